/* drystone/platform/json.h - strict JSON in, fast JSON out. Read: dry_json_read(); write:
 * dry_json_begin(). */
#ifndef DRY_PLATFORM_JSON_H
#define DRY_PLATFORM_JSON_H
#include <drystone/common/types.h>

/* ---- reading
 * ---------------------------------------------------------------------------------------- */
enum dry_json_type {
    DRY_JSON_NULL,
    DRY_JSON_FALSE,
    DRY_JSON_TRUE,
    DRY_JSON_NUMBER,
    DRY_JSON_STRING,
    DRY_JSON_ARRAY,
    DRY_JSON_OBJECT,
};

#define DRY_JSON_DEPTH_MAX 64
#define DRY_JSON_TOKENS_MAX (1u << 22)
#define DRY_JSON_BYTES_MAX (1u << 30)

/* What a reader accepts; 0 means the bound above. A token takes 20 bytes of the arena, up to twice
 * that while it grows. depth_max is at most DRY_JSON_DEPTH_MAX. */
struct dry_json_limits {
    uint32_t depth_max, tokens_max;
    size_t bytes_max;
};

/* One value. An object's children are key, value, key, value…; keys are strings. */
struct dry_json_token {
    uint32_t start, len; /* in the text; a string's without its quotes */
    uint32_t next;       /* index of the first token after this value and all in it */
    uint32_t count;      /* elements of an array, members of an object */
    uint8_t type;        /* enum dry_json_type */
    uint8_t escaped;     /* a string that holds a backslash */
};

/* A document that was read. Borrows the text and the arena. */
struct dry_json {
    struct dry_bytes text;
    const struct dry_json_token *tokens;
    uint32_t count;
};

/* One value of a document, passed by value; as long valid as the document. */
struct dry_json_value {
    const struct dry_json *doc;
    uint32_t at;
};

/* Read one RFC 8259 text: UTF-8 checked, no byte order mark, no duplicate keys, no lone surrogates,
 * nothing after the value but blanks.
 *
 * Out:     *out    untouched on failure.
 *          *error  why and where (line, column), appended on failure; may be NULL.
 * In:      text    borrowed as long as *out; limits may be NULL.
 * Returns: DRY_OK, EDECODE (offset in detail), ELIMIT or DRY_ENOMEM.
 * Cost:    linear (objects: n log n in their members); no recursion. */
DRY_MUST_USE dry_status dry_json_read(struct dry_json *out, struct dry_buf *error,
                                      struct dry_bytes text, const struct dry_json_limits *limits,
                                      struct dry_arena *arena);

static inline struct dry_json_value dry_json_root(const struct dry_json *doc)
{
    return (struct dry_json_value){doc, 0};
}
static inline enum dry_json_type dry_json_type(struct dry_json_value v)
{
    return (enum dry_json_type)v.doc->tokens[v.at].type;
}
static inline bool dry_json_is_null(struct dry_json_value v)
{
    return dry_json_type(v) == DRY_JSON_NULL;
}
/* Elements of an array, members of an object, 0 of anything else. */
static inline uint32_t dry_json_count(struct dry_json_value v)
{
    return v.doc->tokens[v.at].count;
}
/* The value exactly as it stands in the text (strings with their quotes), for echoing. */
struct dry_bytes dry_json_source(struct dry_json_value v);
/* A string's bytes between the quotes, undecoded, and true when that is also its decoded form. */
bool dry_json_plain(struct dry_json_value v, struct dry_bytes *out);

/* Member of an object by key; false when absent or v is no object. Linear. */
bool dry_json_get(struct dry_json_value v, const char *key, struct dry_json_value *out);
/* Element of an array; false past its end or when v is no array. Linear. */
bool dry_json_element(struct dry_json_value v, uint32_t index, struct dry_json_value *out);
/* Walk an array or object: *it starts zeroed; key (may be NULL) is set for objects. */
struct dry_json_iter {
    uint32_t at, seen;
};
bool dry_json_next(struct dry_json_value v, struct dry_json_iter *it, struct dry_json_value *key,
                   struct dry_json_value *value);

/* Append what is wrong with v, led by its path: "alloc.0xab….balance: not a number". Keys are
 * shortened and escaped. Returns EINVAL, so that a caller can return it. error may be NULL. */
dry_status dry_json_complain(struct dry_json_value v, struct dry_buf *error, const char *what);

/* Typed reading. Each leaves its outs untouched on failure, returns EINVAL and says why in error,
 * as dry_json_complain() does (or DRY_ENOMEM). error may be NULL. */
/* Member that must be there. */
DRY_MUST_USE dry_status dry_json_require(struct dry_json_value v, const char *key,
                                         struct dry_json_value *out, struct dry_buf *error);
DRY_MUST_USE dry_status dry_json_bool(struct dry_json_value v, bool *out, struct dry_buf *error);
/* Decoded text; borrowed from the document or the arena. */
DRY_MUST_USE dry_status dry_json_string(struct dry_json_value v, struct dry_bytes *out,
                                        struct dry_buf *error, struct dry_arena *arena);
/* Quantities as JSON-RPC has them: "0x0", no leading zeros, hexadecimal text only. */
DRY_MUST_USE dry_status dry_json_quantity_u64(struct dry_json_value v, uint64_t *out,
                                              struct dry_buf *error);
DRY_MUST_USE dry_status dry_json_quantity_u256(struct dry_json_value v, struct dry_u256 *out,
                                               struct dry_buf *error);
/* Numbers as genesis and fixture files have them: a JSON integer, decimal text or 0x text (leading
 * zeros and the empty "0x" allowed). */
DRY_MUST_USE dry_status dry_json_number_u64(struct dry_json_value v, uint64_t *out,
                                            struct dry_buf *error);
DRY_MUST_USE dry_status dry_json_number_u256(struct dry_json_value v, struct dry_u256 *out,
                                             struct dry_buf *error);
/* "0x…" of an even number of digits, appended to out, or of exactly n bytes. */
DRY_MUST_USE dry_status dry_json_data(struct dry_json_value v, struct dry_buf *out,
                                      struct dry_buf *error);
DRY_MUST_USE dry_status dry_json_data_arena(struct dry_json_value v, struct dry_bytes *out,
                                            struct dry_buf *error, struct dry_arena *arena);
DRY_MUST_USE dry_status dry_json_data_fixed(struct dry_json_value v, uint8_t *out, size_t n,
                                            struct dry_buf *error);
DRY_MUST_USE dry_status dry_json_address(struct dry_json_value v, struct dry_address *out,
                                         struct dry_buf *error);
DRY_MUST_USE dry_status dry_json_hash(struct dry_json_value v, struct dry_hash *out,
                                      struct dry_buf *error);
/* A key (or any string) of exactly n bytes in hexadecimal, "0x" optional: genesis accounts. */
DRY_MUST_USE dry_status dry_json_hex_fixed(struct dry_json_value v, uint8_t *out, size_t n,
                                           struct dry_buf *error);

/* ---- writing
 * ---------------------------------------------------------------------------------------- */
/* Appends to a buffer of the caller; commas are put in by itself. The first failure (memory, the
 * buffer's max) is kept and everything after it does nothing: ask dry_json_end() once. */
struct dry_json_writer {
    struct dry_buf *out;
    dry_status st;
    bool comma; /* a value went before */
};

static inline void dry_json_begin(struct dry_json_writer *w, struct dry_buf *out)
{
    *w = (struct dry_json_writer){.out = out};
}
DRY_MUST_USE static inline dry_status dry_json_end(const struct dry_json_writer *w)
{
    return w->st;
}
void dry_json_object_begin(struct dry_json_writer *w);
void dry_json_object_end(struct dry_json_writer *w);
void dry_json_array_begin(struct dry_json_writer *w);
void dry_json_array_end(struct dry_json_writer *w);
/* Key of ours: plain ASCII without quotes or backslashes, len bytes. */
void dry_json_key_n(struct dry_json_writer *w, const char *key, size_t len);
static inline void dry_json_key(struct dry_json_writer *w, const char *key)
{
    dry_json_key_n(w, key, strlen(key));
}
/* Key from outside, escaped. */
void dry_json_key_text(struct dry_json_writer *w, struct dry_bytes key);
/* Values. Text is escaped; bytes that are no UTF-8 become U+FFFD. */
void dry_json_write_text(struct dry_json_writer *w, struct dry_bytes text);
static inline void dry_json_write_str(struct dry_json_writer *w, const char *text)
{
    dry_json_write_text(w, dry_bytes_of(text, strlen(text)));
}
void dry_json_write_null(struct dry_json_writer *w);
void dry_json_write_bool(struct dry_json_writer *w, bool v);
/* Decimal JSON numbers. */
void dry_json_write_u64(struct dry_json_writer *w, uint64_t v);
void dry_json_write_i64(struct dry_json_writer *w, int64_t v);
/* "0x…": data, and quantities without leading zeros. */
void dry_json_write_hex(struct dry_json_writer *w, struct dry_bytes data);
void dry_json_write_quantity(struct dry_json_writer *w, uint64_t v);
void dry_json_write_quantity_u256(struct dry_json_writer *w, const struct dry_u256 *v);
static inline void dry_json_write_hash(struct dry_json_writer *w, const struct dry_hash *h)
{
    dry_json_write_hex(w, DRY_BYTES_ARRAY(h->b));
}
static inline void dry_json_write_address(struct dry_json_writer *w, const struct dry_address *a)
{
    dry_json_write_hex(w, DRY_BYTES_ARRAY(a->b));
}
/* One whole value that is JSON already. */
void dry_json_write_raw(struct dry_json_writer *w, struct dry_bytes json);

#endif /* DRY_PLATFORM_JSON_H */
