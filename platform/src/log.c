/* Log lines: built on the stack, written by one write(2). */
#include "utf8.h"
#include <drystone/common/hex.h>
#include <drystone/platform/log.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define TAIL_ROOM 32 /* for the mark of truncation and the end of the line */

static const char *const level_names[] = {"error", "warn", "info", "debug", "trace"};

struct line {
    size_t len;
    bool full;
    char text[DRY_LOG_LINE_MAX];
};

static void add(struct line *l, const void *p, size_t n)
{
    if (n > sizeof(l->text) - TAIL_ROOM - l->len)
        l->full = true;
    if (l->full)
        return;
    memcpy(l->text + l->len, p, n);
    l->len += n;
}

static void add_text(struct line *l, const char *text)
{
    add(l, text, strlen(text));
}

static uint32_t point_of(const uint8_t *p, size_t n)
{
    if (n == 1)
        return p[0];
    if (n == 2)
        return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
    if (n == 3)
        return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
    return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 |
           (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
}

/* Characters that move, hide or reorder what a reader sees. */
static bool harmful(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x61c || c == 0x180e ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0xe0000 && c <= 0xe0fff);
}

#define PIECE_MAX 12
/* What stands for the character at p; sets how many bytes it took. quote: a character to escape,
 * too. */
static size_t piece(char to[PIECE_MAX], const uint8_t *p, size_t left, size_t *took, bool json)
{
    size_t n = dry__utf8_len(p, left);
    uint32_t c = n == 0 ? p[0] : point_of(p, n);

    *took = n == 0 ? 1 : n;
    if (n == 0)
        return (size_t)snprintf(to, PIECE_MAX, json ? "\\ufffd" : "\\x%02x", (unsigned)c);
    if (c == '\n' || c == '\t' || c == '\r')
        return (size_t)snprintf(to, PIECE_MAX, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
    if (json && (c == '"' || c == '\\'))
        return (size_t)snprintf(to, PIECE_MAX, "\\%c", (char)c);
    if (!harmful(c)) {
        memcpy(to, p, n);
        return n;
    }
    if (!json)
        return (size_t)snprintf(to, PIECE_MAX, c < 0x80 ? "\\x%02x" : "\\u{%x}", (unsigned)c);
    if (c < 0x10000)
        return (size_t)snprintf(to, PIECE_MAX, "\\u%04x", (unsigned)c);
    memcpy(to, "\\ufffd", 6); /* a tag character; no use in spelling it out */
    return 6;
}

dry_status dry_text_escape(struct dry_buf *out, struct dry_bytes text)
{
    size_t start = out->len;

    for (size_t i = 0, took; i < text.len; i += took) {
        char to[PIECE_MAX];
        size_t n = piece(to, text.ptr + i, text.len - i, &took, false);
        dry_status st = dry_buf_append(out, dry_bytes_of(to, n));

        if (!dry_ok(st)) {
            out->len = start;
            return st;
        }
    }
    return DRY_OK;
}

/* A value that needs no quotes in text form. */
static bool bare(struct dry_bytes b)
{
    for (size_t i = 0; i < b.len; i++)
        if (b.ptr[i] <= ' ' || b.ptr[i] >= 0x7f || strchr("\"'=\\", b.ptr[i]) != NULL)
            return false;
    return b.len > 0;
}

static void add_escaped(struct line *l, struct dry_bytes b, bool json)
{
    bool quotes = json || !bare(b);
    size_t max = l->len + DRY_LOG_VALUE_MAX;

    if (quotes)
        add(l, "\"", 1);
    for (size_t i = 0, took; i < b.len; i += took) {
        char to[PIECE_MAX];
        /* Text form shows its quotes and backslashes escaped as well, so that no value can end
         * itself. */
        bool own = !json && (b.ptr[i] == '"' || b.ptr[i] == '\\');
        size_t n = piece(to, b.ptr + i, b.len - i, &took, json || own);

        if (l->len + n > max) {
            add_text(l, "\xe2\x80\xa6");
            break;
        }
        add(l, to, n);
    }
    if (quotes)
        add(l, "\"", 1);
}

static void add_hex(struct line *l, struct dry_bytes b, bool json)
{
    char text[DRY_LOG_VALUE_MAX];
    size_t n = b.len > sizeof(text) / 2 ? sizeof(text) / 2 : b.len;

    dry_hex_encode(text, dry_bytes_of(b.ptr, n));
    add_text(l, json ? "\"0x" : "0x");
    add(l, text, 2 * n);
    if (n < b.len)
        add_text(l, "\xe2\x80\xa6");
    if (json)
        add(l, "\"", 1);
}

static void add_value(struct line *l, const struct dry_log_field *f, bool json)
{
    char text[48];

    switch (f->kind) {
    case DRY_FIELD_KIND_U64:
        snprintf(text, sizeof(text), "%llu", (unsigned long long)f->v.u64);
        add_text(l, text);
        break;
    case DRY_FIELD_KIND_I64:
        snprintf(text, sizeof(text), "%lld", (long long)f->v.i64);
        add_text(l, text);
        break;
    case DRY_FIELD_KIND_BOOL:
        add_text(l, f->v.flag ? "true" : "false");
        break;
    case DRY_FIELD_KIND_MS:
        snprintf(text, sizeof(text), "%llu.%03u%s", (unsigned long long)(f->v.u64 / 1000000),
                 (unsigned)(f->v.u64 / 1000 % 1000), json ? "" : "ms");
        add_text(l, text);
        break;
    case DRY_FIELD_KIND_HEX:
        add_hex(l, f->v.bytes, json);
        break;
    case DRY_FIELD_KIND_TEXT:
        add_escaped(l, f->v.bytes, json);
        break;
    }
}

static void add_time(struct line *l, struct dry_clock *clock, bool json)
{
    uint64_t ms = dry_clock_wall_ms(clock);
    time_t s = (time_t)(ms / 1000);
    char text[80];
    struct tm tm;

    gmtime_r(&s, &tm);
    snprintf(text, sizeof(text),
             json ? "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ" : "%04d-%02d-%02d %02d:%02d:%02d.%03u",
             tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
             (unsigned)(ms % 1000));
    add_text(l, text);
}

static void add_head(struct line *l, const struct dry_log *log, enum dry_log_level level,
                     const char *layer, const char *text)
{
    static const char *const colors[] = {"\x1b[31m", "\x1b[33m", "\x1b[32m", "\x1b[36m",
                                         "\x1b[90m"};
    static const char *const tags[] = {"ERROR", "WARN ", "INFO ", "DEBUG", "TRACE"};
    bool color = log->format == DRY_LOG_FORMAT_COLOR;
    char head[48];

    if (log->format == DRY_LOG_FORMAT_JSON) {
        add_text(l, "{\"time\":\"");
        add_time(l, log->clock, true);
        add_text(l, "\",\"level\":\"");
        add_text(l, level_names[level]);
        add_text(l, "\",\"layer\":");
        add_escaped(l, dry_bytes_of(layer, strlen(layer)), true);
        add_text(l, ",\"msg\":");
        add_escaped(l, dry_bytes_of(text, strlen(text)), true);
        return;
    }
    add_time(l, log->clock, false);
    snprintf(head, sizeof(head), " %s%s%s %-9.16s ", color ? colors[level] : "", tags[level],
             color ? "\x1b[0m" : "", layer);
    add_text(l, head);
    add_text(l, text);
}

static void add_field(struct line *l, const struct dry_log_field *f, enum dry_log_format format)
{
    bool json = format == DRY_LOG_FORMAT_JSON;

    if (json) {
        add(l, ",", 1);
        add_escaped(l, dry_bytes_of(f->key, strlen(f->key)), true);
        add(l, ":", 1);
    } else {
        add_text(l, format == DRY_LOG_FORMAT_COLOR ? " \x1b[2m" : " ");
        add_text(l, f->key);
        add_text(l, format == DRY_LOG_FORMAT_COLOR ? "=\x1b[0m" : "=");
    }
    add_value(l, f, json);
}

void dry_log_write(const struct dry_log *log, enum dry_log_level level, const char *layer,
                   const char *text, const struct dry_log_field *fields, size_t count)
{
    bool json = log->format == DRY_LOG_FORMAT_JSON, cut = false;
    struct line l;
    ssize_t n;
    const char *p = l.text;

    DRY_ASSERT(level <= DRY_LOG_TRACE);
    l.len = 0;
    l.full = false;
    add_head(&l, log, level, layer, text);
    for (size_t i = 0; i < count; i++) {
        size_t before = l.len;

        add_field(&l, &fields[i], log->format);
        if (l.full) { /* a shorter one may fit still */
            l.full = false;
            l.len = before;
            cut = true;
        }
    }
    /* TAIL_ROOM was kept for this. */
    if (cut)
        l.len += (size_t)snprintf(l.text + l.len, TAIL_ROOM - 3, "%s",
                                  json ? ",\"truncated\":true" : " truncated=true");
    if (json)
        l.text[l.len++] = '}';
    l.text[l.len++] = '\n';
    /* A terminal or pipe that is gone must not stop the node: what cannot be written is dropped. */
    while (l.len > 0) {
        n = write(log->fd, p, l.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        p += n;
        l.len -= (size_t)n;
    }
}

void dry_log_init(struct dry_log *out, int fd, enum dry_log_format format, struct dry_clock *clock)
{
    const char *no_color = getenv("NO_COLOR");

    if (format == DRY_LOG_FORMAT_TEXT && isatty(fd) && (no_color == NULL || *no_color == '\0'))
        format = DRY_LOG_FORMAT_COLOR;
    *out = (struct dry_log){
        .fd = fd,
        .format = format,
        .clock = clock,
        .level = DRY_LOG_INFO,
        .level_max = DRY_LOG_INFO,
    };
}

bool dry_log_on(const struct dry_log *log, enum dry_log_level level, const char *layer)
{
    for (uint32_t i = 0; i < log->layers; i++)
        if (strcmp(log->layer[i].name, layer) == 0)
            return (int)level <= log->layer[i].level;
    return (int)level <= log->level;
}

/* -1 for off, -2 when it is no level. */
static int level_of(const char *p, size_t n)
{
    for (int i = 0; i < (int)DRY_COUNT(level_names); i++)
        if (strlen(level_names[i]) == n && memcmp(level_names[i], p, n) == 0)
            return i;
    return n == 3 && memcmp(p, "off", 3) == 0 ? -1 : -2;
}

static dry_status levels_bad(const char *p, size_t n, struct dry_buf *error)
{
    static const dry_status st = {DRY_CODE_EINVAL, 0, "not a log level"};

    if (error != NULL && dry_ok(dry_buf_append_byte(error, '"')) &&
        dry_ok(dry_text_escape(error, dry_bytes_of(p, n < 40 ? n : 40))) &&
        dry_ok(dry_buf_append_text(
            error, "\" is no log level: use error, warn, info, debug, trace or off, "
                   "alone or as layer=level, separated by commas")))
        return st;
    return st;
}

static bool layer_set(struct dry_log *log, const char *name, size_t n, int level)
{
    uint32_t i = 0;

    if (n == 0 || n >= sizeof(log->layer[0].name))
        return false;
    while (i < log->layers &&
           (strlen(log->layer[i].name) != n || memcmp(log->layer[i].name, name, n) != 0))
        i++;
    if (i == DRY_LOG_LAYERS_MAX)
        return false;
    memset(log->layer[i].name, 0, sizeof(log->layer[i].name));
    memcpy(log->layer[i].name, name, n);
    log->layer[i].level = level;
    if (i == log->layers)
        log->layers++;
    return true;
}

dry_status dry_log_levels(struct dry_log *log, const char *spec, struct dry_buf *error)
{
    struct dry_log next = *log;

    for (const char *p = spec;;) {
        size_t n = strcspn(p, ","), name = strcspn(p, "=,");
        const char *word = name < n ? p + name + 1 : p;
        int level = level_of(word, n - (size_t)(word - p));

        if (level == -2)
            return levels_bad(p, n, error);
        if (name == n)
            next.level = level;
        else if (!layer_set(&next, p, name, level))
            return levels_bad(p, n, error);
        if (p[n] == '\0')
            break;
        p += n + 1;
    }
    next.level_max = next.level;
    for (uint32_t i = 0; i < next.layers; i++)
        if (next.layer[i].level > next.level_max)
            next.level_max = next.layer[i].level;
    *log = next;
    return DRY_OK;
}
