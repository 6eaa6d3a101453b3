/* tables.h - the hash tables of the journal: pointers to entries at stable addresses, and the
 * transaction's transient slots. Start at dry__slot_table_find(). */
#ifndef DRY_EXECUTION_TABLES_H
#define DRY_EXECUTION_TABLES_H
#include "journal.h"

/* Open addressing with linear probing; sizes are powers of two, at most three quarters full. The
 * order of a table never reaches a result. */
struct dry__account_table {
    struct dry__account **at;
    uint32_t count, cap;
};
struct dry__slot_table {
    struct dry__slot **at;
    uint32_t count, cap;
};

struct dry__transient {
    struct dry_address address;
    struct dry_hash key;
    struct dry_u256 value;
};
/* Entries lie in one array that may move: they are named by index. */
struct dry__transient_table {
    struct dry__transient *entries;
    uint32_t *index; /* entry + 1, or 0 */
    uint32_t count, entry_cap, cap;
};

/* NULL when it is not there. */
struct dry__account *dry__account_table_find(const struct dry__account_table *t,
                                             const struct dry__secret *secret,
                                             const struct dry_address *address);
struct dry__slot *dry__slot_table_find(const struct dry__slot_table *t,
                                       const struct dry__secret *secret,
                                       const struct dry_hash *key);
/* Add an entry that is not there yet; false when memory runs out (the table is as before). */
DRY_MUST_USE bool dry__account_table_add(struct dry__account_table *t,
                                         const struct dry__secret *secret, struct dry__account *a,
                                         struct dry_arena *arena);
DRY_MUST_USE bool dry__slot_table_add(struct dry__slot_table *t, const struct dry__secret *secret,
                                      struct dry__slot *s, struct dry_arena *arena);

/* The entry's index, or UINT32_MAX when it is not there. */
uint32_t dry__transient_find(const struct dry__transient_table *t, const struct dry__secret *secret,
                             const struct dry_address *address, const struct dry_hash *key);
/* Add an entry with value 0; UINT32_MAX when memory runs out. */
uint32_t dry__transient_add(struct dry__transient_table *t, const struct dry__secret *secret,
                            const struct dry_address *address, const struct dry_hash *key);
void dry__transient_clear(struct dry__transient_table *t);
void dry__transient_fini(struct dry__transient_table *t);

/* Sort pointers by memcmp of key_bytes at key_offset of what they point to (heap sort). */
void dry__sort_pointers(void **items, uint32_t count, size_t key_offset, size_t key_bytes);

#endif /* DRY_EXECUTION_TABLES_H */
