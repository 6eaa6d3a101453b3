#include <drystone/crypto/portable.h>

bool dry_bn254_add(uint8_t out[64], const uint8_t a[64], const uint8_t b[64])
{
    return dry_portable_bn254_add(out, a, b);
}

bool dry_bn254_mul(uint8_t out[64], const uint8_t a[64], const uint8_t scalar[32])
{
    return dry_portable_bn254_mul(out, a, scalar);
}

bool dry_bn254_pairing(bool *is_one, struct dry_bytes in)
{
    return dry_portable_bn254_pairing(is_one, in);
}
