/* drystone/chain/pool.h - transactions waiting to be mined. Admission: dry_chain_tx_open() on any
 * thread, then dry_chain_submit() on the loop's. */
#ifndef DRY_CHAIN_POOL_H
#define DRY_CHAIN_POOL_H
#include <drystone/common/executor.h>
#include <drystone/platform/lock.h>

/* One pending transaction; immutable, counted references. */
struct dry_pool_tx {
    struct dry_tx tx; /* borrows from the object itself; with its sidecar */
    struct dry_hash hash;
    struct dry_address sender;
    uint64_t arrived; /* order of arrival, set by the pool */
    size_t bytes;     /* memory it holds */
    struct dry_refs refs;
    struct dry_arena arena; /* lists of the transaction */
    bool sidecar_verified;  /* its blobs match; the pool takes no blob transaction without */
};

struct dry_pool_limits {
    uint32_t txs_max;            /* all together; half as many the next block cannot take */
    uint32_t account_max;        /* of one sender */
    uint64_t bytes_max;          /* encodings and sidecars */
    uint32_t price_bump_percent; /* a replacement must pay so much more (all fees) */
    uint32_t blob_bump_percent;  /* one of a blob transaction: 100 by default */
    uint32_t tx_bytes_max;       /* one transaction without blobs: 128 KiB by default */
    struct dry_u256 priority_fee_min;
};

/* Why the pool refuses; X(name, text as geth words it). */
#define DRY_POOL_ANSWERS(X)                                                                      \
    X(OK, "")                                                                                    \
    X(KNOWN, "already known")                                                                    \
    X(INVALID, "invalid transaction")                                                            \
    X(NONCE_TOO_LOW, "nonce too low")                                                            \
    X(UNDERPRICED, "replacement transaction underpriced")                                        \
    X(FEE_TOO_LOW, "transaction underpriced")                                                    \
    X(BLOB_FEE_TOO_LOW, "transaction gas price below minimum: blob fee cap 0, minimum needed 1") \
    X(FUNDS, "insufficient funds for gas * price + value")                                       \
    X(ACCOUNT_FULL, "too many transactions of this sender are waiting (--pool-account-max)")     \
    X(FULL, "the transaction pool is full (--pool-txs-max)")                                     \
    X(BYTES_FULL, "the transaction pool is full (--pool-bytes-max)")                             \
    X(OVERSIZED, "oversized data (--pool-tx-bytes-max)")                                         \
    X(GAS_LIMIT, "exceeds block gas limit")                                                      \
    X(SIDECAR_MISSING, "missing sidecar in blob transaction")                                    \
    X(SIDECAR_V0, "unexpected sidecar version, want: 0, got: 1")                                 \
    X(SIDECAR_V1, "unexpected sidecar version, want: 1 (cell proofs), got: 0")                   \
    X(SIDECAR, "invalid blob sidecar: it does not prove the blobs the transaction names")
enum dry_pool_answer {
#define X(name, text) DRY_POOL_##name,
    DRY_POOL_ANSWERS(X)
#undef X
};
const char *dry_pool_answer_text(enum dry_pool_answer a);

/* What became of a submission. */
struct dry_pool_verdict {
    enum dry_pool_answer answer;
    enum dry_verdict verdict; /* the rule broken when answer is INVALID */
};

/* Decode a network-form transaction, check what needs no state at these rules, recover its sender
 * (the costly part).
 *
 * Out:     *out     one reference, when *v is OK; close with dry_pool_tx_close().
 * Returns: DRY_OK whatever *v, or DRY_ENOMEM.
 * Thread:  any. */
DRY_MUST_USE dry_status dry_pool_tx_open(struct dry_pool_tx **out, struct dry_pool_verdict *v,
                                         struct dry_bytes encoded, const struct dry_rules *rules,
                                         uint32_t tx_bytes_max);
/* The trusted set-up for blobs, loaded once, when it is first asked for. Closing takes NULL. */
struct dry_kzg_loader;
DRY_MUST_USE dry_status dry_kzg_loader_open(struct dry_kzg_loader **out);
void dry_kzg_loader_close(struct dry_kzg_loader *l);
/* *out stays valid until the loader is closed. ENOMEM. Thread: any but the loop's: the first call
 * takes seconds, and others wait for it. */
struct dry_kzg;
DRY_MUST_USE dry_status dry_kzg_loader_get(struct dry_kzg_loader *l, const struct dry_kzg **out);
/* Check a blob transaction's sidecar: commitments against its versioned hashes, proofs against the
 * blobs. *v is OK (always for other types) or SIDECAR. Call it before sharing tx. ENOMEM. Thread:
 * as above. */
DRY_MUST_USE dry_status dry_pool_tx_verify_sidecar(struct dry_pool_tx *tx,
                                                   struct dry_pool_verdict *v,
                                                   struct dry_kzg_loader *l);
/* Share and drop references. Thread: any (the count is guarded). Accepts NULL. */
struct dry_pool_tx *dry_pool_tx_share(struct dry_pool_tx *tx);
void dry_pool_tx_close(struct dry_pool_tx *tx);

#endif /* DRY_CHAIN_POOL_H */
