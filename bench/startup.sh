#!/bin/sh
# Start-up and one Dockerfile, with hyperfine and peak memory. Prints; decides nothing (times vary with the machine).
#   bench/startup.sh SLUICE
set -eu
sluice=$(realpath "$1")
command -v hyperfine >/dev/null || { echo "install hyperfine (apt-get install hyperfine)" >&2; exit 3; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/Dockerfile" <<'DOCKER'
FROM debian:12
RUN apt-get update && apt-get install -y curl && curl -sSL https://example.com/install | sh
COPY . /app
CMD ["/app/run"]
DOCKER
cd "$work"
hyperfine -N --warmup 5 --runs 50 "$sluice version" "$sluice scan --exit-zero Dockerfile" 2>/dev/null |
  grep -E 'Benchmark|Time|Range'
for command in "version" "scan --exit-zero Dockerfile"; do
  printf 'peak memory of "%s": ' "$command"
  # shellcheck disable=SC2086
  /usr/bin/env python3 - "$sluice" $command <<'PY' 2>/dev/null || echo "python3 is missing"
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, "MiB")
PY
done
