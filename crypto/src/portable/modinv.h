/* Inverse modulo an odd number below 2^256, by Bernstein and Yang's division steps in batches of 62
 * ("Fast constant-time gcd computation and modular inversion", 2019), in variable time. */
#ifndef DRY_CRYPTO_MODINV_H
#define DRY_CRYPTO_MODINV_H
#include <stdint.h>

/* Limbs of 62 bits, least significant first; only the last one carries a sign. */
struct dry__signed62 {
    int64_t v[5];
};

struct dry__modinv_modulus {
    struct dry__signed62 m;
    uint64_t m_inv; /* 1/m mod 2^62 */
};

/* out = 1/a mod m, or 0 when a is 0. a is below m, and prime to it or 0. */
void dry__modinv_var(uint64_t out[4], const uint64_t a[4], const struct dry__modinv_modulus *mod);

#endif /* DRY_CRYPTO_MODINV_H */
