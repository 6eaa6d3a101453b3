/* pool.h - the transaction pool. Loop thread only. Start at dry__pool_add().
 *
 * Each sender has a line of transactions by nonce; the part of it that follows the account's nonce
 * without a gap is ready. A heap over the senders' next ready transactions gives the best one:
 * highest tip first, then oldest. */
#ifndef DRY_CHAIN_SRC_POOL_H
#define DRY_CHAIN_SRC_POOL_H
#include <drystone/chain/pool.h>

#define DRY__POOL_NO_HEAP UINT32_MAX

struct dry__line {
    struct dry_address sender;
    uint64_t nonce; /* of the account at the head */
    struct dry_u256 balance;
    struct dry_u256 cost;     /* most that all of them together can cost */
    uint64_t balance_stamp;   /* pool->stamp when the balance was read */
    struct dry_pool_tx **txs; /* by nonce, ascending; a ring is not needed: `first` moves */
    uint32_t first, count, cap;
    uint32_t ready;  /* of count: no gap from nonce on */
    uint32_t cursor; /* while building: ready ones already taken */
    uint32_t heap_at;
    bool parked; /* while building: its next does not fit this block */
};

struct dry__pool {
    struct dry_pool_limits limits;
    struct dry__line **lines; /* open addressing by sender */
    uint32_t line_cap, line_count;
    struct dry_pool_tx **by_hash; /* open addressing by hash */
    uint32_t hash_cap, tx_count, ready_count;
    struct dry__line **heap;
    uint32_t heap_count, heap_cap;
    struct dry__line **touched; /* while building */
    uint32_t touched_count, touched_cap;
    uint64_t bytes;
    uint64_t arrivals;
    uint64_t stamp;   /* grows with each head */
    uint64_t version; /* grows with each change of what waits */
};

void dry__pool_init(struct dry__pool *p, const struct dry_pool_limits *limits);
void dry__pool_fini(struct dry__pool *p);

/* What the pool must know of an account. */
typedef dry_status (*dry__account_fn)(void *ctx, uint64_t *nonce, struct dry_u256 *balance,
                                      const struct dry_address *address);

/* The transactions that can be included now because one was added: itself and those that waited
 * for it; none when it waits itself. Borrowed until the pool changes. */
struct dry__pool_ready {
    struct dry_pool_tx *const *txs;
    uint32_t count;
};
/* Add; takes the reference when *answer is OK, else leaves it to the caller. */
DRY_MUST_USE dry_status dry__pool_add(struct dry__pool *p, enum dry_pool_answer *answer,
                                      struct dry__pool_ready *ready, struct dry_pool_tx *tx,
                                      dry__account_fn account, void *ctx);
struct dry_pool_tx *dry__pool_find(const struct dry__pool *p, const struct dry_hash *hash);
struct dry__line *dry__pool_line(const struct dry__pool *p, const struct dry_address *sender);
/* The account's nonce is now `nonce`: what is below leaves, what follows may become ready. */
void dry__pool_set_nonce(struct dry__pool *p, const struct dry_address *sender, uint64_t nonce);
/* Read the nonces of all senders anew. On failure some are still to be read. */
DRY_MUST_USE dry_status dry__pool_resync(struct dry__pool *p, dry__account_fn account, void *ctx);
/* Drop one transaction (it can never be mined); later ones of the sender lose readiness. */
void dry__pool_remove(struct dry__pool *p, struct dry_pool_tx *tx);

/* Building. next: the best ready transaction, or NULL. Then one of: taken (go on to the sender's
 * next), parked (leave the sender alone for this block) or removed. done: everything as before but
 * what was removed. */
struct dry_pool_tx *dry__pool_next(struct dry__pool *p);
DRY_MUST_USE dry_status dry__pool_taken(struct dry__pool *p, struct dry_pool_tx *tx);
DRY_MUST_USE dry_status dry__pool_park(struct dry__pool *p, struct dry_pool_tx *tx);
void dry__pool_done(struct dry__pool *p);

#endif /* DRY_CHAIN_SRC_POOL_H */
