/* fixture.c - a chain in memory on a clock that stands still. */
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

void fixture_secret(uint8_t secret[32], uint32_t i)
{
    memset(secret, (int)(i + 1), 32);
}

struct dry_address fixture_address(uint32_t i)
{
    uint8_t secret[32], pub[64];
    struct dry_address a;

    fixture_secret(secret, i);
    CHECK(dry_secp256k1_pubkey(pub, secret));
    dry_address_of_pubkey(&a, pub);
    return a;
}

static void open_chain(struct fixture *f)
{
    dry_status st = dry_chain_open(&f->chain, &f->set, &f->error);

    if (!dry_ok(st))
        (void)!dry_ok(dry_buf_append_byte(&f->error, 0));
    CHECK_MSG(dry_ok(st), f->error.ptr == NULL ? dry_status_text(st) : (char *)f->error.ptr);
}

void fixture_open_genesis(struct fixture *f, struct dry_bytes json,
                          const struct dry_consensus_ops *consensus)
{
    struct dry_storage_settings storage = {0};
    dry_status st;

    *f = (struct fixture){.clock = {.base = {&clock_ops}, .wall_ms = 1700000000000ull}};
    CHECK(dry_ok(dry_storage_open(&f->storage, &dry_storage_memory, &storage, NULL)));
    st = dry_genesis_parse(&f->genesis, &f->error, json, &f->arena);
    if (!dry_ok(st))
        (void)!dry_ok(dry_buf_append_byte(&f->error, 0));
    CHECK_MSG(dry_ok(st), f->error.ptr == NULL ? dry_status_text(st) : (char *)f->error.ptr);
    f->set = (struct dry_chain_settings){.storage = f->storage,
                                         .executor = &dry_executor_serial,
                                         .consensus = consensus,
                                         .genesis = &f->genesis,
                                         .clock = &f->clock.base};
}

void fixture_open_dev(struct fixture *f, bool automine)
{
    struct dry_address accounts[10];
    struct dry_genesis_dev dev = {.chain_id = 31337,
                                  .gas_limit = 60000000,
                                  .time = 1600000000,
                                  .account_count = 10,
                                  .accounts = accounts,
                                  .balance = {{0, 1ull << 32, 0, 0}}};
    struct dry_buf json = {0};

    for (uint32_t i = 0; i < 10; i++)
        accounts[i] = fixture_address(i);
    CHECK(dry_ok(dry_genesis_dev_json(&json, &dev)));
    fixture_open_genesis(f, dry_buf_bytes(&json), &dry_consensus_dev);
    dry_buf_fini(&json);
    f->set.consensus_settings.automine = automine;
    open_chain(f);
}

void fixture_reopen(struct fixture *f)
{
    dry_chain_close(f->chain);
    open_chain(f);
}

void fixture_close(struct fixture *f)
{
    dry_chain_close(f->chain);
    dry_storage_close(f->storage);
    dry_arena_fini(&f->arena);
    dry_buf_fini(&f->error);
}

struct dry_bytes fixture_sign(struct fixture *f, const struct fixture_tx *t)
{
    struct dry_tx tx = {.type = DRY_TX_DYNAMIC_FEE,
                        .has_chain_id = true,
                        .chain_id = 31337,
                        .has_to = !t->create,
                        .to = t->to,
                        .nonce = t->nonce,
                        .gas_limit = t->gas != 0 ? t->gas : 21000,
                        .max_fee_per_gas = DRY_U256(t->max_fee != 0 ? t->max_fee : 3000000000u),
                        .max_priority_fee_per_gas = DRY_U256(t->tip),
                        .value = DRY_U256(t->value),
                        .data = t->data};

    return fixture_sign_tx(f, &tx, t->from);
}

struct dry_bytes fixture_sign_tx(struct fixture *f, struct dry_tx *tx, uint32_t from)
{
    struct dry_ecdsa_signature sig;
    struct dry_buf buf = {0};
    struct dry_bytes out;
    struct dry_hash hash;
    uint8_t secret[32];

    CHECK(dry_ok(dry_tx_encode_unsigned(&buf, tx)));
    dry_keccak256(&hash, dry_buf_bytes(&buf));
    fixture_secret(secret, from);
    CHECK(dry_secp256k1_sign(&sig, &hash, secret));
    dry_u256_from_be32(&tx->r, sig.r);
    dry_u256_from_be32(&tx->s, sig.s);
    tx->y_parity = sig.y_parity;
    buf.len = 0;
    CHECK(dry_ok(dry_tx_encode_network(&buf, tx)));
    CHECK(dry_ok(dry_arena_copy(&f->arena, &out, dry_buf_bytes(&buf))));
    dry_buf_fini(&buf);
    return out;
}

struct dry_pool_verdict fixture_submit(struct fixture *f, struct dry_bytes encoded)
{
    struct dry_pool_tx *tx = NULL;
    struct dry_pool_verdict v;

    CHECK(dry_ok(dry_chain_tx_open(f->chain, &tx, &v, encoded)));
    if (v.answer == DRY_POOL_OK) {
        dry_status st = dry_chain_submit(f->chain, &v, tx);
        CHECK_MSG(dry_ok(st), dry_status_text(st));
    }
    return v;
}

struct dry_pool_verdict fixture_send(struct fixture *f, const struct fixture_tx *t)
{
    return fixture_submit(f, fixture_sign(f, t));
}

void fixture_genesis(struct dry_buf *json, const char *config, const char *alloc)
{
    char line[256];

    CHECK(dry_ok(dry_buf_append_text(json, "{\"config\":")));
    CHECK(dry_ok(dry_buf_append_text(json, config)));
    CHECK(dry_ok(dry_buf_append_text(
        json, ",\"gasLimit\":\"0x3938700\",\"timestamp\":\"0x5f5e1000\",\"baseFeePerGas\":"
              "\"0x3b9aca00\",\"difficulty\":\"0x0\",\"alloc\":{")));
    CHECK(dry_ok(dry_buf_append_text(json, alloc)));
    for (uint32_t i = 0; i < 10; i++) {
        struct dry_address a = fixture_address(i);

        snprintf(line, sizeof(line), "%s\"0x%s\":{\"balance\":\"0x%s0000000000000000\"}",
                 i != 0 || alloc[0] != 0 ? "," : "", test_hex_of(DRY_BYTES_ARRAY(a.b)), "ffffffff");
        CHECK(dry_ok(dry_buf_append_text(json, line)));
    }
    CHECK(dry_ok(dry_buf_append_text(json, "}}")));
    CHECK(dry_ok(dry_buf_append_byte(json, 0)));
    json->len--;
}

struct dry_bytes fixture_block(struct fixture *f, const struct dry_hash *hash)
{
    struct dry_stored_block b;
    struct dry_buf rlp = {0};
    struct dry_bytes out;

    CHECK(dry_ok(dry_chain_block(f->chain, &b, hash, &f->arena)));
    CHECK(dry_ok(dry_block_encode(&rlp, &b.block)));
    CHECK(dry_ok(dry_arena_copy(&f->arena, &out, dry_buf_bytes(&rlp))));
    dry_buf_fini(&rlp);
    return out;
}

void fixture_import(struct fixture *f, struct dry_bytes block)
{
    enum dry_verdict v;
    uint32_t tx;
    dry_status st = dry_chain_import(f->chain, &v, &tx, block);

    CHECK_MSG(dry_ok(st), dry_status_text(st));
    CHECK_MSG(v == DRY_VERDICT_VALID, dry_verdict_name(v));
}

struct dry_hash fixture_head_hash(struct fixture *f)
{
    struct dry_head *head = dry_chain_head(f->chain);
    struct dry_hash h = head->hash;

    dry_head_close(head);
    return h;
}

static void same_block(struct fixture *a, struct fixture *b, const struct dry_hash *hash)
{
    const struct dry_receipt *ra, *rb;
    struct dry_stored_block block;
    uint32_t na, nb;

    CHECK_BYTES(fixture_block(a, hash), fixture_block(b, hash), "block");
    CHECK(dry_ok(dry_chain_block(a->chain, &block, hash, &a->arena)));
    CHECK(dry_ok(dry_chain_receipts(a->chain, &ra, &na, hash, &a->arena)));
    CHECK(dry_ok(dry_chain_receipts(b->chain, &rb, &nb, hash, &b->arena)));
    CHECK(na == nb && na == block.block.tx_count);
    for (uint32_t i = 0; i < na; i++) {
        struct dry_tx_place pa, pb;

        CHECK(ra[i].cumulative_gas_used == rb[i].cumulative_gas_used);
        CHECK(ra[i].success == rb[i].success && ra[i].log_count == rb[i].log_count);
        CHECK(dry_ok(dry_chain_find_tx(a->chain, &pa, &block.tx_hashes[i])));
        CHECK(dry_ok(dry_chain_find_tx(b->chain, &pb, &block.tx_hashes[i])));
        CHECK(pa.block_number == pb.block_number && pa.index == pb.index && pa.index == i);
        CHECK(dry_hash_equal(&pa.block_hash, hash) && dry_hash_equal(&pb.block_hash, hash));
    }
}

void fixture_same_chain(struct fixture *a, struct fixture *b)
{
    struct dry_arena_mark ma = dry_arena_mark(&a->arena), mb = dry_arena_mark(&b->arena);
    struct dry_hash ha = fixture_head_hash(a), hb = fixture_head_hash(b), none;
    uint64_t top = fixture_number(a);

    CHECK_BYTES(DRY_BYTES_ARRAY(ha.b), DRY_BYTES_ARRAY(hb.b), "head");
    for (uint64_t n = 0; n <= top; n++) {
        CHECK(dry_ok(dry_chain_hash_at(a->chain, &ha, n)));
        CHECK(dry_ok(dry_chain_hash_at(b->chain, &hb, n)));
        CHECK_BYTES(DRY_BYTES_ARRAY(ha.b), DRY_BYTES_ARRAY(hb.b), "index");
        same_block(a, b, &ha);
    }
    CHECK(dry_chain_hash_at(a->chain, &none, top + 1).code == DRY_CODE_ENOTFOUND);
    for (uint32_t i = 0; i < 10; i++) {
        struct dry_address who = fixture_address(i);
        struct dry_account x = fixture_account(a, &who), y = fixture_account(b, &who);
        CHECK(x.nonce == y.nonce && dry_u256_equal(&x.balance, &y.balance));
    }
    dry_arena_rewind(&a->arena, ma);
    dry_arena_rewind(&b->arena, mb);
}

struct gather {
    struct fixture *f;
    struct dry_state_view *view;
    struct dry_trie_pair accounts[512], slots[512];
    uint32_t account_count, slot_count;
};

static bool gather_slot(void *ctx, const struct dry_hash *key, const struct dry_u256 *value)
{
    struct gather *g = ctx;
    struct dry_trie_pair *p = &g->slots[g->slot_count++];
    struct dry_buf rlp = {0};
    uint8_t be[32];
    size_t zeros = 0;

    CHECK(g->slot_count < DRY_COUNT(g->slots));
    dry_u256_to_be32(be, value);
    while (be[zeros] == 0)
        zeros++;
    CHECK(dry_ok(dry_rlp_put_string(&rlp, dry_bytes_of(be + zeros, 32 - zeros))));
    CHECK(dry_ok(dry_arena_copy(&g->f->arena, &p->key, DRY_BYTES_ARRAY(key->b))));
    CHECK(dry_ok(dry_arena_copy(&g->f->arena, &p->value, dry_buf_bytes(&rlp))));
    dry_buf_fini(&rlp);
    return true;
}

static bool gather_account(void *ctx, const struct dry_hash *hashed, const struct dry_account *a)
{
    struct gather *g = ctx;
    struct dry_trie_pair *p = &g->accounts[g->account_count++];
    struct dry_buf rlp = {0};
    struct dry_hash root;
    size_t list;

    CHECK(g->account_count < DRY_COUNT(g->accounts));
    g->slot_count = 0;
    CHECK(dry_ok(dry_state_each_slot(g->view, hashed, gather_slot, g)));
    CHECK(dry_ok(dry_trie_root_of_pairs(&root, g->slots, g->slot_count, false, &g->f->arena)));
    CHECK(dry_hash_equal(&root, &a->storage_root));
    list = dry_rlp_open(&rlp);
    CHECK(dry_ok(dry_rlp_put_u64(&rlp, a->nonce)));
    CHECK(dry_ok(dry_rlp_put_u256(&rlp, &a->balance)));
    CHECK(dry_ok(dry_rlp_put_string(&rlp, DRY_BYTES_ARRAY(root.b))));
    CHECK(dry_ok(dry_rlp_put_string(&rlp, DRY_BYTES_ARRAY(a->code_hash.b))));
    CHECK(dry_ok(dry_rlp_close(&rlp, list)));
    CHECK(dry_ok(dry_arena_copy(&g->f->arena, &p->key, DRY_BYTES_ARRAY(hashed->b))));
    CHECK(dry_ok(dry_arena_copy(&g->f->arena, &p->value, dry_buf_bytes(&rlp))));
    dry_buf_fini(&rlp);
    return true;
}

void fixture_check_root(struct fixture *f)
{
    static struct gather g;
    struct dry_arena_mark mark = dry_arena_mark(&f->arena);
    struct dry_head *head = dry_chain_head(f->chain);
    struct dry_hash root;

    g = (struct gather){.f = f};
    CHECK(dry_ok(dry_chain_state_open(f->chain, &g.view, &head->header)));
    CHECK(dry_ok(dry_state_each_account(g.view, gather_account, &g)));
    CHECK(dry_ok(dry_trie_root_of_pairs(&root, g.accounts, g.account_count, false, &f->arena)));
    CHECK_BYTES(DRY_BYTES_ARRAY(root.b), DRY_BYTES_ARRAY(head->header.state_root.b), "root");
    dry_state_view_close(g.view);
    dry_head_close(head);
    dry_arena_rewind(&f->arena, mark);
}

uint32_t fixture_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u; /* splitmix64 */

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)(z >> 32);
}

uint64_t fixture_number(struct fixture *f)
{
    struct dry_head *head = dry_chain_head(f->chain);
    uint64_t n = head->header.number;

    dry_head_close(head);
    return n;
}

struct dry_account fixture_account(struct fixture *f, const struct dry_address *a)
{
    struct dry_head *head = dry_chain_head(f->chain);
    struct dry_state_view *view = NULL;
    struct dry_account out = {0};
    bool exists;

    CHECK(dry_ok(dry_chain_state_open(f->chain, &view, &head->header)));
    CHECK(dry_ok(
        dry_state_view_reader(view)->ops->account(dry_state_view_reader(view), &exists, &out, a)));
    dry_state_view_close(view);
    dry_head_close(head);
    return out;
}
