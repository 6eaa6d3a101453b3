/* drystone/common/rules.h - forks, the chain's configuration, and the rules in force at a block. */
#ifndef DRY_COMMON_RULES_H
#define DRY_COMMON_RULES_H
#include <drystone/common/types.h>

/* Every fork with a rule of its own, in order. DAO, MUIR_GLACIER, ARROW_GLACIER and GRAY_GLACIER
 * change only the difficulty (or one block's state) and take the EVM rules before them. BPO forks
 * change only blob parameters (EIP-7892). Names as in ethereum/tests and execution-specs. */
#define DRY_FORKS(X)                    \
    X(FRONTIER, "Frontier")             \
    X(HOMESTEAD, "Homestead")           \
    X(DAO, "DAO")                       \
    X(TANGERINE_WHISTLE, "EIP150")      \
    X(SPURIOUS_DRAGON, "EIP158")        \
    X(BYZANTIUM, "Byzantium")           \
    X(CONSTANTINOPLE, "Constantinople") \
    X(PETERSBURG, "ConstantinopleFix")  \
    X(ISTANBUL, "Istanbul")             \
    X(MUIR_GLACIER, "MuirGlacier")      \
    X(BERLIN, "Berlin")                 \
    X(LONDON, "London")                 \
    X(ARROW_GLACIER, "ArrowGlacier")    \
    X(GRAY_GLACIER, "GrayGlacier")      \
    X(PARIS, "Paris")                   \
    X(SHANGHAI, "Shanghai")             \
    X(CANCUN, "Cancun")                 \
    X(PRAGUE, "Prague")                 \
    X(OSAKA, "Osaka")                   \
    X(BPO1, "BPO1")                     \
    X(BPO2, "BPO2")                     \
    X(BPO3, "BPO3")                     \
    X(BPO4, "BPO4")                     \
    X(BPO5, "BPO5")

enum dry_fork {
#define X(name, text) DRY_FORK_##name,
    DRY_FORKS(X)
#undef X
        DRY_FORK_COUNT
};

/* The fork's name, "Cancun". Static storage. */
const char *dry_fork_name(enum dry_fork fork);
/* By name, case-insensitive; "Merge", "TangerineWhistle", "SpuriousDragon", "Petersburg" are known
 * too. ENOTFOUND. */
DRY_MUST_USE dry_status dry_fork_from_name(enum dry_fork *out, struct dry_bytes name);

/* Blob parameters in force (EIP-4844, 7691, 7840, 7892). */
struct dry_blob_params {
    uint32_t target; /* blobs a block */
    uint32_t max;    /* blobs a block */
    uint64_t update_fraction;
};

/* Block numbers up to Gray Glacier and Paris' netsplit, timestamps from Shanghai on; DRY_NEVER when
 * off. */
#define DRY_NEVER UINT64_MAX

/* What a genesis file's `config` says. Plain data; copy freely. */
struct dry_chain_config {
    uint64_t chain_id;
    uint64_t
        activation[DRY_FORK_COUNT]; /* block for forks before PARIS, time from SHANGHAI on; PARIS:
                                       the netsplit block, see also terminal_total_difficulty */
    struct dry_blob_params
        blob[DRY_FORK_COUNT]; /* set from CANCUN on; zero max: inherit the fork before */
    bool has_terminal_total_difficulty;
    struct dry_u256 terminal_total_difficulty;
    bool dao_fork_support;               /* apply the DAO's state change and extra-data rule */
    struct dry_address deposit_contract; /* EIP-6110 */
    /* Private chains may lift limits (config.drystone); 0 means the fork's own. */
    uint32_t code_size_max;    /* EIP-170; init code is twice that (EIP-3860) */
    uint64_t tx_gas_limit_max; /* EIP-7825; UINT64_MAX: no cap */
    bool zero_base_fee;        /* base fee is always 0 */
};

/* A configuration at which `fork` (and all before it) is active from genesis: block 0, time 0. BPO
 * schedules are those of mainnet's parameters. The deposit contract is mainnet's. */
void dry_chain_config_at(struct dry_chain_config *out, enum dry_fork fork, uint64_t chain_id);

/* Rules in force for one block: what the configuration says at (number, time, whether the merge
 * happened). Plain data; handed by pointer to everything that executes. */
struct dry_rules {
    enum dry_fork fork;     /* newest active */
    enum dry_fork evm_fork; /* the same without the forks that change no EVM rule: DAO → HOMESTEAD,
                               MUIR_GLACIER → ISTANBUL, ARROW/GRAY_GLACIER → LONDON, BPOn → OSAKA */
    uint64_t chain_id;
    struct dry_blob_params blob;
    uint32_t code_size_max;     /* UINT32_MAX before EIP-170 */
    uint32_t initcode_size_max; /* UINT32_MAX before EIP-3860 */
    uint64_t tx_gas_limit_max;  /* UINT64_MAX before EIP-7825 */
    struct dry_address deposit_contract;
    bool zero_base_fee;
};

/* after_merge: the block's difficulty is zero by rule (terminal total difficulty reached by its
 * parent, or the netsplit block). */
void dry_rules_at(struct dry_rules *out, const struct dry_chain_config *config, uint64_t number,
                  uint64_t time, bool after_merge);

#endif /* DRY_COMMON_RULES_H */
