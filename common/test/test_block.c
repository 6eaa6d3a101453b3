/* Headers and blocks: what is written reads back the same, for every fork's form; chains of others
 * come out byte for byte as they went in; damaged ones are refused. */
#include "samples.h"

static const uint8_t forms[] = {0, DRY_HEADER_LONDON, DRY_HEADER_SHANGHAI, DRY_HEADER_CANCUN,
                                DRY_HEADER_PRAGUE};

static enum dry_verdict decode(struct dry_block *b, struct dry_bytes in, struct dry_arena *a)
{
    enum dry_verdict v = DRY_VERDICT_VALID;

    CHECK(dry_ok(dry_block_decode(b, &v, in, a)));
    return v;
}

static enum dry_verdict decode_header(struct dry_header *h, struct dry_bytes in)
{
    enum dry_verdict v = DRY_VERDICT_VALID;

    CHECK(dry_ok(dry_header_decode(h, &v, in)));
    return v;
}

/* Fields, by the bytes they give. */
static void check_same_header(const struct dry_header *a, const struct dry_header *b)
{
    struct dry_buf x = {0}, y = {0};

    CHECK(a->extra_fields == b->extra_fields);
    CHECK(dry_ok(dry_header_encode(&x, a)) && dry_ok(dry_header_encode(&y, b)));
    CHECK_BYTES(dry_buf_bytes(&x), dry_buf_bytes(&y), "header");
    dry_buf_fini(&x);
    dry_buf_fini(&y);
}

static void headers_read_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < DRY_COUNT(forms); i++) {
        struct dry_header h, got;
        struct dry_buf b = {0};

        sample_header(&h, forms[i]);
        CHECK(dry_ok(dry_header_encode(&b, &h)));
        CHECK(decode_header(&got, dry_buf_bytes(&b)) == DRY_VERDICT_VALID);
        CHECK(got.extra_data.ptr >= b.ptr && got.extra_data.ptr < b.ptr + b.len);
        got.extra_data = h.extra_data;
        CHECK(dry_bytes_equal(got.extra_data, h.extra_data));
        CHECK(got.number == h.number && got.time == h.time && got.gas_limit == h.gas_limit);
        CHECK(got.blob_gas_used == h.blob_gas_used && got.excess_blob_gas == h.excess_blob_gas);
        CHECK(dry_u256_equal(&got.base_fee, &h.base_fee));
        CHECK(dry_hash_equal(&got.requests_hash, &h.requests_hash));
        check_same_header(&got, &h);
        for (size_t n = 0; n < b.len; n++)
            CHECK(decode_header(&got, dry_bytes_of(b.ptr, n)) == DRY_VERDICT_BLOCK_RLP);
        CHECK(dry_ok(dry_buf_append_byte(&b, 0x80)));
        CHECK(decode_header(&got, dry_buf_bytes(&b)) == DRY_VERDICT_BLOCK_RLP);
        dry_buf_fini(&b);
    }
}

/* Only the numbers of fields that a fork has. */
static void header_fields_come_in_forks(void **state)
{
    struct dry_header h, got;

    (void)state;
    sample_header(&h, DRY_HEADER_PRAGUE);
    for (uint8_t n = 0; n <= DRY_HEADER_PRAGUE; n++) {
        struct dry_buf b = {0};
        bool known = memchr(forms, n, sizeof(forms)) != NULL;

        h.extra_fields = n;
        CHECK(dry_ok(dry_header_encode(&b, &h)));
        CHECK(decode_header(&got, dry_buf_bytes(&b)) ==
              (known ? DRY_VERDICT_VALID : DRY_VERDICT_BLOCK_FIELD_COUNT));
        dry_buf_fini(&b);
    }
}

/* Put item `with` (hexadecimal) in the place of the at-th item of the list `in`. */
static void replace(struct dry_buf *out, struct dry_bytes in, unsigned at, const char *with)
{
    struct dry_rlp c = dry_rlp_of(in);
    struct dry_bytes item;

    out->len = 0;
    CHECK(dry_ok(dry_rlp_list(&c, &c)));
    for (unsigned i = 0; !dry_rlp_done(&c); i++) {
        CHECK(dry_ok(dry_rlp_raw(&c, &item)));
        CHECK(dry_ok(dry_buf_append(out, i == at ? test_hex(with) : item)));
    }
    CHECK(dry_ok(dry_rlp_close(out, 0)));
}

static void names_what_is_wrong_in_headers(void **state)
{
    static const struct {
        unsigned at;
        const char *with;
        enum dry_verdict verdict;
    } bad[] = {
        {0, "80", DRY_VERDICT_BLOCK_RLP_FIELD},
        {2, "9312345678901234567890123456789012345678", DRY_VERDICT_BLOCK_ADDRESS_LENGTH},
        {6, "80", DRY_VERDICT_BLOCK_RLP_FIELD},
        {7, "00", DRY_VERDICT_BLOCK_RLP_FIELD},
        {8, "89010000000000000000", DRY_VERDICT_BLOCK_FIELD_OVERFLOW},
        {9, "89010000000000000000", DRY_VERDICT_BLOCK_FIELD_OVERFLOW},
        {11, "820001", DRY_VERDICT_BLOCK_RLP_FIELD},
        {11, "c0", DRY_VERDICT_BLOCK_RLP_FIELD},
        {11, "8101", DRY_VERDICT_BLOCK_RLP},
        {14, "80", DRY_VERDICT_BLOCK_RLP_FIELD},
        {17, "89010000000000000000", DRY_VERDICT_BLOCK_FIELD_OVERFLOW},
    };
    struct dry_header h, got;
    struct dry_buf b = {0}, damaged = {0};
    static uint8_t extra[DRY_EXTRA_DATA_MAX + 1];

    (void)state;
    sample_header(&h, DRY_HEADER_PRAGUE);
    CHECK(dry_ok(dry_header_encode(&b, &h)));
    for (size_t i = 0; i < DRY_COUNT(bad); i++) {
        replace(&damaged, dry_buf_bytes(&b), bad[i].at, bad[i].with);
        CHECK_MSG(decode_header(&got, dry_buf_bytes(&damaged)) == bad[i].verdict, bad[i].with);
    }
    for (size_t n = DRY_EXTRA_DATA_MAX; n <= DRY_EXTRA_DATA_MAX + 1; n++) {
        h.extra_data = dry_bytes_of(extra, n);
        b.len = 0;
        CHECK(dry_ok(dry_header_encode(&b, &h)));
        CHECK(decode_header(&got, dry_buf_bytes(&b)) ==
              (n > DRY_EXTRA_DATA_MAX ? DRY_VERDICT_BLOCK_EXTRA_DATA : DRY_VERDICT_VALID));
    }
    dry_buf_fini(&b);
    dry_buf_fini(&damaged);
}

static void blocks_read_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < DRY_COUNT(forms); i++) {
        struct dry_arena arena = {0};
        struct dry_block block, got;
        struct dry_buf b = {0}, again = {0};

        sample_block(&block, forms[i], &arena);
        CHECK(dry_ok(dry_block_encode(&b, &block)));
        CHECK(decode(&got, dry_buf_bytes(&b), &arena) == DRY_VERDICT_VALID);
        CHECK(got.tx_count == SAMPLE_TXS && got.ommer_count == 2);
        CHECK(got.has_withdrawals == (forms[i] >= DRY_HEADER_SHANGHAI));
        CHECK(got.withdrawal_count == (got.has_withdrawals ? 2 : 0));
        CHECK(got.encoded_size == b.len);
        check_same_header(&got.header, &block.header);
        check_same_header(&got.ommers[1], &block.ommers[1]);
        CHECK(!got.has_withdrawals ||
              (got.withdrawals[1].index == UINT64_MAX &&
               got.withdrawals[1].amount_gwei == UINT64_MAX && got.withdrawals[1].validator == 1));
        CHECK(dry_ok(dry_header_encode(&again, &got.header)));
        CHECK_BYTES(got.header_encoded, dry_buf_bytes(&again), "header's bytes");
        again.len = 0;
        CHECK(dry_ok(dry_block_encode(&again, &got)));
        CHECK(dry_bytes_equal(dry_buf_bytes(&again), dry_buf_bytes(&b)));
        for (size_t n = 0; n < b.len; n++)
            CHECK(decode(&got, dry_bytes_of(b.ptr, n), &arena) != DRY_VERDICT_VALID);
        dry_buf_fini(&b);
        dry_buf_fini(&again);
        dry_arena_fini(&arena);
    }
}

static void names_what_is_wrong_in_bodies(void **state)
{
    static const struct {
        unsigned at;
        const char *with;
        enum dry_verdict verdict;
    } bad[] = {
        {0, "80", DRY_VERDICT_BLOCK_RLP_FIELD},
        {0, "c0", DRY_VERDICT_BLOCK_FIELD_COUNT},
        {1, "80", DRY_VERDICT_BLOCK_RLP_FIELD},
        {1, "c180", DRY_VERDICT_BLOCK_RLP_FIELD},
        /* a legacy transaction in a string, and one of a type unknown */
        {1, "cc8bca8080808080801b808080", DRY_VERDICT_BLOCK_RLP_FIELD},
        {1, "cc8b05c9808080808080c08080", DRY_VERDICT_TX_TYPE_UNSUPPORTED},
        {1, "cc8b02c9808080808080c08080", DRY_VERDICT_TX_FIELD_COUNT},
        {1, "cac98080808080801b8080", DRY_VERDICT_VALID},
        {1, "cac98080808080801a8080", DRY_VERDICT_TX_SIGNATURE_V},
        {2, "c1c0", DRY_VERDICT_BLOCK_RLP_FIELD},
        {2, "80", DRY_VERDICT_BLOCK_RLP_FIELD},
        {3, "80", DRY_VERDICT_BLOCK_RLP_FIELD},
        {3, "", DRY_VERDICT_BLOCK_WITHDRAWALS_FORM},
        {3, "c0c0", DRY_VERDICT_BLOCK_FIELD_COUNT},
        {3, "dad980809412345678901234567890123456789012345678908080",
         DRY_VERDICT_BLOCK_FIELD_COUNT},
        {3, "d9d8808094123456789012345678901234567890123456789080", DRY_VERDICT_VALID},
        {3, "d9d8808093123456789012345678901234567890123456788080",
         DRY_VERDICT_BLOCK_ADDRESS_LENGTH},
        {3, "e2e1890100000000000000008094123456789012345678901234567890123456789080",
         DRY_VERDICT_BLOCK_FIELD_OVERFLOW},
    };
    struct dry_arena arena = {0};
    struct dry_block block, got;
    struct dry_buf b = {0}, damaged = {0};

    (void)state;
    sample_block(&block, DRY_HEADER_PRAGUE, &arena);
    CHECK(dry_ok(dry_block_encode(&b, &block)));
    for (size_t i = 0; i < DRY_COUNT(bad); i++) {
        enum dry_verdict v;

        replace(&damaged, dry_buf_bytes(&b), bad[i].at, bad[i].with);
        v = decode(&got, dry_buf_bytes(&damaged), &arena);
        if (v != bad[i].verdict)
            print_error("%u %s: %s\n", bad[i].at, bad[i].with, dry_verdict_name(v));
        CHECK(v == bad[i].verdict);
    }
    /* Withdrawals behind a header that has no root for them. */
    sample_block(&block, DRY_HEADER_LONDON, &arena);
    block.has_withdrawals = true;
    b.len = 0;
    CHECK(dry_ok(dry_block_encode(&b, &block)));
    CHECK(decode(&got, dry_buf_bytes(&b), &arena) == DRY_VERDICT_BLOCK_WITHDRAWALS_FORM);
    CHECK(decode(&got, dry_bytes_of(b.ptr, DRY_BLOCK_BYTES_MAX + (size_t)1), &arena) ==
          DRY_VERDICT_BLOCK_SIZE);
    CHECK(decode(&got, DRY_BYTES_EMPTY, &arena) == DRY_VERDICT_BLOCK_RLP);
    CHECK(decode(&got, test_hex("ff8000000000000000"), &arena) == DRY_VERDICT_BLOCK_RLP);
    dry_buf_fini(&b);
    dry_buf_fini(&damaged);
    dry_arena_fini(&arena);
}

/* A blob transaction stands in a block without its sidecar. */
static void no_sidecars_in_blocks(void **state)
{
    struct dry_arena arena = {0};
    struct dry_block block, got;
    struct dry_buf net = {0}, b = {0};
    struct dry_tx tx;

    (void)state;
    sample_block(&block, DRY_HEADER_PRAGUE, &arena);
    sample_tx_sidecar(&tx, 1, &arena);
    CHECK(dry_ok(dry_tx_encode_network(&net, &tx)));
    tx.encoded = dry_buf_bytes(&net);
    block.txs = &tx;
    block.tx_count = 1;
    CHECK(dry_ok(dry_block_encode(&b, &block)));
    CHECK(decode(&got, dry_buf_bytes(&b), &arena) == DRY_VERDICT_TX_BLOB_SIDECAR_FORM);
    dry_buf_fini(&net);
    dry_buf_fini(&b);
    dry_arena_fini(&arena);
}

/* Counts that the bytes cannot hold take no memory. */
static void counts_are_bounded_by_bytes(void **state)
{
    struct dry_arena arena = {.max = 1u << 20}, made = {0};
    struct dry_block block, got;
    struct dry_buf b = {0}, flood = {0};

    (void)state;
    sample_block(&block, DRY_HEADER_PRAGUE, &made);
    CHECK(dry_ok(dry_block_encode(&b, &block)));
    for (unsigned at = 1; at < 4; at++) {
        char *hex = calloc(1, 2000000 + 9);

        CHECK(hex != NULL);
        for (size_t i = 0; i < 1000000; i++)
            memcpy(hex + 8 + 2 * i, "c0", 2);
        memcpy(hex, "fa0f4240", 8);
        replace(&flood, dry_buf_bytes(&b), at, hex);
        CHECK(decode(&got, dry_buf_bytes(&flood), &arena) == DRY_VERDICT_BLOCK_RLP_FIELD);
        dry_arena_reset(&arena);
        free(hex);
    }
    dry_buf_fini(&b);
    dry_buf_fini(&flood);
    dry_arena_fini(&arena);
    dry_arena_fini(&made);
}

static void check_round_trip(struct dry_bytes in, const char *name, struct dry_buf *again,
                             struct dry_arena *arena)
{
    struct dry_block block;

    CHECK_MSG(decode(&block, in, arena) == DRY_VERDICT_VALID, name);
    block.header_encoded = DRY_BYTES_EMPTY;
    for (uint32_t i = 0; i < block.tx_count; i++) {
        again->len = 0;
        CHECK(dry_ok(dry_tx_encode(again, &block.txs[i])));
        CHECK_BYTES(dry_buf_bytes(again), block.txs[i].encoded, name);
    }
    again->len = 0;
    CHECK(dry_ok(dry_block_encode(again, &block)));
    CHECK_BYTES(dry_buf_bytes(again), in, name);
    dry_arena_reset(arena);
}

static void chain_file_reads_back(void **state)
{
    const char *path = test_vectors_path("rpc/chain.rlp");
    struct dry_arena arena = {0};
    struct dry_buf again = {0};
    struct dry_bytes all, block;
    dry_status st;
    size_t n = 0;

    (void)state;
    if (path == NULL)
        skip();
    all = test_file(path);
    while (dry_ok(st = dry_block_next(&block, &all))) {
        check_round_trip(block, "chain.rlp", &again, &arena);
        n++;
    }
    CHECK(st.code == DRY_CODE_ENOTFOUND && n == 54);
    all = dry_bytes_of(test_file(path).ptr, 100);
    CHECK(dry_block_next(&block, &all).code == DRY_CODE_EDECODE && all.len == 100);
    all = test_hex("80");
    CHECK(dry_block_next(&block, &all).code == DRY_CODE_EDECODE);
    all = test_hex("fb10000000");
    CHECK(dry_block_next(&block, &all).code == DRY_CODE_EDECODE);
    dry_buf_fini(&again);
    dry_arena_fini(&arena);
}

static size_t foreign_blocks;

static void foreign_file(const char *path, void *arg)
{
    struct dry_buf *again = arg;
    struct dry_arena arena = {0};
    json_t *root = test_json_load(path), *test, *blocks, *b;
    const char *name, *text;
    size_t i;

    json_object_foreach(root, name, test)
    {
        blocks = json_object_get(test, "blocks");
        json_array_foreach(blocks, i, b)
        {
            if (json_object_get(b, "expectException") != NULL ||
                json_object_get(b, "blockHeader") == NULL)
                continue;
            text = json_string_value(json_object_get(b, "rlp"));
            CHECK(text != NULL);
            check_round_trip(test_hex(text), name, again, &arena);
            foreign_blocks++;
        }
    }
    json_decref(root);
    dry_arena_fini(&arena);
}

/* Every valid block of the reference tests, of all forks. */
static void foreign_blocks_read_back(void **state)
{
    const char *dir = test_vectors_path("eth/BlockchainTests/ValidBlocks");
    struct dry_buf again = {0};

    (void)state;
    if (dir == NULL)
        skip();
    test_files_each(dir, ".json", foreign_file, &again);
    CHECK(foreign_blocks > 500);
    dry_buf_fini(&again);
}

static void survives_no_memory(void **state)
{
    struct dry_arena made = {0};
    struct dry_block block;
    struct dry_buf in = {0};

    (void)state;
    sample_block(&block, DRY_HEADER_PRAGUE, &made);
    CHECK(dry_ok(dry_block_encode(&in, &block)));
    TEST_EACH_ALLOC_FAILS({
        struct dry_arena arena = {0};
        struct dry_buf out = {0};
        struct dry_block got;
        enum dry_verdict v = DRY_VERDICT_BLOCK_RLP;
        dry_status st = dry_block_decode(&got, &v, dry_buf_bytes(&in), &arena);

        if (dry_ok(st)) {
            CHECK(v == DRY_VERDICT_VALID);
            st = dry_block_encode(&out, &got);
            CHECK(dry_ok(st) || out.len == 0);
        }
        CHECK(dry_ok(st) != test_alloc_failed());
        CHECK(dry_ok(st) || st.code == DRY_CODE_ENOMEM);
        dry_buf_fini(&out);
        dry_arena_fini(&arena);
    });
    dry_buf_fini(&in);
    dry_arena_fini(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_read_back),
        cmocka_unit_test(header_fields_come_in_forks),
        cmocka_unit_test(names_what_is_wrong_in_headers),
        cmocka_unit_test(blocks_read_back),
        cmocka_unit_test(names_what_is_wrong_in_bodies),
        cmocka_unit_test(no_sidecars_in_blocks),
        cmocka_unit_test(counts_are_bounded_by_bytes),
        cmocka_unit_test(chain_file_reads_back),
        cmocka_unit_test(foreign_blocks_read_back),
        cmocka_unit_test(survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
