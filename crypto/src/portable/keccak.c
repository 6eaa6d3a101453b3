/* Keccak-256 as Ethereum uses it: the sponge of FIPS 202 with the older padding byte 0x01. */
#include "keccak_rounds.h"
#include <drystone/crypto/portable.h>

#define RATE 136u

void dry__keccak_permute(uint64_t s[25])
{
    keccak_permute(s);
}

static void absorb(uint64_t s[25], const uint8_t block[RATE])
{
    for (unsigned i = 0; i < RATE / 8; i++) {
        uint64_t w;
        memcpy(&w, block + 8 * i, 8);
        s[i] ^= w;
    }
    keccak_permute(s);
}

void dry_portable_keccak_init(struct dry_keccak *k)
{
    memset(k, 0, sizeof(*k));
}

void dry_portable_keccak_update(struct dry_keccak *k, struct dry_bytes in)
{
    const uint8_t *p = in.ptr;
    size_t n = in.len;

    if (n == 0)
        return;
    if (k->fill != 0) {
        size_t take = RATE - k->fill < n ? RATE - k->fill : n;
        memcpy(k->block + k->fill, p, take);
        k->fill += (uint32_t)take;
        p += take;
        n -= take;
        if (k->fill < RATE)
            return;
        absorb(k->lanes, k->block);
        k->fill = 0;
    }
    for (; n >= RATE; p += RATE, n -= RATE)
        absorb(k->lanes, p);
    memcpy(k->block, p, n);
    k->fill = (uint32_t)n;
}

void dry_portable_keccak_final(struct dry_keccak *k, struct dry_hash *out)
{
    memset(k->block + k->fill, 0, RATE - k->fill);
    k->block[k->fill] ^= 0x01;
    k->block[RATE - 1] ^= 0x80;
    absorb(k->lanes, k->block);
    memcpy(out->b, k->lanes, 32);
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
