#!/bin/sh
# Against a real registry (Debian's docker-registry): evidence pushed, pulled, shown and verified; images by
# reference; TLS with a private authority, a password, and what must be refused.
. "$(dirname "$0")/lib.sh"
[ -x /usr/bin/docker-registry ] || { echo "skipped: docker-registry is not installed"; exit 77; }
. "$here/registry_lib.sh"
trap 'stop_registries; rm -rf "$work"' EXIT

mkdir case && cd case
mkdir -p out/root && printf 'hello\n' >out/root/hello && chmod 0644 out/root/hello
"$root/examples/hello/build-image.sh" out/root out/image 1000:1000 /hello >/dev/null
"$sluice" key generate --output k --unencrypted --algorithm ed25519 >/dev/null
digest=$("$sluice" image --format json out/image | sed -n 's/^  "digest": "\(.*\)",/\1/p')
printf '{"result":"PASSED","configuration":[],"passedTests":["a"],"warnedTests":[],"failedTests":[]}' >test.json
expect 0 "$sluice" attest custom --key k.key --image out/image --type https://example.com/review/v1 --predicate test.json
expect 0 "$sluice" attest custom --key k.key --subject gitTree:0123456789012345678901234567890123456789 \
  --type https://example.com/review/v1 --predicate test.json

# Evidence goes up, twice without harm, and comes down whole.
serve plain ''
expect 0 "$sluice" attest push "$host/team/app"
has out "pushed  $host/team/app@sha256:"
expect 0 "$sluice" attest push "$host/team/app"
expect 0 "$sluice" attest pull "$host/team/app@$digest" --store copy
has out 'pulled  '
expect 0 "$sluice" attest pull "$host/team/app@$digest" --store copy --subject gitTree:0123456789012345678901234567890123456789
[ "$("$sluice" attest list --store copy | wc -l)" = 2 ] || die "not all evidence came back"
[ "$("$sluice" attest list --store copy)" = "$("$sluice" attest list)" ] || die "the copy differs"

# The image itself, by its digest and by its tag; not a byte of it may be another.
expect 0 "$sluice" debug push-image out/image "$host/team/app:v1"
expect 0 "$sluice" image --format json "$host/team/app@$digest"
has out "\"digest\": \"$digest\""
expect 0 "$sluice" image "$host/team/app:v1"
has err "is $digest"
expect 2 "$sluice" image "$host/team/app:none"
expect 2 "$sluice" image "$host/team/app@sha256:$(printf '%064d' 1)"
expect 0 "$sluice" attest tree "$host/team/app@$digest"
has out 'https://example.com/review/v1'
mv .sluice away
expect 0 "$sluice" verify image "$host/team/app:v1" --key k.pub --type https://example.com/review/v1
mv away .sluice
has out 'verified  https://example.com/review/v1'
layer=$(find "$work/plain" -path '*blobs*' -name data -size +1k | head -1)
[ -n "$layer" ] || layer=$(grep -rl hello "$work/plain" --include=data | head -1)
printf 'x' | dd of="$layer" bs=1 seek=3 conv=notrunc 2>/dev/null
expect 1 "$sluice" image "$host/team/app@$digest"
has err remote.digest

# A password, over TLS by an authority of our own.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.pem -days 2 \
  -subj /CN=test -addext subjectAltName=IP:127.0.0.1 >/dev/null 2>&1
# bcrypt of "correct horse"
printf 'robot:%s\n' '$2y$05$.BW9POUZvCt3imzVPxT5G.60URLy4MJXhZ8DHb0hdbj7fvMVHGWV2' >htpasswd
serve secure "  tls: {certificate: $work/case/tls.pem, key: $work/case/tls.key}
auth:
  htpasswd: {realm: test, path: $work/case/htpasswd}"
expect 3 "$sluice" attest push "$host/team/app" --ca-file tls.pem
has err remote.denied
mkdir docker && printf '{"auths":{"%s":{"auth":"%s"}}}' "$host" "$(printf 'robot:correct horse' | base64)" >docker/config.json
expect 0 env DOCKER_CONFIG="$work/case/docker" "$sluice" attest push "$host/team/app" --ca-file tls.pem
expect 2 env SLUICE_REGISTRY="$host" SLUICE_REGISTRY_USERNAME=robot SLUICE_REGISTRY_PASSWORD='correct horse' \
  "$sluice" attest tree --ca-file tls.pem "$host/team/app:none"
has err remote.not-found
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout o.key -out o.pem -days 2 -subj /CN=o >/dev/null 2>&1
expect 3 env DOCKER_CONFIG="$work/case/docker" "$sluice" attest push "$host/team/app" --ca-file o.pem
has err remote.tls
echo "registry: ok"
