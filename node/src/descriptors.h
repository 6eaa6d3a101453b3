/* descriptors.h - how the limit of open files is shared between the store and the connections. */
#ifndef DRY_NODE_DESCRIPTORS_H
#define DRY_NODE_DESCRIPTORS_H
#include <drystone/common/status.h>

struct dry_descriptors {
    uint64_t want;         /* the limit that leaves nobody short */
    uint32_t store_tables; /* data files the store may hold open; 0: it is in memory */
    uint32_t connections;
};

/* Share limit (0: none is known) so that connections, as many as wanted or fewer, never take what
 * the store needs: a store that fails to open a file takes no more commits until the next start.
 * ELIMIT when too few are left to run at all; out->want is set then, too. */
DRY_MUST_USE dry_status dry_descriptors_share(struct dry_descriptors *out, uint64_t limit,
                                              uint32_t connections, bool durable);

#endif /* DRY_NODE_DESCRIPTORS_H */
