/* consensus_suite.c - what every consensus driver must pass. */
#include "consensus_suite.h"

static const struct dry_header head = {.number = 7, .time = 1000};

void consensus_suite_settings(struct dry_consensus_settings *out)
{
    static struct dry_chain_config config;

    dry_chain_config_at(&config, DRY_FORK_OSAKA, 31337);
    *out = (struct dry_consensus_settings){
        .config = &config, .automine = true, .coinbase = {{0xcb, 1}}};
}

struct dry_consensus *consensus_suite_open(const struct dry_consensus_ops *ops,
                                           const struct dry_consensus_settings *set)
{
    struct dry_consensus *c = NULL;

    CHECK(dry_ok(dry_consensus_open(&c, ops, set)));
    CHECK(c != NULL && c->ops == ops);
    return c;
}

uint32_t consensus_suite_feed(struct dry_consensus *c, enum dry_event_kind kind, uint64_t value,
                              struct dry_action actions[DRY_ACTIONS_MAX])
{
    struct dry_event e = {.kind = kind, .now_ms = 5000000, .value = value, .head = &head};

    memset(actions, 0, DRY_ACTIONS_MAX * sizeof(*actions));
    return dry_consensus_event(c, &e, actions);
}

static uint64_t next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

/* Timers that come late, switches flipped at any time, numbers without bounds: never more actions
 * than the caller has room for, none unknown, no block without a reason. */
void consensus_suite_actions(const struct dry_consensus_ops *ops)
{
    static const uint64_t values[] = {0, 1, 2, 1000, UINT64_MAX};
    struct dry_consensus_settings set;
    uint64_t seed = 9;

    consensus_suite_settings(&set);
    for (int round = 0; round < 50; round++) {
        struct dry_consensus *c;

        set.automine = round % 2 != 0;
        set.block_time_ms = round % 3 == 0 ? 0 : 250;
        c = consensus_suite_open(ops, &set);
        for (int i = 0; i < 200; i++) {
            struct dry_action actions[DRY_ACTIONS_MAX];
            enum dry_event_kind kind =
                (enum dry_event_kind)(next(&seed) % (DRY_EVENT_SET_INTERVAL + 1));
            uint32_t n =
                consensus_suite_feed(c, kind, values[next(&seed) % DRY_COUNT(values)], actions);

            CHECK(n <= DRY_ACTIONS_MAX);
            for (uint32_t k = 0; k < n; k++) {
                CHECK(actions[k].kind == DRY_ACTION_BUILD || actions[k].kind == DRY_ACTION_TIMER);
                CHECK(actions[k].kind != DRY_ACTION_BUILD || kind == DRY_EVENT_TIMER ||
                      kind == DRY_EVENT_TX_READY || kind == DRY_EVENT_MINE);
            }
        }
        dry_consensus_close(c);
    }
    dry_consensus_close(NULL);
}

/* The time is after the parent's and not before now; the same question has the same answer; the
 * last possible time is refused rather than wrapped. */
void consensus_suite_prepare(const struct dry_consensus_ops *ops)
{
    static const struct {
        uint64_t parent, now_ms, want;
    } times[] = {{1000, 0, 1001},
                 {1000, 999999, 1001},
                 {1000, 1000999, 1001},
                 {1000, 1001000, 1001},
                 {1000, 5000999, 5000},
                 {0, 0, 1},
                 {UINT64_MAX - 1, 0, UINT64_MAX}};
    struct dry_consensus_settings set;
    struct dry_consensus *c;

    consensus_suite_settings(&set);
    c = consensus_suite_open(ops, &set);
    for (size_t i = 0; i < DRY_COUNT(times); i++) {
        struct dry_header parent = {.number = 4, .time = times[i].parent};
        struct dry_header a = {.parent_hash = {{1, 2, 3}}, .number = 5}, b = a;

        CHECK(dry_ok(dry_consensus_prepare(c, &a, &parent, times[i].now_ms)));
        CHECK(dry_ok(dry_consensus_prepare(c, &b, &parent, times[i].now_ms)));
        CHECK(a.time == times[i].want);
        CHECK(a.number == 5 && dry_hash_equal(&a.parent_hash, &b.parent_hash));
        CHECK(a.time == b.time && dry_hash_equal(&a.mix_hash, &b.mix_hash));
        CHECK(dry_address_equal(&a.coinbase, &b.coinbase));
        CHECK(dry_consensus_check_seal(c, &a, &parent) == DRY_VERDICT_VALID);
    }
    {
        struct dry_header parent = {.number = 4, .time = UINT64_MAX}, h = {.number = 5};
        CHECK(!dry_ok(dry_consensus_prepare(c, &h, &parent, 0)));
    }
    dry_consensus_close(c);
}

/* Asked twice, the answer is the same; before the merge of two blocks at most one is better. */
void consensus_suite_prefers(const struct dry_consensus_ops *ops)
{
    struct dry_consensus_settings set;
    struct dry_consensus *c;
    uint64_t seed = 3;

    consensus_suite_settings(&set);
    c = consensus_suite_open(ops, &set);
    for (int i = 0; i < 500; i++) {
        bool merged = next(&seed) % 2 != 0;
        struct dry_header a = {.number = 1 + next(&seed) % 9,
                               .difficulty = DRY_U256(merged ? 0 : 1 + next(&seed) % 5)};
        struct dry_header b = {.number = 1 + next(&seed) % 9,
                               .difficulty = DRY_U256(merged ? 0 : 1 + next(&seed) % 5)};
        struct dry_u256 x = DRY_U256(next(&seed) % 50), y = DRY_U256(next(&seed) % 50);
        bool there = dry_consensus_prefers(c, &a, &x, &b, &y);

        CHECK(there == dry_consensus_prefers(c, &a, &x, &b, &y));
        if (ops != &dry_consensus_dev && !merged)
            CHECK(!(there && dry_consensus_prefers(c, &b, &y, &a, &x)));
    }
    dry_consensus_close(c);
}

void consensus_suite_final(const struct dry_consensus_ops *ops)
{
    static const uint64_t heads[] = {0, 1, 2, 63, 64, 65, 1000000, UINT64_MAX};
    struct dry_consensus_settings set;
    struct dry_consensus *c;

    consensus_suite_settings(&set);
    c = consensus_suite_open(ops, &set);
    for (size_t i = 0; i < DRY_COUNT(heads); i++) {
        CHECK(dry_consensus_finalized(c, heads[i]) <= heads[i]);
        if (i > 0) /* grows with the head */
            CHECK(dry_consensus_finalized(c, heads[i]) >= dry_consensus_finalized(c, heads[i - 1]));
    }
    dry_consensus_close(c);
}

void consensus_suite_memory(const struct dry_consensus_ops *ops)
{
    struct dry_consensus_settings set;

    consensus_suite_settings(&set);
    TEST_EACH_ALLOC_FAILS({
        struct dry_consensus *c = NULL;
        struct dry_action actions[DRY_ACTIONS_MAX];
        dry_status st = dry_consensus_open(&c, ops, &set);

        CHECK(dry_ok(st) || (st.code == DRY_CODE_ENOMEM && test_alloc_failed() && c == NULL));
        if (dry_ok(st)) {
            for (int k = 0; k <= DRY_EVENT_SET_INTERVAL; k++)
                (void)consensus_suite_feed(c, (enum dry_event_kind)k, 1, actions);
        }
        dry_consensus_close(c);
    });
}
