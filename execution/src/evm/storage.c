/* Instructions that read and change accounts and slots. */
#include "evm/machine.h"

#define COLD_SLOT 2100u
#define WARM 100u
#define COLD_ACCOUNT 2600u

uint64_t dry__account_warm(struct dry__evm *evm, struct dry__account *a, uint64_t cold)
{
    struct dry__world *world = evm->world;
    if (!evm->cold_costs || a->warm_stamp == world->tx_stamp)
        return 0;
    return dry__world_warm_account(world, a) ? cold : 0;
}

enum dry_evm_end dry__account_access(struct dry__evm *evm, struct dry__frame *f,
                                     struct dry__account **out, const struct dry_u256 *word)
{
    struct dry_address address;
    dry_address_from_u256(&address, word);
    struct dry__account *a = dry__world_account(evm->world, &address);
    if (a == NULL)
        return DRY_EVM_STOPPED;
    *out = a;
    return dry__charge(&f->gas, dry__account_warm(evm, a, COLD_ACCOUNT - WARM))
               ? DRY_EVM_SUCCESS
               : DRY_EVM_OUT_OF_GAS;
}

/* The slot, warmed; *was_cold under EIP-2929. */
static struct dry__slot *slot_access(struct dry__evm *evm, struct dry__frame *f,
                                     const struct dry_u256 *key, bool *was_cold)
{
    struct dry__world *world = evm->world;
    struct dry_hash k;
    dry_u256_to_be32(k.b, key);
    struct dry__slot *s = dry__world_slot(world, f->self, &k);
    *was_cold = false;
    if (s != NULL && evm->cold_costs && s->warm_stamp != world->tx_stamp)
        *was_cold = dry__world_warm_slot(world, f->self, s);
    return s;
}

enum dry_evm_end dry__op_sload(struct dry__evm *evm, struct dry__frame *f,
                               struct dry_u256 *key_value)
{
    bool cold;
    struct dry__slot *s = slot_access(evm, f, key_value, &cold);
    if (s == NULL)
        return DRY_EVM_STOPPED;
    if (cold && !dry__charge(&f->gas, COLD_SLOT - WARM))
        return DRY_EVM_OUT_OF_GAS;
    if (evm->stepping)
        dry__step_charged(evm, f, f->gas);
    *key_value = s->current;
    return DRY_EVM_SUCCESS;
}

/* Prices of net metering. */
struct metering {
    uint64_t same;  /* nothing changes, or the slot was written before in this transaction */
    uint64_t set;   /* from zero */
    uint64_t reset; /* from another value */
    uint64_t clear; /* refund for zeroing */
};

/* The price of a write under net metering (EIP-1283, 2200, 2929, 3529); the refund moves. */
static uint64_t metered(struct dry__world *world, const struct metering *m,
                        const struct dry__slot *s, const struct dry_u256 *value)
{
    bool original_zero = dry_u256_is_zero(&s->original);
    if (dry_u256_equal(&s->current, value))
        return m->same;
    if (dry_u256_equal(&s->current, &s->original)) {
        if (original_zero)
            return m->set;
        if (dry_u256_is_zero(value))
            dry__world_add_refund(world, m->clear);
        return m->reset;
    }
    if (!original_zero) {
        if (dry_u256_is_zero(&s->current))
            dry__world_sub_refund(world, m->clear);
        else if (dry_u256_is_zero(value))
            dry__world_add_refund(world, m->clear);
    }
    if (dry_u256_equal(&s->original, value))
        dry__world_add_refund(world, (original_zero ? m->set : m->reset) - m->same);
    return m->same;
}

enum dry_evm_end dry__op_sstore(struct dry__evm *evm, struct dry__frame *f,
                                const struct dry_u256 *key, const struct dry_u256 *value)
{
    static const struct metering eip1283 = {200, 20000, 5000, 15000},
                                 eip2200 = {800, 20000, 5000, 15000},
                                 eip2929 = {WARM, 20000, 5000 - COLD_SLOT, 15000},
                                 eip3529 = {WARM, 20000, 5000 - COLD_SLOT, 4800};
    struct dry__world *world = evm->world;
    const struct metering *m = evm->fork >= DRY_FORK_LONDON           ? &eip3529
                               : evm->fork >= DRY_FORK_BERLIN         ? &eip2929
                               : evm->fork >= DRY_FORK_ISTANBUL       ? &eip2200
                               : evm->fork == DRY_FORK_CONSTANTINOPLE ? &eip1283
                                                                      : NULL;
    if (evm->fork >= DRY_FORK_ISTANBUL && f->gas <= 2300)
        return DRY_EVM_OUT_OF_GAS;
    bool cold;
    struct dry__slot *s = slot_access(evm, f, key, &cold);
    if (s == NULL)
        return DRY_EVM_STOPPED;
    uint64_t cost = cold ? COLD_SLOT : 0;
    if (m != NULL) {
        cost += metered(world, m, s, value);
    } else {
        bool from_zero = dry_u256_is_zero(&s->current), to_zero = dry_u256_is_zero(value);
        cost = from_zero && !to_zero ? 20000 : 5000;
        if (!from_zero && to_zero)
            dry__world_add_refund(world, 15000);
    }
    if (!dry__charge(&f->gas, cost))
        return DRY_EVM_OUT_OF_GAS;
    if (evm->stepping)
        dry__step_charged(evm, f, f->gas);
    dry__world_set_slot(world, f->self, s, value);
    return DRY_EVM_SUCCESS;
}

enum dry_evm_end dry__op_selfdestruct(struct dry__evm *evm, struct dry__frame *f,
                                      const struct dry_u256 *heir_word)
{
    struct dry__world *world = evm->world;
    struct dry_address address;
    dry_address_from_u256(&address, heir_word);
    struct dry__account *heir = dry__world_account(world, &address), *self = f->self;
    if (heir == NULL)
        return DRY_EVM_STOPPED;
    struct dry_u256 balance = self->balance;
    uint64_t cost = dry__account_warm(evm, heir, COLD_ACCOUNT);
    if (evm->fork >= DRY_FORK_SPURIOUS_DRAGON) {
        if (!dry_u256_is_zero(&balance) && dry__account_is_empty(heir))
            cost += 25000;
    } else if (evm->fork >= DRY_FORK_TANGERINE_WHISTLE && !heir->exists) {
        cost += 25000;
    }
    if (!dry__charge(&f->gas, cost))
        return DRY_EVM_OUT_OF_GAS;
    if (evm->fork < DRY_FORK_LONDON && self->destroyed_stamp != world->tx_stamp)
        dry__world_add_refund(world, 24000);
    if (evm->stepping)
        dry__step_charged(evm, f, f->gas);
    if (world->tracer != NULL && world->tracer->enter != NULL)
        world->tracer->enter(world->tracer->ctx, DRY_FRAME_SELFDESTRUCT, &f->address, &address,
                             DRY_BYTES_EMPTY, 0, &balance);
    if (world->tracer != NULL && world->tracer->leave != NULL)
        world->tracer->leave(world->tracer->ctx, DRY_BYTES_EMPTY, 0, NULL);

    /* EIP-6780: from Cancun on only what this transaction created goes; the balance moves anyway.
     */
    bool goes = evm->fork < DRY_FORK_CANCUN || self->created_stamp == world->tx_stamp;
    if (heir != self || goes) {
        if (dry_u256_is_zero(&balance)) {
            dry__world_touch(world, heir);
        } else {
            dry__world_sub_balance(world, self, &balance);
            if (heir != self)
                dry__world_add_balance(world, heir, &balance);
        }
    }
    if (goes)
        dry__world_destroy(world, self);
    return DRY_EVM_SUCCESS;
}

enum dry_evm_end dry__op_blockhash(struct dry__evm *evm, struct dry_u256 *number)
{
    uint64_t current = evm->tx->env->number, wanted = number->w[0];
    if (!dry_u256_is_u64(number) || wanted >= current || current - wanted > 256) {
        *number = DRY_U256_ZERO;
        return DRY_EVM_SUCCESS;
    }
    struct dry_state_reader *reader = evm->world->reader;
    struct dry_hash hash;
    dry_status st = reader->ops->block_hash(reader, &hash, wanted);
    if (!dry_ok(st)) {
        evm->world->error = st;
        return DRY_EVM_STOPPED;
    }
    dry_u256_from_be32(number, hash.b);
    return DRY_EVM_SUCCESS;
}
