/* executor_suite.c - what every executor driver must pass. */
#include "executor_suite.h"
#include <drystone/crypto.h>
#include <drystone/platform/lock.h>
#include <drystone/state.h>

#define SENDER ((struct dry_address){{0x5e}})
#define COUNTER ((struct dry_address){{0xc0}}) /* slot 0 += 1, logs, returns it */
#define SPINNER ((struct dry_address){{0xc1}}) /* jumps for ever */
#define BALANCE 1000000000000000000u

/* --- a small world behind a reader that fails when told --- */

struct failing_reader {
    struct dry_state_reader base;
    struct dry_state_reader *inner;
    uint64_t calls, fail_at;
    bool failed;
};

static bool fails(struct dry_state_reader *r)
{
    struct failing_reader *f = (struct failing_reader *)r;
    bool now = ++f->calls == f->fail_at;

    f->failed |= now;
    return now;
}

static struct dry_state_reader *inner(struct dry_state_reader *r)
{
    return ((struct failing_reader *)r)->inner;
}

static dry_status read_account(struct dry_state_reader *r, bool *exists, struct dry_account *out,
                               const struct dry_address *address)
{
    return fails(r) ? DRY_EIO : inner(r)->ops->account(inner(r), exists, out, address);
}

static dry_status read_slot(struct dry_state_reader *r, struct dry_u256 *out,
                            const struct dry_address *address, const struct dry_hash *key)
{
    return fails(r) ? DRY_EIO : inner(r)->ops->slot(inner(r), out, address, key);
}

static dry_status read_code(struct dry_state_reader *r, struct dry_bytes *out,
                            const struct dry_hash *code_hash)
{
    return fails(r) ? DRY_EIO : inner(r)->ops->code(inner(r), out, code_hash);
}

static dry_status read_block_hash(struct dry_state_reader *r, struct dry_hash *out, uint64_t number)
{
    return fails(r) ? DRY_EIO : inner(r)->ops->block_hash(inner(r), out, number);
}

static dry_status read_root_after(struct dry_state_reader *r, struct dry_hash *out,
                                  const struct dry_state_diff *diff)
{
    return fails(r) ? DRY_EIO : inner(r)->ops->root_after(inner(r), out, diff);
}

static const struct dry_state_reader_ops failing_ops = {read_account, read_slot, read_code,
                                                        read_block_hash, read_root_after};

struct world {
    struct dry_memory_state *state;
    struct failing_reader reader;
    struct dry_executor *executor;
    struct dry_block_env env;
    struct dry_arena arena;
};

static void put(struct dry_account_diff *a, struct dry_address address, struct dry_bytes code)
{
    *a = (struct dry_account_diff){.address = address,
                                   .exists = true,
                                   .balance = DRY_U256(BALANCE),
                                   .code_hash = dry_hash_empty_code};
    if (code.len != 0) {
        a->code_changed = true;
        a->code = code;
        dry_keccak256(&a->code_hash, code);
    }
}

static void world_open(struct world *w, const struct dry_executor_ops *ops, enum dry_fork fork)
{
    static const uint8_t counter[] = {0x60, 0,    0x54, 0x60, 1,    0x01, 0x80, 0x60,
                                      0,    0x55, 0x60, 0,    0x52, 0x60, 0x20, 0x60,
                                      0,    0xa0, 0x60, 0x20, 0x60, 0,    0xf3};
    static const uint8_t spinner[] = {0x5b, 0x60, 0, 0x56};
    struct dry_account_diff accounts[3];
    struct dry_chain_config config;

    *w = (struct world){0};
    put(&accounts[0], SENDER, DRY_BYTES_EMPTY);
    put(&accounts[1], COUNTER, DRY_BYTES_ARRAY(counter));
    put(&accounts[2], SPINNER, DRY_BYTES_ARRAY(spinner));
    CHECK(dry_ok(dry_memory_state_open(&w->state)));
    CHECK(dry_ok(dry_memory_state_apply(w->state, &(struct dry_state_diff){3, accounts})));
    w->reader =
        (struct failing_reader){.base = {&failing_ops}, .inner = dry_memory_state_reader(w->state)};
    CHECK(dry_ok(dry_executor_open(&w->executor, ops, &(struct dry_executor_settings){0})));
    dry_chain_config_at(&config, fork, 1);
    w->env = (struct dry_block_env){
        .number = 5, .time = 100, .gas_limit = 1000000, .base_fee = DRY_U256(7)};
    dry_rules_at(&w->env.rules, &config, 5, 100, fork >= DRY_FORK_PARIS);
}

static void world_close(struct world *w)
{
    dry_executor_close(w->executor);
    dry_memory_state_close(w->state);
    dry_arena_fini(&w->arena);
}

static struct dry_tx tx_to(struct dry_address to, uint64_t nonce)
{
    return (struct dry_tx){.type = DRY_TX_LEGACY,
                           .has_to = true,
                           .to = to,
                           .nonce = nonce,
                           .gas_limit = 100000,
                           .max_fee_per_gas = DRY_U256(10),
                           .max_priority_fee_per_gas = DRY_U256(10)};
}

static dry_status begin(struct world *w, enum dry_verdict *verdict)
{
    return dry_executor_begin(w->executor, verdict, &w->env, &w->reader.base, NULL, &w->arena);
}

static dry_status transact(struct world *w, enum dry_verdict *verdict, const struct dry_tx *tx)
{
    struct dry_tx_result r;

    return dry_executor_transact(w->executor, verdict, &r, tx, &SENDER);
}

static dry_status finish(struct world *w, enum dry_verdict *verdict, struct dry_block_result *r)
{
    static const struct dry_block body;

    return dry_executor_finish(w->executor, verdict, r, &body);
}

/* All that a block's result says, in one hash. */
static struct dry_hash sum_of(const struct dry_block_result *r)
{
    struct dry_keccak k;
    struct dry_hash out;

    dry_keccak_init(&k);
    dry_keccak_update(&k, dry_bytes_of(&r->gas_used, sizeof(r->gas_used)));
    dry_keccak_update(&k, DRY_BYTES_ARRAY(r->bloom.b));
    for (uint32_t i = 0; i < r->receipt_count; i++) {
        struct dry_buf b = {0};
        CHECK(dry_ok(dry_receipt_encode(&b, &r->receipts[i])));
        dry_keccak_update(&k, dry_buf_bytes(&b));
        dry_buf_fini(&b);
    }
    for (uint32_t i = 0; i < r->diff.count; i++) {
        const struct dry_account_diff *a = &r->diff.accounts[i];
        dry_keccak_update(&k, DRY_BYTES_ARRAY(a->address.b));
        dry_keccak_update(&k, dry_bytes_of(&a->nonce, sizeof(a->nonce)));
        dry_keccak_update(&k, dry_bytes_of(&a->balance, sizeof(a->balance)));
        for (uint32_t s = 0; s < a->slot_count; s++) {
            dry_keccak_update(&k, DRY_BYTES_ARRAY(a->slots[s].key.b));
            dry_keccak_update(&k, dry_bytes_of(&a->slots[s].value, sizeof(struct dry_u256)));
        }
    }
    dry_keccak_final(&k, &out);
    return out;
}

/* begin, three transactions, finish. */
static dry_status whole_block(struct world *w, enum dry_verdict *verdict, struct dry_hash *sum)
{
    struct dry_block_result r;
    dry_status st = begin(w, verdict);

    for (uint64_t n = 0; n < 3 && dry_ok(st) && *verdict == DRY_VERDICT_VALID; n++) {
        struct dry_tx tx = tx_to(COUNTER, n);
        st = transact(w, verdict, &tx);
    }
    if (dry_ok(st) && *verdict == DRY_VERDICT_VALID)
        st = finish(w, verdict, &r);
    if (dry_ok(st) && *verdict == DRY_VERDICT_VALID)
        *sum = sum_of(&r);
    return st;
}

static const enum dry_fork forks[] = {DRY_FORK_FRONTIER, DRY_FORK_BERLIN, DRY_FORK_CANCUN};

/* --- the suite --- */

/* Every kind of refusal between two good transactions: the result is as if they had never been. */
void executor_suite_refusals(const struct dry_executor_ops *ops)
{
    for (size_t f = 0; f < DRY_COUNT(forks); f++) {
        struct world w;
        struct dry_hash want, got;
        struct dry_block_result r;
        enum dry_verdict v;

        world_open(&w, ops, forks[f]);
        CHECK(dry_ok(whole_block(&w, &v, &want)) && v == DRY_VERDICT_VALID);
        CHECK(dry_ok(begin(&w, &v)) && v == DRY_VERDICT_VALID);
        for (uint64_t n = 0; n < 3; n++) {
            struct dry_tx good = tx_to(COUNTER, n), bad = good;

            bad.nonce = n + 1;
            CHECK(dry_ok(transact(&w, &v, &bad)) && v == DRY_VERDICT_TX_NONCE_TOO_HIGH);
            bad.nonce = n - 1;
            if (n != 0)
                CHECK(dry_ok(transact(&w, &v, &bad)) && v == DRY_VERDICT_TX_NONCE_TOO_LOW);
            bad = good;
            bad.value = DRY_U256(BALANCE);
            CHECK(dry_ok(transact(&w, &v, &bad)) && v == DRY_VERDICT_TX_FUNDS);
            bad = good;
            bad.gas_limit = 1000001;
            CHECK(dry_ok(transact(&w, &v, &bad)) && v == DRY_VERDICT_TX_GAS_ALLOWANCE);
            CHECK(dry_ok(transact(&w, &v, &good)) && v == DRY_VERDICT_VALID);
        }
        CHECK(dry_ok(finish(&w, &v, &r)) && v == DRY_VERDICT_VALID);
        got = sum_of(&r);
        CHECK(dry_hash_equal(&got, &want) && r.receipt_count == 3);
        world_close(&w);
    }
}

/* Calls among transactions see what these did, tell what they would do, and do not do it. */
void executor_suite_calls(const struct dry_executor_ops *ops)
{
    for (size_t f = 0; f < DRY_COUNT(forks); f++) {
        struct world w;
        struct dry_hash want, got;
        struct dry_block_result r;
        enum dry_verdict v;

        world_open(&w, ops, forks[f]);
        CHECK(dry_ok(whole_block(&w, &v, &want)) && v == DRY_VERDICT_VALID);
        CHECK(dry_ok(begin(&w, &v)) && v == DRY_VERDICT_VALID);
        for (uint64_t n = 0; n < 3; n++) {
            struct dry_tx tx = tx_to(COUNTER, n);

            for (int i = 0; i < 3; i++) {
                struct dry_state_diff diff = {0};
                struct dry_tx_result out;
                bool told = false;

                CHECK(dry_ok(dry_executor_call(w.executor, &v, &out, i != 0 ? &diff : NULL, &tx,
                                               &SENDER, DRY_CALL_ETH_CALL)));
                CHECK(v == DRY_VERDICT_VALID && out.end == DRY_EVM_SUCCESS);
                CHECK(out.output.len == 32 && out.output.ptr[31] == n + 1 && out.log_count == 1);
                for (uint32_t a = 0; a < diff.count; a++)
                    told |= diff.accounts[a].slot_count == 1 &&
                            diff.accounts[a].slots[0].value.w[0] == n + 1;
                CHECK(told == (i != 0));
            }
            CHECK(dry_ok(transact(&w, &v, &tx)) && v == DRY_VERDICT_VALID);
        }
        CHECK(dry_ok(finish(&w, &v, &r)) && v == DRY_VERDICT_VALID);
        got = sum_of(&r);
        CHECK(dry_hash_equal(&got, &want) && r.receipt_count == 3);
        world_close(&w);
    }
}

/* Each read of the state fails in turn: the error comes out, not a verdict, and the next block on
 * the same executor is right. */
void executor_suite_reader(const struct dry_executor_ops *ops)
{
    for (size_t f = 0; f < DRY_COUNT(forks); f++) {
        struct dry_hash want = {{0}}, got;
        uint64_t n = 0;
        bool failed = true;

        for (; failed; n++) { /* the first round fails nothing */
            struct world w;
            enum dry_verdict v;
            dry_status st;

            world_open(&w, ops, forks[f]);
            w.reader.fail_at = n;
            st = whole_block(&w, &v, &got);
            failed = w.reader.failed || n == 0;
            CHECK(dry_ok(st) == !w.reader.failed);
            if (!dry_ok(st)) {
                CHECK(st.code == DRY_CODE_EIO && v == DRY_VERDICT_VALID);
                w.reader.fail_at = 0;
                CHECK(dry_ok(whole_block(&w, &v, &got)));
            }
            CHECK(v == DRY_VERDICT_VALID);
            if (n == 0)
                want = got;
            CHECK(dry_hash_equal(&got, &want));
            world_close(&w);
        }
        CHECK(n > 4);
    }
}

void executor_suite_memory(const struct dry_executor_ops *ops)
{
    for (size_t f = 0; f < DRY_COUNT(forks); f++) {
        struct dry_hash want = {{0}}, got;
        uint64_t n = 0;
        bool failed = true;

        for (; failed; n++) {
            struct world w;
            enum dry_verdict v = DRY_VERDICT_VALID;
            dry_status st;

            world_open(&w, ops, forks[f]);
            test_alloc_fail_at(n);
            st = begin(&w, &v);
            for (uint64_t i = 0; i < 3 && dry_ok(st); i++) {
                struct dry_tx tx = tx_to(COUNTER, i);
                st = transact(&w, &v, &tx);
                CHECK(v == DRY_VERDICT_VALID);
            }
            if (dry_ok(st)) {
                struct dry_block_result r;
                st = finish(&w, &v, &r);
                CHECK(v == DRY_VERDICT_VALID);
            }
            failed = test_alloc_fail_end() || n == 0;
            CHECK(dry_ok(st) || st.code == DRY_CODE_ENOMEM);
            CHECK(dry_ok(st) || failed);
            CHECK(dry_ok(whole_block(&w, &v, &got)) && v == DRY_VERDICT_VALID);
            if (n == 0)
                want = got;
            CHECK(dry_hash_equal(&got, &want));
            world_close(&w);
        }
    }
}

/* What a brief call does not run it says so; else its outcome is that of any other. */
void executor_suite_brief(const struct dry_executor_ops *ops)
{
    /* 12 rounds, 100,000 and one more: the number stands in the first four bytes */
    static const struct {
        uint8_t rounds[4];
        bool stopped;
    } cases[] = {{{0, 0, 0, 12}, false}, {{0, 1, 0x86, 0xa0}, false}, {{0, 1, 0x86, 0xa1}, true}};
    static const struct dry_address blake2f = {{[19] = 9}};
    struct world w;
    uint8_t input[213] = {0};

    world_open(&w, ops, DRY_FORK_CANCUN);
    w.env.calls_only = true;
    for (size_t i = 0; i < DRY_COUNT(cases); i++) {
        struct dry_tx tx = tx_to(blake2f, 0);
        struct dry_tx_result whole, brief;
        enum dry_verdict v;

        memcpy(input, cases[i].rounds, 4);
        tx.data = DRY_BYTES_ARRAY(input);
        tx.gas_limit = 1000000;
        CHECK(dry_ok(begin(&w, &v)) && v == DRY_VERDICT_VALID);
        CHECK(dry_ok(
            dry_executor_call(w.executor, &v, &whole, NULL, &tx, &SENDER, DRY_CALL_ETH_CALL)));
        CHECK(v == DRY_VERDICT_VALID && whole.end == DRY_EVM_SUCCESS);
        CHECK(dry_ok(dry_executor_call(w.executor, &v, &brief, NULL, &tx, &SENDER,
                                       DRY_CALL_ETH_CALL | DRY_CALL_BRIEF)));
        CHECK(v == DRY_VERDICT_VALID);
        CHECK(brief.end == (cases[i].stopped ? DRY_EVM_STOPPED : DRY_EVM_SUCCESS));
        CHECK(cases[i].stopped || brief.gas_used == whole.gas_used);
    }
    world_close(&w);
}

struct stopper {
    struct dry_executor *executor;
    bool done;
};

static void stop_until_done(void *arg)
{
    struct stopper *s = arg;

    while (!__atomic_load_n(&s->done, __ATOMIC_ACQUIRE))
        dry_executor_stop(s->executor);
}

/* A call that would run for hours ends; the next one is not stopped. */
void executor_suite_stop(const struct dry_executor_ops *ops)
{
    struct world w;
    struct stopper s = {0};
    struct dry_thread thread;
    struct dry_tx tx = tx_to(SPINNER, 0);
    struct dry_tx_result out;
    enum dry_verdict v;

    world_open(&w, ops, DRY_FORK_CANCUN);
    w.env.calls_only = true;
    CHECK(dry_ok(begin(&w, &v)) && v == DRY_VERDICT_VALID);
    s.executor = w.executor;
    CHECK(dry_ok(dry_thread_start(&thread, "stop", stop_until_done, &s)));
    tx.gas_limit = UINT64_MAX / 2;
    tx.max_fee_per_gas = tx.max_priority_fee_per_gas = DRY_U256_ZERO;
    CHECK(dry_ok(dry_executor_call(w.executor, &v, &out, NULL, &tx, &SENDER, DRY_CALL_ETH_CALL)));
    __atomic_store_n(&s.done, true, __ATOMIC_RELEASE);
    dry_thread_join(&thread);
    CHECK(v == DRY_VERDICT_VALID && out.end == DRY_EVM_STOPPED);
    tx = tx_to(COUNTER, 0);
    CHECK(dry_ok(dry_executor_call(w.executor, &v, &out, NULL, &tx, &SENDER, DRY_CALL_ETH_CALL)));
    CHECK(v == DRY_VERDICT_VALID && out.end == DRY_EVM_SUCCESS);
    world_close(&w);
}

/* A block left half way is forgotten by the next begin; an executor may be closed in the middle. */
void executor_suite_again(const struct dry_executor_ops *ops)
{
    struct world w;
    struct dry_hash want, got;
    struct dry_tx tx = tx_to(COUNTER, 0);
    enum dry_verdict v;

    world_open(&w, ops, DRY_FORK_CANCUN);
    CHECK(dry_ok(whole_block(&w, &v, &want)));
    for (int i = 0; i < 3; i++) {
        CHECK(dry_ok(begin(&w, &v)) && dry_ok(transact(&w, &v, &tx)));
        CHECK(v == DRY_VERDICT_VALID);
        CHECK(dry_ok(whole_block(&w, &v, &got)) && v == DRY_VERDICT_VALID);
        CHECK(dry_hash_equal(&got, &want));
        dry_arena_reset(&w.arena);
    }
    CHECK(dry_ok(begin(&w, &v)) && dry_ok(transact(&w, &v, &tx)));
    world_close(&w);
    dry_executor_close(NULL);
}
