/* session.c - WebSockets: messages in, answers and what is told out, never more than a client
 * reads. */
#include "server.h"
#include <drystone/common/alloc.h>
#include <stdio.h>

#define QUEUE_MAX (64u << 20)    /* bytes a slow reader may leave waiting */
#define QUEUE_HOLD (1u << 20)    /* bytes at which nothing more is read from him */
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

bool dry__session_send(struct dry_rpc *rpc, struct dry__session *n, struct dry_buf *message)
{
    struct dry__server *s = rpc->server;
    struct outgoing *o = dry_alloc(sizeof(*o));
    bool wake = false, room;

    dry_mutex_lock(&s->lock);
    if (o == NULL || s->outgoing_bytes + message->cap > OUTGOING_MAX) {
        n->overrun = true; /* who misses one is closed with the next that is passed on */
        dry_buf_fini(message);
    }
    if (o != NULL) {
        dry_refs_take(&n->refs);
        o->session = n;
        o->code = DRY__FRAME_TEXT;
        o->buf = *message;
        o->at = DRY__SESSION_HEAD;
        *message = (struct dry_buf){0};
        s->outgoing_bytes += o->buf.cap;
        *s->outgoing_end = o;
        s->outgoing_end = &o->next;
        wake = dry__server_wakes(s);
    }
    room = !n->overrun;
    dry_mutex_unlock(&s->lock);
    if (wake)
        dry__server_wake(s);
    return room;
}

static void kill_slow(struct dry__server *s, struct dry__session *n)
{
    if (n->connection == NULL)
        return;
    n->connection->doomed = true;
    dry__connection_turn_later(s, n->connection);
}

/* He lets more than a little wait, and too much is held: for all, or for his address while it is
 * not one large answer that he is about to read. */
static bool no_room(const struct dry__server *s, const struct dry__session *n, size_t more)
{
    size_t behind = n->waiting - (n->first != NULL ? n->first->buf.cap : 0);

    return (n->waiting > DRY__SMALL_BYTES && s->held + more > s->rpc->limits.memory_bytes_max) ||
           (behind > DRY__SMALL_BYTES && n->connection->peer->held + more > dry__peer_share(s));
}

/* Takes o; false when it was refused. */
static bool queue_bytes(struct dry__server *s, struct dry__session *n, struct outgoing *o)
{
    size_t more = o->buf.cap;

    if (n->connection == NULL || n->closing) {
        outgoing_free(o);
        return false;
    }
    if (o->buf.ptr == NULL || no_room(s, n, more) || n->waiting + more > QUEUE_MAX) {
        kill_slow(s, n); /* too slow to read what he asked for */
        outgoing_free(o);
        return false;
    }
    if (n->first == NULL)
        dry__connection_arm(s, n->connection, DRY__NO_PROGRESS_S);
    dry__peer_charge(s, n->connection->peer, 0, more);
    n->waiting += more;
    *n->end = o;
    n->end = &o->next;
    dry__connection_turn_later(s, n->connection);
    return true;
}

/* Put the head of a frame before its payload. */
static void head_put(struct outgoing *o)
{
    uint8_t head[DRY__FRAME_HEAD_MAX];
    size_t k = dry__frame_head(head, (enum dry__frame_code)o->code, o->buf.len - o->at);

    o->at -= k;
    memcpy(o->buf.ptr + o->at, head, k);
}

/* A whole message or control frame. As above. */
static bool queue(struct dry__server *s, struct dry__session *n, struct outgoing *o)
{
    if (o->buf.ptr != NULL)
        head_put(o);
    return queue_bytes(s, n, o);
}

/* A message or control frame with these bytes; NULL without memory. */
static struct outgoing *outgoing_of(enum dry__frame_code code, struct dry_bytes payload)
{
    static const uint8_t head[DRY__SESSION_HEAD];
    struct outgoing *o = dry_alloc(sizeof(*o));

    if (o == NULL)
        return NULL;
    o->code = (uint8_t)code;
    o->at = sizeof(head);
    if (dry_ok(dry_buf_append(&o->buf, DRY_BYTES_ARRAY(head))) &&
        dry_ok(dry_buf_append(&o->buf, payload)))
        return o;
    outgoing_free(o);
    return NULL;
}

/* Answer a ping; who sends many before he reads gets the answer to the last. */
static void pong(struct dry__server *s, struct dry__session *n, struct dry_bytes payload)
{
    struct outgoing *o = outgoing_of(DRY__FRAME_PONG, payload);

    if (o == NULL)
        return;
    if (n->pong != NULL) {
        struct dry_buf old = n->pong->buf;

        head_put(o);
        n->pong->buf = o->buf;
        n->pong->at = o->at;
        n->waiting += o->buf.cap - old.cap;
        dry__peer_charge(s, n->connection->peer, old.cap, o->buf.cap);
        o->buf = old;
        outgoing_free(o);
        return;
    }
    if (queue(s, n, o))
        n->pong = o;
}

/* Say why, then close. */
static void end(struct dry__server *s, struct dry__session *n, unsigned code)
{
    uint8_t why[2] = {(uint8_t)(code >> 8), (uint8_t)code};
    struct outgoing *o = outgoing_of(DRY__FRAME_CLOSE, dry_bytes_of(why, code != 0 ? 2 : 0));

    n->connection->body_ns = 0;
    dry__server_put(s, n->reading);
    n->reading = NULL;
    if (o == NULL) {
        kill_slow(s, n);
        return;
    }
    (void)queue(s, n, o);
    n->closing = true;
}

/* The answer's bytes become a message; the request goes back. */
static void answer(struct dry__server *s, struct dry__session *n, struct dry__request *r)
{
    size_t len = r->out.len > r->head ? r->out.len - r->head : 0;
    struct outgoing *o = NULL;

    if (len == 0) { /* nothing to say, or no memory for it */
        if (r->out.ptr == NULL)
            kill_slow(s, n);
        dry__server_put(s, r);
        return;
    }
    if (r->out.cap > DRY__SMALL_BYTES) { /* not copied */
        o = dry_alloc(sizeof(*o));
        if (o != NULL) {
            o->code = DRY__FRAME_TEXT;
            o->buf = r->out;
            o->at = r->head;
            r->out = (struct dry_buf){0};
            (void)dry__server_weigh(s, r);
        }
    } else {
        o = outgoing_of(DRY__FRAME_TEXT, dry_bytes_of(r->out.ptr + r->head, len));
    }
    if (o != NULL)
        (void)queue(s, n, o);
    else
        kill_slow(s, n);
    dry__server_put(s, r);
}

bool dry__session_open(struct dry__server *s, struct connection *x, struct dry_bytes key)
{
    char accept[DRY__ACCEPT_MAX], text[256];
    struct dry__session *n = NULL;
    struct outgoing *o = NULL;
    int len;

    if (!dry__frame_accept(accept, key))
        return false;
    len = snprintf(text, sizeof(text),
                   "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n"
                   "connection: Upgrade\r\nsec-websocket-accept: %s\r\n\r\n",
                   accept);
    n = dry_alloc(sizeof(*n));
    o = outgoing_of(DRY__FRAME_TEXT, dry_bytes_of(text, (size_t)len));
    if (n == NULL || o == NULL) {
        dry_free(n);
        outgoing_free(o);
        dry__connection_drop(s, x);
        return true;
    }
    dry__server_put(s, x->request);
    x->request = NULL;
    dry_refs_take(&n->refs);
    n->connection = x;
    n->end = &n->first;
    x->session = n;
    x->state = SESSION;
    dry__connection_arm(s, x, 0);
    (void)queue_bytes(s, n, o);
    return true;
}

void dry__session_close(struct dry__server *s, struct connection *x)
{
    struct dry__session *n = x->session;

    if (n == NULL)
        return;
    x->session = NULL;
    n->connection = NULL;
    dry_mutex_lock(&s->rpc->lock);
    n->gone = true; /* from here on none of its requests subscribes */
    dry_mutex_unlock(&s->rpc->lock);
    dry__subs_drop(s->rpc, n);
    dry__server_put(s, n->reading);
    n->reading = NULL;
    while (n->first != NULL) {
        struct outgoing *o = n->first;
        n->first = o->next;
        outgoing_free(o);
    }
    n->end = &n->first;
    n->pong = NULL;
    dry__peer_charge(s, x->peer, n->waiting, 0);
    n->waiting = 0;
    drop(n);
}

/* --- in --- */

static const char *refusal(const struct dry__session *n)
{
    if (n->too_large)
        return "request too large (--rpc-body-max)";
    if (n->too_much)
        return DRY__HELD_TOO_MUCH;
    return n->under_way >= UNDER_WAY_MAX ? "too many requests are under way on this connection"
                                         : NULL;
}

static void hold_back(struct dry__session *n)
{
    n->held_back = n->held_back || n->under_way >= HOLD_BACK || n->waiting > QUEUE_HOLD;
}

static void go_on(struct dry__server *s, struct dry__session *n)
{
    if (!n->held_back || n->under_way > READ_AGAIN || n->waiting > QUEUE_HOLD / 2)
        return;
    n->held_back = false;
    dry__connection_turn_later(s, n->connection);
}

static void run(struct dry__server *s, struct dry__session *n)
{
    struct dry__request *r = n->reading;
    const char *no = refusal(n);

    s->ran++;
    n->connection->body_ns = 0;
    n->reading = NULL;
    n->too_large = n->too_much = false;
    if (n->text && !dry__frame_is_text(dry_buf_bytes(&r->body))) {
        dry__server_put(s, r);
        end(s, n, DRY__CLOSE_NOT_UTF8);
        return;
    }
    r->session = n;
    r->lane = &n->lane;
    r->abandoned = &n->gone;
    if (no != NULL) {
        dry__request_refuse(r, DRY__RPC_LIMIT, no);
        answer(s, n, r);
        return;
    }
    dry_refs_take(&n->refs);
    n->under_way++;
    if (dry__server_run(s, r)) {
        n->under_way--;
        answer(s, n, r);
        drop(n);
    }
    hold_back(n);
}

/* More of a message; false without memory. */
static bool message_add(struct dry__server *s, struct dry__session *n, struct dry_bytes data)
{
    dry_status st;

    if (n->reading == NULL)
        n->reading = dry__server_get(s, n->connection->peer);
    if (n->reading == NULL)
        return false;
    if (n->too_large || n->too_much)
        return true;
    st = dry_buf_append(&n->reading->body, data);
    if (!dry_ok(st) && st.code != DRY_CODE_ELIMIT)
        return false;
    n->too_large = !dry_ok(st);
    n->too_much = !dry__server_weigh(s, n->reading);
    if (n->too_large || n->too_much) {
        dry_buf_release(&n->reading->body);
        (void)dry__server_weigh(s, n->reading);
    }
    return true;
}

static void control(struct dry__server *s, struct dry__session *n, enum dry__frame_code code,
                    struct dry_bytes payload)
{
    if (code == DRY__FRAME_PING)
        pong(s, n, payload);
    else if (code == DRY__FRAME_CLOSE)
        end(s, n, dry__frame_close_code(payload));
}

/* Take the head of a frame, or a whole control frame; *data: of one that carries data. */
static size_t frame_begin(struct dry__server *s, struct dry__session *n, uint8_t *p, size_t len,
                          bool *data)
{
    struct dry__frame f;
    int k = dry__frame_read(&f, dry_bytes_of(p, len));
    size_t head = k > 0 ? (size_t)k : 0;

    if (k == 0)
        return 0;
    if (k > 0 && f.code >= DRY__FRAME_CLOSE) {
        if (len - head < f.len)
            return 0;
        dry__frame_unmask(p + head, (size_t)f.len, f.mask, 0);
        control(s, n, (enum dry__frame_code)f.code, dry_bytes_of(p + head, (size_t)f.len));
        return head + (size_t)f.len;
    }
    if (k < 0 || (f.code == DRY__FRAME_MORE) != n->unended) {
        end(s, n, DRY__CLOSE_PROTOCOL);
        return len;
    }
    n->frame = f;
    n->left = f.len;
    if (!n->unended) {
        n->text = f.code == DRY__FRAME_TEXT;
        dry__connection_body_begin(s, n->connection);
    }
    n->unended = !f.last;
    *data = true;
    return head;
}

size_t dry__session_take(struct dry__server *s, struct connection *x, uint8_t *p, size_t len)
{
    struct dry__session *n = x->session;
    bool data = n->left != 0;
    size_t head = 0, m;

    if (n->closing)
        return len;
    if (n->held_back)
        return 0;
    if (!data)
        head = frame_begin(s, n, p, len, &data);
    if (!data)
        return head;
    m = n->left < len - head ? (size_t)n->left : len - head;
    dry__frame_unmask(p + head, m, n->frame.mask, n->frame.len - n->left);
    n->left -= m;
    dry__connection_body_came(s, x, m);
    if (!message_add(s, n, dry_bytes_of(p + head, m)))
        kill_slow(s, n);
    else if (n->left == 0 && n->frame.last)
        run(s, n);
    return head + m;
}

void dry__session_late(struct dry__server *s, struct connection *x)
{
    end(s, x->session, DRY__CLOSE_POLICY);
}

/* --- out --- */

static void sent(struct dry__server *s, struct dry__session *n)
{
    struct outgoing *o = n->first;

    n->first = o->next;
    if (n->first == NULL)
        n->end = &n->first;
    n->waiting -= o->buf.cap;
    dry__peer_charge(s, n->connection->peer, o->buf.cap, 0);
    outgoing_free(o);
}

void dry__session_write(struct dry__server *s, struct connection *x)
{
    struct dry__session *n = x->session;
    struct outgoing *o;

    while ((o = n->first) != NULL) {
        size_t before = o->at;

        if (o == n->pong)
            n->pong = NULL;
        if (!dry__connection_send(x, &o->buf, &o->at)) {
            dry__connection_drop(s, x);
            return;
        }
        if (o->at != before)
            dry__connection_arm(s, x, DRY__NO_PROGRESS_S);
        if (o->at != o->buf.len)
            break;
        sent(s, n);
    }
    if (n->first != NULL) {
        go_on(s, n);
    } else if (n->closing) {
        dry__connection_linger(s, x);
    } else {
        dry__connection_arm(s, x, 0);
        go_on(s, n);
    }
}

/* --- from other threads --- */

void dry__session_finished(struct dry__server *s, struct dry__request *r)
{
    struct dry__session *n = r->session;

    n->under_way--;
    if (n->connection != NULL) {
        answer(s, n, r);
        go_on(s, n);
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
        (void)queue(s, n, o);
        drop(n);
    }
}
