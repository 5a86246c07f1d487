#!/bin/sh
# What others sign images with, through `verify image`: attestations of cosign 2 by certificate, and notation's
# signatures in JWS. The vectors under tests/conformance judge each detail; here is that the command asks them.
. "$(dirname "$0")/lib.sh"

mkdir case && cd case
mkdir -p out/root && printf 'hello\n' >out/root/hello && chmod 0644 out/root/hello
"$root/examples/hello/build-image.sh" out/root out/image 1000:1000 /hello >/dev/null
digest=$("$sluice" image --format json out/image | sed -n 's/^  "digest": "\(.*\)",/\1/p')
hex=${digest#sha256:}
tr -d '\n' <out/image/index.json | sed 's/"manifests" *: *\[/"manifests":[/' >pristine

blob() { sum=$(sha256sum "$1" | cut -d' ' -f1); cp "$1" "out/image/blobs/sha256/$sum"; echo "sha256:$sum"; }
printf '{}' >empty; config=$(blob empty)
# attach MEDIA_TYPE FILE ANNOTATIONS MORE LISTING: a manifest with that one layer; MORE are its other members, LISTING
# what the index says of it.
attach() {
  layer=$(blob "$2")
  printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"%s","size":2},"layers":[{"mediaType":"%s","digest":"%s","size":%s,"annotations":%s}]%s}' \
    "$config" "$1" "$layer" "$(wc -c <"$2")" "$3" "$4" >manifest
  cp pristine out/image/index.json
  sed -i "s|\"manifests\":\[|\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"$(blob manifest)\",\"size\":$(wc -c <manifest)$5},|" out/image/index.json
}

# --- an attestation by certificate ---
identity=https://ci.example/acme/app issuer=https://ci.example
"$sluice" key authority --output authority --name Acme --unencrypted >/dev/null
"$sluice" key generate --output key --unencrypted >/dev/null
"$sluice" key certify --authority authority --public-key key.pub --identity $identity --issuer $issuer --minutes 10 --output key.pem >/dev/null
printf '{"note":1}' >note.json
make() {
  expect 0 "$sluice" attest custom --image out/image --type https://example.com/t --predicate note.json --no-store \
    --bundle - --key key.key --certificate key.pem --timestamp-authority authority
  node - "$work/out" "$1" <<'JS'
const fs = require('fs');
const bundle = JSON.parse(fs.readFileSync(process.argv[2]));
fs.writeFileSync('envelope', JSON.stringify(bundle.dsseEnvelope));
const notes = { 'dev.sigstore.cosign/certificate': fs.readFileSync('key.pem', 'utf8'),
  'dev.sigstore.cosign/chain': fs.readFileSync('authority/chain.pem', 'utf8') };
const stamp = bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps[0].signedTimestamp;
if (process.argv[3] === 'stamped') notes['dev.sigstore.cosign/rfc3161timestamp'] = JSON.stringify({ SignedRFC3161Timestamp: stamp });
fs.writeFileSync('notes', JSON.stringify(notes));
JS
  attach application/vnd.dsse.envelope.v1+json envelope "$(cat notes)" '' \
    ",\"platform\":{\"os\":\"none\",\"architecture\":\"none\"},\"annotations\":{\"org.opencontainers.image.ref.name\":\"sha256-$hex.att\"}"
}
judge() {
  want=$1; shift
  expect "$want" "$sluice" verify image "out/image@$digest" --trusted-root authority/trusted_root.json "$@"
}
who="--certificate-identity $identity --certificate-oidc-issuer $issuer"
make stamped
judge 0 $who --type https://example.com/t
has out "by $identity ($issuer)"
judge 1 --certificate-identity ${identity}x --certificate-oidc-issuer $issuer
has out attest.identity
# Nothing says when the certificate's holder signed.
make bare
judge 1 $who
has out attest.no-time
# Signed and stamped when the certificate was over.
SOURCE_DATE_EPOCH=$(($(date +%s) + 3600)); export SOURCE_DATE_EPOCH
make stamped
unset SOURCE_DATE_EPOCH
judge 1 $who
has out attest.certificate-chain

# --- notation ---
vector() { node -e 'process.stdout.write(JSON.parse(require("fs").readFileSync(process.argv[1]))[process.argv[2]])' "$root/tests/conformance/notation/cases/$1.json" "$2"; }
subject=",\"subject\":{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"$digest\",\"size\":1}"
vector ok-es256 envelope >jws
attach application/jose+json jws '{}' "$subject" ''
SOURCE_DATE_EPOCH=$(date -d 2026-01-25T12:00:00Z +%s); export SOURCE_DATE_EPOCH
notation() {
  want=$1; shift
  expect "$want" "$sluice" verify image "out/image@$digest" --trusted-root "$root/tests/conformance/notation/roots/usual.json" "$@"
}
# It is a good signature, of another image.
notation 1 --notation-identity 'CN=Release,O=Acme,C=US'
has out attest.subject-mismatch
expect 4 "$sluice" verify image "out/image@$digest" --key key.pub
has out verify.no-notation-identity
notation 2 --notation-identity ''
expect 2 "$sluice" verify image "out/image@$digest" --notation-identity CN=x
# One of this image, made here.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout n.key -out n.pem -days 3650 -subj /C=US/O=Acme/CN=Release \
  -addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=codeSigning >/dev/null 2>&1
unset SOURCE_DATE_EPOCH
node - "$digest" authority/trusted_root.json <<'JS'
const fs = require('fs'), crypto = require('crypto');
const url = (data) => Buffer.from(data).toString('base64url');
const der = new crypto.X509Certificate(fs.readFileSync('n.pem')).raw.toString('base64');
const scheme = 'io.cncf.notary.signingScheme';
const head = url(JSON.stringify({ alg: 'ES256', cty: 'application/vnd.cncf.notary.payload.v1+json', crit: [scheme],
  [scheme]: 'notary.x509', 'io.cncf.notary.signingTime': new Date().toISOString().replace(/\.\d+/, '') }));
const payload = url(JSON.stringify({ targetArtifact: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: process.argv[2], size: 1 } }));
const signature = crypto.sign('sha256', Buffer.from(head + '.' + payload), { key: fs.readFileSync('n.key'), dsaEncoding: 'ieee-p1363' });
fs.writeFileSync('jws', JSON.stringify({ payload, protected: head, header: { x5c: [der] }, signature: url(signature) }));
const trusted = JSON.parse(fs.readFileSync(process.argv[3]));
trusted.certificateAuthorities[0].certChain.certificates = [{ rawBytes: der }];
fs.writeFileSync('root.json', JSON.stringify(trusted));
JS
attach application/jose+json jws '{}' "$subject" ''
expect 0 "$sluice" verify image "out/image@$digest" --trusted-root root.json --notation-identity CN=Release,O=Acme,C=US --format json
has out '"kind": "notation"'
has out '"signer": "CN=Release,O=Acme,C=US"'
expect 1 "$sluice" verify image "out/image@$digest" --trusted-root root.json --notation-identity CN=Release,O=Acme,C=US --max-age 1s --role builder
# The other envelope is not read, and that is said.
attach application/cose jws '{}' "$subject" ''
expect 4 "$sluice" verify image "out/image@$digest" --trusted-root root.json --notation-identity CN=Release,O=Acme,C=US
has out COSE
echo "signed image: ok"
