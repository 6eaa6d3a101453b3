/* Calls: the instructions, what a call does before code runs, and the end of a frame. */
#include "evm/machine.h"

#define GAS_VALUE 9000u
#define GAS_STIPEND 2300u
#define GAS_NEW_ACCOUNT 25000u

enum dry__next dry__fail(struct dry__evm *evm, enum dry_evm_end end)
{
    evm->end = end;
    return DRY__NEXT_FAIL;
}

static void tell_enter(const struct dry__evm *evm, const struct dry__entry *en)
{
    const struct dry_tracer *t = evm->world->tracer;
    if (t != NULL && t->enter != NULL)
        t->enter(t->ctx, en->kind, &en->caller,
                 en->kind == DRY_FRAME_CREATE || en->kind == DRY_FRAME_CREATE2 ? &en->address
                                                                               : &en->code_address,
                 dry_bytes_of(en->input, en->input_len), en->gas, &en->value);
}

static void tell_leave(const struct dry__evm *evm, uint64_t gas_used)
{
    const struct dry_tracer *t = evm->world->tracer;
    if (t != NULL && t->leave != NULL)
        t->leave(t->ctx, dry_buf_bytes(&evm->output), gas_used,
                 evm->end == DRY_EVM_SUCCESS ? NULL : dry_evm_end_text(evm->end));
}

/* Over before a frame began. */
static enum dry__next over(struct dry__evm *evm, const struct dry__entry *en, enum dry_evm_end end,
                           uint64_t gas_left)
{
    evm->end = end;
    evm->gas_left = gas_left;
    if (end != DRY_EVM_SUCCESS)
        evm->output.len = 0;
    tell_leave(evm, en->gas - gas_left);
    return DRY__NEXT_GO_ON;
}

enum dry__next dry__frame_push(struct dry__evm *evm, const struct dry__entry *en,
                               struct dry__code *code, uint32_t snapshot)
{
    struct dry__frame *f = evm->frames[evm->frame_count];
    if (f == NULL) {
        f = evm->frames[evm->frame_count] = dry_alloc(sizeof(*f));
        if (f == NULL) {
            dry__code_release(code);
            evm->world->error = DRY_ENOMEM;
            return dry__fail(evm, DRY_EVM_STOPPED);
        }
    }
    if (evm->top != NULL)
        evm->top->at = (uint32_t)(evm->top->ip - evm->top->code->words);
    f->ip = code->words;
    f->sp = f->stack;
    f->gas = f->gas_start = en->gas;
    f->code = code;
    f->self = en->self;
    f->address = en->address;
    f->caller = en->caller;
    f->value = en->value;
    f->input = en->input;
    f->input_len = en->input_len;
    f->input_at = en->input_at;
    f->code_at = DRY__NOT_IN_MEMORY;
    f->memory_at = en->memory_at;
    f->memory_len = 0;
    f->out_at = en->out_at;
    f->out_len = en->out_len;
    f->snapshot = snapshot;
    f->kind = en->kind;
    f->is_static = en->is_static;
    evm->frame_count++;
    evm->top = f;
    evm->output.len = 0;
    return DRY__NEXT_ENTER;
}

/* Number of the precompile that runs at the address, or 0. */
static uint32_t precompile(const struct dry__evm *evm, const struct dry_address *address)
{
    const struct dry_block_env *env = evm->tx->env;
    for (uint32_t i = 0; i < env->move_count; i++)
        if (dry_address_equal(&env->moves[i].at, address))
            return env->moves[i].none ? 0 : dry__precompile_at(evm->rules, &env->moves[i].of);
    return dry__precompile_at(evm->rules, address);
}

enum dry__next dry__enter_call(struct dry__evm *evm, const struct dry__entry *en)
{
    struct dry__world *world = evm->world;
    bool moves = !dry_u256_is_zero(&en->value) && en->payer != NULL;
    tell_enter(evm, en);
    evm->output.len = 0;
    if (evm->frame_count > DRY_EVM_DEPTH_MAX)
        return over(evm, en, DRY_EVM_CALL_DEPTH, en->gas);
    if (moves && dry_u256_less(&en->payer->balance, &en->value))
        return over(evm, en, DRY_EVM_BALANCE, en->gas);

    uint32_t snapshot = dry__world_snapshot(world);
    if (moves && en->payer != en->self) {
        dry__world_sub_balance(world, en->payer, &en->value);
        dry__world_add_balance(world, en->self, &en->value);
    } else if (en->kind == DRY_FRAME_CALL || en->kind == DRY_FRAME_STATICCALL) {
        dry__world_touch(world, en->self);
    }
    uint32_t number = precompile(evm, &en->code_address);
    if (number != 0) {
        uint64_t kept = evm->tx->brief && en->gas > DRY_BRIEF_GAS ? en->gas - DRY_BRIEF_GAS : 0;
        uint64_t gas = en->gas - kept;
        enum dry_evm_end end =
            dry__precompile_run(evm, number, dry_bytes_of(en->input, en->input_len), &gas);
        if (end == DRY_EVM_STOPPED || (end == DRY_EVM_OUT_OF_GAS && kept != 0))
            return dry__fail(evm, DRY_EVM_STOPPED);
        gas += kept;
        if (end != DRY_EVM_SUCCESS) {
            dry__world_revert(world, snapshot);
            gas = 0;
        }
        return over(evm, en, end, gas);
    }
    struct dry_bytes bytes = dry__world_code(world, en->code_account);
    if (!dry_ok(world->error))
        return dry__fail(evm, DRY_EVM_STOPPED);
    if (bytes.len == 0)
        return over(evm, en, DRY_EVM_SUCCESS, en->gas);
    struct dry__code *code =
        dry__code_get(&evm->cache, &en->code_account->code_hash, bytes, evm->ops, evm->fork,
                      evm->stepping ? DRY__CODE_EXACT : DRY__CODE_BLOCKS);
    if (code == NULL) {
        world->error = DRY_ENOMEM;
        return dry__fail(evm, DRY_EVM_STOPPED);
    }
    return dry__frame_push(evm, en, code, snapshot);
}

/* The instruction's price but the gas it hands on: access, value, a new account, a delegation's
 * target (EIP-7702), which becomes the entry's code account. */
static enum dry_evm_end call_price(struct dry__evm *evm, struct dry__entry *en, uint8_t op,
                                   uint64_t *price)
{
    struct dry__world *world = evm->world;
    struct dry__account *to = dry__world_account(world, &en->code_address);
    if (to == NULL)
        return DRY_EVM_STOPPED;
    bool value = !dry_u256_is_zero(&en->value) && (op == DRY_OP_CALL || op == DRY_OP_CALLCODE);
    *price = dry__account_warm(evm, to, 2500) + (value ? GAS_VALUE : 0);
    if (op == DRY_OP_CALL &&
        (evm->fork >= DRY_FORK_SPURIOUS_DRAGON ? value && dry__account_is_empty(to) : !to->exists))
        *price += GAS_NEW_ACCOUNT;
    en->code_account = to;
    if (evm->fork >= DRY_FORK_PRAGUE) {
        struct dry_address target;
        struct dry_bytes code = dry__world_code(world, to);
        if (!dry_ok(world->error))
            return DRY_EVM_STOPPED;
        if (dry__delegation(&target, code)) {
            en->code_account = dry__world_account(world, &target);
            if (en->code_account == NULL)
                return DRY_EVM_STOPPED;
            *price += 100 + dry__account_warm(evm, en->code_account, 2500);
        }
    }
    return DRY_EVM_SUCCESS;
}

/* What the call hands on: all but a 64th from EIP-150 on, before it exactly what was asked. */
static bool call_gas(const struct dry__evm *evm, struct dry__frame *f, const struct dry_u256 *asked,
                     uint64_t *gas)
{
    uint64_t want = dry_u256_saturate_u64(asked);
    if (evm->fork >= DRY_FORK_TANGERINE_WHISTLE) {
        uint64_t most = f->gas - f->gas / 64;
        want = want < most ? want : most;
    } else if (!dry_u256_is_u64(asked)) {
        return false;
    }
    *gas = want;
    return dry__charge(&f->gas, want);
}

/* A call that ended gives its caller gas, return data, output and a flag. */
static void call_result(struct dry__evm *evm, struct dry__frame *f, size_t out_at, size_t out_len)
{
    size_t n = evm->output.len < out_len ? evm->output.len : out_len;
    f->gas += evm->gas_left;
    if (n != 0)
        memcpy(evm->memory + f->memory_at + out_at, evm->output.ptr, n);
    f->sp[0] = DRY_U256(evm->end == DRY_EVM_SUCCESS);
}

enum dry__next dry__op_call(struct dry__evm *evm, struct dry__frame *f, uint8_t op)
{
    bool has_value = op == DRY_OP_CALL || op == DRY_OP_CALLCODE;
    const struct dry_u256 *rest = f->sp - (has_value ? 3 : 2), asked = f->sp[0];
    struct dry__entry en = {.value = has_value ? f->sp[-2] : DRY_U256_ZERO, .caller = f->address};
    uint64_t in_at, in_len, out_at, out_len, price;
    dry_address_from_u256(&en.code_address, &f->sp[-1]);
    if (dry__stop_asked(evm))
        return dry__fail(evm, DRY_EVM_STOPPED);
    if (op == DRY_OP_CALL && f->is_static && !dry_u256_is_zero(&en.value))
        return dry__fail(evm, DRY_EVM_STATIC_VIOLATION);
    if (!dry__range(&in_at, &in_len, &rest[0], &rest[-1]) ||
        !dry__range(&out_at, &out_len, &rest[-2], &rest[-3]))
        return dry__fail(evm, DRY_EVM_OUT_OF_GAS);
    enum dry_evm_end end = dry__memory_reach(evm, f, in_len != 0 ? in_at + in_len : 0);
    if (end == DRY_EVM_SUCCESS)
        end = dry__memory_reach(evm, f, out_len != 0 ? out_at + out_len : 0);
    if (end == DRY_EVM_SUCCESS)
        end = call_price(evm, &en, op, &price);
    if (end != DRY_EVM_SUCCESS)
        return dry__fail(evm, end);
    if (!dry__charge(&f->gas, price) || !call_gas(evm, f, &asked, &en.gas))
        return dry__fail(evm, DRY_EVM_OUT_OF_GAS);
    if (evm->stepping)
        dry__step_charged(evm, f, f->gas);

    f->sp = (struct dry_u256 *)(uintptr_t)(rest - 3); /* where the flag goes */
    en.is_static = f->is_static || op == DRY_OP_STATICCALL;
    en.input = in_len != 0 ? evm->memory + f->memory_at + in_at : NULL;
    en.input_at = f->memory_at + (size_t)in_at;
    en.input_len = (size_t)in_len;
    en.out_at = (size_t)out_at;
    en.out_len = (size_t)out_len;
    en.memory_at = f->memory_at + f->memory_len;
    if (has_value && !dry_u256_is_zero(&en.value))
        en.gas += GAS_STIPEND;
    en.payer = has_value ? f->self : NULL;
    en.self = f->self;
    en.address = f->address;
    switch (op) {
    case DRY_OP_CALL:
    case DRY_OP_STATICCALL:
        en.kind = op == DRY_OP_CALL ? DRY_FRAME_CALL : DRY_FRAME_STATICCALL;
        en.address = en.code_address;
        en.self = dry__world_account(evm->world, &en.address);
        if (en.self == NULL)
            return dry__fail(evm, DRY_EVM_STOPPED);
        break;
    case DRY_OP_CALLCODE:
        en.kind = DRY_FRAME_CALLCODE;
        break;
    default:
        en.kind = DRY_FRAME_DELEGATECALL;
        en.caller = f->caller;
        en.value = f->value;
        break;
    }
    enum dry__next next = dry__enter_call(evm, &en);
    if (next == DRY__NEXT_GO_ON)
        call_result(evm, f, en.out_at, en.out_len);
    return next;
}

static bool is_create(const struct dry__frame *f)
{
    return f->kind == DRY_FRAME_CREATE || f->kind == DRY_FRAME_CREATE2;
}

static void frame_pop(struct dry__evm *evm)
{
    struct dry__frame *f = evm->top;
    tell_leave(evm, f->gas_start - evm->gas_left);
    dry__code_release(f->code);
    f->code = NULL;
    evm->frame_count--;
    evm->top = evm->frame_count != 0 ? evm->frames[evm->frame_count - 1] : NULL;
}

/* The world failed or somebody asked to stop: no frame goes on. */
static void unwind(struct dry__evm *evm)
{
    evm->end = DRY_EVM_STOPPED;
    evm->gas_left = 0;
    evm->output.len = 0;
    while (evm->frame_count != 0) {
        dry__world_revert(evm->world, evm->top->snapshot);
        frame_pop(evm);
    }
}

void dry__frame_end(struct dry__evm *evm, enum dry_evm_end end, size_t offset, size_t length)
{
    struct dry__frame *f = evm->top;
    const uint8_t *out = length != 0 ? evm->memory + f->memory_at + offset : NULL;
    if (end == DRY_EVM_SUCCESS && is_create(f)) {
        end = dry__create_store(evm, f, dry_bytes_of(out, length), &length);
    }
    if (end == DRY_EVM_STOPPED ||
        !dry__output_set(evm, out, end == DRY_EVM_SUCCESS || end == DRY_EVM_REVERT ? length : 0)) {
        unwind(evm);
        return;
    }
    if (end != DRY_EVM_SUCCESS)
        dry__world_revert(evm->world, f->snapshot);
    evm->end = end;
    evm->gas_left = end == DRY_EVM_SUCCESS || end == DRY_EVM_REVERT ? f->gas : 0;
    frame_pop(evm);
    struct dry__frame *caller = evm->top;
    if (caller == NULL)
        return;
    caller->ip = caller->code->words + caller->at;
    dry__memory_moved(evm, caller);
    if (!is_create(f)) {
        call_result(evm, caller, f->out_at, f->out_len);
        return;
    }
    caller->gas += evm->gas_left;
    caller->sp[0] = DRY_U256_ZERO;
    if (end == DRY_EVM_SUCCESS) {
        dry_address_to_u256(&caller->sp[0], &f->address);
        evm->output.len = 0;
    }
}
