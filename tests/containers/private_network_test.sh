#!/bin/sh
# `network: private` from the command line: a service finds its database by name, what the file does not name does not
# exist, nothing leaves, and all of it is in the trace.
#   private_network_test.sh SLUICE
. "$(dirname "$0")/../e2e/lib.sh"
. "$here/images.sh"
"$sluice" doctor | grep -Eq '^yes *tier *(root|userns)' || { echo "SKIPPED: needs a network namespace"; exit 77; }
python=$(readlink -f /usr/bin/python3 2>/dev/null)
[ -x "$python" ] || { echo "SKIPPED: no python3"; exit 77; }
new_root
stdlib=$("$python" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
add "$python" && add_tree "$stdlib" || { echo "SKIPPED: python3 cannot be copied"; exit 77; }
for module in /lib/*/libnss_dns.so.2 /lib/*/libnss_files.so.2 /lib/*/libresolv.so.2; do [ -e "$module" ] && copy "$module"; done
cat >"$image_root/app.py" <<'P'
import socket, sys
for name in sys.argv[1:]:
    try:
        print(name, socket.gethostbyname(name))
    except socket.gaierror:
        print(name, "unknown")
try:
    socket.create_connection(("192.0.2.1", 443), 10)
except OSError as error:
    print("outside", type(error).__name__)
P
finish app "{\"Entrypoint\":[\"$python\",\"/app.py\"],\"Env\":[\"PYTHONDONTWRITEBYTECODE=1\"]}"
cat >t.yaml <<'Y'
version: 1
run:
  network: private
  args: [db, api.internal, evil.example]
  dns: {db: 10.213.0.9, Api.Internal: [10.0.0.1]}
observe: {expect: {dns: [db, api.internal]}}
tests:
  - kind: command
    name: resolves
    entrypoint: true
    stdout: {contains: ["db 10.213.0.9", "api.internal 10.0.0.1", evil.example unknown, outside]}
Y
expect 1 "$sluice" test --spec t.yaml --trace trace.json app
has out "looked up evil.example"
grep -q '"hostname": "api.internal"' trace.json || die "the trace lacks a name"
grep -q '192.0.2.1' trace.json || die "the trace lacks the connection"

# Every tier and engine that cannot give it says that it cannot tell: neither passed nor failed.
for engine in runc podman; do
  command -v "$engine" >/dev/null || continue
  expect 4 "$sluice" test --engine "$engine" --observe none --spec t.yaml app
  has out "no private network"
done

# A failure names what the file forgot.
sed 's/evil.example unknown/evil.example 10/; /^observe/d' t.yaml >forgot.yaml
expect 1 "$sluice" test --spec forgot.yaml app
has out 'looked up names that run.dns does not have: "evil.example"'
