/* Whatever passes dry_rlp_check() reads item by item and is written again byte for byte; whatever
 * does not never reads out of bounds. */
#include <drystone/common/rlp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Write the encoding again, lists by their items' headers alone (they hold the rest). */
static void copy(struct dry_bytes in)
{
    struct dry_buf out = {0};
    struct dry_rlp c = dry_rlp_of(in);
    const uint8_t *ends[DRY_RLP_DEPTH_MAX];
    size_t opened[DRY_RLP_DEPTH_MAX], depth = 0;
    struct dry_bytes s;
    dry_status st = DRY_OK;

    do {
        if (dry_rlp_is_list(&c)) {
            struct dry_rlp items;
            size_t count;

            DRY_ASSERT(dry_ok(dry_rlp_list(&c, &items)) && depth < DRY_RLP_DEPTH_MAX);
            DRY_ASSERT(dry_ok(dry_rlp_count(&items, &count)));
            opened[depth] = dry_rlp_open(&out);
            ends[depth++] = c.end;
            c = items;
        } else {
            DRY_ASSERT(dry_ok(dry_rlp_string(&c, &s)));
            st = dry_rlp_put_string(&out, s);
            DRY_ASSERT(dry_ok(st));
        }
        while (depth != 0 && dry_rlp_done(&c)) {
            c.end = ends[--depth];
            st = dry_rlp_close(&out, opened[depth]);
            DRY_ASSERT(dry_ok(st));
        }
    } while (depth != 0);
    DRY_ASSERT(dry_rlp_done(&c) && dry_bytes_equal(dry_buf_bytes(&out), in));
    dry_buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct dry_bytes in = dry_bytes_of(data, len), raw;
    struct dry_rlp c = dry_rlp_of(in), before = c;
    struct dry_u256 w;
    uint64_t u;
    uint8_t fixed[20];

    if (dry_ok(dry_rlp_check(in)))
        copy(in);
    while (dry_ok(dry_rlp_raw(&c, &raw))) {
        struct dry_rlp at = before;

        DRY_ASSERT(raw.ptr == before.ptr && c.ptr == before.ptr + raw.len && c.ptr <= c.end);
        if (dry_ok(dry_rlp_u64(&at, &u)))
            DRY_ASSERT(at.ptr == c.ptr);
        at = before;
        if (dry_ok(dry_rlp_u256(&at, &w)))
            DRY_ASSERT(at.ptr == c.ptr && (dry_u256_is_u64(&w) || raw.len > 9));
        at = before;
        if (dry_ok(dry_rlp_fixed(&at, fixed, sizeof(fixed))))
            DRY_ASSERT(at.ptr == c.ptr && raw.len == 21);
        before = c;
    }
    return 0;
}
