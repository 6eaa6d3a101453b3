/* receipts.c - stored receipts and the logs in them. */
#include "internal.h"
#include <drystone/crypto.h>
#include <drystone/execution.h>

/* What the encoding leaves out follows from the block: gas used and created address. */
static void derive(struct dry_receipt *r, uint64_t gas_before, const struct dry_tx *tx,
                   const struct dry_address *sender)
{
    r->gas_used = r->cumulative_gas_used - gas_before;
    r->has_contract_address = !tx->has_to;
    if (r->has_contract_address)
        dry_create_address(&r->contract_address, sender, tx->nonce);
}

static dry_status receipts_of(struct dry_chain *c, const struct dry_receipt **out,
                              const struct dry_stored_block *b, struct dry_arena *arena)
{
    struct dry__key key = dry__key_hash(DRY__KEY_RECEIPTS, &b->hash);
    struct dry_receipt *receipts;
    struct dry_rlp cursor, items;
    struct dry_bytes value;
    uint64_t gas = 0;
    dry_status st = dry__load(c->storage, &value, &key, arena);

    if (!dry_ok(st))
        return st;
    receipts = dry_arena_zalloc(arena, b->block.tx_count + 1u, sizeof(*receipts));
    if (receipts == NULL)
        return DRY_ENOMEM;
    cursor = dry_rlp_of(value);
    st = dry_rlp_list(&cursor, &items);
    for (uint32_t i = 0; i < b->block.tx_count && dry_ok(st); i++) {
        struct dry_bytes one;

        st = dry_rlp_string(&items, &one);
        if (dry_ok(st))
            st = dry_receipt_decode(&receipts[i], one, arena);
        if (dry_ok(st)) {
            derive(&receipts[i], gas, &b->block.txs[i], &b->senders[i]);
            gas = receipts[i].cumulative_gas_used;
        }
    }
    if (st.code == DRY_CODE_EDECODE || (dry_ok(st) && !dry_rlp_done(&items)))
        st = DRY_STATUS(ECORRUPT, "stored receipts do not decode");
    if (dry_ok(st))
        *out = receipts;
    return st;
}

dry_status dry_chain_receipts(struct dry_chain *c, const struct dry_receipt **out, uint32_t *count,
                              const struct dry_hash *block_hash, struct dry_arena *arena)
{
    struct dry_stored_block b;
    dry_status st = dry__load_block(c->storage, &b, block_hash, arena);

    if (dry_ok(st))
        st = receipts_of(c, out, &b, arena);
    if (dry_ok(st))
        *count = b.block.tx_count;
    return st;
}

/* --- logs --- */

bool dry_log_matches(const struct dry_log_filter *f, const struct dry_log_entry *log)
{
    bool match = f->address_count == 0;

    for (uint32_t i = 0; i < f->address_count && !match; i++)
        match = dry_address_equal(&f->addresses[i], &log->address);
    if (f->topic_positions > log->topic_count)
        return false;
    for (uint32_t t = 0; t < f->topic_positions && match; t++) {
        match = f->topics[t].count == 0;
        for (uint32_t i = 0; i < f->topics[t].count && !match; i++)
            match = dry_hash_equal(&f->topics[t].values[i], &log->topics[t]);
    }
    return match;
}

static bool bloom_has(const struct dry_bloom *bloom, struct dry_bytes item)
{
    struct dry_hash h;

    dry_keccak256(&h, item);
    for (int i = 0; i < 6; i += 2) {
        unsigned bit = ((unsigned)h.b[i] << 8 | h.b[i + 1]) & 2047;
        if ((bloom->b[255 - bit / 8] >> (bit % 8) & 1) == 0)
            return false;
    }
    return true;
}

bool dry_log_bloom_may(const struct dry_log_filter *f, const struct dry_bloom *bloom)
{
    bool may = f->address_count == 0;

    for (uint32_t i = 0; i < f->address_count && !may; i++)
        may = bloom_has(bloom, DRY_BYTES_ARRAY(f->addresses[i].b));
    for (uint32_t t = 0; t < f->topic_positions && may; t++) {
        may = f->topics[t].count == 0;
        for (uint32_t i = 0; i < f->topics[t].count && !may; i++)
            may = bloom_has(bloom, DRY_BYTES_ARRAY(f->topics[t].values[i].b));
    }
    return may;
}

static dry_status block_logs(struct dry_chain *c, const struct dry_log_filter *f,
                             const struct dry_hash *hash, dry_found_log_fn fn, void *ctx,
                             bool *more, struct dry_arena *scratch)
{
    struct dry_found_log found = {.block_hash = *hash};
    const struct dry_receipt *receipts;
    struct dry_stored_block b;
    dry_status st = dry__load_block(c->storage, &b, hash, scratch);

    if (dry_ok(st))
        st = receipts_of(c, &receipts, &b, scratch);
    if (!dry_ok(st))
        return st;
    found.block_number = b.block.header.number;
    found.block_time = b.block.header.time;
    for (uint32_t i = 0; i < b.block.tx_count && *more; i++) {
        found.tx_index = i;
        found.tx_hash = b.tx_hashes[i];
        for (uint32_t k = 0; k < receipts[i].log_count && *more; k++, found.log_index++) {
            found.log = &receipts[i].logs[k];
            if (dry_log_matches(f, found.log))
                *more = fn(ctx, &found);
        }
    }
    return DRY_OK;
}

dry_status dry_chain_block_logs(struct dry_chain *c, const struct dry_log_filter *f,
                                const struct dry_hash *block_hash, dry_found_log_fn fn, void *ctx,
                                struct dry_arena *scratch)
{
    bool more = true;

    return block_logs(c, f, block_hash, fn, ctx, &more, scratch);
}

dry_status dry_chain_logs(struct dry_chain *c, const struct dry_log_search *search,
                          struct dry_arena *scratch)
{
    bool more = true;
    dry_status st = DRY_OK;

    for (uint64_t n = search->from; n <= search->to && more && dry_ok(st); n++) {
        struct dry_arena_mark mark = dry_arena_mark(scratch);
        struct dry_header h;
        struct dry_hash hash;
        bool reads;

        st = dry_chain_hash_at(c, &hash, n);
        if (st.code == DRY_CODE_ENOTFOUND)
            return DRY_OK; /* past the head */
        if (dry_ok(st))
            st = dry__load_header(c->storage, &h, NULL, NULL, &hash, scratch);
        if (!dry_ok(st))
            return st;
        reads = dry_log_bloom_may(search->filter, &h.bloom);
        if (search->goes_on != NULL && !search->goes_on(search->ctx, &h, reads))
            return DRY_STATUS(ECANCELED, "the search was ended");
        if (reads)
            st = block_logs(c, search->filter, &hash, search->found, search->ctx, &more, scratch);
        dry_arena_rewind(scratch, mark);
    }
    return st;
}
