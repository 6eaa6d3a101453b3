/* The table of forks, and which rules hold at a block. */
#include <drystone/common/rules.h>

#define CODE_SIZE_MAX 24576u                 /* EIP-170 */
#define TX_GAS_LIMIT_MAX ((uint64_t)1 << 24) /* EIP-7825 */

static const char *const fork_names[] = {
#define X(name, text) text,
    DRY_FORKS(X)
#undef X
};

static const struct {
    const char *name;
    enum dry_fork fork;
} aliases[] = {
    {"DAO", DRY_FORK_DAO},
    {"TangerineWhistle", DRY_FORK_TANGERINE_WHISTLE},
    {"Tangerine", DRY_FORK_TANGERINE_WHISTLE},
    {"SpuriousDragon", DRY_FORK_SPURIOUS_DRAGON},
    {"Petersburg", DRY_FORK_PETERSBURG},
    {"Merge", DRY_FORK_PARIS},
};

/* Blob schedule of mainnet (EIP-7691, 7840, 7892); later steps are those the reference tests
 * use. */
static const struct {
    enum dry_fork fork;
    struct dry_blob_params params;
} blob_schedule[] = {
    {DRY_FORK_CANCUN, {3, 6, 3338477}},  {DRY_FORK_PRAGUE, {6, 9, 5007716}},
    {DRY_FORK_OSAKA, {6, 9, 5007716}},   {DRY_FORK_BPO1, {10, 15, 8346193}},
    {DRY_FORK_BPO2, {14, 21, 11684671}},
};

static const struct dry_address mainnet_deposit_contract = {
    {0x00, 0x00, 0x00, 0x00, 0x21, 0x9a, 0xb5, 0x40, 0x35, 0x6c,
     0xbb, 0x83, 0x9c, 0xbe, 0x05, 0x30, 0x3d, 0x77, 0x05, 0xfa}};

const char *dry_fork_name(enum dry_fork fork)
{
    DRY_ASSERT((unsigned)fork < DRY_FORK_COUNT);
    return fork_names[fork];
}

/* ASCII letters compare without their case. */
static bool name_is(const char *name, struct dry_bytes text)
{
    if (strlen(name) != text.len)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t a = (uint8_t)name[i], b = text.ptr[i];

        if (a >= 'A' && a <= 'Z')
            a |= 0x20;
        if (b >= 'A' && b <= 'Z')
            b |= 0x20;
        if (a != b)
            return false;
    }
    return true;
}

dry_status dry_fork_from_name(enum dry_fork *out, struct dry_bytes name)
{
    for (unsigned i = 0; i < DRY_FORK_COUNT; i++) {
        if (name_is(fork_names[i], name)) {
            *out = (enum dry_fork)i;
            return DRY_OK;
        }
    }
    for (size_t i = 0; i < DRY_COUNT(aliases); i++) {
        if (name_is(aliases[i].name, name)) {
            *out = aliases[i].fork;
            return DRY_OK;
        }
    }
    return DRY_STATUS(ENOTFOUND, "unknown fork");
}

void dry_chain_config_at(struct dry_chain_config *out, enum dry_fork fork, uint64_t chain_id)
{
    DRY_ASSERT(out != NULL && (unsigned)fork < DRY_FORK_COUNT);
    memset(out, 0, sizeof(*out));
    out->chain_id = chain_id;
    for (unsigned i = 0; i < DRY_FORK_COUNT; i++)
        out->activation[i] = i <= (unsigned)fork ? 0 : DRY_NEVER;
    for (size_t i = 0; i < DRY_COUNT(blob_schedule); i++)
        out->blob[blob_schedule[i].fork] = blob_schedule[i].params;
    out->has_terminal_total_difficulty = fork >= DRY_FORK_PARIS;
    out->deposit_contract = mainnet_deposit_contract;
}

/* The fork whose EVM rules hold at `fork`. */
static enum dry_fork evm_fork_of(enum dry_fork fork)
{
    switch (fork) {
    case DRY_FORK_DAO:
        return DRY_FORK_HOMESTEAD;
    case DRY_FORK_MUIR_GLACIER:
        return DRY_FORK_ISTANBUL;
    case DRY_FORK_ARROW_GLACIER:
    case DRY_FORK_GRAY_GLACIER:
        return DRY_FORK_LONDON;
    case DRY_FORK_BPO1:
    case DRY_FORK_BPO2:
    case DRY_FORK_BPO3:
    case DRY_FORK_BPO4:
    case DRY_FORK_BPO5:
        return DRY_FORK_OSAKA;
    case DRY_FORK_FRONTIER:
    case DRY_FORK_HOMESTEAD:
    case DRY_FORK_TANGERINE_WHISTLE:
    case DRY_FORK_SPURIOUS_DRAGON:
    case DRY_FORK_BYZANTIUM:
    case DRY_FORK_CONSTANTINOPLE:
    case DRY_FORK_PETERSBURG:
    case DRY_FORK_ISTANBUL:
    case DRY_FORK_BERLIN:
    case DRY_FORK_LONDON:
    case DRY_FORK_PARIS:
    case DRY_FORK_SHANGHAI:
    case DRY_FORK_CANCUN:
    case DRY_FORK_PRAGUE:
    case DRY_FORK_OSAKA:
    case DRY_FORK_COUNT:
        break;
    }
    return fork;
}

void dry_rules_at(struct dry_rules *out, const struct dry_chain_config *config, uint64_t number,
                  uint64_t time, bool after_merge)
{
    DRY_ASSERT(out != NULL && config != NULL);
    memset(out, 0, sizeof(*out));
    for (unsigned i = 0; i < DRY_FORK_PARIS; i++) {
        if (config->activation[i] != DRY_NEVER && config->activation[i] <= number)
            out->fork = (enum dry_fork)i;
    }
    if (after_merge) {
        out->fork = DRY_FORK_PARIS;
        for (unsigned i = DRY_FORK_SHANGHAI; i < DRY_FORK_COUNT; i++) {
            if (config->activation[i] == DRY_NEVER || config->activation[i] > time)
                continue;
            out->fork = (enum dry_fork)i;
            if (config->blob[i].max != 0)
                out->blob = config->blob[i];
        }
    }
    out->evm_fork = evm_fork_of(out->fork);
    out->chain_id = config->chain_id;
    out->code_size_max = out->initcode_size_max = UINT32_MAX;
    out->tx_gas_limit_max = UINT64_MAX;
    if (out->fork >= DRY_FORK_SPURIOUS_DRAGON)
        out->code_size_max = config->code_size_max != 0 ? config->code_size_max : CODE_SIZE_MAX;
    if (out->fork >= DRY_FORK_SHANGHAI && out->code_size_max <= UINT32_MAX / 2)
        out->initcode_size_max = 2 * out->code_size_max;
    if (out->fork >= DRY_FORK_OSAKA)
        out->tx_gas_limit_max =
            config->tx_gas_limit_max != 0 ? config->tx_gas_limit_max : TX_GAS_LIMIT_MAX;
    out->deposit_contract = config->deposit_contract;
    out->zero_base_fee = config->zero_base_fee;
}
