/* drystone/common/verdict.h - why a transaction or block is refused: an answer about input, not an
 * error. */
#ifndef DRY_COMMON_VERDICT_H
#define DRY_COMMON_VERDICT_H

/* X(name, text shown to people). The names follow execution-specs' exceptions where one exists. */
#define DRY_VERDICTS(X)                                                                \
    X(VALID, "valid")                                                                  \
    /* transactions: form */                                                           \
    X(TX_RLP, "transaction is cut short or has bytes too many")                        \
    X(TX_RLP_HEADER, "transaction starts with neither a type nor a list")              \
    X(TX_RLP_LENGTH, "transaction has an RLP length not in its shortest form")         \
    X(TX_RLP_FIELD, "transaction field has the wrong form")                            \
    X(TX_LEADING_ZEROS, "transaction has a number with leading zeros")                 \
    X(TX_FIELD_COUNT, "transaction has the wrong number of fields")                    \
    X(TX_TYPE_UNSUPPORTED, "transaction type not supported")                           \
    X(TX_ADDRESS_LENGTH, "address is not 20 bytes")                                    \
    X(TX_NONCE_OVERFLOW, "nonce does not fit 64 bits")                                 \
    X(TX_GAS_LIMIT_OVERFLOW, "gas limit does not fit 64 bits")                         \
    X(TX_GAS_PRICE_OVERFLOW, "fee does not fit 256 bits")                              \
    X(TX_PRIORITY_FEE_OVERFLOW, "priority fee does not fit 256 bits")                  \
    X(TX_VALUE_OVERFLOW, "value does not fit 256 bits")                                \
    X(TX_GAS_PRODUCT_OVERFLOW, "gas limit times gas price does not fit 256 bits")      \
    X(TX_ACCESS_LIST_FORM, "access list has the wrong form")                           \
    X(TX_AUTHORIZATION_FORM, "authorization has the wrong form")                       \
    X(TX_SIZE, "transaction larger than 16 MiB")                                       \
    X(TX_BLOB_SIDECAR_FORM, "blob sidecar has the wrong form")                         \
    /* transactions: signature */                                                      \
    X(TX_SIGNATURE_V, "signature's v is neither 27, 28 nor 35 and up")                 \
    X(TX_SIGNATURE_VRS, "signature values out of range")                               \
    X(TX_SIGNATURE_RECOVERY, "signature does not recover to a sender")                 \
    X(TX_CHAIN_ID, "wrong chain id")                                                   \
    /* transactions: rules */                                                          \
    X(TX_NONCE_MAX, "nonce has reached its maximum")                                   \
    X(TX_NONCE_TOO_LOW, "nonce too low")                                               \
    X(TX_NONCE_TOO_HIGH, "nonce too high")                                             \
    X(TX_INTRINSIC_GAS, "intrinsic gas too low")                                       \
    X(TX_FLOOR_GAS, "gas limit below the calldata floor (EIP-7623)")                   \
    X(TX_GAS_LIMIT_MAX, "transaction gas limit above the cap (EIP-7825)")              \
    X(TX_GAS_ALLOWANCE, "gas limit above what is left in the block")                   \
    X(TX_FUNDS, "insufficient funds for gas * price + value")                          \
    X(TX_SENDER_NOT_EOA, "sender has code (EIP-3607)")                                 \
    X(TX_FEE_BELOW_BASE, "max fee per gas less than block base fee")                   \
    X(TX_PRIORITY_ABOVE_MAX, "max priority fee per gas higher than max fee per gas")   \
    X(TX_INITCODE_SIZE, "init code too large (EIP-3860)")                              \
    X(TX_BLOB_FEE, "max fee per blob gas less than block blob base fee")               \
    X(TX_BLOB_NONE, "blob transaction without blobs")                                  \
    X(TX_BLOB_COUNT, "too many blobs in the transaction")                              \
    X(TX_BLOB_ALLOWANCE, "more blobs than are left in the block")                      \
    X(TX_BLOB_VERSION, "blob versioned hash of an unknown version")                    \
    X(TX_BLOB_CREATE, "blob transaction cannot create a contract")                     \
    X(TX_AUTHORIZATION_NONE, "set-code transaction without authorizations")            \
    X(TX_AUTHORIZATION_CREATE, "set-code transaction cannot create a contract")        \
    /* blocks: form */                                                                 \
    X(BLOCK_RLP, "block is not canonical RLP")                                         \
    X(BLOCK_RLP_FIELD, "block field has the wrong form")                               \
    X(BLOCK_FIELD_OVERFLOW, "block field does not fit 64 bits")                        \
    X(BLOCK_ADDRESS_LENGTH, "address in a block is not 20 bytes")                      \
    X(BLOCK_WITHDRAWALS_FORM, "withdrawals missing, or not the header's fork's")       \
    X(BLOCK_FIELD_COUNT, "header or body has the wrong number of fields for its fork") \
    X(BLOCK_SIZE, "block larger than its limit (EIP-7934)")                            \
    X(BLOCK_HASH, "block hash differs")                                                \
    /* blocks: header against parent */                                                \
    X(BLOCK_PARENT_UNKNOWN, "unknown parent")                                          \
    X(BLOCK_NUMBER, "block number is not the parent's plus one")                       \
    X(BLOCK_TIMESTAMP, "timestamp not after the parent's")                             \
    X(BLOCK_EXTRA_DATA, "extra data longer than 32 bytes")                             \
    X(BLOCK_DAO_EXTRA_DATA, "extra data wrong for the DAO fork")                       \
    X(BLOCK_GAS_LIMIT, "gas limit out of range of the parent's")                       \
    X(BLOCK_GAS_LIMIT_MAX, "gas limit above 2^63 - 1")                                 \
    X(BLOCK_GAS_ABOVE_LIMIT, "gas used above gas limit")                               \
    X(BLOCK_BASE_FEE, "wrong base fee")                                                \
    X(BLOCK_DIFFICULTY, "wrong difficulty")                                            \
    X(BLOCK_POW_AFTER_MERGE, "proof-of-work header after the merge")                   \
    X(BLOCK_POS_BEFORE_MERGE, "proof-of-stake header before the merge")                \
    X(BLOCK_NONCE, "header nonce is not zero after the merge")                         \
    X(BLOCK_EXCESS_BLOB_GAS, "wrong excess blob gas")                                  \
    X(BLOCK_BLOB_GAS_USED, "wrong blob gas used")                                      \
    X(BLOCK_BLOB_GAS_MAX, "more blobs than a block may carry")                         \
    X(BLOCK_SEAL, "wrong seal")                                                        \
    /* blocks: uncles */                                                               \
    X(BLOCK_UNCLES_AFTER_MERGE, "uncles after the merge")                              \
    X(BLOCK_UNCLES_ROOT, "wrong uncles hash")                                          \
    X(BLOCK_UNCLES_COUNT, "more than two uncles")                                      \
    X(BLOCK_UNCLE_DUPLICATE, "uncle included before")                                  \
    X(BLOCK_UNCLE_ANCESTOR, "uncle is an ancestor")                                    \
    X(BLOCK_UNCLE_PARENT, "uncle's parent is not an ancestor")                         \
    X(BLOCK_UNCLE_HEADER, "uncle's header is invalid")                                 \
    /* blocks: body and result */                                                      \
    X(BLOCK_TRANSACTIONS_ROOT, "wrong transactions root")                              \
    X(BLOCK_WITHDRAWALS_ROOT, "wrong withdrawals root")                                \
    X(BLOCK_GAS_USED, "wrong gas used")                                                \
    X(BLOCK_STATE_ROOT, "wrong state root")                                            \
    X(BLOCK_RECEIPTS_ROOT, "wrong receipts root")                                      \
    X(BLOCK_LOGS_BLOOM, "wrong logs bloom")                                            \
    X(BLOCK_REQUESTS, "wrong requests hash")                                           \
    X(BLOCK_DEPOSIT_LAYOUT, "deposit event with an invalid layout (EIP-6110)")         \
    X(BLOCK_SYSTEM_CALL, "a required system call failed or its contract is absent")

enum dry_verdict {
#define X(name, text) DRY_VERDICT_##name,
    DRY_VERDICTS(X)
#undef X
};

/* The text shown to people. Static storage. */
const char *dry_verdict_text(enum dry_verdict v);
/* "TX_NONCE_TOO_LOW". Static storage. */
const char *dry_verdict_name(enum dry_verdict v);

#endif /* DRY_COMMON_VERDICT_H */
