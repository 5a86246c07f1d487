#!/bin/sh
# Signed commits and tags in the gate: verified, unsigned, refused and unknown are four different things, and only
# the first passes. The signers are the real programs.
. "$(dirname "$0")/lib.sh"
command -v ssh-keygen >/dev/null || { echo "skipped: ssh-keygen is not installed"; exit 77; }
export HOME="$work" GIT_CONFIG_NOSYSTEM=1

mkdir repository && cd repository
git init -q -b main . && git config user.name dev && git config user.email dev@example.com
git remote add origin https://git.example/app
ssh-keygen -q -t ed25519 -N '' -C dev -f "$work/dev" && ssh-keygen -q -t ed25519 -N '' -C eve -f "$work/eve"
git config gpg.format ssh && git config user.signingkey "$work/dev.pub"
signers() { printf 'dev@example.com namespaces="%s"%s %s\n' "${1:-git}" "${2:-}" "$(cut -d' ' -f1,2 "$work/dev.pub")" >"$work/signers"; }
signers
printf 'x = 1\n' >app.py && printf '/.sluice/\n' >.gitignore
"$sluice" key generate --output .sluice/key --unencrypted >/dev/null
# config [lines of the control] [lines of source]
config() {
  cat >sluice.yaml <<YAML
version: 1
signing: {key: .sluice/key.key, builder: "https://ci.example/b"}
keys: [{name: k, public_key: .sluice/key.pub, roles: [builder, scanner, gate], builder: "https://ci.example/b"}]
source: {${2:-allowed_signers: $work/signers}}
stages:
  - name: staging
    require: {commits: {$1}}
YAML
}
gate() { want=$1; shift; rm -rf .sluice/evidence; expect "$want" "$sluice" gate "$@" .; }
commit() { printf '# %s\n' "$1" >>app.py; git add -A; git commit -q "${2:--S}" -m "$1"; }

# Signed by an allowed key.
config 'verified: head' && commit one
gate 0
has out 'signed by dev@example.com'
# The record stands in the provenance, with the digest of the file that was believed.
bundle=$("$sluice" attest list | awk '/provenance/ { print $1 }' | head -n 1)
predicate() { node -e '
  const b = JSON.parse(require("fs").readFileSync(process.argv[1]));
  const s = JSON.parse(Buffer.from(b.dsseEnvelope.payload, "base64")).predicate.buildDefinition.internalParameters;
  console.log(JSON.stringify(process.argv[2].split(".").reduce((v, k) => v[k], s)));
' ".sluice/evidence/blobs/sha256/${bundle#sha256:}" "$1"; }
if command -v node >/dev/null; then
  predicate source.signature >"$work/out"
  has out '"state":"verified"'
  has out '"signer":"dev@example.com"'
  has out '"key":"SHA256:'
  predicate source.signers >"$work/out"
  has out "$(sha256sum "$work/signers" | cut -d' ' -f1)"
fi
# By another than the policy wants; by dates that do not reach; for another use.
config 'signers: [boss@example.com]' && gate 1
has out 'it is signed by dev@example.com'
config 'verified: head' && signers git ',valid-before="20200101Z"' && gate 1
has out 'its signature is refused'
signers file && gate 1
signers

# No signers at all, and signers of another kind only: not judged is neither signed nor unsigned.
config '' "promoted: ''" && gate 4
has out 'was not judged'
# An allowed key is not the one that signed.
git config user.signingkey "$work/eve.pub" && config '' && commit eve && gate 1
has out 'its signature is refused'
git config user.signingkey "$work/dev.pub"
# Not signed.
commit plain --no-gpg-sign && gate 1
has out 'it is not signed'

# Everything since the last promoted commit.
git tag promoted && commit two && commit three
config 'verified: range, max: 2' "allowed_signers: $work/signers, promoted: refs/tags/promoted" && gate 0
has out '2 of 2 commits since the last promoted one are verified'
config 'verified: range, max: 1' "allowed_signers: $work/signers" && gate 1 --since promoted
has out 'allowed 1'
gate 4
has out 'the last promoted commit is not known'
gate 4 --since 0123456789012345678901234567890123456789
config 'verified: range' && commit loose --no-gpg-sign && commit four && gate 1 --since promoted
has out '3 of 4 commits'
# A promoted commit that is on another line says nothing of what is new.
git checkout -q --orphan other && commit lost && git checkout -q main && gate 4 --since other

# Tags: annotated, signed, and under the name that was signed.
config 'tag: true' && gate 1
has out 'no annotated tag'
git tag -a -m plain v0 && gate 1
has out 'v0: it is not signed'
git tag -d v0 >/dev/null && git tag -s -m good v1 && gate 0
has out 'v1: signed by dev@example.com'
git update-ref refs/tags/v2 "$(git rev-parse refs/tags/v1)" && git tag -d v1 >/dev/null && gate 1
has out 'v2: its signature is refused'
git tag -d v2 >/dev/null

# A file that is named and not there is a mistake, not an empty list; unknown keys have a place.
config '' "allowed_signers: $work/none" && gate 2
config '' 'alowed_signers: x' && gate 2
has err 'sluice.yaml:4:'
has err 'allowed_signers'

# X.509 (CMS), by the git program with a signer of openssl.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/x.key" -out "$work/x.pem" -days 2 \
  -subj /CN=dev -addext subjectAltName=email:dev@example.com >/dev/null 2>&1
cat >"$work/smime" <<'SH'
#!/bin/sh
# What git asks of gpgsm, in the words of openssl.
printf '\n[GNUPG:] SIG_CREATED \n' >&2
openssl cms -sign -binary -signer "$HOME/x.pem" -inkey "$HOME/x.key" -outform PEM -md sha256 2>/dev/null |
  sed 's/CMS-----/SIGNED MESSAGE-----/'
SH
chmod +x "$work/smime"
git config gpg.format x509 && git config gpg.x509.program "$work/smime" && git config user.signingkey dev
config '' "x509_roots: [$work/x.pem]" && commit x509 && gate 0
has out 'signed by dev@example.com'
config '' "allowed_signers: $work/signers" && gate 4
has out 'was not judged'

# OpenPGP by gpg, with keys that were exported; without them it is unknown.
if command -v gpg >/dev/null; then
  GNUPGHOME=$(mktemp -d) && export GNUPGHOME
  gpg --batch -q --passphrase '' --quick-generate-key 'dev <dev@example.com>' ed25519 sign never 2>/dev/null
  gpg --batch -q --export dev@example.com >"$work/keys.pgp"
  fingerprint=$(gpg --batch --with-colons -K | awk -F: '/^fpr/ { print $10; exit }')
  git config gpg.format openpgp && git config user.signingkey "$fingerprint"
  config '' "openpgp_keys: $work/keys.pgp" && commit pgp && gate 0
  has out "signed by $fingerprint"
  gpgconf --kill all 2>/dev/null || true
  rm -rf "$GNUPGHOME"
  config '' "allowed_signers: $work/signers" && gate 4
fi

# `run` records the same.
signers && git config gpg.format ssh && git config user.signingkey "$work/dev.pub" && config '' && commit run
rm -rf .sluice/evidence
expect 0 "$sluice" run --output 'made' -- sh -c 'echo 1 >made'
bundle=$("$sluice" attest list | awk '/provenance/ { print $1 }' | head -n 1)
if command -v node >/dev/null; then predicate source.signature >"$work/out"; has out '"state":"verified"'; fi
echo "commits: ok"
