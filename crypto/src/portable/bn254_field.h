/* bn254 (alt_bn128): the base field F_p and its extension F_p2 = F_p[i] / (i^2 + 1). Included by
 * the portable and by the native build of the curve, which differ in the multiplication alone
 * (BN254_FP_MUL_ASM). Elements are in Montgomery form, R = 2^256, and always below p. */
#ifndef DRY_CRYPTO_BN254_FIELD_H
#define DRY_CRYPTO_BN254_FIELD_H
#include "modinv.h"
#include <drystone/common/bytes.h>

struct fp {
    uint64_t l[4];
};
struct fp2 {
    struct fp a, b; /* a + b i */
};

static const struct fp fp_p = {
    {0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d, 0x30644e72e131a029}};
static const struct fp fp_one = {
    {0xd35d438dc58f0d9d, 0x0a78eb28f5c70b3d, 0x666ea36f7879462c, 0x0e0a77c19a07df2f}};
#define FP_P_NEG_INV 0x87d20782e4866389 /* -1/p mod 2^64 */

static inline bool fp_is_zero(const struct fp *a)
{
    return (a->l[0] | a->l[1] | a->l[2] | a->l[3]) == 0;
}

static inline bool fp_equal(const struct fp *a, const struct fp *b)
{
    return ((a->l[0] ^ b->l[0]) | (a->l[1] ^ b->l[1]) | (a->l[2] ^ b->l[2]) |
            (a->l[3] ^ b->l[3])) == 0;
}

/* a + b + *carry and a - b - *borrow; the flag is 0 or 1 and is updated. */
static inline uint64_t limb_add(uint64_t a, uint64_t b, uint64_t *carry)
{
    uint64_t s;
    const bool c1 = __builtin_add_overflow(a, b, &s), c2 = __builtin_add_overflow(s, *carry, &s);

    *carry = c1 | c2;
    return s;
}

static inline uint64_t limb_sub(uint64_t a, uint64_t b, uint64_t *borrow)
{
    uint64_t d;
    const bool c1 = __builtin_sub_overflow(a, b, &d), c2 = __builtin_sub_overflow(d, *borrow, &d);

    *borrow = c1 | c2;
    return d;
}

/* *out = t - p when t >= p, else t; t is below 2p. */
static inline void fp_reduce_once(struct fp *out, const uint64_t t[4])
{
    uint64_t d[4], borrow = 0;

    for (int i = 0; i < 4; i++)
        d[i] = limb_sub(t[i], fp_p.l[i], &borrow);
    for (int i = 0; i < 4; i++)
        out->l[i] = borrow ? t[i] : d[i];
}

static inline void fp_add(struct fp *out, const struct fp *a, const struct fp *b)
{
    uint64_t t[4], carry = 0;

    for (int i = 0; i < 4; i++)
        t[i] = limb_add(a->l[i], b->l[i], &carry);
    fp_reduce_once(out, t); /* 2p < 2^256: no carry is left */
}

static inline void fp_sub(struct fp *out, const struct fp *a, const struct fp *b)
{
    uint64_t t[4], borrow = 0, mask, carry = 0;

    for (int i = 0; i < 4; i++)
        t[i] = limb_sub(a->l[i], b->l[i], &borrow);
    mask = 0 - borrow;
    for (int i = 0; i < 4; i++)
        out->l[i] = limb_add(t[i], fp_p.l[i] & mask, &carry);
}

static inline void fp_neg(struct fp *out, const struct fp *a)
{
    static const struct fp zero;
    fp_sub(out, &zero, a);
}

static inline void fp_double(struct fp *out, const struct fp *a)
{
    fp_add(out, a, a);
}

/* a / 2 */
static inline void fp_half(struct fp *out, const struct fp *a)
{
    const uint64_t odd = 0 - (a->l[0] & 1);
    uint64_t t[4], carry = 0;

    for (int i = 0; i < 4; i++)
        t[i] = limb_add(a->l[i], fp_p.l[i] & odd, &carry);
    for (int i = 0; i < 3; i++)
        out->l[i] = t[i] >> 1 | t[i + 1] << 63;
    out->l[3] = t[3] >> 1;
}

#ifdef BN254_FP_MUL_ASM
void dry__bn254_fp_mul(struct fp *out, const struct fp *a, const struct fp *b);
#define fp_mul dry__bn254_fp_mul
#else
/* Montgomery product a b / R. p leaves two bits free, so no step overflows four limbs and a carry.
 */
static inline void fp_mul(struct fp *out, const struct fp *a, const struct fp *b)
{
    uint64_t t[4] = {0};

    for (int i = 0; i < 4; i++) {
        unsigned __int128 x = (unsigned __int128)a->l[0] * b->l[i] + t[0];
        const uint64_t m = (uint64_t)x * FP_P_NEG_INV;
        unsigned __int128 y = (unsigned __int128)m * fp_p.l[0] + (uint64_t)x;

        for (int j = 1; j < 4; j++) {
            x = (unsigned __int128)a->l[j] * b->l[i] + t[j] + (uint64_t)(x >> 64);
            y = (unsigned __int128)m * fp_p.l[j] + (uint64_t)x + (uint64_t)(y >> 64);
            t[j - 1] = (uint64_t)y;
        }
        t[3] = (uint64_t)(x >> 64) + (uint64_t)(y >> 64);
    }
    fp_reduce_once(out, t);
}
#endif

static inline void fp_sqr(struct fp *out, const struct fp *a)
{
    fp_mul(out, a, a);
}

/* 1/a, or 0 for 0. */
static void fp_inv(struct fp *out, const struct fp *a)
{
    static const struct dry__modinv_modulus modulus = {
        {{0x3c208c16d87cfd47, 0x1e05aa45a1c72a34, 0x05045b68181585d9, 0x19139cb84c680a6e, 0x30}},
        0x382df87d1b799c77};
    static const struct fp r3 = {
        {0xb1cd6dafda1530df, 0x62f210e6a7283db6, 0xef7f0b0c0ada0afb, 0x20fd6e902d592544}};
    struct fp t;

    dry__modinv_var(t.l, a->l, &modulus);
    fp_mul(out, &t, &r3);
}

/* 32 big-endian bytes; false when not below p. */
static bool fp_decode(struct fp *out, const uint8_t in[32])
{
    static const struct fp r2 = {
        {0xf32cfc5b538afa89, 0xb5e71911d44501fb, 0x47ab1eff0a417ff6, 0x06d89f71cab8351f}};
    struct fp t;
    uint64_t borrow = 0;

    for (int i = 0; i < 4; i++) {
        uint64_t w = 0;
        for (int k = 0; k < 8; k++)
            w = w << 8 | in[8 * (3 - i) + k];
        t.l[i] = w;
        limb_sub(w, fp_p.l[i], &borrow);
    }
    fp_mul(out, &t, &r2);
    return borrow != 0;
}

static void fp_encode(uint8_t out[32], const struct fp *a)
{
    static const struct fp plain_one = {{1, 0, 0, 0}};
    struct fp t;

    fp_mul(&t, a, &plain_one);
    for (int i = 0; i < 32; i++)
        out[i] = (uint8_t)(t.l[3 - i / 8] >> (56 - 8 * (i % 8)));
}

/* --- F_p2 --- */

static const struct fp2 fp2_one = {
    {{0xd35d438dc58f0d9d, 0x0a78eb28f5c70b3d, 0x666ea36f7879462c, 0x0e0a77c19a07df2f}}, {{0}}};

static inline bool fp2_is_zero(const struct fp2 *x)
{
    return fp_is_zero(&x->a) && fp_is_zero(&x->b);
}

static inline bool fp2_equal(const struct fp2 *x, const struct fp2 *y)
{
    return fp_equal(&x->a, &y->a) && fp_equal(&x->b, &y->b);
}

static inline void fp2_add(struct fp2 *out, const struct fp2 *x, const struct fp2 *y)
{
    fp_add(&out->a, &x->a, &y->a);
    fp_add(&out->b, &x->b, &y->b);
}

static inline void fp2_sub(struct fp2 *out, const struct fp2 *x, const struct fp2 *y)
{
    fp_sub(&out->a, &x->a, &y->a);
    fp_sub(&out->b, &x->b, &y->b);
}

static inline void fp2_double(struct fp2 *out, const struct fp2 *x)
{
    fp2_add(out, x, x);
}

static inline void fp2_half(struct fp2 *out, const struct fp2 *x)
{
    fp_half(&out->a, &x->a);
    fp_half(&out->b, &x->b);
}

static inline void fp2_neg(struct fp2 *out, const struct fp2 *x)
{
    fp_neg(&out->a, &x->a);
    fp_neg(&out->b, &x->b);
}

/* x^p */
static inline void fp2_conj(struct fp2 *out, const struct fp2 *x)
{
    out->a = x->a;
    fp_neg(&out->b, &x->b);
}

#ifdef BN254_FP_MUL_ASM
void dry__bn254_fp2_mul(struct fp2 *out, const struct fp2 *x, const struct fp2 *y);
#define fp2_mul dry__bn254_fp2_mul
#else
/* (a b + c d) / R in one pass of reduction: below 1.4 p before the last step. b and d may be p
 * itself. */
static inline void fp_mul_pair(struct fp *out, const struct fp *a, const struct fp *b,
                               const struct fp *c, const struct fp *d)
{
    uint64_t t[4] = {0};

    for (int i = 0; i < 4; i++) {
        uint64_t u[4], top, m;
        unsigned __int128 x = 0;

        for (int j = 0; j < 4; j++) {
            x = (unsigned __int128)a->l[j] * b->l[i] + t[j] + (uint64_t)(x >> 64);
            u[j] = (uint64_t)x;
        }
        top = (uint64_t)(x >> 64);
        x = 0;
        for (int j = 0; j < 4; j++) {
            x = (unsigned __int128)c->l[j] * d->l[i] + u[j] + (uint64_t)(x >> 64);
            u[j] = (uint64_t)x;
        }
        top += (uint64_t)(x >> 64);
        m = u[0] * FP_P_NEG_INV;
        x = (unsigned __int128)m * fp_p.l[0] + u[0];
        for (int j = 1; j < 4; j++) {
            x = (unsigned __int128)m * fp_p.l[j] + u[j] + (uint64_t)(x >> 64);
            t[j - 1] = (uint64_t)x;
        }
        t[3] = top + (uint64_t)(x >> 64);
    }
    fp_reduce_once(out, t);
}

static void fp2_mul(struct fp2 *out, const struct fp2 *x, const struct fp2 *y)
{
    struct fp neg, re;
    uint64_t borrow = 0;

    for (int i = 0; i < 4; i++) /* p - y.b, p for 0 */
        neg.l[i] = limb_sub(fp_p.l[i], y->b.l[i], &borrow);
    fp_mul_pair(&re, &x->a, &y->a, &x->b, &neg);
    fp_mul_pair(&out->b, &x->a, &y->b, &x->b, &y->a);
    out->a = re;
}
#endif

#ifdef BN254_FP_MUL_ASM
void dry__bn254_fp2_sqr(struct fp2 *out, const struct fp2 *x);
#define fp2_sqr dry__bn254_fp2_sqr
#else
static inline void fp2_sqr(struct fp2 *out, const struct fp2 *x)
{
    struct fp sum, diff, twice;

    fp_add(&sum, &x->a, &x->b);
    fp_sub(&diff, &x->a, &x->b);
    fp_double(&twice, &x->a);
    fp_mul(&out->b, &twice, &x->b);
    fp_mul(&out->a, &sum, &diff);
}
#endif

static inline void fp2_mul_fp(struct fp2 *out, const struct fp2 *x, const struct fp *k)
{
    fp_mul(&out->a, &x->a, k);
    fp_mul(&out->b, &x->b, k);
}

/* 9 a + c, c at most p. The quotient by p comes from the top bits: it is right or one too low. */
static inline void fp_nine_plus(struct fp *out, const struct fp *a, const struct fp *c)
{
    const uint64_t inverse = 0x54a474622; /* 2^64 / (p / 2^224 + 1) */
    unsigned __int128 acc = 0;
    uint64_t t[4], q, carry = 0, borrow = 0;

    for (int i = 0; i < 4; i++) {
        acc = (unsigned __int128)a->l[i] * 9 + c->l[i] + (uint64_t)(acc >> 64);
        t[i] = (uint64_t)acc;
    }
    q = (uint64_t)(acc >> 32); /* the number without its low 224 bits */
    q = (uint64_t)((unsigned __int128)q * inverse >> 64);
    for (int i = 0; i < 4; i++) {
        acc = (unsigned __int128)fp_p.l[i] * q + carry;
        carry = (uint64_t)(acc >> 64);
        t[i] = limb_sub(t[i], (uint64_t)acc, &borrow);
    }
    fp_reduce_once(out, t);
}

/* (9 + i) x: the non-residue that F_p6 adjoins the cube root of. */
static inline void fp2_mul_xi(struct fp2 *out, const struct fp2 *x)
{
    struct fp neg, re;
    uint64_t borrow = 0;

    for (int i = 0; i < 4; i++) /* p - x.b, p for 0 */
        neg.l[i] = limb_sub(fp_p.l[i], x->b.l[i], &borrow);
    fp_nine_plus(&re, &x->a, &neg);
    fp_nine_plus(&out->b, &x->b, &x->a);
    out->a = re;
}

static void fp2_inv(struct fp2 *out, const struct fp2 *x)
{
    struct fp n, t;

    fp_sqr(&n, &x->a);
    fp_sqr(&t, &x->b);
    fp_add(&n, &n, &t);
    fp_inv(&n, &n);
    fp_mul(&out->a, &x->a, &n);
    fp_neg(&n, &n);
    fp_mul(&out->b, &x->b, &n);
}

#endif /* DRY_CRYPTO_BN254_FIELD_H */
