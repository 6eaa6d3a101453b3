/* Driver "memory". A snapshot is a counted root. While one is open, a commit copies the nodes it
 * changes, and what it replaces is hung on the newest older snapshot that can still see it; when
 * that one goes, it moves on to the next older one or is freed. So memory held is what living
 * snapshots can reach, and readers do not wait for the writer. While none is open, a small commit
 * changes the tree itself, with the lock held: a reader that comes then waits for a fraction of a
 * millisecond. */
#include "prefix.h"
#include "tree.h"
#include <drystone/platform/lock.h>
#include <drystone/storage.h>

/* Operations of a commit; copying pays when many share a leaf, and takes no lock. */
#define IN_PLACE_MAX 1024u

struct dry_snapshot {
    struct dry__node *root; /* changes only while nobody else has it pinned */
    uint64_t version;
    uint64_t pins; /* guarded by the store's lock; the newest has one of its own */
    struct dry__object *garbage;
    struct dry_snapshot *older, *newer;
};

struct memory {
    struct dry_storage base; /* first */
    struct dry_mutex lock;   /* guards `newest` and every snapshot's fields but root and version */
    struct dry_snapshot *newest;
    struct dry__spare spare; /* the writer's */
};

struct cursor {
    struct dry_cursor base; /* first */
    struct memory *m;
    struct dry_snapshot *snap; /* pinned */
    const struct dry__node *path[DRY__HEIGHT_MAX];
    uint32_t at[DRY__HEIGHT_MAX]; /* the entry to be given next is at[depth - 1] */
    uint32_t depth;               /* 0: at the end */
    bool backward;
    uint32_t prefix_len;
    uint8_t prefix[DRY_KEY_BYTES_MAX];
};

static struct dry_snapshot *pin(struct memory *m, const struct dry_snapshot *snap)
{
    struct dry_snapshot *s = (struct dry_snapshot *)snap;

    dry_mutex_lock(&m->lock);
    if (s == NULL)
        s = m->newest;
    s->pins++;
    dry_mutex_unlock(&m->lock);
    return s;
}

/* Take s off the list; what it kept goes to the next older one that sees it, or is returned to be
 * freed. With the lock held. */
static struct dry__object *snapshot_remove(struct dry_snapshot *s)
{
    struct dry__object *o = s->garbage, *dead = NULL;

    while (o != NULL) {
        struct dry__object *next = o->next;
        struct dry__object **list =
            s->older != NULL && o->birth <= s->older->version ? &s->older->garbage : &dead;

        o->next = *list;
        *list = o;
        o = next;
    }
    if (s->older != NULL)
        s->older->newer = s->newer;
    if (s->newer != NULL)
        s->newer->older = s->older;
    return dead;
}

/* spare: NULL but for the writer. */
static void unpin(struct memory *m, struct dry_snapshot *s, struct dry__spare *spare)
{
    struct dry__object *dead = NULL;
    bool last;

    dry_mutex_lock(&m->lock);
    last = --s->pins == 0;
    if (last)
        dead = snapshot_remove(s);
    dry_mutex_unlock(&m->lock);
    if (last)
        dry_free(s);
    dry__objects_free(dead, spare);
}

static dry_status memory_open(struct dry_storage **out, const struct dry_storage_settings *set,
                              struct dry_buf *error)
{
    struct memory *m = dry_alloc(sizeof(*m));
    dry_status st = DRY_ENOMEM;

    (void)set;
    (void)error;
    if (m == NULL)
        return st;
    m->base.ops = &dry_storage_memory;
    m->newest = dry_alloc(sizeof(*m->newest));
    if (m->newest == NULL)
        goto fail;
    m->newest->pins = 1;
    st = dry_mutex_init(&m->lock);
    if (!dry_ok(st))
        goto fail;
    *out = &m->base;
    return DRY_OK;
fail:
    dry_free(m->newest);
    dry_free(m);
    return st;
}

static void memory_close(struct dry_storage *s)
{
    struct memory *m = (struct memory *)s;

    /* A snapshot or cursor is open still. */
    DRY_ASSERT(m->newest->older == NULL && m->newest->pins == 1);
    dry__tree_free(m->newest->root);
    dry__objects_free(m->spare.nodes[DRY__LEAF], NULL);
    dry__objects_free(m->spare.nodes[DRY__INNER], NULL);
    dry_free(m->newest);
    dry_mutex_fini(&m->lock);
    dry_free(m);
}

static dry_status memory_get(struct dry_storage *s, const struct dry_snapshot *snap,
                             struct dry_buf *out, struct dry_bytes key)
{
    struct memory *m = (struct memory *)s;
    struct dry_snapshot *own = snap == NULL ? pin(m, NULL) : NULL;
    const struct dry__blob *b = dry__tree_find(own != NULL ? own->root : snap->root, key);
    dry_status st = b == NULL ? DRY_ENOTFOUND : dry_buf_append(out, dry__blob_value(b));

    if (own != NULL)
        unpin(m, own, NULL);
    return st;
}

static dry_status apply(struct dry__edit *e, const struct dry_batch *batch)
{
    size_t offset = 0;
    enum dry_batch_op op;
    struct dry_bytes key, value;
    dry_status st = DRY_OK;

    while (dry_ok(st) && dry_batch_next(batch, &offset, &op, &key, &value)) {
        switch (op) {
        case DRY_BATCH_PUT:
            st = dry__tree_put(e, key, value);
            break;
        case DRY_BATCH_DELETE:
            st = dry__tree_delete(e, key);
            break;
        case DRY_BATCH_DELETE_PREFIX:
            st = dry__tree_delete_prefix(e, key);
            break;
        }
    }
    return st;
}

/* Of what the edit retired: free what lived and died within it, return what older roots can see. */
static struct dry__object *edit_seen(struct dry__edit *e)
{
    struct dry__object *o = e->retired, *seen = NULL;

    while (o != NULL) {
        struct dry__object *next = o->next;

        if (o->birth == e->version) {
            dry_free(o);
        } else {
            o->next = seen;
            seen = o;
        }
        o = next;
    }
    return seen;
}

/* Change the newest tree itself. With the lock held and nobody reading. */
static dry_status commit_in_place(struct memory *m, const struct dry_batch *batch,
                                  struct dry__undo *undo)
{
    struct dry_snapshot *now = m->newest;
    struct dry__edit e = {
        .root = now->root, .version = now->version, .spare = &m->spare, .undo = undo};
    dry_status st = apply(&e, batch);

    if (dry_ok(st)) {
        dry__edit_keep(&e);
        dry__objects_free(e.retired, &m->spare);
    } else {
        dry__edit_abort(&e);
    }
    now->root = e.root;
    return st;
}

static dry_status commit_copy(struct memory *m, const struct dry_batch *batch)
{
    struct dry_snapshot *old = m->newest, *next = dry_alloc(sizeof(*next));
    struct dry__edit e = {.root = old->root, .version = old->version + 1, .spare = &m->spare};
    struct dry__object *seen;
    dry_status st;

    if (next == NULL)
        return DRY_ENOMEM;
    st = apply(&e, batch);
    if (!dry_ok(st)) {
        dry__edit_abort(&e);
        dry_free(next);
        return st;
    }
    dry__edit_keep(&e);
    seen = edit_seen(&e);
    *next = (struct dry_snapshot){.root = e.root, .version = e.version, .pins = 1, .older = old};
    dry_mutex_lock(&m->lock);
    old->newer = next;
    m->newest = next;
    DRY_ASSERT(old->garbage == NULL); /* only the writer adds to the newest */
    old->garbage = seen;
    dry_mutex_unlock(&m->lock);
    unpin(m, old, &m->spare); /* frees it all when no snapshot is open */
    return DRY_OK;
}

/* No more changes than there is room to undo. */
static bool fits_in_place(const struct dry_batch *batch)
{
    size_t offset = 0;
    enum dry_batch_op op;
    struct dry_bytes key, value;

    if (batch->count > IN_PLACE_MAX)
        return false;
    while (dry_batch_next(batch, &offset, &op, &key, &value))
        if (op == DRY_BATCH_DELETE_PREFIX)
            return false;
    return true;
}

static dry_status memory_commit(struct dry_storage *s, const struct dry_batch *batch, bool durable)
{
    struct memory *m = (struct memory *)s;
    struct dry__undo undo[IN_PLACE_MAX]; /* 16 KiB */
    bool alone = false;
    dry_status st = DRY_OK;

    (void)durable;
    if (fits_in_place(batch)) {
        dry_mutex_lock(&m->lock);
        alone = m->newest->older == NULL && m->newest->pins == 1;
        if (alone)
            st = commit_in_place(m, batch, undo);
        dry_mutex_unlock(&m->lock);
    }
    return alone ? st : commit_copy(m, batch);
}

static dry_status memory_snapshot_open(struct dry_storage *s, struct dry_snapshot **out)
{
    *out = pin((struct memory *)s, NULL);
    return DRY_OK;
}

static void memory_snapshot_close(struct dry_storage *s, struct dry_snapshot *snap)
{
    unpin((struct memory *)s, snap, NULL);
}

/* ---- cursors
 * ---------------------------------------------------------------------------------------- */

/* Up until there is a way to the next (or previous) entry, then down along its near side. */
static void step(struct cursor *c)
{
    while (c->depth > 0) {
        uint32_t *at = &c->at[c->depth - 1];
        const struct dry__node *n = c->path[c->depth - 1];

        if (c->backward ? *at > 0 : *at + 1 < n->count) {
            *at += c->backward ? -1u : 1u;
            break;
        }
        c->depth--;
    }
    if (c->depth == 0)
        return;
    for (const struct dry__node *n = c->path[c->depth - 1]; !dry__is_leaf(n);) {
        n = n->child[c->at[c->depth - 1]];
        DRY_ASSERT(c->depth < DRY__HEIGHT_MAX);
        c->path[c->depth] = n;
        c->at[c->depth] = c->backward ? n->count - 1 : 0;
        c->depth++;
    }
}

/* To the first entry >= key (> key when after); its place may be one past a leaf's end. */
static void descend(struct cursor *c, struct dry_bytes key, bool after)
{
    const struct dry__node *n = c->snap->root;

    c->depth = 0;
    while (n != NULL) {
        DRY_ASSERT(c->depth < DRY__HEIGHT_MAX);
        c->path[c->depth] = n;
        c->at[c->depth] =
            dry__is_leaf(n) ? dry__node_bound(n, 0, key, after) : dry__node_child(n, key);
        n = dry__is_leaf(n) ? NULL : n->child[c->at[c->depth]];
        c->depth++;
    }
}

static void place_last(struct cursor *c)
{
    const struct dry__node *n = c->snap->root;

    for (c->depth = 0; n != NULL; c->depth++) {
        DRY_ASSERT(c->depth < DRY__HEIGHT_MAX);
        c->path[c->depth] = n;
        c->at[c->depth] = n->count - 1;
        n = dry__is_leaf(n) ? NULL : n->child[n->count - 1];
    }
}

static void place_forward(struct cursor *c, struct dry_bytes key)
{
    descend(c, key, false);
    if (c->depth > 0 && c->at[c->depth - 1] == c->path[c->depth - 1]->count) {
        c->at[c->depth - 1]--;
        step(c);
    }
}

static dry_status cursor_seek(struct dry_cursor *base, struct dry_bytes key, bool backward)
{
    struct cursor *c = (struct cursor *)base;
    struct dry_bytes prefix = dry_bytes_of(c->prefix, c->prefix_len);
    bool below = dry_bytes_compare(key, prefix) < 0, inside = dry__prefix_has(key, prefix);
    uint8_t end[DRY_KEY_BYTES_MAX];
    size_t end_len;

    c->backward = backward;
    if (!backward) {
        place_forward(c, below ? prefix : key);
        return DRY_OK;
    }
    if (below) {
        c->depth = 0;
        return DRY_OK;
    }
    end_len = inside ? 0 : dry__prefix_end(end, prefix);
    if (!inside && end_len == 0) {
        place_last(c);
        return DRY_OK;
    }
    /* The entry before the first one past the bound. */
    descend(c, inside ? key : dry_bytes_of(end, end_len), inside);
    if (c->depth > 0)
        step(c);
    return DRY_OK;
}

static dry_status cursor_open(struct dry_storage *s, const struct dry_snapshot *snap,
                              struct dry_cursor **out, struct dry_bytes prefix)
{
    struct cursor *c;

    DRY_ASSERT(prefix.len <= DRY_KEY_BYTES_MAX);
    c = dry_alloc(sizeof(*c));
    if (c == NULL)
        return DRY_ENOMEM;
    c->base.ops = &dry_storage_memory;
    c->m = (struct memory *)s;
    c->snap = pin(c->m, snap);
    c->prefix_len = (uint32_t)prefix.len;
    if (prefix.len > 0)
        memcpy(c->prefix, prefix.ptr, prefix.len);
    place_forward(c, prefix);
    *out = &c->base;
    return DRY_OK;
}

static void cursor_close(struct dry_cursor *base)
{
    struct cursor *c = (struct cursor *)base;

    unpin(c->m, c->snap, NULL);
    dry_free(c);
}

static dry_status cursor_next(struct dry_cursor *base, struct dry_bytes *key,
                              struct dry_bytes *value)
{
    struct cursor *c = (struct cursor *)base;
    const struct dry__blob *b;

    if (c->depth == 0)
        return DRY_ENOTFOUND;
    b = c->path[c->depth - 1]->key[c->at[c->depth - 1]];
    if (!dry__prefix_has(dry__blob_key(b), dry_bytes_of(c->prefix, c->prefix_len))) {
        c->depth = 0;
        return DRY_ENOTFOUND;
    }
    *key = dry__blob_key(b);
    *value = dry__blob_value(b);
    step(c);
    return DRY_OK;
}

const struct dry_storage_ops dry_storage_memory = {
    .abi = DRY_STORAGE_ABI,
    .name = "memory",
    .open = memory_open,
    .close = memory_close,
    .get = memory_get,
    .commit = memory_commit,
    .snapshot_open = memory_snapshot_open,
    .snapshot_close = memory_snapshot_close,
    .cursor_open = cursor_open,
    .cursor_close = cursor_close,
    .cursor_seek = cursor_seek,
    .cursor_next = cursor_next,
};
