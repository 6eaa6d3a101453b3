/* The pool against a model that keeps a plain list and looks at all of it each time; and what
 * people do to pools (ATTACKS 50). */
#include "fixture.h"
#include "pool.h"
#include <drystone/common/alloc.h>

#define SENDERS 6u
#define MODEL_MAX 4096u

/* --- transactions made up, without signatures --- */

static uint64_t serial;

static struct dry_pool_tx *made_up(uint32_t sender, uint64_t nonce, uint64_t fee, uint64_t tip,
                                   size_t bytes)
{
    struct dry_pool_tx *tx = dry_alloc(sizeof(*tx));

    CHECK(tx != NULL);
    tx->tx = (struct dry_tx){.type = DRY_TX_DYNAMIC_FEE,
                             .nonce = nonce,
                             .gas_limit = 1000,
                             .max_fee_per_gas = DRY_U256(fee),
                             .max_priority_fee_per_gas = DRY_U256(tip)};
    memset(tx->sender.b, (int)(0x10 + sender), 20);
    serial++;
    dry_keccak256(&tx->hash, dry_bytes_of(&serial, sizeof(serial)));
    tx->bytes = bytes;
    dry_refs_take(&tx->refs);
    return tx;
}

/* --- the model --- */

struct model {
    struct dry__pool pool;
    uint64_t nonce[SENDERS];
    uint64_t balance;
    uint32_t count;
    struct dry_pool_tx *txs[MODEL_MAX]; /* in order of arrival; references of our own */
};

static uint32_t sender_of(const struct dry_pool_tx *tx)
{
    return tx->sender.b[0] - 0x10u;
}

static dry_status account(void *ctx, uint64_t *nonce, struct dry_u256 *balance,
                          const struct dry_address *address)
{
    struct model *m = ctx;

    *nonce = m->nonce[address->b[0] - 0x10];
    *balance = DRY_U256(m->balance);
    return DRY_OK;
}

static struct dry_pool_tx *model_at(const struct model *m, uint32_t sender, uint64_t nonce)
{
    for (uint32_t i = 0; i < m->count; i++)
        if (sender_of(m->txs[i]) == sender && m->txs[i]->tx.nonce == nonce)
            return m->txs[i];
    return NULL;
}

static bool model_ready(const struct model *m, const struct dry_pool_tx *tx)
{
    uint32_t s = sender_of(tx);

    for (uint64_t n = m->nonce[s]; n < tx->tx.nonce; n++)
        if (model_at(m, s, n) == NULL)
            return false;
    return true;
}

static void model_drop(struct model *m, struct dry_pool_tx *tx)
{
    uint32_t i = 0;

    while (m->txs[i] != tx)
        i++;
    memmove(&m->txs[i], &m->txs[i + 1], (--m->count - i) * sizeof(m->txs[0]));
    dry_pool_tx_close(tx);
}

static uint64_t model_cost(const struct dry_pool_tx *tx)
{
    return tx == NULL ? 0 : tx->tx.max_fee_per_gas.w[0] * tx->tx.gas_limit;
}

static enum dry_pool_answer model_answer(const struct model *m, const struct dry_pool_tx *tx)
{
    uint32_t s = sender_of(tx), of_sender = 0, ready = 0;
    struct dry_pool_tx *old = model_at(m, s, tx->tx.nonce);
    uint64_t cost = model_cost(tx) - model_cost(old), bytes = 0;

    if (tx->tx.nonce < m->nonce[s])
        return DRY_POOL_NONCE_TOO_LOW;
    for (uint32_t i = 0; i < m->count; i++) {
        cost += sender_of(m->txs[i]) == s ? model_cost(m->txs[i]) : 0;
        of_sender += sender_of(m->txs[i]) == s;
        ready += model_ready(m, m->txs[i]);
        bytes += m->txs[i]->bytes;
    }
    if (cost > m->balance)
        return DRY_POOL_FUNDS;
    if (old != NULL) {
        uint64_t f = tx->tx.max_fee_per_gas.w[0], g = old->tx.max_fee_per_gas.w[0];
        uint64_t t = tx->tx.max_priority_fee_per_gas.w[0],
                 u = old->tx.max_priority_fee_per_gas.w[0];

        if (f <= g || t <= u || f * 100 < g * 110 || t * 100 < u * 110)
            return DRY_POOL_UNDERPRICED;
        return bytes - old->bytes + tx->bytes > m->pool.limits.bytes_max ? DRY_POOL_BYTES_FULL
                                                                         : DRY_POOL_OK;
    }
    if (bytes + tx->bytes > m->pool.limits.bytes_max)
        return DRY_POOL_BYTES_FULL;
    if (m->count >= m->pool.limits.txs_max ||
        (!model_ready(m, tx) && m->count - ready >= (m->pool.limits.txs_max + 1) / 2))
        return DRY_POOL_FULL;
    return of_sender >= m->pool.limits.account_max ? DRY_POOL_ACCOUNT_FULL : DRY_POOL_OK;
}

/* The best that can be taken now, when the senders in `parked` are left alone and of each sender
 * `taken` are taken. */
static struct dry_pool_tx *model_best(const struct model *m, const bool parked[SENDERS],
                                      const uint32_t taken[SENDERS])
{
    struct dry_pool_tx *best = NULL;

    for (uint32_t s = 0; s < SENDERS; s++) {
        struct dry_pool_tx *tx = parked[s] ? NULL : model_at(m, s, m->nonce[s] + taken[s]);
        int c;

        if (tx == NULL)
            continue;
        c = best == NULL ? 1
                         : dry_u256_compare(&tx->tx.max_priority_fee_per_gas,
                                            &best->tx.max_priority_fee_per_gas);
        if (c > 0 || (c == 0 && tx->arrived < best->arrived))
            best = tx;
    }
    return best;
}

/* Invariants of the pool's own structures. */
static void pool_check(const struct model *m)
{
    const struct dry__pool *p = &m->pool;
    uint32_t txs = 0, ready = 0, lines = 0, heaped = 0;
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < p->line_cap; i++) {
        const struct dry__line *l = p->lines[i];
        struct dry_u256 cost = DRY_U256_ZERO, sum = DRY_U256_ZERO;

        if (l == NULL)
            continue;
        lines++;
        CHECK(l->count != 0 && l->cursor == 0 && !l->parked);
        CHECK((l->heap_at != DRY__POOL_NO_HEAP) == (l->ready != 0));
        if (l->ready != 0)
            CHECK(l->heap_at < p->heap_count && p->heap[l->heap_at] == l);
        heaped += l->ready != 0;
        for (uint32_t k = 0; k < l->count; k++) {
            const struct dry_pool_tx *tx = l->txs[l->first + k];

            CHECK(dry__pool_find(p, &tx->hash) == tx);
            CHECK(model_ready(m, tx) == (k < l->ready));
            CHECK(k == 0 || l->txs[l->first + k - 1]->tx.nonce < tx->tx.nonce);
            cost = DRY_U256(model_cost(tx));
            (void)dry_u256_add(&sum, &sum, &cost);
            bytes += tx->bytes;
        }
        CHECK(dry_u256_equal(&sum, &l->cost));
        txs += l->count;
        ready += l->ready;
    }
    CHECK(lines == p->line_count && heaped == p->heap_count);
    CHECK(txs == p->tx_count && txs == m->count && ready == p->ready_count);
    CHECK(bytes == p->bytes);
    for (uint32_t i = 1; i < p->heap_count; i++) {
        const struct dry_pool_tx *up = p->heap[(i - 1) / 2]->txs[p->heap[(i - 1) / 2]->first];
        const struct dry_pool_tx *at = p->heap[i]->txs[p->heap[i]->first];
        int c =
            dry_u256_compare(&up->tx.max_priority_fee_per_gas, &at->tx.max_priority_fee_per_gas);
        CHECK(c > 0 || (c == 0 && up->arrived < at->arrived));
    }
}

static void model_add(struct model *m, struct dry_pool_tx *tx)
{
    enum dry_pool_answer want = model_answer(m, tx), got;
    struct dry_pool_tx *old = model_at(m, sender_of(tx), tx->tx.nonce);
    struct dry__pool_ready ready;
    bool waiting[MODEL_MAX] = {false};
    uint32_t news = 0;

    for (uint32_t i = 0; i < m->count; i++)
        waiting[i] = !model_ready(m, m->txs[i]);
    CHECK(dry_ok(dry__pool_add(&m->pool, &got, &ready, tx, account, m)));
    CHECK_MSG(got == want, dry_pool_answer_text(got));
    if (got != DRY_POOL_OK) {
        CHECK(ready.count == 0);
        dry_pool_tx_close(tx);
        return;
    }
    m->txs[m->count++] = dry_pool_tx_share(tx);
    for (uint32_t i = 0; i + 1 < m->count; i++)
        news += waiting[i] && model_ready(m, m->txs[i]) && m->txs[i] != old;
    news += model_ready(m, tx);
    if (old != NULL)
        model_drop(m, old);
    CHECK(ready.count == news);
    CHECK(news == 0 || ready.txs[0] == tx);
}

/* A block's worth: some are taken, some parked, some found impossible. */
static void model_build(struct model *m, uint64_t *seed)
{
    bool parked[SENDERS] = {false};
    uint32_t taken[SENDERS] = {0};

    for (uint32_t n = fixture_random(seed) % 24; n > 0; n--) {
        struct dry_pool_tx *want = model_best(m, parked, taken), *got = dry__pool_next(&m->pool);
        uint32_t s;

        CHECK(got == want);
        if (got == NULL)
            break;
        s = sender_of(got);
        switch (fixture_random(seed) % 8) {
        case 0:
            CHECK(dry_ok(dry__pool_park(&m->pool, got)));
            parked[s] = true;
            break;
        case 1:
            dry__pool_remove(&m->pool, got);
            model_drop(m, want);
            parked[s] = true; /* its next ones wait for the one removed */
            break;
        default:
            CHECK(dry_ok(dry__pool_taken(&m->pool, got)));
            taken[s]++;
            break;
        }
    }
    dry__pool_done(&m->pool);
    pool_check(m);
    if (fixture_random(seed) % 4 == 0)
        return; /* only a look */
    m->pool.stamp++;
    for (uint32_t s = 0; s < SENDERS; s++) {
        struct dry_address a;

        memset(a.b, (int)(0x10 + s), 20);
        m->nonce[s] += taken[s];
        for (uint32_t i = m->count; i-- > 0;)
            if (sender_of(m->txs[i]) == s && m->txs[i]->tx.nonce < m->nonce[s])
                model_drop(m, m->txs[i]);
        dry__pool_set_nonce(&m->pool, &a, m->nonce[s]);
    }
}

/* The chain went back, or over to a branch with other nonces. */
static void model_reorganise(struct model *m, uint64_t *seed)
{
    m->pool.stamp++;
    for (uint32_t s = 0; s < SENDERS; s++) {
        uint64_t back = fixture_random(seed) % 4, on = fixture_random(seed) % 3;

        m->nonce[s] = (m->nonce[s] > back ? m->nonce[s] - back : 0) + on;
        for (uint32_t i = m->count; i-- > 0;)
            if (sender_of(m->txs[i]) == s && m->txs[i]->tx.nonce < m->nonce[s])
                model_drop(m, m->txs[i]);
    }
    CHECK(dry_ok(dry__pool_resync(&m->pool, account, m)));
}

static void behaves_like_the_model(void **state)
{
    static const struct dry_pool_limits limits[] = {
        {0},
        {.txs_max = 40, .account_max = 12},
        {.txs_max = 1000, .bytes_max = 30000},
    };
    static struct model m;

    (void)state;
    for (uint64_t round = 0; round < 30; round++) {
        uint64_t seed = round * 7919 + 1;

        m = (struct model){.balance = round % 2 == 0 ? 10000000 : 200000};
        dry__pool_init(&m.pool, &limits[round % 3]);
        for (int i = 0; i < 600; i++) {
            uint32_t kind = fixture_random(&seed) % 32, s = fixture_random(&seed) % SENDERS;

            if (kind == 0)
                model_build(&m, &seed);
            else if (kind == 1)
                model_reorganise(&m, &seed);
            else
                model_add(&m, made_up(s, m.nonce[s] + fixture_random(&seed) % 14 - (kind == 2),
                                      1 + fixture_random(&seed) % 40, fixture_random(&seed) % 12,
                                      100 + fixture_random(&seed) % 1000));
            if (i % 16 == 0)
                pool_check(&m);
        }
        pool_check(&m);
        while (m.count != 0)
            model_drop(&m, m.txs[m.count - 1]);
        dry__pool_fini(&m.pool);
    }
}

/* Memory may run out in any addition: then nothing was added. */
static void survives_failed_allocations(void **state)
{
    static struct model m;

    (void)state;
    TEST_EACH_ALLOC_FAILS({
        struct dry__pool_ready ready;
        enum dry_pool_answer answer;
        bool failed = false;

        m = (struct model){.balance = UINT64_MAX};
        dry__pool_init(&m.pool, &(struct dry_pool_limits){0});
        for (uint32_t i = 0; i < 200 && !failed; i++) {
            struct dry_pool_tx *tx = dry_alloc(sizeof(*tx));

            if (tx == NULL)
                break;
            tx->tx = (struct dry_tx){.nonce = i / 70, .max_fee_per_gas = DRY_U256(1)};
            memset(tx->sender.b, (int)(0x10 + i % 70), 1);
            memcpy(tx->sender.b + 1, &(uint8_t){(uint8_t)(i % 70)}, 1);
            tx->sender.b[0] = 0x10;
            serial++;
            dry_keccak256(&tx->hash, dry_bytes_of(&serial, sizeof(serial)));
            dry_refs_take(&tx->refs);
            failed = !dry_ok(dry__pool_add(&m.pool, &answer, &ready, tx, account, &m));
            CHECK(m.pool.tx_count == i + !failed && m.pool.ready_count == m.pool.tx_count);
            if (failed)
                dry_pool_tx_close(tx);
        }
        dry__pool_fini(&m.pool);
    });
}

/* --- ATTACKS 50, over the chain --- */

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

/* DETER: a flood of transactions that can never run leaves room for those that can. */
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
    for (uint64_t n = 0; n < 11; n++)
        CHECK(fixture_send(&f, &(struct fixture_tx){.from = 1, .nonce = n, .to = sink}).answer ==
              (n < 10 ? DRY_POOL_OK : DRY_POOL_FULL));
    CHECK(dry_ok(dry_chain_event(f.chain, DRY_EVENT_MINE, 0)));
    CHECK(dry_chain_pool_counts(f.chain).pending == 0);
    CHECK(dry_chain_pool_counts(f.chain).queued == 10);
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
        cmocka_unit_test(behaves_like_the_model),
        cmocka_unit_test(survives_failed_allocations),
        cmocka_unit_test(overdrafts_are_refused),
        cmocka_unit_test(future_nonces_leave_room),
        cmocka_unit_test(replacement_spam_costs),
        cmocka_unit_test(large_transactions_are_refused),
        cmocka_unit_test(mined_transactions_leave),
        cmocka_unit_test(waiting_makes_no_empty_blocks),
        cmocka_unit_test(filling_a_gap_announces_all),
        cmocka_unit_test(authorities_are_followed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
