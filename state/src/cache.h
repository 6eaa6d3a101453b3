/* Encoded nodes by hash in a fixed piece of memory: sets of four, the one not used of late gives
 * way. Holds no locks: one thread at a time changes it. */
#ifndef DRY__STATE_CACHE_H
#define DRY__STATE_CACHE_H
#include "node.h"

struct dry__cache_slot {
    uint8_t hash[32];
    uint16_t len; /* 0: free */
    uint8_t used;
    uint8_t bytes[DRY__NODE_BYTES_MAX + 1];
};
struct dry__cache {
    struct dry__cache_slot *slots; /* NULL: nothing is kept */
    uint64_t sets;                 /* a power of two */
};
/* The most that fits `bytes`, one set at least. */
DRY_MUST_USE dry_status dry__cache_init(struct dry__cache *c, uint64_t bytes);
void dry__cache_fini(struct dry__cache *c);
/* The node, borrowed until the next put; with mark it counts as used (and the cache is changed). */
bool dry__cache_get(const struct dry__cache *c, struct dry_bytes *out, const uint8_t hash[32],
                    bool mark);
void dry__cache_put(struct dry__cache *c, const uint8_t hash[32], struct dry_bytes node);
/* The node was superseded: it gives way before the others. */
void dry__cache_yield(struct dry__cache *c, const uint8_t hash[32]);
#endif /* DRY__STATE_CACHE_H */
