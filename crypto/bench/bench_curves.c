/* Modexp, bn254, BLS12-381 and KZG: nanoseconds of processor time for each operation, the best of
 * several rounds, through the fast and, where there is one, the portable path. Exits 1 when an
 * operation fails. */
#include <drystone/common/hex.h>
#include <drystone/crypto/portable.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 7, ROUND_NS = 40000000 };

enum { PRODUCTS_MAX = 128 };

struct bench {
    uint8_t g1[64], scalar[32], pairs[2 * 192];
    uint8_t bls_sum1[256], bls_sum2[512], bls_pairs[2 * 384], field[128];
    uint8_t msm1[PRODUCTS_MAX * 160], msm2[PRODUCTS_MAX * 288];
    uint8_t opening[160]; /* commitment, z, y, proof */
    uint8_t base[256], exp[256], mod[256], out[256];
    size_t n, exp_len; /* pairs, products, or bytes of modexp's operands */
};

/* A generator of G2 and its negative beside (1, 2); an opening the precompile's tests publish. */
static const char g2_hex[] = "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
                             "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
                             "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
                             "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa";
static const char order_less_1_hex[] =
    "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000000";
static const char opening_hex[] = "8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca2"
                                  "5f26936857bc3a7c2539ea8ec3a952b7"
                                  "564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306"
                                  "24d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a1"
                                  "873033e038326e87ed3e1276fd140253fa08e9fc25fb2d9a98527fc22a2c9612"
                                  "fbeafdad446cbc7bcdbdcd780af2c16a";

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static bool modexp_fast(struct bench *b)
{
    return dry_ok(dry_modexp(b->out, dry_bytes_of(b->base, b->n), dry_bytes_of(b->exp, b->exp_len),
                             dry_bytes_of(b->mod, b->n)));
}

static bool modexp_portable(struct bench *b)
{
    return dry_ok(dry_portable_modexp(b->out, dry_bytes_of(b->base, b->n),
                                      dry_bytes_of(b->exp, b->exp_len),
                                      dry_bytes_of(b->mod, b->n)));
}

static bool bn_add_fast(struct bench *b)
{
    return dry_bn254_add(b->g1, b->g1, b->pairs);
}

static bool bn_add_portable(struct bench *b)
{
    return dry_portable_bn254_add(b->g1, b->g1, b->pairs);
}

static bool bn_mul_fast(struct bench *b)
{
    return dry_bn254_mul(b->g1, b->g1, b->scalar);
}

static bool bn_mul_portable(struct bench *b)
{
    return dry_portable_bn254_mul(b->g1, b->g1, b->scalar);
}

static bool bn_pairing_fast(struct bench *b)
{
    bool one = false;

    return dry_bn254_pairing(&one, dry_bytes_of(b->pairs, 192 * b->n)) && one == (b->n == 2);
}

static bool bn_pairing_portable(struct bench *b)
{
    bool one = false;

    return dry_portable_bn254_pairing(&one, dry_bytes_of(b->pairs, 192 * b->n)) &&
           one == (b->n == 2);
}

static bool bls_g1add(struct bench *b)
{
    return dry_bls12_g1add(b->out, DRY_BYTES_ARRAY(b->bls_sum1)) == DRY_BLS_OK;
}

static bool bls_g2add(struct bench *b)
{
    return dry_bls12_g2add(b->out, DRY_BYTES_ARRAY(b->bls_sum2)) == DRY_BLS_OK;
}

static bool bls_g1msm(struct bench *b)
{
    return dry_bls12_g1msm(b->out, dry_bytes_of(b->msm1, 160 * b->n)) == DRY_BLS_OK;
}

static bool bls_g2msm(struct bench *b)
{
    return dry_bls12_g2msm(b->out, dry_bytes_of(b->msm2, 288 * b->n)) == DRY_BLS_OK;
}

static bool bls_pairing(struct bench *b)
{
    return dry_bls12_pairing(b->out, dry_bytes_of(b->bls_pairs, 384 * b->n)) == DRY_BLS_OK;
}

static bool bls_map1(struct bench *b)
{
    return dry_bls12_map_fp_to_g1(b->out, dry_bytes_of(b->field, 64)) == DRY_BLS_OK;
}

static bool bls_map2(struct bench *b)
{
    return dry_bls12_map_fp2_to_g2(b->out, dry_bytes_of(b->field, 128)) == DRY_BLS_OK;
}

static bool kzg_opening(struct bench *b)
{
    return dry_kzg_verify_proof(b->opening, b->opening + 48, b->opening + 80, b->opening + 112);
}

static bool hex_set(uint8_t *out, size_t n, const char *hex)
{
    return dry_ok(dry_hex_decode_fixed(out, n, dry_bytes_of(hex, 2 * n)));
}

static bool bench_init(struct bench *b)
{
    uint64_t x = 1;
    uint8_t *const fill[] = {b->base, b->exp, b->mod};
    bool ok = true;

    for (size_t k = 0; k < DRY_COUNT(fill); k++)
        for (size_t i = 0; i < 256; i++)
            fill[k][i] = (uint8_t)((x = x * 6364136223846793005 + 1442695040888963407) >> 56) | 1;
    memcpy(b->scalar, b->base, 32);
    b->pairs[31] = 1; /* (1, 2) */
    b->pairs[63] = 2;
    ok = ok && hex_set(b->pairs + 64, 128, g2_hex) && hex_set(b->pairs + 256, 128, g2_hex);
    ok = ok && hex_set(b->out, 32, order_less_1_hex) &&
         dry_bn254_mul(b->pairs + 192, b->pairs, b->out) &&
         dry_bn254_mul(b->g1, b->pairs, b->scalar);
    for (size_t i = 0; i < PRODUCTS_MAX && ok; i++) {
        for (size_t k = 0; k < 2; k++)
            for (size_t j = 17; j < 64; j++)
                b->field[64 * k + j] = b->base[(i + 3 * j + k) % 256];
        ok = bls_map1(b);
        memcpy(b->msm1 + 160 * i, b->out, 128);
        ok = ok && bls_map2(b);
        memcpy(b->msm2 + 288 * i, b->out, 256);
        for (size_t j = 0; j < 32; j++)
            b->msm1[160 * i + 128 + j] = b->msm2[288 * i + 256 + j] = b->mod[(7 * i + j) % 256];
    }
    for (size_t k = 0; k < 2; k++) {
        memcpy(b->bls_sum1 + 128 * k, b->msm1 + 160 * k, 128);
        memcpy(b->bls_sum2 + 256 * k, b->msm2 + 288 * k, 256);
        memcpy(b->bls_pairs + 384 * k, b->msm1 + 160 * k, 128);
        memcpy(b->bls_pairs + 384 * k + 128, b->msm2 + 288 * k, 256);
    }
    return ok && hex_set(b->opening, sizeof(b->opening), opening_hex);
}

/* Best time of one call in ns; negative when a call failed. */
static double measure(struct bench *b, bool (*run)(struct bench *))
{
    double best = -1;
    unsigned times = 1;

    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns(), ns;

        for (unsigned i = 0; i < times; i++)
            if (!run(b))
                return -1;
        ns = (now_ns() - start) / times;
        if (round == 0)
            times = ns < ROUND_NS ? (unsigned)(ROUND_NS / (ns + 1)) + 1 : 1;
        else if (best < 0 || ns < best)
            best = ns;
    }
    return best;
}

static const struct {
    const char *name;
    size_t n, exp_len;
    bool (*fast)(struct bench *), (*portable)(struct bench *);
} rows[] = {
    {"modexp 256 bits", 32, 32, modexp_fast, modexp_portable},
    {"modexp 1024 bits", 128, 128, modexp_fast, modexp_portable},
    {"modexp 2048 bits", 256, 256, modexp_fast, modexp_portable},
    {"modexp 2048 bits, exponent 24 bits", 256, 3, modexp_fast, modexp_portable},
    {"bn254 addition", 0, 0, bn_add_fast, bn_add_portable},
    {"bn254 multiplication", 0, 0, bn_mul_fast, bn_mul_portable},
    {"bn254 pairing, 1 pair", 1, 0, bn_pairing_fast, bn_pairing_portable},
    {"bn254 pairing, 2 pairs", 2, 0, bn_pairing_fast, bn_pairing_portable},
    {"BLS12-381 G1 addition", 0, 0, bls_g1add, NULL},
    {"BLS12-381 G2 addition", 0, 0, bls_g2add, NULL},
    {"BLS12-381 G1 sum of 1 product", 1, 0, bls_g1msm, NULL},
    {"BLS12-381 G1 sum of 2 products", 2, 0, bls_g1msm, NULL},
    {"BLS12-381 G1 sum of 128 products", 128, 0, bls_g1msm, NULL},
    {"BLS12-381 G2 sum of 1 product", 1, 0, bls_g2msm, NULL},
    {"BLS12-381 G2 sum of 128 products", 128, 0, bls_g2msm, NULL},
    {"BLS12-381 pairing, 2 pairs", 2, 0, bls_pairing, NULL},
    {"BLS12-381 map to G1", 0, 0, bls_map1, NULL},
    {"BLS12-381 map to G2", 0, 0, bls_map2, NULL},
    {"KZG opening", 0, 0, kzg_opening, NULL},
};

int main(void)
{
    static struct bench b;
    double opening;
    struct dry_kzg *kzg = NULL;

    if (!bench_init(&b)) {
        fprintf(stderr, "bench_curves: cannot make the inputs\n");
        return 1;
    }
    printf("%-36s %12s %12s\n", "ns for one", "fast", "portable");
    for (size_t i = 0; i < DRY_COUNT(rows); i++) {
        double fast, portable = 0;

        b.n = rows[i].n;
        b.exp_len = rows[i].exp_len;
        fast = measure(&b, rows[i].fast);
        if (rows[i].portable != NULL)
            portable = measure(&b, rows[i].portable);
        if (fast < 0 || portable < 0) {
            fprintf(stderr, "bench_curves: %s failed\n", rows[i].name);
            return 1;
        }
        printf("%-36s %12.0f", rows[i].name, fast);
        if (rows[i].portable != NULL)
            printf(" %12.0f", portable);
        printf("\n");
    }
    opening = now_ns();
    if (!dry_ok(dry_kzg_open(&kzg)))
        return 1;
    printf("%-36s %12.0f\n", "KZG set-up", now_ns() - opening);
    dry_kzg_close(kzg);
    return 0;
}
