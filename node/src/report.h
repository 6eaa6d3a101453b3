/* report.h - how a command that failed says so. */
#ifndef DRY_NODE_REPORT_H
#define DRY_NODE_REPORT_H
#include <drystone/common/bytes.h>
#include <stdio.h>

/* What was asked for makes no sense: exit code 2, where 1 is for what failed. */
#define DRY_WRONG_USAGE DRY_STATUS_AT(EINVAL, "wrong usage", 2)

/* "drystone: WORDS" on stderr, the status' own when error is empty. Frees error. The exit code. */
static inline int dry_report(struct dry_buf *error, dry_status st)
{
    if (error->len != 0)
        (void)fprintf(stderr, "drystone: %.*s\n", (int)error->len, (const char *)error->ptr);
    else if (!dry_ok(st))
        (void)fprintf(stderr, "drystone: %s\n", dry_status_text(st));
    dry_buf_fini(error);
    if (dry_ok(st))
        return 0;
    return st.code == DRY_CODE_EINVAL && st.detail == DRY_WRONG_USAGE.detail ? 2 : 1;
}

/* Append words; memory that runs out shortens them. */
static inline void dry_complain(struct dry_buf *error, const char *a, const char *b)
{
    (void)!dry_ok(dry_buf_append_text(error, a));
    (void)!dry_ok(dry_buf_append_text(error, b));
}

#endif /* DRY_NODE_REPORT_H */
