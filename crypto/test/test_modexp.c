/* Modular exponentiation: the answers of EIP-198 and of arithmetic, its corners, and both paths
 * give the same bytes for thousands of operands of every shape. */
#include "rand.h"
#include <drystone/crypto/portable.h>
#include <drystone/test.h>

static const struct {
    dry_status (*modexp)(uint8_t *out, struct dry_bytes base, struct dry_bytes exp,
                         struct dry_bytes mod);
    const char *name;
} paths[] = {{dry_modexp, "fast"}, {dry_portable_modexp, "portable"}};

#define P256K1 "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"
#define P256K1_LESS_1 "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e"

static const struct {
    const char *name, *base, *exp, *mod, *want;
} cases[] = {
    {"Fermat (EIP-198)", "03", P256K1_LESS_1, P256K1,
     "0000000000000000000000000000000000000000000000000000000000000001"},
    {"zero base (EIP-198)", "", P256K1_LESS_1, P256K1,
     "0000000000000000000000000000000000000000000000000000000000000000"},
    {"no modulus", "03", "05", "", ""},
    {"modulus zero", "03", "05", "000000", "000000"},
    {"modulus one", "03", "05", "01", "00"},
    {"modulus one, longer", "03", "00", "0001", "0000"},
    {"zero to the zero", "", "", "05", "01"},
    {"zero to the zero, in bytes", "0000", "000000", "0005", "0001"},
    {"zero to the zero, even", "00", "00", "08", "01"},
    {"zero to the zero mod one", "00", "00", "01", "00"},
    {"exponent one", "ff", "01", "0100", "00ff"},
    {"base is the modulus", "0d", "05", "0d", "00"},
    {"base far above the modulus", "ffffffffffffffffffffffffffffffffffffffffff", "01", "0b", "02"},
    {"base above an even modulus", "ffffffffffffffffffffffffffffffffffffffffff", "02", "0a", "05"},
    {"power of two", "03", "0a", "010000", "00e6a9"},
    {"two to a power of two", "02", "40", "010000000000000000", "000000000000000000"},
    {"two to 63", "02", "3f", "010000000000000000", "008000000000000000"},
    {"even", "07", "0100", "64", "01"},
    {"leading zeros", "0000000000000000000000000000000007", "00000000000000000000000000000002",
     "0000000000000000000000000000000064", "0000000000000000000000000000000031"},
    {"long division's add-back", "80000000000000000000000000000000000000000000000003", "01",
     "200000000000000000000000000000002000000000000000",
     "1fffffffffffffffffffffffffffff802000000000000003"},
};

static void known_answers(void **state)
{
    (void)state;
    for (size_t k = 0; k < DRY_COUNT(paths); k++)
        for (size_t i = 0; i < DRY_COUNT(cases); i++) {
            const struct dry_bytes mod = test_hex(cases[i].mod);
            uint8_t out[64];

            memset(out, 0xa5, sizeof(out));
            CHECK(
                dry_ok(paths[k].modexp(out, test_hex(cases[i].base), test_hex(cases[i].exp), mod)));
            CHECK_BYTES(dry_bytes_of(out, mod.len), test_hex(cases[i].want), cases[i].name);
            CHECK_MSG(out[mod.len] == 0xa5, "nothing is written past the end");
        }
}

static struct rand_stream rng = {4096};

/* Bytes of a random number; runs of zeros and ones in it, where carries and estimates go wrong. */
static struct dry_bytes operand(uint8_t *buf, size_t max)
{
    const size_t len = rand_next(&rng) % (max + 1);
    const unsigned shape = (unsigned)(rand_next(&rng) >> 40);

    for (size_t i = 0; i < len; i++) {
        const uint8_t byte = (uint8_t)(rand_next(&rng) >> 32);

        if (shape % 4 == 0)
            buf[i] = (rand_next(&rng) >> 60) == 0 ? byte : (i / 8 + shape / 8) % 2 ? 0xff : 0;
        else
            buf[i] = byte;
    }
    if (len > 0 && shape % 16 < 3)
        memset(buf + len - (1 + shape % len), 0, 1 + shape % len); /* divisible by 2^k */
    return dry_bytes_of(buf, len);
}

static void paths_agree(void **state)
{
    static uint8_t b[300], e[300], m[300], fast[300], portable[300];

    (void)state;
    for (int i = 0; i < 6000; i++) {
        const size_t size = i % 50 == 0 ? 300 : i % 5 == 0 ? 100 : 40;
        const struct dry_bytes base = operand(b, i % 3 == 0 ? size : 33);
        const struct dry_bytes exp = operand(e, i % 7 == 0 ? 40 : 6);
        const struct dry_bytes mod = operand(m, size);

        CHECK(dry_ok(dry_modexp(fast, base, exp, mod)));
        CHECK(dry_ok(dry_portable_modexp(portable, base, exp, mod)));
        CHECK_BYTES(dry_bytes_of(portable, mod.len), dry_bytes_of(fast, mod.len), test_hex_of(mod));
    }
}

/* Moduli of one limb, which have code of their own, against the processor's division. */
static void small_moduli(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        const uint64_t m =
            rand_next(&rng) >> (rand_next(&rng) % 63) | (i % 7 == 0 ? 1ULL << 63 : 0);
        const uint64_t base = rand_next(&rng), e = rand_next(&rng) >> (rand_next(&rng) % 64);
        unsigned __int128 acc = 1, b = base;
        uint8_t in[3][8], out[8];
        uint64_t got = 0;

        for (int j = 0; j < 8; j++) {
            in[0][j] = (uint8_t)(base >> (56 - 8 * j));
            in[1][j] = (uint8_t)(e >> (56 - 8 * j));
            in[2][j] = (uint8_t)(m >> (56 - 8 * j));
        }
        for (uint64_t left = e; left != 0 && m != 0; left >>= 1) {
            acc = left & 1 ? acc * (b % m) % m : acc;
            b = (b % m) * (b % m) % m;
        }
        for (size_t k = 0; k < DRY_COUNT(paths); k++) {
            CHECK(dry_ok(paths[k].modexp(out, DRY_BYTES_ARRAY(in[0]), DRY_BYTES_ARRAY(in[1]),
                                         DRY_BYTES_ARRAY(in[2]))));
            for (int j = 0; j < 8; j++)
                got = got << 8 | out[j];
            CHECK(got == (m == 0 ? 0 : (uint64_t)(acc % m)));
        }
    }
}

/* (b^x)^y = b^(x y) */
static void powers_of_powers(void **state)
{
    (void)state;
    for (size_t k = 0; k < DRY_COUNT(paths); k++)
        for (int i = 0; i < 200; i++) {
            uint8_t b[96], m[96], x[2], y[2], xy[4], once[96], twice[96], direct[96];
            const struct dry_bytes base = operand(b, sizeof(b)), mod = operand(m, sizeof(m));
            const unsigned p = (unsigned)(rand_next(&rng) >> 50),
                           q = (unsigned)(rand_next(&rng) >> 50);
            const unsigned pq = p * q;

            x[0] = (uint8_t)(p >> 8), x[1] = (uint8_t)p;
            y[0] = (uint8_t)(q >> 8), y[1] = (uint8_t)q;
            for (int j = 0; j < 4; j++)
                xy[j] = (uint8_t)(pq >> (24 - 8 * j));
            CHECK(dry_ok(paths[k].modexp(once, base, DRY_BYTES_ARRAY(x), mod)));
            CHECK(dry_ok(
                paths[k].modexp(twice, dry_bytes_of(once, mod.len), DRY_BYTES_ARRAY(y), mod)));
            CHECK(dry_ok(paths[k].modexp(direct, base, DRY_BYTES_ARRAY(xy), mod)));
            CHECK_BYTES(dry_bytes_of(twice, mod.len), dry_bytes_of(direct, mod.len), "(b^x)^y");
        }
}

static void lengths_are_bounded(void **state)
{
    const struct dry_bytes one = test_hex("01");
    const struct dry_bytes huge = dry_bytes_of(one.ptr, DRY_MODEXP_BYTES_MAX + 1);
    uint8_t out[1];

    (void)state;
    for (size_t k = 0; k < DRY_COUNT(paths); k++) {
        CHECK(paths[k].modexp(out, huge, one, one).code == DRY_CODE_ELIMIT);
        CHECK(paths[k].modexp(out, one, huge, one).code == DRY_CODE_ELIMIT);
        CHECK(paths[k].modexp(out, one, one, huge).code == DRY_CODE_ELIMIT);
    }
}

static void fails_without_memory(void **state)
{
    uint8_t out[2];
    dry_status st;

    (void)state;
    TEST_EACH_ALLOC_FAILS({
        st = dry_portable_modexp(out, test_hex("05"), test_hex("03"), test_hex("0100"));
        CHECK(dry_ok(st) != test_alloc_failed());
        CHECK(dry_ok(st) || st.code == DRY_CODE_ENOMEM);
    });
    CHECK_BYTES(DRY_BYTES_ARRAY(out), test_hex("007d"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),       cmocka_unit_test(paths_agree),
        cmocka_unit_test(small_moduli),        cmocka_unit_test(powers_of_powers),
        cmocka_unit_test(lengths_are_bounded), cmocka_unit_test(fails_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
