/* Runs a flat image of cases through the state transition function, one line of result each. Start
 * at image_main(). The same source is built natively, for RV64IM and for WebAssembly; what they
 * write must be equal.
 *
 * The image (make-image writes it), all numbers little-endian, u256 and hashes 32 bytes big-endian:
 *   magic    8 bytes "DRYIMG1\n"
 *   cases    each a u32 length (at most CASE_BYTES_MAX) and as many bytes:
 *     name         u8 length, text without spaces
 *     fork         u8 length, name as dry_fork_from_name() takes it, active from genesis
 *     chain id     u64
 *     blobs        u32 target, u32 max, u64 update fraction; max 0: the fork's own
 *     env          u64 number, time, gas limit, excess blob gas; 20 bytes coinbase;
 *                  u256 difficulty, prevRandao, base fee
 *     hashes       u16 count; each u64 number, 32 bytes block hash
 *     accounts     u32 count, by address, ascending; each 20 bytes address, u64 nonce, u256
 *                  balance, u32 length and code, u32 count and slots (key, u256 value; ascending)
 *     contracts    u8 1: the fork's system contracts join the accounts
 *     expectation  u8 1: 32 bytes state root, 32 bytes hash of the logs; 0: none is known
 *     transaction  u32 length and EIP-2718 bytes; the sender is recovered from its signature
 *
 * A case runs twice: its transaction by itself, as state tests have it, then as the only one of a
 * block with rewards, a withdrawal and system calls as the fork has them.
 *
 * A line of the result: name, fork, verdict, how the message ended, gas used, state root, hash of
 * the logs, the block's verdict and hash, and "as-recorded", "unrecorded" or "DIFFERS". The last
 * line counts them. */
#include "host.h"
#include <drystone/common/block.h>
#include <drystone/crypto.h>
#include <drystone/execution.h>
#include <drystone/state.h>

#define CASE_BYTES_MAX ((size_t)4 << 20)
#define SLOTS_MAX 65536u
#define CODE_CACHE_BYTES ((uint64_t)1 << 20)

enum { EXIT_OK = 0, EXIT_DIFFERS = 1, EXIT_BAD_IMAGE = 2, EXIT_FAILED = 3 };

/* --- reading the image --- */

/* A cursor over one case. Once something is missing, `bad` stays and zeroes are read. */
struct cursor {
    const uint8_t *at;
    size_t left;
    bool bad;
};

static struct dry_bytes take(struct cursor *c, size_t n)
{
    struct dry_bytes out = {c->at, n};

    if (n > c->left) {
        c->bad = true;
        c->left = 0;
        return DRY_BYTES_EMPTY;
    }
    c->at += n;
    c->left -= n;
    return out;
}

static uint64_t number(struct cursor *c, size_t bytes)
{
    struct dry_bytes b = take(c, bytes);
    uint64_t v = 0;

    for (size_t i = b.len; i-- > 0;)
        v = v << 8 | b.ptr[i];
    return v;
}

static void fixed(struct cursor *c, uint8_t *out, size_t n)
{
    struct dry_bytes b = take(c, n);

    memset(out, 0, n);
    if (b.len != 0)
        memcpy(out, b.ptr, n);
}

static void word(struct cursor *c, struct dry_u256 *out)
{
    uint8_t b[32];

    fixed(c, b, sizeof(b));
    dry_u256_from_be32(out, b);
}

/* False at the end of input; *failed when it came early or reading failed. */
static bool read_all(void *p, size_t n, bool *failed)
{
    uint8_t *at = p;
    size_t have = 0;

    while (have < n) {
        long got = host_read(at + have, n - have);

        if (got <= 0) {
            *failed = got < 0 || have != 0;
            return false;
        }
        have += (size_t)got;
    }
    return true;
}

/* --- writing lines --- */

struct output {
    uint8_t bytes[32768];
    size_t len;
    bool failed;
};

static void flush(struct output *o)
{
    o->failed |= !host_write(o->bytes, o->len);
    o->len = 0;
}

static void put(struct output *o, struct dry_bytes b)
{
    if (b.len > sizeof(o->bytes) - o->len)
        flush(o);
    DRY_ASSERT(b.len <= sizeof(o->bytes) - o->len);
    memcpy(o->bytes + o->len, b.ptr, b.len);
    o->len += b.len;
}

static void put_text(struct output *o, const char *text)
{
    put(o, dry_bytes_of(text, strlen(text)));
}

/* Followed by a space. */
static void put_field(struct output *o, const char *text)
{
    put_text(o, text);
    put_text(o, " ");
}

static void put_number(struct output *o, uint64_t v)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    put(o, dry_bytes_of(digits + at, sizeof(digits) - at));
}

static void put_hash(struct output *o, const struct dry_hash *h)
{
    static const char hex[] = "0123456789abcdef";
    char text[65];

    for (size_t i = 0; i < 32; i++) {
        text[2 * i] = hex[h->b[i] >> 4];
        text[2 * i + 1] = hex[h->b[i] & 15];
    }
    text[64] = ' ';
    put(o, DRY_BYTES_ARRAY(text));
}

/* --- one case --- */

struct test {
    struct cursor c;
    struct dry_bytes name, fork_name;
    struct dry_chain_config config;
    struct dry_block_env env;
    bool recorded;
    struct dry_hash want_root, want_logs;
    struct dry_memory_state *state;
    struct dry_executor *executor;
    struct dry_arena arena;
    /* what came out */
    enum dry_verdict verdict;
    struct dry_tx_result result;
    struct dry_hash root, logs;
    enum dry_verdict block_verdict;
    struct dry_hash block_hash; /* zero unless the verdict is VALID */
};

static dry_status read_rules(struct test *t)
{
    struct dry_blob_params blob;
    enum dry_fork fork;
    dry_status st;

    t->name = take(&t->c, number(&t->c, 1));
    t->fork_name = take(&t->c, number(&t->c, 1));
    st = dry_fork_from_name(&fork, t->fork_name);
    if (!dry_ok(st))
        return st;
    dry_chain_config_at(&t->config, fork, number(&t->c, 8));
    blob.target = (uint32_t)number(&t->c, 4);
    blob.max = (uint32_t)number(&t->c, 4);
    blob.update_fraction = number(&t->c, 8);
    if (blob.max != 0)
        t->config.blob[fork] = blob;

    t->env = (struct dry_block_env){.calls_only = true};
    t->env.number = number(&t->c, 8);
    t->env.time = number(&t->c, 8);
    t->env.gas_limit = number(&t->c, 8);
    t->env.excess_blob_gas = number(&t->c, 8);
    fixed(&t->c, t->env.coinbase.b, 20);
    word(&t->c, &t->env.difficulty);
    fixed(&t->c, t->env.prev_randao.b, 32);
    word(&t->c, &t->env.base_fee);
    dry_rules_at(&t->env.rules, &t->config, t->env.number, t->env.time, fork >= DRY_FORK_PARIS);
    return DRY_OK;
}

static dry_status read_block_hashes(struct test *t)
{
    uint64_t count = number(&t->c, 2);
    dry_status st = DRY_OK;

    for (uint64_t i = 0; i < count && dry_ok(st) && !t->c.bad; i++) {
        uint64_t n = number(&t->c, 8);
        struct dry_hash h;

        fixed(&t->c, h.b, 32);
        st = dry_memory_state_set_block_hash(t->state, n, &h);
    }
    return st;
}

static dry_status read_account(struct test *t, struct dry_account_diff *a)
{
    struct dry_slot_diff *slots;
    uint64_t count;

    *a = (struct dry_account_diff){.exists = true, .code_hash = dry_hash_empty_code};
    fixed(&t->c, a->address.b, 20);
    a->nonce = number(&t->c, 8);
    word(&t->c, &a->balance);
    a->code = take(&t->c, number(&t->c, 4));
    a->code_changed = a->code.len != 0;
    if (a->code_changed)
        dry_keccak256(&a->code_hash, a->code);
    count = number(&t->c, 4);
    if (count > SLOTS_MAX || count > t->c.left / 64)
        return DRY_STATUS(EDECODE, "an account of the image has more slots than bytes");
    slots = dry_arena_zalloc(&t->arena, count, sizeof(*slots));
    if (slots == NULL)
        return DRY_ENOMEM;
    for (uint64_t i = 0; i < count; i++) {
        fixed(&t->c, slots[i].key.b, 32);
        word(&t->c, &slots[i].value);
    }
    a->slot_count = (uint32_t)count;
    a->slots = slots;
    return DRY_OK;
}

static dry_status read_accounts(struct test *t)
{
    uint64_t count = number(&t->c, 4);
    struct dry_account_diff *accounts;
    dry_status st = DRY_OK;

    if (count > t->c.left / 20)
        return DRY_STATUS(EDECODE, "a case of the image has more accounts than bytes");
    accounts = dry_arena_zalloc(&t->arena, count, sizeof(*accounts));
    if (accounts == NULL)
        return DRY_ENOMEM;
    for (uint64_t i = 0; i < count && dry_ok(st); i++)
        st = read_account(t, &accounts[i]);
    if (dry_ok(st) && t->c.bad)
        st = DRY_EDECODE;
    if (dry_ok(st)) {
        struct dry_state_diff pre = {(uint32_t)count, accounts};

        st = dry_memory_state_apply(t->state, &pre);
    }
    return st;
}

/* The fork's system contracts, where no account is in their place. */
static dry_status add_system_contracts(struct test *t)
{
    struct dry_state_reader *reader = dry_memory_state_reader(t->state);
    struct dry_account there;
    bool exists = false;
    dry_status st = DRY_OK;

    for (uint32_t i = 0; i < dry_system_contract_count && dry_ok(st); i++) {
        const struct dry_system_contract *c = &dry_system_contracts[i];
        struct dry_account_diff a = {.address = c->address,
                                     .exists = true,
                                     .code_changed = true,
                                     .nonce = 1,
                                     .code = c->code};
        struct dry_state_diff diff = {1, &a};

        dry_keccak256(&a.code_hash, a.code);
        st = reader->ops->account(reader, &exists, &there, &c->address);
        if (dry_ok(st) && !exists && c->since <= t->env.rules.evm_fork)
            st = dry_memory_state_apply(t->state, &diff);
    }
    return st;
}

static dry_status logs_hash(struct dry_hash *out, const struct dry_tx_result *r)
{
    struct dry_buf buf = {0};
    dry_status st = dry_logs_encode(&buf, r->logs, r->log_count);

    if (dry_ok(st))
        dry_keccak256(out, dry_buf_bytes(&buf));
    dry_buf_fini(&buf);
    return st;
}

/* Run the transaction by itself. A refused one leaves diff and result empty. */
static dry_status transact(struct test *t, struct dry_state_diff *diff, const struct dry_tx *tx,
                           const struct dry_address *sender)
{
    struct dry_state_reader *reader = dry_memory_state_reader(t->state);
    dry_status st = dry_executor_begin(t->executor, &t->verdict, &t->env, reader, NULL, &t->arena);

    if (dry_ok(st) && t->verdict == DRY_VERDICT_VALID)
        st = dry_executor_call(t->executor, &t->verdict, &t->result, diff, tx, sender, 0);
    if (dry_ok(st) && t->verdict != DRY_VERDICT_VALID) {
        t->result = (struct dry_tx_result){0};
        *diff = (struct dry_state_diff){0};
    }
    return st;
}

/* A header around the result, down to its hash, which tells of all of it. */
static dry_status seal(struct test *t, struct dry_block *b, const struct dry_block_result *result)
{
    struct dry_state_reader *reader = dry_memory_state_reader(t->state);
    enum dry_fork fork = t->env.rules.fork;
    struct dry_header *h = &b->header;
    struct dry_buf scratch = {0};
    dry_status st;

    *h = (struct dry_header){.ommers_hash = dry_hash_empty_ommers,
                             .coinbase = t->env.coinbase,
                             .difficulty = t->env.difficulty,
                             .number = t->env.number,
                             .gas_limit = t->env.gas_limit,
                             .time = t->env.time,
                             .mix_hash = t->env.prev_randao,
                             .base_fee = t->env.base_fee,
                             .excess_blob_gas = t->env.excess_blob_gas};
    h->extra_fields = fork >= DRY_FORK_PRAGUE     ? DRY_HEADER_PRAGUE
                      : fork >= DRY_FORK_CANCUN   ? DRY_HEADER_CANCUN
                      : fork >= DRY_FORK_SHANGHAI ? DRY_HEADER_SHANGHAI
                      : fork >= DRY_FORK_LONDON   ? DRY_HEADER_LONDON
                                                  : 0;
    st = dry_block_seal_result(h, b, result, &t->env.rules, &t->arena);
    if (dry_ok(st))
        st = reader->ops->root_after(reader, &h->state_root, &result->diff);
    if (dry_ok(st))
        dry_header_hash(&t->block_hash, h, &scratch);
    dry_buf_fini(&scratch);
    return st;
}

/* Run the transaction as a block. */
static dry_status run_block(struct test *t, const struct dry_tx *tx,
                            const struct dry_address *sender)
{
    const struct dry_withdrawal withdrawal = {1, 2, t->env.coinbase, 3};
    struct dry_state_reader *reader = dry_memory_state_reader(t->state);
    struct dry_block b = {.tx_count = 1, .txs = tx};
    struct dry_block_result result;
    struct dry_tx_result ignored;
    dry_status st;

    if (t->env.rules.fork >= DRY_FORK_SHANGHAI) {
        b.has_withdrawals = true;
        b.withdrawal_count = 1;
        b.withdrawals = &withdrawal;
    }
    t->env.calls_only = false;
    st = dry_executor_begin(t->executor, &t->block_verdict, &t->env, reader, NULL, &t->arena);
    if (dry_ok(st) && t->block_verdict == DRY_VERDICT_VALID)
        st = dry_executor_transact(t->executor, &t->block_verdict, &ignored, tx, sender);
    if (dry_ok(st) && t->block_verdict == DRY_VERDICT_VALID)
        st = dry_executor_finish(t->executor, &t->block_verdict, &result, &b);
    if (dry_ok(st) && t->block_verdict == DRY_VERDICT_VALID)
        st = seal(t, &b, &result);
    return st;
}

/* Decode, recover, run in both ways. */
static dry_status run_transaction(struct test *t, struct dry_bytes encoded)
{
    struct dry_executor_settings settings = {.code_cache_bytes = CODE_CACHE_BYTES};
    struct dry_state_reader *reader = dry_memory_state_reader(t->state);
    struct dry_state_diff diff = {0};
    struct dry_address sender;
    struct dry_tx tx;
    dry_status st = dry_executor_open(&t->executor, &dry_executor_serial, &settings);

    if (dry_ok(st))
        st = dry_tx_decode(&tx, &t->verdict, encoded, &t->arena);
    if (dry_ok(st) && t->verdict == DRY_VERDICT_VALID)
        st = dry_tx_sender(&sender, &t->verdict, &tx, &t->env.rules);
    if (dry_ok(st) && t->verdict == DRY_VERDICT_VALID)
        st = transact(t, &diff, &tx, &sender);
    if (dry_ok(st))
        st = reader->ops->root_after(reader, &t->root, &diff);
    if (dry_ok(st))
        st = logs_hash(&t->logs, &t->result);
    t->block_verdict = t->verdict;
    if (dry_ok(st) && t->verdict == DRY_VERDICT_VALID)
        st = run_block(t, &tx, &sender);
    return st;
}

static dry_status run(struct test *t)
{
    struct dry_bytes encoded;
    dry_status st = read_rules(t);

    if (dry_ok(st))
        st = dry_memory_state_open(&t->state);
    if (dry_ok(st))
        st = read_block_hashes(t);
    if (dry_ok(st))
        st = read_accounts(t);
    if (dry_ok(st) && number(&t->c, 1) != 0)
        st = add_system_contracts(t);
    if (!dry_ok(st))
        return st;
    t->recorded = number(&t->c, 1) != 0;
    if (t->recorded) {
        fixed(&t->c, t->want_root.b, 32);
        fixed(&t->c, t->want_logs.b, 32);
    }
    encoded = take(&t->c, number(&t->c, 4));
    if (t->c.bad || t->c.left != 0)
        return DRY_STATUS(EDECODE, "a case of the image has the wrong length");
    return run_transaction(t, encoded);
}

/* --- all cases --- */

struct tally {
    uint64_t cases, recorded, differing;
};

static void report(struct output *o, struct tally *n, const struct test *t)
{
    const char *end = t->verdict == DRY_VERDICT_VALID ? dry_evm_end_text(t->result.end) : "refused";
    bool equal = dry_hash_equal(&t->root, &t->want_root) && dry_hash_equal(&t->logs, &t->want_logs);

    n->cases++;
    n->recorded += t->recorded;
    n->differing += t->recorded && !equal;
    put(o, t->name);
    put_text(o, " ");
    put(o, t->fork_name);
    put_text(o, " ");
    put_field(o, dry_verdict_name(t->verdict));
    put_text(o, "\"");
    put_text(o, end);
    put_text(o, "\" ");
    put_number(o, t->result.gas_used);
    put_text(o, " ");
    put_hash(o, &t->root);
    put_hash(o, &t->logs);
    put_field(o, dry_verdict_name(t->block_verdict));
    put_hash(o, &t->block_hash);
    put_text(o, !t->recorded ? "unrecorded\n" : equal ? "as-recorded\n" : "DIFFERS\n");
}

/* Run one case and write its line. */
static dry_status run_one(struct output *o, struct tally *n, struct dry_bytes bytes)
{
    struct test t = {.c = {bytes.ptr, bytes.len, false}};
    dry_status st = run(&t);

    if (dry_ok(st)) {
        report(o, n, &t);
    } else {
        put(o, t.name);
        put_text(o, ": ");
        put_text(o, dry_status_text(st));
        put_text(o, "\n");
    }
    dry_executor_close(t.executor);
    dry_memory_state_close(t.state);
    dry_arena_fini(&t.arena);
    return st;
}

static int run_all(struct output *o, uint8_t *bytes)
{
    struct tally n = {0};
    uint8_t magic[8], length[4];
    bool failed = false;

    if (!read_all(magic, sizeof(magic), &failed) || memcmp(magic, "DRYIMG1\n", 8) != 0)
        return EXIT_BAD_IMAGE;
    while (read_all(length, sizeof(length), &failed)) {
        struct cursor c = {length, sizeof(length), false};
        size_t len = (size_t)number(&c, 4);
        size_t mark = host_heap_mark();

        if (len > CASE_BYTES_MAX || !read_all(bytes, len, &failed))
            return EXIT_BAD_IMAGE;
        if (!dry_ok(run_one(o, &n, dry_bytes_of(bytes, len))))
            return EXIT_FAILED;
        host_heap_rewind(mark);
    }
    put_text(o, "cases ");
    put_number(o, n.cases);
    put_text(o, ", recorded ");
    put_number(o, n.recorded);
    put_text(o, ", differing ");
    put_number(o, n.differing);
    put_text(o, "\n");
    if (failed)
        return EXIT_BAD_IMAGE;
    return n.differing == 0 ? EXIT_OK : EXIT_DIFFERS;
}

int image_main(void)
{
    struct output *o = dry_alloc(sizeof(*o));
    uint8_t *bytes = dry_alloc(CASE_BYTES_MAX);
    int code = EXIT_FAILED;

    if (o != NULL && bytes != NULL) {
        code = run_all(o, bytes);
        flush(o);
        if (o->failed && code == EXIT_OK)
            code = EXIT_FAILED;
    }
    dry_free(bytes);
    dry_free(o);
    return code;
}
