// verify_certificate.js TRUSTED_ROOT IDENTITY FILE…: every FILE is a Sigstore bundle that must verify under the trusted
// root with one timestamp, by this identity; and must not after one byte of payload, signature, certificate or timestamp
// was changed, nor under another identity.
const fs = require('fs');
const { bundleFromJSON } = require('@sigstore/bundle');
const { TrustedRoot } = require('@sigstore/protobuf-specs');
const { Verifier, toSignedEntity, toTrustMaterial } = require('@sigstore/verify');

const [rootPath, identity, ...files] = process.argv.slice(2);
const root = TrustedRoot.fromJSON(JSON.parse(fs.readFileSync(rootPath, 'utf8')));
const verifier = new Verifier(toTrustMaterial(root), { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 1, tsaThreshold: 1 });
const verify = (json, san = identity) => {
  const signer = verifier.verify(toSignedEntity(bundleFromJSON(json)), { subjectAlternativeName: san });
  if (signer.identity.subjectAlternativeName !== identity) throw new Error(`identity ${JSON.stringify(signer.identity)}`);
};
const flip = (text, at) => {
  const bytes = Buffer.from(text, 'base64');
  bytes[at(bytes.length)] ^= 1;
  return bytes.toString('base64');
};
const middle = (n) => n >> 1;
const changes = {
  payload: (b) => { b.dsseEnvelope.payload = flip(b.dsseEnvelope.payload, middle); },
  signature: (b) => { b.dsseEnvelope.signatures[0].sig = flip(b.dsseEnvelope.signatures[0].sig, (n) => n - 2); },
  certificate: (b) => {
    const c = b.verificationMaterial.certificate;
    c.rawBytes = flip(c.rawBytes, middle);
  },
  timestamp: (b) => {
    const t = b.verificationMaterial.timestampVerificationData.rfc3161Timestamps[0];
    t.signedTimestamp = flip(t.signedTimestamp, (n) => n - 5);
  },
};

for (const file of files) {
  const text = fs.readFileSync(file, 'utf8');
  verify(JSON.parse(text));
  for (const [name, change] of Object.entries(changes)) {
    const json = JSON.parse(text);
    change(json);
    let refused = false;
    try { verify(json); } catch { refused = true; }
    if (!refused) throw new Error(`${file}: a changed ${name} was accepted`);
  }
  let refused = false;
  try { verify(JSON.parse(text), identity + 'x'); } catch { refused = true; }
  if (!refused) throw new Error(`${file}: another identity was accepted`);
}
if (files.length === 0) throw new Error('no bundle was given');
console.log(`${files.length} bundles with certificate and timestamp accepted, each refused after every change`);
