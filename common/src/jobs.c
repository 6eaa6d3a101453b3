/* Parallel work, or the same in place. */
#include <drystone/common/jobs.h>

void dry_jobs_run(struct dry_jobs *jobs, void (*fn)(void *ctx, uint32_t index), void *ctx,
                  uint32_t count)
{
    DRY_ASSERT(fn != NULL);
    if (jobs != NULL && count > 1) {
        jobs->ops->run(jobs, fn, ctx, count);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        fn(ctx, i);
}

uint32_t dry_jobs_threads(const struct dry_jobs *jobs)
{
    return jobs == NULL || jobs->ops->threads == 0 ? 1 : jobs->ops->threads;
}
