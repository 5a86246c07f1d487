#!/bin/sh
# Assembles a one-layer OCI image layout from a folder, without a daemon or a network: what `docker build` of a
# FROM scratch Dockerfile yields. Byte-reproducible: fixed times and owners, sorted names.
#
#   build-image.sh ROOT OUT USER ENTRYPOINT
set -eu
root=$1 out=$2 user=$3 entrypoint=$4

rm -rf "$out"
mkdir -p "$out/blobs/sha256"
# put FILE: moves it to the blob of its digest; prints the digest.
put() {
  digest=$(sha256sum "$1" | cut -d' ' -f1)
  mv "$1" "$out/blobs/sha256/$digest"
  echo "$digest"
}

tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=ustar -C "$root" -cf "$out/layer" .
size=$(stat -c %s "$out/layer")
layer=$(put "$out/layer")

case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) arch=$(uname -m) ;; esac
cat >"$out/config" <<JSON
{"architecture":"$arch","os":"linux","created":"1970-01-01T00:00:00Z","config":{"User":"$user","Entrypoint":["$entrypoint"],"ExposedPorts":{"8080/tcp":{}},"WorkingDir":"/"},"rootfs":{"type":"layers","diff_ids":["sha256:$layer"]},"history":[{"created":"1970-01-01T00:00:00Z","created_by":"COPY hello /hello"}]}
JSON
config_size=$(stat -c %s "$out/config")
config=$(put "$out/config")

cat >"$out/manifest" <<JSON
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:$config","size":$config_size},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:$layer","size":$size}]}
JSON
manifest_size=$(stat -c %s "$out/manifest")
manifest=$(put "$out/manifest")

printf '{"imageLayoutVersion":"1.0.0"}' >"$out/oci-layout"
cat >"$out/index.json" <<JSON
{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:$manifest","size":$manifest_size,"platform":{"architecture":"$arch","os":"linux"}}]}
JSON
echo "sha256:$manifest"
