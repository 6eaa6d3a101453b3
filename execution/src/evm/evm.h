/* evm.h - running messages in a world. Start at dry__evm_run(). */
#ifndef DRY_EXECUTION_EVM_H
#define DRY_EXECUTION_EVM_H
#include "journal.h"

/* What stays the same for all messages of a transaction. */
struct dry__tx_context {
    const struct dry_block_env *env;
    struct dry_address origin;
    struct dry_u256 gas_price;
    uint32_t blob_count;
    const struct dry_hash *blob_hashes;
    bool brief; /* DRY_CALL_BRIEF */
};

/* The top message of a transaction, or a system call. */
struct dry__message {
    enum dry_frame_kind kind; /* CALL or CREATE */
    bool is_static;
    struct dry_address caller;
    struct dry_address
        to; /* the new contract's address when kind is CREATE (given by the caller) */
    struct dry_u256 value;
    uint64_t gas;
    struct dry_bytes input; /* init code when kind is CREATE */
};
struct dry__message_result {
    enum dry_evm_end end;
    uint64_t gas_left;
    struct dry_bytes output; /* borrowed until the next message; the deployed code for CREATE */
};

/* Analysed code by hash, bounded; stacks, memory pages and frames kept for reuse. One thread at a
 * time. */
struct dry__evm;
DRY_MUST_USE dry_status dry__evm_open(struct dry__evm **out, uint64_t code_cache_bytes);
void dry__evm_close(struct dry__evm *evm);
/* Run one message to its end in world w: value transfer, precompiles, delegations (EIP-7702: the
 * code of `to` is resolved, its warmth and charges for the target are the transaction rules'
 * business at the top), frames below it on an explicit stack of frames (no native recursion). State
 * changes of a failed message are undone. The sender's nonce and the charges of the transaction are
 * the caller's. ENOMEM or the reader's error (then the world is unusable). */
DRY_MUST_USE dry_status dry__evm_run(struct dry__evm *evm, struct dry__message_result *out,
                                     struct dry__world *w, const struct dry__tx_context *tx,
                                     const struct dry__message *message);
/* Read by the interpreter now and then; set from another thread by dry_executor_stop(). */
void dry__evm_stop(struct dry__evm *evm);
void dry__evm_stop_clear(struct dry__evm *evm);

/* Whether the rules have a precompile at this address; for warming (EIP-2929) and calls. */
bool dry__is_precompile(const struct dry_rules *rules, const struct dry_address *address);
/* Number of precompiles in force and the i-th's address, to warm them at the start. */
uint32_t dry__precompile_count(const struct dry_rules *rules);
void dry__precompile_address(struct dry_address *out, const struct dry_rules *rules, uint32_t i);
/* EIP-7702: whether code is a delegation designator, and to whom. */
bool dry__delegation(struct dry_address *target, struct dry_bytes code);

#endif /* DRY_EXECUTION_EVM_H */
