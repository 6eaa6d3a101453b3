/* SHA-256 by OpenSSL. Its one-shot functions look the algorithm up by name at each call, which
 * costs more than hashing 64 bytes; the older interface, deprecated but kept, goes straight to the
 * assembly. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <drystone/crypto.h>
#include <openssl/sha.h>

void dry_sha256(uint8_t out[32], struct dry_bytes in)
{
    SHA256_CTX ctx;

    SHA256_Init(&ctx);
    if (in.len != 0)
        SHA256_Update(&ctx, in.ptr, in.len);
    SHA256_Final(out, &ctx);
    dry_wipe(&ctx, sizeof(ctx)); /* key derivations hash secrets */
}
