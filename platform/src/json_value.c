/* Values of a document that was read: members, paths, typed reading. */
#include "json_text.h"
#include <drystone/common/hex.h>
#include <drystone/platform/json.h>
#include <drystone/platform/log.h>
#include <stdio.h>

#define PATH_KEY_MAX 24 /* longer keys are cut to PATH_KEY_CUT */
#define PATH_KEY_CUT 12

static const struct dry_json_token *token(struct dry_json_value v)
{
    return &v.doc->tokens[v.at];
}

static struct dry_bytes raw(struct dry_json_value v)
{
    return dry_bytes_of(v.doc->text.ptr + token(v)->start, token(v)->len);
}

struct dry_bytes dry_json_source(struct dry_json_value v)
{
    struct dry_bytes b = raw(v);

    if (token(v)->type == DRY_JSON_STRING)
        return dry_bytes_of(b.ptr - 1, b.len + 2);
    return b;
}

bool dry_json_plain(struct dry_json_value v, struct dry_bytes *out)
{
    if (token(v)->type != DRY_JSON_STRING)
        return false;
    *out = raw(v);
    return !token(v)->escaped;
}

bool dry_json_next(struct dry_json_value v, struct dry_json_iter *it, struct dry_json_value *key,
                   struct dry_json_value *value)
{
    const struct dry_json_token *t = token(v);

    if (it->seen == t->count)
        return false;
    if (it->seen++ == 0)
        it->at = v.at + 1;
    if (t->type == DRY_JSON_OBJECT) {
        if (key != NULL)
            *key = (struct dry_json_value){v.doc, it->at};
        it->at++;
    }
    *value = (struct dry_json_value){v.doc, it->at};
    it->at = v.doc->tokens[it->at].next;
    return true;
}

static bool string_is(struct dry_json_value v, const char *want)
{
    struct dry_bytes b = raw(v);

    if (token(v)->escaped)
        return dry__json_is(b, want, strlen(want));
    return b.len == strlen(want) && memcmp(b.ptr, want, b.len) == 0;
}

bool dry_json_get(struct dry_json_value v, const char *key, struct dry_json_value *out)
{
    struct dry_json_iter it = {0};
    struct dry_json_value k = v, value = v;

    if (token(v)->type != DRY_JSON_OBJECT)
        return false;
    while (dry_json_next(v, &it, &k, &value)) {
        if (string_is(k, key)) {
            *out = value;
            return true;
        }
    }
    return false;
}

bool dry_json_element(struct dry_json_value v, uint32_t index, struct dry_json_value *out)
{
    struct dry_json_iter it = {0};
    struct dry_json_value value = v;

    if (token(v)->type != DRY_JSON_ARRAY || index >= token(v)->count)
        return false;
    for (uint32_t i = 0; i <= index; i++)
        dry_json_next(v, &it, NULL, &value);
    *out = value;
    return true;
}

/* ---- complaints
 * ------------------------------------------------------------------------------------- */

static dry_status path_key(struct dry_buf *error, struct dry_json_value key, bool first)
{
    struct dry_bytes b = raw(key);
    bool cut = b.len > PATH_KEY_MAX;
    dry_status st = first ? DRY_OK : dry_buf_append_byte(error, '.');

    if (cut)
        b.len = PATH_KEY_CUT;
    if (dry_ok(st))
        st = dry_text_escape(error, b);
    if (dry_ok(st) && cut)
        st = dry_buf_append_text(error, "\xe2\x80\xa6");
    return st;
}

static dry_status path_index(struct dry_buf *error, uint32_t index)
{
    char text[16];

    snprintf(text, sizeof(text), "[%u]", (unsigned)index);
    return dry_buf_append_text(error, text);
}

/* From the root down to v: in each container the element that spans v. */
static dry_status path_of(struct dry_json_value v, struct dry_buf *error)
{
    struct dry_json_value in = dry_json_root(v.doc);
    dry_status st = DRY_OK;
    bool first = true;

    while (in.at != v.at && dry_ok(st)) {
        struct dry_json_iter it = {0};
        struct dry_json_value key = in, value = in;
        bool object = token(in)->type == DRY_JSON_OBJECT;

        while (dry_json_next(in, &it, &key, &value) && token(value)->next <= v.at)
            ;
        st = object ? path_key(error, key, first) : path_index(error, it.seen - 1);
        first = false;
        if (object && key.at == v.at)
            return st;
        in = value;
    }
    return !dry_ok(st) || !first ? st : dry_buf_append_text(error, "the value");
}

dry_status dry_json_complain(struct dry_json_value v, struct dry_buf *error, const char *what)
{
    size_t start;

    if (error != NULL) {
        start = error->len;
        if (!dry_ok(path_of(v, error)) || !dry_ok(dry_buf_append_text(error, ": ")) ||
            !dry_ok(dry_buf_append_text(error, what)))
            error->len = start; /* the status still says what */
    }
    return DRY_STATUS(EINVAL, what);
}

/* ---- typed reading
 * ---------------------------------------------------------------------------------- */

dry_status dry_json_require(struct dry_json_value v, const char *key, struct dry_json_value *out,
                            struct dry_buf *error)
{
    if (token(v)->type != DRY_JSON_OBJECT)
        return dry_json_complain(v, error, "must be an object");
    if (dry_json_get(v, key, out))
        return DRY_OK;
    if (error != NULL) {
        size_t start = error->len;

        if (!dry_ok(path_of(v, error)) || !dry_ok(dry_buf_append_text(error, ": \"")) ||
            !dry_ok(dry_buf_append_text(error, key)) ||
            !dry_ok(dry_buf_append_text(error, "\" is missing")))
            error->len = start;
    }
    return DRY_STATUS(EINVAL, "a member is missing");
}

dry_status dry_json_bool(struct dry_json_value v, bool *out, struct dry_buf *error)
{
    enum dry_json_type t = dry_json_type(v);

    if (t != DRY_JSON_TRUE && t != DRY_JSON_FALSE)
        return dry_json_complain(v, error, "must be true or false");
    *out = t == DRY_JSON_TRUE;
    return DRY_OK;
}

dry_status dry_json_string(struct dry_json_value v, struct dry_bytes *out, struct dry_buf *error,
                           struct dry_arena *arena)
{
    if (token(v)->type != DRY_JSON_STRING)
        return dry_json_complain(v, error, "must be a text in quotes");
    if (token(v)->escaped)
        return dry__json_decode(raw(v), out, arena);
    *out = raw(v);
    return DRY_OK;
}

static bool has_0x(struct dry_bytes b)
{
    return b.len >= 2 && b.ptr[0] == '0' && (b.ptr[1] == 'x' || b.ptr[1] == 'X');
}

dry_status dry_json_quantity_u256(struct dry_json_value v, struct dry_u256 *out,
                                  struct dry_buf *error)
{
    struct dry_bytes b;

    if (!dry_json_plain(v, &b) || b.len < 2 || b.ptr[0] != '0' || b.ptr[1] != 'x')
        return dry_json_complain(v, error, "must be a quantity like \"0x1f\"");
    if (b.len == 2)
        return dry_json_complain(v, error, "a quantity needs a digit; zero is \"0x0\"");
    if (b.len > 3 && b.ptr[2] == '0')
        return dry_json_complain(v, error, "a quantity has no leading zeros");
    if (b.len > 66)
        return dry_json_complain(v, error, "more than 256 bits");
    if (!dry_ok(dry_u256_from_text(out, b)))
        return dry_json_complain(v, error, "not a hexadecimal number");
    return DRY_OK;
}

dry_status dry_json_quantity_u64(struct dry_json_value v, uint64_t *out, struct dry_buf *error)
{
    struct dry_u256 wide;
    dry_status st = dry_json_quantity_u256(v, &wide, error);

    if (!dry_ok(st))
        return st;
    if (!dry_u256_is_u64(&wide))
        return dry_json_complain(v, error, "more than 64 bits");
    *out = wide.w[0];
    return DRY_OK;
}

/* A u256 from decimal or 0x text; leading zeros are skipped, so that only the value counts. */
static bool number_text(struct dry_bytes b, struct dry_u256 *out)
{
    uint8_t text[80]; /* 78 digits, or 0x and 64 */
    size_t n = 0;
    bool hex = has_0x(b);

    if (hex) {
        b = dry_bytes_of(b.ptr + 2, b.len - 2);
        text[n++] = '0';
        text[n++] = 'x';
    } else if (b.len == 0) {
        return false;
    }
    while (b.len > 0 && b.ptr[0] == '0')
        b = dry_bytes_of(b.ptr + 1, b.len - 1);
    if (b.len == 0) {
        *out = DRY_U256_ZERO;
        return true;
    }
    if (b.len > 78)
        return false;
    memcpy(text + n, b.ptr, b.len);
    return dry_ok(dry_u256_from_text(out, dry_bytes_of(text, n + b.len)));
}

dry_status dry_json_number_u256(struct dry_json_value v, struct dry_u256 *out,
                                struct dry_buf *error)
{
    struct dry_bytes b = raw(v);
    struct dry_u256 n;

    if (token(v)->type != DRY_JSON_NUMBER && !dry_json_plain(v, &b))
        return dry_json_complain(v, error, "must be a number");
    if (!number_text(b, &n))
        return dry_json_complain(v, error, "not a whole number of at most 256 bits");
    *out = n;
    return DRY_OK;
}

dry_status dry_json_number_u64(struct dry_json_value v, uint64_t *out, struct dry_buf *error)
{
    struct dry_u256 wide;
    dry_status st = dry_json_number_u256(v, &wide, error);

    if (!dry_ok(st))
        return st;
    if (!dry_u256_is_u64(&wide))
        return dry_json_complain(v, error, "more than 64 bits");
    *out = wide.w[0];
    return DRY_OK;
}

static dry_status data_text(struct dry_json_value v, struct dry_bytes *out, struct dry_buf *error)
{
    struct dry_bytes b;

    if (!dry_json_plain(v, &b) || !has_0x(b))
        return dry_json_complain(v, error, "must be data like \"0x12ab\"");
    if (b.len % 2 != 0)
        return dry_json_complain(v, error, "an odd number of hexadecimal digits");
    *out = b;
    return DRY_OK;
}

dry_status dry_json_data(struct dry_json_value v, struct dry_buf *out, struct dry_buf *error)
{
    struct dry_bytes b;
    dry_status st = data_text(v, &b, error);

    if (dry_ok(st))
        st = dry_hex_decode(out, b);
    return st.code == DRY_CODE_EDECODE ? dry_json_complain(v, error, "not hexadecimal") : st;
}

dry_status dry_json_data_arena(struct dry_json_value v, struct dry_bytes *out,
                               struct dry_buf *error, struct dry_arena *arena)
{
    struct dry_bytes b;
    dry_status st = data_text(v, &b, error);
    uint8_t *to;
    size_t n;

    if (!dry_ok(st))
        return st;
    n = b.len / 2 - 1;
    to = dry_arena_alloc(arena, n == 0 ? 1 : n);
    if (to == NULL)
        return DRY_ENOMEM;
    if (!dry_ok(dry_hex_decode_fixed(to, n, b)))
        return dry_json_complain(v, error, "not hexadecimal");
    *out = dry_bytes_of(to, n);
    return DRY_OK;
}

dry_status dry_json_hex_fixed(struct dry_json_value v, uint8_t *out, size_t n,
                              struct dry_buf *error)
{
    struct dry_bytes b;

    if (!dry_json_plain(v, &b) || !dry_ok(dry_hex_decode_fixed(out, n, b))) {
        char what[64];

        snprintf(what, sizeof(what), "must be %zu bytes in hexadecimal", n);
        (void)dry_json_complain(v, error, what);
        return DRY_STATUS_AT(EINVAL, "must be bytes in hexadecimal of a fixed length", (uint32_t)n);
    }
    return DRY_OK;
}

dry_status dry_json_data_fixed(struct dry_json_value v, uint8_t *out, size_t n,
                               struct dry_buf *error)
{
    struct dry_bytes b;
    dry_status st = data_text(v, &b, error);

    return dry_ok(st) ? dry_json_hex_fixed(v, out, n, error) : st;
}

dry_status dry_json_address(struct dry_json_value v, struct dry_address *out, struct dry_buf *error)
{
    return dry_json_data_fixed(v, out->b, sizeof(out->b), error);
}

dry_status dry_json_hash(struct dry_json_value v, struct dry_hash *out, struct dry_buf *error)
{
    return dry_json_data_fixed(v, out->b, sizeof(out->b), error);
}
