/* The loop by computed goto, the loop by switch and the stepping loop over exact code give the same
 * gas, output, logs and state for any byte-code at any fork; failing memory and failing readers
 * never read as a result. */
#include "evm_codegen.h"
#include "evm_outcome.h"
#include <drystone/test.h>

static void setup(struct evm_world *w, enum dry_fork fork, struct dry_bytes code)
{
    evm_world_init(w, fork);
    evm_world_add(w, EVM_CONTRACT, 1, 5, code);
    evm_world_add(w, EVM_CALLER, 0, UINT64_MAX, DRY_BYTES_EMPTY);
    evm_world_add(w, 3, 0, 1, DRY_BYTES_EMPTY);
}

struct steps {
    uint64_t count, gas_last;
    bool bad;
};
static void on_step(void *ctx, const struct dry_trace_step *s)
{
    struct steps *t = ctx;
    t->count++;
    t->bad |= s->depth == 0 || s->stack_len > 1024 || s->memory.len % 32 != 0 ||
              (s->error == NULL && s->gas_cost > s->gas);
}

static void loops_agree(void **state)
{
    (void)state;
    static struct evm_world w;
    static struct evm_codegen g;
    uint64_t done = 0, steps_total = 0;
    for (uint64_t seed = 1; seed <= 6000; seed++) {
        struct evm_outcome a, b, c;
        struct steps steps = {0};
        struct dry_tracer tracer = {.ctx = &steps, .step = on_step};
        enum dry_fork fork = (enum dry_fork)(seed % (DRY_FORK_OSAKA + 1));
        uint64_t gas = 20000 + seed * 7919 % 400000;
        char name[32];
        snprintf(name, sizeof(name), "seed %llu", (unsigned long long)seed);
        evm_gen(&g, seed, fork);
        setup(&w, fork, dry_bytes_of(g.code, g.len));
        CHECK(dry_ok(evm_world_open(&w)));
        CHECK(dry_ok(evm_outcome_of(&w, &a, NULL, DRY_BYTES_LIT("some call data"), gas)));
        evm_world_end(&w);
        w.evm->loop = dry__loop_switch;
        CHECK(dry_ok(evm_outcome_of(&w, &b, NULL, DRY_BYTES_LIT("some call data"), gas)));
        evm_world_end(&w);
        CHECK(dry_ok(evm_outcome_of(&w, &c, &tracer, DRY_BYTES_LIT("some call data"), gas)));
        evm_world_close(&w);
        CHECK_MSG(evm_outcome_same(&a, &b), name);
        CHECK_MSG(evm_outcome_same(&a, &c), name);
        CHECK_MSG(!steps.bad, name);
        done += a.kind != EVM_FAILED;
        steps_total += steps.count;
    }
    print_message("%llu of 6000 ended well, %llu steps\n", (unsigned long long)done,
                  (unsigned long long)steps_total);
    CHECK(done > 1000); /* or the generator makes nothing worth comparing */
    CHECK(steps_total > 300000);
}

/* One machine, many messages: nothing of one is seen by the next. */
static void reuse_changes_nothing(void **state)
{
    (void)state;
    static struct evm_world w, fresh;
    static struct evm_codegen g;
    struct dry__evm *evm = NULL;
    CHECK(dry_ok(dry__evm_open(&evm, 20000))); /* a cache small enough to drop code */
    for (uint64_t seed = 1; seed <= 1500; seed++) {
        struct evm_outcome a, b;
        enum dry_fork fork = (enum dry_fork)(seed % (DRY_FORK_OSAKA + 1));
        evm_gen(&g, 100000 + seed % 400, fork);
        setup(&w, fork, dry_bytes_of(g.code, g.len));
        setup(&fresh, fork, dry_bytes_of(g.code, g.len));
        w.evm = evm;
        CHECK(dry_ok(evm_world_open(&fresh)));
        CHECK(dry_ok(evm_outcome_of(&w, &a, NULL, DRY_BYTES_EMPTY, 200000)));
        CHECK(dry_ok(evm_outcome_of(&fresh, &b, NULL, DRY_BYTES_EMPTY, 200000)));
        CHECK(evm_outcome_same(&a, &b));
        CHECK(evm->cache.held <= 20000);
        evm_world_end(&w);
        dry_arena_fini(&w.arena);
        evm_world_close(&fresh);
    }
    dry__evm_close(evm);
}

static void alloc_body(struct evm_codegen *g, const struct evm_outcome *want)
{
    static struct evm_world w;
    struct evm_outcome got;
    setup(&w, DRY_FORK_OSAKA, dry_bytes_of(g->code, g->len));
    dry_status st = evm_world_open(&w);
    if (dry_ok(st))
        st = evm_outcome_of(&w, &got, NULL, DRY_BYTES_EMPTY, 200000);
    if (dry_ok(st))
        CHECK(evm_outcome_same(&got, want));
    else
        CHECK(st.code == DRY_CODE_ENOMEM && test_alloc_failed());
    evm_world_close(&w);
}

static void every_allocation_fails(void **state)
{
    (void)state;
    static struct evm_world w;
    static struct evm_codegen g;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct evm_outcome want;
        evm_gen(&g, seed, DRY_FORK_OSAKA);
        setup(&w, DRY_FORK_OSAKA, dry_bytes_of(g.code, g.len));
        CHECK(dry_ok(evm_world_open(&w)));
        CHECK(dry_ok(evm_outcome_of(&w, &want, NULL, DRY_BYTES_EMPTY, 200000)));
        evm_world_close(&w);
        TEST_EACH_ALLOC_FAILS(alloc_body(&g, &want));
    }
}

static void every_read_fails(void **state)
{
    (void)state;
    static struct evm_world w;
    static struct evm_codegen g;
    uint64_t failed = 0;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        bool again = true;
        evm_gen(&g, seed, DRY_FORK_OSAKA);
        for (uint64_t n = 1; again; n++) {
            struct evm_outcome got;
            setup(&w, DRY_FORK_OSAKA, dry_bytes_of(g.code, g.len));
            CHECK(dry_ok(evm_world_open(&w)));
            w.fail_after = n;
            dry_status st = evm_outcome_of(&w, &got, NULL, DRY_BYTES_EMPTY, 200000);
            again = w.fail_after == 0;
            if (again)
                CHECK(st.code == DRY_CODE_EIO);
            else
                CHECK(dry_ok(st));
            failed += again;
            evm_world_close(&w);
        }
    }
    CHECK(failed > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loops_agree),
        cmocka_unit_test(reuse_changes_nothing),
        cmocka_unit_test(every_allocation_fails),
        cmocka_unit_test(every_read_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
