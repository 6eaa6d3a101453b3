/* The portable code is as quick as this precompile needs. */
#include <drystone/crypto/portable.h>

void dry_ripemd160(uint8_t out[20], struct dry_bytes in)
{
    dry_portable_ripemd160(out, in);
}
