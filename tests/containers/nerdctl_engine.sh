#!/bin/sh
# The nerdctl driver for real, with a containerd of our own in a directory of its own.
#   nerdctl_engine.sh TEST_SANDBOX
# Ends with 77 (skipped) where it cannot be started, and says why.
set -u
tests=$1
skip() { echo "SKIPPED: nerdctl: $1"; exit 77; }
[ "$(id -u)" = 0 ] || skip "containerd needs root"
command -v containerd >/dev/null || skip "containerd is not installed"
command -v nerdctl >/dev/null || skip "nerdctl is not installed"
work=$(mktemp -d /tmp/sluice-containerd.XXXXXX)
daemon=""
# shellcheck disable=SC2317 # called by the trap
finish() {
  if [ -n "$daemon" ]; then kill "$daemon" 2>/dev/null; wait "$daemon" 2>/dev/null; fi
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM
cat >"$work/config.toml" <<T
version = 2
root = "$work/root"
state = "$work/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$work/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$work/opt"
T
cat >"$work/nerdctl.toml" <<T
address = "$work/containerd.sock"
namespace = "sluice-test"
data_root = "$work/nerdctl"
cgroup_manager = "cgroupfs"
T
containerd --config "$work/config.toml" >"$work/log" 2>&1 &
daemon=$!
export NERDCTL_TOML="$work/nerdctl.toml"
tries=0
until nerdctl info >"$work/info" 2>&1; do
  tries=$((tries + 1))
  kill -0 "$daemon" 2>/dev/null || skip "containerd ended: $(tail -n 1 "$work/log")"
  [ "$tries" -lt 100 ] || skip "nerdctl does not reach containerd: $(tail -n 1 "$work/info")"
  sleep 0.2
done
"$tests" -tc="engines: nerdctl runs*" || exit 1
left=$(nerdctl ps --all --quiet | wc -l)
names=$(nerdctl images --format '{{.Repository}}' | grep -c '^sluice-')
[ "$left" -eq 0 ] && [ "$names" -eq 0 ] && exit 0
echo "left behind: $left containers, $names images"
exit 1
