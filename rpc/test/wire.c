/* wire.c - a server by hand, a round at a time, and what is said to it. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include "wire.h"
#include "server.h"
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROUNDS_MAX 30000
#define ROUNDS_QUICK 50 /* then others get the processor */

void wire_open(struct fixture *f)
{
    fixture_open_dev(f);
    f->set.limits.call_gas_max = 100000;
    f->set.limits.body_bytes_max = 4096;
    f->set.limits.subscriptions_max = 4;
    CHECK(dry_ok(dry_pool_open(&f->pool, 1, 0)));
    f->set.pool = f->pool;
    fixture_serve(f, false);
    CHECK(dry_ok(dry__server_init(&f->rpc->server, f->rpc)));
}

size_t wire_piece(uint32_t *seed, size_t left)
{
    size_t n;

    *seed = *seed * 1664525u + 1013904223u;
    n = 1 + (*seed >> 16) % ((*seed & 1) != 0 ? 7 : 300);
    return n < left ? n : left;
}

/* Let the server do what it can now. */
static void settle(struct fixture *f)
{
    struct dry__server *s = f->rpc->server;
    uint64_t one = 1;
    bool busy = true;

    for (int i = 0; i < ROUNDS_MAX && busy; i++) {
        CHECK(write(s->wake, &one, sizeof(one)) == (ssize_t)sizeof(one)); /* never waits */
        CHECK(dry__server_round(s));
        dry_loop_poll(f->loop);
        dry_mutex_lock(&f->rpc->lock);
        busy = f->rpc->under_way != 0;
        dry_mutex_unlock(&f->rpc->lock);
        dry_mutex_lock(&s->lock);
        busy = busy || s->finished != NULL;
        dry_mutex_unlock(&s->lock);
        busy = busy || s->turns != NULL;
        if (busy && i > ROUNDS_QUICK)
            (void)poll(NULL, 0, 1);
    }
    CHECK(!busy);
}

int wire_connect(struct fixture *f, uint32_t ip)
{
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(ip)};
    struct dry__server *s = f->rpc->server;
    struct peer_limit reached;
    struct peer *peer = dry__peer_take(s, (const struct sockaddr *)(const void *)&from, &reached);
    int fd[2];

    if (peer == NULL) /* no memory */
        return -1;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) == 0);
    dry__connection_open(s, fd[0], peer);
    return fd[1];
}

void wire_send(struct fixture *f, int fd, const void *said, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t some = len - at < DRY__INPUT_BYTES ? len - at : DRY__INPUT_BYTES; /* read at once */
        ssize_t n = send(fd, (const char *)said + at, some, MSG_NOSIGNAL);

        if (n < 0)
            CHECK(errno == EAGAIN);
        at += n > 0 ? (size_t)n : 0;
        settle(f);
    }
}

bool wire_heard(struct fixture *f, int fd, const char *text)
{
    struct dry_buf all = {0};
    char part[4096];
    bool found;
    ssize_t n;

    settle(f);
    while ((n = recv(fd, part, sizeof(part), 0)) > 0) {
        CHECK(dry_ok(dry_buf_append(&all, dry_bytes_of(part, (size_t)n))));
        settle(f);
    }
    found = all.len != 0 && memmem(all.ptr, all.len, text, strlen(text)) != NULL;
    dry_buf_fini(&all);
    return found;
}

void wire_later(struct fixture *f, uint32_t seconds)
{
    struct dry__server *s = f->rpc->server;
    uint64_t ns = seconds * 1000000000ull;

    for (struct connection *x = s->all; x != NULL; x = x->next) {
        if (x->deadline_ns != 0)
            x->deadline_ns -= ns < x->deadline_ns ? ns : x->deadline_ns - 1;
        if (x->body_ns != 0)
            x->body_ns -= ns < x->body_ns ? ns : x->body_ns - 1;
    }
    s->scan_ns = 0;
    settle(f);
}

void wire_say(struct fixture *f, const void *said, size_t len, uint32_t seed, uint8_t how)
{
    struct dry__server *s = f->rpc->server;
    int fd = wire_connect(f, 0);
    const uint8_t *p = said;
    char sink[4096];

    if (fd < 0)
        return;
    for (size_t at = 0; at < len;) {
        size_t n = wire_piece(&seed, len - at);

        if (send(fd, p + at, n, MSG_NOSIGNAL) < 0)
            break;
        at += n;
        if ((how & 1) == 0)
            settle(f);
        while ((how & 2) == 0 && recv(fd, sink, sizeof(sink), 0) > 0)
            continue;
    }
    if ((how & 4) != 0)
        (void)shutdown(fd, SHUT_WR);
    if ((how & 8) == 0)
        settle(f);
    (void)close(fd);
    settle(f);
    settle(f);
    CHECK(s->connections == 0 && s->all == NULL && s->turns == NULL && s->held == 0);
}
