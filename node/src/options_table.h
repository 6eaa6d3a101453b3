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
#define DRY_CMD_NODE                                                                         \
    (DRY_CMD_START | DRY_CMD_INIT | DRY_CMD_IMPORT | DRY_CMD_EXPORT | DRY_CMD_CONFIG_CHECK | \
     DRY_CMD_CONFIG_DUMP)

extern const struct dry_option_table dry_options_table;

#endif /* DRY_NODE_OPTIONS_TABLE_H */
