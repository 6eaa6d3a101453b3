/* mnemonic.c - BIP-39: words to bits, bits to checksum. */
#include "mnemonic.h"
#include "report.h"
#include <drystone/crypto.h>

#define COUNT_MIN 12u
#define COUNT_MAX 24u
#define WORD_BITS 11u
#define BYTES_MAX ((COUNT_MAX * WORD_BITS + 7) / 8)

static dry_status refuse(struct dry_buf *error, const char *why)
{
    dry_complain(error, why, "");
    return DRY_EINVAL;
}

/* Words, when there is nothing but small letters with one blank between; else 0. */
static uint32_t words_count(const char *phrase)
{
    uint32_t n = 1;
    char before = ' ';

    for (const char *p = phrase; *p != '\0'; before = *p++) {
        if (*p == ' ' ? before == ' ' : *p < 'a' || *p > 'z')
            return 0;
        n += *p == ' ';
    }
    return before == ' ' ? 0 : n;
}

static bool word_find(uint32_t *place, const char *word, size_t len)
{
    for (uint32_t i = 0; i < DRY_MNEMONIC_WORDS; i++) {
        const char *w = dry__mnemonic_words[i];

        if (strlen(w) == len && memcmp(w, word, len) == 0) {
            *place = i;
            return true;
        }
    }
    return false;
}

static void bits_put(uint8_t *bits, uint32_t at, uint32_t value)
{
    for (uint32_t i = 0; i < WORD_BITS; i++, at++)
        if ((value >> (WORD_BITS - 1 - i) & 1) != 0)
            bits[at / 8] |= (uint8_t)(0x80 >> at % 8);
}

dry_status dry_mnemonic_check(const char *phrase, struct dry_buf *error)
{
    uint32_t count = words_count(phrase), entropy = count * 4 / 3; /* bytes */
    uint8_t bits[BYTES_MAX] = {0}, hash[32], sum;
    dry_status st = DRY_OK;
    char text[64];

    if (count == 0)
        return refuse(error, "words of small letters are needed, with one blank between");
    if (count < COUNT_MIN || count > COUNT_MAX || count % 3 != 0) {
        (void)snprintf(text, sizeof(text), "12, 15, 18, 21 or 24 words are needed, not %u", count);
        return refuse(error, text);
    }
    for (uint32_t i = 0; i < count && dry_ok(st); i++) {
        size_t len = strcspn(phrase, " ");
        uint32_t place;

        if (word_find(&place, phrase, len)) {
            bits_put(bits, i * WORD_BITS, place);
        } else {
            (void)snprintf(text, sizeof(text), "word %u is not in BIP-39's English list", i + 1);
            st = refuse(error, text);
        }
        phrase += len + 1;
    }
    if (dry_ok(st)) {
        dry_sha256(hash, dry_bytes_of(bits, entropy));
        sum = (uint8_t)(0xff00 >> count / 3); /* a bit for every 32 of entropy */
        if (((hash[0] ^ bits[entropy]) & sum) != 0)
            st = refuse(error, "its checksum does not fit: a word is wrong or out of place");
    }
    dry_wipe(bits, sizeof(bits));
    dry_wipe(hash, sizeof(hash));
    return st;
}

dry_status dry_mnemonic_option_check(const struct dry_options *o, struct dry_buf *error)
{
    size_t start = error->len;
    dry_status st;

    dry_complain(error, "--mnemonic: ", "");
    st = dry_mnemonic_check(dry_options_text(o, "mnemonic"), error);
    if (dry_ok(st))
        error->len = start;
    return st;
}
