/* One KZG opening checked over blst, with the ceremony's second G2 point as the only constant. The
 * freestanding build uses this file too. */
#include <blst.h>
#include <drystone/crypto.h>

enum { SCALAR_BITS = 255 };

/* [tau]G2 of the KZG ceremony (EIP-4844's trusted set-up, g2_monomial[1]), compressed. */
static const uint8_t tau_g2[96] = {
    0xb5, 0xbf, 0xd7, 0xdd, 0x8c, 0xde, 0xb1, 0x28, 0x84, 0x3b, 0xc2, 0x87, 0x23, 0x0a, 0xf3, 0x89,
    0x26, 0x18, 0x70, 0x75, 0xcb, 0xfb, 0xef, 0xa8, 0x10, 0x09, 0xa2, 0xce, 0x61, 0x5a, 0xc5, 0x3d,
    0x29, 0x14, 0xe5, 0x87, 0x0c, 0xb4, 0x52, 0xd2, 0xaf, 0xaa, 0xab, 0x24, 0xf3, 0x49, 0x9f, 0x72,
    0x18, 0x5c, 0xbf, 0xee, 0x53, 0x49, 0x27, 0x14, 0x73, 0x44, 0x29, 0xb7, 0xb3, 0x86, 0x08, 0xe2,
    0x39, 0x26, 0xc9, 0x11, 0xcc, 0xec, 0xea, 0xc9, 0xa3, 0x68, 0x51, 0x47, 0x7b, 0xa4, 0xc6, 0x0b,
    0x08, 0x70, 0x41, 0xde, 0x62, 0x10, 0x00, 0xed, 0xc9, 0x8e, 0xda, 0xda, 0x20, 0xc1, 0xde, 0xf2};

/* A compressed G1 point in its subgroup; infinity is one. */
static bool g1_decode(blst_p1_affine *out, const uint8_t in[48])
{
    return blst_p1_uncompress(out, in) == BLST_SUCCESS && blst_p1_affine_in_g1(out);
}

static bool scalar_decode(blst_scalar *out, const uint8_t in[32])
{
    blst_scalar_from_bendian(out, in);
    return blst_scalar_fr_check(out);
}

/* The proof is right when e(C - [y]G1, -G2) * e(proof, [tau]G2 - [z]G2) is one. */
bool dry_kzg_verify_proof(const uint8_t commitment[48], const uint8_t z[32], const uint8_t y[32],
                          const uint8_t proof[48])
{
    blst_p1_affine c, p[2];
    blst_p2_affine tau, q[2];
    blst_scalar zs, ys;
    blst_p1 lhs;
    blst_p2 rhs;
    const blst_p1_affine *ps[2];
    const blst_p2_affine *qs[2];
    blst_fp12 f = *blst_fp12_one();
    size_t n = 0;

    if (!scalar_decode(&zs, z) || !scalar_decode(&ys, y) || !g1_decode(&c, commitment) ||
        !g1_decode(&p[1], proof) || blst_p2_uncompress(&tau, tau_g2) != BLST_SUCCESS)
        return false;

    blst_p1_mult(&lhs, blst_p1_generator(), ys.b, SCALAR_BITS);
    blst_p1_cneg(&lhs, true);
    blst_p1_add_or_double_affine(&lhs, &lhs, &c);
    blst_p1_to_affine(&p[0], &lhs);
    q[0] = BLS12_381_NEG_G2;

    blst_p2_mult(&rhs, blst_p2_generator(), zs.b, SCALAR_BITS);
    blst_p2_cneg(&rhs, true);
    blst_p2_add_or_double_affine(&rhs, &rhs, &tau);
    blst_p2_to_affine(&q[1], &rhs);

    for (int i = 0; i < 2; i++) {
        if (blst_p1_affine_is_inf(&p[i]) || blst_p2_affine_is_inf(&q[i]))
            continue; /* such a pair is one */
        ps[n] = &p[i];
        qs[n++] = &q[i];
    }
    if (n > 0)
        blst_miller_loop_n(&f, qs, ps, n);
    blst_final_exp(&f, &f);
    return blst_fp12_is_one(&f);
}
