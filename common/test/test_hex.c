/* Hexadecimal text and 64-bit numbers: there and back, and exactly where the fault is. */
#include "samples.h"

static void there_and_back(void **state)
{
    struct sample_rand r = {5};
    struct dry_buf b = {0};
    uint8_t in[200], fixed[200];
    char text[2 + 400];

    (void)state;
    CHECK(dry_ok(dry_buf_append_text(&b, "before")));
    for (size_t n = 0; n <= sizeof(in); n++) {
        size_t len = b.len;

        sample_bytes(&r, in, n);
        text[0] = '0';
        text[1] = n % 3 == 0 ? 'X' : 'x';
        dry_hex_encode(text + 2, dry_bytes_of(in, n));
        if (n % 2 == 0) {
            for (size_t i = 0; i < 2 * n; i++)
                text[2 + i] = (char)(text[2 + i] >= 'a' ? text[2 + i] - 32 : text[2 + i]);
        }
        CHECK(dry_ok(dry_hex_decode(&b, dry_bytes_of(text, 2 + 2 * n))));
        CHECK_BYTES(dry_bytes_of(b.ptr + len, b.len - len), dry_bytes_of(in, n), "prefixed");
        b.len = len;
        CHECK(dry_ok(dry_hex_decode(&b, dry_bytes_of(text + 2, 2 * n))));
        CHECK_BYTES(dry_bytes_of(b.ptr + len, b.len - len), dry_bytes_of(in, n), "bare");
        CHECK(dry_ok(dry_hex_decode_fixed(fixed, n, dry_bytes_of(text, 2 + 2 * n))));
        CHECK(memcmp(fixed, in, n) == 0);
    }
    dry_buf_fini(&b);
}

static void tells_where_it_is_wrong(void **state)
{
    struct dry_buf b = {0};
    uint8_t fixed[2] = {9, 9};
    dry_status st;

    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        for (size_t at = 0; at < 4; at++) {
            char text[] = "0x0123";
            bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');

            text[2 + at] = (char)c;
            st = dry_hex_decode(&b, dry_bytes_of(text, 6));
            CHECK(dry_ok(st) == digit);
            CHECK(digit || (st.code == DRY_CODE_EDECODE && st.detail == 2 + at && b.len == 0));
            b.len = 0;
            if (!digit) {
                st = dry_hex_decode_fixed(fixed, 2, dry_bytes_of(text, 6));
                CHECK(st.code == DRY_CODE_EDECODE && st.detail == 2 + at);
                CHECK(fixed[0] == 9 && fixed[1] == 9);
            }
        }
    }
    CHECK(dry_hex_decode(&b, DRY_BYTES_LIT("0x0")).code == DRY_CODE_EDECODE);
    CHECK(dry_hex_decode(&b, DRY_BYTES_LIT("abc")).code == DRY_CODE_EDECODE);
    CHECK(dry_hex_decode_fixed(fixed, 2, DRY_BYTES_LIT("0x01234")).code == DRY_CODE_EDECODE);
    CHECK(dry_hex_decode_fixed(fixed, 2, DRY_BYTES_LIT("012345")).code == DRY_CODE_EDECODE);
    CHECK(dry_hex_decode_fixed(fixed, 2, DRY_BYTES_LIT("")).code == DRY_CODE_EDECODE);
    dry_buf_fini(&b);
}

static void numbers(void **state)
{
    static const struct {
        const char *text;
        uint64_t value;
    } good[] = {{"0", 0},
                {"0x0", 0},
                {"18446744073709551615", UINT64_MAX},
                {"0xffffffffffffffff", UINT64_MAX},
                {"0x00000000000000000001", 1},
                {"31337", 31337},
                {"0XaB", 0xab}};
    static const char *const refused[] = {
        "",  "0x",   "18446744073709551616", "0x10000000000000000", "-1", "1 ", "0xg", "1a",
        "+", "0x1.", "99999999999999999999"};
    struct sample_rand r = {3};
    char text[DRY_U64_HEX_MAX], want[DRY_U64_HEX_MAX];
    uint64_t v = 77;

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(good); i++) {
        CHECK_MSG(dry_ok(dry_u64_from_text(&v, dry_bytes_of(good[i].text, strlen(good[i].text)))),
                  good[i].text);
        CHECK_MSG(v == good[i].value, good[i].text);
    }
    v = 77;
    for (size_t i = 0; i < DRY_COUNT(refused); i++) {
        dry_status st = dry_u64_from_text(&v, dry_bytes_of(refused[i], strlen(refused[i])));

        CHECK_MSG(st.code == DRY_CODE_EDECODE && v == 77, refused[i]);
    }
    for (int i = 0; i < 10000; i++) {
        uint64_t x = sample_next(&r), y;
        size_t n;

        x >>= x % 65 % 64;
        n = dry_u64_to_hex(text, i == 0 ? x = 0 : x);
        snprintf(want, sizeof(want), "0x%llx", (unsigned long long)x);
        CHECK_MSG(n == strlen(want) && strcmp(text, want) == 0, want);
        CHECK(dry_ok(dry_u64_from_text(&y, dry_bytes_of(text, n))) && x == y);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(tells_where_it_is_wrong),
        cmocka_unit_test(numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
