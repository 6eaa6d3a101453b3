/* Randomness from whoever was handed in. */
#include <drystone/common/rng.h>

dry_status dry_rng_fill(struct dry_rng *r, uint8_t *out, size_t n)
{
    DRY_ASSERT(r != NULL && (out != NULL || n == 0));
    return n == 0 ? DRY_OK : r->ops->fill(r, out, n);
}
