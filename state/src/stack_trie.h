/* The root of a trie whose pairs come in ascending order of key: one pass, one branch a level in
 * memory. Start at dry__stack_trie_init(). */
#ifndef DRY__STATE_STACK_TRIE_H
#define DRY__STATE_STACK_TRIE_H
#include "node.h"

#define DRY__STACK_KEY_BYTES_MAX 64u

struct dry__stack_frame;
struct dry__stack_trie {
    struct dry_arena *arena;
    struct dry__stack_frame *top, *spare;
    bool copies;                                /* values are copied: short, no key a prefix */
    bool pending;                               /* path and value hold a pair not yet placed */
    uint32_t path_len;                          /* nibbles */
    uint8_t path[2 * DRY__STACK_KEY_BYTES_MAX]; /* of the newest key */
    struct dry_bytes value;
    uint8_t value_small[DRY__VALUE_BYTES_MAX];
};

/* With copies, a value is copied when it is added, must be at most DRY__VALUE_BYTES_MAX long, and
 * all keys must have one length; else values are borrowed until the end. */
void dry__stack_trie_init(struct dry__stack_trie *t, bool copies, struct dry_arena *arena);
/* Add a pair whose key is greater than all before. ENOMEM, or ELIMIT for a key longer
 * than DRY__STACK_KEY_BYTES_MAX. */
DRY_MUST_USE dry_status dry__stack_trie_add(struct dry__stack_trie *t, struct dry_bytes key,
                                            struct dry_bytes value);
/* The root; t is empty again. */
void dry__stack_trie_finish(struct dry__stack_trie *t, struct dry_hash *out);
#endif /* DRY__STATE_STACK_TRIE_H */
