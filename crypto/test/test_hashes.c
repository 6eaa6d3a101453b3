/* The hashes: published vectors through both paths, and both paths against each other. */
#include "rand.h"
#include <drystone/crypto/portable.h>
#include <drystone/test.h>

/* A message of the published suites: `text` repeated `times` times. */
struct hash_case {
    const char *text;
    uint32_t times;
    const char *keccak256, *sha256, *ripemd160;
};

#define ALPHABET_448 "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"

/* FIPS 180 examples, the RIPEMD-160 authors' table, the Keccak team's values for the original
 * padding. NULL: none published. */
static const struct hash_case cases[] = {
    {"", 1, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     "9c1185a5c5e9fc54612808977ee8f548b2258d31"},
    {"a", 1, NULL, NULL, "0bdc9d2d256b3ee9daae347be6f4dc835a467ffe"},
    {"abc", 1, "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"},
    {"message digest", 1, NULL, NULL, "5d0689ef49d2fae572b881b123a85ffa21595f36"},
    {"abcdefghijklmnopqrstuvwxyz", 1, NULL, NULL, "f71c27109c692c1b56bbdceb5b9d2865b3708dbc"},
    {ALPHABET_448, 1, "45d3b367a6904e6e8d502ee04999a7c27647f91fa845d456525fd352ae3d7371",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
     "12a053384a9c0c88e405a06c27dcf49ada62eb2b"},
    {"12345678901234567890123456789012345678901234567890123456789012345678901234567890", 1, NULL,
     NULL, "9b752e45573d4b39f4dbd3323cab82bf63326bfb"},
    {"a", 1000000, "fadae6b49f129bbb812be8407b7b2894f34aecf6dbd1f9b0f0c7e9853098fc96",
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
     "52783243c1697bdbe16d37f97f68f08325dc1528"},
};

static struct dry_bytes message_of(const struct hash_case *c)
{
    size_t len = strlen(c->text);
    uint8_t *p = malloc(len * c->times + 1);

    CHECK(p != NULL);
    for (uint32_t i = 0; i < c->times; i++)
        memcpy(p + i * len, c->text, len);
    return dry_bytes_of(p, len * c->times);
}

/* Published messages hash as published, by both paths. */
static void published_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < DRY_COUNT(cases); i++) {
        const struct hash_case *c = &cases[i];
        struct dry_bytes in = message_of(c);
        struct dry_hash h;
        uint8_t sha[32], rmd[20];

        if (c->keccak256 != NULL) {
            dry_keccak256(&h, in);
            CHECK_BYTES(DRY_BYTES_ARRAY(h.b), test_hex(c->keccak256), c->text);
            dry_portable_keccak256(&h, in);
            CHECK_BYTES(DRY_BYTES_ARRAY(h.b), test_hex(c->keccak256), c->text);
        }
        if (c->sha256 != NULL) {
            dry_sha256(sha, in);
            CHECK_BYTES(DRY_BYTES_ARRAY(sha), test_hex(c->sha256), c->text);
            dry_portable_sha256(sha, in);
            CHECK_BYTES(DRY_BYTES_ARRAY(sha), test_hex(c->sha256), c->text);
        }
        dry_ripemd160(rmd, in);
        CHECK_BYTES(DRY_BYTES_ARRAY(rmd), test_hex(c->ripemd160), c->text);
        dry_portable_ripemd160(rmd, in);
        CHECK_BYTES(DRY_BYTES_ARRAY(rmd), test_hex(c->ripemd160), c->text);
        free((void *)(uintptr_t)in.ptr);
    }
}

/* The constants other layers rely on are hashes of what they say. */
static void well_known_constants(void **state)
{
    static const uint8_t empty_string_rlp[] = {0x80}, empty_list_rlp[] = {0xc0};
    struct dry_hash h;

    (void)state;
    dry_keccak256(&h, DRY_BYTES_EMPTY);
    CHECK(dry_hash_equal(&h, &dry_hash_empty_code));
    dry_keccak256(&h, DRY_BYTES_ARRAY(empty_string_rlp));
    CHECK(dry_hash_equal(&h, &dry_hash_empty_trie));
    dry_keccak256(&h, DRY_BYTES_ARRAY(empty_list_rlp));
    CHECK(dry_hash_equal(&h, &dry_hash_empty_ommers));
    dry_sha256(h.b, DRY_BYTES_EMPTY);
    CHECK(dry_hash_equal(&h, &dry_hash_empty_requests));
}

/* Every length over several blocks of each hash: both paths agree. The input is exactly as long as
 * allocated, so that the sanitizer sees a read past its end. */
static void paths_agree_at_every_length(void **state)
{
    struct rand_stream rand = {256};

    (void)state;
    for (size_t n = 0; n < 700; n++) {
        uint8_t *p = malloc(n + (n == 0));
        struct dry_bytes in = dry_bytes_of(p, n);
        struct dry_hash a, b;

        CHECK(p != NULL);
        rand_fill(&rand, p, n);
        dry_keccak256(&a, in);
        dry_portable_keccak256(&b, in);
        CHECK_BYTES(DRY_BYTES_ARRAY(a.b), DRY_BYTES_ARRAY(b.b), "keccak256");
        dry_sha256(a.b, in);
        dry_portable_sha256(b.b, in);
        CHECK_BYTES(DRY_BYTES_ARRAY(a.b), DRY_BYTES_ARRAY(b.b), "sha256");
        dry_ripemd160(a.b, in);
        dry_portable_ripemd160(b.b, in);
        CHECK_BYTES(dry_bytes_of(a.b, 20), dry_bytes_of(b.b, 20), "ripemd160");
        free(p);
    }
}

/* A message given in parts hashes as the whole, however it is cut; both paths may take turns. */
static void keccak_in_parts(void **state)
{
    struct rand_stream rand = {136};
    uint8_t message[1000];
    struct dry_hash whole, parts;

    (void)state;
    rand_fill(&rand, message, sizeof(message));
    for (unsigned i = 0; i < 2000; i++) {
        size_t n = rand_next(&rand) % (sizeof(message) + 1), at = 0;
        struct dry_keccak k;

        dry_keccak256(&whole, dry_bytes_of(message, n));
        dry_keccak_init(&k);
        while (at < n) {
            size_t limit = rand_next(&rand) % 4 == 0 ? 300 : 140;
            size_t part = rand_next(&rand) % limit;
            if (part > n - at)
                part = n - at;
            if (rand_next(&rand) % 2 == 0)
                dry_keccak_update(&k, dry_bytes_of(message + at, part));
            else
                dry_portable_keccak_update(&k, dry_bytes_of(message + at, part));
            at += part;
        }
        dry_keccak_update(&k, DRY_BYTES_EMPTY);
        if (i % 2 == 0)
            dry_keccak_final(&k, &parts);
        else
            dry_portable_keccak_final(&k, &parts);
        CHECK(dry_hash_equal(&whole, &parts));
    }
    /* A zeroed object is an initialised one. */
    struct dry_keccak zeroed = {0};
    dry_keccak_final(&zeroed, &parts);
    CHECK(dry_hash_equal(&parts, &dry_hash_empty_code));
}

struct blake_case {
    uint32_t rounds;
    bool final;
    const char *out;
};

/* EIP-152, test vectors 4 to 7: the first block of BLAKE2b-512("abc") under several numbers of
 * rounds. */
static const struct blake_case blake_cases[] = {
    {0, true,
     "08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
     "d282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cde05b"},
    {12, true,
     "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
     "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"},
    {12, false,
     "75ab69d3190a562c51aef8d88f1c2775876944407270c42c9844252c26d28752"
     "98743e7f6d5ea2f2d3e8d226039cd31b4e426ac4f2d3d666a610c2116fde4735"},
    {1, true,
     "b63a380cb2897d521994a85234ee2c181b5f844d2c624c002677e9703449d2fb"
     "a551b3a8333bcdf5f2f7e08993d53923de3d64fcc68c034e717b9293fed7a421"},
};

static void blake2f_vectors(void **state)
{
    static const char start[] = "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
                                "d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b";
    const uint64_t m[16] = {0x636261};

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(blake_cases); i++) {
        const struct blake_case *c = &blake_cases[i];
        uint64_t a[8], b[8];

        memcpy(a, test_hex(start).ptr, 64);
        memcpy(b, a, 64);
        dry_blake2f(a, m, 3, 0, c->final, c->rounds);
        dry_portable_blake2f(b, m, 3, 0, c->final, c->rounds);
        CHECK_BYTES(dry_bytes_of(a, 64), test_hex(c->out), "fast");
        CHECK_BYTES(dry_bytes_of(b, 64), test_hex(c->out), "portable");
    }
}

/* Any number of rounds, counter and message: both paths agree. */
static void blake2f_paths_agree(void **state)
{
    struct rand_stream rand = {152};

    (void)state;
    for (unsigned i = 0; i < 3000; i++) {
        uint64_t a[8], b[8], m[16], t0 = rand_next(&rand), t1 = rand_next(&rand);
        bool final = rand_next(&rand) % 2 == 0;
        uint32_t rounds = (uint32_t)(rand_next(&rand) % 64);

        rand_fill(&rand, (uint8_t *)a, sizeof(a));
        rand_fill(&rand, (uint8_t *)m, sizeof(m));
        memcpy(b, a, sizeof(b));
        dry_blake2f(a, m, t0, t1, final, rounds);
        dry_portable_blake2f(b, m, t0, t1, final, rounds);
        CHECK(memcmp(a, b, sizeof(a)) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors),
        cmocka_unit_test(well_known_constants),
        cmocka_unit_test(paths_agree_at_every_length),
        cmocka_unit_test(keccak_in_parts),
        cmocka_unit_test(blake2f_vectors),
        cmocka_unit_test(blake2f_paths_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
