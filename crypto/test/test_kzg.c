/* KZG openings, blobs and cells: known answers, round trips, and every part tampered with. */
#include "rand.h"
#include <drystone/crypto.h>
#include <drystone/test.h>

#define ZERO32 "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES32 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define ORDER "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"
#define ORDER_LESS_1 "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000"
#define INF "c0" ZERO32 "000000000000000000000000000000"
#define G1                                                                                     \
    "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00a" \
    "db22c6bb"
#define G1_NEG                                                                                 \
    "b7f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00a" \
    "db22c6bb"
#define ONE32 "0000000000000000000000000000000000000000000000000000000000000001"
/* An opening that go-ethereum's tests of the precompile publish. */
#define C1                                                                                     \
    "8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca25f26936857bc3a7c2539ea8e" \
    "c3a952b7"
#define Z1 "564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306"
#define Y1 "24d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a1"
#define PROOF1                                                                                 \
    "873033e038326e87ed3e1276fd140253fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd78" \
    "0af2c16a"

static const struct {
    const char *name, *commitment, *z, *y, *proof;
    bool valid;
} openings[] = {
    {"published", C1, Z1, Y1, PROOF1, true},
    {"polynomial zero", INF, Z1, ZERO32, INF, true},
    {"polynomial zero at zero", INF, ZERO32, ZERO32, INF, true},
    {"polynomial one", G1, Z1, ONE32, INF, true},
    {"polynomial one at the last number", G1, ORDER_LESS_1, ONE32, INF, true},
    {"polynomial minus one", G1_NEG, Z1, ORDER_LESS_1, INF, true},
    {"zero is not one", INF, Z1, ONE32, INF, false},
    {"one is not zero", G1, Z1, ZERO32, INF, false},
    {"other point", C1, Y1, Y1, PROOF1, false},
    {"other value", C1, Z1, Z1, PROOF1, false},
    {"other proof", C1, Z1, Y1, INF, false},
    {"other proof, finite", C1, Z1, Y1, G1, false},
    {"proof and commitment exchanged", PROOF1, Z1, Y1, C1, false},
    {"z is the order", INF, ORDER, ZERO32, INF, false},
    {"y is the order", INF, Z1, ORDER, INF, false},
    {"z of 256 bits", INF, ONES32, ZERO32, INF, false},
    {"y of 256 bits", INF, Z1, ONES32, INF, false},
};

static void verifies_openings(void **state)
{
    (void)state;
    for (size_t i = 0; i < DRY_COUNT(openings); i++) {
        const bool valid =
            dry_kzg_verify_proof(test_hex(openings[i].commitment).ptr, test_hex(openings[i].z).ptr,
                                 test_hex(openings[i].y).ptr, test_hex(openings[i].proof).ptr);

        CHECK_MSG(valid == openings[i].valid, openings[i].name);
    }
}

static const struct {
    const char *name, *point;
} bad_points[] = {
    {"not compressed", "17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac58"
                       "6c55e83ff97a1aeffb3af00adb22c6bb"},
    {"zeros", ZERO32 "00000000000000000000000000000000"},
    {"ones", ONES32 "ffffffffffffffffffffffffffffffff"},
    {"infinity with a sign", "e0" ZERO32 "000000000000000000000000000000"},
    {"infinity with a coordinate", "c0" ZERO32 "000000000000000000000000000001"},
    {"x is p", "9a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f624"
               "1eabfffeb153ffffb9feffffffffaaab"},
    {"x has no y", "8123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                   "0123456789abcdef0123456789abcdef"},
    {"(0, 2), outside the group", "80" ZERO32 "000000000000000000000000000000"},
    {"outside the group", "acd5594320f7c24cb53336746f56cba656a91e15ca23703d02d85127cba9ea18"
                          "e58f63f397a816b22bfcb869b588a95b"},
};

/* ATTACKS 42 */
static void refuses_bad_points(void **state)
{
    const uint8_t *z = test_hex(Z1).ptr, *zero = test_hex(ZERO32).ptr, *inf = test_hex(INF).ptr;

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(bad_points); i++) {
        const uint8_t *point = test_hex(bad_points[i].point).ptr;

        CHECK_MSG(!dry_kzg_verify_proof(point, z, zero, inf), bad_points[i].name);
        CHECK_MSG(!dry_kzg_verify_proof(inf, z, zero, point), bad_points[i].name);
    }
}

/* Every bit of the published opening counts. */
static void refuses_damaged_openings(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 8 * 160; bit += 7) {
        uint8_t in[160];

        memcpy(in, test_hex(C1 Z1 Y1 PROOF1).ptr, sizeof(in));
        in[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(!dry_kzg_verify_proof(in, in + 48, in + 80, in + 112));
    }
}

/* --- blobs --- */

enum { BLOBS = 2 };

struct sidecar {
    struct dry_kzg *kzg;
    uint8_t blobs[BLOBS][DRY_BLOB_BYTES];
    uint8_t commitments[BLOBS][48];
    uint8_t proofs[BLOBS][48];
    uint8_t cells[BLOBS][DRY_CELLS_PER_BLOB][48];
};

static bool blobs_valid(const struct sidecar *s)
{
    bool valid = false;

    CHECK(dry_ok(
        dry_kzg_verify_blobs(s->kzg, &valid, s->blobs[0], s->commitments[0], s->proofs[0], BLOBS)));
    return valid;
}

static bool cells_valid(const struct sidecar *s)
{
    bool valid = false;

    CHECK(dry_ok(dry_kzg_verify_cells(s->kzg, &valid, s->blobs[0], s->commitments[0],
                                      s->cells[0][0], BLOBS)));
    return valid;
}

static int sidecar_make(void **state)
{
    struct sidecar *s = dry_alloc(sizeof(*s));
    struct rand_stream rng = {4844};

    if (s == NULL || !dry_ok(dry_kzg_open(&s->kzg)))
        return -1;
    for (int i = 0; i < BLOBS; i++) {
        rand_fill(&rng, s->blobs[i], DRY_BLOB_BYTES);
        for (size_t k = 0; k < DRY_BLOB_BYTES; k += 32)
            s->blobs[i][k] &= 0x3f; /* below the order */
        if (!dry_ok(dry_kzg_commit(s->kzg, s->commitments[i], s->proofs[i], s->cells[i][0],
                                   s->blobs[i])))
            return -1;
    }
    *state = s;
    return 0;
}

static int sidecar_free(void **state)
{
    struct sidecar *s = *state;

    dry_kzg_close(s->kzg);
    dry_free(s);
    dry_kzg_close(NULL);
    return 0;
}

static void round_trip(void **state)
{
    struct sidecar *s = *state;
    bool valid = false;

    CHECK(blobs_valid(s));
    CHECK(cells_valid(s));
    CHECK(dry_ok(dry_kzg_verify_blobs(s->kzg, &valid, NULL, NULL, NULL, 0)));
    CHECK(valid);
    valid = false;
    CHECK(dry_ok(dry_kzg_verify_cells(s->kzg, &valid, NULL, NULL, NULL, 0)));
    CHECK(valid);
}

/* A blob of zeros commits to infinity, a blob of ones to the generator: the set-up is the one
 * meant. */
static void known_commitments(void **state)
{
    struct sidecar *s = *state;
    uint8_t *blob = dry_alloc(DRY_BLOB_BYTES), c[48], proof[48];

    CHECK(blob != NULL);
    CHECK(dry_ok(dry_kzg_commit(s->kzg, c, proof, NULL, blob)));
    CHECK_BYTES(DRY_BYTES_ARRAY(c), test_hex(INF), "zeros");
    CHECK_BYTES(DRY_BYTES_ARRAY(proof), test_hex(INF), "its proof");
    for (size_t k = 31; k < DRY_BLOB_BYTES; k += 32)
        blob[k] = 1;
    CHECK(dry_ok(dry_kzg_commit(s->kzg, c, proof, NULL, blob)));
    CHECK_BYTES(DRY_BYTES_ARRAY(c), test_hex(G1), "ones");
    CHECK_BYTES(DRY_BYTES_ARRAY(proof), test_hex(INF), "its proof");
    dry_free(blob);
}

static void refuses_tampering(void **state)
{
    struct sidecar *s = *state;
    uint8_t *const parts[] = {&s->blobs[0][31],       &s->blobs[1][DRY_BLOB_BYTES - 1],
                              &s->commitments[1][20], &s->proofs[0][47],
                              &s->cells[0][0][5],     &s->cells[1][127][40]};

    for (size_t i = 0; i < DRY_COUNT(parts); i++) {
        *parts[i] ^= 1;
        CHECK(blobs_valid(s) == (i >= 4));
        CHECK(cells_valid(s) == (i == 3));
        *parts[i] ^= 1;
    }
}

static void swap(uint8_t *a, uint8_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint8_t t = a[i];

        a[i] = b[i];
        b[i] = t;
    }
}

static void refuses_exchanges(void **state)
{
    struct sidecar *s = *state;

    swap(s->proofs[0], s->proofs[1], 48);
    CHECK(!blobs_valid(s));
    swap(s->proofs[0], s->proofs[1], 48);
    swap(s->commitments[0], s->commitments[1], 48);
    CHECK(!blobs_valid(s));
    CHECK(!cells_valid(s));
    swap(s->commitments[0], s->commitments[1], 48);
    swap(s->cells[0][1], s->cells[0][2], 48);
    CHECK(!cells_valid(s));
    swap(s->cells[0][1], s->cells[0][2], 48);
    swap(s->cells[0][9], s->cells[1][9], 48);
    CHECK(!cells_valid(s));
    swap(s->cells[0][9], s->cells[1][9], 48);
    CHECK(blobs_valid(s));
    CHECK(cells_valid(s));
}

/* A number in a blob that is not below the order: an answer for a peer's blob, an error for one's
 * own. */
static void refuses_large_numbers(void **state)
{
    struct sidecar *s = *state;
    uint8_t saved[32], c[48];

    memcpy(saved, s->blobs[1] + 64, 32);
    memcpy(s->blobs[1] + 64, test_hex(ORDER).ptr, 32);
    CHECK(!blobs_valid(s));
    CHECK(!cells_valid(s));
    CHECK(dry_kzg_commit(s->kzg, c, NULL, NULL, s->blobs[1]).code == DRY_CODE_EINVAL);
    memcpy(s->blobs[1] + 64, saved, 32);
}

static void cells_fail_without_memory(void **state)
{
    struct sidecar *s = *state;
    bool valid = false;
    dry_status st;

    TEST_EACH_ALLOC_FAILS({
        st =
            dry_kzg_verify_cells(s->kzg, &valid, s->blobs[0], s->commitments[0], s->cells[0][0], 1);
        CHECK(st.code == (test_alloc_failed() ? DRY_CODE_ENOMEM : DRY_CODE_OK));
        CHECK(valid == !test_alloc_failed());
    });
}

int main(void)
{
    const struct CMUnitTest openings_tests[] = {
        cmocka_unit_test(verifies_openings),
        cmocka_unit_test(refuses_bad_points),
        cmocka_unit_test(refuses_damaged_openings),
    };
    const struct CMUnitTest blob_tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(known_commitments),
        cmocka_unit_test(refuses_tampering),
        cmocka_unit_test(refuses_exchanges),
        cmocka_unit_test(refuses_large_numbers),
        cmocka_unit_test(cells_fail_without_memory),
    };
    const int failed = cmocka_run_group_tests(openings_tests, NULL, NULL);

    return failed + cmocka_run_group_tests(blob_tests, sidecar_make, sidecar_free);
}
