/* Each fork begins where the configuration says, and brings the limits and blob parameters it
 * should. */
#include "samples.h"

static struct dry_rules rules_of(enum dry_fork fork)
{
    struct dry_chain_config c;
    struct dry_rules r;

    dry_chain_config_at(&c, fork, 1);
    dry_rules_at(&r, &c, 0, 0, fork >= DRY_FORK_PARIS);
    return r;
}

static void names_go_there_and_back(void **state)
{
    static const struct {
        const char *name;
        enum dry_fork fork;
    } more[] = {{"merge", DRY_FORK_PARIS},
                {"TANGERINEWHISTLE", DRY_FORK_TANGERINE_WHISTLE},
                {"SpuriousDragon", DRY_FORK_SPURIOUS_DRAGON},
                {"petersburg", DRY_FORK_PETERSBURG},
                {"osaka", DRY_FORK_OSAKA}};
    enum dry_fork f;

    (void)state;
    for (unsigned i = 0; i < DRY_FORK_COUNT; i++) {
        const char *name = dry_fork_name((enum dry_fork)i);

        f = DRY_FORK_COUNT;
        CHECK_MSG(dry_ok(dry_fork_from_name(&f, dry_bytes_of(name, strlen(name)))), name);
        CHECK_MSG(f == (enum dry_fork)i, name);
    }
    for (size_t i = 0; i < DRY_COUNT(more); i++) {
        CHECK(dry_ok(dry_fork_from_name(&f, dry_bytes_of(more[i].name, strlen(more[i].name)))));
        CHECK_MSG(f == more[i].fork, more[i].name);
    }
    CHECK(dry_fork_from_name(&f, DRY_BYTES_LIT("Cancu")).code == DRY_CODE_ENOTFOUND);
    CHECK(dry_fork_from_name(&f, DRY_BYTES_LIT("Cancun ")).code == DRY_CODE_ENOTFOUND);
    CHECK(dry_fork_from_name(&f, DRY_BYTES_EMPTY).code == DRY_CODE_ENOTFOUND);
}

static void every_fork_from_genesis(void **state)
{
    (void)state;
    for (unsigned i = 0; i < DRY_FORK_COUNT; i++) {
        struct dry_rules r = rules_of((enum dry_fork)i);

        CHECK_MSG(r.fork == (enum dry_fork)i, dry_fork_name((enum dry_fork)i));
        CHECK(r.evm_fork <= r.fork && r.chain_id == 1 && !r.zero_base_fee);
        CHECK(r.code_size_max == (i < DRY_FORK_SPURIOUS_DRAGON ? UINT32_MAX : 24576));
        CHECK(r.initcode_size_max == (i < DRY_FORK_SHANGHAI ? UINT32_MAX : 49152));
        CHECK(r.tx_gas_limit_max == (i < DRY_FORK_OSAKA ? UINT64_MAX : 16777216));
        CHECK((r.blob.max != 0) == (i >= DRY_FORK_CANCUN));
    }
    CHECK(rules_of(DRY_FORK_DAO).evm_fork == DRY_FORK_HOMESTEAD);
    CHECK(rules_of(DRY_FORK_MUIR_GLACIER).evm_fork == DRY_FORK_ISTANBUL);
    CHECK(rules_of(DRY_FORK_ARROW_GLACIER).evm_fork == DRY_FORK_LONDON);
    CHECK(rules_of(DRY_FORK_GRAY_GLACIER).evm_fork == DRY_FORK_LONDON);
    CHECK(rules_of(DRY_FORK_BPO1).evm_fork == DRY_FORK_OSAKA);
    CHECK(rules_of(DRY_FORK_BPO5).evm_fork == DRY_FORK_OSAKA);
    CHECK(rules_of(DRY_FORK_CONSTANTINOPLE).evm_fork == DRY_FORK_CONSTANTINOPLE);
}

static void blob_schedule_is_mainnets(void **state)
{
    static const struct {
        enum dry_fork fork;
        struct dry_blob_params want;
    } steps[] = {
        {DRY_FORK_CANCUN, {3, 6, 3338477}},  {DRY_FORK_PRAGUE, {6, 9, 5007716}},
        {DRY_FORK_OSAKA, {6, 9, 5007716}},   {DRY_FORK_BPO1, {10, 15, 8346193}},
        {DRY_FORK_BPO2, {14, 21, 11684671}}, {DRY_FORK_BPO5, {14, 21, 11684671}},
    };

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(steps); i++) {
        struct dry_rules r = rules_of(steps[i].fork);

        CHECK_MSG(r.blob.target == steps[i].want.target && r.blob.max == steps[i].want.max &&
                      r.blob.update_fraction == steps[i].want.update_fraction,
                  dry_fork_name(steps[i].fork));
    }
}

/* A configuration with a step at each height: the last block before it has the old rules, the first
 * at it the new ones, and times count only after the merge. */
static void forks_begin_on_their_block(void **state)
{
    struct dry_chain_config c;
    struct dry_rules r;

    (void)state;
    dry_chain_config_at(&c, DRY_FORK_FRONTIER, 7);
    for (unsigned i = 1; i < DRY_FORK_PARIS; i++)
        c.activation[i] = 10 * (uint64_t)i;
    for (unsigned i = DRY_FORK_SHANGHAI; i < DRY_FORK_COUNT; i++)
        c.activation[i] = 1000 * (uint64_t)i;
    for (unsigned i = 1; i < DRY_FORK_PARIS; i++) {
        dry_rules_at(&r, &c, 10 * (uint64_t)i - 1, UINT64_MAX, false);
        CHECK(r.fork == (enum dry_fork)(i - 1));
        dry_rules_at(&r, &c, 10 * (uint64_t)i, 0, false);
        CHECK(r.fork == (enum dry_fork)i);
    }
    for (unsigned i = DRY_FORK_SHANGHAI; i < DRY_FORK_COUNT; i++) {
        dry_rules_at(&r, &c, 500, 1000 * (uint64_t)i - 1, true);
        CHECK(r.fork == (enum dry_fork)(i - 1));
        dry_rules_at(&r, &c, 500, 1000 * (uint64_t)i, true);
        CHECK(r.fork == (enum dry_fork)i);
        dry_rules_at(&r, &c, 500, 1000 * (uint64_t)i, false);
        CHECK(r.fork == DRY_FORK_GRAY_GLACIER);
    }
    /* Off means off, even at the last block and second there can be. */
    dry_chain_config_at(&c, DRY_FORK_PARIS, 7);
    dry_rules_at(&r, &c, UINT64_MAX, UINT64_MAX, true);
    CHECK(r.fork == DRY_FORK_PARIS && r.blob.max == 0);
}

static void private_chains_lift_limits(void **state)
{
    struct dry_chain_config c;
    struct dry_rules r;

    (void)state;
    dry_chain_config_at(&c, DRY_FORK_OSAKA, 1);
    c.code_size_max = 100000;
    c.tx_gas_limit_max = UINT64_MAX;
    c.zero_base_fee = true;
    dry_rules_at(&r, &c, 0, 0, true);
    CHECK(r.code_size_max == 100000 && r.initcode_size_max == 200000);
    CHECK(r.tx_gas_limit_max == UINT64_MAX && r.zero_base_fee);
    c.code_size_max = UINT32_MAX;
    dry_rules_at(&r, &c, 0, 0, true);
    CHECK(r.code_size_max == UINT32_MAX && r.initcode_size_max == UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_go_there_and_back),    cmocka_unit_test(every_fork_from_genesis),
        cmocka_unit_test(blob_schedule_is_mainnets),  cmocka_unit_test(forks_begin_on_their_block),
        cmocka_unit_test(private_chains_lift_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
