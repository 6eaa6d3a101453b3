/* drystone/storage.h - the drivers of common's storage interface. Open with dry_storage_open(). */
#ifndef DRY_STORAGE_H
#define DRY_STORAGE_H
#include <drystone/common/storage.h>

/* "memory": a copy-on-write B+ tree; snapshots cost one small allocation and never hold the writer
 * up. Nothing survives the process; settings are ignored. */
extern const struct dry_storage_ops dry_storage_memory;
/* "rocksdb": the directory settings.path, made when absent. A durable commit waits for fsync of the
 * log. */
extern const struct dry_storage_ops dry_storage_rocksdb;

#endif /* DRY_STORAGE_H */
