/* What every consensus driver must pass. */
#ifndef CONSENSUS_SUITE_H
#define CONSENSUS_SUITE_H
#include <drystone/consensus.h>
#include <drystone/test.h>

/* Settings every case opens with; the driver is the suite's only parameter. */
void consensus_suite_settings(struct dry_consensus_settings *out);
struct dry_consensus *consensus_suite_open(const struct dry_consensus_ops *ops,
                                           const struct dry_consensus_settings *set);
/* Feed one event; its actions, the rest of the array zero. */
uint32_t consensus_suite_feed(struct dry_consensus *c, enum dry_event_kind kind, uint64_t value,
                              struct dry_action actions[DRY_ACTIONS_MAX]);

/* Each fails the running cmocka test when the driver breaks a promise. */
void consensus_suite_actions(const struct dry_consensus_ops *ops); /* any events, any order */
void consensus_suite_prepare(const struct dry_consensus_ops *ops); /* time, repeatable headers */
void consensus_suite_prefers(const struct dry_consensus_ops *ops); /* one answer, no cycles */
void consensus_suite_final(const struct dry_consensus_ops *ops);   /* never above the head */
void consensus_suite_memory(const struct dry_consensus_ops *ops);  /* failing allocations */

#endif /* CONSENSUS_SUITE_H */
