# A registry on loopback for one test. Sourced after lib.sh. `stop_registries` must be in the test's exit trap.
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY DOCKER_CONFIG REGISTRY_AUTH_FILE 2>/dev/null || true
export HOME="$work"

servers='' seed=$$
stop_registries() { for pid in $servers; do kill "$pid" 2>/dev/null || true; done; }
next_port() {
  seed=$((seed + 1))
  port=$(awk -v seed="$seed" 'BEGIN { srand(seed); print 20000 + int(rand() * 40000) }')
  host=127.0.0.1:$port
}
# Waits until the server just started at $host answers.
wait_for_registry() {
  i=0
  while [ $i -lt 100 ] && kill -0 "$pid" 2>/dev/null; do
    i=$((i + 1))
    if "$sluice" attest tree --plain-http "$host/none/none:none" 2>&1 | grep -Eq 'has no none|answered|tls' &&
        sleep 0.2 && kill -0 "$pid" 2>/dev/null; then
      servers="$servers $pid"; return 0
    fi
    sleep 0.1
  done
  kill "$pid" 2>/dev/null || true
  return 1
}
# serve NAME [lines of configuration below http: and at the top]: starts Debian's docker-registry, sets $host.
serve() {
  attempt=0
  while [ $attempt -lt 20 ]; do
    attempt=$((attempt + 1))
    next_port
    printf 'version: 0.1\nlog: {level: error}\nstorage:\n  filesystem: {rootdirectory: %s/%s}\nhttp:\n  addr: %s\n%s\n' \
      "$work" "$1" "$host" "${2:-}" >"$work/$1.yml"
    docker-registry serve "$work/$1.yml" >"$work/$1.log" 2>&1 &
    pid=$!
    wait_for_registry && return 0
  done
  die "docker-registry does not start"
}
