/* Creations: CREATE, CREATE2, and the rules of the code they leave. */
#include "evm/machine.h"
#include <drystone/crypto.h>
#include <drystone/execution.h>

#define GAS_CODE_BYTE 200u

static enum dry__next over(struct dry__evm *evm, const struct dry__entry *en, enum dry_evm_end end,
                           uint64_t gas_left)
{
    const struct dry_tracer *t = evm->world->tracer;
    evm->end = end;
    evm->gas_left = gas_left;
    evm->output.len = 0;
    if (t != NULL && t->leave != NULL)
        t->leave(t->ctx, DRY_BYTES_EMPTY, en->gas - gas_left,
                 end == DRY_EVM_SUCCESS ? NULL : dry_evm_end_text(end));
    return DRY__NEXT_GO_ON;
}

enum dry__next dry__enter_create(struct dry__evm *evm, const struct dry__entry *en)
{
    struct dry__world *world = evm->world;
    struct dry__account *a = en->self;
    if (evm->cold_costs)
        (void)dry__world_warm_account(world, a); /* stays warm whatever follows */
    if (dry__account_collides(a))
        return over(evm, en, DRY_EVM_CREATE_COLLISION, 0);
    uint32_t snapshot = dry__world_snapshot(world);
    dry__world_create(world, a);
    if (!dry_u256_is_zero(&en->value)) {
        dry__world_sub_balance(world, en->payer, &en->value);
        dry__world_add_balance(world, a, &en->value);
    }
    if (en->input_len == 0) /* nothing runs, nothing is stored */
        return over(evm, en, DRY_EVM_SUCCESS, en->gas);
    struct dry__code *code = dry__code_new(dry_bytes_of(en->input, en->input_len), evm->ops,
                                           evm->stepping ? DRY__CODE_EXACT : DRY__CODE_BLOCKS);
    if (code == NULL) {
        world->error = DRY_ENOMEM;
        return dry__fail(evm, DRY_EVM_STOPPED);
    }
    struct dry__entry frame = *en;
    frame.input = NULL; /* the code runs without call data */
    frame.input_len = 0;
    frame.input_at = DRY__NOT_IN_MEMORY;
    enum dry__next next = dry__frame_push(evm, &frame, code, snapshot);
    if (next == DRY__NEXT_ENTER)
        evm->top->code_at = en->input_at; /* the creator's memory stays as it is until it goes on */
    return next;
}

static void create2_address(struct dry_address *out, const struct dry_address *creator,
                            const struct dry_u256 *salt, struct dry_bytes init_code)
{
    uint8_t text[85] = {0xff};
    struct dry_hash hash;
    memcpy(text + 1, creator->b, 20);
    dry_u256_to_be32(text + 21, salt);
    dry_keccak256(&hash, init_code);
    memcpy(text + 53, hash.b, 32);
    dry_keccak256(&hash, dry_bytes_of(text, sizeof(text)));
    memcpy(out->b, hash.b + 12, 20);
}

/* Everything the instruction takes before the new code runs. */
static enum dry_evm_end create_price(struct dry__evm *evm, struct dry__frame *f, uint8_t op,
                                     uint64_t *offset, uint64_t *length)
{
    if (f->is_static)
        return DRY_EVM_STATIC_VIOLATION;
    if (dry__stop_asked(evm))
        return DRY_EVM_STOPPED;
    if (!dry__range(offset, length, &f->sp[-1], &f->sp[-2]))
        return DRY_EVM_OUT_OF_GAS;
    uint64_t a_word = op == DRY_OP_CREATE2 ? 6 : 0;
    if (evm->fork >= DRY_FORK_SHANGHAI) {
        if (*length > evm->rules->initcode_size_max)
            return DRY_EVM_INITCODE_SIZE;
        a_word += 2;
    }
    if (!dry__charge(&f->gas, a_word * dry__words(*length)))
        return DRY_EVM_OUT_OF_GAS;
    return dry__memory_reach(evm, f, *length != 0 ? *offset + *length : 0);
}

/* The checks that leave the gas where it was, then nonce, address and frame. */
static enum dry__next create_begin(struct dry__evm *evm, struct dry__frame *f,
                                   struct dry__entry *en, const struct dry_u256 *salt)
{
    struct dry__world *world = evm->world;
    const struct dry_tracer *t = world->tracer;
    struct dry_bytes init = dry_bytes_of(en->input, en->input_len);
    if (salt != NULL)
        create2_address(&en->address, &f->address, salt, init);
    else
        dry_create_address(&en->address, &f->address, f->self->nonce);
    en->code_address = en->address;
    if (t != NULL && t->enter != NULL)
        t->enter(t->ctx, en->kind, &en->caller, &en->address, init, en->gas, &en->value);
    if (evm->frame_count > DRY_EVM_DEPTH_MAX)
        return over(evm, en, DRY_EVM_CALL_DEPTH, en->gas);
    if (dry_u256_less(&f->self->balance, &en->value))
        return over(evm, en, DRY_EVM_BALANCE, en->gas);
    if (f->self->nonce == UINT64_MAX) /* EIP-2681 */
        return over(evm, en, DRY_EVM_NONCE_OVERFLOW, en->gas);
    en->self = dry__world_account(world, &en->address);
    if (en->self == NULL)
        return dry__fail(evm, DRY_EVM_STOPPED);
    dry__world_set_nonce(world, f->self, f->self->nonce + 1);
    return dry__enter_create(evm, en);
}

enum dry__next dry__op_create(struct dry__evm *evm, struct dry__frame *f, uint8_t op)
{
    uint64_t offset, length;
    enum dry_evm_end end = create_price(evm, f, op, &offset, &length);
    if (end != DRY_EVM_SUCCESS)
        return dry__fail(evm, end);
    if (evm->stepping)
        dry__step_charged(evm, f, f->gas);
    bool two = op == DRY_OP_CREATE2;
    uint64_t kept = evm->fork >= DRY_FORK_TANGERINE_WHISTLE ? f->gas / 64 : 0;
    struct dry_u256 salt = two ? f->sp[-3] : DRY_U256_ZERO;
    struct dry__entry en = {
        .kind = two ? DRY_FRAME_CREATE2 : DRY_FRAME_CREATE,
        .caller = f->address,
        .payer = f->self,
        .value = f->sp[0],
        .gas = f->gas - kept,
        .input = length != 0 ? evm->memory + f->memory_at + offset : NULL,
        .input_len = (size_t)length,
        .input_at = length != 0 ? f->memory_at + (size_t)offset : DRY__NOT_IN_MEMORY,
        .memory_at = f->memory_at + f->memory_len,
    };
    f->gas = kept;
    f->sp -= two ? 3 : 2;
    f->sp[0] = DRY_U256_ZERO;
    evm->output.len = 0;
    enum dry__next next = create_begin(evm, f, &en, two ? &salt : NULL);
    if (next == DRY__NEXT_GO_ON) {
        f->gas += evm->gas_left;
        if (evm->end == DRY_EVM_SUCCESS)
            dry_address_to_u256(&f->sp[0], &en.address);
    }
    return next;
}

enum dry_evm_end dry__create_store(struct dry__evm *evm, struct dry__frame *f,
                                   struct dry_bytes code, size_t *stored_len)
{
    struct dry__world *world = evm->world;
    if (evm->fork >= DRY_FORK_SPURIOUS_DRAGON && code.len > evm->rules->code_size_max)
        return DRY_EVM_CODE_SIZE;
    if (evm->fork >= DRY_FORK_LONDON && code.len != 0 && code.ptr[0] == 0xef)
        return DRY_EVM_INVALID_CODE;
    if (!dry__charge(&f->gas, (uint64_t)GAS_CODE_BYTE * code.len)) {
        if (evm->fork >= DRY_FORK_HOMESTEAD)
            return DRY_EVM_CODE_STORE_GAS;
        *stored_len = 0; /* Frontier keeps the account, without code */
        return DRY_EVM_SUCCESS;
    }
    if (code.len == 0)
        return DRY_EVM_SUCCESS;
    struct dry_bytes kept;
    struct dry_hash hash;
    dry_status st = dry_arena_copy(world->arena, &kept, code);
    if (!dry_ok(st)) {
        world->error = st;
        return DRY_EVM_STOPPED;
    }
    dry_keccak256(&hash, kept);
    dry__world_set_code(world, f->self, kept, &hash);
    return DRY_EVM_SUCCESS;
}
