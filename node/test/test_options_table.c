/* The one table is sound: names and keys are unique, defaults are valid for every command, drivers
 * named exist, errors name an option that exists, and help fits. */
#include "drivers.h"
#include "options_table.h"
#include <drystone/test.h>

static const struct dry_option_table *const table = &dry_options_table;

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static void unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < table->count; i++)
        for (size_t k = i + 1; k < table->count; k++) {
            const struct dry_option *a = &table->options[i], *b = &table->options[k];

            CHECK_MSG(!same(a->name, b->name), a->name);
            CHECK_MSG(!same(a->key, b->key), a->name);
            CHECK_MSG(a->letter == 0 || a->letter != b->letter, a->name);
        }
    for (size_t i = 0; i < table->command_count; i++)
        for (size_t k = i + 1; k < table->command_count; k++) {
            CHECK_MSG(!same(table->commands[i].name, table->commands[k].name),
                      table->commands[i].name);
            CHECK_MSG(table->commands[i].bit != table->commands[k].bit, table->commands[i].name);
        }
}

static void documented(void **state)
{
    uint64_t known = 0;

    (void)state;
    for (size_t i = 0; i < table->command_count; i++) {
        CHECK_MSG(table->commands[i].help != NULL, table->commands[i].name);
        known |= table->commands[i].bit;
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct dry_option *o = &table->options[i];

        CHECK_MSG(o->help != NULL && strlen(o->help) <= 80, o->name);
        CHECK_MSG((o->commands & ~known) == 0, o->name);
        CHECK_MSG(o->key != NULL || (o->flags & DRY_OPTION_FLAG_ONLY) != 0 ||
                      same(o->name, "password-file"),
                  o->name);
    }
}

/* Every command can be given alone with as many words as it needs: its defaults hold. */
static void defaults(void **state)
{
    (void)state;
    for (size_t i = 0; i < table->command_count; i++) {
        const struct dry_command *c = &table->commands[i];
        const char *argv[4] = {NULL}, *blank = strchr(c->name, ' ');
        char first[64];
        struct dry_options *o = NULL;
        struct dry_buf error = {0};
        uint32_t n = 0;

        snprintf(first, sizeof(first), "%.*s",
                 (int)(blank == NULL ? strlen(c->name) : (size_t)(blank - c->name)), c->name);
        argv[n++] = first;
        if (blank != NULL)
            argv[n++] = blank + 1;
        for (uint32_t k = 0; k < c->args_min; k++)
            argv[n++] = "word";
        CHECK_MSG(dry_ok(dry_options_open(&o, table, n, argv, NULL, &error)), c->name);
        CHECK_MSG(dry_options_command(o) == c, c->name);
        dry_options_close(o);
        dry_buf_fini(&error);
    }
}

/* Each of a|b|c. */
static void each_choice(const char *option, void (*check)(const char *name))
{
    for (size_t i = 0; i < table->count; i++)
        if (same(table->options[i].name, option)) {
            char *copy = strdup(table->options[i].choices), *rest = copy, *word;

            while ((word = strsep(&rest, "|")) != NULL)
                check(word);
            free(copy);
            return;
        }
    CHECK_MSG(false, option);
}

static void storage_exists(const char *name)
{
    CHECK_MSG(dry_driver_storage(name) != NULL, name);
}
static void executor_exists(const char *name)
{
    CHECK_MSG(dry_driver_executor(name) != NULL, name);
}
static void consensus_exists(const char *name)
{
    CHECK_MSG(dry_driver_consensus(name) != NULL, name);
}

static void drivers(void **state)
{
    (void)state;
    each_choice("storage-driver", storage_exists);
    each_choice("executor-driver", executor_exists);
    each_choice("consensus-driver", consensus_exists);
    CHECK(dry_driver_storage("nothing") == NULL);
}

/* What errors of lower layers tell people to change must exist. */
static void named_in_errors(void **state)
{
    static const char *const named[] = {"datadir",
                                        "genesis",
                                        "pool-txs-max",
                                        "pool-account-max",
                                        "pool-bytes-max",
                                        "pool-tx-bytes-max",
                                        "pool-price-bump",
                                        "rpc-body-max",
                                        "rpc-batch-max",
                                        "rpc-response-max",
                                        "rpc-call-gas",
                                        "rpc-call-timeout",
                                        "rpc-logs-range",
                                        "rpc-logs-max",
                                        "rpc-connections-max",
                                        "rpc-connections-ip-max",
                                        "rpc-filters-max",
                                        "http-allow-hosts",
                                        "rpc-subscriptions-max",
                                        "rpc-filter-timeout",
                                        "http-port",
                                        "http-host",
                                        "http-cors"};

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(named); i++) {
        bool found = false;

        for (size_t k = 0; k < table->count; k++)
            found |= same(table->options[k].name, named[i]);
        CHECK_MSG(found, named[i]);
    }
}

/* Flag before environment before default; wrong values name the option and what would work. */
static void precedence(void **state)
{
    static const char *const environment[] = {"DRYSTONE_HTTP_PORT=9000", "DRYSTONE_ACCOUNTS=3",
                                              NULL};
    const char *argv[] = {"start", "--http-port", "9001"}, *bad[] = {"start", "--http-port=99999"};
    struct dry_options *o = NULL;
    struct dry_buf error = {0};

    (void)state;
    CHECK(dry_ok(dry_options_open(&o, table, 3, argv, environment, &error)));
    CHECK(dry_options_u64(o, "http-port") == 9001);
    CHECK(dry_options_u64(o, "accounts") == 3);
    CHECK(dry_options_u64(o, "gas-limit") == 60000000);
    CHECK(dry_options_u64(o, "rpc-call-timeout") == 5000);
    CHECK(dry_options_bool(o, "mining"));
    dry_options_close(o);
    CHECK(dry_options_open(&o, table, 2, bad, NULL, &error).code == DRY_CODE_EINVAL);
    CHECK(dry_ok(dry_buf_append_byte(&error, 0)));
    CHECK(strstr((char *)error.ptr, "--http-port") != NULL);
    CHECK(strstr((char *)error.ptr, "65535") != NULL);
    dry_buf_fini(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unique),  cmocka_unit_test(documented),      cmocka_unit_test(defaults),
        cmocka_unit_test(drivers), cmocka_unit_test(named_in_errors), cmocka_unit_test(precedence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
