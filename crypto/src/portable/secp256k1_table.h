/* Odd multiples of secp256k1's generator. */
#ifndef DRY_CRYPTO_SECP256K1_TABLE_H
#define DRY_CRYPTO_SECP256K1_TABLE_H
#include <drystone/common/u256.h>

/* Digits are odd and of magnitude below 2^(width - 1). */
enum { DRY__SECP256K1_TABLE_WIDTH = 8, DRY__SECP256K1_TABLE = 64 };

struct dry__secp256k1_affine {
    struct dry_u256 x, y;
};

extern const struct dry__secp256k1_affine dry__secp256k1_table[DRY__SECP256K1_TABLE];

#endif /* DRY_CRYPTO_SECP256K1_TABLE_H */
