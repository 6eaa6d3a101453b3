/* code.h - byte-code as the interpreter runs it, and the cache of it. Start at dry__code_get().
 *
 * Code becomes a stream of 64-bit words. A word is op | fields; immediates longer than 32 bits
 * stand in the words after it. A basic block opens with a word that carries the block's static gas
 * and stack bounds, so that its instructions check neither. A block ends after every instruction
 * that must see the exact gas left (GAS, SSTORE, calls, creations) and at jumps and jump
 * destinations.
 *
 * Nobody pays for the length of code, so words are made only as far as execution comes, in runs of
 * at most DRY__RUN_MAX instructions: a run ends with the frame, with a jump to words that are there
 * already, or with MORE, which makes the next run when it is reached. A fixed jump to a place
 * without words goes to a stub at its run's end, LATER, which has them made and turns the jump to
 * them. An instruction has words once at most: runs begin at the code's start, at jump destinations
 * and where another run broke off. */
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
    X(0xcc, SWAP1_ADD_SMALL) /* SWAP1, PUSH, ADD */                                        \
    X(0xcd, MORE)            /* words from the pc in the upper half on are not made yet */ \
    X(0xce, LATER)           /* the same of a jump's pc; the jump's word index follows */

enum dry__own_opcode {
#define X(byte, name) DRY_OP_##name = (byte),
    DRY_OPCODES_OWN(X)
#undef X
};

/* A block word: op (8 bits), items needed (12), items allowed above those (12), static gas (32). */
#define DRY__BLOCK(op, need, room, gas) \
    ((uint64_t)(op) | (uint64_t)(need) << 8 | (uint64_t)(room) << 20 | (uint64_t)(gas) << 32)
#define DRY__WORD_SMALL(w) ((uint64_t)((w) >> 32))

#define DRY_EVM_STACK_MAX 1024u

/* Instructions that one step of translation covers: it ends at the first end of a block after
 * DRY__RUN_ENOUGH of them. */
#define DRY__RUN_ENOUGH 64u
#define DRY__RUN_MAX 128u

struct dry__code {
    uint64_t *words;      /* move when more are made: a frame that is not running holds an index */
    const uint8_t *bytes; /* the code itself, borrowed; every dry__code_get() lends it anew */
    uint32_t *targets;    /* index of a JUMPDEST's word plus one, or 0: not made, or none */
    uint32_t *pages;      /* where in targets each 64 bytes of code have theirs; 0: none yet */
    const uint32_t *pcs;  /* by word, exact analysis only, else NULL */
    uint32_t len;
    uint32_t paged_len; /* len when there are pages, else 0 */
    uint32_t users;     /* frames running it, and the cache */
    uint32_t word_count, word_cap;
    uint32_t target_count, target_cap;
    uint32_t surveyed; /* first instruction not looked at for the bits below */
    uint64_t *dests;   /* a bit for each byte: a JUMPDEST, not a PUSH's data. NULL before a jump */
    size_t cost;       /* bytes of memory held */
    /* the cache's */
    struct dry_hash hash;
    uint32_t variant;
    bool cached;
    size_t counted; /* of its cost, in the cache's sum */
    struct dry__code *bucket_next, *newer, *older;
};

/* Analysed code by hash, least recently used dropped first once `max` bytes are held. The newest
 * stays whatever its size. */
struct dry__code_cache {
    struct dry__code **buckets;
    uint32_t bucket_count, count;
    struct dry__code *newest, *oldest;
    size_t held, max;
};

/* One exact analysis: no blocks, nothing fused, everything at once; every instruction checks for
 * itself. Tracing wants it. */
enum dry__code_mode { DRY__CODE_BLOCKS, DRY__CODE_EXACT };

void dry__code_cache_init(struct dry__code_cache *c, size_t max);
void dry__code_cache_fini(struct dry__code_cache *c);
/* Code to run, from the cache or new; release it after use. NULL when memory runs out. `bytes` are
 * borrowed while any frame runs it. */
struct dry__code *dry__code_get(struct dry__code_cache *c, const struct dry_hash *hash,
                                struct dry_bytes bytes, const struct dry__op_info *ops,
                                enum dry_fork evm_fork, enum dry__code_mode mode);
/* After code grew: counts what it holds now, and drops older code for it. */
void dry__code_cache_settle(struct dry__code_cache *c, struct dry__code *code);
/* Code that no cache keeps (init code). `bytes` are borrowed until its release. */
struct dry__code *dry__code_new(struct dry_bytes bytes, const struct dry__op_info *ops,
                                enum dry__code_mode mode);
void dry__code_release(struct dry__code *code);

/* Where a jump leads. NOMEM leaves everything as it was. */
enum dry__code_found { DRY__CODE_FOUND, DRY__CODE_NO_DEST, DRY__CODE_NOMEM };
/* Index of the JUMPDEST's word, made if need be. */
enum dry__code_found dry__code_jump(struct dry__code *code, uint32_t *index, uint64_t pc,
                                    const struct dry__op_info *ops);
/* The same for the LATER or MORE whose word has index `at`; what led to it leads on at once from
 * now on. */
enum dry__code_found dry__code_resume(struct dry__code *code, uint32_t *index, uint32_t at,
                                      const struct dry__op_info *ops);

/* --- between code.c and translate.c --- */
static inline uint32_t dry__code_target(const struct dry__code *code, uint32_t pc)
{
    return pc < code->paged_len ? code->targets[code->pages[pc / 64] + pc % 64] : 0;
}
/* Room for the target of pc, and for n more words. False: no memory. */
bool dry__code_page_make(struct dry__code *code, uint32_t pc);
bool dry__code_room(struct dry__code *code, size_t n);
static inline bool dry__code_page(struct dry__code *code, uint32_t pc)
{
    return (pc < code->paged_len && code->pages[pc / 64] != 0) || dry__code_page_make(code, pc);
}
static inline void dry__code_target_set(struct dry__code *code, uint32_t pc, uint32_t index)
{
    code->targets[code->pages[pc / 64] + pc % 64] = index + 1;
}
/* Words from pc on, placed from index `at` on, which has all words before it. False: no memory. */
bool dry__code_translate(struct dry__code *code, uint32_t pc, uint32_t at,
                         const struct dry__op_info *ops);
/* All words, exact. False: no memory. */
bool dry__code_translate_exact(struct dry__code *code, const struct dry__op_info *ops);

#endif /* DRY_EVM_CODE_H */
