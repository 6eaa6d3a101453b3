/* keystore.h - a secret under a password: Web3 Secret Storage, version 3. */
#ifndef DRY_NODE_KEYSTORE_H
#define DRY_NODE_KEYSTORE_H
#include <drystone/common/rng.h>
#include <drystone/common/types.h>

/* Bounds on what a file may ask for, so that a bad one costs seconds, not the machine. */
#define DRY_KEYSTORE_BYTES_MAX (64u << 10)
#define DRY_KEYSTORE_SCRYPT_BYTES_MAX ((uint64_t)512 << 20) /* 128 n r; others write 256 MiB */
#define DRY_KEYSTORE_SCRYPT_WORK_MAX ((uint64_t)1 << 23)    /* n r p; others write 2^21 */
#define DRY_KEYSTORE_SCRYPT_BLOCKS_MAX 4096u                /* r p; others write 8 */
#define DRY_KEYSTORE_PBKDF2_ROUNDS_MAX 10000000u            /* for each 32 bytes of dklen */
#define DRY_KEYSTORE_SALT_MAX 1024u

/* What stands beside the crypto object. */
struct dry_keystore_note {
    const struct dry_address *address; /* of an account; NULL */
    const char *peer_id;               /* of a node key (ed25519); NULL */
};

/* Append the JSON of `secret` under `password`: scrypt with n = 262144, r = 8, p = 1 (1 s, 256 MiB;
 * light: n = 4096, p = 6), aes-128-ctr. ENOMEM, EIO (no randomness). */
DRY_MUST_USE dry_status dry_keystore_encrypt(struct dry_buf *out, const uint8_t secret[32],
                                             struct dry_bytes password, bool light,
                                             const struct dry_keystore_note *note,
                                             struct dry_rng *rng);
/* The secret of a keystore file; scrypt and pbkdf2 (hmac-sha256).
 *
 * Out:     secret  untouched on failure; the caller wipes it.
 *          error   why, for people.
 * Returns: EDECODE (no such file format), EINVAL (password does not fit), ELIMIT (asks for more
 *          work than the bounds above), EUNSUPPORTED (another cipher, kdf or version), ENOMEM. */
DRY_MUST_USE dry_status dry_keystore_decrypt(uint8_t secret[32], struct dry_buf *error,
                                             struct dry_bytes json, struct dry_bytes password);

#endif /* DRY_NODE_KEYSTORE_H */
