/* The freestanding build has no libraries: there the portable path answers to the plain names. */
#include <drystone/crypto/portable.h>

void dry_keccak256(struct dry_hash *out, struct dry_bytes in)
{
    dry_portable_keccak256(out, in);
}

void dry_keccak_init(struct dry_keccak *k)
{
    dry_portable_keccak_init(k);
}

void dry_keccak_update(struct dry_keccak *k, struct dry_bytes in)
{
    dry_portable_keccak_update(k, in);
}

void dry_keccak_final(struct dry_keccak *k, struct dry_hash *out)
{
    dry_portable_keccak_final(k, out);
}

void dry_sha256(uint8_t out[32], struct dry_bytes in)
{
    dry_portable_sha256(out, in);
}

void dry_ripemd160(uint8_t out[20], struct dry_bytes in)
{
    dry_portable_ripemd160(out, in);
}

void dry_blake2f(uint64_t h[8], const uint64_t m[16], uint64_t t0, uint64_t t1, bool final,
                 uint32_t rounds)
{
    dry_portable_blake2f(h, m, t0, t1, final, rounds);
}

bool dry_secp256k1_recover(uint8_t pubkey[64], const struct dry_hash *hash,
                           const struct dry_ecdsa_signature *sig)
{
    return dry_portable_secp256k1_recover(pubkey, hash, sig);
}

bool dry_secp256k1_recover_address(struct dry_address *out, const struct dry_hash *hash,
                                   const struct dry_ecdsa_signature *sig)
{
    return dry_portable_secp256k1_recover_address(out, hash, sig);
}

void dry_address_of_pubkey(struct dry_address *out, const uint8_t pubkey[64])
{
    dry_portable_address_of_pubkey(out, pubkey);
}

bool dry_p256_verify(const uint8_t hash[32], const uint8_t r[32], const uint8_t s[32],
                     const uint8_t x[32], const uint8_t y[32])
{
    return dry_portable_p256_verify(hash, r, s, x, y);
}

dry_status dry_modexp(uint8_t *out, struct dry_bytes base, struct dry_bytes exp,
                      struct dry_bytes mod)
{
    return dry_portable_modexp(out, base, exp, mod);
}

bool dry_bn254_add(uint8_t out[64], const uint8_t a[64], const uint8_t b[64])
{
    return dry_portable_bn254_add(out, a, b);
}

bool dry_bn254_mul(uint8_t out[64], const uint8_t a[64], const uint8_t scalar[32])
{
    return dry_portable_bn254_mul(out, a, scalar);
}

bool dry_bn254_pairing(bool *is_one, struct dry_bytes in)
{
    return dry_portable_bn254_pairing(is_one, in);
}
