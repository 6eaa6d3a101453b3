// viem 2: all five transaction types, event filters, WebSocket subscriptions, decoded reverts.
import { BEEF, blob_load, check, equal, receipt_now, rpc, within } from './lib.mjs';

export const index = 1;

function clients(ctx) {
    const viem = ctx.require('viem');
    const { privateKeyToAccount } = ctx.require('viem/accounts');
    const chain = viem.defineChain({
        id: ctx.chain_id,
        name: 'dev',
        nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
        rpcUrls: { default: { http: [ctx.url] } },
    });
    const account = privateKeyToAccount(ctx.wallet.privateKey);
    const transport = viem.http(ctx.url);
    const node = viem.createPublicClient({ chain, transport, cacheTime: 0, pollingInterval: 50 });
    const wallet = viem.createWalletClient({ chain, transport, account });
    return { viem, privateKeyToAccount, chain, account, node, wallet };
}

export async function first(t, ctx) {
    const { viem, privateKeyToAccount, chain, account, node, wallet } = clients(ctx);
    const { abi } = ctx;
    const start = await node.getBlockNumber();
    let address;

    const settle = async (hash) => {
        const receipt = await receipt_now(ctx.url, hash);
        equal(receipt.status, '0x1', 'status');
        return receipt;
    };
    const write = (functionName, args, rest = {}) =>
        wallet.writeContract({ address, abi, functionName, args, ...rest });

    await t('deploys', async () => {
        const hash = await wallet.deployContract({ abi, bytecode: ctx.bytecode, args: [1000n] });
        address = viem.getAddress((await settle(hash)).contractAddress);
        const held = await node.readContract({ address, abi, functionName: 'balanceOf', args: [account.address] });
        equal(held, 1000n, 'balance');
    });
    await t('sends a legacy transaction', async () => {
        const hash = await wallet.sendTransaction({ type: 'legacy', to: BEEF, value: 1n });
        equal((await settle(hash)).type, '0x0', 'type');
    });
    await t('sends with an access list (EIP-2930)', async () => {
        const made = await node.createAccessList({
            account,
            to: address,
            data: viem.encodeFunctionData({ abi, functionName: 'transfer', args: [BEEF, 1n] }),
        });
        check(made.accessList.some((i) => i.address.toLowerCase() === address.toLowerCase()), 'address in list');
        const gas = await node.getGasPrice();
        const hash = await write('transfer', [BEEF, 1n], {
            type: 'eip2930',
            gasPrice: gas * 2n,
            accessList: made.accessList,
        });
        equal((await settle(hash)).type, '0x1', 'type');
        equal((await node.getTransaction({ hash })).accessList.length, made.accessList.length, 'access list');
    });
    await t('sends with a fee cap (EIP-1559)', async () => {
        const fees = await node.estimateFeesPerGas();
        const hash = await wallet.sendTransaction({ type: 'eip1559', to: BEEF, value: 5n, ...fees });
        equal((await settle(hash)).type, '0x2', 'type');
    });
    await t('sends a blob with cell proofs (EIP-4844, 7594)', async () => {
        const b = blob_load();
        // viem writes the older wrapper, of one proof a blob: it signs, the newer one goes around.
        const request = await wallet.prepareTransactionRequest({
            type: 'eip4844',
            to: address,
            data: viem.encodeFunctionData({ abi, functionName: 'see' }),
            blobVersionedHashes: [b.hash],
            maxFeePerBlobGas: 10n ** 9n,
            gas: 200000n,
            parameters: ['nonce', 'fees', 'chainId'],
        });
        const signed = await account.signTransaction({ ...request, chainId: ctx.chain_id, sidecars: false });
        const bare = viem.fromRlp(`0x${signed.slice(4)}`, 'hex');
        const wrapped = [bare, '0x01', [b.blob], [b.commitment], b.cell_proofs].map(function hex(x) {
            return typeof x === 'string' ? x : Buffer.isBuffer(x) ? viem.bytesToHex(x) : x.map(hex);
        });
        const serializedTransaction = viem.concat(['0x03', viem.toRlp(wrapped)]);
        const hash = await wallet.sendRawTransaction({ serializedTransaction });
        const receipt = await settle(hash);
        const [log] = viem.parseEventLogs({ abi, logs: receipt.logs });
        equal(log.args.blob, b.hash, 'hash seen by the contract');
        equal((await node.getTransaction({ hash })).blobVersionedHashes, [b.hash], 'hashes');
    });
    await t('sends a blob with the proof it writes itself (EIP-4844)', async () => {
        const b = blob_load();
        const hex = viem.bytesToHex;
        const request = await wallet.prepareTransactionRequest({
            type: 'eip4844',
            to: BEEF,
            blobVersionedHashes: [b.hash],
            maxFeePerBlobGas: 10n ** 9n,
            gas: 21000n,
            parameters: ['nonce', 'fees', 'chainId'],
        });
        const sidecars = [{ blob: hex(b.blob), commitment: hex(b.commitment), proof: hex(b.proof) }];
        const serializedTransaction = await account.signTransaction({ ...request, chainId: ctx.chain_id, sidecars });
        const hash = await wallet.sendRawTransaction({ serializedTransaction });
        equal((await settle(hash)).blobGasUsed, '0x20000', 'blob gas');
    });
    await t('delegates accounts, its own among them (EIP-7702)', async () => {
        const other = privateKeyToAccount(viem.keccak256(viem.toHex(`viem ${Date.now()}`)));
        const theirs = await other.signAuthorization({ address, chainId: ctx.chain_id, nonce: 0 });
        const ours = await wallet.signAuthorization({ contractAddress: address, executor: 'self' });
        const data = viem.encodeFunctionData({ abi, functionName: 'see' });
        const hash = await wallet.sendTransaction({ to: account.address, data, authorizationList: [theirs, ours] });
        const receipt = await settle(hash);
        equal(receipt.type, '0x4', 'type');
        const [log] = viem.parseEventLogs({ abi, logs: receipt.logs });
        equal(log.args.self, account.address, 'self');
        equal((await node.getCode({ address: other.address })).slice(0, 8), '0xef0100', 'delegation');
        const back = await wallet.signAuthorization({ contractAddress: viem.zeroAddress, executor: 'self' });
        await settle(await wallet.sendTransaction({ to: BEEF, authorizationList: [back] }));
        equal(await node.getCode({ address: account.address }), undefined, 'delegation taken back');
    });
    await t('decodes a revert reason', async () => {
        const call = { address, abi, functionName: 'refuse', args: ['too heavy'], account };
        const error = await node.simulateContract(call).catch((e) => e);
        const cause = error.walk((e) => e instanceof viem.ContractFunctionRevertedError);
        equal(cause?.reason, 'too heavy', 'reason');
    });
    await t('decodes a custom error', async () => {
        const call = { address, abi, functionName: 'transfer', args: [BEEF, 5000n], account };
        const error = await node.simulateContract(call).catch((e) => e);
        const cause = error.walk((e) => e instanceof viem.ContractFunctionRevertedError);
        equal([cause?.data?.errorName, cause?.data?.args], ['Short', [account.address, 999n, 5000n]], 'error');
    });
    await t('reads logs by query', async () => {
        const logs = await node.getContractEvents({ address, abi, eventName: 'Transfer', fromBlock: start });
        equal(logs.map((l) => l.args.value), [1000n, 1n], 'values');
    });
    await t('reads logs by filter', async () => {
        const filter = await node.createContractEventFilter({ address, abi, eventName: 'Transfer', fromBlock: start });
        await settle(await write('transfer', [BEEF, 2n]));
        equal((await node.getFilterChanges({ filter })).map((l) => l.args.value), [2n], 'changes');
        equal((await node.getFilterLogs({ filter })).length, 3, 'all logs');
        equal(await node.uninstallFilter({ filter }), true, 'uninstalled');
    });
    await t('reads logs and heads by subscription', async () => {
        const transport = viem.webSocket(ctx.ws);
        const socket = viem.createPublicClient({ chain, transport });
        await socket.getChainId();
        let got_log, got_head;
        const logged = new Promise((r) => (got_log = r));
        const head = new Promise((r) => (got_head = r));
        const stop = [
            socket.watchContractEvent({ address, abi, eventName: 'Transfer', onLogs: (l) => got_log(l[0]) }),
            socket.watchBlocks({ onBlock: got_head }),
        ];
        await socket.getChainId(); // the subscriptions went before it
        await new Promise((r) => setTimeout(r, 50));
        const receipt = await settle(await write('transfer', [BEEF, 3n]));
        equal((await within(logged, 5000, 'log')).args.value, 3n, 'value');
        equal((await within(head, 5000, 'head')).hash, receipt.blockHash, 'head');
        stop.forEach((f) => f());
        const raw = await socket.transport.getRpcClient();
        raw.close();
    });
    await t('sends a batch and gets all receipts', async () => {
        const http = viem.http(ctx.url, { batch: true });
        const batched = viem.createPublicClient({ chain, transport: http });
        const nonce = await node.getTransactionCount(account);
        const fees = await node.estimateFeesPerGas();
        const raw = await Promise.all(
            [0, 1, 2, 3].map((i) =>
                account.signTransaction({
                    type: 'eip1559', chainId: ctx.chain_id, nonce: nonce + i, to: BEEF, value: 1n, gas: 21000n, ...fees,
                }),
            ),
        );
        const hashes = await Promise.all(
            raw.map((serializedTransaction) => batched.sendRawTransaction({ serializedTransaction })),
        );
        for (const hash of hashes) await settle(hash);
    });
    const nonce = await node.getTransactionCount(account);
    return { address, nonce, start: Number(start) };
}

export async function second(t, ctx, kept) {
    const { account, node, wallet } = clients(ctx);
    const { abi } = ctx;
    const { address } = kept;
    const held = () => node.readContract({ address, abi, functionName: 'balanceOf', args: [BEEF] });

    await t('finds state, nonce and logs after a restart', async () => {
        equal(await held(), 6n, 'balance');
        equal(await node.getTransactionCount(account), kept.nonce, 'nonce');
        const fromBlock = BigInt(kept.start);
        const logs = await node.getContractEvents({ address, abi, eventName: 'Transfer', fromBlock });
        equal(logs.map((l) => l.args.value), [1000n, 1n, 2n, 3n], 'logs');
    });
    await t('goes on after a restart', async () => {
        const hash = await wallet.writeContract({ address, abi, functionName: 'transfer', args: [BEEF, 4n] });
        equal((await node.waitForTransactionReceipt({ hash })).status, 'success', 'status');
        equal(await held(), 10n, 'balance');
    });
}
