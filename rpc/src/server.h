/* server.h - what the server keeps for its connections; its thread's alone, but where said. */
#ifndef DRY_RPC_SERVER_H
#define DRY_RPC_SERVER_H
#include "frame.h"
#include "http.h"

#define DRY__INPUT_BYTES (64u << 10) /* read at a time */
#define DRY__NO_PROGRESS_S 30u /* who reads nothing of what waits for him so long is dropped */

/* What is told when that happens. */
#define DRY__HELD_TOO_MUCH \
    "too much is held for clients, or for this address: try again (--rpc-memory-max)"

struct peer { /* connections of one address, and what is held for them; gone with the last of both
               */
    uint8_t ip[16];
    uint32_t count;
    size_t held; /* bytes */
    struct peer *next;
};

struct peer_limit { /* one that is reached */
    const char *what, *option;
    uint32_t max;
};

/* Sockets there is no room for: they are told so, and closed when they had time to read it. Who
 * comes when all places are taken is not told. */
#define DRY__AWAY_MAX 64u
struct away {
    int fd[DRY__AWAY_MAX];
    uint64_t till_ns[DRY__AWAY_MAX];
    uint32_t first, count;
    uint64_t log_ns; /* not again before */
    uint64_t unsaid; /* not yet in the log */
};

struct outgoing { /* bytes to a session: room for a frame's head, then what it sends */
    struct outgoing *next;
    struct dry__session *session; /* a reference, in the server's queue */
    struct dry_buf buf;
    size_t at;    /* next byte to send; the first DRY__SESSION_HEAD or more are free */
    uint8_t code; /* enum dry__frame_code */
    bool begun;   /* in part on its way */
};

struct dry__session {
    struct dry_refs refs;
    struct connection *connection; /* NULL: closed. This thread's alone, as all below. */
    struct outgoing *first, **end;
    struct outgoing *pong; /* among them, not begun */
    size_t waiting;        /* bytes */
    bool gone;             /* guarded by rpc->lock: requests under way are for nobody */
    bool overrun;          /* guarded by the server's lock: more was told than could be passed on */
    bool held_back;        /* nothing is read from it */
    bool closing;          /* nothing is said after what waits */
    uint32_t under_way;
    struct dry__lane lane;
    struct dry__frame frame;      /* whose payload is read */
    uint64_t left;                /* of it; 0: a head is next */
    bool unended;                 /* a message's further frames are to come */
    bool text;                    /* the message is said to be */
    struct dry__request *reading; /* a message that is arriving */
    bool too_large, too_much;
};

enum connection_state {
    READS_HEAD,
    READS_BODY,
    WAITS,   /* the request is under way elsewhere */
    WRITES,  /* the answer */
    SESSION, /* a WebSocket */
    LINGERS, /* all is said; what still comes is dropped, so that it does not cut the answer */
    GONE,    /* freed when its turn comes */
};

struct connection {                  /* one a socket, from accept to close */
    struct connection *next, **prev; /* all of them */
    struct connection *next_turn;
    bool turning;  /* in the list of turns */
    bool doomed;   /* dropped when its turn comes */
    bool hung_up;  /* the client sends no more, as far as we looked */
    bool begun;    /* a head has begun to arrive */
    uint8_t state; /* enum connection_state */
    int fd;
    uint32_t watched; /* events */
    struct peer *peer;
    uint64_t deadline_ns;           /* 0: none */
    uint64_t body_ns;               /* the same for a body or message that is arriving */
    struct dry_buf in;              /* read and not yet taken */
    size_t seen;                    /* of an unfinished head */
    size_t charged;                 /* for `in` */
    struct dry__http_answer answer; /* what the head of the request decided */
    bool chunked;
    struct dry__chunks chunks;
    uint64_t left;                /* of the body */
    struct dry__request *request; /* being read or answered */
    size_t at;                    /* next byte of the answer to write; 0: not begun */
    struct dry__session *session;
};

struct dry__server {
    struct dry_rpc *rpc;
    struct dry_thread thread;
    bool running;
    int listener, wake, poll; /* -1: none */
    uint16_t port;
    uint64_t date_ns; /* when the next second begins */
    char date[DRY__HTTP_DATE_MAX];
    uint64_t now_ns, scan_ns; /* when deadlines are looked at next */
    bool deaf;                /* no new connections till the next look: out of descriptors */
    uint32_t connections;
    struct connection *all;
    struct connection *turns, **turns_end; /* those with something to do without an event */
    struct peer *peers[256];
    struct away away;
    uint32_t ran; /* requests, ever */
    struct dry__request *spare;
    uint32_t spare_count;
    size_t held; /* bytes of requests, answers and messages, of each address its share at most */
    bool answered;
    uint8_t input[DRY__INPUT_BYTES];

    struct dry_mutex lock; /* guards what other threads hand over */
    bool stop, woken;
    struct dry__request *finished, **finished_end;
    struct outgoing *outgoing, **outgoing_end;
    size_t outgoing_bytes;
};

/* --- server.c: the thread, requests, what other threads hand over --- */

/* A server without an address, a thread and connections; dry__server_close() closes it. */
DRY_MUST_USE dry_status dry__server_init(struct dry__server **out, struct dry_rpc *rpc);
/* Wait for something and handle it; false when it is time to stop. */
bool dry__server_round(struct dry__server *s);
/* Count what the request holds; false when it is more than a little and its address holds more than
 * its share, which is half, or all clients together hold too much, unless it does so nearly alone.
 */
bool dry__server_weigh(struct dry__server *s, struct dry__request *r);
struct dry__request *dry__server_get(struct dry__server *s, struct peer *for_whom);
/* Accepts NULL. */
void dry__server_put(struct dry__server *s, struct dry__request *r);
/* Run what was read; true when it was answered at once, and is settled. */
bool dry__server_run(struct dry__server *s, struct dry__request *r);
/* Wake the server's thread; with its lock held: whether that is needed. */
bool dry__server_wakes(struct dry__server *s);
void dry__server_wake(struct dry__server *s);

/* --- connection.c: bytes of sockets, HTTP --- */

/* Takes the socket. */
void dry__connection_open(struct dry__server *s, int fd, struct peer *peer);
/* Close the socket; what belongs to it is freed in its turn. */
void dry__connection_drop(struct dry__server *s, struct connection *x);
/* All is said: close politely. */
void dry__connection_linger(struct dry__server *s, struct connection *x);
void dry__connection_event(struct dry__server *s, struct connection *x, uint32_t events);
/* Have its turn soon: to write, and to take what was read before. */
void dry__connection_turn_later(struct dry__server *s, struct connection *x);
void dry__connection_turn(struct dry__server *s, struct connection *x);
/* Drop it after so many seconds; 0: never. */
void dry__connection_arm(struct dry__server *s, struct connection *x, uint32_t seconds);
/* A body or message begins: it must come at a rate, or is not waited for. */
void dry__connection_body_begin(struct dry__server *s, struct connection *x);
void dry__connection_body_came(struct dry__server *s, struct connection *x, size_t bytes);
/* It came too slowly. */
void dry__connection_late(struct dry__server *s, struct connection *x);
/* Send from *at on; false when the connection is broken. */
bool dry__connection_send(struct connection *x, const struct dry_buf *b, size_t *at);

/* --- peer.c: how many connections an address has, and how much is held for it --- */

struct sockaddr;
/* One more for the address; NULL when that is too many, or without memory (no option). */
struct peer *dry__peer_take(struct dry__server *s, const struct sockaddr *from,
                            struct peer_limit *reached);
void dry__peer_give(struct dry__server *s, struct peer *p);
/* Something that held `was` bytes holds `now`. */
void dry__peer_charge(struct dry__server *s, struct peer *p, size_t was, size_t now);
/* What an address may hold. */
size_t dry__peer_share(const struct dry__server *s);
/* Takes a socket that is too many: says so to it and, once a second, to the log. */
void dry__peer_send_away(struct dry__server *s, int fd, const struct peer_limit *reached);
/* Close those that had their time, or all; when the next one has had it. */
uint64_t dry__peer_close_away(struct dry__server *s, bool all);

/* --- session.c: WebSockets --- */

/* The connection becomes one; false when the key is none. */
bool dry__session_open(struct dry__server *s, struct connection *x, struct dry_bytes key);
void dry__session_close(struct dry__server *s, struct connection *x);
/* Take bytes from the front (they are overwritten): how many. */
size_t dry__session_take(struct dry__server *s, struct connection *x, uint8_t *p, size_t len);
/* A message came too slowly. */
void dry__session_late(struct dry__server *s, struct connection *x);
/* Write what waits. */
void dry__session_write(struct dry__server *s, struct connection *x);
/* A request that left this thread is answered. */
void dry__session_finished(struct dry__server *s, struct dry__request *r);
/* Pass on what other threads sent. */
void dry__session_deliver(struct dry__server *s, struct outgoing *list);

#endif /* DRY_RPC_SERVER_H */
