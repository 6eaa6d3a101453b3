/* Any bytes as the next block of a small chain: what is refused changes nothing. The first byte
 * says where in a good block the rest is laid over; from 200 on the rest is the whole block. */
#include "fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fixture chain;
static struct dry_bytes good;

static void chain_make(void)
{
    static const struct dry_address sink = {{0xaa, 1}};
    struct fixture builder;
    struct dry_bytes block;
    struct dry_hash hash;

    fixture_open_dev(&builder, false);
    fixture_open_genesis(&chain, builder.genesis.json, &dry_consensus_noseal);
    fixture_reopen(&chain);
    for (uint64_t n = 0; n < 3; n++) {
        CHECK(fixture_send(&builder, &(struct fixture_tx){.nonce = n, .value = 1, .to = sink})
                  .answer == DRY_POOL_OK);
        CHECK(dry_ok(dry_chain_build(builder.chain, &(struct dry_build){0}, &hash)));
        block = fixture_block(&builder, &hash);
        if (n < 2)
            fixture_import(&chain, block);
    }
    CHECK(dry_ok(dry_arena_copy(&chain.arena, &good, block)));
    fixture_close(&builder);
}

static void lay(struct dry_bytes block)
{
    struct dry_hash before = fixture_head_hash(&chain), after;
    enum dry_verdict v;
    uint32_t tx;
    dry_status st = dry_chain_import(chain.chain, &v, &tx, block);

    DRY_ASSERT(dry_ok(st));
    after = fixture_head_hash(&chain);
    DRY_ASSERT(v == DRY_VERDICT_VALID || dry_hash_equal(&before, &after));
    if (fixture_number(&chain) > 2)
        CHECK(dry_ok(dry_chain_rewind(chain.chain, 2, false)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t copy[4096];

    if (good.len == 0)
        chain_make();
    DRY_ASSERT(good.len < sizeof(copy));
    if (size < 2)
        return 0;
    if (data[0] >= 200) {
        lay(dry_bytes_of(data + 1, size - 1));
        return 0;
    }
    memcpy(copy, good.ptr, good.len);
    for (size_t i = 0, at = data[0] * good.len / 200; i + 1 < size && at < good.len; i++, at++)
        copy[at] = data[i + 1];
    lay(dry_bytes_of(copy, good.len));
    return 0;
}
