/* eth_tx.c - transactions from outside into the pool, and the words when it refuses them. */
#include "methods.h"
#include "submit.h"
#include <drystone/common/alloc.h>
#include <drystone/common/hex.h>
#include <drystone/crypto.h>
#include <drystone/execution.h>

#define TIMEOUT_CODE 4 /* EIP-7966 */
#define SYNC_MS 20000u
#define SYNC_MS_MAX 120000u
#define PARKED_MAX 1024u
#define PARKED_LOOK_MS 50u

/* --- preparing: decoded and its sender recovered, on any thread --- */

struct prepared {
    dry_status st;
    struct dry_pool_tx *tx; /* a reference of ours, until the answer */
    struct dry_pool_verdict v;
    bool not_hex, in; /* in: handed to the pool */
};

static dry_status decode(struct dry__call *c, struct prepared *p, struct dry_buf *raw)
{
    struct dry_json_value v;
    dry_status st;

    p->not_hex = true;
    if (!dry__param(c, 0, &v))
        return DRY_OK;
    st = dry_json_data(v, raw, NULL);
    if (!dry_ok(st))
        return st.code == DRY_CODE_ENOMEM ? st : DRY_OK;
    p->not_hex = false;
    return dry_chain_tx_open(c->rpc->set.chain, &p->tx, &p->v, dry_buf_bytes(raw));
}

void dry__prepare_raw(struct dry__call *c)
{
    struct prepared *p = dry_alloc(sizeof(*p));
    struct dry_buf raw = {0};

    c->state = p;
    if (p == NULL)
        return;
    p->st = decode(c, p, &raw);
    dry_buf_fini(&raw);
}

void dry__submit_drop(struct dry__call *c)
{
    struct prepared *p = c->state;

    if (p != NULL)
        dry_pool_tx_close(p->tx);
    dry_free(p);
    c->state = NULL;
}

/* --- submitting: on the loop --- */

void dry__submit(struct dry__call *calls, uint32_t count)
{
    struct dry_rpc *rpc = calls[0].rpc;
    struct dry_arena *arena = calls[0].arena;
    struct dry_pool_tx **txs = dry_arena_alloc(arena, count * sizeof(struct dry_pool_tx *));
    struct dry_pool_verdict *v = dry_arena_alloc(arena, count * sizeof(*v));
    dry_status st = DRY_OK;
    uint32_t n = 0;

    for (uint32_t i = 0; i < count; i++) {
        struct prepared *p = calls[i].state;

        calls[i].submitted = true;
        if (p == NULL || p->tx == NULL || p->v.answer != DRY_POOL_OK)
            continue;
        if (txs == NULL || v == NULL) {
            p->st = DRY_ENOMEM;
            continue;
        }
        p->in = true;
        txs[n++] = dry_pool_tx_share(p->tx);
    }
    if (n == 0)
        return;
    memset(v, 0, n * sizeof(*v));
    st = dry_chain_submit_many(rpc->set.chain, v, txs, n);
    n = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct prepared *p = calls[i].state;

        if (p == NULL || !p->in)
            continue;
        p->v = v[n++];
        p->st = st;
    }
}

/* --- words --- */

/* What the sender has in the newest state. */
static dry_status sender_now(struct dry_rpc *rpc, struct dry_account *out,
                             const struct dry_address *a)
{
    struct dry_head *h = dry_chain_head(rpc->set.chain);
    struct dry_state_view *view = NULL;
    bool exists;
    dry_status st = dry_chain_state_open(rpc->set.chain, &view, &h->header);

    if (dry_ok(st)) {
        struct dry_state_reader *r = dry_state_view_reader(view);
        st = r->ops->account(r, &exists, out, a);
        dry_state_view_close(view);
    }
    dry_head_close(h);
    return st;
}

static dry_status refused_funds(struct dry__call *c, const struct dry_pool_tx *tx,
                                const struct dry_account *a)
{
    char have[DRY_U256_DEC_MAX], want[DRY_U256_DEC_MAX], over[DRY_U256_DEC_MAX];
    struct dry_u256 cost = DRY_U256(tx->tx.gas_limit), blobs, diff = DRY_U256_ZERO;

    blobs = DRY_U256((uint64_t)tx->tx.blob_count * DRY_BLOB_GAS);
    dry_u256_mul(&cost, &cost, &tx->tx.max_fee_per_gas);
    dry_u256_mul(&blobs, &blobs, &tx->tx.max_fee_per_blob_gas);
    (void)dry_u256_add(&cost, &cost, &blobs);
    (void)dry_u256_add(&cost, &cost, &tx->tx.value);
    (void)dry_u256_to_dec(have, &a->balance);
    (void)dry_u256_to_dec(want, &cost);
    if (dry_u256_sub(&diff, &cost, &a->balance))
        return dry__call_failf(
            c, DRY__RPC_SERVER,
            "insufficient funds for gas * price + value: balance %s, tx cost %s, "
            "and the sender's other waiting transactions",
            have, want);
    (void)dry_u256_to_dec(over, &diff);
    return dry__call_failf(c, DRY__RPC_SERVER,
                           "insufficient funds for gas * price + value: balance %s, tx cost %s, "
                           "overshot %s",
                           have, want, over);
}

/* The rule broken, with the transaction decoded once more for the figures. */
static dry_status refused_rule(struct dry__call *c, enum dry_verdict verdict, struct dry_bytes raw)
{
    struct dry_head *h = dry_chain_head(c->rpc->set.chain);
    struct dry_rules rules = h->rules;
    struct dry_account none = {0};
    struct dry_address nobody = {{0}};
    enum dry_verdict form;
    struct dry_tx tx;
    dry_status st = dry_tx_decode(&tx, &form, raw, c->arena);

    dry_head_close(h);
    if (!dry_ok(st))
        return st;
    if (form != DRY_VERDICT_VALID)
        return dry__call_failf(c, DRY__RPC_SERVER, "rlp: %s", dry_verdict_text(form));
    if (verdict == DRY_VERDICT_TX_PRIORITY_ABOVE_MAX) /* its sender was not looked for */
        return dry__call_fail(c, DRY__RPC_SERVER,
                              "max priority fee per gas higher than max fee per gas");
    return dry__refused(c, verdict, &tx, &nobody, &rules, &tx.max_fee_per_gas, &none);
}

dry_status dry__pool_refused(struct dry__call *c, const struct dry_pool_verdict *v,
                             const struct dry_pool_tx *tx, struct dry_bytes raw)
{
    struct dry_account a = {0};
    dry_status st;

    switch (v->answer) {
    case DRY_POOL_NONCE_TOO_LOW:
    case DRY_POOL_FUNDS:
        st = sender_now(c->rpc, &a, &tx->sender);
        if (!dry_ok(st))
            return st;
        if (v->answer == DRY_POOL_FUNDS)
            return refused_funds(c, tx, &a);
        return dry__call_failf(c, DRY__RPC_SERVER, "nonce too low: next nonce %llu, tx nonce %llu",
                               (unsigned long long)a.nonce, (unsigned long long)tx->tx.nonce);
    case DRY_POOL_INVALID:
        return refused_rule(c, v->verdict, raw);
    case DRY_POOL_OK:
    case DRY_POOL_KNOWN:
    case DRY_POOL_UNDERPRICED:
    case DRY_POOL_FEE_TOO_LOW:
    case DRY_POOL_BLOB_FEE_TOO_LOW:
    case DRY_POOL_ACCOUNT_FULL:
    case DRY_POOL_FULL:
    case DRY_POOL_BYTES_FULL:
    case DRY_POOL_OVERSIZED:
    case DRY_POOL_GAS_LIMIT:
    case DRY_POOL_SIDECAR:
    case DRY_POOL_SIDECAR_MISSING:
    case DRY_POOL_SIDECAR_V0:
    case DRY_POOL_SIDECAR_V1:
        break;
    }
    return dry__call_fail(c, DRY__RPC_SERVER, dry_pool_answer_text(v->answer));
}

/* What became of a prepared transaction: DRY_OK when it is in the pool or mined. */
static dry_status outcome(struct dry__call *c, const struct prepared *p)
{
    struct dry_bytes raw;
    dry_status st;

    if (p == NULL)
        return DRY_ENOMEM;
    if (!dry_ok(p->st))
        return p->st;
    if (!p->not_hex && p->v.answer == DRY_POOL_OK)
        return DRY_OK;
    st = dry__param_data(c, 0, &raw);
    return dry_ok(st) ? dry__pool_refused(c, &p->v, p->tx, raw) : st;
}

DRY__METHOD(eth_sendRawTransaction)
{
    const struct prepared *p = c->state;
    dry_status st = outcome(c, p);

    if (dry_ok(st))
        dry_json_write_hash(w, &p->tx->hash);
    return st;
}

/* --- EIP-7966: the answer is the receipt --- */

struct dry__parked {
    struct dry__parked *next;
    struct dry__request *request;
    uint64_t deadline_ns;
};

static void parked_look(void *arg)
{
    struct dry_rpc *rpc = arg;
    struct dry__parked *p = rpc->parked;

    rpc->parked = NULL; /* those that still wait park again */
    while (p != NULL) {
        struct dry__parked *next = p->next;
        struct dry__request *r = p->request;

        dry_free(p);
        dry__resume(r);
        p = next;
    }
    if (rpc->parked == NULL && rpc->parked_timer != NULL)
        dry_timer_stop(rpc->parked_timer);
}

void dry__parked_event(struct dry_rpc *rpc)
{
    if (rpc->parked != NULL && rpc->parked_timer != NULL)
        dry_timer_start(rpc->parked_timer, 0, PARKED_LOOK_MS);
}

void dry__parked_close(struct dry_rpc *rpc)
{
    parked_look(rpc);
    dry_timer_close(rpc->parked_timer);
    rpc->parked_timer = NULL;
}

static dry_status park(struct dry__call *c)
{
    struct dry_rpc *rpc = c->rpc;
    struct dry__parked *p;
    uint32_t n = 0;
    dry_status st = DRY_OK;

    for (p = rpc->parked; p != NULL; p = p->next)
        n++;
    if (n >= PARKED_MAX)
        return dry__call_fail(c, DRY__RPC_LIMIT,
                              "too many calls wait for their receipt: try again");
    p = dry_alloc(sizeof(*p));
    if (p == NULL)
        return DRY_ENOMEM;
    if (rpc->parked_timer == NULL)
        st = dry_timer_open(&rpc->parked_timer, rpc->set.loop, parked_look, rpc);
    if (!dry_ok(st)) {
        dry_free(p);
        return st;
    }
    if (rpc->parked == NULL)
        dry_timer_start(rpc->parked_timer, PARKED_LOOK_MS, PARKED_LOOK_MS);
    p->request = c->request;
    p->next = rpc->parked;
    rpc->parked = p;
    return dry__park(c);
}

struct waiting {
    struct prepared prepared; /* first: dropped as one */
    uint64_t deadline_ns;
};

void dry__prepare_sync(struct dry__call *c)
{
    struct waiting *x = dry_alloc(sizeof(*x));
    struct dry_buf raw = {0};

    c->state = x;
    if (x == NULL)
        return;
    x->prepared.st = decode(c, &x->prepared, &raw);
    dry_buf_fini(&raw);
}

/* EIP-7966: it waits on; its hash is the error's data. */
static dry_status timed_out(struct dry__call *c, const struct dry_hash *hash, uint64_t ms)
{
    char text[68] = "\"0x";
    dry_status st;

    dry_hex_encode(text + 3, DRY_BYTES_ARRAY(hash->b));
    text[67] = '"';
    st = dry_arena_copy(c->arena, &c->data, dry_bytes_of(text, sizeof(text)));
    if (!dry_ok(st))
        return st;
    return dry__call_failf(c, TIMEOUT_CODE,
                           "The transaction was added to the transaction pool but wasn't processed "
                           "in %llu ms",
                           (unsigned long long)ms);
}

DRY__METHOD(eth_sendRawTransactionSync)
{
    struct waiting *x = c->state;
    uint64_t now = dry_clock_monotonic_ns(c->rpc->set.clock), ms = SYNC_MS;
    struct dry_json_value v;
    bool found;
    dry_status st = outcome(c, x != NULL ? &x->prepared : NULL);

    if (dry_ok(st) && dry__param(c, 1, &v))
        st = dry__param_u64(c, 1, &ms);
    if (ms == 0)
        ms = SYNC_MS;
    if (ms > SYNC_MS_MAX)
        ms = SYNC_MS_MAX;
    if (dry_ok(st))
        st = dry__write_receipt_of(c, w, &found, &x->prepared.tx->hash);
    if (!dry_ok(st) || found)
        return st;
    if (x->deadline_ns == 0)
        x->deadline_ns = now + ms * 1000000u;
    if (c->request->direct || dry__closing(c->rpc) || now >= x->deadline_ns)
        return timed_out(c, &x->prepared.tx->hash, ms);
    return park(c);
}
