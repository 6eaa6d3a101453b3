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

/* Each fails the running cmocka test when the driver breaks a promise. */
void storage_suite_basics(const struct storage_suite *u);
void storage_suite_cursors(const struct storage_suite *u);
void storage_suite_model(const struct storage_suite *u);
void storage_suite_snapshots(const struct storage_suite *u);
void storage_suite_readers(const struct storage_suite *u);

/* Put one entry, durable or not; fails the test when refused. */
void suite_put(struct dry_storage *s, const char *key, const char *value, bool durable);
/* The value as a text, or NULL when absent. Valid until the next call. */
const char *suite_get(struct dry_storage *s, const struct dry_snapshot *snap, const char *key);

#endif /* STORAGE_SUITE_H */
