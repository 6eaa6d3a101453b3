/* Part of loop.h: arithmetic, comparison, bits, and the stack itself. */
/* clang-format off */
OP(STOP) { end = DRY_EVM_SUCCESS; CHARGED(); SAVE(); dry__frame_end(evm, end, 0, 0); goto ended; }
OP(ADD) { dry_u256_add(&sp[-1], &sp[0], &sp[-1]); sp--; NEXT(); }
OP(MUL) { dry__word_mul(&sp[-1], &sp[0], &sp[-1]); sp--; NEXT(); }
OP(SUB) { dry_u256_sub(&sp[-1], &sp[0], &sp[-1]); sp--; NEXT(); }
OP(DIV) { dry_u256_divmod_var(&sp[-1], NULL, &sp[0], &sp[-1]); sp--; NEXT(); }
OP(SDIV) { dry_u256_sdiv_var(&sp[-1], &sp[0], &sp[-1]); sp--; NEXT(); }
OP(MOD) { dry_u256_divmod_var(NULL, &sp[-1], &sp[0], &sp[-1]); sp--; NEXT(); }
OP(SMOD) { dry_u256_smod_var(&sp[-1], &sp[0], &sp[-1]); sp--; NEXT(); }
OP(ADDMOD) { dry_u256_addmod_var(&sp[-2], &sp[0], &sp[-1], &sp[-2]); sp -= 2; NEXT(); }
OP(MULMOD) { dry_u256_mulmod_var(&sp[-2], &sp[0], &sp[-1], &sp[-2]); sp -= 2; NEXT(); }
OP(EXP)
{
    uint64_t per_byte = evm->fork >= DRY_FORK_SPURIOUS_DRAGON ? 50 : 10;
    CHARGE(per_byte * dry_u256_bytes(&sp[-1]));
    CHARGED();
    dry_u256_exp_var(&sp[-1], &sp[0], &sp[-1]);
    sp--;
    NEXT();
}
OP(SIGNEXTEND) { dry__word_signextend(&sp[-1], &sp[0]); sp--; NEXT(); }
OP(LT) { sp[-1] = dry__word_bool(dry_u256_less(&sp[0], &sp[-1])); sp--; NEXT(); }
OP(GT) { sp[-1] = dry__word_bool(dry_u256_less(&sp[-1], &sp[0])); sp--; NEXT(); }
OP(SLT) { sp[-1] = dry__word_bool(dry_u256_signed_less(&sp[0], &sp[-1])); sp--; NEXT(); }
OP(SGT) { sp[-1] = dry__word_bool(dry_u256_signed_less(&sp[-1], &sp[0])); sp--; NEXT(); }
OP(EQ) { sp[-1] = dry__word_bool(dry_u256_equal(&sp[0], &sp[-1])); sp--; NEXT(); }
OP(ISZERO) { sp[0] = dry__word_bool(dry_u256_is_zero(&sp[0])); NEXT(); }
OP(AND) { for (int i = 0; i < 4; i++) sp[-1].w[i] &= sp[0].w[i]; sp--; NEXT(); }
OP(OR) { for (int i = 0; i < 4; i++) sp[-1].w[i] |= sp[0].w[i]; sp--; NEXT(); }
OP(XOR) { for (int i = 0; i < 4; i++) sp[-1].w[i] ^= sp[0].w[i]; sp--; NEXT(); }
OP(NOT) { for (int i = 0; i < 4; i++) sp[0].w[i] = ~sp[0].w[i]; NEXT(); }
OP(BYTE) { dry__word_byte(&sp[-1], &sp[0]); sp--; NEXT(); }
OP(SHL) { dry__word_shl(&sp[-1], &sp[0]); sp--; NEXT(); }
OP(SHR) { dry__word_shr(&sp[-1], &sp[0]); sp--; NEXT(); }
OP(SAR) { dry__word_sar(&sp[-1], &sp[0]); sp--; NEXT(); }
OP(CLZ) { sp[0] = DRY_U256(256 - dry_u256_bits(&sp[0])); NEXT(); }

OP(POP) { sp--; NEXT(); }
OP(PUSH0) { *++sp = DRY_U256_ZERO; NEXT(); }
OP(PUSH_SMALL) { *++sp = DRY_U256(w >> 32); NEXT(); }
OP(PUSH_WORD) { *++sp = DRY_U256(*ip++); NEXT(); }
OP(PUSH_WIDE) { memcpy((++sp)->w, ip, 32); ip += 4; NEXT(); }
#define DUP(n) OP(DUP##n) { sp[1] = sp[1 - (n)]; sp++; NEXT(); }
DUP(1) DUP(2) DUP(3) DUP(4) DUP(5) DUP(6) DUP(7) DUP(8)
DUP(9) DUP(10) DUP(11) DUP(12) DUP(13) DUP(14) DUP(15) DUP(16)
#undef DUP
#define SWAP(n) OP(SWAP##n) { struct dry_u256 t = sp[0]; sp[0] = sp[-(n)]; sp[-(n)] = t; NEXT(); }
SWAP(1) SWAP(2) SWAP(3) SWAP(4) SWAP(5) SWAP(6) SWAP(7) SWAP(8)
SWAP(9) SWAP(10) SWAP(11) SWAP(12) SWAP(13) SWAP(14) SWAP(15) SWAP(16)
#undef SWAP
