/* drystone/common/clock.h - time, handed in so that a test can replay a run. */
#ifndef DRY_COMMON_CLOCK_H
#define DRY_COMMON_CLOCK_H
#include <drystone/common/status.h>

struct dry_clock;
struct dry_clock_ops {
    const char *name;
    uint64_t (*wall_ms)(struct dry_clock *c);      /* since 1970-01-01 UTC */
    uint64_t (*monotonic_ns)(struct dry_clock *c); /* never goes back */
};
/* An object starts with its table. */
struct dry_clock {
    const struct dry_clock_ops *ops;
};

/* Milliseconds since 1970-01-01 UTC. Thread: any. */
uint64_t dry_clock_wall_ms(struct dry_clock *c);
/* Nanoseconds from an arbitrary start; never goes back. Thread: any. */
uint64_t dry_clock_monotonic_ns(struct dry_clock *c);

#endif /* DRY_COMMON_CLOCK_H */
