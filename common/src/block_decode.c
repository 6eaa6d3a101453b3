/* Headers and blocks from bytes. */
#include "decode.h"
#include <drystone/common/block.h>

/* The shortest encodings there are: no count may claim more items than its bytes can hold. */
#define HEADER_MIN 500u
#define TX_MIN 10u
#define WITHDRAWAL_MIN 25u

#define HEADER_FIELDS 15u /* Frontier's */

static bool header_fields_known(size_t extra)
{
    return extra == 0 || extra == DRY_HEADER_LONDON || extra == DRY_HEADER_SHANGHAI ||
           extra == DRY_HEADER_CANCUN || extra == DRY_HEADER_PRAGUE;
}

/* The 15 fields of Frontier and `count - 15` more, from inside the header's list. */
static void read_header(struct dry__reader *r, struct dry_header *h, size_t count)
{
    const enum dry_verdict form = DRY_VERDICT_BLOCK_RLP_FIELD;
    const enum dry_verdict overflow = DRY_VERDICT_BLOCK_FIELD_OVERFLOW;

    memset(h, 0, sizeof(*h));
    if (r->verdict == DRY_VERDICT_VALID &&
        (count < HEADER_FIELDS || !header_fields_known(count - HEADER_FIELDS)))
        r->verdict = DRY_VERDICT_BLOCK_FIELD_COUNT;
    if (r->verdict != DRY_VERDICT_VALID)
        return;
    h->extra_fields = (uint8_t)(count - HEADER_FIELDS);
    dry__read_fixed(r, h->parent_hash.b, 32, form);
    dry__read_fixed(r, h->ommers_hash.b, 32, form);
    dry__read_fixed(r, h->coinbase.b, 20, DRY_VERDICT_BLOCK_ADDRESS_LENGTH);
    dry__read_fixed(r, h->state_root.b, 32, form);
    dry__read_fixed(r, h->transactions_root.b, 32, form);
    dry__read_fixed(r, h->receipts_root.b, 32, form);
    dry__read_fixed(r, h->bloom.b, sizeof(h->bloom.b), form);
    dry__read_u256(r, &h->difficulty, form);
    dry__read_u64(r, &h->number, overflow);
    dry__read_u64(r, &h->gas_limit, overflow);
    dry__read_u64(r, &h->gas_used, overflow);
    dry__read_u64(r, &h->time, overflow);
    dry__read_string(r, &h->extra_data);
    if (r->verdict == DRY_VERDICT_VALID && h->extra_data.len > DRY_EXTRA_DATA_MAX)
        r->verdict = DRY_VERDICT_BLOCK_EXTRA_DATA;
    dry__read_fixed(r, h->mix_hash.b, 32, form);
    dry__read_fixed(r, h->nonce, sizeof(h->nonce), form);
    if (h->extra_fields >= DRY_HEADER_LONDON)
        dry__read_u256(r, &h->base_fee, form);
    if (h->extra_fields >= DRY_HEADER_SHANGHAI)
        dry__read_fixed(r, h->withdrawals_root.b, 32, form);
    if (h->extra_fields >= DRY_HEADER_CANCUN) {
        dry__read_u64(r, &h->blob_gas_used, overflow);
        dry__read_u64(r, &h->excess_blob_gas, overflow);
        dry__read_fixed(r, h->parent_beacon_root.b, 32, form);
    }
    if (h->extra_fields >= DRY_HEADER_PRAGUE)
        dry__read_fixed(r, h->requests_hash.b, 32, form);
}

/* The next item of r, a header. */
static void read_header_item(struct dry__reader *r, struct dry_header *h)
{
    struct dry__reader in = {{NULL, NULL}, DRY_VERDICT_VALID, true};
    size_t count = 0;

    dry__read_list(r, &in.c, &count);
    in.verdict = r->verdict;
    read_header(&in, h, count);
    r->verdict = in.verdict;
}

dry_status dry_header_decode(struct dry_header *out, enum dry_verdict *verdict, struct dry_bytes in)
{
    struct dry__reader r;
    size_t count;

    DRY_ASSERT(out != NULL && verdict != NULL);
    dry__reader_enter(&r, in, true, &count);
    read_header(&r, out, count);
    *verdict = r.verdict;
    return DRY_OK;
}

/* One transaction of a body: a list, or a string that holds a typed one. */
static dry_status read_tx(struct dry__reader *r, struct dry_tx *tx, struct dry_arena *arena)
{
    struct dry_bytes raw = DRY_BYTES_EMPTY;
    dry_status st;

    if (dry_rlp_is_list(&r->c)) {
        struct dry__rlp_item it;

        dry__reader_fault(r, dry__rlp_peek(&r->c, &it), DRY_VERDICT_VALID);
        if (r->verdict != DRY_VERDICT_VALID)
            return DRY_OK;
        raw = dry_bytes_of(it.ptr, it.head + it.len);
        r->c.ptr += raw.len;
    } else {
        dry__read_string(r, &raw);
        if (r->verdict == DRY_VERDICT_VALID && (raw.len == 0 || raw.ptr[0] >= 0x80))
            r->verdict = DRY_VERDICT_BLOCK_RLP_FIELD;
    }
    if (r->verdict != DRY_VERDICT_VALID)
        return DRY_OK;
    st = dry_tx_decode(tx, &r->verdict, raw, arena);
    if (dry_ok(st) && r->verdict == DRY_VERDICT_VALID && tx->sidecar != NULL)
        r->verdict = DRY_VERDICT_TX_BLOB_SIDECAR_FORM;
    return st;
}

/* The next item of r, a list of at least `min` bytes an item: a reader of it and zeroed room for
 * its items. */
static dry_status enter_array(struct dry__reader *r, struct dry__reader *list, void **items,
                              uint32_t *count, size_t min, size_t size, struct dry_arena *arena)
{
    size_t n = 0;

    *list = (struct dry__reader){{NULL, NULL}, DRY_VERDICT_VALID, true};
    *items = NULL;
    *count = 0;
    dry__read_list(r, &list->c, &n);
    if (r->verdict == DRY_VERDICT_VALID && (size_t)(list->c.end - list->c.ptr) / min < n)
        r->verdict = DRY_VERDICT_BLOCK_RLP_FIELD;
    list->verdict = r->verdict;
    if (r->verdict != DRY_VERDICT_VALID || n == 0)
        return DRY_OK;
    *items = dry_arena_zalloc(arena, n, size);
    if (*items == NULL)
        return DRY_ENOMEM;
    *count = (uint32_t)n;
    return DRY_OK;
}

static dry_status read_txs(struct dry__reader *r, struct dry_block *b, struct dry_arena *arena)
{
    struct dry__reader list;
    void *items;
    struct dry_tx *txs;
    dry_status st =
        enter_array(r, &list, &items, &b->tx_count, TX_MIN, sizeof(struct dry_tx), arena);

    b->txs = txs = items;
    for (uint32_t i = 0; dry_ok(st) && i < b->tx_count && list.verdict == DRY_VERDICT_VALID; i++)
        st = read_tx(&list, &txs[i], arena);
    r->verdict = list.verdict;
    return st;
}

static dry_status read_ommers(struct dry__reader *r, struct dry_block *b, struct dry_arena *arena)
{
    struct dry__reader list;
    void *items;
    struct dry_header *ommers;
    dry_status st = enter_array(r, &list, &items, &b->ommer_count, HEADER_MIN,
                                sizeof(struct dry_header), arena);

    b->ommers = ommers = items;
    for (uint32_t i = 0; dry_ok(st) && i < b->ommer_count; i++)
        read_header_item(&list, &ommers[i]);
    r->verdict = list.verdict;
    return st;
}

static dry_status read_withdrawals(struct dry__reader *r, struct dry_block *b,
                                   struct dry_arena *arena)
{
    const enum dry_verdict overflow = DRY_VERDICT_BLOCK_FIELD_OVERFLOW;
    struct dry__reader list;
    void *items;
    struct dry_withdrawal *all;
    dry_status st = enter_array(r, &list, &items, &b->withdrawal_count, WITHDRAWAL_MIN,
                                sizeof(struct dry_withdrawal), arena);

    b->withdrawals = all = items;
    for (uint32_t i = 0; dry_ok(st) && i < b->withdrawal_count; i++) {
        struct dry__reader w = {{NULL, NULL}, DRY_VERDICT_VALID, true};
        size_t fields = 0;

        dry__read_list(&list, &w.c, &fields);
        w.verdict = list.verdict;
        dry__read_u64(&w, &all[i].index, overflow);
        dry__read_u64(&w, &all[i].validator, overflow);
        dry__read_fixed(&w, all[i].address.b, 20, DRY_VERDICT_BLOCK_ADDRESS_LENGTH);
        dry__read_u64(&w, &all[i].amount_gwei, overflow);
        if (w.verdict == DRY_VERDICT_VALID && fields != 4)
            w.verdict = DRY_VERDICT_BLOCK_FIELD_COUNT;
        list.verdict = w.verdict;
    }
    r->verdict = list.verdict;
    return st;
}

static dry_status read_body(struct dry__reader *r, struct dry_block *b, size_t count,
                            struct dry_arena *arena)
{
    dry_status st;

    if ((count == 4) != (b->header.extra_fields >= DRY_HEADER_SHANGHAI)) {
        r->verdict = DRY_VERDICT_BLOCK_WITHDRAWALS_FORM;
        return DRY_OK;
    }
    st = read_txs(r, b, arena);
    if (dry_ok(st) && r->verdict == DRY_VERDICT_VALID)
        st = read_ommers(r, b, arena);
    if (dry_ok(st) && r->verdict == DRY_VERDICT_VALID && count == 4) {
        b->has_withdrawals = true;
        st = read_withdrawals(r, b, arena);
    }
    return st;
}

dry_status dry_block_decode(struct dry_block *out, enum dry_verdict *verdict, struct dry_bytes in,
                            struct dry_arena *arena)
{
    struct dry__reader r;
    const uint8_t *start;
    size_t count;
    dry_status st = DRY_OK;

    DRY_ASSERT(out != NULL && verdict != NULL && arena != NULL);
    memset(out, 0, sizeof(*out));
    *verdict = DRY_VERDICT_BLOCK_SIZE;
    if (in.len > DRY_BLOCK_BYTES_MAX)
        return DRY_OK;
    dry__reader_enter(&r, in, true, &count);
    if (r.verdict == DRY_VERDICT_VALID && count != 3 && count != 4)
        r.verdict = DRY_VERDICT_BLOCK_FIELD_COUNT;
    start = r.c.ptr;
    read_header_item(&r, &out->header);
    if (r.verdict == DRY_VERDICT_VALID) {
        out->header_encoded = dry_bytes_of(start, (size_t)(r.c.ptr - start));
        out->encoded_size = in.len;
        st = read_body(&r, out, count, arena);
    }
    *verdict = r.verdict;
    return st;
}

dry_status dry_block_next(struct dry_bytes *block, struct dry_bytes *in)
{
    struct dry_rlp c = dry_rlp_of(*in);
    struct dry__rlp_item it;
    enum dry__rlp_fault f;

    if (in->len == 0)
        return DRY_ENOTFOUND;
    f = dry__rlp_peek(&c, &it);
    if (f == DRY__RLP_NONE && !it.list)
        f = DRY__RLP_STRING;
    if (f != DRY__RLP_NONE)
        return dry__rlp_status(f);
    if (it.head + it.len > DRY_BLOCK_BYTES_MAX)
        return DRY_STATUS_AT(ELIMIT, "block larger than 64 MiB", DRY_BLOCK_BYTES_MAX);
    *block = dry_bytes_of(in->ptr, it.head + it.len);
    in->ptr += block->len;
    in->len -= block->len;
    return DRY_OK;
}
