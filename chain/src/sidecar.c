/* sidecar.c - blobs that come with a transaction: their commitments are the ones the transaction
 * names, their proofs hold. */
#include "internal.h"
#include <drystone/common/alloc.h>
#include <drystone/crypto.h>

#define COMMITMENT_BYTES 48u
#define PROOF_BYTES 48u
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

static bool hashes_match(const struct dry_tx *tx, const struct dry_blob_sidecar *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        uint8_t hash[32];

        dry_sha256(hash, dry_bytes_of(s->commitments.ptr + (size_t)i * COMMITMENT_BYTES,
                                      COMMITMENT_BYTES));
        hash[0] = VERSION_KZG;
        if (memcmp(hash, tx->blob_hashes[i].b, sizeof(hash)) != 0)
            return false;
    }
    return true;
}

/* The lists are as long as the number of blobs and the version say. */
static bool lengths_match(const struct dry_tx *tx, const struct dry_blob_sidecar *s)
{
    size_t n = tx->blob_count, proofs = s->version == 0 ? n : n * DRY_CELLS_PER_BLOB;

    return s->count == n && s->blobs.len == n * DRY_BLOB_BYTES &&
           s->commitments.len == n * COMMITMENT_BYTES && s->proofs.len == proofs * PROOF_BYTES;
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

dry_status dry_chain_tx_open(struct dry_chain *c, struct dry_pool_tx **out,
                             struct dry_pool_verdict *v, struct dry_bytes encoded)
{
    struct dry_head *head = dry_chain_head(c);
    struct dry_pool_tx *tx = NULL;
    dry_status st = dry_pool_tx_open(&tx, v, encoded, &head->rules, c->tx_bytes_max);

    dry_head_close(head);
    if (dry_ok(st) && v->answer == DRY_POOL_OK)
        st = dry_pool_tx_verify_sidecar(tx, v, c->kzg);
    if (!dry_ok(st) || v->answer != DRY_POOL_OK) {
        dry_pool_tx_close(tx);
        return st;
    }
    *out = tx;
    return DRY_OK;
}
