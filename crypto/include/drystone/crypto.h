/* drystone/crypto.h - every primitive the chain needs, one declaration each. Start at
 * dry_keccak256().
 *
 * Two implementations stand behind it: the fast path (libraries and assembly) under these names,
 * and the portable path of ours, the same functions prefixed dry_portable_
 * (drystone/crypto/portable.h), which the freestanding build exports under these names. Both give
 * the same bytes for every input.
 *
 * All functions are pure, keep no state, and may run on any thread. */
#ifndef DRY_CRYPTO_H
#define DRY_CRYPTO_H
#include <drystone/common/types.h>

/* --- hashes --- */

void dry_keccak256(struct dry_hash *out, struct dry_bytes in);

/* Keccak-256 over parts. Zeroed by init; final may be called once. */
struct dry_keccak {
    uint64_t lanes[25];
    uint8_t block[136];
    uint32_t fill;
};
void dry_keccak_init(struct dry_keccak *k);
void dry_keccak_update(struct dry_keccak *k, struct dry_bytes in);
void dry_keccak_final(struct dry_keccak *k, struct dry_hash *out);

void dry_sha256(uint8_t out[32], struct dry_bytes in);
void dry_ripemd160(uint8_t out[20], struct dry_bytes in);
/* The BLAKE2b compression function F (RFC 7693, EIP-152): h is updated in place. */
void dry_blake2f(uint64_t h[8], const uint64_t m[16], uint64_t t0, uint64_t t1, bool final,
                 uint32_t rounds);

/* --- secp256k1 --- */

/* A signature as it stands in a transaction: r, s big-endian, y parity 0 or 1. */
struct dry_ecdsa_signature {
    uint8_t r[32], s[32];
    uint8_t y_parity;
};
/* Recover the signer's 64-byte public key (x, y big-endian) from the hash it signed. Accepts any s
 * in [1, n-1] (the low-s rule is the caller's). False when r or s is out of range, the point does
 * not exist or is infinity. */
DRY_MUST_USE bool dry_secp256k1_recover(uint8_t pubkey[64], const struct dry_hash *hash,
                                        const struct dry_ecdsa_signature *sig);
/* As above; the address instead (last 20 bytes of keccak256 of the public key). */
DRY_MUST_USE bool dry_secp256k1_recover_address(struct dry_address *out,
                                                const struct dry_hash *hash,
                                                const struct dry_ecdsa_signature *sig);
/* Sign with RFC 6979 nonce, low s. False when the secret is 0 or not below n. Fast path only. */
DRY_MUST_USE bool dry_secp256k1_sign(struct dry_ecdsa_signature *out, const struct dry_hash *hash,
                                     const uint8_t secret[32]);
/* The 64-byte public key of a secret. False when the secret is 0 or not below n. Fast path only. */
DRY_MUST_USE bool dry_secp256k1_pubkey(uint8_t pubkey[64], const uint8_t secret[32]);
/* child = (a + b) mod n, for BIP-32. False when b >= n or the sum is 0. Fast path only. */
DRY_MUST_USE bool dry_secp256k1_secret_add(uint8_t out[32], const uint8_t a[32],
                                           const uint8_t b[32]);
/* The address of a 64-byte public key. */
void dry_address_of_pubkey(struct dry_address *out, const uint8_t pubkey[64]);

/* --- P-256 (EIP-7951) --- */

/* Verify: every argument is 32 big-endian bytes. False for out-of-range r, s, a point off the curve
 * or infinity, or a wrong signature. High s is accepted. */
DRY_MUST_USE bool dry_p256_verify(const uint8_t hash[32], const uint8_t r[32], const uint8_t s[32],
                                  const uint8_t x[32], const uint8_t y[32]);

/* --- ed25519 (RFC 8032). Fast path only. --- */

void dry_ed25519_pubkey(uint8_t pubkey[32], const uint8_t seed[32]);
/* The only secret taken is the seed (ATTACKS 58). */
void dry_ed25519_sign(uint8_t sig[64], struct dry_bytes message, const uint8_t seed[32]);
DRY_MUST_USE bool dry_ed25519_verify(const uint8_t sig[64], struct dry_bytes message,
                                     const uint8_t pubkey[32]);

/* --- big integers --- */

/* out (mod.len bytes, big-endian) = base ^ exp mod `mod`; 0 ^ 0 is 1. All zero when mod is 0 or 1.
 * Scratch comes from dry_alloc (the fast path's from GMP). ENOMEM, or ELIMIT for an operand longer
 * than DRY_MODEXP_BYTES_MAX, far beyond what gas pays for; the caller's gas bounds time and memory.
 */
#define DRY_MODEXP_BYTES_MAX ((size_t)1 << 24)
DRY_MUST_USE dry_status dry_modexp(uint8_t *out, struct dry_bytes base, struct dry_bytes exp,
                                   struct dry_bytes mod);

/* --- bn254 (EIP-196, EIP-197). Points and scalars as the precompiles take them. --- */

/* 64-byte affine points; (0, 0) is infinity. False when a coordinate is not below p or a point is
 * off the curve. */
DRY_MUST_USE bool dry_bn254_add(uint8_t out[64], const uint8_t a[64], const uint8_t b[64]);
DRY_MUST_USE bool dry_bn254_mul(uint8_t out[64], const uint8_t a[64], const uint8_t scalar[32]);
/* `in` is a run of 192-byte pairs (G1, G2 as x_imag x_real y_imag y_real). False when its length is
 * not a multiple, or a point is invalid or outside its subgroup; else *is_one tells whether the
 * product of the pairings is one (true for no pairs). */
DRY_MUST_USE bool dry_bn254_pairing(bool *is_one, struct dry_bytes in);

/* --- BLS12-381 (EIP-2537): input and output exactly as the precompiles'. --- */

/* False for input the EIP refuses (length, encoding, off curve; subgroup where it asks for it). The
 * MSM and pairing take scratch from dry_alloc; DRY_CODE_ENOMEM is told apart from invalid input. */
enum dry_bls_result { DRY_BLS_OK, DRY_BLS_INVALID, DRY_BLS_NOMEM };
DRY_MUST_USE enum dry_bls_result dry_bls12_g1add(uint8_t out[128], struct dry_bytes in);
DRY_MUST_USE enum dry_bls_result dry_bls12_g1msm(uint8_t out[128], struct dry_bytes in);
DRY_MUST_USE enum dry_bls_result dry_bls12_g2add(uint8_t out[256], struct dry_bytes in);
DRY_MUST_USE enum dry_bls_result dry_bls12_g2msm(uint8_t out[256], struct dry_bytes in);
/* out: 32 bytes, the word 1 or 0. */
DRY_MUST_USE enum dry_bls_result dry_bls12_pairing(uint8_t out[32], struct dry_bytes in);
DRY_MUST_USE enum dry_bls_result dry_bls12_map_fp_to_g1(uint8_t out[128], struct dry_bytes in);
DRY_MUST_USE enum dry_bls_result dry_bls12_map_fp2_to_g2(uint8_t out[256], struct dry_bytes in);

/* --- KZG (EIP-4844, EIP-7594) --- */

/* Verify one opening: p(z) = y for the 48-byte commitment. Needs no trusted set-up file (one
 * constant G2 point and a pairing). False for a wrong proof, a scalar not below the modulus, or a
 * bad point. */
DRY_MUST_USE bool dry_kzg_verify_proof(const uint8_t commitment[48], const uint8_t z[32],
                                       const uint8_t y[32], const uint8_t proof[48]);

/* The trusted set-up for blobs; costs seconds of CPU, so it is loaded on a worker at first use.
 * Immutable after open; any thread may use it. Fast path only. */
struct dry_kzg;
DRY_MUST_USE dry_status dry_kzg_open(struct dry_kzg **out);
void dry_kzg_close(struct dry_kzg *kzg);
#define DRY_BLOB_BYTES 131072
#define DRY_KZG_BYTES 48u /* a commitment or a proof */
#define DRY_CELLS_PER_BLOB 128
/* *valid tells whether each of n blobs matches its commitment and proof (EIP-4844 sidecars). EINVAL
 * for encodings that c-kzg refuses counts as not valid; ENOMEM. */
DRY_MUST_USE dry_status dry_kzg_verify_blobs(const struct dry_kzg *kzg, bool *valid,
                                             const uint8_t *blobs, const uint8_t *commitments,
                                             const uint8_t *proofs, uint32_t n);
/* The same for Osaka's sidecars: proofs holds n * 128 cell proofs (EIP-7594, wrapper version 1). */
DRY_MUST_USE dry_status dry_kzg_verify_cells(const struct dry_kzg *kzg, bool *valid,
                                             const uint8_t *blobs, const uint8_t *commitments,
                                             const uint8_t *proofs, uint32_t n);
/* Make a commitment (48 bytes) and the blob proof (48) or cell proofs (128 * 48); proofs may be
 * NULL. For wallets, tests and eth_fillTransaction. */
DRY_MUST_USE dry_status dry_kzg_commit(const struct dry_kzg *kzg, uint8_t commitment[48],
                                       uint8_t *blob_proof, uint8_t *cell_proofs,
                                       const uint8_t blob[DRY_BLOB_BYTES]);

#endif /* DRY_CRYPTO_H */
