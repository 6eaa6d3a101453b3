/* bn254 answers as EIP-196 and EIP-197 say, refuses every malformed, foreign or small-group point,
 * keeps the group's laws, and both paths agree. */
#include "rand.h"
#include <drystone/crypto/portable.h>
#include <drystone/test.h>

#define ZERO32 "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE32 "0000000000000000000000000000000000000000000000000000000000000001"
#define TWO32 "0000000000000000000000000000000000000000000000000000000000000002"
#define P32 "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47"
#define P_PLUS_1 "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd48"
#define P_MINUS_2 "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd45"
#define ONES32 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define G1 ONE32 TWO32
#define G1_NEG ONE32 P_MINUS_2
#define G1_INF ZERO32 ZERO32
#define G1_TWICE                                                       \
    "030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3" \
    "15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4"
#define G1_THRICE                                                      \
    "0769bf9ac56bea3ff40232bcb1b6bd159315d84715b8e679f2d355961915abf0" \
    "2ab799bee0489429554fdb7c8d086475319e63b40b9c5b57cdf1ff3dd9fe2261"
#define G2_X                                                           \
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2" \
    "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
#define G2                                                                  \
    G2_X "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b" \
         "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"
#define G2_NEG                                                              \
    G2_X "275dc4a288d1afb3cbb1ac09187524c7db36395df7be3b99e673b13a075a65ec" \
         "1d9befcd05a5323e6da4d435f3b617cdb3af83285c2df711ef39c01571827f9d"
#define G2_INF ZERO32 ZERO32 ZERO32 ZERO32
/* On the twist but of another order, and r times it: a point of the cofactor's order. */
#define G2_OUTSIDE                                                     \
    "2e739ec2c8631068bfa42d9d223b7c59f63b81fa7238385050c03d7f18350dbf" \
    "004fc3fdb2321bc3f050dc9d0b49fbbd651d8557f4e68346e8e206b27a5b0389" \
    "053679b874b051e43bb3cde96741fe8bdce6c61db470def2e04157f27e727353" \
    "1dd838457bc0b38a14746c377ea4d4f467c6d53571cee63fa95d9bb653ad805c"
#define G2_COFACTOR                                                    \
    "2fa1062c5fbb30505955703b3c74e86f4ed1f06c86988795e6cae0dcac3192ad" \
    "27f06cc0d2e060f42a0b0a590c5ad89474ecee94c1eb07accd7e2ab63f307be6" \
    "0f3028059695f53e98de103a329e1c1633b7f31aaff5c8fd488596f8274d3425" \
    "1920fe1198880e6b39fdfd8af09ca36608df40c5bc833a38676f45dbe81b10a9"

static const struct {
    bool (*add)(uint8_t out[64], const uint8_t a[64], const uint8_t b[64]);
    bool (*mul)(uint8_t out[64], const uint8_t a[64], const uint8_t scalar[32]);
    bool (*pairing)(bool *is_one, struct dry_bytes in);
    const char *name;
} paths[] = {
    {dry_bn254_add, dry_bn254_mul, dry_bn254_pairing, "fast"},
    {dry_portable_bn254_add, dry_portable_bn254_mul, dry_portable_bn254_pairing, "portable"},
};

static struct rand_stream rng = {4096};

static const struct {
    const char *a, *b, *sum;
} sums[] = {
    {G1, G1, G1_TWICE},           {G1, G1_TWICE, G1_THRICE}, {G1_TWICE, G1, G1_THRICE},
    {G1, G1_NEG, G1_INF},         {G1_INF, G1_INF, G1_INF},  {G1_INF, G1_THRICE, G1_THRICE},
    {G1_TWICE, G1_INF, G1_TWICE}, {G1_TWICE, G1_NEG, G1},    {G1_THRICE, G1_NEG, G1_TWICE},
};

static void adds(void **state)
{
    (void)state;
    for (size_t k = 0; k < DRY_COUNT(paths); k++)
        for (size_t i = 0; i < DRY_COUNT(sums); i++) {
            uint8_t out[64];

            CHECK(paths[k].add(out, test_hex(sums[i].a).ptr, test_hex(sums[i].b).ptr));
            CHECK_BYTES(DRY_BYTES_ARRAY(out), test_hex(sums[i].sum), paths[k].name);
        }
}

#define A1                                                             \
    "08bf419e9ac60d7a71c14b904b4f529c1fe4165243914d6424a0f2961b545836" \
    "2d462e554077aad11e7c8fb0a8232ea29ee3aedc466f37821ab4e90019c11faf"

static const struct {
    const char *point, *scalar, *product;
} products[] = {
    {G1, ZERO32, G1_INF},
    {G1, ONE32, G1},
    {G1, TWO32, G1_TWICE},
    {G1_INF, ONES32, G1_INF},
    /* the order less one, the order, one more: scalars are not reduced by the caller */
    {G1, "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000000", G1_NEG},
    {G1, "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001", G1_INF},
    {G1, "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000002", G1},
    {G1, ONES32,
     "2f588cffe99db877a4434b598ab28f81e0522910ea52b45f0adaa772b2d5d352"
     "12f42fa8fd34fb1b33d8c6a718b6590198389b26fc9d8808d971f8b009777a97"},
    {G1, "0000000000000000000000000000000100000000000000000000000000000000",
     "13b8fec4a1eb2c7e3ccc07061ad516277c3bbe57bd4a302012b58a517f6437a4"
     "224d978b5763831dff16ce9b2c42222684835fedfc70ffec005789bb0c10de36"},
    {G1, "183227397098d014dc2822db40c0ac2e9419f4243cdcb848a1f0fac9f8000000",
     "16c372d654908a9ae463a429149fd61b49e61926c29d6b83d6c2945ebebf69f5"
     "0bd73965d13c74f86c48cf10239fafde44a4c6cd431c0f50e55bfd943ac76190"},
    {A1, "dcb7f4f03667dd5a107fdca5d6192a98054aadfa73a7d1a92c5c214de3f3b230",
     "2f112ae86374cf1de8641b248a8a35037524e07b7e4af20f73e3610f23794d7e"
     "1e57067e246c78748fb6596345254735f6348ca480d8476f35f20d405642cd49"},
    {A1, "f95c15f41eb6e8a74a58bef1b90ae5119d2996b0a2fbd342eef773dfd8db2105",
     "01d5b729703fc7fcc6da63b6015d08845e62fbef6e275b44559f15e5dd4e8748"
     "0a77817123f78d7cb781a7747cb023e2f7c06acbc8f9c02294d434eb8f6ee67a"},
    {A1, "65e8607b1bab32cb6375d5ec010c5a9008308ab1fabf0c0087d263d8ce27901e",
     "0fa7f9d5bdf115b6b107ad81ff2c6dbd9e190f5c380cbf3c58f7f61d9161d045"
     "2beec9f033c1cebdbddb68a2808a958bd195b17bc5a36703b2831adece902150"},
};

static void multiplies(void **state)
{
    (void)state;
    for (size_t k = 0; k < DRY_COUNT(paths); k++)
        for (size_t i = 0; i < DRY_COUNT(products); i++) {
            uint8_t out[64];

            CHECK(paths[k].mul(out, test_hex(products[i].point).ptr,
                               test_hex(products[i].scalar).ptr));
            CHECK_BYTES(DRY_BYTES_ARRAY(out), test_hex(products[i].product), paths[k].name);
        }
}

static const struct {
    const char *name, *in;
    bool is_one;
} pairings[] = {
    {"none", "", true},
    {"one pair", G1 G2, false},
    {"infinity in G1", G1_INF G2, true},
    {"infinity in G2", G1 G2_INF, true},
    {"infinities", G1_INF G2_INF G1_INF G2_INF, true},
    {"inverse in G1", G1 G2 G1_NEG G2, true},
    {"inverse in G2", G1 G2 G1 G2_NEG, true},
    {"both inverse", G1 G2 G1_NEG G2_NEG, false},
    {"infinity between", G1 G2 G1_INF G2 G1 G2_INF G1_NEG G2, true},
    {"two and one and minus three", G1_TWICE G2 G1 G2 G1_THRICE G2_NEG, true},
    {"two and one and three", G1_TWICE G2 G1 G2 G1_THRICE G2, false},
    {"twice the same", G1 G2 G1 G2, false},
    {"a G1, b G2 against -ab G1, G2",
     "0e3abf6b502ee981a92481a537459689027ac19ac725015685c903fdd1dcd368"
     "0e4effb91aac8dd9ff5b9c2b6785102256dc47c29583e3bfa400ac8fad88227b"
     "0c915881278a2fc14251a935243433224bc07b6e15b633e3d63751c43e73b5a3"
     "1744ea23e6168bb86f2ff44252647d39dea14e0a3fea99fa578266478b806712"
     "026e05eb87d17cb17f113d454b9e90fce30577aabbb40abc5ed9c1581bc9229a"
     "184470ea046a392f49ae35e561aec28edd7f306c0dd9aa81f8ade19a2c70b335"
     "1c4781a988398ebbdc75e44993de98900413ac0f9a0f84a97a57295d5fd832fa"
     "2e37fa0382a089a36074c2eafa7f9c54e53ade88173d46ca1b2300815bf00273" G2,
     true},
    /* from EIP-197's tests */
    {"published",
     "1c76476f4def4bb94541d57ebba1193381ffa7aa76ada664dd31c16024c43f59"
     "3034dd2920f673e204fee2811c678745fc819b55d3e9d294e45c9b03a76aef41"
     "209dd15ebff5d46c4bd888e51a93cf99a7329636c63514396b4a452003a35bf7"
     "04bf11ca01483bfa8b34b43561848d28905960114c8ac04049af4b6315a41678"
     "2bb8324af6cfc93537a2ad1a445cfd0ca2a71acd7ac41fadbf933c2a51be344d"
     "120a2a4cf30c1bf9845f20c6fe39e07ea2cce61f0c9bb048165fe5e4de877550"
     "111e129f1cf1097710d41c4ac70fcdfa5ba2023c6ff1cbeac322de49d1b6df7c"
     "2032c61a830e3c17286de9462bf242fca2883585b93870a73853face6a6bf411" G2,
     true},
};

static void pairs(void **state)
{
    (void)state;
    for (size_t k = 0; k < DRY_COUNT(paths); k++)
        for (size_t i = 0; i < DRY_COUNT(pairings); i++) {
            bool is_one = !pairings[i].is_one;

            CHECK_MSG(paths[k].pairing(&is_one, test_hex(pairings[i].in)), pairings[i].name);
            CHECK_MSG(is_one == pairings[i].is_one, pairings[i].name);
        }
}

static const struct {
    const char *name, *point;
} bad_g1[] = {
    {"off the curve", ONE32 ONE32},        {"x of infinity alone", ZERO32 ONE32},
    {"y of infinity alone", ONE32 ZERO32}, {"x is p", P32 ZERO32},
    {"infinity as (p, p)", P32 P32},       {"infinity as (0, p)", ZERO32 P32},
    {"x is 1 + p", P_PLUS_1 TWO32},        {"x of 256 bits", ONES32 TWO32},
    {"y of 256 bits", ONE32 ONES32},
};

/* ATTACKS 42: nothing but a canonical point of the curve is taken. */
static void refuses_bad_g1(void **state)
{
    (void)state;
    for (size_t k = 0; k < DRY_COUNT(paths); k++)
        for (size_t i = 0; i < DRY_COUNT(bad_g1); i++) {
            const uint8_t *bad = test_hex(bad_g1[i].point).ptr, *good = test_hex(G1).ptr;
            uint8_t out[64], in[192];
            bool is_one;

            CHECK_MSG(!paths[k].add(out, bad, good), bad_g1[i].name);
            CHECK_MSG(!paths[k].add(out, good, bad), bad_g1[i].name);
            CHECK_MSG(!paths[k].mul(out, bad, test_hex(TWO32).ptr), bad_g1[i].name);
            CHECK_MSG(!paths[k].mul(out, bad, test_hex(ZERO32).ptr), bad_g1[i].name);
            memcpy(in, bad, 64);
            memcpy(in + 64, test_hex(G2).ptr, 128);
            CHECK_MSG(!paths[k].pairing(&is_one, DRY_BYTES_ARRAY(in)), bad_g1[i].name);
            memset(in + 64, 0, 128); /* also beside infinity */
            CHECK_MSG(!paths[k].pairing(&is_one, DRY_BYTES_ARRAY(in)), bad_g1[i].name);
        }
}

static const struct {
    const char *name, *in;
} bad_pairs[] = {
    {"one byte", "00"},
    {"one byte less", ONE32 TWO32 G2_X ZERO32 "00"},
    {"a pair and 64 bytes", G1 G2 G1},
    {"G2 of another order", G1 G2_OUTSIDE},
    {"G2 of the cofactor's order", G1 G2_COFACTOR},
    {"G2 of another order beside infinity", G1_INF G2_OUTSIDE},
    {"G2 of another order, last", G1 G2 G1_NEG G2 G1_INF G2_COFACTOR},
    {"G2 of order 10069", G1 "27c642286fa2bf92d4dfc5be55765b388272e056bf69ded7bfa815df9ae53e49"
                             "0b4ae8ee33db3b940be2952a73bcb3ac9be2a317087726780bad2a6ddb4100ef"
                             "1517f0fff10d1a4cc6e369bb70b46ff8989d653ced946d83329b38267aad00c6"
                             "10e61a9dd6cb4cb982c36c79c67661f23d777727237140f58c5fb2ba893bfa9a"},
    {"G2 of order 10069 beside infinity",
     G1_INF "27c642286fa2bf92d4dfc5be55765b388272e056bf69ded7bfa815df9ae53e49"
            "0b4ae8ee33db3b940be2952a73bcb3ac9be2a317087726780bad2a6ddb4100ef"
            "1517f0fff10d1a4cc6e369bb70b46ff8989d653ced946d83329b38267aad00c6"
            "10e61a9dd6cb4cb982c36c79c67661f23d777727237140f58c5fb2ba893bfa9a"},
    {"G2 of order 5864401", G1 "123c29b1101350a75038a9ba4bf622c7be82f7d8e7765a07bd149a6d4a30a6b8"
                               "0b9337baf620f1f22693779b7e9dd88d0013a8b657d5a756d2f71dcb5fdd16e8"
                               "0329983ee17b2ec1e5e07270eeb1911cdfcb827bc94ef394a2e9b7ca2041df0f"
                               "16f3ee577148c494d65ec3942242b793abaa48d7c60a49934be0f43a96387154"},
    {"G2 of order 10069 r", G1 "1d21fc799dbecff89edbeb368a62c2dd8249b3ee1d1b8ede774b3c949d29db5d"
                               "28f3b85e47c69839205634cbe23d3ab921732be3c39a858387aa4fb31f269c88"
                               "0c7e4307899478b53f350b97e3260d9f2c41b27653600561279a128937f7d3d4"
                               "17cab815359becaef5f755bcc9973afdc8a6878ed902ec6f6a80321e24a1a712"},
    {"G2 off the twist", G1 G2_X ONE32 TWO32},
    {"G2 with x of infinity", G1 ZERO32 ZERO32 ONE32 ZERO32},
    {"G2 with real and imaginary part exchanged",
     G1 "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
        "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
        "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"
        "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"},
    {"G2 infinity as (p, 0, 0, 0)", G1 P32 ZERO32 ZERO32 ZERO32},
    {"G2 infinity as (0, p, 0, 0)", G1 ZERO32 P32 ZERO32 ZERO32},
    {"G2 infinity as (0, 0, p, 0)", G1 ZERO32 ZERO32 P32 ZERO32},
    {"G2 infinity as (0, 0, 0, p)", G1 ZERO32 ZERO32 ZERO32 P32},
    {"G2 with 256 bits", G1 G2_X ONES32 ONES32},
};

/* ATTACKS 42 */
static void refuses_bad_pairs(void **state)
{
    (void)state;
    for (size_t k = 0; k < DRY_COUNT(paths); k++)
        for (size_t i = 0; i < DRY_COUNT(bad_pairs); i++) {
            bool is_one;

            CHECK_MSG(!paths[k].pairing(&is_one, test_hex(bad_pairs[i].in)), bad_pairs[i].name);
        }
}

/* More pairs than one Miller loop takes, with the product one and not one. */
static void takes_many_pairs(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 70; n += n < 20 ? 1 : 10)
        for (size_t k = 0; k < DRY_COUNT(paths); k++) {
            uint8_t in[70 * 192], sum[64] = {0}, scalar[32];
            bool is_one;

            for (size_t i = 0; i + 1 < n; i++) {
                rand_fill(&rng, scalar, sizeof(scalar));
                CHECK(paths[k].mul(in + 192 * i, test_hex(G1).ptr, scalar));
                CHECK(paths[k].add(sum, sum, in + 192 * i));
                memcpy(in + 192 * i + 64, test_hex(G2).ptr, 128);
            }
            memcpy(in + 192 * (n - 1), sum, 64);
            memcpy(in + 192 * (n - 1) + 64, test_hex(G2_NEG).ptr, 128);
            CHECK(paths[k].pairing(&is_one, dry_bytes_of(in, 192 * n)));
            CHECK(is_one);
            memcpy(in + 192 * (n - 1) + 64, test_hex(G2).ptr, 128);
            CHECK(paths[k].pairing(&is_one, dry_bytes_of(in, 192 * n)));
            CHECK(is_one == (n == 1));
        }
}

/* (a + b) P = a P + b P with random and extreme scalars; both paths give the same bytes. */
static void laws_hold_and_paths_agree(void **state)
{
    uint8_t p[64], q[64];

    (void)state;
    memcpy(p, test_hex(G1).ptr, 64);
    for (int i = 0; i < 2000; i++) {
        uint8_t a[32], b[32], c[32], r[3][64], other[64];
        unsigned carry = 0;

        rand_fill(&rng, a, 32);
        rand_fill(&rng, b, 32);
        memset(a, i % 3 == 0 ? 0 : a[0] & 0x7f, 1 + (size_t)(i % 3 == 0 ? i % 32 : 0));
        b[0] &= 0x7f;
        for (int j = 31; j >= 0; j--) {
            carry += (unsigned)a[j] + b[j];
            c[j] = (uint8_t)carry;
            carry >>= 8;
        }
        CHECK(dry_bn254_mul(r[0], p, a) && dry_bn254_mul(r[1], p, b) && dry_bn254_mul(r[2], p, c));
        CHECK(dry_bn254_add(q, r[0], r[1]));
        CHECK_BYTES(DRY_BYTES_ARRAY(q), DRY_BYTES_ARRAY(r[2]), "(a + b) P");
        CHECK(dry_portable_bn254_mul(other, p, c));
        CHECK_BYTES(DRY_BYTES_ARRAY(other), DRY_BYTES_ARRAY(q), "multiplication, both paths");
        CHECK(dry_portable_bn254_add(other, r[0], r[1]));
        CHECK_BYTES(DRY_BYTES_ARRAY(other), DRY_BYTES_ARRAY(q), "addition, both paths");
        memcpy(p, q, 64);
    }
}

/* One bit changed anywhere in a pair: both paths refuse, or agree on the answer. */
static void paths_agree_on_damage(void **state)
{
    const struct dry_bytes good = test_hex(G1 G2 G1_NEG G2);

    (void)state;
    for (size_t bit = 0; bit < 8 * 384; bit += 5) {
        uint8_t in[384];
        bool one1 = false, one2 = true, ok1, ok2;

        memcpy(in, good.ptr, sizeof(in));
        in[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ok1 = dry_bn254_pairing(&one1, DRY_BYTES_ARRAY(in));
        ok2 = dry_portable_bn254_pairing(&one2, DRY_BYTES_ARRAY(in));
        CHECK(ok1 == ok2);
        CHECK(!ok1); /* no point has a neighbour at one bit's distance here */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds),
        cmocka_unit_test(multiplies),
        cmocka_unit_test(pairs),
        cmocka_unit_test(refuses_bad_g1),
        cmocka_unit_test(refuses_bad_pairs),
        cmocka_unit_test(takes_many_pairs),
        cmocka_unit_test(laws_hold_and_paths_agree),
        cmocka_unit_test(paths_agree_on_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
