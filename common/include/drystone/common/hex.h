/* drystone/common/hex.h - hexadecimal text. */
#ifndef DRY_COMMON_HEX_H
#define DRY_COMMON_HEX_H
#include <drystone/common/bytes.h>

/* Write 2 * in.len lower-case digits to out (no prefix, no NUL). */
void dry_hex_encode(char *out, struct dry_bytes in);
/* Decode text of an even number of digits, "0x" optional, appended to out. EDECODE with the offset
 * of the first bad digit in detail; out is untouched on failure. */
DRY_MUST_USE dry_status dry_hex_decode(struct dry_buf *out, struct dry_bytes text);
/* Decode exactly n bytes ("0x" optional). EDECODE otherwise; out untouched. */
DRY_MUST_USE dry_status dry_hex_decode_fixed(uint8_t *out, size_t n, struct dry_bytes text);
/* A quantity or decimal number of at most 64 bits ("0x1f" or "31"). EDECODE. */
DRY_MUST_USE dry_status dry_u64_from_text(uint64_t *out, struct dry_bytes text);
#define DRY_U64_HEX_MAX 19
/* "0x1f", NUL-terminated; returns its length. */
size_t dry_u64_to_hex(char out[DRY_U64_HEX_MAX], uint64_t v);

#endif /* DRY_COMMON_HEX_H */
