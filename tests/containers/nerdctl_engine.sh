#!/bin/sh
# The nerdctl driver for real, with a containerd of our own in a directory of its own.
#   nerdctl_engine.sh TEST_SANDBOX
# Ends with 77 (skipped) where it cannot be started, and says why.
set -u
tests=$1
. "$(dirname "$0")/daemon.sh"
skip() { echo "SKIPPED: nerdctl: $1"; exit 77; }
[ "$(id -u)" = 0 ] || skip "containerd needs root"
command -v containerd >/dev/null || skip "containerd is not installed"
command -v nerdctl >/dev/null || skip "nerdctl is not installed"
work=$(mktemp -d /tmp/sluice-containerd.XXXXXX)
trap 'end_daemon; rm -rf "$work"' EXIT
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
await_daemon "$work/log" nerdctl info || skip "$problem"
"$tests" -tc="engines: nerdctl runs*" || exit 1
left=$(nerdctl ps --all --quiet | wc -l)
names=$(nerdctl images --format '{{.Repository}}' | grep -c '^sluice-')
[ "$left" -eq 0 ] && [ "$names" -eq 0 ] && exit 0
echo "left behind: $left containers, $names images"
exit 1
