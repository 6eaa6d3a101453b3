/* machine.h - the interpreter's state: frames, memory, return data. Start at struct dry__evm. */
#ifndef DRY_EVM_MACHINE_H
#define DRY_EVM_MACHINE_H
#include "evm/code.h"
#include "evm/evm.h"

/* A frame's memory in words; no gas of 64 bits buys more, and the price of so many still fits. */
#define DRY_EVM_WORDS_MAX ((uint64_t)UINT32_MAX)
/* All frames' memory together. Gas buys far less in any real block: a message that has paid for
 * more ends with an error of this machine (ELIMIT), not with a verdict. */
#define DRY_EVM_MEMORY_MAX ((uint64_t)1 << (sizeof(size_t) > 4 ? 32 : 30))
/* Memory kept between messages. */
#define DRY_EVM_MEMORY_KEPT ((size_t)4 << 20)
/* A transaction's frame has depth 0; a call from depth 1024 fails. */
#define DRY_EVM_DEPTH_MAX 1024u
#define DRY_EVM_CODE_CACHE_DEFAULT ((size_t)64 << 20)

struct dry__frame {
    /* what the loop keeps in registers while the frame runs */
    const uint64_t *ip;
    struct dry_u256 *sp; /* the top item; stack[0] is below the bottom */
    uint64_t gas;
    uint32_t at; /* while a frame above runs, which may move the words: ip's place in them */

    struct dry__code *code;
    struct dry__account *self; /* whose storage and balance are in use */
    struct dry_address address, caller;
    struct dry_u256 value;
    const uint8_t *input; /* moves with the memory when input_at tells where it is */
    size_t input_len, input_at;
    size_t code_at;               /* where in the machine's memory init code stands */
    size_t memory_at, memory_len; /* in the machine's memory; len is a multiple of 32 */
    size_t out_at, out_len;       /* in the caller's memory: where the output goes */
    uint64_t gas_start;
    uint32_t snapshot;
    enum dry_frame_kind kind;
    bool is_static;
    struct dry_u256 stack[1 + DRY_EVM_STACK_MAX];
};
#define DRY__NOT_IN_MEMORY SIZE_MAX

struct dry__evm {
    /* of the running message */
    struct dry__world *world;
    const struct dry__tx_context *tx;
    const struct dry_rules *rules;
    enum dry_fork fork;
    bool cold_costs; /* EIP-2929 */
    bool stepping;   /* the tracer wants every instruction */
    uint32_t frame_count;
    struct dry__frame *top;

    uint8_t *memory;
    size_t memory_cap;
    struct dry_buf output; /* return data of the last call, or the message's output */
    enum dry_evm_end end;  /* of the frame that ended last */
    uint64_t gas_left;     /* of it */

    struct dry__op_info ops[256];
    bool ops_filled;
    struct dry__code_cache cache;
    struct dry_buf scratch; /* padded precompile input */
    void (*loop)(struct dry__evm *evm);
    bool stop; /* only by dry__stop_asked() and its setters */

    struct dry_trace_step step;
    size_t step_memory_len;
    bool step_open;
    struct dry__frame *frames[DRY_EVM_DEPTH_MAX + 1]; /* made at first use, kept */
};

/* Whether another thread wants the message to end, the one place where threads meet in here.
 * Relaxed: it need only be seen at some time. A freestanding build has one thread, and rv64im no
 * atomics. */
static inline bool dry__stop_asked(const struct dry__evm *evm)
{
#if __STDC_HOSTED__
    return __atomic_load_n(&evm->stop, __ATOMIC_RELAXED);
#else
    return evm->stop;
#endif
}

/* The interpreter, three times from the same bodies. Each runs evm->top until no frame is left. */
void dry__loop_threaded(struct dry__evm *evm);
void dry__loop_switch(struct dry__evm *evm);
void dry__loop_stepping(struct dry__evm *evm);

/* What an instruction that may start a frame leads to. */
enum dry__next {
    DRY__NEXT_GO_ON, /* the frame continues: its sp and gas are up to date */
    DRY__NEXT_ENTER, /* evm->top is a new frame */
    DRY__NEXT_FAIL,  /* the frame fails with evm->end */
};

/* --- calls.c, creates.c --- */
enum dry__next dry__op_call(struct dry__evm *evm, struct dry__frame *f, uint8_t op);
enum dry__next dry__op_create(struct dry__evm *evm, struct dry__frame *f, uint8_t op);
/* End the top frame with `length` bytes of its memory as output; its caller goes on. */
void dry__frame_end(struct dry__evm *evm, enum dry_evm_end end, size_t offset, size_t length);

/* A call or creation about to happen, from an instruction or as the top message. */
struct dry__entry {
    enum dry_frame_kind kind;
    bool is_static;
    struct dry_address address; /* whose storage the frame uses; the new contract's for creations */
    struct dry_address caller, code_address;
    struct dry__account *self, *code_account;
    struct dry__account *payer; /* value moves from here to self; NULL: no transfer */
    struct dry_u256 value;
    uint64_t gas;
    const uint8_t *input;
    size_t input_len, input_at;
    size_t memory_at, out_at, out_len;
};
/* Begin it: GO_ON when it is over already (evm->end, gas_left, output tell how), ENTER when a frame
 * was pushed, FAIL on an error of the world (evm->end is STOPPED). */
enum dry__next dry__enter_call(struct dry__evm *evm, const struct dry__entry *en);
enum dry__next dry__enter_create(struct dry__evm *evm, const struct dry__entry *en);
enum dry__next dry__frame_push(struct dry__evm *evm, const struct dry__entry *en,
                               struct dry__code *code, uint32_t snapshot);
/* A finished creation's rules: code size, first byte, price of storing. */
enum dry_evm_end dry__create_store(struct dry__evm *evm, struct dry__frame *f,
                                   struct dry_bytes code, size_t *stored_len);
enum dry__next dry__fail(struct dry__evm *evm, enum dry_evm_end end);

/* --- reach.c: words made when execution comes to them --- */
/* The JUMP or JUMPI before f->ip is taken and its destination's words have yet to be made: f goes
 * on there, its operands popped. */
enum dry__next dry__code_reach(struct dry__evm *evm, struct dry__frame *f, uint8_t op);
/* f goes on at what the MORE or LATER before f->ip stands for. */
enum dry__next dry__code_go_on(struct dry__evm *evm, struct dry__frame *f);

/* --- memory.c --- */
/* Some memory before a message, and no more than DRY_EVM_MEMORY_KEPT after it. */
DRY_MUST_USE dry_status dry__memory_open(struct dry__evm *evm);
void dry__memory_trim(struct dry__evm *evm);
/* The memory may have moved: what the frame borrows from it is found again. */
void dry__memory_moved(const struct dry__evm *evm, struct dry__frame *f);
/* Grow the frame's memory to `end` bytes, charging the frame. SUCCESS, OUT_OF_GAS, or STOPPED on
 * ENOMEM and ELIMIT. */
enum dry_evm_end dry__memory_reach(struct dry__evm *evm, struct dry__frame *f, uint64_t end);
/* Offset and length as the stack has them to a range that gas could buy; false: out of gas. An
 * empty range has any offset (ATTACKS 37). */
static inline bool dry__range(uint64_t *offset, uint64_t *length, const struct dry_u256 *off,
                              const struct dry_u256 *len)
{
    *offset = 0;
    *length = len->w[0];
    if (dry_u256_is_zero(len))
        return true;
    *offset = off->w[0];
    return dry_u256_is_u64(off) && dry_u256_is_u64(len) && off->w[0] <= 32 * DRY_EVM_WORDS_MAX &&
           len->w[0] <= 32 * DRY_EVM_WORDS_MAX;
}
/* Room for n bytes of output; the bytes before are lost. False: ENOMEM, recorded in the world. */
bool dry__output_reserve(struct dry__evm *evm, size_t n);
bool dry__output_set(struct dry__evm *evm, const uint8_t *bytes, size_t n);

/* --- storage.c: instructions on the world; each charges f->gas --- */
enum dry_evm_end dry__op_sload(struct dry__evm *evm, struct dry__frame *f,
                               struct dry_u256 *key_value);
enum dry_evm_end dry__op_sstore(struct dry__evm *evm, struct dry__frame *f,
                                const struct dry_u256 *key, const struct dry_u256 *value);
enum dry_evm_end dry__op_selfdestruct(struct dry__evm *evm, struct dry__frame *f,
                                      const struct dry_u256 *heir);
enum dry_evm_end dry__op_blockhash(struct dry__evm *evm, struct dry_u256 *number);
/* The account at the word's address; what a cold one costs over a warm one is charged. */
enum dry_evm_end dry__account_access(struct dry__evm *evm, struct dry__frame *f,
                                     struct dry__account **out, const struct dry_u256 *word);
/* EIP-2929: `cold` when the account was cold (it is warm now), else 0. */
uint64_t dry__account_warm(struct dry__evm *evm, struct dry__account *a, uint64_t cold);

/* --- precompile.c --- */
/* Number of the precompile at the address under these rules, or 0. */
uint32_t dry__precompile_at(const struct dry_rules *rules, const struct dry_address *address);
/* Run it: takes its price from *gas, leaves evm->output. SUCCESS, OUT_OF_GAS, PRECOMPILE, or
 * STOPPED on ENOMEM. `in` is not in evm->output. */
enum dry_evm_end dry__precompile_run(struct dry__evm *evm, uint32_t number, struct dry_bytes in,
                                     uint64_t *gas);
enum dry_evm_end dry__precompile_modexp(struct dry__evm *evm, struct dry_bytes in, uint64_t *gas);

/* --- stepping.c: only with a tracer that wants steps --- */
/* Before the instruction whose word is at ip[-1]: its static price and stack bounds. */
enum dry_evm_end dry__step_begin(struct dry__evm *evm, struct dry__frame *f, const uint64_t *ip,
                                 const struct dry_u256 *sp);
/* All of the instruction's price is taken; tells the tracer. */
void dry__step_charged(struct dry__evm *evm, struct dry__frame *f, uint64_t gas);
void dry__step_failed(struct dry__evm *evm, struct dry__frame *f, enum dry_evm_end end);

/* Words of 32 bytes. */
static inline uint64_t dry__words(uint64_t bytes)
{
    return (bytes + 31) / 32;
}
static inline bool dry__charge(uint64_t *gas, uint64_t cost)
{
    if (*gas < cost)
        return false;
    *gas -= cost;
    return true;
}

#endif /* DRY_EVM_MACHINE_H */
