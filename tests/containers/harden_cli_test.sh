#!/bin/sh
# sluice test --generate, --check-manifest and the files they write, on one image.
#   harden_cli_test.sh SLUICE
. "$(dirname "$0")/../e2e/lib.sh"
. "$here/images.sh"
"$sluice" doctor | grep -q '^yes *tier *root' || { echo "SKIPPED: needs the tier root"; exit 77; }
[ -x /bin/dash ] || { echo "SKIPPED: no /bin/dash"; exit 77; }
new_root
add /bin/dash
finish app '{"Entrypoint":["/bin/dash","-c","echo hi"],"Env":["PATH=/bin"]}'
cat >t.yaml <<'Y'
version: 1
harden: {require: [nonroot, read-only]}
generate: [seccomp, kubernetes]
tests:
  - {kind: command, name: speaks, entrypoint: true, stdout: {contains: [hi]}}
Y
expect 0 "$sluice" test --spec t.yaml --generate set app
has out "hardening: nonroot"
has out "profile               verified"
for file in seccomp.json kubernetes.yaml hardening.json; do [ -s "set/$file" ] || die "no $file"; done
[ ! -e set/compose.yaml ] || die "compose was not asked for"

# What we made ourselves gives nothing too much; a bare pod does, and says where.
expect 0 "$sluice" test --spec t.yaml --check-manifest set/kubernetes.yaml app
printf 'kind: Pod\nspec:\n  hostNetwork: true\n  containers:\n  - {name: c, image: app}\n' >pod.yaml
expect 1 "$sluice" test --spec t.yaml --check-manifest pod.yaml app
has out "harden.host-access"
has out "pod.yaml"
printf 'kind: Service\n' >none.yaml
expect 2 "$sluice" test --spec t.yaml --check-manifest none.yaml app
has err "manifest.empty"

# The set is found with the first file's tests; a further file's tests are tried under it.
cat >more.yaml <<'Y'
version: 1
tests:
  - {kind: command, name: "speaks again", entrypoint: true, stdout: {contains: [hi]}}
Y
expect 0 "$sluice" test --spec t.yaml --spec more.yaml --harden app
has out "hardening: the set of t.yaml fits these tests"
cat >write.yaml <<'Y'
version: 1
run: {read_only: false}
tests:
  - {kind: command, name: writes, command: [/bin/dash, -c, "echo x >/made"]}
Y
expect 1 "$sluice" test --spec t.yaml --spec write.yaml --harden app
has out "put all tests that need the set into one file"

# What does not pass is not verified, and fails.
sed 's/contains: \[hi\]/contains: [ho]/' t.yaml >bad.yaml
expect 1 "$sluice" test --spec bad.yaml --generate bad app
has out "NOT VERIFIED"
grep -q '"verified": false' bad/hardening.json || die "hardening.json claims to be verified"
expect 2 "$sluice" test app
has err "there is nothing to test by"
