/* A transaction that decodes is written again byte for byte: there is one encoding only. */
#include <drystone/common/tx.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct dry_arena arena = {.max = 64u << 20};
    struct dry_buf out = {0};
    struct dry_bytes in = dry_bytes_of(data, len);
    enum dry_verdict verdict;
    struct dry_tx tx;

    if (dry_ok(dry_tx_decode(&tx, &verdict, in, &arena)) && verdict == DRY_VERDICT_VALID) {
        DRY_ASSERT(dry_ok(dry_tx_encode_network(&out, &tx)));
        DRY_ASSERT(dry_bytes_equal(dry_buf_bytes(&out), in));
        out.len = 0;
        DRY_ASSERT(dry_ok(dry_tx_encode(&out, &tx)));
        DRY_ASSERT(dry_bytes_equal(dry_buf_bytes(&out), tx.encoded));
        out.len = 0;
        DRY_ASSERT(dry_ok(dry_tx_encode_unsigned(&out, &tx)));
        DRY_ASSERT(out.len < tx.encoded.len + 24);
    }
    DRY_ASSERT(arena.total <= 32 * len + 16384);
    dry_buf_fini(&out);
    dry_arena_fini(&arena);
    return 0;
}
