/* What every storage driver must pass. */
#ifndef STORAGE_SUITE_H
#define STORAGE_SUITE_H
#include <drystone/common/storage.h>

/* Opens an empty store; settings may name a fresh directory. */
struct storage_suite {
    const struct dry_storage_ops *ops;
    /* A store without entries, and what closes it. */
    struct dry_storage *(*open)(void);
    void (*close)(struct dry_storage *s);
    bool threads;    /* run the test with reader threads */
    uint32_t rounds; /* of the comparison with a model */
};

/* The tests; *state is the struct storage_suite. */
void storage_suite_basics(void **state);
void storage_suite_cursors(void **state);
void storage_suite_model(void **state);
void storage_suite_snapshots(void **state);
void storage_suite_readers(void **state);

/* All of them, as entries of a driver's table of tests. */
#define STORAGE_SUITE_TESTS(suite)                                   \
    cmocka_unit_test_prestate(storage_suite_basics, (suite)),        \
        cmocka_unit_test_prestate(storage_suite_cursors, (suite)),   \
        cmocka_unit_test_prestate(storage_suite_model, (suite)),     \
        cmocka_unit_test_prestate(storage_suite_snapshots, (suite)), \
        cmocka_unit_test_prestate(storage_suite_readers, (suite))

/* Put one entry, durable or not; fails the test when refused. */
void suite_put(struct dry_storage *s, const char *key, const char *value, bool durable);
/* The value as a text, or NULL when absent. Valid until the next call. */
const char *suite_get(struct dry_storage *s, const struct dry_snapshot *snap, const char *key);

#endif /* STORAGE_SUITE_H */
