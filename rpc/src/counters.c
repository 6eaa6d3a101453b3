/* counters.c - calls by method and outcome, and how long requests take. Without a registry nothing
 * is counted and no clock is read. */
#include "internal.h"
#include <drystone/common/alloc.h>
#include <drystone/common/clock.h>

/* Behind the methods: calls of none that we know, and requests that hold no call. */
enum { UNKNOWN, NO_CALL, OTHERS };

dry_status dry__counters_open(struct dry_rpc *rpc)
{
    static const uint64_t edges[] = {25000,     50000,     100000,     250000,     500000,
                                     1000000,   2500000,   5000000,    10000000,   50000000,
                                     100000000, 500000000, 1000000000, 5000000000, 10000000000};
    struct dry_metrics *m = rpc->set.metrics;
    uint32_t count = dry__method_count();
    dry_status st;

    if (m == NULL)
        return DRY_OK;
    rpc->counted = dry_alloc(2u * (count + OTHERS) * sizeof(struct dry_metric *));
    if (rpc->counted == NULL)
        return DRY_ENOMEM;
    st = dry_metrics_histogram(m, &rpc->request_time, "drystone_rpc_request_seconds",
                               "Time from a request's last byte to its answer.", edges,
                               DRY_COUNT(edges), NULL, 0);
    if (dry_ok(st))
        st = dry_metrics_gauge(m, &rpc->connections, "drystone_rpc_connections",
                               "Connections that are open.", NULL, 0);
    for (uint32_t i = 0; i < 2 * (count + OTHERS) && dry_ok(st); i++) {
        const char *name = i / 2 < count              ? dry__method_name(i / 2)
                           : i / 2 == count + UNKNOWN ? "unknown"
                                                      : "none";
        const struct dry_metric_label labels[] = {{"method", name},
                                                  {"outcome", i % 2 == 0 ? "ok" : "error"}};

        st = dry_metrics_counter(m, &rpc->counted[i], "drystone_rpc_calls_total",
                                 "Calls answered, by method and outcome.", labels, 2);
    }
    return st;
}

void dry__counters_close(struct dry_rpc *rpc)
{
    dry_free(rpc->counted);
}

void dry__count_begin(struct dry__request *r)
{
    if (r->rpc->counted != NULL)
        r->began_ns = dry_clock_monotonic_ns(r->rpc->set.clock);
}

void dry__count_call(const struct dry__call *c)
{
    struct dry_rpc *rpc = c->rpc;
    uint32_t i;

    if (rpc->counted == NULL)
        return;
    i = c->method != NULL ? dry__method_index(c->method) : dry__method_count() + UNKNOWN;
    dry_metric_add(rpc->counted[2 * i + (c->code != 0)], 1);
}

void dry__count_refusal(const struct dry_rpc *rpc)
{
    if (rpc->counted != NULL)
        dry_metric_add(rpc->counted[2 * (dry__method_count() + NO_CALL) + 1], 1);
}

void dry__count_end(const struct dry__request *r)
{
    if (r->rpc->counted != NULL)
        dry_metric_observe(r->rpc->request_time,
                           dry_clock_monotonic_ns(r->rpc->set.clock) - r->began_ns);
}
