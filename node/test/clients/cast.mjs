// cast: every transaction type from the command line, logs, subscriptions, decoded reverts.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { BEEF, check, equal, receipt_now, rpc, run, within } from './lib.mjs';

export const index = 3;

const TRANSFER = 'Transfer(address indexed,address indexed,uint256)';

function commands(ctx) {
    const env = { ...process.env, HOME: ctx.work, ETH_RPC_URL: ctx.url, NO_COLOR: '1' };
    const cast = async (...args) => {
        const { code, out, err } = await run(ctx.cast, args, { env, cwd: ctx.work });
        if (code !== 0) throw Object.assign(new Error(`cast ${args[0]}: ${err.trim()}`), { err });
        return out.trim();
    };
    const send = async (...args) => {
        const hash = await cast('send', '--async', '--private-key', ctx.wallet.privateKey, ...args);
        const receipt = await receipt_now(ctx.url, hash);
        equal(receipt.status, '0x1', 'status');
        return receipt;
    };
    return { cast, send, env };
}

export async function first(t, ctx) {
    const { cast, send, env } = commands(ctx);
    const from = ctx.wallet.address;
    const start = Number(await cast('block-number')) + 1;
    let token;

    await t('deploys', async () => {
        const argument = (1000).toString(16).padStart(64, '0');
        const receipt = await send('--create', ctx.bytecode + argument);
        token = receipt.contractAddress;
        equal(await cast('call', token, 'balanceOf(address)(uint256)', from), '1000', 'balance');
    });
    await t('sends a legacy transaction', async () => {
        equal((await send('--legacy', BEEF, '--value', '1')).type, '0x0', 'type');
    });
    await t('sends with an access list (EIP-2930)', async () => {
        const receipt = await send('--legacy', '--access-list', '--', token, 'transfer(address,uint256)', BEEF, '1');
        equal(receipt.type, '0x1', 'type');
        const tx = await rpc(ctx.url, 'eth_getTransactionByHash', receipt.transactionHash);
        check(tx.accessList.length >= 1, 'access list made by the node');
    });
    await t('sends with a fee cap (EIP-1559)', async () => {
        equal((await send(BEEF, '--value', '5')).type, '0x2', 'type');
    });
    await t('sends a blob with cell proofs (EIP-4844, 7594)', async () => {
        const file = path.join(ctx.work, 'blob.txt');
        writeFileSync(file, 'stone upon stone '.repeat(1000));
        const receipt = await send('--blob', '--path', file, '--blob-gas-price', '1000000000', token, 'see()');
        equal([receipt.type, receipt.blobGasUsed], ['0x3', '0x20000'], 'receipt');
        const tx = await rpc(ctx.url, 'eth_getTransactionByHash', receipt.transactionHash);
        equal(receipt.logs[0].data.slice(0, 66), tx.blobVersionedHashes[0], 'hash seen by the contract');
    });
    await t('delegates an account (EIP-7702)', async () => {
        const other = ctx.fresh_wallet();
        const auth = await cast('wallet', 'sign-auth', token, '--private-key', other.privateKey);
        const receipt = await send('--auth', auth, other.address, 'see()');
        equal(receipt.type, '0x4', 'type');
        equal(receipt.logs[0].address, other.address.toLowerCase(), 'delegating account');
        equal(await cast('code', other.address), `0xef0100${token.slice(2).toLowerCase()}`, 'delegation');
    });
    await t('decodes a revert reason', async () => {
        const error = await cast('call', token, 'refuse(string)(uint256)', 'too heavy').catch((e) => e);
        check(error.err?.includes('execution reverted: too heavy'), `reason in "${error.err}"`);
    });
    await t('decodes a custom error', async () => {
        const error = await cast('call', '--from', from, token, 'transfer(address,uint256)', BEEF, '5000').catch((e) => e);
        const data = error.err?.match(/0x[0-9a-f]{200}/)?.[0];
        check(data, `revert data in "${error.err}"`);
        const words = await cast('decode-error', '--sig', 'Short(address,uint256,uint256)', data);
        equal(words.split('\n').map((w) => w.toLowerCase()), [from.toLowerCase(), '999', '5000'], 'arguments');
    });
    await t('reads logs by query', async () => {
        const text = await cast('logs', '--json', '--from-block', `${start}`, '--address', token, TRANSFER);
        equal(JSON.parse(text).map((l) => Number(l.data)), [1000, 1], 'values');
    });
    await t('reads logs by filter', async () => {
        const filter = JSON.stringify({ address: token });
        const id = JSON.parse(await cast('rpc', 'eth_newFilter', filter));
        await send(token, 'transfer(address,uint256)', BEEF, '2');
        const changes = JSON.parse(await cast('rpc', 'eth_getFilterChanges', id));
        equal(changes.map((l) => Number(l.data)), [2], 'changes');
    });
    await t('reads logs by subscription', async () => {
        const args = ['logs', '--rpc-url', ctx.ws, '--subscribe', '--address', token, TRANSFER];
        const child = spawn(ctx.cast, args, { env, cwd: ctx.work, stdio: ['ignore', 'pipe', 'inherit'] });
        let text = '';
        const data = new Promise((resolve) =>
            child.stdout.on('data', (d) => {
                text += d;
                const found = text.match(/data: (0x[0-9a-f]{64})/);
                if (found) resolve(found[1]);
            }),
        );
        await new Promise((r) => setTimeout(r, 500));
        await send(token, 'transfer(address,uint256)', BEEF, '3');
        const value = await within(data, 5000, 'log').finally(() => child.kill());
        equal(Number(value), 3, 'value');
    });
    await t('estimates, reads storage and proves it', async () => {
        const gas = await cast('estimate', '--from', from, token, 'transfer(address,uint256)', BEEF, '1');
        check(Number(gas) > 21000 && Number(gas) < 100000, `gas ${gas}`);
        const slot = await cast('index', 'address', from, '0');
        equal(Number(await cast('storage', token, slot)), 994, 'slot');
        const proof = JSON.parse(await cast('proof', token, slot));
        equal(Number(proof.storageProof[0].value), 994, 'proof');
    });
    const nonce = Number(await cast('nonce', from));
    return { address: token, nonce, start };
}

export async function second(t, ctx, kept) {
    const { cast, send } = commands(ctx);
    const held = () => cast('call', kept.address, 'balanceOf(address)(uint256)', BEEF);

    await t('finds state, nonce and logs after a restart', async () => {
        equal(await held(), '6', 'balance');
        equal(Number(await cast('nonce', ctx.wallet.address)), kept.nonce, 'nonce');
        const text = await cast('logs', '--json', '--from-block', `${kept.start}`, '--address', kept.address, TRANSFER);
        equal(JSON.parse(text).map((l) => Number(l.data)), [1000, 1, 2, 3], 'values');
    });
    await t('goes on after a restart', async () => {
        await send(kept.address, 'transfer(address,uint256)', BEEF, '4');
        equal(await held(), '10', 'balance');
    });
}
