/* Keccak-256 as Ethereum uses it: the sponge of FIPS 202 with the older padding byte 0x01. */
#include "keccak_rounds.h"
#define KECCAK_PERMUTE keccak_permute
#include "keccak_sponge.h"
#include <drystone/crypto/portable.h>

void dry__keccak_permute(uint64_t s[25])
{
    keccak_permute(s);
}

void dry_portable_keccak_init(struct dry_keccak *k)
{
    sponge_init(k);
}

void dry_portable_keccak_update(struct dry_keccak *k, struct dry_bytes in)
{
    sponge_update(k, in);
}

void dry_portable_keccak_final(struct dry_keccak *k, struct dry_hash *out)
{
    sponge_final(k, out);
}

void dry_portable_keccak256(struct dry_hash *out, struct dry_bytes in)
{
    struct dry_keccak k;

    dry_portable_keccak_init(&k);
    dry_portable_keccak_update(&k, in);
    dry_portable_keccak_final(&k, out);
}

void dry_portable_address_of_pubkey(struct dry_address *out, const uint8_t pubkey[64])
{
    struct dry_hash h;

    dry_portable_keccak256(&h, dry_bytes_of(pubkey, 64));
    memcpy(out->b, h.b + 12, 20);
}
