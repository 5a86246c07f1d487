#!/bin/sh
# A repository with SHA-256 object ids goes through the gate like any other: its record, its signatures, its range.
. "$(dirname "$0")/lib.sh"
command -v ssh-keygen >/dev/null || { echo "skipped: ssh-keygen is not installed"; exit 77; }
mkdir repository && cd repository
git init -q -b main --object-format=sha256 . || { echo "skipped: this git makes no SHA-256 repositories"; exit 77; }
git config user.name dev && git config user.email dev@example.com
git remote add origin https://me:secret@git.example/app
ssh-keygen -q -t ed25519 -N '' -C dev -f "$work/dev"
git config gpg.format ssh && git config user.signingkey "$work/dev.pub"
printf 'dev@example.com %s\n' "$(cut -d' ' -f1,2 "$work/dev.pub")" >"$work/signers"
printf 'x = 1\n' >app.py && printf '/.sluice/\ngen/\n' >.gitignore
mkdir gen && printf 'import subprocess\nsubprocess.run(a, shell=True)\n' >gen/tracked.py && git add -f gen/tracked.py
"$sluice" key generate --output .sluice/key --unencrypted >/dev/null
cat >sluice.yaml <<YAML
version: 1
signing: {key: .sluice/key.key, builder: "https://ci.example/b"}
keys: [{name: k, public_key: .sluice/key.pub, roles: [builder, scanner, gate], builder: "https://ci.example/b"}]
source: {allowed_signers: $work/signers, promoted: refs/tags/promoted}
stages:
  - name: staging
    require:
      coverage: {analysers: [python]}
      commits: {verified: range, tag: true}
      provenance: {repository: "https://git.example/app", branch: main}
YAML
git add -A && git commit -q -S -m first && git tag promoted
printf '# two\n' >>app.py && git commit -q -S -am two && git tag -s -m v1 v1
gate() { rm -rf .sluice/evidence; expect "$1" "$sluice" gate .; }
gate 0
has out '1 of 1 commits since the last promoted one are verified'
has out 'v1: signed by dev@example.com'
has out 'built from the source that was scanned'
# What is ignored and yet tracked is scanned, as git's own index says.
got=0; "$sluice" scan --format json . >"$work/out" || true
has out 'gen/tracked.py'
# Findings of an older revision.
expect 0 "$sluice" scan --baseline HEAD .
# A changed file, and a commit that is not signed.
printf 'y = 2\n' >>app.py && gate 1
has out 'work tree differed'
git commit -q --no-gpg-sign -am three && git tag -s -m v2 v2 && gate 1
has out 'it is not signed'
expect 0 "$sluice" verify commit v2 --allowed-signers "$work/signers"
has out 'dev@example.com'
expect 1 "$sluice" verify commit HEAD --allowed-signers "$work/signers"
# Without a git program it is said plainly, and nothing passes.
mkdir "$work/empty"
rm -rf .sluice/evidence
expect 3 env PATH="$work/empty" "$sluice" gate .
has err 'git.program'
echo "sha256 repository: ok"
