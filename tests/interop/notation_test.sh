#!/bin/bash
# notation, built from its Go module: we accept its signatures in JWS, and refuse them for another image, for another signer and
# changed. Optional: skipped unless SLUICE_PEER_NOTATION names the program.
set -euo pipefail
sluice=$(realpath "$1")
notation=${SLUICE_PEER_NOTATION:-}
[ -n "$notation" ] || { echo "skipped: SLUICE_PEER_NOTATION does not name a notation program"; exit 77; }
notation=$(realpath "$notation")
root=$(cd "$(dirname "$(realpath "$0")")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export HOME=$work XDG_CONFIG_HOME=$work/config NOTATION_EXPERIMENTAL=1
die() { echo "FAILED: $1" >&2; cat last >&2; exit 1; }
accepts() { "$@" >last 2>&1 || die "refused: $*"; }
refuses() { if "$@" >last 2>&1; then die "accepted: $*"; fi; }

mkdir -p out/root && printf 'hello\n' >out/root/hello
"$root/examples/hello/build-image.sh" out/root out/image 1000:1000 /hello >/dev/null
digest=$("$sluice" image --format json out/image | sed -n 's/^  "digest": "\(.*\)",/\1/p')
accepts "$notation" cert generate-test acme.example
accepts "$notation" sign --key acme.example --oci-layout "out/image@$digest"
certificate=$(find config -name '*.crt' -path '*localkeys*' | head -1)
identity=$(openssl x509 -in "$certificate" -noout -subject -nameopt RFC2253 | sed 's/^subject=//')
"$sluice" key authority --output authority --name Acme --unencrypted >/dev/null
python3 - "$certificate" <<'PY'
import json, sys
root = json.load(open("authority/trusted_root.json"))
pem = open(sys.argv[1]).read().split("-----BEGIN CERTIFICATE-----")[1].split("-----END")[0]
root["certificateAuthorities"][0]["certChain"]["certificates"] = [{"rawBytes": "".join(pem.split())}]
root["certificateAuthorities"][0]["validFor"]["start"] = "2020-01-01T00:00:00Z"
json.dump(root, open("root.json", "w"))
PY
judge=("$sluice" verify image "out/image@$digest" --trusted-root root.json)
accepts "${judge[@]}" --notation-identity "$identity"
grep -q 'verified  application/vnd.cncf.notary.payload' last || die "it did not verify"
refuses "${judge[@]}" --notation-identity "${identity}x"
refuses "$sluice" verify image "out/image@$digest" --trusted-root authority/trusted_root.json --notation-identity "$identity"
# Expired by the signer's own word.
accepts "$notation" sign --key acme.example --expiry 24h --oci-layout "out/image@$digest"
SOURCE_DATE_EPOCH=$(($(date +%s) + 3600)) accepts "${judge[@]}" --notation-identity "$identity"
echo "we accept notation's signatures"
