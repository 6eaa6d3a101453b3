/* drystone/common/u256.h - 256-bit unsigned integers, the EVM's word. Start at struct dry_u256. */
#ifndef DRY_COMMON_U256_H
#define DRY_COMMON_U256_H
#include <drystone/common/bytes.h>

/* Four 64-bit limbs, least significant first. */
struct dry_u256 {
    uint64_t w[4];
};

#define DRY_U256(x) ((struct dry_u256){{(x), 0, 0, 0}})
#define DRY_U256_ZERO DRY_U256(0)
#define DRY_U256_MAX ((struct dry_u256){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}})

static inline bool dry_u256_is_zero(const struct dry_u256 *a)
{
    return (a->w[0] | a->w[1] | a->w[2] | a->w[3]) == 0;
}
static inline bool dry_u256_equal(const struct dry_u256 *a, const struct dry_u256 *b)
{
    return ((a->w[0] ^ b->w[0]) | (a->w[1] ^ b->w[1]) | (a->w[2] ^ b->w[2]) |
            (a->w[3] ^ b->w[3])) == 0;
}
/* Whether the value fits 64 bits; then it is w[0]. */
static inline bool dry_u256_is_u64(const struct dry_u256 *a)
{
    return (a->w[1] | a->w[2] | a->w[3]) == 0;
}

/* *out = a + b mod 2^256; the carry out. out may be a or b in every function here. */
static inline bool dry_u256_add(struct dry_u256 *out, const struct dry_u256 *a,
                                const struct dry_u256 *b)
{
    unsigned long long c = 0;
    uint64_t r[4];
    for (int i = 0; i < 4; i++) {
        unsigned long long s, t;
        bool c1 = __builtin_uaddll_overflow(a->w[i], b->w[i], &s);
        bool c2 = __builtin_uaddll_overflow(s, c, &t);
        r[i] = t;
        c = (unsigned long long)(c1 | c2);
    }
    memcpy(out->w, r, sizeof(r));
    return c != 0;
}
/* *out = a - b mod 2^256; the borrow out (a < b). */
static inline bool dry_u256_sub(struct dry_u256 *out, const struct dry_u256 *a,
                                const struct dry_u256 *b)
{
    unsigned long long c = 0;
    uint64_t r[4];
    for (int i = 0; i < 4; i++) {
        unsigned long long s, t;
        bool c1 = __builtin_usubll_overflow(a->w[i], b->w[i], &s);
        bool c2 = __builtin_usubll_overflow(s, c, &t);
        r[i] = t;
        c = (unsigned long long)(c1 | c2);
    }
    memcpy(out->w, r, sizeof(r));
    return c != 0;
}
static inline bool dry_u256_less(const struct dry_u256 *a, const struct dry_u256 *b)
{
    struct dry_u256 t;
    return dry_u256_sub(&t, a, b);
}
/* Negative, 0 or positive as a is less than, equal to or greater than b. */
static inline int dry_u256_compare(const struct dry_u256 *a, const struct dry_u256 *b)
{
    return dry_u256_less(a, b) ? -1 : !dry_u256_equal(a, b);
}

/* *out = a * b mod 2^256. */
void dry_u256_mul(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b);
/* As above; true when the full product does not fit 256 bits. */
bool dry_u256_mul_overflow(struct dry_u256 *out, const struct dry_u256 *a,
                           const struct dry_u256 *b);
/* Quotient and remainder; both 0 when b is 0 (the EVM's rule). Either out may be NULL.
 * Uses no 128-bit division. */
void dry_u256_divmod_var(struct dry_u256 *quot, struct dry_u256 *rem, const struct dry_u256 *a,
                         const struct dry_u256 *b);
/* Two's complement division and remainder as SDIV and SMOD define them. */
void dry_u256_sdiv_var(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b);
void dry_u256_smod_var(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b);
/* (a + b) mod m and (a * b) mod m over the unbounded sum and product; 0 when m is 0. */
void dry_u256_addmod_var(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b,
                         const struct dry_u256 *m);
void dry_u256_mulmod_var(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b,
                         const struct dry_u256 *m);
/* a ^ e mod 2^256. */
void dry_u256_exp_var(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *e);
/* Shifts; n >= 256 gives 0 (sar: all sign bits). */
void dry_u256_shl(struct dry_u256 *out, const struct dry_u256 *a, unsigned n);
void dry_u256_shr(struct dry_u256 *out, const struct dry_u256 *a, unsigned n);
void dry_u256_sar(struct dry_u256 *out, const struct dry_u256 *a, unsigned n);
/* Number of significant bits, 0 for 0. */
unsigned dry_u256_bits(const struct dry_u256 *a);
/* Signed comparison a < b (SLT). */
bool dry_u256_signed_less(const struct dry_u256 *a, const struct dry_u256 *b);

/* 32 big-endian bytes to and from a word. */
static inline void dry_u256_from_be32(struct dry_u256 *out, const uint8_t in[32])
{
    uint64_t t[4];
    memcpy(t, in, 32);
    for (int i = 0; i < 4; i++)
        out->w[i] = __builtin_bswap64(t[3 - i]);
}
static inline void dry_u256_to_be32(uint8_t out[32], const struct dry_u256 *a)
{
    uint64_t t[4];
    for (int i = 0; i < 4; i++)
        t[i] = __builtin_bswap64(a->w[3 - i]);
    memcpy(out, t, 32);
}
/* At most 32 big-endian bytes (leading zeros allowed). EDECODE when longer. */
DRY_MUST_USE dry_status dry_u256_from_be(struct dry_u256 *out, struct dry_bytes in);
/* Number of bytes without leading zeros: 0 for 0, at most 32. */
unsigned dry_u256_bytes(const struct dry_u256 *a);
/* The low 64 bits, or UINT64_MAX when the value does not fit. */
static inline uint64_t dry_u256_saturate_u64(const struct dry_u256 *a)
{
    return dry_u256_is_u64(a) ? a->w[0] : UINT64_MAX;
}

/* Text. Decimal digits, or hexadecimal after 0x; EDECODE for anything else or more than 256 bits.
 */
DRY_MUST_USE dry_status dry_u256_from_text(struct dry_u256 *out, struct dry_bytes text);
#define DRY_U256_HEX_MAX 67 /* "0x", 64 digits, NUL */
#define DRY_U256_DEC_MAX 79 /* 78 digits, NUL */
/* "0x0" style quantity without leading zeros, NUL-terminated; returns its length. */
size_t dry_u256_to_hex(char out[DRY_U256_HEX_MAX], const struct dry_u256 *a);
size_t dry_u256_to_dec(char out[DRY_U256_DEC_MAX], const struct dry_u256 *a);

#endif /* DRY_COMMON_U256_H */
