/* wire.h - a server without a thread, run by hand, so that a test sees all it does. */
#ifndef DRY_RPC_TEST_WIRE_H
#define DRY_RPC_TEST_WIRE_H
#include "fixture.h"

/* A dev chain and such a server over it, with small limits. fixture_close() closes both. */
void wire_open(struct fixture *f);
/* Open a connection, say this in pieces, and close it; nothing of it is left in the server. Bits of
 * how: 1 all pieces at once, 2 nothing is read, 4 the sending side ends first, 8 the answers are
 * not waited for. */
void wire_say(struct fixture *f, const void *said, size_t len, uint32_t seed, uint8_t how);
/* For a conversation step by step: the client's end of a new connection, -1 without memory; the
 * server has done what it can when these return. */
int wire_connect(struct fixture *f, uint32_t ip);
void wire_send(struct fixture *f, int fd, const void *said, size_t len);
/* Whether this is in what has come since the last look. */
bool wire_heard(struct fixture *f, int fd, const char *text);
/* So much time passes for all connections. */
void wire_later(struct fixture *f, uint32_t seconds);
/* How long the next piece of so many bytes is. */
size_t wire_piece(uint32_t *seed, size_t left);

#endif
