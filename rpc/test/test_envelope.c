/* Requests as JSON-RPC 2.0 has them, and everything that is none (ATTACKS 47): each gets the error
 * it deserves, and nothing else happens. */
#include "fixture.h"

static const struct {
    const char *request, *want;
} cases[] = {
    {"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"eth_chainId\"}",
     "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":\"0x7a69\"}"},
    {"{\"id\":\"a\\u0000b\",\"method\":\"eth_chainId\",\"params\":[]}",
     "{\"jsonrpc\":\"2.0\",\"id\":\"a\\u0000b\",\"result\":\"0x7a69\"}"},
    {"{\"id\":null,\"method\":\"eth_chainId\",\"params\":null}",
     "{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":\"0x7a69\"}"},
    {"[{\"id\":1,\"method\":\"eth_chainId\"},{\"id\":2,\"method\":\"nope\"},3]",
     "[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0x7a69\"},"
     "{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":{\"code\":-32601,\"message\":\"the method nope does "
     "not exist/is not available\"}},"
     "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"invalid "
     "request\"}}]"},
    {"{\"id\":1,\"method\":\"eth_\\u0063hainId\"}",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0x7a69\"}"},
    {"{\"method\":\"eth_chainId\"}", ""},   /* a notification */
    {"[{\"method\":\"eth_chainId\"}]", ""}, /* nothing but notifications */
    {"[{\"method\":\"eth_chainId\"},{\"id\":1,\"method\":\"eth_chainId\"}]",
     "[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0x7a69\"}]"},
    {"[]", "\"code\":-32600,\"message\":\"empty batch\""},
    {"", "\"code\":-32700"},
    {"{", "\"code\":-32700"},
    {"{\"id\":1,\"method\":\"eth_chainId\"}}", "\"code\":-32700"},
    {"{\"id\":1,\"id\":2,\"method\":\"eth_chainId\"}", "\"code\":-32700"},
    {"{\"id\":1,\"method\":\"\\ud800\"}", "\"code\":-32700"},
    {"\"eth_chainId\"", "\"code\":-32600"},
    {"12", "\"code\":-32600"},
    {"null", "\"code\":-32600"},
    {"{\"id\":{},\"method\":\"eth_chainId\"}", "\"code\":-32600"},
    {"{\"id\":[1],\"method\":\"eth_chainId\"}", "\"code\":-32600"},
    {"{\"id\":true,\"method\":\"eth_chainId\"}", "\"code\":-32600"},
    {"{\"id\":1}", "\"code\":-32600"},
    {"{\"id\":1,\"method\":5}", "\"code\":-32600"},
    {"{\"id\":1,\"method\":\"eth_chainId\",\"params\":{}}", "\"code\":-32602"},
    {"{\"id\":1,\"method\":\"eth_chainId\",\"params\":\"x\"}", "\"code\":-32602"},
    {"{\"id\":1,\"method\":\"eth_getBalance\",\"params\":[\"0x1\"]}", "\"code\":-32602"},
    {"{\"id\":1,\"method\":\"eth_getBlockByNumber\",\"params\":[\"0x\"]}", "\"code\":-32602"},
    {"{\"id\":1,\"method\":\"eth_getBlockByNumber\",\"params\":[\"0x00\"]}", "\"code\":-32602"},
    {"{\"id\":1,\"method\":\"eth_getBlockByNumber\",\"params\":[\"0x10000000000000000\"]}",
     "\"code\":-32602"},
};

static void open_dev(struct fixture *f)
{
    fixture_open_dev(f);
    fixture_serve(f, false);
}

static void each_is_answered(void **state)
{
    struct fixture f;

    (void)state;
    open_dev(&f);
    for (size_t i = 0; i < DRY_COUNT(cases); i++) {
        const char *answer = fixture_ask(&f, cases[i].request);
        bool whole = cases[i].want[0] == '{' || cases[i].want[0] == '[' || cases[i].want[0] == 0;

        CHECK_MSG(whole ? strcmp(answer, cases[i].want) == 0
                        : strstr(answer, cases[i].want) != NULL,
                  cases[i].request);
    }
    fixture_close(&f);
}

/* A request of n times `unit` between two texts. */
static const char *ask_many(struct fixture *f, const char *before, const char *unit, size_t n,
                            const char *after)
{
    struct dry_buf b = {0};
    const char *answer;

    CHECK(dry_ok(dry_buf_append_text(&b, before)));
    for (size_t i = 0; i < n; i++)
        CHECK(dry_ok(dry_buf_append_text(&b, unit)));
    CHECK(dry_ok(dry_buf_append_text(&b, after)));
    CHECK(dry_ok(dry_buf_append_byte(&b, 0)));
    answer = fixture_ask(f, (const char *)b.ptr);
    dry_buf_fini(&b);
    return answer;
}

static void bounds_hold(void **state)
{
    struct fixture f;
    const char *answer;

    (void)state;
    fixture_open_dev(&f);
    f.set.limits.batch_max = 10;
    f.set.limits.body_bytes_max = 1u << 20;
    f.set.limits.response_bytes_max = 2000;
    f.set.limits.logs_range_max = 2;
    f.set.limits.filters_max = 1;
    fixture_serve(&f, false);
    answer = ask_many(&f, "", "[", 1000000, "");
    CHECK_MSG(strstr(answer, "\"code\":-32700") != NULL, answer);
    answer = ask_many(&f, "[1", ",1", 20, "]");
    CHECK_MSG(strstr(answer, "--rpc-batch-max") != NULL, answer);
    answer = ask_many(&f, "{\"id\":1", " ", 2000000, "}");
    CHECK_MSG(strstr(answer, "--rpc-body-max") != NULL, answer);
    answer = ask_many(&f, "{\"id\":", "9", 500000, ",\"method\":\"x\"}");
    CHECK_MSG(strlen(answer) < 600000, "an endless id");
    fixture_expect_text(&f, "eth_getBlockByNumber", "[\"latest\",false]", "\"result\"");
    answer = ask_many(&f, "[{\"id\":1,\"method\":\"eth_chainId\"}",
                      ",{\"id\":1,\"method\":\"eth_getBlockByNumber\",\"params\":[\"0x0\",false]}",
                      3, "]");
    CHECK_MSG(strstr(answer, "--rpc-response-max") != NULL, answer);
    (void)fixture_call(&f, "evm_mine", "[{\"blocks\":5}]");
    fixture_expect_text(&f, "eth_getLogs", "[{\"fromBlock\":\"0x0\"}]", "--rpc-logs-range");
    (void)fixture_call(&f, "eth_newBlockFilter", "[]");
    fixture_expect_text(&f, "eth_newBlockFilter", "[]", "--rpc-filters-max");
    fixture_close(&f);
}

/* Whatever allocation fails, an answer or ENOMEM comes back and nothing leaks. */
static void survives_failing_allocations(void **state)
{
    static const char request[] =
        "[{\"id\":1,\"method\":\"eth_getBlockByNumber\",\"params\":[\"latest\",true]},"
        "{\"id\":2,\"method\":\"eth_call\",\"params\":[{\"to\":"
        "\"0x7dcd17433742f4c0ca53122ab541d0ba67fc27df\"},\"latest\"]},"
        "{\"id\":3,\"method\":\"eth_newFilter\",\"params\":[{\"topics\":[[null]]}]},"
        "{\"id\":4,\"method\":\"eth_sendRawTransaction\",\"params\":[\"0x02\"]}]";
    struct fixture f;

    (void)state;
    fixture_open_dev(&f);
    f.set.limits.filters_max = 100000;
    fixture_serve(&f, false);
    TEST_EACH_ALLOC_FAILS({
        struct dry_buf out = {0};
        dry_status st = dry_rpc_handle(f.rpc, &out, dry_bytes_of(request, sizeof(request) - 1));
        CHECK(dry_ok(st) || st.code == DRY_CODE_ENOMEM);
        dry_buf_fini(&out);
    });
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_answered),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(survives_failing_allocations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
