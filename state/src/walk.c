/* Walking tries: one frame a node on the way, in an arena. */
#include "walk.h"

#include "database.h"

struct frame {
    struct frame *above, *spare_next;
    struct dry__node node; /* borrows from bytes */
    uint8_t bytes[DRY__NODE_BYTES_MAX];
    unsigned depth, next;
};

struct walk {
    const struct dry__nodes *nodes;
    struct dry__place at;
    uint8_t path[2 * DRY__PATH_NIBBLES];
    struct frame *top, *spare;
    struct dry_arena arena;
};

static dry_status walk_enter(struct walk *w, struct dry_bytes ref, unsigned depth)
{
    struct frame *f = w->spare;
    dry_status st = DRY_OK;
    struct dry_bytes in = ref;

    if (f != NULL)
        w->spare = f->spare_next;
    else
        f = dry_arena_alloc(&w->arena, sizeof(*f));
    if (f == NULL)
        return DRY_ENOMEM;
    w->at.depth = depth;
    if (ref.len == 32) {
        uint8_t hash[32];

        memcpy(hash, ref.ptr, 32);
        st = w->nodes->load(w->nodes->ctx, &in, &w->at, hash);
    }
    if (dry_ok(st) && in.len > sizeof(f->bytes))
        st = DRY_STATUS(ECORRUPT, "a trie node is too long");
    if (dry_ok(st)) {
        memcpy(f->bytes, in.ptr, in.len);
        st = dry__node_decode(&f->node, dry_bytes_of(f->bytes, in.len), depth);
        if (st.code == DRY_CODE_EDECODE)
            st.code = DRY_CODE_ECORRUPT;
    }
    f->depth = depth;
    f->next = 0;
    f->above = w->top;
    w->top = f;
    return st;
}

static void walk_leave(struct walk *w)
{
    struct frame *f = w->top;

    w->top = f->above;
    f->spare_next = w->spare;
    w->spare = f;
}

static dry_status walk_leaf(struct walk *w, bool *go_on, dry__walk_fn fn, void *ctx)
{
    const struct frame *f = w->top;
    struct dry_hash key;

    memcpy(w->path + f->depth, f->node.path, f->node.path_len);
    for (unsigned i = 0; i < 32; i++)
        key.b[i] = (uint8_t)(w->path[2 * i] << 4 | w->path[2 * i + 1]);
    return fn(ctx, go_on, &key, f->node.value);
}

dry_status dry__walk(const struct dry__nodes *nodes, const struct dry_hash *owner,
                     const struct dry_hash *root, dry__walk_fn fn, void *ctx)
{
    struct walk w = {.nodes = nodes};
    bool go_on = true;
    dry_status st = DRY_OK;

    w.at = (struct dry__place){owner, w.path, 0};
    if (!dry_hash_equal(root, &dry_hash_empty_trie))
        st = walk_enter(&w, DRY_BYTES_ARRAY(root->b), 0);
    while (dry_ok(st) && w.top != NULL && go_on) {
        struct frame *f = w.top;

        if (f->node.kind == DRY__BRANCH) {
            while (f->next < 16 && f->node.child[f->next].len == 0)
                f->next++;
            if (f->next == 16) {
                walk_leave(&w);
                continue;
            }
            w.path[f->depth] = (uint8_t)f->next++;
            st = walk_enter(&w, f->node.child[f->next - 1], f->depth + 1);
        } else if (f->node.kind == DRY__EXTENSION && f->next++ == 0) {
            memcpy(w.path + f->depth, f->node.path, f->node.path_len);
            st = walk_enter(&w, f->node.child[0], f->depth + f->node.path_len);
        } else {
            if (f->node.kind == DRY__LEAF)
                st = walk_leaf(&w, &go_on, fn, ctx);
            walk_leave(&w);
        }
    }
    dry_arena_fini(&w.arena);
    return st;
}

/* --- the public walks --- */

struct account_walk {
    dry_state_account_fn fn;
    void *ctx;
};
struct slot_walk {
    dry_state_slot_fn fn;
    void *ctx;
};

static dry_status on_account(void *ctx, bool *go_on, const struct dry_hash *key,
                             struct dry_bytes value)
{
    const struct account_walk *w = ctx;
    struct dry_account a;
    dry_status st = dry__account_decode(&a, value);

    if (dry_ok(st))
        *go_on = w->fn(w->ctx, key, &a);
    else if (st.code == DRY_CODE_EDECODE)
        st.code = DRY_CODE_ECORRUPT;
    return st;
}

static dry_status on_slot(void *ctx, bool *go_on, const struct dry_hash *key,
                          struct dry_bytes value)
{
    const struct slot_walk *w = ctx;
    struct dry_u256 v;
    dry_status st = dry__slot_decode(&v, value);

    if (dry_ok(st))
        *go_on = w->fn(w->ctx, key, &v);
    else if (st.code == DRY_CODE_EDECODE)
        st.code = DRY_CODE_ECORRUPT;
    return st;
}

dry_status dry_state_each_account(struct dry_state_view *v, dry_state_account_fn fn, void *ctx)
{
    const struct dry__nodes nodes = dry__view_nodes(v);
    struct account_walk w = {fn, ctx};

    return dry__walk(&nodes, NULL, &v->root, on_account, &w);
}

dry_status dry_state_each_slot(struct dry_state_view *v, const struct dry_hash *hashed_address,
                               dry_state_slot_fn fn, void *ctx)
{
    const struct dry__nodes nodes = dry__view_nodes(v);
    struct slot_walk w = {fn, ctx};
    uint8_t value[DRY__VALUE_BYTES_MAX];
    struct dry_account a;
    size_t len;
    dry_status st = dry__view_value(v, value, &len, NULL, &v->root, hashed_address);

    if (!dry_ok(st) || len == 0)
        return st;
    st = dry__account_decode(&a, dry_bytes_of(value, len));
    if (st.code == DRY_CODE_EDECODE)
        st.code = DRY_CODE_ECORRUPT;
    return dry_ok(st) ? dry__walk(&nodes, hashed_address, &a.storage_root, on_slot, &w) : st;
}
