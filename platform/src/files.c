/* Whole files, directories, the lock of a directory, limits. */
#include <dirent.h>
#include <drystone/common/alloc.h>
#include <drystone/platform/files.h>
#include <drystone/platform/system.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static enum dry_code errno_code(int err)
{
    switch (err) {
    case ENOENT:
    case ENOTDIR:
        return DRY_CODE_ENOTFOUND;
    case EEXIST:
    case ENOTEMPTY:
        return DRY_CODE_EEXIST;
    case ENOMEM:
        return DRY_CODE_ENOMEM;
    case EAGAIN:
    case EBUSY:
        return DRY_CODE_EBUSY;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
        return DRY_CODE_ELIMIT;
    default:
        return DRY_CODE_EIO;
    }
}

dry_status dry_errno_status(int err)
{
    const char *text = strerrordesc_np(err); /* static storage, unlike strerror() */

    return (dry_status){errno_code(err), (uint32_t)err, text};
}

/* Every pass reads into fresh room, so the buffer grows as the file really is, whatever its size
 * says. */
static dry_status read_all(struct dry_buf *out, int fd, size_t max_bytes)
{
    size_t start = out->len;

    for (;;) {
        size_t room = 64 << 10, left = max_bytes - (out->len - start);
        dry_status st = dry_buf_reserve(out, room);
        ssize_t n;

        if (!dry_ok(st))
            return st;
        n = read(fd, out->ptr + out->len, room);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return dry_errno_status(errno);
        if (n == 0)
            return DRY_OK;
        if ((size_t)n > left)
            return DRY_STATUS(ELIMIT, "the file is too long");
        out->len += (size_t)n;
    }
}

static dry_status regular(int fd)
{
    struct stat s;

    if (fstat(fd, &s) != 0)
        return dry_errno_status(errno);
    return S_ISREG(s.st_mode) ? DRY_OK : DRY_STATUS(EINVAL, "not a regular file");
}

static dry_status read_file(struct dry_buf *out, const char *path, size_t max_bytes,
                            bool regular_only)
{
    /* A pipe that nobody writes to must not hold up the open itself. */
    int flags = O_RDONLY | O_CLOEXEC | (regular_only ? O_NONBLOCK | O_NOCTTY : 0);
    size_t start = out->len;
    int fd = open(path, flags);
    dry_status st = DRY_OK;

    if (fd < 0)
        return dry_errno_status(errno);
    if (regular_only)
        st = regular(fd);
    if (dry_ok(st))
        st = read_all(out, fd, max_bytes);
    close(fd);
    if (!dry_ok(st))
        out->len = start;
    return st;
}

dry_status dry_file_read(struct dry_buf *out, const char *path, size_t max_bytes)
{
    return read_file(out, path, max_bytes, false);
}

dry_status dry_file_read_regular(struct dry_buf *out, const char *path, size_t max_bytes)
{
    return read_file(out, path, max_bytes, true);
}

static dry_status write_all(int fd, struct dry_bytes b)
{
    while (b.len > 0) {
        ssize_t n = write(fd, b.ptr, b.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return dry_errno_status(n == 0 ? ENOSPC : errno);
        b.ptr += n;
        b.len -= (size_t)n;
    }
    return DRY_OK;
}

static dry_status sync_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    char dir[PATH_MAX];
    dry_status st = DRY_OK;
    int fd;

    if (slash == NULL)
        snprintf(dir, sizeof(dir), ".");
    else
        snprintf(dir, sizeof(dir), "%.*s", slash == path ? 1 : (int)(slash - path), path);
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return dry_errno_status(errno);
    /* Some file systems know no fsync of a directory. */
    if (fsync(fd) != 0 && errno != EINVAL)
        st = dry_errno_status(errno);
    close(fd);
    return st;
}

static dry_status write_temp(const char *temp, struct dry_bytes content, uint32_t mode)
{
    dry_status st;
    int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);

    if (fd < 0)
        return dry_errno_status(errno);
    st = write_all(fd, content);
    if (dry_ok(st) && (fchmod(fd, (mode_t)mode) != 0 || fsync(fd) != 0))
        st = dry_errno_status(errno);
    if (close(fd) != 0 && dry_ok(st))
        st = dry_errno_status(errno);
    if (!dry_ok(st))
        unlink(temp);
    return st;
}

static dry_status replace(const char *path, struct dry_bytes content, uint32_t mode, bool fresh)
{
    char temp[PATH_MAX];
    uint8_t salt[8];
    dry_status st = dry_rng_fill(dry_system_rng(), salt, sizeof(salt));
    int n;

    if (!dry_ok(st))
        return st;
    n = snprintf(temp, sizeof(temp), "%s.%02x%02x%02x%02x%02x%02x%02x%02x.tmp", path, salt[0],
                 salt[1], salt[2], salt[3], salt[4], salt[5], salt[6], salt[7]);
    if (n < 0 || (size_t)n >= sizeof(temp))
        return dry_errno_status(ENAMETOOLONG);
    st = write_temp(temp, content, mode);
    if (!dry_ok(st))
        return st;
    /* link() refuses an existing name where rename() would replace it. */
    if ((fresh ? link(temp, path) : rename(temp, path)) != 0) {
        st = dry_errno_status(errno);
        unlink(temp);
        return st;
    }
    if (fresh)
        unlink(temp);
    return sync_parent(path);
}

dry_status dry_file_write_atomic(const char *path, struct dry_bytes content, uint32_t mode)
{
    return replace(path, content, mode, false);
}

dry_status dry_file_create(const char *path, struct dry_bytes content, uint32_t mode)
{
    return replace(path, content, mode, true);
}

dry_status dry_dir_make(const char *path, uint32_t mode)
{
    char part[PATH_MAX];
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof(part))
        return dry_errno_status(len == 0 ? ENOENT : ENAMETOOLONG);
    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (part[i] != '/' && part[i] != '\0')
            continue;
        part[i] = '\0';
        if (mkdir(part, (mode_t)mode) != 0 && !dry_path_is_dir(part))
            return dry_errno_status(errno);
        part[i] = i < len ? '/' : '\0';
    }
    return DRY_OK;
}

bool dry_path_exists(const char *path)
{
    struct stat sb;

    return stat(path, &sb) == 0;
}

bool dry_path_is_dir(const char *path)
{
    int keep = errno;
    struct stat sb;
    bool is = stat(path, &sb) == 0 && S_ISDIR(sb.st_mode);

    errno = keep;
    return is;
}

dry_status dry_path_join(struct dry_buf *out, const char *a, const char *b)
{
    size_t na = b[0] == '/' ? 0 : strlen(a), nb = strlen(b);
    bool slash = na > 0 && a[na - 1] != '/' && nb > 0;
    dry_status st = dry_buf_reserve(out, na + nb + 2);

    if (!dry_ok(st))
        return st;
    memcpy(out->ptr + out->len, a, na);
    out->len += na;
    if (slash)
        out->ptr[out->len++] = '/';
    memcpy(out->ptr + out->len, b, nb);
    out->len += nb;
    out->ptr[out->len] = '\0';
    return DRY_OK;
}

dry_status dry_dir_each(const char *path, void (*each)(const char *name, void *arg), void *arg)
{
    DIR *dir = opendir(path);
    struct dirent *e;

    if (dir == NULL)
        return dry_errno_status(errno);
    while ((e = readdir(dir)) != NULL)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            each(e->d_name, arg);
    closedir(dir);
    return DRY_OK;
}

/* Put "process 123 (name)" of the lock's holder, as it wrote itself down, into error. */
static void tell_holder(struct dry_buf *error, const char *dir, int fd)
{
    char text[PATH_MAX + 160], name[32] = "", proc[48];
    unsigned long pid = 0;
    char pid_text[24] = "";
    ssize_t n = pread(fd, pid_text, sizeof(pid_text) - 1, 0);
    int comm;

    for (ssize_t i = 0; i < n && pid_text[i] >= '0' && pid_text[i] <= '9' && pid < 1000000000; i++)
        pid = pid * 10 + (unsigned long)(pid_text[i] - '0');
    snprintf(proc, sizeof(proc), "/proc/%lu/comm", pid);
    comm = open(proc, O_RDONLY | O_CLOEXEC);
    if (comm >= 0) {
        n = read(comm, name, sizeof(name) - 1);
        name[n > 0 ? n - 1 : 0] = '\0'; /* drops the newline */
        close(comm);
    }
    if (pid != 0)
        snprintf(text, sizeof(text),
                 "%s is in use by process %lu%s%s%s; stop it or choose another directory", dir, pid,
                 *name ? " (" : "", name, *name ? ")" : "");
    else
        snprintf(text, sizeof(text),
                 "%s is in use by another process; stop it or choose another directory", dir);
    if (error != NULL && !dry_ok(dry_buf_append_text(error, text)))
        return; /* the status says the same with fewer words */
}

dry_status dry_dir_lock_init(struct dry_dir_lock *out, const char *dir, struct dry_buf *error)
{
    char path[PATH_MAX], pid[24];
    dry_status st;
    int n = snprintf(path, sizeof(path), "%s/drystone.lock", dir), fd;

    if (n < 0 || (size_t)n >= sizeof(path))
        return dry_errno_status(ENAMETOOLONG);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        st = dry_errno_status(errno);
        if (error != NULL && dry_ok(dry_buf_append_text(error, path)) &&
            dry_ok(dry_buf_append_text(error, ": ")) &&
            dry_ok(dry_buf_append_text(error, dry_status_text(st))))
            return st;
        return st;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        st = errno == EWOULDBLOCK ? DRY_STATUS(EBUSY, "the directory is in use by another process")
                                  : dry_errno_status(errno);
        tell_holder(error, dir, fd);
        close(fd);
        return st;
    }
    n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
    /* The number only serves the message above: a full disk must not keep us from starting. */
    if (ftruncate(fd, 0) == 0 && pwrite(fd, pid, (size_t)n, 0) != n) {
        int ignored = ftruncate(fd, 0);

        (void)ignored;
    }
    out->fd_plus_one = fd + 1;
    return DRY_OK;
}

void dry_dir_lock_fini(struct dry_dir_lock *l)
{
    if (l->fd_plus_one != 0)
        close(l->fd_plus_one - 1);
    l->fd_plus_one = 0;
}

uint64_t dry_limit_open_files(uint64_t want)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) != 0)
        return 0;
    if (r.rlim_cur < want) {
        struct rlimit more = {want < r.rlim_max ? want : r.rlim_max, r.rlim_max};

        if (setrlimit(RLIMIT_NOFILE, &more) == 0)
            r = more;
    }
    return r.rlim_cur;
}

uint64_t dry_process_resident_bytes(void)
{
    char text[128] = "";
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    uint64_t pages = 0;
    ssize_t n = 0, i = 0;

    if (fd >= 0) {
        n = read(fd, text, sizeof(text) - 1);
        close(fd);
    }
    while (i < n && text[i] != ' ')
        i++;
    for (i++; i < n && text[i] >= '0' && text[i] <= '9'; i++)
        pages = pages * 10 + (uint64_t)(text[i] - '0');
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}
