/* options_table.h - the one table of commands and options. */
#ifndef DRY_NODE_OPTIONS_TABLE_H
#define DRY_NODE_OPTIONS_TABLE_H
#include <drystone/platform/options.h>

#define DRY_CMD_START (1ull << 0)
#define DRY_CMD_INIT (1ull << 1)
#define DRY_CMD_IMPORT (1ull << 2)
#define DRY_CMD_EXPORT (1ull << 3)
#define DRY_CMD_CONFIG_CHECK (1ull << 4)
#define DRY_CMD_CONFIG_DUMP (1ull << 5)
#define DRY_CMD_VERSION (1ull << 6)
#define DRY_CMD_COMPLETIONS (1ull << 7)
#define DRY_CMD_MANUAL (1ull << 8)
#define DRY_CMD_KEY_GEN (1ull << 9)
#define DRY_CMD_ACCOUNT_NEW (1ull << 10)
#define DRY_CMD_ACCOUNT_LIST (1ull << 11)
#define DRY_CMD_ACCOUNT_IMPORT (1ull << 12)
#define DRY_CMD_ACCOUNT_EXPORT (1ull << 13)
#define DRY_CMD_EVM_RUN (1ull << 14)
#define DRY_CMD_EVM_BENCH (1ull << 15)
#define DRY_CMD_STATETEST (1ull << 16)
#define DRY_CMD_BLOCKTEST (1ull << 17)
#define DRY_CMD_TXTEST (1ull << 18)
/* Those that open a node. */
#define DRY_CMD_NODE                                                                         \
    (DRY_CMD_START | DRY_CMD_INIT | DRY_CMD_IMPORT | DRY_CMD_EXPORT | DRY_CMD_CONFIG_CHECK | \
     DRY_CMD_CONFIG_DUMP)
/* Those that deal with keys. */
#define DRY_CMD_KEYS                                                                         \
    (DRY_CMD_KEY_GEN | DRY_CMD_ACCOUNT_NEW | DRY_CMD_ACCOUNT_LIST | DRY_CMD_ACCOUNT_IMPORT | \
     DRY_CMD_ACCOUNT_EXPORT)

extern const struct dry_option_table dry_options_table;

#endif /* DRY_NODE_OPTIONS_TABLE_H */
