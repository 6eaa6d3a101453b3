/* bn254 in plain C; the code stands in the headers, which the native path builds once more. */
#include "bn254_pairing.h"
#include <drystone/crypto/portable.h>

bool dry_portable_bn254_add(uint8_t out[64], const uint8_t a[64], const uint8_t b[64])
{
    return bn254_add(out, a, b);
}

bool dry_portable_bn254_mul(uint8_t out[64], const uint8_t a[64], const uint8_t scalar[32])
{
    return bn254_mul(out, a, scalar);
}

bool dry_portable_bn254_pairing(bool *is_one, struct dry_bytes in)
{
    return bn254_pairing(is_one, in);
}
