#!/bin/sh
# scan --adapter shellcheck: by option and by configuration, and what happens when it cannot be run.
. "$(dirname "$0")/lib.sh"

mkdir src
printf 'FROM debian:12\nRUN for f in $(ls /etc); do \\\n    # a comment\n    echo "$f"; done\n' >src/Dockerfile

# Options.
expect 2 "$sluice" scan --adapter sh src
expect 2 "$sluice" scan --shellcheck /usr/bin/shellcheck src
expect 2 "$sluice" scan --adapter shellcheck --shellcheck bin/shellcheck src
has err "absolute path"

expect 2 "$sluice" scan --fix --adapter shellcheck src

# Not there: never clean.
expect 4 "$sluice" scan --fail-on none --adapter shellcheck --shellcheck /absent/shellcheck --format json src
has out '"analyser": "shellcheck"'
has out '/absent/shellcheck'

# Without the adapter no program is started.
expect 0 "$sluice" scan --fail-on none src
lacks out "shellcheck.SC"

command -v shellcheck >/dev/null || { echo "SKIPPED: shellcheck is not installed (apt-get install shellcheck)"; exit 77; }
expect 0 "$sluice" scan --fail-on none --adapter shellcheck --format json src
has out '"rule": "shellcheck.SC2045"'
has out '"shellcheck:SC2045"'
expect 0 "$sluice" scan --fail-on none --adapter shellcheck --shellcheck "$(command -v shellcheck)" src
has out "shellcheck.SC2045"
printf 'version: 1\nscan:\n  adapters: [shellcheck]\n' >src/sluice.yaml
expect 0 "$sluice" scan --fail-on none src
has out "shellcheck.SC2045"
printf 'version: 1\nscan:\n  adapters: [shellcheck]\n  off: [shellcheck.SC2045]\n' >src/sluice.yaml
expect 0 "$sluice" scan --fail-on none src
lacks out "shellcheck.SC2045"
printf 'version: 1\nscan:\n  adapters: [csh]\n' >src/sluice.yaml
expect 2 "$sluice" scan src
has err "csh"
