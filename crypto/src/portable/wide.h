/* 256 x 256 to 512 bit products and Montgomery arithmetic modulo an odd 256-bit number. */
#ifndef DRY_CRYPTO_WIDE_H
#define DRY_CRYPTO_WIDE_H
#include <drystone/common/u256.h>

typedef unsigned __int128 dry__u128;

/* acc + a * b + carry in 128 bits; the low half is the result, the high half the carry out. */
static inline uint64_t dry__mul_add(uint64_t a, uint64_t b, uint64_t acc, uint64_t *carry)
{
    dry__u128 t = (dry__u128)a * b + acc + *carry;

    *carry = (uint64_t)(t >> 64);
    return (uint64_t)t;
}

static inline void dry__mul_wide(uint64_t out[8], const struct dry_u256 *a,
                                 const struct dry_u256 *b)
{
    uint64_t r[8] = {0};

#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        uint64_t carry = 0;
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++)
            r[i + j] = dry__mul_add(a->w[i], b->w[j], r[i + j], &carry);
        r[i + 4] = carry;
    }
    memcpy(out, r, sizeof(r));
}

/* *v = *v - m when v (with a 257th bit `top`) is not below m. */
static inline void dry__reduce_once(struct dry_u256 *v, uint64_t top, const struct dry_u256 *m)
{
    struct dry_u256 t;
    uint64_t borrow = dry_u256_sub(&t, v, m);
    uint64_t keep = 0 - (uint64_t)(borrow > top);

    for (int i = 0; i < 4; i++)
        v->w[i] = (v->w[i] & keep) | (t.w[i] & ~keep);
}

static inline void dry__mod_add(struct dry_u256 *out, const struct dry_u256 *a,
                                const struct dry_u256 *b, const struct dry_u256 *m)
{
    uint64_t top = dry_u256_add(out, a, b);

    dry__reduce_once(out, top, m);
}

static inline void dry__mod_sub(struct dry_u256 *out, const struct dry_u256 *a,
                                const struct dry_u256 *b, const struct dry_u256 *m)
{
    uint64_t mask = 0 - (uint64_t)dry_u256_sub(out, a, b);
    struct dry_u256 t;

    for (int i = 0; i < 4; i++)
        t.w[i] = m->w[i] & mask;
    dry_u256_add(out, out, &t);
}

struct dry__mont {
    struct dry_u256 m;  /* odd, its top bit set */
    uint64_t inv;       /* -1/m mod 2^64 */
    struct dry_u256 rr; /* 2^512 mod m: multiplying by it enters the Montgomery form */
};

/* *out = a * b / 2^256 mod m; a and b below m. */
static inline void dry__mont_mul(struct dry_u256 *out, const struct dry_u256 *a,
                                 const struct dry_u256 *b, const struct dry__mont *mont)
{
    uint64_t t[6] = {0};

#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        uint64_t carry = 0, q;
        dry__u128 s;

#pragma GCC unroll 4
        for (int j = 0; j < 4; j++)
            t[j] = dry__mul_add(a->w[i], b->w[j], t[j], &carry);
        s = (dry__u128)t[4] + carry;
        t[4] = (uint64_t)s;
        t[5] = (uint64_t)(s >> 64);
        q = t[0] * mont->inv;
        carry = 0;
        (void)dry__mul_add(q, mont->m.w[0], t[0], &carry);
#pragma GCC unroll 3
        for (int j = 1; j < 4; j++)
            t[j - 1] = dry__mul_add(q, mont->m.w[j], t[j], &carry);
        s = (dry__u128)t[4] + carry;
        t[3] = (uint64_t)s;
        t[4] = t[5] + (uint64_t)(s >> 64);
    }
    memcpy(out->w, t, 32);
    dry__reduce_once(out, t[4], &mont->m);
}

#endif /* DRY_CRYPTO_WIDE_H */
