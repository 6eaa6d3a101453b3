/* The dev engine: a block per transaction, at an interval, or when asked; what comes later wins. */
#include "consensus_suite.h"
#include <drystone/crypto.h>

static void suite_actions(void **state)
{
    (void)state;
    consensus_suite_actions(&dry_consensus_dev);
}
static void suite_prepare(void **state)
{
    (void)state;
    consensus_suite_prepare(&dry_consensus_dev);
}
static void suite_prefers(void **state)
{
    (void)state;
    consensus_suite_prefers(&dry_consensus_dev);
}
static void suite_final(void **state)
{
    (void)state;
    consensus_suite_final(&dry_consensus_dev);
}
static void suite_memory(void **state)
{
    (void)state;
    consensus_suite_memory(&dry_consensus_dev);
}

#define ONE(c, event, number, want_kind, want_value)                               \
    do {                                                                           \
        CHECK(consensus_suite_feed(c, event, number, actions) == 1);               \
        CHECK(actions[0].kind == (want_kind) && actions[0].value == (want_value)); \
    } while (0)
#define NONE(c, event, number) CHECK(consensus_suite_feed(c, event, number, actions) == 0)

static void automine_switches(void **state)
{
    struct dry_action actions[DRY_ACTIONS_MAX];
    struct dry_consensus_settings set;
    struct dry_consensus *c;

    (void)state;
    consensus_suite_settings(&set);
    c = consensus_suite_open(&dry_consensus_dev, &set);
    NONE(c, DRY_EVENT_START, 0);
    ONE(c, DRY_EVENT_TX_READY, 5, DRY_ACTION_BUILD, 1); /* one transaction a block */
    NONE(c, DRY_EVENT_TX_READY, 0);
    NONE(c, DRY_EVENT_SET_AUTOMINE, 0);
    NONE(c, DRY_EVENT_TX_READY, 5);
    ONE(c, DRY_EVENT_MINE, 0, DRY_ACTION_BUILD, 0); /* all there are */
    NONE(c, DRY_EVENT_SET_AUTOMINE, 1);
    ONE(c, DRY_EVENT_TX_READY, 1, DRY_ACTION_BUILD, 1);
    dry_consensus_close(c);
}

static void interval_keeps_time(void **state)
{
    struct dry_action actions[DRY_ACTIONS_MAX];
    struct dry_consensus_settings set;
    struct dry_consensus *c;

    (void)state;
    consensus_suite_settings(&set);
    set.automine = false;
    set.block_time_ms = 2000;
    c = consensus_suite_open(&dry_consensus_dev, &set);
    ONE(c, DRY_EVENT_START, 0, DRY_ACTION_TIMER, 2000);
    NONE(c, DRY_EVENT_TX_READY, 3);
    CHECK(consensus_suite_feed(c, DRY_EVENT_TIMER, 0, actions) == 2);
    CHECK(actions[0].kind == DRY_ACTION_BUILD && actions[0].value == 0);
    CHECK(actions[1].kind == DRY_ACTION_TIMER && actions[1].value == 2000);
    ONE(c, DRY_EVENT_SET_INTERVAL, 500, DRY_ACTION_TIMER, 500);
    CHECK(consensus_suite_feed(c, DRY_EVENT_TIMER, 0, actions) == 2);
    CHECK(actions[1].value == 500);
    ONE(c, DRY_EVENT_SET_INTERVAL, 0, DRY_ACTION_TIMER, 0); /* stops it */
    NONE(c, DRY_EVENT_TIMER, 0);                            /* one that was under way */
    dry_consensus_close(c);
}

static void headers_say_who_and_what(void **state)
{
    struct dry_consensus_settings set;
    struct dry_header parent = {.number = 1, .time = 5}, h = {.parent_hash = {{9}}};
    struct dry_u256 light = DRY_U256(1), heavy = DRY_U256(2);
    struct dry_hash randao;
    struct dry_consensus *c;

    (void)state;
    consensus_suite_settings(&set);
    c = consensus_suite_open(&dry_consensus_dev, &set);
    CHECK(dry_ok(dry_consensus_prepare(c, &h, &parent, 0)));
    dry_keccak256(&randao, DRY_BYTES_ARRAY(h.parent_hash.b));
    CHECK(dry_hash_equal(&h.mix_hash, &randao));
    CHECK(dry_address_equal(&h.coinbase, &set.coinbase));
    CHECK(dry_consensus_prefers(c, &parent, &heavy, &h, &light)); /* later wins */
    CHECK(dry_consensus_finalized(c, 12) == 12);
    dry_consensus_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suite_actions),       cmocka_unit_test(suite_prepare),
        cmocka_unit_test(suite_prefers),       cmocka_unit_test(suite_final),
        cmocka_unit_test(suite_memory),        cmocka_unit_test(automine_switches),
        cmocka_unit_test(interval_keeps_time), cmocka_unit_test(headers_say_who_and_what),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
