/* bn254: the groups G1 on y^2 = x^3 + 3 over F_p and G2 on the twist y^2 = x^3 + 3/xi over F_p2,
 * their encodings and the multiplication in G1. */
#ifndef DRY_CRYPTO_BN254_CURVE_H
#define DRY_CRYPTO_BN254_CURVE_H
#include "bn254_tower.h"

#define g1_element_one fp_one
#define POINT(f) g1_##f
#define FIELD(f) fp_##f
#define ELEMENT fp
#include "bn254_jacobian.h"
#undef POINT
#undef FIELD
#undef ELEMENT

/* The pairing walks over G2's points in coordinates of its own. */
struct g2_affine {
    struct fp2 x, y;
};

/* --- encodings; (0, 0) is infinity --- */

static inline bool g1_affine_is_infinity(const struct g1_affine *p)
{
    return fp_is_zero(&p->x) && fp_is_zero(&p->y);
}

static inline bool g2_affine_is_infinity(const struct g2_affine *p)
{
    return fp2_is_zero(&p->x) && fp2_is_zero(&p->y);
}

/* False for a coordinate that is not below p and for a point off the curve. G1 has no other points.
 */
static bool g1_decode(struct g1_affine *out, const uint8_t in[64])
{
    static const struct fp three = {
        {0x7a17caa950ad28d7, 0x1f6ac17ae15521b9, 0x334bea4e696bd284, 0x2a1f6744ce179d8e}};
    struct fp xxx, yy;

    if (!fp_decode(&out->x, in) || !fp_decode(&out->y, in + 32))
        return false;
    if (g1_affine_is_infinity(out))
        return true;
    fp_sqr(&xxx, &out->x);
    fp_mul(&xxx, &xxx, &out->x);
    fp_add(&xxx, &xxx, &three);
    fp_sqr(&yy, &out->y);
    return fp_equal(&xxx, &yy);
}

static void g1_encode(uint8_t out[64], const struct g1_point *p)
{
    struct fp zi, zi2, x, y;

    fp_inv(&zi, &p->z); /* 0 for infinity, which makes both coordinates 0 */
    fp_sqr(&zi2, &zi);
    fp_mul(&x, &p->x, &zi2);
    fp_mul(&zi2, &zi2, &zi);
    fp_mul(&y, &p->y, &zi2);
    fp_encode(out, &x);
    fp_encode(out + 32, &y);
}

/* x_imag x_real y_imag y_real. The point may lie outside the subgroup: see miller_loop(). */
static bool g2_decode(struct g2_affine *out, const uint8_t in[128])
{
    static const struct fp2 b = {
        {{0x3bf938e377b802a8, 0x020b1b273633535d, 0x26b7edf049755260, 0x2514c6324384a86d}},
        {{0x38e7ecccd1dcff67, 0x65f0b37d93ce0d3e, 0xd749d0dd22ac00aa, 0x0141b9ce4a688d4d}}};
    struct fp2 xxx, yy;

    if (!fp_decode(&out->x.b, in) || !fp_decode(&out->x.a, in + 32) ||
        !fp_decode(&out->y.b, in + 64) || !fp_decode(&out->y.a, in + 96))
        return false;
    if (g2_affine_is_infinity(out))
        return true;
    fp2_sqr(&xxx, &out->x);
    fp2_mul(&xxx, &xxx, &out->x);
    fp2_add(&xxx, &xxx, &b);
    fp2_sqr(&yy, &out->y);
    return fp2_equal(&xxx, &yy);
}

/* --- multiplication in G1 --- */

/* out (na + nb limbs) = a b */
static void limbs_mul(uint64_t *out, const uint64_t *a, int na, const uint64_t *b, int nb)
{
    for (int i = 0; i < na + nb; i++)
        out[i] = 0;
    for (int i = 0; i < na; i++) {
        unsigned __int128 acc = 0;

        for (int j = 0; j < nb; j++) {
            acc = (unsigned __int128)a[i] * b[j] + out[i + j] + (uint64_t)(acc >> 64);
            out[i + j] = (uint64_t)acc;
        }
        out[i + nb] = (uint64_t)(acc >> 64);
    }
}

/* a -= b over n limbs; the borrow. */
static bool limbs_sub(uint64_t *a, const uint64_t *b, int n)
{
    unsigned __int128 acc = 0;

    for (int i = 0; i < n; i++) {
        acc = (unsigned __int128)a[i] - b[i] - (uint64_t)(acc >> 127);
        a[i] = (uint64_t)acc;
    }
    return acc >> 127 != 0;
}

/* Part of a scalar: |k| below 2^128 and its sign. */
struct half {
    uint64_t k[2];
    bool negative;
};

static void half_set(struct half *out, uint64_t t[4])
{
    out->negative = t[3] >> 63 != 0;
    if (out->negative) {
        uint64_t n[4] = {0};

        limbs_sub(n, t, 4);
        memcpy(t, n, sizeof(n));
    }
    out->k[0] = t[0];
    out->k[1] = t[1];
}

/* k = k1 + k2 lambda modulo the order, both below 2^127 in size. The lattice of such pairs that
 * give 0 has the short basis (n, s), (-s, m), where n m + s^2 is the order; g1 and g2 are 2^256 m
 * and 2^256 s over it. */
static void scalar_split(struct half *k1, struct half *k2, const uint64_t k[4])
{
    static const uint64_t n[2] = {0x0be4e1541221250b, 0x6f4d8248eeb859fd};
    static const uint64_t m[2] = {0x8211bbeb7d4f1128, 0x6f4d8248eeb859fc};
    static const uint64_t s[1] = {0x89d3256894d213e3};
    static const uint64_t g1[3] = {0x7a7bd9d4391eb18e, 0x4ccef014a773d2cf, 2};
    static const uint64_t g2[2] = {0xd91d232ec7e0b3d7, 2};
    uint64_t c1[7], c2[6], t[4], a[4] = {0};

    limbs_mul(c1, k, 4, g1, 3); /* c1 = c1[4..5], c2 = c2[4..5] */
    limbs_mul(c2, k, 4, g2, 2);

    memcpy(t, k, sizeof(t)); /* k1 = k - c1 n - c2 s */
    limbs_mul(a, c1 + 4, 2, n, 2);
    limbs_sub(t, a, 4);
    a[3] = 0;
    limbs_mul(a, c2 + 4, 2, s, 1);
    limbs_sub(t, a, 4);
    half_set(k1, t);

    limbs_mul(t, c2 + 4, 2, m, 2); /* k2 = c2 m - c1 s */
    limbs_mul(a, c1 + 4, 2, s, 1);
    limbs_sub(t, a, 4);
    half_set(k2, t);
}

enum { WNAF_BITS = 5, WNAF_DIGITS = 129, WNAF_TABLE = 1 << (WNAF_BITS - 2) };

/* Digits that are 0 or odd and below 2^(WNAF_BITS - 1) in size, least significant first. */
static void wnaf_set(int8_t digits[WNAF_DIGITS], const struct half *h)
{
    unsigned __int128 k = (unsigned __int128)h->k[1] << 64 | h->k[0];

    for (int i = 0; i < WNAF_DIGITS; i++) {
        int d = 0;

        if (k & 1) {
            d = (int)(k & ((1 << WNAF_BITS) - 1));
            if (d >= 1 << (WNAF_BITS - 1))
                d -= 1 << WNAF_BITS;
            if (d > 0)
                k -= (unsigned)d;
            else
                k += (unsigned)-d;
        }
        digits[i] = (int8_t)(h->negative ? -d : d);
        k >>= 1;
    }
}

/* out += digit times the point whose odd multiples the table holds. */
static void g1_add_digit(struct g1_point *out, const struct g1_point table[WNAF_TABLE], int digit)
{
    struct g1_point t;

    if (digit == 0)
        return;
    t = table[(digit < 0 ? -digit : digit) / 2];
    if (digit < 0)
        fp_neg(&t.y, &t.y);
    g1_add(out, out, &t);
}

/* out = k p for a finite p; k is any number of 256 bits. */
static void g1_mul(struct g1_point *out, const struct g1_affine *p, const uint64_t k[4])
{
    static const uint64_t order[4] = {0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d,
                                      0x30644e72e131a029};
    static const struct fp beta = {
        {0x71930c11d782e155, 0xa6bb947cffbe3323, 0xaa303344d4741444, 0x2c3b3f0d26594943}};
    struct g1_point table[WNAF_TABLE], endo[WNAF_TABLE], twice;
    int8_t d1[WNAF_DIGITS], d2[WNAF_DIGITS];
    struct half k1, k2;
    uint64_t r[4], t[4];

    memcpy(r, k, sizeof(r));
    for (memcpy(t, r, sizeof(t)); !limbs_sub(t, order, 4); memcpy(r, t, sizeof(r)))
        ; /* five times at most */
    scalar_split(&k1, &k2, r);
    wnaf_set(d1, &k1);
    wnaf_set(d2, &k2);

    table[0] = (struct g1_point){p->x, p->y, fp_one};
    g1_double(&twice, &table[0]);
    for (int i = 1; i < WNAF_TABLE; i++)
        g1_add(&table[i], &table[i - 1], &twice);
    for (int i = 0; i < WNAF_TABLE; i++) {
        endo[i] = table[i];
        fp_mul(&endo[i].x, &table[i].x, &beta); /* lambda (x, y) = (beta x, y) */
    }
    *out = (struct g1_point){0};
    for (int i = WNAF_DIGITS - 1; i >= 0; i--) {
        if (!fp_is_zero(&out->z))
            g1_double(out, out);
        g1_add_digit(out, table, d1[i]);
        g1_add_digit(out, endo, d2[i]);
    }
}

#endif /* DRY_CRYPTO_BN254_CURVE_H */
