#!/bin/sh
# sluice attest, log and verify: made, stored, logged, proven, found again; and what is changed is noticed.
. "$(dirname "$0")/lib.sh"

mkdir repository && cd repository
git init -q -b main . && git config user.name t && git config user.email t@example.com
git remote add origin https://git.example/app
printf 'x = 1\n' >app.py && printf '/.sluice/\n/out/\n*.json\n*.txt\n' >.gitignore
git add -A && git commit -q -m first
mkdir -p out/root && printf 'hello\n' >out/root/hello && chmod 0644 out/root/hello
"$root/examples/hello/build-image.sh" out/root out/image 1000:1000 /hello >/dev/null
"$sluice" key generate --output ../k --unencrypted --algorithm ed25519 >/dev/null
"$sluice" key generate --output ../other --unencrypted >/dev/null
attest() { kind=$1; shift; "$sluice" attest "$kind" --key ../k.key "$@"; }

# Each type, about an image, a tree and a file.
expect 0 attest provenance --image out/image --builder-id https://ci.example/b --parameter target=prod --parameter API_TOKEN=x
printf '{"result":"PASSED","configuration":[{"name":"t","digest":{"sha256":"%064d"}}],"passedTests":["a"],"warnedTests":[],"failedTests":[]}' 1 >test.json
expect 0 attest test --image out/image --predicate test.json
printf 'made\n' >made.txt
expect 0 attest release --subject made.txt --purl pkg:generic/app@1.0.0
expect 0 attest custom --tree --type https://example.com/review/v1 --predicate test.json --bundle bundle.json
printf '{"a":1,"a":2}' >double.json
expect 3 attest custom --subject made.txt --type https://example.com/x --predicate double.json
has err json.duplicate-key
printf '[]' >list.json
expect 3 attest custom --subject made.txt --type https://example.com/x --predicate list.json
expect 2 attest custom --type https://example.com/x --predicate test.json
expect 2 "$sluice" attest test --image out/image --predicate test.json
expect 3 attest spdx --image out/image --predicate test.json

expect 0 "$sluice" attest list
has out 'https://slsa.dev/provenance/v1'
expect 0 "$sluice" attest list --format json
has out '"schema": "sluice.evidence-list/v1"'

# verify image: table and JSON, exit statuses.
expect 0 "$sluice" verify image out/image --key ../k.pub --type provenance --type test-result
has out 'verified  https://slsa.dev/provenance/v1  by ../k.pub'
expect 0 "$sluice" verify image out/image --key ../k.pub --format json
has out '"verified": true'
expect 4 "$sluice" verify image out/image --key ../k.pub --type spdx
has out 'missing  https://spdx.dev/Document/v2.3'
expect 1 "$sluice" verify image out/image --key ../other.pub
has out 'refused'
expect 1 "$sluice" verify image out/image --key ../k.pub --min-level 2
expect 2 "$sluice" verify image out/image
expect 2 "$sluice" verify image out/image --certificate-identity x
# An option that could not be heeded is refused, never dropped.
expect 2 "$sluice" verify image out/image --certificate-identity x --certificate-oidc-issuer y --role gate
expect 0 "$sluice" verify image out/image --key ../k.pub --type provenance --max-age 1h
expect 1 env SOURCE_DATE_EPOCH=4000000000 "$sluice" verify image out/image --key ../k.pub --type provenance --max-age 1h
has out attest.too-old
expect 2 "$sluice" verify image out/image --key ../k.pub --max-age soon

# Two of two: the same bytes by two keys, and not one key twice.
expect 4 "$sluice" verify image out/image --key ../k.pub --key ../other.pub --type https://example.com/two
expect 0 attest custom --image out/image --type https://example.com/two --predicate test.json
expect 0 attest custom --image out/image --type https://example.com/two --predicate test.json
expect 1 "$sluice" verify image out/image --key ../k.pub --key ../other.pub --type https://example.com/two --threshold 2
expect 0 "$sluice" attest custom --no-ledger --key ../other.key --image out/image --type https://example.com/two --predicate test.json
expect 0 "$sluice" verify image out/image --key ../k.pub --key ../other.pub --type https://example.com/two --threshold 2
expect 1 "$sluice" verify image out/image --key ../k.pub --type https://example.com/two --threshold 2

# verify chain: a link is missing until it is made.
expect 4 "$sluice" verify chain out/image --key ../k.pub
has out 'missing  source'
expect 0 "$sluice" verify chain out/image --key ../k.pub --require build --require test
expect 1 "$sluice" verify chain out/image --key ../k.pub --require source --commit 0000000000000000000000000000000000000000
printf '{"startedOn":"2026-01-01T00:00:00Z","finishedOn":"2026-01-01T00:00:00Z","findings":[],"gaps":[],"analysed":{}}' >scan.json
expect 0 attest custom --tree --type https://sluice.dev/attestation/scan/v1 --predicate scan.json
expect 0 attest release --image out/image --purl pkg:generic/app@1.0.0
expect 0 "$sluice" verify chain out/image --key ../k.pub --commit "$(git rev-parse HEAD)"
has out 'verified  release'
sed 's/PASSED/FAILED/' test.json >failed.json
mv .sluice kept
expect 0 attest test --image out/image --predicate failed.json
expect 1 "$sluice" verify chain out/image --key ../k.pub --require test
has out 'does not say that it passed'
rm -rf .sluice && mv kept .sluice

# The ledger: shown, verified, proven; an older checkpoint holds; a changed entry and a rewritten past do not.
expect 0 "$sluice" log show
has out 'sluice.ledger-entry/v1'
expect 0 "$sluice" log verify --key ../k.pub
expect 0 "$sluice" log checkpoint --key ../k.pub
cp "$work/out" before.txt
digest=$("$sluice" log show --raw | sed -n '3s/.*"digest":"\([^"]*\)".*/\1/p')
expect 0 "$sluice" log prove --key ../k.pub --digest "$digest"
cp "$work/out" proof.txt
origin=$(head -1 before.txt)
"$sluice" log show --raw | grep "$digest" | head -1 | tr -d '\n' >entry.txt
expect 0 "$sluice" log verify --key ../k.pub --proof proof.txt --entry entry.txt --origin "$origin"
printf x >>entry.txt
expect 1 "$sluice" log verify --key ../k.pub --proof proof.txt --entry entry.txt --origin "$origin"
i=0; while [ $i -lt 3 ]; do i=$((i + 1)); attest release --subject made.txt --purl "pkg:generic/app@2.0.$i" >/dev/null; done
expect 0 "$sluice" log verify --key ../k.pub --since before.txt
has out 'holds everything of 1 older checkpoint'
expect 0 "$sluice" log prove --key ../k.pub --since before.txt
has out '"schema": "sluice.consistency-proof/v1"'
expect 1 "$sluice" log verify --key ../other.pub
ledger=$(echo .sluice/ledger/*)
cp -r "$ledger" saved
for file in $(find "$ledger/tile/entries" -type f); do
  sed 's/predicateType/predicateTypo/' "$file" >changed && cat changed >"$file"
done
expect 1 "$sluice" log verify --key ../k.pub
rm -rf "$ledger" && attest release --subject made.txt --purl pkg:generic/app@3 >/dev/null
expect 1 "$sluice" log verify --key ../k.pub --since before.txt
echo "attest: ok"
