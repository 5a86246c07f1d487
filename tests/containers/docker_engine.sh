#!/bin/sh
# The docker driver for real, with a daemon of our own in a directory of its own: no bridge, no firewall rules.
#   docker_engine.sh TEST_SANDBOX
# Ends with 77 (skipped) where no daemon can be started, and says why.
set -u
tests=$1
skip() { echo "SKIPPED: docker: $1"; exit 77; }
[ "$(id -u)" = 0 ] || skip "a daemon needs root"
command -v dockerd >/dev/null || skip "dockerd is not installed"
command -v docker >/dev/null || skip "docker is not installed"
work=$(mktemp -d /tmp/sluice-dockerd.XXXXXX)
daemon=""
# shellcheck disable=SC2317 # called by the trap
finish() {
  if [ -n "$daemon" ]; then kill "$daemon" 2>/dev/null; wait "$daemon" 2>/dev/null; fi
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM
dockerd --iptables=false --ip6tables=false --bridge=none --data-root "$work/root" --exec-root "$work/exec" \
  -H "unix://$work/docker.sock" -p "$work/pid" >"$work/log" 2>&1 &
daemon=$!
export DOCKER_HOST="unix://$work/docker.sock"
tries=0
until docker info >/dev/null 2>&1; do
  tries=$((tries + 1))
  kill -0 "$daemon" 2>/dev/null || skip "dockerd ended: $(tail -n 1 "$work/log")"
  [ "$tries" -lt 100 ] || skip "dockerd does not answer: $(tail -n 1 "$work/log")"
  sleep 0.2
done
"$tests" -tc="engines: docker runs*" || exit 1
left=$(docker ps --all --quiet | wc -l)
names=$(docker images --format '{{.Repository}}' | grep -c '^sluice-')
[ "$left" -eq 0 ] && [ "$names" -eq 0 ] && exit 0
echo "left behind: $left containers, $names images"
exit 1
