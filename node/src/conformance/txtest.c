/* txtest: a transaction's bytes; its hash, sender and intrinsic gas at every fork, or the reason it
 * is refused for. */
#include "commands.h"
#include "exceptions.h"
#include "fixture.h"
#include "runner.h"
#include <drystone/execution.h>

/* What a node says about these bytes without a state. Bytes of a type the fork does not know may be
 * malformed as well: *other is that second fault, else VALID. */
static dry_status check(struct dry_tx *tx, struct dry_address *sender, enum dry_verdict *verdict,
                        enum dry_verdict *other, struct dry_bytes encoded,
                        const struct dry_rules *rules, struct dry_arena *arena)
{
    dry_status st = dry_tx_decode(tx, verdict, encoded, arena);

    *other = DRY_VERDICT_VALID;
    if (dry_ok(st) && encoded.len != 0 && encoded.ptr[0] < 0x80 &&
        !dry_tx_type_supported(encoded.ptr[0], rules)) {
        *other = *verdict;
        *verdict = DRY_VERDICT_TX_TYPE_UNSUPPORTED;
    }
    if (!dry_ok(st) || *verdict != DRY_VERDICT_VALID)
        return st;
    st = dry_tx_sender(sender, verdict, tx, rules);
    if (dry_ok(st) && *verdict == DRY_VERDICT_VALID)
        *verdict = dry_tx_check(tx, rules);
    return st;
}

static void judge_valid(struct dry__conf_file *f, const char *name, const char *fork,
                        const json_t *result, const struct dry_tx *tx,
                        const struct dry_address *sender, const struct dry_rules *rules)
{
    struct dry_address want_sender;
    struct dry_hash hash, want_hash;
    uint64_t gas, floor, want_gas;

    dry_tx_hash(&hash, tx);
    dry_tx_intrinsic_gas(&gas, &floor, tx, rules);
    if (!dry_ok(dry__fixture_fixed(want_hash.b, 32, result, "hash")) ||
        !dry_ok(dry__fixture_fixed(want_sender.b, 20, result, "sender")) ||
        !dry_ok(dry__fixture_u64(&want_gas, result, "intrinsicGas")))
        dry__conf_report(f, name, fork, "the result of the fixture is not understood");
    else if (!dry_hash_equal(&hash, &want_hash))
        dry__conf_report(f, name, fork, "another hash");
    else if (!dry_address_equal(sender, &want_sender))
        dry__conf_report(f, name, fork, "another sender");
    else if (gas != want_gas)
        dry__conf_fail(f, name, fork, "intrinsic gas %llu, want %llu", (unsigned long long)gas,
                       (unsigned long long)want_gas);
    else
        dry__conf_report(f, name, fork, NULL);
}

static dry_status run_fork(struct dry__conf_file *f, const char *name, const char *fork_name,
                           struct dry_bytes encoded, const json_t *result, struct dry_arena *arena)
{
    const char *expected = dry__fixture_text(result, "exception");
    struct dry_chain_config config;
    struct dry_address sender;
    enum dry_verdict verdict, other;
    struct dry_rules rules;
    enum dry_fork fork;
    struct dry_tx tx;
    dry_status st = dry__fixture_network(&config, &fork, fork_name, NULL);

    if (!dry_ok(st))
        return st;
    dry_rules_at(&rules, &config, 0, 0, fork >= DRY_FORK_PARIS);
    st = check(&tx, &sender, &verdict, &other, encoded, &rules, arena);
    if (!dry_ok(st))
        return st;
    if (verdict == DRY_VERDICT_VALID && expected == NULL)
        judge_valid(f, name, fork_name, result, &tx, &sender, &rules);
    else if (verdict == DRY_VERDICT_VALID)
        dry__conf_fail(f, name, fork_name, "accepted, but %s was expected", expected);
    else if (expected == NULL)
        dry__conf_fail(f, name, fork_name, "refused: %s", dry_verdict_name(verdict));
    else if (!dry__exception_matches(expected, verdict) && !dry__exception_matches(expected, other))
        dry__conf_fail(f, name, fork_name, "refused for %s, not %s", dry_verdict_name(verdict),
                       expected);
    else
        dry__conf_report(f, name, fork_name, NULL);
    return DRY_OK;
}

static dry_status run_test(struct dry__conf_file *f, const char *name, const json_t *test)
{
    struct dry_arena arena = {0};
    struct dry_bytes encoded;
    const char *fork;
    json_t *result;
    dry_status st;

    if (json_object_get(test, "blocks") != NULL || json_object_get(test, "post") != NULL)
        return DRY_OK; /* for the other commands */
    st = dry__fixture_bytes(&encoded, test, "txbytes", &arena);
    json_object_foreach(json_object_get(test, "result"), fork,
                        result) if (dry_ok(st) && dry__conf_wants_fork(f, fork)) st =
        run_fork(f, name, fork, encoded, result, &arena);
    dry_arena_fini(&arena);
    return st;
}

int dry_cmd_txtest(const struct dry_options *options)
{
    return dry__conf_main(options, "transaction test", run_test);
}
