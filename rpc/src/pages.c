/* pages.c - what is read by GET: /metrics in Prometheus' text format, and /health. */
#include "http.h"
#include <drystone/common/clock.h>

#define PULSE_MAX_S 10u /* without a turn of the loop; it has one every second */

enum dry__page dry__page_find(const struct dry_rpc_settings *set, struct dry_bytes target)
{
    const uint8_t *query = target.len != 0 ? memchr(target.ptr, '?', target.len) : NULL;

    if (set->metrics == NULL)
        return DRY__PAGE_NONE;
    if (query != NULL)
        target.len = (size_t)(query - target.ptr);
    if (dry_bytes_equal(target, DRY_BYTES_LIT("/metrics")))
        return DRY__PAGE_METRICS;
    return dry_bytes_equal(target, DRY_BYTES_LIT("/health")) ? DRY__PAGE_HEALTH : DRY__PAGE_NONE;
}

void dry__page_write(const struct dry_rpc *rpc, struct dry__http_answer *a, struct dry_buf *out)
{
    uint64_t now = dry_clock_monotonic_ns(rpc->set.clock) / 1000000000u;

    a->text = NULL;
    if (a->page == DRY__PAGE_METRICS) {
        if (dry_ok(dry_metrics_write(rpc->set.metrics, out)))
            return;
        a->text = "out of memory";
    } else if (rpc->set.pulse == NULL || now <= dry_metric_value(rpc->set.pulse) + PULSE_MAX_S) {
        a->text = "ok";
        return;
    } else {
        a->text = "the chain has not had its turn for ten seconds";
    }
    a->status = 503;
}
