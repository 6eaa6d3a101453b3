/* drystone/execution.h - the state transition function. Start at dry_executor_serial and
 * dry_block_check().
 *
 * Pure: state comes from a reader, memory from the arena handed in, results are data. */
#ifndef DRY_EXECUTION_H
#define DRY_EXECUTION_H
#include <drystone/common/executor.h>

/* The serial driver of the executor interface (executor.driver = "serial"). */
extern const struct dry_executor_ops dry_executor_serial;

/* --- transactions --- */

/* Sender from the signature: ranges of r, s, v at these rules (EIP-2, EIP-155), then recovery.
 * VALID, TX_SIGNATURE_VRS, TX_SIGNATURE_RECOVERY or TX_CHAIN_ID. ENOMEM. */
DRY_MUST_USE dry_status dry_tx_sender(struct dry_address *out, enum dry_verdict *verdict,
                                      const struct dry_tx *tx, const struct dry_rules *rules);
/* The hash a transaction is known by: keccak256 of tx->encoded. */
void dry_tx_hash(struct dry_hash *out, const struct dry_tx *tx);
/* Whether the rules have a transaction type of this number (0 is the legacy kind). */
bool dry_tx_type_supported(uint8_t type, const struct dry_rules *rules);
/* Everything that can be said without state or block: type supported, sizes, intrinsic and floor
 * gas, caps, blob hash versions and counts, fee order, nonce maximum. VALID or TX_…. */
enum dry_verdict dry_tx_check(const struct dry_tx *tx, const struct dry_rules *rules);
/* Intrinsic gas, and the floor of EIP-7623 (0 before Prague). UINT64_MAX on overflow. */
void dry_tx_intrinsic_gas(uint64_t *intrinsic, uint64_t *floor, const struct dry_tx *tx,
                          const struct dry_rules *rules);
/* CREATE's address for (sender, nonce). */
void dry_create_address(struct dry_address *out, const struct dry_address *sender, uint64_t nonce);

/* Whether a precompile is at the address under these rules. */
bool dry_precompile_is(const struct dry_rules *rules, const struct dry_address *address);

/* --- fees --- */

/* Base fee of a block on `parent` (EIP-1559); 0 when the rules have none. `rules` are the new
 * block's. */
void dry_base_fee_next(struct dry_u256 *out, const struct dry_header *parent,
                       const struct dry_rules *rules, bool parent_is_london);
/* Excess blob gas of a block on `parent` (EIP-4844, 7691, 7918); rules are the new block's. */
uint64_t dry_excess_blob_gas_next(const struct dry_header *parent, const struct dry_rules *rules);
/* Price of a unit of blob gas: fake_exponential of EIP-4844; saturates at 2^256 - 1. */
void dry_blob_base_fee(struct dry_u256 *out, uint64_t excess_blob_gas,
                       const struct dry_rules *rules);
#define DRY_BLOB_GAS 131072u
/* Blobs a transaction may have. */
uint32_t dry_tx_blobs_max(const struct dry_rules *rules);

/* --- headers and blocks --- */

/* Difficulty of a proof-of-work block (Homestead, Byzantium, bombs and delays). */
void dry_difficulty_next(struct dry_u256 *out, const struct dry_chain_config *config,
                         uint64_t number, uint64_t time, const struct dry_header *parent,
                         bool parent_has_ommers);
/* A header against its parent: every rule but the seal. `td` is the parent's total difficulty. */
enum dry_verdict dry_header_check(const struct dry_header *h, const struct dry_header *parent,
                                  const struct dry_u256 *parent_td,
                                  const struct dry_chain_config *config);
/* Whether a block on a parent with this total difficulty comes after the merge. */
bool dry_after_merge(const struct dry_chain_config *config, const struct dry_u256 *parent_td,
                     uint64_t number);
/* A block's parts against each other: transactions root, ommers hash, withdrawals root, sizes, blob
 * gas. Needs no state. scratch is rewound. */
DRY_MUST_USE dry_status dry_block_check(enum dry_verdict *verdict, const struct dry_block *b,
                                        const struct dry_rules *rules, struct dry_arena *scratch);
/* Uncles: `ancestors` are the block's parent first, up to 7 blocks back, decoded with their ommers.
 */
DRY_MUST_USE dry_status dry_ommers_check(enum dry_verdict *verdict, const struct dry_block *b,
                                         const struct dry_block *ancestors, uint32_t ancestor_count,
                                         const struct dry_chain_config *config);
/* What is wrong with the header of an uncle when the verdict was BLOCK_UNCLE_HEADER. */
DRY_MUST_USE dry_status dry_ommer_fault(enum dry_verdict *fault, const struct dry_block *b,
                                        const struct dry_block *ancestors, uint32_t ancestor_count,
                                        const struct dry_chain_config *config);
/* The environment a block runs in. */
void dry_block_env_of(struct dry_block_env *out, const struct dry_header *h,
                      const struct dry_rules *rules, const struct dry_chain_config *config);
/* Run a whole block and compare the result with its header: gas, receipts root, bloom, requests;
 * the state root is compared by the caller who applies result->diff. `senders` as recovered.
 * verdict_tx tells which transaction a TX_… verdict is about. */
DRY_MUST_USE dry_status dry_block_execute(struct dry_executor *e, enum dry_verdict *verdict,
                                          uint32_t *verdict_tx, struct dry_block_result *out,
                                          const struct dry_block *b,
                                          const struct dry_address *senders,
                                          const struct dry_block_env *env,
                                          struct dry_state_reader *reader,
                                          const struct dry_tracer *tracer, struct dry_arena *arena);
/* Fill a built block's result fields: gas used, bloom, receipts root, transactions root,
 * withdrawals root, blob gas, requests hash (the state root is the caller's). */
DRY_MUST_USE dry_status dry_block_seal_result(struct dry_header *h, const struct dry_block *b,
                                              const struct dry_block_result *result,
                                              const struct dry_rules *rules,
                                              struct dry_arena *scratch);
void dry_header_hash(struct dry_hash *out, const struct dry_header *h, struct dry_buf *scratch);

/* --- a bare message, for `evm run` and tests --- */

struct dry_message {
    struct dry_address caller, origin, address; /* address: the new contract's when create is set */
    struct dry_u256 value, gas_price;
    uint64_t gas;
    struct dry_bytes input;
    bool create;
};
/* Run a message between begin and finish without any of a transaction's checks and charges, and
 * undo it; with diff not NULL it tells what the message changed. Results borrow from the arena. */
DRY_MUST_USE dry_status dry_evm_message(struct dry_executor *serial, struct dry_tx_result *out,
                                        struct dry_state_diff *diff,
                                        const struct dry_message *message);

/* --- system contracts' code, for a genesis that has them in place (EIP-4788, 2935, 7002, 7251) ---
 */

struct dry_system_contract {
    struct dry_address address;
    struct dry_bytes code;
    enum dry_fork since;
};
extern const struct dry_system_contract dry_system_contracts[];
extern const uint32_t dry_system_contract_count;

#endif /* DRY_EXECUTION_H */
