/* drystone/common/storage.h - ordered key-value store behind a swappable driver. Start at
 * dry_storage_open(). */
#ifndef DRY_COMMON_STORAGE_H
#define DRY_COMMON_STORAGE_H
#include <drystone/common/bytes.h>

#define DRY_STORAGE_ABI 2u
#define DRY_KEY_BYTES_MAX 256u
#define DRY_VALUE_BYTES_MAX (128u << 20)

struct dry_storage;
struct dry_snapshot;
struct dry_cursor;

/* What a driver is opened with. Borrowed for the call. */
struct dry_storage_settings {
    const char *path;                         /* directory of a durable driver; ignored by memory */
    uint64_t cache_bytes, write_buffer_bytes; /* 0: the driver's own */
    uint32_t open_files_max;                  /* data files held open at once; 0: likewise */
    bool read_only;
};

/* A list of changes, applied in order, all or none. Zeroed is empty. */
enum dry_batch_op { DRY_BATCH_PUT, DRY_BATCH_DELETE, DRY_BATCH_DELETE_PREFIX };
struct dry_batch {
    struct dry_buf ops; /* encoded; walk with dry_batch_next() */
    uint32_t count;
};
DRY_MUST_USE dry_status dry_batch_put(struct dry_batch *b, struct dry_bytes key,
                                      struct dry_bytes value);
DRY_MUST_USE dry_status dry_batch_delete(struct dry_batch *b, struct dry_bytes key);
/* Delete every key that starts with prefix (not empty), those put earlier in the batch included. */
DRY_MUST_USE dry_status dry_batch_delete_prefix(struct dry_batch *b, struct dry_bytes prefix);
/* Walk: *offset starts at 0; false at the end. Borrowed from the batch. */
bool dry_batch_next(const struct dry_batch *b, size_t *offset, enum dry_batch_op *op,
                    struct dry_bytes *key, struct dry_bytes *value);
void dry_batch_clear(struct dry_batch *b); /* keeps its memory */
void dry_batch_fini(struct dry_batch *b);

/* The driver's table. Wrappers below say what each does; a driver may rely on their checks. */
struct dry_storage_ops {
    uint32_t abi;     /* DRY_STORAGE_ABI it was compiled against */
    const char *name; /* in the config file: storage.driver = "memory" */
    dry_status (*open)(struct dry_storage **out, const struct dry_storage_settings *set,
                       struct dry_buf *error);
    void (*close)(struct dry_storage *s);
    dry_status (*get)(struct dry_storage *s, const struct dry_snapshot *snap, struct dry_buf *out,
                      struct dry_bytes key);
    dry_status (*commit)(struct dry_storage *s, const struct dry_batch *batch, bool durable);
    dry_status (*snapshot_open)(struct dry_storage *s, struct dry_snapshot **out);
    void (*snapshot_close)(struct dry_storage *s, struct dry_snapshot *snap);
    dry_status (*cursor_open)(struct dry_storage *s, const struct dry_snapshot *snap,
                              struct dry_cursor **out, struct dry_bytes prefix);
    void (*cursor_close)(struct dry_cursor *c);
    dry_status (*cursor_seek)(struct dry_cursor *c, struct dry_bytes key, bool backward);
    dry_status (*cursor_next)(struct dry_cursor *c, struct dry_bytes *key, struct dry_bytes *value);
};
/* An object starts with its table; so does a cursor. */
struct dry_storage {
    const struct dry_storage_ops *ops;
};
struct dry_cursor {
    const struct dry_storage_ops *ops;
};

/* Open with a driver's table.
 *
 * Out:     *out   owned; close with dry_storage_close(). Untouched on failure.
 *          error  the reason in words for people, appended on failure (may be NULL).
 * Returns: DRY_OK, DRY_EIO, DRY_CODE_EBUSY (in use by another process), DRY_CODE_ECORRUPT,
 * DRY_ENOMEM. */
DRY_MUST_USE dry_status dry_storage_open(struct dry_storage **out,
                                         const struct dry_storage_ops *driver,
                                         const struct dry_storage_settings *set,
                                         struct dry_buf *error);
/* Every snapshot and cursor must be closed before. Accepts NULL. */
void dry_storage_close(struct dry_storage *s);

/* Append the value of key to out.
 *
 * Out:     out   grown by the value; untouched on failure.
 * In:      snap  a snapshot of s, or NULL for the newest state.
 *          key   borrowed for the call; 1 to DRY_KEY_BYTES_MAX bytes.
 * Returns: DRY_OK, DRY_ENOTFOUND, DRY_ENOMEM or DRY_EIO.
 * Thread:  any. */
DRY_MUST_USE dry_status dry_storage_get(struct dry_storage *s, const struct dry_snapshot *snap,
                                        struct dry_buf *out, struct dry_bytes key);
/* Apply a batch: all of it or nothing, also when the process dies. With durable it is on disk
 * (fsync) before the call returns. Thread: one writer at a time; readers go on. */
DRY_MUST_USE dry_status dry_storage_commit(struct dry_storage *s, const struct dry_batch *batch,
                                           bool durable);
/* A view that later commits do not change. Thread: any; used and closed on any. */
DRY_MUST_USE dry_status dry_snapshot_open(struct dry_storage *s, struct dry_snapshot **out);
void dry_snapshot_close(struct dry_storage *s, struct dry_snapshot *snap);
/* A cursor over the keys that start with prefix (may be empty), placed before the first. It sees
 * the state at its opening (or the snapshot's). */
DRY_MUST_USE dry_status dry_cursor_open(struct dry_storage *s, const struct dry_snapshot *snap,
                                        struct dry_cursor **out, struct dry_bytes prefix);
void dry_cursor_close(struct dry_cursor *c);
/* Place it so that next gives the first key >= key, or backward: the last key <= key, going down
 * from there. Stays within the prefix. */
DRY_MUST_USE dry_status dry_cursor_seek(struct dry_cursor *c, struct dry_bytes key, bool backward);
/* The next entry, borrowed until the next call on the cursor. DRY_ENOTFOUND at the end. */
DRY_MUST_USE dry_status dry_cursor_next(struct dry_cursor *c, struct dry_bytes *key,
                                        struct dry_bytes *value);

#endif /* DRY_COMMON_STORAGE_H */
