#!/bin/sh
# Include direction (docs/architecture.md): which folder may include which, and which folder owns which library.
set -eu
cd "$1"
bad=0
complain() { echo "$1" >&2; bad=1; }

# folder: folders it may include besides itself, base and sluice (the public types)
allowed() {
  case $1 in
    base|git|image|vuln|attest|remote|policy|report|ci|syntax) echo "" ;;
    sandbox) echo "image" ;;
    store) echo "remote" ;;
    record) echo "attest" ;;
    rules) echo "syntax" ;;
    checks) echo "syntax rules" ;;
    scan) echo "syntax rules checks" ;;
    explain) echo "checks scan report" ;;
    cli) echo "syntax rules checks scan git image vuln sandbox attest remote store record policy report explain ci cli" ;;
    *) echo "" ; complain "src/$1: folder is not in the table of tests/style/check-includes.sh" ;;
  esac
}
for folder in src/*/; do
  name=$(basename "$folder")
  may=" base sluice embedded registry $name $(allowed "$name") "
  for pair in $(grep -rnoE '#include "[a-z_]+/' "$folder" --include='*.h' --include='*.cpp' |
                sed -E 's/^([^:]+):([0-9]+):#include "([a-z_]+)\/$/\1:\2=\3/'); do
    case "$may" in *" ${pair#*=} "*) ;; *) complain "${pair%=*}: $name must not include ${pair#*=}/" ;; esac
  done
done
# policy and report know only the public types and base: covered above. The public types know base only.
for line in $(grep -rnoE '#include "[a-z_]+/' include 2>/dev/null | grep -vE '"(sluice|base)/' | cut -d: -f1,2); do
  complain "$line: public types include base only"
done
# library header pattern | owner folder(s)
while IFS='|' read -r pattern owners; do
  [ -n "$pattern" ] || continue
  for line in $(grep -rnE "#include <($pattern)" src include --include='*.h' --include='*.cpp' | cut -d: -f1,2 || true); do
    ok=0
    for owner in $owners; do case $line in src/$owner/*) ok=1 ;; esac; done
    [ "$ok" = 1 ] || complain "$line: <$pattern is owned by src/$owners"
  done
done <<TABLE
boost/|base
libfyaml|base
tree_sitter/|syntax
re2/|rules
pcre2|rules
openssl/|attest
git2|git
zlib|image
zstd|image
seccomp\\.h|sandbox scan
curl/|remote
CLI/|cli
regex>|nobody: std::regex is banned
TABLE
exit $bad
