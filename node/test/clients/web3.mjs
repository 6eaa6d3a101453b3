// web3.js 4: the three transaction types it can make, filters, subscriptions, decoded reverts.
import { BEEF, check, equal, receipt_now, rpc, within } from './lib.mjs';

export const index = 2;

function client(ctx) {
    const { Web3 } = ctx.require('web3');
    const web3 = new Web3(ctx.url);
    const account = web3.eth.accounts.privateKeyToAccount(ctx.wallet.privateKey);
    web3.eth.accounts.wallet.add(account);
    web3.eth.transactionPollingInterval = 50;
    return { Web3, web3, account };
}

const innermost = (e) => (e?.cause && typeof e.cause === 'object' ? innermost(e.cause) : e);

export async function first(t, ctx) {
    const { Web3, web3, account } = client(ctx);
    const from = account.address;
    const start = Number(await web3.eth.getBlockNumber());
    let token;

    /** Sign here, send raw, and have the receipt with the next request. */
    const send = async (fields) => {
        const nonce = await web3.eth.getTransactionCount(from);
        const signed = await account.signTransaction({ from, nonce, chainId: ctx.chain_id, gas: 200000, ...fields });
        const hash = await rpc(ctx.url, 'eth_sendRawTransaction', signed.rawTransaction);
        equal(hash, signed.transactionHash, 'hash of the transaction');
        const receipt = await receipt_now(ctx.url, hash);
        equal(receipt.status, '0x1', 'status');
        return receipt;
    };

    await t('deploys', async () => {
        const contract = new web3.eth.Contract(ctx.abi);
        token = await contract.deploy({ data: ctx.bytecode, arguments: [1000] }).send({ from });
        equal(await token.methods.balanceOf(from).call(), 1000n, 'balance');
    });
    const data = (value) => token.methods.transfer(BEEF, value).encodeABI();
    await t('sends a legacy transaction', async () => {
        const gasPrice = (await web3.eth.getGasPrice()) * 2n;
        equal((await send({ type: 0, to: BEEF, value: 1, gasPrice })).type, '0x0', 'type');
    });
    await t('sends with an access list (EIP-2930)', async () => {
        const gasPrice = (await web3.eth.getGasPrice()) * 2n;
        const to = token.options.address;
        const { accessList } = await web3.eth.createAccessList({ from, to, data: data(1) });
        check(accessList.length >= 1, 'access list made');
        const receipt = await send({ type: 1, to, data: data(1), gasPrice, accessList });
        equal(receipt.type, '0x1', 'type');
    });
    await t('sends with a fee cap (EIP-1559)', async () => {
        const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n };
        equal((await send({ type: 2, to: BEEF, value: 5, ...fees })).type, '0x2', 'type');
    });
    await t('decodes a revert reason', async () => {
        const error = await token.methods.refuse('too heavy').call({ from }).catch((e) => e);
        const inner = innermost(error);
        check(`${error.message} ${inner.message}`.includes('too heavy'), `reason in "${inner.message}"`);
        equal(inner.data?.slice(0, 10), '0x08c379a0', 'revert data');
    });
    await t('decodes a custom error', async () => {
        const error = await token.methods.transfer(BEEF, 5000).call({ from }).catch((e) => e);
        const inner = innermost(error);
        equal(inner.errorName, 'Short', 'name');
        equal([inner.errorArgs.owner, inner.errorArgs.has, inner.errorArgs.wants], [from, 999n, 5000n], 'arguments');
    });
    await t('reads logs by query', async () => {
        const logs = await token.getPastEvents('Transfer', { fromBlock: start, toBlock: 'latest' });
        equal(logs.map((l) => l.returnValues.value), [1000n, 1n], 'values');
    });
    await t('reads logs by filter', async () => {
        const ask = (method, ...params) => web3.requestManager.send({ method, params });
        const id = await ask('eth_newFilter', { address: token.options.address });
        await token.methods.transfer(BEEF, 2).send({ from });
        const changes = await ask('eth_getFilterChanges', id);
        equal(changes.map((l) => BigInt(l.data)), [2n], 'changes');
        equal(await ask('eth_uninstallFilter', id), true, 'uninstalled');
    });
    await t('reads logs and heads by subscription', async () => {
        const socket = new Web3(ctx.ws);
        const heard = new socket.eth.Contract(ctx.abi, token.options.address);
        const events = heard.events.Transfer();
        const log = new Promise((r) => events.on('data', r));
        const heads = await socket.eth.subscribe('newBlockHeaders');
        const head = new Promise((r) => heads.on('data', r));
        await new Promise((r) => setTimeout(r, 100));
        const receipt = await token.methods.transfer(BEEF, 3).send({ from });
        equal((await within(log, 5000, 'log')).returnValues.value, 3n, 'value');
        equal((await within(head, 5000, 'head')).number, receipt.blockNumber, 'head');
        await socket.eth.clearSubscriptions();
        socket.currentProvider.disconnect();
    });
    const nonce = Number(await web3.eth.getTransactionCount(from));
    return { address: token.options.address, nonce, start };
}

export async function second(t, ctx, kept) {
    const { web3, account } = client(ctx);
    const from = account.address;
    const token = new web3.eth.Contract(ctx.abi, kept.address);

    await t('finds state, nonce and logs after a restart', async () => {
        equal(await token.methods.balanceOf(BEEF).call(), 6n, 'balance');
        equal(Number(await web3.eth.getTransactionCount(from)), kept.nonce, 'nonce');
        const logs = await token.getPastEvents('Transfer', { fromBlock: kept.start, toBlock: 'latest' });
        equal(logs.map((l) => l.returnValues.value), [1000n, 1n, 2n, 3n], 'logs');
    });
    await t('goes on after a restart', async () => {
        await token.methods.transfer(BEEF, 4).send({ from });
        equal(await token.methods.balanceOf(BEEF).call(), 10n, 'balance');
    });
}
