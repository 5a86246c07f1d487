#!/bin/bash
# cosign, built from its Go module, beside us: it accepts what we sign and refuses it changed; we accept what it signs and
# read its keys. Optional: skipped unless SLUICE_PEER_COSIGN names the program.
#   go install github.com/sigstore/cosign/v3/cmd/cosign@latest && SLUICE_PEER_COSIGN=$(go env GOPATH)/bin/cosign ctest -R interop.cosign
set -euo pipefail
sluice=$(realpath "$1")
cosign=${SLUICE_PEER_COSIGN:-}
[ -n "$cosign" ] || { echo "skipped: SLUICE_PEER_COSIGN does not name a cosign program"; exit 77; }
cosign=$(realpath "$cosign")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export HOME=$work TUF_ROOT=$work/tuf
die() { echo "FAILED: $1" >&2; cat last >&2; exit 1; }
accepts() { "$@" >last 2>&1 || die "refused: $*"; }
refuses() { if "$@" >last 2>&1; then die "accepted: $*"; fi; }

printf 'x = 1\n' >app && printf '{"note":1}' >note.json
cp app flipped && printf 'X' | dd of=flipped bs=1 conv=notrunc 2>/dev/null
type=https://example.com/note/v1
# flip FILE: one character of the signed payload's base64.
flip() {
  python3 - "$1" <<'PY'
import base64, json, sys
bundle = json.load(open(sys.argv[1]))
payload = bytearray(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
payload[payload.index(b'"note"') + 1] ^= 1
bundle["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
json.dump(bundle, open("changed.json", "w"))
PY
}

# Ours, judged by cosign.
for algorithm in ecdsa-p256 ed25519 rsa-pkcs1; do
  rm -f k.*
  "$sluice" key generate --output k --unencrypted --algorithm $algorithm >/dev/null
  "$sluice" attest custom --subject app --type $type --predicate note.json --no-store --no-keyid --bundle b.json --key k.key >/dev/null
  check=("$cosign" verify-blob-attestation --key k.pub --type $type --insecure-ignore-tlog=true)
  accepts "${check[@]}" --bundle b.json app
  refuses "${check[@]}" --bundle b.json flipped
  flip b.json
  refuses "${check[@]}" --bundle changed.json app
  echo "cosign accepts ours: $algorithm"
done
identity=https://ci.example/acme/app issuer=https://ci.example
"$sluice" key authority --output authority --name Acme --unencrypted >/dev/null
rm -f k.* && "$sluice" key generate --output k --unencrypted >/dev/null
"$sluice" key certify --authority authority --public-key k.pub --identity $identity --issuer $issuer --output k.pem >/dev/null
"$sluice" attest custom --subject app --type $type --predicate note.json --no-store --bundle b.json --key k.key --certificate k.pem \
  --timestamp-authority authority >/dev/null
check=("$cosign" verify-blob-attestation --trusted-root authority/trusted_root.json --type $type --insecure-ignore-tlog=true
  --insecure-ignore-sct=true --use-signed-timestamps --certificate-oidc-issuer $issuer)
accepts "${check[@]}" --certificate-identity $identity --bundle b.json app
refuses "${check[@]}" --certificate-identity ${identity}x --bundle b.json app
flip b.json
refuses "${check[@]}" --certificate-identity $identity --bundle changed.json app
echo "cosign accepts ours: private authority and timestamp"

# cosign's, judged by us.
export COSIGN_PASSWORD='a passphrase'
accepts "$cosign" generate-key-pair --output-key-prefix c
offline=(--key c.key --tlog-upload=false --use-signing-config=false --yes)
accepts "$cosign" sign-blob "${offline[@]}" --bundle s.json app
accepts "$sluice" verify bundle --bundle s.json --key c.pub app
refuses "$sluice" verify bundle --bundle s.json --key c.pub flipped
accepts "$cosign" attest-blob "${offline[@]}" --type $type --predicate note.json --bundle a.json app
accepts "$sluice" verify bundle --bundle a.json --key c.pub --type $type app
refuses "$sluice" verify bundle --bundle a.json --key c.pub --type $type flipped
flip a.json
refuses "$sluice" verify bundle --bundle changed.json --key c.pub --type $type app
echo "we accept cosign's: a message and an attestation"

# cosign's encrypted key signs for us.
attest=("$sluice" attest custom --subject app --type $type --predicate note.json --no-store --no-keyid --bundle k.json --key c.key)
accepts "${attest[@]}" --passphrase-env COSIGN_PASSWORD
accepts "$sluice" verify bundle --bundle k.json --key c.pub app
accepts "$cosign" verify-blob-attestation --key c.pub --type $type --insecure-ignore-tlog=true --bundle k.json app
WRONG=wrong refuses "${attest[@]}" --passphrase-env WRONG
echo "we sign with cosign's encrypted key"
