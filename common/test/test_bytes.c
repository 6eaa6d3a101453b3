/* Buffers and arenas keep to their limits, survive a failed allocation untouched, and give back
 * what they took. */
#include "samples.h"

static void compares(void **state)
{
    (void)state;
    CHECK(dry_bytes_compare(DRY_BYTES_EMPTY, DRY_BYTES_EMPTY) == 0);
    CHECK(dry_bytes_compare(DRY_BYTES_EMPTY, DRY_BYTES_LIT("a")) < 0);
    CHECK(dry_bytes_compare(DRY_BYTES_LIT("ab"), DRY_BYTES_LIT("a")) > 0);
    CHECK(dry_bytes_compare(DRY_BYTES_LIT("a\xff"), DRY_BYTES_LIT("b")) < 0);
    CHECK(dry_bytes_equal(DRY_BYTES_LIT("x"), DRY_BYTES_LIT("x")));
    CHECK(!dry_bytes_equal(DRY_BYTES_LIT("x"), DRY_BYTES_LIT("xy")));
}

static void buffer_keeps_its_limit(void **state)
{
    struct dry_buf b = {.max = 100};
    size_t n = 0;
    dry_status st;

    (void)state;
    while (dry_ok(st = dry_buf_append_byte(&b, (uint8_t)n)))
        n++;
    CHECK(st.code == DRY_CODE_ELIMIT && n == 100 && b.len == 100 && b.cap <= 100);
    for (size_t i = 0; i < n; i++)
        CHECK(b.ptr[i] == i);
    CHECK(dry_buf_reserve(&b, SIZE_MAX).code == DRY_CODE_ELIMIT);
    CHECK(dry_ok(dry_buf_append(&b, DRY_BYTES_EMPTY)));
    b.len = 90;
    CHECK(dry_buf_append(&b, dry_bytes_of("0123456789A", 11)).code == DRY_CODE_ELIMIT);
    CHECK(b.len == 90);
    CHECK(dry_ok(dry_buf_append_text(&b, "0123456789")) && b.len == 100);
    dry_buf_release(&b);
    CHECK(b.ptr == NULL && b.len == 0 && b.cap == 0 && b.max == 100);
    CHECK(dry_buf_reserve(&b, 101).code == DRY_CODE_ELIMIT);
    CHECK(dry_ok(dry_buf_append_byte(&b, 1)) && b.len == 1);
    dry_buf_fini(&b);
    CHECK(b.ptr == NULL && b.len == 0 && b.cap == 0);
    dry_buf_fini(&b);
    dry_buf_fini(NULL);
    CHECK(dry_buf_reserve(&b, SIZE_MAX - 1).code == DRY_CODE_ELIMIT && b.ptr == NULL);
}

static void buffer_survives_no_memory(void **state)
{
    (void)state;
    TEST_EACH_ALLOC_FAILS({
        struct dry_buf b = {0};

        for (int i = 0; i < 500; i++) {
            size_t len = b.len;
            dry_status st = dry_buf_append_text(&b, "0123456789");

            CHECK(b.len == (dry_ok(st) ? len + 10 : len));
            CHECK(dry_ok(st) || (st.code == DRY_CODE_ENOMEM && test_alloc_failed()));
        }
        CHECK(b.len == (test_alloc_failed() ? 4990 : 5000));
        dry_buf_fini(&b);
    });
}

static void arena_gives_separate_aligned_blocks(void **state)
{
    struct sample_rand r = {1};
    struct dry_arena a = {0};
    struct {
        uint8_t *p;
        size_t n;
    } blocks[2000];

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(blocks); i++) {
        blocks[i].n = i % 50 == 0 ? 100000 : sample_next(&r) % 300;
        blocks[i].p = dry_arena_alloc(&a, blocks[i].n);
        CHECK(blocks[i].p != NULL && (uintptr_t)blocks[i].p % 16 == 0);
        memset(blocks[i].p, (int)i, blocks[i].n);
    }
    for (size_t i = 0; i < DRY_COUNT(blocks); i++) {
        for (size_t k = 0; k < blocks[i].n; k++)
            CHECK(blocks[i].p[k] == (uint8_t)i);
    }
    dry_arena_fini(&a);
    CHECK(a.total == 0 && a.chunk == NULL && a.spare == NULL);
    dry_arena_fini(NULL);
}

static void arena_keeps_its_limit(void **state)
{
    struct dry_arena a = {.max = 10000};
    size_t got = 0;

    (void)state;
    CHECK(dry_arena_alloc(&a, 10001) == NULL);
    CHECK(dry_arena_alloc(&a, SIZE_MAX) == NULL);
    CHECK(dry_arena_zalloc(&a, SIZE_MAX / 2, 4) == NULL);
    while (dry_arena_alloc(&a, 100) != NULL)
        got += 100;
    CHECK(got >= 8000 && got <= 10000 && a.total <= 10000);
    dry_arena_reset(&a);
    CHECK(a.total > 0); /* kept for reuse */
    CHECK(dry_arena_alloc(&a, 9984) != NULL && a.total <= 10000);
    dry_arena_fini(&a);
}

static void arena_rewinds(void **state)
{
    struct dry_arena a = {0};
    struct dry_arena_mark empty, mark;
    struct dry_bytes copy;
    size_t total;
    uint8_t *zeroed;

    (void)state;
    empty = dry_arena_mark(&a);
    CHECK(dry_ok(dry_arena_copy(&a, &copy, DRY_BYTES_LIT("kept"))));
    mark = dry_arena_mark(&a);
    for (int round = 0; round < 3; round++) {
        uint64_t before;

        test_alloc_fail_at(0);
        before = test_alloc_count();
        for (int i = 0; i < 100; i++) {
            uint8_t *p = dry_arena_alloc(&a, 1000);

            CHECK(p != NULL);
            memset(p, 0xee, 1000);
        }
        CHECK(round == 0 || test_alloc_count() - before <= 6);
        dry_arena_rewind(&a, mark);
        CHECK(dry_bytes_equal(copy, DRY_BYTES_LIT("kept")));
    }
    zeroed = dry_arena_zalloc(&a, 30, 40);
    CHECK(zeroed != NULL);
    for (size_t i = 0; i < 1200; i++)
        CHECK(zeroed[i] == 0);
    total = a.total;
    dry_arena_rewind(&a, empty);
    CHECK(a.chunk == NULL && a.total <= total);
    dry_arena_fini(&a);
}

static void arena_survives_no_memory(void **state)
{
    (void)state;
    TEST_EACH_ALLOC_FAILS({
        struct dry_arena a = {0};
        struct dry_bytes out = DRY_BYTES_LIT("untouched");
        int failures = 0;

        for (int i = 0; i < 300; i++) {
            out = DRY_BYTES_LIT("untouched");
            if (!dry_ok(dry_arena_copy(&a, &out, DRY_BYTES_LIT("0123456789")))) {
                failures++;
                CHECK(dry_bytes_equal(out, DRY_BYTES_LIT("untouched")));
            }
        }
        CHECK(failures == (test_alloc_failed() ? 1 : 0));
        dry_arena_fini(&a);
    });
}

static void wipes_and_compares_secrets(void **state)
{
    uint8_t a[40];
    uint8_t b[40];

    (void)state;
    memset(a, 7, sizeof(a));
    memset(b, 7, sizeof(b));
    CHECK(dry_ct_equal(a, b, sizeof(a)) && dry_ct_equal(a, b, 0));
    for (size_t i = 0; i < sizeof(a); i++) {
        b[i] ^= 0x80;
        CHECK(!dry_ct_equal(a, b, sizeof(a)));
        b[i] ^= 0x80;
    }
    dry_wipe(a + 1, sizeof(a) - 2);
    CHECK(a[0] == 7 && a[39] == 7);
    for (size_t i = 1; i < 39; i++)
        CHECK(a[i] == 0);
    dry_wipe(a, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares),
        cmocka_unit_test(buffer_keeps_its_limit),
        cmocka_unit_test(buffer_survives_no_memory),
        cmocka_unit_test(arena_gives_separate_aligned_blocks),
        cmocka_unit_test(arena_keeps_its_limit),
        cmocka_unit_test(arena_rewinds),
        cmocka_unit_test(arena_survives_no_memory),
        cmocka_unit_test(wipes_and_compares_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
