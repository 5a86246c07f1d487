#!/bin/sh
# sluice run: the command's own status and output, what it was given and made, and no secret in what is signed.
. "$(dirname "$0")/lib.sh"

"$sluice" key generate --output key --unencrypted --algorithm ed25519 >/dev/null
mkdir project && cd project
run() { "$sluice" run --key ../key.key --builder-id https://ci.example/b "$@"; }
# payloads FILE: every statement in the store, decoded.
payloads() {
  : >"$1"
  for blob in .sluice/evidence/blobs/sha256/*; do
    sed -n 's/.*"payload":"\([^"]*\)".*/\1/p' "$blob" | base64 -d >>"$1" 2>/dev/null || true
    echo >>"$1"
  done
}

# The status is the command's: its exit code, 128 + its signal; nothing is signed of a failure.
printf 'x\n' >input.txt
expect 7 run -- sh -c 'echo out; echo err >&2; exit 7'
has out out
has err 'nothing was signed'
# Also when whoever started us has us ignore the news of a child's end.
expect 7 sh -c 'trap "" CHLD; exec "$@"' sh "$sluice" run --key ../key.key --link-only -- sh -c 'exit 7'
expect 143 run -- sh -c 'kill -TERM $$'
[ ! -e .sluice ] || die "a failed command left evidence"
expect 2 run -- no-such-program
expect 2 "$sluice" run --key ../key.key -- true
# A command that makes nothing leaves nothing to sign about, and that is no pass.
expect 4 run -- true

# Inputs, outputs, base images, lock files.
printf 'FROM debian:12@sha256:%064d AS a\nFROM alpine:3.19\n' 1 >Dockerfile
printf '[[package]]\nname = "serde"\nversion = "1.0.1"\nsource = "registry+x"\nchecksum = "%064d"\n' 2 >Cargo.lock
expect 0 run --output out.bin -- sh -c 'cat input.txt >out.bin; rm input.txt'
has err 'signed  sha256:'
has err 'logged  '
has err 'alpine is not pinned by digest'
payloads "$work/said"
has said "\"sha256\":\"$(printf 'x\n' | sha256sum | cut -d' ' -f1)\""
has said '"pkg:docker/debian@sha256:0000'
has said '"pkg:cargo/serde@1.0.1"'
has said '"dirHash1"'
has said '"removed":["input.txt"]'
has said '"slsaBuildLevel":1'

# A signal to us goes on to the command, and we outlive it to tell its end.
rm -f started
"$sluice" run --key ../key.key --link-only -- sh -c 'trap "exit 9" TERM; : >started; i=0; while [ $i -lt 400 ]; do i=$((i + 1)); sleep 0.05; done' >/dev/null 2>&1 &
pid=$!
while [ ! -e started ]; do sleep 0.05; done
kill -TERM $pid
got=0; wait $pid || got=$?
[ "$got" = 9 ] || die "the signal did not reach the command: status $got"

# The passphrase is ours alone.
expect 0 env PW=correct-horse "$sluice" key generate --output ../locked --passphrase-env PW
expect 0 env PW=correct-horse "$sluice" run --key ../locked.key --passphrase-env PW --builder-id https://ci.example/b \
  --no-ledger -- sh -c 'env >seen'
if grep -q correct-horse seen; then die "the command saw the passphrase"; fi

# The cache of digests changes nothing but the time.
expect 0 run --cache ../cache --output made -- sh -c 'echo 1 >made'
expect 0 run --cache ../cache --output made -- sh -c 'echo 2 >made'

# Secrets: planted in arguments, in variables (recorded and not), in the remote's URL and in the output.
rm -rf .sluice seen
git init -q -b main . && git config user.name t && git config user.email t@example.com
fill() { head -c "$1" /dev/zero | tr '\0' "$2"; }
: >"$work/tokens"
while read -r prefix length; do
  case $prefix in '#'*|'') continue ;; esac
  printf '%s%s\n' "$prefix" "$(fill "$length" 7)" >>"$work/tokens"
done <<'SHAPES'
ghp_ 36
gho_ 36
ghu_ 36
ghs_ 36
ghr_ 36
github_pat_ 60
glpat- 20
gldt- 20
glrt- 20
glcbt- 20
glptt- 40
glft- 20
glsoat- 20
xoxb- 40
xoxp- 40
xapp- 40
AKIA 16
ASIA 16
AIza 35
ya29. 60
GOCSPX- 28
sk_live_ 24
rk_live_ 24
whsec_ 32
sk-ant- 60
sk-proj- 60
npm_ 36
pypi-AgEI 60
rubygems_ 48
oy2 43
dckr_pat_ 27
dop_v1_ 64
doo_v1_ 64
hvs. 24
hvb. 60
SG. 66
shpat_ 32
shpss_ 32
shpca_ 32
sq0atp- 22
PMAK- 59
lin_api_ 40
figd_ 40
ATATT3 60
ATBB 32
glc_ 40
glsa_ 41
hf_ 34
gsk_ 52
xai- 80
r8_ 37
sntrys_ 60
NRAK- 27
dp.pt. 43
pscale_tkn_ 43
sbp_ 40
tskey- 40
ntn_ 46
bkua_ 40
CCIPAT_ 60
SHAPES
count=$(wc -l <"$work/tokens")
[ "$count" -ge 50 ] || die "only $count token shapes"
number=0
set --
while read -r token; do
  number=$((number + 1))
  export "PLAIN_$number=$token" "ALLOWED_$number=at $token" "SERVICE_TOKEN_$number=$token"
  set -- "$@" "$token" "--option=$token" "--header" "Authorization: Bearer $token" "https://u:$token@host/p?k=$token"
done <"$work/tokens"
allow=''
i=0
while [ $i -lt $number ]; do i=$((i + 1)); allow="$allow --env ALLOWED_$i --env SERVICE_TOKEN_$i"; done
git remote add origin "https://robot:$(head -1 "$work/tokens")@git.example/app"
git add -A && git commit -q -m first
# A password that has no shape at all is known by the name of its variable.
export DATABASE_PASSWORD=plain-words-only
# shellcheck disable=SC2086
expect 0 run $allow --output made -- sh -c 'echo 1 >made; for a; do echo "$a"; done' sh "$@" plain-words-only
payloads "$work/said"
has said '"ALLOWED_1"'
has said '"predicateType":"https://slsa.dev/provenance/v1"'
has said 'https://git.example/app'
while read -r token; do
  lacks said "$token"
done <"$work/tokens"
lacks said plain-words-only
# And what is no argument: a secret in a predicate is refused, not redacted.
printf '{"note":"%s"}' "$(head -1 "$work/tokens")" >predicate.json
expect 3 "$sluice" attest custom --key ../key.key --subject made --type https://example.com/t --predicate predicate.json
has err attest.secret-in-payload
echo "run: ok ($count token shapes)"
