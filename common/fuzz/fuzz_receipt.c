/* A receipt that decodes is written again byte for byte. */
#include <drystone/common/block.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct dry_arena arena = {.max = 64u << 20};
    struct dry_buf out = {0};
    struct dry_bytes in = dry_bytes_of(data, len);
    struct dry_receipt r;

    if (dry_ok(dry_receipt_decode(&r, in, &arena))) {
        DRY_ASSERT(dry_ok(dry_receipt_encode(&out, &r)));
        DRY_ASSERT(dry_bytes_equal(dry_buf_bytes(&out), in));
    }
    dry_buf_fini(&out);
    dry_arena_fini(&arena);
    return 0;
}
