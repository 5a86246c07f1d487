#!/bin/sh
# Our SARIF against Microsoft's validator: the published schema, and GitHub's ingestion rules (Ghas).
set -eu
sluice=$(realpath "$1") packages=$2/node_modules
here=$(cd "$(dirname "$0")" && pwd)
tool=$packages/@microsoft/sarif-multitool-linux/Sarif.Multitool
[ -f "$tool" ] || { echo "the validator is missing: run cmake/setup.sh tests" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$tool" "$work/multitool" 2>/dev/null && chmod u+x "$work/multitool"

cp -r "$here/../golden/scan-sample/input" "$work/input"
(cd "$work/input" && "$sluice" scan --exit-zero --format sarif . >"$work/out.sarif")
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_BUNDLE_EXTRACT_BASE_DIR="$work/dotnet" HOME="$work"
validate() { "$work/multitool" validate "$1" --output "$2" --log ForceOverwrite --rule-kind "Sarif;Ghas" >"$work/log" 2>&1 || true; }
validate "$work/out.sarif" "$work/report.sarif"
[ -s "$work/report.sarif" ] || { cat "$work/log"; echo "the validator made no report" >&2; exit 1; }
node -e '
  const run = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")).runs[0];
  const bad = (run.results || []).filter((r) => (r.level || "warning") === "error");
  for (const r of bad) console.error(r.ruleId, (r.message.text || JSON.stringify(r.message)).slice(0, 300));
  process.exit(bad.length === 0 ? 0 : 1);
' "$work/report.sarif" || { echo "the validator found errors" >&2; exit 1; }

# The validator can fail: a document with a broken region is refused.
sed 's/"startLine": [0-9]*/"startLine": -1/' "$work/out.sarif" >"$work/bad.sarif"
validate "$work/bad.sarif" "$work/bad-report.sarif"
grep -q '"level": "error"' "$work/bad-report.sarif" || { echo "the validator accepts anything" >&2; exit 1; }
