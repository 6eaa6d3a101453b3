/* The fuzzers' corpora are our own samples, and stay what the encoders make of them: each file is
 * compared. With DRYSTONE_WRITE_CORPUS=1 in the environment they are written instead. */
#include "samples.h"

static size_t files;

static void keep(const char *fuzzer, const char *name, unsigned n, struct dry_bytes want)
{
    char path[200];
    const char *where;
    FILE *f;

    snprintf(path, sizeof(path), "common/fuzz/corpus/%s/%s_%u", fuzzer, name, n);
    where = test_source_path(path);
    if (getenv("DRYSTONE_WRITE_CORPUS") != NULL) {
        f = fopen(where, "wb");
        CHECK_MSG(f != NULL && fwrite(want.ptr, 1, want.len, f) == want.len, where);
        CHECK(fclose(f) == 0);
    }
    CHECK_BYTES(test_file(where), want, where);
    files++;
}

static void txs(struct dry_arena *arena, struct dry_buf *b)
{
    struct dry_tx tx;

    for (unsigned i = 0; i < SAMPLE_TXS; i++) {
        sample_tx(&tx, i, arena);
        b->len = 0;
        CHECK(dry_ok(dry_tx_encode(b, &tx)));
        keep("tx", "tx", i, dry_buf_bytes(b));
        if (tx.type == DRY_TX_LEGACY)
            keep("rlp", "tx", i, dry_buf_bytes(b));
    }
}

static void blocks(struct dry_arena *arena, struct dry_buf *b)
{
    static const uint8_t forms[] = {0, 1, 2, 5, 6};
    struct dry_block block;

    for (size_t i = 0; i < DRY_COUNT(forms); i++) {
        sample_block(&block, forms[i], arena);
        b->len = 0;
        CHECK(dry_ok(dry_block_encode(b, &block)));
        keep("block", "block", forms[i], dry_buf_bytes(b));
        b->len = 0;
        CHECK(dry_ok(dry_header_encode(b, &block.header)));
        keep("block", "header", forms[i], dry_buf_bytes(b));
    }
}

static void receipts(struct dry_arena *arena, struct dry_buf *b)
{
    struct dry_receipt r;

    for (unsigned i = 0; i < SAMPLE_RECEIPTS; i++) {
        sample_receipt(&r, i, arena);
        b->len = 0;
        CHECK(dry_ok(dry_receipt_encode(b, &r)));
        keep("receipt", "receipt", i, dry_buf_bytes(b));
    }
}

static void texts(void)
{
    static const char *const text[] = {
        "0x", "0xff00AA", "31337", "0x1f", "18446744073709551616", "deadBEEF"};

    for (unsigned i = 0; i < DRY_COUNT(text); i++)
        keep("hex", "text", i, dry_bytes_of(text[i], strlen(text[i])));
}

static void corpus_is_what_the_samples_give(void **state)
{
    struct dry_arena arena = {0};
    struct dry_buf b = {0};

    (void)state;
    txs(&arena, &b);
    blocks(&arena, &b);
    receipts(&arena, &b);
    texts();
    CHECK(files == SAMPLE_TXS + 4 + 10 + SAMPLE_RECEIPTS + 6);
    dry_buf_fini(&b);
    dry_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(corpus_is_what_the_samples_give)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
