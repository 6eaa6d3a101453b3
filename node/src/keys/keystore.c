/* keystore.c - Web3 Secret Storage, version 3: a key from the password (scrypt, pbkdf2), its second
 * half for the MAC, its first for aes-128-ctr. */
#include "keystore.h"
#include <drystone/common/hex.h>
#include <drystone/crypto.h>
#include <drystone/platform/json.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>

#define KEY_BYTES 32u
#define KEY_BYTES_MAX 128u

struct crypto {
    uint8_t iv[16], ciphertext[32], mac[32];
    bool scrypt;
    uint64_t n, r, p, rounds, key_bytes;
    struct dry_bytes salt;
};

static dry_status complain(struct dry_buf *error, dry_status st)
{
    dry_status more = dry_buf_append_text(error, dry_status_text(st));

    return dry_ok(more) ? st : more;
}

/* --- the cipher --- */

static dry_status aes_128_ctr(uint8_t out[32], const uint8_t in[32], const uint8_t key[16],
                              const uint8_t iv[16])
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;
    bool ok = ctx != NULL && EVP_EncryptInit_ex(ctx, EVP_aes_128_ctr(), NULL, key, iv) == 1 &&
              EVP_EncryptUpdate(ctx, out, &n, in, 32) == 1 && n == 32;

    EVP_CIPHER_CTX_free(ctx);
    return ok ? DRY_OK : DRY_ENOMEM;
}

static dry_status derive(uint8_t key[KEY_BYTES_MAX], const struct crypto *c,
                         struct dry_bytes password)
{
    static const uint8_t nothing[1]; /* the libraries want a pointer to it */
    const uint8_t *words = password.len != 0 ? password.ptr : nothing;
    const uint8_t *salt = c->salt.len != 0 ? c->salt.ptr : nothing;

    if (c->scrypt)
        return crypto_pwhash_scryptsalsa208sha256_ll(words, password.len, salt, c->salt.len, c->n,
                                                     (uint32_t)c->r, (uint32_t)c->p, key,
                                                     (size_t)c->key_bytes) == 0
                   ? DRY_OK
                   : DRY_ENOMEM;
    return PKCS5_PBKDF2_HMAC((const char *)words, (int)password.len, salt, (int)c->salt.len,
                             (int)c->rounds, EVP_sha256(), (int)c->key_bytes, key) == 1
               ? DRY_OK
               : DRY_ENOMEM;
}

static void mac_of(struct dry_hash *out, const uint8_t key[KEY_BYTES], const uint8_t text[32])
{
    struct dry_keccak k;

    dry_keccak_init(&k);
    dry_keccak_update(&k, dry_bytes_of(key + 16, 16));
    dry_keccak_update(&k, dry_bytes_of(text, 32));
    dry_keccak_final(&k, out);
}

/* --- reading --- */

static dry_status text_member(struct dry_json_value v, const char *key, struct dry_bytes *out,
                              struct dry_buf *error, struct dry_arena *arena)
{
    struct dry_json_value member;
    dry_status st = dry_json_require(v, key, &member, error);

    return dry_ok(st) ? dry_json_string(member, out, error, arena) : st;
}

static dry_status number_member(struct dry_json_value v, const char *key, uint64_t *out,
                                struct dry_buf *error)
{
    struct dry_json_value member;
    dry_status st = dry_json_require(v, key, &member, error);

    /* In JSON-RPC a number may be a text; in a keystore it may not. */
    if (dry_ok(st) && dry_json_type(member) != DRY_JSON_NUMBER)
        st = dry_json_complain(member, error, "must be a number");
    return dry_ok(st) ? dry_json_number_u64(member, out, error) : st;
}

static dry_status hex_member(struct dry_json_value v, const char *key, uint8_t *out, size_t n,
                             struct dry_buf *error)
{
    struct dry_json_value member;
    dry_status st = dry_json_require(v, key, &member, error);

    return dry_ok(st) ? dry_json_hex_fixed(member, out, n, error) : st;
}

static dry_status salt_read(struct crypto *c, struct dry_json_value params, struct dry_buf *error,
                            struct dry_arena *arena)
{
    struct dry_bytes text;
    struct dry_buf salt = {.max = DRY_KEYSTORE_SALT_MAX};
    dry_status st = text_member(params, "salt", &text, error, arena);

    if (!dry_ok(st))
        return st;
    st = dry_hex_decode(&salt, text);
    if (dry_ok(st))
        st = dry_arena_copy(arena, &c->salt, dry_buf_bytes(&salt));
    else if (st.code != DRY_CODE_ENOMEM)
        st = complain(error, DRY_STATUS(EDECODE, "the salt is no hexadecimal text"));
    dry_buf_fini(&salt);
    return st;
}

static dry_status scrypt_check(const struct crypto *c)
{
    if (c->n < 2 || (c->n & (c->n - 1)) != 0 || c->r == 0 || c->p == 0)
        return DRY_STATUS(EDECODE, "scrypt wants n a power of two above 1, r and p above 0");
    if (c->n > DRY_KEYSTORE_SCRYPT_BYTES_MAX || c->r > DRY_KEYSTORE_SCRYPT_BYTES_MAX / 128 / c->n)
        return DRY_STATUS(ELIMIT, "scrypt's n and r ask for more than 512 MiB of memory (128 n r)");
    /* These are hashed at both ends, which costs most where n is small. */
    if (c->p > DRY_KEYSTORE_SCRYPT_BLOCKS_MAX / c->r)
        return DRY_STATUS(ELIMIT, "scrypt's r and p ask for more than 4096 blocks (r p)");
    if (c->p > DRY_KEYSTORE_SCRYPT_WORK_MAX / (c->n * c->r))
        return DRY_STATUS(ELIMIT, "scrypt's n, r and p ask for more work than 8388608 (n r p)");
    return DRY_OK;
}

static dry_status pbkdf2_check(const struct crypto *c)
{
    uint64_t blocks = (c->key_bytes + 31) / 32; /* each costs all the rounds */

    if (c->rounds == 0)
        return DRY_STATUS(ELIMIT, "pbkdf2's c is 0");
    if (c->rounds > DRY_KEYSTORE_PBKDF2_ROUNDS_MAX / blocks)
        return DRY_STATUS(ELIMIT, "pbkdf2 asks for more than 10000000 rounds (c for every 32 bytes "
                                  "of dklen)");
    return DRY_OK;
}

static dry_status kdf_read(struct crypto *c, struct dry_json_value crypto, struct dry_buf *error,
                           struct dry_arena *arena)
{
    struct dry_json_value params;
    struct dry_bytes kdf, prf = DRY_BYTES_EMPTY;
    dry_status st = text_member(crypto, "kdf", &kdf, error, arena);

    if (dry_ok(st))
        st = dry_json_require(crypto, "kdfparams", &params, error);
    if (dry_ok(st))
        st = number_member(params, "dklen", &c->key_bytes, error);
    if (dry_ok(st))
        st = salt_read(c, params, error, arena);
    if (!dry_ok(st))
        return st;
    if (c->key_bytes < KEY_BYTES || c->key_bytes > KEY_BYTES_MAX)
        return complain(error, DRY_STATUS(EDECODE, "dklen is not within 32 and 128"));
    c->scrypt = dry_bytes_equal(kdf, DRY_BYTES_LIT("scrypt"));
    if (c->scrypt) {
        st = number_member(params, "n", &c->n, error);
        if (dry_ok(st))
            st = number_member(params, "r", &c->r, error);
        if (dry_ok(st))
            st = number_member(params, "p", &c->p, error);
        if (!dry_ok(st))
            return st;
        st = scrypt_check(c);
        return dry_ok(st) ? st : complain(error, st);
    }
    if (!dry_bytes_equal(kdf, DRY_BYTES_LIT("pbkdf2")))
        return complain(error, DRY_STATUS(EUNSUPPORTED, "the kdf is neither scrypt nor pbkdf2"));
    st = number_member(params, "c", &c->rounds, error);
    if (dry_ok(st))
        st = text_member(params, "prf", &prf, error, arena);
    if (dry_ok(st) && !dry_bytes_equal(prf, DRY_BYTES_LIT("hmac-sha256")))
        return complain(error, DRY_STATUS(EUNSUPPORTED, "pbkdf2's prf is not hmac-sha256"));
    if (!dry_ok(st))
        return st;
    st = pbkdf2_check(c);
    return dry_ok(st) ? st : complain(error, st);
}

static dry_status crypto_read(struct crypto *c, struct dry_json_value root, struct dry_buf *error,
                              struct dry_arena *arena)
{
    struct dry_json_value crypto, params;
    struct dry_bytes cipher;
    uint64_t version;
    dry_status st = number_member(root, "version", &version, error);

    if (dry_ok(st) && version != 3)
        return complain(error, DRY_STATUS(EUNSUPPORTED, "the version is not 3"));
    if (dry_ok(st) && !dry_json_get(root, "Crypto", &crypto))
        st = dry_json_require(root, "crypto", &crypto, error);
    if (dry_ok(st))
        st = text_member(crypto, "cipher", &cipher, error, arena);
    if (dry_ok(st) && !dry_bytes_equal(cipher, DRY_BYTES_LIT("aes-128-ctr")))
        return complain(error, DRY_STATUS(EUNSUPPORTED, "the cipher is not aes-128-ctr"));
    if (dry_ok(st))
        st = dry_json_require(crypto, "cipherparams", &params, error);
    if (dry_ok(st))
        st = hex_member(params, "iv", c->iv, sizeof(c->iv), error);
    if (dry_ok(st))
        st = hex_member(crypto, "ciphertext", c->ciphertext, sizeof(c->ciphertext), error);
    if (dry_ok(st))
        st = hex_member(crypto, "mac", c->mac, sizeof(c->mac), error);
    return dry_ok(st) ? kdf_read(c, crypto, error, arena) : st;
}

dry_status dry_keystore_decrypt(uint8_t secret[32], struct dry_buf *error, struct dry_bytes json,
                                struct dry_bytes password)
{
    struct dry_json_limits limits = {.bytes_max = DRY_KEYSTORE_BYTES_MAX};
    struct dry_arena arena = {0};
    struct crypto c = {0};
    uint8_t key[KEY_BYTES_MAX];
    struct dry_json doc;
    struct dry_hash mac;
    dry_status st = dry_json_read(&doc, error, json, &limits, &arena);

    if (dry_ok(st)) {
        st = crypto_read(&c, dry_json_root(&doc), error, &arena);
        if (st.code == DRY_CODE_EINVAL) /* JSON's word for "not of this form" */
            st = DRY_STATUS(EDECODE, "not a keystore of version 3");
    }
    if (dry_ok(st))
        st = derive(key, &c, password);
    if (dry_ok(st)) {
        mac_of(&mac, key, c.ciphertext);
        if (dry_ct_equal(mac.b, c.mac, 32))
            st = aes_128_ctr(secret, c.ciphertext, key, c.iv);
        else
            st = complain(error, DRY_STATUS(EINVAL, "the password does not fit"));
    }
    dry_wipe(key, sizeof(key));
    dry_arena_fini(&arena);
    return st;
}

/* --- writing --- */

static void hex_write(struct dry_json_writer *w, const char *key, const uint8_t *p, size_t n)
{
    char text[64];

    DRY_ASSERT(n <= 32);
    dry_hex_encode(text, dry_bytes_of(p, n));
    dry_json_key(w, key);
    dry_json_write_text(w, dry_bytes_of(text, 2 * n));
}

static void number_write(struct dry_json_writer *w, const char *key, uint64_t v)
{
    dry_json_key(w, key);
    dry_json_write_u64(w, v);
}

static void text_write(struct dry_json_writer *w, const char *key, const char *v)
{
    dry_json_key(w, key);
    dry_json_write_str(w, v);
}

static void crypto_write(struct dry_json_writer *w, const struct crypto *c)
{
    dry_json_key(w, "crypto");
    dry_json_object_begin(w);
    text_write(w, "cipher", "aes-128-ctr");
    dry_json_key(w, "cipherparams");
    dry_json_object_begin(w);
    hex_write(w, "iv", c->iv, sizeof(c->iv));
    dry_json_object_end(w);
    hex_write(w, "ciphertext", c->ciphertext, sizeof(c->ciphertext));
    text_write(w, "kdf", "scrypt");
    dry_json_key(w, "kdfparams");
    dry_json_object_begin(w);
    number_write(w, "dklen", c->key_bytes);
    number_write(w, "n", c->n);
    number_write(w, "r", c->r);
    number_write(w, "p", c->p);
    hex_write(w, "salt", c->salt.ptr, c->salt.len);
    dry_json_object_end(w);
    hex_write(w, "mac", c->mac, sizeof(c->mac));
    dry_json_object_end(w);
}

/* A random (version 4) UUID as text. */
static void uuid_write(struct dry_json_writer *w, uint8_t id[16])
{
    char hex[32], text[37];

    id[6] = (uint8_t)((id[6] & 0x0f) | 0x40);
    id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
    dry_hex_encode(hex, dry_bytes_of(id, 16));
    (void)snprintf(text, sizeof(text), "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
                   hex + 16, hex + 20);
    text_write(w, "id", text);
}

static dry_status json_write(struct dry_buf *out, const struct crypto *c,
                             const struct dry_keystore_note *note, uint8_t id[16])
{
    struct dry_json_writer w;

    dry_json_begin(&w, out);
    dry_json_object_begin(&w);
    if (note->address != NULL)
        hex_write(&w, "address", note->address->b, 20);
    if (note->peer_id != NULL) {
        text_write(&w, "type", "ed25519");
        text_write(&w, "peerId", note->peer_id);
    }
    crypto_write(&w, c);
    uuid_write(&w, id);
    number_write(&w, "version", 3);
    dry_json_object_end(&w);
    return dry_json_end(&w);
}

dry_status dry_keystore_encrypt(struct dry_buf *out, const uint8_t secret[32],
                                struct dry_bytes password, bool light,
                                const struct dry_keystore_note *note, struct dry_rng *rng)
{
    struct crypto c = {.scrypt = true,
                       .n = light ? 4096 : 262144,
                       .r = 8,
                       .p = light ? 6 : 1,
                       .key_bytes = KEY_BYTES};
    uint8_t key[KEY_BYTES_MAX], salt[32], id[16];
    struct dry_hash mac;
    dry_status st = dry_rng_fill(rng, c.iv, sizeof(c.iv));

    if (dry_ok(st))
        st = dry_rng_fill(rng, salt, sizeof(salt));
    if (dry_ok(st))
        st = dry_rng_fill(rng, id, sizeof(id));
    c.salt = DRY_BYTES_ARRAY(salt);
    if (dry_ok(st))
        st = derive(key, &c, password);
    if (dry_ok(st))
        st = aes_128_ctr(c.ciphertext, secret, key, c.iv);
    if (dry_ok(st)) {
        mac_of(&mac, key, c.ciphertext);
        memcpy(c.mac, mac.b, 32);
        st = json_write(out, &c, note, id);
    }
    dry_wipe(key, sizeof(key));
    return st;
}
