/* pending.c - what the next block would be: picked on the loop, run elsewhere, kept nowhere. */
#include "build.h"
#include <drystone/common/alloc.h>
#include <drystone/crypto.h>
#include <drystone/execution.h>

#define PICK_MAX 10000u        /* transactions looked at */
#define RUN_NS_MAX 1000000000u /* what has not run by then is left out */

struct dry_pending {
    struct dry_refs refs;
    struct dry_chain *chain;
    struct dry_head *head;
    uint64_t pool_version;
    struct dry__making making; /* its lists are in the arena */
    uint32_t count;
    struct dry_pool_tx **picked; /* best first; references */
    struct dry_arena arena;
    struct dry_mutex running; /* held by who runs it */
    bool ran;                 /* this one and the next are guarded by the chain's head_lock */
    dry_status failure;
    struct dry_pending_block out;
};

void dry_pending_close(struct dry_pending *p)
{
    if (p == NULL || !dry_refs_drop(&p->refs))
        return;
    for (uint32_t i = 0; i < p->count; i++)
        dry_pool_tx_close(p->picked[i]);
    dry_free(p->picked);
    dry_head_close(p->head);
    dry_mutex_fini(&p->running);
    dry_arena_fini(&p->arena);
    dry_free(p);
}

/* --- on the loop --- */

/* The pool knows the fees of the block m. */
static uint32_t picks_max(const struct dry_chain *c, const struct dry__making *m)
{
    uint64_t n = m->gas_left / DRY__TX_GAS_MIN;

    n = n < PICK_MAX ? n : PICK_MAX;
    return (uint32_t)(n < c->pool.payable_count ? n : c->pool.payable_count);
}

static dry_status pick(struct dry_chain *c, struct dry_pending *p)
{
    uint32_t max = picks_max(c, &p->making);
    struct dry_pool_tx *tx;
    dry_status st = DRY_OK;

    if (max == 0)
        return DRY_OK;
    p->picked = dry_alloc(max * sizeof(struct dry_pool_tx *));
    if (p->picked == NULL)
        return DRY_ENOMEM;
    while (dry_ok(st) && p->count < max && (tx = dry__pool_next(&c->pool)) != NULL) {
        if (dry__making_waits(&p->making, tx)) {
            st = dry__pool_park(&c->pool, tx);
            continue;
        }
        st = dry__pool_taken(&c->pool, tx);
        p->picked[p->count++] = dry_pool_tx_share(tx);
    }
    dry__pool_done(&c->pool);
    return st;
}

static dry_status pending_open(struct dry_chain *c, struct dry_pending **out,
                               const struct dry__making *m)
{
    struct dry_pending *p = dry_alloc(sizeof(*p));
    dry_status st;

    if (p == NULL)
        return DRY_ENOMEM;
    st = dry_mutex_init(&p->running);
    if (!dry_ok(st)) {
        dry_free(p);
        return st;
    }
    dry_refs_take(&p->refs);
    p->chain = c;
    p->head = dry_chain_head(c);
    p->pool_version = c->pool.version;
    p->making = *m;
    dry__pool_set_fees(&c->pool, &m->env.base_fee, &m->env.blob_base_fee);
    st = pick(c, p);
    if (dry_ok(st))
        *out = p;
    else
        dry_pending_close(p);
    return st;
}

/* What became of the run: false when there was none yet. */
static bool outcome(struct dry_pending *p, dry_status *failure)
{
    bool ran;

    dry_mutex_lock(&p->chain->head_lock);
    ran = p->ran;
    *failure = p->failure;
    dry_mutex_unlock(&p->chain->head_lock);
    return ran;
}

static bool current(const struct dry_chain *c, const struct dry__making *m)
{
    struct dry_pending *p = c->pending;
    dry_status failure = DRY_OK;

    return p != NULL && p->pool_version == c->pool.version &&
           p->making.header.time == m->header.time &&
           dry_hash_equal(&p->head->hash, &dry__head(c)->hash) &&
           (!outcome(p, &failure) || dry_ok(failure));
}

dry_status dry_chain_pending(struct dry_chain *c, struct dry_pending **out)
{
    static const struct dry_build plain;
    struct dry__making m = {0};
    struct dry_pending *p = NULL;
    dry_status st = dry__pool_catch_up(c);

    if (dry_ok(st))
        st = dry__making_prepare(c, &m, &plain);
    if (dry_ok(st) && !current(c, &m)) {
        st = pending_open(c, &p, &m);
        if (dry_ok(st)) {
            dry_pending_close(c->pending);
            c->pending = p;
        }
    }
    if (!dry_ok(st))
        return st;
    dry_refs_take(&c->pending->refs);
    *out = c->pending;
    return DRY_OK;
}

/* --- on any thread --- */

static dry_status lists_make(struct dry_pending *p)
{
    struct dry__making *m = &p->making;

    m->txs = dry_arena_alloc(&p->arena, (p->count + 1u) * sizeof(*m->txs));
    m->senders = dry_arena_alloc(&p->arena, (p->count + 1u) * sizeof(*m->senders));
    m->hashes = dry_arena_alloc(&p->arena, (p->count + 1u) * sizeof(*m->hashes));
    return m->txs == NULL || m->senders == NULL || m->hashes == NULL ? DRY_ENOMEM : DRY_OK;
}

/* A transaction left out takes the sender's later ones with it: their nonces are too high. */
static dry_status fill(struct dry_pending *p, struct dry_executor *e)
{
    struct dry_clock *clock = p->chain->set.clock;
    uint64_t began = dry_clock_monotonic_ns(clock);
    struct dry__making *m = &p->making;

    for (uint32_t i = 0; i < p->count && m->gas_left >= DRY__TX_GAS_MIN; i++) {
        const struct dry_pool_tx *tx = p->picked[i];
        struct dry_tx_result r = {0};
        enum dry_verdict verdict;
        dry_status st;

        if (dry__making_waits(m, tx))
            continue;
        if (dry_clock_monotonic_ns(clock) - began > RUN_NS_MAX)
            break;
        st = dry_executor_transact(e, &verdict, &r, &tx->tx, &tx->sender);
        if (!dry_ok(st))
            return st;
        if (verdict == DRY_VERDICT_VALID && r.end == DRY_EVM_STOPPED)
            return DRY_STATUS(ECANCELED, "the pending block takes too long to run");
        if (verdict == DRY_VERDICT_VALID)
            dry__making_add(m, tx, &r);
    }
    return DRY_OK;
}

static dry_status tell(struct dry_pending *p)
{
    struct dry__making *m = &p->making;
    struct dry_stored_block *b = &p->out.block;
    struct dry_buf rlp = {0};
    dry_status st = dry_block_encode(&rlp, &m->block);

    b->encoded_size = rlp.len;
    rlp.len = 0;
    if (dry_ok(st))
        st = dry_header_encode(&rlp, &m->header);
    dry_keccak256(&b->hash, dry_buf_bytes(&rlp));
    dry_buf_fini(&rlp);
    (void)dry_u256_add(&b->total_difficulty, &p->head->total_difficulty, &m->header.difficulty);
    b->block = m->block;
    b->senders = m->senders;
    b->tx_hashes = m->hashes;
    p->out.receipts = m->result.receipts;
    p->out.diff = m->result.diff;
    p->out.env = m->env;
    return st;
}

static dry_status run(struct dry_pending *p, struct dry_executor *e)
{
    struct dry__making *m = &p->making;
    struct dry_state_view *view = NULL;
    struct dry_state_reader *r;
    enum dry_verdict verdict;
    dry_status st = lists_make(p);

    if (dry_ok(st))
        st = dry_chain_state_open(p->chain, &view, &p->head->header);
    if (!dry_ok(st))
        return st;
    r = dry_state_view_reader(view);
    st = dry_executor_begin(e, &verdict, &m->env, r, NULL, &p->arena);
    if (dry_ok(st) && verdict != DRY_VERDICT_VALID)
        st = DRY_STATUS(EINVAL, dry_verdict_text(verdict));
    if (dry_ok(st))
        st = fill(p, e);
    if (dry_ok(st))
        st = dry__making_finish(m, e, &p->arena);
    if (dry_ok(st))
        st = r->ops->root_after(r, &m->header.state_root, &m->result.diff);
    m->block.header = m->header;
    if (dry_ok(st))
        st = tell(p);
    dry_state_view_close(view);
    return st;
}

const struct dry_header *dry_pending_parent(const struct dry_pending *p)
{
    return &p->head->header;
}

const struct dry_pending_block *dry_pending_done(struct dry_pending *p)
{
    dry_status failure;

    return outcome(p, &failure) && dry_ok(failure) ? &p->out : NULL;
}

dry_status dry_pending_run(struct dry_pending *p, const struct dry_pending_block **out,
                           struct dry_executor *e)
{
    dry_status st;

    dry_mutex_lock(&p->running);
    if (!outcome(p, &st)) {
        st = run(p, e);
        dry_mutex_lock(&p->chain->head_lock);
        p->ran = true;
        p->failure = st;
        dry_mutex_unlock(&p->chain->head_lock);
    }
    dry_mutex_unlock(&p->running);
    if (dry_ok(st))
        *out = &p->out;
    return st;
}
