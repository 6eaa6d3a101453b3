/* 256-bit words: products, powers, shifts, and the signed and modular forms. Division is in
 * u256_div.c, text in u256_text.c. */
#include "u256_div.h"

typedef unsigned __int128 u128;

/* acc + a * b + carry: low half back, high half out. Cannot overflow. */
static inline uint64_t mac(uint64_t acc, uint64_t a, uint64_t b, uint64_t *carry)
{
    u128 t = (u128)a * b + acc + *carry;

    *carry = (uint64_t)(t >> 64);
    return (uint64_t)t;
}

void dry_u256_mul(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b)
{
    uint64_t a0 = a->w[0], a1 = a->w[1], a2 = a->w[2], a3 = a->w[3];
    uint64_t b0 = b->w[0], b1 = b->w[1], b2 = b->w[2], b3 = b->w[3];
    uint64_t r0, r1, r2, r3, c = 0;

    r0 = mac(0, a0, b0, &c);
    r1 = mac(0, a0, b1, &c);
    r2 = mac(0, a0, b2, &c);
    r3 = a0 * b3 + c;
    c = 0;
    r1 = mac(r1, a1, b0, &c);
    r2 = mac(r2, a1, b1, &c);
    r3 += a1 * b2 + c;
    c = 0;
    r2 = mac(r2, a2, b0, &c);
    r3 += a2 * b1 + c + a3 * b0;
    *out = (struct dry_u256){{r0, r1, r2, r3}};
}

/* The whole product. */
static inline void mul_full(uint64_t r[8], const struct dry_u256 *a, const struct dry_u256 *b)
{
    uint64_t c = 0;

    for (int j = 0; j < 4; j++)
        r[j] = mac(0, a->w[0], b->w[j], &c);
    r[4] = c;
    for (int i = 1; i < 4; i++) {
        c = 0;
        for (int j = 0; j < 4; j++)
            r[i + j] = mac(r[i + j], a->w[i], b->w[j], &c);
        r[i + 4] = c;
    }
}

bool dry_u256_mul_overflow(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b)
{
    uint64_t r[8];

    mul_full(r, a, b);
    memcpy(out->w, r, 32);
    return (r[4] | r[5] | r[6] | r[7]) != 0;
}

static inline bool negative(const struct dry_u256 *a)
{
    return a->w[3] >> 63 != 0;
}

/* *out = -a when neg, else a. */
static inline void negate_if(struct dry_u256 *out, const struct dry_u256 *a, bool neg)
{
    struct dry_u256 t, mask = {{0, 0, 0, 0}};
    uint64_t m = (uint64_t)0 - (uint64_t)neg;

    for (int i = 0; i < 4; i++)
        t.w[i] = a->w[i] ^ m;
    mask.w[0] = neg;
    dry_u256_add(out, &t, &mask);
}

void dry_u256_sdiv_var(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b)
{
    struct dry_u256 x, y, q;
    bool neg = negative(a) != negative(b);

    negate_if(&x, a, negative(a));
    negate_if(&y, b, negative(b));
    dry_u256_divmod_var(&q, NULL, &x, &y);
    negate_if(out, &q, neg);
}

void dry_u256_smod_var(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b)
{
    struct dry_u256 x, y, r;
    bool neg = negative(a);

    negate_if(&x, a, neg);
    negate_if(&y, b, negative(b));
    dry_u256_divmod_var(NULL, &r, &x, &y);
    negate_if(out, &r, neg);
}

void dry_u256_addmod_var(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b,
                         const struct dry_u256 *m)
{
    struct dry_u256 x = *a, y = *b, d;
    uint64_t u[5];
    bool carry;

    /* With a large modulus, subtracting it once reduces most words. */
    if (m->w[3] != 0 && x.w[3] <= m->w[3] && y.w[3] <= m->w[3]) {
        if (!dry_u256_sub(&d, &x, m))
            x = d;
        if (!dry_u256_sub(&d, &y, m))
            y = d;
        carry = dry_u256_add(&x, &x, &y);
        if (!dry_u256_sub(&d, &x, m) || carry)
            x = d;
        *out = x;
        return;
    }
    u[4] = dry_u256_add(&x, &x, &y);
    memcpy(u, x.w, 32);
    dry__u256_mod(out, u, 5, m);
}

void dry_u256_mulmod_var(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b,
                         const struct dry_u256 *m)
{
    uint64_t p[8];

    mul_full(p, a, b);
    dry__u256_mod(out, p, 8, m);
}

/* The square, mod 2^256: the products of different limbs once, doubled, then the squares. */
static inline void square(struct dry_u256 *x)
{
    uint64_t a0 = x->w[0], a1 = x->w[1], a2 = x->w[2], a3 = x->w[3];
    uint64_t t1, t2, t3, c = 0;
    u128 p;

    t1 = mac(0, a0, a1, &c);
    t2 = mac(0, a0, a2, &c);
    t3 = a0 * a3 + a1 * a2 + c;
    t3 = t3 << 1 | t2 >> 63;
    t2 = t2 << 1 | t1 >> 63;
    t1 <<= 1;
    p = (u128)a0 * a0;
    x->w[0] = (uint64_t)p;
    p = (p >> 64) + t1;
    x->w[1] = (uint64_t)p;
    p = (u128)a1 * a1 + t2 + (uint64_t)(p >> 64);
    x->w[2] = (uint64_t)p;
    x->w[3] = t3 + (uint64_t)(p >> 64);
}

/* By four bits of the exponent at a time. */
static void power_windowed(struct dry_u256 *out, const struct dry_u256 *base,
                           const struct dry_u256 *exp, unsigned bits)
{
    struct dry_u256 table[16], r = DRY_U256(1);

    table[0] = DRY_U256(1);
    for (unsigned i = 1; i < 16; i++)
        dry_u256_mul(&table[i], &table[i - 1], base);
    for (unsigned i = (bits + 3) / 4; i-- != 0;) {
        unsigned d = exp->w[i / 16] >> 4 * (i % 16) & 15;

        for (int k = 0; k < 4; k++)
            square(&r);
        if (d != 0)
            dry_u256_mul(&r, &r, &table[d]);
    }
    *out = r;
}

void dry_u256_exp_var(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *e)
{
    struct dry_u256 base = *a, exp = *e, r = DRY_U256(1);
    unsigned bits;

    if ((base.w[0] & 1) == 0) {
        /* 2^k times an odd number: the power ends in k * e zeros. */
        bits = base.w[0] == 0 ? 64 : (unsigned)__builtin_ctzll(base.w[0]);
        if (!dry_u256_is_u64(&exp) || exp.w[0] > 256 || exp.w[0] * bits >= 256) {
            *out = dry_u256_is_zero(&exp) ? DRY_U256(1) : DRY_U256_ZERO;
            return;
        }
        if (base.w[0] == (uint64_t)1 << bits % 64 && dry_u256_is_u64(&base)) {
            r = DRY_U256(1);
            dry_u256_shl(out, &r, (unsigned)exp.w[0] * bits);
            return;
        }
    }
    exp.w[3] &= UINT64_MAX >> 2; /* odd words to the power 2^254 are 1 */
    bits = dry_u256_bits(&exp);
    if (bits > 64) {
        power_windowed(out, &base, &exp, bits);
        return;
    }
    for (unsigned i = bits; i-- != 0;) {
        square(&r);
        if (exp.w[0] >> i & 1)
            dry_u256_mul(&r, &r, &base);
    }
    *out = r;
}

/* Shifts move whole words first, by selection rather than branches, then bits. */
void dry_u256_shl(struct dry_u256 *out, const struct dry_u256 *a, unsigned n)
{
    uint64_t x0 = a->w[0], x1 = a->w[1], x2 = a->w[2], x3 = a->w[3];
    unsigned b = n % 64;

    if (n >= 256) {
        *out = DRY_U256_ZERO;
        return;
    }
    x3 = n & 128 ? x1 : x3;
    x2 = n & 128 ? x0 : x2;
    x1 = n & 128 ? 0 : x1;
    x0 = n & 128 ? 0 : x0;
    x3 = n & 64 ? x2 : x3;
    x2 = n & 64 ? x1 : x2;
    x1 = n & 64 ? x0 : x1;
    x0 = n & 64 ? 0 : x0;
    out->w[3] = x3 << b | x2 >> 1 >> (63 - b);
    out->w[2] = x2 << b | x1 >> 1 >> (63 - b);
    out->w[1] = x1 << b | x0 >> 1 >> (63 - b);
    out->w[0] = x0 << b;
}

/* Shift right, filling with words of `fill`. */
static inline void shift_right(struct dry_u256 *out, const struct dry_u256 *a, unsigned n,
                               uint64_t fill)
{
    uint64_t x0 = a->w[0], x1 = a->w[1], x2 = a->w[2], x3 = a->w[3];
    unsigned b = n % 64;

    if (n >= 256) {
        *out = (struct dry_u256){{fill, fill, fill, fill}};
        return;
    }
    x0 = n & 128 ? x2 : x0;
    x1 = n & 128 ? x3 : x1;
    x2 = n & 128 ? fill : x2;
    x3 = n & 128 ? fill : x3;
    x0 = n & 64 ? x1 : x0;
    x1 = n & 64 ? x2 : x1;
    x2 = n & 64 ? x3 : x2;
    x3 = n & 64 ? fill : x3;
    out->w[0] = x0 >> b | x1 << 1 << (63 - b);
    out->w[1] = x1 >> b | x2 << 1 << (63 - b);
    out->w[2] = x2 >> b | x3 << 1 << (63 - b);
    out->w[3] = x3 >> b | fill << 1 << (63 - b);
}

void dry_u256_shr(struct dry_u256 *out, const struct dry_u256 *a, unsigned n)
{
    shift_right(out, a, n, 0);
}

void dry_u256_sar(struct dry_u256 *out, const struct dry_u256 *a, unsigned n)
{
    shift_right(out, a, n, (uint64_t)0 - (a->w[3] >> 63));
}

unsigned dry_u256_bits(const struct dry_u256 *a)
{
    for (unsigned i = 4; i-- != 0;) {
        if (a->w[i] != 0)
            return 64 * (i + 1) - (unsigned)__builtin_clzll(a->w[i]);
    }
    return 0;
}

unsigned dry_u256_bytes(const struct dry_u256 *a)
{
    return (dry_u256_bits(a) + 7) / 8;
}

bool dry_u256_signed_less(const struct dry_u256 *a, const struct dry_u256 *b)
{
    struct dry_u256 x = *a, y = *b;

    x.w[3] ^= (uint64_t)1 << 63;
    y.w[3] ^= (uint64_t)1 << 63;
    return dry_u256_less(&x, &y);
}

dry_status dry_u256_from_be(struct dry_u256 *out, struct dry_bytes in)
{
    uint8_t t[32] = {0};

    if (in.len > 32)
        return DRY_STATUS(EDECODE, "number does not fit 256 bits");
    if (in.len != 0)
        memcpy(t + 32 - in.len, in.ptr, in.len);
    dry_u256_from_be32(out, t);
    return DRY_OK;
}
