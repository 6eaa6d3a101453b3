/* pool.h - the transaction pool. Loop thread only. Start at dry__pool_add().
 *
 * Each sender has a line of transactions by nonce; the part of it that follows the account's nonce
 * without a gap is ready, and the part of that before the first one that cannot pay the next
 * block's fees is payable. A heap over the senders' next payable transactions gives the best one:
 * highest tip first, then oldest.
 *
 * When the pool is full, a newcomer pushes out tails of lines that are worth less than it. Worth
 * least is what waits behind a gap, then what waits for lower fees, then the lowest tip at the next
 * block's base fee: the lowest one in the line up to there, as it must be mined before. */
#ifndef DRY_CHAIN_SRC_POOL_H
#define DRY_CHAIN_SRC_POOL_H
#include <drystone/chain/pool.h>

#define DRY__POOL_NO_HEAP UINT32_MAX

/* Orders of lines. */
enum dry__heap_name {
    DRY__HEAP_NEXT,     /* next to be mined; while building: without what was taken or parked */
    DRY__HEAP_BASE,     /* waiting for a lower base fee; who offers most first */
    DRY__HEAP_BLOB,     /* waiting for a lower blob fee; who offers most first */
    DRY__HEAP_LOW_CAP,  /* by the lowest fee cap of the payable part, lowest first */
    DRY__HEAP_LOW_TIP,  /* by its lowest tip */
    DRY__HEAP_LOW_BLOB, /* by its lowest blob fee cap */
    DRY__HEAP_STUCK,    /* the tail cannot be mined; worth least first */
};
#define DRY__HEAPS 7u

struct dry__heap {
    struct dry__line **lines;
    uint32_t count;
};

struct dry__fees {
    struct dry_u256 cap, tip, blob; /* blob: DRY_U256_MAX when there are none */
};

struct dry__line {
    struct dry_address sender;
    uint64_t nonce; /* of the account at the head */
    struct dry_u256 balance;
    struct dry_u256 cost;     /* most that all of them together can cost */
    uint64_t balance_stamp;   /* pool->stamp when the balance was read */
    struct dry_pool_tx **txs; /* by nonce, ascending; a ring is not needed: `first` moves */
    uint32_t first, count, cap;
    struct dry__fees *low; /* beside txs, see pool_rank.c */
    uint32_t mid;
    struct dry__fees lowest;    /* of the payable part; while in a heap */
    uint32_t ready;             /* of count: no gap from nonce on */
    uint32_t payable;           /* of ready: all before and itself can pay the next block's fees */
    uint32_t out;               /* so many at the end are selected to leave */
    struct dry__line *next_out; /* while some are */
    uint32_t cursor;            /* while building: payable ones already taken */
    uint32_t heap_at[DRY__HEAPS];
    bool parked; /* while building: its next does not fit this block */
};

struct dry__pool {
    struct dry_pool_limits limits;
    struct dry__line **lines; /* open addressing by sender */
    uint32_t line_cap, line_count;
    struct dry_pool_tx **by_hash; /* open addressing by hash */
    uint32_t hash_cap, tx_count, ready_count, payable_count;
    struct dry__heap heaps[DRY__HEAPS];
    uint32_t heap_cap;                  /* of each */
    struct dry_u256 base_fee, blob_fee; /* of the next block */
    struct dry__line **touched;         /* while building */
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
/* Told of each transaction that leaves for a newcomer, before it does. */
typedef void (*dry__evicted_fn)(void *ctx, const struct dry_pool_tx *tx);
/* Add; takes the reference when *answer is OK, else leaves it to the caller. `evicted` may be NULL.
 */
DRY_MUST_USE dry_status dry__pool_add(struct dry__pool *p, enum dry_pool_answer *answer,
                                      struct dry__pool_ready *ready, struct dry_pool_tx *tx,
                                      dry__account_fn account, dry__evicted_fn evicted, void *ctx);
struct dry_pool_tx *dry__pool_find(const struct dry__pool *p, const struct dry_hash *hash);
struct dry__line *dry__pool_line(const struct dry__pool *p, const struct dry_address *sender);
/* The account's nonce is now `nonce`: what is below leaves, what follows may become ready. */
void dry__pool_set_nonce(struct dry__pool *p, const struct dry_address *sender, uint64_t nonce);
/* Read the nonces of all senders anew. On failure some are still to be read. */
DRY_MUST_USE dry_status dry__pool_resync(struct dry__pool *p, dry__account_fn account, void *ctx);
/* Drop one transaction (it can never be mined); later ones of the sender lose readiness. */
void dry__pool_remove(struct dry__pool *p, struct dry_pool_tx *tx);

/* The next block's fees: what cannot pay them is not picked for building, and worth less. Costs
 * what it changes. */
void dry__pool_set_fees(struct dry__pool *p, const struct dry_u256 *base_fee,
                        const struct dry_u256 *blob_fee);

/* Building. next: the best payable transaction, or NULL. Then one of: taken (go on to the sender's
 * next), parked (leave the sender alone for this block) or removed. done: everything as before but
 * what was removed. */
struct dry_pool_tx *dry__pool_next(struct dry__pool *p);
DRY_MUST_USE dry_status dry__pool_taken(struct dry__pool *p, struct dry_pool_tx *tx);
DRY_MUST_USE dry_status dry__pool_park(struct dry__pool *p, struct dry_pool_tx *tx);
void dry__pool_done(struct dry__pool *p);

/* --- pool_rank.c, for pool.c --- */

struct dry__rank {
    enum { DRY__RANK_GAPPED, DRY__RANK_BLOCKED, DRY__RANK_PAYABLE } kind;
    struct dry_u256 value;
};
/* What tx would be worth at index i of line l (NULL: none yet). */
void dry__rank_new(const struct dry__pool *p, struct dry__rank *out, const struct dry__line *l,
                   uint32_t i, const struct dry_pool_tx *tx, bool gapped);
/* Select tails worth less than `rank`, so many at least and with so many bytes, none that tx builds
 * on: *outs is the list of their lines. False, and all as before, when there are not enough. */
bool dry__rank_select(struct dry__pool *p, struct dry__line **outs, const struct dry_pool_tx *tx,
                      const struct dry__rank *rank, uint32_t count, uint64_t bytes);
void dry__rank_undo(struct dry__pool *p, struct dry__line *outs);

/* A line is in the heaps it belongs to between return and leave; all changes of it are made
 * outside. Room for one more line is made before. */
void dry__rank_leave(struct dry__pool *p, struct dry__line *l);
void dry__rank_return(struct dry__pool *p, struct dry__line *l);
DRY_MUST_USE dry_status dry__rank_room(struct dry__pool *p);
/* The same for the heap of those to be mined alone. */
void dry__rank_next_leave(struct dry__pool *p, struct dry__line *l);
void dry__rank_next_return(struct dry__pool *p, struct dry__line *l);
/* The payable part: goes on as far as it can; has n at most; the line's first n are gone (they
 * leave the line with this); the one at n is another. */
void dry__rank_extend(struct dry__pool *p, struct dry__line *l);
void dry__rank_cut(struct dry__pool *p, struct dry__line *l, uint32_t n);
void dry__rank_skip(struct dry__pool *p, struct dry__line *l, uint32_t n);
void dry__rank_replaced(struct dry__pool *p, struct dry__line *l, uint32_t n);

#endif /* DRY_CHAIN_SRC_POOL_H */
