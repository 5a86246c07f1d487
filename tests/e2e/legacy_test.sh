#!/bin/sh
# What cosign 1 and 2 attach to an image, under tags: verified by key, and refused when it is about something else.
. "$(dirname "$0")/lib.sh"

mkdir case && cd case
mkdir -p out/root && printf 'hello\n' >out/root/hello && chmod 0644 out/root/hello
"$root/examples/hello/build-image.sh" out/root out/image 1000:1000 /hello >/dev/null
digest=$("$sluice" image --format json out/image | sed -n 's/^  "digest": "\(.*\)",/\1/p')
openssl ecparam -name prime256v1 -genkey -noout -out k.pem 2>/dev/null && openssl ec -in k.pem -pubout -out k.pub 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out o.pem 2>/dev/null && openssl ec -in o.pem -pubout -out o.pub 2>/dev/null

# blob FILE: puts it into the layout, prints its digest.
blob() { sum=$(sha256sum "$1" | cut -d' ' -f1); cp "$1" "out/image/blobs/sha256/$sum"; echo "sha256:$sum"; }
sign() { openssl dgst -sha256 -sign "$1" "$2" | base64 -w0; }
printf '{}' >empty; config=$(blob empty)
# attach TAG MEDIA_TYPE FILE ANNOTATIONS: lists a manifest with that one layer.
attach() {
  layer=$(blob "$3")
  printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"%s","size":2},"layers":[{"mediaType":"%s","digest":"%s","size":%s,"annotations":%s}]}' \
    "$config" "$2" "$layer" "$(wc -c <"$3")" "$4" >manifest
  manifest=$(blob manifest)
  cp pristine out/image/index.json
  sed -i "s|\"manifests\":\[|\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"$manifest\",\"size\":$(wc -c <manifest),\"platform\":{\"os\":\"none\",\"architecture\":\"none\"},\"annotations\":{\"org.opencontainers.image.ref.name\":\"$1\"}},|" out/image/index.json
}
tr -d '\n' <out/image/index.json | sed 's/"manifests" *: *\[/"manifests":[/' >pristine
base="sha256-${digest#sha256:}"
simple=application/vnd.dev.cosign.simplesigning.v1+json
payload() {
  printf '{"critical":{"identity":{"docker-reference":"registry.example.com/app"},"image":{"docker-manifest-digest":"%s"},"type":"cosign container image signature"},"optional":null}' "$1" >payload
}

payload "$digest"
attach "$base.sig" $simple payload "{\"dev.cosignproject.cosign/signature\":\"$(sign k.pem payload)\"}"
expect 0 "$sluice" verify image "out/image@$digest" --key k.pub
has out 'verified  https://sigstore.dev/cosign/sign/v1  by k.pub'
expect 1 "$sluice" verify image "out/image@$digest" --key o.pub
# It has no time, so its age is not known.
expect 1 "$sluice" verify image "out/image@$digest" --key k.pub --max-age 90d
has out attest.too-old
# A good signature over another digest, filed under this image.
payload "sha256:$(printf '%064d' 1)"
attach "$base.sig" $simple payload "{\"dev.cosignproject.cosign/signature\":\"$(sign k.pem payload)\"}"
expect 1 "$sluice" verify image "out/image@$digest" --key k.pub
has out attest.subject-mismatch

# An attestation: a bare DSSE envelope.
statement() {
  printf '{"_type":"https://in-toto.io/Statement/v0.1","subject":[{"name":"x","digest":{"sha256":"%s"}}],"predicateType":"https://example.com/t","predicate":{}}' "$1" >statement
  printf 'DSSEv1 28 application/vnd.in-toto+json %s ' "$(wc -c <statement)" >pae && cat statement >>pae
  printf '{"payloadType":"application/vnd.in-toto+json","payload":"%s","signatures":[{"sig":"%s"}]}' \
    "$(base64 -w0 <statement)" "$(sign k.pem pae)" >envelope
}
statement "${digest#sha256:}"
attach "$base.att" application/vnd.dsse.envelope.v1+json envelope '{}'
expect 0 "$sluice" verify image "out/image@$digest" --key k.pub --type https://example.com/t
statement "$(printf '%064d' 1)"
attach "$base.att" application/vnd.dsse.envelope.v1+json envelope '{}'
expect 1 "$sluice" verify image "out/image@$digest" --key k.pub --type https://example.com/t

# A kind that is not read is said so, and is no evidence.
attach "$base.sig" application/jose+json envelope '{}'
expect 4 "$sluice" verify image "out/image@$digest" --key k.pub
has out unjudged
echo "legacy: ok"
