/* Shared by rlp.c and the decoders of transactions, blocks and receipts: what stands at a cursor,
 * and exactly what is wrong with it. */
#ifndef DRY_COMMON_RLP_ITEM_H
#define DRY_COMMON_RLP_ITEM_H
#include <drystone/common/rlp.h>

/* X(name, text shown to people). */
#define DRY_RLP_FAULTS(X)                                 \
    X(NONE, NULL)                                         \
    X(END, "RLP item missing")                            \
    X(OVERRUN, "RLP item runs past the end")              \
    X(LENGTH_ZEROS, "RLP length with leading zeros")      \
    X(LENGTH_FORM, "RLP length not in its shortest form") \
    X(LIST, "RLP list where a string belongs")            \
    X(STRING, "RLP string where a list belongs")          \
    X(SIZE, "RLP string of the wrong size")               \
    X(ZEROS, "RLP integer with leading zeros")            \
    X(OVERFLOW, "RLP integer too large")                  \
    X(TRAILING, "RLP bytes after the last item")          \
    X(DEPTH, "RLP lists nested too deep")

enum dry__rlp_fault {
#define X(name, text) DRY__RLP_##name,
    DRY_RLP_FAULTS(X)
#undef X
};

/* One item: the whole begins at ptr; its payload, len bytes, `head` bytes later. */
struct dry__rlp_item {
    const uint8_t *ptr;
    size_t head, len;
    bool list;
};

/* Look at the next item, header and bounds; the cursor does not move. */
enum dry__rlp_fault dry__rlp_peek(const struct dry_rlp *c, struct dry__rlp_item *out);
/* As their public namesakes, telling the fault. */
enum dry__rlp_fault dry__rlp_string(struct dry_rlp *c, struct dry_bytes *out);
enum dry__rlp_fault dry__rlp_list(struct dry_rlp *c, struct dry_rlp *items);
enum dry__rlp_fault dry__rlp_fixed(struct dry_rlp *c, void *out, size_t n);
enum dry__rlp_fault dry__rlp_u64(struct dry_rlp *c, uint64_t *out);
enum dry__rlp_fault dry__rlp_u256(struct dry_rlp *c, struct dry_u256 *out);
enum dry__rlp_fault dry__rlp_count(const struct dry_rlp *c, size_t *out);
/* DRY_OK for NONE, ELIMIT for DEPTH, else EDECODE with the fault's text. */
dry_status dry__rlp_status(enum dry__rlp_fault f);

#endif /* DRY_COMMON_RLP_ITEM_H */
