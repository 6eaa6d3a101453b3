/* session.c - WebSockets: messages in, answers and what is told out, never more than a client
 * reads. */
#include "server.h"
#include <drystone/common/alloc.h>

#define QUEUE_MAX (64u << 20)    /* bytes a slow reader may leave waiting */
#define OUTGOING_MAX (32u << 20) /* bytes told by other threads and not yet passed on */
#define UNDER_WAY_MAX 1024u
#define HOLD_BACK 256u /* requests under way at which nothing more is read */
#define READ_AGAIN 128u

static void outgoing_free(struct outgoing *o)
{
    if (o == NULL)
        return;
    dry_buf_fini(&o->buf);
    dry_free(o);
}

static void drop(struct dry__session *n)
{
    if (n == NULL || !dry_refs_drop(&n->refs))
        return;
    dry_free(n);
}

void dry__session_send(struct dry_rpc *rpc, struct dry__session *n, struct dry_buf *message)
{
    struct dry__server *s = rpc->server;
    struct outgoing *o = dry_alloc(sizeof(*o));
    bool wake = false;

    dry_mutex_lock(&s->lock);
    if (o == NULL || s->outgoing_bytes + message->cap > OUTGOING_MAX) {
        n->overrun = true; /* who misses one is closed with the next that is passed on */
        dry_buf_fini(message);
    }
    if (o != NULL) {
        dry_refs_take(&n->refs);
        o->session = n;
        o->buf = *message;
        o->at = DRY__SESSION_HEAD;
        *message = (struct dry_buf){0};
        s->outgoing_bytes += o->buf.cap;
        *s->outgoing_end = o;
        s->outgoing_end = &o->next;
        wake = dry__server_wakes(s);
    }
    dry_mutex_unlock(&s->lock);
    if (wake)
        lws_cancel_service(s->context);
}

static void kill_slow(struct dry__session *n)
{
    if (n->connection != NULL)
        lws_set_timeout(n->connection->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
}

/* Takes o. */
static void queue(struct dry__server *s, struct dry__session *n, struct outgoing *o)
{
    size_t more = o->buf.cap;
    bool slow = n->waiting > DRY__SMALL_BYTES && s->held + more > s->rpc->limits.memory_bytes_max;

    if (n->connection == NULL || o->buf.ptr == NULL || slow || n->waiting + more > QUEUE_MAX) {
        kill_slow(n); /* too slow to read what he asked for */
        outgoing_free(o);
        return;
    }
    s->held += more;
    n->waiting += more;
    *n->end = o;
    n->end = &o->next;
    lws_callback_on_writable(n->connection->wsi);
}

/* The answer's bytes become a message; the request goes back. */
static void answer(struct dry__server *s, struct dry__session *n, struct dry__request *r)
{
    struct outgoing *o = r->out.len > r->head ? dry_alloc(sizeof(*o)) : NULL;
    static const uint8_t head[DRY__SESSION_HEAD];

    if (o == NULL) {
        if (r->out.len > r->head)
            kill_slow(n);
    } else if (r->out.cap > DRY__SMALL_BYTES) { /* not copied */
        o->buf = r->out;
        o->at = r->head;
        r->out = (struct dry_buf){0};
        s->held -= r->charged;
        r->charged = 0;
        dry__request_close(r);
        r = NULL;
        queue(s, n, o);
    } else {
        o->at = sizeof(head);
        if (!dry_ok(dry_buf_append(&o->buf, DRY_BYTES_ARRAY(head))) ||
            !dry_ok(
                dry_buf_append(&o->buf, dry_bytes_of(r->out.ptr + r->head, r->out.len - r->head))))
            dry_buf_fini(&o->buf);
        queue(s, n, o);
    }
    dry__server_put(s, r);
}

int dry__session_open(struct connection *x)
{
    struct dry__session *n = dry_alloc(sizeof(*n));

    if (n == NULL)
        return -1;
    dry_refs_take(&n->refs);
    n->connection = x;
    n->end = &n->first;
    x->session = n;
    return 0;
}

void dry__session_close(struct dry__server *s, struct connection *x)
{
    struct dry__session *n = x->session;

    if (n == NULL)
        return;
    x->session = NULL;
    n->connection = NULL;
    dry__subs_drop(s->rpc, n);
    dry_mutex_lock(&s->rpc->lock);
    n->gone = true;
    dry_mutex_unlock(&s->rpc->lock);
    dry__server_put(s, n->reading);
    n->reading = NULL;
    while (n->first != NULL) {
        struct outgoing *o = n->first;
        n->first = o->next;
        outgoing_free(o);
    }
    n->end = &n->first;
    s->held -= n->waiting;
    n->waiting = 0;
    drop(n);
}

/* --- in --- */

static const char *refusal(const struct dry__session *n)
{
    if (n->too_large)
        return "request too large (--rpc-body-max)";
    if (n->too_much)
        return "too much is held for clients: try again (--rpc-memory-max)";
    return n->under_way >= UNDER_WAY_MAX ? "too many requests are under way on this connection"
                                         : NULL;
}

static void run(struct dry__server *s, struct dry__session *n)
{
    struct dry__request *r = n->reading;
    const char *no = refusal(n);

    n->reading = NULL;
    n->too_large = n->too_much = false;
    r->session = n;
    r->abandoned = &n->gone;
    if (no != NULL) {
        dry__request_refuse(r, DRY__RPC_LIMIT, no);
        answer(s, n, r);
        return;
    }
    dry_refs_take(&n->refs);
    n->under_way++;
    if (!dry__server_run(s, r)) {
        if (n->under_way >= HOLD_BACK && !n->held_back)
            n->held_back = lws_rx_flow_control(n->connection->wsi, 0) == 0;
        return;
    }
    n->under_way--;
    answer(s, n, r);
    drop(n);
}

static void body_drop(struct dry__request *r)
{
    size_t max = r->body.max;

    dry_buf_fini(&r->body);
    r->body.max = max;
}

int dry__session_receive(struct dry__server *s, struct connection *x, const void *in, size_t len)
{
    struct dry__session *n = x->session;
    dry_status st = DRY_OK;

    if (n == NULL)
        return -1;
    if (n->reading == NULL)
        n->reading = dry__server_get(s);
    if (n->reading == NULL)
        return -1;
    if (!n->too_large && !n->too_much && len != 0) {
        st = dry_buf_append(&n->reading->body, dry_bytes_of(in, len));
        if (!dry_ok(st) && st.code != DRY_CODE_ELIMIT)
            return -1;
        n->too_large = !dry_ok(st);
        n->too_much = !dry__server_weigh(s, n->reading);
        if (n->too_large || n->too_much) {
            body_drop(n->reading);
            (void)dry__server_weigh(s, n->reading);
        }
    }
    if (lws_is_final_fragment(x->wsi) && lws_remaining_packet_payload(x->wsi) == 0)
        run(s, n);
    return 0;
}

/* --- out --- */

int dry__session_writeable(struct dry__server *s, struct connection *x)
{
    struct dry__session *n = x->session;
    struct outgoing *o = n != NULL ? n->first : NULL;
    size_t len;
    bool last;
    int flags;

    if (o == NULL)
        return 0;
    len = o->buf.len - o->at;
    last = len <= DRY__WRITE_BYTES;
    len = last ? len : DRY__WRITE_BYTES;
    flags = lws_write_ws_flags(LWS_WRITE_TEXT, !o->begun, last);
    if (lws_write(x->wsi, o->buf.ptr + o->at, len, (enum lws_write_protocol)flags) < 0)
        return -1;
    o->begun = true;
    o->at += len;
    if (last) {
        n->first = o->next;
        if (n->first == NULL)
            n->end = &n->first;
        n->waiting -= o->buf.cap;
        s->held -= o->buf.cap;
        outgoing_free(o);
    }
    if (n->first != NULL) {
        lws_set_timeout(x->wsi, PENDING_TIMEOUT_HTTP_CONTENT, DRY__NO_PROGRESS_S);
        lws_callback_on_writable(x->wsi);
    } else {
        lws_set_timeout(x->wsi, NO_PENDING_TIMEOUT, 0);
    }
    return 0;
}

/* --- from other threads --- */

void dry__session_finished(struct dry__server *s, struct dry__request *r)
{
    struct dry__session *n = r->session;

    n->under_way--;
    if (n->connection != NULL) {
        if (n->held_back && n->under_way <= READ_AGAIN)
            n->held_back = lws_rx_flow_control(n->connection->wsi, 1) != 0;
        answer(s, n, r);
    } else {
        dry__server_put(s, r);
    }
    drop(n);
}

void dry__session_deliver(struct dry__server *s, struct outgoing *list)
{
    while (list != NULL) {
        struct outgoing *o = list;
        struct dry__session *n = o->session;
        bool overrun;

        list = o->next;
        o->next = NULL;
        dry_mutex_lock(&s->lock);
        overrun = n->overrun;
        dry_mutex_unlock(&s->lock);
        if (overrun)
            dry_buf_fini(&o->buf);
        queue(s, n, o);
        drop(n);
    }
}
