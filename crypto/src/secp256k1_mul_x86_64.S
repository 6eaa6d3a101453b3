/* Products modulo secp256k1's prime for x86-64 with BMI2 and ADX: two carry chains run side by side. The same
 * functions as fe_mul(), fe_sqr() and fe_sqr_times() in portable/secp256k1_recover.h. */
#if defined(__x86_64__) && defined(__ELF__)

/* A product stands in T0..T7, least significant limb first. */
#define T0 %r8
#define T1 %r9
#define T2 %r10
#define T3 %r11
#define T4 %r12
#define T5 %r13
#define T6 %r14
#define T7 %r15
#define OUT %rdi
#define A %rsi
#define B %rbx
#define HI %rcx
#define LO %rax
#define ZERO %rbp
#define ZERO32 %ebp
#define WORD %rdx /* the factor of mulx */
#define WORD32 %edx

.macro save register
    pushq \register
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset \register, 0
.endm

.macro restore register
    popq \register
    .cfi_adjust_cfa_offset -8
    .cfi_restore \register
.endm

.macro function name
    .globl \name
    .hidden \name
    .type \name, @function
    .balign 32
\name:
    .cfi_startproc
    endbr64
    save %rbx
    save %rbp
    save %r12
    save %r13
    save %r14
    save %r15
.endm

.macro function_end name
    restore %r15
    restore %r14
    restore %r13
    restore %r12
    restore %rbp
    restore %rbx
    ret
    .cfi_endproc
    .size \name, .-\name
.endm

/* (top, t) = t + A WORD */
.macro product_add t0, t1, t2, t3, top
    xorl ZERO32, ZERO32
    mulx 0(A), LO, HI
    adox LO, \t0
    adcx HI, \t1
    mulx 8(A), LO, HI
    adox LO, \t1
    adcx HI, \t2
    mulx 16(A), LO, HI
    adox LO, \t2
    adcx HI, \t3
    mulx 24(A), LO, \top
    adox LO, \t3
    adcx ZERO, \top
    adox ZERO, \top
.endm

/* (T3..T0) = T modulo the prime, some number below 2^256. What is above 2^256 counts 0x1000003d1 times; that
 * makes at most 34 bits above it, and these at most a carry, which leaves little behind. */
.macro reduce
    movabsq $0x1000003d1, WORD
    xorl ZERO32, ZERO32
    mulx T4, LO, HI
    adox LO, T0
    adcx HI, T1
    mulx T5, LO, HI
    adox LO, T1
    adcx HI, T2
    mulx T6, LO, HI
    adox LO, T2
    adcx HI, T3
    mulx T7, LO, T4
    adox LO, T3
    adcx ZERO, T4
    adox ZERO, T4
    mulx T4, LO, HI
    addq LO, T0
    adcq HI, T1
    adcq $0, T2
    adcq $0, T3
    cmovncq ZERO, WORD
    addq WORD, T0
.endm

.macro store
    movq T0, 0(OUT)
    movq T1, 8(OUT)
    movq T2, 16(OUT)
    movq T3, 24(OUT)
.endm

    .text
/* void dry__secp256k1_fe_mul(struct dry_u256 *out, const struct dry_u256 *a, const struct dry_u256 *b) */
function dry__secp256k1_fe_mul
    movq %rdx, B
    movq 0(B), WORD
    xorl ZERO32, ZERO32
    mulx 0(A), T0, T1
    mulx 8(A), LO, T2
    adcx LO, T1
    mulx 16(A), LO, T3
    adcx LO, T2
    mulx 24(A), LO, T4
    adcx LO, T3
    adcx ZERO, T4
    movq 8(B), WORD
    product_add T1, T2, T3, T4, T5
    movq 16(B), WORD
    product_add T2, T3, T4, T5, T6
    movq 24(B), WORD
    product_add T3, T4, T5, T6, T7
    reduce
    store
function_end dry__secp256k1_fe_mul

/* void dry__secp256k1_fe_sqr_times(struct dry_u256 *out, const struct dry_u256 *a, uint64_t n): n squarings, at
 * least one. Between them the number stays in T0..T3. */
    .globl dry__secp256k1_fe_sqr
    .hidden dry__secp256k1_fe_sqr
    .type dry__secp256k1_fe_sqr, @function
    .balign 32
dry__secp256k1_fe_sqr:
    endbr64
    movl $1, WORD32
    .size dry__secp256k1_fe_sqr, .-dry__secp256k1_fe_sqr
function dry__secp256k1_fe_sqr_times
    movq WORD, B
    movq 0(A), WORD
    movq 8(A), LO
    movq 16(A), T6
    movq 24(A), HI
    .balign 16
1:
    /* WORD, LO, T6, HI: a0..a3. T1..T6 = the mixed products. */
    movq WORD, A
    mulx LO, T1, T2
    mulx T6, ZERO, T3
    mulx HI, T0, T4
    movq LO, WORD
    mulx T6, T7, T5
    addq ZERO, T2
    adcq T0, T3
    adcq $0, T4
    mulx HI, ZERO, T0
    movq T6, WORD
    addq T7, T3
    adcq T5, T4
    adcq $0, T0
    mulx HI, T5, T6
    xorl %r15d, %r15d
    addq ZERO, T4
    adcq T0, T5
    adcq $0, T6
    /* twice these, and the squares between */
    xchgq A, WORD
    mulx WORD, T0, WORD
    xorl ZERO32, ZERO32
    adox T1, T1
    adcx WORD, T1
    movq LO, WORD
    mulx WORD, LO, WORD
    adox T2, T2
    adcx LO, T2
    adox T3, T3
    adcx WORD, T3
    movq A, WORD
    mulx WORD, LO, WORD
    adox T4, T4
    adcx LO, T4
    adox T5, T5
    adcx WORD, T5
    movq HI, WORD
    mulx WORD, LO, WORD
    adox T6, T6
    adcx LO, T6
    adox ZERO, T7
    adcx WORD, T7
    reduce
    movq T0, WORD
    movq T1, LO
    movq T2, T6
    movq T3, HI
    decq B
    jnz 1b
    store
function_end dry__secp256k1_fe_sqr_times

    .section .note.GNU-stack, "", @progbits
#endif
