/* Headers against their parents. */
#include <drystone/crypto.h>
#include <drystone/execution.h>

#define GAS_LIMIT_MIN 5000u
#define GAS_LIMIT_BOUND 1024u
#define EXTRA_DATA_RULE_MAX 32u
#define DAO_EXTRA_BLOCKS 10u

void dry_header_hash(struct dry_hash *out, const struct dry_header *h, struct dry_buf *scratch)
{
    size_t before = scratch->len;
    dry_status st = dry_header_encode(scratch, h);

    *out = (struct dry_hash){{0}};
    if (dry_ok(st))
        dry_keccak256(out, dry_bytes_of(scratch->ptr + before, scratch->len - before));
    scratch->len = before;
}

bool dry_after_merge(const struct dry_chain_config *config, const struct dry_u256 *parent_td,
                     uint64_t number)
{
    if (config->activation[DRY_FORK_PARIS] != DRY_NEVER &&
        number >= config->activation[DRY_FORK_PARIS])
        return true;
    return config->has_terminal_total_difficulty &&
           !dry_u256_less(parent_td, &config->terminal_total_difficulty);
}

static unsigned extra_fields_at(const struct dry_rules *rules)
{
    return rules->fork >= DRY_FORK_PRAGUE     ? DRY_HEADER_PRAGUE
           : rules->fork >= DRY_FORK_CANCUN   ? DRY_HEADER_CANCUN
           : rules->fork >= DRY_FORK_SHANGHAI ? DRY_HEADER_SHANGHAI
           : rules->fork >= DRY_FORK_LONDON   ? DRY_HEADER_LONDON
                                              : 0;
}

static enum dry_verdict extra_data_check(const struct dry_header *h,
                                         const struct dry_chain_config *config)
{
    uint64_t dao = config->activation[DRY_FORK_DAO];
    bool is_dao = dry_bytes_equal(h->extra_data, DRY_BYTES_LIT("dao-hard-fork"));

    if (h->extra_data.len > EXTRA_DATA_RULE_MAX)
        return DRY_VERDICT_BLOCK_EXTRA_DATA;
    if (dao == DRY_NEVER || dao == 0 || h->number < dao || h->number - dao >= DAO_EXTRA_BLOCKS)
        return DRY_VERDICT_VALID;
    return is_dao == config->dao_fork_support ? DRY_VERDICT_VALID
                                              : DRY_VERDICT_BLOCK_DAO_EXTRA_DATA;
}

static enum dry_verdict gas_limit_check(const struct dry_header *h, const struct dry_header *parent,
                                        const struct dry_rules *rules, bool parent_is_london)
{
    uint64_t base = parent->gas_limit, distance;

    if (h->gas_limit > INT64_MAX)
        return DRY_VERDICT_BLOCK_GAS_LIMIT_MAX;
    if (rules->fork >= DRY_FORK_LONDON && !parent_is_london)
        base *= 2;
    distance = h->gas_limit > base ? h->gas_limit - base : base - h->gas_limit;
    return distance >= base / GAS_LIMIT_BOUND || h->gas_limit < GAS_LIMIT_MIN
               ? DRY_VERDICT_BLOCK_GAS_LIMIT
               : DRY_VERDICT_VALID;
}

static enum dry_verdict gas_check(const struct dry_header *h, const struct dry_header *parent,
                                  const struct dry_rules *rules, bool parent_is_london)
{
    struct dry_u256 base_fee;

    if (h->gas_used > h->gas_limit)
        return DRY_VERDICT_BLOCK_GAS_ABOVE_LIMIT;
    if (rules->fork < DRY_FORK_LONDON)
        return DRY_VERDICT_VALID;
    dry_base_fee_next(&base_fee, parent, rules, parent_is_london);
    return dry_u256_equal(&h->base_fee, &base_fee) ? DRY_VERDICT_VALID : DRY_VERDICT_BLOCK_BASE_FEE;
}

static enum dry_verdict work_check(const struct dry_header *h, const struct dry_header *parent,
                                   const struct dry_chain_config *config, bool after_merge)
{
    static const uint8_t no_nonce[8];
    struct dry_u256 want;

    if (after_merge) {
        if (!dry_u256_is_zero(&h->difficulty))
            return DRY_VERDICT_BLOCK_POW_AFTER_MERGE;
        if (!dry_hash_equal(&h->ommers_hash, &dry_hash_empty_ommers))
            return DRY_VERDICT_BLOCK_UNCLES_AFTER_MERGE;
        return memcmp(h->nonce, no_nonce, sizeof(no_nonce)) == 0 ? DRY_VERDICT_VALID
                                                                 : DRY_VERDICT_BLOCK_NONCE;
    }
    if (dry_u256_is_zero(&h->difficulty))
        return DRY_VERDICT_BLOCK_POS_BEFORE_MERGE;
    dry_difficulty_next(&want, config, h->number, h->time, parent,
                        !dry_hash_equal(&parent->ommers_hash, &dry_hash_empty_ommers));
    return dry_u256_equal(&h->difficulty, &want) ? DRY_VERDICT_VALID : DRY_VERDICT_BLOCK_DIFFICULTY;
}

static enum dry_verdict blobs_check(const struct dry_header *h, const struct dry_header *parent,
                                    const struct dry_rules *rules)
{
    if (rules->fork < DRY_FORK_CANCUN)
        return DRY_VERDICT_VALID;
    if (h->blob_gas_used > (uint64_t)rules->blob.max * DRY_BLOB_GAS)
        return DRY_VERDICT_BLOCK_BLOB_GAS_MAX;
    if (h->blob_gas_used % DRY_BLOB_GAS != 0)
        return DRY_VERDICT_BLOCK_BLOB_GAS_USED;
    return h->excess_blob_gas == dry_excess_blob_gas_next(parent, rules)
               ? DRY_VERDICT_VALID
               : DRY_VERDICT_BLOCK_EXCESS_BLOB_GAS;
}

enum dry_verdict dry_header_check(const struct dry_header *h, const struct dry_header *parent,
                                  const struct dry_u256 *parent_td,
                                  const struct dry_chain_config *config)
{
    bool after_merge = dry_after_merge(config, parent_td, h->number);
    uint64_t london = config->activation[DRY_FORK_LONDON];
    bool parent_is_london = london != DRY_NEVER && parent->number >= london;
    struct dry_rules rules;
    enum dry_verdict v;

    if (parent->number == UINT64_MAX || h->number != parent->number + 1)
        return DRY_VERDICT_BLOCK_NUMBER;
    if (h->time <= parent->time)
        return DRY_VERDICT_BLOCK_TIMESTAMP;
    v = work_check(h, parent, config, after_merge);
    if (v != DRY_VERDICT_VALID)
        return v;
    dry_rules_at(&rules, config, h->number, h->time, after_merge);
    v = gas_limit_check(h, parent, &rules, parent_is_london);
    if (v != DRY_VERDICT_VALID)
        return v;
    if (h->extra_fields != extra_fields_at(&rules))
        return DRY_VERDICT_BLOCK_FIELD_COUNT;
    v = extra_data_check(h, config);
    if (v == DRY_VERDICT_VALID)
        v = gas_check(h, parent, &rules, parent_is_london);
    if (v == DRY_VERDICT_VALID)
        v = blobs_check(h, parent, &rules);
    return v;
}
