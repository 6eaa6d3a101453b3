/* What every executor driver must pass: the contract of drystone/common/executor.h. */
#ifndef EXECUTOR_SUITE_H
#define EXECUTOR_SUITE_H
#include <drystone/execution.h>
#include <drystone/test.h>

/* Each fails the running cmocka test when the driver breaks a promise. */
void executor_suite_refusals(const struct dry_executor_ops *ops); /* leave the block as it was */
void executor_suite_calls(const struct dry_executor_ops *ops);    /* undo themselves */
void executor_suite_reader(const struct dry_executor_ops *ops);   /* its errors are told as such */
void executor_suite_memory(const struct dry_executor_ops *ops);   /* so is its lack */
void executor_suite_brief(const struct dry_executor_ops *ops);    /* and says what it left */
void executor_suite_stop(const struct dry_executor_ops *ops);     /* ends a call soon */
void executor_suite_again(const struct dry_executor_ops *ops);    /* begin starts afresh */

#endif /* EXECUTOR_SUITE_H */
