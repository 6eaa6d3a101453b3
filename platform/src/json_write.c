/* JSON writer: each value reserves its room once and is written in place. */
#include "utf8.h"
#include <drystone/platform/json.h>

/* The digits of every byte. */
static const char digits2[513] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                                 "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
                                 "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
                                 "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
                                 "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
                                 "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
                                 "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
                                 "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

/* Room for n bytes and a comma, which is put in when due; NULL when there is none. The caller
 * advances len. */
static uint8_t *room(struct dry_json_writer *w, size_t n)
{
    struct dry_buf *b = w->out;

    if (!dry_ok(w->st))
        return NULL;
    if (b->cap - b->len < n + 1) {
        w->st = dry_buf_reserve(b, n + 1);
        if (!dry_ok(w->st))
            return NULL;
    }
    if (w->comma)
        b->ptr[b->len++] = ',';
    w->comma = true;
    return b->ptr + b->len;
}

static void put(struct dry_json_writer *w, const char *text, size_t n, bool comma)
{
    uint8_t *p = room(w, n);

    if (p == NULL)
        return;
    memcpy(p, text, n);
    w->out->len += n;
    w->comma = comma;
}

void dry_json_object_begin(struct dry_json_writer *w)
{
    put(w, "{", 1, false);
}

void dry_json_array_begin(struct dry_json_writer *w)
{
    put(w, "[", 1, false);
}

static void container_end(struct dry_json_writer *w, char c)
{
    w->comma = false; /* none before the end */
    put(w, &c, 1, true);
}

void dry_json_object_end(struct dry_json_writer *w)
{
    container_end(w, '}');
}

void dry_json_array_end(struct dry_json_writer *w)
{
    container_end(w, ']');
}

void dry_json_key_n(struct dry_json_writer *w, const char *key, size_t len)
{
    uint8_t *p = room(w, len + 3);

    if (p == NULL)
        return;
    p[0] = '"';
    memcpy(p + 1, key, len);
    p[len + 1] = '"';
    p[len + 2] = ':';
    w->out->len += len + 3;
    w->comma = false;
}

void dry_json_key_text(struct dry_json_writer *w, struct dry_bytes key)
{
    dry_json_write_text(w, key);
    w->comma = false;
    put(w, ":", 1, false);
}

/* What stands for the byte (or sequence) at s in a string; sets how many bytes it took. */
static size_t escape(uint8_t to[6], const uint8_t *s, size_t left, size_t *took)
{
    static const char from[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
    const char *known;

    *took = 1;
    if (s[0] >= 0x80) {
        size_t n = dry__utf8_len(s, left);

        if (n == 0) {
            memcpy(to, "\\ufffd", 6);
            return 6;
        }
        memcpy(to, s, n);
        *took = n;
        return n;
    }
    known = s[0] == 0 ? NULL : strchr(from, s[0]);
    to[0] = '\\';
    if (known != NULL) {
        to[1] = (uint8_t)letter[known - from];
        return 2;
    }
    to[1] = 'u';
    to[2] = to[3] = '0';
    memcpy(to + 4, digits2 + 2 * s[0], 2);
    return 6;
}

void dry_json_write_text(struct dry_json_writer *w, struct dry_bytes text)
{
    uint8_t *p = room(w, text.len + 2);
    size_t i = 0;

    if (p == NULL)
        return;
    *p++ = '"';
    w->out->len++;
    for (;;) {
        size_t n = dry__plain_run(text.ptr + i, text.len - i), took;
        uint8_t piece[6];

        if (n > 0)
            memcpy(w->out->ptr + w->out->len, text.ptr + i, n);
        w->out->len += n;
        i += n;
        if (i == text.len)
            break;
        n = escape(piece, text.ptr + i, text.len - i, &took);
        i += took;
        /* Room for the escape, the rest as it is, and the quote. */
        w->st = dry_buf_reserve(w->out, n + (text.len - i) + 1);
        if (!dry_ok(w->st))
            return;
        memcpy(w->out->ptr + w->out->len, piece, n);
        w->out->len += n;
    }
    w->out->ptr[w->out->len++] = '"';
}

void dry_json_write_null(struct dry_json_writer *w)
{
    put(w, "null", 4, true);
}

void dry_json_write_bool(struct dry_json_writer *w, bool v)
{
    put(w, v ? "true" : "false", v ? 4 : 5, true);
}

void dry_json_write_u64(struct dry_json_writer *w, uint64_t v)
{
    char text[20];
    size_t n = sizeof(text);

    do {
        text[--n] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    put(w, text + n, sizeof(text) - n, true);
}

void dry_json_write_i64(struct dry_json_writer *w, int64_t v)
{
    if (v < 0) {
        put(w, "-", 1, false);
        dry_json_write_u64(w, -(uint64_t)v);
    } else {
        dry_json_write_u64(w, (uint64_t)v);
    }
}

void dry_json_write_hex(struct dry_json_writer *w, struct dry_bytes data)
{
    uint8_t *p;

    if (data.len > DRY_BUF_MAX / 4) {
        w->st = DRY_ELIMIT;
        return;
    }
    p = room(w, 2 * data.len + 4);
    if (p == NULL)
        return;
    memcpy(p, "\"0x", 3);
    p += 3;
    for (size_t i = 0; i < data.len; i++, p += 2)
        memcpy(p, digits2 + 2 * (size_t)data.ptr[i], 2);
    *p = '"';
    w->out->len += 2 * data.len + 4;
}

/* The n-byte big-endian number b, n > 0, without leading zeros. */
static void quantity(struct dry_json_writer *w, const uint8_t *b, size_t n)
{
    uint8_t *p, *start;

    while (n > 1 && *b == 0) {
        b++;
        n--;
    }
    p = start = room(w, 2 * n + 4);
    if (p == NULL)
        return;
    memcpy(p, "\"0x", 3);
    p += 3;
    if (*b < 16) {
        *p++ = (uint8_t)digits2[2 * (size_t)*b + 1];
        b++;
        n--;
    }
    for (; n > 0; n--, b++, p += 2)
        memcpy(p, digits2 + 2 * (size_t)*b, 2);
    *p++ = '"';
    w->out->len += (size_t)(p - start);
}

void dry_json_write_quantity(struct dry_json_writer *w, uint64_t v)
{
    uint8_t b[8];

    for (int i = 0; i < 8; i++)
        b[i] = (uint8_t)(v >> (56 - 8 * i));
    quantity(w, b, sizeof(b));
}

void dry_json_write_quantity_u256(struct dry_json_writer *w, const struct dry_u256 *v)
{
    uint8_t b[32];

    dry_u256_to_be32(b, v);
    quantity(w, b, sizeof(b));
}

void dry_json_write_raw(struct dry_json_writer *w, struct dry_bytes json)
{
    put(w, (const char *)json.ptr, json.len, true);
}
