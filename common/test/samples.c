/* See samples.h. */
#include "samples.h"

uint64_t sample_next(struct sample_rand *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

void sample_bytes(struct sample_rand *r, void *out, size_t n)
{
    uint8_t *p = out;

    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(sample_next(r) >> 56);
}

void sample_u256(struct sample_rand *r, struct dry_u256 *out)
{
    unsigned limbs = (unsigned)(sample_next(r) % 5);

    *out = DRY_U256_ZERO;
    if (limbs == 0)
        limbs = 4;
    for (unsigned i = 0; i < limbs; i++) {
        uint64_t x = sample_next(r);

        switch (sample_next(r) % 8) {
        case 0:
            x = 0;
            break;
        case 1:
            x = UINT64_MAX;
            break;
        case 2:
            x = (uint64_t)1 << x % 64;
            break;
        case 3:
            x = ((uint64_t)1 << x % 64) - 1;
            break;
        case 4:
            x >>= x % 64;
            break;
        default:
            break;
        }
        out->w[i] = x;
    }
}

static void *take(struct dry_arena *arena, size_t n)
{
    void *p = dry_arena_zalloc(arena, 1, n);

    CHECK(p != NULL);
    return p;
}

static struct dry_bytes some_bytes(struct sample_rand *r, size_t n, struct dry_arena *arena)
{
    uint8_t *p = take(arena, n);

    sample_bytes(r, p, n);
    return dry_bytes_of(p, n);
}

static void add_access_list(struct dry_tx *tx, struct sample_rand *r, struct dry_arena *arena)
{
    struct dry_access_entry *e = take(arena, 3 * sizeof(*e));

    for (uint32_t i = 0; i < 3; i++) {
        sample_bytes(r, e[i].address.b, 20);
        e[i].key_count = i;
        e[i].keys = (const struct dry_hash *)(const void *)some_bytes(r, 32 * i, arena).ptr;
    }
    tx->access = e;
    tx->access_count = 3;
}

static void add_authorizations(struct dry_tx *tx, struct sample_rand *r, struct dry_arena *arena)
{
    struct dry_authorization *a = take(arena, 2 * sizeof(*a));

    sample_bytes(r, a[0].address.b, 20);
    a[1].chain_id = a[1].r = a[1].s = DRY_U256_MAX;
    a[1].nonce = UINT64_MAX;
    a[1].y_parity = UINT8_MAX;
    tx->authorizations = a;
    tx->authorization_count = 2;
}

void sample_tx(struct dry_tx *out, unsigned which, struct dry_arena *arena)
{
    struct sample_rand r = {which};
    bool full = which % 2 == 1;

    memset(out, 0, sizeof(*out));
    /* 0 to 3: legacy; then two of each type. */
    out->type = which < 4 ? DRY_TX_LEGACY : (enum dry_tx_type)((which - 4) / 2 + 1);
    out->has_chain_id = which != 0 && which != 1;
    out->chain_id = !out->has_chain_id ? 0 : full ? UINT64_MAX : 31337;
    out->has_to = which != 1 && which != 2;
    if (out->has_to)
        sample_bytes(&r, out->to.b, 20);
    out->y_parity = full;
    out->nonce = full ? UINT64_MAX : 0;
    out->gas_limit = full ? UINT64_MAX : 21000;
    out->max_fee_per_gas = full ? DRY_U256_MAX : DRY_U256(127);
    out->max_priority_fee_per_gas =
        out->type < DRY_TX_DYNAMIC_FEE ? out->max_fee_per_gas : DRY_U256(full ? 128 : 0);
    out->value = full ? DRY_U256_MAX : DRY_U256(1);
    sample_u256(&r, &out->r);
    sample_u256(&r, &out->s);
    out->data = some_bytes(&r, full ? 300 : which % 4, arena);
    if (out->type >= DRY_TX_ACCESS_LIST && full)
        add_access_list(out, &r, arena);
    if (out->type == DRY_TX_BLOB) {
        out->max_fee_per_blob_gas = DRY_U256(full ? 1000000007 : 0);
        out->blob_count = full ? 6 : 0;
        out->blob_hashes = (const struct dry_hash *)(const void *)some_bytes(
                               &r, 32 * (size_t)out->blob_count, arena)
                               .ptr;
    }
    if (out->type == DRY_TX_SET_CODE && full)
        add_authorizations(out, &r, arena);
}

void sample_tx_sidecar(struct dry_tx *out, uint8_t version, struct dry_arena *arena)
{
    struct sample_rand r = {version + 100u};
    struct dry_blob_sidecar *s = take(arena, sizeof(*s));

    sample_tx(out, 8, arena);
    CHECK(out->type == DRY_TX_BLOB);
    out->blob_count = 2;
    out->blob_hashes = (const struct dry_hash *)(const void *)some_bytes(&r, 64, arena).ptr;
    s->version = version;
    s->count = 2;
    s->blobs = some_bytes(&r, 2 * (size_t)131072, arena);
    s->commitments = some_bytes(&r, (size_t)2 * 48, arena);
    s->proofs = some_bytes(&r, (size_t)2 * 48 * (version == 1 ? 128 : 1), arena);
    out->sidecar = s;
}

void sample_header(struct dry_header *out, uint8_t extra_fields)
{
    struct sample_rand r = {extra_fields};
    static const uint8_t extra[32] = "as many bytes as the rules allow";

    memset(out, 0, sizeof(*out));
    sample_bytes(&r, out->parent_hash.b, 32);
    sample_bytes(&r, out->ommers_hash.b, 32);
    sample_bytes(&r, out->coinbase.b, 20);
    sample_bytes(&r, out->state_root.b, 32);
    sample_bytes(&r, out->bloom.b, sizeof(out->bloom.b));
    out->difficulty = DRY_U256(131072);
    out->number = 1;
    out->gas_limit = UINT64_MAX;
    out->gas_used = 21000;
    out->time = 0x55ba4224;
    out->extra_data = dry_bytes_of(extra, sizeof(extra));
    sample_bytes(&r, out->mix_hash.b, 32);
    sample_bytes(&r, out->nonce, 8);
    out->extra_fields = extra_fields;
    if (extra_fields >= DRY_HEADER_LONDON)
        out->base_fee = DRY_U256_MAX;
    if (extra_fields >= DRY_HEADER_SHANGHAI)
        sample_bytes(&r, out->withdrawals_root.b, 32);
    if (extra_fields >= DRY_HEADER_CANCUN) {
        out->blob_gas_used = 131072;
        out->excess_blob_gas = UINT64_MAX;
    }
    if (extra_fields >= DRY_HEADER_PRAGUE)
        out->requests_hash = dry_hash_empty_requests;
}

void sample_block(struct dry_block *out, uint8_t extra_fields, struct dry_arena *arena)
{
    struct dry_tx *txs = take(arena, SAMPLE_TXS * sizeof(*txs));
    struct dry_header *ommers = take(arena, 2 * sizeof(*ommers));
    struct dry_withdrawal *w = take(arena, 2 * sizeof(*w));

    memset(out, 0, sizeof(*out));
    sample_header(&out->header, extra_fields);
    for (unsigned i = 0; i < SAMPLE_TXS; i++)
        sample_tx(&txs[i], i, arena);
    out->txs = txs;
    out->tx_count = SAMPLE_TXS;
    sample_header(&ommers[0], 0);
    sample_header(&ommers[1], 1);
    out->ommers = ommers;
    out->ommer_count = 2;
    if (extra_fields >= DRY_HEADER_SHANGHAI) {
        w[1] = (struct dry_withdrawal){UINT64_MAX, 1, {{1}}, UINT64_MAX};
        out->has_withdrawals = true;
        out->withdrawals = w;
        out->withdrawal_count = 2;
    }
}

void sample_receipt(struct dry_receipt *out, unsigned which, struct dry_arena *arena)
{
    struct sample_rand r = {which};
    struct dry_log_entry *logs = take(arena, 5 * sizeof(*logs));

    memset(out, 0, sizeof(*out));
    out->type = which < 3 ? DRY_TX_LEGACY : (enum dry_tx_type)(which - 3);
    out->has_root = which == 0;
    out->success = !out->has_root && which != 1;
    if (out->has_root)
        sample_bytes(&r, out->root.b, 32);
    out->cumulative_gas_used = which == 1 ? UINT64_MAX : 21000 * which;
    sample_bytes(&r, out->bloom.b, sizeof(out->bloom.b));
    out->log_count = which % 6;
    out->logs = out->log_count == 0 ? NULL : logs;
    for (uint32_t i = 0; i < out->log_count; i++) {
        sample_bytes(&r, logs[i].address.b, 20);
        logs[i].topic_count = (uint8_t)i;
        sample_bytes(&r, logs[i].topics, (size_t)32 * i);
        logs[i].data = some_bytes(&r, (size_t)i * 17, arena);
    }
}
