/* What the core needs from below where there is no C library: memory functions, an allocator over
 * a fixed region, 128-bit products for wasm32, and the end of the program when a bug is found.
 * Built with -fno-builtin, so that no function here becomes a call to itself. One thread. */
#include <drystone/common/alloc.h>
#include <drystone/common/bare_heap.h>
#include <drystone/common/status.h>
#include <string.h>

#ifndef DRY_HEAP_BYTES
#define DRY_HEAP_BYTES ((size_t)256 << 20)
#endif
#define ALIGN ((size_t)16)

/* Word copies: the region is read and written as 64-bit words where both ends allow it. */
typedef uint64_t __attribute__((may_alias)) word;

static int both_aligned(const void *a, const void *b)
{
    return (((uintptr_t)a | (uintptr_t)b) & (sizeof(word) - 1)) == 0;
}

static void copy_up(unsigned char *to, const unsigned char *from, size_t n)
{
    size_t i = 0;

    if (both_aligned(to, from)) {
        for (; i + sizeof(word) <= n; i += sizeof(word))
            *(word *)(to + i) = *(const word *)(from + i);
    }
    for (; i < n; i++)
        to[i] = from[i];
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    copy_up(to, from, n);
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    unsigned char *t = to;
    const unsigned char *f = from;

    if ((uintptr_t)t - (uintptr_t)f >= n) {
        copy_up(t, f, n);
        return to;
    }
    while (n-- != 0)
        t[n] = f[n];
    return to;
}

void *memset(void *p, int byte, size_t n)
{
    unsigned char *t = p;
    uint64_t w = (unsigned char)byte * (UINT64_MAX / 255);
    size_t i = 0;

    if (both_aligned(t, t)) {
        for (; i + sizeof(word) <= n; i += sizeof(word))
            *(word *)(t + i) = w;
    }
    for (; i < n; i++)
        t[i] = (unsigned char)byte;
    return p;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;

    for (size_t i = 0; i < n; i++) {
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    }
    return 0;
}

size_t strlen(const char *s)
{
    size_t n = 0;

    while (s[n] != '\0')
        n++;
    return n;
}

#if defined(__wasm32__)
/* wasm has no 64 by 64 to 128 bit product; the compiler calls this for one. */
__int128 __multi3(__int128 a, __int128 b);
__int128 __multi3(__int128 a, __int128 b)
{
    uint64_t a0 = (uint64_t)a, b0 = (uint64_t)b;
    uint64_t al = (uint32_t)a0, ah = a0 >> 32, bl = (uint32_t)b0, bh = b0 >> 32;
    uint64_t ll = al * bl, lh = al * bh, hl = ah * bl, hh = ah * bh;
    uint64_t mid = (ll >> 32) + (uint32_t)lh + (uint32_t)hl;
    uint64_t low = mid << 32 | (uint32_t)ll;
    uint64_t high = hh + (lh >> 32) + (hl >> 32) + (mid >> 32);

    high +=
        (uint64_t)((unsigned __int128)a >> 64) * b0 + a0 * (uint64_t)((unsigned __int128)b >> 64);
    return (__int128)((unsigned __int128)high << 64 | low);
}
#endif

/* Blocks are taken from the region one behind another. The size in front of each lets the newest
 * one be grown in place and given back; others are given back with the program. */
struct block {
    size_t n;
    struct block *older;
} __attribute__((aligned(16)));

static _Alignas(16) unsigned char heap[DRY_HEAP_BYTES];
static size_t heap_used;
static struct block *newest;

static size_t rounded(size_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static void *take(size_t n)
{
    struct block *b = (struct block *)(heap + heap_used);
    size_t left = DRY_HEAP_BYTES - heap_used;

    if (left < sizeof(*b) + ALIGN || n > left - sizeof(*b) - ALIGN)
        return NULL;
    b->n = rounded(n);
    b->older = newest;
    newest = b;
    heap_used += sizeof(*b) + b->n;
    return b + 1;
}

void *dry_alloc(size_t n)
{
    void *p = take(n);

    if (p != NULL)
        memset(p, 0, n);
    return p;
}

void *dry_realloc(void *p, size_t old_n, size_t n)
{
    struct block *b = p == NULL ? NULL : (struct block *)p - 1;
    void *q;

    if (b != NULL && n <= b->n)
        return p;
    if (b != NULL && b == newest) {
        size_t start = (size_t)((unsigned char *)p - heap);

        if (DRY_HEAP_BYTES - start < ALIGN || n > DRY_HEAP_BYTES - start - ALIGN)
            return NULL;
        b->n = rounded(n);
        heap_used = start + b->n;
        return p;
    }
    q = take(n);
    if (q != NULL && p != NULL)
        memcpy(q, p, old_n < n ? old_n : n);
    return q;
}

void dry_free(void *p)
{
    struct block *b = p == NULL ? NULL : (struct block *)p - 1;

    if (b == NULL)
        return;
    b->n |= 1; /* given back: sizes are even */
    while (newest != NULL && (newest->n & 1) != 0) {
        heap_used = (size_t)((unsigned char *)newest - heap);
        newest = newest->older;
    }
}

size_t dry_heap_mark(void)
{
    return heap_used;
}

void dry_heap_rewind(size_t mark)
{
    while (newest != NULL && (size_t)((unsigned char *)newest - heap) >= mark)
        newest = newest->older;
    heap_used = mark;
}

void dry_assert_failed(const char *expr, const char *file, int line)
{
    (void)expr;
    (void)file;
    (void)line;
    __builtin_trap();
}
