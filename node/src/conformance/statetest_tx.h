/* statetest_tx.h - the transaction of a state test from its fields. */
#ifndef DRY_NODE_CONFORMANCE_STATETEST_TX_H
#define DRY_NODE_CONFORMANCE_STATETEST_TX_H
#include <drystone/common/tx.h>
#include <jansson.h>

/* `json` is the fixture's transaction, `indexes` say which of its data, gas limits and values. The
 * type is told by the fields that are there; the signature stays empty, the sender is the
 * fixture's.
 */
DRY_MUST_USE dry_status dry__statetest_tx(struct dry_tx *tx, struct dry_address *sender,
                                          const json_t *json, const json_t *indexes,
                                          uint64_t chain_id, struct dry_arena *arena);

#endif /* DRY_NODE_CONFORMANCE_STATETEST_TX_H */
