// An independent reading of the ledger's proofs, from the text of RFC 6962 section 2.1 and the C2SP signed-note
// and tlog-proof pages; no code of Sluice, no package.
//   node ledger.js PUBLIC_KEY ENTRIES CHECKPOINT PROOF_FOLDER OLD_CHECKPOINT CONSISTENCY
'use strict';
const crypto = require('crypto');
const fs = require('fs');

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), crypto.createHash('sha256')).digest();
const leafHash = (entry) => sha256(Buffer.from([0]), entry);
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right);
const check = (good, what) => { if (!good) { console.error('FAILED: ' + what); process.exit(1); } };

// Merkle Tree Hash, 2.1: split at the largest power of two below n.
function treeHash(leaves) {
  if (leaves.length === 0) return sha256(Buffer.alloc(0));
  if (leaves.length === 1) return leaves[0];
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

// Merkle Audit Paths, 2.1.1: the root that a leaf and its path lead to.
function rootFromPath(index, size, leaf, path) {
  if (size === 1) { check(path.length === 0, 'a path is too long'); return leaf; }
  let k = 1;
  while (k * 2 < size) k *= 2;
  check(path.length > 0, 'a path is too short');
  const last = path[path.length - 1];
  const rest = path.slice(0, -1);
  return index < k ? nodeHash(rootFromPath(index, k, leaf, rest), last)
                   : nodeHash(last, rootFromPath(index - k, size - k, leaf, rest));
}

// Merkle Consistency Proofs, 2.1.2, read backwards: [old root, new root] as SUBPROOF(m, D[n], b) would make them.
function rootsFromProof(m, n, proof, whole, oldRoot) {
  if (m === n) {
    if (whole) { check(proof.length === 0, 'a consistency proof is too long'); return [oldRoot, oldRoot]; }
    check(proof.length === 1, 'a consistency proof has another length');
    return [proof[0], proof[0]];
  }
  let k = 1;
  while (k * 2 < n) k *= 2;
  check(proof.length > 0, 'a consistency proof is too short');
  const last = proof[proof.length - 1];
  const rest = proof.slice(0, -1);
  if (m <= k) {
    const [older, newer] = rootsFromProof(m, k, rest, whole, oldRoot);
    return [older, nodeHash(newer, last)];
  }
  const [older, newer] = rootsFromProof(m - k, n - k, rest, false, oldRoot);
  return [nodeHash(last, older), nodeHash(last, newer)];
}

function readCheckpoint(note, key) {
  const end = note.lastIndexOf('\n\n');
  const text = note.slice(0, end + 1);
  const [origin, size, root] = text.split('\n');
  const line = note.slice(end + 2).split('\n')[0];
  const [dash, name, signature] = line.split(' ');
  check(dash === '\u2014' && name === origin, 'the signature line is another');
  const raw = Buffer.from(signature, 'base64');
  const plain = key.export({ type: 'spki', format: 'der' }).subarray(-32);
  check(raw.subarray(0, 4).equals(sha256(name + '\n', Buffer.from([1]), plain).subarray(0, 4)), 'the key id is another');
  check(crypto.verify(null, Buffer.from(text), key, raw.subarray(4)), 'the signature does not hold');
  return { size: Number(size), root: Buffer.from(root, 'base64') };
}

const [keyFile, entriesFile, checkpointFile, proofs, oldFile, consistencyFile] = process.argv.slice(2);
const key = crypto.createPublicKey(fs.readFileSync(keyFile));
const leaves = fs.readFileSync(entriesFile, 'utf8').split('\n').slice(0, -1).map((line) => leafHash(Buffer.from(line)));
const now = readCheckpoint(fs.readFileSync(checkpointFile, 'utf8'), key);
check(now.size === leaves.length, 'the checkpoint counts other entries');
check(treeHash(leaves).equals(now.root), 'the entries have another root');

let count = 0;
for (const file of fs.readdirSync(proofs)) {
  const text = fs.readFileSync(proofs + '/' + file, 'utf8');
  const end = text.indexOf('\n\n');
  const [head, indexLine, ...hashes] = text.slice(0, end).split('\n');
  check(head === 'c2sp.org/tlog-proof@v1', 'a proof has another head');
  const index = Number(indexLine.replace('index ', ''));
  check(String(index) === file, 'a proof is of another entry');
  const point = readCheckpoint(text.slice(end + 2), key);
  const path = hashes.map((line) => Buffer.from(line, 'base64'));
  check(rootFromPath(index, point.size, leaves[index], path).equals(point.root), 'the proof of entry ' + index);
  const wrong = Buffer.from(leaves[index]);
  wrong[0] ^= 1;
  check(!rootFromPath(index, point.size, wrong, path).equals(point.root), 'a proof holds for anything');
  count += 1;
}

const old = readCheckpoint(fs.readFileSync(oldFile, 'utf8'), key);
check(treeHash(leaves.slice(0, old.size)).equals(old.root), 'the old entries have another root');
const proof = JSON.parse(fs.readFileSync(consistencyFile, 'utf8'));
check(proof.oldSize === old.size && proof.newSize === now.size, 'the consistency proof is of other sizes');
const hashes = proof.hashes.map((text) => Buffer.from(text, 'base64'));
const [older, newer] = rootsFromProof(old.size, now.size, hashes, true, old.root);
check(older.equals(old.root) && newer.equals(now.root), 'the consistency proof');
console.log(`ledger: ${count} inclusion proofs, consistency ${old.size} to ${now.size}: ok`);
