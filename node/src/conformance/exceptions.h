/* exceptions.h - the reasons of the reference tests against ours. */
#ifndef DRY_NODE_CONFORMANCE_EXCEPTIONS_H
#define DRY_NODE_CONFORMANCE_EXCEPTIONS_H
#include <drystone/common/verdict.h>
#include <stdbool.h>

/* Whether a refusal for this verdict is one of the reasons in `expected`: names as
 * "TransactionException.NONCE_IS_MAX", alternatives separated by '|'. Names nobody knows match
 * nothing. */
bool dry__exception_matches(const char *expected, enum dry_verdict verdict);
/* Whether every alternative is in the table. */
bool dry__exception_known(const char *expected);

#endif /* DRY_NODE_CONFORMANCE_EXCEPTIONS_H */
