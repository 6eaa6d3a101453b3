/* drystone/platform/pool.h - worker threads for pure jobs. Start at dry_pool_open(). */
#ifndef DRY_PLATFORM_POOL_H
#define DRY_PLATFORM_POOL_H
#include <drystone/common/jobs.h>
#include <drystone/platform/loop.h>

struct dry_pool;

/* `threads` workers (0: one per processor, at most 64) and room for queue_max submitted jobs (0:
 * 1,024), counted until their `done` has run. Owned by the caller. */
DRY_MUST_USE dry_status dry_pool_open(struct dry_pool **out, uint32_t threads, uint32_t queue_max);
/* Ends the work of all submitted jobs, then joins. A `done` owed to a loop is handed to it, so
 * close the pool before its loop. Accepts NULL. */
void dry_pool_close(struct dry_pool *p);
uint32_t dry_pool_threads(const struct dry_pool *p);
/* Submitted jobs whose `done` has not run. Thread: any. */
uint32_t dry_pool_outstanding(struct dry_pool *p);

/* Run work(arg) on a worker, then done(arg): on the loop thread of `loop`, or on the worker when
 * loop is NULL. done may be NULL.
 *
 * Returns: DRY_OK, DRY_ENOMEM, or DRY_CODE_EBUSY when the queue is full (neither function is
 * called). Thread:  any. */
DRY_MUST_USE dry_status dry_pool_submit(struct dry_pool *p, struct dry_loop *loop,
                                        void (*work)(void *arg), void (*done)(void *arg),
                                        void *arg);

/* The pool as a table for pure code: dry_jobs_run() shares the indices among the idle workers and
 * the caller, before submitted jobs. Never waits for a free worker, so it nests and cannot
 * deadlock. Valid as long as the pool. Thread: any. */
struct dry_jobs *dry_pool_jobs(struct dry_pool *p);

#endif /* DRY_PLATFORM_POOL_H */
