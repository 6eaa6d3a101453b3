/* Transactions to bytes. */
#include "encode.h"
#include <drystone/common/tx.h>

#define BLOB_BYTES 131072u
#define COMMITMENT_BYTES 48u

static void put_hashes(struct dry__writer *w, const struct dry_hash *hashes, size_t n)
{
    size_t list = dry__put_open(w);

    for (size_t i = 0; i < n; i++)
        dry__put_string(w, hashes[i].b, 32);
    dry__put_close(w, list);
}

static void put_access_list(struct dry__writer *w, const struct dry_tx *tx)
{
    size_t list = dry__put_open(w);

    for (uint32_t i = 0; i < tx->access_count; i++) {
        size_t entry = dry__put_open(w);

        dry__put_string(w, tx->access[i].address.b, 20);
        put_hashes(w, tx->access[i].keys, tx->access[i].key_count);
        dry__put_close(w, entry);
    }
    dry__put_close(w, list);
}

static void put_authorizations(struct dry__writer *w, const struct dry_tx *tx)
{
    size_t list = dry__put_open(w);

    for (uint32_t i = 0; i < tx->authorization_count; i++) {
        const struct dry_authorization *a = &tx->authorizations[i];
        size_t tuple = dry__put_open(w);

        dry__put_u256(w, &a->chain_id);
        dry__put_string(w, a->address.b, 20);
        dry__put_u64(w, a->nonce);
        dry__put_u64(w, a->y_parity);
        dry__put_u256(w, &a->r);
        dry__put_u256(w, &a->s);
        dry__put_close(w, tuple);
    }
    dry__put_close(w, list);
}

/* All fields that are signed. */
static void put_fields(struct dry__writer *w, const struct dry_tx *tx)
{
    if (tx->type != DRY_TX_LEGACY)
        dry__put_u64(w, tx->chain_id);
    dry__put_u64(w, tx->nonce);
    if (tx->type >= DRY_TX_DYNAMIC_FEE)
        dry__put_u256(w, &tx->max_priority_fee_per_gas);
    dry__put_u256(w, &tx->max_fee_per_gas);
    dry__put_u64(w, tx->gas_limit);
    dry__put_string(w, tx->to.b, tx->has_to ? 20 : 0);
    dry__put_u256(w, &tx->value);
    dry__put_string(w, tx->data.ptr, tx->data.len);
    if (tx->type >= DRY_TX_ACCESS_LIST)
        put_access_list(w, tx);
    if (tx->type == DRY_TX_BLOB) {
        dry__put_u256(w, &tx->max_fee_per_blob_gas);
        put_hashes(w, tx->blob_hashes, tx->blob_count);
    }
    if (tx->type == DRY_TX_SET_CODE)
        put_authorizations(w, tx);
}

/* v of a legacy transaction, 66 bits at most. */
static void legacy_v(struct dry_u256 *v, const struct dry_tx *tx)
{
    struct dry_u256 base = DRY_U256((tx->has_chain_id ? 35u : 27u) + tx->y_parity);

    *v = DRY_U256(tx->has_chain_id ? tx->chain_id : 0);
    dry_u256_shl(v, v, 1);
    dry_u256_add(v, v, &base);
}

static void put_payload(struct dry__writer *w, const struct dry_tx *tx)
{
    struct dry_u256 v = DRY_U256(tx->y_parity);
    size_t list = dry__put_open(w);

    if (tx->type == DRY_TX_LEGACY)
        legacy_v(&v, tx);
    put_fields(w, tx);
    dry__put_u256(w, &v);
    dry__put_u256(w, &tx->r);
    dry__put_u256(w, &tx->s);
    dry__put_close(w, list);
}

static struct dry__writer begin(struct dry_buf *out, const struct dry_tx *tx)
{
    struct dry__writer w = dry__writer_begin(out);

    DRY_ASSERT(tx != NULL && tx->type <= DRY_TX_SET_CODE && tx->y_parity < 2);
    if (tx->type != DRY_TX_LEGACY)
        dry__put_byte(&w, (uint8_t)tx->type);
    return w;
}

dry_status dry_tx_encode(struct dry_buf *out, const struct dry_tx *tx)
{
    struct dry__writer w = begin(out, tx);

    put_payload(&w, tx);
    return dry__writer_end(&w);
}

static void put_joined(struct dry__writer *w, struct dry_bytes joined, size_t size)
{
    size_t list = dry__put_open(w);

    DRY_ASSERT(joined.len % size == 0);
    for (size_t at = 0; at < joined.len; at += size)
        dry__put_string(w, joined.ptr + at, size);
    dry__put_close(w, list);
}

dry_status dry_tx_encode_network(struct dry_buf *out, const struct dry_tx *tx)
{
    size_t list;
    const struct dry_blob_sidecar *s = tx->sidecar;
    struct dry__writer w;

    if (tx->type != DRY_TX_BLOB || s == NULL)
        return dry_tx_encode(out, tx);
    w = begin(out, tx);
    list = dry__put_open(&w);
    put_payload(&w, tx);
    if (s->version != 0)
        dry__put_u64(&w, s->version);
    put_joined(&w, s->blobs, BLOB_BYTES);
    put_joined(&w, s->commitments, COMMITMENT_BYTES);
    put_joined(&w, s->proofs, COMMITMENT_BYTES);
    dry__put_close(&w, list);
    return dry__writer_end(&w);
}

dry_status dry_tx_encode_unsigned(struct dry_buf *out, const struct dry_tx *tx)
{
    size_t list;
    struct dry__writer w = begin(out, tx);

    list = dry__put_open(&w);
    put_fields(&w, tx);
    if (tx->type == DRY_TX_LEGACY && tx->has_chain_id) {
        dry__put_u64(&w, tx->chain_id);
        dry__put_u64(&w, 0);
        dry__put_u64(&w, 0);
    }
    dry__put_close(&w, list);
    return dry__writer_end(&w);
}

dry_status dry_authorization_encode_unsigned(struct dry_buf *out, const struct dry_authorization *a)
{
    size_t list;
    struct dry__writer w = dry__writer_begin(out);

    dry__put_byte(&w, 0x05);
    list = dry__put_open(&w);
    dry__put_u256(&w, &a->chain_id);
    dry__put_string(&w, a->address.b, 20);
    dry__put_u64(&w, a->nonce);
    dry__put_close(&w, list);
    return dry__writer_end(&w);
}

uint64_t dry_tx_v(const struct dry_tx *tx)
{
    struct dry_u256 v;

    if (tx->type != DRY_TX_LEGACY)
        return tx->y_parity;
    legacy_v(&v, tx);
    return dry_u256_saturate_u64(&v);
}

void dry_tx_effective_gas_price(struct dry_u256 *out, const struct dry_tx *tx,
                                const struct dry_u256 *base_fee)
{
    struct dry_u256 sum;

    if (dry_u256_add(&sum, base_fee, &tx->max_priority_fee_per_gas) ||
        dry_u256_less(&tx->max_fee_per_gas, &sum))
        *out = tx->max_fee_per_gas;
    else
        *out = sum;
}
