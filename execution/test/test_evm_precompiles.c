/* The precompiled contracts: known answers, prices at every fork, and input of any length. */
#include "evm_world.h"
#include <drystone/test.h>

static struct evm_world w;

struct ran {
    enum dry_evm_end end;
    uint64_t gas;
    struct dry_bytes out; /* until the next run */
};

static struct ran run(enum dry_fork fork, uint32_t number, struct dry_bytes in, uint64_t gas)
{
    struct ran r;
    evm_world_close(&w);
    evm_world_init(&w, fork);
    CHECK(dry_ok(evm_world_open(&w)) && dry_ok(evm_world_begin(&w, NULL)));
    struct dry__message_result result;
    struct dry__message m = {.kind = DRY_FRAME_CALL,
                             .caller = evm_address(EVM_CALLER),
                             .to = evm_address(number),
                             .gas = gas,
                             .input = in};
    CHECK(dry_ok(dry__evm_run(w.evm, &result, &w.world, &w.tx, &m)));
    r.end = result.end;
    r.gas = gas - result.gas_left;
    r.out = result.output;
    return r;
}

#define F DRY_FORK_FRONTIER
#define BY DRY_FORK_BYZANTIUM
#define IS DRY_FORK_ISTANBUL
#define BE DRY_FORK_BERLIN
#define CA DRY_FORK_CANCUN
#define PR DRY_FORK_PRAGUE
#define OS DRY_FORK_OSAKA
#define W0 "0000000000000000000000000000000000000000000000000000000000000000"
#define W1 "0000000000000000000000000000000000000000000000000000000000000001"
#define W_LONG "0000000000000000000000000000000000000000000000000000000001000001" /* 2^24 + 1 */
#define W2 "0000000000000000000000000000000000000000000000000000000000000002"
#define W32 "0000000000000000000000000000000000000000000000000000000000000020"
#define P_INF W0 W0

static const struct {
    const char *name;
    enum dry_fork fork;
    uint32_t number;
    const char *in;
    uint64_t gas;
    const char *out;
} answers[] = {
    {"sha256 of nothing", F, 2, "", 60,
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"ripemd160 of nothing", F, 3, "", 600,
     "0000000000000000000000009c1185a5c5e9fc54612808977ee8f548b2258d31"},
    {"identity", F, 4, "0102", 18, "0102"},
    {"identity, 33 bytes", F, 4, W1 "ff", 21, W1 "ff"},
    {"ecrecover of nothing", F, 1, "", 3000, ""},
    {"ecrecover, v = 29", F, 1,
     W1 "000000000000000000000000000000000000000000000000000000000000001d" W1 W1, 3000, ""},
    /* 3 ^ 2 mod 5 = 4 */
    {"modexp", BY, 5, W1 W1 W1 "030205", 0, "04"},
    {"modexp 2565", BE, 5, W1 W1 W1 "030205", 200, "04"},
    {"modexp 7883", OS, 5, W1 W1 W1 "030205", 500, "04"},
    {"modexp of nothing", BE, 5, "", 200, ""},
    {"modexp, operands cut short", BE, 5, W1 W1 W2 "03", 200, "0000"},
    {"modexp, absent exponent of 2^24 + 1 bytes", BY, 5, W1 W_LONG W1, 6710874, "00"},
    {"modexp, the same at Berlin", BE, 5, W1 W_LONG W1, 44739160, "00"},
    {"modexp 0 ^ 0 mod 2", BE, 5, W0 W0 W1 "02", 200, "01"},
    {"bn add of nothing", BY, 6, "", 500, P_INF},
    {"bn add 1108", IS, 6, W1 W2, 150, W1 W2},
    {"bn add of G and G", IS, 6, W1 W2 W1 W2, 150,
     "030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3"
     "15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4"},
    {"bn mul", BY, 7, W1 W2 W1, 40000, W1 W2},
    {"bn mul 1108", IS, 7, W1 W2 W2, 6000,
     "030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3"
     "15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4"},
    {"bn pairing of nothing", BY, 8, "", 100000, W1},
    {"bn pairing 1108", IS, 8, "", 45000, W1},
    {"bn pairing of infinities", IS, 8, W0 W0 W0 W0 W0 W0, 79000, W1},
    /* EIP-152, test vector 5: "abc", 12 rounds */
    {"blake2f", IS, 9,
     "0000000c48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3"
     "e"
     "2b8c68059b6bbd41fbabd9831f79217e1319cde05b"
     "616263" W0 W0 W0 "0000000000000000000000000000000000000000000000000000000000"
     "0300000000000000"
     "0000000000000000"
     "01",
     12,
     "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533c"
     "c"
     "9518d38aa8dbf1925ab92386edd4009923"},
    {"g1 add of infinities", PR, 0x0b, W0 W0 W0 W0 W0 W0 W0 W0, 375, W0 W0 W0 W0},
    {"g1 msm of one infinity", PR, 0x0c, W0 W0 W0 W0 W2, 12000, W0 W0 W0 W0},
    {"g2 msm of one infinity", PR, 0x0e, W0 W0 W0 W0 W0 W0 W0 W0 W2, 22500,
     W0 W0 W0 W0 W0 W0 W0 W0},
    {"bls pairing of infinities", PR, 0x0f, W0 W0 W0 W0 W0 W0 W0 W0 W0 W0 W0 W0, 70300, W1},
    {"p256 of nothing", OS, 0x100, "", 6900, ""},
    {"p256 of zeros", OS, 0x100, W0 W0 W0 W0 W0, 6900, ""},
};

static void known_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < DRY_COUNT(answers); i++) {
        struct dry_bytes in = test_hex(answers[i].in);
        struct ran r = run(answers[i].fork, answers[i].number, in, 100000000);
        CHECK_MSG(r.end == DRY_EVM_SUCCESS && r.gas == answers[i].gas, answers[i].name);
        CHECK_BYTES(r.out, test_hex(answers[i].out), answers[i].name);
        if (answers[i].gas == 0)
            continue;
        r = run(answers[i].fork, answers[i].number, in, answers[i].gas);
        CHECK_MSG(r.end == DRY_EVM_SUCCESS && r.gas == answers[i].gas, answers[i].name);
        r = run(answers[i].fork, answers[i].number, in, answers[i].gas - 1);
        CHECK_MSG(r.end == DRY_EVM_OUT_OF_GAS && r.out.len == 0, answers[i].name);
    }
}

/* ATTACKS 42: what is not on the curve, in the subgroup or canonical fails and takes all gas. */
static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t number;
        const char *in;
    } cases[] = {
        {"bn add off curve", 6, W1 W1},
        {"bn mul off curve", 7, W1 W1 W0},
        {"bn pairing, a byte too few", 8, "00"},
        {"blake2f, a byte too few", 9, "0000000c"},
        {"point evaluation of nothing", 0x0a, ""},
        {"g1 add of nothing", 0x0b, ""},
        {"g1 add off curve", 0x0b, W0 W1 W0 W1 W0 W0 W0 W0},
        {"g1 msm of nothing", 0x0c, ""},
        {"g2 add of nothing", 0x0d, ""},
        {"g2 msm of nothing", 0x0e, ""},
        {"bls pairing of nothing", 0x0f, ""},
        {"map g1 of nothing", 0x10, ""},
        {"map g2 of nothing", 0x11, ""},
        {"modexp, base longer than EIP-7823 allows", 5,
         "0000000000000000000000000000000000000000000000000000000000000401" W0 W0},
        {"modexp, exponent likewise", 5,
         W0 "0000000000000000000000000000000000000000000000000000000000000401" W0},
        {"modexp, modulus of 2^255 bytes", 5,
         W0 W0 "8000000000000000000000000000000000000000000000000000000000000000"},
    };
    for (size_t i = 0; i < DRY_COUNT(cases); i++) {
        struct ran r = run(OS, cases[i].number, test_hex(cases[i].in), 1000000);
        CHECK_MSG(r.end == DRY_EVM_PRECOMPILE && r.gas == 1000000 && r.out.len == 0, cases[i].name);
    }
}

/* Lengths that would fill any memory are priced before anything is touched. */
static void modexp_lengths(void **state)
{
    (void)state;
    static const char *const lengths[] = {
        W0,
        W1,
        W32,
        "0000000000000000000000000000000000000000000000000000000000000400",
        "00000000000000000000000000000000000000000000000000000000ffffffff",
        "000000000000000000000000000000000000000000000000ffffffffffffffff",
        "0000000000000000000000000000000000000000000000010000000000000000",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
    static const enum dry_fork forks[] = {BY, BE, OS};
    const uint64_t gas = 30000000;
    for (size_t f = 0; f < DRY_COUNT(forks); f++)
        for (size_t n = 0; n < 8 * 8 * 8; n++) {
            char in[300];
            snprintf(in, sizeof(in), "%s%s%s0203", lengths[n / 64], lengths[n / 8 % 8],
                     lengths[n % 8]);
            struct ran r = run(forks[f], 5, test_hex(in), gas);
            bool huge = n / 64 > 3 || n % 8 > 3;
            if (r.end == DRY_EVM_SUCCESS)
                CHECK_MSG(!huge && r.out.len <= 1024, in);
            else
                CHECK_MSG(r.gas == gas && r.out.len == 0, in);
            /* no modulus: the answer is empty whatever the exponent's length, before Osaka */
            if (n / 64 == 0 && n % 8 == 0 && forks[f] == BY)
                CHECK_MSG(r.end == DRY_EVM_SUCCESS && r.gas == 0 && r.out.len == 0, in);
        }
}

/* Any number of zeros and of ones: an answer or a failure, and all gas gone with the failure. */
static void any_length(void **state)
{
    (void)state;
    static uint8_t bytes[700];
    for (int fill = 0; fill < 256; fill += 255) {
        memset(bytes, fill, sizeof(bytes));
        for (uint32_t number = 1; number <= 0x12; number++)
            for (size_t len = 0; len < sizeof(bytes); len += len < 300 ? 13 : 61) {
                uint32_t at = number == 0x12 ? 0x100 : number;
                struct ran r = run(OS, at, dry_bytes_of(bytes, len), 5000000);
                if (r.end == DRY_EVM_SUCCESS)
                    CHECK(r.gas < 5000000 && r.out.len <= 1024);
                else
                    CHECK(r.gas == 5000000 && r.out.len == 0);
            }
    }
}

static void in_force(void **state)
{
    (void)state;
    static const struct {
        uint32_t number;
        enum dry_fork since;
    } born[] = {{1, F},
                {4, F},
                {5, BY},
                {8, BY},
                {9, IS},
                {0x0a, CA},
                {0x0b, PR},
                {0x11, PR},
                {0x12, DRY_FORK_COUNT},
                {0x100, OS},
                {0, DRY_FORK_COUNT},
                {0x101, DRY_FORK_COUNT},
                {0x10004, DRY_FORK_COUNT}};
    for (enum dry_fork f = F; f <= OS; f++) {
        evm_world_close(&w);
        evm_world_init(&w, f);
        uint32_t n = dry__precompile_count(&w.env.rules), seen = 0;
        for (size_t i = 0; i < DRY_COUNT(born); i++) {
            struct dry_address a = evm_address(born[i].number);
            CHECK(dry__is_precompile(&w.env.rules, &a) == (f >= born[i].since));
        }
        for (uint32_t i = 0; i < n; i++) {
            struct dry_address a;
            dry__precompile_address(&a, &w.env.rules, i);
            seen += dry__is_precompile(&w.env.rules, &a);
        }
        CHECK(seen == n && n == (f >= OS   ? 18
                                 : f >= PR ? 17
                                 : f >= CA ? 10
                                 : f >= IS ? 9
                                 : f >= BY ? 8
                                           : 4));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),  cmocka_unit_test(refused),
        cmocka_unit_test(modexp_lengths), cmocka_unit_test(any_length),
        cmocka_unit_test(in_force),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    evm_world_close(&w);
    return failed;
}
