/* Bottom-up merge sort: n log n whatever the input is. */
#include "sort.h"

void dry__sort_item_set(struct dry__sort_item *it, const uint8_t *key, uint32_t len, uint32_t index)
{
    uint64_t prefix = 0;

    for (uint32_t i = 0; i < 8; i++)
        prefix = prefix << 8 | (i < len ? key[i] : 0);
    *it = (struct dry__sort_item){prefix, key, len, index};
}

static bool item_less(const struct dry__sort_item *a, const struct dry__sort_item *b)
{
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix;
    return dry_bytes_compare(dry_bytes_of(a->key, a->len), dry_bytes_of(b->key, b->len)) < 0;
}

bool dry__sort_item_equal(const struct dry__sort_item *a, const struct dry__sort_item *b)
{
    return a->prefix == b->prefix &&
           dry_bytes_equal(dry_bytes_of(a->key, a->len), dry_bytes_of(b->key, b->len));
}

static void insertion_sort(struct dry__sort_item *items, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct dry__sort_item it = items[i];
        uint32_t at = i;

        while (at > 0 && item_less(&it, &items[at - 1])) {
            items[at] = items[at - 1];
            at--;
        }
        items[at] = it;
    }
}

static void merge(struct dry__sort_item *out, const struct dry__sort_item *a, uint32_t na,
                  const struct dry__sort_item *b, uint32_t nb)
{
    while (na != 0 && nb != 0) {
        if (item_less(b, a)) {
            *out++ = *b++;
            nb--;
        } else {
            *out++ = *a++;
            na--;
        }
    }
    if (na != 0)
        memcpy(out, a, na * sizeof(*a));
    else if (nb != 0)
        memcpy(out, b, nb * sizeof(*b));
}

void dry__sort(struct dry__sort_item *items, struct dry__sort_item *spare, uint32_t count)
{
    enum { RUN = 16 };
    struct dry__sort_item *from = items, *to = spare;

    for (uint64_t at = 0; at < count; at += RUN)
        insertion_sort(items + at, count - at < RUN ? (uint32_t)(count - at) : RUN);
    for (uint64_t run = RUN; run < count; run *= 2) {
        struct dry__sort_item *swap = from;

        for (uint64_t at = 0; at < count; at += 2 * run) {
            uint64_t left = count - at;
            uint32_t na = (uint32_t)(left < run ? left : run);
            uint32_t nb = (uint32_t)(left - na < run ? left - na : run);

            merge(to + at, from + at, na, from + at + na, nb);
        }
        from = to;
        to = swap;
    }
    if (from != items && count != 0)
        memcpy(items, from, count * sizeof(*items));
}
