/* Open branches stand on a stack, the shallowest at the bottom; the newest pair is kept aside until
 * the next key tells where it hangs. */
#include "stack_trie.h"

struct dry__stack_frame {
    struct dry__stack_frame *below;
    uint32_t depth; /* nibbles above the branch */
    struct dry__ref child[16];
    struct dry_bytes value;
};

/* What is to be hung below a branch, or to be the root: the pending leaf, or a closed branch. */
struct hanging {
    bool leaf;
    uint32_t depth; /* of a branch */
    struct dry__ref ref;
};

void dry__stack_trie_init(struct dry__stack_trie *t, bool copies, struct dry_arena *arena)
{
    t->copies = copies;
    t->arena = arena;
    t->top = t->spare = NULL;
    t->pending = false;
    t->path_len = 0;
    t->value = DRY_BYTES_EMPTY;
}

/* The reference to the list of `head` and the string `value`, whatever its length. */
static void ref_of_parts(struct dry__ref *out, struct dry_bytes head, struct dry_bytes value)
{
    uint8_t buf[1024], front[9], middle[9];
    size_t n_front, n_middle = 0, payload;

    if (value.len == 1 && value.ptr[0] < 0x80) {
        payload = head.len + 1;
    } else {
        n_middle = dry__write_header(middle, value.len, 0x80);
        payload = head.len + n_middle + value.len;
    }
    n_front = dry__write_header(front, payload, 0xc0);
    if (n_front + payload <= sizeof(buf)) {
        size_t at = 0;

        memcpy(buf, front, n_front);
        at += n_front;
        memcpy(buf + at, head.ptr, head.len);
        at += head.len;
        memcpy(buf + at, middle, n_middle);
        at += n_middle;
        if (value.len != 0)
            memcpy(buf + at, value.ptr, value.len);
        dry__ref_of(out, dry_bytes_of(buf, at + value.len));
    } else {
        struct dry_keccak k;
        struct dry_hash h;

        dry_keccak_init(&k);
        dry_keccak_update(&k, dry_bytes_of(front, n_front));
        dry_keccak_update(&k, head);
        dry_keccak_update(&k, dry_bytes_of(middle, n_middle));
        dry_keccak_update(&k, value);
        dry_keccak_final(&k, &h);
        out->len = 32;
        memcpy(out->b, h.b, 32);
    }
}

/* The reference to x as seen from a path of `from` nibbles. */
static void hang_ref(const struct dry__stack_trie *t, struct dry__ref *out, const struct hanging *x,
                     uint32_t from)
{
    if (x->leaf) {
        uint8_t path[DRY__STACK_KEY_BYTES_MAX + 1], head[DRY__STACK_KEY_BYTES_MAX + 4];
        size_t n = dry__path_encode(path, t->path + from, t->path_len - from, true);

        n = dry__write_string(head, path, n);
        ref_of_parts(out, dry_bytes_of(head, n), t->value);
    } else if (x->depth > from) {
        uint8_t buf[DRY__NODE_BYTES_MAX];
        size_t n = dry__extension_encode(buf, t->path + from, x->depth - from, &x->ref);

        dry__ref_of(out, dry_bytes_of(buf, n));
    } else {
        *out = x->ref;
    }
}

static void hang(const struct dry__stack_trie *t, struct dry__stack_frame *f,
                 const struct hanging *x)
{
    if (x->leaf && t->path_len == f->depth)
        f->value = t->value;
    else
        hang_ref(t, &f->child[t->path[f->depth]], x, f->depth + 1);
}

/* Close the top branch, with x its last child; x becomes that branch. */
static void close_top(struct dry__stack_trie *t, struct hanging *x)
{
    struct dry__stack_frame *f = t->top;
    uint8_t children[16 * 33];
    size_t n;

    hang(t, f, x);
    n = dry__children_encode(children, f->child);
    ref_of_parts(&x->ref, dry_bytes_of(children, n), f->value);
    x->leaf = false;
    x->depth = f->depth;
    t->top = f->below;
    f->below = t->spare;
    t->spare = f;
}

static dry_status push(struct dry__stack_trie *t, uint32_t depth)
{
    struct dry__stack_frame *f = t->spare;

    if (f != NULL)
        t->spare = f->below;
    else
        f = dry_arena_alloc(t->arena, sizeof(*f));
    if (f == NULL)
        return DRY_ENOMEM;
    f->below = t->top;
    f->depth = depth;
    f->value = DRY_BYTES_EMPTY;
    for (int i = 0; i < 16; i++)
        f->child[i].len = 0;
    t->top = f;
    return DRY_OK;
}

dry_status dry__stack_trie_add(struct dry__stack_trie *t, struct dry_bytes key,
                               struct dry_bytes value)
{
    uint8_t path[2 * DRY__STACK_KEY_BYTES_MAX];
    uint32_t common = 0;

    if (key.len > DRY__STACK_KEY_BYTES_MAX)
        return DRY_STATUS_AT(ELIMIT, "trie key longer than 64 bytes", DRY__STACK_KEY_BYTES_MAX);
    dry__nibbles_of(path, key.ptr, key.len);
    if (t->pending) {
        struct hanging x = {.leaf = true};

        while (common < t->path_len && common < 2 * key.len && t->path[common] == path[common])
            common++;
        DRY_ASSERT(common < 2 * key.len &&
                   (common == t->path_len || t->path[common] < path[common]));
        while (t->top != NULL && t->top->depth > common)
            close_top(t, &x);
        if (t->top == NULL || t->top->depth < common) {
            dry_status st = push(t, common);

            if (!dry_ok(st))
                return st;
        }
        hang(t, t->top, &x);
    }
    memcpy(t->path, path, 2 * key.len);
    t->path_len = 2 * (uint32_t)key.len;
    t->value = value;
    if (t->copies) {
        DRY_ASSERT(value.len <= sizeof(t->value_small));
        memcpy(t->value_small, value.ptr, value.len);
        t->value.ptr = t->value_small;
    }
    t->pending = true;
    return DRY_OK;
}

void dry__stack_trie_finish(struct dry__stack_trie *t, struct dry_hash *out)
{
    struct dry__ref root = {.len = 0};

    if (t->pending) {
        struct hanging x = {.leaf = true};

        while (t->top != NULL)
            close_top(t, &x);
        hang_ref(t, &root, &x, 0);
    }
    dry__ref_root(out, &root);
    t->pending = false;
}
