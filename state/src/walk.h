/* Walking a trie in ascending order of key. */
#ifndef DRY__STATE_WALK_H
#define DRY__STATE_WALK_H
#include "place.h"

/* fn returns false to stop. value is borrowed for the call. */
typedef dry_status (*dry__walk_fn)(void *ctx, bool *go_on, const struct dry_hash *key,
                                   struct dry_bytes value);
/* Walk the trie of this root; ECORRUPT when a node is missing or damaged. */
DRY_MUST_USE dry_status dry__walk(const struct dry__nodes *nodes, const struct dry_hash *owner,
                                  const struct dry_hash *root, dry__walk_fn fn, void *ctx);
#endif /* DRY__STATE_WALK_H */
