/* head.c - the published head, and moving it: to the next block, or to another branch. */
#include "internal.h"
#include <drystone/common/alloc.h>
#include <drystone/execution.h>

#define PINNED_TIMES 16u /* as many states as usual are kept for who wants them */

/* --- the published object --- */

dry_status dry__head_make(struct dry_chain *c, struct dry_head **out,
                          const struct dry_header *header, const struct dry_hash *hash,
                          const struct dry_u256 *td)
{
    struct dry_head *h;

    if (header->extra_data.len > DRY_EXTRA_DATA_MAX)
        return DRY_STATUS(ECORRUPT, "extra data of the head is too long");
    h = dry_alloc(sizeof(*h));
    if (h == NULL)
        return DRY_ENOMEM;
    h->header = *header;
    if (header->extra_data.len != 0)
        memcpy(h->extra_data, header->extra_data.ptr, header->extra_data.len);
    h->header.extra_data.ptr = h->extra_data;
    h->hash = *hash;
    h->total_difficulty = *td;
    dry_chain_rules(c, &h->rules, header->number + 1, dry__next_time(c, header->time), td);
    h->finalized_number = dry_consensus_finalized(c->consensus, header->number);
    h->safe_number = h->finalized_number;
    h->finalized = h->safe = *hash;
    if (h->finalized_number != header->number) {
        dry_status st = dry_chain_hash_at(c, &h->finalized, h->finalized_number);
        if (!dry_ok(st)) {
            dry_free(h);
            return st;
        }
        h->safe = h->finalized;
    }
    dry_refs_take(&h->refs);
    *out = h;
    return DRY_OK;
}

void dry__head_publish(struct dry_chain *c, struct dry_head *h)
{
    struct dry_head *old;

    dry_mutex_lock(&c->head_lock);
    old = c->head;
    c->head = h;
    dry_mutex_unlock(&c->head_lock);
    dry_head_close(old);
}

struct dry_head *dry_chain_head(struct dry_chain *c)
{
    struct dry_head *h;

    dry_mutex_lock(&c->head_lock);
    h = c->head;
    dry_refs_take(&h->refs);
    dry_mutex_unlock(&c->head_lock);
    return h;
}

void dry_head_close(struct dry_head *h)
{
    if (h != NULL && dry_refs_drop(&h->refs))
        dry_free(h);
}

/* --- moving it --- */

/* What the indexes hold of a block. */
struct place {
    struct dry_hash hash;
    uint64_t number;
    const struct dry_hash *tx_hashes;
    uint32_t tx_count;
};
/* Blocks that leave and enter the canonical chain; newest first while it is collected. */
struct branch {
    struct place *blocks;
    uint32_t count, cap;
};

static dry_status branch_push(struct branch *b, const struct place *block, struct dry_arena *arena)
{
    if (b->count == b->cap) {
        uint32_t cap = b->cap == 0 ? 8 : b->cap * 2;
        struct place *n = dry_arena_zalloc(arena, cap, sizeof(*n));

        if (n == NULL)
            return DRY_ENOMEM;
        if (b->count != 0)
            memcpy(n, b->blocks, b->count * sizeof(*n));
        b->blocks = n;
        b->cap = cap;
    }
    b->blocks[b->count++] = *block;
    return DRY_OK;
}

static dry_status branch_step(struct dry_chain *c, struct branch *b, struct dry_hash *at,
                              uint64_t *number, struct dry_arena *arena)
{
    struct place block = {.hash = *at, .number = *number};
    struct dry_hash parent;
    dry_status st = DRY_OK;

    if (*number == 0)
        return DRY_STATUS(ECORRUPT, "two branches of the chain never meet");
    st = dry__load_place(c->storage, &parent, &block.tx_hashes, &block.tx_count, at, arena);
    if (dry_ok(st))
        st = branch_push(b, &block, arena);
    if (dry_ok(st)) {
        *at = parent;
        --*number;
    }
    return st;
}

/* From the head and from `to` back to where they meet. */
static dry_status branches_find(struct dry_chain *c, struct branch *leave, struct branch *enter,
                                struct dry_hash to, uint64_t to_number, struct dry_arena *arena)
{
    struct dry_hash from = dry__head(c)->hash;
    uint64_t from_number = dry__head(c)->header.number;
    dry_status st = DRY_OK;

    while (dry_ok(st) && !dry_hash_equal(&from, &to)) {
        if (from_number >= to_number) {
            bool level = from_number == to_number;
            st = branch_step(c, leave, &from, &from_number, arena);
            if (!dry_ok(st) || !level)
                continue;
        }
        st = branch_step(c, enter, &to, &to_number, arena);
    }
    return st;
}

static dry_status indexes_move(struct dry_chain *c, const struct branch *leave,
                               const struct branch *enter)
{
    dry_status st = DRY_OK;

    for (uint32_t i = 0; i < leave->count && dry_ok(st); i++)
        st = dry__store_unindex(&c->batch, leave->blocks[i].number, leave->blocks[i].tx_hashes,
                                leave->blocks[i].tx_count);
    for (uint32_t i = enter->count; i-- > 0 && dry_ok(st);)
        st = dry__store_index(&c->batch, enter->blocks[i].number, &enter->blocks[i].hash,
                              enter->blocks[i].tx_hashes, enter->blocks[i].tx_count);
    return st;
}

/* The hashes an event tells: what leaves, newest first, then what enters, oldest first. */
static dry_status hashes_list(struct dry_hash **out, const struct branch *leave,
                              const struct branch *enter, struct dry_arena *arena)
{
    uint32_t n = 0;

    *out = dry_arena_zalloc(arena, (size_t)leave->count + enter->count + 1, sizeof(**out));
    if (*out == NULL)
        return DRY_ENOMEM;
    for (uint32_t i = 0; i < leave->count; i++)
        (*out)[n++] = leave->blocks[i].hash;
    for (uint32_t i = enter->count; i-- > 0;)
        (*out)[n++] = enter->blocks[i].hash;
    return DRY_OK;
}

/* The pool after a change of the chain. A block on top tells itself whose nonce it changed:
 * senders, and authorities of EIP-7702. */
static void pool_move(struct dry_chain *c, const struct dry__new_head *n,
                      const struct dry_hash *left, uint32_t left_count, uint32_t entered_count)
{
    c->pool.stamp++;
    dry__pool_follow_fees(c);
    if (left_count != 0 || entered_count != 1 || n->diff == NULL || c->pool_behind) {
        dry__pool_reorganise(c, left, n->requeue ? left_count : 0);
        return;
    }
    for (uint32_t i = 0; i < n->diff->count && c->pool.tx_count != 0; i++) {
        const struct dry_account_diff *a = &n->diff->accounts[i];
        dry__pool_set_nonce(&c->pool, &a->address, a->exists ? a->nonce : 0);
    }
}

/* How many states somebody wants kept; who wants too many gets the usual number. */
static uint64_t pinned(const struct dry_chain *c, const struct dry_header *head)
{
    uint64_t states = head->number > c->pinned ? head->number - c->pinned : 0;

    return states / PINNED_TIMES <= c->set.state_history ? states : 0;
}

dry_status dry__head_set(struct dry_chain *c, const struct dry__new_head *n)
{
    struct dry_chain_event e = {.kind = DRY_CHAIN_HEAD};
    struct branch leave = {0}, enter = {0};
    struct dry_hash *hashes = NULL;
    struct dry_head *h = NULL;
    struct dry_hash to = n->hash;
    uint64_t to_number = n->header.number;
    dry_status st = DRY_OK;

    if (n->block != NULL) {
        st = branch_push(&enter,
                         &(struct place){n->hash, n->header.number, n->tx_hashes, n->tx_count},
                         &c->arena);
        to = n->header.parent_hash;
        to_number--;
    }
    if (dry_ok(st))
        st = branches_find(c, &leave, &enter, to, to_number, &c->arena);
    if (dry_ok(st))
        st = hashes_list(&hashes, &leave, &enter, &c->arena);
    if (dry_ok(st))
        st = indexes_move(c, &leave, &enter);
    if (dry_ok(st))
        st = dry__store_head(&c->batch, &n->hash);
    if (dry_ok(st) && c->set.state_history != 0)
        st = dry_state_prune(c->state, &c->batch, &n->header.state_root, pinned(c, &n->header));
    if (dry_ok(st))
        st = dry__head_make(c, &h, &n->header, &n->hash, &n->total_difficulty);
    if (dry_ok(st))
        st = dry_storage_commit(c->storage, &c->batch, c->set.durable);
    if (!dry_ok(st)) {
        dry_head_close(h);
        return st;
    }
    dry__head_publish(c, h);
    pool_move(c, n, hashes, leave.count, enter.count);
    e.head = dry__head(c);
    e.removed = hashes;
    e.removed_count = leave.count;
    e.added = hashes + leave.count;
    e.added_count = enter.count;
    for (uint32_t i = 0; i < enter.count; i++)
        e.added_txs += enter.blocks[i].tx_count;
    dry__emit(c, &e);
    return DRY_OK;
}

dry_status dry__state_there(struct dry_chain *c, const struct dry_hash *root)
{
    struct dry_state_view *view = NULL;
    dry_status st = dry_state_view_open(&view, c->state, NULL, root, NULL, NULL);

    dry_state_view_close(view);
    return st;
}

dry_status dry_chain_rewind(struct dry_chain *c, uint64_t number, bool requeue)
{
    struct dry__new_head n = {.requeue = requeue};
    dry_status st;

    if (number > dry__head(c)->header.number)
        return DRY_STATUS(ENOTFOUND, "no block of this number");
    if (number == dry__head(c)->header.number)
        return DRY_OK;
    dry_arena_reset(&c->arena);
    dry_batch_clear(&c->batch);
    st = dry_chain_hash_at(c, &n.hash, number);
    if (dry_ok(st))
        st = dry__load_header(c->storage, &n.header, &n.total_difficulty, NULL, &n.hash, &c->arena);
    if (dry_ok(st))
        st = dry__state_there(c, &n.header.state_root);
    if (dry_ok(st))
        st = dry__head_set(c, &n);
    return st;
}
