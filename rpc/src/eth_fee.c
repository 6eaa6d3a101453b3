/* eth_fee.c - what gas costs, and did cost. */
#include "args.h"
#include "methods.h"
#include <drystone/execution.h>
#include <stdio.h>
#include <stdlib.h>

#define HISTORY_BLOCKS_MAX 1024u
#define PERCENTILES_MAX 100u

void dry__next_base_fee(struct dry_rpc *rpc, struct dry_u256 *out)
{
    struct dry_head *h = dry_chain_head(rpc->set.chain);
    struct dry_block_env env;

    dry_chain_env_after(rpc->set.chain, &env, &h->header, &h->total_difficulty, h->header.time + 1);
    *out = env.base_fee;
    dry_head_close(h);
}

static void tip_of(struct dry_u256 *out, const struct dry_tx *tx, const struct dry_header *h)
{
    dry_tx_effective_gas_price(out, tx, &h->base_fee);
    if (dry_u256_sub(out, out, &h->base_fee))
        *out = DRY_U256_ZERO;
}

DRY__METHOD(eth_gasPrice)
{
    struct dry_u256 fee, tip;
    dry_status st = dry__suggest_tip(c, &tip);

    if (!dry_ok(st))
        return st;
    dry__next_base_fee(c->rpc, &fee);
    (void)dry_u256_add(&fee, &fee, &tip);
    dry_json_write_quantity_u256(w, &fee);
    return DRY_OK;
}

DRY__METHOD(eth_maxPriorityFeePerGas)
{
    struct dry_u256 tip;
    dry_status st = dry__suggest_tip(c, &tip);

    if (dry_ok(st))
        dry_json_write_quantity_u256(w, &tip);
    return st;
}

DRY__METHOD(eth_baseFee)
{
    struct dry_u256 fee;

    dry__next_base_fee(c->rpc, &fee);
    dry_json_write_quantity_u256(w, &fee);
    return DRY_OK;
}

/* Price of blob gas in the block after this one (next) or in it; 0 before Cancun. */
static void blob_fee(struct dry_rpc *rpc, struct dry_u256 *out, const struct dry_header *h,
                     const struct dry_u256 *td, bool next)
{
    struct dry_rules rules;
    uint64_t excess = h->excess_blob_gas;

    *out = DRY_U256_ZERO;
    dry_chain_rules(rpc->set.chain, &rules, h->number + next, h->time + next, td);
    if (rules.fork < DRY_FORK_CANCUN)
        return;
    if (next)
        excess = dry_excess_blob_gas_next(h, &rules);
    dry_blob_base_fee(out, excess, &rules);
}

DRY__METHOD(eth_blobBaseFee)
{
    struct dry_head *h = dry_chain_head(c->rpc->set.chain);
    struct dry_u256 fee;

    blob_fee(c->rpc, &fee, &h->header, &h->total_difficulty, true);
    dry_head_close(h);
    dry_json_write_quantity_u256(w, &fee);
    return DRY_OK;
}

/* --- history --- */

/* What is kept of a block: blocks themselves are read one at a time. */
struct past {
    struct dry_header header; /* without its extra data */
    struct dry_u256 total_difficulty;
    struct dry_u256 *rewards; /* one a percentile */
};

struct history {
    uint32_t count, percentile_count;
    uint64_t oldest;
    const struct dry_pending_block *next;  /* the newest one is to come, or NULL */
    uint32_t percentiles[PERCENTILES_MAX]; /* in millionths of a per cent */
    struct past *blocks;
};

/* "12.5" as millionths. */
static bool percentile(uint32_t *out, struct dry_bytes text)
{
    uint64_t v = 0, scale = 1000000;
    bool point = false;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '.' && !point) {
            point = true;
        } else if (text.ptr[i] >= '0' && text.ptr[i] <= '9') {
            if (point)
                scale /= 10;
            v = point ? v + (uint64_t)(text.ptr[i] - '0') * scale
                      : v * 10 + (uint64_t)(text.ptr[i] - '0') * 1000000;
        } else {
            return false;
        }
        if (v > 100000000)
            return false;
    }
    *out = (uint32_t)v;
    return text.len != 0;
}

static dry_status percentiles_read(struct dry__call *c, struct history *h)
{
    struct dry_json_iter it = {0};
    struct dry_json_value list, v;

    if (!dry__param(c, 2, &list))
        return DRY_OK;
    if (dry_json_type(list) != DRY_JSON_ARRAY)
        return dry__call_fail(c, DRY__RPC_PARAMS,
                              "invalid argument 2: want an array of percentiles");
    if (dry_json_count(list) > PERCENTILES_MAX)
        return dry__call_fail(c, DRY__RPC_SERVER,
                              "invalid reward percentile: over the query limit 100");
    while (dry_json_next(list, &it, NULL, &v)) {
        uint32_t i = h->percentile_count++;
        struct dry_bytes text = dry_json_source(v);

        if (dry_json_type(v) != DRY_JSON_NUMBER)
            return dry__call_fail(c, DRY__RPC_PARAMS,
                                  "invalid argument 2: percentiles must be numbers");
        if (!percentile(&h->percentiles[i], text))
            return dry__call_failf(c, DRY__RPC_SERVER, "invalid reward percentile: %.*s",
                                   (int)(text.len < 32 ? text.len : 32), (const char *)text.ptr);
        if (i != 0 && h->percentiles[i] <= h->percentiles[i - 1])
            return dry__call_failf(c, DRY__RPC_SERVER,
                                   "invalid reward percentile: #%u:%u.%06u >= #%u:%u.%06u", i - 1,
                                   h->percentiles[i - 1] / 1000000, h->percentiles[i - 1] % 1000000,
                                   i, h->percentiles[i] / 1000000, h->percentiles[i] % 1000000);
    }
    return DRY_OK;
}

struct paid {
    struct dry_u256 tip;
    uint64_t gas;
};

static int paid_order(const void *a, const void *b)
{
    return dry_u256_compare(&((const struct paid *)a)->tip, &((const struct paid *)b)->tip);
}

/* The tips at the percentiles of the block's gas. */
static dry_status rewards_of(struct dry__call *c, const struct history *h, struct past *out,
                             const struct dry_block *b, const struct dry_receipt *receipts)
{
    struct paid *list = dry_arena_zalloc(c->arena, b->tx_count + 1u, sizeof(*list));
    uint64_t sum;
    uint32_t k = 0;

    if (list == NULL)
        return DRY_ENOMEM;
    for (uint32_t i = 0; i < b->tx_count; i++) {
        list[i].gas = receipts[i].gas_used;
        tip_of(&list[i].tip, &b->txs[i], &b->header);
    }
    qsort(list, b->tx_count, sizeof(*list), paid_order);
    sum = list[0].gas;
    for (uint32_t i = 0; i < h->percentile_count; i++) {
        uint64_t want = b->header.gas_used / 100 * h->percentiles[i] / 1000000 +
                        b->header.gas_used % 100 * h->percentiles[i] / 100000000;

        while (sum < want && k + 1 < b->tx_count)
            sum += list[++k].gas;
        out->rewards[i] = list[k].tip;
    }
    return DRY_OK;
}

static dry_status block_load(struct dry__call *c, const struct history *h, struct past *out,
                             uint64_t number)
{
    struct dry_chain *chain = c->rpc->set.chain;
    const struct dry_receipt *receipts = NULL;
    struct dry_stored_block b;
    struct dry_hash hash;
    uint32_t n;
    dry_status st = DRY_OK;

    if (h->next != NULL && number == h->next->block.block.header.number) {
        b = h->next->block;
        receipts = h->next->receipts;
    } else {
        st = dry_chain_hash_at(chain, &hash, number);
        if (dry_ok(st))
            st = dry_chain_block(chain, &b, &hash, c->arena);
        if (dry_ok(st) && h->percentile_count != 0)
            st = dry_chain_receipts(chain, &receipts, &n, &hash, c->arena);
    }
    if (dry_ok(st) && h->percentile_count != 0)
        st = rewards_of(c, h, out, &b.block, receipts);
    if (!dry_ok(st))
        return st;
    out->header = b.block.header;
    out->header.extra_data = DRY_BYTES_EMPTY;
    out->total_difficulty = b.total_difficulty;
    return DRY_OK;
}

static dry_status blocks_load(struct dry__call *c, struct history *h)
{
    struct dry_u256 *rewards =
        dry_arena_zalloc(c->arena, (size_t)h->count * h->percentile_count + 1, sizeof(*rewards));
    dry_status st = DRY_OK;

    h->blocks = dry_arena_zalloc(c->arena, h->count + 1u, sizeof(*h->blocks));
    if (h->blocks == NULL || rewards == NULL)
        return DRY_ENOMEM;
    for (uint32_t i = 0; i < h->count && dry_ok(st); i++) {
        struct dry_arena_mark mark = dry_arena_mark(c->arena);

        h->blocks[i].rewards = rewards + (size_t)i * h->percentile_count;
        st = dry__call_goes_on(c);
        if (dry_ok(st))
            st = block_load(c, h, &h->blocks[i], h->oldest + i);
        dry_arena_rewind(c->arena, mark);
    }
    return st;
}

static void write_rewards(struct dry_json_writer *w, const struct history *h)
{
    dry_json_key(w, "reward");
    dry_json_array_begin(w);
    for (uint32_t i = 0; i < h->count; i++) {
        dry_json_array_begin(w);
        for (uint32_t k = 0; k < h->percentile_count; k++)
            dry_json_write_quantity_u256(w, &h->blocks[i].rewards[k]);
        dry_json_array_end(w);
    }
    dry_json_array_end(w);
}

/* a / b as a decimal number. */
static void write_ratio(struct dry_json_writer *w, uint64_t a, uint64_t b)
{
    char text[48];
    int n = snprintf(text, sizeof(text), "%.17g", b == 0 ? 0.0 : (double)a / (double)b);

    dry_json_write_raw(w, dry_bytes_of(text, (size_t)n));
}

static void write_fees(struct dry__call *c, struct dry_json_writer *w, const struct history *h)
{
    const struct past *last = &h->blocks[h->count - 1];
    struct dry_block_env env;

    dry_json_key(w, "baseFeePerGas");
    dry_json_array_begin(w);
    for (uint32_t i = 0; i < h->count; i++)
        dry_json_write_quantity_u256(w, &h->blocks[i].header.base_fee);
    dry_chain_env_after(c->rpc->set.chain, &env, &last->header, &last->total_difficulty,
                        last->header.time + 1);
    dry_json_write_quantity_u256(w, &env.base_fee);
    dry_json_array_end(w);
    dry_json_key(w, "gasUsedRatio");
    dry_json_array_begin(w);
    for (uint32_t i = 0; i < h->count; i++)
        write_ratio(w, h->blocks[i].header.gas_used, h->blocks[i].header.gas_limit);
    dry_json_array_end(w);
}

static void write_blob_fees(struct dry__call *c, struct dry_json_writer *w, const struct history *h)
{
    struct dry_u256 fee;

    dry_json_key(w, "baseFeePerBlobGas");
    dry_json_array_begin(w);
    for (uint32_t i = 0; i <= h->count; i++) {
        const struct past *b = &h->blocks[i < h->count ? i : h->count - 1];
        blob_fee(c->rpc, &fee, &b->header, &b->total_difficulty, i == h->count);
        dry_json_write_quantity_u256(w, &fee);
    }
    dry_json_array_end(w);
    dry_json_key(w, "blobGasUsedRatio");
    dry_json_array_begin(w);
    for (uint32_t i = 0; i < h->count; i++) {
        const struct past *b = &h->blocks[i];
        struct dry_rules rules;

        dry_chain_rules(c->rpc->set.chain, &rules, b->header.number, b->header.time,
                        &b->total_difficulty);
        write_ratio(w, b->header.blob_gas_used, (uint64_t)rules.blob.max * DRY_BLOB_GAS);
    }
    dry_json_array_end(w);
}

static void write_history(struct dry__call *c, struct dry_json_writer *w, const struct history *h)
{
    dry_json_object_begin(w);
    dry_json_key(w, "oldestBlock");
    dry_json_write_quantity(w, h->oldest);
    if (h->percentile_count != 0)
        write_rewards(w, h);
    write_fees(c, w, h);
    write_blob_fees(c, w, h);
    dry_json_object_end(w);
}

/* Parameter 1: a number or tag. */
static dry_status last_block(struct dry__call *c, struct dry__at *at)
{
    struct dry_json_value v;
    uint64_t number;
    bool found;
    dry_status st;

    if (!dry__param(c, 1, &v))
        return dry__call_fail(c, DRY__RPC_PARAMS, "missing value for required argument 1");
    st = dry__param_block_maybe(c, 1, at, &found);
    if (!dry_ok(st) || found)
        return st;
    if (dry_ok(dry_json_quantity_u64(v, &number, NULL))) {
        struct dry_head *h = dry_chain_head(c->rpc->set.chain);
        uint64_t head = h->header.number;

        dry_head_close(h);
        return dry__call_failf(c, DRY__RPC_SERVER,
                               "request beyond head block: requested %llu, head %llu",
                               (unsigned long long)number, (unsigned long long)head);
    }
    return dry__call_fail(c, DRY__RPC_SERVER, "header not found");
}

DRY__METHOD(eth_feeHistory)
{
    struct history h = {0};
    struct dry__at at = {0};
    uint64_t n, newest;
    dry_status st = dry__param_u64(c, 0, &n);

    if (dry_ok(st))
        st = last_block(c, &at);
    if (dry_ok(st))
        st = percentiles_read(c, &h);
    if (!dry_ok(st))
        return st;
    if (at.pending)
        st = dry__pending(c, &h.next);
    if (!dry_ok(st))
        return st;
    newest = h.next != NULL ? h.next->block.block.header.number : at.header.number;
    if (n > HISTORY_BLOCKS_MAX)
        n = HISTORY_BLOCKS_MAX;
    if (n > newest + 1)
        n = newest + 1;
    h.count = (uint32_t)n;
    if (n == 0) {
        dry_json_write_raw(w, DRY_BYTES_LIT("{\"oldestBlock\":\"0x0\",\"gasUsedRatio\":null}"));
        return DRY_OK;
    }
    h.oldest = newest + 1 - n;
    st = blocks_load(c, &h);
    if (dry_ok(st))
        write_history(c, w, &h);
    return st;
}
