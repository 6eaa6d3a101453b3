/* RIPEMD-160 (Dobbertin, Bosselaers, Preneel 1996). */
#include <drystone/crypto/portable.h>

/* Message word and rotation of each of the 80 steps, of the left and the right line. */
static const uint8_t word_left[80] = {0, 1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15,
                                      7, 4,  13, 1,  10, 6,  15, 3,  12, 0, 9,  5,  2,  14, 11, 8,
                                      3, 10, 14, 4,  9,  15, 8,  1,  2,  7, 0,  6,  13, 11, 5,  12,
                                      1, 9,  11, 10, 0,  8,  12, 4,  13, 3, 7,  15, 14, 5,  6,  2,
                                      4, 0,  5,  9,  7,  12, 2,  10, 14, 1, 3,  8,  11, 6,  15, 13};
static const uint8_t word_right[80] = {
    5,  14, 7,  0,  9,  2,  11, 4,  13, 6, 15, 8, 1,  10, 3,  12, 6, 11, 3, 7,
    0,  13, 5,  10, 14, 15, 8,  12, 4,  9, 1,  2, 15, 5,  1,  3,  7, 14, 6, 9,
    11, 8,  12, 2,  10, 0,  4,  13, 8,  6, 4,  1, 3,  11, 15, 0,  5, 12, 2, 13,
    9,  7,  10, 14, 12, 15, 10, 4,  1,  5, 8,  7, 6,  2,  13, 14, 0, 3,  9, 11};
static const uint8_t turn_left[80] = {
    11, 14, 15, 12, 5, 8,  7,  9,  11, 13, 14, 15, 6,  7,  9,  8,  7,  6,  8,  13,
    11, 9,  7,  15, 7, 12, 15, 9,  11, 7,  13, 12, 11, 13, 6,  7,  14, 9,  13, 15,
    14, 8,  13, 6,  5, 12, 7,  5,  11, 12, 14, 15, 14, 15, 9,  8,  9,  14, 5,  6,
    8,  6,  5,  12, 9, 15, 5,  11, 6,  8,  13, 12, 5,  12, 13, 14, 11, 8,  5,  6};
static const uint8_t turn_right[80] = {
    8,  9,  9,  11, 13, 15, 15, 5, 7,  7,  8,  11, 14, 14, 12, 6,  9,  13, 15, 7,
    12, 8,  9,  11, 7,  7,  12, 7, 6,  15, 13, 11, 9,  7,  15, 11, 8,  6,  6,  14,
    12, 13, 5,  14, 13, 13, 7,  5, 15, 5,  8,  11, 14, 14, 6,  14, 6,  9,  12, 9,
    12, 5,  15, 8,  8,  5,  12, 9, 12, 5,  14, 6,  8,  13, 6,  5,  15, 13, 11, 11};
static const uint32_t add_left[5] = {0, 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xa953fd4e};
static const uint32_t add_right[5] = {0x50a28be6, 0x5c4dd124, 0x6d703ef3, 0x7a6d76e9, 0};

/* The Boolean function of round 0 to 4. */
static inline uint32_t mix(unsigned round, uint32_t x, uint32_t y, uint32_t z)
{
    if (round == 0)
        return x ^ y ^ z;
    if (round == 1)
        return (x & y) | (~x & z);
    if (round == 2)
        return (x | ~y) ^ z;
    if (round == 3)
        return (x & z) | (y & ~z);
    return x ^ (y | ~z);
}

static inline uint32_t rol(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

static inline void step(uint32_t v[5], uint32_t f, uint32_t add, unsigned turn)
{
    uint32_t t = rol(v[0] + f + add, turn) + v[4];

    v[0] = v[4];
    v[4] = v[3];
    v[3] = rol(v[2], 10);
    v[2] = v[1];
    v[1] = t;
}

static void compress(uint32_t h[5], const uint8_t block[64])
{
    uint32_t w[16], a[5], b[5], t;

    memcpy(w, block, sizeof(w));
    memcpy(a, h, sizeof(a));
    memcpy(b, h, sizeof(b));
    for (unsigned round = 0; round < 5; round++) {
        for (unsigned i = 16 * round; i < 16 * round + 16; i++) {
            step(a, mix(round, a[1], a[2], a[3]), w[word_left[i]] + add_left[round], turn_left[i]);
            step(b, mix(4 - round, b[1], b[2], b[3]), w[word_right[i]] + add_right[round],
                 turn_right[i]);
        }
    }
    t = h[1] + a[2] + b[3];
    h[1] = h[2] + a[3] + b[4];
    h[2] = h[3] + a[4] + b[0];
    h[3] = h[4] + a[0] + b[1];
    h[4] = h[0] + a[1] + b[2];
    h[0] = t;
}

void dry_portable_ripemd160(uint8_t out[20], struct dry_bytes in)
{
    uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    uint8_t last[128] = {0};
    size_t whole = in.len / 64 * 64, rest = in.len - whole;
    size_t last_len = rest < 56 ? 64 : 128;
    uint64_t bits = (uint64_t)in.len * 8;

    for (size_t i = 0; i < whole; i += 64)
        compress(h, in.ptr + i);
    if (rest != 0)
        memcpy(last, in.ptr + whole, rest);
    last[rest] = 0x80;
    memcpy(last + last_len - 8, &bits, 8);
    for (size_t i = 0; i < last_len; i += 64)
        compress(h, last + i);
    memcpy(out, h, 20);
}
