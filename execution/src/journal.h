/* journal.h - the world a transaction runs in: accounts and slots over the reader, every change
 * undoable. Shared by the EVM (evm/) and the transaction and block rules. Start at
 * dry__world_open(). */
#ifndef DRY_EXECUTION_JOURNAL_H
#define DRY_EXECUTION_JOURNAL_H
#include <drystone/common/executor.h>

/* One slot as it stands. Stable address for the life of the block: callers may keep the pointer. */
struct dry__slot {
    struct dry_hash key;
    struct dry_u256 current;
    struct dry_u256 original;    /* at the start of the transaction (EIP-2200) */
    struct dry_u256 block_start; /* at the start of the block, for the diff */
    uint32_t tx_stamp;           /* transaction that `original` belongs to */
    uint32_t warm_stamp;         /* == world->tx_stamp: warm (EIP-2929) */
};

/* One account as it stands. Stable address for the life of the block. */
struct dry__account {
    struct dry_address address;
    uint64_t nonce;
    struct dry_u256 balance;
    struct dry_hash code_hash;
    struct dry_hash storage_root; /* of the reader's state; tells whether it had slots (EIP-7610) */
    bool exists;                  /* in the state trie, or would be */
    bool code_loaded, code_changed, dirty, had_storage, storage_wiped, slots_dirty;
    struct dry_bytes code; /* when code_loaded */
    uint32_t warm_stamp;
    uint32_t created_stamp;    /* == tx_stamp: created in this transaction (EIP-6780) */
    uint32_t destroyed_stamp;  /* == tx_stamp: SELFDESTRUCT ran in this transaction */
    uint32_t touched_stamp;    /* == tx_stamp: touched (EIP-161) */
    void *slots;               /* the implementation's table */
    struct dry_account before; /* at the start of the block, for the diff */
    bool before_exists;
};

/* What keys the hash tables: keys that collide cannot be planned without it. No result depends on
 * it. */
struct dry__secret {
    uint64_t w[4];
};

struct dry__world {
    struct dry_state_reader *reader;
    const struct dry_rules *rules;
    const struct dry_tracer *tracer;
    struct dry_arena *arena;   /* block-long */
    struct dry__secret secret; /* may be set after open, before first use */
    uint32_t tx_stamp;         /* grows by one a transaction; never 0 */
    uint64_t refund;           /* EVM's refund counter of this transaction */
    bool precompiles_warm;     /* EIP-2929, without an entry for each; tx_begin unsets it */
    /* the first failure of the reader or of memory; checked by whoever drives (the EVM unwinds with
     * DRY_EVM_STOPPED when it is set) */
    dry_status error;
    uint32_t log_count;
    struct dry_log_entry *logs; /* of this transaction */
    void *impl;
};

/* Every function that may read state returns NULL or false with world->error set when the reader
 * fails or memory runs out; the caller stops at once. */
DRY_MUST_USE dry_status dry__world_open(struct dry__world *w, struct dry_state_reader *reader,
                                        const struct dry_rules *rules,
                                        const struct dry_tracer *tracer, struct dry_arena *arena);
void dry__world_close(struct dry__world *w);

/* A point to go back to. Reverting undoes balances, nonces, codes, slots, transient slots, logs,
 * refund, warmth, creations, destructions and touches (but see EIP-161's RIPEMD exception). */
uint32_t dry__world_snapshot(struct dry__world *w);
void dry__world_revert(struct dry__world *w, uint32_t snapshot);

/* The account (existing or not); never NULL but on error. */
struct dry__account *dry__world_account(struct dry__world *w, const struct dry_address *address);
/* Make it warm; true when it was cold. */
bool dry__world_warm_account(struct dry__world *w, struct dry__account *a);
/* EIP-161: nonce 0, balance 0, no code. */
bool dry__account_is_empty(const struct dry__account *a);
/* EIP-7610: nonce, code or storage stand at the address. */
bool dry__account_collides(const struct dry__account *a);
/* Its code, loaded at need. */
struct dry_bytes dry__world_code(struct dry__world *w, struct dry__account *a);

/* Changes; each is journaled and marks the account existing, dirty and touched. */
void dry__world_set_balance(struct dry__world *w, struct dry__account *a,
                            const struct dry_u256 *balance);
void dry__world_add_balance(struct dry__world *w, struct dry__account *a,
                            const struct dry_u256 *amount);
/* The caller has checked that the balance suffices. */
void dry__world_sub_balance(struct dry__world *w, struct dry__account *a,
                            const struct dry_u256 *amount);
void dry__world_set_nonce(struct dry__world *w, struct dry__account *a, uint64_t nonce);
/* code must live as long as the block's arena. */
void dry__world_set_code(struct dry__world *w, struct dry__account *a, struct dry_bytes code,
                         const struct dry_hash *code_hash);
/* Touch without a change (zero-value transfer): EIP-161 may delete it, before it creates it. */
void dry__world_touch(struct dry__world *w, struct dry__account *a);
/* Begin a contract creation on it: created_stamp, old slots wiped (for accounts that never had any
 * this is free), nonce 1 from Spurious Dragon on else 0; the balance stays. */
void dry__world_create(struct dry__world *w, struct dry__account *a);
/* SELFDESTRUCT's mark; removal at the end of the transaction as the rules say. */
void dry__world_destroy(struct dry__world *w, struct dry__account *a);

/* The slot, read from the reader at first use. NULL on error. */
struct dry__slot *dry__world_slot(struct dry__world *w, struct dry__account *a,
                                  const struct dry_hash *key);
/* Make it warm; true when it was cold. */
bool dry__world_warm_slot(struct dry__world *w, struct dry__account *a, struct dry__slot *s);
void dry__world_set_slot(struct dry__world *w, struct dry__account *a, struct dry__slot *s,
                         const struct dry_u256 *value);
/* Transient storage (EIP-1153). */
void dry__world_tload(struct dry__world *w, struct dry_u256 *out, const struct dry_address *address,
                      const struct dry_hash *key);
void dry__world_tstore(struct dry__world *w, const struct dry_address *address,
                       const struct dry_hash *key, const struct dry_u256 *value);
void dry__world_add_refund(struct dry__world *w, uint64_t gas);
void dry__world_sub_refund(struct dry__world *w, uint64_t gas);
/* Append a log; data is copied to the arena. */
void dry__world_log(struct dry__world *w, const struct dry_address *address,
                    const struct dry_hash *topics, uint8_t topic_count, struct dry_bytes data);

/* Transaction borders. Begin: new stamp, refund 0, logs empty, transient storage empty. End:
 * removes destroyed accounts (before Cancun all of them, from Cancun those created in the same
 * transaction) and, from Spurious Dragon on, empty touched ones; the journal is forgotten. */
void dry__world_tx_begin(struct dry__world *w);
void dry__world_tx_end(struct dry__world *w);
/* The removals of tx_end alone, journaled: a call is finished so, looked at, and reverted. */
void dry__world_tx_remove(struct dry__world *w);

/* What changed since the world was opened, sorted, in the arena. */
DRY_MUST_USE dry_status dry__world_diff(struct dry__world *w, struct dry_state_diff *out,
                                        struct dry_arena *arena);

#endif /* DRY_EXECUTION_JOURNAL_H */
