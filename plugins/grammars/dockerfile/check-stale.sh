#!/bin/sh
# Fails if the generated files are not those of grammar.js. Without a generator it compares the recorded hashes; with the
# right one on PATH (or in $TREE_SITTER) it generates anew and compares the files.
set -eu
cd "$(dirname "$0")"
if ! tail -n +2 generated.stamp | sha256sum --check --quiet --strict; then
  echo "check-stale.sh: grammar.js or a generated file has changed; run plugins/grammars/dockerfile/generate.sh" >&2
  exit 1
fi
generator=${TREE_SITTER:-tree-sitter}
recorded=$(sed -n '1s/^generator //p' generated.stamp)
if ! command -v "$generator" > /dev/null || [ "$("$generator" --version)" != "$recorded" ]; then
  echo "the generated files match the recorded hashes ($recorded is not installed, so they were not generated anew)"
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp grammar.js tree-sitter.json "$work/"
(cd "$work" && "$generator" generate --abi 15)
for file in parser.c grammar.json node-types.json; do
  if ! cmp -s "src/$file" "$work/src/$file"; then
    echo "check-stale.sh: src/$file is not what $recorded makes of grammar.js; run generate.sh" >&2
    exit 1
  fi
done
echo "the generated files are what $recorded makes of grammar.js"
