/* A trie opened for change: nodes are read when a change passes them, and encoded and hashed once
 * at the end. Put first and remove last: then no node is both dropped and made again. Start at
 * dry__trie_init(). */
#ifndef DRY__STATE_TRIE_H
#define DRY__STATE_TRIE_H
#include "place.h"

struct dry__tnode;
/* A child: nothing, a stored node not read yet, an inline one not decoded yet, or an open node. */
enum dry__link_kind { DRY__LINK_NONE, DRY__LINK_HASH, DRY__LINK_INLINE, DRY__LINK_NODE };
struct dry__link {
    uint8_t kind, len;
    union {
        uint8_t b[32];
        struct dry__tnode *node;
    } u;
};

/* A node that came or went, as a key and value of the storage. */
struct dry__change {
    struct dry__change *next;
    bool drop;
    uint16_t key_len, value_len;
    uint8_t bytes[]; /* key, then value; the last 32 bytes of the key are the hash */
};
struct dry__changes {
    struct dry__change *first, **last;
    uint64_t count;
};
void dry__changes_init(struct dry__changes *c);
void dry__changes_append(struct dry__changes *c, struct dry__changes *more);

struct dry__trie {
    struct dry__nodes nodes;
    const struct dry_hash *owner;
    struct dry_arena *arena;
    struct dry__link root;
    struct dry__changes *changes; /* NULL: only the root is asked for */
};

/* Open the trie of this root; everything borrowed. */
void dry__trie_init(struct dry__trie *t, const struct dry__nodes *nodes,
                    const struct dry_hash *owner, const struct dry_hash *root,
                    struct dry__changes *changes, struct dry_arena *arena);
/* ENOMEM, or what reading gives; the trie is of no use after a failure of any of these. */
DRY_MUST_USE dry_status dry__trie_get(struct dry__trie *t, struct dry_bytes *value,
                                      const struct dry_hash *key);
DRY_MUST_USE dry_status dry__trie_put(struct dry__trie *t, const struct dry_hash *key,
                                      struct dry_bytes value);
DRY_MUST_USE dry_status dry__trie_remove(struct dry__trie *t, const struct dry_hash *key);
/* Hash what changed and record what came and went. */
DRY_MUST_USE dry_status dry__trie_commit(struct dry__trie *t, struct dry_hash *root);
/* Record every stored node of a trie as gone. */
DRY_MUST_USE dry_status dry__trie_drop_all(struct dry__trie *t);

/* The parts of commit: hash below one link; `path` is where it lies. */
DRY_MUST_USE dry_status dry__trie_hash_below(const struct dry__trie *t, struct dry__link *link,
                                             const uint8_t *path, unsigned depth,
                                             struct dry__changes *changes, struct dry_arena *arena);
/* The children of the root when it is an open branch, else NULL. */
struct dry__link *dry__trie_root_children(struct dry__trie *t);
#endif /* DRY__STATE_TRIE_H */
