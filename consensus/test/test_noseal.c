/* The noseal engine never builds; before the merge the heaviest chain wins, after it the last valid
 * block given. */
#include "consensus_suite.h"

static void suite_actions(void **state)
{
    (void)state;
    consensus_suite_actions(&dry_consensus_noseal);
}
static void suite_prepare(void **state)
{
    (void)state;
    consensus_suite_prepare(&dry_consensus_noseal);
}
static void suite_prefers(void **state)
{
    (void)state;
    consensus_suite_prefers(&dry_consensus_noseal);
}
static void suite_final(void **state)
{
    (void)state;
    consensus_suite_final(&dry_consensus_noseal);
}
static void suite_memory(void **state)
{
    (void)state;
    consensus_suite_memory(&dry_consensus_noseal);
}

static void nothing_is_built(void **state)
{
    struct dry_action actions[DRY_ACTIONS_MAX];
    struct dry_consensus_settings set;
    struct dry_consensus *c;

    (void)state;
    consensus_suite_settings(&set);
    set.block_time_ms = 1000;
    c = consensus_suite_open(&dry_consensus_noseal, &set);
    for (int k = 0; k <= DRY_EVENT_SET_INTERVAL; k++)
        CHECK(consensus_suite_feed(c, (enum dry_event_kind)k, 1, actions) == 0);
    dry_consensus_close(c);
}

/* A row: head's number, difficulty, total; the other's; who wins. */
static const struct {
    const char *name;
    uint64_t number, difficulty, total, other_difficulty, other_total;
    bool other_wins;
} rows[] = {
    {"heavier", 5, 10, 100, 10, 101, true},
    {"as heavy: the first seen stays", 5, 10, 100, 10, 100, false},
    {"lighter", 5, 10, 100, 10, 99, false},
    {"the merge", 5, 10, 100, 0, 100, true},
    {"after it, the last given", 5, 0, 100, 0, 100, true},
    {"work after the merge", 5, 0, 100, 10, 1000, false},
    {"a genesis without difficulty is no merge", 0, 0, 0, 10, 10, true},
};

static void the_heaviest_then_the_last(void **state)
{
    struct dry_consensus_settings set;
    struct dry_consensus *c;
    struct dry_u256 small = DRY_U256(5), large = {{0, 0, 0, 1}};
    struct dry_header work = {.number = 3, .difficulty = DRY_U256(1)};

    (void)state;
    consensus_suite_settings(&set);
    c = consensus_suite_open(&dry_consensus_noseal, &set);
    for (size_t i = 0; i < DRY_COUNT(rows); i++) {
        struct dry_header h = {.number = rows[i].number,
                               .difficulty = DRY_U256(rows[i].difficulty)};
        struct dry_header o = {.number = 6, .difficulty = DRY_U256(rows[i].other_difficulty)};
        struct dry_u256 td = DRY_U256(rows[i].total), otd = DRY_U256(rows[i].other_total);

        CHECK_MSG(dry_consensus_prefers(c, &h, &td, &o, &otd) == rows[i].other_wins, rows[i].name);
    }
    CHECK(dry_consensus_prefers(c, &work, &small, &work, &large));
    CHECK(!dry_consensus_prefers(c, &work, &large, &work, &small));
    CHECK(dry_consensus_finalized(c, 12) == 12);
    dry_consensus_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suite_actions),
        cmocka_unit_test(suite_prepare),
        cmocka_unit_test(suite_prefers),
        cmocka_unit_test(suite_final),
        cmocka_unit_test(suite_memory),
        cmocka_unit_test(nothing_is_built),
        cmocka_unit_test(the_heaviest_then_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
