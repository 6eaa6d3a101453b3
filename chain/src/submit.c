/* submit.c - the pool's public side: submission, look-ups, and transactions that come back. */
#include "internal.h"
#include <drystone/execution.h>

#define LOST_LINES_MAX 100u /* a reorganisation logs of what it costs the pool */

struct account_ctx {
    struct dry_chain *chain;
    struct dry_state_reader *reader;
    bool reorganises;
    uint32_t lost; /* transactions that left for it, or could not be given back */
};

static dry_status account_read(void *ctx, uint64_t *nonce, struct dry_u256 *balance,
                               const struct dry_address *address)
{
    struct dry_state_reader *r = ((struct account_ctx *)ctx)->reader;
    struct dry_account a = {0};
    bool exists;
    dry_status st = r->ops->account(r, &exists, &a, address);

    if (dry_ok(st)) {
        *nonce = exists ? a.nonce : 0;
        *balance = exists ? a.balance : DRY_U256_ZERO;
    }
    return st;
}

/* A reorganisation costs the pool a transaction: said, for the first ones. */
static void lost(struct account_ctx *ctx, const struct dry_hash *hash, const char *reason)
{
    if (ctx->lost++ < LOST_LINES_MAX)
        DRY_LOG(ctx->chain->log, WARN, "chain", "transaction dropped",
                DRY_FIELD_HEX("hash", hash->b, 32), DRY_FIELD_STR("reason", reason));
}

static void evicted(void *opaque, const struct dry_pool_tx *tx)
{
    static const char reason[] = "the pool is full and another one pays more";
    struct account_ctx *ctx = opaque;

    if (ctx->reorganises)
        lost(ctx, &tx->hash, reason);
    else
        DRY_LOG(ctx->chain->log, INFO, "chain", "transaction dropped",
                DRY_FIELD_HEX("hash", tx->hash.b, 32), DRY_FIELD_STR("reason", reason));
}

static dry_status add(struct dry_chain *c, struct dry_pool_verdict *v, struct dry_pool_tx *tx,
                      struct account_ctx *ctx)
{
    struct dry_chain_event e = {.kind = DRY_CHAIN_PENDING_TX};
    struct dry__pool_ready ready = {NULL, 0};
    dry_status st;

    *v = (struct dry_pool_verdict){DRY_POOL_GAS_LIMIT, DRY_VERDICT_VALID};
    if (tx->tx.gas_limit > dry__head(c)->header.gas_limit)
        return DRY_OK;
    v->answer = DRY_POOL_OVERSIZED;
    if (tx->tx.encoded.len > c->pool.limits.tx_bytes_max)
        return DRY_OK;
    v->answer = DRY_POOL_SIDECAR;
    if (tx->tx.type == DRY_TX_BLOB && !tx->sidecar_verified)
        return DRY_OK;
    st = dry__pool_add(&c->pool, &v->answer, &ready, tx, account_read, evicted, ctx);
    for (uint32_t i = 0; dry_ok(st) && i < ready.count; i++) {
        e.tx = ready.txs[i];
        dry__emit(c, &e);
    }
    return st;
}

dry_status dry_chain_submit_many(struct dry_chain *c, struct dry_pool_verdict *v,
                                 struct dry_pool_tx **txs, uint32_t count)
{
    struct dry_state_view *view = NULL;
    struct account_ctx ctx = {.chain = c};
    uint32_t i = 0;
    dry_status st = dry__pool_catch_up(c);

    dry__pool_follow_fees(c);
    if (dry_ok(st))
        st = dry__own_view_open(c, &view);
    if (dry_ok(st)) {
        ctx.reader = dry_state_view_reader(view);
        for (; i < count && dry_ok(st); i++) {
            st = add(c, &v[i], txs[i], &ctx);
            if (!dry_ok(st) || v[i].answer != DRY_POOL_OK)
                dry_pool_tx_close(txs[i]);
        }
    }
    for (; i < count; i++)
        dry_pool_tx_close(txs[i]);
    dry_state_view_close(view);
    if (dry_ok(st))
        st = dry_chain_work(c);
    return st;
}

dry_status dry_chain_submit(struct dry_chain *c, struct dry_pool_verdict *v, struct dry_pool_tx *tx)
{
    return dry_chain_submit_many(c, v, &tx, 1);
}

/* --- following the head --- */

void dry__pool_follow_fees(struct dry_chain *c)
{
    const struct dry_head *head = dry__head(c);
    struct dry_block_env env;

    dry_chain_env_after(c, &env, &head->header, &head->total_difficulty,
                        dry__next_time(c, head->header.time));
    dry__pool_set_fees(&c->pool, &env.base_fee, &env.blob_base_fee);
}

static dry_status resync(struct dry_chain *c)
{
    struct dry_state_view *view = NULL;
    struct account_ctx ctx = {.chain = c};
    dry_status st = DRY_OK;

    if (c->pool.tx_count != 0)
        st = dry__own_view_open(c, &view);
    if (dry_ok(st) && view != NULL) {
        ctx.reader = dry_state_view_reader(view);
        st = dry__pool_resync(&c->pool, account_read, &ctx);
    }
    dry_state_view_close(view);
    return st;
}

/* Refused: it is lost, unless it is there already, in the pool or on the new branch. */
static dry_status refused(struct account_ctx *ctx, const struct dry_hash *hash, const char *reason)
{
    struct dry_tx_place place;
    dry_status st;

    if (dry__pool_find(&ctx->chain->pool, hash) != NULL)
        return DRY_OK;
    st = dry_chain_find_tx(ctx->chain, &place, hash);
    if (st.code != DRY_CODE_ENOTFOUND)
        return st;
    lost(ctx, hash, reason);
    return DRY_OK;
}

static const char *reason_text(const struct dry_pool_verdict *v)
{
    return v->answer == DRY_POOL_INVALID ? dry_verdict_text(v->verdict)
                                         : dry_pool_answer_text(v->answer);
}

static dry_status requeue_tx(struct dry_chain *c, const struct dry_tx *stored,
                             const struct dry_hash *hash, uint64_t time, struct account_ctx *ctx,
                             struct dry_arena *arena)
{
    struct dry_bytes encoded = stored->encoded;
    struct dry_pool_tx *tx = NULL;
    struct dry_pool_verdict v;
    struct dry_rules rules;
    dry_status st = DRY_OK;

    if (stored->type == DRY_TX_BLOB)
        st = dry_chain_sidecar(c, &encoded, time, hash, arena);
    if (st.code == DRY_CODE_ENOTFOUND) /* imported without its blobs, or long ago */
        return refused(ctx, hash, "its blobs are not kept here");
    dry_chain_next_rules(c, &rules);
    if (dry_ok(st))
        st = dry_pool_tx_open(&tx, &v, encoded, &rules, c->pool.limits.tx_bytes_max);
    if (!dry_ok(st))
        return st;
    if (v.answer != DRY_POOL_OK)
        return refused(ctx, hash, reason_text(&v));
    tx->sidecar_verified = true; /* it was, before it was mined */
    st = add(c, &v, tx, ctx);
    if (dry_ok(st) && v.answer == DRY_POOL_OK)
        return DRY_OK;
    dry_pool_tx_close(tx);
    return dry_ok(st) ? refused(ctx, hash, reason_text(&v)) : st;
}

static dry_status requeue_block(struct dry_chain *c, const struct dry_hash *hash,
                                struct account_ctx *ctx, struct dry_arena *arena)
{
    struct dry_stored_block b;
    dry_status st = dry__load_block(c->storage, &b, hash, arena);

    for (uint32_t i = 0; dry_ok(st) && i < b.block.tx_count; i++)
        st = requeue_tx(c, &b.block.txs[i], &b.tx_hashes[i], b.block.header.time, ctx, arena);
    return st;
}

void dry__pool_reorganise(struct dry_chain *c, const struct dry_hash *left, uint32_t count)
{
    struct dry_arena arena = {0};
    struct dry_state_view *view = NULL;
    struct account_ctx ctx = {.chain = c, .reorganises = true};
    dry_status st = resync(c);

    if (!dry_ok(st))
        c->pool_behind = true;
    if (count != 0)
        st = dry__own_view_open(c, &view);
    if (view != NULL)
        ctx.reader = dry_state_view_reader(view);
    for (uint32_t i = count; i-- > 0 && dry_ok(st);) {
        st = requeue_block(c, &left[i], &ctx, &arena);
        dry_arena_reset(&arena);
    }
    dry_state_view_close(view);
    dry_arena_fini(&arena);
    if (ctx.lost > LOST_LINES_MAX)
        DRY_LOG(c->log, WARN, "chain", "more transactions dropped",
                DRY_FIELD_U64("count", ctx.lost - LOST_LINES_MAX));
    if (!dry_ok(st))
        DRY_LOG(c->log, WARN, "chain", "transactions of replaced blocks may have left the pool",
                DRY_FIELD_STR("reason", dry_status_text(st)));
}

dry_status dry__pool_catch_up(struct dry_chain *c)
{
    dry_status st = DRY_OK;

    if (c->pool_behind)
        st = resync(c);
    if (dry_ok(st))
        c->pool_behind = false;
    return st;
}

/* --- look-ups --- */

struct dry_pool_tx *dry_chain_pool_find(struct dry_chain *c, const struct dry_hash *hash)
{
    struct dry_pool_tx *tx = dry__pool_find(&c->pool, hash);

    return tx == NULL ? NULL : dry_pool_tx_share(tx);
}

dry_status dry_chain_pool_nonce(struct dry_chain *c, uint64_t *out,
                                const struct dry_address *sender)
{
    struct dry_state_view *view = NULL;
    struct account_ctx ctx = {.chain = c};
    struct dry_u256 balance;
    struct dry__line *l;
    dry_status st = dry__pool_catch_up(c);

    if (!dry_ok(st))
        return st;
    l = dry__pool_line(&c->pool, sender);
    if (l != NULL) {
        *out = l->nonce + l->ready;
        return DRY_OK;
    }
    st = dry__own_view_open(c, &view);
    if (!dry_ok(st))
        return st;
    ctx.reader = dry_state_view_reader(view);
    st = account_read(&ctx, out, &balance, sender);
    dry_state_view_close(view);
    return st;
}

struct dry_pool_counts dry_chain_pool_counts(const struct dry_chain *c)
{
    return (struct dry_pool_counts){c->pool.ready_count, c->pool.tx_count - c->pool.ready_count};
}

void dry_chain_pool_each(struct dry_chain *c, dry_pool_each_fn fn, void *ctx)
{
    for (uint32_t i = 0; i < c->pool.line_cap; i++) {
        const struct dry__line *l = c->pool.lines[i];

        for (uint32_t k = 0; l != NULL && k < l->count; k++)
            if (!fn(ctx, l->txs[l->first + k], k < l->ready))
                return;
    }
}

void dry_chain_pool_clear(struct dry_chain *c)
{
    dry__pool_fini(&c->pool);
}
