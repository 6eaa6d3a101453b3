/* Where a node lies: nodes are stored under the trie they belong to, their path in it and their
 * hash, so that no two places ever share one, and a node can be deleted when its place moves on. */
#ifndef DRY__STATE_PLACE_H
#define DRY__STATE_PLACE_H
#include "node.h"

/* First bytes of this layer's keys in the storage. */
#define DRY__KEY_ACCOUNT_NODE 0x10u /* path, hash */
#define DRY__KEY_CODE 0x11u         /* hash */
#define DRY__KEY_SLOT_NODE 0x12u    /* hashed address, path, hash */
#define DRY__KEY_JOURNAL 0x13u      /* number (8): a commit's nodes made and superseded */
#define DRY__NODE_KEY_MAX (1u + 32u + 1u + 32u + 32u)

struct dry__place {
    const struct dry_hash *owner; /* hashed address whose slots the trie holds; NULL: accounts */
    const uint8_t *path;          /* nibbles */
    unsigned depth;
};
/* The storage key; its length. */
size_t dry__node_key(uint8_t out[DRY__NODE_KEY_MAX], const struct dry__place *at,
                     const uint8_t hash[32]);

/* Where nodes are read from. load: the encoded node, borrowed until the next load; ECORRUPT when it
 * is missing or does not hash to what it should. */
struct dry__nodes {
    dry_status (*load)(void *ctx, struct dry_bytes *out, const struct dry__place *at,
                       const uint8_t hash[32]);
    void *ctx;
};
#endif /* DRY__STATE_PLACE_H */
