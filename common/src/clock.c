/* Time from whoever was handed in. */
#include <drystone/common/clock.h>

uint64_t dry_clock_wall_ms(struct dry_clock *c)
{
    DRY_ASSERT(c != NULL);
    return c->ops->wall_ms(c);
}

uint64_t dry_clock_monotonic_ns(struct dry_clock *c)
{
    DRY_ASSERT(c != NULL);
    return c->ops->monotonic_ns(c);
}
