/* Byte-code to words, a run at a time. */
#include "evm/code.h"

#define NONE UINT32_MAX
#define STUB_WORDS 3u
/* An instruction takes 6 items or leaves one more, and looks at 17. */
_Static_assert(DRY__RUN_MAX * (6 + 1) + 17 <= DRY_EVM_STACK_MAX, "some stack does for any block");

struct emitter {
    struct dry__code *code;
    uint64_t *words;
    const uint8_t *bytes;
    uint32_t len, n;
    uint32_t block;   /* index of the open block's word */
    uint32_t tail[3]; /* newest one-word instructions of the block, newest first, for fusing */
    uint8_t block_op;
    int32_t height, need, high;
    uint64_t gas;
    uint32_t open_count;
    uint32_t open[DRY__RUN_MAX]; /* words that hold a jump's pc where its index should be */
};

static bool ends_block(uint8_t op)
{
    return op == DRY_OP_JUMPI || op == DRY_OP_GAS || op == DRY_OP_SSTORE || op == DRY_OP_CREATE ||
           op == DRY_OP_CREATE2 || op == DRY_OP_CALL || op == DRY_OP_CALLCODE ||
           op == DRY_OP_DELEGATECALL || op == DRY_OP_STATICCALL;
}

static bool ends_frame(uint8_t op)
{
    return op == DRY_OP_STOP || op == DRY_OP_JUMP || op == DRY_OP_RETURN || op == DRY_OP_REVERT ||
           op == DRY_OP_INVALID || op == DRY_OP_SELFDESTRUCT;
}

static void block_open(struct emitter *e, uint8_t op, uint64_t gas)
{
    e->block = e->n++;
    e->block_op = op;
    e->height = e->need = e->high = 0;
    e->gas = gas;
    e->tail[0] = e->tail[1] = e->tail[2] = NONE;
}

static void block_close(struct emitter *e)
{
    uint32_t need = (uint32_t)e->need, high = (uint32_t)e->high;
    DRY_ASSERT(need + high <= DRY_EVM_STACK_MAX);
    e->words[e->block] = DRY__BLOCK(e->block_op, need, DRY_EVM_STACK_MAX - need - high, e->gas);
}

static void emit_one(struct emitter *e, uint64_t word)
{
    e->tail[2] = e->tail[1];
    e->tail[1] = e->tail[0];
    e->tail[0] = e->n;
    e->words[e->n++] = word;
}

static uint8_t op_at(const struct emitter *e, uint32_t index)
{
    return index == NONE ? DRY_OP_BLOCK : (uint8_t)e->words[index];
}

/* Take back the newest k one-word instructions. */
static void unemit(struct emitter *e, uint32_t k)
{
    e->n -= k;
    e->tail[0] = k < 3 ? e->tail[k] : NONE;
    e->tail[1] = k < 2 ? e->tail[k + 1] : NONE;
    e->tail[2] = NONE;
}

/* The newest word's upper half is a jump's pc: make it an index, now or at the run's end. */
static void open_jump(struct emitter *e, uint32_t pc)
{
    uint32_t target = dry__code_target(e->code, pc);
    uint64_t *word = &e->words[e->n - 1];
    if (target == 0)
        e->open[e->open_count++] = e->n - 1;
    *word = (uint64_t)(target != 0 ? target - 1 : pc) << 32 | (uint32_t)*word;
}

/* JUMP or JUMPI whose destination was pushed just before. Whether a JUMPDEST byte is one is found
 * out by who jumps there. */
static bool fuse_jump(struct emitter *e, uint8_t op)
{
    if (op_at(e, e->tail[0]) != DRY_OP_PUSH_SMALL)
        return false;
    uint64_t pc = DRY__WORD_SMALL(e->words[e->tail[0]]);
    bool valid = pc < e->len && e->bytes[pc] == DRY_OP_JUMPDEST;
    uint8_t before = op_at(e, e->tail[1]);
    if (op == DRY_OP_JUMP || !valid) {
        unemit(e, 1);
        emit_one(e, op != DRY_OP_JUMP ? DRY_OP_JUMPI_BAD
                    : valid           ? DRY_OP_JUMP_TO
                                      : DRY_OP_JUMP_BAD);
    } else if (before == DRY_OP_EQ_SMALL && op_at(e, e->tail[2]) == DRY_OP_DUP1) {
        uint64_t value = DRY__WORD_SMALL(e->words[e->tail[1]]);
        unemit(e, 3);
        emit_one(e, value << 32 | DRY_OP_DUP1_EQ_SMALL_JUMPI_TO);
        e->words[e->n++] = 0;
    } else {
        uint8_t fused = before == DRY_OP_ISZERO ? DRY_OP_ISZERO_JUMPI_TO
                        : before == DRY_OP_EQ   ? DRY_OP_EQ_JUMPI_TO
                        : before == DRY_OP_LT   ? DRY_OP_LT_JUMPI_TO
                        : before == DRY_OP_GT   ? DRY_OP_GT_JUMPI_TO
                                                : DRY_OP_JUMPI_TO;
        unemit(e, fused == DRY_OP_JUMPI_TO ? 1 : 2);
        emit_one(e, fused);
    }
    if (valid)
        open_jump(e, (uint32_t)pc);
    return true;
}

static uint8_t fused_with_small(uint8_t op)
{
    switch (op) {
    case DRY_OP_ADD:
        return DRY_OP_ADD_SMALL;
    case DRY_OP_SUB:
        return DRY_OP_RSUB_SMALL;
    case DRY_OP_MUL:
        return DRY_OP_MUL_SMALL;
    case DRY_OP_AND:
        return DRY_OP_AND_SMALL;
    case DRY_OP_EQ:
        return DRY_OP_EQ_SMALL;
    case DRY_OP_LT:
        return DRY_OP_LT_SMALL;
    case DRY_OP_GT:
        return DRY_OP_GT_SMALL;
    case DRY_OP_SHL:
        return DRY_OP_SHL_SMALL;
    case DRY_OP_SHR:
        return DRY_OP_SHR_SMALL;
    case DRY_OP_MLOAD:
        return DRY_OP_MLOAD_AT;
    case DRY_OP_MSTORE:
        return DRY_OP_MSTORE_AT;
    default:
        return 0;
    }
}

/* Merge op with the instructions before it in the block, when there is a merged form. */
static bool fuse(struct emitter *e, uint8_t op)
{
    if (op == DRY_OP_JUMP || op == DRY_OP_JUMPI)
        return fuse_jump(e, op);
    uint8_t before = op_at(e, e->tail[0]), fused = 0;
    uint64_t upper = 0;
    if (before == DRY_OP_PUSH_SMALL) {
        fused = fused_with_small(op);
        upper = DRY__WORD_SMALL(e->words[e->tail[0]]) << 32;
    } else if (before == DRY_OP_SWAP1) {
        fused = op == DRY_OP_POP ? DRY_OP_SWAP1_POP : op == DRY_OP_SUB ? DRY_OP_SWAP1_SUB : 0;
    } else if (before == DRY_OP_SWAP2 && op == DRY_OP_POP) {
        fused = DRY_OP_SWAP2_POP;
    } else if (before == DRY_OP_DUP2 && op == DRY_OP_ADD) {
        fused = DRY_OP_DUP2_ADD;
    }
    if (fused == 0)
        return false;
    unemit(e, 1);
    if (fused == DRY_OP_ADD_SMALL && op_at(e, e->tail[0]) == DRY_OP_SWAP1) {
        unemit(e, 1);
        fused = DRY_OP_SWAP1_ADD_SMALL;
    }
    emit_one(e, upper | fused);
    return true;
}

/* The immediate of the PUSH at pc; bytes past the code's end are zero. */
static void push_value(struct dry_u256 *out, const struct emitter *e, uint32_t pc, uint32_t n)
{
    uint8_t be[32] = {0};
    uint32_t have = e->len - pc - 1;
    memcpy(be + 32 - n, e->bytes + pc + 1, have < n ? have : n);
    dry_u256_from_be32(out, be);
}

static void emit_push(struct emitter *e, uint32_t pc, uint32_t n)
{
    struct dry_u256 v;
    push_value(&v, e, pc, n);
    if (dry_u256_is_u64(&v) && v.w[0] <= UINT32_MAX) {
        emit_one(e, v.w[0] << 32 | DRY_OP_PUSH_SMALL);
        return;
    }
    e->tail[0] = e->tail[1] = e->tail[2] = NONE;
    if (dry_u256_is_u64(&v)) {
        e->words[e->n++] = DRY_OP_PUSH_WORD;
        e->words[e->n++] = v.w[0];
        return;
    }
    e->words[e->n++] = DRY_OP_PUSH_WIDE;
    memcpy(e->words + e->n, v.w, sizeof(v.w));
    e->n += 4;
}

static void account(struct emitter *e, const struct dry__op_info *info)
{
    int32_t below = (int32_t)info->in - e->height;
    if (below > e->need)
        e->need = below;
    e->height += (int32_t)info->out - (int32_t)info->in;
    if (e->height > e->high)
        e->high = e->height;
    e->gas += info->gas;
}

static uint32_t push_len(uint8_t op)
{
    return op >= DRY_OP_PUSH1 && op <= DRY_OP_PUSH32 ? op - DRY_OP_PUSH1 + 1u : 0;
}

static void emit_op(struct emitter *e, uint32_t pc, uint8_t op)
{
    if (push_len(op) != 0)
        emit_push(e, pc, push_len(op));
    else if (op == DRY_OP_PC)
        emit_one(e, (uint64_t)pc << 32 | DRY_OP_PUSH_SMALL);
    else if (op == DRY_OP_PUSH0)
        emit_one(e, DRY_OP_PUSH_SMALL);
    else if (!fuse(e, op))
        emit_one(e, op);
}

/* Where the run from pc ends, and the words it takes at most. What the run needs is reserved. */
static bool run_plan(struct dry__code *code, uint32_t *end, uint32_t *words, uint32_t pc,
                     const struct dry__op_info *ops)
{
    uint32_t from = pc, n = 4; /* the first block; the last one, empty, and what stands after it */
    for (uint32_t count = 0; pc < code->len && count < DRY__RUN_MAX; count++) {
        uint8_t op = code->bytes[pc];
        uint32_t push = push_len(op);
        if (op == DRY_OP_JUMPDEST && pc != from &&
            (count >= DRY__RUN_ENOUGH || dry__code_target(code, pc) != 0))
            break;
        if (op == DRY_OP_JUMPDEST && !dry__code_page(code, pc))
            return false;
        pc += 1 + push;
        n += push > 8 ? 5 : push > 4 ? 2 : 1;
        if (op == DRY_OP_JUMP || op == DRY_OP_JUMPI)
            n += STUB_WORDS;
        n += ends_block(op);
        if (!ops[op].defined || ends_frame(op) || (count >= DRY__RUN_ENOUGH && ends_block(op)))
            break;
    }
    *end = pc;
    *words = n;
    return true;
}

/* What follows the last instruction of a run that does not end the frame. */
static void emit_next(struct emitter *e, uint32_t pc)
{
    if (pc >= e->len)
        e->words[e->n++] = DRY_OP_STOP;
    else if (e->bytes[pc] == DRY_OP_JUMPDEST && dry__code_target(e->code, pc) != 0)
        e->words[e->n++] = (uint64_t)(dry__code_target(e->code, pc) - 1) << 32 | DRY_OP_JUMP_TO;
    else
        e->words[e->n++] = (uint64_t)pc << 32 | DRY_OP_MORE;
}

/* Jumps forward within the run have their index by now; the others get a stub. */
static void close_jumps(struct emitter *e)
{
    for (uint32_t i = 0; i < e->open_count; i++) {
        uint64_t *word = &e->words[e->open[i]];
        uint32_t pc = (uint32_t)(*word >> 32), target = dry__code_target(e->code, pc);
        *word = (uint64_t)(target != 0 ? target - 1 : e->n) << 32 | (uint32_t)*word;
        if (target != 0)
            continue;
        e->words[e->n++] = DRY__BLOCK(DRY_OP_BLOCK, 0, DRY_EVM_STACK_MAX, 0);
        e->words[e->n++] = (uint64_t)pc << 32 | DRY_OP_LATER;
        e->words[e->n++] = e->open[i];
    }
}

bool dry__code_translate(struct dry__code *code, uint32_t pc, uint32_t at,
                         const struct dry__op_info *ops)
{
    uint32_t end, words;
    bool dead = false; /* the frame ends before `end` */
    if (!run_plan(code, &end, &words, pc, ops) || !dry__code_room(code, words))
        return false;
    struct emitter e = {
        .code = code, .words = code->words, .bytes = code->bytes, .len = code->len, .n = at};
    block_open(&e, DRY_OP_BLOCK, 0);
    for (; pc < end; pc++) {
        uint8_t op = ops[e.bytes[pc]].defined ? e.bytes[pc] : DRY_OP_INVALID;
        if (op == DRY_OP_JUMPDEST) {
            if (e.n == e.block + 1 && e.block_op == DRY_OP_BLOCK)
                e.n--; /* nothing ran since the block opened */
            else
                block_close(&e);
            dry__code_target_set(code, pc, e.n);
            block_open(&e, DRY_OP_JUMPDEST, ops[op].gas);
            continue;
        }
        account(&e, &ops[op]);
        emit_op(&e, pc, op);
        pc += push_len(op);
        dead = ends_frame(op);
        if (ends_block(op)) {
            block_close(&e);
            block_open(&e, DRY_OP_BLOCK, 0);
        }
    }
    block_close(&e);
    if (!dead)
        emit_next(&e, pc);
    close_jumps(&e);
    DRY_ASSERT(e.n <= code->word_cap);
    code->word_count = e.n;
    return true;
}

static bool exact_plan(struct dry__code *code, uint32_t *words)
{
    uint32_t n = 1; /* the last STOP */
    for (uint32_t pc = 0; pc < code->len; pc++) {
        uint8_t op = code->bytes[pc];
        uint32_t push = push_len(op);
        if (op == DRY_OP_JUMPDEST && !dry__code_page(code, pc))
            return false;
        n += push > 8 ? 5 : push > 4 ? 2 : 1;
        pc += push;
    }
    *words = n;
    return true;
}

bool dry__code_translate_exact(struct dry__code *code, const struct dry__op_info *ops)
{
    uint32_t pc, words;
    if (!exact_plan(code, &words) || !dry__code_room(code, words))
        return false;
    uint32_t *pcs = dry_alloc(words * sizeof(*pcs));
    if (pcs == NULL)
        return false;
    code->pcs = pcs;
    code->cost += words * sizeof(*pcs);
    struct emitter e = {.code = code, .words = code->words, .bytes = code->bytes, .len = code->len};
    for (pc = 0; pc < e.len; pc++) {
        uint8_t op = e.bytes[pc];
        pcs[e.n] = pc;
        if (op == DRY_OP_JUMPDEST)
            dry__code_target_set(code, pc, e.n);
        if (push_len(op) != 0)
            emit_push(&e, pc, push_len(op));
        else if (!ops[op].defined)
            emit_one(&e, (uint64_t)op << 32 | DRY_OP_INVALID);
        else
            emit_one(&e, (uint64_t)pc << 32 | op);
        pc += push_len(op);
    }
    pcs[e.n] = pc; /* past a last PUSH's missing bytes, too */
    e.words[e.n++] = DRY_OP_STOP;
    DRY_ASSERT(e.n <= words);
    code->word_count = e.n;
    return true;
}
