/* filters.c - filters that clients poll. What happened since the last poll is kept as JSON. */
#include "internal.h"
#include "methods.h"
#include <drystone/common/alloc.h>
#include <drystone/common/hex.h>
#include <drystone/platform/system.h>

#define KEPT_BYTES_MAX (16u << 20) /* of one filter */
#define HELD_BYTES_MAX (64u << 20) /* of all; above it none may hold more than its share */

/* Whoever knows an id has the filter: 128 random bits, as a quantity without leading zeros. */
#define ID_BYTES 16u
#define ID_CHARS (2u + 2u * ID_BYTES)

enum kind { KIND_LOGS, KIND_BLOCKS, KIND_TXS };

struct filter {
    struct filter *next;
    uint64_t used_ns;
    char id[ID_CHARS + 1];
    enum kind kind;
    bool full;     /* whole transactions */
    bool overflow; /* more happened than is kept */
    struct dry__log_query query;
    struct dry_buf criteria; /* the filter object's text, for eth_getFilterLogs */
    struct dry_arena arena;  /* of the query */
    struct dry_buf kept;     /* "item,item,…" */
    uint64_t from, to;       /* blocks, of logs */
    size_t charged;          /* bytes counted in held */
};

struct dry__filters {
    struct filter *first;
    uint32_t count;
    size_t held; /* bytes of all */
};

dry_status dry__filters_open(struct dry_rpc *rpc)
{
    rpc->filters = dry_alloc(sizeof(*rpc->filters));
    return rpc->filters != NULL ? DRY_OK : DRY_ENOMEM;
}

static void filter_close(struct filter *f)
{
    dry_buf_fini(&f->criteria);
    dry_buf_fini(&f->kept);
    dry_arena_fini(&f->arena);
    dry_free(f);
}

void dry__filters_close(struct dry_rpc *rpc)
{
    while (rpc->filters != NULL && rpc->filters->first != NULL) {
        struct filter *f = rpc->filters->first;
        rpc->filters->first = f->next;
        filter_close(f);
    }
    dry_free(rpc->filters);
    rpc->filters = NULL;
}

/* Count what the filter holds; false when that is more than its share and all hold too much. */
static bool weigh(struct dry__filters *all, struct filter *f)
{
    size_t now = f->kept.cap + f->criteria.cap + f->arena.total;

    all->held += now - f->charged;
    f->charged = now;
    return all->held <= HELD_BYTES_MAX || now <= HELD_BYTES_MAX / (all->count + 1);
}

/* What is kept is of no use without the rest. */
static void forget(struct filter *f)
{
    dry_buf_release(&f->kept);
    f->overflow = true;
}

static void unlink_filter(struct dry__filters *all, struct filter **at)
{
    struct filter *f = *at;

    *at = f->next;
    all->count--;
    all->held -= f->charged;
}

/* With the lock held: drop what nobody asked for in a long time. */
static void sweep(struct dry_rpc *rpc, uint64_t now)
{
    struct filter **p = &rpc->filters->first;

    while (*p != NULL) {
        struct filter *f = *p;

        if (now - f->used_ns < rpc->limits.filter_idle_ms * 1000000u) {
            p = &f->next;
            continue;
        }
        unlink_filter(rpc->filters, p);
        filter_close(f);
    }
}

/* With the lock held. */
static struct filter **find(struct dry_rpc *rpc, struct dry_bytes id)
{
    struct filter **p = &rpc->filters->first;

    while (*p != NULL && !dry_bytes_equal(dry_bytes_of((*p)->id, ID_CHARS), id))
        p = &(*p)->next;
    return p;
}

static dry_status id_make(struct dry_rpc *rpc, struct filter *f)
{
    struct dry_rng *rng = rpc->set.rng != NULL ? rpc->set.rng : dry_system_rng();
    uint8_t b[ID_BYTES];
    dry_status st = dry_rng_fill(rng, b, sizeof(b));

    b[0] |= 0x10;
    memcpy(f->id, "0x", 2);
    dry_hex_encode(f->id + 2, DRY_BYTES_ARRAY(b));
    return st;
}

static dry_status id_param(struct dry__call *c, struct dry_bytes *out)
{
    struct dry_json_value v;

    if (!dry__param(c, 0, &v))
        return dry__call_fail(c, DRY__RPC_PARAMS, "missing value for required argument 0");
    if (dry_json_type(v) != DRY_JSON_STRING || !dry_json_plain(v, out))
        return dry__call_fail(c, DRY__RPC_PARAMS, "invalid argument 0: want a filter's id");
    return DRY_OK;
}

/* --- what happens --- */

static void writer_open(struct dry_json_writer *w, struct filter *f)
{
    dry_json_begin(w, &f->kept);
    w->comma = f->kept.len != 0;
}

static void writer_close(const struct dry_json_writer *w, struct filter *f, size_t before)
{
    if (dry_ok(dry_json_end(w)))
        return;
    f->kept.len = before;
    f->overflow = true;
}

static void keep_logs(struct filter *f, const struct dry__block_logs *b, bool removed)
{
    bool may = dry_log_bloom_may(&f->query.filter, &b->bloom);

    for (uint32_t i = 0; i < b->count && may && !f->overflow; i++) {
        const struct dry_found_log *log = &b->logs[i];
        size_t before = f->kept.len;
        struct dry_json_writer w;

        if (log->block_number < f->from || log->block_number > f->to ||
            !dry_log_matches(&f->query.filter, log->log))
            continue;
        writer_open(&w, f);
        dry__write_log(&w, log, removed);
        writer_close(&w, f, before);
    }
}

static void keep_hash(struct filter *f, const struct dry_hash *hash)
{
    size_t before = f->kept.len;
    struct dry_json_writer w;

    writer_open(&w, f);
    dry_json_write_hash(&w, hash);
    writer_close(&w, f, before);
}

static void keep_tx(struct filter *f, const struct dry_pool_tx *tx)
{
    size_t before = f->kept.len;
    struct dry_json_writer w;

    writer_open(&w, f);
    if (f->full)
        dry__write_tx(&w, &tx->tx, &tx->hash, &tx->sender, NULL);
    else
        dry_json_write_hash(&w, &tx->hash);
    writer_close(&w, f, before);
}

/* What one filter holds may have grown. */
static void kept_weigh(struct dry__filters *all, struct filter *f)
{
    if (f->overflow || !weigh(all, f)) {
        forget(f);
        (void)weigh(all, f);
    }
}

static bool any_logs(const struct dry__filters *all)
{
    const struct filter *f = all->first;

    while (f != NULL && (f->kind != KIND_LOGS || f->overflow))
        f = f->next;
    return f != NULL;
}

/* A block came or went; its logs are read once. */
static void on_block(struct dry_rpc *rpc, const struct dry_hash *hash, bool removed,
                     struct dry_arena *scratch)
{
    struct dry_arena_mark mark = dry_arena_mark(scratch);
    struct dry__block_logs logs = {0};
    bool read = !any_logs(rpc->filters) || dry_ok(dry__block_logs(rpc, &logs, hash, scratch));

    for (struct filter *f = rpc->filters->first; f != NULL; f = f->next) {
        if (f->overflow)
            continue;
        if (f->kind == KIND_LOGS && read)
            keep_logs(f, &logs, removed);
        else if (f->kind == KIND_LOGS)
            f->overflow = true;
        else if (f->kind == KIND_BLOCKS && !removed)
            keep_hash(f, hash);
        kept_weigh(rpc->filters, f);
    }
    dry_arena_rewind(scratch, mark);
}

void dry__filters_event(struct dry_rpc *rpc, const struct dry_chain_event *e)
{
    struct dry_arena scratch = {0};

    dry_mutex_lock(&rpc->ears_lock);
    if (rpc->filters->first != NULL)
        sweep(rpc, dry_clock_monotonic_ns(rpc->set.clock));
    if (e->kind == DRY_CHAIN_HEAD && rpc->filters->first != NULL) {
        for (uint32_t i = 0; i < e->removed_count; i++)
            on_block(rpc, &e->removed[i], true, &scratch);
        for (uint32_t i = 0; i < e->added_count; i++)
            on_block(rpc, &e->added[i], false, &scratch);
    }
    for (struct filter *f = rpc->filters->first; e->kind != DRY_CHAIN_HEAD && f != NULL;
         f = f->next) {
        if (f->kind != KIND_TXS || f->overflow)
            continue;
        keep_tx(f, e->tx);
        kept_weigh(rpc->filters, f);
    }
    dry_mutex_unlock(&rpc->ears_lock);
    dry_arena_fini(&scratch);
}

/* --- methods --- */

static dry_status add(struct dry__call *c, struct dry_json_writer *w, struct filter *f)
{
    struct dry_rpc *rpc = c->rpc;
    uint64_t now = dry_clock_monotonic_ns(rpc->set.clock);
    bool full, heavy;
    dry_status st = id_make(rpc, f);

    if (!dry_ok(st)) {
        filter_close(f);
        return st;
    }
    f->kept.max = KEPT_BYTES_MAX;
    f->used_ns = now;
    dry_mutex_lock(&rpc->ears_lock);
    sweep(rpc, now);
    full = rpc->filters->count >= rpc->limits.filters_max;
    heavy = !weigh(rpc->filters, f);
    if (full || heavy) {
        rpc->filters->held -= f->charged;
    } else {
        f->next = rpc->filters->first;
        rpc->filters->first = f;
        rpc->filters->count++;
        dry_json_write_str(w, f->id);
    }
    dry_mutex_unlock(&rpc->ears_lock);
    if (!full && !heavy)
        return DRY_OK;
    filter_close(f);
    if (!full)
        return dry__call_fail(
            c, DRY__RPC_LIMIT,
            "filters hold more than 64 MiB: remove some, or poll them (--rpc-filters-max)");
    return dry__call_failf(c, DRY__RPC_LIMIT, "too many filters (--rpc-filters-max %u)",
                           rpc->limits.filters_max);
}

DRY__METHOD(eth_newBlockFilter)
{
    struct filter *f = dry_alloc(sizeof(*f));

    if (f == NULL)
        return DRY_ENOMEM;
    f->kind = KIND_BLOCKS;
    return add(c, w, f);
}

DRY__METHOD(eth_newPendingTransactionFilter)
{
    struct filter *f;
    bool full;
    dry_status st = dry__param_bool(c, 0, &full, false);

    if (!dry_ok(st))
        return st;
    f = dry_alloc(sizeof(*f));
    if (f == NULL)
        return DRY_ENOMEM;
    f->kind = KIND_TXS;
    f->full = full;
    return add(c, w, f);
}

DRY__METHOD(eth_newFilter)
{
    struct dry_json_value v;
    struct filter *f;
    dry_status st;

    if (!dry__param(c, 0, &v))
        return dry__call_fail(c, DRY__RPC_PARAMS, "missing value for required argument 0");
    f = dry_alloc(sizeof(*f));
    if (f == NULL)
        return DRY_ENOMEM;
    f->kind = KIND_LOGS;
    st = dry__log_query(c, &f->query, v, &f->arena);
    if (dry_ok(st))
        st = dry__log_query_bounds(c, &f->query, &f->from, &f->to);
    if (dry_ok(st))
        st = dry_buf_append(&f->criteria, dry_json_source(v));
    if (!dry_ok(st)) {
        filter_close(f);
        return st;
    }
    return add(c, w, f);
}

DRY__METHOD(eth_uninstallFilter)
{
    struct filter *f = NULL, **p;
    struct dry_bytes id = DRY_BYTES_EMPTY;
    dry_status st = id_param(c, &id);

    if (!dry_ok(st))
        return st;
    dry_mutex_lock(&c->rpc->ears_lock);
    p = find(c->rpc, id);
    f = *p;
    if (f != NULL) {
        unlink_filter(c->rpc->filters, p);
    }
    dry_mutex_unlock(&c->rpc->ears_lock);
    dry_json_write_bool(w, f != NULL);
    if (f != NULL)
        filter_close(f);
    return DRY_OK;
}

DRY__METHOD(eth_getFilterChanges)
{
    struct filter *f;
    bool overflow = false;
    struct dry_bytes id = DRY_BYTES_EMPTY;
    dry_status st = id_param(c, &id);

    if (!dry_ok(st))
        return st;
    dry_mutex_lock(&c->rpc->ears_lock);
    f = *find(c->rpc, id);
    if (f != NULL) {
        f->used_ns = dry_clock_monotonic_ns(c->rpc->set.clock);
        overflow = f->overflow;
        f->overflow = false;
        dry_json_array_begin(w);
        if (f->kept.len != 0)
            dry_json_write_raw(w, dry_buf_bytes(&f->kept));
        dry_json_array_end(w);
        st = dry_json_end(w);
        if (dry_ok(st))
            dry_buf_release(&f->kept);
        else
            forget(f); /* no answer can hold it; the next poll says that it is lost */
        (void)weigh(c->rpc->filters, f);
    }
    dry_mutex_unlock(&c->rpc->ears_lock);
    if (f == NULL)
        return dry__call_fail(c, DRY__RPC_SERVER, "filter not found");
    return overflow
               ? dry__call_fail(c, DRY__RPC_LIMIT, "more happened since the last poll than is kept")
               : st;
}

DRY__METHOD(eth_getFilterLogs)
{
    struct dry_bytes text = DRY_BYTES_EMPTY;
    struct dry__log_query q;
    struct dry_json *doc;
    struct filter *f;
    struct dry_bytes id = DRY_BYTES_EMPTY;
    dry_status st = id_param(c, &id);

    if (!dry_ok(st))
        return st;
    dry_mutex_lock(&c->rpc->ears_lock);
    f = *find(c->rpc, id);
    if (f != NULL && f->kind == KIND_LOGS)
        st = dry_arena_copy(c->arena, &text, dry_buf_bytes(&f->criteria));
    dry_mutex_unlock(&c->rpc->ears_lock);
    if (!dry_ok(st))
        return st;
    if (text.len == 0)
        return dry__call_fail(c, DRY__RPC_SERVER, "filter not found");
    doc = dry_arena_alloc(c->arena, sizeof(*doc));
    if (doc == NULL)
        return DRY_ENOMEM;
    st = dry_json_read(doc, NULL, text, NULL, c->arena);
    if (dry_ok(st))
        st = dry__log_query(c, &q, dry_json_root(doc), c->arena);
    return dry_ok(st) ? dry__log_query_run(c, w, &q) : st;
}
