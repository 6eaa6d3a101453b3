/* bn254: the optimal ate pairing (Vercauteren 2010), with lines in homogeneous coordinates
 * (Costello, Lange and Naehrig 2010; Aranha et al. 2013), and the three precompiles' entry points.
 */
#ifndef DRY_CRYPTO_BN254_PAIRING_H
#define DRY_CRYPTO_BN254_PAIRING_H
#include "bn254_curve.h"

/* Pairs that share one Miller loop: more are taken in groups. */
enum { MILLER_PAIRS_MAX = 16 };

/* One pair and the multiple of q the loop has reached, at (x/z, y/z). */
struct miller_pair {
    struct g1_affine p;
    struct g2_affine q;
    struct fp2 x, y, z;
};

/* Double, and give the tangent at p. */
static void miller_double(struct miller_pair *m, struct line *l)
{
    static const struct fp2 three_b = {
        {{0x3baa927cb62e0d6a, 0xd71e7c52d1b664fd, 0x03873e63d95d4664, 0x0e75b5b1082ab8f4}},
        {{0xaab7c6667596fe35, 0x31d21a78bb6a27ba, 0x85dd7297680401ff, 0x03c52d6adf39a7e9}}};
    struct fp2 a, b, c, e, f, g, h, t;

    fp2_mul(&a, &m->x, &m->y);
    fp2_half(&a, &a);
    fp2_sqr(&b, &m->y);
    fp2_sqr(&c, &m->z);
    fp2_mul(&e, &c, &three_b);
    fp2_double(&f, &e);
    fp2_add(&f, &f, &e);
    fp2_add(&g, &b, &f);
    fp2_half(&g, &g);
    fp2_add(&h, &m->y, &m->z);
    fp2_sqr(&h, &h);
    fp2_sub(&h, &h, &b);
    fp2_sub(&h, &h, &c);
    fp2_sub(&l->l[2], &b, &e);
    fp2_sqr(&t, &m->x);
    fp2_double(&c, &t);
    fp2_add(&t, &c, &t);
    fp2_mul_fp(&l->l[1], &t, &m->p.x);
    fp2_neg(&l->l[1], &l->l[1]);
    fp2_mul_fp(&l->l[0], &h, &m->p.y);
    fp2_sub(&f, &b, &f);
    fp2_mul(&m->x, &a, &f);
    fp2_sqr(&g, &g);
    fp2_sqr(&e, &e);
    fp2_double(&t, &e);
    fp2_add(&t, &t, &e);
    fp2_sub(&m->y, &g, &t);
    fp2_mul(&m->z, &b, &h);
}

/* Add q, and give the line through both at p. */
static void miller_add(struct miller_pair *m, const struct g2_affine *q, struct line *l)
{
    struct fp2 theta, lambda, c, d, e, f, g, h, t;

    fp2_mul(&theta, &q->y, &m->z);
    fp2_sub(&theta, &m->y, &theta);
    fp2_mul(&lambda, &q->x, &m->z);
    fp2_sub(&lambda, &m->x, &lambda);
    fp2_sqr(&c, &theta);
    fp2_sqr(&d, &lambda);
    fp2_mul(&e, &lambda, &d);
    fp2_mul(&f, &m->z, &c);
    fp2_mul(&g, &m->x, &d);
    fp2_add(&h, &e, &f);
    fp2_sub(&h, &h, &g);
    fp2_sub(&h, &h, &g);
    fp2_mul(&m->x, &lambda, &h);
    fp2_sub(&t, &g, &h);
    fp2_mul(&t, &theta, &t);
    fp2_mul(&g, &e, &m->y);
    fp2_sub(&m->y, &t, &g);
    fp2_mul(&m->z, &m->z, &e);
    fp2_mul(&t, &theta, &q->x);
    fp2_mul(&g, &lambda, &q->y);
    fp2_sub(&l->l[2], &t, &g);
    fp2_mul_fp(&l->l[0], &lambda, &m->p.y);
    fp2_mul_fp(&l->l[1], &theta, &m->p.x);
    fp2_neg(&l->l[1], &l->l[1]);
}

/* What a step adds: nothing (a doubling), or a multiple of the pair's own q. */
enum miller_step { STEP_DOUBLE, STEP_ADD, STEP_SUB, STEP_PSI, STEP_PSI2 };

static void miller_line(struct miller_pair *m, enum miller_step step, struct line *l)
{
    struct g2_affine q = m->q;

    switch (step) {
    case STEP_DOUBLE:
        miller_double(m, l);
        return;
    case STEP_ADD:
        break;
    case STEP_SUB:
        fp2_neg(&q.y, &q.y);
        break;
    case STEP_PSI: /* p q */
        fp2_conj(&q.x, &q.x);
        fp2_conj(&q.y, &q.y);
        fp2_mul(&q.x, &q.x, &frobenius1[1]);
        fp2_mul(&q.y, &q.y, &frobenius1[2]);
        break;
    case STEP_PSI2: /* -p^2 q */
        fp2_mul_fp(&q.x, &q.x, &frobenius2[1]);
        break;
    }
    miller_add(m, &q, l);
}

/* f *= the lines of one step of all pairs, two at a time. */
static void miller_lines(struct fp12 *f, struct miller_pair *pairs, size_t n, enum miller_step step)
{
    struct line l, m;
    size_t i = 0;

    for (; i + 1 < n; i += 2) {
        miller_line(&pairs[i], step, &l);
        miller_line(&pairs[i + 1], step, &m);
        fp12_mul_lines(f, &l, &m);
    }
    if (i < n) {
        miller_line(&pairs[i], step, &l);
        fp12_mul_line(f, &l);
    }
}

/* Whether q is of order r, at the end of its loop, where the multiple of q is (6 u + 2) q + psi(q)
 * - psi^2(q): for such a q alone that is -psi^3(q). For the norm of the relation in Z[psi] and the
 * order of the twist have r for their greatest common divisor, so no other point passes (El Housni,
 * Guillevic and Piellard, 2022). Sums that the formulas do not hold for leave z = 0 behind, and do
 * not occur for q of order r. */
static bool miller_in_subgroup(const struct miller_pair *m)
{
    struct fp2 x, y;

    if (fp2_is_zero(&m->z))
        return false;
    fp2_conj(&x, &m->q.x);
    fp2_conj(&y, &m->q.y);
    fp2_mul(&x, &x, &frobenius3[1]);
    fp2_mul(&y, &y, &frobenius3[2]);
    fp2_mul(&x, &x, &m->z);
    fp2_mul(&y, &y, &m->z);
    fp2_neg(&y, &y);
    return fp2_equal(&x, &m->x) && fp2_equal(&y, &m->y);
}

/* The product of n pairs' Miller loops, over 6 u + 2. No pair holds infinity. False when a q lies
 * outside of G2. */
static bool miller_loop(struct fp12 *f, struct miller_pair *pairs, size_t n)
{
    /* 6 u + 2 in non-adjacent form, least significant digit first. */
    static const int8_t naf[66] = {0,  0,  0,  1, 0,  1, 0,  -1, 0,  0, -1, 0, 0,  0,  1, 0, 0,
                                   -1, 0,  -1, 0, 0,  0, 1,  0,  -1, 0, 0,  0, 0,  -1, 0, 0, 1,
                                   0,  -1, 0,  0, 1,  0, 0,  0,  0,  0, -1, 0, 0,  -1, 0, 1, 0,
                                   -1, 0,  0,  0, -1, 0, -1, 0,  0,  0, 1,  0, -1, 0,  1};

    *f = fp12_one;
    for (size_t i = 0; i < n; i++) {
        pairs[i].x = pairs[i].q.x;
        pairs[i].y = pairs[i].q.y;
        pairs[i].z = fp2_one;
    }
    for (int i = 64; i >= 0; i--) {
        if (i < 64)
            fp12_sqr(f, f);
        miller_lines(f, pairs, n, STEP_DOUBLE);
        if (naf[i] != 0)
            miller_lines(f, pairs, n, naf[i] > 0 ? STEP_ADD : STEP_SUB);
    }
    miller_lines(f, pairs, n, STEP_PSI);
    miller_lines(f, pairs, n, STEP_PSI2);
    for (size_t i = 0; i < n; i++)
        if (!miller_in_subgroup(&pairs[i]))
            return false;
    return true;
}

/* out = x^-u, in the cyclotomic subgroup. */
static void fp12_exp_neg_u(struct fp12 *out, const struct fp12 *x)
{
    /* u with odd digits below 8 in size, least significant first. */
    static const int8_t wnaf[63] = {1,  0, 0,  0,  -1, 0, 0,  0, 0, 5, 0, 0, 0, 0, 0, 0,
                                    -7, 0, 0,  0,  7,  0, 0,  0, 0, 5, 0, 0, 0, 0, 1, 0,
                                    0,  0, -3, 0,  0,  0, -5, 0, 0, 0, 5, 0, 0, 0, 0, 3,
                                    0,  0, 0,  -3, 0,  0, 0,  0, 5, 0, 0, 0, 0, 0, 1};
    struct fp12 table[4], t;

    table[0] = *x;
    fp12_cyclotomic_sqr(&t, x);
    for (int i = 1; i < 4; i++)
        fp12_mul(&table[i], &table[i - 1], &t);
    *out = *x;
    for (int i = 61; i >= 0; i--) {
        fp12_cyclotomic_sqr(out, out);
        if (wnaf[i] > 0) {
            fp12_mul(out, out, &table[wnaf[i] / 2]);
        } else if (wnaf[i] < 0) {
            fp12_conj(&t, &table[-wnaf[i] / 2]);
            fp12_mul(out, out, &t);
        }
    }
    fp12_conj(out, out);
}

/* Whether x^((p^12 - 1) / r) is one. The hard part raises to a multiple of its exponent that is
 * prime to r (Fuentes-Castaneda, Knapp and Rodriguez-Henriquez, 2011). */
static bool final_exponent_is_one(const struct fp12 *x)
{
    struct fp12 r, a, b, c, d, t;

    fp12_inv(&t, x); /* r = x^((p^6 - 1)(p^2 + 1)) */
    fp12_conj(&r, x);
    fp12_mul(&r, &r, &t);
    fp12_frobenius(&t, &r, 2);
    fp12_mul(&r, &r, &t);

    fp12_exp_neg_u(&a, &r);
    fp12_cyclotomic_sqr(&a, &a); /* a = r^-2u */
    fp12_cyclotomic_sqr(&b, &a);
    fp12_mul(&b, &b, &a);   /* b = r^-6u */
    fp12_exp_neg_u(&c, &b); /* c = r^6u^2 */
    fp12_cyclotomic_sqr(&d, &c);
    fp12_exp_neg_u(&d, &d); /* d = r^-12u^3 */
    fp12_conj(&d, &d);
    fp12_mul(&d, &d, &c);
    fp12_conj(&b, &b);
    fp12_mul(&d, &d, &b); /* d = r^(12u^3 + 6u^2 + 6u) */
    fp12_mul(&a, &d, &a); /* a = r^(12u^3 + 6u^2 + 4u) */
    fp12_mul(&c, &d, &c); /* c = r^(12u^3 + 12u^2 + 6u) */
    fp12_mul(&c, &c, &r);
    fp12_frobenius(&t, &a, 1);
    fp12_mul(&c, &c, &t);
    fp12_frobenius(&t, &d, 2);
    fp12_mul(&c, &c, &t);
    fp12_conj(&r, &r);
    fp12_mul(&t, &r, &a);
    fp12_frobenius(&t, &t, 3);
    fp12_mul(&c, &c, &t);
    return fp12_is_one(&c);
}

/* --- the precompiles --- */

static bool bn254_add(uint8_t out[64], const uint8_t a[64], const uint8_t b[64])
{
    struct g1_affine p, q;
    struct g1_point sum = {0};

    if (!g1_decode(&p, a) || !g1_decode(&q, b))
        return false;
    if (!g1_affine_is_infinity(&p))
        sum = (struct g1_point){p.x, p.y, fp_one};
    if (!g1_affine_is_infinity(&q))
        g1_add_affine(&sum, &sum, &q);
    g1_encode(out, &sum);
    return true;
}

static bool bn254_mul(uint8_t out[64], const uint8_t a[64], const uint8_t scalar[32])
{
    struct g1_affine p;
    struct g1_point product = {0};
    uint64_t k[4] = {0};

    if (!g1_decode(&p, a))
        return false;
    for (int i = 0; i < 32; i++)
        k[3 - i / 8] = k[3 - i / 8] << 8 | scalar[i];
    if (!g1_affine_is_infinity(&p))
        g1_mul(&product, &p, k);
    g1_encode(out, &product);
    return true;
}

/* acc *= the Miller loops of n pairs. */
static bool bn254_pairs(struct fp12 *acc, struct miller_pair *pairs, size_t n)
{
    struct fp12 f;

    if (!miller_loop(&f, pairs, n))
        return false;
    fp12_mul(acc, acc, &f);
    return true;
}

static bool bn254_pairing(bool *is_one, struct dry_bytes in)
{
    struct miller_pair pairs[MILLER_PAIRS_MAX];
    struct fp12 acc = fp12_one, unused;
    size_t n = 0;

    if (in.len % 192 != 0)
        return false;
    for (size_t at = 0; at < in.len; at += 192) {
        if (!g1_decode(&pairs[n].p, in.ptr + at) || !g2_decode(&pairs[n].q, in.ptr + at + 64))
            return false;
        if (g2_affine_is_infinity(&pairs[n].q))
            continue;                             /* such a pair is one */
        if (g1_affine_is_infinity(&pairs[n].p)) { /* and such a one, but its q must lie in G2 */
            if (!miller_loop(&unused, &pairs[n], 1))
                return false;
            continue;
        }
        if (++n == MILLER_PAIRS_MAX) {
            if (!bn254_pairs(&acc, pairs, n))
                return false;
            n = 0;
        }
    }
    if (n > 0 && !bn254_pairs(&acc, pairs, n))
        return false;
    *is_one = final_exponent_is_one(&acc);
    return true;
}

#endif /* DRY_CRYPTO_BN254_PAIRING_H */
