/* eth_block.c - blocks, the transactions in them, receipts. */
#include "internal.h"
#include "methods.h"
#include <stdio.h>

DRY__METHOD(eth_chainId)
{
    dry_json_write_quantity(w, dry_chain_config(c->rpc->set.chain)->chain_id);
    return DRY_OK;
}

DRY__METHOD(net_version)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%llu",
                     (unsigned long long)dry_chain_config(c->rpc->set.chain)->chain_id);

    dry_json_write_text(w, dry_bytes_of(text, (size_t)n));
    return DRY_OK;
}

DRY__METHOD(eth_blockNumber)
{
    struct dry_head *h = dry_chain_head(c->rpc->set.chain);

    dry_json_write_quantity(w, h->header.number);
    dry_head_close(h);
    return DRY_OK;
}

DRY__METHOD(eth_syncing)
{
    (void)c;
    dry_json_write_bool(w, false); /* there is nobody to sync with */
    return DRY_OK;
}

/* --- blocks --- */

static dry_status write_block(struct dry__call *c, struct dry_json_writer *w)
{
    struct dry_stored_block b;
    bool full, found, pending;
    dry_status st = dry__param_bool(c, 1, &full, false);

    if (dry_ok(st))
        st = dry__param_stored(c, 0, &b, NULL, &found, &pending);
    if (dry_ok(st) && found && full)
        st = dry__reads(c, 0, b.block.tx_count);
    if (!dry_ok(st))
        return st;
    if (found)
        dry__write_block(w, &b, full, pending);
    else
        dry_json_write_null(w);
    return DRY_OK;
}

DRY__METHOD(eth_getBlockByNumber)
{
    struct dry_json_value v;

    if (!dry__param(c, 0, &v))
        return dry__call_fail(c, DRY__RPC_PARAMS, "missing value for required argument 0");
    return write_block(c, w);
}

DRY__METHOD(eth_getBlockByHash)
{
    struct dry_hash hash;
    dry_status st = dry__param_hash(c, 0, &hash);

    return dry_ok(st) ? write_block(c, w) : st;
}

static dry_status write_count(struct dry__call *c, struct dry_json_writer *w, bool uncles)
{
    struct dry_stored_block b;
    bool found, pending;
    dry_status st = dry__param_stored(c, 0, &b, NULL, &found, &pending);

    if (!dry_ok(st))
        return st;
    if (found)
        dry_json_write_quantity(w, uncles ? b.block.ommer_count : b.block.tx_count);
    else
        dry_json_write_null(w);
    return DRY_OK;
}

DRY__METHOD(eth_getBlockTransactionCount)
{
    return write_count(c, w, false);
}

DRY__METHOD(eth_getUncleCount)
{
    return write_count(c, w, true);
}

/* The block of parameter 0 and the index of parameter 1, for what stands at a place in a block. */
static dry_status block_and_index(struct dry__call *c, struct dry_stored_block *b, uint64_t *i,
                                  bool *found, bool *pending)
{
    dry_status st = dry__param_index(c, 1, i);

    return dry_ok(st) ? dry__param_stored(c, 0, b, NULL, found, pending) : st;
}

DRY__METHOD(eth_getUncle)
{
    struct dry_stored_block b;
    bool found, pending;
    uint64_t i;
    dry_status st = block_and_index(c, &b, &i, &found, &pending);

    if (!dry_ok(st))
        return st;
    if (found && i < b.block.ommer_count)
        dry__write_uncle(w, &b.block.ommers[i]);
    else
        dry_json_write_null(w);
    return DRY_OK;
}

/* --- transactions in blocks --- */

DRY__METHOD(eth_getTransactionByBlockAndIndex)
{
    struct dry_stored_block b;
    bool found, pending;
    uint64_t i;
    dry_status st = block_and_index(c, &b, &i, &found, &pending);

    if (!dry_ok(st))
        return st;
    if (found && i < b.block.tx_count) {
        struct dry__tx_at at = dry__tx_at(&b, (uint32_t)i);
        dry__write_tx(w, &b.block.txs[i], &b.tx_hashes[i], &b.senders[i], pending ? NULL : &at);
    } else {
        dry_json_write_null(w);
    }
    return DRY_OK;
}

/* Encoded transaction of a block, data as stored. */
DRY__METHOD(eth_getRawTransactionByBlockAndIndex)
{
    struct dry_stored_block b;
    bool found, pending;
    uint64_t i;
    dry_status st = block_and_index(c, &b, &i, &found, &pending);

    if (!dry_ok(st))
        return st;
    if (found && i < b.block.tx_count)
        dry_json_write_hex(w, b.block.txs[i].encoded);
    else
        dry_json_write_hex(w, DRY_BYTES_EMPTY);
    return DRY_OK;
}

/* The block a transaction is in; ENOTFOUND when it is in none. */
static dry_status tx_block(struct dry__call *c, struct dry_stored_block *b,
                           struct dry_tx_place *place, const struct dry_hash *hash)
{
    dry_status st = dry_chain_find_tx(c->rpc->set.chain, place, hash);

    if (dry_ok(st))
        st = dry_chain_block(c->rpc->set.chain, b, &place->block_hash, c->arena);
    return st;
}

/* A waiting transaction; runs on the loop. */
static dry_status write_waiting(struct dry__call *c, struct dry_json_writer *w,
                                const struct dry_hash *hash, bool raw)
{
    struct dry_pool_tx *tx;

    if (!dry__need(c, DRY__LOOP))
        return dry__elsewhere();
    tx = dry_chain_pool_find(c->rpc->set.chain, hash);
    if (tx == NULL && raw)
        dry_json_write_hex(w, DRY_BYTES_EMPTY);
    else if (tx == NULL)
        dry_json_write_null(w);
    else if (raw)
        dry_json_write_hex(w, tx->tx.encoded);
    else
        dry__write_tx(w, &tx->tx, &tx->hash, &tx->sender, NULL);
    dry_pool_tx_close(tx);
    return DRY_OK;
}

static dry_status write_tx(struct dry__call *c, struct dry_json_writer *w, bool raw)
{
    struct dry_stored_block b;
    struct dry_tx_place place;
    struct dry__tx_at at;
    struct dry_hash hash;
    dry_status st = dry__param_hash(c, 0, &hash);

    if (!dry_ok(st))
        return st;
    st = tx_block(c, &b, &place, &hash);
    if (st.code == DRY_CODE_ENOTFOUND)
        return write_waiting(c, w, &hash, raw);
    if (!dry_ok(st))
        return st;
    at = dry__tx_at(&b, place.index);
    if (raw)
        dry_json_write_hex(w, b.block.txs[place.index].encoded);
    else
        dry__write_tx(w, &b.block.txs[place.index], &hash, &b.senders[place.index], &at);
    return DRY_OK;
}

DRY__METHOD(eth_getTransactionByHash)
{
    return write_tx(c, w, false);
}

DRY__METHOD(eth_getRawTransactionByHash)
{
    return write_tx(c, w, true);
}

/* --- receipts --- */

dry_status dry__write_receipt_of(struct dry__call *c, struct dry_json_writer *w, bool *found,
                                 const struct dry_hash *tx_hash)
{
    struct dry_stored_block b;
    struct dry_tx_place place;
    const struct dry_receipt *receipts;
    uint32_t count, log_index = 0;
    dry_status st = tx_block(c, &b, &place, tx_hash);

    *found = dry_ok(st);
    if (st.code == DRY_CODE_ENOTFOUND)
        return DRY_OK;
    if (dry_ok(st))
        st = dry__reads(c, b.block.header.gas_used, 0);
    if (dry_ok(st))
        st = dry_chain_receipts(c->rpc->set.chain, &receipts, &count, &b.hash, c->arena);
    if (!dry_ok(st))
        return st;
    for (uint32_t i = 0; i < place.index; i++)
        log_index += receipts[i].log_count;
    dry__write_receipt(w, c->rpc, &b, &receipts[place.index], place.index, log_index);
    return DRY_OK;
}

DRY__METHOD(eth_getTransactionReceipt)
{
    struct dry_hash hash;
    bool found;
    dry_status st = dry__param_hash(c, 0, &hash);

    if (dry_ok(st))
        st = dry__write_receipt_of(c, w, &found, &hash);
    if (dry_ok(st) && !found)
        dry_json_write_null(w);
    return st;
}

DRY__METHOD(eth_getBlockReceipts)
{
    struct dry_stored_block b;
    const struct dry_receipt *receipts = NULL;
    uint32_t count = 0, log_index = 0;
    struct dry_json_value v;
    bool found, pending;
    dry_status st;

    if (!dry__param(c, 0, &v))
        return dry__call_fail(c, DRY__RPC_PARAMS, "missing value for required argument 0");
    st = dry__param_stored(c, 0, &b, &receipts, &found, &pending);
    if (!dry_ok(st))
        return st;
    if (!found) {
        dry_json_write_null(w);
        return DRY_OK;
    }
    count = b.block.tx_count;
    st = dry__reads(c, b.block.header.gas_used, 0);
    if (dry_ok(st) && !pending)
        st = dry_chain_receipts(c->rpc->set.chain, &receipts, &count, &b.hash, c->arena);
    if (!dry_ok(st))
        return st;
    dry_json_array_begin(w);
    for (uint32_t i = 0; i < count; i++) {
        dry__write_receipt(w, c->rpc, &b, &receipts[i], i, log_index);
        log_index += receipts[i].log_count;
    }
    dry_json_array_end(w);
    return DRY_OK;
}

/* EIP-7928's lists come with a later fork. */
DRY__METHOD(eth_getBlockAccessList)
{
    struct dry__at at;
    bool found;
    dry_status st = dry__param_block_maybe(c, 0, &at, &found);

    (void)w;
    if (!dry_ok(st))
        return st;
    if (!found)
        return dry__call_fail(c, DRY__RPC_SERVER, "block not found");
    return dry__call_fail(c, DRY__RPC_SERVER,
                          "block access list not available: the block is older than its fork");
}
