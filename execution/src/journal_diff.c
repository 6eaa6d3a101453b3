/* What a world changed, in order. */
#include "journal_impl.h"

static bool slot_differs(const struct dry__account *a, const struct dry__slot *s)
{
    if (a->storage_wiped)
        return !dry_u256_is_zero(&s->current);
    return !dry_u256_equal(&s->current, &s->block_start);
}

static dry_status slots_diff(struct dry_account_diff *out, const struct dry__account *a,
                             struct dry_arena *arena)
{
    const struct dry__slot_table *t = (const struct dry__slot_table *)a->slots;
    struct dry_slot_diff *slots;
    struct dry__slot **changed;
    uint32_t n = 0;

    for (uint32_t i = 0; t != NULL && i < t->cap; i++)
        n += t->at[i] != NULL && slot_differs(a, t->at[i]);
    if (n == 0)
        return DRY_OK;
    changed = dry_arena_alloc(arena, n * sizeof(struct dry__slot *));
    slots = dry_arena_alloc(arena, n * sizeof(*slots));
    if (changed == NULL || slots == NULL)
        return DRY_ENOMEM;
    n = 0;
    for (uint32_t i = 0; i < t->cap; i++)
        if (t->at[i] != NULL && slot_differs(a, t->at[i]))
            changed[n++] = t->at[i];
    dry__sort_pointers((void **)changed, n, offsetof(struct dry__slot, key), 32);
    for (uint32_t i = 0; i < n; i++)
        slots[i] = (struct dry_slot_diff){changed[i]->key, changed[i]->current};
    out->slots = slots;
    out->slot_count = n;
    return DRY_OK;
}

/* *differs false: nothing to tell about this account. */
static dry_status account_diff(struct dry_account_diff *out, bool *differs,
                               const struct dry__account *a, struct dry_arena *arena)
{
    dry_status st = DRY_OK;

    *out = (struct dry_account_diff){.address = a->address};
    if (!a->exists) {
        *differs = a->before_exists;
        return DRY_OK;
    }
    out->exists = true;
    out->storage_wiped = a->storage_wiped;
    out->nonce = a->nonce;
    out->balance = a->balance;
    out->code_hash = a->code_hash;
    out->code_changed = !dry_hash_equal(&a->code_hash, &a->before.code_hash);
    if (out->code_changed)
        out->code = a->code;
    if (a->slots_dirty || a->storage_wiped)
        st = slots_diff(out, a, arena);
    *differs = !a->before_exists || out->storage_wiped || out->code_changed ||
               out->slot_count != 0 || a->nonce != a->before.nonce ||
               !dry_u256_equal(&a->balance, &a->before.balance);
    return st;
}

dry_status dry__world_diff(struct dry__world *w, struct dry_state_diff *out,
                           struct dry_arena *arena)
{
    const struct dry__account_table *t = &((struct dry__world_impl *)w->impl)->accounts;
    struct dry_account_diff *diffs;
    struct dry__account **dirty;
    uint32_t n = 0, kept = 0;

    if (!dry_ok(w->error))
        return w->error;
    for (uint32_t i = 0; i < t->cap; i++)
        n += t->at[i] != NULL && (t->at[i]->dirty || t->at[i]->slots_dirty);
    dirty = dry_arena_alloc(arena, n * sizeof(struct dry__account *));
    diffs = dry_arena_alloc(arena, n * sizeof(*diffs));
    if (dirty == NULL || diffs == NULL)
        return DRY_ENOMEM;
    n = 0;
    for (uint32_t i = 0; i < t->cap; i++)
        if (t->at[i] != NULL && (t->at[i]->dirty || t->at[i]->slots_dirty))
            dirty[n++] = t->at[i];
    dry__sort_pointers((void **)dirty, n, offsetof(struct dry__account, address), 20);
    for (uint32_t i = 0; i < n; i++) {
        bool differs;
        dry_status st = account_diff(&diffs[kept], &differs, dirty[i], arena);

        if (!dry_ok(st))
            return st;
        kept += differs;
    }
    *out = (struct dry_state_diff){kept, diffs};
    return DRY_OK;
}
