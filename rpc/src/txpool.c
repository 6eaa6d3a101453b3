/* txpool.c - what waits to be mined. All of it on the loop. */
#include "args.h"
#include "methods.h"
#include <stdio.h>

/* Writing one half of the pool, by sender and nonce. */
struct listing {
    struct dry_json_writer *w;
    bool pending; /* the half wanted */
    bool summary; /* txpool_inspect */
    bool any;     /* a sender's object is open */
    const struct dry_address *only;
    struct dry_address sender;
};

static void write_summary(struct dry_json_writer *w, const struct dry_tx *tx)
{
    char to[43], value[DRY_U256_DEC_MAX], price[DRY_U256_DEC_MAX], text[320];
    int n;

    if (tx->has_to)
        dry__checksummed(to, &tx->to);
    (void)dry_u256_to_dec(value, &tx->value);
    (void)dry_u256_to_dec(price, &tx->max_fee_per_gas);
    n = snprintf(text, sizeof(text), "%s: %s wei + %llu gas × %s wei",
                 tx->has_to ? to : "contract creation", value, (unsigned long long)tx->gas_limit,
                 price);
    dry_json_write_text(w, dry_bytes_of(text, (size_t)n));
}

static bool each(void *ctx, const struct dry_pool_tx *tx, bool pending)
{
    struct listing *l = ctx;
    char key[43];
    int n;

    if (pending != l->pending || (l->only != NULL && !dry_address_equal(l->only, &tx->sender)))
        return true;
    if (l->only == NULL && (!l->any || !dry_address_equal(&l->sender, &tx->sender))) {
        if (l->any)
            dry_json_object_end(l->w);
        dry__checksummed(key, &tx->sender);
        dry_json_key(l->w, key);
        dry_json_object_begin(l->w);
        l->sender = tx->sender;
        l->any = true;
    }
    n = snprintf(key, sizeof(key), "%llu", (unsigned long long)tx->tx.nonce);
    dry_json_key_n(l->w, key, (size_t)n);
    if (l->summary)
        write_summary(l->w, &tx->tx);
    else
        dry__write_tx(l->w, &tx->tx, &tx->hash, &tx->sender, NULL);
    return dry_ok(dry_json_end(l->w));
}

static dry_status write_pool(struct dry__call *c, struct dry_json_writer *w, bool summary,
                             const struct dry_address *only)
{
    dry_json_object_begin(w);
    for (int half = 0; half < 2; half++) {
        struct listing l = {.w = w, .pending = half == 0, .summary = summary, .only = only};

        dry_json_key(w, half == 0 ? "pending" : "queued");
        dry_json_object_begin(w);
        dry_chain_pool_each(c->rpc->set.chain, each, &l);
        if (l.any)
            dry_json_object_end(w);
        dry_json_object_end(w);
    }
    dry_json_object_end(w);
    return DRY_OK;
}

DRY__METHOD(txpool_content)
{
    return write_pool(c, w, false, NULL);
}

DRY__METHOD(txpool_inspect)
{
    return write_pool(c, w, true, NULL);
}

DRY__METHOD(txpool_contentFrom)
{
    struct dry_address a;
    dry_status st = dry__param_address(c, 0, &a);

    return dry_ok(st) ? write_pool(c, w, false, &a) : st;
}

DRY__METHOD(txpool_status)
{
    struct dry_pool_counts n = dry_chain_pool_counts(c->rpc->set.chain);

    dry_json_object_begin(w);
    dry_json_key(w, "pending");
    dry_json_write_quantity(w, n.pending);
    dry_json_key(w, "queued");
    dry_json_write_quantity(w, n.queued);
    dry_json_object_end(w);
    return DRY_OK;
}
