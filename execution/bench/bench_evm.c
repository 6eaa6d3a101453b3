/* Runs the workloads of a folder (NAME.hex, NAME.calldata, EXPECTED.tsv) and prints for each: name,
 * engine, median ns, minimum ns, status, gas, Mgas/s, runs, output. A result other than the
 * expected one is a failure. usage: bench_execution_evm DIR [NAME…]; BUDGET_MS per workload. */
#include "evm_world.h"
#include <drystone/test.h>
#include <time.h>

#define RUNS_MAX 2000u

static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static struct dry_bytes hex_file(const char *dir, const char *name, const char *suffix)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s%s", dir, name, suffix);
    struct dry_bytes text = test_file(path);
    char *copy = dry_alloc(text.len + 1); /* lives as long as the process */
    DRY_ASSERT(copy != NULL);
    memcpy(copy, text.ptr, text.len);
    copy[strcspn(copy, "\r\n")] = 0;
    return test_hex(copy);
}

static bool run_one(const char *dir, const char *name, const char *status, uint64_t gas,
                    const char *output, bool portable)
{
    static uint64_t times[RUNS_MAX];
    static struct evm_world w;
    const char *budget = getenv("BUDGET_MS");
    uint64_t budget_ns = (budget != NULL ? strtoull(budget, NULL, 10) : 300) * 1000000u;
    uint64_t spent = 0, limit = 10000000000u;
    struct dry__message_result r = {0};
    struct dry_bytes code = hex_file(dir, name, ".hex"), input = hex_file(dir, name, ".calldata");
    size_t n = 0;
    evm_world_init(&w, DRY_FORK_PRAGUE);
    evm_world_add(&w, EVM_CONTRACT, 1, 0, code);
    evm_world_add(&w, EVM_CALLER, 0, UINT64_MAX, DRY_BYTES_EMPTY);
    DRY_ASSERT(dry_ok(evm_world_open(&w)));
    if (portable)
        w.evm->loop = dry__loop_switch;
    while (n < RUNS_MAX && (n < 2 || spent < budget_ns)) {
        uint64_t t = cpu_ns();
        DRY_ASSERT(dry_ok(evm_world_begin(&w, NULL)));
        DRY_ASSERT(dry_ok(evm_world_call(&w, &r, input, limit)));
        dry__world_tx_end(&w.world);
        times[n] = cpu_ns() - t;
        spent += times[n++];
        if (n < RUNS_MAX && (n < 2 || spent < budget_ns))
            evm_world_end(&w);
    }
    qsort(times, n, sizeof(times[0]), by_value);
    const char *how = r.end == DRY_EVM_SUCCESS  ? "success"
                      : r.end == DRY_EVM_REVERT ? "revert"
                                                : "halt";
    uint64_t used = limit - r.gas_left, median = times[n / 2];
    const char *hex = test_hex_of(r.output);
    printf("%s\tdrystone\t%llu\t%llu\t%s\t%llu\t%.1f\t%zu\t0x%s\n", name,
           (unsigned long long)median, (unsigned long long)times[0], how, (unsigned long long)used,
           (double)used * 1e3 / (double)median, n, hex);
    bool same = strcmp(how, status) == 0 && used == gas && strcmp(hex, output + 2) == 0;
    if (!same)
        fprintf(stderr, "%s: expected %s, gas %llu, output %s\n", name, status,
                (unsigned long long)gas, output);
    evm_world_close(&w);
    return same;
}

int main(int argc, char **argv)
{
    char path[1024], line[512];
    int failures = 0;
    const char *engine = getenv("DISPATCH");
    if (argc < 2) {
        fprintf(stderr, "usage: %s DIR [NAME...]\n", argv[0]);
        return 2;
    }
    snprintf(path, sizeof(path), "%s/EXPECTED.tsv", argv[1]);
    FILE *f = fopen(path, "r");
    if (f == NULL) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return 1;
    }
    while (fgets(line, sizeof(line), f) != NULL) {
        /* name, status, gas, output, separated by tabs */
        char *at = line, *field[4], *end;
        bool wanted = argc == 2;
        for (size_t i = 0; i < 4; i++) {
            field[i] = at;
            at += strcspn(at, "\t\r\n");
            if (*at != 0)
                *at++ = 0;
        }
        unsigned long long gas = strtoull(field[2], &end, 10);
        if (end == field[2] || *end != 0)
            continue; /* the heading */
        for (int i = 2; i < argc; i++)
            wanted |= strcmp(argv[i], field[0]) == 0;
        if (wanted)
            failures += !run_one(argv[1], field[0], field[1], gas, field[3],
                                 engine != NULL && strcmp(engine, "switch") == 0);
        fflush(stdout);
    }
    fclose(f);
    return failures != 0;
}
