/* account.c - `drystone key-gen` and `drystone account new|list|import|export`. */
#include "commands.h"
#include "keys/address_text.h"
#include "keys/key_dir.h"
#include "keys/keystore.h"
#include "keys/password.h"
#include "report.h"
#include <drystone/common/hex.h>
#include <drystone/crypto.h>
#include <drystone/platform/files.h>
#include <drystone/platform/json.h>
#include <drystone/platform/system.h>

/* What every one of these commands works with. */
struct keys {
    const struct dry_options *options;
    struct dry_buf dir, password, error;
    uint8_t secret[32];
    struct dry_address address;
    struct dry_buf path;
};

/* --keystore, else DATADIR/keystore, else ./keystore. */
static dry_status dir_find(struct keys *k)
{
    const char *keystore = dry_options_text(k->options, "keystore");
    const char *datadir = dry_options_text(k->options, "datadir");

    if (keystore != NULL)
        return dry_path_join(&k->dir, ".", keystore);
    return dry_path_join(&k->dir, datadir != NULL ? datadir : ".", "keystore");
}

/* An empty password for a new key file is mostly a slip: of a variable or of the return key. Only a
 * file says that it is meant. */
static dry_status password_read(struct keys *k, bool fresh)
{
    const char *file = dry_options_text(k->options, "password-file");
    dry_status st = dry_password_read(&k->password, file, fresh, &k->error);

    if (!dry_ok(st) || !fresh || k->password.len != 0)
        return st;
    if (file == NULL) {
        dry_complain(&k->error, "the password is empty; where that is meant, give --password-file",
                     " and a file with an empty line");
        return DRY_EINVAL;
    }
    (void)fprintf(stderr,
                  "drystone: warning: the password in %s is empty: whoever reads the key "
                  "file has the key\n",
                  file);
    return DRY_OK;
}

static int finish(struct keys *k, dry_status st)
{
    if (k->password.ptr != NULL)
        dry_wipe(k->password.ptr, k->password.cap);
    dry_wipe(k->secret, sizeof(k->secret));
    dry_buf_fini(&k->password);
    dry_buf_fini(&k->dir);
    dry_buf_fini(&k->path);
    return dry_report(&k->error, st);
}

static const char *dir_of(const struct keys *k)
{
    return (const char *)k->dir.ptr;
}

static dry_status address_of_secret(struct keys *k)
{
    uint8_t pubkey[64];

    if (!dry_secp256k1_pubkey(pubkey, k->secret)) {
        dry_complain(&k->error, "the secret is 0 or not below the curve's order", "");
        return DRY_EINVAL;
    }
    dry_address_of_pubkey(&k->address, pubkey);
    return DRY_OK;
}

/* A fresh account secret; the odds that a second try is needed are 2^-127. */
static dry_status secret_make(struct keys *k)
{
    uint8_t pubkey[64];
    dry_status st;

    do
        st = dry_rng_fill(dry_system_rng(), k->secret, sizeof(k->secret));
    while (dry_ok(st) && !dry_secp256k1_pubkey(pubkey, k->secret));
    return dry_ok(st) ? address_of_secret(k) : st;
}

static dry_status account_write(struct keys *k)
{
    return dry_key_dir_add(&k->path, dir_of(k), k->secret, &k->address, NULL,
                           dry_buf_bytes(&k->password), dry_options_bool(k->options, "light"),
                           &k->error);
}

static void out_text(struct dry_json_writer *w, const char *key, const char *text)
{
    dry_json_key(w, key);
    dry_json_write_str(w, text);
}

/* Names and values as lines for people or as one JSON object. */
static dry_status print_pairs(const struct dry_options *o, const char *const pairs[][2],
                              size_t count)
{
    struct dry_buf out = {0};
    struct dry_json_writer w;
    dry_status st;

    if (!dry_options_bool(o, "json")) {
        for (size_t i = 0; i < count; i++)
            printf("%-13s %s\n", pairs[i][0], pairs[i][1]);
        return DRY_OK;
    }
    dry_json_begin(&w, &out);
    dry_json_object_begin(&w);
    for (size_t i = 0; i < count; i++)
        out_text(&w, pairs[i][0], pairs[i][1]);
    dry_json_object_end(&w);
    st = dry_json_end(&w);
    if (dry_ok(st))
        printf("%.*s\n", (int)out.len, (const char *)out.ptr);
    if (out.ptr != NULL)
        dry_wipe(out.ptr, out.cap); /* a secret may be among them */
    dry_buf_fini(&out);
    return st;
}

/* --- commands --- */

int dry_cmd_key_gen(const struct dry_options *options)
{
    struct keys k = {.options = options};
    struct dry_buf node_path = {0};
    char address[DRY_ADDRESS_TEXT], peer[DRY_BASE58_TEXT_MAX];
    uint8_t seed[32], pubkey[32];
    dry_status st = dir_find(&k);

    if (dry_ok(st))
        st = password_read(&k, true);
    if (dry_ok(st))
        st = secret_make(&k);
    if (dry_ok(st))
        st = dry_rng_fill(dry_system_rng(), seed, sizeof(seed));
    if (dry_ok(st))
        st = account_write(&k);
    if (dry_ok(st)) {
        dry_ed25519_pubkey(pubkey, seed);
        dry_peer_id_of(peer, pubkey);
        st = dry_key_dir_add(&node_path, dir_of(&k), seed, NULL, peer, dry_buf_bytes(&k.password),
                             dry_options_bool(options, "light"), &k.error);
    }
    if (dry_ok(st)) {
        const char *pairs[][2] = {{"address", address},
                                  {"addressFile", (const char *)k.path.ptr},
                                  {"peerId", peer},
                                  {"peerIdFile", (const char *)node_path.ptr}};

        dry_address_text(address, &k.address);
        st = print_pairs(options, pairs, DRY_COUNT(pairs));
    }
    dry_wipe(seed, sizeof(seed));
    dry_buf_fini(&node_path);
    return finish(&k, st);
}

static dry_status account_print(struct keys *k)
{
    char address[DRY_ADDRESS_TEXT];
    const char *pairs[][2] = {{"address", address}, {"addressFile", (const char *)k->path.ptr}};

    dry_address_text(address, &k->address);
    return print_pairs(k->options, pairs, DRY_COUNT(pairs));
}

int dry_cmd_account_new(const struct dry_options *options)
{
    struct keys k = {.options = options};
    dry_status st = dir_find(&k);

    if (dry_ok(st))
        st = password_read(&k, true);
    if (dry_ok(st))
        st = secret_make(&k);
    if (dry_ok(st))
        st = account_write(&k);
    if (dry_ok(st))
        st = account_print(&k);
    return finish(&k, st);
}

static void list_json(struct dry_json_writer *w, const struct dry_key_file *f)
{
    char address[DRY_ADDRESS_TEXT];

    dry_json_object_begin(w);
    dry_address_text(address, &f->address);
    if (f->node_key)
        out_text(w, "peerId", f->peer_id);
    else
        out_text(w, "address", address);
    out_text(w, "file", f->path);
    dry_json_object_end(w);
}

static dry_status list_print(const struct dry_key_list *l, bool json)
{
    struct dry_buf out = {0};
    struct dry_json_writer w;
    dry_status st;

    dry_json_begin(&w, &out);
    dry_json_array_begin(&w);
    for (uint32_t i = 0; i < l->count; i++) {
        const struct dry_key_file *f = &l->files[i];
        char address[DRY_ADDRESS_TEXT];

        if (json) {
            list_json(&w, f);
        } else {
            dry_address_text(address, &f->address);
            printf("%-52s  %s\n", f->node_key ? f->peer_id : address, f->path);
        }
    }
    dry_json_array_end(&w);
    st = dry_json_end(&w);
    if (dry_ok(st) && json)
        printf("%.*s\n", (int)out.len, (const char *)out.ptr);
    dry_buf_fini(&out);
    return st;
}

int dry_cmd_account_list(const struct dry_options *options)
{
    struct keys k = {.options = options};
    struct dry_key_list list = {0};
    dry_status st = dir_find(&k);

    if (dry_ok(st))
        st = dry_key_list_init(&list, dir_of(&k));
    if (dry_ok(st))
        st = list_print(&list, dry_options_bool(options, "json"));
    dry_key_list_fini(&list);
    return finish(&k, st);
}

/* The secret of a file: a keystore, or 64 hexadecimal digits. */
static dry_status secret_read(struct keys *k, const char *file)
{
    struct dry_buf text = {0};
    dry_status st = dry_file_read(&text, file, DRY_KEYSTORE_BYTES_MAX);
    size_t n = text.len;

    if (!dry_ok(st)) {
        dry_complain(&k->error, file, ": ");
        dry_complain(&k->error, dry_status_text(st), "");
        return st;
    }
    while (n > 0 && (text.ptr[n - 1] == '\n' || text.ptr[n - 1] == '\r' || text.ptr[n - 1] == ' '))
        n--;
    if (n > 0 && text.ptr[0] == '{') {
        dry_complain(&k->error, file, ": ");
        st = dry_keystore_decrypt(k->secret, &k->error, dry_buf_bytes(&text),
                                  dry_buf_bytes(&k->password));
        if (dry_ok(st))
            dry_buf_fini(&k->error);
    } else {
        st = dry_hex_decode_fixed(k->secret, sizeof(k->secret), dry_bytes_of(text.ptr, n));
        if (!dry_ok(st))
            dry_complain(&k->error, file, ": neither a keystore nor 64 hexadecimal digits");
    }
    if (text.ptr != NULL)
        dry_wipe(text.ptr, text.cap);
    dry_buf_fini(&text);
    return st;
}

static dry_status absent_check(struct keys *k)
{
    struct dry_key_list list = {0};
    const struct dry_key_file *f = NULL;
    dry_status st = dry_key_list_init(&list, dir_of(k));

    if (dry_ok(st))
        f = dry_key_list_find(&list, &k->address);
    if (f != NULL) {
        dry_complain(&k->error, "the account is there already: ", f->path);
        st = DRY_STATUS(EEXIST, NULL);
    }
    dry_key_list_fini(&list);
    return st;
}

int dry_cmd_account_import(const struct dry_options *options)
{
    struct keys k = {.options = options};
    dry_status st = dir_find(&k);

    if (dry_ok(st))
        st = password_read(&k, true);
    if (dry_ok(st))
        st = secret_read(&k, dry_options_arg(options, 0));
    if (dry_ok(st))
        st = address_of_secret(&k);
    if (dry_ok(st))
        st = absent_check(&k);
    if (dry_ok(st))
        st = account_write(&k);
    if (dry_ok(st))
        st = account_print(&k);
    return finish(&k, st);
}

/* The secret in a file that names k->address; what a file says of itself is nobody's word. */
static dry_status secret_of_address(struct keys *k, const char *file)
{
    struct dry_address asked = k->address;
    char found[DRY_ADDRESS_TEXT];
    dry_status st = secret_read(k, file);

    if (dry_ok(st))
        st = address_of_secret(k);
    if (!dry_ok(st) || memcmp(k->address.b, asked.b, sizeof(asked.b)) == 0)
        return st;
    dry_address_text(found, &k->address);
    dry_complain(&k->error, file, " names this address, but holds the key of ");
    dry_complain(&k->error, found, "");
    return DRY_EINVAL;
}

static dry_status export_secret(struct keys *k, const char *file)
{
    char text[67] = "0x", address[DRY_ADDRESS_TEXT];
    const char *pairs[][2] = {{"address", address}, {"secret", text}};
    dry_status st = secret_of_address(k, file);

    if (!dry_ok(st))
        return st;
    dry_hex_encode(text + 2, DRY_BYTES_ARRAY(k->secret));
    text[66] = '\0';
    dry_address_text(address, &k->address);
    if (dry_options_bool(k->options, "json"))
        st = print_pairs(k->options, pairs, DRY_COUNT(pairs));
    else
        printf("%s\n", text);
    dry_wipe(text, sizeof(text));
    return st;
}

int dry_cmd_account_export(const struct dry_options *options)
{
    struct keys k = {.options = options};
    struct dry_key_list list = {0};
    const struct dry_key_file *f = NULL;
    const char *arg = dry_options_arg(options, 0);
    dry_status st = dir_find(&k);

    if (dry_ok(st) &&
        !dry_ok(dry_hex_decode_fixed(k.address.b, 20, dry_bytes_of(arg, strlen(arg))))) {
        dry_complain(&k.error, "account export ", arg);
        dry_complain(&k.error, ": an address has 0x and 40 hexadecimal digits", "");
        st = DRY_WRONG_USAGE;
    }
    if (dry_ok(st))
        st = dry_key_list_init(&list, dir_of(&k));
    if (dry_ok(st)) {
        f = dry_key_list_find(&list, &k.address);
        if (f == NULL) {
            dry_complain(&k.error, "no such account in ", dir_of(&k));
            st = DRY_ENOTFOUND;
        }
    }
    if (dry_ok(st))
        st = password_read(&k, false);
    if (dry_ok(st))
        st = export_secret(&k, f->path);
    dry_key_list_fini(&list);
    return finish(&k, st);
}
