#!/bin/sh
# Generates src/parser.c and its companions from grammar.js, and records from what and with which generator. For
# maintainers: a build needs the committed files only.
set -eu
cd "$(dirname "$0")"
generator=${TREE_SITTER:-tree-sitter}
version=$("$generator" --version)
if [ "$version" != "tree-sitter 0.25.10" ]; then
  echo "generate.sh: this grammar is generated with tree-sitter 0.25.10, not with $version" >&2
  exit 1
fi
"$generator" generate --abi 15
{
  echo "generator $version"
  sha256sum grammar.js src/parser.c src/grammar.json src/node-types.json
} > generated.stamp
