/* The published genesis blocks: header and hash follow from the file's fields, byte for byte. */
#include "fixture.h"
#include <drystone/platform/json.h>

/* A genesis file of ours from a published case: known members kept, balances brought to one name.
 */
static struct dry_bytes genesis_text(struct fixture *f, const json_t *v)
{
    static const char *const keys[] = {"nonce",      "timestamp",  "extraData", "gasLimit",
                                       "difficulty", "parentHash", "mixHash",   "coinbase"};
    json_t *g = json_pack("{s:{s:i}}", "config", "chainId", 1), *alloc = json_object();
    const char *address;
    json_t *a;
    char *text;
    struct dry_bytes out;

    for (size_t i = 0; i < DRY_COUNT(keys); i++)
        json_object_set(g, keys[i], json_object_get(v, keys[i]));
    json_object_foreach(json_object_get(v, "alloc"), address, a)
    {
        json_t *copy = json_copy(a), *wei = json_object_get(a, "wei");

        if (wei != NULL) {
            json_object_set(copy, "balance", wei);
            json_object_del(copy, "wei");
        }
        if (json_object_get(copy, "balance") == NULL)
            json_object_set_new(copy, "balance", json_string("0"));
        json_object_set_new(alloc, address, copy);
    }
    json_object_set_new(g, "alloc", alloc);
    text = json_dumps(g, JSON_COMPACT);
    CHECK(dry_ok(dry_arena_copy(&f->arena, &out, dry_bytes_of(text, strlen(text)))));
    free(text);
    json_decref(g);
    return out;
}

/* rlp([header, [], []]) equals the published block. */
static void genesis_tests(void **state)
{
    const char *path = test_vectors_path("eth/GenesisTests/basic_genesis_tests.json"), *name;
    json_t *cases, *v;

    (void)state;
    if (path == NULL)
        skip();
    cases = test_json_load(path);
    json_object_foreach(cases, name, v)
    {
        struct fixture f = {0};
        struct dry_genesis g;
        struct dry_buf rlp = {0}, error = {0};
        struct dry_block b = {0};
        dry_status st = dry_genesis_parse(&g, &error, genesis_text(&f, v), &f.arena);

        CHECK_MSG(dry_ok(st), name);
        CHECK(dry_ok(dry_genesis_seal(&g)));
        b.header = g.header;
        CHECK(dry_ok(dry_block_encode(&rlp, &b)));
        CHECK_BYTES(dry_buf_bytes(&rlp), test_hex(json_string_value(json_object_get(v, "result"))),
                    name);
        dry_buf_fini(&rlp);
        dry_buf_fini(&error);
        dry_arena_fini(&f.arena);
    }
    json_decref(cases);
}

/* The main network's genesis block decodes, hashes to its famous hash, and encodes back. */
static void main_network(void **state)
{
    const char *path = test_vectors_path("eth/BasicTests/genesishashestest.json");
    struct dry_arena arena = {0};
    struct dry_buf again = {0};
    struct dry_bytes rlp;
    struct dry_hash hash;
    struct dry_block b;
    enum dry_verdict verdict;
    json_t *v;

    (void)state;
    if (path == NULL)
        skip();
    v = test_json_load(path);
    rlp = test_hex(json_string_value(json_object_get(v, "genesis_rlp_hex")));
    CHECK(dry_ok(dry_block_decode(&b, &verdict, rlp, &arena)) && verdict == DRY_VERDICT_VALID);
    dry_keccak256(&hash, b.header_encoded);
    CHECK_BYTES(DRY_BYTES_ARRAY(hash.b),
                test_hex(json_string_value(json_object_get(v, "genesis_hash"))), "hash");
    CHECK_BYTES(DRY_BYTES_ARRAY(b.header.state_root.b),
                test_hex(json_string_value(json_object_get(v, "genesis_state_root"))), "root");
    b.header_encoded = DRY_BYTES_EMPTY;
    CHECK(dry_ok(dry_block_encode(&again, &b)));
    CHECK_BYTES(dry_buf_bytes(&again), rlp, "encoding");
    dry_buf_fini(&again);
    dry_arena_fini(&arena);
    json_decref(v);
}

/* Genesis blocks from before Frontier have a header of another form: canonical RLP, but no block of
 * any fork we know. So they must be refused as a block, and their ommers' hash must be the one
 * still in use. */
static void before_frontier(void **state)
{
    const char *path = test_vectors_path("eth/BasicTests/blockgenesistest.json");
    struct dry_arena text = {0};
    struct dry_json doc;
    struct dry_json_value v, result;
    uint32_t i = 0;

    (void)state;
    if (path == NULL)
        skip();
    /* the reader of our own: balances here are JSON integers of any size */
    CHECK(dry_ok(dry_json_read(&doc, NULL, test_file(path), NULL, &text)));
    for (; dry_json_element(dry_json_root(&doc), i, &v); i++) {
        struct dry_bytes hex, rlp;
        struct dry_arena arena = {0};
        struct dry_hash parent, ommers;
        struct dry_block b;
        enum dry_verdict verdict;
        struct dry_rlp cursor, block, header;
        char copy[1024] = {0};
        size_t fields;

        CHECK(dry_json_get(v, "result", &result) && dry_json_plain(result, &hex));
        CHECK(hex.len < sizeof(copy));
        memcpy(copy, hex.ptr, hex.len);
        rlp = test_hex(copy);
        cursor = dry_rlp_of(rlp);
        CHECK(dry_ok(dry_rlp_check(rlp)));
        CHECK(dry_ok(dry_rlp_list(&cursor, &block)) && dry_ok(dry_rlp_list(&block, &header)));
        CHECK(dry_ok(dry_rlp_count(&header, &fields)) && fields == 13);
        CHECK(dry_ok(dry_rlp_fixed(&header, parent.b, 32)) && dry_hash_is_zero(&parent));
        CHECK(dry_ok(dry_rlp_fixed(&header, ommers.b, 32)));
        CHECK(dry_hash_equal(&ommers, &dry_hash_empty_ommers));
        CHECK(dry_ok(dry_block_decode(&b, &verdict, rlp, &arena)));
        CHECK(verdict == DRY_VERDICT_BLOCK_FIELD_COUNT);
        dry_arena_fini(&arena);
    }
    CHECK(i > 0);
    dry_arena_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(genesis_tests),
        cmocka_unit_test(main_network),
        cmocka_unit_test(before_frontier),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
