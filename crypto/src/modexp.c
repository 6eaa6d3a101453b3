/* Modular exponentiation by GMP, which brings its own memory (it stops the program when there is
 * none: the bound on lengths and the caller's gas keep its needs small). */
#include <drystone/crypto/portable.h>
#include <gmp.h>

dry_status dry_modexp(uint8_t *out, struct dry_bytes base, struct dry_bytes exp,
                      struct dry_bytes mod)
{
    mpz_t b, e, m;
    size_t zeros = 0;

    if (base.len > DRY_MODEXP_BYTES_MAX || exp.len > DRY_MODEXP_BYTES_MAX ||
        mod.len > DRY_MODEXP_BYTES_MAX)
        return DRY_STATUS(ELIMIT, "modexp operand is too long");
    if (mod.len == 0)
        return DRY_OK;
    while (zeros < mod.len && mod.ptr[zeros] == 0)
        zeros++;
    if (mod.len - zeros <= 8 && mod.ptr[mod.len - 1] % 2 == 0) /* ours is faster there by half */
        return dry_portable_modexp(out, base, exp, mod);
    memset(out, 0, mod.len);
    mpz_inits(b, e, m, NULL);
    mpz_import(m, mod.len, 1, 1, 1, 0, mod.ptr);
    if (mpz_cmp_ui(m, 1) > 0) {
        size_t n;

        if (base.len > 0)
            mpz_import(b, base.len, 1, 1, 1, 0, base.ptr);
        if (exp.len > 0)
            mpz_import(e, exp.len, 1, 1, 1, 0, exp.ptr);
        mpz_powm(b, b, e, m);
        n = (mpz_sizeinbase(b, 2) + 7) / 8;
        if (mpz_sgn(b) != 0)
            mpz_export(out + mod.len - n, NULL, 1, 1, 1, 0, b);
    }
    mpz_clears(b, e, m, NULL);
    return DRY_OK;
}
