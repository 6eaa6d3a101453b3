/* The transaction of a state test from its fields, for fixtures that do not carry its bytes. */
#include "statetest_tx.h"
#include "fixture.h"
#include <drystone/crypto.h>

static const json_t *indexed(const json_t *tx, const char *list, const json_t *indexes,
                             const char *index)
{
    uint64_t i = (uint64_t)json_integer_value(json_object_get(indexes, index));

    return json_array_get(json_object_get(tx, list), (size_t)i);
}

static dry_status indexed_u256(struct dry_u256 *out, const json_t *tx, const char *list,
                               const json_t *indexes, const char *index)
{
    json_t *wrapped = json_pack("{s:O}", "v", indexed(tx, list, indexes, index));
    dry_status st = dry__fixture_u256(out, wrapped, "v");

    json_decref(wrapped);
    return st;
}

static dry_status access_fill(struct dry_tx *tx, const json_t *list, struct dry_arena *arena)
{
    struct dry_access_entry *entries;
    json_t *entry, *key;
    size_t i, k;

    entries = dry_arena_zalloc(arena, json_array_size(list), sizeof(*entries));
    if (entries == NULL)
        return DRY_ENOMEM;
    json_array_foreach(list, i, entry)
    {
        const json_t *keys = json_object_get(entry, "storageKeys");
        struct dry_hash *out = dry_arena_zalloc(arena, json_array_size(keys), sizeof(*out));
        dry_status st = dry__fixture_fixed(entries[i].address.b, 20, entry, "address");

        if (out == NULL)
            return DRY_ENOMEM;
        json_array_foreach(keys, k, key)
        {
            struct dry_bytes bytes;

            if (dry_ok(st))
                st = dry__fixture_hex(&bytes, json_string_value(key), arena);
            if (dry_ok(st) && bytes.len == 32)
                memcpy(out[k].b, bytes.ptr, 32);
        }
        if (!dry_ok(st))
            return st;
        entries[i].keys = out;
        entries[i].key_count = (uint32_t)json_array_size(keys);
    }
    tx->access = entries;
    tx->access_count = (uint32_t)json_array_size(list);
    return DRY_OK;
}

static dry_status authorizations_fill(struct dry_tx *tx, const json_t *list,
                                      struct dry_arena *arena)
{
    struct dry_authorization *out = dry_arena_zalloc(arena, json_array_size(list), sizeof(*out));
    json_t *entry;
    size_t i;

    if (out == NULL)
        return DRY_ENOMEM;
    json_array_foreach(list, i, entry)
    {
        const char *parity = json_object_get(entry, "yParity") != NULL ? "yParity" : "v";
        uint64_t y;
        dry_status st = dry__fixture_u256(&out[i].chain_id, entry, "chainId");

        if (dry_ok(st))
            st = dry__fixture_fixed(out[i].address.b, 20, entry, "address");
        if (dry_ok(st))
            st = dry__fixture_u64(&out[i].nonce, entry, "nonce");
        if (dry_ok(st))
            st = dry__fixture_u64(&y, entry, parity);
        if (dry_ok(st))
            st = dry__fixture_u256(&out[i].r, entry, "r");
        if (dry_ok(st))
            st = dry__fixture_u256(&out[i].s, entry, "s");
        if (!dry_ok(st))
            return st;
        out[i].y_parity = (uint8_t)(y > 255 ? 255 : y);
    }
    tx->authorizations = out;
    tx->authorization_count = (uint32_t)json_array_size(list);
    return DRY_OK;
}

static dry_status blobs_fill(struct dry_tx *tx, const json_t *list, struct dry_arena *arena)
{
    struct dry_hash *out = dry_arena_zalloc(arena, json_array_size(list), sizeof(*out));
    json_t *hash;
    size_t i;

    if (out == NULL)
        return DRY_ENOMEM;
    json_array_foreach(list, i, hash)
    {
        struct dry_bytes bytes;
        dry_status st = dry__fixture_hex(&bytes, json_string_value(hash), arena);

        if (!dry_ok(st))
            return st;
        if (bytes.len == 32)
            memcpy(out[i].b, bytes.ptr, 32);
    }
    tx->blob_hashes = out;
    tx->blob_count = (uint32_t)json_array_size(list);
    return DRY_OK;
}

/* What the type adds; the type itself is told by what is there. */
static dry_status typed_fill(struct dry_tx *tx, const json_t *json, const json_t *indexes,
                             struct dry_arena *arena)
{
    const json_t *access = indexed(json, "accessLists", indexes, "data");
    dry_status st;

    if (json_is_array(access))
        tx->type = DRY_TX_ACCESS_LIST;
    if (json_object_get(json, "maxFeePerGas") != NULL)
        tx->type = DRY_TX_DYNAMIC_FEE;
    if (json_object_get(json, "maxFeePerBlobGas") != NULL)
        tx->type = DRY_TX_BLOB;
    if (json_object_get(json, "authorizationList") != NULL)
        tx->type = DRY_TX_SET_CODE;
    st = access_fill(tx, access, arena);
    if (tx->type < DRY_TX_DYNAMIC_FEE) {
        if (dry_ok(st))
            st = dry__fixture_u256(&tx->max_fee_per_gas, json, "gasPrice");
        tx->max_priority_fee_per_gas = tx->max_fee_per_gas;
    } else {
        if (dry_ok(st))
            st = dry__fixture_u256(&tx->max_fee_per_gas, json, "maxFeePerGas");
        if (dry_ok(st))
            st = dry__fixture_u256(&tx->max_priority_fee_per_gas, json, "maxPriorityFeePerGas");
    }
    if (dry_ok(st) && tx->type == DRY_TX_BLOB) {
        st = dry__fixture_u256(&tx->max_fee_per_blob_gas, json, "maxFeePerBlobGas");
        if (dry_ok(st))
            st = blobs_fill(tx, json_object_get(json, "blobVersionedHashes"), arena);
    }
    if (dry_ok(st) && tx->type == DRY_TX_SET_CODE)
        st = authorizations_fill(tx, json_object_get(json, "authorizationList"), arena);
    return st;
}

static dry_status sender_fill(struct dry_address *out, const json_t *json)
{
    uint8_t secret[32], pubkey[64];
    dry_status st;

    if (json_object_get(json, "sender") != NULL)
        return dry__fixture_fixed(out->b, 20, json, "sender");
    st = dry__fixture_fixed(secret, 32, json, "secretKey");
    if (!dry_ok(st))
        return st;
    if (!dry_secp256k1_pubkey(pubkey, secret))
        return DRY_STATUS(EDECODE, "the secret key of the fixture is none");
    dry_address_of_pubkey(out, pubkey);
    return DRY_OK;
}

dry_status dry__statetest_tx(struct dry_tx *tx, struct dry_address *sender, const json_t *json,
                             const json_t *indexes, uint64_t chain_id, struct dry_arena *arena)
{
    const char *to = dry__fixture_text(json, "to");
    const char *data = json_string_value(indexed(json, "data", indexes, "data"));
    struct dry_u256 gas;
    dry_status st;

    *tx = (struct dry_tx){.has_chain_id = true, .chain_id = chain_id};
    if (data == NULL)
        return DRY_STATUS(EDECODE, "the transaction of the fixture is not understood");
    st = dry__fixture_hex(&tx->data, data, arena);
    if (dry_ok(st) && to != NULL && strlen(to) > 2) {
        tx->has_to = true;
        st = dry__fixture_fixed(tx->to.b, 20, json, "to");
    }
    if (dry_ok(st))
        st = dry__fixture_u64(&tx->nonce, json, "nonce");
    if (dry_ok(st))
        st = indexed_u256(&gas, json, "gasLimit", indexes, "gas");
    if (dry_ok(st))
        st = indexed_u256(&tx->value, json, "value", indexes, "value");
    if (dry_ok(st))
        st = typed_fill(tx, json, indexes, arena);
    if (!dry_ok(st))
        return st;
    tx->gas_limit = dry_u256_saturate_u64(&gas);
    return sender_fill(sender, json);
}
