#!/bin/sh
# docs/rules is what `sluice rules --docs` writes.
#   docs_test.sh SLUICE SOURCE-FOLDER
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1" rules --docs "$work" >/dev/null
diff -r "$work" "$2/docs/rules" >"$work.diff" && { rm -f "$work.diff"; exit 0; }
head -n 40 "$work.diff" >&2
rm -f "$work.diff"
echo "docs/rules is stale; make it again: cmake --build BUILD --target docs" >&2
exit 1
