/* eth_state.c - balances, nonces, code, slots and proofs. */
#include "internal.h"
#include "methods.h"
#include <drystone/common/hex.h>

#define SLOTS_MAX 1024u /* of one eth_getStorageValues or eth_getProof */

/* An account in the state a parameter names; the state stays open. */
static dry_status account_at(struct dry__call *c, uint32_t block_param, struct dry_account *out,
                             const struct dry_address *address, struct dry__state *s)
{
    struct dry__at at;
    bool exists;
    dry_status st = dry__param_block(c, block_param, &at);

    *s = (struct dry__state){0};
    if (dry_ok(st))
        st = dry__state_open(c, s, &at);
    if (!dry_ok(st))
        return st;
    *out =
        (struct dry_account){.code_hash = dry_hash_empty_code, .storage_root = dry_hash_empty_trie};
    return s->reader->ops->account(s->reader, &exists, out, address);
}

DRY__METHOD(eth_getBalance)
{
    struct dry_address address;
    struct dry__state s = {0};
    struct dry_account a;
    dry_status st = dry__param_address(c, 0, &address);

    if (dry_ok(st))
        st = account_at(c, 1, &a, &address, &s);
    if (dry_ok(st))
        dry_json_write_quantity_u256(w, &a.balance);
    dry__state_close(&s);
    return st;
}

static bool is_pending(struct dry__call *c, uint32_t i)
{
    struct dry_json_value v;
    struct dry_bytes text;

    return dry__param(c, i, &v) && dry_json_type(v) == DRY_JSON_STRING &&
           dry_json_plain(v, &text) && dry_bytes_equal(text, DRY_BYTES_LIT("pending"));
}

DRY__METHOD(eth_getTransactionCount)
{
    struct dry_address address;
    struct dry__state s;
    struct dry_account a;
    uint64_t nonce;
    dry_status st = dry__param_address(c, 0, &address);

    if (!dry_ok(st))
        return st;
    if (is_pending(c, 1)) {
        if (!dry__need(c, DRY__LOOP))
            return dry__elsewhere();
        st = dry_chain_pool_nonce(c->rpc->set.chain, &nonce, &address);
        if (dry_ok(st))
            dry_json_write_quantity(w, nonce);
        return st;
    }
    st = account_at(c, 1, &a, &address, &s);
    if (dry_ok(st))
        dry_json_write_quantity(w, a.nonce);
    dry__state_close(&s);
    return st;
}

static dry_status code_of(struct dry_state_reader *r, struct dry_bytes *out,
                          const struct dry_account *a)
{
    *out = DRY_BYTES_EMPTY;
    return dry_hash_equal(&a->code_hash, &dry_hash_empty_code)
               ? DRY_OK
               : r->ops->code(r, out, &a->code_hash);
}

DRY__METHOD(eth_getCode)
{
    struct dry_address address;
    struct dry__state s = {0};
    struct dry_account a;
    struct dry_bytes code;
    dry_status st = dry__param_address(c, 0, &address);

    if (dry_ok(st))
        st = account_at(c, 1, &a, &address, &s);
    if (dry_ok(st))
        st = code_of(s.reader, &code, &a);
    if (dry_ok(st))
        dry_json_write_hex(w, code);
    dry__state_close(&s);
    return st;
}

DRY__METHOD(eth_getAccountInfo)
{
    struct dry_address address;
    struct dry__state s = {0};
    struct dry_account a;
    struct dry_bytes code;
    dry_status st = dry__param_address(c, 0, &address);

    if (dry_ok(st))
        st = account_at(c, 1, &a, &address, &s);
    if (dry_ok(st))
        st = code_of(s.reader, &code, &a);
    if (dry_ok(st)) {
        dry_json_object_begin(w);
        dry_json_key(w, "balance");
        dry_json_write_quantity_u256(w, &a.balance);
        dry_json_key(w, "nonce");
        dry_json_write_quantity(w, a.nonce);
        dry_json_key(w, "code");
        dry_json_write_hex(w, code);
        dry_json_object_end(w);
    }
    dry__state_close(&s);
    return st;
}

/* --- slots --- */

static void write_word(struct dry_json_writer *w, const struct dry_u256 *v)
{
    uint8_t b[32];

    dry_u256_to_be32(b, v);
    dry_json_write_hex(w, DRY_BYTES_ARRAY(b));
}

DRY__METHOD(eth_getStorageAt)
{
    struct dry_address address;
    struct dry__state s = {0};
    struct dry_json_value v;
    struct dry_u256 value;
    struct dry_hash key;
    struct dry__at at;
    dry_status st = dry__param_address(c, 0, &address);

    if (!dry_ok(st))
        return st;
    if (!dry__param(c, 1, &v))
        return dry__call_fail(c, DRY__RPC_PARAMS, "missing value for required argument 1");
    st = dry__slot_key(c, v, &key);
    if (dry_ok(st))
        st = dry__param_block(c, 2, &at);
    if (dry_ok(st))
        st = dry__state_open(c, &s, &at);
    if (dry_ok(st))
        st = s.reader->ops->slot(s.reader, &value, &address, &key);
    if (dry_ok(st))
        write_word(w, &value);
    dry__state_close(&s);
    return st;
}

static dry_status slots_of(struct dry__call *c, struct dry_json_writer *w,
                           struct dry_state_reader *r, const struct dry_address *address,
                           struct dry_json_value keys, uint32_t *total)
{
    struct dry_json_iter it = {0};
    struct dry_json_value v;
    struct dry_u256 value;
    dry_status st = DRY_OK;

    if (dry_json_type(keys) != DRY_JSON_ARRAY)
        return dry__call_fail(c, DRY__RPC_PARAMS,
                              "invalid argument 0: slots must be an array of keys");
    dry_json_array_begin(w);
    while (dry_ok(st) && dry_json_next(keys, &it, NULL, &v)) {
        struct dry_hash key;

        if (++*total > SLOTS_MAX)
            return dry__call_fail(c, DRY__RPC_PARAMS, "too many slots (at most 1024)");
        st = dry__slot_key(c, v, &key);
        if (dry_ok(st))
            st = r->ops->slot(r, &value, address, &key);
        if (dry_ok(st))
            write_word(w, &value);
    }
    dry_json_array_end(w);
    return st;
}

DRY__METHOD(eth_getStorageValues)
{
    struct dry__state s;
    struct dry_json_iter it = {0};
    struct dry_json_value all, name, keys;
    uint32_t total = 0;
    struct dry__at at;
    dry_status st;

    if (!dry__param(c, 0, &all))
        return dry__call_fail(c, DRY__RPC_PARAMS, "missing value for required argument 0");
    if (dry_json_type(all) != DRY_JSON_OBJECT)
        return dry__call_fail(c, DRY__RPC_PARAMS,
                              "invalid argument 0: want an object of addresses");
    if (dry_json_count(all) == 0)
        return dry__call_fail(c, DRY__RPC_PARAMS, "empty request");
    st = dry__param_block(c, 1, &at);
    if (dry_ok(st))
        st = dry__state_open(c, &s, &at);
    if (!dry_ok(st))
        return st;
    dry_json_object_begin(w);
    while (dry_ok(st) && dry_json_next(all, &it, &name, &keys)) {
        struct dry_address address;
        char text[42] = "0x";

        if (!dry_ok(dry_json_address(name, &address, NULL))) {
            st = dry__call_fail(c, DRY__RPC_PARAMS, "invalid argument 0: a key is no address");
            break;
        }
        dry_hex_encode(text + 2, DRY_BYTES_ARRAY(address.b));
        dry_json_key_n(w, text, sizeof(text));
        st = slots_of(c, w, s.reader, &address, keys, &total);
    }
    dry_json_object_end(w);
    dry__state_close(&s);
    return st;
}

/* --- proofs (EIP-1186) --- */

static void write_proof(struct dry_json_writer *w, const char *key, const struct dry_proof *p)
{
    dry_json_key(w, key);
    dry_json_array_begin(w);
    for (uint32_t i = 0; i < p->count; i++)
        dry_json_write_hex(w, p->nodes[i]);
    dry_json_array_end(w);
}

/* The key is echoed as it came: short quantities stay short. */
static void write_key(struct dry_json_writer *w, struct dry_json_value v,
                      const struct dry_hash *key)
{
    struct dry_bytes text;
    struct dry_u256 n;

    if (dry_json_plain(v, &text) && text.len == 66) {
        dry_json_write_hash(w, key);
        return;
    }
    dry_u256_from_be32(&n, key->b);
    dry_json_write_quantity_u256(w, &n);
}

static dry_status write_slot_proof(struct dry__call *c, struct dry_json_writer *w,
                                   struct dry_state_view *view, const struct dry_address *address,
                                   struct dry_json_value v)
{
    struct dry_state_reader *r = dry_state_view_reader(view);
    struct dry_proof proof;
    struct dry_u256 value;
    struct dry_hash key;
    dry_status st = dry__slot_key(c, v, &key);

    if (dry_ok(st))
        st = r->ops->slot(r, &value, address, &key);
    if (dry_ok(st))
        st = dry_state_prove_slot(view, &proof, address, &key, c->arena);
    if (!dry_ok(st))
        return st;
    dry_json_object_begin(w);
    dry_json_key(w, "key");
    write_key(w, v, &key);
    dry_json_key(w, "value");
    dry_json_write_quantity_u256(w, &value);
    write_proof(w, "proof", &proof);
    dry_json_object_end(w);
    return DRY_OK;
}

static dry_status write_proofs(struct dry__call *c, struct dry_json_writer *w,
                               struct dry_state_view *view, const struct dry_address *address,
                               const struct dry_account *a, struct dry_json_value keys)
{
    struct dry_json_iter it = {0};
    struct dry_json_value v;
    struct dry_proof proof;
    dry_status st = dry_state_prove_account(view, &proof, address, c->arena);

    if (!dry_ok(st))
        return st;
    dry_json_object_begin(w);
    dry_json_key(w, "address");
    dry_json_write_address(w, address);
    write_proof(w, "accountProof", &proof);
    dry_json_key(w, "balance");
    dry_json_write_quantity_u256(w, &a->balance);
    dry_json_key(w, "codeHash");
    dry_json_write_hash(w, &a->code_hash);
    dry_json_key(w, "nonce");
    dry_json_write_quantity(w, a->nonce);
    dry_json_key(w, "storageHash");
    dry_json_write_hash(w, &a->storage_root);
    dry_json_key(w, "storageProof");
    dry_json_array_begin(w);
    while (dry_ok(st) && dry_json_next(keys, &it, NULL, &v))
        st = write_slot_proof(c, w, view, address, v);
    dry_json_array_end(w);
    dry_json_object_end(w);
    return st;
}

DRY__METHOD(eth_getProof)
{
    struct dry__state s;
    struct dry__at at;
    struct dry_address address;
    struct dry_json_value keys;
    struct dry_account a;
    dry_status st = dry__param_address(c, 0, &address);

    if (!dry_ok(st))
        return st;
    if (!dry__param(c, 1, &keys))
        return dry__call_fail(c, DRY__RPC_PARAMS, "missing value for required argument 1");
    if (dry_json_type(keys) != DRY_JSON_ARRAY)
        return dry__call_fail(c, DRY__RPC_PARAMS,
                              "invalid argument 1: want an array of storage keys");
    if (dry_json_count(keys) > SLOTS_MAX)
        return dry__call_fail(c, DRY__RPC_PARAMS, "too many keys (at most 1024)");
    st = dry__param_block(c, 2, &at);
    if (dry_ok(st) && at.pending)
        st = dry__call_fail(c, DRY__RPC_SERVER,
                            "the pending state has no proofs yet: ask for those of \"latest\"");
    if (!dry_ok(st))
        return st;
    st = account_at(c, 2, &a, &address, &s);
    if (dry_ok(st))
        st = write_proofs(c, w, s.view, &address, &a, keys);
    dry__state_close(&s);
    return st;
}
