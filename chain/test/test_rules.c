/* The pool asks of transactions what the block to come will: whatever the head was, and when the
 * clock passes a fork. */
#include "fixture.h"

static const struct dry_address sink = {{0xaa, 1}};

#define UP_TO_LONDON                                                                          \
    "{\"chainId\":31337,\"homesteadBlock\":0,\"eip150Block\":0,\"eip155Block\":0,"            \
    "\"eip158Block\":0,\"byzantiumBlock\":0,\"constantinopleBlock\":0,\"petersburgBlock\":0," \
    "\"istanbulBlock\":0,\"berlinBlock\":0,\"londonBlock\":0,"
#define TO_PRAGUE                                                                                \
    "\"blobSchedule\":{\"cancun\":{\"target\":3,\"max\":6,\"baseFeeUpdateFraction\":3338477},"   \
    "\"prague\":{\"target\":6,\"max\":9,\"baseFeeUpdateFraction\":5007716}},\"shanghaiTime\":0," \
    "\"cancunTime\":0,\"pragueTime\":"
/* 0x5f5ff3: return nothing. */
#define SYSTEM_CONTRACTS                                                      \
    "\"0x00000961ef480eb55e80d19ad83579a64c007002\":{\"balance\":\"0x0\","    \
    "\"code\":\"0x5f5ff3\"},\"0x0000bbddc7ce488642fb579f8b00f3a590007251\":{" \
    "\"balance\":\"0x0\",\"code\":\"0x5f5ff3\"}"

static void open_config(struct fixture *f, const char *config, bool difficult)
{
    static const char was[] = "\"difficulty\":\"0x0\"";
    struct dry_buf json = {0};
    uint8_t *at;

    fixture_genesis(&json, config, SYSTEM_CONTRACTS);
    at = memmem(json.ptr, json.len, was, sizeof(was) - 1);
    CHECK(at != NULL);
    at[sizeof(was) - 3] = difficult ? '1' : '0';
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
        UP_TO_LONDON "\"mergeNetsplitBlock\":0,\"terminalTotalDifficulty\":0," TO_PRAGUE "0}",
    };

    (void)state;
    for (size_t i = 0; i < 2 * DRY_COUNT(configs); i++) {
        struct fixture f;

        open_config(&f, configs[i / 2], i % 2 != 0);
        CHECK(fixture_submit(&f, blob_tx(&f)).answer == DRY_POOL_SIDECAR_MISSING);
        CHECK(fixture_submit(&f, set_code_tx(&f, 0)).answer == DRY_POOL_OK);
        CHECK(fixture_number(&f) == 1);
        CHECK(fixture_submit(&f, set_code_tx(&f, 1)).answer == DRY_POOL_OK);
        CHECK(fixture_number(&f) == 2);
        fixture_close(&f);
    }
}

static dry_status try_open(struct fixture *f, const char *config, const char *alloc,
                           const struct dry_consensus_ops *consensus)
{
    struct dry_buf json = {0};
    dry_status st;

    fixture_genesis(&json, config, alloc);
    fixture_open_genesis(f, dry_buf_bytes(&json), consensus);
    dry_buf_fini(&json);
    st = dry_chain_open(&f->chain, &f->set, &f->error);
    CHECK(dry_ok(dry_buf_append_byte(&f->error, 0)));
    return st;
}

/* From Prague on no block can be built without the contracts of EIP-7002 and 7251: a chain that is
 * to build any says so at start, and stores nothing; one that only imports does not mind. */
static void missing_contracts_are_told_at_start(void **state)
{
    static const char now[] = UP_TO_LONDON "\"terminalTotalDifficulty\":0," TO_PRAGUE "0}";
    static const char later[] =
        UP_TO_LONDON "\"terminalTotalDifficulty\":0," TO_PRAGUE "1700000100}";
    static const char one[] = "\"0x00000961ef480eb55e80d19ad83579a64c007002\":{\"balance\":"
                              "\"0x0\",\"code\":\"0x5f5ff3\"}";
    struct fixture f;
    dry_status st;

    (void)state;
    CHECK(try_open(&f, now, "", &dry_consensus_dev).code == DRY_CODE_EINVAL);
    CHECK(strstr((char *)f.error.ptr, "0x00000961ef480eb55e80d19ad83579a64c007002 (EIP-7002) and "
                                      "0x0000bbddc7ce488642fb579f8b00f3a590007251 (EIP-7251)"));
    f.set.genesis = NULL;
    CHECK(dry_chain_open(&f.chain, &f.set, NULL).code == DRY_CODE_ENOTFOUND);
    fixture_close(&f);

    CHECK(try_open(&f, now, one, &dry_consensus_dev).code == DRY_CODE_EINVAL);
    CHECK(strstr((char *)f.error.ptr, "EIP-7251") && !strstr((char *)f.error.ptr, "EIP-7002"));
    fixture_close(&f);

    CHECK(dry_ok(try_open(&f, now, SYSTEM_CONTRACTS, &dry_consensus_dev)));
    fixture_close(&f);
    CHECK(dry_ok(try_open(&f, now, "", &dry_consensus_noseal)));
    f.set.consensus = &dry_consensus_dev; /* the same storage, but to build on it */
    dry_chain_close(f.chain);
    f.chain = NULL;
    f.error.len = 0;
    st = dry_chain_open(&f.chain, &f.set, &f.error);
    CHECK(st.code == DRY_CODE_EINVAL && f.error.len != 0);
    fixture_close(&f);

    /* They may be deployed until then. */
    CHECK(dry_ok(try_open(&f, later, "", &dry_consensus_dev)));
    fixture_close(&f);
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
    open_config(&f, UP_TO_LONDON "\"terminalTotalDifficulty\":0," TO_PRAGUE "1700000100}", false);
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
        cmocka_unit_test(missing_contracts_are_told_at_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
