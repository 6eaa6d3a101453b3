/* overrides.c - what callers may change of state and block for one call. */
#include "args.h"
#include <drystone/crypto.h>
#include <drystone/execution.h>
#include <stdlib.h>

#define ACCOUNTS_MAX 10000u
#define SLOTS_MAX 100000u
#define PRECOMPILES_MAX 32u

static dry_status wrong(struct dry__call *c, const char *what)
{
    return dry__call_failf(c, DRY__RPC_PARAMS, "invalid override: %s", what);
}

static bool member(struct dry_json_value v, const char *key, struct dry_json_value *out)
{
    return dry_json_get(v, key, out) && !dry_json_is_null(*out);
}

static int slot_order(const void *a, const void *b)
{
    return memcmp(((const struct dry_slot_diff *)a)->key.b,
                  ((const struct dry_slot_diff *)b)->key.b, 32);
}

static dry_status slots_read(struct dry__call *c, struct dry_account_diff *d,
                             struct dry_json_value v)
{
    struct dry_json_iter it = {0};
    struct dry_json_value name, m;
    struct dry_slot_diff *list;
    dry_status st = DRY_OK;

    if (dry_json_type(v) != DRY_JSON_OBJECT || dry_json_count(v) > SLOTS_MAX)
        return wrong(c, "state and stateDiff want an object of at most 100,000 slots");
    list = dry_arena_zalloc(c->arena, dry_json_count(v) + 1u, sizeof(*list));
    if (list == NULL)
        return DRY_ENOMEM;
    while (dry_ok(st) && dry_json_next(v, &it, &name, &m)) {
        struct dry_slot_diff s;
        struct dry_hash value;

        st = dry__slot_key(c, name, &s.key);
        if (dry_ok(st))
            st = dry__slot_key(c, m, &value);
        if (!dry_ok(st))
            break;
        dry_u256_from_be32(&s.value, value.b);
        list[d->slot_count++] = s;
    }
    if (d->slot_count != 0)
        qsort(list, d->slot_count, sizeof(*list), slot_order);
    d->slots = list;
    return st;
}

static dry_status fail_of(struct dry__call *c, const struct dry_address *a, const char *what)
{
    char text[43];

    dry__checksummed(text, a);
    return dry__call_failf(c, DRY__RPC_SERVER, "account %s %s", text, what);
}

static dry_status storage_read(struct dry__call *c, struct dry_account_diff *d,
                               struct dry_json_value v)
{
    struct dry_json_value state, diff;
    bool has_state = member(v, "state", &state), has_diff = member(v, "stateDiff", &diff);

    if (has_state && has_diff)
        return fail_of(c, &d->address, "has both 'state' and 'stateDiff'");
    d->storage_wiped = has_state;
    if (!has_state && !has_diff)
        return DRY_OK;
    return slots_read(c, d, has_state ? state : diff);
}

static dry_status account_read(struct dry__call *c, struct dry_account_diff *d,
                               struct dry_state_reader *below, struct dry_json_value v)
{
    struct dry_account a = {.code_hash = dry_hash_empty_code};
    struct dry_json_value m;
    bool exists;
    dry_status st;

    if (dry_json_type(v) != DRY_JSON_OBJECT && !dry_json_is_null(v))
        return wrong(c, "want an object for each account");
    st = below->ops->account(below, &exists, &a, &d->address);
    if (!dry_ok(st))
        return st;
    d->exists = true;
    d->nonce = a.nonce;
    d->balance = a.balance;
    d->code_hash = a.code_hash;
    if (member(v, "nonce", &m) && !dry_ok(dry_json_quantity_u64(m, &d->nonce, NULL)))
        return wrong(c, "nonce must be a quantity of at most 64 bits");
    if (member(v, "balance", &m) && !dry_ok(dry_json_quantity_u256(m, &d->balance, NULL)))
        return wrong(c, "balance must be a quantity of at most 256 bits");
    if (member(v, "code", &m)) {
        if (!dry_ok(dry_json_data_arena(m, &d->code, NULL, c->arena)))
            return wrong(c, "code must be data in hexadecimal");
        dry_keccak256(&d->code_hash, d->code);
        d->code_changed = true;
    }
    return storage_read(c, d, v);
}

/* --- precompiles --- */

static bool overridden(const struct dry_state_diff *d, const struct dry_address *a)
{
    for (uint32_t i = 0; i < d->count; i++)
        if (dry_address_equal(&d->accounts[i].address, a))
            return true;
    return false;
}

/* A precompile whose account is overridden is none any more, or runs elsewhere. */
static dry_status moves_read(struct dry__call *c, const struct dry_state_diff *d,
                             struct dry_block_env *env, struct dry_json_value v)
{
    struct dry_json_iter it = {0};
    struct dry_json_value name, m, to;
    struct dry_precompile_move *list;

    list = dry_arena_zalloc(c->arena, 2u * PRECOMPILES_MAX, sizeof(*list));
    if (list == NULL)
        return DRY_ENOMEM;
    env->moves = list;
    while (dry_json_next(v, &it, &name, &m)) {
        struct dry_address from, target;
        bool is = dry_ok(dry_json_address(name, &from, NULL)) &&
                  dry_precompile_is(&env->rules, &from) &&
                  env->move_count + 2 <= 2u * PRECOMPILES_MAX;
        bool moves =
            dry_json_type(m) == DRY_JSON_OBJECT && member(m, "movePrecompileToAddress", &to);

        if (is)
            list[env->move_count++] = (struct dry_precompile_move){.at = from, .none = true};
        if (!moves)
            continue;
        if (!dry_ok(dry_json_address(to, &target, NULL)))
            return wrong(c, "movePrecompileToAddress must be an address");
        if (!is)
            return fail_of(c, &from, "is not a precompile");
        if (overridden(d, &target))
            return fail_of(c, &target, "is already overridden");
        list[env->move_count++] = (struct dry_precompile_move){.at = target, .of = from};
    }
    return DRY_OK;
}

/* --- accounts --- */

static int account_order(const void *a, const void *b)
{
    return memcmp(((const struct dry_account_diff *)a)->address.b,
                  ((const struct dry_account_diff *)b)->address.b, 20);
}

dry_status dry__override_state(struct dry__call *c, struct dry_state_diff *out,
                               struct dry_block_env *env, struct dry_state_reader *below,
                               struct dry_json_value v)
{
    struct dry_json_iter it = {0};
    struct dry_json_value name, m;
    struct dry_account_diff *list;
    dry_status st = DRY_OK;

    if (dry_json_type(v) != DRY_JSON_OBJECT || dry_json_count(v) > ACCOUNTS_MAX)
        return wrong(c, "want an object of at most 10,000 accounts");
    list = dry_arena_zalloc(c->arena, dry_json_count(v) + 1u, sizeof(*list));
    if (list == NULL)
        return DRY_ENOMEM;
    while (dry_ok(st) && dry_json_next(v, &it, &name, &m)) {
        struct dry_account_diff d = {.exists = true};

        if (!dry_ok(dry_json_address(name, &d.address, NULL)))
            return wrong(c, "accounts are named by their address");
        st = account_read(c, &d, below, m);
        if (dry_ok(st))
            list[out->count++] = d;
    }
    if (out->count != 0)
        qsort(list, out->count, sizeof(*list), account_order);
    out->accounts = list;
    return dry_ok(st) ? moves_read(c, out, env, v) : st;
}

/* --- the block --- */

static dry_status number(struct dry__call *c, struct dry_json_value v, const char *key,
                         uint64_t *out)
{
    struct dry_json_value m;

    if (!member(v, key, &m) || dry_ok(dry_json_quantity_u64(m, out, NULL)))
        return DRY_OK;
    return dry__call_failf(c, DRY__RPC_PARAMS, "invalid override: %s must be a quantity", key);
}

static dry_status word(struct dry__call *c, struct dry_json_value v, const char *key,
                       struct dry_u256 *out)
{
    struct dry_json_value m;

    if (!member(v, key, &m) || dry_ok(dry_json_quantity_u256(m, out, NULL)))
        return DRY_OK;
    return dry__call_failf(c, DRY__RPC_PARAMS, "invalid override: %s must be a quantity", key);
}

dry_status dry__override_block(struct dry__call *c, struct dry_block_env *env,
                               struct dry_json_value v)
{
    static const char *const simulated[] = {"beaconRoot", "withdrawals"};
    struct dry_json_value m;
    dry_status st;

    if (dry_json_type(v) != DRY_JSON_OBJECT)
        return wrong(c, "want an object for the block");
    for (size_t i = 0; i < DRY_COUNT(simulated); i++)
        if (member(v, simulated[i], &m))
            return dry__call_failf(c, DRY__RPC_SERVER,
                                   "block override \"%s\" is not supported for this RPC method",
                                   simulated[i]);
    st = number(c, v, "number", &env->number);
    if (dry_ok(st))
        st = number(c, v, "time", &env->time);
    if (dry_ok(st))
        st = number(c, v, "gasLimit", &env->gas_limit);
    if (dry_ok(st))
        st = word(c, v, "difficulty", &env->difficulty);
    if (dry_ok(st))
        st = word(c, v, "baseFeePerGas", &env->base_fee);
    if (dry_ok(st))
        st = word(c, v, "baseFee", &env->base_fee);
    if (dry_ok(st))
        st = word(c, v, "blobBaseFee", &env->blob_base_fee);
    if (!dry_ok(st))
        return st;
    if ((member(v, "feeRecipient", &m) || member(v, "coinbase", &m)) &&
        !dry_ok(dry_json_address(m, &env->coinbase, NULL)))
        return wrong(c, "feeRecipient must be an address");
    if ((member(v, "prevRandao", &m) || member(v, "random", &m)) &&
        !dry_ok(dry_json_hash(m, &env->prev_randao, NULL)))
        return wrong(c, "prevRandao must be 32 bytes");
    return DRY_OK;
}
