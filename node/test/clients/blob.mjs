// Makes blob.json: the commitment and proofs of the blob the clients send. Run once, by hand:
//   npm install --no-save kzg-wasm@1.0.0 && node blob.mjs
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadKZG } from 'kzg-wasm';
import { blob_bytes, here } from './lib.mjs';

const kzg = await loadKZG(0);
const blob = `0x${blob_bytes().toString('hex')}`;
const commitment = kzg.blobToKZGCommitment(blob);
const digest = createHash('sha256').update(Buffer.from(commitment.slice(2), 'hex')).digest('hex');
const made = {
    commitment,
    versioned_hash: `0x01${digest.slice(2)}`,
    proof: kzg.computeBlobKZGProof(blob, commitment),
    cell_proofs: kzg.computeCellsAndKZGProofs(blob).proofs,
};
writeFileSync(path.join(here, 'blob.json'), `${JSON.stringify(made, null, 1)}\n`);
