/* What the parts of the JSON code share. */
#ifndef DRY_PLATFORM_JSON_TEXT_H
#define DRY_PLATFORM_JSON_TEXT_H
#include <drystone/common/bytes.h>

/* Decode the escapes of a string the reader accepted. */
DRY_MUST_USE dry_status dry__json_decode(struct dry_bytes raw, struct dry_bytes *out,
                                         struct dry_arena *arena);

/* Does such a string, decoded, equal want? Needs no memory. */
bool dry__json_is(struct dry_bytes raw, const char *want, size_t len);

#endif /* DRY_PLATFORM_JSON_TEXT_H */
