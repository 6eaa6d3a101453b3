/* The state database against a plain model: whatever is applied, from whatever state kept, the root
 * is that of the model from scratch and every reader, walk and proof says what the model says
 * (ATTACKS 39). Failures of memory and storage change nothing. */
#include "model.h"

enum { STATES = 12 };

struct fixture {
    struct dry_storage *storage;
    struct dry_state *state;
    struct dry_batch batch;
    struct dry_hash roots[STATES];
    struct model models[STATES];
};

static void fixture_open(struct fixture *f, uint32_t keep)
{
    const struct dry_storage_settings set = {0};
    const struct dry_state_settings state_set = {.cache_bytes = 1 << 20, .keep_states = keep};

    memset(f, 0, sizeof(*f));
    assert_true(dry_ok(dry_storage_open(&f->storage, &dry_storage_memory, &set, NULL)));
    assert_true(dry_ok(dry_state_open(&f->state, f->storage, &state_set)));
    for (int i = 0; i < STATES; i++)
        f->roots[i] = dry_hash_empty_trie;
}

static void fixture_close(struct fixture *f)
{
    dry_batch_fini(&f->batch);
    dry_state_close(f->state);
    dry_storage_close(f->storage);
}

static struct dry_state_view *view_of(struct fixture *f, const struct dry_hash *root)
{
    struct dry_state_view *v = NULL;

    assert_true(dry_ok(dry_state_view_open(&v, f->state, NULL, root, NULL, NULL)));
    return v;
}

static void random_diffs_with_reorgs(void **unused)
{
    static struct fixture f;
    static struct model_diff d;
    uint64_t seed = 39;
    unsigned ops = 0;

    (void)unused;
    fixture_open(&f, 0);
    for (unsigned step = 0; ops < 100000; step++) {
        unsigned from = (unsigned)(model_random(&seed) % STATES), to = step % STATES;
        struct dry_state_view *v = view_of(&f, &f.roots[from]);
        struct dry_state_reader *r = dry_state_view_reader(v);
        struct dry_hash root, after, want;
        struct model m = f.models[from];

        ops += model_change(&m, &d, 1 + (unsigned)(model_random(&seed) % 24), &seed);
        if (step % 3 == 0)
            dry_state_view_use_writer_cache(v);
        assert_true(dry_ok(r->ops->root_after(r, &after, &d.diff)));
        dry_batch_clear(&f.batch);
        assert_true(dry_ok(dry_state_apply(v, &root, &f.batch, &d.diff, NULL)));
        assert_true(dry_ok(dry_storage_commit(f.storage, &f.batch, false)));
        model_root(&m, &want);
        CHECK_BYTES(DRY_BYTES_ARRAY(root.b), DRY_BYTES_ARRAY(want.b), "apply");
        CHECK_BYTES(DRY_BYTES_ARRAY(after.b), DRY_BYTES_ARRAY(want.b), "root_after");
        if (step % 16 == 0)
            model_check_reader(&f.models[from], r);
        dry_state_view_close(v);
        f.models[to] = m;
        f.roots[to] = root;
        if (step % 16 == 0) {
            v = view_of(&f, &root);
            model_check_reader(&m, dry_state_view_reader(v));
            dry_state_view_close(v);
        }
    }
    fixture_close(&f);
}

/* A reader over a diff answers as the state with the diff applied. */
static void overlays(void **unused)
{
    static struct model_diff whole, d;
    struct model before = {0}, after;
    uint64_t seed = 5;

    (void)unused;
    for (unsigned step = 0; step < 200; step++) {
        struct dry_memory_state *mem = NULL;
        struct dry_overlay_reader o;

        after = before;
        model_change(&after, &d, 10, &seed);
        model_whole(&before, &whole);
        assert_true(dry_ok(dry_memory_state_open(&mem)));
        assert_true(dry_ok(dry_memory_state_apply(mem, &whole.diff)));
        dry_overlay_reader_init(&o, dry_memory_state_reader(mem), &d.diff);
        for (unsigned i = 0; i < MODEL_ACCOUNTS; i++) {
            struct dry_address address;
            struct dry_account a;
            struct dry_u256 v;
            struct dry_hash key;
            bool exists;

            model_address(&address, i);
            assert_true(dry_ok(o.r.ops->account(&o.r, &exists, &a, &address)));
            assert_int_equal(exists, after.accounts[i].exists);
            if (exists)
                assert_int_equal(a.nonce, after.accounts[i].nonce);
            for (unsigned j = 0; j < MODEL_SLOTS; j++) {
                model_slot_key(&key, j);
                assert_true(dry_ok(o.r.ops->slot(&o.r, &v, &address, &key)));
                assert_true(v.w[0] == after.accounts[i].slots[j]);
            }
        }
        assert_true(dry_ok(dry_memory_state_apply(mem, &d.diff)));
        model_check_reader(&after, dry_memory_state_reader(mem));
        dry_memory_state_close(mem);
        before = after;
    }
}

/* --- proofs --- */

static dry_status check(bool *found, struct dry_bytes *value, const struct dry_hash *root,
                        const struct dry_hash *key, const struct dry_proof *p)
{
    *found = false;
    return dry_proof_check(found, value, root, DRY_BYTES_ARRAY(key->b), p);
}

/* Every damage to a good proof is refused: a bit, an end cut off, a node left out, added or doubled
 * (ATTACKS 52, 60). */
static void damage(const struct dry_hash *root, const struct dry_hash *key,
                   const struct dry_proof *p, uint64_t *seed)
{
    struct dry_bytes nodes[80], value;
    struct dry_proof bad = {p->count, nodes};
    struct dry_hash other = *root;
    bool found;

    if (p->count == 0)
        return;
    assert_true(p->count < 70);
    memcpy(nodes, p->nodes, p->count * sizeof(nodes[0]));
    for (int round = 0; round < 12; round++) {
        uint32_t i = (uint32_t)(model_random(seed) % p->count);
        size_t at = model_random(seed) % nodes[i].len;
        uint8_t copy[600];
        struct dry_bytes good = nodes[i];

        memcpy(copy, good.ptr, good.len);
        copy[at] ^= (uint8_t)(1u << model_random(seed) % 8);
        nodes[i].ptr = copy;
        assert_int_equal(check(&found, &value, root, key, &bad).code, DRY_CODE_EDECODE);
        memcpy(copy, good.ptr, good.len);
        nodes[i].len = at;
        assert_int_equal(check(&found, &value, root, key, &bad).code, DRY_CODE_EDECODE);
        nodes[i] = good;
    }
    bad.count = p->count - 1;
    assert_int_equal(check(&found, &value, root, key, &bad).code, DRY_CODE_EDECODE);
    bad.nodes = nodes + 1;
    assert_int_equal(check(&found, &value, root, key, &bad).code, DRY_CODE_EDECODE);
    bad = (struct dry_proof){p->count + 1, nodes};
    nodes[p->count] = nodes[p->count - 1];
    assert_int_equal(check(&found, &value, root, key, &bad).code, DRY_CODE_EDECODE);
    nodes[p->count] = DRY_BYTES_EMPTY;
    assert_int_equal(check(&found, &value, root, key, &bad).code, DRY_CODE_EDECODE);
    other.b[model_random(seed) % 32] ^= 1;
    assert_int_equal(check(&found, &value, &other, key, p).code, DRY_CODE_EDECODE);
}

static void proofs_of_account(struct dry_state_view *v, const struct model_account *m, unsigned i,
                              const struct dry_hash *root, uint64_t *seed)
{
    struct dry_arena arena = {0};
    struct dry_address address;
    struct dry_hash key, hashed;
    struct dry_bytes value;
    struct dry_account a;
    struct dry_proof p;
    bool found, exists;
    struct dry_state_reader *r = dry_state_view_reader(v);

    model_address(&address, i);
    dry_keccak256(&hashed, DRY_BYTES_ARRAY(address.b));
    assert_true(dry_ok(dry_state_prove_account(v, &p, &address, &arena)));
    assert_true(dry_ok(check(&found, &value, root, &hashed, &p)));
    assert_int_equal(found, m->exists);
    damage(root, &hashed, &p, seed);
    assert_true(dry_ok(r->ops->account(r, &exists, &a, &address)));
    for (unsigned j = 0; j < MODEL_SLOTS; j++) {
        const struct dry_hash *storage = exists ? &a.storage_root : &dry_hash_empty_trie;

        model_slot_key(&key, j);
        dry_keccak256(&hashed, DRY_BYTES_ARRAY(key.b));
        assert_true(dry_ok(dry_state_prove_slot(v, &p, &address, &key, &arena)));
        assert_true(dry_ok(check(&found, &value, storage, &hashed, &p)));
        assert_int_equal(found, m->slots[j] != 0);
        damage(storage, &hashed, &p, seed);
    }
    dry_arena_fini(&arena);
}

static void proofs(void **unused)
{
    static struct fixture f;
    static struct model_diff d;
    struct dry_proof nothing = {0, NULL};
    struct dry_bytes value;
    uint64_t seed = 60;
    bool found = true;

    (void)unused;
    fixture_open(&f, 0);
    for (int step = 0; step < 6; step++) {
        struct dry_state_view *v = view_of(&f, &f.roots[0]);

        model_change(&f.models[0], &d, 20, &seed);
        dry_batch_clear(&f.batch);
        assert_true(dry_ok(dry_state_apply(v, &f.roots[0], &f.batch, &d.diff, NULL)));
        assert_true(dry_ok(dry_storage_commit(f.storage, &f.batch, false)));
        dry_state_view_close(v);
        v = view_of(&f, &f.roots[0]);
        for (unsigned i = 0; i < MODEL_ACCOUNTS; i++)
            proofs_of_account(v, &f.models[0].accounts[i], i, &f.roots[0], &seed);
        dry_state_view_close(v);
    }
    assert_true(dry_ok(check(&found, &value, &dry_hash_empty_trie, &f.roots[0], &nothing)));
    assert_false(found);
    assert_int_equal(check(&found, &value, &f.roots[0], &f.roots[0], &nothing).code,
                     DRY_CODE_EDECODE);
    assert_int_equal(
        dry_proof_check(&found, &value, &f.roots[0], DRY_BYTES_LIT("short"), &nothing).code,
        DRY_CODE_EINVAL);
    fixture_close(&f);
}

/* --- walks --- */

struct walked {
    const struct model *m;
    struct dry_state_view *v;
    struct dry_hash last;
    unsigned accounts, slots, stop_after;
};

static bool on_slot(void *ctx, const struct dry_hash *key, const struct dry_u256 *value)
{
    struct walked *w = ctx;

    assert_false(dry_u256_is_zero(value));
    assert_true(memcmp(w->last.b, key->b, 32) < 0);
    w->last = *key;
    w->slots++;
    return true;
}

static bool on_account(void *ctx, const struct dry_hash *key, const struct dry_account *a)
{
    struct walked *w = ctx, inner = {.m = w->m};

    (void)a;
    assert_true(memcmp(w->last.b, key->b, 32) < 0);
    w->last = *key;
    assert_true(dry_ok(dry_state_each_slot(w->v, key, on_slot, &inner)));
    w->slots += inner.slots;
    return ++w->accounts != w->stop_after;
}

static void walks(void **unused)
{
    static struct fixture f;
    static struct model_diff d;
    struct walked w = {0};
    unsigned accounts = 0, slots = 0;
    uint64_t seed = 8;

    (void)unused;
    fixture_open(&f, 0);
    w.v = view_of(&f, &f.roots[0]);
    assert_true(dry_ok(dry_state_each_account(w.v, on_account, &w)));
    assert_int_equal(w.accounts, 0);
    model_change(&f.models[0], &d, 40, &seed);
    assert_true(dry_ok(dry_state_apply(w.v, &f.roots[0], &f.batch, &d.diff, NULL)));
    assert_true(dry_ok(dry_storage_commit(f.storage, &f.batch, false)));
    dry_state_view_close(w.v);
    for (unsigned i = 0; i < MODEL_ACCOUNTS; i++) {
        accounts += f.models[0].accounts[i].exists;
        for (unsigned j = 0; j < MODEL_SLOTS; j++)
            slots += f.models[0].accounts[i].slots[j] != 0;
    }
    w.v = view_of(&f, &f.roots[0]);
    assert_true(dry_ok(dry_state_each_account(w.v, on_account, &w)));
    assert_int_equal(w.accounts, accounts);
    assert_int_equal(w.slots, slots);
    w = (struct walked){.v = w.v, .stop_after = 3};
    assert_true(dry_ok(dry_state_each_account(w.v, on_account, &w)));
    assert_int_equal(w.accounts, 3);
    dry_state_view_close(w.v);
    fixture_close(&f);
}

/* --- failures --- */

/* One block on top of roots[0]: open, read, apply, commit. OK or the first failure. */
static dry_status block(struct fixture *f, struct dry_storage *storage, struct dry_hash *root,
                        const struct model_diff *d)
{
    struct dry_state_view *v = NULL;
    struct dry_account a;
    struct dry_u256 slot;
    struct dry_hash key = {{0}}, after;
    bool exists;
    dry_status st = dry_state_view_open(&v, f->state, NULL, &f->roots[0], NULL, NULL);
    struct dry_state_reader *r = dry_ok(st) ? dry_state_view_reader(v) : NULL;

    dry_batch_clear(&f->batch);
    for (uint32_t i = 0; i < d->diff.count && dry_ok(st); i++) {
        st = r->ops->account(r, &exists, &a, &d->accounts[i].address);
        if (dry_ok(st))
            st = r->ops->slot(r, &slot, &d->accounts[i].address, &key);
    }
    if (dry_ok(st))
        st = r->ops->root_after(r, &after, &d->diff);
    if (dry_ok(st))
        st = dry_state_apply(v, root, &f->batch, &d->diff, NULL);
    if (!dry_ok(st))
        assert_int_equal(f->batch.count, 0);
    if (dry_ok(st))
        st = dry_state_prune(f->state, &f->batch, root, 0);
    if (dry_ok(st))
        st = dry_storage_commit(storage, &f->batch, false);
    dry_state_view_close(v);
    return st;
}

static void base_block(struct fixture *f, struct model_diff *d, uint64_t *seed)
{
    struct dry_hash root;

    model_change(&f->models[0], d, 30, seed);
    assert_true(dry_ok(block(f, f->storage, &root, d)));
    f->roots[0] = root;
    f->models[1] = f->models[0];
    model_change(&f->models[1], d, 12, seed);
}

static void failing_storage(void **unused)
{
    static struct fixture f;
    static struct model_diff d;
    struct faulty_storage faulty;
    struct dry_state *direct;
    struct dry_hash want;
    uint64_t seed = 77;

    (void)unused;
    fixture_open(&f, 4);
    base_block(&f, &d, &seed);
    model_root(&f.models[1], &want);
    faulty_init(&faulty, f.storage);
    direct = f.state;
    for (uint64_t n = 1;; n++) {
        /* No cache to speak of, so that every read reaches the storage. */
        const struct dry_state_settings set = {.cache_bytes = 1, .keep_states = 4};
        struct dry_hash root = {{0}};
        struct dry_state_view *v;
        dry_status st;

        assert_true(n < 100000);
        assert_true(dry_ok(dry_state_open(&f.state, &faulty.base, &set)));
        faulty.failed = false;
        faulty.fail_at = n;
        st = block(&f, &faulty.base, &root, &d);
        faulty.fail_at = 0;
        assert_int_equal(st.code, faulty.failed ? DRY_CODE_EIO : DRY_CODE_OK);
        v = view_of(&f, &f.roots[0]);
        model_check_reader(&f.models[0], dry_state_view_reader(v));
        dry_state_view_close(v);
        /* The same object goes on after the failure. */
        assert_true(dry_ok(block(&f, &faulty.base, &root, &d)));
        CHECK_BYTES(DRY_BYTES_ARRAY(root.b), DRY_BYTES_ARRAY(want.b), "after a failure");
        dry_state_close(f.state);
        if (!faulty.failed)
            break;
    }
    f.state = direct;
    fixture_close(&f);
}

static void failing_memory(void **unused)
{
    static struct fixture f;
    static struct model_diff d;
    struct dry_hash want, root;
    uint64_t seed = 78;

    (void)unused;
    fixture_open(&f, 4);
    base_block(&f, &d, &seed);
    model_root(&f.models[1], &want);
    TEST_EACH_ALLOC_FAILS({
        dry_status st;

        dry_arena_fini(NULL);
        st = block(&f, f.storage, &root, &d);
        assert_true(dry_ok(st) || (st.code == DRY_CODE_ENOMEM && test_alloc_failed()));
        if (dry_ok(st))
            CHECK_BYTES(DRY_BYTES_ARRAY(root.b), DRY_BYTES_ARRAY(want.b), "root");
        dry_state_close(f.state);
        f.state = NULL;
        st = dry_state_open(&f.state, f.storage,
                            &(struct dry_state_settings){.cache_bytes = 4096, .keep_states = 4});
        if (!dry_ok(st))
            assert_true(dry_ok(dry_state_open(
                &f.state, f.storage,
                &(struct dry_state_settings){.cache_bytes = 4096, .keep_states = 4})));
    });
    fixture_close(&f);
}

static void failing_memory_state(void **unused)
{
    static struct model_diff first, d;
    struct model m = {0}, after;
    struct dry_hash want;
    uint64_t seed = 79;

    (void)unused;
    model_change(&m, &first, 30, &seed);
    after = m;
    model_change(&after, &d, 10, &seed);
    model_root(&after, &want);
    TEST_EACH_ALLOC_FAILS({
        struct dry_memory_state *mem = NULL;
        struct dry_hash root;
        dry_status st = dry_memory_state_open(&mem);

        if (dry_ok(st))
            st = dry_memory_state_apply(mem, &first.diff);
        if (dry_ok(st))
            st = dry_memory_state_apply(mem, &d.diff);
        if (dry_ok(st))
            st = dry_memory_state_root(mem, &root);
        if (dry_ok(st))
            CHECK_BYTES(DRY_BYTES_ARRAY(root.b), DRY_BYTES_ARRAY(want.b), "root");
        else
            assert_int_equal(st.code, DRY_CODE_ENOMEM);
        dry_memory_state_close(mem);
    });
}

/* What lies on disk may be damaged or gone: then it is ECORRUPT, and a root that was never there is
 * ENOTFOUND. */
static void damaged_nodes(void **unused)
{
    static struct fixture f;
    static struct model_diff d;
    struct dry_cursor *c = NULL;
    struct dry_batch bad = {0};
    struct dry_state_view *v = NULL;
    struct dry_bytes key, value;
    struct dry_hash root = {{1}};
    uint64_t seed = 80;

    (void)unused;
    fixture_open(&f, 0);
    assert_int_equal(dry_state_view_open(&v, f.state, NULL, &root, NULL, NULL).code,
                     DRY_CODE_ENOTFOUND);
    base_block(&f, &d, &seed);
    v = view_of(&f, &f.roots[0]);
    for (int round = 0; round < 2; round++) {
        assert_true(dry_ok(dry_cursor_open(f.storage, NULL, &c, DRY_BYTES_LIT("\x10"))));
        dry_batch_clear(&bad);
        while (dry_ok(dry_cursor_next(c, &key, &value))) {
            if (round == 0)
                assert_true(dry_ok(dry_batch_put(&bad, key, DRY_BYTES_LIT("\xc2\x20\x01"))));
            else
                assert_true(dry_ok(dry_batch_delete(&bad, key)));
        }
        dry_cursor_close(c);
        assert_true(dry_ok(dry_storage_commit(f.storage, &bad, false)));
        for (unsigned i = 0; i < MODEL_ACCOUNTS; i++) {
            struct dry_state_reader *r = dry_state_view_reader(v);
            struct dry_address address;
            struct dry_account a;
            bool exists;

            model_address(&address, i);
            assert_int_equal(r->ops->account(r, &exists, &a, &address).code, DRY_CODE_ECORRUPT);
        }
    }
    assert_int_equal(dry_state_view_open(&(struct dry_state_view *){NULL}, f.state, NULL,
                                         &f.roots[0], NULL, NULL)
                         .code,
                     DRY_CODE_ENOTFOUND);
    dry_state_view_close(v);
    dry_batch_fini(&bad);
    fixture_close(&f);
}

/* --- pruning over restarts --- */

enum { KEEP = 5 };

static void restart(struct fixture *f, uint32_t keep)
{
    const struct dry_state_settings set = {.keep_states = keep, .durable = true};

    dry_state_close(f->state);
    f->state = NULL;
    assert_true(dry_ok(dry_state_open(&f->state, f->storage, &set)));
}

static unsigned count(struct fixture *f, const char *prefix)
{
    struct dry_cursor *c = NULL;
    struct dry_bytes key, value;
    unsigned n = 0;

    assert_true(dry_ok(dry_cursor_open(f->storage, NULL, &c, dry_bytes_of(prefix, 1))));
    while (dry_ok(dry_cursor_next(c, &key, &value)))
        n++;
    dry_cursor_close(c);
    return n;
}

static void same_nodes(struct fixture *a, struct fixture *b, const char *prefix)
{
    struct dry_cursor *ca = NULL, *cb = NULL;
    struct dry_bytes ka, kb, v;

    assert_int_equal(count(a, prefix), count(b, prefix));
    assert_true(dry_ok(dry_cursor_open(a->storage, NULL, &ca, dry_bytes_of(prefix, 1))));
    assert_true(dry_ok(dry_cursor_open(b->storage, NULL, &cb, dry_bytes_of(prefix, 1))));
    while (dry_ok(dry_cursor_next(ca, &ka, &v))) {
        assert_true(dry_ok(dry_cursor_next(cb, &kb, &v)));
        CHECK_BYTES(ka, kb, "stored nodes");
    }
    dry_cursor_close(ca);
    dry_cursor_close(cb);
}

/* Apply on roots[from]; with commit false everything but the last step, as before a kill. */
static struct dry_hash step(struct fixture *f, unsigned from, const struct model_diff *d,
                            bool commit)
{
    struct dry_state_view *v = view_of(f, &f->roots[from]);
    struct dry_hash root;

    dry_batch_clear(&f->batch);
    assert_true(dry_ok(dry_state_apply(v, &root, &f->batch, &d->diff, NULL)));
    assert_true(dry_ok(dry_state_prune(f->state, &f->batch, &root, 0)));
    if (commit)
        assert_true(dry_ok(dry_storage_commit(f->storage, &f->batch, false)));
    dry_state_view_close(v);
    return root;
}

/* roots[0] is the head, roots[i] the i-th before it: put root on top of the from-th. */
static void move(struct fixture *f, unsigned from, const struct dry_hash *root,
                 const struct model *m)
{
    struct dry_hash roots[STATES];
    static struct model models[STATES];

    memcpy(roots, f->roots, sizeof(roots));
    memcpy(models, f->models, sizeof(models));
    for (unsigned i = 1; i < STATES; i++) {
        unsigned old = from + i - 1 < STATES ? from + i - 1 : STATES - 1;
        f->roots[i] = roots[old];
        f->models[i] = models[old];
    }
    f->roots[0] = *root;
    f->models[0] = *m;
}

/* Two runs of one history, with branches: one process, and one killed now and then. They keep the
 * same nodes, and every state that should be there reads well. */
static void restarts_prune_the_same(void **unused)
{
    static struct fixture whole, killed;
    static struct model_diff d, other;
    static struct model m;
    unsigned depth = STATES, deepest = 0;
    uint64_t seed = 90;

    (void)unused;
    fixture_open(&whole, KEEP);
    fixture_open(&killed, KEEP);
    restart(&killed, KEEP);
    for (unsigned n = 0; n < 400; n++) {
        unsigned from = model_random(&seed) % 4 == 0 ? (unsigned)(model_random(&seed) % 4) : 0;
        struct dry_hash root;

        if (n % 5 == 0) { /* killed before the commit: of that block nothing is left */
            m = killed.models[from];
            model_change(&m, &other, 8, &seed);
            (void)step(&killed, from, &other, false);
        }
        if (n % 5 == 0 || n % 7 == 0)
            restart(&killed, KEEP);
        if (n % 11 == 0) { /* the commit failed, the process goes on */
            struct dry_state_view *v = view_of(&killed, &killed.roots[from]);

            m = killed.models[from];
            model_change(&m, &other, 8, &seed);
            dry_batch_clear(&killed.batch);
            assert_true(dry_ok(dry_state_apply(v, &root, &killed.batch, &other.diff, NULL)));
            dry_state_forget(killed.state);
            dry_state_view_close(v);
        }
        m = whole.models[from];
        model_change(&m, &d, 1 + (unsigned)(model_random(&seed) % 8), &seed);
        root = step(&whole, from, &d, true);
        move(&whole, from, &root, &m);
        root = step(&killed, from, &d, true);
        move(&killed, from, &root, &m);
        same_nodes(&whole, &killed, "\x10");
        same_nodes(&whole, &killed, "\x12");
        depth = depth - from + 1;
        deepest = depth > deepest ? depth : deepest;
        for (unsigned i = 0; i <= depth + KEEP - deepest && n % 8 == 0; i++) {
            struct dry_state_view *v = view_of(&killed, &killed.roots[i]);
            model_check_reader(&killed.models[i], dry_state_view_reader(v));
            dry_state_view_close(v);
        }
    }
    assert_int_equal(count(&whole, "\x13"), 0); /* memory that ends with the process */
    assert_in_range(count(&killed, "\x13"), KEEP, 200);
    fixture_close(&whole);
    fixture_close(&killed);
}

/* States made while nothing was pruned do not fall to what was noted before. */
static void pruning_is_turned_off_and_on(void **unused)
{
    static struct fixture f;
    static struct model_diff d;
    static struct model m;
    uint64_t seed = 91;

    (void)unused;
    fixture_open(&f, 0);
    for (unsigned n = 0; n < 200; n++) {
        unsigned part = n / 40, from = n % 40 == 39 ? 3 : 0;
        struct dry_hash root;

        if (n % 10 == 0)
            restart(&f, part % 2 == 0 ? KEEP : 0);
        m = f.models[from];
        model_change(&m, &d, 8, &seed);
        root = step(&f, from, &d, true);
        move(&f, from, &root, &m);
        if (part % 2 == 1)
            assert_int_equal(count(&f, "\x13"), 0);
        for (unsigned i = 0; i <= KEEP; i++) {
            struct dry_state_view *v = view_of(&f, &f.roots[i]);
            model_check_reader(&f.models[i], dry_state_view_reader(v));
            dry_state_view_close(v);
        }
    }
    fixture_close(&f);
}

/* A damaged record is told; records whose beginning is missing are given up, and go. */
static void damaged_records(void **unused)
{
    static const struct dry_state_settings set = {.keep_states = KEEP, .durable = true};
    static struct fixture f;
    static struct model_diff d;
    struct dry_cursor *c = NULL;
    struct dry_bytes key, value;
    struct dry_batch bad = {0};
    uint8_t first[9], byte;
    struct dry_buf good = {0};
    uint64_t seed = 92;

    (void)unused;
    fixture_open(&f, KEEP);
    restart(&f, KEEP);
    for (unsigned n = 0; n < 9; n++) {
        struct dry_hash root;

        model_change(&f.models[0], &d, 8, &seed);
        root = step(&f, 0, &d, true);
        f.roots[0] = root;
    }
    assert_int_equal(count(&f, "\x13"), 9);
    assert_true(dry_ok(dry_cursor_open(f.storage, NULL, &c, DRY_BYTES_LIT("\x13"))));
    for (unsigned n = 0; n < 3; n++)
        assert_true(dry_ok(dry_cursor_next(c, &key, &value)));
    memcpy(first, key.ptr, sizeof(first));
    assert_true(dry_ok(dry_buf_append(&good, value)));
    dry_cursor_close(c);
    dry_state_close(f.state);
    f.state = NULL;
    for (size_t cut = 0; cut < good.len; cut += 1 + cut / 3) {
        dry_batch_clear(&bad);
        assert_true(
            dry_ok(dry_batch_put(&bad, DRY_BYTES_ARRAY(first), dry_bytes_of(good.ptr, cut))));
        assert_true(dry_ok(dry_storage_commit(f.storage, &bad, false)));
        assert_int_equal(dry_state_open(&f.state, f.storage, &set).code, DRY_CODE_ECORRUPT);
    }
    for (size_t at = 72; at < 82; at++) { /* counts, and the first key's length and kind */
        dry_batch_clear(&bad);
        byte = good.ptr[at];
        good.ptr[at] ^= 0x81;
        assert_true(dry_ok(dry_batch_put(&bad, DRY_BYTES_ARRAY(first), dry_buf_bytes(&good))));
        good.ptr[at] = byte;
        assert_true(dry_ok(dry_storage_commit(f.storage, &bad, false)));
        assert_int_equal(dry_state_open(&f.state, f.storage, &set).code, DRY_CODE_ECORRUPT);
    }
    dry_batch_clear(&bad);
    assert_true(dry_ok(dry_batch_delete(&bad, DRY_BYTES_ARRAY(first))));
    assert_true(dry_ok(dry_storage_commit(f.storage, &bad, false)));
    assert_true(dry_ok(dry_state_open(&f.state, f.storage, &set)));
    model_change(&f.models[0], &d, 8, &seed);
    (void)step(&f, 0, &d, true);
    assert_int_equal(count(&f, "\x13"), 1);
    dry_batch_fini(&bad);
    dry_buf_fini(&good);
    fixture_close(&f);
}

static void diffs_out_of_order(void **unused)
{
    static struct model_diff d;
    struct dry_memory_state *mem = NULL;
    struct dry_account_diff swap;
    struct model m = {0};
    uint64_t seed = 81;

    (void)unused;
    model_change(&m, &d, 30, &seed);
    swap = d.accounts[0];
    d.accounts[0] = d.accounts[1];
    d.accounts[1] = swap;
    assert_true(dry_ok(dry_memory_state_open(&mem)));
    assert_int_equal(dry_memory_state_apply(mem, &d.diff).code, DRY_CODE_EINVAL);
    dry_memory_state_close(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_diffs_with_reorgs),
        cmocka_unit_test(overlays),
        cmocka_unit_test(proofs),
        cmocka_unit_test(walks),
        cmocka_unit_test(failing_storage),
        cmocka_unit_test(failing_memory),
        cmocka_unit_test(failing_memory_state),
        cmocka_unit_test(damaged_nodes),
        cmocka_unit_test(restarts_prune_the_same),
        cmocka_unit_test(pruning_is_turned_off_and_on),
        cmocka_unit_test(damaged_records),
        cmocka_unit_test(diffs_out_of_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
