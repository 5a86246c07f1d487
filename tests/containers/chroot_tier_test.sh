#!/bin/sh
# The chroot tier, as inside an unprivileged container: no right to mount or to make namespaces, and a root that is no
# mount point. What it cannot give is not judged: neither passed nor failed.
#   chroot_tier_test.sh SLUICE
. "$(dirname "$0")/../e2e/lib.sh"
. "$here/images.sh"
[ "$(id -u)" = 0 ] || { echo "SKIPPED: needs root"; exit 77; }
unshare -m true 2>/dev/null || { echo "SKIPPED: needs a mount namespace, to set up what the tier then lacks"; exit 77; }
[ -x /bin/busybox ] || { echo "SKIPPED: no /bin/busybox"; exit 77; }
new_root
add /bin/busybox
finish app '{"Entrypoint":["/bin/busybox","sleep","100"],"Env":["PATH=/bin"]}'
new_root
add "$sluice"
mkdir -p "$image_root/proc" "$image_root/dev" "$image_root/app"
cp -r "$work/app/." "$image_root/app"
binary=$sluice
# inside RIGHTS SPEC: in the chroot; without `all` the right to mount and to make namespaces is gone for good
inside() {
  rights=--bounding-set=-sys_admin
  [ "$1" = all ] && rights=--bounding-set=+all
  cp "$2" "$image_root/t.yaml"
  unshare -m sh -c 'mount -t proc proc "$1/proc" && mount --bind /dev "$1/dev" && exec setpriv "$2" chroot "$1" "$3" test --spec /t.yaml /app' \
    sh "$image_root" "$rights" "$binary"
}
network() {
  cat <<Y
version: 1
run: {network: $1, read_only: false}
tests:
  - {kind: command, name: talks to itself, command: [/bin/busybox, sh, -c, "busybox nc -l -p 8080 & busybox sleep 1; busybox nc 127.0.0.1 8080 </dev/null"]}
  - {kind: port, name: nobody listens, port: 9, listening: false}
  - {kind: process, name: nobody runs, process: other, running: false}
Y
}
network loopback >loopback.yaml
network private >private.yaml
cat >offline.yaml <<'Y'
version: 1
tests:
  - {kind: command, name: speaks, command: [/bin/busybox, echo, hi], stdout: {contains: [hi]}}
  - {kind: command, name: has no network, command: [/bin/busybox, nc, 127.0.0.1, "9"], exit_code: 1}
Y
cat >exec.yaml <<'Y'
version: 1
ready: {exec: [/bin/busybox, "true"], timeout: 2s}
tests:
  - {kind: process, name: nobody runs, process: other, running: false}
Y
cat >structure.yaml <<'Y'
schemaVersion: 2.0.0
commandTests:
  - {name: talks to itself, command: /bin/busybox, args: [sh, -c, "busybox nc -l -p 8080 & busybox sleep 1; busybox nc 127.0.0.1 8080 </dev/null"], expectedError: []}
Y

# With all rights the chroot's root is made a mount of its own, and everything can be had.
expect 0 inside all loopback.yaml
expect 0 inside all private.yaml
has out "(root)"

expect 0 inside few offline.yaml
has out "(chroot)"
for file in loopback private exec structure; do
  expect 4 inside few "$file.yaml"
  lacks out "  failed "
  lacks out "  passed "
done
has out "so that the machine may be why"
