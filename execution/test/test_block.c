/* Whole blocks through the serial executor: rewards, withdrawals, system contracts and requests,
 * what a refused transaction leaves behind, calls that leave nothing, and memory running out at
 * every point. */
#include "rules_impl.h"
#include <drystone/crypto.h>
#include <drystone/state.h>
#include <drystone/test.h>

static const struct dry_address rich = {{0xaa, [19] = 1}};
static const struct dry_address coinbase = {{0xcc, [19] = 1}};
static const struct dry_address contract = {{0xdd, [19] = 1}};

#define ETHER ((uint64_t)1000000000000000000u)

struct fixture {
    struct dry_memory_state *state;
    struct dry_executor *executor;
    struct dry_chain_config config;
    struct dry_block_env env;
    struct dry_arena arena;
};

/* A rich account, the system contracts, and one contract with `code`. */
static dry_status alloc(struct dry_memory_state *m, const char *code, bool system_contracts)
{
    struct dry_account_diff a[3 + 4] = {
        {.address = contract, .exists = true, .nonce = 1, .code_changed = true},
        {.address = rich, .exists = true, .balance = {{0, 1000, 0, 0}}},
    };
    uint32_t n = 2;

    a[0].code = test_hex(code);
    dry_keccak256(&a[0].code_hash, a[0].code);
    a[1].code_hash = dry_hash_empty_code;
    for (uint32_t i = 0; system_contracts && i < dry_system_contract_count; i++) {
        a[n] = (struct dry_account_diff){.address = dry_system_contracts[i].address,
                                         .exists = true,
                                         .nonce = 1,
                                         .code_changed = true,
                                         .code = dry_system_contracts[i].code};
        dry_keccak256(&a[n].code_hash, a[n].code);
        n++;
    }
    for (uint32_t i = 1; i < n; i++) /* by address */
        for (uint32_t k = i; k > 0 && memcmp(a[k].address.b, a[k - 1].address.b, 20) < 0; k--) {
            struct dry_account_diff t = a[k];
            a[k] = a[k - 1];
            a[k - 1] = t;
        }
    return dry_memory_state_apply(m, &(struct dry_state_diff){n, a});
}

static dry_status fixture_open(struct fixture *f, enum dry_fork fork, const char *code,
                               bool system_contracts)
{
    struct dry_executor_settings set = {.code_cache_bytes = 1u << 20};
    dry_status st;

    memset(f, 0, sizeof(*f));
    dry_chain_config_at(&f->config, fork, 1);
    f->env = (struct dry_block_env){.number = 20,
                                    .time = 1000,
                                    .gas_limit = 30000000,
                                    .coinbase = coinbase,
                                    .parent_hash = {{7}},
                                    .parent_beacon_root = {{8}}};
    if (fork >= DRY_FORK_LONDON)
        f->env.base_fee = DRY_U256(7);
    dry_rules_at(&f->env.rules, &f->config, 20, 1000, fork >= DRY_FORK_PARIS);
    st = dry_memory_state_open(&f->state);
    if (dry_ok(st))
        st = alloc(f->state, code, system_contracts);
    if (dry_ok(st))
        st = dry_executor_open(&f->executor, &dry_executor_serial, &set);
    return st;
}

static void fixture_close(struct fixture *f)
{
    dry_executor_close(f->executor);
    dry_memory_state_close(f->state);
    dry_arena_fini(&f->arena);
}

static struct dry_tx transfer(uint64_t nonce, const struct dry_address *to, uint64_t value)
{
    return (struct dry_tx){.has_to = true,
                           .to = *to,
                           .nonce = nonce,
                           .gas_limit = 100000,
                           .max_fee_per_gas = DRY_U256(10),
                           .max_priority_fee_per_gas = DRY_U256(10),
                           .value = DRY_U256(value)};
}

static dry_status run(struct fixture *f, enum dry_verdict *verdict, struct dry_block_result *out,
                      const struct dry_block *body)
{
    dry_status st = dry_executor_begin(f->executor, verdict, &f->env,
                                       dry_memory_state_reader(f->state), NULL, &f->arena);

    for (uint32_t i = 0; i < body->tx_count && dry_ok(st) && *verdict == DRY_VERDICT_VALID; i++) {
        struct dry_tx_result r;

        st = dry_executor_transact(f->executor, verdict, &r, &body->txs[i], &rich);
    }
    if (dry_ok(st) && *verdict == DRY_VERDICT_VALID)
        st = dry_executor_finish(f->executor, verdict, out, body);
    return st;
}

static const struct dry_account_diff *find(const struct dry_block_result *r,
                                           const struct dry_address *address)
{
    for (uint32_t i = 0; i < r->diff.count; i++)
        if (dry_address_equal(&r->diff.accounts[i].address, address))
            return &r->diff.accounts[i];
    return NULL;
}

static void check_balance(const struct dry_block_result *r, const struct dry_address *address,
                          uint64_t units, uint64_t wei)
{
    const struct dry_account_diff *a = find(r, address);
    struct dry_u256 want = DRY_U256(units), times = DRY_U256(wei);

    dry_u256_mul(&want, &want, &times);
    CHECK(a != NULL && dry_u256_equal(&a->balance, &want));
}

/* 5, 3 and 2 ether; a 32nd more for each uncle, whose miner gets (8 - age) eighths. */
static void rewards_by_fork(void **state)
{
    static const struct {
        enum dry_fork fork;
        uint64_t ether;
    } eras[] = {{DRY_FORK_FRONTIER, 5},
                {DRY_FORK_SPURIOUS_DRAGON, 5},
                {DRY_FORK_BYZANTIUM, 3},
                {DRY_FORK_CONSTANTINOPLE, 2},
                {DRY_FORK_GRAY_GLACIER, 2}};
    static const struct dry_address miners[2] = {{{1, [19] = 0xee}}, {{2, [19] = 0xee}}};

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(eras); i++) {
        struct dry_header ommers[2] = {{.number = 19, .coinbase = miners[0]},
                                       {.number = 14, .coinbase = miners[1]}};
        struct dry_block body = {.ommer_count = 2, .ommers = ommers};
        struct dry_block_result r;
        enum dry_verdict verdict;
        struct fixture f;

        CHECK(dry_ok(fixture_open(&f, eras[i].fork, "", false)));
        CHECK(dry_ok(run(&f, &verdict, &r, &body)) && verdict == DRY_VERDICT_VALID);
        check_balance(&r, &coinbase, eras[i].ether * 34, ETHER / 32);
        check_balance(&r, &miners[0], eras[i].ether * 7, ETHER / 8);
        check_balance(&r, &miners[1], eras[i].ether * 2, ETHER / 8);
        CHECK(r.diff.count == 3);
        fixture_close(&f);
    }
    {
        struct dry_block body = {0};
        struct dry_block_result r;
        enum dry_verdict verdict;
        struct fixture f;

        CHECK(dry_ok(fixture_open(&f, DRY_FORK_PARIS, "", false)));
        CHECK(dry_ok(run(&f, &verdict, &r, &body)) && r.diff.count == 0);
        fixture_close(&f);
    }
}

static void withdrawals_pay_gwei(void **state)
{
    struct dry_withdrawal w[] = {{.address = rich, .amount_gwei = 3},
                                 {.address = {{9}}, .amount_gwei = 4},
                                 {.address = {{8}}, .amount_gwei = 0},
                                 {.address = {{9}}, .amount_gwei = 1}};
    struct dry_block body = {.withdrawal_count = 4, .withdrawals = w};
    struct dry_block_result r;
    enum dry_verdict verdict;
    struct fixture f;

    (void)state;
    CHECK(dry_ok(fixture_open(&f, DRY_FORK_SHANGHAI, "", false)));
    CHECK(dry_ok(run(&f, &verdict, &r, &body)) && verdict == DRY_VERDICT_VALID);
    CHECK(r.diff.count == 2); /* nothing for the empty one */
    check_balance(&r, &w[1].address, 5, 1000000000);
    fixture_close(&f);
}

/* Burnt base fee, tip for the coinbase, receipts that add up. */
static void fees_and_receipts(void **state)
{
    struct dry_tx txs[] = {transfer(0, &coinbase, 0), transfer(1, &(struct dry_address){{5}}, 9)};
    struct dry_block body = {.tx_count = 2, .txs = txs};
    struct dry_block_result r;
    enum dry_verdict verdict;
    struct fixture f;

    (void)state;
    CHECK(dry_ok(fixture_open(&f, DRY_FORK_LONDON, "", false)));
    CHECK(dry_ok(run(&f, &verdict, &r, &body)) && verdict == DRY_VERDICT_VALID);
    CHECK(r.gas_used == 42000 && r.receipt_count == 2);
    CHECK(r.receipts[0].cumulative_gas_used == 21000 && r.receipts[1].success);
    CHECK(r.receipts[1].cumulative_gas_used == 42000 && !r.receipts[1].has_root);
    CHECK(find(&r, &rich)->nonce == 2);
    CHECK(find(&r, &coinbase)->balance.w[0] == 2 * ETHER + 42000 * 3);
    fixture_close(&f);
    CHECK(dry_ok(fixture_open(&f, DRY_FORK_HOMESTEAD, "", false)));
    CHECK(dry_ok(run(&f, &verdict, &r, &body)) && verdict == DRY_VERDICT_VALID);
    CHECK(r.receipts[0].has_root && r.receipts[1].has_root);
    CHECK(!dry_hash_equal(&r.receipts[0].root, &r.receipts[1].root));
    fixture_close(&f);
}

/* A refused transaction leaves the block as it was; the next one may be tried. */
static void refused_transactions(void **state)
{
    static const struct {
        enum dry_verdict verdict;
        uint64_t nonce, gas, fee, value;
    } cases[] = {
        {DRY_VERDICT_TX_NONCE_TOO_HIGH, 1, 21000, 10, 0},
        {DRY_VERDICT_TX_FEE_BELOW_BASE, 0, 21000, 6, 0},
        {DRY_VERDICT_TX_INTRINSIC_GAS, 0, 20999, 10, 0},
        {DRY_VERDICT_TX_GAS_ALLOWANCE, 0, 30000001, 10, 0},
        {DRY_VERDICT_TX_FUNDS, 0, 21000, UINT64_MAX, 0},
    };
    struct dry_tx_result result;
    struct dry_block body = {0};
    struct dry_block_result r;
    enum dry_verdict verdict;
    struct fixture f;
    struct dry_tx tx;

    (void)state;
    CHECK(dry_ok(fixture_open(&f, DRY_FORK_LONDON, "00", false)));
    CHECK(dry_ok(dry_executor_begin(f.executor, &verdict, &f.env, dry_memory_state_reader(f.state),
                                    NULL, &f.arena)));
    for (size_t i = 0; i < DRY_COUNT(cases); i++) {
        tx = transfer(cases[i].nonce, &coinbase, cases[i].value);
        tx.gas_limit = cases[i].gas;
        tx.max_fee_per_gas = tx.max_priority_fee_per_gas = DRY_U256(cases[i].fee);
        if (cases[i].verdict == DRY_VERDICT_TX_FUNDS)
            tx.max_fee_per_gas.w[2] = tx.max_priority_fee_per_gas.w[2] = 1;
        CHECK(dry_ok(dry_executor_transact(f.executor, &verdict, &result, &tx, &rich)));
        CHECK_MSG(verdict == cases[i].verdict, dry_verdict_name(verdict));
    }
    tx = transfer(0, &coinbase, 0);
    CHECK(dry_ok(dry_executor_transact(f.executor, &verdict, &result, &tx, &contract)));
    CHECK(verdict == DRY_VERDICT_TX_NONCE_TOO_LOW); /* its nonce is 1 */
    tx.nonce = 1;
    CHECK(dry_ok(dry_executor_transact(f.executor, &verdict, &result, &tx, &contract)));
    CHECK(verdict == DRY_VERDICT_TX_FUNDS);
    tx.max_fee_per_gas = tx.max_priority_fee_per_gas = f.env.base_fee;
    tx.nonce = 0;
    CHECK(dry_ok(dry_executor_transact(f.executor, &verdict, &result, &tx, &rich)));
    CHECK(verdict == DRY_VERDICT_VALID && result.gas_used == 21000);
    CHECK(dry_ok(dry_executor_finish(f.executor, &verdict, &r, &body)));
    CHECK(verdict == DRY_VERDICT_VALID && r.receipt_count == 1 && r.gas_used == 21000);
    fixture_close(&f);
}

/* Calls answer and leave nothing; the flags waive what they name. */
static void calls_leave_nothing(void **state)
{
    /* BASEFEE, SSTORE at 0, LOG0, return BASEFEE */
    const char *code = "48600055600060006000a0486000526020"
                       "6000f3";
    struct dry_tx tx = transfer(5, &contract, 0);
    struct dry_tx_result result;
    struct dry_state_diff diff;
    struct dry_block body = {0};
    struct dry_block_result r;
    enum dry_verdict verdict;
    struct fixture f;

    (void)state;
    CHECK(dry_ok(fixture_open(&f, DRY_FORK_LONDON, code, false)));
    CHECK(dry_ok(dry_executor_begin(f.executor, &verdict, &f.env, dry_memory_state_reader(f.state),
                                    NULL, &f.arena)));
    CHECK(dry_ok(dry_executor_call(f.executor, &verdict, &result, NULL, &tx, &rich, 0)));
    CHECK(verdict == DRY_VERDICT_TX_NONCE_TOO_HIGH);
    CHECK(dry_ok(
        dry_executor_call(f.executor, &verdict, &result, &diff, &tx, &rich, DRY_CALL_SKIP_NONCE)));
    CHECK(verdict == DRY_VERDICT_VALID && result.end == DRY_EVM_SUCCESS && result.log_count == 1);
    CHECK(result.output.len == 32 && result.output.ptr[31] == 7);
    CHECK(diff.count == 3); /* contract, sender, coinbase */
    /* Without a fee BASEFEE reads 0, so that nothing is stored; from a sender with code and no
     * funds. */
    tx.max_fee_per_gas = tx.max_priority_fee_per_gas = DRY_U256_ZERO;
    tx.gas_limit = 50000000;
    CHECK(dry_ok(dry_executor_call(f.executor, &verdict, &result, &diff, &tx, &contract,
                                   DRY_CALL_ETH_CALL)));
    CHECK(verdict == DRY_VERDICT_VALID && result.output.ptr[31] == 0);
    tx.value = DRY_U256(1);
    CHECK(dry_ok(dry_executor_call(f.executor, &verdict, &result, &diff, &tx, &contract,
                                   DRY_CALL_ETH_CALL)));
    CHECK(verdict == DRY_VERDICT_TX_FUNDS);
    CHECK(dry_ok(dry_executor_finish(f.executor, &verdict, &r, &body)));
    CHECK(r.receipt_count == 0 && r.gas_used == 0);
    CHECK(r.diff.count == 1 && find(&r, &coinbase) != NULL); /* the block's reward alone */
    fixture_close(&f);
}

/* EIP-4788 and EIP-2935 leave their words; EIP-7002 and 7251 must be there from Prague on. */
static void system_contracts(void **state)
{
    struct dry_block body = {0};
    struct dry_block_result r;
    enum dry_verdict verdict;
    struct fixture f;

    (void)state;
    CHECK(dry_ok(fixture_open(&f, DRY_FORK_PRAGUE, "", true)));
    CHECK(dry_ok(run(&f, &verdict, &r, &body)) && verdict == DRY_VERDICT_VALID);
    CHECK(find(&r, &dry_system_contracts[0].address)->slot_count == 2);
    CHECK(find(&r, &dry_system_contracts[1].address)->slot_count == 1);
    CHECK(find(&r, &dry_system_contracts[1].address)->slots[0].key.b[31] == 19);
    CHECK(find(&r, &dry_system_contracts[1].address)->slots[0].value.w[3] == (uint64_t)7 << 56);
    CHECK(r.request_count == 0);
    CHECK(dry_hash_equal(&r.requests_hash, &dry_hash_empty_requests));
    fixture_close(&f);
    CHECK(dry_ok(fixture_open(&f, DRY_FORK_PRAGUE, "", false)));
    CHECK(dry_ok(run(&f, &verdict, &r, &body)));
    CHECK(verdict == DRY_VERDICT_BLOCK_SYSTEM_CALL);
    fixture_close(&f);
    CHECK(dry_ok(fixture_open(&f, DRY_FORK_CANCUN, "", false)));
    CHECK(dry_ok(run(&f, &verdict, &r, &body)) && verdict == DRY_VERDICT_VALID);
    fixture_close(&f);
}

/* A withdrawal request (EIP-7002) and two deposits (EIP-6110), in the order of their types. */
static void requests(void **state)
{
    /* CALLDATACOPY all to 0; LOG1(0, CALLDATASIZE, topic) */
    const char *code =
        "3660006000377f649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5"
        "366000a1";
    uint8_t event[576] = {0}, pubkey[56] = {1};
    struct dry_tx txs[3] = {transfer(0, &contract, 0), transfer(1, &contract, 0),
                            transfer(2, &dry_system_contracts[2].address, 1)};
    struct dry_block body = {.tx_count = 3, .txs = txs};
    static const uint16_t offsets[] = {160, 256, 320, 384, 512};
    static const uint8_t lengths[] = {48, 32, 8, 96, 8};
    struct dry_block_result r;
    enum dry_verdict verdict;
    struct fixture f;

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        event[32 * i + 30] = (uint8_t)(offsets[i] >> 8);
        event[32 * i + 31] = (uint8_t)offsets[i];
        event[offsets[i] + 31] = lengths[i];
        memset(event + offsets[i] + 32, (int)(i + 1), lengths[i]);
    }
    for (unsigned i = 0; i < 3; i++)
        txs[i].gas_limit = 1000000;
    txs[0].data = txs[1].data = DRY_BYTES_ARRAY(event);
    txs[2].data = DRY_BYTES_ARRAY(pubkey);
    for (unsigned bad = 0; bad < 2; bad++) {
        CHECK(dry_ok(fixture_open(&f, DRY_FORK_PRAGUE, code, true)));
        f.env.rules.deposit_contract = contract;
        event[31] = bad ? 161 : 160;
        CHECK(dry_ok(run(&f, &verdict, &r, &body)));
        CHECK_MSG(verdict == (bad ? DRY_VERDICT_BLOCK_DEPOSIT_LAYOUT : DRY_VERDICT_VALID),
                  dry_verdict_name(verdict));
        if (!bad) {
            CHECK(r.request_count == 2);
            CHECK(r.requests[0].len == 1 + 2 * 192 && r.requests[0].ptr[0] == 0);
            CHECK(r.requests[0].ptr[1] == 1 && r.requests[0].ptr[49] == 2 &&
                  r.requests[0].ptr[81] == 3 && r.requests[0].ptr[89] == 4 &&
                  r.requests[0].ptr[185] == 5 && r.requests[0].ptr[193] == 1);
            CHECK(r.requests[1].len == 1 + 76 && r.requests[1].ptr[0] == 1);
            CHECK(memcmp(r.requests[1].ptr + 1, rich.b, 20) == 0);
        }
        fixture_close(&f);
    }
}

static void dao_moves_balances(void **state)
{
    static const struct dry_address drained = {{0xbb, 0x9b, 0xc2, 0x44, 0xd7, 0x98, 0x12,
                                                0x3f, 0xde, 0x78, 0x3f, 0xcc, 0x1c, 0x72,
                                                0xd3, 0xbb, 0x8c, 0x18, 0x94, 0x13}};
    static const struct dry_address refund = {{0xbf, 0x4e, 0xd7, 0xb2, 0x7f, 0x1d, 0x66,
                                               0x65, 0x46, 0xe3, 0x0d, 0x74, 0xd5, 0x0d,
                                               0x17, 0x3d, 0x20, 0xbc, 0xa7, 0x54}};
    const struct dry_account_diff a = {.address = drained,
                                       .exists = true,
                                       .balance = DRY_U256(12345),
                                       .code_hash = dry_hash_empty_code};
    struct dry_block body = {0};
    struct dry_block_result r;
    enum dry_verdict verdict;
    struct fixture f;

    (void)state;
    CHECK(dry_ok(fixture_open(&f, DRY_FORK_HOMESTEAD, "", false)));
    CHECK(dry_ok(dry_memory_state_apply(f.state, &(struct dry_state_diff){1, &a})));
    f.env.dao_transfer = true;
    CHECK(dry_ok(run(&f, &verdict, &r, &body)) && verdict == DRY_VERDICT_VALID);
    CHECK(find(&r, &refund)->balance.w[0] == 12345);
    CHECK(dry_u256_is_zero(&find(&r, &drained)->balance));
    fixture_close(&f);
}

/* Header fields made by seal_result are what block_check and block_execute demand. */
static void sealed_blocks_execute(void **state)
{
    (void)state;
    for (unsigned fork = 0; fork < DRY_FORK_COUNT; fork++) {
        struct dry_tx tx = transfer(0, &(struct dry_address){{5}}, 1);
        struct dry_withdrawal w = {.address = {{6}}, .amount_gwei = 1};
        struct dry_block b = {.tx_count = 1, .txs = &tx};
        struct dry_block_result r;
        enum dry_verdict verdict;
        struct dry_buf buf = {0};
        struct fixture f;
        uint32_t at;

        CHECK(dry_ok(fixture_open(&f, (enum dry_fork)fork, "", true)));
        if (fork >= DRY_FORK_SHANGHAI) {
            b.has_withdrawals = true;
            b.withdrawal_count = 1;
            b.withdrawals = &w;
        }
        CHECK(dry_ok(dry_tx_encode(&buf, &tx)));
        tx.encoded = dry_buf_bytes(&buf);
        CHECK(dry_ok(run(&f, &verdict, &r, &b)) && verdict == DRY_VERDICT_VALID);
        CHECK(dry_ok(dry_block_seal_result(&b.header, &b, &r, &f.env.rules, &f.arena)));
        CHECK(dry_ok(dry_block_check(&verdict, &b, &f.env.rules, &f.arena)));
        CHECK_MSG(verdict == DRY_VERDICT_VALID, dry_fork_name((enum dry_fork)fork));
        CHECK(dry_ok(dry_block_execute(f.executor, &verdict, &at, &r, &b, &rich, &f.env,
                                       dry_memory_state_reader(f.state), NULL, &f.arena)));
        CHECK_MSG(verdict == DRY_VERDICT_VALID, dry_fork_name((enum dry_fork)fork));
#define DAMAGE(field, name)                                                                    \
    do {                                                                                       \
        struct dry_block damaged = b;                                                          \
        damaged.header.field ^= 1;                                                             \
        CHECK(dry_ok(dry_block_execute(f.executor, &verdict, &at, &r, &damaged, &rich, &f.env, \
                                       dry_memory_state_reader(f.state), NULL, &f.arena)));    \
        CHECK(verdict == DRY_VERDICT_BLOCK_##name);                                            \
    } while (0)
        DAMAGE(gas_used, GAS_USED);
        DAMAGE(receipts_root.b[0], RECEIPTS_ROOT);
        DAMAGE(bloom.b[0], LOGS_BLOOM);
        if (fork >= DRY_FORK_PRAGUE)
            DAMAGE(requests_hash.b[0], REQUESTS);
        if (fork >= DRY_FORK_CANCUN)
            DAMAGE(blob_gas_used, BLOB_GAS_USED);
#undef DAMAGE
        dry_buf_fini(&buf);
        fixture_close(&f);
    }
}

static void ommers(void **state)
{
    struct dry_block ancestors[7] = {0}, b = {0};
    struct dry_chain_config config;
    struct dry_header uncle, pair[2];
    struct dry_buf scratch = {0};
    enum dry_verdict verdict, fault;

    (void)state;
    dry_chain_config_at(&config, DRY_FORK_HOMESTEAD, 1);
    for (unsigned i = 7; i-- > 0;) { /* ancestors[0] is the parent, number 19 */
        struct dry_header *h = &ancestors[i].header;

        *h = (struct dry_header){.number = 19 - i,
                                 .time = 1000 + 20 * (7 - i),
                                 .gas_limit = 5000000,
                                 .difficulty = DRY_U256(200000),
                                 .ommers_hash = dry_hash_empty_ommers};
        if (i < 6)
            dry_header_hash(&h->parent_hash, &ancestors[i + 1].header, &scratch);
    }
    uncle = ancestors[1].header; /* a brother of the grandparent */
    uncle.gas_limit++;
    dry_difficulty_next(&uncle.difficulty, &config, uncle.number, uncle.time, &ancestors[2].header,
                        false);
    b.ommer_count = 1;
    b.ommers = &uncle;
    CHECK(dry_ok(dry_ommers_check(&verdict, &b, ancestors, 7, &config)));
    CHECK_MSG(verdict == DRY_VERDICT_VALID, dry_verdict_name(verdict));
    uncle.gas_limit = 9999999;
    CHECK(dry_ok(dry_ommers_check(&verdict, &b, ancestors, 7, &config)));
    CHECK(verdict == DRY_VERDICT_BLOCK_UNCLE_HEADER);
    CHECK(dry_ok(dry_ommer_fault(&fault, &b, ancestors, 7, &config)));
    CHECK(fault == DRY_VERDICT_BLOCK_GAS_LIMIT);
    uncle.gas_limit = 5000001;
    pair[0] = pair[1] = uncle;
    b = (struct dry_block){.ommer_count = 2, .ommers = pair};
    CHECK(dry_ok(dry_ommers_check(&verdict, &b, ancestors, 7, &config)));
    CHECK(verdict == DRY_VERDICT_BLOCK_UNCLE_DUPLICATE);
    b.ommer_count = 3;
    CHECK(dry_ok(dry_ommers_check(&verdict, &b, ancestors, 7, &config)));
    CHECK(verdict == DRY_VERDICT_BLOCK_UNCLES_COUNT);
    b = (struct dry_block){.ommer_count = 1, .ommers = &ancestors[3].header};
    CHECK(dry_ok(dry_ommers_check(&verdict, &b, ancestors, 7, &config)));
    CHECK(verdict == DRY_VERDICT_BLOCK_UNCLE_ANCESTOR);
    b.ommers = &uncle;
    dry_header_hash(&uncle.parent_hash, &ancestors[0].header, &scratch); /* a brother */
    CHECK(dry_ok(dry_ommers_check(&verdict, &b, ancestors, 7, &config)));
    CHECK(verdict == DRY_VERDICT_BLOCK_UNCLE_PARENT);
    dry_buf_fini(&scratch);
}

/* --- hard times --- */

static dry_status scenario(struct fixture *f)
{
    struct dry_tx txs[] = {transfer(0, &contract, 0), transfer(1, &contract, 3)};
    struct dry_block body = {.tx_count = 2, .txs = txs};
    struct dry_block_result r;
    enum dry_verdict verdict;
    /* SSTORE(CALLVALUE, 1), LOG0, CREATE of nothing */
    dry_status st =
        fixture_open(f, DRY_FORK_PRAGUE, "60013455600060006000a0600060006000f000", true);

    if (dry_ok(st))
        st = run(f, &verdict, &r, &body);
    if (dry_ok(st)) {
        CHECK(verdict == DRY_VERDICT_VALID && r.receipts[0].success && r.receipts[1].success);
        st = dry_memory_state_apply(f->state, &r.diff);
    }
    return st;
}

static void each_allocation_fails(void **state)
{
    uint32_t failures = 0;

    (void)state;
    TEST_EACH_ALLOC_FAILS({
        struct fixture f;
        dry_status st = scenario(&f);

        /* A cache that cannot grow goes on as it is; everything else must be told. */
        CHECK(dry_ok(st) || (test_alloc_failed() && st.code == DRY_CODE_ENOMEM));
        failures += !dry_ok(st);
        fixture_close(&f);
    });
    CHECK(failures > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rewards_by_fork),
        cmocka_unit_test(withdrawals_pay_gwei),
        cmocka_unit_test(fees_and_receipts),
        cmocka_unit_test(refused_transactions),
        cmocka_unit_test(calls_leave_nothing),
        cmocka_unit_test(system_contracts),
        cmocka_unit_test(requests),
        cmocka_unit_test(dao_moves_balances),
        cmocka_unit_test(sealed_blocks_execute),
        cmocka_unit_test(ommers),
        cmocka_unit_test(each_allocation_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
