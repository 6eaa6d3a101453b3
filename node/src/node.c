/* node.c - opening and closing the parts of a node in order. */
#include "node.h"
#include "descriptors.h"
#include "drivers.h"
#include "gauges.h"
#include "hd.h"
#include "mnemonic.h"
#include "options_check.h"
#include "report.h"
#include <drystone/platform/log.h>
#include <drystone/platform/system.h>

/* What a dev chain in memory keeps unless told: states, fewer when they hold more nodes (of 350
 * bytes or so each). */
#define STATE_HISTORY_MEMORY 4096u
#define STATE_NODES_MEMORY 600000u
#define GENESIS_FILE_MAX DRY_GENESIS_BYTES_MAX
#define DEV_MARK "{\"config\":{\"drystone\":{\"dev\":true}}}"

/* --- dev accounts --- */

static dry_status accounts_make(struct dry_node *n, struct dry_buf *error)
{
    const char *mnemonic = dry_options_text(n->options, "mnemonic");
    uint32_t count = (uint32_t)dry_options_u64(n->options, "accounts");
    struct dry_hd_key parent;
    dry_status st;

    if (mnemonic == NULL)
        return DRY_OK; /* a command that serves nobody */
    st = dry_mnemonic_option_check(n->options, error);
    if (!dry_ok(st))
        return st;
    n->accounts = dry_arena_zalloc(&n->arena, count + 1u, sizeof(*n->accounts));
    if (n->accounts == NULL)
        return DRY_ENOMEM;
    st = dry_hd_open(&parent, mnemonic);
    for (uint32_t i = 0; i < count && dry_ok(st); i++)
        st = dry_hd_account(n->accounts[i].secret, &n->accounts[i].address, &parent, i);
    dry_wipe(&parent, sizeof(parent));
    n->account_count = count;
    return st;
}

/* Before anything else sets the count: so many secrets are wiped. */
static void accounts_forget(struct dry_node *n)
{
    if (n->accounts != NULL)
        dry_wipe(n->accounts, n->account_count * sizeof(*n->accounts));
    n->account_count = 0;
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

/* Raise the limit of open files as far as it goes, and share what there is. */
static dry_status descriptors_share(struct dry_node *n, uint32_t *store_tables, bool durable,
                                    struct dry_buf *error)
{
    uint32_t wanted = (uint32_t)dry_options_u64(n->options, "rpc-connections-max");
    struct dry_descriptors d;
    uint64_t limit;
    char text[48];
    dry_status st = dry_descriptors_share(&d, 0, wanted, durable);

    if (!dry_ok(st))
        return st;
    limit = dry_limit_open_files(d.want);
    st = dry_descriptors_share(&d, limit, wanted, durable);
    if (!dry_ok(st)) {
        (void)snprintf(text, sizeof(text), "%llu of %llu (ulimit -n)", (unsigned long long)limit,
                       (unsigned long long)d.want);
        dry_complain(error, "the limit of open files is too low: ", text);
        return st;
    }
    if (d.connections < wanted)
        DRY_LOG(&n->log, WARN, "node",
                "fewer connections than --rpc-connections-max: the limit of open files (ulimit -n) "
                "is too low for them",
                DRY_FIELD_U64("connections", d.connections), DRY_FIELD_U64("limit", limit),
                DRY_FIELD_U64("needed", d.want));
    n->connections_max = d.connections;
    *store_tables = d.store_tables;
    return DRY_OK;
}

static dry_status storage_open(struct dry_node *n, struct dry_buf *error)
{
    const char *dir = dry_options_text(n->options, "datadir");
    const char *driver = dry_options_text(n->options, "storage-driver");
    struct dry_storage_settings set = {.cache_bytes = dry_options_u64(n->options, "cache")};
    struct dry_buf path = {0};
    dry_status st;

    if (driver == NULL)
        driver = dir != NULL ? "rocksdb" : "memory";
    st = descriptors_share(n, &set.open_files_max, strcmp(driver, "memory") != 0, error);
    if (!dry_ok(st))
        return st;
    if (dir != NULL) {
        st = dry_dir_make(dir, 0700);
        if (!dry_ok(st)) {
            dry_complain(error, "--datadir ", dir);
            dry_complain(error, ": the directory cannot be made: ", dry_status_text(st));
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

    if (n->stopping)
        return;
    st = dry_chain_work(n->chain);
    if (!dry_ok(st))
        DRY_LOG(&n->log, ERROR, "node", "the block could not be made",
                DRY_FIELD_STATUS("error", st));
}

static void wake(void *ctx)
{
    struct dry_node *n = ctx;

    if (!n->stopping)
        dry_loop_wake(n->loop);
}

static dry_status genesis_file(struct dry_node *n, struct dry_buf *json, struct dry_buf *error)
{
    dry_status st = dry_file_read(json, n->genesis_path, GENESIS_FILE_MAX);

    if (!dry_ok(st)) {
        dry_complain(error, "--genesis ", n->genesis_path);
        dry_complain(error, ": ", dry_status_text(st));
    }
    return st;
}

static void chain_settings(struct dry_node *n, struct dry_chain_settings *set)
{
    const struct dry_options *o = n->options;
    bool own_gas_limit = dry_options_origin(o, "gas-limit") > DRY_ORIGIN_DEFAULT;

    *set = (struct dry_chain_settings){
        .storage = n->storage,
        .executor = dry_driver_executor(dry_options_text(o, "executor-driver")),
        .consensus = dry_driver_consensus(n->engine),
        .jobs = dry_pool_jobs(n->pool),
        .clock = dry_system_clock(),
        .log = &n->log,
        .state_history = dry_options_has(o, "state-history")
                             ? (uint32_t)dry_options_u64(o, "state-history")
                         : dry_options_has(o, "datadir") ? 0
                                                         : STATE_HISTORY_MEMORY,
        .state_nodes = dry_options_has(o, "state-history") ? 0 : STATE_NODES_MEMORY,
        .state_journal = dry_options_has(o, "datadir"),
        .gas_limit_target = n->dev && own_gas_limit ? dry_options_u64(o, "gas-limit") : 0,
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

/* The chain's engine: as told, else dev for a chain that calls itself so, else noseal. */
static void engine_choose(struct dry_node *n, struct dry_bytes genesis_json)
{
    n->engine = dry_options_text(n->options, "consensus-driver");
    if (n->engine == NULL)
        n->engine = dry_genesis_is_dev(genesis_json) ? "dev" : "noseal";
    n->dev = strcmp(n->engine, "dev") == 0;
}

/* Parse the genesis, then open the chain with it. */
static dry_status genesis_open(struct dry_node *n, struct dry_chain_settings *set,
                               struct dry_bytes json, struct dry_buf *error)
{
    struct dry_genesis genesis;
    struct dry_buf why = {0};
    dry_status st = dry_genesis_parse(&genesis, &why, json, &n->arena);

    if (dry_ok(st)) {
        set->genesis = &genesis;
        st = dry_chain_open(&n->chain, set, error);
        set->genesis = NULL; /* it ends here */
    } else {
        dry_complain(error, "--genesis ", n->genesis_path != NULL ? n->genesis_path : "(dev)");
        dry_complain(error, ": ", "");
        (void)!dry_ok(dry_buf_append(error, dry_buf_bytes(&why)));
        if (why.len == 0)
            dry_complain(error, dry_status_text(st), "");
    }
    dry_buf_fini(&why);
    return st;
}

/* The account is there at the genesis or later: the chain was made for this mnemonic. */
static dry_status account_known(struct dry_node *n, bool *known, const struct dry_address *address)
{
    struct dry_head *h = dry_chain_head(n->chain);
    struct dry_state_view *view = NULL;
    struct dry_state_reader *reader;
    struct dry_account account;
    dry_status st = dry_chain_state_open(n->chain, &view, &h->header);

    if (dry_ok(st)) {
        reader = dry_state_view_reader(view);
        st = reader->ops->account(reader, known, &account, address);
    }
    dry_state_view_close(view);
    dry_head_close(h);
    return st;
}

/* Options of a new dev chain that the chain there contradicts. */
static dry_status options_check(struct dry_node *n, struct dry_buf *error)
{
    const struct dry_options *o = n->options;
    uint64_t chain_id = dry_chain_config(n->chain)->chain_id;
    char text[32];
    bool known = true;

    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)chain_id);
    if (dry_options_origin(o, "chain-id") > DRY_ORIGIN_DEFAULT &&
        dry_options_u64(o, "chain-id") != chain_id) {
        dry_complain(error, "--chain-id is for new dev chains; this chain's id is ", text);
        dry_complain(error,
                     n->genesis_path != NULL ? ", by its genesis file: leave the option out"
                                             : ": leave it out, or take another --datadir",
                     "");
        return DRY_EINVAL;
    }
    if (dry_options_origin(o, "balance") > DRY_ORIGIN_DEFAULT)
        DRY_LOG(&n->log, WARN, "node", "--balance is for new chains: this one is there already");
    if (n->account_count != 0) {
        dry_status st = account_known(n, &known, &n->accounts[0].address);

        if (!dry_ok(st))
            return st;
    }
    if (known)
        return DRY_OK;
    if (dry_options_origin(o, "mnemonic") > DRY_ORIGIN_DEFAULT) {
        dry_complain(error,
                     "--mnemonic: the chain in this data directory was made for other accounts; "
                     "give the mnemonic it was made with, or take another --datadir",
                     "");
        return DRY_EINVAL;
    }
    DRY_LOG(&n->log, WARN, "node",
            "this chain was made with another --mnemonic: no account is unlocked");
    accounts_forget(n);
    return DRY_OK;
}

/* Go on with what the storage holds, or make it from the genesis file, or make a dev chain. */
static dry_status chain_open(struct dry_node *n, bool make_dev, struct dry_buf *error)
{
    struct dry_chain_settings set;
    struct dry_buf json = {0}, stored = {0};
    dry_status st = dry_genesis_stored(&stored, n->storage);

    n->fresh = st.code == DRY_CODE_ENOTFOUND;
    if (n->fresh)
        st = DRY_OK;
    if (dry_ok(st) && n->genesis_path != NULL)
        st = genesis_file(n, &json, error);
    if (dry_ok(st))
        engine_choose(n, n->genesis_path != NULL ? dry_buf_bytes(&json)
                         : n->fresh && make_dev  ? DRY_BYTES_LIT(DEV_MARK)
                                                 : dry_buf_bytes(&stored));
    if (dry_ok(st) && n->dev)
        st = accounts_make(n, error);
    if (dry_ok(st) && n->fresh && n->genesis_path == NULL && make_dev)
        st = dev_genesis(n, &json);
    if (!dry_ok(st))
        goto done;
    chain_settings(n, &set);
    if (n->genesis_path != NULL || json.len != 0)
        st = genesis_open(n, &set, dry_buf_bytes(&json), error);
    else
        st = dry_chain_open(&n->chain, &set, error);
    if (dry_ok(st) && !(n->fresh && n->genesis_path == NULL))
        st = options_check(n, error);
done:
    dry_buf_fini(&json);
    dry_buf_fini(&stored);
    return st;
}

dry_status dry_node_open(struct dry_node *n, const struct dry_options *options,
                         const char *genesis_path, bool make_dev, struct dry_buf *error)
{
    dry_status st;

    *n = (struct dry_node){.options = options, .genesis_path = genesis_path};
    st = dry_options_check(options, error);
    if (!dry_ok(st))
        return st;
    dry_log_init(&n->log, 2,
                 strcmp(dry_options_text(options, "log-format"), "json") == 0 ? DRY_LOG_FORMAT_JSON
                                                                              : DRY_LOG_FORMAT_TEXT,
                 dry_system_clock());
    st = dry_log_levels(&n->log, dry_options_text(options, "log-level"), error);
    if (dry_ok(st))
        st = dry_loop_open(&n->loop, 0);
    if (dry_ok(st))
        dry_loop_on_wake(n->loop, on_wake, n);
    if (dry_ok(st))
        st = dry_timer_open(&n->engine_timer, n->loop, on_timer, n);
    if (dry_ok(st))
        st = dry_pool_open(&n->pool, (uint32_t)dry_options_u64(options, "threads"), 0);
    if (dry_ok(st))
        st = storage_open(n, error);
    if (dry_ok(st))
        st = chain_open(n, make_dev, error);
    if (!dry_ok(st) && error->len == 0)
        dry_complain(error, dry_status_text(st), "");
    return st;
}

void dry_node_close(struct dry_node *n)
{
    n->stopping = true;
    dry_rpc_close(n->rpc);
    dry_pool_close(n->pool);
    dry_gauges_close(n->gauges);
    dry_timer_close(n->engine_timer);
    dry_loop_close(n->loop);
    dry_chain_close(n->chain);
    dry_storage_close(n->storage);
    dry_dir_lock_fini(&n->dir_lock);
    dry_metrics_close(n->metrics);
    accounts_forget(n);
    dry_arena_fini(&n->arena);
    *n = (struct dry_node){0};
}

static void on_signal(void *arg, int signum)
{
    struct dry_node *n = arg;

    DRY_LOG(&n->log, INFO, "node", "stopping", DRY_FIELD_I64("signal", signum));
    n->stopping = true;
    dry_loop_stop(n->loop);
}

dry_status dry_node_watch_signals(struct dry_node *n)
{
    return dry_loop_watch_signals(n->loop, on_signal, n);
}
