#!/bin/sh
# Command and service tests in the embedded sandbox, against the same steps by podman. Prints medians; decides nothing.
#   bench/sandbox.sh SLUICE [RUNS]
set -eu
sluice=$(realpath "$1")
runs=${2:-20}
here=$(cd "$(dirname "$0")/.." && pwd)
work=/tmp/sluice-bench-$$ # podman makes a reference of the folder's name
mkdir -m 700 "$work"
trap 'rm -rf "$work"' EXIT
. "$here/tests/containers/images.sh"
cd "$work"

cat >server.c <<'C'
#include <signal.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/socket.h>
static void end(int number) { (void)number; _exit(0); }
int main(void) {
  static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nhi\n";
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(8080)};
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  signal(SIGTERM, end);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 8) != 0) return 1;
  for (;;) {
    char buffer[4096];
    int client = accept(listener, 0, 0);
    if (client >= 0 && read(client, buffer, sizeof buffer) > 0 && write(client, answer, sizeof answer - 1) < 0) return 2;
    close(client);
  }
}
C
cc -O1 -static -o server server.c
new_root
add /bin/true
cp server "$image_root/server"
finish app '{"Entrypoint":["/server"],"ExposedPorts":{"8080/tcp":{}}}'

commands() { # N command tests
  printf 'version: 1\ntests:\n'
  for i in $(seq "$1"); do printf '  - {kind: command, name: t%s, command: [%s]}\n' "$i" /bin/true; done
}
commands 1 >one.yaml
commands 21 >many.yaml
printf 'version: 1\nrun: {network: loopback}\nready: {tcp: 8080}\nstop: {within: 2s}\ntests:\n  - {kind: http, name: answers, port: 8080}\n' >service.yaml
{
  printf 'version: 1\ntests:\n'
  for i in $(seq 22); do printf '  - {kind: file, name: f%s, path: /etc/passwd, content: {include: [root]}}\n' "$i"; done
} >static.yaml
printf 'version: 1\ntests:\n  - {kind: metadata, name: m, entrypoint: [/server]}\n' >nothing.yaml
printf 'version: 1\ntests:\n  - {kind: file, name: f, path: /etc/passwd}\n' >index.yaml

# median NAME COMMAND…: milliseconds
median() {
  name=$1
  shift
  for _ in $(seq "$runs"); do
    begun=$(date +%s%N)
    "$@" >/dev/null 2>&1 || { echo "$name: failed: $*" >&2; exit 1; }
    echo $((($(date +%s%N) - begun) / 1000))
  done | sort -n | awk -v name="$name" '{ t[NR] = $1 } END { m = t[int((NR + 1) / 2)]; printf "%-58s %8.1f ms  (min %.1f)\n", name, m / 1000, t[1] / 1000; print m > "/dev/stderr" }' 2>last
  eval "$(echo "$name" | tr -c 'a-z\n' _ | cut -c1-12)=$(cat last)"
}
value() { cat last; }

median "start, one metadata test, no container" "$sluice" test --spec nothing.yaml app; nothing=$(value)
median "one command test, whole command" "$sluice" test --spec one.yaml app; one=$(value)
median "21 command tests, whole command" "$sluice" test --spec many.yaml app; many=$(value)
median "service: start, ready, http, stop, whole command" "$sluice" test --spec service.yaml app; service=$(value)
median "one file test: start and layer index" "$sluice" test --spec index.yaml app; index=$(value)
median "22 file tests" "$sluice" test --spec static.yaml app; static=$(value)
awk -v nothing="$nothing" -v one="$one" -v many="$many" -v service="$service" -v index_="$index" -v static="$static" 'BEGIN {
  printf "a command test (one, less start-up)                        %8.1f ms\n", (one - nothing) / 1000
  printf "each further command test                                  %8.1f ms\n", (many - one) / 20000
  printf "a service test with ready and stop (less start-up)         %8.1f ms\n", (service - nothing) / 1000
  printf "22 static assertions, after the index                      %8.1f ms\n", (static - index_) / 1000 }'
tool=""
for flags in "" "--cgroup-manager=cgroupfs --runtime runc --log-level=error"; do
  command -v podman >/dev/null || break
  # shellcheck disable=SC2086
  id=$(podman $flags pull -q "oci:$work/app" 2>/dev/null) || continue
  limits="--ulimit nofile=1024:1024 --ulimit nproc=1024:1024"
  # shellcheck disable=SC2086
  podman $flags run --rm --network none $limits --entrypoint /bin/true "$id" >/dev/null 2>&1 && tool="podman $flags" && break
done
[ -n "$tool" ] || { echo "SKIPPED podman: it cannot run a container here"; exit 0; }
# shellcheck disable=SC2086
median "podman run --rm, one command" $tool run --rm --network none $limits --entrypoint /bin/true "$id"; by_podman=$(value)
cat >steps.sh <<E2
set -e
c=\$($tool run -d --network none $limits $id)
until $tool exec \$c /bin/true; do :; done
$tool stop -t 2 \$c
$tool logs \$c
$tool rm -f \$c
E2
median "podman: run -d, exec, stop, logs, rm" sh steps.sh; steps=$(value)
awk -v one="$one" -v service="$service" -v by="$by_podman" -v steps="$steps" 'BEGIN {
  printf "podman / embedded, whole commands: command test %.1f, service %.1f\n", by / one, steps / service }'
# shellcheck disable=SC2086
$tool rmi -f "$id" >/dev/null 2>&1 || true
