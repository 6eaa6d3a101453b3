/* Arenas: a stack of chunks, the newest first. */
#include <drystone/common/bytes.h>

#define ALIGN ((size_t)16)
#define CHUNK_FIRST ((size_t)4096)
#define CHUNK_MAX ((size_t)1 << 20)

struct dry_arena_chunk {
    struct dry_arena_chunk *older;
    size_t cap; /* usable bytes behind the header */
};
#define HEADER ((sizeof(struct dry_arena_chunk) + ALIGN - 1) / ALIGN * ALIGN)

static uint8_t *chunk_data(struct dry_arena_chunk *c)
{
    return (uint8_t *)c + HEADER;
}

static void spare_drop(struct dry_arena *a)
{
    if (a->spare == NULL)
        return;
    a->total -= a->spare->cap;
    dry_free(a->spare);
    a->spare = NULL;
}

/* Make a chunk of at least n bytes the newest. */
static bool chunk_push(struct dry_arena *a, size_t n)
{
    size_t max = a->max != 0 && a->max < DRY_BUF_MAX ? a->max : DRY_BUF_MAX;
    size_t cap = a->chunk == NULL ? CHUNK_FIRST : 2 * a->chunk->cap;
    struct dry_arena_chunk *c = a->spare;

    if (c != NULL && c->cap >= n) {
        a->spare = NULL;
    } else {
        spare_drop(a);
        if (a->total >= max)
            return false;
        if (cap > CHUNK_MAX)
            cap = CHUNK_MAX;
        if (cap > max - a->total)
            cap = (max - a->total) / ALIGN * ALIGN;
        if (cap < n)
            cap = n;
        if (cap > max - a->total)
            return false;
        c = dry_alloc(HEADER + cap);
        if (c == NULL)
            return false;
        c->cap = cap;
        a->total += cap;
    }
    c->older = a->chunk;
    a->chunk = c;
    a->used = 0;
    return true;
}

void *dry_arena_alloc(struct dry_arena *a, size_t n)
{
    uint8_t *p;

    DRY_ASSERT(a != NULL);
    if (n > DRY_BUF_MAX)
        return NULL;
    n = n == 0 ? ALIGN : (n + ALIGN - 1) / ALIGN * ALIGN;
    if ((a->chunk == NULL || n > a->chunk->cap - a->used) && !chunk_push(a, n))
        return NULL;
    p = chunk_data(a->chunk) + a->used;
    a->used += n;
    return p;
}

void *dry_arena_zalloc(struct dry_arena *a, size_t count, size_t size)
{
    size_t n;
    void *p;

    if (__builtin_mul_overflow(count, size, &n))
        return NULL;
    p = dry_arena_alloc(a, n);
    if (p != NULL)
        memset(p, 0, n);
    return p;
}

dry_status dry_arena_copy(struct dry_arena *a, struct dry_bytes *out, struct dry_bytes in)
{
    uint8_t *p = dry_arena_alloc(a, in.len);

    if (p == NULL)
        return DRY_ENOMEM;
    if (in.len != 0)
        memcpy(p, in.ptr, in.len);
    *out = dry_bytes_of(p, in.len);
    return DRY_OK;
}

struct dry_arena_mark dry_arena_mark(const struct dry_arena *a)
{
    return (struct dry_arena_mark){a->chunk, a->used};
}

void dry_arena_rewind(struct dry_arena *a, struct dry_arena_mark mark)
{
    while (a->chunk != mark.chunk) {
        struct dry_arena_chunk *c = a->chunk;

        DRY_ASSERT(c != NULL); /* the mark is of another arena, or was dropped before */
        a->chunk = c->older;
        if (a->spare != NULL && a->spare->cap >= c->cap) {
            a->total -= c->cap;
            dry_free(c);
        } else {
            spare_drop(a);
            a->spare = c;
        }
    }
    a->used = mark.used;
}

void dry_arena_reset(struct dry_arena *a)
{
    dry_arena_rewind(a, (struct dry_arena_mark){NULL, 0});
}

void dry_arena_fini(struct dry_arena *a)
{
    if (a == NULL)
        return;
    dry_arena_reset(a);
    spare_drop(a);
    memset(a, 0, sizeof(*a));
}
