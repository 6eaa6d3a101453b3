/* build.c - making blocks from the pool on the head; and driving the engine. */
#include "build.h"
#include <drystone/crypto.h>
#include <drystone/execution.h>
#include <drystone/platform/log.h>

#define WORK_NS_MAX 10000000ull /* one turn of building before others get the loop */
#define GAS_LIMIT_DIVISOR 1024u /* Yellow Paper, equation 47 */
#define GAS_LIMIT_MIN 5000u
#define GAS_LIMIT_MAX ((uint64_t)INT64_MAX)
/* What transactions may take in a block: EIP-7934's limit, and before it one that block stores and
 * peers can hold; less some room for the header, ommers and withdrawals. */
#define BLOCK_BYTES_OSAKA (8u << 20)
#define BLOCK_BYTES_BEFORE (32u << 20)
#define BLOCK_BYTES_ROOM (64u << 10)

void dry__header_fees(struct dry_header *h, const struct dry_header *parent,
                      const struct dry_rules *rules)
{
    h->extra_fields = rules->fork >= DRY_FORK_PRAGUE     ? DRY_HEADER_PRAGUE
                      : rules->fork >= DRY_FORK_CANCUN   ? DRY_HEADER_CANCUN
                      : rules->fork >= DRY_FORK_SHANGHAI ? DRY_HEADER_SHANGHAI
                      : rules->fork >= DRY_FORK_LONDON   ? DRY_HEADER_LONDON
                                                         : 0;
    if (rules->fork >= DRY_FORK_LONDON)
        dry_base_fee_next(&h->base_fee, parent, rules, parent->extra_fields >= DRY_HEADER_LONDON);
    if (rules->fork >= DRY_FORK_CANCUN)
        h->excess_blob_gas = dry_excess_blob_gas_next(parent, rules);
}

/* Towards the target by what one block may move. The first block with a base fee has a limit twice
 * as high as its parent's would allow (EIP-1559). */
static uint64_t gas_limit_next(const struct dry_chain *c, const struct dry_header *head,
                               const struct dry_rules *rules)
{
    uint64_t target = c->set.gas_limit_target, parent = head->gas_limit, step;

    if (rules->fork >= DRY_FORK_LONDON && head->extra_fields < DRY_HEADER_LONDON &&
        parent <= GAS_LIMIT_MAX / 2)
        parent *= 2;
    step = parent < 2 * GAS_LIMIT_DIVISOR ? 0 : parent / GAS_LIMIT_DIVISOR - 1;
    if (target == 0)
        return parent;
    if (target < GAS_LIMIT_MIN)
        target = GAS_LIMIT_MIN;
    if (target > GAS_LIMIT_MAX)
        target = GAS_LIMIT_MAX;
    if (target > parent)
        return target - parent < step ? target : parent + step;
    return parent - target < step ? target : parent - step;
}

dry_status dry__making_prepare(struct dry_chain *c, struct dry__making *m,
                               const struct dry_build *b)
{
    const struct dry_head *head = dry__head(c);
    struct dry_header *h = &m->header;
    dry_status st;

    h->parent_hash = head->hash;
    h->number = head->header.number + 1;
    h->extra_data = c->set.extra_data;
    h->ommers_hash = dry_hash_empty_ommers;
    st = dry_consensus_prepare(c->consensus, h, &head->header, dry__now_ms(c));
    if (!dry_ok(st))
        return st;
    if (b->time != NULL)
        h->time = *b->time;
    else if (c->has_next_time && c->next_time > head->header.time) /* else a block came between */
        h->time = c->next_time;
    if (h->time <= head->header.time)
        return DRY_STATUS(EINVAL, "the block's timestamp is not after its parent's");
    if (b->prev_randao != NULL)
        h->mix_hash = *b->prev_randao;
    if (b->coinbase != NULL)
        h->coinbase = *b->coinbase;
    if (b->parent_beacon_root != NULL)
        h->parent_beacon_root = *b->parent_beacon_root;
    dry_chain_rules(c, &m->rules, h->number, h->time, &head->total_difficulty);
    h->gas_limit = gas_limit_next(c, &head->header, &m->rules);
    if (m->rules.fork < DRY_FORK_PARIS)
        dry_difficulty_next(&h->difficulty, &c->config, h->number, h->time, &head->header,
                            !dry_hash_equal(&head->header.ommers_hash, &dry_hash_empty_ommers));
    dry__header_fees(h, &head->header, &m->rules);
    dry_block_env_of(&m->env, h, &m->rules, &c->config);
    m->gas_left = h->gas_limit;
    m->bytes_left = (m->rules.fork >= DRY_FORK_OSAKA ? BLOCK_BYTES_OSAKA : BLOCK_BYTES_BEFORE) -
                    BLOCK_BYTES_ROOM;
    return DRY_OK;
}

static dry_status room(struct dry_chain *c, struct dry__making *m)
{
    uint32_t n = m->block.tx_count, cap = m->cap == 0 ? 4 : m->cap * 2;
    struct dry__making old = *m;

    if (n < m->cap)
        return DRY_OK;
    m->txs = dry_arena_alloc(&c->arena, cap * sizeof(*m->txs));
    m->senders = dry_arena_alloc(&c->arena, cap * sizeof(*m->senders));
    m->hashes = dry_arena_alloc(&c->arena, cap * sizeof(*m->hashes));
    if (m->txs == NULL || m->senders == NULL || m->hashes == NULL)
        return DRY_ENOMEM;
    if (n != 0) {
        memcpy(m->txs, old.txs, n * sizeof(*m->txs));
        memcpy(m->senders, old.senders, n * sizeof(*m->senders));
        memcpy(m->hashes, old.hashes, n * sizeof(*m->hashes));
    }
    m->cap = cap;
    return DRY_OK;
}

/* What a transaction adds to the block's list at most: its encoding as a string. */
static uint64_t tx_bytes(const struct dry_pool_tx *tx)
{
    return tx->tx.encoded.len + 9;
}

void dry__making_add(struct dry__making *m, const struct dry_pool_tx *tx,
                     const struct dry_tx_result *r)
{
    uint32_t n = m->block.tx_count++;

    m->txs[n] = tx->tx;
    m->senders[n] = tx->sender;
    m->hashes[n] = tx->hash;
    m->blobs += tx->tx.blob_count;
    m->gas_left -= r->gas_used;
    m->bytes_left -= tx_bytes(tx);
}

static dry_status take(struct dry_chain *c, struct dry__making *m, struct dry_pool_tx *tx,
                       const struct dry_tx_result *r)
{
    dry_status st = room(c, m);

    if (!dry_ok(st))
        return st;
    dry__making_add(m, tx, r);
    return dry__pool_taken(&c->pool, tx);
}

bool dry__making_waits(const struct dry__making *m, const struct dry_pool_tx *tx)
{
    return dry_u256_less(&tx->tx.max_fee_per_gas, &m->env.base_fee) ||
           tx->tx.gas_limit > m->gas_left || tx_bytes(tx) > m->bytes_left ||
           (tx->tx.blob_count != 0 &&
            (m->blobs + tx->tx.blob_count > m->rules.blob.max ||
             dry_u256_less(&tx->tx.max_fee_per_blob_gas, &m->env.blob_base_fee)));
}

/* A transaction the rules refuse now: what a later block may take waits, the rest leaves the pool.
 */
static dry_status refused(struct dry_chain *c, struct dry_pool_tx *tx, enum dry_verdict verdict)
{
    switch (verdict) { /* only the few that time can mend are told apart */
    case DRY_VERDICT_TX_GAS_ALLOWANCE:
    case DRY_VERDICT_TX_FEE_BELOW_BASE:
    case DRY_VERDICT_TX_BLOB_FEE:
    case DRY_VERDICT_TX_BLOB_ALLOWANCE:
    case DRY_VERDICT_TX_NONCE_TOO_HIGH:
    case DRY_VERDICT_TX_FUNDS:
        return dry__pool_park(&c->pool, tx);
    default:
        break;
    }
    DRY_LOG(c->log, WARN, "chain", "transaction dropped", DRY_FIELD_HEX("hash", tx->hash.b, 32),
            DRY_FIELD_STR("reason", dry_verdict_text(verdict)));
    dry__pool_remove(&c->pool, tx);
    return DRY_OK;
}

/* A transaction that would take more than a node may give: the block is lost, as the executor is
 * between two states, but not those after it. */
static void too_large(struct dry_chain *c, struct dry_pool_tx *tx, dry_status st)
{
    DRY_LOG(c->log, WARN, "chain", "transaction dropped", DRY_FIELD_HEX("hash", tx->hash.b, 32),
            DRY_FIELD_STATUS("reason", st));
    dry__pool_remove(&c->pool, tx);
}

static dry_status fill(struct dry_chain *c, struct dry__making *m, uint32_t txs_max)
{
    struct dry_pool_tx *tx;

    while (m->gas_left >= DRY__TX_GAS_MIN && (txs_max == 0 || m->block.tx_count < txs_max) &&
           (tx = dry__pool_next(&c->pool)) != NULL) {
        struct dry_tx_result r;
        enum dry_verdict verdict;
        dry_status st;

        if (dry__making_waits(m, tx)) {
            st = dry__pool_park(&c->pool, tx);
        } else {
            st = dry_executor_transact(c->executor, &verdict, &r, &tx->tx, &tx->sender);
            if (st.code == DRY_CODE_ELIMIT)
                too_large(c, tx, st);
            if (dry_ok(st))
                st = verdict == DRY_VERDICT_VALID ? take(c, m, tx, &r) : refused(c, tx, verdict);
        }
        if (!dry_ok(st))
            return st;
    }
    return DRY_OK;
}

dry_status dry__making_finish(struct dry__making *m, struct dry_executor *e,
                              struct dry_arena *arena)
{
    enum dry_verdict verdict;
    dry_status st;

    m->block.txs = m->txs;
    m->block.has_withdrawals = m->rules.fork >= DRY_FORK_SHANGHAI;
    m->block.header = m->header;
    st = dry_executor_finish(e, &verdict, &m->result, &m->block);
    if (dry_ok(st) && verdict != DRY_VERDICT_VALID)
        st = DRY_STATUS(EINVAL, dry_verdict_text(verdict));
    if (dry_ok(st))
        st = dry_block_seal_result(&m->header, &m->block, &m->result, &m->rules, arena);
    return st;
}

/* What is made of a block that ran. */
enum keep {
    KEEP,         /* new nodes go to the batch */
    KEEP_UNEMPTY, /* the same, but nothing is made of a block without transactions */
};

/* Run the block in m on the head's state; its state root goes to the header. */
static dry_status run(struct dry_chain *c, struct dry__making *m, const struct dry_build *b,
                      enum keep keep)
{
    struct dry_state_view *view = NULL;
    enum dry_verdict verdict = DRY_VERDICT_VALID;
    dry_status st = dry__own_view_open(c, &view);

    if (dry_ok(st))
        st = dry_executor_begin(c->executor, &verdict, &m->env, dry_state_view_reader(view), NULL,
                                &c->arena);
    if (dry_ok(st) && verdict == DRY_VERDICT_VALID)
        st = fill(c, m, b->txs_max);
    if (keep == KEEP_UNEMPTY && m->block.tx_count == 0)
        goto done;
    m->block.withdrawals = b->withdrawals;
    m->block.withdrawal_count = b->withdrawal_count;
    if (dry_ok(st) && verdict != DRY_VERDICT_VALID)
        st = DRY_STATUS(EINVAL, dry_verdict_text(verdict));
    if (dry_ok(st))
        st = dry__making_finish(m, c->executor, &c->arena);
    if (dry_ok(st))
        st = dry_state_apply(view, &m->header.state_root, &c->batch, &m->result.diff, c->set.jobs);
    m->block.header = m->header;
done:
    dry_state_view_close(view);
    dry__pool_done(&c->pool);
    return st;
}

/* The block's RLP, split after the header. */
static dry_status encode(struct dry_chain *c, const struct dry__making *m, struct dry_bytes *header,
                         struct dry_bytes *rest)
{
    struct dry_buf rlp = {0};
    struct dry_bytes all;
    struct dry_rlp cursor, items;
    dry_status st = dry_block_encode(&rlp, &m->block);

    if (dry_ok(st))
        st = dry_arena_copy(&c->arena, &all, dry_buf_bytes(&rlp));
    dry_buf_fini(&rlp);
    if (!dry_ok(st))
        return st;
    cursor = dry_rlp_of(all);
    st = dry_rlp_list(&cursor, &items);
    if (dry_ok(st))
        st = dry_rlp_raw(&items, header);
    *rest = dry_bytes_of(items.ptr, (size_t)(items.end - items.ptr));
    return st;
}

static dry_status commit(struct dry_chain *c, struct dry__making *m)
{
    struct dry__new_block b = {.block = &m->block,
                               .senders = m->senders,
                               .tx_hashes = m->hashes,
                               .receipt_count = m->result.receipt_count,
                               .receipts = m->result.receipts};
    struct dry__new_head n = {.block = &b,
                              .header = m->header,
                              .tx_hashes = m->hashes,
                              .tx_count = m->block.tx_count,
                              .diff = &m->result.diff,
                              .requeue = true};
    dry_status st = encode(c, m, &b.header_rlp, &b.rest_rlp);

    if (!dry_ok(st))
        return st;
    dry_keccak256(&b.hash, b.header_rlp);
    (void)dry_u256_add(&b.total_difficulty, &dry__head(c)->total_difficulty, &m->header.difficulty);
    n.hash = b.hash;
    n.total_difficulty = b.total_difficulty;
    st = dry__sidecars_store(c, &m->block, m->hashes);
    if (dry_ok(st))
        st = dry__store_block(&c->batch, &b);
    if (dry_ok(st))
        st = dry__head_set(c, &n);
    return st;
}

static dry_status build(struct dry_chain *c, const struct dry_build *b, enum keep keep, bool *built)
{
    uint64_t began = dry_clock_monotonic_ns(c->set.clock);
    struct dry__making m = {0};
    dry_status st;

    *built = false;
    dry_arena_reset(&c->arena);
    dry_batch_clear(&c->batch);
    st = dry__pool_catch_up(c);
    if (dry_ok(st))
        st = dry__making_prepare(c, &m, b);
    if (dry_ok(st))
        dry__pool_set_fees(&c->pool, &m.env.base_fee, &m.env.blob_base_fee);
    if (dry_ok(st))
        st = run(c, &m, b, keep);
    if (!dry_ok(st) || (keep == KEEP_UNEMPTY && m.block.tx_count == 0))
        return st;
    st = commit(c, &m);
    if (!dry_ok(st)) {
        DRY_LOG(c->log, ERROR, "chain", "a block could not be stored",
                DRY_FIELD_U64("number", m.header.number), DRY_FIELD_STATUS("error", st));
        dry_state_forget(c->state);
        return st;
    }
    if (c->has_next_time && m.header.time == c->next_time) /* the clock goes on from there */
        dry_chain_set_time_offset(c, c->next_time - dry_clock_wall_ms(c->set.clock) / 1000);
    dry_mutex_lock(&c->head_lock);
    c->has_next_time = false;
    dry_mutex_unlock(&c->head_lock);
    *built = true;
    DRY_LOG(c->log, INFO, "chain", "block", DRY_FIELD_U64("number", m.header.number),
            DRY_FIELD_HEX("hash", dry__head(c)->hash.b, 32), DRY_FIELD_U64("txs", m.block.tx_count),
            DRY_FIELD_U64("gas", m.header.gas_used),
            DRY_FIELD_MS("ms", dry_clock_monotonic_ns(c->set.clock) - began));
    return DRY_OK;
}

dry_status dry_chain_build(struct dry_chain *c, const struct dry_build *b, struct dry_hash *out)
{
    bool built;
    dry_status st = build(c, b, KEEP, &built);

    if (dry_ok(st) && out != NULL)
        *out = dry__head(c)->hash;
    return st;
}

/* --- driving the engine --- */

static dry_status actions_do(struct dry_chain *c, const struct dry_action *actions, uint32_t n,
                             enum keep keep, bool *built)
{
    dry_status st = DRY_OK, first = DRY_OK;

    for (uint32_t i = 0; i < n; i++) {
        struct dry_build b = {0};

        switch (actions[i].kind) {
        case DRY_ACTION_BUILD:
            b.txs_max = (uint32_t)actions[i].value;
            st = build(c, &b, keep, built);
            break;
        case DRY_ACTION_TIMER:
            if (c->set.set_timer != NULL)
                c->set.set_timer(c->set.shell_ctx, actions[i].value);
            break;
        }
        /* A block that failed (a full disk) must not stop the clock of those after it. */
        if (dry_ok(first))
            first = st;
    }
    return first;
}

static dry_status feed(struct dry_chain *c, enum dry_event_kind kind, uint64_t value, bool *built)
{
    struct dry_event e = {.kind = kind, .value = value, .now_ms = dry__now_ms(c)};
    struct dry_action actions[DRY_ACTIONS_MAX];
    uint32_t n;

    *built = false;
    e.head = &dry__head(c)->header;
    n = dry_consensus_event(c->consensus, &e, actions);
    /* A block wanted for transactions that turn out to wait (for a lower fee, for funds) is none.
     */
    return actions_do(c, actions, n, kind == DRY_EVENT_TX_READY ? KEEP_UNEMPTY : KEEP, built);
}

dry_status dry_chain_event(struct dry_chain *c, enum dry_event_kind kind, uint64_t value)
{
    bool built;
    dry_status st = feed(c, kind, value, &built);

    if (dry_ok(st) && kind == DRY_EVENT_SET_AUTOMINE && value != 0)
        st = dry_chain_work(c);
    return st;
}

/* Tell the engine of transactions the next block can take until it wants no more blocks, none gets
 * in, or the turn is over. */
dry_status dry_chain_work(struct dry_chain *c)
{
    uint64_t began = dry_clock_monotonic_ns(c->set.clock);
    dry_status st = DRY_OK;

    dry__pool_follow_fees(c);
    while (dry_ok(st) && c->pool.payable_count != 0) {
        uint32_t before = c->pool.ready_count;
        bool built;

        if (c->set.wake != NULL && dry_clock_monotonic_ns(c->set.clock) - began > WORK_NS_MAX) {
            c->set.wake(c->set.shell_ctx);
            break;
        }
        st = feed(c, DRY_EVENT_TX_READY, c->pool.payable_count, &built);
        if (!built || c->pool.ready_count >= before)
            break;
    }
    return st;
}
