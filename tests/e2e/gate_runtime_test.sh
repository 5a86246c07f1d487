#!/bin/sh
# Findings of the run under test in the gate: in the reports, in the signed trace, judged by a control of their own,
# their severity and suppression in sluice.yaml. A run that was not watched never passes.
. "$(dirname "$0")/lib.sh"
busybox=$(command -v busybox) || { echo "no busybox"; exit 77; }
expect 0 "$sluice" doctor
grep -q 'tier.*none' "$work/out" && { echo "no containers here"; exit 77; }

mkdir case && cd case
mkdir -p image/blobs/sha256 root/bin root/opt root/etc
cp "$busybox" root/bin/busybox
for name in sh cat wget; do ln -s busybox "root/bin/$name"; done
printf '#!/bin/sh\ncat /etc/app.conf\n' >root/opt/good
printf '#!/bin/sh\ncat /etc/app.conf\nwget -h 2>/dev/null\necho x >/opt/new\n' >root/opt/bad
chmod 755 root/opt/good root/opt/bad
echo mode=plain >root/etc/app.conf
tar --sort=name --mtime=@0 --owner=0 --group=0 -C root -cf layer.tar .
blob() { # FILE: stores it, prints its descriptor's end
  digest=$(sha256sum <"$1" | cut -d' ' -f1)
  cp "$1" "image/blobs/sha256/$digest"
  printf '"digest":"sha256:%s","size":%s' "$digest" "$(wc -c <"$1")"
}
layer=$(blob layer.tar)
machine=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
printf '{"architecture":"%s","os":"linux","config":{"User":"1000:1000","Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
  "$machine" "$(sha256sum <layer.tar | cut -d' ' -f1)" >config.json
config=$(blob config.json)
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json",%s},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar",%s}]}' \
  "$config" "$layer" >manifest.json
manifest=$(blob manifest.json)
printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",%s}]}' "$manifest" >image/index.json
echo '{"imageLayoutVersion":"1.0.0"}' >image/oci-layout


spec() { # PROGRAM [unwatched]
  [ -n "${2:-}" ] || observe='observe: {expect: {exec: [/bin/busybox, "/opt/*"]}}'
  [ -z "${2:-}" ] || observe=''
  printf 'version: 1\n%s\ntests:\n  - {kind: command, name: runs, command: [%s]}\n' "$observe" "$1" >sluice-test.yaml
}
"$sluice" key generate --output key --unencrypted >/dev/null
config() {
  limits='max: {high: 0, medium: 0}'
  [ -z "${1:-}" ] || limits=$1
  cat >sluice.yaml <<YAML
version: 1
scan: {paths: [src]}
image: image
tests: [sluice-test.yaml]
signing: {key: key.key, builder: "https://ci.example/b"}
keys: [{name: k, public_key: key.pub, roles: [builder, scanner, tester, gate], builder: "https://ci.example/b"}]
runtime: {${2:-}}
stages:
  - {name: staging, require: {runtime: {$limits}}}
YAML
}
gate() { want=$1; shift; rm -rf .sluice; expect "$want" "$sluice" gate "$@" .; }
mkdir src && printf 'x = 1\n' >src/app.py

config && spec /opt/good && gate 0
has out 'runtime.medium'
spec /opt/bad && gate 1
has out 'allowed 0; the first: runtime.'
gate 1 --format json --output sarif=out.sarif --output markdown=out.md
has out '"rule": "runtime.write-outside"'
grep -q 'runtime.write-outside' out.sarif || die "not in SARIF"
grep -q 'tried to change /opt/new' out.md || { cat out.md; die 'not in Markdown'; }
fingerprint=$(node -e '
  const r = JSON.parse(require("fs").readFileSync(process.argv[1]));
  console.log(r.findings.find((f) => f.rule === "runtime.write-outside").fingerprint);' "$work/out")
rules=$(node -e '
  const r = JSON.parse(require("fs").readFileSync(process.argv[1]));
  console.log([...new Set(r.findings.map((f) => f.rule))].join(" "));' "$work/out")

# Limits, severities and suppressions.
config 'max: {high: 0, medium: 9}' && gate 0
list='' && for rule in $rules; do list="$list $rule: info,"; done
config '' "severity: {${list%,}}" && gate 0
list='' && for rule in $rules; do list="$list {rule: $rule, reason: accepted until the next release},"; done
config '' "suppress: [${list%,}]" && gate 0
gate 0 --format json
has out '"status": "suppressed"'
has out 'accepted until the next release'
config '' "suppress: [{rule: runtime.write-outside, fingerprint: \"$fingerprint\", reason: known}]" && gate 0
config '' 'suppress: [{rule: runtime.write-outside, fingerprint: "00", reason: known}]' && gate 1
config '' 'suppress: [{rule: runtime.downloader, fingerprint: "0000", reason: gone}]' && gate 1 --format json
has out 'fits no finding'
# A suppression without a reason, and a rule that there is not, are mistakes of the file.
config '' 'suppress: [{rule: runtime.downloader, reason: " "}]' && gate 2
config '' 'suppress: [{rule: runtime.downloder, reason: x}]' && gate 2
has err 'runtime.downloader'
has err 'sluice.yaml:7:'

# Not watched: unknown.
config && spec /opt/good unwatched && gate 4
has out 'no runtime-trace evidence'
echo "gate runtime: ok"
