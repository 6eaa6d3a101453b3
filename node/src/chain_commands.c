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

/* The chain ends before the block that an option names. */
static dry_status beyond(struct dry_buf *error, const char *option, uint64_t block, uint64_t head)
{
    char text[96];

    (void)snprintf(text, sizeof(text), "%s %llu: the chain ends at block %llu", option,
                   (unsigned long long)block, (unsigned long long)head);
    dry_complain(error, text, "");
    return DRY_EINVAL;
}

int dry_cmd_export(const struct dry_options *options)
{
    const char *path = dry_options_arg_count(options) != 0 ? dry_options_arg(options, 0) : NULL;
    uint64_t from = dry_options_u64(options, "from"), to = dry_options_u64(options, "to"), end;
    bool has_to = dry_options_has(options, "to");
    bool has_from = dry_options_origin(options, "from") > DRY_ORIGIN_DEFAULT;
    struct dry_buf error = {0};
    struct dry_head *head;
    struct dry_node n;
    char text[96];
    dry_status st;

    if (!dry_options_has(options, "datadir"))
        return usage("export wants the directory the chain is kept in: --datadir DIR");
    if (has_to && from > to) {
        (void)snprintf(text, sizeof(text),
                       "--from %llu is after --to %llu: there is nothing between",
                       (unsigned long long)from, (unsigned long long)to);
        return usage(text);
    }
    st = dry_node_open(&n, options, dry_options_text(options, "genesis"), false, &error);
    if (dry_ok(st))
        st = dry_node_watch_signals(&n);
    if (dry_ok(st)) {
        head = dry_chain_head(n.chain);
        end = head->header.number;
        dry_head_close(head);
        if (has_to && to > end)
            st = beyond(&error, "--to", to, end);
        else if (has_from && from > end)
            st = beyond(&error, "--from", from, end);
        if (!has_to)
            to = end;
    }
    if (dry_ok(st))
        st = dry_node_export(&n, path, from, to, &error);
    dry_node_close(&n);
    return dry_report(&error, st);
}
