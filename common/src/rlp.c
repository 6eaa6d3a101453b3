/* Recursive Length Prefix, canonical form alone. */
#include "rlp_item.h"

enum dry__rlp_fault dry__rlp_peek(const struct dry_rlp *c, struct dry__rlp_item *out)
{
    size_t left = (size_t)(c->end - c->ptr), head = 1;
    uint64_t len = 0;
    uint8_t first, base;

    if (left == 0)
        return DRY__RLP_END;
    first = c->ptr[0];
    out->ptr = c->ptr;
    out->list = first >= 0xc0;
    if (first < 0x80) {
        out->head = 0;
        out->len = 1;
        return DRY__RLP_NONE;
    }
    base = out->list ? 0xc0 : 0x80;
    if (first - base < 56) {
        len = (uint64_t)(first - base);
    } else {
        size_t n = (size_t)(first - base - 55); /* bytes of the length, 1 to 8 */

        if (n > left - 1)
            return DRY__RLP_OVERRUN;
        if (c->ptr[1] == 0)
            return DRY__RLP_LENGTH_ZEROS;
        for (size_t i = 1; i <= n; i++)
            len = len << 8 | c->ptr[i];
        if (len < 56)
            return DRY__RLP_LENGTH_FORM;
        head = 1 + n;
    }
    if (len > left - head)
        return DRY__RLP_OVERRUN;
    if (first == 0x81 && c->ptr[1] < 0x80)
        return DRY__RLP_LENGTH_FORM;
    out->head = head;
    out->len = (size_t)len;
    return DRY__RLP_NONE;
}

static void advance(struct dry_rlp *c, const struct dry__rlp_item *it)
{
    c->ptr = it->ptr + it->head + it->len;
}

enum dry__rlp_fault dry__rlp_string(struct dry_rlp *c, struct dry_bytes *out)
{
    struct dry__rlp_item it;
    enum dry__rlp_fault f = dry__rlp_peek(c, &it);

    if (f != DRY__RLP_NONE)
        return f;
    if (it.list)
        return DRY__RLP_LIST;
    *out = dry_bytes_of(it.ptr + it.head, it.len);
    advance(c, &it);
    return DRY__RLP_NONE;
}

enum dry__rlp_fault dry__rlp_list(struct dry_rlp *c, struct dry_rlp *items)
{
    struct dry__rlp_item it;
    enum dry__rlp_fault f = dry__rlp_peek(c, &it);

    if (f != DRY__RLP_NONE)
        return f;
    if (!it.list)
        return DRY__RLP_STRING;
    advance(c, &it); /* before items is written: it may be c itself */
    items->ptr = it.ptr + it.head;
    items->end = items->ptr + it.len;
    return DRY__RLP_NONE;
}

enum dry__rlp_fault dry__rlp_fixed(struct dry_rlp *c, void *out, size_t n)
{
    struct dry_rlp next = *c;
    struct dry_bytes s;
    enum dry__rlp_fault f = dry__rlp_string(&next, &s);

    if (f != DRY__RLP_NONE)
        return f;
    if (s.len != n)
        return DRY__RLP_SIZE;
    if (n != 0)
        memcpy(out, s.ptr, n);
    *c = next;
    return DRY__RLP_NONE;
}

enum dry__rlp_fault dry__rlp_u64(struct dry_rlp *c, uint64_t *out)
{
    struct dry_rlp next = *c;
    struct dry_bytes s;
    enum dry__rlp_fault f = dry__rlp_string(&next, &s);
    uint64_t v = 0;

    if (f != DRY__RLP_NONE)
        return f;
    if (s.len > 8)
        return DRY__RLP_OVERFLOW;
    if (s.len != 0 && s.ptr[0] == 0)
        return DRY__RLP_ZEROS;
    for (size_t i = 0; i < s.len; i++)
        v = v << 8 | s.ptr[i];
    *out = v;
    *c = next;
    return DRY__RLP_NONE;
}

enum dry__rlp_fault dry__rlp_u256(struct dry_rlp *c, struct dry_u256 *out)
{
    struct dry_rlp next = *c;
    struct dry_bytes s;
    enum dry__rlp_fault f = dry__rlp_string(&next, &s);

    if (f != DRY__RLP_NONE)
        return f;
    if (s.len != 0 && s.ptr[0] == 0)
        return DRY__RLP_ZEROS;
    if (!dry_ok(dry_u256_from_be(out, s)))
        return DRY__RLP_OVERFLOW;
    *c = next;
    return DRY__RLP_NONE;
}

enum dry__rlp_fault dry__rlp_count(const struct dry_rlp *c, size_t *out)
{
    struct dry_rlp at = *c;
    struct dry__rlp_item it;
    size_t n = 0;

    while (!dry_rlp_done(&at)) {
        enum dry__rlp_fault f = dry__rlp_peek(&at, &it);

        if (f != DRY__RLP_NONE)
            return f;
        advance(&at, &it);
        n++;
    }
    *out = n;
    return DRY__RLP_NONE;
}

dry_status dry__rlp_status(enum dry__rlp_fault f)
{
    static const char *const texts[] = {
#define X(name, text) text,
        DRY_RLP_FAULTS(X)
#undef X
    };

    if (f == DRY__RLP_NONE)
        return DRY_OK;
    if (f == DRY__RLP_DEPTH)
        return DRY_STATUS_AT(ELIMIT, texts[f], DRY_RLP_DEPTH_MAX);
    return DRY_STATUS(EDECODE, texts[f]);
}

bool dry_rlp_is_list(const struct dry_rlp *c)
{
    return !dry_rlp_done(c) && c->ptr[0] >= 0xc0;
}

dry_status dry_rlp_string(struct dry_rlp *c, struct dry_bytes *out)
{
    return dry__rlp_status(dry__rlp_string(c, out));
}

dry_status dry_rlp_list(struct dry_rlp *c, struct dry_rlp *items)
{
    return dry__rlp_status(dry__rlp_list(c, items));
}

dry_status dry_rlp_raw(struct dry_rlp *c, struct dry_bytes *out)
{
    struct dry__rlp_item it;
    enum dry__rlp_fault f = dry__rlp_peek(c, &it);

    if (f == DRY__RLP_NONE) {
        *out = dry_bytes_of(it.ptr, it.head + it.len);
        advance(c, &it);
    }
    return dry__rlp_status(f);
}

dry_status dry_rlp_fixed(struct dry_rlp *c, void *out, size_t n)
{
    return dry__rlp_status(dry__rlp_fixed(c, out, n));
}

dry_status dry_rlp_u64(struct dry_rlp *c, uint64_t *out)
{
    return dry__rlp_status(dry__rlp_u64(c, out));
}

dry_status dry_rlp_u256(struct dry_rlp *c, struct dry_u256 *out)
{
    return dry__rlp_status(dry__rlp_u256(c, out));
}

dry_status dry_rlp_count(const struct dry_rlp *c, size_t *out)
{
    return dry__rlp_status(dry__rlp_count(c, out));
}

dry_status dry_rlp_end(const struct dry_rlp *c)
{
    return dry__rlp_status(dry_rlp_done(c) ? DRY__RLP_NONE : DRY__RLP_TRAILING);
}

dry_status dry_rlp_check(struct dry_bytes in)
{
    const uint8_t *ends[DRY_RLP_DEPTH_MAX]; /* of the lists around the cursor, outermost first */
    struct dry_rlp c = dry_rlp_of(in);
    struct dry__rlp_item it;
    size_t depth = 0;

    for (;;) {
        enum dry__rlp_fault f = dry__rlp_peek(&c, &it);

        if (f != DRY__RLP_NONE)
            return dry__rlp_status(f);
        if (it.list) {
            if (depth == DRY_RLP_DEPTH_MAX)
                return dry__rlp_status(DRY__RLP_DEPTH);
            ends[depth++] = c.end;
            c.ptr = it.ptr + it.head;
            c.end = c.ptr + it.len;
        } else {
            advance(&c, &it);
        }
        while (depth != 0 && dry_rlp_done(&c))
            c.end = ends[--depth];
        if (depth == 0)
            return dry_rlp_end(&c);
    }
}

unsigned dry_rlp_header_len(size_t n)
{
    if (n < 56)
        return 1;
    return 1 + (71 - (unsigned)__builtin_clzll((unsigned long long)n)) / 8;
}

/* The header of a payload of n bytes at p; base is 0x80 or 0xc0. */
static void header_write(uint8_t *p, size_t n, uint8_t base)
{
    unsigned len = dry_rlp_header_len(n);

    if (len == 1) {
        p[0] = (uint8_t)(base + n);
        return;
    }
    p[0] = (uint8_t)(base + 55 + len - 1);
    for (unsigned i = len - 1; i != 0; i--) {
        p[i] = (uint8_t)n;
        n >>= 8;
    }
}

dry_status dry_rlp_put_string(struct dry_buf *out, struct dry_bytes s)
{
    unsigned head = dry_rlp_header_len(s.len);
    dry_status st;

    if (s.len == 1 && s.ptr[0] < 0x80)
        return dry_buf_append_byte(out, s.ptr[0]);
    if (s.len > DRY_BUF_MAX)
        return DRY_ELIMIT;
    st = dry_buf_reserve(out, head + s.len);
    if (!dry_ok(st))
        return st;
    header_write(out->ptr + out->len, s.len, 0x80);
    if (s.len != 0)
        memcpy(out->ptr + out->len + head, s.ptr, s.len);
    out->len += head + s.len;
    return DRY_OK;
}

dry_status dry_rlp_put_u64(struct dry_buf *out, uint64_t v)
{
    uint64_t be = __builtin_bswap64(v);
    unsigned n = v == 0 ? 0 : (71 - (unsigned)__builtin_clzll(v)) / 8;

    return dry_rlp_put_string(out, dry_bytes_of((const uint8_t *)&be + 8 - n, n));
}

dry_status dry_rlp_put_u256(struct dry_buf *out, const struct dry_u256 *v)
{
    uint8_t be[32];
    unsigned n = dry_u256_bytes(v);

    dry_u256_to_be32(be, v);
    return dry_rlp_put_string(out, dry_bytes_of(be + 32 - n, n));
}

dry_status dry_rlp_close(struct dry_buf *out, size_t opened)
{
    size_t n = out->len - opened;
    unsigned head = dry_rlp_header_len(n);
    dry_status st;

    DRY_ASSERT(opened <= out->len);
    st = dry_buf_reserve(out, head);
    if (!dry_ok(st))
        return st;
    memmove(out->ptr + opened + head, out->ptr + opened, n);
    header_write(out->ptr + opened, n, 0xc0);
    out->len += head;
    return DRY_OK;
}
