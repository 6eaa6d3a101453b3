/* Which nodes each commit made and superseded, kept while states may be pruned: in memory and, for
 * a storage that outlives the process, as records there. States form a tree: its root is the oldest
 * state kept, every other one remembers how it differs from its parent. */
#ifndef DRY__STATE_JOURNAL_H
#define DRY__STATE_JOURNAL_H
#include "trie.h"

#include <drystone/common/storage.h>

struct dry__edge;
struct dry__tally_entry {
    uint64_t id; /* 0: free */
    uint32_t count;
};
struct dry__tally {
    struct dry__tally_entry *entries;
    size_t cap, used; /* cap a power of two, or 0 */
};
struct dry__journal {
    uint32_t keep;                   /* states; 0: all, and nothing is recorded */
    uint64_t nodes, nodes_max;       /* made above the base; the bound, 0: none */
    bool stored;                     /* additions are written to the storage, too */
    bool stale;                      /* it holds records of another tree: delete them */
    bool cleared;                    /* the last addition's batch does */
    uint64_t next;                   /* number of the next edge */
    struct dry__edge *base, *newest; /* NULL before the first commit */
    struct dry__edge *fresh;         /* made by the last addition; NULL when it found one */
    /* How many commits above the base made each node, by the node's id. */
    struct dry__tally made;
};
void dry__journal_fini(struct dry__journal *j);
/* Read back what an earlier process recorded. Records that do not hang together are given up: their
 * nodes stay. ECORRUPT when one does not decode. */
DRY_MUST_USE dry_status dry__journal_load(struct dry__journal *j, struct dry_storage *storage);
/* What was added before cannot be taken back any more. */
void dry__journal_settle(struct dry__journal *j);
/* The state `root` was made from `parent`. */
DRY_MUST_USE dry_status dry__journal_add(struct dry__journal *j, struct dry_batch *batch,
                                         const struct dry_hash *parent, const struct dry_hash *root,
                                         const struct dry__changes *changes);
/* Take back the last addition: it was not committed. */
void dry__journal_take_back(struct dry__journal *j);
/* Forget states more than j->keep and `keep` below head, or more than 128 while those above hold
 * too many nodes, and branches that do not lead there: delete their nodes through the batch. */
DRY_MUST_USE dry_status dry__journal_prune(struct dry__journal *j, struct dry_batch *batch,
                                           const struct dry_hash *head, uint64_t keep);
#endif /* DRY__STATE_JOURNAL_H */
