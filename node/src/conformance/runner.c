/* The conformance commands' frame: walks the paths, shares the files among threads, counts. */
#include "runner.h"
#include "fixture.h"
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

#define PROBLEM_MAX 1024

/* Owned texts. */
struct paths {
    char **at;
    size_t count, cap;
};

struct dry__conf {
    dry__conf_test_fn run;
    const char *kind, *fork; /* kind: "state test" */
    bool has_regex, json, trace;
    regex_t regex;
    uint32_t threads;
    struct paths files;
    struct dry_mutex lock; /* guards the counts and standard output */
    uint32_t named;        /* so many files come first that stood on the command line themselves */
    uint64_t passed, failed;
};

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
        fprintf(stderr, "drystone: no such file or folder: %s\n", path);
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
            fprintf(stderr, "drystone: %s: %s\n", dir, dry_status_text(st));
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

    f->cases++;
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
    if (f.cases == 0 && index < c->named && c->fork == NULL && !c->has_regex)
        fprintf(stderr, "drystone: %s holds no %s\n", f.path, c->kind);
}

static bool option_fork(struct dry__conf *c, const char *value)
{
    struct dry_chain_config config;
    enum dry_fork fork;

    c->fork = value;
    if (value == NULL || dry_ok(dry__fixture_network(&config, &fork, value, NULL)))
        return true;
    fprintf(stderr, "drystone: --fork %s: no such fork; there are", value);
    for (int i = 0; i < (int)DRY_FORK_COUNT; i++)
        fprintf(stderr, "%s%s", i == 0 ? " " : ", ", dry_fork_name((enum dry_fork)i));
    fprintf(stderr, ", and transitions like ParisToShanghaiAtTime15k\n");
    return false;
}

static bool option_regex(struct dry__conf *c, const char *value)
{
    char text[256];
    int err;

    if (value == NULL)
        return true;
    err = regcomp(&c->regex, value, REG_EXTENDED | REG_NOSUB);
    if (err != 0) {
        regerror(err, &c->regex, text, sizeof(text));
        fprintf(stderr, "drystone: --run %s: no regular expression: %s\n", value, text);
    }
    c->has_regex = err == 0;
    return c->has_regex;
}

/* Files named themselves first, then those of the folders. */
static bool paths_walk(struct dry__conf *c, const struct dry_options *o)
{
    for (uint32_t folders = 0; folders < 2; folders++) {
        for (uint32_t i = 0; i < dry_options_arg_count(o); i++) {
            const char *path = dry_options_arg(o, i);

            if (dry_path_is_dir(path) == (folders != 0) && !walk_path(c, path))
                return false;
        }
        if (folders == 0)
            c->named = (uint32_t)c->files.count;
    }
    return true;
}

static void conf_fini(struct dry__conf *c)
{
    paths_fini(&c->files);
    if (c->has_regex)
        regfree(&c->regex);
    dry_mutex_fini(&c->lock);
}

/* Nothing tested is nothing proved: why there was nothing. */
static void say_nothing_run(const struct dry__conf *c, const struct dry_options *o)
{
    const char *run = dry_options_text(o, "run");

    fprintf(stderr, "drystone: nothing was run: no %s", c->kind);
    if (c->fork != NULL)
        fprintf(stderr, " of --fork %s", c->fork);
    if (run != NULL)
        fprintf(stderr, " that --run %s matches", run);
    fprintf(stderr, " in %zu files\n", c->files.count);
}

int dry__conf_main(const struct dry_options *o, const char *kind, dry__conf_test_fn run)
{
    struct dry__conf c = {.run = run,
                          .kind = kind,
                          .json = dry_options_bool(o, "json"),
                          .trace = dry_options_bool(o, "trace"),
                          .threads = (uint32_t)dry_options_u64(o, "jobs")};
    struct dry_pool *pool = NULL;
    int code = 2;

    if (!dry_ok(dry_mutex_init(&c.lock)))
        return 1;
    if (!option_fork(&c, dry_options_text(o, "fork")) ||
        !option_regex(&c, dry_options_text(o, "run")))
        goto done;
    code = 1;
    if (!paths_walk(&c, o))
        goto done;
    qsort((void *)c.files.at, c.named, sizeof(char *), by_text);
    qsort((void *)(c.files.at + c.named), c.files.count - c.named, sizeof(char *), by_text);
    json_object_seed(0); /* before the threads, as jansson asks */
    if (c.trace)
        c.threads = 1;
    if (c.threads != 1 && !dry_ok(dry_pool_open(&pool, c.threads, 0)))
        goto done;
    dry_jobs_run(pool == NULL ? NULL : dry_pool_jobs(pool), run_file, &c, (uint32_t)c.files.count);
    dry_pool_close(pool);
    printf("%llu passed, %llu failed\n", (unsigned long long)c.passed,
           (unsigned long long)c.failed);
    if (c.passed + c.failed == 0)
        say_nothing_run(&c, o);
    code = c.failed == 0 && c.passed != 0 ? 0 : 1;
done:
    conf_fini(&c);
    return code;
}
