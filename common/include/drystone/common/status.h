/* drystone/common/status.h - what a call that can fail returns. Start at dry_status and dry_ok().
 */
#ifndef DRY_COMMON_STATUS_H
#define DRY_COMMON_STATUS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DRY_MUST_USE __attribute__((warn_unused_result))
#define DRY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Every status code with the text shown to people when a status carries no text of its own. */
#define DRY_STATUS_CODES(X)               \
    X(OK, "ok")                           \
    X(ENOMEM, "out of memory")            \
    X(EIO, "input or output failed")      \
    X(ENOTFOUND, "not found")             \
    X(EDECODE, "malformed input")         \
    X(ELIMIT, "a limit was exceeded")     \
    X(EINVAL, "invalid value")            \
    X(EEXIST, "already exists")           \
    X(ECORRUPT, "stored data is damaged") \
    X(EUNSUPPORTED, "not supported")      \
    X(EBUSY, "in use")                    \
    X(ECANCELED, "canceled")              \
    X(ETIMEOUT, "timed out")

enum dry_code {
#define X(name, text) DRY_CODE_##name,
    DRY_STATUS_CODES(X)
#undef X
};

/* Result of a call. `text` is static storage (or outlives the process): what was wrong, in words,
 * or NULL. `detail` is a number that belongs to it (an offset, an errno, a limit), or 0. */
typedef struct dry_status {
    enum dry_code code;
    uint32_t detail;
    const char *text;
} dry_status;

#define DRY_STATUS(name, text_) ((dry_status){DRY_CODE_##name, 0, (text_)})
#define DRY_STATUS_AT(name, text_, detail_) ((dry_status){DRY_CODE_##name, (detail_), (text_)})

#define DRY_OK DRY_STATUS(OK, NULL)
#define DRY_ENOMEM DRY_STATUS(ENOMEM, NULL)
#define DRY_EIO DRY_STATUS(EIO, NULL)
#define DRY_ENOTFOUND DRY_STATUS(ENOTFOUND, NULL)
#define DRY_EDECODE DRY_STATUS(EDECODE, NULL)
#define DRY_ELIMIT DRY_STATUS(ELIMIT, NULL)
#define DRY_EINVAL DRY_STATUS(EINVAL, NULL)

static inline bool dry_ok(dry_status st)
{
    return st.code == DRY_CODE_OK;
}

/* The status' own text, or its code's. Static storage. */
const char *dry_status_text(dry_status st);
/* The code's name, "EDECODE". Static storage. */
const char *dry_code_name(enum dry_code code);

/* Stops the program: a bug of ours was found. Never returns. Provided by common/src/assert.c, and
 * by the freestanding build's own runtime. */
__attribute__((noreturn, cold)) void dry_assert_failed(const char *expr, const char *file,
                                                       int line);

/* On in every build. For bugs of ours only, never for bytes from outside. */
#define DRY_ASSERT(expr) ((expr) ? (void)0 : dry_assert_failed(#expr, __FILE__, __LINE__))

#endif /* DRY_COMMON_STATUS_H */
