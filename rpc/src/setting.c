/* setting.c - where calls run, and the words for what goes wrong there. */
#include "args.h"
#include <drystone/common/clock.h>
#include <drystone/common/hex.h>
#include <drystone/crypto.h>
#include <drystone/execution.h>
#include <stdio.h>

#define PLACE_MS 3u    /* a call may hold up the thread of the connections so long */
#define CROWDED_MS 60u /* and then none does for so long */

/* --- opening --- */

static void env_of(struct dry__call *c, struct dry__setting *s,
                   const struct dry_pending_block *next)
{
    struct dry_chain *chain = c->rpc->set.chain;
    struct dry_u256 parent_td;
    struct dry_rules rules;

    if (next != NULL) {
        s->env = next->env;
    } else {
        (void)dry_u256_sub(&parent_td, &s->at.total_difficulty, &s->at.header.difficulty);
        dry_chain_rules(chain, &rules, s->at.header.number, s->at.header.time, &parent_td);
        dry_block_env_of(&s->env, &s->at.header, &rules, dry_chain_config(chain));
    }
    s->env.calls_only = true;
    s->env.dao_transfer = false;
}

/* Calls belong on a worker, or in place while they are quick; never on the loop, where the block to
 * come is fetched. */
static dry_status place(struct dry__call *c, const struct dry__at *at,
                        const struct dry_pending_block **next)
{
    dry_status st = at->pending ? dry__pending(c, next) : DRY_OK;

    if (dry_ok(st) && c->request->place == DRY__LOOP && !dry__need(c, DRY__WORKER))
        return dry__elsewhere();
    return st;
}

dry_status dry__setting_open(struct dry__call *c, struct dry__setting *out, uint32_t block,
                             bool overrides)
{
    const struct dry_pending_block *next = NULL;
    struct dry_json_value v;
    dry_status st;

    *out = (struct dry__setting){0};
    st = dry__param_block(c, block, &out->at);
    if (dry_ok(st))
        st = place(c, &out->at, &next);
    if (dry_ok(st))
        st = dry__state_open(c, &out->state, &out->at);
    if (!dry_ok(st))
        return st;
    out->reader = out->state.reader;
    env_of(c, out, next);
    if (overrides && dry__param(c, block + 1, &v)) {
        st = dry__override_state(c, &out->overrides, &out->env, out->reader, v);
        dry_overlay_reader_init(&out->overlay, out->reader, &out->overrides);
        out->reader = &out->overlay.r;
    }
    if (dry_ok(st) && overrides && dry__param(c, block + 2, &v))
        st = dry__override_block(c, &out->env, v);
    if (dry_ok(st))
        st = dry__runner_take(c->rpc, &out->runner);
    if (!dry_ok(st))
        dry__setting_close(c, out);
    return st;
}

dry_status dry__setting_begin(struct dry__call *c, struct dry__setting *s,
                              const struct dry_tracer *tracer)
{
    bool quick = c->request->place == DRY__PLACE && !c->request->direct;
    enum dry_verdict verdict;

    if (!s->limited)
        dry__runner_time(c->rpc, s->runner, quick ? PLACE_MS : c->rpc->limits.call_time_ms);
    s->limited = true;
    return dry_executor_begin(s->runner->executor, &verdict, &s->env, s->reader, tracer, c->arena);
}

void dry__setting_close(struct dry__call *c, struct dry__setting *s)
{
    if (s->limited)
        dry__runner_time_end(c->rpc, s->runner);
    dry__runner_give(c->rpc, s->runner);
    dry__state_close(&s->state);
    *s = (struct dry__setting){0};
}

/* --- running --- */

dry_status dry__setting_run(struct dry__call *c, struct dry__setting *s, struct dry_tx_result *out,
                            struct dry_state_diff *diff, const struct dry_tx *tx,
                            const struct dry_address *from)
{
    bool quick = c->request->place == DRY__PLACE && !c->request->direct;
    uint32_t flags = DRY_CALL_ETH_CALL | (quick ? DRY_CALL_BRIEF : 0);
    enum dry_verdict verdict;
    struct dry_account a = {0};
    bool exists;
    dry_status st;

    if (!dry_u256_is_zero(&tx->max_fee_per_gas))
        flags &= ~(uint32_t)DRY_CALL_SKIP_FUNDS;
    st = dry_executor_call(s->runner->executor, &verdict, out, diff, tx, from, flags);
    if (!dry_ok(st))
        return st;
    if (verdict != DRY_VERDICT_VALID) {
        st = s->reader->ops->account(s->reader, &exists, &a, from);
        if (!dry_ok(st))
            return st;
        s->refused = true;
        if (verdict == DRY_VERDICT_TX_INTRINSIC_GAS) { /* worded unlike the pool's */
            uint64_t intrinsic, floor;

            dry_tx_intrinsic_gas(&intrinsic, &floor, tx, &s->env.rules);
            return dry__call_failf(
                c, DRY__RPC_SERVER, "intrinsic gas too low: have %llu, want %llu",
                (unsigned long long)tx->gas_limit, (unsigned long long)intrinsic);
        }
        return dry__refused(c, verdict, tx, from, &s->env.rules, &s->env.base_fee, &a);
    }
    if (out->end != DRY_EVM_STOPPED)
        return DRY_OK;
    if (!dry__need(c, DRY__WORKER)) {
        if (c->request->place == DRY__PLACE)
            c->rpc->crowded_ns = dry_clock_monotonic_ns(c->rpc->set.clock) + CROWDED_MS * 1000000u;
        return dry__elsewhere();
    }
    return dry__call_failf(c, DRY__RPC_SERVER,
                           "execution aborted (timeout = %llu ms: --rpc-call-timeout)",
                           (unsigned long long)c->rpc->limits.call_time_ms);
}

/* --- words --- */

void dry__checksummed(char out[43], const struct dry_address *a)
{
    struct dry_hash h;

    out[0] = '0';
    out[1] = 'x';
    out[42] = 0;
    dry_hex_encode(out + 2, DRY_BYTES_ARRAY(a->b));
    dry_keccak256(&h, dry_bytes_of(out + 2, 40));
    for (uint32_t i = 0; i < 40; i++) {
        uint8_t nibble = (uint8_t)(i % 2 == 0 ? h.b[i / 2] >> 4 : h.b[i / 2] & 15);
        if (nibble >= 8 && out[2 + i] >= 'a')
            out[2 + i] = (char)(out[2 + i] - 32);
    }
}

static dry_status refused_funds(struct dry__call *c, const struct dry_tx *tx, const char *who,
                                const struct dry_account *account)
{
    char have[DRY_U256_DEC_MAX], want[DRY_U256_DEC_MAX];
    struct dry_u256 cost = DRY_U256(tx->gas_limit), blobs;

    blobs = DRY_U256((uint64_t)tx->blob_count * DRY_BLOB_GAS);
    dry_u256_mul(&cost, &cost, &tx->max_fee_per_gas);
    dry_u256_mul(&blobs, &blobs, &tx->max_fee_per_blob_gas);
    (void)dry_u256_add(&cost, &cost, &blobs);
    (void)dry_u256_add(&cost, &cost, &tx->value);
    (void)dry_u256_to_dec(have, &account->balance);
    (void)dry_u256_to_dec(want, &cost);
    return dry__call_failf(c, DRY__RPC_SERVER,
                           "insufficient funds for gas * price + value: address %s have %s want %s",
                           who, have, want);
}

dry_status dry__refused(struct dry__call *c, enum dry_verdict verdict, const struct dry_tx *tx,
                        const struct dry_address *from, const struct dry_rules *rules,
                        const struct dry_u256 *base_fee, const struct dry_account *account)
{
    char who[43], a[DRY_U256_DEC_MAX], b[DRY_U256_DEC_MAX];
    uint64_t intrinsic, floor;

    dry__checksummed(who, from);
    dry_tx_intrinsic_gas(&intrinsic, &floor, tx, rules);
    switch (verdict) { /* those geth has more words for */
    case DRY_VERDICT_TX_FUNDS:
        return refused_funds(c, tx, who, account);
    case DRY_VERDICT_TX_INTRINSIC_GAS:
        return dry__call_failf(c, DRY__RPC_SERVER,
                               "intrinsic gas too low: gas %llu, minimum needed %llu",
                               (unsigned long long)tx->gas_limit, (unsigned long long)intrinsic);
    case DRY_VERDICT_TX_FLOOR_GAS:
        return dry__call_failf(
            c, DRY__RPC_SERVER,
            "insufficient gas for floor data gas cost: gas %llu, minimum needed %llu",
            (unsigned long long)tx->gas_limit, (unsigned long long)floor);
    case DRY_VERDICT_TX_FEE_BELOW_BASE:
        (void)dry_u256_to_dec(a, &tx->max_fee_per_gas);
        (void)dry_u256_to_dec(b, base_fee);
        return dry__call_failf(
            c, DRY__RPC_SERVER,
            "max fee per gas less than block base fee: address %s, maxFeePerGas: "
            "%s, baseFee: %s",
            who, a, b);
    case DRY_VERDICT_TX_PRIORITY_ABOVE_MAX:
        (void)dry_u256_to_dec(a, &tx->max_priority_fee_per_gas);
        (void)dry_u256_to_dec(b, &tx->max_fee_per_gas);
        return dry__call_failf(c, DRY__RPC_SERVER,
                               "max priority fee per gas higher than max fee per gas: address %s, "
                               "maxPriorityFeePerGas: %s, maxFeePerGas: %s",
                               who, a, b);
    case DRY_VERDICT_TX_GAS_LIMIT_MAX:
        return dry__call_failf(
            c, DRY__RPC_SERVER, "transaction gas limit too high (cap: %llu, tx: %llu)",
            (unsigned long long)rules->tx_gas_limit_max, (unsigned long long)tx->gas_limit);
    case DRY_VERDICT_TX_INITCODE_SIZE:
        return dry__call_failf(c, DRY__RPC_SERVER,
                               "max initcode size exceeded: code size %zu limit %u", tx->data.len,
                               rules->initcode_size_max);
    case DRY_VERDICT_TX_SIGNATURE_VRS:
    case DRY_VERDICT_TX_SIGNATURE_V:
    case DRY_VERDICT_TX_SIGNATURE_RECOVERY:
        return dry__call_fail(c, DRY__RPC_SERVER, "invalid sender");
    case DRY_VERDICT_TX_BLOB_NONE:
        return dry__call_fail(c, DRY__RPC_SERVER, "blob transaction missing blob hashes");
    case DRY_VERDICT_TX_BLOB_CREATE:
        return dry__call_fail(c, DRY__RPC_SERVER, "blob transaction of type create");
    case DRY_VERDICT_TX_AUTHORIZATION_NONE:
        return dry__call_failf(c, DRY__RPC_SERVER,
                               "EIP-7702 transaction with empty auth list (sender %s)", who);
    case DRY_VERDICT_TX_CHAIN_ID:
        return dry__call_failf(
            c, DRY__RPC_SERVER, "invalid sender: invalid chain id for signer: have %llu want %llu",
            (unsigned long long)tx->chain_id, (unsigned long long)rules->chain_id);
    default:
        return dry__call_fail(c, DRY__RPC_SERVER, dry_verdict_text(verdict));
    }
}

static const struct {
    uint8_t code;
    const char *text;
} panics[] = {
    {0x00, "generic panic"},
    {0x01, "assert(false)"},
    {0x11, "arithmetic underflow or overflow"},
    {0x12, "division or modulo by zero"},
    {0x21, "enum overflow"},
    {0x22, "invalid encoded storage byte array accessed"},
    {0x31, "out-of-bounds array access; popping on an empty array"},
    {0x32, "out-of-bounds access of an array or bytesN"},
    {0x41, "out of memory"},
    {0x51, "uninitialized function"},
};

static const char *panic_text(const struct dry_u256 *code)
{
    for (size_t i = 0; i < DRY_COUNT(panics); i++)
        if (dry_u256_is_u64(code) && code->w[0] == panics[i].code)
            return panics[i].text;
    return "unknown panic code";
}

/* The text of Error(string), when that is what it is. */
static bool revert_reason(struct dry_bytes out, struct dry_bytes *text)
{
    struct dry_u256 at, len;

    if (out.len < 4 + 64 || memcmp(out.ptr, "\x08\xc3\x79\xa0", 4) != 0)
        return false;
    dry_u256_from_be32(&at, out.ptr + 4);
    if (!dry_u256_is_u64(&at) || at.w[0] > out.len - 4 - 32)
        return false;
    dry_u256_from_be32(&len, out.ptr + 4 + at.w[0]);
    if (!dry_u256_is_u64(&len) || len.w[0] > out.len - 4 - 32 - at.w[0])
        return false;
    *text = dry_bytes_of(out.ptr + 4 + 32 + at.w[0], len.w[0]);
    return true;
}

static dry_status fail_revert(struct dry__call *c, struct dry_bytes output)
{
    struct dry_buf hex = {0};
    struct dry_json_writer w;
    struct dry_bytes reason;
    struct dry_u256 code;
    dry_status st;

    dry_json_begin(&w, &hex);
    dry_json_write_hex(&w, output);
    st = dry_json_end(&w);
    if (dry_ok(st))
        st = dry_arena_copy(c->arena, &c->data, dry_buf_bytes(&hex));
    dry_buf_fini(&hex);
    if (!dry_ok(st))
        return st;
    if (revert_reason(output, &reason))
        return dry__call_failf(c, DRY__RPC_REVERT, "execution reverted: %.*s",
                               (int)(reason.len < 900 ? reason.len : 900),
                               (const char *)reason.ptr);
    if (output.len == 36 && memcmp(output.ptr, "\x4e\x48\x7b\x71", 4) == 0) {
        dry_u256_from_be32(&code, output.ptr + 4);
        return dry__call_failf(c, DRY__RPC_REVERT, "execution reverted: %s", panic_text(&code));
    }
    return dry__call_fail(c, DRY__RPC_REVERT, "execution reverted");
}

dry_status dry__call_fail_end(struct dry__call *c, const struct dry_tx_result *r)
{
    if (r->end == DRY_EVM_REVERT)
        return fail_revert(c, r->output);
    return dry__call_fail(c, DRY__RPC_SERVER, dry_evm_end_text(r->end));
}
