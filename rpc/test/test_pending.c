/* "pending" is the block to come: while transactions wait, every method that takes a block sees
 * them done, and the methods at "latest" do not. */
#include "fixture.h"

#define TO "0x7dcd17433742f4c0ca53122ab541d0ba67fc27df"
/* BALANCE of TO, returned: PUSH20 TO BALANCE PUSH0 MSTORE 32 PUSH0 RETURN */
#define LOOK                                                  \
    "\"data\":\"0x737dcd17433742f4c0ca53122ab541d0ba67fc27df" \
    "315f5260205ff3\""
#define WORD "0x000000000000000000000000000000000000000000000000000000000000000"

static void open_waiting(struct fixture *f)
{
    char text[256];

    fixture_open_dev(f);
    fixture_serve(f, false);
    fixture_expect(f, "evm_setAutomine", "[false]", "\"result\":true}");
    for (int i = 0; i < 2; i++) {
        (void)snprintf(text, sizeof(text),
                       "[{\"from\":\"0x%s\",\"to\":\"" TO "\",\"value\":\"0x4\"}]",
                       test_hex_of(DRY_BYTES_ARRAY(f->accounts[0].address.b)));
        fixture_expect_text(f, "eth_sendTransaction", text, "\"result\":\"0x");
    }
}

static void the_state_to_come_is_seen(void **state)
{
    struct fixture f;

    (void)state;
    open_waiting(&f);
    fixture_expect(&f, "eth_getBalance", "[\"" TO "\",\"latest\"]", "\"result\":\"0x0\"}");
    fixture_expect(&f, "eth_getBalance", "[\"" TO "\",\"pending\"]", "\"result\":\"0x8\"}");
    fixture_expect(&f, "eth_call", "[{" LOOK "},\"latest\"]", "\"result\":\"" WORD "0\"}");
    fixture_expect(&f, "eth_call", "[{" LOOK "},\"pending\"]", "\"result\":\"" WORD "8\"}");
    fixture_expect(&f, "eth_call", "[{" LOOK "},\"pending\",{\"" TO "\":{\"balance\":\"0x3\"}}]",
                   "\"result\":\"" WORD "3\"}");
    /* what cannot be paid for yet can be then */
    fixture_expect_text(&f, "eth_estimateGas",
                        "[{\"from\":\"" TO "\",\"to\":\"" TO "\",\"value\":\"0x8\"},\"latest\"]",
                        "insufficient funds");
    fixture_expect(&f, "eth_estimateGas",
                   "[{\"from\":\"" TO "\",\"to\":\"" TO "\",\"value\":\"0x8\"},\"pending\"]",
                   "\"result\":\"0x5208\"}");
    fixture_expect(&f, "eth_getCode", "[\"" TO "\",\"pending\"]", "\"result\":\"0x\"}");
    fixture_expect(&f, "eth_getStorageAt", "[\"" TO "\",\"0x0\",\"pending\"]",
                   "\"result\":\"" WORD "0\"}");
    fixture_expect_text(&f, "eth_getProof", "[\"" TO "\",[],\"pending\"]", "no proofs");
    fixture_close(&f);
}

static void the_block_to_come_is_seen(void **state)
{
    struct fixture f;

    (void)state;
    open_waiting(&f);
    fixture_expect(&f, "eth_getBlockTransactionCountByNumber", "[\"pending\"]",
                   "\"result\":\"0x2\"}");
    fixture_expect(&f, "eth_getBlockTransactionCountByNumber", "[\"latest\"]",
                   "\"result\":\"0x0\"}");
    fixture_expect_text(&f, "eth_getBlockByNumber", "[\"pending\",true]", "\"nonce\":\"0x1\"");
    fixture_expect_text(&f, "eth_getTransactionByBlockNumberAndIndex", "[\"pending\",\"0x1\"]",
                        "\"nonce\":\"0x1\"");
    fixture_expect_text(&f, "eth_getBlockReceipts", "[\"pending\"]",
                        "\"cumulativeGasUsed\":\"0xa410\"");
    fixture_expect_text(&f, "eth_feeHistory", "[\"0x2\",\"pending\",[50]]",
                        "\"oldestBlock\":\"0x0\",\"reward\":[[\"0x0\"],[\"0x3b9aca00\"]]");
    fixture_expect_text(&f, "debug_getRawBlock", "[\"pending\"]", "\"result\":\"0xf9");
    fixture_expect_text(&f, "debug_getRawHeader", "[\"pending\"]", "\"result\":\"0xf9");
    fixture_expect_text(&f, "debug_getRawReceipts", "[\"pending\"]", "\"result\":[\"0x02f9");
    fixture_expect_text(&f, "debug_traceBlockByNumber", "[\"pending\"]", "\"gas\":21000");
    fixture_expect(&f, "eth_blockNumber", "[]", "\"result\":\"0x0\"}");
    fixture_close(&f);
}

/* Pool, head and time change it. */
static void it_follows_changes(void **state)
{
    struct fixture f;

    (void)state;
    open_waiting(&f);
    fixture_expect(&f, "eth_getBalance", "[\"" TO "\",\"pending\"]", "\"result\":\"0x8\"}");
    fixture_expect_text(&f, "evm_mine", "[]", "\"result\"");
    fixture_expect(&f, "eth_getBalance", "[\"" TO "\",\"latest\"]", "\"result\":\"0x8\"}");
    fixture_expect_text(&f, "eth_getBlockByNumber", "[\"pending\",true]", "\"number\":\"0x2\"");
    fixture_expect(&f, "eth_getBlockTransactionCountByNumber", "[\"pending\"]",
                   "\"result\":\"0x0\"}");
    fixture_expect(&f, "eth_getBalance", "[\"" TO "\",\"pending\"]", "\"result\":\"0x8\"}");
    fixture_expect_text(&f, "evm_setNextBlockTimestamp", "[\"0xffffffff\"]", "\"result\"");
    fixture_expect_text(&f, "eth_getBlockByNumber", "[\"pending\",false]",
                        "\"timestamp\":\"0xffffffff\"");
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_to_come_is_seen),
        cmocka_unit_test(the_block_to_come_is_seen),
        cmocka_unit_test(it_follows_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
