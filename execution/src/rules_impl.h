/* rules_impl.h - what the transaction and block rules share. */
#ifndef DRY_EXECUTION_RULES_IMPL_H
#define DRY_EXECUTION_RULES_IMPL_H
#include "evm/evm.h"
#include <drystone/execution.h>

#define DRY__TX_GAS 21000u
#define DRY__AUTHORIZATION_GAS 25000u /* a new account; what an existing one gets back is below */
#define DRY__AUTHORIZATION_REFUND 12500u

/* The one executor: a block in work. */
struct dry__serial {
    struct dry_executor base;
    struct dry__evm *evm;
    struct dry__secret secret;
    struct dry__world world; /* impl NULL: no block begun */
    struct dry_block_env env;
    struct dry_arena *arena;
    uint64_t gas_used, blob_gas_used;
    struct dry_receipt *receipts;
    uint32_t receipt_count, receipt_cap;
    struct dry_bloom bloom;
};

/* The two halves of dry_tx_check(), less what the call flags waive: what is wrong whatever the gas
 * limit, and the gas limit against what the transaction needs. */
enum dry_verdict dry__tx_check_form(const struct dry_tx *tx, const struct dry_rules *rules,
                                    uint32_t flags);
enum dry_verdict dry__tx_check_gas(const struct dry_tx *tx, const struct dry_rules *rules,
                                   uint32_t flags);
/* Run a transaction in the world of e between tx_begin and tx_end, which are the caller's. */
DRY_MUST_USE dry_status dry__transact(struct dry__serial *e, enum dry_verdict *verdict,
                                      struct dry_tx_result *out, const struct dry_tx *tx,
                                      const struct dry_address *sender, uint32_t flags);
/* Copy output and the world's logs to where they outlive the transaction: the block's arena. */
DRY_MUST_USE dry_status dry__result_keep(struct dry__world *w, struct dry_tx_result *out,
                                         struct dry_bytes output);
/* EIP-2929: sender, recipient and the precompiles are warm from the start; nothing before Berlin.
 */
void dry__warm_start(struct dry__world *w, const struct dry_address *sender,
                     const struct dry_address *to);
/* A call by the system (EIP-4788 and others), a transaction of its own. *ran false: no code there.
 */
DRY_MUST_USE dry_status dry__system_call(struct dry__serial *e, bool *ran, bool *ok,
                                         struct dry_bytes *output,
                                         const struct dry_address *contract,
                                         struct dry_bytes input);
/* The block's closing requests (EIP-7685) into *out. VALID, BLOCK_DEPOSIT_LAYOUT or
 * BLOCK_SYSTEM_CALL. */
DRY_MUST_USE dry_status dry__requests(struct dry__serial *e, enum dry_verdict *verdict,
                                      struct dry_block_result *out);
/* EIP-779. */
void dry__dao_transfer(struct dry__world *w);
/* Add a log to a bloom. */
void dry__bloom_add(struct dry_bloom *bloom, const struct dry_log_entry *log);

#endif /* DRY_EXECUTION_RULES_IMPL_H */
