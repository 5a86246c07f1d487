#!/bin/sh
# The hardening loop on clean images made from this machine's own programs: each must come out with a verified
# profile, twice the same, and the program must still run under it by podman, where that is installed.
#   closed_loop_test.sh SLUICE [IMAGE…]      IMAGE: only these
# An image whose program is missing is skipped, counted and named; so is podman.
set -u
sluice=$(realpath "$1")
shift
only=${*:-}
here=$(cd "$(dirname "$0")" && pwd)
# A name in small letters: podman makes a reference of it.
work=/tmp/sluice-containers-$$
mkdir -m 700 "$work" || exit 1
trap 'rm -rf "$work"' EXIT
. "$here/images.sh"
cd "$work" || exit 1

# In files: images are made in pipelines, whose variables are lost.
skip() { echo "$1" >>"$work/skipped"; echo "SKIPPED $1: $2"; }
bad() { echo "$1" >>"$work/failed"; echo "FAILED $1: $2"; }
count() { if [ -e "$work/$1" ]; then wc -l <"$work/$1" | tr -d ' '; else echo 0; fi; }

# The other engines that can run a container here: each must run the tests under the set as well.
others=""
for engine in runc podman docker nerdctl; do
  if "$sluice" doctor 2>/dev/null | grep -q "^yes *engine\.$engine "; then
    others="$others --verify-engine $engine"
  else
    echo "SKIPPED engine $engine: $("$sluice" doctor 2>/dev/null | sed -n "s/^no *engine\.$engine *//p")"
  fi
done

# try NAME: $work/NAME is the image and NAME.yaml the tests
try() {
  name=$1
  begun=$(date +%s%N)
  if ! "$sluice" test --spec "$name.yaml" --generate "$name.out" "$name" >"$name.log" 2>&1; then
    bad "$name" "the profile is not verified"
    sed 's/^/    /' "$name.log"
    return
  fi
  took=$((($(date +%s%N) - begun) / 1000000))
  echo "$took" >>"$work/times"
  grep -q '"verified": true' "$name.out/hardening.json" || { bad "$name" "hardening.json says nothing of verified"; return; }
  # shellcheck disable=SC2086
  "$sluice" test --spec "$name.yaml" --generate "$name.again" $others "$name" >"$name.log2" 2>&1
  if ! cmp -s "$name.out/seccomp.json" "$name.again/seccomp.json"; then
    bad "$name" "two runs gave two profiles: $(diff "$name.out/seccomp.json" "$name.again/seccomp.json" | tr '\n' ' ')"
    return
  fi
  if grep -q '^  by .*not verified' "$name.log2"; then
    bad "$name" "$(grep '^  by .*not verified' "$name.log2" | tr '\n' ' ')"
    return
  fi
  echo "$name" >>"$work/passed"
  echo "ok $name: $took ms, $(sed -n 's/^  system calls *//p' "$name.log")"
}

wanted() {
  [ -z "$only" ] && return 0
  case " $only " in *" $1 "*) return 0 ;; *) return 1 ;; esac
}

# image NAME CONFIG PATH…, with the tests on stdin
image() {
  name=$1 config=$2
  shift 2
  cat >"$name.yaml"
  wanted "$name" || return 0
  new_root
  mkdir -p "$image_root/bin"
  for path in "$@"; do
    case $path in
      tree:*) add_tree "${path#tree:}" || { skip "$name" "no ${path#tree:}"; return 0; } ;;
      dir:*) mkdir -p "$image_root${path#dir:}" && chmod 777 "$image_root${path#dir:}" ;;
      file:*) mkdir -p "$image_root$(dirname "${path#file:}")" && cp "$work/$(basename "${path#file:}")" "$image_root${path#file:}" ;;
      owned:*) mkdir -p "$image_root${path#owned:}" && cp -a "$work/$(basename "${path#owned:}")/." "$image_root${path#owned:}/" &&
        chown 1000:1000 "$image_root${path#owned:}" && chmod 700 "$image_root${path#owned:}" && keep_owners=1 ;;
      link:*) ln -s "$(echo "${path#link:}" | cut -d= -f2)" "$image_root$(echo "${path#link:}" | cut -d= -f1)" ;;
      *) add "$path" || { skip "$name" "no $path"; return 0; } ;;
    esac
  done
  finish "$name" "$config"
  try "$name"
}

command_spec() { # PROGRAM… as a YAML list, and a pattern
  printf 'version: 1\nrun: {read_only: false}\ntests:\n'
  printf '  - {kind: command, name: runs, command: %s, stdout: {include: ["%s"]}}\n' "$1" "$2"
}
service_spec() { # PORT, more lines
  printf 'version: 1\nrun: {network: loopback, read_only: false}\nready: {tcp: %s, timeout: 10s}\nstop: {within: 3s}\ntests:\n' "$1"
  printf '  - {kind: port, name: listens, port: %s}\n' "$1"
}
http_spec() { # PORT, a text of the body
  service_spec "$1"
  printf '  - {kind: http, name: answers, port: %s, content: {contains: [%s]}}\n' "$1" "$2"
}

cat >hello.c <<'C'
#include <stdio.h>
int main(void) { puts("hello from C"); return 0; }
C
cat >server.c <<'C'
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/socket.h>
static void end(int number) { (void)number; _exit(0); }
int main(void) {
  static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nhi\n";
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(8080)};
  int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
  signal(SIGTERM, end);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 8) != 0) return 1;
  for (;;) {
    char buffer[4096];
    int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    if (read(client, buffer, sizeof buffer) > 0 && write(client, answer, sizeof answer - 1) < 0) return 2;
    close(client);
  }
}
C
if command -v cc >/dev/null; then
  cc -O1 -static -o hello hello.c && cc -O1 -static -o server server.c
fi
if [ -x "$work/hello" ]; then
  command_spec '[/hello]' 'hello from C' | image static-c '{"Entrypoint":["/hello"]}' file:/hello
  http_spec 8080 hi | image static-server '{"Entrypoint":["/server"],"ExposedPorts":{"8080/tcp":{}}}' file:/server
else
  skip static-c "no C compiler"
  skip static-server "no C compiler"
fi

command_spec '[/bin/sh, -c, "for i in 1 2 3; do echo line $i; done | /bin/cat"]' 'line 3' |
  image sh '{"Cmd":["/bin/sh"],"Env":["PATH=/bin"]}' /bin/dash /bin/cat link:/bin/sh=/bin/dash
command_spec '[/bin/bash, -c, "a=(1 2 3); echo ${#a[@]} > /tmp/n && read n < /tmp/n && echo got $n"]' 'got 3' |
  image bash '{"Cmd":["/bin/bash"],"Env":["PATH=/bin"]}' /bin/bash
command_spec '[/usr/bin/busybox, sh, -c, "busybox seq 9 | busybox sort -r | busybox head -n 1"]' '^9' |
  image busybox '{"Env":["PATH=/usr/bin"]}' /usr/bin/busybox
command_spec '[/usr/bin/sort, -n, /etc/passwd]' 'root' | image coreutils '{}' /usr/bin/sort
command_spec '[/usr/bin/mawk, "BEGIN { for (i = 0; i < 100; ++i) s += i; print s }"]' '^4950' | image awk '{}' /usr/bin/mawk
command_spec '[/usr/bin/openssl, dgst, -sha256, /etc/passwd]' 'SHA' | image openssl '{}' /usr/bin/openssl
command_spec '[/usr/bin/git, --version]' 'git version' | image git '{}' /usr/bin/git
command_spec '[/usr/bin/perl, -MList::Util=sum, -e, "print sum 1..10"]' '^55' |
  image perl '{}' /usr/bin/perl tree:/usr/lib/x86_64-linux-gnu/perl-base
command_spec '[/usr/bin/python3.11, -c, "import json, hashlib; print(json.dumps([1, 2]))"]' '1, 2' |
  image python '{}' /usr/bin/python3.11 tree:/usr/lib/python3.11
http_spec 8080 passwd |
  image python-http '{"Entrypoint":["/usr/bin/python3.11","-c","import http.server, signal, sys; signal.signal(signal.SIGTERM, lambda *a: sys.exit(0)); http.server.test(http.server.SimpleHTTPRequestHandler, port=8080)"],"WorkingDir":"/etc"}' \
    /usr/bin/python3.11 tree:/usr/lib/python3.11
node=$(realpath "$(command -v node || echo /nowhere)" 2>/dev/null)
command_spec '[/node, -e, "console.log([1,2,3].map(x => x * 2).join())"]' '2,4,6' >node.spec
cat >http.js <<'J'
process.on('SIGTERM', () => process.exit(0));
require('http').createServer((q, r) => r.end('hi from node\n')).listen(8080);
J
if [ -x "$node" ]; then
  image node '{}' "$node" "link:/node=$node" <node.spec
  http_spec 8080 'hi from node' |
    image node-http "{\"Entrypoint\":[\"$node\",\"/http.js\"]}" "$node" file:/http.js
else
  skip node "no node"
  skip node-http "no node"
fi

cat >nginx.conf <<'N'
daemon off;
worker_processes 1;
pid /tmp/nginx.pid;
error_log /dev/stderr;
events { worker_connections 64; }
http {
  access_log off;
  server { listen 8080; location / { return 200 "hi from nginx\n"; } }
}
N
http_spec 8080 'hi from nginx' | sed 's/loopback, /loopback, user: app, /' |
  image nginx '{"Entrypoint":["/usr/sbin/nginx","-c","/nginx.conf"],"StopSignal":"SIGQUIT"}' /usr/sbin/nginx file:/nginx.conf \
    dir:/var/lib/nginx dir:/var/log/nginx
service_spec 6379 |
  image redis '{"Entrypoint":["/usr/bin/redis-server","--save","","--dir","/tmp"]}' /usr/bin/redis-server
postgres=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
if [ -x "$postgres/postgres" ]; then
  version=$(basename "$(dirname "$postgres")")
  cat >start.sh <<'P'
#!/bin/sh
exec /usr/lib/postgresql/*/bin/postgres -D /data -c listen_addresses=127.0.0.1 -c unix_socket_directories=/tmp -c fsync=off
P
  chmod 755 start.sh
  # A cluster that is there already: its owner must be who runs it.
  mkdir data && chown 1000:1000 data && chmod 711 "$work"
  if setpriv --reuid 1000 --regid 1000 --clear-groups env LC_ALL=C TZ=UTC "$postgres/initdb" --no-locale -D "$work/data" -A trust -U app --no-sync >initdb.log 2>&1; then
    service_spec 5432 | sed 's/loopback, /loopback, user: app, /; s/^stop: .*/stop: {signal: INT, within: 5s}/' |
      image postgres '{"Entrypoint":["/start.sh"],"Env":["PATH=/bin:/usr/bin"]}' "tree:/usr/lib/postgresql/$version" \
        "tree:/usr/share/postgresql/$version" /bin/dash link:/bin/sh=/bin/dash "$postgres/postgres" owned:/data \
        file:/start.sh /usr/share/zoneinfo/UTC tree:/usr/share/zoneinfo/Etc
  else
    skip postgres "no database cluster can be made: $(tail -n 1 initdb.log)"
  fi
else
  skip postgres "no postgres"
fi

echo "closed loop: $(count passed) verified (slowest $(sort -n times 2>/dev/null | tail -n 1) ms), $(count failed) failed, $(count skipped) skipped"
[ "$(count failed)" = 0 ] || exit 1
[ "$(count passed)" -gt 0 ] || exit 77
