/* pool_tx.c - transactions on their way into the pool: decoding, stateless checks, sender. */
#include <drystone/chain/pool.h>
#include <drystone/common/alloc.h>
#include <drystone/execution.h>

const char *dry_pool_answer_text(enum dry_pool_answer a)
{
    switch (a) {
#define X(name, text)     \
    case DRY_POOL_##name: \
        return text;
        DRY_POOL_ANSWERS(X)
#undef X
    }
    return "unknown answer";
}

struct dry_pool_tx *dry_pool_tx_share(struct dry_pool_tx *tx)
{
    dry_refs_take(&tx->refs);
    return tx;
}

void dry_pool_tx_close(struct dry_pool_tx *tx)
{
    if (tx == NULL || !dry_refs_drop(&tx->refs))
        return;
    dry_arena_fini(&tx->arena);
    dry_free(tx);
}

/* A transaction without lists borrows nothing but its data from its encoding: object and encoding
 * are one allocation. Others keep their arena. */
static dry_status object_make(struct dry_pool_tx **out, const struct dry_tx *tx,
                              struct dry_arena *decoded)
{
    bool plain = tx->access_count == 0 && tx->blob_count == 0 && tx->authorization_count == 0;
    size_t extra = plain ? tx->encoded.len : 0;
    struct dry_pool_tx *p = dry_alloc(sizeof(*p) + extra);

    if (p == NULL)
        return DRY_ENOMEM;
    p->tx = *tx;
    p->bytes = sizeof(*p) + extra;
    if (plain) {
        uint8_t *copy = (uint8_t *)(p + 1);
        memcpy(copy, tx->encoded.ptr, tx->encoded.len);
        if (tx->data.len != 0)
            p->tx.data.ptr = copy + (tx->data.ptr - tx->encoded.ptr);
        p->tx.encoded.ptr = copy;
    } else {
        p->arena = *decoded;
        *decoded = (struct dry_arena){0};
        p->bytes += p->arena.total;
    }
    dry_refs_take(&p->refs);
    *out = p;
    return DRY_OK;
}

/* Whether a blob transaction comes with what these rules want beside it. */
static enum dry_pool_answer sidecar_check(const struct dry_tx *tx, const struct dry_rules *rules)
{
    uint8_t version = rules->fork >= DRY_FORK_OSAKA ? 1 : 0;

    if (tx->sidecar == NULL)
        return DRY_POOL_SIDECAR_MISSING;
    if (dry_u256_is_zero(&tx->max_fee_per_blob_gas)) /* the blob base fee is never below 1 */
        return DRY_POOL_BLOB_FEE_TOO_LOW;
    if (tx->sidecar->version != version)
        return version == 1 ? DRY_POOL_SIDECAR_V1 : DRY_POOL_SIDECAR_V0;
    return tx->sidecar->count == tx->blob_count ? DRY_POOL_OK : DRY_POOL_SIDECAR;
}

dry_status dry_pool_tx_open(struct dry_pool_tx **out, struct dry_pool_verdict *v,
                            struct dry_bytes encoded, const struct dry_rules *rules,
                            uint32_t tx_bytes_max)
{
    struct dry_arena arena = {0};
    struct dry_bytes copy;
    struct dry_pool_tx *p = NULL;
    struct dry_tx tx;
    dry_status st;

    *v = (struct dry_pool_verdict){DRY_POOL_INVALID, DRY_VERDICT_VALID};
    st = dry_arena_copy(&arena, &copy, encoded);
    if (dry_ok(st))
        st = dry_tx_decode(&tx, &v->verdict, copy, &arena);
    if (!dry_ok(st) || v->verdict != DRY_VERDICT_VALID)
        goto done;
    if (tx.encoded.len > tx_bytes_max) {
        v->answer = DRY_POOL_OVERSIZED;
        goto done;
    }
    v->verdict = dry_tx_check(&tx, rules);
    if (v->verdict != DRY_VERDICT_VALID)
        goto done;
    v->answer = tx.type == DRY_TX_BLOB ? sidecar_check(&tx, rules) : DRY_POOL_OK;
    if (v->answer != DRY_POOL_OK)
        goto done;
    v->answer = DRY_POOL_INVALID;
    st = object_make(&p, &tx, &arena);
    if (dry_ok(st))
        st = dry_tx_sender(&p->sender, &v->verdict, &p->tx, rules);
    if (!dry_ok(st) || v->verdict != DRY_VERDICT_VALID)
        goto done;
    dry_tx_hash(&p->hash, &p->tx);
    v->answer = DRY_POOL_OK;
    *out = p;
    p = NULL;
done:
    dry_pool_tx_close(p);
    dry_arena_fini(&arena);
    return st;
}
