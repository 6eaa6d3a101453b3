/* chain_commands.c - `drystone init`, `import` and `export`. */
#include "commands.h"
#include "node.h"
#include "report.h"
#include <drystone/common/hex.h>
#include <drystone/platform/log.h>

static int usage(const char *text)
{
    (void)fprintf(stderr, "drystone: %s\n", text);
    return 2;
}

int dry_cmd_init(const struct dry_options *options)
{
    const char *path = dry_options_arg_count(options) != 0 ? dry_options_arg(options, 0)
                                                           : dry_options_text(options, "genesis");
    char text[65] = {0};
    struct dry_buf error = {0};
    struct dry_head *head;
    struct dry_node n;
    dry_status st;

    if (path == NULL)
        return usage("init wants the genesis file: drystone init GENESIS.json --datadir DIR");
    if (!dry_options_has(options, "datadir"))
        return usage("init wants the directory the chain is kept in: --datadir DIR");
    st = dry_node_open(&n, options, path, false, &error);
    if (dry_ok(st)) {
        dry_hex_encode(text, DRY_BYTES_ARRAY(dry_chain_genesis_hash(n.chain)->b));
        head = dry_chain_head(n.chain);
        printf("%s: chain %llu, genesis 0x%s, head %llu\n",
               n.fresh ? "initialised" : "there already",
               (unsigned long long)dry_chain_config(n.chain)->chain_id, text,
               (unsigned long long)head->header.number);
        dry_head_close(head);
    }
    dry_node_close(&n);
    return dry_report(&error, st);
}

int dry_cmd_import(const struct dry_options *options)
{
    struct dry_buf error = {0};
    struct dry_node n;
    dry_status st = dry_node_open(&n, options, dry_options_text(options, "genesis"), false, &error);

    if (dry_ok(st))
        st = dry_node_watch_signals(&n);
    for (uint32_t i = 0; i < dry_options_arg_count(options) && dry_ok(st); i++)
        st = dry_node_import(&n, dry_options_arg(options, i), &error);
    dry_node_close(&n);
    return dry_report(&error, st);
}

int dry_cmd_export(const struct dry_options *options)
{
    const char *path = dry_options_arg_count(options) != 0 ? dry_options_arg(options, 0) : NULL;
    uint64_t from = dry_options_u64(options, "from"), to;
    struct dry_buf error = {0};
    struct dry_head *head;
    struct dry_node n;
    dry_status st;

    if (!dry_options_has(options, "datadir"))
        return usage("export wants the directory the chain is kept in: --datadir DIR");
    st = dry_node_open(&n, options, dry_options_text(options, "genesis"), false, &error);
    if (dry_ok(st))
        st = dry_node_watch_signals(&n);
    if (dry_ok(st)) {
        head = dry_chain_head(n.chain);
        to = head->header.number;
        if (dry_options_has(options, "to") && dry_options_u64(options, "to") > to) {
            char text[96];
            (void)snprintf(text, sizeof(text), "--to: the chain ends at block %llu",
                           (unsigned long long)to);
            dry_complain(&error, text, "");
            st = DRY_EINVAL;
        } else if (dry_options_has(options, "to")) {
            to = dry_options_u64(options, "to");
        }
        dry_head_close(head);
    }
    if (dry_ok(st))
        st = dry_node_export(&n, path, from, to, &error);
    dry_node_close(&n);
    return dry_report(&error, st);
}
