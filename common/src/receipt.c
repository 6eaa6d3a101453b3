/* Receipts to and from bytes. */
#include "encode.h"
#include "rlp_item.h"
#include <drystone/common/block.h>

#define LOG_MIN 24u /* the shortest log: list, address, empty topics, empty data */

static void put_log(struct dry__writer *w, const struct dry_log_entry *log)
{
    size_t entry = dry__put_open(w), topics;

    DRY_ASSERT(log->topic_count <= DRY_COUNT(log->topics));
    dry__put_string(w, log->address.b, 20);
    topics = dry__put_open(w);
    for (unsigned i = 0; i < log->topic_count; i++)
        dry__put_string(w, log->topics[i].b, 32);
    dry__put_close(w, topics);
    dry__put_string(w, log->data.ptr, log->data.len);
    dry__put_close(w, entry);
}

static void put_logs(struct dry__writer *w, const struct dry_log_entry *logs, uint32_t count)
{
    size_t list = dry__put_open(w);

    for (uint32_t i = 0; i < count; i++)
        put_log(w, &logs[i]);
    dry__put_close(w, list);
}

dry_status dry_logs_encode(struct dry_buf *out, const struct dry_log_entry *logs, uint32_t count)
{
    struct dry__writer w = dry__writer_begin(out);

    DRY_ASSERT(logs != NULL || count == 0);
    put_logs(&w, logs, count);
    return dry__writer_end(&w);
}

dry_status dry_receipt_encode(struct dry_buf *out, const struct dry_receipt *r)
{
    struct dry__writer w = dry__writer_begin(out);
    size_t list;

    DRY_ASSERT(r != NULL && r->type <= DRY_TX_SET_CODE);
    if (r->type != DRY_TX_LEGACY)
        dry__put_byte(&w, (uint8_t)r->type);
    list = dry__put_open(&w);
    if (r->has_root)
        dry__put_string(&w, r->root.b, 32);
    else
        dry__put_u64(&w, r->success);
    dry__put_u64(&w, r->cumulative_gas_used);
    dry__put_string(&w, r->bloom.b, sizeof(r->bloom.b));
    put_logs(&w, r->logs, r->log_count);
    dry__put_close(&w, list);
    return dry__writer_end(&w);
}

static dry_status read_log(struct dry_rlp *c, struct dry_log_entry *log)
{
    struct dry_rlp entry, topics;
    dry_status st = dry_rlp_list(c, &entry);

    if (dry_ok(st))
        st = dry_rlp_fixed(&entry, log->address.b, 20);
    if (dry_ok(st))
        st = dry_rlp_list(&entry, &topics);
    while (dry_ok(st) && !dry_rlp_done(&topics)) {
        if (log->topic_count == DRY_COUNT(log->topics))
            return DRY_STATUS(EDECODE, "log with more than four topics");
        st = dry_rlp_fixed(&topics, log->topics[log->topic_count++].b, 32);
    }
    if (dry_ok(st))
        st = dry_rlp_string(&entry, &log->data);
    if (dry_ok(st))
        st = dry_rlp_end(&entry);
    return st;
}

static dry_status read_logs(struct dry_rlp *c, struct dry_receipt *r, struct dry_arena *arena)
{
    struct dry_rlp list;
    struct dry_log_entry *logs;
    size_t n = 0;
    dry_status st = dry_rlp_list(c, &list);

    if (dry_ok(st))
        st = dry_rlp_count(&list, &n);
    if (!dry_ok(st) || n == 0)
        return st;
    if ((size_t)(list.end - list.ptr) / LOG_MIN < n)
        return DRY_STATUS(EDECODE, "log too short");
    logs = dry_arena_zalloc(arena, n, sizeof(*logs));
    if (logs == NULL)
        return DRY_ENOMEM;
    for (size_t i = 0; i < n && dry_ok(st); i++)
        st = read_log(&list, &logs[i]);
    r->logs = logs;
    r->log_count = (uint32_t)n;
    return st;
}

/* The first field: the state root, or the status as an integer. */
static dry_status read_outcome(struct dry_rlp *c, struct dry_receipt *r)
{
    struct dry_bytes s;
    dry_status st = dry_rlp_string(c, &s);

    if (!dry_ok(st))
        return st;
    r->has_root = s.len == 32;
    r->success = s.len == 1;
    if (r->has_root)
        memcpy(r->root.b, s.ptr, 32);
    else if (s.len > 1 || (s.len == 1 && s.ptr[0] != 1))
        return DRY_STATUS(EDECODE, "receipt with neither a status nor a state root");
    return DRY_OK;
}

dry_status dry_receipt_decode(struct dry_receipt *out, struct dry_bytes in, struct dry_arena *arena)
{
    struct dry_receipt r = {0};
    struct dry_rlp c, list;
    dry_status st;

    DRY_ASSERT(out != NULL && arena != NULL);
    if (in.len != 0 && in.ptr[0] < 0x80) {
        if (in.ptr[0] == DRY_TX_LEGACY || in.ptr[0] > DRY_TX_SET_CODE)
            return DRY_STATUS_AT(EDECODE, "unknown receipt type", in.ptr[0]);
        r.type = (enum dry_tx_type)in.ptr[0];
        in = dry_bytes_of(in.ptr + 1, in.len - 1);
    }
    if (in.len > UINT32_MAX)
        return DRY_STATUS(EDECODE, "receipt larger than 4 GiB");
    c = dry_rlp_of(in);
    st = dry_rlp_list(&c, &list);
    if (dry_ok(st))
        st = dry_rlp_end(&c);
    if (dry_ok(st))
        st = read_outcome(&list, &r);
    if (dry_ok(st))
        st = dry_rlp_u64(&list, &r.cumulative_gas_used);
    if (dry_ok(st))
        st = dry_rlp_fixed(&list, r.bloom.b, sizeof(r.bloom.b));
    if (dry_ok(st))
        st = read_logs(&list, &r, arena);
    if (dry_ok(st))
        st = dry_rlp_end(&list);
    if (dry_ok(st))
        *out = r;
    return st;
}
