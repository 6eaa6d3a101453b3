/* 256-bit words as text. */
#include <drystone/common/u256.h>

#define TEN_19 10000000000000000000u /* the largest power of ten in 64 bits */

static dry_status from_hex(struct dry_u256 *out, const uint8_t *text, size_t n)
{
    struct dry_u256 v = DRY_U256_ZERO;

    for (size_t i = 0; i < n; i++) {
        unsigned c = text[i], d = c - '0', l = (c | 0x20) - 'a';

        if (d > 9) {
            if (l > 5)
                return DRY_STATUS_AT(EDECODE, "not a hexadecimal digit", (uint32_t)(i + 2));
            d = l + 10;
        }
        if (v.w[3] >> 60 != 0)
            return DRY_STATUS(EDECODE, "number does not fit 256 bits");
        dry_u256_shl(&v, &v, 4);
        v.w[0] |= d;
    }
    *out = v;
    return DRY_OK;
}

static dry_status from_decimal(struct dry_u256 *out, const uint8_t *text, size_t n)
{
    struct dry_u256 v = DRY_U256_ZERO, ten = DRY_U256(10);

    for (size_t i = 0; i < n; i++) {
        unsigned d = (unsigned)text[i] - '0';
        struct dry_u256 t = DRY_U256(d);

        if (d > 9)
            return DRY_STATUS_AT(EDECODE, "not a digit", (uint32_t)i);
        if (dry_u256_mul_overflow(&v, &v, &ten) || dry_u256_add(&v, &v, &t))
            return DRY_STATUS(EDECODE, "number does not fit 256 bits");
    }
    *out = v;
    return DRY_OK;
}

dry_status dry_u256_from_text(struct dry_u256 *out, struct dry_bytes text)
{
    bool hex = text.len >= 2 && text.ptr[0] == '0' && (text.ptr[1] | 0x20) == 'x';

    if (text.len == (hex ? 2 : 0))
        return DRY_STATUS(EDECODE, "number without digits");
    return hex ? from_hex(out, text.ptr + 2, text.len - 2) : from_decimal(out, text.ptr, text.len);
}

size_t dry_u256_to_hex(char out[DRY_U256_HEX_MAX], const struct dry_u256 *a)
{
    unsigned bits = dry_u256_bits(a), n = bits == 0 ? 1 : (bits + 3) / 4;

    out[0] = '0';
    out[1] = 'x';
    for (unsigned i = 0; i < n; i++) {
        unsigned k = n - 1 - i;
        unsigned d = (unsigned)(a->w[k / 16] >> 4 * (k % 16)) & 15;

        out[2 + i] = (char)(d < 10 ? '0' + d : 'a' + d - 10);
    }
    out[2 + n] = '\0';
    return 2 + n;
}

size_t dry_u256_to_dec(char out[DRY_U256_DEC_MAX], const struct dry_u256 *a)
{
    struct dry_u256 v = *a, r, chunk = DRY_U256(TEN_19);
    char t[5 * 19];
    size_t n = 0, len;

    do {
        dry_u256_divmod_var(&v, &r, &v, &chunk);
        for (int i = 0; i < 19; i++) {
            t[n++] = (char)('0' + r.w[0] % 10);
            r.w[0] /= 10;
        }
    } while (!dry_u256_is_zero(&v));
    while (n > 1 && t[n - 1] == '0')
        n--;
    len = n;
    for (size_t i = 0; i < len; i++)
        out[i] = t[--n];
    out[len] = '\0';
    return len;
}
