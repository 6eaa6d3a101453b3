#include <drystone/crypto/portable.h>

void dry_blake2f(uint64_t h[8], const uint64_t m[16], uint64_t t0, uint64_t t1, bool final,
                 uint32_t rounds)
{
    dry_portable_blake2f(h, m, t0, t1, final, rounds);
}
