#!/bin/sh
# The pipeline files as a pipeline would read them: well-formed, pinned, no expression inside a script; and the GitLab
# component's jobs run with their inputs filled in.
set -eu
sluice=$(realpath "$1") packages=$2/node_modules
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
[ -d "$packages/yaml" ] || { echo "the yaml package is missing: run cmake/setup.sh tests" >&2; exit 1; }
export NODE_PATH="$packages"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

node "$here/pipelines.js" check "$root"

cd "$work"
git init -q -b main . && git config user.name t && git config user.email t@example.com
printf 'import subprocess\nsubprocess.run(a, shell=True)\n' >app.py && printf '/.sluice/\n' >.gitignore
"$sluice" key generate --output .sluice/key --unencrypted >/dev/null
cat >sluice.yaml <<'YAML'
version: 1
signing: {key: .sluice/key.key, builder: "https://ci.example/b"}
keys: [{name: k, public_key: .sluice/key.pub, roles: [scanner, gate]}]
stages: [{name: staging, require: {findings: {max: {high: 0}}}}]
YAML
git add -A && git commit -q -m first

job() { node "$here/pipelines.js" job "$root/gitlab/templates/gate.yml" "$1" sluice="$sluice" stages=staging >job.sh; sh -eu job.sh; }
job sluice-scan >out 2>&1 || { cat out; echo "the scan job must not fail on findings" >&2; exit 1; }
grep -q '"check_name"' gl-code-quality-report.json || { echo "no code quality report" >&2; exit 1; }
status=0
job sluice-gate >out 2>&1 || status=$?
[ "$status" = 1 ] || { cat out; echo "the gate job exits with $status, expected 1" >&2; exit 1; }
[ -s sluice.junit.xml ] || { echo "no JUnit report" >&2; exit 1; }
