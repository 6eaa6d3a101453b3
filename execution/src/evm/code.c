/* Analysis: byte-code to words, once per code hash. */
#include "evm/code.h"

#define NONE UINT32_MAX
#define BLOCK_GAS_MAX 0x7fff0000u /* a block is split before its gas outgrows the word */

struct emitter {
    uint64_t *words;
    uint32_t *targets, *pcs;
    const uint8_t *bytes;
    uint32_t len, n;
    uint32_t block;   /* index of the open block's word */
    uint32_t tail[3]; /* newest one-word instructions of the block, newest first, for fusing */
    uint8_t block_op;
    bool dead; /* nothing reaches here until the next JUMPDEST */
    bool has_fixed_jumps;
    int32_t height, need, high;
    uint64_t gas;
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

/* Words an instruction takes besides its first. */
static uint32_t words_after(uint8_t op)
{
    switch (op) {
    case DRY_OP_PUSH_WORD:
    case DRY_OP_DUP1_EQ_SMALL_JUMPI_TO:
        return 1;
    case DRY_OP_PUSH_WIDE:
        return 4;
    default:
        return 0;
    }
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
    uint32_t room = 0;
    if (need + high <= DRY_EVM_STACK_MAX)
        room = DRY_EVM_STACK_MAX - need - high;
    else
        need = need > DRY_EVM_STACK_MAX ? DRY__NEED_TOO_MUCH : DRY__GROWS_TOO_MUCH;
    e->words[e->block] = DRY__BLOCK(e->block_op, need, room, e->gas);
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

/* JUMP or JUMPI whose destination was pushed just before. */
static bool fuse_jump(struct emitter *e, uint8_t op)
{
    if (op_at(e, e->tail[0]) != DRY_OP_PUSH_SMALL)
        return false;
    uint64_t pc = DRY__WORD_SMALL(e->words[e->tail[0]]);
    bool valid = pc < e->len && e->targets[pc] != 0;
    uint8_t before = op_at(e, e->tail[1]);
    if (op == DRY_OP_JUMP || !valid) {
        unemit(e, 1);
        emit_one(e, pc << 32 | (op == DRY_OP_JUMP ? valid ? DRY_OP_JUMP_TO : DRY_OP_JUMP_BAD
                                                  : DRY_OP_JUMPI_BAD));
    } else if (before == DRY_OP_EQ_SMALL && op_at(e, e->tail[2]) == DRY_OP_DUP1) {
        uint64_t value = DRY__WORD_SMALL(e->words[e->tail[1]]);
        unemit(e, 3);
        emit_one(e, value << 32 | DRY_OP_DUP1_EQ_SMALL_JUMPI_TO);
        e->words[e->n++] = pc;
    } else {
        uint8_t fused = before == DRY_OP_ISZERO ? DRY_OP_ISZERO_JUMPI_TO
                        : before == DRY_OP_EQ   ? DRY_OP_EQ_JUMPI_TO
                        : before == DRY_OP_LT   ? DRY_OP_LT_JUMPI_TO
                        : before == DRY_OP_GT   ? DRY_OP_GT_JUMPI_TO
                                                : DRY_OP_JUMPI_TO;
        unemit(e, fused == DRY_OP_JUMPI_TO ? 1 : 2);
        emit_one(e, pc << 32 | fused);
    }
    e->has_fixed_jumps |= valid;
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
        e->need = below > (int32_t)DRY_EVM_STACK_MAX + 1 ? (int32_t)DRY_EVM_STACK_MAX + 1 : below;
    e->height += (int32_t)info->out - (int32_t)info->in;
    if (e->height > e->high)
        e->high =
            e->height > (int32_t)DRY_EVM_STACK_MAX + 1 ? (int32_t)DRY_EVM_STACK_MAX + 1 : e->height;
    e->gas += info->gas;
}

/* Jumps to known places hold a pc until every JUMPDEST's index is known. */
static void fix_jumps(struct emitter *e)
{
    for (uint32_t i = 0; i < e->n; i++) {
        uint8_t op = (uint8_t)e->words[i];
        switch (op) {
        case DRY_OP_JUMP_TO:
        case DRY_OP_JUMPI_TO:
        case DRY_OP_ISZERO_JUMPI_TO:
        case DRY_OP_EQ_JUMPI_TO:
        case DRY_OP_LT_JUMPI_TO:
        case DRY_OP_GT_JUMPI_TO: {
            uint32_t pc = (uint32_t)DRY__WORD_SMALL(e->words[i]);
            e->words[i] = (uint64_t)(e->targets[pc] - 1) << 32 | op;
            break;
        }
        case DRY_OP_DUP1_EQ_SMALL_JUMPI_TO:
            e->words[i + 1] = e->targets[e->words[i + 1]] - 1;
            break;
        default:
            break;
        }
        i += words_after(op);
    }
}

static void emit_blocks(struct emitter *e, const struct dry__op_info *ops)
{
    block_open(e, DRY_OP_BLOCK, 0);
    for (uint32_t pc = 0; pc < e->len; pc++) {
        uint8_t op = e->bytes[pc];
        uint32_t push = op >= DRY_OP_PUSH1 && op <= DRY_OP_PUSH32 ? op - DRY_OP_PUSH1 + 1u : 0;
        if (op == DRY_OP_JUMPDEST) {
            if (e->n == e->block + 1 && e->block_op == DRY_OP_BLOCK && !e->dead)
                e->n--; /* nothing ran since the block opened */
            else if (!e->dead)
                block_close(e);
            e->dead = false;
            e->targets[pc] = e->n + 1;
            block_open(e, DRY_OP_JUMPDEST, ops[op].gas);
            continue;
        }
        if (e->dead) {
            pc += push;
            continue;
        }
        if (!ops[op].defined)
            op = DRY_OP_INVALID;
        account(e, &ops[op]);
        if (push != 0) {
            emit_push(e, pc, push);
        } else if (op == DRY_OP_PC) {
            emit_one(e, (uint64_t)pc << 32 | DRY_OP_PUSH_SMALL);
        } else if (op == DRY_OP_PUSH0) {
            emit_one(e, DRY_OP_PUSH_SMALL);
        } else if (!fuse(e, op)) {
            emit_one(e, op);
        }
        pc += push;
        if (ends_frame(op)) {
            block_close(e);
            e->dead = true;
        } else if (ends_block(op) || e->gas > BLOCK_GAS_MAX) {
            block_close(e);
            block_open(e, DRY_OP_BLOCK, 0);
        }
    }
    if (!e->dead) {
        e->words[e->n++] = DRY_OP_STOP;
        block_close(e);
    }
    if (e->has_fixed_jumps)
        fix_jumps(e);
}

static void emit_exact(struct emitter *e, const struct dry__op_info *ops)
{
    uint32_t pc;
    for (pc = 0; pc < e->len; pc++) {
        uint8_t op = e->bytes[pc];
        uint32_t push = op >= DRY_OP_PUSH1 && op <= DRY_OP_PUSH32 ? op - DRY_OP_PUSH1 + 1u : 0;
        uint32_t from = e->n;
        e->pcs[from] = pc;
        if (op == DRY_OP_JUMPDEST)
            e->targets[pc] = e->n + 1;
        if (push != 0)
            emit_push(e, pc, push);
        else if (!ops[op].defined)
            emit_one(e, (uint64_t)op << 32 | DRY_OP_INVALID);
        else
            emit_one(e, (uint64_t)pc << 32 | op);
        pc += push;
    }
    e->pcs[e->n] = pc; /* past a last PUSH's missing bytes, too */
    e->words[e->n++] = DRY_OP_STOP;
}

/* Mark jump destinations (with a 1) and bound the number of words. */
static size_t survey(uint32_t *targets, struct dry_bytes bytes, const struct dry__op_info *ops)
{
    size_t words = 4; /* the first block, the last STOP */
    uint64_t gas = 0;
    for (size_t pc = 0; pc < bytes.len; pc++) {
        uint8_t op = bytes.ptr[pc];
        words++;
        if (op >= DRY_OP_PUSH1 && op <= DRY_OP_PUSH32) {
            unsigned n = op - DRY_OP_PUSH1 + 1u;
            pc += n;
            words += n > 8 ? 4 : n > 4 ? 1 : 0;
        } else if (op == DRY_OP_JUMPDEST) {
            targets[pc] = 1;
        } else if (ends_block(op)) {
            words++;
        }
        gas += ops[op].gas;
    }
    return words + (size_t)(gas / BLOCK_GAS_MAX) * 2;
}

struct dry__code *dry__code_analyse(struct dry_bytes bytes, const struct dry__op_info *ops,
                                    enum dry__code_mode mode)
{
    if (bytes.len > UINT32_MAX / 8)
        return NULL;
    uint32_t *targets = dry_alloc(bytes.len * sizeof(*targets));
    if (targets == NULL)
        return NULL;
    size_t words = survey(targets, bytes, ops);
    size_t pcs = mode == DRY__CODE_EXACT ? words * sizeof(uint32_t) : 0;
    size_t size = sizeof(struct dry__code) + words * sizeof(uint64_t) + pcs + bytes.len;
    struct dry__code *code = dry_alloc(size);
    if (code == NULL) {
        dry_free(targets);
        return NULL;
    }
    uint64_t *w = (uint64_t *)(void *)(code + 1);
    uint32_t *p = (uint32_t *)(void *)(w + words);
    uint8_t *copy = (uint8_t *)p + pcs;
    if (bytes.len > 0)
        memcpy(copy, bytes.ptr, bytes.len);
    struct emitter e = {
        .words = w, .targets = targets, .pcs = p, .bytes = copy, .len = (uint32_t)bytes.len};
    if (mode == DRY__CODE_EXACT)
        emit_exact(&e, ops);
    else
        emit_blocks(&e, ops);
    DRY_ASSERT(e.n <= words);
    code->words = w;
    code->targets = targets;
    code->pcs = mode == DRY__CODE_EXACT ? p : NULL;
    code->bytes = copy;
    code->len = (uint32_t)bytes.len;
    code->users = 1;
    code->cost = size + bytes.len * sizeof(*targets);
    return code;
}

void dry__code_release(struct dry__code *code)
{
    if (code == NULL || --code->users != 0)
        return;
    dry_free((void *)(uintptr_t)code->targets);
    dry_free(code);
}
