/* Logs are found by address and topics as eth_getLogs says, through blooms that hide nothing. */
#include "fixture.h"

struct emitted {
    uint64_t block;
    uint32_t tx, log, logger;
    uint8_t topics, values[4];
};
static struct emitted all[256];
static uint32_t all_count;

/* Each kind of log has a contract: PUSH1 its topics, log so many bytes of zeros, stop. */
static void code_of(char out[128], const struct emitted *e)
{
    size_t n = 0;

    for (int i = e->topics - 1; i >= 0; i--)
        n += (size_t)snprintf(out + n, 128 - n, "60%02x", e->values[i]);
    (void)snprintf(out + n, 128 - n, "60%02x6000a%u00", e->logger + 1, e->topics);
}

#define KINDS 40u

static void kinds_make(struct emitted *kinds, struct dry_buf *alloc)
{
    uint64_t seed = 3;
    char code[128], line[512];

    for (uint32_t k = 0; k < KINDS; k++) {
        struct dry_address a = {{0x77, (uint8_t)k}};

        kinds[k] = (struct emitted){.logger = k, .topics = (uint8_t)(fixture_random(&seed) % 5)};
        for (uint32_t i = 0; i < kinds[k].topics; i++)
            kinds[k].values[i] = (uint8_t)(fixture_random(&seed) % 3);
        code_of(code, &kinds[k]);
        (void)snprintf(line, sizeof(line), "%s\"%s\":{\"balance\":\"0\",\"code\":\"0x%s\"}",
                       k != 0 ? "," : "", test_hex_of(DRY_BYTES_ARRAY(a.b)), code);
        CHECK(dry_ok(dry_buf_append_text(alloc, line)));
    }
    CHECK(dry_ok(dry_buf_append_byte(alloc, 0)));
}

static void chain_make(struct fixture *f)
{
    static struct emitted kinds[KINDS];
    struct dry_buf alloc = {0}, json = {0};
    uint64_t seed = 11, nonce = 0;

    all_count = 0;
    kinds_make(kinds, &alloc);
    fixture_genesis(&json, FIXTURE_AFTER_MERGE, (const char *)alloc.ptr);
    fixture_open_genesis(f, dry_buf_bytes(&json), &dry_consensus_dev);
    fixture_reopen(f);
    for (uint64_t block = 1; block <= 30; block++) {
        uint32_t txs = fixture_random(&seed) % 5;

        for (uint32_t i = 0; i < txs; i++) {
            uint32_t k = fixture_random(&seed) % KINDS;

            all[all_count] = kinds[k];
            all[all_count].block = block;
            all[all_count].tx = all[all_count].log = i;
            all_count++;
            CHECK(fixture_send(f, &(struct fixture_tx){.nonce = nonce,
                                                       .gas = 60000,
                                                       .to = {{0x77, (uint8_t)k}}})
                      .answer == DRY_POOL_OK);
            nonce++;
        }
        CHECK(dry_ok(dry_chain_event(f->chain, DRY_EVENT_MINE, 0)));
    }
    dry_buf_fini(&alloc);
    dry_buf_fini(&json);
}

struct expecting {
    const struct emitted *list[256];
    uint32_t count, seen;
};

static bool expect_log(void *ctx, const struct dry_found_log *found)
{
    struct expecting *x = ctx;
    const struct emitted *e;

    CHECK(x->seen < x->count);
    e = x->list[x->seen++];
    CHECK(found->block_number == e->block && found->tx_index == e->tx);
    CHECK(found->log_index == e->log && found->log->topic_count == e->topics);
    CHECK(found->log->address.b[1] == e->logger && found->log->data.len == e->logger + 1);
    for (uint32_t i = 0; i < e->topics; i++)
        CHECK(found->log->topics[i].b[31] == e->values[i]);
    return true;
}

static bool expected(const struct emitted *e, const struct dry_log_filter *f)
{
    bool match = f->address_count == 0;

    for (uint32_t i = 0; i < f->address_count; i++)
        match |= f->addresses[i].b[1] == e->logger;
    if (f->topic_positions > e->topics)
        return false;
    for (uint32_t t = 0; t < f->topic_positions; t++) {
        bool any = f->topics[t].count == 0;
        for (uint32_t i = 0; i < f->topics[t].count; i++)
            any |= f->topics[t].values[i].b[31] == e->values[t];
        match &= any;
    }
    return match;
}

static void filters_find_exactly(void **state)
{
    struct fixture f;
    uint64_t seed = 77;
    uint32_t hits = 0;

    (void)state;
    chain_make(&f);
    for (int round = 0; round < 400; round++) {
        struct dry_address addresses[3];
        struct dry_hash values[4][2] = {0};
        struct dry_log_filter filter = {.address_count = fixture_random(&seed) % 4,
                                        .addresses = addresses,
                                        .topic_positions = fixture_random(&seed) % 5};
        struct expecting x = {0};
        uint64_t from = fixture_random(&seed) % 32, to = from + fixture_random(&seed) % 32;

        for (uint32_t i = 0; i < 3; i++)
            addresses[i] =
                (struct dry_address){{0x77, (uint8_t)(fixture_random(&seed) % (KINDS + 2))}};
        for (uint32_t t = 0; t < filter.topic_positions; t++) {
            filter.topics[t].count = fixture_random(&seed) % 3;
            filter.topics[t].values = values[t];
            for (uint32_t i = 0; i < 2; i++)
                values[t][i].b[31] = (uint8_t)(fixture_random(&seed) % 4);
        }
        for (uint32_t i = 0; i < all_count; i++)
            if (all[i].block >= from && all[i].block <= to && expected(&all[i], &filter))
                x.list[x.count++] = &all[i];
        CHECK(dry_ok(dry_chain_logs(
            f.chain,
            &(struct dry_log_search){
                .filter = &filter, .from = from, .to = to, .found = expect_log, .ctx = &x},
            &f.arena)));
        CHECK(x.seen == x.count);
        hits += x.count;
    }
    CHECK(hits > 500);
    fixture_close(&f);
}

/* Each receipt's bloom has its logs, each header's bloom its receipts', and nothing else. */
static void blooms_are_sums(void **state)
{
    struct fixture f;

    (void)state;
    chain_make(&f);
    for (uint64_t n = 1; n <= 30; n++) {
        const struct dry_receipt *r;
        struct dry_bloom sum = {{0}};
        struct dry_header h;
        struct dry_hash hash;
        uint32_t count;

        CHECK(dry_ok(dry_chain_hash_at(f.chain, &hash, n)));
        CHECK(dry_ok(dry_chain_header(f.chain, &h, &hash, &f.arena)));
        CHECK(dry_ok(dry_chain_receipts(f.chain, &r, &count, &hash, &f.arena)));
        for (uint32_t i = 0; i < count; i++)
            for (size_t k = 0; k < sizeof(sum.b); k++)
                sum.b[k] |= r[i].bloom.b[k];
        CHECK(memcmp(sum.b, h.bloom.b, sizeof(sum.b)) == 0);
    }
    fixture_close(&f);
}

static bool stop_at_three(void *ctx, const struct dry_found_log *log)
{
    (void)log;
    return ++*(uint32_t *)ctx < 3;
}

static bool two_blocks(void *ctx, const struct dry_header *h, bool reads)
{
    (void)h, (void)reads;
    return ++*(uint32_t *)ctx <= 2;
}

static void the_caller_may_stop(void **state)
{
    struct dry_log_filter filter = {0};
    struct fixture f;
    uint32_t seen = 0;

    (void)state;
    chain_make(&f);
    CHECK(dry_ok(dry_chain_logs(
        f.chain,
        &(struct dry_log_search){
            .filter = &filter, .to = UINT64_MAX, .found = stop_at_three, .ctx = &seen},
        &f.arena)));
    CHECK(seen == 3);
    seen = 0;
    CHECK(dry_chain_logs(f.chain,
                         &(struct dry_log_search){.filter = &filter,
                                                  .to = UINT64_MAX,
                                                  .found = stop_at_three,
                                                  .goes_on = two_blocks,
                                                  .ctx = &seen},
                         &f.arena)
              .code == DRY_CODE_ECANCELED);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_find_exactly),
        cmocka_unit_test(blooms_are_sums),
        cmocka_unit_test(the_caller_may_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
