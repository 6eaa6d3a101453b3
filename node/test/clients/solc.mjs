// solc as forge calls it, on solcjs: PACKAGES --version | --standard-json [options that solcjs has no use for].
import { readFileSync } from 'node:fs';
import { loader } from './lib.mjs';

const [packages, ...args] = process.argv.slice(2);
const solc = loader(packages)('solc');
if (args.includes('--version'))
    console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`);
else if (args.includes('--standard-json')) process.stdout.write(solc.compile(readFileSync(0, 'utf8')));
else {
    console.error(`solc: cannot do ${args.join(' ')}`);
    process.exit(1);
}
