/* The state database: opening, views and reading. */
#include "database.h"

#define CODE_BUCKETS 16u /* at first */
#define CACHE_BYTES_DEFAULT (16u << 20)
#define VIEW_CACHE_BYTES (64u << 10)
#define VIEW_CACHE_AFTER 24u /* loads before a view gets a cache of its own */

dry_status dry_state_open(struct dry_state **out, struct dry_storage *storage,
                          const struct dry_state_settings *set)
{
    struct dry_state *s = dry_alloc(sizeof(*s));
    uint64_t bytes = set != NULL ? set->cache_bytes : 0;
    dry_status st;

    DRY_ASSERT(storage != NULL);
    if (s == NULL)
        return DRY_ENOMEM;
    s->storage = storage;
    s->journal.keep = set != NULL ? set->keep_states : 0;
    s->journal.nodes_max = set != NULL ? set->keep_nodes : 0;
    s->journal.stored = set != NULL && set->durable;
    st = dry__cache_init(&s->cache, bytes != 0 ? bytes : CACHE_BYTES_DEFAULT);
    if (dry_ok(st) && s->journal.stored)
        st = dry__journal_load(&s->journal, storage);
    if (!dry_ok(st)) {
        dry_state_close(s);
        return st;
    }
    *out = s;
    return DRY_OK;
}

static void codes_free(struct dry__code *c)
{
    while (c != NULL) {
        struct dry__code *next = c->next;

        dry_buf_fini(&c->bytes);
        dry_free(c);
        c = next;
    }
}

void dry_state_close(struct dry_state *s)
{
    if (s == NULL)
        return;
    for (uint32_t i = 0; i < DRY__HOT_CODES; i++)
        codes_free(s->hot[i]);
    dry__cache_fini(&s->cache);
    dry__journal_fini(&s->journal);
    dry_arena_fini(&s->scratch);
    dry_free(s);
}

/* --- nodes --- */

dry_status dry__node_read(const struct dry_state_view *v, struct dry_buf *buf,
                          const struct dry__place *at, const uint8_t hash[32])
{
    uint8_t key[DRY__NODE_KEY_MAX];
    size_t n = dry__node_key(key, at, hash), old = buf->len;
    struct dry_hash got;
    dry_status st = dry_storage_get(v->s->storage, v->snap, buf, dry_bytes_of(key, n));

    if (!dry_ok(st))
        return st;
    dry_keccak256(&got, dry_bytes_of(buf->ptr + old, buf->len - old));
    if (memcmp(got.b, hash, 32) != 0)
        return DRY_STATUS(ECORRUPT, "a trie node does not hash to its name");
    return DRY_OK;
}

static dry_status view_load(void *ctx, struct dry_bytes *out, const struct dry__place *at,
                            const uint8_t hash[32])
{
    struct dry_state_view *v = ctx;
    struct dry__cache *cache = v->writer ? &v->s->cache : &v->cache;
    dry_status st;

    if (dry__cache_get(cache, out, hash, true))
        return DRY_OK;
    v->buf.len = 0;
    st = dry__node_read(v, &v->buf, at, hash);
    if (st.code == DRY_CODE_ENOTFOUND)
        return DRY_STATUS(ECORRUPT, "a trie node is missing");
    if (!dry_ok(st))
        return st;
    if (v->cache.slots == NULL && !v->writer && ++v->loads == VIEW_CACHE_AFTER &&
        !dry_ok(dry__cache_init(&v->cache, VIEW_CACHE_BYTES)))
        v->cache.slots = NULL; /* a cache is no need */
    dry__cache_put(cache, hash, dry_buf_bytes(&v->buf));
    *out = dry_buf_bytes(&v->buf);
    return DRY_OK;
}

struct dry__nodes dry__view_nodes(struct dry_state_view *v)
{
    return (struct dry__nodes){view_load, v};
}

dry_status dry__view_value(struct dry_state_view *v, uint8_t value[DRY__VALUE_BYTES_MAX],
                           size_t *len, const struct dry_hash *owner, const struct dry_hash *root,
                           const struct dry_hash *key)
{
    struct dry__place at = {owner, NULL, 0};
    uint8_t path[DRY__PATH_NIBBLES];
    struct dry_bytes in = DRY_BYTES_EMPTY, ref = DRY_BYTES_ARRAY(root->b);
    dry_status st = DRY_OK;

    *len = 0;
    if (dry_hash_equal(root, &dry_hash_empty_trie))
        return DRY_OK;
    dry__nibbles_of(path, key->b, 32);
    at.path = path;
    while (ref.len != 0) {
        struct dry__node n;
        uint8_t hash[32];

        in = ref;
        if (ref.len == 32) {
            memcpy(hash, ref.ptr, 32);
            st = view_load(v, &in, &at, hash);
        }
        if (dry_ok(st))
            st = dry__node_decode(&n, in, at.depth);
        if (st.code == DRY_CODE_EDECODE)
            st.code = DRY_CODE_ECORRUPT;
        if (!dry_ok(st))
            return st;
        if (n.kind == DRY__BRANCH) {
            ref = n.child[path[at.depth++]];
        } else if (memcmp(n.path, path + at.depth, n.path_len) != 0) {
            break;
        } else if (n.kind == DRY__EXTENSION) {
            at.depth += n.path_len;
            ref = n.child[0];
        } else {
            memcpy(value, n.value.ptr, n.value.len);
            *len = n.value.len;
            break;
        }
    }
    return DRY_OK;
}

/* --- the reader --- */

static struct dry_state_view *view_of(struct dry_state_reader *r)
{
    return (struct dry_state_view *)r;
}

static dry_status recent_get(struct dry_state_view *v, const struct dry__recent **out,
                             const struct dry_address *address)
{
    struct dry__recent *r = &v->recent[(address->b[19] ^ address->b[0]) % DRY__RECENT];
    uint8_t value[DRY__VALUE_BYTES_MAX];
    size_t len;
    dry_status st;

    *out = r;
    if (r->set && dry_address_equal(&r->address, address))
        return DRY_OK;
    r->set = false;
    dry_keccak256(&r->hashed, DRY_BYTES_ARRAY(address->b));
    st = dry__view_value(v, value, &len, NULL, &v->root, &r->hashed);
    if (dry_ok(st) && len != 0)
        st = dry__account_decode(&r->account, dry_bytes_of(value, len));
    if (st.code == DRY_CODE_EDECODE)
        st.code = DRY_CODE_ECORRUPT;
    if (!dry_ok(st))
        return st;
    r->address = *address;
    r->exists = len != 0;
    r->set = true;
    return DRY_OK;
}

static dry_status view_account(struct dry_state_reader *r, bool *exists, struct dry_account *out,
                               const struct dry_address *address)
{
    const struct dry__recent *a;
    dry_status st = recent_get(view_of(r), &a, address);

    if (!dry_ok(st))
        return st;
    *exists = a->exists;
    if (a->exists)
        *out = a->account;
    return DRY_OK;
}

static dry_status view_slot(struct dry_state_reader *r, struct dry_u256 *out,
                            const struct dry_address *address, const struct dry_hash *key)
{
    struct dry_u256 result = DRY_U256_ZERO;
    const struct dry__recent *a;
    uint8_t value[DRY__VALUE_BYTES_MAX];
    struct dry_hash hashed;
    size_t len;
    dry_status st = recent_get(view_of(r), &a, address);

    if (dry_ok(st) && a->exists &&
        !dry_hash_equal(&a->account.storage_root, &dry_hash_empty_trie)) {
        dry_keccak256(&hashed, DRY_BYTES_ARRAY(key->b));
        st =
            dry__view_value(view_of(r), value, &len, &a->hashed, &a->account.storage_root, &hashed);
        if (dry_ok(st) && len != 0)
            st = dry__slot_decode(&result, dry_bytes_of(value, len));
        if (st.code == DRY_CODE_EDECODE)
            st.code = DRY_CODE_ECORRUPT;
    }
    if (dry_ok(st))
        *out = result;
    return st;
}

static struct dry__code **bucket_of(const struct dry_state_view *v, const struct dry_hash *hash)
{
    uint32_t h;

    memcpy(&h, hash->b + 4, sizeof(h));
    return &v->codes[h & (v->code_buckets - 1)];
}

/* Room for one more code: as many buckets as codes. */
static dry_status codes_reserve(struct dry_state_view *v)
{
    struct dry_state_view grown = {.code_buckets =
                                       v->code_buckets == 0 ? CODE_BUCKETS : 2 * v->code_buckets};

    if (v->code_count < v->code_buckets)
        return DRY_OK;
    grown.codes = dry_alloc(grown.code_buckets * sizeof(*grown.codes));
    if (grown.codes == NULL)
        return DRY_ENOMEM;
    for (uint32_t i = 0; v->codes != NULL && i < v->code_buckets; i++) {
        while (v->codes[i] != NULL) {
            struct dry__code *c = v->codes[i], **to = bucket_of(&grown, &c->hash);

            v->codes[i] = c->next;
            c->next = *to;
            *to = c;
        }
    }
    dry_free(v->codes);
    v->codes = grown.codes;
    v->code_buckets = grown.code_buckets;
    return DRY_OK;
}

static dry_status view_code(struct dry_state_reader *r, struct dry_bytes *out,
                            const struct dry_hash *code_hash)
{
    struct dry_state_view *v = view_of(r);
    struct dry__code *c, **keep = NULL;
    uint8_t key[33];
    dry_status st;

    if (dry_hash_equal(code_hash, &dry_hash_empty_code)) {
        *out = DRY_BYTES_EMPTY;
        return DRY_OK;
    }
    if (v->writer) {
        struct dry__code **hot = &v->s->hot[code_hash->b[0] % DRY__HOT_CODES];

        if (*hot == NULL)
            keep = hot;
        else if (dry_hash_equal(&(*hot)->hash, code_hash)) {
            *out = dry_buf_bytes(&(*hot)->bytes);
            return DRY_OK;
        }
    }
    for (c = v->codes != NULL ? *bucket_of(v, code_hash) : NULL; c != NULL; c = c->next) {
        if (dry_hash_equal(&c->hash, code_hash)) {
            *out = dry_buf_bytes(&c->bytes);
            return DRY_OK;
        }
    }
    st = codes_reserve(v);
    c = dry_ok(st) ? dry_alloc(sizeof(*c)) : NULL;
    if (c == NULL)
        return DRY_ENOMEM;
    key[0] = DRY__KEY_CODE;
    memcpy(key + 1, code_hash->b, 32);
    st = dry_storage_get(v->s->storage, v->snap, &c->bytes, DRY_BYTES_ARRAY(key));
    if (dry_ok(st)) {
        dry_keccak256(&c->hash, dry_buf_bytes(&c->bytes));
        if (!dry_hash_equal(&c->hash, code_hash))
            st = DRY_STATUS(ECORRUPT, "code does not hash to its name");
    } else if (st.code == DRY_CODE_ENOTFOUND) {
        st = DRY_STATUS(ECORRUPT, "code is missing");
    }
    if (!dry_ok(st)) {
        dry_buf_fini(&c->bytes);
        dry_free(c);
        return st;
    }
    if (keep == NULL) {
        keep = bucket_of(v, code_hash);
        v->code_count++;
    }
    c->next = *keep;
    *keep = c;
    *out = dry_buf_bytes(&c->bytes);
    return DRY_OK;
}

static dry_status view_block_hash(struct dry_state_reader *r, struct dry_hash *out, uint64_t number)
{
    struct dry_state_view *v = view_of(r);

    if (v->block_hash != NULL)
        return v->block_hash(v->block_hash_ctx, out, number);
    memset(out->b, 0, 32);
    return DRY_OK;
}

static dry_status view_root_after(struct dry_state_reader *r, struct dry_hash *out,
                                  const struct dry_state_diff *diff)
{
    struct dry_arena arena = {0};
    struct dry__apply work = {.v = view_of(r), .arena = &arena};
    struct dry_hash root;
    dry_status st = dry__apply_run(&work, &root, diff);

    if (dry_ok(st))
        *out = root;
    dry__apply_end(&work);
    dry_arena_fini(&arena);
    return st;
}

static const struct dry_state_reader_ops view_ops = {
    .account = view_account,
    .slot = view_slot,
    .code = view_code,
    .block_hash = view_block_hash,
    .root_after = view_root_after,
};

static struct dry_state_view *view_make(struct dry_state *s, const struct dry_hash *root,
                                        dry_block_hash_fn block_hash, void *block_hash_ctx)
{
    struct dry_state_view *v = dry_alloc(sizeof(*v));

    if (v == NULL)
        return NULL;
    v->r.ops = &view_ops;
    v->s = s;
    v->root = *root;
    v->block_hash = block_hash;
    v->block_hash_ctx = block_hash_ctx;
    return v;
}

dry_status dry_state_view_open(struct dry_state_view **out, struct dry_state *s,
                               const struct dry_snapshot *snap, const struct dry_hash *root,
                               dry_block_hash_fn block_hash, void *block_hash_ctx)
{
    const struct dry__place at = {NULL, NULL, 0};
    struct dry_state_view *v = view_make(s, root, block_hash, block_hash_ctx);
    dry_status st = DRY_OK;

    if (v == NULL)
        return DRY_ENOMEM;
    v->snap = snap;
    if (!dry_hash_equal(root, &dry_hash_empty_trie))
        st = dry__node_read(v, &v->buf, &at, root->b);
    if (!dry_ok(st)) {
        if (st.code == DRY_CODE_ENOTFOUND)
            st = DRY_STATUS(ENOTFOUND, "no such state, or it was pruned");
        dry_state_view_close(v);
        return st;
    }
    *out = v;
    return DRY_OK;
}

void dry_state_view_use_writer_cache(struct dry_state_view *v)
{
    v->writer = true;
}

dry_status dry_state_view_open_writer(struct dry_state_view **out, struct dry_state *s,
                                      const struct dry_hash *root, dry_block_hash_fn block_hash,
                                      void *block_hash_ctx)
{
    struct dry_state_view *v = view_make(s, root, block_hash, block_hash_ctx);

    if (v == NULL)
        return DRY_ENOMEM;
    v->writer = true;
    *out = v;
    return DRY_OK;
}

void dry_state_view_own_snapshot(struct dry_state_view *v, struct dry_snapshot *snap)
{
    DRY_ASSERT(v->snap == snap);
    v->owned = snap;
}

void dry_state_view_close(struct dry_state_view *v)
{
    if (v == NULL)
        return;
    if (v->owned != NULL)
        dry_snapshot_close(v->s->storage, v->owned);
    for (uint32_t i = 0; i < v->code_buckets; i++)
        codes_free(v->codes[i]);
    dry_free(v->codes);
    dry__cache_fini(&v->cache);
    dry_buf_fini(&v->buf);
    dry_free(v);
}

struct dry_state_reader *dry_state_view_reader(struct dry_state_view *v)
{
    return &v->r;
}
