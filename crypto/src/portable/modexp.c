/* Modular exponentiation in plain C: Montgomery products for odd moduli, products and long division
 * for even ones. Numbers are 64-bit limbs, least significant first. */
#include <drystone/crypto/portable.h>

/* Bits of the exponent taken at once, and the powers kept for them. */
enum { WINDOW_BITS = 4, WINDOW_POWERS = 1 << WINDOW_BITS };
/* Exponents up to this long are taken bit by bit: powers kept in advance would cost more than they
 * save. */
enum { SHORT_EXP_BYTES = 4 };

/* out (na + nb limbs) = a b */
static void limbs_mul(uint64_t *out, const uint64_t *a, size_t na, const uint64_t *b, size_t nb)
{
    memset(out, 0, (na + nb) * 8);
    for (size_t i = 0; i < na; i++) {
        uint64_t carry = 0;

        for (size_t j = 0; j < nb; j++) {
            const unsigned __int128 t = (unsigned __int128)a[i] * b[j] + out[i + j] + carry;

            out[i + j] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
        out[i + nb] = carry;
    }
}

/* a -= b over n limbs; the borrow. */
static uint64_t limbs_sub(uint64_t *a, const uint64_t *b, size_t n)
{
    uint64_t borrow = 0;

    for (size_t i = 0; i < n; i++) {
        const unsigned __int128 t = (unsigned __int128)a[i] - b[i] - borrow;

        a[i] = (uint64_t)t;
        borrow = (uint64_t)(t >> 64) & 1;
    }
    return borrow;
}

static uint64_t limbs_add(uint64_t *a, const uint64_t *b, size_t n)
{
    uint64_t carry = 0;

    for (size_t i = 0; i < n; i++) {
        const unsigned __int128 t = (unsigned __int128)a[i] + b[i] + carry;

        a[i] = (uint64_t)t;
        carry = (uint64_t)(t >> 64);
    }
    return carry;
}

static bool limbs_less(const uint64_t *a, const uint64_t *b, size_t n)
{
    for (size_t i = n; i-- > 0;)
        if (a[i] != b[i])
            return a[i] < b[i];
    return false;
}

/* a -= b q over n limbs; what is left to subtract from the limb above. */
static uint64_t limbs_sub_mul(uint64_t *a, const uint64_t *b, size_t n, uint64_t q)
{
    uint64_t carry = 0;

    for (size_t i = 0; i < n; i++) {
        const unsigned __int128 t = (unsigned __int128)b[i] * q + carry;
        const uint64_t low = (uint64_t)t;

        carry = (uint64_t)(t >> 64) + (a[i] < low);
        a[i] -= low;
    }
    return carry;
}

/* The modulus, scaled so that its top bit is set, as division wants it. */
struct modulus {
    size_t n;
    const uint64_t *limbs;  /* unscaled, top limb not 0 */
    const uint64_t *scaled; /* limbs << shift */
    int shift;
    uint64_t reciprocal; /* floor((2^128 - 1) / top limb) - 2^64 */
    uint64_t neg_inv;    /* -1/limbs[0] mod 2^64, for an odd modulus */
};

/* floor((2^128 - 1) / d) - 2^64 for d with its top bit set: bit by bit, once for each modulus. */
static uint64_t reciprocal_of(uint64_t d)
{
    uint64_t rest = ~d, low = UINT64_MAX, q = 0; /* (2^128 - 1) - 2^64 d */

    for (int i = 0; i < 64; i++) {
        const uint64_t top = rest >> 63;

        rest = rest << 1 | low >> 63;
        low <<= 1;
        q <<= 1;
        if (top != 0 || rest >= d) {
            rest -= d;
            q |= 1;
        }
    }
    return q;
}

/* floor((hi 2^64 + lo) / d), hi below d, by the reciprocal (Moeller and Granlund, 2011). */
static uint64_t quotient_limb(uint64_t hi, uint64_t lo, uint64_t d, uint64_t reciprocal)
{
    const unsigned __int128 q =
        (unsigned __int128)reciprocal * hi + ((unsigned __int128)hi << 64 | lo);
    uint64_t q1 = (uint64_t)(q >> 64) + 1, r = lo - q1 * d;

    if (r > (uint64_t)q) {
        q1--;
        r += d;
    }
    return r >= d ? q1 + 1 : q1;
}

/* (hi 2^64 + lo) mod d, in the same way. */
static inline uint64_t remainder_limb(uint64_t hi, uint64_t lo, uint64_t d, uint64_t reciprocal)
{
    const unsigned __int128 q =
        (unsigned __int128)reciprocal * hi + ((unsigned __int128)hi << 64 | lo);
    uint64_t r = lo - ((uint64_t)(q >> 64) + 1) * d;

    r += r > (uint64_t)q ? d : 0;
    return r >= d ? r - d : r;
}

/* acc ^ exp mod a modulus of one limb, acc below it: the cheapest input for its gas is of this
 * kind, with hundreds of squares behind each call, so they stay in registers. acc is kept scaled
 * like the modulus. */
static uint64_t power_limb(uint64_t base, struct dry_bytes exp, const struct modulus *m)
{
    const uint64_t d = m->scaled[0], reciprocal = m->reciprocal;
    const int s = m->shift;
    uint64_t powers[WINDOW_POWERS], acc;

    powers[0] = (uint64_t)1 << s;
    for (int i = 1; i < WINDOW_POWERS; i++) {
        const unsigned __int128 t = (unsigned __int128)powers[i - 1] * base;

        powers[i] = remainder_limb((uint64_t)(t >> 64), (uint64_t)t, d, reciprocal);
    }
    acc = powers[0];
    for (size_t i = 0; i < exp.len; i++)
        for (int bit = 8 - WINDOW_BITS; bit >= 0; bit -= WINDOW_BITS) {
            const unsigned digit = exp.ptr[i] >> bit & (WINDOW_POWERS - 1);
            unsigned __int128 t;

            for (int k = 0; k < WINDOW_BITS; k++) {
                t = (unsigned __int128)(acc >> s) * acc;
                acc = remainder_limb((uint64_t)(t >> 64), (uint64_t)t, d, reciprocal);
            }
            if (digit == 0)
                continue;
            t = (unsigned __int128)(acc >> s) * powers[digit];
            acc = remainder_limb((uint64_t)(t >> 64), (uint64_t)t, d, reciprocal);
        }
    return acc >> s;
}

/* a (n limbs, above them one that is below the scaled modulus' top) mod the modulus, in place: both
 * are scaled by the same shift. Schoolbook long division, remainder only; a has len limbs. */
static void limbs_mod_scaled(uint64_t *a, size_t len, const struct modulus *m)
{
    const uint64_t *d = m->scaled, top = d[m->n - 1];

    for (size_t i = len; i-- > m->n;) {
        uint64_t *part = a + i - m->n, q, rest;

        q = a[i] >= top ? UINT64_MAX : quotient_limb(a[i], a[i - 1], top, m->reciprocal);
        rest = limbs_sub_mul(part, d, m->n, q);
        /* The estimate from one limb is at most two too high. */
        while (a[i] != rest)
            rest -= limbs_add(part, d, m->n);
        a[i] = 0;
    }
}

/* out (m->n limbs) = a mod m. a has len limbs, then one more that is free; it is spoilt. */
static void limbs_mod(uint64_t *out, uint64_t *a, size_t len, const struct modulus *m)
{
    const int s = m->shift;

    a[len] = 0;
    if (s != 0)
        for (size_t i = len + 1; i-- > 0;)
            a[i] = a[i] << s | (i > 0 ? a[i - 1] >> (64 - s) : 0);
    if (len >= m->n)
        limbs_mod_scaled(a, len + 1, m);
    for (size_t i = 0; i < m->n; i++) {
        const uint64_t low = i < len + 1 ? a[i] : 0;
        const uint64_t high = i + 1 < m->n && i + 1 < len + 1 ? a[i + 1] : 0;

        out[i] = s == 0 ? low : low >> s | high << (64 - s);
    }
}

/* out = a b / 2^(64 n) mod m, for an odd modulus and a, b below it; t has n + 2 limbs of scratch.
 */
static void mont_mul(uint64_t *out, const uint64_t *a, const uint64_t *b, const struct modulus *m,
                     uint64_t *t)
{
    const size_t n = m->n;

    memset(t, 0, (n + 2) * 8);
    for (size_t i = 0; i < n; i++) {
        unsigned __int128 x = (unsigned __int128)a[0] * b[i] + t[0];
        const uint64_t k = (uint64_t)x * m->neg_inv;
        unsigned __int128 y = (unsigned __int128)k * m->limbs[0] + (uint64_t)x;

        for (size_t j = 1; j < n; j++) {
            x = (unsigned __int128)a[j] * b[i] + t[j] + (uint64_t)(x >> 64);
            y = (unsigned __int128)k * m->limbs[j] + (uint64_t)x + (uint64_t)(y >> 64);
            t[j - 1] = (uint64_t)y;
        }
        x = (x >> 64) + (y >> 64) + t[n];
        t[n - 1] = (uint64_t)x;
        t[n] = (uint64_t)(x >> 64);
    }
    memcpy(out, t, n * 8);
    if (t[n] != 0 || !limbs_less(out, m->limbs, n))
        limbs_sub(out, m->limbs, n);
}

/* out = a b in the form the modulus asks for; t has 2 n + 1 limbs of scratch (3 for n = 1). */
static void mul_mod(uint64_t *out, const uint64_t *a, const uint64_t *b, const struct modulus *m,
                    uint64_t *t)
{
    if (m->limbs[0] & 1) {
        mont_mul(out, a, b, m, t);
        return;
    }
    limbs_mul(t, a, m->n, b, m->n);
    limbs_mod(out, t, 2 * m->n, m);
}

/* out = a, below m, in the form mul_mod() takes; t as there. */
static void form_enter(uint64_t *out, const uint64_t *a, const struct modulus *m, uint64_t *t)
{
    if (m->limbs[0] & 1) {
        memset(t, 0, m->n * 8);
        memcpy(t + m->n, a, m->n * 8);
        limbs_mod(out, t, 2 * m->n, m);
    } else {
        memmove(out, a, m->n * 8);
    }
}

static void limbs_from_bytes(uint64_t *out, struct dry_bytes in)
{
    for (size_t i = 0; i < in.len; i++)
        out[i / 8] |= (uint64_t)in.ptr[in.len - 1 - i] << 8 * (i % 8);
}

static struct dry_bytes trimmed(struct dry_bytes in)
{
    while (in.len > 0 && in.ptr[0] == 0) {
        in.ptr++;
        in.len--;
    }
    return in;
}

static size_t limbs_for(struct dry_bytes in)
{
    return (in.len + 7) / 8;
}

static void modulus_set(struct modulus *m, uint64_t *limbs, uint64_t *scaled, size_t n)
{
    uint64_t inv = limbs[0];

    m->n = n;
    m->limbs = limbs;
    m->scaled = scaled;
    m->shift = __builtin_clzll(limbs[n - 1]);
    for (size_t i = n; i-- > 0;) {
        scaled[i] = limbs[i] << m->shift;
        if (m->shift != 0 && i > 0)
            scaled[i] |= limbs[i - 1] >> (64 - m->shift);
    }
    m->reciprocal = reciprocal_of(scaled[n - 1]);
    for (int i = 0; i < 5; i++) /* each step doubles the bits that are right, three at first */
        inv *= 2 - limbs[0] * inv;
    m->neg_inv = 0 - inv;
}

/* acc = powers[1] ^ exp, exp not zero, all in mul_mod()'s form. `powers` holds powers[0] = 1 and
 * powers[1]; the others are made here. */
static void power(uint64_t *acc, uint64_t *powers, struct dry_bytes exp, const struct modulus *m,
                  uint64_t *t)
{
    const int width = exp.len <= SHORT_EXP_BYTES ? 1 : WINDOW_BITS;
    const size_t n = m->n;
    bool started = false;

    for (size_t i = 2; i < (size_t)1 << width; i++)
        mul_mod(powers + i * n, powers + (i - 1) * n, powers + n, m, t);
    for (size_t i = 0; i < exp.len; i++)
        for (int bit = 8 - width; bit >= 0; bit -= width) {
            const size_t digit = exp.ptr[i] >> bit & ((1U << width) - 1);

            for (int k = 0; k < width && started; k++)
                mul_mod(acc, acc, acc, m, t);
            if (digit == 0)
                continue;
            if (started)
                mul_mod(acc, acc, powers + digit * n, m, t);
            else
                memcpy(acc, powers + digit * n, n * 8);
            started = true;
        }
}

dry_status dry_portable_modexp(uint8_t *out, struct dry_bytes base, struct dry_bytes exp,
                               struct dry_bytes mod)
{
    const size_t out_len = mod.len;
    size_t n, base_n;
    uint64_t *mem, *limbs, *scaled, *acc, *powers, *scratch, *big;
    struct modulus m;

    if (base.len > DRY_MODEXP_BYTES_MAX || exp.len > DRY_MODEXP_BYTES_MAX ||
        mod.len > DRY_MODEXP_BYTES_MAX)
        return DRY_STATUS(ELIMIT, "modexp operand is too long");
    base = trimmed(base);
    exp = trimmed(exp);
    mod = trimmed(mod);
    if (mod.len == 0 || (mod.len == 1 && mod.ptr[0] == 1)) {
        if (out_len > 0)
            memset(out, 0, out_len);
        return DRY_OK;
    }
    n = limbs_for(mod);
    base_n = limbs_for(base);
    mem = dry_alloc(((3 + WINDOW_POWERS) * n + (2 * n + 2) + (base_n + 2)) * 8);
    if (mem == NULL)
        return DRY_ENOMEM;
    limbs = mem;
    scaled = limbs + n;
    acc = scaled + n;
    powers = acc + n;
    scratch = powers + WINDOW_POWERS * n;
    big = scratch + 2 * n + 2;

    limbs_from_bytes(limbs, mod);
    modulus_set(&m, limbs, scaled, n);
    limbs_from_bytes(big, base);
    limbs_mod(acc, big, base_n, &m);
    if (n == 1) {
        acc[0] = power_limb(acc[0], exp, &m);
        goto done;
    }
    form_enter(powers + n, acc, &m, scratch);
    memset(acc, 0, n * 8);
    acc[0] = 1;
    form_enter(powers, acc, &m, scratch);
    if (exp.len > 0)
        power(acc, powers, exp, &m, scratch);
    else
        memcpy(acc, powers, n * 8);
    if (limbs[0] & 1) { /* leave the Montgomery form: multiply by a plain one */
        memset(powers, 0, n * 8);
        powers[0] = 1;
        mont_mul(acc, acc, powers, &m, scratch);
    }
done:
    memset(out, 0, out_len);
    for (size_t i = 0; i < mod.len; i++)
        out[out_len - 1 - i] = (uint8_t)(acc[i / 8] >> 8 * (i % 8));
    dry_free(mem);
    return DRY_OK;
}
