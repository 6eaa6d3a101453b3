/* block_file.c - reading blocks one by one; memory is bounded by the largest block. */
#include "block_file.h"
#include <drystone/platform/files.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES ((size_t)1 << 20)
#define HEADER_BYTES_MAX 9u

dry_status dry_block_file_init(struct dry_block_file *out, const char *path)
{
    struct stat info;
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return dry_errno_status(errno);
    if (fstat(fd, &info) != 0 || S_ISDIR(info.st_mode)) {
        int err = S_ISDIR(info.st_mode) ? EISDIR : errno;
        (void)close(fd);
        return dry_errno_status(err);
    }
    *out = (struct dry_block_file){.fd = fd,
                                   .size = S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0,
                                   .window.max = 2 * (size_t)DRY_BLOCK_BYTES_MAX + READ_BYTES};
    return DRY_OK;
}

void dry_block_file_fini(struct dry_block_file *f)
{
    if (f->window.max != 0) /* was opened */
        (void)close(f->fd);
    dry_buf_fini(&f->window);
    *f = (struct dry_block_file){0};
}

/* Have at least `want` bytes in the window, or all that is left. */
static dry_status fill(struct dry_block_file *f, size_t want)
{
    size_t have = f->window.len - f->at;

    if (have >= want || f->ended)
        return DRY_OK;
    if (have != 0)
        memmove(f->window.ptr, f->window.ptr + f->at, have);
    f->window.len = have;
    f->at = 0;
    while (f->window.len < want && !f->ended) {
        size_t more = want - f->window.len > READ_BYTES ? want - f->window.len : READ_BYTES;
        dry_status st = dry_buf_reserve(&f->window, more);
        ssize_t n;

        if (!dry_ok(st))
            return st;
        n = read(f->fd, f->window.ptr + f->window.len, more);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return dry_errno_status(errno);
        f->window.len += (size_t)n;
        f->ended = n == 0;
    }
    return DRY_OK;
}

/* Whole length of the list that begins here, 0 when it is none. */
static uint64_t list_length(const uint8_t *p, size_t n)
{
    uint64_t len = 0;
    unsigned bytes;

    if (n == 0 || p[0] < 0xc0)
        return 0;
    if (p[0] <= 0xf7)
        return 1u + (p[0] - 0xc0u);
    bytes = p[0] - 0xf7u;
    if (n < 1u + bytes)
        return 0;
    for (unsigned i = 1; i <= bytes; i++)
        len = len << 8 | p[i];
    return len > UINT64_MAX - 9 ? UINT64_MAX : len + 1 + bytes;
}

dry_status dry_block_file_next(struct dry_block_file *f, struct dry_bytes *block)
{
    dry_status st = fill(f, HEADER_BYTES_MAX);
    struct dry_bytes rest;
    uint64_t length;

    if (!dry_ok(st))
        return st;
    if (f->window.len == f->at)
        return DRY_ENOTFOUND;
    length = list_length(f->window.ptr + f->at, f->window.len - f->at);
    if (length == 0)
        return DRY_STATUS(EDECODE, "not a list: this is no file of RLP blocks, or it is damaged");
    if (length > DRY_BLOCK_BYTES_MAX)
        return DRY_STATUS(ELIMIT, "a block above 64 MiB: the file is damaged");
    st = fill(f, (size_t)length);
    if (!dry_ok(st))
        return st;
    if (f->window.len - f->at < length)
        return DRY_STATUS(EDECODE, "the file ends within a block");
    rest = dry_bytes_of(f->window.ptr + f->at, (size_t)length);
    st = dry_block_next(block, &rest);
    if (!dry_ok(st))
        return st.code == DRY_CODE_ENOTFOUND ? DRY_EDECODE : st;
    f->at += (size_t)length;
    f->done += length;
    return DRY_OK;
}
