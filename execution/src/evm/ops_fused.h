/* Part of loop.h: instructions that analysis made of several. The exact code has none of them. */
/* clang-format off */
OP(JUMP_TO) { goto jump_to; }
OP(JUMPI_TO)
{
    if (dry_u256_is_zero(sp--))
        ENTER_BLOCK();
    goto jump_to;
}
OP(JUMP_BAD) { FAIL(INVALID_JUMP); }
OP(JUMPI_BAD)
{
    if (!dry_u256_is_zero(sp--))
        FAIL(INVALID_JUMP);
    ENTER_BLOCK();
}
OP(ISZERO_JUMPI_TO)
{
    if (!dry_u256_is_zero(sp--))
        ENTER_BLOCK();
    goto jump_to;
}
OP(EQ_JUMPI_TO)
{
    sp -= 2;
    if (!dry_u256_equal(&sp[2], &sp[1]))
        ENTER_BLOCK();
    goto jump_to;
}
OP(LT_JUMPI_TO)
{
    sp -= 2;
    if (!dry_u256_less(&sp[2], &sp[1]))
        ENTER_BLOCK();
    goto jump_to;
}
OP(GT_JUMPI_TO)
{
    sp -= 2;
    if (!dry_u256_less(&sp[1], &sp[2]))
        ENTER_BLOCK();
    goto jump_to;
}
OP(DUP1_EQ_SMALL_JUMPI_TO)
{
    uint64_t to = *ip++;
    if (sp[0].w[0] != w >> 32 || !dry_u256_is_u64(&sp[0]))
        ENTER_BLOCK();
    w = to;
    goto jump_to;
}
OP(ADD_SMALL) { dry_u256_add(&sp[0], &sp[0], &DRY_U256(w >> 32)); NEXT(); }
OP(RSUB_SMALL) { dry_u256_sub(&sp[0], &DRY_U256(w >> 32), &sp[0]); NEXT(); }
OP(MUL_SMALL) { dry__word_mul(&sp[0], &sp[0], &DRY_U256(w >> 32)); NEXT(); }
OP(AND_SMALL) { sp[0] = DRY_U256(sp[0].w[0] & w >> 32); NEXT(); }
OP(EQ_SMALL)
{
    sp[0] = dry__word_bool(dry_u256_is_u64(&sp[0]) && sp[0].w[0] == w >> 32);
    NEXT();
}
OP(LT_SMALL)
{
    sp[0] = dry__word_bool(!dry_u256_is_u64(&sp[0]) || w >> 32 < sp[0].w[0]);
    NEXT();
}
OP(GT_SMALL)
{
    sp[0] = dry__word_bool(dry_u256_is_u64(&sp[0]) && w >> 32 > sp[0].w[0]);
    NEXT();
}
OP(SHL_SMALL) { dry__word_shl(&sp[0], &DRY_U256(w >> 32)); NEXT(); }
OP(SHR_SMALL) { dry__word_shr(&sp[0], &DRY_U256(w >> 32)); NEXT(); }
OP(MLOAD_AT)
{
    uint64_t offset = w >> 32;
    REACH(offset, 32);
    dry_u256_from_be32(++sp, memory + offset);
    NEXT();
}
OP(MSTORE_AT)
{
    uint64_t offset = w >> 32;
    REACH(offset, 32);
    dry_u256_to_be32(memory + offset, sp--);
    NEXT();
}
OP(SWAP1_POP) { sp[-1] = sp[0]; sp--; NEXT(); }
OP(SWAP2_POP) { sp[-2] = sp[0]; sp--; NEXT(); }
OP(DUP2_ADD) { dry_u256_add(&sp[0], &sp[-1], &sp[0]); NEXT(); }
OP(SWAP1_SUB) { dry_u256_sub(&sp[-1], &sp[-1], &sp[0]); sp--; NEXT(); }
OP(SWAP1_ADD_SMALL)
{
    struct dry_u256 t = sp[-1];
    sp[-1] = sp[0];
    dry_u256_add(&sp[0], &t, &DRY_U256(w >> 32));
    NEXT();
}
