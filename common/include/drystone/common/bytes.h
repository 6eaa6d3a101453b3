/* drystone/common/bytes.h - borrowed bytes, owned buffers, arenas. */
#ifndef DRY_COMMON_BYTES_H
#define DRY_COMMON_BYTES_H
#include <drystone/common/alloc.h>
#include <drystone/common/status.h>
#include <string.h>

/* Bytes that belong to somebody else. A comment at the use says until when they are valid. */
struct dry_bytes {
    const uint8_t *ptr;
    size_t len;
};

static inline struct dry_bytes dry_bytes_of(const void *ptr, size_t len)
{
    return (struct dry_bytes){(const uint8_t *)ptr, len};
}

#define DRY_BYTES_EMPTY ((struct dry_bytes){NULL, 0})
/* The bytes of a fixed array, and those of a string literal without its NUL. */
#define DRY_BYTES_ARRAY(a) dry_bytes_of((a), sizeof(a))
#define DRY_BYTES_LIT(s) dry_bytes_of((s), sizeof(s) - 1)

static inline bool dry_bytes_equal(struct dry_bytes a, struct dry_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* memcmp order, shorter first when one is a prefix of the other. Negative, 0 or positive. */
int dry_bytes_compare(struct dry_bytes a, struct dry_bytes b);

/* An owned, growing buffer. Zeroed is valid and empty, with no cap. */
struct dry_buf {
    uint8_t *ptr;
    size_t len, cap;
    size_t max; /* refuse to grow past this; 0 means DRY_BUF_MAX */
};

#if SIZE_MAX > UINT32_MAX
#define DRY_BUF_MAX ((size_t)1 << 40)
#else
#define DRY_BUF_MAX ((size_t)1 << 30)
#endif

/* Make room for `more` bytes past len. ENOMEM or ELIMIT; the buffer is untouched on failure. */
DRY_MUST_USE dry_status dry_buf_reserve(struct dry_buf *b, size_t more);
DRY_MUST_USE dry_status dry_buf_append(struct dry_buf *b, struct dry_bytes more);
DRY_MUST_USE dry_status dry_buf_append_byte(struct dry_buf *b, uint8_t byte);
/* Append the text without its NUL. */
DRY_MUST_USE dry_status dry_buf_append_text(struct dry_buf *b, const char *text);
/* Free and zero. Accepts a zeroed buffer. */
void dry_buf_fini(struct dry_buf *b);
/* Free the memory; empty, and with the same max, it can be used on. */
void dry_buf_release(struct dry_buf *b);

static inline struct dry_bytes dry_buf_bytes(const struct dry_buf *b)
{
    return (struct dry_bytes){b->ptr, b->len};
}

/* Scratch memory that is dropped whole. Chunks double up to 1 MiB; `max` bounds the sum. */
struct dry_arena_chunk;
struct dry_arena {
    struct dry_arena_chunk *chunk; /* the newest */
    struct dry_arena_chunk *spare; /* the largest one given back, or NULL */
    size_t used;                   /* in the newest chunk */
    size_t total;                  /* bytes in all chunks, the spare included */
    size_t max;                    /* 0: DRY_BUF_MAX */
};

/* n bytes aligned to 16, NOT zeroed, or NULL when memory or the cap runs out. */
void *dry_arena_alloc(struct dry_arena *a, size_t n);
/* As above, zeroed; NULL also when count * size overflows. */
void *dry_arena_zalloc(struct dry_arena *a, size_t count, size_t size);
/* Copy into the arena; *out untouched on failure (ENOMEM). */
DRY_MUST_USE dry_status dry_arena_copy(struct dry_arena *a, struct dry_bytes *out,
                                       struct dry_bytes in);

/* A place to return to: everything allocated later is dropped by dry_arena_rewind(). */
struct dry_arena_mark {
    struct dry_arena_chunk *chunk;
    size_t used;
};
struct dry_arena_mark dry_arena_mark(const struct dry_arena *a);
void dry_arena_rewind(struct dry_arena *a, struct dry_arena_mark mark);
/* Drop everything but keep the largest chunk for reuse. */
void dry_arena_reset(struct dry_arena *a);
void dry_arena_fini(struct dry_arena *a);

/* Overwrite secrets; not optimised away. */
void dry_wipe(void *p, size_t n);
/* Constant-time comparison of n bytes. */
bool dry_ct_equal(const void *a, const void *b, size_t n);

#endif /* DRY_COMMON_BYTES_H */
