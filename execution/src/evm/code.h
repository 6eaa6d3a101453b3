/* code.h - byte-code as the interpreter runs it, and the cache of it. Start at dry__code_get().
 *
 * Code becomes a stream of 64-bit words. A word is op | fields; immediates longer than 32 bits
 * stand in the words after it. A basic block opens with a word that carries the block's static gas
 * and stack bounds, so that its instructions check neither. A block ends after every instruction
 * that must see the exact gas left (GAS, SSTORE, calls, creations) and at jumps and jump
 * destinations. */
#ifndef DRY_EVM_CODE_H
#define DRY_EVM_CODE_H
#include "evm/opcodes.h"

/* The interpreter's own instructions, in bytes no fork defines. Analysed code never carries an
 * undefined byte, so they do not collide. */
#define DRY_OPCODES_OWN(X)                                                                 \
    X(0xb0, BLOCK)      /* block opens where no JUMPDEST stands */                         \
    X(0xb1, PUSH_SMALL) /* 32-bit immediate in the word's upper half */                    \
    X(0xb2, PUSH_WORD)  /* 64-bit immediate in the next word */                            \
    X(0xb3, PUSH_WIDE)  /* four limbs follow, lowest first */                              \
    X(0xb4, JUMP_TO)    /* PUSH, JUMP to a known destination: index in the upper half */   \
    X(0xb5, JUMPI_TO)   /* PUSH, JUMPI likewise */                                         \
    X(0xb6, JUMP_BAD)   /* PUSH, JUMP to no destination */                                 \
    X(0xb7, JUMPI_BAD)  /* PUSH, JUMPI to no destination */                                \
    X(0xb8, ADD_SMALL)  /* PUSH of at most 32 bits, ADD */                                 \
    X(0xb9, RSUB_SMALL) /* PUSH, SUB: immediate minus top */                               \
    X(0xba, AND_SMALL)                                                                     \
    X(0xbb, EQ_SMALL)                                                                      \
    X(0xbc, LT_SMALL) /* immediate < top */                                                \
    X(0xbd, GT_SMALL) /* immediate > top */                                                \
    X(0xbe, SHL_SMALL)                                                                     \
    X(0xbf, SHR_SMALL)                                                                     \
    X(0xc0, MLOAD_AT)                                                                      \
    X(0xc1, MSTORE_AT)                                                                     \
    X(0xc2, ISZERO_JUMPI_TO) /* ISZERO, PUSH, JUMPI */                                     \
    X(0xc3, EQ_JUMPI_TO)     /* EQ, PUSH, JUMPI */                                         \
    X(0xc4, LT_JUMPI_TO)                                                                   \
    X(0xc5, GT_JUMPI_TO)                                                                   \
    X(0xc6, SWAP1_POP)                                                                     \
    X(0xc7, SWAP2_POP)                                                                     \
    X(0xc8, DUP2_ADD)                                                                      \
    X(0xc9, SWAP1_SUB)                                                                     \
    X(0xca, DUP1_EQ_SMALL_JUMPI_TO) /* DUP1, PUSH, EQ, PUSH, JUMPI: a selector; 2 words */ \
    X(0xcb, MUL_SMALL)                                                                     \
    X(0xcc, SWAP1_ADD_SMALL) /* SWAP1, PUSH, ADD */

enum dry__own_opcode {
#define X(byte, name) DRY_OP_##name = (byte),
    DRY_OPCODES_OWN(X)
#undef X
};

/* A block word: op (8 bits), items needed (12), items allowed above those (12), static gas (32). */
#define DRY__BLOCK(op, need, room, gas) \
    ((uint64_t)(op) | (uint64_t)(need) << 8 | (uint64_t)(room) << 20 | (uint64_t)(gas) << 32)
/* Needs that no stack meets: the block would underflow, or overflow, any. */
#define DRY__NEED_TOO_MUCH 0xffeu
#define DRY__GROWS_TOO_MUCH 0xfffu
#define DRY__WORD_SMALL(w) ((uint64_t)((w) >> 32))

#define DRY_EVM_STACK_MAX 1024u

struct dry__code {
    const uint64_t *words;
    const uint32_t *targets; /* by pc: index of the JUMPDEST's word plus one, or 0 */
    const uint32_t *pcs;     /* by word, exact analysis only, else NULL */
    const uint8_t *bytes;    /* the code itself */
    uint32_t len;
    uint32_t users; /* frames running it, and the cache */
    size_t cost;    /* bytes of memory held */
    /* the cache's */
    struct dry_hash hash;
    uint32_t variant;
    struct dry__code *bucket_next, *newer, *older;
};

/* Analysed code by hash, least recently used dropped first once `max` bytes are held. */
struct dry__code_cache {
    struct dry__code **buckets;
    uint32_t bucket_count, count;
    struct dry__code *newest, *oldest;
    size_t held, max;
};

/* One exact analysis: no blocks, nothing fused; every instruction checks for itself. Tracing wants
 * it. */
enum dry__code_mode { DRY__CODE_BLOCKS, DRY__CODE_EXACT };

void dry__code_cache_init(struct dry__code_cache *c, size_t max);
void dry__code_cache_fini(struct dry__code_cache *c);
/* Analysed code, from the cache or new; release it after use. NULL when memory runs out. */
struct dry__code *dry__code_get(struct dry__code_cache *c, const struct dry_hash *hash,
                                struct dry_bytes bytes, const struct dry__op_info *ops,
                                enum dry_fork evm_fork, enum dry__code_mode mode);
/* Analysed code that no cache keeps (init code). */
struct dry__code *dry__code_analyse(struct dry_bytes bytes, const struct dry__op_info *ops,
                                    enum dry__code_mode mode);
void dry__code_release(struct dry__code *code);

#endif /* DRY_EVM_CODE_H */
