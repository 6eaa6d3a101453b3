/* client.c - bytes to and from the server under test. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include "client.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_ROUNDS 2000

void client_open(struct client *c, struct fixture *f)
{
    struct sockaddr_in a = {.sin_family = AF_INET};

    *c = (struct client){.f = f};
    a.sin_port = htons(dry_rpc_port(f->rpc));
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(c->fd >= 0);
    CHECK(connect(c->fd, (struct sockaddr *)&a, sizeof(a)) == 0);
}

void client_close(struct client *c)
{
    (void)close(c->fd);
    dry_buf_fini(&c->in);
}

void client_send_bytes(struct client *c, const void *p, size_t n)
{
    size_t sent = 0;

    while (sent < n) {
        ssize_t k = send(c->fd, (const char *)p + sent, n - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (k < 0 && errno != EAGAIN)
            return; /* the server closed: the answer, if any, tells */
        sent += k > 0 ? (size_t)k : 0;
        dry_loop_poll(c->f->loop);
    }
}

void client_send(struct client *c, const char *text)
{
    client_send_bytes(c, text, strlen(text));
}

/* One look at the socket; false when it is closed. */
static bool receive(struct client *c)
{
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    char part[4096];
    ssize_t n;

    dry_loop_poll(c->f->loop);
    if (poll(&p, 1, 1) <= 0)
        return true;
    n = recv(c->fd, part, sizeof(part), 0);
    if (n <= 0)
        return false;
    CHECK(dry_ok(dry_buf_append(&c->in, dry_bytes_of(part, (size_t)n))));
    return true;
}

bool client_wait(struct client *c, const char *text)
{
    bool open = true;

    for (int i = 0; i < WAIT_ROUNDS && open; i++) {
        if (c->in.len != 0 && memmem(c->in.ptr, c->in.len, text, strlen(text)) != NULL)
            break;
        open = receive(c);
    }
    CHECK(dry_ok(dry_buf_append_byte(&c->in, 0)));
    c->in.len--;
    return memmem(c->in.ptr, c->in.len, text, strlen(text)) != NULL;
}

bool client_post(struct client *c, const char *headers, const char *body, const char *want)
{
    char head[1024];
    bool found;

    (void)snprintf(head, sizeof(head),
                   "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n%s\r\n",
                   strlen(body), headers);
    c->in.len = 0;
    client_send(c, head);
    client_send(c, body);
    found = client_wait(c, want);
    if (!found)
        fprintf(stderr, "want %s\ngot %s\n", want, c->in.ptr == NULL ? "" : (char *)c->in.ptr);
    return found;
}

bool client_upgrade(struct client *c, const char *headers)
{
    char head[1024];

    (void)snprintf(head, sizeof(head),
                   "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
                   headers);
    c->in.len = 0;
    client_send(c, head);
    return client_wait(c, "\r\n\r\n") && memmem(c->in.ptr, c->in.len, " 101 ", 5) != NULL;
}

void client_message(struct client *c, const char *text)
{
    size_t n = strlen(text);
    uint8_t head[8] = {0x81, (uint8_t)(0x80 | n)};
    size_t k = 2;

    c->in.len = 0;
    if (n > 125) {
        head[1] = 0x80 | 126;
        head[2] = (uint8_t)(n >> 8);
        head[3] = (uint8_t)n;
        k = 4;
    }
    client_send_bytes(c, head, k + 4); /* a mask of zeros */
    client_send_bytes(c, text, n);
}
