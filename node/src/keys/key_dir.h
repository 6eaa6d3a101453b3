/* key_dir.h - a directory of keystore files, named as other Ethereum clients name them. */
#ifndef DRY_NODE_KEY_DIR_H
#define DRY_NODE_KEY_DIR_H
#include "peer_id.h"
#include <drystone/common/rng.h>
#include <drystone/common/types.h>

#define DRY_KEY_DIR_FILES_MAX 65536u

/* One file of the directory. */
struct dry_key_file {
    struct dry_address address; /* of an account */
    char *path;
    bool node_key;
    char peer_id[DRY_BASE58_TEXT_MAX];
};
struct dry_key_list {
    struct dry_arena arena;
    struct dry_key_file *files; /* by name, that is by age */
    uint32_t count, room;
    const char *dir;
    dry_status st;
};

/* The keystore files of dir (which may be missing); others are passed over. out is zeroed or was
 * finished. */
DRY_MUST_USE dry_status dry_key_list_init(struct dry_key_list *out, const char *dir);
void dry_key_list_fini(struct dry_key_list *l);
/* The account's file, or NULL. */
const struct dry_key_file *dry_key_list_find(const struct dry_key_list *l,
                                             const struct dry_address *address);

/* Write a secret (mode 0600, the directory 0700) and append the file's path, NUL-terminated.
 * peer_id NULL: an account. EIO and others with words in error. */
DRY_MUST_USE dry_status dry_key_dir_add(struct dry_buf *path, const char *dir,
                                        const uint8_t secret[32], const struct dry_address *address,
                                        const char *peer_id, struct dry_bytes password, bool light,
                                        struct dry_buf *error);

#endif /* DRY_NODE_KEY_DIR_H */
