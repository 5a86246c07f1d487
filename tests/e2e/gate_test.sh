#!/bin/sh
# sluice gate: only evidence that verifies counts. Each case spoils one thing of a good run.
. "$(dirname "$0")/lib.sh"

mkdir -p repository && cd repository
git init -q -b main . && git config user.name t && git config user.email t@example.com
git remote add origin https://git.example/app
printf 'x = 1\n' >app.py
printf '/.sluice/\n/out/\n' >.gitignore
mkdir -p out/root && printf 'hello\n' >out/root/hello && chmod 0644 out/root/hello
image=$("$root/examples/hello/build-image.sh" out/root out/image 1000:1000 /hello)
"$sluice" key generate --output .sluice/key --unencrypted >/dev/null
"$sluice" key generate --output .sluice/other --unencrypted --algorithm ed25519 >/dev/null
cat >sluice-test.yaml <<'YAML'
version: 1
tests:
  - {kind: file, name: the file is there, path: /hello, mode: "0644"}
YAML
config() {
  cat >sluice.yaml <<YAML
version: 1
image: out/image
tests: [sluice-test.yaml]
signing: {key: .sluice/${1:-key}.key, builder: "https://ci.example/b"}
keys: [{name: k, public_key: .sluice/key.pub, roles: [${2:-builder, scanner, tester, gate}], builder: "https://ci.example/b"}]
stages:
  - name: staging
    require:
      findings: {max: {high: 0}}
      coverage: {analysers: [python]}
      tests: {}
      provenance: {repository: "https://git.example/app", branch: main}
  - name: production
    require: {verdict: {stage: staging}}
YAML
}
config
git add -A && git commit -q -m first

# Production alone is not enough; staging then production is.
expect 4 "$sluice" gate --stage production .
expect 0 "$sluice" gate --stage staging --stage production .
has out 'ALLOW staging'
has out 'ALLOW production'
expect 0 "$sluice" verify statement --evidence .sluice/evidence --key .sluice/key.pub --subject "$image" --type verdict
has out 'stage    production: allow'

# Another key, another subject, another type do not verify.
expect 1 "$sluice" verify statement --evidence .sluice/evidence --key .sluice/other.pub --subject "$image" --type verdict
expect 1 "$sluice" verify statement --evidence .sluice/evidence --key .sluice/key.pub \
  --subject sha256:0000000000000000000000000000000000000000000000000000000000000000 --type verdict
expect 1 "$sluice" verify statement --evidence .sluice/evidence --key .sluice/key.pub --subject "$image" --type https://x.example/y

# A key that the policy does not know: everything is signed, nothing counts.
rm -rf .sluice/evidence && config other
expect 4 "$sluice" gate .
# A key without the roles.
rm -rf .sluice/evidence && config key gate
expect 4 "$sluice" gate .
# A dirty work tree.
config && git add -A && git commit -q -m config --allow-empty
rm -rf .sluice/evidence && printf 'y = 2\n' >>app.py
expect 1 "$sluice" gate .
has out 'work tree differed'
git checkout -q app.py
# Another branch.
rm -rf .sluice/evidence && git checkout -q -b side
expect 1 "$sluice" gate .
has out 'refs/heads/side'
git checkout -q main
# A high finding.
rm -rf .sluice/evidence && printf 'import subprocess\nsubprocess.run(a, shell=True)\n' >app.py && git commit -q -am bad
expect 1 "$sluice" gate .
has out 'findings.high'
git revert --no-edit HEAD >/dev/null
# A failing test.
rm -rf .sluice/evidence && sed -i 's/0644/0600/' sluice-test.yaml && git commit -q -am test
expect 1 "$sluice" gate .
git revert --no-edit HEAD >/dev/null

# Evidence that was changed on disk: the verdict cannot be allow.
rm -rf .sluice/evidence
expect 0 "$sluice" gate .
find .sluice/evidence/blobs -type f | while read -r blob; do printf 'x' >>"$blob"; done
got=0; "$sluice" gate --stage production . >"$work/out" 2>&1 || got=$?
[ "$got" != 0 ] || die "spoiled evidence was accepted"

# A spoiled image is refused.
rm -rf .sluice/evidence
layer=$(ls -S out/image/blobs/sha256 | head -n 1)
printf 'x' >>"out/image/blobs/sha256/$layer"
expect 1 "$sluice" gate .
