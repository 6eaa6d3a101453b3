/* genesis_config.h - reading a genesis file's `config`, and comparing it with another one. */
#ifndef DRY_CHAIN_GENESIS_CONFIG_H
#define DRY_CHAIN_GENESIS_CONFIG_H
#include <drystone/common/rules.h>
#include <drystone/platform/json.h>

/* Read and check: known keys, forks in order, blob schedules. stored: what a storage holds, taken
 * as it was when files might leave more out. EINVAL with path and reason in error. */
DRY_MUST_USE dry_status dry__genesis_config_read(struct dry_json_value config, bool stored,
                                                 struct dry_chain_config *out,
                                                 struct dry_buf *error);
/* The configuration in a stored genesis.json. */
DRY_MUST_USE dry_status dry__genesis_config_stored(struct dry_chain_config *out,
                                                   struct dry_buf *error, struct dry_bytes json,
                                                   struct dry_arena *arena);

/* The key that activates a fork, "osakaTime"; NULL for one that no key does. Static storage. */
const char *dry__genesis_fork_key(enum dry_fork fork);

/* Where a chain stands: what is in force at or below it must not change. */
struct dry__genesis_place {
    uint64_t number, time;
    struct dry_u256 total_difficulty;
};
/* Whether `given` may follow `stored` for a chain whose head is at `head`, as geth decides it: the
 * chain id never changes; what else is in force at the head does not, unless that is the genesis.
 *
 * Out:     changed  grown by the keys that differ, "osakaTime, bpo1Time"; nothing when none does.
 *          error    the key, both values and what to do, with EINVAL.
 * Returns: DRY_OK, EINVAL or DRY_ENOMEM. */
DRY_MUST_USE dry_status dry__genesis_config_follows(const struct dry_chain_config *stored,
                                                    const struct dry_chain_config *given,
                                                    const struct dry__genesis_place *head,
                                                    struct dry_buf *changed, struct dry_buf *error);

#endif /* DRY_CHAIN_GENESIS_CONFIG_H */
