/* Batches, and checked calls of a storage driver. */
#include <drystone/common/storage.h>

/* A batch is records of: op (1 byte), key length (2, little-endian), value length (4), key,
 * value. */
#define RECORD_HEAD 7u

static dry_status batch_add(struct dry_batch *b, enum dry_batch_op op, struct dry_bytes key,
                            struct dry_bytes value)
{
    uint8_t *p;
    dry_status st;

    DRY_ASSERT(b != NULL && b->count != UINT32_MAX);
    DRY_ASSERT(key.len != 0 && key.len <= DRY_KEY_BYTES_MAX);
    if (value.len > DRY_VALUE_BYTES_MAX)
        return DRY_STATUS_AT(ELIMIT, "value larger than the store takes", DRY_VALUE_BYTES_MAX);
    st = dry_buf_reserve(&b->ops, RECORD_HEAD + key.len + value.len);
    if (!dry_ok(st))
        return st;
    p = b->ops.ptr + b->ops.len;
    p[0] = (uint8_t)op;
    p[1] = (uint8_t)key.len;
    p[2] = (uint8_t)(key.len >> 8);
    for (unsigned i = 0; i < 4; i++)
        p[3 + i] = (uint8_t)(value.len >> 8 * i);
    memcpy(p + RECORD_HEAD, key.ptr, key.len);
    if (value.len != 0)
        memcpy(p + RECORD_HEAD + key.len, value.ptr, value.len);
    b->ops.len += RECORD_HEAD + key.len + value.len;
    b->count++;
    return DRY_OK;
}

dry_status dry_batch_put(struct dry_batch *b, struct dry_bytes key, struct dry_bytes value)
{
    return batch_add(b, DRY_BATCH_PUT, key, value);
}

dry_status dry_batch_delete(struct dry_batch *b, struct dry_bytes key)
{
    return batch_add(b, DRY_BATCH_DELETE, key, DRY_BYTES_EMPTY);
}

dry_status dry_batch_delete_prefix(struct dry_batch *b, struct dry_bytes prefix)
{
    return batch_add(b, DRY_BATCH_DELETE_PREFIX, prefix, DRY_BYTES_EMPTY);
}

bool dry_batch_next(const struct dry_batch *b, size_t *offset, enum dry_batch_op *op,
                    struct dry_bytes *key, struct dry_bytes *value)
{
    const uint8_t *p;
    size_t key_len, value_len = 0;

    DRY_ASSERT(b != NULL && *offset <= b->ops.len);
    if (*offset == b->ops.len)
        return false;
    p = b->ops.ptr + *offset;
    key_len = (size_t)p[1] | (size_t)p[2] << 8;
    for (unsigned i = 0; i < 4; i++)
        value_len |= (size_t)p[3 + i] << 8 * i;
    *op = (enum dry_batch_op)p[0];
    *key = dry_bytes_of(p + RECORD_HEAD, key_len);
    *value = dry_bytes_of(p + RECORD_HEAD + key_len, value_len);
    *offset += RECORD_HEAD + key_len + value_len;
    return true;
}

void dry_batch_clear(struct dry_batch *b)
{
    b->ops.len = 0;
    b->count = 0;
}

void dry_batch_fini(struct dry_batch *b)
{
    if (b == NULL)
        return;
    dry_buf_fini(&b->ops);
    b->count = 0;
}

static bool is_key(struct dry_bytes key)
{
    return key.len != 0 && key.len <= DRY_KEY_BYTES_MAX;
}

dry_status dry_storage_open(struct dry_storage **out, const struct dry_storage_ops *driver,
                            const struct dry_storage_settings *set, struct dry_buf *error)
{
    struct dry_storage *s = NULL;
    dry_status st;

    DRY_ASSERT(out != NULL && driver != NULL && set != NULL);
    DRY_ASSERT(driver->abi == DRY_STORAGE_ABI);
    st = driver->open(&s, set, error);
    if (!dry_ok(st))
        return st;
    DRY_ASSERT(s != NULL && s->ops == driver);
    *out = s;
    return DRY_OK;
}

void dry_storage_close(struct dry_storage *s)
{
    if (s != NULL)
        s->ops->close(s);
}

dry_status dry_storage_get(struct dry_storage *s, const struct dry_snapshot *snap,
                           struct dry_buf *out, struct dry_bytes key)
{
    DRY_ASSERT(s != NULL && out != NULL && is_key(key));
    return s->ops->get(s, snap, out, key);
}

dry_status dry_storage_commit(struct dry_storage *s, const struct dry_batch *batch, bool durable)
{
    DRY_ASSERT(s != NULL && batch != NULL);
    return s->ops->commit(s, batch, durable);
}

dry_status dry_snapshot_open(struct dry_storage *s, struct dry_snapshot **out)
{
    DRY_ASSERT(s != NULL && out != NULL);
    return s->ops->snapshot_open(s, out);
}

void dry_snapshot_close(struct dry_storage *s, struct dry_snapshot *snap)
{
    DRY_ASSERT(s != NULL);
    if (snap != NULL)
        s->ops->snapshot_close(s, snap);
}

dry_status dry_cursor_open(struct dry_storage *s, const struct dry_snapshot *snap,
                           struct dry_cursor **out, struct dry_bytes prefix)
{
    struct dry_cursor *c = NULL;
    dry_status st;

    DRY_ASSERT(s != NULL && out != NULL && prefix.len <= DRY_KEY_BYTES_MAX);
    st = s->ops->cursor_open(s, snap, &c, prefix);
    if (!dry_ok(st))
        return st;
    DRY_ASSERT(c != NULL && c->ops == s->ops);
    *out = c;
    return DRY_OK;
}

void dry_cursor_close(struct dry_cursor *c)
{
    if (c != NULL)
        c->ops->cursor_close(c);
}

dry_status dry_cursor_seek(struct dry_cursor *c, struct dry_bytes key, bool backward)
{
    DRY_ASSERT(c != NULL && key.len <= DRY_KEY_BYTES_MAX);
    return c->ops->cursor_seek(c, key, backward);
}

dry_status dry_cursor_next(struct dry_cursor *c, struct dry_bytes *key, struct dry_bytes *value)
{
    DRY_ASSERT(c != NULL && key != NULL && value != NULL);
    return c->ops->cursor_next(c, key, value);
}
