/* Shared by u256.c and u256_div.c. */
#ifndef DRY_COMMON_U256_DIV_H
#define DRY_COMMON_U256_DIV_H
#include <drystone/common/u256.h>

/* *out = u mod m for u of n limbs, 4 to 8; 0 when m is 0. */
void dry__u256_mod(struct dry_u256 *out, const uint64_t *u, unsigned n, const struct dry_u256 *m);

#endif /* DRY_COMMON_U256_DIV_H */
