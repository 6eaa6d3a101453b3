/* A dev chain mines what it is sent, in the order nonces and tips demand, announces it, and can go
 * back. */
#include "fixture.h"

static const struct dry_address sink = {{0xaa, 1}};

/* Automine: a block per transaction, and the receipt is there when submit returns. */
static void automine_makes_a_block_a_transaction(void **state)
{
    struct fixture f;
    struct dry_tx_place place;
    struct dry_hash hash;
    struct dry_bytes raw;

    (void)state;
    fixture_open_dev(&f, true);
    for (uint64_t n = 0; n < 5; n++) {
        struct fixture_tx t = {.nonce = n, .value = 7, .to = sink};

        CHECK(fixture_send(&f, &t).answer == DRY_POOL_OK);
        CHECK(fixture_number(&f) == n + 1);
        raw = fixture_sign(&f, &t);
        dry_keccak256(&hash, raw);
        CHECK(dry_ok(dry_chain_find_tx(f.chain, &place, &hash)));
        CHECK(place.block_number == n + 1 && place.index == 0);
    }
    CHECK(fixture_account(&f, &sink).balance.w[0] == 35);
    fixture_close(&f);
}

/* A gap holds transactions back; filling it mines them all, each in its block. */
static void a_gap_is_waited_for(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open_dev(&f, true);
    for (uint64_t n = 20; n > 0; n--)
        CHECK(fixture_send(&f, &(struct fixture_tx){.nonce = n, .value = 1, .to = sink}).answer ==
              DRY_POOL_OK);
    CHECK(fixture_number(&f) == 0);
    CHECK(dry_chain_pool_counts(f.chain).queued == 20);
    CHECK(fixture_send(&f, &(struct fixture_tx){.nonce = 0, .value = 1, .to = sink}).answer ==
          DRY_POOL_OK);
    CHECK(fixture_number(&f) == 21);
    CHECK(dry_chain_pool_counts(f.chain).queued == 0);
    CHECK(fixture_account(&f, &sink).balance.w[0] == 21);
    fixture_close(&f);
}

/* The pool's refusals, each with its answer. */
static void pool_says_why(void **state)
{
    struct fixture f;
    struct fixture_tx t = {.nonce = 0, .value = 1, .to = sink, .tip = 1000, .max_fee = 3000000000u};
    struct dry_pool_verdict v;

    (void)state;
    fixture_open_dev(&f, false);
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_OK);
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_KNOWN);
    t.max_fee = 3000000001u;
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_UNDERPRICED);
    t.max_fee = 3300000000u;
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_UNDERPRICED); /* the tip must rise too */
    t.tip = 1100;
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_OK);
    t.gas = 20999;
    v = fixture_send(&f, &t);
    CHECK(v.answer == DRY_POOL_INVALID && v.verdict == DRY_VERDICT_TX_INTRINSIC_GAS);
    t.gas = 60000001;
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_INVALID); /* above EIP-7825's cap */
    t.gas = 21000;
    t.nonce = 1;
    t.from = 0;
    t.value = UINT64_MAX;
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_OK);
    t.from = 11; /* never funded */
    t.nonce = 0;
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_FUNDS);
    CHECK(dry_ok(dry_chain_event(f.chain, DRY_EVENT_MINE, 0)));
    CHECK(fixture_number(&f) == 1);
    t.from = 0;
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_NONCE_TOO_LOW);
    fixture_close(&f);
}

static void limits_are_announced(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open_dev(&f, false);
    dry_chain_close(f.chain);
    f.chain = NULL;
    f.set.pool.account_max = 3;
    f.set.pool.txs_max = 5;
    fixture_reopen(&f);
    for (uint64_t n = 0; n < 4; n++)
        CHECK(fixture_send(&f, &(struct fixture_tx){.nonce = n, .to = sink}).answer ==
              (n < 3 ? DRY_POOL_OK : DRY_POOL_ACCOUNT_FULL));
    for (uint64_t n = 0; n < 3; n++)
        CHECK(fixture_send(&f, &(struct fixture_tx){.from = 1, .nonce = n, .to = sink}).answer ==
              (n < 2 ? DRY_POOL_OK : DRY_POOL_FULL));
    fixture_close(&f);
}

/* One block takes the best tips first, each sender's in order of nonce. */
static void tips_order_a_block(void **state)
{
    struct fixture f;
    struct dry_stored_block b;
    struct dry_hash hash;

    (void)state;
    fixture_open_dev(&f, false);
    for (uint32_t i = 0; i < 10; i++)
        for (uint64_t n = 0; n < 3; n++)
            CHECK(fixture_send(&f, &(struct fixture_tx){.from = i,
                                                        .nonce = n,
                                                        .to = sink,
                                                        .tip = (i * 7 % 10 + 1) * 1000})
                      .answer == DRY_POOL_OK);
    CHECK(dry_ok(dry_chain_event(f.chain, DRY_EVENT_MINE, 0)));
    CHECK(dry_ok(dry_chain_hash_at(f.chain, &hash, 1)));
    CHECK(dry_ok(dry_chain_block(f.chain, &b, &hash, &f.arena)));
    CHECK(b.block.tx_count == 30);
    for (uint32_t i = 1; i < 30; i++) {
        const struct dry_tx *x = &b.block.txs[i - 1], *y = &b.block.txs[i];
        CHECK(x->max_priority_fee_per_gas.w[0] >= y->max_priority_fee_per_gas.w[0]);
        if (dry_address_equal(&b.senders[i - 1], &b.senders[i]))
            CHECK(x->nonce < y->nonce);
    }
    fixture_close(&f);
}

struct heard {
    uint32_t heads, removed, added, pending;
};

static void hear(void *ctx, const struct dry_chain_event *e)
{
    struct heard *h = ctx;

    h->heads += e->kind == DRY_CHAIN_HEAD;
    h->pending += e->kind == DRY_CHAIN_PENDING_TX;
    h->removed += e->removed_count;
    h->added += e->added_count;
}

/* Going back takes blocks from the index, tells listeners, and gives the transactions back when
 * asked. */
static void rewind_undoes_blocks(void **state)
{
    struct fixture f;
    struct heard heard = {0};

    (void)state;
    fixture_open_dev(&f, true);
    CHECK(dry_ok(dry_chain_listen(f.chain, hear, &heard)));
    for (uint64_t n = 0; n < 6; n++)
        CHECK(fixture_send(&f, &(struct fixture_tx){.nonce = n, .value = 1, .to = sink}).answer ==
              DRY_POOL_OK);
    CHECK(heard.added == 6 && heard.pending == 6);
    CHECK(dry_ok(dry_chain_rewind(f.chain, 2, false)));
    CHECK(fixture_number(&f) == 2 && heard.removed == 4);
    CHECK(fixture_account(&f, &sink).balance.w[0] == 2);
    CHECK(dry_chain_pool_counts(f.chain).pending == 0);
    CHECK(fixture_send(&f, &(struct fixture_tx){.nonce = 2, .value = 5, .to = sink}).answer ==
          DRY_POOL_OK);
    CHECK(fixture_account(&f, &sink).balance.w[0] == 7);
    CHECK(dry_ok(dry_chain_rewind(f.chain, 1, true)));
    CHECK(dry_chain_pool_counts(f.chain).pending == 2);
    CHECK(dry_ok(dry_chain_work(f.chain)));
    CHECK(fixture_number(&f) == 3 && fixture_account(&f, &sink).balance.w[0] == 7);
    fixture_close(&f);
}

/* A look at the next block changes nothing, is made once while nothing changes, and tells what the
 * block then is. */
static void pending_block_is_only_a_look(void **state)
{
    struct dry_executor *e = NULL;
    struct dry_pending *p, *q;
    const struct dry_pending_block *b;
    struct dry_head *head;
    struct dry_hash root;
    struct fixture f;

    (void)state;
    fixture_open_dev(&f, false);
    CHECK(dry_ok(dry_chain_executor_open(f.chain, &e)));
    for (uint64_t n = 0; n < 3; n++)
        CHECK(fixture_send(&f, &(struct fixture_tx){.nonce = n, .value = 1, .to = sink}).answer ==
              DRY_POOL_OK);
    CHECK(dry_ok(dry_chain_pending(f.chain, &p)) && dry_pending_done(p) == NULL);
    CHECK(dry_ok(dry_pending_run(p, &b, e)) && dry_pending_done(p) == b);
    CHECK(b->block.block.tx_count == 3 && b->block.block.header.number == 1);
    CHECK(b->receipts[2].cumulative_gas_used == 63000 && b->diff.count > 2);
    CHECK(dry_ok(dry_chain_pending(f.chain, &q)) && q == p);
    dry_pending_close(q);
    CHECK(fixture_number(&f) == 0 && dry_chain_pool_counts(f.chain).pending == 3);

    CHECK(fixture_send(&f, &(struct fixture_tx){.nonce = 3, .value = 1, .to = sink}).answer ==
          DRY_POOL_OK);
    CHECK(dry_ok(dry_chain_pending(f.chain, &q)) && q != p);
    dry_pending_close(p); /* nobody ran the new one: that is fine */
    CHECK(dry_ok(dry_pending_run(q, &b, e)) && b->block.block.tx_count == 4);
    root = b->block.block.header.state_root;
    CHECK(dry_ok(dry_chain_event(f.chain, DRY_EVENT_MINE, 0)));
    head = dry_chain_head(f.chain);
    CHECK(dry_hash_equal(&root, &head->header.state_root));
    dry_head_close(head);
    dry_pending_close(q);

    CHECK(dry_ok(dry_chain_pending(f.chain, &q)));
    CHECK(dry_ok(dry_pending_run(q, &b, e)) && b->block.block.tx_count == 0);
    CHECK(b->block.block.header.number == 2);
    dry_pending_close(q);
    dry_executor_close(e);
    fixture_close(&f);
}

/* Blocks a dev chain makes pass the checks of a chain that only checks. */
static void built_blocks_import_elsewhere(void **state)
{
    struct fixture f, other;

    (void)state;
    fixture_open_dev(&f, true);
    fixture_open_genesis(&other, f.genesis.json, &dry_consensus_noseal);
    fixture_reopen(&other);
    for (uint64_t n = 0; n < 8; n++)
        CHECK(fixture_send(&f, &(struct fixture_tx){.from = (uint32_t)(n % 3),
                                                    .nonce = n / 3,
                                                    .value = 1,
                                                    .tip = 100,
                                                    .to = sink})
                  .answer == DRY_POOL_OK);
    for (uint64_t n = 1; n <= 8; n++) {
        struct dry_stored_block b;
        struct dry_buf rlp = {0};
        struct dry_hash hash;
        enum dry_verdict v;
        uint32_t tx;

        CHECK(dry_ok(dry_chain_hash_at(f.chain, &hash, n)));
        CHECK(dry_ok(dry_chain_block(f.chain, &b, &hash, &f.arena)));
        CHECK(dry_ok(dry_block_encode(&rlp, &b.block)));
        CHECK(dry_ok(dry_chain_import(other.chain, &v, &tx, dry_buf_bytes(&rlp))));
        CHECK_MSG(v == DRY_VERDICT_VALID, dry_verdict_name(v));
        dry_buf_fini(&rlp);
    }
    CHECK(fixture_number(&other) == 8);
    fixture_close(&other);
    fixture_close(&f);
}

/* EIP-7934: however much gas there is, a block stays below its limit in bytes, and others take it.
 */
static void blocks_stay_below_their_size(void **state)
{
    static const char was[] = "\"0x3938700\"", is[] = "\"0xfffff00\"";
    static uint8_t data[130000];
    struct dry_stored_block b;
    struct fixture dev, f, other;
    struct dry_buf json = {0};
    struct dry_hash hash;
    uint8_t *at;

    (void)state;
    fixture_open_dev(&dev, false);
    CHECK(dry_ok(dry_buf_append(&json, dev.genesis.json)));
    at = memmem(json.ptr, json.len, was, sizeof(was) - 1);
    CHECK(at != NULL);
    memcpy(at, is, sizeof(is) - 1);
    fixture_open_genesis(&f, dry_buf_bytes(&json), &dry_consensus_dev);
    fixture_reopen(&f);
    fixture_open_genesis(&other, dry_buf_bytes(&json), &dry_consensus_noseal);
    fixture_reopen(&other);
    for (uint64_t n = 0; n < 70; n++)
        CHECK(fixture_send(&f, &(struct fixture_tx){.nonce = n,
                                                    .gas = 1500000,
                                                    .to = sink,
                                                    .data = DRY_BYTES_ARRAY(data)})
                  .answer == DRY_POOL_OK);
    CHECK(dry_ok(dry_chain_build(f.chain, &(struct dry_build){0}, &hash)));
    CHECK(dry_ok(dry_chain_block(f.chain, &b, &hash, &f.arena)));
    CHECK(b.encoded_size < 8u << 20 && b.encoded_size > 8000000 && b.block.tx_count < 70);
    fixture_import(&other, fixture_block(&f, &hash));
    CHECK(dry_ok(dry_chain_build(f.chain, &(struct dry_build){0}, &hash)));
    CHECK(dry_chain_pool_counts(f.chain).pending == 0);
    fixture_import(&other, fixture_block(&f, &hash));
    fixture_close(&other);
    fixture_close(&f);
    fixture_close(&dev);
    dry_buf_fini(&json);
}

/* A transaction that has paid for more memory than a node gives is dropped and said so; those after
 * it are mined. */
static void too_large_is_dropped(void **state)
{
    static const char was[] = "\"0x3938700\"", is[] = "\"0x7ffffffffffff\"";
    struct dry_buf whole = {0}, json = {0};
    struct dry_address greedy = {{[19] = 0xee}};
    struct fixture f;
    uint8_t *at;

    (void)state;
    fixture_genesis(&whole, FIXTURE_AFTER_MERGE,
                    "\"0x00000000000000000000000000000000000000ee\":{\"balance\":\"0x0\","
                    "\"code\":\"0x63ffffffff51\"}");
    at = memmem(whole.ptr, whole.len, was, sizeof(was) - 1);
    CHECK(at != NULL);
    CHECK(dry_ok(dry_buf_append(&json, dry_bytes_of(whole.ptr, (size_t)(at - whole.ptr)))));
    CHECK(dry_ok(dry_buf_append_text(&json, is)));
    at += sizeof(was) - 1;
    CHECK(
        dry_ok(dry_buf_append(&json, dry_bytes_of(at, (size_t)(whole.ptr + whole.len + 1 - at)))));
    json.len--;
    fixture_open_genesis(&f, dry_buf_bytes(&json), &dry_consensus_dev);
    f.set.consensus_settings.automine = false;
    fixture_reopen(&f);
    CHECK(fixture_send(&f, &(struct fixture_tx){.nonce = 0, .gas = 40000000000000, .to = greedy})
              .answer == DRY_POOL_OK);
    CHECK(fixture_send(&f, &(struct fixture_tx){.from = 1, .to = sink}).answer == DRY_POOL_OK);
    CHECK(dry_chain_build(f.chain, &(struct dry_build){0}, NULL).code == DRY_CODE_ELIMIT);
    CHECK(fixture_number(&f) == 0 && dry_chain_pool_counts(f.chain).pending == 1);
    CHECK(dry_ok(dry_chain_build(f.chain, &(struct dry_build){0}, NULL)));
    CHECK(fixture_number(&f) == 1 && dry_chain_pool_counts(f.chain).pending == 0);
    fixture_close(&f);
    dry_buf_fini(&json);
    dry_buf_fini(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(automine_makes_a_block_a_transaction),
        cmocka_unit_test(a_gap_is_waited_for),
        cmocka_unit_test(pool_says_why),
        cmocka_unit_test(limits_are_announced),
        cmocka_unit_test(tips_order_a_block),
        cmocka_unit_test(rewind_undoes_blocks),
        cmocka_unit_test(pending_block_is_only_a_look),
        cmocka_unit_test(built_blocks_import_elsewhere),
        cmocka_unit_test(blocks_stay_below_their_size),
        cmocka_unit_test(too_large_is_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
