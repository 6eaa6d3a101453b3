/* However low the limit of open files is, connections leave the store what it needs. */
#include "descriptors.h"
#include <drystone/test.h>

static const struct {
    const char *name;
    uint64_t limit;
    uint32_t wanted;
    bool durable;
    uint32_t tables, connections;
} shares[] = {
    {"room for all", 1408, 1024, true, 256, 1024},
    {"unknown", 0, 1024, true, 256, 1024},
    {"endless", UINT64_MAX, 65536, true, 256, 65536},
    {"the usual soft limit", 1024, 1024, true, 256, 640},
    {"small", 256, 1024, true, 64, 64},
    {"smallest", 161, 1024, true, 32, 1},
    {"few wanted", 400, 10, true, 256, 10},
    {"nobody is served", 200, 0, true, 36, 0},
    {"in memory", 1024, 1024, false, 0, 960},
    {"in memory, smallest", 65, 1024, false, 0, 1},
};

static void shared(void **state)
{
    (void)state;
    for (size_t i = 0; i < DRY_COUNT(shares); i++) {
        struct dry_descriptors d;
        dry_status st =
            dry_descriptors_share(&d, shares[i].limit, shares[i].wanted, shares[i].durable);

        CHECK_MSG(dry_ok(st), shares[i].name);
        CHECK_MSG(d.store_tables == shares[i].tables, shares[i].name);
        CHECK_MSG(d.connections == shares[i].connections, shares[i].name);
    }
}

/* 64 for the process, 64 for the store beside its tables: whatever the limit, that much is left. */
static void store_is_left_its_part(void **state)
{
    (void)state;
    for (uint64_t limit = 1; limit < 3000; limit++) {
        for (int durable = 0; durable < 2; durable++) {
            struct dry_descriptors d;
            dry_status st = dry_descriptors_share(&d, limit, 1024, durable != 0);

            if (dry_ok(st)) {
                CHECK(d.connections >= 1 && (durable == 0 || d.store_tables >= 32));
                CHECK(d.connections + d.store_tables + 64u + (durable ? 64u : 0u) <= limit);
            } else {
                CHECK(st.code == DRY_CODE_ELIMIT && limit < 161);
                CHECK(d.want > limit);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(shared),
                                       cmocka_unit_test(store_is_left_its_part)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
