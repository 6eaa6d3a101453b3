/* A chain of every fork from Homestead to BPO2 imports to its known head; damaged blocks are
 * refused for their reason and change nothing. */
#include "fixture.h"

#define CHAIN_HEAD 54

static void open_vectors(struct fixture *f)
{
    const char *genesis = test_vectors_path("rpc/genesis.json");

    if (genesis == NULL)
        skip();
    fixture_open_genesis(f, test_file(genesis), &dry_consensus_noseal);
    fixture_reopen(f);
}

static enum dry_verdict import(struct fixture *f, struct dry_bytes block)
{
    enum dry_verdict verdict;
    uint32_t tx;
    dry_status st = dry_chain_import(f->chain, &verdict, &tx, block);

    CHECK_MSG(dry_ok(st), dry_status_text(st));
    return verdict;
}

static void imports_all(struct fixture *f, uint64_t to)
{
    struct dry_bytes file = test_file(test_vectors_path("rpc/chain.rlp")), block;

    while (fixture_number(f) < to && dry_ok(dry_block_next(&block, &file))) {
        enum dry_verdict v = import(f, block);
        CHECK_MSG(v == DRY_VERDICT_VALID, dry_verdict_name(v));
    }
    CHECK(fixture_number(f) == to);
}

static void every_fork_imports(void **state)
{
    struct fixture f;
    struct dry_head *head;

    (void)state;
    open_vectors(&f);
    imports_all(&f, CHAIN_HEAD);
    head = dry_chain_head(f.chain);
    CHECK_BYTES(DRY_BYTES_ARRAY(head->hash.b),
                test_hex("d226371d0b1551adb03fb52b71f08e3e11247fe9b1af994768af8cdaa8e7dcd7"),
                "head");
    dry_head_close(head);
    fixture_close(&f);
}

/* Stored blocks come back as they went in, with senders, receipts and indexes. */
static void blocks_read_back(void **state)
{
    struct fixture f;
    struct dry_bytes file, rlp;
    uint64_t n = 0;

    (void)state;
    open_vectors(&f);
    imports_all(&f, CHAIN_HEAD);
    file = test_file(test_vectors_path("rpc/chain.rlp"));
    while (dry_ok(dry_block_next(&rlp, &file))) {
        struct dry_stored_block b;
        struct dry_buf again = {0};
        const struct dry_receipt *receipts;
        struct dry_hash hash;
        uint32_t count;

        n++;
        if (n == 1 && rlp.len != 0) {
            struct dry_block first;
            enum dry_verdict v;
            CHECK(dry_ok(dry_block_decode(&first, &v, rlp, &f.arena)));
            n = first.header.number;
        }
        if (n == 0)
            continue;
        CHECK(dry_ok(dry_chain_hash_at(f.chain, &hash, n)));
        CHECK(dry_ok(dry_chain_block(f.chain, &b, &hash, &f.arena)));
        CHECK(dry_ok(dry_block_encode(&again, &b.block)));
        CHECK_BYTES(dry_buf_bytes(&again), rlp, "block");
        CHECK(b.encoded_size == rlp.len);
        CHECK(dry_ok(dry_chain_receipts(f.chain, &receipts, &count, &hash, &f.arena)));
        CHECK(count == b.block.tx_count);
        for (uint32_t i = 0; i < count; i++) {
            struct dry_tx_place place;
            CHECK(dry_ok(dry_chain_find_tx(f.chain, &place, &b.tx_hashes[i])));
            CHECK(place.block_number == n && place.index == i);
        }
        if (count != 0)
            CHECK(receipts[count - 1].cumulative_gas_used == b.block.header.gas_used);
        dry_buf_fini(&again);
    }
    CHECK(n == CHAIN_HEAD);
    fixture_close(&f);
}

/* A second start goes on where the first stopped. */
static void goes_on_after_reopen(void **state)
{
    struct fixture f;

    (void)state;
    open_vectors(&f);
    imports_all(&f, 20);
    fixture_reopen(&f);
    CHECK(fixture_number(&f) == 20);
    f.set.genesis = NULL; /* the storage knows */
    fixture_reopen(&f);
    CHECK(fixture_number(&f) == 20);
    imports_all(&f, CHAIN_HEAD);
    fixture_close(&f);
}

/* What no rule speaks about without the seal: a block that differs here alone is another valid
 * block. */
static bool differs_in_free_fields(struct fixture *f, struct dry_bytes a, struct dry_bytes b)
{
    struct dry_buf x = {0}, y = {0};
    struct dry_block p, q;
    enum dry_verdict v;
    bool same;

    CHECK(dry_ok(dry_block_decode(&p, &v, a, &f->arena)) && v == DRY_VERDICT_VALID);
    CHECK(dry_ok(dry_block_decode(&q, &v, b, &f->arena)) && v == DRY_VERDICT_VALID);
    q.header.mix_hash = p.header.mix_hash;
    q.header.extra_data = p.header.extra_data;
    q.header.gas_limit = p.header.gas_limit; /* within its bounds */
    memcpy(q.header.nonce, p.header.nonce, 8);
    p.header_encoded = q.header_encoded = DRY_BYTES_EMPTY; /* encode the fields anew */
    CHECK(dry_ok(dry_block_encode(&x, &p)) && dry_ok(dry_block_encode(&y, &q)));
    same = dry_bytes_equal(dry_buf_bytes(&x), dry_buf_bytes(&y));
    dry_buf_fini(&x);
    dry_buf_fini(&y);
    return same;
}

/* Flip one byte at a time in a block: it is refused, or differs where no rule looks. What was let
 * in beside the real block does not keep the heavier real chain from winning. */
static void damaged_blocks_are_refused(void **state)
{
    struct fixture f;
    struct dry_bytes file, block = {0};
    uint8_t copy[1 << 16];

    (void)state;
    open_vectors(&f);
    imports_all(&f, 26);
    file = test_file(test_vectors_path("rpc/chain.rlp"));
    for (;;) {
        struct dry_block b;
        enum dry_verdict v;

        CHECK(dry_ok(dry_block_next(&block, &file)));
        CHECK(dry_ok(dry_block_decode(&b, &v, block, &f.arena)));
        if (b.header.number == 27)
            break;
    }
    CHECK(block.len < sizeof(copy));
    for (size_t i = 0; i < block.len; i++) {
        memcpy(copy, block.ptr, block.len);
        copy[i] ^= 0x40;
        if (import(&f, dry_bytes_of(copy, block.len)) == DRY_VERDICT_VALID)
            CHECK(differs_in_free_fields(&f, block, dry_bytes_of(copy, block.len)));
    }
    for (size_t n = 0; n < block.len; n += 7)
        CHECK(import(&f, dry_bytes_of(block.ptr, n)) != DRY_VERDICT_VALID);
    CHECK(fixture_number(&f) == 27);
    imports_all(&f, CHAIN_HEAD);
    fixture_close(&f);
}

/* A genesis other than the stored one is refused with both hashes. */
static void other_genesis_is_refused(void **state)
{
    struct fixture f;
    struct dry_chain *c = NULL;
    dry_status st;

    (void)state;
    open_vectors(&f);
    f.genesis.header.gas_limit++;
    f.error.len = 0;
    st = dry_chain_open(&c, &f.set, &f.error);
    CHECK(st.code == DRY_CODE_EINVAL);
    CHECK(dry_ok(dry_buf_append_byte(&f.error, 0)));
    CHECK(strstr((char *)f.error.ptr, "holds another chain") != NULL);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fork_imports),       cmocka_unit_test(blocks_read_back),
        cmocka_unit_test(goes_on_after_reopen),     cmocka_unit_test(damaged_blocks_are_refused),
        cmocka_unit_test(other_genesis_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
