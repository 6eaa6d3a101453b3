/* Checks, hexadecimal text, files and conformance data for tests. */
#include <dirent.h>
#include <drystone/test.h>
#include <sys/stat.h>

/* Memory that lives until the process ends, reachable so that leak checkers stay quiet. */
struct keep {
    struct keep *next;
    unsigned char data[];
};
static struct keep *kept;

static void *keep(size_t n)
{
    struct keep *k = calloc(1, sizeof(*k) + n + 1);

    if (k == NULL)
        abort();
    k->next = kept;
    kept = k;
    return k->data;
}

void test_check_failed(const char *cond, const char *msg, const char *file, int line)
{
    print_error("%s:%d: CHECK(%s) failed%s%s\n", file, line, cond, *msg ? ": " : "", msg);
    _fail(file, line);
    abort(); /* not reached: _fail() jumps */
}

const char *test_hex_of(struct dry_bytes b)
{
    static const char digits[] = "0123456789abcdef";
    char *out = keep(2 * b.len);

    for (size_t i = 0; i < b.len; i++) {
        out[2 * i] = digits[b.ptr[i] >> 4];
        out[2 * i + 1] = digits[b.ptr[i] & 15];
    }
    return out;
}

void test_check_bytes(struct dry_bytes got, struct dry_bytes want, const char *msg,
                      const char *file, int line)
{
    if (got.len == want.len && (got.len == 0 || memcmp(got.ptr, want.ptr, got.len) == 0))
        return;
    print_error("%s:%d: bytes differ: %s\n  got  %zu: %s\n  want %zu: %s\n", file, line, msg,
                got.len, test_hex_of(got), want.len, test_hex_of(want));
    _fail(file, line);
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

struct dry_bytes test_hex(const char *hex)
{
    unsigned char *out = keep(strlen(hex) / 2 + 1);
    size_t digits = 0;

    if (hex[0] == '0' && (hex[1] == 'x' || hex[1] == 'X'))
        hex += 2;
    for (; *hex != '\0'; hex++) {
        int d = digit(*hex);

        if (strchr(" \t\r\n", *hex) != NULL)
            continue;
        CHECK_MSG(d >= 0, "test_hex: not a hexadecimal digit");
        out[digits / 2] = (unsigned char)(out[digits / 2] << 4 | d);
        digits++;
    }
    CHECK_MSG(digits % 2 == 0, "test_hex: odd number of digits");
    return (struct dry_bytes){.ptr = out, .len = digits / 2};
}

static char *join(const char *dir, const char *sub)
{
    size_t n = strlen(dir) + strlen(sub) + 2;
    char *out = keep(n);

    snprintf(out, n, "%s%s%s", dir, *sub ? "/" : "", sub);
    return out;
}

const char *test_source_path(const char *sub)
{
    return join(DRYSTONE_SOURCE_ROOT, sub);
}

const char *test_vectors_path(const char *sub)
{
    const char *root = getenv("DRYSTONE_VECTORS");
    const char *ci = getenv("CI");
    const char *path;
    struct stat sb;

    if (root == NULL || *root == '\0')
        root = test_source_path("../shared/vectors");
    path = join(root, sub);
    if (stat(path, &sb) == 0)
        return path;
    print_error("!!! conformance data absent, not tested: %s (set DRYSTONE_VECTORS)\n", path);
    CHECK_MSG(ci == NULL || strcmp(ci, "true") != 0, "conformance data must be there when CI=true");
    return NULL;
}

struct dry_bytes test_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    unsigned char *data;
    size_t n;
    struct stat sb;

    CHECK_MSG(f != NULL && fstat(fileno(f), &sb) == 0, path);
    data = keep((size_t)sb.st_size);
    n = fread(data, 1, (size_t)sb.st_size, f);
    fclose(f);
    CHECK_MSG(n == (size_t)sb.st_size, path);
    return (struct dry_bytes){.ptr = data, .len = n};
}

json_t *test_json_load(const char *path)
{
    json_error_t err;
    json_t *root = json_load_file(path, JSON_ALLOW_NUL, &err);

    if (root == NULL)
        print_error("%s:%d: %s\n", path, err.line, err.text);
    CHECK_MSG(root != NULL, path);
    return root;
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t n = strlen(name), k = strlen(suffix);

    return n >= k && strcmp(name + n - k, suffix) == 0;
}

size_t test_files_each(const char *dir, const char *suffix,
                       void (*each)(const char *path, void *arg), void *arg)
{
    struct dirent **names = NULL;
    int n = scandir(dir, &names, NULL, alphasort);
    size_t found = 0;

    CHECK_MSG(n >= 0, dir);
    for (int i = 0; i < n; i++) {
        const char *path = join(dir, names[i]->d_name);
        struct stat sb;

        /* Recursion on a folder tree of our own choosing, not on input. */
        if (names[i]->d_name[0] != '.' && stat(path, &sb) == 0) {
            if (S_ISDIR(sb.st_mode)) {
                found += test_files_each(path, suffix, each, arg);
            } else if (ends_with(path, suffix)) {
                each(path, arg);
                found++;
            }
        }
        free(names[i]);
    }
    free(names);
    return found;
}
