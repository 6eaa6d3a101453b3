/* The tip wallets are told to pay is what the cheapest of the newest blocks paid, at geth's
 * percentile; with nothing to go by it is one that works. */
#include "fixture.h"

#define TO "0x7dcd17433742f4c0ca53122ab541d0ba67fc27df"

static void pay(struct fixture *f, uint32_t from, uint64_t tip)
{
    char text[256];

    (void)snprintf(text, sizeof(text),
                   "[{\"from\":\"0x%s\",\"to\":\"" TO "\",\"gas\":\"0x5208\","
                   "\"maxFeePerGas\":\"0xe8d4a51000\",\"maxPriorityFeePerGas\":\"0x%llx\"}]",
                   test_hex_of(DRY_BYTES_ARRAY(f->accounts[from].address.b)),
                   (unsigned long long)tip);
    fixture_expect_text(f, "eth_sendTransaction", text, "\"result\":\"0x");
}

static void tips_follow_what_is_paid(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open_dev(&f);
    fixture_serve(&f, false);
    fixture_expect(&f, "eth_maxPriorityFeePerGas", "[]", "\"result\":\"0x3b9aca00\"}");
    pay(&f, 0, 0x100);
    fixture_expect(&f, "eth_maxPriorityFeePerGas", "[]", "\"result\":\"0x100\"}");
    for (uint64_t i = 1; i < 10; i++)
        pay(&f, 0, 0x100 + i);
    /* ten tips: the one at (10 - 1) * 60 / 100 */
    fixture_expect(&f, "eth_maxPriorityFeePerGas", "[]", "\"result\":\"0x105\"}");
    fixture_expect(&f, "eth_maxPriorityFeePerGas", "[]", "\"result\":\"0x105\"}");
    pay(&f, 0, 1); /* says nothing */
    fixture_expect(&f, "eth_maxPriorityFeePerGas", "[]", "\"result\":\"0x105\"}");
    pay(&f, 0, 999999999999u);
    for (int i = 0; i < 60; i++)
        pay(&f, 0, 800000000000u);
    fixture_expect(&f, "eth_maxPriorityFeePerGas", "[]", "\"result\":\"0x746a528800\"}");
    fixture_close(&f);
}

/* Of a block the three lowest count. */
static void the_lowest_of_a_block_count(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open_dev(&f);
    fixture_serve(&f, false);
    fixture_expect(&f, "evm_setAutomine", "[false]", "\"result\":true}");
    for (uint32_t i = 0; i < 8; i++)
        pay(&f, i, 0x900 - i * 0x100);
    fixture_expect_text(&f, "evm_mine", "[]", "\"result\"");
    fixture_expect(&f, "eth_getBlockTransactionCountByNumber", "[\"0x1\"]", "\"result\":\"0x8\"}");
    fixture_expect(&f, "eth_maxPriorityFeePerGas", "[]", "\"result\":\"0x300\"}");
    fixture_expect_text(&f, "eth_feeHistory", "[1,\"latest\",[0,25,50,75,100]]",
                        "\"reward\":[[\"0x200\",\"0x300\",\"0x500\",\"0x700\",\"0x900\"]]");
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tips_follow_what_is_paid),
        cmocka_unit_test(the_lowest_of_a_block_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
