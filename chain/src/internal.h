/* internal.h - the chain object and what its files share. */
#ifndef DRY_CHAIN_INTERNAL_H
#define DRY_CHAIN_INTERNAL_H
#include "pool.h"
#include "store.h"
#include <drystone/chain.h>
#include <drystone/platform/lock.h>

struct dry_chain {
    struct dry_chain_settings set;
    struct dry_chain_config config;
    struct dry_hash genesis_hash;
    struct dry_storage *storage;
    struct dry_state *state;
    struct dry_executor *executor; /* of the loop thread */
    struct dry_consensus *consensus;
    struct dry_log *log;

    /* Guards the four below: the loop changes them holding it, and needs it not to read them. */
    struct dry_mutex head_lock;
    struct dry_head *head;
    bool has_next_time;
    uint64_t next_time;
    uint64_t time_offset;

    struct dry_kzg_loader *kzg;
    uint64_t sidecar_time; /* of the oldest block whose sidecars are kept; UINT64_MAX: none are */
    uint32_t tx_bytes_max; /* of the pool's limits; read by any thread */
    struct dry__pool pool;
    struct dry_pending *pending; /* the one given out last */
    bool pool_behind;       /* the pool has not followed the head yet: memory or storage failed */
    struct dry_arena arena; /* of the block at hand */
    struct dry_batch batch;
    uint64_t pinned; /* states are kept from this block on; UINT64_MAX: none is wanted */

    uint32_t listener_count;
    struct {
        dry_chain_event_fn fn;
        void *ctx;
    } listeners[DRY_CHAIN_LISTENERS_MAX];
};

/* The loop thread's own look at the head: no reference taken, valid until the head changes. */
static inline const struct dry_head *dry__head(const struct dry_chain *c)
{
    return c->head;
}

/* Commit c->batch and publish a block as the new head. Works out which blocks leave and enter the
 * canonical chain, moves the indexes, follows with the pool and tells the listeners. */
struct dry__new_head {
    const struct dry__new_block *block; /* stored with this commit, or NULL: already stored */
    struct dry_hash hash;
    struct dry_header header;
    struct dry_u256 total_difficulty;
    const struct dry_hash *tx_hashes;
    uint32_t tx_count;
    const struct dry_state_diff *diff; /* what the new block changed; NULL when it is stored */
    bool requeue;                      /* transactions of blocks that leave go back to the pool */
};
/* On failure the chain is as it was. What has to follow a new head and fails (the pool) is made up
 * for later and is no failure. */
DRY_MUST_USE dry_status dry__head_set(struct dry_chain *c, const struct dry__new_head *n);
/* A published head object for a header; refs 1. */
DRY_MUST_USE dry_status dry__head_make(struct dry_chain *c, struct dry_head **out,
                                       const struct dry_header *header, const struct dry_hash *hash,
                                       const struct dry_u256 *td);
void dry__head_publish(struct dry_chain *c, struct dry_head *h);

/* State at the head for the loop thread itself, read through the writer's cache. */
DRY_MUST_USE dry_status dry__own_view_open(struct dry_chain *c, struct dry_state_view **out);

/* BLOCKHASH for a block on block `number`, on any branch. */
#define DRY__ANCESTRY 256u
struct dry__ancestry {
    struct dry_chain *chain;
    struct dry_hash hash; /* of block `number` */
    uint64_t number;
    uint32_t walked; /* so many, from there back, were followed by their parent's hashes */
    bool joined;     /* the last of them is on the canonical chain: the index knows the rest */
    bool have[DRY__ANCESTRY];
    struct dry_hash hashes[DRY__ANCESTRY];
};
dry_status dry__ancestry_hash(void *ctx, struct dry_hash *out, uint64_t number);

/* Whether the state after a block can be read. ENOTFOUND when it was pruned. */
DRY_MUST_USE dry_status dry__state_there(struct dry_chain *c, const struct dry_hash *root);

/* The pool after a new head: nonces anew, then the transactions of blocks that left are offered to
 * it again, oldest first; refusals are fine. */
void dry__pool_reorganise(struct dry_chain *c, const struct dry_hash *left, uint32_t count);
/* Have the pool follow the head when it could not at once. */
DRY_MUST_USE dry_status dry__pool_catch_up(struct dry_chain *c);
/* Tell the pool the fees of the block to come, as time and head stand. */
void dry__pool_follow_fees(struct dry_chain *c);
/* Whether there are sidecars, and how old they are, at start. */
DRY_MUST_USE dry_status dry__sidecars_find(struct dry_chain *c);
/* Into c->batch: keep the sidecars of a block's transactions, let a few go that are too old. */
DRY_MUST_USE dry_status dry__sidecars_store(struct dry_chain *c, const struct dry_block *block,
                                            const struct dry_hash *tx_hashes);
void dry__emit(struct dry_chain *c, const struct dry_chain_event *event);
/* Base fee, excess blob gas and the number of fields of a block on parent. */
void dry__header_fees(struct dry_header *h, const struct dry_header *parent,
                      const struct dry_rules *rules);
/* Now, with the user's offset, in milliseconds. */
uint64_t dry__now_ms(const struct dry_chain *c);
/* The time of a block built now on one with this time, in seconds. */
uint64_t dry__next_time(const struct dry_chain *c, uint64_t head_time);

#endif /* DRY_CHAIN_INTERNAL_H */
