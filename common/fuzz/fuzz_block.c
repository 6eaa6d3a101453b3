/* A block that decodes is written again byte for byte, from its fields as from its parts; so is a
 * header, and a file of blocks ends where its last block does. */
#include <drystone/common/block.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_block(struct dry_bytes in)
{
    struct dry_arena arena = {.max = 256u << 20};
    struct dry_buf out = {0};
    enum dry_verdict verdict;
    struct dry_block b;

    if (dry_ok(dry_block_decode(&b, &verdict, in, &arena)) && verdict == DRY_VERDICT_VALID) {
        DRY_ASSERT(b.encoded_size == in.len);
        DRY_ASSERT(dry_ok(dry_block_encode(&out, &b)));
        DRY_ASSERT(dry_bytes_equal(dry_buf_bytes(&out), in));
        b.header_encoded = DRY_BYTES_EMPTY;
        out.len = 0;
        DRY_ASSERT(dry_ok(dry_block_encode(&out, &b)));
        DRY_ASSERT(dry_bytes_equal(dry_buf_bytes(&out), in));
        for (uint32_t i = 0; i < b.tx_count; i++)
            DRY_ASSERT(b.txs[i].sidecar == NULL && b.txs[i].encoded.len != 0);
    }
    dry_buf_fini(&out);
    dry_arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct dry_bytes in = dry_bytes_of(data, len), rest = in, block;
    struct dry_buf out = {0};
    enum dry_verdict verdict;
    struct dry_header h;

    check_block(in);
    while (dry_ok(dry_block_next(&block, &rest)))
        DRY_ASSERT(block.ptr + block.len == rest.ptr && rest.ptr + rest.len == data + len);
    if (dry_ok(dry_header_decode(&h, &verdict, in)) && verdict == DRY_VERDICT_VALID) {
        DRY_ASSERT(dry_ok(dry_header_encode(&out, &h)));
        DRY_ASSERT(dry_bytes_equal(dry_buf_bytes(&out), in));
    }
    dry_buf_fini(&out);
    return 0;
}
