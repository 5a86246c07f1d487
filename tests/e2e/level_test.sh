#!/bin/sh
# A key in the job never yields more than SLSA Build L1, whatever the document says: through verify and through gate.
. "$(dirname "$0")/lib.sh"

mkdir -p repository && cd repository
git init -q -b main . && git config user.name t && git config user.email t@example.com
git remote add origin https://git.example/app
printf 'x = 1\n' >app.py && printf '/.sluice/\n/out/\n/store/\n/*.json\n' >.gitignore
mkdir -p out/root && printf 'hello\n' >out/root/hello && chmod 0644 out/root/hello
"$root/examples/hello/build-image.sh" out/root out/image 1000:1000 /hello >/dev/null
digest=$("$sluice" image --format json out/image | sed -n 's/^  "digest": "\(.*\)",/\1/p')
"$sluice" key generate --output .sluice/key --unencrypted >/dev/null
cat >sluice-test.yaml <<'YAML'
version: 1
tests:
  - {kind: file, name: the file is there, path: /hello, mode: "0644"}
YAML
builder=https://ci.example/b
commit=0123456789012345678901234567890123456789

# hostile BUILDER: provenance that boasts of a level wherever a careless reader could look for one.
hostile() {
  cat >hostile.json <<JSON
{"buildDefinition": {"buildType": "https://slsa.dev/container-based-build/v0.1?draft",
   "externalParameters": {"slsaBuildLevel": 3, "source": {"repository": "https://git.example/app", "ref": "refs/heads/main"}},
   "internalParameters": {"gate_level": 3, "gate_origin": {"source": "oidc"}, "runner_environment": "github-hosted"},
   "resolvedDependencies": [{"uri": "git+https://git.example/app@refs/heads/main", "digest": {"gitCommit": "$commit"}}]},
 "runDetails": {"builder": {"id": "$1", "version": {"slsa": "3", "level": "SLSA_BUILD_LEVEL_3"}},
   "metadata": {"invocationId": "1", "startedOn": "$(date -u +%Y-%m-%dT%H:%M:%SZ)", "finishedOn": "$(date -u +%Y-%m-%dT%H:%M:%SZ)"}},
 "verifiedLevels": ["SLSA_BUILD_LEVEL_3"], "slsaBuildLevel": 3, "level": 3}
JSON
  rm -rf store
  expect 0 "$sluice" attest provenance --image out/image --predicate hostile.json --key .sluice/key.key --store store --no-ledger
}
# keyring PLACE MAX: a keyring file that holds the one key.
keyring() {
  pem=$(awk '{printf "%s\\n", $0}' .sluice/key.pub)
  printf '{"version":1,"keys":[{"name":"k","publicKey":"%s","roles":["builder"],"builder":"%s","place":"%s","maxLevel":%s}]}' \
    "$pem" "$builder" "$1" "$2" >keyring.json
}
verify() { want=$1; shift; expect "$want" "$sluice" verify image "out/image@$digest" --store store --keyring keyring.json "$@"; }

hostile "$builder" && keyring job 1
verify 0 --min-level 1
has out 'build level 1'
lacks out 'build level 3'
verify 1 --min-level 2
verify 1 --min-level 3
expect 0 "$sluice" verify statement --evidence store --keyring keyring.json --subject "$digest" --type provenance --format json
has out '"slsaBuildLevel":1'
# The table itself may not give such a key more.
for level in 2 3; do
  keyring job $level
  verify 2 --min-level 1
  has err attest.keyring-level
done
# A key that is named on the command line is in no table: it proves who signed, and no level.
expect 1 "$sluice" verify image "out/image@$digest" --store store --key .sluice/key.pub --min-level 1
lacks out 'build level'
# Speaking for another builder, however trusted, proves no level at all.
for other in https://github.com/slsa-framework/slsa-github-generator "$builder/" "$builder/../b" "HTTPS://ci.example/b"; do
  hostile "$other" && keyring job 1
  verify 1 --min-level 1
  lacks out 'build level'
done
# A verdict says what it likes of levels; it is no provenance.
cat >vsa.json <<JSON
{"verifier": {"id": "https://ci.example/gate"}, "timeVerified": "$(date -u +%Y-%m-%dT%H:%M:%SZ)", "resourceUri": "app",
 "policy": {"uri": "policy"}, "verificationResult": "PASSED", "verifiedLevels": ["SLSA_BUILD_LEVEL_3"]}
JSON
rm -rf store
expect 0 "$sluice" attest vsa --image out/image --predicate vsa.json --key .sluice/key.key --store store --no-ledger
verify 4 --min-level 1
lacks out 'build level'

# config MIN MAX: what the gate demands, and what its table says of the key.
config() {
  cat >sluice.yaml <<YAML
version: 1
image: out/image
tests: [sluice-test.yaml]
signing: {key: .sluice/key.key, builder: "$builder"}
keys: [{name: k, public_key: .sluice/key.pub, roles: [builder, scanner, tester, gate], builder: "$builder", max_level: $2}]
stages:
  - name: staging
    require:
      findings: {max: {high: 0}}
      coverage: {analysers: [python]}
      provenance: {repository: "https://git.example/app", branch: main, min_level: $1}
YAML
}
config 1 1
git add -A && git commit -q -m first
commit=$(git rev-parse HEAD)
expect 0 "$sluice" gate .
# The hostile document lies in the gate's own store, signed by its own key, and is as new as the honest one.
config 2 1
git commit -q -am two && commit=$(git rev-parse HEAD)
hostile "$builder" && rm -rf .sluice/evidence && cp -r store .sluice/evidence
expect 1 "$sluice" gate .
has out 'fail    provenance.level       SLSA Build L1'
lacks out 'ALLOW'
hostile https://github.com/slsa-framework/slsa-github-generator && rm -rf .sluice/evidence && cp -r store .sluice/evidence
expect 1 "$sluice" gate .
lacks out 'ALLOW'
config 2 3
git commit -q -am three
expect 2 "$sluice" gate .
has err attest.keyring-level
echo "level: ok"
