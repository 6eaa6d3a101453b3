/* drystone/platform/system.h - the machine's clock and randomness behind common's interfaces. */
#ifndef DRY_PLATFORM_SYSTEM_H
#define DRY_PLATFORM_SYSTEM_H
#include <drystone/common/clock.h>
#include <drystone/common/rng.h>

/* Static objects without state; never freed. Thread: any. */
struct dry_clock *dry_system_clock(void);
/* getrandom(2): fit for keys. */
struct dry_rng *dry_system_rng(void);
/* Number of processors this process may use, at least 1. */
uint32_t dry_system_processors(void);

#endif /* DRY_PLATFORM_SYSTEM_H */
