/* Files are replaced whole or not at all, a directory has one owner, limits and random bytes work.
 */
#include <drystone/platform/files.h>
#include <drystone/platform/system.h>
#include <drystone/test.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];

static const char *in_dir(const char *name)
{
    static char path[256];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static unsigned entries;
static void count_one(const char *name, void *arg)
{
    (void)name;
    (void)arg;
    entries++;
}

static unsigned dir_count(void)
{
    entries = 0;
    CHECK(dry_ok(dry_dir_each(dir, count_one, NULL)));
    return entries;
}

static void whole_files(void **state)
{
    struct dry_buf b = {0};
    struct stat sb;
    char *big = malloc(300000);

    (void)state;
    CHECK(dry_file_read(&b, in_dir("f"), 10).code == DRY_CODE_ENOTFOUND);
    CHECK(dry_ok(dry_file_write_atomic(in_dir("f"), dry_bytes_of("hello", 5), 0600)));
    CHECK(stat(in_dir("f"), &sb) == 0 && (sb.st_mode & 0777) == 0600);
    CHECK(dry_ok(dry_buf_append_text(&b, "x")));
    CHECK(dry_ok(dry_file_read(&b, in_dir("f"), 5)));
    CHECK_BYTES(dry_buf_bytes(&b), dry_bytes_of("xhello", 6), "appended");
    CHECK(dry_file_read(&b, in_dir("f"), 4).code == DRY_CODE_ELIMIT && b.len == 6);
    CHECK(dry_file_create(in_dir("f"), dry_bytes_of("no", 2), 0600).code == DRY_CODE_EEXIST);
    memset(big, 'b', 300000);
    CHECK(dry_ok(dry_file_write_atomic(in_dir("f"), dry_bytes_of(big, 300000), 0644)));
    b.len = 0;
    CHECK(dry_ok(dry_file_read(&b, in_dir("f"), 300000)));
    CHECK(b.len == 300000 && memcmp(b.ptr, big, 300000) == 0);
    CHECK(dry_ok(dry_file_create(in_dir("g"), dry_bytes_of("", 0), 0600)));
    CHECK(dry_file_read(&b, dir, 10).code == DRY_CODE_EIO);
    CHECK(dry_file_write_atomic(in_dir("no/f"), DRY_BYTES_EMPTY, 0600).code == DRY_CODE_ENOTFOUND);
    CHECK(dir_count() == 2); /* no temporary file is left */
    CHECK(unlink(in_dir("f")) == 0 && unlink(in_dir("g")) == 0);
    free(big);
    dry_buf_fini(&b);
}

/* Files that nobody named are read when they are files; anything else is refused without waiting.
 */
static void regular_files(void **state)
{
    struct dry_buf b = {0};

    (void)state;
    CHECK(dry_ok(dry_file_create(in_dir("f"), dry_bytes_of("hello", 5), 0600)));
    CHECK(dry_ok(dry_file_read_regular(&b, in_dir("f"), 5)));
    CHECK_BYTES(dry_buf_bytes(&b), dry_bytes_of("hello", 5), "read");
    CHECK(mkfifo(in_dir("pipe"), 0600) == 0);
    CHECK(dry_file_read_regular(&b, in_dir("pipe"), 5).code == DRY_CODE_EINVAL);
    CHECK(dry_file_read_regular(&b, dir, 5).code == DRY_CODE_EINVAL);
    CHECK(dry_file_read_regular(&b, "/dev/zero", 5).code == DRY_CODE_EINVAL);
    CHECK(dry_file_read_regular(&b, in_dir("none"), 5).code == DRY_CODE_ENOTFOUND && b.len == 5);
    CHECK(unlink(in_dir("f")) == 0 && unlink(in_dir("pipe")) == 0);
    dry_buf_fini(&b);
}

/* A write that hits a limit leaves the old content and no remains. */
static void full(void **state)
{
    struct rlimit old, small = {1000, RLIM_INFINITY};
    struct dry_buf b = {0};
    static uint8_t big[5000];

    (void)state;
    CHECK(dry_ok(dry_file_write_atomic(in_dir("f"), dry_bytes_of("old", 3), 0600)));
    signal(SIGXFSZ, SIG_IGN);
    CHECK(getrlimit(RLIMIT_FSIZE, &old) == 0);
    small.rlim_max = old.rlim_max;
    CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
    CHECK(dry_file_write_atomic(in_dir("f"), DRY_BYTES_ARRAY(big), 0600).code == DRY_CODE_ELIMIT);
    CHECK(setrlimit(RLIMIT_FSIZE, &old) == 0);
    CHECK(dry_ok(dry_file_read(&b, in_dir("f"), 10)));
    CHECK_BYTES(dry_buf_bytes(&b), dry_bytes_of("old", 3), "kept");
    CHECK(dir_count() == 1 && unlink(in_dir("f")) == 0);
    dry_buf_fini(&b);
}

static void directories(void **state)
{
    struct dry_buf b = {0};

    (void)state;
    CHECK(dry_ok(dry_dir_make(in_dir("a/b//c/"), 0700)) && dry_path_is_dir(in_dir("a/b/c")));
    CHECK(dry_ok(dry_dir_make(in_dir("a/b"), 0700)));
    CHECK(dry_ok(dry_file_create(in_dir("a/f"), DRY_BYTES_EMPTY, 0600)));
    CHECK(!dry_ok(dry_dir_make(in_dir("a/f"), 0700)) &&
          !dry_ok(dry_dir_make(in_dir("a/f/g"), 0700)));
    CHECK(!dry_ok(dry_dir_make("", 0700)));
    CHECK(dry_path_exists(in_dir("a/f")) && !dry_path_is_dir(in_dir("a/f")));
    CHECK(unlink(in_dir("a/f")) == 0 && rmdir(in_dir("a/b/c")) == 0 && rmdir(in_dir("a/b")) == 0);
    CHECK(rmdir(in_dir("a")) == 0);
    CHECK(dry_ok(dry_path_join(&b, "/x", "y")) && strcmp((char *)b.ptr, "/x/y") == 0 && b.len == 4);
    b.len = 0;
    CHECK(dry_ok(dry_path_join(&b, "/x/", "y/z")) && strcmp((char *)b.ptr, "/x/y/z") == 0);
    b.len = 0;
    CHECK(dry_ok(dry_path_join(&b, "/x", "/y")) && strcmp((char *)b.ptr, "/y") == 0);
    dry_buf_fini(&b);
}

static void locks(void **state)
{
    struct dry_dir_lock mine = {0}, second = {0};
    struct dry_buf error = {0};
    char pid[32];
    int go[2], status;
    pid_t child;

    (void)state;
    CHECK(dry_ok(dry_dir_lock_init(&mine, dir, NULL)));
    CHECK(dry_dir_lock_init(&second, dir, &error).code == DRY_CODE_EBUSY &&
          second.fd_plus_one == 0);
    CHECK(dry_ok(dry_buf_append_byte(&error, 0)));
    snprintf(pid, sizeof(pid), "process %ld (", (long)getpid());
    CHECK_MSG(strstr((char *)error.ptr, pid) != NULL, (char *)error.ptr);
    dry_dir_lock_fini(&mine);
    dry_dir_lock_fini(&mine);
    CHECK(dry_ok(dry_dir_lock_init(&second, dir, NULL)));
    dry_dir_lock_fini(&second);
    /* A holder that was killed holds nothing. */
    CHECK(pipe(go) == 0);
    child = fork();
    if (child == 0) {
        bool ok = dry_ok(dry_dir_lock_init(&mine, dir, NULL)) && write(go[1], "x", 1) == 1;

        pause();
        _exit(ok);
    }
    CHECK(read(go[0], pid, 1) == 1);
    CHECK(dry_dir_lock_init(&second, dir, NULL).code == DRY_CODE_EBUSY);
    kill(child, SIGKILL);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(dry_ok(dry_dir_lock_init(&second, dir, NULL)));
    dry_dir_lock_fini(&second);
    close(go[0]);
    close(go[1]);
    CHECK(unlink(in_dir("drystone.lock")) == 0);
    error.len = 0;
    CHECK(dry_dir_lock_init(&second, in_dir("none"), &error).code == DRY_CODE_ENOTFOUND &&
          error.len > 0);
    dry_buf_fini(&error);
}

static void machine(void **state)
{
    uint8_t a[64] = {0}, b[64] = {0};
    uint64_t t = dry_clock_monotonic_ns(dry_system_clock()), limit;

    (void)state;
    CHECK(dry_ok(dry_rng_fill(dry_system_rng(), a, sizeof(a))));
    CHECK(dry_ok(dry_rng_fill(dry_system_rng(), b, sizeof(b))));
    CHECK(memcmp(a, b, sizeof(a)) != 0); /* equal once in 2^512 */
    CHECK(dry_clock_monotonic_ns(dry_system_clock()) >= t);
    CHECK(dry_clock_wall_ms(dry_system_clock()) > 1700000000000);
    CHECK(dry_system_processors() >= 1);
    limit = dry_limit_open_files(0);
    CHECK(limit > 0 && dry_limit_open_files(limit) == limit);
    CHECK(dry_process_resident_bytes() > 100000);
    CHECK(dry_errno_status(ENOSPC).code == DRY_CODE_ELIMIT &&
          dry_errno_status(ENOSPC).detail == ENOSPC);
}

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/drystone-files-XXXXXX");
    return mkdtemp(dir) == NULL;
}

static int teardown(void **state)
{
    (void)state;
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_files), cmocka_unit_test(regular_files), cmocka_unit_test(full),
        cmocka_unit_test(directories), cmocka_unit_test(locks),         cmocka_unit_test(machine),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
