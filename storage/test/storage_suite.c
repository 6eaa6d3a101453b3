/* The promises of drystone/common/storage.h, one test each; the model test holds a driver against a
 * sorted array through random commits, snapshots, seeks and prefix deletes. */
#include "storage_suite.h"
#include <drystone/platform/lock.h>
#include <drystone/test.h>
#include <stdatomic.h>

static struct dry_bytes text(const char *t)
{
    return dry_bytes_of(t, strlen(t));
}

void suite_put(struct dry_storage *s, const char *key, const char *value, bool durable)
{
    struct dry_batch b = {0};

    CHECK(dry_ok(dry_batch_put(&b, text(key), text(value))));
    CHECK(dry_ok(dry_storage_commit(s, &b, durable)));
    dry_batch_fini(&b);
}

const char *suite_get(struct dry_storage *s, const struct dry_snapshot *snap, const char *key)
{
    static char out[256];
    struct dry_buf buf = {0};
    dry_status st = dry_storage_get(s, snap, &buf, text(key));

    CHECK(dry_ok(st) || st.code == DRY_CODE_ENOTFOUND);
    CHECK(buf.len < sizeof(out));
    if (buf.len > 0)
        memcpy(out, buf.ptr, buf.len);
    out[buf.len] = '\0';
    dry_buf_fini(&buf);
    return dry_ok(st) ? out : NULL;
}

static bool is(const char *got, const char *want)
{
    return got != NULL && strcmp(got, want) == 0;
}

void storage_suite_basics(void **state)
{
    const struct storage_suite *u = *state;
    struct dry_storage *s = u->open();
    struct dry_batch b = {0};
    struct dry_buf buf = {0};
    uint8_t long_key[DRY_KEY_BYTES_MAX];
    uint8_t *big = dry_alloc(3 << 20);

    CHECK(suite_get(s, NULL, "a") == NULL);
    suite_put(s, "a", "1", false);
    CHECK(is(suite_get(s, NULL, "a"), "1"));
    suite_put(s, "a", "2", true);
    CHECK(is(suite_get(s, NULL, "a"), "2"));
    suite_put(s, "a", "", false);
    CHECK(is(suite_get(s, NULL, "a"), ""));

    /* Order within a batch: the last word counts, and a prefix delete takes what was put before it.
     */
    CHECK(dry_ok(dry_batch_put(&b, text("p1"), text("x"))));
    CHECK(dry_ok(dry_batch_delete_prefix(&b, text("p"))));
    CHECK(dry_ok(dry_batch_put(&b, text("p2"), text("y"))));
    CHECK(dry_ok(dry_batch_put(&b, text("q"), text("z"))));
    CHECK(dry_ok(dry_batch_delete(&b, text("q"))));
    CHECK(dry_ok(dry_batch_delete(&b, text("never there"))));
    CHECK(dry_ok(dry_storage_commit(s, &b, false)));
    CHECK(suite_get(s, NULL, "p1") == NULL);
    CHECK(is(suite_get(s, NULL, "p2"), "y"));
    CHECK(suite_get(s, NULL, "q") == NULL);

    /* An empty batch, the longest key, a large value; get appends. */
    dry_batch_clear(&b);
    CHECK(dry_ok(dry_storage_commit(s, &b, true)));
    memset(long_key, 0xff, sizeof(long_key));
    for (size_t i = 0; i < 3 << 20; i++)
        big[i] = (uint8_t)(i * i >> 7);
    CHECK(dry_ok(dry_batch_put(&b, DRY_BYTES_ARRAY(long_key), dry_bytes_of(big, 3 << 20))));
    CHECK(dry_ok(dry_storage_commit(s, &b, false)));
    CHECK(dry_ok(dry_buf_append_text(&buf, "head")));
    CHECK(dry_ok(dry_storage_get(s, NULL, &buf, DRY_BYTES_ARRAY(long_key))));
    CHECK(buf.len == 4 + (3 << 20) && memcmp(buf.ptr + 4, big, 3 << 20) == 0);
    buf.len = 4;
    CHECK(dry_storage_get(s, NULL, &buf, text("absent")).code == DRY_CODE_ENOTFOUND);
    CHECK(buf.len == 4);
    /* A prefix without a successor. */
    dry_batch_clear(&b);
    CHECK(dry_ok(dry_batch_delete_prefix(&b, dry_bytes_of(long_key, 1))));
    CHECK(dry_ok(dry_storage_commit(s, &b, false)));
    CHECK(dry_storage_get(s, NULL, &buf, DRY_BYTES_ARRAY(long_key)).code == DRY_CODE_ENOTFOUND);

    dry_free(big);
    dry_buf_fini(&buf);
    dry_batch_fini(&b);
    u->close(s);
}

/* All keys a cursor gives, joined by blanks. */
static const char *keys_of(struct dry_cursor *c)
{
    static char out[512];
    size_t n = 0;
    struct dry_bytes key, value;
    dry_status st;

    while (dry_ok(st = dry_cursor_next(c, &key, &value))) {
        CHECK(n + key.len + 2 < sizeof(out));
        if (n > 0)
            out[n++] = ' ';
        memcpy(out + n, key.ptr, key.len);
        n += key.len;
    }
    out[n] = '\0';
    CHECK(st.code == DRY_CODE_ENOTFOUND);
    CHECK(dry_cursor_next(c, &key, &value).code == DRY_CODE_ENOTFOUND); /* and stays there */
    return out;
}

void storage_suite_cursors(void **state)
{
    const struct storage_suite *u = *state;
    static const struct {
        const char *prefix, *seek; /* seek NULL: as opened */
        bool backward;
        const char *want;
    } cases[] = {
        {"", NULL, false, "a aa ab b ba c"},
        {"a", NULL, false, "a aa ab"},
        {"b", NULL, false, "b ba"},
        {"bb", NULL, false, ""},
        {"d", NULL, false, ""},
        {"", "aa", false, "aa ab b ba c"},
        {"", "ac", false, "b ba c"},
        {"", "z", false, ""},
        {"a", "aaa", false, "ab"},
        {"a", "b", false, ""},
        {"b", "a", false, "b ba"},
        {"", "zz", true, "c ba b ab aa a"},
        {"", "b", true, "b ab aa a"},
        {"", "az", true, "ab aa a"},
        {"", "A", true, ""},
        {"a", "zz", true, "ab aa a"},
        {"a", "aa", true, "aa a"},
        {"b", "a", true, ""},
        {"b", "zz", true, "ba b"},
        {"b", "b", true, "b"},
        {"c", "c", true, "c"},
        {"bb", "bb", true, ""},
    };
    static const char *const keys[] = {"ba", "a", "c", "ab", "b", "aa"};
    struct dry_storage *s = u->open();
    struct dry_cursor *c = NULL;
    struct dry_bytes key, value;

    CHECK(dry_ok(dry_cursor_open(s, NULL, &c, DRY_BYTES_EMPTY)));
    CHECK(*keys_of(c) == '\0'); /* an empty store */
    dry_cursor_close(c);
    for (size_t i = 0; i < DRY_COUNT(keys); i++)
        suite_put(s, keys[i], keys[i], false);
    for (size_t i = 0; i < DRY_COUNT(cases); i++) {
        CHECK(dry_ok(dry_cursor_open(s, NULL, &c, text(cases[i].prefix))));
        if (cases[i].seek != NULL)
            CHECK(dry_ok(dry_cursor_seek(c, text(cases[i].seek), cases[i].backward)));
        CHECK_MSG(strcmp(keys_of(c), cases[i].want) == 0, cases[i].want);
        dry_cursor_close(c);
    }
    /* A cursor sees the state at its opening, and may be placed again, either way. */
    CHECK(dry_ok(dry_cursor_open(s, NULL, &c, text("b"))));
    suite_put(s, "b0", "new", false);
    CHECK(dry_ok(dry_cursor_next(c, &key, &value)) && key.len == 1);
    CHECK(dry_ok(dry_cursor_seek(c, text("ba"), true)));
    CHECK(dry_ok(dry_cursor_next(c, &key, &value)) && key.len == 2 && value.len == 2);
    CHECK(dry_ok(dry_cursor_seek(c, text("b"), false)));
    CHECK(strcmp(keys_of(c), "b ba") == 0);
    dry_cursor_close(c);
    u->close(s);
}

/* ---- against a model
 * -------------------------------------------------------------------------------- */
#define MODEL_MAX 4096
#define MODEL_SNAPS 4

struct entry {
    uint8_t key[12];
    uint8_t len;
    uint32_t value;
};
struct model {
    struct entry e[MODEL_MAX];
    size_t n;
};
struct held {
    struct dry_snapshot *snap;
    struct model *model;
};

static uint64_t seed;
static uint32_t rnd(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 16) % n;
}

static struct dry_bytes key_of(const struct entry *e)
{
    return dry_bytes_of(e->key, e->len);
}

/* First index whose key is >= key. */
static size_t model_bound(const struct model *m, struct dry_bytes key)
{
    size_t i = 0;

    while (i < m->n && dry_bytes_compare(key_of(&m->e[i]), key) < 0)
        i++;
    return i;
}

static void model_put(struct model *m, const struct entry *e)
{
    size_t i = model_bound(m, key_of(e));

    if (i == m->n || !dry_bytes_equal(key_of(&m->e[i]), key_of(e))) {
        CHECK(m->n < MODEL_MAX);
        memmove(m->e + i + 1, m->e + i, (m->n - i) * sizeof(*e));
        m->n++;
    }
    m->e[i] = *e;
}

static bool starts(const struct entry *e, struct dry_bytes prefix)
{
    return e->len >= prefix.len && memcmp(e->key, prefix.ptr, prefix.len) == 0;
}

static void model_delete(struct model *m, struct dry_bytes key, bool prefix)
{
    size_t to = 0;

    for (size_t i = 0; i < m->n; i++)
        if (!(prefix ? starts(&m->e[i], key) : dry_bytes_equal(key_of(&m->e[i]), key)))
            m->e[to++] = m->e[i];
    m->n = to;
}

static void random_key(struct entry *e)
{
    static const uint8_t alphabet[] = {0x00, 0x01, 0x61, 0xfe, 0xff};

    e->len = (uint8_t)(1 + rnd(sizeof(e->key)));
    for (size_t i = 0; i < e->len; i++)
        e->key[i] = alphabet[rnd(sizeof(alphabet))];
}

static void check_entry(const struct entry *want, struct dry_bytes key, struct dry_bytes value)
{
    CHECK_BYTES(key, key_of(want), "key");
    CHECK(value.len == 4 && memcmp(value.ptr, &want->value, 4) == 0);
}

/* A walk from a random place, both ways, within a random prefix, must give what the model has. */
static void check_walk(struct dry_storage *s, const struct dry_snapshot *snap,
                       const struct model *m)
{
    struct entry at, pre;
    struct dry_cursor *c = NULL;
    struct dry_bytes key, value, prefix;
    bool backward = rnd(2);
    size_t left = rnd(8) == 0 ? SIZE_MAX : 20; /* the whole way, or a few steps */
    size_t i;
    dry_status st = DRY_OK;

    random_key(&at);
    random_key(&pre);
    prefix = dry_bytes_of(pre.key, rnd(3));
    CHECK(dry_ok(dry_cursor_open(s, snap, &c, prefix)));
    CHECK(dry_ok(dry_cursor_seek(c, key_of(&at), backward)));
    i = model_bound(m, key_of(&at));
    if (backward && (i == m->n || !dry_bytes_equal(key_of(&m->e[i]), key_of(&at))))
        i--; /* wraps below 0 */
    for (; i < m->n && left > 0; i += backward ? (size_t)-1 : 1) {
        if (!starts(&m->e[i], prefix))
            continue;
        st = dry_cursor_next(c, &key, &value);
        CHECK(dry_ok(st));
        check_entry(&m->e[i], key, value);
        left--;
    }
    if (left > 0)
        CHECK(dry_cursor_next(c, &key, &value).code == DRY_CODE_ENOTFOUND);
    dry_cursor_close(c);
}

static void check_gets(struct dry_storage *s, const struct dry_snapshot *snap,
                       const struct model *m)
{
    struct dry_buf buf = {0};

    for (int k = 0; k < 10; k++) {
        struct entry e;
        size_t i;
        dry_status st;

        random_key(&e);
        if (m->n > 0 && rnd(2))
            e = m->e[rnd((uint32_t)m->n)];
        i = model_bound(m, key_of(&e));
        buf.len = 0;
        st = dry_storage_get(s, snap, &buf, key_of(&e));
        if (i < m->n && dry_bytes_equal(key_of(&m->e[i]), key_of(&e)))
            check_entry(&m->e[i], key_of(&e), dry_buf_bytes(&buf));
        else
            CHECK(st.code == DRY_CODE_ENOTFOUND);
    }
    dry_buf_fini(&buf);
}

static void random_commit(struct dry_storage *s, struct model *m, uint32_t round)
{
    struct dry_batch b = {0};
    uint32_t ops = rnd(10) == 0 ? 300 : 1 + rnd(10);

    for (uint32_t i = 0; i < ops; i++) {
        struct entry e;
        uint32_t what = rnd(100);

        random_key(&e);
        e.value = round * 1000 + i;
        if (what < 60 && m->n + ops < MODEL_MAX) {
            CHECK(dry_ok(dry_batch_put(&b, key_of(&e), dry_bytes_of(&e.value, 4))));
            model_put(m, &e);
        } else if (what < 97) {
            if (m->n > 0 && rnd(4))
                e = m->e[rnd((uint32_t)m->n)];
            CHECK(dry_ok(dry_batch_delete(&b, key_of(&e))));
            model_delete(m, key_of(&e), false);
        } else {
            struct dry_bytes p = dry_bytes_of(e.key, 1 + rnd(e.len < 3 ? e.len : 3));

            CHECK(dry_ok(dry_batch_delete_prefix(&b, p)));
            model_delete(m, p, true);
        }
    }
    CHECK(dry_ok(dry_storage_commit(s, &b, false)));
    dry_batch_fini(&b);
}

static void drop(struct dry_storage *s, struct held *h)
{
    dry_snapshot_close(s, h->snap);
    free(h->model);
    *h = (struct held){0};
}

void storage_suite_model(void **state)
{
    const struct storage_suite *u = *state;
    struct dry_storage *s = u->open();
    struct model *m = calloc(1, sizeof(*m));
    struct held held[MODEL_SNAPS] = {{0}};

    seed = 0x9e3779b97f4a7c15;
    for (uint32_t round = 0; round < u->rounds; round++) {
        struct held *h = &held[rnd(MODEL_SNAPS)];

        random_commit(s, m, round);
        if (h->snap != NULL && rnd(3) == 0) {
            drop(s, h);
        } else if (h->snap == NULL) {
            CHECK(dry_ok(dry_snapshot_open(s, &h->snap)));
            h->model = malloc(sizeof(*m));
            memcpy(h->model, m, sizeof(*m));
        }
        check_gets(s, NULL, m);
        check_walk(s, NULL, m);
        for (size_t i = 0; i < MODEL_SNAPS; i++) {
            if (held[i].snap != NULL) {
                check_gets(s, held[i].snap, held[i].model);
                check_walk(s, held[i].snap, held[i].model);
            }
        }
    }
    for (size_t i = 0; i < MODEL_SNAPS; i++)
        if (held[i].snap != NULL)
            drop(s, &held[i]);
    free(m);
    u->close(s);
}

void storage_suite_snapshots(void **state)
{
    const struct storage_suite *u = *state;
    struct dry_storage *s = u->open();
    struct dry_snapshot *one = NULL, *two = NULL;
    struct dry_cursor *c = NULL;
    struct dry_batch b = {0};

    suite_put(s, "k", "1", false);
    CHECK(dry_ok(dry_snapshot_open(s, &one)));
    suite_put(s, "k", "2", false);
    CHECK(dry_ok(dry_snapshot_open(s, &two)));
    CHECK(dry_ok(dry_batch_delete_prefix(&b, text("k"))));
    CHECK(dry_ok(dry_storage_commit(s, &b, false)));
    CHECK(is(suite_get(s, one, "k"), "1"));
    CHECK(is(suite_get(s, two, "k"), "2"));
    CHECK(suite_get(s, NULL, "k") == NULL);
    /* Closed in the order of opening, then the other view still holds. */
    dry_snapshot_close(s, one);
    CHECK(is(suite_get(s, two, "k"), "2"));
    CHECK(dry_ok(dry_cursor_open(s, two, &c, DRY_BYTES_EMPTY)));
    CHECK(strcmp(keys_of(c), "k") == 0);
    dry_cursor_close(c);
    dry_snapshot_close(s, two);
    dry_batch_fini(&b);
    u->close(s);
}

/* ---- readers beside the writer
 * ---------------------------------------------------------------------- */
#define SAME_KEYS 200

struct readers {
    struct dry_storage *s;
    atomic_bool stop;
    atomic_uint bad, reads;
};

static void key_n(char out[8], unsigned i)
{
    snprintf(out, 8, "k%05u", i);
}

/* Every commit writes one number under all keys: a view that mixes two is torn. */
static void reader(void *arg)
{
    struct readers *r = arg;
    struct dry_buf buf = {0};

    while (!atomic_load(&r->stop)) {
        struct dry_snapshot *snap = NULL;
        struct dry_cursor *c = NULL;
        struct dry_bytes key, value;
        uint32_t first = 0, seen = 0, v;
        char name[8];

        if (!dry_ok(dry_snapshot_open(r->s, &snap)) ||
            !dry_ok(dry_cursor_open(r->s, snap, &c, text("k")))) {
            atomic_fetch_add(&r->bad, 1);
            break;
        }
        for (; dry_ok(dry_cursor_next(c, &key, &value)); seen++) {
            memcpy(&v, value.ptr, 4);
            if (seen == 0)
                first = v;
            if (v != first)
                atomic_fetch_add(&r->bad, 1);
        }
        key_n(name, first % SAME_KEYS);
        buf.len = 0;
        if (seen != SAME_KEYS || !dry_ok(dry_storage_get(r->s, snap, &buf, text(name))) ||
            memcmp(buf.ptr, &first, 4) != 0 ||
            !dry_ok(dry_storage_get(r->s, NULL, &buf, text(name))))
            atomic_fetch_add(&r->bad, 1);
        dry_cursor_close(c);
        dry_snapshot_close(r->s, snap);
        atomic_fetch_add(&r->reads, 1);
    }
    dry_buf_fini(&buf);
}

static void write_all_keys(struct dry_storage *s, uint32_t v)
{
    struct dry_batch b = {0};

    for (unsigned i = 0; i < SAME_KEYS; i++) {
        char name[8];

        key_n(name, i);
        CHECK(dry_ok(dry_batch_put(&b, text(name), dry_bytes_of(&v, 4))));
    }
    CHECK(dry_ok(dry_storage_commit(s, &b, false)));
    dry_batch_fini(&b);
}

void storage_suite_readers(void **state)
{
    const struct storage_suite *u = *state;
    struct readers r = {.s = u->open()};
    struct dry_thread t[2];

    if (!u->threads) {
        u->close(r.s);
        skip();
    }
    write_all_keys(r.s, 0);
    for (size_t i = 0; i < DRY_COUNT(t); i++)
        CHECK(dry_ok(dry_thread_start(&t[i], "reader", reader, &r)));
    for (uint32_t v = 1; v < 300 || atomic_load(&r.reads) < 20; v++)
        write_all_keys(r.s, v);
    atomic_store(&r.stop, true);
    for (size_t i = 0; i < DRY_COUNT(t); i++)
        dry_thread_join(&t[i]);
    CHECK(atomic_load(&r.bad) == 0);
    u->close(r.s);
}
