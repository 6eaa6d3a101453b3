/* Every reason execution-spec-tests can give (TransactionException, BlockException), those that
 * the older fillers gave (retesteth, names without a prefix), and our verdicts that say the same.
 * One name may stand for several of ours where the reference is the coarser one, or where it names
 * the network's import path rather than a rule. */
#include "exceptions.h"
#include <stddef.h>
#include <string.h>

#define REASONS_MAX 8

struct row {
    const char *name;
    enum dry_verdict verdicts[REASONS_MAX]; /* ends with VALID */
};

#define V(name) DRY_VERDICT_##name

static const struct row transaction_rows[] = {
    {"TYPE_NOT_SUPPORTED", {V(TX_TYPE_UNSUPPORTED), V(TX_RLP_HEADER)}},
    {"SENDER_NOT_EOA", {V(TX_SENDER_NOT_EOA)}},
    {"ADDRESS_TOO_SHORT", {V(TX_ADDRESS_LENGTH)}},
    {"ADDRESS_TOO_LONG", {V(TX_ADDRESS_LENGTH)}},
    {"NONCE_MISMATCH_TOO_HIGH", {V(TX_NONCE_TOO_HIGH)}},
    {"NONCE_MISMATCH_TOO_LOW", {V(TX_NONCE_TOO_LOW)}},
    {"NONCE_TOO_BIG", {V(TX_NONCE_MAX)}},
    {"NONCE_IS_MAX", {V(TX_NONCE_MAX)}},
    {"NONCE_OVERFLOW", {V(TX_NONCE_OVERFLOW)}},
    {"GASLIMIT_OVERFLOW", {V(TX_GAS_LIMIT_OVERFLOW)}},
    {"VALUE_OVERFLOW", {V(TX_VALUE_OVERFLOW)}},
    {"GASPRICE_OVERFLOW", {V(TX_GAS_PRICE_OVERFLOW)}},
    {"GASLIMIT_PRICE_PRODUCT_OVERFLOW", {V(TX_GAS_PRODUCT_OVERFLOW)}},
    {"INVALID_SIGNATURE_VRS", {V(TX_SIGNATURE_VRS), V(TX_SIGNATURE_V)}},
    {"RLP_INVALID_SIGNATURE_R", {V(TX_RLP_FIELD)}},
    {"RLP_INVALID_SIGNATURE_S", {V(TX_RLP_FIELD)}},
    {"RLP_LEADING_ZEROS_GASLIMIT", {V(TX_LEADING_ZEROS)}},
    {"RLP_LEADING_ZEROS_GASPRICE", {V(TX_LEADING_ZEROS)}},
    {"RLP_LEADING_ZEROS_VALUE", {V(TX_LEADING_ZEROS)}},
    {"RLP_LEADING_ZEROS_NONCE", {V(TX_LEADING_ZEROS)}},
    {"RLP_LEADING_ZEROS_R", {V(TX_LEADING_ZEROS)}},
    {"RLP_LEADING_ZEROS_S", {V(TX_LEADING_ZEROS)}},
    {"RLP_LEADING_ZEROS_V", {V(TX_LEADING_ZEROS)}},
    {"RLP_LEADING_ZEROS_BASEFEE", {V(TX_LEADING_ZEROS)}},
    {"RLP_LEADING_ZEROS_PRIORITY_FEE", {V(TX_LEADING_ZEROS)}},
    {"RLP_LEADING_ZEROS_DATA_SIZE", {V(TX_RLP_LENGTH)}},
    {"RLP_LEADING_ZEROS_NONCE_SIZE", {V(TX_RLP_LENGTH)}},
    {"RLP_TOO_FEW_ELEMENTS", {V(TX_FIELD_COUNT)}},
    {"RLP_TOO_MANY_ELEMENTS", {V(TX_FIELD_COUNT)}},
    {"RLP_ERROR_EOF", {V(TX_RLP)}},
    {"RLP_ERROR_SIZE", {V(TX_RLP_LENGTH), V(TX_RLP)}},
    {"RLP_ERROR_SIZE_LEADING_ZEROS", {V(TX_RLP_LENGTH)}},
    {"INVALID_CHAINID", {V(TX_CHAIN_ID), V(TX_SIGNATURE_V)}},
    {"RLP_INVALID_DATA", {V(TX_RLP_FIELD)}},
    {"RLP_INVALID_GASLIMIT", {V(TX_RLP_FIELD)}},
    {"RLP_INVALID_NONCE", {V(TX_RLP_FIELD)}},
    {"RLP_INVALID_TO", {V(TX_RLP_FIELD)}},
    {"RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_LONG", {V(TX_ACCESS_LIST_FORM)}},
    {"RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_SHORT", {V(TX_ACCESS_LIST_FORM)}},
    {"RLP_INVALID_ACCESS_LIST_STORAGE_TOO_LONG", {V(TX_ACCESS_LIST_FORM)}},
    {"RLP_INVALID_ACCESS_LIST_STORAGE_TOO_SHORT", {V(TX_ACCESS_LIST_FORM)}},
    {"RLP_INVALID_HEADER", {V(TX_RLP_HEADER)}},
    {"RLP_INVALID_VALUE", {V(TX_RLP_FIELD), V(TX_VALUE_OVERFLOW)}},
    {"EC_RECOVERY_FAIL", {V(TX_SIGNATURE_RECOVERY)}},
    {"INSUFFICIENT_ACCOUNT_FUNDS", {V(TX_FUNDS)}},
    {"INSUFFICIENT_MAX_FEE_PER_GAS", {V(TX_FEE_BELOW_BASE)}},
    {"PRIORITY_OVERFLOW", {V(TX_PRIORITY_FEE_OVERFLOW)}},
    {"PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS", {V(TX_PRIORITY_ABOVE_MAX)}},
    {"PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS_2", {V(TX_PRIORITY_ABOVE_MAX)}},
    {"INSUFFICIENT_MAX_FEE_PER_BLOB_GAS", {V(TX_BLOB_FEE)}},
    {"INTRINSIC_GAS_TOO_LOW", {V(TX_INTRINSIC_GAS)}},
    {"INTRINSIC_GAS_BELOW_FLOOR_GAS_COST", {V(TX_FLOOR_GAS)}},
    {"INITCODE_SIZE_EXCEEDED", {V(TX_INITCODE_SIZE)}},
    {"TYPE_1_TX_PRE_FORK", {V(TX_TYPE_UNSUPPORTED)}},
    {"TYPE_2_TX_PRE_FORK", {V(TX_TYPE_UNSUPPORTED)}},
    {"TYPE_3_TX_PRE_FORK", {V(TX_TYPE_UNSUPPORTED)}},
    {"TYPE_3_TX_ZERO_BLOBS_PRE_FORK", {V(TX_TYPE_UNSUPPORTED)}},
    {"TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH", {V(TX_BLOB_VERSION)}},
    {"TYPE_3_TX_WITH_FULL_BLOBS", {V(TX_BLOB_SIDECAR_FORM), V(TX_FIELD_COUNT)}},
    {"TYPE_3_TX_BLOB_COUNT_EXCEEDED", {V(TX_BLOB_COUNT), V(BLOCK_BLOB_GAS_MAX)}},
    {"TYPE_3_TX_CONTRACT_CREATION", {V(TX_BLOB_CREATE)}},
    {"TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED",
     {V(TX_BLOB_ALLOWANCE), V(TX_BLOB_COUNT), V(BLOCK_BLOB_GAS_MAX)}},
    {"TYPE_3_TX_ZERO_BLOBS", {V(TX_BLOB_NONE)}},
    {"GAS_ALLOWANCE_EXCEEDED", {V(TX_GAS_ALLOWANCE)}},
    {"GAS_LIMIT_EXCEEDS_MAXIMUM", {V(TX_GAS_LIMIT_MAX)}},
    {"TYPE_4_EMPTY_AUTHORIZATION_LIST", {V(TX_AUTHORIZATION_NONE)}},
    {"TYPE_4_INVALID_AUTHORITY_SIGNATURE", {V(TX_AUTHORIZATION_FORM)}},
    {"TYPE_4_INVALID_AUTHORITY_SIGNATURE_S_TOO_HIGH", {V(TX_AUTHORIZATION_FORM)}},
    {"TYPE_4_TX_CONTRACT_CREATION", {V(TX_AUTHORIZATION_CREATE)}},
    {"TYPE_4_INVALID_AUTHORIZATION_FORMAT", {V(TX_AUTHORIZATION_FORM)}},
    {"TYPE_4_TX_PRE_FORK", {V(TX_TYPE_UNSUPPORTED)}},
};

static const struct row block_rows[] = {
    {"TOO_MANY_UNCLES", {V(BLOCK_UNCLES_COUNT)}},
    {"UNCLE_IN_CHAIN", {V(BLOCK_UNCLE_DUPLICATE)}},
    {"UNCLE_IS_ANCESTOR", {V(BLOCK_UNCLE_ANCESTOR)}},
    {"UNCLE_IS_BROTHER", {V(BLOCK_UNCLE_DUPLICATE), V(BLOCK_UNCLE_PARENT)}},
    {"UNCLE_PARENT_INCORRECT", {V(BLOCK_UNCLE_PARENT)}},
    {"EXTRA_DATA_TOO_BIG", {V(BLOCK_EXTRA_DATA)}},
    {"EXTRA_DATA_INVALID_DAO", {V(BLOCK_DAO_EXTRA_DATA)}},
    {"UNKNOWN_PARENT", {V(BLOCK_PARENT_UNKNOWN)}},
    {"UNCLE_UNKNOWN_PARENT", {V(BLOCK_UNCLE_PARENT)}},
    {"UNKNOWN_PARENT_ZERO", {V(BLOCK_PARENT_UNKNOWN)}},
    {"GASLIMIT_TOO_BIG", {V(BLOCK_GAS_LIMIT_MAX)}},
    {"INVALID_BLOCK_NUMBER", {V(BLOCK_NUMBER)}},
    {"INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT", {V(BLOCK_TIMESTAMP)}},
    {"INVALID_DIFFICULTY", {V(BLOCK_DIFFICULTY), V(BLOCK_POW_AFTER_MERGE)}},
    {"INVALID_LOG_BLOOM", {V(BLOCK_LOGS_BLOOM)}},
    {"INVALID_STATE_ROOT", {V(BLOCK_STATE_ROOT)}},
    {"INVALID_RECEIPTS_ROOT", {V(BLOCK_RECEIPTS_ROOT)}},
    {"INVALID_TRANSACTIONS_ROOT", {V(BLOCK_TRANSACTIONS_ROOT)}},
    {"INVALID_UNCLES_HASH", {V(BLOCK_UNCLES_ROOT)}},
    {"GAS_USED_OVERFLOW", {V(TX_GAS_ALLOWANCE), V(BLOCK_GAS_ABOVE_LIMIT)}},
    {"INVALID_GASLIMIT", {V(BLOCK_GAS_LIMIT)}},
    {"INVALID_BASEFEE_PER_GAS", {V(BLOCK_BASE_FEE)}},
    {"INVALID_GAS_USED", {V(BLOCK_GAS_USED)}},
    {"INVALID_GAS_USED_ABOVE_LIMIT", {V(BLOCK_GAS_ABOVE_LIMIT)}},
    {"INVALID_WITHDRAWALS_ROOT", {V(BLOCK_WITHDRAWALS_ROOT)}},
    {"INCORRECT_BLOCK_FORMAT",
     {V(BLOCK_FIELD_COUNT), V(BLOCK_RLP_FIELD), V(BLOCK_WITHDRAWALS_FORM)}},
    {"BLOB_GAS_USED_ABOVE_LIMIT", {V(BLOCK_BLOB_GAS_MAX)}},
    {"INCORRECT_BLOB_GAS_USED", {V(BLOCK_BLOB_GAS_USED)}},
    {"INCORRECT_EXCESS_BLOB_GAS", {V(BLOCK_EXCESS_BLOB_GAS)}},
    {"INVALID_VERSIONED_HASHES", {V(BLOCK_BLOB_GAS_USED)}},
    {"RLP_STRUCTURES_ENCODING", {V(BLOCK_RLP), V(BLOCK_RLP_FIELD), V(BLOCK_FIELD_COUNT)}},
    {"RLP_WITHDRAWALS_NOT_READ", {V(BLOCK_WITHDRAWALS_FORM)}},
    {"RLP_INVALID_FIELD_OVERFLOW_64", {V(BLOCK_FIELD_OVERFLOW)}},
    {"RLP_INVALID_ADDRESS", {V(BLOCK_ADDRESS_LENGTH)}},
    {"RLP_BLOCK_LIMIT_EXCEEDED", {V(BLOCK_SIZE)}},
    {"INVALID_REQUESTS", {V(BLOCK_REQUESTS)}},
    {"IMPORT_IMPOSSIBLE_LEGACY", {V(BLOCK_FIELD_COUNT)}},
    {"IMPORT_IMPOSSIBLE_LEGACY_WRONG_PARENT", {V(BLOCK_FIELD_COUNT)}},
    {"IMPORT_IMPOSSIBLE_LONDON_WRONG_PARENT", {V(BLOCK_FIELD_COUNT)}},
    {"IMPORT_IMPOSSIBLE_PARIS_WRONG_POW", {V(BLOCK_POW_AFTER_MERGE)}},
    {"IMPORT_IMPOSSIBLE_PARIS_WRONG_POS", {V(BLOCK_POS_BEFORE_MERGE)}},
    {"IMPORT_IMPOSSIBLE_LONDON_OVER_PARIS", {V(BLOCK_POW_AFTER_MERGE)}},
    {"IMPORT_IMPOSSIBLE_PARIS_OVER_SHANGHAI", {V(BLOCK_FIELD_COUNT), V(BLOCK_WITHDRAWALS_FORM)}},
    {"IMPORT_IMPOSSIBLE_SHANGHAI", {V(BLOCK_FIELD_COUNT)}},
    {"IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS", {V(BLOCK_UNCLES_AFTER_MERGE)}},
    {"IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS", {V(BLOCK_POW_AFTER_MERGE)}},
    {"SYSTEM_CONTRACT_EMPTY", {V(BLOCK_SYSTEM_CALL)}},
    {"SYSTEM_CONTRACT_CALL_FAILED", {V(BLOCK_SYSTEM_CALL)}},
    {"INVALID_BLOCK_HASH", {V(BLOCK_HASH)}},
    {"INVALID_DEPOSIT_EVENT_LAYOUT", {V(BLOCK_DEPOSIT_LAYOUT)}},
};

static const struct row retesteth_rows[] = {
    {"TR_TypeNotSupported", {V(TX_TYPE_UNSUPPORTED)}},
    {"TR_TypeNotSupportedBlob", {V(TX_TYPE_UNSUPPORTED)}},
    {"TR_NoFunds", {V(TX_FUNDS)}},
    {"TR_NoFundsX", {V(TX_FUNDS), V(TX_GAS_PRODUCT_OVERFLOW)}},
    {"TR_NoFundsOrGas", {V(TX_FUNDS), V(TX_INTRINSIC_GAS)}},
    {"TR_IntrinsicGas", {V(TX_INTRINSIC_GAS)}},
    {"IntrinsicGas", {V(TX_INTRINSIC_GAS)}},
    {"SenderNotEOA", {V(TX_SENDER_NOT_EOA)}},
    {"SenderNotEOAorNoCASH", {V(TX_SENDER_NOT_EOA), V(TX_FUNDS)}},
    {"TR_RLP_WRONGVALUE", {V(TX_VALUE_OVERFLOW)}},
    {"TR_FeeCapLessThanBlocks", {V(TX_FEE_BELOW_BASE)}},
    {"TR_FeeCapLessThanBlocksORNoFunds", {V(TX_FEE_BELOW_BASE), V(TX_FUNDS)}},
    {"TR_FeeCapLessThanBlocksORGasLimitReached", {V(TX_FEE_BELOW_BASE), V(TX_GAS_ALLOWANCE)}},
    {"TR_TipGtFeeCap", {V(TX_PRIORITY_ABOVE_MAX)}},
    {"TR_GasLimitReached", {V(TX_GAS_ALLOWANCE)}},
    {"TR_NonceHasMaxValue", {V(TX_NONCE_MAX)}},
    {"TR_NonceTooLow", {V(TX_NONCE_TOO_LOW)}},
    {"TR_NonceTooHigh", {V(TX_NONCE_TOO_HIGH)}},
    {"TR_InitCodeLimitExceeded", {V(TX_INITCODE_SIZE)}},
    {"TR_BLOBCREATE", {V(TX_BLOB_CREATE)}},
    {"TR_BLOBVERSION_INVALID", {V(TX_BLOB_VERSION)}},
    {"TR_EMPTYBLOB", {V(TX_BLOB_NONE)}},
    {"TR_BLOBLIST_OVERSIZE", {V(TX_BLOB_COUNT)}},
    {"BlockGasLimitReached", {V(TX_GAS_ALLOWANCE)}},
    {"PostParisUncleHashIsNotEmpty", {V(BLOCK_UNCLES_AFTER_MERGE)}},
    {"PostParisDifficultyIsNot0", {V(BLOCK_POW_AFTER_MERGE)}},
    {"3675PreParis1559BlockRejected", {V(BLOCK_POW_AFTER_MERGE), V(BLOCK_UNCLES_AFTER_MERGE)}},
    {"3675PoWBlockRejected", {V(BLOCK_POW_AFTER_MERGE)}},
    {"3675PoSBlockRejected", {V(BLOCK_POS_BEFORE_MERGE)}},
    {"InvalidStateRoot", {V(BLOCK_STATE_ROOT)}},
    {"InvalidReceiptsStateRoot", {V(BLOCK_RECEIPTS_ROOT)}},
    {"InvalidTransactionsRoot", {V(BLOCK_TRANSACTIONS_ROOT)}},
    {"InvalidUnclesHash", {V(BLOCK_UNCLES_ROOT)}},
    {"InvalidWithdrawals", {V(BLOCK_WITHDRAWALS_ROOT)}},
    {"InvalidLogBloom", {V(BLOCK_LOGS_BLOOM)}},
    {"InvalidGasUsed", {V(BLOCK_GAS_USED)}},
    {"TooMuchGasUsed", {V(BLOCK_GAS_ABOVE_LIMIT), V(BLOCK_GAS_LIMIT)}},
    {"InvalidGasLimit", {V(BLOCK_GAS_LIMIT_MAX), V(BLOCK_GAS_LIMIT)}},
    {"InvalidGasLimit2", {V(BLOCK_GAS_LIMIT)}},
    {"InvalidNumber", {V(BLOCK_NUMBER)}},
    {"InvalidDifficulty",
     {V(BLOCK_DIFFICULTY), V(BLOCK_POW_AFTER_MERGE), V(BLOCK_POS_BEFORE_MERGE)}},
    {"InvalidTimestamp", {V(BLOCK_TIMESTAMP)}},
    {"InvalidTimestampOlderParent", {V(BLOCK_TIMESTAMP)}},
    {"ExtraDataTooBig", {V(BLOCK_EXTRA_DATA)}},
    {"ExtraDataIncorrectDAO", {V(BLOCK_DAO_EXTRA_DATA)}},
    {"UnknownParent", {V(BLOCK_PARENT_UNKNOWN)}},
    {"UnknownParent2", {V(BLOCK_PARENT_UNKNOWN)}},
    {"TooManyUncles", {V(BLOCK_UNCLES_COUNT)}},
    {"UncleInChain", {V(BLOCK_UNCLE_DUPLICATE), V(BLOCK_UNCLE_ANCESTOR)}},
    {"UncleIsBrother", {V(BLOCK_UNCLE_DUPLICATE), V(BLOCK_UNCLE_PARENT)}},
    {"UncleIsAncestor", {V(BLOCK_UNCLE_ANCESTOR)}},
    {"UncleTooOld", {V(BLOCK_UNCLE_PARENT)}},
    {"UncleParentIsNotAncestor", {V(BLOCK_UNCLE_PARENT)}},
    {"InvalidUncleParentHash", {V(BLOCK_UNCLE_PARENT), V(BLOCK_UNCLE_ANCESTOR)}},
    {"1559BlockImportImpossible_BaseFeeWrong", {V(BLOCK_BASE_FEE)}},
    {"1559BlockImportImpossible_HeaderIsLegacy", {V(BLOCK_FIELD_COUNT)}},
    {"LegacyBlockImportImpossible", {V(BLOCK_FIELD_COUNT)}},
    {"LegacyBlockImportImpossible2", {V(BLOCK_FIELD_COUNT)}},
    {"ParisBlockImportImpossible", {V(BLOCK_FIELD_COUNT), V(BLOCK_WITHDRAWALS_FORM)}},
    {"ShanghaiBlockImportImpossible", {V(BLOCK_FIELD_COUNT)}},
    {"RLP_ExpectedAsList", {V(BLOCK_WITHDRAWALS_FORM)}},
    {"INPUT_UNMARSHAL_ERROR", {V(BLOCK_FIELD_OVERFLOW)}},
    {"INPUT_UNMARSHAL_ADDRESS_ERROR", {V(BLOCK_ADDRESS_LENGTH)}},
};
#undef V

static const struct row *row_find(const char *name, size_t len)
{
    static const struct {
        const char *prefix;
        const struct row *rows;
        size_t count;
    } kinds[] = {
        {"TransactionException.", transaction_rows,
         sizeof(transaction_rows) / sizeof(transaction_rows[0])},
        {"BlockException.", block_rows, sizeof(block_rows) / sizeof(block_rows[0])},
        {"", retesteth_rows, sizeof(retesteth_rows) / sizeof(retesteth_rows[0])},
    };

    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        size_t n = strlen(kinds[k].prefix);

        if (len <= n || memcmp(name, kinds[k].prefix, n) != 0)
            continue;
        for (size_t i = 0; i < kinds[k].count; i++)
            if (strlen(kinds[k].rows[i].name) == len - n &&
                memcmp(kinds[k].rows[i].name, name + n, len - n) == 0)
                return &kinds[k].rows[i];
    }
    return NULL;
}

static bool row_has(const struct row *row, enum dry_verdict verdict)
{
    for (size_t i = 0; row != NULL && row->verdicts[i] != DRY_VERDICT_VALID; i++)
        if (row->verdicts[i] == verdict)
            return true;
    return false;
}

/* The length of the alternative at the start of text. */
static size_t alternative(const char *text)
{
    const char *bar = strchr(text, '|');

    return bar == NULL ? strlen(text) : (size_t)(bar - text);
}

bool dry__exception_matches(const char *expected, enum dry_verdict verdict)
{
    for (;;) {
        size_t n = alternative(expected);

        if (row_has(row_find(expected, n), verdict))
            return true;
        if (expected[n] == '\0')
            return false;
        expected += n + 1;
    }
}

bool dry__exception_known(const char *expected)
{
    for (;;) {
        size_t n = alternative(expected);

        if (row_find(expected, n) == NULL)
            return false;
        if (expected[n] == '\0')
            return true;
        expected += n + 1;
    }
}
