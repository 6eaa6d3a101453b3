/* fixture.h - a chain in memory on a clock that stands still, for tests. */
#ifndef DRY_CHAIN_TEST_FIXTURE_H
#define DRY_CHAIN_TEST_FIXTURE_H
#include <drystone/chain.h>
#include <drystone/consensus.h>
#include <drystone/crypto.h>
#include <drystone/execution.h>
#include <drystone/storage.h>
#include <drystone/test.h>

struct fixture_clock {
    struct dry_clock base;
    uint64_t wall_ms, monotonic_ns;
};

struct fixture {
    struct fixture_clock clock;
    struct dry_storage *storage;
    struct dry_arena arena;
    struct dry_buf error;
    struct dry_genesis genesis;
    struct dry_chain_settings set;
    struct dry_chain *chain;
};

/* Secret and address of the i-th test account (secret: 32 times i + 1). */
void fixture_secret(uint8_t secret[32], uint32_t i);
struct dry_address fixture_address(uint32_t i);

/* Open on this genesis text, on a storage of the fixture's own. */
void fixture_open_genesis(struct fixture *f, struct dry_bytes json,
                          const struct dry_consensus_ops *consensus);
/* A dev chain with ten funded accounts; automine as told. */
void fixture_open_dev(struct fixture *f, bool automine);
/* genesis.json with this `config` (an object's text) and the ten accounts funded, besides `alloc`
 * (members' text, "" for none). Ends with a NUL that does not count. */
void fixture_genesis(struct dry_buf *json, const char *config, const char *alloc);
/* Forks up to London, or up to Cancun, from genesis on; chain id 31337. */
#define FIXTURE_BEFORE_MERGE                                                                  \
    "{\"chainId\":31337,\"homesteadBlock\":0,\"eip150Block\":0,\"eip155Block\":0,"            \
    "\"eip158Block\":0,\"byzantiumBlock\":0,\"constantinopleBlock\":0,\"petersburgBlock\":0," \
    "\"istanbulBlock\":0,\"berlinBlock\":0,\"londonBlock\":0}"
#define FIXTURE_AFTER_MERGE                                                                     \
    "{\"chainId\":31337,\"homesteadBlock\":0,\"eip150Block\":0,\"eip155Block\":0,"              \
    "\"eip158Block\":0,\"byzantiumBlock\":0,\"constantinopleBlock\":0,\"petersburgBlock\":0,"   \
    "\"istanbulBlock\":0,\"berlinBlock\":0,\"londonBlock\":0,\"terminalTotalDifficulty\":0,"    \
    "\"shanghaiTime\":0,\"cancunTime\":0,\"blobSchedule\":{\"cancun\":{\"target\":3,\"max\":6," \
    "\"baseFeeUpdateFraction\":3338477}}}"
/* Close the chain alone and open it again on the same storage. */
void fixture_reopen(struct fixture *f);
void fixture_close(struct fixture *f);

/* A signed transfer of the i-th account. */
struct fixture_tx {
    uint32_t from;
    uint64_t nonce, gas, max_fee, tip, value;
    struct dry_address to;
    struct dry_bytes data;
    bool create;
};
struct dry_bytes fixture_sign(struct fixture *f, const struct fixture_tx *t);
/* Any transaction, signed by the i-th account; network form. */
struct dry_bytes fixture_sign_tx(struct fixture *f, struct dry_tx *tx, uint32_t from);
/* Submit an encoded transaction; the pool's verdict. */
struct dry_pool_verdict fixture_submit(struct fixture *f, struct dry_bytes encoded);
/* A stored block's RLP. */
struct dry_bytes fixture_block(struct fixture *f, const struct dry_hash *hash);
/* Import; fails the test unless the verdict is VALID. */
void fixture_import(struct fixture *f, struct dry_bytes block);
struct dry_hash fixture_head_hash(struct fixture *f);
/* The same indexes, state and block contents up to the same head. */
void fixture_same_chain(struct fixture *a, struct fixture *b);
/* The root of the head's state from its accounts and slots alone is the header's. */
void fixture_check_root(struct fixture *f);
/* A small generator of our own, from a seed. */
uint32_t fixture_random(uint64_t *state);
/* Sign and submit; the pool's verdict. */
struct dry_pool_verdict fixture_send(struct fixture *f, const struct fixture_tx *t);
uint64_t fixture_number(struct fixture *f);
struct dry_account fixture_account(struct fixture *f, const struct dry_address *a);
#endif
