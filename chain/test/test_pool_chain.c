/* What people do to pools (ATTACKS 50), over a whole chain. */
#include "fixture.h"
#include "internal.h"

static const struct dry_address sink = {{0xaa, 1}};

/* ZAttack: many transactions that each could be paid, but not all together. */
static void overdrafts_are_refused(void **state)
{
    struct fixture f;
    struct dry_address poor;
    struct fixture_tx t = {.value = 1000000000000000, .to = sink};
    uint32_t taken = 0;

    (void)state;
    fixture_open_dev(&f, false);
    poor = fixture_address(20);
    CHECK(fixture_send(&f, &(struct fixture_tx){.value = 3000000000000000, .to = poor}).answer ==
          DRY_POOL_OK);
    CHECK(dry_ok(dry_chain_event(f.chain, DRY_EVENT_MINE, 0)));
    t.from = 20;
    for (t.nonce = 0; t.nonce < 50; t.nonce++) {
        struct dry_pool_verdict v = fixture_send(&f, &t);
        CHECK(v.answer == DRY_POOL_OK || v.answer == DRY_POOL_FUNDS);
        taken += v.answer == DRY_POOL_OK;
    }
    CHECK(taken == 2);
    t.nonce = 1; /* a replacement may use what it frees, and no more */
    t.max_fee = 4000000000;
    t.tip = 1;
    t.value = 1800000000000000;
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_OK);
    t.max_fee = 5000000000;
    t.tip = 2;
    t.value = 1900000000000001;
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_FUNDS);
    fixture_close(&f);
}

/* DETER: a flood of transactions that can never run leaves room for those that can, and goes when
 * that is needed. */
static void future_nonces_leave_room(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open_dev(&f, false);
    f.set.pool.txs_max = 20;
    fixture_reopen(&f);
    for (uint64_t n = 0; n < 30; n++)
        CHECK(fixture_send(&f, &(struct fixture_tx){.nonce = 1000 + n, .to = sink}).answer ==
              (n < 10 ? DRY_POOL_OK : DRY_POOL_FULL));
    for (uint64_t n = 0; n < 15; n++)
        CHECK(fixture_send(&f, &(struct fixture_tx){.from = 1, .nonce = n, .to = sink}).answer ==
              DRY_POOL_OK);
    CHECK(dry_chain_pool_counts(f.chain).pending == 15);
    CHECK(dry_chain_pool_counts(f.chain).queued == 5);
    CHECK(dry_ok(dry_chain_event(f.chain, DRY_EVENT_MINE, 0)));
    CHECK(dry_chain_pool_counts(f.chain).pending == 0);
    CHECK(dry_chain_pool_counts(f.chain).queued == 5);
    fixture_close(&f);
}

/* Transactions below the base fee cost nothing as long as it stays there: they get half of the
 * pool, and give it up to those that pay. Then the lowest tips go. */
static void unpayable_ones_leave_room(void **state)
{
    struct fixture f;
    struct fixture_tx t = {.to = sink, .max_fee = 10};

    (void)state;
    fixture_open_dev(&f, false);
    f.set.pool.txs_max = 20;
    fixture_reopen(&f);
    for (t.from = 0; t.from < 2; t.from++)
        for (t.nonce = 0; t.nonce < 10; t.nonce++)
            CHECK(fixture_send(&f, &t).answer == (t.from == 0 ? DRY_POOL_OK : DRY_POOL_FULL));
    t = (struct fixture_tx){.from = 2, .to = sink, .max_fee = 100000000000, .tip = 5};
    for (; t.nonce < 20; t.nonce++)
        CHECK(fixture_send(&f, &t).answer == DRY_POOL_OK);
    CHECK(dry_chain_pool_counts(f.chain).pending == 20);
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_FULL); /* it needs those before it */
    t.from = 3;
    t.nonce = 0;
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_FULL); /* no more than those */
    t.tip = 6;
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_OK);
    t.from = 0;
    t.max_fee = 10;
    t.tip = 0;
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_FULL);
    CHECK(dry_chain_pool_counts(f.chain).pending == 20);
    CHECK(dry_ok(dry_chain_event(f.chain, DRY_EVENT_MINE, 0)));
    CHECK(dry_chain_pool_counts(f.chain).pending == 0);
    fixture_close(&f);
}

/* The dev engine, counting how often it is told of transactions to mine. */
static struct dry_consensus_ops counting;
static uint32_t tx_ready_events;

static dry_status counting_open(struct dry_consensus **out,
                                const struct dry_consensus_settings *set)
{
    dry_status st = dry_consensus_dev.open(out, set);

    if (dry_ok(st))
        (*out)->ops = &counting;
    return st;
}

static uint32_t counting_event(struct dry_consensus *c, const struct dry_event *event,
                               struct dry_action actions[DRY_ACTIONS_MAX])
{
    tx_ready_events += event->kind == DRY_EVENT_TX_READY;
    return dry_consensus_dev.event(c, event, actions);
}

/* Nothing is built, and nobody looked at, for transactions that wait for lower fees; they count as
 * pending, and are mined once the base fee has fallen. */
static void unpayable_ones_are_not_looked_at(void **state)
{
    struct fixture f;
    const struct dry__pool *p;
    uint64_t n = 0;

    (void)state;
    fixture_open_dev(&f, true);
    counting = dry_consensus_dev;
    counting.open = counting_open;
    counting.event = counting_event;
    f.set.consensus = &counting;
    fixture_reopen(&f);
    p = &f.chain->pool;
    for (uint32_t i = 1; i < 10; i++)
        CHECK(fixture_send(&f, &(struct fixture_tx){.from = i, .to = sink, .max_fee = 600000000})
                  .answer == DRY_POOL_OK);
    CHECK(fixture_number(&f) == 0 && tx_ready_events == 0);
    CHECK(p->touched_cap == 0); /* none was parked */
    CHECK(p->heaps[DRY__HEAP_NEXT].count == 0 && p->payable_count == 0);
    CHECK(dry_chain_pool_counts(f.chain).pending == 9);
    while (dry_chain_pool_counts(f.chain).pending != 0 && n < 20)
        CHECK(fixture_send(&f, &(struct fixture_tx){.nonce = n++, .to = sink}).answer ==
              DRY_POOL_OK);
    CHECK(n > 2 && n < 8); /* an eighth less a block */
    CHECK(fixture_number(&f) == n + 9);
    fixture_close(&f);
}

/* Replacing costs a raise of both fees each time, and cannot grow the pool past its bytes. */
static void replacement_spam_costs(void **state)
{
    struct fixture f;
    struct fixture_tx t = {.to = sink, .max_fee = 2000000000, .gas = 5000000};
    static uint8_t data[120000];
    uint64_t taken = 0;

    (void)state;
    fixture_open_dev(&f, false);
    f.set.pool.bytes_max = 100000;
    fixture_reopen(&f);
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_OK);
    for (uint64_t i = 0; i < 300; i++) {
        t.max_fee += 10000000;
        t.tip = i;
        taken += fixture_send(&f, &t).answer == DRY_POOL_OK;
    }
    CHECK(taken > 5 && taken < 12); /* from 2 to 5 gwei by tenths */
    t.max_fee *= 2;
    t.tip *= 2;
    t.data = DRY_BYTES_ARRAY(data);
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_BYTES_FULL);
    CHECK(dry_chain_pool_counts(f.chain).pending == 1);
    fixture_close(&f);
}

/* 128 KiB is the most a transaction may have, wherever it is decoded. */
static void large_transactions_are_refused(void **state)
{
    static uint8_t data[131072];
    struct fixture f;
    struct fixture_tx t = {.to = sink, .gas = 6000000};
    struct dry_pool_tx *tx = NULL;
    struct dry_pool_verdict v;
    struct dry_head *head;

    (void)state;
    fixture_open_dev(&f, false);
    t.data = dry_bytes_of(data, sizeof(data) - 200);
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_OK);
    t.nonce = 1;
    t.data = DRY_BYTES_ARRAY(data);
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_OVERSIZED);
    head = dry_chain_head(f.chain);
    CHECK(dry_ok(dry_pool_tx_open(&tx, &v, fixture_sign(&f, &t), &head->rules, 1u << 20)));
    dry_head_close(head);
    CHECK(v.answer == DRY_POOL_OK);
    CHECK(dry_ok(dry_chain_submit(f.chain, &v, tx)) && v.answer == DRY_POOL_OVERSIZED);
    fixture_close(&f);
}

/* CVE-2023-34451: what was mined is not in the pool any more, and does not come in again. */
static void mined_transactions_leave(void **state)
{
    struct fixture f;
    struct fixture_tx t = {.to = sink};
    struct dry_hash hash;

    (void)state;
    fixture_open_dev(&f, false);
    dry_keccak256(&hash, fixture_sign(&f, &t));
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_OK);
    CHECK(dry_ok(dry_chain_event(f.chain, DRY_EVENT_MINE, 0)));
    CHECK(dry_chain_pool_find(f.chain, &hash) == NULL);
    CHECK(fixture_send(&f, &t).answer == DRY_POOL_NONCE_TOO_LOW);
    fixture_close(&f);
}

/* A transaction whose fee is below the base fee waits; blocks wanted for transactions alone are not
 * made for it. */
static void waiting_makes_no_empty_blocks(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open_dev(&f, true);
    CHECK(fixture_send(&f, &(struct fixture_tx){.to = sink, .max_fee = 1}).answer == DRY_POOL_OK);
    CHECK(fixture_number(&f) == 0);
    for (uint64_t n = 0; n < 4; n++)
        CHECK(fixture_send(&f, &(struct fixture_tx){.from = 1, .nonce = n, .to = sink}).answer ==
              DRY_POOL_OK);
    CHECK(fixture_number(&f) == 4);
    CHECK(dry_ok(dry_chain_event(f.chain, DRY_EVENT_MINE, 0)));
    CHECK(fixture_number(&f) == 5); /* asked for: made, though empty */
    CHECK(dry_chain_pool_counts(f.chain).pending == 1);
    fixture_close(&f);
}

static void count_pending(void *ctx, const struct dry_chain_event *e)
{
    *(uint32_t *)ctx += e->kind == DRY_CHAIN_PENDING_TX;
}

/* Each transaction is announced once, when it can be included. */
static void filling_a_gap_announces_all(void **state)
{
    struct fixture f;
    uint32_t heard = 0;

    (void)state;
    fixture_open_dev(&f, false);
    CHECK(dry_ok(dry_chain_listen(f.chain, count_pending, &heard)));
    for (uint64_t n = 5; n > 0; n--)
        CHECK(fixture_send(&f, &(struct fixture_tx){.nonce = n, .to = sink}).answer == DRY_POOL_OK);
    CHECK(heard == 0);
    CHECK(fixture_send(&f, &(struct fixture_tx){.to = sink}).answer == DRY_POOL_OK);
    CHECK(heard == 6);
    fixture_close(&f);
}

/* An authorisation (EIP-7702) raises its signer's nonce: his waiting transactions know. */
static void authorities_are_followed(void **state)
{
    struct fixture f;
    struct dry_authorization auth = {.chain_id = DRY_U256(31337), .address = sink, .nonce = 0};
    struct dry_tx tx = {.type = DRY_TX_SET_CODE,
                        .has_chain_id = true,
                        .chain_id = 31337,
                        .has_to = true,
                        .to = sink,
                        .gas_limit = 100000,
                        .max_fee_per_gas = DRY_U256(3000000000u),
                        .max_priority_fee_per_gas = DRY_U256(5),
                        .authorization_count = 1,
                        .authorizations = &auth};
    struct dry_buf buf = {0};
    struct dry_ecdsa_signature sig;
    struct dry_address signer = fixture_address(3);
    struct dry_hash hash;
    uint8_t secret[32];

    (void)state;
    fixture_open_dev(&f, false);
    CHECK(dry_ok(dry_authorization_encode_unsigned(&buf, &auth)));
    dry_keccak256(&hash, dry_buf_bytes(&buf));
    dry_buf_fini(&buf);
    fixture_secret(secret, 3);
    CHECK(dry_secp256k1_sign(&sig, &hash, secret));
    dry_u256_from_be32(&auth.r, sig.r);
    dry_u256_from_be32(&auth.s, sig.s);
    auth.y_parity = sig.y_parity;
    for (uint64_t n = 0; n < 3; n++)
        CHECK(fixture_send(&f, &(struct fixture_tx){.from = 3, .nonce = n, .to = sink}).answer ==
              DRY_POOL_OK);
    CHECK(fixture_submit(&f, fixture_sign_tx(&f, &tx, 0)).answer == DRY_POOL_OK);
    CHECK(dry_ok(dry_chain_build(f.chain, &(struct dry_build){.txs_max = 1}, NULL)));
    CHECK(fixture_account(&f, &signer).nonce == 1);
    CHECK(dry_chain_pool_counts(f.chain).pending == 2); /* nonce 0 left, 1 and 2 stay ready */
    CHECK(dry_ok(dry_chain_event(f.chain, DRY_EVENT_MINE, 0)));
    CHECK(fixture_account(&f, &signer).nonce == 3);
    CHECK(dry_chain_pool_counts(f.chain).pending == 0);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overdrafts_are_refused),
        cmocka_unit_test(future_nonces_leave_room),
        cmocka_unit_test(unpayable_ones_leave_room),
        cmocka_unit_test(unpayable_ones_are_not_looked_at),
        cmocka_unit_test(replacement_spam_costs),
        cmocka_unit_test(large_transactions_are_refused),
        cmocka_unit_test(mined_transactions_leave),
        cmocka_unit_test(waiting_makes_no_empty_blocks),
        cmocka_unit_test(filling_a_gap_announces_all),
        cmocka_unit_test(authorities_are_followed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
