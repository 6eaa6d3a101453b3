// Runs Ethereum clients against a node: run.mjs PROGRAM [--only NAME,NAME] [--node 'COMMAND {port} {datadir}'].
// PROGRAM is drystone; --node runs the same against another node, to tell whose fault a failure is.
// Each client runs, the node restarts on the same data directory, each goes on. Without npm or the
// packages it is skipped loudly (77), a failure when CI=true.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { MNEMONIC, check, compile, foundry, loader, packages_install, port_free, rpc, within } from './lib.mjs';

const NAMES = ['ethers', 'viem', 'web3', 'cast', 'forge'];
const { values, positionals } = parseArgs({
    options: { only: { type: 'string' }, node: { type: 'string' }, keep: { type: 'boolean' } },
    allowPositionals: true,
});
if (positionals.length !== 1 && !values.node) {
    console.error('usage: run.mjs PROGRAM [--only NAME,NAME] [--node COMMAND] [--keep]');
    process.exit(2);
}
const template = values.node || `${positionals[0]} start --http-port {port} --datadir {datadir}`;

let packages;
try {
    packages = await packages_install();
} catch (e) {
    console.error(`!!! the clients' packages are not there, clients not tested: ${e.message}`);
    process.exit(process.env.CI === 'true' ? 1 : 77);
}
const require = loader(packages);
const { ethers } = require('ethers');
const work = mkdtempSync(path.join(tmpdir(), 'drystone-clients-'));
let passed = 0;
let failed = 0;
let child = null;

process.on('exit', () => {
    child?.kill('SIGKILL');
    if (!values.keep) rmSync(work, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
// A client's rejection that nobody waits for is that client's habit, not an answer of the node.
process.on('unhandledRejection', (e) => console.error(`unhandled: ${e?.message ?? e}`));

const log = path.join(work, 'node.log');

async function node_start(port) {
    const words = template.split(' ').map((w) => w.replace('{port}', port).replace('{datadir}', path.join(work, 'data')));
    const out = openSync(log, 'a');
    const started = Date.now();
    child = spawn(words[0], words.slice(1), { stdio: ['ignore', out, out] });
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.gone = gone;
    let ended = false;
    gone.then(() => (ended = true));
    for (;;) {
        if (ended || Date.now() - started > 20000) throw new Error(`the node did not start:\n${readFileSync(log, 'utf8')}`);
        try {
            return await rpc(`http://127.0.0.1:${port}`, 'eth_chainId');
        } catch {
            await new Promise((r) => setTimeout(r, 10));
        }
    }
}

async function node_stop() {
    child.kill('SIGTERM');
    await within(child.gone, 20000, 'end of the node after SIGTERM');
    child = null;
}

function tester(client) {
    return async (name, test) => {
        const started = Date.now();
        try {
            await within(test(), 90000, 'test');
            passed++;
            console.log(`ok      ${client}: ${name} (${Date.now() - started} ms)`);
        } catch (e) {
            failed++;
            const said = e?.info?.error ?? e?.error; // what the node answered, when the client tells
            console.log(`FAILED  ${client}: ${name}: ${e?.message ?? e}${said ? ` (${JSON.stringify(said)})` : ''}`);
        }
    };
}

// cast and forge are programs, which their packages have for some machines alone.
const names = (values.only ? values.only.split(',') : NAMES).filter((name) => {
    if (!['cast', 'forge'].includes(name) || existsSync(foundry(packages, name))) return true;
    console.error(`!!! npm has no ${name} for ${process.platform}-${process.arch}: ${name} not tested`);
    if (process.env.CI === 'true') failed++;
    return false;
});
const made = compile(require);
const port = await port_free();
const chain_id = Number(await node_start(port));
const kept = {};

function context(client) {
    const mnemonic = ethers.Mnemonic.fromPhrase(MNEMONIC);
    const hd = ethers.HDNodeWallet.fromMnemonic(mnemonic, `m/44'/60'/0'/0/${client.index}`);
    return {
        ...made,
        chain_id,
        packages,
        require,
        work,
        url: `http://127.0.0.1:${port}`,
        ws: `ws://127.0.0.1:${port}`,
        wallet: new ethers.Wallet(hd.privateKey),
        fresh_wallet: () => ethers.Wallet.createRandom(),
        cast: foundry(packages, 'cast'),
        forge: foundry(packages, 'forge'),
    };
}

async function phase(which) {
    for (const name of names) {
        const client = await import(`./${name}.mjs`);
        try {
            const result = await client[which](tester(name), context(client), kept[name]);
            kept[name] ??= result;
        } catch (e) { // between the tests: what it rests on is missing
            failed++;
            console.log(`FAILED  ${name}: ${e?.stack ?? e}`);
        }
    }
}

await phase('first');
await node_stop();
await node_start(port);
await phase('second');
await node_stop();
check(passed + failed > 0, 'nothing ran');
if (failed) console.log(`--- the node's log, its end:\n${readFileSync(log, 'utf8').slice(-4000)}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
