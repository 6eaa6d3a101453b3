/* Recovery over secp256k1, native path: the code of the portable one, built with products in
 * assembly where the processor has the instructions for them. */
#include <drystone/crypto/portable.h>

#if defined(__x86_64__) && defined(__ELF__)
#define SECP256K1_FE_ASM 1
#include "portable/secp256k1_recover.h"

static bool has_asm(void)
{
    return __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("adx");
}
#else
#define has_asm() false
#define secp256k1_recover(pubkey, hash, sig) dry_portable_secp256k1_recover(pubkey, hash, sig)
#endif

bool dry_secp256k1_recover(uint8_t pubkey[64], const struct dry_hash *hash,
                           const struct dry_ecdsa_signature *sig)
{
    return has_asm() ? secp256k1_recover(pubkey, hash, sig)
                     : dry_portable_secp256k1_recover(pubkey, hash, sig);
}

bool dry_secp256k1_recover_address(struct dry_address *out, const struct dry_hash *hash,
                                   const struct dry_ecdsa_signature *sig)
{
    uint8_t pubkey[64];

    if (!dry_secp256k1_recover(pubkey, hash, sig))
        return false;
    dry_address_of_pubkey(out, pubkey);
    return true;
}
