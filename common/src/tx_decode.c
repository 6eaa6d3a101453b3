/* Transactions from bytes. Form alone is judged here; what the values mean is execution's. */
#include "decode.h"
#include <drystone/common/tx.h>

#define BLOB_BYTES 131072u
#define COMMITMENT_BYTES 48u
#define CELLS_PER_BLOB 128u /* EIP-7594 */

/* The shortest encodings there are: no count may claim more items than its bytes can hold. */
#define ACCESS_ENTRY_MIN 23u  /* list, address, empty list */
#define AUTHORIZATION_MIN 27u /* list, five integers, address */

static const uint8_t field_counts[] = {
    [DRY_TX_LEGACY] = 9, [DRY_TX_ACCESS_LIST] = 11, [DRY_TX_DYNAMIC_FEE] = 12,
    [DRY_TX_BLOB] = 14,  [DRY_TX_SET_CODE] = 13,
};

/* Nothing (a contract creation) or an address. */
static void read_to(struct dry__reader *r, struct dry_tx *tx)
{
    struct dry_bytes s = DRY_BYTES_EMPTY;

    dry__read_string(r, &s);
    if (r->verdict != DRY_VERDICT_VALID)
        return;
    tx->has_to = s.len != 0;
    if (s.len == 20)
        memcpy(tx->to.b, s.ptr, 20);
    else if (s.len != 0)
        r->verdict = DRY_VERDICT_TX_ADDRESS_LENGTH;
}

/* An array of n 32-byte strings from a list of them. */
static dry_status read_hashes(struct dry__reader *r, const struct dry_hash **out, size_t n,
                              enum dry_verdict misfit, struct dry_arena *arena)
{
    struct dry_hash *hashes;

    if (n == 0)
        return DRY_OK;
    if ((size_t)(r->c.end - r->c.ptr) / 33 < n) {
        r->verdict = misfit;
        return DRY_OK;
    }
    hashes = dry_arena_alloc(arena, n * sizeof(*hashes));
    if (hashes == NULL)
        return DRY_ENOMEM;
    for (size_t i = 0; i < n; i++)
        dry__read_fixed(r, hashes[i].b, 32, misfit);
    *out = hashes;
    return DRY_OK;
}

/* A list inside a list inside r: a reader of its own whose verdict goes back with leave(). Faults
 * of any kind become `form`. */
static struct dry__reader enter(struct dry__reader *r, size_t *count, enum dry_verdict form)
{
    struct dry__reader in = {{NULL, NULL}, r->verdict, false};
    struct dry_rlp items = {NULL, NULL};

    *count = 0;
    if (r->verdict != DRY_VERDICT_VALID)
        return in;
    dry__read_list(r, &items, count);
    if (r->verdict != DRY_VERDICT_VALID)
        r->verdict = form;
    in.c = items;
    in.verdict = r->verdict;
    return in;
}

static void leave(struct dry__reader *r, const struct dry__reader *in, enum dry_verdict form)
{
    if (r->verdict == DRY_VERDICT_VALID && in->verdict != DRY_VERDICT_VALID)
        r->verdict = form;
}

static dry_status read_access_list(struct dry__reader *r, struct dry_tx *tx,
                                   struct dry_arena *arena)
{
    const enum dry_verdict form = DRY_VERDICT_TX_ACCESS_LIST_FORM;
    size_t n, fields, keys;
    struct dry__reader list = enter(r, &n, form);
    struct dry_access_entry *entries;
    dry_status st = DRY_OK;

    if (r->verdict != DRY_VERDICT_VALID || n == 0)
        return DRY_OK;
    if ((size_t)(list.c.end - list.c.ptr) / ACCESS_ENTRY_MIN < n) {
        r->verdict = form;
        return DRY_OK;
    }
    entries = dry_arena_zalloc(arena, n, sizeof(*entries));
    if (entries == NULL)
        return DRY_ENOMEM;
    for (size_t i = 0; i < n && dry_ok(st) && list.verdict == DRY_VERDICT_VALID; i++) {
        struct dry__reader entry = enter(&list, &fields, form), k;

        dry__read_fixed(&entry, entries[i].address.b, 20, form);
        k = enter(&entry, &keys, form);
        if (entry.verdict == DRY_VERDICT_VALID && fields != 2)
            entry.verdict = form;
        if (entry.verdict == DRY_VERDICT_VALID) {
            st = read_hashes(&k, &entries[i].keys, keys, form, arena);
            entries[i].key_count = (uint32_t)keys;
        }
        leave(&entry, &k, form);
        leave(&list, &entry, form);
    }
    leave(r, &list, form);
    tx->access = entries;
    tx->access_count = (uint32_t)n;
    return st;
}

static dry_status read_authorizations(struct dry__reader *r, struct dry_tx *tx,
                                      struct dry_arena *arena)
{
    const enum dry_verdict form = DRY_VERDICT_TX_AUTHORIZATION_FORM;
    size_t n, fields;
    struct dry__reader list = enter(r, &n, form);
    struct dry_authorization *all;

    if (r->verdict != DRY_VERDICT_VALID || n == 0)
        return DRY_OK;
    if ((size_t)(list.c.end - list.c.ptr) / AUTHORIZATION_MIN < n) {
        r->verdict = form;
        return DRY_OK;
    }
    all = dry_arena_zalloc(arena, n, sizeof(*all));
    if (all == NULL)
        return DRY_ENOMEM;
    for (size_t i = 0; i < n && list.verdict == DRY_VERDICT_VALID; i++) {
        struct dry__reader a = enter(&list, &fields, form);
        uint64_t parity = 0;

        dry__read_u256(&a, &all[i].chain_id, form);
        dry__read_fixed(&a, all[i].address.b, 20, form);
        dry__read_u64(&a, &all[i].nonce, form);
        dry__read_u64(&a, &parity, form);
        dry__read_u256(&a, &all[i].r, form);
        dry__read_u256(&a, &all[i].s, form);
        if (a.verdict == DRY_VERDICT_VALID && (fields != 6 || parity > UINT8_MAX))
            a.verdict = form;
        all[i].y_parity = (uint8_t)parity;
        leave(&list, &a, form);
    }
    leave(r, &list, form);
    tx->authorizations = all;
    tx->authorization_count = (uint32_t)n;
    return DRY_OK;
}

static dry_status read_blob_hashes(struct dry__reader *r, struct dry_tx *tx,
                                   struct dry_arena *arena)
{
    size_t n;
    struct dry__reader list = enter(r, &n, DRY_VERDICT_TX_RLP_FIELD);
    dry_status st = DRY_OK;

    if (r->verdict == DRY_VERDICT_VALID)
        st = read_hashes(&list, &tx->blob_hashes, n, DRY_VERDICT_TX_RLP_FIELD, arena);
    tx->blob_count = (uint32_t)n;
    leave(r, &list, DRY_VERDICT_TX_RLP_FIELD);
    return st;
}

/* v of a legacy transaction (EIP-155). */
static void legacy_v(struct dry__reader *r, struct dry_tx *tx, const struct dry_u256 *v)
{
    struct dry_u256 base = DRY_U256(35), chain;

    if (dry_u256_is_u64(v) && (v->w[0] == 27 || v->w[0] == 28)) {
        tx->y_parity = (uint8_t)(v->w[0] - 27);
        return;
    }
    if (dry_u256_sub(&chain, v, &base)) {
        r->verdict = DRY_VERDICT_TX_SIGNATURE_V;
        return;
    }
    tx->y_parity = chain.w[0] & 1;
    dry_u256_shr(&chain, &chain, 1);
    if (!dry_u256_is_u64(&chain)) {
        r->verdict = DRY_VERDICT_TX_SIGNATURE_V;
        return;
    }
    tx->has_chain_id = true;
    tx->chain_id = chain.w[0];
}

static void read_signature(struct dry__reader *r, struct dry_tx *tx)
{
    struct dry_u256 v = DRY_U256_ZERO;

    dry__read_u256(r, &v, DRY_VERDICT_TX_SIGNATURE_VRS);
    dry__read_u256(r, &tx->r, DRY_VERDICT_TX_SIGNATURE_VRS);
    dry__read_u256(r, &tx->s, DRY_VERDICT_TX_SIGNATURE_VRS);
    if (r->verdict != DRY_VERDICT_VALID)
        return;
    if (tx->type == DRY_TX_LEGACY)
        legacy_v(r, tx, &v);
    else if (!dry_u256_is_u64(&v) || v.w[0] > 1)
        r->verdict = DRY_VERDICT_TX_SIGNATURE_VRS;
    else
        tx->y_parity = (uint8_t)v.w[0];
}

/* The payload list of any type. */
static dry_status read_payload(struct dry__reader *r, struct dry_tx *tx, struct dry_arena *arena)
{
    dry_status st = DRY_OK;

    if (tx->type != DRY_TX_LEGACY) {
        tx->has_chain_id = true;
        dry__read_u64(r, &tx->chain_id, DRY_VERDICT_TX_CHAIN_ID);
    }
    dry__read_u64(r, &tx->nonce, DRY_VERDICT_TX_NONCE_OVERFLOW);
    if (tx->type >= DRY_TX_DYNAMIC_FEE)
        dry__read_u256(r, &tx->max_priority_fee_per_gas, DRY_VERDICT_TX_PRIORITY_FEE_OVERFLOW);
    dry__read_u256(r, &tx->max_fee_per_gas, DRY_VERDICT_TX_GAS_PRICE_OVERFLOW);
    if (tx->type < DRY_TX_DYNAMIC_FEE)
        tx->max_priority_fee_per_gas = tx->max_fee_per_gas;
    dry__read_u64(r, &tx->gas_limit, DRY_VERDICT_TX_GAS_LIMIT_OVERFLOW);
    read_to(r, tx);
    dry__read_u256(r, &tx->value, DRY_VERDICT_TX_VALUE_OVERFLOW);
    dry__read_string(r, &tx->data);
    if (tx->type >= DRY_TX_ACCESS_LIST)
        st = read_access_list(r, tx, arena);
    if (tx->type == DRY_TX_BLOB && dry_ok(st)) {
        dry__read_u256(r, &tx->max_fee_per_blob_gas, DRY_VERDICT_TX_GAS_PRICE_OVERFLOW);
        st = read_blob_hashes(r, tx, arena);
    }
    if (tx->type == DRY_TX_SET_CODE && dry_ok(st))
        st = read_authorizations(r, tx, arena);
    if (dry_ok(st))
        read_signature(r, tx);
    return st;
}

/* A list of `count` strings of `size` bytes each, joined. */
static dry_status read_joined(struct dry__reader *r, struct dry_bytes *out, size_t count,
                              size_t size, struct dry_arena *arena)
{
    const enum dry_verdict form = DRY_VERDICT_TX_BLOB_SIDECAR_FORM;
    size_t n;
    struct dry__reader list = enter(r, &n, form);
    uint8_t *p;

    if (r->verdict == DRY_VERDICT_VALID &&
        (n != count || (size_t)(list.c.end - list.c.ptr) < count * size))
        r->verdict = form;
    if (r->verdict != DRY_VERDICT_VALID)
        return DRY_OK;
    p = dry_arena_alloc(arena, count * size);
    if (p == NULL)
        return DRY_ENOMEM;
    for (size_t i = 0; i < n; i++)
        dry__read_fixed(&list, p + i * size, size, form);
    *out = dry_bytes_of(p, count * size);
    leave(r, &list, form);
    return DRY_OK;
}

/* What stands behind the payload in the network form of a blob transaction. */
static dry_status read_sidecar(struct dry__reader *r, struct dry_tx *tx, bool versioned,
                               struct dry_arena *arena)
{
    struct dry_blob_sidecar *s = dry_arena_zalloc(arena, 1, sizeof(*s));
    uint64_t version = 0;
    size_t proofs;
    dry_status st;

    if (s == NULL)
        return DRY_ENOMEM;
    if (versioned)
        dry__read_u64(r, &version, DRY_VERDICT_TX_BLOB_SIDECAR_FORM);
    if (r->verdict != DRY_VERDICT_VALID || (versioned && version != 1) ||
        tx->blob_count > DRY_TX_SIDECAR_BLOBS_MAX) {
        r->verdict = DRY_VERDICT_TX_BLOB_SIDECAR_FORM;
        return DRY_OK;
    }
    s->version = (uint8_t)version;
    s->count = tx->blob_count;
    proofs = (size_t)s->count * (version == 1 ? CELLS_PER_BLOB : 1);
    st = read_joined(r, &s->blobs, s->count, BLOB_BYTES, arena);
    if (dry_ok(st))
        st = read_joined(r, &s->commitments, s->count, COMMITMENT_BYTES, arena);
    if (dry_ok(st))
        st = read_joined(r, &s->proofs, proofs, COMMITMENT_BYTES, arena);
    tx->sidecar = s;
    return st;
}

/* [payload, version?, blobs, commitments, proofs] after the type byte. */
static dry_status decode_network(struct dry_tx *tx, struct dry__reader *r, size_t count,
                                 struct dry_arena *arena)
{
    const uint8_t *start = r->c.ptr;
    struct dry__reader payload;
    size_t fields, n;
    uint8_t *p;
    dry_status st;

    if (count != 4 && count != 5) {
        r->verdict = DRY_VERDICT_TX_BLOB_SIDECAR_FORM;
        return DRY_OK;
    }
    payload = *r;
    dry__read_list(r, &payload.c, &fields);
    n = (size_t)(r->c.ptr - start);
    if (r->verdict == DRY_VERDICT_VALID && fields != field_counts[DRY_TX_BLOB])
        r->verdict = DRY_VERDICT_TX_FIELD_COUNT;
    if (r->verdict == DRY_VERDICT_VALID && n >= DRY_TX_BYTES_MAX)
        r->verdict = DRY_VERDICT_TX_SIZE;
    if (r->verdict != DRY_VERDICT_VALID)
        return DRY_OK;
    st = read_payload(&payload, tx, arena);
    if (!dry_ok(st) || payload.verdict != DRY_VERDICT_VALID) {
        r->verdict = payload.verdict;
        return st;
    }
    p = dry_arena_alloc(arena, 1 + n);
    if (p == NULL)
        return DRY_ENOMEM;
    p[0] = DRY_TX_BLOB;
    memcpy(p + 1, start, n);
    tx->encoded = dry_bytes_of(p, 1 + n);
    return read_sidecar(r, tx, count == 5, arena);
}

/* What is wrong with a transaction that begins with no known type and no list. */
static enum dry_verdict no_type(struct dry_bytes in)
{
    struct dry__reader r = {dry_rlp_of(in), DRY_VERDICT_VALID, false};
    struct dry__rlp_item it;

    if (in.ptr[0] < 0x80)
        return DRY_VERDICT_TX_TYPE_UNSUPPORTED;
    dry__reader_fault(&r, dry__rlp_peek(&r.c, &it), DRY_VERDICT_VALID);
    return r.verdict != DRY_VERDICT_VALID ? r.verdict : DRY_VERDICT_TX_RLP_HEADER;
}

dry_status dry_tx_decode(struct dry_tx *tx, enum dry_verdict *verdict, struct dry_bytes in,
                         struct dry_arena *arena)
{
    struct dry__reader r;
    struct dry_bytes payload = in;
    size_t count;
    dry_status st = DRY_OK;

    DRY_ASSERT(tx != NULL && verdict != NULL && arena != NULL);
    memset(tx, 0, sizeof(*tx));
    *verdict = DRY_VERDICT_TX_RLP;
    if (in.len == 0)
        return DRY_OK;
    if (in.ptr[0] < 0xc0) {
        *verdict = no_type(in);
        if (in.ptr[0] == DRY_TX_LEGACY || in.ptr[0] > DRY_TX_SET_CODE)
            return DRY_OK;
        tx->type = (enum dry_tx_type)in.ptr[0];
        payload = dry_bytes_of(in.ptr + 1, in.len - 1);
    }
    if (in.len > DRY_TX_BYTES_MAX && tx->type != DRY_TX_BLOB) {
        *verdict = DRY_VERDICT_TX_SIZE;
        return DRY_OK;
    }
    dry__reader_enter(&r, payload, false, &count);
    if (r.verdict == DRY_VERDICT_VALID) {
        if (tx->type == DRY_TX_BLOB && dry_rlp_is_list(&r.c)) {
            st = decode_network(tx, &r, count, arena);
        } else if (count != field_counts[tx->type]) {
            r.verdict = DRY_VERDICT_TX_FIELD_COUNT;
        } else if (in.len > DRY_TX_BYTES_MAX) {
            r.verdict = DRY_VERDICT_TX_SIZE;
        } else {
            tx->encoded = in;
            st = read_payload(&r, tx, arena);
        }
    }
    *verdict = r.verdict;
    return st;
}
