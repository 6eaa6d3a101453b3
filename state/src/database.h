/* What the parts of the state database share. */
#ifndef DRY__STATE_DATABASE_H
#define DRY__STATE_DATABASE_H
#include "account.h"
#include "cache.h"
#include "journal.h"
#include "trie.h"

#include <drystone/state.h>

struct dry__code {
    struct dry__code *next;
    struct dry_hash hash;
    struct dry_buf bytes;
};
/* Codes the writer's views have read, a few, first come: those of the system contracts are wanted
 * in every block. Never let go, so that views may borrow them. */
#define DRY__HOT_CODES 64u
struct dry_state {
    struct dry_storage *storage;
    struct dry__cache cache; /* the writer's */
    struct dry__code *hot[DRY__HOT_CODES];
    struct dry_arena scratch;
    struct dry__journal journal;
};

#define DRY__RECENT 16u
struct dry__recent {
    bool set, exists;
    struct dry_address address;
    struct dry_hash hashed;
    struct dry_account account;
};
struct dry_state_view {
    struct dry_state_reader r;
    struct dry_state *s;
    const struct dry_snapshot *snap;
    struct dry_snapshot *owned; /* the same, when the view closes it */
    struct dry_hash root;
    dry_block_hash_fn block_hash;
    void *block_hash_ctx;
    bool writer; /* may use the writer's cache */
    uint32_t loads;
    struct dry__cache cache; /* its own, once it has read a while */
    struct dry_buf buf;
    struct dry__code **codes; /* buckets by hash, a power of two of them or none */
    uint32_t code_buckets, code_count;
    struct dry__recent recent[DRY__RECENT];
};

/* Append the node to buf from the storage and check its hash. ENOTFOUND, ECORRUPT. */
DRY_MUST_USE dry_status dry__node_read(const struct dry_state_view *v, struct dry_buf *buf,
                                       const struct dry__place *at, const uint8_t hash[32]);
/* The view as a source of nodes. */
struct dry__nodes dry__view_nodes(struct dry_state_view *v);
/* The value at a key, copied; *len 0 when there is none. */
DRY_MUST_USE dry_status dry__view_value(struct dry_state_view *v,
                                        uint8_t value[DRY__VALUE_BYTES_MAX], size_t *len,
                                        const struct dry_hash *owner, const struct dry_hash *root,
                                        const struct dry_hash *key);
/* Apply a diff to the trie: *root; what came and went into changes, unless NULL. Everything stays
 * valid until the work is ended. */
#define DRY__APPLY_JOBS 16u
struct dry__apply {
    struct dry_state_view *v;
    struct dry_jobs *jobs;
    struct dry_arena *arena;
    struct dry__changes *changes;
    struct dry_arena job_arena[DRY__APPLY_JOBS];
};
DRY_MUST_USE dry_status dry__apply_run(struct dry__apply *w, struct dry_hash *root,
                                       const struct dry_state_diff *diff);
void dry__apply_end(struct dry__apply *w);
#endif /* DRY__STATE_DATABASE_H */
