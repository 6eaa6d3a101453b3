/* address_text.c - EIP-55. */
#include "address_text.h"
#include <drystone/common/hex.h>
#include <drystone/crypto.h>

void dry_address_text(char out[DRY_ADDRESS_TEXT], const struct dry_address *address)
{
    struct dry_hash h;

    memcpy(out, "0x", 2);
    dry_hex_encode(out + 2, DRY_BYTES_ARRAY(address->b));
    out[DRY_ADDRESS_TEXT - 1] = '\0';
    dry_keccak256(&h, dry_bytes_of(out + 2, 40));
    for (unsigned i = 0; i < 40; i++) {
        unsigned digit = i % 2 == 0 ? h.b[i / 2] >> 4 : h.b[i / 2] & 15;

        if (digit >= 8 && out[2 + i] >= 'a')
            out[2 + i] = (char)(out[2 + i] - 'a' + 'A');
    }
}
