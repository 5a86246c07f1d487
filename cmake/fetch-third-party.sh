#!/bin/sh
# Fetches the tree-sitter core and grammars into build/third_party and drops what is no source (prebuilt binaries above
# all). SLUICE_PREFETCHED=DIR takes the packages from DIR/grammars (and, for tests, DIR/interop) with no network.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$root/build"
"$root/cmake/fetch-npm.sh" "$root" "$root/build/third_party" "${SLUICE_PREFETCHED:+$SLUICE_PREFETCHED/grammars}"
cd "$root/build/third_party"
[ ! -f .pruned ] || [ "$(cat .pruned)" != "$(cat .stamp)" ] || exit 0
for dir in node_modules/tree-sitter* node_modules/@tree-sitter-grammars/*; do
  rm -rf "$dir/prebuilds" "$dir/bindings" "$dir/node_modules" "$dir/queries"
  rm -f "$dir"/*.wasm
done
rm -rf node_modules/.bin node_modules/node-addon-api node_modules/node-gyp-build
cp .stamp .pruned
