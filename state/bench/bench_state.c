/* What the state costs: a dev chain of small blocks in memory with pruning, large diffs, small
 * states from scratch. Prints a table. */
#include <drystone/crypto.h>
#include <drystone/state.h>
#include <drystone/storage.h>
#include <drystone/test.h>
#include <sys/resource.h>
#include <time.h>

static uint64_t now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static long peak_kib(void)
{
    struct rusage u;

    (void)getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

static void must(dry_status st)
{
    if (!dry_ok(st)) {
        fprintf(stderr, "failed: %s\n", dry_status_text(st));
        exit(1);
    }
}

static struct dry_storage *storage_new(void)
{
    const struct dry_storage_settings set = {0};
    struct dry_storage *s = NULL;

    must(dry_storage_open(&s, &dry_storage_memory, &set, NULL));
    return s;
}

static int by_address(const void *a, const void *b)
{
    return memcmp(((const struct dry_account_diff *)a)->address.b,
                  ((const struct dry_account_diff *)b)->address.b, 20);
}

static void address_set(struct dry_account_diff *a, uint64_t kind, uint64_t i)
{
    uint64_t name[2] = {kind, i};
    struct dry_hash h;

    memset(a, 0, sizeof(*a));
    dry_keccak256(&h, dry_bytes_of(name, sizeof(name)));
    memcpy(a->address.b, h.b, 20);
    a->exists = true;
    a->code_hash = dry_hash_empty_code;
    a->balance = (struct dry_u256){{i, i * 77, 1, 0}};
}

struct timing {
    uint64_t open, apply, prune, commit, worst;
};

static void block(struct dry_state *s, struct dry_storage *storage, struct dry_hash *root,
                  struct dry_batch *batch, const struct dry_state_diff *diff, struct timing *t)
{
    struct dry_state_view *v = NULL;
    uint64_t t0 = now_ns(), t1, t2, t3, t4;

    must(dry_state_view_open(&v, s, NULL, root, NULL, NULL));
    t1 = now_ns();
    dry_batch_clear(batch);
    must(dry_state_apply(v, root, batch, diff, NULL));
    dry_state_view_close(v);
    t2 = now_ns();
    must(dry_state_prune(s, batch, root, 0));
    t3 = now_ns();
    must(dry_storage_commit(storage, batch, false));
    t4 = now_ns();
    t->open += t1 - t0;
    t->apply += t2 - t1;
    t->prune += t3 - t2;
    t->commit += t4 - t3;
    if (t4 - t0 > t->worst)
        t->worst = t4 - t0;
}

/* One transfer a block: sender, a receiver, the coinbase; with `system` also the slots that
 * EIP-2935 and EIP-4788 write. */
static void chain(const char *name, uint32_t blocks, uint64_t receivers, bool system, uint32_t keep)
{
    const struct dry_state_settings set = {.keep_states = keep};
    struct dry_storage *storage = storage_new();
    struct dry_state *s = NULL;
    struct dry_batch batch = {0};
    struct dry_hash root = dry_hash_empty_trie;
    struct timing t = {0};

    must(dry_state_open(&s, storage, &set));
    for (uint32_t n = 0; n < blocks; n++) {
        struct dry_account_diff a[5];
        struct dry_slot_diff slots[3] = {0};
        struct dry_state_diff diff = {system ? 5 : 3, a};

        address_set(&a[0], 1, n % 10);
        address_set(&a[1], 2, n % receivers);
        address_set(&a[2], 3, 0);
        address_set(&a[3], 4, 0);
        address_set(&a[4], 5, 0);
        a[0].nonce = 1 + n / 10;
        a[1].balance.w[2] = n;
        a[2].balance.w[0] = n + 1;
        for (uint32_t i = 0; i < 3; i++) {
            uint32_t key = n % 8191 + (i == 2 ? 8191 : 0);
            uint64_t seed = n;
            struct dry_hash h;

            dry_keccak256(&h, dry_bytes_of(&seed, sizeof(seed)));
            slots[i].key.b[30] = (uint8_t)(key >> 8);
            slots[i].key.b[31] = (uint8_t)key;
            dry_u256_from_be32(&slots[i].value, h.b);
        }
        a[3].slots = slots;
        a[3].slot_count = 1;
        a[4].slots = slots + 1;
        a[4].slot_count = 2;
        qsort(a, diff.count, sizeof(a[0]), by_address);
        block(s, storage, &root, &batch, &diff, &t);
    }
    printf("%-44s open %5.2f  apply %6.2f  prune %5.2f  commit %6.2f us; worst %6.0f us; "
           "peak %ld KiB\n",
           name, (double)t.open / 1e3 / blocks, (double)t.apply / 1e3 / blocks,
           (double)t.prune / 1e3 / blocks, (double)t.commit / 1e3 / blocks, (double)t.worst / 1e3,
           peak_kib());
    dry_batch_fini(&batch);
    dry_state_close(s);
    dry_storage_close(storage);
}

static void large(uint32_t accounts)
{
    const struct dry_state_settings set = {.cache_bytes = 64u << 20};
    struct dry_account_diff *a = calloc(accounts, sizeof(*a));
    struct dry_state_diff diff = {accounts, a};
    struct dry_storage *storage = storage_new();
    struct dry_state *s = NULL;
    struct dry_batch batch = {0};
    struct dry_hash root = dry_hash_empty_trie;

    if (a == NULL)
        exit(1);
    must(dry_state_open(&s, storage, &set));
    for (int round = 0; round < 3; round++) {
        struct timing t = {0};

        for (uint32_t i = 0; i < accounts; i++) {
            address_set(&a[i], 9, i);
            a[i].nonce = (uint64_t)round;
        }
        qsort(a, accounts, sizeof(a[0]), by_address);
        block(s, storage, &root, &batch, &diff, &t);
        printf("%-44s apply %.2f ms, %u nodes, %.2f us a node; commit %.2f ms\n",
               round == 0 ? "10,000 new accounts" : "10,000 accounts changed",
               (double)t.apply / 1e6, batch.count, (double)t.apply / 1e3 / batch.count,
               (double)t.commit / 1e6);
    }
    free(a);
    dry_batch_fini(&batch);
    dry_state_close(s);
    dry_storage_close(storage);
}

static void small_states(uint32_t rounds)
{
    uint64_t t0 = now_ns();

    for (uint32_t n = 0; n < rounds; n++) {
        struct dry_account_diff a[8];
        struct dry_slot_diff slot = {.value = DRY_U256(n + 1)};
        struct dry_state_diff diff = {8, a};
        struct dry_memory_state *m = NULL;
        struct dry_hash root;

        for (uint32_t i = 0; i < 8; i++) {
            address_set(&a[i], 1, i);
            a[i].slots = &slot;
            a[i].slot_count = 1;
        }
        qsort(a, 8, sizeof(a[0]), by_address);
        must(dry_memory_state_open(&m));
        must(dry_memory_state_apply(m, &diff));
        must(dry_memory_state_root(m, &root));
        dry_memory_state_close(m);
    }
    printf("%-44s %.2f us each\n", "state of 8 accounts in memory, from scratch",
           (double)(now_ns() - t0) / 1e3 / rounds);
}

int main(void)
{
    small_states(20000);
    chain("transfers, 1,000 receivers, 1,024 states", 20000, 1000, false, 1024);
    chain("and the system contracts", 50000, 50000, true, 1024);
    chain("128 states", 20000, 1000, true, 128);
    large(10000);
    return 0;
}
