/* Every code, verdict and fork has a name and a text of its own, and a status shows the right
 * one. */
#include <drystone/common.h>
#include <drystone/common/executor.h>
#include <drystone/test.h>

static void codes_have_names(void **state)
{
    (void)state;
#define X(name, text)                                                     \
    CHECK_MSG(strcmp(dry_code_name(DRY_CODE_##name), #name) == 0, #name); \
    CHECK_MSG(strcmp(dry_status_text(DRY_STATUS(name, NULL)), text) == 0, #name);
    DRY_STATUS_CODES(X)
#undef X
    CHECK(strcmp(dry_status_text(DRY_STATUS(EIO, "disk full")), "disk full") == 0);
    CHECK(DRY_STATUS_AT(EDECODE, "x", 7).detail == 7);
    CHECK(dry_ok(DRY_OK) && !dry_ok(DRY_ENOMEM));
}

static void verdicts_have_names(void **state)
{
    static const char *const texts[] = {
#define X(name, text) text,
        DRY_VERDICTS(X)
#undef X
    };

    (void)state;
#define X(name, text) CHECK_MSG(strcmp(dry_verdict_name(DRY_VERDICT_##name), #name) == 0, #name);
    DRY_VERDICTS(X)
#undef X
    for (size_t i = 0; i < DRY_COUNT(texts); i++) {
        CHECK(strcmp(dry_verdict_text((enum dry_verdict)i), texts[i]) == 0);
        for (size_t j = 0; j < i; j++)
            CHECK_MSG(strcmp(texts[i], texts[j]) != 0, texts[i]);
    }
    CHECK(DRY_VERDICT_VALID == 0);
}

static void ends_have_texts(void **state)
{
    (void)state;
    CHECK(strcmp(dry_evm_end_text(DRY_EVM_SUCCESS), "") == 0);
    CHECK(strcmp(dry_evm_end_text(DRY_EVM_STOPPED), "execution stopped: time limit") == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_have_names),
        cmocka_unit_test(verdicts_have_names),
        cmocka_unit_test(ends_have_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
