/* address_text.h - addresses for people: capitals carry a checksum (EIP-55). */
#ifndef DRY_NODE_ADDRESS_TEXT_H
#define DRY_NODE_ADDRESS_TEXT_H
#include <drystone/common/types.h>

#define DRY_ADDRESS_TEXT 43u

/* "0x5aAeb6053F…", NUL-terminated. */
void dry_address_text(char out[DRY_ADDRESS_TEXT], const struct dry_address *address);

#endif /* DRY_NODE_ADDRESS_TEXT_H */
