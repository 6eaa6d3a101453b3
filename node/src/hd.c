/* hd.c - hierarchical deterministic accounts (BIP-32, BIP-39, BIP-44). */
#include "hd.h"
#include <drystone/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define HARDENED 0x80000000u
#define SEED_ROUNDS 2048 /* BIP-39 */

static dry_status hmac512(uint8_t out[64], struct dry_bytes key, struct dry_bytes message)
{
    unsigned n = 64;

    return HMAC(EVP_sha512(), key.ptr, (int)key.len, message.ptr, message.len, out, &n) != NULL
               ? DRY_OK
               : DRY_ENOMEM;
}

static dry_status master(struct dry_hd_key *out, const char *mnemonic)
{
    static const char salt[] = "mnemonic"; /* BIP-39: then the passphrase, here empty */
    size_t len = strlen(mnemonic);
    uint8_t seed[64], i[64];
    dry_status st;

    if (len > DRY_MNEMONIC_BYTES_MAX)
        return DRY_STATUS(EINVAL, "the mnemonic is longer than 512 bytes");
    if (PKCS5_PBKDF2_HMAC(mnemonic, (int)len, (const unsigned char *)salt, sizeof(salt) - 1,
                          SEED_ROUNDS, EVP_sha512(), sizeof(seed), seed) != 1)
        return DRY_ENOMEM;
    st = hmac512(i, DRY_BYTES_LIT("Bitcoin seed"), DRY_BYTES_ARRAY(seed));
    if (dry_ok(st)) {
        memcpy(out->secret, i, 32);
        memcpy(out->chain_code, i + 32, 32);
    }
    dry_wipe(seed, sizeof(seed));
    dry_wipe(i, sizeof(i));
    return st;
}

/* BIP-32 CKDpriv. An index whose key would be invalid (odds 2^-127) is told as EINVAL. */
static dry_status child(struct dry_hd_key *key, uint32_t index)
{
    uint8_t data[37], pub[64], i[64];
    dry_status st = DRY_OK;

    if (index >= HARDENED) {
        data[0] = 0;
        memcpy(data + 1, key->secret, 32);
    } else if (dry_secp256k1_pubkey(pub, key->secret)) {
        data[0] = (uint8_t)(2 + (pub[63] & 1));
        memcpy(data + 1, pub, 32);
    } else {
        st = DRY_STATUS(EINVAL, "the mnemonic gives no valid key");
    }
    for (int k = 0; k < 4; k++)
        data[33 + k] = (uint8_t)(index >> (24 - 8 * k));
    if (dry_ok(st))
        st = hmac512(i, DRY_BYTES_ARRAY(key->chain_code), DRY_BYTES_ARRAY(data));
    if (dry_ok(st) && !dry_secp256k1_secret_add(key->secret, key->secret, i))
        st = DRY_STATUS(EINVAL, "the mnemonic gives no valid key");
    if (dry_ok(st))
        memcpy(key->chain_code, i + 32, 32);
    dry_wipe(data, sizeof(data));
    dry_wipe(i, sizeof(i));
    return st;
}

dry_status dry_hd_open(struct dry_hd_key *out, const char *mnemonic)
{
    const uint32_t path[] = {44 | HARDENED, 60 | HARDENED, 0 | HARDENED, 0};
    dry_status st = master(out, mnemonic);

    for (size_t i = 0; i < DRY_COUNT(path) && dry_ok(st); i++)
        st = child(out, path[i]);
    return st;
}

dry_status dry_hd_account(uint8_t secret[32], struct dry_address *address,
                          const struct dry_hd_key *parent, uint32_t index)
{
    struct dry_hd_key key = *parent;
    uint8_t pub[64];
    dry_status st = child(&key, index);

    if (dry_ok(st) && !dry_secp256k1_pubkey(pub, key.secret))
        st = DRY_STATUS(EINVAL, "the mnemonic gives no valid key");
    if (dry_ok(st)) {
        memcpy(secret, key.secret, 32);
        dry_address_of_pubkey(address, pub);
    }
    dry_wipe(&key, sizeof(key));
    return st;
}
