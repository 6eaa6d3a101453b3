/* Encoding and decoding of trie nodes. */
#include "node.h"

#include <drystone/common/rlp.h>

void dry__nibbles_of(uint8_t *out, const uint8_t *key, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        out[2 * i] = key[i] >> 4;
        out[2 * i + 1] = key[i] & 15;
    }
}

void dry__ref_of(struct dry__ref *out, struct dry_bytes encoded)
{
    if (encoded.len < 32) {
        out->len = (uint8_t)encoded.len;
        memcpy(out->b, encoded.ptr, encoded.len);
    } else {
        struct dry_hash h;

        dry_keccak256(&h, encoded);
        out->len = 32;
        memcpy(out->b, h.b, 32);
    }
}

void dry__ref_root(struct dry_hash *out, const struct dry__ref *ref)
{
    if (ref->len == 0)
        *out = dry_hash_empty_trie;
    else if (ref->len == 32)
        memcpy(out->b, ref->b, 32);
    else
        dry_keccak256(out, dry_bytes_of(ref->b, ref->len));
}

size_t dry__write_header(uint8_t *out, size_t n, uint8_t short_base)
{
    size_t len = 0;

    if (n < 56) {
        out[0] = (uint8_t)(short_base + n);
        return 1;
    }
    for (size_t rest = n; rest != 0; rest >>= 8)
        len++;
    out[0] = (uint8_t)(short_base + 55 + len);
    for (size_t i = 0; i < len; i++)
        out[1 + i] = (uint8_t)(n >> (8 * (len - 1 - i)));
    return 1 + len;
}

size_t dry__write_string(uint8_t *out, const uint8_t *p, size_t n)
{
    size_t head;

    if (n == 1 && p[0] < 0x80) {
        out[0] = p[0];
        return 1;
    }
    head = dry__write_header(out, n, 0x80);
    if (n != 0)
        memcpy(out + head, p, n);
    return head + n;
}

size_t dry__path_encode(uint8_t *out, const uint8_t *nibbles, size_t n, bool leaf)
{
    uint8_t flag = leaf ? 0x20 : 0;
    size_t at = 1;

    if (n & 1) {
        out[0] = (uint8_t)(flag | 0x10 | nibbles[0]);
        nibbles++;
        n--;
    } else {
        out[0] = flag;
    }
    for (size_t i = 0; i < n; i += 2)
        out[at++] = (uint8_t)(nibbles[i] << 4 | nibbles[i + 1]);
    return at;
}

/* Put the list header in front of a payload that stands at out + 3; the whole length. */
static size_t list_close(uint8_t *out, size_t payload)
{
    uint8_t head[4];
    size_t n = dry__write_header(head, payload, 0xc0);

    memmove(out + n, out + 3, payload);
    memcpy(out, head, n);
    return n + payload;
}

size_t dry__leaf_encode(uint8_t *out, const uint8_t *nibbles, size_t n, struct dry_bytes value)
{
    uint8_t path[DRY__PATH_NIBBLES / 2 + 1];
    size_t path_len, at = 3;

    DRY_ASSERT(n <= DRY__PATH_NIBBLES && value.len <= DRY__VALUE_BYTES_MAX);
    path_len = dry__path_encode(path, nibbles, n, true);
    at += dry__write_string(out + at, path, path_len);
    at += dry__write_string(out + at, value.ptr, value.len);
    return list_close(out, at - 3);
}

static size_t ref_write(uint8_t *out, const struct dry__ref *ref)
{
    if (ref->len == 0) {
        out[0] = 0x80;
        return 1;
    }
    if (ref->len == 32) {
        out[0] = 0xa0;
        memcpy(out + 1, ref->b, 32);
        return 33;
    }
    memcpy(out, ref->b, ref->len);
    return ref->len;
}

size_t dry__extension_encode(uint8_t *out, const uint8_t *nibbles, size_t n,
                             const struct dry__ref *child)
{
    uint8_t path[DRY__PATH_NIBBLES + 1];
    size_t path_len, at = 3;

    DRY_ASSERT(n <= 2 * (size_t)DRY__PATH_NIBBLES);
    path_len = dry__path_encode(path, nibbles, n, false);
    at += dry__write_string(out + at, path, path_len);
    at += ref_write(out + at, child);
    return list_close(out, at - 3);
}

size_t dry__children_encode(uint8_t *out, const struct dry__ref children[16])
{
    size_t at = 0;

    for (int i = 0; i < 16; i++)
        at += ref_write(out + at, &children[i]);
    return at;
}

size_t dry__branch_encode(uint8_t *out, const struct dry__ref children[16])
{
    size_t n = dry__children_encode(out + 3, children);

    out[3 + n] = 0x80; /* state tries hold no value in a branch */
    return list_close(out, n + 1);
}

#define BAD(text) DRY_STATUS(EDECODE, text)

static dry_status path_decode(struct dry__node *out, struct dry_bytes hp, unsigned depth)
{
    bool odd, leaf;
    size_t n = 0;

    if (hp.len == 0 || hp.len > DRY__PATH_NIBBLES / 2 + 1 || hp.ptr[0] >= 0x40)
        return BAD("trie node: bad path");
    odd = hp.ptr[0] & 0x10;
    leaf = hp.ptr[0] & 0x20;
    if (odd)
        out->path[n++] = hp.ptr[0] & 15;
    else if (hp.ptr[0] & 15)
        return BAD("trie node: bad path");
    if (n + 2 * (hp.len - 1) > DRY__PATH_NIBBLES)
        return BAD("trie node: path too long");
    dry__nibbles_of(out->path + n, hp.ptr + 1, hp.len - 1);
    n += 2 * (hp.len - 1);
    out->path_len = (uint8_t)n;
    out->kind = leaf ? DRY__LEAF : DRY__EXTENSION;
    if (leaf ? depth + n != DRY__PATH_NIBBLES : n == 0 || depth + n >= DRY__PATH_NIBBLES)
        return BAD("trie node: path has the wrong length");
    return DRY_OK;
}

/* A child: empty, a hash, or a list shorter than 32 bytes. */
static dry_status child_decode(struct dry_bytes *out, struct dry_rlp *c)
{
    dry_status st;

    if (dry_rlp_is_list(c)) {
        st = dry_rlp_raw(c, out);
        if (dry_ok(st) && out->len >= 32)
            st = BAD("trie node: child of 32 bytes or more is not hashed");
        return st;
    }
    st = dry_rlp_string(c, out);
    if (dry_ok(st) && out->len != 0 && out->len != 32)
        st = BAD("trie node: child is no hash");
    return st;
}

static dry_status branch_decode(struct dry__node *out, struct dry_rlp *items)
{
    unsigned used = 0;
    struct dry_bytes value;
    dry_status st;

    out->kind = DRY__BRANCH;
    for (int i = 0; i < 16; i++) {
        st = child_decode(&out->child[i], items);
        if (!dry_ok(st))
            return st;
        used += out->child[i].len != 0;
    }
    st = dry_rlp_string(items, &value);
    if (!dry_ok(st))
        return st;
    if (value.len != 0)
        return BAD("trie node: value in a branch");
    if (used < 2)
        return BAD("trie node: branch with fewer than two children");
    return dry_rlp_end(items);
}

/* The quick way through a branch: 16 children, each empty, a hash or a short list, and no value.
 * False for everything else, good or bad. */
static bool branch_scan(struct dry__node *out, const uint8_t *p, const uint8_t *end)
{
    unsigned used = 0;

    for (int i = 0; i < 16; i++) {
        size_t n;

        if (p == end)
            return false;
        if (*p == 0x80) {
            out->child[i] = DRY_BYTES_EMPTY;
            p++;
            continue;
        }
        n = *p == 0xa0 ? 33 : *p >= 0xc0 && *p < 0xc0 + 31 ? *p - 0xc0 + 1u : 0;
        if (n == 0 || (size_t)(end - p) < n)
            return false;
        out->child[i] = n == 33 ? dry_bytes_of(p + 1, 32) : dry_bytes_of(p, n);
        used++;
        p += n;
    }
    out->kind = DRY__BRANCH;
    return used >= 2 && end - p == 1 && *p == 0x80;
}

dry_status dry__node_decode(struct dry__node *out, struct dry_bytes in, unsigned depth)
{
    struct dry_rlp c = dry_rlp_of(in), items;
    struct dry_bytes first;
    dry_status st = dry_rlp_list(&c, &items);

    if (dry_ok(st))
        st = dry_rlp_end(&c);
    if (!dry_ok(st))
        return st;
    out->path_len = 0;
    out->value = DRY_BYTES_EMPTY;
    if (depth < DRY__PATH_NIBBLES && branch_scan(out, items.ptr, items.end))
        return DRY_OK;
    /* Two items or seventeen; a branch's first one is a hash, inline or empty. */
    c = items;
    st = dry_rlp_raw(&c, &first);
    if (dry_ok(st))
        st = dry_rlp_raw(&c, &first);
    if (!dry_ok(st))
        return st;
    if (!dry_rlp_done(&c)) {
        if (depth >= DRY__PATH_NIBBLES)
            return BAD("trie node: branch below the last nibble");
        return branch_decode(out, &items);
    }
    st = dry_rlp_string(&items, &first);
    if (dry_ok(st))
        st = path_decode(out, first, depth);
    if (!dry_ok(st))
        return st;
    if (out->kind == DRY__LEAF) {
        st = dry_rlp_string(&items, &out->value);
        if (dry_ok(st) && (out->value.len == 0 || out->value.len > DRY__VALUE_BYTES_MAX))
            st = BAD("trie node: leaf value of a wrong length");
    } else {
        st = child_decode(&out->child[0], &items);
        if (dry_ok(st) && out->child[0].len == 0)
            st = BAD("trie node: extension to nothing");
    }
    return dry_ok(st) ? dry_rlp_end(&items) : st;
}
