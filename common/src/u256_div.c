/* Long division by a normalised divisor with a precomputed reciprocal: Möller and Granlund,
 * "Improved division by invariant integers" (2011), inside Knuth's algorithm D. No hardware
 * division by or of 128 bits is needed. */
#include "u256_div.h"

typedef unsigned __int128 u128;

/* First approximation of a reciprocal from the top nine bits: floor((2^19 - 3 * 2^8) / d),
 * d = 256 .. 511. */
#define A(d) (uint16_t)((0x80000 - 0x300) / (d))
#define A4(d) A(d), A((d) + 1), A((d) + 2), A((d) + 3)
#define A16(d) A4(d), A4((d) + 4), A4((d) + 8), A4((d) + 12)
#define A64(d) A16(d), A16((d) + 16), A16((d) + 32), A16((d) + 48)
static const uint16_t approx[256] = {A64(256), A64(320), A64(384), A64(448)};

/* floor((2^128 - 1) / d) - 2^64 for d with its top bit set (the paper's algorithm 2). */
static inline uint64_t reciprocal_2by1(uint64_t d)
{
    uint64_t d0 = d & 1, d40 = (d >> 24) + 1, d63 = (d >> 1) + d0;
    uint64_t v0 = approx[(d >> 55) - 256];
    uint64_t v1 = (v0 << 11) - (v0 * v0 * d40 >> 40) - 1;
    uint64_t v2 = (v1 << 13) + (v1 * (((uint64_t)1 << 60) - v1 * d40) >> 47);
    uint64_t e = (v2 >> 1 & ((uint64_t)0 - d0)) - v2 * d63;
    uint64_t v3 = (v2 << 31) + ((uint64_t)((u128)v2 * e >> 64) >> 1);

    return v3 - (uint64_t)(((u128)v3 * d + d) >> 64) - d;
}

/* The same for two limbs, d1 with its top bit set (algorithm 6). */
static inline uint64_t reciprocal_3by2(uint64_t d1, uint64_t d0)
{
    uint64_t v = reciprocal_2by1(d1), p = d1 * v + d0;
    u128 t;

    if (p < d0) {
        v--;
        if (p >= d1) {
            v--;
            p -= d1;
        }
        p -= d1;
    }
    t = (u128)v * d0;
    p += (uint64_t)(t >> 64);
    if (p < (uint64_t)(t >> 64)) {
        v--;
        if (p > d1 || (p == d1 && (uint64_t)t >= d0))
            v--;
    }
    return v;
}

/* Quotient and remainder of (u1, u0) by d, u1 < d (algorithm 4). */
static inline uint64_t divide_2by1(uint64_t *r, uint64_t u1, uint64_t u0, uint64_t d, uint64_t v)
{
    u128 q = (u128)v * u1 + (((u128)u1 << 64) | u0);
    uint64_t q1 = (uint64_t)(q >> 64) + 1, q0 = (uint64_t)q;
    uint64_t x = u0 - q1 * d;

    if (x > q0) {
        q1--;
        x += d;
    }
    if (__builtin_expect(x >= d, 0)) {
        q1++;
        x -= d;
    }
    *r = x;
    return q1;
}

/* Quotient and remainder of (u2, u1, u0) by d = (d1, d0), (u2, u1) < d (algorithm 5). */
static inline uint64_t divide_3by2(u128 *r, uint64_t u2, uint64_t u1, uint64_t u0, u128 d,
                                   uint64_t v)
{
    u128 q = (u128)v * u2 + (((u128)u2 << 64) | u1);
    uint64_t q1 = (uint64_t)(q >> 64), q0 = (uint64_t)q;
    uint64_t d1 = (uint64_t)(d >> 64), d0 = (uint64_t)d;
    u128 x = ((u128)(u1 - q1 * d1) << 64 | u0) - d - (u128)d0 * q1;

    q1++;
    if ((uint64_t)(x >> 64) >= q0) {
        q1--;
        x += d;
    }
    if (__builtin_expect(x >= d, 0)) {
        q1++;
        x -= d;
    }
    *r = x;
    return q1;
}

/* a << s for n limbs, the bits pushed out on top; s < 64. */
static inline void shift_left(uint64_t *out, const uint64_t *a, unsigned n, unsigned s)
{
    uint64_t carry = 0;

    for (unsigned i = 0; i < n; i++) {
        uint64_t x = a[i];

        out[i] = x << s | carry;
        carry = x >> 1 >> (63 - s);
    }
    out[n] = carry;
}

/* Subtract q * d from the limbs of u; the last borrow out. */
static inline uint64_t submul(uint64_t *u, const uint64_t *d, unsigned n, uint64_t q)
{
    uint64_t borrow = 0;

    for (unsigned i = 0; i < n; i++) {
        u128 p = (u128)q * d[i] + borrow;
        uint64_t low = (uint64_t)p;

        borrow = (uint64_t)(p >> 64) + (u[i] < low);
        u[i] -= low;
    }
    return borrow;
}

static inline uint64_t add_back(uint64_t *u, const uint64_t *d, unsigned n)
{
    uint64_t carry = 0;

    for (unsigned i = 0; i < n; i++) {
        u128 t = (u128)u[i] + d[i] + carry;

        u[i] = (uint64_t)t;
        carry = (uint64_t)(t >> 64);
    }
    return carry;
}

/* One digit of the quotient for a divisor of n = 3 or 4 limbs: u has n + 1 limbs, the top n less
 * than d. Inlined with a constant n. */
static inline uint64_t digit(uint64_t *u, const uint64_t *d, unsigned n, uint64_t v)
{
    u128 top = (u128)d[n - 1] << 64 | d[n - 2], r;
    uint64_t q, borrow, low;

    if (__builtin_expect(u[n] == d[n - 1] && u[n - 1] == d[n - 2], 0)) {
        /* The estimate would overflow. The digit is the largest, exactly: what u lacks of d * 2^64
         * lies in the limbs below the top two, so it is less than d. */
        (void)submul(u, d, n, UINT64_MAX);
        return UINT64_MAX;
    }
    q = divide_3by2(&r, u[n], u[n - 1], u[n - 2], top, v);
    borrow = submul(u, d, n - 2, q);
    low = (uint64_t)r;
    u[n - 2] = low - borrow;
    u[n - 1] = (uint64_t)(r >> 64) - (low < borrow);
    if (__builtin_expect(r < borrow, 0)) {
        q--;
        (void)add_back(u, d, n);
    }
    return q;
}

/* Quotient (m limbs at q, unless it is NULL) and remainder of u, which has m limbs, the top one not
 * zero, by a divisor of n <= m limbs, 64 bits at least in one of them. Always inlined: each caller
 * gets its own copy without what it does not ask for. */
static inline __attribute__((always_inline)) void divide(uint64_t *q, struct dry_u256 *rem,
                                                         const uint64_t *u, unsigned m,
                                                         const struct dry_u256 *by, unsigned n)
{
    unsigned s = (unsigned)__builtin_clzll(by->w[n - 1]);
    uint64_t un[9], d[5], t, v;
    u128 r, dd;

    shift_left(un, u, m, s);
    shift_left(d, by->w, n, s);
    /* The top digit is 0 when the top limbs show it. */
    if (un[m] == 0 && un[m - 1] < d[n - 1] && m > n) {
        m--;
        if (q != NULL)
            q[m + 1 - n] = 0;
    }
    switch (n) {
    case 1:
        v = reciprocal_2by1(d[0]);
        t = un[m];
        for (unsigned j = m; j-- != 0;) {
            uint64_t x = divide_2by1(&t, t, un[j], d[0], v);

            if (q != NULL)
                q[j] = x;
        }
        *rem = DRY_U256(t >> s);
        return;
    case 2:
        dd = (u128)d[1] << 64 | d[0];
        v = reciprocal_3by2(d[1], d[0]);
        r = (u128)un[m] << 64 | un[m - 1];
        for (unsigned j = m - 1; j-- != 0;) {
            uint64_t x = divide_3by2(&r, (uint64_t)(r >> 64), (uint64_t)r, un[j], dd, v);

            if (q != NULL)
                q[j] = x;
        }
        t = (uint64_t)(r >> 64);
        *rem = (struct dry_u256){{(uint64_t)r >> s | t << 1 << (63 - s), t >> s, 0, 0}};
        return;
    case 3:
        v = reciprocal_3by2(d[2], d[1]);
        for (unsigned j = m - 2; j-- != 0;) {
            uint64_t x = digit(un + j, d, 3, v);

            if (q != NULL)
                q[j] = x;
        }
        un[3] = 0;
        break;
    default:
        v = reciprocal_3by2(d[3], d[2]);
        for (unsigned j = m - 3; j-- != 0;) {
            uint64_t x = digit(un + j, d, 4, v);

            if (q != NULL)
                q[j] = x;
        }
        break;
    }
    for (unsigned i = 0; i < 3; i++)
        rem->w[i] = un[i] >> s | un[i + 1] << 1 << (63 - s);
    rem->w[3] = un[3] >> s;
}

static inline unsigned limbs(const uint64_t *a, unsigned n)
{
    while (n != 0 && a[n - 1] == 0)
        n--;
    return n;
}

void dry_u256_divmod_var(struct dry_u256 *quot, struct dry_u256 *rem, const struct dry_u256 *a,
                         const struct dry_u256 *b)
{
    struct dry_u256 q = DRY_U256_ZERO, r = *a;
    unsigned m, n;

    if (dry_u256_is_u64(b)) {
        if (b->w[0] == 0) {
            r = DRY_U256_ZERO;
            goto done;
        }
        if (dry_u256_is_u64(a)) {
            q.w[0] = a->w[0] / b->w[0];
            r.w[0] = a->w[0] % b->w[0];
            goto done;
        }
    } else if (dry_u256_less(a, b)) {
        goto done;
    }
    m = limbs(a->w, 4);
    n = limbs(b->w, 4);
    divide(q.w, &r, a->w, m, b, n);
done:
    if (quot != NULL)
        *quot = q;
    if (rem != NULL)
        *rem = r;
}

void dry__u256_mod(struct dry_u256 *out, const uint64_t *u, unsigned n, const struct dry_u256 *m)
{
    unsigned un = limbs(u, n), mn = limbs(m->w, 4);

    if (mn == 0) {
        *out = DRY_U256_ZERO;
    } else if (un < mn) {
        memcpy(out->w, u, 32);
    } else {
        divide(NULL, out, u, un, m, mn);
    }
}
