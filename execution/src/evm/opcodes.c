/* Static gas and stack use of every instruction by fork. */
#include "evm/opcodes.h"

static const struct {
    uint8_t op, in, out;
    uint16_t gas;
    enum dry_fork since;
} births[] = {
#define X(byte, name, in, out, gas, since) {(byte), (in), (out), (gas), DRY_FORK_##since},
    DRY_OPCODES(X)
#undef X
};

/* Repricings in order: EIP-150, 1884 (Istanbul), 2929 (Berlin: what a warm access costs; the rest
 * of a cold one is charged by the instruction). */
static const struct {
    enum dry_fork since;
    uint8_t op;
    uint16_t gas;
} repriced[] = {
    {DRY_FORK_TANGERINE_WHISTLE, DRY_OP_BALANCE, 400},
    {DRY_FORK_TANGERINE_WHISTLE, DRY_OP_EXTCODESIZE, 700},
    {DRY_FORK_TANGERINE_WHISTLE, DRY_OP_EXTCODECOPY, 700},
    {DRY_FORK_TANGERINE_WHISTLE, DRY_OP_SLOAD, 200},
    {DRY_FORK_TANGERINE_WHISTLE, DRY_OP_CALL, 700},
    {DRY_FORK_TANGERINE_WHISTLE, DRY_OP_CALLCODE, 700},
    {DRY_FORK_TANGERINE_WHISTLE, DRY_OP_DELEGATECALL, 700},
    {DRY_FORK_TANGERINE_WHISTLE, DRY_OP_SELFDESTRUCT, 5000},
    {DRY_FORK_ISTANBUL, DRY_OP_BALANCE, 700},
    {DRY_FORK_ISTANBUL, DRY_OP_EXTCODEHASH, 700},
    {DRY_FORK_ISTANBUL, DRY_OP_SLOAD, 800},
    {DRY_FORK_BERLIN, DRY_OP_BALANCE, 100},
    {DRY_FORK_BERLIN, DRY_OP_EXTCODEHASH, 100},
    {DRY_FORK_BERLIN, DRY_OP_EXTCODESIZE, 100},
    {DRY_FORK_BERLIN, DRY_OP_EXTCODECOPY, 100},
    {DRY_FORK_BERLIN, DRY_OP_SLOAD, 100},
    {DRY_FORK_BERLIN, DRY_OP_CALL, 100},
    {DRY_FORK_BERLIN, DRY_OP_CALLCODE, 100},
    {DRY_FORK_BERLIN, DRY_OP_DELEGATECALL, 100},
    {DRY_FORK_BERLIN, DRY_OP_STATICCALL, 100},
};

void dry__ops_fill(struct dry__op_info ops[256], enum dry_fork evm_fork)
{
    memset(ops, 0, 256 * sizeof(ops[0]));
    for (size_t i = 0; i < DRY_COUNT(births); i++)
        if (evm_fork >= births[i].since)
            ops[births[i].op] = (struct dry__op_info){births[i].gas, births[i].in, births[i].out,
                                                      births[i].op != DRY_OP_INVALID};
    for (size_t i = 0; i < DRY_COUNT(repriced); i++)
        if (evm_fork >= repriced[i].since)
            ops[repriced[i].op].gas = repriced[i].gas;
}
