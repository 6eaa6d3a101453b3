/* peer.c - connections counted by address. */
#include "server.h"
#include <drystone/common/alloc.h>
#include <netinet/in.h>

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

struct peer *dry__peer_take(struct dry__server *s, const struct sockaddr *from)
{
    uint8_t ip[16];
    struct peer **p;

    ip_of(ip, from);
    p = peer_find(s, ip);
    if (s->connections >= s->rpc->limits.connections_max ||
        (*p != NULL && (*p)->count >= s->rpc->limits.connections_ip_max))
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

void dry__peer_give(struct dry__server *s, struct peer *p)
{
    s->connections--;
    if (--p->count == 0) {
        struct peer **at = peer_find(s, p->ip);

        *at = p->next;
        dry_free(p);
    }
}
