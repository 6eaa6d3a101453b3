/* drystone/rpc.h - JSON-RPC over HTTP and WebSocket on one port. Start at dry_rpc_open(). */
#ifndef DRY_RPC_H
#define DRY_RPC_H
#include <drystone/chain.h>
#include <drystone/common/rng.h>
#include <drystone/platform/loop.h>
#include <drystone/platform/metrics.h>
#include <drystone/platform/pool.h>

/* An account whose key the node holds (a dev chain's). */
struct dry_rpc_account {
    struct dry_address address;
    uint8_t secret[32];
};

/* Bounds on what a client may ask for; 0 means the default in brackets. An error names the option.
 */
struct dry_rpc_limits {
    uint64_t body_bytes_max;     /* --rpc-body-max [25 MB] */
    uint32_t batch_max;          /* --rpc-batch-max [1,000] */
    uint64_t response_bytes_max; /* --rpc-response-max [64 MB] */
    uint64_t memory_bytes_max;   /* --rpc-memory-max, held for all; an address: half [64 MB] */
    uint64_t call_gas_max;       /* --rpc-call-gas [60,000,000] */
    uint64_t call_time_ms;       /* --rpc-call-timeout [5 s] */
    uint64_t logs_range_max;     /* --rpc-logs-range, blocks [100,000] */
    uint32_t logs_max;           /* --rpc-logs-max, results [100,000] */
    uint32_t connections_max;    /* --rpc-connections-max [1,024] */
    uint32_t connections_ip_max; /* --rpc-connections-ip-max, per address [256] */
    uint32_t filters_max;        /* --rpc-filters-max [1,024] */
    uint32_t subscriptions_max;  /* --rpc-subscriptions-max, per connection [64] */
    uint64_t filter_idle_ms;     /* --rpc-filter-timeout [5 min] */
};

struct dry_rpc_settings {
    struct dry_chain *chain; /* everything here but the two lists is borrowed until close */
    struct dry_loop *loop;
    struct dry_pool *pool;
    struct dry_clock *clock;
    struct dry_rng *rng;         /* of ids that must not be guessed; NULL: the system's */
    struct dry_log *log;         /* may be NULL */
    struct dry_metrics *metrics; /* shown at /metrics; NULL: nothing is counted, no such pages */
    struct dry_metric *pulse;    /* the monotonic second of the loop's last turn, for /health */
    const char *host;            /* [127.0.0.1] */
    uint16_t port;               /* 0: the system's choice, see dry_rpc_port() */
    /* Names a Host header may carry besides "localhost" and addresses; "*" allows any. */
    const char *const *allow_hosts;
    uint32_t allow_host_count;
    /* Origins that browsers may call from; "*" allows any. None: no CORS headers, WebSockets with
     * an Origin are refused. */
    const char *const *origins;
    uint32_t origin_count;
    const struct dry_rpc_account *accounts;
    uint32_t account_count;
    bool dev_methods;           /* evm_…, and methods that use the accounts' keys */
    const char *client_version; /* web3_clientVersion */
    struct dry_rpc_limits limits;
    bool no_server; /* nothing listens: dry_rpc_handle() alone */
};

struct dry_rpc;
/* Listen and serve on a thread of its own. error gets words for people (port in use, …).
 * Thread: the loop's; so is close, which waits for requests under way. */
DRY_MUST_USE dry_status dry_rpc_open(struct dry_rpc **out, const struct dry_rpc_settings *set,
                                     struct dry_buf *error);
/* Accepts NULL. */
void dry_rpc_close(struct dry_rpc *rpc);
/* The port listened on; 0 without a server. */
uint16_t dry_rpc_port(const struct dry_rpc *rpc);
/* Answer one request (an object or a batch) without a socket: appends the answer, nothing for
 * notifications alone. Everything runs before it returns. Thread: the loop's. ENOMEM. */
DRY_MUST_USE dry_status dry_rpc_handle(struct dry_rpc *rpc, struct dry_buf *out,
                                       struct dry_bytes request);

#endif /* DRY_RPC_H */
