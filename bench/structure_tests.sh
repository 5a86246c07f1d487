#!/bin/sh
# container-structure-test files here, beside the calls that their own program makes for the same tests: with the docker
# driver create, archive and removal for each file test; create, start, wait, logs and removal for each command test.
# Prints the least times of one session; decides nothing.
#   bench/structure_tests.sh SLUICE [RUNS]
#   SLUICE_PEER_CST=…/container-structure-test     adds the program itself, by its docker and tar drivers
# The calls alone are less than the program: they leave out its start, its reading and what it commits for variables.
set -eu
sluice=$(realpath "$1")
runs=${2:-20}
here=$(cd "$(dirname "$0")/.." && pwd)
work=/tmp/sluice-bench-$$
mkdir -m 700 "$work"
. "$here/tests/containers/daemon.sh"
trap 'end_daemon; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
. "$here/tests/containers/images.sh"
cd "$work"
new_root
add /bin/sh /bin/true /bin/echo /bin/cat
copy /etc/os-release
finish app '{"Env":["PATH=/usr/bin:/bin"],"Cmd":["/bin/sh"]}'

head='schemaVersion: 2.0.0'
{
  echo "$head"
  echo 'fileExistenceTests:'
  for i in $(seq 11); do echo "- {name: e$i, path: /etc/passwd, permissions: -rw-r--r--, uid: 0}"; done
  echo 'fileContentTests:'
  for i in $(seq 11); do echo "- {name: c$i, path: /etc/passwd, expectedContents: ['(?m)^root:'], excludedContents: [nothing]}"; done
} >files.yaml
printf '%s\nfileExistenceTests:\n- {name: e, path: /etc/passwd}\n' "$head" >one-file.yaml
printf '%s\nmetadataTest: {cmd: [/bin/sh]}\n' "$head" >metadata.yaml
{
  echo "$head"
  echo 'commandTests:'
  for i in $(seq 5); do echo "- {name: t$i, command: echo, args: [hi], expectedOutput: [hi]}"; done
} >commands.yaml

least=0
# least NAME COMMAND…: microseconds in $least
least() {
  name=$1
  shift
  least=""
  for _ in $(seq "$runs"); do
    begun=$(date +%s%N)
    "$@" >out 2>&1 || { echo "$name: failed: $*" >&2; cat out >&2; exit 1; }
    took=$((($(date +%s%N) - begun) / 1000))
    if [ -z "$least" ] || [ "$took" -lt "$least" ]; then least=$took; fi
  done
  awk -v name="$name" -v t="$least" 'BEGIN { printf "%-62s %9.1f ms\n", name, t / 1000 }'
}
ratio() { awk -v name="$1" -v a="$2" -v b="$3" 'BEGIN { printf "%-62s %9.1f x\n", name, a / b }'; }

least "sluice: start, one metadata test" "$sluice" test --spec metadata.yaml app
least "sluice: one file test (start and layer index)" "$sluice" test --spec one-file.yaml app
index=$least
least "sluice: 22 file tests" "$sluice" test --spec files.yaml app
files=$least
least "sluice: 5 command tests" "$sluice" test --spec commands.yaml app
commands=$least
awk -v a="$files" -v b="$index" 'BEGIN { printf "%-62s %9.2f ms\n", "22 file tests after the index is built", (a - b) / 1000 }'

command -v python3 >/dev/null || { echo "SKIPPED docker: it needs python3"; exit 0; }
start_dockerd "$work/dockerd" || { echo "SKIPPED docker: $problem"; exit 0; }
tar -C "$image_root" --owner=0 --group=0 -cf root.tar .
docker import -c 'ENV PATH=/usr/bin:/bin' -c 'CMD ["/bin/sh"]' root.tar app:1 >/dev/null
cat >calls.py <<'PY'
"""The docker driver's calls, over one connection each, as its client makes them: KIND COUNT."""
import http.client, json, socket, sys

class Docker(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect("docker.sock")

def call(method, path, body=None):
    docker = Docker("d")
    docker.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
    answer = docker.getresponse()
    data = answer.read()
    assert answer.status < 400, data
    return data

def create(**more):
    return json.loads(call("POST", "/containers/create", dict({"Image": "app:1"}, **more)))["Id"]

for _ in range(int(sys.argv[2])):
    if sys.argv[1] == "files":
        container = create(Cmd=["NOOP"])
        call("GET", f"/containers/{container}/archive?path=/etc/passwd")
    else:
        container = create(Cmd=["/bin/echo", "hi"], Entrypoint=[])
        call("POST", f"/containers/{container}/start")
        call("POST", f"/containers/{container}/wait")
        call("GET", f"/containers/{container}/logs?stdout=1&stderr=1")
    call("DELETE", f"/containers/{container}")
PY
least "docker: nothing but the client's start" python3 calls.py files 0
client=$least
least "docker: the calls of 22 file tests" python3 calls.py files 22
ratio "file tests, docker's calls / sluice" "$((least - client))" "$files"
least "docker: the calls of 5 command tests" python3 calls.py commands 5
ratio "command tests, docker's calls / sluice" "$((least - client))" "$commands"
unpack() {
  rm -rf unpacked
  docker save app:1 -o app.tar
  mkdir unpacked
  tar -C unpacked -xf root.tar
}
least "the tar driver's unpacking (docker save and tar -x)" unpack
ratio "one image unpacked / sluice's 22 file tests" "$least" "$files"
[ -n "${SLUICE_PEER_CST:-}" ] || { echo "SKIPPED the program itself: SLUICE_PEER_CST names none"; exit 0; }
least "container-structure-test, docker: 22 file tests" "$SLUICE_PEER_CST" test --image app:1 --config files.yaml
ratio "file tests, container-structure-test by docker / sluice" "$least" "$files"
docker save app:1 -o app.tar
least "container-structure-test, tar: 22 file tests" "$SLUICE_PEER_CST" test --driver tar --image app.tar --config files.yaml
ratio "file tests, container-structure-test by tar / sluice" "$least" "$files"
least "container-structure-test, docker: 5 command tests" "$SLUICE_PEER_CST" test --image app:1 --config commands.yaml
ratio "command tests, container-structure-test by docker / sluice" "$least" "$commands"
