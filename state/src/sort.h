/* A stable sort of byte strings without recursion. */
#ifndef DRY__STATE_SORT_H
#define DRY__STATE_SORT_H
#include <drystone/common/bytes.h>

struct dry__sort_item {
    uint64_t prefix; /* the first eight bytes of the key, so that most comparisons end here */
    const uint8_t *key;
    uint32_t len, index;
};
void dry__sort_item_set(struct dry__sort_item *it, const uint8_t *key, uint32_t len,
                        uint32_t index);
bool dry__sort_item_equal(const struct dry__sort_item *a, const struct dry__sort_item *b);
/* Sort by key, equal keys in their old order; `spare` has room for as many. */
void dry__sort(struct dry__sort_item *items, struct dry__sort_item *spare, uint32_t count);
#endif /* DRY__STATE_SORT_H */
