#!/bin/sh
# Bundles that we sign, verified by sigstore-js; and one changed byte of the signed payload refused by it.
set -eu
sluice=$(realpath "$1") packages=$2/node_modules
here=$(cd "$(dirname "$0")" && pwd)
[ -d "$packages/@sigstore/verify" ] || { echo "@sigstore/verify is missing: run cmake/setup.sh tests" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
git init -q -b main . && git config user.name t && git config user.email t@example.com
printf 'x = 1\n' >app.py && printf '/.sluice/\n' >.gitignore
for algorithm in ecdsa-p256 ed25519 rsa-pkcs1; do
  rm -rf .sluice
  "$sluice" key generate --output .sluice/key --unencrypted --algorithm $algorithm >/dev/null
  cat >sluice.yaml <<'YAML'
version: 1
signing: {key: .sluice/key.key, builder: "https://ci.example/b"}
keys: [{name: k, public_key: .sluice/key.pub, roles: [scanner, gate]}]
stages: [{name: staging, require: {findings: {max: {high: 0}}}}]
YAML
  git add -A && git commit -q --allow-empty -m $algorithm
  "$sluice" gate . >out || { cat out; exit 1; }
  NODE_PATH=$packages node "$here/verify.js" .sluice/key.pub .sluice/evidence/blobs/sha256/*
done

# A private authority's certificate and timestamp. sigstore-js does not take RSA-PSS, nor SHA-384 with P-384.
identity=https://ci.example/acme/app
printf '{"note":1}' >note.json
"$sluice" key authority --output authority --name Acme --unencrypted >/dev/null
for algorithm in ecdsa-p256 ed25519 rsa-pkcs1; do
  "$sluice" key generate --output "cert-$algorithm" --unencrypted --algorithm $algorithm >/dev/null
  "$sluice" key certify --authority authority --public-key "cert-$algorithm.pub" --identity $identity \
    --issuer https://ci.example --output "cert-$algorithm.pem"
  "$sluice" attest custom --subject app.py --type https://example.com/note/v1 --predicate note.json \
    --key "cert-$algorithm.key" --certificate "cert-$algorithm.pem" --timestamp-authority authority \
    --store certified --no-ledger --bundle "cert-$algorithm.json" >/dev/null
  "$sluice" verify bundle --bundle "cert-$algorithm.json" --trusted-root authority/trusted_root.json \
    --certificate-identity $identity --certificate-oidc-issuer https://ci.example app.py >/dev/null
done
NODE_PATH=$packages node "$here/verify_certificate.js" authority/trusted_root.json $identity cert-*.json
