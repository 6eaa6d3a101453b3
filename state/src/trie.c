/* Changing a trie node by node, with explicit stacks: no path is longer than 64 nibbles. */
#include "trie.h"

struct dry__tnode {
    uint8_t kind; /* enum dry__node_kind */
    bool dirty;
    bool stored; /* it was read from the storage, where `origin` is its hash */
    uint8_t path_len, value_len;
    struct dry_hash origin;
    union {
        struct {
            const uint8_t *value;
            uint8_t path[DRY__PATH_NIBBLES];
        } leaf;
        struct {
            struct dry__link next;
            uint8_t path[DRY__PATH_NIBBLES];
        } extension;
        struct dry__link child[16];
    } u;
};

#define LEAF_BYTES (offsetof(struct dry__tnode, u) + sizeof(((struct dry__tnode *)0)->u.leaf))
#define EXTENSION_BYTES \
    (offsetof(struct dry__tnode, u) + sizeof(((struct dry__tnode *)0)->u.extension))

size_t dry__node_key(uint8_t out[DRY__NODE_KEY_MAX], const struct dry__place *at,
                     const uint8_t hash[32])
{
    size_t n = 0;

    if (at->owner == NULL) {
        out[n++] = DRY__KEY_ACCOUNT_NODE;
    } else {
        out[n++] = DRY__KEY_SLOT_NODE;
        memcpy(out + n, at->owner->b, 32);
        n += 32;
    }
    out[n++] = (uint8_t)at->depth;
    for (unsigned i = 0; i < at->depth; i += 2)
        out[n++] = (uint8_t)(at->path[i] << 4 | (i + 1 < at->depth ? at->path[i + 1] : 0));
    memcpy(out + n, hash, 32);
    return n + 32;
}

void dry__changes_init(struct dry__changes *c)
{
    c->first = NULL;
    c->last = &c->first;
    c->count = 0;
}

void dry__changes_append(struct dry__changes *c, struct dry__changes *more)
{
    if (more->first == NULL)
        return;
    *c->last = more->first;
    c->last = more->last;
    c->count += more->count;
    dry__changes_init(more);
}

static dry_status change_add(struct dry__changes *c, bool drop, const struct dry__place *at,
                             const uint8_t hash[32], struct dry_bytes value,
                             struct dry_arena *arena)
{
    uint8_t key[DRY__NODE_KEY_MAX];
    struct dry__change *ch;
    size_t n;

    if (c == NULL)
        return DRY_OK;
    n = dry__node_key(key, at, hash);
    ch = dry_arena_alloc(arena, sizeof(*ch) + n + value.len);
    if (ch == NULL)
        return DRY_ENOMEM;
    ch->next = NULL;
    ch->drop = drop;
    ch->key_len = (uint16_t)n;
    ch->value_len = (uint16_t)value.len;
    memcpy(ch->bytes, key, n);
    if (value.len != 0)
        memcpy(ch->bytes + n, value.ptr, value.len);
    *c->last = ch;
    c->last = &ch->next;
    c->count++;
    return DRY_OK;
}

/* --- opening nodes --- */

void dry__trie_init(struct dry__trie *t, const struct dry__nodes *nodes,
                    const struct dry_hash *owner, const struct dry_hash *root,
                    struct dry__changes *changes, struct dry_arena *arena)
{
    t->nodes = *nodes;
    t->owner = owner;
    t->arena = arena;
    t->changes = changes;
    t->root.kind = DRY__LINK_NONE;
    if (!dry_hash_equal(root, &dry_hash_empty_trie)) {
        t->root.kind = DRY__LINK_HASH;
        memcpy(t->root.u.b, root->b, 32);
    }
}

static void link_to(struct dry__link *l, struct dry__tnode *n)
{
    l->kind = DRY__LINK_NODE;
    l->u.node = n;
}

static void link_bytes(struct dry__link *l, struct dry_bytes ref)
{
    l->len = (uint8_t)ref.len;
    l->kind = ref.len == 0 ? DRY__LINK_NONE : ref.len == 32 ? DRY__LINK_HASH : DRY__LINK_INLINE;
    if (ref.len != 0)
        memcpy(l->u.b, ref.ptr, ref.len);
}

static struct dry__tnode *node_new(struct dry_arena *arena, enum dry__node_kind kind)
{
    size_t n = kind == DRY__LEAF        ? LEAF_BYTES
               : kind == DRY__EXTENSION ? EXTENSION_BYTES
                                        : sizeof(struct dry__tnode);
    struct dry__tnode *node = dry_arena_alloc(arena, n);

    if (node != NULL) {
        node->kind = (uint8_t)kind;
        node->dirty = true;
        node->stored = false;
        node->path_len = 0;
        if (kind == DRY__BRANCH)
            for (int i = 0; i < 16; i++)
                node->u.child[i].kind = DRY__LINK_NONE;
    }
    return node;
}

static struct dry__tnode *leaf_new(struct dry_arena *arena, const uint8_t *path, size_t n,
                                   const uint8_t *value, size_t value_len)
{
    struct dry__tnode *node = node_new(arena, DRY__LEAF);

    DRY_ASSERT(n <= DRY__PATH_NIBBLES);
    if (node != NULL) {
        node->path_len = (uint8_t)n;
        memcpy(node->u.leaf.path, path, n);
        node->u.leaf.value = value;
        node->value_len = (uint8_t)value_len;
    }
    return node;
}

static struct dry__tnode *extension_new(struct dry_arena *arena, const uint8_t *path, size_t n,
                                        const struct dry__link *next)
{
    struct dry__tnode *node = node_new(arena, DRY__EXTENSION);

    DRY_ASSERT(n > 0 && n <= DRY__PATH_NIBBLES);
    if (node != NULL) {
        node->path_len = (uint8_t)n;
        memcpy(node->u.extension.path, path, n);
        node->u.extension.next = *next;
    }
    return node;
}

static dry_status value_copy(struct dry__trie *t, const uint8_t **out, struct dry_bytes value)
{
    struct dry_bytes copy;
    dry_status st;

    DRY_ASSERT(value.len != 0 && value.len <= DRY__VALUE_BYTES_MAX);
    st = dry_arena_copy(t->arena, &copy, value);
    if (dry_ok(st))
        *out = copy.ptr;
    return st;
}

/* Open what the link holds. path: the way to it, depth nibbles. */
static dry_status link_open(struct dry__trie *t, struct dry__tnode **out, struct dry__link *l,
                            const uint8_t *path, unsigned depth)
{
    const struct dry__place at = {t->owner, path, depth};
    struct dry__tnode *n;
    struct dry__node d;
    struct dry_bytes in;
    dry_status st = DRY_OK;

    if (l->kind == DRY__LINK_NODE) {
        *out = l->u.node;
        return DRY_OK;
    }
    in = dry_bytes_of(l->u.b, l->len);
    if (l->kind == DRY__LINK_HASH)
        st = t->nodes.load(t->nodes.ctx, &in, &at, l->u.b);
    if (dry_ok(st))
        st = dry__node_decode(&d, in, depth);
    if (!dry_ok(st)) {
        if (st.code == DRY_CODE_EDECODE)
            st.code = DRY_CODE_ECORRUPT;
        return st;
    }
    n = node_new(t->arena, d.kind);
    if (n == NULL)
        return DRY_ENOMEM;
    n->dirty = false;
    n->path_len = d.path_len;
    switch (d.kind) {
    case DRY__LEAF:
        memcpy(n->u.leaf.path, d.path, d.path_len);
        n->value_len = (uint8_t)d.value.len;
        st = value_copy(t, &n->u.leaf.value, d.value);
        if (!dry_ok(st))
            return st;
        break;
    case DRY__EXTENSION:
        memcpy(n->u.extension.path, d.path, d.path_len);
        link_bytes(&n->u.extension.next, d.child[0]);
        break;
    case DRY__BRANCH:
        for (int i = 0; i < 16; i++)
            link_bytes(&n->u.child[i], d.child[i]);
        break;
    }
    if (l->kind == DRY__LINK_HASH) {
        n->stored = true;
        memcpy(n->origin.b, l->u.b, 32);
    }
    link_to(l, n);
    *out = n;
    return DRY_OK;
}

/* A node leaves its place for good. */
static dry_status node_drop(struct dry__trie *t, struct dry__tnode *n, const uint8_t *path,
                            unsigned depth)
{
    const struct dry__place at = {t->owner, path, depth};

    if (!n->stored)
        return DRY_OK;
    n->stored = false;
    return change_add(t->changes, true, &at, n->origin.b, DRY_BYTES_EMPTY, t->arena);
}

/* --- looking up and putting --- */

static unsigned common_prefix(const uint8_t *a, const uint8_t *b, unsigned n)
{
    unsigned i = 0;

    while (i < n && a[i] == b[i])
        i++;
    return i;
}

dry_status dry__trie_get(struct dry__trie *t, struct dry_bytes *value, const struct dry_hash *key)
{
    uint8_t path[DRY__PATH_NIBBLES];
    struct dry__link *l = &t->root;
    unsigned depth = 0;

    dry__nibbles_of(path, key->b, 32);
    *value = DRY_BYTES_EMPTY;
    while (l->kind != DRY__LINK_NONE) {
        struct dry__tnode *n;
        dry_status st = link_open(t, &n, l, path, depth);

        if (!dry_ok(st))
            return st;
        if (n->kind == DRY__BRANCH) {
            l = &n->u.child[path[depth++]];
        } else if (n->kind == DRY__LEAF) {
            if (memcmp(n->u.leaf.path, path + depth, n->path_len) == 0)
                *value = dry_bytes_of(n->u.leaf.value, n->value_len);
            break;
        } else {
            if (memcmp(n->u.extension.path, path + depth, n->path_len) != 0)
                break;
            depth += n->path_len;
            l = &n->u.extension.next;
        }
    }
    return DRY_OK;
}

/* Part the leaf or extension n, which l holds, after `common` nibbles, with a leaf for the new
 * value beside what it held. */
static dry_status node_split(struct dry__trie *t, struct dry__link *l, struct dry__tnode *n,
                             unsigned common, const uint8_t *path, unsigned depth,
                             const uint8_t *value, size_t value_len)
{
    const uint8_t *old_path = n->kind == DRY__LEAF ? n->u.leaf.path : n->u.extension.path;
    struct dry__tnode *branch = node_new(t->arena, DRY__BRANCH), *fresh, *rest = NULL;
    unsigned at = depth + common, left = n->path_len - common - 1u;
    dry_status st = node_drop(t, n, path, depth);

    if (!dry_ok(st))
        return st;
    fresh = leaf_new(t->arena, path + at + 1, DRY__PATH_NIBBLES - at - 1, value, value_len);
    if (branch == NULL || fresh == NULL)
        return DRY_ENOMEM;
    link_to(&branch->u.child[path[at]], fresh);
    if (n->kind == DRY__EXTENSION && left == 0) {
        branch->u.child[old_path[common]] = n->u.extension.next;
    } else {
        rest = n->kind == DRY__LEAF
                   ? leaf_new(t->arena, old_path + common + 1, left, n->u.leaf.value, n->value_len)
                   : extension_new(t->arena, old_path + common + 1, left, &n->u.extension.next);
        if (rest == NULL)
            return DRY_ENOMEM;
        link_to(&branch->u.child[old_path[common]], rest);
    }
    link_to(l, branch);
    if (common > 0) {
        struct dry__tnode *e = extension_new(t->arena, old_path, common, l);

        if (e == NULL)
            return DRY_ENOMEM;
        link_to(l, e);
    }
    return DRY_OK;
}

dry_status dry__trie_put(struct dry__trie *t, const struct dry_hash *key, struct dry_bytes value_in)
{
    uint8_t path[DRY__PATH_NIBBLES];
    struct dry__link *l = &t->root;
    const uint8_t *value;
    unsigned depth = 0;
    dry_status st = value_copy(t, &value, value_in);

    dry__nibbles_of(path, key->b, 32);
    while (dry_ok(st)) {
        struct dry__tnode *n;
        unsigned common;

        if (l->kind == DRY__LINK_NONE) {
            n = leaf_new(t->arena, path + depth, DRY__PATH_NIBBLES - depth, value, value_in.len);
            if (n == NULL)
                return DRY_ENOMEM;
            link_to(l, n);
            return DRY_OK;
        }
        st = link_open(t, &n, l, path, depth);
        if (!dry_ok(st))
            break;
        n->dirty = true;
        if (n->kind == DRY__BRANCH) {
            l = &n->u.child[path[depth++]];
            continue;
        }
        common = common_prefix(n->kind == DRY__LEAF ? n->u.leaf.path : n->u.extension.path,
                               path + depth, n->path_len);
        if (common < n->path_len)
            return node_split(t, l, n, common, path, depth, value, value_in.len);
        if (n->kind == DRY__LEAF) {
            n->u.leaf.value = value;
            n->value_len = (uint8_t)value_in.len;
            return DRY_OK;
        }
        depth += n->path_len;
        l = &n->u.extension.next;
    }
    return st;
}

/* --- removing --- */

/* The branch n in link l has one child left: put that child in its place, its path longer by what
 * led to it: `before` (of an extension above, may be empty), then the child's nibble. */
static dry_status branch_fold(struct dry__trie *t, struct dry__link *l, struct dry__tnode *n,
                              const uint8_t *before, unsigned before_len, const uint8_t *path,
                              unsigned depth)
{
    uint8_t joined[2 * DRY__PATH_NIBBLES], way[DRY__PATH_NIBBLES];
    unsigned i = 0, len = before_len;
    struct dry__tnode *child, *made;
    dry_status st;

    while (n->u.child[i].kind == DRY__LINK_NONE)
        i++;
    memcpy(way, path, depth);
    way[depth] = (uint8_t)i;
    st = link_open(t, &child, &n->u.child[i], way, depth + 1);
    if (dry_ok(st))
        st = node_drop(t, n, path, depth);
    if (!dry_ok(st))
        return st;
    memcpy(joined, before, before_len);
    joined[len++] = (uint8_t)i;
    if (child->kind == DRY__BRANCH) {
        made = extension_new(t->arena, joined, len, &n->u.child[i]);
    } else {
        st = node_drop(t, child, way, depth + 1);
        if (!dry_ok(st))
            return st;
        memcpy(joined + len,
               child->kind == DRY__LEAF ? child->u.leaf.path : child->u.extension.path,
               child->path_len);
        len += child->path_len;
        made = child->kind == DRY__LEAF
                   ? leaf_new(t->arena, joined, len, child->u.leaf.value, child->value_len)
                   : extension_new(t->arena, joined, len, &child->u.extension.next);
    }
    if (made == NULL)
        return DRY_ENOMEM;
    link_to(l, made);
    return DRY_OK;
}

struct step {
    struct dry__link *link;
    unsigned depth;
};

/* The leaf at the end of the steps is gone: mend what is above it. */
static dry_status remove_mend(struct dry__trie *t, struct step *steps, unsigned count,
                              const uint8_t *path)
{
    struct dry__tnode *branch, *above;
    unsigned used = 0;
    struct step *s;

    for (unsigned i = 0; i < count; i++)
        steps[i].link->u.node->dirty = true;
    if (count == 0)
        return DRY_OK;
    s = &steps[count - 1];
    branch = s->link->u.node;
    DRY_ASSERT(branch->kind == DRY__BRANCH);
    for (int i = 0; i < 16; i++)
        used += branch->u.child[i].kind != DRY__LINK_NONE;
    if (used > 1)
        return DRY_OK;
    above = count > 1 ? s[-1].link->u.node : NULL;
    if (above != NULL && above->kind == DRY__EXTENSION) {
        dry_status st = node_drop(t, above, path, s[-1].depth);

        if (!dry_ok(st))
            return st;
        return branch_fold(t, s[-1].link, branch, above->u.extension.path, above->path_len, path,
                           s->depth);
    }
    return branch_fold(t, s->link, branch, path, 0, path, s->depth);
}

dry_status dry__trie_remove(struct dry__trie *t, const struct dry_hash *key)
{
    struct step steps[DRY__PATH_NIBBLES + 1];
    uint8_t path[DRY__PATH_NIBBLES];
    struct dry__link *l = &t->root;
    unsigned depth = 0, count = 0;

    dry__nibbles_of(path, key->b, 32);
    while (l->kind != DRY__LINK_NONE) {
        struct dry__tnode *n;
        dry_status st = link_open(t, &n, l, path, depth);

        if (!dry_ok(st))
            return st;
        if (n->kind == DRY__LEAF) {
            if (memcmp(n->u.leaf.path, path + depth, n->path_len) != 0)
                return DRY_OK;
            st = node_drop(t, n, path, depth);
            if (!dry_ok(st))
                return st;
            l->kind = DRY__LINK_NONE;
            return remove_mend(t, steps, count, path);
        }
        steps[count++] = (struct step){l, depth};
        if (n->kind == DRY__BRANCH) {
            l = &n->u.child[path[depth++]];
        } else {
            if (memcmp(n->u.extension.path, path + depth, n->path_len) != 0)
                return DRY_OK;
            depth += n->path_len;
            l = &n->u.extension.next;
        }
    }
    return DRY_OK;
}

/* --- hashing --- */

static void ref_of_link(struct dry__ref *out, const struct dry__link *l)
{
    DRY_ASSERT(l->kind != DRY__LINK_NODE);
    out->len = l->kind == DRY__LINK_NONE ? 0 : l->kind == DRY__LINK_HASH ? 32 : l->len;
    if (out->len != 0)
        memcpy(out->b, l->u.b, out->len);
}

static size_t node_encode(uint8_t *out, const struct dry__tnode *n)
{
    struct dry__ref refs[16];

    switch ((enum dry__node_kind)n->kind) {
    case DRY__LEAF:
        return dry__leaf_encode(out, n->u.leaf.path, n->path_len,
                                dry_bytes_of(n->u.leaf.value, n->value_len));
    case DRY__EXTENSION:
        ref_of_link(&refs[0], &n->u.extension.next);
        return dry__extension_encode(out, n->u.extension.path, n->path_len, &refs[0]);
    case DRY__BRANCH:
        break;
    }
    for (int i = 0; i < 16; i++)
        ref_of_link(&refs[i], &n->u.child[i]);
    return dry__branch_encode(out, refs);
}

/* All children of the node in l are hashed: make l a reference, record the node. */
static dry_status link_close(const struct dry__trie *t, struct dry__link *l, const uint8_t *path,
                             unsigned depth, struct dry__changes *changes, struct dry_arena *arena)
{
    const struct dry__place at = {t->owner, path, depth};
    struct dry__tnode *n = l->u.node;
    uint8_t buf[DRY__NODE_BYTES_MAX + 8];
    size_t len = node_encode(buf, n);
    struct dry_hash hash;
    dry_status st = DRY_OK;

    if (len < 32 && depth > 0) {
        if (n->stored)
            st = change_add(changes, true, &at, n->origin.b, DRY_BYTES_EMPTY, arena);
        link_bytes(l, dry_bytes_of(buf, len));
        return st;
    }
    dry_keccak256(&hash, dry_bytes_of(buf, len));
    if (!n->stored || !dry_hash_equal(&hash, &n->origin)) {
        if (n->stored)
            st = change_add(changes, true, &at, n->origin.b, DRY_BYTES_EMPTY, arena);
        if (dry_ok(st))
            st = change_add(changes, false, &at, hash.b, dry_bytes_of(buf, len), arena);
    }
    link_bytes(l, DRY_BYTES_ARRAY(hash.b));
    return st;
}

dry_status dry__trie_hash_below(const struct dry__trie *t, struct dry__link *link,
                                const uint8_t *path_in, unsigned depth_in,
                                struct dry__changes *changes, struct dry_arena *arena)
{
    struct {
        struct dry__link *link;
        unsigned depth, next;
    } stack[DRY__PATH_NIBBLES + 1];
    uint8_t path[DRY__PATH_NIBBLES + 1];
    unsigned count = 0;
    dry_status st = DRY_OK;

    memcpy(path, path_in, depth_in);
    if (link->kind != DRY__LINK_NODE)
        return DRY_OK;
    stack[count].link = link;
    stack[count].depth = depth_in;
    stack[count++].next = 0;
    while (count > 0 && dry_ok(st)) {
        struct dry__link *l = stack[count - 1].link, *child = NULL;
        unsigned depth = stack[count - 1].depth, below = depth;
        struct dry__tnode *n = l->u.node;

        if (!n->dirty && n->stored) {
            link_bytes(l, DRY_BYTES_ARRAY(n->origin.b));
            count--;
            continue;
        }
        if (n->kind == DRY__BRANCH) {
            unsigned i = stack[count - 1].next;

            while (i < 16 && n->u.child[i].kind != DRY__LINK_NODE)
                i++;
            if (i < 16) {
                child = &n->u.child[i];
                path[depth] = (uint8_t)i;
                below = depth + 1;
            }
            stack[count - 1].next = i + 1;
        } else if (n->kind == DRY__EXTENSION && n->u.extension.next.kind == DRY__LINK_NODE) {
            child = &n->u.extension.next;
            memcpy(path + depth, n->u.extension.path, n->path_len);
            below = depth + n->path_len;
        }
        if (child == NULL) {
            st = link_close(t, l, path, depth, changes, arena);
            count--;
        } else {
            DRY_ASSERT(count < DRY_COUNT(stack));
            stack[count].link = child;
            stack[count].depth = below;
            stack[count++].next = 0;
        }
    }
    return st;
}

struct dry__link *dry__trie_root_children(struct dry__trie *t)
{
    if (t->root.kind != DRY__LINK_NODE || t->root.u.node->kind != DRY__BRANCH)
        return NULL;
    return t->root.u.node->u.child;
}

dry_status dry__trie_commit(struct dry__trie *t, struct dry_hash *root)
{
    uint8_t none[1] = {0};
    dry_status st = dry__trie_hash_below(t, &t->root, none, 0, t->changes, t->arena);

    if (!dry_ok(st))
        return st;
    if (t->root.kind == DRY__LINK_NONE)
        *root = dry_hash_empty_trie;
    else
        memcpy(root->b, t->root.u.b, 32);
    return DRY_OK;
}

dry_status dry__trie_drop_all(struct dry__trie *t)
{
    struct {
        struct dry__tnode *node;
        unsigned depth, next;
    } stack[DRY__PATH_NIBBLES + 1];
    uint8_t path[DRY__PATH_NIBBLES + 1];
    struct dry__link *l = &t->root;
    unsigned count = 0, depth = 0;
    dry_status st = DRY_OK;

    for (;;) {
        struct dry__tnode *n;

        if (l != NULL && l->kind != DRY__LINK_NONE) {
            st = link_open(t, &n, l, path, depth);
            if (dry_ok(st))
                st = node_drop(t, n, path, depth);
            if (!dry_ok(st))
                return st;
            DRY_ASSERT(count < DRY_COUNT(stack));
            stack[count].node = n;
            stack[count].depth = depth;
            stack[count++].next = 0;
        }
        if (count == 0)
            return DRY_OK;
        n = stack[count - 1].node;
        depth = stack[count - 1].depth;
        l = NULL;
        if (n->kind == DRY__BRANCH && stack[count - 1].next < 16) {
            path[depth] = (uint8_t)stack[count - 1].next;
            l = &n->u.child[stack[count - 1].next++];
            depth++;
        } else if (n->kind == DRY__EXTENSION && stack[count - 1].next++ == 0) {
            memcpy(path + depth, n->u.extension.path, n->path_len);
            depth += n->path_len;
            l = &n->u.extension.next;
        } else {
            count--;
        }
    }
}
