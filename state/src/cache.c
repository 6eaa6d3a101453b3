/* The cache of encoded nodes. */
#include "cache.h"

#define WAYS 4u

dry_status dry__cache_init(struct dry__cache *c, uint64_t bytes)
{
    uint64_t sets = 1;

    while (sets < (1u << 30) && 2 * sets * WAYS * sizeof(struct dry__cache_slot) <= bytes)
        sets *= 2;
    if (sets > SIZE_MAX / (WAYS * sizeof(struct dry__cache_slot)))
        return DRY_STATUS(ELIMIT, "state cache larger than memory can be");
    c->slots = dry_alloc((size_t)(sets * WAYS * sizeof(struct dry__cache_slot)));
    if (c->slots == NULL)
        return DRY_ENOMEM;
    c->sets = sets;
    return DRY_OK;
}

void dry__cache_fini(struct dry__cache *c)
{
    dry_free(c->slots);
    c->slots = NULL;
}

static struct dry__cache_slot *set_of(const struct dry__cache *c, const uint8_t hash[32])
{
    uint64_t h;

    memcpy(&h, hash, sizeof(h));
    return &c->slots[(h & (c->sets - 1)) * WAYS];
}

bool dry__cache_get(const struct dry__cache *c, struct dry_bytes *out, const uint8_t hash[32],
                    bool mark)
{
    struct dry__cache_slot *set;

    if (c->slots == NULL)
        return false;
    set = set_of(c, hash);
    for (unsigned i = 0; i < WAYS; i++) {
        if (set[i].len != 0 && memcmp(set[i].hash, hash, 32) == 0) {
            if (mark)
                set[i].used = 1;
            *out = dry_bytes_of(set[i].bytes, set[i].len);
            return true;
        }
    }
    return false;
}

void dry__cache_put(struct dry__cache *c, const uint8_t hash[32], struct dry_bytes node)
{
    struct dry__cache_slot *set, *to = NULL;

    if (c->slots == NULL || node.len == 0 || node.len > DRY__NODE_BYTES_MAX)
        return;
    set = set_of(c, hash);
    for (unsigned i = 0; i < WAYS; i++)
        if (set[i].len != 0 && memcmp(set[i].hash, hash, 32) == 0)
            return;
    for (unsigned i = 0; i < WAYS && to == NULL; i++)
        if (set[i].len == 0 || set[i].used == 0)
            to = &set[i];
    if (to == NULL) { /* all used of late: start a new round with the one the hash names */
        for (unsigned i = 0; i < WAYS; i++)
            set[i].used = 0;
        to = &set[hash[31] % WAYS];
    }
    memcpy(to->hash, hash, 32);
    memcpy(to->bytes, node.ptr, node.len);
    to->len = (uint16_t)node.len;
    to->used = 1;
}

void dry__cache_yield(struct dry__cache *c, const uint8_t hash[32])
{
    struct dry__cache_slot *set;

    if (c->slots == NULL)
        return;
    set = set_of(c, hash);
    for (unsigned i = 0; i < WAYS; i++)
        if (set[i].len != 0 && memcmp(set[i].hash, hash, 32) == 0)
            set[i].used = 0;
}
