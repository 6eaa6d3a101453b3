/* The precompiles of EIP-2537 over blst. The freestanding build uses this file too, with blst's C
 * path. */
#include "portable/digits.h"
#include <blst.h>
#include <drystone/crypto.h>

/* Lengths of one item of input, and the number of pairs one Miller loop takes at a time. */
enum { G1_BYTES = 128, G2_BYTES = 256, SCALAR_BYTES = 32, MILLER_PAIRS_MAX = 16 };
/* Bits of a scalar reduced modulo the group's order. */
enum { SCALAR_BITS = 255 };

/* --- encoding --- */

/* Big-endian field element in 64 bytes, the upper 16 zero. False when it is not below p. */
static bool fp_decode(blst_fp *out, const uint8_t in[64])
{
    static const uint8_t p[48] = {0x1a, 0x01, 0x11, 0xea, 0x39, 0x7f, 0xe6, 0x9a, 0x4b, 0x1b,
                                  0xa7, 0xb6, 0x43, 0x4b, 0xac, 0xd7, 0x64, 0x77, 0x4b, 0x84,
                                  0xf3, 0x85, 0x12, 0xbf, 0x67, 0x30, 0xd2, 0xa0, 0xf6, 0xb0,
                                  0xf6, 0x24, 0x1e, 0xab, 0xff, 0xfe, 0xb1, 0x53, 0xff, 0xff,
                                  0xb9, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xaa, 0xab};

    for (int i = 0; i < 16; i++)
        if (in[i] != 0)
            return false;
    if (memcmp(in + 16, p, 48) >= 0)
        return false;
    blst_fp_from_bendian(out, in + 16);
    return true;
}

static void fp_encode(uint8_t out[64], const blst_fp *a)
{
    memset(out, 0, 16);
    blst_bendian_from_fp(out + 16, a);
}

static bool fp2_decode(blst_fp2 *out, const uint8_t in[128])
{
    return fp_decode(&out->fp[0], in) && fp_decode(&out->fp[1], in + 64);
}

static void fp2_encode(uint8_t out[128], const blst_fp2 *a)
{
    fp_encode(out, &a->fp[0]);
    fp_encode(out + 64, &a->fp[1]);
}

/* (0, 0), which is not on the curve, stands for infinity here and in blst. */
static bool g1_decode(blst_p1_affine *out, const uint8_t in[128])
{
    return fp_decode(&out->x, in) && fp_decode(&out->y, in + 64) &&
           (blst_p1_affine_is_inf(out) || blst_p1_affine_on_curve(out));
}

static bool g2_decode(blst_p2_affine *out, const uint8_t in[256])
{
    return fp2_decode(&out->x, in) && fp2_decode(&out->y, in + 128) &&
           (blst_p2_affine_is_inf(out) || blst_p2_affine_on_curve(out));
}

static void g1_encode_affine(uint8_t out[128], const blst_p1_affine *p)
{
    fp_encode(out, &p->x);
    fp_encode(out + 64, &p->y);
}

static void g1_encode(uint8_t out[128], const blst_p1 *p)
{
    blst_p1_affine a;

    blst_p1_to_affine(&a, p);
    g1_encode_affine(out, &a);
}

static void g2_encode_affine(uint8_t out[256], const blst_p2_affine *p)
{
    fp2_encode(out, &p->x);
    fp2_encode(out + 128, &p->y);
}

static void g2_encode(uint8_t out[256], const blst_p2 *p)
{
    blst_p2_affine a;

    blst_p2_to_affine(&a, p);
    g2_encode_affine(out, &a);
}

static bool g1_decode_in_group(blst_p1_affine *out, const uint8_t in[G1_BYTES])
{
    return g1_decode(out, in) && blst_p1_affine_in_g1(out);
}

static bool g2_decode_in_group(blst_p2_affine *out, const uint8_t in[G2_BYTES])
{
    return g2_decode(out, in) && blst_p2_affine_in_g2(out);
}

/* --- sums --- */

/* A term's table holds 1, 3, ... 15 times its point. More terms than SUM_TERMS_MAX are left to
 * blst's buckets, which take as long at about that many. */
enum { SUM_WIDTH = 5, SUM_TABLE = 8, SUM_TERMS_MAX = 192, SUM_PAIRS_MIN = 3 };

/* z = 0xd201000000010000 is the curve's parameter without its sign, and z^4 - z^2 + 1 the order. */

/* p = z^2 p: (beta x, -y), beta a cube root of one (Gallant, Lambert and Vanstone 2001). */
static void g1_map(blst_p1_affine *p)
{
    static const blst_fp beta = {{0x30f1361b798a64e8, 0xf3b8ddab7ece5a2a, 0x16a8ca3ac61577f7,
                                  0xc26a2ff874fd029b, 0x3636b76660701c6e, 0x051ba4ab241b6160}};

    blst_fp_mul(&p->x, &p->x, &beta);
    blst_fp_cneg(&p->y, &p->y, true);
}

/* p = z p: what the power of p gives on the twist, negated (Galbraith, Lin and Scott 2009). */
static void g2_map(blst_p2_affine *p)
{
    static const blst_fp x_imaginary = {{0x890dc9e4867545c3, 0x2af322533285a5d5, 0x50880866309b7e2c,
                                         0xa20d1b8c7e881024, 0x14e4f04fe2db9068,
                                         0x14e56d3f1564853a}};
    static const blst_fp2 y_factor = {
        {{{0x7bcfa7a25aa30fda, 0xdc17dec12a927e7c, 0x2f088dd86b4ebef1, 0xd1ca2087da74d4a7,
           0x2da2596696cebc1d, 0x0e2b7eedbbfd87d2}},
         {{0x3e2f585da55c9ad1, 0x4294213d86c18183, 0x382844c88b623732, 0x92ad2afd19103e18,
           0x1d794e4fac7cf0b9, 0x0bd592fc7d825ec8}}}};
    const blst_fp x_real = p->x.fp[0];

    blst_fp_mul(&p->x.fp[0], &p->x.fp[1], &x_imaginary);
    blst_fp_mul(&p->x.fp[1], &x_real, &x_imaginary);
    blst_fp_cneg(&p->y.fp[1], &p->y.fp[1], true);
    blst_fp2_mul(&p->y, &p->y, &y_factor);
}

#define GROUP(name) blst_p1##name
#define GROUP_OWN(name) g1_##name
#define FIELD(name) blst_fp##name
#define ITEM_BYTES (G1_BYTES + SCALAR_BYTES)
#define PARTS 2
#define PART_DIGITS 130
#define PART_NONZERO 26
#define PART_BASE {{0x0000000100000000, 0xac45a4010001a402, 0, 0}} /* z^2 */
#include "bls12_sum.h"
#undef GROUP
#undef GROUP_OWN
#undef FIELD
#undef ITEM_BYTES
#undef PARTS
#undef PART_DIGITS
#undef PART_NONZERO
#undef PART_BASE

#define GROUP(name) blst_p2##name
#define GROUP_OWN(name) g2_##name
#define FIELD(name) blst_fp2##name
#define ITEM_BYTES (G2_BYTES + SCALAR_BYTES)
#define PARTS 4
#define PART_DIGITS 66
#define PART_NONZERO 14
#define PART_BASE {{0xd201000000010000, 0, 0, 0}} /* z */
#include "bls12_sum.h"

/* --- the precompiles --- */

enum dry_bls_result dry_bls12_g1add(uint8_t out[128], struct dry_bytes in)
{
    blst_p1_affine p[2];

    if (in.len != 2 * G1_BYTES || !g1_decode(&p[0], in.ptr) || !g1_decode(&p[1], in.ptr + G1_BYTES))
        return DRY_BLS_INVALID;
    g1_pair_sum(p);
    g1_encode_affine(out, &p[0]);
    return DRY_BLS_OK;
}

enum dry_bls_result dry_bls12_g2add(uint8_t out[256], struct dry_bytes in)
{
    blst_p2_affine p[2];

    if (in.len != 2 * G2_BYTES || !g2_decode(&p[0], in.ptr) || !g2_decode(&p[1], in.ptr + G2_BYTES))
        return DRY_BLS_INVALID;
    g2_pair_sum(p);
    g2_encode_affine(out, &p[0]);
    return DRY_BLS_OK;
}

enum dry_bls_result dry_bls12_g1msm(uint8_t out[128], struct dry_bytes in)
{
    blst_p1 sum = {0};
    const enum dry_bls_result result = g1_msm(&sum, in);

    if (result == DRY_BLS_OK)
        g1_encode(out, &sum);
    return result;
}

enum dry_bls_result dry_bls12_g2msm(uint8_t out[256], struct dry_bytes in)
{
    blst_p2 sum = {0};
    const enum dry_bls_result result = g2_msm(&sum, in);

    if (result == DRY_BLS_OK)
        g2_encode(out, &sum);
    return result;
}

/* *acc *= the Miller loops of n pairs, none of them with infinity. */
static void miller_step(blst_fp12 *acc, const blst_p1_affine *g1, const blst_p2_affine *g2,
                        size_t n)
{
    const blst_p1_affine *p[2] = {g1, NULL}; /* NULL: the rest follows in memory */
    const blst_p2_affine *q[2] = {g2, NULL};
    blst_fp12 f;

    if (n == 0)
        return;
    blst_miller_loop_n(&f, q, p, n);
    blst_fp12_mul(acc, acc, &f);
}

enum dry_bls_result dry_bls12_pairing(uint8_t out[32], struct dry_bytes in)
{
    blst_p1_affine p[MILLER_PAIRS_MAX];
    blst_p2_affine q[MILLER_PAIRS_MAX];
    blst_fp12 acc = *blst_fp12_one();
    size_t n = 0;

    if (in.len == 0 || in.len % (G1_BYTES + G2_BYTES) != 0)
        return DRY_BLS_INVALID;
    for (size_t at = 0; at < in.len; at += G1_BYTES + G2_BYTES) {
        if (!g1_decode_in_group(&p[n], in.ptr + at) ||
            !g2_decode_in_group(&q[n], in.ptr + at + G1_BYTES))
            return DRY_BLS_INVALID;
        if (blst_p1_affine_is_inf(&p[n]) || blst_p2_affine_is_inf(&q[n]))
            continue; /* such a pair is one */
        if (++n == MILLER_PAIRS_MAX) {
            miller_step(&acc, p, q, n);
            n = 0;
        }
    }
    miller_step(&acc, p, q, n);
    blst_final_exp(&acc, &acc);
    memset(out, 0, 32);
    out[31] = blst_fp12_is_one(&acc) ? 1 : 0;
    return DRY_BLS_OK;
}

enum dry_bls_result dry_bls12_map_fp_to_g1(uint8_t out[128], struct dry_bytes in)
{
    blst_fp u;
    blst_p1 p;

    if (in.len != 64 || !fp_decode(&u, in.ptr))
        return DRY_BLS_INVALID;
    blst_map_to_g1(&p, &u, NULL);
    g1_encode(out, &p);
    return DRY_BLS_OK;
}

enum dry_bls_result dry_bls12_map_fp2_to_g2(uint8_t out[256], struct dry_bytes in)
{
    blst_fp2 u;
    blst_p2 p;

    if (in.len != 128 || !fp2_decode(&u, in.ptr))
        return DRY_BLS_INVALID;
    blst_map_to_g2(&p, &u, NULL);
    g2_encode(out, &p);
    return DRY_BLS_OK;
}
