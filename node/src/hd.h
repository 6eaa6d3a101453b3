/* hd.h - accounts from a mnemonic: BIP-39 seed, BIP-32 derivation, path m/44'/60'/0'/0/i. */
#ifndef DRY_NODE_HD_H
#define DRY_NODE_HD_H
#include <drystone/common/types.h>

#define DRY_MNEMONIC_BYTES_MAX 512u

/* A key that others are derived from; the caller wipes it. */
struct dry_hd_key {
    uint8_t secret[32], chain_code[32];
};
/* m/44'/60'/0'/0 of a mnemonic (words separated by single blanks, no passphrase). The words are not
 * checked here (mnemonic.h does): any phrase gives accounts.
 * EINVAL when the phrase is longer than the maximum, ENOMEM. Costs 2,048 rounds of HMAC-SHA-512. */
DRY_MUST_USE dry_status dry_hd_open(struct dry_hd_key *out, const char *mnemonic);
/* Its i-th account. EINVAL when there is none (odds 2^-127), ENOMEM. */
DRY_MUST_USE dry_status dry_hd_account(uint8_t secret[32], struct dry_address *address,
                                       const struct dry_hd_key *parent, uint32_t index);

#endif /* DRY_NODE_HD_H */
