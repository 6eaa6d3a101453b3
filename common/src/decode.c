/* Reading fields, from faults to verdicts. */
#include "decode.h"

void dry__reader_fault(struct dry__reader *r, enum dry__rlp_fault f, enum dry_verdict misfit)
{
    enum dry_verdict v = DRY_VERDICT_VALID;

    switch (f) {
    case DRY__RLP_NONE:
        return;
    case DRY__RLP_END:
        v = r->block ? DRY_VERDICT_BLOCK_FIELD_COUNT : DRY_VERDICT_TX_FIELD_COUNT;
        break;
    case DRY__RLP_OVERRUN:
    case DRY__RLP_TRAILING:
    case DRY__RLP_DEPTH:
        v = r->block ? DRY_VERDICT_BLOCK_RLP : DRY_VERDICT_TX_RLP;
        break;
    case DRY__RLP_LENGTH_ZEROS:
    case DRY__RLP_LENGTH_FORM:
        v = r->block ? DRY_VERDICT_BLOCK_RLP : DRY_VERDICT_TX_RLP_LENGTH;
        break;
    case DRY__RLP_LIST:
    case DRY__RLP_STRING:
        v = r->block ? DRY_VERDICT_BLOCK_RLP_FIELD : DRY_VERDICT_TX_RLP_FIELD;
        break;
    case DRY__RLP_ZEROS:
        v = r->block ? DRY_VERDICT_BLOCK_RLP_FIELD : DRY_VERDICT_TX_LEADING_ZEROS;
        break;
    case DRY__RLP_SIZE:
    case DRY__RLP_OVERFLOW:
        v = misfit;
        break;
    }
    r->verdict = v;
}

void dry__read_string(struct dry__reader *r, struct dry_bytes *out)
{
    if (r->verdict == DRY_VERDICT_VALID)
        dry__reader_fault(r, dry__rlp_string(&r->c, out), DRY_VERDICT_VALID);
}

void dry__read_fixed(struct dry__reader *r, void *out, size_t n, enum dry_verdict misfit)
{
    if (r->verdict == DRY_VERDICT_VALID)
        dry__reader_fault(r, dry__rlp_fixed(&r->c, out, n), misfit);
}

void dry__read_u64(struct dry__reader *r, uint64_t *out, enum dry_verdict misfit)
{
    if (r->verdict == DRY_VERDICT_VALID)
        dry__reader_fault(r, dry__rlp_u64(&r->c, out), misfit);
}

void dry__read_u256(struct dry__reader *r, struct dry_u256 *out, enum dry_verdict misfit)
{
    if (r->verdict == DRY_VERDICT_VALID)
        dry__reader_fault(r, dry__rlp_u256(&r->c, out), misfit);
}

void dry__read_list(struct dry__reader *r, struct dry_rlp *items, size_t *count)
{
    if (r->verdict == DRY_VERDICT_VALID)
        dry__reader_fault(r, dry__rlp_list(&r->c, items), DRY_VERDICT_VALID);
    if (r->verdict == DRY_VERDICT_VALID)
        dry__reader_fault(r, dry__rlp_count(items, count), DRY_VERDICT_VALID);
}

void dry__reader_enter(struct dry__reader *r, struct dry_bytes in, bool block, size_t *count)
{
    struct dry_rlp items = {NULL, NULL};

    *r = (struct dry__reader){dry_rlp_of(in), DRY_VERDICT_VALID, block};
    *count = 0;
    if (in.len == 0) {
        dry__reader_fault(r, DRY__RLP_OVERRUN, DRY_VERDICT_VALID);
        return;
    }
    dry__reader_fault(r, dry__rlp_list(&r->c, &items), DRY_VERDICT_VALID);
    if (r->verdict == DRY_VERDICT_VALID && !dry_rlp_done(&r->c))
        dry__reader_fault(r, DRY__RLP_TRAILING, DRY_VERDICT_VALID);
    if (r->verdict == DRY_VERDICT_VALID)
        dry__reader_fault(r, dry__rlp_count(&items, count), DRY_VERDICT_VALID);
    r->c = items;
}
