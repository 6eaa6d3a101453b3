/* Part of loop.h: jumps, ends of frames, calls and creations. */
/* clang-format off */
OP(BLOCK) OP(JUMPDEST)
{
#if !DRY_LOOP_STEPPING
    CHECK_BLOCK();
#endif
    NEXT();
}
OP(JUMP) { goto jump; }
OP(JUMPI)
{
    if (!dry_u256_is_zero(&sp[-1]))
        goto jump;
    CHARGED();
    sp -= 2;
    ENTER_BLOCK();
}
OP(MORE) OP(LATER)
{
    SAVE();
    go = dry__code_go_on(evm, f);
    goto went;
}
OP(RETURN) { end = DRY_EVM_SUCCESS; goto finish; }
OP(REVERT) { end = DRY_EVM_REVERT; goto finish; }
OP(INVALID) { FAIL(INVALID_OPCODE); }
OP(SELFDESTRUCT)
{
    if (UNLIKELY(f->is_static))
        FAIL(STATIC_VIOLATION);
    TRY_GAS(dry__op_selfdestruct(evm, f, &sp[0]));
    SAVE();
    dry__frame_end(evm, DRY_EVM_SUCCESS, 0, 0);
    goto ended;
}
OP(CREATE) OP(CREATE2)
{
    SAVE();
    go = dry__op_create(evm, f, (uint8_t)w);
    goto went;
}
OP(CALL) OP(CALLCODE) OP(DELEGATECALL) OP(STATICCALL)
{
    SAVE();
    go = dry__op_call(evm, f, (uint8_t)w);
    goto went;
}
