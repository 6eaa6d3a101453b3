/* fixture.c - an RPC server object over a chain in memory, on a clock that stands still. */
#include "fixture.h"

static uint64_t wall(struct dry_clock *c)
{
    return ((struct fixture_clock *)c)->wall_ms;
}
static uint64_t monotonic(struct dry_clock *c)
{
    return ((struct fixture_clock *)c)->monotonic_ns;
}
static const struct dry_clock_ops clock_ops = {"test", wall, monotonic};

static void must(struct fixture *f, dry_status st)
{
    if (dry_ok(st))
        return;
    (void)!dry_ok(dry_buf_append_byte(&f->error, 0));
    CHECK_MSG(dry_ok(st), f->error.len <= 1 ? dry_status_text(st) : (char *)f->error.ptr);
}

static void open_chain(struct fixture *f, struct dry_bytes json,
                       const struct dry_consensus_ops *consensus, bool automine)
{
    struct dry_storage_settings storage = {0};
    struct dry_chain_settings set = {.executor = &dry_executor_serial,
                                     .consensus = consensus,
                                     .genesis = &f->genesis,
                                     .clock = &f->clock.base,
                                     .consensus_settings = {.automine = automine}};

    must(f, dry_storage_open(&f->storage, &dry_storage_memory, &storage, NULL));
    must(f, dry_genesis_parse(&f->genesis, &f->error, json, &f->arena));
    set.storage = f->storage;
    must(f, dry_chain_open(&f->chain, &set, &f->error));
    must(f, dry_loop_open(&f->loop, 0));
    f->set = (struct dry_rpc_settings){.chain = f->chain,
                                       .loop = f->loop,
                                       .clock = &f->clock.base,
                                       .accounts = f->accounts,
                                       .account_count = 10,
                                       .dev_methods = true,
                                       .client_version = "drystone/test",
                                       .no_server = true};
}

void fixture_open_dev(struct fixture *f)
{
    struct dry_address accounts[10];
    struct dry_genesis_dev dev = {.chain_id = 31337,
                                  .gas_limit = 60000000,
                                  .time = 1600000000,
                                  .account_count = 10,
                                  .accounts = accounts,
                                  .balance = {{0, 1ull << 32, 0, 0}}};
    struct dry_buf json = {0};

    *f = (struct fixture){
        .clock = {.base = {&clock_ops}, .wall_ms = 1700000000000ull, .monotonic_ns = 1}};
    for (uint32_t i = 0; i < 10; i++) {
        uint8_t pub[64];

        memset(f->accounts[i].secret, (int)(i + 1), 32);
        CHECK(dry_secp256k1_pubkey(pub, f->accounts[i].secret));
        dry_address_of_pubkey(&f->accounts[i].address, pub);
        accounts[i] = f->accounts[i].address;
    }
    must(f, dry_genesis_dev_json(&json, &dev));
    open_chain(f, dry_buf_bytes(&json), &dry_consensus_dev, true);
    dry_buf_fini(&json);
}

bool fixture_open_vectors(struct fixture *f)
{
    const char *genesis = test_vectors_path("rpc/genesis.json");
    struct dry_bytes file, block;

    if (genesis == NULL)
        return false;
    *f = (struct fixture){
        .clock = {.base = {&clock_ops}, .wall_ms = 1700000000000ull, .monotonic_ns = 1}};
    open_chain(f, test_file(genesis), &dry_consensus_noseal, false);
    file = test_file(test_vectors_path("rpc/chain.rlp"));
    while (dry_ok(dry_block_next(&block, &file))) {
        enum dry_verdict verdict;
        uint32_t tx;

        must(f, dry_chain_import(f->chain, &verdict, &tx, block));
        CHECK_MSG(verdict == DRY_VERDICT_VALID, dry_verdict_name(verdict));
    }
    return true;
}

void fixture_serve(struct fixture *f, bool with_server)
{
    f->set.no_server = !with_server;
    if (with_server) {
        must(f, dry_pool_open(&f->pool, 2, 0));
        f->set.pool = f->pool;
    }
    must(f, dry_rpc_open(&f->rpc, &f->set, &f->error));
}

void fixture_close(struct fixture *f)
{
    dry_rpc_close(f->rpc);
    dry_pool_close(f->pool);
    dry_chain_close(f->chain);
    dry_loop_close(f->loop);
    dry_storage_close(f->storage);
    dry_arena_fini(&f->arena);
    dry_buf_fini(&f->error);
    dry_buf_fini(&f->answer);
}

const char *fixture_ask(struct fixture *f, const char *request)
{
    f->answer.len = 0;
    must(f, dry_rpc_handle(f->rpc, &f->answer, dry_bytes_of(request, strlen(request))));
    must(f, dry_buf_append_byte(&f->answer, 0));
    return (const char *)f->answer.ptr;
}

const char *fixture_call(struct fixture *f, const char *method, const char *params)
{
    struct dry_buf request = {0};
    const char *answer;

    must(f, dry_buf_append_text(&request, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\""));
    must(f, dry_buf_append_text(&request, method));
    must(f, dry_buf_append_text(&request, "\",\"params\":"));
    must(f, dry_buf_append_text(&request, params));
    must(f, dry_buf_append(&request, dry_bytes_of("}", 2)));
    answer = fixture_ask(f, (const char *)request.ptr);
    dry_buf_fini(&request);
    return answer;
}

void fixture_expect(struct fixture *f, const char *method, const char *params, const char *rest)
{
    static const char start[] = "{\"jsonrpc\":\"2.0\",\"id\":1,";
    const char *answer = fixture_call(f, method, params);

    CHECK_MSG(strncmp(answer, start, sizeof(start) - 1) == 0 &&
                  strcmp(answer + sizeof(start) - 1, rest) == 0,
              answer);
}

void fixture_expect_text(struct fixture *f, const char *method, const char *params,
                         const char *text)
{
    const char *answer = fixture_call(f, method, params);

    if (strstr(answer, text) == NULL)
        fprintf(stderr, "want %s\n", text);
    CHECK_MSG(strstr(answer, text) != NULL, answer);
}
