/* Driver "rocksdb", through RocksDB's C interface. One column family: whoever wants several spaces
 * of keys gives them first bytes. Tuned for a small machine: memory is the block cache, the write
 * buffers and little else. */
#include "prefix.h"
#include <drystone/platform/files.h>
#include <drystone/storage.h>
#include <rocksdb/c.h>

#define CACHE_BYTES_DEFAULT (32u << 20)
#define WRITE_BUFFER_BYTES_DEFAULT (16u << 20)
#define OPEN_FILES 256
#define BLOOM_BITS 10
#define METADATA_BLOCK_BYTES (8u << 10)
#define LEVELS 7
#define LEVEL0_FILES 16 /* so many are merged at once: fewer rounds, a few more filters to ask */
/* Damage in the log's middle is an error; a record cut short at its end is a commit never
 * acknowledged. */
#define TOLERATE_TORN_TAIL 0
/* At closing, more than this in memory is written to a table: reading it from the log again at the
 * next opening is slower. */
#define REPLAY_BYTES_MAX (1u << 20)
#define ENTRIES_END_BYTES 257 /* 0xff, longer than any key: after all of them */

struct store {
    struct dry_storage base; /* first */
    rocksdb_t *db;
    rocksdb_options_t *options;
    rocksdb_cache_t *cache;
    rocksdb_readoptions_t *read;
    rocksdb_writeoptions_t *write, *write_sync;
    bool read_only;
    dry_status broken; /* why the first commit failed that did; the writer's */
};

struct dry_snapshot {
    const rocksdb_snapshot_t *snap;
    rocksdb_readoptions_t *read;
};

struct cursor {
    struct dry_cursor base; /* first */
    rocksdb_iterator_t *it;
    rocksdb_readoptions_t *read; /* points at the bounds below */
    bool given, backward;        /* the entry under the iterator was given */
    uint8_t low[DRY_KEY_BYTES_MAX], high[DRY_KEY_BYTES_MAX];
};

/* RocksDB's words as a status of ours. */
static const struct {
    const char *words;
    enum dry_code code;
    const char *text;
} meanings[] = {
    {"No space left on device", DRY_CODE_EIO, "the disk is full"},
    {"Disk quota exceeded", DRY_CODE_EIO, "the disk quota is used up"},
    {"File too large", DRY_CODE_EIO, "a file may not grow further (file size limit)"},
    {"Too many open files", DRY_CODE_EIO, "too many open files (raise the limit: ulimit -n)"},
    {"While lock file", DRY_CODE_EBUSY, "the database is in use by another process"},
    {"lock hold by current process", DRY_CODE_EBUSY, "the database is open already"},
    {"Read-only file system", DRY_CODE_EIO, "the file system is read-only"},
    {"Permission denied", DRY_CODE_EIO, "no permission to write the database directory"},
    {"/CURRENT: No such file", DRY_CODE_ENOTFOUND, "there is no database"},
    {"No such file", DRY_CODE_ECORRUPT, "the database is damaged: a file is missing"},
    {"does not exist", DRY_CODE_ENOTFOUND, "there is no database"},
    {"Corruption", DRY_CODE_ECORRUPT, "the database is damaged"},
    {"Not a directory", DRY_CODE_EIO, "the database path is not a directory"},
    {"File exists", DRY_CODE_EIO, "the database path is not a directory"},
};

/* Takes err (RocksDB's own memory) and what led to it; error may be NULL. */
static dry_status rocks_status(char *err, struct dry_buf *error)
{
    dry_status st = DRY_STATUS(EIO, "the database failed");

    for (size_t i = 0; i < DRY_COUNT(meanings); i++) {
        if (strstr(err, meanings[i].words) != NULL) {
            st = (dry_status){meanings[i].code, 0, meanings[i].text};
            break;
        }
    }
    if (error != NULL) {
        size_t start = error->len;

        if (!dry_ok(dry_buf_append_text(error, st.text)) ||
            !dry_ok(dry_buf_append_text(error, " (")) || !dry_ok(dry_buf_append_text(error, err)) ||
            !dry_ok(dry_buf_append_text(error, ")")))
            error->len = start; /* the status still says it */
    }
    rocksdb_free(err);
    return st;
}

/* What the C interface has no setter for. */
static void options_more(rocksdb_options_t *o)
{
    rocksdb_options_t *base = rocksdb_options_create_copy(o);
    char *err = NULL;

    /* Opening a small log again and again must not leave a table file each time. */
    rocksdb_get_options_from_string(base, "avoid_flush_during_recovery=true", o, &err);
    DRY_ASSERT(err == NULL);
    rocksdb_options_destroy(base);
}

static rocksdb_options_t *options_make(const struct dry_storage_settings *set,
                                       rocksdb_cache_t *cache)
{
    /* What memory is written to is soon merged: packing it then is soon enough. */
    static const int compression[LEVELS] = {rocksdb_no_compression,  rocksdb_lz4_compression,
                                            rocksdb_lz4_compression, rocksdb_lz4_compression,
                                            rocksdb_lz4_compression, rocksdb_lz4_compression,
                                            rocksdb_lz4_compression};
    rocksdb_options_t *o = rocksdb_options_create();
    rocksdb_block_based_table_options_t *t = rocksdb_block_based_options_create();
    uint64_t buffer =
        set->write_buffer_bytes != 0 ? set->write_buffer_bytes : WRITE_BUFFER_BYTES_DEFAULT;

    rocksdb_options_set_create_if_missing(o, !set->read_only);
    rocksdb_options_set_paranoid_checks(o, 1);
    rocksdb_options_set_wal_recovery_mode(o, TOLERATE_TORN_TAIL);
    rocksdb_options_set_write_buffer_size(o, (size_t)buffer);
    rocksdb_options_set_max_write_buffer_number(o, 2);
    rocksdb_options_set_arena_block_size(o, 256 << 10);
    rocksdb_options_set_allow_concurrent_memtable_write(o, 0); /* one writer; saves memory */
    rocksdb_options_set_max_background_jobs(o, 2);
    rocksdb_options_set_max_open_files(o, set->open_files_max != 0 ? (int)set->open_files_max
                                                                   : OPEN_FILES);
    rocksdb_options_set_skip_stats_update_on_db_open(o, 1);
    rocksdb_options_set_compression_per_level(o, compression, DRY_COUNT(compression));
    rocksdb_options_set_level0_file_num_compaction_trigger(o, LEVEL0_FILES);
    rocksdb_options_set_level0_slowdown_writes_trigger(o, 2 * LEVEL0_FILES);
    rocksdb_options_set_level0_stop_writes_trigger(o, 4 * LEVEL0_FILES);
    rocksdb_options_set_level_compaction_dynamic_level_bytes(o, 1);
    rocksdb_options_set_bytes_per_sync(o, 1 << 20);
    rocksdb_options_set_manifest_preallocation_size(o, 64 << 10);
    rocksdb_options_set_info_log_level(o, 3); /* errors */
    rocksdb_options_set_max_log_file_size(o, 1 << 20);
    rocksdb_options_set_keep_log_file_num(o, 2);
    rocksdb_options_set_stats_dump_period_sec(o, 0);
    rocksdb_options_set_stats_persist_period_sec(o, 0);

    rocksdb_block_based_options_set_block_cache(t, cache);
    rocksdb_block_based_options_set_filter_policy(
        t, rocksdb_filterpolicy_create_bloom_full(BLOOM_BITS));
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(t, 1);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(t, 1);
    /* Index and filter of a table in pieces: whole they are a megabyte, more than a part of the
     * cache holds, and every read would load and unpack them. */
    rocksdb_block_based_options_set_index_type(
        t, rocksdb_block_based_table_index_type_two_level_index_search);
    rocksdb_block_based_options_set_partition_filters(t, 1);
    rocksdb_block_based_options_set_metadata_block_size(t, METADATA_BLOCK_BYTES);
    rocksdb_block_based_options_set_pin_top_level_index_and_filter(t, 1);
    rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(t, 1);
    rocksdb_block_based_options_set_format_version(t, 5);
    rocksdb_options_set_block_based_table_factory(o, t);
    options_more(o);
    rocksdb_block_based_options_destroy(t);
    return o;
}

/* Commits that were not durable become so; a failure loses nothing that was promised. */
static void store_settle(struct store *r)
{
    char *err = NULL;
    uint64_t pending = 0;

    if (rocksdb_property_int(r->db, "rocksdb.cur-size-active-mem-table", &pending) == 0 &&
        pending > REPLAY_BYTES_MAX) {
        rocksdb_flushoptions_t *f = rocksdb_flushoptions_create();

        rocksdb_flushoptions_set_wait(f, 1);
        rocksdb_flush(r->db, f, &err);
        rocksdb_flushoptions_destroy(f);
    } else {
        rocksdb_flush_wal(r->db, 1, &err);
    }
    rocksdb_free(err);
}

static void store_close(struct dry_storage *s)
{
    struct store *r = (struct store *)s;

    if (r->db != NULL) {
        if (!r->read_only && dry_ok(r->broken))
            store_settle(r);
        rocksdb_cancel_all_background_work(r->db, 1);
        rocksdb_close(r->db);
    }
    rocksdb_readoptions_destroy(r->read);
    rocksdb_writeoptions_destroy(r->write);
    rocksdb_writeoptions_destroy(r->write_sync);
    rocksdb_options_destroy(r->options);
    rocksdb_cache_destroy(r->cache);
    dry_free(r);
}

static dry_status store_open(struct dry_storage **out, const struct dry_storage_settings *set,
                             struct dry_buf *error)
{
    struct store *r;
    char *err = NULL;
    dry_status st;

    DRY_ASSERT(set->path != NULL);
    if (!set->read_only) {
        st = dry_dir_make(set->path, 0700);
        if (!dry_ok(st)) {
            if (error != NULL && !dry_ok(dry_buf_append_text(error, dry_status_text(st))))
                return st;
            return (dry_status){st.code == DRY_CODE_ENOMEM ? DRY_CODE_ENOMEM : DRY_CODE_EIO,
                                st.detail, st.text};
        }
    }
    r = dry_alloc(sizeof(*r));
    if (r == NULL)
        return DRY_ENOMEM;
    r->base.ops = &dry_storage_rocksdb;
    r->read_only = set->read_only;
    r->cache = rocksdb_cache_create_lru(set->cache_bytes != 0 ? (size_t)set->cache_bytes
                                                              : CACHE_BYTES_DEFAULT);
    r->options = options_make(set, r->cache);
    r->read = rocksdb_readoptions_create();
    r->write = rocksdb_writeoptions_create();
    r->write_sync = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(r->write_sync, 1);
    r->db = set->read_only ? rocksdb_open_for_read_only(r->options, set->path, 0, &err)
                           : rocksdb_open(r->options, set->path, &err);
    if (err != NULL) {
        r->db = NULL;
        store_close(&r->base);
        return rocks_status(err, error);
    }
    *out = &r->base;
    return DRY_OK;
}

/* RocksDB counts every comparison of keys unless the thread says no: a twentieth of its time. */
static void counting_off(void)
{
    rocksdb_set_perf_level(rocksdb_disable);
}

static dry_status store_get(struct dry_storage *s, const struct dry_snapshot *snap,
                            struct dry_buf *out, struct dry_bytes key)
{
    struct store *r = (struct store *)s;
    char *err = NULL;
    rocksdb_pinnableslice_t *v;
    struct dry_bytes value;
    dry_status st;

    counting_off();
    v = rocksdb_get_pinned(r->db, snap != NULL ? snap->read : r->read, (const char *)key.ptr,
                           key.len, &err);
    if (err != NULL)
        return rocks_status(err, NULL);
    if (v == NULL)
        return DRY_ENOTFOUND;
    value.ptr = (const uint8_t *)rocksdb_pinnableslice_value(v, &value.len);
    st = dry_buf_append(out, value);
    rocksdb_pinnableslice_destroy(v);
    return st;
}

static void add_delete_prefix(rocksdb_writebatch_t *w, struct dry_bytes prefix)
{
    uint8_t end[ENTRIES_END_BYTES];
    size_t n = dry__prefix_end(end, prefix);

    if (n == 0) {
        memset(end, 0xff, sizeof(end));
        n = sizeof(end);
    }
    rocksdb_writebatch_delete_range(w, (const char *)prefix.ptr, prefix.len, (const char *)end, n);
}

static dry_status store_commit(struct dry_storage *s, const struct dry_batch *batch, bool durable)
{
    struct store *r = (struct store *)s;
    rocksdb_writebatch_t *w;
    size_t offset = 0;
    enum dry_batch_op op;
    struct dry_bytes key, value;
    char *err = NULL;

    if (r->read_only)
        return DRY_STATUS(EUNSUPPORTED, "the database was opened read-only");
    /* After a failed write the log's end is unknown, and RocksDB may assert on the next one: only
     * opening again, which reads the log, makes it sure. */
    if (!dry_ok(r->broken))
        return r->broken;
    counting_off();
    w = rocksdb_writebatch_create();
    while (dry_batch_next(batch, &offset, &op, &key, &value)) {
        switch (op) {
        case DRY_BATCH_PUT:
            rocksdb_writebatch_put(w, (const char *)key.ptr, key.len, (const char *)value.ptr,
                                   value.len);
            break;
        case DRY_BATCH_DELETE:
            rocksdb_writebatch_delete(w, (const char *)key.ptr, key.len);
            break;
        case DRY_BATCH_DELETE_PREFIX:
            add_delete_prefix(w, key);
            break;
        }
    }
    rocksdb_write(r->db, durable ? r->write_sync : r->write, w, &err);
    rocksdb_writebatch_destroy(w);
    if (err != NULL)
        r->broken = rocks_status(err, NULL);
    return r->broken;
}

static dry_status store_snapshot_open(struct dry_storage *s, struct dry_snapshot **out)
{
    struct store *r = (struct store *)s;
    struct dry_snapshot *snap = dry_alloc(sizeof(*snap));

    if (snap == NULL)
        return DRY_ENOMEM;
    snap->snap = rocksdb_create_snapshot(r->db);
    snap->read = rocksdb_readoptions_create();
    rocksdb_readoptions_set_snapshot(snap->read, snap->snap);
    *out = snap;
    return DRY_OK;
}

static void store_snapshot_close(struct dry_storage *s, struct dry_snapshot *snap)
{
    rocksdb_readoptions_destroy(snap->read);
    rocksdb_release_snapshot(((struct store *)s)->db, snap->snap);
    dry_free(snap);
}

static dry_status cursor_open(struct dry_storage *s, const struct dry_snapshot *snap,
                              struct dry_cursor **out, struct dry_bytes prefix)
{
    struct store *r = (struct store *)s;
    struct cursor *c;
    size_t high;

    DRY_ASSERT(prefix.len <= DRY_KEY_BYTES_MAX);
    c = dry_alloc(sizeof(*c));
    if (c == NULL)
        return DRY_ENOMEM;
    c->base.ops = &dry_storage_rocksdb;
    c->read = rocksdb_readoptions_create();
    if (snap != NULL)
        rocksdb_readoptions_set_snapshot(c->read, snap->snap);
    if (prefix.len > 0) {
        memcpy(c->low, prefix.ptr, prefix.len);
        rocksdb_readoptions_set_iterate_lower_bound(c->read, (const char *)c->low, prefix.len);
    }
    high = dry__prefix_end(c->high, prefix);
    if (high > 0)
        rocksdb_readoptions_set_iterate_upper_bound(c->read, (const char *)c->high, high);
    c->it = rocksdb_create_iterator(r->db, c->read);
    rocksdb_iter_seek_to_first(c->it);
    *out = &c->base;
    return DRY_OK;
}

static void cursor_close(struct dry_cursor *base)
{
    struct cursor *c = (struct cursor *)base;

    rocksdb_iter_destroy(c->it);
    rocksdb_readoptions_destroy(c->read);
    dry_free(c);
}

static dry_status cursor_status(const struct cursor *c)
{
    char *err = NULL;

    rocksdb_iter_get_error(c->it, &err);
    return err == NULL ? DRY_OK : rocks_status(err, NULL);
}

static dry_status cursor_seek(struct dry_cursor *base, struct dry_bytes key, bool backward)
{
    struct cursor *c = (struct cursor *)base;

    c->backward = backward;
    c->given = false;
    if (backward)
        rocksdb_iter_seek_for_prev(c->it, (const char *)key.ptr, key.len);
    else
        rocksdb_iter_seek(c->it, (const char *)key.ptr, key.len);
    return cursor_status(c);
}

static dry_status cursor_next(struct dry_cursor *base, struct dry_bytes *key,
                              struct dry_bytes *value)
{
    struct cursor *c = (struct cursor *)base;
    dry_status st;

    if (c->given && rocksdb_iter_valid(c->it)) {
        if (c->backward)
            rocksdb_iter_prev(c->it);
        else
            rocksdb_iter_next(c->it);
    }
    c->given = true;
    if (!rocksdb_iter_valid(c->it)) {
        st = cursor_status(c);
        return dry_ok(st) ? DRY_ENOTFOUND : st;
    }
    key->ptr = (const uint8_t *)rocksdb_iter_key(c->it, &key->len);
    value->ptr = (const uint8_t *)rocksdb_iter_value(c->it, &value->len);
    return DRY_OK;
}

const struct dry_storage_ops dry_storage_rocksdb = {
    .abi = DRY_STORAGE_ABI,
    .name = "rocksdb",
    .open = store_open,
    .close = store_close,
    .get = store_get,
    .commit = store_commit,
    .snapshot_open = store_snapshot_open,
    .snapshot_close = store_snapshot_close,
    .cursor_open = cursor_open,
    .cursor_close = cursor_close,
    .cursor_seek = cursor_seek,
    .cursor_next = cursor_next,
};
