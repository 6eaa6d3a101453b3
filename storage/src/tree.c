/* B+ tree, copied on write or changed in place: search, insertion with splits on the way down,
 * removal of what became empty. */
#include "tree.h"
#include "prefix.h"

/* The 8 bytes of a key after its first `skip`, zeros past its end. */
static uint64_t head_of(struct dry_bytes key, uint32_t skip)
{
    uint64_t h = 0;

    if (key.len >= (size_t)skip + 8)
        memcpy(&h, key.ptr + skip, 8);
    else if (key.len > skip)
        memcpy(&h, key.ptr + skip, key.len - skip);
    return __builtin_bswap64(h);
}

/* How many bytes two keys begin with alike, `max` at most. */
static uint32_t common_length(struct dry_bytes a, struct dry_bytes b, uint32_t max)
{
    uint32_t n = 0;

    while (n < max && n < a.len && n < b.len && a.ptr[n] == b.ptr[n])
        n++;
    return n;
}

/* First index of [lo, hi) whose head is >= h. Without a jump that depends on what it finds. */
static uint32_t head_bound(const struct dry__node *n, uint32_t lo, uint32_t hi, uint64_t h)
{
    const uint64_t *at = n->head + lo;
    uint32_t len = hi - lo;

    while (len > 1) {
        uint32_t half = len / 2;

        at += at[half - 1] < h ? half : 0;
        len -= half;
    }
    return (uint32_t)(at - n->head) + (len == 1 && *at < h);
}

uint32_t dry__node_bound(const struct dry__node *n, uint32_t from, struct dry_bytes key, bool after)
{
    size_t known;
    uint32_t lo, hi;
    uint64_t head;
    int c;

    for (uint32_t i = 0; i < DRY__FANOUT; i += 8) /* all at once, not one after the other */
        __builtin_prefetch(&n->head[i]);
    known = key.len < n->skip ? key.len : n->skip;
    c = known != 0 ? memcmp(key.ptr, n->shared, known) : 0;
    if (c != 0 || known < n->skip) /* before all of them when it is only their beginning */
        return c > 0 ? n->count : from;
    head = head_of(key, n->skip);
    lo = head_bound(n, from, n->count, head);
    for (hi = lo; hi < n->count && n->head[hi] == head; hi++)
        ;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        c = dry_bytes_compare(dry__blob_key(n->key[mid]), key);
        if (after ? c <= 0 : c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Let the keys of a node share `skip` bytes, those of `like`. */
static void share(struct dry__node *n, struct dry_bytes like, uint32_t skip)
{
    memmove(n->shared, like.ptr, skip); /* may be its own */
    n->skip = (uint8_t)skip;
    for (uint32_t i = dry__is_leaf(n) ? 0 : 1; i < n->count; i++)
        n->head[i] = head_of(dry__blob_key(n->key[i]), skip);
}

/* Let a node share no more than the key that comes to it. */
static void share_with(struct dry__node *n, struct dry_bytes key)
{
    struct dry_bytes shared = dry_bytes_of(n->shared, n->skip);
    uint32_t skip = common_length(shared, key, n->skip);

    if (skip < n->skip)
        share(n, shared, skip);
}

/* Let a node share all that its first and last key do. */
static void share_more(struct dry__node *n)
{
    uint32_t first = dry__is_leaf(n) ? 0 : 1, skip;

    if (n->count <= first)
        return;
    skip = common_length(dry__blob_key(n->key[first]), dry__blob_key(n->key[n->count - 1u]),
                         DRY__SHARED_MAX);
    if (skip > n->skip)
        share(n, dry__blob_key(n->key[first]), skip);
}

uint32_t dry__node_child(const struct dry__node *n, struct dry_bytes key)
{
    return dry__node_bound(n, 1, key, true) - 1;
}

/* Whether a leaf has the key, and its place or where it would stand. The heads spare a look at
 * another key when this one is new. */
static bool slot_find(const struct dry__node *leaf, uint32_t *i, struct dry_bytes key)
{
    *i = dry__node_bound(leaf, 0, key, false);
    return *i < leaf->count && leaf->head[*i] == head_of(key, leaf->skip) &&
           dry_bytes_equal(dry__blob_key(leaf->key[*i]), key);
}

const struct dry__blob *dry__tree_find(const struct dry__node *n, struct dry_bytes key)
{
    uint32_t i;

    if (n == NULL)
        return NULL;
    while (!dry__is_leaf(n))
        n = n->child[dry__node_child(n, key)];
    return slot_find(n, &i, key) ? n->key[i] : NULL;
}

/* Room to remember one more object for dry__edit_abort(). */
static bool fresh_room(struct dry__edit *e)
{
    size_t cap = e->fresh_cap == 0 ? 32 : 2 * e->fresh_cap;
    struct dry__object **more;

    if (e->undo != NULL || e->fresh_count < e->fresh_cap)
        return true;
    more = dry_realloc(e->fresh, e->fresh_cap * sizeof(*more), cap * sizeof(*more));
    if (more == NULL)
        return false;
    e->fresh = more;
    e->fresh_cap = cap;
    return true;
}

/* An object of this edit; NULL when memory runs out. */
static void *fresh(struct dry__edit *e, enum dry__kind kind, size_t size)
{
    struct dry__object *o = e->spare->nodes[kind];

    if (!fresh_room(e))
        return NULL;
    if (o != NULL) {
        e->spare->nodes[kind] = o->next;
        e->spare->count[kind]--;
    } else {
        o = dry_alloc(size);
        if (o == NULL)
            return NULL;
    }
    o->kind = kind;
    o->birth = e->version;
    o->next = NULL;
    if (e->undo == NULL)
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
    struct dry__blob *b = fresh(e, DRY__BLOB, sizeof(*b) + key.len + value.len);

    if (b == NULL)
        return NULL;
    b->key_len = (uint16_t)key.len;
    b->value_len = (uint32_t)value.len;
    memcpy(b->bytes, key.ptr, key.len);
    if (value.len > 0)
        memcpy(b->bytes + key.len, value.ptr, value.len);
    return b;
}

static struct dry__node *node_make(struct dry__edit *e, bool leaf)
{
    struct dry__node *n = fresh(e, leaf ? DRY__LEAF : DRY__INNER,
                                sizeof(*n) + (leaf ? 0 : DRY__FANOUT * sizeof(n->child[0])));

    if (n != NULL) {
        n->count = 0;
        n->skip = 0;
    }
    return n;
}

/* Move count slots of a node, within it or to another. */
static void slots_move(struct dry__node *to, uint32_t at, const struct dry__node *from,
                       uint32_t first, uint32_t count)
{
    memmove(to->head + at, from->head + first, count * sizeof(to->head[0]));
    memmove(to->key + at, from->key + first, count * sizeof(to->key[0]));
    if (!dry__is_leaf(to))
        memmove(to->child + at, from->child + first, count * sizeof(to->child[0]));
}

/* The node in *slot, made this edit's own. */
static struct dry__node *own(struct dry__edit *e, struct dry__node **slot)
{
    struct dry__node *old = *slot, *n;

    if (e->undo != NULL || old->o.birth == e->version)
        return old;
    n = node_make(e, dry__is_leaf(old));
    if (n == NULL)
        return NULL;
    n->count = old->count;
    n->skip = old->skip;
    memcpy(n->shared, old->shared, old->skip);
    slots_move(n, 0, old, 0, old->count);
    retire(e, &old->o);
    *slot = n;
    return n;
}

/* Split the full child i of n, both being ours, because key is on its way there. A key past the end
 * leaves the left half full: keys that rise (block numbers) then fill their leaves. */
static bool split(struct dry__edit *e, struct dry__node *n, uint32_t i, struct dry_bytes key)
{
    struct dry__node *left = n->child[i], *right = node_make(e, dry__is_leaf(left));
    bool rising = dry_bytes_compare(dry__blob_key(left->key[left->count - 1]), key) < 0;
    uint32_t keep = rising ? DRY__FANOUT - 1 : DRY__FANOUT / 2;
    struct dry__blob *sep;

    if (right == NULL)
        return false;
    if (dry__is_leaf(left)) {
        sep = blob_make(e, dry__blob_key(left->key[keep]), DRY_BYTES_EMPTY);
        if (sep == NULL) {
            retire(e, &right->o);
            return false;
        }
    } else {
        sep = left->key[keep]; /* moves up */
    }
    right->count = (uint16_t)(left->count - keep);
    right->skip = left->skip;
    memcpy(right->shared, left->shared, left->skip);
    slots_move(right, 0, left, keep, right->count);
    left->count = (uint16_t)keep;
    if (!dry__is_leaf(right))
        right->key[0] = NULL;
    share_more(left);
    share_more(right);
    share_with(n, dry__blob_key(sep));
    slots_move(n, i + 2, n, i + 1, n->count - i - 1);
    n->head[i + 1] = head_of(dry__blob_key(sep), n->skip);
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
    if (!split(e, up, 0, key)) {
        retire(e, &up->o);
        return NULL;
    }
    e->root = up;
    return up;
}

static void slot_insert(struct dry__node *leaf, uint32_t i, struct dry__blob *b)
{
    struct dry_bytes key = dry__blob_key(b);

    DRY_ASSERT(leaf->count < DRY__FANOUT);
    share_with(leaf, key);
    slots_move(leaf, i + 1, leaf, i, leaf->count - i);
    leaf->head[i] = head_of(key, leaf->skip);
    leaf->key[i] = b;
    leaf->count++;
}

static void slot_remove(struct dry__node *leaf, uint32_t i)
{
    leaf->count--;
    slots_move(leaf, i, leaf, i + 1, leaf->count - i);
}

/* Note what becomes of a key. */
static void replaced(struct dry__edit *e, struct dry__blob *was, struct dry__blob *is)
{
    if (e->undo != NULL)
        e->undo[e->undo_count++] = (struct dry__undo){was, is};
    else if (was != NULL)
        retire(e, &was->o);
}

/* The leaf of a key, this edit's own and with room for one more; NULL when memory runs out. */
static struct dry__node *leaf_ready(struct dry__edit *e, struct dry_bytes key)
{
    struct dry__node *n = root_ready(e, key);

    while (n != NULL && !dry__is_leaf(n)) {
        uint32_t i = dry__node_child(n, key);
        struct dry__node *child = own(e, &n->child[i]);

        if (child != NULL && child->count == DRY__FANOUT) {
            if (!split(e, n, i, key))
                return NULL;
            child = n->child[dry__node_child(n, key)];
        }
        n = child;
    }
    return n;
}

dry_status dry__tree_put(struct dry__edit *e, struct dry_bytes key, struct dry_bytes value)
{
    struct dry__node *leaf = leaf_ready(e, key);
    struct dry__blob *b = leaf != NULL ? blob_make(e, key, value) : NULL;
    uint32_t i;

    if (b == NULL)
        return DRY_ENOMEM;
    if (slot_find(leaf, &i, key)) {
        replaced(e, leaf->key[i], b);
        leaf->key[i] = b;
    } else {
        replaced(e, NULL, b);
        slot_insert(leaf, i, b);
    }
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

/* Take out the leaf of a key when it is empty, and what becomes empty or needless by that. All on
 * the way is this edit's own. */
static void sweep(struct dry__edit *e, struct dry_bytes key)
{
    struct dry__node *path[DRY__HEIGHT_MAX], *n = e->root;
    uint32_t at[DRY__HEIGHT_MAX], depth = 0;

    for (; n != NULL && !dry__is_leaf(n); depth++) {
        DRY_ASSERT(depth < DRY__HEIGHT_MAX);
        path[depth] = n;
        at[depth] = dry__node_child(n, key);
        n = n->child[at[depth]];
    }
    if (n == NULL || n->count != 0)
        return;
    while (depth > 0 && n->count == 0) {
        depth--;
        n = path[depth];
        child_remove(e, n, at[depth]);
    }
    while (e->root != NULL && e->root->count <= 1) {
        struct dry__node *root = e->root;

        if (dry__is_leaf(root) && root->count == 1)
            break;
        e->root = root->count == 0 ? NULL : root->child[0];
        retire(e, &root->o);
    }
}

dry_status dry__tree_delete(struct dry__edit *e, struct dry_bytes key)
{
    struct dry__node *n = e->root != NULL ? own(e, &e->root) : NULL;
    uint32_t i;

    if (e->root == NULL)
        return DRY_OK;
    while (n != NULL && !dry__is_leaf(n))
        n = own(e, &n->child[dry__node_child(n, key)]);
    if (n == NULL)
        return DRY_ENOMEM;
    if (!slot_find(n, &i, key))
        return DRY_OK;
    replaced(e, n->key[i], NULL);
    slot_remove(n, i);
    if (n->count != 0)
        return DRY_OK;
    if (e->undo == NULL)
        sweep(e, key);
    else
        e->emptied = true; /* undoing may need the place: it goes at the end */
    return DRY_OK;
}

/* The first key >= prefix, when it starts with prefix. */
static const struct dry__blob *first_with(const struct dry__node *n, struct dry_bytes prefix)
{
    const struct dry__node *right = NULL; /* subtree just after the one gone into */
    uint32_t i;

    if (n == NULL)
        return NULL;
    while (!dry__is_leaf(n)) {
        i = dry__node_child(n, prefix);
        if (i + 1 < n->count)
            right = n->child[i + 1];
        n = n->child[i];
    }
    i = dry__node_bound(n, 0, prefix, false);
    if (i == n->count) {
        for (n = right; n != NULL && !dry__is_leaf(n);)
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

void dry__objects_free(struct dry__object *o, struct dry__spare *spare)
{
    while (o != NULL) {
        struct dry__object *next = o->next;

        if (spare != NULL && o->kind != DRY__BLOB && spare->count[o->kind] < DRY__SPARE_MAX) {
            o->next = spare->nodes[o->kind];
            spare->nodes[o->kind] = o;
            spare->count[o->kind]++;
        } else {
            dry_free(o);
        }
        o = next;
    }
}

/* Undo one change in place. A key put back finds room: since it went, its leaf has at most been
 * split, and what was put after it is gone again. */
static void change_undo(struct dry__edit *e, const struct dry__undo *u)
{
    struct dry__node *n = e->root;
    struct dry_bytes key = dry__blob_key(u->was != NULL ? u->was : u->is);
    uint32_t i;

    while (!dry__is_leaf(n))
        n = n->child[dry__node_child(n, key)];
    if (!slot_find(n, &i, key)) {
        if (u->was != NULL)
            slot_insert(n, i, u->was);
    } else if (u->was != NULL) {
        n->key[i] = u->was;
    } else {
        slot_remove(n, i);
    }
}

void dry__edit_abort(struct dry__edit *e)
{
    if (e->undo == NULL) {
        for (size_t i = 0; i < e->fresh_count; i++)
            dry_free(e->fresh[i]);
        dry_free(e->fresh);
        return;
    }
    for (size_t i = e->undo_count; i > 0; i--)
        change_undo(e, &e->undo[i - 1]);
    for (size_t i = 0; i < e->undo_count; i++) {
        struct dry__blob *is = e->undo[i].is;

        if (is == NULL)
            continue; /* was deleted, is back, and so its leaf is not empty */
        sweep(e, dry__blob_key(is));
        retire(e, &is->o);
    }
    dry__objects_free(e->retired, e->spare);
}

void dry__edit_keep(struct dry__edit *e)
{
    for (size_t i = 0; i < e->undo_count; i++) {
        const struct dry__undo *u = &e->undo[i];

        if (u->was == NULL)
            continue;
        if (u->is == NULL && e->emptied)
            sweep(e, dry__blob_key(u->was));
        retire(e, &u->was->o);
    }
    dry_free(e->fresh);
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
            if (!dry__is_leaf(n)) {
                DRY_ASSERT(depth < DRY__HEIGHT_MAX);
                path[depth++] = n->child[n->count];
            }
        } else {
            dry_free(n);
            depth--;
        }
    }
}
