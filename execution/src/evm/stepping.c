/* What the stepping loop does besides: checks of each instruction, and the tracer's step. */
#include "evm/machine.h"

/* Instructions whose price (or success) depends on operands report when all of it is known. */
static bool priced_later(uint8_t op)
{
    switch (op) {
    case DRY_OP_STOP:
    case DRY_OP_EXP:
    case DRY_OP_KECCAK256:
    case DRY_OP_BALANCE:
    case DRY_OP_CALLDATACOPY:
    case DRY_OP_CODECOPY:
    case DRY_OP_EXTCODESIZE:
    case DRY_OP_EXTCODECOPY:
    case DRY_OP_RETURNDATACOPY:
    case DRY_OP_EXTCODEHASH:
    case DRY_OP_MLOAD:
    case DRY_OP_MSTORE:
    case DRY_OP_MSTORE8:
    case DRY_OP_SLOAD:
    case DRY_OP_SSTORE:
    case DRY_OP_MCOPY:
    case DRY_OP_JUMP: /* these three have faults of their own to report */
    case DRY_OP_JUMPI:
    case DRY_OP_TSTORE:
    case DRY_OP_LOG0:
    case DRY_OP_LOG1:
    case DRY_OP_LOG2:
    case DRY_OP_LOG3:
    case DRY_OP_LOG4:
    case DRY_OP_CREATE:
    case DRY_OP_CALL:
    case DRY_OP_CALLCODE:
    case DRY_OP_RETURN:
    case DRY_OP_DELEGATECALL:
    case DRY_OP_CREATE2:
    case DRY_OP_STATICCALL:
    case DRY_OP_REVERT:
    case DRY_OP_SELFDESTRUCT:
        return true;
    default:
        return false;
    }
}

static void tell(struct dry__evm *evm, struct dry__frame *f, const char *error)
{
    evm->step.error = error;
    evm->step.refund = evm->world->refund; /* its own included, as the common tracers have it */
    evm->step.memory = dry_bytes_of(evm->memory + f->memory_at, evm->step_memory_len);
    evm->step_open = false;
    evm->world->tracer->step(evm->world->tracer->ctx, &evm->step);
}

enum dry_evm_end dry__step_begin(struct dry__evm *evm, struct dry__frame *f, const uint64_t *ip,
                                 const struct dry_u256 *sp)
{
    const struct dry__code *code = f->code;
    uint32_t pc = code->pcs[ip - 1 - code->words];
    uint8_t op = pc < code->len ? code->bytes[pc] : DRY_OP_STOP;
    const struct dry__op_info *info = &evm->ops[op];
    uint32_t have = (uint32_t)(sp - f->stack);
    evm->step = (struct dry_trace_step){.pc = pc,
                                        .op = op,
                                        .gas = f->gas,
                                        .depth = (uint16_t)evm->frame_count,
                                        .stack = f->stack + 1,
                                        .stack_len = have,
                                        .return_data = dry_buf_bytes(&evm->output),
                                        .address = f->address};
    evm->step_memory_len = f->memory_len;
    evm->step_open = true;
    if (!info->defined)
        return DRY_EVM_INVALID_OPCODE;
    if (have < info->in)
        return DRY_EVM_STACK_UNDERFLOW;
    if (have - info->in + info->out > DRY_EVM_STACK_MAX)
        return DRY_EVM_STACK_OVERFLOW;
    if (!dry__charge(&f->gas, info->gas)) {
        evm->step.gas_cost = info->gas;
        return DRY_EVM_OUT_OF_GAS;
    }
    if (!priced_later(op))
        dry__step_charged(evm, f, f->gas);
    return DRY_EVM_SUCCESS;
}

void dry__step_charged(struct dry__evm *evm, struct dry__frame *f, uint64_t gas)
{
    evm->step.gas_cost = evm->step.gas - gas;
    tell(evm, f, NULL);
}

void dry__step_failed(struct dry__evm *evm, struct dry__frame *f, enum dry_evm_end end)
{
    if (evm->step_open)
        tell(evm, f, dry_evm_end_text(end));
}
