/* Code has words as far as it has run and no further, whatever its length; and wherever runs of
 * words begin, break off and meet, the result is that of exact code, which is made all at once. */
#include "evm_outcome.h"
#include <drystone/test.h>

#define FULL_SIZE 24576u

static uint8_t big[4u << 20];

/* `head`, then JUMPDESTs. */
static struct dry_bytes jumpdests(const char *head, size_t len)
{
    struct dry_bytes h = test_hex(head);
    memset(big, DRY_OP_JUMPDEST, len);
    if (h.len != 0)
        memcpy(big, h.ptr, h.len);
    return dry_bytes_of(big, len);
}

static void setup(struct evm_world *w, struct dry_bytes code, enum dry_fork fork)
{
    evm_world_init(w, fork);
    evm_world_add(w, EVM_CONTRACT, 1, 5, code);
    evm_world_add(w, EVM_CALLER, 0, 1000, DRY_BYTES_EMPTY);
}

/* Call the code on a machine and see what it holds afterwards. */
static enum dry_evm_end run_on(struct dry__evm *evm, struct dry_bytes code, uint64_t gas)
{
    static struct evm_world w;
    struct dry__message_result r;
    setup(&w, code, DRY_FORK_OSAKA);
    w.evm = evm;
    CHECK(dry_ok(evm_world_begin(&w, NULL)));
    CHECK(dry_ok(evm_world_call(&w, &r, DRY_BYTES_EMPTY, gas)));
    evm_world_end(&w);
    dry_arena_fini(&w.arena);
    return r.end;
}

static void words_follow_execution(void **state)
{
    (void)state;
    struct dry__evm *evm = NULL;
    CHECK(dry_ok(dry__evm_open(&evm, 0)));
    /* STOP, then 4 MiB */
    CHECK(run_on(evm, jumpdests("00", sizeof(big)), 100000) == DRY_EVM_SUCCESS);
    const struct dry__code *c = evm->cache.newest;
    CHECK(c->len == sizeof(big) && c->word_count <= 4 && c->cost < 1024 && c->dests == NULL);
    /* no gas for more than an instruction or two */
    CHECK(run_on(evm, jumpdests("", FULL_SIZE), 2) == DRY_EVM_OUT_OF_GAS);
    c = evm->cache.newest;
    CHECK(c->len == FULL_SIZE && c->word_count <= 2 * DRY__RUN_MAX && c->dests == NULL);
    CHECK(run_on(evm, jumpdests("", FULL_SIZE), 1000) == DRY_EVM_OUT_OF_GAS);
    CHECK(c == evm->cache.newest);
    CHECK(c->word_count >= 1000 && c->word_count <= 1000 + 2 * DRY__RUN_MAX);
    CHECK(run_on(evm, jumpdests("", FULL_SIZE), 100000) == DRY_EVM_SUCCESS);
    CHECK(c->word_count > FULL_SIZE && c->word_count < FULL_SIZE + FULL_SIZE / 16);
    /* JUMP to the last byte: a bit and a quarter of a byte for each byte, no words between */
    CHECK(run_on(evm, jumpdests("615fff56", FULL_SIZE), 100) == DRY_EVM_SUCCESS);
    c = evm->cache.newest;
    CHECK(c->word_count <= 16 && c->surveyed == FULL_SIZE && c->cost < FULL_SIZE / 4);
    /* JUMPI over a run that does not happen: made as far as a run reaches */
    CHECK(run_on(evm, jumpdests("5f615fff57", FULL_SIZE), 20) == DRY_EVM_OUT_OF_GAS);
    c = evm->cache.newest;
    CHECK(c->word_count <= 2 * DRY__RUN_MAX && c->dests == NULL);
    dry__evm_close(evm);
}

/* The bits against a plain walk, whatever the order in which places are asked for. */
static void destinations(void **state)
{
    (void)state;
    static const uint8_t some[] = {0x5b, 0x5b, 0x60, 0x61, 0x67, 0x68, 0x7f, 0x5a, 0x80, 0x00};
    static uint8_t code[600];
    struct dry__op_info ops[256];
    uint64_t seed = 88172645463325252u;
    dry__ops_fill(ops, DRY_FORK_OSAKA);
    for (uint32_t round = 0; round < 400; round++) {
        static bool dest[sizeof(code)];
        memset(dest, 0, sizeof(dest));
        for (size_t i = 0; i < sizeof(code); i++) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            code[i] = some[(seed >> 32) % (round % 2 ? 3 : sizeof(some))];
            if ((seed >> 50) % 4 != 0 && round % 3 != 0)
                code[i] = 0x5b;
        }
        size_t len = sizeof(code) - round % 70;
        for (size_t i = 0; i < len; i++) {
            dest[i] = code[i] == 0x5b;
            if (code[i] >= 0x60 && code[i] <= 0x7f)
                i += code[i] - 0x5fu;
        }
        struct dry__code *c = dry__code_new(dry_bytes_of(code, len), ops, DRY__CODE_BLOCKS);
        CHECK(c != NULL);
        for (size_t k = 0; k < len + 40; k++) {
            size_t pc = round % 5 == 0 ? len + 39 - k : round % 5 == 1 ? k : k * 331 % (len + 40);
            uint32_t index = 0;
            enum dry__code_found found = dry__code_jump(c, &index, pc, ops);
            CHECK(found == (pc < len && dest[pc] ? DRY__CODE_FOUND : DRY__CODE_NO_DEST));
            if (found == DRY__CODE_FOUND)
                CHECK((uint8_t)c->words[index] == DRY_OP_JUMPDEST);
        }
        dry__code_release(c);
    }
}

/* Thousands of full-size contracts with a jump to their end fit the usual cache. */
static void cache_holds_thousands(void **state)
{
    (void)state;
    struct dry__code_cache cache;
    struct dry__op_info ops[256];
    struct dry_bytes bytes = jumpdests("00", FULL_SIZE);
    dry__ops_fill(ops, DRY_FORK_OSAKA);
    dry__code_cache_init(&cache, (size_t)32 << 20);
    for (uint32_t i = 0; i < 4000; i++) {
        struct dry_hash hash = {{(uint8_t)i, (uint8_t)(i >> 8), 1}};
        uint32_t index;
        struct dry__code *c =
            dry__code_get(&cache, &hash, bytes, ops, DRY_FORK_OSAKA, DRY__CODE_BLOCKS);
        CHECK(c != NULL);
        CHECK(dry__code_jump(c, &index, FULL_SIZE - 1, ops) == DRY__CODE_FOUND);
        dry__code_cache_settle(&cache, c);
        dry__code_release(c);
    }
    CHECK(cache.count == 4000 && cache.held <= cache.max);
    size_t sum = 0;
    for (struct dry__code *c = cache.newest; c != NULL; c = c->older)
        sum += c->cost;
    CHECK(sum == cache.held);
    dry__code_cache_fini(&cache);
}

static void newest_stays(void **state)
{
    (void)state;
    struct dry__evm *evm = NULL;
    CHECK(dry_ok(dry__evm_open(&evm, 2000)));
    for (int round = 0; round < 2; round++) {
        /* outgrows the cache while it runs */
        CHECK(run_on(evm, jumpdests("", FULL_SIZE), 100000) == DRY_EVM_SUCCESS);
        const struct dry__code *c = evm->cache.newest;
        uint32_t words = c->word_count;
        CHECK(evm->cache.count == 1 && evm->cache.held == c->cost && c->cost > FULL_SIZE * 8);
        CHECK(run_on(evm, jumpdests("", FULL_SIZE), 100000) == DRY_EVM_SUCCESS);
        CHECK(evm->cache.newest == c && c->word_count == words);
        /* and makes way for what comes next */
        CHECK(run_on(evm, jumpdests("00", FULL_SIZE), 100000) == DRY_EVM_SUCCESS);
        CHECK(evm->cache.count == 1 && evm->cache.held < 1000);
    }
    dry__evm_close(evm);
}

/* A block's code is gone after it; the next block lends the same code from elsewhere. */
static void bytes_are_lent_anew(void **state)
{
    (void)state;
    struct dry__evm *evm = NULL;
    CHECK(dry_ok(dry__evm_open(&evm, 0)));
    for (uint64_t gas = 2; gas < 100000; gas *= 30) {
        uint8_t *copy = dry_alloc(FULL_SIZE);
        CHECK(copy != NULL);
        memcpy(copy, jumpdests("", FULL_SIZE).ptr, FULL_SIZE);
        (void)run_on(evm, dry_bytes_of(copy, FULL_SIZE), gas);
        CHECK(evm->cache.count == 1);
        dry_free(copy);
    }
    dry__evm_close(evm);
}

static void init_code_is_borrowed(void **state)
{
    (void)state;
    struct dry__op_info ops[256];
    struct dry_bytes bytes = jumpdests("00", 1u << 20);
    dry__ops_fill(ops, DRY_FORK_OSAKA);
    struct dry__code *c = dry__code_new(bytes, ops, DRY__CODE_BLOCKS);
    CHECK(c != NULL);
    CHECK(c->bytes == bytes.ptr && c->cost < 1024);
    dry__code_release(c);
}

static void ignore_step(void *ctx, const struct dry_trace_step *step)
{
    (void)ctx, (void)step;
}

/* One message on w's machine by the three loops. w keeps its code from message to message. */
static bool loops_same(struct evm_world *w, enum evm_outcome_kind *kind, struct dry_bytes input,
                       uint64_t gas)
{
    static const struct dry_tracer tracer = {.step = ignore_step};
    struct evm_outcome a, b, c;
    w->evm->loop = dry__loop_threaded;
    CHECK(dry_ok(evm_outcome_of(w, &a, NULL, input, gas)));
    evm_world_end(w);
    w->evm->loop = dry__loop_switch;
    CHECK(dry_ok(evm_outcome_of(w, &b, NULL, input, gas)));
    evm_world_end(w);
    CHECK(dry_ok(evm_outcome_of(w, &c, &tracer, input, gas)));
    evm_world_end(w);
    if (kind != NULL)
        *kind = c.kind;
    return evm_outcome_same(&a, &c) && evm_outcome_same(&b, &c);
}

/* Code from hexadecimal text in which @x is a JUMPDEST named x, =x names a place, and #x pushes it
 * with two bytes. */
static struct dry_bytes assemble(const char *text)
{
    static uint8_t code[8192];
    static char hex[2 * sizeof(code)];
    uint32_t at[128] = {0}, holes[1000][2], hole_count = 0;
    size_t n = 0;
    for (; *text != '\0'; text++) {
        CHECK(n + 8 < sizeof(hex) && hole_count < DRY_COUNT(holes));
        char name = *text == '@' || *text == '=' || *text == '#' ? text[1] : 0;
        if (*text == '#') {
            holes[hole_count][0] = (uint32_t)n / 2 + 1;
            holes[hole_count++][1] = (uint32_t)name;
            memcpy(hex + n, "610000", 6);
            n += 6;
        } else if (name != 0) {
            at[(size_t)name] = (uint32_t)n / 2;
            memcpy(hex + n, "5b", 2);
            n += *text == '@' ? 2 : 0;
        } else if (*text != ' ') {
            hex[n++] = *text;
        }
        text += name != 0;
    }
    hex[n] = '\0';
    struct dry_bytes made = test_hex(hex);
    memcpy(code, made.ptr, made.len);
    for (uint32_t i = 0; i < hole_count; i++) {
        code[holes[i][0]] = (uint8_t)(at[holes[i][1]] >> 8);
        code[holes[i][0] + 1] = (uint8_t)at[holes[i][1]];
    }
    return dry_bytes_of(code, made.len);
}

#define X16(text) text text text text text text text text text text text text text text text text
#define TELL "5a5f5260205ff3" /* return the gas left */
static const struct {
    const char *name, *code;
    enum evm_outcome_kind kind;
} shapes[] = {
    {"forward, fixed", "#a56 fe @a" TELL, EVM_DONE},
    {"forward, dynamic", "#a8050 56 fe @a" TELL, EVM_DONE},
    {"backward, ten times", "600a @a 6001 90 03 80 #a57" TELL, EVM_DONE},
    {"backward, ten times, dynamic", "600a @a 6001 90 03 80 #a 8050 57" TELL, EVM_DONE},
    {"into the middle of a run", "#a56 @b 5b5b5b @c" TELL "@a 5b #c56", EVM_DONE},
    {"into the middle of a run, back", "5f @b 6001 01 5b5b @c 80 6003 14 #a57 #c56 @a" TELL,
     EVM_FAILED},
    {"into the middle of a run, twice", "5f @b 6001 01 @c 6001 01 80 6006 11 #c57" TELL, EVM_DONE},
    {"over a run and back into it", "#a56 @b 6001 50 @c" TELL "@a 6002 50 #b56", EVM_DONE},
    {"to the last byte", "#a56 fefe @a", EVM_DONE},
    {"to the last byte, dynamic", "#a8050 56 fefe @a", EVM_DONE},
    {"to the last byte, JUMPI", "6001 #a57 fefe @a", EVM_DONE},
    {"falls into the next destination", "6001 @a 6002 @b 6003" TELL, EVM_DONE},
    {"falls into a run that is there",
     "#b56 @a 6001 50 @b 36 #c57 5f36 80 #d57 #e56 @e 6001 #d56"
     "@d 6007 #f57 fe @c" TELL "@f 5a50 @g" TELL,
     EVM_DONE},
    {"ends in a run that is there", "#b56 @a 6002 50 @b 5a50 6001 01 #c56 fe @c 00", EVM_FAILED},
    {"runs into what was jumped to", "5f #c56 @a 6001 01 @c 80 #d57 6001 01 #a56 @d" TELL,
     EVM_DONE},
    {"an empty block before a run",
     "5f #c56 @a 5f #d57 @c 6001 01 6001 #d57 fe @d 80 6003 14 #e57"
     "#a56 @e" TELL,
     EVM_DONE},
    {"JUMPI taken", "6001 #a57 fe @a" TELL, EVM_DONE},
    {"JUMPI not taken", "5f #a57" TELL "@a fe", EVM_DONE},
    {"JUMPI not taken, then taken", "5f @b 80 #a57 6001 01 #b56 fe @a" TELL, EVM_DONE},
    {"JUMPI taken, then not", "6001 @b 80 #a57" TELL "@a 6001 90 03 #b56", EVM_DONE},
    {"JUMPI dynamic, both ways", "6001 @b 80 #a8050 57" TELL "@a 6001 90 03 #b8050 56", EVM_DONE},
    {"JUMPI not taken to no destination", "5f #a57" TELL "60 =a 5b", EVM_DONE},
    {"JUMPI taken to PUSH data", "6001 #a57" TELL "60 =a 5b", EVM_FAILED},
    {"JUMPI past the end, not taken", "5f 60ff 57" TELL, EVM_DONE},
    {"JUMPI past the end", "6001 60ff 57" TELL, EVM_FAILED},
    {"ISZERO JUMPI", "5f15 #a57 fe @a 6001 15 #b57" TELL "@b fe", EVM_DONE},
    {"ISZERO JUMPI to PUSH data", "5f15 #a57" TELL "60 =a 5b5b00", EVM_FAILED},
    {"EQ JUMPI", "3636 14 #a57 fe @a 5f5a 14 #b57" TELL "@b fe", EVM_DONE},
    {"LT JUMPI", "5a36 10 #a57 fe @a 365a 10 #b57" TELL "@b fe", EVM_DONE},
    {"GT JUMPI", "365a 11 #a57 fe @a 5a36 11 #b57" TELL "@b fe", EVM_DONE},
    {"selector", "6007 80 6008 14 #b57 80 6007 14 #a57 @b fe @a" TELL, EVM_DONE},
    {"selector, twice", "6007 @b 80 6007 14 #a57" TELL "@a 6001 01 #b56", EVM_DONE},
    {"selector to PUSH data", "6007 80 6007 14 #a57" TELL "60 =a 5b", EVM_FAILED},
    {"selector not met, PUSH data", "6008 80 6007 14 #a57" TELL "60 =a 5b", EVM_DONE},
    {"PUSH data like JUMPDEST", "#a56 60 =a 5b5b00", EVM_FAILED},
    {"PUSH data like JUMPDEST, dynamic", "#a8050 56 60 =a 5b5b00", EVM_FAILED},
    {"after PUSH data like JUMPDEST", "#a56 605b @a" TELL, EVM_DONE},
    {"PUSH data behind a run", "5b5b #a56 7f5b5b =a 5b5b5b5b5b5b5b5b", EVM_FAILED},
    {"jump past 2^64", "68010000000000000000 56", EVM_FAILED},
    {"truncated PUSH", "5f5f6155", EVM_DONE},
    {"truncated PUSH32", "5f5f7f5b5b", EVM_DONE},
    {"PUSH1 and no byte", "5f5f60", EVM_DONE},
    {"truncated PUSH after a jump", "#a56 fe @a 7f5b", EVM_DONE},
    {"jump into a truncated PUSH", "#a56 fe 7f =a 5b5b", EVM_FAILED},
    {"a jump is the last byte", "5b 5f56", EVM_FAILED},
    {"JUMPI is the last byte", "6003 @a 6001 90 03 80 #a57", EVM_DONE},
    {"blocks that end at once", "5a5a5a5a5a @a 5a @b 5a" TELL, EVM_DONE},
    {"a long run", X16("5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b") TELL, EVM_DONE},
    {"a long block", X16("600150600150600150600150600150") TELL, EVM_DONE},
    {"a long run of GAS", X16("5a505a505a505a505a505a505a505a505a50") TELL, EVM_DONE},
    {"a long run with jumps", "5f" X16("80#a57 80#b57 505f") TELL "@a @b", EVM_DONE},
    {"the same, to one of them", "5f" X16("80#a57 80#b57 6001 01") TELL "@a 5b @b" TELL, EVM_DONE},
    {"a long run three times",
     "5f @b 6001 01" X16("5b5b5b5a505b5b5b5b5b5b5b5b") "80 6003 14 #a57"
                                                       "#b56 @a" TELL,
     EVM_DONE},
    {"into a long run from behind",
     "#z56" X16("5b5b5b5b5b5b5b5b") "@a" X16("5b5a5b5b505b5b5b") "@y" TELL "@z 36 #y57 #a56",
     EVM_DONE},
    {"a PUSH where a run breaks off", X16("5b5b5b5b5b5b5b5b") "6000" X16("58505850") TELL,
     EVM_DONE},
    {"calls itself, which goes further",
     "36 #a57 5f5f 60015f5f 305af1 50 #b56 @a #c56" X16("5b5b5b5b5b5b5b5b") "@c" X16(
         "5a505a50") "5f5f 5f5f5f 6004 5af1 @b" X16("5b5b5b5b") TELL,
     EVM_DONE},
    {"too deep for the stack", X16(X16("5f5f5f5f5f")) "00", EVM_FAILED},
    {"just not too deep", X16(X16("5f5f5f5f")) "00", EVM_DONE},
    {"too little on the stack", X16("5f50") "50", EVM_FAILED},
};

static void shapes_agree(void **state)
{
    (void)state;
    static struct evm_world w;
    for (size_t i = 0; i < DRY_COUNT(shapes); i++) {
        struct dry_bytes code = assemble(shapes[i].code);
        enum evm_outcome_kind kind = EVM_FAILED;
        /* each on a new machine with little gas first, then with more on the same machine */
        setup(&w, code, DRY_FORK_OSAKA);
        CHECK(dry_ok(evm_world_open(&w)));
        for (uint64_t gas = 0; gas < 300; gas++)
            CHECK_MSG(loops_same(&w, NULL, DRY_BYTES_EMPTY, gas), shapes[i].name);
        CHECK_MSG(loops_same(&w, &kind, DRY_BYTES_EMPTY, 60000), shapes[i].name);
        CHECK_MSG(kind == shapes[i].kind, shapes[i].name);
        evm_world_close(&w);
        for (int round = 0; round < 2; round++) {
            setup(&w, code, round == 0 ? DRY_FORK_OSAKA : DRY_FORK_FRONTIER);
            CHECK(dry_ok(evm_world_open(&w)));
            for (int again = 0; again < 3; again++)
                CHECK_MSG(loops_same(&w, &kind, DRY_BYTES_EMPTY, 60000), shapes[i].name);
            evm_world_close(&w);
        }
    }
}

static uint64_t rnd(uint64_t *s, uint64_t below)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return (*s >> 20) % below;
}

struct jumpy {
    uint8_t code[900];
    size_t len, max;
    uint16_t dests[900]; /* JUMPDEST bytes; some are data */
    size_t dest_count;
    uint64_t seed;
};

static void put(struct jumpy *j, const char *hex)
{
    struct dry_bytes b = test_hex(hex);
    memcpy(j->code + j->len, b.ptr, b.len);
    j->len += b.len;
}

/* A piece of a program: mostly places to jump to and jumps to fixed places, to sums and to what the
 * call data say. The holes of jumps, 0, are filled later. */
static void jumpy_piece(struct jumpy *j)
{
    static const char *const plain[] = {"5a", "58", "36", "80",   "81",   "5f",   "6003",
                                        "01", "90", "15", "8014", "8103", "3610", "50"};
    static const char *const jumps[] = {"61000057",      "1561000057",    "8114610000 57",
                                        "8110610000 57", "8111610000 57", "806003146100 0057",
                                        "61000056",      "5f61000001 57"};
    uint64_t *s = &j->seed;
    char call_data[32];
    switch (rnd(s, 12)) {
    case 0:
    case 1:
    case 2:
    case 3:
        put(j, "5b");
        if (rnd(s, 3) == 0)
            put(j, "5a6104001161000157"); /* to the end when little gas is left */
        break;
    case 4:
    case 5:
    case 6:
        put(j, rnd(s, 2) ? "5a8115" : "5a");
        put(j, jumps[rnd(s, DRY_COUNT(jumps))]);
        break;
    case 7:
        snprintf(call_data, sizeof(call_data), "60%02x3560f01c", (unsigned)rnd(s, 32) * 2);
        if (rnd(s, 3) != 0)
            put(j, rnd(s, 2) ? "365a0315" : "5a15");
        put(j, call_data);
        put(j, rnd(s, 4) == 0 ? "56" : "57");
        break;
    case 8:
        j->code[j->len++] = (uint8_t)(DRY_OP_PUSH1 + rnd(s, rnd(s, 8) ? 4 : 32));
        for (uint64_t n = rnd(s, 5); n != 0; n--)
            j->code[j->len++] = rnd(s, 2) ? DRY_OP_JUMPDEST : (uint8_t)rnd(s, 256);
        break;
    default:
        put(j, plain[rnd(s, DRY_COUNT(plain))]);
        break;
    }
}

static uint16_t jumpy_dest(struct jumpy *j)
{
    return rnd(&j->seed, 64) == 0 ? (uint16_t)rnd(&j->seed, j->len + 8)
                                  : j->dests[rnd(&j->seed, j->dest_count)];
}

static void jumpy_make(struct jumpy *j, uint64_t seed)
{
    memset(j, 0, sizeof(*j));
    j->seed = seed * 0x9e3779b97f4a7c15u + 1;
    j->max = 40 + rnd(&j->seed, sizeof(j->code) - 100);
    put(j, "610011565b5a5f52585952595f60205ff3"); /* 0: over the end, which stands at 4 */
    put(j, "5b5a5a5a5a36");
    while (j->len < j->max)
        jumpy_piece(j);
    for (size_t i = 17; i < j->len; i++)
        if (j->code[i] == DRY_OP_JUMPDEST)
            j->dests[j->dest_count++] = (uint16_t)i;
    for (size_t i = 17; i + 3 < j->len; i++) {
        uint16_t to = jumpy_dest(j);
        if (j->code[i] != DRY_OP_PUSH2 || j->code[i + 1] != 0 || j->code[i + 2] > 1)
            continue;
        to = j->code[i + 2] == 1 ? 4 : to;
        j->code[i + 1] = (uint8_t)(to >> 8);
        j->code[i + 2] = (uint8_t)to;
    }
}

#define PROGRAMS 1500u

static void random_jumps_agree(void **state)
{
    (void)state;
    static struct evm_world w;
    static struct jumpy j;
    uint64_t done = 0;
    for (uint64_t seed = 1; seed <= PROGRAMS; seed++) {
        char name[32];
        jumpy_make(&j, seed);
        snprintf(name, sizeof(name), "seed %llu", (unsigned long long)seed);
        setup(&w, dry_bytes_of(j.code, j.len), DRY_FORK_OSAKA);
        CHECK(dry_ok(evm_world_open(&w)));
        for (int call = 0; call < 6; call++) {
            enum evm_outcome_kind kind;
            uint8_t input[64];
            for (size_t i = 0; i < sizeof(input); i += 2) {
                uint16_t to = jumpy_dest(&j);
                input[i] = (uint8_t)(to >> 8);
                input[i + 1] = (uint8_t)to;
            }
            CHECK_MSG(loops_same(&w, &kind, DRY_BYTES_ARRAY(input), 1100 + rnd(&j.seed, 5000)),
                      name);
            done += kind == EVM_DONE;
        }
        evm_world_close(&w);
    }
    print_message("%llu of %u calls ended well\n", (unsigned long long)done, PROGRAMS * 6);
    CHECK(done > PROGRAMS * 2); /* or they compare nothing: all failures look the same */
}

/* Init code stays in its creator's memory, which moves when its own memory, or that of what it
 * creates, grows. Afterwards it jumps on, and returns bytes of itself. */
static void init_code_moves_along(void **state)
{
    (void)state;
    static struct evm_world w;
    static const char *const init =
        "6001 62010000 52 #a56 fe @a" /* grow to 64 KiB, jump on */
        "67 6001620300005200 5f52"    /* a creation that grows to 192 KiB */
        "6008 6018 5f f0 #b57 fe @b"  /* jump on if it was made */
        "600a #e 5f 39 600a 5f f3"    /* return the 10 bytes at e */
        "=e 0102030405060708090a";
    static char code[600];
    struct dry_bytes made = assemble(init);
    const char *hex = test_hex_of(made);
    /* the creator stops if the new contract has these 10 bytes */
    snprintf(
        code, sizeof(code),
        "61%04x #z 5f 39 61%04x 5f 5f f0 80 3b 600a 14 15 #k57 5f5f52 600a 5f 6016 83 3c 50 5f51"
        "690102030405060708090a 14 #l57 @k fe @l 00 =z %s",
        (unsigned)made.len, (unsigned)made.len, hex);
    struct dry_bytes creator = assemble(code);
    for (enum dry_fork fork = DRY_FORK_SHANGHAI; fork <= DRY_FORK_OSAKA; fork++) {
        enum evm_outcome_kind kind = EVM_FAILED;
        setup(&w, creator, fork);
        CHECK(dry_ok(evm_world_open(&w)));
        for (int again = 0; again < 3; again++) {
            CHECK(loops_same(&w, &kind, DRY_BYTES_EMPTY, 3000000));
            CHECK(kind == EVM_DONE);
            dry_free(w.evm->memory); /* so that it has to grow again */
            w.evm->memory = NULL;
            w.evm->memory_cap = 0;
        }
        evm_world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_follow_execution), cmocka_unit_test(destinations),
        cmocka_unit_test(cache_holds_thousands),  cmocka_unit_test(newest_stays),
        cmocka_unit_test(bytes_are_lent_anew),    cmocka_unit_test(init_code_is_borrowed),
        cmocka_unit_test(shapes_agree),           cmocka_unit_test(random_jumps_agree),
        cmocka_unit_test(init_code_moves_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
