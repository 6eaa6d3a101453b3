/* drystone/platform/lock.h - mutexes, conditions and threads; the shell's only way to them. */
#ifndef DRY_PLATFORM_LOCK_H
#define DRY_PLATFORM_LOCK_H
#include <drystone/common/status.h>
#include <pthread.h>

struct dry_mutex {
    pthread_mutex_t m;
};
struct dry_cond {
    pthread_cond_t c; /* on the monotonic clock */
};

DRY_MUST_USE dry_status dry_mutex_init(struct dry_mutex *m);
void dry_mutex_fini(struct dry_mutex *m);
void dry_mutex_lock(struct dry_mutex *m);
void dry_mutex_unlock(struct dry_mutex *m);

DRY_MUST_USE dry_status dry_cond_init(struct dry_cond *c);
void dry_cond_fini(struct dry_cond *c);
/* Wait with m held; may wake without cause. */
void dry_cond_wait(struct dry_cond *c, struct dry_mutex *m);
/* As above, false when timeout_ms passed. */
bool dry_cond_wait_ms(struct dry_cond *c, struct dry_mutex *m, uint64_t timeout_ms);
void dry_cond_signal(struct dry_cond *c);
void dry_cond_broadcast(struct dry_cond *c);

/* A count of references. Zeroed means none. Thread: any. */
struct dry_refs {
    uint32_t count;
};
static inline void dry_refs_take(struct dry_refs *r)
{
    (void)__atomic_add_fetch(&r->count, 1, __ATOMIC_RELAXED);
}
/* True when the last one was dropped. */
static inline bool dry_refs_drop(struct dry_refs *r)
{
    return __atomic_sub_fetch(&r->count, 1, __ATOMIC_ACQ_REL) == 0;
}

/* A joinable thread. Signals the loop watches are blocked in it. */
struct dry_thread {
    pthread_t t;
};
/* Start fn(arg) on a new thread called name (at most 15 characters). EIO with errno in detail. */
DRY_MUST_USE dry_status dry_thread_start(struct dry_thread *out, const char *name,
                                         void (*fn)(void *arg), void *arg);
void dry_thread_join(struct dry_thread *t);

#endif /* DRY_PLATFORM_LOCK_H */
