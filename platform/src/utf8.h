/* UTF-8, strictly. */
#ifndef DRY_PLATFORM_UTF8_H
#define DRY_PLATFORM_UTF8_H
#include <drystone/common/bytes.h>

/* Length of the valid sequence at p (n > 0 bytes are there), 0 when there is none: overlong forms,
 * surrogates and what lies past U+10FFFF are none. */
static inline size_t dry__utf8_len(const uint8_t *p, size_t n)
{
    uint8_t a = p[0];

    if (a < 0x80)
        return 1;
    if (a < 0xc2 || a > 0xf4 || n < 2 || (p[1] & 0xc0) != 0x80)
        return 0;
    if (a < 0xe0)
        return 2;
    if ((a == 0xe0 && p[1] < 0xa0) || (a == 0xed && p[1] > 0x9f) || (a == 0xf0 && p[1] < 0x90) ||
        (a == 0xf4 && p[1] > 0x8f))
        return 0;
    if (n < 3 || (p[2] & 0xc0) != 0x80)
        return 0;
    if (a < 0xf0)
        return 3;
    return n >= 4 && (p[3] & 0xc0) == 0x80 ? 4 : 0;
}

/* Length of the run at p that a JSON string holds as it is: printable ASCII without quote and
 * backslash. */
static inline size_t dry__plain_run(const uint8_t *p, size_t n)
{
    const uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
    size_t i = 0;

    for (; i + 8 <= n; i += 8) {
        uint64_t w, quote, slash;

        memcpy(&w, p + i, 8);
        quote = w ^ ones * '"';
        slash = w ^ ones * '\\';
        /* A byte below 0x20, a quote or a backslash borrows into its high bit; 0x80 and up has it.
         */
        if (((w | (w - ones * 0x20) | (quote - ones) | (slash - ones)) & high) != 0)
            break;
    }
    while (i < n && p[i] >= 0x20 && p[i] < 0x80 && p[i] != '"' && p[i] != '\\')
        i++;
    return i;
}

#endif /* DRY_PLATFORM_UTF8_H */
