/* genesis_follow.c - another configuration for a chain that is there already: what it changes, and
 * whether blocks that are there would have been others by it. */
#include "genesis_config.h"
#include <drystone/common/hex.h>
#include <stdio.h>

#define CODE_SIZE_MAX 24576u /* what 0 stands for, in a configuration */
#define TX_GAS_LIMIT_MAX (1u << 24)
#define VALUE_TEXT 80

struct comparison {
    const struct dry_chain_config *stored, *given;
    const struct dry__genesis_place *head;
    struct dry_buf *changed, *error;
    size_t changed_start;
};

static void activation_text(char out[VALUE_TEXT], uint64_t at)
{
    if (at == DRY_NEVER)
        (void)snprintf(out, VALUE_TEXT, "nothing");
    else
        (void)snprintf(out, VALUE_TEXT, "%llu", (unsigned long long)at);
}

static void hex_text(char out[VALUE_TEXT], struct dry_bytes b)
{
    memset(out, 0, VALUE_TEXT);
    memcpy(out, "0x", 2);
    dry_hex_encode(out + 2, b);
}

/* A key that differs: noted, or, where blocks depend on it already, refused. */
static dry_status differs(const struct comparison *c, const char *key, const char *stored,
                          const char *given, bool in_force)
{
    char text[640];
    dry_status st = DRY_OK;

    if (!in_force || c->head->number == 0) {
        if (c->changed->len != c->changed_start)
            st = dry_buf_append_text(c->changed, ", ");
        return dry_ok(st) ? dry_buf_append_text(c->changed, key) : st;
    }
    (void)snprintf(text, sizeof(text),
                   "config.%s: the data directory's chain has %s, the genesis file given %s; that "
                   "cannot change any more, the chain's head is block %llu of time %llu. Leave "
                   "--genesis out to go on with the stored configuration, give the stored value, "
                   "or import the blocks into another --datadir",
                   key, stored, given, (unsigned long long)c->head->number,
                   (unsigned long long)c->head->time);
    if (c->error != NULL)
        (void)!dry_ok(dry_buf_append_text(c->error, text));
    return DRY_STATUS(EINVAL, "the configuration contradicts the chain");
}

static bool active(const struct comparison *c, const struct dry_chain_config *config,
                   enum dry_fork f)
{
    return config->activation[f] <= (f <= DRY_FORK_PARIS ? c->head->number : c->head->time);
}

/* Under either configuration. */
static bool active_anyhow(const struct comparison *c, enum dry_fork f)
{
    return active(c, c->stored, f) || active(c, c->given, f);
}

static dry_status chain_id_compare(const struct comparison *c)
{
    char text[512];

    if (c->stored->chain_id == c->given->chain_id)
        return DRY_OK;
    (void)snprintf(text, sizeof(text),
                   "config.chainId: the data directory's chain has %llu, the genesis file given "
                   "%llu; a chain keeps its id. Leave --genesis out to go on with the stored "
                   "configuration, give the stored value, or take another --datadir",
                   (unsigned long long)c->stored->chain_id, (unsigned long long)c->given->chain_id);
    if (c->error != NULL)
        (void)!dry_ok(dry_buf_append_text(c->error, text));
    return DRY_STATUS(EINVAL, "another chain id");
}

static dry_status activations_compare(const struct comparison *c)
{
    dry_status st = DRY_OK;

    for (int i = 0; i < DRY_FORK_COUNT && dry_ok(st); i++) {
        enum dry_fork f = (enum dry_fork)i;
        uint64_t stored = c->stored->activation[f], given = c->given->activation[f];
        const char *key = dry__genesis_fork_key(f);
        char have[VALUE_TEXT], want[VALUE_TEXT];

        if (stored == given || key == NULL)
            continue;
        activation_text(have, stored);
        activation_text(want, given);
        st = differs(c, key, have, want, active_anyhow(c, f));
    }
    return st;
}

static void difficulty_text(char out[VALUE_TEXT], const struct dry_chain_config *config)
{
    uint8_t be[32];

    (void)snprintf(out, VALUE_TEXT, "nothing");
    if (!config->has_terminal_total_difficulty)
        return;
    dry_u256_to_be32(be, &config->terminal_total_difficulty);
    hex_text(out, DRY_BYTES_ARRAY(be));
    if (dry_u256_is_u64(&config->terminal_total_difficulty))
        activation_text(out, config->terminal_total_difficulty.w[0]);
}

/* The merge is behind the head: its total difficulty reached the terminal one. */
static bool merged(const struct comparison *c, const struct dry_chain_config *config)
{
    return config->has_terminal_total_difficulty &&
           !dry_u256_less(&c->head->total_difficulty, &config->terminal_total_difficulty);
}

static dry_status difficulty_compare(const struct comparison *c)
{
    char have[VALUE_TEXT], want[VALUE_TEXT];

    if (c->stored->has_terminal_total_difficulty == c->given->has_terminal_total_difficulty &&
        dry_u256_equal(&c->stored->terminal_total_difficulty, &c->given->terminal_total_difficulty))
        return DRY_OK;
    difficulty_text(have, c->stored);
    difficulty_text(want, c->given);
    return differs(c, "terminalTotalDifficulty", have, want,
                   merged(c, c->stored) || merged(c, c->given));
}

static void blob_text(char out[VALUE_TEXT], const struct dry_blob_params *p)
{
    if (p->max == 0)
        (void)snprintf(out, VALUE_TEXT, "nothing");
    else
        (void)snprintf(out, VALUE_TEXT, "target %u, max %u, baseFeeUpdateFraction %llu", p->target,
                       p->max, (unsigned long long)p->update_fraction);
}

static dry_status blobs_compare(const struct comparison *c)
{
    dry_status st = DRY_OK;

    for (int i = DRY_FORK_CANCUN; i < DRY_FORK_COUNT && dry_ok(st); i++) {
        enum dry_fork f = (enum dry_fork)i;
        const struct dry_blob_params *stored = &c->stored->blob[f], *given = &c->given->blob[f];
        char key[32] = "blobSchedule.", have[VALUE_TEXT], want[VALUE_TEXT];
        const char *name = dry_fork_name(f);

        if (stored->target == given->target && stored->max == given->max &&
            stored->update_fraction == given->update_fraction)
            continue;
        for (size_t n = strlen(key); *name != '\0' && n + 1 < sizeof(key); name++)
            key[n++] = *name >= 'A' && *name <= 'Z' ? (char)(*name | 0x20) : *name;
        blob_text(have, stored);
        blob_text(want, given);
        st = differs(c, key, have, want, active_anyhow(c, f));
    }
    return st;
}

/* Options of ours, and what else is in force from some fork on. */
static dry_status rest_compare(const struct comparison *c)
{
    const struct dry_chain_config *s = c->stored, *g = c->given;
    uint32_t size_s = s->code_size_max != 0 ? s->code_size_max : CODE_SIZE_MAX;
    uint32_t size_g = g->code_size_max != 0 ? g->code_size_max : CODE_SIZE_MAX;
    uint64_t gas_s = s->tx_gas_limit_max != 0 ? s->tx_gas_limit_max : TX_GAS_LIMIT_MAX;
    uint64_t gas_g = g->tx_gas_limit_max != 0 ? g->tx_gas_limit_max : TX_GAS_LIMIT_MAX;
    char have[VALUE_TEXT], want[VALUE_TEXT];
    dry_status st = DRY_OK;

    if (s->dao_fork_support != g->dao_fork_support)
        st = differs(c, "daoForkSupport", s->dao_fork_support ? "true" : "false",
                     g->dao_fork_support ? "true" : "false", active_anyhow(c, DRY_FORK_DAO));
    if (dry_ok(st) && !dry_address_equal(&s->deposit_contract, &g->deposit_contract)) {
        hex_text(have, DRY_BYTES_ARRAY(s->deposit_contract.b));
        hex_text(want, DRY_BYTES_ARRAY(g->deposit_contract.b));
        st = differs(c, "depositContractAddress", have, want, active_anyhow(c, DRY_FORK_PRAGUE));
    }
    if (dry_ok(st) && size_s != size_g) {
        activation_text(have, size_s);
        activation_text(want, size_g);
        st = differs(c, "drystone.codeSizeMax", have, want,
                     active_anyhow(c, DRY_FORK_SPURIOUS_DRAGON));
    }
    if (dry_ok(st) && gas_s != gas_g) {
        (void)snprintf(have, sizeof(have), "%llu", (unsigned long long)gas_s);
        (void)snprintf(want, sizeof(want), "%llu", (unsigned long long)gas_g);
        st = differs(c, "drystone.txGasLimitMax", have, want, active_anyhow(c, DRY_FORK_OSAKA));
    }
    if (dry_ok(st) && s->zero_base_fee != g->zero_base_fee)
        st = differs(c, "drystone.zeroBaseFee", s->zero_base_fee ? "true" : "false",
                     g->zero_base_fee ? "true" : "false", active_anyhow(c, DRY_FORK_LONDON));
    return st;
}

dry_status dry__genesis_config_follows(const struct dry_chain_config *stored,
                                       const struct dry_chain_config *given,
                                       const struct dry__genesis_place *head,
                                       struct dry_buf *changed, struct dry_buf *error)
{
    struct comparison c = {stored, given, head, changed, error, changed->len};
    dry_status st = chain_id_compare(&c);

    if (dry_ok(st))
        st = activations_compare(&c);
    if (dry_ok(st))
        st = difficulty_compare(&c);
    if (dry_ok(st))
        st = blobs_compare(&c);
    if (dry_ok(st))
        st = rest_compare(&c);
    if (!dry_ok(st))
        changed->len = c.changed_start;
    return st;
}
