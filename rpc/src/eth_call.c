/* eth_call.c - messages without a signature: calls, estimates, access lists. */
#include "args.h"
#include "methods.h"
#include <drystone/execution.h>

#define TX_GAS 21000u
#define CALL_STIPEND 2300u
#define ESTIMATE_STEPS_MAX 64u
#define LIST_MAX 10000u /* entries of a list being made */

static uint64_t capped(const struct dry__call *c, uint64_t gas)
{
    return gas < c->rpc->limits.call_gas_max ? gas : c->rpc->limits.call_gas_max;
}

static dry_status call(struct dry__call *c, struct dry_json_writer *w, struct dry__setting *s)
{
    struct dry_tx_result r;
    struct dry__args a;
    struct dry_tx tx;
    dry_status st = dry__args_read(c, &a, 0);

    if (!dry_ok(st))
        return st;
    dry__args_tx(&a, &tx, &s->env.rules,
                 a.has_gas ? capped(c, a.gas) : c->rpc->limits.call_gas_max);
    st = dry__setting_begin(c, s, NULL);
    if (dry_ok(st))
        st = dry__setting_run(c, s, &r, NULL, &tx, &a.from);
    if (s->refused && c->code != 0)
        return dry__call_failf(c, c->code, "err: %.*s (supplied gas %llu)", (int)c->error.len,
                               (const char *)c->error.ptr, (unsigned long long)tx.gas_limit);
    if (!dry_ok(st))
        return st;
    if (r.end == DRY_EVM_OUT_OF_GAS && tx.gas_limit == c->rpc->limits.call_gas_max)
        return dry__call_failf(c, DRY__RPC_SERVER,
                               "out of gas: calls have at most %llu (--rpc-call-gas)",
                               (unsigned long long)tx.gas_limit);
    if (r.end != DRY_EVM_SUCCESS)
        return dry__call_fail_end(c, &r);
    dry_json_write_hex(w, r.output);
    return DRY_OK;
}

DRY__METHOD(eth_call)
{
    struct dry__setting s;
    dry_status st;

    st = dry__setting_open(c, &s, 1, true);
    if (!dry_ok(st))
        return st;
    st = call(c, w, &s);
    dry__setting_close(c, &s);
    return st;
}

/* --- estimates --- */

struct search {
    struct dry__call *c;
    struct dry__setting *s;
    struct dry_tx tx;
    struct dry_address from;
    struct dry_tx_result r;
    bool too_low; /* below what the transaction costs before it runs */
};

/* Whether the message fails with so much gas. */
static dry_status try_gas(struct search *x, uint64_t gas, bool *fails)
{
    dry_status st;

    x->tx.gas_limit = gas;
    x->r = (struct dry_tx_result){.end = DRY_EVM_OUT_OF_GAS};
    if (!dry_u256_is_zero(&x->tx.max_fee_per_gas) || gas != 0) {
        uint64_t intrinsic, floor;
        dry_tx_intrinsic_gas(&intrinsic, &floor, &x->tx, &x->s->env.rules);
        x->too_low = gas < intrinsic || gas < floor;
        *fails = true;
        if (x->too_low)
            return DRY_OK;
    }
    st = dry__setting_run(x->c, x->s, &x->r, NULL, &x->tx, &x->from);
    *fails = x->r.end != DRY_EVM_SUCCESS;
    if (x->s->refused && x->c->code != 0)
        return dry__call_failf(x->c, x->c->code, "failed with %llu gas: %.*s",
                               (unsigned long long)gas, (int)x->c->error.len,
                               (const char *)x->c->error.ptr);
    return st;
}

/* The highest gas limit to try: what is asked for, what the block, the rules, the sender's funds
 * and the server allow. */
static dry_status highest(struct dry__call *c, struct dry__setting *s, const struct dry__args *a,
                          struct search *x, uint64_t *out)
{
    uint64_t hi = a->has_gas && a->gas >= TX_GAS ? a->gas : s->env.gas_limit;
    struct dry_account account = {0};
    struct dry_u256 left, allowance;
    bool exists;
    dry_status st;

    if (!dry_u256_is_zero(&x->tx.max_fee_per_gas)) {
        st = s->reader->ops->account(s->reader, &exists, &account, &a->from);
        if (!dry_ok(st))
            return st;
        if (dry_u256_sub(&left, &account.balance, &a->value) || dry_u256_is_zero(&left))
            return dry__call_fail(c, DRY__RPC_SERVER, "insufficient funds for transfer");
        dry_u256_divmod_var(&allowance, NULL, &left, &x->tx.max_fee_per_gas);
        if (dry_u256_saturate_u64(&allowance) < hi)
            hi = dry_u256_saturate_u64(&allowance);
    }
    if (hi > s->env.rules.tx_gas_limit_max)
        hi = s->env.rules.tx_gas_limit_max;
    *out = capped(c, hi);
    return DRY_OK;
}

static dry_status plain_transfer(struct dry__setting *s, const struct dry__args *a, bool *is)
{
    struct dry_account account = {.code_hash = dry_hash_empty_code};
    bool exists = false;
    dry_status st = DRY_OK;

    *is = a->has_to && a->data.len == 0 && a->access_count == 0 && a->authorization_count == 0;
    if (*is)
        st = s->reader->ops->account(s->reader, &exists, &account, &a->to);
    *is = *is && (!exists || dry_hash_equal(&account.code_hash, &dry_hash_empty_code));
    return st;
}

static dry_status bisect(struct search *x, uint64_t lo, uint64_t hi, uint64_t *out)
{
    uint64_t mid = x->r.gas_peak + CALL_STIPEND + (x->r.gas_peak + CALL_STIPEND) / 63;
    dry_status st = DRY_OK;
    bool fails;

    for (uint32_t i = 0; i < ESTIMATE_STEPS_MAX && dry_ok(st) && lo + 1 < hi; i++) {
        if (i != 0) {
            if ((hi - lo) * 1000 / hi < 15) /* near enough */
                break;
            mid = lo + (hi - lo) / 2;
            if (mid > lo * 2)
                mid = lo * 2;
        } else if (mid >= hi) {
            continue;
        }
        st = try_gas(x, mid, &fails);
        if (fails)
            lo = mid;
        else
            hi = mid;
    }
    *out = hi;
    return st;
}

dry_status dry__estimate(struct dry__call *c, struct dry__setting *s, uint64_t *out,
                         const struct dry__args *a)
{
    struct search x = {.c = c, .s = s, .from = a->from};
    bool plain, fails = true;
    uint64_t hi = 0;
    dry_status st;

    dry__args_tx(a, &x.tx, &s->env.rules, 0);
    st = highest(c, s, a, &x, &hi);
    if (dry_ok(st))
        st = plain_transfer(s, a, &plain);
    if (dry_ok(st) && plain && hi >= TX_GAS) {
        st = try_gas(&x, TX_GAS, &fails);
        if (dry_ok(st) && !fails) {
            *out = TX_GAS;
            return DRY_OK;
        }
    }
    if (dry_ok(st))
        st = try_gas(&x, hi, &fails);
    if (!dry_ok(st))
        return st;
    if (fails && (x.too_low || x.r.end == DRY_EVM_OUT_OF_GAS))
        return dry__call_failf(c, DRY__RPC_SERVER, "gas required exceeds allowance (%llu%s)",
                               (unsigned long long)hi,
                               hi == c->rpc->limits.call_gas_max ? ", --rpc-call-gas" : "");
    if (fails)
        return dry__call_fail_end(c, &x.r);
    return bisect(&x, x.r.gas_used - 1, hi, out);
}

DRY__METHOD(eth_estimateGas)
{
    struct dry__setting s;
    struct dry__args a;
    uint64_t gas = 0;
    dry_status st = dry__args_read(c, &a, 0);

    if (!dry_ok(st))
        return st;
    st = dry__setting_open(c, &s, 1, true);
    if (!dry_ok(st))
        return st;
    st = dry__setting_begin(c, &s, NULL);
    if (dry_ok(st))
        st = dry__estimate(c, &s, &gas, &a);
    if (dry_ok(st))
        dry_json_write_quantity(w, gas);
    dry__setting_close(c, &s);
    return st;
}

/* --- access lists --- */

/* The list as it grows. */
struct listing {
    struct dry_arena *arena;
    struct dry_access_entry *entries;
    uint32_t count, cap, keys; /* keys: of all entries */
    bool grew, failed;
    struct dry_address from, to;
    const struct dry_rules *rules;
};

/* An array in the arena with room for one more; capacities are powers of two. */
static void *room(struct dry_arena *arena, const void *old, uint32_t count, size_t size)
{
    void *n;

    if (count != 0 && (count & (count - 1)) != 0)
        return (void *)(uintptr_t)old;
    n = dry_arena_alloc(arena, (count == 0 ? 1u : count * 2u) * size);
    if (n != NULL && count != 0)
        memcpy(n, old, count * size);
    return n;
}

static struct dry_access_entry *entry_of(struct listing *l, const struct dry_address *a)
{
    void *grown;

    for (uint32_t i = 0; i < l->count; i++)
        if (dry_address_equal(&l->entries[i].address, a))
            return &l->entries[i];
    grown = l->count < LIST_MAX ? room(l->arena, l->entries, l->count, sizeof(*l->entries)) : NULL;
    l->failed = l->failed || grown == NULL;
    if (grown == NULL)
        return NULL;
    l->entries = grown;
    l->entries[l->count] = (struct dry_access_entry){.address = *a};
    l->grew = true;
    return &l->entries[l->count++];
}

static void add_address(struct listing *l, const struct dry_address *a)
{
    if (!dry_precompile_is(l->rules, a) && !dry_address_equal(a, &l->from) &&
        !dry_address_equal(a, &l->to))
        (void)entry_of(l, a);
}

static void add_slot(struct listing *l, const struct dry_address *a, const struct dry_u256 *slot)
{
    struct dry_access_entry *e = entry_of(l, a);
    struct dry_hash *keys;
    struct dry_hash key;

    dry_u256_to_be32(key.b, slot);
    for (uint32_t i = 0; e != NULL && i < e->key_count; i++)
        if (dry_hash_equal(&e->keys[i], &key))
            return;
    keys = e != NULL && l->keys < LIST_MAX ? room(l->arena, e->keys, e->key_count, sizeof(*keys))
                                           : NULL;
    l->failed = l->failed || keys == NULL;
    if (keys == NULL)
        return;
    keys[e->key_count++] = key;
    e->keys = keys;
    l->keys++;
    l->grew = true;
}

/* What reads or writes an account or slot. */
static void on_step(void *ctx, const struct dry_trace_step *s)
{
    struct listing *l = ctx;
    struct dry_address a;

    switch (s->op) {
    case 0x54: /* SLOAD */
    case 0x55: /* SSTORE */
        if (s->stack_len >= 1)
            add_slot(l, &s->address, &s->stack[s->stack_len - 1]);
        break;
    case 0x31: /* BALANCE */
    case 0x3b: /* EXTCODESIZE */
    case 0x3c: /* EXTCODECOPY */
    case 0x3f: /* EXTCODEHASH */
    case 0xff: /* SELFDESTRUCT */
        if (s->stack_len >= 1) {
            dry_address_from_u256(&a, &s->stack[s->stack_len - 1]);
            add_address(l, &a);
        }
        break;
    case 0xf1: /* CALL */
    case 0xf2: /* CALLCODE */
    case 0xf4: /* DELEGATECALL */
    case 0xfa: /* STATICCALL */
        if (s->stack_len >= 5) {
            dry_address_from_u256(&a, &s->stack[s->stack_len - 2]);
            add_address(l, &a);
        }
        break;
    default:
        break;
    }
}

static void listing_start(struct listing *l, const struct dry__args *a, struct dry__call *c,
                          struct dry__setting *s)
{
    struct dry_account account = {0};
    uint64_t nonce = a->nonce;
    bool exists;

    *l = (struct listing){.arena = c->arena, .from = a->from, .to = a->to, .rules = &s->env.rules};
    if (!a->has_to) {
        if (!a->has_nonce &&
            dry_ok(s->reader->ops->account(s->reader, &exists, &account, &a->from)))
            nonce = account.nonce;
        dry_create_address(&l->to, &a->from, nonce);
    }
    for (uint32_t i = 0; i < a->access_count; i++) {
        (void)entry_of(l, &a->access[i].address);
        for (uint32_t k = 0; k < a->access[i].key_count; k++) {
            struct dry_u256 slot;
            dry_u256_from_be32(&slot, a->access[i].keys[k].b);
            add_slot(l, &a->access[i].address, &slot);
        }
    }
}

/* Run with the list as it is until it stays as it is: what a list makes cheap changes the way. */
static dry_status list_make(struct dry__call *c, struct dry__setting *s, struct listing *l,
                            struct dry__args *a, struct dry_tx_result *r)
{
    struct dry_tracer tracer = {.ctx = l, .step = on_step};
    struct dry_tx tx;
    dry_status st = DRY_OK;

    listing_start(l, a, c, s);
    do {
        l->grew = false;
        a->access = l->entries;
        a->access_count = l->count;
        a->has_access = true;
        dry__args_tx(a, &tx, &s->env.rules,
                     a->has_gas ? capped(c, a->gas) : capped(c, s->env.gas_limit));
        st = dry__setting_begin(c, s, &tracer);
        if (dry_ok(st))
            st = dry__setting_run(c, s, r, NULL, &tx, &a->from);
        if (dry_ok(st) && l->failed)
            st = dry__call_fail(c, DRY__RPC_LIMIT, "the access list has more than 10,000 entries");
    } while (dry_ok(st) && l->grew);
    return st;
}

static void write_list(struct dry_json_writer *w, const struct listing *l,
                       const struct dry_tx_result *r)
{
    dry_json_object_begin(w);
    dry_json_key(w, "accessList");
    dry__write_access_list(w, l->entries, l->count);
    if (r->end != DRY_EVM_SUCCESS) {
        dry_json_key(w, "error");
        dry_json_write_str(w, dry_evm_end_text(r->end));
    }
    dry_json_key(w, "gasUsed");
    dry_json_write_quantity(w, r->gas_used);
    dry_json_object_end(w);
}

DRY__METHOD(eth_createAccessList)
{
    struct dry__setting s;
    struct listing l;
    struct dry_tx_result r;
    struct dry__args a;
    dry_status st = dry__args_read(c, &a, 0);

    if (!dry_ok(st))
        return st;
    st = dry__setting_open(c, &s, 1, true);
    if (!dry_ok(st))
        return st;
    st = list_make(c, &s, &l, &a, &r);
    if (dry_ok(st))
        write_list(w, &l, &r);
    dry__setting_close(c, &s);
    return st;
}
