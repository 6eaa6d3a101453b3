/* Checked calls of an executor driver. */
#include <drystone/common/executor.h>

const char *dry_evm_end_text(enum dry_evm_end end)
{
    static const char *const texts[] = {
#define X(name, text) text,
        DRY_EVM_ENDS(X)
#undef X
    };

    DRY_ASSERT((unsigned)end < DRY_COUNT(texts));
    return texts[end];
}

dry_status dry_executor_open(struct dry_executor **out, const struct dry_executor_ops *driver,
                             const struct dry_executor_settings *set)
{
    struct dry_executor *e = NULL;
    dry_status st;

    DRY_ASSERT(out != NULL && driver != NULL && set != NULL);
    DRY_ASSERT(driver->abi == DRY_EXECUTOR_ABI);
    st = driver->open(&e, set);
    if (!dry_ok(st))
        return st;
    DRY_ASSERT(e != NULL && e->ops == driver);
    *out = e;
    return DRY_OK;
}

void dry_executor_close(struct dry_executor *e)
{
    if (e != NULL)
        e->ops->close(e);
}

dry_status dry_executor_begin(struct dry_executor *e, enum dry_verdict *verdict,
                              const struct dry_block_env *env, struct dry_state_reader *reader,
                              const struct dry_tracer *tracer, struct dry_arena *arena)
{
    DRY_ASSERT(e != NULL && verdict != NULL && env != NULL && reader != NULL && arena != NULL);
    return e->ops->begin(e, verdict, env, reader, tracer, arena);
}

dry_status dry_executor_transact(struct dry_executor *e, enum dry_verdict *verdict,
                                 struct dry_tx_result *out, const struct dry_tx *tx,
                                 const struct dry_address *sender)
{
    DRY_ASSERT(e != NULL && verdict != NULL && out != NULL && tx != NULL && sender != NULL);
    return e->ops->transact(e, verdict, out, tx, sender);
}

dry_status dry_executor_finish(struct dry_executor *e, enum dry_verdict *verdict,
                               struct dry_block_result *out, const struct dry_block *body)
{
    DRY_ASSERT(e != NULL && verdict != NULL && out != NULL && body != NULL);
    return e->ops->finish(e, verdict, out, body);
}

dry_status dry_executor_call(struct dry_executor *e, enum dry_verdict *verdict,
                             struct dry_tx_result *out, struct dry_state_diff *diff,
                             const struct dry_tx *tx, const struct dry_address *sender,
                             uint32_t flags)
{
    DRY_ASSERT(e != NULL && verdict != NULL && out != NULL && tx != NULL && sender != NULL);
    DRY_ASSERT((flags & ~(uint32_t)(DRY_CALL_ETH_CALL | DRY_CALL_BRIEF)) == 0);
    return e->ops->call(e, verdict, out, diff, tx, sender, flags);
}

void dry_executor_stop(struct dry_executor *e)
{
    DRY_ASSERT(e != NULL);
    e->ops->stop(e);
}
