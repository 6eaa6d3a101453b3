/* mnemonic.h - is it a phrase of BIP-39? */
#ifndef DRY_NODE_MNEMONIC_H
#define DRY_NODE_MNEMONIC_H
#include <drystone/common/bytes.h>
#include <drystone/platform/options.h>

#define DRY_MNEMONIC_WORDS 2048u /* of the list */

extern const char dry__mnemonic_words[DRY_MNEMONIC_WORDS][9];

/* 12, 15, 18, 21 or 24 words of the English list, small letters, one blank between; the last one
 * carries a checksum. EINVAL with words in error, which repeat nothing of the phrase. */
DRY_MUST_USE dry_status dry_mnemonic_check(const char *phrase, struct dry_buf *error);
/* The same for --mnemonic, which error names. */
DRY_MUST_USE dry_status dry_mnemonic_option_check(const struct dry_options *o,
                                                  struct dry_buf *error);

#endif /* DRY_NODE_MNEMONIC_H */
