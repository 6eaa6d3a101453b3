/* A data directory that this program cannot read is refused in plain words, and left as it is. */
#include "node.h"
#include "options_table.h"
#include <drystone/platform/files.h>
#include <drystone/storage.h>
#include <drystone/test.h>
#include <unistd.h>

static char dir[] = "/tmp/drystone-datadir-XXXXXX";

/* Start on the directory; what it says, NUL-terminated, empty when it starts. */
static dry_status open_node(struct dry_buf *error)
{
    const char *argv[] = {"start", "--datadir", dir, "--log-level", "error"};
    struct dry_options *options = NULL;
    struct dry_node node;
    dry_status st;

    CHECK(
        dry_ok(dry_options_open(&options, &dry_options_table, DRY_COUNT(argv), argv, NULL, error)));
    st = dry_node_open(&node, options, NULL, true, error);
    dry_node_close(&node);
    dry_options_close(options);
    CHECK(dry_ok(dry_buf_append_byte(error, 0)));
    return st;
}

/* Exchange the value that names the format. */
static void format_set(const char *hex)
{
    static const uint8_t key[] = {0x20, 'f'};
    struct dry_storage_settings set = {0};
    struct dry_storage *s = NULL;
    struct dry_batch batch = {0};
    struct dry_buf path = {0};

    CHECK(dry_ok(dry_path_join(&path, dir, "chain")));
    set.path = (const char *)path.ptr;
    CHECK(dry_ok(dry_storage_open(&s, &dry_storage_rocksdb, &set, NULL)));
    CHECK(dry_ok(dry_batch_put(&batch, DRY_BYTES_ARRAY(key), test_hex(hex))));
    CHECK(dry_ok(dry_storage_commit(s, &batch, true)));
    dry_batch_fini(&batch);
    dry_storage_close(s);
    dry_buf_fini(&path);
}

static const struct {
    const char *name, *format, *says;
} bad[] = {
    {"next format", "44520002", "newer version"},
    {"far format", "4452ffff", "newer version"},
    {"another program", "00000001", "something else than a Drystone chain"},
    {"damaged", "4452", "something else than a Drystone chain"},
};

static void refused(void **state)
{
    struct dry_buf error = {0};

    (void)state;
    CHECK_MSG(dry_ok(open_node(&error)), (const char *)error.ptr);
    dry_buf_fini(&error);
    for (size_t i = 0; i < DRY_COUNT(bad); i++) {
        format_set(bad[i].format);
        CHECK_MSG(!dry_ok(open_node(&error)), bad[i].name);
        CHECK_MSG(strstr((const char *)error.ptr, bad[i].says) != NULL, (const char *)error.ptr);
        dry_buf_fini(&error);
    }
    format_set("44520001");
    CHECK_MSG(dry_ok(open_node(&error)), "the directory was left as it was");
    dry_buf_fini(&error);
}

static void remove_one(const char *name, void *arg)
{
    struct dry_buf path = {0};

    if (dry_ok(dry_path_join(&path, arg, name)))
        (void)unlink((const char *)path.ptr);
    dry_buf_fini(&path);
}

/* The data directory and the database in it. */
static void wipe(const char *place)
{
    struct dry_buf chain = {0};

    if (dry_ok(dry_path_join(&chain, place, "chain"))) {
        (void)!dry_ok(dry_dir_each((char *)chain.ptr, remove_one, chain.ptr));
        (void)rmdir((char *)chain.ptr);
    }
    dry_buf_fini(&chain);
    (void)!dry_ok(dry_dir_each(place, remove_one, (void *)(uintptr_t)place));
    (void)rmdir(place);
}

/* Open with a phrase, or with the usual one; count the accounts unlocked and bytes of secrets left.
 */
static void open_accounts(uint32_t *unlocked, size_t *left, const char *place, const char *phrase)
{
    const char *argv[] = {"start", "--datadir",  place, "--log-level",
                          "error", "--mnemonic", phrase};
    struct dry_options *options = NULL;
    struct dry_buf error = {0};
    struct dry_node node;

    CHECK(dry_ok(dry_options_open(&options, &dry_options_table,
                                  phrase != NULL ? DRY_COUNT(argv) : DRY_COUNT(argv) - 2, argv,
                                  NULL, &error)));
    CHECK(dry_ok(dry_node_open(&node, options, NULL, true, &error)));
    *unlocked = node.account_count;
    *left = 0;
    for (size_t i = 0; i < 10; i++)
        for (size_t k = 0; k < sizeof(node.accounts[i].secret); k++)
            *left += node.accounts[i].secret[k] != 0;
    dry_node_close(&node);
    dry_options_close(options);
    dry_buf_fini(&error);
}

/* Secrets that a chain has no use for are wiped when that is known: closing would not find them. */
static void strangers(void **state)
{
    char place[] = "/tmp/drystone-strangers-XXXXXX";
    const char *own = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    uint32_t unlocked;
    size_t left;

    (void)state;
    CHECK(mkdtemp(place) != NULL);
    open_accounts(&unlocked, &left, place, own);
    CHECK(unlocked == 10 && left > 200);
    open_accounts(&unlocked, &left, place, NULL);
    CHECK(unlocked == 0 && left == 0);
    wipe(place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(refused), cmocka_unit_test(strangers)};
    int failed;

    if (mkdtemp(dir) == NULL)
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    wipe(dir);
    return failed;
}
