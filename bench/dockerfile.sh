#!/bin/bash
# Dockerfile analysis beside its peers, each on one core. Prints a Markdown table; decides nothing.
#   bench/dockerfile.sh SLUICE [COUNT]        COUNT files for Sluice (default 5000); peers get the first 500 of them
#
# Needs node, npm, python3 and taskset. The peers come by bench/package-lock.json into a temporary folder, or from
# SLUICE_BENCH_TOOLS (a folder with their node_modules).
set -euo pipefail
here=$(dirname "$(realpath "$0")")
sluice=$(realpath "$1")
count=${2:-5000}
repeat=${SLUICE_BENCH_REPEAT:-5}
cpu=${SLUICE_BENCH_CPU:-$(( $(nproc) - 1 ))}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

node "$here/corpus.js" --out "$work/corpus" --count "$count" >"$work/corpus.json"
tools=${SLUICE_BENCH_TOOLS:-$work/tools}
if [ ! -d "$tools/node_modules" ]; then
  mkdir -p "$tools"
  cp "$here/package.json" "$here/package-lock.json" "$tools/"
  npm ci --ignore-scripts --no-audit --no-fund --prefix "$tools" >"$work/npm.log" 2>&1 || { cat "$work/npm.log" >&2; exit 3; }
fi
tally=$tools/node_modules/@wharflab/tally-linux-x64/bin/tally
dockerfilelint=$tools/node_modules/dockerfilelint/bin/dockerfilelint

cd "$work/corpus"
mapfile -t sample < <(printf '%s\n' */*/Dockerfile | head -n 500)
# dockerfilelint ends the whole run with a TypeError on `HEALTHCHECK NONE` and a few other forms: it gets the files without.
mapfile -t plain < <(grep -LiE '^[[:space:]]*(ONBUILD[[:space:]]+)?HEALTHCHECK' "${sample[@]}")
one=${plain[0]}

# row NAME FILES-IN-RUN COMMAND… : a row of the table; per file the wall time of the run, start-up included.
row() {
  local name=$1 files=$2 result
  shift 2
  result=$(GOMAXPROCS=1 taskset -c "$cpu" python3 "$here/measure.py" "$repeat" "$@")
  python3 - "$name" "$files" "$result" <<'PY'
import json, sys
name, files, result = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
print(f"| {name} | {files} | {result['wall_ms'] / files:.3f} | {result['cpu_ms'] / files:.3f} | "
      f"{result['peak_mib']:.0f} | {result['exit']} |")
PY
}

echo "Corpus: $(cat "$work/corpus.json")"
echo
echo "| program | files in the run | ms a file (wall) | ms a file (CPU) | peak MiB | exit |"
echo "|---|---|---|---|---|---|"
row "sluice scan -j1" "$count" "$sluice" scan -j1 --exit-zero --format json .
row "sluice scan -j1 --profile all" "$count" "$sluice" scan -j1 --profile all --exit-zero --format json .
row "sluice scan -j1" "${#sample[@]}" "$sluice" scan -j1 --exit-zero --format json "${sample[@]}"
row "sluice scan -j1 --profile all" "${#sample[@]}" "$sluice" scan -j1 --profile all --exit-zero --format json "${sample[@]}"
repeat_all=$repeat
repeat=1 # half a minute a run
row "tally, its ShellCheck included" "${#sample[@]}" "$tally" lint --no-config --slow-checks off -f json "${sample[@]}"
repeat=$repeat_all
row "tally without ShellCheck" "${#sample[@]}" "$tally" lint --no-config --slow-checks off --ignore 'shellcheck/*' -f json \
  "${sample[@]}"
row "dockerfilelint" "${#plain[@]}" node "$dockerfilelint" -j "${plain[@]}"
row "sluice, one file" 1 "$sluice" scan -j1 --exit-zero --format json "$one"
row "sluice, one file, --profile all" 1 "$sluice" scan -j1 --profile all --exit-zero --format json "$one"
row "tally, one file" 1 "$tally" lint --no-config --slow-checks off -f json "$one"
row "tally without ShellCheck, one file" 1 "$tally" lint --no-config --slow-checks off --ignore 'shellcheck/*' -f json "$one"
row "dockerfilelint, one file" 1 node "$dockerfilelint" -j "$one"
