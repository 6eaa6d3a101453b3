/* secp256k1: recovery through the native and the portable path, beside libsecp256k1; signing, keys
 * and BIP-32 sums. */
#include "rand.h"
#include "recover_peer.h"
#include <drystone/common/hex.h>
#include <drystone/crypto/portable.h>
#include <drystone/test.h>

struct recover_case {
    const char *name, *hash, *r, *s;
    unsigned y_parity;
    const char *pubkey; /* NULL: refused */
};

/* Edges, computed with an independent implementation of the textbook formulas over Python integers
 * (ATTACKS 41 for those out of range). */
static const struct recover_case edges[] = {
    {"r is 0", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "0000000000000000000000000000000000000000000000000000000000000000",
     "043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89", 0, NULL},
    {"s is 0", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
     "0000000000000000000000000000000000000000000000000000000000000000", 0, NULL},
    {"r is the order", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
     "043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89", 0, NULL},
    {"s is the order", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
     "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 0, NULL},
    {"r above the order", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364146",
     "043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89", 0, NULL},
    {"r above the prime", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc30",
     "043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89", 1, NULL},
    {"r and s all ones", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 1, NULL},
    {"s above the order", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 1, NULL},
    {"s is the order less 1", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
     "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140", 0,
     "76d7fd947739f1aead32e6bbc7f61531f6f3ddd3004156b8a05c1280a2ee9842"
     "6fc7ca9dcd1e06c87eaa66e5486a6207af3a96b79141e233894055bd23a89ef7"},
    {"r the largest x below the order",
     "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd036413f",
     "043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89", 1,
     "fdde79729cb34265451d6ac79a5b0d3e7d0b8024d70ebaf2f07a6487ad1bddbd"
     "23646bd6a6d85325fa0c937963608897374cdaaf6a4e4ad7aa8e46913ddd39f4"},
    {"no point has this x", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "0000000000000000000000000000000000000000000000000000000000000005",
     "043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89", 0, NULL},
    {"r is 1", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "0000000000000000000000000000000000000000000000000000000000000001",
     "043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89", 0,
     "e80142bb1081ce5399fd8be89dcc42c14539788ccfd9417b566f12d003bdd07e"
     "9cddf1a4c7cbd058b9868e5b27f1f4367bd00b8c55a7df321efee6fa44da8056"},
    {"r is 2, s is 1", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "0000000000000000000000000000000000000000000000000000000000000002",
     "0000000000000000000000000000000000000000000000000000000000000001", 1,
     "29ff6a12c9bb75e8d243ea7cae344402ab5ee876d25cc18a4e9de13b0bd07231"
     "0da7ecf0cc89a1ac33075c83b8ff3dad4be7978581022012af86c78456a0c6e9"},
    {"nonce point is the generator",
     "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
     "043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89", 0,
     "d7421bef6298c875f99824cdae6f7be627c6817fb2992e1435661b6944b95166"
     "aaba005502a195732c7efac14da9379c76fb933f22d2236370652e8c46500d91"},
    {"nonce point is minus the generator",
     "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
     "043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89", 1,
     "aa259f4085014f3141258f9847dfe6f1d79c56e643a3ea29884cc43a35fce3c7"
     "f25432a72628b2a3b9b787d02ff8d098b0cce0349e7255bce7b9a3875303add0"},
    {"nonce point is lambda G", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "bcace2e99da01887ab0102b696902325872844067f15e98da7bba04400b88fcb",
     "043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89", 0,
     "3e196af328eea7299f31aecf1d1878177b0d35e883080eed00c408a2eae75f79"
     "71b7c3d234657f81ab74f7ba8c942108758a76dae6b085f6f33c663f81a710f5"},
    {"nonce point is lambda^2 G",
     "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "c994b69768832bcbff5e9ab39ae8d1d3763bbf1e531bed98fe51de5ee84f50fb",
     "043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89", 1,
     "122d895b25f4bf51482c72e6c87761cf2c3124be60fbc304f426454749ff8746"
     "9b4745852653f0ebea822fd8bf156c755ad372f555031e0a8981528ae7d10525"},
    {"key at infinity", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
     "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d", 0, NULL},
    {"key at infinity, minus", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
     "54acf5ec1ba6eb67d48606481c045669eadce8eb8c518351a4d66e618a29d424", 1, NULL},
    {"summands equal", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
     "54acf5ec1ba6eb67d48606481c045669eadce8eb8c518351a4d66e618a29d424", 0,
     "0613c3f66a6b4c60ef3a776dc9e60e0b29955b61691ebf105a3d7c4a7bd9b238"
     "ebee8767181b4815b4605cdaf2d7d8094464b89094199969cc0ad91e2c0f958c"},
    {"nonce point is 2 G", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5",
     "043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89", 0,
     "11593f0023ae5fb617731f6c40553c0b3fd718f170b74926f4978503212064ed"
     "f931bf822425cfd6ed361dc557520724bc480a29cfcd74b150c551af58ecd95b"},
    {"hash 0", "0000000000000000000000000000000000000000000000000000000000000000",
     "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
     "043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89", 0,
     "01fec2d4e91e5ad0788e2883eccdc546475638df7c1b4d92efec1028d13353bb"
     "74d24d4f1b386a2153314b47250c1037aea185954a2b914f132afabd1d323311"},
    {"hash is the order", "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
     "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
     "043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89", 0,
     "01fec2d4e91e5ad0788e2883eccdc546475638df7c1b4d92efec1028d13353bb"
     "74d24d4f1b386a2153314b47250c1037aea185954a2b914f132afabd1d323311"},
    {"hash all ones", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
     "043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89", 0,
     "be31ae6985fd4228c85ecc54a02e2d6b32d07bebb72b88599ffe29837721bdd1"
     "830d6b0b09d5556041155984a4e17ac29dd555d139db7e043e280f3e77ee655a"},
    {"key is the nonce point", "0000000000000000000000000000000000000000000000000000000000000000",
     "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
     "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", 0,
     "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
     "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"},
};

static void copy32(uint8_t out[32], const char *hex)
{
    struct dry_bytes b = test_hex(hex);

    CHECK(b.len == 32);
    memcpy(out, b.ptr, 32);
}

static void signature_of(struct dry_ecdsa_signature *sig, const char *r, const char *s,
                         unsigned y_parity)
{
    copy32(sig->r, r);
    copy32(sig->s, s);
    sig->y_parity = (uint8_t)y_parity;
}

/* Recovery refuses what SEC 1 refuses and finds the right key elsewhere, by both paths. */
static void recovers_edges(void **state)
{
    (void)state;
    for (size_t i = 0; i < DRY_COUNT(edges); i++) {
        const struct recover_case *c = &edges[i];
        struct dry_hash hash;
        struct dry_ecdsa_signature sig;
        uint8_t fast[64], portable[64];

        copy32(hash.b, c->hash);
        signature_of(&sig, c->r, c->s, c->y_parity);
        CHECK_MSG(dry_secp256k1_recover(fast, &hash, &sig) == (c->pubkey != NULL), c->name);
        CHECK_MSG(dry_portable_secp256k1_recover(portable, &hash, &sig) == (c->pubkey != NULL),
                  c->name);
        if (c->pubkey == NULL)
            continue;
        CHECK_BYTES(DRY_BYTES_ARRAY(fast), test_hex(c->pubkey), c->name);
        CHECK_BYTES(DRY_BYTES_ARRAY(portable), test_hex(c->pubkey), c->name);
    }
}

/* A parity that is not 0 or 1 is refused, although libsecp256k1 gives 2 and 3 a meaning. */
static void refuses_other_parities(void **state)
{
    struct dry_hash hash = {{1}};
    struct dry_ecdsa_signature sig;
    uint8_t key[64];

    (void)state;
    for (unsigned parity = 2; parity < 256; parity++) {
        /* x = 2 + order lies below the prime: with parity 2 a key may exist. */
        signature_of(&sig, "0000000000000000000000000000000000000000000000000000000000000002",
                     "0000000000000000000000000000000000000000000000000000000000000001", parity);
        CHECK(!dry_secp256k1_recover(key, &hash, &sig));
        CHECK(!dry_portable_secp256k1_recover(key, &hash, &sig));
    }
}

/* The example of the ecrecover precompile, and EIP-155's transaction. */
static void recovers_known_addresses(void **state)
{
    static const struct recover_case known[] = {
        {"ecrecover", "456e9aea5e197a1f1af7a3e85a3212fa4049a3ba34c2289b4c860fc0b0c64ef3",
         "9242685bf161793cc25603c231bc2f568eb630ea16aa137d2664ac8038825608",
         "4f8ae3bd7535248d0bd448298cc2e2071e56992d0774dc340c368ae950852ada", 1,
         "7156526fbd7a3c72969b54f64e42c10fbb768c8a"},
        {"EIP-155", "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53",
         "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276",
         "67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83", 0,
         "9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f"},
    };

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(known); i++) {
        struct dry_hash hash;
        struct dry_ecdsa_signature sig;
        struct dry_address a, b;

        copy32(hash.b, known[i].hash);
        signature_of(&sig, known[i].r, known[i].s, known[i].y_parity);
        CHECK(dry_secp256k1_recover_address(&a, &hash, &sig));
        CHECK(dry_portable_secp256k1_recover_address(&b, &hash, &sig));
        CHECK_BYTES(DRY_BYTES_ARRAY(a.b), test_hex(known[i].pubkey), known[i].name);
        CHECK_BYTES(DRY_BYTES_ARRAY(b.b), test_hex(known[i].pubkey), known[i].name);
    }
}

/* Signing is deterministic (RFC 6979): EIP-155's key and hash give EIP-155's signature. */
static void signs_as_published(void **state)
{
    struct dry_hash hash;
    struct dry_ecdsa_signature sig, want;
    uint8_t secret[32];

    (void)state;
    memset(secret, 0x46, sizeof(secret));
    copy32(hash.b, "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
    signature_of(&want, "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276",
                 "67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83", 0);
    CHECK(dry_secp256k1_sign(&sig, &hash, secret));
    CHECK(memcmp(&sig, &want, sizeof(sig)) == 0);
}

#define ORDER "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
#define BELOW_ORDER "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
#define TWO "0000000000000000000000000000000000000000000000000000000000000002"
#define ONES "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* A secret is at least 1 and below the order. */
static void secrets_have_a_range(void **state)
{
    static const char *const bad[] = {ZERO, ORDER, ONES};
    uint8_t secret[32], key[64], want[64];
    struct dry_hash hash = {{1}};
    struct dry_ecdsa_signature sig;

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(bad); i++) {
        copy32(secret, bad[i]);
        CHECK(!dry_secp256k1_pubkey(key, secret));
        CHECK(!dry_secp256k1_sign(&sig, &hash, secret));
    }
    memcpy(want,
           test_hex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
                    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8")
               .ptr,
           64);
    copy32(secret, ONE);
    CHECK(dry_secp256k1_pubkey(key, secret));
    CHECK_BYTES(DRY_BYTES_ARRAY(key), DRY_BYTES_ARRAY(want), "generator");
    copy32(secret, BELOW_ORDER);
    CHECK(dry_secp256k1_pubkey(key, secret));
    CHECK(memcmp(key, want, 32) == 0 && memcmp(key, want, 64) != 0);
}

/* Sums wrap at the order; an out-of-range second summand and a sum of 0 are refused (BIP-32). */
static void adds_secrets(void **state)
{
    static const struct {
        const char *a, *b, *sum;
    } cases[] = {
        {ONE, ONE, TWO},          {ONE, ZERO, ONE},   {BELOW_ORDER, TWO, ONE},
        {BELOW_ORDER, ONE, NULL}, {ONE, ORDER, NULL}, {ONE, ONES, NULL},
    };
    uint8_t a[32], b[32], out[32];

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(cases); i++) {
        copy32(a, cases[i].a);
        copy32(b, cases[i].b);
        memset(out, 0xee, 32);
        CHECK(dry_secp256k1_secret_add(out, a, b) == (cases[i].sum != NULL));
        if (cases[i].sum != NULL)
            CHECK_BYTES(DRY_BYTES_ARRAY(out), test_hex(cases[i].sum), "sum");
        else
            CHECK(out[0] == 0xee && out[31] == 0xee);
    }
    copy32(a, ONE);
    copy32(b, ONE);
    CHECK(dry_secp256k1_secret_add(a, a, b)); /* in place */
    CHECK_BYTES(DRY_BYTES_ARRAY(a), test_hex(TWO), "in place");
}

/* What is signed is recovered, by both paths; s is low. Half of the signatures are then damaged or
 * given their high s, and both paths must still say the same. */
static void paths_agree(void **state)
{
    struct rand_stream rand = {41};
    struct dry_u256 s, half, order;
    unsigned damaged_but_alive = 0;

    (void)state;
    dry_u256_from_be32(&order, test_hex(ORDER).ptr);
    dry_u256_shr(&half, &order, 1);
    for (unsigned i = 0; i < 2000; i++) {
        struct dry_hash hash;
        struct dry_ecdsa_signature sig;
        uint8_t secret[32], want[64], fast[64], portable[64];
        bool alive;

        rand_fill(&rand, secret, 32);
        rand_fill(&rand, hash.b, 32);
        CHECK(dry_secp256k1_sign(&sig, &hash, secret));
        CHECK(dry_secp256k1_pubkey(want, secret));
        dry_u256_from_be32(&s, sig.s);
        CHECK(!dry_u256_less(&half, &s));
        if (i % 2 == 0) { /* the twin with high s has the other parity and the same signer */
            dry_u256_sub(&s, &order, &s);
            dry_u256_to_be32(sig.s, &s);
            sig.y_parity ^= 1;
        }
        CHECK(dry_secp256k1_recover(fast, &hash, &sig));
        CHECK(dry_portable_secp256k1_recover(portable, &hash, &sig));
        CHECK(memcmp(fast, want, 64) == 0);
        CHECK(memcmp(portable, want, 64) == 0);

        rand_fill(&rand, i % 3 == 0 ? sig.s : sig.r, 32);
        alive = dry_secp256k1_recover(fast, &hash, &sig);
        CHECK(dry_portable_secp256k1_recover(portable, &hash, &sig) == alive);
        CHECK(recover_peer(want, &hash, &sig) == alive);
        CHECK(!alive || (memcmp(fast, portable, 64) == 0 && memcmp(fast, want, 64) == 0));
        damaged_but_alive += alive;
    }
    CHECK(damaged_but_alive > 1000); /* a third keep their point, half of the others hit one */
}

/* Scalars near 0, the order and powers of two, and points whose multiples meet those of the
 * generator: all paths and libsecp256k1 say the same. The nonce point of x is G, 2 G, 3 G ... in
 * turn. */
static void paths_agree_at_edges(void **state)
{
    static const char *const scalars[] = {
        "0000000000000000000000000000000000000000000000000000000000000001",
        "0000000000000000000000000000000000000000000000000000000000000002",
        "0000000000000000000000000000000100000000000000000000000000000000",
        "5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72", /* lambda */
        "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0",
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140", /* order - 1 */
        "0000000000000000000000000000000000000000000000000000000000000000",
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
    unsigned found = 0;

    (void)state;
    for (unsigned k = 1; k < 128; k += k < 16 ? 1 : 37)
        for (size_t i = 0; i < DRY_COUNT(scalars); i++)
            for (size_t j = 0; j < 2 * DRY_COUNT(scalars); j++) {
                uint8_t point[64], secret[32] = {0}, a[64], b[64], c[64];
                struct dry_ecdsa_signature sig;
                struct dry_hash hash;
                bool ok;

                secret[31] = (uint8_t)k;
                CHECK(dry_secp256k1_pubkey(point, secret));
                copy32(hash.b, scalars[i]);
                copy32(sig.s, scalars[j / 2]);
                memcpy(sig.r, point, 32);
                sig.y_parity = j & 1;
                ok = recover_peer(a, &hash, &sig);
                CHECK(dry_secp256k1_recover(b, &hash, &sig) == ok);
                CHECK(dry_portable_secp256k1_recover(c, &hash, &sig) == ok);
                CHECK(!ok || (memcmp(a, b, 64) == 0 && memcmp(a, c, 64) == 0));
                found += ok;
            }
    CHECK(found > 1000);
}

/* The address of a key by both paths. */
static void addresses_agree(void **state)
{
    struct rand_stream rand = {20};
    struct dry_address a, b;
    uint8_t key[64];

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        rand_fill(&rand, key, 64);
        dry_address_of_pubkey(&a, key);
        dry_portable_address_of_pubkey(&b, key);
        CHECK(dry_address_equal(&a, &b));
    }
}

/* Decimal number of a JSON string as 32 bytes. */
static void decimal32(uint8_t out[32], const json_t *value)
{
    const char *text = json_string_value(value);
    struct dry_u256 v;

    CHECK(text != NULL && dry_ok(dry_u256_from_text(&v, dry_bytes_of(text, strlen(text)))));
    dry_u256_to_be32(out, &v);
}

/* The suite's brain wallets: secret and address of a seed; what the secret signs is recovered to
 * the address.
 *
 * The member sig_of_emptystring is wrong in the suite: it recovers to another address. README.md
 * beside src/ names the clients that say the same; theirs are the addresses here. */
static void key_address_suite(void **state)
{
    static const char *const signers[] = {"818755443c48e87811e01b2e9d664845747a23b8",
                                          "3b539c5fb435a52273bb5341fb209e68e02e7d8e"};
    const char *path = test_vectors_path("eth/BasicTests/keyaddrtest.json");
    json_t *root, *c;
    size_t i;

    (void)state;
    if (path == NULL)
        skip();
    root = test_json_load(path);
    CHECK(json_array_size(root) >= 2);
    json_array_foreach(root, i, c)
    {
        const char *seed = json_string_value(json_object_get(c, "seed"));
        const json_t *sig_json = json_object_get(c, "sig_of_emptystring");
        struct dry_bytes want = test_hex(json_string_value(json_object_get(c, "addr")));
        struct dry_hash secret;
        struct dry_address address, portable;
        struct dry_ecdsa_signature sig;
        uint8_t key[64];

        dry_keccak256(&secret, dry_bytes_of(seed, strlen(seed)));
        CHECK_BYTES(DRY_BYTES_ARRAY(secret.b),
                    test_hex(json_string_value(json_object_get(c, "key"))), seed);
        CHECK(dry_secp256k1_pubkey(key, secret.b));
        dry_address_of_pubkey(&address, key);
        CHECK_BYTES(DRY_BYTES_ARRAY(address.b), want, seed);

        CHECK(dry_secp256k1_sign(&sig, &dry_hash_empty_code, secret.b));
        CHECK(dry_secp256k1_recover_address(&address, &dry_hash_empty_code, &sig));
        CHECK_BYTES(DRY_BYTES_ARRAY(address.b), want, seed);
        CHECK(dry_portable_secp256k1_recover_address(&address, &dry_hash_empty_code, &sig));
        CHECK_BYTES(DRY_BYTES_ARRAY(address.b), want, seed);

        decimal32(sig.r, json_object_get(sig_json, "r"));
        decimal32(sig.s, json_object_get(sig_json, "s"));
        sig.y_parity =
            (uint8_t)(strtoul(json_string_value(json_object_get(sig_json, "v")), NULL, 10) - 27);
        CHECK(dry_secp256k1_recover_address(&address, &dry_hash_empty_code, &sig));
        CHECK(dry_portable_secp256k1_recover_address(&portable, &dry_hash_empty_code, &sig));
        CHECK(dry_address_equal(&address, &portable));
        CHECK(i < sizeof(signers) / sizeof(*signers));
        CHECK_BYTES(DRY_BYTES_ARRAY(address.b), test_hex(signers[i]), seed);
    }
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recovers_edges),
        cmocka_unit_test(refuses_other_parities),
        cmocka_unit_test(recovers_known_addresses),
        cmocka_unit_test(signs_as_published),
        cmocka_unit_test(secrets_have_a_range),
        cmocka_unit_test(adds_secrets),
        cmocka_unit_test(paths_agree),
        cmocka_unit_test(paths_agree_at_edges),
        cmocka_unit_test(addresses_agree),
        cmocka_unit_test(key_address_suite),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
