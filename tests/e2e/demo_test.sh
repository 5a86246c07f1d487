#!/bin/sh
# The README's demo, whole: the bad commit is denied for each of its faults, the mended one allowed.
. "$(dirname "$0")/lib.sh"
for tool in git cc; do command -v $tool >/dev/null || { echo "no $tool"; exit 77; }; done
expect 0 "$root/examples/hello/demo.sh" "$sluice" "$work/demo"
has out 'DENY staging'
has out 'ALLOW staging'
has out 'ALLOW production'
has out 'cannot write /hello.pid'
has out 'stage    production: allow'
