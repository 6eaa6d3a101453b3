/* The cache of analysed code: a chained hash map and a list by age. */
#include "evm/code.h"

#define BUCKETS_MIN 64u

void dry__code_cache_init(struct dry__code_cache *c, size_t max)
{
    *c = (struct dry__code_cache){.max = max};
}

static uint32_t bucket_of(const struct dry__code_cache *c, const struct dry_hash *hash)
{
    uint32_t h;
    memcpy(&h, hash->b, sizeof(h));
    return h & (c->bucket_count - 1);
}

static void age_unlink(struct dry__code_cache *c, struct dry__code *code)
{
    if (code->newer != NULL)
        code->newer->older = code->older;
    else
        c->newest = code->older;
    if (code->older != NULL)
        code->older->newer = code->newer;
    else
        c->oldest = code->newer;
    code->newer = code->older = NULL;
}

static void age_push(struct dry__code_cache *c, struct dry__code *code)
{
    code->older = c->newest;
    code->newer = NULL;
    if (c->newest != NULL)
        c->newest->newer = code;
    c->newest = code;
    if (c->oldest == NULL)
        c->oldest = code;
}

static void make_newest(struct dry__code_cache *c, struct dry__code *code)
{
    if (c->newest == code)
        return;
    age_unlink(c, code);
    age_push(c, code);
}

static void drop(struct dry__code_cache *c, struct dry__code *code)
{
    struct dry__code **at = &c->buckets[bucket_of(c, &code->hash)];
    while (*at != code)
        at = &(*at)->bucket_next;
    *at = code->bucket_next;
    age_unlink(c, code);
    c->held -= code->counted;
    c->count--;
    code->cached = false;
    dry__code_release(code);
}

/* The newest code's cost has changed. */
static void count_again(struct dry__code_cache *c, struct dry__code *code)
{
    c->held += code->cost - code->counted;
    code->counted = code->cost;
    while (c->held > c->max && c->oldest != NULL && c->oldest != code)
        drop(c, c->oldest); /* a frame that runs it keeps it alive */
}

void dry__code_cache_fini(struct dry__code_cache *c)
{
    while (c->oldest != NULL)
        drop(c, c->oldest);
    dry_free((void *)c->buckets);
    *c = (struct dry__code_cache){0};
}

/* Twice the buckets (or the first). Failure leaves the map as it was. */
static bool grow(struct dry__code_cache *c)
{
    uint32_t n = c->bucket_count == 0 ? BUCKETS_MIN : c->bucket_count * 2;
    struct dry__code **buckets = dry_alloc(n * sizeof(*buckets));
    if (buckets == NULL)
        return false;
    dry_free((void *)c->buckets);
    c->buckets = buckets;
    c->bucket_count = n;
    for (struct dry__code *code = c->newest; code != NULL; code = code->older) {
        uint32_t b = bucket_of(c, &code->hash);
        code->bucket_next = buckets[b];
        buckets[b] = code;
    }
    return true;
}

static struct dry__code *lookup(struct dry__code_cache *c, const struct dry_hash *hash,
                                uint32_t variant)
{
    if (c->bucket_count == 0)
        return NULL;
    struct dry__code *code = c->buckets[bucket_of(c, hash)];
    while (code != NULL && (code->variant != variant || !dry_hash_equal(&code->hash, hash)))
        code = code->bucket_next;
    return code;
}

struct dry__code *dry__code_get(struct dry__code_cache *c, const struct dry_hash *hash,
                                struct dry_bytes bytes, const struct dry__op_info *ops,
                                enum dry_fork evm_fork, enum dry__code_mode mode)
{
    uint32_t variant = (uint32_t)evm_fork << 1 | (mode == DRY__CODE_EXACT);
    struct dry__code *code = lookup(c, hash, variant);
    if (code != NULL) {
        make_newest(c, code);
        code->bytes = bytes.ptr; /* the lender of the last time may be gone */
        code->users++;
        return code;
    }
    code = dry__code_new(bytes, ops, mode);
    if (code == NULL)
        return NULL;
    if (c->count >= c->bucket_count && !grow(c) && c->bucket_count == 0)
        return code; /* no memory for the map: run it uncached */
    code->hash = *hash;
    code->variant = variant;
    code->cached = true;
    uint32_t b = bucket_of(c, hash);
    code->bucket_next = c->buckets[b];
    c->buckets[b] = code;
    age_push(c, code);
    c->count++;
    code->users++;
    count_again(c, code);
    return code;
}

void dry__code_cache_settle(struct dry__code_cache *c, struct dry__code *code)
{
    if (!code->cached || code->counted == code->cost)
        return;
    make_newest(c, code);
    count_again(c, code);
}
