/* What callers may change of state for one call: every key, precompiles that move or make room, and
 * what is wrong in geth's words. */
#include "fixture.h"

#define TO "0x7dcd17433742f4c0ca53122ab541d0ba67fc27df"
#define TO_SUM "0x7Dcd17433742F4c0Ca53122aB541D0Ba67fC27Df"
#define IDENTITY "0x0000000000000000000000000000000000000004"
#define SHA256 "0x0000000000000000000000000000000000000002"
#define SHA256_OF_01 "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a"
#define RETURN_7 "0x60075f5260205ff3"
#define WORD "0x000000000000000000000000000000000000000000000000000000000000000"

static void precompiles_move(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open_dev(&f);
    fixture_serve(&f, false);
    fixture_expect(&f, "eth_call", "[{\"to\":\"" SHA256 "\",\"data\":\"0x01\"},\"latest\"]",
                   "\"result\":\"0x" SHA256_OF_01 "\"}");
    fixture_expect(&f, "eth_call",
                   "[{\"to\":\"" TO "\",\"data\":\"0x01\"},\"latest\",{\"" SHA256
                   "\":{\"movePrecompileToAddress\":\"" TO "\"}}]",
                   "\"result\":\"0x" SHA256_OF_01 "\"}");
    /* it is no longer where it was, */
    fixture_expect(&f, "eth_call",
                   "[{\"to\":\"" SHA256 "\",\"data\":\"0x01\"},\"latest\",{\"" SHA256
                   "\":{\"movePrecompileToAddress\":\"" TO "\"}}]",
                   "\"result\":\"0x\"}");
    /* and code may stand there that calls it at the new place */
    fixture_expect(&f, "eth_call",
                   "[{\"to\":\"" SHA256 "\",\"data\":\"0x01\"},\"latest\",{\"" SHA256
                   "\":{\"movePrecompileToAddress\":\"" TO "\",\"code\":\"0x365f5f3760205f365f73"
                   "7dcd17433742f4c0ca53122ab541d0ba67fc27df5afa5060205ff3\"}}]",
                   "\"result\":\"0x" SHA256_OF_01 "\"}");
    /* code in place of a precompile; anything else makes room, too */
    fixture_expect(&f, "eth_call",
                   "[{\"to\":\"" IDENTITY "\",\"data\":\"0x01\"},\"latest\",{\"" IDENTITY
                   "\":{\"code\":\"" RETURN_7 "\"}}]",
                   "\"result\":\"" WORD "7\"}");
    fixture_expect(&f, "eth_call",
                   "[{\"to\":\"" IDENTITY "\",\"data\":\"0x01\"},\"latest\",{\"" IDENTITY
                   "\":{\"balance\":\"0x1\"}}]",
                   "\"result\":\"0x\"}");
    fixture_expect(&f, "eth_call", "[{\"to\":\"" IDENTITY "\",\"data\":\"0x01\"},\"latest\"]",
                   "\"result\":\"0x01\"}");
    fixture_close(&f);
}

static void faults_have_geths_words(void **state)
{
    static const struct {
        const char *overrides, *text;
    } cases[] = {
        {"{\"" TO "\":{\"movePrecompileToAddress\":\"" SHA256 "\"}}",
         "\"code\":-32000,\"message\":\"account " TO_SUM " is not a precompile\""},
        {"{\"" SHA256 "\":{\"movePrecompileToAddress\":\"" TO "\"},\"" TO "\":{}}",
         "\"code\":-32000,\"message\":\"account " TO_SUM " is already overridden\""},
        {"{\"" SHA256 "\":{\"movePrecompileToAddress\":\"0x1\"}}", "\"code\":-32602"},
        {"{\"" TO "\":{\"state\":{},\"stateDiff\":{}}}",
         "\"code\":-32000,\"message\":\"account " TO_SUM " has both 'state' and 'stateDiff'\""},
        {"{\"" TO "\":{\"nonce\":\"0x10000000000000000\"}}", "\"code\":-32602"},
        {"{\"" TO "\":{\"balance\":1}}", "\"code\":-32602"},
        {"{\"" TO "\":{\"code\":\"0x1\"}}", "\"code\":-32602"},
        {"{\"" TO "\":{\"state\":[]}}", "\"code\":-32602"},
        {"{\"" TO "\":{\"stateDiff\":{\"0x1\":1}}}", "\"code\":-32602"},
        {"{\"0x1\":{}}", "\"code\":-32602"},
        {"{\"" TO "\":7}", "\"code\":-32602"},
        {"[]", "\"code\":-32602"},
        {"{\"" TO "\":{\"unheardOf\":1}}", "\"result\":\"0x\""},
        {"{\"" TO "\":null}", "\"result\":\"0x\""},
    };
    struct fixture f;

    (void)state;
    fixture_open_dev(&f);
    fixture_serve(&f, false);
    for (size_t i = 0; i < DRY_COUNT(cases); i++) {
        char text[512];

        (void)snprintf(text, sizeof(text), "[{\"to\":\"" TO "\"},\"latest\",%s]",
                       cases[i].overrides);
        fixture_expect_text(&f, "eth_call", text, cases[i].text);
    }
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(precompiles_move),
        cmocka_unit_test(faults_have_geths_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
