/* subs.c - subscriptions over WebSocket: what happens is told once, as it happens. */
#include "internal.h"
#include "methods.h"
#include <drystone/common/alloc.h>
#include <drystone/common/hex.h>

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

static void message_end(struct message *m, struct dry_rpc *rpc, const struct dry__sub *s)
{
    dry_json_object_end(&m->w);
    dry_json_object_end(&m->w);
    if (dry_ok(dry_json_end(&m->w)))
        dry__session_send(rpc, s->session, &m->buf);
    dry_buf_fini(&m->buf);
}

struct telling {
    struct dry_rpc *rpc;
    const struct dry__sub *sub;
    bool removed;
};

static bool tell_log(void *ctx, const struct dry_found_log *log)
{
    struct telling *t = ctx;
    struct message m;

    if (!message_begin(&m, t->sub))
        return false;
    dry__write_log(&m.w, log, t->removed);
    message_end(&m, t->rpc, t->sub);
    return true;
}

static void tell_logs(struct dry_rpc *rpc, const struct dry__sub *s, const struct dry_hash *hash,
                      bool removed, struct dry_arena *scratch)
{
    struct telling t = {rpc, s, removed};
    struct dry_arena_mark mark = dry_arena_mark(scratch);

    /* What cannot be read is not told: a subscription has no way to say so. */
    (void)!dry_ok(dry_chain_block_logs(rpc->set.chain, &s->filter, hash, tell_log, &t, scratch));
    dry_arena_rewind(scratch, mark);
}

static void tell_head(struct dry_rpc *rpc, const struct dry__sub *s, const struct dry_hash *hash,
                      struct dry_arena *scratch)
{
    struct dry_arena_mark mark = dry_arena_mark(scratch);
    struct dry_header h;
    struct message m;

    if (dry_ok(dry_chain_header(rpc->set.chain, &h, hash, scratch)) && message_begin(&m, s)) {
        dry_json_object_begin(&m.w);
        dry__write_header_fields(&m.w, &h, hash, false);
        dry_json_object_end(&m.w);
        message_end(&m, rpc, s);
    }
    dry_arena_rewind(scratch, mark);
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
    message_end(&m, rpc, s);
}

static void on_head(struct dry_rpc *rpc, const struct dry__sub *s, const struct dry_chain_event *e,
                    struct dry_arena *scratch)
{
    for (uint32_t i = 0; s->kind == KIND_LOGS && i < e->removed_count; i++)
        tell_logs(rpc, s, &e->removed[i], true, scratch);
    for (uint32_t i = 0; i < e->added_count; i++) {
        if (s->kind == KIND_LOGS)
            tell_logs(rpc, s, &e->added[i], false, scratch);
        else if (s->kind == KIND_HEADS)
            tell_head(rpc, s, &e->added[i], scratch);
    }
}

void dry__subs_event(struct dry_rpc *rpc, const struct dry_chain_event *e)
{
    struct dry_arena scratch = {0};

    dry_mutex_lock(&rpc->ears_lock);
    for (const struct dry__sub *s = rpc->subs; s != NULL; s = s->next) {
        if (e->kind == DRY_CHAIN_HEAD)
            on_head(rpc, s, e, &scratch);
        else if (s->kind == KIND_TXS)
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

static dry_status add(struct dry__call *c, struct dry_json_writer *w, struct dry__sub *s)
{
    uint32_t n = 0;
    char id[35];

    dry_mutex_lock(&c->rpc->ears_lock);
    if (dry__call_abandoned(c)) { /* the session is closed; what it had is or will be dropped */
        dry_mutex_unlock(&c->rpc->ears_lock);
        sub_close(s);
        return dry__call_fail(c, DRY__RPC_LIMIT, "the client hung up");
    }
    for (const struct dry__sub *o = c->rpc->subs; o != NULL; o = o->next)
        n += o->session == s->session;
    if (n < c->rpc->limits.subscriptions_max) {
        s->id = ++c->rpc->ids;
        s->next = c->rpc->subs;
        c->rpc->subs = s;
        id_text(id, s->id);
    }
    dry_mutex_unlock(&c->rpc->ears_lock);
    if (n >= c->rpc->limits.subscriptions_max) {
        sub_close(s);
        return dry__call_failf(c, DRY__RPC_LIMIT,
                               "too many subscriptions (--rpc-subscriptions-max %u)",
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
