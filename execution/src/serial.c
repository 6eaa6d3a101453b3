/* The serial executor: one transaction after another in one world. */
#include "rules_impl.h"

#define CODE_CACHE_BYTES ((uint64_t)32 << 20)
#define GWEI 1000000000u

static struct dry__serial *serial_of(struct dry_executor *e)
{
    return (struct dry__serial *)e;
}

static dry_status serial_open(struct dry_executor **out, const struct dry_executor_settings *set)
{
    struct dry__serial *e = dry_alloc(sizeof(*e));
    uint64_t cache =
        set != NULL && set->code_cache_bytes != 0 ? set->code_cache_bytes : CODE_CACHE_BYTES;
    dry_status st;

    if (e == NULL)
        return DRY_ENOMEM;
    e->base.ops = &dry_executor_serial;
    if (set != NULL)
        memcpy(e->secret.w, set->secret, sizeof(e->secret.w));
    st = dry__evm_open(&e->evm, cache);
    if (!dry_ok(st)) {
        dry_free(e);
        return st;
    }
    *out = &e->base;
    return DRY_OK;
}

static void block_drop(struct dry__serial *e)
{
    dry__world_close(&e->world);
    dry_free(e->receipts);
    e->receipts = NULL;
    e->receipt_count = e->receipt_cap = 0;
    e->gas_used = e->blob_gas_used = 0;
    e->bloom = (struct dry_bloom){{0}};
}

static void serial_close(struct dry_executor *executor)
{
    struct dry__serial *e = serial_of(executor);

    if (e == NULL)
        return;
    block_drop(e);
    dry__evm_close(e->evm);
    dry_free(e);
}

static void dao_fork(struct dry__serial *e)
{
    dry__world_tx_begin(&e->world);
    dry__dao_transfer(&e->world);
    dry__world_tx_end(&e->world);
}

/* EIP-4788 and EIP-2935: a failing or missing contract changes nothing. */
static dry_status opening_calls(struct dry__serial *e)
{
    struct dry_bytes output;
    dry_status st = DRY_OK;
    bool ran, ok;

    if (e->env.rules.evm_fork >= DRY_FORK_CANCUN)
        st = dry__system_call(e, &ran, &ok, &output, &dry_system_contracts[0].address,
                              DRY_BYTES_ARRAY(e->env.parent_beacon_root.b));
    if (dry_ok(st) && e->env.rules.evm_fork >= DRY_FORK_PRAGUE)
        st = dry__system_call(e, &ran, &ok, &output, &dry_system_contracts[1].address,
                              DRY_BYTES_ARRAY(e->env.parent_hash.b));
    return st;
}

static dry_status serial_begin(struct dry_executor *executor, enum dry_verdict *verdict,
                               const struct dry_block_env *env, struct dry_state_reader *reader,
                               const struct dry_tracer *tracer, struct dry_arena *arena)
{
    struct dry__serial *e = serial_of(executor);
    dry_status st;

    *verdict = DRY_VERDICT_VALID;
    block_drop(e);
    e->env = *env;
    e->arena = arena;
    if (env->rules.evm_fork >= DRY_FORK_CANCUN && dry_u256_is_zero(&env->blob_base_fee))
        dry_blob_base_fee(&e->env.blob_base_fee, env->excess_blob_gas, &env->rules);
    st = dry__world_open(&e->world, reader, &e->env.rules, tracer, arena);
    if (!dry_ok(st))
        return st;
    for (unsigned i = 0; i < DRY_COUNT(e->secret.w); i++)
        e->world.secret.w[i] ^= e->secret.w[i];
    if (env->calls_only)
        return DRY_OK;
    if (env->dao_transfer)
        dao_fork(e);
    return dry_ok(e->world.error) ? opening_calls(e) : e->world.error;
}

/* The intermediate root of receipts before Byzantium. */
static dry_status intermediate_root(struct dry__serial *e, struct dry_receipt *receipt)
{
    struct dry_arena_mark mark = dry_arena_mark(e->arena);
    struct dry_state_diff diff;
    dry_status st = dry__world_diff(&e->world, &diff, e->arena);

    if (dry_ok(st))
        st = e->world.reader->ops->root_after(e->world.reader, &receipt->root, &diff);
    dry_arena_rewind(e->arena, mark);
    receipt->has_root = true;
    return st;
}

static dry_status receipt_add(struct dry__serial *e, const struct dry_tx *tx,
                              const struct dry_tx_result *r)
{
    struct dry_receipt *receipt;
    dry_status st = DRY_OK;

    if (e->receipt_count == e->receipt_cap) {
        uint32_t cap = e->receipt_cap == 0 ? 16 : 2 * e->receipt_cap;
        struct dry_receipt *grown =
            dry_realloc(e->receipts, e->receipt_cap * sizeof(*grown), cap * sizeof(*grown));

        if (grown == NULL)
            return DRY_ENOMEM;
        e->receipts = grown;
        e->receipt_cap = cap;
    }
    receipt = &e->receipts[e->receipt_count];
    *receipt = (struct dry_receipt){.type = tx->type,
                                    .success = r->end == DRY_EVM_SUCCESS,
                                    .cumulative_gas_used = e->gas_used + r->gas_used,
                                    .log_count = r->log_count,
                                    .logs = r->logs,
                                    .gas_used = r->gas_used,
                                    .has_contract_address = r->has_contract_address,
                                    .contract_address = r->contract_address};
    for (uint32_t i = 0; i < r->log_count; i++)
        dry__bloom_add(&receipt->bloom, &r->logs[i]);
    if (e->env.rules.evm_fork < DRY_FORK_BYZANTIUM)
        st = intermediate_root(e, receipt);
    if (!dry_ok(st))
        return st;
    for (size_t i = 0; i < sizeof(e->bloom.b); i++)
        e->bloom.b[i] |= receipt->bloom.b[i];
    e->receipt_count++;
    return DRY_OK;
}

static dry_status serial_transact(struct dry_executor *executor, enum dry_verdict *verdict,
                                  struct dry_tx_result *out, const struct dry_tx *tx,
                                  const struct dry_address *sender)
{
    struct dry__serial *e = serial_of(executor);
    dry_status st;

    DRY_ASSERT(e->world.impl != NULL); /* begin comes first */
    if (!dry_ok(e->world.error))
        return e->world.error;
    dry__evm_stop_clear(e->evm);
    dry__world_tx_begin(&e->world);
    st = dry__transact(e, verdict, out, tx, sender, 0);
    if (!dry_ok(st) || *verdict != DRY_VERDICT_VALID)
        return st;
    dry__world_tx_end(&e->world);
    if (!dry_ok(e->world.error))
        return e->world.error;
    st = receipt_add(e, tx, out);
    if (!dry_ok(st))
        return st;
    e->gas_used += out->gas_used;
    e->blob_gas_used += (uint64_t)tx->blob_count * DRY_BLOB_GAS;
    return DRY_OK;
}

static void pay(struct dry__serial *e, const struct dry_address *address,
                const struct dry_u256 *amount)
{
    struct dry__account *a = dry__world_account(&e->world, address);

    if (a != NULL)
        dry__world_add_balance(&e->world, a, amount);
}

/* Block and uncle rewards (Yellow Paper 11.3, EIP-649, EIP-1234). */
static void rewards(struct dry__serial *e, const struct dry_block *body)
{
    uint64_t ether = e->env.rules.evm_fork >= DRY_FORK_CONSTANTINOPLE ? 2
                     : e->env.rules.evm_fork >= DRY_FORK_BYZANTIUM    ? 3
                                                                      : 5;
    struct dry_u256 reward = DRY_U256(ether * 1000000000000000000u), part;

    for (uint32_t i = 0; i < body->ommer_count; i++) {
        const struct dry_header *ommer = &body->ommers[i];
        uint64_t age = e->env.number - ommer->number;

        if (ommer->number >= e->env.number || age > 7)
            continue; /* dry_ommers_check() refuses these */
        part = DRY_U256(ether * 1000000000000000000u / 8 * (8 - age));
        pay(e, &ommer->coinbase, &part);
        part = DRY_U256(ether * 1000000000000000000u / 32);
        (void)dry_u256_add(&reward, &reward, &part);
    }
    pay(e, &e->env.coinbase, &reward);
}

static void withdrawals(struct dry__serial *e, const struct dry_block *body)
{
    for (uint32_t i = 0; i < body->withdrawal_count; i++) {
        struct dry_u256 wei = DRY_U256(body->withdrawals[i].amount_gwei), gwei = DRY_U256(GWEI);

        dry_u256_mul(&wei, &wei, &gwei);
        pay(e, &body->withdrawals[i].address, &wei);
    }
}

static dry_status serial_finish(struct dry_executor *executor, enum dry_verdict *verdict,
                                struct dry_block_result *out, const struct dry_block *body)
{
    struct dry__serial *e = serial_of(executor);
    struct dry_bytes receipts;
    dry_status st;

    DRY_ASSERT(e->world.impl != NULL);
    *verdict = DRY_VERDICT_VALID;
    *out = (struct dry_block_result){0};
    dry__world_tx_begin(&e->world);
    if (e->env.rules.fork < DRY_FORK_PARIS)
        rewards(e, body);
    withdrawals(e, body);
    dry__world_tx_end(&e->world);
    if (!dry_ok(e->world.error))
        return e->world.error;
    st = dry__requests(e, verdict, out);
    if (!dry_ok(st) || *verdict != DRY_VERDICT_VALID)
        goto done;
    st = dry__world_diff(&e->world, &out->diff, e->arena);
    if (dry_ok(st))
        st = dry_arena_copy(e->arena, &receipts,
                            dry_bytes_of(e->receipts, e->receipt_count * sizeof(*e->receipts)));
    if (!dry_ok(st))
        goto done;
    out->receipts = (const struct dry_receipt *)(const void *)receipts.ptr;
    out->receipt_count = e->receipt_count;
    out->gas_used = e->gas_used;
    out->blob_gas_used = e->blob_gas_used;
    out->bloom = e->bloom;
done:
    block_drop(e);
    return st;
}

/* End a call that ran: tell its diff, then take everything back. */
static dry_status call_undo(struct dry__serial *e, struct dry_state_diff *diff)
{
    dry_status st = e->world.error;

    if (dry_ok(st) && diff != NULL) {
        dry__world_tx_remove(&e->world);
        st = dry__world_diff(&e->world, diff, e->arena);
    }
    dry__world_revert(&e->world, 0);
    return st;
}

static dry_status serial_call(struct dry_executor *executor, enum dry_verdict *verdict,
                              struct dry_tx_result *out, struct dry_state_diff *diff,
                              const struct dry_tx *tx, const struct dry_address *sender,
                              uint32_t flags)
{
    struct dry__serial *e = serial_of(executor);
    dry_status st;

    DRY_ASSERT(e->world.impl != NULL);
    if (!dry_ok(e->world.error))
        return e->world.error;
    dry__evm_stop_clear(e->evm);
    dry__world_tx_begin(&e->world);
    st = dry__transact(e, verdict, out, tx, sender, flags);
    if (!dry_ok(st) || *verdict != DRY_VERDICT_VALID)
        return st;
    return call_undo(e, diff);
}

static void serial_stop(struct dry_executor *executor)
{
    dry__evm_stop(serial_of(executor)->evm);
}

dry_status dry_evm_message(struct dry_executor *serial, struct dry_tx_result *out,
                           struct dry_state_diff *diff, const struct dry_message *message)
{
    struct dry__serial *e = serial_of(serial);
    struct dry__tx_context context = {
        .env = &e->env, .origin = message->origin, .gas_price = message->gas_price};
    struct dry__message m = {.kind = message->create ? DRY_FRAME_CREATE : DRY_FRAME_CALL,
                             .caller = message->caller,
                             .to = message->address,
                             .value = message->value,
                             .gas = message->gas,
                             .input = message->input};
    struct dry__message_result result;
    dry_status st;

    DRY_ASSERT(serial->ops == &dry_executor_serial && e->world.impl != NULL);
    if (!dry_ok(e->world.error))
        return e->world.error;
    dry__evm_stop_clear(e->evm);
    dry__world_tx_begin(&e->world);
    dry__warm_start(&e->world, &message->caller, &message->address);
    st = dry__evm_run(e->evm, &result, &e->world, &context, &m);
    if (!dry_ok(st))
        return st;
    *out = (struct dry_tx_result){.end = result.end,
                                  .gas_used = message->gas - result.gas_left,
                                  .gas_peak = message->gas - result.gas_left,
                                  .gas_refunded = e->world.refund,
                                  .has_contract_address = message->create,
                                  .contract_address = message->address};
    st = dry__result_keep(&e->world, out, result.output);
    return dry_ok(st) ? call_undo(e, diff) : st;
}

const struct dry_executor_ops dry_executor_serial = {
    .abi = DRY_EXECUTOR_ABI,
    .name = "serial",
    .open = serial_open,
    .close = serial_close,
    .begin = serial_begin,
    .transact = serial_transact,
    .finish = serial_finish,
    .call = serial_call,
    .stop = serial_stop,
};
