/* block_file.h - a file of concatenated RLP blocks, read through a bounded window. */
#ifndef DRY_NODE_BLOCK_FILE_H
#define DRY_NODE_BLOCK_FILE_H
#include <drystone/common/block.h>

struct dry_block_file {
    int fd;
    struct dry_buf window;
    size_t at;           /* where the next block begins in the window */
    uint64_t done, size; /* bytes handed out; of the whole file, 0 for a pipe */
    bool ended;
};

/* "-" is standard input. ENOTFOUND, EIO… with errno in detail. */
DRY_MUST_USE dry_status dry_block_file_init(struct dry_block_file *out, const char *path);
void dry_block_file_fini(struct dry_block_file *f);
/* The next block, borrowed until the next call. ENOTFOUND at a clean end, EDECODE when the file is
 * cut short or damaged, ELIMIT for a block above DRY_BLOCK_BYTES_MAX, EIO, ENOMEM. */
DRY_MUST_USE dry_status dry_block_file_next(struct dry_block_file *f, struct dry_bytes *block);

#endif /* DRY_NODE_BLOCK_FILE_H */
