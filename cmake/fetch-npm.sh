#!/bin/sh
# fetch-npm.sh SOURCE DEST [PREFETCHED]: the packages of SOURCE/package-lock.json into DEST/node_modules, by `npm ci`
# with scripts off, checked against the lock file's integrity hashes. Idempotent: DEST/.stamp holds the lock's digest.
# With PREFETCHED the packages are copied from PREFETCHED/node_modules (made by `npm ci --ignore-scripts` from the same
# lock file) and no network is used.
set -eu
source=$1 dest=$2 prefetched=${3:-}
want=$(cat "$source/package-lock.json" "$0" | sha256sum | cut -d' ' -f1)
[ -f "$dest/.stamp" ] && [ "$(cat "$dest/.stamp")" = "$want" ] && exit 0

die() { echo "sluice set-up: $1" >&2; exit 3; }
rm -rf "$dest.new"
mkdir -p "$dest.new"
cp "$source/package.json" "$source/package-lock.json" "$dest.new/"
if [ -n "$prefetched" ]; then
  [ -d "$prefetched/node_modules" ] || die "no node_modules folder in $prefetched"
  cp -r "$prefetched/node_modules" "$dest.new/"
else
  command -v npm >/dev/null 2>&1 || die "npm is missing; install it (apt-get install npm) or set SLUICE_PREFETCHED"
  (cd "$dest.new" && npm ci --ignore-scripts --legacy-peer-deps --no-audit --no-fund --loglevel=error >npm.log 2>&1) || {
    tail -n 5 "$dest.new/npm.log" >&2
    die "npm ci failed (full log: $dest.new/npm.log); is a package registry reachable? else set SLUICE_PREFETCHED"
  }
fi
printf '%s' "$want" >"$dest.new/.stamp"
rm -rf "$dest"
mv "$dest.new" "$dest"
