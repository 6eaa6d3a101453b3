/* Genesis files: what geth writes is read; what is wrong is named with its path and reason. */
#include "fixture.h"

#define CONFIG "\"config\":{\"chainId\":1,\"homesteadBlock\":0}"

static const struct {
    const char *name, *json, *error;
} bad[] = {
    {"no object", "[]", "one JSON object"},
    {"no config", "{}", "config"},
    {"truncated", "{\"config\":{", ""},
    {"unknown key", "{" CONFIG ",\"gaslimit\":1}", "gaslimit"},
    {"unknown fork", "{\"config\":{\"chainId\":1,\"pragTime\":0}}", "config.pragTime"},
    {"chain id 0", "{\"config\":{\"chainId\":0}}", "chainId"},
    {"fork order", "{\"config\":{\"homesteadBlock\":5,\"eip150Block\":4}}", "config.eip150Block"},
    {"missing fork", "{\"config\":{\"homesteadBlock\":0,\"byzantiumBlock\":0}}",
     "config.byzantiumBlock"},
    {"eip155 apart",
     "{\"config\":{\"homesteadBlock\":0,\"eip150Block\":0,\"eip155Block\":1,"
     "\"eip158Block\":0}}",
     "config.eip155Block"},
    {"time before block forks", "{\"config\":{\"shanghaiTime\":0}}", "config.shanghaiTime"},
    {"own option", "{\"config\":{\"drystone\":{\"codeSize\":1}}}", "codeSizeMax"},
    {"blob schedule",
     "{\"config\":{\"blobSchedule\":{\"cancun\":{\"target\":7,\"max\":6,"
     "\"baseFeeUpdateFraction\":1}}}}",
     "config.blobSchedule.cancun"},
    {"balance",
     "{" CONFIG ",\"alloc\":{\"0x00000000000000000000000000000000000000aa\":"
     "{\"balance\":\"12x\"}}}",
     "balance"},
    {"address", "{" CONFIG ",\"alloc\":{\"0xaa\":{\"balance\":\"1\"}}}", "alloc"},
    {"address twice",
     "{" CONFIG ",\"alloc\":{\"0x00000000000000000000000000000000000000aa\":"
     "{\"balance\":\"1\"},\"00000000000000000000000000000000000000AA\":"
     "{\"balance\":\"1\"}}}",
     "twice"},
    {"code",
     "{" CONFIG ",\"alloc\":{\"0x00000000000000000000000000000000000000aa\":"
     "{\"code\":\"0x6\"}}}",
     "code"},
    {"gas limit", "{" CONFIG ",\"gasLimit\":\"0xffffffffffffffff\"}", "gasLimit"},
    {"number", "{" CONFIG ",\"number\":\"0x1\"}", "number"},
};

static void rejects_with_path_and_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < DRY_COUNT(bad); i++) {
        struct dry_arena arena = {0};
        struct dry_genesis g;
        struct dry_buf error = {0};
        dry_status st =
            dry_genesis_parse(&g, &error, dry_bytes_of(bad[i].json, strlen(bad[i].json)), &arena);

        CHECK_MSG(!dry_ok(st), bad[i].name);
        CHECK(dry_ok(dry_buf_append_byte(&error, 0)));
        CHECK_MSG(error.len > 1 && strstr((char *)error.ptr, bad[i].error) != NULL, bad[i].name);
        dry_buf_fini(&error);
        dry_arena_fini(&arena);
    }
}

/* Running out of memory at any allocation is told as that, and nothing leaks. */
static void survives_failed_allocations(void **state)
{
    static const char json[] =
        "{" CONFIG ",\"extraData\":\"0x01\",\"alloc\":{"
        "\"0x00000000000000000000000000000000000000aa\":{\"code\":\"0x6000\",\"storage\":{"
        "\"0x01\":\"0x02\",\"0x03\":\"0x04\"}},"
        "\"0x00000000000000000000000000000000000000ab\":{\"balance\":\"0x10\"}}}";

    (void)state;
    TEST_EACH_ALLOC_FAILS({
        struct dry_arena arena = {0};
        struct dry_genesis g;
        struct dry_buf error = {0};
        dry_status st = dry_genesis_parse(&g, &error, DRY_BYTES_LIT(json), &arena);

        if (dry_ok(st))
            st = dry_genesis_seal(&g);
        CHECK(dry_ok(st) || (test_alloc_failed() && st.code == DRY_CODE_ENOMEM));
        dry_buf_fini(&error);
        dry_arena_fini(&arena);
    });
}

/* Mainnet-like defaults: the genesis of a chain that names Cancun without a schedule has Cancun's.
 */
static void schedules_default_to_mainnet(void **state)
{
    static const char json[] =
        "{\"config\":{\"chainId\":7,\"homesteadBlock\":0,\"eip150Block\":0,\"eip155Block\":0,"
        "\"eip158Block\":0,\"byzantiumBlock\":0,\"constantinopleBlock\":0,\"istanbulBlock\":0,"
        "\"berlinBlock\":0,\"londonBlock\":0,\"terminalTotalDifficulty\":0,\"shanghaiTime\":0,"
        "\"cancunTime\":0,\"pragueTime\":9,\"osakaTime\":99},\"gasLimit\":\"30000000\"}";
    struct dry_arena arena = {0};
    struct dry_genesis g;
    struct dry_rules r;

    (void)state;
    CHECK(dry_ok(dry_genesis_parse(&g, NULL, DRY_BYTES_LIT(json), &arena)));
    CHECK(g.header.gas_limit == 30000000 && g.header.extra_fields == DRY_HEADER_CANCUN);
    dry_rules_at(&r, &g.config, 0, 0, true);
    CHECK(r.fork == DRY_FORK_CANCUN && r.blob.target == 3 && r.blob.max == 6);
    dry_rules_at(&r, &g.config, 1, 50, true);
    CHECK(r.fork == DRY_FORK_PRAGUE && r.blob.max == 9);
    dry_rules_at(&r, &g.config, 1, 99, true);
    CHECK(r.fork == DRY_FORK_OSAKA && r.tx_gas_limit_max == 1u << 24);
    dry_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rejects_with_path_and_reason),
        cmocka_unit_test(survives_failed_allocations),
        cmocka_unit_test(schedules_default_to_mainnet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
