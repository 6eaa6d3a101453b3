/* The pool asks of transactions what the block to come will: whatever the head was, and when the
 * clock passes a fork. */
#include "fixture.h"

static const struct dry_address sink = {{0xaa, 1}};

#define UP_TO_LONDON                                                                          \
    "{\"chainId\":31337,\"homesteadBlock\":0,\"eip150Block\":0,\"eip155Block\":0,"            \
    "\"eip158Block\":0,\"byzantiumBlock\":0,\"constantinopleBlock\":0,\"petersburgBlock\":0," \
    "\"istanbulBlock\":0,\"berlinBlock\":0,\"londonBlock\":0,"
#define TO_PRAGUE "\"shanghaiTime\":0,\"cancunTime\":0,\"pragueTime\":"
/* 0x5f5ff3: return nothing. */
#define SYSTEM_CONTRACTS                                                      \
    "\"0x00000961ef480eb55e80d19ad83579a64c007002\":{\"balance\":\"0x0\","    \
    "\"code\":\"0x5f5ff3\"},\"0x0000bbddc7ce488642fb579f8b00f3a590007251\":{" \
    "\"balance\":\"0x0\",\"code\":\"0x5f5ff3\"}"

static void open_config(struct fixture *f, const char *config)
{
    struct dry_buf json = {0};

    fixture_genesis(&json, config, SYSTEM_CONTRACTS);
    fixture_open_genesis(f, dry_buf_bytes(&json), &dry_consensus_dev);
    f->set.consensus_settings.automine = true;
    fixture_reopen(f);
    dry_buf_fini(&json);
}

static struct dry_bytes set_code_tx(struct fixture *f, uint64_t nonce)
{
    struct dry_authorization auth = {.chain_id = DRY_U256(31337),
                                     .address = sink,
                                     .nonce = 0,
                                     .r = DRY_U256(1),
                                     .s = DRY_U256(1)};
    struct dry_tx tx = {.type = DRY_TX_SET_CODE,
                        .has_chain_id = true,
                        .chain_id = 31337,
                        .has_to = true,
                        .to = sink,
                        .nonce = nonce,
                        .gas_limit = 100000,
                        .max_fee_per_gas = DRY_U256(3000000000u),
                        .authorization_count = 1,
                        .authorizations = &auth};

    return fixture_sign_tx(f, &tx, 0);
}

/* A blob transaction, but without its blobs: that is all there is to say against it. */
static struct dry_bytes blob_tx(struct fixture *f)
{
    struct dry_hash hash = {{1}};
    struct dry_tx tx = {.type = DRY_TX_BLOB,
                        .has_chain_id = true,
                        .chain_id = 31337,
                        .has_to = true,
                        .to = sink,
                        .gas_limit = 100000,
                        .max_fee_per_gas = DRY_U256(3000000000u),
                        .max_fee_per_blob_gas = DRY_U256(1),
                        .blob_count = 1,
                        .blob_hashes = &hash};

    return fixture_sign_tx(f, &tx, 0);
}

/* However the merge is told: the first block comes after it. */
static void the_first_block_counts(void **state)
{
    static const char *const configs[] = {
        UP_TO_LONDON "\"terminalTotalDifficulty\":0," TO_PRAGUE "0}",
        UP_TO_LONDON "\"mergeNetsplitBlock\":0," TO_PRAGUE "0}",
        UP_TO_LONDON "\"terminalTotalDifficulty\":0," TO_PRAGUE "0},\"difficulty\":\"0x1\"",
        UP_TO_LONDON "\"mergeNetsplitBlock\":0," TO_PRAGUE "0},\"difficulty\":\"0x1\"",
    };

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(configs); i++) {
        struct fixture f;

        open_config(&f, configs[i]);
        CHECK(fixture_submit(&f, blob_tx(&f)).answer == DRY_POOL_SIDECAR_MISSING);
        CHECK(fixture_submit(&f, set_code_tx(&f, 0)).answer == DRY_POOL_OK);
        CHECK(fixture_number(&f) == 1);
        CHECK(fixture_submit(&f, set_code_tx(&f, 1)).answer == DRY_POOL_OK);
        CHECK(fixture_number(&f) == 2);
        fixture_close(&f);
    }
}

/* A fork comes by time: the pool knows without a block. The fixture's clock stands at 1700000000.
 */
static void time_passes_a_fork(void **state)
{
    struct fixture f;
    struct dry_pool_verdict v;
    struct dry_rules rules;
    uint64_t offset;

    (void)state;
    open_config(&f, UP_TO_LONDON "\"terminalTotalDifficulty\":0," TO_PRAGUE "1700000100}");
    v = fixture_submit(&f, set_code_tx(&f, 0));
    CHECK(v.answer == DRY_POOL_INVALID && v.verdict == DRY_VERDICT_TX_TYPE_UNSUPPORTED);
    dry_chain_next_rules(f.chain, &rules);
    CHECK(rules.fork == DRY_FORK_CANCUN);

    offset = dry_chain_time_offset(f.chain);
    CHECK(dry_ok(dry_chain_add_time_offset(f.chain, 100)));
    dry_chain_next_rules(f.chain, &rules);
    CHECK(rules.fork == DRY_FORK_PRAGUE);
    dry_chain_set_time_offset(f.chain, offset);
    CHECK(fixture_submit(&f, set_code_tx(&f, 0)).answer == DRY_POOL_INVALID);

    f.clock.wall_ms += 99999;
    CHECK(fixture_submit(&f, set_code_tx(&f, 0)).answer == DRY_POOL_INVALID);
    CHECK(dry_ok(dry_chain_set_next_time(f.chain, 1700000100)));
    CHECK(fixture_submit(&f, set_code_tx(&f, 0)).answer == DRY_POOL_OK);
    CHECK(fixture_number(&f) == 1);
    f.clock.wall_ms += 1;
    CHECK(fixture_submit(&f, set_code_tx(&f, 1)).answer == DRY_POOL_OK);
    CHECK(fixture_number(&f) == 2);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_block_counts),
        cmocka_unit_test(time_passes_a_fork),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
