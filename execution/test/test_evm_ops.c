/* Every instruction's result for chosen operands, its price by fork, and the fork it comes with. */
#include "evm_world.h"
#include <drystone/test.h>

#define MAX "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define MIN "8000000000000000000000000000000000000000000000000000000000000000"
#define TOP_LESS "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define P64 "10000000000000000"
#define P255_1 "8000000000000000000000000000000000000000000000000000000000000001"
/* Store the top word and return it: 15 gas with the first word of memory. */
#define RETURN_TOP "60005260206000f3"

struct ran {
    enum dry_evm_end end;
    uint64_t gas, refund;
    char output[65];
};

static struct ran run_at(enum dry_fork fork, const char *code, uint64_t balance, uint64_t gas)
{
    static struct evm_world w;
    struct dry__message_result r;
    struct ran out = {.end = DRY_EVM_STOPPED};
    evm_world_init(&w, fork);
    evm_world_add(&w, EVM_CONTRACT, 1, balance, test_hex(code));
    evm_world_add(&w, EVM_CALLER, 0, 1000, DRY_BYTES_EMPTY);
    CHECK(dry_ok(evm_world_open(&w)));
    CHECK(dry_ok(evm_world_begin(&w, NULL)));
    dry_status st = evm_world_call(&w, &r, DRY_BYTES_LIT("\x01\x02\x03"), gas);
    CHECK(dry_ok(st) || st.code == DRY_CODE_ELIMIT); /* the limit: more memory than a machine has */
    if (dry_ok(st)) {
        out.end = r.end;
        out.gas = gas - r.gas_left;
        out.refund = w.world.refund;
        if (r.output.len == 32)
            memcpy(out.output, test_hex_of(r.output), 65);
    }
    evm_world_close(&w);
    return out;
}

static void word_text(char out[65], const char *digits)
{
    size_t n = strlen(digits);
    memset(out, '0', 64);
    memcpy(out + 64 - n, digits, n + 1);
}

/* Operands a (top), b, c; NULL: not taken. */
static const struct {
    const char *name;
    uint8_t op;
    const char *a, *b, *c, *want;
} words[] = {
    {"add wraps", 0x01, MAX, "2", NULL, "1"},
    {"mul wraps", 0x02, MIN, "2", NULL, "0"},
    {"mul carries", 0x02, P64, P64, NULL, "100000000000000000000000000000000"},
    {"sub wraps", 0x03, "0", "1", NULL, MAX},
    {"div", 0x04, "7", "2", NULL, "3"},
    {"div by 0", 0x04, "7", "0", NULL, "0"},
    {"sdiv", 0x05, MAX, "2", NULL, "0"},
    {"sdiv overflow", 0x05, MIN, MAX, NULL, MIN},
    {"sdiv by 0", 0x05, MIN, "0", NULL, "0"},
    {"mod", 0x06, "7", "4", NULL, "3"},
    {"mod by 0", 0x06, "7", "0", NULL, "0"},
    {"smod takes the dividend's sign", 0x07,
     "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff9", "4", NULL,
     "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd"},
    {"smod by 0", 0x07, MAX, "0", NULL, "0"},
    {"addmod keeps the carry", 0x08, MAX, MAX, "2", "0"},
    {"addmod by 0", 0x08, "1", "1", "0", "0"},
    {"mulmod keeps the product", 0x09, MAX, MAX, "c", "9"},
    {"exp", 0x0a, "3", "5", NULL, "f3"},
    {"exp 0 0", 0x0a, "0", "0", NULL, "1"},
    {"exp wraps", 0x0a, "2", "100", NULL, "0"},
    {"signextend negative", 0x0b, "0", "ff", NULL, MAX},
    {"signextend positive", 0x0b, "0", "17f", NULL, "7f"},
    {"signextend 30", 0x0b, "1e", MIN, NULL, "0"},
    {"signextend 31", 0x0b, "1f", MIN, NULL, MIN},
    {"signextend huge", 0x0b, P64, "ff", NULL, "ff"},
    {"lt", 0x10, "1", "2", NULL, "1"},
    {"lt equal", 0x10, "2", "2", NULL, "0"},
    {"gt", 0x11, MAX, "2", NULL, "1"},
    {"slt", 0x12, MAX, "0", NULL, "1"},
    {"sgt", 0x13, "0", MIN, NULL, "1"},
    {"eq", 0x14, P64, P64, NULL, "1"},
    {"eq high limb", 0x14, P64, "0", NULL, "0"},
    {"iszero", 0x15, "0", NULL, NULL, "1"},
    {"iszero high limb", 0x15, MIN, NULL, NULL, "0"},
    {"and", 0x16, "ff0", "f0f", NULL, "f00"},
    {"or", 0x17, "ff0", "f0f", NULL, "fff"},
    {"xor", 0x18, "ff0", "f0f", NULL, "ff"},
    {"not", 0x19, "0", NULL, NULL, MAX},
    {"byte 31", 0x1a, "1f", "1234", NULL, "34"},
    {"byte 0", 0x1a, "0", MIN, NULL, "80"},
    {"byte 32", 0x1a, "20", MAX, NULL, "0"},
    {"byte huge", 0x1a, MIN, MAX, NULL, "0"},
    /* ATTACKS 36: shifts by 2^31 to 2^32 and by 2^64 and more */
    {"shl", 0x1b, "ff", "1", NULL, MIN},
    {"shl 256", 0x1b, "100", "1", NULL, "0"},
    {"shl 2^31", 0x1b, "80000000", "1", NULL, "0"},
    {"shl 2^32", 0x1b, "100000000", "1", NULL, "0"},
    {"shl 2^64", 0x1b, P64, "1", NULL, "0"},
    {"shr", 0x1c, "ff", MIN, NULL, "1"},
    {"shr 2^32 + 1", 0x1c, "100000001", MAX, NULL, "0"},
    {"shr 2^64", 0x1c, P64, "1", NULL, "0"},
    {"sar", 0x1d, "fe", MIN, NULL,
     "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe"},
    {"sar 2^31", 0x1d, "80000000", MIN, NULL, MAX},
    {"sar 2^64 positive", 0x1d, P64, TOP_LESS, NULL, "0"},
    {"clz 0", 0x1e, "0", NULL, NULL, "100"},
    {"clz 1", 0x1e, "1", NULL, NULL, "ff"},
    {"clz top", 0x1e, P255_1, NULL, NULL, "0"},
};

static void results(void **state)
{
    (void)state;
    for (size_t i = 0; i < DRY_COUNT(words); i++) {
        char code[400] = "", want[65], digits[65];
        const char *operands[] = {words[i].c, words[i].b, words[i].a};
        for (size_t k = 0; k < 3; k++) {
            if (operands[k] == NULL)
                continue;
            word_text(digits, operands[k]);
            snprintf(code + strlen(code), sizeof(code) - strlen(code), "7f%s", digits);
        }
        snprintf(code + strlen(code), sizeof(code) - strlen(code), "%02x" RETURN_TOP, words[i].op);
        word_text(want, words[i].want);
        struct ran r = run_at(DRY_FORK_OSAKA, code, 0, 100000);
        CHECK_MSG(r.end == DRY_EVM_SUCCESS && strcmp(r.output, want) == 0, words[i].name);
        /* the same with operands from memory, where nothing is merged with a push */
        snprintf(code, sizeof(code), "%s", "");
        for (size_t k = 0; k < 3; k++) {
            if (operands[k] == NULL)
                continue;
            word_text(digits, operands[k]);
            snprintf(code + strlen(code), sizeof(code) - strlen(code), "7f%s600052600051", digits);
        }
        snprintf(code + strlen(code), sizeof(code) - strlen(code), "%02x" RETURN_TOP, words[i].op);
        r = run_at(DRY_FORK_OSAKA, code, 0, 100000);
        CHECK_MSG(r.end == DRY_EVM_SUCCESS && strcmp(r.output, want) == 0, words[i].name);
    }
}

/* Small pushes before an instruction are merged with it: each pair against plain arithmetic. */
static void merged_pushes(void **state)
{
    (void)state;
    static const struct {
        const char *code, *want;
    } cases[] = {
        {"60056003"
         "01",
         "8"},
        {"60056003"
         "03",
         MAX "-"},
        {"60036005"
         "03",
         "2"},
        {"60036005"
         "02",
         "f"},
        {"60ff600f"
         "16",
         "f"},
        {"60056005"
         "14",
         "1"},
        {"60056003"
         "10",
         "1"},
        {"60036005"
         "11",
         "1"},
        {"60016008"
         "1b",
         "100"},
        {"6101006008"
         "1c",
         "1"},
        {"6001600290"
         "50",
         "2"}, /* SWAP1 POP */
        {"60016002600391"
         "5050",
         "3"}, /* SWAP2 POP POP */
        {"60016002"
         "8101",
         "3"}, /* DUP2 ADD */
        {"60016005"
         "9003",
         MAX "c"}, /* SWAP1 SUB: 1 - 5 */
        {"60076001"
         "90600101"
         "03",
         "7"},                         /* SWAP1 PUSH ADD: (7 + 1) - 1 */
        {"6001600657005b6009", "9"},   /* PUSH JUMPI */
        {"600015600757005b6009", "9"}, /* ISZERO PUSH JUMPI */
    };
    for (size_t i = 0; i < DRY_COUNT(cases); i++) {
        char code[200], want[65];
        const char *digits = cases[i].want;
        if (strcmp(digits, MAX "-") == 0)
            digits = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe";
        if (strcmp(digits, MAX "c") == 0)
            digits = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc";
        snprintf(code, sizeof(code), "%s" RETURN_TOP, cases[i].code);
        word_text(want, digits);
        struct ran r = run_at(DRY_FORK_OSAKA, code, 0, 100000);
        CHECK_MSG(r.end == DRY_EVM_SUCCESS && strcmp(r.output, want) == 0, cases[i].code);
    }
}

#define F DRY_FORK_FRONTIER
#define TW DRY_FORK_TANGERINE_WHISTLE
#define SD DRY_FORK_SPURIOUS_DRAGON
#define BY DRY_FORK_BYZANTIUM
#define CO DRY_FORK_CONSTANTINOPLE
#define PE DRY_FORK_PETERSBURG
#define IS DRY_FORK_ISTANBUL
#define BE DRY_FORK_BERLIN
#define LO DRY_FORK_LONDON
#define SH DRY_FORK_SHANGHAI
#define CA DRY_FORK_CANCUN
#define PR DRY_FORK_PRAGUE
#define OS DRY_FORK_OSAKA

/* What a piece of code costs, without and with the refund it earns. */
static const struct {
    const char *name;
    enum dry_fork fork;
    const char *code;
    uint64_t balance, gas, refund;
} prices[] = {
    {"sload", F, "600054", 0, 53, 0},
    {"sload 150", TW, "600054", 0, 203, 0},
    {"sload 1884", IS, "600054", 0, 803, 0},
    {"sload cold, warm", BE, "600054600054", 0, 2206, 0},
    {"balance", F, "600031", 0, 23, 0},
    {"balance 150", TW, "600031", 0, 403, 0},
    {"balance 1884", IS, "600031", 0, 703, 0},
    {"balance cold, warm", BE, "600031600031", 0, 2706, 0},
    {"selfbalance", IS, "47", 0, 5, 0},
    {"extcodesize", F, "60003b", 0, 23, 0},
    {"extcodesize 150", TW, "60003b", 0, 703, 0},
    {"extcodesize cold", BE, "60003b", 0, 2603, 0},
    {"extcodehash", CO, "60003f", 0, 403, 0},
    {"extcodehash 1884", IS, "60003f", 0, 703, 0},
    {"extcodehash cold", BE, "60003f", 0, 2603, 0},
    {"extcodecopy", F, "60206000600060003c", 0, 12 + 20 + 3 + 3, 0},
    {"extcodecopy cold", BE, "60206000600060003c", 0, 12 + 2600 + 3 + 3, 0},
    {"exp", F, "61010060020a", 0, 6 + 10 + 20, 0},
    {"exp 160", SD, "61010060020a", 0, 6 + 10 + 100, 0},
    {"call of nobody", F, "6000600060006000600060ff6000f1", 0, 21 + 40 + 25000, 0},
    {"call of nobody 150", TW, "6000600060006000600060ff6000f1", 0, 21 + 700 + 25000, 0},
    {"call of nobody 158", SD, "6000600060006000600060ff6000f1", 0, 21 + 700, 0},
    {"call of nobody 2929", BE, "6000600060006000600060ff6000f1", 0, 21 + 2600, 0},
    {"call with value to nobody", SD, "6000600060006000600160ff6000f1", 9,
     21 + 700 + 9000 + 25000 - 2300, 0},
    {"call without funds gives the stipend back", SD, "6000600060006000600160ff6000f1", 0,
     21 + 700 + 9000 + 25000 - 2300, 0},
    {"callcode with value", SD, "6000600060006000600160ff6000f2", 9, 21 + 700 + 9000 - 2300, 0},
    {"call of a precompile is warm", BE,
     "600060006000600060006004620fffff"
     "f1",
     0, 21 + 100 + 15, 0},
    {"selfdestruct", F, "60ffff", 0, 3, 24000},
    {"selfdestruct 150", TW, "60ffff", 0, 3 + 5000 + 25000, 24000},
    {"selfdestruct 158", SD, "60ffff", 0, 3 + 5000, 24000},
    {"selfdestruct 158 with funds", SD, "60ffff", 1, 3 + 5000 + 25000, 24000},
    {"selfdestruct cold", BE, "60ffff", 0, 3 + 5000 + 2600, 24000},
    {"selfdestruct 3529", LO, "60ffff", 1, 3 + 5000 + 2600 + 25000, 0},
    {"sstore set", F, "6001600055", 0, 6 + 20000, 0},
    {"sstore 0 to 0", F, "6000600055", 0, 6 + 5000, 0},
    {"sstore 0 to 0, 1283", CO, "6000600055", 0, 6 + 200, 0},
    {"sstore 0 to 0, 2200", IS, "6000600055", 0, 6 + 800, 0},
    {"sstore 0 to 0, 2929", BE, "6000600055", 0, 6 + 2200, 0},
    {"sstore set 2929", BE, "6001600055", 0, 6 + 22100, 0},
    {"sstore and back", BY, "60016000556000600055", 0, 12 + 25000, 15000},
    {"sstore and back 1283", CO, "60016000556000600055", 0, 12 + 20200, 19800},
    {"sstore and back, 1283 withdrawn", PE, "60016000556000600055", 0, 12 + 25000, 15000},
    {"sstore and back 2200", IS, "60016000556000600055", 0, 12 + 20800, 19200},
    {"sstore and back 2929", BE, "60016000556000600055", 0, 12 + 22200, 19900},
    {"create", F, "600060006000f0", 0, 9 + 32000, 0},
    {"create, init code priced", SH, "604060006000f0", 0, 9 + 32000 + 6 + 4, 0},
    {"create2", CO,
     "60006040600060"
     "00f5",
     0, 12 + 32000 + 6 + 12, 0},
    {"create2, init code priced", SH,
     "60006040600060"
     "00f5",
     0, 12 + 32000 + 6 + 16, 0},
    {"keccak", F,
     "60216000"
     "20",
     0, 6 + 30 + 12 + 6, 0},
    {"log2", F,
     "6001600260056000"
     "a2",
     0, 12 + 375 * 3 + 40 + 3, 0},
    {"push0", SH, "5f", 0, 2, 0},
    {"mcopy", CA,
     "602160006000"
     "5e",
     0, 9 + 3 + 6 + 6, 0},
    {"tload tstore", CA,
     "5f5c"
     "60015f5d",
     0, 2 + 100 + 3 + 2 + 100, 0},
    {"blobhash, blobbasefee", CA,
     "5f49"
     "4a",
     0, 2 + 3 + 2, 0},
    {"clz", OS, "5f1e", 0, 2 + 5, 0},
    {"memory is quadratic", F,
     "6001620fffe0"
     "52",
     0, 6 + 3 + 3 * 32768 + 32768ull * 32768 / 512, 0},
    {"jumpdest", F, "5b", 0, 1, 0},
    {"mstore8", F,
     "60016000"
     "53",
     0, 6 + 3 + 3, 0},
    {"return of memory", F, "60406000f3", 0, 6 + 6, 0},
};

static void gas(void **state)
{
    (void)state;
    for (size_t i = 0; i < DRY_COUNT(prices); i++) {
        struct ran r = run_at(prices[i].fork, prices[i].code, prices[i].balance, 10000000);
        char text[200];
        snprintf(text, sizeof(text), "%s: gas %llu, refund %llu, %s", prices[i].name,
                 (unsigned long long)r.gas, (unsigned long long)r.refund, dry_evm_end_text(r.end));
        CHECK_MSG(r.end == DRY_EVM_SUCCESS && r.gas == prices[i].gas &&
                      r.refund == prices[i].refund,
                  text);
        /* exactly that much is enough, one less is not */
        if (prices[i].refund == 0 && strstr(prices[i].code, "f1") == NULL &&
            strstr(prices[i].code, "55") == NULL && strstr(prices[i].code, "f2") == NULL) {
            CHECK_MSG(run_at(prices[i].fork, prices[i].code, prices[i].balance, r.gas).end ==
                          DRY_EVM_SUCCESS,
                      text);
            CHECK_MSG(run_at(prices[i].fork, prices[i].code, prices[i].balance, r.gas - 1).end ==
                          DRY_EVM_OUT_OF_GAS,
                      text);
        }
    }
}

static void append(char *code, size_t room, const char *more)
{
    size_t n = strlen(code);
    CHECK(n + strlen(more) < room);
    memcpy(code + n, more, strlen(more) + 1);
}

static void births(void **state)
{
    (void)state;
    static const struct {
        uint8_t op;
        enum dry_fork since;
    } born[] = {{0xf4, DRY_FORK_HOMESTEAD},
                {0x3d, BY},
                {0x3e, BY},
                {0xfa, BY},
                {0xfd, BY},
                {0x1b, CO},
                {0x1c, CO},
                {0x1d, CO},
                {0x3f, CO},
                {0xf5, CO},
                {0x46, IS},
                {0x47, IS},
                {0x48, LO},
                {0x5f, SH},
                {0x49, CA},
                {0x4a, CA},
                {0x5c, CA},
                {0x5d, CA},
                {0x5e, CA},
                {0x1e, OS}};
    for (size_t i = 0; i < DRY_COUNT(born); i++)
        for (enum dry_fork f = DRY_FORK_FRONTIER; f <= DRY_FORK_OSAKA; f++) {
            char code[64];
            snprintf(code, sizeof(code), "6000600060006000600060006000%02x", born[i].op);
            bool invalid = run_at(f, code, 0, 10000000).end == DRY_EVM_INVALID_OPCODE;
            CHECK_MSG(invalid == (f < born[i].since), code);
        }
    for (unsigned op = 0; op < 256; op++) { /* bytes that stay undefined, the loop's own included */
        bool defined = op <= 0x0b || (op >= 0x10 && op <= 0x1e) || op == 0x20 ||
                       (op >= 0x30 && op <= 0x4a) || (op >= 0x50 && op <= 0xa4) ||
                       (op >= 0xf0 && op <= 0xf5) || op == 0xfa || op == 0xfd || op == 0xff;
        char code[128] = "";
        for (int i = 0; i < 20; i++)
            append(code, sizeof(code), "6000");
        snprintf(code + 80, sizeof(code) - 80, "%02x", op);
        CHECK_MSG((run_at(DRY_FORK_OSAKA, code, 0, 10000000).end != DRY_EVM_INVALID_OPCODE) ==
                      defined,
                  code + 80);
    }
}

static void stack_and_jumps(void **state)
{
    (void)state;
    char code[4200] = "";
    for (int i = 0; i < 1024; i++)
        append(code, sizeof(code), "5f");
    CHECK(run_at(OS, code, 0, 100000).end == DRY_EVM_SUCCESS);
    append(code, sizeof(code), "50");
    CHECK(run_at(OS, code, 0, 100000).end == DRY_EVM_SUCCESS);
    code[2048] = 0;
    append(code, sizeof(code), "5f");
    CHECK(run_at(OS, code, 0, 100000).end == DRY_EVM_STACK_OVERFLOW);
    CHECK(run_at(OS, "5f01", 0, 100000).end == DRY_EVM_STACK_UNDERFLOW);
    CHECK(run_at(OS, "5f5b01", 0, 100000).end == DRY_EVM_STACK_UNDERFLOW);
    static const struct {
        const char *code;
        enum dry_evm_end end;
    } jumps[] = {
        {"600456"
         "fe"
         "5b",
         DRY_EVM_SUCCESS},
        {"600356"
         "00",
         DRY_EVM_INVALID_JUMP}, /* no JUMPDEST there */
        {"600456"
         "605b",
         DRY_EVM_INVALID_JUMP},           /* inside push data */
        {"60ff56", DRY_EVM_INVALID_JUMP}, /* past the end */
        {"6801000000000000000456"
         "5b",
         DRY_EVM_INVALID_JUMP},        /* 2^64 + 4 */
        {"5f60ff57", DRY_EVM_SUCCESS}, /* not taken: not checked */
        {"600160ff57", DRY_EVM_INVALID_JUMP},
        {"60075f52"
         "5f51"
         "56"
         "fe"
         "5b",
         DRY_EVM_INVALID_JUMP}, /* computed, off by one */
        {"60095f52"
         "5f51"
         "56"
         "fefe5b",
         DRY_EVM_SUCCESS},
        {"60016009"
         "9057"
         "fefefe5b",
         DRY_EVM_INVALID_JUMP},
        {"6001600a"
         "9057"
         "5b",
         DRY_EVM_INVALID_JUMP},  /* swapped: destination 1 */
        {"60", DRY_EVM_SUCCESS}, /* push data past the end is zero */
        {"5b5b5b", DRY_EVM_SUCCESS},
        {"600880601457"
         "5f5ffd"
         "5b",
         DRY_EVM_INVALID_JUMP},
        {"600580600514600a575bfe5b", DRY_EVM_INVALID_JUMP},
        {"600580600514600b57fe"
         "5b5b",
         DRY_EVM_SUCCESS}, /* a selector's comparison, taken */
        {"600680600514600b57"
         "00"
         "fefe",
         DRY_EVM_SUCCESS}, /* and not taken, to nowhere */
    };
    for (size_t i = 0; i < DRY_COUNT(jumps); i++)
        CHECK_MSG(run_at(OS, jumps[i].code, 0, 100000).end == jumps[i].end, jumps[i].code);
}

/* ATTACKS 37: an empty range has any offset and costs nothing; a full one far out is out of gas. */
static void far_ranges(void **state)
{
    (void)state;
    static const char *const ops[] = {"37", "39", "5e"};
    for (size_t i = 0; i < DRY_COUNT(ops); i++) {
        char code[300];
        snprintf(code, sizeof(code),
                 "5f"
                 "7f" MAX "6601000000000000%s"
                 "59" RETURN_TOP,
                 ops[i]);
        struct ran r = run_at(OS, code, 0, 100000);
        CHECK_MSG(r.end == DRY_EVM_SUCCESS && strspn(r.output, "0") == 64, ops[i]);
        snprintf(code, sizeof(code),
                 "6001"
                 "5f"
                 "6601000000000000%s",
                 ops[i]);
        CHECK_MSG(run_at(OS, code, 0, UINT64_MAX).end == DRY_EVM_OUT_OF_GAS, ops[i]);
        snprintf(code, sizeof(code),
                 "7f" MAX "5f"
                 "5f%s",
                 ops[i]);
        CHECK_MSG(run_at(OS, code, 0, UINT64_MAX).end == DRY_EVM_OUT_OF_GAS, ops[i]);
    }
    CHECK(run_at(OS, "5f7f" MAX "20", 0, 100000).end == DRY_EVM_SUCCESS);
    CHECK(run_at(OS, "5f7f" MAX "f3", 0, 100000).end == DRY_EVM_SUCCESS);
    CHECK(run_at(OS, "5f7f" MAX "a0", 0, 100000).end == DRY_EVM_SUCCESS);
    CHECK(run_at(OS, "7f" MAX "51", 0, UINT64_MAX).end == DRY_EVM_OUT_OF_GAS);
    /* What all the gas there is can buy, but no machine has, is no verdict. */
    CHECK(run_at(OS, "63ffffffff51", 0, UINT64_MAX).end == DRY_EVM_STOPPED);
    CHECK(run_at(OS, "5f63ffffffff52", 0, UINT64_MAX).end == DRY_EVM_STOPPED);
    CHECK(run_at(OS, "641fffffffc051", 0, UINT64_MAX).end == DRY_EVM_STOPPED);
    CHECK(run_at(OS, "641fffffffe051", 0, UINT64_MAX).end == DRY_EVM_OUT_OF_GAS);
    CHECK(run_at(OS, "63ffffffff51", 0, 35184775266312).end == DRY_EVM_OUT_OF_GAS);
    CHECK(run_at(OS, "63ffffffff51", 0, 35184775266313).end == DRY_EVM_STOPPED);
    CHECK(run_at(OS, "60015f5f3e", 0, 100000).end == DRY_EVM_RETURN_DATA_BOUNDS);
    CHECK(run_at(OS, "5f60015f3e", 0, 100000).end == DRY_EVM_RETURN_DATA_BOUNDS);
    CHECK(run_at(OS, "60017f" MAX "5f3e", 0, 100000).end == DRY_EVM_RETURN_DATA_BOUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results), cmocka_unit_test(merged_pushes),   cmocka_unit_test(gas),
        cmocka_unit_test(births),  cmocka_unit_test(stack_and_jumps), cmocka_unit_test(far_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
