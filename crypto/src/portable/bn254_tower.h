/* bn254: F_p6 = F_p2[v] / (v^3 - xi) and F_p12 = F_p6[w] / (w^2 - v), with xi = 9 + i; so w^6 = xi.
 */
#ifndef DRY_CRYPTO_BN254_TOWER_H
#define DRY_CRYPTO_BN254_TOWER_H
#include "bn254_field.h"

struct fp6 {
    struct fp2 c[3];
};
struct fp12 {
    struct fp6 c[2]; /* c[k].c[j] stands at w^(2 j + k) */
};

static const struct fp12 fp12_one = {.c[0].c[0].a = {{0xd35d438dc58f0d9d, 0x0a78eb28f5c70b3d,
                                                      0x666ea36f7879462c, 0x0e0a77c19a07df2f}}};

static inline void fp6_add(struct fp6 *out, const struct fp6 *x, const struct fp6 *y)
{
    for (int i = 0; i < 3; i++)
        fp2_add(&out->c[i], &x->c[i], &y->c[i]);
}

static inline void fp6_sub(struct fp6 *out, const struct fp6 *x, const struct fp6 *y)
{
    for (int i = 0; i < 3; i++)
        fp2_sub(&out->c[i], &x->c[i], &y->c[i]);
}

static inline void fp6_neg(struct fp6 *out, const struct fp6 *x)
{
    for (int i = 0; i < 3; i++)
        fp2_neg(&out->c[i], &x->c[i]);
}

static inline void fp6_mul_v(struct fp6 *out, const struct fp6 *x)
{
    struct fp2 t;

    fp2_mul_xi(&t, &x->c[2]);
    out->c[2] = x->c[1];
    out->c[1] = x->c[0];
    out->c[0] = t;
}

/* (x_i + x_j)(y_i + y_j) - p_i - p_j = x_i y_j + x_j y_i, where p_k = x_k y_k. */
static void fp6_cross(struct fp2 *out, const struct fp6 *x, const struct fp6 *y,
                      const struct fp2 prod[3], int i, int j)
{
    struct fp2 s, t;

    fp2_add(&s, &x->c[i], &x->c[j]);
    fp2_add(&t, &y->c[i], &y->c[j]);
    fp2_mul(&s, &s, &t);
    fp2_sub(&s, &s, &prod[i]);
    fp2_sub(out, &s, &prod[j]);
}

static void fp6_mul(struct fp6 *out, const struct fp6 *x, const struct fp6 *y)
{
    struct fp2 prod[3], c01, c02, c12;

    for (int i = 0; i < 3; i++)
        fp2_mul(&prod[i], &x->c[i], &y->c[i]);
    fp6_cross(&c01, x, y, prod, 0, 1);
    fp6_cross(&c02, x, y, prod, 0, 2);
    fp6_cross(&c12, x, y, prod, 1, 2);
    fp2_mul_xi(&c12, &c12);
    fp2_add(&out->c[0], &prod[0], &c12);
    fp2_add(&out->c[2], &c02, &prod[1]);
    fp2_mul_xi(&prod[2], &prod[2]);
    fp2_add(&out->c[1], &c01, &prod[2]);
}

/* x (y0 + y1 v) */
static void fp6_mul_01(struct fp6 *out, const struct fp6 *x, const struct fp2 *y0,
                       const struct fp2 *y1)
{
    struct fp2 p0, p1, t0, t1, t2, s;

    fp2_mul(&p0, &x->c[0], y0);
    fp2_mul(&p1, &x->c[1], y1);
    fp2_mul(&t0, &x->c[2], y1);
    fp2_mul_xi(&t0, &t0);
    fp2_add(&t0, &t0, &p0);
    fp2_mul(&t2, &x->c[2], y0);
    fp2_add(&t2, &t2, &p1);
    fp2_add(&t1, &x->c[0], &x->c[1]);
    fp2_add(&s, y0, y1);
    fp2_mul(&t1, &t1, &s);
    fp2_sub(&t1, &t1, &p0);
    fp2_sub(&out->c[1], &t1, &p1);
    out->c[0] = t0;
    out->c[2] = t2;
}

static void fp6_inv(struct fp6 *out, const struct fp6 *x)
{
    struct fp2 a, b, c, t, n;

    fp2_sqr(&a, &x->c[0]); /* a = x0^2 - xi x1 x2 */
    fp2_mul(&t, &x->c[1], &x->c[2]);
    fp2_mul_xi(&t, &t);
    fp2_sub(&a, &a, &t);
    fp2_sqr(&b, &x->c[2]); /* b = xi x2^2 - x0 x1 */
    fp2_mul_xi(&b, &b);
    fp2_mul(&t, &x->c[0], &x->c[1]);
    fp2_sub(&b, &b, &t);
    fp2_sqr(&c, &x->c[1]); /* c = x1^2 - x0 x2 */
    fp2_mul(&t, &x->c[0], &x->c[2]);
    fp2_sub(&c, &c, &t);
    fp2_mul(&n, &x->c[2], &b); /* norm = x0 a + xi (x2 b + x1 c) */
    fp2_mul(&t, &x->c[1], &c);
    fp2_add(&n, &n, &t);
    fp2_mul_xi(&n, &n);
    fp2_mul(&t, &x->c[0], &a);
    fp2_add(&n, &n, &t);
    fp2_inv(&n, &n);
    fp2_mul(&out->c[0], &a, &n);
    fp2_mul(&out->c[1], &b, &n);
    fp2_mul(&out->c[2], &c, &n);
}

/* --- F_p12 --- */

static bool fp12_is_one(const struct fp12 *x)
{
    bool is = fp_equal(&x->c[0].c[0].a, &fp_one) && fp_is_zero(&x->c[0].c[0].b);

    for (int j = 0; j < 3; j++)
        is = is && (j == 0 || fp2_is_zero(&x->c[0].c[j])) && fp2_is_zero(&x->c[1].c[j]);
    return is;
}

static void fp12_mul(struct fp12 *out, const struct fp12 *x, const struct fp12 *y)
{
    struct fp6 p0, p1, s, t;

    fp6_mul(&p0, &x->c[0], &y->c[0]);
    fp6_mul(&p1, &x->c[1], &y->c[1]);
    fp6_add(&s, &x->c[0], &x->c[1]);
    fp6_add(&t, &y->c[0], &y->c[1]);
    fp6_mul(&s, &s, &t);
    fp6_sub(&s, &s, &p0);
    fp6_sub(&out->c[1], &s, &p1);
    fp6_mul_v(&p1, &p1);
    fp6_add(&out->c[0], &p0, &p1);
}

static void fp12_sqr(struct fp12 *out, const struct fp12 *x)
{
    struct fp6 prod, s, t;

    fp6_mul(&prod, &x->c[0], &x->c[1]); /* (x0 + x1)(x0 + v x1) - prod - v prod = x0^2 + v x1^2 */
    fp6_add(&s, &x->c[0], &x->c[1]);
    fp6_mul_v(&t, &x->c[1]);
    fp6_add(&t, &t, &x->c[0]);
    fp6_mul(&s, &s, &t);
    fp6_sub(&s, &s, &prod);
    fp6_mul_v(&t, &prod);
    fp6_sub(&out->c[0], &s, &t);
    fp6_add(&out->c[1], &prod, &prod);
}

/* x^(p^6); the inverse where the norm is one. */
static inline void fp12_conj(struct fp12 *out, const struct fp12 *x)
{
    out->c[0] = x->c[0];
    fp6_neg(&out->c[1], &x->c[1]);
}

static void fp12_inv(struct fp12 *out, const struct fp12 *x)
{
    struct fp6 n, t;

    fp6_mul(&n, &x->c[0], &x->c[0]);
    fp6_mul(&t, &x->c[1], &x->c[1]);
    fp6_mul_v(&t, &t);
    fp6_sub(&n, &n, &t);
    fp6_inv(&n, &n);
    fp6_mul(&out->c[0], &x->c[0], &n);
    fp6_neg(&n, &n);
    fp6_mul(&out->c[1], &x->c[1], &n);
}

/* A line through points of the twist at a point of G1: l[0] + l[1] w + l[2] w^3. */
struct line {
    struct fp2 l[3];
};

/* f = f l */
static void fp12_mul_line(struct fp12 *f, const struct line *l)
{
    struct fp6 p0, p1, s;
    struct fp2 t;

    for (int i = 0; i < 3; i++)
        fp2_mul(&p0.c[i], &f->c[0].c[i], &l->l[0]);
    fp6_mul_01(&p1, &f->c[1], &l->l[1], &l->l[2]);
    fp6_add(&s, &f->c[0], &f->c[1]);
    fp2_add(&t, &l->l[0], &l->l[1]);
    fp6_mul_01(&s, &s, &t, &l->l[2]);
    fp6_sub(&s, &s, &p0);
    fp6_sub(&f->c[1], &s, &p1);
    fp6_mul_v(&p1, &p1);
    fp6_add(&f->c[0], &p0, &p1);
}

/* f = f l m: the lines first, as w^5 is missing in their product. */
static void fp12_mul_lines(struct fp12 *f, const struct line *l, const struct line *m)
{
    struct fp2 p0, p1, p2, s, t;
    struct fp6 even, odd, prod0, prod1;

    fp2_mul(&p0, &l->l[0], &m->l[0]);
    fp2_mul(&p1, &l->l[1], &m->l[1]);
    fp2_mul(&p2, &l->l[2], &m->l[2]);
    for (int k = 0; k < 3; k++) { /* the three cross terms: w, w^3 and w^4 */
        const int i = k == 2 ? 1 : 0, j = k == 0 ? 1 : 2;
        struct fp2 *out = k == 2 ? &even.c[2] : &odd.c[k];

        fp2_add(&s, &l->l[i], &l->l[j]);
        fp2_add(&t, &m->l[i], &m->l[j]);
        fp2_mul(&s, &s, &t);
        fp2_sub(&s, &s, i == 0 ? &p0 : &p1);
        fp2_sub(out, &s, j == 1 ? &p1 : &p2);
    }
    fp2_mul_xi(&p2, &p2);
    fp2_add(&even.c[0], &p0, &p2);
    even.c[1] = p1;

    fp6_mul(&prod0, &f->c[0], &even);
    fp6_mul_01(&prod1, &f->c[1], &odd.c[0], &odd.c[1]);
    fp6_add(&f->c[1], &f->c[0], &f->c[1]);
    fp2_add(&even.c[0], &even.c[0], &odd.c[0]);
    fp2_add(&even.c[1], &even.c[1], &odd.c[1]);
    fp6_mul(&f->c[1], &f->c[1], &even);
    fp6_sub(&f->c[1], &f->c[1], &prod0);
    fp6_sub(&f->c[1], &f->c[1], &prod1);
    fp6_mul_v(&prod1, &prod1);
    fp6_add(&f->c[0], &prod0, &prod1);
}

/* xi^(i (p - 1) / 6) for i = 1..5: what x^p does to w^i. */
static const struct fp2 frobenius1[5] = {
    {{{0xaf9ba69633144907, 0xca6b1d7387afb78a, 0x11bded5ef08a2087, 0x02f34d751a1f3a7c}},
     {{0xa222ae234c492d72, 0xd00f02a4565de15b, 0xdc2ff3a253dfc926, 0x10a75716b3899551}}},
    {{{0xb5773b104563ab30, 0x347f91c8a9aa6454, 0x7a007127242e0991, 0x1956bcd8118214ec}},
     {{0x6e849f1ea0aa4757, 0xaa1c7b6d89f89141, 0xb6e713cdfae0ca3a, 0x26694fbb4e82ebc3}}},
    {{{0xe4bbdd0c2936b629, 0xbb30f162e133bacb, 0x31a9d1b6f9645366, 0x253570bea500f8dd}},
     {{0xa1d77ce45ffe77c7, 0x07affd117826d1db, 0x6d16bd27bb7edc6b, 0x2c87200285defecc}}},
    {{{0x7361d77f843abe92, 0xa5bb2bd3273411fb, 0x9c941f314b3e2399, 0x15df9cddbb9fd3ec}},
     {{0x5dddfd154bd8c949, 0x62cb29a5a4445b60, 0x37bc870a0c7dd2b9, 0x24830a9d3171f0fd}}},
    {{{0xc970692f41690fe7, 0xe240342127694b0b, 0x32bee66b83c459e8, 0x12aabced0ab08841}},
     {{0x0d485d2340aebfa9, 0x05193418ab2fcc57, 0xd3b0a40b8a4910f5, 0x2f21ebb535d2925a}}}};
/* xi^(i (p^2 - 1) / 6), which lie in F_p. */
static const struct fp frobenius2[5] = {
    {{0xca8d800500fa1bf2, 0xf0c5d61468b39769, 0x0e201271ad0d4418, 0x04290f65bad856e6}},
    {{0x3350c88e13e80b9c, 0x7dce557cdb5e56b9, 0x6001b4b8b615564a, 0x2682e617020217e0}},
    {{0x68c3488912edefaa, 0x8d087f6872aabf4f, 0x51e1a24709081231, 0x2259d6b14729c0fa}},
    {{0x71930c11d782e155, 0xa6bb947cffbe3323, 0xaa303344d4741444, 0x2c3b3f0d26594943}},
    {{0x08cfc388c494f1ab, 0x19b315148d1373d4, 0x584e90fdcb6c0213, 0x09e1685bdf2f8849}}};
/* xi^(i (p^3 - 1) / 6) */
static const struct fp2 frobenius3[5] = {
    {{{0x365316184e46d97d, 0x0af7129ed4c96d9f, 0x659da72fca1009b5, 0x08116d8983a20d23}},
     {{0xb1df4af7c39c1939, 0x3d9f02878a73bf7f, 0x9b2220928caf0ae0, 0x26684515eff054a6}}},
    {{{0xc9af22f716ad6bad, 0xb311782a4aa662b2, 0x19eeaf64e248c7f4, 0x20273e77e3439f82}},
     {{0xacc02860f7ce93ac, 0x3933d5817ba76b4c, 0x69e6188b446c8467, 0x0a46036d4417cc55}}},
    {{{0x5764af0aaf46471e, 0xdc50792e873e0fc1, 0x86a673ff881d04f6, 0x0b2eddb43c30a74c}},
     {{0x9a490f32787e8580, 0x8fd16d7ff04af8b1, 0x4b39888ec6027bf2, 0x03dd2e705b52a15d}}},
    {{{0x448a93a57b6762df, 0xbfd62df528fdeadf, 0xd858f5d00e9bd47a, 0x06b03d4d3476ec58}},
     {{0x2b19daf4bcc936d1, 0xa1a54e7a56f4299f, 0xb533eee05adeaef1, 0x170c812b84dda0b2}}},
    {{{0xe0bc4b2275cf559f, 0xc238b945c154e60f, 0x803982a5929a7d5e, 0x15ce052df7e4a37e}},
     {{0x2d28efbdbf3799a7, 0x9b097e3c1ad60773, 0x982d4113af4a535b, 0x24e18991e3056063}}}};

/* x^(p^power), for power 1, 2 and 3. */
static void fp12_frobenius(struct fp12 *out, const struct fp12 *x, int power)
{
    for (int i = 0; i < 6; i++) {
        struct fp2 *o = &out->c[i & 1].c[i / 2];
        const struct fp2 *in = &x->c[i & 1].c[i / 2];

        if (power == 2) {
            *o = *in;
            if (i > 0)
                fp2_mul_fp(o, o, &frobenius2[i - 1]);
        } else {
            fp2_conj(o, in);
            if (i > 0)
                fp2_mul(o, o, power == 1 ? &frobenius1[i - 1] : &frobenius3[i - 1]);
        }
    }
}

/* (re + im s)^2 in F_p4 = F_p2[s] / (s^2 - xi). */
static void fp4_sqr(struct fp2 *re, struct fp2 *im, const struct fp2 *a, const struct fp2 *b)
{
    struct fp2 aa, bb, s;

    fp2_add(&s, a, b);
    fp2_sqr(&aa, a);
    fp2_sqr(&bb, b);
    fp2_sqr(&s, &s);
    fp2_sub(&s, &s, &aa);
    fp2_sub(im, &s, &bb);
    fp2_mul_xi(&bb, &bb);
    fp2_add(re, &aa, &bb);
}

/* out = 3 t - 2 z, and 3 t + 2 z below. */
static void fp2_three_less(struct fp2 *out, const struct fp2 *t, const struct fp2 *z)
{
    struct fp2 d;

    fp2_sub(&d, t, z);
    fp2_double(&d, &d);
    fp2_add(out, &d, t);
}

static void fp2_three_more(struct fp2 *out, const struct fp2 *t, const struct fp2 *z)
{
    struct fp2 d;

    fp2_add(&d, t, z);
    fp2_double(&d, &d);
    fp2_add(out, &d, t);
}

/* x^2 where x^(p^4 - p^2 + 1) = 1 (Granger and Scott, 2010). */
static void fp12_cyclotomic_sqr(struct fp12 *out, const struct fp12 *x)
{
    const struct fp2 *a = x->c[0].c, *b = x->c[1].c;
    struct fp2 re0, im0, re1, im1, re2, im2;

    fp4_sqr(&re0, &im0, &a[0], &b[1]);
    fp4_sqr(&re1, &im1, &b[0], &a[2]);
    fp4_sqr(&re2, &im2, &a[1], &b[2]);
    fp2_three_less(&out->c[0].c[0], &re0, &a[0]);
    fp2_three_less(&out->c[0].c[1], &re1, &a[1]);
    fp2_three_less(&out->c[0].c[2], &re2, &a[2]);
    fp2_mul_xi(&im2, &im2);
    fp2_three_more(&out->c[1].c[0], &im2, &b[0]);
    fp2_three_more(&out->c[1].c[1], &im0, &b[1]);
    fp2_three_more(&out->c[1].c[2], &im1, &b[2]);
}

#endif /* DRY_CRYPTO_BN254_TOWER_H */
