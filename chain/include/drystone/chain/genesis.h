/* drystone/chain/genesis.h - genesis files in geth's format. Start at dry_genesis_parse(). */
#ifndef DRY_CHAIN_GENESIS_H
#define DRY_CHAIN_GENESIS_H
#include <drystone/common/executor.h>
#include <drystone/common/storage.h>

/* A parsed genesis. Borrows from the arena it was parsed with. The header lacks its state root
 * until dry_chain_open() or dry_genesis_seal() fills it. */
struct dry_genesis {
    struct dry_chain_config config;
    struct dry_header header;
    struct dry_state_diff alloc;
    struct dry_bytes json; /* the text, as stored with the chain */
};

#define DRY_GENESIS_BYTES_MAX (256u << 20)

/* Parse genesis.json: config (forks by block or time, terminalTotalDifficulty, blobSchedule,
 * depositContractAddress, config.drystone), header fields, alloc. `error` gets the path of the key
 * at fault and why. EINVAL, EDECODE, ELIMIT or ENOMEM. */
DRY_MUST_USE dry_status dry_genesis_parse(struct dry_genesis *out, struct dry_buf *error,
                                          struct dry_bytes json, struct dry_arena *arena);

/* Fill header.state_root from the allocation, so that the header hashes to the genesis hash. */
DRY_MUST_USE dry_status dry_genesis_seal(struct dry_genesis *g);

/* Whether config.drystone.dev is true: the chain of a developer, who wants the dev engine and the
 * keys of its accounts unlocked. */
bool dry_genesis_is_dev(struct dry_bytes json);
/* Append the genesis.json of the chain a storage holds. ENOTFOUND when it holds none. */
DRY_MUST_USE dry_status dry_genesis_stored(struct dry_buf *out, struct dry_storage *storage);

/* A dev chain's genesis as JSON: Osaka from the start, the system contracts of EIP-4788, 2935, 7002
 * and 7251 in place, base fee 1 gwei, the accounts funded. Appended to out. */
struct dry_genesis_dev {
    uint64_t chain_id, gas_limit, time;
    uint32_t account_count;
    const struct dry_address *accounts;
    struct dry_u256 balance; /* of each, wei */
};
DRY_MUST_USE dry_status dry_genesis_dev_json(struct dry_buf *out,
                                             const struct dry_genesis_dev *dev);

#endif /* DRY_CHAIN_GENESIS_H */
