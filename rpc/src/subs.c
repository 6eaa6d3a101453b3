/* subs.c - subscriptions over WebSocket: what happens is told once, as it happens. */
#include "internal.h"
#include "methods.h"
#include <drystone/common/alloc.h>
#include <drystone/common/hex.h>

#define ALL_TIMES 16u /* all connections together may have so many times one's subscriptions */
#define CRITERIA_BYTES_MAX ((size_t)16 << 20)

enum kind { KIND_HEADS, KIND_LOGS, KIND_TXS, KIND_SYNCING };

struct dry__sub {
    struct dry__sub *next;
    struct dry__session *session; /* alive as long as this: dry__subs_drop() */
    uint64_t id;
    enum kind kind;
    bool full; /* whole transactions */
    struct dry_log_filter filter;
    struct dry_arena arena; /* of the filter */
};

static void sub_close(struct dry__sub *s)
{
    dry_arena_fini(&s->arena);
    dry_free(s);
}

void dry__subs_drop(struct dry_rpc *rpc, struct dry__session *session)
{
    struct dry__sub **p;

    dry_mutex_lock(&rpc->ears_lock);
    p = &rpc->subs;
    while (*p != NULL) {
        struct dry__sub *s = *p;

        if (s->session != session) {
            p = &s->next;
            continue;
        }
        *p = s->next;
        sub_close(s);
    }
    dry_mutex_unlock(&rpc->ears_lock);
}

/* --- telling --- */

struct message {
    struct dry_buf buf;
    struct dry_json_writer w;
};

static void id_text(char out[35], uint64_t id)
{
    uint8_t b[8];

    for (int i = 0; i < 8; i++)
        b[i] = (uint8_t)(id >> (56 - 8 * i));
    memcpy(out, "0x", 2);
    dry_hex_encode(out + 2, DRY_BYTES_ARRAY(b));
    out[18] = 0;
}

static bool message_begin(struct message *m, const struct dry__sub *s)
{
    static const uint8_t head[DRY__SESSION_HEAD];
    char id[35];

    *m = (struct message){0};
    if (!dry_ok(dry_buf_append(&m->buf, DRY_BYTES_ARRAY(head))))
        return false;
    id_text(id, s->id);
    dry_json_begin(&m->w, &m->buf);
    dry_json_object_begin(&m->w);
    dry_json_key(&m->w, "jsonrpc");
    dry_json_write_str(&m->w, "2.0");
    dry_json_key(&m->w, "method");
    dry_json_write_str(&m->w, "eth_subscription");
    dry_json_key(&m->w, "params");
    dry_json_object_begin(&m->w);
    dry_json_key(&m->w, "subscription");
    dry_json_write_str(&m->w, id);
    dry_json_key(&m->w, "result");
    return true;
}

/* False when it is of no use to tell this one more. */
static bool message_end(struct message *m, struct dry_rpc *rpc, const struct dry__sub *s)
{
    bool goes_on = true;

    dry_json_object_end(&m->w);
    dry_json_object_end(&m->w);
    if (dry_ok(dry_json_end(&m->w)))
        goes_on = dry__session_send(rpc, s->session, &m->buf);
    dry_buf_fini(&m->buf);
    return goes_on;
}

static void tell_logs(struct dry_rpc *rpc, const struct dry__sub *s,
                      const struct dry__block_logs *b, bool removed)
{
    bool goes_on = dry_log_bloom_may(&s->filter, &b->bloom);

    for (uint32_t i = 0; i < b->count && goes_on; i++) {
        struct message m;

        if (!dry_log_matches(&s->filter, b->logs[i].log))
            continue;
        if (!message_begin(&m, s))
            return;
        dry__write_log(&m.w, &b->logs[i], removed);
        goes_on = message_end(&m, rpc, s);
    }
}

static void tell_head(struct dry_rpc *rpc, const struct dry__sub *s, const struct dry_header *h,
                      const struct dry_hash *hash)
{
    struct message m;

    if (!message_begin(&m, s))
        return;
    dry_json_object_begin(&m.w);
    dry__write_header_fields(&m.w, h, hash, false);
    dry_json_object_end(&m.w);
    (void)message_end(&m, rpc, s);
}

static void tell_tx(struct dry_rpc *rpc, const struct dry__sub *s, const struct dry_pool_tx *tx)
{
    struct message m;

    if (!message_begin(&m, s))
        return;
    if (s->full)
        dry__write_tx(&m.w, &tx->tx, &tx->hash, &tx->sender, NULL);
    else
        dry_json_write_hash(&m.w, &tx->hash);
    (void)message_end(&m, rpc, s);
}

static bool any(const struct dry_rpc *rpc, enum kind kind)
{
    const struct dry__sub *s = rpc->subs;

    while (s != NULL && s->kind != kind)
        s = s->next;
    return s != NULL;
}

/* A block came or went. Its logs and header are read once; what cannot be read is not told: a
 * subscription has no way to say so. */
static void on_block(struct dry_rpc *rpc, const struct dry_hash *hash, bool removed,
                     struct dry_arena *scratch)
{
    struct dry_arena_mark mark = dry_arena_mark(scratch);
    struct dry__block_logs logs = {0};
    struct dry_header h;
    bool heads = !removed && any(rpc, KIND_HEADS) &&
                 dry_ok(dry_chain_header(rpc->set.chain, &h, hash, scratch));

    if (any(rpc, KIND_LOGS) && !dry_ok(dry__block_logs(rpc, &logs, hash, scratch)))
        logs.count = 0;
    for (const struct dry__sub *s = rpc->subs; s != NULL; s = s->next) {
        if (s->kind == KIND_LOGS && logs.count != 0)
            tell_logs(rpc, s, &logs, removed);
        else if (s->kind == KIND_HEADS && heads)
            tell_head(rpc, s, &h, hash);
    }
    dry_arena_rewind(scratch, mark);
}

void dry__subs_event(struct dry_rpc *rpc, const struct dry_chain_event *e)
{
    struct dry_arena scratch = {0};

    dry_mutex_lock(&rpc->ears_lock);
    if (e->kind == DRY_CHAIN_HEAD) {
        for (uint32_t i = 0; i < e->removed_count; i++)
            on_block(rpc, &e->removed[i], true, &scratch);
        for (uint32_t i = 0; i < e->added_count; i++)
            on_block(rpc, &e->added[i], false, &scratch);
    } else {
        for (const struct dry__sub *s = rpc->subs; s != NULL; s = s->next)
            if (s->kind == KIND_TXS)
                tell_tx(rpc, s, e->tx);
    }
    dry_mutex_unlock(&rpc->ears_lock);
    dry_arena_fini(&scratch);
}

/* --- methods --- */

static bool kind_of(enum kind *out, struct dry_bytes name)
{
    static const char *const names[] = {"newHeads", "logs", "newPendingTransactions", "syncing"};

    for (uint32_t i = 0; i < DRY_COUNT(names); i++)
        if (dry_bytes_equal(name, dry_bytes_of(names[i], strlen(names[i])))) {
            *out = (enum kind)i;
            return true;
        }
    return false;
}

static dry_status criteria(struct dry__call *c, struct dry__sub *s)
{
    struct dry__log_query q;
    struct dry_json_value v;
    dry_status st = DRY_OK;

    if (s->kind == KIND_TXS)
        return dry__param_bool(c, 1, &s->full, false);
    if (s->kind == KIND_LOGS && dry__param(c, 1, &v)) {
        st = dry__log_query(c, &q, v, &s->arena);
        if (dry_ok(st))
            s->filter = q.filter;
    }
    return st;
}

/* Why one more would be too many; NULL: it is not. ears_lock is held. */
static const char *too_many(const struct dry_rpc *rpc, const struct dry__sub *s)
{
    uint32_t own = 0, all = 0;
    size_t bytes = s->arena.total;

    for (const struct dry__sub *o = rpc->subs; o != NULL; o = o->next) {
        own += o->session == s->session;
        all++;
        bytes += o->arena.total;
    }
    if (own >= rpc->limits.subscriptions_max)
        return "too many subscriptions of this connection";
    if (all / ALL_TIMES >= rpc->limits.subscriptions_max)
        return "too many subscriptions of all connections, 16 times as many";
    return bytes > CRITERIA_BYTES_MAX ? "the subscriptions' criteria take more than 16 MiB" : NULL;
}

static dry_status add(struct dry__call *c, struct dry_json_writer *w, struct dry__sub *s)
{
    const char *why;
    char id[35];

    dry_mutex_lock(&c->rpc->ears_lock);
    /* Of a closed session all subscriptions are or will be dropped, and none may come after that.
     */
    why = dry__call_abandoned(c) ? "the client hung up" : too_many(c->rpc, s);
    if (why == NULL) {
        s->id = ++c->rpc->ids;
        s->next = c->rpc->subs;
        c->rpc->subs = s;
        id_text(id, s->id);
    }
    dry_mutex_unlock(&c->rpc->ears_lock);
    if (why != NULL) {
        sub_close(s);
        return dry__call_failf(c, DRY__RPC_LIMIT, "%s (--rpc-subscriptions-max %u)", why,
                               c->rpc->limits.subscriptions_max);
    }
    dry_json_write_str(w, id);
    return DRY_OK;
}

DRY__METHOD(eth_subscribe)
{
    struct dry_bytes name = DRY_BYTES_EMPTY;
    struct dry_json_value v;
    struct dry__sub *s;
    enum kind kind;
    dry_status st;

    if (!dry__param(c, 0, &v) || dry_json_type(v) != DRY_JSON_STRING)
        return dry__call_fail(c, DRY__RPC_PARAMS, "missing value for required argument 0");
    (void)dry_json_plain(v, &name);
    if (!kind_of(&kind, name))
        return dry__call_failf(c, DRY__RPC_METHOD, "no \"%.*s\" subscription in eth namespace",
                               (int)(name.len < 64 ? name.len : 64), (const char *)name.ptr);
    s = dry_alloc(sizeof(*s));
    if (s == NULL)
        return DRY_ENOMEM;
    s->kind = kind;
    s->session = c->request->session;
    st = criteria(c, s);
    if (dry_ok(st))
        return add(c, w, s);
    sub_close(s);
    return st;
}

DRY__METHOD(eth_unsubscribe)
{
    struct dry__sub **p, *s;
    uint64_t id;
    struct dry_json_value v;

    if (!dry__param(c, 0, &v) || !dry_ok(dry_json_number_u64(v, &id, NULL)))
        return dry__call_fail(c, DRY__RPC_PARAMS, "invalid argument 0: want a subscription id");
    dry_mutex_lock(&c->rpc->ears_lock);
    p = &c->rpc->subs;
    while (*p != NULL && ((*p)->id != id || (*p)->session != c->request->session))
        p = &(*p)->next;
    s = *p;
    if (s != NULL)
        *p = s->next;
    dry_mutex_unlock(&c->rpc->ears_lock);
    if (s == NULL)
        return dry__call_fail(c, DRY__RPC_SERVER, "subscription not found");
    sub_close(s);
    dry_json_write_bool(w, true);
    return DRY_OK;
}
