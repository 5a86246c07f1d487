#!/bin/sh
# sluice scan: exit statuses, formats, suppressions, and the same output for any number of jobs.
. "$(dirname "$0")/lib.sh"

mkdir -p src/app
printf 'FROM debian:12\nRUN curl -sSL https://example.com/install | sh\n' >src/Dockerfile
printf 'import subprocess\nsubprocess.run(cmd, shell=True)\n' >src/app/run.py
printf 'x = 1\n' >src/app/clean.py

expect 1 "$sluice" scan src
has out "Dockerfile"
has out "python.subprocess-shell-true"
expect 0 "$sluice" scan --exit-zero src
expect 0 "$sluice" scan src/app/clean.py
expect 0 "$sluice" scan --fail-on none src
expect 1 "$sluice" scan --output json=r.json -- src

# The same bytes for any -j (timing aside).
for jobs in 1 2 7; do
  "$sluice" scan --exit-zero --format json -j $jobs src | sed '/"timing"/,$d' >"j$jobs"
done
cmp j1 j2 && cmp j1 j7 || die "the output depends on -j"

# A suppression needs a reason; with one the finding stays in the report.
printf 'import subprocess\nsubprocess.run(cmd, shell=True)  # sluice:ignore python.subprocess-shell-true cmd is a constant\n' >src/app/run.py
expect 0 "$sluice" scan --format json src/app
has out '"status": "suppressed"'
has out 'cmd is a constant'
printf 'import subprocess\nsubprocess.run(cmd, shell=True)  # sluice:ignore python.subprocess-shell-true\n' >src/app/run.py
expect 1 "$sluice" scan --format json src/app
has out '"status": "new"'

# Usage and configuration errors.
expect 2 "$sluice" scan --no-such-flag src
expect 2 "$sluice" scan no/such/folder
expect 2 "$sluice" scan --format nonsense src
expect 2 "$sluice" scan --output sarif src
printf 'version: 1\nscann: {}\n' >src/sluice.yaml
expect 2 "$sluice" scan src
has err 'sluice.yaml:2:1'
has err '"scan"'
rm src/sluice.yaml

# A rule's setting is an error if no rule has that name, and not because no file of its language is there.
mkdir other && printf 'FROM scratch\nUSER 1\n' >other/Dockerfile
printf 'version: 1\nscan: {severity: {python.eval-of-input: low}, off: [python.pickle-load]}\n' >other/sluice.yaml
expect 0 "$sluice" scan --fail-on high other
printf 'version: 1\nscan: {off: [python.pickle-lode]}\n' >other/sluice.yaml
expect 2 "$sluice" scan other
has err 'python.pickle-load'

# A rule that cannot be loaded is not clean.
printf 'rules:\n- id: x\n  languages: [python]\n  severity: ERROR\n  message: m\n  no-such-key: 1\n' >bad.yaml
expect 4 "$sluice" scan --rules bad.yaml src/app/clean.py
has out 'bad.yaml'

# A full disk or a closed pipe must not look like a full report.
if [ -w /dev/full ]; then
  got=0
  "$sluice" scan --exit-zero --format json src >/dev/full 2>err || got=$?
  [ "$got" = 3 ] || die "a report that could not be written exits with $got"
fi
