/* The JSON reader takes RFC 8259 and nothing else, names the place of every fault, and survives
 * hostile texts (ATTACKS 47); the writer's output reads back. */
#include <drystone/platform/json.h>
#include <drystone/test.h>

/* Format at an offset of a text of ours that is large enough; the length added. */
__attribute__((format(printf, 3, 4))) static size_t put(char *text, size_t at, const char *format,
                                                        ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text + at, 256, format, args);
    va_end(args);
    CHECK(n >= 0 && n < 256);
    return (size_t)n;
}

static struct dry_bytes text(const char *t)
{
    return dry_bytes_of(t, strlen(t));
}

static dry_status reading(const char *t, size_t n, struct dry_arena *a, struct dry_json *doc)
{
    return dry_json_read(doc, NULL, dry_bytes_of(t, n), NULL, a);
}

static void accepts(void **state)
{
    static const char *const good[] = {
        "null",
        " true ",
        "\t[\r\n]",
        "{}",
        "0",
        "-0",
        "-0.5e-10",
        "1E+9",
        "123456789012345678901234567890",
        "\"\"",
        "\"a\\u0000b\"",
        "\"\\ud83d\\ude00\"",
        "\"\xf0\x9f\x98\x80\xc3\xa9\"",
        "\"\x7f\"",
        "[1,[2,[3]],{\"a\":{\"b\":[]}}]",
        "{\"a\":1,\"b\":1,\"A\":1}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    };
    struct dry_arena a = {0};

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(good); i++) {
        struct dry_json doc;

        CHECK_MSG(dry_ok(reading(good[i], strlen(good[i]), &a, &doc)), good[i]);
    }
    dry_arena_fini(&a);
}

#define BAD(t) {t, sizeof(t) - 1}
static void refuses(void **state)
{
    static const struct {
        const char *t;
        size_t n;
    } bad[] = {
        BAD(""),
        BAD(" "),
        BAD("nul"),
        BAD("truex"),
        BAD("True"),
        BAD("01"),
        BAD("-"),
        BAD("+1"),
        BAD(".5"),
        BAD("1."),
        BAD("1e"),
        BAD("1e+"),
        BAD("0x10"),
        BAD("NaN"),
        BAD("Infinity"),
        BAD("'a'"),
        BAD("\"a"),
        BAD("\"\\\""),
        BAD("\"\\x41\""),
        BAD("\"\\u12g4\""),
        BAD("\"\\u12"),
        BAD("\"\n\""),
        BAD("\"\x1f\""),
        BAD("\"a\0b\""),
        BAD("\0"),
        BAD("1\0"),
        BAD("\"\\ud800\""),
        BAD("\"\\udc00\""),
        BAD("\"\\ud800\\ud800\""),
        BAD("\"\\ud800x\""),
        BAD("\"\x80\""),
        BAD("\"\xc0\xaf\""),
        BAD("\"\xed\xa0\x80\""),
        BAD("\"\xf4\x90\x80\x80\""),
        BAD("\"\xe2\x82\""),
        BAD("\"\xff\""),
        BAD("\xef\xbb\xbf{}"),
        BAD("["),
        BAD("[1"),
        BAD("[1,"),
        BAD("[1,]"),
        BAD("[,1]"),
        BAD("[1 2]"),
        BAD("]"),
        BAD("[}"),
        BAD("{"),
        BAD("{\"a\""),
        BAD("{\"a\":"),
        BAD("{\"a\":1"),
        BAD("{\"a\":1,"),
        BAD("{\"a\":1,}"),
        BAD("{a:1}"),
        BAD("{1:1}"),
        BAD("{\"a\" 1}"),
        BAD("{\"a\":1 \"b\":1}"),
        BAD("{,}"),
        BAD("1 2"),
        BAD("{} {}"),
        BAD("// c\n1"),
        BAD("[1]/**/"),
        BAD("{\"a\":1,\"a\":2}"),
        BAD("{\"a\":1,\"\\u0061\":2}"),
        BAD("[{\"x\":{\"k\":1,\"l\":2,\"k\":3}}]"),
        BAD("{\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,\"7\":0,\"8\":0,\"9\":0,\"5\":0}"),
    };
    struct dry_arena a = {0};

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(bad); i++) {
        struct dry_json doc = {.count = 77};
        struct dry_buf error = {0};
        char *exact = malloc(bad[i].n + 1); /* so that reading past the end is seen */
        dry_status st;

        memcpy(exact, bad[i].t, bad[i].n);
        st = dry_json_read(&doc, &error, dry_bytes_of(exact, bad[i].n), NULL, &a);
        CHECK_MSG(st.code == DRY_CODE_EDECODE, bad[i].t);
        CHECK_MSG(doc.count == 77 && error.len > 0, bad[i].t);
        CHECK(st.detail <= bad[i].n);
        dry_buf_fini(&error);
        free(exact);
    }
    dry_arena_fini(&a);
}

/* Every beginning of a good text is refused, and every single-byte change is handled. */
static void truncated(void **state)
{
    static const char good[] =
        "{\"a\":[1,-2.5e3,\"x\\u00e9\\ud83d\\ude00\"],\"b\":{\"c\":null,\"d\":true}}";
    struct dry_arena a = {0};
    struct dry_json doc;

    (void)state;
    for (size_t n = 0; n < sizeof(good) - 1; n++) {
        char *exact = malloc(n + 1);

        memcpy(exact, good, n);
        CHECK(!dry_ok(reading(exact, n, &a, &doc)));
        free(exact);
        dry_arena_reset(&a);
    }
    for (size_t i = 0; i < sizeof(good) - 1; i++) {
        for (int b = 0; b < 256; b++) {
            char *exact = malloc(sizeof(good) - 1);

            memcpy(exact, good, sizeof(good) - 1);
            exact[i] = (char)b;
            (void)!dry_ok(reading(exact, sizeof(good) - 1, &a, &doc));
            free(exact);
            dry_arena_reset(&a);
        }
    }
    dry_arena_fini(&a);
}

static void hostile(void **state)
{
    size_t n = 1000000;
    char *t = malloc(10 * n);
    struct dry_arena a = {.max = 256 << 20};
    struct dry_json doc;
    struct dry_json_limits few = {.tokens_max = 1000};
    size_t len = 0;

    (void)state;
    memset(t, '[', n); /* depth 10^6 */
    CHECK(reading(t, n, &a, &doc).code == DRY_CODE_ELIMIT);
    memset(t, '9', 10 * n); /* a number of 10^7 digits: fine as a text, refused as a value */
    CHECK(dry_ok(reading(t, 10 * n, &a, &doc)));
    {
        struct dry_u256 v;

        CHECK(dry_json_number_u256(dry_json_root(&doc), &v, NULL).code == DRY_CODE_EINVAL);
    }
    /* 10^5 members in one object, shuffled: still n log n; then one twice. */
    for (int twice = 0; twice < 2; twice++) {
        len = put(t, 0, "{");
        for (unsigned i = 0; i < 100000; i++)
            len += put(t, len, "%s\"%05u\":0", i > 0 ? "," : "", i * 7919u % 100000u);
        if (twice)
            len += put(t, len, ",\"0777\\u0037\":0");
        len += put(t, len, "}");
        CHECK(dry_ok(reading(t, len, &a, &doc)) == !twice);
        dry_arena_reset(&a);
    }
    /* Limits hold exactly. */
    len = put(t, 0, "[");
    for (unsigned i = 0; i < 999; i++)
        len += put(t, len, "%s1", i > 0 ? "," : "");
    t[len] = ']';
    CHECK(dry_ok(dry_json_read(&doc, NULL, dry_bytes_of(t, len + 1), &few, &a)));
    CHECK(doc.count == 1000);
    len += put(t, len, ",1]");
    CHECK(dry_json_read(&doc, NULL, dry_bytes_of(t, len), &few, &a).code == DRY_CODE_ELIMIT);
    few = (struct dry_json_limits){.bytes_max = 10};
    CHECK(dry_json_read(&doc, NULL, dry_bytes_of(t, len), &few, &a).code == DRY_CODE_ELIMIT);
    few = (struct dry_json_limits){.depth_max = 2};
    CHECK(dry_ok(dry_json_read(&doc, NULL, text("[[]]"), &few, &a)));
    CHECK(dry_json_read(&doc, NULL, text("[[[]]]"), &few, &a).code == DRY_CODE_ELIMIT);
    memset(t, '[', 64);
    memset(t + 64, ']', 64);
    CHECK(dry_ok(reading(t, 128, &a, &doc)));
    dry_arena_fini(&a);
    free(t);
}

static struct dry_json_value at(struct dry_json_value v, const char *key)
{
    CHECK_MSG(dry_json_get(v, key, &v), key);
    return v;
}

static void values(void **state)
{
    static const char t[] =
        "{\"q\":\"0x1f\",\"n\":17,\"d\":\"18\",\"h\":\"0x00ff\",\"b\":true,\"z\":\"\",\"x\":\"0x\","
        "\"s\":\"a\\n\\u00e9\",\"data\":\"0x12aB\",\"\\u006bey\":null,\"list\":[1,[2,3],{\"k\":4}],"
        "\"big\":\"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\"}";
    struct dry_arena a = {0};
    struct dry_json doc;
    struct dry_json_value root, v;
    struct dry_u256 w;
    struct dry_bytes b;
    struct dry_buf buf = {0};
    uint8_t two[2];
    uint64_t n = 0;
    bool flag = false;

    (void)state;
    CHECK(dry_ok(reading(t, sizeof(t) - 1, &a, &doc)));
    root = dry_json_root(&doc);
    CHECK(dry_json_count(root) == 12);
    CHECK(dry_ok(dry_json_quantity_u64(at(root, "q"), &n, NULL)) && n == 0x1f);
    CHECK(!dry_ok(dry_json_quantity_u64(at(root, "n"), &n, NULL)) && n == 0x1f);
    CHECK(!dry_ok(dry_json_quantity_u64(at(root, "h"), &n, NULL)));
    CHECK(!dry_ok(dry_json_quantity_u64(at(root, "x"), &n, NULL)));
    CHECK(!dry_ok(dry_json_quantity_u64(at(root, "big"), &n, NULL)));
    CHECK(dry_ok(dry_json_quantity_u256(at(root, "big"), &w, NULL)) && w.w[3] == UINT64_MAX);
    CHECK(dry_ok(dry_json_number_u64(at(root, "n"), &n, NULL)) && n == 17);
    CHECK(dry_ok(dry_json_number_u64(at(root, "d"), &n, NULL)) && n == 18);
    CHECK(dry_ok(dry_json_number_u64(at(root, "h"), &n, NULL)) && n == 255);
    CHECK(dry_ok(dry_json_number_u64(at(root, "x"), &n, NULL)) && n == 0);
    CHECK(!dry_ok(dry_json_number_u64(at(root, "z"), &n, NULL)));
    CHECK(!dry_ok(dry_json_number_u64(at(root, "b"), &n, NULL)));
    CHECK(dry_ok(dry_json_bool(at(root, "b"), &flag, NULL)) && flag);
    CHECK(dry_ok(dry_json_string(at(root, "s"), &b, NULL, &a)));
    CHECK_BYTES(b, text("a\n\xc3\xa9"), "decoded");
    CHECK(dry_ok(dry_json_data(at(root, "data"), &buf, NULL)));
    CHECK_BYTES(dry_buf_bytes(&buf), text("\x12\xab"), "data");
    CHECK(dry_ok(dry_json_data_fixed(at(root, "data"), two, 2, NULL)) && two[1] == 0xab);
    CHECK(!dry_ok(dry_json_data_fixed(at(root, "data"), two, 1, NULL)));
    CHECK(!dry_ok(dry_json_data(at(root, "d"), &buf, NULL)) && buf.len == 2);
    CHECK(dry_json_is_null(at(root, "key"))); /* its escapes count */
    CHECK(!dry_json_get(root, "ke", &v) && !dry_json_get(root, "keys", &v));
    CHECK(dry_json_element(at(root, "list"), 1, &v) && dry_json_count(v) == 2);
    CHECK_BYTES(dry_json_source(v), text("[2,3]"), "source");
    CHECK_BYTES(dry_json_source(at(root, "q")), text("\"0x1f\""), "source");
    CHECK(!dry_json_element(at(root, "list"), 3, &v));
    dry_buf_fini(&buf);
    dry_arena_fini(&a);
}

/* Complaints name the way to the value. */
static void paths(void **state)
{
    static const char t[] =
        "{\"alloc\":{\"0xabcdefabcdefabcdefabcdefabcdefabcdef\":{\"balance\":\"x\"}},"
        "\"l\":[1,{\"k\\u001b[2J\":[true]}]}";
    static const char *const want[] = {
        "alloc.0xabcdefabcd\xe2\x80\xa6.balance: not a whole number of at most 256 bits",
        "l[1].k\\u001b[2J[0]: must be a number",
        "the value: \"nope\" is missing",
        "l[0]: must be an object",
    };
    struct dry_arena a = {0};
    struct dry_json doc;
    struct dry_json_value root, v;
    struct dry_buf e[4] = {{0}};
    struct dry_json_iter it = {0};
    uint64_t n;

    (void)state;
    CHECK(dry_ok(reading(t, sizeof(t) - 1, &a, &doc)));
    root = dry_json_root(&doc);
    v = at(at(at(root, "alloc"), "0xabcdefabcdefabcdefabcdefabcdefabcdef"), "balance");
    CHECK(dry_json_number_u64(v, &n, &e[0]).code == DRY_CODE_EINVAL);
    CHECK(dry_json_element(at(root, "l"), 1, &v) && dry_json_next(v, &it, NULL, &v) &&
          dry_json_element(v, 0, &v));
    CHECK(!dry_ok(dry_json_number_u64(v, &n, &e[1])));
    CHECK(!dry_ok(dry_json_require(root, "nope", &v, &e[2])));
    CHECK(dry_json_element(at(root, "l"), 0, &v));
    CHECK(!dry_ok(dry_json_require(v, "k", &v, &e[3])));
    for (size_t i = 0; i < DRY_COUNT(want); i++) {
        CHECK_BYTES(dry_buf_bytes(&e[i]), text(want[i]), want[i]);
        dry_buf_fini(&e[i]);
    }
    dry_arena_fini(&a);
}

static void write_sample(struct dry_json_writer *w)
{
    struct dry_u256 big = DRY_U256_MAX;

    dry_json_object_begin(w);
    dry_json_key(w, "a");
    dry_json_array_begin(w);
    dry_json_array_end(w);
    dry_json_key(w, "t");
    dry_json_write_text(w, dry_bytes_of("q\"\\\n\x01\xc3\xa9\xff/", 9));
    dry_json_key_text(w, text("k\""));
    dry_json_object_begin(w);
    dry_json_object_end(w);
    dry_json_key(w, "l");
    dry_json_array_begin(w);
    dry_json_write_null(w);
    dry_json_write_bool(w, false);
    dry_json_write_u64(w, UINT64_MAX);
    dry_json_write_i64(w, INT64_MIN);
    dry_json_write_hex(w, dry_bytes_of("\x00\xfa", 2));
    dry_json_write_hex(w, DRY_BYTES_EMPTY);
    dry_json_write_quantity(w, 0);
    dry_json_write_quantity(w, 0x10);
    dry_json_write_quantity(w, 0xabc);
    dry_json_write_quantity_u256(w, &big);
    dry_json_write_raw(w, text("{}"));
    dry_json_write_i64(w, 5);
    dry_json_array_end(w);
    dry_json_object_end(w);
}

static void writes(void **state)
{
    static const char want[] =
        "{\"a\":[],\"t\":\"q\\\"\\\\\\n\\u0001\xc3\xa9\\ufffd/\",\"k\\\"\":{},\"l\":[null,false,"
        "18446744073709551615,-9223372036854775808,\"0x00fa\",\"0x\",\"0x0\",\"0x10\",\"0xabc\","
        "\"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\",{},5]}";
    struct dry_buf out = {0};
    struct dry_json_writer w;
    struct dry_arena a = {0};
    struct dry_json doc;

    (void)state;
    dry_json_begin(&w, &out);
    write_sample(&w);
    CHECK(dry_ok(dry_json_end(&w)));
    CHECK_BYTES(dry_buf_bytes(&out), text(want), "written");
    CHECK(dry_ok(dry_json_read(&doc, NULL, dry_buf_bytes(&out), NULL, &a)));
    dry_buf_fini(&out);
    /* A bound on the buffer is an error, not a shorter text that looks whole. */
    out.max = 60;
    dry_json_begin(&w, &out);
    write_sample(&w);
    CHECK(dry_json_end(&w).code == DRY_CODE_ELIMIT && out.len <= 60);
    dry_buf_fini(&out);
    dry_arena_fini(&a);
}

static void allocations(void **state)
{
    static const char t[] = "{\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,\"7\":0,\"8\":0,"
                            "\"9\":0,\"\\u0041\":\"\\n\"}";
    char *many = malloc(1000000);
    size_t len = 1;

    (void)state;
    many[0] = '[';
    for (int i = 0; i < 10000; i++)
        len += put(many, len, "%s,", t);
    len += put(many, len, "1]");
    TEST_EACH_ALLOC_FAILS({
        struct dry_arena a = {0};
        struct dry_json doc = {.count = 0};
        struct dry_buf out = {0};
        struct dry_json_writer w;
        dry_status st = reading(many, len, &a, &doc);

        CHECK(dry_ok(st) || (st.code == DRY_CODE_ENOMEM && test_alloc_failed()));
        dry_json_begin(&w, &out);
        write_sample(&w);
        st = dry_json_end(&w);
        CHECK(dry_ok(st) || (st.code == DRY_CODE_ENOMEM && test_alloc_failed()));
        dry_buf_fini(&out);
        dry_arena_fini(&a);
    });
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts), cmocka_unit_test(refuses),     cmocka_unit_test(truncated),
        cmocka_unit_test(hostile), cmocka_unit_test(values),      cmocka_unit_test(paths),
        cmocka_unit_test(writes),  cmocka_unit_test(allocations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
