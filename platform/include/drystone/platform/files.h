/* drystone/platform/files.h - whole files, directories and their lock. Statuses carry errno in
 * detail. */
#ifndef DRY_PLATFORM_FILES_H
#define DRY_PLATFORM_FILES_H
#include <drystone/common/bytes.h>

/* A status for an errno: ENOTFOUND, EEXIST, EBUSY, ENOMEM, ELIMIT (disk full, quota, file size) or
 * EIO, with the system's words and the errno in detail. */
dry_status dry_errno_status(int err);

/* Append a whole file to out; ELIMIT when it is longer than max_bytes. out is untouched on failure.
 */
DRY_MUST_USE dry_status dry_file_read(struct dry_buf *out, const char *path, size_t max_bytes);
/* As dry_file_read(), but EINVAL at once for a pipe, device or directory: for files nobody named.
 */
DRY_MUST_USE dry_status dry_file_read_regular(struct dry_buf *out, const char *path,
                                              size_t max_bytes);
/* Replace or create path with this content: temporary file, fsync, rename, fsync of the directory.
 * After a crash the old or the new content is there, whole. */
DRY_MUST_USE dry_status dry_file_write_atomic(const char *path, struct dry_bytes content,
                                              uint32_t mode);
/* As dry_file_write_atomic(), but EEXIST when path exists already. */
DRY_MUST_USE dry_status dry_file_create(const char *path, struct dry_bytes content, uint32_t mode);
/* Make a directory and its missing parents; fine when it is there already. */
DRY_MUST_USE dry_status dry_dir_make(const char *path, uint32_t mode);
bool dry_path_exists(const char *path);
bool dry_path_is_dir(const char *path);
/* Append "a/b" and a NUL that is not counted in len, so that out->ptr is a C string. An absolute b
 * stands alone. */
DRY_MUST_USE dry_status dry_path_join(struct dry_buf *out, const char *a, const char *b);
/* Call each(name, arg) for every entry but "." and "..", in no order. */
DRY_MUST_USE dry_status dry_dir_each(const char *path, void (*each)(const char *name, void *arg),
                                     void *arg);

/* A directory taken by this process until closed or until it dies. */
struct dry_dir_lock {
    int fd_plus_one; /* 0: not held */
};
/* Take dir (file drystone.lock in it). EBUSY when another process has it; error (may be NULL) then
 * names that process. */
DRY_MUST_USE dry_status dry_dir_lock_init(struct dry_dir_lock *out, const char *dir,
                                          struct dry_buf *error);
void dry_dir_lock_fini(struct dry_dir_lock *l);

/* Raise the limit of open files towards want; the limit now in force. */
uint64_t dry_limit_open_files(uint64_t want);
/* Resident memory of this process in bytes, 0 when unknown. */
uint64_t dry_process_resident_bytes(void);

#endif /* DRY_PLATFORM_FILES_H */
