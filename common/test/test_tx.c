/* Transactions: what is written reads back the same, damaged ones are refused with the reason, and
 * failing memory never reads as an invalid transaction. */
#include "samples.h"

static struct dry_bytes encoded(struct dry_buf *b, const struct dry_tx *tx)
{
    b->len = 0;
    CHECK(dry_ok(dry_tx_encode(b, tx)));
    return dry_buf_bytes(b);
}

static enum dry_verdict decode(struct dry_tx *tx, struct dry_bytes in, struct dry_arena *a)
{
    enum dry_verdict v = DRY_VERDICT_VALID;

    CHECK(dry_ok(dry_tx_decode(tx, &v, in, a)));
    return v;
}

static void check_lists(const struct dry_tx *a, const struct dry_tx *b)
{
    CHECK(a->access_count == b->access_count && a->blob_count == b->blob_count);
    CHECK(a->authorization_count == b->authorization_count);
    for (uint32_t i = 0; i < a->access_count; i++) {
        const struct dry_access_entry *x = &a->access[i], *y = &b->access[i];

        CHECK(dry_address_equal(&x->address, &y->address) && x->key_count == y->key_count);
        for (uint32_t k = 0; k < x->key_count; k++)
            CHECK(dry_hash_equal(&x->keys[k], &y->keys[k]));
    }
    for (uint32_t i = 0; i < a->blob_count; i++)
        CHECK(dry_hash_equal(&a->blob_hashes[i], &b->blob_hashes[i]));
    for (uint32_t i = 0; i < a->authorization_count; i++) {
        const struct dry_authorization *x = &a->authorizations[i], *y = &b->authorizations[i];

        CHECK(dry_u256_equal(&x->chain_id, &y->chain_id) && x->nonce == y->nonce);
        CHECK(dry_address_equal(&x->address, &y->address) && x->y_parity == y->y_parity);
        CHECK(dry_u256_equal(&x->r, &y->r) && dry_u256_equal(&x->s, &y->s));
    }
}

static void check_same(const struct dry_tx *a, const struct dry_tx *b)
{
    CHECK(a->type == b->type && a->has_chain_id == b->has_chain_id && a->has_to == b->has_to);
    CHECK(a->y_parity == b->y_parity && a->chain_id == b->chain_id && a->nonce == b->nonce);
    CHECK(a->gas_limit == b->gas_limit && dry_address_equal(&a->to, &b->to));
    CHECK(dry_u256_equal(&a->max_fee_per_gas, &b->max_fee_per_gas));
    CHECK(dry_u256_equal(&a->max_priority_fee_per_gas, &b->max_priority_fee_per_gas));
    CHECK(dry_u256_equal(&a->max_fee_per_blob_gas, &b->max_fee_per_blob_gas));
    CHECK(dry_u256_equal(&a->value, &b->value) && dry_bytes_equal(a->data, b->data));
    CHECK(dry_u256_equal(&a->r, &b->r) && dry_u256_equal(&a->s, &b->s));
    check_lists(a, b);
}

static void reads_back_what_it_wrote(void **state)
{
    struct dry_arena arena = {0};
    struct dry_buf b = {0};

    (void)state;
    for (unsigned i = 0; i < SAMPLE_TXS; i++) {
        struct dry_tx tx, got;
        struct dry_bytes bytes;

        sample_tx(&tx, i, &arena);
        bytes = encoded(&b, &tx);
        CHECK(decode(&got, bytes, &arena) == DRY_VERDICT_VALID);
        check_same(&tx, &got);
        CHECK(dry_bytes_equal(got.encoded, bytes) && got.sidecar == NULL);
    }
    dry_buf_fini(&b);
    dry_arena_fini(&arena);
}

static void every_truncation_is_refused(void **state)
{
    struct dry_arena arena = {0};
    struct dry_buf b = {0};

    (void)state;
    for (unsigned i = 0; i < SAMPLE_TXS; i++) {
        struct dry_tx tx, got;
        struct dry_bytes bytes;

        sample_tx(&tx, i, &arena);
        CHECK(dry_ok(dry_buf_append_byte(&b, 0)));
        bytes = encoded(&b, &tx);
        for (size_t n = 0; n < bytes.len; n++) {
            uint8_t *exact = malloc(n + 1); /* so that sanitizers see a read past the end */

            CHECK(exact != NULL);
            memcpy(exact, bytes.ptr, n);
            exact[n] = 0;
            CHECK(decode(&got, dry_bytes_of(exact, n), &arena) != DRY_VERDICT_VALID);
            free(exact);
        }
        CHECK(dry_ok(dry_buf_append_byte(&b, 0)));
        CHECK(decode(&got, dry_buf_bytes(&b), &arena) == DRY_VERDICT_TX_RLP);
    }
    dry_buf_fini(&b);
    dry_arena_fini(&arena);
}

/* A changed byte is refused, or gives a transaction that writes those very bytes again. */
static void no_second_encoding(void **state)
{
    struct dry_arena arena = {0};
    struct dry_buf b = {0}, again = {0};
    size_t accepted = 0;

    (void)state;
    for (unsigned i = 0; i < SAMPLE_TXS; i++) {
        struct dry_tx tx, got;

        sample_tx(&tx, i, &arena);
        (void)encoded(&b, &tx);
        for (size_t at = 0; at < b.len; at++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                struct dry_arena scratch = {0};

                b.ptr[at] ^= (uint8_t)(1u << bit);
                if (decode(&got, dry_buf_bytes(&b), &scratch) == DRY_VERDICT_VALID) {
                    CHECK_BYTES(encoded(&again, &got), dry_buf_bytes(&b), "changed");
                    accepted++;
                }
                b.ptr[at] ^= (uint8_t)(1u << bit);
                dry_arena_fini(&scratch);
            }
        }
    }
    CHECK(accepted > 1000);
    dry_buf_fini(&b);
    dry_buf_fini(&again);
    dry_arena_fini(&arena);
}

/* Fields in order as hexadecimal RLP items; the list around them is added. */
#define TO "941234567890123456789012345678901234567890"
#define SIG "1b0102"
static const struct {
    const char *type, *items;
    enum dry_verdict verdict;
} forms[] = {
    {"", "8080808080801b8080", DRY_VERDICT_VALID},
    {"", "808080808080258080", DRY_VERDICT_VALID},
    {"", "808080" TO "8080" SIG, DRY_VERDICT_VALID},
    {"", "808080" TO "801b01", DRY_VERDICT_TX_FIELD_COUNT},
    {"", "808080" TO "8080" SIG "80", DRY_VERDICT_TX_FIELD_COUNT},
    {"", "", DRY_VERDICT_TX_FIELD_COUNT},
    {"", "008080" TO "8080" SIG, DRY_VERDICT_TX_LEADING_ZEROS},
    {"", "8082000180" TO "8080" SIG, DRY_VERDICT_TX_LEADING_ZEROS},
    {"", "81018080" TO "8080" SIG, DRY_VERDICT_TX_RLP_LENGTH},
    {"", "c08080" TO "8080" SIG, DRY_VERDICT_TX_RLP_FIELD},
    {"", "808080" TO "80c0" SIG, DRY_VERDICT_TX_RLP_FIELD},
    {"", "808080c08080" SIG, DRY_VERDICT_TX_RLP_FIELD},
    {"", "890100000000000000008080" TO "8080" SIG, DRY_VERDICT_TX_NONCE_OVERFLOW},
    {"", "808089010000000000000000" TO "8080" SIG, DRY_VERDICT_TX_GAS_LIMIT_OVERFLOW},
    {"", "80808093123456789012345678901234567890123456788080" SIG, DRY_VERDICT_TX_ADDRESS_LENGTH},
    {"", "808080951234567890123456789012345678901234567890128080" SIG,
     DRY_VERDICT_TX_ADDRESS_LENGTH},
    {"", "808080" TO "8080800102", DRY_VERDICT_TX_SIGNATURE_V},
    {"", "808080" TO "80801a0102", DRY_VERDICT_TX_SIGNATURE_V},
    {"", "808080" TO "80801d0102", DRY_VERDICT_TX_SIGNATURE_V},
    {"", "808080" TO "8080220102", DRY_VERDICT_TX_SIGNATURE_V},
    {"", "808080" TO "8080890200000000000000220102", DRY_VERDICT_VALID},
    {"", "808080" TO "8080890200000000000000230102", DRY_VERDICT_TX_SIGNATURE_V},
    /* typed: chain id, nonce, fees, gas, to, value, data, access list, ..., parity, r, s */
    {"01", "01808080808080c0010102", DRY_VERDICT_VALID},
    {"01", "01808080808080c0020102", DRY_VERDICT_TX_SIGNATURE_VRS},
    {"01", "0180808080808080010102", DRY_VERDICT_TX_ACCESS_LIST_FORM},
    {"01", "01808080808080c180010102", DRY_VERDICT_TX_ACCESS_LIST_FORM},
    {"01", "01808080808080c1c0010102", DRY_VERDICT_TX_ACCESS_LIST_FORM},
    {"01", "01808080808080d7d6" TO "c0010102", DRY_VERDICT_VALID},
    {"01", "01808080808080d7d6" TO "80010102", DRY_VERDICT_TX_ACCESS_LIST_FORM},
    {"01", "01808080808080d8d7" TO "c180010102", DRY_VERDICT_TX_ACCESS_LIST_FORM},
    {"01", "01808080808080d8d7" TO "c0c0010102", DRY_VERDICT_TX_ACCESS_LIST_FORM},
    {"01", "89010000000000000000808080808080c0010102", DRY_VERDICT_TX_CHAIN_ID},
    {"02", "0180808080808080c0010102", DRY_VERDICT_VALID},
    {"02", "0180808080808080c00101", DRY_VERDICT_TX_FIELD_COUNT},
    {"03", "0180808080808080c080c0010102", DRY_VERDICT_VALID},
    {"03", "0180808080808080c080c180010102", DRY_VERDICT_TX_RLP_FIELD},
    {"03", "c0c0c0c0", DRY_VERDICT_TX_FIELD_COUNT},
    {"03", "c0c0c0", DRY_VERDICT_TX_BLOB_SIDECAR_FORM},
    {"04", "0180808080808080c0c0010102", DRY_VERDICT_VALID},
    {"04", "0180808080808080c0c1c0010102", DRY_VERDICT_TX_AUTHORIZATION_FORM},
    {"04", "0180808080808080c0dbda80" TO "80808080010102", DRY_VERDICT_VALID},
    {"04", "0180808080808080c0dad980" TO "808080010102", DRY_VERDICT_TX_AUTHORIZATION_FORM},
    {"04", "0180808080808080c0dddc80" TO "808201008080010102", DRY_VERDICT_TX_AUTHORIZATION_FORM},
    {"04", "0180808080808080c0dbda80" TO "00808080010102", DRY_VERDICT_TX_AUTHORIZATION_FORM},
    {"04", "0180808080808080c0dbda80" TO "c0808080010102", DRY_VERDICT_TX_AUTHORIZATION_FORM},
    {"05", "0180808080808080c0c0010102", DRY_VERDICT_TX_TYPE_UNSUPPORTED},
    {"00", "8080808080801b8080", DRY_VERDICT_TX_TYPE_UNSUPPORTED},
    {"7f", "", DRY_VERDICT_TX_TYPE_UNSUPPORTED},
};

static void names_what_is_wrong(void **state)
{
    struct dry_arena arena = {0};
    struct dry_buf b = {0};
    struct dry_tx tx;

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(forms); i++) {
        size_t list;
        enum dry_verdict v;

        b.len = 0;
        CHECK(dry_ok(dry_buf_append(&b, test_hex(forms[i].type))));
        list = dry_rlp_open(&b);
        CHECK(dry_ok(dry_buf_append(&b, test_hex(forms[i].items))));
        CHECK(dry_ok(dry_rlp_close(&b, list)));
        v = decode(&tx, dry_buf_bytes(&b), &arena);
        if (v != forms[i].verdict)
            print_error("%s%s: %s\n", forms[i].type, forms[i].items, dry_verdict_name(v));
        CHECK(v == forms[i].verdict);
    }
    CHECK(decode(&tx, DRY_BYTES_EMPTY, &arena) == DRY_VERDICT_TX_RLP);
    CHECK(decode(&tx, test_hex("80"), &arena) == DRY_VERDICT_TX_RLP_HEADER);
    CHECK(decode(&tx, test_hex("b8"), &arena) == DRY_VERDICT_TX_RLP);
    CHECK(decode(&tx, test_hex("ff8000000000000000"), &arena) == DRY_VERDICT_TX_RLP);
    CHECK(decode(&tx, test_hex("01"), &arena) == DRY_VERDICT_TX_RLP);
    CHECK(decode(&tx, test_hex("0180"), &arena) == DRY_VERDICT_TX_RLP_FIELD);
    dry_buf_fini(&b);
    dry_arena_fini(&arena);
}

/* A list may claim no more entries than its bytes can hold: memory taken stays in proportion. */
static void counts_are_bounded_by_bytes(void **state)
{
    struct dry_arena arena = {.max = 8u << 20};
    struct dry_buf b = {0};
    struct dry_tx tx;
    size_t outer, inner;

    (void)state;
    CHECK(dry_ok(dry_buf_append(&b, test_hex("04"))));
    outer = dry_rlp_open(&b);
    CHECK(dry_ok(dry_buf_append(&b, test_hex("0180808080808080c0"))));
    inner = dry_rlp_open(&b);
    for (int i = 0; i < 1000000; i++)
        CHECK(dry_ok(dry_buf_append_byte(&b, 0xc0)));
    CHECK(dry_ok(dry_rlp_close(&b, inner)));
    CHECK(dry_ok(dry_buf_append(&b, test_hex("010102"))));
    CHECK(dry_ok(dry_rlp_close(&b, outer)));
    CHECK(decode(&tx, dry_buf_bytes(&b), &arena) == DRY_VERDICT_TX_AUTHORIZATION_FORM);
    CHECK(arena.total == 0);
    b.ptr[0] = DRY_TX_ACCESS_LIST;
    b.len = 1;
    outer = dry_rlp_open(&b);
    CHECK(dry_ok(dry_rlp_put_string(&b, dry_bytes_of(b.ptr, 0))));
    CHECK(dry_ok(dry_buf_reserve(&b, DRY_TX_BYTES_MAX)));
    memset(b.ptr + b.len, 0, DRY_TX_BYTES_MAX);
    b.len += DRY_TX_BYTES_MAX;
    CHECK(dry_ok(dry_rlp_close(&b, outer)));
    CHECK(decode(&tx, dry_buf_bytes(&b), &arena) == DRY_VERDICT_TX_SIZE);
    dry_buf_fini(&b);
    dry_arena_fini(&arena);
}

static void sidecars(void **state)
{
    (void)state;
    for (uint8_t version = 0; version < 2; version++) {
        struct dry_arena arena = {0};
        struct dry_buf net = {0}, plain = {0};
        struct dry_tx tx, got;

        sample_tx_sidecar(&tx, version, &arena);
        CHECK(dry_ok(dry_tx_encode_network(&net, &tx)));
        CHECK(decode(&got, dry_buf_bytes(&net), &arena) == DRY_VERDICT_VALID);
        check_same(&tx, &got);
        CHECK_BYTES(got.encoded, encoded(&plain, &tx), "without sidecar");
        CHECK(got.sidecar != NULL && got.sidecar->version == version && got.sidecar->count == 2);
        CHECK(dry_bytes_equal(got.sidecar->blobs, tx.sidecar->blobs));
        CHECK(dry_bytes_equal(got.sidecar->commitments, tx.sidecar->commitments));
        CHECK(dry_bytes_equal(got.sidecar->proofs, tx.sidecar->proofs));
        plain.len = 0;
        CHECK(dry_ok(dry_tx_encode_network(&plain, &got)));
        CHECK(dry_bytes_equal(dry_buf_bytes(&plain), dry_buf_bytes(&net)));
        for (size_t n = 0; n < net.len; n += n < 1000 || n > net.len - 1000 ? 1 : 997)
            CHECK(decode(&got, dry_bytes_of(net.ptr, n), &arena) != DRY_VERDICT_VALID);
        /* Sidecars of another number of blobs than the transaction names. */
        tx.blob_count = 1;
        net.len = 0;
        CHECK(dry_ok(dry_tx_encode_network(&net, &tx)));
        CHECK(decode(&got, dry_buf_bytes(&net), &arena) == DRY_VERDICT_TX_BLOB_SIDECAR_FORM);
        dry_buf_fini(&net);
        dry_buf_fini(&plain);
        dry_arena_fini(&arena);
    }
}

static void signing_bytes(void **state)
{
    struct dry_arena arena = {0};
    struct dry_buf b = {0};
    struct dry_authorization a = {.chain_id = DRY_U256(1), .address = {{0xaa}}, .nonce = 5};
    struct dry_tx tx;

    (void)state;
    /* The example of EIP-155. */
    memset(&tx, 0, sizeof(tx));
    tx.has_chain_id = tx.has_to = true;
    tx.chain_id = 1;
    tx.nonce = 9;
    tx.max_fee_per_gas = DRY_U256(20000000000);
    tx.gas_limit = 21000;
    memset(tx.to.b, 0x35, 20);
    tx.value = DRY_U256(1000000000000000000);
    CHECK(dry_ok(dry_tx_encode_unsigned(&b, &tx)));
    CHECK_BYTES(dry_buf_bytes(&b),
                test_hex("ec098504a817c800825208943535353535353535353535353535353535353535880de0b6"
                         "b3a764000080018080"),
                "EIP-155");
    CHECK(dry_tx_v(&tx) == 37);
    tx.y_parity = 1;
    CHECK(dry_tx_v(&tx) == 38);
    tx.has_chain_id = false;
    CHECK(dry_tx_v(&tx) == 28);
    tx.has_chain_id = true;
    tx.chain_id = UINT64_MAX;
    CHECK(dry_tx_v(&tx) == UINT64_MAX);
    tx.type = DRY_TX_DYNAMIC_FEE;
    CHECK(dry_tx_v(&tx) == 1);
    b.len = 0;
    CHECK(dry_ok(dry_authorization_encode_unsigned(&b, &a)));
    CHECK_BYTES(dry_buf_bytes(&b), test_hex("05d70194aa0000000000000000000000000000000000000005"),
                "EIP-7702");
    dry_buf_fini(&b);
    dry_arena_fini(&arena);
}

static void effective_price(void **state)
{
    static const struct {
        uint64_t max, priority, base, want;
    } cases[] = {{100, 2, 50, 52},   {100, 60, 50, 100}, {100, 100, 0, 100},
                 {100, 0, 100, 100}, {100, 5, 200, 100}, {0, 0, 0, 0}};
    struct dry_u256 got;
    struct dry_tx tx = {0};

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(cases); i++) {
        tx.max_fee_per_gas = DRY_U256(cases[i].max);
        tx.max_priority_fee_per_gas = DRY_U256(cases[i].priority);
        dry_tx_effective_gas_price(&got, &tx, &DRY_U256(cases[i].base));
        CHECK(dry_u256_equal(&got, &DRY_U256(cases[i].want)));
    }
    tx.max_fee_per_gas = tx.max_priority_fee_per_gas = DRY_U256_MAX;
    dry_tx_effective_gas_price(&got, &tx, &DRY_U256(1));
    CHECK(dry_u256_equal(&got, &DRY_U256_MAX));
}

/* "signed" decodes to the named fields and back; "unsigned" begins with the six that are signed. */
static void basic_vectors(void **state)
{
    const char *path = test_vectors_path("eth/BasicTests/txtest.json");
    struct dry_arena arena = {0};
    struct dry_buf b = {0};
    json_t *root, *test;
    size_t i;

    (void)state;
    if (path == NULL)
        skip();
    root = test_json_load(path);
    json_array_foreach(root, i, test)
    {
        struct dry_bytes want = test_hex(json_string_value(json_object_get(test, "signed")));
        struct dry_bytes old = test_hex(json_string_value(json_object_get(test, "unsigned")));
        struct dry_bytes to = test_hex(json_string_value(json_object_get(test, "to")));
        struct dry_rlp all = dry_rlp_of(old), got;
        struct dry_tx tx;

        CHECK(decode(&tx, want, &arena) == DRY_VERDICT_VALID);
        CHECK(tx.nonce == (uint64_t)json_integer_value(json_object_get(test, "nonce")));
        CHECK(tx.gas_limit == (uint64_t)json_integer_value(json_object_get(test, "startgas")));
        CHECK(tx.has_to == (to.len == 20) && dry_tx_v(&tx) - 27 < 2);
        CHECK(!tx.has_to || memcmp(tx.to.b, to.ptr, 20) == 0);
        CHECK_BYTES(tx.data, test_hex(json_string_value(json_object_get(test, "data"))), "data");
        CHECK_BYTES(encoded(&b, &tx), want, "signed");
        b.len = 0;
        CHECK(dry_ok(dry_tx_encode_unsigned(&b, &tx)));
        got = dry_rlp_of(dry_buf_bytes(&b));
        CHECK(dry_ok(dry_rlp_list(&all, &all)) && dry_ok(dry_rlp_list(&got, &got)));
        for (int k = 0; k < 6; k++) {
            struct dry_bytes x, y;

            CHECK(dry_ok(dry_rlp_raw(&all, &x)) && dry_ok(dry_rlp_raw(&got, &y)));
            CHECK_BYTES(y, x, "unsigned");
        }
        CHECK(dry_rlp_done(&got));
    }
    CHECK(i >= 2);
    json_decref(root);
    dry_buf_fini(&b);
    dry_arena_fini(&arena);
}

static void survives_no_memory(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= SAMPLE_TXS + 1; i++) {
        struct dry_arena made = {0};
        struct dry_buf in = {0};
        struct dry_tx tx;

        if (i < SAMPLE_TXS)
            sample_tx(&tx, i, &made);
        else
            sample_tx_sidecar(&tx, (uint8_t)(i - SAMPLE_TXS), &made);
        CHECK(dry_ok(dry_tx_encode_network(&in, &tx)));
        TEST_EACH_ALLOC_FAILS({
            struct dry_arena arena = {0};
            struct dry_buf out = {0};
            enum dry_verdict v = DRY_VERDICT_TX_RLP;
            struct dry_tx got;
            dry_status st = dry_tx_decode(&got, &v, dry_buf_bytes(&in), &arena);

            if (dry_ok(st)) {
                CHECK(v == DRY_VERDICT_VALID);
                st = dry_tx_encode_network(&out, &got);
                CHECK(dry_ok(st) || out.len == 0);
            }
            CHECK(dry_ok(st) != test_alloc_failed());
            CHECK(dry_ok(st) || st.code == DRY_CODE_ENOMEM);
            CHECK(!dry_ok(st) || dry_bytes_equal(dry_buf_bytes(&out), dry_buf_bytes(&in)));
            dry_buf_fini(&out);
            dry_arena_fini(&arena);
        });
        dry_buf_fini(&in);
        dry_arena_fini(&made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_what_it_wrote),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(no_second_encoding),
        cmocka_unit_test(names_what_is_wrong),
        cmocka_unit_test(counts_are_bounded_by_bytes),
        cmocka_unit_test(sidecars),
        cmocka_unit_test(signing_bytes),
        cmocka_unit_test(effective_price),
        cmocka_unit_test(basic_vectors),
        cmocka_unit_test(survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
