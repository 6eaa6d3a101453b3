/* A reader that answers from a diff first. */
#include "account.h"

#include <drystone/state.h>

static struct dry_overlay_reader *overlay_of(struct dry_state_reader *r)
{
    return (struct dry_overlay_reader *)r;
}

static dry_status overlay_account(struct dry_state_reader *r, bool *exists, struct dry_account *out,
                                  const struct dry_address *address)
{
    struct dry_overlay_reader *o = overlay_of(r);
    const struct dry_account_diff *d = dry__diff_account(o->diff, address);
    struct dry_account below;
    bool was = false, slots = false;
    dry_status st;

    if (d == NULL)
        return o->below->ops->account(o->below, exists, out, address);
    if (!d->exists) {
        *exists = false;
        return DRY_OK;
    }
    /* The root of overridden slots is not computed: readers only ask whether it is the empty one.
     * So the root below stands, or zeros where there was none and slots are set. */
    below.storage_root = dry_hash_empty_trie;
    if (!d->storage_wiped) {
        st = o->below->ops->account(o->below, &was, &below, address);
        if (!dry_ok(st))
            return st;
        if (!was)
            below.storage_root = dry_hash_empty_trie;
    }
    for (uint32_t i = 0; i < d->slot_count; i++)
        slots = slots || !dry_u256_is_zero(&d->slots[i].value);
    *exists = true;
    out->nonce = d->nonce;
    out->balance = d->balance;
    out->code_hash = d->code_hash;
    out->storage_root = below.storage_root;
    if (slots && dry_hash_equal(&out->storage_root, &dry_hash_empty_trie))
        memset(out->storage_root.b, 0, 32);
    return DRY_OK;
}

static dry_status overlay_slot(struct dry_state_reader *r, struct dry_u256 *out,
                               const struct dry_address *address, const struct dry_hash *key)
{
    struct dry_overlay_reader *o = overlay_of(r);
    const struct dry_account_diff *d = dry__diff_account(o->diff, address);

    if (d != NULL) {
        const struct dry_slot_diff *s = d->exists ? dry__diff_slot(d, key) : NULL;

        if (s != NULL || !d->exists || d->storage_wiped) {
            *out = s != NULL ? s->value : DRY_U256_ZERO;
            return DRY_OK;
        }
    }
    return o->below->ops->slot(o->below, out, address, key);
}

static dry_status overlay_code(struct dry_state_reader *r, struct dry_bytes *out,
                               const struct dry_hash *code_hash)
{
    struct dry_overlay_reader *o = overlay_of(r);

    for (uint32_t i = 0; i < o->diff->count; i++) {
        const struct dry_account_diff *d = &o->diff->accounts[i];

        if (d->exists && d->code_changed && dry_hash_equal(&d->code_hash, code_hash)) {
            *out = d->code;
            return DRY_OK;
        }
    }
    return o->below->ops->code(o->below, out, code_hash);
}

static dry_status overlay_block_hash(struct dry_state_reader *r, struct dry_hash *out,
                                     uint64_t number)
{
    struct dry_overlay_reader *o = overlay_of(r);

    return o->below->ops->block_hash(o->below, out, number);
}

static dry_status overlay_root_after(struct dry_state_reader *r, struct dry_hash *out,
                                     const struct dry_state_diff *diff)
{
    (void)r;
    (void)out;
    (void)diff;
    return DRY_STATUS(EUNSUPPORTED, "a state with overrides has no root");
}

static const struct dry_state_reader_ops overlay_ops = {
    .account = overlay_account,
    .slot = overlay_slot,
    .code = overlay_code,
    .block_hash = overlay_block_hash,
    .root_after = overlay_root_after,
};

void dry_overlay_reader_init(struct dry_overlay_reader *o, struct dry_state_reader *below,
                             const struct dry_state_diff *diff)
{
    o->r.ops = &overlay_ops;
    o->below = below;
    o->diff = diff;
}
