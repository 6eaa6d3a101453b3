/* server.h - what the server keeps for its connections; its thread's alone, but where said. */
#ifndef DRY_RPC_SERVER_H
#define DRY_RPC_SERVER_H
#include "http.h"
#include <libwebsockets.h>

#define DRY__SMALL_BYTES (64u << 10) /* so much is taken from and answered to anyone */
#define DRY__NO_PROGRESS_S 30 /* who reads nothing of what waits for him so long is dropped */
#define DRY__WRITE_BYTES                                                    \
    (256u << 10) /* handed to libwebsockets at a time: it copies what waits \
                  */

struct peer { /* connections of one address */
    uint8_t ip[16];
    uint32_t count;
    struct peer *next;
};

struct outgoing { /* a message to a session: DRY__SESSION_HEAD free bytes, then JSON */
    struct outgoing *next;
    struct dry__session *session; /* a reference, in the server's queue */
    struct dry_buf buf;
    size_t at; /* next byte to send; the first DRY__SESSION_HEAD or more are free */
    bool begun;
};

struct dry__session {
    struct dry_refs refs;
    struct connection *connection; /* NULL: closed. This thread's alone, as all below. */
    struct outgoing *first, **end;
    size_t waiting; /* bytes */
    bool gone;      /* guarded by rpc->lock: requests under way are for nobody */
    bool overrun;   /* guarded by the server's lock: more was told than could be passed on */
    bool held_back; /* nothing is read from it */
    uint32_t under_way;
    struct dry__request *reading; /* a message that is arriving */
    bool too_large, too_much;
};

struct connection { /* one a socket, from accept to close */
    struct lws *wsi;
    struct peer *peer;
    struct dry__http_answer answer; /* what the head of the request decided */
    struct dry__request *request;   /* being read or answered */
    bool busy, ready;               /* under way elsewhere; its answer may be written */
    size_t at;                      /* next byte of the answer to write; 0: not begun */
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
    size_t held; /* bytes of requests, answers and messages; see dry__server_weigh() */
    struct dry__request *at_hand; /* run at this moment; answered before run returns or later */
    bool answered;

    struct dry_mutex lock; /* guards what other threads hand over */
    bool stop, woken;
    struct dry__request *finished, **finished_end;
    struct outgoing *outgoing, **outgoing_end;
    size_t outgoing_bytes;
};

/* --- server.c --- */

/* Count what the request holds; false when it is more than a little and all clients together hold
 * too much, unless it does so nearly alone. */
bool dry__server_weigh(struct dry__server *s, struct dry__request *r);
struct dry__request *dry__server_get(struct dry__server *s);
/* Accepts NULL. */
void dry__server_put(struct dry__server *s, struct dry__request *r);
/* Run what was read; true when it was answered at once, and is settled. */
bool dry__server_run(struct dry__server *s, struct dry__request *r);
/* The answer is there: what only the request needed is given back, and the answer is replaced by an
 * error when too much is held. */
void dry__server_settle(struct dry__server *s, struct dry__request *r);

/* --- session.c: WebSockets --- */

/* What callbacks return: 0, or -1 to close the connection. */
int dry__session_open(struct connection *x);
void dry__session_close(struct dry__server *s, struct connection *x);
int dry__session_receive(struct dry__server *s, struct connection *x, const void *in, size_t len);
int dry__session_writeable(struct dry__server *s, struct connection *x);
/* A request that left this thread is answered. */
void dry__session_finished(struct dry__server *s, struct dry__request *r);
/* Pass on what other threads sent. */
void dry__session_deliver(struct dry__server *s, struct outgoing *list);
/* Wake the server's thread; with its lock held: whether that is needed. */
bool dry__server_wakes(struct dry__server *s);

#endif /* DRY_RPC_SERVER_H */
