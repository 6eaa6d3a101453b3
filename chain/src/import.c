/* import.c - one block from outside: decode, check against its parent, execute, compare, store. */
#include "internal.h"
#include <drystone/crypto.h>
#include <drystone/execution.h>

#define ANCESTORS 7u /* an uncle's parent is at most so far back (Yellow Paper, section 11.1) */

/* What is known of the block on its way in. */
struct incoming {
    struct dry_block block;
    struct dry_hash hash;
    struct dry_header parent;
    struct dry_u256 parent_td, td;
    struct dry_rules rules;
    struct dry_address *senders;
    struct dry_hash *tx_hashes;
    enum dry_verdict verdict;
    uint32_t verdict_tx;
};

/* Sender recovery costs more than anything else in a block of transfers; each is a job of its own.
 */
struct sender_jobs {
    struct incoming *in;
    enum dry_verdict *verdicts;
    dry_status *statuses;
};

static void sender_job(void *ctx, uint32_t i)
{
    struct sender_jobs *j = ctx;

    j->statuses[i] =
        dry_tx_sender(&j->in->senders[i], &j->verdicts[i], &j->in->block.txs[i], &j->in->rules);
    dry_tx_hash(&j->in->tx_hashes[i], &j->in->block.txs[i]);
}

static dry_status senders_recover(struct dry_chain *c, struct incoming *in)
{
    uint32_t n = in->block.tx_count;
    struct sender_jobs j = {.in = in};

    in->senders = dry_arena_zalloc(&c->arena, n + 1u, sizeof(*in->senders));
    in->tx_hashes = dry_arena_zalloc(&c->arena, n + 1u, sizeof(*in->tx_hashes));
    j.verdicts = dry_arena_zalloc(&c->arena, n + 1u, sizeof(*j.verdicts));
    j.statuses = dry_arena_zalloc(&c->arena, n + 1u, sizeof(*j.statuses));
    if (in->senders == NULL || in->tx_hashes == NULL || j.verdicts == NULL || j.statuses == NULL)
        return DRY_ENOMEM;
    dry_jobs_run(n > 1 ? c->set.jobs : NULL, sender_job, &j, n);
    for (uint32_t i = 0; i < n; i++) {
        if (!dry_ok(j.statuses[i]))
            return j.statuses[i];
        if (j.verdicts[i] != DRY_VERDICT_VALID) {
            in->verdict = j.verdicts[i];
            in->verdict_tx = i;
            return DRY_OK;
        }
    }
    return DRY_OK;
}

static dry_status ommers_check(struct dry_chain *c, struct incoming *in)
{
    struct dry_block ancestors[ANCESTORS];
    struct dry_hash at = in->block.header.parent_hash;
    uint32_t n = 0;

    if (in->block.ommer_count == 0)
        return DRY_OK;
    while (n < ANCESTORS) {
        struct dry_stored_block b;
        dry_status st = dry__load_block(c->storage, &b, &at, &c->arena);

        if (!dry_ok(st))
            return st;
        ancestors[n++] = b.block;
        if (b.block.header.number == 0)
            break;
        at = b.block.header.parent_hash;
    }
    return dry_ommers_check(&in->verdict, &in->block, ancestors, n, &c->config);
}

/* Everything that needs no execution. */
static dry_status checks(struct dry_chain *c, struct incoming *in)
{
    const struct dry_header *h = &in->block.header;
    bool merged;
    dry_status st =
        dry__load_header(c->storage, &in->parent, &in->parent_td, NULL, &h->parent_hash, &c->arena);

    if (st.code == DRY_CODE_ENOTFOUND) {
        in->verdict = DRY_VERDICT_BLOCK_PARENT_UNKNOWN;
        return DRY_OK;
    }
    if (!dry_ok(st))
        return st;
    if (dry_u256_add(&in->td, &in->parent_td, &h->difficulty))
        in->td = DRY_U256_MAX;
    in->verdict = dry_header_check(h, &in->parent, &in->parent_td, &c->config);
    if (in->verdict == DRY_VERDICT_VALID)
        in->verdict = dry_consensus_check_seal(c->consensus, h, &in->parent);
    if (in->verdict != DRY_VERDICT_VALID)
        return DRY_OK;
    merged = dry_after_merge(&c->config, &in->parent_td, h->number);
    dry_rules_at(&in->rules, &c->config, h->number, h->time, merged);
    st = dry_block_check(&in->verdict, &in->block, &in->rules, &c->arena);
    if (dry_ok(st) && in->verdict == DRY_VERDICT_VALID)
        st = ommers_check(c, in);
    if (dry_ok(st) && in->verdict == DRY_VERDICT_VALID)
        st = senders_recover(c, in);
    return st;
}

static dry_status execute(struct dry_chain *c, struct incoming *in, struct dry_block_result *result)
{
    struct dry__ancestry ancestry = {
        .chain = c, .hash = in->block.header.parent_hash, .number = in->parent.number};
    struct dry_state_view *view = NULL;
    struct dry_block_env env;
    struct dry_hash root;
    dry_status st = dry_state_view_open(&view, c->state, NULL, &in->parent.state_root,
                                        dry__ancestry_hash, &ancestry);

    if (!dry_ok(st))
        return st;
    dry_state_view_use_writer_cache(view);
    dry_block_env_of(&env, &in->block.header, &in->rules, &c->config);
    st = dry_block_execute(c->executor, &in->verdict, &in->verdict_tx, result, &in->block,
                           in->senders, &env, dry_state_view_reader(view), NULL, &c->arena);
    if (dry_ok(st) && in->verdict == DRY_VERDICT_VALID) {
        st = dry_state_apply(view, &root, &c->batch, &result->diff, c->set.jobs);
        if (dry_ok(st) && !dry_hash_equal(&root, &in->block.header.state_root)) {
            in->verdict = DRY_VERDICT_BLOCK_STATE_ROOT;
            dry_state_forget(c->state);
        }
    }
    dry_state_view_close(view);
    return st;
}

/* What follows the header in the block's list. */
static struct dry_bytes rest_of(const struct dry_block *b, struct dry_bytes rlp)
{
    const uint8_t *p = b->header_encoded.ptr + b->header_encoded.len;

    return dry_bytes_of(p, (size_t)(rlp.ptr + rlp.len - p));
}

static dry_status store(struct dry_chain *c, struct incoming *in,
                        const struct dry_block_result *result, struct dry_bytes rlp)
{
    struct dry__new_block b = {.hash = in->hash,
                               .total_difficulty = in->td,
                               .block = &in->block,
                               .header_rlp = in->block.header_encoded,
                               .rest_rlp = rest_of(&in->block, rlp),
                               .senders = in->senders,
                               .tx_hashes = in->tx_hashes,
                               .receipt_count = result->receipt_count,
                               .receipts = result->receipts};
    struct dry__new_head n = {.block = &b,
                              .hash = in->hash,
                              .header = in->block.header,
                              .total_difficulty = in->td,
                              .tx_hashes = in->tx_hashes,
                              .tx_count = in->block.tx_count,
                              .diff = &result->diff,
                              .requeue = true};
    const struct dry_head *head = dry__head(c);
    dry_status st;

    st = dry__store_block(&c->batch, &b);
    if (!dry_ok(st))
        return st;
    if (dry_consensus_prefers(c->consensus, &head->header, &head->total_difficulty,
                              &in->block.header, &in->td))
        return dry__head_set(c, &n);
    return dry_storage_commit(c->storage, &c->batch, c->set.durable);
}

/* Whether the body stored under the hash is the one given: then the block is known and valid.
 * Another body under the same header is a block with wrong roots. */
static dry_status known(struct dry_chain *c, bool *out, const struct incoming *in,
                        struct dry_bytes rlp)
{
    struct dry__key key = dry__key_hash(DRY__KEY_BODY, &in->hash);
    size_t skip = 4 + (size_t)in->block.tx_count * DRY__BODY_TX_BYTES;
    struct dry_bytes body;
    dry_status st = dry__load(c->storage, &body, &key, &c->arena);

    *out = false;
    if (st.code == DRY_CODE_ENOTFOUND)
        return DRY_OK;
    if (dry_ok(st) && body.len > skip)
        *out = dry_bytes_equal(dry_bytes_of(body.ptr + skip, body.len - skip),
                               rest_of(&in->block, rlp));
    return st;
}

/* A valid block given again: it counts as given last, unless it is on the canonical chain. */
static dry_status give_again(struct dry_chain *c, struct incoming *in)
{
    const struct dry_head *head = dry__head(c);
    struct dry__new_head n = {.hash = in->hash, .header = in->block.header, .requeue = true};
    struct dry_header header;
    dry_status st;

    if (dry_chain_is_canonical(c, in->block.header.number, &in->hash))
        return DRY_OK;
    st = dry__load_header(c->storage, &header, &n.total_difficulty, NULL, &in->hash, &c->arena);
    if (!dry_ok(st) || !dry_consensus_prefers(c->consensus, &head->header, &head->total_difficulty,
                                              &in->block.header, &n.total_difficulty))
        return st;
    st = dry__state_there(c, &header.state_root);
    return dry_ok(st) ? dry__head_set(c, &n) : st;
}

dry_status dry_chain_import(struct dry_chain *c, enum dry_verdict *verdict, uint32_t *verdict_tx,
                            struct dry_bytes block_rlp)
{
    struct incoming in = {.verdict = DRY_VERDICT_VALID};
    struct dry_block_result result = {0};
    bool again = false;
    dry_status st;

    dry_arena_reset(&c->arena);
    dry_batch_clear(&c->batch);
    st = dry_block_decode(&in.block, &in.verdict, block_rlp, &c->arena);
    if (!dry_ok(st) || in.verdict != DRY_VERDICT_VALID)
        goto done;
    dry_keccak256(&in.hash, in.block.header_encoded);
    st = known(c, &again, &in, block_rlp);
    if (dry_ok(st) && again) {
        st = give_again(c, &in);
        goto done;
    }
    if (dry_ok(st))
        st = checks(c, &in);
    if (dry_ok(st) && in.verdict == DRY_VERDICT_VALID)
        st = execute(c, &in, &result);
    if (dry_ok(st) && in.verdict == DRY_VERDICT_VALID) {
        st = store(c, &in, &result, block_rlp);
        if (!dry_ok(st))
            dry_state_forget(c->state);
    }
done:
    *verdict = in.verdict;
    *verdict_tx = in.verdict_tx;
    return st;
}
