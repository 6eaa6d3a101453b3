/* A piece of code: its memory, its jump destinations, and how execution gets further in it. */
#include "evm/code.h"

#define WORDS_FIRST 16u
#define TARGETS_FIRST 128u /* 64 that are always 0, and the first 64 in use */

/* Room for n items of `size` bytes where *cap are; one and a half times as much at least. */
static void *grow(void *p, uint32_t *cap, size_t n, size_t size, size_t *cost)
{
    size_t more = *cap + *cap / 2;
    more = more > n ? more : n;
    if (more > UINT32_MAX / 2 || more > SIZE_MAX / size / 2)
        return NULL;
    void *q = dry_realloc(p, *cap * size, more * size);
    if (q == NULL)
        return NULL;
    *cost += (more - *cap) * size;
    *cap = (uint32_t)more;
    return q;
}

bool dry__code_room(struct dry__code *code, size_t n)
{
    if (code->word_cap - code->word_count >= n)
        return true;
    void *p =
        grow(code->words, &code->word_cap, code->word_count + n, sizeof(*code->words), &code->cost);
    if (p == NULL)
        return false;
    code->words = p;
    return true;
}

static bool pages_make(struct dry__code *code)
{
    size_t n = (size_t)code->len / 64 + 1;
    uint32_t *pages = dry_alloc(n * sizeof(*pages));
    uint32_t *targets = dry_alloc(TARGETS_FIRST * sizeof(*targets));
    if (pages == NULL || targets == NULL) {
        dry_free(pages);
        dry_free(targets);
        return false;
    }
    code->pages = pages;
    code->targets = targets;
    code->target_cap = TARGETS_FIRST;
    code->target_count = 64;
    code->paged_len = code->len;
    code->cost += n * sizeof(*pages) + TARGETS_FIRST * sizeof(*targets);
    return true;
}

bool dry__code_page_make(struct dry__code *code, uint32_t pc)
{
    if (code->pages == NULL && !pages_make(code))
        return false;
    if (code->target_cap - code->target_count < 64) {
        uint32_t *targets = grow(code->targets, &code->target_cap, code->target_count + (size_t)64,
                                 sizeof(*targets), &code->cost);
        if (targets == NULL)
            return false;
        code->targets = targets;
    }
    memset(code->targets + code->target_count, 0, 64 * sizeof(*code->targets));
    code->pages[pc / 64] = code->target_count;
    code->target_count += 64;
    return true;
}

/* The first of 8 bytes in the lowest. */
static uint64_t eight(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
           (uint64_t)p[7] << 56;
}

/* The top bit of each byte that is 0. */
static uint64_t zero_bytes(uint64_t x)
{
    const uint64_t low = 0x7f7f7f7f7f7f7f7f;
    return ~(((x & low) + low) | x | low);
}

static void dests_add(uint64_t *dests, uint32_t pc, uint64_t bits)
{
    dests[pc / 64] |= bits << pc % 64;
    if (pc % 64 > 56)
        dests[pc / 64 + 1] |= bits >> (64 - pc % 64);
}

/* Look for jump destinations up to and including pc: the one pass that code's length costs, so
 * eight bytes at once where no PUSH is among them. */
static void survey(struct dry__code *code, uint32_t pc)
{
    const uint64_t ones = 0x0101010101010101;
    uint64_t *dests = code->dests;
    uint32_t at = code->surveyed;
    while (at <= pc) {
        uint8_t op = code->bytes[at];
        if (op >= DRY_OP_PUSH1 && op <= DRY_OP_PUSH32) {
            at += op - DRY_OP_PUSH1 + 2u;
            continue;
        }
        if (code->len - at >= 8) {
            uint64_t x = eight(code->bytes + at);
            if (zero_bytes((x & ones * 0xe0) ^ ones * DRY_OP_PUSH1) == 0) {
                uint64_t found = zero_bytes(x ^ ones * DRY_OP_JUMPDEST) >> 7;
                dests_add(dests, at, found * 0x0102040810204080 >> 56);
                at += 8;
                continue;
            }
        }
        dests[at / 64] |= (uint64_t)(op == DRY_OP_JUMPDEST) << at % 64;
        at++;
    }
    code->surveyed = at;
}

/* Whether the byte at pc, a JUMPDEST's, is an instruction. */
static enum dry__code_found is_dest(struct dry__code *code, uint32_t pc)
{
    if (code->dests == NULL) {
        size_t n = (size_t)code->len / 64 + 2;
        code->dests = dry_alloc(n * sizeof(*code->dests));
        if (code->dests == NULL)
            return DRY__CODE_NOMEM;
        code->cost += n * sizeof(*code->dests);
    }
    survey(code, pc);
    return code->dests[pc / 64] >> pc % 64 & 1 ? DRY__CODE_FOUND : DRY__CODE_NO_DEST;
}

enum dry__code_found dry__code_jump(struct dry__code *code, uint32_t *index, uint64_t pc,
                                    const struct dry__op_info *ops)
{
    if (pc >= code->len || code->bytes[pc] != DRY_OP_JUMPDEST)
        return DRY__CODE_NO_DEST;
    uint32_t target = dry__code_target(code, (uint32_t)pc), at = code->word_count;
    if (target == 0) {
        enum dry__code_found found = is_dest(code, (uint32_t)pc);
        if (found != DRY__CODE_FOUND)
            return found;
        if (!dry__code_translate(code, (uint32_t)pc, at, ops))
            return DRY__CODE_NOMEM;
        target = at + 1;
    }
    *index = target - 1;
    return DRY__CODE_FOUND;
}

/* The run goes on after all: in place when nothing stands behind its end, else elsewhere. */
static enum dry__code_found go_on(struct dry__code *code, uint32_t *index, uint32_t at,
                                  const struct dry__op_info *ops)
{
    uint32_t pc = (uint32_t)DRY__WORD_SMALL(code->words[at]);
    uint32_t target = code->bytes[pc] == DRY_OP_JUMPDEST ? dry__code_target(code, pc) : 0;
    uint32_t to = at + 1 == code->word_count ? at : code->word_count;
    if (target != 0)
        to = target - 1;
    else if (!dry__code_translate(code, pc, to, ops))
        return DRY__CODE_NOMEM;
    if (to != at)
        code->words[at] = (uint64_t)to << 32 | DRY_OP_JUMP_TO;
    *index = to;
    return DRY__CODE_FOUND;
}

enum dry__code_found dry__code_resume(struct dry__code *code, uint32_t *index, uint32_t at,
                                      const struct dry__op_info *ops)
{
    if ((uint8_t)code->words[at] == DRY_OP_MORE)
        return go_on(code, index, at, ops);
    uint32_t jump = (uint32_t)code->words[at + 1];
    enum dry__code_found found = dry__code_jump(code, index, DRY__WORD_SMALL(code->words[at]), ops);
    if (found == DRY__CODE_FOUND)
        code->words[jump] = (uint64_t)*index << 32 | (uint32_t)code->words[jump];
    return found;
}

struct dry__code *dry__code_new(struct dry_bytes bytes, const struct dry__op_info *ops,
                                enum dry__code_mode mode)
{
    if (bytes.len > UINT32_MAX / 8)
        return NULL;
    struct dry__code *code = dry_alloc(sizeof(*code));
    if (code == NULL)
        return NULL;
    code->bytes = bytes.ptr;
    code->len = (uint32_t)bytes.len;
    code->users = 1;
    code->cost = sizeof(*code);
    bool made = mode == DRY__CODE_EXACT ? dry__code_translate_exact(code, ops)
                                        : dry__code_room(code, WORDS_FIRST);
    if (!made) {
        dry__code_release(code);
        return NULL;
    }
    if (mode == DRY__CODE_BLOCKS)
        code->words[code->word_count++] = DRY_OP_MORE; /* from pc 0 on */
    return code;
}

void dry__code_release(struct dry__code *code)
{
    if (code == NULL || --code->users != 0)
        return;
    dry_free(code->targets);
    dry_free(code->pages);
    dry_free((void *)(uintptr_t)code->pcs);
    dry_free(code->dests);
    dry_free(code->words);
    dry_free(code);
}
