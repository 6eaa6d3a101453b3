/* The conformance commands' own parts: which refusal counts for which stated reason, and what the
 * networks' names mean. A table that let a wrong reason pass would make every suite worthless. */
#include "conformance/exceptions.h"
#include "conformance/fixture.h"
#include <drystone/test.h>

static void reasons_match_their_verdicts_alone(void **state)
{
    const char *one = "TransactionException.NONCE_IS_MAX";
    const char *two = "TransactionException.SENDER_NOT_EOA|TransactionException.NONCE_IS_MAX";

    (void)state;
    CHECK(dry__exception_matches(one, DRY_VERDICT_TX_NONCE_MAX));
    CHECK(dry__exception_matches(two, DRY_VERDICT_TX_NONCE_MAX));
    CHECK(dry__exception_matches(two, DRY_VERDICT_TX_SENDER_NOT_EOA));
    CHECK(!dry__exception_matches(two, DRY_VERDICT_TX_FUNDS));
    CHECK(!dry__exception_matches(one, DRY_VERDICT_VALID));
    CHECK(dry__exception_known(two));
    /* Names nobody knows, and pieces of known ones, match nothing. */
    for (unsigned v = 0; v <= DRY_VERDICT_BLOCK_SYSTEM_CALL; v++) {
        CHECK(!dry__exception_matches("TransactionException.NONCE_IS", (enum dry_verdict)v));
        CHECK(!dry__exception_matches("NONCE_IS_MAX", (enum dry_verdict)v));
        CHECK(!dry__exception_matches("BlockException.NONCE_IS_MAX", (enum dry_verdict)v));
        CHECK(!dry__exception_matches("", (enum dry_verdict)v));
    }
    CHECK(!dry__exception_known("TransactionException.NONCE_IS_MAX|BlockException.NO_SUCH"));
    /* The older fillers' names have no prefix. */
    CHECK(dry__exception_matches("TR_NoFunds", DRY_VERDICT_TX_FUNDS));
    CHECK(!dry__exception_matches("TR_NoFunds", DRY_VERDICT_TX_INTRINSIC_GAS));
    CHECK(!dry__exception_known("TR_NoFund") && !dry__exception_known("BlockException.TR_NoFunds"));
}

static void transitions(void **state)
{
    static const struct {
        const char *name;
        enum dry_fork newest, first_off, moved;
        uint64_t at;
    } cases[] = {
        {"Cancun", DRY_FORK_CANCUN, DRY_FORK_PRAGUE, DRY_FORK_PRAGUE, DRY_NEVER},
        {"EIP150", DRY_FORK_TANGERINE_WHISTLE, DRY_FORK_SPURIOUS_DRAGON, DRY_FORK_SPURIOUS_DRAGON,
         DRY_NEVER},
        {"FrontierToHomesteadAt5", DRY_FORK_HOMESTEAD, DRY_FORK_DAO, DRY_FORK_HOMESTEAD, 5},
        {"HomesteadToDaoAt5", DRY_FORK_DAO, DRY_FORK_TANGERINE_WHISTLE, DRY_FORK_DAO, 5},
        {"ByzantiumToConstantinopleFixAt5", DRY_FORK_PETERSBURG, DRY_FORK_ISTANBUL,
         DRY_FORK_CONSTANTINOPLE, 5},
        {"ParisToShanghaiAtTime15k", DRY_FORK_SHANGHAI, DRY_FORK_CANCUN, DRY_FORK_SHANGHAI, 15000},
        {"BPO1ToBPO2AtTime15k", DRY_FORK_BPO2, DRY_FORK_BPO3, DRY_FORK_BPO2, 15000},
    };
    struct dry_chain_config config;
    enum dry_fork fork;

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(cases); i++) {
        CHECK_MSG(dry_ok(dry__fixture_network(&config, &fork, cases[i].name, NULL)), cases[i].name);
        CHECK_MSG(fork == cases[i].newest, cases[i].name);
        CHECK_MSG(config.activation[cases[i].first_off] == DRY_NEVER, cases[i].name);
        CHECK_MSG(config.activation[cases[i].moved] == cases[i].at, cases[i].name);
        CHECK_MSG(config.dao_fork_support == (cases[i].newest == DRY_FORK_DAO), cases[i].name);
    }
    CHECK(dry_ok(dry__fixture_network(&config, &fork, "ArrowGlacierToParisAtDiffC0000", NULL)));
    CHECK(config.has_terminal_total_difficulty && fork == DRY_FORK_PARIS);
    CHECK(config.terminal_total_difficulty.w[0] == 0xc0000);
    CHECK(config.activation[DRY_FORK_PARIS] == DRY_NEVER);
    CHECK(config.activation[DRY_FORK_ARROW_GLACIER] == 0);
    CHECK(!dry_ok(dry__fixture_network(&config, &fork, "FrontierToHomesteadAt5x", NULL)));
    CHECK(!dry_ok(dry__fixture_network(&config, &fork, "Nowhere", NULL)));
    CHECK(!dry_ok(dry__fixture_network(&config, &fork, "", NULL)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_match_their_verdicts_alone),
        cmocka_unit_test(transitions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
