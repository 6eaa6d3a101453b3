/* Whatever the order in which the blocks of a tree of branches arrive, the chain ends as one that
 * was only given the winning branch: indexes, states, receipts, logs and what the pool may hold
 * (ATTACKS 39). */
#include "fixture.h"

#define BLOCKS_MAX 64u

/* Stores BLOCKHASH of the block before and of the one three before, and logs (caller; number). */
static const struct dry_address watcher = {{0xc0, 0xde}};
#define WATCHER                                                                     \
    "\"c0de000000000000000000000000000000000000\":{\"balance\":\"0\",\"code\":\"0x" \
    "60034303404355600143034043195543600052336020600"                               \
    "0a100\"}"
static const struct dry_address sink = {{0xaa, 1}};

struct made_block {
    struct dry_hash hash, parent;
    struct dry_bytes rlp;
    struct dry_u256 td;
    bool imported;
};

struct tree {
    struct fixture builder;
    struct dry_buf genesis;
    uint32_t count;
    struct made_block blocks[BLOCKS_MAX];
};

static void build_one(struct tree *t, uint64_t *seed)
{
    struct made_block *b = &t->blocks[t->count++];
    struct dry_address coinbase = {{0xcb, (uint8_t)fixture_random(seed)}};
    uint64_t time = 1700000000u + t->count * 20 + fixture_random(seed) % 40;
    struct dry_stored_block stored;
    struct dry_head *head = dry_chain_head(t->builder.chain);

    CHECK(t->count <= BLOCKS_MAX);
    time = time > head->header.time ? time : head->header.time + 1;
    dry_head_close(head);
    for (uint32_t i = fixture_random(seed) % 4; i > 0; i--) {
        struct fixture_tx tx = {.from = fixture_random(seed) % 6,
                                .gas = 200000,
                                .tip = fixture_random(seed) % 5,
                                .value = 0};
        struct dry_address who = fixture_address(tx.from);

        CHECK(dry_ok(dry_chain_pool_nonce(t->builder.chain, &tx.nonce, &who)));
        tx.to = fixture_random(seed) % 2 != 0 ? watcher : sink;
        if (fixture_random(seed) % 3 == 0)
            tx.value = fixture_random(seed) % 3 * (tx.to.b[0] == 0xaa);
        CHECK(fixture_send(&t->builder, &tx).answer == DRY_POOL_OK);
    }
    CHECK(dry_ok(dry_chain_build(
        t->builder.chain, &(struct dry_build){.time = &time, .coinbase = &coinbase}, &b->hash)));
    CHECK(dry_chain_pool_counts(t->builder.chain).pending == 0);
    CHECK(dry_ok(dry_chain_block(t->builder.chain, &stored, &b->hash, &t->builder.arena)));
    b->parent = stored.block.header.parent_hash;
    b->td = stored.total_difficulty;
    b->rlp = fixture_block(&t->builder, &b->hash);
}

static void tree_make(struct tree *t, const char *config, uint64_t *seed)
{
    *t = (struct tree){0};
    fixture_genesis(&t->genesis, config, WATCHER);
    fixture_open_genesis(&t->builder, dry_buf_bytes(&t->genesis), &dry_consensus_dev);
    fixture_reopen(&t->builder);
    for (int branch = 0; branch < 4; branch++) {
        uint64_t at = fixture_random(seed) % (fixture_number(&t->builder) + 1);

        CHECK(dry_ok(dry_chain_rewind(t->builder.chain, at, false)));
        for (uint32_t n = 2 + fixture_random(seed) % 10; n > 0; n--)
            build_one(t, seed);
    }
    fixture_check_root(&t->builder);
}

static void tree_drop(struct tree *t)
{
    fixture_close(&t->builder);
    dry_buf_fini(&t->genesis);
}

static const struct made_block *block_of(const struct tree *t, const struct dry_hash *hash)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (dry_hash_equal(&t->blocks[i].hash, hash))
            return &t->blocks[i];
    return NULL;
}

static bool canonical(struct fixture *f, const struct dry_hash *hash)
{
    for (uint64_t n = 0; n <= fixture_number(f); n++)
        if (dry_chain_is_canonical(f->chain, n, hash))
            return true;
    return false;
}

static void import_in_any_order(struct tree *t, struct fixture *f, bool merged, uint64_t *seed)
{
    const struct made_block *best = NULL;
    uint32_t left = t->count;

    while (left != 0) {
        struct made_block *b = &t->blocks[fixture_random(seed) % t->count];
        const struct made_block *parent = block_of(t, &b->parent);
        struct dry_hash head;

        if (parent != NULL && !parent->imported) {
            enum dry_verdict v;
            uint32_t tx;
            CHECK(dry_ok(dry_chain_import(f->chain, &v, &tx, b->rlp)));
            CHECK(v == DRY_VERDICT_BLOCK_PARENT_UNKNOWN);
            continue;
        }
        if (b->imported && fixture_random(seed) % 4 != 0)
            continue;
        left -= !b->imported;
        if (merged ? !canonical(f, &b->hash) : best == NULL || dry_u256_less(&best->td, &b->td))
            best = b;
        b->imported = true;
        fixture_import(f, b->rlp);
        head = fixture_head_hash(f);
        CHECK(best != NULL && dry_hash_equal(&head, &best->hash));
        if (fixture_random(seed) % 5 == 0)
            fixture_check_root(f); /* from scratch */
    }
}

static void import_winners(struct tree *t, struct fixture *fresh, const struct dry_hash *head)
{
    const struct made_block *line[BLOCKS_MAX], *b = block_of(t, head);
    uint32_t n = 0;

    for (; b != NULL; b = block_of(t, &b->parent))
        line[n++] = b;
    while (n-- > 0)
        fixture_import(fresh, line[n]->rlp);
}

static uint32_t logs_seen;

static bool count_log(void *ctx, const struct dry_found_log *log)
{
    struct dry_keccak *k = ctx;

    logs_seen++;
    dry_keccak_update(k, DRY_BYTES_ARRAY(log->block_hash.b));
    dry_keccak_update(k, DRY_BYTES_ARRAY(log->tx_hash.b));
    dry_keccak_update(k, DRY_BYTES_ARRAY(log->log->topics[0].b));
    dry_keccak_update(k, log->log->data);
    dry_keccak_update(k, dry_bytes_of(&log->log_index, sizeof(log->log_index)));
    return true;
}

static struct dry_hash logs_hash(struct fixture *f)
{
    struct dry_log_filter filter = {.address_count = 1, .addresses = &watcher};
    struct dry_keccak k;
    struct dry_hash out;

    dry_keccak_init(&k);
    CHECK(dry_ok(dry_chain_logs(
        f->chain,
        &(struct dry_log_search){.filter = &filter, .to = 1000, .found = count_log, .ctx = &k},
        &f->arena)));
    dry_keccak_final(&k, &out);
    return out;
}

struct looking {
    struct fixture *f;
    uint32_t seen;
};

static bool look_at_tx(void *ctx, const struct dry_pool_tx *tx, bool pending)
{
    struct looking *l = ctx;
    struct dry_account a = fixture_account(l->f, &tx->sender);
    struct dry_tx_place place;

    CHECK(tx->tx.nonce >= a.nonce && (!pending || tx->tx.nonce >= a.nonce));
    CHECK(pending || tx->tx.nonce > a.nonce);
    CHECK(dry_chain_find_tx(l->f->chain, &place, &tx->hash).code == DRY_CODE_ENOTFOUND);
    l->seen++;
    return true;
}

/* Every transaction of the tree: found on the winning branch alone; else it waits, or its nonce is
 * taken, or it never stood on the canonical chain. */
static void check_txs(struct tree *t, struct fixture *f, struct fixture *fresh)
{
    for (uint32_t i = 0; i < t->count; i++) {
        struct dry_stored_block b;

        CHECK(dry_ok(dry_chain_block(f->chain, &b, &t->blocks[i].hash, &f->arena)));
        for (uint32_t k = 0; k < b.block.tx_count; k++) {
            struct dry_tx_place x, y;
            dry_status sx = dry_chain_find_tx(f->chain, &x, &b.tx_hashes[k]);
            dry_status sy = dry_chain_find_tx(fresh->chain, &y, &b.tx_hashes[k]);

            CHECK(sx.code == sy.code);
            if (dry_ok(sx))
                CHECK(x.block_number == y.block_number && x.index == y.index &&
                      dry_hash_equal(&x.block_hash, &y.block_hash));
        }
    }
}

static void random_trees(const char *config, bool merged, uint32_t history)
{
    static struct tree t;

    for (uint64_t round = 1; round <= 6; round++) {
        uint64_t seed = round * 101 + merged;
        struct looking looking = {0};
        struct fixture f, fresh;
        struct dry_hash head, a, b;

        tree_make(&t, config, &seed);
        fixture_open_genesis(&f, dry_buf_bytes(&t.genesis), &dry_consensus_noseal);
        f.set.state_history = history;
        fixture_reopen(&f);
        import_in_any_order(&t, &f, merged, &seed);
        head = fixture_head_hash(&f);
        fixture_open_genesis(&fresh, dry_buf_bytes(&t.genesis), &dry_consensus_noseal);
        fixture_reopen(&fresh);
        import_winners(&t, &fresh, &head);
        fixture_same_chain(&f, &fresh);
        fixture_check_root(&f);
        check_txs(&t, &f, &fresh);
        a = logs_hash(&f);
        b = logs_hash(&fresh);
        CHECK(dry_hash_equal(&a, &b));
        looking.f = &f;
        dry_chain_pool_each(f.chain, look_at_tx, &looking);
        /* What came back can be mined, and others take the block. */
        CHECK(dry_ok(dry_chain_build(f.chain, &(struct dry_build){0}, &head)));
        fixture_import(&fresh, fixture_block(&f, &head));
        fixture_same_chain(&f, &fresh);
        CHECK(dry_chain_pool_counts(f.chain).pending == 0);
        fixture_reopen(&f);
        fixture_same_chain(&f, &fresh);
        fixture_close(&fresh);
        fixture_close(&f);
        tree_drop(&t);
    }
    CHECK(logs_seen > 10);
}

static void before_the_merge(void **state)
{
    (void)state;
    random_trees(FIXTURE_BEFORE_MERGE, false, 0);
}

static void after_the_merge(void **state)
{
    (void)state;
    random_trees(FIXTURE_AFTER_MERGE, true, 0);
}

static void after_the_merge_with_pruning(void **state)
{
    (void)state;
    random_trees(FIXTURE_AFTER_MERGE, true, 64);
}

/* A valid block given again after the merge is the last one given; on the canonical chain it is
 * there already. Another body under its header is another block, and wrong. */
static void given_again(void **state)
{
    static struct tree t;
    uint64_t seed = 5;
    struct fixture f;
    struct dry_hash head;
    struct dry_block block;
    struct dry_buf rlp = {0};
    enum dry_verdict v;
    uint32_t tx;

    (void)state;
    t = (struct tree){0};
    fixture_genesis(&t.genesis, FIXTURE_AFTER_MERGE, WATCHER);
    fixture_open_genesis(&t.builder, dry_buf_bytes(&t.genesis), &dry_consensus_dev);
    fixture_reopen(&t.builder);
    for (int i = 0; i < 3; i++)
        build_one(&t, &seed);
    CHECK(dry_ok(dry_chain_rewind(t.builder.chain, 1, false)));
    build_one(&t, &seed);
    fixture_open_genesis(&f, dry_buf_bytes(&t.genesis), &dry_consensus_noseal);
    fixture_reopen(&f);
    for (uint32_t i = 0; i < 4; i++)
        fixture_import(&f, t.blocks[i].rlp);
    CHECK(fixture_number(&f) == 2);
    fixture_import(&f, t.blocks[0].rlp); /* canonical: nothing changes */
    CHECK(fixture_number(&f) == 2);
    fixture_import(&f, t.blocks[1].rlp); /* off the canonical chain */
    head = fixture_head_hash(&f);
    CHECK(dry_hash_equal(&head, &t.blocks[1].hash));
    fixture_import(&f, t.blocks[2].rlp);
    CHECK(fixture_number(&f) == 3);
    fixture_import(&f, t.blocks[3].rlp);
    head = fixture_head_hash(&f);
    CHECK(dry_hash_equal(&head, &t.blocks[3].hash));

    CHECK(dry_ok(dry_block_decode(&block, &v, t.blocks[2].rlp, &f.arena)));
    block.has_withdrawals = false;
    CHECK(dry_ok(dry_block_encode(&rlp, &block)));
    CHECK(dry_ok(dry_chain_import(f.chain, &v, &tx, dry_buf_bytes(&rlp))));
    CHECK(v != DRY_VERDICT_VALID);
    dry_buf_fini(&rlp);
    head = fixture_head_hash(&f);
    CHECK(dry_hash_equal(&head, &t.blocks[3].hash));
    fixture_close(&f);
    tree_drop(&t);
}

/* A chain that builds across the London fork makes blocks that others take: the gas limit doubles
 * there (EIP-1559). */
static void builds_across_london(void **state)
{
    static const char config[] =
        "{\"chainId\":31337,\"homesteadBlock\":0,\"eip150Block\":0,\"eip155Block\":0,"
        "\"eip158Block\":0,\"byzantiumBlock\":0,\"constantinopleBlock\":0,\"petersburgBlock\":0,"
        "\"istanbulBlock\":0,\"berlinBlock\":0,\"londonBlock\":3}";
    struct dry_buf json = {0};
    struct fixture f, other;

    (void)state;
    CHECK(dry_ok(dry_buf_append_text(&json, "{\"config\":")));
    CHECK(dry_ok(dry_buf_append_text(&json, config)));
    CHECK(dry_ok(dry_buf_append_text(
        &json, ",\"gasLimit\":\"0x1c9c380\",\"difficulty\":\"0x0\",\"alloc\":{}}")));
    fixture_open_genesis(&f, dry_buf_bytes(&json), &dry_consensus_dev);
    f.set.gas_limit_target = 31000000;
    fixture_reopen(&f);
    fixture_open_genesis(&other, dry_buf_bytes(&json), &dry_consensus_noseal);
    fixture_reopen(&other);
    for (int i = 0; i < 6; i++) {
        struct dry_hash hash;
        CHECK(dry_ok(dry_chain_build(f.chain, &(struct dry_build){0}, &hash)));
        fixture_import(&other, fixture_block(&f, &hash));
    }
    CHECK(fixture_number(&other) == 6);
    fixture_close(&f);
    fixture_close(&other);
    dry_buf_fini(&json);
}

/* A next timestamp that a block overtook is dropped, and blocks go on. */
static void overtaken_time_is_dropped(void **state)
{
    struct fixture f;
    uint64_t later = 1800000000;

    (void)state;
    fixture_open_dev(&f, false);
    CHECK(dry_ok(dry_chain_set_next_time(f.chain, 1700000500)));
    CHECK(dry_ok(dry_chain_build(f.chain, &(struct dry_build){.time = &later}, NULL)));
    CHECK(dry_ok(dry_chain_set_next_time(f.chain, 1800000100)));
    CHECK(dry_chain_set_next_time(f.chain, 1800000000).code == DRY_CODE_EINVAL);
    later = 1800000200;
    {
        struct fixture other; /* a block from outside comes first */
        struct dry_hash hash;

        fixture_open_genesis(&other, f.genesis.json, &dry_consensus_noseal);
        fixture_reopen(&other);
        for (uint64_t n = 1; n <= fixture_number(&f); n++) {
            CHECK(dry_ok(dry_chain_hash_at(f.chain, &hash, n)));
            fixture_import(&other, fixture_block(&f, &hash));
        }
        CHECK(dry_ok(dry_chain_build(other.chain, &(struct dry_build){.time = &later}, &hash)));
        fixture_import(&f, fixture_block(&other, &hash));
        fixture_close(&other);
    }
    CHECK(dry_ok(dry_chain_build(f.chain, &(struct dry_build){0}, NULL)));
    CHECK(fixture_number(&f) == 3);
    fixture_close(&f);
}

/* The state of a block that is to become the head again must be there still. */
static void pruned_states_are_not_gone_back_to(void **state)
{
    struct fixture f;
    dry_status st;

    (void)state;
    fixture_open_dev(&f, true);
    f.set.state_history = 4;
    fixture_reopen(&f);
    for (uint64_t n = 0; n < 60; n++)
        CHECK(fixture_send(&f, &(struct fixture_tx){.nonce = n, .value = 1, .to = sink}).answer ==
              DRY_POOL_OK);
    st = dry_chain_rewind(f.chain, 3, true);
    CHECK(st.code == DRY_CODE_ENOTFOUND);
    CHECK(fixture_number(&f) == 60);
    CHECK(dry_ok(dry_chain_rewind(f.chain, 57, false)));
    CHECK(fixture_send(&f, &(struct fixture_tx){.nonce = 57, .value = 1, .to = sink}).answer ==
          DRY_POOL_OK);
    fixture_check_root(&f);
    fixture_close(&f);
}

/* --- what goes back says why it does not return --- */

struct logged {
    struct dry_log log;
    FILE *file;
};

static void log_to_file(struct fixture *f, struct logged *l)
{
    l->file = tmpfile();
    CHECK(l->file != NULL);
    dry_log_init(&l->log, fileno(l->file), DRY_LOG_FORMAT_TEXT, &f->clock.base);
    f->set.log = &l->log;
}

/* Lines with both texts. */
static uint32_t lines_with(struct logged *l, const char *a, const char *b)
{
    char line[1024];
    uint32_t n = 0;

    CHECK(fseek(l->file, 0, SEEK_SET) == 0);
    while (fgets(line, sizeof(line), l->file) != NULL)
        n += strstr(line, a) != NULL && strstr(line, b) != NULL;
    return n;
}

static const char *hash_text(struct fixture *f, uint64_t nonce)
{
    struct dry_hash hash;

    dry_keccak256(&hash,
                  fixture_sign(f, &(struct fixture_tx){.nonce = nonce, .value = 1, .to = sink}));
    return test_hex_of(DRY_BYTES_ARRAY(hash.b));
}

/* A pool with less room than before: each transaction it refuses is named, 100 at most, and then
 * counted. */
static void lost_transactions_are_told(void **state)
{
    struct logged l;
    struct fixture f;

    (void)state;
    fixture_open_dev(&f, false);
    for (uint64_t n = 0; n < 130; n++)
        CHECK(fixture_send(&f, &(struct fixture_tx){.nonce = n, .value = 1, .to = sink}).answer ==
              DRY_POOL_OK);
    CHECK(dry_ok(dry_chain_build(f.chain, &(struct dry_build){.txs_max = 15}, NULL)));
    CHECK(dry_ok(dry_chain_build(f.chain, &(struct dry_build){0}, NULL)));
    CHECK(dry_ok(dry_chain_rewind(f.chain, 1, true)));
    CHECK(dry_chain_pool_counts(f.chain).pending == 115); /* all are there again */
    CHECK(dry_ok(dry_chain_build(f.chain, &(struct dry_build){0}, NULL)));

    f.set.pool.account_max = 10;
    log_to_file(&f, &l);
    fixture_reopen(&f);
    CHECK(dry_ok(dry_chain_rewind(f.chain, 1, true)));
    CHECK(dry_chain_pool_counts(f.chain).pending == 10);
    CHECK(lines_with(&l, "WARN", "transaction dropped") == 100);
    CHECK(lines_with(&l, "--pool-account-max", "transaction dropped") == 100);
    CHECK(lines_with(&l, hash_text(&f, 24), "transaction") == 0);
    CHECK(lines_with(&l, hash_text(&f, 25), "transaction dropped") == 1);
    CHECK(lines_with(&l, "more transactions dropped", "count=5") == 1);
    fclose(l.file);
    fixture_close(&f);
}

/* By the rules, too; what is on the new branch as well is not lost. */
static void only_lost_transactions_are_told(void **state)
{
    struct logged l;
    struct fixture f, other;
    struct fixture_tx both = {.value = 1, .to = sink}, one = {.from = 1, .value = 1, .to = sink};
    struct dry_bytes blocks[2];
    struct dry_hash hash;

    (void)state;
    fixture_open_dev(&f, false);
    fixture_open_genesis(&other, f.genesis.json, &dry_consensus_dev);
    fixture_reopen(&other);
    CHECK(fixture_send(&other, &both).answer == DRY_POOL_OK);
    one.value = 2; /* of the same nonce as what the first chain has */
    CHECK(fixture_send(&other, &one).answer == DRY_POOL_OK);
    for (uint32_t i = 0; i < 2; i++) {
        CHECK(dry_ok(dry_chain_build(other.chain, &(struct dry_build){0}, &hash)));
        blocks[i] = fixture_block(&other, &hash);
    }
    one.value = 1;
    log_to_file(&f, &l);
    fixture_reopen(&f);
    CHECK(fixture_send(&f, &both).answer == DRY_POOL_OK);
    CHECK(fixture_send(&f, &one).answer == DRY_POOL_OK);
    CHECK(dry_ok(dry_chain_build(f.chain, &(struct dry_build){0}, NULL)));
    fixture_import(&f, blocks[0]);
    fixture_import(&f, blocks[1]);
    CHECK(dry_chain_pool_counts(f.chain).pending == 0);
    CHECK(lines_with(&l, "WARN", "transaction dropped") == 1);
    dry_keccak256(&hash, fixture_sign(&f, &one));
    CHECK(lines_with(&l, test_hex_of(DRY_BYTES_ARRAY(hash.b)), "nonce too low") == 1);
    fclose(l.file);
    fixture_close(&other);
    fixture_close(&f);
}

/* A full pool says who left. */
static void evicted_transactions_are_told(void **state)
{
    struct logged l;
    struct fixture f;

    (void)state;
    fixture_open_dev(&f, false);
    f.set.pool.txs_max = 1;
    log_to_file(&f, &l);
    fixture_reopen(&f);
    CHECK(fixture_send(&f, &(struct fixture_tx){.value = 1, .to = sink}).answer == DRY_POOL_OK);
    CHECK(fixture_send(&f, &(struct fixture_tx){.from = 1, .to = sink, .tip = 1}).answer ==
          DRY_POOL_OK);
    CHECK(lines_with(&l, "transaction dropped", "pays more") == 1);
    CHECK(lines_with(&l, hash_text(&f, 0), "transaction dropped") == 1);
    fclose(l.file);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_merge),
        cmocka_unit_test(after_the_merge),
        cmocka_unit_test(after_the_merge_with_pruning),
        cmocka_unit_test(given_again),
        cmocka_unit_test(builds_across_london),
        cmocka_unit_test(overtaken_time_is_dropped),
        cmocka_unit_test(pruned_states_are_not_gone_back_to),
        cmocka_unit_test(lost_transactions_are_told),
        cmocka_unit_test(only_lost_transactions_are_told),
        cmocka_unit_test(evicted_transactions_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
