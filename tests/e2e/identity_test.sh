#!/bin/sh
# The platform's identity token: asked for over TLS, verified by the issuer's keys, better than the environment. What
# fails is recorded and passes no policy that needs it. The token is nowhere in what is written.
. "$(dirname "$0")/lib.sh"
command -v node >/dev/null || { echo "skipped: node is not installed"; exit 77; }
unset https_proxy HTTPS_PROXY http_proxy HTTP_PROXY 2>/dev/null || true

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.pem -days 2 \
  -subj /CN=test -addext subjectAltName=IP:127.0.0.1 >/dev/null 2>&1
mkdir served
node "$here/identity.js" tls.key tls.pem served &
platform=$!
trap 'kill $platform 2>/dev/null; rm -rf "$work"' EXIT
i=0; while [ ! -s served/port ] && [ $i -lt 100 ]; do i=$((i + 1)); sleep 0.1; done
issuer=https://127.0.0.1:$(cat served/port)

mkdir repository && cd repository
git init -q -b main . && git config user.name t && git config user.email t@example.com
git remote add origin "$issuer/acme/app.git"
printf 'x = 1\n' >app.py && printf '/.sluice/\n' >.gitignore
"$sluice" key generate --output .sluice/key --unencrypted >/dev/null
config() {
  cat >sluice.yaml <<YAML
version: 1
signing: {key: .sluice/key.key, builder: "https://ci.example/b"}
keys: [{name: k, public_key: .sluice/key.pub, roles: [builder, scanner, gate], builder: "https://ci.example/b"}]
identity: {issuer: "$issuer", audience: "https://gate.example", ${1:-request: github, ca_file: $work/tls.pem}}
stages:
  - name: staging
    require: {provenance: {origin: oidc, branch: main, repository: "$issuer/acme/app"}}
YAML
  git add -A && git commit -q -m config --allow-empty
}
claims() { printf '{"project_path":"acme/app","sha":"%s","ref":"main","ref_type":"branch","pipeline_id":"9"%s}' \
  "$(git rev-parse HEAD)" "${1:-}" >"$work/served/claims.json"; }
gate() { want=$1; shift; rm -rf .sluice/evidence; expect "$want" env GITLAB_CI=true CI_PROJECT_PATH=acme/app \
  CI_COMMIT_SHA="$(git rev-parse HEAD)" ACTIONS_ID_TOKEN_REQUEST_URL="$issuer/token?x=1" \
  ACTIONS_ID_TOKEN_REQUEST_TOKEN=let-me-in "$@" "$sluice" gate .; }
internal() {
  bundle=$("$sluice" attest list | awk '/provenance/ { print $1 }' | head -n 1)
  node -e '
    const b = JSON.parse(require("fs").readFileSync(process.argv[1]));
    const p = JSON.parse(Buffer.from(b.dsseEnvelope.payload, "base64")).predicate.buildDefinition.internalParameters;
    console.log(JSON.stringify(p[process.argv[2]]));
  ' ".sluice/evidence/blobs/sha256/${bundle#sha256:}" "$1" >"$work/out"
}

# Asked for, verified by keys that the issuer publishes, and told with its origin.
config && claims && gate 0
has out "the platform's own word"
grep -q '^/token?x=1&audience=https%3A%2F%2Fgate.example$' "$work/served/asked" || die "another question was asked"
internal origin
has out '"externalParameters.source.repository":"oidc"'
has out '"resolvedDependencies.source":"oidc"'
has out '"internalParameters.ci.run_id":"oidc"'
internal identity
has out '"state":"verified"'
has out '"conflicts":[]'
# A key in the job proves level 1, token or not, whatever the table says.
internal level
has out '"slsaBuildLevel":1'
! grep -rqE 'eyJ[A-Za-z0-9_-]+\.|let-me-in' .sluice "$work/err" || die "a token was written down"

# The environment says otherwise: recorded, and refused by the policy.
gate 1 CI_PROJECT_PATH=acme/forged
has out 'disagree'
internal identity
has out '"other":"acme/forged"'
has out '"origin":"env"'
# The token is of another commit than the one that is here.
git commit -q --allow-empty -m later && gate 1
internal identity
has out '"field":"commit"'
has out '"origin":"observed"'
claims && gate 0

# What cannot be had, or does not verify, is unknown: never the environment's word instead.
gate 4 ACTIONS_ID_TOKEN_REQUEST_TOKEN=wrong
internal identity
has out '"code":"identity.status"'
gate 4 ACTIONS_ID_TOKEN_REQUEST_URL=
has out 'id-token: write'
gate 4 ACTIONS_ID_TOKEN_REQUEST_URL="http://127.0.0.1:$(cat "$work/served/port")/token"
internal identity
has out '"code":"identity.tls"'
claims ',"exp":1000' && gate 4
internal identity
has out '"code":"attest.id-token-time"'
claims ',"aud":"https://other.example"' && gate 4
internal identity
has out '"code":"attest.id-token-audience"'
# Another authority than the one that the issuer's certificate is of.
config 'request: github' && claims && gate 4
internal identity
has out '"code":"remote.tls"'

# From a variable, as GitLab gives it, and from a file; keys from a file: no network at all.
cp "$work/served/jwks.json" "$work/jwks.json"
config "token_env: JOB_TOKEN, jwks: $work/jwks.json" && claims
ask() { node -e '
  require("https").get({ host: "127.0.0.1", port: process.argv[1], path: "/token?audience=" + process.argv[2],
    headers: { authorization: "Bearer let-me-in" }, rejectUnauthorized: false },
    (r) => { let t = ""; r.on("data", (d) => (t += d)); r.on("end", () => console.log(JSON.parse(t).value)); });
' "$(cat "$work/served/port")" https://gate.example; }
ask >"$work/token" && : >"$work/served/asked"
gate 0 JOB_TOKEN="$(cat "$work/token")"
[ ! -s "$work/served/asked" ] || die "the network was asked"
gate 4
has out 'JOB_TOKEN'
config "token_file: $work/token, jwks: $work/jwks.json" && claims && ask >"$work/token" && gate 0
# Two keys of one name: which is meant would be a guess.
node -e '
  const s = JSON.parse(require("fs").readFileSync(process.argv[1]));
  s.keys.push(s.keys[0]); require("fs").writeFileSync(process.argv[1], JSON.stringify(s));' "$work/jwks.json"
gate 4
# `attest provenance` records the same; a place too many or too few is a mistake of the file.
cp "$work/served/jwks.json" "$work/jwks.json" && rm -rf .sluice/evidence
expect 0 "$sluice" attest provenance --tree
internal identity
has out '"state":"verified"'
config 'token_env: A, token_file: B' && gate 2
has err 'exactly one place'
config 'jwks: x' && gate 2
echo "identity: ok"
