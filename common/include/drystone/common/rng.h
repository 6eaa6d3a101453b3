/* drystone/common/rng.h - randomness, handed in so that a test can replay a run. */
#ifndef DRY_COMMON_RNG_H
#define DRY_COMMON_RNG_H
#include <drystone/common/bytes.h>

struct dry_rng;
struct dry_rng_ops {
    const char *name;
    dry_status (*fill)(struct dry_rng *r, uint8_t *out, size_t n);
};
/* An object starts with its table. */
struct dry_rng {
    const struct dry_rng_ops *ops;
};

/* n random bytes fit for keys (unless the driver is a test's). DRY_EIO when the system gives none.
 */
DRY_MUST_USE dry_status dry_rng_fill(struct dry_rng *r, uint8_t *out, size_t n);

#endif /* DRY_COMMON_RNG_H */
