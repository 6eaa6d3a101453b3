/* The pool against a model that keeps a plain list and looks at all of it each time; and what
 * people do to pools (ATTACKS 50). */
#include "fixture.h"
#include "internal.h"
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
        cmocka_unit_test(behaves_like_the_model),
        cmocka_unit_test(survives_failed_allocations),
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
