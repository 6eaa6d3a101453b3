/* The journaled world against a model that copies everything at each snapshot, the rules of
 * removal, what is read from the reader, and running out of memory at every point. */
#include "journal.h"
#include <drystone/state.h>
#include <drystone/test.h>

#define ACCOUNTS 6u
#define SLOTS 5u

/* A reader that knows the first three addresses (01…, 02…, 03…) and counts what it is asked. */
struct reader {
    struct dry_state_reader r;
    uint32_t accounts_read, slots_read;
};

static struct dry_address address_of(unsigned i)
{
    return (struct dry_address){{(uint8_t)(0xf0 - 16 * i), [19] = (uint8_t)(i + 10)}};
}

static struct dry_hash key_of(unsigned i)
{
    return (struct dry_hash){{[0] = (uint8_t)(200 - i), [31] = (uint8_t)i}};
}

static dry_status read_account(struct dry_state_reader *r, bool *exists, struct dry_account *out,
                               const struct dry_address *address)
{
    unsigned i = (unsigned)address->b[19] - 10;

    ((struct reader *)r)->accounts_read++;
    *exists = i < 3;
    if (*exists) {
        *out = (struct dry_account){.nonce = i,
                                    .balance = DRY_U256(1000 * i),
                                    .code_hash = dry_hash_empty_code,
                                    .storage_root = dry_hash_empty_trie};
        if (i == 2) {
            out->storage_root.b[0] ^= 1;
            out->code_hash.b[0] ^= 1;
        }
    }
    return DRY_OK;
}

static dry_status read_slot(struct dry_state_reader *r, struct dry_u256 *out,
                            const struct dry_address *address, const struct dry_hash *key)
{
    (void)address;
    ((struct reader *)r)->slots_read++;
    *out = DRY_U256(key->b[31] % 2 == 0 ? 77 : 0);
    return DRY_OK;
}

static dry_status read_code(struct dry_state_reader *r, struct dry_bytes *out,
                            const struct dry_hash *hash)
{
    (void)r;
    (void)hash;
    *out = DRY_BYTES_LIT("\x60\x00");
    return DRY_OK;
}

static const struct dry_state_reader_ops reader_ops = {
    .account = read_account, .slot = read_slot, .code = read_code};

struct fixture {
    struct reader reader;
    struct dry_rules rules;
    struct dry_arena arena;
    struct dry__world w;
};

static dry_status fixture_open(struct fixture *f, enum dry_fork fork)
{
    struct dry_chain_config config;

    memset(f, 0, sizeof(*f));
    f->reader.r.ops = &reader_ops;
    dry_chain_config_at(&config, fork, 1);
    dry_rules_at(&f->rules, &config, 1, 1, fork >= DRY_FORK_PARIS);
    return dry__world_open(&f->w, &f->reader.r, &f->rules, NULL, &f->arena);
}

static void fixture_close(struct fixture *f)
{
    dry__world_close(&f->w);
    dry_arena_fini(&f->arena);
}

static struct dry__account *account(struct fixture *f, unsigned i)
{
    struct dry_address a = address_of(i);

    return dry__world_account(&f->w, &a);
}

static struct dry__slot *slot(struct fixture *f, unsigned a, unsigned k)
{
    struct dry_hash key = key_of(k);

    return dry__world_slot(&f->w, account(f, a), &key);
}

/* --- the model --- */

struct image {
    struct {
        uint64_t nonce;
        struct dry_u256 balance;
        struct dry_hash code_hash;
        uint64_t exists, warm, created, destroyed; /* no padding: images are compared as bytes */
        struct dry_u256 slots[SLOTS], transient[SLOTS];
        uint64_t slot_warm[SLOTS];
    } at[ACCOUNTS];
    uint64_t refund, logs;
};

static void image_take(struct image *m, struct fixture *f)
{
    memset(m, 0, sizeof(*m));
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        struct dry__account *a = account(f, i);

        m->at[i].nonce = a->nonce;
        m->at[i].balance = a->balance;
        m->at[i].code_hash = a->code_hash;
        m->at[i].exists = a->exists;
        m->at[i].warm = a->warm_stamp == f->w.tx_stamp;
        m->at[i].created = a->created_stamp == f->w.tx_stamp;
        m->at[i].destroyed = a->destroyed_stamp == f->w.tx_stamp;
        for (unsigned k = 0; k < SLOTS; k++) {
            struct dry__slot *s = slot(f, i, k);
            struct dry_hash key = key_of(k);

            m->at[i].slots[k] = s->current;
            m->at[i].slot_warm[k] = s->warm_stamp == f->w.tx_stamp;
            dry__world_tload(&f->w, &m->at[i].transient[k], &a->address, &key);
        }
    }
    m->refund = f->w.refund;
    m->logs = f->w.log_count;
}

static uint32_t rand_next(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % below;
}

static void change(struct fixture *f, uint64_t *seed)
{
    struct dry__account *a = account(f, rand_next(seed, ACCOUNTS));
    struct dry_hash key = key_of(rand_next(seed, SLOTS));
    struct dry_u256 v = DRY_U256(rand_next(seed, 4));
    struct dry_hash code_hash = {{(uint8_t)rand_next(seed, 3)}};
    struct dry__slot *s = a == NULL ? NULL : dry__world_slot(&f->w, a, &key);

    if (s == NULL)
        return; /* memory ran out; the world's error says so */
    switch (rand_next(seed, 14)) {
    case 0:
        dry__world_set_balance(&f->w, a, &v);
        break;
    case 1:
        dry__world_add_balance(&f->w, a, &v);
        break;
    case 2:
        dry__world_set_nonce(&f->w, a, v.w[0]);
        break;
    case 3:
        dry__world_set_code(&f->w, a, DRY_BYTES_LIT("\x00"), &code_hash);
        break;
    case 4:
        dry__world_touch(&f->w, a);
        break;
    case 5:
        dry__world_create(&f->w, a);
        break;
    case 6:
        dry__world_destroy(&f->w, a);
        break;
    case 7:
        (void)dry__world_warm_account(&f->w, a);
        break;
    case 8:
        (void)dry__world_warm_slot(&f->w, a, s);
        break;
    case 9:
    case 10:
        dry__world_set_slot(&f->w, a, s, &v);
        break;
    case 11:
        dry__world_tstore(&f->w, &a->address, &key, &v);
        break;
    case 12:
        dry__world_add_refund(&f->w, v.w[0]);
        break;
    case 13:
        dry__world_log(&f->w, &a->address, &key, 1, DRY_BYTES_LIT("data"));
        break;
    }
}

static void revert_restores_everything(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 60; round++) {
        struct image images[40];
        uint32_t snapshots[40], depth = 0;
        uint64_t seed = round;
        struct fixture f;

        CHECK(dry_ok(fixture_open(&f, round % 2 == 0 ? DRY_FORK_CANCUN : DRY_FORK_FRONTIER)));
        for (unsigned tx = 0; tx < 3; tx++) {
            dry__world_tx_begin(&f.w);
            depth = 0;
            for (unsigned i = 0; i < 400; i++) {
                uint32_t what = rand_next(&seed, 12);

                if (what == 0 && depth < DRY_COUNT(images)) {
                    image_take(&images[depth], &f);
                    snapshots[depth++] = dry__world_snapshot(&f.w);
                } else if (what == 1 && depth > 0) {
                    struct image now;
                    uint32_t to = rand_next(&seed, depth);

                    dry__world_revert(&f.w, snapshots[to]);
                    image_take(&now, &f);
                    CHECK(memcmp(&now, &images[to], sizeof(now)) == 0);
                    depth = to;
                } else {
                    change(&f, &seed);
                }
            }
            dry__world_tx_end(&f.w);
            CHECK(dry_ok(f.w.error));
        }
        fixture_close(&f);
    }
}

/* --- the rules --- */

static void stamps_end_with_the_transaction(void **state)
{
    struct dry_hash key = key_of(0);
    struct dry_u256 one = DRY_U256(1), got;
    struct fixture f;

    (void)state;
    CHECK(dry_ok(fixture_open(&f, DRY_FORK_CANCUN)));
    dry__world_tx_begin(&f.w);
    CHECK(dry__world_warm_account(&f.w, account(&f, 2)));
    CHECK(!dry__world_warm_account(&f.w, account(&f, 2)));
    CHECK(dry__world_warm_slot(&f.w, account(&f, 2), slot(&f, 2, 0)));
    CHECK(!dry__world_warm_slot(&f.w, account(&f, 2), slot(&f, 2, 0)));
    dry__world_set_slot(&f.w, account(&f, 2), slot(&f, 2, 0), &one);
    dry__world_tstore(&f.w, &account(&f, 2)->address, &key, &one);
    CHECK(slot(&f, 2, 0)->original.w[0] == 77);
    dry__world_tx_end(&f.w);
    dry__world_tx_begin(&f.w);
    CHECK(dry__world_warm_account(&f.w, account(&f, 2)));
    CHECK(dry__world_warm_slot(&f.w, account(&f, 2), slot(&f, 2, 0)));
    CHECK(slot(&f, 2, 0)->original.w[0] == 1 && slot(&f, 2, 0)->block_start.w[0] == 77);
    dry__world_tload(&f.w, &got, &account(&f, 2)->address, &key);
    CHECK(dry_u256_is_zero(&got));
    fixture_close(&f);
}

/* EIP-161, and the touch of RIPEMD-160's address that outlives a revert. */
static void empty_accounts(void **state)
{
    static const struct dry_address ripemd = {{[19] = 3}};
    struct fixture f;

    (void)state;
    for (unsigned after = 0; after < 2; after++) {
        CHECK(dry_ok(
            fixture_open(&f, after ? DRY_FORK_SPURIOUS_DRAGON : DRY_FORK_TANGERINE_WHISTLE)));
        dry__world_tx_begin(&f.w);
        dry__world_touch(&f.w, account(&f, 0)); /* exists and is empty */
        dry__world_touch(&f.w, account(&f, 4)); /* does not exist */
        dry__world_tx_end(&f.w);
        CHECK(account(&f, 0)->exists == !after);
        CHECK(account(&f, 4)->exists == !after);
        fixture_close(&f);
    }
    CHECK(dry_ok(fixture_open(&f, DRY_FORK_SPURIOUS_DRAGON)));
    for (unsigned special = 0; special < 2; special++) {
        struct dry__account *a = special ? dry__world_account(&f.w, &ripemd) : account(&f, 0);

        a->exists = true;
        dry__world_tx_begin(&f.w);
        dry__world_touch(&f.w, a);
        dry__world_revert(&f.w, 0);
        dry__world_tx_end(&f.w);
        CHECK(a->exists == !special);
    }
    fixture_close(&f);
}

static void destruction(void **state)
{
    (void)state;
    for (unsigned cancun = 0; cancun < 2; cancun++) {
        struct dry_u256 one = DRY_U256(1);
        struct dry_state_diff diff;
        struct fixture f;
        uint32_t read;

        CHECK(dry_ok(fixture_open(&f, cancun ? DRY_FORK_CANCUN : DRY_FORK_SHANGHAI)));
        dry__world_tx_begin(&f.w);
        (void)slot(&f, 2, 0);
        dry__world_destroy(&f.w, account(&f, 2));
        dry__world_create(&f.w, account(&f, 5)); /* new in this transaction: always removed */
        dry__world_set_slot(&f.w, account(&f, 5), slot(&f, 5, 1), &one);
        dry__world_destroy(&f.w, account(&f, 5));
        dry__world_tx_end(&f.w);
        CHECK(account(&f, 2)->exists == (cancun != 0));
        CHECK(!account(&f, 5)->exists);
        CHECK(dry_ok(dry__world_diff(&f.w, &diff, &f.arena)));
        CHECK(diff.count == (cancun ? 0 : 1));
        if (cancun) {
            fixture_close(&f);
            continue;
        }
        CHECK(!diff.accounts[0].exists);
        /* Made again in the same block: nothing of the old storage is seen or read. */
        read = f.reader.slots_read;
        dry__world_tx_begin(&f.w);
        CHECK(!dry__account_collides(account(&f, 2)));
        dry__world_create(&f.w, account(&f, 2));
        CHECK(dry_u256_is_zero(&slot(&f, 2, 0)->current));
        CHECK(dry_u256_is_zero(&slot(&f, 2, 2)->current));
        dry__world_set_slot(&f.w, account(&f, 2), slot(&f, 2, 2), &one);
        dry__world_tx_end(&f.w);
        CHECK(f.reader.slots_read == read);
        CHECK(dry_ok(dry__world_diff(&f.w, &diff, &f.arena)));
        CHECK(diff.count == 1 && diff.accounts[0].exists && diff.accounts[0].storage_wiped);
        CHECK(diff.accounts[0].slot_count == 1 && diff.accounts[0].slots[0].value.w[0] == 1);
        fixture_close(&f);
    }
}

/* EIP-7610: storage alone forbids a creation. */
static void collisions(void **state)
{
    struct fixture f;

    (void)state;
    CHECK(dry_ok(fixture_open(&f, DRY_FORK_FRONTIER)));
    dry__world_tx_begin(&f.w);
    CHECK(!dry__account_collides(account(&f, 0)) && dry__account_collides(account(&f, 1)));
    CHECK(dry__account_collides(account(&f, 2)) && !dry__account_collides(account(&f, 3)));
    account(&f, 2)->nonce = 0;
    account(&f, 2)->code_hash = dry_hash_empty_code;
    CHECK(dry__account_collides(account(&f, 2)));
    fixture_close(&f);
}

static void diff_is_sorted_and_real(void **state)
{
    struct dry_u256 v = DRY_U256(5), old = DRY_U256(77), zero = DRY_U256_ZERO;
    struct dry_state_diff diff;
    struct fixture f;

    (void)state;
    CHECK(dry_ok(fixture_open(&f, DRY_FORK_CANCUN)));
    dry__world_tx_begin(&f.w);
    for (unsigned i = 0; i < ACCOUNTS; i++)
        dry__world_add_balance(&f.w, account(&f, i), &v);
    for (unsigned k = 0; k < SLOTS; k++)
        dry__world_set_slot(&f.w, account(&f, 2), slot(&f, 2, k), &v);
    /* What went back to where it was is no difference. */
    dry__world_sub_balance(&f.w, account(&f, 1), &v);
    dry__world_set_slot(&f.w, account(&f, 2), slot(&f, 2, 4), &old);
    dry__world_set_slot(&f.w, account(&f, 2), slot(&f, 2, 2), &zero);
    dry__world_tx_end(&f.w);
    CHECK(dry_ok(dry__world_diff(&f.w, &diff, &f.arena)));
    CHECK(diff.count == ACCOUNTS - 1);
    for (uint32_t i = 0; i < diff.count; i++) {
        const struct dry_account_diff *a = &diff.accounts[i];

        CHECK(a->exists && !a->code_changed && !a->storage_wiped);
        CHECK(i == 0 || memcmp(a[-1].address.b, a->address.b, 20) < 0);
        CHECK(a->slot_count == (a->address.b[19] == 12 ? SLOTS - 1 : 0));
        for (uint32_t k = 1; k < a->slot_count; k++)
            CHECK(memcmp(a->slots[k - 1].key.b, a->slots[k].key.b, 32) < 0);
    }
    fixture_close(&f);
}

/* --- hard times --- */

static dry_status scenario(struct fixture *f)
{
    dry_status st = fixture_open(f, DRY_FORK_SHANGHAI);
    struct dry_state_diff diff;
    uint64_t seed = 4;

    if (!dry_ok(st))
        return st;
    for (unsigned tx = 0; tx < 4; tx++) {
        dry__world_tx_begin(&f->w);
        for (unsigned i = 0; i < 120 && dry_ok(f->w.error); i++) {
            struct dry__account *a = account(f, rand_next(&seed, ACCOUNTS));
            struct dry_hash key = key_of(i);
            struct dry__slot *s = a == NULL ? NULL : dry__world_slot(&f->w, a, &key);

            if (s == NULL)
                break;
            change(f, &seed);
            if (dry_ok(f->w.error))
                dry__world_set_slot(&f->w, a, s, &DRY_U256(i));
        }
        dry__world_tx_end(&f->w);
    }
    st = dry__world_diff(&f->w, &diff, &f->arena);
    CHECK(dry_ok(f->w.error) || !dry_ok(st));
    return st;
}

static void each_allocation_fails(void **state)
{
    (void)state;
    TEST_EACH_ALLOC_FAILS({
        struct fixture f;
        dry_status st = scenario(&f);

        CHECK(dry_ok(st) == !test_alloc_failed());
        CHECK(dry_ok(st) || st.code == DRY_CODE_ENOMEM);
        fixture_close(&f);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(revert_restores_everything),
        cmocka_unit_test(stamps_end_with_the_transaction),
        cmocka_unit_test(empty_accounts),
        cmocka_unit_test(destruction),
        cmocka_unit_test(collisions),
        cmocka_unit_test(diff_is_sorted_and_real),
        cmocka_unit_test(each_allocation_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
