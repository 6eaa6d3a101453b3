/* Part of loop.h: what surrounds the running code. */
/* clang-format off */
OP(ADDRESS) { dry_address_to_u256(++sp, &f->address); NEXT(); }
OP(ORIGIN) { dry_address_to_u256(++sp, &evm->tx->origin); NEXT(); }
OP(CALLER) { dry_address_to_u256(++sp, &f->caller); NEXT(); }
OP(CALLVALUE) { *++sp = f->value; NEXT(); }
OP(CALLDATASIZE) { *++sp = DRY_U256(f->input_len); NEXT(); }
OP(CODESIZE) { *++sp = DRY_U256(f->code->len); NEXT(); }
OP(GASPRICE) { *++sp = evm->tx->gas_price; NEXT(); }
OP(RETURNDATASIZE) { *++sp = DRY_U256(evm->output.len); NEXT(); }
OP(COINBASE) { dry_address_to_u256(++sp, &env->coinbase); NEXT(); }
OP(TIMESTAMP) { *++sp = DRY_U256(env->time); NEXT(); }
OP(NUMBER) { *++sp = DRY_U256(env->number); NEXT(); }
OP(GASLIMIT) { *++sp = DRY_U256(env->gas_limit); NEXT(); }
OP(CHAINID) { *++sp = DRY_U256(evm->rules->chain_id); NEXT(); }
OP(BASEFEE) { *++sp = env->base_fee; NEXT(); }
OP(BLOBBASEFEE) { *++sp = env->blob_base_fee; NEXT(); }
OP(PC) { *++sp = DRY_U256(w >> 32); NEXT(); }
OP(MSIZE) { *++sp = DRY_U256(memory_len); NEXT(); }
OP(GAS) { *++sp = DRY_U256(gas); NEXT(); }
OP(SELFBALANCE) { *++sp = f->self->balance; NEXT(); }
OP(PREVRANDAO)
{
    sp++;
    if (evm->fork >= DRY_FORK_PARIS)
        dry_u256_from_be32(sp, env->prev_randao.b);
    else
        *sp = env->difficulty;
    NEXT();
}
OP(BLOBHASH)
{
    if (dry_u256_is_u64(&sp[0]) && sp[0].w[0] < evm->tx->blob_count)
        dry_u256_from_be32(&sp[0], evm->tx->blob_hashes[sp[0].w[0]].b);
    else
        sp[0] = DRY_U256_ZERO;
    NEXT();
}
OP(BLOCKHASH) { TRY(dry__op_blockhash(evm, &sp[0])); NEXT(); }
OP(CALLDATALOAD)
{
    uint8_t t[32];
    dry__copy_padded(t, 32, f->input, f->input_len, &sp[0]);
    dry_u256_from_be32(&sp[0], t);
    NEXT();
}
OP(BALANCE)
{
    struct dry__account *a;
    TRY_GAS(dry__account_access(evm, f, &a, &sp[0]));
    CHARGED();
    sp[0] = a->balance;
    NEXT();
}
OP(EXTCODESIZE)
{
    struct dry__account *a;
    TRY_GAS(dry__account_access(evm, f, &a, &sp[0]));
    CHARGED();
    struct dry_bytes code = dry__world_code(world, a);
    if (UNLIKELY(!dry_ok(world->error)))
        FAIL(STOPPED);
    sp[0] = DRY_U256(code.len);
    NEXT();
}
OP(EXTCODEHASH)
{
    struct dry__account *a;
    TRY_GAS(dry__account_access(evm, f, &a, &sp[0]));
    CHARGED();
    if (!a->exists || dry__account_is_empty(a))
        sp[0] = DRY_U256_ZERO;
    else
        dry_u256_from_be32(&sp[0], a->code_hash.b);
    NEXT();
}
