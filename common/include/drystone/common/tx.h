/* drystone/common/tx.h - transactions of types 0 to 4 and their encodings. Start at struct dry_tx.
 */
#ifndef DRY_COMMON_TX_H
#define DRY_COMMON_TX_H
#include <drystone/common/rlp.h>
#include <drystone/common/rules.h>
#include <drystone/common/verdict.h>

enum dry_tx_type {
    DRY_TX_LEGACY = 0,
    DRY_TX_ACCESS_LIST = 1, /* EIP-2930 */
    DRY_TX_DYNAMIC_FEE = 2, /* EIP-1559 */
    DRY_TX_BLOB = 3,        /* EIP-4844 */
    DRY_TX_SET_CODE = 4,    /* EIP-7702 */
};

struct dry_access_entry {
    struct dry_address address;
    uint32_t key_count;
    const struct dry_hash *keys;
};

/* EIP-7702. Bounds on values are the rules' business: a tuple that cannot apply is skipped, not
 * refused. */
struct dry_authorization {
    struct dry_u256 chain_id;
    struct dry_address address;
    uint64_t nonce;
    uint8_t y_parity;
    struct dry_u256 r, s;
};

/* Blobs with their commitments and proofs as they travel beside a type 3 transaction. Borrowed
 * bytes. */
struct dry_blob_sidecar {
    uint8_t version; /* 0: one proof a blob (EIP-4844); 1: 128 cell proofs a blob (EIP-7594) */
    uint32_t count;  /* blobs */
    struct dry_bytes blobs, commitments, proofs; /* each concatenated */
};

/* A decoded transaction. Pointers inside borrow from the arena (or the encoding) it was decoded
 * with. */
struct dry_tx {
    enum dry_tx_type type;
    bool has_chain_id; /* false: legacy without EIP-155 */
    bool has_to;       /* false: creates a contract */
    uint8_t y_parity;
    uint64_t chain_id;
    uint64_t nonce;
    uint64_t gas_limit;
    struct dry_u256 max_fee_per_gas;          /* gas price for types 0 and 1 */
    struct dry_u256 max_priority_fee_per_gas; /* equal to max_fee_per_gas for types 0 and 1 */
    struct dry_u256 max_fee_per_blob_gas;
    struct dry_u256 value;
    struct dry_u256 r, s;
    struct dry_address to;
    struct dry_bytes data;
    uint32_t access_count, blob_count, authorization_count;
    const struct dry_access_entry *access;
    const struct dry_hash *blob_hashes;
    const struct dry_authorization *authorizations;
    const struct dry_blob_sidecar *sidecar; /* NULL when none came with it */
    struct dry_bytes encoded; /* canonical EIP-2718 bytes without sidecar, as hashed and stored */
};

/* Limits of the decoder, told by name in its errors. */
#define DRY_TX_BYTES_MAX (16u << 20) /* one encoded transaction without sidecar */
#define DRY_TX_SIDECAR_BLOBS_MAX 128u

/* Decode EIP-2718 bytes: a legacy list or type || payload. A type 3 payload may be the network form
 * with a sidecar. Checks form alone (canonical RLP, field sizes, v of legacy in {27, 28, >= 35}, y
 * parity below 2 where the type demands it); rules are execution's.
 *
 * Out:     *tx       borrows from `in` and `arena`; undefined unless *verdict is VALID.
 *          *verdict  VALID or the TX_… reason.
 * Returns: DRY_OK, whatever the verdict, or DRY_ENOMEM. */
DRY_MUST_USE dry_status dry_tx_decode(struct dry_tx *tx, enum dry_verdict *verdict,
                                      struct dry_bytes in, struct dry_arena *arena);
/* The canonical encoding without sidecar, appended. */
DRY_MUST_USE dry_status dry_tx_encode(struct dry_buf *out, const struct dry_tx *tx);
/* The network form: with the sidecar for type 3 that has one. */
DRY_MUST_USE dry_status dry_tx_encode_network(struct dry_buf *out, const struct dry_tx *tx);
/* The bytes whose keccak256 the sender signed (type 0: with or without EIP-155 as has_chain_id
 * says). */
DRY_MUST_USE dry_status dry_tx_encode_unsigned(struct dry_buf *out, const struct dry_tx *tx);
/* The bytes whose keccak256 an authority signed: 0x05 || rlp([chain_id, address, nonce]). */
DRY_MUST_USE dry_status dry_authorization_encode_unsigned(struct dry_buf *out,
                                                          const struct dry_authorization *a);
/* v as RPC and the legacy encoding show it: 27/28, 35 + 2 * chain_id + parity, or the parity.
 * UINT64_MAX when that does not fit (chain ids of 64 bits). */
uint64_t dry_tx_v(const struct dry_tx *tx);
/* Lowest of max_fee and base_fee + priority: what the sender pays for a unit of gas. When max_fee
 * is below base_fee the result is max_fee. */
void dry_tx_effective_gas_price(struct dry_u256 *out, const struct dry_tx *tx,
                                const struct dry_u256 *base_fee);

#endif /* DRY_COMMON_TX_H */
