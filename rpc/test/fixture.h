/* fixture.h - an RPC server object without sockets over a chain in memory. */
#ifndef DRY_RPC_TEST_FIXTURE_H
#define DRY_RPC_TEST_FIXTURE_H
#include <drystone/consensus.h>
#include <drystone/crypto.h>
#include <drystone/execution.h>
#include <drystone/rpc.h>
#include <drystone/storage.h>
#include <drystone/test.h>

struct fixture_clock {
    struct dry_clock base;
    uint64_t wall_ms, monotonic_ns;
};

struct fixture {
    struct fixture_clock clock;
    struct dry_loop *loop;
    struct dry_pool *pool; /* NULL unless asked for */
    struct dry_storage *storage;
    struct dry_arena arena;
    struct dry_buf error;
    struct dry_genesis genesis;
    struct dry_chain *chain;
    struct dry_rpc_account accounts[10];
    struct dry_rpc_settings set; /* may be changed before fixture_serve() */
    struct dry_rpc *rpc;
    struct dry_buf answer;
};

/* A dev chain with ten funded accounts and automine; then fixture_serve(). */
void fixture_open_dev(struct fixture *f);
/* The chain of the recorded conversations; false (said loudly) when it is not there. */
bool fixture_open_vectors(struct fixture *f);
/* Open the server object; with_server: on a socket, with workers. */
void fixture_serve(struct fixture *f, bool with_server);
void fixture_close(struct fixture *f);

/* Answer a request; the text is valid until the next one. */
const char *fixture_ask(struct fixture *f, const char *request);
/* The same with one call's method and parameters (JSON text of the array). */
const char *fixture_call(struct fixture *f, const char *method, const char *params);
/* Fail unless the call's answer is `{"jsonrpc":"2.0","id":1,` and this rest. */
void fixture_expect(struct fixture *f, const char *method, const char *params, const char *rest);
/* Fail unless the answer has this text in it. */
void fixture_expect_text(struct fixture *f, const char *method, const char *params,
                         const char *text);
#endif
