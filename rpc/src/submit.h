/* submit.h - what the ways into the pool share. */
#ifndef DRY_RPC_SUBMIT_H
#define DRY_RPC_SUBMIT_H
#include "args.h"

void dry__prepare_raw(struct dry__call *c);
void dry__prepare_sync(struct dry__call *c);
/* Fail the call with geth's words for what the pool says. raw: the encoding, for figures. */
dry_status dry__pool_refused(struct dry__call *c, const struct dry_pool_verdict *v,
                             const struct dry_pool_tx *tx, struct dry_bytes raw);
#endif /* DRY_RPC_SUBMIT_H */
