/* runner.h - what the conformance commands share: options, files, reports. Start at
 * dry__conf_main(). */
#ifndef DRY_NODE_CONFORMANCE_RUNNER_H
#define DRY_NODE_CONFORMANCE_RUNNER_H
#include <drystone/common/rules.h>
#include <drystone/platform/options.h>
#include <jansson.h>

struct dry__conf;

/* One test file in work, on one thread. */
struct dry__conf_file {
    struct dry__conf *conf;
    const char *path;
    bool trace;     /* print EIP-3155 lines to stderr */
    uint32_t cases; /* reported so far */
};

/* Run the test `name` of a file, reporting every case. An error ends the whole file. */
typedef dry_status (*dry__conf_test_fn)(struct dry__conf_file *f, const char *name,
                                        const json_t *test);

/* All files in parallel, the last line; returns the exit code. kind: what it runs, "state test". */
int dry__conf_main(const struct dry_options *options, const char *kind, dry__conf_test_fn run);

/* Whether --fork lets a case of this fork (or network) run. */
bool dry__conf_wants_fork(const struct dry__conf_file *f, const char *fork);
/* Report one case; problem NULL means it passed. Thread: any. */
void dry__conf_report(struct dry__conf_file *f, const char *name, const char *fork,
                      const char *problem);
/* As above with a formatted problem. */
__attribute__((format(printf, 4, 5))) void dry__conf_fail(struct dry__conf_file *f,
                                                          const char *name, const char *fork,
                                                          const char *format, ...);

#endif /* DRY_NODE_CONFORMANCE_RUNNER_H */
