/* Base fee and blob fee: the EIPs' own examples, the boundaries, and the BPO steps. */
#include <drystone/execution.h>
#include <drystone/test.h>

static struct dry_rules rules_at(enum dry_fork fork)
{
    struct dry_chain_config config;
    struct dry_rules rules;

    dry_chain_config_at(&config, fork, 1);
    dry_rules_at(&rules, &config, 1, 1, fork >= DRY_FORK_PARIS);
    return rules;
}

static void base_fee(void **state)
{
    /* limit, used, fee of the parent; fee of the child (EIP-1559) */
    static const uint64_t cases[][4] = {
        {20000000, 10000000, 1000000000, 1000000000},
        {20000000, 9000000, 1000000000, 987500000},
        {20000000, 11000000, 1000000000, 1012500000},
        {20000000, 20000000, 1000000000, 1125000000},
        {20000000, 0, 1000000000, 875000000},
        {20000000, 10000001, 7, 8},
        {20000000, 0, 7, 7},
        {20000000, 20000000, 0, 1},
        {20000000, 0, 0, 0},
    };
    struct dry_rules rules = rules_at(DRY_FORK_LONDON), berlin = rules_at(DRY_FORK_BERLIN);
    struct dry_u256 got;

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(cases); i++) {
        struct dry_header parent = {
            .gas_limit = cases[i][0], .gas_used = cases[i][1], .base_fee = DRY_U256(cases[i][2])};

        dry_base_fee_next(&got, &parent, &rules, true);
        CHECK(dry_u256_equal(&got, &DRY_U256(cases[i][3])));
        dry_base_fee_next(&got, &parent, &rules, false);
        CHECK(dry_u256_equal(&got, &DRY_U256(1000000000)));
        dry_base_fee_next(&got, &parent, &berlin, true);
        CHECK(dry_u256_is_zero(&got));
    }
    rules.zero_base_fee = true;
    dry_base_fee_next(&got, &(struct dry_header){.base_fee = DRY_U256(5)}, &rules, true);
    CHECK(dry_u256_is_zero(&got));
}

static void blob_fee(void **state)
{
    /* Cancun's excess and fee: below, at and above the steps of fake_exponential. */
    static const uint64_t cases[][2] = {
        {0, 1}, {2314057, 1}, {2314058, 2}, {10485760, 23}, {148099578, 18446739238971471609u},
    };
    struct dry_rules rules = rules_at(DRY_FORK_CANCUN);
    struct dry_u256 got, more;

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(cases); i++) {
        dry_blob_base_fee(&got, cases[i][0], &rules);
        CHECK(dry_u256_equal(&got, &DRY_U256(cases[i][1])));
    }
    dry_blob_base_fee(&got, 148099579, &rules); /* no longer fits 64 bits */
    CHECK(!dry_u256_is_u64(&got));
    dry_blob_base_fee(&more, UINT64_MAX, &rules);
    CHECK(dry_u256_equal(&more, &DRY_U256_MAX));
    CHECK(dry_ok(
        dry_u256_from_text(&got, DRY_BYTES_LIT("0x1cf941722d2e9f13336809e6d9992814ec1219988e6b"))));
    dry_blob_base_fee(&more, 400000000, &rules); /* terms of 200 bits: no product may wrap */
    CHECK(dry_u256_equal(&more, &got));
}

static void excess_blob_gas(void **state)
{
    struct dry_rules cancun = rules_at(DRY_FORK_CANCUN), prague = rules_at(DRY_FORK_PRAGUE);
    struct dry_rules osaka = rules_at(DRY_FORK_OSAKA), bpo2 = rules_at(DRY_FORK_BPO2);
    struct dry_header parent = {.extra_fields = DRY_HEADER_CANCUN};

    (void)state;
    CHECK(dry_excess_blob_gas_next(&parent, &cancun) == 0);
    parent.blob_gas_used = 3 * DRY_BLOB_GAS;
    CHECK(dry_excess_blob_gas_next(&parent, &cancun) == 0);
    parent.blob_gas_used = 6 * DRY_BLOB_GAS;
    CHECK(dry_excess_blob_gas_next(&parent, &cancun) == 3 * DRY_BLOB_GAS);
    CHECK(dry_excess_blob_gas_next(&parent, &prague) == 0);
    parent.excess_blob_gas = 10 * DRY_BLOB_GAS;
    CHECK(dry_excess_blob_gas_next(&parent, &prague) == 10 * DRY_BLOB_GAS);
    /* EIP-7918: with a base fee far above the blobs' price, excess grows by a share of what was
     * used, not by what was above the target. */
    CHECK(dry_excess_blob_gas_next(&parent, &osaka) == 10 * DRY_BLOB_GAS);
    parent.base_fee = DRY_U256(1000000000);
    CHECK(dry_excess_blob_gas_next(&parent, &osaka) == 10 * DRY_BLOB_GAS + 2 * DRY_BLOB_GAS);
    CHECK(dry_excess_blob_gas_next(&parent, &bpo2) ==
          10 * DRY_BLOB_GAS + 6 * (uint64_t)DRY_BLOB_GAS * 7 / 21);
    /* The reserve's edge: 8192 * base fee against 131072 * blob fee. */
    parent.base_fee = DRY_U256(16);
    parent.blob_gas_used = 9 * DRY_BLOB_GAS;
    CHECK(dry_excess_blob_gas_next(&parent, &osaka) == 13 * DRY_BLOB_GAS);
    parent.base_fee = DRY_U256(17);
    CHECK(dry_excess_blob_gas_next(&parent, &osaka) == 13 * DRY_BLOB_GAS);
    parent.blob_gas_used = 6 * DRY_BLOB_GAS;
    CHECK(dry_excess_blob_gas_next(&parent, &osaka) == 12 * DRY_BLOB_GAS);
    /* A parent from before Cancun has neither. */
    parent.extra_fields = DRY_HEADER_SHANGHAI;
    CHECK(dry_excess_blob_gas_next(&parent, &cancun) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base_fee),
        cmocka_unit_test(blob_fee),
        cmocka_unit_test(excess_blob_gas),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
