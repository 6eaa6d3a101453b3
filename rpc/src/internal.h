/* internal.h - the server object, a request on its way, a call in it. */
#ifndef DRY_RPC_INTERNAL_H
#define DRY_RPC_INTERNAL_H
#include <drystone/platform/json.h>
#include <drystone/platform/lock.h>
#include <drystone/rpc.h>

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
struct dry__request;
struct dry__server;
struct dry__session;
struct dry__filters;

/* Where a method runs. */
enum dry__where {
    DRY__PLACE,  /* on the thread the request came on: quick, needs storage alone */
    DRY__WORKER, /* may take long */
    DRY__LOOP,   /* changes the chain or reads the pool */
};
#define DRY__DEV 1u     /* evm_… and methods that use keys: only with dev_methods */
#define DRY__SESSION 2u /* WebSocket alone */

/* Write the result as one JSON value, or fail with dry__fail(). `prepare`, when there, runs before
 * on another thread and leaves what it found in call->prepared. */
struct dry__method {
    const char *name;
    dry_status (*run)(struct dry__call *c, struct dry_json_writer *w);
    dry_status (*prepare)(struct dry__call *c);
    uint8_t where, flags;
};
/* Look up by name; NULL. */
const struct dry__method *dry__method_find(struct dry_bytes name);

/* One call of a request. */
struct dry__call {
    struct dry_rpc *rpc;
    struct dry__request *request;
    struct dry_arena *arena; /* the request's */
    const struct dry__method *method;
    struct dry_json_value params, id;
    bool has_params, has_id, notify;
    uint8_t refused; /* the text of what is wrong with the envelope is in error */
    int code;        /* not 0: failed */
    struct dry_bytes error;
    struct dry_bytes data; /* of the error: JSON text, may be empty */
    void *prepared;
};

/* One HTTP body or WebSocket message, from parsing to its answer. */
struct dry__request {
    struct dry_rpc *rpc;
    struct dry_arena arena;
    struct dry_buf body;
    struct dry_buf out; /* the answer's JSON, after `head` bytes kept free for the transport */
    size_t head;
    struct dry_json doc;
    bool batch;
    uint32_t count;
    struct dry__call *calls;
    struct dry__session *session;         /* NULL: not over a WebSocket */
    void *connection;                     /* the transport's */
    void (*done)(struct dry__request *r); /* any thread */
    struct dry__request *next;            /* in the queue of finished ones */
    /* waiting of a worker for the loop */
    struct dry_mutex lock;
    struct dry_cond cond;
    bool waits, ready;
    uint32_t from, to;
};

struct dry_rpc {
    struct dry_rpc_settings set;
    struct dry_rpc_limits limits;
    struct dry__server *server;
    struct dry__filters *filters;
    struct dry_mutex lock; /* guards the executors below */
    uint32_t idle_count;
    struct dry_executor *idle[64];
    uint64_t snapshots; /* evm_snapshot: ids given; loop thread */
    struct dry__dev_snapshot *snapshot_list;
};

/* --- dispatch.c --- */

/* A request object that answers through done; head bytes are left free in front of the answer. */
DRY_MUST_USE dry_status dry__request_open(struct dry__request **out, struct dry_rpc *rpc,
                                          size_t head, void (*done)(struct dry__request *r));
void dry__request_close(struct dry__request *r);
/* Parse r->body and answer it: perhaps before this returns, perhaps later on another thread; done
 * is called once in every case. */
void dry__request_run(struct dry__request *r);

/* Fail the call. Text is copied to the arena; returns a status that is not OK. */
dry_status dry__fail(struct dry__call *c, int code, const char *text);
__attribute__((format(printf, 3, 4))) dry_status dry__failf(struct dry__call *c, int code,
                                                            const char *format, ...);
/* Whatever failed inside us: out of memory, storage. */
dry_status dry__fail_status(struct dry__call *c, dry_status st);

/* --- params.c --- */

/* The i-th parameter; false when absent or null. */
bool dry__param(const struct dry__call *c, uint32_t i, struct dry_json_value *out);
DRY_MUST_USE dry_status dry__param_address(struct dry__call *c, uint32_t i,
                                           struct dry_address *out);
DRY_MUST_USE dry_status dry__param_hash(struct dry__call *c, uint32_t i, struct dry_hash *out);
DRY_MUST_USE dry_status dry__param_u64(struct dry__call *c, uint32_t i, uint64_t *out);
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

/* --- format.c --- */

void dry__write_header_fields(struct dry_json_writer *w, const struct dry_header *h,
                              const struct dry_hash *hash, const struct dry_u256 *td);
/* A block; pending ones have null hash, nonce and miner as geth shows them. */
void dry__write_block(struct dry_json_writer *w, const struct dry_stored_block *b, bool full,
                      bool pending);
/* Where a transaction stands; hash NULL: nowhere yet. */
struct dry__tx_at {
    const struct dry_hash *block_hash;
    uint64_t block_number, block_time;
    uint32_t index;
    const struct dry_u256 *base_fee; /* NULL: none */
};
void dry__write_tx(struct dry_json_writer *w, const struct dry_tx *tx, const struct dry_hash *hash,
                   const struct dry_address *sender, const struct dry__tx_at *at);
void dry__write_log(struct dry_json_writer *w, const struct dry_found_log *log, bool removed);
/* Receipt i of the block; log_index is that of its first log. */
void dry__write_receipt(struct dry_json_writer *w, struct dry_rpc *rpc,
                        const struct dry_stored_block *b, const struct dry_receipt *r, uint32_t i,
                        uint32_t log_index);

/* --- calls (eth_call.c) --- */

DRY_MUST_USE dry_status dry__executor_take(struct dry_rpc *rpc, struct dry_executor **out);
void dry__executor_give(struct dry_rpc *rpc, struct dry_executor *e);

/* --- server.c --- */

DRY_MUST_USE dry_status dry__server_open(struct dry__server **out, struct dry_rpc *rpc,
                                         struct dry_buf *error);
void dry__server_close(struct dry__server *s);
uint16_t dry__server_port(const struct dry__server *s);

/* --- tables: one function a method; see methods.c --- */
#define DRY__METHOD_RUN(name) dry_status dry__##name(struct dry__call *c, struct dry_json_writer *w)

#endif /* DRY_RPC_INTERNAL_H */
