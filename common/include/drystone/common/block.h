/* drystone/common/block.h - headers, withdrawals, blocks and receipts, and their encodings. */
#ifndef DRY_COMMON_BLOCK_H
#define DRY_COMMON_BLOCK_H
#include <drystone/common/tx.h>

#define DRY_EXTRA_DATA_MAX \
    1024u /* decoder's bound; 32 by rule, more for sealed headers (Clique, QBFT) */

/* A header of any fork. Fields a fork added are present from the first up to `extra_fields`, in
 * this order: base fee (1), withdrawals root (2), blob gas used (3), excess blob gas (4), parent
 * beacon block root (5), requests hash (6). */
struct dry_header {
    struct dry_hash parent_hash;
    struct dry_hash ommers_hash;
    struct dry_address coinbase;
    struct dry_hash state_root;
    struct dry_hash transactions_root;
    struct dry_hash receipts_root;
    struct dry_bloom bloom;
    struct dry_u256 difficulty;
    uint64_t number;
    uint64_t gas_limit;
    uint64_t gas_used;
    uint64_t time;
    struct dry_bytes extra_data; /* borrowed from the encoding or whoever filled it */
    struct dry_hash mix_hash;    /* prevRandao after the merge */
    uint8_t nonce[8];
    uint8_t extra_fields; /* 0 to 6 */
    struct dry_u256 base_fee;
    struct dry_hash withdrawals_root;
    uint64_t blob_gas_used;
    uint64_t excess_blob_gas;
    struct dry_hash parent_beacon_root;
    struct dry_hash requests_hash;
};

#define DRY_HEADER_LONDON 1
#define DRY_HEADER_SHANGHAI 2
#define DRY_HEADER_CANCUN 5
#define DRY_HEADER_PRAGUE 6

struct dry_withdrawal {
    uint64_t index, validator;
    struct dry_address address;
    uint64_t amount_gwei;
};

/* A block; arrays borrow from the arena and encoding it was decoded with. */
struct dry_block {
    struct dry_header header;
    struct dry_bytes header_encoded; /* as hashed; empty when built rather than decoded */
    uint32_t tx_count, ommer_count, withdrawal_count;
    const struct dry_tx *txs;
    const struct dry_header *ommers;
    const struct dry_withdrawal *withdrawals;
    bool has_withdrawals;
    size_t encoded_size; /* of the whole block, for EIP-7934 */
};

struct dry_log_entry {
    struct dry_address address;
    uint8_t topic_count; /* 0 to 4 */
    struct dry_hash topics[4];
    struct dry_bytes data;
};

/* A receipt. Before Byzantium it carries the intermediate state root, after it the status. */
struct dry_receipt {
    enum dry_tx_type type;
    bool has_root;
    bool success;
    struct dry_hash root;
    uint64_t cumulative_gas_used;
    struct dry_bloom bloom;
    uint32_t log_count;
    const struct dry_log_entry *logs;
    /* Not part of the encoding: what RPC shows. */
    uint64_t gas_used;
    bool has_contract_address;
    struct dry_address contract_address;
};

/* Decoders give data about input in *verdict (VALID or BLOCK_… / TX_…) and DRY_OK or DRY_ENOMEM as
 * status; results borrow from `in` and `arena`, and are undefined unless the verdict is VALID. */
DRY_MUST_USE dry_status dry_header_decode(struct dry_header *out, enum dry_verdict *verdict,
                                          struct dry_bytes in);
DRY_MUST_USE dry_status dry_header_encode(struct dry_buf *out, const struct dry_header *h);
#define DRY_BLOCK_BYTES_MAX (64u << 20)
/* A whole block [header, txs, ommers, withdrawals?]. Transactions stand in it without sidecars. */
DRY_MUST_USE dry_status dry_block_decode(struct dry_block *out, enum dry_verdict *verdict,
                                         struct dry_bytes in, struct dry_arena *arena);
/* The next block of a file of concatenated blocks; *in moves past it. DRY_ENOTFOUND at a clean end.
 */
DRY_MUST_USE dry_status dry_block_next(struct dry_bytes *block, struct dry_bytes *in);
DRY_MUST_USE dry_status dry_block_encode(struct dry_buf *out, const struct dry_block *b);
DRY_MUST_USE dry_status dry_withdrawal_encode(struct dry_buf *out, const struct dry_withdrawal *w);
/* The list of logs as it stands in a receipt. */
DRY_MUST_USE dry_status dry_logs_encode(struct dry_buf *out, const struct dry_log_entry *logs,
                                        uint32_t count);
/* Consensus encoding of a receipt (type byte in front of typed ones). */
DRY_MUST_USE dry_status dry_receipt_encode(struct dry_buf *out, const struct dry_receipt *r);
DRY_MUST_USE dry_status dry_receipt_decode(struct dry_receipt *out, struct dry_bytes in,
                                           struct dry_arena *arena);

#endif /* DRY_COMMON_BLOCK_H */
