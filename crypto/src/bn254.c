/* bn254's native path: the code of the portable one, built with products in assembly where the
 * processor has the instructions for them. */
#include <drystone/crypto/portable.h>

#if defined(__x86_64__) && defined(__ELF__)
#define BN254_FP_MUL_ASM 1
#include "portable/bn254_pairing.h"

static bool has_asm(void)
{
    return __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("adx");
}
#else
#define has_asm() false
#define bn254_add(out, a, b) dry_portable_bn254_add(out, a, b)
#define bn254_mul(out, a, scalar) dry_portable_bn254_mul(out, a, scalar)
#define bn254_pairing(is_one, in) dry_portable_bn254_pairing(is_one, in)
#endif

bool dry_bn254_add(uint8_t out[64], const uint8_t a[64], const uint8_t b[64])
{
    return has_asm() ? bn254_add(out, a, b) : dry_portable_bn254_add(out, a, b);
}

bool dry_bn254_mul(uint8_t out[64], const uint8_t a[64], const uint8_t scalar[32])
{
    return has_asm() ? bn254_mul(out, a, scalar) : dry_portable_bn254_mul(out, a, scalar);
}

bool dry_bn254_pairing(bool *is_one, struct dry_bytes in)
{
    return has_asm() ? bn254_pairing(is_one, in) : dry_portable_bn254_pairing(is_one, in);
}
