/* password.h - where the password of a key comes from. */
#ifndef DRY_NODE_PASSWORD_H
#define DRY_NODE_PASSWORD_H
#include <drystone/common/bytes.h>

#define DRY_PASSWORD_BYTES_MAX 1024u

/* The password: the first line of `file` (may be NULL), else DRYSTONE_PASSWORD of the environment,
 * else asked for on the terminal without echo (twice when `fresh`). Appended to out; the caller
 * wipes it. EINVAL with words in error when there is none. */
DRY_MUST_USE dry_status dry_password_read(struct dry_buf *out, const char *file, bool fresh,
                                          struct dry_buf *error);

#endif /* DRY_NODE_PASSWORD_H */
