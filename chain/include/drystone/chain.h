/* drystone/chain.h - the chain: block store and index, import, building, fork choice, transaction
 * pool. Start at dry_chain_open().
 *
 * Threads: functions marked [loop] belong to the loop thread, which owns all that changes; those
 * marked [any] may run anywhere at any time and never wait for the loop. */
#ifndef DRY_CHAIN_H
#define DRY_CHAIN_H
#include <drystone/chain/genesis.h>
#include <drystone/chain/pool.h>
#include <drystone/common/clock.h>
#include <drystone/common/consensus.h>
#include <drystone/common/storage.h>
#include <drystone/platform/lock.h>
#include <drystone/platform/log.h>
#include <drystone/state.h>

/* --- heads --- */

/* The chain's newest block as published to readers. Immutable; counted references. */
struct dry_head {
    struct dry_header header; /* extra data inside the object */
    struct dry_hash hash;
    struct dry_u256 total_difficulty;
    struct dry_hash safe, finalized; /* zero when there is none */
    uint64_t safe_number, finalized_number;
    struct dry_rules rules; /* of the next block, as time stood when this one was published */
    uint8_t extra_data[DRY_EXTRA_DATA_MAX];
    struct dry_refs refs;
};

/* --- events --- */

/* Told on the loop thread after a change is stored and published. Arrays are borrowed for the call.
 */
enum dry_chain_event_kind {
    DRY_CHAIN_HEAD, /* new head; removed blocks first (newest first), then added (oldest first) */
    DRY_CHAIN_PENDING_TX, /* a transaction in the pool can be included from now on */
};
struct dry_chain_event {
    enum dry_chain_event_kind kind;
    uint32_t removed_count, added_count;
    uint64_t added_txs; /* in the blocks added */
    const struct dry_hash *removed, *added;
    const struct dry_head *head;
    const struct dry_pool_tx *tx;
};
typedef void (*dry_chain_event_fn)(void *ctx, const struct dry_chain_event *event);

/* --- life --- */

struct dry_chain;
struct dry_chain_settings {
    struct dry_storage *storage; /* borrowed until close */
    const struct dry_executor_ops *executor;
    const struct dry_consensus_ops *consensus;
    struct dry_consensus_settings consensus_settings; /* config is filled by the chain */
    /* NULL: go on with the chain the storage holds (ENOTFOUND when none). Else: initialise an empty
     * storage, or check that it holds this very chain (EINVAL with both hashes in error). Its
     * configuration may differ from the stored one in what is not in force at the head yet, and is
     * stored then; else EINVAL with the key and both values in error. */
    const struct dry_genesis *genesis;
    struct dry_jobs *jobs; /* may be NULL */
    struct dry_clock *clock;
    struct dry_log *log;         /* may be NULL */
    struct dry_pool_limits pool; /* zero members: defaults */
    uint64_t state_cache_bytes;
    uint32_t state_history;    /* states kept behind the head; 0: all */
    uint64_t state_nodes;      /* fewer, when more trie nodes than these are theirs; 0: no bound */
    bool state_journal;        /* the storage outlives the process: states may be pruned later */
    uint64_t gas_limit_target; /* 0: keep the parent's */
    bool durable;              /* fsync every commit; without it a killed process loses nothing, a
                                  crashed machine may lose the newest blocks */
    struct dry_bytes extra_data;               /* of built blocks; at most 32 bytes */
    void (*set_timer)(void *ctx, uint64_t ms); /* feed DRY_EVENT_TIMER after ms; 0 stops */
    /* Have dry_chain_work() called soon on the loop thread: there is more to build than one call
     * should. */
    void (*wake)(void *ctx);
    void *shell_ctx; /* for both */
};
#define DRY_CHAIN_FORMAT 1u /* of what is stored; a newer one is refused */

/* [loop] Open, initialise when empty, recover: the normal start-up path. error gets words for
 * people. */
DRY_MUST_USE dry_status dry_chain_open(struct dry_chain **out, const struct dry_chain_settings *set,
                                       struct dry_buf *error);
void dry_chain_close(struct dry_chain *c);
/* [loop] Subscribe; at most DRY_CHAIN_LISTENERS_MAX. */
#define DRY_CHAIN_LISTENERS_MAX 8u
DRY_MUST_USE dry_status dry_chain_listen(struct dry_chain *c, dry_chain_event_fn fn, void *ctx);
/* [loop] Not from within an event. */
void dry_chain_unlisten(struct dry_chain *c, dry_chain_event_fn fn, void *ctx);

/* --- reading [any] --- */

const struct dry_chain_config *dry_chain_config(const struct dry_chain *c);
const struct dry_hash *dry_chain_genesis_hash(const struct dry_chain *c);
/* The newest head; one reference, drop with dry_head_close(). Never NULL. */
struct dry_head *dry_chain_head(struct dry_chain *c);
void dry_head_close(struct dry_head *h);

/* A stored block. Borrows from the arena. */
struct dry_stored_block {
    struct dry_hash hash;
    struct dry_u256 total_difficulty;
    struct dry_block block;            /* header always; the body as asked */
    const struct dry_address *senders; /* one a transaction */
    const struct dry_hash *tx_hashes;
    uint64_t encoded_size; /* of the block's RLP */
};
/* Hash of the canonical block of this number. ENOTFOUND. */
DRY_MUST_USE dry_status dry_chain_hash_at(struct dry_chain *c, struct dry_hash *out,
                                          uint64_t number);
DRY_MUST_USE dry_status dry_chain_header(struct dry_chain *c, struct dry_header *out,
                                         const struct dry_hash *hash, struct dry_arena *arena);
/* Header, body, senders and hashes of a block on any branch. ENOTFOUND. */
DRY_MUST_USE dry_status dry_chain_block(struct dry_chain *c, struct dry_stored_block *out,
                                        const struct dry_hash *hash, struct dry_arena *arena);
/* Its receipts, with gas_used, contract_address and blooms filled. ENOTFOUND. */
DRY_MUST_USE dry_status dry_chain_receipts(struct dry_chain *c, const struct dry_receipt **out,
                                           uint32_t *count, const struct dry_hash *block_hash,
                                           struct dry_arena *arena);
/* Whether the block is on the canonical chain. */
bool dry_chain_is_canonical(struct dry_chain *c, uint64_t number, const struct dry_hash *hash);
/* Where a canonical transaction stands. ENOTFOUND. */
struct dry_tx_place {
    struct dry_hash block_hash;
    uint64_t block_number;
    uint32_t index;
};
DRY_MUST_USE dry_status dry_chain_find_tx(struct dry_chain *c, struct dry_tx_place *out,
                                          const struct dry_hash *tx_hash);
/* A blob transaction with its sidecar, network form, of a block built here with this time. It is
 * kept for DRY_SIDECAR_SECONDS of block time. ENOTFOUND. */
#define DRY_SIDECAR_SECONDS \
    (4096u * 32u * 12u) /* MIN_EPOCHS_FOR_BLOB_SIDECARS_REQUESTS, in slots */
DRY_MUST_USE dry_status dry_chain_sidecar(struct dry_chain *c, struct dry_bytes *out,
                                          uint64_t block_time, const struct dry_hash *tx_hash,
                                          struct dry_arena *arena);

/* Logs of canonical blocks from..to (inclusive) that match, oldest first; blocks are skipped by
 * bloom. fn returns false to stop. */
struct dry_log_filter {
    uint32_t address_count;
    const struct dry_address *addresses; /* any of them; none: all */
    struct {
        uint32_t count; /* any of them; 0: wildcard */
        const struct dry_hash *values;
    } topics[4];
    uint32_t
        topic_positions; /* how many positions the filter names; longer than the log: no match */
};
struct dry_found_log {
    const struct dry_log_entry *log;
    struct dry_hash block_hash, tx_hash;
    uint64_t block_number, block_time;
    uint32_t tx_index, log_index; /* log_index within the block */
};
typedef bool (*dry_found_log_fn)(void *ctx, const struct dry_found_log *log);
struct dry_log_search {
    const struct dry_log_filter *filter;
    uint64_t from, to;      /* blocks, both included */
    dry_found_log_fn found; /* false: enough */
    /* Before each block, may be NULL; reads: its bloom lets its logs be read. False: the search
     * ends with ECANCELED. */
    bool (*goes_on)(void *ctx, const struct dry_header *h, bool reads);
    void *ctx;
};
DRY_MUST_USE dry_status dry_chain_logs(struct dry_chain *c, const struct dry_log_search *search,
                                       struct dry_arena *scratch);
/* The logs of one block of any branch. */
DRY_MUST_USE dry_status dry_chain_block_logs(struct dry_chain *c, const struct dry_log_filter *f,
                                             const struct dry_hash *block_hash, dry_found_log_fn fn,
                                             void *ctx, struct dry_arena *scratch);
bool dry_log_matches(const struct dry_log_filter *f, const struct dry_log_entry *log);
/* Whether a block with this bloom can hold a match. */
bool dry_log_bloom_may(const struct dry_log_filter *f, const struct dry_bloom *bloom);

/* Keep the states from this block on, at most 16 times as many as usual; UINT64_MAX: as usual. */
void dry_chain_pin(struct dry_chain *c, uint64_t number);
/* States kept behind the head; 0: all. */
uint32_t dry_chain_state_history(const struct dry_chain *c);
/* State after a block, with BLOCKHASH answered for a block built on it. ENOTFOUND when pruned. */
DRY_MUST_USE dry_status dry_chain_state_open(struct dry_chain *c, struct dry_state_view **out,
                                             const struct dry_header *header);
/* Rules of a block with this number and time on the canonical chain's config. */
void dry_chain_rules(const struct dry_chain *c, struct dry_rules *out, uint64_t number,
                     uint64_t time, const struct dry_u256 *parent_td);
/* Rules of a block built on the head now: what the pool asks of transactions. */
void dry_chain_next_rules(struct dry_chain *c, struct dry_rules *out);
/* The environment of the block after `parent` (pending calls), time as given. */
void dry_chain_env_after(const struct dry_chain *c, struct dry_block_env *out,
                         const struct dry_header *parent, const struct dry_u256 *parent_td,
                         uint64_t time);
/* An executor of the chain's driver for the calling thread's own use. */
DRY_MUST_USE dry_status dry_chain_executor_open(struct dry_chain *c, struct dry_executor **out);

/* --- import [loop] --- */

/* Check, execute and store one block given as RLP; make it the head when the engine prefers it.
 * *verdict_tx: the transaction a TX_… verdict is about. A known block is VALID; one off the
 * canonical chain counts as given last, and becomes the head when the engine prefers it so. On
 * failure the chain is as it was; ENOTFOUND when the parent's state was pruned. */
DRY_MUST_USE dry_status dry_chain_import(struct dry_chain *c, enum dry_verdict *verdict,
                                         uint32_t *verdict_tx, struct dry_bytes block_rlp);

/* --- building [loop] --- */

struct dry_build {
    uint32_t txs_max;     /* 0: no limit */
    const uint64_t *time; /* NULL: the engine's choice */
    const struct dry_hash *prev_randao;
    const struct dry_address *coinbase;
    const struct dry_hash *parent_beacon_root;
    uint32_t withdrawal_count;
    const struct dry_withdrawal *withdrawals;
};
/* Build on the head from the pool, seal, store, make it the head. *out (may be NULL): its hash. */
DRY_MUST_USE dry_status dry_chain_build(struct dry_chain *c, const struct dry_build *b,
                                        struct dry_hash *out);
/* Feed the consensus engine; does the actions it answers with (now_ms and head are filled in). */
DRY_MUST_USE dry_status dry_chain_event(struct dry_chain *c, enum dry_event_kind kind,
                                        uint64_t value);
/* Go on with the work a wake() was asked for: builds for about 10 ms, then asks again. */
DRY_MUST_USE dry_status dry_chain_work(struct dry_chain *c);
/* Times asked for go no further: what JavaScript counts exactly. */
#define DRY_TIME_MAX (((uint64_t)1 << 53) - 1)
/* evm_setNextBlockTimestamp: seconds. EINVAL when not after the head's time, or beyond
 * DRY_TIME_MAX. Once a block has the time asked for, the chain's clock goes on from there. */
DRY_MUST_USE dry_status dry_chain_set_next_time(struct dry_chain *c, uint64_t time);
/* The clock goes on so much later from here on. EINVAL beyond DRY_TIME_MAX. */
DRY_MUST_USE dry_status dry_chain_add_time_offset(struct dry_chain *c, uint64_t seconds);
/* Back to an offset that dry_chain_time_offset() told. */
void dry_chain_set_time_offset(struct dry_chain *c, uint64_t seconds);
uint64_t dry_chain_time_offset(const struct dry_chain *c);
/* Make an earlier block of the canonical chain the head again (evm_revert); later blocks leave the
 * index. With requeue false their transactions are dropped. ENOTFOUND, also when the state was
 * pruned. */
DRY_MUST_USE dry_status dry_chain_rewind(struct dry_chain *c, uint64_t number, bool requeue);

/* --- the block to come --- */

/* What the next block would be as head and pool stand, without making it. The loop only picks the
 * transactions; any thread may run them. Counted references. */
struct dry_pending;
struct dry_pending_block {
    struct dry_stored_block block;
    const struct dry_receipt *receipts; /* one a transaction */
    struct dry_state_diff diff;         /* over the state after its parent */
    struct dry_block_env env;
};
/* [loop] One reference; the object given last while nothing changed since. */
DRY_MUST_USE dry_status dry_chain_pending(struct dry_chain *c, struct dry_pending **out);
/* [any] The header it builds on. Valid as long as the reference. */
const struct dry_header *dry_pending_parent(const struct dry_pending *p);
/* [any] The block, when somebody ran it; else NULL. Valid as long as the reference. */
const struct dry_pending_block *dry_pending_done(struct dry_pending *p);
/* [any] Run it with an executor of the caller's own, unless it was; who asks meanwhile waits, but
 * not on the loop thread. ECANCELED when the executor was stopped: the next one asked for is new.
 */
DRY_MUST_USE dry_status dry_pending_run(struct dry_pending *p, const struct dry_pending_block **out,
                                        struct dry_executor *e);
/* [any] Accepts NULL. The last one must go before the chain does. */
void dry_pending_close(struct dry_pending *p);

/* --- pool [loop] --- */

/* [any] dry_pool_tx_open() at the next block's rules and the pool's limits, then, for a blob
 * transaction, dry_pool_tx_verify_sidecar() with the chain's own loader: off the loop, then. From
 * Osaka on, blobs that come with the proofs of the forks before get cell proofs, as geth does it.
 */
DRY_MUST_USE dry_status dry_chain_tx_open(struct dry_chain *c, struct dry_pool_tx **out,
                                          struct dry_pool_verdict *v, struct dry_bytes encoded);

/* [any] Make commitments and proofs of s->version for the blobs in s, in the arena. EINVAL when a
 * field element is not canonical. Takes a third of a second a blob, and seconds once. */
DRY_MUST_USE dry_status dry_chain_sidecar_make(struct dry_chain *c, struct dry_blob_sidecar *s,
                                               struct dry_arena *arena);
/* The hash a transaction names a blob by (EIP-4844). */
void dry_blob_versioned_hash(struct dry_hash *out, const uint8_t commitment[48]);

/* Add a transaction (takes one reference in every case). With automine on, the engine may build
 * blocks before this returns, so that the receipt is there. A blob transaction whose sidecar was
 * not verified is refused (SIDECAR). When building fails after a transaction was taken, *v tells so
 * beside the status. */
DRY_MUST_USE dry_status dry_chain_submit(struct dry_chain *c, struct dry_pool_verdict *v,
                                         struct dry_pool_tx *tx);
/* Several at once, blocks built after all are in; v and txs have count elements. */
DRY_MUST_USE dry_status dry_chain_submit_many(struct dry_chain *c, struct dry_pool_verdict *v,
                                              struct dry_pool_tx **txs, uint32_t count);
/* By hash; one reference, or NULL. */
struct dry_pool_tx *dry_chain_pool_find(struct dry_chain *c, const struct dry_hash *hash);
/* The nonce after the sender's last includable transaction; the state's when it has none waiting.
 */
DRY_MUST_USE dry_status dry_chain_pool_nonce(struct dry_chain *c, uint64_t *out,
                                             const struct dry_address *sender);
struct dry_pool_counts {
    uint32_t pending, queued; /* includable now; waiting for a nonce */
};
struct dry_pool_counts dry_chain_pool_counts(const struct dry_chain *c);
/* Every waiting transaction by sender, then nonce. fn returns false to stop. */
typedef bool (*dry_pool_each_fn)(void *ctx, const struct dry_pool_tx *tx, bool pending);
void dry_chain_pool_each(struct dry_chain *c, dry_pool_each_fn fn, void *ctx);
void dry_chain_pool_clear(struct dry_chain *c);

#endif /* DRY_CHAIN_H */
