/* drivers.c - the drivers this program has. A new one is a line here. */
#include "drivers.h"
#include <drystone/consensus.h>
#include <drystone/execution.h>
#include <drystone/storage.h>

static const struct dry_storage_ops *const storages[] = {&dry_storage_memory, &dry_storage_rocksdb};
static const struct dry_executor_ops *const executors[] = {&dry_executor_serial};
static const struct dry_consensus_ops *const engines[] = {&dry_consensus_dev,
                                                          &dry_consensus_noseal};

#define FIND(table, name)                          \
    for (size_t i = 0; i < DRY_COUNT(table); i++)  \
        if (strcmp((table)[i]->name, (name)) == 0) \
            return (table)[i];                     \
    return NULL

const struct dry_storage_ops *dry_driver_storage(const char *name)
{
    FIND(storages, name);
}

const struct dry_executor_ops *dry_driver_executor(const char *name)
{
    FIND(executors, name);
}

const struct dry_consensus_ops *dry_driver_consensus(const char *name)
{
    FIND(engines, name);
}
