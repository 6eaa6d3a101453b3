/* evm_dev.c - time, mining and snapshots of a dev chain. All of it on the loop. */
#include "internal.h"
#include "methods.h"
#include <drystone/common/alloc.h>
#include <drystone/crypto.h>

#define SNAPSHOTS_MAX 1024u
#define MINE_MAX 100000u
#define MINE_SLICE 16u     /* blocks before others may have the loop */
#define WAITING_MAX 65536u /* waiting transactions kept with a snapshot */

struct dry__snapshot {
    struct dry__snapshot *next; /* older */
    uint64_t id, number, time_offset;
    struct dry_hash hash;
    struct dry_pool_tx **waiting; /* references, of what waited in the pool */
    uint32_t waiting_count;
};

/* --- mining --- */

/* evm_mine(time) or evm_mine({timestamp, blocks}). */
static dry_status mine_params(struct dry__call *c, bool *has_time, uint64_t *time, uint64_t *blocks)
{
    struct dry_json_value v, m;

    *has_time = false;
    *blocks = 1;
    if (!dry__param(c, 0, &v))
        return DRY_OK;
    if (dry_json_type(v) != DRY_JSON_OBJECT) {
        *has_time = true;
        return dry__param_u64(c, 0, time);
    }
    if (dry_json_get(v, "timestamp", &m) && !dry_json_is_null(m)) {
        *has_time = true;
        if (!dry_ok(dry_json_number_u64(m, time, NULL)))
            return dry__call_fail(c, DRY__RPC_PARAMS, "timestamp must be a number of seconds");
    }
    if (dry_json_get(v, "blocks", &m) && !dry_json_is_null(m) &&
        !dry_ok(dry_json_number_u64(m, blocks, NULL)))
        return dry__call_fail(c, DRY__RPC_PARAMS, "blocks must be a number");
    if (*blocks > MINE_MAX)
        return dry__call_fail(c, DRY__RPC_PARAMS, "at most 100,000 blocks at once");
    return DRY_OK;
}

/* The first run: c->state gets how many blocks are to come. */
static dry_status mine_begin(struct dry__call *c)
{
    uint64_t time = 0, *left = dry_arena_alloc(c->arena, sizeof(*left));
    bool has_time;
    dry_status st;

    if (left == NULL)
        return DRY_ENOMEM;
    st = mine_params(c, &has_time, &time, left);
    if (dry_ok(st) && has_time)
        st = dry_chain_set_next_time(c->rpc->set.chain, time);
    if (dry_ok(st))
        c->state = left;
    return st;
}

DRY__METHOD(evm_mine)
{
    dry_status st = c->state == NULL ? mine_begin(c) : DRY_OK;
    uint64_t *left = c->state;

    for (uint32_t i = 0; dry_ok(st) && *left > 0; i++, --*left) {
        if (i == MINE_SLICE) { /* others have the loop in between */
            c->moved = true;
            return dry__elsewhere();
        }
        if (dry__closing(c->rpc))
            return dry__call_fail(c, DRY__RPC_LIMIT, "the server is shutting down");
        st = dry_chain_event(c->rpc->set.chain, DRY_EVENT_MINE, 0);
    }
    if (dry_ok(st))
        dry_json_write_str(w, "0x0");
    return st.code == DRY_CODE_EINVAL && c->code == 0
               ? dry__call_fail(c, DRY__RPC_PARAMS, dry_status_text(st))
               : st;
}

DRY__METHOD(evm_setAutomine)
{
    bool on;
    dry_status st = dry__param_bool(c, 0, &on, true);

    if (dry_ok(st))
        st = dry_chain_event(c->rpc->set.chain, DRY_EVENT_SET_AUTOMINE, on);
    if (dry_ok(st))
        dry_json_write_bool(w, true);
    return st;
}

DRY__METHOD(evm_setIntervalMining)
{
    uint64_t ms;
    dry_status st = dry__param_u64(c, 0, &ms);

    if (dry_ok(st))
        st = dry_chain_event(c->rpc->set.chain, DRY_EVENT_SET_INTERVAL, ms);
    if (dry_ok(st))
        dry_json_write_bool(w, true);
    return st;
}

/* --- time --- */

DRY__METHOD(evm_increaseTime)
{
    uint64_t seconds;
    dry_status st = dry__param_u64(c, 0, &seconds);

    if (!dry_ok(st))
        return st;
    st = dry_chain_add_time_offset(c->rpc->set.chain, seconds);
    if (!dry_ok(st))
        return dry__call_fail(c, DRY__RPC_PARAMS, dry_status_text(st));
    dry_json_write_u64(w, dry_chain_time_offset(c->rpc->set.chain));
    return DRY_OK;
}

DRY__METHOD(evm_setNextBlockTimestamp)
{
    uint64_t time;
    dry_status st = dry__param_u64(c, 0, &time);

    if (dry_ok(st)) {
        st = dry_chain_set_next_time(c->rpc->set.chain, time);
        if (st.code == DRY_CODE_EINVAL)
            st = dry__call_fail(c, DRY__RPC_PARAMS, dry_status_text(st));
    }
    if (dry_ok(st))
        dry_json_write_null(w);
    return st;
}

/* --- snapshots --- */

static void snapshot_close(struct dry__snapshot *s)
{
    for (uint32_t i = 0; i < s->waiting_count; i++)
        dry_pool_tx_close(s->waiting[i]);
    dry_free(s->waiting);
    dry_free(s);
}

void dry__snapshots_close(struct dry_rpc *rpc)
{
    while (rpc->snapshots != NULL) {
        struct dry__snapshot *s = rpc->snapshots;
        rpc->snapshots = s->next;
        snapshot_close(s);
    }
}

static bool keep_waiting(void *ctx, const struct dry_pool_tx *tx, bool pending)
{
    struct dry__snapshot *s = ctx;

    (void)pending;
    if (s->waiting_count < WAITING_MAX)
        s->waiting[s->waiting_count++] =
            dry_pool_tx_share((struct dry_pool_tx *)(uintptr_t)tx); /* counts alone change */
    return true;
}

static dry_status waiting_keep(struct dry_rpc *rpc, struct dry__snapshot *s)
{
    struct dry_pool_counts n = dry_chain_pool_counts(rpc->set.chain);
    uint64_t count = (uint64_t)n.pending + n.queued;

    if (count > WAITING_MAX)
        return DRY_STATUS(ELIMIT, "too many transactions wait for a snapshot (at most 65,536)");
    if (count == 0)
        return DRY_OK;
    s->waiting = dry_alloc(count * sizeof(struct dry_pool_tx *));
    if (s->waiting == NULL)
        return DRY_ENOMEM;
    dry_chain_pool_each(rpc->set.chain, keep_waiting, s);
    return DRY_OK;
}

/* What waited waits again; the pool refuses what it no longer likes. */
static dry_status waiting_restore(struct dry_rpc *rpc, struct dry__snapshot *s)
{
    struct dry_pool_verdict *v;
    dry_status st;

    if (s->waiting_count == 0)
        return DRY_OK;
    v = dry_alloc(s->waiting_count * sizeof(*v));
    if (v == NULL)
        return DRY_ENOMEM;
    st = dry_chain_submit_many(rpc->set.chain, v, s->waiting, s->waiting_count);
    s->waiting_count = 0; /* their references went */
    dry_free(v);
    return st;
}

/* States are kept from the oldest snapshot on. */
static void pin(struct dry_rpc *rpc)
{
    uint64_t oldest = UINT64_MAX;

    for (const struct dry__snapshot *s = rpc->snapshots; s != NULL; s = s->next)
        oldest = s->number < oldest ? s->number : oldest;
    dry_chain_pin(rpc->set.chain, oldest);
}

DRY__METHOD(evm_snapshot)
{
    struct dry_rpc *rpc = c->rpc;
    struct dry__snapshot *s;
    struct dry_head *h;
    uint32_t n = 0;
    dry_status st;

    for (s = rpc->snapshots; s != NULL; s = s->next)
        n++;
    if (n >= SNAPSHOTS_MAX)
        return dry__call_fail(c, DRY__RPC_LIMIT, "too many snapshots (at most 1,024)");
    s = dry_alloc(sizeof(*s));
    if (s == NULL)
        return DRY_ENOMEM;
    st = waiting_keep(rpc, s);
    if (!dry_ok(st)) {
        snapshot_close(s);
        return st.code == DRY_CODE_ELIMIT ? dry__call_fail(c, DRY__RPC_LIMIT, dry_status_text(st))
                                          : st;
    }
    h = dry_chain_head(rpc->set.chain);
    s->id = ++rpc->snapshot_ids;
    s->number = h->header.number;
    s->hash = h->hash;
    s->time_offset = dry_chain_time_offset(rpc->set.chain);
    s->next = rpc->snapshots;
    rpc->snapshots = s;
    dry_head_close(h);
    pin(rpc);
    dry_json_write_quantity(w, s->id);
    return DRY_OK;
}

/* The snapshot and all later ones are used up. Those transactions wait that waited then. */
static dry_status revert(struct dry_rpc *rpc, struct dry__snapshot *to, bool *done)
{
    struct dry_chain *chain = rpc->set.chain;
    dry_status st = DRY_OK;

    *done = dry_chain_is_canonical(chain, to->number, &to->hash);
    if (*done)
        st = dry_chain_rewind(chain, to->number, false);
    if (!dry_ok(st) || !*done)
        return st;
    dry_chain_pool_clear(chain);
    dry_chain_set_time_offset(chain, to->time_offset);
    while (rpc->snapshots != to) {
        struct dry__snapshot *s = rpc->snapshots;
        rpc->snapshots = s->next;
        snapshot_close(s);
    }
    rpc->snapshots = to->next;
    st = waiting_restore(rpc, to);
    snapshot_close(to);
    pin(rpc);
    return st;
}

DRY__METHOD(evm_revert)
{
    struct dry__snapshot *s = c->rpc->snapshots;
    bool done = false;
    uint64_t id;
    dry_status st = dry__param_u64(c, 0, &id);

    if (!dry_ok(st))
        return st;
    while (s != NULL && s->id != id)
        s = s->next;
    if (s != NULL)
        st = revert(c->rpc, s, &done);
    if (st.code == DRY_CODE_ENOTFOUND)
        return dry__call_failf(c, DRY__RPC_LIMIT,
                               "the state of block %llu was pruned meanwhile (--state-history)",
                               (unsigned long long)s->number);
    if (dry_ok(st))
        dry_json_write_bool(w, done);
    return st;
}

/* --- the program --- */

DRY__METHOD(web3_clientVersion)
{
    dry_json_write_str(w, c->rpc->set.client_version != NULL ? c->rpc->set.client_version
                                                             : "drystone");
    return DRY_OK;
}

DRY__METHOD(web3_sha3)
{
    struct dry_bytes data;
    struct dry_hash hash;
    dry_status st = dry__param_data(c, 0, &data);

    if (!dry_ok(st))
        return st;
    dry_keccak256(&hash, data);
    dry_json_write_hash(w, &hash);
    return DRY_OK;
}

DRY__METHOD(net_listening)
{
    (void)c;
    dry_json_write_bool(w, true);
    return DRY_OK;
}

DRY__METHOD(net_peerCount)
{
    (void)c;
    dry_json_write_quantity(w, 0);
    return DRY_OK;
}

/* Nobody mines by work here. */
DRY__METHOD(eth_mining)
{
    (void)c;
    dry_json_write_bool(w, false);
    return DRY_OK;
}

DRY__METHOD(eth_hashrate)
{
    (void)c;
    dry_json_write_quantity(w, 0);
    return DRY_OK;
}

DRY__METHOD(rpc_modules)
{
    dry_json_write_raw(
        w, c->rpc->set.dev_methods
               ? DRY_BYTES_LIT("{\"debug\":\"1.0\",\"eth\":\"1.0\",\"evm\":\"1.0\",\"net\":\"1.0\","
                               "\"rpc\":\"1.0\",\"txpool\":\"1.0\",\"web3\":\"1.0\"}")
               : DRY_BYTES_LIT("{\"debug\":\"1.0\",\"eth\":\"1.0\",\"net\":\"1.0\","
                               "\"rpc\":\"1.0\",\"txpool\":\"1.0\",\"web3\":\"1.0\"}"));
    return DRY_OK;
}
