/* methods.c - every method by name: its function, where it runs, what it needs. */
#include "methods.h"
#include "submit.h"

/* X(name, function, where, flags, most parameters, prepare): sorted by name. */
#define METHODS(X)                                                                                 \
    X(debug_getBadBlocks, debug_getBadBlocks, PLACE, 0, 0, NULL)                                   \
    X(debug_getRawBlock, debug_getRawBlock, PLACE, 0, 1, NULL)                                     \
    X(debug_getRawHeader, debug_getRawHeader, PLACE, 0, 1, NULL)                                   \
    X(debug_getRawReceipts, debug_getRawReceipts, PLACE, 0, 1, NULL)                               \
    X(debug_getRawTransaction, eth_getRawTransactionByHash, PLACE, 0, 1, NULL)                     \
    X(debug_traceBlockByHash, debug_traceBlockByHash, WORKER, 0, 2, NULL)                          \
    X(debug_traceBlockByNumber, debug_traceBlockByNumber, WORKER, 0, 2, NULL)                      \
    X(debug_traceTransaction, debug_traceTransaction, WORKER, 0, 2, NULL)                          \
    X(eth_accounts, eth_accounts, PLACE, 0, 0, NULL)                                               \
    X(eth_baseFee, eth_baseFee, PLACE, 0, 0, NULL)                                                 \
    X(eth_blobBaseFee, eth_blobBaseFee, PLACE, 0, 0, NULL)                                         \
    X(eth_blockNumber, eth_blockNumber, PLACE, 0, 0, NULL)                                         \
    X(eth_call, eth_call, PLACE, DRY__HEAVY, 4, NULL)                                              \
    X(eth_capabilities, eth_capabilities, PLACE, 0, 0, NULL)                                       \
    X(eth_chainId, eth_chainId, PLACE, 0, 0, NULL)                                                 \
    X(eth_coinbase, eth_coinbase, PLACE, 0, 0, NULL)                                               \
    X(eth_config, eth_config, PLACE, 0, 0, NULL)                                                   \
    X(eth_createAccessList, eth_createAccessList, WORKER, 0, 3, NULL)                              \
    X(eth_estimateGas, eth_estimateGas, PLACE, DRY__HEAVY, 4, NULL)                                \
    X(eth_feeHistory, eth_feeHistory, WORKER, 0, 3, NULL)                                          \
    X(eth_fillTransaction, eth_fillTransaction, PLACE, 0, 1, NULL)                                 \
    X(eth_gasPrice, eth_gasPrice, PLACE, 0, 0, NULL)                                               \
    X(eth_getAccountInfo, eth_getAccountInfo, PLACE, 0, 2, NULL)                                   \
    X(eth_getBalance, eth_getBalance, PLACE, 0, 2, NULL)                                           \
    X(eth_getBlockAccessList, eth_getBlockAccessList, PLACE, 0, 1, NULL)                           \
    X(eth_getBlockByHash, eth_getBlockByHash, PLACE, 0, 2, NULL)                                   \
    X(eth_getBlockByNumber, eth_getBlockByNumber, PLACE, 0, 2, NULL)                               \
    X(eth_getBlockReceipts, eth_getBlockReceipts, PLACE, 0, 1, NULL)                               \
    X(eth_getBlockTransactionCountByHash, eth_getBlockTransactionCount, PLACE, 0, 1, NULL)         \
    X(eth_getBlockTransactionCountByNumber, eth_getBlockTransactionCount, PLACE, 0, 1, NULL)       \
    X(eth_getCode, eth_getCode, PLACE, 0, 2, NULL)                                                 \
    X(eth_getFilterChanges, eth_getFilterChanges, PLACE, 0, 1, NULL)                               \
    X(eth_getFilterLogs, eth_getFilterLogs, PLACE, DRY__HEAVY, 1, NULL)                            \
    X(eth_getLogs, eth_getLogs, PLACE, DRY__HEAVY, 1, NULL)                                        \
    X(eth_getProof, eth_getProof, WORKER, 0, 3, NULL)                                              \
    X(eth_getRawTransactionByBlockHashAndIndex, eth_getRawTransactionByBlockAndIndex, PLACE, 0, 2, \
      NULL)                                                                                        \
    X(eth_getRawTransactionByBlockNumberAndIndex, eth_getRawTransactionByBlockAndIndex, PLACE, 0,  \
      2, NULL)                                                                                     \
    X(eth_getRawTransactionByHash, eth_getRawTransactionByHash, PLACE, 0, 1, NULL)                 \
    X(eth_getStorageAt, eth_getStorageAt, PLACE, 0, 3, NULL)                                       \
    X(eth_getStorageValues, eth_getStorageValues, PLACE, 0, 2, NULL)                               \
    X(eth_getTransactionByBlockHashAndIndex, eth_getTransactionByBlockAndIndex, PLACE, 0, 2, NULL) \
    X(eth_getTransactionByBlockNumberAndIndex, eth_getTransactionByBlockAndIndex, PLACE, 0, 2,     \
      NULL)                                                                                        \
    X(eth_getTransactionByHash, eth_getTransactionByHash, PLACE, 0, 1, NULL)                       \
    X(eth_getTransactionCount, eth_getTransactionCount, PLACE, 0, 2, NULL)                         \
    X(eth_getTransactionReceipt, eth_getTransactionReceipt, PLACE, 0, 1, NULL)                     \
    X(eth_getUncleByBlockHashAndIndex, eth_getUncle, PLACE, 0, 2, NULL)                            \
    X(eth_getUncleByBlockNumberAndIndex, eth_getUncle, PLACE, 0, 2, NULL)                          \
    X(eth_getUncleCountByBlockHash, eth_getUncleCount, PLACE, 0, 1, NULL)                          \
    X(eth_getUncleCountByBlockNumber, eth_getUncleCount, PLACE, 0, 1, NULL)                        \
    X(eth_hashrate, eth_hashrate, PLACE, 0, 0, NULL)                                               \
    X(eth_maxPriorityFeePerGas, eth_maxPriorityFeePerGas, PLACE, 0, 0, NULL)                       \
    X(eth_mining, eth_mining, PLACE, 0, 0, NULL)                                                   \
    X(eth_newBlockFilter, eth_newBlockFilter, PLACE, 0, 0, NULL)                                   \
    X(eth_newFilter, eth_newFilter, PLACE, 0, 1, NULL)                                             \
    X(eth_newPendingTransactionFilter, eth_newPendingTransactionFilter, PLACE, 0, 1, NULL)         \
    X(eth_sendRawTransaction, eth_sendRawTransaction, LOOP, DRY__SUBMIT, 1, dry__prepare_raw)      \
    X(eth_sendRawTransactionSync, eth_sendRawTransactionSync, LOOP, DRY__SUBMIT, 2,                \
      dry__prepare_sync)                                                                           \
    X(eth_sendTransaction, eth_sendTransaction, PLACE, DRY__DEV, 1, NULL)                          \
    X(eth_sign, eth_sign, PLACE, DRY__DEV, 2, NULL)                                                \
    X(eth_signTransaction, eth_signTransaction, PLACE, DRY__DEV, 1, NULL)                          \
    X(eth_subscribe, eth_subscribe, PLACE, DRY__SESSION, 2, NULL)                                  \
    X(eth_syncing, eth_syncing, PLACE, 0, 0, NULL)                                                 \
    X(eth_uninstallFilter, eth_uninstallFilter, PLACE, 0, 1, NULL)                                 \
    X(eth_unsubscribe, eth_unsubscribe, PLACE, DRY__SESSION, 1, NULL)                              \
    X(evm_increaseTime, evm_increaseTime, LOOP, DRY__DEV, 1, NULL)                                 \
    X(evm_mine, evm_mine, LOOP, DRY__DEV, 1, NULL)                                                 \
    X(evm_revert, evm_revert, LOOP, DRY__DEV, 1, NULL)                                             \
    X(evm_setAutomine, evm_setAutomine, LOOP, DRY__DEV, 1, NULL)                                   \
    X(evm_setIntervalMining, evm_setIntervalMining, LOOP, DRY__DEV, 1, NULL)                       \
    X(evm_setNextBlockTimestamp, evm_setNextBlockTimestamp, LOOP, DRY__DEV, 1, NULL)               \
    X(evm_snapshot, evm_snapshot, LOOP, DRY__DEV, 0, NULL)                                         \
    X(net_listening, net_listening, PLACE, 0, 0, NULL)                                             \
    X(net_peerCount, net_peerCount, PLACE, 0, 0, NULL)                                             \
    X(net_version, net_version, PLACE, 0, 0, NULL)                                                 \
    X(personal_sign, personal_sign, PLACE, DRY__DEV, 3, NULL)                                      \
    X(rpc_modules, rpc_modules, PLACE, 0, 0, NULL)                                                 \
    X(txpool_content, txpool_content, LOOP, 0, 0, NULL)                                            \
    X(txpool_contentFrom, txpool_contentFrom, LOOP, 0, 1, NULL)                                    \
    X(txpool_inspect, txpool_inspect, LOOP, 0, 0, NULL)                                            \
    X(txpool_status, txpool_status, LOOP, 0, 0, NULL)                                              \
    X(web3_clientVersion, web3_clientVersion, PLACE, 0, 0, NULL)                                   \
    X(web3_sha3, web3_sha3, PLACE, 0, 1, NULL)

static const struct dry__method methods[] = {
#define X(name, function, where, flags, params, prepare) \
    {#name, dry__##function, prepare, DRY__##where, flags, params},
    METHODS(X)
#undef X
};

const struct dry__method *dry__method_find(struct dry_bytes name)
{
    size_t lo = 0, hi = DRY_COUNT(methods);

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const char *m = methods[mid].name;
        int order = dry_bytes_compare(name, dry_bytes_of(m, strlen(m)));

        if (order == 0)
            return &methods[mid];
        if (order < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}

uint32_t dry__method_count(void)
{
    return DRY_COUNT(methods);
}

uint32_t dry__method_index(const struct dry__method *m)
{
    return (uint32_t)(m - methods);
}

const char *dry__method_name(uint32_t index)
{
    return methods[index].name;
}
