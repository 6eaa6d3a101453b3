/* format.c - blocks, transactions, receipts and logs as JSON, member by member as geth has them. */
#include "internal.h"
#include <drystone/execution.h>

static void quantity(struct dry_json_writer *w, const char *key, uint64_t v)
{
    dry_json_key(w, key);
    dry_json_write_quantity(w, v);
}

static void quantity_u256(struct dry_json_writer *w, const char *key, const struct dry_u256 *v)
{
    dry_json_key(w, key);
    dry_json_write_quantity_u256(w, v);
}

static void hash_or_null(struct dry_json_writer *w, const char *key, const struct dry_hash *h)
{
    dry_json_key(w, key);
    if (h != NULL)
        dry_json_write_hash(w, h);
    else
        dry_json_write_null(w);
}

static void address_or_null(struct dry_json_writer *w, const char *key, const struct dry_address *a)
{
    dry_json_key(w, key);
    if (a != NULL)
        dry_json_write_address(w, a);
    else
        dry_json_write_null(w);
}

/* --- blocks --- */

void dry__write_header_fields(struct dry_json_writer *w, const struct dry_header *h,
                              const struct dry_hash *hash, bool pending)
{
    if (h->extra_fields >= DRY_HEADER_LONDON)
        quantity_u256(w, "baseFeePerGas", &h->base_fee);
    if (h->extra_fields >= DRY_HEADER_CANCUN)
        quantity(w, "blobGasUsed", h->blob_gas_used);
    quantity_u256(w, "difficulty", &h->difficulty);
    if (h->extra_fields >= DRY_HEADER_CANCUN)
        quantity(w, "excessBlobGas", h->excess_blob_gas);
    dry_json_key(w, "extraData");
    dry_json_write_hex(w, h->extra_data);
    quantity(w, "gasLimit", h->gas_limit);
    quantity(w, "gasUsed", h->gas_used);
    hash_or_null(w, "hash", pending ? NULL : hash);
    dry_json_key(w, "logsBloom");
    dry_json_write_hex(w, DRY_BYTES_ARRAY(h->bloom.b));
    address_or_null(w, "miner", pending ? NULL : &h->coinbase);
    hash_or_null(w, "mixHash", &h->mix_hash);
    dry_json_key(w, "nonce");
    if (pending)
        dry_json_write_null(w);
    else
        dry_json_write_hex(w, DRY_BYTES_ARRAY(h->nonce));
    quantity(w, "number", h->number);
    if (h->extra_fields >= DRY_HEADER_CANCUN)
        hash_or_null(w, "parentBeaconBlockRoot", &h->parent_beacon_root);
    hash_or_null(w, "parentHash", &h->parent_hash);
    hash_or_null(w, "receiptsRoot", &h->receipts_root);
    if (h->extra_fields >= DRY_HEADER_PRAGUE)
        hash_or_null(w, "requestsHash", &h->requests_hash);
    hash_or_null(w, "sha3Uncles", &h->ommers_hash);
    hash_or_null(w, "stateRoot", &h->state_root);
    quantity(w, "timestamp", h->time);
    hash_or_null(w, "transactionsRoot", &h->transactions_root);
    if (h->extra_fields >= DRY_HEADER_SHANGHAI)
        hash_or_null(w, "withdrawalsRoot", &h->withdrawals_root);
}

static void write_withdrawals(struct dry_json_writer *w, const struct dry_block *b)
{
    dry_json_key(w, "withdrawals");
    dry_json_array_begin(w);
    for (uint32_t i = 0; i < b->withdrawal_count; i++) {
        dry_json_object_begin(w);
        quantity(w, "index", b->withdrawals[i].index);
        quantity(w, "validatorIndex", b->withdrawals[i].validator);
        address_or_null(w, "address", &b->withdrawals[i].address);
        quantity(w, "amount", b->withdrawals[i].amount_gwei);
        dry_json_object_end(w);
    }
    dry_json_array_end(w);
}

static dry_status write_uncles(struct dry_json_writer *w, const struct dry_block *b)
{
    struct dry_buf scratch = {0};

    dry_json_key(w, "uncles");
    dry_json_array_begin(w);
    for (uint32_t i = 0; i < b->ommer_count; i++) {
        struct dry_hash hash;
        dry_header_hash(&hash, &b->ommers[i], &scratch);
        dry_json_write_hash(w, &hash);
    }
    dry_json_array_end(w);
    dry_buf_fini(&scratch);
    return DRY_OK;
}

struct dry__tx_at dry__tx_at(const struct dry_stored_block *b, uint32_t i)
{
    return (struct dry__tx_at){.block_hash = &b->hash,
                               .block_number = b->block.header.number,
                               .block_time = b->block.header.time,
                               .index = i,
                               .base_fee = b->block.header.extra_fields >= DRY_HEADER_LONDON
                                               ? &b->block.header.base_fee
                                               : NULL};
}

void dry__write_block(struct dry_json_writer *w, const struct dry_stored_block *b, bool full,
                      bool pending)
{
    dry_json_object_begin(w);
    dry__write_header_fields(w, &b->block.header, &b->hash, pending);
    quantity(w, "size", b->encoded_size);
    dry_json_key(w, "transactions");
    dry_json_array_begin(w);
    for (uint32_t i = 0; i < b->block.tx_count; i++) {
        struct dry__tx_at at = dry__tx_at(b, i);

        if (!full)
            dry_json_write_hash(w, &b->tx_hashes[i]);
        else
            dry__write_tx(w, &b->block.txs[i], &b->tx_hashes[i], &b->senders[i],
                          pending ? NULL : &at);
    }
    dry_json_array_end(w);
    (void)write_uncles(w, &b->block);
    if (b->block.has_withdrawals)
        write_withdrawals(w, &b->block);
    dry_json_object_end(w);
}

void dry__write_uncle(struct dry_json_writer *w, const struct dry_header *h)
{
    struct dry_buf rlp = {0};
    struct dry_hash hash;
    size_t list;

    dry_header_hash(&hash, h, &rlp);
    rlp.len = 0;
    list = dry_rlp_open(&rlp);
    (void)!dry_ok(dry_header_encode(&rlp, h));
    (void)!dry_ok(dry_buf_append(&rlp, DRY_BYTES_LIT("\xc0\xc0")));
    (void)!dry_ok(dry_rlp_close(&rlp, list));
    dry_json_object_begin(w);
    dry__write_header_fields(w, h, &hash, false);
    quantity(w, "size", rlp.len);
    dry_json_key(w, "uncles");
    dry_json_array_begin(w);
    dry_json_array_end(w);
    dry_json_object_end(w);
    dry_buf_fini(&rlp);
}

/* --- transactions --- */

void dry__write_access_list(struct dry_json_writer *w, const struct dry_access_entry *list,
                            uint32_t count)
{
    dry_json_array_begin(w);
    for (uint32_t i = 0; i < count; i++) {
        dry_json_object_begin(w);
        address_or_null(w, "address", &list[i].address);
        dry_json_key(w, "storageKeys");
        dry_json_array_begin(w);
        for (uint32_t k = 0; k < list[i].key_count; k++)
            dry_json_write_hash(w, &list[i].keys[k]);
        dry_json_array_end(w);
        dry_json_object_end(w);
    }
    dry_json_array_end(w);
}

static void write_authorizations(struct dry_json_writer *w, const struct dry_tx *tx)
{
    dry_json_key(w, "authorizationList");
    dry_json_array_begin(w);
    for (uint32_t i = 0; i < tx->authorization_count; i++) {
        const struct dry_authorization *a = &tx->authorizations[i];

        dry_json_object_begin(w);
        quantity_u256(w, "chainId", &a->chain_id);
        address_or_null(w, "address", &a->address);
        quantity(w, "nonce", a->nonce);
        quantity(w, "yParity", a->y_parity);
        quantity_u256(w, "r", &a->r);
        quantity_u256(w, "s", &a->s);
        dry_json_object_end(w);
    }
    dry_json_array_end(w);
}

static void write_place(struct dry_json_writer *w, const struct dry__tx_at *at)
{
    hash_or_null(w, "blockHash", at != NULL ? at->block_hash : NULL);
    dry_json_key(w, "blockNumber");
    if (at != NULL)
        dry_json_write_quantity(w, at->block_number);
    else
        dry_json_write_null(w);
    dry_json_key(w, "blockTimestamp");
    if (at != NULL)
        dry_json_write_quantity(w, at->block_time);
    else
        dry_json_write_null(w);
}

static void write_fees(struct dry_json_writer *w, const struct dry_tx *tx,
                       const struct dry__tx_at *at)
{
    struct dry_u256 price = tx->max_fee_per_gas;

    if (at != NULL && at->base_fee != NULL)
        dry_tx_effective_gas_price(&price, tx, at->base_fee);
    quantity_u256(w, "gasPrice", &price);
    if (tx->type >= DRY_TX_DYNAMIC_FEE) {
        quantity_u256(w, "maxFeePerGas", &tx->max_fee_per_gas);
        quantity_u256(w, "maxPriorityFeePerGas", &tx->max_priority_fee_per_gas);
    }
    if (tx->type == DRY_TX_BLOB)
        quantity_u256(w, "maxFeePerBlobGas", &tx->max_fee_per_blob_gas);
}

static void write_extras(struct dry_json_writer *w, const struct dry_tx *tx)
{
    if (tx->type != DRY_TX_LEGACY) {
        dry_json_key(w, "accessList");
        dry__write_access_list(w, tx->access, tx->access_count);
    }
    if (tx->type != DRY_TX_LEGACY || tx->has_chain_id)
        quantity(w, "chainId", tx->chain_id);
    if (tx->type == DRY_TX_BLOB) {
        dry_json_key(w, "blobVersionedHashes");
        dry_json_array_begin(w);
        for (uint32_t i = 0; i < tx->blob_count; i++)
            dry_json_write_hash(w, &tx->blob_hashes[i]);
        dry_json_array_end(w);
    }
    if (tx->type == DRY_TX_SET_CODE)
        write_authorizations(w, tx);
}

void dry__write_tx_members(struct dry_json_writer *w, const struct dry_tx *tx,
                           const struct dry_hash *hash, const struct dry_address *sender,
                           const struct dry__tx_at *at)
{
    write_place(w, at);
    address_or_null(w, "from", sender);
    quantity(w, "gas", tx->gas_limit);
    write_fees(w, tx, at);
    hash_or_null(w, "hash", hash);
    dry_json_key(w, "input");
    dry_json_write_hex(w, tx->data);
    quantity(w, "nonce", tx->nonce);
    address_or_null(w, "to", tx->has_to ? &tx->to : NULL);
    dry_json_key(w, "transactionIndex");
    if (at != NULL)
        dry_json_write_quantity(w, at->index);
    else
        dry_json_write_null(w);
    quantity_u256(w, "value", &tx->value);
    quantity(w, "type", tx->type);
    write_extras(w, tx);
    quantity(w, "v", dry_tx_v(tx));
    quantity_u256(w, "r", &tx->r);
    quantity_u256(w, "s", &tx->s);
    if (tx->type != DRY_TX_LEGACY)
        quantity(w, "yParity", tx->y_parity);
}

void dry__write_tx(struct dry_json_writer *w, const struct dry_tx *tx, const struct dry_hash *hash,
                   const struct dry_address *sender, const struct dry__tx_at *at)
{
    dry_json_object_begin(w);
    dry__write_tx_members(w, tx, hash, sender, at);
    dry_json_object_end(w);
}

/* --- logs and receipts --- */

void dry__write_log(struct dry_json_writer *w, const struct dry_found_log *f, bool removed)
{
    dry_json_object_begin(w);
    address_or_null(w, "address", &f->log->address);
    dry_json_key(w, "topics");
    dry_json_array_begin(w);
    for (uint8_t i = 0; i < f->log->topic_count; i++)
        dry_json_write_hash(w, &f->log->topics[i]);
    dry_json_array_end(w);
    dry_json_key(w, "data");
    dry_json_write_hex(w, f->log->data);
    quantity(w, "blockNumber", f->block_number);
    hash_or_null(w, "transactionHash", &f->tx_hash);
    quantity(w, "transactionIndex", f->tx_index);
    hash_or_null(w, "blockHash", &f->block_hash);
    quantity(w, "blockTimestamp", f->block_time);
    quantity(w, "logIndex", f->log_index);
    dry_json_key(w, "removed");
    dry_json_write_bool(w, removed);
    dry_json_object_end(w);
}

static void write_logs(struct dry_json_writer *w, const struct dry_stored_block *b,
                       const struct dry_receipt *r, uint32_t i, uint32_t log_index)
{
    dry_json_key(w, "logs");
    dry_json_array_begin(w);
    for (uint32_t k = 0; k < r->log_count; k++) {
        struct dry_found_log f = {.log = &r->logs[k],
                                  .block_hash = b->hash,
                                  .tx_hash = b->tx_hashes[i],
                                  .block_number = b->block.header.number,
                                  .block_time = b->block.header.time,
                                  .tx_index = i,
                                  .log_index = log_index + k};
        dry__write_log(w, &f, false);
    }
    dry_json_array_end(w);
}

void dry__write_receipt(struct dry_json_writer *w, struct dry_rpc *rpc,
                        const struct dry_stored_block *b, const struct dry_receipt *r, uint32_t i,
                        uint32_t log_index)
{
    const struct dry_tx *tx = &b->block.txs[i];
    const struct dry_header *h = &b->block.header;
    struct dry_u256 price = tx->max_fee_per_gas;

    if (h->extra_fields >= DRY_HEADER_LONDON)
        dry_tx_effective_gas_price(&price, tx, &h->base_fee);
    dry_json_object_begin(w);
    if (tx->type == DRY_TX_BLOB) {
        struct dry_rules rules;
        struct dry_u256 blob_price;

        dry_chain_rules(rpc->set.chain, &rules, h->number, h->time, &b->total_difficulty);
        dry_blob_base_fee(&blob_price, h->excess_blob_gas, &rules);
        quantity_u256(w, "blobGasPrice", &blob_price);
        quantity(w, "blobGasUsed", (uint64_t)tx->blob_count * DRY_BLOB_GAS);
    }
    hash_or_null(w, "blockHash", &b->hash);
    quantity(w, "blockNumber", h->number);
    address_or_null(w, "contractAddress", r->has_contract_address ? &r->contract_address : NULL);
    quantity(w, "cumulativeGasUsed", r->cumulative_gas_used);
    quantity_u256(w, "effectiveGasPrice", &price);
    address_or_null(w, "from", &b->senders[i]);
    quantity(w, "gasUsed", r->gas_used);
    write_logs(w, b, r, i, log_index);
    dry_json_key(w, "logsBloom");
    dry_json_write_hex(w, DRY_BYTES_ARRAY(r->bloom.b));
    if (r->has_root)
        hash_or_null(w, "root", &r->root);
    else
        quantity(w, "status", r->success);
    address_or_null(w, "to", tx->has_to ? &tx->to : NULL);
    hash_or_null(w, "transactionHash", &b->tx_hashes[i]);
    quantity(w, "transactionIndex", i);
    quantity(w, "type", tx->type);
    dry_json_object_end(w);
}
