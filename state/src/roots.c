/* Roots over lists and sets of pairs. */
#include "sort.h"
#include "stack_trie.h"

#include <drystone/state.h>

/* rlp(i); the length. */
static size_t index_key(uint8_t out[5], uint32_t i)
{
    uint8_t be[4] = {(uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
    size_t skip = 0;

    while (skip < 4 && be[skip] == 0)
        skip++;
    return dry__write_string(out, be + skip, 4 - skip);
}

dry_status dry_trie_root_of_list(struct dry_hash *out, const struct dry_bytes *items,
                                 uint32_t count, struct dry_arena *scratch)
{
    struct dry_arena_mark mark = dry_arena_mark(scratch);
    struct dry__stack_trie t;
    dry_status st = DRY_OK;

    /* rlp(0) is 0x80: it sorts after rlp(127) and before rlp(128). */
    dry__stack_trie_init(&t, false, scratch);
    for (uint32_t n = 0; n < count && dry_ok(st); n++) {
        uint32_t last = count < 128 ? count - 1 : 127;
        uint32_t i = n < last ? n + 1 : n == last ? 0 : n;
        uint8_t key[5];

        st = dry__stack_trie_add(&t, dry_bytes_of(key, index_key(key, i)), items[i]);
    }
    if (dry_ok(st))
        dry__stack_trie_finish(&t, out);
    dry_arena_rewind(scratch, mark);
    return st;
}

dry_status dry_trie_root_of_pairs(struct dry_hash *out, const struct dry_trie_pair *pairs,
                                  uint32_t count, bool secure, struct dry_arena *scratch)
{
    struct dry_arena_mark mark = dry_arena_mark(scratch);
    struct dry__sort_item *items = dry_arena_zalloc(scratch, count, 2 * sizeof(*items));
    struct dry_hash *hashed = NULL;
    struct dry__stack_trie t;
    dry_status st = DRY_ENOMEM;

    if (items == NULL)
        goto done;
    if (secure) {
        hashed = dry_arena_zalloc(scratch, count, sizeof(*hashed));
        if (hashed == NULL)
            goto done;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct dry_bytes key = pairs[i].key;

        if (hashed != NULL) {
            dry_keccak256(&hashed[i], key);
            key = DRY_BYTES_ARRAY(hashed[i].b);
        }
        st = DRY_STATUS_AT(ELIMIT, "trie key longer than 64 bytes", DRY__STACK_KEY_BYTES_MAX);
        if (key.len > DRY__STACK_KEY_BYTES_MAX)
            goto done;
        dry__sort_item_set(&items[i], key.ptr, (uint32_t)key.len, i);
    }
    dry__sort(items, items + count, count);
    st = DRY_OK;
    dry__stack_trie_init(&t, false, scratch);
    for (uint32_t i = 0; i < count && dry_ok(st); i++) {
        struct dry_bytes value = pairs[items[i].index].value;

        if ((i + 1 < count && dry__sort_item_equal(&items[i], &items[i + 1])) || value.len == 0)
            continue;
        st = dry__stack_trie_add(&t, dry_bytes_of(items[i].key, items[i].len), value);
    }
    if (dry_ok(st))
        dry__stack_trie_finish(&t, out);
done:
    dry_arena_rewind(scratch, mark);
    return st;
}
