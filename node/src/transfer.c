/* transfer.c - import and export of block files, with progress. */
#include "block_file.h"
#include "node.h"
#include "report.h"
#include <drystone/common/hex.h>
#include <drystone/common/rlp.h>
#include <drystone/crypto.h>
#include <drystone/platform/system.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PROGRESS_NS 2000000000ull
#define POLL_NS 20000000ull /* how often a signal is looked for */
#define WRITE_BYTES ((size_t)1 << 20)

/* How far it is, told every two seconds. */
struct progress {
    struct dry_node *n;
    const char *text;
    uint64_t began_ns, told_ns, polled_ns;
    uint64_t done, all; /* bytes, or blocks; all 0: unknown */
    uint64_t blocks, known;
};

static uint64_t now_ns(void)
{
    return dry_clock_monotonic_ns(dry_system_clock());
}

static void progress_begin(struct progress *p, struct dry_node *n)
{
    *p = (struct progress){.n = n};
    p->began_ns = p->told_ns = p->polled_ns = now_ns();
}

/* Signals are seen here; true when one asked to stop. */
static bool progress_tell(struct progress *p, bool exporting)
{
    uint64_t now = now_ns(), spent = now - p->began_ns, left_s = 0;

    if (now - p->polled_ns >= POLL_NS) {
        p->polled_ns = now;
        dry_loop_poll(p->n->loop);
    }
    if (now - p->told_ns < PROGRESS_NS)
        return p->n->stopping;
    p->told_ns = now;
    if (p->done != 0 && p->all > p->done)
        left_s = (uint64_t)((unsigned __int128)spent * (p->all - p->done) / p->done / 1000000000u);
    if (exporting)
        DRY_LOG(&p->n->log, INFO, "node", "exporting", DRY_FIELD_U64("blocks", p->blocks),
                DRY_FIELD_U64("percent", p->all != 0 ? p->done * 100 / p->all : 0),
                DRY_FIELD_U64("blocks_per_s", p->blocks * 1000 / (spent / 1000000 + 1)),
                DRY_FIELD_U64("seconds_left", left_s));
    else
        DRY_LOG(&p->n->log, INFO, "node", "importing", DRY_FIELD_U64("blocks", p->blocks),
                DRY_FIELD_U64("known", p->known),
                DRY_FIELD_U64("percent", p->all != 0 ? p->done * 100 / p->all : 0),
                DRY_FIELD_U64("blocks_per_s", p->blocks * 1000 / (spent / 1000000 + 1)),
                DRY_FIELD_U64("seconds_left", left_s));
    return p->n->stopping;
}

/* --- import --- */

static void path_complain(struct dry_buf *error, const char *path, dry_status st)
{
    dry_complain(error, path, ": ");
    dry_complain(error, dry_status_text(st), "");
}

/* Hash and number of a block's header without decoding the rest; false when it is damaged. */
static bool header_peek(struct dry_hash *hash, uint64_t *number, struct dry_bytes block)
{
    struct dry_rlp whole = dry_rlp_of(block), items;
    struct dry_header h;
    struct dry_bytes raw;
    enum dry_verdict verdict = DRY_VERDICT_VALID;

    if (!dry_ok(dry_rlp_list(&whole, &items)) || !dry_ok(dry_rlp_raw(&items, &raw)) ||
        !dry_ok(dry_header_decode(&h, &verdict, raw)) || verdict != DRY_VERDICT_VALID)
        return false;
    dry_keccak256(hash, raw);
    *number = h.number;
    return true;
}

static void import_complain(struct dry_buf *error, const char *path, struct dry_bytes block,
                            uint64_t index, enum dry_verdict verdict, uint32_t verdict_tx)
{
    struct dry_hash hash;
    uint64_t number;
    char text[256], digits[65] = {0};

    if (header_peek(&hash, &number, block)) {
        dry_hex_encode(digits, DRY_BYTES_ARRAY(hash.b));
        (void)snprintf(text, sizeof(text),
                       ": block %llu, 0x%s, is refused: ", (unsigned long long)number, digits);
    } else {
        (void)snprintf(text, sizeof(text),
                       ": the file's %llu. block is refused: ", (unsigned long long)index + 1);
    }
    dry_complain(error, path, text);
    dry_complain(error, dry_verdict_text(verdict), "");
    if (verdict < DRY_VERDICT_BLOCK_RLP) {
        (void)snprintf(text, sizeof(text), " (transaction %u)", verdict_tx);
        dry_complain(error, text, "");
    }
}

/* One block; blocks known are passed over as long as all before were known, too. */
static dry_status import_one(struct progress *p, const char *path, struct dry_bytes block,
                             struct dry_buf *error)
{
    struct dry_node *n = p->n;
    enum dry_verdict verdict = DRY_VERDICT_VALID;
    struct dry_hash hash;
    uint64_t number;
    uint32_t tx = 0;
    dry_status st;

    if (p->known == p->blocks && header_peek(&hash, &number, block)) {
        if (dry_chain_is_canonical(n->chain, number, &hash)) {
            p->known++;
            return DRY_OK;
        }
        if (number == 0) {
            dry_complain(error, path, ": its block 0 is the genesis of another chain");
            return DRY_EINVAL;
        }
    }
    st = dry_chain_import(n->chain, &verdict, &tx, block);
    if (dry_ok(st) && verdict != DRY_VERDICT_VALID) {
        import_complain(error, path, block, p->blocks, verdict, tx);
        st = DRY_EINVAL;
    }
    return st;
}

dry_status dry_node_import(struct dry_node *n, const char *path, struct dry_buf *error)
{
    struct dry_block_file file = {0};
    struct dry_bytes block;
    struct dry_head *head;
    struct progress p;
    dry_status st = dry_block_file_init(&file, path);

    if (!dry_ok(st)) {
        path_complain(error, path, st);
        return st;
    }
    progress_begin(&p, n);
    p.all = file.size;
    while (dry_ok(st)) {
        st = dry_block_file_next(&file, &block);
        if (dry_ok(st))
            st = import_one(&p, path, block, error);
        if (dry_ok(st)) {
            p.blocks++;
            p.done = file.done;
            if (progress_tell(&p, false))
                st = DRY_STATUS(ECANCELED, "the import was stopped; begin it again to go on");
        }
    }
    dry_block_file_fini(&file);
    if (st.code == DRY_CODE_ENOTFOUND)
        st = DRY_OK; /* the clean end */
    else if (error->len == 0)
        path_complain(error, path, st);
    head = dry_chain_head(n->chain);
    DRY_LOG(&n->log, INFO, "node", "imported", DRY_FIELD_STR("file", path),
            DRY_FIELD_U64("blocks", p.blocks), DRY_FIELD_U64("known", p.known),
            DRY_FIELD_U64("head", head->header.number), DRY_FIELD_MS("ms", now_ns() - p.began_ns));
    dry_head_close(head);
    return st;
}

/* --- export --- */

static dry_status write_out(int fd, struct dry_buf *out)
{
    size_t at = 0;

    while (at < out->len) {
        ssize_t k = write(fd, out->ptr + at, out->len - at);

        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return dry_errno_status(errno);
        at += (size_t)k;
    }
    out->len = 0;
    return DRY_OK;
}

static dry_status export_blocks(struct progress *p, int fd, uint64_t from, uint64_t to)
{
    struct dry_arena arena = {0};
    struct dry_buf out = {0};
    dry_status st = DRY_OK;

    p->all = to - from + 1;
    for (uint64_t i = from; i <= to && dry_ok(st); i++) {
        struct dry_stored_block b;
        struct dry_hash hash;

        dry_arena_reset(&arena);
        st = dry_chain_hash_at(p->n->chain, &hash, i);
        if (dry_ok(st))
            st = dry_chain_block(p->n->chain, &b, &hash, &arena);
        if (dry_ok(st))
            st = dry_block_encode(&out, &b.block);
        if (dry_ok(st) && out.len >= WRITE_BYTES)
            st = write_out(fd, &out);
        p->done = ++p->blocks;
        if (dry_ok(st) && progress_tell(p, true))
            st = DRY_STATUS(ECANCELED, "the export was stopped");
    }
    if (dry_ok(st))
        st = write_out(fd, &out);
    dry_buf_fini(&out);
    dry_arena_fini(&arena);
    return st;
}

dry_status dry_node_export(struct dry_node *n, const char *path, uint64_t from, uint64_t to,
                           struct dry_buf *error)
{
    int fd = path == NULL ? dup(STDOUT_FILENO)
                          : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    struct progress p;
    dry_status st = fd < 0 ? dry_errno_status(errno) : DRY_OK;

    progress_begin(&p, n);
    if (dry_ok(st) && from <= to)
        st = export_blocks(&p, fd, from, to);
    if (fd >= 0 && close(fd) != 0 && dry_ok(st))
        st = dry_errno_status(errno);
    if (!dry_ok(st)) {
        path_complain(error, path == NULL ? "standard output" : path, st);
        return st;
    }
    DRY_LOG(&n->log, INFO, "node", "exported", DRY_FIELD_STR("file", path == NULL ? "-" : path),
            DRY_FIELD_U64("blocks", p.blocks), DRY_FIELD_MS("ms", now_ns() - p.began_ns));
    return st;
}
