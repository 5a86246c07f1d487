#!/bin/sh
# A person's own SSH key file signs evidence, with its passphrase by every way but the command line.
. "$(dirname "$0")/lib.sh"
command -v ssh-keygen >/dev/null || { echo "skipped: there is no ssh-keygen"; exit 77; }

printf 'x = 1\n' >app && printf '{"note":1}' >note.json
ssh-keygen -q -t ed25519 -a 2 -N 'a passphrase' -C me -f id
openssl genpkey -algorithm ed25519 -out other.pem 2>/dev/null && openssl pkey -in other.pem -pubout -out other.pub 2>/dev/null
sign() { want=$1; shift; expect "$want" "$sluice" attest custom --subject app --type https://example.com/t --predicate note.json --no-store --bundle b.json --key id "$@"; }
PASS='a passphrase' WRONG='another'; export PASS WRONG
sign 0 --passphrase-env PASS
expect 0 "$sluice" key public id --passphrase-env PASS --output id.pub.pem
expect 0 "$sluice" verify bundle --bundle b.json --key id.pub.pem app
expect 1 "$sluice" verify bundle --bundle b.json --key other.pub app
printf 'a passphrase\n' >pass && chmod 0600 pass
sign 0 --passphrase-file pass
sign 0 --passphrase-fd 7 7<pass
rm b.json
sign 1 --passphrase-env WRONG
has err attest.passphrase-wrong
sign 2
has err attest.passphrase-missing
[ ! -e b.json ] || die "something was signed"
ssh-keygen -q -p -P 'a passphrase' -N '' -f id >/dev/null
sign 2 --passphrase-env PASS
has err attest.passphrase-unused
sign 0
# With --no-store the bundle needs a place, and nothing else may ask for one.
expect 2 "$sluice" attest custom --subject app --type https://example.com/t --predicate note.json --no-store --key id
expect 2 "$sluice" attest custom --subject app --type https://example.com/t --predicate note.json --no-store --bundle b --key id --ledger l
expect 0 "$sluice" attest custom --subject app --type https://example.com/t --predicate note.json --no-store --bundle - --key id
has out '"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"'
[ "$(wc -l <"$work/out")" = 1 ] || die "more than the bundle on stdout"
[ ! -e .sluice ] || die "something was stored"
echo "ssh key: ok"
