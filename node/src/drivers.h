/* drivers.h - the drivers this program has, by name. The one place that lists them. */
#ifndef DRY_NODE_DRIVERS_H
#define DRY_NODE_DRIVERS_H
#include <drystone/common/consensus.h>
#include <drystone/common/executor.h>
#include <drystone/common/storage.h>

/* NULL when there is none of that name. */
const struct dry_storage_ops *dry_driver_storage(const char *name);
const struct dry_executor_ops *dry_driver_executor(const char *name);
const struct dry_consensus_ops *dry_driver_consensus(const char *name);

#endif /* DRY_NODE_DRIVERS_H */
