/* The same genesis block with another configuration: what blocks that are there depend on must not
 * change; what is still to come may, and is kept. The chain has every fork; its head is block 54 of
 * time 540. */
#include "fixture.h"

#define CHAIN_HEAD 54

/* The genesis of the vectors with `from` replaced by `to`. */
static void genesis_edit(struct fixture *f, const char *from, const char *to)
{
    struct dry_bytes text = test_file(test_vectors_path("rpc/genesis.json"));
    struct dry_buf json = {0};
    const uint8_t *at = memmem(text.ptr, text.len, from, strlen(from));
    size_t before = at != NULL ? (size_t)(at - text.ptr) : 0;
    dry_status st;

    CHECK_MSG(at != NULL, from);
    CHECK(dry_ok(dry_buf_append(&json, dry_bytes_of(text.ptr, before))));
    CHECK(dry_ok(dry_buf_append_text(&json, to)));
    before += strlen(from);
    CHECK(dry_ok(dry_buf_append(&json, dry_bytes_of(text.ptr + before, text.len - before))));
    f->error.len = 0;
    st = dry_genesis_parse(&f->genesis, &f->error, dry_buf_bytes(&json), &f->arena);
    (void)!dry_ok(dry_buf_append_byte(&f->error, 0));
    CHECK_MSG(dry_ok(st), (char *)f->error.ptr);
    f->error.len = 0;
    f->set.genesis = &f->genesis;
    dry_buf_fini(&json);
}

static void open_vectors(struct fixture *f, uint64_t to)
{
    struct dry_bytes file, block;

    if (test_vectors_path("rpc/genesis.json") == NULL)
        skip();
    file = test_file(test_vectors_path("rpc/chain.rlp"));
    fixture_open_genesis(f, test_file(test_vectors_path("rpc/genesis.json")),
                         &dry_consensus_noseal);
    fixture_reopen(f);
    while (fixture_number(f) < to && dry_ok(dry_block_next(&block, &file)))
        fixture_import(f, block);
    CHECK(fixture_number(f) == to);
}

/* The stored text, with a NUL that does not count. */
static void stored(struct fixture *f, struct dry_buf *out)
{
    out->len = 0;
    CHECK(dry_ok(dry_genesis_stored(out, f->storage)));
    CHECK(dry_ok(dry_buf_append_byte(out, 0)));
    out->len--;
}

static const struct {
    const char *from, *to, *key, *have, *want;
} contradictions[] = {
    {"\"chainId\": 3503995874084926", "\"chainId\": 7", "config.chainId", "3503995874084926", "7"},
    {"\"eip150Block\": 3", "\"eip150Block\": 4", "config.eip150Block", "has 3", "given 4"},
    {"\"grayGlacierBlock\": 33,", "", "config.grayGlacierBlock", "has 33", "given nothing"},
    {"\"mergeNetsplitBlock\": 36", "\"mergeNetsplitBlock\": 54", "config.mergeNetsplitBlock",
     "has 36", "given 54"},
    {"\"osakaTime\": 480", "\"osakaTime\": 479", "config.osakaTime", "has 480", "given 479"},
    {"\"bpo2Time\": 540", "\"bpo2Time\": 541", "config.bpo2Time", "has 540", "given 541"},
    {"\"homesteadBlock\": 0,", "\"homesteadBlock\": 0, \"daoForkBlock\": 1,", "config.daoForkBlock",
     "has nothing", "given 1"},
    {"\"terminalTotalDifficulty\": 4732352", "\"terminalTotalDifficulty\": 4732353",
     "config.terminalTotalDifficulty", "has 4732352", "given 4732353"},
    {"\"target\": 10,", "\"target\": 11,", "config.blobSchedule.bpo1", "target 10", "target 11"},
    {"0x0000000000000000000000000000000000000000\",\n    \"ethash",
     "0x00000000000000000000000000000000000000dd\",\n    \"ethash", "config.depositContractAddress",
     "0000", "00dd"},
    {"\"ethash\": {}", "\"drystone\": {\"codeSizeMax\": 30000}", "config.drystone.codeSizeMax",
     "24576", "30000"},
    {"\"ethash\": {}", "\"drystone\": {\"txGasLimitMax\": 30000}", "config.drystone.txGasLimitMax",
     "16777216", "30000"},
    {"\"ethash\": {}", "\"drystone\": {\"zeroBaseFee\": true}", "config.drystone.zeroBaseFee",
     "has false", "given true"},
};

/* Refused with the key, both values and a way out, and nothing of it is kept. */
static void the_past_stays(void **state)
{
    struct fixture f;
    struct dry_buf before = {0}, after = {0};

    (void)state;
    open_vectors(&f, CHAIN_HEAD);
    stored(&f, &before);
    for (size_t i = 0; i < DRY_COUNT(contradictions); i++) {
        struct dry_chain *c = NULL;
        dry_status st;

        genesis_edit(&f, contradictions[i].from, contradictions[i].to);
        st = dry_chain_open(&c, &f.set, &f.error);
        CHECK_MSG(st.code == DRY_CODE_EINVAL, contradictions[i].to);
        CHECK(dry_ok(dry_buf_append_byte(&f.error, 0)));
        CHECK_MSG(strstr((char *)f.error.ptr, contradictions[i].key) != NULL, (char *)f.error.ptr);
        CHECK_MSG(strstr((char *)f.error.ptr, contradictions[i].have) != NULL, (char *)f.error.ptr);
        CHECK_MSG(strstr((char *)f.error.ptr, contradictions[i].want) != NULL, (char *)f.error.ptr);
        CHECK(strstr((char *)f.error.ptr, "--datadir") != NULL);
        stored(&f, &after);
        CHECK_BYTES(dry_buf_bytes(&after), dry_buf_bytes(&before), contradictions[i].to);
    }
    dry_buf_fini(&before);
    dry_buf_fini(&after);
    fixture_close(&f);
}

/* A fork ahead of the head may come, move and go; the next opening knows without being told. */
static void the_future_is_kept(void **state)
{
    struct fixture f;
    struct dry_buf text = {0};

    (void)state;
    open_vectors(&f, CHAIN_HEAD - 1); /* of time 530 */
    genesis_edit(&f, "\"bpo2Time\": 540", "\"bpo2Time\": 531");
    fixture_reopen(&f);
    CHECK(dry_chain_config(f.chain)->activation[DRY_FORK_BPO2] == 531);
    f.set.genesis = NULL;
    fixture_reopen(&f);
    CHECK(dry_chain_config(f.chain)->activation[DRY_FORK_BPO2] == 531);
    stored(&f, &text);
    CHECK(strstr((char *)text.ptr, "\"bpo2Time\": 531") != NULL);
    genesis_edit(&f, "\"bpo2Time\": 540,", "");
    fixture_reopen(&f);
    f.set.genesis = NULL;
    fixture_reopen(&f);
    CHECK(dry_chain_config(f.chain)->activation[DRY_FORK_BPO2] == DRY_NEVER);
    /* what differs in nothing but its blanks changes nothing */
    genesis_edit(&f, "\"bpo2Time\": 540,", "  ");
    fixture_reopen(&f);
    stored(&f, &text);
    CHECK(strstr((char *)text.ptr, "480,\n    \"bpo1Time\": 510,\n    \n") != NULL);
    dry_buf_fini(&text);
    fixture_close(&f);
}

/* Nothing was run by the configuration of a chain of its genesis alone; but its id is its name. */
static void a_genesis_alone_binds_little(void **state)
{
    struct fixture f;
    struct dry_chain *c = NULL;

    (void)state;
    open_vectors(&f, 0);
    genesis_edit(&f, "\"osakaTime\": 480", "\"osakaTime\": 500");
    fixture_reopen(&f);
    genesis_edit(&f, "\"homesteadBlock\": 0", "\"homesteadBlock\": 1");
    fixture_reopen(&f);
    genesis_edit(&f, "\"chainId\": 3503995874084926", "\"chainId\": 7");
    CHECK(dry_chain_open(&c, &f.set, &f.error).code == DRY_CODE_EINVAL);
    fixture_close(&f);
}

/* Running out of memory is told as that, whatever was to be said. */
static void survives_failed_allocations(void **state)
{
    struct fixture f;

    (void)state;
    open_vectors(&f, 3);
    for (int i = 0; i < 2; i++) {
        genesis_edit(&f, i == 0 ? "\"osakaTime\": 480" : "\"eip150Block\": 3",
                     i == 0 ? "\"osakaTime\": 500" : "\"eip150Block\": 2");
        dry_chain_close(f.chain);
        f.chain = NULL;
        TEST_EACH_ALLOC_FAILS({
            struct dry_chain *c = NULL;
            dry_status st;

            f.error.len = 0;
            st = dry_chain_open(&c, &f.set, &f.error);
            CHECK(test_alloc_failed() ? !dry_ok(st) : dry_ok(st) == (i == 0));
            dry_chain_close(c);
        });
        f.set.genesis = NULL;
        CHECK(dry_ok(dry_chain_open(&f.chain, &f.set, &f.error)));
        CHECK(dry_chain_config(f.chain)->activation[DRY_FORK_OSAKA] == 500);
    }
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_past_stays),
        cmocka_unit_test(the_future_is_kept),
        cmocka_unit_test(a_genesis_alone_binds_little),
        cmocka_unit_test(survives_failed_allocations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
