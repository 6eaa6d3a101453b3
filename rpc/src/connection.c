/* connection.c - a socket's bytes: read, taken as HTTP requests one after the other, answered in
 * their order. A connection does one thing at a time (enum connection_state); what arrives ahead
 * of that is kept, at most one read of it, and nothing more is read. */
#include "server.h"
#include <drystone/common/alloc.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define IDLE_S 75u            /* between requests */
#define HEAD_S 30u            /* a head from its first byte on */
#define BODY_S 30u            /* what a body may be behind its rate */
#define BODY_RATE (16u << 10) /* bytes a second */
#define LINGER_S 5u
#define RUNS_A_TURN 16u /* requests answered before others have their turn */
#define KEPT_BYTES 4096u
#define WRITE_BYTES (1u << 20) /* written before others have their turn */

static void watch(struct dry__server *s, struct connection *x)
{
    uint32_t events = 0;
    struct epoll_event e;

    switch ((enum connection_state)x->state) {
    case READS_HEAD:
    case READS_BODY:
        events = x->turning ? 0 : EPOLLIN;
        break;
    case LINGERS:
        events = EPOLLIN;
        break;
    case WAITS:
        events = x->hung_up ? 0 : EPOLLRDHUP;
        break;
    case WRITES:
        events = EPOLLOUT;
        break;
    case SESSION:
        events = x->session->held_back || x->session->closing || x->turning ? EPOLLRDHUP : EPOLLIN;
        if (x->session->first != NULL)
            events |= EPOLLOUT;
        break;
    case GONE:
        return;
    }
    if (events == x->watched)
        return;
    e = (struct epoll_event){.events = events, .data.ptr = x};
    if (epoll_ctl(s->poll, EPOLL_CTL_MOD, x->fd, &e) == 0)
        x->watched = events;
    else
        dry__connection_drop(s, x);
}

void dry__connection_arm(struct dry__server *s, struct connection *x, uint32_t seconds)
{
    x->deadline_ns = seconds == 0 ? 0 : s->now_ns + seconds * 1000000000ull;
    if (seconds != 0 && x->deadline_ns < s->scan_ns)
        s->scan_ns = x->deadline_ns;
}

void dry__connection_body_begin(struct dry__server *s, struct connection *x)
{
    x->body_ns = s->now_ns + BODY_S * 1000000000ull;
    if (x->body_ns < s->scan_ns)
        s->scan_ns = x->body_ns;
}

/* Bytes buy time, but never more than there was at the beginning: who sends much and then stops is
 * waited for no longer than who sends nothing. */
void dry__connection_body_came(struct dry__server *s, struct connection *x, size_t bytes)
{
    uint64_t from =
        x->body_ns > s->now_ns ? x->body_ns : s->now_ns; /* not if it was us who slept */
    uint64_t till = from + bytes * 1000000000ull / BODY_RATE, max;

    max = s->now_ns + BODY_S * 1000000000ull;
    x->body_ns = till < max ? till : max;
}

void dry__connection_turn_later(struct dry__server *s, struct connection *x)
{
    if (x->turning)
        return;
    x->turning = true;
    x->next_turn = NULL;
    *s->turns_end = x;
    s->turns_end = &x->next_turn;
}

/* --- life --- */

void dry__connection_open(struct dry__server *s, int fd, struct peer *peer)
{
    struct connection *x = dry_alloc(sizeof(*x));
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = x};

    if (x == NULL || epoll_ctl(s->poll, EPOLL_CTL_ADD, fd, &e) != 0) {
        (void)close(fd);
        dry__peer_give(s, peer);
        dry_free(x);
        return;
    }
    x->fd = fd;
    x->watched = EPOLLIN;
    x->peer = peer;
    x->next = s->all;
    x->prev = &s->all;
    if (x->next != NULL)
        x->next->prev = &x->next;
    s->all = x;
    dry__connection_arm(s, x, HEAD_S);
}

/* Nobody waits for the request any more. */
static void abandon(struct dry__server *s, struct dry__request *r)
{
    dry_mutex_lock(&s->rpc->lock);
    r->alone = true;
    dry_mutex_unlock(&s->rpc->lock);
}

/* The HTTP side is over: the request goes back. */
static void request_leave(struct dry__server *s, struct connection *x)
{
    struct dry__request *r = x->request;

    x->request = NULL;
    if (x->state == WAITS) { /* put back when it is done */
        r->connection = NULL;
        abandon(s, r);
    } else {
        dry__server_put(s, r);
    }
}

void dry__connection_drop(struct dry__server *s, struct connection *x)
{
    if (x->state == GONE)
        return;
    dry__session_close(s, x);
    request_leave(s, x);
    x->state = GONE;
    (void)close(x->fd); /* epoll forgets it */
    *x->prev = x->next;
    if (x->next != NULL)
        x->next->prev = x->prev;
    dry__peer_give(s, x->peer);
    dry__connection_turn_later(s, x); /* freed there: others may still point to it */
}

void dry__connection_linger(struct dry__server *s, struct connection *x)
{
    dry__session_close(s, x);
    request_leave(s, x);
    x->state = LINGERS;
    if (shutdown(x->fd, SHUT_WR) != 0)
        dry__connection_drop(s, x);
    else
        dry__connection_arm(s, x, LINGER_S);
}

/* --- answers --- */

bool dry__connection_send(struct connection *x, const struct dry_buf *b, size_t *at)
{
    size_t end = b->len - *at > WRITE_BYTES ? *at + WRITE_BYTES : b->len;

    while (*at < end) {
        ssize_t n = send(x->fd, b->ptr + *at, end - *at, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        *at += (size_t)n;
    }
    return true;
}

/* The answer is out: ready for the next request. */
static void http_end(struct dry__server *s, struct connection *x)
{
    struct dry__request *r = x->request;

    if (x->answer.close) {
        dry__connection_linger(s, x);
        return;
    }
    x->state = READS_HEAD;
    x->request = NULL;
    dry__server_put(s, r);
    dry__connection_arm(s, x, IDLE_S);
    if (x->in.len != 0)
        dry__connection_turn_later(s, x);
}

/* The Date header, made once a second. */
static const char *date(struct dry__server *s)
{
    if (s->now_ns >= s->date_ns) {
        uint64_t ms = dry_clock_wall_ms(s->rpc->set.clock);

        dry__http_date(s->date, ms / 1000);
        s->date_ns = s->now_ns + (1000 - ms % 1000) * 1000000u;
    }
    return s->date;
}

/* Headers go in front of the JSON, so that one write takes both; what is long goes as the client
 * reads it. */
static void http_write(struct dry__server *s, struct connection *x)
{
    struct dry__request *r = x->request;
    char head[DRY__HTTP_HEAD_MAX];
    size_t before = x->at;

    x->state = WRITES;
    if (r->out.ptr == NULL) {
        dry__connection_drop(s, x);
        return;
    }
    if (x->at == 0) {
        size_t n = dry__http_head(head, &x->answer, r->out.len - r->head, date(s));

        x->at = r->head - n;
        memcpy(r->out.ptr + x->at, head, n);
        if (x->answer.bare)
            r->out.len = r->head;
    }
    if (!dry__connection_send(x, &r->out, &x->at))
        dry__connection_drop(s, x);
    else if (x->at == r->out.len)
        http_end(s, x);
    else if (x->at != before)
        dry__connection_arm(s, x, DRY__NO_PROGRESS_S);
}

/* What no method runs for. */
static void http_say(struct dry__server *s, struct connection *x)
{
    struct dry__request *r = x->request;

    r->out.len = r->head;
    if (x->answer.page != DRY__PAGE_NONE) {
        dry_metric_set(s->rpc->connections, s->connections);
        dry__page_write(s->rpc, &x->answer, &r->out);
    }
    if (x->answer.text != NULL) {
        (void)!dry_ok(dry_buf_append_text(&r->out, x->answer.text));
        (void)!dry_ok(dry_buf_append_byte(&r->out, '\n'));
    }
    http_write(s, x);
}

/* In the midst of a body. */
static void http_refuse(struct dry__server *s, struct connection *x, unsigned status,
                        const char *text)
{
    x->answer.status = status;
    x->answer.text = text;
    x->answer.close = true;
    x->body_ns = 0;
    dry_buf_release(&x->request->body);
    (void)dry__server_weigh(s, x->request);
    http_say(s, x);
}

void dry__connection_late(struct dry__server *s, struct connection *x)
{
    if (x->state == SESSION)
        dry__session_late(s, x);
    else
        http_refuse(s, x, 408, "the request came too slowly");
    dry__connection_turn_later(s, x); /* other events matter now */
}

static void http_run(struct dry__server *s, struct connection *x)
{
    x->request->connection = x;
    x->body_ns = 0;
    x->state = WAITS;
    if (dry__server_run(s, x->request))
        http_write(s, x);
}

/* --- requests --- */

static void head_take(struct dry__server *s, struct connection *x, struct dry_bytes in, bool all)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct dry__http_head h = {0};
    const char *why = NULL;
    unsigned status = in.len > DRY__HTTP_READ_MAX ? 431 : dry__http_head_read(&h, &why, in);

    s->ran++;
    x->at = 0;
    x->seen = 0;
    x->begun = false;
    x->request = dry__server_get(s, x->peer);
    if (x->request == NULL) {
        dry__connection_drop(s, x);
        return;
    }
    if (status != 0)
        dry__http_refuse(&x->answer, status, why != NULL ? why : "the headers are too long");
    else
        dry__http_judge(&x->answer, &h, &s->rpc->set, &s->rpc->limits);
    if (x->answer.status == 101) {
        if (dry__session_open(s, x, h.key))
            return;
        dry__http_refuse(&x->answer, 400, "not a WebSocket key");
    }
    if (x->answer.status != 200 || !x->answer.has_body) {
        http_say(s, x);
        return;
    }
    x->state = READS_BODY;
    x->chunked = h.chunked;
    x->chunks = (struct dry__chunks){0};
    x->left = h.length;
    dry__connection_arm(s, x, 0);
    dry__connection_body_begin(s, x);
    if (h.waits && all &&
        send(x->fd, go_on, sizeof(go_on) - 1, MSG_NOSIGNAL) != (ssize_t)sizeof(go_on) - 1)
        dry__connection_drop(s, x);
}

/* How many bytes of a head were taken: all of it or none. */
static size_t head_read(struct dry__server *s, struct connection *x, struct dry_bytes in)
{
    size_t n = 0;

    while (n < in.len && (in.ptr[n] == '\r' || in.ptr[n] == '\n'))
        n++; /* blank lines before a request */
    if (n != 0)
        return n;
    if (!x->begun)
        dry__connection_arm(s, x, HEAD_S);
    x->begun = true;
    n = dry__http_head_end(in, x->seen);
    if (n == 0 && in.len <= DRY__HTTP_READ_MAX) {
        x->seen = in.len;
        return 0;
    }
    if (n == 0)
        n = in.len;
    head_take(s, x, dry_bytes_of(in.ptr, n), n == in.len);
    return n;
}

/* More of the body; false when it was refused. */
static bool body_add(struct dry__server *s, struct connection *x, struct dry_bytes data)
{
    struct dry__request *r = x->request;
    dry_status st = dry_buf_append(&r->body, data);

    if (dry_ok(st) && dry__server_weigh(s, r))
        return true;
    if (st.code == DRY_CODE_ELIMIT)
        http_refuse(s, x, 413, "request too large (--rpc-body-max)");
    else
        http_refuse(s, x, 503, DRY__HELD_TOO_MUCH);
    return false;
}

static size_t body_read(struct dry__server *s, struct connection *x, struct dry_bytes in)
{
    struct dry_bytes rest = in, data;
    bool end = false;

    if (!x->chunked) {
        data = dry_bytes_of(in.ptr, x->left < in.len ? (size_t)x->left : in.len);
        rest.len -= data.len;
        x->left -= data.len;
        end = x->left == 0;
    } else {
        enum dry__chunks_answer a = dry__chunks_read(&x->chunks, &rest, &data);

        end = a == DRY__CHUNKS_END;
        if (a == DRY__CHUNKS_BAD) {
            http_refuse(s, x, 400, "not a body in chunks");
            return in.len;
        }
    }
    if (data.len != 0 && !body_add(s, x, data))
        return in.len - rest.len;
    if (end)
        http_run(s, x);
    else
        dry__connection_body_came(s, x, data.len);
    return in.len - rest.len;
}

/* --- bytes in --- */

/* Keep what was not taken: bytes of x->in or of the server's input. */
static void keep(struct dry__server *s, struct connection *x, const uint8_t *p, size_t n)
{
    dry_status st = DRY_OK;

    if (x->in.len == 0) {
        st = n != 0 ? dry_buf_append(&x->in, dry_bytes_of(p, n)) : DRY_OK;
    } else {
        memmove(x->in.ptr, p, n);
        x->in.len = n;
        if (n == 0 && x->in.cap > KEPT_BYTES)
            dry_buf_fini(&x->in);
    }
    dry__peer_charge(s, x->peer, x->charged, x->in.cap);
    x->charged = x->in.cap;
    if (!dry_ok(st))
        dry__connection_drop(s, x);
}

static void feed(struct dry__server *s, struct connection *x, uint8_t *p, size_t len)
{
    uint32_t ran = s->ran;
    size_t at = 0, n = 1;

    while (at < len && n != 0) {
        if (s->ran - ran >= RUNS_A_TURN) {
            dry__connection_turn_later(s, x);
            break;
        }
        switch ((enum connection_state)x->state) {
        case READS_HEAD:
            n = head_read(s, x, dry_bytes_of(p + at, len - at));
            break;
        case READS_BODY:
            n = body_read(s, x, dry_bytes_of(p + at, len - at));
            break;
        case SESSION:
            n = dry__session_take(s, x, p + at, len - at);
            break;
        case LINGERS:
        case GONE:
            n = len - at;
            break;
        case WAITS:
        case WRITES:
            n = 0;
            break;
        }
        at += n;
    }
    if (x->state != GONE)
        keep(s, x, p + at, len - at);
}

static void receive(struct dry__server *s, struct connection *x)
{
    ssize_t n = recv(x->fd, s->input, sizeof(s->input), 0);

    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (n <= 0) { /* whole requests were answered, others never will be */
        dry__connection_drop(s, x);
        return;
    }
    if (x->in.len == 0) {
        feed(s, x, s->input, (size_t)n);
    } else if (dry_ok(dry_buf_append(&x->in, dry_bytes_of(s->input, (size_t)n)))) {
        feed(s, x, x->in.ptr, x->in.len);
    } else {
        dry__connection_drop(s, x);
    }
}

void dry__connection_event(struct dry__server *s, struct connection *x, uint32_t events)
{
    if (x->state == GONE)
        return;
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
        dry__connection_drop(s, x);
        return;
    }
    if ((events & EPOLLRDHUP) != 0 && x->state == WAITS) {
        x->hung_up = true; /* long calls end; what is answered is still sent */
        abandon(s, x->request);
    } else if ((events & EPOLLRDHUP) != 0 && x->state == SESSION) {
        dry__connection_drop(s, x);
        return;
    }
    if ((events & EPOLLOUT) != 0 && x->state == WRITES)
        http_write(s, x);
    if ((events & EPOLLOUT) != 0 && x->state == SESSION)
        dry__session_write(s, x);
    if ((events & EPOLLIN) != 0 && x->state != GONE)
        receive(s, x);
    if (!x->turning) /* it comes before the next wait */
        watch(s, x);
}

void dry__connection_turn(struct dry__server *s, struct connection *x)
{
    x->turning = false;
    if (x->doomed)
        dry__connection_drop(s, x);
    if (x->state == WRITES)
        http_write(s, x);
    else if (x->state == SESSION)
        dry__session_write(s, x);
    if (x->in.len != 0 && x->state != GONE)
        feed(s, x, x->in.ptr, x->in.len);
    if (x->state != GONE) {
        watch(s, x);
        return;
    }
    if (x->turning) /* dropped just now: once more, for those that still point to it */
        return;
    dry__peer_charge(s, x->peer, x->charged, 0);
    dry_buf_fini(&x->in);
    dry_free(x);
}
