/* Any bytes on a connection, in any pieces: the readers say the same however the bytes are cut, and
 * the server is left with nothing of a connection once it is closed. The first two bytes say how it
 * is cut and how it ends. */
#include "http_read.h"
#include "wire.h"

#define RUNS_A_CHAIN 10000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The data of a body in chunks; false when it is bad. *used: where the body ended, or 0. */
static bool chunks(struct dry_buf *out, size_t *used, struct dry_bytes in, uint32_t seed)
{
    struct dry__chunks c = {0};
    size_t at = 0;

    *used = 0;
    while (at < in.len) {
        size_t n = seed == 0 ? in.len : wire_piece(&seed, in.len - at);
        struct dry_bytes rest = dry_bytes_of(in.ptr + at, n), part;
        enum dry__chunks_answer a;

        do {
            a = dry__chunks_read(&c, &rest, &part);
            DRY_ASSERT(dry_ok(dry_buf_append(out, part)));
        } while (a == DRY__CHUNKS_DATA);
        if (a == DRY__CHUNKS_BAD)
            return false;
        at += n;
        *used = at - rest.len;
        if (a == DRY__CHUNKS_END)
            return true;
        DRY_ASSERT(rest.len == 0);
    }
    *used = 0;
    return true;
}

static void readers(struct dry_bytes in, uint32_t seed)
{
    struct dry_buf a = {0}, b = {0};
    size_t a_used, b_used, end = dry__http_head_end(in, 0), seen = 0;
    struct dry__http_head h;
    const char *why;
    bool good = chunks(&a, &a_used, in, 0);

    DRY_ASSERT(chunks(&b, &b_used, in, seed | 1) == good);
    if (good)
        DRY_ASSERT(a_used == b_used && dry_bytes_equal(dry_buf_bytes(&a), dry_buf_bytes(&b)));
    dry_buf_fini(&a);
    dry_buf_fini(&b);
    for (size_t at = 0; at < in.len && seen == 0;) {
        size_t more = at + wire_piece(&seed, in.len - at);

        seen = dry__http_head_end(dry_bytes_of(in.ptr, more), at);
        at = more;
    }
    DRY_ASSERT(seen == end);
    if (end != 0 && dry__http_head_read(&h, &why, dry_bytes_of(in.ptr, end)) != 0)
        DRY_ASSERT(why != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fixture f;
    static uint32_t runs;

    if (runs % RUNS_A_CHAIN == 0) { /* what requests do to the chain is part of the game */
        if (runs != 0)
            fixture_close(&f);
        wire_open(&f);
    }
    runs++;
    if (size < 2)
        return 0;
    readers(dry_bytes_of(data + 2, size - 2), data[0] * 77u);
    wire_say(&f, data + 2, size - 2, data[0] * 77u, data[1]);
    return 0;
}
