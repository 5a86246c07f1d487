#!/bin/bash
# Signing and verifying beside sigstore-js, each on one core. Prints a Markdown table; decides nothing.
#   bench/attest.sh SLUICE [NODE_MODULES]     NODE_MODULES: a folder with @sigstore/verify (default: build/interop/node_modules)
set -euo pipefail
here=$(dirname "$(realpath "$0")")
sluice=$(realpath "$1")
modules=$(realpath "${2:-$here/../build/interop/node_modules}")
repeat=${SLUICE_BENCH_REPEAT:-20}
cpu=${SLUICE_BENCH_CPU:-$(( $(nproc) - 1 ))}
count=1000
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

identity=https://ci.example/acme/app
printf 'x = 1\n' >app && printf '{"note":1}' >note.json
"$sluice" key authority --output authority --name Acme --unencrypted >/dev/null
"$sluice" key generate --output key --unencrypted >/dev/null
"$sluice" key certify --authority authority --public-key key.pub --identity $identity --issuer https://ci.example --output key.pem
sign() { "$sluice" attest custom --subject app --type https://example.com/note/v1 --predicate note.json --store store --no-ledger --key key.key "$@" >/dev/null; }
sign --bundle by-key.json
sign --bundle by-certificate.json --certificate key.pem --timestamp-authority authority
for i in $(seq $count); do printf '%s\t%s\n' by-certificate.json app; done >list-certificate
for i in $(seq $count); do printf '%s\t%s\n' by-key.json app; done >list-key
# A bundle of the public kind: certificate, transparency of certificates, log and timestamp.
node - "$here/../tests/conformance/sigstore" >public.env <<'JS'
const fs = require('fs');
const folder = process.argv[2];
const c = JSON.parse(fs.readFileSync(`${folder}/cases/ok-promise-and-timestamp.json`));
fs.writeFileSync('public.json', c.bundle);
fs.writeFileSync('public-root.json', fs.readFileSync(`${folder}/${c.trusted_root}`));
fs.writeFileSync('public-artifact', Buffer.from(c.artifact, 'base64'));
console.log(`public_identity='${c.identity}' public_issuer='${c.issuer}'`);
JS
. ./public.env
for i in $(seq $count); do printf '%s\t%s\n' public.json public-artifact; done >list-public

# As sigstore-js is used: one process that verifies `times` bundles.
cat >verify.js <<'JS'
const fs = require('fs');
const crypto = require('crypto');
const { bundleFromJSON } = require('@sigstore/bundle');
const { TrustedRoot } = require('@sigstore/protobuf-specs');
const { Verifier, toSignedEntity, toTrustMaterial } = require('@sigstore/verify');
const [kind, file, times, artifact] = process.argv.slice(2);
let verifier;
if (kind === 'key') {
  const key = crypto.createPublicKey(fs.readFileSync('key.pub', 'utf8'));
  verifier = new Verifier({ certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [],
    publicKey: () => ({ publicKey: key, validFor: () => true }) }, { tlogThreshold: 0, ctlogThreshold: 0, tsaThreshold: 0 });
} else {
  const root = TrustedRoot.fromJSON(JSON.parse(fs.readFileSync(kind === 'public' ? 'public-root.json' : 'authority/trusted_root.json')));
  verifier = new Verifier(toTrustMaterial(root), kind === 'public'
    ? { tlogThreshold: 1, ctlogThreshold: 1, tsaThreshold: 1 } : { tlogThreshold: 0, ctlogThreshold: 0, tsaThreshold: 1 });
}
const data = artifact ? fs.readFileSync(artifact) : undefined;
for (let i = 0; i < Number(times); i += 1) {
  const bundle = bundleFromJSON(JSON.parse(fs.readFileSync(file, 'utf8')));
  verifier.verify(toSignedEntity(bundle, data));
}
JS

row() {
  local name=$1 result
  shift
  result=$(NODE_PATH=$modules taskset -c "$cpu" python3 "$here/measure.py" "$repeat" "$@")
  python3 - "$name" "$result" <<'PY'
import json, sys
r = json.loads(sys.argv[2])
note = "" if r["exit"] == 0 else f" (exit {r['exit']})"
print(f"| {sys.argv[1]}{note} | {r['wall_ms']:.1f} | {r['cpu_ms']:.1f} | {r['peak_mib']:.1f} |")
PY
}
certificate=(--trusted-root authority/trusted_root.json --certificate-identity $identity --certificate-oidc-issuer https://ci.example)
public=(--trusted-root public-root.json --certificate-identity "$public_identity" --certificate-oidc-issuer "$public_issuer")
echo '| what | wall ms | CPU ms | peak MiB |'
echo '|---|---|---|---|'
row 'sluice, start-up alone (`version`)' "$sluice" version
# Signing alone, as sigstore-js does it; then with what our command does beside it: the evidence store syncs its index to
# the disk, the ledger each of its files (docs/formats/ledger.md), so those two rows are the disk's.
cat >sign.js <<'JS'
const fs = require('fs');
const crypto = require('crypto');
const { toDSSEBundle, bundleToJSON } = require('@sigstore/bundle');
const key = crypto.createPrivateKey(fs.readFileSync('key.key'));
const der = crypto.createPublicKey(key).export({ type: 'spki', format: 'der' });
const hint = crypto.createHash('sha256').update(der).digest('hex');
const digest = crypto.createHash('sha256').update(fs.readFileSync('app')).digest('hex');
const artifactType = 'application/vnd.in-toto+json';
const artifact = Buffer.from(JSON.stringify({ _type: 'https://in-toto.io/Statement/v1', subject: [{ name: 'app', digest: { sha256: digest } }],
  predicateType: 'https://example.com/note/v1', predicate: JSON.parse(fs.readFileSync('note.json')) }));
const pae = Buffer.concat([Buffer.from(`DSSEv1 ${artifactType.length} ${artifactType} ${artifact.length} `), artifact]);
const bundle = toDSSEBundle({ artifact, artifactType, signature: crypto.sign('sha256', pae, key), keyHint: hint });
process.stdout.write(JSON.stringify(bundleToJSON(bundle)) + '\n');
JS
note=(attest custom --subject app --type https://example.com/note/v1 --predicate note.json --key key.key)
NODE_PATH=$modules node sign.js >by-js.json && "$sluice" verify bundle --bundle by-js.json --key key.pub app >/dev/null
row 'sluice, sign with a key: statement to bundle' "$sluice" "${note[@]}" --no-store --bundle -
row 'sigstore-js, sign with a key: statement to bundle' node sign.js
row 'sluice, sign and store' "$sluice" "${note[@]}" --store store2 --no-ledger
row 'sluice, sign, store and log' "$sluice" "${note[@]}" --store store3
row 'sluice, verify with a key' "$sluice" verify bundle --bundle by-key.json --key key.pub app
row 'sigstore-js, verify with a key' node verify.js key by-key.json 1
row 'sluice, verify private certificate + timestamp' "$sluice" verify bundle --bundle by-certificate.json "${certificate[@]}" app
row 'sigstore-js, verify private certificate + timestamp' node verify.js certificate by-certificate.json 1
row 'sluice, verify certificate + SCT + log + timestamp' "$sluice" verify bundle --bundle public.json "${public[@]}" public-artifact
row 'sigstore-js, verify certificate + SCT + log + timestamp' node verify.js public public.json 1 public-artifact
repeat=3
row "sluice, $count bundles with a key" "$sluice" verify bundle --from-list list-key --key key.pub
row "sigstore-js, $count bundles with a key" node verify.js key by-key.json $count
row "sluice, $count bundles with certificate + timestamp" "$sluice" verify bundle --from-list list-certificate "${certificate[@]}"
row "sigstore-js, $count bundles with certificate + timestamp" node verify.js certificate by-certificate.json $count
row "sluice, $count bundles with certificate + SCT + log + timestamp" "$sluice" verify bundle --from-list list-public "${public[@]}"
row "sigstore-js, $count bundles with certificate + SCT + log + timestamp" node verify.js public public.json $count public-artifact
