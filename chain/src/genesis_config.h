/* genesis_config.h - reading a genesis file's `config`. */
#ifndef DRY_CHAIN_GENESIS_CONFIG_H
#define DRY_CHAIN_GENESIS_CONFIG_H
#include <drystone/common/rules.h>
#include <drystone/platform/json.h>

/* Read and check: known keys, forks in order, blob schedules. EINVAL with path and reason in error.
 */
DRY_MUST_USE dry_status dry__genesis_config_read(struct dry_json_value config,
                                                 struct dry_chain_config *out,
                                                 struct dry_buf *error);

#endif /* DRY_CHAIN_GENESIS_CONFIG_H */
