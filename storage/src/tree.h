/* The memory driver's tree: a B+ tree whose nodes are copied when a commit changes them for the
 * first time, so that every older root stays whole. Nothing here locks; memory.c decides when an
 * object may go. */
#ifndef DRY_STORAGE_TREE_H
#define DRY_STORAGE_TREE_H
#include <drystone/common/bytes.h>

#define DRY__FANOUT 64
/* Height grows only when a root fills up: 16 levels would take more than 2^75 insertions. */
#define DRY__HEIGHT_MAX 16

/* Head of everything the tree allocates. */
struct dry__object {
    uint64_t birth;           /* the commit that made it */
    struct dry__object *next; /* in a list of what is no longer needed */
};

/* A key with its value, or a separator (a key alone). Never changed once made. */
struct dry__blob {
    struct dry__object o;
    uint32_t value_len;
    uint16_t key_len;
    uint8_t bytes[]; /* key, value */
};

/* head[i]: the first 8 bytes of key[i], so that most comparisons touch no other memory.
 * A leaf has no children; in an inner node key[0] is NULL and child[i] holds what is >= key[i]. */
struct dry__node {
    struct dry__object o;
    uint32_t count;
    bool leaf;
    uint64_t head[DRY__FANOUT];
    struct dry__blob *key[DRY__FANOUT];
    struct dry__node *child[]; /* DRY__FANOUT of them in an inner node */
};

/* A commit under way. Start with the old root and a version never used before. */
struct dry__edit {
    struct dry__node *root;
    uint64_t version;
    struct dry__object **fresh; /* made by this edit */
    size_t fresh_count, fresh_cap;
    struct dry__object *retired; /* no longer reachable from root */
};

static inline struct dry_bytes dry__blob_key(const struct dry__blob *b)
{
    return dry_bytes_of(b->bytes, b->key_len);
}
static inline struct dry_bytes dry__blob_value(const struct dry__blob *b)
{
    return dry_bytes_of(b->bytes + b->key_len, b->value_len);
}

/* First index from `from` whose key is >= key (or > key when after), count when there is none. */
uint32_t dry__node_bound(const struct dry__node *n, uint32_t from, struct dry_bytes key,
                         bool after);
/* Which child holds key. */
uint32_t dry__node_child(const struct dry__node *n, struct dry_bytes key);
const struct dry__blob *dry__tree_find(const struct dry__node *root, struct dry_bytes key);

DRY_MUST_USE dry_status dry__tree_put(struct dry__edit *e, struct dry_bytes key,
                                      struct dry_bytes value);
DRY_MUST_USE dry_status dry__tree_delete(struct dry__edit *e, struct dry_bytes key);
DRY_MUST_USE dry_status dry__tree_delete_prefix(struct dry__edit *e, struct dry_bytes prefix);
/* Give up: frees what the edit made; the old root is as it was. */
void dry__edit_abort(struct dry__edit *e);
/* Keep: forgets the list of fresh objects. retired is the caller's to free once no reader needs it.
 */
void dry__edit_keep(struct dry__edit *e);
/* Free a whole tree that nobody else reads. */
void dry__tree_free(struct dry__node *root);

#endif /* DRY_STORAGE_TREE_H */
