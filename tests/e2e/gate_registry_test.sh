#!/bin/sh
# The gate and a registry: one job signs and pushes, another one fetches before it decides. What cannot be fetched or
# put is told, and never passes.
. "$(dirname "$0")/lib.sh"
[ -x /usr/bin/docker-registry ] || { echo "skipped: docker-registry is not installed"; exit 77; }
. "$here/registry_lib.sh"
trap 'stop_registries; rm -rf "$work"' EXIT
serve main ''

mkdir repository && cd repository
git init -q -b main . && git config user.name t && git config user.email t@example.com
git remote add origin https://git.example/app
printf 'x = 1\n' >app.py && printf '/.sluice/\n/out/\n/sluice.yaml\n' >.gitignore
mkdir -p out/root && printf 'hello\n' >out/root/hello && chmod 0644 out/root/hello
image=$("$root/examples/hello/build-image.sh" out/root out/image 1000:1000 /hello)
"$sluice" key generate --output "$work/key" --unencrypted >/dev/null
git add -A && git commit -q -m first
config() {
  cat >sluice.yaml <<YAML
version: 1
image: out/image
signing: {key: $work/key.key, builder: "https://ci.example/b"}
keys: [{name: k, public_key: $work/key.pub, roles: [builder, scanner, tester, gate], builder: "https://ci.example/b"}]
$1
stages:
  - {name: staging, require: {findings: {max: {high: 0}}, provenance: {}}}
  - {name: production, require: {verdict: {stage: staging}}}
YAML
}
# A fresh job: nothing is here but the source and the image.
fresh() { rm -rf .sluice; }

# Signed in one job, known in the next.
config "registry: {repository: $host/team/app}" && expect 0 "$sluice" gate .
fresh && config '' && expect 4 "$sluice" gate --stage production .
fresh && config "registry: {repository: $host/team/app, push: false}" && expect 0 "$sluice" gate --stage production .
has out 'ALLOW production'
fresh && config "registry: {repository: $host/team/app, pull: false, push: false}" && expect 4 "$sluice" gate --stage production .
# The verdict of production went nowhere; now it is pushed, and the one after can rest on it.
fresh && config "registry: {repository: $host/team/app}" && expect 0 "$sluice" gate --stage production .
fresh && expect 0 "$sluice" attest pull "$host/team/app@$image" --subject "$image" --store .sluice/copy
"$sluice" attest list --store .sluice/copy >"$work/out"
[ "$(grep -c verification_summary "$work/out")" -ge 2 ] || { cat "$work/out"; die "a verdict was not pushed"; }

# Evidence of a stranger in the registry is fetched, and does not count.
"$sluice" key generate --output "$work/other" --unencrypted >/dev/null
config "registry: {repository: $host/team/strange}" && sed -i "s|key.key|other.key|" sluice.yaml
fresh && expect 4 "$sluice" gate .
config "registry: {repository: $host/team/strange}" && fresh && expect 4 "$sluice" gate --stage production .

# A registry that does not answer: what it has is not known, so even good evidence does not pass …
free=$host && next_port && dead=$host && host=$free
config "registry: {repository: $dead/team/app, push: false}" && fresh && expect 4 "$sluice" gate .
has out 'remote.unreachable'
# … and what cannot be put is told, by a status that does not pass.
config "registry: {repository: $dead/team/app, pull: false}" && fresh && expect 3 "$sluice" gate .
has out 'ALLOW staging'
has err 'not pushed'
expect 3 "$sluice" gate --format json .
has out '"analyser": "registry"'

# A piece that was spoiled in the registry is not passed over.
fresh
grep -rl dsseEnvelope "$work/main" --include=data | while read -r bundle; do
  printf 'x' | dd of="$bundle" bs=1 seek=3 conv=notrunc 2>/dev/null
done
config "registry: {repository: $host/team/app, push: false}" && expect 4 "$sluice" gate --stage production .
has out 'the registry gave bytes of'

# What is no repository is a mistake of the file.
config "registry: {repository: $host/team/app:v1}" && expect 2 "$sluice" gate .
has err 'sluice.yaml:5:'
config "registry: {repositry: $host/team/app}" && expect 2 "$sluice" gate .
echo "gate registry: ok"
