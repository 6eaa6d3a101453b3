/* pool.c - the transaction pool: lines by sender, and what may enter and leave them. */
#include "pool.h"
#include <drystone/common/alloc.h>

#define TXS_MAX_DEFAULT 131072u
#define ACCOUNT_MAX_DEFAULT 65536u
#define BYTES_MAX_DEFAULT (256ull << 20)
#define TX_BYTES_MAX_DEFAULT 131072u
#define PRICE_BUMP_DEFAULT 10u
#define BLOB_BUMP_DEFAULT 100u

void dry__pool_init(struct dry__pool *p, const struct dry_pool_limits *limits)
{
    *p = (struct dry__pool){.limits = *limits, .stamp = 1};
    if (p->limits.txs_max == 0)
        p->limits.txs_max = TXS_MAX_DEFAULT;
    if (p->limits.account_max == 0)
        p->limits.account_max = ACCOUNT_MAX_DEFAULT;
    if (p->limits.bytes_max == 0)
        p->limits.bytes_max = BYTES_MAX_DEFAULT;
    if (p->limits.tx_bytes_max == 0)
        p->limits.tx_bytes_max = TX_BYTES_MAX_DEFAULT;
    if (p->limits.price_bump_percent == 0)
        p->limits.price_bump_percent = PRICE_BUMP_DEFAULT;
    if (p->limits.blob_bump_percent == 0)
        p->limits.blob_bump_percent = BLOB_BUMP_DEFAULT;
}

static void line_close(struct dry__line *l)
{
    for (uint32_t i = 0; i < l->count; i++)
        dry_pool_tx_close(l->txs[l->first + i]);
    dry_free(l->txs);
    dry_free(l->low);
    dry_free(l);
}

void dry__pool_fini(struct dry__pool *p)
{
    for (uint32_t i = 0; i < p->line_cap; i++)
        if (p->lines[i] != NULL)
            line_close(p->lines[i]);
    dry_free(p->lines);
    dry_free(p->by_hash);
    for (uint32_t h = 0; h < DRY__HEAPS; h++)
        dry_free(p->heaps[h].lines);
    dry_free(p->touched);
    *p = (struct dry__pool){.limits = p->limits,
                            .base_fee = p->base_fee,
                            .blob_fee = p->blob_fee,
                            .stamp = p->stamp + 1,
                            .version = p->version + 1,
                            .arrivals = p->arrivals};
}

/* --- tables: open addressing, linear probing, at most half full; deletion shifts back --- */

static uint32_t address_slot(const struct dry_address *a, uint32_t cap)
{
    uint64_t h;

    memcpy(&h, a->b,
           8); /* the first bytes of a key hash: spread already, but an attacker picks them */
    h = (h ^ (h >> 32)) * 0x9e3779b97f4a7c15ull;
    return (uint32_t)(h >> 32) & (cap - 1);
}

static uint32_t hash_slot(const struct dry_hash *h, uint32_t cap)
{
    uint32_t v;

    memcpy(&v, h->b, 4);
    return v & (cap - 1);
}

static uint32_t line_find(const struct dry__pool *p, const struct dry_address *sender)
{
    uint32_t i = address_slot(sender, p->line_cap);

    while (p->lines[i] != NULL && !dry_address_equal(&p->lines[i]->sender, sender))
        i = (i + 1) & (p->line_cap - 1);
    return i;
}

static uint32_t tx_find(const struct dry__pool *p, const struct dry_hash *hash)
{
    uint32_t i = hash_slot(hash, p->hash_cap);

    while (p->by_hash[i] != NULL && !dry_hash_equal(&p->by_hash[i]->hash, hash))
        i = (i + 1) & (p->hash_cap - 1);
    return i;
}

struct dry__line *dry__pool_line(const struct dry__pool *p, const struct dry_address *sender)
{
    return p->line_cap == 0 ? NULL : p->lines[line_find(p, sender)];
}

struct dry_pool_tx *dry__pool_find(const struct dry__pool *p, const struct dry_hash *hash)
{
    return p->hash_cap == 0 ? NULL : p->by_hash[tx_find(p, hash)];
}

static dry_status lines_grow(struct dry__pool *p)
{
    struct dry__pool n = {.line_cap = p->line_cap == 0 ? 64 : p->line_cap * 2};

    if (p->line_count * 2 < p->line_cap)
        return DRY_OK;
    n.lines = dry_alloc(n.line_cap * sizeof(*n.lines));
    if (n.lines == NULL)
        return DRY_ENOMEM;
    for (uint32_t i = 0; i < p->line_cap; i++)
        if (p->lines[i] != NULL)
            n.lines[line_find(&n, &p->lines[i]->sender)] = p->lines[i];
    dry_free(p->lines);
    p->lines = n.lines;
    p->line_cap = n.line_cap;
    return DRY_OK;
}

static dry_status hashes_grow(struct dry__pool *p)
{
    struct dry__pool n = {.hash_cap = p->hash_cap == 0 ? 256 : p->hash_cap * 2};

    if (p->tx_count * 2 < p->hash_cap)
        return DRY_OK;
    n.by_hash = dry_alloc(n.hash_cap * sizeof(*n.by_hash));
    if (n.by_hash == NULL)
        return DRY_ENOMEM;
    for (uint32_t i = 0; i < p->hash_cap; i++)
        if (p->by_hash[i] != NULL)
            n.by_hash[tx_find(&n, &p->by_hash[i]->hash)] = p->by_hash[i];
    dry_free(p->by_hash);
    p->by_hash = n.by_hash;
    p->hash_cap = n.hash_cap;
    return DRY_OK;
}

static void hash_delete(struct dry__pool *p, const struct dry_hash *hash)
{
    uint32_t hole = tx_find(p, hash), mask = p->hash_cap - 1;

    DRY_ASSERT(p->by_hash[hole] != NULL);
    for (uint32_t i = (hole + 1) & mask; p->by_hash[i] != NULL; i = (i + 1) & mask) {
        uint32_t home = hash_slot(&p->by_hash[i]->hash, p->hash_cap);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            p->by_hash[hole] = p->by_hash[i];
            hole = i;
        }
    }
    p->by_hash[hole] = NULL;
}

static void line_delete(struct dry__pool *p, struct dry__line *l)
{
    uint32_t hole = line_find(p, &l->sender), mask = p->line_cap - 1;

    for (uint32_t i = (hole + 1) & mask; p->lines[i] != NULL; i = (i + 1) & mask) {
        uint32_t home = address_slot(&p->lines[i]->sender, p->line_cap);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            p->lines[hole] = p->lines[i];
            hole = i;
        }
    }
    p->lines[hole] = NULL;
    p->line_count--;
    line_close(l);
}

/* --- lines --- */

/* Index in the line of the first transaction with a nonce not below. */
static uint32_t line_lower(const struct dry__line *l, uint64_t nonce)
{
    uint32_t lo = 0, hi = l->count;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (l->txs[l->first + mid]->tx.nonce < nonce)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void line_count_ready(struct dry__pool *p, struct dry__line *l, uint32_t from)
{
    uint32_t n = from < l->count ? from : l->count;

    while (n < l->count && l->txs[l->first + n]->tx.nonce == l->nonce + n)
        n++;
    p->ready_count += n - l->ready;
    l->ready = n;
    dry__rank_extend(p, l);
}

static dry_status line_room(struct dry__line *l)
{
    struct dry_pool_tx **n;
    struct dry__fees *low;
    uint32_t cap = l->cap == 0 ? 1 : l->cap * 2;

    if (l->first > 0 && l->first >= l->cap / 2) {
        memmove(l->txs, l->txs + l->first, l->count * sizeof(*l->txs));
        memmove(l->low, l->low + l->first, l->payable * sizeof(*l->low));
        l->mid = l->payable == 0 ? 0 : l->mid - l->first;
        l->first = 0;
    }
    if (l->first + l->count < l->cap)
        return DRY_OK;
    n = dry_realloc(l->txs, l->cap * sizeof(*n), cap * sizeof(*n));
    if (n == NULL)
        return DRY_ENOMEM;
    l->txs = n;
    low = dry_realloc(l->low, l->cap * sizeof(*low), cap * sizeof(*low));
    if (low == NULL)
        return DRY_ENOMEM;
    l->low = low;
    l->cap = cap;
    return DRY_OK;
}

/* value + gas * fee (+ blob gas * fee), saturating. */
static void tx_cost(struct dry_u256 *out, const struct dry_tx *tx)
{
    struct dry_u256 gas = DRY_U256(tx->gas_limit), fee;
    bool over = dry_u256_mul_overflow(&fee, &gas, &tx->max_fee_per_gas);

    over |= dry_u256_add(out, &fee, &tx->value);
    if (tx->blob_count != 0) {
        gas = DRY_U256((uint64_t)tx->blob_count * 131072u);
        over |= dry_u256_mul_overflow(&fee, &gas, &tx->max_fee_per_blob_gas);
        over |= dry_u256_add(out, out, &fee);
    }
    if (over)
        *out = DRY_U256_MAX;
}

static void tx_forget(struct dry__pool *p, struct dry__line *l, struct dry_pool_tx *tx)
{
    struct dry_u256 cost;

    p->version++;
    tx_cost(&cost, &tx->tx);
    (void)dry_u256_sub(&l->cost, &l->cost, &cost);
    hash_delete(p, &tx->hash);
    p->tx_count--;
    p->bytes -= tx->bytes;
    dry_pool_tx_close(tx);
}

/* Whether `fee` is above `old`, and by so many per cent at least. */
static bool bumped(const struct dry_u256 *fee, const struct dry_u256 *old, uint32_t by)
{
    struct dry_u256 want, have, percent = DRY_U256(100u + by), hundred = DRY_U256(100);

    if (!dry_u256_less(old, fee) || dry_u256_mul_overflow(&want, old, &percent))
        return false;
    return dry_u256_mul_overflow(&have, fee, &hundred) || !dry_u256_less(&have, &want);
}

/* Blobs are costly to pass on: who sends others in their place pays twice as much. */
static bool replaces(const struct dry__pool *p, const struct dry_tx *tx, const struct dry_tx *old)
{
    bool blobs = old->type == DRY_TX_BLOB;
    uint32_t by = blobs ? p->limits.blob_bump_percent : p->limits.price_bump_percent;

    return bumped(&tx->max_fee_per_gas, &old->max_fee_per_gas, by) &&
           bumped(&tx->max_priority_fee_per_gas, &old->max_priority_fee_per_gas, by) &&
           (!blobs || bumped(&tx->max_fee_per_blob_gas, &old->max_fee_per_blob_gas, by));
}

/* `old` is what tx would replace, or NULL. */
static enum dry_pool_answer limits_check(const struct dry__pool *p, const struct dry__line *l,
                                         const struct dry_pool_tx *tx,
                                         const struct dry_pool_tx *old)
{
    if (old != NULL && !replaces(p, &tx->tx, &old->tx))
        return DRY_POOL_UNDERPRICED;
    if (dry_u256_less(&tx->tx.max_priority_fee_per_gas, &p->limits.priority_fee_min))
        return DRY_POOL_FEE_TOO_LOW;
    if (old == NULL && l != NULL && l->count >= p->limits.account_max)
        return DRY_POOL_ACCOUNT_FULL;
    return DRY_POOL_OK;
}

/* A place for tx at index i of line l (NULL: a new one); *outs are the lines that lose transactions
 * for it. Half of the pool is kept from transactions that the next block cannot take: they cost
 * their senders nothing. */
static enum dry_pool_answer place_find(struct dry__pool *p, struct dry__line **outs,
                                       const struct dry__line *l, uint32_t i,
                                       const struct dry_pool_tx *tx, const struct dry_pool_tx *old,
                                       bool gapped)
{
    uint64_t bytes = p->bytes - (old != NULL ? old->bytes : 0) + tx->bytes, excess = 0;
    uint32_t share = (p->limits.txs_max + 1) / 2, count = 0;
    struct dry__rank rank;

    *outs = NULL;
    if (tx->bytes > p->limits.bytes_max)
        return DRY_POOL_BYTES_FULL;
    if (bytes > p->limits.bytes_max)
        excess = bytes - p->limits.bytes_max;
    dry__rank_new(p, &rank, l, i, tx, gapped);
    if (old == NULL &&
        (p->tx_count >= p->limits.txs_max ||
         (rank.kind != DRY__RANK_PAYABLE && p->tx_count - p->payable_count >= share)))
        count = 1;
    if (count == 0 && excess == 0)
        return DRY_POOL_OK;
    if (dry__rank_select(p, outs, tx, &rank, count, excess))
        return DRY_POOL_OK;
    return excess != 0 ? DRY_POOL_BYTES_FULL : DRY_POOL_FULL;
}

/* What was selected goes; the line `keep` stays even when it is empty then. */
static void evict(struct dry__pool *p, struct dry__line *outs, const struct dry__line *keep,
                  dry__evicted_fn evicted, void *ctx)
{
    while (outs != NULL) {
        struct dry__line *l = outs;

        outs = l->next_out;
        dry__rank_leave(p, l);
        for (; l->out != 0; l->out--) {
            struct dry_pool_tx *tx = l->txs[l->first + l->count - 1];

            if (evicted != NULL)
                evicted(ctx, tx);
            l->count--;
            tx_forget(p, l, tx);
        }
        if (l->ready > l->count) {
            p->ready_count -= l->ready - l->count;
            l->ready = l->count;
        }
        if (l->count == 0 && l != keep)
            line_delete(p, l);
        else
            dry__rank_return(p, l);
    }
}

/* Whether the balance pays for all that wait and this one (in place of `old`): else a sender could
 * fill blocks' worth of the pool with what only the first of will ever be paid for. */
static bool affordable(const struct dry__line *l, const struct dry_pool_tx *tx,
                       const struct dry_pool_tx *old, const struct dry_u256 *balance)
{
    struct dry_u256 sum = l != NULL ? l->cost : DRY_U256_ZERO, cost;

    if (old != NULL) {
        tx_cost(&cost, &old->tx);
        (void)dry_u256_sub(&sum, &sum, &cost);
    }
    tx_cost(&cost, &tx->tx);
    return !dry_u256_add(&sum, &sum, &cost) && !dry_u256_less(balance, &sum);
}

static dry_status line_open(struct dry__pool *p, struct dry__line **out,
                            const struct dry_address *sender)
{
    struct dry__line *l;
    dry_status st = lines_grow(p);

    if (dry_ok(st))
        st = dry__rank_room(p);
    if (!dry_ok(st))
        return st;
    l = dry_alloc(sizeof(*l));
    if (l == NULL)
        return DRY_ENOMEM;
    l->sender = *sender;
    for (uint32_t h = 0; h < DRY__HEAPS; h++)
        l->heap_at[h] = DRY__POOL_NO_HEAP;
    p->lines[line_find(p, sender)] = l;
    p->line_count++;
    *out = l;
    return DRY_OK;
}

/* Put tx at index i of the line, in place of `old` or before what stands there. */
static void line_insert(struct dry__pool *p, struct dry__line *l, uint32_t i,
                        struct dry_pool_tx *tx, struct dry_pool_tx *old)
{
    struct dry_u256 cost;

    dry__rank_leave(p, l);
    tx_cost(&cost, &tx->tx);
    if (old != NULL) {
        l->txs[l->first + i] = tx;
        tx_forget(p, l, old);
        dry__rank_replaced(p, l, i);
    } else {
        memmove(&l->txs[l->first + i + 1], &l->txs[l->first + i], (l->count - i) * sizeof(*l->txs));
        l->txs[l->first + i] = tx;
        l->count++;
    }
    (void)dry_u256_add(&l->cost, &l->cost, &cost);
    p->by_hash[tx_find(p, &tx->hash)] = tx;
    p->tx_count++;
    p->bytes += tx->bytes;
    tx->arrived = p->arrivals++;
    p->version++;
    line_count_ready(p, l, l->ready);
    dry__rank_return(p, l);
}

/* Make room for one more, with a line for its sender. */
static dry_status room_make(struct dry__pool *p, struct dry__line **l,
                            const struct dry_address *sender)
{
    bool fresh = *l == NULL;
    dry_status st = hashes_grow(p);

    if (dry_ok(st) && fresh)
        st = line_open(p, l, sender);
    if (dry_ok(st))
        st = line_room(*l);
    if (!dry_ok(st) && fresh && *l != NULL)
        line_delete(p, *l);
    return st;
}

dry_status dry__pool_add(struct dry__pool *p, enum dry_pool_answer *answer,
                         struct dry__pool_ready *ready, struct dry_pool_tx *tx,
                         dry__account_fn account, dry__evicted_fn evicted, void *ctx)
{
    struct dry__line *l = dry__pool_line(p, &tx->sender), *outs;
    struct dry_pool_tx *old = NULL;
    struct dry_u256 balance;
    uint64_t nonce = 0;
    uint32_t i, before;
    dry_status st;

    *ready = (struct dry__pool_ready){NULL, 0};
    *answer = DRY_POOL_KNOWN;
    if (dry__pool_find(p, &tx->hash) != NULL)
        return DRY_OK;
    if (l != NULL && l->balance_stamp == p->stamp) {
        nonce = l->nonce;
        balance = l->balance;
    } else {
        st = account(ctx, &nonce, &balance, &tx->sender);
        if (!dry_ok(st))
            return st;
    }
    *answer = DRY_POOL_NONCE_TOO_LOW;
    if (tx->tx.nonce < nonce)
        return DRY_OK;
    i = l == NULL ? 0 : line_lower(l, tx->tx.nonce);
    if (l != NULL && i < l->count && l->txs[l->first + i]->tx.nonce == tx->tx.nonce)
        old = l->txs[l->first + i];
    *answer = DRY_POOL_FUNDS;
    if (!affordable(l, tx, old, &balance))
        return DRY_OK;
    before = l == NULL ? 0 : l->ready;
    *answer = limits_check(p, l, tx, old);
    if (*answer == DRY_POOL_OK)
        *answer = place_find(p, &outs, l, i, tx, old, tx->tx.nonce - nonce > before);
    if (*answer != DRY_POOL_OK)
        return DRY_OK;

    st = room_make(p, &l, &tx->sender);
    if (!dry_ok(st)) {
        dry__rank_undo(p, outs);
        return st;
    }
    evict(p, outs, l, evicted, ctx);
    if (l->count == 0)
        l->nonce = nonce;
    l->balance = balance;
    l->balance_stamp = p->stamp;
    line_insert(p, l, i, tx, old);
    if (i < l->ready)
        *ready =
            (struct dry__pool_ready){&l->txs[l->first + i], old != NULL ? 1 : l->ready - before};
    return DRY_OK;
}

void dry__pool_set_nonce(struct dry__pool *p, const struct dry_address *sender, uint64_t nonce)
{
    struct dry__line *l = dry__pool_line(p, sender);
    uint32_t drop, ready;

    if (l == NULL || l->nonce == nonce)
        return;
    dry__rank_leave(p, l);
    l->cursor = 0;
    l->parked = false;
    drop = line_lower(l, nonce);
    /* What was ready behind the ones dropped still is, when nothing but they were passed. */
    ready = nonce >= l->nonce && nonce - l->nonce == drop && drop <= l->ready ? l->ready - drop : 0;
    for (uint32_t i = 0; i < drop; i++)
        tx_forget(p, l, l->txs[l->first + i]);
    if (ready == 0)
        dry__rank_cut(p, l, 0);
    dry__rank_skip(p, l, drop);
    p->ready_count = p->ready_count - l->ready + ready;
    l->ready = ready;
    l->nonce = nonce;
    if (l->count == 0) {
        line_delete(p, l);
        return;
    }
    line_count_ready(p, l, ready);
    dry__rank_return(p, l);
}

dry_status dry__pool_resync(struct dry__pool *p, dry__account_fn account, void *ctx)
{
    uint32_t i = 0;

    while (i < p->line_cap) {
        struct dry__line *l = p->lines[i];
        struct dry_u256 balance;
        uint64_t nonce = 0;
        dry_status st;

        if (l == NULL) {
            i++;
            continue;
        }
        st = account(ctx, &nonce, &balance, &l->sender);
        if (!dry_ok(st))
            return st;
        dry__pool_set_nonce(p, &l->sender, nonce);
        if (p->lines[i] == l) /* else it left, and another one may have moved here */
            i++;
    }
    return DRY_OK;
}

void dry__pool_remove(struct dry__pool *p, struct dry_pool_tx *tx)
{
    struct dry__line *l = dry__pool_line(p, &tx->sender);
    uint32_t i;

    DRY_ASSERT(l != NULL);
    i = line_lower(l, tx->tx.nonce);
    DRY_ASSERT(i < l->count && l->txs[l->first + i] == tx);
    dry__rank_leave(p, l);
    dry__rank_cut(p, l, i);
    memmove(&l->txs[l->first + i], &l->txs[l->first + i + 1], (l->count - i - 1) * sizeof(*l->txs));
    l->count--;
    if (i < l->ready) {
        p->ready_count -= l->ready - i;
        l->ready = i;
    }
    tx_forget(p, l, tx);
    if (l->count == 0) {
        for (uint32_t t = 0; t < p->touched_count; t++)
            if (p->touched[t] == l)
                p->touched[t] = p->touched[--p->touched_count];
        line_delete(p, l);
        return;
    }
    dry__rank_return(p, l);
}

/* --- building --- */

struct dry_pool_tx *dry__pool_next(struct dry__pool *p)
{
    const struct dry__heap *h = &p->heaps[DRY__HEAP_NEXT];

    return h->count == 0 ? NULL : h->lines[0]->txs[h->lines[0]->first + h->lines[0]->cursor];
}

/* Note that the line's cursor or parking must be undone by dry__pool_done(). */
static dry_status touch(struct dry__pool *p, struct dry__line *l)
{
    struct dry__line **n;
    uint32_t cap = p->touched_cap == 0 ? 64 : p->touched_cap * 2;

    if (l->cursor != 0 || l->parked)
        return DRY_OK;
    if (p->touched_count == p->touched_cap) {
        n = dry_realloc(p->touched, p->touched_cap * sizeof(*n), cap * sizeof(*n));
        if (n == NULL)
            return DRY_ENOMEM;
        p->touched = n;
        p->touched_cap = cap;
    }
    p->touched[p->touched_count++] = l;
    return DRY_OK;
}

dry_status dry__pool_taken(struct dry__pool *p, struct dry_pool_tx *tx)
{
    struct dry__line *l = dry__pool_line(p, &tx->sender);
    dry_status st = touch(p, l);

    if (!dry_ok(st))
        return st;
    dry__rank_next_leave(p, l);
    l->cursor++;
    dry__rank_next_return(p, l);
    return DRY_OK;
}

dry_status dry__pool_park(struct dry__pool *p, struct dry_pool_tx *tx)
{
    struct dry__line *l = dry__pool_line(p, &tx->sender);
    dry_status st = touch(p, l);

    if (!dry_ok(st))
        return st;
    dry__rank_next_leave(p, l);
    l->parked = true;
    return DRY_OK;
}

void dry__pool_done(struct dry__pool *p)
{
    for (uint32_t i = 0; i < p->touched_count; i++) {
        struct dry__line *l = p->touched[i];
        dry__rank_next_leave(p, l);
        l->cursor = 0;
        l->parked = false;
        dry__rank_next_return(p, l);
    }
    p->touched_count = 0;
}
