/* The conformance commands' frame: walks the paths, shares the files among threads, counts. */
#include "runner.h"
#include <dirent.h>
#include <drystone/platform/files.h>
#include <drystone/platform/lock.h>
#include <drystone/platform/pool.h>
#include <errno.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define THREADS_MAX 64
#define PROBLEM_MAX 1024

/* Owned texts. */
struct paths {
    char **at;
    size_t count, cap;
};

struct dry__conf {
    dry__conf_test_fn run;
    const char *command, *fork;
    bool has_regex, json, trace;
    regex_t regex;
    uint32_t threads;
    struct paths files;
    struct dry_mutex lock; /* guards the counts and standard output */
    uint64_t passed, failed;
};

static const char usage[] =
    "usage: drystone %s [--fork NAME] [--run REGEX] [--json] [--trace] [-j N] PATH...\n"
    "  PATH        a fixture file, or a folder walked for *.json\n"
    "  --fork NAME run the cases of this fork alone\n"
    "  --run REGEX run the tests whose file/name matches (extended regular expression)\n"
    "  --json      one JSON object a case on standard output\n"
    "  --trace     EIP-3155 traces on standard error (one thread)\n"
    "  -j N        threads; one per processor when absent\n";

static bool paths_add(struct paths *p, const char *path)
{
    size_t n = strlen(path) + 1;
    char *copy;

    if (p->count == p->cap) {
        size_t cap = p->cap == 0 ? 256 : 2 * p->cap;
        char **grown =
            (char **)dry_realloc((void *)p->at, p->cap * sizeof(char *), cap * sizeof(char *));

        if (grown == NULL)
            return false;
        p->at = grown;
        p->cap = cap;
    }
    copy = dry_alloc(n);
    if (copy == NULL)
        return false;
    memcpy(copy, path, n);
    p->at[p->count++] = copy;
    return true;
}

static void paths_fini(struct paths *p)
{
    while (p->count > 0)
        dry_free(p->at[--p->count]);
    dry_free((void *)p->at);
    *p = (struct paths){0};
}

/* Folders still to be read stand in a list of their own: no recursion. */
struct walk {
    struct dry__conf *c;
    const char *dir;
    struct paths dirs;
    bool failed;
};

static void walk_entry(const char *name, void *arg)
{
    struct walk *w = (struct walk *)arg;
    size_t n = strlen(name);
    struct dry_buf path = {0};

    if (name[0] == '.')
        return;
    if (!dry_ok(dry_path_join(&path, w->dir, name)))
        w->failed = true;
    else if (dry_path_is_dir((const char *)path.ptr))
        w->failed = !paths_add(&w->dirs, (const char *)path.ptr) || w->failed;
    else if (n > 5 && strcmp(name + n - 5, ".json") == 0)
        w->failed = !paths_add(&w->c->files, (const char *)path.ptr) || w->failed;
    dry_buf_fini(&path);
}

static bool walk_path(struct dry__conf *c, const char *path)
{
    struct walk w = {.c = c};

    if (!dry_path_exists(path)) {
        fprintf(stderr, "%s: no such file or folder: %s\n", c->command, path);
        return false;
    }
    if (!dry_path_is_dir(path))
        return paths_add(&c->files, path);
    w.failed = !paths_add(&w.dirs, path);
    while (w.dirs.count > 0 && !w.failed) {
        char *dir = w.dirs.at[--w.dirs.count];
        dry_status st;

        w.dir = dir;
        st = dry_dir_each(dir, walk_entry, &w);
        if (!dry_ok(st)) {
            fprintf(stderr, "%s: %s: %s\n", c->command, dir, dry_status_text(st));
            w.failed = true;
        }
        dry_free(dir);
    }
    paths_fini(&w.dirs);
    return !w.failed;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool dry__conf_wants_fork(const struct dry__conf_file *f, const char *fork)
{
    return f->conf->fork == NULL || strcasecmp(f->conf->fork, fork) == 0;
}

static bool wants_name(const struct dry__conf_file *f, const char *name)
{
    char whole[4096];

    if (!f->conf->has_regex)
        return true;
    snprintf(whole, sizeof(whole), "%s/%s", f->path, name);
    return regexec(&f->conf->regex, whole, 0, NULL, 0) == 0;
}

static void report_json(const struct dry__conf_file *f, const char *name, const char *fork,
                        const char *problem)
{
    json_t *line = json_pack("{s:s, s:s, s:s, s:b, s:s*}", "file", f->path, "name", name, "fork",
                             fork, "pass", problem == NULL, "error", problem);

    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
}

void dry__conf_report(struct dry__conf_file *f, const char *name, const char *fork,
                      const char *problem)
{
    struct dry__conf *c = f->conf;

    dry_mutex_lock(&c->lock);
    if (problem == NULL)
        c->passed++;
    else
        c->failed++;
    if (c->json)
        report_json(f, name, fork, problem);
    else if (problem != NULL)
        printf("FAIL %s: %s [%s]: %s\n", f->path, name, fork, problem);
    dry_mutex_unlock(&c->lock);
}

void dry__conf_fail(struct dry__conf_file *f, const char *name, const char *fork,
                    const char *format, ...)
{
    char problem[PROBLEM_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(problem, sizeof(problem), format, args);
    va_end(args);
    dry__conf_report(f, name, fork, problem);
}

static void run_file(void *ctx, uint32_t index)
{
    struct dry__conf *c = (struct dry__conf *)ctx;
    struct dry__conf_file f = {.conf = c, .path = c->files.at[index], .trace = c->trace};
    json_error_t error;
    json_t *root = json_load_file(f.path, 0, &error), *test;
    const char *name;

    if (!json_is_object(root)) {
        dry__conf_fail(&f, "-", "-", "not a fixture: %s",
                       root == NULL ? error.text : "no JSON object");
        json_decref(root);
        return;
    }
    json_object_foreach(root, name, test)
    {
        dry_status st = DRY_OK;

        if (wants_name(&f, name))
            st = c->run(&f, name, test);
        if (!dry_ok(st))
            dry__conf_fail(&f, name, "-", "%s", dry_status_text(st));
    }
    json_decref(root);
}

/* The argument of an option that needs one, or NULL after telling so. */
static const char *option_value(const struct dry__conf *c, int argc, char **argv, int *i)
{
    if (*i + 1 >= argc) {
        fprintf(stderr, "%s: %s needs a value\n", c->command, argv[*i]);
        return NULL;
    }
    return argv[++*i];
}

static bool option_regex(struct dry__conf *c, const char *value)
{
    char text[256];
    int err;

    if (value == NULL)
        return false;
    err = regcomp(&c->regex, value, REG_EXTENDED | REG_NOSUB);
    if (err != 0) {
        regerror(err, &c->regex, text, sizeof(text));
        fprintf(stderr, "%s: --run: %s\n", c->command, text);
    }
    c->has_regex = err == 0;
    return c->has_regex;
}

static bool option_threads(struct dry__conf *c, const char *value)
{
    char *end;
    unsigned long n;

    if (value == NULL)
        return false;
    n = strtoul(value, &end, 10);
    if (*end != '\0' || n < 1 || n > THREADS_MAX) {
        fprintf(stderr, "%s: -j takes a number from 1 to %d\n", c->command, THREADS_MAX);
        return false;
    }
    c->threads = (uint32_t)n;
    return true;
}

static bool options_parse(struct dry__conf *c, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        bool ok = true;

        if (strcmp(arg, "--fork") == 0)
            ok = (c->fork = option_value(c, argc, argv, &i)) != NULL;
        else if (strcmp(arg, "--run") == 0)
            ok = option_regex(c, option_value(c, argc, argv, &i));
        else if (strcmp(arg, "-j") == 0)
            ok = option_threads(c, option_value(c, argc, argv, &i));
        else if (strncmp(arg, "-j", 2) == 0)
            ok = option_threads(c, arg + 2);
        else if (strcmp(arg, "--json") == 0)
            c->json = true;
        else if (strcmp(arg, "--trace") == 0)
            c->trace = true;
        else if (arg[0] == '-')
            ok = false;
        else
            ok = walk_path(c, arg);
        if (!ok)
            return false;
    }
    return c->files.count != 0;
}

static void conf_fini(struct dry__conf *c)
{
    paths_fini(&c->files);
    if (c->has_regex)
        regfree(&c->regex);
    dry_mutex_fini(&c->lock);
}

int dry__conf_main(int argc, char **argv, dry__conf_test_fn run)
{
    struct dry__conf c = {.run = run, .command = argv[0]};
    struct dry_pool *pool = NULL;
    int code = 2;

    if (!dry_ok(dry_mutex_init(&c.lock)))
        return 1;
    if (!options_parse(&c, argc, argv)) {
        fprintf(stderr, usage, c.command);
        goto done;
    }
    qsort((void *)c.files.at, c.files.count, sizeof(char *), by_text);
    json_object_seed(0); /* before the threads, as jansson asks */
    if (c.trace)
        c.threads = 1;
    if (c.threads != 1 && !dry_ok(dry_pool_open(&pool, c.threads, 0)))
        goto done;
    dry_jobs_run(pool == NULL ? NULL : dry_pool_jobs(pool), run_file, &c, (uint32_t)c.files.count);
    dry_pool_close(pool);
    printf("%llu passed, %llu failed\n", (unsigned long long)c.passed,
           (unsigned long long)c.failed);
    code = c.failed == 0 && c.passed != 0 ? 0 : 1; /* nothing tested is nothing proved */
done:
    conf_fini(&c);
    return code;
}
