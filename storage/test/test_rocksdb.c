/* The rocksdb driver keeps the promises of the interface; what a commit acknowledged survives kill
 * -9 and a full disk; what cannot be read is refused with words that help. */
#include "storage_suite.h"
#include <drystone/platform/files.h>
#include <drystone/storage.h>
#include <drystone/test.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__)
#define TSAN 1
#elif defined(__has_feature)
#define TSAN __has_feature(thread_sanitizer)
#else
#define TSAN 0
#endif

static char dir[64];

static void remove_one(const char *name, void *arg)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", (const char *)arg, name);
    CHECK_MSG(unlink(path) == 0, path);
}

static void wipe(void)
{
    if (*dir != '\0' && dry_path_is_dir(dir)) {
        CHECK(dry_ok(dry_dir_each(dir, remove_one, dir)));
        rmdir(dir);
    }
}

static void fresh_dir(void)
{
    wipe();
    snprintf(dir, sizeof(dir), "/tmp/drystone-test-XXXXXX");
    CHECK(mkdtemp(dir) != NULL);
}

static dry_status try_open(struct dry_storage **out, bool read_only, struct dry_buf *error)
{
    struct dry_storage_settings set = {.path = dir, .read_only = read_only};

    return dry_storage_open(out, &dry_storage_rocksdb, &set, error);
}

static struct dry_storage *open_again(void)
{
    struct dry_storage *s = NULL;
    struct dry_buf error = {0};
    dry_status st = try_open(&s, false, &error);

    if (!dry_ok(st))
        print_error("%.*s\n", (int)error.len, (const char *)error.ptr);
    CHECK(dry_ok(st));
    dry_buf_fini(&error);
    return s;
}

static struct dry_storage *open_rocksdb(void)
{
    fresh_dir();
    return open_again();
}

static struct storage_suite suite = {
    .ops = &dry_storage_rocksdb,
    .open = open_rocksdb,
    .close = dry_storage_close,
    .threads = !TSAN, /* the library is not built for the thread sanitizer */
    .rounds = 300,
};

/* Opening must fail with this code, and say so in words that contain `words`. */
static void refused(bool read_only, enum dry_code code, const char *words)
{
    struct dry_storage *s = NULL;
    struct dry_buf error = {0};
    dry_status st = try_open(&s, read_only, &error);

    CHECK(dry_ok(dry_buf_append_byte(&error, 0)));
    if (st.code != code || strstr((char *)error.ptr, words) == NULL)
        print_error("%s: %s\n", dry_code_name(st.code), error.ptr);
    CHECK_MSG(st.code == code, words);
    CHECK_MSG(strstr((char *)error.ptr, words) != NULL, words);
    CHECK(s == NULL);
    dry_buf_fini(&error);
}

static void refusals(void **state)
{
    struct dry_storage *s;
    int fd;

    (void)state;
    s = open_rocksdb();
    refused(false, DRY_CODE_EBUSY, "open already");
    if (!TSAN) {
        pid_t child = fork();
        int status;

        if (child == 0) {
            struct dry_storage *other = NULL;

            _exit(try_open(&other, false, NULL).code == DRY_CODE_EBUSY ? 0 : 1);
        }
        CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    suite_put(s, "k", "v", false);
    dry_storage_close(s);

    /* Read-only: reads go, commits are refused. */
    CHECK(dry_ok(try_open(&s, true, NULL)));
    CHECK(strcmp(suite_get(s, NULL, "k"), "v") == 0);
    {
        struct dry_batch b = {0};

        CHECK(dry_ok(dry_batch_put(&b, dry_bytes_of("x", 1), dry_bytes_of("y", 1))));
        CHECK(dry_storage_commit(s, &b, true).code == DRY_CODE_EUNSUPPORTED);
        dry_batch_fini(&b);
    }
    dry_storage_close(s);

    fresh_dir();
    refused(true, DRY_CODE_ENOTFOUND, "no database");
    wipe();
    fd = open(dir, O_CREAT | O_WRONLY, 0600);
    CHECK(fd >= 0 && close(fd) == 0);
    refused(false, DRY_CODE_EIO, "");
    CHECK(unlink(dir) == 0);
}

/* ---- damaged files
 * ---------------------------------------------------------------------------------- */
static const char *find_suffix; /* or beginning */
static char found[256];

static void find_one(const char *name, void *arg)
{
    size_t n = strlen(name), k = strlen(find_suffix);

    (void)arg;
    if (strncmp(name, find_suffix, k) == 0 || (n >= k && strcmp(name + n - k, find_suffix) == 0))
        snprintf(found, sizeof(found), "%s/%s", dir, name);
}

/* A file of the store whose name begins or ends so. */
static const char *file_like(const char *what)
{
    *found = '\0';
    find_suffix = what;
    CHECK(dry_ok(dry_dir_each(dir, find_one, NULL)));
    CHECK_MSG(*found != '\0', what);
    return found;
}

static void fill(struct dry_storage *s, unsigned from, unsigned to)
{
    char key[32], value[64];

    for (unsigned i = from; i < to; i++) {
        snprintf(key, sizeof(key), "key %06u", i);
        snprintf(value, sizeof(value), "value %u of a test that damages it", i);
        suite_put(s, key, value, i + 1 == to);
    }
}

static void flip(const char *path, off_t at)
{
    int fd = open(path, O_RDWR);
    uint8_t b;

    CHECK(fd >= 0 && pread(fd, &b, 1, at) == 1);
    b ^= 0x55;
    CHECK(pwrite(fd, &b, 1, at) == 1);
    close(fd);
}

static void damaged(void **state)
{
    struct dry_storage *s;
    struct stat sb;
    unsigned there = 0;

    (void)state;
    s = open_rocksdb();
    fill(s, 0, 1000);
    dry_storage_close(s);
    CHECK(truncate(file_like("CURRENT"), 3) == 0);
    refused(false, DRY_CODE_ECORRUPT, "damaged");

    s = open_rocksdb();
    fill(s, 0, 1000);
    dry_storage_close(s);
    CHECK(unlink(file_like("MANIFEST")) == 0);
    refused(false, DRY_CODE_ECORRUPT, "damaged");

    /* A flipped bit amid the log must not pass for its end: later commits were acknowledged. */
    s = open_rocksdb();
    fill(s, 0, 1000);
    dry_storage_close(s);
    CHECK(stat(file_like(".log"), &sb) == 0);
    flip(found, sb.st_size / 2);
    refused(false, DRY_CODE_ECORRUPT, "damaged");

    /* Cut short, it is what a crash leaves: what stands before is there, in order and whole. */
    s = open_rocksdb();
    fill(s, 0, 1000);
    dry_storage_close(s);
    CHECK(stat(file_like(".log"), &sb) == 0 && truncate(found, sb.st_size / 2) == 0);
    s = open_again();
    for (unsigned i = 0; i < 1000; i++) {
        char key[32];

        snprintf(key, sizeof(key), "key %06u", i);
        if (suite_get(s, NULL, key) != NULL) {
            CHECK(there == i);
            there++;
        }
    }
    CHECK(there > 300 && there < 700);
    /* Closing writes more than a little to a table file: damaged, a read tells. */
    for (unsigned i = 0; i < 20; i++)
        fill(s, 1000 * i, 1000 * i + 1000);
    dry_storage_close(s);
    CHECK(stat(file_like(".sst"), &sb) == 0);
    flip(found, sb.st_size / 3);
    {
        struct dry_buf buf = {0};
        struct dry_cursor *c = NULL;
        struct dry_bytes key, value;
        dry_status st = try_open(&s, false, NULL);

        if (dry_ok(st)) {
            st = dry_cursor_open(s, NULL, &c, DRY_BYTES_EMPTY);
            while (dry_ok(st))
                st = dry_cursor_next(c, &key, &value);
            dry_cursor_close(c);
            dry_storage_close(s);
        }
        CHECK(st.code == DRY_CODE_ECORRUPT);
        dry_buf_fini(&buf);
    }
}

/* ---- crashes
 * ---------------------------------------------------------------------------------------- */
#define BATCH_KEYS 20

/* Batch v writes v under BATCH_KEYS keys. Values are sized so that the disk limit is soon reached.
 */
static dry_status commit_numbered(struct dry_storage *s, uint32_t v, size_t value_len, bool durable)
{
    struct dry_batch b = {0};
    static uint8_t value[4096];
    dry_status st;

    memcpy(value, &v, 4);
    for (uint8_t i = 0; i < BATCH_KEYS; i++)
        CHECK(dry_ok(dry_batch_put(&b, dry_bytes_of(&i, 1), dry_bytes_of(value, value_len))));
    st = dry_storage_commit(s, &b, durable);
    dry_batch_fini(&b);
    return st;
}

/* All keys must hold one number; that number. */
static uint32_t stored_number(void)
{
    struct dry_storage *s = open_again();
    struct dry_buf buf = {0};
    uint32_t first = 0;

    for (uint8_t i = 0; i < BATCH_KEYS; i++) {
        uint32_t v = 0;

        buf.len = 0;
        if (dry_ok(dry_storage_get(s, NULL, &buf, dry_bytes_of(&i, 1))))
            memcpy(&v, buf.ptr, 4);
        if (i == 0)
            first = v;
        CHECK_MSG(v == first, "a batch was applied in part");
    }
    dry_buf_fini(&buf);
    dry_storage_close(s);
    return first;
}

static void child_commits(int report, uint32_t v)
{
    struct dry_storage *s = NULL;

    if (!dry_ok(try_open(&s, false, NULL)))
        _exit(1);
    for (;; v++) {
        bool durable = v % 4 == 0;

        if (!dry_ok(commit_numbered(s, v, 600, durable)))
            _exit(2);
        if (durable && write(report, &v, 4) != 4)
            _exit(3);
    }
}

static void killed(void **state)
{
    uint32_t last = 0;

    (void)state;
    if (TSAN)
        skip();
    fresh_dir();
    for (int round = 0; round < 15; round++) {
        int fds[2], status;
        uint32_t acked = last, v;
        struct timespec wait = {0, 20000000 + round * 7000000};
        pid_t child;

        CHECK(pipe(fds) == 0);
        child = fork();
        if (child == 0) {
            close(fds[0]);
            child_commits(fds[1], last + 1);
        }
        close(fds[1]);
        nanosleep(&wait, NULL);
        kill(child, SIGKILL);
        while (read(fds[0], &v, 4) == 4)
            acked = v;
        close(fds[0]);
        CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
        v = stored_number();
        CHECK_MSG(v >= acked, "an acknowledged commit is lost");
        last = v;
    }
    CHECK(last > 15);
}

/* A full disk, made by a limit on file sizes: the commit fails and says why; what was acknowledged
 * stays. */
static void child_fills(int report)
{
    struct rlimit limit = {200000, 200000};
    struct dry_storage *s = NULL;
    dry_status st = DRY_OK;
    uint32_t v = 0;

    signal(SIGXFSZ, SIG_IGN);
    if (!dry_ok(try_open(&s, false, NULL)) || setrlimit(RLIMIT_FSIZE, &limit) != 0)
        _exit(1);
    while (dry_ok(st) && v < 1000) {
        st = commit_numbered(s, v + 1, 4096, true);
        if (dry_ok(st) && write(report, &v, 4) == 4)
            v++;
    }
    if (st.code != DRY_CODE_EIO || strstr(dry_status_text(st), "file size") == NULL)
        _exit(4);
    /* It goes on refusing in an orderly way, and still reads. */
    st = commit_numbered(s, v + 1, 4096, true);
    if (dry_ok(st) || suite_get(s, NULL, "absent") != NULL)
        _exit(5);
    dry_storage_close(s);
    _exit(0);
}

static void disk_full(void **state)
{
    int fds[2], status;
    uint32_t acked = 0, v;
    pid_t child;

    (void)state;
    if (TSAN)
        skip();
    fresh_dir();
    CHECK(pipe(fds) == 0);
    child = fork();
    if (child == 0) {
        close(fds[0]);
        child_fills(fds[1]);
    }
    close(fds[1]);
    while (read(fds[0], &v, 4) == 4)
        acked = v + 1;
    close(fds[0]);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(acked > 0);
    CHECK(stored_number() >= acked);
}

static void allocations(void **state)
{
    (void)state;
    fresh_dir();
    TEST_EACH_ALLOC_FAILS({
        struct dry_storage *s = NULL;
        dry_status st = try_open(&s, false, NULL);

        if (dry_ok(st)) {
            struct dry_snapshot *snap = NULL;
            struct dry_cursor *c = NULL;

            st = dry_snapshot_open(s, &snap);
            if (dry_ok(st)) {
                st = dry_cursor_open(s, snap, &c, DRY_BYTES_EMPTY);
                dry_cursor_close(c);
            }
            dry_snapshot_close(s, snap);
            dry_storage_close(s);
        }
        CHECK(dry_ok(st) || st.code == DRY_CODE_ENOMEM);
        CHECK(dry_ok(st) || test_alloc_failed());
    });
}

static int cleanup(void **state)
{
    (void)state;
    wipe();
    return 0;
}

/* The library's own record of its settings tells what it was opened with. */
static void open_files(void **state)
{
    static const struct {
        uint32_t max;
        const char *line;
    } cases[] = {{0, "max_open_files=256\n"}, {77, "max_open_files=77\n"}};

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(cases); i++) {
        struct dry_storage_settings set = {.path = dir, .open_files_max = cases[i].max};
        struct dry_storage *s = NULL;
        struct dry_buf text = {0};

        fresh_dir();
        CHECK(dry_ok(dry_storage_open(&s, &dry_storage_rocksdb, &set, NULL)));
        CHECK(dry_ok(dry_file_read(&text, file_like("OPTIONS-"), 1u << 20)));
        CHECK(dry_ok(dry_buf_append_byte(&text, 0)));
        CHECK_MSG(strstr((const char *)text.ptr, cases[i].line) != NULL, cases[i].line);
        dry_buf_fini(&text);
        dry_storage_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORAGE_SUITE_TESTS(&suite),

        cmocka_unit_test(refusals),  cmocka_unit_test(damaged),     cmocka_unit_test(killed),
        cmocka_unit_test(disk_full), cmocka_unit_test(allocations), cmocka_unit_test(open_files),
    };

    return cmocka_run_group_tests(tests, NULL, cleanup);
}
