/* A state in memory: accounts by address and slots by key in sorted arrays. Applying a diff makes
 * new arrays and then swaps, so that a failure changes nothing. */
#include "account.h"
#include "sort.h"
#include "stack_trie.h"

#include <drystone/state.h>

struct slot {
    struct dry_hash key, hashed;
    struct dry_u256 value;
};
struct account {
    struct dry_address address;
    bool root_known; /* account.storage_root is that of the slots */
    struct dry_hash hashed;
    struct dry_account account;
    uint32_t slot_count;
    struct slot *slots; /* by key */
};
struct code {
    struct dry_hash hash;
    size_t len;
    uint8_t *bytes;
};
struct block_hash {
    uint64_t number;
    struct dry_hash hash;
};
struct dry_memory_state {
    struct dry_state_reader r;
    uint32_t count, code_count, block_hash_count, block_hash_cap;
    struct account *accounts; /* by address */
    struct code *codes;       /* by hash; kept until close, for readers borrow them */
    struct block_hash *block_hashes;
    struct dry_arena scratch;
};

static struct dry_memory_state *state_of(struct dry_state_reader *r)
{
    return (struct dry_memory_state *)r;
}

static struct account *account_find(const struct dry_memory_state *m,
                                    const struct dry_address *address)
{
    uint32_t lo = 0, hi = m->count;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int c = memcmp(m->accounts[mid].address.b, address->b, 20);

        if (c == 0)
            return &m->accounts[mid];
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

/* The place of a code, or where it would stand. */
static bool code_find(const struct code *codes, uint32_t count, const struct dry_hash *hash,
                      uint32_t *at)
{
    uint32_t lo = 0, hi = count;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int c = memcmp(codes[mid].hash.b, hash->b, 32);

        if (c == 0) {
            *at = mid;
            return true;
        }
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *at = lo;
    return false;
}

/* --- roots --- */

/* The root over the slots of a (may be NULL) with those of d (may be NULL) on top. */
static dry_status storage_root(struct dry_hash *out, const struct account *a,
                               const struct dry_account_diff *d, struct dry_arena *scratch)
{
    uint32_t na = a != NULL && (d == NULL || !d->storage_wiped) ? a->slot_count : 0;
    uint32_t nd = d != NULL ? d->slot_count : 0, i = 0, j = 0, n = 0;
    struct dry_arena_mark mark = dry_arena_mark(scratch);
    struct dry_hash *hashed = NULL;
    const struct dry_u256 **values = NULL;
    struct dry__sort_item *items = NULL;
    struct dry__stack_trie t;
    dry_status st = DRY_ENOMEM;

    if ((uint64_t)na + nd > UINT32_MAX / 2)
        return DRY_STATUS(ELIMIT, "too many slots in one account");
    if (na + nd == 0) {
        *out = dry_hash_empty_trie;
        return DRY_OK;
    }
    hashed = dry_arena_zalloc(scratch, nd, sizeof(*hashed));
    values = dry_arena_zalloc(scratch, na + nd, sizeof(const struct dry_u256 *));
    items = dry_arena_zalloc(scratch, na + nd, 2 * sizeof(*items));
    if ((hashed == NULL && nd != 0) || values == NULL || items == NULL)
        goto done;
    while (i < na || j < nd) {
        int c = i == na ? 1 : j == nd ? -1 : memcmp(a->slots[i].key.b, d->slots[j].key.b, 32);

        if (c < 0) {
            values[n] = &a->slots[i].value;
            dry__sort_item_set(&items[n], a->slots[i].hashed.b, 32, n);
            n++;
        } else if (!dry_u256_is_zero(&d->slots[j].value)) {
            values[n] = &d->slots[j].value;
            dry_keccak256(&hashed[j], DRY_BYTES_ARRAY(d->slots[j].key.b));
            dry__sort_item_set(&items[n], hashed[j].b, 32, n);
            n++;
        }
        i += c <= 0;
        j += c >= 0;
    }
    dry__sort(items, items + na + nd, n);
    dry__stack_trie_init(&t, true, scratch);
    st = DRY_OK;
    for (uint32_t k = 0; k < n && dry_ok(st); k++) {
        uint8_t value[33];
        size_t len = dry__slot_encode(value, values[items[k].index]);

        st = dry__stack_trie_add(&t, dry_bytes_of(items[k].key, 32), dry_bytes_of(value, len));
    }
    if (dry_ok(st))
        dry__stack_trie_finish(&t, out);
done:
    dry_arena_rewind(scratch, mark);
    return st;
}

static dry_status account_root_know(struct dry_memory_state *m, struct account *a)
{
    dry_status st = DRY_OK;

    if (!a->root_known)
        st = storage_root(&a->account.storage_root, a, NULL, &m->scratch);
    a->root_known = dry_ok(st);
    return st;
}

/* An account as the trie will hold it. */
struct entry {
    struct dry_hash hashed;
    struct dry_account account;
};

static dry_status entry_from_diff(struct entry *e, struct account *a,
                                  const struct dry_account_diff *d, struct dry_memory_state *m)
{
    dry_keccak256(&e->hashed, DRY_BYTES_ARRAY(d->address.b));
    e->account.nonce = d->nonce;
    e->account.balance = d->balance;
    e->account.code_hash = d->code_hash;
    if (a != NULL && d->slot_count == 0 && !d->storage_wiped) {
        dry_status st = account_root_know(m, a);

        e->account.storage_root = a->account.storage_root;
        return st;
    }
    return storage_root(&e->account.storage_root, a, d, &m->scratch);
}

/* A step of the way through the accounts of m and of a diff, in order of address. */
struct merge {
    struct dry_memory_state *m;
    const struct dry_state_diff *diff;
    uint32_t i, j;                    /* of the next in each */
    struct account *a;                /* this step's; NULL when the diff makes it */
    const struct dry_account_diff *d; /* NULL when the diff leaves it alone */
};

/* False at the end. */
static bool merge_next(struct merge *g)
{
    int c;

    g->a = g->i < g->m->count ? &g->m->accounts[g->i] : NULL;
    g->d = g->j < g->diff->count ? &g->diff->accounts[g->j] : NULL;
    if (g->a == NULL && g->d == NULL)
        return false;
    c = g->a == NULL ? 1 : g->d == NULL ? -1 : memcmp(g->a->address.b, g->d->address.b, 20);
    if (c > 0)
        g->a = NULL;
    if (c < 0)
        g->d = NULL;
    g->i += c <= 0;
    g->j += c >= 0;
    return true;
}

/* The accounts of m with diff on top, in order of address; *n of them. */
static dry_status entries_merge(struct entry *entries, uint32_t *n, struct dry_memory_state *m,
                                const struct dry_state_diff *diff)
{
    struct merge g = {.m = m, .diff = diff};
    dry_status st = DRY_OK;

    *n = 0;
    while (dry_ok(st) && merge_next(&g)) {
        if (g.d == NULL) {
            st = account_root_know(m, g.a);
            entries[(*n)++] = (struct entry){g.a->hashed, g.a->account};
        } else if (g.d->exists) {
            st = entry_from_diff(&entries[(*n)++], g.a, g.d, m);
        }
    }
    return st;
}

static dry_status state_root(struct dry_memory_state *m, struct dry_hash *out,
                             const struct dry_state_diff *diff)
{
    struct dry_arena_mark mark = dry_arena_mark(&m->scratch);
    struct dry__sort_item *items = NULL;
    struct entry *entries = NULL;
    struct dry__stack_trie t;
    dry_status st = dry__diff_check(diff);
    uint32_t max, n;

    if (!dry_ok(st))
        return st;
    if ((uint64_t)m->count + diff->count > UINT32_MAX / 2)
        return DRY_STATUS(ELIMIT, "too many accounts for a state in memory");
    max = m->count + diff->count;
    st = DRY_ENOMEM;
    entries = dry_arena_zalloc(&m->scratch, (size_t)max + 1, sizeof(*entries));
    items = dry_arena_zalloc(&m->scratch, (size_t)max + 1, 2 * sizeof(*items));
    if (entries == NULL || items == NULL)
        goto done;
    st = entries_merge(entries, &n, m, diff);
    if (!dry_ok(st))
        goto done;
    for (uint32_t i = 0; i < n; i++)
        dry__sort_item_set(&items[i], entries[i].hashed.b, 32, i);
    dry__sort(items, items + n, n);
    dry__stack_trie_init(&t, true, &m->scratch);
    for (uint32_t i = 0; i < n && dry_ok(st); i++) {
        uint8_t value[DRY__VALUE_BYTES_MAX];
        size_t len = dry__account_encode(value, &entries[items[i].index].account);

        st = dry__stack_trie_add(&t, dry_bytes_of(items[i].key, 32), dry_bytes_of(value, len));
    }
    if (dry_ok(st))
        dry__stack_trie_finish(&t, out);
done:
    dry_arena_rewind(&m->scratch, mark);
    return st;
}

dry_status dry_memory_state_root(struct dry_memory_state *m, struct dry_hash *out)
{
    const struct dry_state_diff none = {0, NULL};

    return state_root(m, out, &none);
}

/* --- applying --- */

/* Slots of a (may be NULL) with those of d on top, in an array of their own. */
static dry_status slots_merge(struct account *to, const struct account *a,
                              const struct dry_account_diff *d)
{
    uint32_t na = a != NULL && !d->storage_wiped ? a->slot_count : 0, i = 0, j = 0, n = 0;
    struct slot *slots = NULL;
    size_t bytes;

    to->slots = NULL;
    to->slot_count = 0;
    if (na == 0 && d->slot_count == 0)
        return DRY_OK;
    if ((uint64_t)na + d->slot_count > UINT32_MAX / 2)
        return DRY_STATUS(ELIMIT, "too many slots in one account");
    if (__builtin_mul_overflow((size_t)na + d->slot_count, sizeof(*slots), &bytes))
        return DRY_ENOMEM;
    slots = dry_alloc(bytes);
    if (slots == NULL)
        return DRY_ENOMEM;
    while (i < na || j < d->slot_count) {
        int c = i == na              ? 1
                : j == d->slot_count ? -1
                                     : memcmp(a->slots[i].key.b, d->slots[j].key.b, 32);

        if (c < 0) {
            slots[n++] = a->slots[i];
        } else if (!dry_u256_is_zero(&d->slots[j].value)) {
            slots[n].key = d->slots[j].key;
            slots[n].value = d->slots[j].value;
            if (c == 0)
                slots[n].hashed = a->slots[i].hashed;
            else
                dry_keccak256(&slots[n].hashed, DRY_BYTES_ARRAY(slots[n].key.b));
            n++;
        }
        i += c <= 0;
        j += c >= 0;
    }
    to->slots = slots;
    to->slot_count = n;
    return DRY_OK;
}

static bool slots_stay(const struct dry_account_diff *d)
{
    return d->exists && d->slot_count == 0 && !d->storage_wiped;
}

static dry_status account_merge(struct account *to, bool *fresh, const struct account *a,
                                const struct dry_account_diff *d)
{
    to->address = d->address;
    to->account.nonce = d->nonce;
    to->account.balance = d->balance;
    to->account.code_hash = d->code_hash;
    if (a != NULL)
        to->hashed = a->hashed;
    else
        dry_keccak256(&to->hashed, DRY_BYTES_ARRAY(d->address.b));
    *fresh = !slots_stay(d);
    if (!*fresh) {
        to->root_known = a == NULL || a->root_known;
        to->account.storage_root = a == NULL ? dry_hash_empty_trie : a->account.storage_root;
        to->slots = a != NULL ? a->slots : NULL;
        to->slot_count = a != NULL ? a->slot_count : 0;
        return DRY_OK;
    }
    to->root_known = false;
    return slots_merge(to, a, d);
}

/* Add the diff's codes. What was added stays when a later step fails: it is not reachable. */
static dry_status codes_add(struct dry_memory_state *m, const struct dry_state_diff *diff)
{
    for (uint32_t i = 0; i < diff->count; i++) {
        const struct dry_account_diff *d = &diff->accounts[i];
        struct code *grown;
        uint32_t at;
        uint8_t *bytes;

        if (!d->exists || !d->code_changed || d->code.len == 0 ||
            code_find(m->codes, m->code_count, &d->code_hash, &at))
            continue;
        grown = dry_realloc(m->codes, m->code_count * sizeof(*grown),
                            ((size_t)m->code_count + 1) * sizeof(*grown));
        if (grown == NULL)
            return DRY_ENOMEM;
        m->codes = grown;
        bytes = dry_alloc(d->code.len);
        if (bytes == NULL)
            return DRY_ENOMEM;
        memcpy(bytes, d->code.ptr, d->code.len);
        memmove(&grown[at + 1], &grown[at], (m->code_count - at) * sizeof(*grown));
        grown[at] = (struct code){d->code_hash, d->code.len, bytes};
        m->code_count++;
    }
    return DRY_OK;
}

/* Make the merged accounts. Those of m that the diff leaves alone are moved as they are, and share
 * their slots with m until the swap; the array `fresh` tells which slots are new. */
static dry_status accounts_merge(struct account *to, bool *fresh, uint32_t *n,
                                 struct dry_memory_state *m, const struct dry_state_diff *diff)
{
    struct merge g = {.m = m, .diff = diff};
    dry_status st = DRY_OK;

    *n = 0;
    while (dry_ok(st) && merge_next(&g)) {
        if (g.d == NULL) {
            to[(*n)++] = *g.a;
        } else if (g.d->exists) {
            st = account_merge(&to[*n], &fresh[*n], g.a, g.d);
            *n += dry_ok(st);
        }
    }
    return st;
}

dry_status dry_memory_state_apply(struct dry_memory_state *m, const struct dry_state_diff *diff)
{
    struct account *to = NULL;
    struct dry_arena_mark mark = dry_arena_mark(&m->scratch);
    bool *fresh = NULL;
    uint32_t n = 0;
    size_t max;
    dry_status st = dry__diff_check(diff);

    if (!dry_ok(st))
        return st;
    if ((uint64_t)m->count + diff->count > UINT32_MAX / sizeof(*to))
        return DRY_STATUS(ELIMIT, "too many accounts for a state in memory");
    max = (size_t)m->count + diff->count;
    st = DRY_ENOMEM;
    fresh = dry_arena_zalloc(&m->scratch, max + 1, sizeof(*fresh));
    to = dry_alloc((max + 1) * sizeof(*to));
    if (fresh == NULL || to == NULL)
        goto done;
    st = codes_add(m, diff);
    if (!dry_ok(st))
        goto done;
    st = accounts_merge(to, fresh, &n, m, diff);
    if (!dry_ok(st))
        goto done;
    /* Nothing fails from here: free the slots that were replaced. */
    for (uint32_t j = 0; j < diff->count; j++) {
        struct account *a = account_find(m, &diff->accounts[j].address);

        if (a != NULL && !slots_stay(&diff->accounts[j]))
            dry_free(a->slots);
    }
    dry_free(m->accounts);
    m->accounts = to;
    m->count = n;
    to = NULL;
done:
    for (uint32_t i = 0; to != NULL && fresh != NULL && i < n; i++)
        if (fresh[i])
            dry_free(to[i].slots);
    dry_free(to);
    dry_arena_rewind(&m->scratch, mark);
    return st;
}

/* --- reading --- */

static dry_status memory_account(struct dry_state_reader *r, bool *exists, struct dry_account *out,
                                 const struct dry_address *address)
{
    struct account *a = account_find(state_of(r), address);
    dry_status st;

    if (a == NULL) {
        *exists = false;
        return DRY_OK;
    }
    st = account_root_know(state_of(r), a);
    if (dry_ok(st)) {
        *exists = true;
        *out = a->account;
    }
    return st;
}

static dry_status memory_slot(struct dry_state_reader *r, struct dry_u256 *out,
                              const struct dry_address *address, const struct dry_hash *key)
{
    const struct account *a = account_find(state_of(r), address);
    uint32_t lo = 0, hi = a != NULL ? a->slot_count : 0;

    *out = DRY_U256_ZERO;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int c = memcmp(a->slots[mid].key.b, key->b, 32);

        if (c == 0) {
            *out = a->slots[mid].value;
            break;
        }
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return DRY_OK;
}

static dry_status memory_code(struct dry_state_reader *r, struct dry_bytes *out,
                              const struct dry_hash *code_hash)
{
    const struct dry_memory_state *m = state_of(r);
    uint32_t at;

    if (dry_hash_equal(code_hash, &dry_hash_empty_code)) {
        *out = DRY_BYTES_EMPTY;
        return DRY_OK;
    }
    if (!code_find(m->codes, m->code_count, code_hash, &at))
        return DRY_STATUS(ECORRUPT, "code is missing");
    *out = dry_bytes_of(m->codes[at].bytes, m->codes[at].len);
    return DRY_OK;
}

static dry_status memory_block_hash(struct dry_state_reader *r, struct dry_hash *out,
                                    uint64_t number)
{
    const struct dry_memory_state *m = state_of(r);

    memset(out->b, 0, 32);
    for (uint32_t i = 0; i < m->block_hash_count; i++)
        if (m->block_hashes[i].number == number)
            *out = m->block_hashes[i].hash;
    return DRY_OK;
}

static dry_status memory_root_after(struct dry_state_reader *r, struct dry_hash *out,
                                    const struct dry_state_diff *diff)
{
    return state_root(state_of(r), out, diff);
}

static const struct dry_state_reader_ops memory_ops = {
    .account = memory_account,
    .slot = memory_slot,
    .code = memory_code,
    .block_hash = memory_block_hash,
    .root_after = memory_root_after,
};

dry_status dry_memory_state_set_block_hash(struct dry_memory_state *m, uint64_t number,
                                           const struct dry_hash *hash)
{
    if (m->block_hash_count == m->block_hash_cap) {
        uint32_t cap = m->block_hash_cap != 0 ? 2 * m->block_hash_cap : 8;
        struct block_hash *grown;

        if (cap > UINT32_MAX / sizeof(*grown) / 2)
            return DRY_STATUS(ELIMIT, "too many block hashes");
        grown =
            dry_realloc(m->block_hashes, m->block_hash_cap * sizeof(*grown), cap * sizeof(*grown));
        if (grown == NULL)
            return DRY_ENOMEM;
        m->block_hashes = grown;
        m->block_hash_cap = cap;
    }
    m->block_hashes[m->block_hash_count++] = (struct block_hash){number, *hash};
    return DRY_OK;
}

struct dry_state_reader *dry_memory_state_reader(struct dry_memory_state *m)
{
    return &m->r;
}

dry_status dry_memory_state_open(struct dry_memory_state **out)
{
    struct dry_memory_state *m = dry_alloc(sizeof(*m));

    if (m == NULL)
        return DRY_ENOMEM;
    m->r.ops = &memory_ops;
    *out = m;
    return DRY_OK;
}

void dry_memory_state_close(struct dry_memory_state *m)
{
    if (m == NULL)
        return;
    for (uint32_t i = 0; i < m->count; i++)
        dry_free(m->accounts[i].slots);
    for (uint32_t i = 0; i < m->code_count; i++)
        dry_free(m->codes[i].bytes);
    dry_free(m->accounts);
    dry_free(m->codes);
    dry_free(m->block_hashes);
    dry_arena_fini(&m->scratch);
    dry_free(m);
}
