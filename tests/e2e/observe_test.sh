#!/bin/sh
# Observation from the command line: expectations are judged, sins are found, the trace is evidence, and two runs
# give the same sets.
. "$(dirname "$0")/lib.sh"
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
echo '{"imageLayoutVersion":"1.0.0"}' >image/oci-layout

spec() { # PROGRAM
  printf 'version: 1\nobserve: {expect: {exec: [/bin/busybox, /opt/*], listen: [], connect: [], dns: []}}\ntests:\n  - {kind: command, name: runs, command: [%s]}\n' "$1"
}
spec /opt/good >good.yaml
spec /opt/bad >bad.yaml
printf 'version: 1\nobserve: {expect: {exec: [/opt/*]}}\ntests:\n  - {kind: command, name: runs, command: [/opt/good]}\n' >strict.yaml

expect 0 "$sluice" test image --spec good.yaml --trace first.json
has out 'observe: exec'
expect 0 "$sluice" test image --spec good.yaml --trace second.json
for trace in first second; do
  grep -q '"sluice_observed": true' $trace.json || die "not observed"
  # Times and measurements stand apart, at known names.
  sed -E '/"build(Started|Finished)On"/d; /^ *"sluice_measured": \{/,/^ {2}\}/d' $trace.json >$trace.sets
  grep -q '"events"' $trace.sets && die "measurements are not apart"
done
cmp first.sets second.sets || die "two runs differ"
grep -q '"processBinary": "/opt/good"' first.json || die "no program"
grep -q 'file:///etc/app.conf' first.json || die "no file"

# What is expected is not a finding; a place that was not declared is one, of medium weight.
expect 1 "$sluice" test image --spec bad.yaml --format json
has out 'runtime.write-outside'
expect 1 "$sluice" test image --spec strict.yaml
has out 'observe: exec'
has out '/bin/busybox'
# Unasked, nothing is watched and nothing judged.
printf 'version: 1\ntests:\n  - {kind: command, name: runs, command: [/opt/good]}\n' >plain.yaml
expect 0 "$sluice" test image --spec plain.yaml --format json
lacks out 'runtime.'
expect 2 "$sluice" test image --spec plain.yaml --observe sometimes
