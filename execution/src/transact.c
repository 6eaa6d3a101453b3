/* One transaction in the world: checks against state, charges, authorizations, the message, refunds
 * and fees. */
#include "rules_impl.h"
#include <drystone/crypto.h>

/* What one transaction carries through its steps. */
struct run {
    struct dry__serial *e;
    struct dry__world *w;
    const struct dry_rules *rules;
    const struct dry_tx *tx;
    uint32_t flags;
    struct dry_block_env env; /* a call without fees sees none */
    struct dry__account *sender;
    struct dry_u256 gas_price; /* what a unit of gas costs the sender */
    uint64_t intrinsic, floor;
};

static bool is_free(const struct run *r)
{
    return (r->flags & DRY_CALL_SKIP_BASE_FEE) != 0 && dry_u256_is_zero(&r->tx->max_fee_per_gas);
}

/* All checks that need no account, in the order their verdicts take precedence. */
static enum dry_verdict checks(struct run *r)
{
    const struct dry_tx *tx = r->tx;
    struct dry__serial *e = r->e;
    uint64_t blob_gas = (uint64_t)tx->blob_count * DRY_BLOB_GAS;
    enum dry_verdict v = dry__tx_check_form(tx, r->rules, r->flags);

    if (v != DRY_VERDICT_VALID)
        return v;
    if (is_free(r))
        r->env.base_fee = DRY_U256_ZERO;
    if (is_free(r) && tx->blob_count != 0 && dry_u256_is_zero(&tx->max_fee_per_blob_gas))
        r->env.blob_base_fee = DRY_U256_ZERO;
    if (dry_u256_less(&tx->max_fee_per_gas, &r->env.base_fee))
        return DRY_VERDICT_TX_FEE_BELOW_BASE;
    v = dry__tx_check_gas(tx, r->rules, r->flags);
    if (v != DRY_VERDICT_VALID)
        return v;
    if ((r->flags & DRY_CALL_SKIP_GAS_CAP) == 0 && tx->gas_limit > e->env.gas_limit - e->gas_used)
        return DRY_VERDICT_TX_GAS_ALLOWANCE;
    if (tx->type != DRY_TX_BLOB)
        return DRY_VERDICT_VALID;
    if (e->blob_gas_used + blob_gas > (uint64_t)r->rules->blob.max * DRY_BLOB_GAS)
        return DRY_VERDICT_TX_BLOB_ALLOWANCE;
    return dry_u256_less(&tx->max_fee_per_blob_gas, &r->env.blob_base_fee) ? DRY_VERDICT_TX_BLOB_FEE
                                                                           : DRY_VERDICT_VALID;
}

/* *out = gas * price + value + blob gas * blob price; false when it does not fit. */
static bool cost(struct dry_u256 *out, const struct dry_tx *tx, const struct dry_u256 *price,
                 const struct dry_u256 *blob_price, const struct dry_u256 *value)
{
    struct dry_u256 gas = DRY_U256(tx->gas_limit), blobs;

    blobs = DRY_U256((uint64_t)tx->blob_count * DRY_BLOB_GAS);
    if (dry_u256_mul_overflow(&gas, &gas, price) ||
        dry_u256_mul_overflow(&blobs, &blobs, blob_price))
        return false;
    return !dry_u256_add(out, &gas, &blobs) && !dry_u256_add(out, out, value);
}

static enum dry_verdict sender_check(struct run *r)
{
    const struct dry_tx *tx = r->tx;
    struct dry_u256 need;

    if ((r->flags & DRY_CALL_SKIP_NONCE) == 0) {
        if (tx->nonce < r->sender->nonce)
            return DRY_VERDICT_TX_NONCE_TOO_LOW;
        if (tx->nonce > r->sender->nonce)
            return DRY_VERDICT_TX_NONCE_TOO_HIGH;
    }
    if ((r->flags & DRY_CALL_SKIP_FUNDS) != 0)
        need = tx->value;
    else if (!cost(&need, tx, &tx->max_fee_per_gas, &tx->max_fee_per_blob_gas, &tx->value))
        return DRY_VERDICT_TX_FUNDS;
    if (dry_u256_less(&r->sender->balance, &need))
        return DRY_VERDICT_TX_FUNDS;
    if ((r->flags & DRY_CALL_SKIP_EOA) == 0 &&
        !dry_hash_equal(&r->sender->code_hash, &dry_hash_empty_code)) {
        struct dry_address target;
        struct dry_bytes code = dry__world_code(r->w, r->sender);

        if (r->rules->evm_fork < DRY_FORK_PRAGUE || !dry__delegation(&target, code))
            return DRY_VERDICT_TX_SENDER_NOT_EOA;
    }
    return DRY_VERDICT_VALID;
}

static void charge(struct run *r)
{
    struct dry_u256 price, zero = DRY_U256_ZERO;

    if ((r->flags & DRY_CALL_SKIP_FUNDS) == 0 &&
        cost(&price, r->tx, &r->gas_price, &r->env.blob_base_fee, &zero))
        dry__world_sub_balance(r->w, r->sender, &price);
    dry__world_set_nonce(r->w, r->sender, r->sender->nonce + 1);
}

static void warm(struct dry__world *w, const struct dry_address *address)
{
    struct dry__account *a = dry__world_account(w, address);

    if (a != NULL)
        (void)dry__world_warm_account(w, a);
}

void dry__warm_start(struct dry__world *w, const struct dry_address *sender,
                     const struct dry_address *to)
{
    if (w->rules->evm_fork < DRY_FORK_BERLIN)
        return;
    w->precompiles_warm = true;
    warm(w, sender);
    warm(w, to);
}

/* EIP-2930, 3651. */
static void warm_listed(struct run *r)
{
    const struct dry_tx *tx = r->tx;

    if (r->rules->evm_fork >= DRY_FORK_SHANGHAI)
        warm(r->w, &r->env.coinbase);
    for (uint32_t i = 0; i < tx->access_count; i++) {
        struct dry__account *a = dry__world_account(r->w, &tx->access[i].address);

        if (a == NULL)
            return;
        (void)dry__world_warm_account(r->w, a);
        for (uint32_t k = 0; k < tx->access[i].key_count; k++) {
            struct dry__slot *s = dry__world_slot(r->w, a, &tx->access[i].keys[k]);

            if (s == NULL)
                return;
            (void)dry__world_warm_slot(r->w, a, s);
        }
    }
}

/* The signer of an authorization, or false when it cannot apply. */
static bool authority(struct dry_address *out, dry_status *st, const struct dry_authorization *a,
                      const struct dry_rules *rules)
{
    static const struct dry_u256 half_order = {
        {0xdfe92f46681b20a0u, 0x5d576e7357a4501du, 0xffffffffffffffffu, 0x7fffffffffffffffu}};
    struct dry_ecdsa_signature sig = {.y_parity = a->y_parity};
    struct dry_u256 ours = DRY_U256(rules->chain_id);
    struct dry_buf message = {0};
    struct dry_hash hash;
    bool found = false;

    if (!dry_u256_is_zero(&a->chain_id) && !dry_u256_equal(&a->chain_id, &ours))
        return false;
    if (a->nonce == UINT64_MAX || a->y_parity > 1 || dry_u256_less(&half_order, &a->s))
        return false;
    *st = dry_authorization_encode_unsigned(&message, a);
    if (dry_ok(*st)) {
        dry_keccak256(&hash, dry_buf_bytes(&message));
        dry_u256_to_be32(sig.r, &a->r);
        dry_u256_to_be32(sig.s, &a->s);
        found = dry_secp256k1_recover_address(out, &hash, &sig);
    }
    dry_buf_fini(&message);
    return found;
}

/* The designator ef 01 00 || address, or no code for the zero address. */
static dry_status delegate(struct run *r, struct dry__account *a, const struct dry_address *to)
{
    struct dry_hash hash = dry_hash_empty_code;
    struct dry_bytes code = DRY_BYTES_EMPTY;

    if (!dry_address_is_zero(to)) {
        uint8_t *designator = dry_arena_alloc(r->e->arena, 23);

        if (designator == NULL)
            return DRY_ENOMEM;
        memcpy(designator, "\xef\x01\x00", 3);
        memcpy(designator + 3, to->b, 20);
        code = dry_bytes_of(designator, 23);
        dry_keccak256(&hash, code);
    }
    dry__world_set_code(r->w, a, code, &hash);
    return DRY_OK;
}

/* EIP-7702. A tuple that cannot apply is skipped. */
static dry_status authorizations_apply(struct run *r)
{
    dry_status st = DRY_OK;

    for (uint32_t i = 0; i < r->tx->authorization_count && dry_ok(st); i++) {
        const struct dry_authorization *auth = &r->tx->authorizations[i];
        struct dry_address address, target;
        struct dry__account *a;
        struct dry_bytes code;

        if (!authority(&address, &st, auth, r->rules))
            continue;
        a = dry__world_account(r->w, &address);
        if (a == NULL)
            return r->w->error;
        (void)dry__world_warm_account(r->w, a);
        code = dry__world_code(r->w, a);
        if ((code.len != 0 && !dry__delegation(&target, code)) || a->nonce != auth->nonce)
            continue;
        if (a->exists)
            dry__world_add_refund(r->w, DRY__AUTHORIZATION_REFUND);
        st = delegate(r, a, &auth->address);
        dry__world_set_nonce(r->w, a, auth->nonce + 1);
    }
    return dry_ok(st) ? r->w->error : st;
}

static dry_status message_run(struct run *r, struct dry__message_result *result,
                              struct dry_tx_result *out)
{
    const struct dry_tx *tx = r->tx;
    struct dry__tx_context context = {.env = &r->env,
                                      .origin = r->sender->address,
                                      .gas_price = r->gas_price,
                                      .blob_count = tx->blob_count,
                                      .blob_hashes = tx->blob_hashes,
                                      .brief = (r->flags & DRY_CALL_BRIEF) != 0};
    struct dry__message message = {.kind = DRY_FRAME_CALL,
                                   .caller = r->sender->address,
                                   .to = tx->to,
                                   .value = tx->value,
                                   .gas = tx->gas_limit - r->intrinsic,
                                   .input = tx->data};

    if (!tx->has_to) {
        message.kind = DRY_FRAME_CREATE;
        dry_create_address(&message.to, &r->sender->address, r->sender->nonce - 1);
        out->has_contract_address = true;
        out->contract_address = message.to;
    }
    dry__warm_start(r->w, &message.caller, &message.to);
    if (r->rules->evm_fork >= DRY_FORK_PRAGUE && tx->has_to) {
        struct dry__account *to = dry__world_account(r->w, &message.to);
        struct dry_address target;

        if (to != NULL && dry__delegation(&target, dry__world_code(r->w, to)))
            warm(r->w, &target);
    }
    if (!dry_ok(r->w->error))
        return r->w->error;
    return dry__evm_run(r->e->evm, result, r->w, &context, &message);
}

/* Refunds (EIP-3529), the floor (EIP-7623), the sender's change and the coinbase's fee. */
static dry_status settle(struct run *r, struct dry_tx_result *out, uint64_t gas_left)
{
    uint64_t used = r->tx->gas_limit - gas_left;
    uint64_t cap = used / (r->rules->evm_fork >= DRY_FORK_LONDON ? 5 : 2);
    struct dry_u256 change, fee, tip;

    out->gas_refunded = r->w->refund < cap ? r->w->refund : cap;
    out->gas_peak = used > r->floor ? used : r->floor;
    out->gas_used = used - out->gas_refunded;
    if (out->gas_used < r->floor)
        out->gas_used = r->floor;
    if ((r->flags & DRY_CALL_SKIP_FUNDS) != 0)
        return r->w->error;
    change = DRY_U256(r->tx->gas_limit - out->gas_used);
    dry_u256_mul(&change, &change, &r->gas_price);
    dry__world_add_balance(r->w, r->sender, &change);
    (void)dry_u256_sub(&tip, &r->gas_price, &r->env.base_fee);
    fee = DRY_U256(out->gas_used);
    dry_u256_mul(&fee, &fee, &tip);
    if (dry_ok(r->w->error)) {
        struct dry__account *coinbase = dry__world_account(r->w, &r->env.coinbase);

        if (coinbase != NULL)
            dry__world_add_balance(r->w, coinbase, &fee);
    }
    return r->w->error;
}

dry_status dry__result_keep(struct dry__world *w, struct dry_tx_result *out,
                            struct dry_bytes output)
{
    dry_status st = dry_arena_copy(w->arena, &out->output, output);
    struct dry_bytes logs = DRY_BYTES_EMPTY;

    if (dry_ok(st) && w->log_count != 0)
        st =
            dry_arena_copy(w->arena, &logs, dry_bytes_of(w->logs, w->log_count * sizeof(*w->logs)));
    out->logs = (const struct dry_log_entry *)(const void *)logs.ptr;
    out->log_count = dry_ok(st) ? w->log_count : 0;
    return st;
}

dry_status dry__transact(struct dry__serial *e, enum dry_verdict *verdict,
                         struct dry_tx_result *out, const struct dry_tx *tx,
                         const struct dry_address *sender, uint32_t flags)
{
    struct run r = {
        .e = e, .w = &e->world, .rules = &e->env.rules, .tx = tx, .flags = flags, .env = e->env};
    struct dry__message_result result;
    dry_status st;

    *verdict = checks(&r);
    if (*verdict != DRY_VERDICT_VALID)
        return DRY_OK;
    r.sender = dry__world_account(r.w, sender);
    if (r.sender == NULL)
        return r.w->error;
    *verdict = sender_check(&r);
    if (*verdict != DRY_VERDICT_VALID || !dry_ok(r.w->error))
        return r.w->error;
    *out = (struct dry_tx_result){0};
    dry_tx_effective_gas_price(&r.gas_price, tx, &r.env.base_fee);
    dry_tx_intrinsic_gas(&r.intrinsic, &r.floor, tx, r.rules);
    charge(&r);
    if (r.rules->evm_fork >= DRY_FORK_BERLIN)
        warm_listed(&r);
    st = authorizations_apply(&r);
    if (!dry_ok(st))
        return st;
    st = message_run(&r, &result, out);
    if (!dry_ok(st))
        return st;
    out->end = result.end;
    st = settle(&r, out, result.gas_left);
    return dry_ok(st) ? dry__result_keep(r.w, out, result.output) : st;
}
