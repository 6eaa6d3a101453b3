/* ed25519: RFC 8032's vectors, and what a strict verifier must refuse. */
#include "rand.h"
#include <drystone/crypto.h>
#include <drystone/test.h>

/* RFC 8032, section 7.1: tests 1 to 3 and SHA(abc). */
static const struct {
    const char *name, *seed, *pubkey, *message, *sig;
} vectors[] = {
    {"test 1", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "4"
     "6bd25bf5f0595bbe24655141438e7a100b"},
    {"test 2", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d"
     "8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"test 3", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6"
     "594a7c15e9716ed28dc027beceea1ec40a"},
    {"SHA(abc)", "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fee"
     "b"
     "bd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e"
     "0"
     "303dca179c138ac17ad9bef1177331a704"},
};

static void published_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < DRY_COUNT(vectors); i++) {
        struct dry_bytes seed = test_hex(vectors[i].seed), message = test_hex(vectors[i].message);
        uint8_t pubkey[32], sig[64];

        dry_ed25519_pubkey(pubkey, seed.ptr);
        CHECK_BYTES(DRY_BYTES_ARRAY(pubkey), test_hex(vectors[i].pubkey), vectors[i].name);
        dry_ed25519_sign(sig, message, seed.ptr);
        CHECK_BYTES(DRY_BYTES_ARRAY(sig), test_hex(vectors[i].sig), vectors[i].name);
        CHECK_MSG(dry_ed25519_verify(sig, message, pubkey), vectors[i].name);
    }
}

/* Any flipped bit of signature, key or message is refused (ATTACKS 14). */
static void refuses_bit_flips(void **state)
{
    uint8_t all[64 + 32 + 2];

    (void)state;
    memcpy(all, test_hex(vectors[2].sig).ptr, 64);
    memcpy(all + 64, test_hex(vectors[2].pubkey).ptr, 32);
    memcpy(all + 96, test_hex(vectors[2].message).ptr, 2);
    CHECK(dry_ed25519_verify(all, dry_bytes_of(all + 96, 2), all + 64));
    for (unsigned bit = 0; bit < sizeof(all) * 8; bit++) {
        all[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(!dry_ed25519_verify(all, dry_bytes_of(all + 96, 2), all + 64));
        all[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

/* S + L satisfies the equation as S does, and is refused: one signature has one encoding (ATTACKS
 * 41). */
static void refuses_large_s(void **state)
{
    struct dry_bytes order =
        test_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(vectors); i++) {
        uint8_t sig[64];
        unsigned carry = 0;

        memcpy(sig, test_hex(vectors[i].sig).ptr, 64);
        for (unsigned j = 0; j < 32; j++) {
            carry += sig[32 + j] + order.ptr[j];
            sig[32 + j] = (uint8_t)carry;
            carry >>= 8;
        }
        CHECK(!dry_ed25519_verify(sig, test_hex(vectors[i].message),
                                  test_hex(vectors[i].pubkey).ptr));
    }
}

/* The points of small order, every one a key under which anything could be signed, and encodings of
 * y not below 2^255 - 19 (ATTACKS 6, 41). */
static void refuses_bad_points(void **state)
{
    static const char *const points[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    uint8_t sig[64] = {0};

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(points); i++) {
        /* R = A = the point and S = 0: the equation R = S B - h A holds for a fitting h. Sixteen
         * messages try as many values of h. */
        memcpy(sig, test_hex(points[i]).ptr, 32);
        for (uint8_t m = 0; m < 16; m++)
            CHECK_MSG(!dry_ed25519_verify(sig, dry_bytes_of(&m, 1), test_hex(points[i]).ptr),
                      points[i]);
        /* A right signature of another key, its R replaced. */
        memcpy(sig + 32, test_hex(vectors[0].sig).ptr + 32, 32);
        CHECK(!dry_ed25519_verify(sig, DRY_BYTES_EMPTY, test_hex(vectors[0].pubkey).ptr));
        memset(sig + 32, 0, 32);
    }
}

/* What is signed verifies, and not under another key. */
static void signs_and_verifies(void **state)
{
    struct rand_stream rand = {25519};

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        uint8_t seed[32], pubkey[32], other[32], sig[64], message[300];
        struct dry_bytes in = dry_bytes_of(message, rand_next(&rand) % sizeof(message));

        rand_fill(&rand, message, sizeof(message));
        rand_fill(&rand, seed, 32);
        dry_ed25519_pubkey(pubkey, seed);
        dry_ed25519_sign(sig, in, seed);
        CHECK(dry_ed25519_verify(sig, in, pubkey));
        seed[i % 32] ^= 1;
        dry_ed25519_pubkey(other, seed);
        CHECK(!dry_ed25519_verify(sig, in, other));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors),  cmocka_unit_test(refuses_bit_flips),
        cmocka_unit_test(refuses_large_s),    cmocka_unit_test(refuses_bad_points),
        cmocka_unit_test(signs_and_verifies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
