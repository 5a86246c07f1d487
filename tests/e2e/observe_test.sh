#!/bin/sh
# Observation from the command line: expectations are judged, sins are found, the trace is evidence, and two runs
# give the same sets.
. "$(dirname "$0")/lib.sh"
. "$here/observed_image.sh"

spec() { # PROGRAM
  printf 'version: 1\nobserve: {expect: {exec: [/bin/busybox, /opt/*], listen: [], connect: [], dns: []}}\ntests:\n  - {kind: command, name: runs, command: [%s]}\n' "$1"
}
spec /opt/good >good.yaml
spec /opt/bad >bad.yaml
printf 'version: 1\nobserve: {expect: {exec: [/opt/*]}}\ntests:\n  - {kind: command, name: runs, command: [/opt/good]}\n' >strict.yaml

expect 0 "$sluice" test image --spec good.yaml --trace first.json
has out 'observe: exec'
expect 0 "$sluice" test image --spec good.yaml --trace second.json
for trace in first second; do
  grep -q '"sluice_observed": true' $trace.json || die "not observed"
  # Times and measurements stand apart, at known names.
  sed -E '/"build(Started|Finished)On"/d; /^ *"sluice_measured": \{/,/^ {2}\}/d' $trace.json >$trace.sets
  grep -q '"events"' $trace.sets && die "measurements are not apart"
done
cmp first.sets second.sets || die "two runs differ"
grep -q '"processBinary": "/opt/good"' first.json || die "no program"
grep -q 'file:///etc/app.conf' first.json || die "no file"

# What is expected is not a finding; a place that was not declared is one, of medium weight.
expect 1 "$sluice" test image --spec bad.yaml --format json
has out 'runtime.write-outside'
expect 1 "$sluice" test image --spec strict.yaml
has out 'observe: exec'
has out '/bin/busybox'
# Unasked, nothing is watched and nothing judged.
printf 'version: 1\ntests:\n  - {kind: command, name: runs, command: [/opt/good]}\n' >plain.yaml
expect 0 "$sluice" test image --spec plain.yaml --format json
lacks out 'runtime.'
expect 2 "$sluice" test image --spec plain.yaml --observe sometimes
