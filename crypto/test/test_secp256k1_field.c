/* secp256k1's field: sums, differences, halves and products of numbers at the edges of what 256
 * bits hold, by the C code and by the assembly, are what plain modular arithmetic says. The
 * generator's table is its multiples. */
#include "rand.h"
#include <drystone/test.h>
#pragma GCC diagnostic ignored "-Wunused-function"
#include "portable/secp256k1_recover.h"

#if defined(__x86_64__) && defined(__ELF__)
void dry__secp256k1_fe_mul(struct dry_u256 *out, const struct dry_u256 *a,
                           const struct dry_u256 *b);
void dry__secp256k1_fe_sqr(struct dry_u256 *out, const struct dry_u256 *a);
void dry__secp256k1_fe_sqr_times(struct dry_u256 *out, const struct dry_u256 *a, uint64_t n);
#endif

static void check(struct dry_u256 got, const struct dry_u256 *want, const char *what)
{
    fe_normalize(&got);
    CHECK_MSG(dry_u256_equal(&got, want), what);
}

static void check_asm(const struct dry_u256 *a, const struct dry_u256 *b,
                      const struct dry_u256 *product)
{
#if defined(__x86_64__) && defined(__ELF__)
    struct dry_u256 r, want;

    if (!__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("adx"))
        return;
    dry__secp256k1_fe_mul(&r, a, b);
    check(r, product, "assembly product");
    dry_u256_mulmod_var(&want, a, a, &prime);
    dry__secp256k1_fe_sqr(&r, a);
    check(r, &want, "assembly square");
    dry_u256_mulmod_var(&want, &want, &want, &prime);
    dry_u256_mulmod_var(&want, &want, &want, &prime);
    r = *a;
    dry__secp256k1_fe_sqr_times(&r, &r, 3);
    check(r, &want, "assembly squares");
#else
    (void)a, (void)b, (void)product;
#endif
}

static void check_pair(const struct dry_u256 *a, const struct dry_u256 *b)
{
    struct dry_u256 r, want, t, less;

    fe_add(&r, a, b);
    dry_u256_addmod_var(&want, a, b, &prime);
    check(r, &want, "sum");
    fe_sub(&r, a, b);
    less = *b;
    fe_normalize(&less);
    dry_u256_sub(&t, &prime, &less);
    dry_u256_addmod_var(&want, a, &t, &prime);
    check(r, &want, "difference");
    fe_half(&r, a);
    fe_add(&r, &r, &r);
    t = *a;
    fe_normalize(&t);
    check(r, &t, "half");
    fe_mul(&r, a, b);
    dry_u256_mulmod_var(&want, a, b, &prime);
    check(r, &want, "product");
    check_asm(a, b, &want);
    CHECK(fe_is_zero(a) == dry_u256_is_zero(&t));
}

static void edges(void **state)
{
    struct dry_u256 v[64];
    size_t n = 0;

    (void)state;
    for (uint64_t i = 0; i < 8; i++) {
        const struct dry_u256 small = DRY_U256(i);

        v[n++] = small;
        dry_u256_sub(&v[n++], &DRY_U256_ZERO, &small); /* 2^256 - i */
        dry_u256_sub(&v[n++], &prime, &small);
        dry_u256_add(&v[n++], &prime, &small);
        v[n++] = DRY_U256(PRIME_GAP - 4 + i);
        v[n++] = (struct dry_u256){{UINT64_MAX << i, 0, UINT64_MAX, UINT64_MAX >> i}};
        v[n++] = (struct dry_u256){{0, UINT64_MAX << i, 0, UINT64_MAX << i}};
    }
    CHECK(n <= DRY_COUNT(v));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            check_pair(&v[i], &v[j]);
}

static void any(void **state)
{
    struct rand_stream rand = {9};

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct dry_u256 v[2];

        rand_fill(&rand, (uint8_t *)v, sizeof(v));
        check_pair(&v[0], &v[1]);
    }
}

static void table_is_multiples(void **state)
{
    (void)state;
    for (unsigned i = 0; i < DRY__SECP256K1_TABLE; i++) {
        uint8_t secret[32] = {0}, want[64], got[64];

        secret[31] = (uint8_t)(2 * i + 1);
        CHECK(dry_secp256k1_pubkey(want, secret));
        dry_u256_to_be32(got, &dry__secp256k1_table[i].x);
        dry_u256_to_be32(got + 32, &dry__secp256k1_table[i].y);
        CHECK(memcmp(got, want, 64) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges),
        cmocka_unit_test(any),
        cmocka_unit_test(table_is_multiples),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
