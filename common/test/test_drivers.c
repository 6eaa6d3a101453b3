/* The thin calls in front of drivers: batches come out as they went in, jobs run once each, and
 * clock, randomness and consensus reach whoever was handed in. */
#include "samples.h"
#include <drystone/common/clock.h>
#include <drystone/common/consensus.h>
#include <drystone/common/jobs.h>
#include <drystone/common/rng.h>
#include <drystone/common/storage.h>

static void batches_keep_order(void **state)
{
    static uint8_t key[DRY_KEY_BYTES_MAX], value[70000];
    struct sample_rand r = {1};
    struct dry_batch b = {0};
    enum dry_batch_op op;
    struct dry_bytes k, v;
    size_t offset = 0;

    (void)state;
    sample_bytes(&r, key, sizeof(key));
    sample_bytes(&r, value, sizeof(value));
    CHECK(!dry_batch_next(&b, &offset, &op, &k, &v));
    for (size_t i = 1; i <= sizeof(key); i++) {
        struct dry_bytes kk = dry_bytes_of(key, i), vv = dry_bytes_of(value, i == 1 ? 0 : i * 270);

        CHECK(dry_ok(i % 3 == 0   ? dry_batch_put(&b, kk, vv)
                     : i % 3 == 1 ? dry_batch_delete(&b, kk)
                                  : dry_batch_delete_prefix(&b, kk)));
    }
    CHECK(b.count == sizeof(key));
    for (size_t i = 1; i <= sizeof(key); i++) {
        CHECK(dry_batch_next(&b, &offset, &op, &k, &v));
        CHECK(op == (i % 3 == 0   ? DRY_BATCH_PUT
                     : i % 3 == 1 ? DRY_BATCH_DELETE
                                  : DRY_BATCH_DELETE_PREFIX));
        CHECK(dry_bytes_equal(k, dry_bytes_of(key, i)));
        CHECK(dry_bytes_equal(v, dry_bytes_of(value, i % 3 == 0 ? i * 270 : 0)));
    }
    CHECK(!dry_batch_next(&b, &offset, &op, &k, &v));
    CHECK(
        dry_batch_put(&b, DRY_BYTES_LIT("k"), dry_bytes_of(value, DRY_VALUE_BYTES_MAX + 1u)).code ==
        DRY_CODE_ELIMIT);
    dry_batch_clear(&b);
    offset = 0;
    CHECK(b.count == 0 && !dry_batch_next(&b, &offset, &op, &k, &v));
    dry_batch_fini(&b);
    dry_batch_fini(NULL);
}

static void batches_survive_no_memory(void **state)
{
    (void)state;
    TEST_EACH_ALLOC_FAILS({
        struct dry_batch b = {0};
        uint32_t put = 0;

        for (int i = 0; i < 100; i++)
            put += dry_ok(dry_batch_put(&b, DRY_BYTES_LIT("key"), DRY_BYTES_LIT("value")));
        CHECK(b.count == put && put == (test_alloc_failed() ? 99 : 100));
        dry_batch_fini(&b);
    });
}

static void count_job(void *ctx, uint32_t index)
{
    ((uint32_t *)ctx)[index]++;
}

static void run_backwards(struct dry_jobs *jobs, void (*fn)(void *ctx, uint32_t index), void *ctx,
                          uint32_t count)
{
    (void)jobs;
    while (count-- != 0)
        fn(ctx, count);
}

static void jobs_run_once_each(void **state)
{
    static const struct dry_jobs_ops ops = {"backwards", 3, run_backwards};
    struct dry_jobs jobs = {&ops};
    uint32_t ran[100] = {0};

    (void)state;
    dry_jobs_run(NULL, count_job, ran, 100);
    dry_jobs_run(&jobs, count_job, ran, 100);
    dry_jobs_run(&jobs, count_job, ran, 1);
    dry_jobs_run(&jobs, count_job, ran, 0);
    for (size_t i = 0; i < 100; i++)
        CHECK(ran[i] == (i == 0 ? 3 : 2));
    CHECK(dry_jobs_threads(NULL) == 1 && dry_jobs_threads(&jobs) == 3);
}

static uint64_t seven(struct dry_clock *c)
{
    (void)c;
    return 7;
}

static dry_status fill_ff(struct dry_rng *r, uint8_t *out, size_t n)
{
    (void)r;
    memset(out, 0xff, n);
    return DRY_OK;
}

static void clock_and_randomness(void **state)
{
    static const struct dry_clock_ops clock_ops = {"seven", seven, seven};
    static const struct dry_rng_ops rng_ops = {"ones", fill_ff};
    struct dry_clock c = {&clock_ops};
    struct dry_rng r = {&rng_ops};
    uint8_t b[4] = {0};

    (void)state;
    CHECK(dry_clock_wall_ms(&c) == 7 && dry_clock_monotonic_ns(&c) == 7);
    CHECK(dry_ok(dry_rng_fill(&r, b, 3)) && b[2] == 0xff && b[3] == 0);
    CHECK(dry_ok(dry_rng_fill(&r, NULL, 0)));
}

/* A driver that will not open leaves the caller's pointer alone. */
static dry_status open_fails(struct dry_consensus **out, const struct dry_consensus_settings *set)
{
    (void)out;
    (void)set;
    return DRY_EINVAL;
}

static void failed_open_leaves_out_alone(void **state)
{
    static const struct dry_consensus_ops ops = {
        .abi = DRY_CONSENSUS_ABI, .name = "none", .open = open_fails};
    struct dry_chain_config config;
    struct dry_consensus_settings set = {.config = &config};
    struct dry_consensus *c = (struct dry_consensus *)&config;

    (void)state;
    dry_chain_config_at(&config, DRY_FORK_OSAKA, 1);
    CHECK(dry_consensus_open(&c, &ops, &set).code == DRY_CODE_EINVAL);
    CHECK(c == (struct dry_consensus *)&config);
    dry_consensus_close(NULL);
    dry_storage_close(NULL);
    dry_cursor_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_keep_order),           cmocka_unit_test(batches_survive_no_memory),
        cmocka_unit_test(jobs_run_once_each),           cmocka_unit_test(clock_and_randomness),
        cmocka_unit_test(failed_open_leaves_out_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
