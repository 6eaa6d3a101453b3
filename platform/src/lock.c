/* Mutexes, conditions, threads over pthread. Failing calls here are our bugs, but for making
 * things. */
#include <drystone/common/alloc.h>
#include <drystone/platform/files.h>
#include <drystone/platform/lock.h>
#include <errno.h>
#include <signal.h>
#include <time.h>

dry_status dry_mutex_init(struct dry_mutex *m)
{
    int err = pthread_mutex_init(&m->m, NULL);

    return err == 0 ? DRY_OK : dry_errno_status(err);
}

void dry_mutex_fini(struct dry_mutex *m)
{
    DRY_ASSERT(pthread_mutex_destroy(&m->m) == 0);
}

void dry_mutex_lock(struct dry_mutex *m)
{
    DRY_ASSERT(pthread_mutex_lock(&m->m) == 0);
}

void dry_mutex_unlock(struct dry_mutex *m)
{
    DRY_ASSERT(pthread_mutex_unlock(&m->m) == 0);
}

dry_status dry_cond_init(struct dry_cond *c)
{
    pthread_condattr_t attr;
    int err = pthread_condattr_init(&attr);

    if (err != 0)
        return dry_errno_status(err);
    err = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    if (err == 0)
        err = pthread_cond_init(&c->c, &attr);
    pthread_condattr_destroy(&attr);
    return err == 0 ? DRY_OK : dry_errno_status(err);
}

void dry_cond_fini(struct dry_cond *c)
{
    DRY_ASSERT(pthread_cond_destroy(&c->c) == 0);
}

void dry_cond_wait(struct dry_cond *c, struct dry_mutex *m)
{
    DRY_ASSERT(pthread_cond_wait(&c->c, &m->m) == 0);
}

bool dry_cond_wait_ms(struct dry_cond *c, struct dry_mutex *m, uint64_t timeout_ms)
{
    struct timespec at;
    int err;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += (time_t)(timeout_ms / 1000);
    at.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    err = pthread_cond_timedwait(&c->c, &m->m, &at);
    DRY_ASSERT(err == 0 || err == ETIMEDOUT);
    return err == 0;
}

void dry_cond_signal(struct dry_cond *c)
{
    DRY_ASSERT(pthread_cond_signal(&c->c) == 0);
}

void dry_cond_broadcast(struct dry_cond *c)
{
    DRY_ASSERT(pthread_cond_broadcast(&c->c) == 0);
}

struct start {
    void (*fn)(void *arg);
    void *arg;
};

static void *thread_main(void *arg)
{
    struct start s = *(struct start *)arg;

    dry_free(arg);
    s.fn(s.arg);
    return NULL;
}

dry_status dry_thread_start(struct dry_thread *out, const char *name, void (*fn)(void *arg),
                            void *arg)
{
    struct start *s = dry_alloc(sizeof(*s));
    sigset_t block, old;
    pthread_t t;
    int err;

    if (s == NULL)
        return DRY_ENOMEM;
    *s = (struct start){fn, arg};
    sigfillset(&block);
    /* Faults must still reach the thread that made them. */
    sigdelset(&block, SIGSEGV);
    sigdelset(&block, SIGBUS);
    sigdelset(&block, SIGFPE);
    sigdelset(&block, SIGILL);
    pthread_sigmask(SIG_SETMASK, &block, &old);
    err = pthread_create(&t, NULL, thread_main, s);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (err != 0) {
        dry_free(s);
        return dry_errno_status(err);
    }
    (void)pthread_setname_np(t, name); /* a name too long is not worth a failure */
    out->t = t;
    return DRY_OK;
}

void dry_thread_join(struct dry_thread *t)
{
    DRY_ASSERT(pthread_join(t->t, NULL) == 0);
}
