/* Recovery of a public key from an ECDSA signature over secp256k1 (SEC 1, section 4.1.6; SEC 2).
 * Works on public data alone, so it may branch on it. */
#include "modinv.h"
#include "wide.h"
#include <drystone/crypto/portable.h>

static const struct dry_u256 prime = {
    {0xfffffffefffffc2f, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff}};
#define PRIME_GAP 0x1000003d1u /* 2^256 - prime */

static inline void fe_add(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b)
{
    dry__mod_add(out, a, b, &prime);
}

static inline void fe_sub(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b)
{
    dry__mod_sub(out, a, b, &prime);
}

static inline void fe_mul(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b)
{
    uint64_t t[8], carry = 0;
    struct dry_u256 r;
    dry__u128 s;

    dry__mul_wide(t, a, b);
    /* The upper half counts PRIME_GAP times; so does what overflows from that, and once more. */
    for (int i = 0; i < 4; i++)
        r.w[i] = dry__mul_add(t[4 + i], PRIME_GAP, t[i], &carry);
    s = (dry__u128)carry * PRIME_GAP;
    s += r.w[0];
    r.w[0] = (uint64_t)s;
    s >>= 64;
    for (int i = 1; i < 4; i++) {
        s += r.w[i];
        r.w[i] = (uint64_t)s;
        s >>= 64;
    }
    /* After an overflow here the rest is far below 2^256 - PRIME_GAP: subtracting the prime ends
     * it. */
    dry__reduce_once(&r, (uint64_t)s, &prime);
    *out = r;
}

static inline void fe_sqr(struct dry_u256 *out, const struct dry_u256 *a)
{
    fe_mul(out, a, a);
}

#define CURVE_A_IS_MINUS_3 0
#include "jacobian.h"

static const struct point generator = {
    {{0x59f2815b16f81798, 0x029bfcdb2dce28d9, 0x55a06295ce870b07, 0x79be667ef9dcbbac}},
    {{0x9c47d08ffb10d4b8, 0xfd17b448a6855419, 0x5da4fbfc0e1108a8, 0x483ada7726a3c465}},
    {{1, 0, 0, 0}}};

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

static void fe_sqr_times(struct dry_u256 *out, const struct dry_u256 *a, unsigned n)
{
    *out = *a;
    while (n-- > 0)
        fe_sqr(out, out);
}

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

/* The point with this x and the parity of y asked for; false when there is none. */
static bool point_lift_var(struct point *out, const struct dry_u256 *x, unsigned y_parity)
{
    static const struct dry_u256 seven = {{7, 0, 0, 0}};
    struct dry_u256 rhs, y, t;

    fe_sqr(&rhs, x);
    fe_mul(&rhs, &rhs, x);
    fe_add(&rhs, &rhs, &seven);
    fe_sqrt(&y, &rhs);
    fe_sqr(&t, &y);
    if (!dry_u256_equal(&t, &rhs))
        return false;
    if ((y.w[0] & 1) != y_parity) /* y is never 0: the order is odd */
        fe_sub(&y, &DRY_U256_ZERO, &y);
    *out = (struct point){*x, y, {{1, 0, 0, 0}}};
    return true;
}

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

static void term_negate(struct term *t)
{
    for (unsigned i = 0; i < NAF_DIGITS; i++)
        t->digit[i] = (int8_t)-t->digit[i];
}

/* Two terms whose sum is k * p. The curve has an endomorphism (x, y) -> (beta x, y), which
 * multiplies by lambda; k = k1 + k2 lambda with |k1|, |k2| < 2^129 by rounding in the lattice of
 * the short vectors (a1, b1), (a2, a1) with a + b lambda = 0 (Gallant, Lambert, Vanstone 2001). */
static void terms_split_var(struct term t[2], const struct dry_u256 *k, const struct point *p)
{
    static const struct dry_u256 beta = {
        {0xc1396c28719501ee, 0x9cf0497512f58995, 0x6e64479eac3434e9, 0x7ae96a2b657c0710}};
    static const struct dry_u256 a1 = {{0xe86c90e49284eb15, 0x3086d221a7d46bcd, 0, 0}};
    static const struct dry_u256 minus_b1 = {{0x6f547fa90abfe4c3, 0xe4437ed6010e8828, 0, 0}};
    static const struct dry_u256 a2 = {{0x57c1108d9d44cfd8, 0x14ca50f7a8e2f3f6, 1, 0}};
    /* a1 and -b1 times 2^384 / order, rounded */
    static const struct dry_u256 g1 = {
        {0xe893209a45dbb031, 0x3daa8a1471e8ca7f, 0xe86c90e49284eb15, 0x3086d221a7d46bcd}};
    static const struct dry_u256 g2 = {
        {0x1571b4ae8ac47f71, 0x221208ac9df506c6, 0x6f547fa90abfe4c4, 0xe4437ed6010e8828}};
    struct dry_u256 c1, c2, k1, k2, v;

    scaled(&c1, k, &g1);
    scaled(&c2, k, &g2);
    dry_u256_mul(&v, &c1, &a1); /* k1 = k - c1 a1 - c2 a2; only the low 256 bits matter */
    dry_u256_sub(&k1, k, &v);
    dry_u256_mul(&v, &c2, &a2);
    dry_u256_sub(&k1, &k1, &v);
    dry_u256_mul(&k2, &c1, &minus_b1); /* k2 = -c1 b1 - c2 b2, b2 = a1 */
    dry_u256_mul(&v, &c2, &a1);
    dry_u256_sub(&k2, &k2, &v);

    term_multiples_var(&t[0], p);
    for (unsigned i = 0; i < NAF_TABLE; i++) {
        t[1].multiple[i] = t[0].multiple[i];
        fe_mul(&t[1].multiple[i].x, &t[1].multiple[i].x, &beta);
    }
    bool negative1 = magnitude(&k1), negative2 = magnitude(&k2);
    term_digits_var(&t[0], &k1);
    term_digits_var(&t[1], &k2);
    if (negative1)
        term_negate(&t[0]);
    if (negative2)
        term_negate(&t[1]);
}

bool dry_portable_secp256k1_recover(uint8_t pubkey[64], const struct dry_hash *hash,
                                    const struct dry_ecdsa_signature *sig)
{
    struct dry_u256 r, s, z, w, u1, u2;
    struct point p;
    struct term terms[4];

    dry_u256_from_be32(&r, sig->r);
    dry_u256_from_be32(&s, sig->s);
    if (sig->y_parity > 1 || dry_u256_is_zero(&r) || !dry_u256_less(&r, &order.m) ||
        dry_u256_is_zero(&s) || !dry_u256_less(&s, &order.m))
        return false;
    if (!point_lift_var(&p, &r, sig->y_parity))
        return false;

    /* The key is (s / r) R - (z / r) G. */
    dry_u256_from_be32(&z, hash->b);
    dry__reduce_once(&z, 0, &order.m);
    dry__modinv_var(w.w, r.w, &order_inverse);
    dry__mont_mul(&w, &w, &order.rr, &order);
    dry__mont_mul(&u2, &s, &w, &order);
    dry__mont_mul(&u1, &z, &w, &order);
    dry__mod_sub(&u1, &DRY_U256_ZERO, &u1, &order.m);
    terms_split_var(terms, &u2, &p);
    terms_split_var(terms + 2, &u1, &generator);
    terms_sum_var(&p, terms, 4);
    if (dry_u256_is_zero(&p.z))
        return false;

    dry__modinv_var(w.w, p.z.w, &prime_inverse);
    fe_sqr(&z, &w);
    fe_mul(&p.x, &p.x, &z);
    fe_mul(&z, &z, &w);
    fe_mul(&p.y, &p.y, &z);
    dry_u256_to_be32(pubkey, &p.x);
    dry_u256_to_be32(pubkey + 32, &p.y);
    return true;
}

bool dry_portable_secp256k1_recover_address(struct dry_address *out, const struct dry_hash *hash,
                                            const struct dry_ecdsa_signature *sig)
{
    uint8_t pubkey[64];

    if (!dry_portable_secp256k1_recover(pubkey, hash, sig))
        return false;
    dry_portable_address_of_pubkey(out, pubkey);
    return true;
}
