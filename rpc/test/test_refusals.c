/* Parameters of every wrong kind: the code and the words are geth's where clients look at them. */
#include "fixture.h"

#define TO "0x7dcd17433742f4c0ca53122ab541d0ba67fc27df"
#define UNKNOWN "0xabababababababababababababababababababababababababababababababab"
#define CODE_32602 "\"code\":-32602,\"message\":\""
#define CODE_32000 "\"code\":-32000,\"message\":\""

static const struct {
    const char *method, *params, *text;
} cases[] = {
    /* a block that is needed */
    {"eth_getTransactionByBlockNumberAndIndex", "[null,\"0x0\"]",
     CODE_32602 "missing value for required argument 0"},
    {"eth_getBlockTransactionCountByNumber", "[null]",
     CODE_32602 "missing value for required argument 0"},
    {"eth_feeHistory", "[\"0x1\",null,[]]", CODE_32602 "missing value for required argument 1"},
    {"eth_getBlockReceipts", "[]", CODE_32602 "missing value for required argument 0"},
    /* a hash is no number, a number no hash */
    {"eth_getBlockTransactionCountByHash", "[\"0x12\"]", CODE_32602},
    {"eth_getUncleCountByBlockHash", "[\"latest\"]", CODE_32602},
    {"eth_getTransactionByBlockHashAndIndex", "[\"0x1\",\"0x0\"]", CODE_32602},
    {"eth_getBlockByNumber", "[\"" UNKNOWN "\",false]", CODE_32602},
    {"eth_getBlockByNumber", "[{\"blockNumber\":\"0x0\"},false]", CODE_32602},
    {"eth_getBlockReceipts", "[\"" UNKNOWN "\"]", "\"result\":null"},
    {"eth_getBlockReceipts", "[{\"blockNumber\":\"0x0\"}]", "\"result\":[]"},
    {"eth_getTransactionByBlockNumberAndIndex", "[\"latest\",5]", CODE_32602},
    {"eth_getTransactionByBlockNumberAndIndex", "[\"latest\",\"0x\"]", CODE_32602},
    {"eth_getRawTransactionByBlockNumberAndIndex", "[\"latest\",\"0x0\"]", "\"result\":\"0x\""},
    {"eth_getBalance", "[\"" TO "\",\"0x99\"]", CODE_32000 "header not found"},
    {"eth_getBalance", "[\"" TO "\",\"" UNKNOWN "\"]", CODE_32000 "header for hash not found"},
    {"eth_getBalance", "[\"" TO "\",{\"blockHash\":\"" UNKNOWN "\"}]",
     CODE_32000 "header for hash not found"},
    {"debug_traceBlockByHash", "[\"" UNKNOWN "\"]", CODE_32000 "block " UNKNOWN " not found"},
    /* calls */
    {"eth_call", "[{\"to\":\"" TO "\",\"gas\":\"0x1\"}]",
     CODE_32000 "err: intrinsic gas too low: have 1, want 21000 (supplied gas 1)"},
    {"eth_call", "[{\"to\":\"" TO "\",\"value\":\"0x1\",\"gas\":\"0x5208\"}]",
     CODE_32000 "err: insufficient funds for gas * price + value: address "
                "0x0000000000000000000000000000000000000000 have 0 want 1 (supplied gas 21000)"},
    {"eth_call", "[{\"to\":\"" TO "\",\"blobVersionedHashes\":[]}]",
     "err: blob transaction missing blob hashes"},
    {"eth_call", "[{\"to\":\"" TO "\",\"authorizationList\":[]}]",
     "err: EIP-7702 transaction with empty auth list (sender 0x0000"},
    {"eth_estimateGas", "[{\"to\":\"" TO "\",\"value\":\"0x1\"}]", CODE_32000 "failed with "},
    {"eth_estimateGas", "[{\"to\":\"" TO "\",\"gasPrice\":\"0x3b9aca00\"}]",
     CODE_32000 "insufficient funds for transfer"},
    {"eth_call", "[{\"to\":\"" TO "\",\"data\":\"0x01\",\"input\":\"0x02\"}]", "\"result\":\"0x\""},
    {"eth_fillTransaction", "[{\"to\":\"" TO "\",\"data\":\"0x01\",\"input\":\"0x02\"}]",
     CODE_32000 "both \\\"data\\\" and \\\"input\\\" are set and not equal"},
    {"eth_call", "[{\"to\":\"" TO "\"},\"latest\",{},{\"beaconRoot\":\"" UNKNOWN "\"}]",
     CODE_32000 "block override \\\"beaconRoot\\\" is not supported for this RPC method"},
    /* storage keys */
    {"eth_getStorageAt", "[\"" TO "\",\"zz\",\"latest\"]",
     CODE_32602 "invalid hex in storage key: \\\"zz\\\""},
    {"eth_getStorageAt", "[\"" TO "\",\"" UNKNOWN "0\",\"latest\"]",
     CODE_32602 "storage key too long (want at most 32 bytes): \\\"" UNKNOWN "0\\\""},
    {"eth_getProof", "[\"" TO "\",null]", CODE_32602 "missing value for required argument 1"},
    {"eth_getStorageValues", "[]", CODE_32602 "missing value for required argument 0"},
    /* fee history */
    {"eth_feeHistory", "[\"0x1\",\"0x99\",[]]",
     CODE_32000 "request beyond head block: requested 153, head 0"},
    {"eth_feeHistory", "[\"0x1\",\"latest\",[50,40.5]]",
     CODE_32000 "invalid reward percentile: #0:50.000000 >= #1:40.500000"},
    {"eth_feeHistory", "[\"0x1\",\"latest\",[\"50\"]]", CODE_32602},
    {"eth_feeHistory", "[\"0x1\",\"latest\",[-1]]", CODE_32000 "invalid reward percentile: -1"},
};

static void wrong_parameters_are_told(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open_dev(&f);
    fixture_serve(&f, false);
    for (size_t i = 0; i < DRY_COUNT(cases); i++)
        fixture_expect_text(&f, cases[i].method, cases[i].params, cases[i].text);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_parameters_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
