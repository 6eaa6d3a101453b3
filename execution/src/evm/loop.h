/* loop.h - the interpreter's loop. Included by loop_*.c, which say how instructions are reached
 * (DRY_LOOP_THREADED) and whether each is shown to a tracer (DRY_LOOP_STEPPING).
 *
 * sp is the top of the stack and grows upwards. Block words have checked the stack and charged
 * static gas before an instruction runs; the stepping loop checks each instead. */
#include "evm/machine.h"
#include "evm/word.h"
#include <drystone/crypto.h>

#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define LIKELY(x) __builtin_expect(!!(x), 1)

#define SAVE() (f->ip = ip, f->sp = sp, f->gas = gas)
#define LOAD()                                                     \
    (ip = f->ip, sp = f->sp, gas = f->gas, words = f->code->words, \
     memory = evm->memory + f->memory_at, memory_len = f->memory_len)
#define FAIL(why)            \
    do {                     \
        end = DRY_EVM_##why; \
        goto fail;           \
    } while (0)
#define TRY(call)                             \
    do {                                      \
        end = (call);                         \
        if (UNLIKELY(end != DRY_EVM_SUCCESS)) \
            goto fail;                        \
    } while (0)
/* As above for what charges the frame. Its gas is handed over in f: a register's address is never
 * taken. */
#define TRY_GAS(call)                         \
    do {                                      \
        f->gas = gas;                         \
        end = (call);                         \
        gas = f->gas;                         \
        if (UNLIKELY(end != DRY_EVM_SUCCESS)) \
            goto fail;                        \
    } while (0)
#define CHARGE(cost)               \
    do {                           \
        uint64_t cost_ = (cost);   \
        if (UNLIKELY(gas < cost_)) \
            goto out_of_gas;       \
        gas -= cost_;              \
    } while (0)
/* Memory up to offset + length, both already known to be below 2^31. */
#define REACH(offset, length)                                        \
    do {                                                             \
        if (UNLIKELY((offset) + (length) > memory_len)) {            \
            TRY_GAS(dry__memory_reach(evm, f, (offset) + (length))); \
            memory = evm->memory + f->memory_at;                     \
            memory_len = f->memory_len;                              \
        }                                                            \
    } while (0)
#define RANGE(offset, length, off, len)                            \
    uint64_t offset, length;                                       \
    if (UNLIKELY(!dry__range(&(offset), &(length), (off), (len)))) \
    goto out_of_gas

#if DRY_LOOP_STEPPING
#define CHARGED() dry__step_charged(evm, f, gas)
/* In exact code a JUMPDEST checks itself; nothing is to be done at a block's start. */
#define ENTER_BLOCK() NEXT()
#else
#define CHARGED() ((void)0)
#define ENTER_BLOCK()     \
    do {                  \
        w = *ip++;        \
        goto enter_block; \
    } while (0)
#endif

/* The checks of a block word w. */
#define CHECK_BLOCK()                                                                   \
    do {                                                                                \
        uint64_t cost_ = w >> 32;                                                       \
        uint32_t have_ = (uint32_t)(sp - f->stack);                                     \
        if (UNLIKELY(gas < cost_))                                                      \
            goto out_of_gas;                                                            \
        if (UNLIKELY(have_ - (uint32_t)(w >> 8 & 0xfff) > (uint32_t)(w >> 20 & 0xfff))) \
            goto bad_stack;                                                             \
        gas -= cost_;                                                                   \
    } while (0)

#if DRY_LOOP_THREADED
#define OP(name) op_##name:
#define NEXT()                    \
    do {                          \
        w = *ip++;                \
        goto *labels[(uint8_t)w]; \
    } while (0)
#undef ENTER_BLOCK
#define ENTER_BLOCK()  \
    do {               \
        w = *ip++;     \
        CHECK_BLOCK(); \
        NEXT();        \
    } while (0)
#else
#define OP(name) case DRY_OP_##name:
#define NEXT() goto next
#endif

/* A loop is long on purpose: its locals are the machine's registers. */
void DRY_LOOP_NAME(struct dry__evm *evm)
{
#if DRY_LOOP_THREADED
#define X(byte, name, ...) [byte] = &&op_##name,
    static const void *const labels[256] = {DRY_OPCODES_LOW(X) DRY_OPCODES_DUP(X)
                                                DRY_OPCODES_HIGH(X) DRY_OPCODES_OWN(X)};
#undef X
#endif
    struct dry__frame *f = evm->top;
    const struct dry_block_env *const env = evm->tx->env;
    struct dry__world *const world = evm->world;
    const uint64_t *ip, *words;
    struct dry_u256 *sp;
    uint64_t gas, memory_len, w;
    uint8_t *memory;
    enum dry_evm_end end;
    enum dry__next go;

    LOAD();
#if DRY_LOOP_THREADED
    NEXT();
    {
#else
next:
    w = *ip++;
#if DRY_LOOP_STEPPING
    TRY_GAS(dry__step_begin(evm, f, ip, sp));
#endif
    switch ((uint8_t)w) {
#endif
#include "evm/ops_arith.h"
#include "evm/ops_env.h"
#include "evm/ops_fused.h"
#include "evm/ops_memory.h"
#include "evm/ops_system.h"
#if !DRY_LOOP_THREADED
    default:
        FAIL(INVALID_OPCODE);
#endif
    }

#if !DRY_LOOP_THREADED && !DRY_LOOP_STEPPING
enter_block:
    CHECK_BLOCK();
    NEXT();
#endif
jump: /* to the place on the stack's top, by JUMP or JUMPI */
{
    const struct dry__code *code = f->code;
    uint64_t pc = sp[0].w[0];
    uint32_t target = 0;
    if (LIKELY(dry_u256_is_u64(&sp[0]) && pc < code->paged_len))
        target = code->targets[code->pages[pc / 64] + pc % 64];
    if (UNLIKELY(target == 0)) { /* no word is there, or not yet */
        SAVE();
        go = dry__code_reach(evm, f, (uint8_t)w);
        goto went;
    }
    CHARGED();
    sp -= (uint8_t)w == DRY_OP_JUMP ? 1 : 2;
    w = (uint64_t)(target - 1) << 32;
}
jump_to: /* w's upper half is the destination's index */
    if (UNLIKELY(dry__stop_asked(evm)))
        FAIL(STOPPED);
    ip = words + (uint32_t)(w >> 32);
    ENTER_BLOCK();
went:
    if (go == DRY__NEXT_FAIL) {
        end = evm->end;
        goto fail;
    }
    f = evm->top;
    LOAD();
    NEXT();
out_of_gas:
    FAIL(OUT_OF_GAS);
#if !DRY_LOOP_STEPPING
bad_stack:
    if (sp - f->stack < (ptrdiff_t)(w >> 8 & 0xfff))
        FAIL(STACK_UNDERFLOW);
    FAIL(STACK_OVERFLOW);
#endif
fail:
#if DRY_LOOP_STEPPING
    dry__step_failed(evm, f, end);
#endif
    SAVE();
    dry__frame_end(evm, end, 0, 0);
    goto ended;
finish: /* with the range of the two topmost items as output and `end` */
{
    RANGE(offset, length, &sp[0], &sp[-1]);
    enum dry_evm_end how = end;
    REACH(offset, length);
    CHARGED();
    SAVE();
    dry__frame_end(evm, how, (size_t)offset, (size_t)length);
}
ended:
    if (evm->frame_count == 0)
        return;
    f = evm->top;
    LOAD();
    NEXT();
}
