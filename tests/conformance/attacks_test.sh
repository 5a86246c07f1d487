#!/bin/sh
# Every attack in docs/threat-model.md names what holds it: a vector that is there and expects the code that the
# list tells, or a test that is there and, if the list tells a code, names it.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n 's/^| .* | `\([^`]*\)` | *`\{0,1\}\([^`|]*[^`| ]\)\{0,1\}`\{0,1\} *|$/\1	\2/p' "$root/docs/threat-model.md" >"$work/rows"
wrong=0
while IFS='	' read -r holds code; do
  case $holds in
  test:*)
    files=$(grep -rlF -- "${holds#test: }" "$root/tests/unit" "$root/tests/e2e" "$root/tests/registry") || files=
    [ -n "$files" ] || { echo "no such test: ${holds#test: }"; wrong=1; continue; }
    [ -z "$code" ] || grep -qF -- "\"$code\"" $files || { echo "${holds#test: } does not name $code"; wrong=1; }
    ;;
  *)
    file=$root/tests/conformance/${holds%%/*}/cases/${holds#*/}.json
    grep -qF -- "\"expect\": \"$code\"" "$file" || { echo "$holds does not expect $code"; wrong=1; }
    ;;
  esac
done <"$work/rows"
count=$(wc -l <"$work/rows")
echo "$count attacks"
[ "$wrong" = 0 ] && [ "$count" -ge 110 ] && [ "$count" = "$(grep -c '^| .* | `' "$root/docs/threat-model.md")" ]
