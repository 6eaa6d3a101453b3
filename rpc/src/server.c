/* server.c - HTTP and WebSocket on one port, on a thread of its own: libwebsockets with its own
 * loop. What it hears becomes requests; what is answered at once leaves in one write from the
 * body-complete callback, the rest when workers or the loop are done with it. */
#include "http.h"
#include <arpa/inet.h>
#include <drystone/common/alloc.h>
#include <drystone/platform/log.h>
#include <errno.h>
#include <libwebsockets.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define SPARE_MAX 64u              /* request objects kept for reuse */
#define SPARE_BYTES_MAX (1u << 20) /* larger ones are not kept */
#define KEEPALIVE_S 75
#define SESSION_QUEUE_MAX (64u << 20) /* bytes a slow reader may leave waiting */
#define SESSION_UNDER_WAY_MAX 1024u
#define PEERS_MAX 65536u

/* --- what belongs to whom --- */

struct peer { /* connections of one address */
    uint8_t ip[16];
    uint32_t count;
    struct peer *next;
};

struct outgoing { /* a message to a session: DRY__SESSION_HEAD free bytes, then JSON */
    struct outgoing *next;
    struct dry__session *session; /* a reference, in the server's queue */
    struct dry_buf buf;
};

struct dry__session {
    struct dry_refs refs;
    struct connection *connection; /* NULL: closed. This thread's alone, as all below. */
    struct outgoing *first, **end;
    size_t waiting; /* bytes */
    uint32_t under_way;
    struct dry__request *reading; /* a message that is arriving */
    bool too_large;
};

struct connection { /* one a socket, from accept to close */
    struct lws *wsi;
    struct peer *peer;
    struct dry__http_answer answer; /* what the head of the request decided */
    struct dry__request *request;   /* being read or answered */
    bool busy, ready;               /* under way elsewhere; its answer may be written */
    struct dry__session *session;
};

struct dry__server {
    struct dry_rpc *rpc;
    struct lws_context *context;
    struct dry_thread thread;
    bool running;
    uint16_t port;
    uint32_t connections;
    struct peer *peers[256];
    struct dry__request *spare;
    uint32_t spare_count;
    struct dry__request *at_hand; /* run at this moment; answered before run returns or later */
    bool answered;

    struct dry_mutex lock; /* guards what other threads hand over */
    bool stop, woken;
    struct dry__request *finished, **finished_end;
    struct outgoing *outgoing, **outgoing_end;
};

/* --- request objects --- */

static void on_done(struct dry__request *r);

static struct dry__request *request_get(struct dry__server *s)
{
    struct dry__request *r = s->spare;

    if (r == NULL)
        return dry_ok(dry__request_open(&r, s->rpc, DRY__HTTP_HEAD_MAX, on_done)) ? r : NULL;
    s->spare = r->following;
    s->spare_count--;
    dry__request_reset(r);
    return r;
}

static void request_put(struct dry__server *s, struct dry__request *r)
{
    if (r == NULL)
        return;
    if (s->spare_count >= SPARE_MAX ||
        r->body.cap + r->out.cap + r->arena.total > SPARE_BYTES_MAX) {
        dry__request_close(r);
        return;
    }
    r->following = s->spare;
    s->spare = r;
    s->spare_count++;
}

/* --- from other threads to this one --- */

/* With the lock held. */
static bool wake_needed(struct dry__server *s)
{
    bool needed = !s->woken;

    s->woken = true;
    return needed;
}

static void on_done(struct dry__request *r)
{
    struct dry__server *s = r->rpc->server;
    bool wake;

    if (!r->went) { /* still on this thread, below run_request() */
        s->answered = true;
        return;
    }
    dry_mutex_lock(&s->lock);
    r->following = NULL;
    *s->finished_end = r;
    s->finished_end = &r->following;
    wake = wake_needed(s);
    dry_mutex_unlock(&s->lock);
    if (wake)
        lws_cancel_service(s->context);
}

static void session_drop(struct dry__session *x)
{
    if (x == NULL || !dry_refs_drop(&x->refs))
        return;
    while (x->first != NULL) {
        struct outgoing *o = x->first;
        x->first = o->next;
        dry_buf_fini(&o->buf);
        dry_free(o);
    }
    dry_free(x);
}

void dry__session_send(struct dry_rpc *rpc, struct dry__session *x, struct dry_buf *message)
{
    struct dry__server *s = rpc->server;
    struct outgoing *o = dry_alloc(sizeof(*o));
    bool wake;

    if (o == NULL) { /* a subscriber that misses one: his connection would be closed just as well */
        dry_buf_fini(message);
        return;
    }
    dry_refs_take(&x->refs);
    o->session = x;
    o->buf = *message;
    *message = (struct dry_buf){0};
    dry_mutex_lock(&s->lock);
    *s->outgoing_end = o;
    s->outgoing_end = &o->next;
    wake = wake_needed(s);
    dry_mutex_unlock(&s->lock);
    if (wake)
        lws_cancel_service(s->context);
}

/* --- HTTP answers --- */

/* Headers go in front of the JSON, so that one write takes both. False: close the connection. */
static bool http_write(struct connection *x)
{
    struct dry__request *r = x->request;
    size_t body = r->out.len - r->head, n;
    char head[DRY__HTTP_HEAD_MAX];
    uint8_t *start;
    bool ok;

    n = dry__http_head(head, &x->answer, body);
    start = r->out.ptr + r->head - n;
    memcpy(start, head, n);
    ok = lws_write(x->wsi, start, n + body, LWS_WRITE_HTTP) >= 0;
    x->request = NULL;
    x->busy = x->ready = false;
    request_put(lws_context_user(lws_get_context(x->wsi)), r);
    if (!ok || x->answer.close)
        return false;
    return lws_http_transaction_completed(x->wsi) == 0;
}

/* Run what was read; true when it was answered at once. */
static bool run_request(struct dry__server *s, struct dry__request *r)
{
    s->answered = false;
    dry__request_run(r);
    return s->answered;
}

static void refuse_text(struct connection *x)
{
    struct dry__request *r = x->request;

    r->out.len = r->head;
    if (x->answer.text == NULL)
        return;
    (void)!dry_ok(dry_buf_append_text(&r->out, x->answer.text));
    (void)!dry_ok(dry_buf_append_byte(&r->out, '\n'));
}

static int http_begin(struct dry__server *s, struct connection *x)
{
    if (x->busy) /* another request before the answer to this one: nobody needs that */
        return -1;
    x->answer = (struct dry__http_answer){0};
    dry__http_judge(&x->answer, x->wsi, &s->rpc->set, &s->rpc->limits);
    if (x->request == NULL)
        x->request = request_get(s);
    if (x->request == NULL)
        return -1;
    if (x->answer.has_body)
        return 0;
    refuse_text(x);
    return http_write(x) ? 0 : -1;
}

static int http_body(struct connection *x, const void *in, size_t len)
{
    struct dry__request *r = x->request;

    if (r == NULL || x->busy)
        return -1;
    if (x->answer.status != 200)
        return 0; /* refused: read and dropped */
    return dry_ok(dry_buf_append(&r->body, dry_bytes_of(in, len))) ? 0 : -1;
}

static int http_complete(struct dry__server *s, struct connection *x)
{
    struct dry__request *r = x->request;

    if (r == NULL || x->busy)
        return -1;
    if (x->answer.status != 200) {
        x->answer.close = true; /* as below */
        refuse_text(x);
        return http_write(x) ? 0 : -1;
    }
    r->connection = x;
    if (run_request(s, r)) {
        /* What is no request at all may be part of another one: libwebsockets 4.1 mixes up the body
         * of a pipelined request. Nothing more is read from such a connection. */
        x->answer.close = x->answer.close || r->count == 0;
        return http_write(x) ? 0 : -1;
    }
    x->busy = true;
    lws_set_timeout(x->wsi, NO_PENDING_TIMEOUT, 0);
    return 0;
}

static int http_writeable(struct connection *x)
{
    if (!x->ready || x->request == NULL)
        return 0;
    return http_write(x) ? 0 : -1;
}

/* --- WebSocket --- */

static void session_queue(struct dry__session *x, struct dry_buf *buf)
{
    struct outgoing *o = NULL;

    if (x->connection != NULL && x->waiting + buf->len <= SESSION_QUEUE_MAX)
        o = dry_alloc(sizeof(*o));
    if (o == NULL) {
        dry_buf_fini(buf);
        if (x->connection != NULL) /* too slow to read what he asked for */
            lws_set_timeout(x->connection->wsi, PENDING_TIMEOUT_USER_REASON_BASE,
                            LWS_TO_KILL_ASYNC);
        return;
    }
    o->buf = *buf;
    *buf = (struct dry_buf){0};
    x->waiting += o->buf.len;
    *x->end = o;
    x->end = &o->next;
    lws_callback_on_writable(x->connection->wsi);
}

/* The answer's bytes become a message; the request goes back. */
static void session_answer(struct dry__server *s, struct dry__session *x, struct dry__request *r)
{
    if (r->out.len > r->head) {
        struct dry_buf buf = {0};
        static const uint8_t head[DRY__SESSION_HEAD];

        if (dry_ok(dry_buf_append(&buf, DRY_BYTES_ARRAY(head))) &&
            dry_ok(dry_buf_append(&buf, dry_bytes_of(r->out.ptr + r->head, r->out.len - r->head))))
            session_queue(x, &buf);
        else
            dry_buf_fini(&buf);
    }
    request_put(s, r);
}

static int session_open(struct connection *x)
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

static void session_close(struct dry__server *s, struct connection *x)
{
    struct dry__session *n = x->session;

    if (n == NULL)
        return;
    x->session = NULL;
    n->connection = NULL;
    dry__subs_drop(s->rpc, n);
    request_put(s, n->reading);
    n->reading = NULL;
    session_drop(n);
}

static void session_run(struct dry__server *s, struct dry__session *n)
{
    struct dry__request *r = n->reading;

    n->reading = NULL;
    r->session = n;
    if (n->too_large || n->under_way >= SESSION_UNDER_WAY_MAX) {
        dry__request_refuse(r, DRY__RPC_LIMIT,
                            n->too_large ? "request too large (--rpc-body-max)"
                                         : "too many requests are under way on this connection");
        n->too_large = false;
        session_answer(s, n, r);
        return;
    }
    dry_refs_take(&n->refs);
    n->under_way++;
    if (!run_request(s, r))
        return;
    n->under_way--;
    session_answer(s, n, r);
    session_drop(n);
}

static int session_receive(struct dry__server *s, struct connection *x, const void *in, size_t len)
{
    struct dry__session *n = x->session;

    if (n == NULL)
        return -1;
    if (n->reading == NULL)
        n->reading = request_get(s);
    if (n->reading == NULL)
        return -1;
    if (!n->too_large && len != 0) {
        dry_status st = dry_buf_append(&n->reading->body, dry_bytes_of(in, len));

        if (!dry_ok(st) && st.code != DRY_CODE_ELIMIT)
            return -1;
        n->too_large = !dry_ok(st);
        if (n->too_large)
            n->reading->body.len = 0;
    }
    if (lws_is_final_fragment(x->wsi) && lws_remaining_packet_payload(x->wsi) == 0)
        session_run(s, n);
    return 0;
}

static int session_writeable(struct connection *x)
{
    struct dry__session *n = x->session;
    struct outgoing *o = n != NULL ? n->first : NULL;
    bool ok;

    if (o == NULL)
        return 0;
    n->first = o->next;
    if (n->first == NULL)
        n->end = &n->first;
    n->waiting -= o->buf.len;
    ok = lws_write(x->wsi, o->buf.ptr + DRY__SESSION_HEAD, o->buf.len - DRY__SESSION_HEAD,
                   LWS_WRITE_TEXT) >= 0;
    dry_buf_fini(&o->buf);
    dry_free(o);
    if (n->first != NULL)
        lws_callback_on_writable(x->wsi);
    return ok ? 0 : -1;
}

/* --- what other threads handed over --- */

static void finished_deliver(struct dry__server *s, struct dry__request *r)
{
    struct connection *x = r->connection;
    struct dry__session *n = r->session;

    if (n != NULL) {
        n->under_way--;
        if (n->connection != NULL)
            session_answer(s, n, r);
        else
            request_put(s, r);
        session_drop(n);
    } else if (x != NULL) {
        x->ready = true;
        lws_callback_on_writable(x->wsi);
    } else {
        request_put(s, r); /* he hung up */
    }
}

static void handed_over(struct dry__server *s)
{
    struct dry__request *finished;
    struct outgoing *outgoing;

    dry_mutex_lock(&s->lock);
    finished = s->finished;
    outgoing = s->outgoing;
    s->finished = NULL;
    s->finished_end = &s->finished;
    s->outgoing = NULL;
    s->outgoing_end = &s->outgoing;
    s->woken = false;
    dry_mutex_unlock(&s->lock);
    while (finished != NULL) {
        struct dry__request *r = finished;
        finished = r->following;
        finished_deliver(s, r);
    }
    while (outgoing != NULL) {
        struct outgoing *o = outgoing;
        outgoing = o->next;
        if (o->session->connection != NULL)
            session_queue(o->session, &o->buf);
        dry_buf_fini(&o->buf);
        session_drop(o->session);
        dry_free(o);
    }
}

/* --- connections --- */

static void ip_of(uint8_t ip[16], int fd)
{
    struct sockaddr_storage a;
    socklen_t len = sizeof(a);

    memset(ip, 0, 16);
    if (getpeername(fd, (struct sockaddr *)&a, &len) != 0)
        return;
    if (a.ss_family == AF_INET)
        memcpy(ip, &((struct sockaddr_in *)&a)->sin_addr, 4);
    else if (a.ss_family == AF_INET6)
        memcpy(ip, &((struct sockaddr_in6 *)&a)->sin6_addr, 8); /* a /64 is one address */
}

static struct peer **peer_find(struct dry__server *s, const uint8_t ip[16])
{
    uint32_t h = 2166136261u;
    struct peer **p;

    for (int i = 0; i < 16; i++)
        h = (h ^ ip[i]) * 16777619u;
    for (p = &s->peers[h % DRY_COUNT(s->peers)]; *p != NULL; p = &(*p)->next)
        if (memcmp((*p)->ip, ip, 16) == 0)
            break;
    return p;
}

/* Before accept: nonzero refuses. */
static int connection_judge(struct dry__server *s, int fd)
{
    uint8_t ip[16];
    struct peer *p;

    ip_of(ip, fd);
    p = *peer_find(s, ip);
    if (s->connections >= s->rpc->limits.connections_max ||
        (p != NULL && p->count >= s->rpc->limits.connections_ip_max)) {
        DRY_LOG(s->rpc->set.log, DEBUG, "rpc",
                "connection refused (--rpc-connections-max, --rpc-connections-ip-max)",
                DRY_FIELD_U64("connections", s->connections));
        return -1;
    }
    return 0;
}

static int connection_open(struct dry__server *s, struct lws *wsi)
{
    struct connection *x = dry_alloc(sizeof(*x));
    struct peer **p;
    uint8_t ip[16];

    if (x == NULL)
        return -1;
    ip_of(ip, lws_get_socket_fd(wsi));
    p = peer_find(s, ip);
    if (*p == NULL) {
        *p = dry_alloc(sizeof(**p));
        if (*p == NULL) {
            dry_free(x);
            return -1;
        }
        memcpy((*p)->ip, ip, 16);
    }
    (*p)->count++;
    s->connections++;
    x->peer = *p;
    x->wsi = wsi;
    lws_set_opaque_user_data(wsi, x);
    return 0;
}

static void connection_close(struct dry__server *s, struct lws *wsi)
{
    struct connection *x = lws_get_opaque_user_data(wsi);

    if (x == NULL)
        return;
    lws_set_opaque_user_data(wsi, NULL);
    session_close(s, x);
    if (x->busy && !x->ready)
        x->request->connection = NULL; /* under way: put back when it is done */
    else
        request_put(s, x->request);
    s->connections--;
    if (--x->peer->count == 0) {
        struct peer **p = peer_find(s, x->peer->ip);
        *p = x->peer->next;
        dry_free(x->peer);
    }
    dry_free(x);
}

static int session_judge(struct dry__server *s, struct lws *wsi)
{
    struct dry__http_answer a = {0};

    dry__http_judge_session(&a, wsi, &s->rpc->set);
    if (a.status == 0)
        return 0;
    (void)lws_return_http_status(wsi, a.status, a.text);
    return -1;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
    struct dry__server *s = lws_context_user(lws_get_context(wsi));
    struct connection *x;

    (void)user;
    switch (reason) { /* most of libwebsockets' many reasons are of no interest */
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        handed_over(s);
        return 0;
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
        return connection_judge(s, (int)(intptr_t)in);
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        return connection_open(s, wsi);
    case LWS_CALLBACK_WSI_DESTROY:
        connection_close(s, wsi);
        return 0;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return session_judge(s, wsi);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: /* no HTTP/2 */
        return in != NULL && strcmp(in, "websocket") != 0 ? -1 : 0;
    default:
        break;
    }
    x = lws_get_opaque_user_data(wsi);
    if (x == NULL)
        return reason == LWS_CALLBACK_HTTP ? -1 : 0;
    switch (reason) {
    case LWS_CALLBACK_HTTP:
        return http_begin(s, x);
    case LWS_CALLBACK_HTTP_BODY:
        return http_body(x, in, len);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return http_complete(s, x);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return http_writeable(x);
    case LWS_CALLBACK_ESTABLISHED:
        return session_open(x);
    case LWS_CALLBACK_RECEIVE:
        return session_receive(s, x, in, len);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return session_writeable(x);
    case LWS_CALLBACK_CLOSED:
        session_close(s, x);
        return 0;
    default:
        return 0;
    }
}

/* --- life --- */

static void serve(void *arg)
{
    struct dry__server *s = arg;
    bool stop = false;

    while (!stop && lws_service(s->context, 0) >= 0) {
        dry_mutex_lock(&s->lock);
        stop = s->stop;
        dry_mutex_unlock(&s->lock);
    }
}

static void complain(struct dry_buf *error, const char *text)
{
    if (error != NULL)
        (void)!dry_ok(dry_buf_append_text(error, text));
}

/* libwebsockets only logs why it cannot listen: try before it does. */
static dry_status port_try(const char *host, uint16_t port, struct dry_buf *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *list = NULL;
    char text[300], service[8];
    int on = 1, fd, err = 0;

    (void)snprintf(service, sizeof(service), "%u", port);
    if (getaddrinfo(host, service, &hints, &list) != 0 || list == NULL) {
        (void)snprintf(text, sizeof(text), "--http-host %s: no such address", host);
        complain(error, text);
        return DRY_EINVAL;
    }
    fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, list->ai_addr, list->ai_addrlen) != 0 || listen(fd, 1) != 0)
        err = errno;
    if (fd >= 0)
        (void)close(fd);
    freeaddrinfo(list);
    if (err == 0)
        return DRY_OK;
    (void)snprintf(
        text, sizeof(text), "cannot listen on %s port %u: %s%s", host, port, strerror(err),
        err == EADDRINUSE ? ": choose another with --http-port, or stop what listens there" : "");
    complain(error, text);
    return err == EADDRINUSE ? DRY_STATUS(EBUSY, "port in use") : DRY_EIO;
}

static const struct lws_protocols protocols[] = {
    {.name = "drystone", .callback = callback, .rx_buffer_size = 65536},
    {.name = NULL},
};

static dry_status context_open(struct dry__server *s, struct dry_buf *error)
{
    const char *host = s->rpc->set.host != NULL ? s->rpc->set.host : "127.0.0.1";
    struct lws_context_creation_info info = {0};
    struct lws_vhost *vhost;
    dry_status st;
    int port;

    if (strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    st = port_try(host, s->rpc->set.port, error);
    if (!dry_ok(st))
        return st;
    lws_set_log_level(0, NULL);
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME | LWS_SERVER_OPTION_VALIDATE_UTF8 |
                   LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
    if (strchr(host, ':') == NULL)
        info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
    info.gid = (gid_t)-1;
    info.uid = (uid_t)-1;
    info.user = s;
    info.port = s->rpc->set.port;
    info.iface = strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0 ? NULL : host;
    info.protocols = protocols;
    info.keepalive_timeout = KEEPALIVE_S;
    info.timeout_secs = 30;
    info.max_http_header_pool =
        (unsigned short)(s->rpc->limits.connections_max < 60000 ? s->rpc->limits.connections_max
                                                                : 60000);
    info.fd_limit_per_thread = s->rpc->limits.connections_max + 16;
    info.pt_serv_buf_size = 65536;
    info.vhost_name = "drystone";
    s->context = lws_create_context(&info);
    if (s->context == NULL) {
        complain(error, "the RPC server could not be set up (libwebsockets)");
        return DRY_EIO;
    }
    vhost = lws_create_vhost(s->context, &info);
    port = vhost != NULL ? lws_get_vhost_listen_port(vhost) : -1;
    if (port <= 0) {
        complain(error, "the RPC server could not listen");
        return DRY_EIO;
    }
    s->port = (uint16_t)port;
    return DRY_OK;
}

dry_status dry__server_open(struct dry__server **out, struct dry_rpc *rpc, struct dry_buf *error)
{
    struct dry__server *s = dry_alloc(sizeof(*s));
    dry_status st;

    if (s == NULL)
        return DRY_ENOMEM;
    s->rpc = rpc;
    s->finished_end = &s->finished;
    s->outgoing_end = &s->outgoing;
    st = dry_mutex_init(&s->lock);
    if (!dry_ok(st)) {
        dry_free(s);
        return st;
    }
    *out = s; /* callbacks find it from the first one on */
    st = context_open(s, error);
    if (dry_ok(st))
        st = dry_thread_start(&s->thread, "rpc", serve, s);
    s->running = dry_ok(st);
    if (dry_ok(st))
        return st;
    *out = NULL;
    dry__server_close(s);
    return st;
}

void dry__server_close(struct dry__server *s)
{
    if (s == NULL)
        return;
    if (s->running) {
        dry_mutex_lock(&s->lock);
        s->stop = true;
        dry_mutex_unlock(&s->lock);
        lws_cancel_service(s->context);
        dry_thread_join(&s->thread);
    }
    if (s->context != NULL)
        lws_context_destroy(s->context);
    handed_over(s);
    while (s->spare != NULL) {
        struct dry__request *r = s->spare;
        s->spare = r->following;
        dry__request_close(r);
    }
    dry_mutex_fini(&s->lock);
    dry_free(s);
}

uint16_t dry__server_port(const struct dry__server *s)
{
    return s->port;
}
