/* blocktest: blocks as they come from outside, through the chain's own import; the head and the
 * state at the end, and the reason each bad block is refused for. */
#include "commands.h"
#include "exceptions.h"
#include "fixture.h"
#include "runner.h"
#include <drystone/chain.h>
#include <drystone/common/hex.h>
#include <drystone/consensus.h>
#include <drystone/crypto.h>
#include <drystone/execution.h>
#include <drystone/storage.h>
#include <stdio.h>

#define ANCESTORS 7u

static const char any_reason[] = "a refusal"; /* where a fixture does not say why */

/* Time plays no part in importing. */
static uint64_t clock_zero(struct dry_clock *c)
{
    (void)c;
    return 0;
}
static const struct dry_clock_ops clock_ops = {
    .name = "still", .wall_ms = clock_zero, .monotonic_ns = clock_zero};

struct test {
    struct dry__conf_file *f;
    const char *name, *network;
    const json_t *json;
    struct dry_clock clock;
    struct dry_storage *storage;
    struct dry_chain *chain;
    struct dry_genesis genesis;
    struct dry_arena arena;
};

/* The genesis header member by member: a few of the oldest files have no genesisRLP. */
static dry_status genesis_members(struct dry_header *h, const json_t *m, struct dry_arena *arena)
{
    const struct {
        const char *key;
        void *out;
        size_t n;
    } fixed[] = {
        {"parentHash", &h->parent_hash, 32},
        {"uncleHash", &h->ommers_hash, 32},
        {"coinbase", &h->coinbase, 20},
        {"stateRoot", &h->state_root, 32},
        {"receiptTrie", &h->receipts_root, 32},
        {"transactionsTrie", &h->transactions_root, 32},
        {"bloom", &h->bloom, 256},
        {"mixHash", &h->mix_hash, 32},
        {"nonce", &h->nonce, 8},
    };
    dry_status st = dry__fixture_u256(&h->difficulty, m, "difficulty");

    for (size_t i = 0; i < DRY_COUNT(fixed) && dry_ok(st); i++)
        st = dry__fixture_fixed(fixed[i].out, fixed[i].n, m, fixed[i].key);
    if (dry_ok(st))
        st = dry__fixture_u64(&h->gas_limit, m, "gasLimit");
    if (dry_ok(st))
        st = dry__fixture_u64(&h->gas_used, m, "gasUsed");
    if (dry_ok(st))
        st = dry__fixture_u64(&h->time, m, "timestamp");
    return dry_ok(st) ? dry__fixture_bytes(&h->extra_data, m, "extraData", arena) : st;
}

static dry_status genesis_header(struct test *t, struct dry_header *out)
{
    enum dry_verdict verdict;
    struct dry_bytes rlp;
    struct dry_block b;
    dry_status st;

    if (json_object_get(t->json, "genesisRLP") == NULL)
        return genesis_members(out, json_object_get(t->json, "genesisBlockHeader"), &t->arena);
    st = dry__fixture_bytes(&rlp, t->json, "genesisRLP", &t->arena);
    if (dry_ok(st))
        st = dry_block_decode(&b, &verdict, rlp, &t->arena);
    if (!dry_ok(st))
        return st;
    if (verdict != DRY_VERDICT_VALID)
        return DRY_STATUS(EDECODE, "the genesis block cannot be decoded");
    *out = b.header;
    return DRY_OK;
}

static dry_status genesis_fill(struct test *t)
{
    struct dry_genesis *g = &t->genesis;
    enum dry_fork fork;
    struct dry_hash root;
    dry_status st =
        dry__fixture_network(&g->config, &fork, t->network, json_object_get(t->json, "config"));

    if (dry_ok(st))
        st = dry__fixture_alloc(&g->alloc, json_object_get(t->json, "pre"), &t->arena);
    if (dry_ok(st))
        st = genesis_header(t, &g->header);
    if (!dry_ok(st))
        return st;
    g->json = DRY_BYTES_LIT("{}");
    root = g->header.state_root;
    st = dry_genesis_seal(g);
    if (dry_ok(st) && !dry_hash_equal(&root, &g->header.state_root))
        return DRY_STATUS(EINVAL, "the allocation has another root than the genesis header");
    return st;
}

static dry_status test_open(struct test *t)
{
    struct dry_storage_settings storage = {0};
    struct dry_buf error = {0};
    dry_status st = genesis_fill(t);

    if (dry_ok(st))
        st = dry_storage_open(&t->storage, &dry_storage_memory, &storage, NULL);
    if (dry_ok(st)) {
        struct dry_chain_settings set = {.storage = t->storage,
                                         .executor = &dry_executor_serial,
                                         .consensus = &dry_consensus_noseal,
                                         .genesis = &t->genesis,
                                         .clock = &t->clock};

        st = dry_chain_open(&t->chain, &set, &error);
    }
    dry_buf_fini(&error);
    return st;
}

/* What is wrong with an uncle's header, which import tells only in sum. */
static dry_status uncle_fault(struct test *t, enum dry_verdict *verdict, struct dry_bytes rlp)
{
    struct dry_block ancestors[ANCESTORS];
    enum dry_verdict decoded;
    struct dry_block b;
    struct dry_hash at;
    uint32_t n = 0;
    dry_status st = dry_block_decode(&b, &decoded, rlp, &t->arena);

    if (!dry_ok(st))
        return st;
    for (at = b.header.parent_hash; n < ANCESTORS; n++) {
        struct dry_stored_block stored;

        st = dry_chain_block(t->chain, &stored, &at, &t->arena);
        if (st.code == DRY_CODE_ENOTFOUND)
            break;
        if (!dry_ok(st))
            return st;
        ancestors[n] = stored.block;
        at = stored.block.header.parent_hash;
    }
    return dry_ommer_fault(verdict, &b, ancestors, n, &t->genesis.config);
}

/* A block whose transactions root is not its transactions': when something else is wrong with it
 * too, once its root is right, tell that. */
static dry_status second_fault(struct test *t, enum dry_verdict *verdict, struct dry_bytes rlp)
{
    struct dry_buf mended = {0};
    struct dry_bytes *items;
    enum dry_verdict other;
    struct dry_block b;
    uint32_t tx;
    dry_status st = dry_block_decode(&b, &other, rlp, &t->arena);

    if (!dry_ok(st))
        return st;
    b.header_encoded = DRY_BYTES_EMPTY; /* encode the fields, not these bytes */
    items = dry_arena_alloc(&t->arena, b.tx_count * sizeof(*items));
    if (items == NULL)
        return DRY_ENOMEM;
    for (uint32_t i = 0; i < b.tx_count; i++)
        items[i] = b.txs[i].encoded;
    st = dry_trie_root_of_list(&b.header.transactions_root, items, b.tx_count, &t->arena);
    if (dry_ok(st))
        st = dry_block_encode(&mended, &b);
    if (dry_ok(st))
        st = dry_chain_import(t->chain, &other, &tx, dry_buf_bytes(&mended));
    if (dry_ok(st) && other != DRY_VERDICT_VALID)
        *verdict = other;
    dry_buf_fini(&mended);
    return st;
}

/* Why the block must be refused; NULL: it is good. The oldest files give a reason for each network
 * or for all, or none: their bad blocks are those without a header. */
static const char *expectation(const struct test *t, const json_t *block)
{
    const char *reason = dry__fixture_text(block, "expectException");
    char key[64];

    snprintf(key, sizeof(key), "expectException%s", t->network);
    if (reason == NULL)
        reason = dry__fixture_text(block, key);
    if (reason == NULL)
        reason = dry__fixture_text(block, "expectExceptionALL");
    return reason == NULL && json_object_get(block, "blockHeader") == NULL ? any_reason : reason;
}

static bool stated(const char *expected, enum dry_verdict verdict)
{
    return expected == any_reason ? verdict != DRY_VERDICT_VALID
                                  : dry__exception_matches(expected, verdict);
}

/* False when the block was treated otherwise than it should; the case is reported then. */
static dry_status import(struct test *t, bool *ok, size_t index, const json_t *block)
{
    const char *expected = expectation(t, block);
    struct dry_arena_mark mark = dry_arena_mark(&t->arena);
    enum dry_verdict verdict;
    struct dry_bytes rlp;
    uint32_t tx;
    dry_status st = dry__fixture_bytes(&rlp, block, "rlp", &t->arena);

    *ok = false;
    if (dry_ok(st))
        st = dry_chain_import(t->chain, &verdict, &tx, rlp);
    if (dry_ok(st) && verdict == DRY_VERDICT_BLOCK_UNCLE_HEADER)
        st = uncle_fault(t, &verdict, rlp);
    if (dry_ok(st) && verdict == DRY_VERDICT_BLOCK_TRANSACTIONS_ROOT && expected != NULL &&
        !stated(expected, verdict))
        st = second_fault(t, &verdict, rlp);
    dry_arena_rewind(&t->arena, mark);
    if (!dry_ok(st))
        return st;
    if (expected == NULL && verdict != DRY_VERDICT_VALID)
        dry__conf_fail(t->f, t->name, t->network, "block %zu refused: %s (transaction %u)", index,
                       dry_verdict_name(verdict), tx);
    else if (expected != NULL && verdict == DRY_VERDICT_VALID)
        dry__conf_fail(t->f, t->name, t->network, "block %zu accepted, but %s was expected", index,
                       expected);
    else if (expected != NULL && !stated(expected, verdict))
        dry__conf_fail(t->f, t->name, t->network, "block %zu refused for %s, not %s", index,
                       dry_verdict_name(verdict), expected);
    else
        *ok = true;
    return DRY_OK;
}

/* The root of the state the fixture ends with. */
static dry_status post_root(struct test *t, struct dry_hash *out)
{
    struct dry_memory_state *state = NULL;
    struct dry_state_diff alloc;
    dry_status st;

    if (json_object_get(t->json, "postState") == NULL)
        return dry__fixture_fixed(out->b, 32, t->json, "postStateHash");
    st = dry__fixture_alloc(&alloc, json_object_get(t->json, "postState"), &t->arena);
    if (dry_ok(st))
        st = dry_memory_state_open(&state);
    if (dry_ok(st))
        st = dry_memory_state_apply(state, &alloc);
    if (dry_ok(st))
        st = dry_memory_state_root(state, out);
    dry_memory_state_close(state);
    return st;
}

static dry_status judge(struct test *t)
{
    struct dry_head *head = dry_chain_head(t->chain);
    struct dry_hash want, root;
    dry_status st = dry__fixture_fixed(want.b, 32, t->json, "lastblockhash");

    if (dry_ok(st))
        st = post_root(t, &root);
    if (!dry_ok(st))
        goto done;
    if (!dry_hash_equal(&head->hash, &want))
        dry__conf_fail(t->f, t->name, t->network, "block %llu is the head, not lastblockhash",
                       (unsigned long long)head->header.number);
    else if (!dry_hash_equal(&head->header.state_root, &root))
        dry__conf_report(t->f, t->name, t->network, "the state at the end is another");
    else
        dry__conf_report(t->f, t->name, t->network, NULL);
done:
    dry_head_close(head);
    return st;
}

static dry_status run_blocks(struct test *t)
{
    json_t *block;
    size_t i;

    json_array_foreach(json_object_get(t->json, "blocks"), i, block)
    {
        bool ok;
        dry_status st = import(t, &ok, i, block);

        if (!dry_ok(st) || !ok)
            return st;
    }
    return judge(t);
}

static dry_status run_test(struct dry__conf_file *f, const char *name, const json_t *json)
{
    struct test t = {.f = f, .name = name, .json = json, .clock.ops = &clock_ops};
    dry_status st;

    if (json_object_get(json, "post") != NULL || json_object_get(json, "txbytes") != NULL)
        return DRY_OK; /* for the other commands */
    t.network = dry__fixture_text(json, "network");
    if (t.network == NULL || !json_is_array(json_object_get(json, "blocks")))
        return DRY_STATUS(EDECODE, "not a block test");
    if (!dry__conf_wants_fork(f, t.network))
        return DRY_OK;
    st = test_open(&t);
    if (dry_ok(st))
        st = run_blocks(&t);
    dry_chain_close(t.chain);
    dry_storage_close(t.storage);
    dry_arena_fini(&t.arena);
    return st;
}

int dry_cmd_blocktest(const struct dry_options *options)
{
    return dry__conf_main(options, "block test", run_test);
}
