#!/bin/sh
# A registry with the referrers API, of another implementation (tests/registry/referrers): evidence is listed by the
# API, no tag is made for it, and concurrent writers lose nothing. Optional: the program is not built with the rest.
. "$(dirname "$0")/lib.sh"
registry=${SLUICE_REFERRERS_REGISTRY:-$(command -v referrers-registry || true)}
[ -n "$registry" ] || { echo "skipped: referrers-registry is not installed: cd tests/registry/referrers && go build"; exit 77; }
. "$here/registry_lib.sh"
trap 'stop_registries; rm -rf "$work"' EXIT

next_port
"$registry" "$host" >"$work/log" 2>&1 &
pid=$!
wait_for_registry || { cat "$work/log"; die "the registry does not start"; }

mkdir case && cd case
mkdir -p out/root && printf 'hello\n' >out/root/hello && chmod 0644 out/root/hello
image=$("$root/examples/hello/build-image.sh" out/root out/image 1000:1000 /hello)
"$sluice" key generate --output k --unencrypted >/dev/null
printf '{"result":"PASSED","configuration":[],"passedTests":["a"],"warnedTests":[],"failedTests":[]}' >test.json
attest() { expect 0 "$sluice" attest custom --key k.key --image out/image --type "https://example.com/$1/v1" --predicate test.json --store "$2"; }
expect 0 "$sluice" debug push-image out/image "$host/team/app:v1"

attest one first
expect 0 "$sluice" attest push "$host/team/app" --store first
grep -q 'GET /v2/team/app/referrers/' "$work/log" || grep -q 'PUT /v2/team/app/manifests/sha256:' "$work/log" ||
  { cat "$work/log"; die "the registry was not asked"; }
! grep -q 'PUT /v2/team/app/manifests/sha256-' "$work/log" || die "a fall-back tag was made where the API is"
expect 0 "$sluice" attest tree "$host/team/app@$image"
has out 'https://example.com/one/v1'
expect 0 "$sluice" verify image "$host/team/app@$image" --key k.pub --type https://example.com/one/v1
expect 0 "$sluice" attest pull "$host/team/app@$image" --store copy
has out 'pulled  '

# Eight writers at once.
for i in 1 2 3 4 5 6 7 8; do attest "w$i" "store$i"; done
writers=''
for i in 1 2 3 4 5 6 7 8; do
  "$sluice" attest push "$host/team/app" --store "store$i" >/dev/null 2>&1 & writers="$writers $!"
done
for writer in $writers; do wait "$writer" || die "a writer failed"; done
expect 0 "$sluice" attest tree "$host/team/app@$image"
for i in 1 2 3 4 5 6 7 8; do has out "https://example.com/w$i/v1"; done
# Nothing is attached to another image, and that is an answer.
expect 0 "$sluice" attest pull "$host/team/app@sha256:$(printf '%064d' 1)" --store copy
has out 'no evidence'
echo "referrers: ok"
