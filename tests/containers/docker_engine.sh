#!/bin/sh
# The docker driver for real, with a daemon of our own in a directory of its own: no bridge, no firewall rules.
#   docker_engine.sh TEST_SANDBOX
# Ends with 77 (skipped) where no daemon can be started, and says why.
set -u
tests=$1
skip() { echo "SKIPPED: docker: $1"; exit 77; }
. "$(dirname "$0")/daemon.sh"
work=$(mktemp -d /tmp/sluice-dockerd.XXXXXX)
trap 'end_daemon; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
start_dockerd "$work" || skip "$problem"
"$tests" -tc="engines: docker runs*" || exit 1
left=$(docker ps --all --quiet | wc -l)
names=$(docker images --format '{{.Repository}}' | grep -c '^sluice-')
[ "$left" -eq 0 ] && [ "$names" -eq 0 ] && exit 0
echo "left behind: $left containers, $names images"
exit 1
