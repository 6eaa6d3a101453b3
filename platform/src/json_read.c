/* JSON reader: one pass over the text makes a flat list of tokens; no recursion, no conversion. */
#include "json_text.h"
#include "utf8.h"
#include <drystone/platform/json.h>
#include <stdio.h>

#define PAIRWISE_MAX 8 /* members compared each with each; above, they are sorted */

struct reader {
    const uint8_t *p;
    size_t n, at;
    struct dry_json_token *tokens;
    uint32_t count, cap, tokens_max, depth, depth_max;
    uint32_t open[DRY_JSON_DEPTH_MAX]; /* containers around the place */
    struct dry_arena *arena;
    const char *why;
    enum dry_code code;
};

static bool fail(struct reader *r, enum dry_code code, const char *why)
{
    r->code = code;
    r->why = why;
    return false;
}

static bool bad(struct reader *r, const char *why)
{
    return fail(r, DRY_CODE_EDECODE, why);
}

static struct dry_json_token *token_add(struct reader *r, enum dry_json_type type)
{
    struct dry_json_token *t;

    if (r->count == r->cap) {
        uint32_t cap = r->cap == 0 ? 64 : 2 * r->cap;
        struct dry_json_token *more;

        if (cap > r->tokens_max)
            cap = r->tokens_max;
        if (r->count == cap) {
            fail(r, DRY_CODE_ELIMIT, "too many values");
            return NULL;
        }
        more = dry_arena_alloc(r->arena, (size_t)cap * sizeof(*more));
        if (more == NULL) {
            fail(r, DRY_CODE_ENOMEM, "out of memory");
            return NULL;
        }
        if (r->count > 0)
            memcpy(more, r->tokens, r->count * sizeof(*more));
        r->tokens = more;
        r->cap = cap;
    }
    t = &r->tokens[r->count++];
    *t = (struct dry_json_token){.start = (uint32_t)r->at, .type = (uint8_t)type, .next = r->count};
    return t;
}

static void blanks(struct reader *r)
{
    while (r->at < r->n && (r->p[r->at] == ' ' || r->p[r->at] == '\n' || r->p[r->at] == '\r' ||
                            r->p[r->at] == '\t'))
        r->at++;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hexadecimal digits at p, or -1. */
static int32_t unit_at(const uint8_t *p, size_t n)
{
    int32_t v = 0;

    if (n < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int d = hex_digit(p[i]);

        if (d < 0)
            return -1;
        v = v << 4 | d;
    }
    return v;
}

/* Bytes of the escape at p (a backslash), 0 with why when it is none. *point: what it stands for.
 */
static size_t escape_at(const uint8_t *p, size_t n, uint32_t *point, const char **why)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *c;
    int32_t u, v;

    *why = "invalid escape in a string";
    if (n < 2)
        return 0;
    if (p[1] != 'u') {
        c = p[1] == 0 ? NULL : strchr(from, p[1]);
        if (c == NULL)
            return 0;
        *point = (uint8_t)to[c - from];
        return 2;
    }
    u = unit_at(p + 2, n - 2);
    if (u < 0)
        return 0;
    *point = (uint32_t)u;
    if (u < 0xd800 || u > 0xdfff)
        return 6;
    *why = "lone surrogate in a string";
    if (u > 0xdbff || n < 12 || p[6] != '\\' || p[7] != 'u')
        return 0;
    v = unit_at(p + 8, n - 8);
    if (v < 0xdc00 || v > 0xdfff)
        return 0;
    *point = 0x10000 + ((uint32_t)(u - 0xd800) << 10) + (uint32_t)(v - 0xdc00);
    return 12;
}

/* After the opening quote. */
static bool read_string(struct reader *r)
{
    struct dry_json_token *t;

    r->at++;
    t = token_add(r, DRY_JSON_STRING);
    if (t == NULL)
        return false;
    for (;;) {
        size_t left, n;
        uint32_t point;

        r->at += dry__plain_run(r->p + r->at, r->n - r->at);
        if (r->at == r->n)
            return bad(r, "a string without its end");
        left = r->n - r->at;
        if (r->p[r->at] == '"')
            break;
        if (r->p[r->at] == '\\') {
            t->escaped = 1;
            n = escape_at(r->p + r->at, left, &point, &r->why);
            if (n == 0)
                return bad(r, r->why);
        } else if (r->p[r->at] < 0x20) {
            return bad(r, "a control character in a string");
        } else {
            n = dry__utf8_len(r->p + r->at, left);
            if (n == 0)
                return bad(r, "a string that is not UTF-8");
        }
        r->at += n;
    }
    t->len = (uint32_t)(r->at - t->start);
    r->at++;
    return true;
}

static size_t digits(const struct reader *r, size_t at)
{
    size_t start = at;

    while (at < r->n && r->p[at] >= '0' && r->p[at] <= '9')
        at++;
    return at - start;
}

static bool read_number(struct reader *r)
{
    struct dry_json_token *t = token_add(r, DRY_JSON_NUMBER);
    size_t at = r->at, n;

    if (t == NULL)
        return false;
    at += r->p[at] == '-';
    n = digits(r, at);
    if (n == 0 || (n > 1 && r->p[at] == '0'))
        return bad(r, "malformed number");
    at += n;
    if (at < r->n && r->p[at] == '.') {
        n = digits(r, ++at);
        if (n == 0)
            return bad(r, "malformed number");
        at += n;
    }
    if (at < r->n && (r->p[at] | 0x20) == 'e') {
        at++;
        at += at < r->n && (r->p[at] == '+' || r->p[at] == '-');
        n = digits(r, at);
        if (n == 0)
            return bad(r, "malformed number");
        at += n;
    }
    t->len = (uint32_t)(at - r->at);
    r->at = at;
    return true;
}

static bool read_word(struct reader *r, const char *word, enum dry_json_type type)
{
    size_t n = strlen(word);
    struct dry_json_token *t;

    if (r->n - r->at < n || memcmp(r->p + r->at, word, n) != 0)
        return bad(r, "not a JSON value");
    t = token_add(r, type);
    if (t == NULL)
        return false;
    t->len = (uint32_t)n;
    r->at += n;
    return true;
}

static bool container_open(struct reader *r, enum dry_json_type type)
{
    if (r->depth == r->depth_max)
        return fail(r, DRY_CODE_ELIMIT, "nested too deeply");
    if (token_add(r, type) == NULL)
        return false;
    r->open[r->depth++] = r->count - 1;
    r->at++;
    return true;
}

/* ---- duplicate keys
 * --------------------------------------------------------------------------------- */

/* Write point as UTF-8; returns its length. */
static size_t utf8_put(uint8_t to[4], uint32_t c)
{
    if (c < 0x80) {
        to[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (uint8_t)(0xc0 | c >> 6);
        to[1] = (uint8_t)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (uint8_t)(0xe0 | c >> 12);
        to[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        to[2] = (uint8_t)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (uint8_t)(0xf0 | c >> 18);
    to[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
    to[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    to[3] = (uint8_t)(0x80 | (c & 0x3f));
    return 4;
}

/* The next piece of a string the reader accepted, decoded: 1 to 4 bytes. */
static size_t piece(struct dry_bytes raw, size_t *at, uint8_t out[4])
{
    uint32_t c = 0;
    const char *why;

    if (raw.ptr[*at] != '\\') {
        out[0] = raw.ptr[(*at)++];
        return 1;
    }
    *at += escape_at(raw.ptr + *at, raw.len - *at, &c, &why);
    return utf8_put(out, c);
}

dry_status dry__json_decode(struct dry_bytes raw, struct dry_bytes *out, struct dry_arena *arena)
{
    uint8_t *to = dry_arena_alloc(arena, raw.len + 1); /* an escape is longer than what it means */
    size_t n = 0;

    if (to == NULL)
        return DRY_ENOMEM;
    for (size_t i = 0; i < raw.len;) {
        uint8_t p[4];
        size_t k = piece(raw, &i, p);

        memcpy(to + n, p, k);
        n += k;
    }
    *out = dry_bytes_of(to, n);
    return DRY_OK;
}

bool dry__json_is(struct dry_bytes raw, const char *want, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < raw.len;) {
        uint8_t p[4];
        size_t k = piece(raw, &i, p);

        if (k > len - n || memcmp(want + n, p, k) != 0)
            return false;
        n += k;
    }
    return n == len;
}

/* Merge sort: no input makes it slow. Returns where the sorted keys are, of the two. */
static struct dry_bytes *sort_keys(struct dry_bytes *a, struct dry_bytes *b, size_t n)
{
    for (size_t width = 1; width < n; width *= 2) {
        struct dry_bytes *t = a;

        for (size_t lo = 0; lo < n; lo += 2 * width) {
            size_t mid = lo + width < n ? lo + width : n, hi = mid + width < n ? mid + width : n;
            size_t i = lo, j = mid;

            for (size_t k = lo; k < hi; k++)
                b[k] = i < mid && (j == hi || dry_bytes_compare(a[i], a[j]) <= 0) ? a[i++] : a[j++];
        }
        a = b;
        b = t;
    }
    return a;
}

static bool unique_sorted(struct reader *r, const struct dry_json_token *object, uint32_t at)
{
    struct dry_arena_mark mark = dry_arena_mark(r->arena);
    struct dry_bytes *keys = dry_arena_zalloc(r->arena, 2 * (size_t)object->count, sizeof(*keys));
    struct dry_bytes *sorted;
    bool unique = true;

    if (keys == NULL)
        return fail(r, DRY_CODE_ENOMEM, "out of memory");
    for (uint32_t i = 0; i < object->count; i++) {
        const struct dry_json_token *k = &r->tokens[at];

        keys[i] = dry_bytes_of(r->p + k->start, k->len);
        if (k->escaped && !dry_ok(dry__json_decode(keys[i], &keys[i], r->arena)))
            return fail(r, DRY_CODE_ENOMEM, "out of memory");
        at = r->tokens[at + 1].next;
    }
    sorted = sort_keys(keys, keys + object->count, object->count);
    for (uint32_t i = 1; i < object->count && unique; i++)
        unique = !dry_bytes_equal(sorted[i - 1], sorted[i]);
    dry_arena_rewind(r->arena, mark);
    return unique || bad(r, "an object ends here that has a key twice");
}

static bool unique_keys(struct reader *r, uint32_t object)
{
    const struct dry_json_token *o = &r->tokens[object], *keys[PAIRWISE_MAX];
    uint32_t at = object + 1;

    if (o->count < 2)
        return true;
    if (o->count > PAIRWISE_MAX)
        return unique_sorted(r, o, at);
    for (uint32_t i = 0; i < o->count; i++) {
        keys[i] = &r->tokens[at];
        if (keys[i]->escaped)
            return unique_sorted(r, o, object + 1);
        for (uint32_t j = 0; j < i; j++)
            if (keys[j]->len == keys[i]->len &&
                memcmp(r->p + keys[j]->start, r->p + keys[i]->start, keys[i]->len) == 0)
                return bad(r, "an object ends here that has a key twice");
        at = r->tokens[at + 1].next;
    }
    return true;
}

/* ---- the walk
 * --------------------------------------------------------------------------------------- */

static bool container_close(struct reader *r)
{
    uint32_t index = r->open[--r->depth];
    struct dry_json_token *t = &r->tokens[index];

    t->next = r->count;
    if (t->type == DRY_JSON_OBJECT && !unique_keys(r, index))
        return false;
    r->at++;
    r->tokens[index].len = (uint32_t)(r->at - r->tokens[index].start);
    return true;
}

/* A scalar, or the opening of a container. */
static bool read_value(struct reader *r)
{
    if (r->at == r->n)
        return bad(r, "the text ends too early");
    switch (r->p[r->at]) {
    case '"':
        return read_string(r);
    case '{':
        return container_open(r, DRY_JSON_OBJECT);
    case '[':
        return container_open(r, DRY_JSON_ARRAY);
    case 't':
        return read_word(r, "true", DRY_JSON_TRUE);
    case 'f':
        return read_word(r, "false", DRY_JSON_FALSE);
    case 'n':
        return read_word(r, "null", DRY_JSON_NULL);
    default:
        if (r->p[r->at] == '-' || (r->p[r->at] >= '0' && r->p[r->at] <= '9'))
            return read_number(r);
        return bad(r, "not a JSON value");
    }
}

/* Within a container, before an element or the end. first: nothing stands before. True with *value
 * when a value follows. */
static bool read_between(struct reader *r, bool first, bool *value)
{
    struct dry_json_token *t = &r->tokens[r->open[r->depth - 1]];
    bool object = t->type == DRY_JSON_OBJECT;

    *value = false;
    blanks(r);
    if (r->at == r->n)
        return bad(r, "the text ends too early");
    if (r->p[r->at] == (object ? '}' : ']'))
        return container_close(r);
    if (!first) {
        if (r->p[r->at] != ',')
            return bad(r, object ? "expected , or }" : "expected , or ]");
        r->at++;
        blanks(r);
    }
    t->count++;
    *value = true;
    if (!object)
        return true;
    if (r->at == r->n || r->p[r->at] != '"')
        return bad(r, "expected a key in quotes");
    if (!read_string(r))
        return false;
    blanks(r);
    if (r->at == r->n || r->p[r->at] != ':')
        return bad(r, "expected : after a key");
    r->at++;
    blanks(r);
    return true;
}

static bool read_all(struct reader *r)
{
    bool value = true;

    blanks(r);
    do {
        uint32_t before = r->depth;

        if (value && !read_value(r))
            return false;
        if (r->depth == 0)
            break;
        /* A container just opened has nothing before its first element. */
        if (!read_between(r, value && r->depth > before, &value))
            return false;
    } while (r->depth > 0 || value);
    blanks(r);
    return r->at == r->n || bad(r, "something follows the value");
}

static void complain(const struct reader *r, struct dry_buf *error)
{
    char text[160];
    size_t line = 1, column = 1;

    if (error == NULL)
        return;
    for (size_t i = 0; i < r->at && i < r->n; i++) {
        column++;
        if (r->p[i] == '\n') {
            line++;
            column = 1;
        }
    }
    snprintf(text, sizeof(text), "line %zu, column %zu: %s", line, column, r->why);
    if (!dry_ok(dry_buf_append_text(error, text)))
        return; /* the status says it, too */
}

dry_status dry_json_read(struct dry_json *out, struct dry_buf *error, struct dry_bytes text,
                         const struct dry_json_limits *limits, struct dry_arena *arena)
{
    struct dry_json_limits lim = limits != NULL ? *limits : (struct dry_json_limits){0};
    size_t bytes_max = lim.bytes_max != 0 && lim.bytes_max < DRY_JSON_BYTES_MAX
                           ? lim.bytes_max
                           : DRY_JSON_BYTES_MAX;
    struct reader r = {
        .p = text.ptr,
        .n = text.len,
        .arena = arena,
        .tokens_max = lim.tokens_max != 0 ? lim.tokens_max : DRY_JSON_TOKENS_MAX,
        .depth_max = lim.depth_max != 0 ? lim.depth_max : DRY_JSON_DEPTH_MAX,
    };

    DRY_ASSERT(r.depth_max <= DRY_JSON_DEPTH_MAX && r.tokens_max <= 1u << 30);
    if (text.len > bytes_max)
        fail(&r, DRY_CODE_ELIMIT, "the text is too long");
    else if (text.len >= 3 && memcmp(text.ptr, "\xef\xbb\xbf", 3) == 0)
        bad(&r, "a byte order mark is not allowed");
    else if (read_all(&r)) {
        *out = (struct dry_json){.text = text, .tokens = r.tokens, .count = r.count};
        return DRY_OK;
    }
    complain(&r, error);
    return (dry_status){r.code, (uint32_t)r.at, r.why};
}
