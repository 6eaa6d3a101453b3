/* store.h - where blocks, receipts and indexes stand in the storage. Key prefixes 0x20 to 0x2f. */
#ifndef DRY_CHAIN_STORE_H
#define DRY_CHAIN_STORE_H
#include <drystone/chain.h>

enum dry__store_key {
    DRY__KEY_META = 0x20,   /* + letter: f format, g genesis.json, h head's hash */
    DRY__KEY_HEADER = 0x21, /* + hash: total difficulty (32), header RLP */
    DRY__KEY_BODY = 0x22,   /* + hash: count (4), (sender, tx hash) each, what follows the header in
                               the   block's RLP */
    DRY__KEY_RECEIPTS = 0x23, /* + hash: RLP list of consensus encodings as strings */
    DRY__KEY_NUMBER = 0x24,   /* + number (8): hash of the canonical block */
    DRY__KEY_TX = 0x25,       /* + tx hash: number (8), index (4), block hash; canonical chain */
    DRY__KEY_SIDECAR =
        0x26, /* + block's time (8), tx hash: the network form of a blob transaction */
};

#define DRY__TX_PLACE_BYTES 44u
#define DRY__BODY_TX_BYTES 52u /* of each transaction in front of a stored body */

struct dry__key {
    uint8_t b[41];
    uint8_t len;
};
static inline struct dry_bytes dry__key_bytes(const struct dry__key *k)
{
    return dry_bytes_of(k->b, k->len);
}
struct dry__key dry__key_meta(char letter);
struct dry__key dry__key_hash(enum dry__store_key prefix, const struct dry_hash *hash);
struct dry__key dry__key_number(uint64_t number);

static inline void dry__be64_put(uint8_t out[8], uint64_t v)
{
    v = __builtin_bswap64(v);
    memcpy(out, &v, 8);
}
static inline uint64_t dry__be64_get(const uint8_t in[8])
{
    uint64_t v;
    memcpy(&v, in, 8);
    return __builtin_bswap64(v);
}

/* A block about to be stored. Everything borrowed. */
struct dry__new_block {
    struct dry_hash hash;
    struct dry_u256 total_difficulty;
    const struct dry_block *block;
    struct dry_bytes header_rlp, rest_rlp; /* rest: what follows the header in the block's list */
    const struct dry_address *senders;
    const struct dry_hash *tx_hashes;
    uint32_t receipt_count;
    const struct dry_receipt *receipts;
};
/* Add header, body and receipts to the batch. */
DRY_MUST_USE dry_status dry__store_block(struct dry_batch *batch, const struct dry__new_block *b);
/* Add or remove a block's entries of the canonical indexes. */
DRY_MUST_USE dry_status dry__store_index(struct dry_batch *batch, uint64_t number,
                                         const struct dry_hash *hash,
                                         const struct dry_hash *tx_hashes, uint32_t tx_count);
DRY_MUST_USE dry_status dry__store_unindex(struct dry_batch *batch, uint64_t number,
                                           const struct dry_hash *tx_hashes, uint32_t tx_count);
DRY_MUST_USE dry_status dry__store_head(struct dry_batch *batch, const struct dry_hash *hash);

/* Reads straight from a storage. ENOTFOUND, ECORRUPT when what is stored does not decode. */
DRY_MUST_USE dry_status dry__load_header(struct dry_storage *s, struct dry_header *out,
                                         struct dry_u256 *td, struct dry_bytes *rlp,
                                         const struct dry_hash *hash, struct dry_arena *arena);
DRY_MUST_USE dry_status dry__load_block(struct dry_storage *s, struct dry_stored_block *out,
                                        const struct dry_hash *hash, struct dry_arena *arena);
/* A block's parent and the hashes of its transactions: what moving the head needs. */
DRY_MUST_USE dry_status dry__load_place(struct dry_storage *s, struct dry_hash *parent,
                                        const struct dry_hash **tx_hashes, uint32_t *tx_count,
                                        const struct dry_hash *hash, struct dry_arena *arena);
/* A value copied to the arena. */
DRY_MUST_USE dry_status dry__load(struct dry_storage *s, struct dry_bytes *out,
                                  const struct dry__key *key, struct dry_arena *arena);

#endif /* DRY_CHAIN_STORE_H */
