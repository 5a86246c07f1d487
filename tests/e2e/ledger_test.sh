#!/bin/sh
# The ledger's proofs, judged by an implementation that is not ours.
. "$(dirname "$0")/lib.sh"
command -v node >/dev/null || { echo "skipped: node is not installed"; exit 77; }

"$sluice" key generate --output k --unencrypted --algorithm ed25519 >/dev/null
add() { "$sluice" attest release --key k.key --subject k.pub --purl "pkg:generic/app@$1" >/dev/null; }
i=0
while [ $i -lt 13 ]; do
  i=$((i + 1)); add "1.$i"
  [ $i != 6 ] || "$sluice" log checkpoint --key k.pub >old.txt
done
"$sluice" log checkpoint --key k.pub >now.txt
"$sluice" log show --raw >entries.txt
mkdir proofs
i=0
while [ $i -lt 13 ]; do "$sluice" log prove --key k.pub --index $i >proofs/$i; i=$((i + 1)); done
"$sluice" log prove --key k.pub --since old.txt >consistency.json
node "$here/ledger.js" k.pub entries.txt now.txt proofs old.txt consistency.json

# What the gate signs is in the ledger of its key, too, and a ledger that was tampered with stops it.
mkdir repository && cd repository
git init -q -b main . && git config user.name t && git config user.email t@example.com
printf 'x = 1\n' >app.py && printf '/.sluice/\n' >.gitignore
cat >sluice.yaml <<'YAML'
version: 1
signing: {key: ../k.key, builder: "https://ci.example/b"}
keys: [{name: k, public_key: ../k.pub, roles: [scanner, gate]}]
stages: [{name: staging, require: {findings: {max: {high: 0}}}}]
YAML
git add -A && git commit -q -m first
expect 0 "$sluice" gate
expect 0 "$sluice" log verify --key ../k.pub
has out 'size    3'
expect 0 "$sluice" log show
for digest in $("$sluice" attest list | cut -d' ' -f1); do has out "$digest"; done
ledger=$(echo .sluice/ledger/*)
find "$ledger/tile/0" -type f -exec sh -c 'printf "%032d" 0 >"$1"' sh {} \;
expect 1 "$sluice" gate
has err attest.ledger
