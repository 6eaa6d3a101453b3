/* ed25519 by libsodium. None of these functions depends on sodium_init(): that picks vector code
 * for other primitives and opens the random source, and neither is used here. */
#include <drystone/crypto.h>
#include <sodium/crypto_sign_ed25519.h>

_Static_assert(crypto_sign_ed25519_SECRETKEYBYTES == 64, "seed and public key");

void dry_ed25519_pubkey(uint8_t pubkey[32], const uint8_t seed[32])
{
    uint8_t pair[64];

    crypto_sign_ed25519_seed_keypair(pubkey, pair, seed);
    dry_wipe(pair, sizeof(pair));
}

void dry_ed25519_sign(uint8_t sig[64], struct dry_bytes message, const uint8_t seed[32])
{
    uint8_t pubkey[32], pair[64];

    /* The public key that goes into the hash is always derived here: signing one message under two
     * public keys would give the secret away. */
    crypto_sign_ed25519_seed_keypair(pubkey, pair, seed);
    crypto_sign_ed25519_detached(sig, NULL, message.ptr, message.len, pair);
    dry_wipe(pair, sizeof(pair));
}

bool dry_ed25519_verify(const uint8_t sig[64], struct dry_bytes message, const uint8_t pubkey[32])
{
    return crypto_sign_ed25519_verify_detached(sig, message.ptr, message.len, pubkey) == 0;
}
