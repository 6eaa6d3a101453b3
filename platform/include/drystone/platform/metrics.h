/* drystone/platform/metrics.h - counters, gauges and histograms, shown in Prometheus' text format.
 */
#ifndef DRY_PLATFORM_METRICS_H
#define DRY_PLATFORM_METRICS_H
#include <drystone/common/bytes.h>

struct dry_metrics;
struct dry_metric;

#define DRY_METRICS_MAX 4096
#define DRY_METRIC_BUCKETS_MAX 32

struct dry_metric_label {
    const char *key, *value; /* copied */
};

DRY_MUST_USE dry_status dry_metrics_open(struct dry_metrics **out);
/* Frees every metric of it. Accepts NULL. */
void dry_metrics_close(struct dry_metrics *m);

/* Get or make a metric; the same name and labels give the same object. Names are ours:
 * [a-z_][a-z0-9_]*. Valid until the registry closes. ELIMIT past DRY_METRICS_MAX. Thread: any. */
DRY_MUST_USE dry_status dry_metrics_counter(struct dry_metrics *m, struct dry_metric **out,
                                            const char *name, const char *help,
                                            const struct dry_metric_label *labels, size_t count);
DRY_MUST_USE dry_status dry_metrics_gauge(struct dry_metrics *m, struct dry_metric **out,
                                          const char *name, const char *help,
                                          const struct dry_metric_label *labels, size_t count);
/* bounds: upper edges in nanoseconds, rising; shown in seconds. NULL: 14 edges from 100 us to 10 s.
 */
DRY_MUST_USE dry_status dry_metrics_histogram(struct dry_metrics *m, struct dry_metric **out,
                                              const char *name, const char *help,
                                              const uint64_t *bounds_ns, size_t bounds,
                                              const struct dry_metric_label *labels, size_t count);

/* All accept NULL (no metrics wanted). Thread: any; atomic. */
void dry_metric_add(struct dry_metric *m, uint64_t n);      /* counter */
void dry_metric_set(struct dry_metric *m, int64_t v);       /* gauge */
void dry_metric_observe(struct dry_metric *m, uint64_t ns); /* histogram */
/* Counter's or gauge's value, histogram's count. */
uint64_t dry_metric_value(const struct dry_metric *m);

/* Append the text exposition (version 0.0.4) of all. Thread: any. */
DRY_MUST_USE dry_status dry_metrics_write(struct dry_metrics *m, struct dry_buf *out);

#endif /* DRY_PLATFORM_METRICS_H */
