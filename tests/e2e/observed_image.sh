# Sourced by tests of observation, after lib.sh: makes `image` in this folder, an OCI layout of busybox and two
# programs. /opt/good only reads; /opt/bad also starts a downloader and writes to its own folder.
# Ends with 77 (skipped) where there is no busybox or no container.
busybox=$(command -v busybox) || { echo "no busybox"; exit 77; }
expect 0 "$sluice" doctor
grep -q 'tier.*none' "$work/out" && { echo "no containers here"; exit 77; }

mkdir -p image/blobs/sha256 root/bin root/opt root/etc
cp "$busybox" root/bin/busybox
for name in sh cat wget; do ln -s busybox "root/bin/$name"; done
printf '#!/bin/sh\ncat /etc/app.conf\n' >root/opt/good
printf '#!/bin/sh\ncat /etc/app.conf\nwget -h 2>/dev/null\necho x >/opt/new\n' >root/opt/bad
chmod 755 root/opt/good root/opt/bad
echo mode=plain >root/etc/app.conf
tar --sort=name --mtime=@0 --owner=0 --group=0 -C root -cf layer.tar .
blob() { # FILE: stores it, prints its descriptor's end
  digest=$(sha256sum <"$1" | cut -d' ' -f1)
  cp "$1" "image/blobs/sha256/$digest"
  printf '"digest":"sha256:%s","size":%s' "$digest" "$(wc -c <"$1")"
}
layer=$(blob layer.tar)
machine=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
printf '{"architecture":"%s","os":"linux","config":{"User":"1000:1000","Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
  "$machine" "$(sha256sum <layer.tar | cut -d' ' -f1)" >config.json
config=$(blob config.json)
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json",%s},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar",%s}]}' \
  "$config" "$layer" >manifest.json
manifest=$(blob manifest.json)
printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",%s}]}' "$manifest" >image/index.json
