/* P-256 verification, each case through OpenSSL and through the portable path. */
#include "rand.h"
#include <drystone/crypto/portable.h>
#include <drystone/test.h>
#include <openssl/crypto.h>

struct p256_case {
    const char *name, *hash, *r, *s, *x, *y;
    bool valid;
};

/* Edges, computed with an independent implementation of the textbook formulas over Python integers.
 */
static const struct p256_case edges[] = {
    {"plain", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "03b163f70c355463a1e7befbe3cce8bfc49d4b8e45da209515ebe300472c59f9",
     "87f1d857503d7a68e8357812c366e24d055c72983c286c500fec10722f3be1ef",
     "785764400cf7b6b5a3acfe4ba8fb30bd938e137c6c0c507f65dbf4d46b465bf2",
     "2fa420877db5742ef560131949fb780d88d3c0b9dedcbb620b08a18b7b06dab0", true},
    {"the other s", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "03b163f70c355463a1e7befbe3cce8bfc49d4b8e45da209515ebe300472c59f9",
     "780e27a7afc2859817ca87ed3c991db2b78a88156aef3234e3cdba50cd274362",
     "785764400cf7b6b5a3acfe4ba8fb30bd938e137c6c0c507f65dbf4d46b465bf2",
     "2fa420877db5742ef560131949fb780d88d3c0b9dedcbb620b08a18b7b06dab0", true},
    {"zero hash", "0000000000000000000000000000000000000000000000000000000000000000",
     "03b163f70c355463a1e7befbe3cce8bfc49d4b8e45da209515ebe300472c59f9",
     "0277c1d1dce1400a35c20b8a39bbecc78434e8713b40228025fd264f584ae971",
     "785764400cf7b6b5a3acfe4ba8fb30bd938e137c6c0c507f65dbf4d46b465bf2",
     "2fa420877db5742ef560131949fb780d88d3c0b9dedcbb620b08a18b7b06dab0", true},
    {"hash equal to the order", "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
     "03b163f70c355463a1e7befbe3cce8bfc49d4b8e45da209515ebe300472c59f9",
     "0277c1d1dce1400a35c20b8a39bbecc78434e8713b40228025fd264f584ae971",
     "785764400cf7b6b5a3acfe4ba8fb30bd938e137c6c0c507f65dbf4d46b465bf2",
     "2fa420877db5742ef560131949fb780d88d3c0b9dedcbb620b08a18b7b06dab0", true},
    {"hash above the order", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "03b163f70c355463a1e7befbe3cce8bfc49d4b8e45da209515ebe300472c59f9",
     "89d303a905fd15276946f8473fcc015d03fc63b37b65469d8d373d056904ecbb",
     "785764400cf7b6b5a3acfe4ba8fb30bd938e137c6c0c507f65dbf4d46b465bf2",
     "2fa420877db5742ef560131949fb780d88d3c0b9dedcbb620b08a18b7b06dab0", true},
    {"x of the nonce point above the order",
     "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "0000000000000000000000000000000000000000000000000000000000000003",
     "0000000000000000000000000000000000000000000000000000000000003039",
     "ca7dd05301cf2babbd466bb902dc8af65a8b60f837c9650742a6d0b39f0c1bc0",
     "c0e0d61a17d9dcde87eb75062472806b049b1684006b0fa2d63c8ac420314342", true},
    {"tiny r", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "0000000000000000000000000000000000000000000000000000000000000005",
     "0000000000000000000000000000000000000000000000000000000000003039",
     "74dbd6d626ab0dfda15c9cd3218bb750a43fa4fdc48a6b256558cba3af20fe5a",
     "01d7f01106af0df025c0bce4cd39e737ba210833da43b5105a6614c9481fdebc", true},
    {"sum at infinity", "fce91bea7f99d965883d1b8cbb1fd15fdaf1d24887388ef65056cd7a1cdf40f6",
     "03b163f70c355463a1e7befbe3cce8bfc49d4b8e45da209515ebe300472c59f9",
     "0000000000000000000000000000000000000000000000000000000000000309",
     "785764400cf7b6b5a3acfe4ba8fb30bd938e137c6c0c507f65dbf4d46b465bf2",
     "2fa420877db5742ef560131949fb780d88d3c0b9dedcbb620b08a18b7b06dab0", false},
    {"both summands equal", "3ec9ccacc6f4ce4db6123576f4ecd4a0d9e0ef154db87bf10eebaa7047c8312b",
     "547aeb85b5bf434a951a95cada782ec515013c7d3891c432fd82d25e50fde89b",
     "f715026b631186305555225ddb18971d75849f9c572084f0a61850cd54ba1051",
     "785764400cf7b6b5a3acfe4ba8fb30bd938e137c6c0c507f65dbf4d46b465bf2",
     "2fa420877db5742ef560131949fb780d88d3c0b9dedcbb620b08a18b7b06dab0", true},
    {"key is the generator", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "03b163f70c355463a1e7befbe3cce8bfc49d4b8e45da209515ebe300472c59f9",
     "6491a7a319e5c6eca5ca8fd16469224a6cac58d85491e12879e0edcb56a56b3d",
     "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
     "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5", true},
    {"key is minus the generator",
     "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "03b163f70c355463a1e7befbe3cce8bfc49d4b8e45da209515ebe300472c59f9",
     "a6628567ccd2add0bf1c493faeecc8c095a2bb75ad3eb27759fce67a573c85bf",
     "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
     "b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a", true},
    {"key is twice the generator",
     "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "03b163f70c355463a1e7befbe3cce8bfc49d4b8e45da209515ebe300472c59f9",
     "43a938c0c06f537a9921b31a3f274f0f58312789a83b788109d2f173d659ddfc",
     "7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978",
     "07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1", true},
    {"s is 1", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "03b163f70c355463a1e7befbe3cce8bfc49d4b8e45da209515ebe300472c59f9",
     "0000000000000000000000000000000000000000000000000000000000000001",
     "fe0419cb9da4d2ced1c60d0e6ed4bc43d17551a022a4a7789fbf2bba79816864",
     "94b1265162c6a90957c47566e607198edfd51165e7fd56abe9f7175287fb8b9c", true},
    {"s is the order less 1", "ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d",
     "03b163f70c355463a1e7befbe3cce8bfc49d4b8e45da209515ebe300472c59f9",
     "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
     "532ddd4e3067b65c5959dfe51358d5e1ffad8ea8ecdcbe11ff29e21839dd788b",
     "aec267fa5f21163aad5f9bfe18ed6a52833f31ead6c3900c5d1a544f6d1ddb03", true},
};

/* RFC 6979, A.2.5 (SHA-256), and the first example of EIP-7951's vectors. */
#define RFC_X "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
#define RFC_Y "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
static const struct p256_case published[] = {
    {"RFC 6979 sample", "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf",
     "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
     "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8", RFC_X, RFC_Y, true},
    {"RFC 6979 test", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
     "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
     "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083", RFC_X, RFC_Y, true},
    {"EIP-7951", "4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4d",
     "a73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac",
     "36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d60",
     "4aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff3",
     "7618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e", true},
};

struct p256_input {
    uint8_t hash[32], r[32], s[32], x[32], y[32];
};

static void read_case(struct p256_input *in, const struct p256_case *c)
{
    memcpy(in->hash, test_hex(c->hash).ptr, 32);
    memcpy(in->r, test_hex(c->r).ptr, 32);
    memcpy(in->s, test_hex(c->s).ptr, 32);
    memcpy(in->x, test_hex(c->x).ptr, 32);
    memcpy(in->y, test_hex(c->y).ptr, 32);
}

/* Both paths must give this answer. */
static void expect(const struct p256_input *in, bool valid, const char *name)
{
    CHECK_MSG(dry_p256_verify(in->hash, in->r, in->s, in->x, in->y) == valid, name);
    CHECK_MSG(dry_portable_p256_verify(in->hash, in->r, in->s, in->x, in->y) == valid, name);
}

static void run_cases(const struct p256_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct p256_input in;
        read_case(&in, &cases[i]);
        expect(&in, cases[i].valid, cases[i].name);
    }
}

/* Published signatures verify. */
static void published_vectors(void **state)
{
    (void)state;
    run_cases(published, DRY_COUNT(published));
}

/* Unlikely but valid (or invalid) sums: infinity, doubling, x of the point above the order... */
static void edge_cases(void **state)
{
    (void)state;
    run_cases(edges, DRY_COUNT(edges));
}

#define ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define ABOVE_ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552"
#define PRIME "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
#define ONES "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"

/* Values out of range are refused in every position where EIP-7951 bounds them (ATTACKS 41). */
static void refuses_out_of_range(void **state)
{
    static const char *const scalars[] = {ZERO, ORDER, ABOVE_ORDER, PRIME, ONES};
    static const char *const coordinates[] = {PRIME, ONES, ZERO};
    struct p256_input good, in;

    (void)state;
    read_case(&good, &published[0]);
    for (size_t i = 0; i < DRY_COUNT(scalars); i++) {
        in = good;
        memcpy(in.r, test_hex(scalars[i]).ptr, 32);
        expect(&in, false, "r out of range");
        in = good;
        memcpy(in.s, test_hex(scalars[i]).ptr, 32);
        expect(&in, false, "s out of range");
    }
    for (size_t i = 0; i < DRY_COUNT(coordinates); i++) {
        in = good;
        memcpy(in.x, test_hex(coordinates[i]).ptr, 32);
        expect(&in, false, "x out of range or off the curve");
        in = good;
        memcpy(in.y, test_hex(coordinates[i]).ptr, 32);
        expect(&in, false, "y out of range or off the curve");
        memcpy(in.x, test_hex(coordinates[i]).ptr, 32);
        expect(&in, false, "both out of range, or infinity");
    }
}

/* x + p means the same number as x; only the reduced form is valid. 5 + p still fits 32 bytes. */
static void refuses_unreduced_coordinate(void **state)
{
    static const struct p256_case c = {
        "x is 5",
        "b1629a755bc297d95e7b150167ffd87afc693e968a72207d61766c19142ddc3e",
        "0e1b4f09972710e93e5295eaf5f00794a054f1064a25277d842cfe3efb2f41a6",
        "abd7b562ec41d1c3903d55ccf8c6763fb79b7992873c4eae1a29c518515a289f",
        "0000000000000000000000000000000000000000000000000000000000000005",
        "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc",
        true};
    struct p256_input in;
    struct dry_u256 x, p;

    (void)state;
    read_case(&in, &c);
    expect(&in, true, c.name);
    dry_u256_from_be32(&x, in.x);
    dry_u256_from_be32(&p, test_hex(PRIME).ptr);
    CHECK(!dry_u256_add(&x, &x, &p));
    dry_u256_to_be32(in.x, &x);
    expect(&in, false, "x is 5 + p");
}

/* A valid signature with any bit flipped is refused (1280 cases; ATTACKS 14). */
static void refuses_bit_flips(void **state)
{
    struct p256_input good, in;

    (void)state;
    read_case(&good, &published[0]);
    for (unsigned bit = 0; bit < sizeof(good) * 8; bit++) {
        in = good;
        ((uint8_t *)&in)[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(!dry_p256_verify(in.hash, in.r, in.s, in.x, in.y));
        CHECK(!dry_portable_p256_verify(in.hash, in.r, in.s, in.x, in.y));
    }
}

/* Random hash, r, s under a fixed key, and the negated s of a valid one: both paths agree. */
static void paths_agree(void **state)
{
    struct rand_stream rand = {7951};
    struct p256_input in;

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        read_case(&in, &published[i % DRY_COUNT(published)]);
        if (i % 2 != 0)
            rand_fill(&rand, in.hash, 32);
        if (i % 3 != 0)
            rand_fill(&rand, in.r, 32);
        if (i % 5 != 0)
            rand_fill(&rand, in.s, 32);
        CHECK(dry_p256_verify(in.hash, in.r, in.s, in.x, in.y) ==
              dry_portable_p256_verify(in.hash, in.r, in.s, in.x, in.y));
    }
}

/* OpenSSL's allocations, to fail the n-th from now. */
static struct {
    uint64_t countdown;
    bool failed;
} openssl_memory;

static bool fails_now(void)
{
    if (openssl_memory.countdown == 0)
        return false;
    openssl_memory.countdown--;
    openssl_memory.failed |= openssl_memory.countdown == 0;
    return openssl_memory.countdown == 0;
}

static void *openssl_malloc(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails_now() ? NULL : malloc(n);
}

static void *openssl_realloc(void *p, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails_now() ? NULL : realloc(p, n);
}

static void openssl_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

/* Whichever allocation OpenSSL is refused, the answer stays the right one: never "invalid" for want
 * of memory. */
static void each_allocation_fails(void **state)
{
    struct p256_input good, bad;
    uint64_t rounds = 0;

    (void)state;
    read_case(&good, &published[0]);
    bad = good;
    bad.hash[0] ^= 1;
    do {
        openssl_memory.failed = false;
        openssl_memory.countdown = ++rounds;
        CHECK(dry_p256_verify(good.hash, good.r, good.s, good.x, good.y));
        openssl_memory.countdown = rounds;
        CHECK(!dry_p256_verify(bad.hash, bad.r, bad.s, bad.x, bad.y));
        openssl_memory.countdown = 0;
    } while (openssl_memory.failed);
    CHECK(rounds > 10); /* or nothing was tried */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors),     cmocka_unit_test(edge_cases),
        cmocka_unit_test(refuses_out_of_range),  cmocka_unit_test(refuses_unreduced_coordinate),
        cmocka_unit_test(refuses_bit_flips),     cmocka_unit_test(paths_agree),
        cmocka_unit_test(each_allocation_fails),
    };

    if (CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) != 1)
        return 1; /* only before OpenSSL's first allocation */

    return cmocka_run_group_tests(tests, NULL, NULL);
}
