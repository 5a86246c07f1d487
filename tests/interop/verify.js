// verify.js PUBLIC_KEY FILE…: every FILE that is a Sigstore bundle must verify with the key, and must not after one
// byte of its payload was changed. Fails if no file is a bundle.
const fs = require('fs');
const crypto = require('crypto');
const { bundleFromJSON } = require('@sigstore/bundle');
const { Verifier, toSignedEntity, toTrustMaterial } = require('@sigstore/verify');

const [keyPath, ...files] = process.argv.slice(2);
const key = crypto.createPublicKey(fs.readFileSync(keyPath, 'utf8'));
const trust = {
  certificateAuthorities: [],
  timestampAuthorities: [],
  tlogs: [],
  ctlogs: [],
  publicKey: () => ({ publicKey: key, validFor: () => true }),
};
const verifier = new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0, tsaThreshold: 0 });
const verify = (json) => verifier.verify(toSignedEntity(bundleFromJSON(json)));

let bundles = 0;
for (const file of files) {
  let json;
  try {
    json = JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    continue;
  }
  if (!String(json.mediaType || '').startsWith('application/vnd.dev.sigstore.bundle') || !json.dsseEnvelope) continue;
  bundles += 1;
  verify(json);
  const payload = Buffer.from(json.dsseEnvelope.payload, 'base64');
  payload[payload.length >> 1] ^= 1;
  json.dsseEnvelope.payload = payload.toString('base64');
  let refused = false;
  try {
    verify(json);
  } catch {
    refused = true;
  }
  if (!refused) throw new Error(`${file}: a changed payload was accepted`);
}
if (bundles === 0) throw new Error('no bundle among the files');
console.log(`${bundles} bundles accepted, each refused after a change`);
