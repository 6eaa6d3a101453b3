/* Calls and creations: depth, gas handed on, static frames, return data, delegations, and the rules
 * of new code by fork. */
#include "evm_world.h"
#include <drystone/execution.h>
#include <drystone/test.h>

#define OS DRY_FORK_OSAKA
#define OTHER 0xb0b0b0b0u
#define PUSH_OTHER "63b0b0b0b0"

struct ran {
    enum dry_evm_end end;
    uint64_t gas, word; /* the output's low 64 bits */
    size_t out_len;
};
static struct evm_world w;

static struct ran run(uint64_t gas)
{
    struct dry__message_result r;
    struct ran out = {0};
    CHECK(dry_ok(evm_world_open(&w)));
    CHECK(dry_ok(evm_world_begin(&w, NULL)));
    CHECK(dry_ok(evm_world_call(&w, &r, DRY_BYTES_EMPTY, gas)));
    out.end = r.end;
    out.gas = gas - r.gas_left;
    out.out_len = r.output.len;
    for (size_t i = r.output.len > 8 ? r.output.len - 8 : 0; i < r.output.len; i++)
        out.word = out.word << 8 | r.output.ptr[i];
    return out;
}

static void world(enum dry_fork fork, const char *code, uint64_t balance, const char *other)
{
    evm_world_close(&w);
    evm_world_init(&w, fork);
    evm_world_add(&w, EVM_CONTRACT, 1, balance, test_hex(code));
    evm_world_add(&w, EVM_CALLER, 0, 1000000, DRY_BYTES_EMPTY);
    if (other != NULL)
        evm_world_add(&w, OTHER, 1, 0, test_hex(other));
}

static struct dry__account *account(struct dry_address a)
{
    struct dry__account *account = dry__world_account(&w.world, &a);
    CHECK(account != NULL);
    return account;
}

/* 1025 frames stand on each other; the call from the last fails alone. */
static void depth(void **state)
{
    (void)state;
    world(OS, "60205f5f5f5f305af1505f516001015f5260205ff3", 0, NULL);
    struct ran r = run((uint64_t)1 << 63);
    CHECK(r.end == DRY_EVM_SUCCESS && r.word == 1025);
    /* the same before a 64th was kept back: all gas goes down, less a reserve */
    world(DRY_FORK_FRONTIER,
          "602060006000600060003061012c5a03f1506000516001016000526020"
          "6000f3",
          0, NULL);
    r = run(100000000);
    CHECK(r.end == DRY_EVM_SUCCESS && r.word == 1025);
    /* creation at the bottom fails, gives gas back, leaves the nonce */
    world(OS,
          "5f5f5ff0"
          "8015601057"
          "00"
          "5b5f5f5f5f5f305af1",
          0, NULL);
    CHECK(run((uint64_t)1 << 40).end == DRY_EVM_SUCCESS);
}

/* ATTACKS 36: any of 2^256 amounts of gas may be asked for. */
static void gas_asked(void **state)
{
    (void)state;
    static const char *const asked[] = {
        "677fffffffffffffff", "678000000000000000", "67ffffffffffffffff", "68010000000000000000",
        "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
    for (size_t i = 0; i < DRY_COUNT(asked); i++) {
        char code[300];
        /* GAS before and inside: the callee returns what it was given */
        snprintf(code, sizeof(code),
                 "60205f5f5f5f" PUSH_OTHER "%sf1"
                 "5060205ff3",
                 asked[i]);
        world(OS, code, 0, "5a5f5260205ff3");
        struct ran r = run(1000000);
        uint64_t before = 1000000 - (3 + 2 * 4 + 3 + 3) - 2600 - 3; /* access, memory */
        CHECK_MSG(r.end == DRY_EVM_SUCCESS && r.word == before - before / 64 - 2, asked[i]);
        world(DRY_FORK_HOMESTEAD,
              "60006000600060006000" PUSH_OTHER "7f"
              "8000000000000000000000000000000000000000000000000000000000000000f1",
              0, "00");
        CHECK(run(1000000).end == DRY_EVM_OUT_OF_GAS);
    }
}

/* ATTACKS 37: static stays static however deep the call. */
static void statics(void **state)
{
    (void)state;
    static const char *const forbidden[] = {"60015f55",     "60015f5d",          "5f5fa0",
                                            "5f5f5f5f5fa3", "5f5f5ff0",          "5f5f5f5ff5",
                                            "5fff",         "5f5f5f5f6001305af1"};
    static const char *const allowed[] = {"5f54", "5f5c", "5f5f5f5f5f305af1", "5f5f5f5f6001305af2",
                                          "5f5f20"};
    /* static call of OTHER, which calls itself with data; then it does the deed */
    for (size_t i = 0; i < DRY_COUNT(forbidden) + DRY_COUNT(allowed); i++) {
        bool deed = i < DRY_COUNT(forbidden);
        const char *body = deed ? forbidden[i] : allowed[i - DRY_COUNT(forbidden)];
        char other[200];
        /* CALLDATASIZE JUMPI deed; else call itself with one byte and return the flag */
        snprintf(other, sizeof(other),
                 "36601757"
                 "60205f60015f5f305af1"
                 "5f52"
                 "60205ff3"
                 "fefefe"
                 "5b"
                 "%s"
                 "00",
                 body);
        world(OS, "60205f5f5f" PUSH_OTHER "5afa5060205ff3", 10, other);
        struct ran r = run(5000000);
        CHECK_MSG(r.end == DRY_EVM_SUCCESS && r.out_len == 32, body);
        CHECK_MSG(r.word == !deed, body);
        /* not static: the deed is done */
        world(OS, "60205f5f5f6002" PUSH_OTHER "5af15060205ff3", 10, other);
        r = run(5000000);
        CHECK_MSG(r.end == DRY_EVM_SUCCESS && r.word == 1, body);
    }
}

/* ATTACKS 34: return data is a copy, whatever happens to the memory it came from or went to. */
static void return_data(void **state)
{
    (void)state;
    /* mem[0] = 0x11; identity over it, output over the input; mem[0] = 0x22; read the return data
     */
    world(OS,
          "60115f52"
          "60205f60205f5f60045af150"
          "60225f52"
          "60205f60203e"
          "60206020f3",
          0, NULL);
    struct ran r = run(1000000);
    CHECK(r.end == DRY_EVM_SUCCESS && r.word == 0x11);
    /* output overlapping the input by half */
    world(OS,
          "7f000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f5f52"
          "6020601060205f5f60045af150"
          "60206010f3",
          0, NULL);
    r = run(1000000);
    CHECK(r.end == DRY_EVM_SUCCESS && r.word == 0x18191a1b1c1d1e1f);
    /* a shorter answer leaves the rest of the output range alone */
    world(OS,
          "60ff5f53"
          "60205f5f5f5f" PUSH_OTHER "5af150"
          "60015ff3",
          0, "60aa60005360015ff3");
    r = run(1000000);
    CHECK(r.end == DRY_EVM_SUCCESS && r.word == 0xaa);
    /* a failed call leaves none; a reverted one leaves its reason */
    world(OS,
          "5f5f5f5f5f" PUSH_OTHER "61ffff"
          "f1503d5f5260205ff3",
          0, "fe");
    CHECK(run(1000000).word == 0);
    world(OS,
          "5f5f5f5f5f" PUSH_OTHER "61ffff"
          "f1503d5f5260205ff3",
          0, "60075ffd");
    CHECK(run(1000000).word == 7);
    /* neither does a successful creation; a reverted one does */
    world(OS,
          "6460075ff35f525f"
          "5f5ff0503d5f5260205ff3",
          0, NULL);
    CHECK(run(1000000).word == 0);
    world(OS, "6460075ffd5f5f526005601b5ff0503d5f5260205ff3", 0, NULL);
    CHECK(run(1000000).word == 7);
}

static void kinds(void **state)
{
    (void)state;
    /* the callee answers caller XOR address XOR value */
    static const char *callee = "3330183418"
                                "5f5260205ff3";
    uint64_t contract = EVM_CONTRACT, other = OTHER, caller = EVM_CALLER;
    world(OS, "60205f5f5f6003" PUSH_OTHER "5af15060205ff3", 10, callee);
    CHECK(run(1000000).word == (contract ^ other ^ 3));
    CHECK(account(evm_address(OTHER))->balance.w[0] == 3);
    CHECK(account(evm_address(EVM_CONTRACT))->balance.w[0] == 7);
    world(OS, "60205f5f5f6003" PUSH_OTHER "5af25060205ff3", 10, callee);
    CHECK(run(1000000).word == (contract ^ contract ^ 3));
    CHECK(account(evm_address(EVM_CONTRACT))->balance.w[0] == 10);
    world(OS, "60205f5f5f" PUSH_OTHER "5af45060205ff3", 10, callee);
    CHECK(run(1000000).word == (caller ^ contract));
    world(OS, "60205f5f5f" PUSH_OTHER "5afa5060205ff3", 10, callee);
    CHECK(run(1000000).word == (contract ^ other));
    /* not enough funds: the call fails, its gas and the stipend come back */
    world(OS, "60205f5f5f600b" PUSH_OTHER "5af15f5260205ff3", 10, callee);
    struct ran r = run(1000000);
    CHECK(r.end == DRY_EVM_SUCCESS && r.word == 0 && r.gas < 20000);
}

/* EIP-7702: a designator runs its target's code here, and costs its access. */
static void delegations(void **state)
{
    (void)state;
    static const char *designator = "ef0100"
                                    "00000000000000000000000000000000c0ffee00";
    world(OS, "60205f5f5f5f" PUSH_OTHER "5af15060205ff3", 0, designator);
    evm_world_add(&w, 0xc0ffee00, 1, 0, test_hex("305f5260205ff3"));
    struct ran r = run(1000000);
    uint64_t rest = 3 + 2 * 4 + 3 + 2 + 2 + 3 + 2; /* pushes, GAS, POP, the return's two */
    CHECK(r.end == DRY_EVM_SUCCESS && r.word == OTHER);
    CHECK(r.gas == rest + 2600 + 2600 + 3 + (2 + 2 + 3 + 3 + 3 + 2));
    world(DRY_FORK_CANCUN, "60205f5f5f5f" PUSH_OTHER "5af15f5260205ff3", 0, designator);
    r = run(1000000);
    CHECK(r.end == DRY_EVM_SUCCESS && r.word == 0); /* 0xef is no instruction */
    /* EXTCODE* see the designator itself */
    world(OS, PUSH_OTHER "3b5f5260205ff3", 0, designator);
    CHECK(run(1000000).word == 23);
    /* a chain is followed one step; a precompile as target is empty code */
    world(OS, "5f5f5f5f5f" PUSH_OTHER "61fffff15f5260205ff3", 0, designator);
    evm_world_add(&w, 0xc0ffee00, 1, 0,
                  test_hex("ef0100"
                           "00000000000000000000000000000000c0ffee01"));
    evm_world_add(&w, 0xc0ffee01, 1, 0, test_hex("00"));
    CHECK(run(1000000).word == 0);
    world(OS, "60205f5f5f5f" PUSH_OTHER "61fffff13d5f5260205ff3", 0,
          "ef0100"
          "0000000000000000000000000000000000000002");
    CHECK(run(1000000).word == 0);
    struct dry_address target;
    CHECK(!dry__delegation(&target, test_hex("ef0100")));
    CHECK(
        !dry__delegation(&target, test_hex("ef010100000000000000000000000000000000000000ffee01")));
}

/* CREATE with the low `n` bytes of a pushed word as init code; returns the address. */
static void create_code(char *out, size_t room, const char *init, unsigned value)
{
    unsigned n = (unsigned)strlen(init) / 2;
    snprintf(out, room,
             "%02x%s600052"
             "60%02x60%02x60%02xf0"
             "60005260206000f3",
             0x5f + n, init, n, 32 - n, value);
}

static void creations(void **state)
{
    (void)state;
    static const struct {
        const char *name, *init;
        bool from, until; /* made before and from `fork` on? */
        enum dry_fork fork;
    } cases[] = {
        {"one byte", "600160005360016000f3", true, true, OS},
        {"0xef is refused from London on", "60ef60005360016000f3", true, false, DRY_FORK_LONDON},
        {"24,576 bytes are too few to refuse", "6160006000f3", true, true,
         DRY_FORK_SPURIOUS_DRAGON},
        {"24,577 bytes are refused from EIP-170 on", "6160016000f3", true, false,
         DRY_FORK_SPURIOUS_DRAGON},
        {"failing code makes nothing", "fe", false, false, OS},
        {"empty code makes an account", "00", true, true, OS},
    };
    for (size_t i = 0; i < DRY_COUNT(cases); i++)
        for (enum dry_fork f = DRY_FORK_FRONTIER; f <= OS; f++) {
            char code[200];
            create_code(code, sizeof(code), cases[i].init, 4);
            world(f, code, 10, NULL);
            struct ran r = run(50000000);
            bool made = f < cases[i].fork ? cases[i].from : cases[i].until;
            if (!made && f < DRY_FORK_TANGERINE_WHISTLE) { /* no 64th was kept back */
                CHECK_MSG(r.end == DRY_EVM_OUT_OF_GAS, cases[i].name);
                continue;
            }
            CHECK_MSG(r.end == DRY_EVM_SUCCESS && (r.word != 0) == made, cases[i].name);
            CHECK_MSG(account(evm_address(EVM_CONTRACT))->nonce == 2, cases[i].name);
            CHECK_MSG(account(evm_address(EVM_CONTRACT))->balance.w[0] == (made ? 6 : 10),
                      cases[i].name);
        }
}

/* Code that cannot be paid for: Frontier keeps the account without it, later forks fail. */
static void unpaid_code(void **state)
{
    (void)state;
    char code[200];
    create_code(code, sizeof(code), "6107d06000f3", 0); /* 2000 bytes: 400,000 gas */
    world(DRY_FORK_FRONTIER, code, 0, NULL);
    struct ran r = run(200000);
    CHECK(r.end == DRY_EVM_SUCCESS && r.word != 0 && r.gas < 60000);
    world(DRY_FORK_HOMESTEAD, code, 0, NULL);
    r = run(200000);
    CHECK(r.end == DRY_EVM_OUT_OF_GAS || r.word == 0);
    world(OS, code, 0, NULL);
    r = run(200000);
    CHECK(r.end == DRY_EVM_SUCCESS && r.word == 0);
}

/* EIP-2681, EIP-684, EIP-7610 and EIP-3860. */
static void refused_creations(void **state)
{
    (void)state;
    char code[200];
    struct dry_address made;
    create_code(code, sizeof(code), "600160005360016000f3", 0);
    world(OS, code, 0, NULL);
    w.at[0].account.nonce = UINT64_MAX;
    struct ran r = run(1000000);
    CHECK(r.end == DRY_EVM_SUCCESS && r.word == 0 && r.gas < 100000); /* gas comes back */

    struct dry_address creator = evm_address(EVM_CONTRACT);
    dry_create_address(&made, &creator, 1);
    for (int what = 0; what < 3; what++)
        for (enum dry_fork f = DRY_FORK_FRONTIER; f <= OS; f++) {
            world(f, code, 0, NULL);
            evm_world_add(&w, 1, what == 0, 7, what == 1 ? test_hex("00") : DRY_BYTES_EMPTY);
            w.at[w.count - 1].address = made;
            if (what == 2)
                w.at[w.count - 1].account.storage_root.b[0] = 1; /* not the empty trie */
            r = run(1000000);
            bool kept = f >= DRY_FORK_TANGERINE_WHISTLE; /* the 64th */
            CHECK((r.end == DRY_EVM_SUCCESS && r.word == 0 && r.gas > 900000) ||
                  (!kept && r.end == DRY_EVM_OUT_OF_GAS));
            CHECK(!kept || account(creator)->nonce == 2);
        }
    /* funds alone do not collide, and stay */
    world(OS, code, 0, NULL);
    evm_world_add(&w, 1, 0, 7, DRY_BYTES_EMPTY);
    w.at[w.count - 1].address = made;
    CHECK(run(1000000).word != 0);
    CHECK(account(made)->balance.w[0] == 7 && account(made)->nonce == 1);

    world(OS, "61c0005f5ff0", 0, NULL);
    CHECK(run(10000000).end == DRY_EVM_SUCCESS);
    world(OS, "61c0015f5ff0", 0, NULL);
    CHECK(run(10000000).end == DRY_EVM_INITCODE_SIZE);
    world(DRY_FORK_PARIS, "61c00160006000f0", 0, NULL);
    CHECK(run(10000000).end == DRY_EVM_SUCCESS);
}

/* A revert undoes everything below it: storage, logs, refunds, funds, transient storage. */
static void reverts(void **state)
{
    (void)state;
    world(OS, "5f5f5f5f6003" PUSH_OTHER "5af15f5260205ff3", 10,
          "60015f5560015f5d5f5fa05f5f5f5ff05f5ffd");
    struct ran r = run(1000000);
    CHECK(r.end == DRY_EVM_SUCCESS && r.word == 0);
    CHECK(w.world.log_count == 0 && w.world.refund == 0);
    CHECK(account(evm_address(EVM_CONTRACT))->balance.w[0] == 10);
    CHECK(account(evm_address(OTHER))->nonce == 1);
}

/* A stop from outside ends loops and nested calls. */
static void stops(void **state)
{
    (void)state;
    static const char *const codes[] = {"5b5f56", "5b60015f57", "5f5f5f5f5f305af1", "5b5f5f5ff0"};
    for (size_t i = 0; i < DRY_COUNT(codes); i++) {
        world(OS, codes[i], 0, NULL);
        CHECK(dry_ok(evm_world_open(&w)));
        dry__evm_stop(w.evm);
        struct ran r = run((uint64_t)1 << 60);
        CHECK_MSG(r.end == DRY_EVM_STOPPED, codes[i]);
        CHECK(w.evm->frame_count == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depth),
        cmocka_unit_test(gas_asked),
        cmocka_unit_test(statics),
        cmocka_unit_test(return_data),
        cmocka_unit_test(kinds),
        cmocka_unit_test(delegations),
        cmocka_unit_test(creations),
        cmocka_unit_test(unpaid_code),
        cmocka_unit_test(refused_creations),
        cmocka_unit_test(reverts),
        cmocka_unit_test(stops),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    evm_world_close(&w);
    return failed;
}
