/* Methods over a dev chain: what is sent is mined and found again everywhere, what is wrong is
 * told in geth's words. */
#include "fixture.h"

#define ZEROS "00000000000000000000000000000000000000000000000000000000000000"
#define TO "0x7dcd17433742f4c0ca53122ab541d0ba67fc27df"

/* {"from": account i, …more} */
static const char *tx_of(struct fixture *f, uint32_t i, const char *more)
{
    static char text[1024];

    (void)snprintf(text, sizeof(text), "[{\"from\":\"0x%s\"%s%s}]",
                   test_hex_of(DRY_BYTES_ARRAY(f->accounts[i].address.b)), more[0] != 0 ? "," : "",
                   more);
    return text;
}

/* The "result" of an answer, a string; valid until the next call. */
static const char *result_of(const char *answer)
{
    static char text[4096];
    const char *start = strstr(answer, "\"result\":\"");

    CHECK_MSG(start != NULL, answer);
    start += 10;
    (void)snprintf(text, sizeof(text), "%.*s", (int)strcspn(start, "\""), start);
    return text;
}

static const char *params(const char *format, const char *a)
{
    static char text[4200];

    (void)snprintf(text, sizeof(text), format, a);
    return text;
}

static void open_dev(struct fixture *f)
{
    fixture_open_dev(f);
    fixture_serve(f, false);
}

static void answers_simple_questions(void **state)
{
    struct fixture f;

    (void)state;
    open_dev(&f);
    fixture_expect(&f, "eth_chainId", "[]", "\"result\":\"0x7a69\"}");
    fixture_expect(&f, "net_version", "[]", "\"result\":\"31337\"}");
    fixture_expect(&f, "eth_blockNumber", "[]", "\"result\":\"0x0\"}");
    fixture_expect(&f, "web3_clientVersion", "[]", "\"result\":\"drystone/test\"}");
    fixture_expect(
        &f, "web3_sha3", "[\"0x68656c6c6f\"]",
        "\"result\":\"0x1c8aff950685c2ed4bc3174f3472287b56d9517b9c948127319a09a7a36deac8\"}");
    fixture_expect(&f, "eth_syncing", "[]", "\"result\":false}");
    fixture_expect(&f, "eth_getBalance", "[\"" TO "\"]", "\"result\":\"0x0\"}");
    fixture_expect(&f, "eth_getCode", "[\"" TO "\",\"latest\"]", "\"result\":\"0x\"}");
    fixture_expect(&f, "eth_getUncleCountByBlockNumber", "[\"0x0\"]", "\"result\":\"0x0\"}");
    fixture_expect(&f, "txpool_status", "[]",
                   "\"result\":{\"pending\":\"0x0\",\"queued\":\"0x0\"}}");
    fixture_expect(&f, "eth_getBlockByNumber", "[\"0x99\",true]", "\"result\":null}");
    fixture_expect(&f, "debug_getBadBlocks", "[]", "\"result\":[]}");
    fixture_close(&f);
}

static void a_transfer_is_found_everywhere(void **state)
{
    struct fixture f;
    char hash[80], want[120];

    (void)state;
    open_dev(&f);
    (void)snprintf(hash, sizeof(hash), "%.70s",
                   result_of(fixture_call(&f, "eth_sendTransaction",
                                          tx_of(&f, 0, "\"to\":\"" TO "\",\"value\":\"0x5\""))));
    (void)snprintf(want, sizeof(want), "\"transactionHash\":\"%s\"", hash);
    fixture_expect_text(&f, "eth_getTransactionReceipt", params("[\"%s\"]", hash), want);
    fixture_expect_text(&f, "eth_getTransactionReceipt", params("[\"%s\"]", hash),
                        "\"status\":\"0x1\"");
    fixture_expect_text(&f, "eth_getBlockReceipts", "[\"latest\"]", want);
    (void)snprintf(want, sizeof(want), "\"hash\":\"%s\"", hash);
    fixture_expect_text(&f, "eth_getTransactionByHash", params("[\"%s\"]", hash), want);
    fixture_expect_text(&f, "eth_getTransactionByBlockNumberAndIndex", "[\"0x1\",\"0x0\"]", want);
    fixture_expect_text(&f, "eth_getBlockByNumber", "[\"latest\",true]", want);
    fixture_expect_text(&f, "eth_getBlockByNumber", "[\"latest\",false]", hash);
    fixture_expect(&f, "eth_getBlockTransactionCountByNumber", "[\"0x1\"]", "\"result\":\"0x1\"}");
    fixture_expect(&f, "eth_getBalance", "[\"" TO "\",\"latest\"]", "\"result\":\"0x5\"}");
    fixture_expect(&f, "eth_getBalance", "[\"" TO "\",\"earliest\"]", "\"result\":\"0x0\"}");
    fixture_expect(&f, "eth_getBalance", "[\"" TO "\",{\"blockNumber\":\"0x1\"}]",
                   "\"result\":\"0x5\"}");
    fixture_expect_text(
        &f, "debug_traceTransaction", params("[\"%s\"]", hash),
        "{\"gas\":21000,\"failed\":false,\"returnValue\":\"0x\",\"structLogs\":[]}");
    fixture_close(&f);
}

static void a_contract_is_called(void **state)
{
    /* init code copies 22 bytes: PUSH0 CALLDATALOAD 1 ADD DUP1 PUSH0 SSTORE PUSH0 MSTORE 32 PUSH0
     * LOG0 32 PUSH0 RETURN */
    static const char create[] = "\"data\":\"0x6015600a5f3960155ff3"
                                 "5f3560010180"
                                 "5f55"
                                 "5f52"
                                 "60205fa0"
                                 "60205ff3\"";
    struct fixture f;
    char at[64], text[512];
    const char *answer, *p;

    (void)state;
    open_dev(&f);
    (void)result_of(fixture_call(&f, "eth_sendTransaction", tx_of(&f, 0, create)));
    answer = fixture_call(&f, "eth_getBlockReceipts", "[\"latest\"]");
    p = strstr(answer, "\"contractAddress\":\"");
    CHECK_MSG(p != NULL, answer);
    (void)snprintf(at, sizeof(at), "%.42s", p + 19);
    fixture_expect_text(&f, "eth_getCode", params("[\"%s\",\"latest\"]", at), "0x5f35600101");

    (void)snprintf(text, sizeof(text), "[{\"to\":\"%s\",\"data\":\"0x%064x\"},\"latest\"]", at, 41);
    (void)result_of(fixture_call(&f, "eth_call", text));
    fixture_expect_text(&f, "eth_estimateGas", text, "\"result\":\"0x");
    /* a tip alone, as ethers asks before it has settled the fees */
    fixture_expect(&f, "eth_estimateGas",
                   tx_of(&f, 0, "\"to\":\"" TO "\",\"maxPriorityFeePerGas\":\"0x7\""),
                   "\"result\":\"0x5208\"}");
    (void)snprintf(text, sizeof(text), "\"to\":\"%s\",\"data\":\"0x%064x\"", at, 41);
    (void)result_of(fixture_call(&f, "eth_sendTransaction", tx_of(&f, 0, text)));
    fixture_expect_text(&f, "eth_getBlockReceipts", "[\"latest\"]", "\"status\":\"0x1\"");
    fixture_expect_text(&f, "eth_getLogs",
                        params("[{\"address\":\"%s\",\"fromBlock\":\"0x0\"}]", at),
                        "\"logIndex\":\"0x0\"");
    fixture_expect(&f, "eth_getLogs",
                   params("[{\"address\":\"%s\",\"fromBlock\":\"0x0\",\"topics\":[null]}]", at),
                   "\"result\":[]}");
    fixture_expect_text(
        &f, "eth_createAccessList", params("[{\"to\":\"%s\",\"data\":\"0x01\"},\"latest\"]", at),
        "\"storageKeys\":[\"0x0000000000000000000000000000000000000000000000000000000000000000\"]");
    fixture_expect_text(&f, "eth_getProof", params("[\"%s\",[\"0x0\"],\"latest\"]", at),
                        "\"storageProof\":[{\"key\":\"0x0\",\"value\":");
    fixture_expect_text(&f, "debug_traceBlockByNumber", "[\"latest\"]", "\"op\":\"SSTORE\"");
    fixture_close(&f);
}

/* Overrides change one call and nothing else. */
static void overrides_apply(void **state)
{
    struct fixture f;

    (void)state;
    open_dev(&f);
    /* code: return slot 1; PUSH1 1 SLOAD PUSH0 MSTORE 32 PUSH0 RETURN */
    fixture_expect(
        &f, "eth_call",
        "[{\"to\":\"" TO "\"},\"latest\",{\"" TO
        "\":{\"code\":\"0x6001545f5260205ff3\",\"stateDiff\":{\"0x1\":\"0x2a\"}}}]",
        "\"result\":\"0x000000000000000000000000000000000000000000000000000000000000002a\"}");
    /* NUMBER and TIMESTAMP summed: 0x43 0x42 ADD */
    fixture_expect(
        &f, "eth_call",
        "[{\"to\":\"" TO "\"},\"latest\",{\"" TO
        "\":{\"code\":\"0x4342015f5260205ff3\"}},{\"number\":\"0x10\",\"time\":\"0x20\"}]",
        "\"result\":\"0x0000000000000000000000000000000000000000000000000000000000000030\"}");
    fixture_expect(&f, "eth_call", "[{\"to\":\"" TO "\"},\"latest\"]", "\"result\":\"0x\"}");
    fixture_expect_text(&f, "eth_call",
                        "[{\"to\":\"" TO "\"},\"latest\",{\"" TO
                        "\":{\"state\":{},\"stateDiff\":{}}}]",
                        "has both 'state' and 'stateDiff'");
    /* Error(string) "no" */
    fixture_expect(
        &f, "eth_call",
        "[{\"to\":\"" TO "\",\"data\":\"0x08c379a0"
        "0000000000000000000000000000000000000000000000000000000000000020"
        "0000000000000000000000000000000000000000000000000000000000000002"
        "6e6f000000000000000000000000000000000000000000000000000000000000\"},\"latest\",{\"" TO
        "\":{\"code\":\"0x365f5f37365ffd\"}}]",
        "\"error\":{\"code\":3,\"message\":\"execution reverted: no\",\"data\":\"0x08c379a0"
        "0000000000000000000000000000000000000000000000000000000000000020"
        "0000000000000000000000000000000000000000000000000000000000000002"
        "6e6f000000000000000000000000000000000000000000000000000000000000\"}}");
    fixture_close(&f);
}

static void refusals_have_geths_words(void **state)
{
    struct fixture f;

    (void)state;
    open_dev(&f);
    fixture_expect_text(&f, "eth_sendTransaction",
                        tx_of(&f, 0, "\"to\":\"" TO "\",\"gas\":\"0x4e20\""),
                        "intrinsic gas too low: gas 20000, minimum needed 21000");
    (void)result_of(fixture_call(&f, "eth_sendTransaction", tx_of(&f, 0, "\"to\":\"" TO "\"")));
    fixture_expect_text(&f, "eth_sendTransaction",
                        tx_of(&f, 0, "\"to\":\"" TO "\",\"nonce\":\"0x0\",\"gas\":\"0x5208\""),
                        "nonce too low: next nonce 1, tx nonce 0");
    fixture_expect_text(&f, "eth_sendTransaction",
                        tx_of(&f, 0,
                              "\"to\":\"" TO "\",\"gas\":\"0x5208\",\"value\":\"0xfffffffffffffffff"
                              "fffffffffffffffffffffffff\""),
                        "insufficient funds for gas * price + value: balance ");
    fixture_expect_text(&f, "eth_sendTransaction", tx_of(&f, 0, ""),
                        "contract creation without any data provided");
    fixture_expect_text(&f, "eth_sendTransaction", "[{\"from\":\"" TO "\",\"to\":\"" TO "\"}]",
                        "unknown account");
    fixture_expect_text(&f, "eth_sendRawTransaction", "[\"0x01\"]", "\"code\":-32000");
    fixture_expect_text(&f, "eth_newFilter", "[{\"fromBlock\":\"0x5\",\"toBlock\":\"0x1\"}]",
                        "invalid block range params");
    fixture_expect_text(&f, "eth_newFilter", "[{\"fromBlock\":\"x\"}]", "\"code\":-32602");
    fixture_expect_text(&f, "eth_sendRawTransaction", "[\"zz\"]", "\"code\":-32602");
    fixture_expect_text(&f, "eth_sendRawTransaction", "[]",
                        "missing value for required argument 0");
    fixture_expect_text(&f, "eth_call", "[{\"to\":\"" TO "\"},\"0x99\"]", "header not found");
    fixture_expect_text(&f, "eth_getLogs", "[{\"fromBlock\":\"0x5\",\"toBlock\":\"0x1\"}]",
                        "invalid block range params");
    fixture_expect_text(&f, "eth_subscribe", "[\"newHeads\"]", "notifications not supported");
    fixture_expect_text(&f, "eth_sendTransaction",
                        tx_of(&f, 0, "\"to\":\"" TO "\",\"gasPrice\":\"0x0\""),
                        "gasPrice must be non-zero after london fork");
    fixture_expect_text(&f, "eth_fillTransaction",
                        tx_of(&f, 0, "\"to\":\"" TO "\",\"maxFeePerGas\":\"0x0\""),
                        "maxFeePerGas must be non-zero");
    fixture_expect_text(
        &f, "eth_fillTransaction",
        tx_of(&f, 0, "\"to\":\"" TO "\",\"maxFeePerGas\":\"0x5\",\"maxPriorityFeePerGas\":\"0x6\""),
        "maxFeePerGas (0x5) < maxPriorityFeePerGas (0x6)");
    fixture_expect_text(
        &f, "eth_sendTransaction",
        tx_of(&f, 0, "\"to\":\"" TO "\",\"blobVersionedHashes\":[\"0x01" ZEROS "\"]"),
        "signing blob transactions not supported");
    fixture_expect_text(&f, "eth_fillTransaction",
                        tx_of(&f, 0, "\"to\":\"" TO "\",\"blobs\":[\"0x\"]"),
                        "blobs[0]: want 131072 bytes");
    fixture_expect_text(&f, "eth_fillTransaction",
                        tx_of(&f, 0,
                              "\"to\":\"" TO "\",\"blobVersionedHashes\":[\"0x01" ZEROS
                              "\"],\"maxFeePerBlobGas\":\"0x0\""),
                        "maxFeePerBlobGas, if specified, must be non-zero");
    fixture_expect_text(
        &f, "eth_fillTransaction",
        tx_of(&f, 0, "\"to\":\"" TO "\",\"blobVersionedHashes\":[\"0x01" ZEROS "\"]"),
        "\"maxFeePerBlobGas\":\"0x2\"");
    fixture_close(&f);
}

static void dev_methods_drive_the_chain(void **state)
{
    struct fixture f;

    (void)state;
    open_dev(&f);
    fixture_expect(&f, "evm_snapshot", "[]", "\"result\":\"0x1\"}");
    fixture_expect(&f, "evm_mine", "[]", "\"result\":\"0x0\"}");
    fixture_expect(&f, "eth_blockNumber", "[]", "\"result\":\"0x1\"}");
    fixture_expect(&f, "evm_setNextBlockTimestamp", "[1900000000]", "\"result\":null}");
    fixture_expect(&f, "evm_mine", "[]", "\"result\":\"0x0\"}");
    fixture_expect_text(&f, "eth_getBlockByNumber", "[\"latest\",false]",
                        "\"timestamp\":\"0x713fb300\"");
    fixture_expect_text(&f, "evm_setNextBlockTimestamp", "[5]", "\"code\":-32602");
    fixture_expect_text(&f, "evm_setNextBlockTimestamp", "[\"0xffffffffffffffff\"]",
                        "\"code\":-32602");
    fixture_expect_text(&f, "evm_increaseTime", "[\"0x8000000000000000\"]", "\"code\":-32602");
    fixture_expect_text(&f, "evm_increaseTime", "[\"0xffffffffffffffff\"]", "\"code\":-32602");
    fixture_expect_text(&f, "evm_mine", "[\"0xffffffffffffffff\"]", "\"code\":-32602");
    /* the clock goes on from the time that was asked for */
    fixture_expect(&f, "evm_snapshot", "[]", "\"result\":\"0x2\"}");
    fixture_expect_text(&f, "evm_increaseTime", "[3600]", "\"result\":");
    fixture_expect(&f, "evm_mine", "[]", "\"result\":\"0x0\"}");
    fixture_expect_text(&f, "eth_getBlockByNumber", "[\"latest\",false]",
                        "\"timestamp\":\"0x713fc110\"");
    fixture_expect(&f, "evm_revert", "[\"0x2\"]", "\"result\":true}");
    fixture_expect(&f, "evm_mine", "[{\"blocks\":3}]", "\"result\":\"0x0\"}");
    fixture_expect(&f, "eth_blockNumber", "[]", "\"result\":\"0x5\"}");
    fixture_expect(&f, "evm_revert", "[\"0x1\"]", "\"result\":true}");
    fixture_expect(&f, "eth_blockNumber", "[]", "\"result\":\"0x0\"}");
    fixture_expect(&f, "evm_revert", "[\"0x1\"]", "\"result\":false}");
    fixture_expect(&f, "evm_setAutomine", "[false]", "\"result\":true}");
    (void)result_of(fixture_call(&f, "eth_sendTransaction", tx_of(&f, 0, "\"to\":\"" TO "\"")));
    fixture_expect(&f, "eth_blockNumber", "[]", "\"result\":\"0x0\"}");
    fixture_expect(&f, "txpool_status", "[]",
                   "\"result\":{\"pending\":\"0x1\",\"queued\":\"0x0\"}}");
    fixture_expect(&f, "evm_snapshot", "[]", "\"result\":\"0x3\"}"); /* what waits is part of it */
    fixture_expect(&f, "evm_mine", "[]", "\"result\":\"0x0\"}");
    fixture_expect(&f, "txpool_status", "[]",
                   "\"result\":{\"pending\":\"0x0\",\"queued\":\"0x0\"}}");
    fixture_expect(&f, "evm_revert", "[\"0x3\"]", "\"result\":true}");
    fixture_expect(&f, "txpool_status", "[]",
                   "\"result\":{\"pending\":\"0x1\",\"queued\":\"0x0\"}}");
    fixture_expect_text(&f, "txpool_content", "[]", "\"pending\":{\"0x");
    fixture_expect_text(&f, "txpool_inspect", "[]", "21000 gas");
    fixture_expect_text(&f, "eth_getBlockByNumber", "[\"pending\",true]", "\"number\":\"0x1\"");
    fixture_expect(&f, "evm_increaseTime", "[\"0x64\"]", "\"result\":100}");
    fixture_expect(&f, "evm_mine", "[]", "\"result\":\"0x0\"}");
    fixture_expect(&f, "eth_getBlockTransactionCountByNumber", "[\"latest\"]",
                   "\"result\":\"0x1\"}");
    fixture_close(&f);
}

/* What clients poll is told once. */
/* A filter's id as the one parameter. */
static const char *filter_of(char out[48], const char *answer)
{
    const char *id = result_of(answer);

    CHECK_MSG(strlen(id) == 34, id); /* 128 bits: nobody guesses it */
    (void)snprintf(out, 48, "[\"%s\"]", id);
    return out;
}

static void filters_tell_once(void **state)
{
    char blocks[48], txs[48], logs[48], again[48];
    struct fixture f;

    (void)state;
    open_dev(&f);
    filter_of(blocks, fixture_call(&f, "eth_newBlockFilter", "[]"));
    filter_of(txs, fixture_call(&f, "eth_newPendingTransactionFilter", "[]"));
    filter_of(logs, fixture_call(&f, "eth_newFilter", "[{}]"));
    (void)result_of(fixture_call(&f, "eth_sendTransaction", tx_of(&f, 0, "\"to\":\"" TO "\"")));
    fixture_expect_text(&f, "eth_getFilterChanges", blocks, "\"result\":[\"0x");
    fixture_expect(&f, "eth_getFilterChanges", blocks, "\"result\":[]}");
    fixture_expect_text(&f, "eth_getFilterChanges", txs, "\"result\":[\"0x");
    fixture_expect(&f, "eth_getFilterChanges", logs, "\"result\":[]}");
    fixture_expect(&f, "eth_getFilterLogs", logs, "\"result\":[]}");
    fixture_expect(&f, "eth_uninstallFilter", blocks, "\"result\":true}");
    fixture_expect(&f, "eth_uninstallFilter", blocks, "\"result\":false}");
    fixture_expect_text(&f, "eth_getFilterChanges", blocks, "filter not found");
    fixture_expect_text(&f, "eth_getFilterChanges", "[\"0x1\"]", "filter not found");
    fixture_expect_text(&f, "eth_getFilterChanges", "[1]", "invalid argument 0");
    f.clock.monotonic_ns += 600ull * 1000000000; /* idle too long */
    filter_of(again, fixture_call(&f, "eth_newBlockFilter", "[]"));
    CHECK(strcmp(again, blocks) != 0);
    fixture_expect_text(&f, "eth_getFilterChanges", txs, "filter not found");
    fixture_close(&f);
}

/* More than a method takes is a mistake the caller should hear of; null counts, as with geth. */
static void too_much_is_refused(void **state)
{
    struct fixture f;

    (void)state;
    open_dev(&f);
    fixture_expect(&f, "eth_chainId", "[null]",
                   "\"error\":{\"code\":-32602,\"message\":\"too many arguments, want at most "
                   "0\"}}");
    fixture_expect_text(&f, "eth_getBalance", "[\"" TO "\",\"latest\",1]",
                        "too many arguments, want at most 2");
    fixture_expect_text(&f, "eth_call", "[{},\"latest\",{},{},{}]",
                        "too many arguments, want at most 4");
    fixture_expect(&f, "eth_call", "[{\"to\":\"" TO "\",\"unheardOf\":7},\"latest\",{},{}]",
                   "\"result\":\"0x\"}");
    fixture_close(&f);
}

/* ATTACKS 45: without dev_methods no key is used and no clock is moved. */
static void keys_are_refused_outside_dev(void **state)
{
    static const char *const names[] = {"eth_sign",   "eth_sendTransaction",
                                        "evm_mine",   "eth_signTransaction",
                                        "evm_revert", "evm_setNextBlockTimestamp"};
    struct fixture f;

    (void)state;
    fixture_open_dev(&f);
    f.set.dev_methods = false;
    fixture_serve(&f, false);
    for (size_t i = 0; i < DRY_COUNT(names); i++)
        fixture_expect_text(&f, names[i], "[]", "it is for dev chains alone");
    fixture_expect(&f, "eth_accounts", "[]", "\"result\":[]}");
    fixture_expect_text(&f, "personal_unlockAccount", "[]", "\"code\":-32601");
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_simple_questions),
        cmocka_unit_test(a_transfer_is_found_everywhere),
        cmocka_unit_test(a_contract_is_called),
        cmocka_unit_test(overrides_apply),
        cmocka_unit_test(refusals_have_geths_words),
        cmocka_unit_test(dev_methods_drive_the_chain),
        cmocka_unit_test(filters_tell_once),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(keys_are_refused_outside_dev),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
