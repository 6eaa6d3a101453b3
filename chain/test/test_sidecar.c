/* A blob transaction waits only with blobs that are the ones it names, proven; what it carries is
 * kept when it is mined and comes back when the block leaves. Both wrappers' versions. */
#include "fixture.h"

#define BLOBS 2u

struct carried {
    uint8_t blobs[BLOBS][DRY_BLOB_BYTES];
    uint8_t commitments[BLOBS][48];
    uint8_t proofs[BLOBS * DRY_CELLS_PER_BLOB][48];
    struct dry_hash hashes[BLOBS];
    struct dry_blob_sidecar sidecar;
    struct dry_tx tx;
};

static struct carried carried;
static struct dry_kzg_loader *loader;

static int load(void **state)
{
    (void)state;
    CHECK(dry_ok(dry_kzg_loader_open(&loader)));
    return 0;
}

static int unload(void **state)
{
    (void)state;
    dry_kzg_loader_close(loader);
    return 0;
}

static void carried_make(struct carried *c, uint8_t version)
{
    const struct dry_kzg *kzg;

    memset(c, 0, sizeof(*c));
    CHECK(dry_ok(dry_kzg_loader_get(loader, &kzg)));
    for (uint32_t i = 0; i < BLOBS; i++) {
        for (size_t k = 1; k < DRY_BLOB_BYTES; k += 32)
            c->blobs[i][k] = (uint8_t)(k / 32 + i + 1);
        CHECK(dry_ok(dry_kzg_commit(kzg, c->commitments[i], version == 0 ? c->proofs[i] : NULL,
                                    version == 1 ? c->proofs[i * DRY_CELLS_PER_BLOB] : NULL,
                                    c->blobs[i])));
        dry_sha256(c->hashes[i].b, DRY_BYTES_ARRAY(c->commitments[i]));
        c->hashes[i].b[0] = 1;
    }
    c->sidecar = (struct dry_blob_sidecar){
        .version = version,
        .count = BLOBS,
        .blobs = DRY_BYTES_ARRAY(c->blobs),
        .commitments = DRY_BYTES_ARRAY(c->commitments),
        .proofs = dry_bytes_of(c->proofs, BLOBS * 48 * (version == 0 ? 1 : DRY_CELLS_PER_BLOB))};
    c->tx = (struct dry_tx){.type = DRY_TX_BLOB,
                            .has_chain_id = true,
                            .chain_id = 31337,
                            .has_to = true,
                            .gas_limit = 21000,
                            .max_fee_per_gas = DRY_U256(3000000000u),
                            .max_priority_fee_per_gas = DRY_U256(1),
                            .max_fee_per_blob_gas = DRY_U256(1000000000u),
                            .blob_count = BLOBS,
                            .blob_hashes = c->hashes,
                            .sidecar = &c->sidecar};
}

static enum dry_pool_answer verify(struct fixture *f, struct dry_bytes encoded)
{
    struct dry_head *head = dry_chain_head(f->chain);
    struct dry_pool_tx *tx = NULL;
    struct dry_pool_verdict v;

    CHECK(dry_ok(dry_pool_tx_open(&tx, &v, encoded, &head->rules, 131072)));
    dry_head_close(head);
    if (v.answer == DRY_POOL_OK)
        CHECK(dry_ok(dry_pool_tx_verify_sidecar(tx, &v, loader)));
    dry_pool_tx_close(tx);
    return v.answer;
}

static enum dry_pool_answer submit_verified(struct fixture *f, struct dry_bytes encoded)
{
    struct dry_head *head = dry_chain_head(f->chain);
    struct dry_pool_tx *tx = NULL;
    struct dry_pool_verdict v;

    CHECK(dry_ok(dry_pool_tx_open(&tx, &v, encoded, &head->rules, 131072)));
    dry_head_close(head);
    CHECK(v.answer == DRY_POOL_OK);
    CHECK(dry_ok(dry_pool_tx_verify_sidecar(tx, &v, loader)));
    CHECK(v.answer == DRY_POOL_OK && tx->sidecar_verified);
    CHECK(dry_ok(dry_chain_submit(f->chain, &v, tx)));
    return v.answer;
}

static void open_version(struct fixture *f, uint8_t version)
{
    struct dry_buf json = {0};

    if (version == 1) {
        fixture_open_dev(f, false);
        return;
    }
    fixture_genesis(&json, FIXTURE_AFTER_MERGE, "");
    fixture_open_genesis(f, dry_buf_bytes(&json), &dry_consensus_dev);
    fixture_reopen(f);
    dry_buf_fini(&json);
}

/* One fault at a time is found; the other version's wrapper is refused. */
static void wrong_sidecars_are_refused(void **state)
{
    (void)state;
    for (uint8_t version = 0; version < 2; version++) {
        struct carried *c = &carried;
        struct fixture f;

        open_version(&f, version);
        carried_make(c, version);
        CHECK(verify(&f, fixture_sign_tx(&f, &c->tx, 0)) == DRY_POOL_OK);
        c->blobs[1][33] ^= 1; /* another blob */
        CHECK(verify(&f, fixture_sign_tx(&f, &c->tx, 0)) == DRY_POOL_SIDECAR);
        c->blobs[1][33] ^= 1;
        c->blobs[0][0] = 0xff; /* no field element */
        CHECK(verify(&f, fixture_sign_tx(&f, &c->tx, 0)) == DRY_POOL_SIDECAR);
        c->blobs[0][0] = 0;
        c->hashes[0].b[7] ^= 1; /* the transaction names another */
        CHECK(verify(&f, fixture_sign_tx(&f, &c->tx, 0)) == DRY_POOL_SIDECAR);
        c->hashes[0].b[7] ^= 1;
        c->proofs[1][9] ^= 1;
        CHECK(verify(&f, fixture_sign_tx(&f, &c->tx, 0)) == DRY_POOL_SIDECAR);
        c->proofs[1][9] ^= 1;
        memcpy(c->proofs[0], c->proofs[1], 48); /* a point, but not the one */
        CHECK(verify(&f, fixture_sign_tx(&f, &c->tx, 0)) == DRY_POOL_SIDECAR);
        carried_make(c, !version);
        CHECK(verify(&f, fixture_sign_tx(&f, &c->tx, 0)) ==
              (version == 1 ? DRY_POOL_SIDECAR_V1 : DRY_POOL_SIDECAR_V0));
        c->tx.sidecar = NULL;
        CHECK(verify(&f, fixture_sign_tx(&f, &c->tx, 0)) == DRY_POOL_SIDECAR_MISSING);
        fixture_close(&f);
    }
}

/* From Osaka on, who wraps blobs as before gets cell proofs; but not for what does not hold. */
static void old_wrappers_are_taken(void **state)
{
    struct dry_pool_verdict v;
    struct dry_pool_tx *tx = NULL;
    struct dry_bytes encoded;
    struct fixture f;

    (void)state;
    open_version(&f, 1);
    carried_make(&carried, 0);
    encoded = fixture_sign_tx(&f, &carried.tx, 0);
    CHECK(dry_ok(dry_chain_tx_open(f.chain, &tx, &v, encoded)) && v.answer == DRY_POOL_OK);
    CHECK(tx->sidecar_verified && tx->tx.sidecar->version == 1);
    carried_make(&carried, 1); /* the very proofs a new wallet makes */
    CHECK_BYTES(tx->tx.sidecar->proofs, carried.sidecar.proofs, "proofs");
    CHECK(dry_ok(dry_chain_submit(f.chain, &v, tx)) && v.answer == DRY_POOL_OK);
    carried_make(&carried, 0);
    carried.blobs[1][33] ^= 1;
    tx = NULL;
    encoded = fixture_sign_tx(&f, &carried.tx, 1);
    CHECK(dry_ok(dry_chain_tx_open(f.chain, &tx, &v, encoded)) && tx == NULL);
    CHECK(v.answer == DRY_POOL_SIDECAR);
    fixture_close(&f);
}

/* The pool takes nothing that was not verified. */
static void unverified_is_refused(void **state)
{
    struct fixture f;
    struct dry_pool_tx *tx = NULL;
    struct dry_pool_verdict v;
    struct dry_head *head;

    (void)state;
    open_version(&f, 1);
    carried_make(&carried, 1);
    head = dry_chain_head(f.chain);
    CHECK(dry_ok(
        dry_pool_tx_open(&tx, &v, fixture_sign_tx(&f, &carried.tx, 0), &head->rules, 131072)));
    dry_head_close(head);
    CHECK(v.answer == DRY_POOL_OK);
    CHECK(dry_ok(dry_chain_submit(f.chain, &v, tx)));
    CHECK(v.answer == DRY_POOL_SIDECAR && dry_chain_pool_counts(f.chain).pending == 0);
    fixture_close(&f);
}

/* Mined, read back, taken back by a rewind, mined again; others import the block without blobs. */
static void sidecars_are_kept(void **state)
{
    (void)state;
    for (uint8_t version = 0; version < 2; version++) {
        struct fixture f, other;
        struct dry_bytes encoded, kept;
        struct dry_stored_block b;
        struct dry_hash hash;

        open_version(&f, version);
        carried_make(&carried, version);
        encoded = fixture_sign_tx(&f, &carried.tx, 0);
        CHECK(submit_verified(&f, encoded) == DRY_POOL_OK);
        for (int round = 0; round < 2; round++) {
            CHECK(dry_ok(dry_chain_build(f.chain, &(struct dry_build){0}, &hash)));
            CHECK(dry_ok(dry_chain_block(f.chain, &b, &hash, &f.arena)));
            CHECK(b.block.tx_count == 1 && b.block.header.blob_gas_used == BLOBS * 131072);
            CHECK(dry_ok(
                dry_chain_sidecar(f.chain, &kept, b.block.header.time, &b.tx_hashes[0], &f.arena)));
            CHECK_BYTES(kept, encoded, "network form");
            if (round == 0)
                CHECK(dry_ok(dry_chain_rewind(f.chain, 0, true)));
        }
        fixture_open_genesis(&other, f.genesis.json, &dry_consensus_noseal);
        fixture_reopen(&other);
        fixture_import(&other, fixture_block(&f, &hash));
        CHECK(dry_chain_sidecar(other.chain, &kept, b.block.header.time, &b.tx_hashes[0],
                                &other.arena)
                  .code == DRY_CODE_ENOTFOUND);
        CHECK(dry_ok(dry_chain_rewind(other.chain, 0, true)));
        CHECK(dry_chain_pool_counts(other.chain).pending == 0); /* no blobs: not mined again */
        fixture_close(&other);
        fixture_close(&f);
    }
}

static uint32_t kept_count(struct fixture *f)
{
    struct dry_cursor *c = NULL;
    struct dry_bytes key, value;
    uint32_t n = 0;

    CHECK(dry_ok(dry_cursor_open(f->storage, NULL, &c, DRY_BYTES_LIT("\x26"))));
    while (dry_ok(dry_cursor_next(c, &key, &value)))
        n++;
    dry_cursor_close(c);
    return n;
}

static void build_at(struct fixture *f, uint64_t time, struct dry_hash *hash)
{
    CHECK(dry_ok(dry_chain_build(f->chain, &(struct dry_build){.time = &time}, hash)));
}

/* They go 18 days after, by the blocks' time, not before; also when the node was started since. */
static void sidecars_expire(void **state)
{
    enum { BLOCKS = 3 };
    struct dry_head *head;
    struct dry_hash hash;
    struct fixture f;
    uint64_t start;

    (void)state;
    open_version(&f, 1);
    head = dry_chain_head(f.chain);
    start = head->header.time;
    dry_head_close(head);
    carried_make(&carried, 1);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        CHECK(submit_verified(&f, fixture_sign_tx(&f, &carried.tx, i)) == DRY_POOL_OK);
        build_at(&f, start + 100 * (i + 1), &hash);
    }
    CHECK(kept_count(&f) == BLOCKS);
    build_at(&f, start + 100 + DRY_SIDECAR_SECONDS, &hash);
    CHECK(kept_count(&f) == BLOCKS);
    build_at(&f, start + 101 + DRY_SIDECAR_SECONDS, &hash);
    CHECK(kept_count(&f) == BLOCKS - 1);
    fixture_reopen(&f);
    build_at(&f, start + 200 + DRY_SIDECAR_SECONDS, &hash);
    CHECK(kept_count(&f) == BLOCKS - 1);
    build_at(&f, start + 201 + DRY_SIDECAR_SECONDS, &hash);
    CHECK(kept_count(&f) == BLOCKS - 2);
    CHECK(dry_ok(dry_chain_rewind(f.chain, 0, true))); /* the youngest alone comes back */
    CHECK(dry_chain_pool_counts(f.chain).pending == 1);
    build_at(&f, start + 2 * DRY_SIDECAR_SECONDS, &hash); /* kept anew, while the old one goes */
    CHECK(kept_count(&f) == 1);
    build_at(&f, start + 4 * DRY_SIDECAR_SECONDS, &hash);
    CHECK(kept_count(&f) == 0);
    fixture_close(&f);
}

/* So many sidecars of 1970. */
static void old_sidecars(struct fixture *f, uint32_t count)
{
    struct dry_batch batch = {0};

    for (uint32_t i = 0; i < count; i++) {
        uint8_t key[41] = {0x26, [6] = 1, [9] = (uint8_t)i, [10] = (uint8_t)(i >> 8)};

        CHECK(dry_ok(dry_batch_put(&batch, DRY_BYTES_ARRAY(key), DRY_BYTES_LIT("blobs"))));
    }
    CHECK(dry_ok(dry_storage_commit(f->storage, &batch, false)));
    dry_batch_fini(&batch);
    fixture_reopen(f);
}

/* Many at once go in steps. */
static void sidecars_expire_in_steps(void **state)
{
    struct dry_head *head;
    struct dry_hash hash;
    struct fixture f;
    uint64_t start;

    (void)state;
    open_version(&f, 1);
    old_sidecars(&f, 70);
    head = dry_chain_head(f.chain);
    start = head->header.time;
    dry_head_close(head);
    for (uint32_t i = 1; i <= 3; i++) {
        build_at(&f, start + DRY_SIDECAR_SECONDS + i, &hash);
        CHECK(kept_count(&f) == (i < 3 ? 70 - 32 * i : 0));
    }
    fixture_close(&f);
}

/* The steps are as long as blocks may be full: what is kept does not grow for ever. */
static void expiry_keeps_up(void **state)
{
    static const char was[] = "{\"target\":3,\"max\":6,\"baseFeeUpdateFraction\":3338477}}}";
    struct dry_buf json = {0}, config = {0};
    struct dry_hash hash;
    struct fixture f;

    (void)state;
    CHECK(dry_ok(dry_buf_append(&config, dry_bytes_of((const uint8_t *)FIXTURE_AFTER_MERGE,
                                                      sizeof(FIXTURE_AFTER_MERGE) - sizeof(was)))));
    CHECK(dry_ok(dry_buf_append_text(
        &config, "{\"target\":200,\"max\":400,\"baseFeeUpdateFraction\":3338477}}}")));
    CHECK(dry_ok(dry_buf_append_byte(&config, 0)));
    fixture_genesis(&json, (const char *)config.ptr, "");
    fixture_open_genesis(&f, dry_buf_bytes(&json), &dry_consensus_dev);
    fixture_reopen(&f);
    old_sidecars(&f, 1000);
    build_at(&f, 1700000000, &hash);
    CHECK(kept_count(&f) == 200);
    build_at(&f, 1700000001, &hash);
    CHECK(kept_count(&f) == 0);
    fixture_close(&f);
    dry_buf_fini(&config);
    dry_buf_fini(&json);
}

/* Below the blob base fee it waits; a fee of nothing could never be mined. */
static void waits_for_its_fee(void **state)
{
    struct dry_buf json = {0};
    struct fixture f;

    (void)state;
    CHECK(dry_ok(dry_buf_append_text(&json, "{\"excessBlobGas\":\"0x500000\",")));
    fixture_genesis(&json, FIXTURE_AFTER_MERGE, "");
    *(char *)memchr(json.ptr + 1, '{', json.len - 1) = ' '; /* one object */
    fixture_open_genesis(&f, dry_buf_bytes(&json), &dry_consensus_dev);
    fixture_reopen(&f);
    dry_buf_fini(&json);
    carried_make(&carried, 0);
    carried.tx.max_fee_per_blob_gas = DRY_U256_ZERO;
    CHECK(verify(&f, fixture_sign_tx(&f, &carried.tx, 0)) == DRY_POOL_BLOB_FEE_TOO_LOW);
    carried.tx.max_fee_per_blob_gas = DRY_U256(1);
    CHECK(submit_verified(&f, fixture_sign_tx(&f, &carried.tx, 0)) == DRY_POOL_OK);
    CHECK(dry_ok(dry_chain_event(f.chain, DRY_EVENT_MINE, 0)));
    CHECK(dry_chain_pool_counts(f.chain).pending == 1);
    for (int i = 0; i < 10; i++) /* the fee falls */
        CHECK(dry_ok(dry_chain_event(f.chain, DRY_EVENT_MINE, 0)));
    CHECK(dry_chain_pool_counts(f.chain).pending == 0);
    fixture_close(&f);
}

/* More blobs than fit beside others wait. Others in their place pay twice as much, of each fee. */
static void waits_for_room(void **state)
{
    struct fixture f;

    (void)state;
    open_version(&f, 1);
    carried_make(&carried, 1);
    CHECK(submit_verified(&f, fixture_sign_tx(&f, &carried.tx, 0)) == DRY_POOL_OK);
    carried.tx.max_fee_per_blob_gas = DRY_U256(2000000000u);
    carried.tx.max_fee_per_gas = DRY_U256(5999999999u);
    carried.tx.max_priority_fee_per_gas = DRY_U256(2);
    CHECK(submit_verified(&f, fixture_sign_tx(&f, &carried.tx, 0)) == DRY_POOL_UNDERPRICED);
    carried.tx.max_fee_per_gas = DRY_U256(6000000000u);
    carried.tx.max_fee_per_blob_gas = DRY_U256(1999999999u);
    CHECK(submit_verified(&f, fixture_sign_tx(&f, &carried.tx, 0)) == DRY_POOL_UNDERPRICED);
    carried.tx.max_fee_per_blob_gas = DRY_U256(2000000000u);
    CHECK(submit_verified(&f, fixture_sign_tx(&f, &carried.tx, 0)) == DRY_POOL_OK);
    for (uint32_t i = 1; i < 6; i++)
        CHECK(submit_verified(&f, fixture_sign_tx(&f, &carried.tx, i)) == DRY_POOL_OK);
    CHECK(dry_ok(dry_chain_event(f.chain, DRY_EVENT_MINE, 0)));
    CHECK(dry_chain_pool_counts(f.chain).pending > 0); /* 12 blobs do not fit in 9 */
    CHECK(dry_ok(dry_chain_event(f.chain, DRY_EVENT_MINE, 0)));
    CHECK(dry_chain_pool_counts(f.chain).pending == 0);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_sidecars_are_refused),
        cmocka_unit_test(old_wrappers_are_taken),
        cmocka_unit_test(unverified_is_refused),
        cmocka_unit_test(sidecars_are_kept),
        cmocka_unit_test(sidecars_expire),
        cmocka_unit_test(sidecars_expire_in_steps),
        cmocka_unit_test(expiry_keeps_up),
        cmocka_unit_test(waits_for_its_fee),
        cmocka_unit_test(waits_for_room),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
