/* Hexadecimal text and 64-bit numbers. */
#include <drystone/common/hex.h>

static const char digits[16] = {'0', '1', '2', '3', '4', '5', '6', '7',
                                '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

/* The digit's value, or 16 or more for anything else. */
static unsigned digit_value(uint8_t c)
{
    unsigned d = (unsigned)c - '0', l = ((unsigned)c | 0x20) - 'a';

    return d < 10 ? d : l < 6 ? l + 10 : 16;
}

static bool has_prefix(struct dry_bytes t)
{
    return t.len >= 2 && t.ptr[0] == '0' && (t.ptr[1] | 0x20) == 'x';
}

void dry_hex_encode(char *out, struct dry_bytes in)
{
    for (size_t i = 0; i < in.len; i++) {
        out[2 * i] = digits[in.ptr[i] >> 4];
        out[2 * i + 1] = digits[in.ptr[i] & 15];
    }
}

/* Digits alone; n bytes. false with *bad set to the first bad digit's index. */
static bool decode(uint8_t *out, const uint8_t *text, size_t n, size_t *bad)
{
    for (size_t i = 0; i < n; i++) {
        unsigned h = digit_value(text[2 * i]), l = digit_value(text[2 * i + 1]);

        if ((h | l) > 15) {
            *bad = 2 * i + (h <= 15);
            return false;
        }
        out[i] = (uint8_t)(h << 4 | l);
    }
    return true;
}

dry_status dry_hex_decode(struct dry_buf *out, struct dry_bytes text)
{
    size_t skip = has_prefix(text) ? 2 : 0, bad = 0, n = (text.len - skip) / 2;
    dry_status st;

    if ((text.len - skip) % 2 != 0)
        return DRY_STATUS(EDECODE, "odd number of hexadecimal digits");
    st = dry_buf_reserve(out, n);
    if (!dry_ok(st) || n == 0)
        return st;
    if (!decode(out->ptr + out->len, text.ptr + skip, n, &bad))
        return DRY_STATUS_AT(EDECODE, "not a hexadecimal digit", (uint32_t)(skip + bad));
    out->len += n;
    return DRY_OK;
}

dry_status dry_hex_decode_fixed(uint8_t *out, size_t n, struct dry_bytes text)
{
    size_t skip = has_prefix(text) ? 2 : 0, bad = 0;

    if (text.len - skip != 2 * n)
        return DRY_STATUS(EDECODE, "wrong number of hexadecimal digits");
    for (size_t i = skip; i < text.len; i++) {
        if (digit_value(text.ptr[i]) > 15)
            return DRY_STATUS_AT(EDECODE, "not a hexadecimal digit", (uint32_t)i);
    }
    if (n != 0)
        (void)decode(out, text.ptr + skip, n, &bad);
    return DRY_OK;
}

dry_status dry_u64_from_text(uint64_t *out, struct dry_bytes text)
{
    size_t i = has_prefix(text) ? 2 : 0;
    unsigned base = i != 0 ? 16 : 10;
    uint64_t v = 0;

    if (i == text.len)
        return DRY_STATUS(EDECODE, "number without digits");
    for (; i < text.len; i++) {
        unsigned d = digit_value(text.ptr[i]);

        if (d >= base)
            return DRY_STATUS_AT(EDECODE, "not a digit", (uint32_t)i);
        if (v > (UINT64_MAX - d) / base)
            return DRY_STATUS(EDECODE, "number does not fit 64 bits");
        v = v * base + d;
    }
    *out = v;
    return DRY_OK;
}

size_t dry_u64_to_hex(char out[DRY_U64_HEX_MAX], uint64_t v)
{
    unsigned n = v == 0 ? 1 : (unsigned)(67 - __builtin_clzll(v)) / 4;

    out[0] = '0';
    out[1] = 'x';
    for (unsigned i = 0; i < n; i++)
        out[2 + i] = digits[v >> 4 * (n - 1 - i) & 15];
    out[2 + n] = '\0';
    return 2 + n;
}
