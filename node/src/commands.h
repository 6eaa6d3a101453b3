/* commands.h - the sub-commands; each returns the exit code: 0 done, 1 failed, 2 wrong usage. */
#ifndef DRY_NODE_COMMANDS_H
#define DRY_NODE_COMMANDS_H
#include <drystone/platform/options.h>

/* Commands with options of the one table. */
int dry_cmd_start(const struct dry_options *options);
int dry_cmd_init(const struct dry_options *options);
int dry_cmd_import(const struct dry_options *options);
int dry_cmd_export(const struct dry_options *options);
int dry_cmd_key_gen(const struct dry_options *options);
int dry_cmd_account_new(const struct dry_options *options);
int dry_cmd_account_list(const struct dry_options *options);
int dry_cmd_account_import(const struct dry_options *options);
int dry_cmd_account_export(const struct dry_options *options);
int dry_cmd_evm_run(const struct dry_options *options);
int dry_cmd_evm_bench(const struct dry_options *options);
int dry_cmd_statetest(const struct dry_options *options);
int dry_cmd_blocktest(const struct dry_options *options);
int dry_cmd_txtest(const struct dry_options *options);

#endif /* DRY_NODE_COMMANDS_H */
