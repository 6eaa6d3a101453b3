/* Storage that fails in any of its calls, and memory that runs out at any allocation, leave the old
 * chain or the new one, never a mixture; and the chain goes on, at once or after a new start. */
#include "fixture.h"

/* --- a storage that fails when told --- */

struct faulty {
    struct dry_storage base;
    struct dry_storage *inner;
    uint64_t calls, fail_at; /* 0: never */
    bool failed;
};

static struct faulty *faulty_of(struct dry_storage *s)
{
    return (struct faulty *)s;
}

static bool fails(struct dry_storage *s)
{
    struct faulty *f = faulty_of(s);
    bool now = f->fail_at != 0 && ++f->calls == f->fail_at;

    f->failed |= now;
    return now;
}

static dry_status faulty_get(struct dry_storage *s, const struct dry_snapshot *snap,
                             struct dry_buf *out, struct dry_bytes key)
{
    return fails(s) ? DRY_EIO : dry_storage_get(faulty_of(s)->inner, snap, out, key);
}

static dry_status faulty_commit(struct dry_storage *s, const struct dry_batch *batch, bool durable)
{
    return fails(s) ? DRY_EIO : dry_storage_commit(faulty_of(s)->inner, batch, durable);
}

static dry_status faulty_snapshot_open(struct dry_storage *s, struct dry_snapshot **out)
{
    return fails(s) ? DRY_EIO : dry_snapshot_open(faulty_of(s)->inner, out);
}

static void faulty_snapshot_close(struct dry_storage *s, struct dry_snapshot *snap)
{
    dry_snapshot_close(faulty_of(s)->inner, snap);
}

struct faulty_cursor {
    struct dry_cursor base;
    struct dry_storage *owner;
    struct dry_cursor *inner;
};

static struct faulty_cursor *cursor_of(struct dry_cursor *c)
{
    return (struct faulty_cursor *)c;
}

static dry_status faulty_cursor_open(struct dry_storage *s, const struct dry_snapshot *snap,
                                     struct dry_cursor **out, struct dry_bytes prefix)
{
    struct faulty_cursor *c;
    dry_status st;

    if (fails(s))
        return DRY_EIO;
    c = dry_alloc(sizeof(*c));
    if (c == NULL)
        return DRY_ENOMEM;
    c->base.ops = s->ops;
    c->owner = s;
    st = dry_cursor_open(faulty_of(s)->inner, snap, &c->inner, prefix);
    if (dry_ok(st))
        *out = &c->base;
    else
        dry_free(c);
    return st;
}

static void faulty_cursor_close(struct dry_cursor *c)
{
    dry_cursor_close(cursor_of(c)->inner);
    dry_free(c);
}

static dry_status faulty_cursor_next(struct dry_cursor *c, struct dry_bytes *key,
                                     struct dry_bytes *value)
{
    return fails(cursor_of(c)->owner) ? DRY_EIO : dry_cursor_next(cursor_of(c)->inner, key, value);
}

static const struct dry_storage_ops faulty_ops = {
    .abi = DRY_STORAGE_ABI,
    .name = "faulty",
    .get = faulty_get,
    .commit = faulty_commit,
    .snapshot_open = faulty_snapshot_open,
    .snapshot_close = faulty_snapshot_close,
    .cursor_open = faulty_cursor_open,
    .cursor_close = faulty_cursor_close,
    .cursor_next = faulty_cursor_next,
};

/* --- blocks made once: a trunk of 3, a branch of 2 and one of 3 on its first block --- */

static const struct dry_address sink = {{0xaa, 1}};

static struct {
    struct fixture builder;
    struct dry_buf genesis;
    struct dry_bytes trunk[3], low[2], high[3], txs[2];
} made;

static void make_branch(struct dry_bytes *out, uint32_t count, uint32_t from, uint64_t nonce)
{
    struct fixture *f = &made.builder;

    for (uint32_t i = 0; i < count; i++) {
        struct dry_hash hash;

        for (uint32_t k = 0; k < 2; k++)
            CHECK(fixture_send(f, &(struct fixture_tx){.from = from + k,
                                                       .nonce = nonce + i,
                                                       .value = 1 + i,
                                                       .to = sink})
                      .answer == DRY_POOL_OK);
        CHECK(dry_ok(dry_chain_build(f->chain, &(struct dry_build){0}, &hash)));
        out[i] = fixture_block(f, &hash);
    }
}

static int blocks_make(void **state)
{
    struct fixture *f = &made.builder;

    (void)state;
    fixture_genesis(&made.genesis, FIXTURE_AFTER_MERGE, "");
    fixture_open_genesis(f, dry_buf_bytes(&made.genesis), &dry_consensus_dev);
    fixture_reopen(f);
    make_branch(made.trunk, 3, 0, 0);
    CHECK(dry_ok(dry_chain_rewind(f->chain, 1, false)));
    make_branch(made.low, 2, 2, 0);
    CHECK(dry_ok(dry_chain_rewind(f->chain, 1, false)));
    make_branch(made.high, 3, 4, 0);
    for (uint32_t i = 0; i < 2; i++)
        made.txs[i] = fixture_sign(f, &(struct fixture_tx){.from = 8 + i, .to = sink});
    return 0;
}

static int blocks_drop(void **state)
{
    (void)state;
    fixture_close(&made.builder);
    dry_buf_fini(&made.genesis);
    return 0;
}

/* --- operations under fire --- */

static dry_status import(struct fixture *f, struct dry_bytes block)
{
    enum dry_verdict v = DRY_VERDICT_VALID;
    uint32_t tx;
    dry_status st = dry_chain_import(f->chain, &v, &tx, block);

    CHECK_MSG(!dry_ok(st) || v == DRY_VERDICT_VALID,
              dry_verdict_name(v)); /* no fault is a verdict */
    return st;
}

static void trunk(struct fixture *f)
{
    for (uint32_t i = 0; i < 3; i++)
        fixture_import(f, made.trunk[i]);
}

static void trunk_low_back(struct fixture *f)
{
    trunk(f);
    fixture_import(f, made.low[0]);
    fixture_import(f, made.low[1]);
    fixture_import(f, made.trunk[2]); /* given again */
}

static void trunk_but_one(struct fixture *f)
{
    fixture_import(f, made.trunk[0]);
    fixture_import(f, made.trunk[1]);
}

static dry_status extend(struct fixture *f)
{
    return import(f, made.trunk[2]);
}

static dry_status reorganise(struct fixture *f)
{
    dry_status st = import(f, made.high[0]);

    if (dry_ok(st))
        st = import(f, made.high[1]);
    return dry_ok(st) ? import(f, made.high[2]) : st;
}

static dry_status give_again(struct fixture *f)
{
    return import(f, made.low[1]);
}

static dry_status back(struct fixture *f)
{
    return dry_chain_rewind(f->chain, 1, true);
}

static dry_status submit_one(struct fixture *f, struct dry_bytes encoded)
{
    struct dry_pool_tx *tx = NULL;
    struct dry_pool_verdict v;
    dry_status st = dry_chain_tx_open(f->chain, &tx, &v, encoded);

    if (dry_ok(st) && v.answer == DRY_POOL_OK)
        st = dry_chain_submit(f->chain, &v, tx);
    CHECK(!dry_ok(st) || v.answer == DRY_POOL_OK || v.answer == DRY_POOL_KNOWN ||
          v.answer == DRY_POOL_NONCE_TOO_LOW);
    return st;
}

/* Built blocks are fixed by the clock, which stands still. */
static dry_status submit_and_build(struct fixture *f)
{
    dry_status st = submit_one(f, made.txs[0]);

    if (dry_ok(st))
        st = submit_one(f, made.txs[1]);
    if (dry_ok(st) && fixture_number(f) == 3)
        st = dry_chain_event(f->chain, DRY_EVENT_MINE, 0);
    return st;
}

/* A look at the block to come that fails is made anew. */
static dry_status look_and_build(struct fixture *f)
{
    const struct dry_pending_block *b = NULL;
    struct dry_executor *e = NULL;
    struct dry_pending *p = NULL;
    dry_status st = submit_one(f, made.txs[0]);

    if (dry_ok(st))
        st = dry_chain_executor_open(f->chain, &e);
    if (dry_ok(st))
        st = dry_chain_pending(f->chain, &p);
    if (dry_ok(st))
        st = dry_pending_run(p, &b, e);
    CHECK(!dry_ok(st) ||
          (b == dry_pending_done(p) && (b->block.block.tx_count != 0) == (fixture_number(f) == 3)));
    dry_pending_close(p);
    dry_executor_close(e);
    return dry_ok(st) ? submit_and_build(f) : st;
}

static const struct {
    const char *name;
    const struct dry_consensus_ops *consensus;
    void (*before)(struct fixture *f);
    dry_status (*op)(struct fixture *f);
    uint32_t heads; /* the op passes so many on its way */
    uint32_t history;
} cases[] = {
    {"extend", &dry_consensus_noseal, trunk_but_one, extend, 1, 0},
    {"reorganise", &dry_consensus_noseal, trunk, reorganise, 3, 0},
    {"reorganise, pruning", &dry_consensus_noseal, trunk, reorganise, 3, 1},
    {"given again", &dry_consensus_noseal, trunk_low_back, give_again, 1, 0},
    {"rewind", &dry_consensus_noseal, trunk, back, 1, 0},
    {"build", &dry_consensus_dev, trunk, submit_and_build, 1, 0},
    {"look and build", &dry_consensus_dev, trunk, look_and_build, 1, 0},
};

static void world_open(struct fixture *f, struct faulty *s, size_t i)
{
    fixture_open_genesis(f, dry_buf_bytes(&made.genesis), cases[i].consensus);
    *s = (struct faulty){.base = {&faulty_ops}, .inner = f->storage};
    f->set.storage = &s->base;
    f->set.state_history = cases[i].history;
    fixture_reopen(f);
}

/* The indexes and the head tell one story, and the state is there, whole. */
static void check_whole(struct fixture *f)
{
    struct dry_hash at = fixture_head_hash(f), hash;
    uint64_t n = fixture_number(f);

    CHECK(dry_chain_hash_at(f->chain, &hash, n + 1).code == DRY_CODE_ENOTFOUND);
    for (;; n--) {
        struct dry_stored_block b;

        CHECK(dry_ok(dry_chain_hash_at(f->chain, &hash, n)) && dry_hash_equal(&hash, &at));
        CHECK(dry_ok(dry_chain_block(f->chain, &b, &at, &f->arena)));
        for (uint32_t i = 0; i < b.block.tx_count; i++) {
            struct dry_tx_place place;
            CHECK(dry_ok(dry_chain_find_tx(f->chain, &place, &b.tx_hashes[i])));
            CHECK(place.block_number == n && place.index == i);
        }
        if (n == 0)
            break;
        at = b.block.header.parent_hash;
    }
    fixture_check_root(f);
}

/* Returns whether a fault was met. */
static bool run_case(size_t i, uint64_t fault, bool memory, bool reopen,
                     const struct dry_hash *want)
{
    struct faulty s;
    struct fixture f;
    struct dry_hash old;
    dry_status st;
    bool met;

    world_open(&f, &s, i);
    cases[i].before(&f);
    old = fixture_head_hash(&f);
    if (memory)
        test_alloc_fail_at(fault);
    else
        s.fail_at = fault;
    st = cases[i].op(&f);
    met = memory ? test_alloc_fail_end() : s.failed;
    s.fail_at = 0;
    CHECK_MSG(dry_ok(st) || met, cases[i].name);
    if (!dry_ok(st) && cases[i].heads == 1) {
        struct dry_hash now = fixture_head_hash(&f);
        CHECK_MSG(dry_hash_equal(&now, &old), cases[i].name);
        CHECK(st.code == (memory ? DRY_CODE_ENOMEM : DRY_CODE_EIO));
    }
    if (reopen)
        fixture_reopen(&f);
    check_whole(&f);
    st = cases[i].op(&f);
    CHECK_MSG(dry_ok(st), dry_status_text(st));
    old = fixture_head_hash(&f);
    if (want != NULL)
        CHECK_BYTES(DRY_BYTES_ARRAY(old.b), DRY_BYTES_ARRAY(want->b), cases[i].name);
    check_whole(&f);
    fixture_close(&f);
    return met;
}

static struct dry_hash outcome(size_t i)
{
    struct faulty s;
    struct fixture f;
    struct dry_hash hash;

    world_open(&f, &s, i);
    cases[i].before(&f);
    CHECK(dry_ok(cases[i].op(&f)));
    hash = fixture_head_hash(&f);
    fixture_close(&f);
    return hash;
}

static void each_fault(bool memory)
{
    for (size_t i = 0; i < DRY_COUNT(cases); i++) {
        struct dry_hash want = outcome(i);

        for (int reopen = 0; reopen < 2; reopen++) {
            /* Transactions in the pool do not survive a new start, so the block built differs. */
            bool same = !(reopen != 0 && cases[i].consensus == &dry_consensus_dev);
            uint64_t n = 1;

            while (run_case(i, n, memory, reopen != 0, same ? &want : NULL))
                n++;
            CHECK_MSG(n > 1, cases[i].name); /* there were calls to fail */
        }
    }
}

static void storage_may_fail_anywhere(void **state)
{
    (void)state;
    each_fault(false);
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    each_fault(true);
}

/* Opening: an empty storage and one with a chain. */
static void opening_may_fail_anywhere(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        bool memory = kind % 2 != 0, full = kind / 2 != 0, met = true;

        for (uint64_t n = 1; met; n++) {
            struct faulty s;
            struct fixture f;
            struct dry_chain *c = NULL;
            dry_status st;

            fixture_open_genesis(&f, dry_buf_bytes(&made.genesis), &dry_consensus_noseal);
            s = (struct faulty){.base = {&faulty_ops}, .inner = f.storage};
            f.set.storage = &s.base;
            if (full) {
                fixture_reopen(&f);
                trunk(&f);
                dry_chain_close(f.chain);
                f.chain = NULL;
            }
            if (memory)
                test_alloc_fail_at(n);
            else
                s.fail_at = n;
            st = dry_chain_open(&c, &f.set, &f.error);
            met = memory ? test_alloc_fail_end() : s.failed;
            s.fail_at = 0;
            CHECK_MSG(dry_ok(st) != met, dry_status_text(st));
            CHECK(dry_ok(st) || st.code == (memory ? DRY_CODE_ENOMEM : DRY_CODE_EIO));
            if (dry_ok(st))
                dry_chain_close(c);
            fixture_reopen(&f);
            CHECK(fixture_number(&f) == (full ? 3 : 0));
            if (!full)
                trunk(&f);
            check_whole(&f);
            fixture_close(&f);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(storage_may_fail_anywhere),
        cmocka_unit_test(memory_may_run_out_anywhere),
        cmocka_unit_test(opening_may_fail_anywhere),
    };

    return cmocka_run_group_tests(tests, blocks_make, blocks_drop);
}
