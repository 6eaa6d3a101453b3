// What the clients' scripts share: packages from the cache, contracts, accounts, plain JSON-RPC, checks.
import { createRequire } from 'node:module';
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, mkdirSync, cpSync, rmSync, renameSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = path.dirname(fileURLToPath(import.meta.url));

export const MNEMONIC = 'test test test test test test test test test test test junk';
export const BEEF = '0x000000000000000000000000000000000000bEEF';

/** Run a program; its output as { code, out, err }. */
export function run(file, args, { input = '', timeout_ms = 60000, ...options } = {}) {
    return new Promise((resolve, reject) => {
        const child = spawn(file, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
        let out = '';
        let err = '';
        const timer = setTimeout(() => child.kill('SIGKILL'), timeout_ms);
        child.stdout.on('data', (d) => (out += d));
        child.stderr.on('data', (d) => (err += d));
        child.on('error', (e) => (clearTimeout(timer), reject(e)));
        child.on('close', (code) => (clearTimeout(timer), resolve({ code, out, err })));
        child.stdin.on('error', () => {});
        child.stdin.end(input);
    });
}

/** Install the pinned packages once per user and lock file; their folder, or an Error saying why not.
 *
 * In the lock file the programs of cast and forge have no "engines": they are no JavaScript, and npm would
 * leave them out under Node.js 18. Those for arm64 have no "integrity". A new version needs both seen to. */
export async function packages_install() {
    const lock = readFileSync(path.join(here, 'package-lock.json'));
    const key = createHash('sha256').update(lock).digest('hex').slice(0, 16);
    const cache = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
    const dir = path.join(cache, 'drystone', `clients-${key}`);
    if (existsSync(path.join(dir, 'node_modules'))) return dir;
    const fresh = `${dir}.${process.pid}`;
    mkdirSync(fresh, { recursive: true });
    for (const name of ['package.json', 'package-lock.json'])
        cpSync(path.join(here, name), path.join(fresh, name));
    console.log(`installing the clients' packages into ${dir}`);
    const result = await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
        cwd: fresh,
        timeout_ms: 300000,
    });
    if (result.code !== 0) {
        rmSync(fresh, { recursive: true, force: true });
        throw new Error(`npm ci failed: ${result.err.trim().split('\n').slice(-3).join(' | ')}`);
    }
    try {
        renameSync(fresh, dir);
    } catch (e) {
        rmSync(fresh, { recursive: true, force: true });
        if (!existsSync(path.join(dir, 'node_modules'))) throw e; // else another run was faster
    }
    return dir;
}

/** The program of a foundry package for this machine. */
export function foundry(dir, name) {
    const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch];
    return path.join(dir, `node_modules/@foundry-rs/${name}-${process.platform}-${arch}/bin/${name}`);
}

export const loader = (dir) => createRequire(path.join(dir, 'package.json'));

/** Compile contracts/Stones.sol with solc: { abi, bytecode }. */
export function compile(require) {
    const solc = require('solc');
    const source = readFileSync(path.join(here, 'contracts/Stones.sol'), 'utf8');
    const input = {
        language: 'Solidity',
        sources: { 'Stones.sol': { content: source } },
        settings: {
            optimizer: { enabled: true, runs: 200 },
            evmVersion: 'osaka',
            outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
        },
    };
    const output = JSON.parse(solc.compile(JSON.stringify(input)));
    const bad = (output.errors || []).filter((e) => e.severity === 'error');
    if (bad.length) throw new Error(bad.map((e) => e.formattedMessage).join('\n'));
    const { abi, evm } = output.contracts['Stones.sol'].Stones;
    return { abi, bytecode: `0x${evm.bytecode.object}` };
}

export function port_free() {
    return new Promise((resolve, reject) => {
        const s = createServer();
        s.on('error', reject);
        s.listen(0, '127.0.0.1', () => {
            const { port } = s.address();
            s.close(() => resolve(port));
        });
    });
}

/** One JSON-RPC call without any client: the result; an error is thrown with its code and data. */
export async function rpc(url, method, ...params) {
    const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const body = await response.json();
    if (body.error) throw Object.assign(new Error(body.error.message), body.error);
    return body.result;
}

export function check(good, what) {
    if (!good) throw new Error(what);
}

export function equal(got, want, what) {
    const text = (v) => JSON.stringify(v, (_, x) => (typeof x === 'bigint' ? x.toString() : x));
    if (text(got) !== text(want)) throw new Error(`${what}: got ${text(got)}, want ${text(want)}`);
}

/** The receipt must be there at once, without asking twice. */
export async function receipt_now(url, hash) {
    const receipt = await rpc(url, 'eth_getTransactionReceipt', hash);
    check(receipt !== null, `no receipt of ${hash} right after the answer to its transaction`);
    return receipt;
}

/** A promise that fails when nothing arrives in time. */
export function within(promise, ms, what) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`${what}: nothing within ${ms} ms`)), ms);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The blob every client sends, with its commitment and proofs made beforehand by blob.mjs: the
 * set-up takes half a minute in a script, and the node checks the result anyway. */
export function blob_load() {
    const made = JSON.parse(readFileSync(path.join(here, 'blob.json'), 'utf8'));
    const proofs = made.cell_proofs.map((p) => Buffer.from(p.slice(2), 'hex'));
    return {
        blob: blob_bytes(),
        commitment: Buffer.from(made.commitment.slice(2), 'hex'),
        hash: made.versioned_hash,
        proof: Buffer.from(made.proof.slice(2), 'hex'),
        cell_proofs: proofs,
    };
}

/** 4,096 field elements: a zero byte, then 31 bytes of a simple series. */
export function blob_bytes() {
    const blob = Buffer.alloc(131072);
    for (let i = 0; i < blob.length; i++) blob[i] = i % 32 === 0 ? 0 : (i * 167 + (i >> 5) * 13 + 5) & 0xff;
    return blob;
}
