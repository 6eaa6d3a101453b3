/* Both paths of every primitive that has two must give the same answer and the same bytes for any
 * input. The first byte chooses the primitive; the rest is its input, padded with zeros where it
 * needs a fixed length. */
#include "recover_peer.h"
#include <drystone/crypto/portable.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { INPUT_MAX = 1536 }; /* pairings and exponentiations stay quick */

static void require(bool cond)
{
    if (!cond)
        abort();
}

/* The next n bytes of what is left, zeros past its end. */
static void take(struct dry_bytes *in, uint8_t *out, size_t n)
{
    size_t have = in->len < n ? in->len : n;

    memset(out, 0, n);
    if (have != 0)
        memcpy(out, in->ptr, have);
    in->ptr += have;
    in->len -= have;
}

static void try_hashes(struct dry_bytes in)
{
    struct dry_hash a, b;
    struct dry_keccak k;
    size_t cut = in.len != 0 ? in.ptr[0] % (in.len + 1) : 0;

    dry_keccak256(&a, in);
    dry_portable_keccak256(&b, in);
    require(dry_hash_equal(&a, &b));
    dry_keccak_init(&k);
    dry_keccak_update(&k, dry_bytes_of(in.ptr, cut));
    dry_portable_keccak_update(&k, dry_bytes_of(in.ptr + cut, in.len - cut));
    dry_keccak_final(&k, &b);
    require(dry_hash_equal(&a, &b));
    dry_sha256(a.b, in);
    dry_portable_sha256(b.b, in);
    require(dry_hash_equal(&a, &b));
    dry_ripemd160(a.b, in);
    dry_portable_ripemd160(b.b, in);
    require(memcmp(a.b, b.b, 20) == 0);
}

static void try_blake2f(struct dry_bytes in)
{
    uint64_t a[8], b[8], m[16], t[2];
    uint8_t final, rounds;

    take(&in, &rounds, 1);
    take(&in, &final, 1);
    take(&in, (uint8_t *)a, sizeof(a));
    take(&in, (uint8_t *)m, sizeof(m));
    take(&in, (uint8_t *)t, sizeof(t));
    memcpy(b, a, sizeof(b));
    dry_blake2f(a, m, t[0], t[1], (final & 1) != 0, rounds);
    dry_portable_blake2f(b, m, t[0], t[1], (final & 1) != 0, rounds);
    require(memcmp(a, b, sizeof(a)) == 0);
}

static void try_recover(struct dry_bytes in)
{
    struct dry_hash hash;
    struct dry_ecdsa_signature sig;
    uint8_t a[64], b[64];
    bool found;

    take(&in, &sig.y_parity, 1);
    take(&in, sig.r, 32);
    take(&in, sig.s, 32);
    take(&in, hash.b, 32);
    found = dry_secp256k1_recover(a, &hash, &sig);
    require(dry_portable_secp256k1_recover(b, &hash, &sig) == found);
    require(!found || memcmp(a, b, 64) == 0);
    require(recover_peer(b, &hash, &sig) == found);
    require(!found || memcmp(a, b, 64) == 0);
}

static void try_p256(struct dry_bytes in)
{
    uint8_t v[5][32];

    take(&in, v[0], sizeof(v));
    require(dry_p256_verify(v[0], v[1], v[2], v[3], v[4]) ==
            dry_portable_p256_verify(v[0], v[1], v[2], v[3], v[4]));
}

/* Two bytes say how long base and exponent are; the rest is the modulus. */
static void try_modexp(struct dry_bytes in)
{
    uint8_t lens[2], a[INPUT_MAX], b[INPUT_MAX];
    struct dry_bytes base, exp;

    take(&in, lens, 2);
    base = dry_bytes_of(in.ptr, lens[0] < in.len ? lens[0] : in.len);
    in = dry_bytes_of(in.ptr + base.len, in.len - base.len);
    exp = dry_bytes_of(in.ptr, lens[1] < in.len ? lens[1] : in.len);
    in = dry_bytes_of(in.ptr + exp.len, in.len - exp.len);
    require(dry_ok(dry_modexp(a, base, exp, in)));
    require(dry_ok(dry_portable_modexp(b, base, exp, in)));
    require(in.len == 0 || memcmp(a, b, in.len) == 0);
}

static void try_bn254_points(struct dry_bytes in)
{
    uint8_t p[64], q[64], scalar[32], a[64], b[64];
    bool valid;

    take(&in, p, 64);
    take(&in, q, 64);
    take(&in, scalar, 32);
    valid = dry_bn254_add(a, p, q);
    require(dry_portable_bn254_add(b, p, q) == valid);
    require(!valid || memcmp(a, b, 64) == 0);
    valid = dry_bn254_mul(a, p, scalar);
    require(dry_portable_bn254_mul(b, p, scalar) == valid);
    require(!valid || memcmp(a, b, 64) == 0);
}

static void try_bn254_pairing(struct dry_bytes in)
{
    bool a = false, b = false;
    bool valid = dry_bn254_pairing(&a, in);

    require(dry_portable_bn254_pairing(&b, in) == valid);
    require(!valid || a == b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static void (*const tries[])(struct dry_bytes) = {
        try_hashes, try_blake2f,      try_recover,       try_p256,
        try_modexp, try_bn254_points, try_bn254_pairing,
    };

    if (len == 0 || len > INPUT_MAX)
        return 0;
    tries[data[0] % DRY_COUNT(tries)](dry_bytes_of(data + 1, len - 1));
    return 0;
}
