/* drystone/common/rlp.h - Recursive Length Prefix (Yellow Paper, appendix B). Canonical only. */
#ifndef DRY_COMMON_RLP_H
#define DRY_COMMON_RLP_H
#include <drystone/common/types.h>

/* Decoding: a cursor over a borrowed encoding. Items are read one after another; a list is entered
 * by reading it as a new cursor. Every function advances the cursor past the item, leaves it
 * untouched on failure, and refuses encodings that are not canonical (EDECODE, text says which
 * rule). */
struct dry_rlp {
    const uint8_t *ptr, *end;
};

static inline struct dry_rlp dry_rlp_of(struct dry_bytes in)
{
    return (struct dry_rlp){in.ptr, in.ptr == NULL ? NULL : in.ptr + in.len};
}
static inline bool dry_rlp_done(const struct dry_rlp *c)
{
    return c->ptr == c->end;
}
/* Whether the next item is a list; false at the end. */
bool dry_rlp_is_list(const struct dry_rlp *c);
/* The payload of the next item, a string. Borrowed from the input. */
DRY_MUST_USE dry_status dry_rlp_string(struct dry_rlp *c, struct dry_bytes *out);
/* A cursor over the payload of the next item, a list. */
DRY_MUST_USE dry_status dry_rlp_list(struct dry_rlp *c, struct dry_rlp *items);
/* The next item of either kind, whole, header included. */
DRY_MUST_USE dry_status dry_rlp_raw(struct dry_rlp *c, struct dry_bytes *out);
/* A string of exactly n bytes, copied. */
DRY_MUST_USE dry_status dry_rlp_fixed(struct dry_rlp *c, void *out, size_t n);
/* Integers without leading zeros. */
DRY_MUST_USE dry_status dry_rlp_u64(struct dry_rlp *c, uint64_t *out);
DRY_MUST_USE dry_status dry_rlp_u256(struct dry_rlp *c, struct dry_u256 *out);
/* Number of items up to the end; EDECODE when one is damaged. The cursor does not move. */
DRY_MUST_USE dry_status dry_rlp_count(const struct dry_rlp *c, size_t *out);
/* EDECODE unless the cursor is at its end. */
DRY_MUST_USE dry_status dry_rlp_end(const struct dry_rlp *c);
/* Check a whole encoding at any depth without recursion: one item, canonical, nothing after it.
 * Lists nest at most DRY_RLP_DEPTH_MAX deep (ELIMIT). */
#define DRY_RLP_DEPTH_MAX 1024
DRY_MUST_USE dry_status dry_rlp_check(struct dry_bytes in);

/* Encoding: append items to a buffer. A list is opened, filled and closed; closing inserts the
 * header. ENOMEM or the buffer's ELIMIT; what was appended before stays. */
DRY_MUST_USE dry_status dry_rlp_put_string(struct dry_buf *out, struct dry_bytes s);
DRY_MUST_USE dry_status dry_rlp_put_u64(struct dry_buf *out, uint64_t v);
DRY_MUST_USE dry_status dry_rlp_put_u256(struct dry_buf *out, const struct dry_u256 *v);
static inline size_t dry_rlp_open(const struct dry_buf *out)
{
    return out->len;
}
DRY_MUST_USE dry_status dry_rlp_close(struct dry_buf *out, size_t opened);
/* Length of the header in front of a payload of n bytes (a string of one byte < 0x80 aside). */
unsigned dry_rlp_header_len(size_t n);

#endif /* DRY_COMMON_RLP_H */
