/* Where code meets the machine: words are made when execution comes to them. */
#include "evm/machine.h"

static enum dry__next go_to(struct dry__evm *evm, struct dry__frame *f, enum dry__code_found found,
                            uint32_t index)
{
    if (found == DRY__CODE_NO_DEST)
        return dry__fail(evm, DRY_EVM_INVALID_JUMP);
    if (found == DRY__CODE_NOMEM) {
        evm->world->error = DRY_ENOMEM;
        return dry__fail(evm, DRY_EVM_STOPPED);
    }
    dry__code_cache_settle(&evm->cache, f->code);
    f->ip = f->code->words + index;
    return DRY__NEXT_GO_ON;
}

enum dry__next dry__code_reach(struct dry__evm *evm, struct dry__frame *f, uint8_t op)
{
    uint32_t index = 0;
    enum dry__code_found found = DRY__CODE_NO_DEST;
    if (dry_u256_is_u64(f->sp))
        found = dry__code_jump(f->code, &index, f->sp->w[0], evm->ops);
    f->sp -= op == DRY_OP_JUMP ? 1 : 2;
    return go_to(evm, f, found, index);
}

enum dry__next dry__code_go_on(struct dry__evm *evm, struct dry__frame *f)
{
    uint32_t index = 0;
    enum dry__code_found found =
        dry__code_resume(f->code, &index, (uint32_t)(f->ip - 1 - f->code->words), evm->ops);
    return go_to(evm, f, found, index);
}
