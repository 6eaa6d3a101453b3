/* debug.c - raw encodings, and blocks run again under a tracer. */
#include "args.h"
#include "methods.h"
#include "trace.h"
#include <drystone/common/hex.h>
#include <drystone/execution.h>

/* --- raw --- */

static dry_status block_param(struct dry__call *c, struct dry_stored_block *b,
                              const struct dry_receipt **receipts, bool *pending)
{
    struct dry_json_value v;
    bool found;
    dry_status st;

    if (!dry__param(c, 0, &v))
        return dry__call_fail(c, DRY__RPC_PARAMS, "missing value for required argument 0");
    st = dry__param_stored(c, 0, b, receipts, &found, pending);
    return dry_ok(st) && !found ? dry__call_fail(c, DRY__RPC_SERVER, "header not found") : st;
}

static dry_status write_encoded(struct dry_json_writer *w, struct dry_buf *rlp, dry_status st)
{
    if (dry_ok(st))
        dry_json_write_hex(w, dry_buf_bytes(rlp));
    dry_buf_fini(rlp);
    return st;
}

DRY__METHOD(debug_getRawBlock)
{
    struct dry_stored_block b;
    struct dry_buf rlp = {0};
    bool pending;
    dry_status st = block_param(c, &b, NULL, &pending);

    return dry_ok(st) ? write_encoded(w, &rlp, dry_block_encode(&rlp, &b.block)) : st;
}

DRY__METHOD(debug_getRawHeader)
{
    struct dry_stored_block b;
    struct dry_buf rlp = {0};
    bool pending;
    dry_status st = block_param(c, &b, NULL, &pending);

    return dry_ok(st) ? write_encoded(w, &rlp, dry_header_encode(&rlp, &b.block.header)) : st;
}

DRY__METHOD(debug_getRawReceipts)
{
    struct dry_stored_block b = {0};
    const struct dry_receipt *receipts = NULL;
    struct dry_buf one = {0};
    uint32_t count;
    bool pending = false;
    dry_status st = block_param(c, &b, &receipts, &pending);

    if (!dry_ok(st))
        return st;
    count = b.block.tx_count;
    st = dry__reads(c, b.block.header.gas_used, 0);
    if (dry_ok(st) && !pending)
        st = dry_chain_receipts(c->rpc->set.chain, &receipts, &count, &b.hash, c->arena);
    if (!dry_ok(st))
        return st;
    dry_json_array_begin(w);
    for (uint32_t i = 0; i < count && dry_ok(st); i++) {
        one.len = 0;
        st = dry_receipt_encode(&one, &receipts[i]);
        if (dry_ok(st))
            dry_json_write_hex(w, dry_buf_bytes(&one));
    }
    dry_json_array_end(w);
    dry_buf_fini(&one);
    return st;
}

DRY__METHOD(debug_getBadBlocks)
{
    (void)c;
    dry_json_array_begin(w); /* refused blocks are not kept */
    dry_json_array_end(w);
    return DRY_OK;
}

/* --- tracing --- */

/* A block set up to run again on its parent's state. */
struct rerun {
    struct dry_stored_block block;
    struct dry_state_view *view;
    struct dry__runner *runner;
    struct dry__trace trace;
    struct dry_tracer tracer;
};

static void rerun_close(struct dry__call *c, struct rerun *r)
{
    if (r->runner != NULL)
        dry__runner_time_end(c->rpc, r->runner);
    dry__runner_give(c->rpc, r->runner);
    dry_state_view_close(r->view);
    dry__trace_fini(&r->trace);
}

static dry_status rerun_open(struct dry__call *c, struct rerun *r, struct dry_json_writer *w,
                             const struct dry__trace_options *options)
{
    struct dry_chain *chain = c->rpc->set.chain;
    const struct dry_header *h = &r->block.block.header;
    struct dry__at parent = {.hash = h->parent_hash};
    struct dry_block_env env;
    struct dry_u256 parent_td;
    struct dry_rules rules;
    enum dry_verdict verdict;
    dry_status st;

    if (h->number == 0)
        return dry__call_fail(c, DRY__RPC_SERVER, "genesis is not traceable");
    st = dry_chain_header(chain, &parent.header, &h->parent_hash, c->arena);
    if (dry_ok(st))
        st = dry__at_state(c, &parent, &r->view);
    if (dry_ok(st))
        st = dry__runner_take(c->rpc, &r->runner);
    if (!dry_ok(st))
        return st;
    (void)dry_u256_sub(&parent_td, &r->block.total_difficulty, &h->difficulty);
    dry_chain_rules(chain, &rules, h->number, h->time, &parent_td);
    dry_block_env_of(&env, h, &rules, dry_chain_config(chain));
    dry__trace_init(&r->trace, w, options);
    r->tracer = (struct dry_tracer){.ctx = &r->trace, .step = dry__trace_step};
    dry__runner_time(c->rpc, r->runner, c->rpc->limits.call_time_ms);
    return dry_executor_begin(r->runner->executor, &verdict, &env, dry_state_view_reader(r->view),
                              &r->tracer, c->arena);
}

/* Run transaction i; write its trace when `write`. */
static dry_status rerun_tx(struct dry__call *c, struct rerun *r, uint32_t i, bool write)
{
    struct dry_tx_result result;
    enum dry_verdict verdict;
    dry_status st;

    if (write)
        dry__trace_tx_begin(&r->trace);
    st = dry_executor_transact(r->runner->executor, &verdict, &result, &r->block.block.txs[i],
                               &r->block.senders[i]);
    if (dry_ok(st) && verdict != DRY_VERDICT_VALID)
        st = dry__call_fail(c, DRY__RPC_INTERNAL, dry_verdict_text(verdict));
    if (dry_ok(st) && result.end == DRY_EVM_STOPPED)
        st = dry__call_fail(c, DRY__RPC_SERVER, "execution timeout (--rpc-call-timeout)");
    if (write && dry_ok(st))
        dry__trace_tx_end(&r->trace, &result);
    return st;
}

static dry_status options_read(struct dry__call *c, struct dry__trace_options *out)
{
    static const struct {
        const char *name;
        size_t at;
    } flags[] = {{"enableMemory", offsetof(struct dry__trace_options, memory)},
                 {"disableStack", offsetof(struct dry__trace_options, no_stack)},
                 {"disableStorage", offsetof(struct dry__trace_options, no_storage)},
                 {"enableReturnData", offsetof(struct dry__trace_options, return_data)}};
    struct dry_json_value v, m;
    uint64_t limit = 0;

    *out = (struct dry__trace_options){0};
    if (!dry__param(c, 1, &v))
        return DRY_OK;
    if (dry_json_type(v) != DRY_JSON_OBJECT)
        return dry__call_fail(c, DRY__RPC_PARAMS, "invalid argument 1: want an object of options");
    if (dry_json_get(v, "tracer", &m) && !dry_json_is_null(m))
        return dry__call_fail(
            c, DRY__RPC_PARAMS,
            "named tracers are not supported: leave tracer out for the struct logger");
    for (size_t i = 0; i < DRY_COUNT(flags); i++)
        if (dry_json_get(v, flags[i].name, &m) && !dry_json_is_null(m) &&
            !dry_ok(dry_json_bool(m, (bool *)((uint8_t *)out + flags[i].at), NULL)))
            return dry__call_failf(c, DRY__RPC_PARAMS, "%s must be true or false", flags[i].name);
    if (dry_json_get(v, "limit", &m) && !dry_json_is_null(m) &&
        !dry_ok(dry_json_number_u64(m, &limit, NULL)))
        return dry__call_fail(c, DRY__RPC_PARAMS, "limit must be a number");
    out->limit = limit;
    return DRY_OK;
}

static dry_status trace_block(struct dry__call *c, struct dry_json_writer *w, struct rerun *r)
{
    struct dry__trace_options options;
    dry_status st = options_read(c, &options);

    if (dry_ok(st))
        st = rerun_open(c, r, w, &options);
    if (!dry_ok(st))
        return st;
    dry_json_array_begin(w);
    for (uint32_t i = 0; i < r->block.block.tx_count && dry_ok(st); i++) {
        dry_json_object_begin(w);
        dry_json_key(w, "txHash");
        dry_json_write_hash(w, &r->block.tx_hashes[i]);
        dry_json_key(w, "result");
        st = rerun_tx(c, r, i, true);
        dry_json_object_end(w);
    }
    dry_json_array_end(w);
    return st;
}

DRY__METHOD(debug_traceBlockByNumber)
{
    struct rerun r = {0};
    bool pending;
    dry_status st = block_param(c, &r.block, NULL, &pending);

    if (dry_ok(st))
        st = trace_block(c, w, &r);
    rerun_close(c, &r);
    return st;
}

DRY__METHOD(debug_traceBlockByHash)
{
    struct rerun r = {0};
    struct dry_hash hash;
    dry_status st = dry__param_hash(c, 0, &hash);

    if (dry_ok(st))
        st = dry_chain_block(c->rpc->set.chain, &r.block, &hash, c->arena);
    if (st.code == DRY_CODE_ENOTFOUND) {
        char text[65] = {0};

        dry_hex_encode(text, DRY_BYTES_ARRAY(hash.b));
        return dry__call_failf(c, DRY__RPC_SERVER, "block 0x%s not found", text);
    }
    if (dry_ok(st))
        st = trace_block(c, w, &r);
    rerun_close(c, &r);
    return st;
}

DRY__METHOD(debug_traceTransaction)
{
    struct dry__trace_options options;
    struct rerun r = {0};
    struct dry_tx_place place;
    struct dry_hash hash;
    dry_status st = dry__param_hash(c, 0, &hash);

    if (dry_ok(st))
        st = options_read(c, &options);
    if (dry_ok(st))
        st = dry_chain_find_tx(c->rpc->set.chain, &place, &hash);
    if (st.code == DRY_CODE_ENOTFOUND)
        return dry__call_fail(c, DRY__RPC_SERVER, "transaction not found");
    if (dry_ok(st))
        st = dry_chain_block(c->rpc->set.chain, &r.block, &place.block_hash, c->arena);
    if (dry_ok(st))
        st = rerun_open(c, &r, w, &options);
    for (uint32_t i = 0; dry_ok(st) && i <= place.index; i++)
        st = rerun_tx(c, &r, i, i == place.index);
    rerun_close(c, &r);
    return st;
}
