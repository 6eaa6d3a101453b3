/* 256-bit words give what GMP gives, on a million random and awkward operands, and the EVM's
 * answers where mathematics has none. */
#include "samples.h"
#include <gmp.h>
#include <limits.h>

#define ROUNDS 1000000

static mpz_t za, zb, zm, zq, zr, modulus;

static void to_mpz(mpz_t z, const struct dry_u256 *a)
{
    mpz_import(z, 4, -1, 8, 0, 0, a->w);
}

/* Whether a is z mod 2^256 (z may be negative). */
static bool same(const mpz_t z, const struct dry_u256 *a)
{
    static mpz_t t, u;
    static bool ready;

    if (!ready) {
        mpz_inits(t, u, NULL);
        ready = true;
    }
    mpz_fdiv_r_2exp(t, z, 256);
    to_mpz(u, a);
    return mpz_cmp(t, u) == 0;
}

static void to_signed(mpz_t z, const struct dry_u256 *a)
{
    to_mpz(z, a);
    if (a->w[3] >> 63 != 0)
        mpz_sub(z, z, modulus);
}

static void check_division(const struct dry_u256 *a, const struct dry_u256 *b)
{
    struct dry_u256 q, r, x;

    to_mpz(za, a);
    to_mpz(zb, b);
    dry_u256_divmod_var(&q, &r, a, b);
    if (mpz_sgn(zb) == 0) {
        CHECK(dry_u256_is_zero(&q) && dry_u256_is_zero(&r));
        dry_u256_sdiv_var(&q, a, b);
        dry_u256_smod_var(&r, a, b);
        CHECK(dry_u256_is_zero(&q) && dry_u256_is_zero(&r));
        return;
    }
    mpz_tdiv_qr(zq, zr, za, zb);
    CHECK(same(zq, &q) && same(zr, &r));
    x = *a;
    dry_u256_divmod_var(&x, NULL, &x, b);
    CHECK(dry_u256_equal(&x, &q));
    x = *b;
    dry_u256_divmod_var(NULL, &x, a, &x);
    CHECK(dry_u256_equal(&x, &r));
    to_signed(za, a);
    to_signed(zb, b);
    mpz_tdiv_qr(zq, zr, za, zb);
    dry_u256_sdiv_var(&q, a, b);
    dry_u256_smod_var(&r, a, b);
    CHECK(same(zq, &q) && same(zr, &r));
    CHECK(dry_u256_signed_less(a, b) == (mpz_cmp(za, zb) < 0));
}

static void check_ring(const struct dry_u256 *a, const struct dry_u256 *b, const struct dry_u256 *m)
{
    struct dry_u256 x, y;

    to_mpz(za, a);
    to_mpz(zb, b);
    to_mpz(zm, m);
    mpz_add(zq, za, zb);
    CHECK(dry_u256_add(&x, a, b) == (mpz_cmp(zq, modulus) >= 0) && same(zq, &x));
    dry_u256_addmod_var(&y, a, b, m);
    if (mpz_sgn(zm) != 0)
        mpz_tdiv_r(zq, zq, zm);
    CHECK(mpz_sgn(zm) != 0 ? same(zq, &y) : dry_u256_is_zero(&y));
    mpz_sub(zq, za, zb);
    CHECK(dry_u256_sub(&x, a, b) == (mpz_sgn(zq) < 0) && same(zq, &x));
    CHECK(dry_u256_less(a, b) == (mpz_sgn(zq) < 0));
    CHECK((dry_u256_compare(a, b) > 0) == (mpz_sgn(zq) > 0));
    CHECK((dry_u256_compare(a, b) < 0) == (mpz_sgn(zq) < 0));
    mpz_mul(zq, za, zb);
    dry_u256_mul(&x, a, b);
    CHECK(same(zq, &x));
    CHECK(dry_u256_mul_overflow(&y, a, b) == (mpz_cmp(zq, modulus) >= 0));
    CHECK(dry_u256_equal(&x, &y));
    dry_u256_mulmod_var(&y, a, b, m);
    if (mpz_sgn(zm) != 0)
        mpz_tdiv_r(zq, zq, zm);
    CHECK(mpz_sgn(zm) != 0 ? same(zq, &y) : dry_u256_is_zero(&y));
    x = *b;
    dry_u256_mul(&x, a, &x);
    mpz_mul(zq, za, zb);
    CHECK(same(zq, &x));
}

static void check_bits(const struct dry_u256 *a, unsigned n)
{
    struct dry_u256 x;

    to_mpz(za, a);
    mpz_mul_2exp(zq, za, n);
    dry_u256_shl(&x, a, n);
    CHECK(same(zq, &x));
    mpz_fdiv_q_2exp(zq, za, n);
    dry_u256_shr(&x, a, n);
    CHECK(same(zq, &x));
    x = *a;
    dry_u256_shr(&x, &x, n);
    CHECK(same(zq, &x));
    to_signed(zr, a);
    mpz_fdiv_q_2exp(zq, zr, n);
    dry_u256_sar(&x, a, n);
    CHECK(same(zq, &x));
    CHECK(dry_u256_bits(a) == (mpz_sgn(za) == 0 ? 0 : mpz_sizeinbase(za, 2)));
    CHECK(dry_u256_bytes(a) == (dry_u256_bits(a) + 7) / 8);
}

static void check_power(const struct dry_u256 *a, const struct dry_u256 *e)
{
    struct dry_u256 x;

    to_mpz(za, a);
    to_mpz(zb, e);
    mpz_powm(zq, za, zb, modulus);
    dry_u256_exp_var(&x, a, e);
    CHECK(same(zq, &x));
}

static void check_text(const struct dry_u256 *a)
{
    char got[DRY_U256_DEC_MAX], hex[DRY_U256_HEX_MAX], want[100];
    uint8_t be[32];
    struct dry_u256 x;
    size_t n;

    to_mpz(za, a);
    gmp_snprintf(want, sizeof(want), "%Zd", za);
    n = dry_u256_to_dec(got, a);
    CHECK(n == strlen(want) && strcmp(got, want) == 0);
    CHECK(dry_ok(dry_u256_from_text(&x, dry_bytes_of(got, n))) && dry_u256_equal(&x, a));
    gmp_snprintf(want, sizeof(want), "0x%Zx", za);
    n = dry_u256_to_hex(hex, a);
    CHECK(n == strlen(want) && strcmp(hex, want) == 0);
    CHECK(dry_ok(dry_u256_from_text(&x, dry_bytes_of(hex, n))) && dry_u256_equal(&x, a));
    dry_u256_to_be32(be, a);
    dry_u256_from_be32(&x, be);
    CHECK(dry_u256_equal(&x, a));
    n = dry_u256_bytes(a);
    CHECK(dry_ok(dry_u256_from_be(&x, dry_bytes_of(be + 32 - n, n))) && dry_u256_equal(&x, a));
}

static void agrees_with_gmp(void **state)
{
    struct sample_rand r = {2026};

    (void)state;
    for (long i = 0; i < ROUNDS; i++) {
        struct dry_u256 a, b, m;

        sample_u256(&r, &a);
        sample_u256(&r, &b);
        sample_u256(&r, &m);
        check_division(&a, &b);
        check_ring(&a, &b, &m);
        if (i % 8 == 0) {
            check_bits(&a, (unsigned)(sample_next(&r) % 260));
            check_text(&a);
        }
        if (i % 64 == 0) {
            check_power(&a, &b);
            a.w[0] |= 1;
            check_power(&a, &DRY_U256(i % 300));
            a = DRY_U256((uint64_t)1 << i / 64 % 64);
            check_power(&a, &DRY_U256(sample_next(&r) % 20));
        }
    }
}

/* Division's rare branches: a remainder within a hair of a multiple of the divisor, and top limbs
 * equal to the divisor's. */
static void divides_next_to_multiples(void **state)
{
    struct sample_rand r = {7};

    (void)state;
    for (long i = 0; i < ROUNDS / 4; i++) {
        struct dry_u256 q, b, a, d = DRY_U256(sample_next(&r) % 3);

        sample_u256(&r, &b);
        sample_u256(&r, &q);
        dry_u256_shr(&q, &q, dry_u256_bits(&b));
        dry_u256_mul(&a, &b, &q);
        if (i % 2 == 0)
            dry_u256_sub(&a, &a, &d);
        else
            dry_u256_add(&a, &a, &d);
        check_division(&a, &b);
        check_ring(&b, &a, &b);
        a = b;
        a.w[i % 2] = sample_next(&r);
        dry_u256_shl(&a, &a, (unsigned)(sample_next(&r) % 80));
        check_division(&a, &b);
    }
}

static void knows_the_edges(void **state)
{
    struct dry_u256 edges[64], x, y, min = {{0, 0, 0, (uint64_t)1 << 63}}, one = DRY_U256(1);
    size_t n = 0;

    (void)state;
    edges[n++] = DRY_U256_ZERO;
    for (unsigned i = 0; i < 4; i++) {
        struct dry_u256 p = DRY_U256_ZERO;

        p.w[i] = 1;
        edges[n++] = p;
        p.w[i] = (uint64_t)1 << 63;
        edges[n++] = p;
        p.w[i] = UINT64_MAX;
        edges[n++] = p;
        dry_u256_sub(&p, &p, &one);
        edges[n++] = p;
    }
    edges[n++] = DRY_U256_MAX;
    dry_u256_sub(&edges[n++], &DRY_U256_MAX, &one);
    for (size_t i = 0; i < n; i++) {
        check_text(&edges[i]);
        for (unsigned s = 0; s <= 300; s++)
            check_bits(&edges[i], s);
        for (size_t j = 0; j < n; j++) {
            check_division(&edges[i], &edges[j]);
            check_power(&edges[i], &edges[j]);
            for (size_t k = 0; k < n; k++)
                check_ring(&edges[i], &edges[j], &edges[k]);
        }
    }
    check_bits(&DRY_U256_MAX, 1000);
    dry_u256_shl(&x, &one, UINT_MAX);
    dry_u256_sar(&y, &DRY_U256_MAX, UINT_MAX);
    CHECK(dry_u256_is_zero(&x) && dry_u256_equal(&y, &DRY_U256_MAX));
    /* The one signed quotient that does not fit is its own negation. */
    dry_u256_sdiv_var(&x, &min, &DRY_U256_MAX);
    CHECK(dry_u256_equal(&x, &min));
    CHECK(dry_u256_saturate_u64(&DRY_U256(5)) == 5);
    CHECK(dry_u256_saturate_u64(&DRY_U256_MAX) == UINT64_MAX);
}

static void refuses_bad_text(void **state)
{
    static const char *const bad[] = {
        "", "0x", " 1", "1 ", "-1", "+1", "0x1g", "12a", "x1", "0b1",
        /* 2^256, both ways, and digits beyond */
        "115792089237316195423570985008687907853269984665640564039457584007913129639936",
        "0x10000000000000000000000000000000000000000000000000000000000000000",
        "999999999999999999999999999999999999999999999999999999999999999999999999999999999999"};
    static const char *const good[] = {
        "0", "0x0", "00", "0x00",
        "0X0000000000000000000000000000000000000000000000000000000000000000000000000000000000000"};
    struct dry_u256 x = DRY_U256(42);

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(bad); i++) {
        dry_status st = dry_u256_from_text(&x, dry_bytes_of(bad[i], strlen(bad[i])));

        CHECK_MSG(st.code == DRY_CODE_EDECODE && x.w[0] == 42, bad[i]);
    }
    for (size_t i = 0; i < DRY_COUNT(good); i++) {
        x = DRY_U256(42);
        CHECK_MSG(dry_ok(dry_u256_from_text(&x, dry_bytes_of(good[i], strlen(good[i])))), good[i]);
        CHECK_MSG(dry_u256_is_zero(&x), good[i]);
    }
    CHECK(dry_u256_from_be(&x, dry_bytes_of("0123456789012345678901234567890123", 33)).code ==
          DRY_CODE_EDECODE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_gmp),
        cmocka_unit_test(divides_next_to_multiples),
        cmocka_unit_test(knows_the_edges),
        cmocka_unit_test(refuses_bad_text),
    };

    mpz_inits(za, zb, zm, zq, zr, modulus, NULL);
    mpz_ui_pow_ui(modulus, 2, 256);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
