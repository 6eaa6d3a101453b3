/* The machine's clock, randomness and size. */
#include <drystone/platform/files.h>
#include <drystone/platform/system.h>
#include <errno.h>
#include <sched.h>
#include <sys/random.h>
#include <time.h>

static uint64_t wall_ms(struct dry_clock *c)
{
    struct timespec t;

    (void)c;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t monotonic_ns(struct dry_clock *c)
{
    struct timespec t;

    (void)c;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static dry_status fill(struct dry_rng *r, uint8_t *out, size_t n)
{
    (void)r;
    while (n > 0) {
        ssize_t got = getrandom(out, n, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return DRY_STATUS_AT(EIO, "the system gives no random bytes", (uint32_t)errno);
        out += got;
        n -= (size_t)got;
    }
    return DRY_OK;
}

struct dry_clock *dry_system_clock(void)
{
    static const struct dry_clock_ops ops = {"system", wall_ms, monotonic_ns};
    static struct dry_clock clock = {&ops};

    return &clock;
}

struct dry_rng *dry_system_rng(void)
{
    static const struct dry_rng_ops ops = {"system", fill};
    static struct dry_rng rng = {&ops};

    return &rng;
}

uint32_t dry_system_processors(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

    return n < 1 ? 1 : (uint32_t)n;
}
