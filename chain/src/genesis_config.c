/* genesis_config.c - a genesis file's `config`: forks, blob schedules, options of ours. */
#include "genesis_config.h"
#include <drystone/chain/genesis.h>
#include <stdio.h>

/* Keys that activate a fork, in the order forks must follow each other. */
static const struct {
    const char *key;
    enum dry_fork fork;
} fork_keys[] = {
    {"homesteadBlock", DRY_FORK_HOMESTEAD},
    {"daoForkBlock", DRY_FORK_DAO},
    {"eip150Block", DRY_FORK_TANGERINE_WHISTLE},
    {"eip158Block", DRY_FORK_SPURIOUS_DRAGON},
    {"byzantiumBlock", DRY_FORK_BYZANTIUM},
    {"constantinopleBlock", DRY_FORK_CONSTANTINOPLE},
    {"petersburgBlock", DRY_FORK_PETERSBURG},
    {"istanbulBlock", DRY_FORK_ISTANBUL},
    {"muirGlacierBlock", DRY_FORK_MUIR_GLACIER},
    {"berlinBlock", DRY_FORK_BERLIN},
    {"londonBlock", DRY_FORK_LONDON},
    {"arrowGlacierBlock", DRY_FORK_ARROW_GLACIER},
    {"grayGlacierBlock", DRY_FORK_GRAY_GLACIER},
    {"mergeNetsplitBlock", DRY_FORK_PARIS},
    {"shanghaiTime", DRY_FORK_SHANGHAI},
    {"cancunTime", DRY_FORK_CANCUN},
    {"pragueTime", DRY_FORK_PRAGUE},
    {"osakaTime", DRY_FORK_OSAKA},
    {"bpo1Time", DRY_FORK_BPO1},
    {"bpo2Time", DRY_FORK_BPO2},
    {"bpo3Time", DRY_FORK_BPO3},
    {"bpo4Time", DRY_FORK_BPO4},
    {"bpo5Time", DRY_FORK_BPO5},
};

const char *dry__genesis_fork_key(enum dry_fork fork)
{
    for (size_t i = 0; i < DRY_COUNT(fork_keys); i++)
        if (fork_keys[i].fork == fork)
            return fork_keys[i].key;
    return NULL;
}

/* Forks that a chain may leave out while later ones are active: they change the difficulty or one
 * block alone, or only name a schedule. */
static bool optional(enum dry_fork f)
{
    return f == DRY_FORK_DAO || f == DRY_FORK_MUIR_GLACIER || f == DRY_FORK_ARROW_GLACIER ||
           f == DRY_FORK_GRAY_GLACIER || f == DRY_FORK_PARIS || f >= DRY_FORK_BPO1;
}

/* Members that carry no rule; geth writes them, or did. */
static const char *const ignored[] = {"ethash",     "clique",     "terminalTotalDifficultyPassed",
                                      "eip150Hash", "ewasmBlock", "comment"};
/* Those that carry one unless they are false: state in another tree. */
static const char *const must_be_false[] = {"enableUBTAtGenesis", "enableVerkleAtGenesis"};

static bool name_is(struct dry_bytes name, const char *text)
{
    return dry_bytes_equal(name, dry_bytes_of(text, strlen(text)));
}

static dry_status blob_params_read(struct dry_json_value v, struct dry_blob_params *out,
                                   struct dry_buf *error)
{
    struct dry_json_value m;
    uint64_t target, max, fraction;
    dry_status st = dry_json_require(v, "target", &m, error);

    if (dry_ok(st))
        st = dry_json_number_u64(m, &target, error);
    if (dry_ok(st))
        st = dry_json_require(v, "max", &m, error);
    if (dry_ok(st))
        st = dry_json_number_u64(m, &max, error);
    if (dry_ok(st))
        st = dry_json_require(v, "baseFeeUpdateFraction", &m, error);
    if (dry_ok(st))
        st = dry_json_number_u64(m, &fraction, error);
    if (!dry_ok(st))
        return st;
    if (max == 0 || max > 4096 || target > max)
        return dry_json_complain(v, error, "wants 0 <= target <= max and 0 < max <= 4096");
    if (fraction == 0)
        return dry_json_complain(m, error, "must not be 0");
    out->target = (uint32_t)target;
    out->max = (uint32_t)max;
    out->update_fraction = fraction;
    return DRY_OK;
}

static dry_status blob_schedule_read(struct dry_json_value v, struct dry_chain_config *c,
                                     struct dry_buf *error)
{
    struct dry_json_iter it = {0};
    struct dry_json_value key, value;

    if (dry_json_type(v) != DRY_JSON_OBJECT)
        return dry_json_complain(v, error, "must be an object of forks");
    while (dry_json_next(v, &it, &key, &value)) {
        struct dry_bytes name;
        enum dry_fork fork;
        dry_status st;

        if (dry_json_is_null(value))
            continue;
        if (!dry_json_plain(key, &name) || !dry_ok(dry_fork_from_name(&fork, name)) ||
            fork < DRY_FORK_CANCUN)
            return dry_json_complain(value, error, "no fork with blobs has this name");
        st = blob_params_read(value, &c->blob[fork], error);
        if (!dry_ok(st))
            return st;
    }
    return DRY_OK;
}

static dry_status own_read(struct dry_json_value v, struct dry_chain_config *c,
                           struct dry_buf *error)
{
    struct dry_json_iter it = {0};
    struct dry_json_value key, value;

    if (dry_json_type(v) != DRY_JSON_OBJECT)
        return dry_json_complain(v, error, "must be an object");
    while (dry_json_next(v, &it, &key, &value)) {
        struct dry_bytes name = DRY_BYTES_EMPTY;
        uint64_t n;
        dry_status st;

        (void)dry_json_plain(key, &name);
        if (name_is(name, "codeSizeMax")) {
            st = dry_json_number_u64(value, &n, error);
            if (dry_ok(st) && (n < 24576 || n > (16u << 20)))
                return dry_json_complain(value, error, "must be 24576 to 16777216 bytes");
            c->code_size_max = dry_ok(st) ? (uint32_t)n : 0;
        } else if (name_is(name, "txGasLimitMax")) {
            st = dry_json_number_u64(value, &c->tx_gas_limit_max, error);
        } else if (name_is(name, "zeroBaseFee")) {
            st = dry_json_bool(value, &c->zero_base_fee, error);
        } else if (name_is(name, "dev")) { /* see dry_genesis_is_dev() */
            bool ignored_here;
            st = dry_json_bool(value, &ignored_here, error);
        } else {
            return dry_json_complain(value, error,
                                     "unknown key; codeSizeMax, dev, txGasLimitMax and "
                                     "zeroBaseFee are known here");
        }
        if (!dry_ok(st))
            return st;
    }
    return DRY_OK;
}

/* One member of config. */
static dry_status member_read(struct dry_bytes name, struct dry_json_value v,
                              struct dry_chain_config *c, struct dry_buf *error)
{
    if (dry_json_is_null(v))
        return DRY_OK;
    if (name_is(name, "chainId"))
        return dry_json_number_u64(v, &c->chain_id, error);
    if (name_is(name, "terminalTotalDifficulty")) {
        c->has_terminal_total_difficulty = true;
        return dry_json_number_u256(v, &c->terminal_total_difficulty, error);
    }
    if (name_is(name, "daoForkSupport"))
        return dry_json_bool(v, &c->dao_fork_support, error);
    if (name_is(name, "depositContractAddress"))
        return dry_json_address(v, &c->deposit_contract, error);
    if (name_is(name, "blobSchedule"))
        return blob_schedule_read(v, c, error);
    if (name_is(name, "drystone"))
        return own_read(v, c, error);
    if (name_is(name, "eip155Block")) { /* compared with eip158Block below */
        uint64_t ignored_here;
        return dry_json_number_u64(v, &ignored_here, error);
    }
    for (size_t i = 0; i < DRY_COUNT(fork_keys); i++)
        if (name_is(name, fork_keys[i].key))
            return dry_json_number_u64(v, &c->activation[fork_keys[i].fork], error);
    for (size_t i = 0; i < DRY_COUNT(ignored); i++)
        if (name_is(name, ignored[i]))
            return DRY_OK;
    for (size_t i = 0; i < DRY_COUNT(must_be_false); i++)
        if (name_is(name, must_be_false[i]))
            return dry_json_type(v) == DRY_JSON_FALSE
                       ? DRY_OK
                       : dry_json_complain(v, error, "must be false: there is no such tree here");
    return dry_json_complain(v, error, "unknown key: this program knows no such fork or option");
}

/* EIP-155 and EIP-158 are one fork, Spurious Dragon; geth has a key for each. */
static dry_status spurious_dragon_check(struct dry_json_value config,
                                        const struct dry_chain_config *c, struct dry_buf *error)
{
    struct dry_json_value v;
    uint64_t at;

    if (!dry_json_get(config, "eip155Block", &v) || dry_json_is_null(v))
        return DRY_OK;
    if (dry_ok(dry_json_number_u64(v, &at, NULL)) && at == c->activation[DRY_FORK_SPURIOUS_DRAGON])
        return DRY_OK;
    return dry_json_complain(v, error, "must equal eip158Block: they are one fork here");
}

/* A fork may not come before the one it builds on. */
static dry_status order_check(struct dry_json_value config, const struct dry_chain_config *c,
                              struct dry_buf *error)
{
    uint64_t before = 0;
    bool by_time = false;

    for (size_t i = 0; i < DRY_COUNT(fork_keys); i++) {
        enum dry_fork f = fork_keys[i].fork;
        uint64_t at = c->activation[f];
        struct dry_json_value v = config;

        if (f >= DRY_FORK_SHANGHAI && !by_time) {
            bool london_missing = c->activation[DRY_FORK_LONDON] == DRY_NEVER;
            by_time = true;
            before = london_missing ? DRY_NEVER : 0;
        }
        if (at == DRY_NEVER) {
            if (!optional(f))
                before = DRY_NEVER;
            continue;
        }
        if (at < before) {
            (void)dry_json_get(config, fork_keys[i].key, &v);
            return dry_json_complain(v, error,
                                     before == DRY_NEVER ? "active while a fork before it is not"
                                                         : "before the fork it builds on");
        }
        before = at;
    }
    return DRY_OK;
}

/* Each fork that sets a blob schedule has an entry. Osaka has none of its own: it goes on with
 * Prague's, and an entry that says otherwise would mean another chain to others. */
static dry_status schedule_check(struct dry_json_value config, struct dry_chain_config *c,
                                 struct dry_buf *error)
{
    const struct dry_blob_params *prague = &c->blob[DRY_FORK_PRAGUE];
    struct dry_blob_params *osaka = &c->blob[DRY_FORK_OSAKA];
    struct dry_json_value v = config;
    char text[160];

    for (size_t i = 0; i < DRY_COUNT(fork_keys); i++) {
        enum dry_fork f = fork_keys[i].fork;

        if (f < DRY_FORK_CANCUN || f == DRY_FORK_OSAKA || c->activation[f] == DRY_NEVER ||
            c->blob[f].max != 0)
            continue;
        (void)snprintf(text, sizeof(text),
                       "%s wants an entry of its fork in blobSchedule: {\"target\": 6, \"max\": 9, "
                       "\"baseFeeUpdateFraction\": 5007716}, for one",
                       fork_keys[i].key);
        (void)dry_json_get(config, "blobSchedule", &v);
        return dry_json_complain(v, error, text);
    }
    if (osaka->max != 0 && prague->max != 0 &&
        (osaka->target != prague->target || osaka->max != prague->max ||
         osaka->update_fraction != prague->update_fraction)) {
        (void)dry_json_get(config, "blobSchedule", &v);
        (void)dry_json_get(v, "osaka", &v);
        return dry_json_complain(v, error,
                                 "must equal prague's, or be left out: Osaka sets no schedule, a "
                                 "bpo fork does");
    }
    if (osaka->max == 0 && c->activation[DRY_FORK_OSAKA] != DRY_NEVER)
        *osaka = *prague;
    return DRY_OK;
}

/* What a file must have, as geth asks for it. */
static dry_status presence_check(struct dry_json_value config, struct dry_chain_config *c,
                                 struct dry_buf *error)
{
    if (c->chain_id == 0)
        return dry_json_complain(config, error, "chainId is missing, or 0");
    for (int f = DRY_FORK_PARIS; f < DRY_FORK_COUNT; f++)
        if (c->activation[f] != DRY_NEVER && !c->has_terminal_total_difficulty)
            return dry_json_complain(config, error,
                                     "terminalTotalDifficulty is missing: forks after the merge "
                                     "want it; 0 for a chain that begins after it");
    return schedule_check(config, c, error);
}

/* Chains made when the schedule might be left out have mainnet's. */
static void stored_fill(struct dry_chain_config *c)
{
    struct dry_chain_config mainnet;

    dry_chain_config_at(&mainnet, DRY_FORK_BPO5, c->chain_id);
    if (c->chain_id == 0)
        c->chain_id = 1;
    for (int f = DRY_FORK_CANCUN; f <= DRY_FORK_OSAKA; f++)
        if (c->blob[f].max == 0 && c->activation[f] != DRY_NEVER)
            c->blob[f] = mainnet.blob[f];
}

static void defaults_fill(struct dry_json_value config, struct dry_chain_config *c)
{
    struct dry_chain_config mainnet;
    struct dry_json_value v;

    dry_chain_config_at(&mainnet, DRY_FORK_BPO5, c->chain_id);
    if (c->activation[DRY_FORK_PETERSBURG] == DRY_NEVER)
        c->activation[DRY_FORK_PETERSBURG] = c->activation[DRY_FORK_CONSTANTINOPLE];
    if (!dry_json_get(config, "depositContractAddress", &v))
        c->deposit_contract = mainnet.deposit_contract;
}

dry_status dry__genesis_config_read(struct dry_json_value config, bool stored,
                                    struct dry_chain_config *out, struct dry_buf *error)
{
    struct dry_chain_config c = {.chain_id = 0};
    struct dry_json_iter it = {0};
    struct dry_json_value key, value;
    dry_status st;

    if (dry_json_type(config) != DRY_JSON_OBJECT)
        return dry_json_complain(config, error, "must be an object");
    for (int f = 0; f < DRY_FORK_COUNT; f++)
        c.activation[f] = DRY_NEVER;
    c.activation[DRY_FORK_FRONTIER] = 0;
    while (dry_json_next(config, &it, &key, &value)) {
        struct dry_bytes name = DRY_BYTES_EMPTY;

        (void)dry_json_plain(key, &name);
        st = member_read(name, value, &c, error);
        if (!dry_ok(st))
            return st;
    }
    defaults_fill(config, &c);
    st = spurious_dragon_check(config, &c, error);
    if (dry_ok(st))
        st = order_check(config, &c, error);
    if (dry_ok(st) && stored)
        stored_fill(&c);
    else if (dry_ok(st))
        st = presence_check(config, &c, error);
    if (dry_ok(st))
        *out = c;
    return st;
}

dry_status dry__genesis_config_stored(struct dry_chain_config *out, struct dry_buf *error,
                                      struct dry_bytes json, struct dry_arena *arena)
{
    struct dry_json_limits limits = {.bytes_max = DRY_GENESIS_BYTES_MAX};
    struct dry_json_value config;
    struct dry_json doc;
    dry_status st = dry_json_read(&doc, error, json, &limits, arena);

    if (dry_ok(st))
        st = dry_json_require(dry_json_root(&doc), "config", &config, error);
    return dry_ok(st) ? dry__genesis_config_read(config, true, out, error) : st;
}
