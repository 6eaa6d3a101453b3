/* Copy-on-write B+ tree: search, insertion with splits on the way down, removal of what became
 * empty. */
#include "tree.h"
#include "prefix.h"

static uint64_t head_of(struct dry_bytes key)
{
    uint64_t h = 0;

    if (key.len >= 8) {
        memcpy(&h, key.ptr, 8);
    } else if (key.len > 0) {
        memcpy(&h, key.ptr, key.len);
    }
    return __builtin_bswap64(h);
}

uint32_t dry__node_bound(const struct dry__node *n, uint32_t from, struct dry_bytes key, bool after)
{
    uint64_t head = head_of(key);
    uint32_t lo = from, hi = n->count;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        bool below;

        if (n->head[mid] != head) {
            below = n->head[mid] < head;
        } else {
            int c = dry_bytes_compare(dry__blob_key(n->key[mid]), key);

            below = after ? c <= 0 : c < 0;
        }
        if (below)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

uint32_t dry__node_child(const struct dry__node *n, struct dry_bytes key)
{
    return dry__node_bound(n, 1, key, true) - 1;
}

const struct dry__blob *dry__tree_find(const struct dry__node *n, struct dry_bytes key)
{
    uint32_t i;

    if (n == NULL)
        return NULL;
    while (!n->leaf)
        n = n->child[dry__node_child(n, key)];
    i = dry__node_bound(n, 0, key, false);
    if (i < n->count && dry_bytes_equal(dry__blob_key(n->key[i]), key))
        return n->key[i];
    return NULL;
}

/* An object of this edit, remembered for dry__edit_abort(); NULL when memory runs out. */
static void *fresh(struct dry__edit *e, size_t size)
{
    struct dry__object *o;

    if (e->fresh_count == e->fresh_cap) {
        size_t cap = e->fresh_cap == 0 ? 32 : 2 * e->fresh_cap;
        struct dry__object **more =
            dry_realloc(e->fresh, e->fresh_cap * sizeof(*more), cap * sizeof(*more));

        if (more == NULL)
            return NULL;
        e->fresh = more;
        e->fresh_cap = cap;
    }
    o = dry_alloc(size);
    if (o == NULL)
        return NULL;
    o->birth = e->version;
    e->fresh[e->fresh_count++] = o;
    return o;
}

static void retire(struct dry__edit *e, struct dry__object *o)
{
    o->next = e->retired;
    e->retired = o;
}

static struct dry__blob *blob_make(struct dry__edit *e, struct dry_bytes key,
                                   struct dry_bytes value)
{
    struct dry__blob *b = fresh(e, sizeof(*b) + key.len + value.len);

    if (b == NULL)
        return NULL;
    b->key_len = (uint16_t)key.len;
    b->value_len = (uint32_t)value.len;
    memcpy(b->bytes, key.ptr, key.len);
    if (value.len > 0)
        memcpy(b->bytes + key.len, value.ptr, value.len);
    return b;
}

static size_t node_size(bool leaf)
{
    return sizeof(struct dry__node) + (leaf ? 0 : DRY__FANOUT * sizeof(struct dry__node *));
}

static struct dry__node *node_make(struct dry__edit *e, bool leaf)
{
    struct dry__node *n = fresh(e, node_size(leaf));

    if (n != NULL)
        n->leaf = leaf;
    return n;
}

/* Move count slots of a node, within it or to another. */
static void slots_move(struct dry__node *to, uint32_t at, const struct dry__node *from,
                       uint32_t first, uint32_t count)
{
    memmove(to->head + at, from->head + first, count * sizeof(to->head[0]));
    memmove(to->key + at, from->key + first, count * sizeof(to->key[0]));
    if (!to->leaf)
        memmove(to->child + at, from->child + first, count * sizeof(to->child[0]));
}

/* The node in *slot, made this edit's own. */
static struct dry__node *own(struct dry__edit *e, struct dry__node **slot)
{
    struct dry__node *old = *slot, *n;

    if (old->o.birth == e->version)
        return old;
    n = node_make(e, old->leaf);
    if (n == NULL)
        return NULL;
    n->count = old->count;
    slots_move(n, 0, old, 0, old->count);
    retire(e, &old->o);
    *slot = n;
    return n;
}

/* Split the full child i of n, both being ours, because key is on its way there. A key past the end
 * leaves the left half full: keys that rise (block numbers) then fill their leaves. */
static bool split(struct dry__edit *e, struct dry__node *n, uint32_t i, struct dry_bytes key)
{
    struct dry__node *left = n->child[i], *right = node_make(e, left->leaf);
    bool rising = dry_bytes_compare(dry__blob_key(left->key[left->count - 1]), key) < 0;
    uint32_t keep = rising ? DRY__FANOUT - 1 : DRY__FANOUT / 2;
    struct dry__blob *sep;

    if (right == NULL)
        return false;
    if (left->leaf) {
        sep = blob_make(e, dry__blob_key(left->key[keep]), DRY_BYTES_EMPTY);
        if (sep == NULL)
            return false;
    } else {
        sep = left->key[keep]; /* moves up */
    }
    right->count = left->count - keep;
    slots_move(right, 0, left, keep, right->count);
    left->count = keep;
    if (!right->leaf)
        right->key[0] = NULL;
    slots_move(n, i + 2, n, i + 1, n->count - i - 1);
    n->head[i + 1] = head_of(dry__blob_key(sep));
    n->key[i + 1] = sep;
    n->child[i + 1] = right;
    n->count++;
    return true;
}

/* The root, ours and with room for one more. */
static struct dry__node *root_ready(struct dry__edit *e, struct dry_bytes key)
{
    struct dry__node *root, *up;

    if (e->root == NULL)
        e->root = node_make(e, true);
    if (e->root == NULL)
        return NULL;
    root = own(e, &e->root);
    if (root == NULL || root->count < DRY__FANOUT)
        return root;
    up = node_make(e, false);
    if (up == NULL)
        return NULL;
    up->count = 1;
    up->child[0] = root;
    if (!split(e, up, 0, key))
        return NULL;
    e->root = up;
    return up;
}

dry_status dry__tree_put(struct dry__edit *e, struct dry_bytes key, struct dry_bytes value)
{
    struct dry__blob *b = blob_make(e, key, value);
    struct dry__node *n = b == NULL ? NULL : root_ready(e, key);
    uint32_t i;

    while (n != NULL && !n->leaf) {
        struct dry__node *child;

        i = dry__node_child(n, key);
        child = own(e, &n->child[i]);
        if (child != NULL && child->count == DRY__FANOUT) {
            if (!split(e, n, i, key))
                return DRY_ENOMEM;
            child = n->child[dry__node_child(n, key)];
        }
        n = child;
    }
    if (n == NULL)
        return DRY_ENOMEM;
    i = dry__node_bound(n, 0, key, false);
    if (i < n->count && dry_bytes_equal(dry__blob_key(n->key[i]), key)) {
        retire(e, &n->key[i]->o);
    } else {
        slots_move(n, i + 1, n, i, n->count - i);
        n->head[i] = head_of(key);
        n->count++;
    }
    n->key[i] = b;
    return DRY_OK;
}

/* Take child i out of the inner node n. */
static void child_remove(struct dry__edit *e, struct dry__node *n, uint32_t i)
{
    uint32_t sep = i > 0 ? i : 1; /* the first child needs no separator, so its successor's goes */

    DRY_ASSERT(i < n->count);
    retire(e, &n->child[i]->o);
    if (sep < n->count)
        retire(e, &n->key[sep]->o);
    n->count--;
    slots_move(n, i, n, i + 1, n->count - i);
    n->key[0] = NULL;
}

dry_status dry__tree_delete(struct dry__edit *e, struct dry_bytes key)
{
    struct dry__node *path[DRY__HEIGHT_MAX], *n;
    uint32_t at[DRY__HEIGHT_MAX], depth = 0, i;

    if (dry__tree_find(e->root, key) == NULL)
        return DRY_OK;
    for (n = own(e, &e->root); n != NULL && !n->leaf; depth++) {
        DRY_ASSERT(depth < DRY__HEIGHT_MAX);
        path[depth] = n;
        at[depth] = dry__node_child(n, key);
        n = own(e, &n->child[at[depth]]);
    }
    if (n == NULL)
        return DRY_ENOMEM;
    i = dry__node_bound(n, 0, key, false);
    retire(e, &n->key[i]->o);
    n->count--;
    slots_move(n, i, n, i + 1, n->count - i);
    while (depth > 0 && n->count == 0) {
        depth--;
        n = path[depth];
        child_remove(e, n, at[depth]);
    }
    while (e->root != NULL && e->root->count <= 1) {
        struct dry__node *root = e->root;

        if (root->leaf && root->count == 1)
            break;
        e->root = root->count == 0 ? NULL : root->child[0];
        retire(e, &root->o);
    }
    return DRY_OK;
}

/* The first key >= prefix, when it starts with prefix. */
static const struct dry__blob *first_with(const struct dry__node *n, struct dry_bytes prefix)
{
    const struct dry__node *right = NULL; /* subtree just after the one gone into */
    uint32_t i;

    if (n == NULL)
        return NULL;
    while (!n->leaf) {
        i = dry__node_child(n, prefix);
        if (i + 1 < n->count)
            right = n->child[i + 1];
        n = n->child[i];
    }
    i = dry__node_bound(n, 0, prefix, false);
    if (i == n->count) {
        for (n = right; n != NULL && !n->leaf;)
            n = n->child[0];
        i = 0;
    }
    return n != NULL && dry__prefix_has(dry__blob_key(n->key[i]), prefix) ? n->key[i] : NULL;
}

dry_status dry__tree_delete_prefix(struct dry__edit *e, struct dry_bytes prefix)
{
    const struct dry__blob *b;

    while ((b = first_with(e->root, prefix)) != NULL) {
        dry_status st = dry__tree_delete(e, dry__blob_key(b));

        if (!dry_ok(st))
            return st;
    }
    return DRY_OK;
}

void dry__edit_abort(struct dry__edit *e)
{
    for (size_t i = 0; i < e->fresh_count; i++)
        dry_free(e->fresh[i]);
    dry__edit_keep(e);
    e->retired = NULL;
}

void dry__edit_keep(struct dry__edit *e)
{
    dry_free(e->fresh);
    e->fresh = NULL;
    e->fresh_count = e->fresh_cap = 0;
}

void dry__tree_free(struct dry__node *root)
{
    struct dry__node *path[DRY__HEIGHT_MAX];
    uint32_t depth = 0;

    if (root == NULL)
        return;
    path[depth++] = root;
    while (depth > 0) {
        struct dry__node *n = path[depth - 1];

        if (n->count > 0) {
            n->count--;
            dry_free(n->key[n->count]);
            if (!n->leaf) {
                DRY_ASSERT(depth < DRY__HEIGHT_MAX);
                path[depth++] = n->child[n->count];
            }
        } else {
            dry_free(n);
            depth--;
        }
    }
}
