/* Files of blocks are read one by one in bounded memory; cut, damaged and greedy ones are told. */
#include "block_file.h"
#include <drystone/common/rlp.h>
#include <drystone/platform/files.h>
#include <drystone/test.h>
#include <unistd.h>

static char path[] = "/tmp/drystone-block-file-XXXXXX";

static void write_file(const uint8_t *p, size_t n)
{
    CHECK(dry_ok(dry_file_write_atomic(path, dry_bytes_of(p, n), 0600)));
}

/* A list whose payload is a string of n bytes of this value. */
static void list_append(struct dry_buf *out, size_t n, uint8_t value)
{
    uint8_t *payload = malloc(n + 1);
    size_t opened = dry_rlp_open(out);

    memset(payload, value, n);
    CHECK(dry_ok(dry_rlp_put_string(out, dry_bytes_of(payload, n))));
    CHECK(dry_ok(dry_rlp_close(out, opened)));
    free(payload);
}

/* Sizes around the window's chunk, so that blocks straddle its ends. */
static void reads_all(void **state)
{
    static const size_t sizes[] = {0, 1, 60, 1000, 1 << 20, 5, 3 << 20, (1 << 20) - 4, 2, 70000};
    struct dry_block_file f = {0};
    struct dry_buf all = {0};
    struct dry_bytes block;
    size_t at = 0;

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(sizes); i++)
        list_append(&all, sizes[i], (uint8_t)(200 + i));
    write_file(all.ptr, all.len);
    CHECK(dry_ok(dry_block_file_init(&f, path)));
    CHECK(f.size == all.len);
    for (size_t i = 0; i < DRY_COUNT(sizes); i++) {
        CHECK(dry_ok(dry_block_file_next(&f, &block)));
        CHECK(at + block.len <= all.len && memcmp(all.ptr + at, block.ptr, block.len) == 0);
        at += block.len;
        CHECK(f.done == at);
    }
    CHECK(at == all.len);
    CHECK(dry_block_file_next(&f, &block).code == DRY_CODE_ENOTFOUND);
    CHECK(f.window.cap < 16u << 20);
    dry_block_file_fini(&f);
    dry_buf_fini(&all);
}

static const struct {
    const char *name, *hex;
    enum dry_code code;
} bad[] = {
    {"a string", "83010203", DRY_CODE_EDECODE},
    {"text", "7b226e616d65223a", DRY_CODE_EDECODE},
    {"cut in the header", "f9", DRY_CODE_EDECODE},
    {"cut in the payload", "c5830102", DRY_CODE_EDECODE},
    {"length not canonical", "f80180", DRY_CODE_EDECODE},
    {"65 MiB", "fb0410000000", DRY_CODE_ELIMIT},
    {"2^64 - 1", "ffffffffffffffffff00", DRY_CODE_ELIMIT},
};

static void refuses(void **state)
{
    struct dry_block_file f = {0};
    struct dry_bytes block;

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(bad); i++) {
        struct dry_bytes in = test_hex(bad[i].hex);

        write_file(in.ptr, in.len);
        CHECK(dry_ok(dry_block_file_init(&f, path)));
        CHECK_MSG(dry_block_file_next(&f, &block).code == bad[i].code, bad[i].name);
        dry_block_file_fini(&f);
    }
    CHECK(dry_block_file_init(&f, "/nonexistent/file").code == DRY_CODE_ENOTFOUND);
    CHECK(!dry_ok(dry_block_file_init(&f, "/")));
    dry_block_file_fini(&f); /* accepts one never opened */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_all), cmocka_unit_test(refuses)};
    int fd = mkstemp(path), failed;

    if (fd < 0)
        return 1;
    (void)close(fd);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(path);
    return failed;
}
