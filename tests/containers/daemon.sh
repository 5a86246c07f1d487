# Sourced: an engine's daemon of our own, in a folder of its own.
daemon=""
end_daemon() {
  if [ -n "$daemon" ]; then
    kill "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
    daemon=""
  fi
}

# await_daemon LOG CLIENT…: until the client's command succeeds. 1, with the reason in $problem, if it does not.
await_daemon() {
  log=$1
  shift
  tries=0
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    kill -0 "$daemon" 2>/dev/null || { problem="the daemon ended: $(tail -n 1 "$log")"; return 1; }
    [ "$tries" -lt 100 ] || { problem="the daemon does not answer: $(tail -n 1 "$log")"; return 1; }
    sleep 0.2
  done
}

# start_dockerd FOLDER: no bridge, no firewall rules; DOCKER_HOST is its socket. As await_daemon.
start_dockerd() {
  [ "$(id -u)" = 0 ] || { problem="a daemon needs root"; return 1; }
  command -v dockerd >/dev/null || { problem="dockerd is not installed"; return 1; }
  command -v docker >/dev/null || { problem="docker is not installed"; return 1; }
  mkdir -p "$1"
  dockerd --iptables=false --ip6tables=false --bridge=none --data-root "$1/root" --exec-root "$1/exec" \
    -H "unix://$1/docker.sock" -p "$1/pid" >"$1/log" 2>&1 &
  daemon=$!
  export DOCKER_HOST="unix://$1/docker.sock"
  await_daemon "$1/log" docker info
}
