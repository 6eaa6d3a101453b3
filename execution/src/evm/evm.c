/* The machine's life, and a message from beginning to end. */
#include "evm/machine.h"

dry_status dry__evm_open(struct dry__evm **out, uint64_t code_cache_bytes)
{
    struct dry__evm *evm = dry_alloc(sizeof(*evm));
    if (evm == NULL)
        return DRY_ENOMEM;
    size_t max = DRY_EVM_CODE_CACHE_DEFAULT;
    if (code_cache_bytes != 0)
        max = code_cache_bytes < SIZE_MAX ? (size_t)code_cache_bytes : SIZE_MAX;
    dry__code_cache_init(&evm->cache, max);
    evm->loop = dry__loop_threaded;
    *out = evm;
    return DRY_OK;
}

void dry__evm_close(struct dry__evm *evm)
{
    if (evm == NULL)
        return;
    for (size_t i = 0; i < DRY_COUNT(evm->frames); i++)
        dry_free(evm->frames[i]);
    dry__code_cache_fini(&evm->cache);
    dry_free(evm->memory);
    dry_buf_fini(&evm->output);
    dry_buf_fini(&evm->scratch);
    dry_free(evm);
}

static void stop_set(struct dry__evm *evm, bool stop)
{
#if __STDC_HOSTED__
    __atomic_store_n(&evm->stop, stop, __ATOMIC_RELAXED);
#else
    evm->stop = stop;
#endif
}

void dry__evm_stop(struct dry__evm *evm)
{
    stop_set(evm, true);
}

void dry__evm_stop_clear(struct dry__evm *evm)
{
    stop_set(evm, false);
}

bool dry__delegation(struct dry_address *target, struct dry_bytes code)
{
    if (code.len != 23 || code.ptr[0] != 0xef || code.ptr[1] != 0x01 || code.ptr[2] != 0x00)
        return false;
    memcpy(target->b, code.ptr + 3, 20);
    return true;
}

static void setting(struct dry__evm *evm, struct dry__world *w, const struct dry__tx_context *tx)
{
    evm->world = w;
    evm->tx = tx;
    evm->rules = w->rules;
    if (!evm->ops_filled || evm->fork != w->rules->evm_fork)
        dry__ops_fill(evm->ops, w->rules->evm_fork);
    evm->ops_filled = true;
    evm->fork = w->rules->evm_fork;
    evm->cold_costs = evm->fork >= DRY_FORK_BERLIN;
    evm->stepping = w->tracer != NULL && w->tracer->step != NULL;
    evm->frame_count = 0;
    evm->top = NULL;
    evm->output.len = 0;
}

/* The account whose code runs: the target of a delegation (EIP-7702), else the account itself. */
static struct dry__account *code_account(struct dry__evm *evm, struct dry__account *to)
{
    struct dry_address target;
    if (evm->fork < DRY_FORK_PRAGUE)
        return to;
    struct dry_bytes code = dry__world_code(evm->world, to);
    if (!dry_ok(evm->world->error))
        return NULL;
    return dry__delegation(&target, code) ? dry__world_account(evm->world, &target) : to;
}

static enum dry__next begin(struct dry__evm *evm, const struct dry__message *m)
{
    struct dry__world *w = evm->world;
    struct dry__entry en = {.kind = m->kind,
                            .is_static = m->is_static,
                            .address = m->to,
                            .caller = m->caller,
                            .code_address = m->to,
                            .value = m->value,
                            .gas = m->gas,
                            .input = m->input.ptr,
                            .input_len = m->input.len,
                            .input_at = DRY__NOT_IN_MEMORY};
    en.payer = dry__world_account(w, &m->caller);
    en.self = dry__world_account(w, &m->to);
    if (en.payer == NULL || en.self == NULL)
        return dry__fail(evm, DRY_EVM_STOPPED);
    if (m->kind == DRY_FRAME_CREATE) {
        const struct dry_tracer *t = w->tracer;
        if (t != NULL && t->enter != NULL)
            t->enter(t->ctx, m->kind, &m->caller, &m->to, m->input, m->gas, &m->value);
        return dry__enter_create(evm, &en);
    }
    en.code_account = code_account(evm, en.self);
    if (en.code_account == NULL)
        return dry__fail(evm, DRY_EVM_STOPPED);
    return dry__enter_call(evm, &en);
}

dry_status dry__evm_run(struct dry__evm *evm, struct dry__message_result *out, struct dry__world *w,
                        const struct dry__tx_context *tx, const struct dry__message *message)
{
    setting(evm, w, tx);
    dry_status st = dry__memory_open(evm);
    if (!dry_ok(st))
        return st;
    enum dry__next next = begin(evm, message);
    if (next == DRY__NEXT_ENTER) {
        if (evm->stepping)
            dry__loop_stepping(evm);
        else
            evm->loop(evm);
    }
    dry__memory_trim(evm);
    if (!dry_ok(w->error))
        return w->error;
    *out = (struct dry__message_result){
        .end = evm->end, .gas_left = evm->gas_left, .output = dry_buf_bytes(&evm->output)};
    return DRY_OK;
}
