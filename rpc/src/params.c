/* params.c - reading parameters: what is missing or malformed is told by place and reason. */
#include "internal.h"
#include <drystone/common/hex.h>

bool dry__param(const struct dry__call *c, uint32_t i, struct dry_json_value *out)
{
    return c->has_params && dry_json_element(c->params, i, out) && !dry_json_is_null(*out);
}

static dry_status missing(struct dry__call *c, uint32_t i)
{
    return dry__call_failf(c, DRY__RPC_PARAMS, "missing value for required argument %u", i);
}

static dry_status wrong(struct dry__call *c, uint32_t i, const char *what)
{
    return dry__call_failf(c, DRY__RPC_PARAMS, "invalid argument %u: %s", i, what);
}

dry_status dry__param_address(struct dry__call *c, uint32_t i, struct dry_address *out)
{
    struct dry_json_value v;

    if (!dry__param(c, i, &v))
        return missing(c, i);
    return dry_ok(dry_json_address(v, out, NULL)) ? DRY_OK
                                                  : wrong(c, i, "must be an address of 20 bytes");
}

dry_status dry__param_hash(struct dry__call *c, uint32_t i, struct dry_hash *out)
{
    struct dry_json_value v;

    if (!dry__param(c, i, &v))
        return missing(c, i);
    return dry_ok(dry_json_hash(v, out, NULL)) ? DRY_OK : wrong(c, i, "must be a hash of 32 bytes");
}

dry_status dry__param_u64(struct dry__call *c, uint32_t i, uint64_t *out)
{
    struct dry_json_value v;

    if (!dry__param(c, i, &v))
        return missing(c, i);
    if (dry_ok(dry_json_quantity_u64(v, out, NULL)) || dry_ok(dry_json_number_u64(v, out, NULL)))
        return DRY_OK;
    return wrong(c, i, "must be a quantity of at most 64 bits, like 0x1f");
}

dry_status dry__param_index(struct dry__call *c, uint32_t i, uint64_t *out)
{
    struct dry_json_value v;

    if (!dry__param(c, i, &v))
        return missing(c, i);
    return dry_ok(dry_json_quantity_u64(v, out, NULL))
               ? DRY_OK
               : wrong(c, i, "must be a quantity of at most 64 bits, like 0x1f");
}

dry_status dry__param_bool(struct dry__call *c, uint32_t i, bool *out, bool fallback)
{
    struct dry_json_value v;

    *out = fallback;
    if (!dry__param(c, i, &v))
        return DRY_OK;
    return dry_ok(dry_json_bool(v, out, NULL)) ? DRY_OK : wrong(c, i, "must be true or false");
}

dry_status dry__param_data(struct dry__call *c, uint32_t i, struct dry_bytes *out)
{
    struct dry_json_value v;
    dry_status st;

    if (!dry__param(c, i, &v))
        return missing(c, i);
    st = dry_json_data_arena(v, out, NULL, c->arena);
    if (st.code == DRY_CODE_ENOMEM)
        return st;
    return dry_ok(st) ? DRY_OK : wrong(c, i, "must be data in hexadecimal, like 0x00ff");
}

dry_status dry__slot_key(struct dry__call *c, struct dry_json_value v, struct dry_hash *out)
{
    struct dry_bytes text, all;
    uint8_t full[64];

    if (dry_json_type(v) != DRY_JSON_STRING || !dry_json_plain(v, &text))
        return dry__call_fail(c, DRY__RPC_PARAMS, "unable to decode storage key: not a string");
    all = text;
    if (text.len >= 2 && text.ptr[0] == '0' && (text.ptr[1] | 32) == 'x') {
        text.ptr += 2;
        text.len -= 2;
    }
    if (text.len > 64)
        return dry__call_failf(c, DRY__RPC_PARAMS,
                               "storage key too long (want at most 32 bytes): \"%.*s\"",
                               (int)(all.len < 100 ? all.len : 100), (const char *)all.ptr);
    memset(full, '0', sizeof(full));
    memcpy(full + 64 - text.len, text.ptr, text.len);
    if (!dry_ok(dry_hex_decode_fixed(out->b, 32, DRY_BYTES_ARRAY(full))))
        return dry__call_failf(c, DRY__RPC_PARAMS, "invalid hex in storage key: \"%.*s\"",
                               (int)all.len, (const char *)all.ptr);
    return DRY_OK;
}

/* --- blocks --- */

static void at_head(struct dry__call *c, struct dry__at *out)
{
    struct dry_head *h = dry_chain_head(c->rpc->set.chain);
    struct dry_bytes extra;

    out->header = h->header;
    out->hash = h->hash;
    out->total_difficulty = h->total_difficulty;
    if (dry_ok(dry_arena_copy(c->arena, &extra, h->header.extra_data)))
        out->header.extra_data = extra;
    else
        out->header.extra_data = DRY_BYTES_EMPTY;
    dry_head_close(h);
}

static dry_status at_hash(struct dry__call *c, struct dry__at *out, const struct dry_hash *hash)
{
    struct dry_stored_block b;
    dry_status st = dry_chain_block(c->rpc->set.chain, &b, hash, c->arena);

    if (dry_ok(st))
        *out = (struct dry__at){b.block.header, *hash, b.total_difficulty, false};
    return st;
}

static dry_status at_number(struct dry__call *c, struct dry__at *out, uint64_t number)
{
    struct dry_hash hash;
    dry_status st;

    at_head(c, out);
    if (out->header.number == number)
        return DRY_OK;
    st = dry_chain_hash_at(c->rpc->set.chain, &hash, number);
    return dry_ok(st) ? at_hash(c, out, &hash) : st;
}

static dry_status at_finalized(struct dry__call *c, struct dry__at *out, bool safe)
{
    struct dry_head *h = dry_chain_head(c->rpc->set.chain);
    uint64_t number = safe ? h->safe_number : h->finalized_number;

    dry_head_close(h);
    return at_number(c, out, number);
}

/* ENOTFOUND when there is no such block; the call is failed when the text names none. */
static dry_status at_text(struct dry__call *c, struct dry__at *out, struct dry_json_value v)
{
    struct dry_bytes text = DRY_BYTES_EMPTY;
    struct dry_hash hash;
    uint64_t number;

    (void)dry_json_plain(v, &text);
    out->pending = false;
    if (dry_bytes_equal(text, DRY_BYTES_LIT("latest"))) {
        at_head(c, out);
        return DRY_OK;
    }
    if (dry_bytes_equal(text, DRY_BYTES_LIT("pending"))) {
        at_head(c, out);
        out->pending = true;
        return DRY_OK;
    }
    if (dry_bytes_equal(text, DRY_BYTES_LIT("earliest")))
        return at_number(c, out, 0);
    if (dry_bytes_equal(text, DRY_BYTES_LIT("finalized")))
        return at_finalized(c, out, false);
    if (dry_bytes_equal(text, DRY_BYTES_LIT("safe")))
        return at_finalized(c, out, true);
    if (text.len == 66 && dry_ok(dry_json_hash(v, &hash, NULL)))
        return at_hash(c, out, &hash);
    if (dry_ok(dry_json_quantity_u64(v, &number, NULL)))
        return at_number(c, out, number);
    return dry__call_fail(
        c, DRY__RPC_PARAMS,
        "invalid block: want a number like 0x1f, a hash, or one of latest, pending, "
        "earliest, safe, finalized");
}

/* EIP-1898. */
static dry_status at_object(struct dry__call *c, struct dry__at *out, struct dry_json_value v)
{
    struct dry_json_value m;
    struct dry_hash hash;
    bool canonical = false, has_number;
    dry_status st;

    out->pending = false;
    has_number = dry_json_get(v, "blockNumber", &m) && !dry_json_is_null(m);
    if (has_number && dry_json_get(v, "blockHash", &m))
        return dry__call_fail(
            c, DRY__RPC_PARAMS,
            "cannot specify both BlockHash and BlockNumber, choose one or the other");
    if (has_number) {
        (void)dry_json_get(v, "blockNumber", &m);
        return at_text(c, out, m);
    }
    if (!dry_json_get(v, "blockHash", &m) || !dry_ok(dry_json_hash(m, &hash, NULL)))
        return dry__call_fail(c, DRY__RPC_PARAMS, "invalid block: want blockNumber or blockHash");
    if (dry_json_get(v, "requireCanonical", &m) && !dry_ok(dry_json_bool(m, &canonical, NULL)))
        return dry__call_fail(c, DRY__RPC_PARAMS, "requireCanonical must be true or false");
    st = at_hash(c, out, &hash);
    if (dry_ok(st) && canonical &&
        !dry_chain_is_canonical(c->rpc->set.chain, out->header.number, &hash))
        return dry__call_fail(c, DRY__RPC_SERVER, "hash is not currently canonical");
    return st;
}

static dry_status at_value(struct dry__call *c, struct dry__at *out, struct dry_json_value v)
{
    return dry_json_type(v) == DRY_JSON_OBJECT ? at_object(c, out, v) : at_text(c, out, v);
}

dry_status dry__param_block_maybe(struct dry__call *c, uint32_t i, struct dry__at *out, bool *found)
{
    struct dry_json_value v;
    dry_status st = DRY_OK;

    out->pending = false;
    if (dry__param(c, i, &v))
        st = at_value(c, out, v);
    else
        at_head(c, out);
    *found = dry_ok(st);
    return st.code == DRY_CODE_ENOTFOUND ? DRY_OK : st;
}

/* Whether the block is named by its hash. */
static bool by_hash(struct dry_json_value v)
{
    struct dry_bytes text;
    struct dry_json_value m;

    return dry_json_type(v) == DRY_JSON_OBJECT ? dry_json_get(v, "blockHash", &m)
                                               : dry_json_plain(v, &text) && text.len == 66;
}

dry_status dry__block_of(struct dry__call *c, struct dry_json_value v, struct dry__at *out)
{
    dry_status st = at_value(c, out, v);

    if (st.code != DRY_CODE_ENOTFOUND)
        return st;
    return dry__call_fail(c, DRY__RPC_SERVER,
                          by_hash(v) ? "header for hash not found" : "header not found");
}

dry_status dry__param_block(struct dry__call *c, uint32_t i, struct dry__at *out)
{
    struct dry_json_value v;

    out->pending = false;
    if (dry__param(c, i, &v))
        return dry__block_of(c, v, out);
    at_head(c, out);
    return DRY_OK;
}

dry_status dry__at_state(struct dry__call *c, const struct dry__at *at, struct dry_state_view **out)
{
    dry_status st = dry_chain_state_open(c->rpc->set.chain, out, &at->header);

    if (st.code == DRY_CODE_ENOTFOUND)
        return dry__call_failf(c, DRY__RPC_SERVER,
                               "the state of block %llu is no longer kept (--state-history)",
                               (unsigned long long)at->header.number);
    return st;
}
