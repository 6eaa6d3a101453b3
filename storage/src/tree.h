/* The memory driver's tree: a B+ tree whose nodes are copied when a commit changes them for the
 * first time, so that every older root stays whole. Nothing here locks; memory.c decides when an
 * object may go. */
#ifndef DRY_STORAGE_TREE_H
#define DRY_STORAGE_TREE_H
#include <drystone/common/bytes.h>

#define DRY__FANOUT 60 /* a leaf takes 1 KiB, which an allocator keeps at hand */
/* Height grows only when a root fills up: 16 levels would take more than 2^75 insertions. */
#define DRY__HEIGHT_MAX 16

enum dry__kind { DRY__BLOB, DRY__LEAF, DRY__INNER };

/* Head of everything the tree allocates. */
struct dry__object {
    uint64_t birth : 62; /* the commit that made it */
    uint64_t kind : 2;
    struct dry__object *next; /* in a list of what is no longer needed */
};

/* Nodes to be used again: a commit makes and frees many. One thread's. */
#define DRY__SPARE_MAX 128u
struct dry__spare {
    struct dry__object *nodes[DRY__INNER + 1];
    uint32_t count[DRY__INNER + 1];
};

/* A key with its value, or a separator (a key alone). Never changed once made. */
struct dry__blob {
    struct dry__object o;
    uint32_t value_len;
    uint16_t key_len;
    uint8_t bytes[]; /* key, value */
};

#define DRY__SHARED_MAX 44
/* All keys begin with the first `skip` bytes of shared; head[i] holds the 8 bytes of key[i] after
 * those. So most comparisons touch no other memory, however long the keys' common beginning is.
 * A leaf has no children; in an inner node key[0] is NULL and child[i] holds what is >= key[i]. */
struct dry__node {
    struct dry__object o;
    uint16_t count;
    uint8_t skip;
    uint8_t shared[DRY__SHARED_MAX];
    uint64_t head[DRY__FANOUT];
    struct dry__blob *key[DRY__FANOUT];
    struct dry__node *child[]; /* DRY__FANOUT of them in an inner node */
};

/* What an edit in place did to one key; NULL: the key was not there, or is not. */
struct dry__undo {
    struct dry__blob *was, *is;
};

/* A commit under way. Start with the old root, and
 * - to copy what it changes: a version never used before;
 * - to change the tree itself, which nobody else may read meanwhile: the old version, and room in
 *   undo for each put and delete to come. */
struct dry__edit {
    struct dry__node *root;
    uint64_t version;
    struct dry__object **fresh; /* made by this edit, when it copies */
    size_t fresh_count, fresh_cap;
    struct dry__object *retired; /* no longer reachable from root */
    struct dry__spare *spare;
    struct dry__undo *undo; /* NULL: copy */
    size_t undo_count;
    bool emptied; /* a leaf, by an edit in place */
};

static inline bool dry__is_leaf(const struct dry__node *n)
{
    return n->o.kind == DRY__LEAF;
}
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
/* Give up: frees what the edit made; root is the old tree again, and needs no memory for that. */
void dry__edit_abort(struct dry__edit *e);
/* Keep what was done. retired is the caller's to free, once no reader needs it. */
void dry__edit_keep(struct dry__edit *e);
/* Free a list of objects; with spare, nodes go there first. */
void dry__objects_free(struct dry__object *o, struct dry__spare *spare);
/* Free a whole tree that nobody else reads. */
void dry__tree_free(struct dry__node *root);

#endif /* DRY_STORAGE_TREE_H */
