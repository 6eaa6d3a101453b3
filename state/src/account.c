/* Accounts, slot values and lookups in diffs. */
#include "account.h"

#include <drystone/common/rlp.h>

size_t dry__slot_encode(uint8_t out[33], const struct dry_u256 *value)
{
    uint8_t be[32];
    unsigned n = dry_u256_bytes(value);

    dry_u256_to_be32(be, value);
    return dry__write_string(out, be + 32 - n, n);
}

dry_status dry__slot_decode(struct dry_u256 *out, struct dry_bytes in)
{
    struct dry_rlp c = dry_rlp_of(in);
    struct dry_u256 v;
    dry_status st = dry_rlp_u256(&c, &v);

    if (dry_ok(st))
        st = dry_rlp_end(&c);
    if (dry_ok(st) && dry_u256_is_zero(&v))
        st = DRY_STATUS(EDECODE, "slot of zero");
    if (dry_ok(st))
        *out = v;
    return st;
}

size_t dry__account_encode(uint8_t out[DRY__VALUE_BYTES_MAX], const struct dry_account *a)
{
    uint8_t body[9 + 33 + 33 + 33];
    struct dry_u256 nonce = DRY_U256(a->nonce);
    size_t n = dry__slot_encode(body, &nonce), head;

    n += dry__slot_encode(body + n, &a->balance);
    n += dry__write_string(body + n, a->storage_root.b, 32);
    n += dry__write_string(body + n, a->code_hash.b, 32);
    head = dry__write_header(out, n, 0xc0);
    memcpy(out + head, body, n);
    return head + n;
}

dry_status dry__account_decode(struct dry_account *out, struct dry_bytes in)
{
    struct dry_rlp c = dry_rlp_of(in), items;
    struct dry_account a;
    dry_status st = dry_rlp_list(&c, &items);

    if (dry_ok(st))
        st = dry_rlp_end(&c);
    if (dry_ok(st))
        st = dry_rlp_u64(&items, &a.nonce);
    if (dry_ok(st))
        st = dry_rlp_u256(&items, &a.balance);
    if (dry_ok(st))
        st = dry_rlp_fixed(&items, a.storage_root.b, 32);
    if (dry_ok(st))
        st = dry_rlp_fixed(&items, a.code_hash.b, 32);
    if (dry_ok(st))
        st = dry_rlp_end(&items);
    if (dry_ok(st))
        *out = a;
    return st;
}

dry_status dry__diff_check(const struct dry_state_diff *diff)
{
    for (uint32_t i = 0; i < diff->count; i++) {
        const struct dry_account_diff *a = &diff->accounts[i];

        if (i > 0 && memcmp(a[-1].address.b, a->address.b, 20) >= 0)
            return DRY_STATUS_AT(EINVAL, "state diff: accounts are not in ascending order", i);
        if (!a->exists)
            continue;
        for (uint32_t j = 1; j < a->slot_count; j++)
            if (memcmp(a->slots[j - 1].key.b, a->slots[j].key.b, 32) >= 0)
                return DRY_STATUS_AT(EINVAL, "state diff: slots are not in ascending order", i);
    }
    return DRY_OK;
}

const struct dry_account_diff *dry__diff_account(const struct dry_state_diff *diff,
                                                 const struct dry_address *address)
{
    uint32_t lo = 0, hi = diff->count;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int c = memcmp(diff->accounts[mid].address.b, address->b, 20);

        if (c == 0)
            return &diff->accounts[mid];
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

const struct dry_slot_diff *dry__diff_slot(const struct dry_account_diff *a,
                                           const struct dry_hash *key)
{
    uint32_t lo = 0, hi = a->slot_count;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int c = memcmp(a->slots[mid].key.b, key->b, 32);

        if (c == 0)
            return &a->slots[mid];
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}
