/* The list is BIP-39's; its published phrases pass, and none with one fault does. */
#include "mnemonic.h"
#include <drystone/crypto.h>
#include <drystone/test.h>

static void list(void **state)
{
    struct dry_buf text = {0};
    uint8_t hash[32];

    (void)state;
    for (size_t i = 0; i < DRY_MNEMONIC_WORDS; i++) {
        CHECK(dry_ok(dry_buf_append_text(&text, dry__mnemonic_words[i])));
        CHECK(dry_ok(dry_buf_append_byte(&text, '\n')));
    }
    dry_sha256(hash, dry_buf_bytes(&text));
    CHECK_BYTES(DRY_BYTES_ARRAY(hash),
                test_hex("2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"),
                "english.txt");
    dry_buf_fini(&text);
}

#define ELEVEN(word) \
    word " " word " " word " " word " " word " " word " " word " " word " " word " " word " " word
#define SIX(word) word " " word " " word " " word " " word " " word

/* From the BIP's test vectors; the first is everybody's, those of 15 and 21 by PyPI's mnemonic. */
static const char *const good[] = {
    ELEVEN("test") " junk",
    ELEVEN("abandon") " about",
    "legal winner thank year wave sausage worth useful legal winner thank yellow",
    "letter advice cage absurd amount doctor acoustic avoid letter advice cage above",
    ELEVEN("zoo") " wrong",
    "abandon amount liar amount expire adjust cage candy arch gather drum bullet absurd math "
    "exhibit",
    SIX("abandon") " " ELEVEN("abandon") " agent",
    "gravity machine north sort system female filter attitude volume fold club stay feature office "
    "ecology stable narrow fog",
    "good clinic oil speak note cup random punch hunt logic frame tragic elder robot target august "
    "kidney swim butter woman zero",
    ELEVEN("abandon") " abandon " ELEVEN("abandon") " art",
    ELEVEN("zoo") " zoo " ELEVEN("zoo") " vote",
    "void come effort suffer camp survey warrior heavy shoot primary clutch crush open amazing "
    "screen patrol group space point ten exist slush involve unfold",
};

static void phrases(void **state)
{
    struct dry_buf error = {0};

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(good); i++)
        CHECK_MSG(dry_ok(dry_mnemonic_check(good[i], &error)), good[i]);
    CHECK(error.len == 0);
    dry_buf_fini(&error);
}

static const struct {
    const char *name, *phrase, *says;
} bad[] = {
    {"empty", "", "small letters"},
    {"blank before", " " ELEVEN("test") " junk", "small letters"},
    {"blank after", ELEVEN("test") " junk ", "small letters"},
    {"two blanks", ELEVEN("test") "  junk", "small letters"},
    {"tab", ELEVEN("test") "\tjunk", "small letters"},
    {"capital", ELEVEN("test") " Junk", "small letters"},
    {"not ASCII", ELEVEN("test") " junk\xc3\xa9", "small letters"},
    {"one word", "test", "not 1"},
    {"three words", "a b c", "not 3"},
    {"eleven words", ELEVEN("test"), "not 11"},
    {"thirteen words", ELEVEN("test") " junk junk", "not 13"},
    {"27 words", ELEVEN("zoo") " zoo " ELEVEN("zoo") " zoo zoo zoo zoo", "not 27"},
    {"unknown word", ELEVEN("test") " junky", "word 12"},
    {"beginning of a word", "tes " ELEVEN("test"), "word 1 "},
    {"checksum", ELEVEN("test") " test", "checksum"},
    {"checksum of 24", ELEVEN("abandon") " abandon " ELEVEN("abandon") " about", "checksum"},
    {"order", "legal winner thank year wave sausage worth useful legal thank winner yellow",
     "checksum"},
};

static void refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < DRY_COUNT(bad); i++) {
        struct dry_buf error = {0};

        CHECK_MSG(dry_mnemonic_check(bad[i].phrase, &error).code == DRY_CODE_EINVAL, bad[i].name);
        CHECK(dry_ok(dry_buf_append_byte(&error, 0)));
        CHECK_MSG(strstr((const char *)error.ptr, bad[i].says) != NULL, (const char *)error.ptr);
        dry_buf_fini(&error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(list), cmocka_unit_test(phrases),
                                       cmocka_unit_test(refused)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
