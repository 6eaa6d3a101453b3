/* From a diff to the new root: slots first, account by account, then the accounts. Jobs have arenas
 * and buffers of their own and only read the writer's cache. */
#include "database.h"
#include "sort.h"

#define PARALLEL_SLOTS 256u /* below, handing out jobs costs more than it saves */
#define PARALLEL_ACCOUNTS 256u

struct item {
    const struct dry_account_diff *d;
    struct dry_hash hashed;
    struct dry_hash old_root; /* of its slots */
    struct dry_hash new_root;
    struct dry__changes changes;
};

/* A source of nodes for one job, or for the writer (exclusive). */
struct source {
    struct dry_state_view *v;
    struct dry__cache *cache; /* NULL: do not look there */
    bool exclusive;           /* nobody else uses the cache */
    struct dry_buf buf;
};

static dry_status source_load(void *ctx, struct dry_bytes *out, const struct dry__place *at,
                              const uint8_t hash[32])
{
    struct source *s = ctx;
    dry_status st;

    if (s->cache != NULL && dry__cache_get(s->cache, out, hash, s->exclusive))
        return DRY_OK;
    s->buf.len = 0;
    st = dry__node_read(s->v, &s->buf, at, hash);
    if (st.code == DRY_CODE_ENOTFOUND)
        return DRY_STATUS(ECORRUPT, "a trie node is missing");
    if (!dry_ok(st))
        return st;
    if (s->cache != NULL && s->exclusive)
        dry__cache_put(s->cache, hash, dry_buf_bytes(&s->buf));
    *out = dry_buf_bytes(&s->buf);
    return DRY_OK;
}

/* --- slots of one account --- */

/* A wiped trie that is filled again may get nodes it had: those neither come nor go. */
static dry_status changes_cancel(struct dry__changes *c, struct dry_arena *arena)
{
    struct dry__sort_item *items;
    struct dry__change **all, *ch;
    uint32_t n = 0;

    if (c->count > UINT32_MAX / 2)
        return DRY_STATUS(ELIMIT, "too many nodes in one change");
    items = dry_arena_zalloc(arena, (size_t)c->count, 2 * sizeof(*items));
    all = dry_arena_zalloc(arena, (size_t)c->count, sizeof(struct dry__change *));
    if (items == NULL || all == NULL)
        return DRY_ENOMEM;
    for (ch = c->first; ch != NULL; ch = ch->next) {
        all[n] = ch;
        dry__sort_item_set(&items[n], ch->bytes, ch->key_len, n);
        n++;
    }
    dry__sort(items, items + n, n);
    for (uint32_t i = 1; i < n; i++) {
        if (!dry__sort_item_equal(&items[i - 1], &items[i]))
            continue;
        DRY_ASSERT(all[items[i - 1].index]->drop && !all[items[i].index]->drop);
        all[items[i - 1].index]->key_len = 0;
        all[items[i].index]->key_len = 0;
    }
    return DRY_OK;
}

static dry_status slots_put(struct dry__trie *t, const struct dry_account_diff *d,
                            struct dry_arena *arena)
{
    struct dry_hash *hashed = dry_arena_alloc(arena, d->slot_count * sizeof(*hashed));

    if (hashed == NULL)
        return DRY_ENOMEM;
    for (uint32_t i = 0; i < d->slot_count; i++)
        dry_keccak256(&hashed[i], DRY_BYTES_ARRAY(d->slots[i].key.b));
    for (uint32_t i = 0; i < d->slot_count; i++) {
        uint8_t value[33];
        dry_status st;

        if (dry_u256_is_zero(&d->slots[i].value))
            continue;
        st = dry__trie_put(t, &hashed[i],
                           dry_bytes_of(value, dry__slot_encode(value, &d->slots[i].value)));
        if (!dry_ok(st))
            return st;
    }
    for (uint32_t i = 0; i < d->slot_count; i++) {
        if (dry_u256_is_zero(&d->slots[i].value)) {
            dry_status st = dry__trie_remove(t, &hashed[i]);

            if (!dry_ok(st))
                return st;
        }
    }
    return DRY_OK;
}

static dry_status item_slots(struct item *it, bool record, struct source *src,
                             struct dry_arena *arena)
{
    const struct dry__nodes nodes = {source_load, src};
    struct dry__changes *changes = record ? &it->changes : NULL;
    bool wiped = !it->d->exists || it->d->storage_wiped;
    struct dry__trie t;
    dry_status st = DRY_OK;

    it->new_root = it->old_root;
    if (wiped) {
        if (record && src->v->s->journal.keep != 0) {
            dry__trie_init(&t, &nodes, &it->hashed, &it->old_root, changes, arena);
            st = dry__trie_drop_all(&t);
        }
        it->new_root = dry_hash_empty_trie;
    }
    if (!dry_ok(st) || !it->d->exists || it->d->slot_count == 0)
        return st;
    dry__trie_init(&t, &nodes, &it->hashed, &it->new_root, changes, arena);
    st = slots_put(&t, it->d, arena);
    if (dry_ok(st))
        st = dry__trie_commit(&t, &it->new_root);
    if (dry_ok(st) && wiped && record && it->changes.count != 0)
        st = changes_cancel(&it->changes, arena);
    return st;
}

/* --- all accounts --- */

struct work {
    struct dry__apply *a;
    struct dry__cache *cache; /* the writer's, or NULL when this is no writer */
    struct item *items;
    uint32_t count;
    struct dry__trie trie;
    dry_status st[DRY__APPLY_JOBS];
    struct dry__changes changes[DRY__APPLY_JOBS];
};

static void slots_job(void *ctx, uint32_t index)
{
    struct work *w = ctx;
    struct source src = {.v = w->a->v, .cache = w->cache};

    w->st[index] = DRY_OK;
    for (uint32_t i = index; i < w->count && dry_ok(w->st[index]); i += DRY__APPLY_JOBS)
        w->st[index] =
            item_slots(&w->items[i], w->a->changes != NULL, &src, &w->a->job_arena[index]);
    dry_buf_fini(&src.buf);
}

static dry_status slots_all(struct work *w, struct source *src)
{
    uint64_t slots = 0;
    dry_status st = DRY_OK;

    for (uint32_t i = 0; i < w->count; i++)
        slots += w->items[i].d->exists ? w->items[i].d->slot_count : 0;
    if (dry_jobs_threads(w->a->jobs) > 1 && slots >= PARALLEL_SLOTS && w->count > 1) {
        dry_jobs_run(w->a->jobs, slots_job, w, DRY__APPLY_JOBS);
        for (uint32_t i = 0; i < DRY__APPLY_JOBS && dry_ok(st); i++)
            st = w->st[i];
    } else {
        for (uint32_t i = 0; i < w->count && dry_ok(st); i++)
            st = item_slots(&w->items[i], w->a->changes != NULL, src, w->a->arena);
    }
    for (uint32_t i = 0; i < w->count && dry_ok(st) && w->a->changes != NULL; i++)
        dry__changes_append(w->a->changes, &w->items[i].changes);
    return st;
}

static void hash_job(void *ctx, uint32_t index)
{
    struct work *w = ctx;
    uint8_t path[1] = {(uint8_t)index};

    w->st[index] = dry__trie_hash_below(&w->trie, &dry__trie_root_children(&w->trie)[index], path,
                                        1, w->a->changes != NULL ? &w->changes[index] : NULL,
                                        &w->a->job_arena[index]);
}

static dry_status accounts_hash(struct work *w, struct dry_hash *root)
{
    dry_status st = DRY_OK;

    if (dry_jobs_threads(w->a->jobs) > 1 && w->count >= PARALLEL_ACCOUNTS &&
        dry__trie_root_children(&w->trie) != NULL) {
        for (uint32_t i = 0; i < DRY__APPLY_JOBS; i++)
            dry__changes_init(&w->changes[i]);
        dry_jobs_run(w->a->jobs, hash_job, w, DRY__APPLY_JOBS);
        for (uint32_t i = 0; i < DRY__APPLY_JOBS && dry_ok(st); i++) {
            st = w->st[i];
            if (dry_ok(st) && w->a->changes != NULL)
                dry__changes_append(w->a->changes, &w->changes[i]);
        }
    }
    return dry_ok(st) ? dry__trie_commit(&w->trie, root) : st;
}

/* Items in order of hashed address: neighbours in the trie follow one another. */
static dry_status items_make(struct work *w, const struct dry_state_diff *diff)
{
    struct dry__sort_item *order;
    struct dry_hash *hashed;

    if (diff->count > UINT32_MAX / 2)
        return DRY_STATUS(ELIMIT, "too many accounts in one diff");
    w->count = diff->count;
    hashed = dry_arena_alloc(w->a->arena, diff->count * sizeof(*hashed));
    order = dry_arena_zalloc(w->a->arena, diff->count, 2 * sizeof(*order));
    w->items = dry_arena_zalloc(w->a->arena, diff->count, sizeof(*w->items));
    if (hashed == NULL || order == NULL || w->items == NULL)
        return DRY_ENOMEM;
    for (uint32_t i = 0; i < diff->count; i++) {
        dry_keccak256(&hashed[i], DRY_BYTES_ARRAY(diff->accounts[i].address.b));
        dry__sort_item_set(&order[i], hashed[i].b, 32, i);
    }
    dry__sort(order, order + diff->count, diff->count);
    for (uint32_t i = 0; i < diff->count; i++) {
        w->items[i].d = &diff->accounts[order[i].index];
        w->items[i].hashed = hashed[order[i].index];
        dry__changes_init(&w->items[i].changes);
    }
    return DRY_OK;
}

static dry_status items_read(struct work *w)
{
    for (uint32_t i = 0; i < w->count; i++) {
        struct item *it = &w->items[i];
        struct dry_account old;
        struct dry_bytes value;
        dry_status st = dry__trie_get(&w->trie, &value, &it->hashed);

        it->old_root = dry_hash_empty_trie;
        if (dry_ok(st) && value.len != 0) {
            st = dry__account_decode(&old, value);
            if (st.code == DRY_CODE_EDECODE)
                st.code = DRY_CODE_ECORRUPT;
            if (dry_ok(st))
                it->old_root = old.storage_root;
        }
        if (!dry_ok(st))
            return st;
    }
    return DRY_OK;
}

static dry_status items_put(struct work *w)
{
    dry_status st = DRY_OK;

    for (uint32_t i = 0; i < w->count && dry_ok(st); i++) {
        const struct item *it = &w->items[i];
        const struct dry_account a = {it->d->nonce, it->d->balance, it->d->code_hash, it->new_root};
        uint8_t value[DRY__VALUE_BYTES_MAX];

        if (it->d->exists)
            st = dry__trie_put(&w->trie, &it->hashed,
                               dry_bytes_of(value, dry__account_encode(value, &a)));
    }
    for (uint32_t i = 0; i < w->count && dry_ok(st); i++)
        if (!w->items[i].d->exists)
            st = dry__trie_remove(&w->trie, &w->items[i].hashed);
    return st;
}

dry_status dry__apply_run(struct dry__apply *a, struct dry_hash *root,
                          const struct dry_state_diff *diff)
{
    struct source src = {.v = a->v, .exclusive = true};
    const struct dry__nodes nodes = {source_load, &src};
    struct work w = {.a = a};
    dry_status st = dry__diff_check(diff);

    if (!dry_ok(st))
        return st;
    if (a->v->writer)
        w.cache = src.cache = &a->v->s->cache;
    st = items_make(&w, diff);
    if (!dry_ok(st))
        goto done;
    dry__trie_init(&w.trie, &nodes, NULL, &a->v->root, a->changes, a->arena);
    st = items_read(&w);
    if (dry_ok(st))
        st = slots_all(&w, &src);
    if (dry_ok(st))
        st = items_put(&w);
    if (dry_ok(st))
        st = accounts_hash(&w, root);
done:
    dry_buf_fini(&src.buf);
    return st;
}

void dry__apply_end(struct dry__apply *a)
{
    for (uint32_t i = 0; i < DRY__APPLY_JOBS; i++)
        dry_arena_fini(&a->job_arena[i]);
}

/* --- the writer --- */

static dry_status batch_fill(struct dry_state *s, struct dry_batch *batch,
                             const struct dry__changes *changes, const struct dry_state_diff *diff)
{
    dry_status st = DRY_OK;

    for (const struct dry__change *c = changes->first; c != NULL; c = c->next)
        if (c->key_len != 0 && c->drop)
            dry__cache_yield(&s->cache, c->bytes + c->key_len - 32);
    for (const struct dry__change *c = changes->first; c != NULL && dry_ok(st); c = c->next) {
        struct dry_bytes value = dry_bytes_of(c->bytes + c->key_len, c->value_len);

        if (c->key_len == 0 || c->drop)
            continue;
        st = dry_batch_put(batch, dry_bytes_of(c->bytes, c->key_len), value);
        dry__cache_put(&s->cache, c->bytes + c->key_len - 32, value);
    }
    for (uint32_t i = 0; i < diff->count && dry_ok(st); i++) {
        const struct dry_account_diff *d = &diff->accounts[i];
        uint8_t key[33] = {DRY__KEY_CODE};

        if (!d->exists || !d->code_changed || d->code.len == 0)
            continue;
        memcpy(key + 1, d->code_hash.b, 32);
        st = dry_batch_put(batch, DRY_BYTES_ARRAY(key), d->code);
    }
    return st;
}

dry_status dry_state_apply(struct dry_state_view *v, struct dry_hash *root, struct dry_batch *batch,
                           const struct dry_state_diff *diff, struct dry_jobs *jobs)
{
    struct dry_state *s = v->s;
    struct dry__changes changes;
    struct dry__apply work = {.v = v, .jobs = jobs, .arena = &s->scratch, .changes = &changes};
    size_t batch_len = batch->ops.len;
    uint32_t batch_count = batch->count;
    bool writer = v->writer;
    struct dry_hash made;
    dry_status st;

    dry__journal_settle(&s->journal);
    dry__changes_init(&changes);
    v->writer = true;
    st = dry__apply_run(&work, &made, diff);
    v->writer = writer;
    if (dry_ok(st))
        st = batch_fill(s, batch, &changes, diff);
    if (dry_ok(st))
        st = dry__journal_add(&s->journal, batch, &v->root, &made, &changes);
    if (dry_ok(st)) {
        *root = made;
    } else {
        batch->ops.len = batch_len;
        batch->count = batch_count;
    }
    dry__apply_end(&work);
    dry_arena_reset(&s->scratch);
    return st;
}

void dry_state_forget(struct dry_state *s)
{
    dry__journal_take_back(&s->journal);
}

dry_status dry_state_prune(struct dry_state *s, struct dry_batch *batch,
                           const struct dry_hash *head, uint64_t keep)
{
    return dry__journal_prune(&s->journal, batch, head, keep);
}
