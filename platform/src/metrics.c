/* Metrics: a list that only grows, values by atomics. */
#include <drystone/common/alloc.h>
#include <drystone/platform/lock.h>
#include <drystone/platform/metrics.h>
#include <stdatomic.h>
#include <stdio.h>

#define TEXT_MAX 1024 /* of one metric's name or labels */

enum kind { COUNTER, GAUGE, HISTOGRAM };
static const char *const kind_names[] = {"counter", "gauge", "histogram"};

struct dry_metric {
    struct dry_metric *next; /* written before the metric is published, never after */
    enum kind kind;
    const char *help;
    char name[96];
    char *labels;           /* a="b",c="d" as it is shown; owned */
    _Atomic uint64_t value; /* histogram: the count */
    _Atomic uint64_t sum_ns;
    uint32_t bounds;
    uint64_t bound[DRY_METRIC_BUCKETS_MAX];
    _Atomic uint64_t bucket[DRY_METRIC_BUCKETS_MAX]; /* each its own, summed when shown */
};

struct dry_metrics {
    struct dry_mutex lock; /* guards the list */
    struct dry_metric *first, **end;
    uint32_t count;
};

dry_status dry_metrics_open(struct dry_metrics **out)
{
    struct dry_metrics *m = dry_alloc(sizeof(*m));
    dry_status st;

    if (m == NULL)
        return DRY_ENOMEM;
    m->end = &m->first;
    st = dry_mutex_init(&m->lock);
    if (!dry_ok(st)) {
        dry_free(m);
        return st;
    }
    *out = m;
    return DRY_OK;
}

static void metric_free(struct dry_metric *m)
{
    if (m != NULL)
        dry_free(m->labels);
    dry_free(m);
}

void dry_metrics_close(struct dry_metrics *m)
{
    if (m == NULL)
        return;
    while (m->first != NULL) {
        struct dry_metric *next = m->first->next;

        metric_free(m->first);
        m->first = next;
    }
    dry_mutex_fini(&m->lock);
    dry_free(m);
}

/* a="b",c="d" with backslash, quote and newline escaped. */
static dry_status labels_text(struct dry_buf *out, const struct dry_metric_label *labels,
                              size_t count)
{
    dry_status st = DRY_OK;

    for (size_t i = 0; i < count && dry_ok(st); i++) {
        if (i > 0)
            st = dry_buf_append_byte(out, ',');
        if (dry_ok(st))
            st = dry_buf_append_text(out, labels[i].key);
        if (dry_ok(st))
            st = dry_buf_append_text(out, "=\"");
        for (const char *p = labels[i].value; *p != '\0' && dry_ok(st); p++) {
            if (*p == '\\' || *p == '"' || *p == '\n')
                st = dry_buf_append_byte(out, '\\');
            if (dry_ok(st))
                st = dry_buf_append_byte(out, *p == '\n' ? 'n' : (uint8_t)*p);
        }
        if (dry_ok(st))
            st = dry_buf_append_byte(out, '"');
    }
    return dry_ok(st) ? dry_buf_append_byte(out, 0) : st;
}

static bool name_ok(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

    return n > 0 && name[n] == '\0' && n < sizeof(((struct dry_metric *)0)->name) &&
           (name[0] < '0' || name[0] > '9');
}

/* Insert behind the last of the same name, so that a family stands together; or find it there. */
static dry_status publish(struct dry_metrics *m, struct dry_metric **made, struct dry_metric **out)
{
    struct dry_metric *n = *made, **at;
    dry_status st = DRY_OK;

    dry_mutex_lock(&m->lock);
    at = m->end;
    for (struct dry_metric *i = m->first; i != NULL; i = i->next) {
        if (strcmp(i->name, n->name) != 0)
            continue;
        DRY_ASSERT(i->kind == n->kind);
        if (strcmp(i->labels, n->labels) == 0) {
            *out = i;
            goto done;
        }
        at = &i->next;
    }
    if (m->count == DRY_METRICS_MAX) {
        st = DRY_STATUS(ELIMIT, "too many metrics");
        goto done;
    }
    n->next = *at;
    *at = n;
    if (n->next == NULL)
        m->end = &n->next;
    m->count++;
    *out = n;
    *made = NULL;
done:
    dry_mutex_unlock(&m->lock);
    return st;
}

static dry_status metric_get(struct dry_metrics *m, struct dry_metric **out, enum kind kind,
                             const char *name, const char *help, const uint64_t *bounds_ns,
                             size_t bounds, const struct dry_metric_label *labels, size_t count)
{
    struct dry_buf text = {.max = TEXT_MAX};
    struct dry_metric *n = NULL;
    dry_status st = labels_text(&text, labels, count);

    DRY_ASSERT(name_ok(name) && bounds <= DRY_METRIC_BUCKETS_MAX);
    if (!dry_ok(st))
        goto done;
    st = DRY_ENOMEM;
    n = dry_alloc(sizeof(*n));
    if (n == NULL)
        goto done;
    n->labels = dry_alloc(text.len);
    if (n->labels == NULL)
        goto done;
    memcpy(n->labels, text.ptr, text.len);
    memcpy(n->name, name, strlen(name));
    n->kind = kind;
    n->help = help;
    n->bounds = (uint32_t)bounds;
    if (bounds > 0)
        memcpy(n->bound, bounds_ns, bounds * sizeof(*bounds_ns));
    st = publish(m, &n, out);
done:
    metric_free(n);
    dry_buf_fini(&text);
    return st;
}

dry_status dry_metrics_counter(struct dry_metrics *m, struct dry_metric **out, const char *name,
                               const char *help, const struct dry_metric_label *labels,
                               size_t count)
{
    return metric_get(m, out, COUNTER, name, help, NULL, 0, labels, count);
}

dry_status dry_metrics_gauge(struct dry_metrics *m, struct dry_metric **out, const char *name,
                             const char *help, const struct dry_metric_label *labels, size_t count)
{
    return metric_get(m, out, GAUGE, name, help, NULL, 0, labels, count);
}

dry_status dry_metrics_histogram(struct dry_metrics *m, struct dry_metric **out, const char *name,
                                 const char *help, const uint64_t *bounds_ns, size_t bounds,
                                 const struct dry_metric_label *labels, size_t count)
{
    static const uint64_t usual[] = {100000,    250000,    500000,     1000000,    2500000,
                                     5000000,   10000000,  25000000,   50000000,   100000000,
                                     250000000, 500000000, 1000000000, 10000000000};

    if (bounds_ns == NULL) {
        bounds_ns = usual;
        bounds = DRY_COUNT(usual);
    }
    return metric_get(m, out, HISTOGRAM, name, help, bounds_ns, bounds, labels, count);
}

void dry_metric_add(struct dry_metric *m, uint64_t n)
{
    if (m != NULL)
        atomic_fetch_add_explicit(&m->value, n, memory_order_relaxed);
}

void dry_metric_set(struct dry_metric *m, int64_t v)
{
    if (m != NULL)
        atomic_store_explicit(&m->value, (uint64_t)v, memory_order_relaxed);
}

void dry_metric_observe(struct dry_metric *m, uint64_t ns)
{
    uint32_t i = 0;

    if (m == NULL)
        return;
    while (i < m->bounds && ns > m->bound[i])
        i++;
    if (i < m->bounds)
        atomic_fetch_add_explicit(&m->bucket[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->sum_ns, ns, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->value, 1, memory_order_relaxed);
}

uint64_t dry_metric_value(const struct dry_metric *m)
{
    return m == NULL ? 0 : atomic_load_explicit(&m->value, memory_order_relaxed);
}

/* "name<suffix>{labels,le="…"} value\n"; le and the labels may be empty. */
static dry_status sample(struct dry_buf *out, const struct dry_metric *m, const char *suffix,
                         const char *le, const char *value)
{
    bool labels = *m->labels != '\0', braces = labels || *le != '\0';
    char text[TEXT_MAX + 256];
    int n = snprintf(text, sizeof(text), "%s%s%s%s%s%s%s %s\n", m->name, suffix, braces ? "{" : "",
                     m->labels, labels && *le != '\0' ? "," : "", le, braces ? "}" : "", value);

    DRY_ASSERT(n > 0 && (size_t)n < sizeof(text));
    return dry_buf_append(out, dry_bytes_of(text, (size_t)n));
}

static void seconds_text(char out[40], uint64_t ns)
{
    size_t n = (size_t)snprintf(out, 40, "%llu.%09u", (unsigned long long)(ns / 1000000000),
                                (unsigned)(ns % 1000000000));

    while (out[n - 1] == '0')
        out[--n] = '\0';
    if (out[n - 1] == '.')
        out[--n] = '\0';
}

static dry_status write_histogram(struct dry_buf *out, const struct dry_metric *m)
{
    uint64_t count = dry_metric_value(m), below = 0;
    char le[64], edge[40], value[40];
    dry_status st = DRY_OK;

    for (uint32_t i = 0; i < m->bounds && dry_ok(st); i++) {
        below += atomic_load_explicit(&m->bucket[i], memory_order_relaxed);
        if (below > count)
            count = below; /* observed in between */
        seconds_text(edge, m->bound[i]);
        snprintf(le, sizeof(le), "le=\"%s\"", edge);
        snprintf(value, sizeof(value), "%llu", (unsigned long long)below);
        st = sample(out, m, "_bucket", le, value);
    }
    snprintf(value, sizeof(value), "%llu", (unsigned long long)count);
    if (dry_ok(st))
        st = sample(out, m, "_bucket", "le=\"+Inf\"", value);
    if (dry_ok(st))
        st = sample(out, m, "_count", "", value);
    seconds_text(value, atomic_load_explicit(&m->sum_ns, memory_order_relaxed));
    return dry_ok(st) ? sample(out, m, "_sum", "", value) : st;
}

static dry_status write_one(struct dry_buf *out, const struct dry_metric *m, bool first)
{
    dry_status st = DRY_OK;
    char text[512];

    if (first) {
        snprintf(text, sizeof(text), "# HELP %s %.300s\n# TYPE %s %s\n", m->name, m->help, m->name,
                 kind_names[m->kind]);
        st = dry_buf_append_text(out, text);
    }
    if (!dry_ok(st))
        return st;
    if (m->kind == HISTOGRAM)
        return write_histogram(out, m);
    if (m->kind == GAUGE)
        snprintf(text, sizeof(text), "%lld", (long long)dry_metric_value(m));
    else
        snprintf(text, sizeof(text), "%llu", (unsigned long long)dry_metric_value(m));
    return sample(out, m, "", "", text);
}

dry_status dry_metrics_write(struct dry_metrics *m, struct dry_buf *out)
{
    size_t start = out->len;
    const char *name = "";
    dry_status st = DRY_OK;

    dry_mutex_lock(&m->lock);
    for (const struct dry_metric *i = m->first; i != NULL && dry_ok(st); i = i->next) {
        st = write_one(out, i, strcmp(name, i->name) != 0);
        name = i->name;
    }
    dry_mutex_unlock(&m->lock);
    if (!dry_ok(st))
        out->len = start;
    return st;
}
