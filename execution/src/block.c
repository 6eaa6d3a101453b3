/* Whole blocks: their parts against each other, and their run against their header. */
#include "rules_impl.h"
#include <drystone/crypto.h>
#include <drystone/state.h>

#define BLOCK_SIZE_MAX (8u << 20) /* EIP-7934: 10 MiB less 2 for the consensus layer */
#define OMMERS_MAX 2u

static dry_status transactions_root(struct dry_hash *out, const struct dry_block *b,
                                    struct dry_arena *scratch)
{
    struct dry_bytes *items = dry_arena_alloc(scratch, b->tx_count * sizeof(*items));

    if (items == NULL)
        return DRY_ENOMEM;
    for (uint32_t i = 0; i < b->tx_count; i++)
        items[i] = b->txs[i].encoded;
    return dry_trie_root_of_list(out, items, b->tx_count, scratch);
}

/* The root over `count` encodings that lie one after another in buf, the i-th ending at ends[i]. */
static dry_status root_of_run(struct dry_hash *out, const struct dry_buf *buf, const size_t *ends,
                              uint32_t count, struct dry_arena *scratch)
{
    struct dry_bytes *items = dry_arena_alloc(scratch, count * sizeof(*items));

    if (items == NULL)
        return DRY_ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        size_t begin = i == 0 ? 0 : ends[i - 1];

        items[i] = dry_bytes_of(buf->ptr + begin, ends[i] - begin);
    }
    return dry_trie_root_of_list(out, items, count, scratch);
}

static dry_status withdrawals_root(struct dry_hash *out, const struct dry_block *b,
                                   struct dry_arena *scratch)
{
    size_t *ends = dry_arena_alloc(scratch, b->withdrawal_count * sizeof(*ends));
    struct dry_buf buf = {0};
    dry_status st = ends == NULL ? DRY_ENOMEM : DRY_OK;

    for (uint32_t i = 0; i < b->withdrawal_count && dry_ok(st); i++) {
        st = dry_withdrawal_encode(&buf, &b->withdrawals[i]);
        ends[i] = buf.len;
    }
    if (dry_ok(st))
        st = root_of_run(out, &buf, ends, b->withdrawal_count, scratch);
    dry_buf_fini(&buf);
    return st;
}

static dry_status receipts_root(struct dry_hash *out, const struct dry_block_result *r,
                                struct dry_arena *scratch)
{
    size_t *ends = dry_arena_alloc(scratch, r->receipt_count * sizeof(*ends));
    struct dry_buf buf = {0};
    dry_status st = ends == NULL ? DRY_ENOMEM : DRY_OK;

    for (uint32_t i = 0; i < r->receipt_count && dry_ok(st); i++) {
        st = dry_receipt_encode(&buf, &r->receipts[i]);
        ends[i] = buf.len;
    }
    if (dry_ok(st))
        st = root_of_run(out, &buf, ends, r->receipt_count, scratch);
    dry_buf_fini(&buf);
    return st;
}

static dry_status ommers_hash(struct dry_hash *out, const struct dry_block *b)
{
    struct dry_buf buf = {0};
    size_t list = dry_rlp_open(&buf);
    dry_status st = DRY_OK;

    for (uint32_t i = 0; i < b->ommer_count && dry_ok(st); i++)
        st = dry_header_encode(&buf, &b->ommers[i]);
    if (dry_ok(st))
        st = dry_rlp_close(&buf, list);
    if (dry_ok(st))
        dry_keccak256(out, dry_buf_bytes(&buf));
    dry_buf_fini(&buf);
    return st;
}

/* What costs no hashing. */
static enum dry_verdict shape_check(const struct dry_block *b, const struct dry_rules *rules)
{
    if (rules->fork >= DRY_FORK_OSAKA && b->encoded_size > BLOCK_SIZE_MAX)
        return DRY_VERDICT_BLOCK_SIZE;
    if (b->has_withdrawals != (rules->fork >= DRY_FORK_SHANGHAI))
        return DRY_VERDICT_BLOCK_FIELD_COUNT;
    if (rules->fork >= DRY_FORK_PARIS && b->ommer_count != 0)
        return DRY_VERDICT_BLOCK_UNCLES_AFTER_MERGE;
    if (b->ommer_count > OMMERS_MAX)
        return DRY_VERDICT_BLOCK_UNCLES_COUNT;
    return DRY_VERDICT_VALID;
}

dry_status dry_block_check(enum dry_verdict *verdict, const struct dry_block *b,
                           const struct dry_rules *rules, struct dry_arena *scratch)
{
    struct dry_arena_mark mark = dry_arena_mark(scratch);
    struct dry_hash hash;
    dry_status st;

    *verdict = shape_check(b, rules);
    if (*verdict != DRY_VERDICT_VALID)
        return DRY_OK;
    st = ommers_hash(&hash, b);
    if (!dry_ok(st))
        goto done;
    if (!dry_hash_equal(&hash, &b->header.ommers_hash)) {
        *verdict = DRY_VERDICT_BLOCK_UNCLES_ROOT;
        goto done;
    }
    st = transactions_root(&hash, b, scratch);
    if (!dry_ok(st))
        goto done;
    if (!dry_hash_equal(&hash, &b->header.transactions_root)) {
        *verdict = DRY_VERDICT_BLOCK_TRANSACTIONS_ROOT;
        goto done;
    }
    if (rules->fork >= DRY_FORK_SHANGHAI) {
        st = withdrawals_root(&hash, b, scratch);
        if (dry_ok(st) && !dry_hash_equal(&hash, &b->header.withdrawals_root))
            *verdict = DRY_VERDICT_BLOCK_WITHDRAWALS_ROOT;
    }
done:
    dry_arena_rewind(scratch, mark);
    return st;
}

void dry_block_env_of(struct dry_block_env *out, const struct dry_header *h,
                      const struct dry_rules *rules, const struct dry_chain_config *config)
{
    *out = (struct dry_block_env){.rules = *rules,
                                  .number = h->number,
                                  .time = h->time,
                                  .gas_limit = h->gas_limit,
                                  .coinbase = h->coinbase,
                                  .difficulty = h->difficulty,
                                  .prev_randao = h->mix_hash,
                                  .base_fee = h->base_fee,
                                  .excess_blob_gas = h->excess_blob_gas,
                                  .parent_hash = h->parent_hash,
                                  .parent_beacon_root = h->parent_beacon_root,
                                  .dao_transfer = config->dao_fork_support &&
                                                  config->activation[DRY_FORK_DAO] == h->number};
}

/* The result of a run against the header that announced it. */
static dry_status result_check(enum dry_verdict *verdict, const struct dry_block_result *r,
                               const struct dry_block *b, const struct dry_rules *rules,
                               struct dry_arena *arena)
{
    struct dry_arena_mark mark = dry_arena_mark(arena);
    struct dry_hash root;
    dry_status st;

    if (r->gas_used != b->header.gas_used) {
        *verdict = DRY_VERDICT_BLOCK_GAS_USED;
        return DRY_OK;
    }
    if (rules->fork >= DRY_FORK_CANCUN && r->blob_gas_used != b->header.blob_gas_used) {
        *verdict = DRY_VERDICT_BLOCK_BLOB_GAS_USED;
        return DRY_OK;
    }
    st = receipts_root(&root, r, arena);
    dry_arena_rewind(arena, mark);
    if (!dry_ok(st))
        return st;
    if (memcmp(r->bloom.b, b->header.bloom.b, sizeof(r->bloom.b)) != 0)
        *verdict = DRY_VERDICT_BLOCK_LOGS_BLOOM;
    else if (!dry_hash_equal(&root, &b->header.receipts_root))
        *verdict = DRY_VERDICT_BLOCK_RECEIPTS_ROOT;
    else if (rules->fork >= DRY_FORK_PRAGUE &&
             !dry_hash_equal(&r->requests_hash, &b->header.requests_hash))
        *verdict = DRY_VERDICT_BLOCK_REQUESTS;
    return DRY_OK;
}

dry_status dry_block_execute(struct dry_executor *e, enum dry_verdict *verdict,
                             uint32_t *verdict_tx, struct dry_block_result *out,
                             const struct dry_block *b, const struct dry_address *senders,
                             const struct dry_block_env *env, struct dry_state_reader *reader,
                             const struct dry_tracer *tracer, struct dry_arena *arena)
{
    dry_status st = dry_executor_begin(e, verdict, env, reader, tracer, arena);

    *verdict_tx = 0;
    for (uint32_t i = 0; i < b->tx_count && dry_ok(st) && *verdict == DRY_VERDICT_VALID; i++) {
        struct dry_tx_result result;

        *verdict_tx = i;
        st = dry_executor_transact(e, verdict, &result, &b->txs[i], &senders[i]);
    }
    if (dry_ok(st) && *verdict == DRY_VERDICT_VALID)
        st = dry_executor_finish(e, verdict, out, b);
    if (dry_ok(st) && *verdict == DRY_VERDICT_VALID)
        st = result_check(verdict, out, b, &env->rules, arena);
    return st;
}

dry_status dry_block_seal_result(struct dry_header *h, const struct dry_block *b,
                                 const struct dry_block_result *result,
                                 const struct dry_rules *rules, struct dry_arena *scratch)
{
    struct dry_arena_mark mark = dry_arena_mark(scratch);
    struct dry_hash transactions, receipts, withdrawals, ommers;
    dry_status st = transactions_root(&transactions, b, scratch);

    if (dry_ok(st))
        st = receipts_root(&receipts, result, scratch);
    if (dry_ok(st))
        st = withdrawals_root(&withdrawals, b, scratch);
    if (dry_ok(st))
        st = ommers_hash(&ommers, b);
    dry_arena_rewind(scratch, mark);
    if (!dry_ok(st))
        return st;
    h->transactions_root = transactions;
    h->receipts_root = receipts;
    h->ommers_hash = ommers;
    h->gas_used = result->gas_used;
    h->bloom = result->bloom;
    if (rules->fork >= DRY_FORK_SHANGHAI)
        h->withdrawals_root = withdrawals;
    if (rules->fork >= DRY_FORK_CANCUN)
        h->blob_gas_used = result->blob_gas_used;
    if (rules->fork >= DRY_FORK_PRAGUE)
        h->requests_hash = result->requests_hash;
    return DRY_OK;
}
