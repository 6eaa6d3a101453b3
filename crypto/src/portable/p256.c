/* Verification of ECDSA signatures over P-256 (FIPS 186-4, SEC 1, section 4.1.4; EIP-7951). Works
 * on public data alone, so it may branch on it. */
#include "modinv.h"
#include "wide.h"
#include <drystone/crypto/portable.h>

/* The field's prime and the group's order. Coordinates are kept in Montgomery form. */
static const struct dry__mont prime = {
    {{0xffffffffffffffff, 0x00000000ffffffff, 0x0000000000000000, 0xffffffff00000001}},
    1,
    {{0x0000000000000003, 0xfffffffbffffffff, 0xfffffffffffffffe, 0x00000004fffffffd}}};
static const struct dry__mont order = {
    {{0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff, 0xffffffff00000000}},
    0xccd1c8aaee00bc4f,
    {{0x83244c95be79eea2, 0x4699799c49bd6fa6, 0x2845b2392b6bec59, 0x66e12d94f3d95620}}};
static const struct dry__modinv_modulus order_inverse = {
    {{0x33b9cac2fc632551, 0x339beab69c5e7a13, 0x3ffffffffffffffb, 0x3fffffc00000003f, 0xff}},
    0x332e375511ff43b1};

static inline void fe_add(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b)
{
    dry__mod_add(out, a, b, &prime.m);
}

static inline void fe_sub(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b)
{
    dry__mod_sub(out, a, b, &prime.m);
}

static inline void fe_mul(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b)
{
    uint64_t t[8], top = 0;
    struct dry_u256 r;

    /* Montgomery's reduction, one limb a turn: adding q * prime clears the limb q. The prime is
     * m3 2^192 + 2^96 - 1, so that takes one multiplication. */
    dry__mul_wide(t, a, b);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        const uint64_t q = t[i];
        dry__u128 s = (dry__u128)t[i + 1] + (q << 32);

        t[i + 1] = (uint64_t)s;
        s = (dry__u128)t[i + 2] + (q >> 32) + (uint64_t)(s >> 64);
        t[i + 2] = (uint64_t)s;
        s = (dry__u128)q * prime.m.w[3] + t[i + 3] + (uint64_t)(s >> 64);
        t[i + 3] = (uint64_t)s;
        s = (dry__u128)t[i + 4] + (uint64_t)(s >> 64) + top;
        t[i + 4] = (uint64_t)s;
        top = (uint64_t)(s >> 64);
    }
    memcpy(r.w, t + 4, 32);
    dry__reduce_once(&r, top, &prime.m);
    *out = r;
}

static inline void fe_sqr(struct dry_u256 *out, const struct dry_u256 *a)
{
    fe_mul(out, a, a);
}

#include "jacobian.h"

/* In Montgomery form, as is 1 in the last coordinate. */
static const struct point generator = {
    {{0x79e730d418a9143c, 0x75ba95fc5fedb601, 0x79fb732b77622510, 0x18905f76a53755c6}},
    {{0xddf25357ce95560a, 0x8b4ab8e4ba19e45c, 0xd2e88688dd21f325, 0x8571ff1825885d85}},
    {{0x0000000000000001, 0xffffffff00000000, 0xffffffffffffffff, 0x00000000fffffffe}}};
static const struct dry_u256 curve_b = {
    {0xd89cdf6229c4bddf, 0xacf005cd78843090, 0xe5a220abf7212ed6, 0xdc30061d04874834}};

/* Read a public key; false when a coordinate is not below the prime or the point is off the curve
 * (as (0, 0), the way infinity is written, is). */
static bool point_read_var(struct point *out, const uint8_t x[32], const uint8_t y[32])
{
    struct dry_u256 lhs, rhs, t;

    dry_u256_from_be32(&out->x, x);
    dry_u256_from_be32(&out->y, y);
    if (!dry_u256_less(&out->x, &prime.m) || !dry_u256_less(&out->y, &prime.m))
        return false;
    fe_mul(&out->x, &out->x, &prime.rr);
    fe_mul(&out->y, &out->y, &prime.rr);
    out->z = generator.z;
    fe_sqr(&lhs, &out->y);
    fe_sqr(&rhs, &out->x); /* x (x^2 - 3) + b */
    fe_add(&t, &out->z, &out->z);
    fe_add(&t, &t, &out->z);
    fe_sub(&rhs, &rhs, &t);
    fe_mul(&rhs, &rhs, &out->x);
    fe_add(&rhs, &rhs, &curve_b);
    return dry_u256_equal(&lhs, &rhs);
}

/* Whether the affine x of p is v: X = v Z^2, which spares an inversion. */
static bool x_equals(const struct point *p, const struct dry_u256 *v)
{
    struct dry_u256 t, zz;

    fe_mul(&t, v, &prime.rr);
    fe_sqr(&zz, &p->z);
    fe_mul(&t, &t, &zz);
    return dry_u256_equal(&t, &p->x);
}

bool dry_portable_p256_verify(const uint8_t hash[32], const uint8_t r[32], const uint8_t s[32],
                              const uint8_t x[32], const uint8_t y[32])
{
    struct dry_u256 rv, sv, z, w, u1, u2;
    struct point key, sum;
    struct term terms[2];

    dry_u256_from_be32(&rv, r);
    dry_u256_from_be32(&sv, s);
    if (dry_u256_is_zero(&rv) || !dry_u256_less(&rv, &order.m) || dry_u256_is_zero(&sv) ||
        !dry_u256_less(&sv, &order.m))
        return false;
    if (!point_read_var(&key, x, y))
        return false;

    dry_u256_from_be32(&z, hash);
    dry__reduce_once(&z, 0, &order.m);
    dry__modinv_var(w.w, sv.w, &order_inverse);
    dry__mont_mul(&w, &w, &order.rr, &order);
    dry__mont_mul(&u1, &z, &w, &order);
    dry__mont_mul(&u2, &rv, &w, &order);
    term_digits_var(&terms[0], &u1);
    term_multiples_var(&terms[0], &generator);
    term_digits_var(&terms[1], &u2);
    term_multiples_var(&terms[1], &key);
    terms_sum_var(&sum, terms, 2);
    if (dry_u256_is_zero(&sum.z))
        return false;

    /* x mod order = r: x is r, or r + order where that is still below the prime. */
    if (x_equals(&sum, &rv))
        return true;
    return !dry_u256_add(&rv, &rv, &order.m) && dry_u256_less(&rv, &prime.m) && x_equals(&sum, &rv);
}
