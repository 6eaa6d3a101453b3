/* Keys and signatures of secp256k1, by libsecp256k1. */
#include <drystone/crypto.h>
#include <secp256k1.h>
#include <secp256k1_preallocated.h>
#include <secp256k1_recovery.h>

/* Room for a context that can sign. It lives on the caller's stack, so that no state is shared;
 * making one costs about as much as a signature. */
struct signing_room {
    _Alignas(16) uint8_t bytes[512];
};

static secp256k1_context *signing_open(struct signing_room *room)
{
    DRY_ASSERT(secp256k1_context_preallocated_size(SECP256K1_CONTEXT_NONE) <= sizeof(room->bytes));
    return secp256k1_context_preallocated_create(room->bytes, SECP256K1_CONTEXT_NONE);
}

static void signing_close(secp256k1_context *ctx, struct signing_room *room)
{
    secp256k1_context_preallocated_destroy(ctx);
    dry_wipe(room, sizeof(*room));
}

static void pubkey_store(uint8_t out[64], const secp256k1_pubkey *key)
{
    uint8_t point[65];
    size_t len = sizeof(point);

    secp256k1_ec_pubkey_serialize(secp256k1_context_static, point, &len, key,
                                  SECP256K1_EC_UNCOMPRESSED);
    memcpy(out, point + 1, 64);
}

bool dry_secp256k1_sign(struct dry_ecdsa_signature *out, const struct dry_hash *hash,
                        const uint8_t secret[32])
{
    struct signing_room room;
    secp256k1_context *ctx = signing_open(&room);
    secp256k1_ecdsa_recoverable_signature sig;
    uint8_t compact[64];
    int parity = 0;
    bool ok = secp256k1_ecdsa_sign_recoverable(ctx, &sig, hash->b, secret, NULL, NULL) == 1;

    if (ok) {
        secp256k1_ecdsa_recoverable_signature_serialize_compact(ctx, compact, &parity, &sig);
        /* Bit 1 tells that the nonce's x was not below n: found by nobody, and it cannot be written
         * down in a transaction. */
        ok = parity < 2;
    }
    if (ok) {
        memcpy(out->r, compact, 32);
        memcpy(out->s, compact + 32, 32);
        out->y_parity = (uint8_t)parity;
    }
    signing_close(ctx, &room);
    return ok;
}

bool dry_secp256k1_pubkey(uint8_t pubkey[64], const uint8_t secret[32])
{
    struct signing_room room;
    secp256k1_context *ctx = signing_open(&room);
    secp256k1_pubkey key;
    bool ok = secp256k1_ec_pubkey_create(ctx, &key, secret) == 1;

    if (ok)
        pubkey_store(pubkey, &key);
    signing_close(ctx, &room);
    return ok;
}

bool dry_secp256k1_secret_add(uint8_t out[32], const uint8_t a[32], const uint8_t b[32])
{
    uint8_t sum[32];
    bool ok;

    memcpy(sum, a, 32);
    ok = secp256k1_ec_seckey_tweak_add(secp256k1_context_static, sum, b) == 1;
    if (ok)
        memcpy(out, sum, 32);
    dry_wipe(sum, sizeof(sum));
    return ok;
}
