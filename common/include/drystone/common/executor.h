/* drystone/common/executor.h - executing blocks and calls behind a swappable driver, and what
 * execution reads and returns: the state reader and the state diff. Start at dry_executor_open().
 */
#ifndef DRY_COMMON_EXECUTOR_H
#define DRY_COMMON_EXECUTOR_H
#include <drystone/common/block.h>
#include <drystone/common/jobs.h>

/* --- reading state --- */

struct dry_account {
    uint64_t nonce;
    struct dry_u256 balance;
    struct dry_hash code_hash;
    struct dry_hash storage_root; /* dry_hash_empty_trie when it has no slots */
};

/* The state a block or call starts from. Immutable while it is read; a reader is used by one thread
 * at a time unless its maker says otherwise. */
struct dry_state_reader;
struct dry_state_diff;
struct dry_state_reader_ops {
    /* *exists false: no such account, *out untouched. */
    dry_status (*account)(struct dry_state_reader *r, bool *exists, struct dry_account *out,
                          const struct dry_address *address);
    /* 0 for a slot never written. */
    dry_status (*slot)(struct dry_state_reader *r, struct dry_u256 *out,
                       const struct dry_address *address, const struct dry_hash *key);
    /* Code by its hash, borrowed until the reader is closed. ECORRUPT when it is missing. */
    dry_status (*code)(struct dry_state_reader *r, struct dry_bytes *out,
                       const struct dry_hash *code_hash);
    /* Hash of one of the 256 blocks before the one executed; zero when unknown. */
    dry_status (*block_hash)(struct dry_state_reader *r, struct dry_hash *out, uint64_t number);
    /* Root of this state with the diff applied (not stored). For receipts before Byzantium. */
    dry_status (*root_after)(struct dry_state_reader *r, struct dry_hash *out,
                             const struct dry_state_diff *diff);
};
struct dry_state_reader {
    const struct dry_state_reader_ops *ops;
};

/* --- what execution changes --- */

struct dry_slot_diff {
    struct dry_hash key;
    struct dry_u256 value; /* 0 deletes */
};
/* One account after the block. Only accounts that differ from the reader's state are listed. */
struct dry_account_diff {
    struct dry_address address;
    bool exists;        /* false: deleted, with all its slots; the rest is unused */
    bool storage_wiped; /* slots from before are gone; `slots` is all there is */
    bool code_changed;  /* `code` is new and hashes to code_hash */
    uint64_t nonce;
    struct dry_u256 balance;
    struct dry_hash code_hash;
    struct dry_bytes code;
    uint32_t slot_count;
    const struct dry_slot_diff *slots; /* by key, ascending */
};
struct dry_state_diff {
    uint32_t count;
    const struct dry_account_diff *accounts; /* by address, ascending */
};

/* --- the block around a transaction --- */

/* For calls alone (eth_call's overrides): at `at` runs the precompile of address `of`, or none. */
struct dry_precompile_move {
    struct dry_address at, of;
    bool none;
};

struct dry_block_env {
    struct dry_rules rules;
    uint64_t number, time, gas_limit;
    struct dry_address coinbase;
    struct dry_u256 difficulty;  /* before the merge */
    struct dry_hash prev_randao; /* from the merge on */
    struct dry_u256 base_fee;    /* 0 before London */
    uint64_t excess_blob_gas;
    struct dry_u256
        blob_base_fee; /* from excess_blob_gas and the rules; execution fills it when 0 */
    struct dry_hash parent_hash;
    struct dry_hash parent_beacon_root; /* EIP-4788 */
    bool dao_transfer; /* this is the DAO fork's block on a chain that supports it */
    bool calls_only;   /* no opening system calls: a setting for dry_executor_call() */
    uint32_t move_count;
    const struct dry_precompile_move *moves; /* borrowed until finish or the next begin */
};

/* --- tracing: a table of hooks; NULL hooks cost nothing --- */

struct dry_trace_step {
    uint64_t pc, gas, gas_cost, refund;
    uint8_t op;
    uint16_t depth;               /* 1 for the transaction's own frame */
    const char *error;            /* what this instruction fails with, or NULL */
    const struct dry_u256 *stack; /* bottom first */
    uint32_t stack_len;
    struct dry_bytes memory, return_data;
    struct dry_address address; /* whose storage is in use */
};
enum dry_frame_kind {
    DRY_FRAME_CALL,
    DRY_FRAME_CALLCODE,
    DRY_FRAME_DELEGATECALL,
    DRY_FRAME_STATICCALL,
    DRY_FRAME_CREATE,
    DRY_FRAME_CREATE2,
    DRY_FRAME_SELFDESTRUCT,
};
struct dry_tracer {
    void *ctx;
    void (*step)(void *ctx,
                 const struct dry_trace_step *step); /* before the instruction takes effect */
    void (*enter)(void *ctx, enum dry_frame_kind kind, const struct dry_address *from,
                  const struct dry_address *to, struct dry_bytes input, uint64_t gas,
                  const struct dry_u256 *value);
    void (*leave)(void *ctx, struct dry_bytes output, uint64_t gas_used, const char *error);
    void (*log)(void *ctx, const struct dry_log_entry *log);
    /* Every account and slot the transaction reads or writes first (access lists). key NULL:
     * account. */
    void (*touch)(void *ctx, const struct dry_address *address, const struct dry_hash *key);
};

/* --- results --- */

/* How a message ended. The texts are geth's, which clients match on. */
#define DRY_EVM_ENDS(X)                                            \
    X(SUCCESS, "")                                                 \
    X(REVERT, "execution reverted")                                \
    X(OUT_OF_GAS, "out of gas")                                    \
    X(INVALID_OPCODE, "invalid opcode")                            \
    X(STACK_UNDERFLOW, "stack underflow")                          \
    X(STACK_OVERFLOW, "stack limit reached 1024")                  \
    X(INVALID_JUMP, "invalid jump destination")                    \
    X(STATIC_VIOLATION, "write protection")                        \
    X(RETURN_DATA_BOUNDS, "return data out of bounds")             \
    X(CALL_DEPTH, "max call depth exceeded")                       \
    X(BALANCE, "insufficient balance for transfer")                \
    X(NONCE_OVERFLOW, "nonce uint64 overflow")                     \
    X(CREATE_COLLISION, "contract address collision")              \
    X(CODE_SIZE, "max code size exceeded")                         \
    X(INITCODE_SIZE, "max initcode size exceeded")                 \
    X(INVALID_CODE, "invalid code: must not begin with 0xef")      \
    X(CODE_STORE_GAS, "contract creation code storage out of gas") \
    X(PRECOMPILE, "precompiled contract failed")                   \
    X(STOPPED, "execution stopped: time limit")
enum dry_evm_end {
#define X(name, text) DRY_EVM_##name,
    DRY_EVM_ENDS(X)
#undef X
};
/* The text above. Static storage. */
const char *dry_evm_end_text(enum dry_evm_end end);

/* What one transaction or call did. Borrows from the arena it was run with. */
struct dry_tx_result {
    enum dry_evm_end end;
    uint64_t gas_used; /* after refunds; what the sender pays for */
    uint64_t gas_refunded;
    uint64_t
        gas_peak; /* before refunds: the least gas limit with the same outcome is not below this */
    struct dry_bytes output; /* return or revert data; the new contract's code for creations */
    bool has_contract_address;
    struct dry_address contract_address;
    uint32_t log_count;
    const struct dry_log_entry *logs;
};

/* What a block did. Everything borrows from the arena it was run with. */
struct dry_block_result {
    struct dry_state_diff diff;
    uint32_t receipt_count;
    const struct dry_receipt *receipts; /* one a transaction */
    uint64_t gas_used, blob_gas_used;
    struct dry_bloom bloom;
    uint32_t request_count;
    const struct dry_bytes *requests; /* EIP-7685: type byte || data; empty ones left out */
    struct dry_hash requests_hash;    /* Prague on */
};

/* --- the driver --- */

#define DRY_EXECUTOR_ABI 1u

struct dry_executor_settings {
    uint64_t code_cache_bytes; /* analysed code kept by hash; 0: the driver's own */
    struct dry_jobs *jobs;     /* may be NULL */
    uint64_t secret[4]; /* random: whoever does not know it cannot plan collisions in hash tables */
};

/* How a call (no signature) departs from a transaction's rules; a bit each. */
enum dry_call_flags {
    DRY_CALL_SKIP_NONCE = 1,
    DRY_CALL_SKIP_EOA = 2,      /* the sender may have code */
    DRY_CALL_SKIP_BASE_FEE = 4, /* a zero fee passes; BASEFEE reads 0 when no fee is given */
    DRY_CALL_SKIP_GAS_CAP = 8,  /* EIP-7825 and the block's gas limit */
    DRY_CALL_SKIP_FUNDS = 16,   /* gas need not be paid; value still must be there */
    DRY_CALL_ETH_CALL = 31,
    DRY_CALL_BRIEF = 32, /* ends with STOPPED where a precompile charges more than DRY_BRIEF_GAS */
};
/* A precompile cannot be stopped on its way; so much takes a millisecond or two. */
#define DRY_BRIEF_GAS 100000u

struct dry_executor;
struct dry_executor_ops {
    uint32_t abi;
    const char *name; /* in the config file: executor.driver = "serial" */
    dry_status (*open)(struct dry_executor **out, const struct dry_executor_settings *set);
    void (*close)(struct dry_executor *e);
    dry_status (*begin)(struct dry_executor *e, enum dry_verdict *verdict,
                        const struct dry_block_env *env, struct dry_state_reader *reader,
                        const struct dry_tracer *tracer, struct dry_arena *arena);
    dry_status (*transact)(struct dry_executor *e, enum dry_verdict *verdict,
                           struct dry_tx_result *out, const struct dry_tx *tx,
                           const struct dry_address *sender);
    dry_status (*finish)(struct dry_executor *e, enum dry_verdict *verdict,
                         struct dry_block_result *out, const struct dry_block *body);
    dry_status (*call)(struct dry_executor *e, enum dry_verdict *verdict, struct dry_tx_result *out,
                       struct dry_state_diff *diff, const struct dry_tx *tx,
                       const struct dry_address *sender, uint32_t flags);
    void (*stop)(struct dry_executor *e);
};
/* An object starts with its table. */
struct dry_executor {
    const struct dry_executor_ops *ops;
};

/* One executor serves one thread at a time; it keeps nothing between blocks but analysed code. */
DRY_MUST_USE dry_status dry_executor_open(struct dry_executor **out,
                                          const struct dry_executor_ops *driver,
                                          const struct dry_executor_settings *set);
void dry_executor_close(struct dry_executor *e);

/* Begin a block (or the setting of calls): `env` is copied; reader, tracer (may be NULL) and arena
 * are borrowed until finish or the next begin. Runs the block's opening system calls (EIP-4788,
 * 2935) and the DAO's state change, unless env->calls_only is set. Returns DRY_OK with the verdict
 * (VALID or BLOCK_SYSTEM_CALL), or the reader's error, or DRY_ENOMEM. */
DRY_MUST_USE dry_status dry_executor_begin(struct dry_executor *e, enum dry_verdict *verdict,
                                           const struct dry_block_env *env,
                                           struct dry_state_reader *reader,
                                           const struct dry_tracer *tracer,
                                           struct dry_arena *arena);
/* Run the next transaction of the block. A verdict other than VALID (TX_…) leaves the block as it
 * was, and another transaction may be tried: that is how blocks are built. */
DRY_MUST_USE dry_status dry_executor_transact(struct dry_executor *e, enum dry_verdict *verdict,
                                              struct dry_tx_result *out, const struct dry_tx *tx,
                                              const struct dry_address *sender);
/* Close the block: rewards and uncles, withdrawals, closing system calls and requests (body gives
 * the ommers and withdrawals; its txs are not looked at). */
DRY_MUST_USE dry_status dry_executor_finish(struct dry_executor *e, enum dry_verdict *verdict,
                                            struct dry_block_result *out,
                                            const struct dry_block *body);
/* Run a message on the state as it stands within begin … finish, and undo it. With diff not NULL it
 * tells what the message would have changed. */
DRY_MUST_USE dry_status dry_executor_call(struct dry_executor *e, enum dry_verdict *verdict,
                                          struct dry_tx_result *out, struct dry_state_diff *diff,
                                          const struct dry_tx *tx, const struct dry_address *sender,
                                          uint32_t flags);
/* Ask a running call to end soon with STOPPED. The one function that may come from another thread.
 */
void dry_executor_stop(struct dry_executor *e);

#endif /* DRY_COMMON_EXECUTOR_H */
