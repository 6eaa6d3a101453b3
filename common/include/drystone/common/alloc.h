/* drystone/common/alloc.h - the one place memory comes from. */
#ifndef DRY_COMMON_ALLOC_H
#define DRY_COMMON_ALLOC_H
#include <stddef.h>

/* n zeroed bytes, aligned for any type, or NULL. n = 0 gives a valid pointer or NULL. The
 * freestanding build brings its own three. Thread: any. */
void *dry_alloc(size_t n);
/* Grow or shrink p (made by dry_alloc, old_n bytes; may be NULL when old_n is 0) to n bytes; bytes
 * past old_n are not zeroed. NULL on failure, and p stays valid. */
void *dry_realloc(void *p, size_t old_n, size_t n);
/* Accepts NULL. */
void dry_free(void *p);

#endif /* DRY_COMMON_ALLOC_H */
