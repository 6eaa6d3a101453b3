/* The reference tests' malformed transactions are refused for the reason they state, and no
 * transaction that some fork accepts is refused for its form. What depends on rules is tested where
 * the rules are. */
#include "samples.h"

static const struct {
    const char *exception;
    enum dry_verdict verdict;
} reasons[] = {
    {"RLP_ERROR_EOF", DRY_VERDICT_TX_RLP},
    {"RLP_ERROR_SIZE", DRY_VERDICT_TX_RLP},
    {"RLP_INVALID_HEADER", DRY_VERDICT_TX_RLP_HEADER},
    {"RLP_ERROR_SIZE_LEADING_ZEROS", DRY_VERDICT_TX_RLP_LENGTH},
    {"RLP_LEADING_ZEROS_NONCE_SIZE", DRY_VERDICT_TX_RLP_LENGTH},
    {"RLP_LEADING_ZEROS_DATA_SIZE", DRY_VERDICT_TX_RLP_LENGTH},
    {"RLP_LEADING_ZEROS_NONCE", DRY_VERDICT_TX_LEADING_ZEROS},
    {"RLP_LEADING_ZEROS_GASPRICE", DRY_VERDICT_TX_LEADING_ZEROS},
    {"RLP_LEADING_ZEROS_BASEFEE", DRY_VERDICT_TX_LEADING_ZEROS},
    {"RLP_LEADING_ZEROS_PRIORITY_FEE", DRY_VERDICT_TX_LEADING_ZEROS},
    {"RLP_LEADING_ZEROS_GASLIMIT", DRY_VERDICT_TX_LEADING_ZEROS},
    {"RLP_LEADING_ZEROS_VALUE", DRY_VERDICT_TX_LEADING_ZEROS},
    {"RLP_LEADING_ZEROS_V", DRY_VERDICT_TX_LEADING_ZEROS},
    {"RLP_LEADING_ZEROS_R", DRY_VERDICT_TX_LEADING_ZEROS},
    {"RLP_LEADING_ZEROS_S", DRY_VERDICT_TX_LEADING_ZEROS},
    {"RLP_INVALID_NONCE", DRY_VERDICT_TX_RLP_FIELD},
    {"RLP_INVALID_GASLIMIT", DRY_VERDICT_TX_RLP_FIELD},
    {"RLP_INVALID_TO", DRY_VERDICT_TX_RLP_FIELD},
    {"RLP_INVALID_DATA", DRY_VERDICT_TX_RLP_FIELD},
    {"RLP_INVALID_SIGNATURE_R", DRY_VERDICT_TX_RLP_FIELD},
    {"RLP_INVALID_SIGNATURE_S", DRY_VERDICT_TX_RLP_FIELD},
    {"RLP_TOO_FEW_ELEMENTS", DRY_VERDICT_TX_FIELD_COUNT},
    {"RLP_TOO_MANY_ELEMENTS", DRY_VERDICT_TX_FIELD_COUNT},
    {"ADDRESS_TOO_SHORT", DRY_VERDICT_TX_ADDRESS_LENGTH},
    {"ADDRESS_TOO_LONG", DRY_VERDICT_TX_ADDRESS_LENGTH},
    {"NONCE_OVERFLOW", DRY_VERDICT_TX_NONCE_OVERFLOW},
    {"GASLIMIT_OVERFLOW", DRY_VERDICT_TX_GAS_LIMIT_OVERFLOW},
    {"GASPRICE_OVERFLOW", DRY_VERDICT_TX_GAS_PRICE_OVERFLOW},
    {"PRIORITY_OVERFLOW", DRY_VERDICT_TX_PRIORITY_FEE_OVERFLOW},
    {"VALUE_OVERFLOW", DRY_VERDICT_TX_VALUE_OVERFLOW},
    {"RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_SHORT", DRY_VERDICT_TX_ACCESS_LIST_FORM},
    {"RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_LONG", DRY_VERDICT_TX_ACCESS_LIST_FORM},
    {"RLP_INVALID_ACCESS_LIST_STORAGE_TOO_SHORT", DRY_VERDICT_TX_ACCESS_LIST_FORM},
    {"RLP_INVALID_ACCESS_LIST_STORAGE_TOO_LONG", DRY_VERDICT_TX_ACCESS_LIST_FORM},
    {"TYPE_4_INVALID_AUTHORIZATION_FORMAT", DRY_VERDICT_TX_AUTHORIZATION_FORM},
};
static size_t malformed, accepted;

static void check_case(const char *name, const json_t *test)
{
    const char *prefix = "TransactionException.", *fork, *text;
    struct dry_arena arena = {0};
    struct dry_bytes in = test_hex(json_string_value(json_object_get(test, "txbytes")));
    enum dry_verdict v = DRY_VERDICT_VALID;
    json_t *result;
    struct dry_tx tx;

    CHECK(dry_ok(dry_tx_decode(&tx, &v, in, &arena)));
    json_object_foreach(json_object_get(test, "result"), fork, result)
    {
        text = json_string_value(json_object_get(result, "exception"));
        if (text == NULL) {
            CHECK_MSG(v == DRY_VERDICT_VALID, name);
            accepted++;
            continue;
        }
        CHECK(strncmp(text, prefix, strlen(prefix)) == 0);
        for (size_t i = 0; i < DRY_COUNT(reasons); i++) {
            if (strcmp(text + strlen(prefix), reasons[i].exception) != 0)
                continue;
            if (v != reasons[i].verdict)
                print_error("%s at %s: %s, not %s\n", name, fork, dry_verdict_name(v), text);
            CHECK(v == reasons[i].verdict);
            malformed++;
        }
    }
    dry_arena_fini(&arena);
}

static void check_file(const char *path, void *arg)
{
    json_t *root = test_json_load(path), *test;
    const char *name;

    (void)arg;
    json_object_foreach(root, name, test) check_case(name, test);
    json_decref(root);
}

static void malformed_for_the_stated_reason(void **state)
{
    static const char *const dirs[] = {"eth/TransactionTests", "eest/prague/transaction_tests"};

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(dirs); i++) {
        const char *dir = test_vectors_path(dirs[i]);

        if (dir == NULL)
            skip();
        test_files_each(dir, ".json", check_file, NULL);
    }
    CHECK(malformed > 1000 && accepted > 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(malformed_for_the_stated_reason)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
