/* Workers over a list of submitted jobs and a list of shared runs (dry_jobs_run). Runs come first:
 * they are parts of a block somebody waits for. */
#include "loop_node.h"
#include <drystone/common/alloc.h>
#include <drystone/platform/lock.h>
#include <drystone/platform/pool.h>
#include <drystone/platform/system.h>
#include <stdatomic.h>

#define THREADS_MAX 64u
#define QUEUE_DEFAULT 1024u

struct task {
    struct dry__loop_node node; /* first: handed to the loop */
    struct task *next;
    struct dry_pool *pool;
    struct dry_loop *loop;
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
};

/* One dry_jobs_run(), on its caller's stack. */
struct run {
    struct run *next, **prev;
    void (*fn)(void *ctx, uint32_t index);
    void *ctx;
    uint32_t count;
    uint32_t helpers; /* workers inside; guarded by the pool's lock */
    _Atomic uint32_t taken;
    struct dry_cond idle;
};

struct dry_pool {
    struct dry_jobs jobs; /* first: dry_jobs_run() casts back */
    struct dry_jobs_ops ops;
    struct dry_mutex lock; /* guards the lists and counts below */
    struct dry_cond work;
    struct task *tasks, **tasks_end;
    struct run *runs;
    uint32_t outstanding, max; /* submitted and not yet done */
    uint32_t idle, started;
    bool closing;
    _Atomic uint32_t refs; /* the owner's and one per outstanding job */
    struct dry_thread threads[THREADS_MAX];
};

static void pool_unref(struct dry_pool *p)
{
    if (atomic_fetch_sub(&p->refs, 1) != 1)
        return;
    dry_cond_fini(&p->work);
    dry_mutex_fini(&p->lock);
    dry_free(p);
}

static void task_end(struct task *t)
{
    struct dry_pool *p = t->pool;

    if (t->done != NULL)
        t->done(t->arg);
    dry_free(t);
    dry_mutex_lock(&p->lock);
    p->outstanding--;
    dry_mutex_unlock(&p->lock);
    pool_unref(p);
}

static void task_end_on_loop(struct dry__loop_node *node)
{
    task_end((struct task *)node);
}

static void task_work(struct task *t)
{
    t->work(t->arg);
    if (t->loop != NULL && t->done != NULL) {
        t->node.fn = task_end_on_loop;
        dry__loop_push(t->loop, &t->node);
    } else {
        task_end(t);
    }
}

static void run_share(struct run *r)
{
    for (;;) {
        uint32_t i = atomic_fetch_add_explicit(&r->taken, 1, memory_order_relaxed);

        if (i >= r->count)
            return;
        r->fn(r->ctx, i);
    }
}

/* A run that still has work and room for one more helper. */
static struct run *run_pick(const struct dry_pool *p)
{
    for (struct run *r = p->runs; r != NULL; r = r->next)
        if (r->helpers + 1 < p->ops.threads &&
            atomic_load_explicit(&r->taken, memory_order_relaxed) < r->count)
            return r;
    return NULL;
}

static void worker(void *arg)
{
    struct dry_pool *p = arg;

    dry_mutex_lock(&p->lock);
    for (;;) {
        struct run *r = run_pick(p);
        struct task *t = p->tasks;

        if (r != NULL) {
            r->helpers++;
            dry_mutex_unlock(&p->lock);
            run_share(r);
            dry_mutex_lock(&p->lock);
            if (--r->helpers == 0)
                dry_cond_signal(&r->idle); /* under the lock: r is gone once it is released */
        } else if (t != NULL) {
            p->tasks = t->next;
            if (p->tasks == NULL)
                p->tasks_end = &p->tasks;
            dry_mutex_unlock(&p->lock);
            task_work(t);
            dry_mutex_lock(&p->lock);
        } else if (p->closing) {
            break;
        } else {
            p->idle++;
            dry_cond_wait(&p->work, &p->lock);
            p->idle--;
        }
    }
    dry_mutex_unlock(&p->lock);
}

static void jobs_run(struct dry_jobs *jobs, void (*fn)(void *ctx, uint32_t index), void *ctx,
                     uint32_t count)
{
    struct dry_pool *p = (struct dry_pool *)jobs;
    struct run r = {.fn = fn, .ctx = ctx, .count = count};
    uint32_t wake;

    /* Without helpers (one thread, one job, no condition to be had) the caller does it all. */
    if (count < 2 || p->ops.threads < 2 || !dry_ok(dry_cond_init(&r.idle))) {
        for (uint32_t i = 0; i < count; i++)
            fn(ctx, i);
        return;
    }
    dry_mutex_lock(&p->lock);
    r.next = p->runs; /* newest first: what is nested ends before what contains it */
    r.prev = &p->runs;
    if (r.next != NULL)
        r.next->prev = &r.next;
    p->runs = &r;
    wake = p->idle < count - 1 ? p->idle : count - 1;
    for (; wake > 0; wake--)
        dry_cond_signal(&p->work);
    dry_mutex_unlock(&p->lock);

    run_share(&r);

    dry_mutex_lock(&p->lock);
    *r.prev = r.next;
    if (r.next != NULL)
        r.next->prev = r.prev;
    while (r.helpers > 0)
        dry_cond_wait(&r.idle, &p->lock);
    dry_mutex_unlock(&p->lock);
    dry_cond_fini(&r.idle);
}

static void pool_stop(struct dry_pool *p)
{
    dry_mutex_lock(&p->lock);
    p->closing = true;
    dry_cond_broadcast(&p->work);
    dry_mutex_unlock(&p->lock);
    for (uint32_t i = 0; i < p->started; i++)
        dry_thread_join(&p->threads[i]);
    pool_unref(p);
}

dry_status dry_pool_open(struct dry_pool **out, uint32_t threads, uint32_t queue_max)
{
    dry_status st;
    struct dry_pool *p = dry_alloc(sizeof(*p));

    if (p == NULL)
        return DRY_ENOMEM;
    if (threads == 0)
        threads = dry_system_processors();
    p->ops = (struct dry_jobs_ops){
        .name = "pool",
        .threads = threads < THREADS_MAX ? threads : THREADS_MAX,
        .run = jobs_run,
    };
    p->jobs.ops = &p->ops;
    p->max = queue_max == 0 ? QUEUE_DEFAULT : queue_max;
    p->tasks_end = &p->tasks;
    atomic_store(&p->refs, 1);
    st = dry_mutex_init(&p->lock);
    if (!dry_ok(st))
        goto no_lock;
    st = dry_cond_init(&p->work);
    if (!dry_ok(st))
        goto no_cond;
    while (p->started < p->ops.threads) {
        st = dry_thread_start(&p->threads[p->started], "drystone-worker", worker, p);
        if (!dry_ok(st)) {
            pool_stop(p);
            return st;
        }
        p->started++;
    }
    *out = p;
    return DRY_OK;
no_cond:
    dry_mutex_fini(&p->lock);
no_lock:
    dry_free(p);
    return st;
}

void dry_pool_close(struct dry_pool *p)
{
    if (p != NULL)
        pool_stop(p);
}

uint32_t dry_pool_outstanding(struct dry_pool *p)
{
    uint32_t n;

    dry_mutex_lock(&p->lock);
    n = p->outstanding;
    dry_mutex_unlock(&p->lock);
    return n;
}

uint32_t dry_pool_threads(const struct dry_pool *p)
{
    return p->ops.threads;
}

dry_status dry_pool_submit(struct dry_pool *p, struct dry_loop *loop, void (*work)(void *arg),
                           void (*done)(void *arg), void *arg)
{
    struct task *t = dry_alloc(sizeof(*t));
    bool full;

    if (t == NULL)
        return DRY_ENOMEM;
    *t = (struct task){.pool = p, .loop = loop, .work = work, .done = done, .arg = arg};
    dry_mutex_lock(&p->lock);
    DRY_ASSERT(!p->closing);
    full = p->outstanding == p->max;
    if (!full) {
        p->outstanding++;
        atomic_fetch_add(&p->refs, 1);
        *p->tasks_end = t;
        p->tasks_end = &t->next;
        if (p->idle > 0)
            dry_cond_signal(&p->work);
    }
    dry_mutex_unlock(&p->lock);
    if (full) {
        dry_free(t);
        return DRY_STATUS(EBUSY, "the worker pool's queue is full");
    }
    return DRY_OK;
}

struct dry_jobs *dry_pool_jobs(struct dry_pool *p)
{
    return &p->jobs;
}
