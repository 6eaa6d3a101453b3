/* word.h - 256-bit operations small enough to stand inside the loop. */
#ifndef DRY_EVM_WORD_H
#define DRY_EVM_WORD_H
#include <drystone/common/u256.h>

static inline struct dry_u256 dry__word_bool(bool b)
{
    return DRY_U256(b);
}
/* *out = a * b mod 2^256; out may be a or b. */
static inline void dry__word_mul(struct dry_u256 *out, const struct dry_u256 *a,
                                 const struct dry_u256 *b)
{
    uint64_t a0 = a->w[0], a1 = a->w[1], a2 = a->w[2], a3 = a->w[3];
    uint64_t b0 = b->w[0], b1 = b->w[1], b2 = b->w[2], b3 = b->w[3];
    unsigned __int128 t = (unsigned __int128)a0 * b0, u, c;
    uint64_t r0 = (uint64_t)t, r1, r2, r3;
    t = (unsigned __int128)a0 * b1 + (uint64_t)(t >> 64);
    u = (unsigned __int128)a1 * b0 + (uint64_t)t;
    r1 = (uint64_t)u;
    c = (t >> 64) + (u >> 64); /* into limb 2 */
    t = (unsigned __int128)a0 * b2 + (uint64_t)c;
    u = (unsigned __int128)a1 * b1 + (uint64_t)t;
    r3 = (uint64_t)(c >> 64) + (uint64_t)(t >> 64) + (uint64_t)(u >> 64);
    t = (unsigned __int128)a2 * b0 + (uint64_t)u;
    r2 = (uint64_t)t;
    r3 += (uint64_t)(t >> 64) + a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0;
    *out = (struct dry_u256){{r0, r1, r2, r3}};
}
/* *x <<= n and *x >>= n by a word's amount (ATTACKS 36: any of 2^256 amounts). */
static inline void dry__word_shl(struct dry_u256 *x, const struct dry_u256 *n)
{
    dry_u256_shl(x, x, dry_u256_is_u64(n) && n->w[0] < 256 ? (unsigned)n->w[0] : 256);
}
static inline void dry__word_shr(struct dry_u256 *x, const struct dry_u256 *n)
{
    dry_u256_shr(x, x, dry_u256_is_u64(n) && n->w[0] < 256 ? (unsigned)n->w[0] : 256);
}
static inline void dry__word_sar(struct dry_u256 *x, const struct dry_u256 *n)
{
    dry_u256_sar(x, x, dry_u256_is_u64(n) && n->w[0] < 256 ? (unsigned)n->w[0] : 256);
}
/* Byte i of x counted from the most significant one. */
static inline void dry__word_byte(struct dry_u256 *x, const struct dry_u256 *i)
{
    uint64_t b = 0;
    if (dry_u256_is_u64(i) && i->w[0] < 32) {
        unsigned from_low = 31 - (unsigned)i->w[0];
        b = x->w[from_low / 8] >> (from_low % 8 * 8) & 0xff;
    }
    *x = DRY_U256(b);
}
/* Extend the sign of x's byte k (counted from the least significant one). */
static inline void dry__word_signextend(struct dry_u256 *x, const struct dry_u256 *k)
{
    if (!dry_u256_is_u64(k) || k->w[0] >= 31)
        return;
    unsigned bit = (unsigned)k->w[0] * 8 + 7, limb = bit / 64, at = bit % 64;
    uint64_t fill = x->w[limb] >> at & 1 ? UINT64_MAX : 0;
    uint64_t keep = at == 63 ? UINT64_MAX : ((uint64_t)1 << (at + 1)) - 1;
    x->w[limb] = (x->w[limb] & keep) | (fill & ~keep);
    for (unsigned i = limb + 1; i < 4; i++)
        x->w[i] = fill;
}
/* Copy n bytes from offset `from` of src; what lies past its end is zero. */
static inline void dry__copy_padded(uint8_t *dst, size_t n, const uint8_t *src, size_t src_len,
                                    const struct dry_u256 *from)
{
    size_t have = 0;
    if (dry_u256_is_u64(from) && from->w[0] < src_len) {
        have = src_len - (size_t)from->w[0];
        have = have < n ? have : n;
        memcpy(dst, src + from->w[0], have);
    }
    memset(dst + have, 0, n - have);
}

#endif /* DRY_EVM_WORD_H */
