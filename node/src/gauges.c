/* gauges.c - what an operator watches of the chain, the pool and the process: counted by a listener
 * of the chain, sampled once a second on the loop. Only with --metrics. */
#include "gauges.h"
#include <drystone/common/alloc.h>
#include <drystone/platform/system.h>
#include <sys/stat.h>

#define SAMPLE_MS 1000u
#define STORAGE_SAMPLES 15u /* the directory is walked every so many */

struct dry_gauges {
    struct dry_node *node;
    struct dry_timer *timer;
    struct dry_buf directory; /* of the storage, with its NUL; empty: in memory */
    uint32_t samples;
    struct dry_metric *blocks, *txs, *gas, *reorgs;
    struct dry_metric *head_number, *head_time;
    struct dry_metric *pending, *queued, *jobs, *resident, *storage;
};

static void on_event(void *ctx, const struct dry_chain_event *e)
{
    struct dry_gauges *g = ctx;

    if (e->kind != DRY_CHAIN_HEAD)
        return;
    dry_metric_add(g->blocks, e->added_count);
    dry_metric_add(g->txs, e->added_txs);
    if (e->removed_count != 0)
        dry_metric_add(g->reorgs, 1);
    if (e->added_count != 0)
        dry_metric_add(g->gas, e->head->header.gas_used);
    for (uint32_t i = 0; i + 1 < e->added_count; i++) { /* of the others: a branch */
        struct dry_arena arena = {0};
        struct dry_header h;

        if (dry_ok(dry_chain_header(g->node->chain, &h, &e->added[i], &arena)))
            dry_metric_add(g->gas, h.gas_used);
        dry_arena_fini(&arena);
    }
    dry_metric_set(g->head_number, (int64_t)e->head->header.number);
    dry_metric_set(g->head_time, (int64_t)e->head->header.time);
}

struct walk {
    const char *directory;
    uint64_t bytes;
};

static void add_file(const char *name, void *arg)
{
    struct walk *w = arg;
    struct dry_buf path = {0};
    struct stat s;

    if (dry_ok(dry_path_join(&path, w->directory, name)) && stat((const char *)path.ptr, &s) == 0 &&
        S_ISREG(s.st_mode))
        w->bytes += (uint64_t)s.st_size;
    dry_buf_fini(&path);
}

static void sample(void *arg)
{
    struct dry_gauges *g = arg;
    struct dry_pool_counts pool = dry_chain_pool_counts(g->node->chain);
    struct walk w = {(const char *)g->directory.ptr, 0};

    dry_metric_set(g->node->pulse,
                   (int64_t)(dry_clock_monotonic_ns(dry_system_clock()) / 1000000000u));
    dry_metric_set(g->pending, pool.pending);
    dry_metric_set(g->queued, pool.queued);
    dry_metric_set(g->jobs, dry_pool_outstanding(g->node->pool));
    dry_metric_set(g->resident, (int64_t)dry_process_resident_bytes());
    if (w.directory != NULL && g->samples++ % STORAGE_SAMPLES == 0 &&
        dry_ok(dry_dir_each(w.directory, add_file, &w)))
        dry_metric_set(g->storage, (int64_t)w.bytes);
}

static dry_status counters_make(struct dry_gauges *g, struct dry_metrics *m)
{
    const struct {
        struct dry_metric **out;
        const char *name, *help;
    } all[] = {
        {&g->blocks, "drystone_blocks_total", "Blocks that joined the canonical chain."},
        {&g->txs, "drystone_transactions_total", "Transactions in these blocks."},
        {&g->gas, "drystone_gas_total", "Gas used by these blocks."},
        {&g->reorgs, "drystone_reorgs_total", "Times that blocks left the canonical chain."},
    };
    dry_status st = DRY_OK;

    for (size_t i = 0; i < DRY_COUNT(all) && dry_ok(st); i++)
        st = dry_metrics_counter(m, all[i].out, all[i].name, all[i].help, NULL, 0);
    return st;
}

static dry_status gauges_make(struct dry_gauges *g, struct dry_metrics *m)
{
    static const char in_pool[] = "Transactions waiting: for a block, or for one before them.";
    static const struct dry_metric_label pending = {"state", "pending"};
    static const struct dry_metric_label queued = {"state", "queued"};
    const struct {
        struct dry_metric **out;
        const char *name, *help;
        const struct dry_metric_label *label;
    } all[] = {
        {&g->head_number, "drystone_head_number", "Number of the head.", NULL},
        {&g->head_time, "drystone_head_timestamp_seconds", "Timestamp of the head.", NULL},
        {&g->pending, "drystone_pool_transactions", in_pool, &pending},
        {&g->queued, "drystone_pool_transactions", in_pool, &queued},
        {&g->jobs, "drystone_worker_jobs", "Jobs waiting for a worker or on one.", NULL},
        {&g->node->pulse, "drystone_loop_pulse_seconds",
         "Monotonic time at which the chain's loop last had its turn.", NULL},
        {&g->resident, "process_resident_memory_bytes", "Resident memory.", NULL},
    };
    dry_status st = DRY_OK;

    for (size_t i = 0; i < DRY_COUNT(all) && dry_ok(st); i++)
        st = dry_metrics_gauge(m, all[i].out, all[i].name, all[i].help, all[i].label,
                               all[i].label != NULL);
    if (dry_ok(st) && g->directory.len != 0)
        st = dry_metrics_gauge(m, &g->storage, "drystone_storage_bytes",
                               "Size of the files that hold the chain.", NULL, 0);
    return st;
}

dry_status dry_gauges_open(struct dry_gauges **out, struct dry_node *n)
{
    const char *datadir = dry_options_text(n->options, "datadir");
    struct dry_gauges *g = dry_alloc(sizeof(*g));
    struct dry_head *h;
    dry_status st = DRY_OK;

    if (g == NULL)
        return DRY_ENOMEM;
    g->node = n;
    if (datadir != NULL)
        st = dry_path_join(&g->directory, datadir, "chain");
    if (dry_ok(st))
        st = counters_make(g, n->metrics);
    if (dry_ok(st))
        st = gauges_make(g, n->metrics);
    if (dry_ok(st))
        st = dry_timer_open(&g->timer, n->loop, sample, g);
    if (dry_ok(st))
        st = dry_chain_listen(n->chain, on_event, g);
    if (!dry_ok(st)) {
        dry_timer_close(g->timer);
        dry_buf_fini(&g->directory);
        dry_free(g);
        return st;
    }
    h = dry_chain_head(n->chain);
    dry_metric_set(g->head_number, (int64_t)h->header.number);
    dry_metric_set(g->head_time, (int64_t)h->header.time);
    dry_head_close(h);
    sample(g);
    dry_timer_start(g->timer, SAMPLE_MS, SAMPLE_MS);
    *out = g;
    return DRY_OK;
}

void dry_gauges_close(struct dry_gauges *g)
{
    if (g == NULL)
        return;
    dry_chain_unlisten(g->node->chain, on_event, g);
    dry_timer_close(g->timer);
    dry_buf_fini(&g->directory);
    dry_free(g);
}
