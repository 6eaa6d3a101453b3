/* tips.c - the tip wallets are told to pay: what the cheapest transactions of the newest blocks
 * paid, as geth asks for it. */
#include "args.h"
#include <drystone/execution.h>

#define BLOCKS 20u     /* looked at; twice as many when few of them hold transactions */
#define PERCENTILE 60u /* of their lowest tips */
#define TIP_LEAST 2u   /* wei; what is below says nothing */
#define TIP_MOST 500000000000u
#define TIP_DEFAULT 1000000000u /* when no block tells anything: 1 gwei */

static uint64_t tip_of(const struct dry_tx *tx, const struct dry_header *h)
{
    struct dry_u256 tip;

    dry_tx_effective_gas_price(&tip, tx, &h->base_fee);
    return dry_u256_sub(&tip, &tip, &h->base_fee) ? 0 : dry_u256_saturate_u64(&tip);
}

/* Keep the lowest ones, ascending. */
static void keep(struct dry__tip_block *b, uint64_t tip)
{
    uint32_t i;

    if (b->count < DRY__TIPS_PER_BLOCK)
        b->count++;
    else if (tip >= b->tips[b->count - 1])
        return;
    for (i = b->count - 1; i > 0 && b->tips[i - 1] > tip; i--)
        b->tips[i] = b->tips[i - 1];
    b->tips[i] = tip;
}

static dry_status look(struct dry__call *c, struct dry__tip_block *out, const struct dry_hash *hash)
{
    struct dry_arena_mark mark = dry_arena_mark(c->arena);
    struct dry__tip_block found = {.hash = *hash};
    struct dry_stored_block b;
    dry_status st = dry_chain_block(c->rpc->set.chain, &b, hash, c->arena);

    for (uint32_t i = 0; dry_ok(st) && i < b.block.tx_count; i++) {
        uint64_t tip = tip_of(&b.block.txs[i], &b.block.header);

        if (tip >= TIP_LEAST && !dry_address_equal(&b.senders[i], &b.block.header.coinbase))
            keep(&found, tip);
    }
    dry_arena_rewind(c->arena, mark);
    if (dry_ok(st))
        *out = found;
    return st;
}

static void insert(uint64_t *list, uint32_t *count, uint64_t v)
{
    uint32_t i = (*count)++;

    for (; i > 0 && list[i - 1] > v; i--)
        list[i] = list[i - 1];
    list[i] = v;
}

/* The suggestion after block `number`; blocks that are known are not read again. */
static dry_status suggest(struct dry__call *c, struct dry__tips *t, uint64_t number)
{
    uint64_t list[2 * BLOCKS * DRY__TIPS_PER_BLOCK], last = t->suggested;
    uint32_t count = 0, most = BLOCKS;
    dry_status st = DRY_OK;

    for (uint32_t n = 0; n < most && number > 0; n++, number--) {
        struct dry__tip_block *b = &t->blocks[number % DRY__TIP_BLOCKS];
        struct dry_hash hash;

        st = dry_chain_hash_at(c->rpc->set.chain, &hash, number);
        if (dry_ok(st) && !dry_hash_equal(&hash, &b->hash))
            st = look(c, b, &hash);
        if (!dry_ok(st))
            return st;
        for (uint32_t i = 0; i < b->count; i++)
            insert(list, &count, b->tips[i]);
        if (b->count == 0)
            insert(list, &count, last);
        if (b->count <= 1 && most < 2 * BLOCKS)
            most++;
    }
    if (count != 0)
        t->suggested = list[(count - 1) * PERCENTILE / 100];
    if (t->suggested > TIP_MOST)
        t->suggested = TIP_MOST;
    return DRY_OK;
}

dry_status dry__suggest_tip(struct dry__call *c, struct dry_u256 *out)
{
    struct dry_rpc *rpc = c->rpc;
    struct dry_head *h = dry_chain_head(rpc->set.chain);
    struct dry__tips t;
    dry_status st = DRY_OK;

    dry_mutex_lock(&rpc->lock);
    t = rpc->tips;
    dry_mutex_unlock(&rpc->lock);
    if (t.suggested == 0)
        t.suggested = TIP_DEFAULT;
    if (!dry_hash_equal(&t.head, &h->hash)) {
        st = suggest(c, &t, h->header.number);
        if (st.code == DRY_CODE_ENOTFOUND) /* the chain was rewound meanwhile */
            st = DRY_OK;
        else
            t.head = h->hash;
    }
    dry_head_close(h);
    if (!dry_ok(st))
        return st;
    dry_mutex_lock(&rpc->lock);
    rpc->tips = t;
    dry_mutex_unlock(&rpc->lock);
    *out = DRY_U256(t.suggested);
    return DRY_OK;
}
