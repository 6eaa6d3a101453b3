/* build.h - a block under construction: shared by those that are kept and those only looked at. */
#ifndef DRY_CHAIN_BUILD_H
#define DRY_CHAIN_BUILD_H
#include "internal.h"

#define DRY__TX_GAS_MIN 21000u

struct dry__making {
    struct dry_header header;
    struct dry_block block;
    struct dry_rules rules;
    struct dry_block_env env;
    struct dry_block_result result;
    struct dry_tx *txs;
    struct dry_address *senders;
    struct dry_hash *hashes;
    uint32_t cap, blobs;
    uint64_t gas_left, bytes_left;
};

/* Header, rules and environment of a block on the head, with room for all it may hold. */
DRY_MUST_USE dry_status dry__making_prepare(struct dry_chain *c, struct dry__making *m,
                                            const struct dry_build *b);
/* Whether the transaction must wait for another block: its fee, or its size. */
bool dry__making_waits(const struct dry__making *m, const struct dry_pool_tx *tx);
/* Add a transaction that ran; the lists have room for it. */
void dry__making_add(struct dry__making *m, const struct dry_pool_tx *tx,
                     const struct dry_tx_result *r);
/* All transactions ran: what ends the block, and a header that says all but the state root. EINVAL
 * when the rules refuse it. */
DRY_MUST_USE dry_status dry__making_finish(struct dry__making *m, struct dry_executor *e,
                                           struct dry_arena *arena);

#endif /* DRY_CHAIN_BUILD_H */
