/* server.c - HTTP and WebSocket on one port, on a thread of its own: libwebsockets with its own
 * loop. What it hears becomes requests; what is answered at once leaves in one write from the
 * body-complete callback, the rest when workers or the loop are done with it. */
#include "server.h"
#include <arpa/inet.h>
#include <drystone/common/alloc.h>
#include <drystone/platform/log.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define SPARE_MAX 64u                /* request objects kept for reuse */
#define SPARE_BYTES_MAX (256u << 10) /* larger ones are not kept */
#define KEEPALIVE_S 75

/* --- request objects --- */

static void on_done(struct dry__request *r);

bool dry__server_weigh(struct dry__server *s, struct dry__request *r)
{
    size_t now = r->body.cap + r->out.cap + r->arena.total;
    uint64_t max = s->rpc->limits.memory_bytes_max;

    s->held += now - r->charged;
    r->charged = now;
    return s->held <= max || s->held - now <= max / 4 || now <= DRY__SMALL_BYTES;
}

struct dry__request *dry__server_get(struct dry__server *s)
{
    struct dry__request *r = s->spare;

    if (r == NULL)
        return dry_ok(dry__request_open(&r, s->rpc, DRY__HTTP_HEAD_MAX, on_done)) ? r : NULL;
    s->spare = r->following;
    s->spare_count--;
    dry__request_reset(r);
    return r;
}

void dry__server_put(struct dry__server *s, struct dry__request *r)
{
    if (r == NULL)
        return;
    s->held -= r->charged;
    r->charged = 0;
    if (s->spare_count >= SPARE_MAX ||
        r->body.cap + r->out.cap + r->arena.total > SPARE_BYTES_MAX) {
        dry__request_close(r);
        return;
    }
    r->following = s->spare;
    s->spare = r;
    s->spare_count++;
}

void dry__server_settle(struct dry__server *s, struct dry__request *r)
{
    size_t max = r->out.max, head = r->head;

    if (r->body.cap > DRY__SMALL_BYTES) {
        size_t body_max = r->body.max;

        dry_buf_fini(&r->body);
        r->body.max = body_max;
    }
    if (r->arena.total > DRY__SMALL_BYTES)
        dry_arena_fini(&r->arena);
    if (dry__server_weigh(s, r))
        return;
    dry_buf_fini(&r->out);
    r->out.max = max;
    if (dry_ok(dry_buf_reserve(&r->out, head + 512))) {
        memset(r->out.ptr, 0, head);
        r->out.len = head;
        dry__request_refuse(r, DRY__RPC_LIMIT,
                            "too much waits to be read by clients: try again (--rpc-memory-max)");
    }
    (void)dry__server_weigh(s, r);
}

/* --- from other threads to this one --- */

bool dry__server_wakes(struct dry__server *s)
{
    bool needed = !s->woken;

    s->woken = true;
    return needed;
}

static void on_done(struct dry__request *r)
{
    struct dry__server *s = r->rpc->server;
    bool wake;

    if (!r->went) { /* still on this thread, below dry__server_run() */
        s->answered = true;
        return;
    }
    dry_mutex_lock(&s->lock);
    r->following = NULL;
    *s->finished_end = r;
    s->finished_end = &r->following;
    wake = dry__server_wakes(s);
    dry_mutex_unlock(&s->lock);
    if (wake)
        lws_cancel_service(s->context);
}

bool dry__server_run(struct dry__server *s, struct dry__request *r)
{
    s->answered = false;
    dry__request_run(r);
    if (s->answered)
        dry__server_settle(s, r);
    return s->answered;
}

/* --- HTTP answers --- */

/* The answer is out: ready for the next request. False: close the connection. */
static bool http_end(struct dry__server *s, struct connection *x)
{
    struct dry__request *r = x->request;

    x->request = NULL;
    x->busy = x->ready = false;
    x->at = 0;
    dry__server_put(s, r);
    return !x->answer.close && lws_http_transaction_completed(x->wsi) == 0;
}

/* Headers go in front of the JSON, so that one write takes both; what is long goes piece by piece,
 * as the client reads it. False: close the connection. */
static bool http_write(struct dry__server *s, struct connection *x)
{
    struct dry__request *r = x->request;
    char head[DRY__HTTP_HEAD_MAX];
    size_t n;

    if (r->out.ptr == NULL)
        return false;
    if (x->at == 0) {
        n = dry__http_head(head, &x->answer, r->out.len - r->head);
        x->at = r->head - n;
        memcpy(r->out.ptr + x->at, head, n);
    }
    n = r->out.len - x->at;
    if (n > DRY__WRITE_BYTES)
        n = DRY__WRITE_BYTES;
    if (lws_write(x->wsi, r->out.ptr + x->at, n, LWS_WRITE_HTTP) < 0)
        return false;
    x->at += n;
    if (x->at == r->out.len)
        return http_end(s, x);
    x->busy = x->ready = true;
    lws_set_timeout(x->wsi, PENDING_TIMEOUT_HTTP_CONTENT, DRY__NO_PROGRESS_S);
    lws_callback_on_writable(x->wsi);
    return true;
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
        x->request = dry__server_get(s);
    if (x->request == NULL)
        return -1;
    if (x->answer.has_body)
        return 0;
    refuse_text(x);
    return http_write(s, x) ? 0 : -1;
}

static int http_body(struct dry__server *s, struct connection *x, const void *in, size_t len)
{
    struct dry__request *r = x->request;
    size_t max;

    if (r == NULL || x->busy)
        return -1;
    if (x->answer.status != 200)
        return 0; /* refused: read and dropped */
    if (!dry_ok(dry_buf_append(&r->body, dry_bytes_of(in, len))))
        return -1;
    if (dry__server_weigh(s, r))
        return 0;
    max = r->body.max;
    dry_buf_fini(&r->body);
    r->body.max = max;
    (void)dry__server_weigh(s, r);
    x->answer.status = 503;
    x->answer.text = "too much is held for clients: try again (--rpc-memory-max)";
    x->answer.close = true;
    return 0;
}

static int http_complete(struct dry__server *s, struct connection *x)
{
    struct dry__request *r = x->request;

    if (r == NULL || x->busy)
        return -1;
    if (x->answer.status != 200) {
        x->answer.close = true; /* as below */
        refuse_text(x);
        return http_write(s, x) ? 0 : -1;
    }
    r->connection = x;
    if (dry__server_run(s, r)) {
        /* What is no request at all may be part of another one: libwebsockets 4.1 mixes up the body
         * of a pipelined request. Nothing more is read from such a connection. */
        x->answer.close = x->answer.close || r->count == 0;
        return http_write(s, x) ? 0 : -1;
    }
    x->busy = true;
    lws_set_timeout(x->wsi, NO_PENDING_TIMEOUT, 0);
    return 0;
}

static int http_writeable(struct dry__server *s, struct connection *x)
{
    if (!x->ready || x->request == NULL)
        return 0;
    return http_write(s, x) ? 0 : -1;
}

/* --- what other threads handed over --- */

static void finished_deliver(struct dry__server *s, struct dry__request *r)
{
    struct connection *x = r->connection;

    dry__server_settle(s, r);
    if (r->session != NULL) {
        dry__session_finished(s, r);
    } else if (x != NULL) {
        x->ready = true;
        lws_callback_on_writable(x->wsi);
    } else {
        dry__server_put(s, r); /* he hung up */
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
    s->outgoing_bytes = 0;
    s->woken = false;
    dry_mutex_unlock(&s->lock);
    while (finished != NULL) {
        struct dry__request *r = finished;
        finished = r->following;
        finished_deliver(s, r);
    }
    dry__session_deliver(s, outgoing);
}

/* --- connections --- */

static void ip_of(uint8_t ip[16], int fd)
{
    struct sockaddr_storage a = {0};
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
    dry__session_close(s, x);
    if (x->busy && !x->ready) { /* under way: put back when it is done */
        x->request->connection = NULL;
        dry_mutex_lock(&s->rpc->lock);
        x->request->alone = true;
        dry_mutex_unlock(&s->rpc->lock);
    } else {
        dry__server_put(s, x->request);
    }
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
        return http_body(s, x, in, len);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return http_complete(s, x);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return http_writeable(s, x);
    case LWS_CALLBACK_ESTABLISHED:
        return dry__session_open(x);
    case LWS_CALLBACK_RECEIVE:
        return dry__session_receive(s, x, in, len);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return dry__session_writeable(s, x);
    case LWS_CALLBACK_CLOSED:
        dry__session_close(s, x);
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
