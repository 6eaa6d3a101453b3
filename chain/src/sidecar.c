/* sidecar.c - blobs that come with a transaction: their commitments are the ones the transaction
 * names, their proofs hold; and keeping them for a while. */
#include "internal.h"
#include <drystone/common/alloc.h>
#include <drystone/crypto.h>

#define EXPIRE_MIN 32u   /* a block lets so many old sidecars go at most, or see expire_max() */
#define VERSION_KZG 0x01 /* first byte of a versioned hash (EIP-4844) */

struct dry_kzg_loader {
    struct dry_mutex lock; /* guards the pointer; held while loading */
    struct dry_kzg *kzg;
};

dry_status dry_kzg_loader_open(struct dry_kzg_loader **out)
{
    struct dry_kzg_loader *l = dry_alloc(sizeof(*l));
    dry_status st;

    if (l == NULL)
        return DRY_ENOMEM;
    st = dry_mutex_init(&l->lock);
    if (!dry_ok(st)) {
        dry_free(l);
        return st;
    }
    *out = l;
    return DRY_OK;
}

void dry_kzg_loader_close(struct dry_kzg_loader *l)
{
    if (l == NULL)
        return;
    dry_kzg_close(l->kzg);
    dry_mutex_fini(&l->lock);
    dry_free(l);
}

dry_status dry_kzg_loader_get(struct dry_kzg_loader *l, const struct dry_kzg **out)
{
    dry_status st = DRY_OK;

    dry_mutex_lock(&l->lock);
    if (l->kzg == NULL)
        st = dry_kzg_open(&l->kzg);
    if (dry_ok(st))
        *out = l->kzg;
    dry_mutex_unlock(&l->lock);
    return st;
}

void dry_blob_versioned_hash(struct dry_hash *out, const uint8_t commitment[48])
{
    dry_sha256(out->b, dry_bytes_of(commitment, DRY_KZG_BYTES));
    out->b[0] = VERSION_KZG;
}

static bool hashes_match(const struct dry_tx *tx, const struct dry_blob_sidecar *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        struct dry_hash hash;

        dry_blob_versioned_hash(&hash, s->commitments.ptr + (size_t)i * DRY_KZG_BYTES);
        if (!dry_hash_equal(&hash, &tx->blob_hashes[i]))
            return false;
    }
    return true;
}

/* The lists are as long as the number of blobs and the version say. */
static bool lengths_match(const struct dry_tx *tx, const struct dry_blob_sidecar *s)
{
    size_t n = tx->blob_count, proofs = s->version == 0 ? n : n * DRY_CELLS_PER_BLOB;

    return s->count == n && s->blobs.len == n * DRY_BLOB_BYTES &&
           s->commitments.len == n * DRY_KZG_BYTES && s->proofs.len == proofs * DRY_KZG_BYTES;
}

dry_status dry_pool_tx_verify_sidecar(struct dry_pool_tx *tx, struct dry_pool_verdict *v,
                                      struct dry_kzg_loader *loader)
{
    const struct dry_blob_sidecar *s = tx->tx.sidecar;
    const struct dry_kzg *kzg;
    bool valid = false;
    dry_status st = DRY_OK;

    *v = (struct dry_pool_verdict){DRY_POOL_OK, DRY_VERDICT_VALID};
    if (tx->tx.type != DRY_TX_BLOB || tx->sidecar_verified)
        return DRY_OK;
    if (s != NULL && s->version <= 1 && lengths_match(&tx->tx, s) && hashes_match(&tx->tx, s)) {
        st = dry_kzg_loader_get(loader, &kzg);
        if (dry_ok(st))
            st = (s->version == 0 ? dry_kzg_verify_blobs : dry_kzg_verify_cells)(
                kzg, &valid, s->blobs.ptr, s->commitments.ptr, s->proofs.ptr, s->count);
    }
    if (!dry_ok(st))
        return st;
    tx->sidecar_verified = valid;
    if (!valid)
        v->answer = DRY_POOL_SIDECAR;
    return DRY_OK;
}

/* --- wallets that still wrap blobs as before Osaka --- */

/* Commitments and proofs of the version in s, from its blobs. */
static dry_status sidecar_make(const struct dry_kzg *kzg, struct dry_blob_sidecar *s,
                               struct dry_arena *arena)
{
    size_t each = (s->version == 0 ? 1 : DRY_CELLS_PER_BLOB) * DRY_KZG_BYTES;
    uint8_t *commitments = dry_arena_alloc(arena, s->count * DRY_KZG_BYTES);
    uint8_t *proofs = dry_arena_alloc(arena, s->count * each);
    dry_status st = DRY_OK;

    if (commitments == NULL || proofs == NULL)
        return DRY_ENOMEM;
    for (uint32_t i = 0; dry_ok(st) && i < s->count; i++)
        st = dry_kzg_commit(
            kzg, commitments + i * DRY_KZG_BYTES, s->version == 0 ? proofs + i * each : NULL,
            s->version == 0 ? NULL : proofs + i * each, s->blobs.ptr + (size_t)i * DRY_BLOB_BYTES);
    s->commitments = dry_bytes_of(commitments, s->count * DRY_KZG_BYTES);
    s->proofs = dry_bytes_of(proofs, s->count * each);
    return st;
}

dry_status dry_chain_sidecar_make(struct dry_chain *c, struct dry_blob_sidecar *s,
                                  struct dry_arena *arena)
{
    const struct dry_kzg *kzg;
    dry_status st = dry_kzg_loader_get(c->kzg, &kzg);

    return dry_ok(st) ? sidecar_make(kzg, s, arena) : st;
}

/* The same transaction with cell proofs, once its blob proofs hold; else *v is SIDECAR. Costs
 * about a third of a second a blob. */
static dry_status rewrap(struct dry_chain *c, struct dry_buf *out, struct dry_pool_verdict *v,
                         struct dry_bytes encoded)
{
    struct dry_arena arena = {0};
    struct dry_blob_sidecar sidecar;
    const struct dry_kzg *kzg;
    enum dry_verdict form;
    struct dry_tx tx;
    bool valid = false;
    dry_status st = dry_tx_decode(&tx, &form, encoded, &arena);

    *v = (struct dry_pool_verdict){DRY_POOL_SIDECAR, DRY_VERDICT_VALID};
    if (!dry_ok(st) || form != DRY_VERDICT_VALID || tx.sidecar == NULL ||
        !lengths_match(&tx, tx.sidecar) || !hashes_match(&tx, tx.sidecar))
        goto done;
    st = dry_kzg_loader_get(c->kzg, &kzg);
    if (dry_ok(st))
        st = dry_kzg_verify_blobs(kzg, &valid, tx.sidecar->blobs.ptr, tx.sidecar->commitments.ptr,
                                  tx.sidecar->proofs.ptr, tx.sidecar->count);
    if (!dry_ok(st) || !valid)
        goto done;
    sidecar = *tx.sidecar;
    sidecar.version = 1;
    st = sidecar_make(kzg, &sidecar, &arena);
    tx.sidecar = &sidecar;
    if (dry_ok(st))
        st = dry_tx_encode_network(out, &tx);
    v->answer = DRY_POOL_OK;
done:
    dry_arena_fini(&arena);
    return st;
}

dry_status dry_chain_tx_open(struct dry_chain *c, struct dry_pool_tx **out,
                             struct dry_pool_verdict *v, struct dry_bytes encoded)
{
    struct dry_pool_tx *tx = NULL;
    struct dry_buf wrapped = {0};
    struct dry_rules rules;
    dry_status st;

    dry_chain_next_rules(c, &rules);
    st = dry_pool_tx_open(&tx, v, encoded, &rules, c->tx_bytes_max);

    if (dry_ok(st) && v->answer == DRY_POOL_SIDECAR_V1) {
        st = rewrap(c, &wrapped, v, encoded);
        if (dry_ok(st) && v->answer == DRY_POOL_OK)
            st = dry_pool_tx_open(&tx, v, dry_buf_bytes(&wrapped), &rules, c->tx_bytes_max);
        if (dry_ok(st) && v->answer == DRY_POOL_OK)
            tx->sidecar_verified = true; /* its proofs were made here */
        dry_buf_fini(&wrapped);
    }
    if (dry_ok(st) && v->answer == DRY_POOL_OK)
        st = dry_pool_tx_verify_sidecar(tx, v, c->kzg);
    if (!dry_ok(st) || v->answer != DRY_POOL_OK) {
        dry_pool_tx_close(tx);
        return st;
    }
    *out = tx;
    return DRY_OK;
}

/* --- keeping them --- */

static struct dry__key sidecar_key(uint64_t block_time, const struct dry_hash *tx_hash)
{
    struct dry__key k = {.len = 41};

    k.b[0] = DRY__KEY_SIDECAR;
    dry__be64_put(k.b + 1, block_time);
    memcpy(k.b + 9, tx_hash->b, 32);
    return k;
}

dry_status dry_chain_sidecar(struct dry_chain *c, struct dry_bytes *out, uint64_t block_time,
                             const struct dry_hash *tx_hash, struct dry_arena *arena)
{
    struct dry__key key = sidecar_key(block_time, tx_hash);

    return dry__load(c->storage, out, &key, arena);
}

/* How many old sidecars a block lets go: twice as many as any can have brought, so that those kept
 * never grow in number by it. */
static uint32_t expire_max(const struct dry_chain *c, const struct dry_header *h)
{
    struct dry_rules rules;
    uint32_t max;

    dry_chain_rules(c, &rules, h->number, h->time, &dry__head(c)->total_difficulty);
    max = rules.blob.max;
    for (uint32_t i = 0; i < DRY_FORK_COUNT; i++) /* forks of before may have let in more */
        if (c->config.blob[i].max > max)
            max = c->config.blob[i].max;
    return max > EXPIRE_MIN / 2 ? 2 * max : EXPIRE_MIN;
}

/* Walk from the oldest on; with a batch, delete what is older than `until` on the way, `most` at
 * most. The time of the first one that stays is noted. */
static dry_status sidecars_walk(struct dry_chain *c, struct dry_batch *batch, uint64_t until,
                                uint32_t most)
{
    const uint8_t prefix[1] = {DRY__KEY_SIDECAR};
    struct dry_cursor *cursor = NULL;
    struct dry_bytes key, value;
    uint64_t time = UINT64_MAX;
    dry_status st = dry_cursor_open(c->storage, NULL, &cursor, DRY_BYTES_ARRAY(prefix));

    if (!dry_ok(st))
        return st;
    for (uint32_t n = 0;; n++) {
        st = dry_cursor_next(cursor, &key, &value);
        if (dry_ok(st))
            time = key.len == 41 ? dry__be64_get(key.ptr + 1) : 0; /* no key of ours: it goes */
        if (!dry_ok(st) || batch == NULL || n == most || time >= until)
            break;
        time = UINT64_MAX;
        st = dry_batch_delete(batch, key);
        if (!dry_ok(st))
            break;
    }
    dry_cursor_close(cursor);
    if (dry_ok(st) || st.code == DRY_CODE_ENOTFOUND)
        c->sidecar_time = time;
    return st.code == DRY_CODE_ENOTFOUND ? DRY_OK : st;
}

dry_status dry__sidecars_find(struct dry_chain *c)
{
    return sidecars_walk(c, NULL, 0, 0);
}

dry_status dry__sidecars_store(struct dry_chain *c, const struct dry_block *block,
                               const struct dry_hash *tx_hashes)
{
    uint64_t time = block->header.time;
    struct dry_buf rlp = {0};
    dry_status st = DRY_OK;

    if (time > DRY_SIDECAR_SECONDS && c->sidecar_time < time - DRY_SIDECAR_SECONDS)
        st = sidecars_walk(c, &c->batch, time - DRY_SIDECAR_SECONDS, expire_max(c, &block->header));
    for (uint32_t i = 0; i < block->tx_count && dry_ok(st); i++) {
        struct dry__key key = sidecar_key(time, &tx_hashes[i]);

        if (block->txs[i].sidecar == NULL)
            continue;
        rlp.len = 0;
        st = dry_tx_encode_network(&rlp, &block->txs[i]);
        if (dry_ok(st))
            st = dry_batch_put(&c->batch, dry__key_bytes(&key), dry_buf_bytes(&rlp));
        if (dry_ok(st) && time < c->sidecar_time)
            c->sidecar_time = time;
    }
    dry_buf_fini(&rlp);
    return st;
}
