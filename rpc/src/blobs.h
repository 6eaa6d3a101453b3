/* blobs.h - blobs in transaction objects. */
#ifndef DRY_RPC_BLOBS_H
#define DRY_RPC_BLOBS_H
#include "args.h"

/* Whether the transaction object, parameter 0, brings blobs. */
bool dry__has_blobs(const struct dry__call *c);
/* Make their sidecar, in the arena, and fill in the hashes; commitments, proofs and hashes that
 * were given must be the same. Takes about a third of a second a blob, and seconds once: on a
 * worker. */
DRY_MUST_USE dry_status dry__blobs_fill(struct dry__call *c, struct dry__args *a,
                                        struct dry_blob_sidecar *out,
                                        const struct dry_rules *rules);
/* Its members, in the object being written. */
void dry__write_sidecar(struct dry_json_writer *w, const struct dry_blob_sidecar *s);

#endif /* DRY_RPC_BLOBS_H */
