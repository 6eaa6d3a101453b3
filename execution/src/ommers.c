/* Uncles of the proof-of-work era (Yellow Paper 11.1). */
#include <drystone/crypto.h>
#include <drystone/execution.h>

#define OMMERS_MAX 2u
#define GENERATIONS_MAX 7u

static dry_status hash_of(struct dry_hash *out, const struct dry_header *h)
{
    struct dry_buf buf = {0};
    dry_status st = dry_header_encode(&buf, h);

    if (dry_ok(st))
        dry_keccak256(out, dry_buf_bytes(&buf));
    dry_buf_fini(&buf);
    return st;
}

/* Hashes of the ancestors and of the uncles they included. */
struct family {
    struct dry_hash ancestor[GENERATIONS_MAX];
    struct dry_hash included[GENERATIONS_MAX * OMMERS_MAX + OMMERS_MAX];
    uint32_t ancestor_count, included_count;
};

static dry_status family_fill(struct family *f, const struct dry_block *ancestors, uint32_t count)
{
    dry_status st = DRY_OK;

    f->ancestor_count = count < GENERATIONS_MAX ? count : GENERATIONS_MAX;
    f->included_count = 0;
    for (uint32_t i = 0; i < f->ancestor_count && dry_ok(st); i++) {
        st = hash_of(&f->ancestor[i], &ancestors[i].header);
        for (uint32_t k = 0; k < ancestors[i].ommer_count && k < OMMERS_MAX && dry_ok(st); k++)
            st = hash_of(&f->included[f->included_count++], &ancestors[i].ommers[k]);
    }
    return st;
}

static enum dry_verdict ommer_check(enum dry_verdict *fault, const struct family *f,
                                    const struct dry_hash *hash, const struct dry_header *ommer,
                                    const struct dry_block *ancestors,
                                    const struct dry_chain_config *config)
{
    const struct dry_u256 no_td = DRY_U256_ZERO;

    for (uint32_t i = 0; i < f->included_count; i++)
        if (dry_hash_equal(&f->included[i], hash))
            return DRY_VERDICT_BLOCK_UNCLE_DUPLICATE;
    for (uint32_t i = 0; i < f->ancestor_count; i++)
        if (dry_hash_equal(&f->ancestor[i], hash))
            return DRY_VERDICT_BLOCK_UNCLE_ANCESTOR;
    /* The block's own parent cannot be an uncle's: that would be a brother. */
    for (uint32_t i = 1; i < f->ancestor_count; i++) {
        if (!dry_hash_equal(&f->ancestor[i], &ommer->parent_hash))
            continue;
        *fault = dry_header_check(ommer, &ancestors[i].header, &no_td, config);
        return *fault == DRY_VERDICT_VALID ? DRY_VERDICT_VALID : DRY_VERDICT_BLOCK_UNCLE_HEADER;
    }
    return DRY_VERDICT_BLOCK_UNCLE_PARENT;
}

static dry_status check(enum dry_verdict *verdict, enum dry_verdict *fault,
                        const struct dry_block *b, const struct dry_block *ancestors,
                        uint32_t ancestor_count, const struct dry_chain_config *config)
{
    struct family f;
    dry_status st;

    *fault = DRY_VERDICT_VALID;
    *verdict = b->ommer_count > OMMERS_MAX ? DRY_VERDICT_BLOCK_UNCLES_COUNT : DRY_VERDICT_VALID;
    if (b->ommer_count == 0 || *verdict != DRY_VERDICT_VALID)
        return DRY_OK;
    st = family_fill(&f, ancestors, ancestor_count);
    for (uint32_t i = 0; i < b->ommer_count && dry_ok(st); i++) {
        struct dry_hash hash;

        st = hash_of(&hash, &b->ommers[i]);
        if (!dry_ok(st))
            break;
        *verdict = ommer_check(fault, &f, &hash, &b->ommers[i], ancestors, config);
        if (*verdict != DRY_VERDICT_VALID)
            break;
        f.included[f.included_count++] = hash;
    }
    return st;
}

dry_status dry_ommers_check(enum dry_verdict *verdict, const struct dry_block *b,
                            const struct dry_block *ancestors, uint32_t ancestor_count,
                            const struct dry_chain_config *config)
{
    enum dry_verdict fault;

    return check(verdict, &fault, b, ancestors, ancestor_count, config);
}

dry_status dry_ommer_fault(enum dry_verdict *fault, const struct dry_block *b,
                           const struct dry_block *ancestors, uint32_t ancestor_count,
                           const struct dry_chain_config *config)
{
    enum dry_verdict verdict;

    return check(&verdict, fault, b, ancestors, ancestor_count, config);
}
