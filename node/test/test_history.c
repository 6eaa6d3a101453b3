/* Pruned states on a data directory: a node that is killed again and again, with branches left
 * behind, ends with the very nodes of one that never was, and every kept state reads well. */
#include "node.h"
#include "options_table.h"
#include <drystone/platform/files.h>
#include <drystone/storage.h>
#include <drystone/test.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KEEP 10u
#define BLOCKS_KILLED 300u           /* made under fire */
#define BLOCKS (BLOCKS_KILLED + 60u) /* the rest without branches: those before are all pruned */
#define KILLS_MIN 10u

static char dir[] = "/tmp/drystone-history-XXXXXX";
static int progress = -1; /* where a process that will be killed tells of its blocks */
static char calm[64], killed[64], genesis[64];

static void node_open(struct dry_node *node, struct dry_options **options, const char *datadir)
{
    const char *argv[] = {"start", "--datadir",   datadir, "--state-history", "10",   "--threads",
                          "1",     "--log-level", "error", "--genesis",       genesis};
    struct dry_buf error = {0};
    bool given = dry_path_exists(genesis);
    int n = (int)DRY_COUNT(argv) - (given ? 0 : 2);

    CHECK(dry_ok(dry_options_open(options, &dry_options_table, n, argv, NULL, &error)));
    CHECK_MSG(dry_ok(dry_node_open(node, *options, given ? genesis : NULL, true, &error)),
              (const char *)error.ptr);
    dry_buf_fini(&error);
}

static void node_close(struct dry_node *node, struct dry_options *options)
{
    dry_node_close(node);
    dry_options_close(options);
}

static uint64_t number_of(struct dry_node *node, uint64_t *time)
{
    struct dry_head *h = dry_chain_head(node->chain);
    uint64_t number = h->header.number;

    *time = h->header.time;
    dry_head_close(h);
    return number;
}

static void build(struct dry_node *node, uint64_t number, uint64_t time)
{
    const struct dry_withdrawal w[2] = {
        {.index = number, .address = {{1, (uint8_t)(number % 50)}}, .amount_gwei = 1},
        {.index = number,
         .address = {{2, (uint8_t)number, (uint8_t)(number >> 8)}},
         .amount_gwei = 2}};
    const struct dry_build b = {.time = &time, .withdrawal_count = 2, .withdrawals = w};

    CHECK(dry_ok(dry_chain_build(node->chain, &b, NULL)));
    if (progress >= 0)
        CHECK(write(progress, "b", 1) == 1);
}

/* Up to block `until`; every seventh takes the place of another one, whose time tells it. */
static void mine(struct dry_node *node, uint64_t until)
{
    struct dry_header first;
    struct dry_arena arena = {0};
    uint64_t number, time, start;

    CHECK(
        dry_ok(dry_chain_header(node->chain, &first, dry_chain_genesis_hash(node->chain), &arena)));
    start = first.time;
    dry_arena_fini(&arena);
    number = number_of(node, &time);
    if ((time - start) % 10 == 5) /* killed on the branch */
        CHECK(dry_ok(dry_chain_rewind(node->chain, --number, false)));
    while (number < until) {
        number++;
        if (number % 7 == 0 && number < BLOCKS_KILLED) {
            build(node, number, start + 10 * number + 5);
            CHECK(dry_ok(dry_chain_rewind(node->chain, number - 1, false)));
        }
        build(node, number, start + 10 * number);
    }
}

/* Mine in a process of its own that is killed after so many blocks and some microseconds; whether
 * it was. */
static bool mine_and_die(unsigned blocks, unsigned us)
{
    int ends[2], status;
    pid_t child;
    char byte;

    CHECK(pipe(ends) == 0);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        struct dry_options *options = NULL;
        struct dry_node node;

        (void)close(ends[0]);
        progress = ends[1];
        node_open(&node, &options, killed);
        mine(&node, BLOCKS_KILLED);
        _exit(0);
    }
    (void)close(ends[1]);
    while (blocks != 0 && read(ends[0], &byte, 1) == 1)
        blocks--;
    (void)nanosleep(&(struct timespec){0, (long)us * 1000}, NULL);
    (void)kill(child, SIGKILL);
    (void)close(ends[0]);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

/* The keys of all nodes, one after the other. */
static void nodes_of(struct dry_buf *out, uint32_t *count, const char *datadir)
{
    static const uint8_t kinds[] = {0x10, 0x12};
    struct dry_storage_settings set = {.read_only = true};
    struct dry_storage *s = NULL;
    struct dry_buf path = {0};

    CHECK(dry_ok(dry_path_join(&path, datadir, "chain")));
    set.path = (const char *)path.ptr;
    CHECK(dry_ok(dry_storage_open(&s, &dry_storage_rocksdb, &set, NULL)));
    *count = 0;
    for (size_t i = 0; i < DRY_COUNT(kinds); i++) {
        struct dry_cursor *c = NULL;
        struct dry_bytes key, value;

        CHECK(dry_ok(dry_cursor_open(s, NULL, &c, dry_bytes_of(&kinds[i], 1))));
        while (dry_ok(dry_cursor_next(c, &key, &value))) {
            CHECK(dry_ok(dry_buf_append(out, key)));
            ++*count;
        }
        dry_cursor_close(c);
    }
    dry_storage_close(s);
    dry_buf_fini(&path);
}

static bool on_slot(void *ctx, const struct dry_hash *key, const struct dry_u256 *value)
{
    (void)key;
    (void)value;
    ++*(uint64_t *)ctx;
    return true;
}

struct reading {
    struct dry_state_view *view;
    uint64_t accounts, slots;
};

static bool on_account(void *ctx, const struct dry_hash *hashed, const struct dry_account *account)
{
    struct reading *r = ctx;

    (void)account;
    r->accounts++;
    CHECK(dry_ok(dry_state_each_slot(r->view, hashed, on_slot, &r->slots)));
    return true;
}

/* All of each kept state is there. */
static void states_read(struct dry_node *node)
{
    uint64_t time, head = number_of(node, &time);

    for (uint64_t n = head - KEEP; n <= head; n++) {
        struct reading r = {0};
        struct dry_arena arena = {0};
        struct dry_header h;
        struct dry_hash hash;

        CHECK(dry_ok(dry_chain_hash_at(node->chain, &hash, n)));
        CHECK(dry_ok(dry_chain_header(node->chain, &h, &hash, &arena)));
        CHECK(dry_ok(dry_chain_state_open(node->chain, &r.view, &h)));
        CHECK(dry_ok(dry_state_each_account(r.view, on_account, &r)));
        CHECK(r.accounts > n && r.slots > n);
        dry_state_view_close(r.view);
        dry_arena_fini(&arena);
    }
}

static void kills_leave_nothing_behind(void **state)
{
    struct dry_buf a = {0}, b = {0}, json = {0};
    struct dry_options *options = NULL;
    struct dry_node node;
    uint32_t kills = 0, count_a, count_b;

    (void)state;
    node_open(&node, &options, calm); /* a dev chain; the other one gets its genesis */
    CHECK(dry_ok(dry_genesis_stored(&json, node.storage)));
    CHECK(dry_ok(dry_file_create(genesis, dry_buf_bytes(&json), 0600)));
    mine(&node, BLOCKS);
    states_read(&node);
    node_close(&node, options);
    while (mine_and_die(3 + kills * 5 % 29, kills * 173 % 1900))
        kills++;
    CHECK(kills >= KILLS_MIN);
    for (unsigned n = BLOCKS_KILLED; n <= BLOCKS; n += 20) {
        node_open(&node, &options, killed);
        mine(&node, n);
        states_read(&node);
        node_close(&node, options);
    }
    nodes_of(&a, &count_a, calm);
    nodes_of(&b, &count_b, killed);
    CHECK(count_a == count_b);
    CHECK_BYTES(dry_buf_bytes(&b), dry_buf_bytes(&a), "stored nodes");
    dry_buf_fini(&a);
    dry_buf_fini(&b);
    dry_buf_fini(&json);
}

static void remove_one(const char *name, void *arg)
{
    struct dry_buf path = {0};

    if (dry_ok(dry_path_join(&path, arg, name)))
        (void)unlink((const char *)path.ptr);
    dry_buf_fini(&path);
}

static void remove_all(char *path)
{
    (void)!dry_ok(dry_dir_each(path, remove_one, path));
    (void)rmdir(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(kills_leave_nothing_behind)};
    char *dirs[] = {calm, killed};
    int failed;

    if (mkdtemp(dir) == NULL)
        return 1;
    (void)snprintf(calm, sizeof(calm), "%s/calm", dir);
    (void)snprintf(killed, sizeof(killed), "%s/killed", dir);
    (void)snprintf(genesis, sizeof(genesis), "%s/genesis.json", dir);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (size_t i = 0; i < DRY_COUNT(dirs); i++) {
        struct dry_buf chain = {0};

        if (dry_ok(dry_path_join(&chain, dirs[i], "chain")))
            remove_all((char *)chain.ptr);
        remove_all(dirs[i]);
        dry_buf_fini(&chain);
    }
    remove_all(dir);
    return failed;
}
