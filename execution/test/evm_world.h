/* evm_world.h - a handful of accounts to run messages in; for tests, fuzzers and benches of evm/.
 */
#ifndef DRY_TEST_EVM_WORLD_H
#define DRY_TEST_EVM_WORLD_H
#include "evm/machine.h"
#include <drystone/crypto.h>

#define EVM_WORLD_ACCOUNTS 16

struct evm_world {
    struct dry_state_reader reader;
    struct {
        struct dry_address address;
        struct dry_account account;
        struct dry_bytes code;
    } at[EVM_WORLD_ACCOUNTS];
    size_t count;
    uint64_t fail_after; /* reader calls until the next one fails; 0: never */

    struct dry_block_env env;
    struct dry_arena arena;
    struct dry__world world;
    struct dry__evm *evm;
    struct dry__tx_context tx;
};

static inline struct evm_world *evm_world_of(struct dry_state_reader *r)
{
    return (struct evm_world *)(void *)r;
}

static inline bool evm_world_fails(struct evm_world *w)
{
    return w->fail_after != 0 && --w->fail_after == 0;
}

static dry_status evm_world_read_account(struct dry_state_reader *r, bool *exists,
                                         struct dry_account *out, const struct dry_address *address)
{
    struct evm_world *w = evm_world_of(r);
    if (evm_world_fails(w))
        return DRY_EIO;
    *exists = false;
    for (size_t i = 0; i < w->count; i++)
        if (dry_address_equal(&w->at[i].address, address)) {
            *exists = true;
            *out = w->at[i].account;
        }
    return DRY_OK;
}

static dry_status evm_world_read_slot(struct dry_state_reader *r, struct dry_u256 *out,
                                      const struct dry_address *address, const struct dry_hash *key)
{
    (void)address, (void)key;
    if (evm_world_fails(evm_world_of(r)))
        return DRY_EIO;
    *out = DRY_U256_ZERO;
    return DRY_OK;
}

static dry_status evm_world_read_code(struct dry_state_reader *r, struct dry_bytes *out,
                                      const struct dry_hash *hash)
{
    struct evm_world *w = evm_world_of(r);
    if (evm_world_fails(w))
        return DRY_EIO;
    for (size_t i = 0; i < w->count; i++)
        if (dry_hash_equal(&w->at[i].account.code_hash, hash)) {
            *out = w->at[i].code;
            return DRY_OK;
        }
    return DRY_STATUS(ECORRUPT, "no such code");
}

static dry_status evm_world_read_block_hash(struct dry_state_reader *r, struct dry_hash *out,
                                            uint64_t number)
{
    if (evm_world_fails(evm_world_of(r)))
        return DRY_EIO;
    *out = (struct dry_hash){{(uint8_t)number}};
    return DRY_OK;
}

static dry_status evm_world_root_after(struct dry_state_reader *r, struct dry_hash *out,
                                       const struct dry_state_diff *diff)
{
    (void)r, (void)diff;
    *out = dry_hash_empty_trie;
    return DRY_OK;
}

static const struct dry_state_reader_ops evm_world_ops = {
    evm_world_read_account,    evm_world_read_slot,  evm_world_read_code,
    evm_world_read_block_hash, evm_world_root_after,
};

static inline struct dry_address evm_address(uint32_t n)
{
    return (struct dry_address){
        {[16] = (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}};
}

/* Code is borrowed. */
static inline void evm_world_add(struct evm_world *w, uint32_t address, uint64_t nonce,
                                 uint64_t balance, struct dry_bytes code)
{
    DRY_ASSERT(w->count < EVM_WORLD_ACCOUNTS);
    struct dry_account a = {nonce, DRY_U256(balance), dry_hash_empty_code, dry_hash_empty_trie};
    if (code.len != 0)
        dry_keccak256(&a.code_hash, code);
    w->at[w->count].address = evm_address(address);
    w->at[w->count].account = a;
    w->at[w->count++].code = code;
}

#define EVM_CALLER 0x0ca11e40u
#define EVM_CONTRACT 0xc0de0001u

/* An empty world at a fork; add accounts, then begin. */
static inline void evm_world_init(struct evm_world *w, enum dry_fork fork)
{
    struct dry_chain_config config;
    memset(w, 0, sizeof(*w));
    w->reader.ops = &evm_world_ops;
    dry_chain_config_at(&config, fork, 1);
    dry_rules_at(&w->env.rules, &config, 1, 1, fork >= DRY_FORK_PARIS);
    w->env.number = 1;
    w->env.time = 1;
    w->env.gas_limit = UINT64_MAX;
    w->tx.env = &w->env;
    w->tx.origin = evm_address(EVM_CALLER);
}

/* Begin a world of its own on the accounts added; end it with evm_world_end(). */
static inline dry_status evm_world_begin(struct evm_world *w, const struct dry_tracer *tracer)
{
    dry_status st = dry__world_open(&w->world, &w->reader, &w->env.rules, tracer, &w->arena);
    if (!dry_ok(st))
        return st;
    dry__world_tx_begin(&w->world);
    return DRY_OK;
}

static inline void evm_world_end(struct evm_world *w)
{
    if (w->world.impl != NULL)
        dry__world_close(&w->world);
    dry_arena_reset(&w->arena);
}

static inline dry_status evm_world_open(struct evm_world *w)
{
    return w->evm != NULL ? DRY_OK : dry__evm_open(&w->evm, 0);
}

static inline void evm_world_close(struct evm_world *w)
{
    evm_world_end(w);
    dry__evm_close(w->evm);
    w->evm = NULL;
    dry_arena_fini(&w->arena);
}

/* What a transaction makes warm (EIP-2929). */
static inline void evm_world_warm(struct evm_world *w)
{
    struct dry_address addresses[] = {evm_address(EVM_CALLER), evm_address(EVM_CONTRACT)}, p;
    for (size_t i = 0; i < DRY_COUNT(addresses); i++) {
        struct dry__account *a = dry__world_account(&w->world, &addresses[i]);
        if (a != NULL)
            (void)dry__world_warm_account(&w->world, a);
    }
    for (uint32_t i = 0; i < dry__precompile_count(&w->env.rules); i++) {
        dry__precompile_address(&p, &w->env.rules, i);
        struct dry__account *a = dry__world_account(&w->world, &p);
        if (a != NULL)
            (void)dry__world_warm_account(&w->world, a);
    }
}

/* Call the contract from the caller in the begun world. */
static inline dry_status evm_world_call(struct evm_world *w, struct dry__message_result *out,
                                        struct dry_bytes input, uint64_t gas)
{
    struct dry__message m = {.kind = DRY_FRAME_CALL,
                             .caller = evm_address(EVM_CALLER),
                             .to = evm_address(EVM_CONTRACT),
                             .gas = gas,
                             .input = input};
    evm_world_warm(w);
    return dry__evm_run(w->evm, out, &w->world, &w->tx, &m);
}

#endif /* DRY_TEST_EVM_WORLD_H */
