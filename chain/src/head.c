/* head.c - the published head, and moving it: to the next block, or to another branch. */
#include "internal.h"
#include <drystone/common/alloc.h>
#include <drystone/execution.h>

/* --- the published object --- */

dry_status dry__head_make(struct dry_chain *c, struct dry_head **out,
                          const struct dry_header *header, const struct dry_hash *hash,
                          const struct dry_u256 *td)
{
    struct dry_head *h;
    bool merged;

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
    merged = dry_u256_is_zero(&header->difficulty) && c->config.has_terminal_total_difficulty;
    dry_rules_at(&h->rules, &c->config, header->number, header->time, merged);
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

/* Blocks that leave and enter the canonical chain; newest first while it is collected. */
struct branch {
    struct dry_stored_block *blocks;
    uint32_t count, cap;
};

static dry_status branch_push(struct branch *b, const struct dry_stored_block *block,
                              struct dry_arena *arena)
{
    if (b->count == b->cap) {
        uint32_t cap = b->cap == 0 ? 8 : b->cap * 2;
        struct dry_stored_block *n = dry_arena_zalloc(arena, cap, sizeof(*n));

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
    struct dry_stored_block block;
    dry_status st = dry__load_block(c->storage, &block, at, arena);

    if (dry_ok(st))
        st = branch_push(b, &block, arena);
    if (dry_ok(st)) {
        *at = block.block.header.parent_hash;
        *number = block.block.header.number - 1;
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
        st = dry__store_unindex(&c->batch, leave->blocks[i].block.header.number,
                                leave->blocks[i].tx_hashes, leave->blocks[i].block.tx_count);
    for (uint32_t i = enter->count; i-- > 0 && dry_ok(st);)
        st = dry__store_index(&c->batch, enter->blocks[i].block.header.number,
                              &enter->blocks[i].hash, enter->blocks[i].tx_hashes,
                              enter->blocks[i].block.tx_count);
    return st;
}

static dry_status pool_follow(struct dry_chain *c, const struct dry_address *senders,
                              uint32_t count, struct dry_state_reader *reader)
{
    dry_status st = DRY_OK;

    for (uint32_t i = 0; i < count && dry_ok(st); i++) {
        struct dry_account a = {0};
        bool exists;

        if (dry__pool_line(&c->pool, &senders[i]) == NULL)
            continue;
        st = reader->ops->account(reader, &exists, &a, &senders[i]);
        if (dry_ok(st))
            st = dry__pool_set_nonce(&c->pool, &senders[i], exists ? a.nonce : 0);
    }
    return st;
}

/* The pool after a change of the chain: nonces of everybody who sent, and what left comes back. */
static dry_status pool_move(struct dry_chain *c, const struct branch *leave,
                            const struct branch *enter, bool requeue)
{
    struct dry_state_view *view = NULL;
    struct dry_state_reader *reader;
    dry_status st;

    c->pool.stamp++;
    if (c->pool.tx_count == 0 && (!requeue || leave->count == 0))
        return DRY_OK;
    st = dry__own_view_open(c, &view);
    if (!dry_ok(st))
        return st;
    reader = dry_state_view_reader(view);
    for (uint32_t i = 0; i < leave->count && dry_ok(st); i++)
        st = pool_follow(c, leave->blocks[i].senders, leave->blocks[i].block.tx_count, reader);
    for (uint32_t i = 0; i < enter->count && dry_ok(st); i++)
        st = pool_follow(c, enter->blocks[i].senders, enter->blocks[i].block.tx_count, reader);
    dry_state_view_close(view);
    for (uint32_t i = leave->count; requeue && i-- > 0 && dry_ok(st);)
        st = dry__pool_requeue(c, &leave->blocks[i]);
    return st;
}

static dry_status announce(struct dry_chain *c, const struct branch *leave,
                           const struct branch *enter)
{
    struct dry_hash small[4];
    struct dry_hash *hashes = small;
    struct dry_chain_event e = {.kind = DRY_CHAIN_HEAD, .head = dry__head(c)};
    uint32_t n = 0;

    if (c->listener_count == 0)
        return DRY_OK;
    if (leave->count + enter->count > DRY_COUNT(small)) {
        hashes = dry_arena_alloc(&c->arena, (leave->count + enter->count) * sizeof(*hashes));
        if (hashes == NULL)
            return DRY_ENOMEM;
    }
    for (uint32_t i = 0; i < leave->count; i++)
        hashes[n++] = leave->blocks[i].hash;
    for (uint32_t i = enter->count; i-- > 0;)
        hashes[n++] = enter->blocks[i].hash;
    e.removed = hashes;
    e.removed_count = leave->count;
    e.added = hashes + leave->count;
    e.added_count = enter->count;
    dry__emit(c, &e);
    return DRY_OK;
}

/* The block at hand as an element of a branch, without reading it back. */
static dry_status branch_push_new(struct branch *enter, const struct dry__new_head *n,
                                  struct dry_arena *arena)
{
    struct dry_stored_block b = {.hash = n->hash,
                                 .total_difficulty = n->total_difficulty,
                                 .senders = n->block->senders,
                                 .tx_hashes = n->tx_hashes};

    b.block = *n->block->block;
    b.block.header = n->header;
    return branch_push(enter, &b, arena);
}

dry_status dry__head_set(struct dry_chain *c, const struct dry__new_head *n)
{
    struct branch leave = {0}, enter = {0};
    struct dry_head *h = NULL;
    struct dry_hash to = n->hash;
    uint64_t to_number = n->header.number;
    dry_status st = DRY_OK;

    if (n->block != NULL) {
        st = branch_push_new(&enter, n, &c->arena);
        to = n->header.parent_hash;
        to_number--;
    }
    if (dry_ok(st))
        st = branches_find(c, &leave, &enter, to, to_number, &c->arena);
    if (dry_ok(st))
        st = indexes_move(c, &leave, &enter);
    if (dry_ok(st))
        st = dry__store_head(&c->batch, &n->hash);
    if (dry_ok(st) && c->set.state_history != 0)
        st = dry_state_prune(c->state, &c->batch, &n->header.state_root);
    if (dry_ok(st))
        st = dry__head_make(c, &h, &n->header, &n->hash, &n->total_difficulty);
    if (!dry_ok(st))
        return st;
    st = dry_storage_commit(c->storage, &c->batch, c->set.durable);
    if (!dry_ok(st)) {
        dry_head_close(h);
        return st;
    }
    dry__head_publish(c, h);
    st = pool_move(c, &leave, &enter, n->requeue);
    if (dry_ok(st))
        st = announce(c, &leave, &enter);
    return st;
}

dry_status dry_chain_rewind(struct dry_chain *c, uint64_t number, bool requeue)
{
    struct dry__new_head n = {.requeue = requeue};
    struct dry_bytes rlp;
    dry_status st;

    if (number > dry__head(c)->header.number)
        return DRY_STATUS(ENOTFOUND, "no block of this number");
    dry_arena_reset(&c->arena);
    dry_batch_clear(&c->batch);
    st = dry_chain_hash_at(c, &n.hash, number);
    if (dry_ok(st))
        st = dry__load_header(c->storage, &n.header, &n.total_difficulty, &rlp, &n.hash, &c->arena);
    if (dry_ok(st))
        st = dry__head_set(c, &n);
    return st;
}
