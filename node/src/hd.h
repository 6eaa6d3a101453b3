/* hd.h - accounts from a mnemonic: BIP-39 seed, BIP-32 derivation, path m/44'/60'/0'/0/i. */
#ifndef DRY_NODE_HD_H
#define DRY_NODE_HD_H
#include <drystone/common/types.h>

#define DRY_MNEMONIC_BYTES_MAX 512u

/* The i-th account of a mnemonic (words separated by single blanks, no passphrase). The words are
 * not checked against a list: any phrase gives accounts, as wallets that import "custom" phrases
 * do. EINVAL when the phrase is longer than the maximum, ENOMEM. Secrets are wiped from the stack.
 */
DRY_MUST_USE dry_status dry_hd_account(uint8_t secret[32], struct dry_address *address,
                                       const char *mnemonic, uint32_t index);

#endif /* DRY_NODE_HD_H */
