/* Part of loop.h: memory, copies, hashing, storage and logs. */
/* clang-format off */
OP(MLOAD)
{
    RANGE(offset, length, &sp[0], &DRY_U256(32));
    REACH(offset, length);
    CHARGED();
    dry_u256_from_be32(&sp[0], memory + offset);
    NEXT();
}
OP(MSTORE)
{
    RANGE(offset, length, &sp[0], &DRY_U256(32));
    REACH(offset, length);
    CHARGED();
    dry_u256_to_be32(memory + offset, &sp[-1]);
    sp -= 2;
    NEXT();
}
OP(MSTORE8)
{
    RANGE(offset, length, &sp[0], &DRY_U256(1));
    REACH(offset, length);
    CHARGED();
    memory[offset] = (uint8_t)sp[-1].w[0];
    sp -= 2;
    NEXT();
}
OP(MCOPY)
{
    RANGE(offset, length, &sp[0], &sp[-2]);
    RANGE(from, length_too, &sp[-1], &sp[-2]);
    CHARGE(3 * dry__words(length));
    REACH(offset > from ? offset : from, length_too);
    CHARGED();
    if (length != 0)
        memmove(memory + offset, memory + from, (size_t)length);
    sp -= 3;
    NEXT();
}
OP(CALLDATACOPY)
{
    RANGE(offset, length, &sp[0], &sp[-2]);
    CHARGE(3 * dry__words(length));
    REACH(offset, length);
    CHARGED();
    if (length != 0)
        dry__copy_padded(memory + offset, (size_t)length, f->input, f->input_len, &sp[-1]);
    sp -= 3;
    NEXT();
}
OP(CODECOPY)
{
    RANGE(offset, length, &sp[0], &sp[-2]);
    CHARGE(3 * dry__words(length));
    REACH(offset, length);
    CHARGED();
    if (length != 0)
        dry__copy_padded(memory + offset, (size_t)length, f->code->bytes, f->code->len, &sp[-1]);
    sp -= 3;
    NEXT();
}
OP(RETURNDATACOPY)
{
    uint64_t from = sp[-1].w[0], n = sp[-2].w[0];
    if (UNLIKELY(!dry_u256_is_u64(&sp[-1]) || !dry_u256_is_u64(&sp[-2]) ||
                 from > evm->output.len || n > evm->output.len - from))
        FAIL(RETURN_DATA_BOUNDS);
    RANGE(offset, length, &sp[0], &sp[-2]);
    CHARGE(3 * dry__words(length));
    REACH(offset, length);
    CHARGED();
    if (length != 0)
        memcpy(memory + offset, evm->output.ptr + from, (size_t)length);
    sp -= 3;
    NEXT();
}
OP(EXTCODECOPY)
{
    struct dry__account *a;
    RANGE(offset, length, &sp[-1], &sp[-3]);
    CHARGE(3 * dry__words(length));
    REACH(offset, length);
    TRY_GAS(dry__account_access(evm, f, &a, &sp[0]));
    CHARGED();
    if (length != 0) {
        struct dry_bytes code = dry__world_code(world, a);
        if (UNLIKELY(!dry_ok(world->error)))
            FAIL(STOPPED);
        dry__copy_padded(memory + offset, (size_t)length, code.ptr, code.len, &sp[-2]);
    }
    sp -= 4;
    NEXT();
}
OP(KECCAK256)
{
    RANGE(offset, length, &sp[0], &sp[-1]);
    CHARGE(6 * dry__words(length));
    REACH(offset, length);
    CHARGED();
    struct dry_hash hash;
    dry_keccak256(&hash, dry_bytes_of(length != 0 ? memory + offset : NULL, (size_t)length));
    sp--;
    dry_u256_from_be32(&sp[0], hash.b);
    NEXT();
}
OP(SLOAD) { TRY_GAS(dry__op_sload(evm, f, &sp[0])); NEXT(); }
OP(SSTORE)
{
    if (UNLIKELY(f->is_static))
        FAIL(STATIC_VIOLATION);
    TRY_GAS(dry__op_sstore(evm, f, &sp[0], &sp[-1]));
    sp -= 2;
    NEXT();
}
OP(TLOAD)
{
    struct dry_hash key;
    dry_u256_to_be32(key.b, &sp[0]);
    dry__world_tload(world, &sp[0], &f->address, &key);
    NEXT();
}
OP(TSTORE)
{
    if (UNLIKELY(f->is_static))
        FAIL(STATIC_VIOLATION);
    CHARGED();
    struct dry_hash key;
    dry_u256_to_be32(key.b, &sp[0]);
    dry__world_tstore(world, &f->address, &key, &sp[-1]);
    sp -= 2;
    NEXT();
}
OP(LOG0) OP(LOG1) OP(LOG2) OP(LOG3) OP(LOG4)
{
    unsigned count = (uint8_t)w - DRY_OP_LOG0;
    struct dry_hash topics[4];
    if (UNLIKELY(f->is_static))
        FAIL(STATIC_VIOLATION);
    RANGE(offset, length, &sp[0], &sp[-1]);
    CHARGE(8 * length);
    REACH(offset, length);
    CHARGED();
    for (unsigned i = 0; i < DRY_COUNT(topics) && i < count; i++) /* gcc wants the first bound */
        dry_u256_to_be32(topics[i].b, &sp[-2 - (int)i]);
    dry__world_log(world, &f->address, topics, (uint8_t)count,
                   dry_bytes_of(length != 0 ? memory + offset : NULL, (size_t)length));
    sp -= 2 + count;
    NEXT();
}
