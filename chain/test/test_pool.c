/* The pool against a model that keeps a plain list and looks at all of it each time. */
#include "fixture.h"
#include "pool.h"
#include <drystone/common/alloc.h>

#define SENDERS 6u
#define MODEL_MAX 4096u

/* --- transactions made up, without signatures --- */

static uint64_t serial;

/* With a blob fee: a blob transaction. */
static struct dry_pool_tx *made_up(uint32_t sender, uint64_t nonce, uint64_t fee, uint64_t tip,
                                   uint64_t blob_fee, size_t bytes)
{
    struct dry_pool_tx *tx = dry_alloc(sizeof(*tx));

    CHECK(tx != NULL);
    tx->tx = (struct dry_tx){.type = blob_fee != 0 ? DRY_TX_BLOB : DRY_TX_DYNAMIC_FEE,
                             .blob_count = blob_fee != 0,
                             .max_fee_per_blob_gas = DRY_U256(blob_fee),
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
    uint64_t balance, base_fee, blob_fee;
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
    return tx == NULL ? 0
                      : tx->tx.max_fee_per_gas.w[0] * tx->tx.gas_limit +
                            tx->tx.blob_count * 131072u * tx->tx.max_fee_per_blob_gas.w[0];
}

static bool model_pays(const struct model *m, const struct dry_pool_tx *tx)
{
    return tx->tx.max_fee_per_gas.w[0] >= m->base_fee &&
           (tx->tx.blob_count == 0 || tx->tx.max_fee_per_blob_gas.w[0] >= m->blob_fee);
}

/* What a transaction is worth in a full pool: behind a gap, waiting for fees, or the lowest tip up
 * to it. One that is not in yet counts as being there. */
struct worth {
    const struct dry_pool_tx *tx;
    uint32_t kind;
    uint64_t value, arrived;
};

static struct worth model_worth(const struct model *m, const struct dry_pool_tx *tx)
{
    uint32_t s = sender_of(tx);
    struct worth w = {tx, 2, UINT64_MAX, tx->arrived};

    for (uint64_t n = m->nonce[s]; n <= tx->tx.nonce; n++) {
        const struct dry_pool_tx *at = n == tx->tx.nonce ? tx : model_at(m, s, n);
        uint64_t cap, tip;

        if (at == NULL)
            return (struct worth){tx, 0, tx->tx.max_fee_per_gas.w[0], tx->arrived};
        cap = at->tx.max_fee_per_gas.w[0];
        tip = at->tx.max_priority_fee_per_gas.w[0];
        if (w.kind == 2 && !model_pays(m, at)) {
            w.kind = 1;
            w.value = cap;
        } else if (w.kind == 2) {
            tip = tip < cap - m->base_fee ? tip : cap - m->base_fee;
            w.value = tip < w.value ? tip : w.value;
        }
    }
    return w;
}

static bool model_payable(const struct model *m, const struct dry_pool_tx *tx)
{
    return model_worth(m, tx).kind == 2;
}

static int worth_compare(const void *x, const void *y)
{
    const struct worth *a = x, *b = y;

    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return a->arrived > b->arrived ? -1 : 1;
}

/* Who leaves for tx: one after the other, the first of the sorted list of lines' ends. False when
 * one of them is not worth less, or tx builds on it. */
static bool model_leave(const struct model *m, const struct dry_pool_tx *tx, uint32_t count,
                        uint64_t bytes, const struct dry_pool_tx *gone[MODEL_MAX], uint32_t *n)
{
    struct worth own = model_worth(m, tx);
    uint64_t freed = 0;

    for (*n = 0; *n < count || freed < bytes;) {
        struct worth tails[SENDERS];
        uint32_t tail_count = 0;

        for (uint32_t s = 0; s < SENDERS; s++) {
            const struct dry_pool_tx *tail = NULL;

            for (uint32_t i = 0; i < m->count; i++) {
                bool left = sender_of(m->txs[i]) != s;
                for (uint32_t k = 0; k < *n; k++)
                    left |= gone[k] == m->txs[i];
                if (!left && (tail == NULL || tail->tx.nonce < m->txs[i]->tx.nonce))
                    tail = m->txs[i];
            }
            if (tail != NULL)
                tails[tail_count++] = model_worth(m, tail);
        }
        qsort(tails, tail_count, sizeof(tails[0]), worth_compare);
        if (tail_count == 0 || tails[0].kind > own.kind ||
            (tails[0].kind == own.kind && tails[0].value >= own.value) ||
            (sender_of(tails[0].tx) == sender_of(tx) && tails[0].tx->tx.nonce <= tx->tx.nonce))
            return false;
        gone[(*n)++] = tails[0].tx;
        freed += tails[0].tx->bytes;
    }
    return true;
}

static bool model_bumped(const struct dry_u256 *fee, const struct dry_u256 *old, uint64_t percent)
{
    return fee->w[0] > old->w[0] && fee->w[0] * 100 >= old->w[0] * (100 + percent);
}

static enum dry_pool_answer model_answer(const struct model *m, const struct dry_pool_tx *tx,
                                         const struct dry_pool_tx *gone[MODEL_MAX], uint32_t *n)
{
    uint32_t s = sender_of(tx), of_sender = 0, stuck = 0, leave;
    struct dry_pool_tx *old = model_at(m, s, tx->tx.nonce);
    uint64_t cost = model_cost(tx) - model_cost(old), bytes = 0, max = m->pool.limits.bytes_max;

    *n = 0;
    if (tx->tx.nonce < m->nonce[s])
        return DRY_POOL_NONCE_TOO_LOW;
    for (uint32_t i = 0; i < m->count; i++) {
        cost += sender_of(m->txs[i]) == s ? model_cost(m->txs[i]) : 0;
        of_sender += sender_of(m->txs[i]) == s;
        stuck += !model_payable(m, m->txs[i]);
        bytes += m->txs[i]->bytes;
    }
    if (cost > m->balance)
        return DRY_POOL_FUNDS;
    if (old != NULL) {
        bool blobs = old->tx.type == DRY_TX_BLOB;
        uint64_t by = blobs ? 100 : 10;

        bytes -= old->bytes;
        if (!model_bumped(&tx->tx.max_fee_per_gas, &old->tx.max_fee_per_gas, by) ||
            !model_bumped(&tx->tx.max_priority_fee_per_gas, &old->tx.max_priority_fee_per_gas,
                          by) ||
            (blobs &&
             !model_bumped(&tx->tx.max_fee_per_blob_gas, &old->tx.max_fee_per_blob_gas, by)))
            return DRY_POOL_UNDERPRICED;
    } else if (of_sender >= m->pool.limits.account_max) {
        return DRY_POOL_ACCOUNT_FULL;
    }
    bytes += tx->bytes;
    leave = old == NULL && (m->count >= m->pool.limits.txs_max ||
                            (!model_payable(m, tx) && stuck >= (m->pool.limits.txs_max + 1) / 2));
    bytes = bytes > max ? bytes - max : 0;
    if (model_leave(m, tx, leave, bytes, gone, n))
        return DRY_POOL_OK;
    *n = 0;
    return bytes != 0 ? DRY_POOL_BYTES_FULL : DRY_POOL_FULL;
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

        if (tx == NULL || !model_pays(m, tx))
            continue;
        c = best == NULL ? 1
                         : dry_u256_compare(&tx->tx.max_priority_fee_per_gas,
                                            &best->tx.max_priority_fee_per_gas);
        if (c > 0 || (c == 0 && tx->arrived < best->arrived))
            best = tx;
    }
    return best;
}

static void heap_check(const struct dry__line *l, const struct dry__pool *p,
                       enum dry__heap_name name, bool in, uint32_t heaped[DRY__HEAPS])
{
    uint32_t at = l->heap_at[name];

    CHECK((at != DRY__POOL_NO_HEAP) == in);
    CHECK(!in || (at < p->heaps[name].count && p->heaps[name].lines[at] == l));
    heaped[name] += in;
}

static void line_check(const struct model *m, const struct dry__line *l,
                       uint32_t heaped[DRY__HEAPS])
{
    struct dry__fees lowest = {DRY_U256_MAX, DRY_U256_MAX, DRY_U256_MAX};
    const struct dry__pool *p = &m->pool;
    struct dry_u256 cost = DRY_U256_ZERO, sum = DRY_U256_ZERO;
    bool by_base = false, by_blob = false;

    CHECK(l->count != 0 && l->cursor == 0 && !l->parked && l->out == 0);
    for (uint32_t k = 0; k < l->count; k++) {
        const struct dry_pool_tx *tx = l->txs[l->first + k];

        CHECK(dry__pool_find(p, &tx->hash) == tx);
        CHECK(model_ready(m, tx) == (k < l->ready));
        CHECK(model_payable(m, tx) == (k < l->payable));
        CHECK(k == 0 || l->txs[l->first + k - 1]->tx.nonce < tx->tx.nonce);
        cost = DRY_U256(model_cost(tx));
        (void)dry_u256_add(&sum, &sum, &cost);
        if (k == l->payable && k < l->ready) {
            by_base = tx->tx.max_fee_per_gas.w[0] < m->base_fee;
            by_blob = tx->tx.blob_count != 0 && tx->tx.max_fee_per_blob_gas.w[0] < m->blob_fee;
        }
        if (k >= l->payable)
            continue;
        if (dry_u256_less(&tx->tx.max_fee_per_gas, &lowest.cap))
            lowest.cap = tx->tx.max_fee_per_gas;
        if (dry_u256_less(&tx->tx.max_priority_fee_per_gas, &lowest.tip))
            lowest.tip = tx->tx.max_priority_fee_per_gas;
        if (tx->tx.blob_count != 0 && dry_u256_less(&tx->tx.max_fee_per_blob_gas, &lowest.blob))
            lowest.blob = tx->tx.max_fee_per_blob_gas;
    }
    CHECK(dry_u256_equal(&sum, &l->cost));
    heap_check(l, p, DRY__HEAP_NEXT, l->payable != 0, heaped);
    heap_check(l, p, DRY__HEAP_LOW_CAP, l->payable != 0, heaped);
    heap_check(l, p, DRY__HEAP_LOW_TIP, l->payable != 0, heaped);
    heap_check(l, p, DRY__HEAP_LOW_BLOB, !dry_u256_equal(&lowest.blob, &DRY_U256_MAX), heaped);
    heap_check(l, p, DRY__HEAP_STUCK, l->count > l->payable, heaped);
    if (l->payable != 0) {
        CHECK(dry_u256_equal(&lowest.cap, &l->lowest.cap));
        CHECK(dry_u256_equal(&lowest.tip, &l->lowest.tip));
        CHECK(dry_u256_equal(&lowest.blob, &l->lowest.blob));
    }
    /* Who waits for either fee is looked at when one of them falls. */
    CHECK((by_base || by_blob) == (l->payable < l->ready));
    CHECK(by_blob || (l->heap_at[DRY__HEAP_BASE] != DRY__POOL_NO_HEAP) == by_base);
    CHECK(by_base || (l->heap_at[DRY__HEAP_BLOB] != DRY__POOL_NO_HEAP) == by_blob);
    heap_check(l, p, DRY__HEAP_BASE, l->heap_at[DRY__HEAP_BASE] != DRY__POOL_NO_HEAP, heaped);
    heap_check(l, p, DRY__HEAP_BLOB, l->heap_at[DRY__HEAP_BLOB] != DRY__POOL_NO_HEAP, heaped);
}

/* Invariants of the pool's own structures. */
static void pool_check(const struct model *m)
{
    const struct dry__pool *p = &m->pool;
    uint32_t txs = 0, ready = 0, payable = 0, lines = 0, heaped[DRY__HEAPS] = {0};
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < p->line_cap; i++) {
        const struct dry__line *l = p->lines[i];

        if (l == NULL)
            continue;
        lines++;
        line_check(m, l, heaped);
        for (uint32_t k = 0; k < l->count; k++)
            bytes += l->txs[l->first + k]->bytes;
        txs += l->count;
        ready += l->ready;
        payable += l->payable;
    }
    CHECK(lines == p->line_count && bytes == p->bytes);
    for (uint32_t h = 0; h < DRY__HEAPS; h++)
        CHECK(heaped[h] == p->heaps[h].count);
    CHECK(txs == p->tx_count && txs == m->count);
    CHECK(ready == p->ready_count && payable == p->payable_count);
}

/* Those told of are the model's, in any order. */
static const struct dry_pool_tx *told[MODEL_MAX];
static uint32_t told_count;

static void tell(void *ctx, const struct dry_pool_tx *tx)
{
    (void)ctx;
    told[told_count++] = tx;
}

static void model_add(struct model *m, struct dry_pool_tx *tx)
{
    static const struct dry_pool_tx *gone[MODEL_MAX];
    uint32_t gone_count;
    enum dry_pool_answer want = model_answer(m, tx, gone, &gone_count), got;
    struct dry_pool_tx *old = model_at(m, sender_of(tx), tx->tx.nonce);
    struct dry__pool_ready ready;
    bool waiting[MODEL_MAX] = {false};
    uint32_t news = 0;

    told_count = 0;
    CHECK(dry_ok(dry__pool_add(&m->pool, &got, &ready, tx, account, tell, m)));
    CHECK_MSG(got == want, dry_pool_answer_text(got));
    CHECK(told_count == gone_count);
    if (got != DRY_POOL_OK) {
        CHECK(ready.count == 0 && told_count == 0);
        dry_pool_tx_close(tx);
        return;
    }
    for (uint32_t i = 0; i < gone_count; i++) {
        uint32_t found = 0;
        for (uint32_t k = 0; k < told_count; k++)
            found += told[k] == gone[i];
        CHECK(found == 1);
    }
    for (uint32_t i = 0; i < gone_count; i++)
        model_drop(m, (struct dry_pool_tx *)(uintptr_t)gone[i]);
    for (uint32_t i = 0; i < m->count; i++)
        waiting[i] = !model_ready(m, m->txs[i]);
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

static void model_fees(struct model *m, bool dense, uint64_t *seed)
{
    struct dry_u256 base, blob;

    m->base_fee = fixture_random(seed) % 3 == 0 ? 7 : fixture_random(seed) % (dense ? 21 : 45);
    m->blob_fee = fixture_random(seed) % 4;
    base = DRY_U256(m->base_fee);
    blob = DRY_U256(m->blob_fee);
    dry__pool_set_fees(&m->pool, &base, &blob);
    pool_check(m);
}

/* Dense: there are no gaps but what is dropped makes, and few figures, so that many are equal. */
static struct dry_pool_tx *model_tx(const struct model *m, uint32_t sender, bool dense,
                                    uint64_t *seed)
{
    uint32_t kind = fixture_random(seed) % 16;
    uint64_t fee = 1 + fixture_random(seed) % 40, nonce = m->nonce[sender];

    if (dense) {
        while (model_at(m, sender, nonce) != NULL)
            nonce++;
        return made_up(sender, nonce, 20 + fixture_random(seed) % 6, fixture_random(seed) % 6, 0,
                       100);
    }
    nonce += fixture_random(seed) % 14 - (kind == 0 && nonce != 0);
    return made_up(sender, nonce, fee, fixture_random(seed) % (fee < 11 ? fee + 1 : 12),
                   kind < 4 ? 1 + fixture_random(seed) % 4 : 0, 100 + fixture_random(seed) % 1000);
}

static void behaves_like_the_model(void **state)
{
    static const struct dry_pool_limits limits[] = {
        {0},
        {.txs_max = 40, .account_max = 12},
        {.txs_max = 1000, .bytes_max = 30000},
    };
    static const uint64_t balances[] = {10000000, 200000, 1000000};
    static struct model m;
    uint32_t left = 0;

    (void)state;
    for (uint64_t round = 0; round < 36; round++) {
        uint64_t seed = round * 7919 + 1;

        m = (struct model){.balance = balances[round / 3 % 3]};
        dry__pool_init(&m.pool, &limits[round % 3]);
        for (int i = 0; i < 600; i++) {
            uint32_t kind = fixture_random(&seed) % 32, s = fixture_random(&seed) % SENDERS;

            if (kind == 0)
                model_build(&m, &seed);
            else if (kind == 1)
                model_reorganise(&m, &seed);
            else if (kind < 4)
                model_fees(&m, round % 4 == 3, &seed);
            else
                model_add(&m, model_tx(&m, s, round % 4 == 3, &seed));
            left += told_count;
            told_count = 0;
            if (i % 16 == 0)
                pool_check(&m);
        }
        pool_check(&m);
        while (m.count != 0)
            model_drop(&m, m.txs[m.count - 1]);
        dry__pool_fini(&m.pool);
    }
    CHECK(left > 100); /* newcomers pushed others out */
}

/* The i-th of many: 100 by 70 senders, then more, each by another one and worth more. */
static dry_status add_nth(struct model *m, uint32_t i)
{
    struct dry_pool_tx *tx = dry_alloc(sizeof(*tx));
    struct dry__pool_ready ready;
    enum dry_pool_answer answer;
    dry_status st;

    if (tx == NULL)
        return DRY_ENOMEM;
    tx->tx = (struct dry_tx){.nonce = i < 100 ? i / 70 : 0,
                             .max_fee_per_gas = DRY_U256(2),
                             .max_priority_fee_per_gas = DRY_U256(i >= 100)};
    tx->sender.b[0] = 0x10;
    tx->sender.b[1] = (uint8_t)(i < 100 ? i % 70 : i);
    serial++;
    dry_keccak256(&tx->hash, dry_bytes_of(&serial, sizeof(serial)));
    dry_refs_take(&tx->refs);
    st = dry__pool_add(&m->pool, &answer, &ready, tx, account, NULL, m);
    CHECK(!dry_ok(st) || answer == DRY_POOL_OK);
    if (!dry_ok(st))
        dry_pool_tx_close(tx);
    return st;
}

/* Memory may run out in any addition: then nothing was added, and nothing left for it. */
static void survives_failed_allocations(void **state)
{
    static struct model m;

    (void)state;
    TEST_EACH_ALLOC_FAILS({
        bool failed = false;

        m = (struct model){.balance = UINT64_MAX};
        dry__pool_init(&m.pool, &(struct dry_pool_limits){.txs_max = 100});
        for (uint32_t i = 0; i < 200 && !failed; i++) {
            uint32_t want = i < 100 ? i : 100;

            failed = !dry_ok(add_nth(&m, i));
            want += i < 100 && !failed;
            CHECK(m.pool.tx_count == want && m.pool.ready_count == want);
            CHECK(m.pool.payable_count == want);
            CHECK(m.pool.heaps[DRY__HEAP_NEXT].count == m.pool.line_count);
            CHECK(m.pool.heaps[DRY__HEAP_STUCK].count == 0);
        }
        dry__pool_fini(&m.pool);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(behaves_like_the_model),
        cmocka_unit_test(survives_failed_allocations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
