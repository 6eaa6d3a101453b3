/* client.h - a small HTTP and WebSocket client that keeps the server's loop running meanwhile. */
#ifndef DRY_RPC_TEST_CLIENT_H
#define DRY_RPC_TEST_CLIENT_H
#include "fixture.h"

struct client {
    struct fixture *f;
    int fd;
    struct dry_buf in; /* what came, not yet taken */
};
void client_open(struct client *c, struct fixture *f);
void client_close(struct client *c);
void client_send(struct client *c, const char *text);
void client_send_bytes(struct client *c, const void *p, size_t n);
/* Wait until `text` has come; false after two seconds or when the server closed. What came is in
 * c->in, NUL-terminated. */
bool client_wait(struct client *c, const char *text);
/* POST a body with these further header lines, and wait for `want` in the answer. */
bool client_post(struct client *c, const char *headers, const char *body, const char *want);
/* Become a WebSocket; true when the server agrees. */
bool client_upgrade(struct client *c, const char *headers);
/* Send one text message. */
void client_message(struct client *c, const char *text);
#endif
