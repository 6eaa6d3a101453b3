/* Writing RLP fields one after another, the first failure being kept. Shared by the encoders. */
#ifndef DRY_COMMON_ENCODE_H
#define DRY_COMMON_ENCODE_H
#include <drystone/common/rlp.h>

/* After a failure nothing more is written. */
struct dry__writer {
    struct dry_buf *out;
    size_t before; /* where writing began */
    dry_status st;
};

static inline struct dry__writer dry__writer_begin(struct dry_buf *out)
{
    DRY_ASSERT(out != NULL);
    return (struct dry__writer){out, out->len, DRY_OK};
}

/* Whoever fails leaves the buffer as it was. */
static inline dry_status dry__writer_end(struct dry__writer *w)
{
    if (!dry_ok(w->st))
        w->out->len = w->before;
    return w->st;
}

static inline void dry__put_byte(struct dry__writer *w, uint8_t byte)
{
    if (dry_ok(w->st))
        w->st = dry_buf_append_byte(w->out, byte);
}

static inline void dry__put_u64(struct dry__writer *w, uint64_t v)
{
    if (dry_ok(w->st))
        w->st = dry_rlp_put_u64(w->out, v);
}

static inline void dry__put_u256(struct dry__writer *w, const struct dry_u256 *v)
{
    if (dry_ok(w->st))
        w->st = dry_rlp_put_u256(w->out, v);
}

static inline void dry__put_string(struct dry__writer *w, const void *p, size_t n)
{
    if (dry_ok(w->st))
        w->st = dry_rlp_put_string(w->out, dry_bytes_of(p, n));
}

/* Bytes that are RLP already. */
static inline void dry__put_raw(struct dry__writer *w, struct dry_bytes raw)
{
    if (dry_ok(w->st))
        w->st = dry_buf_append(w->out, raw);
}

static inline size_t dry__put_open(const struct dry__writer *w)
{
    return w->out->len;
}

static inline void dry__put_close(struct dry__writer *w, size_t opened)
{
    if (dry_ok(w->st))
        w->st = dry_rlp_close(w->out, opened);
}

#endif /* DRY_COMMON_ENCODE_H */
