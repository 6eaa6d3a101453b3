/* Products in bn254's base field and its quadratic extension for x86-64 with BMI2 and ADX: two carry chains
 * run side by side. The same functions as fp_mul() and fp2_mul() in portable/bn254_field.h, to the bit. */
#if defined(__x86_64__) && defined(__ELF__)

/* Numbers are four limbs, least significant first. The running sum is T0..T3 with TOP above it; p is below
 * 2^254, so two products and the reduction never carry out of TOP. */
#define OUT %rdi
#define X %rsi
#define Y %rcx
#define T0 %r8
#define T1 %r9
#define T2 %r10
#define T3 %r11
#define TOP %rbx
#define HI %rbp
#define LO %rax
#define ZERO %r12
#define ZERO32 %r12d
#define WORD %rdx /* the factor of mulx */

    .section .rodata
    .balign 32
prime:
    .quad 0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d, 0x30644e72e131a029
neg_inv: /* -1/p mod 2^64 */
    .quad 0x87d20782e4866389

/* (TOP, T) = X[at] WORD */
.macro product at
    xorl ZERO32, ZERO32
    mulx \at+0(X), T0, T1
    mulx \at+8(X), LO, T2
    adcx LO, T1
    mulx \at+16(X), LO, T3
    adcx LO, T2
    mulx \at+24(X), LO, TOP
    adcx LO, T3
    adcx ZERO, TOP
.endm

/* (TOP, T) = T + X[at] WORD */
.macro product_add at
    xorl ZERO32, ZERO32
    mulx \at+0(X), LO, HI
    adox LO, T0
    adcx HI, T1
    mulx \at+8(X), LO, HI
    adox LO, T1
    adcx HI, T2
    mulx \at+16(X), LO, HI
    adox LO, T2
    adcx HI, T3
    mulx \at+24(X), LO, TOP
    adox LO, T3
    adcx ZERO, TOP
    adox ZERO, TOP
.endm

/* (TOP, T) += X[at] WORD */
.macro product_add_top at
    xorl ZERO32, ZERO32
    mulx \at+0(X), LO, HI
    adox LO, T0
    adcx HI, T1
    mulx \at+8(X), LO, HI
    adox LO, T1
    adcx HI, T2
    mulx \at+16(X), LO, HI
    adox LO, T2
    adcx HI, T3
    mulx \at+24(X), LO, HI
    adox LO, T3
    adcx HI, TOP
    adox ZERO, TOP
.endm

/* T = ((TOP, T) + k p) / 2^64 with the k that makes it whole */
.macro reduce
    movq T0, WORD
    imulq neg_inv(%rip), WORD
    xorl ZERO32, ZERO32
    mulx prime+0(%rip), LO, HI
    adcx T0, LO
    movq HI, T0
    adcx T1, T0
    mulx prime+8(%rip), LO, T1
    adox LO, T0
    adcx T2, T1
    mulx prime+16(%rip), LO, T2
    adox LO, T1
    adcx T3, T2
    mulx prime+24(%rip), LO, T3
    adox LO, T2
    adcx ZERO, T3
    adox TOP, T3
.endm

/* OUT[at] = T, less p when it is not below p */
.macro store at
    movq T0, WORD
    movq T1, LO
    movq T2, HI
    movq T3, TOP
    subq prime+0(%rip), WORD
    sbbq prime+8(%rip), LO
    sbbq prime+16(%rip), HI
    sbbq prime+24(%rip), TOP
    cmovcq T0, WORD
    cmovcq T1, LO
    cmovcq T2, HI
    cmovcq T3, TOP
    movq WORD, \at+0(OUT)
    movq LO, \at+8(OUT)
    movq HI, \at+16(OUT)
    movq TOP, \at+24(OUT)
.endm

    .text
/* void dry__bn254_fp_mul(struct fp *out, const struct fp *a, const struct fp *b) */
    .globl dry__bn254_fp_mul
    .hidden dry__bn254_fp_mul
    .type dry__bn254_fp_mul, @function
    .balign 32
dry__bn254_fp_mul:
    .cfi_startproc
    endbr64
    pushq %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbx, 0
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbp, 0
    pushq %r12
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r12, 0
    movq %rdx, Y
    movq 0(Y), WORD
    product 0
    reduce
    movq 8(Y), WORD
    product_add 0
    reduce
    movq 16(Y), WORD
    product_add 0
    reduce
    movq 24(Y), WORD
    product_add 0
    reduce
    store 0
    popq %r12
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r12
    popq %rbp
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbp
    popq %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbx
    ret
    .cfi_endproc
    .size dry__bn254_fp_mul, .-dry__bn254_fp_mul

/* void dry__bn254_fp2_mul(struct fp2 *out, const struct fp2 *x, const struct fp2 *y): the real part is
 * x.a y.a + x.b (p - y.b), the imaginary one x.a y.b + x.b y.a, each reduced once. The real part waits on
 * the stack, for out may be x or y. */
    .globl dry__bn254_fp2_mul
    .hidden dry__bn254_fp2_mul
    .type dry__bn254_fp2_mul, @function
    .balign 32
dry__bn254_fp2_mul:
    .cfi_startproc
    endbr64
    pushq %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbx, 0
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbp, 0
    pushq %r12
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r12, 0
    pushq OUT
    .cfi_adjust_cfa_offset 8
    subq $64, %rsp
    .cfi_adjust_cfa_offset 64
    movq %rdx, Y

    movq prime+0(%rip), T0 /* 0(%rsp) = p - y.b */
    movq prime+8(%rip), T1
    movq prime+16(%rip), T2
    movq prime+24(%rip), T3
    subq 32(Y), T0
    sbbq 40(Y), T1
    sbbq 48(Y), T2
    sbbq 56(Y), T3
    movq T0, 0(%rsp)
    movq T1, 8(%rsp)
    movq T2, 16(%rsp)
    movq T3, 24(%rsp)

    movq 0(Y), WORD
    product 0
    movq 0(%rsp), WORD
    product_add_top 32
    reduce
.irp i, 8, 16, 24
    movq \i(Y), WORD
    product_add 0
    movq \i(%rsp), WORD
    product_add_top 32
    reduce
.endr
    leaq 32(%rsp), OUT
    store 0

    movq 32(Y), WORD
    product 0
    movq 0(Y), WORD
    product_add_top 32
    reduce
.irp i, 8, 16, 24
    movq 32+\i(Y), WORD
    product_add 0
    movq \i(Y), WORD
    product_add_top 32
    reduce
.endr
    movq 64(%rsp), OUT
    store 32
    movq 32(%rsp), T0
    movq 40(%rsp), T1
    movq 48(%rsp), T2
    movq 56(%rsp), T3
    movq T0, 0(OUT)
    movq T1, 8(OUT)
    movq T2, 16(OUT)
    movq T3, 24(OUT)
    addq $72, %rsp
    .cfi_adjust_cfa_offset -72
    popq %r12
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r12
    popq %rbp
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbp
    popq %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbx
    ret
    .cfi_endproc
    .size dry__bn254_fp2_mul, .-dry__bn254_fp2_mul

/* void dry__bn254_fp2_sqr(struct fp2 *out, const struct fp2 *x): the real part is (x.a + x.b)(x.a - x.b),
 * the imaginary one 2 x.a x.b. The factors stay below 2p, which one reduction still brings below 2p. */
    .globl dry__bn254_fp2_sqr
    .hidden dry__bn254_fp2_sqr
    .type dry__bn254_fp2_sqr, @function
    .balign 32
dry__bn254_fp2_sqr:
    .cfi_startproc
    endbr64
    pushq %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbx, 0
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbp, 0
    pushq %r12
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r12, 0
    subq $104, %rsp
    .cfi_adjust_cfa_offset 104
    leaq 32(X), Y

    movq 0(X), T0 /* 64(%rsp) = 2 x.a */
    movq 8(X), T1
    movq 16(X), T2
    movq 24(X), T3
    movq T0, LO
    movq T1, HI
    movq T2, TOP
    movq T3, WORD
    addq LO, LO
    adcq HI, HI
    adcq TOP, TOP
    adcq WORD, WORD
    movq LO, 64(%rsp)
    movq HI, 72(%rsp)
    movq TOP, 80(%rsp)
    movq WORD, 88(%rsp)

    movq T0, LO /* 32(%rsp) = x.a - x.b + p */
    movq T1, HI
    movq T2, TOP
    movq T3, WORD
    addq prime+0(%rip), LO
    adcq prime+8(%rip), HI
    adcq prime+16(%rip), TOP
    adcq prime+24(%rip), WORD
    subq 0(Y), LO
    sbbq 8(Y), HI
    sbbq 16(Y), TOP
    sbbq 24(Y), WORD
    movq LO, 32(%rsp)
    movq HI, 40(%rsp)
    movq TOP, 48(%rsp)
    movq WORD, 56(%rsp)

    addq 0(Y), T0 /* 0(%rsp) = x.a + x.b */
    adcq 8(Y), T1
    adcq 16(Y), T2
    adcq 24(Y), T3
    movq T0, 0(%rsp)
    movq T1, 8(%rsp)
    movq T2, 16(%rsp)
    movq T3, 24(%rsp)

    leaq 64(%rsp), X
    movq 0(Y), WORD
    product 0
    reduce
.irp i, 8, 16, 24
    movq \i(Y), WORD
    product_add 0
    reduce
.endr
    store 32
    movq %rsp, X
    movq 32(%rsp), WORD
    product 0
    reduce
.irp i, 8, 16, 24
    movq 32+\i(%rsp), WORD
    product_add 0
    reduce
.endr
    store 0
    addq $104, %rsp
    .cfi_adjust_cfa_offset -104
    popq %r12
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r12
    popq %rbp
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbp
    popq %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbx
    ret
    .cfi_endproc
    .size dry__bn254_fp2_sqr, .-dry__bn254_fp2_sqr

    .section .note.GNU-stack, "", @progbits
#endif
