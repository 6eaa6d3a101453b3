/* drystone/common/types.h - the small fixed-size types everything is made of. */
#ifndef DRY_COMMON_TYPES_H
#define DRY_COMMON_TYPES_H
#include <drystone/common/u256.h>

struct dry_hash {
    uint8_t b[32];
};
struct dry_address {
    uint8_t b[20];
};
/* The 2048-bit log bloom (Yellow Paper, section 4.4.1). */
struct dry_bloom {
    uint8_t b[256];
};

static inline bool dry_hash_equal(const struct dry_hash *a, const struct dry_hash *b)
{
    return memcmp(a->b, b->b, 32) == 0;
}
static inline bool dry_hash_is_zero(const struct dry_hash *a)
{
    uint64_t w[4];
    memcpy(w, a->b, 32);
    return (w[0] | w[1] | w[2] | w[3]) == 0;
}
static inline bool dry_address_equal(const struct dry_address *a, const struct dry_address *b)
{
    return memcmp(a->b, b->b, 20) == 0;
}
static inline bool dry_address_is_zero(const struct dry_address *a)
{
    static const struct dry_address zero;
    return memcmp(a->b, zero.b, 20) == 0;
}
/* An address as the EVM's word and back (the upper 12 bytes are dropped). */
static inline void dry_address_to_u256(struct dry_u256 *out, const struct dry_address *a)
{
    uint8_t t[32] = {0};
    memcpy(t + 12, a->b, 20);
    dry_u256_from_be32(out, t);
}
static inline void dry_address_from_u256(struct dry_address *out, const struct dry_u256 *v)
{
    uint8_t t[32];
    dry_u256_to_be32(t, v);
    memcpy(out->b, t + 12, 20);
}

/* keccak256 of nothing: the code hash of accounts without code. */
extern const struct dry_hash dry_hash_empty_code;
/* Root of the empty Merkle Patricia trie. */
extern const struct dry_hash dry_hash_empty_trie;
/* keccak256 of the empty RLP list: ommersHash of a block without uncles. */
extern const struct dry_hash dry_hash_empty_ommers;
/* SHA-256 of nothing: requestsHash of a block without requests (EIP-7685). */
extern const struct dry_hash dry_hash_empty_requests;

#endif /* DRY_COMMON_TYPES_H */
