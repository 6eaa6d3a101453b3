/* journal_impl.h - what stands behind world->impl; for journal*.c alone. */
#ifndef DRY_EXECUTION_JOURNAL_IMPL_H
#define DRY_EXECUTION_JOURNAL_IMPL_H
#include "tables.h"

struct dry__account_list {
    struct dry__account **at;
    uint32_t count, cap;
};

struct dry__world_impl {
    struct dry__account_table accounts;
    struct dry__transient_table transient;
    uint64_t *undo;
    uint32_t undo_count, undo_cap; /* in words */
    uint32_t log_cap;
    struct dry__account_list touched, destroyed; /* in this transaction; may name one twice */
};

#endif /* DRY_EXECUTION_JOURNAL_IMPL_H */
