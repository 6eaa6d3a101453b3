/* Receipts: what is written reads back the same; damaged ones are refused. */
#include "samples.h"

static void check_same(const struct dry_receipt *a, const struct dry_receipt *b)
{
    CHECK(a->type == b->type && a->has_root == b->has_root && a->success == b->success);
    CHECK(dry_hash_equal(&a->root, &b->root) && a->log_count == b->log_count);
    CHECK(a->cumulative_gas_used == b->cumulative_gas_used);
    CHECK(memcmp(&a->bloom, &b->bloom, sizeof(a->bloom)) == 0);
    for (uint32_t i = 0; i < a->log_count; i++) {
        const struct dry_log_entry *x = &a->logs[i], *y = &b->logs[i];

        CHECK(dry_address_equal(&x->address, &y->address) && x->topic_count == y->topic_count);
        CHECK(memcmp(x->topics, y->topics, (size_t)32 * x->topic_count) == 0);
        CHECK(dry_bytes_equal(x->data, y->data));
    }
}

static void reads_back_what_it_wrote(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SAMPLE_RECEIPTS; i++) {
        struct dry_arena arena = {0};
        struct dry_buf b = {0}, again = {0};
        struct dry_receipt r, got;

        sample_receipt(&r, i, &arena);
        CHECK(dry_ok(dry_receipt_encode(&b, &r)));
        CHECK(dry_ok(dry_receipt_decode(&got, dry_buf_bytes(&b), &arena)));
        check_same(&r, &got);
        CHECK(dry_ok(dry_logs_encode(&again, r.logs, r.log_count)) && again.len < b.len);
        CHECK_BYTES(dry_bytes_of(b.ptr + b.len - again.len, again.len), dry_buf_bytes(&again),
                    "the logs come last");
        for (size_t n = 0; n < b.len; n++)
            CHECK(dry_receipt_decode(&got, dry_bytes_of(b.ptr, n), &arena).code ==
                  DRY_CODE_EDECODE);
        for (size_t at = 0; at < b.len; at++) {
            b.ptr[at] ^= 0x81;
            if (dry_ok(dry_receipt_decode(&got, dry_buf_bytes(&b), &arena))) {
                again.len = 0;
                CHECK(dry_ok(dry_receipt_encode(&again, &got)));
                CHECK_BYTES(dry_buf_bytes(&again), dry_buf_bytes(&b), "changed");
            }
            b.ptr[at] ^= 0x81;
        }
        dry_buf_fini(&b);
        dry_buf_fini(&again);
        dry_arena_fini(&arena);
    }
}

/* The items of a receipt around a bloom of zeros. */
static const struct {
    const char *type, *before, *after;
    bool good;
} forms[] = {
    {"", "0180", "c0", true},
    {"", "8080", "c0", true},
    {"02", "0180", "c0", true},
    {"", "0280", "c0", false},
    {"", "0080", "c0", false},
    {"", "82010080", "c0", false},
    {"", "c080", "c0", false},
    {"", "010000", "c0", false},
    {"", "0189010000000000000000", "c0", false},
    {"", "0180", "80", false},
    {"", "0180", "c0c0", false},
    {"", "0180", "", false},
    {"", "0180", "c180", false},
    {"", "0180", "d8d7941234567890123456789012345678901234567890c080", true},
    {"", "0180", "d8d7941234567890123456789012345678901234567890c0c0", false},
    {"", "0180", "d8d7941234567890123456789012345678901234567890c180", false},
    {"", "0180", "d9d8941234567890123456789012345678901234567890c08080", false},
    {"00", "0180", "c0", false},
    {"05", "0180", "c0", false},
};

static void refuses_damaged_ones(void **state)
{
    static const uint8_t bloom[256];
    struct dry_arena arena = {0};
    struct dry_buf b = {0};

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(forms); i++) {
        struct dry_receipt r;
        size_t list;
        dry_status st;

        b.len = 0;
        CHECK(dry_ok(dry_buf_append(&b, test_hex(forms[i].type))));
        list = dry_rlp_open(&b);
        CHECK(dry_ok(dry_buf_append(&b, test_hex(forms[i].before))));
        CHECK(dry_ok(dry_rlp_put_string(&b, DRY_BYTES_ARRAY(bloom))));
        CHECK(dry_ok(dry_buf_append(&b, test_hex(forms[i].after))));
        CHECK(dry_ok(dry_rlp_close(&b, list)));
        st = dry_receipt_decode(&r, dry_buf_bytes(&b), &arena);
        CHECK_MSG(dry_ok(st) == forms[i].good, forms[i].after);
        CHECK(forms[i].good || st.code == DRY_CODE_EDECODE);
    }
    dry_buf_fini(&b);
    dry_arena_fini(&arena);
}

static void refuses_five_topics(void **state)
{
    struct dry_arena arena = {0};
    struct dry_buf b = {0};
    struct dry_receipt r, got;

    (void)state;
    sample_receipt(&r, 5, &arena); /* its last log has four */
    CHECK(dry_ok(dry_receipt_encode(&b, &r)));
    CHECK(dry_ok(dry_receipt_decode(&got, dry_buf_bytes(&b), &arena)));
    CHECK(got.log_count == 5 && got.logs[4].topic_count == 4);
    dry_buf_fini(&b);
    for (int n = 4; n <= 5; n++) {
        static const uint8_t bloom[256];
        static const uint8_t topic[32];
        size_t list, logs, log, topics;
        struct dry_buf t = {0};

        list = dry_rlp_open(&t);
        CHECK(dry_ok(dry_rlp_put_u64(&t, 1)) && dry_ok(dry_rlp_put_u64(&t, 1)));
        CHECK(dry_ok(dry_rlp_put_string(&t, DRY_BYTES_ARRAY(bloom))));
        logs = dry_rlp_open(&t);
        log = dry_rlp_open(&t);
        CHECK(dry_ok(dry_rlp_put_string(&t, dry_bytes_of(topic, 20))));
        topics = dry_rlp_open(&t);
        for (int i = 0; i < n; i++)
            CHECK(dry_ok(dry_rlp_put_string(&t, DRY_BYTES_ARRAY(topic))));
        CHECK(dry_ok(dry_rlp_close(&t, topics)));
        CHECK(dry_ok(dry_rlp_put_string(&t, DRY_BYTES_EMPTY)));
        CHECK(dry_ok(dry_rlp_close(&t, log)) && dry_ok(dry_rlp_close(&t, logs)));
        CHECK(dry_ok(dry_rlp_close(&t, list)));
        CHECK(dry_ok(dry_receipt_decode(&got, dry_buf_bytes(&t), &arena)) == (n == 4));
        dry_buf_fini(&t);
    }
    dry_arena_fini(&arena);
}

static void survives_no_memory(void **state)
{
    struct dry_arena made = {0};
    struct dry_buf in = {0};
    struct dry_receipt r;

    (void)state;
    sample_receipt(&r, 5, &made);
    CHECK(dry_ok(dry_receipt_encode(&in, &r)));
    TEST_EACH_ALLOC_FAILS({
        struct dry_arena arena = {0};
        struct dry_buf out = {0};
        struct dry_receipt got;
        dry_status st = dry_receipt_decode(&got, dry_buf_bytes(&in), &arena);

        if (dry_ok(st)) {
            st = dry_receipt_encode(&out, &got);
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
        cmocka_unit_test(reads_back_what_it_wrote),
        cmocka_unit_test(refuses_damaged_ones),
        cmocka_unit_test(refuses_five_topics),
        cmocka_unit_test(survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
