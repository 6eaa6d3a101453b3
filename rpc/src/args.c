/* args.c - reading transaction objects. */
#include "args.h"

#define ACCESS_MAX 10000u
#define AUTHORIZATIONS_MAX 1000u
#define BLOBS_MAX 128u

static dry_status wrong(struct dry__call *c, const char *key, const char *want)
{
    return dry__call_failf(c, DRY__RPC_PARAMS, "invalid transaction object: %s must be %s", key,
                           want);
}

static bool member(struct dry_json_value v, const char *key, struct dry_json_value *out)
{
    return dry_json_get(v, key, out) && !dry_json_is_null(*out);
}

static dry_status read_u64(struct dry__call *c, struct dry_json_value v, const char *key, bool *has,
                           uint64_t *out)
{
    struct dry_json_value m;

    *has = member(v, key, &m);
    if (!*has || dry_ok(dry_json_quantity_u64(m, out, NULL)))
        return DRY_OK;
    return wrong(c, key, "a quantity of at most 64 bits");
}

static dry_status read_u256(struct dry__call *c, struct dry_json_value v, const char *key,
                            bool *has, struct dry_u256 *out)
{
    struct dry_json_value m;

    *has = member(v, key, &m);
    if (!*has || dry_ok(dry_json_quantity_u256(m, out, NULL)))
        return DRY_OK;
    return wrong(c, key, "a quantity of at most 256 bits");
}

static dry_status read_address(struct dry__call *c, struct dry_json_value v, const char *key,
                               bool *has, struct dry_address *out)
{
    struct dry_json_value m;

    *has = member(v, key, &m);
    if (!*has || dry_ok(dry_json_address(m, out, NULL)))
        return DRY_OK;
    return wrong(c, key, "an address of 20 bytes");
}

static dry_status read_data(struct dry__call *c, struct dry_json_value v, struct dry__args *a)
{
    struct dry_json_value input, data;
    struct dry_bytes other;
    bool has_input = member(v, "input", &input), has_data = member(v, "data", &data);

    a->has_data = has_input || has_data;
    if (!a->has_data)
        return DRY_OK;
    if (!dry_ok(dry_json_data_arena(has_input ? input : data, &a->data, NULL, c->arena)))
        return wrong(c, has_input ? "input" : "data", "data in hexadecimal");
    if (!has_input || !has_data)
        return DRY_OK;
    if (!dry_ok(dry_json_data_arena(data, &other, NULL, c->arena)))
        return wrong(c, "data", "data in hexadecimal");
    a->data_differs = !dry_bytes_equal(a->data, other);
    return DRY_OK;
}

static dry_status read_entry(struct dry__call *c, struct dry_access_entry *e,
                             struct dry_json_value v)
{
    struct dry_json_value m, k;
    struct dry_json_iter it = {0};
    struct dry_hash *keys;

    if (!dry_json_get(v, "address", &m) || !dry_ok(dry_json_address(m, &e->address, NULL)))
        return wrong(c, "accessList", "a list of {address, storageKeys}");
    if (!member(v, "storageKeys", &m))
        return DRY_OK;
    if (dry_json_type(m) != DRY_JSON_ARRAY || dry_json_count(m) > ACCESS_MAX)
        return wrong(c, "accessList", "a list with at most 10,000 storageKeys an entry");
    keys = dry_arena_zalloc(c->arena, dry_json_count(m) + 1u, sizeof(*keys));
    if (keys == NULL)
        return DRY_ENOMEM;
    while (dry_json_next(m, &it, NULL, &k))
        if (!dry_ok(dry_json_hash(k, &keys[e->key_count++], NULL)))
            return wrong(c, "accessList", "a list whose storageKeys have 32 bytes");
    e->keys = keys;
    return DRY_OK;
}

static dry_status read_access(struct dry__call *c, struct dry_json_value v, struct dry__args *a)
{
    struct dry_json_value m, e;
    struct dry_json_iter it = {0};
    struct dry_access_entry *list;
    dry_status st = DRY_OK;

    a->has_access = member(v, "accessList", &m);
    if (!a->has_access)
        return DRY_OK;
    if (dry_json_type(m) != DRY_JSON_ARRAY || dry_json_count(m) > ACCESS_MAX)
        return wrong(c, "accessList", "an array of at most 10,000");
    list = dry_arena_zalloc(c->arena, dry_json_count(m) + 1u, sizeof(*list));
    if (list == NULL)
        return DRY_ENOMEM;
    while (dry_ok(st) && dry_json_next(m, &it, NULL, &e))
        st = read_entry(c, &list[a->access_count++], e);
    a->access = list;
    return st;
}

static dry_status read_blobs(struct dry__call *c, struct dry_json_value v, struct dry__args *a)
{
    struct dry_json_value m, e;
    struct dry_json_iter it = {0};
    struct dry_hash *list;

    a->has_blobs = member(v, "blobVersionedHashes", &m);
    if (!a->has_blobs)
        return DRY_OK;
    if (dry_json_type(m) != DRY_JSON_ARRAY || dry_json_count(m) > BLOBS_MAX)
        return wrong(c, "blobVersionedHashes", "an array of at most 128");
    list = dry_arena_zalloc(c->arena, dry_json_count(m) + 1u, sizeof(*list));
    if (list == NULL)
        return DRY_ENOMEM;
    while (dry_json_next(m, &it, NULL, &e))
        if (!dry_ok(dry_json_hash(e, &list[a->blob_count++], NULL)))
            return wrong(c, "blobVersionedHashes", "hashes of 32 bytes");
    a->blob_hashes = list;
    return DRY_OK;
}

static bool read_authorization(struct dry_authorization *a, struct dry_json_value v)
{
    struct dry_json_value chain, address, nonce, parity, r, s;
    uint64_t y;

    if (!dry_json_get(v, "chainId", &chain) || !dry_json_get(v, "address", &address) ||
        !dry_json_get(v, "nonce", &nonce) || !dry_json_get(v, "yParity", &parity) ||
        !dry_json_get(v, "r", &r) || !dry_json_get(v, "s", &s))
        return false;
    if (!dry_ok(dry_json_quantity_u256(chain, &a->chain_id, NULL)) ||
        !dry_ok(dry_json_address(address, &a->address, NULL)) ||
        !dry_ok(dry_json_quantity_u64(nonce, &a->nonce, NULL)) ||
        !dry_ok(dry_json_quantity_u64(parity, &y, NULL)) || y > 255 ||
        !dry_ok(dry_json_number_u256(r, &a->r, NULL)) ||
        !dry_ok(dry_json_number_u256(s, &a->s, NULL)))
        return false;
    a->y_parity = (uint8_t)y;
    return true;
}

static dry_status read_authorizations(struct dry__call *c, struct dry_json_value v,
                                      struct dry__args *a)
{
    struct dry_json_value m, e;
    struct dry_json_iter it = {0};
    struct dry_authorization *list;

    a->has_authorizations = member(v, "authorizationList", &m);
    if (!a->has_authorizations)
        return DRY_OK;
    if (dry_json_type(m) != DRY_JSON_ARRAY || dry_json_count(m) > AUTHORIZATIONS_MAX)
        return wrong(c, "authorizationList", "an array of at most 1,000");
    list = dry_arena_zalloc(c->arena, dry_json_count(m) + 1u, sizeof(*list));
    if (list == NULL)
        return DRY_ENOMEM;
    while (dry_json_next(m, &it, NULL, &e))
        if (!read_authorization(&list[a->authorization_count++], e))
            return wrong(c, "authorizationList",
                         "a list of {chainId, address, nonce, yParity, r, s}");
    a->authorizations = list;
    return DRY_OK;
}

static dry_status read_lists(struct dry__call *c, struct dry_json_value v, struct dry__args *a)
{
    dry_status st = read_data(c, v, a);

    if (dry_ok(st))
        st = read_access(c, v, a);
    if (dry_ok(st))
        st = read_blobs(c, v, a);
    if (dry_ok(st))
        st = read_authorizations(c, v, a);
    return st;
}

static dry_status read_numbers(struct dry__call *c, struct dry_json_value v, struct dry__args *a)
{
    dry_status st = read_u64(c, v, "gas", &a->has_gas, &a->gas);

    if (dry_ok(st))
        st = read_u64(c, v, "nonce", &a->has_nonce, &a->nonce);
    if (dry_ok(st))
        st = read_u64(c, v, "chainId", &a->has_chain_id, &a->chain_id);
    if (dry_ok(st))
        st = read_u256(c, v, "gasPrice", &a->has_gas_price, &a->gas_price);
    if (dry_ok(st))
        st = read_u256(c, v, "maxFeePerGas", &a->has_max_fee, &a->max_fee);
    if (dry_ok(st))
        st = read_u256(c, v, "maxPriorityFeePerGas", &a->has_tip, &a->tip);
    if (dry_ok(st))
        st = read_u256(c, v, "maxFeePerBlobGas", &a->has_blob_fee, &a->blob_fee);
    if (dry_ok(st))
        st = read_u256(c, v, "value", &a->has_value, &a->value);
    return st;
}

dry_status dry__args_read(struct dry__call *c, struct dry__args *out, uint32_t param)
{
    struct dry_json_value v;
    uint64_t id = dry_chain_config(c->rpc->set.chain)->chain_id;
    dry_status st;

    *out = (struct dry__args){0};
    if (!dry__param(c, param, &v))
        return dry__call_failf(c, DRY__RPC_PARAMS, "missing value for required argument %u", param);
    if (dry_json_type(v) != DRY_JSON_OBJECT)
        return dry__call_failf(c, DRY__RPC_PARAMS, "invalid argument %u: want a transaction object",
                               param);
    st = read_address(c, v, "from", &out->has_from, &out->from);
    if (dry_ok(st))
        st = read_address(c, v, "to", &out->has_to, &out->to);
    if (dry_ok(st))
        st = read_numbers(c, v, out);
    if (dry_ok(st))
        st = read_lists(c, v, out);
    if (!dry_ok(st))
        return st;
    if (out->has_gas_price && (out->has_max_fee || out->has_tip))
        return dry__call_fail(c, DRY__RPC_SERVER,
                              "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified");
    if (out->has_chain_id && out->chain_id != id)
        return dry__call_failf(c, DRY__RPC_SERVER,
                               "chainId does not match node's (have=%llu, want=%llu)",
                               (unsigned long long)out->chain_id, (unsigned long long)id);
    return DRY_OK;
}

void dry__args_tx(const struct dry__args *a, struct dry_tx *out, const struct dry_rules *rules,
                  uint64_t gas)
{
    *out = (struct dry_tx){.has_chain_id = true,
                           .has_to = a->has_to,
                           .chain_id = rules->chain_id,
                           .nonce = a->nonce,
                           .gas_limit = gas,
                           .max_fee_per_blob_gas = a->blob_fee,
                           .value = a->value,
                           .to = a->to,
                           .data = a->data,
                           .access_count = a->access_count,
                           .access = a->access,
                           .blob_count = a->blob_count,
                           .blob_hashes = a->blob_hashes,
                           .authorization_count = a->authorization_count,
                           .authorizations = a->authorizations};
    if (a->has_authorizations)
        out->type = DRY_TX_SET_CODE;
    else if (a->has_blobs)
        out->type = DRY_TX_BLOB;
    else if (a->has_max_fee || a->has_tip)
        out->type = DRY_TX_DYNAMIC_FEE;
    else if (a->has_access)
        out->type = DRY_TX_ACCESS_LIST;
    out->max_fee_per_gas = out->max_priority_fee_per_gas = a->gas_price;
    if (!a->has_gas_price) {
        out->max_fee_per_gas = a->max_fee;
        out->max_priority_fee_per_gas = a->tip;
    }
    if (a->has_tip && !a->has_max_fee) /* ethers asks so: a tip on top of no price is no price */
        out->max_priority_fee_per_gas = DRY_U256_ZERO;
}
