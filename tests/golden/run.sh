#!/bin/sh
# Golden outputs: every CASE/command (one command line a file, run in CASE/input, `sluice` being the binary) must print
# CASE/expected, byte for byte; numbers of "timing" and the version are cut out. UPDATE_GOLDEN=1 rewrites them, and the
# accepting run fails, so that it cannot be taken for a pass.
set -eu
sluice_binary=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
actual=$(mktemp)
trap 'rm -f "$actual"' EXIT
sluice() { "$sluice_binary" "$@"; }
unset GITHUB_ACTIONS GITLAB_CI 2>/dev/null || true
bad=0 count=0
for command in "$here"/*/*.command; do
  case_folder=$(dirname "$command")
  expected=${command%.command}.expected
  (cd "$case_folder/input" && . "$command" 2>&1; echo "exit status $?") |
    sed -E 's/"(version|semanticVersion)": "[0-9.]+"/"\1": "VERSION"/; /^  "timing": \{/,/^  \}/d' >"$actual"
  count=$((count + 1))
  if [ -n "${UPDATE_GOLDEN:-}" ]; then
    cp "$actual" "$expected"
    bad=1
  elif ! diff -u "$expected" "$actual"; then
    echo "differs: $command (UPDATE_GOLDEN=1 accepts the new output)" >&2
    bad=1
  fi
done
[ "$count" -gt 0 ] || { echo "no golden case found" >&2; exit 1; }
exit $bad
