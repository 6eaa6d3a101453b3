/* drystone/common/bare_heap.h - giving back all memory of a piece of work at once. Only the build
 * without a C library has these: its allocator is common/src/runtime_freestanding.c. */
#ifndef DRY_COMMON_BARE_HEAP_H
#define DRY_COMMON_BARE_HEAP_H
#include <stddef.h>

/* A place to return to: dry_heap_rewind() gives back everything allocated since, freed or not;
 * what is older must not have been grown in between. */
size_t dry_heap_mark(void);
void dry_heap_rewind(size_t mark);

#endif /* DRY_COMMON_BARE_HEAP_H */
