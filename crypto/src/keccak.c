/* Keccak-256, the fast path: the same rounds compiled for BMI, whose andn and rorx save a sixth of
 * the time. A version in assembly that kept the column parities in registers was tried and measured
 * the same. */
#include <drystone/crypto.h>

#if defined(__x86_64__)
#define KECCAK_TARGET __attribute__((target("bmi,bmi2")))
#endif
#include "keccak_rounds.h"

static void permute(uint64_t s[25])
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("bmi2") && __builtin_cpu_supports("bmi"))
        keccak_permute(s);
    else
        dry__keccak_permute(s);
#else
    keccak_permute(s);
#endif
}

#define KECCAK_PERMUTE permute
#include "keccak_sponge.h"

void dry_keccak_init(struct dry_keccak *k)
{
    sponge_init(k);
}

void dry_keccak_update(struct dry_keccak *k, struct dry_bytes in)
{
    sponge_update(k, in);
}

void dry_keccak_final(struct dry_keccak *k, struct dry_hash *out)
{
    sponge_final(k, out);
}

void dry_keccak256(struct dry_hash *out, struct dry_bytes in)
{
    uint64_t s[25] = {0};
    uint8_t last[RATE] = {0};
    const uint8_t *p = in.ptr;
    size_t n = in.len;

    for (; n >= RATE; p += RATE, n -= RATE)
        absorb(s, p);
    if (n != 0)
        memcpy(last, p, n);
    last[n] = 0x01;
    last[RATE - 1] ^= 0x80;
    absorb(s, last);
    memcpy(out->b, s, 32);
}

void dry_address_of_pubkey(struct dry_address *out, const uint8_t pubkey[64])
{
    struct dry_hash h;

    dry_keccak256(&h, dry_bytes_of(pubkey, 64));
    memcpy(out->b, h.b + 12, 20);
}
