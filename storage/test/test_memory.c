/* The memory driver keeps the promises of the interface, also when any allocation fails, and gives
 * back all memory. */
#include "storage_suite.h"
#include <drystone/platform/files.h>
#include <drystone/storage.h>
#include <drystone/test.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define SANITIZED 0
#endif

static struct dry_storage *open_memory(void)
{
    struct dry_storage_settings set = {0};
    struct dry_storage *s = NULL;

    CHECK(dry_ok(dry_storage_open(&s, &dry_storage_memory, &set, NULL)));
    return s;
}

static struct storage_suite suite = {
    .ops = &dry_storage_memory,
    .open = open_memory,
    .close = dry_storage_close,
    .threads = true,
    .rounds = 3000,
};

static void fill_batch(struct dry_batch *b, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        uint32_t k = __builtin_bswap32(i * 2654435761u);

        CHECK(dry_ok(dry_batch_put(b, dry_bytes_of(&k, 4), dry_bytes_of(&i, 4))));
    }
}

static uint32_t count(struct dry_storage *s)
{
    struct dry_cursor *c = NULL;
    struct dry_bytes key, value;
    uint32_t n = 0;

    CHECK(dry_ok(dry_cursor_open(s, NULL, &c, DRY_BYTES_EMPTY)));
    while (dry_ok(dry_cursor_next(c, &key, &value)))
        n++;
    dry_cursor_close(c);
    return n;
}

/* Entries 0 to 299 of fill_batch(), and nothing else. */
static void check_first(struct dry_storage *s)
{
    struct dry_buf value = {0};

    CHECK(count(s) == 300);
    for (uint32_t i = 0; i < 300; i++) {
        uint32_t k = __builtin_bswap32(i * 2654435761u);

        value.len = 0;
        CHECK(dry_ok(dry_storage_get(s, NULL, &value, dry_bytes_of(&k, 4))));
        CHECK(value.len == 4 && memcmp(value.ptr, &i, 4) == 0);
    }
    dry_buf_fini(&value);
}

/* A commit that runs out of memory at any point leaves the store as it was. */
static void failing_commit(struct dry_storage *s, const struct dry_batch *b)
{
    dry_status st = dry_storage_commit(s, b, false);
    bool failed = test_alloc_failed();

    CHECK(dry_ok(st) || st.code == DRY_CODE_ENOMEM);
    CHECK(dry_ok(st) || failed);
    if (!dry_ok(st)) {
        test_alloc_fail_at(0);
        check_first(s);
        test_alloc_fail_at(1); /* so that the loop below goes on */
        dry_free(dry_alloc(1));
    }
}

static void allocations_of(const struct dry_batch *first, const struct dry_batch *second)
{
    TEST_EACH_ALLOC_FAILS({
        struct dry_storage *s = NULL;
        struct dry_storage_settings set = {0};

        if (dry_ok(dry_storage_open(&s, &dry_storage_memory, &set, NULL))) {
            dry_status st = dry_storage_commit(s, first, false);

            CHECK(dry_ok(st) || st.code == DRY_CODE_ENOMEM);
            if (dry_ok(st) && !test_alloc_failed())
                failing_commit(s, second);
            dry_storage_close(s);
        }
    });
}

static void allocations(void **state)
{
    struct dry_batch first = {0}, copied = {0}, in_place = {0};

    (void)state;
    fill_batch(&first, 0, 300);
    fill_batch(&copied, 200, 500);
    CHECK(dry_ok(dry_batch_delete_prefix(&copied, dry_bytes_of("\x00", 1))));
    allocations_of(&first, &copied);
    /* Everything goes, so leaves become empty; then other keys come, and some of the old. */
    for (uint32_t i = 0; i < 300; i++) {
        uint32_t k = __builtin_bswap32(i * 2654435761u);

        CHECK(dry_ok(dry_batch_delete(&in_place, dry_bytes_of(&k, 4))));
    }
    fill_batch(&in_place, 200, 700);
    allocations_of(&first, &in_place);
    dry_batch_fini(&first);
    dry_batch_fini(&copied);
    dry_batch_fini(&in_place);
}

/* Old snapshots do not keep the whole history: with one held, the memory in use stays bounded. */
static void bounded_history(void **state)
{
    struct dry_storage *s = open_memory();
    struct dry_snapshot *old = NULL;
    uint64_t before = dry_process_resident_bytes();

    (void)state;
    suite_put(s, "k", "first", false);
    CHECK(dry_ok(dry_snapshot_open(s, &old)));
    for (uint32_t i = 0; i < 400000; i++)
        suite_put(s, "k", "later", false); /* 400,000 nodes of 1 KiB were it not freed */
    CHECK(strcmp(suite_get(s, old, "k"), "first") == 0);
    /* Sanitizers hold freed memory back for a while (256 MiB by default). */
    CHECK(dry_process_resident_bytes() < before + (SANITIZED ? 400u << 20 : 8u << 20));
    dry_snapshot_close(s, old);
    dry_storage_close(s);
}

/* 10^5 rising keys, then all deleted again one by one. */
static void many(void **state)
{
    struct dry_storage *s = open_memory();
    struct dry_batch b = {0};

    (void)state;
    for (uint32_t i = 0; i < 100000; i++) {
        uint32_t k = __builtin_bswap32(i);

        CHECK(dry_ok(dry_batch_put(&b, dry_bytes_of(&k, 4), dry_bytes_of(&i, 4))));
    }
    CHECK(dry_ok(dry_storage_commit(s, &b, false)));
    CHECK(count(s) == 100000);
    dry_batch_clear(&b);
    for (uint32_t i = 0; i < 100000; i++) {
        uint32_t k = __builtin_bswap32(i * 2654435761u % 100000);

        CHECK(dry_ok(dry_batch_delete(&b, dry_bytes_of(&k, 4))));
        k = __builtin_bswap32(i);
        CHECK(dry_ok(dry_batch_delete(&b, dry_bytes_of(&k, 4))));
    }
    CHECK(dry_ok(dry_storage_commit(s, &b, false)));
    CHECK(count(s) == 0);
    dry_batch_fini(&b);
    dry_storage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORAGE_SUITE_TESTS(&suite),

        cmocka_unit_test(allocations),
        cmocka_unit_test(bounded_history),
        cmocka_unit_test(many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
