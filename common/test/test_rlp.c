/* RLP reads and writes what the published vectors say, refuses everything that is not canonical,
 * and stays upright on hostile lengths and depths. */
#include "samples.h"

/* A string of a vector; it may hold NULs. */
static struct dry_bytes text_of(const json_t *j)
{
    CHECK(json_is_string(j));
    return dry_bytes_of(json_string_value(j), json_string_length(j));
}

/* Bytes of "#" and a decimal number of any length that fits 40 bytes, without leading zeros. */
static struct dry_bytes number_of(struct dry_bytes text, uint8_t out[40])
{
    size_t first = 0;

    memset(out, 0, 40);
    for (size_t i = 1; i < text.len; i++) {
        unsigned carry = text.ptr[i] - (unsigned)'0';

        CHECK(carry < 10);
        for (size_t k = 40; k-- != 0;) {
            carry += out[k] * 10u;
            out[k] = (uint8_t)carry;
            carry >>= 8;
        }
        CHECK(carry == 0);
    }
    while (first < 40 && out[first] == 0)
        first++;
    return dry_bytes_of(out + first, 40 - first);
}

static void put_json(struct dry_buf *out, const json_t *j)
{
    size_t list, i;
    json_t *item;
    struct dry_u256 v;
    struct dry_bytes s;
    uint8_t big[40];

    if (json_is_array(j)) {
        list = dry_rlp_open(out);
        json_array_foreach(j, i, item) put_json(out, item);
        CHECK(dry_ok(dry_rlp_close(out, list)));
    } else if (json_is_integer(j)) {
        CHECK(dry_ok(dry_rlp_put_u64(out, (uint64_t)json_integer_value(j))));
    } else {
        s = text_of(j);
        if (s.len == 0 || s.ptr[0] != '#') {
            CHECK(dry_ok(dry_rlp_put_string(out, s)));
            return;
        }
        s = number_of(s, big);
        if (dry_ok(dry_u256_from_be(&v, s)))
            CHECK(dry_ok(dry_rlp_put_u256(out, &v)));
        else
            CHECK(dry_ok(dry_rlp_put_string(out, s)));
    }
}

/* Read the next item as what the vector says it is. */
static void get_json(struct dry_rlp *c, const json_t *j)
{
    size_t i, n;
    json_t *item;
    struct dry_rlp items;
    struct dry_bytes got;
    struct dry_u256 v, want;
    uint64_t u;
    struct dry_bytes s;
    uint8_t big[40];

    CHECK(dry_rlp_is_list(c) == json_is_array(j));
    if (json_is_array(j)) {
        CHECK(dry_ok(dry_rlp_list(c, &items)));
        CHECK(dry_ok(dry_rlp_count(&items, &n)) && n == json_array_size(j));
        json_array_foreach(j, i, item) get_json(&items, item);
        CHECK(dry_ok(dry_rlp_end(&items)));
    } else if (json_is_integer(j)) {
        CHECK(dry_ok(dry_rlp_u64(c, &u)) && u == (uint64_t)json_integer_value(j));
    } else {
        s = text_of(j);
        if (s.len == 0 || s.ptr[0] != '#') {
            CHECK(dry_ok(dry_rlp_string(c, &got)));
            CHECK_BYTES(got, s, "string");
            return;
        }
        s = number_of(s, big);
        if (dry_ok(dry_u256_from_be(&want, s))) {
            CHECK(dry_ok(dry_rlp_u256(c, &v)) && dry_u256_equal(&v, &want));
        } else {
            CHECK(!dry_ok(dry_rlp_u256(c, &v)) && dry_ok(dry_rlp_string(c, &got)));
            CHECK_BYTES(got, s, "more than 256 bits");
        }
    }
}

static size_t cases;

static void vector_file(const char *path, void *arg)
{
    json_t *root = test_json_load(path), *test, *in;
    const char *name;

    (void)arg;
    json_object_foreach(root, name, test)
    {
        struct dry_bytes out = test_hex(json_string_value(json_object_get(test, "out")));
        struct dry_rlp c = dry_rlp_of(out);
        struct dry_buf b = {0};

        cases++;
        in = json_object_get(test, "in");
        if (json_is_string(in) && strcmp(json_string_value(in), "INVALID") == 0) {
            CHECK_MSG(!dry_ok(dry_rlp_check(out)), name);
            continue;
        }
        CHECK_MSG(dry_ok(dry_rlp_check(out)), name);
        if (json_is_string(in) && strcmp(json_string_value(in), "VALID") == 0)
            continue;
        put_json(&b, in);
        CHECK_BYTES(dry_buf_bytes(&b), out, name);
        get_json(&c, in);
        CHECK_MSG(dry_rlp_done(&c), name);
        dry_buf_fini(&b);
    }
    json_decref(root);
}

static void passes_the_published_vectors(void **state)
{
    const char *dir = test_vectors_path("eth/RLPTests");

    (void)state;
    if (dir == NULL)
        skip();
    test_files_each(dir, ".json", vector_file, NULL);
    CHECK(cases >= 55);
}

/* Each encoding with the reason it is refused. */
static const struct {
    const char *hex, *why;
} bad[] = {
    {"", "RLP item missing"},
    {"81", "RLP item runs past the end"},
    {"8100", "RLP length not in its shortest form"},
    {"817f", "RLP length not in its shortest form"},
    {"b7", "RLP item runs past the end"},
    {"b8", "RLP item runs past the end"},
    {"b800", "RLP length with leading zeros"},
    {"b837", "RLP length not in its shortest form"},
    {"b838", "RLP item runs past the end"},
    {"b90037", "RLP length with leading zeros"},
    {"bf7fffffffffffffff", "RLP item runs past the end"},
    {"bf8000000000000000", "RLP item runs past the end"},
    {"bfffffffffffffffff", "RLP item runs past the end"},
    {"bfffffffffffffff", "RLP item runs past the end"},
    {"c1", "RLP item runs past the end"},
    {"f800", "RLP length with leading zeros"},
    {"f837", "RLP length not in its shortest form"},
    {"ff8000000000000000", "RLP item runs past the end"},
    {"ffffffffffffffffff", "RLP item runs past the end"},
    {"c0c0", "RLP bytes after the last item"},
    {"8000", "RLP bytes after the last item"},
    {"c281", "RLP item runs past the end"},
    {"c28100", "RLP length not in its shortest form"},
    {"c2c28080", "RLP item runs past the end"},
    {"c3c2c28080", "RLP item runs past the end"},
};

static void names_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < DRY_COUNT(bad); i++) {
        dry_status st = dry_rlp_check(test_hex(bad[i].hex));

        CHECK_MSG(st.code == DRY_CODE_EDECODE, bad[i].hex);
        CHECK_MSG(strcmp(dry_status_text(st), bad[i].why) == 0, bad[i].hex);
    }
}

/* Every reader, on an item of another kind, on one too long, and at the end: refused, the cursor
 * where it was, the result untouched. */
static void leaves_the_cursor_on_failure(void **state)
{
    static const char *const items[] = {
        "c0",   "8200ff",
        "8181", "89010000000000000000",
        "00",   "a1010000000000000000000000000000000000000000000000000000000000000000"};
    uint8_t fixed[3] = {1, 2, 3};
    uint64_t u = 7;
    struct dry_u256 w = DRY_U256(7);
    struct dry_bytes s = DRY_BYTES_LIT("s");
    struct dry_rlp inner = {0};

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(items); i++) {
        struct dry_bytes in = test_hex(items[i]);
        struct dry_rlp c = dry_rlp_of(in);

        CHECK(!dry_ok(dry_rlp_fixed(&c, fixed, 3)) && c.ptr == in.ptr && fixed[0] == 1);
        if (i != 2) {
            CHECK(!dry_ok(dry_rlp_u64(&c, &u)) && c.ptr == in.ptr && u == 7);
        }
        if (i != 2 && i != 3) {
            CHECK(!dry_ok(dry_rlp_u256(&c, &w)) && c.ptr == in.ptr && w.w[0] == 7);
        }
        if (i == 0)
            CHECK(!dry_ok(dry_rlp_string(&c, &s)) && c.ptr == in.ptr && s.len == 1);
        else
            CHECK(!dry_ok(dry_rlp_list(&c, &inner)) && c.ptr == in.ptr && inner.ptr == NULL);
        CHECK(!dry_ok(dry_rlp_end(&c)));
        c.ptr = c.end;
        CHECK(!dry_ok(dry_rlp_raw(&c, &s)) && !dry_rlp_is_list(&c) && dry_ok(dry_rlp_end(&c)));
    }
}

static void header_lengths_have_no_gap(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 55, 56, 57, 255, 256, 65535, 65536, 1 << 20};
    static uint8_t data[1 << 20];
    struct dry_buf b = {0};

    (void)state;
    memset(data, 0xaa, sizeof(data));
    for (size_t i = 0; i < DRY_COUNT(sizes); i++) {
        struct dry_rlp c, items;
        struct dry_bytes got;
        size_t list;

        b.len = 0;
        list = dry_rlp_open(&b);
        CHECK(dry_ok(dry_rlp_put_string(&b, dry_bytes_of(data, sizes[i]))));
        CHECK(b.len == sizes[i] + dry_rlp_header_len(sizes[i]));
        CHECK(dry_ok(dry_rlp_close(&b, list)));
        CHECK(dry_ok(dry_rlp_check(dry_buf_bytes(&b))));
        c = dry_rlp_of(dry_buf_bytes(&b));
        CHECK(dry_ok(dry_rlp_list(&c, &items)) && dry_rlp_done(&c));
        CHECK(dry_ok(dry_rlp_string(&items, &got)) && dry_rlp_done(&items));
        CHECK(dry_bytes_equal(got, dry_bytes_of(data, sizes[i])));
        for (size_t cut = b.len > 300 ? b.len - 300 : 0; cut < b.len; cut++)
            CHECK(!dry_ok(dry_rlp_check(dry_bytes_of(b.ptr, cut))));
    }
    CHECK(dry_rlp_header_len(SIZE_MAX) == 1 + sizeof(size_t));
    dry_buf_fini(&b);
}

/* ATTACKS: a million lists inside one another neither recurse nor pass. */
static void bounds_the_depth(void **state)
{
    static uint8_t deep[5000000];
    size_t at = sizeof(deep), n = 0;
    unsigned levels = 0;
    dry_status st;

    (void)state;
    while (levels < 1000000) { /* from the inside out */
        size_t len = n < 56 ? 0 : n < 256 ? 1 : n < 65536 ? 2 : n < 1 << 24 ? 3 : 4;

        for (size_t i = 0; i < len; i++)
            deep[--at] = (uint8_t)(n >> 8 * i);
        deep[--at] = (uint8_t)(len == 0 ? 0xc0 + n : 0xf7 + len);
        n = sizeof(deep) - at;
        levels++;
        if (levels == DRY_RLP_DEPTH_MAX)
            CHECK(dry_ok(dry_rlp_check(dry_bytes_of(deep + at, n))));
    }
    st = dry_rlp_check(dry_bytes_of(deep + at, n));
    CHECK(st.code == DRY_CODE_ELIMIT && st.detail == DRY_RLP_DEPTH_MAX);
}

/* What cannot be written is not half written. */
static void encoding_survives_no_memory(void **state)
{
    (void)state;
    TEST_EACH_ALLOC_FAILS({
        struct dry_buf b = {0};
        dry_status st = DRY_OK;
        size_t before = 0;

        for (int i = 0; dry_ok(st) && i < 100; i++) {
            before = b.len;
            st = i % 10 == 9 ? dry_rlp_close(&b, 0)
                             : dry_rlp_put_string(&b, DRY_BYTES_LIT("0123456789"));
        }
        CHECK(dry_ok(st) != test_alloc_failed());
        CHECK(dry_ok(st) || b.len == before);
        CHECK(!dry_ok(st) || dry_ok(dry_rlp_check(dry_buf_bytes(&b))));
        dry_buf_fini(&b);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_the_published_vectors),
        cmocka_unit_test(names_what_is_wrong),
        cmocka_unit_test(leaves_the_cursor_on_failure),
        cmocka_unit_test(header_lengths_have_no_gap),
        cmocka_unit_test(bounds_the_depth),
        cmocka_unit_test(encoding_survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
