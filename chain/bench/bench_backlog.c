/* bench_backlog.c - a dev chain mines a backlog of 50,000 transactions, a block each: is the last
 * tenth of them as fast as the first, and how much memory does it take? The backlog waits behind a
 * gap of one nonce. */
#include "fixture.h"
#include <drystone/platform/files.h>
#include <drystone/platform/system.h>
#include <time.h>

#define PART 10000u
#define HISTORY 4096u /* what a dev chain in memory keeps */
#define PARTS 5u
#define BACKLOG (PARTS * PART)

static uint64_t part_ns[PARTS];
static uint64_t mined, last_ns;

/* This thread's processor time: what others do on the machine does not count. */
static uint64_t now_ns(void)
{
    struct timespec t;

    CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void on_block(void *ctx, const struct dry_chain_event *e)
{
    (void)ctx;
    if (e->kind != DRY_CHAIN_HEAD || ++mined % PART != 0)
        return;
    uint64_t now = now_ns();
    if (mined / PART <= PARTS)
        part_ns[mined / PART - 1] = now - last_ns;
    last_ns = now;
}

static struct dry_address recipient(uint32_t i)
{
    struct dry_hash h;
    struct dry_address a;

    dry_keccak256(&h, dry_bytes_of(&i, sizeof(i)));
    memcpy(a.b, h.b, 20);
    return a;
}

int main(int argc, char **argv)
{
    struct fixture f;
    uint64_t rss;

    fixture_open_dev(&f, true);
    f.set.state_history = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : HISTORY;
    dry_chain_close(f.chain);
    f.chain = NULL;
    fixture_reopen(&f);
    CHECK(dry_ok(dry_chain_listen(f.chain, on_block, NULL)));
    for (uint64_t n = BACKLOG - 1; n > 0; n--) {
        CHECK(fixture_send(
                  &f,
                  &(struct fixture_tx){.nonce = n, .value = 1, .to = recipient((uint32_t)n % 1000)})
                  .answer == DRY_POOL_OK);
        dry_arena_reset(&f.arena);
    }
    rss = dry_process_resident_bytes();
    last_ns = now_ns();
    CHECK(
        fixture_send(&f, &(struct fixture_tx){.nonce = 0, .value = 1, .to = recipient(0)}).answer ==
        DRY_POOL_OK);
    CHECK(mined == BACKLOG);
    for (uint32_t i = 0; i < PARTS; i++)
        printf("blocks %u to %u: %.0f a second of processor time\n", (uint32_t)(i * PART),
               (uint32_t)(i + 1) * PART, PART * 1e9 / (double)part_ns[i]);
    printf("last against first: %.2f\n", (double)part_ns[PARTS - 1] / (double)part_ns[0]);
    printf("resident: %llu MiB with the backlog waiting, %llu MiB when mined\n",
           (unsigned long long)rss >> 20, (unsigned long long)dry_process_resident_bytes() >> 20);
    fixture_close(&f);
    return 0;
}
