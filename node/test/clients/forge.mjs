// forge script --broadcast: deploys and sends through scripts, compiled by solcjs behind a wrapper.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { check, equal, here, receipt_now, rpc, run } from './lib.mjs';

export const index = 4;

/** A folder with forge's project, and a solc that is solcjs: no compiler is downloaded. */
function project(ctx) {
    const dir = path.join(ctx.work, 'forge');
    mkdirSync(dir, { recursive: true });
    for (const name of ['Stones.sol', 'Script.sol']) copyFileSync(path.join(here, 'contracts', name), path.join(dir, name));
    const solc = path.join(dir, 'solc');
    const script = path.join(here, 'solc.mjs');
    writeFileSync(solc, `#!/bin/sh\nexec "${process.execPath}" "${script}" "${ctx.packages}" "$@"\n`);
    chmodSync(solc, 0o755);
    const settings = ['src = "."', 'script = "."', 'libs = []', `solc = "${solc}"`, 'evm_version = "osaka"', 'optimizer = true'];
    writeFileSync(path.join(dir, 'foundry.toml'), `[profile.default]\n${settings.join('\n')}\n`);
    return dir;
}

async function script(ctx, dir, contract, more_env, ...args) {
    const env = { ...process.env, HOME: ctx.work, NO_COLOR: '1', FOUNDRY_OFFLINE: 'true', KEY: ctx.wallet.privateKey, ...more_env };
    const all = ['script', `Script.sol:${contract}`, '--rpc-url', ctx.url, ...args];
    const { code, out, err } = await run(ctx.forge, all, { env, cwd: dir, timeout_ms: 90000 });
    if (code !== 0) throw new Error(`forge script ${contract}: ${out}${err}`.slice(-2000));
    return out;
}

/** Receipts of the last broadcast, in the order of nonces: forge sends at once and notes the hashes
 * in the order of the answers. */
async function sent(ctx, dir) {
    const file = path.join(dir, 'broadcast/Script.sol', `${ctx.chain_id}`, 'run-latest.json');
    const { transactions } = JSON.parse(readFileSync(file, 'utf8'));
    const receipts = [];
    for (const { hash } of transactions) {
        const receipt = await receipt_now(ctx.url, hash);
        equal(receipt.status, '0x1', 'status');
        receipts.push(receipt);
    }
    const place = (r) => Number(r.blockNumber) * 1000 + Number(r.transactionIndex);
    return receipts.sort((a, b) => place(a) - place(b));
}

export async function first(t, ctx) {
    const dir = project(ctx);
    const other = ctx.fresh_wallet();
    let address;

    await t('deploys and calls (EIP-1559)', async () => {
        await script(ctx, dir, 'Deploy', {}, '--broadcast');
        const receipts = await sent(ctx, dir);
        equal(receipts.map((r) => r.type), ['0x2', '0x2', '0x2'], 'types');
        address = receipts[0].contractAddress;
        check(address, 'address of the contract');
    });
    await t('deploys and calls (legacy)', async () => {
        await script(ctx, dir, 'Deploy', {}, '--broadcast', '--legacy');
        equal((await sent(ctx, dir)).map((r) => r.type), ['0x0', '0x0', '0x0'], 'types');
    });
    await t('calls and delegates an account (EIP-7702)', async () => {
        const env = { STONES: address, AUTHORITY: other.privateKey };
        await script(ctx, dir, 'Types', env, '--broadcast');
        const receipts = await sent(ctx, dir);
        equal(receipts.map((r) => r.type), ['0x2', '0x4'], 'types');
        equal(receipts[1].logs[0].address, other.address.toLowerCase(), 'delegating account');
        const code = await rpc(ctx.url, 'eth_getCode', other.address, 'latest');
        equal(code, `0xef0100${address.slice(2).toLowerCase()}`, 'delegation');
    });
    await t('reads state and logs, decodes a reason and a custom error', async () => {
        check((await script(ctx, dir, 'Read', { STONES: address })).includes('successfully'), 'script ran');
    });
    const nonce = await rpc(ctx.url, 'eth_getTransactionCount', ctx.wallet.address, 'latest');
    return { address, nonce, dir };
}

export async function second(t, ctx, kept) {
    await t('finds state, nonce and logs after a restart', async () => {
        const nonce = await rpc(ctx.url, 'eth_getTransactionCount', ctx.wallet.address, 'latest');
        equal(nonce, kept.nonce, 'nonce');
        check((await script(ctx, kept.dir, 'Read', { STONES: kept.address })).includes('successfully'), 'script ran');
    });
    await t('goes on after a restart', async () => {
        await script(ctx, kept.dir, 'Deploy', {}, '--broadcast');
        equal((await sent(ctx, kept.dir)).length, 3, 'transactions');
    });
}
