/* secp256k1's portable path. */
#include "secp256k1_recover.h"
#include <drystone/crypto/portable.h>

bool dry_portable_secp256k1_recover(uint8_t pubkey[64], const struct dry_hash *hash,
                                    const struct dry_ecdsa_signature *sig)
{
    return secp256k1_recover(pubkey, hash, sig);
}

bool dry_portable_secp256k1_recover_address(struct dry_address *out, const struct dry_hash *hash,
                                            const struct dry_ecdsa_signature *sig)
{
    uint8_t pubkey[64];

    if (!dry_portable_secp256k1_recover(pubkey, hash, sig))
        return false;
    dry_portable_address_of_pubkey(out, pubkey);
    return true;
}
