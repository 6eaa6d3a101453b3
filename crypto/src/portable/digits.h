/* Scalars in signed digits (width-w non-adjacent form). */
#ifndef DRY_CRYPTO_DIGITS_H
#define DRY_CRYPTO_DIGITS_H
#include <drystone/common/u256.h>

/* Fill in n digits, least significant first, of k or of -k: each is 0 or odd and of magnitude below
 * 2^(width - 1), and of any width neighbours at most one is not 0. k has fewer than n bits, n is at
 * most 192, width at most 8. Branches on k: for public numbers. */
static void dry__digits_fill_var(int8_t *digit, unsigned n, const struct dry_u256 *k,
                                 unsigned width, bool negate)
{
    unsigned carry = 0;

    memset(digit, 0, n);
    for (unsigned i = 0; i < n;) {
        unsigned bits = (unsigned)(k->w[i / 64] >> (i % 64));
        int value;

        if ((bits & 1) == carry) {
            i++;
            continue;
        }
        if (i % 64 > 64 - width)
            bits |= (unsigned)(k->w[i / 64 + 1] << (64 - i % 64));
        bits = (bits & ((1u << width) - 1)) + carry;
        carry = bits >> (width - 1) & 1;
        value = (int)bits - (int)(carry << width);
        digit[i] = (int8_t)(negate ? -value : value);
        i += width;
    }
}

#endif /* DRY_CRYPTO_DIGITS_H */
