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
for algorithm in ecdsa-p256 ed25519; do
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
