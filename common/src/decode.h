/* Reading the fields of one RLP list, the first fault being kept as a verdict. Shared by the
 * decoders of transactions and blocks. */
#ifndef DRY_COMMON_DECODE_H
#define DRY_COMMON_DECODE_H
#include "rlp_item.h"
#include <drystone/common/verdict.h>

/* A cursor and the verdict so far; once it is not VALID, reading does nothing. */
struct dry__reader {
    struct dry_rlp c;
    enum dry_verdict verdict;
    bool block; /* faults are BLOCK_… rather than TX_… */
};

/* Keep the verdict for a fault, if it is one. `misfit`: the verdict for a string too long or of the
 * wrong size. */
void dry__reader_fault(struct dry__reader *r, enum dry__rlp_fault f, enum dry_verdict misfit);
void dry__read_string(struct dry__reader *r, struct dry_bytes *out);
void dry__read_fixed(struct dry__reader *r, void *out, size_t n, enum dry_verdict misfit);
void dry__read_u64(struct dry__reader *r, uint64_t *out, enum dry_verdict misfit);
void dry__read_u256(struct dry__reader *r, struct dry_u256 *out, enum dry_verdict misfit);
/* The next item, a list: its cursor and how many items it has. */
void dry__read_list(struct dry__reader *r, struct dry_rlp *items, size_t *count);
/* Make r read the one list that `in` must be, and tell how many items it has. */
void dry__reader_enter(struct dry__reader *r, struct dry_bytes in, bool block, size_t *count);

#endif /* DRY_COMMON_DECODE_H */
