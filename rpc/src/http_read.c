/* http_read.c - what RFC 9112 asks of a server that takes no chances. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include "http_read.h"
#include <strings.h>

#define CHUNK_LINE_MAX 4096u
#define CHUNK_DIGITS_MAX 15u

bool dry__http_equal(struct dry_bytes a, const char *text)
{
    return a.len == strlen(text) && strncasecmp((const char *)a.ptr, text, a.len) == 0;
}

static bool is_digit(uint8_t b)
{
    return b >= '0' && b <= '9';
}

/* RFC 9110 5.6.2 */
static bool is_token(struct dry_bytes t)
{
    for (size_t i = 0; i < t.len; i++) {
        uint8_t b = t.ptr[i], letter = b | 0x20;

        if (!is_digit(b) && !(letter >= 'a' && letter <= 'z') &&
            (b == 0 || strchr("!#$%&'*+-.^_`|~", b) == NULL))
            return false;
    }
    return t.len != 0;
}

static bool is_text(struct dry_bytes t)
{
    for (size_t i = 0; i < t.len; i++)
        if ((t.ptr[i] < 0x20 && t.ptr[i] != '\t') || t.ptr[i] == 0x7f)
            return false;
    return true;
}

static struct dry_bytes part(struct dry_bytes t, size_t from, size_t to)
{
    return dry_bytes_of(t.ptr + from, to - from);
}

static struct dry_bytes trimmed(struct dry_bytes t)
{
    while (t.len != 0 && (t.ptr[0] == ' ' || t.ptr[0] == '\t'))
        t = part(t, 1, t.len);
    while (t.len != 0 && (t.ptr[t.len - 1] == ' ' || t.ptr[t.len - 1] == '\t'))
        t.len--;
    return t;
}

static size_t find(struct dry_bytes t, uint8_t b)
{
    const uint8_t *at = t.len != 0 ? memchr(t.ptr, b, t.len) : NULL;

    return at != NULL ? (size_t)(at - t.ptr) : t.len;
}

/* Up to the byte and past it; false at the end. */
static bool split(struct dry_bytes *rest, struct dry_bytes *out, uint8_t b)
{
    size_t n = find(*rest, b);

    if (rest->len == 0)
        return false;
    *out = part(*rest, 0, n);
    *rest = part(*rest, n < rest->len ? n + 1 : n, rest->len);
    return true;
}

/* A name or an address, perhaps with a port (RFC 9110 7.2). Nothing else: a user before an "@",
 * what follows a bracket or a port would be read differently by somebody. */
static bool is_host(struct dry_bytes t)
{
    bool bracket = t.len != 0 && t.ptr[0] == '[';
    size_t n = bracket ? find(t, ']') : find(t, ':');

    if (n == bracket || (bracket && n == t.len))
        return t.len == 0;
    for (size_t i = bracket; i < n; i++) {
        uint8_t b = t.ptr[i], letter = b | 0x20;
        bool good = bracket ? b == ':' || (letter >= 'a' && letter <= 'f')
                            : b == '-' || b == '_' || (letter >= 'a' && letter <= 'z');

        if (!good && b != '.' && !is_digit(b))
            return false;
    }
    n += bracket;
    if (n < t.len && t.ptr[n++] != ':')
        return false;
    while (n < t.len && is_digit(t.ptr[n]))
        n++;
    return n == t.len;
}

size_t dry__http_head_end(struct dry_bytes in, size_t seen)
{
    size_t from = seen > 3 ? seen - 3 : 0;
    const uint8_t *at = in.len > from ? memmem(in.ptr + from, in.len - from, "\r\n\r\n", 4) : NULL;

    return at != NULL ? (size_t)(at - in.ptr) + 4 : 0;
}

/* --- the request line --- */

static unsigned version_read(struct dry__http_head *h, const char **why, struct dry_bytes t)
{
    if (t.len != 8 || memcmp(t.ptr, "HTTP/", 5) != 0 || !is_digit(t.ptr[5]) || t.ptr[6] != '.' ||
        !is_digit(t.ptr[7])) {
        *why = "not an HTTP request";
        return 400;
    }
    if (t.ptr[5] != '1') {
        *why = "HTTP/1.1 only";
        return 505;
    }
    h->old = t.ptr[7] == '0';
    h->keep = !h->old;
    return 0;
}

static unsigned line_read(struct dry__http_head *h, const char **why, struct dry_bytes line)
{
    size_t first = find(line, ' '), second;
    struct dry_bytes method = part(line, 0, first), target, rest;
    unsigned status;

    *why = "not an HTTP request";
    if (first == line.len || !is_token(method))
        return 400;
    rest = part(line, first + 1, line.len);
    second = find(rest, ' ');
    if (second == rest.len || second == 0)
        return 400;
    status = version_read(h, why, part(rest, second + 1, rest.len));
    if (status != 0)
        return status;
    if (dry_bytes_equal(method, DRY_BYTES_LIT("POST")))
        h->method = DRY__HTTP_POST;
    else if (dry_bytes_equal(method, DRY_BYTES_LIT("GET")))
        h->method = DRY__HTTP_GET;
    else if (dry_bytes_equal(method, DRY_BYTES_LIT("OPTIONS")))
        h->method = DRY__HTTP_OPTIONS;
    h->bare = dry_bytes_equal(method, DRY_BYTES_LIT("HEAD"));
    target = part(rest, 0, second);
    if (target.len > 7 && dry__http_equal(part(target, 0, 7), "http://")) { /* as proxies ask */
        target = part(target, 7, target.len);
        h->authority = part(target, 0, find(target, '/'));
        h->target = part(target, h->authority.len, target.len);
        return h->authority.len != 0 && is_host(h->authority) ? 0 : 400;
    }
    h->target = target;
    return target.ptr[0] == '/' || target.ptr[0] == '*' ? 0 : 400;
}

/* --- headers --- */

static void connection_read(struct dry__http_head *h, struct dry_bytes value)
{
    struct dry_bytes word;

    while (split(&value, &word, ',')) {
        word = trimmed(word);
        if (dry__http_equal(word, "close"))
            h->close_said = true;
        else if (dry__http_equal(word, "keep-alive"))
            h->keep = true;
        else if (dry__http_equal(word, "upgrade"))
            h->upgrade_said = true;
    }
}

static void upgrade_read(struct dry__http_head *h, struct dry_bytes value)
{
    struct dry_bytes word;

    while (split(&value, &word, ','))
        if (dry__http_equal(trimmed(word), "websocket"))
            h->websocket_said = true;
}

static bool length_read(struct dry__http_head *h, struct dry_bytes value)
{
    if (h->has_length || value.len == 0 || value.len > 18)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        if (!is_digit(value.ptr[i]))
            return false;
        h->length = h->length * 10 + (uint64_t)(value.ptr[i] - '0');
    }
    h->has_length = true;
    return true;
}

/* One that may come once. */
static bool once(struct dry_bytes *out, struct dry_bytes value)
{
    bool first = out->ptr == NULL;

    *out = value;
    return first;
}

static unsigned header_read(struct dry__http_head *h, const char **why, struct dry_bytes name,
                            struct dry_bytes value)
{
    bool good = true;

    if (dry__http_equal(name, "host")) {
        good = once(&h->host, value) && is_host(value);
    } else if (dry__http_equal(name, "content-length")) {
        good = length_read(h, value);
    } else if (dry__http_equal(name, "transfer-encoding")) {
        good = !h->chunked && !h->old;
        h->chunked = true;
        *why = "no transfer encoding but chunked";
        if (good && !dry__http_equal(value, "chunked"))
            return 501;
    } else if (dry__http_equal(name, "content-type")) {
        good = once(&h->content_type, value);
    } else if (dry__http_equal(name, "origin")) {
        good = once(&h->origin, value);
    } else if (dry__http_equal(name, "connection")) {
        connection_read(h, value);
    } else if (dry__http_equal(name, "upgrade")) {
        upgrade_read(h, value);
    } else if (dry__http_equal(name, "sec-websocket-key")) {
        good = once(&h->key, value);
    } else if (dry__http_equal(name, "sec-websocket-version")) {
        good = once(&h->version, value);
    } else if (dry__http_equal(name, "expect")) {
        *why = "no expectation but 100-continue";
        if (!dry__http_equal(value, "100-continue"))
            return 417;
        h->waits = !h->old;
    }
    *why = "a header that is wrong or came twice";
    return good ? 0 : 400;
}

unsigned dry__http_head_read(struct dry__http_head *out, const char **why, struct dry_bytes in)
{
    struct dry_bytes rest = in, line;
    unsigned status = 0, count = 0;

    *out = (struct dry__http_head){0};
    *why = "not an HTTP request";
    for (; status == 0 && split(&rest, &line, '\n'); count++) {
        size_t colon;

        if (line.len == 0 || line.ptr[line.len - 1] != '\r' ||
            !is_text(part(line, 0, line.len - 1)))
            return 400;
        line.len--;
        if (count == 0) {
            status = line_read(out, why, line);
            continue;
        }
        if (line.len == 0)
            break;
        colon = find(line, ':');
        if (colon == line.len || !is_token(part(line, 0, colon)))
            return 400; /* lines that go on, too */
        if (count > DRY__HTTP_HEADERS_MAX) {
            *why = "too many headers";
            return 431;
        }
        status =
            header_read(out, why, part(line, 0, colon), trimmed(part(line, colon + 1, line.len)));
    }
    if (status != 0)
        return status;
    *why = "a Content-Length and a Transfer-Encoding";
    if (out->chunked && out->has_length)
        return 400;
    *why = "no Host";
    if (out->host.ptr == NULL && !out->old)
        return 400;
    out->keep = out->keep && !out->close_said;
    if (out->authority.ptr != NULL) /* RFC 9112 3.2.2: Host is asked for, and not listened to */
        out->host = out->authority;
    return 0;
}

/* --- chunks --- */

enum {
    SIZE,
    SIZE_BLANK,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER,
    TRAILER_NAME,
    TRAILER_TEXT,
    TRAILER_LF,
    END_LF
};

static bool size_add(struct dry__chunks *c, uint8_t b)
{
    uint8_t letter = b | 0x20;

    if (c->line >= CHUNK_DIGITS_MAX)
        return false;
    if (is_digit(b))
        c->left = c->left << 4 | (uint64_t)(b - '0');
    else if (letter >= 'a' && letter <= 'f')
        c->left = c->left << 4 | (uint64_t)(letter - 'a' + 10);
    else
        return false;
    c->line++;
    return true;
}

/* One byte around the data; false when it is wrong. */
static bool chunk_byte(struct dry__chunks *c, uint8_t b)
{
    switch (c->state) {
    case SIZE:
        if (c->line == 0 || (b != '\r' && b != ';' && b != ' ' && b != '\t'))
            return size_add(c, b);
        c->state = b == '\r' ? SIZE_LF : b == ';' ? EXTENSION : SIZE_BLANK;
        return true;
    case SIZE_BLANK:
        if (b == '\r' || b == ';')
            c->state = b == '\r' ? SIZE_LF : EXTENSION;
        return ++c->line <= CHUNK_LINE_MAX && (c->state != SIZE_BLANK || b == ' ' || b == '\t');
    case EXTENSION:
    case TRAILER_TEXT:
        if (b == '\r')
            c->state = c->state == EXTENSION ? SIZE_LF : TRAILER_LF;
        return ++c->line <= CHUNK_LINE_MAX && (b == '\r' || is_text(dry_bytes_of(&b, 1)));
    case SIZE_LF:
        c->line = 0;
        c->state = c->left != 0 ? DATA : TRAILER;
        return b == '\n';
    case DATA_CR:
        c->state = DATA_LF;
        return b == '\r';
    case DATA_LF:
        c->state = SIZE;
        return b == '\n';
    case TRAILER:
        c->state = b == '\r' ? END_LF : TRAILER_NAME;
        return b == '\r' || is_token(dry_bytes_of(&b, 1));
    case TRAILER_NAME:
        if (b == ':')
            c->state = TRAILER_TEXT;
        return ++c->line <= CHUNK_LINE_MAX && (b == ':' || is_token(dry_bytes_of(&b, 1)));
    case TRAILER_LF:
        c->state = TRAILER;
        return b == '\n';
    case END_LF:
        return b == '\n';
    default:
        return false;
    }
}

enum dry__chunks_answer dry__chunks_read(struct dry__chunks *c, struct dry_bytes *in,
                                         struct dry_bytes *data)
{
    *data = DRY_BYTES_EMPTY;
    while (in->len != 0) {
        bool end = c->state == END_LF;

        if (c->state == DATA) {
            size_t n = c->left < in->len ? (size_t)c->left : in->len;

            *data = part(*in, 0, n);
            *in = part(*in, n, in->len);
            c->left -= n;
            if (c->left == 0)
                c->state = DATA_CR;
            return in->len != 0 ? DRY__CHUNKS_DATA : DRY__CHUNKS_MORE;
        }
        if (!chunk_byte(c, in->ptr[0]))
            return DRY__CHUNKS_BAD;
        *in = part(*in, 1, in->len);
        if (end)
            return DRY__CHUNKS_END;
    }
    return DRY__CHUNKS_MORE;
}
