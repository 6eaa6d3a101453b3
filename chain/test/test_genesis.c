/* Genesis files: what geth writes is read; what is wrong is named with its path and reason. */
#include "fixture.h"

#define CONFIG "\"config\":{\"chainId\":1,\"homesteadBlock\":0}"
#define HEAD CONFIG ",\"gasLimit\":5000,\"difficulty\":1"
#define AA "0x00000000000000000000000000000000000000aa"
#define LONDON                                                                              \
    "\"homesteadBlock\":0,\"eip150Block\":0,\"eip155Block\":0,\"eip158Block\":0,"           \
    "\"byzantiumBlock\":0,\"constantinopleBlock\":0,\"istanbulBlock\":0,\"berlinBlock\":0," \
    "\"londonBlock\":0"
#define OSAKA "{\"chainId\":7," LONDON ",\"terminalTotalDifficulty\":0,\"shanghaiTime\":0"
#define BLOBS(t) "{\"target\":" #t ",\"max\":9,\"baseFeeUpdateFraction\":1}"

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
     "{" HEAD ",\"alloc\":{\"0x00000000000000000000000000000000000000aa\":"
     "{\"balance\":\"12x\"}}}",
     "balance"},
    {"address", "{" HEAD ",\"alloc\":{\"0xaa\":{\"balance\":\"1\"}}}", "alloc"},
    {"address twice",
     "{" HEAD ",\"alloc\":{\"0x00000000000000000000000000000000000000aa\":"
     "{\"balance\":\"1\"},\"00000000000000000000000000000000000000AA\":"
     "{\"balance\":\"1\"}}}",
     "twice"},
    {"code",
     "{" HEAD ",\"alloc\":{\"0x00000000000000000000000000000000000000aa\":"
     "{\"balance\":1,\"code\":\"0x6\"}}}",
     "code"},
    {"gas limit", "{" CONFIG ",\"difficulty\":1,\"gasLimit\":\"0xffffffffffffffff\"}", "gasLimit"},
    {"number", "{" HEAD ",\"number\":\"0x1\"}", "number"},
    {"no chain id", "{\"config\":{\"homesteadBlock\":0}}", "config: chainId is missing"},
    {"no gas limit", "{" CONFIG ",\"difficulty\":1,\"alloc\":{}}", "\"gasLimit\" is missing"},
    {"no difficulty", "{" CONFIG ",\"gasLimit\":5000,\"alloc\":{}}", "\"difficulty\" is missing"},
    {"null for one", "{" CONFIG ",\"gasLimit\":null,\"difficulty\":1}", "gasLimit: is missing"},
    {"no alloc", "{" HEAD "}", "\"alloc\" is missing"},
    {"no balance", "{" HEAD ",\"alloc\":{\"" AA "\":{\"nonce\":1}}}", "\"balance\" is missing"},
    {"slot of odd length",
     "{" HEAD ",\"alloc\":{\"" AA "\":{\"balance\":1,\"storage\":{\"010\":\"10\"}}}}",
     "storage.010"},
    {"slot value no hexadecimal",
     "{" HEAD ",\"alloc\":{\"" AA "\":{\"balance\":1,\"storage\":{\"10\":\"0x1g\"}}}}",
     "storage.10: must be an even number of hexadecimal digits"},
    {"slot value a number",
     "{" HEAD ",\"alloc\":{\"" AA "\":{\"balance\":1,\"storage\":{\"10\":10}}}}", "storage.10"},
    {"slot twice",
     "{" HEAD ",\"alloc\":{\"" AA
     "\":{\"balance\":1,\"storage\":{\"10\":\"10\",\"0x0010\":\"11\"}}}}",
     "twice"},
    {"slot too long",
     "{" HEAD ",\"alloc\":{\"" AA "\":{\"balance\":1,\"storage\":{"
     "\"0x000000000000000000000000000000000000000000000000000000000000000001\":\"10\"}}}}",
     "64 at most"},
    {"no terminal difficulty", "{\"config\":{\"chainId\":1," LONDON ",\"shanghaiTime\":0}}",
     "terminalTotalDifficulty is missing"},
    {"no schedule", "{\"config\":" OSAKA ",\"cancunTime\":0}}", "cancunTime wants an entry"},
    {"no schedule of Prague",
     "{\"config\":" OSAKA
     ",\"cancunTime\":0,\"pragueTime\":0,\"blobSchedule\":{\"cancun\":" BLOBS(3) "}}}",
     "config.blobSchedule: pragueTime wants an entry"},
    {"no schedule of BPO2",
     "{\"config\":" OSAKA ",\"cancunTime\":0,\"pragueTime\":0,\"osakaTime\":0,\"bpo2Time\":9,"
     "\"blobSchedule\":{\"cancun\":" BLOBS(3) ",\"prague\":" BLOBS(6) "}}}",
     "bpo2Time wants an entry"},
    {"a schedule of Osaka's own",
     "{\"config\":" OSAKA ",\"cancunTime\":0,\"pragueTime\":0,\"osakaTime\":0,"
     "\"blobSchedule\":{\"cancun\":" BLOBS(3) ",\"prague\":" BLOBS(6) ",\"osaka\":" BLOBS(7) "}}}",
     "config.blobSchedule.osaka: must equal prague's"},
    {"another tree", "{\"config\":{\"chainId\":1,\"enableVerkleAtGenesis\":true}}",
     "config.enableVerkleAtGenesis: must be false"},
    {"a fork to come", "{\"config\":{\"chainId\":1,\"amsterdamTime\":99}}", "config.amsterdamTime"},
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
        "{" HEAD ",\"extraData\":\"0x01\",\"alloc\":{"
        "\"0x00000000000000000000000000000000000000aa\":{\"balance\":\"\",\"code\":\"0x6000\","
        "\"storage\":{"
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

/* Osaka and what follows it go on with the schedule of the fork before, unless they have one. */
static void schedules_go_on(void **state)
{
    static const char json[] =
        "{\"config\":" OSAKA ",\"cancunTime\":0,\"pragueTime\":9,\"osakaTime\":99,\"bpo1Time\":999,"
        "\"blobSchedule\":{\"cancun\":" BLOBS(3) ",\"prague\":" BLOBS(5) ",\"bpo1\":" BLOBS(
            8) ","
               "\"amsterdam\":null}},\"gasLimit\":\"30000000\",\"difficulty\":0,\"alloc\":{}}";
    struct dry_arena arena = {0};
    struct dry_genesis g;
    struct dry_rules r;

    (void)state;
    CHECK(dry_ok(dry_genesis_parse(&g, NULL, DRY_BYTES_LIT(json), &arena)));
    CHECK(g.header.gas_limit == 30000000 && g.header.extra_fields == DRY_HEADER_CANCUN);
    dry_rules_at(&r, &g.config, 0, 0, true);
    CHECK(r.fork == DRY_FORK_CANCUN && r.blob.target == 3 && r.blob.max == 9);
    dry_rules_at(&r, &g.config, 1, 50, true);
    CHECK(r.fork == DRY_FORK_PRAGUE && r.blob.target == 5);
    dry_rules_at(&r, &g.config, 1, 99, true);
    CHECK(r.fork == DRY_FORK_OSAKA && r.blob.target == 5 && r.tx_gas_limit_max == 1u << 24);
    dry_rules_at(&r, &g.config, 1, 999, true);
    CHECK(r.fork == DRY_FORK_BPO1 && r.blob.target == 8);
    dry_arena_fini(&arena);
}

#define GETH_CONFIG                                                                         \
    "{\"config\":{\"chainId\":1337," LONDON                                                 \
    ",\"petersburgBlock\":0,\"terminalTotalDifficulty\":0,"                                 \
    "\"shanghaiTime\":0,\"cancunTime\":0,\"pragueTime\":0,\"osakaTime\":0,\"eip150Hash\":"  \
    "\"0x00\","                                                                             \
    "\"enableUBTAtGenesis\":false,\"ubtTime\":null,\"clique\":{},\"blobSchedule\":{"        \
    "\"cancun\":{\"target\":3,\"max\":6,\"baseFeeUpdateFraction\":3338477},"                \
    "\"prague\":{\"target\":6,\"max\":9,\"baseFeeUpdateFraction\":5007716},"                \
    "\"osaka\":{\"target\":6,\"max\":9,\"baseFeeUpdateFraction\":5007716}}},\"timestamp\":" \
    "\"0x0\","
#define SLOTS(account, storage)                                                           \
    GETH_CONFIG "\"gasLimit\":\"0x1c9c380\",\"difficulty\":\"0x0\",\"alloc\":{\"" account \
                "\":{\"balance\":\"10\",\"storage\":{" storage "}}}}"

/* Genesis hashes that geth 1.17.8 makes of the same files. */
static const struct {
    const char *name, *json, *hash;
} of_geth[] = {
    {"empty texts",
     GETH_CONFIG
     "\"gasLimit\":30000000,\"difficulty\":\"\",\"nonce\":\"\",\"extraData\":\"\",\"alloc\":{}}",
     "053651de1bc19978a3cbb4d999a67e40c667942f9bacd899d30b77120013f5ca"},
    {"gas limit 0",
     GETH_CONFIG "\"gasLimit\":\"0x0\",\"difficulty\":\"0x0\",\"slotNumber\":null,\"alloc\":{}}",
     "025ef71f6f4379c0001dbd64d34997cbdbdaabbad7b9a1346d7d02476e6438cc"},
    {"slots with 0x", SLOTS(AA, "\"0x10\":\"0x10\""),
     "e5cab1137baaa23a544f7469c40d2d170b550990945a7f4ed16f3b2ac2348e79"},
    {"slots without", SLOTS("00000000000000000000000000000000000000aa", "\"10\":\"10\""),
     "e5cab1137baaa23a544f7469c40d2d170b550990945a7f4ed16f3b2ac2348e79"},
    {"whole slots without",
     SLOTS(AA, "\"0000000000000000000000000000000000000000000000000000000000000010\":"
               "\"0000000000000000000000000000000000000000000000000000000000000010\""),
     "e5cab1137baaa23a544f7469c40d2d170b550990945a7f4ed16f3b2ac2348e79"},
    {"slots of letters", SLOTS(AA, "\"0a\":\"0b\""),
     "9acd2e8207a80112196f089fb10bf75fd0484701969476fdd7f24f5ba8c1a355"},
};

static void hashes_as_geth(void **state)
{
    (void)state;
    for (size_t i = 0; i < DRY_COUNT(of_geth); i++) {
        struct dry_bytes json = dry_bytes_of(of_geth[i].json, strlen(of_geth[i].json));
        struct dry_arena arena = {0};
        struct dry_buf error = {0}, rlp = {0};
        struct dry_genesis g;
        struct dry_hash hash;
        dry_status st = dry_genesis_parse(&g, &error, json, &arena);

        (void)!dry_ok(dry_buf_append_byte(&error, 0));
        CHECK_MSG(dry_ok(st), (char *)error.ptr);
        CHECK(dry_ok(dry_genesis_seal(&g)) && dry_ok(dry_header_encode(&rlp, &g.header)));
        dry_keccak256(&hash, dry_buf_bytes(&rlp));
        CHECK_BYTES(DRY_BYTES_ARRAY(hash.b), test_hex(of_geth[i].hash), of_geth[i].name);
        dry_buf_fini(&rlp);
        dry_buf_fini(&error);
        dry_arena_fini(&arena);
    }
}

/* A storage made when files might leave more out goes on by the defaults of that time. */
static void stored_files_go_on(void **state)
{
    static const char was[] = "\"blobSchedule\":{";
    struct dry__key {
        uint8_t b[2];
    } key = {{0x20, 'g'}};
    struct dry_batch batch = {0};
    struct fixture f;
    struct dry_buf json = {0};
    uint8_t *at, *end;

    (void)state;
    fixture_open_dev(&f, true);
    CHECK(dry_ok(dry_genesis_stored(&json, f.storage)));
    at = memmem(json.ptr, json.len, was, sizeof(was) - 1);
    CHECK(at != NULL);
    end = memmem(at, (size_t)(json.ptr + json.len - at), "}},", 3);
    CHECK(end != NULL);
    memset(at, ' ', (size_t)(end + 3 - at));
    CHECK(dry_ok(dry_batch_put(&batch, DRY_BYTES_ARRAY(key.b), dry_buf_bytes(&json))));
    CHECK(dry_ok(dry_storage_commit(f.storage, &batch, true)));
    f.set.genesis = NULL;
    fixture_reopen(&f);
    CHECK(dry_chain_config(f.chain)->blob[DRY_FORK_CANCUN].max == 6);
    CHECK(dry_chain_config(f.chain)->blob[DRY_FORK_OSAKA].max == 9);
    f.set.genesis = &f.genesis; /* with the schedule: the same, spelled out */
    fixture_reopen(&f);
    dry_batch_fini(&batch);
    dry_buf_fini(&json);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rejects_with_path_and_reason),
        cmocka_unit_test(survives_failed_allocations),
        cmocka_unit_test(schedules_go_on),
        cmocka_unit_test(hashes_as_geth),
        cmocka_unit_test(stored_files_go_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
