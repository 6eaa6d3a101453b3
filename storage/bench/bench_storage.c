/* Random keys of 33 bytes, values of 32, for each driver: commit, get, iterate; time to open and
 * memory. */
#include <drystone/platform/files.h>
#include <drystone/platform/system.h>
#include <drystone/storage.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH 1000u

static uint64_t now(void)
{
    return dry_clock_monotonic_ns(dry_system_clock());
}

static void must(dry_status st)
{
    if (!dry_ok(st)) {
        fprintf(stderr, "%s\n", dry_status_text(st));
        exit(1);
    }
}

static void key_make(uint8_t key[33], uint64_t i)
{
    key[0] = 'k';
    for (unsigned k = 0; k < 4; k++) {
        uint64_t x = (i * 4 + k) * 0x9e3779b97f4a7c15;

        x = (x ^ x >> 29) * 0xbf58476d1ce4e5b9;
        memcpy(key + 1 + 8 * k, &x, 8);
    }
}

static void fill(struct dry_storage *s, uint64_t n, uint64_t batch, bool durable)
{
    struct dry_batch b = {0};
    uint8_t key[33], value[32] = {1};

    for (uint64_t i = 0; i < n; i++) {
        key_make(key, i);
        must(dry_batch_put(&b, DRY_BYTES_ARRAY(key), DRY_BYTES_ARRAY(value)));
        if ((i + 1) % batch == 0) {
            must(dry_storage_commit(s, &b, durable));
            dry_batch_clear(&b);
        }
    }
    dry_batch_fini(&b);
}

static void run(const struct dry_storage_ops *driver, const char *dir, uint64_t n)
{
    struct dry_storage_settings set = {.path = dir};
    struct dry_storage *s = NULL;
    struct dry_cursor *c = NULL;
    struct dry_buf out = {0};
    struct dry_bytes k, v;
    uint8_t key[33];
    uint64_t rss = dry_process_resident_bytes(), t = now();

    must(dry_storage_open(&s, driver, &set, NULL));
    printf("%s: open %.1f ms, resident +%.1f MiB of %.1f\n", driver->name,
           (double)(now() - t) / 1e6, (double)(dry_process_resident_bytes() - rss) / 1048576,
           (double)rss / 1048576);
    t = now();
    fill(s, n, BATCH, false);
    printf("  put, batches of %u:  %7.0f ns each, resident +%.0f MiB for %llu keys\n", BATCH,
           (double)(now() - t) / (double)n, (double)(dry_process_resident_bytes() - rss) / 1048576,
           (unsigned long long)n);
    t = now();
    fill(s, n / 10, 1, false);
    printf("  put, one by one:     %7.0f ns each\n", (double)(now() - t) / ((double)n / 10));
    t = now();
    fill(s, 200, 1, true);
    printf("  put, durable:        %7.0f ns each\n", (double)(now() - t) / 200);
    t = now();
    for (uint64_t i = 0; i < n; i++) {
        key_make(key, i * 7919 % n);
        out.len = 0;
        must(dry_storage_get(s, NULL, &out, DRY_BYTES_ARRAY(key)));
    }
    printf("  get:                 %7.0f ns each\n", (double)(now() - t) / (double)n);
    t = now();
    must(dry_cursor_open(s, NULL, &c, DRY_BYTES_LIT("k")));
    while (dry_ok(dry_cursor_next(c, &k, &v)))
        ;
    dry_cursor_close(c);
    printf("  iterate:             %7.0f ns each\n", (double)(now() - t) / (double)n);
    dry_storage_close(s);
    t = now();
    must(dry_storage_open(&s, driver, &set, NULL));
    printf("  open again:          %7.1f ms\n", (double)(now() - t) / 1e6);
    dry_storage_close(s);
    dry_buf_fini(&out);
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *place)
{
    (void)st, (void)kind, (void)place;
    return remove(path);
}

int main(int argc, char **argv)
{
    uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    char dir[] = "/tmp/drystone-bench-XXXXXX";

    if (n < 1000 || mkdtemp(dir) == NULL)
        return 1;
    run(&dry_storage_rocksdb, dir, n);
    run(&dry_storage_memory, dir, n);
    return nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0 ? 0 : 1;
}
