/* Headers: every published difficulty, and each rule of the header check by a header with that one
 * fault. */
#include <drystone/common/hex.h>
#include <drystone/execution.h>
#include <drystone/test.h>

static const char *text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));

    CHECK_MSG(text != NULL, key);
    return text;
}

static uint64_t u64_of(const json_t *o, const char *key)
{
    const char *text = text_of(o, key);
    struct dry_u256 v;

    CHECK_MSG(dry_ok(dry_u256_from_text(&v, dry_bytes_of(text, strlen(text)))), text);
    CHECK_MSG(dry_u256_is_u64(&v), text);
    return v.w[0];
}

static bool has_uncles(const json_t *o)
{
    const char *text = json_string_value(json_object_get(o, "parentUncles"));
    struct dry_hash hash;

    if (text == NULL || strlen(text) < 66)
        return text != NULL && strcmp(text, "0x01") == 0;
    CHECK(dry_ok(dry_hex_decode_fixed(hash.b, 32, dry_bytes_of(text, strlen(text)))));
    return !dry_hash_equal(&hash, &dry_hash_empty_ommers);
}

static size_t difficulty_cases(const char *path, const json_t *cases,
                               const struct dry_chain_config *config)
{
    const char *name;
    json_t *c;
    size_t n = 0;

    json_object_foreach((json_t *)cases, name, c)
    {
        struct dry_header parent = {.time = u64_of(c, "parentTimestamp")};
        const char *parent_text = text_of(c, "parentDifficulty");
        const char *want_text = text_of(c, "currentDifficulty");
        struct dry_u256 want, got;
        char message[512];

        CHECK(dry_ok(dry_u256_from_text(&parent.difficulty,
                                        dry_bytes_of(parent_text, strlen(parent_text)))));
        CHECK(dry_ok(dry_u256_from_text(&want, dry_bytes_of(want_text, strlen(want_text)))));
        dry_difficulty_next(&got, config, u64_of(c, "currentBlockNumber"),
                            u64_of(c, "currentTimestamp"), &parent, has_uncles(c));
        snprintf(message, sizeof(message), "%s: %s: %llx", path, name,
                 (unsigned long long)got.w[0]);
        CHECK_MSG(dry_u256_equal(&got, &want), message);
        n++;
    }
    return n;
}

static void difficulty_file(const char *path, void *arg)
{
    json_t *root = test_json_load(path), *test, *cases;
    const char *name, *fork_name;

    json_object_foreach(root, name, test)
    {
        json_object_foreach(test, fork_name, cases)
        {
            struct dry_chain_config config;
            enum dry_fork fork;

            if (fork_name[0] == '_')
                continue;
            CHECK_MSG(dry_ok(dry_fork_from_name(&fork, dry_bytes_of(fork_name, strlen(fork_name)))),
                      fork_name);
            dry_chain_config_at(&config, fork, 1);
            *(size_t *)arg += difficulty_cases(path, cases, &config);
        }
    }
    json_decref(root);
}

/* DifficultyTests: each fork alone. */
static void difficulty_of_forks(void **state)
{
    const char *dir = test_vectors_path("eth/DifficultyTests");
    size_t n = 0;

    (void)state;
    if (dir == NULL)
        skip();
    CHECK(test_files_each(dir, ".json", difficulty_file, &n) == 17);
    CHECK(n == 18598);
}

/* BasicTests: the schedules of real networks, as they stood when the vectors were made. */
static void difficulty_of_networks(void **state)
{
    static const struct {
        const char *file;
        uint64_t homestead, byzantium, constantinople;
    } networks[] = {
        {"eth/BasicTests/difficulty.json", 1150000, 4370000, DRY_NEVER},
        {"eth/BasicTests/difficultyMainNetwork.json", 1150000, 4370000, DRY_NEVER},
        {"eth/BasicTests/difficultyCustomMainNetwork.json", 1150000, 4370000, DRY_NEVER},
        {"eth/BasicTests/difficultyCustomHomestead.json", 0, DRY_NEVER, DRY_NEVER},
        {"eth/BasicTests/difficultyRopsten.json", 0, 1700000, 4230000},
    };

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(networks); i++) {
        const char *path = test_vectors_path(networks[i].file);
        struct dry_chain_config config;
        json_t *root;

        if (path == NULL)
            skip();
        dry_chain_config_at(&config, DRY_FORK_FRONTIER, 1);
        config.activation[DRY_FORK_HOMESTEAD] = networks[i].homestead;
        config.activation[DRY_FORK_BYZANTIUM] = networks[i].byzantium;
        config.activation[DRY_FORK_CONSTANTINOPLE] = networks[i].constantinople;
        root = test_json_load(path);
        CHECK(difficulty_cases(path, root, &config) >= 14);
        json_decref(root);
    }
}

/* A chain at this fork with a parent and a good child. */
struct pair {
    struct dry_chain_config config;
    struct dry_header parent, child;
    struct dry_u256 td;
};

static void pair_make(struct pair *p, enum dry_fork fork)
{
    struct dry_rules rules;
    bool merged = fork >= DRY_FORK_PARIS;

    memset(p, 0, sizeof(*p));
    dry_chain_config_at(&p->config, fork, 1);
    p->parent = (struct dry_header){.number = 7,
                                    .time = 1000,
                                    .gas_limit = 30000000,
                                    .gas_used = 15000000,
                                    .ommers_hash = dry_hash_empty_ommers,
                                    .difficulty = DRY_U256(merged ? 0 : 1000000),
                                    .base_fee = DRY_U256(fork >= DRY_FORK_LONDON ? 1000000000 : 0)};
    p->td = DRY_U256(10000000);
    dry_rules_at(&rules, &p->config, 8, 1012, merged);
    p->parent.extra_fields = fork >= DRY_FORK_PRAGUE     ? DRY_HEADER_PRAGUE
                             : fork >= DRY_FORK_CANCUN   ? DRY_HEADER_CANCUN
                             : fork >= DRY_FORK_SHANGHAI ? DRY_HEADER_SHANGHAI
                             : fork >= DRY_FORK_LONDON   ? DRY_HEADER_LONDON
                                                         : 0;
    p->child = p->parent;
    p->child.number = 8;
    p->child.time = 1012;
    if (!merged)
        dry_difficulty_next(&p->child.difficulty, &p->config, 8, 1012, &p->parent, false);
}

static enum dry_verdict check(const struct pair *p)
{
    return dry_header_check(&p->child, &p->parent, &p->td, &p->config);
}

static void good_headers_pass(void **state)
{
    (void)state;
    for (unsigned fork = 0; fork < DRY_FORK_COUNT; fork++) {
        struct pair p;

        pair_make(&p, (enum dry_fork)fork);
        if (p.child.extra_fields >= DRY_HEADER_CANCUN) {
            struct dry_rules rules;

            dry_rules_at(&rules, &p.config, 8, 1012, true);
            p.child.excess_blob_gas = dry_excess_blob_gas_next(&p.parent, &rules);
        }
        CHECK_MSG(check(&p) == DRY_VERDICT_VALID, dry_fork_name((enum dry_fork)fork));
    }
}

#define FAULT(fork, verdict, change)                                   \
    do {                                                               \
        struct pair p;                                                 \
        pair_make(&p, DRY_FORK_##fork);                                \
        change;                                                        \
        CHECK_MSG(check(&p) == DRY_VERDICT_BLOCK_##verdict, #verdict); \
    } while (0)

static void each_fault_is_named(void **state)
{
    (void)state;
    FAULT(OSAKA, NUMBER, p.child.number = 9);
    FAULT(OSAKA, NUMBER, p.parent.number = UINT64_MAX);
    FAULT(FRONTIER, TIMESTAMP, p.child.time = 1000);
    FAULT(OSAKA, EXTRA_DATA, p.child.extra_data = dry_bytes_of("", 33));
    FAULT(OSAKA, GAS_LIMIT, p.child.gas_limit += 30000000 / 1024);
    FAULT(OSAKA, GAS_LIMIT, p.child.gas_limit -= 30000000 / 1024);
    FAULT(FRONTIER, GAS_LIMIT, (p.parent.gas_limit = 5000, p.child.gas_limit = 4999));
    FAULT(OSAKA, GAS_LIMIT_MAX, p.child.gas_limit = (uint64_t)1 << 63);
    FAULT(OSAKA, GAS_ABOVE_LIMIT, p.child.gas_used = p.child.gas_limit + 1);
    FAULT(LONDON, BASE_FEE, p.child.base_fee = DRY_U256(999999999));
    FAULT(LONDON, DIFFICULTY, p.child.difficulty.w[0]++);
    FAULT(LONDON, POS_BEFORE_MERGE, p.child.difficulty = DRY_U256_ZERO);
    FAULT(PARIS, POW_AFTER_MERGE, p.child.difficulty = DRY_U256(1));
    FAULT(PARIS, NONCE, p.child.nonce[7] = 1);
    FAULT(PARIS, UNCLES_AFTER_MERGE, p.child.ommers_hash.b[0] ^= 1);
    FAULT(BERLIN, FIELD_COUNT, p.child.extra_fields = DRY_HEADER_LONDON);
    FAULT(PRAGUE, FIELD_COUNT, p.child.extra_fields = DRY_HEADER_CANCUN);
    FAULT(CANCUN, EXCESS_BLOB_GAS, p.child.excess_blob_gas = DRY_BLOB_GAS);
    FAULT(CANCUN, BLOB_GAS_MAX, p.child.blob_gas_used = 7 * DRY_BLOB_GAS);
    FAULT(CANCUN, BLOB_GAS_USED, p.child.blob_gas_used = 1);
}

/* The ten blocks from the DAO fork on say which side they are on. */
static void dao_extra_data(void **state)
{
    (void)state;
    for (unsigned supports = 0; supports < 2; supports++) {
        struct pair p;

        pair_make(&p, DRY_FORK_HOMESTEAD);
        p.config.activation[DRY_FORK_DAO] = 8;
        p.config.dao_fork_support = supports != 0;
        p.child.extra_data = supports ? DRY_BYTES_LIT("dao-hard-fork") : DRY_BYTES_EMPTY;
        CHECK(check(&p) == DRY_VERDICT_VALID);
        p.child.extra_data = supports ? DRY_BYTES_LIT("dao-hard-fork.") : p.child.extra_data;
        if (!supports)
            p.child.extra_data = DRY_BYTES_LIT("dao-hard-fork");
        CHECK(check(&p) == DRY_VERDICT_BLOCK_DAO_EXTRA_DATA);
        p.config.activation[DRY_FORK_DAO] = 9;
        CHECK(check(&p) == DRY_VERDICT_VALID);
    }
}

/* London doubles the gas limit once and starts the base fee at 1 gwei. */
static void london_transition(void **state)
{
    struct pair p;

    (void)state;
    pair_make(&p, DRY_FORK_BERLIN);
    p.config.activation[DRY_FORK_LONDON] = 8;
    p.child.extra_fields = DRY_HEADER_LONDON;
    p.child.gas_limit = 60000000;
    p.child.base_fee = DRY_U256(1000000000);
    dry_difficulty_next(&p.child.difficulty, &p.config, 8, 1012, &p.parent, false);
    CHECK(check(&p) == DRY_VERDICT_VALID);
    p.child.gas_limit = 30000000;
    CHECK(check(&p) == DRY_VERDICT_BLOCK_GAS_LIMIT);
}

static void merge_by_difficulty(void **state)
{
    struct dry_chain_config config;
    struct dry_u256 below = DRY_U256(99), at = DRY_U256(100);

    (void)state;
    dry_chain_config_at(&config, DRY_FORK_LONDON, 1);
    CHECK(!dry_after_merge(&config, &at, 5));
    config.has_terminal_total_difficulty = true;
    config.terminal_total_difficulty = at;
    CHECK(!dry_after_merge(&config, &below, 5) && dry_after_merge(&config, &at, 5));
    config.activation[DRY_FORK_PARIS] = 6; /* the netsplit block */
    CHECK(!dry_after_merge(&config, &below, 5) && dry_after_merge(&config, &below, 6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(difficulty_of_forks), cmocka_unit_test(difficulty_of_networks),
        cmocka_unit_test(good_headers_pass),   cmocka_unit_test(each_fault_is_named),
        cmocka_unit_test(dao_extra_data),      cmocka_unit_test(london_transition),
        cmocka_unit_test(merge_by_difficulty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
