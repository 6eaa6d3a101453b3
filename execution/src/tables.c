/* Hash tables keyed with a secret, so that keys chosen to collide cannot be prepared in advance. */
#include "tables.h"

#define CAP_FIRST 8u
#define NONE UINT32_MAX

static uint64_t fold(uint64_t a, uint64_t b)
{
    unsigned __int128 p = (unsigned __int128)a * b;

    return (uint64_t)p ^ (uint64_t)(p >> 64);
}

/* Both factors of a product hold part of the secret: who does not know it cannot make one zero,
 * which would make the other one not count. */
static uint64_t hash_key(const struct dry__secret *secret, const struct dry_hash *key)
{
    uint64_t w[4];

    memcpy(w, key->b, 32);
    return fold(fold(w[0] ^ secret->w[0], w[1] ^ secret->w[1]) ^ secret->w[3],
                fold(w[2] ^ secret->w[2], w[3] ^ secret->w[3]) ^ secret->w[1]);
}

static uint64_t hash_address(const struct dry__secret *secret, const struct dry_address *address)
{
    uint64_t w[3] = {0};

    memcpy(w, address->b, 20);
    return fold(fold(w[0] ^ secret->w[0], w[1] ^ secret->w[1]) ^ secret->w[3], w[2] ^ secret->w[2]);
}

static bool is_full(uint32_t count, uint32_t cap)
{
    return (uint64_t)(count + 1) * 4 > (uint64_t)cap * 3;
}

struct dry__account *dry__account_table_find(const struct dry__account_table *t,
                                             const struct dry__secret *secret,
                                             const struct dry_address *address)
{
    if (t->cap == 0)
        return NULL;
    for (uint32_t i = (uint32_t)hash_address(secret, address) & (t->cap - 1);;
         i = (i + 1) & (t->cap - 1)) {
        struct dry__account *a = t->at[i];

        if (a == NULL || dry_address_equal(&a->address, address))
            return a;
    }
}

static void account_place(struct dry__account_table *t, const struct dry__secret *secret,
                          struct dry__account *a)
{
    uint32_t i = (uint32_t)hash_address(secret, &a->address) & (t->cap - 1);

    while (t->at[i] != NULL)
        i = (i + 1) & (t->cap - 1);
    t->at[i] = a;
    t->count++;
}

bool dry__account_table_add(struct dry__account_table *t, const struct dry__secret *secret,
                            struct dry__account *a, struct dry_arena *arena)
{
    if (is_full(t->count, t->cap)) {
        struct dry__account_table grown = {.cap = t->cap == 0 ? CAP_FIRST * 4 : t->cap * 2};

        if (grown.cap == 0)
            return false;
        grown.at = dry_arena_zalloc(arena, grown.cap, sizeof(struct dry__account *));
        if (grown.at == NULL)
            return false;
        for (uint32_t i = 0; i < t->cap; i++)
            if (t->at[i] != NULL)
                account_place(&grown, secret, t->at[i]);
        *t = grown;
    }
    account_place(t, secret, a);
    return true;
}

struct dry__slot *dry__slot_table_find(const struct dry__slot_table *t,
                                       const struct dry__secret *secret, const struct dry_hash *key)
{
    if (t == NULL || t->cap == 0)
        return NULL;
    for (uint32_t i = (uint32_t)hash_key(secret, key) & (t->cap - 1);; i = (i + 1) & (t->cap - 1)) {
        struct dry__slot *s = t->at[i];

        if (s == NULL || dry_hash_equal(&s->key, key))
            return s;
    }
}

static void slot_place(struct dry__slot_table *t, const struct dry__secret *secret,
                       struct dry__slot *s)
{
    uint32_t i = (uint32_t)hash_key(secret, &s->key) & (t->cap - 1);

    while (t->at[i] != NULL)
        i = (i + 1) & (t->cap - 1);
    t->at[i] = s;
    t->count++;
}

bool dry__slot_table_add(struct dry__slot_table *t, const struct dry__secret *secret,
                         struct dry__slot *s, struct dry_arena *arena)
{
    if (is_full(t->count, t->cap)) {
        struct dry__slot_table grown = {.cap = t->cap == 0 ? CAP_FIRST : t->cap * 2};

        if (grown.cap == 0)
            return false;
        grown.at = dry_arena_zalloc(arena, grown.cap, sizeof(struct dry__slot *));
        if (grown.at == NULL)
            return false;
        for (uint32_t i = 0; i < t->cap; i++)
            if (t->at[i] != NULL)
                slot_place(&grown, secret, t->at[i]);
        *t = grown;
    }
    slot_place(t, secret, s);
    return true;
}

static uint32_t transient_start(const struct dry__transient_table *t,
                                const struct dry__secret *secret, const struct dry_address *address,
                                const struct dry_hash *key)
{
    return (uint32_t)(hash_address(secret, address) ^ hash_key(secret, key)) & (t->cap - 1);
}

uint32_t dry__transient_find(const struct dry__transient_table *t, const struct dry__secret *secret,
                             const struct dry_address *address, const struct dry_hash *key)
{
    if (t->count == 0)
        return NONE;
    for (uint32_t i = transient_start(t, secret, address, key);; i = (i + 1) & (t->cap - 1)) {
        const struct dry__transient *e;

        if (t->index[i] == 0)
            return NONE;
        e = &t->entries[t->index[i] - 1];
        if (dry_hash_equal(&e->key, key) && dry_address_equal(&e->address, address))
            return t->index[i] - 1;
    }
}

static void transient_place(struct dry__transient_table *t, const struct dry__secret *secret,
                            uint32_t n)
{
    uint32_t i = transient_start(t, secret, &t->entries[n].address, &t->entries[n].key);

    while (t->index[i] != 0)
        i = (i + 1) & (t->cap - 1);
    t->index[i] = n + 1;
}

static bool transient_grow(struct dry__transient_table *t, const struct dry__secret *secret)
{
    uint32_t cap = t->cap == 0 ? CAP_FIRST : t->cap * 2;
    struct dry__transient *entries;
    uint32_t *index;

    if (cap == 0)
        return false;
    entries = dry_realloc(t->entries, (size_t)t->entry_cap * sizeof(*entries),
                          (size_t)cap * sizeof(*entries));
    if (entries == NULL)
        return false;
    t->entries = entries;
    t->entry_cap = cap;
    index = dry_alloc((size_t)cap * sizeof(*index));
    if (index == NULL)
        return false;
    dry_free(t->index);
    t->index = index;
    t->cap = cap;
    for (uint32_t i = 0; i < t->count; i++)
        transient_place(t, secret, i);
    return true;
}

uint32_t dry__transient_add(struct dry__transient_table *t, const struct dry__secret *secret,
                            const struct dry_address *address, const struct dry_hash *key)
{
    if (is_full(t->count, t->cap) && !transient_grow(t, secret))
        return NONE;
    t->entries[t->count] = (struct dry__transient){*address, *key, DRY_U256_ZERO};
    transient_place(t, secret, t->count);
    return t->count++;
}

void dry__transient_clear(struct dry__transient_table *t)
{
    if (t->count == 0)
        return;
    memset(t->index, 0, (size_t)t->cap * sizeof(*t->index));
    t->count = 0;
}

void dry__transient_fini(struct dry__transient_table *t)
{
    dry_free(t->entries);
    dry_free(t->index);
    memset(t, 0, sizeof(*t));
}

static int pointer_compare(const void *a, const void *b, size_t offset, size_t bytes)
{
    return memcmp((const uint8_t *)a + offset, (const uint8_t *)b + offset, bytes);
}

static void sift_down(void **items, uint32_t root, uint32_t count, size_t offset, size_t bytes)
{
    void *moved = items[root];

    for (;;) {
        uint64_t child = 2 * (uint64_t)root + 1;

        if (child >= count)
            break;
        if (child + 1 < count && pointer_compare(items[child], items[child + 1], offset, bytes) < 0)
            child++;
        if (pointer_compare(moved, items[child], offset, bytes) >= 0)
            break;
        items[root] = items[child];
        root = (uint32_t)child;
    }
    items[root] = moved;
}

void dry__sort_pointers(void **items, uint32_t count, size_t key_offset, size_t key_bytes)
{
    for (uint32_t i = count / 2; i-- > 0;)
        sift_down(items, i, count, key_offset, key_bytes);
    for (uint32_t end = count; end > 1;) {
        void *largest = items[0];

        items[0] = items[--end];
        items[end] = largest;
        sift_down(items, 0, end, key_offset, key_bytes);
    }
}
