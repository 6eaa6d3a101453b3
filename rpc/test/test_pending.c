/* "pending" is the block to come: while transactions wait, every method that takes a block sees
 * them done, and the methods at "latest" do not. */
#include "client.h"

#define TO "0x7dcd17433742f4c0ca53122ab541d0ba67fc27df"
/* BALANCE of TO, returned: PUSH20 TO BALANCE PUSH0 MSTORE 32 PUSH0 RETURN */
#define LOOK                                                  \
    "\"data\":\"0x737dcd17433742f4c0ca53122ab541d0ba67fc27df" \
    "315f5260205ff3\""
#define WORD "0x000000000000000000000000000000000000000000000000000000000000000"

static void open_waiting(struct fixture *f, bool with_server)
{
    char text[256];

    fixture_open_dev(f);
    fixture_serve(f, with_server);
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
    open_waiting(&f, false);
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
    open_waiting(&f, false);
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
    open_waiting(&f, false);
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

/* The same over a socket, where a request goes from thread to thread: each method finds its way,
 * with the block to come new or known, alone and in a batch. */
static void each_thread_is_found(void **state)
{
    static const char *const calls[][2] = {
        {"eth_call\",\"params\":[{" LOOK "},\"pending\"]", "\"result\":\"" WORD "8\""},
        {"eth_estimateGas\",\"params\":[{\"from\":\"" TO "\",\"to\":\"" TO
         "\",\"value\":\"0x8\"},\"pending\"]",
         "\"result\":\"0x5208\""},
        {"eth_createAccessList\",\"params\":[{" LOOK "},\"pending\"]", "\"accessList\":"},
        {"eth_getBalance\",\"params\":[\"" TO "\",\"pending\"]", "\"result\":\"0x8\""},
        {"eth_getTransactionCount\",\"params\":[\"" TO "\",\"pending\"]", "\"result\":\"0x0\""},
        {"eth_getBlockByNumber\",\"params\":[\"pending\",true]", "\"nonce\":\"0x1\""},
        {"eth_getBlockReceipts\",\"params\":[\"pending\"]", "\"cumulativeGasUsed\":\"0xa410\""},
        {"eth_feeHistory\",\"params\":[1,\"pending\",[50]]", "\"reward\":[[\"0x3b9aca00\"]]"},
        {"debug_getRawBlock\",\"params\":[\"pending\"]", "\"result\":\"0xf9"},
        {"debug_traceBlockByNumber\",\"params\":[\"pending\"]", "\"gas\":21000"},
    };
    static const char head[] = "Content-Type: application/json\r\n";

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(calls); i++) {
        char one[512], batch[2 * sizeof(one) + 4];
        struct fixture f;
        struct client c;

        open_waiting(&f, true);
        client_open(&c, &f);
        (void)snprintf(one, sizeof(one), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s}",
                       calls[i][0]);
        (void)snprintf(batch, sizeof(batch), "[%s,%s]", one, one);
        CHECK_MSG(client_post(&c, head, one, calls[i][1]), calls[i][0]);
        CHECK_MSG(client_post(&c, head, one, calls[i][1]), calls[i][0]);
        CHECK_MSG(client_post(&c, head, batch, calls[i][1]), calls[i][0]);
        client_close(&c);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_to_come_is_seen),
        cmocka_unit_test(the_block_to_come_is_seen),
        cmocka_unit_test(it_follows_changes),
        cmocka_unit_test(each_thread_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
