/* The permutation Keccak-f[1600] (FIPS 202, section 3), state in local variables, two rounds a
 * turn. Include it after defining KECCAK_TARGET, the attribute of the function it defines (may be
 * empty). */
#ifndef DRY_KECCAK_ROUNDS_H
#define DRY_KECCAK_ROUNDS_H
#include <stdint.h>

#ifndef KECCAK_TARGET
#define KECCAK_TARGET
#endif

/* The permutation as compiled into the portable path, for any processor. */
void dry__keccak_permute(uint64_t s[25]);

static const uint64_t keccak_round_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

#define ROL(x, n) ((x) << (n) | (x) >> (64 - (n)))

/* One row of chi: e[0..4] from the rotated lanes b0..b4. */
#define CHI(e0, e1, e2, e3, e4) \
    do {                        \
        e0 = b0 ^ (~b1 & b2);   \
        e1 = b1 ^ (~b2 & b3);   \
        e2 = b2 ^ (~b3 & b4);   \
        e3 = b3 ^ (~b4 & b0);   \
        e4 = b4 ^ (~b0 & b1);   \
    } while (0)

/* One round from the lanes named a?? into those named e?? (row letter b g k m s, column a e i o u).
 */
#define ROUND(a, e, rc)                                                            \
    do {                                                                           \
        uint64_t b0, b1, b2, b3, b4;                                               \
        uint64_t ca = a##ba ^ a##ga ^ a##ka ^ a##ma ^ a##sa;                       \
        uint64_t ce = a##be ^ a##ge ^ a##ke ^ a##me ^ a##se;                       \
        uint64_t ci = a##bi ^ a##gi ^ a##ki ^ a##mi ^ a##si;                       \
        uint64_t co = a##bo ^ a##go ^ a##ko ^ a##mo ^ a##so;                       \
        uint64_t cu = a##bu ^ a##gu ^ a##ku ^ a##mu ^ a##su;                       \
        uint64_t da = cu ^ ROL(ce, 1), de = ca ^ ROL(ci, 1), di = ce ^ ROL(co, 1); \
        uint64_t d_o = ci ^ ROL(cu, 1), du = co ^ ROL(ca, 1);                      \
        b0 = a##ba ^ da;                                                           \
        b1 = ROL(a##ge ^ de, 44);                                                  \
        b2 = ROL(a##ki ^ di, 43);                                                  \
        b3 = ROL(a##mo ^ d_o, 21);                                                 \
        b4 = ROL(a##su ^ du, 14);                                                  \
        CHI(e##ba, e##be, e##bi, e##bo, e##bu);                                    \
        e##ba ^= (rc);                                                             \
        b0 = ROL(a##bo ^ d_o, 28);                                                 \
        b1 = ROL(a##gu ^ du, 20);                                                  \
        b2 = ROL(a##ka ^ da, 3);                                                   \
        b3 = ROL(a##me ^ de, 45);                                                  \
        b4 = ROL(a##si ^ di, 61);                                                  \
        CHI(e##ga, e##ge, e##gi, e##go, e##gu);                                    \
        b0 = ROL(a##be ^ de, 1);                                                   \
        b1 = ROL(a##gi ^ di, 6);                                                   \
        b2 = ROL(a##ko ^ d_o, 25);                                                 \
        b3 = ROL(a##mu ^ du, 8);                                                   \
        b4 = ROL(a##sa ^ da, 18);                                                  \
        CHI(e##ka, e##ke, e##ki, e##ko, e##ku);                                    \
        b0 = ROL(a##bu ^ du, 27);                                                  \
        b1 = ROL(a##ga ^ da, 36);                                                  \
        b2 = ROL(a##ke ^ de, 10);                                                  \
        b3 = ROL(a##mi ^ di, 15);                                                  \
        b4 = ROL(a##so ^ d_o, 56);                                                 \
        CHI(e##ma, e##me, e##mi, e##mo, e##mu);                                    \
        b0 = ROL(a##bi ^ di, 62);                                                  \
        b1 = ROL(a##go ^ d_o, 55);                                                 \
        b2 = ROL(a##ku ^ du, 39);                                                  \
        b3 = ROL(a##ma ^ da, 41);                                                  \
        b4 = ROL(a##se ^ de, 2);                                                   \
        CHI(e##sa, e##se, e##si, e##so, e##su);                                    \
    } while (0)

#define LANES(X, n) \
    X(n##ba, 0)     \
    X(n##be, 1)     \
    X(n##bi, 2)     \
    X(n##bo, 3)     \
    X(n##bu, 4)     \
    X(n##ga, 5)     \
    X(n##ge, 6)     \
    X(n##gi, 7)     \
    X(n##go, 8)     \
    X(n##gu, 9)     \
    X(n##ka, 10)    \
    X(n##ke, 11)    \
    X(n##ki, 12)    \
    X(n##ko, 13)    \
    X(n##ku, 14)    \
    X(n##ma, 15)    \
    X(n##me, 16)    \
    X(n##mi, 17)    \
    X(n##mo, 18)    \
    X(n##mu, 19)    \
    X(n##sa, 20)    \
    X(n##se, 21)    \
    X(n##si, 22)    \
    X(n##so, 23)    \
    X(n##su, 24)

#define LOAD(lane, i) uint64_t lane = s[i];
#define DECLARE(lane, i) uint64_t lane;
#define STORE(lane, i) s[i] = lane;

/* Longer than a screen once expanded: a call or an array in the round would cost a third of the
 * speed. */
KECCAK_TARGET static void keccak_permute(uint64_t s[25])
{
    LANES(LOAD, a)
    LANES(DECLARE, e)
    for (int i = 0; i < 24; i += 2) {
        ROUND(a, e, keccak_round_constants[i]);
        ROUND(e, a, keccak_round_constants[i + 1]);
    }
    LANES(STORE, a)
}

#undef LOAD
#undef DECLARE
#undef STORE
#undef LANES
#undef ROUND
#undef CHI
#undef ROL
#endif /* DRY_KECCAK_ROUNDS_H */
