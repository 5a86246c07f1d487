#!/bin/sh
# Hashing a 1 GB tree of 100,000 files without and with the stat cache, and appends to the ledger. Prints; decides
# nothing.
#   bench/record.sh BUILD/bench/bench_record
set -eu
bench=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 - "$work/tree" <<'PY'
import os, sys
block = os.urandom(10240)
for folder in range(1000):
    path = f"{sys.argv[1]}/{folder % 10}/{folder}"
    os.makedirs(path)
    for file in range(100):
        with open(f"{path}/{file}.o", "wb") as out:
            out.write(folder.to_bytes(4, "big") + file.to_bytes(4, "big") + block)
PY
sleep 3  # files younger than two seconds are never cached
"$bench" tree "$work/tree"
"$bench" ledger 20000 500
"$bench" ledger 200 1
