#include "model.h"

uint64_t model_random(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void model_address(struct dry_address *out, unsigned i)
{
    memset(out->b, 0, 20);
    out->b[0] = (uint8_t)i;
    out->b[19] = (uint8_t)(i * 7);
}

void model_slot_key(struct dry_hash *out, unsigned i)
{
    memset(out->b, 0, 32);
    out->b[31] = (uint8_t)i;
}

static void code_fill(struct dry_account_diff *a, uint8_t *bytes, uint8_t code)
{
    a->code_hash = dry_hash_empty_code;
    if (code == 0)
        return;
    memset(bytes, code, 40);
    a->code = dry_bytes_of(bytes, 40);
    dry_keccak256(&a->code_hash, a->code);
}

static unsigned account_change(struct model_account *m, struct dry_account_diff *a,
                               struct dry_slot_diff *slots, uint8_t *code, uint64_t *seed)
{
    unsigned ops = 1, kind = (unsigned)(model_random(seed) % 16);

    memset(a, 0, sizeof(*a));
    a->slots = slots;
    if (kind == 0) {
        memset(m, 0, sizeof(*m));
        return ops;
    }
    a->exists = m->exists = true;
    a->nonce = ++m->nonce;
    m->balance = (struct dry_u256){{model_random(seed), model_random(seed) & 3, 0, 0}};
    a->balance = m->balance;
    if (kind == 1) {
        a->storage_wiped = true;
        memset(m->slots, 0, sizeof(m->slots));
    }
    if (kind == 2) {
        m->code = (uint8_t)(1 + model_random(seed) % 250);
        a->code_changed = true;
    }
    code_fill(a, code, m->code);
    for (unsigned i = 0; i < MODEL_SLOTS; i++) {
        uint64_t r = model_random(seed);
        struct dry_slot_diff *s = &slots[a->slot_count];

        if (r % 4 != 0 || (kind > 8 && kind != 1))
            continue;
        m->slots[i] = r % 3 == 0 ? 0 : r % 5 == 0 ? r >> 32 : 1 + r % 7;
        model_slot_key(&s->key, i);
        s->value = DRY_U256(m->slots[i]);
        a->slot_count++;
        ops++;
    }
    return ops;
}

unsigned model_change(struct model *m, struct model_diff *d, unsigned busy, uint64_t *seed)
{
    unsigned ops = 0;

    memset(d, 0, sizeof(*d));
    for (unsigned i = 0; i < MODEL_ACCOUNTS; i++) {
        struct dry_account_diff *a = &d->accounts[d->diff.count];

        if (model_random(seed) % MODEL_ACCOUNTS >= busy)
            continue;
        ops += account_change(&m->accounts[i], a, d->slots[i], d->code[i], seed);
        model_address(&a->address, i);
        d->diff.count++;
    }
    d->diff.accounts = d->accounts;
    return ops;
}

void model_whole(const struct model *m, struct model_diff *d)
{
    memset(d, 0, sizeof(*d));
    for (unsigned i = 0; i < MODEL_ACCOUNTS; i++) {
        const struct model_account *from = &m->accounts[i];
        struct dry_account_diff *a = &d->accounts[d->diff.count];

        if (!from->exists)
            continue;
        model_address(&a->address, i);
        a->exists = true;
        a->nonce = from->nonce;
        a->balance = from->balance;
        a->code_changed = from->code != 0;
        code_fill(a, d->code[i], from->code);
        a->slots = d->slots[i];
        for (unsigned j = 0; j < MODEL_SLOTS; j++) {
            if (from->slots[j] == 0)
                continue;
            model_slot_key(&d->slots[i][a->slot_count].key, j);
            d->slots[i][a->slot_count++].value = DRY_U256(from->slots[j]);
        }
        d->diff.count++;
    }
    d->diff.accounts = d->accounts;
}

void model_root(const struct model *m, struct dry_hash *out)
{
    static struct model_diff d;
    struct dry_memory_state *mem = NULL;

    model_whole(m, &d);
    assert_true(dry_ok(dry_memory_state_open(&mem)));
    assert_true(dry_ok(dry_memory_state_apply(mem, &d.diff)));
    assert_true(dry_ok(dry_memory_state_root(mem, out)));
    dry_memory_state_close(mem);
}

void model_check_reader(const struct model *m, struct dry_state_reader *r)
{
    for (unsigned i = 0; i < MODEL_ACCOUNTS; i++) {
        const struct model_account *want = &m->accounts[i];
        struct dry_account a;
        struct dry_address address;
        struct dry_bytes code;
        bool exists, slots = false;

        model_address(&address, i);
        assert_true(dry_ok(r->ops->account(r, &exists, &a, &address)));
        assert_int_equal(exists, want->exists);
        for (unsigned j = 0; j < MODEL_SLOTS; j++) {
            struct dry_u256 v;
            struct dry_hash key;

            model_slot_key(&key, j);
            assert_true(dry_ok(r->ops->slot(r, &v, &address, &key)));
            assert_true(dry_u256_is_u64(&v) && v.w[0] == want->slots[j]);
            slots = slots || want->slots[j] != 0;
        }
        if (!exists)
            continue;
        assert_true(a.nonce == want->nonce && dry_u256_equal(&a.balance, &want->balance));
        assert_int_equal(slots, !dry_hash_equal(&a.storage_root, &dry_hash_empty_trie));
        assert_true(dry_ok(r->ops->code(r, &code, &a.code_hash)));
        assert_int_equal(code.len, want->code == 0 ? 0 : 40);
        if (code.len != 0)
            assert_int_equal(code.ptr[39], want->code);
    }
}

/* --- the storage that fails --- */

static struct faulty_storage *faulty_of(struct dry_storage *s)
{
    return (struct faulty_storage *)s;
}

static bool fails(struct faulty_storage *f)
{
    f->calls++;
    if (f->fail_at == 0)
        return false;
    f->fail_at--;
    if (f->fail_at == 0)
        f->failed = true;
    return f->fail_at == 0;
}

static dry_status faulty_get(struct dry_storage *s, const struct dry_snapshot *snap,
                             struct dry_buf *out, struct dry_bytes key)
{
    if (fails(faulty_of(s)))
        return DRY_EIO;
    return dry_storage_get(faulty_of(s)->inner, snap, out, key);
}

static dry_status faulty_commit(struct dry_storage *s, const struct dry_batch *batch, bool durable)
{
    if (fails(faulty_of(s)))
        return DRY_EIO;
    return dry_storage_commit(faulty_of(s)->inner, batch, durable);
}

void faulty_init(struct faulty_storage *f, struct dry_storage *inner)
{
    static const struct dry_storage_ops ops = {
        .abi = DRY_STORAGE_ABI,
        .name = "faulty",
        .get = faulty_get,
        .commit = faulty_commit,
    };

    memset(f, 0, sizeof(*f));
    f->base.ops = &ops;
    f->inner = inner;
}
