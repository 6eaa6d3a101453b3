/* Headers and blocks to bytes. */
#include "encode.h"
#include <drystone/common/block.h>

static void put_header(struct dry__writer *w, const struct dry_header *h)
{
    size_t list = dry__put_open(w);

    DRY_ASSERT(h->extra_fields <= DRY_HEADER_PRAGUE);
    dry__put_string(w, h->parent_hash.b, 32);
    dry__put_string(w, h->ommers_hash.b, 32);
    dry__put_string(w, h->coinbase.b, 20);
    dry__put_string(w, h->state_root.b, 32);
    dry__put_string(w, h->transactions_root.b, 32);
    dry__put_string(w, h->receipts_root.b, 32);
    dry__put_string(w, h->bloom.b, sizeof(h->bloom.b));
    dry__put_u256(w, &h->difficulty);
    dry__put_u64(w, h->number);
    dry__put_u64(w, h->gas_limit);
    dry__put_u64(w, h->gas_used);
    dry__put_u64(w, h->time);
    dry__put_string(w, h->extra_data.ptr, h->extra_data.len);
    dry__put_string(w, h->mix_hash.b, 32);
    dry__put_string(w, h->nonce, sizeof(h->nonce));
    if (h->extra_fields >= 1)
        dry__put_u256(w, &h->base_fee);
    if (h->extra_fields >= 2)
        dry__put_string(w, h->withdrawals_root.b, 32);
    if (h->extra_fields >= 3)
        dry__put_u64(w, h->blob_gas_used);
    if (h->extra_fields >= 4)
        dry__put_u64(w, h->excess_blob_gas);
    if (h->extra_fields >= 5)
        dry__put_string(w, h->parent_beacon_root.b, 32);
    if (h->extra_fields >= 6)
        dry__put_string(w, h->requests_hash.b, 32);
    dry__put_close(w, list);
}

static void put_withdrawal(struct dry__writer *w, const struct dry_withdrawal *x)
{
    size_t list = dry__put_open(w);

    dry__put_u64(w, x->index);
    dry__put_u64(w, x->validator);
    dry__put_string(w, x->address.b, 20);
    dry__put_u64(w, x->amount_gwei);
    dry__put_close(w, list);
}

/* As it stands in a body: a list, or a string around a typed one. */
static void put_tx(struct dry__writer *w, const struct dry_tx *tx)
{
    struct dry_buf made = {0};
    struct dry_bytes raw = tx->encoded;

    if (raw.len == 0 && dry_ok(w->st)) {
        w->st = dry_tx_encode(&made, tx);
        raw = dry_buf_bytes(&made);
    }
    if (tx->type == DRY_TX_LEGACY)
        dry__put_raw(w, raw);
    else
        dry__put_string(w, raw.ptr, raw.len);
    dry_buf_fini(&made);
}

dry_status dry_header_encode(struct dry_buf *out, const struct dry_header *h)
{
    struct dry__writer w = dry__writer_begin(out);

    put_header(&w, h);
    return dry__writer_end(&w);
}

dry_status dry_withdrawal_encode(struct dry_buf *out, const struct dry_withdrawal *x)
{
    struct dry__writer w = dry__writer_begin(out);

    put_withdrawal(&w, x);
    return dry__writer_end(&w);
}

dry_status dry_block_encode(struct dry_buf *out, const struct dry_block *b)
{
    struct dry__writer w = dry__writer_begin(out);
    size_t block = dry__put_open(&w), list;

    if (b->header_encoded.len != 0)
        dry__put_raw(&w, b->header_encoded);
    else
        put_header(&w, &b->header);
    list = dry__put_open(&w);
    for (uint32_t i = 0; i < b->tx_count; i++)
        put_tx(&w, &b->txs[i]);
    dry__put_close(&w, list);
    list = dry__put_open(&w);
    for (uint32_t i = 0; i < b->ommer_count; i++)
        put_header(&w, &b->ommers[i]);
    dry__put_close(&w, list);
    if (b->has_withdrawals) {
        list = dry__put_open(&w);
        for (uint32_t i = 0; i < b->withdrawal_count; i++)
            put_withdrawal(&w, &b->withdrawals[i]);
        dry__put_close(&w, list);
    }
    dry__put_close(&w, block);
    return dry__writer_end(&w);
}
