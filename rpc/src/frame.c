/* frame.c - WebSocket frames. */
#include "frame.h"
#include <openssl/evp.h>

static uint64_t big_endian(const uint8_t *p, size_t n)
{
    uint64_t v = 0;

    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

int dry__frame_read(struct dry__frame *out, struct dry_bytes in)
{
    size_t more, head;
    uint64_t len;
    uint8_t code;

    if (in.len < 2)
        return 0;
    code = in.ptr[0] & 15;
    len = in.ptr[1] & 127;
    more = len == 126 ? 2 : len == 127 ? 8 : 0;
    head = 2 + more + 4;
    if ((in.ptr[0] & 0x70) != 0 || (in.ptr[1] & 0x80) == 0 || (code & 7) > 2)
        return -1; /* an extension, no mask, an unknown code */
    if (code >= DRY__FRAME_CLOSE && (len > DRY__FRAME_CONTROL_MAX || (in.ptr[0] & 0x80) == 0))
        return -1;
    if (in.len < head)
        return 0;
    if (more != 0)
        len = big_endian(in.ptr + 2, more);
    if (len >> 63 != 0 || (more == 2 && len < 126) || (more == 8 && len <= UINT16_MAX))
        return -1;
    out->last = (in.ptr[0] & 0x80) != 0;
    out->code = code;
    out->len = len;
    memcpy(out->mask, in.ptr + head - 4, 4);
    return (int)head;
}

void dry__frame_unmask(uint8_t *p, size_t len, const uint8_t mask[4], uint64_t at)
{
    uint8_t turned[8];
    uint64_t wide, word;
    size_t i = 0;

    for (int k = 0; k < 8; k++)
        turned[k] = mask[(at + (uint64_t)k) & 3];
    memcpy(&wide, turned, 8);
    for (; i + 8 <= len; i += 8) {
        memcpy(&word, p + i, 8);
        word ^= wide;
        memcpy(p + i, &word, 8);
    }
    for (; i < len; i++)
        p[i] ^= turned[i & 7];
}

size_t dry__frame_head(uint8_t out[DRY__FRAME_HEAD_MAX], enum dry__frame_code code, uint64_t len)
{
    size_t more = len < 126 ? 0 : len <= UINT16_MAX ? 2 : 8;

    out[0] = (uint8_t)(0x80 | code);
    out[1] = (uint8_t)(more == 0 ? len : more == 2 ? 126 : 127);
    for (size_t i = 0; i < more; i++)
        out[2 + i] = (uint8_t)(len >> (8 * (more - 1 - i)));
    return 2 + more;
}

/* Bytes of the sequence at p, n of them at most; 0: overlong, a surrogate, past U+10FFFF, cut. */
static size_t sequence(const uint8_t *p, size_t n)
{
    uint8_t a = p[0], low = 0x80, high = 0xbf;
    size_t len = a < 0xe0 ? 2 : a < 0xf0 ? 3 : 4;

    if (a < 0xc2 || a > 0xf4 || n < len)
        return 0;
    if (a == 0xe0 || a == 0xf0)
        low = a == 0xe0 ? 0xa0 : 0x90;
    if (a == 0xed || a == 0xf4)
        high = a == 0xed ? 0x9f : 0x8f;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

bool dry__frame_is_text(struct dry_bytes t)
{
    size_t i = 0, n;

    while (i < t.len) {
        uint64_t word;

        if (t.len - i >= 8) { /* nearly always plain */
            memcpy(&word, t.ptr + i, 8);
            if ((word & 0x8080808080808080u) == 0) {
                i += 8;
                continue;
            }
        }
        n = t.ptr[i] < 0x80 ? 1 : sequence(t.ptr + i, t.len - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

/* RFC 6455 7.4: those of the protocol that go over the wire, those of libraries and of anyone. */
static bool may_be_sent(unsigned code)
{
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
           (code >= 3000 && code <= 4999);
}

unsigned dry__frame_close_code(struct dry_bytes payload)
{
    unsigned code;

    if (payload.len == 0)
        return 0;
    if (payload.len == 1)
        return DRY__CLOSE_PROTOCOL;
    code = (unsigned)payload.ptr[0] << 8 | payload.ptr[1];
    if (!may_be_sent(code))
        return DRY__CLOSE_PROTOCOL;
    return dry__frame_is_text(dry_bytes_of(payload.ptr + 2, payload.len - 2)) ? code
                                                                              : DRY__CLOSE_NOT_UTF8;
}

bool dry__frame_accept(char out[DRY__ACCEPT_MAX], struct dry_bytes key)
{
    static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t text[24 + sizeof(magic)], raw[20], decoded[18];
    unsigned n = 0;

    if (key.len != 24 || memcmp(key.ptr + 22, "==", 2) != 0 ||
        EVP_DecodeBlock(decoded, key.ptr, 24) != 18)
        return false;
    memcpy(text, key.ptr, 24);
    memcpy(text + 24, magic, sizeof(magic));
    return EVP_Digest(text, 24 + sizeof(magic) - 1, raw, &n, EVP_sha1(), NULL) == 1 &&
           EVP_EncodeBlock((unsigned char *)out, raw, 20) == 28;
}
