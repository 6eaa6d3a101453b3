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
    struct dry_metrics *metrics;
    struct dry_dir_lock dir_lock;
    struct dry_storage *storage;
    struct dry_chain *chain;
    struct dry_rpc *rpc;
    struct dry_timer *engine_timer;
    bool wake_posted;
    bool dev;   /* a dev chain: keys are known, evm_ methods are on */
    bool fresh; /* the chain was made by this start */
    struct dry_rpc_account *accounts;
    uint32_t account_count;
    int exit_code;
};

/* Open log, loop, workers, storage and chain as the options say; no server yet. error: for people.
 */
DRY_MUST_USE dry_status dry_node_open(struct dry_node *n, const struct dry_options *options,
                                      struct dry_buf *error);
/* Accepts one that failed to open. */
void dry_node_close(struct dry_node *n);

/* Import a file of RLP blocks with progress in the log. EINVAL with the block and reason in error.
 */
DRY_MUST_USE dry_status dry_node_import(struct dry_node *n, const char *path,
                                        struct dry_buf *error);

#endif /* DRY_NODE_NODE_H */
