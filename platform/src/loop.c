/* The loop thread: libuv, a bounded queue of posted calls, timers, signals. */
#include "loop_node.h"
#include <drystone/common/alloc.h>
#include <drystone/platform/lock.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>
#include <uv.h>

#define QUEUE_DEFAULT 4096u
#define BATCH 64 /* calls taken from the queue under one lock */

struct call {
    void (*fn)(void *arg);
    void *arg;
};

struct dry_loop {
    uv_loop_t uv;
    uv_async_t wake;
    pthread_t thread;
    struct dry_mutex lock; /* guards all that follows */
    struct dry_cond room;
    struct call *queue; /* a ring */
    uint32_t max, first, count, waiting;
    uint64_t posted, taken; /* calls ever put in the queue, and handed over */
    uint64_t woken_after;   /* the wake asked for comes when so many calls were handed over */
    bool woken;
    struct dry__loop_node *nodes, **nodes_end;
    atomic_bool stop;
    void (*on_signal)(void *arg, int signum);
    void *signal_arg;
    void (*on_woken)(void *arg);
    void *woken_arg;
};

struct dry_timer {
    uv_timer_t uv;
    void (*fn)(void *arg);
    void *arg;
};

/* Signals are of the process, so this is too. */
static _Atomic(struct dry_loop *) signal_loop;
static atomic_int signal_first, signal_handed;
static bool hangup_watched;

static uint32_t take(struct dry_loop *l, struct call batch[BATCH], struct dry__loop_node **nodes)
{
    uint32_t n = 0;

    dry_mutex_lock(&l->lock);
    for (; n < BATCH && l->count > 0; n++) {
        batch[n] = l->queue[l->first];
        l->first = (l->first + 1) % l->max;
        l->count--;
    }
    l->taken += n;
    *nodes = l->nodes;
    l->nodes = NULL;
    l->nodes_end = &l->nodes;
    if (l->waiting > 0)
        dry_cond_broadcast(&l->room);
    dry_mutex_unlock(&l->lock);
    return n;
}

/* Run what is queued; true when something was left for later, to let other events in between. */
static bool drain(struct dry_loop *l)
{
    struct call batch[BATCH];
    struct dry__loop_node *nodes;
    uint32_t n = take(l, batch, &nodes);

    while (nodes != NULL) {
        struct dry__loop_node *next = nodes->next; /* fn may free the node */

        nodes->fn(nodes);
        nodes = next;
    }
    for (uint32_t i = 0; i < n; i++)
        batch[i].fn(batch[i].arg);
    return n == BATCH;
}

/* What was posted before the wake was asked for has run: as if it had been posted, too. */
static bool wake_due(struct dry_loop *l)
{
    bool due;

    dry_mutex_lock(&l->lock);
    due = l->woken && l->taken >= l->woken_after;
    if (due)
        l->woken = false; /* the callback may ask for the next one */
    dry_mutex_unlock(&l->lock);
    return due;
}

static void on_wake(uv_async_t *handle)
{
    struct dry_loop *l = handle->data;
    int signum = atomic_load(&signal_first);

    if (signum != 0 && atomic_load(&signal_loop) == l && !atomic_exchange(&signal_handed, 1))
        l->on_signal(l->signal_arg, signum);
    if (drain(l))
        uv_async_send(&l->wake);
    if (wake_due(l))
        l->on_woken(l->woken_arg);
    if (atomic_exchange(&l->stop, false))
        uv_stop(&l->uv);
}

dry_status dry_loop_open(struct dry_loop **out, uint32_t queue_max)
{
    dry_status st = DRY_ENOMEM;
    struct dry_loop *l = dry_alloc(sizeof(*l));

    if (l == NULL)
        return st;
    l->max = queue_max == 0 ? QUEUE_DEFAULT : queue_max;
    l->nodes_end = &l->nodes;
    l->thread = pthread_self();
    l->queue = dry_alloc(l->max * sizeof(*l->queue));
    if (l->queue == NULL)
        goto no_queue;
    st = dry_mutex_init(&l->lock);
    if (!dry_ok(st))
        goto no_lock;
    st = dry_cond_init(&l->room);
    if (!dry_ok(st))
        goto no_cond;
    st = DRY_STATUS(EIO, "no event loop");
    if (uv_loop_init(&l->uv) != 0)
        goto no_loop;
    if (uv_async_init(&l->uv, &l->wake, on_wake) != 0)
        goto no_wake;
    l->wake.data = l;
    *out = l;
    return DRY_OK;
no_wake:
    uv_loop_close(&l->uv);
no_loop:
    dry_cond_fini(&l->room);
no_cond:
    dry_mutex_fini(&l->lock);
no_lock:
    dry_free(l->queue);
no_queue:
    dry_free(l);
    return st;
}

void dry_loop_close(struct dry_loop *l)
{
    if (l == NULL)
        return;
    DRY_ASSERT(dry_loop_is_current(l));
    if (atomic_load(&signal_loop) == l) {
        signal(SIGTERM, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        if (hangup_watched)
            signal(SIGHUP, SIG_DFL);
        atomic_store(&signal_loop, NULL);
    }
    for (bool more = true; more;) {
        drain(l);
        dry_mutex_lock(&l->lock);
        more = l->count > 0 || l->nodes != NULL;
        dry_mutex_unlock(&l->lock);
    }
    uv_close((uv_handle_t *)&l->wake, NULL);
    uv_run(&l->uv, UV_RUN_DEFAULT);
    DRY_ASSERT(uv_loop_close(&l->uv) == 0); /* somebody left a handle open */
    dry_cond_fini(&l->room);
    dry_mutex_fini(&l->lock);
    dry_free(l->queue);
    dry_free(l);
}

void dry_loop_run(struct dry_loop *l)
{
    DRY_ASSERT(dry_loop_is_current(l));
    uv_run(&l->uv, UV_RUN_DEFAULT);
}

void dry_loop_poll(struct dry_loop *l)
{
    DRY_ASSERT(dry_loop_is_current(l));
    uv_run(&l->uv, UV_RUN_NOWAIT);
}

void dry_loop_stop(struct dry_loop *l)
{
    atomic_store(&l->stop, true);
    uv_async_send(&l->wake);
}

bool dry_loop_is_current(const struct dry_loop *l)
{
    return pthread_equal(l->thread, pthread_self()) != 0;
}

static void enqueue(struct dry_loop *l, void (*fn)(void *arg), void *arg)
{
    l->queue[(l->first + l->count) % l->max] = (struct call){fn, arg};
    l->count++;
    l->posted++;
}

dry_status dry_loop_post(struct dry_loop *l, void (*fn)(void *arg), void *arg)
{
    bool full, first;

    dry_mutex_lock(&l->lock);
    full = l->count == l->max;
    first = l->count == 0;
    if (!full)
        enqueue(l, fn, arg);
    dry_mutex_unlock(&l->lock);
    if (full)
        return DRY_STATUS(EBUSY, "the loop's queue is full");
    if (first)
        uv_async_send(&l->wake);
    return DRY_OK;
}

void dry_loop_post_wait(struct dry_loop *l, void (*fn)(void *arg), void *arg)
{
    DRY_ASSERT(!dry_loop_is_current(l));
    dry_mutex_lock(&l->lock);
    l->waiting++;
    while (l->count == l->max)
        dry_cond_wait(&l->room, &l->lock);
    l->waiting--;
    enqueue(l, fn, arg);
    dry_mutex_unlock(&l->lock);
    uv_async_send(&l->wake);
}

void dry_loop_on_wake(struct dry_loop *l, void (*fn)(void *arg), void *arg)
{
    DRY_ASSERT(dry_loop_is_current(l) && l->on_woken == NULL);
    l->on_woken = fn;
    l->woken_arg = arg;
}

void dry_loop_wake(struct dry_loop *l)
{
    DRY_ASSERT(l->on_woken != NULL);
    dry_mutex_lock(&l->lock);
    if (!l->woken) {
        l->woken = true;
        l->woken_after = l->posted;
    }
    dry_mutex_unlock(&l->lock);
    uv_async_send(&l->wake);
}

void dry__loop_push(struct dry_loop *l, struct dry__loop_node *node)
{
    node->next = NULL;
    dry_mutex_lock(&l->lock);
    *l->nodes_end = node;
    l->nodes_end = &node->next;
    dry_mutex_unlock(&l->lock);
    uv_async_send(&l->wake);
}

static void on_timer(uv_timer_t *handle)
{
    struct dry_timer *t = handle->data;

    t->fn(t->arg);
}

dry_status dry_timer_open(struct dry_timer **out, struct dry_loop *l, void (*fn)(void *arg),
                          void *arg)
{
    struct dry_timer *t = dry_alloc(sizeof(*t));

    if (t == NULL)
        return DRY_ENOMEM;
    if (uv_timer_init(&l->uv, &t->uv) != 0) {
        dry_free(t);
        return DRY_STATUS(EIO, "no timer");
    }
    t->uv.data = t;
    t->fn = fn;
    t->arg = arg;
    *out = t;
    return DRY_OK;
}

static void on_timer_closed(uv_handle_t *handle)
{
    dry_free(handle->data);
}

void dry_timer_close(struct dry_timer *t)
{
    if (t != NULL)
        uv_close((uv_handle_t *)&t->uv, on_timer_closed);
}

void dry_timer_start(struct dry_timer *t, uint64_t after_ms, uint64_t repeat_ms)
{
    uv_update_time(t->uv.loop); /* its clock stands still during a call */
    DRY_ASSERT(uv_timer_start(&t->uv, on_timer, after_ms, repeat_ms) == 0);
}

void dry_timer_stop(struct dry_timer *t)
{
    uv_timer_stop(&t->uv);
}

/* On whatever thread the signal strikes: only what is safe there. The second one ends a process
 * whose loop thread may be stuck; but a terminal that goes away says so twice (its shell, and the
 * kernel when the shell ends), and means one thing. */
static void on_raw_signal(int signum)
{
    int none = 0;
    struct dry_loop *l;

    if (!atomic_compare_exchange_strong(&signal_first, &none, signum)) {
        if (signum == SIGHUP)
            return;
        _exit(128 + signum);
    }
    l = atomic_load(&signal_loop);
    if (l != NULL)
        uv_async_send(&l->wake);
}

dry_status dry_loop_watch_signals(struct dry_loop *l, void (*fn)(void *arg, int signum), void *arg)
{
    struct sigaction sa = {.sa_handler = on_raw_signal, .sa_flags = SA_RESTART}, old;
    struct dry_loop *none = NULL;

    l->on_signal = fn;
    l->signal_arg = arg;
    if (!atomic_compare_exchange_strong(&signal_loop, &none, l))
        return DRY_STATUS(EBUSY, "another loop watches signals");
    atomic_store(&signal_first, 0);
    atomic_store(&signal_handed, 0);
    sigemptyset(&sa.sa_mask);
    signal(SIGPIPE, SIG_IGN);
    if (sigaction(SIGTERM, &sa, NULL) != 0 || sigaction(SIGINT, &sa, NULL) != 0 ||
        sigaction(SIGHUP, NULL, &old) != 0)
        return DRY_STATUS(EIO, "cannot watch signals");
    hangup_watched = old.sa_handler != SIG_IGN; /* else nohup wants it ignored */
    if (hangup_watched && sigaction(SIGHUP, &sa, NULL) != 0)
        return DRY_STATUS(EIO, "cannot watch signals");
    return DRY_OK;
}
