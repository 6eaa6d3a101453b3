/* Text that decodes is the same text again when it is encoded, letters' case and prefix aside;
 * numbers agree with the wider form. */
#include <drystone/common/hex.h>
#include <drystone/common/u256.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_bytes(struct dry_bytes text)
{
    struct dry_buf out = {0}, again = {0};
    size_t skip;

    if (dry_ok(dry_hex_decode(&out, text)) && out.len != 0) {
        skip = text.len - 2 * out.len;
        DRY_ASSERT(skip == 0 || skip == 2);
        DRY_ASSERT(dry_ok(dry_buf_reserve(&again, 2 * out.len)));
        dry_hex_encode((char *)again.ptr, dry_buf_bytes(&out));
        for (size_t i = 0; i < 2 * out.len; i++)
            DRY_ASSERT(again.ptr[i] ==
                       (text.ptr[skip + i] | (text.ptr[skip + i] > '9' ? 0x20 : 0)));
        DRY_ASSERT(dry_ok(dry_hex_decode_fixed(again.ptr, out.len, text)));
        DRY_ASSERT(memcmp(again.ptr, out.ptr, out.len) == 0);
    }
    dry_buf_fini(&out);
    dry_buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct dry_bytes text = dry_bytes_of(data, len);
    struct dry_u256 w, back;
    char dec[DRY_U256_DEC_MAX], hex[DRY_U256_HEX_MAX];
    uint64_t u;
    bool wide = dry_ok(dry_u256_from_text(&w, text)), narrow = dry_ok(dry_u64_from_text(&u, text));

    check_bytes(text);
    DRY_ASSERT(narrow == (wide && dry_u256_is_u64(&w)));
    DRY_ASSERT(!narrow || w.w[0] == u);
    if (wide) {
        size_t n = dry_u256_to_dec(dec, &w);

        DRY_ASSERT(dry_ok(dry_u256_from_text(&back, dry_bytes_of(dec, n))));
        DRY_ASSERT(dry_u256_equal(&back, &w));
        n = dry_u256_to_hex(hex, &w);
        DRY_ASSERT(dry_ok(dry_u256_from_text(&back, dry_bytes_of(hex, n))));
        DRY_ASSERT(dry_u256_equal(&back, &w));
    }
    return 0;
}
