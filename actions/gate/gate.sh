#!/usr/bin/env bash
# The step of actions/gate: a thin shell over `sluice gate`. All foreign text is printed while the runner's command
# parser is stopped; only annotations, which sluice escapes, are printed while it listens.
set -euo pipefail

fail() { echo "sluice: $1" >&2; exit 3; }

binary=$(command -v -- "$SLUICE_BINARY") || fail "no binary \"$SLUICE_BINARY\"; install sluice or set the input 'sluice'"
if [ -n "${SLUICE_BINARY_SHA256:-}" ]; then
  have=$(sha256sum -- "$binary" | cut -d' ' -f1)
  [ "$have" = "$SLUICE_BINARY_SHA256" ] || fail "the binary's SHA-256 is $have, not the one that was pinned"
fi

mkdir -p -- "$SLUICE_REPORTS"
arguments=(gate --output "sarif=$SLUICE_REPORTS/sluice.sarif" --output "json=$SLUICE_REPORTS/sluice.json"
  --output "junit=$SLUICE_REPORTS/sluice.junit.xml" --output "github=$SLUICE_REPORTS/annotations.txt"
  --output "markdown=$SLUICE_REPORTS/summary.md")
[ -z "${SLUICE_CONFIG:-}" ] || arguments+=(--config "$SLUICE_CONFIG")
for stage in ${SLUICE_STAGES:-}; do arguments+=(--stage "$stage"); done
arguments+=(-- "$SLUICE_PATH")

# Reports of an earlier run must not be taken for this one's.
rm -f -- "$SLUICE_REPORTS"/{sluice.sarif,sluice.json,sluice.junit.xml,annotations.txt,summary.md}
token=$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$token"
status=0
"$binary" "${arguments[@]}" || status=$?
echo
echo "::$token::"

[ ! -f "$SLUICE_REPORTS/annotations.txt" ] || cat -- "$SLUICE_REPORTS/annotations.txt"
if [ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ -f "$SLUICE_REPORTS/summary.md" ]; then
  cat -- "$SLUICE_REPORTS/summary.md" >>"$GITHUB_STEP_SUMMARY"
fi

case $status in
  0) outcome=allow ;;
  1) outcome=deny ;;
  4) outcome=indeterminate ;;
  5) outcome=waiting ;;
  *) outcome=error ;;
esac
if [ -n "${GITHUB_OUTPUT:-}" ]; then
  # A random mark, so that no value can end its own block and set another output.
  {
    printf 'outcome<<%s\n%s\n%s\n' "$token" "$outcome" "$token"
    printf 'exit-status<<%s\n%s\n%s\n' "$token" "$status" "$token"
    printf 'sarif<<%s\n%s\n%s\n' "$token" "$SLUICE_REPORTS/sluice.sarif" "$token"
  } >>"$GITHUB_OUTPUT"
fi
exit "$status"
