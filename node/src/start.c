/* start.c - `drystone start`: open a node, serve, wait for a signal. */
#include "commands.h"
#include "gauges.h"
#include "keys/address_text.h"
#include "node.h"
#include "report.h"
#include "version.h"
#include <arpa/inet.h>
#include <drystone/common/hex.h>
#include <drystone/platform/log.h>
#include <drystone/platform/system.h>
#include <malloc.h>
#include <stdio.h>

#define MMAP_BYTES (1 << 20)
#define LIST_MAX 64u

static void banner_account(const struct dry_rpc_account *a, uint32_t i)
{
    char address[DRY_ADDRESS_TEXT], secret[65] = {0};

    dry_address_text(address, &a->address);
    dry_hex_encode(secret, DRY_BYTES_ARRAY(a->secret));
    printf("(%u) %s  0x%s\n", i, address, secret);
    dry_wipe(secret, sizeof(secret));
}

static void banner(const struct dry_node *n)
{
    const char *host = dry_options_text(n->options, "http-host");
    const char *warning = dry_options_origin(n->options, "mnemonic") > DRY_ORIGIN_DEFAULT
                              ? ""
                              : " (everybody knows them: never send real value here)";

    printf("Drystone %s - dev chain %llu\n\n", DRY_VERSION,
           (unsigned long long)dry_chain_config(n->chain)->chain_id);
    if (n->fresh && n->genesis_path == NULL)
        printf("Accounts, funded with %llu ether each, and their private keys%s\n",
               (unsigned long long)dry_options_u64(n->options, "balance"), warning);
    else
        printf("Accounts and their private keys%s\n", warning);
    for (uint32_t i = 0; i < n->account_count; i++)
        banner_account(&n->accounts[i], i);
    printf("\nMnemonic: %s\nPath:     m/44'/60'/0'/0/i\n\n",
           dry_options_text(n->options, "mnemonic"));
    printf("Listening on http://%s:%u and ws://%s:%u\n", host, dry_rpc_port(n->rpc), host,
           dry_rpc_port(n->rpc));
    (void)fflush(stdout);
}

static void rpc_limits(const struct dry_node *n, struct dry_rpc_limits *l)
{
    const struct dry_options *o = n->options;

    l->body_bytes_max = dry_options_u64(o, "rpc-body-max");
    l->batch_max = (uint32_t)dry_options_u64(o, "rpc-batch-max");
    l->response_bytes_max = dry_options_u64(o, "rpc-response-max");
    l->memory_bytes_max = dry_options_u64(o, "rpc-memory-max");
    l->call_gas_max = dry_options_u64(o, "rpc-call-gas");
    l->call_time_ms = dry_options_u64(o, "rpc-call-timeout");
    l->logs_range_max = dry_options_u64(o, "rpc-logs-range");
    l->logs_max = (uint32_t)dry_options_u64(o, "rpc-logs-max");
    l->connections_max = n->connections_max;
    l->connections_ip_max = (uint32_t)dry_options_u64(o, "rpc-connections-ip-max");
    l->filters_max = (uint32_t)dry_options_u64(o, "rpc-filters-max");
    l->subscriptions_max = (uint32_t)dry_options_u64(o, "rpc-subscriptions-max");
    l->filter_idle_ms = dry_options_u64(o, "rpc-filter-timeout");
}

static uint32_t list_read(const struct dry_options *o, const char *name, const char **out)
{
    uint32_t n = dry_options_list_count(o, name);

    n = n < LIST_MAX ? n : LIST_MAX;
    for (uint32_t i = 0; i < n; i++)
        out[i] = dry_options_list(o, name, i);
    return n;
}

/* Is it surely an address that only this machine reaches? Names but localhost are not resolved. */
static bool is_loopback(const char *host)
{
    struct in6_addr v6;
    struct in_addr v4;
    const uint8_t *b = v6.s6_addr;

    if (strcmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, host, &v6) != 1)
        return false;
    return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && b[12] == 127);
}

static dry_status serve(struct dry_node *n, struct dry_buf *error)
{
    const struct dry_options *o = n->options;
    const char *hosts[LIST_MAX], *origins[LIST_MAX];
    struct dry_rpc_settings set = {.chain = n->chain,
                                   .loop = n->loop,
                                   .pool = n->pool,
                                   .clock = dry_system_clock(),
                                   .log = &n->log,
                                   .metrics = n->metrics,
                                   .pulse = n->pulse,
                                   .host = dry_options_text(o, "http-host"),
                                   .port = (uint16_t)dry_options_u64(o, "http-port"),
                                   .allow_hosts = hosts,
                                   .origins = origins,
                                   .accounts = n->accounts,
                                   .account_count = n->account_count,
                                   .dev_methods = n->dev,
                                   .client_version = DRY_CLIENT_VERSION};

    set.allow_host_count = list_read(o, "http-allow-hosts", hosts);
    set.origin_count = list_read(o, "http-cors", origins);
    if (set.origin_count == 0 && n->dev && is_loopback(set.host)) {
        origins[0] = "*";
        set.origin_count = 1;
    }
    rpc_limits(n, &set.limits);
    return dry_rpc_open(&n->rpc, &set, error);
}

static dry_status metrics_open(struct dry_node *n)
{
    dry_status st = dry_metrics_open(&n->metrics);

    return dry_ok(st) ? dry_gauges_open(&n->gauges, n) : st;
}

static void say_ready(struct dry_node *n)
{
    const char *host = dry_options_text(n->options, "http-host");
    struct dry_head *h = dry_chain_head(n->chain);

    DRY_LOG(&n->log, INFO, "node", "ready", DRY_FIELD_U64("port", dry_rpc_port(n->rpc)),
            DRY_FIELD_U64("chain_id", dry_chain_config(n->chain)->chain_id),
            DRY_FIELD_U64("head", h->header.number), DRY_FIELD_HEX("hash", h->hash.b, 32));
    dry_head_close(h);
    if (n->dev && !is_loopback(host))
        DRY_LOG(&n->log, WARN, "node",
                "--http-host is no loopback address: ANYBODY WHO REACHES IT CAN USE THE DEV KEYS "
                "and change this chain",
                DRY_FIELD_STR("address", host));
    if (n->dev && !dry_options_bool(n->options, "silent"))
        banner(n);
}

int dry_cmd_start(const struct dry_options *options)
{
    const char *import = dry_options_text(options, "import");
    struct dry_buf error = {0};
    struct dry_node n;
    dry_status st;

#ifdef M_MMAP_THRESHOLD /* glibc: large buffers go back to the system when they are freed */
    (void)mallopt(M_MMAP_THRESHOLD, MMAP_BYTES);
#endif
    st = dry_node_open(&n, options, dry_options_text(options, "genesis"), true, &error);
    if (dry_ok(st))
        st = dry_node_watch_signals(&n);
    if (dry_ok(st) && import != NULL)
        st = dry_node_import(&n, import, &error);
    if (dry_ok(st) && dry_options_bool(options, "metrics"))
        st = metrics_open(&n);
    if (dry_ok(st))
        st = serve(&n, &error);
    if (dry_ok(st))
        st = dry_chain_event(n.chain, DRY_EVENT_START, 0);
    if (dry_ok(st)) {
        say_ready(&n);
        dry_loop_run(n.loop);
    }
    if (st.code == DRY_CODE_ECANCELED)
        st = DRY_OK; /* a signal during the import */
    dry_node_close(&n);
    return dry_report(&error, st);
}
