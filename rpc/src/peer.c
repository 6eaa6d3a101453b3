/* peer.c - connections counted by address, and those there is no room for. */
#include "server.h"
#include <drystone/common/alloc.h>
#include <drystone/platform/log.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define AWAY_NS 500000000ull
#define LOG_NS 1000000000ull

static void ip_of(uint8_t ip[16], const struct sockaddr *from)
{
    memset(ip, 0, 16);
    if (from->sa_family == AF_INET) {
        memcpy(ip, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
    } else if (from->sa_family == AF_INET6) {
        const struct in6_addr *a = &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;

        if (IN6_IS_ADDR_V4MAPPED(a))
            memcpy(ip, a->s6_addr + 12, 4);
        else
            memcpy(ip, a, 8); /* a /64 is one address */
    }
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

struct peer *dry__peer_take(struct dry__server *s, const struct sockaddr *from,
                            struct peer_limit *reached)
{
    const struct dry_rpc_limits *l = &s->rpc->limits;
    uint8_t ip[16];
    struct peer **p;

    ip_of(ip, from);
    p = peer_find(s, ip);
    *reached = (struct peer_limit){0};
    if (s->connections >= l->connections_max)
        *reached = (struct peer_limit){"connections", "--rpc-connections-max", l->connections_max};
    else if (*p != NULL && (*p)->count >= l->connections_ip_max)
        *reached = (struct peer_limit){"connections from this address", "--rpc-connections-ip-max",
                                       l->connections_ip_max};
    if (reached->option != NULL)
        return NULL;
    if (*p == NULL) {
        *p = dry_alloc(sizeof(**p));
        if (*p == NULL)
            return NULL;
        memcpy((*p)->ip, ip, 16);
    }
    (*p)->count++;
    s->connections++;
    return *p;
}

static void peer_leave(struct dry__server *s, struct peer *p)
{
    struct peer **at;

    if (p->count != 0 || p->held != 0)
        return;
    at = peer_find(s, p->ip);
    *at = p->next;
    dry_free(p);
}

void dry__peer_give(struct dry__server *s, struct peer *p)
{
    s->connections--;
    p->count--;
    peer_leave(s, p);
}

size_t dry__peer_share(const struct dry__server *s)
{
    return (size_t)(s->rpc->limits.memory_bytes_max / 2);
}

static size_t counted(const struct dry__server *s, const struct peer *p)
{
    size_t share = dry__peer_share(s);

    return p->held < share ? p->held : share;
}

void dry__peer_charge(struct dry__server *s, struct peer *p, size_t was, size_t now)
{
    if (was == now)
        return;
    s->held -= counted(s, p);
    p->held += now - was;
    s->held += counted(s, p);
    peer_leave(s, p);
}

/* --- those there is no room for --- */

static void say(int fd, const struct peer_limit *reached)
{
    char body[256], text[512];
    int n = snprintf(body, sizeof(body),
                     "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":%d,"
                     "\"message\":\"too many %s: %u (%s)\"}}",
                     DRY__RPC_LIMIT, reached->what, reached->max, reached->option);

    n = snprintf(text, sizeof(text),
                 "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n"
                 "content-length: %d\r\nconnection: close\r\n\r\n%s",
                 n, body);
    (void)!send(fd, text, (size_t)n, MSG_NOSIGNAL);
}

void dry__peer_send_away(struct dry__server *s, int fd, const struct peer_limit *reached)
{
    struct away *a = &s->away;
    uint32_t at = (a->first + a->count) % DRY__AWAY_MAX;

    a->unsaid++;
    if (s->now_ns >= a->log_ns) {
        DRY_LOG(s->rpc->set.log, WARN, "rpc", "too many connections: refused",
                DRY_FIELD_STR("limit", reached->option), DRY_FIELD_U64("max", reached->max),
                DRY_FIELD_U64("refused", a->unsaid));
        a->unsaid = 0;
        a->log_ns = s->now_ns + LOG_NS;
    }
    if (a->count == DRY__AWAY_MAX) {
        (void)close(fd);
        return;
    }
    say(fd, reached);
    (void)shutdown(fd, SHUT_WR);
    a->fd[at] = fd;
    a->till_ns[at] = s->now_ns + AWAY_NS;
    a->count++;
    if (a->till_ns[at] < s->scan_ns)
        s->scan_ns = a->till_ns[at];
}

uint64_t dry__peer_close_away(struct dry__server *s, bool all)
{
    struct away *a = &s->away;

    while (a->count != 0 && (all || a->till_ns[a->first] <= s->now_ns)) {
        /* What came and is not read would make the close a reset, which may cut the answer. */
        (void)!recv(a->fd[a->first], s->input, sizeof(s->input), MSG_DONTWAIT);
        (void)close(a->fd[a->first]);
        a->first = (a->first + 1) % DRY__AWAY_MAX;
        a->count--;
    }
    return a->count != 0 ? a->till_ns[a->first] : UINT64_MAX;
}
