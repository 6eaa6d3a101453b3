/* The serial driver keeps the executor's contract. */
#include "executor_suite.h"

static void refusals(void **state)
{
    (void)state;
    executor_suite_refusals(&dry_executor_serial);
}
static void calls(void **state)
{
    (void)state;
    executor_suite_calls(&dry_executor_serial);
}
static void reader(void **state)
{
    (void)state;
    executor_suite_reader(&dry_executor_serial);
}
static void memory(void **state)
{
    (void)state;
    executor_suite_memory(&dry_executor_serial);
}
static void brief(void **state)
{
    (void)state;
    executor_suite_brief(&dry_executor_serial);
}
static void stop(void **state)
{
    (void)state;
    executor_suite_stop(&dry_executor_serial);
}
static void again(void **state)
{
    (void)state;
    executor_suite_again(&dry_executor_serial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals), cmocka_unit_test(calls), cmocka_unit_test(reader),
        cmocka_unit_test(memory),   cmocka_unit_test(brief), cmocka_unit_test(stop),
        cmocka_unit_test(again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
