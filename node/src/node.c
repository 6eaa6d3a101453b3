/* node.c - opening and closing the parts of a node in order. */
#include "node.h"
#include "drivers.h"
#include "hd.h"
#include <drystone/platform/log.h>
#include <drystone/platform/system.h>
#include <stdio.h>

#define STATE_HISTORY_MEMORY 4096u /* what a dev chain in memory keeps unless told */
#define GENESIS_FILE_MAX DRY_GENESIS_BYTES_MAX

static void complain(struct dry_buf *error, const char *a, const char *b)
{
    (void)!dry_ok(dry_buf_append_text(error, a));
    (void)!dry_ok(dry_buf_append_text(error, b));
}

/* --- dev accounts --- */

static dry_status accounts_make(struct dry_node *n)
{
    const char *mnemonic = dry_options_text(n->options, "mnemonic");
    uint32_t count = (uint32_t)dry_options_u64(n->options, "accounts");
    dry_status st = DRY_OK;

    n->accounts = dry_arena_zalloc(&n->arena, count + 1u, sizeof(*n->accounts));
    if (n->accounts == NULL)
        return DRY_ENOMEM;
    for (uint32_t i = 0; i < count && dry_ok(st); i++)
        st = dry_hd_account(n->accounts[i].secret, &n->accounts[i].address, mnemonic, i);
    n->account_count = count;
    return st;
}

static dry_status dev_genesis(struct dry_node *n, struct dry_buf *json)
{
    struct dry_u256 ether = DRY_U256(1000000000000000000ull);
    struct dry_genesis_dev dev = {.chain_id = dry_options_u64(n->options, "chain-id"),
                                  .gas_limit = dry_options_u64(n->options, "gas-limit"),
                                  .account_count = n->account_count};
    struct dry_u256 whole = DRY_U256(dry_options_u64(n->options, "balance"));
    struct dry_address *addresses =
        dry_arena_zalloc(&n->arena, n->account_count + 1u, sizeof(*addresses));

    if (addresses == NULL)
        return DRY_ENOMEM;
    for (uint32_t i = 0; i < n->account_count; i++)
        addresses[i] = n->accounts[i].address;
    dev.accounts = addresses;
    dev.time = dry_clock_wall_ms(dry_system_clock()) / 1000;
    dry_u256_mul(&dev.balance, &whole, &ether);
    return dry_genesis_dev_json(json, &dev);
}

/* --- storage --- */

static dry_status storage_open(struct dry_node *n, struct dry_buf *error)
{
    const char *dir = dry_options_text(n->options, "datadir");
    const char *driver = dry_options_text(n->options, "storage-driver");
    struct dry_storage_settings set = {.cache_bytes = dry_options_u64(n->options, "cache")};
    struct dry_buf path = {0};
    dry_status st = DRY_OK;

    if (driver == NULL)
        driver = dir != NULL ? "rocksdb" : "memory";
    if (dir == NULL && strcmp(driver, "memory") != 0) {
        complain(error, "--storage-driver rocksdb wants a directory: add --datadir DIR", "");
        return DRY_EINVAL;
    }
    if (dir != NULL) {
        st = dry_dir_make(dir, 0700);
        if (!dry_ok(st)) {
            complain(error, "--datadir: cannot make the directory: ", dry_status_text(st));
            return st;
        }
        st = dry_dir_lock_init(&n->dir_lock, dir, error);
        if (dry_ok(st))
            st = dry_path_join(&path, dir, "chain");
        set.path = (const char *)path.ptr;
    }
    if (dry_ok(st))
        st = dry_storage_open(&n->storage, dry_driver_storage(driver), &set, error);
    dry_buf_fini(&path);
    return st;
}

/* --- chain --- */

static void on_timer(void *arg)
{
    struct dry_node *n = arg;
    dry_status st = dry_chain_event(n->chain, DRY_EVENT_TIMER, 0);

    if (!dry_ok(st))
        DRY_LOG(&n->log, ERROR, "node", "the block could not be made",
                DRY_FIELD_STATUS("error", st));
}

static void set_timer(void *ctx, uint64_t ms)
{
    struct dry_node *n = ctx;

    if (ms == 0)
        dry_timer_stop(n->engine_timer);
    else
        dry_timer_start(n->engine_timer, ms, 0);
}

static void on_wake(void *arg)
{
    struct dry_node *n = arg;
    dry_status st;

    n->wake_posted = false;
    st = dry_chain_work(n->chain);
    if (!dry_ok(st))
        DRY_LOG(&n->log, ERROR, "node", "the block could not be made",
                DRY_FIELD_STATUS("error", st));
}

static void wake(void *ctx)
{
    struct dry_node *n = ctx;

    if (!n->wake_posted)
        n->wake_posted = dry_ok(dry_loop_post(n->loop, on_wake, n));
}

static dry_status genesis_file(struct dry_node *n, struct dry_buf *json, struct dry_buf *error)
{
    const char *path = dry_options_text(n->options, "genesis");
    dry_status st = dry_file_read(json, path, GENESIS_FILE_MAX);

    if (!dry_ok(st)) {
        complain(error, "--genesis ", path);
        complain(error, ": ", dry_status_text(st));
    }
    return st;
}

static void chain_settings(struct dry_node *n, struct dry_chain_settings *set)
{
    const struct dry_options *o = n->options;
    const char *engine = dry_options_text(o, "consensus-driver");

    if (engine == NULL)
        engine = n->dev ? "dev" : "noseal";
    *set = (struct dry_chain_settings){
        .storage = n->storage,
        .executor = dry_driver_executor(dry_options_text(o, "executor-driver")),
        .consensus = dry_driver_consensus(engine),
        .jobs = dry_pool_jobs(n->pool),
        .clock = dry_system_clock(),
        .log = &n->log,
        .state_history = dry_options_has(o, "state-history")
                             ? (uint32_t)dry_options_u64(o, "state-history")
                         : dry_options_has(o, "datadir") ? 0
                                                         : STATE_HISTORY_MEMORY,
        .gas_limit_target = n->dev ? dry_options_u64(o, "gas-limit") : 0,
        .durable = dry_options_bool(o, "sync-writes"),
        .set_timer = set_timer,
        .wake = wake,
        .shell_ctx = n,
    };
    set->consensus_settings.block_time_ms = dry_options_u64(o, "block-time");
    set->consensus_settings.automine =
        dry_options_bool(o, "mining") && set->consensus_settings.block_time_ms == 0;
    if (dry_options_has(o, "coinbase"))
        set->consensus_settings.coinbase = dry_options_address(o, "coinbase");
    if (dry_options_has(o, "extra-data"))
        set->extra_data = dry_options_hex(o, "extra-data");
    set->pool.txs_max = (uint32_t)dry_options_u64(o, "pool-txs-max");
    set->pool.account_max = (uint32_t)dry_options_u64(o, "pool-account-max");
    set->pool.bytes_max = dry_options_u64(o, "pool-bytes-max");
    set->pool.tx_bytes_max = (uint32_t)dry_options_u64(o, "pool-tx-bytes-max");
    set->pool.price_bump_percent = (uint32_t)dry_options_u64(o, "pool-price-bump");
}

/* Open what the storage holds, or make it from the genesis file, or make a dev chain. */
static dry_status chain_open(struct dry_node *n, struct dry_buf *error)
{
    struct dry_chain_settings set;
    struct dry_genesis genesis;
    struct dry_buf json = {0}, quiet = {0};
    bool named = dry_options_has(n->options, "genesis");
    dry_status st = DRY_OK;

    n->dev = !named;
    if (n->dev)
        st = accounts_make(n);
    if (!dry_ok(st))
        return st;
    chain_settings(n, &set);
    if (named) {
        st = genesis_file(n, &json, error);
    } else {
        st = dry_chain_open(&n->chain, &set, &quiet); /* what is there already */
        if (st.code != DRY_CODE_ENOTFOUND) {
            if (!dry_ok(st))
                (void)!dry_ok(dry_buf_append(error, dry_buf_bytes(&quiet)));
            goto done;
        }
        st = dev_genesis(n, &json);
        n->fresh = true;
    }
    if (dry_ok(st))
        st = dry_genesis_parse(&genesis, error, dry_buf_bytes(&json), &n->arena);
    set.genesis = &genesis;
    if (dry_ok(st))
        st = dry_chain_open(&n->chain, &set, error);
done:
    dry_buf_fini(&json);
    dry_buf_fini(&quiet);
    return st;
}

dry_status dry_node_open(struct dry_node *n, const struct dry_options *options,
                         struct dry_buf *error)
{
    dry_status st;

    *n = (struct dry_node){.options = options};
    dry_log_init(&n->log, 2,
                 strcmp(dry_options_text(options, "log-format"), "json") == 0 ? DRY_LOG_FORMAT_JSON
                                                                              : DRY_LOG_FORMAT_TEXT,
                 dry_system_clock());
    st = dry_log_levels(&n->log, dry_options_text(options, "log-level"), error);
    if (dry_ok(st))
        st = dry_loop_open(&n->loop, 0);
    if (dry_ok(st))
        st = dry_timer_open(&n->engine_timer, n->loop, on_timer, n);
    if (dry_ok(st))
        st = dry_pool_open(&n->pool, (uint32_t)dry_options_u64(options, "threads"), 0);
    if (dry_ok(st))
        st = dry_metrics_open(&n->metrics);
    if (dry_ok(st))
        st = storage_open(n, error);
    if (dry_ok(st))
        st = chain_open(n, error);
    if (!dry_ok(st) && error->len == 0)
        complain(error, dry_status_text(st), "");
    return st;
}

void dry_node_close(struct dry_node *n)
{
    dry_rpc_close(n->rpc);
    dry_pool_close(n->pool);
    dry_timer_close(n->engine_timer);
    dry_loop_close(n->loop);
    dry_chain_close(n->chain);
    dry_storage_close(n->storage);
    dry_dir_lock_fini(&n->dir_lock);
    dry_metrics_close(n->metrics);
    if (n->accounts != NULL)
        dry_wipe(n->accounts, n->account_count * sizeof(*n->accounts));
    dry_arena_fini(&n->arena);
    *n = (struct dry_node){0};
}

/* --- import --- */

#define PROGRESS_NS 2000000000ull

/* How far an import is, told every two seconds. */
struct progress {
    uint64_t began_ns, told_ns, done_bytes, all_bytes, blocks;
};

static void progress_tell(struct dry_node *n, struct progress *p)
{
    uint64_t now = dry_clock_monotonic_ns(dry_system_clock()), spent = now - p->began_ns;

    if (now - p->told_ns < PROGRESS_NS)
        return;
    p->told_ns = now;
    DRY_LOG(&n->log, INFO, "node", "importing", DRY_FIELD_U64("blocks", p->blocks),
            DRY_FIELD_U64("percent", p->done_bytes * 100 / p->all_bytes),
            DRY_FIELD_U64("blocks_per_s", p->blocks * 1000000000ull / spent),
            DRY_FIELD_U64("seconds_left",
                          (uint64_t)((unsigned __int128)spent * (p->all_bytes - p->done_bytes) /
                                     (p->done_bytes + 1) / 1000000000ull)));
}

static void import_complain(struct dry_buf *error, const char *path, struct dry_bytes block,
                            uint64_t index, enum dry_verdict verdict, uint32_t verdict_tx,
                            struct dry_arena *arena)
{
    struct dry_block b;
    enum dry_verdict form;
    char text[256];

    if (dry_ok(dry_block_decode(&b, &form, block, arena)) && form == DRY_VERDICT_VALID)
        (void)snprintf(text, sizeof(text), ": block %llu (the file's %llu.) is refused: %s",
                       (unsigned long long)b.header.number, (unsigned long long)index + 1,
                       dry_verdict_text(verdict));
    else
        (void)snprintf(text, sizeof(text), ": the file's %llu. block is refused: %s",
                       (unsigned long long)index + 1, dry_verdict_text(verdict));
    complain(error, path, text);
    if (verdict < DRY_VERDICT_BLOCK_RLP) {
        (void)snprintf(text, sizeof(text), " (transaction %u)", verdict_tx);
        complain(error, text, "");
    }
}

dry_status dry_node_import(struct dry_node *n, const char *path, struct dry_buf *error)
{
    struct progress p = {.began_ns = dry_clock_monotonic_ns(dry_system_clock())};
    struct dry_buf file = {0};
    struct dry_bytes rest, block;
    dry_status st = dry_file_read(&file, path, (size_t)64 << 30);

    if (!dry_ok(st)) {
        complain(error, path, ": ");
        complain(error, dry_status_text(st), "");
        return st;
    }
    rest = dry_buf_bytes(&file);
    p.all_bytes = rest.len + 1;
    p.told_ns = p.began_ns;
    while (dry_ok(st = dry_block_next(&block, &rest))) {
        enum dry_verdict verdict;
        uint32_t tx;

        st = dry_chain_import(n->chain, &verdict, &tx, block);
        if (!dry_ok(st))
            break;
        if (verdict != DRY_VERDICT_VALID) {
            import_complain(error, path, block, p.blocks, verdict, tx, &n->arena);
            st = DRY_EINVAL;
            break;
        }
        p.blocks++;
        p.done_bytes = file.len - rest.len;
        progress_tell(n, &p);
    }
    if (st.code == DRY_CODE_ENOTFOUND) {
        uint64_t spent = dry_clock_monotonic_ns(dry_system_clock()) - p.began_ns;
        DRY_LOG(&n->log, INFO, "node", "imported", DRY_FIELD_STR("file", path),
                DRY_FIELD_U64("blocks", p.blocks), DRY_FIELD_MS("ms", spent));
        st = DRY_OK;
    } else if (error->len == 0) {
        complain(error, path, ": ");
        complain(error, dry_status_text(st), "");
    }
    dry_buf_fini(&file);
    return st;
}
