/* rpc.c - opening and closing; executors for calls and the watch over their time. */
#include "internal.h"
#include <drystone/common/alloc.h>
#include <drystone/common/clock.h>

#define WATCH_MS 4u            /* how exactly time limits are kept */
#define WATCH_IDLE_ROUNDS 250u /* rounds without a call before the watch sleeps */

/* --- executors --- */

static dry_status runner_open(struct dry_rpc *rpc, struct dry__runner **out)
{
    struct dry__runner *r = dry_alloc(sizeof(*r));
    dry_status st;

    if (r == NULL)
        return DRY_ENOMEM;
    st = dry_chain_executor_open(rpc->set.chain, &r->executor);
    if (!dry_ok(st)) {
        dry_free(r);
        return st;
    }
    dry_mutex_lock(&rpc->watch_lock);
    DRY_ASSERT(rpc->runner_count < DRY__RUNNERS_MAX); /* one a thread */
    rpc->runners[rpc->runner_count++] = r;
    dry_mutex_unlock(&rpc->watch_lock);
    *out = r;
    return DRY_OK;
}

dry_status dry__runner_take(struct dry_rpc *rpc, struct dry__runner **out)
{
    struct dry__runner *r = NULL;

    dry_mutex_lock(&rpc->lock);
    if (rpc->idle_count != 0)
        r = rpc->idle[--rpc->idle_count];
    dry_mutex_unlock(&rpc->lock);
    if (r == NULL)
        return runner_open(rpc, out);
    *out = r;
    return DRY_OK;
}

void dry__runner_give(struct dry_rpc *rpc, struct dry__runner *r)
{
    if (r == NULL)
        return;
    dry_mutex_lock(&rpc->lock);
    rpc->idle[rpc->idle_count++] = r;
    dry_mutex_unlock(&rpc->lock);
}

void dry__runner_time(struct dry_rpc *rpc, struct dry__runner *r, uint64_t ms)
{
    uint64_t now = dry_clock_monotonic_ns(rpc->set.clock);

    dry_mutex_lock(&rpc->watch_lock);
    r->deadline_ns = now + ms * 1000000 + 1;
    if (rpc->watch_asleep)
        dry_cond_signal(&rpc->watch_cond);
    dry_mutex_unlock(&rpc->watch_lock);
}

void dry__runner_time_end(struct dry_rpc *rpc, struct dry__runner *r)
{
    dry_mutex_lock(&rpc->watch_lock);
    r->deadline_ns = 0;
    dry_mutex_unlock(&rpc->watch_lock);
}

/* Stop what is past its time; true when something runs. */
static bool watch_round(struct dry_rpc *rpc)
{
    uint64_t now = dry_clock_monotonic_ns(rpc->set.clock);
    bool any = false;

    for (uint32_t i = 0; i < rpc->runner_count; i++) {
        struct dry__runner *r = rpc->runners[i];

        if (r->deadline_ns == 0)
            continue;
        any = true;
        if (now > r->deadline_ns)
            dry_executor_stop(r->executor);
    }
    return any;
}

static void watch(void *arg)
{
    struct dry_rpc *rpc = arg;
    uint32_t idle = 0;

    dry_mutex_lock(&rpc->watch_lock);
    while (!rpc->watch_stop) {
        idle = watch_round(rpc) ? 0 : idle + 1;
        if (idle < WATCH_IDLE_ROUNDS) {
            (void)dry_cond_wait_ms(&rpc->watch_cond, &rpc->watch_lock, WATCH_MS);
            continue;
        }
        rpc->watch_asleep = true;
        dry_cond_wait(&rpc->watch_cond, &rpc->watch_lock);
        rpc->watch_asleep = false;
        idle = 0;
    }
    dry_mutex_unlock(&rpc->watch_lock);
}

static void watch_end(struct dry_rpc *rpc)
{
    if (!rpc->watching)
        return;
    dry_mutex_lock(&rpc->watch_lock);
    rpc->watch_stop = true;
    dry_cond_signal(&rpc->watch_cond);
    dry_mutex_unlock(&rpc->watch_lock);
    dry_thread_join(&rpc->watch_thread);
}

/* --- life --- */

static void limits_fill(struct dry_rpc_limits *out, const struct dry_rpc_limits *in)
{
    *out = *in;
#define OR(member, value) \
    if (out->member == 0) \
        out->member = (value);
    OR(body_bytes_max, 25000000)
    OR(batch_max, 1000)
    OR(response_bytes_max, 64u << 20)
    OR(memory_bytes_max, 64u << 20)
    OR(call_gas_max, 60000000)
    OR(call_time_ms, 5000)
    OR(logs_range_max, 100000)
    OR(logs_max, 100000)
    OR(connections_max, 1024)
    OR(connections_ip_max, 256)
    OR(filters_max, 1024)
    OR(subscriptions_max, 64)
    OR(filter_idle_ms, 300000)
#undef OR
}

static void on_event(void *ctx, const struct dry_chain_event *event)
{
    struct dry_rpc *rpc = ctx;

    dry__filters_event(rpc, event);
    dry__subs_event(rpc, event);
    if (event->kind == DRY_CHAIN_HEAD)
        dry__parked_event(rpc);
}

/* A copy of a list of texts; the texts stay the caller's. */
static dry_status list_copy(const char *const **list, uint32_t count)
{
    const char **copy = dry_alloc((count + 1u) * sizeof(const char *));

    if (copy == NULL)
        return DRY_ENOMEM;
    if (count != 0)
        memcpy(copy, *list, count * sizeof(const char *));
    *list = copy;
    return DRY_OK;
}

static void lists_free(struct dry_rpc *rpc)
{
    dry_free((void *)(uintptr_t)rpc->set.allow_hosts);
    dry_free((void *)(uintptr_t)rpc->set.origins);
}

static dry_status lists_copy(struct dry_rpc *rpc)
{
    dry_status st = list_copy(&rpc->set.allow_hosts, rpc->set.allow_host_count);

    if (!dry_ok(st))
        return st;
    st = list_copy(&rpc->set.origins, rpc->set.origin_count);
    if (!dry_ok(st))
        dry_free((void *)(uintptr_t)rpc->set.allow_hosts);
    return st;
}

static dry_status locks_open(struct dry_rpc *rpc)
{
    dry_status st = dry_mutex_init(&rpc->lock);

    if (!dry_ok(st))
        return st;
    st = dry_mutex_init(&rpc->ears_lock);
    if (!dry_ok(st))
        goto no_ears;
    st = dry_mutex_init(&rpc->watch_lock);
    if (!dry_ok(st))
        goto no_watch;
    st = dry_cond_init(&rpc->watch_cond);
    if (dry_ok(st))
        return st;
    dry_mutex_fini(&rpc->watch_lock);
no_watch:
    dry_mutex_fini(&rpc->ears_lock);
no_ears:
    dry_mutex_fini(&rpc->lock);
    return st;
}

dry_status dry_rpc_open(struct dry_rpc **out, const struct dry_rpc_settings *set,
                        struct dry_buf *error)
{
    struct dry_rpc *rpc = dry_alloc(sizeof(*rpc));
    dry_status st;

    DRY_ASSERT(set->chain != NULL && set->loop != NULL && set->clock != NULL);
    DRY_ASSERT(set->pool != NULL || set->no_server);
    if (rpc == NULL)
        return DRY_ENOMEM;
    rpc->set = *set;
    limits_fill(&rpc->limits, &set->limits);
    st = lists_copy(rpc);
    if (!dry_ok(st)) {
        dry_free(rpc);
        return st;
    }
    st = locks_open(rpc);
    if (!dry_ok(st)) {
        lists_free(rpc);
        dry_free(rpc);
        return st;
    }
    st = dry_thread_start(&rpc->watch_thread, "rpc-watch", watch, rpc);
    rpc->watching = dry_ok(st);
    if (dry_ok(st))
        st = dry__counters_open(rpc);
    if (dry_ok(st))
        st = dry__filters_open(rpc);
    if (dry_ok(st)) {
        st = dry_chain_listen(set->chain, on_event, rpc);
        rpc->listening = dry_ok(st);
    }
    if (dry_ok(st) && !set->no_server)
        st = dry__server_open(&rpc->server, rpc, error);
    if (!dry_ok(st)) {
        dry_rpc_close(rpc);
        return st;
    }
    *out = rpc;
    return DRY_OK;
}

/* Let what is on workers and on the loop come to its end. */
static void wait_under_way(struct dry_rpc *rpc)
{
    bool busy = true;

    dry_mutex_lock(&rpc->lock);
    rpc->closing = true;
    dry_mutex_unlock(&rpc->lock);
    dry__parked_close(rpc);
    while (busy) {
        dry_loop_poll(rpc->set.loop);
        dry_mutex_lock(&rpc->watch_lock); /* calls end early */
        for (uint32_t i = 0; i < rpc->runner_count; i++)
            if (rpc->runners[i]->deadline_ns != 0)
                dry_executor_stop(rpc->runners[i]->executor);
        (void)dry_cond_wait_ms(&rpc->watch_cond, &rpc->watch_lock, 1);
        dry_mutex_unlock(&rpc->watch_lock);
        dry_mutex_lock(&rpc->lock);
        busy = rpc->under_way != 0 || rpc->turn_workers != 0;
        dry_mutex_unlock(&rpc->lock);
    }
}

void dry_rpc_close(struct dry_rpc *rpc)
{
    if (rpc == NULL)
        return;
    if (rpc->listening)
        dry_chain_unlisten(rpc->set.chain, on_event, rpc);
    wait_under_way(rpc);
    dry__server_close(rpc->server);
    dry__filters_close(rpc);
    dry__snapshots_close(rpc);
    watch_end(rpc);
    for (uint32_t i = 0; i < rpc->runner_count; i++) {
        dry_executor_close(rpc->runners[i]->executor);
        dry_free(rpc->runners[i]);
    }
    dry_cond_fini(&rpc->watch_cond);
    dry_mutex_fini(&rpc->watch_lock);
    dry_mutex_fini(&rpc->ears_lock);
    dry_mutex_fini(&rpc->lock);
    dry__counters_close(rpc);
    lists_free(rpc);
    dry_free(rpc);
}

uint16_t dry_rpc_port(const struct dry_rpc *rpc)
{
    return rpc->server == NULL ? 0 : dry__server_port(rpc->server);
}

static void handled(struct dry__request *r)
{
    (void)r;
}

dry_status dry_rpc_handle(struct dry_rpc *rpc, struct dry_buf *out, struct dry_bytes request)
{
    struct dry__request *r = NULL;
    dry_status st = dry__request_open(&r, rpc, 0, handled);

    if (!dry_ok(st))
        return st;
    r->direct = true;
    st = dry_buf_append(&r->body, request);
    if (dry_ok(st)) {
        dry__request_run(r);
    } else if (st.code == DRY_CODE_ELIMIT) {
        dry__request_refuse(r, DRY__RPC_LIMIT, "request too large (--rpc-body-max)");
        st = DRY_OK;
    }
    if (dry_ok(st))
        st = dry_buf_append(out, dry_buf_bytes(&r->out));
    dry__request_close(r);
    return st;
}
