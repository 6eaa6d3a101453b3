/* Prefixes of keys as bounds. */
#ifndef DRY_STORAGE_PREFIX_H
#define DRY_STORAGE_PREFIX_H
#include <drystone/common/storage.h>

/* Whether key starts with prefix. */
static inline bool dry__prefix_has(struct dry_bytes key, struct dry_bytes prefix)
{
    return key.len >= prefix.len &&
           (prefix.len == 0 || memcmp(key.ptr, prefix.ptr, prefix.len) == 0);
}

/* The first key after all that start with prefix: its last byte below 0xff plus one. Returns its
 * length; 0 when no key comes after them. */
static inline size_t dry__prefix_end(uint8_t out[DRY_KEY_BYTES_MAX], struct dry_bytes prefix)
{
    size_t n = prefix.len;

    while (n > 0 && prefix.ptr[n - 1] == 0xff)
        n--;
    if (n > 0) {
        memcpy(out, prefix.ptr, n);
        out[n - 1]++;
    }
    return n;
}

#endif /* DRY_STORAGE_PREFIX_H */
