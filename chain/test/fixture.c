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
    struct dry_ecdsa_signature sig;
    struct dry_buf buf = {0};
    struct dry_bytes out;
    struct dry_hash hash;
    uint8_t secret[32];

    CHECK(dry_ok(dry_tx_encode_unsigned(&buf, &tx)));
    dry_keccak256(&hash, dry_buf_bytes(&buf));
    fixture_secret(secret, t->from);
    CHECK(dry_secp256k1_sign(&sig, &hash, secret));
    dry_u256_from_be32(&tx.r, sig.r);
    dry_u256_from_be32(&tx.s, sig.s);
    tx.y_parity = sig.y_parity;
    buf.len = 0;
    CHECK(dry_ok(dry_tx_encode(&buf, &tx)));
    CHECK(dry_ok(dry_arena_copy(&f->arena, &out, dry_buf_bytes(&buf))));
    dry_buf_fini(&buf);
    return out;
}

struct dry_pool_verdict fixture_send(struct fixture *f, const struct fixture_tx *t)
{
    struct dry_head *head = dry_chain_head(f->chain);
    struct dry_pool_tx *tx = NULL;
    struct dry_pool_verdict v;

    CHECK(dry_ok(dry_pool_tx_open(&tx, &v, fixture_sign(f, t), &head->rules, 131072)));
    dry_head_close(head);
    if (v.answer == DRY_POOL_OK) {
        dry_status st = dry_chain_submit(f->chain, &v, tx);
        CHECK_MSG(dry_ok(st), dry_status_text(st));
    }
    return v;
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
