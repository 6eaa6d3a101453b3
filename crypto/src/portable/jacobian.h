/* Points of a curve y^2 = x^3 - 3x + b of prime order in Jacobian coordinates: (X / Z^2, Y / Z^3),
 * infinity where Z is 0. Include it after defining fe_add, fe_sub, fe_mul and fe_sqr over
 * struct dry_u256 fully reduced. Everything here branches on its input: public data only. */
#ifndef DRY_CRYPTO_JACOBIAN_H
#define DRY_CRYPTO_JACOBIAN_H
#include "wide.h"

struct point {
    struct dry_u256 x, y, z;
};

static void point_double_var(struct point *out, const struct point *p)
{
    struct dry_u256 yy, xyy, slope, zz, t, x, y;

    fe_sqr(&yy, &p->y);
    fe_mul(&xyy, &p->x, &yy);
    fe_add(&xyy, &xyy, &xyy);
    fe_add(&xyy, &xyy, &xyy); /* 4 X Y^2 */
    fe_sqr(&zz, &p->z);       /* slope = 3 (X - Z^2) (X + Z^2) */
    fe_sub(&t, &p->x, &zz);
    fe_add(&zz, &p->x, &zz);
    fe_mul(&t, &t, &zz);
    fe_add(&slope, &t, &t);
    fe_add(&slope, &slope, &t);
    fe_mul(&t, &p->y, &p->z);
    fe_add(&out->z, &t, &t);
    fe_sqr(&x, &slope);
    fe_sub(&x, &x, &xyy);
    fe_sub(&x, &x, &xyy);
    fe_sub(&t, &xyy, &x);
    fe_mul(&y, &slope, &t);
    fe_sqr(&t, &yy); /* 8 Y^4 */
    fe_add(&t, &t, &t);
    fe_add(&t, &t, &t);
    fe_add(&t, &t, &t);
    fe_sub(&out->y, &y, &t);
    out->x = x;
}

/* *out = p + q, or p - q. out may be p. */
static void point_add_var(struct point *out, const struct point *p, const struct point *q,
                          bool negate)
{
    struct dry_u256 pzz, qzz, u1, u2, s1, s2, h, r, hh, hhh, v, t, qy = q->y;

    if (negate)
        fe_sub(&qy, &DRY_U256_ZERO, &qy);
    if (dry_u256_is_zero(&q->z)) {
        *out = *p;
        return;
    }
    if (dry_u256_is_zero(&p->z)) {
        *out = (struct point){q->x, qy, q->z};
        return;
    }
    fe_sqr(&pzz, &p->z);
    fe_sqr(&qzz, &q->z);
    fe_mul(&u1, &p->x, &qzz);
    fe_mul(&u2, &q->x, &pzz);
    fe_mul(&t, &qzz, &q->z);
    fe_mul(&s1, &p->y, &t);
    fe_mul(&t, &pzz, &p->z);
    fe_mul(&s2, &qy, &t);
    fe_sub(&h, &u2, &u1);
    fe_sub(&r, &s2, &s1);
    if (dry_u256_is_zero(&h)) {
        if (dry_u256_is_zero(&r))
            point_double_var(out, p);
        else
            *out = (struct point){DRY_U256_ZERO, DRY_U256_ZERO, DRY_U256_ZERO};
        return;
    }
    fe_sqr(&hh, &h);
    fe_mul(&hhh, &hh, &h);
    fe_mul(&v, &u1, &hh);
    fe_mul(&t, &p->z, &q->z);
    fe_mul(&out->z, &t, &h);
    fe_sqr(&t, &r);
    fe_sub(&t, &t, &hhh);
    fe_sub(&t, &t, &v);
    fe_sub(&out->x, &t, &v);
    fe_sub(&t, &v, &out->x);
    fe_mul(&t, &t, &r);
    fe_mul(&s1, &s1, &hhh);
    fe_sub(&out->y, &t, &s1);
}

/* One summand of a sum of products: a scalar in signed digits, and odd multiples of its point. */
#define NAF_WIDTH 5
#define NAF_TABLE 8 /* P, 3P, ... 15P */
#define NAF_DIGITS 257
struct term {
    int8_t digit[NAF_DIGITS]; /* least significant first; 0 or odd, of magnitude below 16 */
    struct point multiple[NAF_TABLE];
};

/* Fill the digits from a scalar below 2^256 - 16. */
static void term_digits_var(struct term *t, const struct dry_u256 *scalar)
{
    uint64_t k[5] = {scalar->w[0], scalar->w[1], scalar->w[2], scalar->w[3], 0};
    unsigned carry = 0;

    memset(t->digit, 0, sizeof(t->digit));
    for (unsigned i = 0; i < NAF_DIGITS;) {
        unsigned bits = (unsigned)(k[i / 64] >> (i % 64));

        if ((bits & 1) == carry) {
            i++;
            continue;
        }
        if (i % 64 > 64 - NAF_WIDTH && i / 64 < 4)
            bits |= (unsigned)(k[i / 64 + 1] << (64 - i % 64));
        bits = (bits & ((1u << NAF_WIDTH) - 1)) + carry;
        carry = bits >> (NAF_WIDTH - 1) & 1;
        t->digit[i] = (int8_t)((int)bits - (int)(carry << NAF_WIDTH));
        i += NAF_WIDTH;
    }
}

static void term_multiples_var(struct term *t, const struct point *p)
{
    struct point twice;

    point_double_var(&twice, p);
    t->multiple[0] = *p;
    for (unsigned i = 1; i < NAF_TABLE; i++)
        point_add_var(&t->multiple[i], &t->multiple[i - 1], &twice, false);
}

/* *out = the sum of n terms (Strauss: they share the doublings). */
static void terms_sum_var(struct point *out, const struct term *terms, unsigned n)
{
    struct point sum = {DRY_U256_ZERO, DRY_U256_ZERO, DRY_U256_ZERO};

    for (unsigned i = NAF_DIGITS; i-- > 0;) {
        if (!dry_u256_is_zero(&sum.z))
            point_double_var(&sum, &sum);
        for (unsigned j = 0; j < n; j++) {
            int d = terms[j].digit[i];

            if (d != 0)
                point_add_var(&sum, &sum, &terms[j].multiple[(d < 0 ? -d : d) / 2], d < 0);
        }
    }
    *out = sum;
}

#endif /* DRY_CRYPTO_JACOBIAN_H */
