/* The trie itself over keys made to collide: its root is that of the pairs from scratch, what it
 * records as come and gone is exactly the difference of what is stored, old states stay whole until
 * they are pruned, and pruning leaves nothing behind. */
#include "database.h"
#include "model.h"
#include "walk.h"

enum { KEYS = 300 };

struct store {
    struct dry_storage *storage;
    struct dry_buf buf;
};

static dry_status store_load(void *ctx, struct dry_bytes *out, const struct dry__place *at,
                             const uint8_t hash[32])
{
    struct store *s = ctx;
    uint8_t key[DRY__NODE_KEY_MAX];
    size_t n = dry__node_key(key, at, hash);

    s->buf.len = 0;
    assert_true(dry_ok(dry_storage_get(s->storage, NULL, &s->buf, dry_bytes_of(key, n))));
    *out = dry_buf_bytes(&s->buf);
    return DRY_OK;
}

static void storage_open(struct dry_storage **out)
{
    const struct dry_storage_settings set = {0};

    assert_true(dry_ok(dry_storage_open(out, &dry_storage_memory, &set, NULL)));
}

static uint64_t count_keys(struct dry_storage *s, struct dry_bytes prefix)
{
    struct dry_bytes key, value;
    struct dry_cursor *c = NULL;
    uint64_t n = 0;

    assert_true(dry_ok(dry_cursor_open(s, NULL, &c, prefix)));
    while (dry_ok(dry_cursor_next(c, &key, &value)))
        n++;
    dry_cursor_close(c);
    return n;
}

/* Made nodes must be new, dropped ones there: then the record is the exact difference. */
static void changes_store(struct store *s, const struct dry__changes *changes)
{
    struct dry_batch b = {0};

    for (const struct dry__change *c = changes->first; c != NULL; c = c->next) {
        struct dry_bytes key = {c->bytes, c->key_len};
        struct dry_buf old = {0};
        dry_status st = dry_storage_get(s->storage, NULL, &old, key);

        assert_int_equal(st.code, c->drop ? DRY_CODE_OK : DRY_CODE_ENOTFOUND);
        if (c->drop)
            assert_true(dry_ok(dry_batch_delete(&b, key)));
        else
            assert_true(
                dry_ok(dry_batch_put(&b, key, dry_bytes_of(c->bytes + c->key_len, c->value_len))));
        dry_buf_fini(&old);
    }
    assert_true(dry_ok(dry_storage_commit(s->storage, &b, false)));
    dry_batch_fini(&b);
}

/* Keys that agree but for a few nibbles, some of them the last ones: deep branches, extensions that
 * split and join, nodes short enough to stand in their parents. */
static void key_make(struct dry_hash *out, unsigned i)
{
    memset(out->b, 0x11, 32);
    out->b[0] = (uint8_t)(0x10 | (i & 1));
    out->b[2] = (uint8_t)((i >> 1 & 3) << 4 | 1);
    out->b[15] = (uint8_t)(0x10 | (i >> 3 & 3));
    out->b[30] = (uint8_t)((i >> 5 & 1) << 7);
    out->b[31] = (uint8_t)(i >> 6 & 7);
}

struct pairs {
    struct dry_hash keys[KEYS];
    uint8_t values[KEYS][64];
    uint8_t lens[KEYS]; /* 0: not there */
};

static void pairs_root(const struct pairs *p, struct dry_hash *out)
{
    struct dry_trie_pair list[KEYS];
    struct dry_arena arena = {0};

    for (unsigned i = 0; i < KEYS; i++)
        list[i] = (struct dry_trie_pair){DRY_BYTES_ARRAY(p->keys[i].b),
                                         dry_bytes_of(p->values[i], p->lens[i])};
    assert_true(dry_ok(dry_trie_root_of_pairs(out, list, KEYS, false, &arena)));
    dry_arena_fini(&arena);
}

static void pairs_change(struct pairs *p, struct dry__trie *t, unsigned busy, uint64_t *seed)
{
    static unsigned removed[KEYS];
    unsigned n = 0, shrink = model_random(seed) % 4 == 0;

    for (unsigned i = 0; i < KEYS; i++) {
        uint64_t r = model_random(seed);

        if (r % KEYS >= busy)
            continue;
        if (shrink || r / KEYS % 3 == 0) {
            removed[n++] = i;
            p->lens[i] = 0;
            continue;
        }
        p->lens[i] = (uint8_t)(1 + (r >> 32) % (r >> 60 == 0 ? 60 : 3));
        memset(p->values[i], (int)(1 + (r >> 24) % 3), p->lens[i]);
        assert_true(dry_ok(dry__trie_put(t, &p->keys[i], dry_bytes_of(p->values[i], p->lens[i]))));
    }
    for (unsigned i = 0; i < n; i++)
        assert_true(dry_ok(dry__trie_remove(t, &p->keys[removed[i]])));
}

static void all_gone(struct store *s, const struct dry_hash *root, const struct dry_hash *owner)
{
    const struct dry__nodes nodes = {store_load, s};
    struct dry_arena arena = {0};
    struct dry__changes changes;
    struct dry__trie t;

    dry__changes_init(&changes);
    dry__trie_init(&t, &nodes, owner, root, &changes, &arena);
    assert_true(dry_ok(dry__trie_drop_all(&t)));
    changes_store(s, &changes);
    assert_int_equal(count_keys(s->storage, DRY_BYTES_EMPTY), 0);
    dry_arena_fini(&arena);
}

static void colliding_keys(void **unused)
{
    static struct pairs p;
    const struct dry_hash owner = {{7}};
    struct store s = {0};
    const struct dry__nodes nodes = {store_load, &s};
    struct dry_hash root = dry_hash_empty_trie;
    uint64_t seed = 3;

    (void)unused;
    storage_open(&s.storage);
    for (unsigned i = 0; i < KEYS; i++)
        key_make(&p.keys[i], i);
    for (unsigned step = 0; step < 3000; step++) {
        struct dry_arena arena = {0};
        struct dry__changes changes;
        struct dry__trie t;
        struct dry_hash want;
        unsigned k = step % KEYS;
        struct dry_bytes value;

        dry__changes_init(&changes);
        dry__trie_init(&t, &nodes, &owner, &root, &changes, &arena);
        pairs_change(&p, &t, 1 + (unsigned)(model_random(&seed) % (step % 50 == 0 ? 300 : 12)),
                     &seed);
        assert_true(dry_ok(dry__trie_get(&t, &value, &p.keys[k])));
        CHECK_BYTES(value, dry_bytes_of(p.values[k], p.lens[k]), "get");
        assert_true(dry_ok(dry__trie_commit(&t, &root)));
        changes_store(&s, &changes);
        pairs_root(&p, &want);
        CHECK_BYTES(DRY_BYTES_ARRAY(root.b), DRY_BYTES_ARRAY(want.b), "root");
        dry_arena_fini(&arena);
    }
    all_gone(&s, &root, &owner);
    dry_buf_fini(&s.buf);
    dry_storage_close(s.storage);
}

/* --- order: TrieTests/trietestnextprev --- */

struct neighbours {
    struct dry_hash key; /* a text, padded with zeros: texts keep their order */
    struct dry_hash prev, next;
};

static dry_status on_pair(void *ctx, bool *go_on, const struct dry_hash *key,
                          struct dry_bytes value)
{
    struct neighbours *n = ctx;
    int c = memcmp(key->b, n->key.b, 32);

    (void)value;
    if (c < 0)
        n->prev = *key;
    if (c > 0)
        n->next = *key;
    *go_on = c <= 0;
    return DRY_OK;
}

static void padded(struct dry_hash *out, const json_t *text)
{
    assert_true(json_string_length(text) < 32);
    memset(out->b, 0, 32);
    memcpy(out->b, json_string_value(text), json_string_length(text));
}

static void next_and_previous(void **unused)
{
    const char *path = test_vectors_path("eth/TrieTests/trietestnextprev.json"), *name;
    struct store s = {0};
    const struct dry__nodes nodes = {store_load, &s};
    json_t *all, *test, *row;
    size_t i;

    (void)unused;
    if (path == NULL)
        skip();
    all = test_json_load(path);
    json_object_foreach(all, name, test)
    {
        struct dry_arena arena = {0};
        struct dry__changes changes;
        struct dry_hash root = dry_hash_empty_trie, key;
        struct dry__trie t;

        storage_open(&s.storage);
        dry__changes_init(&changes);
        dry__trie_init(&t, &nodes, NULL, &root, &changes, &arena);
        json_array_foreach(json_object_get(test, "in"), i, row)
        {
            padded(&key, row);
            assert_true(dry_ok(dry__trie_put(&t, &key, DRY_BYTES_LIT("value"))));
        }
        assert_true(dry_ok(dry__trie_commit(&t, &root)));
        changes_store(&s, &changes);
        json_array_foreach(json_object_get(test, "tests"), i, row)
        {
            struct neighbours n = {0};

            padded(&n.key, json_array_get(row, 0));
            assert_true(dry_ok(dry__walk(&nodes, NULL, &root, on_pair, &n)));
            padded(&key, json_array_get(row, 1));
            CHECK_BYTES(DRY_BYTES_ARRAY(n.prev.b), DRY_BYTES_ARRAY(key.b), "previous");
            padded(&key, json_array_get(row, 2));
            CHECK_BYTES(DRY_BYTES_ARRAY(n.next.b), DRY_BYTES_ARRAY(key.b), "next");
        }
        assert_true(i > 0);
        dry_arena_fini(&arena);
        dry_storage_close(s.storage);
    }
    json_decref(all);
    dry_buf_fini(&s.buf);
}

/* --- pruning --- */

enum { KEEP = 5, SLACK = 16, HISTORY = 64 };

struct history {
    struct dry_storage *storage;
    struct dry_state *state;
    struct dry_batch batch;
    struct dry_hash roots[HISTORY]; /* of the newest states on the way to the head, a ring */
    struct model models[HISTORY];
    uint64_t height;
};

static void block_make(struct history *h, uint64_t parent, bool head, unsigned busy, uint64_t *seed)
{
    static struct model_diff d;
    struct model m = h->models[parent % HISTORY];
    struct dry_state_view *v = NULL;
    struct dry_hash root, want;

    model_change(&m, &d, busy, seed);
    assert_true(
        dry_ok(dry_state_view_open(&v, h->state, NULL, &h->roots[parent % HISTORY], NULL, NULL)));
    dry_batch_clear(&h->batch);
    assert_true(dry_ok(dry_state_apply(v, &root, &h->batch, &d.diff, NULL)));
    dry_state_view_close(v);
    if (head)
        assert_true(dry_ok(dry_state_prune(h->state, &h->batch, &root, 0)));
    if (model_random(seed) % 8 != 0 || head) /* some blocks are tried and never committed */
        assert_true(dry_ok(dry_storage_commit(h->storage, &h->batch, false)));
    model_root(&m, &want);
    CHECK_BYTES(DRY_BYTES_ARRAY(root.b), DRY_BYTES_ARRAY(want.b), "root");
    if (head) {
        h->height = parent + 1;
        h->roots[h->height % HISTORY] = root;
        h->models[h->height % HISTORY] = m;
    }
}

/* Number of nodes the states from `first` to the head hold together. */
struct seen {
    struct dry_storage *keys; /* a set */
};

static void seen_add(struct seen *seen, struct dry__changes *changes)
{
    struct dry_batch b = {0};

    for (const struct dry__change *c = changes->first; c != NULL; c = c->next)
        assert_true(
            dry_ok(dry_batch_put(&b, dry_bytes_of(c->bytes, c->key_len), DRY_BYTES_LIT("x"))));
    assert_true(dry_ok(dry_storage_commit(seen->keys, &b, false)));
    dry_batch_fini(&b);
}

static void seen_trie(struct seen *seen, struct dry_storage *from, const struct dry_hash *owner,
                      const struct dry_hash *root)
{
    struct store s = {.storage = from};
    const struct dry__nodes nodes = {store_load, &s};
    struct dry_arena arena = {0};
    struct dry__changes changes;
    struct dry__trie t;

    dry__changes_init(&changes);
    dry__trie_init(&t, &nodes, owner, root, &changes, &arena);
    assert_true(dry_ok(dry__trie_drop_all(&t)));
    seen_add(seen, &changes);
    dry_arena_fini(&arena);
    dry_buf_fini(&s.buf);
}

static void seen_state(struct seen *seen, struct history *h, uint64_t height)
{
    struct dry_state_view *v = NULL;
    const struct dry_hash *root = &h->roots[height % HISTORY];

    assert_true(dry_ok(dry_state_view_open(&v, h->state, NULL, root, NULL, NULL)));
    model_check_reader(&h->models[height % HISTORY], dry_state_view_reader(v));
    seen_trie(seen, h->storage, NULL, root);
    for (unsigned i = 0; i < MODEL_ACCOUNTS; i++) {
        struct dry_state_reader *r = dry_state_view_reader(v);
        struct dry_address address;
        struct dry_account a;
        struct dry_hash owner;
        bool exists;

        model_address(&address, i);
        dry_keccak256(&owner, DRY_BYTES_ARRAY(address.b));
        assert_true(dry_ok(r->ops->account(r, &exists, &a, &address)));
        if (exists)
            seen_trie(seen, h->storage, &owner, &a.storage_root);
    }
    dry_state_view_close(v);
}

static uint64_t nodes_stored(struct dry_storage *s)
{
    return count_keys(s, DRY_BYTES_LIT("\x10")) + count_keys(s, DRY_BYTES_LIT("\x12"));
}

/* How many of the newest states are there. */
static uint64_t states_kept(struct history *h)
{
    uint64_t n = 0;

    while (n < h->height && n < HISTORY - 1) {
        struct dry_state_view *v = NULL;
        dry_status st = dry_state_view_open(&v, h->state, NULL,
                                            &h->roots[(h->height - n) % HISTORY], NULL, NULL);

        if (!dry_ok(st)) {
            assert_int_equal(st.code, DRY_CODE_ENOTFOUND);
            break;
        }
        dry_state_view_close(v);
        n++;
    }
    return n;
}

/* Side branches, reorganisations to them, wipes and accounts that come back: after each step the
 * newest states are whole; when the way has been straight for a while, what is stored is exactly
 * what they need. */
static void pruning(void **unused)
{
    static struct history h;
    const struct dry_state_settings set = {.cache_bytes = 1, .keep_states = KEEP};
    uint64_t seed = 11;

    (void)unused;
    storage_open(&h.storage);
    assert_true(dry_ok(dry_state_open(&h.state, h.storage, &set)));
    for (int i = 0; i < HISTORY; i++)
        h.roots[i] = dry_hash_empty_trie;
    for (unsigned round = 0; round < 12; round++) {
        struct seen seen;
        uint64_t kept;

        for (unsigned step = 0; step < 60; step++) {
            uint64_t there = states_kept(&h), back = model_random(&seed) % (KEEP + 1);

            if (back >= there) /* a reorganisation went to the oldest state kept */
                back = there == 0 ? 0 : there - 1;
            for (unsigned side = (unsigned)(model_random(&seed) % 4); side > 0; side--)
                block_make(&h, h.height - back, false, 8, &seed);
            block_make(&h, h.height - (step % 7 == 0 ? back : 0), true, 10, &seed);
        }
        for (unsigned step = 0; step < KEEP + SLACK + 1 || states_kept(&h) > KEEP + 1; step++)
            block_make(&h, h.height, true, 6, &seed);
        storage_open(&seen.keys);
        kept = states_kept(&h);
        assert_int_equal(kept, KEEP + 1);
        for (uint64_t i = 0; i < kept; i++)
            seen_state(&seen, &h, h.height - i);
        assert_int_equal(nodes_stored(h.storage), nodes_stored(seen.keys));
        dry_storage_close(seen.keys);
    }
    dry_batch_fini(&h.batch);
    dry_state_close(h.state);
    dry_storage_close(h.storage);
}

/* --- jobs --- */

/* Jobs in whatever order give the same root and the same nodes as none. */
static void jobs_backward(struct dry_jobs *jobs, void (*fn)(void *ctx, uint32_t index), void *ctx,
                          uint32_t count)
{
    (void)jobs;
    while (count > 0)
        fn(ctx, --count);
}

static void parallel_equals_serial(void **unused)
{
    static const struct dry_jobs_ops ops = {"backward", 4, jobs_backward};
    enum { MANY = 1500 };
    static struct dry_account_diff accounts[MANY];
    static struct dry_slot_diff slots[MANY][2];
    struct dry_state_diff diff = {MANY, accounts};
    struct dry_jobs jobs = {&ops};
    struct dry_hash roots[2][3];
    uint64_t stored[2];

    (void)unused;
    for (int parallel = 0; parallel < 2; parallel++) {
        const struct dry_state_settings set = {.cache_bytes = 1 << 20, .keep_states = 1};
        struct dry_storage *storage = NULL;
        struct dry_state *state = NULL;
        struct dry_batch batch = {0};
        struct dry_hash root = dry_hash_empty_trie;

        storage_open(&storage);
        assert_true(dry_ok(dry_state_open(&state, storage, &set)));
        for (unsigned round = 0; round < 3; round++) {
            struct dry_state_view *v = NULL;

            for (uint32_t i = 0; i < MANY; i++) {
                accounts[i] = (struct dry_account_diff){
                    .exists = round == 0 || (i + round) % 5 != 0,
                    .storage_wiped = round == 2 && i % 3 == 0,
                    .nonce = round + i,
                    .code_hash = dry_hash_empty_code,
                    .slot_count = 1 + i % 2,
                    .slots = slots[i],
                };
                accounts[i].address.b[0] = (uint8_t)(i >> 8);
                accounts[i].address.b[1] = (uint8_t)i;
                for (uint32_t j = 0; j < 2; j++) {
                    slots[i][j].key.b[31] = (uint8_t)(j + round % 2);
                    slots[i][j].value = DRY_U256((i + round) % 4);
                }
            }
            assert_true(dry_ok(dry_state_view_open(&v, state, NULL, &root, NULL, NULL)));
            dry_batch_clear(&batch);
            assert_true(dry_ok(dry_state_apply(v, &root, &batch, &diff, parallel ? &jobs : NULL)));
            dry_state_view_close(v);
            assert_true(dry_ok(dry_storage_commit(storage, &batch, false)));
            roots[parallel][round] = root;
        }
        stored[parallel] = nodes_stored(storage);
        dry_batch_fini(&batch);
        dry_state_close(state);
        dry_storage_close(storage);
    }
    assert_memory_equal(roots[0], roots[1], sizeof(roots[0]));
    assert_int_equal(stored[0], stored[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colliding_keys),
        cmocka_unit_test(next_and_previous),
        cmocka_unit_test(pruning),
        cmocka_unit_test(parallel_equals_serial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
