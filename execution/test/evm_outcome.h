/* evm_outcome.h - everything a message leaves behind, in one comparable piece. */
#ifndef DRY_TEST_EVM_OUTCOME_H
#define DRY_TEST_EVM_OUTCOME_H
#include "evm_world.h"

/* Failures are one kind: the order in which a block's faults are found is not observable. */
enum evm_outcome_kind { EVM_DONE, EVM_REVERTED, EVM_FAILED };
struct evm_outcome {
    enum evm_outcome_kind kind;
    uint64_t gas_left, refund, log_count;
    struct dry_hash output, logs, diff;
};

static inline void evm_outcome_diff(struct dry_hash *out, const struct dry_state_diff *d)
{
    struct dry_keccak k;
    dry_keccak_init(&k);
    for (uint32_t i = 0; i < d->count; i++) {
        const struct dry_account_diff *a = &d->accounts[i];
        uint8_t flags[] = {a->exists, a->storage_wiped, a->code_changed};
        dry_keccak_update(&k, DRY_BYTES_ARRAY(a->address.b));
        dry_keccak_update(&k, dry_bytes_of(flags, sizeof(flags)));
        if (!a->exists)
            continue;
        dry_keccak_update(&k, dry_bytes_of(&a->nonce, sizeof(a->nonce)));
        dry_keccak_update(&k, dry_bytes_of(&a->balance, sizeof(a->balance)));
        dry_keccak_update(&k, DRY_BYTES_ARRAY(a->code_hash.b));
        for (uint32_t s = 0; s < a->slot_count; s++) {
            dry_keccak_update(&k, DRY_BYTES_ARRAY(a->slots[s].key.b));
            dry_keccak_update(&k, dry_bytes_of(&a->slots[s].value, sizeof(struct dry_u256)));
        }
    }
    dry_keccak_final(&k, out);
}

/* Call the contract in a fresh world and take down what came of it. */
static inline dry_status evm_outcome_of(struct evm_world *w, struct evm_outcome *o,
                                        const struct dry_tracer *tracer, struct dry_bytes input,
                                        uint64_t gas)
{
    struct dry__message_result r;
    struct dry_state_diff diff;
    struct dry_keccak k;
    dry_status st = evm_world_begin(w, tracer);
    if (dry_ok(st))
        st = evm_world_call(w, &r, input, gas);
    if (!dry_ok(st))
        return st;
    memset(o, 0, sizeof(*o));
    o->kind = r.end == DRY_EVM_SUCCESS  ? EVM_DONE
              : r.end == DRY_EVM_REVERT ? EVM_REVERTED
                                        : EVM_FAILED;
    o->gas_left = r.gas_left;
    o->refund = w->world.refund;
    o->log_count = w->world.log_count;
    dry_keccak256(&o->output, r.output);
    dry_keccak_init(&k);
    for (uint32_t i = 0; i < w->world.log_count; i++) {
        const struct dry_log_entry *l = &w->world.logs[i];
        dry_keccak_update(&k, DRY_BYTES_ARRAY(l->address.b));
        dry_keccak_update(&k, dry_bytes_of(l->topics, l->topic_count * sizeof(l->topics[0])));
        dry_keccak_update(&k, l->data);
    }
    dry_keccak_final(&k, &o->logs);
    dry__world_tx_end(&w->world);
    st = dry__world_diff(&w->world, &diff, &w->arena);
    if (dry_ok(st))
        evm_outcome_diff(&o->diff, &diff);
    return st;
}

static inline bool evm_outcome_same(const struct evm_outcome *a, const struct evm_outcome *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

#endif /* DRY_TEST_EVM_OUTCOME_H */
