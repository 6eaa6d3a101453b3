/* drystone/platform/log.h - one line per event with typed fields. Start at DRY_LOG(). */
#ifndef DRY_PLATFORM_LOG_H
#define DRY_PLATFORM_LOG_H
#include <drystone/common/bytes.h>
#include <drystone/common/clock.h>

enum dry_log_level {
    DRY_LOG_ERROR,
    DRY_LOG_WARN,
    DRY_LOG_INFO,
    DRY_LOG_DEBUG,
    DRY_LOG_TRACE,
    DRY_LOG_OFF = 255, /* no level of an event */
};
enum dry_log_format {
    DRY_LOG_FORMAT_TEXT,
    DRY_LOG_FORMAT_COLOR, /* text with colours */
    DRY_LOG_FORMAT_JSON,  /* one object a line: time, level, layer, msg, then the fields */
};

#define DRY_LOG_LAYERS_MAX 24
#define DRY_LOG_LINE_MAX 8192
#define DRY_LOG_VALUE_MAX 1024 /* bytes of one value; longer ones are cut and marked */

/* Read-only after init: share it among threads freely. */
struct dry_log {
    int fd;
    enum dry_log_format format;
    struct dry_clock *clock;
    int level_max; /* the most talkative level of any layer; -1: silent */
    int level;     /* of layers without one of their own */
    uint32_t layers;
    struct {
        char name[16];
        int level;
    } layer[DRY_LOG_LAYERS_MAX];
};

struct dry_log_field {
    const char *key;
    enum {
        DRY_FIELD_KIND_U64,
        DRY_FIELD_KIND_I64,
        DRY_FIELD_KIND_BOOL,
        DRY_FIELD_KIND_HEX,
        DRY_FIELD_KIND_TEXT,
        DRY_FIELD_KIND_MS,
    } kind;
    union {
        uint64_t u64;
        int64_t i64;
        bool flag;
        struct dry_bytes bytes;
    } v;
};
#define DRY_FIELD_U64(k, x) {.key = (k), .kind = DRY_FIELD_KIND_U64, .v.u64 = (x)}
#define DRY_FIELD_I64(k, x) {.key = (k), .kind = DRY_FIELD_KIND_I64, .v.i64 = (x)}
#define DRY_FIELD_BOOL(k, x) {.key = (k), .kind = DRY_FIELD_KIND_BOOL, .v.flag = (x)}
/* Bytes as 0x… */
#define DRY_FIELD_HEX(k, p, n)                                         \
    {                                                                  \
        .key = (k), .kind = DRY_FIELD_KIND_HEX, .v.bytes = {(p), (n) } \
    }
/* A NUL-terminated text, or bytes; both may come from outside: what could harm a terminal is
 * escaped. */
#define DRY_FIELD_STR(k, s)                                                                    \
    {                                                                                          \
        .key = (k), .kind = DRY_FIELD_KIND_TEXT, .v.bytes = {(const uint8_t *)(s), strlen(s) } \
    }
#define DRY_FIELD_TEXT(k, b) {.key = (k), .kind = DRY_FIELD_KIND_TEXT, .v.bytes = (b)}
/* Nanoseconds, shown as milliseconds with three decimals. */
#define DRY_FIELD_MS(k, ns) {.key = (k), .kind = DRY_FIELD_KIND_MS, .v.u64 = (ns)}
/* A dry_status: its text. */
#define DRY_FIELD_STATUS(k, st) DRY_FIELD_STR(k, dry_status_text(st))

/* DRY_LOG(log, INFO, "rpc", "listening", DRY_FIELD_U64("port", port)): layer, text and keys are
 * literals of ours. log may be NULL. Arguments are not evaluated when the level is off. Thread:
 * any; each line is one write(2). */
#define DRY_LOG(log, level_, layer_, text_, ...)                                    \
    do {                                                                            \
        const struct dry_log *log_ = (log);                                         \
        if (log_ != NULL && (int)DRY_LOG_##level_ <= log_->level_max &&             \
            dry_log_on(log_, DRY_LOG_##level_, layer_)) {                           \
            const struct dry_log_field fields_[] = {{.key = NULL}, ##__VA_ARGS__};  \
            dry_log_write(log_, DRY_LOG_##level_, "" layer_, "" text_, fields_ + 1, \
                          DRY_COUNT(fields_) - 1);                                  \
        }                                                                           \
    } while (0)

/* Set up a log to fd at level info; format TEXT becomes COLOR on a terminal unless NO_COLOR is set.
 * clock must outlive it. */
void dry_log_init(struct dry_log *out, int fd, enum dry_log_format format, struct dry_clock *clock);
/* Levels from text: "info", "warn,rpc=debug,chain=off". EINVAL with what would work in error (may
 * be NULL); the log is then unchanged. Before other threads use it. */
DRY_MUST_USE dry_status dry_log_levels(struct dry_log *log, const char *spec,
                                       struct dry_buf *error);
bool dry_log_on(const struct dry_log *log, enum dry_log_level level, const char *layer);
/* What DRY_LOG() calls. Fields that do not fit the line are left out and "truncated" says so. */
void dry_log_write(const struct dry_log *log, enum dry_log_level level, const char *layer,
                   const char *text, const struct dry_log_field *fields, size_t count);
/* Append text to out so that no byte of it can act on a terminal: controls, invalid UTF-8 and
 * direction marks become \n, \t, \xNN or \u{NNNN}. */
DRY_MUST_USE dry_status dry_text_escape(struct dry_buf *out, struct dry_bytes text);

#endif /* DRY_PLATFORM_LOG_H */
