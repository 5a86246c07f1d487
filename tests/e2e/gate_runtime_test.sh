#!/bin/sh
# Findings of the run under test in the gate: in the reports, in the signed trace, judged by a control of their own,
# their severity and suppression in sluice.yaml. A run that was not watched never passes.
. "$(dirname "$0")/lib.sh"
mkdir case && cd case
. "$here/observed_image.sh"

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
