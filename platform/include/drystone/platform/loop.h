/* drystone/platform/loop.h - the one thread that owns all mutable state. Start at dry_loop_open().
 */
#ifndef DRY_PLATFORM_LOOP_H
#define DRY_PLATFORM_LOOP_H
#include <drystone/common/status.h>

struct dry_loop;
struct dry_timer;

/* A loop whose queue of posted calls holds at most queue_max (0: 4,096).
 * Thread: the caller becomes the loop thread; everything here is for that thread unless it says
 * any. */
DRY_MUST_USE dry_status dry_loop_open(struct dry_loop **out, uint32_t queue_max);
/* Runs what is still queued, then frees. Nobody may post any more; timers must be closed. Accepts
 * NULL. */
void dry_loop_close(struct dry_loop *l);
/* Run until dry_loop_stop(). May be run again. */
void dry_loop_run(struct dry_loop *l);
/* Handle what is ready now without waiting, then return. For tests and start-up. */
void dry_loop_poll(struct dry_loop *l);
/* Make dry_loop_run() return soon. Thread: any. */
void dry_loop_stop(struct dry_loop *l);
/* Is the caller the loop thread? Thread: any. */
bool dry_loop_is_current(const struct dry_loop *l);
/* Have fn(arg) called on the loop thread, in the order of posting.
 *
 * Returns: DRY_OK, or DRY_CODE_EBUSY when the queue is full: slow down and try again later.
 * Thread:  any. */
DRY_MUST_USE dry_status dry_loop_post(struct dry_loop *l, void (*fn)(void *arg), void *arg);
/* As dry_loop_post(), but waits for room instead of failing. Thread: any but the loop thread. */
void dry_loop_post_wait(struct dry_loop *l, void (*fn)(void *arg), void *arg);
/* What dry_loop_wake() calls; once per loop, before the first wake. */
void dry_loop_on_wake(struct dry_loop *l, void (*fn)(void *arg), void *arg);
/* Have that called on the loop thread once, behind the calls posted so far. Takes no place in the
 * queue, so it cannot fail; wakes asked for before it comes are one. dry_loop_close() drops it.
 * Thread: any. */
void dry_loop_wake(struct dry_loop *l);

/* A timer that calls fn(arg) on the loop thread; stopped at first. */
DRY_MUST_USE dry_status dry_timer_open(struct dry_timer **out, struct dry_loop *l,
                                       void (*fn)(void *arg), void *arg);
/* Accepts NULL; allowed in the timer's own call. */
void dry_timer_close(struct dry_timer *t);
/* First call after after_ms, then every repeat_ms (0: once). Restarts a running timer. */
void dry_timer_start(struct dry_timer *t, uint64_t after_ms, uint64_t repeat_ms);
void dry_timer_stop(struct dry_timer *t);

/* Watch SIGTERM, SIGINT and, unless it is ignored already, SIGHUP: the first one calls fn(arg,
 * signal number) on the loop thread, the second, when it is no SIGHUP, ends the process at once
 * with 128 + number. SIGPIPE is ignored from here on. Once per
 * process. */
DRY_MUST_USE dry_status dry_loop_watch_signals(struct dry_loop *l,
                                               void (*fn)(void *arg, int signum), void *arg);

#endif /* DRY_PLATFORM_LOOP_H */
