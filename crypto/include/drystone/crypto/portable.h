/* drystone/crypto/portable.h - the portable path of drystone/crypto.h: plain C of ours, no library,
 * no allocation beyond dry_alloc. Every function takes and answers the same as the one without
 * "portable"; the native build has both, so that tests can compare them. The freestanding build has
 * only these. */
#ifndef DRY_CRYPTO_PORTABLE_H
#define DRY_CRYPTO_PORTABLE_H
#include <drystone/crypto.h>

/* --- hashes --- */

void dry_portable_keccak256(struct dry_hash *out, struct dry_bytes in);
void dry_portable_keccak_init(struct dry_keccak *k);
void dry_portable_keccak_update(struct dry_keccak *k, struct dry_bytes in);
void dry_portable_keccak_final(struct dry_keccak *k, struct dry_hash *out);
void dry_portable_sha256(uint8_t out[32], struct dry_bytes in);
void dry_portable_ripemd160(uint8_t out[20], struct dry_bytes in);
void dry_portable_blake2f(uint64_t h[8], const uint64_t m[16], uint64_t t0, uint64_t t1, bool final,
                          uint32_t rounds);

/* --- secp256k1, P-256 --- */

DRY_MUST_USE bool dry_portable_secp256k1_recover(uint8_t pubkey[64], const struct dry_hash *hash,
                                                 const struct dry_ecdsa_signature *sig);
DRY_MUST_USE bool dry_portable_secp256k1_recover_address(struct dry_address *out,
                                                         const struct dry_hash *hash,
                                                         const struct dry_ecdsa_signature *sig);
void dry_portable_address_of_pubkey(struct dry_address *out, const uint8_t pubkey[64]);
DRY_MUST_USE bool dry_portable_p256_verify(const uint8_t hash[32], const uint8_t r[32],
                                           const uint8_t s[32], const uint8_t x[32],
                                           const uint8_t y[32]);

/* --- big integers, bn254 --- */

DRY_MUST_USE dry_status dry_portable_modexp(uint8_t *out, struct dry_bytes base,
                                            struct dry_bytes exp, struct dry_bytes mod);
DRY_MUST_USE bool dry_portable_bn254_add(uint8_t out[64], const uint8_t a[64], const uint8_t b[64]);
DRY_MUST_USE bool dry_portable_bn254_mul(uint8_t out[64], const uint8_t a[64],
                                         const uint8_t scalar[32]);
DRY_MUST_USE bool dry_portable_bn254_pairing(bool *is_one, struct dry_bytes in);

#endif /* DRY_CRYPTO_PORTABLE_H */
