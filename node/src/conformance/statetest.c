/* statetest: one transaction on a given state; the state root and the logs after it, or the reason
 * it is refused for. */
#include "commands.h"
#include "exceptions.h"
#include "fixture.h"
#include "runner.h"
#include "statetest_tx.h"
#include "trace.h"
#include <drystone/common/block.h>
#include <drystone/common/hex.h>
#include <drystone/crypto.h>
#include <drystone/execution.h>
#include <stdio.h>

/* The fixture's state, with the block hashes these tests agreed on: keccak256 of the number's
 * decimal digits. */
struct reader {
    struct dry_state_reader r;
    struct dry_state_reader *below;
};

static struct reader *reader_of(struct dry_state_reader *r)
{
    return (struct reader *)r;
}

static dry_status read_account(struct dry_state_reader *r, bool *exists, struct dry_account *out,
                               const struct dry_address *address)
{
    struct dry_state_reader *below = reader_of(r)->below;

    return below->ops->account(below, exists, out, address);
}

static dry_status read_slot(struct dry_state_reader *r, struct dry_u256 *out,
                            const struct dry_address *address, const struct dry_hash *key)
{
    struct dry_state_reader *below = reader_of(r)->below;

    return below->ops->slot(below, out, address, key);
}

static dry_status read_code(struct dry_state_reader *r, struct dry_bytes *out,
                            const struct dry_hash *code_hash)
{
    struct dry_state_reader *below = reader_of(r)->below;

    return below->ops->code(below, out, code_hash);
}

static dry_status read_block_hash(struct dry_state_reader *r, struct dry_hash *out, uint64_t number)
{
    char digits[24];
    int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);

    (void)r;
    dry_keccak256(out, dry_bytes_of(digits, (size_t)n));
    return DRY_OK;
}

static dry_status read_root_after(struct dry_state_reader *r, struct dry_hash *out,
                                  const struct dry_state_diff *diff)
{
    struct dry_state_reader *below = reader_of(r)->below;

    return below->ops->root_after(below, out, diff);
}

static const struct dry_state_reader_ops reader_ops = {
    .account = read_account,
    .slot = read_slot,
    .code = read_code,
    .block_hash = read_block_hash,
    .root_after = read_root_after,
};

/* One test: its state and executor serve all its cases. */
struct test {
    struct dry__conf_file *f;
    const char *name;
    const json_t *json;
    struct reader reader;
    struct dry_memory_state *state;
    struct dry_executor *executor;
    struct dry_arena arena;
};

static dry_status env_fill(struct dry_block_env *out, const json_t *env,
                           const struct dry_chain_config *config, enum dry_fork fork)
{
    dry_status st;

    *out = (struct dry_block_env){.calls_only = true};
    st = dry__fixture_u64(&out->number, env, "currentNumber");
    if (dry_ok(st))
        st = dry__fixture_u64(&out->time, env, "currentTimestamp");
    if (dry_ok(st))
        st = dry__fixture_u64(&out->gas_limit, env, "currentGasLimit");
    if (dry_ok(st))
        st = dry__fixture_fixed(out->coinbase.b, 20, env, "currentCoinbase");
    if (dry_ok(st))
        st = dry__fixture_u256(&out->difficulty, env, "currentDifficulty");
    if (dry_ok(st) && fork >= DRY_FORK_PARIS && json_object_get(env, "currentRandom") != NULL) {
        struct dry_u256 random;

        st = dry__fixture_u256(&random, env, "currentRandom");
        if (dry_ok(st))
            dry_u256_to_be32(out->prev_randao.b, &random);
    }
    if (dry_ok(st) && fork >= DRY_FORK_LONDON && json_object_get(env, "currentBaseFee") != NULL)
        st = dry__fixture_u256(&out->base_fee, env, "currentBaseFee");
    if (dry_ok(st) && fork >= DRY_FORK_CANCUN &&
        json_object_get(env, "currentExcessBlobGas") != NULL)
        st = dry__fixture_u64(&out->excess_blob_gas, env, "currentExcessBlobGas");
    if (dry_ok(st))
        dry_rules_at(&out->rules, config, out->number, out->time, fork >= DRY_FORK_PARIS);
    return st;
}

static dry_status logs_hash(struct dry_hash *out, const struct dry_tx_result *r)
{
    struct dry_buf buf = {0};
    dry_status st = dry_logs_encode(&buf, r->logs, r->log_count);

    if (dry_ok(st))
        dry_keccak256(out, dry_buf_bytes(&buf));
    dry_buf_fini(&buf);
    return st;
}

/* From its bytes, where the fixture has them: then form and signature are tested as well. */
static dry_status tx_fill(struct test *t, struct dry_tx *tx, struct dry_address *sender,
                          enum dry_verdict *verdict, const struct dry_rules *rules,
                          const json_t *post)
{
    struct dry_bytes encoded;
    dry_status st;

    *verdict = DRY_VERDICT_VALID;
    if (json_object_get(post, "txbytes") == NULL) {
        st = dry__statetest_tx(tx, sender, json_object_get(t->json, "transaction"),
                               json_object_get(post, "indexes"), rules->chain_id, &t->arena);
        if (st.code != DRY_CODE_ELIMIT)
            return st;
        *verdict = DRY_VERDICT_TX_VALUE_OVERFLOW;
        return DRY_OK;
    }
    st = dry__fixture_bytes(&encoded, post, "txbytes", &t->arena);
    if (dry_ok(st))
        st = dry_tx_decode(tx, verdict, encoded, &t->arena);
    if (dry_ok(st) && *verdict == DRY_VERDICT_VALID)
        st = dry_tx_sender(sender, verdict, tx, rules);
    return st;
}

/* *diff and *result are of use when it is not refused. */
static dry_status run(struct test *t, enum dry_verdict *verdict, struct dry_state_diff *diff,
                      struct dry_tx_result *result, const struct dry_block_env *env,
                      const json_t *post)
{
    const struct dry_tracer *tracer = t->f->trace ? &dry__trace_3155 : NULL;
    struct dry_address sender;
    struct dry_tx tx;
    dry_status st = tx_fill(t, &tx, &sender, verdict, &env->rules, post);

    if (!dry_ok(st) || *verdict != DRY_VERDICT_VALID)
        return st;
    st = dry_executor_begin(t->executor, verdict, env, &t->reader.r, tracer, &t->arena);
    if (dry_ok(st) && *verdict == DRY_VERDICT_VALID)
        st = dry_executor_call(t->executor, verdict, result, diff, &tx, &sender, 0);
    if (dry_ok(st) && *verdict == DRY_VERDICT_VALID && t->f->trace)
        dry__trace_end(result);
    return st;
}

static void hash_text(char out[67], const struct dry_hash *h)
{
    memcpy(out, "0x", 2);
    dry_hex_encode(out + 2, DRY_BYTES_ARRAY(h->b));
    out[66] = '\0';
}

static void judge(struct test *t, const char *label, const char *fork, const json_t *post,
                  enum dry_verdict verdict, const struct dry_hash *root,
                  const struct dry_hash *logs)
{
    const char *expected = dry__fixture_text(post, "expectException");
    const char *want_root = dry__fixture_text(post, "hash");
    const char *want_logs = dry__fixture_text(post, "logs");
    char root_text[67], logs_text[67];

    hash_text(root_text, root);
    hash_text(logs_text, logs);
    if (expected == NULL && verdict != DRY_VERDICT_VALID)
        dry__conf_fail(t->f, label, fork, "refused: %s", dry_verdict_name(verdict));
    else if (expected != NULL && verdict == DRY_VERDICT_VALID)
        dry__conf_fail(t->f, label, fork, "accepted, but %s was expected", expected);
    else if (expected != NULL && !dry__exception_matches(expected, verdict))
        dry__conf_fail(t->f, label, fork, "refused for %s, not %s", dry_verdict_name(verdict),
                       expected);
    else if (want_root == NULL || strcmp(want_root, root_text) != 0)
        dry__conf_fail(t->f, label, fork, "state root %s, want %s", root_text,
                       want_root == NULL ? "(absent)" : want_root);
    else if (want_logs == NULL || strcmp(want_logs, logs_text) != 0)
        dry__conf_fail(t->f, label, fork, "logs hash %s, want %s", logs_text,
                       want_logs == NULL ? "(absent)" : want_logs);
    else
        dry__conf_report(t->f, label, fork, NULL);
}

/* The state a refused transaction leaves, as the older fillers have it: before EIP-161 they pay the
 * coinbase a reward of nothing, which makes the account. */
static dry_status root_rewarded(struct test *t, struct dry_hash *root,
                                const struct dry_address *coinbase)
{
    struct dry_state_reader *below = t->reader.below;
    struct dry_account_diff made = {
        .exists = true, .address = *coinbase, .code_hash = dry_hash_empty_code};
    struct dry_state_diff diff = {1, &made};
    struct dry_account account;
    bool exists;
    dry_status st = below->ops->account(below, &exists, &account, coinbase);

    return !dry_ok(st) || exists ? st : below->ops->root_after(below, root, &diff);
}

static bool root_is(const json_t *post, const struct dry_hash *root)
{
    struct dry_hash want;

    return dry_ok(dry__fixture_fixed(want.b, 32, post, "hash")) && dry_hash_equal(&want, root);
}

static dry_status run_case(struct test *t, const char *fork_name, size_t index, const json_t *post)
{
    struct dry_arena_mark mark = dry_arena_mark(&t->arena);
    enum dry_verdict verdict = DRY_VERDICT_VALID;
    struct dry_tx_result result = {0};
    struct dry_state_diff diff = {0};
    struct dry_chain_config config;
    struct dry_block_env env;
    struct dry_hash root, logs;
    enum dry_fork fork;
    char label[512];
    dry_status st =
        dry__fixture_network(&config, &fork, fork_name, json_object_get(t->json, "config"));

    if (dry_ok(st))
        st = env_fill(&env, json_object_get(t->json, "env"), &config, fork);
    if (dry_ok(st))
        st = run(t, &verdict, &diff, &result, &env, post);
    if (dry_ok(st) && verdict != DRY_VERDICT_VALID) {
        diff = (struct dry_state_diff){0};
        result = (struct dry_tx_result){0};
    }
    if (dry_ok(st))
        st = t->reader.below->ops->root_after(t->reader.below, &root, &diff);
    if (dry_ok(st) && verdict != DRY_VERDICT_VALID && fork < DRY_FORK_SPURIOUS_DRAGON &&
        !root_is(post, &root))
        st = root_rewarded(t, &root, &env.coinbase);
    if (dry_ok(st))
        st = logs_hash(&logs, &result);
    if (dry_ok(st)) {
        snprintf(label, sizeof(label), "%s/%zu", t->name, index);
        judge(t, label, fork_name, post, verdict, &root, &logs);
    }
    dry_arena_rewind(&t->arena, mark);
    return st;
}

static dry_status run_cases(struct test *t)
{
    const char *fork;
    json_t *list, *post;
    size_t i;

    json_object_foreach(json_object_get(t->json, "post"), fork, list)
    {
        if (!dry__conf_wants_fork(t->f, fork))
            continue;
        json_array_foreach(list, i, post)
        {
            dry_status st = run_case(t, fork, i, post);

            if (!dry_ok(st))
                return st;
        }
    }
    return DRY_OK;
}

static dry_status run_test(struct dry__conf_file *f, const char *name, const json_t *json)
{
    struct dry_executor_settings settings = {0};
    struct test t = {.f = f, .name = name, .json = json, .reader.r.ops = &reader_ops};
    struct dry_state_diff pre;
    dry_status st;

    if (json_object_get(json, "blocks") != NULL || json_object_get(json, "txbytes") != NULL)
        return DRY_OK; /* for the other commands */
    if (!json_is_object(json_object_get(json, "post")))
        return DRY_STATUS(EDECODE, "not a state test");
    st = dry__fixture_alloc(&pre, json_object_get(json, "pre"), &t.arena);
    if (dry_ok(st))
        st = dry_memory_state_open(&t.state);
    if (dry_ok(st))
        st = dry_memory_state_apply(t.state, &pre);
    if (dry_ok(st))
        st = dry_executor_open(&t.executor, &dry_executor_serial, &settings);
    if (dry_ok(st)) {
        t.reader.below = dry_memory_state_reader(t.state);
        st = run_cases(&t);
    }
    dry_executor_close(t.executor);
    dry_memory_state_close(t.state);
    dry_arena_fini(&t.arena);
    return st;
}

int dry_cmd_statetest(const struct dry_options *options)
{
    return dry__conf_main(options, "state test", run_test);
}
