/* drystone/consensus.h - the consensus engines this project has, as tables for
 * dry_consensus_open(). */
#ifndef DRY_CONSENSUS_DRIVERS_H
#define DRY_CONSENSUS_DRIVERS_H
#include <drystone/common/consensus.h>

/* consensus.driver = "dev": one sealer; a block per transaction, at an interval, or when asked to.
 */
extern const struct dry_consensus_ops dry_consensus_dev;
/* consensus.driver = "noseal": seals nothing; checks every rule but the seal, for imported chains.
 */
extern const struct dry_consensus_ops dry_consensus_noseal;

#endif /* DRY_CONSENSUS_DRIVERS_H */
