/* drystone/common/jobs.h - how pure code asks for parallel work. Start at dry_jobs_run(). */
#ifndef DRY_COMMON_JOBS_H
#define DRY_COMMON_JOBS_H
#include <drystone/common/status.h>

struct dry_jobs;
/* fn is one job: index below count, touching only what ctx gives to that index. */
struct dry_jobs_ops {
    const char *name;
    uint32_t threads; /* at most so many jobs run at once */
    void (*run)(struct dry_jobs *jobs, void (*fn)(void *ctx, uint32_t index), void *ctx,
                uint32_t count);
};
/* An object starts with its table. */
struct dry_jobs {
    const struct dry_jobs_ops *ops;
};

/* Run fn for 0 .. count - 1, in any order, on any threads; back when all are done. With jobs = NULL
 * they run here, in order. May be called from within a job. */
void dry_jobs_run(struct dry_jobs *jobs, void (*fn)(void *ctx, uint32_t index), void *ctx,
                  uint32_t count);
/* Threads that may run at once; 1 for NULL. */
uint32_t dry_jobs_threads(const struct dry_jobs *jobs);

#endif /* DRY_COMMON_JOBS_H */
