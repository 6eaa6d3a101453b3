/* Roots over pairs and lists equal the published ones: TrieTests in every variant, and the state
 * roots of genesis allocations. A state in memory answers what was put in and nothing else. */
#include <drystone/common/hex.h>
#include <drystone/common/rlp.h>
#include <drystone/crypto.h>
#include <drystone/state.h>
#include <drystone/test.h>

static struct dry_bytes text_bytes(const char *s)
{
    if (strncmp(s, "0x", 2) == 0)
        return test_hex(s);
    return dry_bytes_of(s, strlen(s));
}

static struct dry_bytes json_bytes(const json_t *v)
{
    return json_is_string(v) ? text_bytes(json_string_value(v)) : DRY_BYTES_EMPTY;
}

static void trie_case(const char *name, const json_t *test, bool secure)
{
    struct dry_trie_pair pairs[512];
    const json_t *in = json_object_get(test, "in");
    struct dry_arena arena = {0};
    struct dry_hash root;
    uint32_t n = 0;

    if (json_is_array(in)) {
        size_t i;
        const json_t *row;

        json_array_foreach(in, i, row)
        {
            assert_true(n < DRY_COUNT(pairs));
            pairs[n].key = json_bytes(json_array_get(row, 0));
            pairs[n++].value = json_bytes(json_array_get(row, 1));
        }
    } else {
        const char *key;
        json_t *value;

        json_object_foreach((json_t *)(uintptr_t)in, key, value)
        {
            assert_true(n < DRY_COUNT(pairs));
            pairs[n].key = text_bytes(key);
            pairs[n++].value = json_bytes(value);
        }
    }
    assert_true(n > 0);
    assert_true(dry_ok(dry_trie_root_of_pairs(&root, pairs, n, secure, &arena)));
    CHECK_BYTES(DRY_BYTES_ARRAY(root.b), json_bytes(json_object_get(test, "root")), name);
    dry_arena_fini(&arena);
}

static void trie_vectors(void **unused)
{
    static const struct {
        const char *path;
        bool secure;
    } files[] = {
        {"eth/TrieTests/trietest.json", false},
        {"eth/TrieTests/trieanyorder.json", false},
        {"eth/TrieTests/trietest_secureTrie.json", true},
        {"eth/TrieTests/trieanyorder_secureTrie.json", true},
        {"eth/TrieTests/hex_encoded_securetrie_test.json", true},
    };
    (void)unused;
    for (size_t i = 0; i < DRY_COUNT(files); i++) {
        const char *path = test_vectors_path(files[i].path), *name;
        json_t *all, *test;

        if (path == NULL)
            skip();
        all = test_json_load(path);
        json_object_foreach(all, name, test) trie_case(name, test, files[i].secure);
        json_decref(all);
    }
}

/* A list's root is that of the pairs (rlp(i), item): the orders of rlp(i) around 0, 127, 128, 256
 * and items short enough to stand in their parent are the hard cases. */
static void list_roots(void **unused)
{
    static uint8_t bytes[4096];
    enum { MAX = 400 };
    struct dry_bytes items[MAX];
    struct dry_trie_pair pairs[MAX];
    struct dry_arena arena = {0};
    struct dry_buf keys = {0};

    (void)unused;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(1 + i * 7 + i / 256);
    assert_true(dry_ok(dry_buf_reserve(&keys, 16 * MAX)));
    for (uint32_t i = 0; i < MAX; i++) {
        size_t at = keys.len;

        assert_true(dry_ok(dry_rlp_put_u64(&keys, i)));
        items[i] = dry_bytes_of(bytes + i, i % 50 == 49 ? 1500 + i : 1 + i % 40);
        pairs[i] = (struct dry_trie_pair){dry_bytes_of(keys.ptr + at, keys.len - at), items[i]};
    }
    for (uint32_t n = 0; n <= MAX; n++) {
        struct dry_hash list, set;

        assert_true(dry_ok(dry_trie_root_of_list(&list, items, n, &arena)));
        assert_true(dry_ok(dry_trie_root_of_pairs(&set, pairs, n, false, &arena)));
        CHECK_BYTES(DRY_BYTES_ARRAY(list.b), DRY_BYTES_ARRAY(set.b), "list");
        if (n == 0)
            CHECK_BYTES(DRY_BYTES_ARRAY(list.b), DRY_BYTES_ARRAY(dry_hash_empty_trie.b), "empty");
    }
    dry_buf_fini(&keys);
    dry_arena_fini(&arena);
}

static void hostile_keys_are_refused(void **unused)
{
    static const uint8_t key[65];
    struct dry_trie_pair pair = {DRY_BYTES_ARRAY(key), DRY_BYTES_LIT("v")};
    struct dry_arena arena = {0};
    struct dry_hash root;

    (void)unused;
    assert_int_equal(dry_trie_root_of_pairs(&root, &pair, 1, false, &arena).code, DRY_CODE_ELIMIT);
    dry_arena_fini(&arena);
}

/* --- genesis allocations --- */

struct alloc {
    uint32_t count;
    struct dry_account_diff accounts[1024];
    struct dry_slot_diff slots[64];
    uint32_t slot_count;
};

static int by_address(const void *a, const void *b)
{
    return memcmp(((const struct dry_account_diff *)a)->address.b,
                  ((const struct dry_account_diff *)b)->address.b, 20);
}

static void u256_of(struct dry_u256 *out, const json_t *v)
{
    *out = DRY_U256_ZERO;
    if (v != NULL && json_string_value(v)[0] != '\0')
        assert_true(dry_ok(
            dry_u256_from_text(out, dry_bytes_of(json_string_value(v), json_string_length(v)))));
}

static void alloc_read(struct alloc *al, json_t *alloc)
{
    const char *address, *key;
    json_t *entry, *value;

    memset(al, 0, sizeof(*al));
    json_object_foreach(alloc, address, entry)
    {
        struct dry_account_diff *a = &al->accounts[al->count++];
        struct dry_bytes b = test_hex(address);
        const json_t *balance = json_object_get(entry, "balance");

        assert_true(al->count < DRY_COUNT(al->accounts) && b.len == 20);
        memcpy(a->address.b, b.ptr, 20);
        a->exists = true;
        u256_of(&a->balance, balance != NULL ? balance : json_object_get(entry, "wei"));
        a->code_hash = dry_hash_empty_code;
        if (json_object_get(entry, "code") != NULL) {
            a->code = json_bytes(json_object_get(entry, "code"));
            a->code_changed = true;
            dry_keccak256(&a->code_hash, a->code);
        }
        a->slots = &al->slots[al->slot_count];
        json_object_foreach(json_object_get(entry, "storage"), key, value)
        {
            struct dry_slot_diff *s = &al->slots[al->slot_count++];
            struct dry_bytes k = test_hex(key);

            assert_true(al->slot_count < DRY_COUNT(al->slots) && a->slot_count++ == 0);
            memcpy(s->key.b + 32 - k.len, k.ptr, k.len);
            u256_of(&s->value, value);
        }
    }
    qsort(al->accounts, al->count, sizeof(al->accounts[0]), by_address);
}

/* The state root within an encoded block or header (the fourth field of the header). */
static struct dry_bytes root_of_block(struct dry_bytes encoded)
{
    struct dry_rlp c = dry_rlp_of(encoded), items;
    struct dry_bytes field = DRY_BYTES_EMPTY;

    assert_true(dry_ok(dry_rlp_list(&c, &items)));
    if (dry_rlp_is_list(&items)) {
        c = items;
        assert_true(dry_ok(dry_rlp_list(&c, &items)));
    }
    for (int i = 0; i < 4; i++)
        assert_true(dry_ok(dry_rlp_string(&items, &field)));
    return field;
}

static void alloc_check(const char *name, json_t *alloc, struct dry_bytes want)
{
    static struct alloc al;
    const struct dry_state_diff none = {0, NULL};
    struct dry_memory_state *m = NULL;
    struct dry_hash root, after;

    alloc_read(&al, alloc);
    assert_true(dry_ok(dry_memory_state_open(&m)));
    {
        struct dry_state_diff diff = {al.count, al.accounts};
        struct dry_state_reader *r = dry_memory_state_reader(m);

        assert_true(dry_ok(r->ops->root_after(r, &after, &diff)));
        assert_true(dry_ok(dry_memory_state_apply(m, &diff)));
    }
    assert_true(dry_ok(dry_memory_state_root(m, &root)));
    CHECK_BYTES(DRY_BYTES_ARRAY(root.b), want, name);
    CHECK_BYTES(DRY_BYTES_ARRAY(after.b), want, name);
    assert_true(dry_ok(dry_memory_state_apply(m, &none)));
    assert_true(dry_ok(dry_memory_state_root(m, &root)));
    CHECK_BYTES(DRY_BYTES_ARRAY(root.b), want, name);
    dry_memory_state_close(m);
}

/* The file on the main network's genesis gives no accounts: the header it gives must name the root
 * and hash to what it says. */
static void header_check(const char *block, const char *root, const char *hash)
{
    struct dry_bytes encoded = test_hex(block), header;
    struct dry_rlp c = dry_rlp_of(encoded), items;
    struct dry_hash got;

    CHECK_BYTES(root_of_block(encoded), test_hex(root), "state root");
    assert_true(dry_ok(dry_rlp_check(encoded)));
    assert_true(dry_ok(dry_rlp_list(&c, &items)));
    assert_true(dry_ok(dry_rlp_raw(&items, &header)));
    dry_keccak256(&got, header);
    CHECK_BYTES(DRY_BYTES_ARRAY(got.b), test_hex(hash), "hash");
}

static void genesis_roots(void **unused)
{
    const char *basic = test_vectors_path("eth/BasicTests/genesishashestest.json");
    const char *more = test_vectors_path("eth/GenesisTests/basic_genesis_tests.json");
    json_t *all, *test;
    const char *name;

    (void)unused;
    if (basic == NULL || more == NULL)
        skip();
    all = test_json_load(basic);
    header_check(json_string_value(json_object_get(all, "genesis_rlp_hex")),
                 json_string_value(json_object_get(all, "genesis_state_root")),
                 json_string_value(json_object_get(all, "genesis_hash")));
    json_decref(all);
    all = test_json_load(more);
    json_object_foreach(all, name, test)
        alloc_check(name, json_object_get(test, "alloc"),
                    root_of_block(test_hex(json_string_value(json_object_get(test, "result")))));
    json_decref(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trie_vectors),
        cmocka_unit_test(list_roots),
        cmocka_unit_test(hostile_keys_are_refused),
        cmocka_unit_test(genesis_roots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
