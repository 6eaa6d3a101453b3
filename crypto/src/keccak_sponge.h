/* The sponge around the permutation, for both paths: define KECCAK_PERMUTE(lanes) first. The
 * padding byte is the older 0x01, as Ethereum has it. */
#ifndef KECCAK_SPONGE_H
#define KECCAK_SPONGE_H
#include <drystone/crypto.h>

#define RATE 136u

static inline void absorb(uint64_t s[25], const uint8_t block[RATE])
{
    for (unsigned i = 0; i < RATE / 8; i++) {
        uint64_t w;
        memcpy(&w, block + 8 * i, 8);
        s[i] ^= w;
    }
    KECCAK_PERMUTE(s);
}

static inline void sponge_init(struct dry_keccak *k)
{
    memset(k, 0, sizeof(*k));
}

static inline void sponge_update(struct dry_keccak *k, struct dry_bytes in)
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

static inline void sponge_final(struct dry_keccak *k, struct dry_hash *out)
{
    memset(k->block + k->fill, 0, RATE - k->fill);
    k->block[k->fill] ^= 0x01;
    k->block[RATE - 1] ^= 0x80;
    absorb(k->lanes, k->block);
    memcpy(out->b, k->lanes, 32);
}
#endif /* KECCAK_SPONGE_H */
