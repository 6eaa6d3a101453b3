// ethers 6: all five transaction types, filters, WebSocket subscriptions, decoded reverts.
import { BEEF, blob_load, check, equal, receipt_now, rpc, within } from './lib.mjs';

export const index = 0;

export async function first(t, ctx) {
    const { ethers } = ctx.require('ethers');
    const provider = new ethers.JsonRpcProvider(ctx.url, undefined, { cacheTimeout: -1 });
    const wallet = ctx.wallet.connect(provider);
    const deployed_at = (await provider.getBlockNumber()) + 1;
    let token;

    /** Sign here, send raw, and have the receipt with the next request. */
    const send = async (fields) => {
        const full = await wallet.populateTransaction({ ...fields });
        const raw = await wallet.signTransaction(full);
        const hash = await rpc(ctx.url, 'eth_sendRawTransaction', raw);
        equal(hash, ethers.Transaction.from(raw).hash, 'hash of the transaction');
        const receipt = await receipt_now(ctx.url, hash);
        equal(receipt.status, '0x1', 'status');
        return receipt;
    };

    await t('deploys', async () => {
        const factory = new ethers.ContractFactory(ctx.abi, ctx.bytecode, wallet);
        token = await factory.deploy(1000n);
        await token.waitForDeployment();
        equal(await token.balanceOf(wallet.address), 1000n, 'balance');
        equal((await provider.getCode(token.target)).length > 2, true, 'code');
    });
    await t('sends a legacy transaction', async () => {
        const receipt = await send({ type: 0, to: BEEF, value: 1n });
        equal([receipt.type, receipt.gasUsed], ['0x0', '0x5208'], 'receipt');
    });
    await t('sends with an access list (EIP-2930)', async () => {
        const list = [{ address: token.target, storageKeys: [ethers.ZeroHash] }];
        const data = token.interface.encodeFunctionData('transfer', [BEEF, 1n]);
        const receipt = await send({ type: 1, to: token.target, data, accessList: list });
        equal(receipt.type, '0x1', 'type');
        const tx = await provider.getTransaction(receipt.transactionHash);
        equal(tx.accessList, list, 'access list');
    });
    await t('sends with a fee cap (EIP-1559)', async () => {
        const before = await provider.getBalance(wallet.address);
        const receipt = await send({ type: 2, to: BEEF, value: 5n, maxPriorityFeePerGas: 7n, maxFeePerGas: 10n ** 10n });
        const block = await provider.getBlock(Number(receipt.blockNumber));
        equal(BigInt(receipt.effectiveGasPrice), block.baseFeePerGas + 7n, 'price');
        const after = await provider.getBalance(wallet.address);
        equal(before - after, 5n + 21000n * (block.baseFeePerGas + 7n), 'what it cost');
    });
    await t('sends a blob with cell proofs (EIP-4844, 7594)', async () => {
        const b = blob_load();
        const receipt = await send({
            type: 3,
            to: token.target,
            data: token.interface.encodeFunctionData('see'),
            blobWrapperVersion: 1,
            blobs: [{ data: b.blob, commitment: b.commitment, proof: ethers.concat(b.cell_proofs) }],
            maxFeePerBlobGas: 10n ** 9n,
        });
        equal([receipt.type, receipt.blobGasUsed], ['0x3', '0x20000'], 'receipt');
        check(BigInt(receipt.blobGasPrice) >= 1n, 'blob gas price');
        equal(token.interface.parseLog(receipt.logs[0]).args.blob, b.hash, 'hash seen by the contract');
    });
    await t('refuses a blob whose proof is wrong', async () => {
        const b = blob_load();
        const proofs = [b.cell_proofs[1], ...b.cell_proofs.slice(1)];
        const blobs = [{ data: b.blob, commitment: b.commitment, proof: ethers.concat(proofs) }];
        const fields = { type: 3, to: BEEF, blobWrapperVersion: 1, blobs, maxFeePerBlobGas: 10n ** 9n };
        const full = await wallet.populateTransaction({ ...fields, gasLimit: 21000 });
        const raw = await wallet.signTransaction(full);
        let error = null;
        await rpc(ctx.url, 'eth_sendRawTransaction', raw).catch((e) => (error = e));
        check(error !== null && error.code < 0, 'no error for a wrong proof');
    });
    await t('delegates an account (EIP-7702)', async () => {
        const other = ethers.Wallet.createRandom();
        const auth = await other.authorize({ address: token.target, nonce: 0, chainId: ctx.chain_id });
        const receipt = await send({
            type: 4,
            to: other.address,
            data: token.interface.encodeFunctionData('see'),
            authorizationList: [auth],
        });
        equal(receipt.type, '0x4', 'type');
        equal(token.interface.parseLog(receipt.logs[0]).args.self, other.address, 'delegating account');
        const code = await provider.getCode(other.address);
        equal(code, `0xef0100${token.target.slice(2).toLowerCase()}`, 'delegation');
        equal(await provider.getTransactionCount(other.address), 1, 'nonce of the authority');
    });
    await t('decodes a revert reason', async () => {
        const error = await token.refuse('too heavy').catch((e) => e);
        equal([error.code, error.reason], ['CALL_EXCEPTION', 'too heavy'], 'error');
        const estimate = await token.refuse.estimateGas('too heavy').catch((e) => e);
        equal(estimate.reason, 'too heavy', 'error of the estimate');
    });
    await t('decodes a custom error', async () => {
        const error = await token.transfer.staticCall(BEEF, 5000n).catch((e) => e);
        equal(error.revert?.name, 'Short', 'name');
        equal(Array.from(error.revert.args), [wallet.address, 999n, 5000n], 'arguments');
    });
    await t('mines a transaction that reverts', async () => {
        const sent = await token.transfer(BEEF, 5000n, { gasLimit: 100000n });
        const receipt = await receipt_now(ctx.url, sent.hash);
        equal(receipt.status, '0x0', 'status');
        const error = await sent.wait().catch((e) => e);
        equal(error.code, 'CALL_EXCEPTION', 'error');
    });
    await t('reads logs by query', async () => {
        const logs = await token.queryFilter(token.filters.Transfer(), deployed_at);
        equal(logs.map((l) => l.args.value), [1000n, 1n], 'values');
        const some = await token.queryFilter(token.filters.Transfer(wallet.address, BEEF), deployed_at);
        equal(some.length, 1, 'logs with both topics');
    });
    await t('reads logs by filter', async () => {
        const id = await provider.send('eth_newFilter', [{ address: token.target }]);
        const blocks = await provider.send('eth_newBlockFilter', []);
        await (await token.transfer(BEEF, 2n)).wait();
        const changes = await provider.send('eth_getFilterChanges', [id]);
        equal(changes.map((l) => token.interface.parseLog(l).args.value), [2n], 'changes');
        equal((await provider.send('eth_getFilterChanges', [id])).length, 0, 'changes once more');
        const hashes = await provider.send('eth_getFilterChanges', [blocks]);
        equal(hashes.at(-1), changes[0].blockHash, 'block of the log');
        equal(await provider.send('eth_uninstallFilter', [id]), true, 'uninstalled');
    });
    await t('reads logs and heads by subscription', async () => {
        const socket = new ethers.WebSocketProvider(ctx.ws);
        const heard = new ethers.Contract(token.target, ctx.abi, socket);
        const value = new Promise((resolve) => heard.on('Transfer', (f, to, v) => resolve(v)));
        const head = new Promise((resolve) => socket.on('block', resolve));
        await rpc(ctx.url, 'eth_chainId');
        await socket.send('eth_blockNumber', []); // the subscriptions went before it
        await new Promise((r) => setTimeout(r, 50));
        const sent = await token.transfer(BEEF, 3n);
        equal(await within(value, 5000, 'log'), 3n, 'value');
        const receipt = await receipt_now(ctx.url, sent.hash);
        equal(await within(head, 5000, 'head'), Number(receipt.blockNumber), 'head');
        await socket.destroy();
    });
    const nonce = await provider.getTransactionCount(wallet.address);
    provider.destroy();
    return { address: token.target, nonce, deployed_at };
}

export async function second(t, ctx, kept) {
    const { ethers } = ctx.require('ethers');
    const provider = new ethers.JsonRpcProvider(ctx.url, undefined, { cacheTimeout: -1 });
    const wallet = ctx.wallet.connect(provider);
    const token = new ethers.Contract(kept.address, ctx.abi, wallet);

    await t('finds state, nonce and logs after a restart', async () => {
        equal(await token.balanceOf(BEEF), 6n, 'balance');
        equal(await provider.getTransactionCount(wallet.address), kept.nonce, 'nonce');
        const logs = await token.queryFilter(token.filters.Transfer(), kept.deployed_at);
        equal(logs.map((l) => l.args.value), [1000n, 1n, 2n, 3n], 'logs');
        const receipt = await provider.getTransactionReceipt(logs[3].transactionHash);
        equal(receipt.status, 1, 'receipt');
    });
    await t('goes on after a restart', async () => {
        await (await token.transfer(BEEF, 4n)).wait();
        equal(await token.balanceOf(BEEF), 10n, 'balance');
    });
    provider.destroy();
}
