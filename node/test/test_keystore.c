/* Keystore files of other programs open, ours open again, damaged or greedy ones are refused for
 * the stated reason. */
#include "keys/keystore.h"
#include <drystone/common/hex.h>
#include <drystone/platform/json.h>
#include <drystone/platform/system.h>
#include <drystone/test.h>

static struct dry_bytes text(const char *s)
{
    return dry_bytes_of(s, strlen(s));
}

/* Every published vector decrypts to its key; with another password none does. */
static void published(void **state)
{
    const char *path = test_vectors_path("eth/KeyStoreTests/basic_tests.json"), *name;
    json_t *file, *test;
    size_t count = 0;

    (void)state;
    if (path == NULL) {
        skip();
        return;
    }
    file = test_json_load(path);
    json_object_foreach(file, name, test)
    {
        char *json = json_dumps(json_object_get(test, "json"), 0);
        const char *password = json_string_value(json_object_get(test, "password"));
        struct dry_buf error = {0};
        uint8_t secret[32];
        dry_status st = dry_keystore_decrypt(secret, &error, text(json), text(password));

        CHECK_MSG(dry_ok(st), name);
        CHECK_BYTES(DRY_BYTES_ARRAY(secret),
                    test_hex(json_string_value(json_object_get(test, "priv"))), name);
        st = dry_keystore_decrypt(secret, &error, text(json), text("another password"));
        CHECK_MSG(st.code == DRY_CODE_EINVAL, name);
        CHECK_BYTES(dry_buf_bytes(&error), text("the password does not fit"), name);
        dry_buf_fini(&error);
        free(json);
        count++;
    }
    CHECK(count >= 5);
    json_decref(file);
}

static const struct dry_address address = {.b = {0xab, 0xcd}};

static void encrypted(struct dry_buf *out, const uint8_t secret[32], bool light,
                      const struct dry_keystore_note *note)
{
    CHECK(dry_ok(
        dry_keystore_encrypt(out, secret, text("correct horse"), light, note, dry_system_rng())));
}

/* What is written is version 3 with scrypt, opens with the password, and differs every time. */
static void round_trip(void **state)
{
    struct dry_keystore_note note = {.address = &address};
    uint8_t secret[32], again[32];
    struct dry_buf a = {0}, b = {0}, error = {0};
    json_t *json, *crypto;

    (void)state;
    memset(secret, 0x5a, sizeof(secret));
    encrypted(&a, secret, true, &note);
    encrypted(&b, secret, false, &note);
    CHECK(!dry_bytes_equal(dry_buf_bytes(&a), dry_buf_bytes(&b)));
    CHECK(dry_ok(dry_keystore_decrypt(again, &error, dry_buf_bytes(&a), text("correct horse"))));
    CHECK_BYTES(DRY_BYTES_ARRAY(again), DRY_BYTES_ARRAY(secret), "light");
    memset(again, 0, sizeof(again));
    CHECK(dry_ok(dry_keystore_decrypt(again, &error, dry_buf_bytes(&b), text("correct horse"))));
    CHECK_BYTES(DRY_BYTES_ARRAY(again), DRY_BYTES_ARRAY(secret), "full");
    json = json_loadb((const char *)b.ptr, b.len, 0, NULL);
    crypto = json_object_get(json, "crypto");
    CHECK(json_integer_value(json_object_get(json, "version")) == 3);
    CHECK(strcmp(json_string_value(json_object_get(json, "address")),
                 "abcd000000000000000000000000000000000000") == 0);
    CHECK(strcmp(json_string_value(json_object_get(crypto, "kdf")), "scrypt") == 0);
    CHECK(json_integer_value(json_object_get(json_object_get(crypto, "kdfparams"), "n")) == 262144);
    CHECK(strlen(json_string_value(json_object_get(json, "id"))) == 36);
    json_decref(json);
    dry_buf_fini(&a);
    dry_buf_fini(&b);
    dry_buf_fini(&error);
}

/* A good file with one member exchanged. */
#define FILE_OF(version, cipher, iv, kdf, params)                                         \
    "{\"version\":" version ",\"crypto\":{\"cipher\":\"" cipher                           \
    "\",\"cipherparams\":{\"iv\":\"" iv "\"},\"ciphertext\":"                             \
    "\"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46\",\"kdf\":\"" kdf \
    "\",\"kdfparams\":{" params "},\"mac\":"                                              \
    "\"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2\"}}"
#define IV "6087dab2f9fdbbfaddc31a909735c1e6"
#define SALT "\"dklen\":32,\"salt\":\"ae3c\","

static const struct {
    const char *name, *json;
    enum dry_code code;
    const char *says;
} bad[] = {
    {"empty", "", DRY_CODE_EDECODE, ""},
    {"no object", "[]", DRY_CODE_EDECODE, "object"},
    {"cut", "{\"version\":3", DRY_CODE_EDECODE, ""},
    {"version", FILE_OF("1", "aes-128-ctr", IV, "scrypt", SALT "\"n\":2,\"r\":1,\"p\":1"),
     DRY_CODE_EUNSUPPORTED, "version is not 3"},
    {"cipher", FILE_OF("3", "aes-128-cbc", IV, "scrypt", SALT "\"n\":2,\"r\":1,\"p\":1"),
     DRY_CODE_EUNSUPPORTED, "aes-128-ctr"},
    {"iv", FILE_OF("3", "aes-128-ctr", "00", "scrypt", SALT "\"n\":2,\"r\":1,\"p\":1"),
     DRY_CODE_EDECODE, "iv"},
    {"kdf", FILE_OF("3", "aes-128-ctr", IV, "argon2", SALT "\"n\":2"), DRY_CODE_EUNSUPPORTED,
     "neither scrypt nor pbkdf2"},
    {"prf", FILE_OF("3", "aes-128-ctr", IV, "pbkdf2", SALT "\"c\":1,\"prf\":\"hmac-md5\""),
     DRY_CODE_EUNSUPPORTED, "hmac-sha256"},
    {"no rounds", FILE_OF("3", "aes-128-ctr", IV, "pbkdf2", SALT "\"c\":0,\"prf\":\"hmac-sha256\""),
     DRY_CODE_ELIMIT, "pbkdf2's c"},
    {"n no power", FILE_OF("3", "aes-128-ctr", IV, "scrypt", SALT "\"n\":3,\"r\":1,\"p\":1"),
     DRY_CODE_EDECODE, "power of two"},
    {"memory", FILE_OF("3", "aes-128-ctr", IV, "scrypt", SALT "\"n\":1073741824,\"r\":8,\"p\":1"),
     DRY_CODE_ELIMIT, "512 MiB"},
    {"memory of 1 GiB, little work",
     FILE_OF("3", "aes-128-ctr", IV, "scrypt", SALT "\"n\":8388608,\"r\":1,\"p\":1"),
     DRY_CODE_ELIMIT, "512 MiB"},
    {"little memory, work",
     FILE_OF("3", "aes-128-ctr", IV, "scrypt", SALT "\"n\":524288,\"r\":8,\"p\":3"),
     DRY_CODE_ELIMIT, "8388608"},
    {"blocks by p", FILE_OF("3", "aes-128-ctr", IV, "scrypt", SALT "\"n\":2,\"r\":1,\"p\":4097"),
     DRY_CODE_ELIMIT, "4096"},
    {"blocks by r", FILE_OF("3", "aes-128-ctr", IV, "scrypt", SALT "\"n\":2,\"r\":4097,\"p\":1"),
     DRY_CODE_ELIMIT, "4096"},
    {"rounds",
     FILE_OF("3", "aes-128-ctr", IV, "pbkdf2", SALT "\"c\":10000001,\"prf\":\"hmac-sha256\""),
     DRY_CODE_ELIMIT, "10000000"},
    {"rounds of a long key",
     FILE_OF("3", "aes-128-ctr", IV, "pbkdf2",
             "\"dklen\":128,\"salt\":\"ae3c\",\"c\":2500001,\"prf\":\"hmac-sha256\""),
     DRY_CODE_ELIMIT, "10000000"},
    {"version as text",
     FILE_OF("\"3\"", "aes-128-ctr", IV, "scrypt", SALT "\"n\":2,\"r\":1,\"p\":1"),
     DRY_CODE_EDECODE, "version: must be a number"},
    {"n as text",
     FILE_OF("3", "aes-128-ctr", IV, "scrypt", SALT "\"n\":\"262144\",\"r\":8,\"p\":1"),
     DRY_CODE_EDECODE, "n: must be a number"},
    {"c as hexadecimal text",
     FILE_OF("3", "aes-128-ctr", IV, "pbkdf2", SALT "\"c\":\"0x1\",\"prf\":\"hmac-sha256\""),
     DRY_CODE_EDECODE, "c: must be a number"},
    {"work", FILE_OF("3", "aes-128-ctr", IV, "scrypt", SALT "\"n\":262144,\"r\":8,\"p\":100"),
     DRY_CODE_ELIMIT, "8388608"},
    {"short key",
     FILE_OF("3", "aes-128-ctr", IV, "scrypt",
             "\"dklen\":16,\"salt\":\"\",\"n\":2,\"r\":1,\"p\":1"),
     DRY_CODE_EDECODE, "dklen"},
    {"salt",
     FILE_OF("3", "aes-128-ctr", IV, "scrypt",
             "\"dklen\":32,\"salt\":\"xy\",\"n\":2,\"r\":1,\"p\":1"),
     DRY_CODE_EDECODE, "salt"},
};

static void refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < DRY_COUNT(bad); i++) {
        struct dry_buf error = {0};
        uint8_t secret[32] = {7};
        dry_status st = dry_keystore_decrypt(secret, &error, text(bad[i].json), text("x"));

        CHECK_MSG(st.code == bad[i].code, bad[i].name);
        CHECK_MSG(error.len != 0, bad[i].name);
        CHECK_MSG(dry_ok(dry_buf_append_byte(&error, 0)) &&
                      strstr((const char *)error.ptr, bad[i].says) != NULL,
                  bad[i].name);
        CHECK_MSG(secret[0] == 7 && secret[31] == 0, bad[i].name);
        dry_buf_fini(&error);
    }
}

/* Nothing is a password and a salt, too: the libraries never see a NULL for it. */
static void empty(void **state)
{
    static const char *const files[] = {
        FILE_OF("3", "aes-128-ctr", IV, "scrypt",
                "\"dklen\":32,\"salt\":\"\",\"n\":2,\"r\":1,\"p\":1"),
        FILE_OF("3", "aes-128-ctr", IV, "pbkdf2",
                "\"dklen\":32,\"salt\":\"\",\"c\":1,\"prf\":\"hmac-sha256\"")};
    struct dry_keystore_note note = {.address = &address};
    uint8_t secret[32] = {1}, again[32];
    struct dry_buf out = {0}, error = {0};

    (void)state;
    CHECK(
        dry_ok(dry_keystore_encrypt(&out, secret, DRY_BYTES_EMPTY, true, &note, dry_system_rng())));
    CHECK(dry_ok(dry_keystore_decrypt(again, &error, dry_buf_bytes(&out), DRY_BYTES_EMPTY)));
    CHECK_BYTES(DRY_BYTES_ARRAY(again), DRY_BYTES_ARRAY(secret), "empty password");
    for (size_t i = 0; i < DRY_COUNT(files); i++)
        CHECK(dry_keystore_decrypt(again, &error, text(files[i]), DRY_BYTES_EMPTY).code ==
              DRY_CODE_EINVAL);
    dry_buf_fini(&out);
    dry_buf_fini(&error);
}

/* Memory that runs out is told as such, and nothing is lost. */
static void memory_fails(void **state)
{
    struct dry_keystore_note note = {.peer_id = "12D3KooW"};
    uint8_t secret[32] = {1}, again[32];

    (void)state;
    TEST_EACH_ALLOC_FAILS({
        struct dry_buf out = {0}, error = {0};
        dry_status st =
            dry_keystore_encrypt(&out, secret, text("p"), true, &note, dry_system_rng());

        if (dry_ok(st))
            st = dry_keystore_decrypt(again, &error, dry_buf_bytes(&out), text("p"));
        CHECK(dry_ok(st) || (st.code == DRY_CODE_ENOMEM && test_alloc_failed()));
        dry_buf_fini(&out);
        dry_buf_fini(&error);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published), cmocka_unit_test(round_trip),   cmocka_unit_test(refused),
        cmocka_unit_test(empty),     cmocka_unit_test(memory_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
