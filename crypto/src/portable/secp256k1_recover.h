/* Recovery of a public key from an ECDSA signature over secp256k1 (SEC 1, section 4.1.6; SEC 2).
 * Included by the portable and by the native build, which differ in the field's products alone
 * (SECP256K1_FE_ASM). Works on public data alone, so it branches on it.
 *
 * A field element is any 256-bit number, whatever it leaves modulo the prime: the prime is close to
 * 2^256, so bits that leave at the top come back at the bottom as PRIME_GAP. Only what is compared
 * or encoded is brought below the prime. */
#ifndef DRY_CRYPTO_SECP256K1_RECOVER_H
#define DRY_CRYPTO_SECP256K1_RECOVER_H
#include "digits.h"
#include "modinv.h"
#include "secp256k1_table.h"
#include "wide.h"
#include <drystone/crypto.h>

static const struct dry_u256 prime = {
    {0xfffffffefffffc2f, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff}};
#define PRIME_GAP 0x1000003d1u /* 2^256 - prime */

/* --- the field --- */

/* What leaves at the top a second time leaves less than PRIME_GAP behind: the second step stays in
 * one limb. */
static inline void fe_add(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b)
{
    uint64_t carry = dry_u256_add(out, a, b);
    struct dry_u256 gap = {{(0 - carry) & PRIME_GAP, 0, 0, 0}};

    carry = dry_u256_add(out, out, &gap);
    out->w[0] += (0 - carry) & PRIME_GAP;
}

static inline void fe_sub(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b)
{
    uint64_t borrow = dry_u256_sub(out, a, b);
    struct dry_u256 gap = {{(0 - borrow) & PRIME_GAP, 0, 0, 0}};

    borrow = dry_u256_sub(out, out, &gap);
    out->w[0] -= (0 - borrow) & PRIME_GAP;
}

static inline void fe_half(struct dry_u256 *out, const struct dry_u256 *a)
{
    const uint64_t odd = 0 - (a->w[0] & 1);
    const struct dry_u256 add = {
        {prime.w[0] & odd, prime.w[1] & odd, prime.w[2] & odd, prime.w[3] & odd}};
    const uint64_t top = dry_u256_add(out, a, &add);

    for (int i = 0; i < 3; i++)
        out->w[i] = out->w[i] >> 1 | out->w[i + 1] << 63;
    out->w[3] = out->w[3] >> 1 | top << 63;
}

static inline void fe_normalize(struct dry_u256 *a)
{
    dry__reduce_once(a, 0, &prime);
}

static inline bool fe_is_zero(const struct dry_u256 *a)
{
    return dry_u256_is_zero(a) || dry_u256_equal(a, &prime);
}

#ifdef SECP256K1_FE_ASM
void dry__secp256k1_fe_mul(struct dry_u256 *out, const struct dry_u256 *a,
                           const struct dry_u256 *b);
void dry__secp256k1_fe_sqr(struct dry_u256 *out, const struct dry_u256 *a);
void dry__secp256k1_fe_sqr_times(struct dry_u256 *out, const struct dry_u256 *a, uint64_t n);
#define fe_mul dry__secp256k1_fe_mul
#define fe_sqr dry__secp256k1_fe_sqr
#define fe_sqr_times dry__secp256k1_fe_sqr_times
#else
static void fe_mul(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b)
{
    uint64_t t[8], carry = 0;
    dry__u128 s;

    dry__mul_wide(t, a, b);
    /* The upper half counts PRIME_GAP times; so does what overflows from that, and once more. */
    for (int i = 0; i < 4; i++)
        t[i] = dry__mul_add(t[4 + i], PRIME_GAP, t[i], &carry);
    s = (dry__u128)carry * PRIME_GAP;
    for (int i = 0; i < 4; i++) {
        s += t[i];
        out->w[i] = (uint64_t)s;
        s >>= 64;
    }
    out->w[0] += (0 - (uint64_t)s) & PRIME_GAP; /* after an overflow the rest is small */
}

static inline void fe_sqr(struct dry_u256 *out, const struct dry_u256 *a)
{
    fe_mul(out, a, a);
}

/* n squarings, at least one */
static void fe_sqr_times(struct dry_u256 *out, const struct dry_u256 *a, uint64_t n)
{
    fe_sqr(out, a);
    while (--n > 0)
        fe_sqr(out, out);
}
#endif

/* *out = a ^ ((prime + 1) / 4): a square root if there is one. The exponent is 223 ones, a zero, 22
 * ones, four zeros, 11, 00 in binary; xN is a to the power of N ones. */
static void fe_sqrt(struct dry_u256 *out, const struct dry_u256 *a)
{
    struct dry_u256 x2, x3, x6, x11, x22, x44, x88, t;

    fe_sqr(&x2, a);
    fe_mul(&x2, &x2, a);
    fe_sqr(&x3, &x2);
    fe_mul(&x3, &x3, a);
    fe_sqr_times(&x6, &x3, 3);
    fe_mul(&x6, &x6, &x3);
    fe_sqr_times(&t, &x6, 3); /* 9 ones */
    fe_mul(&t, &t, &x3);
    fe_sqr_times(&x11, &t, 2);
    fe_mul(&x11, &x11, &x2);
    fe_sqr_times(&x22, &x11, 11);
    fe_mul(&x22, &x22, &x11);
    fe_sqr_times(&x44, &x22, 22);
    fe_mul(&x44, &x44, &x22);
    fe_sqr_times(&x88, &x44, 44);
    fe_mul(&x88, &x88, &x44);
    fe_sqr_times(&t, &x88, 88); /* 176 */
    fe_mul(&t, &t, &x88);
    fe_sqr_times(&t, &t, 44); /* 220 */
    fe_mul(&t, &t, &x44);
    fe_sqr_times(&t, &t, 3); /* 223 */
    fe_mul(&t, &t, &x3);
    fe_sqr_times(&t, &t, 23);
    fe_mul(&t, &t, &x22);
    fe_sqr_times(&t, &t, 6);
    fe_mul(&t, &t, &x2);
    fe_sqr_times(out, &t, 2);
}

/* --- points --- */

/* (x / z^2, y / z^3), infinity where z is 0. */
struct point {
    struct dry_u256 x, y, z;
};

static void point_double(struct point *p)
{
    struct dry_u256 slope, yy, xyy, t;

    /* Neighbours do not wait for each other where that is possible. */
    fe_sqr(&yy, &p->y);
    fe_sqr(&t, &p->x);
    fe_mul(&p->z, &p->y, &p->z); /* all is scaled so that z is y z, not 2 y z */
    fe_half(&slope, &t);
    fe_mul(&xyy, &p->x, &yy);
    fe_add(&slope, &slope, &t); /* 3/2 x^2 */
    fe_sqr(&p->x, &slope);
    fe_sqr(&yy, &yy);
    fe_sub(&p->x, &p->x, &xyy);
    fe_sub(&p->x, &p->x, &xyy);
    fe_sub(&t, &xyy, &p->x);
    fe_mul(&t, &slope, &t);
    fe_sub(&p->y, &t, &yy);
}

/* p += q, or p -= q when asked. *z is p's z to reckon q's place with: p->z itself, or that times a
 * factor where p's coordinates are on the curve scaled by it and q is not. *ratio: what p->z was
 * multiplied by. */
static void point_add(struct point *p, const struct dry__secp256k1_affine *q, bool negate,
                      const struct dry_u256 *z, struct dry_u256 *ratio)
{
    struct dry_u256 h, r, hh, hhh, v, t;

    fe_sqr(&t, z);
    fe_mul(&h, &q->x, &t);
    fe_mul(&t, &t, z);
    fe_sub(&h, &h, &p->x);
    fe_mul(&r, &q->y, &t);
    if (negate)
        fe_sub(&r, &DRY_U256_ZERO, &r);
    fe_sub(&r, &r, &p->y);
    *ratio = h;
    if (fe_is_zero(&h)) {
        if (fe_is_zero(&r))
            point_double(p);
        else
            *p = (struct point){DRY_U256_ZERO, DRY_U256_ZERO, DRY_U256_ZERO};
        return;
    }
    fe_sqr(&hh, &h);
    fe_mul(&p->z, &p->z, &h);
    fe_mul(&v, &p->x, &hh);
    fe_mul(&hhh, &hh, &h);
    fe_sqr(&p->x, &r);
    fe_sub(&p->x, &p->x, &v);
    fe_sub(&p->x, &p->x, &v);
    fe_sub(&p->x, &p->x, &hhh);
    fe_mul(&t, &p->y, &hhh);
    fe_sub(&v, &v, &p->x);
    fe_mul(&v, &v, &r);
    fe_sub(&p->y, &v, &t);
}

/* The point with this x and the parity of y asked for; false when there is none. */
static bool point_lift(struct dry__secp256k1_affine *out, const struct dry_u256 *x,
                       unsigned y_parity)
{
    static const struct dry_u256 seven = {{7, 0, 0, 0}};
    struct dry_u256 rhs, y, t;

    fe_sqr(&rhs, x);
    fe_mul(&rhs, &rhs, x);
    fe_add(&rhs, &rhs, &seven);
    fe_sqrt(&y, &rhs);
    fe_sqr(&t, &y);
    fe_sub(&t, &t, &rhs);
    if (!fe_is_zero(&t))
        return false;
    fe_normalize(&y);
    if ((y.w[0] & 1) != y_parity) /* y is never 0: the order is odd */
        fe_sub(&y, &prime, &y);
    *out = (struct dry__secp256k1_affine){*x, y};
    return true;
}

/* --- sums of products --- */

/* The curve has an endomorphism (x, y) -> (beta x, y), which multiplies by lambda (Gallant,
 * Lambert, Vanstone 2001). */
static const struct dry_u256 beta = {
    {0xc1396c28719501ee, 0x9cf0497512f58995, 0x6e64479eac3434e9, 0x7ae96a2b657c0710}};

/* Halves of scalars have at most 129 bits, and their digits one more. */
enum { HALF_DIGITS = 130, POINT_WIDTH = 5, POINT_TABLE = 8 };

/* A scalar's halves in signed digits, least significant first: 0 or odd. */
struct halves {
    int8_t digit[2][HALF_DIGITS];
};

/* round(k * g / 2^384) */
static void scaled(struct dry_u256 *out, const struct dry_u256 *k, const struct dry_u256 *g)
{
    uint64_t t[8];
    struct dry_u256 half;

    dry__mul_wide(t, k, g);
    half = DRY_U256(t[5] >> 63);
    *out = (struct dry_u256){{t[6], t[7], 0, 0}};
    dry_u256_add(out, out, &half);
}

/* v as a two's complement number: its magnitude; true when it was negative. */
static bool magnitude(struct dry_u256 *v)
{
    if (v->w[3] >> 63 == 0)
        return false;
    dry_u256_sub(v, &DRY_U256_ZERO, v);
    return true;
}

/* k = k1 + k2 lambda with |k1|, |k2| < 2^129 by rounding in the lattice of the short vectors (a1,
 * b1), (a2, a1) with a + b lambda = 0. */
static void halves_fill(struct halves *out, const struct dry_u256 *k, unsigned width)
{
    static const struct dry_u256 a1 = {{0xe86c90e49284eb15, 0x3086d221a7d46bcd, 0, 0}};
    static const struct dry_u256 minus_b1 = {{0x6f547fa90abfe4c3, 0xe4437ed6010e8828, 0, 0}};
    static const struct dry_u256 a2 = {{0x57c1108d9d44cfd8, 0x14ca50f7a8e2f3f6, 1, 0}};
    /* a1 and -b1 times 2^384 / order, rounded */
    static const struct dry_u256 g1 = {
        {0xe893209a45dbb031, 0x3daa8a1471e8ca7f, 0xe86c90e49284eb15, 0x3086d221a7d46bcd}};
    static const struct dry_u256 g2 = {
        {0x1571b4ae8ac47f71, 0x221208ac9df506c6, 0x6f547fa90abfe4c4, 0xe4437ed6010e8828}};
    struct dry_u256 c1, c2, k1, k2, v;
    bool negative;

    scaled(&c1, k, &g1);
    scaled(&c2, k, &g2);
    dry_u256_mul(&v, &c1, &a1); /* k1 = k - c1 a1 - c2 a2; only the low 256 bits matter */
    dry_u256_sub(&k1, k, &v);
    dry_u256_mul(&v, &c2, &a2);
    dry_u256_sub(&k1, &k1, &v);
    dry_u256_mul(&k2, &c1, &minus_b1); /* k2 = -c1 b1 - c2 b2, b2 = a1 */
    dry_u256_mul(&v, &c2, &a1);
    dry_u256_sub(&k2, &k2, &v);
    negative = magnitude(&k1);
    dry__digits_fill_var(out->digit[0], HALF_DIGITS, &k1, width, negative);
    negative = magnitude(&k2);
    dry__digits_fill_var(out->digit[1], HALF_DIGITS, &k2, width, negative);
}

/* p, 3p, ... 15p and their lambda times, all on the curve scaled by *factor, where every one has z
 * = 1. */
static void multiples_fill(struct dry__secp256k1_affine table[2][POINT_TABLE],
                           struct dry_u256 *factor, const struct dry__secp256k1_affine *p)
{
    struct dry_u256 ratio[POINT_TABLE], z, t;
    struct point twice = {p->x, p->y, DRY_U256(1)}, sum;
    struct dry__secp256k1_affine step;

    point_double(&twice); /* on the curve scaled by its z, z is 1 */
    fe_sqr(&t, &twice.z);
    fe_mul(&sum.x, &p->x, &t);
    fe_mul(&t, &t, &twice.z);
    fe_mul(&sum.y, &p->y, &t);
    sum.z = DRY_U256(1);
    step = (struct dry__secp256k1_affine){twice.x, twice.y};
    table[0][0] = (struct dry__secp256k1_affine){sum.x, sum.y};
    for (int i = 1; i < POINT_TABLE; i++) {
        point_add(&sum, &step, false, &sum.z, &ratio[i]);
        table[0][i] = (struct dry__secp256k1_affine){sum.x, sum.y};
    }
    fe_mul(factor, &sum.z, &twice.z);
    z = DRY_U256(1); /* the last one's z over this one's */
    for (int i = POINT_TABLE - 2; i >= 0; i--) {
        fe_mul(&z, &z, &ratio[i + 1]);
        fe_sqr(&t, &z);
        fe_mul(&table[0][i].x, &table[0][i].x, &t);
        fe_mul(&t, &t, &z);
        fe_mul(&table[0][i].y, &table[0][i].y, &t);
    }
    for (int i = 0; i < POINT_TABLE; i++) {
        fe_mul(&table[1][i].x, &table[0][i].x, &beta);
        table[1][i].y = table[0][i].y;
    }
}

/* sum += digit times a table's point. factor: of the curve that sum is on, or NULL when the table
 * is, too. */
static void digit_add(struct point *sum, struct dry__secp256k1_affine q, int digit,
                      const struct dry_u256 *factor)
{
    struct dry_u256 z = sum->z, ratio;

    if (dry_u256_is_zero(&sum->z)) {
        if (digit < 0)
            fe_sub(&q.y, &DRY_U256_ZERO, &q.y);
        *sum = (struct point){q.x, q.y, DRY_U256(1)};
        if (factor != NULL) {
            fe_sqr(&z, factor);
            fe_mul(&sum->x, &q.x, &z);
            fe_mul(&z, &z, factor);
            fe_mul(&sum->y, &q.y, &z);
        }
        return;
    }
    if (factor != NULL)
        fe_mul(&z, &z, factor);
    point_add(sum, &q, digit < 0, &z, &ratio);
}

/* *out = a p + b generator, all doublings shared (Straus). */
static void products_sum(struct point *out, const struct dry_u256 *a,
                         const struct dry__secp256k1_affine *p, const struct dry_u256 *b)
{
    struct dry__secp256k1_affine table[2][POINT_TABLE];
    struct halves of_a, of_b;
    struct dry_u256 factor;
    struct point sum = {DRY_U256_ZERO, DRY_U256_ZERO, DRY_U256_ZERO};

    multiples_fill(table, &factor, p);
    halves_fill(&of_a, a, POINT_WIDTH);
    halves_fill(&of_b, b, DRY__SECP256K1_TABLE_WIDTH);
    for (int i = HALF_DIGITS - 1; i >= 0; i--) {
        if (!dry_u256_is_zero(&sum.z))
            point_double(&sum);
        for (int k = 0; k < 2; k++) {
            int digit = of_a.digit[k][i];

            if (digit != 0)
                digit_add(&sum, table[k][(digit < 0 ? -digit : digit) / 2], digit, NULL);
            digit = of_b.digit[k][i];
            if (digit == 0)
                continue;
            struct dry__secp256k1_affine q = dry__secp256k1_table[(digit < 0 ? -digit : digit) / 2];
            if (k == 1)
                fe_mul(&q.x, &q.x, &beta);
            digit_add(&sum, q, digit, &factor);
        }
    }
    fe_mul(&sum.z, &sum.z, &factor);
    *out = sum;
}

/* The group's order. */
static const struct dry__mont order = {
    {{0xbfd25e8cd0364141, 0xbaaedce6af48a03b, 0xfffffffffffffffe, 0xffffffffffffffff}},
    0x4b0dff665588b13f,
    {{0x896cf21467d7d140, 0x741496c20e7cf878, 0xe697f5e45bcd07c6, 0x9d671cd581c69bc5}}};

static const struct dry__modinv_modulus prime_inverse = {
    {{0x3ffffffefffffc2f, 0x3fffffffffffffff, 0x3fffffffffffffff, 0x3fffffffffffffff, 0xff}},
    0x27c7f6e22ddacacf};
static const struct dry__modinv_modulus order_inverse = {
    {{0x3fd25e8cd0364141, 0x2abb739abd2280ee, 0x3fffffffffffffeb, 0x3fffffffffffffff, 0xff}},
    0x34f20099aa774ec1};

static bool secp256k1_recover(uint8_t pubkey[64], const struct dry_hash *hash,
                              const struct dry_ecdsa_signature *sig)
{
    struct dry_u256 r, s, z, w, u1, u2;
    struct dry__secp256k1_affine nonce;
    struct point p;

    dry_u256_from_be32(&r, sig->r);
    dry_u256_from_be32(&s, sig->s);
    if (sig->y_parity > 1 || dry_u256_is_zero(&r) || !dry_u256_less(&r, &order.m) ||
        dry_u256_is_zero(&s) || !dry_u256_less(&s, &order.m))
        return false;
    if (!point_lift(&nonce, &r, sig->y_parity))
        return false;

    /* The key is (s / r) R - (z / r) G. */
    dry_u256_from_be32(&z, hash->b);
    dry__reduce_once(&z, 0, &order.m);
    dry__modinv_var(w.w, r.w, &order_inverse);
    dry__mont_mul(&w, &w, &order.rr, &order);
    dry__mont_mul(&u2, &s, &w, &order);
    dry__mont_mul(&u1, &z, &w, &order);
    dry__mod_sub(&u1, &DRY_U256_ZERO, &u1, &order.m);
    products_sum(&p, &u2, &nonce, &u1);
    fe_normalize(&p.z);
    if (dry_u256_is_zero(&p.z))
        return false;

    dry__modinv_var(w.w, p.z.w, &prime_inverse);
    fe_sqr(&z, &w);
    fe_mul(&p.x, &p.x, &z);
    fe_mul(&z, &z, &w);
    fe_mul(&p.y, &p.y, &z);
    fe_normalize(&p.x);
    fe_normalize(&p.y);
    dry_u256_to_be32(pubkey, &p.x);
    dry_u256_to_be32(pubkey + 32, &p.y);
    return true;
}

#endif /* DRY_CRYPTO_SECP256K1_RECOVER_H */
