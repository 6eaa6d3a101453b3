/* Recovery by libsecp256k1, which both of our paths are held to. */
#ifndef DRY_CRYPTO_TEST_RECOVER_PEER_H
#define DRY_CRYPTO_TEST_RECOVER_PEER_H
#include <drystone/crypto.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>

static inline bool recover_peer(uint8_t pubkey[64], const struct dry_hash *hash,
                                const struct dry_ecdsa_signature *sig)
{
    secp256k1_ecdsa_recoverable_signature parsed;
    secp256k1_pubkey key;
    uint8_t compact[64], point[65];
    size_t len = sizeof(point);

    memcpy(compact, sig->r, 32);
    memcpy(compact + 32, sig->s, 32);
    if (sig->y_parity > 1 ||
        !secp256k1_ecdsa_recoverable_signature_parse_compact(secp256k1_context_static, &parsed,
                                                             compact, sig->y_parity) ||
        !secp256k1_ecdsa_recover(secp256k1_context_static, &key, &parsed, hash->b))
        return false;
    secp256k1_ec_pubkey_serialize(secp256k1_context_static, point, &len, &key,
                                  SECP256K1_EC_UNCOMPRESSED);
    memcpy(pubkey, point + 1, 64);
    return true;
}

#endif /* DRY_CRYPTO_TEST_RECOVER_PEER_H */
