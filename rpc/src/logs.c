/* logs.c - filter objects and eth_getLogs. */
#include "internal.h"
#include "methods.h"

#define ADDRESSES_MAX 1000u
#define TOPICS_MAX 1000u /* alternatives at one position */
#define PLACE_BLOCKS 64u /* blocks searched in place */

static dry_status addresses_read(struct dry__call *c, struct dry__log_query *q,
                                 struct dry_json_value v, struct dry_arena *arena)
{
    bool many = dry_json_type(v) == DRY_JSON_ARRAY;
    uint32_t n = many ? dry_json_count(v) : 1;
    struct dry_address *list;
    struct dry_json_iter it = {0};
    struct dry_json_value m = v;

    if (n > ADDRESSES_MAX)
        return dry__call_fail(c, DRY__RPC_PARAMS, "exceed max addresses (1000)");
    list = dry_arena_zalloc(arena, n + 1u, sizeof(*list));
    if (list == NULL)
        return DRY_ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        if (many && !dry_json_next(v, &it, NULL, &m))
            break;
        if (!dry_ok(dry_json_address(m, &list[i], NULL)))
            return dry__call_failf(c, DRY__RPC_PARAMS, "invalid address at index %u", i);
    }
    q->filter.addresses = list;
    q->filter.address_count = n;
    return DRY_OK;
}

static dry_status topic_read(struct dry__call *c, struct dry__log_query *q, uint32_t at,
                             struct dry_json_value v, struct dry_arena *arena)
{
    bool many = dry_json_type(v) == DRY_JSON_ARRAY;
    uint32_t n = many ? dry_json_count(v) : 1;
    struct dry_json_iter it = {0};
    struct dry_json_value m = v;
    struct dry_hash *list;

    if (dry_json_is_null(v))
        return DRY_OK;
    if (n > TOPICS_MAX)
        return dry__call_fail(c, DRY__RPC_PARAMS, "exceed max topics (1000)");
    list = dry_arena_zalloc(arena, n + 1u, sizeof(*list));
    if (list == NULL)
        return DRY_ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        if (many && !dry_json_next(v, &it, NULL, &m))
            break;
        if (many && dry_json_is_null(m))
            return DRY_OK; /* null among the alternatives matches all */
        if (!dry_ok(dry_json_hash(m, &list[i], NULL)))
            return dry__call_fail(c, DRY__RPC_PARAMS, "invalid topic(s): want 32 bytes each");
    }
    q->filter.topics[at].values = list;
    q->filter.topics[at].count = n;
    return DRY_OK;
}

static dry_status topics_read(struct dry__call *c, struct dry__log_query *q,
                              struct dry_json_value v, struct dry_arena *arena)
{
    struct dry_json_iter it = {0};
    struct dry_json_value m;
    dry_status st = DRY_OK;

    if (dry_json_type(v) != DRY_JSON_ARRAY)
        return dry__call_fail(c, DRY__RPC_PARAMS, "invalid topic(s): want an array");
    if (dry_json_count(v) > 4)
        return dry__call_fail(c, DRY__RPC_PARAMS, "exceed max topics (4)");
    for (uint32_t i = 0; dry_ok(st) && dry_json_next(v, &it, NULL, &m); i++) {
        st = topic_read(c, q, i, m, arena);
        q->filter.topic_positions = i + 1;
    }
    return st;
}

dry_status dry__log_query(struct dry__call *c, struct dry__log_query *out, struct dry_json_value v,
                          struct dry_arena *arena)
{
    struct dry_json_value m;
    dry_status st = DRY_OK;

    *out = (struct dry__log_query){0};
    if (dry_json_type(v) != DRY_JSON_OBJECT)
        return dry__call_fail(c, DRY__RPC_PARAMS, "invalid argument: want a filter object");
    out->has_from = dry_json_get(v, "fromBlock", &out->from) && !dry_json_is_null(out->from);
    out->has_to = dry_json_get(v, "toBlock", &out->to) && !dry_json_is_null(out->to);
    if (dry_json_get(v, "blockHash", &m) && !dry_json_is_null(m)) {
        if (out->has_from || out->has_to)
            return dry__call_fail(
                c, DRY__RPC_PARAMS,
                "cannot specify both BlockHash and FromBlock/ToBlock, choose one or "
                "the other");
        if (!dry_ok(dry_json_hash(m, &out->block_hash, NULL)))
            return dry__call_fail(c, DRY__RPC_PARAMS, "invalid blockHash: want 32 bytes");
        out->has_block_hash = true;
    }
    if (dry_json_get(v, "address", &m) && !dry_json_is_null(m))
        st = addresses_read(c, out, m, arena);
    if (dry_ok(st) && dry_json_get(v, "topics", &m) && !dry_json_is_null(m))
        st = topics_read(c, out, m, arena);
    return st;
}

/* --- running --- */

struct writing {
    struct dry__call *call;
    struct dry_json_writer *w;
    uint32_t left;
    bool too_many;
    uint64_t gas; /* used by the blocks that were read */
};

/* In place: while little is read. Elsewhere: while somebody waits for it. */
static bool goes_on(void *ctx, const struct dry_header *h, bool reads)
{
    struct writing *x = ctx;

    x->gas += reads ? h->gas_used : 0;
    return dry_ok(dry__reads(x->call, x->gas, 0)) && dry_ok(dry__call_goes_on(x->call));
}

static bool on_log(void *ctx, const struct dry_found_log *log)
{
    struct writing *x = ctx;

    if (x->left == 0) {
        x->too_many = true;
        return false;
    }
    x->left--;
    dry__write_log(x->w, log, false);
    return dry_ok(dry_json_end(x->w));
}

/* Number a bound names; numbers beyond the head stay what they are. */
static dry_status bound(struct dry__call *c, uint64_t *out, bool has, struct dry_json_value v,
                        uint64_t head)
{
    struct dry__at at;
    dry_status st;

    *out = head;
    if (!has || dry_ok(dry_json_quantity_u64(v, out, NULL)))
        return DRY_OK;
    st = dry__block_of(c, v, &at);
    if (dry_ok(st))
        *out = at.header.number;
    return st;
}

/* A bound of a filter that waits for blocks: tags leave it open. */
static dry_status open_bound(struct dry__call *c, uint64_t *out, bool has, struct dry_json_value v)
{
    struct dry__at at;
    uint64_t number;

    if (!has)
        return DRY_OK;
    if (dry_ok(dry_json_quantity_u64(v, &number, NULL))) {
        *out = number;
        return DRY_OK;
    }
    return dry__block_of(c, v, &at);
}

dry_status dry__log_query_bounds(struct dry__call *c, const struct dry__log_query *q,
                                 uint64_t *from, uint64_t *to)
{
    dry_status st;

    *from = 0;
    *to = UINT64_MAX;
    st = open_bound(c, from, q->has_from, q->from);
    if (dry_ok(st))
        st = open_bound(c, to, q->has_to, q->to);
    if (!dry_ok(st) || *from <= *to)
        return st;
    return dry__call_fail(c, DRY__RPC_PARAMS, "invalid block range params");
}

static dry_status range_of(struct dry__call *c, const struct dry__log_query *q, uint64_t *from,
                           uint64_t *to)
{
    struct dry_head *h = dry_chain_head(c->rpc->set.chain);
    uint64_t head = h->header.number;
    dry_status st;

    dry_head_close(h);
    st = bound(c, from, q->has_from, q->from, head);
    if (dry_ok(st))
        st = bound(c, to, q->has_to, q->to, head);
    if (!dry_ok(st))
        return st;
    if (*from > *to)
        return dry__call_fail(c, DRY__RPC_PARAMS, "invalid block range params");
    if (*to > head)
        return dry__call_fail(c, DRY__RPC_PARAMS, "block range extends beyond current head block");
    if (*to - *from >= c->rpc->limits.logs_range_max)
        return dry__call_failf(c, DRY__RPC_LIMIT,
                               "exceed maximum block range: %llu (--rpc-logs-range)",
                               (unsigned long long)c->rpc->limits.logs_range_max);
    return DRY_OK;
}

dry_status dry__log_query_run(struct dry__call *c, struct dry_json_writer *w,
                              const struct dry__log_query *q)
{
    struct writing x = {.call = c, .w = w, .left = c->rpc->limits.logs_max};
    struct dry_header h;
    uint64_t from = 0, to = 0;
    dry_status st = q->has_block_hash ? DRY_OK : range_of(c, q, &from, &to);

    if (!dry_ok(st))
        return st;
    if (to - from > PLACE_BLOCKS && c->request->place == DRY__PLACE && !dry__need(c, DRY__WORKER))
        return dry__elsewhere();
    dry_json_array_begin(w);
    if (q->has_block_hash) {
        st = dry_chain_header(c->rpc->set.chain, &h, &q->block_hash, c->arena);
        if (dry_ok(st) && !goes_on(&x, &h, true))
            return dry__elsewhere();
        if (dry_ok(st))
            st = dry_chain_block_logs(c->rpc->set.chain, &q->filter, &q->block_hash, on_log, &x,
                                      c->arena);
    } else {
        const struct dry_log_search search = {&q->filter, from, to, on_log, goes_on, &x};

        st = dry_chain_logs(c->rpc->set.chain, &search, c->arena);
    }
    if (c->moved)
        return dry__elsewhere();
    dry_json_array_end(w);
    if (st.code == DRY_CODE_ENOTFOUND)
        return dry__call_fail(c, DRY__RPC_SERVER, "unknown block");
    if (x.too_many)
        return dry__call_failf(c, DRY__RPC_LIMIT,
                               "query returned more than %u results (--rpc-logs-max)",
                               c->rpc->limits.logs_max);
    return st;
}

DRY__METHOD(eth_getLogs)
{
    struct dry__log_query q;
    struct dry_json_value v;
    dry_status st;

    if (!dry__param(c, 0, &v))
        return dry__call_fail(c, DRY__RPC_PARAMS, "missing value for required argument 0");
    st = dry__log_query(c, &q, v, c->arena);
    return dry_ok(st) ? dry__log_query_run(c, w, &q) : st;
}

/* --- what happens in blocks, for filters and subscriptions --- */

static bool collect(void *ctx, const struct dry_found_log *log)
{
    struct dry__block_logs *b = ctx;

    if (b->count == b->cap) {
        uint32_t cap = b->cap == 0 ? 16 : 2 * b->cap;
        struct dry_found_log *more = dry_arena_zalloc(b->arena, cap, sizeof(*more));

        if (more == NULL) {
            b->st = DRY_ENOMEM;
            return false;
        }
        if (b->count != 0)
            memcpy(more, b->logs, b->count * sizeof(*more));
        b->logs = more;
        b->cap = cap;
    }
    b->logs[b->count++] = *log;
    return true;
}

dry_status dry__block_logs(struct dry_rpc *rpc, struct dry__block_logs *out,
                           const struct dry_hash *hash, struct dry_arena *arena)
{
    static const struct dry_log_filter all = {0};
    struct dry_header h;
    dry_status st = dry_chain_header(rpc->set.chain, &h, hash, arena);

    *out = (struct dry__block_logs){.arena = arena, .st = DRY_OK};
    if (!dry_ok(st))
        return st;
    out->bloom = h.bloom;
    if (h.gas_used == 0)
        return DRY_OK;
    st = dry_chain_block_logs(rpc->set.chain, &all, hash, collect, out, arena);
    return dry_ok(st) ? out->st : st;
}
