/* blobs.c - eth_fillTransaction with blobs: their commitments, proofs and hashes are made here. */
#include "blobs.h"
#include <drystone/crypto.h>
#include <drystone/execution.h>

/* The member's texts, each of `each` bytes, one after the other; count 0 and no bytes when it is
 * not there. */
static dry_status texts(struct dry__call *c, struct dry_bytes *out, uint32_t *count,
                        struct dry_json_value object, const char *key, size_t each, uint32_t max)
{
    struct dry_json_iter it = {0};
    struct dry_json_value list, v;
    uint8_t *to;

    *count = 0;
    *out = DRY_BYTES_EMPTY;
    if (!dry_json_get(object, key, &list) || dry_json_is_null(list))
        return DRY_OK;
    if (dry_json_type(list) != DRY_JSON_ARRAY || dry_json_count(list) > max)
        return dry__call_failf(c, DRY__RPC_PARAMS, "%s: want an array of at most %u", key, max);
    to = dry_arena_zalloc(c->arena, dry_json_count(list) + 1u, each);
    if (to == NULL)
        return DRY_ENOMEM;
    while (dry_json_next(list, &it, NULL, &v)) {
        if (!dry_ok(dry_json_data_fixed(v, to + *count * each, each, NULL)))
            return dry__call_failf(c, DRY__RPC_PARAMS, "%s[%u]: want %zu bytes of hexadecimal", key,
                                   *count, each);
        ++*count;
    }
    *out = dry_bytes_of(to, *count * each);
    return DRY_OK;
}

/* What the caller gave must be what was made. */
static dry_status same(struct dry__call *c, const char *key, struct dry_bytes given,
                       struct dry_bytes made)
{
    if (given.len == 0 || dry_bytes_equal(given, made))
        return DRY_OK;
    return dry__call_failf(c, DRY__RPC_SERVER, "%s are not those of the blobs", key);
}

static dry_status hashes_fill(struct dry__call *c, struct dry__args *a,
                              const struct dry_blob_sidecar *s)
{
    struct dry_hash *list = dry_arena_zalloc(c->arena, s->count, sizeof(*list));
    struct dry_bytes made = dry_bytes_of(list, s->count * sizeof(*list));
    dry_status st = DRY_OK;

    if (list == NULL)
        return DRY_ENOMEM;
    for (uint32_t i = 0; i < s->count; i++)
        dry_blob_versioned_hash(&list[i], s->commitments.ptr + (size_t)i * DRY_KZG_BYTES);
    if (a->has_blobs)
        st = same(c, "blobVersionedHashes",
                  dry_bytes_of(a->blob_hashes, a->blob_count * sizeof(*list)), made);
    a->has_blobs = true;
    a->blob_hashes = list;
    a->blob_count = s->count;
    return st;
}

bool dry__has_blobs(const struct dry__call *c)
{
    struct dry_json_value v, m;

    return dry__param(c, 0, &v) && dry_json_get(v, "blobs", &m) && !dry_json_is_null(m);
}

dry_status dry__blobs_fill(struct dry__call *c, struct dry__args *a, struct dry_blob_sidecar *out,
                           const struct dry_rules *rules)
{
    struct dry_bytes commitments, proofs;
    struct dry_json_value v;
    uint32_t commitment_count, proof_count;
    dry_status st;

    (void)dry__param(c, 0, &v);
    *out = (struct dry_blob_sidecar){.version = rules->fork >= DRY_FORK_OSAKA};
    st = texts(c, &out->blobs, &out->count, v, "blobs", DRY_BLOB_BYTES, dry_tx_blobs_max(rules));
    if (dry_ok(st) && out->count == 0)
        st = dry__call_fail(c, DRY__RPC_SERVER, "need at least 1 blob for a blob transaction");
    if (dry_ok(st))
        st = texts(c, &commitments, &commitment_count, v, "commitments", DRY_KZG_BYTES, out->count);
    if (dry_ok(st))
        st = texts(c, &proofs, &proof_count, v, "proofs", DRY_KZG_BYTES,
                   out->count * DRY_CELLS_PER_BLOB);
    if (dry_ok(st))
        st = dry_chain_sidecar_make(c->rpc->set.chain, out, c->arena);
    if (st.code == DRY_CODE_EINVAL && c->code == 0)
        return dry__call_fail(c, DRY__RPC_SERVER, "a blob's field elements are not canonical");
    if (dry_ok(st))
        st = same(c, "commitments", commitments, out->commitments);
    if (dry_ok(st))
        st = same(c, "proofs", proofs, out->proofs);
    return dry_ok(st) ? hashes_fill(c, a, out) : st;
}

static void write_texts(struct dry_json_writer *w, const char *key, struct dry_bytes all,
                        size_t each)
{
    dry_json_key(w, key);
    dry_json_array_begin(w);
    for (size_t at = 0; at < all.len; at += each)
        dry_json_write_hex(w, dry_bytes_of(all.ptr + at, each));
    dry_json_array_end(w);
}

void dry__write_sidecar(struct dry_json_writer *w, const struct dry_blob_sidecar *s)
{
    write_texts(w, "blobs", s->blobs, DRY_BLOB_BYTES);
    write_texts(w, "commitments", s->commitments, DRY_KZG_BYTES);
    write_texts(w, "proofs", s->proofs, DRY_KZG_BYTES);
}
