/* eth_keys.c - what uses the accounts whose keys the node holds: dev chains alone. And filling in
 * what a transaction object leaves open. */
#include "blobs.h"
#include "methods.h"
#include "submit.h"
#include <drystone/common/hex.h>
#include <drystone/crypto.h>
#include <drystone/execution.h>
#include <stdio.h>

#define TX_BYTES_MAX (1u << 20)

DRY__METHOD(eth_accounts)
{
    dry_json_array_begin(w);
    for (uint32_t i = 0; i < c->rpc->set.account_count && c->rpc->set.dev_methods; i++)
        dry_json_write_address(w, &c->rpc->set.accounts[i].address);
    dry_json_array_end(w);
    return DRY_OK;
}

DRY__METHOD(eth_coinbase)
{
    struct dry_head *h = dry_chain_head(c->rpc->set.chain);

    dry_json_write_address(w, &h->header.coinbase);
    dry_head_close(h);
    return DRY_OK;
}

/* The key of an address, or NULL. */
static const uint8_t *secret_of(const struct dry_rpc *rpc, const struct dry_address *a)
{
    for (uint32_t i = 0; i < rpc->set.account_count; i++)
        if (dry_address_equal(&rpc->set.accounts[i].address, a))
            return rpc->set.accounts[i].secret;
    return NULL;
}

static dry_status unknown(struct dry__call *c)
{
    return dry__call_fail(c, DRY__RPC_SERVER, "unknown account");
}

/* EIP-191, personal message: whose key and what data stand at these parameters. */
static dry_status sign_message(struct dry__call *c, struct dry_json_writer *w, uint32_t who,
                               uint32_t what)
{
    struct dry_ecdsa_signature sig;
    struct dry_address a;
    struct dry_keccak k;
    struct dry_bytes data;
    struct dry_hash hash;
    const uint8_t *secret;
    uint8_t out[65];
    char prefix[64];
    int n;
    dry_status st = dry__param_address(c, who, &a);

    if (dry_ok(st))
        st = dry__param_data(c, what, &data);
    if (!dry_ok(st))
        return st;
    secret = secret_of(c->rpc, &a);
    if (secret == NULL)
        return unknown(c);
    n = snprintf(prefix, sizeof(prefix),
                 "\x19"
                 "Ethereum Signed Message:\n%zu",
                 data.len);
    dry_keccak_init(&k);
    dry_keccak_update(&k, dry_bytes_of(prefix, (size_t)n));
    dry_keccak_update(&k, data);
    dry_keccak_final(&k, &hash);
    if (!dry_secp256k1_sign(&sig, &hash, secret))
        return dry__call_fail(c, DRY__RPC_INTERNAL, "the account's key is unusable");
    memcpy(out, sig.r, 32);
    memcpy(out + 32, sig.s, 32);
    out[64] = (uint8_t)(27 + sig.y_parity);
    dry_json_write_hex(w, DRY_BYTES_ARRAY(out));
    return DRY_OK;
}

DRY__METHOD(eth_sign)
{
    return sign_message(c, w, 0, 1);
}

/* The same as wallets ask for it. */
DRY__METHOD(personal_sign)
{
    return sign_message(c, w, 1, 0);
}

/* --- filling --- */

enum stage { STAGE_BLOBS, STAGE_NONCE, STAGE_GAS, STAGE_END };

/* A transaction object on its way; kept between threads. */
struct filling {
    struct dry__args args;
    enum stage stage;
    bool own_nonce;                  /* the caller gave none */
    struct dry_blob_sidecar sidecar; /* count 0: none */
    struct dry_tx tx;
};

/* Fees the caller gave that no block takes. */
static dry_status fees_check(struct dry__call *c, const struct dry__args *a, bool london)
{
    char max[DRY_U256_HEX_MAX], tip[DRY_U256_HEX_MAX];

    if (a->has_blob_fee && dry_u256_is_zero(&a->blob_fee))
        return dry__call_fail(c, DRY__RPC_SERVER,
                              "maxFeePerBlobGas, if specified, must be non-zero");
    if (a->has_gas_price && london && dry_u256_is_zero(&a->gas_price))
        return dry__call_fail(c, DRY__RPC_SERVER, "gasPrice must be non-zero after london fork");
    if (!a->has_max_fee)
        return DRY_OK;
    if (dry_u256_is_zero(&a->max_fee))
        return dry__call_fail(c, DRY__RPC_SERVER, "maxFeePerGas must be non-zero");
    if (!a->has_tip || !dry_u256_less(&a->max_fee, &a->tip))
        return DRY_OK;
    (void)dry_u256_to_hex(max, &a->max_fee);
    (void)dry_u256_to_hex(tip, &a->tip);
    return dry__call_failf(c, DRY__RPC_SERVER, "maxFeePerGas (%s) < maxPriorityFeePerGas (%s)", max,
                           tip);
}

static dry_status fill_prices(struct dry__call *c, struct dry__args *a, const struct dry_head *h)
{
    struct dry_u256 base, tip, two = DRY_U256(2);
    dry_status st = dry__suggest_tip(c, &tip);

    if (!dry_ok(st))
        return st;
    if (h->rules.fork < DRY_FORK_LONDON) {
        a->gas_price = tip;
        a->has_gas_price = true;
        return DRY_OK;
    }
    dry__next_base_fee(c->rpc, &base);
    if (!a->has_tip)
        a->tip = a->has_max_fee && dry_u256_less(&a->max_fee, &tip) ? a->max_fee : tip;
    if (!a->has_max_fee) {
        dry_u256_mul(&a->max_fee, &base, &two);
        (void)dry_u256_add(&a->max_fee, &a->max_fee, &a->tip);
    }
    a->has_tip = a->has_max_fee = true;
    return DRY_OK;
}

static dry_status fill_fees(struct dry__call *c, struct dry__args *a)
{
    struct dry_head *h = dry_chain_head(c->rpc->set.chain);
    struct dry_u256 two = DRY_U256(2);
    dry_status st = fees_check(c, a, h->rules.fork >= DRY_FORK_LONDON);

    if (dry_ok(st) && !a->has_gas_price)
        st = fill_prices(c, a, h);
    if (dry_ok(st) && a->has_blobs && !a->has_blob_fee) {
        dry_blob_base_fee(&a->blob_fee, dry_excess_blob_gas_next(&h->header, &h->rules), &h->rules);
        dry_u256_mul(&a->blob_fee, &a->blob_fee, &two);
        a->has_blob_fee = true;
    }
    dry_head_close(h);
    return st;
}

static dry_status fill_gas(struct dry__call *c, struct dry__args *a)
{
    struct dry__setting s;
    dry_status st;

    if (a->has_gas)
        return DRY_OK;
    st = dry__setting_open(c, &s, 9, false); /* no parameter there: latest */
    if (!dry_ok(st))
        return st;
    st = dry__setting_begin(c, &s, NULL);
    if (dry_ok(st))
        st = dry__estimate(c, &s, &a->gas, a);
    dry__setting_close(c, &s);
    a->has_gas = dry_ok(st);
    return st;
}

static dry_status blobs_check(struct dry__call *c, const struct dry__args *a, bool sign)
{
    bool wrapped = dry__has_blobs(c);

    if (a->has_blobs && a->blob_count == 0)
        return dry__call_fail(c, DRY__RPC_SERVER, "need at least 1 blob for a blob transaction");
    if ((a->has_blobs || wrapped) && !a->has_to)
        return dry__call_fail(c, DRY__RPC_SERVER, "missing \"to\" in blob transaction");
    if (sign && (a->has_blobs || wrapped))
        return dry__call_fail(c, DRY__RPC_SERVER, "signing blob transactions not supported");
    return DRY_OK;
}

static dry_status fill_blobs(struct dry__call *c, struct filling *f)
{
    struct dry_head *h;
    dry_status st;

    if (!dry__has_blobs(c))
        return DRY_OK;
    if (!dry__need(c, DRY__WORKER))
        return dry__elsewhere();
    h = dry_chain_head(c->rpc->set.chain);
    st = dry__blobs_fill(c, &f->args, &f->sidecar, &h->rules);
    dry_head_close(h);
    return st;
}

static dry_status fill_start(struct dry__call *c, struct filling **out, bool sign)
{
    struct filling *f = c->state;
    dry_status st;

    *out = f;
    if (f != NULL)
        return DRY_OK;
    f = dry_arena_zalloc(c->arena, 1, sizeof(*f));
    if (f == NULL)
        return DRY_ENOMEM;
    st = dry__args_read(c, &f->args, 0);
    if (dry_ok(st) && !f->args.has_to && f->args.data.len == 0)
        st = dry__call_fail(c, DRY__RPC_SERVER, "contract creation without any data provided");
    if (dry_ok(st) && f->args.data_differs)
        st = dry__call_fail(c, DRY__RPC_SERVER,
                            "both \"data\" and \"input\" are set and not equal. Please use "
                            "\"input\" to pass transaction call data");
    if (dry_ok(st))
        st = blobs_check(c, &f->args, sign);
    f->own_nonce = !f->args.has_nonce;
    c->state = *out = f;
    return st;
}

/* Blobs on a worker, the nonce on the loop, gas on a worker; DRY_OK when f->tx is complete but its
 * signature. */
static dry_status fill(struct dry__call *c, struct filling **out, bool sign)
{
    struct dry_head *h;
    struct filling *f;
    dry_status st = fill_start(c, out, sign);

    if (!dry_ok(st))
        return st;
    f = *out;
    if (f->stage == STAGE_BLOBS) {
        st = fill_blobs(c, f);
        if (!dry_ok(st))
            return st;
        f->stage = STAGE_NONCE;
    }
    if (f->stage == STAGE_NONCE) {
        if (f->own_nonce && !dry__need(c, DRY__LOOP))
            return dry__elsewhere();
        if (f->own_nonce)
            st = dry_chain_pool_nonce(c->rpc->set.chain, &f->args.nonce, &f->args.from);
        if (!dry_ok(st))
            return st;
        f->args.has_nonce = true;
        f->stage = STAGE_GAS;
    }
    if (f->stage == STAGE_GAS) {
        if (!f->args.has_gas && !dry__need(c, DRY__WORKER))
            return dry__elsewhere();
        st = fill_fees(c, &f->args);
        if (dry_ok(st))
            st = fill_gas(c, &f->args);
        if (!dry_ok(st))
            return st;
        f->stage = STAGE_END;
    }
    h = dry_chain_head(c->rpc->set.chain);
    dry__args_tx(&f->args, &f->tx, &h->rules, f->args.gas);
    dry_head_close(h);
    f->tx.sidecar = f->sidecar.count != 0 ? &f->sidecar : NULL;
    return DRY_OK;
}

/* Sign and encode; f->tx.encoded is in the arena. */
static dry_status sign_filled(struct dry__call *c, struct filling *f)
{
    const uint8_t *secret = secret_of(c->rpc, &f->args.from);
    struct dry_ecdsa_signature sig;
    struct dry_buf buf = {0};
    struct dry_hash hash;
    dry_status st;

    if (secret == NULL)
        return unknown(c);
    st = dry_tx_encode_unsigned(&buf, &f->tx);
    if (dry_ok(st)) {
        dry_keccak256(&hash, dry_buf_bytes(&buf));
        if (!dry_secp256k1_sign(&sig, &hash, secret))
            st = dry__call_fail(c, DRY__RPC_INTERNAL, "the account's key is unusable");
    }
    if (dry_ok(st)) {
        dry_u256_from_be32(&f->tx.r, sig.r);
        dry_u256_from_be32(&f->tx.s, sig.s);
        f->tx.y_parity = sig.y_parity;
        buf.len = 0;
        st = dry_tx_encode(&buf, &f->tx);
    }
    if (dry_ok(st))
        st = dry_arena_copy(c->arena, &f->tx.encoded, dry_buf_bytes(&buf));
    dry_buf_fini(&buf);
    return st;
}

/* raw: what travels, with the blobs. */
static dry_status write_filled(struct dry_json_writer *w, const struct filling *f)
{
    struct dry_buf raw = {0};
    struct dry_hash hash;
    dry_status st = dry_tx_encode_network(&raw, &f->tx);

    dry_keccak256(&hash, f->tx.encoded);
    dry_json_object_begin(w);
    dry_json_key(w, "raw");
    if (dry_ok(st))
        dry_json_write_hex(w, dry_buf_bytes(&raw));
    dry_buf_fini(&raw);
    dry_json_key(w, "tx");
    dry_json_object_begin(w);
    dry__write_tx_members(w, &f->tx, &hash, &f->args.from, NULL);
    if (f->tx.sidecar != NULL)
        dry__write_sidecar(w, f->tx.sidecar);
    dry_json_object_end(w);
    dry_json_object_end(w);
    return st;
}

DRY__METHOD(eth_fillTransaction)
{
    struct dry_buf buf = {0};
    struct filling *f;
    dry_status st = fill(c, &f, false);

    if (dry_ok(st))
        st = dry_tx_encode(&buf, &f->tx);
    if (dry_ok(st))
        st = dry_arena_copy(c->arena, &f->tx.encoded, dry_buf_bytes(&buf));
    dry_buf_fini(&buf);
    return dry_ok(st) ? write_filled(w, f) : st;
}

DRY__METHOD(eth_signTransaction)
{
    struct filling *f;
    dry_status st = fill(c, &f, true);

    if (dry_ok(st))
        st = sign_filled(c, f);
    if (dry_ok(st))
        st = write_filled(w, f);
    return st;
}

/* On the loop: the nonce is taken and the transaction submitted in one go. */
static dry_status send(struct dry__call *c, struct filling *f, struct dry_hash *hash)
{
    struct dry_pool_tx *tx = NULL;
    struct dry_pool_verdict v;
    struct dry_head *h;
    dry_status st = DRY_OK;

    if (f->own_nonce)
        st = dry_chain_pool_nonce(c->rpc->set.chain, &f->tx.nonce, &f->args.from);
    if (dry_ok(st))
        st = sign_filled(c, f);
    if (!dry_ok(st))
        return st;
    h = dry_chain_head(c->rpc->set.chain);
    st = dry_pool_tx_open(&tx, &v, f->tx.encoded, &h->rules, TX_BYTES_MAX);
    dry_head_close(h);
    if (dry_ok(st) && v.answer == DRY_POOL_OK)
        st = dry_chain_submit(c->rpc->set.chain, &v, dry_pool_tx_share(tx));
    if (dry_ok(st) && v.answer != DRY_POOL_OK)
        st = dry__pool_refused(c, &v, tx, f->tx.encoded);
    if (dry_ok(st))
        *hash = tx->hash;
    dry_pool_tx_close(tx);
    return st;
}

DRY__METHOD(eth_sendTransaction)
{
    struct dry_hash hash;
    struct filling *f;
    dry_status st = fill_start(c, &f, true);

    if (dry_ok(st) && !f->args.has_from)
        st = dry__call_fail(c, DRY__RPC_PARAMS, "a transaction to send needs from");
    if (dry_ok(st) && secret_of(c->rpc, &f->args.from) == NULL)
        st = unknown(c);
    if (dry_ok(st))
        st = fill(c, &f, true);
    if (!dry_ok(st))
        return st;
    if (!dry__need(c, DRY__LOOP))
        return dry__elsewhere();
    st = send(c, f, &hash);
    if (dry_ok(st))
        dry_json_write_hash(w, &hash);
    return st;
}
