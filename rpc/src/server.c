/* server.c - HTTP and WebSocket on one port, on a thread of its own: one epoll over all sockets.
 * What it hears becomes requests; what is answered at once leaves in one write, the rest when
 * workers or the loop are done with it. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4 */
#endif
#include "server.h"
#include <drystone/common/alloc.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SPARE_MAX 64u                /* request objects kept for reuse */
#define SPARE_BYTES_MAX (256u << 10) /* larger ones are not kept */
#define EVENTS_A_ROUND 64
#define ACCEPTS_A_ROUND 64
#define SCAN_NS 250000000ull /* deadlines are looked at no more often */

/* --- request objects --- */

static void on_done(struct dry__request *r);

bool dry__server_weigh(struct dry__server *s, struct dry__request *r)
{
    size_t now = r->body.cap + r->out.cap + r->arena.total;
    size_t max = (size_t)s->rpc->limits.memory_bytes_max, share = dry__peer_share(s), own, besides;

    dry__peer_charge(s, r->peer, r->charged, now);
    r->charged = now;
    if (now <= DRY__SMALL_BYTES)
        return true;
    own = r->peer->held;
    besides = s->held - (own < share ? own : share) + (own - now);
    return besides <= max / 4 || (own <= share && s->held <= max);
}

struct dry__request *dry__server_get(struct dry__server *s, struct peer *for_whom)
{
    struct dry__request *r = s->spare;

    if (r == NULL) {
        if (!dry_ok(dry__request_open(&r, s->rpc, DRY__HTTP_HEAD_MAX, on_done)))
            return NULL;
    } else {
        s->spare = r->following;
        s->spare_count--;
        dry__request_reset(r);
    }
    r->peer = for_whom;
    (void)dry__server_weigh(s, r); /* something: the peer stays as long as the request */
    return r;
}

void dry__server_put(struct dry__server *s, struct dry__request *r)
{
    if (r == NULL)
        return;
    dry__peer_charge(s, r->peer, r->charged, 0);
    r->charged = 0;
    r->peer = NULL;
    if (s->spare_count >= SPARE_MAX || r->out.ptr == NULL ||
        r->body.cap + r->out.cap + r->arena.total > SPARE_BYTES_MAX) {
        dry__request_close(r);
        return;
    }
    r->following = s->spare;
    s->spare = r;
    s->spare_count++;
}

/* The answer is there: what only the request needed is given back, and the answer is replaced by an
 * error when too much is held. */
static void settle(struct dry__server *s, struct dry__request *r)
{
    if (r->body.cap > DRY__SMALL_BYTES)
        dry_buf_release(&r->body);
    if (r->arena.total > DRY__SMALL_BYTES)
        dry_arena_fini(&r->arena);
    if (dry__server_weigh(s, r))
        return;
    dry__request_replace(r, DRY__RPC_LIMIT, DRY__HELD_TOO_MUCH);
    (void)dry__server_weigh(s, r);
}

bool dry__server_run(struct dry__server *s, struct dry__request *r)
{
    s->answered = false;
    dry__request_run(r);
    if (s->answered)
        settle(s, r);
    return s->answered;
}

/* --- from other threads to this one --- */

bool dry__server_wakes(struct dry__server *s)
{
    bool needed = !s->woken;

    s->woken = true;
    return needed;
}

void dry__server_wake(struct dry__server *s)
{
    uint64_t one = 1;

    while (write(s->wake, &one, sizeof(one)) < 0 && errno == EINTR)
        continue;
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
        dry__server_wake(s);
}

static void finished_deliver(struct dry__server *s, struct dry__request *r)
{
    struct connection *x = r->connection;

    settle(s, r);
    if (r->session != NULL) {
        dry__session_finished(s, r);
    } else if (x != NULL) {
        x->state = WRITES;
        dry__connection_arm(s, x, DRY__NO_PROGRESS_S);
        dry__connection_turn_later(s, x);
    } else {
        dry__server_put(s, r); /* he hung up */
    }
}

/* False: it is time to stop. */
static bool handed_over(struct dry__server *s)
{
    struct dry__request *finished;
    struct outgoing *outgoing;
    bool stop;

    dry_mutex_lock(&s->lock);
    finished = s->finished;
    outgoing = s->outgoing;
    s->finished = NULL;
    s->finished_end = &s->finished;
    s->outgoing = NULL;
    s->outgoing_end = &s->outgoing;
    s->outgoing_bytes = 0;
    s->woken = false;
    stop = s->stop;
    dry_mutex_unlock(&s->lock);
    while (finished != NULL) {
        struct dry__request *r = finished;
        finished = r->following;
        finished_deliver(s, r);
    }
    dry__session_deliver(s, outgoing);
    return !stop;
}

static bool woken(struct dry__server *s)
{
    uint64_t count;

    while (read(s->wake, &count, sizeof(count)) < 0 && errno == EINTR)
        continue;
    return handed_over(s);
}

/* --- the thread --- */

static uint64_t now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void listen_watch(struct dry__server *s, bool on)
{
    struct epoll_event e = {.events = on ? EPOLLIN : 0, .data.ptr = &s->listener};

    (void)epoll_ctl(s->poll, EPOLL_CTL_MOD, s->listener, &e);
    s->deaf = !on;
    if (!on && s->now_ns + SCAN_NS < s->scan_ns)
        s->scan_ns = s->now_ns + SCAN_NS;
}

static void accept_some(struct dry__server *s)
{
    for (int i = 0; i < ACCEPTS_A_ROUND; i++) {
        struct sockaddr_storage from = {0};
        socklen_t len = sizeof(from);
        int fd = accept4(s->listener, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        struct peer_limit reached;
        struct peer *peer;

        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
                listen_watch(s, false);
            return;
        }
        peer = dry__peer_take(s, (struct sockaddr *)&from, &reached);
        if (peer != NULL)
            dry__connection_open(s, fd, peer);
        else if (reached.option != NULL)
            dry__peer_send_away(s, fd, &reached);
        else
            (void)close(fd);
    }
}

/* End those who are past their deadline. */
static void scan(struct dry__server *s)
{
    uint64_t first = dry__peer_close_away(s, false);

    for (struct connection *x = s->all, *next; x != NULL; x = next) {
        next = x->next;
        if (x->body_ns != 0 && x->body_ns <= s->now_ns)
            dry__connection_late(s, x);
        if (x->body_ns != 0 && x->body_ns < first)
            first = x->body_ns;
        if (x->deadline_ns == 0)
            continue;
        if (x->deadline_ns <= s->now_ns)
            dry__connection_drop(s, x);
        else if (x->deadline_ns < first)
            first = x->deadline_ns;
    }
    if (s->deaf)
        listen_watch(s, true);
    s->scan_ns = first < s->now_ns + SCAN_NS ? s->now_ns + SCAN_NS : first;
}

static void take_turns(struct dry__server *s)
{
    struct connection *x = s->turns, *next;

    s->turns = NULL;
    s->turns_end = &s->turns;
    for (; x != NULL; x = next) {
        next = x->next_turn;
        dry__connection_turn(s, x);
    }
}

static int wait_ms(const struct dry__server *s)
{
    if (s->turns != NULL || s->scan_ns <= s->now_ns)
        return 0;
    return s->scan_ns == UINT64_MAX ? -1 : (int)((s->scan_ns - s->now_ns) / 1000000u + 1);
}

bool dry__server_round(struct dry__server *s)
{
    struct epoll_event events[EVENTS_A_ROUND];
    int n = epoll_wait(s->poll, events, EVENTS_A_ROUND, wait_ms(s));
    bool go_on = true;

    s->now_ns = now_ns();
    for (int i = 0; i < n; i++) {
        if (events[i].data.ptr == &s->listener)
            accept_some(s);
        else if (events[i].data.ptr == &s->wake)
            go_on = woken(s);
        else
            dry__connection_event(s, events[i].data.ptr, events[i].events);
    }
    take_turns(s);
    if (s->now_ns >= s->scan_ns)
        scan(s);
    return go_on;
}

static void serve(void *arg)
{
    while (dry__server_round(arg))
        continue;
}

/* --- life --- */

static void complain(struct dry_buf *error, const char *text)
{
    if (error != NULL)
        (void)!dry_ok(dry_buf_append_text(error, text));
}

/* A listening socket at the address; what it passes on to its connections is set, too. */
static int listen_at(const struct addrinfo *a)
{
    int on = 1, off = 0;
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    if (a->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, SOMAXCONN) != 0) {
        int err = errno;

        (void)close(fd);
        errno = err;
        return -1;
    }
    return fd;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage a = {0};
    socklen_t len = sizeof(a);

    if (getsockname(fd, (struct sockaddr *)&a, &len) != 0)
        return 0;
    return ntohs(a.ss_family == AF_INET6
                     ? ((const struct sockaddr_in6 *)(const void *)&a)->sin6_port
                     : ((const struct sockaddr_in *)(const void *)&a)->sin_port);
}

static dry_status listen_open(struct dry__server *s, struct dry_buf *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *list = NULL;
    const char *host = s->rpc->set.host != NULL ? s->rpc->set.host : "127.0.0.1";
    char text[300], service[8];
    int err;

    if (strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    (void)snprintf(service, sizeof(service), "%u", s->rpc->set.port);
    if (getaddrinfo(host, service, &hints, &list) != 0 || list == NULL) {
        (void)snprintf(text, sizeof(text), "--http-host %s: no such address", host);
        complain(error, text);
        return DRY_EINVAL;
    }
    s->listener = listen_at(list);
    err = errno;
    freeaddrinfo(list);
    if (s->listener >= 0) {
        s->port = port_of(s->listener);
        return DRY_OK;
    }
    (void)snprintf(
        text, sizeof(text), "cannot listen on %s port %u: %s%s", host, s->rpc->set.port,
        strerror(err),
        err == EADDRINUSE ? ": choose another with --http-port, or stop what listens there" : "");
    complain(error, text);
    return err == EADDRINUSE ? DRY_STATUS(EBUSY, "port in use") : DRY_EIO;
}

dry_status dry__server_init(struct dry__server **out, struct dry_rpc *rpc)
{
    struct epoll_event e = {.events = EPOLLIN};
    struct dry__server *s = dry_alloc(sizeof(*s));
    dry_status st;

    if (s == NULL)
        return DRY_ENOMEM;
    s->rpc = rpc;
    s->listener = -1;
    s->scan_ns = UINT64_MAX;
    s->turns_end = &s->turns;
    s->finished_end = &s->finished;
    s->outgoing_end = &s->outgoing;
    e.data.ptr = &s->wake;
    st = dry_mutex_init(&s->lock);
    if (!dry_ok(st)) {
        dry_free(s);
        return st;
    }
    s->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    s->poll = epoll_create1(EPOLL_CLOEXEC);
    if (s->wake < 0 || s->poll < 0 || epoll_ctl(s->poll, EPOLL_CTL_ADD, s->wake, &e) != 0) {
        dry__server_close(s);
        return DRY_EIO;
    }
    *out = s; /* requests find it from the first one on */
    return DRY_OK;
}

dry_status dry__server_open(struct dry__server **out, struct dry_rpc *rpc, struct dry_buf *error)
{
    struct epoll_event e = {.events = EPOLLIN};
    struct dry__server *s;
    dry_status st = dry__server_init(out, rpc);

    if (!dry_ok(st)) {
        complain(error, "the RPC server could not be set up");
        return st;
    }
    s = *out;
    e.data.ptr = &s->listener;
    st = listen_open(s, error);
    if (dry_ok(st) && epoll_ctl(s->poll, EPOLL_CTL_ADD, s->listener, &e) != 0)
        st = DRY_EIO;
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
        dry__server_wake(s);
        dry_thread_join(&s->thread);
    }
    while (s->all != NULL)
        dry__connection_drop(s, s->all);
    (void)dry__peer_close_away(s, true);
    (void)handed_over(s);
    while (s->turns != NULL)
        take_turns(s);
    while (s->spare != NULL) {
        struct dry__request *r = s->spare;
        s->spare = r->following;
        dry__request_close(r);
    }
    if (s->listener >= 0)
        (void)close(s->listener);
    if (s->wake >= 0)
        (void)close(s->wake);
    if (s->poll >= 0)
        (void)close(s->poll);
    dry_mutex_fini(&s->lock);
    dry_free(s);
}

uint16_t dry__server_port(const struct dry__server *s)
{
    return s->port;
}
