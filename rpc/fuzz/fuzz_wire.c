/* Any bytes on a connection, in any pieces: the readers say the same however the bytes are cut, and
 * the server is left with nothing of a connection once it is closed. The first two bytes say how it
 * is cut and how it ends. */
#include "fixture.h"
#include "server.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define BODY_MAX 4096u
#define ROUNDS_MAX 10000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t piece(uint32_t *seed, size_t left)
{
    size_t n;

    *seed = *seed * 1664525u + 1013904223u;
    n = 1 + (*seed >> 16) % ((*seed & 1) != 0 ? 7 : 300);
    return n < left ? n : left;
}

/* The data of a body in chunks; false when it is bad. *used: where the body ended, or 0. */
static bool chunks(struct dry_buf *out, size_t *used, struct dry_bytes in, uint32_t seed)
{
    struct dry__chunks c = {0};
    size_t at = 0;

    *used = 0;
    while (at < in.len) {
        size_t n = seed == 0 ? in.len : piece(&seed, in.len - at);
        struct dry_bytes rest = dry_bytes_of(in.ptr + at, n), part;
        enum dry__chunks_answer a;

        do {
            a = dry__chunks_read(&c, &rest, &part);
            DRY_ASSERT(dry_ok(dry_buf_append(out, part)));
        } while (a == DRY__CHUNKS_DATA);
        if (a == DRY__CHUNKS_BAD)
            return false;
        at += n;
        *used = at - rest.len;
        if (a == DRY__CHUNKS_END)
            return true;
        DRY_ASSERT(rest.len == 0);
    }
    *used = 0;
    return true;
}

static void readers(struct dry_bytes in, uint32_t seed)
{
    struct dry_buf a = {0}, b = {0};
    size_t a_used, b_used, end = dry__http_head_end(in, 0), seen = 0;
    struct dry__http_head h;
    const char *why;
    bool good = chunks(&a, &a_used, in, 0);

    DRY_ASSERT(chunks(&b, &b_used, in, seed | 1) == good);
    if (good)
        DRY_ASSERT(a_used == b_used && dry_bytes_equal(dry_buf_bytes(&a), dry_buf_bytes(&b)));
    dry_buf_fini(&a);
    dry_buf_fini(&b);
    for (size_t at = 0; at < in.len && seen == 0;) {
        size_t more = at + piece(&seed, in.len - at);

        seen = dry__http_head_end(dry_bytes_of(in.ptr, more), at);
        at = more;
    }
    DRY_ASSERT(seen == end);
    if (end != 0 && dry__http_head_read(&h, &why, dry_bytes_of(in.ptr, end)) != 0)
        DRY_ASSERT(why != NULL);
}

/* Let the server do what it can now. */
static void settle(struct fixture *f)
{
    struct dry__server *s = f->rpc->server;
    uint64_t one = 1;
    bool busy = true;

    for (int i = 0; i < ROUNDS_MAX && busy; i++) {
        DRY_ASSERT(write(s->wake, &one, sizeof(one)) == (ssize_t)sizeof(one)); /* never waits */
        DRY_ASSERT(dry__server_round(s));
        dry_loop_poll(f->loop);
        dry_mutex_lock(&f->rpc->lock);
        busy = f->rpc->under_way != 0;
        dry_mutex_unlock(&f->rpc->lock);
        dry_mutex_lock(&s->lock);
        busy = busy || s->finished != NULL;
        dry_mutex_unlock(&s->lock);
        busy = busy || s->turns != NULL;
    }
    DRY_ASSERT(!busy);
}

static void serve(struct fixture *f, const uint8_t *p, size_t len, uint32_t seed, uint8_t how)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct dry__server *s = f->rpc->server;
    struct peer *peer = dry__peer_take(s, (const struct sockaddr *)(const void *)&from);
    int fd[2];
    char sink[4096];

    DRY_ASSERT(peer != NULL && socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) == 0);
    dry__connection_open(s, fd[0], peer);
    for (size_t at = 0; at < len;) {
        size_t n = piece(&seed, len - at);

        if (send(fd[1], p + at, n, MSG_NOSIGNAL) < 0)
            break;
        at += n;
        if ((how & 1) == 0)
            settle(f);
        while ((how & 2) == 0 && recv(fd[1], sink, sizeof(sink), 0) > 0)
            continue;
    }
    if ((how & 4) != 0)
        (void)shutdown(fd[1], SHUT_WR);
    if ((how & 8) == 0)
        settle(f);
    (void)close(fd[1]);
    settle(f);
    settle(f);
    DRY_ASSERT(s->connections == 0 && s->all == NULL && s->turns == NULL && s->held == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fixture f;

    if (f.rpc == NULL) { /* once: what requests do to the chain is part of the game */
        fixture_open_dev(&f);
        f.set.limits.call_gas_max = 100000;
        f.set.limits.body_bytes_max = BODY_MAX;
        f.set.limits.subscriptions_max = 4;
        DRY_ASSERT(dry_ok(dry_pool_open(&f.pool, 1, 0)));
        f.set.pool = f.pool;
        fixture_serve(&f, false);
        DRY_ASSERT(dry_ok(dry__server_init(&f.rpc->server, f.rpc)));
    }
    if (size < 2)
        return 0;
    readers(dry_bytes_of(data + 2, size - 2), data[0] * 77u);
    serve(&f, data + 2, size - 2, data[0] * 77u, data[1]);
    return 0;
}
