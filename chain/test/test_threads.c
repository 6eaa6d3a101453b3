/* Readers on other threads see whole blocks, whole states and logs while the loop thread imports,
 * reorganises, builds, rewinds and prunes; only pruned states are not found. Worth most under the
 * thread sanitizer. */
#include "fixture.h"

#define READERS 3u
#define ROUNDS 40u

static const struct dry_address sink = {{0xaa, 1}};
static bool stop;

struct reader {
    struct fixture *f;
    struct dry_thread thread;
    uint64_t states, pruned, blocks, txs;
};

static void read_state(struct reader *r, const struct dry_header *h)
{
    struct dry_state_view *view = NULL;
    dry_status st = dry_chain_state_open(r->f->chain, &view, h);

    if (st.code == DRY_CODE_ENOTFOUND) {
        r->pruned++;
        return;
    }
    DRY_ASSERT(dry_ok(st));
    for (uint32_t i = 0; i < 3; i++) {
        struct dry_state_reader *s = dry_state_view_reader(view);
        struct dry_account a = {0};
        bool exists;

        /* Sent by one account, one wei in each transaction: its nonce is what the sink has. */
        DRY_ASSERT(dry_ok(s->ops->account(s, &exists, &a, &sink)));
        DRY_ASSERT(!exists || a.balance.w[0] != 0);
    }
    r->states++;
    dry_state_view_close(view);
}

static void read_block(struct reader *r, const struct dry_hash *hash, struct dry_arena *arena)
{
    struct dry_stored_block b;
    const struct dry_receipt *receipts;
    uint32_t count;

    DRY_ASSERT(dry_ok(dry_chain_block(r->f->chain, &b, hash, arena)));
    DRY_ASSERT(dry_ok(dry_chain_receipts(r->f->chain, &receipts, &count, hash, arena)));
    DRY_ASSERT(count == b.block.tx_count);
    for (uint32_t i = 0; i < count; i++) {
        struct dry_tx_place place;
        struct dry_stored_block at;
        dry_status st = dry_chain_find_tx(r->f->chain, &place, &b.tx_hashes[i]);

        DRY_ASSERT(dry_ok(st) || st.code == DRY_CODE_ENOTFOUND); /* its block has left */
        if (!dry_ok(st))
            continue;
        DRY_ASSERT(dry_ok(dry_chain_block(r->f->chain, &at, &place.block_hash, arena)));
        DRY_ASSERT(at.block.header.number == place.block_number);
        DRY_ASSERT(place.index < at.block.tx_count);
        DRY_ASSERT(dry_hash_equal(&at.tx_hashes[place.index], &b.tx_hashes[i]));
        r->txs++;
    }
    r->blocks++;
}

static bool take_log(void *ctx, const struct dry_found_log *log)
{
    (void)ctx, (void)log;
    return true;
}

static void reader_run(void *arg)
{
    struct reader *r = arg;
    struct dry_arena arena = {0};

    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        struct dry_head *head = dry_chain_head(r->f->chain);
        struct dry_log_filter filter = {0};
        struct dry_header h;

        read_state(r, &head->header);
        read_block(r, &head->hash, &arena);
        if (dry_ok(dry_chain_header(r->f->chain, &h, &head->header.parent_hash, &arena)))
            read_state(r, &h);
        DRY_ASSERT(dry_ok(dry_chain_logs(
            r->f->chain,
            &(struct dry_log_search){.filter = &filter,
                                     .from = head->header.number > 5 ? head->header.number - 5 : 0,
                                     .to = head->header.number,
                                     .found = take_log},
            &arena)));
        dry_head_close(head);
        dry_arena_reset(&arena);
    }
    dry_arena_fini(&arena);
}

static void churn(struct fixture *f, struct dry_bytes *const branches[2], uint32_t count)
{
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint64_t at, nonce;
        struct dry_address a = fixture_address(0);
        struct dry_arena_mark mark = dry_arena_mark(&f->arena);

        if (round < 4)
            for (uint32_t i = 0; i < count; i++)
                fixture_import(f, branches[round % 2][i]);
        for (uint32_t i = 0; i < 8; i++) {
            CHECK(dry_ok(dry_chain_pool_nonce(f->chain, &nonce, &a)));
            CHECK(fixture_send(f, &(struct fixture_tx){.nonce = nonce, .value = 1, .to = sink})
                      .answer == DRY_POOL_OK);
            CHECK(dry_ok(dry_chain_build(f->chain, &(struct dry_build){0}, NULL)));
        }
        at = fixture_number(f);
        CHECK(dry_ok(dry_chain_rewind(f->chain, at - 2, round % 2 != 0)));
        CHECK(dry_ok(dry_chain_build(f->chain, &(struct dry_build){0}, NULL)));
        dry_arena_rewind(&f->arena, mark);
    }
}

static void readers_see_whole_things(void **state)
{
    static struct dry_bytes one[6], two[6];
    struct dry_bytes *const branches[2] = {one, two};
    struct reader readers[READERS] = {0};
    struct fixture builder, f;
    struct dry_hash hash;
    uint64_t states = 0, blocks = 0, txs = 0;

    (void)state;
    fixture_open_dev(&builder, false);
    for (int b = 0; b < 2; b++) {
        for (uint32_t i = 0; i < 6; i++) {
            CHECK(fixture_send(&builder,
                               &(struct fixture_tx){
                                   .from = 1 + (uint32_t)b, .nonce = i, .value = 1, .to = sink})
                      .answer == DRY_POOL_OK);
            CHECK(dry_ok(dry_chain_build(builder.chain, &(struct dry_build){0}, &hash)));
            branches[b][i] = fixture_block(&builder, &hash);
        }
        CHECK(dry_ok(dry_chain_rewind(builder.chain, 0, false)));
    }
    fixture_open_dev(&f, false);
    f.set.state_history = 20;
    fixture_reopen(&f);
    for (uint32_t i = 0; i < 6; i++)
        fixture_import(&f, one[i]);
    stop = false;
    for (uint32_t i = 0; i < READERS; i++) {
        readers[i].f = &f;
        CHECK(dry_ok(dry_thread_start(&readers[i].thread, "reader", reader_run, &readers[i])));
    }
    churn(&f, branches, 6);
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    for (uint32_t i = 0; i < READERS; i++) {
        dry_thread_join(&readers[i].thread);
        states += readers[i].states;
        blocks += readers[i].blocks;
        txs += readers[i].txs;
    }
    CHECK(states > 20 && blocks > 10 && txs > 5);
    fixture_check_root(&f);
    fixture_close(&f);
    fixture_close(&builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(readers_see_whole_things)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
