/* Pruning by journal. Because a node's key names its place, a state holds a node or it does not:
 * each commit's lists are exact, and whether a kept state still needs a node follows from counting
 * the commits above the base that made it. */
#include "journal.h"

/* States pruned at a time. */
#define STEP 16u
/* States left however many nodes they hold: BLOCKHASH, reorganisations and readers look back. */
#define STATES_MIN 128u

/* A record in the storage: number of the parent (8), the parent's root (32), then as the edge: root
 * (32), created (4), dropped (4), keys. */
#define RECORD_HEAD (8u + 32u + 32u + 4u + 4u)
#define RECORD_MAX \
    ((size_t)64 << 20) /* a larger change is not recorded: the tree starts behind it */
#define NODE_KEY_MIN 33u

struct dry__edge {
    uint64_t number;
    struct dry_hash root;
    struct dry__edge *parent, *child, *sibling;
    uint64_t depth;
    bool on_way; /* from the base to the head */
    uint32_t created, dropped;
    size_t key_bytes;
    uint8_t keys[]; /* length and key of each: created, then dropped */
};

/* --- tallies --- */

/* A name for a key. Two keys of one name are taken for one, and then a node stays too long. */
static uint64_t key_id(const uint8_t *key, size_t n)
{
    uint64_t id, w;
    size_t at = 0;

    memcpy(&id, key + n - 32, 8);
    for (; at + 8 <= n - 32; at += 8) {
        memcpy(&w, key + at, 8);
        id = (id ^ w) * 0x9e3779b97f4a7c15u;
        id ^= id >> 29;
    }
    for (; at < n - 32; at++)
        id = (id ^ key[at]) * 0x9e3779b97f4a7c15u;
    id ^= id >> 32;
    return id != 0 ? id : 1;
}

static struct dry__tally_entry *tally_find(const struct dry__tally *t, uint64_t id)
{
    size_t at = (size_t)id & (t->cap - 1);

    while (t->entries[at].id != 0 && t->entries[at].id != id)
        at = (at + 1) & (t->cap - 1);
    return &t->entries[at];
}

/* Make room for `more` new names, leaving out those that count nothing. */
static dry_status tally_reserve(struct dry__tally *t, size_t more)
{
    struct dry__tally fresh = {NULL, 64, 0};
    size_t live = 0;

    if (t->cap != 0 && (t->used + more) <= t->cap / 4 * 3)
        return DRY_OK;
    for (size_t i = 0; i < t->cap; i++)
        live += t->entries[i].count != 0;
    while (fresh.cap / 2 < live + more) {
        if (fresh.cap > SIZE_MAX / 4 / sizeof(*fresh.entries))
            return DRY_ENOMEM;
        fresh.cap *= 2;
    }
    fresh.entries = dry_alloc(fresh.cap * sizeof(*fresh.entries));
    if (fresh.entries == NULL)
        return DRY_ENOMEM;
    for (size_t i = 0; i < t->cap; i++) {
        if (t->entries[i].count != 0) {
            *tally_find(&fresh, t->entries[i].id) = t->entries[i];
            fresh.used++;
        }
    }
    dry_free(t->entries);
    *t = fresh;
    return DRY_OK;
}

static void tally_add(struct dry__tally *t, uint64_t id)
{
    struct dry__tally_entry *e = tally_find(t, id);

    t->used += e->id == 0;
    e->id = id;
    e->count++;
}

static uint32_t tally_count(const struct dry__tally *t, uint64_t id)
{
    return t->cap != 0 ? tally_find(t, id)->count : 0;
}

/* --- the tree --- */

/* The next one of the tree below top, parents first; NULL at the end. */
static struct dry__edge *edge_next(const struct dry__edge *top, struct dry__edge *e)
{
    if (e->child != NULL)
        return e->child;
    while (e != top && e->sibling == NULL)
        e = e->parent;
    return e == top ? NULL : e->sibling;
}

/* Free a tree that nothing points to any more. */
static void edges_free(struct dry__edge *top)
{
    struct dry__edge *e = top;

    while (e != NULL) {
        struct dry__edge *up;

        while (e->child != NULL)
            e = e->child;
        up = e == top ? NULL : e->parent;
        if (up != NULL)
            up->child = e->sibling;
        dry_free(e);
        e = up;
    }
}

void dry__journal_fini(struct dry__journal *j)
{
    edges_free(j->base);
    dry_free(j->made.entries);
    j->base = j->newest = j->fresh = NULL;
    j->nodes = 0;
    j->made = (struct dry__tally){NULL, 0, 0};
}

static struct dry__edge *edge_find(const struct dry__journal *j, const struct dry_hash *root)
{
    struct dry__edge *e = j->newest;

    if (e != NULL && dry_hash_equal(&e->root, root))
        return e;
    for (e = j->base; e != NULL; e = edge_next(j->base, e))
        if (dry_hash_equal(&e->root, root))
            return e;
    return NULL;
}

static struct dry__edge *edge_alloc(struct dry__journal *j, const struct dry_hash *root,
                                    size_t key_bytes)
{
    struct dry__edge *e = dry_alloc(sizeof(*e) + key_bytes);

    if (e != NULL) {
        e->root = *root;
        e->key_bytes = key_bytes;
        e->number = j->next++;
    }
    return e;
}

static size_t keys_bytes(const struct dry__changes *changes)
{
    size_t bytes = 0;

    for (const struct dry__change *c = changes->first; c != NULL; c = c->next)
        bytes += c->key_len != 0 ? c->key_len + 1u : 0;
    return bytes;
}

static dry_status edge_make(struct dry__journal *j, struct dry__edge **out,
                            const struct dry_hash *root, const struct dry__changes *changes)
{
    struct dry__edge *e = edge_alloc(j, root, keys_bytes(changes));
    size_t at = 0;

    if (e == NULL)
        return DRY_ENOMEM;
    for (int pass = 0; pass < 2; pass++) {
        for (const struct dry__change *c = changes->first; c != NULL; c = c->next) {
            if (c->key_len == 0 || c->drop != (pass == 1))
                continue;
            e->keys[at++] = (uint8_t)c->key_len;
            memcpy(e->keys + at, c->bytes, c->key_len);
            at += c->key_len;
            e->created += pass == 0;
            e->dropped += pass == 1;
        }
    }
    *out = e;
    return DRY_OK;
}

/* Walk the keys of an edge. */
static struct dry_bytes key_next(const uint8_t **at)
{
    struct dry_bytes key = {*at + 1, **at};

    *at = key.ptr + key.len;
    return key;
}

/* Hang e below p, with room made in the tally. */
static void edge_link(struct dry__journal *j, struct dry__edge *p, struct dry__edge *e)
{
    const uint8_t *at = e->keys;

    e->parent = p;
    e->depth = p->depth + 1;
    e->sibling = p->child;
    p->child = j->newest = e;
    j->nodes += e->created;
    for (uint32_t i = 0; i < e->created; i++) {
        struct dry_bytes key = key_next(&at);

        tally_add(&j->made, key_id(key.ptr, key.len));
    }
}

/* Start another tree with this state; the nodes the old one knew of stay. */
static dry_status tree_start(struct dry__journal *j, const struct dry_hash *root)
{
    dry__journal_fini(j);
    j->stale = j->stored;
    j->base = j->newest = edge_alloc(j, root, 0);
    return j->base != NULL ? DRY_OK : DRY_ENOMEM;
}

/* --- records --- */

struct record_key {
    uint8_t b[9];
};

static struct record_key record_key(uint64_t number)
{
    struct record_key k = {{DRY__KEY_JOURNAL}};

    number = __builtin_bswap64(number); /* so that keys are in order of number */
    memcpy(k.b + 1, &number, 8);
    return k;
}

static dry_status record_put(const struct dry__journal *j, struct dry_batch *batch,
                             const struct dry__edge *p, const struct dry__edge *e)
{
    struct record_key key = record_key(e->number);
    uint8_t head[RECORD_HEAD];
    struct dry_buf value = {0};
    dry_status st;

    if (!j->stored)
        return DRY_OK;
    memcpy(head, &p->number, 8);
    memcpy(head + 8, p->root.b, 32);
    memcpy(head + 40, e->root.b, 32);
    memcpy(head + 72, &e->created, 4);
    memcpy(head + 76, &e->dropped, 4);
    st = dry_buf_append(&value, DRY_BYTES_ARRAY(head));
    if (dry_ok(st))
        st = dry_buf_append(&value, dry_bytes_of(e->keys, e->key_bytes));
    if (dry_ok(st))
        st = dry_batch_put(batch, DRY_BYTES_ARRAY(key.b), dry_buf_bytes(&value));
    dry_buf_fini(&value);
    return st;
}

static dry_status record_delete(const struct dry__journal *j, struct dry_batch *batch,
                                const struct dry__edge *e)
{
    struct record_key key = record_key(e->number);

    return j->stored ? dry_batch_delete(batch, DRY_BYTES_ARRAY(key.b)) : DRY_OK;
}

/* Delete what is recorded of another tree. */
static dry_status records_clear(struct dry__journal *j, struct dry_batch *batch)
{
    const uint8_t prefix[1] = {DRY__KEY_JOURNAL};
    dry_status st;

    if (!j->stale)
        return DRY_OK;
    st = dry_batch_delete_prefix(batch, DRY_BYTES_ARRAY(prefix));
    j->cleared = dry_ok(st);
    j->stale = !j->cleared;
    return st;
}

static bool keys_valid(struct dry_bytes keys, uint64_t count)
{
    for (; count != 0; count--) {
        size_t n = keys.len != 0 ? keys.ptr[0] : 0;

        if (n < NODE_KEY_MIN || n > DRY__NODE_KEY_MAX || n >= keys.len ||
            (keys.ptr[1] != DRY__KEY_ACCOUNT_NODE && keys.ptr[1] != DRY__KEY_SLOT_NODE))
            return false;
        keys = dry_bytes_of(keys.ptr + n + 1, keys.len - n - 1);
    }
    return keys.len == 0;
}

static struct dry__edge *edge_numbered(const struct dry__journal *j, uint64_t number)
{
    struct dry__edge *e = j->newest;

    if (e != NULL && e->number == number)
        return e;
    for (e = j->base; e != NULL && e->number != number; e = edge_next(j->base, e))
        ;
    return e;
}

/* One record becomes an edge. ENOTFOUND when its parent is not known. */
static dry_status record_read(struct dry__journal *j, struct dry_bytes key, struct dry_bytes value)
{
    struct dry_hash parent_root, root;
    struct dry__edge *p, *e;
    uint64_t number, parent;
    uint32_t created, dropped;
    dry_status st = DRY_OK;

    if (key.len != 9 || value.len < RECORD_HEAD)
        return DRY_STATUS(ECORRUPT, "a record for pruning is damaged");
    memcpy(&number, key.ptr + 1, 8);
    memcpy(&parent, value.ptr, 8);
    memcpy(parent_root.b, value.ptr + 8, 32);
    memcpy(root.b, value.ptr + 40, 32);
    memcpy(&created, value.ptr + 72, 4);
    memcpy(&dropped, value.ptr + 76, 4);
    value = dry_bytes_of(value.ptr + RECORD_HEAD, value.len - RECORD_HEAD);
    if (!keys_valid(value, (uint64_t)created + dropped))
        return DRY_STATUS(ECORRUPT, "a record for pruning is damaged");
    if (j->base == NULL) {
        j->next = parent;
        st = tree_start(j, &parent_root);
    }
    p = dry_ok(st) ? edge_numbered(j, parent) : NULL;
    if (dry_ok(st) && p == NULL)
        return DRY_ENOTFOUND;
    if (dry_ok(st))
        st = tally_reserve(&j->made, created);
    if (!dry_ok(st))
        return st;
    j->next = __builtin_bswap64(number);
    e = edge_alloc(j, &root, value.len);
    if (e == NULL)
        return DRY_ENOMEM;
    e->created = created;
    e->dropped = dropped;
    if (value.len != 0)
        memcpy(e->keys, value.ptr, value.len);
    edge_link(j, p, e);
    return DRY_OK;
}

dry_status dry__journal_load(struct dry__journal *j, struct dry_storage *storage)
{
    const uint8_t prefix[1] = {DRY__KEY_JOURNAL};
    struct dry_cursor *c = NULL;
    struct dry_bytes key, value;
    dry_status st = dry_cursor_open(storage, NULL, &c, DRY_BYTES_ARRAY(prefix));
    bool stale = false;

    if (!dry_ok(st))
        return st;
    j->next = 1;
    while (!stale && dry_ok(st = dry_cursor_next(c, &key, &value))) {
        if (j->keep != 0)
            st = record_read(j, key, value);
        stale = j->keep == 0 || st.code == DRY_CODE_ENOTFOUND;
        if (!stale && !dry_ok(st))
            break;
    }
    dry_cursor_close(c);
    if (stale)
        dry__journal_fini(j);
    j->stale = stale;
    return stale || st.code == DRY_CODE_ENOTFOUND ? DRY_OK : st;
}

/* --- a commit --- */

void dry__journal_settle(struct dry__journal *j)
{
    j->fresh = NULL;
    j->cleared = false;
}

static dry_status add(struct dry__journal *j, struct dry_batch *batch,
                      const struct dry_hash *parent, const struct dry_hash *root,
                      const struct dry__changes *changes)
{
    struct dry__edge *p = edge_find(j, parent), *e = NULL;
    dry_status st = DRY_OK;

    if (j->stored && keys_bytes(changes) > RECORD_MAX) {
        st = tree_start(j, root);
        return dry_ok(st) ? records_clear(j, batch) : st;
    }
    if (p == NULL) { /* not of this tree */
        st = tree_start(j, parent);
        p = j->base;
    }
    for (e = p != NULL ? p->child : NULL; e != NULL; e = e->sibling) {
        if (dry_hash_equal(&e->root, root)) {
            j->newest = e;
            return DRY_OK;
        }
    }
    if (dry_ok(st))
        st = records_clear(j, batch);
    if (dry_ok(st))
        st = tally_reserve(&j->made, (size_t)changes->count);
    if (dry_ok(st))
        st = edge_make(j, &e, root, changes);
    if (dry_ok(st))
        st = record_put(j, batch, p, e);
    if (!dry_ok(st)) {
        dry_free(e);
        return st;
    }
    edge_link(j, p, e);
    j->fresh = e;
    return DRY_OK;
}

dry_status dry__journal_add(struct dry__journal *j, struct dry_batch *batch,
                            const struct dry_hash *parent, const struct dry_hash *root,
                            const struct dry__changes *changes)
{
    dry_status st;

    dry__journal_settle(j);
    if (dry_hash_equal(parent, root))
        return DRY_OK;
    st = j->keep != 0 ? add(j, batch, parent, root, changes) : records_clear(j, batch);
    if (!dry_ok(st) && j->cleared) {
        j->cleared = false;
        j->stale = true;
    }
    return st;
}

/* --- pruning --- */

static void made_forget(struct dry__journal *j, const struct dry__edge *e)
{
    const uint8_t *at = e->keys;

    j->nodes -= e->created;
    for (uint32_t i = 0; i < e->created; i++) {
        struct dry_bytes key = key_next(&at);

        tally_find(&j->made, key_id(key.ptr, key.len))->count--;
    }
}

void dry__journal_take_back(struct dry__journal *j)
{
    struct dry__edge *e = j->fresh, **at;

    j->stale |= j->cleared;
    dry__journal_settle(j);
    if (e == NULL || e->child != NULL)
        return;
    for (at = &e->parent->child; *at != e; at = &(*at)->sibling)
        ;
    *at = e->sibling;
    if (j->newest == e)
        j->newest = e->parent;
    made_forget(j, e);
    dry_free(e);
}

enum { FIRST_MADE = 1, FIRST_DROPPED = 2 };

/* Note which nodes the dead states made that the base had not: their first mention is the making.
 */
static dry_status dead_note(struct dry__tally *first, struct dry__edge *dead)
{
    for (struct dry__edge *d = dead; d != NULL; d = edge_next(dead, d)) {
        const uint8_t *at = d->keys;
        dry_status st = tally_reserve(first, (size_t)d->created + d->dropped);

        if (!dry_ok(st))
            return st;
        for (uint32_t i = 0; i < d->created + d->dropped; i++) {
            struct dry_bytes key = key_next(&at);
            uint64_t id = key_id(key.ptr, key.len);
            struct dry__tally_entry *e = tally_find(first, id);

            if (e->id == 0) {
                e->id = id;
                e->count = i < d->created ? FIRST_MADE : FIRST_DROPPED;
                first->used++;
            }
        }
    }
    return DRY_OK;
}

/* Delete what only the tree below `dead`, a child of the base, has. */
static dry_status dead_delete(struct dry__journal *j, struct dry_batch *batch,
                              struct dry__edge *dead)
{
    struct dry__tally first = {NULL, 0, 0};
    dry_status st = dead_note(&first, dead);

    for (struct dry__edge *d = dead; d != NULL; d = edge_next(dead, d))
        made_forget(j, d);
    for (struct dry__edge *d = dead; d != NULL && dry_ok(st); d = edge_next(dead, d)) {
        const uint8_t *at = d->keys;

        st = record_delete(j, batch, d);
        for (uint32_t i = 0; i < d->created && dry_ok(st); i++) {
            struct dry_bytes key = key_next(&at);
            uint64_t id = key_id(key.ptr, key.len);

            if (tally_count(&first, id) == FIRST_MADE && tally_count(&j->made, id) == 0)
                st = dry_batch_delete(batch, key);
        }
    }
    dry_free(first.entries);
    return st;
}

/* The child e of the base becomes the base; its siblings and all below them die. One of them may be
 * a state that the way to the head passes too, reached by another order of the same changes: what
 * both hold is counted, and stays. The tree changes even when the deletes fail: then the
 * nodes stay stored, which harms nobody. */
static dry_status base_advance(struct dry__journal *j, struct dry_batch *batch, struct dry__edge *e)
{
    struct dry__edge *old = j->base, *next;
    const uint8_t *at = e->keys;
    dry_status st = DRY_OK;

    for (struct dry__edge *dead = old->child; dead != NULL; dead = next) {
        next = dead->sibling;
        if (dead == e)
            continue;
        dead->sibling = NULL;
        dead->parent = NULL;
        if (dry_ok(st))
            st = dead_delete(j, batch, dead);
        else
            for (struct dry__edge *d = dead; d != NULL; d = edge_next(dead, d))
                made_forget(j, d);
        edges_free(dead);
    }
    made_forget(j, e);
    for (uint32_t i = 0; i < e->created; i++)
        (void)key_next(&at);
    for (uint32_t i = 0; i < e->dropped && dry_ok(st); i++) {
        struct dry_bytes key = key_next(&at);

        if (tally_count(&j->made, key_id(key.ptr, key.len)) == 0)
            st = dry_batch_delete(batch, key);
    }
    if (dry_ok(st))
        st = record_delete(j, batch, e);
    e->parent = e->sibling = NULL;
    j->base = e;
    dry_free(old);
    return st;
}

/* Mark the way from the base to the state that is to be the new one, `down` steps towards h. It
 * goes down while no state has two children, and only else back from the head. */
static struct dry__edge *way_mark(const struct dry__journal *j, struct dry__edge *h, uint64_t down)
{
    struct dry__edge *target = j->base;
    uint64_t depth = j->base->depth + down;

    while (target->depth < depth && target->child != NULL && target->child->sibling == NULL)
        target = target->child;
    if (target->depth < depth) {
        target = h;
        while (target->depth > depth)
            target = target->parent;
    }
    for (struct dry__edge *e = target; e != j->base; e = e->parent)
        e->on_way = true;
    return target;
}

/* How many states go from the oldest on: those beyond `keep`, and a part of what is left while that
 * holds too many nodes. */
static uint64_t states_over(const struct dry__journal *j, const struct dry__edge *h, uint64_t keep)
{
    uint64_t depth = h->depth - j->base->depth, over = depth > keep ? depth - keep : 0;

    if (j->nodes_max != 0 && j->nodes > j->nodes_max && depth - over > STATES_MIN)
        over += (depth - over - STATES_MIN) / STEP + 1;
    else if (over < STEP)
        over = 0;
    return over;
}

dry_status dry__journal_prune(struct dry__journal *j, struct dry_batch *batch,
                              const struct dry_hash *head, uint64_t keep)
{
    struct dry__edge *h = j->keep != 0 ? edge_find(j, head) : NULL, *target;
    uint64_t over;
    size_t len = batch->ops.len;
    uint32_t count = batch->count;
    dry_status st = DRY_OK;

    if (h != NULL && h != j->fresh)
        j->fresh = NULL; /* may go now */
    over = h != NULL ? states_over(j, h, keep > j->keep ? keep : j->keep) : 0;
    if (over == 0)
        return DRY_OK;
    j->newest = h;
    target = way_mark(j, h, over);
    while (j->base != target) {
        struct dry__edge *e = j->base->child;
        dry_status one;

        while (!e->on_way)
            e = e->sibling;
        e->on_way = false;
        one = base_advance(j, batch, e);
        if (dry_ok(st))
            st = one;
    }
    if (!dry_ok(st)) {
        batch->ops.len = len;
        batch->count = count;
    }
    return st;
}
