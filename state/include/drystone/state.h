/* drystone/state.h - accounts, slots and code over the storage interface, with the Merkle Patricia
 * trie that commits to them. Start at dry_state_open() and dry_state_view_open().
 *
 * States are named by their root. A view reads one of them; a commit makes a new one from a view
 * and a diff. Every committed state stays readable until it is pruned. */
#ifndef DRY_STATE_H
#define DRY_STATE_H
#include <drystone/common/executor.h>
#include <drystone/common/storage.h>

/* --- the trie, for roots over lists and for tests --- */

/* Root of the trie that maps rlp(i) to items[i] (transactions, receipts, withdrawals). Yellow
 * Paper 4.3. */
DRY_MUST_USE dry_status dry_trie_root_of_list(struct dry_hash *out, const struct dry_bytes *items,
                                              uint32_t count, struct dry_arena *scratch);
struct dry_trie_pair {
    struct dry_bytes key, value;
};
/* Root of the trie of these pairs, in any order; a later pair replaces an earlier one of the same
 * key, an empty value deletes it. With secure, keys are hashed first. */
DRY_MUST_USE dry_status dry_trie_root_of_pairs(struct dry_hash *out,
                                               const struct dry_trie_pair *pairs, uint32_t count,
                                               bool secure, struct dry_arena *scratch);

/* --- the state database --- */

struct dry_state;
struct dry_state_settings {
    uint64_t cache_bytes; /* the writer's cache of nodes; 0: 16 MiB */
    uint32_t keep_states; /* how many states dry_state_prune() leaves below the head; 0: all */
    uint64_t
        keep_nodes; /* fewer, down to 128, when more nodes than these are theirs; 0: no bound */
    bool durable;   /* the storage outlives the process: what pruning has to know is stored there */
};
/* Key prefixes this layer uses in the storage: bytes 0x10 to 0x1f. Borrows the storage until close.
 */
DRY_MUST_USE dry_status dry_state_open(struct dry_state **out, struct dry_storage *storage,
                                       const struct dry_state_settings *set);
void dry_state_close(struct dry_state *s);

/* Read the state with this root, as of a storage snapshot or (NULL) the newest. `r.ops` is the
 * reader interface; block_hash is answered by the function given (may be NULL: zero hashes).
 * DRY_ENOTFOUND when the root is not there. Thread: a view belongs to one thread at a time; views
 * on different threads run side by side. */
struct dry_state_view;
typedef dry_status (*dry_block_hash_fn)(void *ctx, struct dry_hash *out, uint64_t number);
DRY_MUST_USE dry_status dry_state_view_open(struct dry_state_view **out, struct dry_state *s,
                                            const struct dry_snapshot *snap,
                                            const struct dry_hash *root,
                                            dry_block_hash_fn block_hash, void *block_hash_ctx);
/* Let the view read through the writer's cache. Thread: from then on the writer's alone. */
void dry_state_view_use_writer_cache(struct dry_state_view *v);
/* The same from the start, of a state that is known to be kept. Thread: the writer's alone. */
DRY_MUST_USE dry_status dry_state_view_open_writer(struct dry_state_view **out, struct dry_state *s,
                                                   const struct dry_hash *root,
                                                   dry_block_hash_fn block_hash,
                                                   void *block_hash_ctx);
/* Have the view close the snapshot it was opened with when it is closed itself. */
void dry_state_view_own_snapshot(struct dry_state_view *v, struct dry_snapshot *snap);
void dry_state_view_close(struct dry_state_view *v);
/* The reader interface of a view; valid as long as the view. */
struct dry_state_reader *dry_state_view_reader(struct dry_state_view *v);

/* Apply a diff to the state of view v: *root becomes the new root and the new nodes and codes are
 * added to `batch` (the caller commits it with the block, all or none). Views of the new root may
 * be opened once the batch is committed. Thread: the one writer. */
DRY_MUST_USE dry_status dry_state_apply(struct dry_state_view *v, struct dry_hash *root,
                                        struct dry_batch *batch, const struct dry_state_diff *diff,
                                        struct dry_jobs *jobs);

/* What the last dry_state_apply() made was not committed: drop what was noted of it for pruning.
 * Without this the note stays until its place in the chain is pruned. Thread: the one writer. */
void dry_state_forget(struct dry_state *s);

/* With keep_states set: the state `head` becomes the chain's head. Deletes, through the batch, what
 * only states further below it than keep_states and `keep` (a wish for more, 0: none), or beside
 * the way from there to the head, need (a few states more may stay: it works in steps). Opening a
 * pruned state gives ENOTFOUND; a view of it that reads without a snapshot may find ECORRUPT. Call
 * it after dry_state_apply() with the same batch. What was applied without keep_states, or without
 * durable before the last dry_state_open(), is not pruned. Thread: the one writer. */
DRY_MUST_USE dry_status dry_state_prune(struct dry_state *s, struct dry_batch *batch,
                                        const struct dry_hash *head, uint64_t keep);

/* EIP-1186 proofs: nodes from the root down, each RLP, appended to `nodes` in the arena. A proof of
 * absence ends where the path does. */
struct dry_proof {
    uint32_t count;
    const struct dry_bytes *nodes;
};
DRY_MUST_USE dry_status dry_state_prove_account(struct dry_state_view *v, struct dry_proof *out,
                                                const struct dry_address *address,
                                                struct dry_arena *arena);
DRY_MUST_USE dry_status dry_state_prove_slot(struct dry_state_view *v, struct dry_proof *out,
                                             const struct dry_address *address,
                                             const struct dry_hash *key, struct dry_arena *arena);
/* Check a proof against a root. *found with *value (borrowed from the proof) or a proof of absence;
 * DRY_EDECODE when it proves neither. Unused nodes are refused (ATTACKS 52). */
DRY_MUST_USE dry_status dry_proof_check(bool *found, struct dry_bytes *value,
                                        const struct dry_hash *root, struct dry_bytes hashed_key,
                                        const struct dry_proof *proof);

/* Walk all accounts or the slots of one, by hashed key, ascending. fn returns false to stop. */
typedef bool (*dry_state_account_fn)(void *ctx, const struct dry_hash *hashed_address,
                                     const struct dry_account *account);
typedef bool (*dry_state_slot_fn)(void *ctx, const struct dry_hash *hashed_key,
                                  const struct dry_u256 *value);
DRY_MUST_USE dry_status dry_state_each_account(struct dry_state_view *v, dry_state_account_fn fn,
                                               void *ctx);
DRY_MUST_USE dry_status dry_state_each_slot(struct dry_state_view *v,
                                            const struct dry_hash *hashed_address,
                                            dry_state_slot_fn fn, void *ctx);

/* --- a state held in memory alone, without a storage: fixtures, witnesses, the freestanding build
 * --- */

/* Built from a diff over the empty state; everything is copied. Roots are computed from scratch. */
struct dry_memory_state;
DRY_MUST_USE dry_status dry_memory_state_open(struct dry_memory_state **out);
void dry_memory_state_close(struct dry_memory_state *m);
DRY_MUST_USE dry_status dry_memory_state_apply(struct dry_memory_state *m,
                                               const struct dry_state_diff *diff);
DRY_MUST_USE dry_status dry_memory_state_root(struct dry_memory_state *m, struct dry_hash *out);
/* Told for block_hash; others read zero. */
DRY_MUST_USE dry_status dry_memory_state_set_block_hash(struct dry_memory_state *m, uint64_t number,
                                                        const struct dry_hash *hash);
struct dry_state_reader *dry_memory_state_reader(struct dry_memory_state *m);

/* --- overrides: a reader that answers from a diff first (eth_call state overrides) --- */

/* Initialise in caller's memory; borrows both. */
struct dry_overlay_reader {
    struct dry_state_reader r; /* pass &o.r */
    struct dry_state_reader *below;
    const struct dry_state_diff *diff;
};
void dry_overlay_reader_init(struct dry_overlay_reader *o, struct dry_state_reader *below,
                             const struct dry_state_diff *diff);

#endif /* DRY_STATE_H */
