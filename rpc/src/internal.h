/* internal.h - the server object, a request on its way, a call in it. */
#ifndef DRY_RPC_INTERNAL_H
#define DRY_RPC_INTERNAL_H
#include <drystone/platform/json.h>
#include <drystone/platform/lock.h>
#include <drystone/rpc.h>

#define DRY__SMALL_BYTES (64u << 10) /* so much is taken from and answered to anyone */

/* JSON-RPC 2.0 section 5.1, and those geth adds. */
enum dry__rpc_code {
    DRY__RPC_PARSE = -32700,
    DRY__RPC_REQUEST = -32600,
    DRY__RPC_METHOD = -32601,
    DRY__RPC_PARAMS = -32602,
    DRY__RPC_INTERNAL = -32603,
    DRY__RPC_SERVER = -32000,
    DRY__RPC_LIMIT = -32005,
    DRY__RPC_REVERT = 3,
};

struct dry__call;
struct dry__filters;
struct dry__parked;
struct dry__request;
struct dry__server;
struct dry__session;
struct dry__snapshot;
struct dry__sub;
struct peer;

/* Where a method runs. */
enum dry__where {
    DRY__PLACE,  /* on the thread the request came on: quick, needs storage alone */
    DRY__WORKER, /* may take long */
    DRY__LOOP,   /* changes the chain or reads the pool */
};
#define DRY__DEV 1u     /* evm_… and methods that use keys: only with dev_methods */
#define DRY__SESSION 2u /* WebSocket alone */
#define DRY__HEAVY 4u   /* in place only when it comes alone and is quick */
#define DRY__SUBMIT 8u  /* prepared transactions: neighbours in a batch are submitted together */

/* Write the result as one JSON value, or fail with dry__call_fail(). run() may ask for another
 * thread with dry__need() and is then called again there; what it keeps till then goes to
 * call->state. `prepare`, when there, runs once before it, perhaps on another thread and beside
 * those of other calls: it must not touch the arena, nor fail the call. */
struct dry__method {
    const char *name;
    dry_status (*run)(struct dry__call *c, struct dry_json_writer *w);
    void (*prepare)(struct dry__call *c);
    uint8_t where, flags;
    uint8_t params_max;
};
/* Look up by name; NULL. */
const struct dry__method *dry__method_find(struct dry_bytes name);
uint32_t dry__method_count(void);
uint32_t dry__method_index(const struct dry__method *m);
const char *dry__method_name(uint32_t index);

/* One call of a request. */
struct dry__call {
    struct dry_rpc *rpc;
    struct dry__request *request;
    struct dry_arena *arena; /* the request's */
    const struct dry__method *method;
    struct dry_json_value params, id;
    bool has_params, has_id, notify, prepared, submitted;
    bool moved, parked; /* run() wants to go on elsewhere, or later */
    uint8_t where;      /* enum dry__where */
    int code;           /* not 0: failed */
    struct dry_bytes error;
    struct dry_bytes data;       /* of the error: JSON text, may be empty */
    void *state;                 /* the method's own, between prepare and runs */
    struct dry_pending *pending; /* the block to come, once it was asked for */
};

/* Requests that wait, in order. */
struct dry__waiting {
    struct dry__request *first, *last;
};

/* Requests of one connection that wait for a worker, or for the loop; guarded by rpc->lock. */
struct dry__lane {
    struct dry__waiting turns;
    uint32_t running;
    bool listed;               /* among those whose turn comes */
    uint32_t looping;          /* of its requests, posted to the loop */
    struct dry__waiting loops; /* until fewer are */
    struct dry__lane *next;
};

/* One HTTP body or WebSocket message, from parsing to its answer. */
struct dry__request {
    struct dry_rpc *rpc;
    struct dry_arena arena;
    struct dry_buf body;
    struct dry_buf out; /* the answer's JSON, after `head` bytes kept free for the transport */
    size_t head;
    struct dry_json doc;
    bool unread; /* the body is not parsed yet */
    bool batch;
    bool direct;   /* everything runs on the calling thread, which is the loop's */
    bool went;     /* left the thread it came on: done is called on another one */
    uint8_t place; /* enum dry__where it is */
    bool kept;     /* the arena is not given back after each call */
    bool begun;    /* mark is that of the call at hand */
    uint32_t count, next;
    struct dry__call *calls;
    struct dry_arena_mark mark;
    uint64_t began_ns;      /* when requests are timed */
    struct dry__lane *lane; /* the session's, or its own */
    struct dry__lane own;
    bool in_turn;                         /* on a worker, counted in its lane */
    bool looping;                         /* on the loop, counted in its lane */
    uint64_t turn_ns, spent_ns;           /* on a worker or the loop since; and in turns before */
    size_t turn_bytes;                    /* held between turns */
    size_t charged;                       /* the transport's: bytes it counts for this one */
    bool *abandoned;                      /* set with rpc->lock held: nobody waits any more */
    bool alone;                           /* what abandoned points to without a session */
    struct dry__session *session;         /* NULL: not over a WebSocket */
    void *connection;                     /* the transport's */
    struct peer *peer;                    /* the transport's: whose bytes are counted */
    void (*done)(struct dry__request *r); /* any thread */
    struct dry__request *following;       /* in a list: the transport's, a lane's, the parked */
};

#define DRY__RUNNERS_MAX 80u

/* An executor with what watches over its time. */
struct dry__runner {
    struct dry_executor *executor;
    uint64_t deadline_ns; /* 0: not running; guarded by rpc->watch_lock */
};

/* The lowest tips paid in the newest blocks, for the next one's. */
#define DRY__TIP_BLOCKS 64u
#define DRY__TIPS_PER_BLOCK 3u
struct dry__tip_block {
    struct dry_hash hash;
    uint32_t count;
    uint64_t tips[DRY__TIPS_PER_BLOCK];
};
struct dry__tips {
    struct dry_hash head; /* what is suggested after it; zero: nothing yet */
    uint64_t suggested;
    struct dry__tip_block blocks[DRY__TIP_BLOCKS]; /* at their number, modulo */
};

struct dry_rpc {
    struct dry_rpc_settings set;
    struct dry_rpc_limits limits;
    struct dry__server *server;  /* NULL: none wanted */
    struct dry_metric **counted; /* calls by method and outcome; NULL: nothing is counted */
    struct dry_metric *request_time, *connections;
    uint64_t crowded_ns; /* the server thread's: till then no call that may be long runs there */

    struct dry_mutex lock; /* guards the members up to the next blank line */
    bool closing;
    uint32_t under_way;                   /* requests on workers and the loop */
    uint32_t turn_workers;                /* jobs of ours in the pool */
    struct dry__lane *lanes, *lanes_last; /* with requests that wait for a turn */
    size_t turn_bytes;                    /* held by requests between their turns */
    uint32_t idle_count;
    struct dry__runner *idle[DRY__RUNNERS_MAX];
    struct dry__tips tips;

    struct dry_mutex watch_lock;
    struct dry_cond watch_cond;
    struct dry_thread watch_thread;
    bool watching, watch_stop, watch_asleep;
    uint32_t runner_count;
    struct dry__runner *runners[DRY__RUNNERS_MAX];

    struct dry_mutex ears_lock; /* guards filters and subscriptions */
    struct dry__filters *filters;
    struct dry__sub *subs;
    uint64_t ids; /* of subscriptions */

    /* the loop thread's */
    bool listening;
    struct dry__parked *parked;
    struct dry_timer *parked_timer;
    uint64_t snapshot_ids;
    struct dry__snapshot *snapshots;
};

/* --- rpc.c: executors and their time --- */

DRY_MUST_USE dry_status dry__runner_take(struct dry_rpc *rpc, struct dry__runner **out);
void dry__runner_give(struct dry_rpc *rpc, struct dry__runner *r);
/* The runner's executor is stopped ms from now, unless the time is ended before. */
void dry__runner_time(struct dry_rpc *rpc, struct dry__runner *r, uint64_t ms);
void dry__runner_time_end(struct dry_rpc *rpc, struct dry__runner *r);

/* --- counters.c --- */

DRY_MUST_USE dry_status dry__counters_open(struct dry_rpc *rpc);
void dry__counters_close(struct dry_rpc *rpc);
void dry__count_begin(struct dry__request *r);
void dry__count_call(const struct dry__call *c);
/* A request without calls. */
void dry__count_refusal(const struct dry_rpc *rpc);
void dry__count_end(const struct dry__request *r);

/* --- dispatch.c --- */

/* A request object that answers through done; head bytes are left free in front of the answer. */
DRY_MUST_USE dry_status dry__request_open(struct dry__request **out, struct dry_rpc *rpc,
                                          size_t head, void (*done)(struct dry__request *r));
/* Make it ready for another request; its memory is kept. */
void dry__request_reset(struct dry__request *r);
void dry__request_close(struct dry__request *r);
/* Parse r->body and answer it: perhaps before this returns, perhaps later on another thread; done
 * is called once in every case. */
void dry__request_run(struct dry__request *r);

/* Go on where the request stopped, on the thread r->place says. */
void dry__request_drive(struct dry__request *r);
/* The same, posted to the loop. */
void dry__request_on_loop(void *request);
/* What was not answered yet fails, with the status' text; the request is done then. */
void dry__request_fail(struct dry__request *r, dry_status st);

/* Make the answer nothing but this error. */
void dry__request_refuse(struct dry__request *r, int code, const char *text);
/* The same, and give back the memory of the answer so far. Without memory there is no answer. */
void dry__request_replace(struct dry__request *r, int code, const char *text);
/* Whether the call runs where `where` says; false: return dry__elsewhere() from run(), which is
 * then called again there. */
bool dry__need(struct dry__call *c, enum dry__where where);
dry_status dry__elsewhere(void);
/* Before receipts are read of blocks that used so much gas, or so many transactions are written:
 * DRY_OK, or dry__elsewhere() when that takes too long here. */
#define DRY__PLACE_GAS 1000000u
#define DRY__PLACE_TXS 200u
DRY_MUST_USE dry_status dry__reads(struct dry__call *c, uint64_t gas_used, uint32_t tx_count);
/* From run() on the loop: the call waits. dry__resume() calls run() again. */
dry_status dry__park(struct dry__call *c);
/* Thread: the loop's. */
void dry__resume(struct dry__request *r);

/* Whether the server ends. Thread: any; takes rpc->lock. */
bool dry__closing(struct dry_rpc *rpc);
/* For loops in methods, now and then: fails the call when the server closes, nobody waits any more
 * or the request takes too long. */
DRY_MUST_USE dry_status dry__call_goes_on(struct dry__call *c);
/* Whether nobody waits for the answer any more. Thread: any; takes rpc->lock. */
bool dry__call_abandoned(const struct dry__call *c);

/* Fail the call. Text is copied to the arena; returns a status that is not OK. */
dry_status dry__call_fail(struct dry__call *c, int code, const char *text);
__attribute__((format(printf, 3, 4))) dry_status dry__call_failf(struct dry__call *c, int code,
                                                                 const char *format, ...);
/* Whatever failed inside us: out of memory, storage. */
dry_status dry__call_fail_status(struct dry__call *c, dry_status st);

/* --- turns.c: workers shared among connections --- */

/* Have the request driven by a worker when its turn comes. EBUSY: none could be had; who waits is
 * to be refused, one after the other. */
DRY_MUST_USE dry_status dry__turn_wait(struct dry__request *r);
/* One that waits though nobody will serve it, or NULL. */
struct dry__request *dry__turn_refused(struct dry_rpc *rpc);
/* Between two calls: whether others have their turn. The request is theirs then. */
enum dry__turn {
    DRY__TURN_GOES_ON,
    DRY__TURN_OVER,
    DRY__TURN_TOO_LARGE, /* there is no room for its answer meanwhile, and it takes too long */
};
enum dry__turn dry__turn_over(struct dry__request *r);
/* It goes on elsewhere, or is done. Nothing happens outside of a turn. */
void dry__turn_leave(struct dry__request *r);

/* Post to the loop. Its queue is for all: a connection has four requests there, and the rest wait
 * outside. Transactions are not counted: they are quick, and their order matters. EBUSY: it was not
 * taken. */
DRY_MUST_USE dry_status dry__loop_enter(struct dry__request *r);
/* The request goes on elsewhere or is done: the next one of its connection takes its place. */
void dry__loop_leave(struct dry__request *r);

/* --- params.c --- */

/* The i-th parameter; false when absent or null. */
bool dry__param(const struct dry__call *c, uint32_t i, struct dry_json_value *out);
DRY_MUST_USE dry_status dry__param_address(struct dry__call *c, uint32_t i,
                                           struct dry_address *out);
DRY_MUST_USE dry_status dry__param_hash(struct dry__call *c, uint32_t i, struct dry_hash *out);
DRY_MUST_USE dry_status dry__param_u64(struct dry__call *c, uint32_t i, uint64_t *out);
/* A quantity as text alone. */
DRY_MUST_USE dry_status dry__param_index(struct dry__call *c, uint32_t i, uint64_t *out);
DRY_MUST_USE dry_status dry__param_bool(struct dry__call *c, uint32_t i, bool *out, bool fallback);
DRY_MUST_USE dry_status dry__param_data(struct dry__call *c, uint32_t i, struct dry_bytes *out);
/* A storage key: hexadecimal of at most 32 bytes, with or without leading zeros. */
DRY_MUST_USE dry_status dry__slot_key(struct dry__call *c, struct dry_json_value v,
                                      struct dry_hash *out);

/* The block a parameter names. */
struct dry__at {
    struct dry_header header;
    struct dry_hash hash;
    struct dry_u256 total_difficulty;
    bool pending; /* the block after it was asked for */
};
/* Parameter i as tag, number, hash or EIP-1898 object; absent: latest. Fails the call ("header not
 * found") when there is no such block. With pending the head is given. */
DRY_MUST_USE dry_status dry__param_block(struct dry__call *c, uint32_t i, struct dry__at *out);
DRY_MUST_USE dry_status dry__block_of(struct dry__call *c, struct dry_json_value v,
                                      struct dry__at *out);
/* As dry__param_block, but *found false instead of a failure. */
DRY_MUST_USE dry_status dry__param_block_maybe(struct dry__call *c, uint32_t i, struct dry__at *out,
                                               bool *found);
/* State after that block. Fails the call when it is gone. */
DRY_MUST_USE dry_status dry__at_state(struct dry__call *c, const struct dry__at *at,
                                      struct dry_state_view **out);

/* --- pending.c --- */

/* The block to come, run. It may take other threads: hand on the status then. Valid for the call.
 */
DRY_MUST_USE dry_status dry__pending(struct dry__call *c, const struct dry_pending_block **out);
/* State after a block, or after the one to come; its address must not change while it is open. */
struct dry__state {
    struct dry_state_view *view;
    struct dry_overlay_reader changed;
    struct dry_state_reader *reader;
};
DRY_MUST_USE dry_status dry__state_open(struct dry__call *c, struct dry__state *out,
                                        const struct dry__at *at);
void dry__state_close(struct dry__state *s);
/* The block parameter i names, stored or (*pending) to come; *found false when there is none. Fails
 * the call without the parameter, and when the method's name asks for a hash or a number and it is
 * none.
 * receipts may be NULL; else those of the block to come go there. */
DRY_MUST_USE dry_status dry__param_stored(struct dry__call *c, uint32_t i,
                                          struct dry_stored_block *out,
                                          const struct dry_receipt **receipts, bool *found,
                                          bool *pending);

/* --- format.c --- */

void dry__write_header_fields(struct dry_json_writer *w, const struct dry_header *h,
                              const struct dry_hash *hash, bool pending);
/* A block; pending ones have null hash, nonce and miner as geth shows them. */
void dry__write_block(struct dry_json_writer *w, const struct dry_stored_block *b, bool full,
                      bool pending);
/* Where a transaction stands. */
struct dry__tx_at {
    const struct dry_hash *block_hash;
    uint64_t block_number, block_time;
    uint32_t index;
    const struct dry_u256 *base_fee; /* NULL: none */
};
struct dry__tx_at dry__tx_at(const struct dry_stored_block *b, uint32_t i);
void dry__write_uncle(struct dry_json_writer *w, const struct dry_header *h);
void dry__write_access_list(struct dry_json_writer *w, const struct dry_access_entry *list,
                            uint32_t count);
/* at NULL: not in a block. */
void dry__write_tx(struct dry_json_writer *w, const struct dry_tx *tx, const struct dry_hash *hash,
                   const struct dry_address *sender, const struct dry__tx_at *at);
/* The same within an object that is being written. */
void dry__write_tx_members(struct dry_json_writer *w, const struct dry_tx *tx,
                           const struct dry_hash *hash, const struct dry_address *sender,
                           const struct dry__tx_at *at);
void dry__write_log(struct dry_json_writer *w, const struct dry_found_log *log, bool removed);
/* Receipt i of the block; log_index is that of its first log. */
void dry__write_receipt(struct dry_json_writer *w, struct dry_rpc *rpc,
                        const struct dry_stored_block *b, const struct dry_receipt *r, uint32_t i,
                        uint32_t log_index);

/* eth_block.c: the receipt of a mined transaction; *found false: it is in no block. */
DRY_MUST_USE dry_status dry__write_receipt_of(struct dry__call *c, struct dry_json_writer *w,
                                              bool *found, const struct dry_hash *tx_hash);

/* Method functions: one a method, named after it. */
#define DRY__METHOD(name) \
    DRY_MUST_USE dry_status dry__##name(struct dry__call *c, struct dry_json_writer *w)

/* --- server.c --- */

DRY_MUST_USE dry_status dry__server_open(struct dry__server **out, struct dry_rpc *rpc,
                                         struct dry_buf *error);
/* Stop serving; accepts NULL. */
void dry__server_close(struct dry__server *s);
uint16_t dry__server_port(const struct dry__server *s);
/* Bytes free in front of what is sent to a session. */
#define DRY__SESSION_HEAD 32u
/* Send to a session: takes the buffer (DRY__SESSION_HEAD bytes, then JSON). False: too much waits
 * to be sent, and the session will be closed. Thread: any. */
bool dry__session_send(struct dry_rpc *rpc, struct dry__session *s, struct dry_buf *message);

/* --- filters.c, subs.c --- */

DRY_MUST_USE dry_status dry__filters_open(struct dry_rpc *rpc);
void dry__filters_close(struct dry_rpc *rpc);
void dry__filters_event(struct dry_rpc *rpc, const struct dry_chain_event *event);
void dry__subs_event(struct dry_rpc *rpc, const struct dry_chain_event *event);
/* The session is gone. Thread: any. */
void dry__subs_drop(struct dry_rpc *rpc, struct dry__session *s);

/* --- logs.c --- */

/* What a filter object asks for; lists are in the arena. */
struct dry__log_query {
    struct dry_log_filter filter;
    bool has_block_hash, has_from, has_to;
    struct dry_hash block_hash;
    struct dry_json_value from, to;
};
DRY_MUST_USE dry_status dry__log_query(struct dry__call *c, struct dry__log_query *out,
                                       struct dry_json_value v, struct dry_arena *arena);
/* The blocks a filter waits for: numbers bound them, tags do not. Fails the call when they make no
 * range. */
DRY_MUST_USE dry_status dry__log_query_bounds(struct dry__call *c, const struct dry__log_query *q,
                                              uint64_t *from, uint64_t *to);
/* Run it and write the array of logs. */
DRY_MUST_USE dry_status dry__log_query_run(struct dry__call *c, struct dry_json_writer *w,
                                           const struct dry__log_query *q);

/* All logs of a block, read once for all who listen; in the arena. */
struct dry__block_logs {
    struct dry_arena *arena;
    struct dry_bloom bloom;
    struct dry_found_log *logs;
    uint32_t count, cap;
    dry_status st;
};
DRY_MUST_USE dry_status dry__block_logs(struct dry_rpc *rpc, struct dry__block_logs *out,
                                        const struct dry_hash *hash, struct dry_arena *arena);

/* --- eth_tx.c, evm_dev.c: the loop's --- */

/* Submit the prepared transactions of neighbouring calls. */
void dry__submit(struct dry__call *calls, uint32_t count);
/* Drop what prepare left in call->state. */
void dry__submit_drop(struct dry__call *c);
void dry__parked_event(struct dry_rpc *rpc);
void dry__parked_close(struct dry_rpc *rpc);
void dry__snapshots_close(struct dry_rpc *rpc);

#endif /* DRY_RPC_INTERNAL_H */
