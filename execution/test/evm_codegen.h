/* evm_codegen.h - random byte-code that runs for a while: bounded pushes, jumps that mostly meet
 * their destinations, calls to itself, to precompiles and to nobody. */
#ifndef DRY_TEST_EVM_CODEGEN_H
#define DRY_TEST_EVM_CODEGEN_H
#include "evm_world.h"

struct evm_codegen {
    uint64_t seed;
    uint8_t code[700];
    size_t len;
    uint16_t dests[64], holes[64];
    size_t dest_count, hole_count;
    int height; /* of the stack, were the code run straight through */
    struct dry__op_info ops[256];
};

static inline uint32_t evm_rand(struct evm_codegen *g, uint32_t below)
{
    g->seed ^= g->seed << 13;
    g->seed ^= g->seed >> 7;
    g->seed ^= g->seed << 17;
    return (uint32_t)(g->seed >> 20) % below;
}
static inline void evm_gen_byte(struct evm_codegen *g, uint32_t b)
{
    if (g->len < sizeof(g->code))
        g->code[g->len++] = (uint8_t)b;
}
static inline void evm_gen_push(struct evm_codegen *g)
{
    g->height++;
    static const uint8_t small[] = {0, 1, 2, 3, 31, 32, 33, 64, 96, 127, 128, 255};
    uint32_t n = 1 + evm_rand(g, 32);
    switch (evm_rand(g, 6)) {
    case 0:
        evm_gen_byte(g, DRY_OP_PUSH1 + n - 1);
        for (uint32_t i = 0; i < n; i++)
            evm_gen_byte(g, evm_rand(g, 256));
        break;
    case 1:
        evm_gen_byte(g, DRY_OP_PUSH32);
        for (uint32_t i = 0; i < 32; i++)
            evm_gen_byte(g, evm_rand(g, 2) ? 0xff : i == 0 ? 0x80 : 0);
        break;
    case 2:
        evm_gen_byte(g, DRY_OP_PUSH2);
        evm_gen_byte(g, evm_rand(g, 4));
        evm_gen_byte(g, evm_rand(g, 256));
        break;
    default:
        evm_gen_byte(g, DRY_OP_PUSH1);
        evm_gen_byte(g, small[evm_rand(g, sizeof(small))]);
        break;
    }
}
static inline void evm_gen_jump(struct evm_codegen *g)
{
    if (g->hole_count == 64 || g->len + 4 > sizeof(g->code))
        return;
    evm_gen_byte(g, DRY_OP_PUSH2);
    g->holes[g->hole_count++] = (uint16_t)g->len;
    evm_gen_byte(g, 0);
    evm_gen_byte(g, 0);
    evm_gen_byte(g, evm_rand(g, 4) == 0 ? DRY_OP_JUMP : DRY_OP_JUMPI);
}
static inline void evm_gen_call(struct evm_codegen *g)
{
    static const uint8_t ops[] = {DRY_OP_CALL, DRY_OP_CALLCODE, DRY_OP_DELEGATECALL,
                                  DRY_OP_STATICCALL};
    uint8_t op = ops[evm_rand(g, 4)];
    bool value = op == DRY_OP_CALL || op == DRY_OP_CALLCODE;
    for (uint32_t i = 0; i < 4; i++) {
        evm_gen_byte(g, DRY_OP_PUSH1);
        evm_gen_byte(g, evm_rand(g, 200));
    }
    if (value) {
        evm_gen_byte(g, DRY_OP_PUSH1);
        evm_gen_byte(g, evm_rand(g, 3) == 0);
    }
    switch (evm_rand(g, 3)) {
    case 0:
        evm_gen_byte(g, DRY_OP_ADDRESS);
        break;
    case 1:
        evm_gen_byte(g, DRY_OP_PUSH1);
        evm_gen_byte(g, evm_rand(g, 20));
        break;
    default:
        evm_gen_byte(g, DRY_OP_CALLER);
        break;
    }
    evm_gen_byte(g, DRY_OP_PUSH3);
    evm_gen_byte(g, evm_rand(g, 2));
    evm_gen_byte(g, evm_rand(g, 256));
    evm_gen_byte(g, evm_rand(g, 256));
    evm_gen_byte(g, op);
    g->height++;
}
static inline void evm_gen_create(struct evm_codegen *g)
{
    /* a few words of the code itself become init code */
    static const uint8_t copy[] = {DRY_OP_PUSH1, 64, DRY_OP_PUSH1,   0,
                                   DRY_OP_PUSH1, 0,  DRY_OP_CODECOPY};
    for (size_t i = 0; i < sizeof(copy); i++)
        evm_gen_byte(g, copy[i]);
    bool two = evm_rand(g, 2);
    for (uint32_t i = 0; i < (two ? 2 : 1); i++) {
        evm_gen_byte(g, DRY_OP_PUSH1);
        evm_gen_byte(g, evm_rand(g, 64));
    }
    evm_gen_byte(g, DRY_OP_PUSH1);
    evm_gen_byte(g, evm_rand(g, 64));
    evm_gen_byte(g, DRY_OP_PUSH1);
    evm_gen_byte(g, evm_rand(g, 4) == 0);
    evm_gen_byte(g, two ? DRY_OP_CREATE2 : DRY_OP_CREATE);
    g->height++;
}
static inline void evm_gen_op(struct evm_codegen *g)
{
    static const uint8_t plain[] = {
        0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13,
        0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x20, 0x30, 0x31, 0x32,
        0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x40, 0x41,
        0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x50, 0x50, 0x50, 0x51, 0x52, 0x52,
        0x53, 0x54, 0x55, 0x58, 0x59, 0x5a, 0x5c, 0x5d, 0x5e, 0x5f, 0x80, 0x81, 0x82, 0x83, 0x90,
        0x91, 0x92, 0xa0, 0xa1, 0xa2, 0x14, 0x15, 0x10, 0x11, 0x01, 0x03, 0x16};
    switch (evm_rand(g, 48)) {
    case 0:
        if (evm_rand(g, 8) == 0)
            evm_gen_byte(g, evm_rand(g, 256));
        break;
    case 1:
    case 2:
        evm_gen_call(g);
        break;
    case 3:
        evm_gen_create(g);
        break;
    case 4:
    case 5:
    case 6:
    case 7:
        evm_gen_jump(g);
        break;
    case 8:
    case 9:
    case 10:
        if (g->dest_count < 64)
            g->dests[g->dest_count++] = (uint16_t)g->len;
        evm_gen_byte(g, DRY_OP_JUMPDEST);
        break;
    default:
        for (int tries = 0; tries < 3; tries++) {
            uint8_t op = plain[evm_rand(g, sizeof(plain))];
            bool ranged = op == 0x20 || op == 0x37 || op == 0x39 || op == 0x3c || op == 0x3e ||
                          (op >= 0x51 && op <= 0x53) || op == 0x5e || op >= 0xa0;
            if (ranged && g->ops[op].defined && evm_rand(g, 32) != 0) {
                for (uint32_t i = 0; i < g->ops[op].in; i++) {
                    evm_gen_byte(g, DRY_OP_PUSH1);
                    evm_gen_byte(g, op == 0x3e ? 0 : evm_rand(g, 256));
                }
                evm_gen_byte(g, op);
                g->height += g->ops[op].out;
                return;
            }
            if (!ranged && g->ops[op].defined && g->height >= g->ops[op].in) {
                g->height += g->ops[op].out - g->ops[op].in;
                evm_gen_byte(g, op);
                return;
            }
        }
        evm_gen_push(g);
        break;
    }
}
/* Fills code and len with what the fork knows, mostly. */
static inline void evm_gen(struct evm_codegen *g, uint64_t seed, enum dry_fork fork)
{
    memset(g, 0, sizeof(*g));
    dry__ops_fill(g->ops, fork);
    g->seed = seed * 0x9e3779b97f4a7c15u + 1;
    for (int i = 0; i < 8; i++)
        evm_gen_push(g);
    uint32_t steps = 20 + evm_rand(g, 120);
    for (uint32_t i = 0; i < steps; i++)
        evm_gen_op(g);
    if (evm_rand(g, 2)) {
        static const uint8_t tail[] = {DRY_OP_MSIZE, DRY_OP_PUSH1, 0, DRY_OP_RETURN};
        for (size_t i = 0; i < sizeof(tail); i++)
            evm_gen_byte(g, tail[i]);
        if (evm_rand(g, 4) == 0)
            g->code[g->len - 1] = DRY_OP_REVERT;
    }
    for (size_t i = 0; i < g->hole_count; i++) {
        uint32_t to = evm_rand(g, (uint32_t)g->len);
        if (g->dest_count != 0 && evm_rand(g, 20) != 0)
            to = g->dests[evm_rand(g, (uint32_t)g->dest_count)];
        if (g->dest_count != 0 && to < g->holes[i] && evm_rand(g, 4) != 0)
            to = g->dests[g->dest_count - 1];
        g->code[g->holes[i]] = (uint8_t)(to >> 8);
        g->code[g->holes[i] + 1] = (uint8_t)to;
    }
}

#endif /* DRY_TEST_EVM_CODEGEN_H */
