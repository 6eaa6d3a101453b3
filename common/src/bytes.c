/* Borrowed bytes, owned buffers, secrets. */
#include <drystone/common/bytes.h>

#define BUF_FIRST 64u

int dry_bytes_compare(struct dry_bytes a, struct dry_bytes b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n == 0 ? 0 : memcmp(a.ptr, b.ptr, n);

    if (c != 0)
        return c;
    return a.len < b.len ? -1 : a.len > b.len;
}

dry_status dry_buf_reserve(struct dry_buf *b, size_t more)
{
    size_t max, need, cap;
    uint8_t *p;

    DRY_ASSERT(b != NULL && b->len <= b->cap);
    if (more <= b->cap - b->len)
        return DRY_OK;
    max = b->max != 0 && b->max < DRY_BUF_MAX ? b->max : DRY_BUF_MAX;
    if (b->len > max || more > max - b->len)
        return DRY_STATUS(ELIMIT, "buffer would exceed its limit");
    need = b->len + more;
    cap = b->cap < max / 2 ? 2 * b->cap : max;
    if (cap < BUF_FIRST && max >= BUF_FIRST)
        cap = BUF_FIRST;
    if (cap < need)
        cap = need;
    p = dry_realloc(b->ptr, b->cap, cap);
    if (p == NULL)
        return DRY_ENOMEM;
    b->ptr = p;
    b->cap = cap;
    return DRY_OK;
}

dry_status dry_buf_append(struct dry_buf *b, struct dry_bytes more)
{
    dry_status st = dry_buf_reserve(b, more.len);

    if (!dry_ok(st) || more.len == 0)
        return st;
    memcpy(b->ptr + b->len, more.ptr, more.len);
    b->len += more.len;
    return DRY_OK;
}

dry_status dry_buf_append_byte(struct dry_buf *b, uint8_t byte)
{
    dry_status st = dry_buf_reserve(b, 1);

    if (dry_ok(st))
        b->ptr[b->len++] = byte;
    return st;
}

dry_status dry_buf_append_text(struct dry_buf *b, const char *text)
{
    return dry_buf_append(b, dry_bytes_of(text, strlen(text)));
}

void dry_buf_fini(struct dry_buf *b)
{
    if (b == NULL)
        return;
    dry_free(b->ptr);
    memset(b, 0, sizeof(*b));
}

void dry_buf_release(struct dry_buf *b)
{
    dry_free(b->ptr);
    *b = (struct dry_buf){.max = b->max};
}

void dry_wipe(void *p, size_t n)
{
    if (n == 0)
        return;
    memset(p, 0, n);
    __asm__ volatile("" : : "r"(p) : "memory"); /* the stores have a reader now */
}

bool dry_ct_equal(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;
    uint8_t d = 0;

    for (size_t i = 0; i < n; i++)
        d |= (uint8_t)(x[i] ^ y[i]);
    __asm__ volatile("" : "+r"(d)); /* no early exit */
    return d == 0;
}
