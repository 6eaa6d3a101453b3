/* The journaled world.
 *
 * The undo log is one array of 64-bit words. An entry is its old values followed by a word that
 * holds the entry's kind and the address of what it is about, so that it is read from the end. */
#include "evm/evm.h"
#include "journal_impl.h"

enum undo {
    UNDO_BALANCE,   /* 4 words */
    UNDO_NONCE,     /* 1 */
    UNDO_CODE,      /* 7 */
    UNDO_EXISTS,    /* 1 */
    UNDO_TOUCHED,   /* 1 */
    UNDO_WARM,      /* 0 */
    UNDO_CREATED,   /* 1 */
    UNDO_DESTROYED, /* 1 */
    UNDO_WIPED,     /* 0 */
    UNDO_SLOT,      /* 4 */
    UNDO_SLOT_WARM, /* 0 */
    UNDO_TRANSIENT, /* 5 */
    UNDO_LOG,       /* 0 */
    UNDO_REFUND,    /* 1 */
};
#define UNDO_KIND_MASK 15u /* arena entries are aligned to 16 */
#define UNDO_WORDS_MAX 8u

static struct dry__world_impl *impl_of(const struct dry__world *w)
{
    return (struct dry__world_impl *)w->impl;
}

static void fail(struct dry__world *w, dry_status st)
{
    if (dry_ok(w->error))
        w->error = st;
}

/* Make room for one more of `size` bytes in a growing array. */
static bool grow(struct dry__world *w, void **array, uint32_t *cap, uint32_t need, size_t size)
{
    uint32_t more = *cap < 64 ? 64 : *cap;
    void *p;

    if (need <= *cap)
        return true;
    if (more > UINT32_MAX - *cap) {
        fail(w, DRY_STATUS(ELIMIT, "the journal of one transaction is too long"));
        return false;
    }
    p = dry_realloc(*array, (size_t)*cap * size, (size_t)(*cap + more) * size);
    if (p == NULL) {
        fail(w, DRY_ENOMEM);
        return false;
    }
    *array = p;
    *cap += more;
    return true;
}

/* Room for one entry's words; the caller fills them. NULL with the error set. */
static uint64_t *undo_push(struct dry__world *w, enum undo kind, const void *about, uint32_t words)
{
    struct dry__world_impl *m = impl_of(w);
    uint64_t *at;

    if (!grow(w, (void **)&m->undo, &m->undo_cap, m->undo_count + UNDO_WORDS_MAX, sizeof(uint64_t)))
        return NULL;
    at = m->undo + m->undo_count;
    at[words] = (uint64_t)(uintptr_t)about | kind;
    m->undo_count += words + 1;
    return at;
}

static bool undo_push_word(struct dry__world *w, enum undo kind, const void *about, uint64_t old)
{
    uint64_t *at = undo_push(w, kind, about, 1);

    if (at == NULL)
        return false;
    at[0] = old;
    return true;
}

static bool undo_push_u256(struct dry__world *w, enum undo kind, const void *about,
                           const struct dry_u256 *old)
{
    uint64_t *at = undo_push(w, kind, about, 4);

    if (at == NULL)
        return false;
    memcpy(at, old->w, 32);
    return true;
}

/* For worlds nobody keyed: tests, and programs that run what they trust. */
static const struct dry__secret secret_fixed = {
    {0x27d4eb2f165667c5u, 0x9e3779b97f4a7c15u, 0xc2b2ae3d27d4eb4fu, 0x165667b19e3779f9u}};

dry_status dry__world_open(struct dry__world *w, struct dry_state_reader *reader,
                           const struct dry_rules *rules, const struct dry_tracer *tracer,
                           struct dry_arena *arena)
{
    struct dry__world_impl *m = dry_alloc(sizeof(*m));

    if (m == NULL)
        return DRY_ENOMEM;
    *w = (struct dry__world){.reader = reader,
                             .rules = rules,
                             .tracer = tracer,
                             .arena = arena,
                             .secret = secret_fixed,
                             .tx_stamp = 1,
                             .error = DRY_OK,
                             .impl = m};
    return DRY_OK;
}

void dry__world_close(struct dry__world *w)
{
    struct dry__world_impl *m = impl_of(w);

    if (m == NULL)
        return;
    dry__transient_fini(&m->transient);
    dry_free(m->undo);
    dry_free(m->touched.at);
    dry_free(m->destroyed.at);
    dry_free(w->logs);
    dry_free(m);
    memset(w, 0, sizeof(*w));
}

uint32_t dry__world_snapshot(struct dry__world *w)
{
    return impl_of(w)->undo_count;
}

/* EIP-161 in practice: at block 2,675,119 the empty account 0x3 was deleted although the message
 * that touched it had failed, and every client kept that. It holds for a touch that moved no value;
 * value that went there and back leaves no trace. */
#define TOUCH_STAYS (UINT64_C(1) << 63) /* in UNDO_TOUCHED's word, above the stamp */

static bool is_ripemd(const struct dry__account *a)
{
    static const struct dry_address ripemd = {{[19] = 3}};

    return dry_address_equal(&a->address, &ripemd);
}

static void undo_code(struct dry__account *a, const uint64_t *at)
{
    a->code = dry_bytes_of((const void *)(uintptr_t)at[0], (size_t)at[1]);
    a->code_loaded = (at[2] & 1) != 0;
    a->code_changed = (at[2] & 2) != 0;
    memcpy(a->code_hash.b, at + 3, 32);
}

/* Undo the entry that ends before word n; returns where it began. */
static uint32_t undo_one(struct dry__world *w, uint32_t n)
{
    struct dry__world_impl *m = impl_of(w);
    uint64_t last = m->undo[--n];
    uint64_t *at = m->undo + n;
    struct dry__account *a = (struct dry__account *)(uintptr_t)(last & ~(uint64_t)UNDO_KIND_MASK);
    struct dry__slot *s = (struct dry__slot *)(uintptr_t)(last & ~(uint64_t)UNDO_KIND_MASK);

    switch ((enum undo)(last & UNDO_KIND_MASK)) {
    case UNDO_BALANCE:
        memcpy(a->balance.w, at - 4, 32);
        return n - 4;
    case UNDO_NONCE:
        a->nonce = at[-1];
        return n - 1;
    case UNDO_CODE:
        undo_code(a, at - 7);
        return n - 7;
    case UNDO_EXISTS:
        a->exists = at[-1] != 0;
        return n - 1;
    case UNDO_TOUCHED:
        if ((at[-1] & TOUCH_STAYS) == 0)
            a->touched_stamp = (uint32_t)at[-1];
        return n - 1;
    case UNDO_WARM:
        a->warm_stamp = 0;
        return n;
    case UNDO_CREATED:
        a->created_stamp = (uint32_t)at[-1];
        return n - 1;
    case UNDO_DESTROYED:
        a->destroyed_stamp = (uint32_t)at[-1];
        return n - 1;
    case UNDO_WIPED:
        a->storage_wiped = false;
        return n;
    case UNDO_SLOT:
        memcpy(s->current.w, at - 4, 32);
        return n - 4;
    case UNDO_SLOT_WARM:
        s->warm_stamp = 0;
        return n;
    case UNDO_TRANSIENT:
        memcpy(m->transient.entries[at[-5]].value.w, at - 4, 32);
        return n - 5;
    case UNDO_LOG:
        w->log_count--;
        return n;
    case UNDO_REFUND:
        w->refund = at[-1];
        return n - 1;
    }
    DRY_ASSERT(false); /* the log holds nothing else */
    return 0;
}

void dry__world_revert(struct dry__world *w, uint32_t snapshot)
{
    struct dry__world_impl *m = impl_of(w);

    DRY_ASSERT(snapshot <= m->undo_count);
    while (m->undo_count > snapshot)
        m->undo_count = undo_one(w, m->undo_count);
}

static struct dry__account *account_load(struct dry__world *w, const struct dry_address *address)
{
    struct dry__world_impl *m = impl_of(w);
    struct dry_account before = {.code_hash = dry_hash_empty_code,
                                 .storage_root = dry_hash_empty_trie};
    struct dry__account *a;
    bool exists = false;
    dry_status st;

    if (!dry_ok(w->error))
        return NULL;
    st = w->reader->ops->account(w->reader, &exists, &before, address);
    if (!dry_ok(st)) {
        fail(w, st);
        return NULL;
    }
    a = dry_arena_zalloc(w->arena, 1, sizeof(*a));
    if (a == NULL) {
        fail(w, DRY_ENOMEM);
        return NULL;
    }
    a->address = *address;
    a->nonce = before.nonce;
    a->balance = before.balance;
    a->code_hash = before.code_hash;
    a->code_loaded = dry_hash_equal(&before.code_hash, &dry_hash_empty_code);
    a->storage_root = before.storage_root;
    a->had_storage = !dry_hash_equal(&before.storage_root, &dry_hash_empty_trie);
    a->exists = a->before_exists = exists;
    a->before = before;
    if (!dry__account_table_add(&m->accounts, &w->secret, a, w->arena)) {
        fail(w, DRY_ENOMEM);
        return NULL;
    }
    return a;
}

struct dry__account *dry__world_account(struct dry__world *w, const struct dry_address *address)
{
    struct dry__account *a = dry__account_table_find(&impl_of(w)->accounts, &w->secret, address);

    return a != NULL ? a : account_load(w, address);
}

bool dry__world_warm_account(struct dry__world *w, struct dry__account *a)
{
    if (a->warm_stamp == w->tx_stamp ||
        (w->precompiles_warm && dry__is_precompile(w->rules, &a->address)))
        return false;
    if (undo_push(w, UNDO_WARM, a, 0) == NULL)
        return true;
    a->warm_stamp = w->tx_stamp;
    if (w->tracer != NULL && w->tracer->touch != NULL)
        w->tracer->touch(w->tracer->ctx, &a->address, NULL);
    return true;
}

bool dry__account_is_empty(const struct dry__account *a)
{
    return a->nonce == 0 && dry_u256_is_zero(&a->balance) &&
           dry_hash_equal(&a->code_hash, &dry_hash_empty_code);
}

bool dry__account_collides(const struct dry__account *a)
{
    return a->nonce != 0 || !dry_hash_equal(&a->code_hash, &dry_hash_empty_code) ||
           (a->had_storage && !a->storage_wiped);
}

struct dry_bytes dry__world_code(struct dry__world *w, struct dry__account *a)
{
    if (!a->code_loaded && dry_ok(w->error)) {
        dry_status st = w->reader->ops->code(w->reader, &a->code, &a->code_hash);

        if (dry_ok(st))
            a->code_loaded = true;
        else
            fail(w, st);
    }
    return a->code_loaded ? a->code : DRY_BYTES_EMPTY;
}

static void list_add(struct dry__world *w, struct dry__account_list *l, struct dry__account *a)
{
    if (grow(w, (void **)&l->at, &l->cap, l->count + 1, sizeof(*l->at)))
        l->at[l->count++] = a;
}

static void mark_touched(struct dry__world *w, struct dry__account *a, bool stays)
{
    uint64_t word = a->touched_stamp | (stays ? TOUCH_STAYS : 0);

    if (a->touched_stamp == w->tx_stamp || !undo_push_word(w, UNDO_TOUCHED, a, word))
        return;
    a->touched_stamp = w->tx_stamp;
    list_add(w, &impl_of(w)->touched, a);
}

static void set_exists(struct dry__world *w, struct dry__account *a, bool exists)
{
    if (a->exists == exists || !undo_push_word(w, UNDO_EXISTS, a, a->exists))
        return;
    a->exists = exists;
    a->dirty = true;
}

/* Every change makes the account exist and counts as a touch. */
static void mark_changed(struct dry__world *w, struct dry__account *a)
{
    mark_touched(w, a, false);
    set_exists(w, a, true);
    a->dirty = true;
}

void dry__world_set_balance(struct dry__world *w, struct dry__account *a,
                            const struct dry_u256 *balance)
{
    mark_changed(w, a);
    if (!dry_u256_equal(&a->balance, balance) && undo_push_u256(w, UNDO_BALANCE, a, &a->balance))
        a->balance = *balance;
}

void dry__world_add_balance(struct dry__world *w, struct dry__account *a,
                            const struct dry_u256 *amount)
{
    struct dry_u256 sum;

    (void)dry_u256_add(&sum, &a->balance, amount); /* all there is stays far below 2^256 */
    dry__world_set_balance(w, a, &sum);
}

void dry__world_sub_balance(struct dry__world *w, struct dry__account *a,
                            const struct dry_u256 *amount)
{
    struct dry_u256 rest;
    bool short_of = dry_u256_sub(&rest, &a->balance, amount);

    DRY_ASSERT(!short_of);
    dry__world_set_balance(w, a, &rest);
}

void dry__world_set_nonce(struct dry__world *w, struct dry__account *a, uint64_t nonce)
{
    mark_changed(w, a);
    if (a->nonce != nonce && undo_push_word(w, UNDO_NONCE, a, a->nonce))
        a->nonce = nonce;
}

void dry__world_set_code(struct dry__world *w, struct dry__account *a, struct dry_bytes code,
                         const struct dry_hash *code_hash)
{
    uint64_t *at;

    mark_changed(w, a);
    at = undo_push(w, UNDO_CODE, a, 7);
    if (at == NULL)
        return;
    at[0] = (uint64_t)(uintptr_t)a->code.ptr;
    at[1] = a->code.len;
    at[2] = (a->code_loaded ? 1u : 0) | (a->code_changed ? 2u : 0);
    memcpy(at + 3, a->code_hash.b, 32);
    a->code = code;
    a->code_loaded = true;
    a->code_changed = true;
    a->code_hash = *code_hash;
}

void dry__world_touch(struct dry__world *w, struct dry__account *a)
{
    mark_touched(w, a, is_ripemd(a));
    if (w->rules->evm_fork < DRY_FORK_SPURIOUS_DRAGON)
        set_exists(w, a, true);
}

static void slot_set(struct dry__world *w, struct dry__slot *s, const struct dry_u256 *value)
{
    if (!dry_u256_equal(&s->current, value) && undo_push_u256(w, UNDO_SLOT, s, &s->current))
        s->current = *value;
}

/* Forget all slots, cached or not. */
static void wipe(struct dry__world *w, struct dry__account *a)
{
    const struct dry__slot_table *t = (const struct dry__slot_table *)a->slots;
    struct dry_u256 zero = DRY_U256_ZERO;

    if (a->had_storage && !a->storage_wiped && undo_push(w, UNDO_WIPED, a, 0) != NULL) {
        a->storage_wiped = true;
        a->dirty = true;
    }
    for (uint32_t i = 0; t != NULL && (a->slots_dirty || a->had_storage) && i < t->cap; i++)
        if (t->at[i] != NULL)
            slot_set(w, t->at[i], &zero);
}

void dry__world_create(struct dry__world *w, struct dry__account *a)
{
    wipe(w, a);
    if (undo_push_word(w, UNDO_CREATED, a, a->created_stamp))
        a->created_stamp = w->tx_stamp;
    dry__world_set_nonce(w, a, w->rules->evm_fork >= DRY_FORK_SPURIOUS_DRAGON ? 1 : 0);
}

void dry__world_destroy(struct dry__world *w, struct dry__account *a)
{
    if (a->destroyed_stamp == w->tx_stamp ||
        !undo_push_word(w, UNDO_DESTROYED, a, a->destroyed_stamp))
        return;
    a->destroyed_stamp = w->tx_stamp;
    list_add(w, &impl_of(w)->destroyed, a);
}

static struct dry__slot *slot_load(struct dry__world *w, struct dry__account *a,
                                   const struct dry_hash *key)
{
    struct dry__slot *s;

    if (!dry_ok(w->error))
        return NULL;
    s = dry_arena_zalloc(w->arena, 1, sizeof(*s));
    if (s != NULL && a->slots == NULL)
        a->slots = dry_arena_zalloc(w->arena, 1, sizeof(struct dry__slot_table));
    if (s == NULL || a->slots == NULL) {
        fail(w, DRY_ENOMEM);
        return NULL;
    }
    s->key = *key;
    if (a->had_storage && !a->storage_wiped) {
        dry_status st = w->reader->ops->slot(w->reader, &s->block_start, &a->address, key);

        if (!dry_ok(st)) {
            fail(w, st);
            return NULL;
        }
        s->current = s->block_start;
    }
    if (!dry__slot_table_add((struct dry__slot_table *)a->slots, &w->secret, s, w->arena)) {
        fail(w, DRY_ENOMEM);
        return NULL;
    }
    return s;
}

struct dry__slot *dry__world_slot(struct dry__world *w, struct dry__account *a,
                                  const struct dry_hash *key)
{
    struct dry__slot *s =
        dry__slot_table_find((const struct dry__slot_table *)a->slots, &w->secret, key);

    if (s == NULL) {
        s = slot_load(w, a, key);
        if (s == NULL)
            return NULL;
    }
    if (s->tx_stamp != w->tx_stamp) {
        s->tx_stamp = w->tx_stamp;
        s->original = s->current;
    }
    return s;
}

bool dry__world_warm_slot(struct dry__world *w, struct dry__account *a, struct dry__slot *s)
{
    if (s->warm_stamp == w->tx_stamp)
        return false;
    if (undo_push(w, UNDO_SLOT_WARM, s, 0) == NULL)
        return true;
    s->warm_stamp = w->tx_stamp;
    if (w->tracer != NULL && w->tracer->touch != NULL)
        w->tracer->touch(w->tracer->ctx, &a->address, &s->key);
    return true;
}

void dry__world_set_slot(struct dry__world *w, struct dry__account *a, struct dry__slot *s,
                         const struct dry_u256 *value)
{
    a->slots_dirty = true;
    slot_set(w, s, value);
}

void dry__world_tload(struct dry__world *w, struct dry_u256 *out, const struct dry_address *address,
                      const struct dry_hash *key)
{
    const struct dry__transient_table *t = &impl_of(w)->transient;
    uint32_t i = dry__transient_find(t, &w->secret, address, key);

    *out = i == UINT32_MAX ? DRY_U256_ZERO : t->entries[i].value;
}

void dry__world_tstore(struct dry__world *w, const struct dry_address *address,
                       const struct dry_hash *key, const struct dry_u256 *value)
{
    struct dry__transient_table *t = &impl_of(w)->transient;
    uint32_t i = dry__transient_find(t, &w->secret, address, key);
    uint64_t *at;

    if (i == UINT32_MAX)
        i = dry__transient_add(t, &w->secret, address, key);
    if (i == UINT32_MAX) {
        fail(w, DRY_ENOMEM);
        return;
    }
    at = undo_push(w, UNDO_TRANSIENT, NULL, 5);
    if (at == NULL)
        return;
    at[0] = i;
    memcpy(at + 1, t->entries[i].value.w, 32);
    t->entries[i].value = *value;
}

void dry__world_add_refund(struct dry__world *w, uint64_t gas)
{
    if (undo_push_word(w, UNDO_REFUND, NULL, w->refund))
        w->refund += gas;
}

void dry__world_sub_refund(struct dry__world *w, uint64_t gas)
{
    DRY_ASSERT(gas <= w->refund);
    if (undo_push_word(w, UNDO_REFUND, NULL, w->refund))
        w->refund -= gas;
}

void dry__world_log(struct dry__world *w, const struct dry_address *address,
                    const struct dry_hash *topics, uint8_t topic_count, struct dry_bytes data)
{
    struct dry_log_entry entry = {.address = *address, .topic_count = topic_count};
    struct dry__world_impl *m = impl_of(w);

    DRY_ASSERT(topic_count <= 4);
    if (topic_count != 0)
        memcpy(entry.topics, topics, topic_count * sizeof(*topics));
    if (data.len != 0 && !dry_ok(dry_arena_copy(w->arena, &entry.data, data))) {
        fail(w, DRY_ENOMEM);
        return;
    }
    if (!grow(w, (void **)&w->logs, &m->log_cap, w->log_count + 1, sizeof(entry)) ||
        undo_push(w, UNDO_LOG, NULL, 0) == NULL)
        return;
    w->logs[w->log_count++] = entry;
    if (w->tracer != NULL && w->tracer->log != NULL)
        w->tracer->log(w->tracer->ctx, &entry);
}

void dry__world_tx_begin(struct dry__world *w)
{
    struct dry__world_impl *m = impl_of(w);

    DRY_ASSERT(w->tx_stamp != UINT32_MAX);
    w->tx_stamp++;
    w->refund = 0;
    w->precompiles_warm = false;
    w->log_count = 0;
    m->undo_count = 0;
    m->touched.count = 0;
    m->destroyed.count = 0;
    dry__transient_clear(&m->transient);
}

static void account_remove(struct dry__world *w, struct dry__account *a)
{
    struct dry_u256 zero = DRY_U256_ZERO;

    wipe(w, a);
    dry__world_set_balance(w, a, &zero);
    dry__world_set_nonce(w, a, 0);
    if (!dry_hash_equal(&a->code_hash, &dry_hash_empty_code))
        dry__world_set_code(w, a, DRY_BYTES_EMPTY, &dry_hash_empty_code);
    set_exists(w, a, false);
}

void dry__world_tx_remove(struct dry__world *w)
{
    struct dry__world_impl *m = impl_of(w);
    bool only_new = w->rules->evm_fork >= DRY_FORK_CANCUN; /* EIP-6780 */

    for (uint32_t i = 0; i < m->destroyed.count; i++) {
        struct dry__account *a = m->destroyed.at[i];

        if (a->destroyed_stamp == w->tx_stamp && a->exists &&
            (!only_new || a->created_stamp == w->tx_stamp))
            account_remove(w, a);
    }
    if (w->rules->evm_fork < DRY_FORK_SPURIOUS_DRAGON)
        return;
    for (uint32_t i = 0; i < m->touched.count; i++) {
        struct dry__account *a = m->touched.at[i];

        if (a->touched_stamp == w->tx_stamp && a->exists && dry__account_is_empty(a))
            account_remove(w, a);
    }
}

void dry__world_tx_end(struct dry__world *w)
{
    dry__world_tx_remove(w);
    impl_of(w)->undo_count = 0;
}
