/* The loop keeps order and pushes back when full; the pool runs every job once, nests without
 * deadlock, and hands results to the loop thread. Meant for the thread sanitizer as well. */
#include <drystone/platform/lock.h>
#include <drystone/platform/pool.h>
#include <drystone/test.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

static struct dry_loop *loop;
static unsigned order[1000], ordered;

static void note(void *arg)
{
    CHECK(dry_loop_is_current(loop));
    order[ordered++] = (unsigned)(uintptr_t)arg;
}

static void stop(void *arg)
{
    dry_loop_stop(arg);
}

static void posts(void **state)
{
    (void)state;
    ordered = 0;
    CHECK(dry_ok(dry_loop_open(&loop, 10)));
    for (uintptr_t i = 0; i < 10; i++)
        CHECK(dry_ok(dry_loop_post(loop, note, (void *)i)));
    CHECK(dry_loop_post(loop, note, NULL).code == DRY_CODE_EBUSY);
    dry_loop_poll(loop);
    CHECK(ordered == 10);
    for (unsigned i = 0; i < 10; i++)
        CHECK(order[i] == i);
    CHECK(dry_ok(dry_loop_post(loop, note, (void *)77)));
    dry_loop_close(loop); /* runs it */
    CHECK(ordered == 11 && order[10] == 77);
}

static void wake_again(void *arg)
{
    note(arg);
    if (ordered == 12)
        dry_loop_wake(loop);
}

/* A wake arrives however full the queue is, once, in its turn; its callback may ask for another. */
static void wakes(void **state)
{
    (void)state;
    ordered = 0;
    CHECK(dry_ok(dry_loop_open(&loop, 10)));
    dry_loop_on_wake(loop, wake_again, (void *)77);
    dry_loop_wake(loop);
    dry_loop_poll(loop);
    CHECK(ordered == 1 && order[0] == 77);
    for (uintptr_t i = 0; i < 10; i++)
        CHECK(dry_ok(dry_loop_post(loop, note, (void *)i)));
    CHECK(dry_loop_post(loop, note, NULL).code == DRY_CODE_EBUSY);
    dry_loop_wake(loop);
    dry_loop_wake(loop);
    for (int i = 0; i < 5; i++)
        dry_loop_poll(loop);
    CHECK(ordered == 13);
    for (unsigned i = 0; i < 10; i++)
        CHECK(order[1 + i] == i);
    CHECK(order[11] == 77 && order[12] == 77);
    dry_loop_wake(loop);
    dry_loop_close(loop); /* drops it */
    CHECK(ordered == 13);
}

/* More is queued than runs at once: the wake waits for what came before it, not for what follows.
 */
static void wakes_in_turn(void **state)
{
    (void)state;
    ordered = 0;
    CHECK(dry_ok(dry_loop_open(&loop, 0)));
    dry_loop_on_wake(loop, note, (void *)777);
    for (uintptr_t i = 0; i < 100; i++)
        CHECK(dry_ok(dry_loop_post(loop, note, (void *)i)));
    dry_loop_wake(loop);
    for (uintptr_t i = 100; i < 300; i++)
        CHECK(dry_ok(dry_loop_post(loop, note, (void *)i)));
    for (int i = 0; i < 20; i++)
        dry_loop_poll(loop);
    CHECK(ordered == 301);
    for (unsigned i = 0, at = 0; i < 301; i++) {
        if (order[i] == 777)
            CHECK(i >= 100 && i < 200);
        else
            CHECK(order[i] == at++);
    }
    dry_loop_close(loop);
}

static void waker(void *arg)
{
    (void)arg;
    for (int i = 0; i < 1000; i++)
        dry_loop_wake(loop);
}

/* Wakes by another thread: many are one, and the last is never lost. */
static void wakes_from_thread(void **state)
{
    struct dry_thread t;

    (void)state;
    ordered = 0;
    CHECK(dry_ok(dry_loop_open(&loop, 1)));
    dry_loop_on_wake(loop, stop, loop);
    CHECK(dry_ok(dry_loop_post(loop, note, NULL)));
    CHECK(dry_ok(dry_thread_start(&t, "waker", waker, NULL)));
    dry_loop_run(loop);
    dry_thread_join(&t);
    CHECK(ordered == 1);
    dry_loop_close(loop);
}

static void poster(void *arg)
{
    (void)arg;
    for (uintptr_t i = 0; i < 500; i++)
        dry_loop_post_wait(loop, note, (void *)i);
    dry_loop_post_wait(loop, stop, loop);
}

/* Another thread posts more than the queue holds: it waits, nothing is lost, order stays. */
static void posts_from_thread(void **state)
{
    struct dry_thread t;

    (void)state;
    ordered = 0;
    CHECK(dry_ok(dry_loop_open(&loop, 8)));
    CHECK(dry_ok(dry_thread_start(&t, "poster", poster, NULL)));
    dry_loop_run(loop);
    dry_thread_join(&t);
    CHECK(ordered == 500);
    for (unsigned i = 0; i < 500; i++)
        CHECK(order[i] == i);
    dry_loop_close(loop);
}

struct ticking {
    struct dry_timer *t;
    unsigned n;
};

static void tick(void *arg)
{
    struct ticking *k = arg;

    if (++k->n == 3) {
        dry_timer_close(k->t);
        dry_loop_stop(loop);
    }
}

static void timers(void **state)
{
    struct ticking k = {0}, never = {0};

    (void)state;
    CHECK(dry_ok(dry_loop_open(&loop, 0)));
    CHECK(dry_ok(dry_timer_open(&k.t, loop, tick, &k)));
    CHECK(dry_ok(dry_timer_open(&never.t, loop, tick, &never)));
    dry_timer_start(never.t, 1, 0);
    dry_timer_stop(never.t);
    dry_timer_start(k.t, 1, 2);
    dry_loop_run(loop);
    CHECK(k.n == 3 && never.n == 0);
    dry_timer_close(never.t);
    dry_loop_close(loop);
}

/* ---- pool
 * ------------------------------------------------------------------------------------------- */
static atomic_uint worked, done_count;
static unsigned done_on_loop;

static void work(void *arg)
{
    (void)arg;
    atomic_fetch_add(&worked, 1);
}

static void done_any(void *arg)
{
    (void)arg;
    atomic_fetch_add(&done_count, 1);
}

static void done_loop(void *arg)
{
    CHECK(dry_loop_is_current(loop));
    done_on_loop++;
    if (arg != NULL && done_on_loop == 200)
        dry_loop_stop(loop);
}

static void submits(void **state)
{
    struct dry_pool *p = NULL;

    (void)state;
    worked = done_count = 0;
    done_on_loop = 0;
    CHECK(dry_ok(dry_loop_open(&loop, 4))); /* completions do not use its queue */
    CHECK(dry_ok(dry_pool_open(&p, 3, 1000)));
    CHECK(dry_pool_threads(p) == 3);
    for (int i = 0; i < 200; i++) {
        CHECK(dry_ok(dry_pool_submit(p, NULL, work, done_any, NULL)));
        CHECK(dry_ok(dry_pool_submit(p, loop, work, done_loop, p)));
        CHECK(dry_ok(dry_pool_submit(p, NULL, work, NULL, NULL)));
    }
    dry_loop_run(loop);
    CHECK(done_on_loop == 200);
    for (int i = 0; i < 50; i++)
        CHECK(dry_ok(dry_pool_submit(p, loop, work, done_loop, NULL)));
    dry_pool_close(p);
    CHECK(atomic_load(&worked) == 650 && atomic_load(&done_count) == 200);
    dry_loop_close(loop); /* brings the last completions */
    CHECK(done_on_loop == 250);
}

static struct dry_mutex gate;
static void blocked(void *arg)
{
    (void)arg;
    dry_mutex_lock(&gate);
    dry_mutex_unlock(&gate);
}

static void pushes_back(void **state)
{
    struct dry_pool *p = NULL;

    (void)state;
    CHECK(dry_ok(dry_mutex_init(&gate)));
    CHECK(dry_ok(dry_pool_open(&p, 1, 3)));
    dry_mutex_lock(&gate);
    for (int i = 0; i < 3; i++)
        CHECK(dry_ok(dry_pool_submit(p, NULL, blocked, NULL, NULL)));
    CHECK(dry_pool_submit(p, NULL, blocked, NULL, NULL).code == DRY_CODE_EBUSY);
    dry_mutex_unlock(&gate);
    dry_pool_close(p);
    dry_mutex_fini(&gate);
}

struct nest {
    struct dry_jobs *jobs;
    atomic_uint hits[64][64];
    uint32_t outer;
};
struct inner {
    struct nest *n;
    uint32_t i;
};

static void inner_job(void *ctx, uint32_t j)
{
    struct inner *in = ctx;

    atomic_fetch_add(&in->n->hits[in->i][j], 1);
}

static void outer_job(void *ctx, uint32_t i)
{
    struct inner in = {ctx, i};

    dry_jobs_run(in.n->jobs, inner_job, &in, 64);
}

static void runs(void **state)
{
    static struct nest n;
    struct dry_pool *p = NULL;

    (void)state;
    for (uint32_t threads = 1; threads <= 4; threads++) {
        memset((void *)n.hits, 0, sizeof(n.hits));
        CHECK(dry_ok(dry_pool_open(&p, threads, 0)));
        n.jobs = dry_pool_jobs(p);
        CHECK(dry_jobs_threads(n.jobs) == threads);
        for (int round = 0; round < 20; round++)
            dry_jobs_run(n.jobs, outer_job, &n, 64);
        dry_jobs_run(n.jobs, outer_job, &n, 0);
        for (size_t i = 0; i < 64; i++)
            for (size_t j = 0; j < 64; j++)
                CHECK(atomic_load(&n.hits[i][j]) == 20);
        dry_pool_close(p);
    }
}

/* Runs from many threads and from submitted jobs at once. */
static struct dry_pool *shared_pool;
static atomic_uint total;

static void count_job(void *ctx, uint32_t i)
{
    (void)ctx;
    atomic_fetch_add(&total, i + 1);
}

static void run_some(void *arg)
{
    (void)arg;
    for (int i = 0; i < 50; i++)
        dry_jobs_run(dry_pool_jobs(shared_pool), count_job, NULL, 10);
}

static void runs_shared(void **state)
{
    struct dry_thread t[3];

    (void)state;
    total = 0;
    CHECK(dry_ok(dry_pool_open(&shared_pool, 2, 0)));
    for (int i = 0; i < 3; i++)
        CHECK(dry_ok(dry_thread_start(&t[i], "runner", run_some, NULL)));
    for (int i = 0; i < 5; i++)
        CHECK(dry_ok(dry_pool_submit(shared_pool, NULL, run_some, NULL, NULL)));
    for (int i = 0; i < 3; i++)
        dry_thread_join(&t[i]);
    dry_pool_close(shared_pool);
    CHECK(atomic_load(&total) == 8 * 50 * 55);
}

static void on_signal(void *arg, int signum)
{
    CHECK(signum == SIGTERM && arg == loop);
    dry_loop_stop(loop);
}

static void hang(void *arg, int signum)
{
    (void)arg;
    (void)signum;
    raise(SIGINT); /* the second signal, while the loop thread is busy */
    _exit(9);
}

static void raise_it(void *arg)
{
    (void)arg;
    raise(SIGTERM);
}

static void signals(void **state)
{
    pid_t child;
    int status;

    (void)state;
    CHECK(dry_ok(dry_loop_open(&loop, 0)));
    CHECK(dry_ok(dry_loop_watch_signals(loop, on_signal, loop)));
    CHECK(dry_loop_watch_signals(loop, on_signal, loop).code == DRY_CODE_EBUSY);
    CHECK(dry_ok(dry_loop_post(loop, raise_it, NULL)));
    dry_loop_run(loop);
    dry_loop_close(loop);

    child = fork();
    if (child == 0) {
        if (!dry_ok(dry_loop_open(&loop, 0)) || !dry_ok(dry_loop_watch_signals(loop, hang, NULL)) ||
            !dry_ok(dry_loop_post(loop, raise_it, NULL)))
            _exit(8);
        dry_loop_run(loop);
        _exit(7);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 128 + SIGINT);
}

static void allocations(void **state)
{
    (void)state;
    TEST_EACH_ALLOC_FAILS({
        struct dry_loop *l = NULL;
        struct dry_pool *p = NULL;
        struct dry_timer *t = NULL;
        bool ok = dry_ok(dry_loop_open(&l, 0)) && dry_ok(dry_timer_open(&t, l, stop, l)) &&
                  dry_ok(dry_pool_open(&p, 2, 0)) &&
                  dry_ok(dry_pool_submit(p, l, work, NULL, NULL));

        CHECK(ok || test_alloc_failed());
        dry_pool_close(p);
        dry_timer_close(t);
        dry_loop_close(l);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts),
        cmocka_unit_test(wakes),
        cmocka_unit_test(wakes_in_turn),
        cmocka_unit_test(wakes_from_thread),
        cmocka_unit_test(posts_from_thread),
        cmocka_unit_test(timers),
        cmocka_unit_test(submits),
        cmocka_unit_test(pushes_back),
        cmocka_unit_test(runs),
        cmocka_unit_test(runs_shared),
        cmocka_unit_test(signals),
        cmocka_unit_test(allocations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
