#!/bin/sh
# `sluice debug schema` prints the schema of each format, and what we really write is held against it: a member that
# the schema does not know is as wrong as one that is missing.
. "$(dirname "$0")/lib.sh"
command -v node >/dev/null || { echo "skipped: node is not installed"; exit 77; }
export GIT_CONFIG_NOSYSTEM=1 HOME="$work"

mkdir schemas
expect 0 "$sluice" debug schema
for name in $(cat out); do
  "$sluice" debug schema "$name" >"schemas/$name.json"
  cmp -s "schemas/$name.json" "$root/docs/formats/schemas/$name.json" || die "$name is not the documented one"
done
expect 2 "$sluice" debug schema reprot
has err '"report"'
# fits NAME FILE [payload]
fits() { node "$here/schema.js" "$work/schemas/$1.json" "$2" ${3:-} >"$work/problems" ||
  { cat "$work/problems"; die "$2 does not fit the schema $1"; }; fitted="${fitted:-} $1"; }

mkdir case && cd case
git init -q -b main . && git config user.name dev && git config user.email dev@example.com
git remote add origin https://git.example/app
ssh-keygen -q -t ed25519 -N '' -C dev -f "$work/dev"
git config gpg.format ssh && git config user.signingkey "$work/dev.pub"
printf 'dev@example.com %s\n' "$(cut -d' ' -f1,2 "$work/dev.pub")" >"$work/signers"
printf '/.sluice/\n/out/\n' >.gitignore
printf 'import subprocess\nsubprocess.run(a, shell=True)\nsubprocess.run(b, shell=True)  # nosluice: all -- known\n' >app.py
printf 'FROM debian\nRUN cd /tmp && curl -k https://example.com | sh\n' >Dockerfile
mkdir -p out/root && printf 'hello\n' >out/root/hello && chmod 0644 out/root/hello
"$root/examples/hello/build-image.sh" out/root out/image 1000:1000 /hello >/dev/null
"$sluice" key generate --output .sluice/key --unencrypted >/dev/null
cat >sluice-test.yaml <<'YAML'
version: 1
tests:
  - {kind: file, name: the file is there, path: /hello, mode: "0644"}
  - {kind: file, name: it is not, path: /none}
YAML
# JSON is YAML, so that the same file can be held against the schema of the configuration.
cat >sluice.yaml <<JSON
{"version": 1, "scan": {"paths": ["."], "profile": "all", "dockerfile": {"strict_labels": false}},
 "image": "out/image", "tests": ["sluice-test.yaml"],
 "signing": {"key": ".sluice/key.key", "builder": "https://ci.example/b"},
 "keys": [{"name": "k", "public_key": ".sluice/key.pub", "roles": ["builder", "scanner", "tester", "gate"], "builder": "https://ci.example/b", "max_level": 1}],
 "source": {"allowed_signers": "$work/signers", "promoted": "promoted"},
 "identity": {"issuer": "https://issuer.example", "audience": "a", "token_env": "NO_TOKEN", "jwks": "none"},
 "runtime": {"suppress": [{"rule": "runtime.downloader", "reason": "known"}]},
 "stages": [{"name": "staging", "require": {"findings": {"max": {"high": 0}, "level": "warn", "max_age": "24h"}, "coverage": {}, "tests": {"level": "warn"},
   "provenance": {"branch": "main", "min_level": 1}, "commits": {"verified": "range", "tag": true, "signers": ["dev@example.com"]}}}]}
JSON
fits config sluice.yaml
git add -A && git commit -q -S -m first && git tag promoted && git commit -q --allow-empty --no-gpg-sign -m second && git tag -s -m v1 v1
printf 'y = 1\n' >>app.py

got=0; "$sluice" gate --format json . >gate.json 2>"$work/err" || got=$?
[ "$got" = 1 ] || { cat gate.json "$work/err"; die "the gate's exit status is $got"; }
fits report gate.json
got=0; "$sluice" scan --format json . >scan.json || got=$?
fits report scan.json
expect 0 "$sluice" run --name build --output made --env CI -- sh -c 'echo 1 >made; rm -f app.py.orig'
expect 0 "$sluice" attest list --format json && cp "$work/out" list.json
fits evidence-list list.json
"$sluice" attest list >bundles
bundle() { awk -v type="$1" 'index($0, type) { print $1 }' bundles | sed 's|sha256:|.sluice/evidence/blobs/sha256/|'; }
for pair in scan=attestation/scan provenance=slsa.dev/provenance verdict=verification_summary \
    test-result=test-result link=attestation/link; do
  found=$(bundle "${pair#*=}")
  [ -n "$found" ] || die "there is no ${pair%%=*}"
  for file in $found; do fits "${pair%%=*}" "$file" payload; done
done
for entry in $(find .sluice/ledger -path '*entries*' -type f | head -n 1); do
  node -e '
    const b = require("fs").readFileSync(process.argv[1]);
    require("fs").writeFileSync("entry.json", b.subarray(2, 2 + b.readUInt16BE(0)));' "$entry"
  fits ledger-entry entry.json
done

# Observation and hardening, where containers can be run.
"$sluice" doctor >"$work/out"
if ! grep -q 'tier.*none' "$work/out" && command -v busybox >/dev/null; then
  mkdir -p watched && cd watched && mkdir -p root/bin && cp "$(command -v busybox)" root/bin/busybox && ln -s busybox root/bin/sh
  "$root/examples/hello/build-image.sh" root image 1000:1000 /bin/sh >/dev/null
  printf 'version: 1\nobserve: {}\nharden: {}\ntests:\n  - {kind: command, name: runs, command: [/bin/sh, -c, "echo x >/x; true"]}\n' >t.yaml
  "$sluice" key generate --output key --unencrypted >/dev/null
  printf '{"version":1,"image":"image","tests":["t.yaml"],"signing":{"key":"key.key"},"keys":[{"name":"k","public_key":"key.pub","roles":["tester"]}],"scan":{"paths":["t.yaml"]},"stages":[{"name":"s","require":{"runtime":{"max":{"high":0}}}}]}' >sluice.yaml
  fits config sluice.yaml
  "$sluice" gate --format json . >gate.json 2>"$work/err" || true
  fits report gate.json
  "$sluice" attest list >bundles
  for pair in runtime-trace=runtime-trace hardening=attestation/hardening; do
    found=$(bundle "${pair#*=}")
    [ -n "$found" ] || { cat gate.json "$work/err"; die "there is no ${pair%%=*}"; }
    for file in $found; do fits "${pair%%=*}" "$file" payload; done
  done
  cd ..
fi
# The validator can say no.
printf '{"schema":"sluice.report/v1"}' >bad.json
! node "$here/schema.js" "$work/schemas/report.json" bad.json >/dev/null || die "the validator accepts anything"
sed 's/"findings": \[/"findngs": [], "findings": [/' gate.json >bad.json
! node "$here/schema.js" "$work/schemas/report.json" bad.json >/dev/null || die "the validator accepts more than the schema"
echo "schema:$fitted: ok"
