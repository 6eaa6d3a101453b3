/* Blobs by c-kzg (EIP-4844, EIP-7594), with the ceremony's points that the dependencies' library
 * carries. */
#include <ckzg.h>
#include <drystone/crypto.h>

enum { G1_POINTS = 4096, G1_BYTES = 48, G2_POINTS = 65, G2_BYTES = 96 };
/* Blobs whose cells are checked in one batch: bounds memory to 256 KiB for each. */
enum { CELL_BATCH_BLOBS_MAX = 16 };

/* Exported by deps/: compressed points, g2 in order of power. */
extern const uint8_t drystone_kzg_g1_monomial[G1_POINTS * G1_BYTES];
extern const uint8_t drystone_kzg_g1_lagrange[G1_POINTS * G1_BYTES];
extern const uint8_t drystone_kzg_g2_monomial[G2_POINTS * G2_BYTES];

struct dry_kzg {
    KZGSettings settings;
};

_Static_assert(BYTES_PER_BLOB == DRY_BLOB_BYTES, "one blob's size");
_Static_assert(CELLS_PER_EXT_BLOB == DRY_CELLS_PER_BLOB, "one blob's cells");
_Static_assert(sizeof(Blob) == DRY_BLOB_BYTES && sizeof(Bytes48) == 48, "plain bytes");

static dry_status status_of(C_KZG_RET ret)
{
    switch (ret) {
    case C_KZG_OK:
        return DRY_OK;
    case C_KZG_BADARGS:
        return DRY_STATUS(EINVAL, "not a canonical field element or curve point");
    case C_KZG_MALLOC:
        return DRY_ENOMEM;
    case C_KZG_ERROR:
        break;
    }
    return DRY_STATUS(ECORRUPT, "the KZG library failed");
}

/* What c-kzg refuses is not valid, which is an answer and no failure. */
static dry_status answer_of(C_KZG_RET ret, bool ok, bool *valid)
{
    if (ret == C_KZG_OK || ret == C_KZG_BADARGS) {
        *valid = ret == C_KZG_OK && ok;
        return DRY_OK;
    }
    return status_of(ret);
}

dry_status dry_kzg_open(struct dry_kzg **out)
{
    struct dry_kzg *kzg = dry_alloc(sizeof(*kzg));
    C_KZG_RET ret;

    if (kzg == NULL)
        return DRY_ENOMEM;
    ret = load_trusted_setup(&kzg->settings, drystone_kzg_g1_monomial,
                             sizeof(drystone_kzg_g1_monomial), drystone_kzg_g1_lagrange,
                             sizeof(drystone_kzg_g1_lagrange), drystone_kzg_g2_monomial,
                             sizeof(drystone_kzg_g2_monomial), 0);
    if (ret != C_KZG_OK) {
        dry_free(kzg); /* the loader frees its own on failure */
        return ret == C_KZG_MALLOC ? DRY_ENOMEM
                                   : DRY_STATUS(ECORRUPT, "the built-in KZG set-up is damaged");
    }
    *out = kzg;
    return DRY_OK;
}

void dry_kzg_close(struct dry_kzg *kzg)
{
    if (kzg == NULL)
        return;
    free_trusted_setup(&kzg->settings);
    dry_free(kzg);
}

dry_status dry_kzg_verify_blobs(const struct dry_kzg *kzg, bool *valid, const uint8_t *blobs,
                                const uint8_t *commitments, const uint8_t *proofs, uint32_t n)
{
    bool ok = true;
    C_KZG_RET ret = C_KZG_OK;

    if (n > 0)
        ret = verify_blob_kzg_proof_batch(&ok, (const Blob *)blobs, (const Bytes48 *)commitments,
                                          (const Bytes48 *)proofs, n, &kzg->settings);
    return answer_of(ret, ok, valid);
}

/* Scratch for the cells of one batch; NULL members are free to release. */
struct cell_batch {
    Cell *cells;
    Bytes48 *commitments;
    uint64_t *indices;
};

static C_KZG_RET cell_batch_verify(const struct dry_kzg *kzg, bool *ok, struct cell_batch *b,
                                   const uint8_t *blobs, const uint8_t *commitments,
                                   const uint8_t *proofs, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const Blob *blob = (const Blob *)(blobs + (size_t)i * DRY_BLOB_BYTES);
        const size_t first = (size_t)i * DRY_CELLS_PER_BLOB;
        C_KZG_RET ret = compute_cells_and_kzg_proofs(b->cells + first, NULL, blob, &kzg->settings);

        if (ret != C_KZG_OK)
            return ret;
        for (size_t k = 0; k < DRY_CELLS_PER_BLOB; k++) {
            memcpy(&b->commitments[first + k], commitments + (size_t)i * 48, 48);
            b->indices[first + k] = k;
        }
    }
    return verify_cell_kzg_proof_batch(ok, b->commitments, b->indices, b->cells,
                                       (const Bytes48 *)proofs, (uint64_t)n * DRY_CELLS_PER_BLOB,
                                       &kzg->settings);
}

dry_status dry_kzg_verify_cells(const struct dry_kzg *kzg, bool *valid, const uint8_t *blobs,
                                const uint8_t *commitments, const uint8_t *proofs, uint32_t n)
{
    const uint32_t step = n < CELL_BATCH_BLOBS_MAX ? n : CELL_BATCH_BLOBS_MAX;
    const size_t cells = (size_t)step * DRY_CELLS_PER_BLOB;
    struct cell_batch b = {dry_alloc(cells * sizeof(*b.cells)),
                           dry_alloc(cells * sizeof(*b.commitments)),
                           dry_alloc(cells * sizeof(*b.indices))};
    dry_status st = DRY_ENOMEM;
    C_KZG_RET ret = C_KZG_OK;
    bool ok = true;

    if (b.cells == NULL || b.commitments == NULL || b.indices == NULL)
        goto done;
    for (uint32_t at = 0; at < n && ret == C_KZG_OK && ok; at += step) {
        const uint32_t count = n - at < step ? n - at : step;

        ret = cell_batch_verify(kzg, &ok, &b, blobs + (size_t)at * DRY_BLOB_BYTES,
                                commitments + (size_t)at * 48,
                                proofs + (size_t)at * DRY_CELLS_PER_BLOB * 48, count);
    }
    st = answer_of(ret, ok, valid);
done:
    dry_free(b.indices);
    dry_free(b.commitments);
    dry_free(b.cells);
    return st;
}

dry_status dry_kzg_commit(const struct dry_kzg *kzg, uint8_t commitment[48], uint8_t *blob_proof,
                          uint8_t *cell_proofs, const uint8_t blob[DRY_BLOB_BYTES])
{
    const Blob *b = (const Blob *)blob;
    KZGCommitment c;
    KZGProof proof;
    KZGProof proofs[DRY_CELLS_PER_BLOB];
    C_KZG_RET ret = blob_to_kzg_commitment(&c, b, &kzg->settings);

    if (ret == C_KZG_OK && blob_proof != NULL)
        ret = compute_blob_kzg_proof(&proof, b, &c, &kzg->settings);
    if (ret == C_KZG_OK && cell_proofs != NULL)
        ret = compute_cells_and_kzg_proofs(NULL, proofs, b, &kzg->settings);
    if (ret != C_KZG_OK)
        return status_of(ret);
    memcpy(commitment, c.bytes, 48);
    if (blob_proof != NULL)
        memcpy(blob_proof, proof.bytes, 48);
    if (cell_proofs != NULL)
        memcpy(cell_proofs, proofs, sizeof(proofs));
    return DRY_OK;
}
