/* pending.c - the block to come: what "pending" means as a parameter. */
#include "internal.h"

static dry_status run(struct dry__call *c, const struct dry_pending_block **out)
{
    struct dry__runner *runner = NULL;
    dry_status st;

    if (!dry__need(c, DRY__WORKER))
        return dry__elsewhere();
    st = dry__runner_take(c->rpc, &runner);
    if (!dry_ok(st))
        return st;
    dry__runner_time(c->rpc, runner, c->rpc->limits.call_time_ms);
    st = dry_pending_run(c->pending, out, runner->executor);
    dry__runner_time_end(c->rpc, runner);
    dry__runner_give(c->rpc, runner);
    return st.code == DRY_CODE_ECANCELED
               ? dry__call_fail(c, DRY__RPC_SERVER,
                                "the pending block takes too long to run (--rpc-call-timeout)")
               : st;
}

dry_status dry__pending(struct dry__call *c, const struct dry_pending_block **out)
{
    dry_status st = DRY_OK;

    if (c->pending == NULL) {
        if (!dry__need(c, DRY__LOOP))
            return dry__elsewhere();
        st = dry_chain_pending(c->rpc->set.chain, &c->pending);
    }
    if (!dry_ok(st))
        return st;
    *out = dry_pending_done(c->pending);
    return *out != NULL ? DRY_OK : run(c, out);
}

dry_status dry__state_open(struct dry__call *c, struct dry__state *out, const struct dry__at *at)
{
    const struct dry_pending_block *next = NULL;
    struct dry__at parent = *at;
    dry_status st = DRY_OK;

    *out = (struct dry__state){0};
    if (at->pending) {
        st = dry__pending(c, &next);
        if (dry_ok(st))
            parent.header = *dry_pending_parent(c->pending);
    }
    if (dry_ok(st))
        st = dry__at_state(c, &parent, &out->view);
    if (!dry_ok(st))
        return st;
    out->reader = dry_state_view_reader(out->view);
    if (next != NULL) {
        dry_overlay_reader_init(&out->changed, out->reader, &next->diff);
        out->reader = &out->changed.r;
    }
    return DRY_OK;
}

void dry__state_close(struct dry__state *s)
{
    dry_state_view_close(s->view);
    *s = (struct dry__state){0};
}

static dry_status stored_check(struct dry__call *c, uint32_t i)
{
    struct dry_json_value v;
    struct dry_bytes text;
    struct dry_hash hash;

    if (!dry__param(c, i, &v))
        return dry__call_failf(c, DRY__RPC_PARAMS, "missing value for required argument %u", i);
    if (strstr(c->method->name, "Hash") != NULL)
        return dry__param_hash(c, i, &hash);
    if (strstr(c->method->name, "Number") != NULL &&
        (dry_json_type(v) == DRY_JSON_OBJECT || (dry_json_plain(v, &text) && text.len == 66)))
        return dry__call_failf(c, DRY__RPC_PARAMS,
                               "invalid argument %u: want a block's number or tag", i);
    return DRY_OK;
}

dry_status dry__param_stored(struct dry__call *c, uint32_t i, struct dry_stored_block *out,
                             const struct dry_receipt **receipts, bool *found, bool *pending)
{
    const struct dry_pending_block *next = NULL;
    struct dry__at at;
    dry_status st = stored_check(c, i);

    *out = (struct dry_stored_block){0};
    *found = *pending = false;
    if (dry_ok(st))
        st = dry__param_block_maybe(c, i, &at, found);
    *pending = dry_ok(st) && *found && at.pending;
    if (!dry_ok(st) || !*found)
        return st;
    if (!*pending)
        return dry_chain_block(c->rpc->set.chain, out, &at.hash, c->arena);
    st = dry__pending(c, &next);
    if (!dry_ok(st) || next == NULL)
        return st;
    *out = next->block;
    if (receipts != NULL)
        *receipts = next->receipts;
    return DRY_OK;
}
