/* node.h - the parts of a running node, wired together. Start at dry_node_open(). */
#ifndef DRY_NODE_NODE_H
#define DRY_NODE_NODE_H
#include <drystone/chain.h>
#include <drystone/platform/files.h>
#include <drystone/platform/loop.h>
#include <drystone/platform/metrics.h>
#include <drystone/platform/options.h>
#include <drystone/platform/pool.h>
#include <drystone/rpc.h>

struct dry_node {
    const struct dry_options *options;
    struct dry_log log;
    struct dry_arena arena; /* genesis and accounts; as long as the node */
    struct dry_loop *loop;
    struct dry_pool *pool;
    struct dry_metrics *metrics; /* NULL: not wanted */
    struct dry_metric *pulse;    /* when the loop last had its turn; NULL without metrics */
    struct dry_gauges *gauges;
    struct dry_dir_lock dir_lock;
    struct dry_storage *storage;
    struct dry_chain *chain;
    struct dry_rpc *rpc;
    struct dry_timer *engine_timer;
    uint32_t connections_max; /* what --rpc-connections-max and the limit of open files allow */
    const char *genesis_path; /* borrowed; NULL: none was named */
    const char *engine;       /* the consensus driver's name */
    bool stopping;            /* a signal came */
    bool dev;                 /* a dev chain: keys are known, evm_ methods are on */
    bool fresh;               /* the chain was made by this start */
    struct dry_rpc_account *accounts;
    uint32_t account_count;
};

/* Open log, loop, workers, storage and chain as the options say; no server yet. make_dev: make a
 * dev chain where there is none and no genesis file is named. error: for people. */
DRY_MUST_USE dry_status dry_node_open(struct dry_node *n, const struct dry_options *options,
                                      const char *genesis_path, bool make_dev,
                                      struct dry_buf *error);
/* Accepts one that failed to open. */
void dry_node_close(struct dry_node *n);
/* From here on SIGTERM, SIGINT and SIGHUP stop the loop and set `stopping`; a second one ends the
 * process.
 */
DRY_MUST_USE dry_status dry_node_watch_signals(struct dry_node *n);

/* Import a file of RLP blocks with progress in the log; blocks already known are passed over.
 * EINVAL with the block and reason in error, ECANCELED when a signal came (what was imported
 * stays). */
DRY_MUST_USE dry_status dry_node_import(struct dry_node *n, const char *path,
                                        struct dry_buf *error);
/* Write canonical blocks from..to as RLP to a file, or to standard output when path is NULL. */
DRY_MUST_USE dry_status dry_node_export(struct dry_node *n, const char *path, uint64_t from,
                                        uint64_t to, struct dry_buf *error);

#endif /* DRY_NODE_NODE_H */
