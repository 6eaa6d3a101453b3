/* evm.c - `drystone evm run` and `drystone evm bench`: one message on a small state of its own. */
#include "commands.h"
#include "report.h"
#include <drystone/common/hex.h>
#include <drystone/crypto.h>
#include <drystone/execution.h>
#include <drystone/platform/files.h>
#include <drystone/platform/json.h>
#include <drystone/platform/system.h>
#include <drystone/state.h>
#include <stdlib.h>
#include <time.h>

#define CODE_BYTES_MAX (16u << 20)
#define TEXT_BYTES_MAX (3 * (size_t)CODE_BYTES_MAX)
#define RUNS_MIN 2u
#define RUNS_MAX 2000u
#define FILES_MAX 4096u
#define ENGINE "drystone"

static const struct dry_address contract = {.b = {[16] = 0xc0, 0xde, 0x00, 0x01}};
static const struct dry_address caller = {.b = {[16] = 0x0c, 0xa1, 0x1e, 0x40}};

/* A contract in a state of its own, ready to be called again and again. */
struct vm {
    struct dry_memory_state *state;
    struct dry_executor *executor;
    struct dry_arena arena; /* results of the last run */
    struct dry_block_env env;
    struct dry_message message;
    struct dry_tx_result result;
    struct dry_state_diff diff;
};

struct timing {
    uint64_t median_ns, minimum_ns;
    uint32_t runs;
};

static dry_status vm_open(struct vm *vm, struct dry_bytes code, struct dry_bytes input,
                          uint64_t gas, enum dry_fork fork)
{
    struct dry_executor_settings settings = {0};
    struct dry_chain_config config;
    struct dry_account_diff accounts[2] = {
        {.address = caller, .exists = true, .code_hash = dry_hash_empty_code},
        {.address = contract, .exists = true, .code_changed = true, .nonce = 1, .code = code}};
    struct dry_state_diff pre = {2, accounts};
    dry_status st;

    dry_chain_config_at(&config, fork, 1);
    vm->env =
        (struct dry_block_env){.number = 1, .time = 1, .gas_limit = INT64_MAX, .calls_only = true};
    dry_rules_at(&vm->env.rules, &config, 1, 1, fork >= DRY_FORK_PARIS);
    vm->message = (struct dry_message){
        .caller = caller, .origin = caller, .address = contract, .gas = gas, .input = input};
    dry_keccak256(&accounts[1].code_hash, code);
    memset(accounts[0].balance.w, 0xff, sizeof(accounts[0].balance.w));
    accounts[0].balance.w[3] >>= 1;
    st = dry_memory_state_open(&vm->state);
    if (dry_ok(st))
        st = dry_memory_state_apply(vm->state, &pre);
    if (dry_ok(st))
        st = dry_executor_open(&vm->executor, &dry_executor_serial, &settings);
    return st;
}

static void vm_close(struct vm *vm)
{
    dry_executor_close(vm->executor);
    dry_memory_state_close(vm->state);
    dry_arena_fini(&vm->arena);
}

static uint64_t thread_cpu_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Every run starts from the same state; the time is the thread's CPU time of the message alone. */
static dry_status vm_run(struct vm *vm, uint64_t *ns)
{
    enum dry_verdict verdict;
    uint64_t began;
    dry_status st;

    dry_arena_reset(&vm->arena);
    st = dry_executor_begin(vm->executor, &verdict, &vm->env, dry_memory_state_reader(vm->state),
                            NULL, &vm->arena);
    if (dry_ok(st) && verdict != DRY_VERDICT_VALID)
        st = DRY_STATUS(EINVAL, dry_verdict_text(verdict));
    if (!dry_ok(st))
        return st;
    began = thread_cpu_ns();
    st = dry_evm_message(vm->executor, &vm->result, NULL, &vm->message);
    *ns = thread_cpu_ns() - began;
    return st;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static dry_status vm_bench(struct vm *vm, struct timing *t, uint64_t budget_ms)
{
    uint64_t *ns = dry_alloc(RUNS_MAX * sizeof(*ns));
    uint64_t end = dry_clock_monotonic_ns(dry_system_clock()) + budget_ms * 1000000u;
    uint32_t n = 0;
    dry_status st = DRY_OK;

    if (ns == NULL)
        return DRY_ENOMEM;
    do
        st = vm_run(vm, &ns[n++]);
    while (dry_ok(st) && n < RUNS_MAX &&
           (n < RUNS_MIN || dry_clock_monotonic_ns(dry_system_clock()) < end));
    if (dry_ok(st)) {
        qsort(ns, n, sizeof(*ns), by_size);
        *t = (struct timing){.median_ns = ns[n / 2], .minimum_ns = ns[0], .runs = n};
    }
    dry_free(ns);
    return st;
}

static const char *end_name(const struct dry_tx_result *r)
{
    return r->end == DRY_EVM_SUCCESS ? "success" : r->end == DRY_EVM_REVERT ? "revert" : "halt";
}

static uint64_t mgas_per_s(uint64_t gas, uint64_t ns)
{
    return ns == 0 ? 0 : (uint64_t)((unsigned __int128)gas * 1000 / ns);
}

/* --- evm run --- */

static dry_status hex_append(struct dry_buf *out, struct dry_bytes text)
{
    while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r' ||
                            text.ptr[text.len - 1] == ' '))
        text.len--;
    return dry_hex_decode(out, text);
}

static dry_status hex_file(struct dry_buf *out, const char *path, struct dry_buf *error)
{
    struct dry_buf text = {0};
    dry_status st = dry_file_read(&text, path, TEXT_BYTES_MAX);

    if (dry_ok(st))
        st = hex_append(out, dry_buf_bytes(&text));
    if (!dry_ok(st)) {
        dry_complain(error, path, ": ");
        dry_complain(
            error, st.code == DRY_CODE_EDECODE ? "not hexadecimal text" : dry_status_text(st), "");
    }
    dry_buf_fini(&text);
    return st;
}

/* HEX, or @FILE that holds it. */
static dry_status hex_option(struct dry_buf *out, const struct dry_options *o, const char *name,
                             struct dry_buf *error)
{
    const char *text = dry_options_text(o, name);
    dry_status st;

    if (text == NULL)
        return DRY_OK;
    if (text[0] == '@')
        return hex_file(out, text + 1, error);
    st = hex_append(out, dry_bytes_of(text, strlen(text)));
    if (st.code == DRY_CODE_EDECODE) {
        dry_complain(error, "--", name);
        dry_complain(error, " ", text);
        dry_complain(error, ": neither hexadecimal text, like 0x6001, nor @FILE that holds it", "");
        st = DRY_WRONG_USAGE;
    }
    return st;
}

static dry_status fork_option(enum dry_fork *out, const struct dry_options *o, const char *fallback,
                              struct dry_buf *error)
{
    const char *name = dry_options_text(o, "fork");
    dry_status st;

    if (name == NULL)
        name = fallback;
    st = dry_fork_from_name(out, dry_bytes_of(name, strlen(name)));
    if (!dry_ok(st)) {
        dry_complain(error, "--fork ", name);
        dry_complain(error, ": no such fork; there are", "");
        for (int i = 0; i < (int)DRY_FORK_COUNT; i++)
            dry_complain(error, i == 0 ? " " : ", ", dry_fork_name((enum dry_fork)i));
        st = DRY_WRONG_USAGE;
    }
    return st;
}

static void write_log(struct dry_json_writer *w, const struct dry_log_entry *log)
{
    dry_json_object_begin(w);
    dry_json_key(w, "address");
    dry_json_write_address(w, &log->address);
    dry_json_key(w, "topics");
    dry_json_array_begin(w);
    for (unsigned i = 0; i < log->topic_count; i++)
        dry_json_write_hash(w, &log->topics[i]);
    dry_json_array_end(w);
    dry_json_key(w, "data");
    dry_json_write_hex(w, log->data);
    dry_json_object_end(w);
}

static dry_status run_json(const struct vm *vm, const struct timing *t)
{
    const struct dry_tx_result *r = &vm->result;
    struct dry_buf out = {0};
    struct dry_json_writer w;
    dry_status st;

    dry_json_begin(&w, &out);
    dry_json_object_begin(&w);
    dry_json_key(&w, "status");
    dry_json_write_str(&w, end_name(r));
    if (r->end != DRY_EVM_SUCCESS) {
        dry_json_key(&w, "error");
        dry_json_write_str(&w, dry_evm_end_text(r->end));
    }
    dry_json_key(&w, "gasUsed");
    dry_json_write_u64(&w, r->gas_used);
    dry_json_key(&w, "gasRefund");
    dry_json_write_u64(&w, r->gas_refunded);
    dry_json_key(&w, "output");
    dry_json_write_hex(&w, r->output);
    dry_json_key(&w, "logs");
    dry_json_array_begin(&w);
    for (uint32_t i = 0; i < r->log_count; i++)
        write_log(&w, &r->logs[i]);
    dry_json_array_end(&w);
    if (t->runs != 0) {
        dry_json_key(&w, "nanoseconds");
        dry_json_write_u64(&w, t->median_ns);
        dry_json_key(&w, "nanosecondsMinimum");
        dry_json_write_u64(&w, t->minimum_ns);
        dry_json_key(&w, "runs");
        dry_json_write_u64(&w, t->runs);
    }
    dry_json_object_end(&w);
    st = dry_json_end(&w);
    if (dry_ok(st))
        printf("%.*s\n", (int)out.len, (const char *)out.ptr);
    dry_buf_fini(&out);
    return st;
}

static void print_hex(struct dry_bytes b)
{
    printf("0x");
    for (size_t i = 0; i < b.len; i++)
        printf("%02x", b.ptr[i]);
}

static void run_text(const struct vm *vm, const struct timing *t)
{
    const struct dry_tx_result *r = &vm->result;

    printf("status   %s", end_name(r));
    if (r->end != DRY_EVM_SUCCESS)
        printf(" (%s)", dry_evm_end_text(r->end));
    printf("\ngas used %llu\noutput   ", (unsigned long long)r->gas_used);
    print_hex(r->output);
    printf("\nlogs     %u\n", r->log_count);
    if (t->runs != 0)
        printf("time     %llu ns (median of %u, minimum %llu ns, %llu Mgas/s)\n",
               (unsigned long long)t->median_ns, t->runs, (unsigned long long)t->minimum_ns,
               (unsigned long long)mgas_per_s(r->gas_used, t->median_ns));
}

int dry_cmd_evm_run(const struct dry_options *o)
{
    struct dry_buf code = {.max = CODE_BYTES_MAX}, input = {.max = CODE_BYTES_MAX}, error = {0};
    struct timing t = {0};
    struct vm vm = {0};
    enum dry_fork fork = DRY_FORK_OSAKA;
    uint64_t ns, budget_ms = dry_options_u64(o, "bench");
    dry_status st = DRY_OK;

    if (!dry_options_has(o, "code")) {
        dry_complain(&error, "evm run wants the contract's code: --code 0x6001, or --code @FILE",
                     "");
        st = DRY_WRONG_USAGE;
    }
    if (dry_ok(st))
        st = hex_option(&code, o, "code", &error);
    if (dry_ok(st))
        st = hex_option(&input, o, "input", &error);
    if (dry_ok(st))
        st = fork_option(&fork, o, "Osaka", &error);
    if (dry_ok(st))
        st = vm_open(&vm, dry_buf_bytes(&code), dry_buf_bytes(&input), dry_options_u64(o, "gas"),
                     fork);
    if (dry_ok(st))
        st = budget_ms == 0 ? vm_run(&vm, &ns) : vm_bench(&vm, &t, budget_ms);
    if (dry_ok(st) && dry_options_bool(o, "json"))
        st = run_json(&vm, &t);
    else if (dry_ok(st))
        run_text(&vm, &t);
    vm_close(&vm);
    dry_buf_fini(&code);
    dry_buf_fini(&input);
    return dry_report(&error, st);
}

/* --- evm bench --- */

struct bench {
    const char *dir;
    struct dry_arena arena;
    char **names; /* sorted */
    uint32_t count;
    struct dry_buf expected, error;
    uint32_t wrong;
    dry_status st;
};

static void name_add(const char *file, void *arg)
{
    struct bench *b = arg;
    size_t len = strlen(file);
    struct dry_bytes kept;

    if (!dry_ok(b->st) || len < 5 || strcmp(file + len - 4, ".hex") != 0)
        return;
    if (b->count == FILES_MAX) {
        b->st = DRY_STATUS(ELIMIT, "more than 4096 workloads");
        return;
    }
    b->st = dry_arena_copy(&b->arena, &kept, dry_bytes_of(file, len + 1));
    if (!dry_ok(b->st))
        return;
    b->names[b->count] = (char *)(uintptr_t)kept.ptr;
    b->names[b->count++][len - 4] = '\0';
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* DIR/NAME.SUFFIX as bytes. */
static dry_status part_read(struct bench *b, struct dry_buf *out, const char *name,
                            const char *suffix)
{
    struct dry_buf path = {0};
    char file[256];
    dry_status st;

    (void)snprintf(file, sizeof(file), "%s%s", name, suffix);
    st = dry_path_join(&path, b->dir, file);
    if (dry_ok(st))
        st = hex_file(out, (const char *)path.ptr, &b->error);
    dry_buf_fini(&path);
    return st;
}

/* The line of EXPECTED.tsv that begins with the name; empty when there is none. */
static struct dry_bytes expected_line(const struct bench *b, const char *name)
{
    const uint8_t *at = b->expected.ptr, *end = at + b->expected.len;
    size_t len = strlen(name);

    while (at != NULL && at < end) {
        const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
        size_t n = (size_t)((stop == NULL ? end : stop) - at);

        if (n > len && memcmp(at, name, len) == 0 && at[len] == '\t')
            return dry_bytes_of(at, n);
        at += n + 1;
    }
    return DRY_BYTES_EMPTY;
}

/* name, status, gas, output, as EXPECTED.tsv has them; false when they differ. */
static dry_status expected_check(struct bench *b, const char *name, const struct dry_tx_result *r)
{
    struct dry_bytes want = expected_line(b, name);
    struct dry_buf have = {0};
    char head[256];
    dry_status st;

    if (want.len == 0)
        return DRY_OK;
    (void)snprintf(head, sizeof(head), "%s\t%s\t%llu\t0x", name, end_name(r),
                   (unsigned long long)r->gas_used);
    st = dry_buf_append_text(&have, head);
    if (dry_ok(st))
        st = dry_buf_reserve(&have, 2 * r->output.len);
    if (dry_ok(st)) {
        dry_hex_encode((char *)have.ptr + have.len, r->output);
        have.len += 2 * r->output.len;
        if (!dry_bytes_equal(dry_buf_bytes(&have), want)) {
            b->wrong++;
            (void)fprintf(stderr, "drystone: %s differs\n  have %.*s\n  want %.*s\n", name,
                          (int)have.len, (const char *)have.ptr, (int)want.len,
                          (const char *)want.ptr);
        }
    }
    dry_buf_fini(&have);
    return st;
}

static dry_status bench_one(struct bench *b, const char *name, const struct dry_options *o,
                            enum dry_fork fork)
{
    struct dry_buf code = {.max = CODE_BYTES_MAX}, input = {.max = CODE_BYTES_MAX};
    struct timing t = {0};
    struct vm vm = {0};
    dry_status st = part_read(b, &code, name, ".hex");

    if (dry_ok(st))
        st = part_read(b, &input, name, ".calldata");
    if (dry_ok(st))
        st = vm_open(&vm, dry_buf_bytes(&code), dry_buf_bytes(&input), dry_options_u64(o, "gas"),
                     fork);
    if (dry_ok(st))
        st = vm_bench(&vm, &t, dry_options_has(o, "bench") ? dry_options_u64(o, "bench") : 1500);
    if (dry_ok(st)) {
        printf("%s\t" ENGINE "\t%llu\t%llu\t%s\t%llu\t%llu\t%u\t", name,
               (unsigned long long)t.median_ns, (unsigned long long)t.minimum_ns,
               end_name(&vm.result), (unsigned long long)vm.result.gas_used,
               (unsigned long long)mgas_per_s(vm.result.gas_used, t.median_ns), t.runs);
        print_hex(vm.result.output);
        printf("\n");
        (void)fflush(stdout);
        st = expected_check(b, name, &vm.result);
    }
    vm_close(&vm);
    dry_buf_fini(&code);
    dry_buf_fini(&input);
    return st;
}

static dry_status names_find(struct bench *b)
{
    struct dry_buf path = {0};
    dry_status st;

    b->names = dry_arena_zalloc(&b->arena, FILES_MAX, sizeof(*b->names));
    if (b->names == NULL)
        return DRY_ENOMEM;
    st = dry_dir_each(b->dir, name_add, b);
    if (dry_ok(st))
        st = b->st;
    if (dry_ok(st) && b->count == 0)
        st = DRY_STATUS(ENOTFOUND, "no NAME.hex with NAME.calldata in it");
    if (!dry_ok(st)) {
        dry_complain(&b->error, b->dir, ": ");
        dry_complain(&b->error, dry_status_text(st), "");
        return st;
    }
    qsort(b->names, b->count, sizeof(*b->names), by_name);
    st = dry_path_join(&path, b->dir, "EXPECTED.tsv");
    if (dry_ok(st) && dry_path_exists((const char *)path.ptr))
        st = dry_file_read(&b->expected, (const char *)path.ptr, TEXT_BYTES_MAX);
    dry_buf_fini(&path);
    return st;
}

/* The workloads named are there. */
static dry_status names_check(struct bench *b, const struct dry_options *o)
{
    for (uint32_t k = 1; k < dry_options_arg_count(o); k++) {
        const char *name = dry_options_arg(o, k);
        uint32_t i = 0;

        while (i < b->count && strcmp(name, b->names[i]) != 0)
            i++;
        if (i < b->count)
            continue;
        dry_complain(&b->error, "evm bench: no workload ", name);
        dry_complain(&b->error, " in ", b->dir);
        dry_complain(&b->error, ", as ", b->names[0]);
        dry_complain(&b->error, " is", "");
        return DRY_WRONG_USAGE;
    }
    return DRY_OK;
}

int dry_cmd_evm_bench(const struct dry_options *o)
{
    struct bench b = {.dir = dry_options_arg(o, 0)};
    enum dry_fork fork = DRY_FORK_PRAGUE;
    dry_status st = fork_option(&fork, o, "Prague", &b.error);
    uint32_t wanted = dry_options_arg_count(o) - 1;

    if (dry_ok(st))
        st = names_find(&b);
    if (dry_ok(st))
        st = names_check(&b, o);
    for (uint32_t i = 0; i < b.count && dry_ok(st); i++) {
        bool chosen = wanted == 0;

        for (uint32_t k = 0; k < wanted; k++)
            chosen |= strcmp(dry_options_arg(o, k + 1), b.names[i]) == 0;
        if (chosen)
            st = bench_one(&b, b.names[i], o, fork);
    }
    if (dry_ok(st) && b.wrong != 0) {
        dry_complain(&b.error, "some results differ from EXPECTED.tsv", "");
        st = DRY_EINVAL;
    }
    dry_buf_fini(&b.expected);
    dry_arena_fini(&b.arena);
    return dry_report(&b.error, st);
}
