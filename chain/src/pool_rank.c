/* pool_rank.c - which transactions the next block can pay for, and which ones leave a full pool.
 *
 * All heaps are over lines and none of their orders depends on the fees of the next block: so a
 * change of the fees moves only the lines it passes. */
#include "pool.h"
#include <drystone/common/alloc.h>

#define EVICT_MAX 4096u /* transactions one newcomer may push out */

/* --- the lowest fees of a line's payable part --- */

static void fees_of(struct dry__fees *out, const struct dry_pool_tx *tx)
{
    out->cap = tx->tx.max_fee_per_gas;
    out->tip = tx->tx.max_priority_fee_per_gas;
    out->blob = tx->tx.blob_count != 0 ? tx->tx.max_fee_per_blob_gas : DRY_U256_MAX;
}

static void fees_min(struct dry__fees *out, const struct dry__fees *other)
{
    if (dry_u256_less(&other->cap, &out->cap))
        out->cap = other->cap;
    if (dry_u256_less(&other->tip, &out->tip))
        out->tip = other->tip;
    if (dry_u256_less(&other->blob, &out->blob))
        out->blob = other->blob;
}

static bool fees_equal(const struct dry__fees *a, const struct dry__fees *b)
{
    return dry_u256_equal(&a->cap, &b->cap) && dry_u256_equal(&a->tip, &b->tip) &&
           dry_u256_equal(&a->blob, &b->blob);
}

/* The payable part is split at `mid`: before it, low[i] is the lowest from i to there, from it on,
 * the lowest from there to i. So both ends move for a step each, all in all. */
static void low_set(struct dry__line *l, uint32_t i)
{
    fees_of(&l->low[i], l->txs[i]);
    if (i + 1 < l->mid)
        fees_min(&l->low[i], &l->low[i + 1]);
    if (i > l->mid)
        fees_min(&l->low[i], &l->low[i - 1]);
}

/* When an end has passed the middle. */
static void mid_follow(struct dry__line *l)
{
    uint32_t end = l->first + l->payable;

    if (l->payable == 0 || (l->mid >= l->first && l->mid <= end))
        return;
    l->mid = l->first + (l->payable + 1) / 2;
    for (uint32_t i = l->mid; i-- > l->first;)
        low_set(l, i);
    for (uint32_t i = l->mid; i < end; i++)
        low_set(l, i);
}

static void lowest(struct dry__line *l)
{
    uint32_t end = l->first + l->payable;

    if (l->payable == 0)
        return;
    l->lowest = l->low[l->mid > l->first ? l->first : end - 1];
    if (end > l->mid)
        fees_min(&l->lowest, &l->low[end - 1]);
}

static bool pays(const struct dry__pool *p, const struct dry_pool_tx *tx)
{
    return !dry_u256_less(&tx->tx.max_fee_per_gas, &p->base_fee) &&
           (tx->tx.blob_count == 0 || !dry_u256_less(&tx->tx.max_fee_per_blob_gas, &p->blob_fee));
}

void dry__rank_extend(struct dry__pool *p, struct dry__line *l)
{
    while (l->payable < l->ready && pays(p, l->txs[l->first + l->payable])) {
        uint32_t i = l->first + l->payable;

        if (l->payable == 0)
            l->mid = i;
        low_set(l, i);
        l->payable++;
        p->payable_count++;
    }
}

void dry__rank_cut(struct dry__pool *p, struct dry__line *l, uint32_t n)
{
    if (n >= l->payable)
        return;
    p->payable_count -= l->payable - n;
    l->payable = n;
    mid_follow(l);
}

void dry__rank_skip(struct dry__pool *p, struct dry__line *l, uint32_t n)
{
    uint32_t gone = n < l->payable ? n : l->payable;

    l->first += n;
    l->count -= n;
    l->payable -= gone;
    p->payable_count -= gone;
    mid_follow(l);
}

void dry__rank_replaced(struct dry__pool *p, struct dry__line *l, uint32_t n)
{
    uint32_t i = l->first + n, end = l->first + l->payable;
    struct dry__fees was;

    if (n >= l->payable)
        return;
    if (!pays(p, l->txs[i])) {
        dry__rank_cut(p, l, n);
        return;
    }
    was = l->low[i];
    low_set(l, i);
    /* Those further from the middle follow, as far as it makes a difference. */
    if (i < l->mid)
        while (i > l->first && !fees_equal(&was, &l->low[i])) {
            was = l->low[--i];
            low_set(l, i);
        }
    else
        while (i + 1 < end && !fees_equal(&was, &l->low[i])) {
            was = l->low[++i];
            low_set(l, i);
        }
}

/* --- heaps --- */

static struct dry_pool_tx *line_next(const struct dry__line *l)
{
    return l->cursor < l->payable && !l->parked ? l->txs[l->first + l->cursor] : NULL;
}

static struct dry_pool_tx *line_blocked(const struct dry__line *l)
{
    return l->txs[l->first + l->payable];
}

static struct dry_pool_tx *line_tail(const struct dry__line *l)
{
    return l->txs[l->first + l->count - l->out - 1];
}

static bool tail_gapped(const struct dry__line *l)
{
    return l->count - l->out > l->ready;
}

/* What decides among tails that cannot be mined now: what the first one of the line that does not
 * pay offers; behind a gap, what the tail itself does. */
static const struct dry_u256 *stuck_value(const struct dry__line *l)
{
    return &(tail_gapped(l) ? line_tail(l) : line_blocked(l))->tx.max_fee_per_gas;
}

/* The tip a transaction offers at most; what it pays depends on the base fee. */
static bool next_before(const struct dry__line *a, const struct dry__line *b)
{
    const struct dry_pool_tx *x = line_next(a), *y = line_next(b);
    int c = dry_u256_compare(&x->tx.max_priority_fee_per_gas, &y->tx.max_priority_fee_per_gas);

    return c != 0 ? c > 0 : x->arrived < y->arrived;
}

static bool younger(const struct dry__line *a, const struct dry__line *b)
{
    return a->txs[a->first + a->payable - 1]->arrived > b->txs[b->first + b->payable - 1]->arrived;
}

static bool stuck_before(const struct dry__line *a, const struct dry__line *b)
{
    int c;

    if (tail_gapped(a) != tail_gapped(b))
        return tail_gapped(a);
    c = dry_u256_compare(stuck_value(a), stuck_value(b));
    return c != 0 ? c < 0 : line_tail(a)->arrived > line_tail(b)->arrived;
}

static bool goes_before(enum dry__heap_name h, const struct dry__line *a, const struct dry__line *b)
{
    int c = 0;

    switch (h) {
    case DRY__HEAP_NEXT:
        return next_before(a, b);
    case DRY__HEAP_BASE:
        return dry_u256_less(&line_blocked(b)->tx.max_fee_per_gas,
                             &line_blocked(a)->tx.max_fee_per_gas);
    case DRY__HEAP_BLOB:
        return dry_u256_less(&line_blocked(b)->tx.max_fee_per_blob_gas,
                             &line_blocked(a)->tx.max_fee_per_blob_gas);
    case DRY__HEAP_LOW_CAP:
        c = dry_u256_compare(&a->lowest.cap, &b->lowest.cap);
        break;
    case DRY__HEAP_LOW_TIP:
        c = dry_u256_compare(&a->lowest.tip, &b->lowest.tip);
        break;
    case DRY__HEAP_LOW_BLOB:
        return dry_u256_less(&a->lowest.blob, &b->lowest.blob);
    case DRY__HEAP_STUCK:
        return stuck_before(a, b);
    }
    return c != 0 ? c < 0 : younger(a, b);
}

static void put(struct dry__heap *h, enum dry__heap_name name, uint32_t i, struct dry__line *l)
{
    h->lines[i] = l;
    l->heap_at[name] = i;
}

static void up(struct dry__heap *h, enum dry__heap_name name, uint32_t i, struct dry__line *l)
{
    while (i > 0 && goes_before(name, l, h->lines[(i - 1) / 2])) {
        put(h, name, i, h->lines[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    put(h, name, i, l);
}

static void down(struct dry__heap *h, enum dry__heap_name name, uint32_t i, struct dry__line *l)
{
    for (;;) {
        uint32_t child = 2 * i + 1;

        if (child >= h->count)
            break;
        if (child + 1 < h->count && goes_before(name, h->lines[child + 1], h->lines[child]))
            child++;
        if (!goes_before(name, h->lines[child], l))
            break;
        put(h, name, i, h->lines[child]);
        i = child;
    }
    put(h, name, i, l);
}

static void heap_delete(struct dry__pool *p, enum dry__heap_name name, struct dry__line *l)
{
    struct dry__heap *h = &p->heaps[name];
    uint32_t i = l->heap_at[name];
    struct dry__line *last;

    if (i == DRY__POOL_NO_HEAP)
        return;
    last = h->lines[--h->count];
    l->heap_at[name] = DRY__POOL_NO_HEAP;
    if (last == l)
        return;
    if (i > 0 && goes_before(name, last, h->lines[(i - 1) / 2]))
        up(h, name, i, last);
    else
        down(h, name, i, last);
}

static void heap_insert(struct dry__pool *p, enum dry__heap_name name, struct dry__line *l)
{
    struct dry__heap *h = &p->heaps[name];

    DRY_ASSERT(h->count < p->heap_cap); /* room for every line is kept */
    up(h, name, h->count++, l);
}

void dry__rank_next_leave(struct dry__pool *p, struct dry__line *l)
{
    heap_delete(p, DRY__HEAP_NEXT, l);
}

void dry__rank_next_return(struct dry__pool *p, struct dry__line *l)
{
    if (line_next(l) != NULL)
        heap_insert(p, DRY__HEAP_NEXT, l);
}

void dry__rank_leave(struct dry__pool *p, struct dry__line *l)
{
    for (uint32_t h = 0; h < DRY__HEAPS; h++)
        heap_delete(p, (enum dry__heap_name)h, l);
}

void dry__rank_return(struct dry__pool *p, struct dry__line *l)
{
    uint32_t count = l->count - l->out;

    dry__rank_next_return(p, l);
    if (l->payable != 0) {
        lowest(l);
        heap_insert(p, DRY__HEAP_LOW_CAP, l);
        heap_insert(p, DRY__HEAP_LOW_TIP, l);
        if (!dry_u256_equal(&l->lowest.blob, &DRY_U256_MAX))
            heap_insert(p, DRY__HEAP_LOW_BLOB, l);
    }
    if (count > l->payable) {
        heap_insert(p, DRY__HEAP_STUCK, l);
        if (l->ready > l->payable)
            heap_insert(p,
                        dry_u256_less(&line_blocked(l)->tx.max_fee_per_gas, &p->base_fee)
                            ? DRY__HEAP_BASE
                            : DRY__HEAP_BLOB,
                        l);
    }
}

dry_status dry__rank_room(struct dry__pool *p)
{
    uint32_t cap = p->heap_cap == 0 ? 64 : p->heap_cap * 2;

    if (p->line_count < p->heap_cap)
        return DRY_OK;
    for (uint32_t h = 0; h < DRY__HEAPS; h++) {
        struct dry__line **n =
            dry_realloc(p->heaps[h].lines, p->heap_cap * sizeof(struct dry__line *),
                        cap * sizeof(struct dry__line *));
        if (n == NULL)
            return DRY_ENOMEM;
        p->heaps[h].lines = n;
    }
    p->heap_cap = cap;
    return DRY_OK;
}

/* --- fees of the next block --- */

static void cut_unpayable(struct dry__pool *p, struct dry__line *l)
{
    uint32_t n = 0;

    dry__rank_leave(p, l);
    while (n < l->payable && pays(p, l->txs[l->first + n]))
        n++;
    dry__rank_cut(p, l, n);
    dry__rank_return(p, l);
}

static void extend_blocked(struct dry__pool *p, struct dry__line *l)
{
    dry__rank_leave(p, l);
    dry__rank_extend(p, l);
    dry__rank_return(p, l);
}

static struct dry__line *top(const struct dry__pool *p, enum dry__heap_name name)
{
    return p->heaps[name].count == 0 ? NULL : p->heaps[name].lines[0];
}

void dry__pool_set_fees(struct dry__pool *p, const struct dry_u256 *base_fee,
                        const struct dry_u256 *blob_fee)
{
    struct dry__line *l;

    if (dry_u256_equal(&p->base_fee, base_fee) && dry_u256_equal(&p->blob_fee, blob_fee))
        return;
    p->base_fee = *base_fee;
    p->blob_fee = *blob_fee;
    while ((l = top(p, DRY__HEAP_LOW_CAP)) != NULL && dry_u256_less(&l->lowest.cap, base_fee))
        cut_unpayable(p, l);
    while ((l = top(p, DRY__HEAP_LOW_BLOB)) != NULL && dry_u256_less(&l->lowest.blob, blob_fee))
        cut_unpayable(p, l);
    while ((l = top(p, DRY__HEAP_BASE)) != NULL &&
           !dry_u256_less(&line_blocked(l)->tx.max_fee_per_gas, base_fee))
        extend_blocked(p, l);
    while ((l = top(p, DRY__HEAP_BLOB)) != NULL &&
           !dry_u256_less(&line_blocked(l)->tx.max_fee_per_blob_gas, blob_fee))
        extend_blocked(p, l);
}

/* --- who leaves a full pool --- */

static bool rank_less(const struct dry__rank *a, const struct dry__rank *b)
{
    return a->kind != b->kind ? a->kind < b->kind : dry_u256_less(&a->value, &b->value);
}

/* The tip at this base fee; the base fee can be paid. */
static void tip_now(struct dry_u256 *out, const struct dry__pool *p, const struct dry__fees *f)
{
    (void)dry_u256_sub(out, &f->cap, &p->base_fee);
    if (dry_u256_less(&f->tip, out))
        *out = f->tip;
}

void dry__rank_new(const struct dry__pool *p, struct dry__rank *out, const struct dry__line *l,
                   uint32_t i, const struct dry_pool_tx *tx, bool gapped)
{
    uint32_t payable = l == NULL ? 0 : l->payable;
    struct dry__fees f, g;

    out->value = tx->tx.max_fee_per_gas;
    out->kind = gapped ? DRY__RANK_GAPPED : DRY__RANK_BLOCKED;
    if (gapped || (i <= payable && !pays(p, tx)))
        return;
    if (l != NULL && i > payable) {
        out->value = line_blocked(l)->tx.max_fee_per_gas;
        return;
    }
    fees_of(&f, tx);
    if (l != NULL && i != 0 && i == payable) {
        fees_min(&f, &l->lowest);
    } else {
        for (uint32_t k = 0; l != NULL && k < i; k++) { /* a replacement when bytes are short */
            fees_of(&g, l->txs[l->first + k]);
            fees_min(&f, &g);
        }
    }
    out->kind = DRY__RANK_PAYABLE;
    tip_now(&out->value, p, &f);
}

/* The line whose tail is worth least. When all can be paid, a tail's tip now is the lower one of
 * two figures; the lowest one of all lines is that of one figure's first line or of the other's. */
static struct dry__line *worst(const struct dry__pool *p, struct dry__rank *out)
{
    struct dry__line *l = top(p, DRY__HEAP_STUCK), *m;
    struct dry__rank other = {.kind = DRY__RANK_PAYABLE};

    if (l != NULL) {
        out->kind = tail_gapped(l) ? DRY__RANK_GAPPED : DRY__RANK_BLOCKED;
        out->value = *stuck_value(l);
        return l;
    }
    l = top(p, DRY__HEAP_LOW_CAP);
    m = top(p, DRY__HEAP_LOW_TIP);
    if (l == NULL)
        return NULL;
    out->kind = DRY__RANK_PAYABLE;
    tip_now(&out->value, p, &l->lowest);
    tip_now(&other.value, p, &m->lowest);
    if (rank_less(&other, out) || (!rank_less(out, &other) && younger(m, l))) {
        *out = other;
        l = m;
    }
    return l;
}

void dry__rank_undo(struct dry__pool *p, struct dry__line *outs)
{
    for (struct dry__line *l = outs; l != NULL; l = l->next_out) {
        dry__rank_leave(p, l);
        l->out = 0;
        dry__rank_extend(p, l);
        dry__rank_return(p, l);
    }
}

bool dry__rank_select(struct dry__pool *p, struct dry__line **outs, const struct dry_pool_tx *tx,
                      const struct dry__rank *rank, uint32_t count, uint64_t bytes)
{
    const struct dry__line *own = dry__pool_line(p, &tx->sender);
    uint64_t freed = 0;

    *outs = NULL;
    for (uint32_t n = 0; n < count || freed < bytes; n++) {
        struct dry__rank r;
        struct dry__line *l = n == EVICT_MAX ? NULL : worst(p, &r);

        if (l == NULL || !rank_less(&r, rank) ||
            (l == own && line_tail(l)->tx.nonce <= tx->tx.nonce)) {
            dry__rank_undo(p, *outs);
            *outs = NULL;
            return false;
        }
        freed += line_tail(l)->bytes;
        dry__rank_leave(p, l);
        if (l->out++ == 0) {
            l->next_out = *outs;
            *outs = l;
        }
        dry__rank_cut(p, l, l->count - l->out);
        dry__rank_return(p, l);
    }
    return true;
}
