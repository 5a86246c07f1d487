#!/bin/sh
# The command line itself: help, usage errors, version, keys.
. "$(dirname "$0")/lib.sh"

expect 0 "$sluice" --help
has out 'gate'
expect 0 "$sluice" --version
expect 2 "$sluice"
expect 2 "$sluice" no-such-command
for command in gate scan image test "verify statement" "verify bundle" "key generate" rules explain doctor "debug tree" version; do
  expect 0 "$sluice" $command --help
  has out 'Example'
done
expect 0 "$sluice" version --format json
has out '"name": "dockerfile"'
has out '"integrity": "sha512-'
has out '"abi": 15'
expect 0 "$sluice" doctor
expect 0 "$sluice" rules
expect 0 "$sluice" explain hadolint:DL3006
expect 2 "$sluice" explain no.such-rule

# Keys: never overwritten, never unencrypted by accident, private part readable by its owner only.
expect 2 "$sluice" key generate --output k
expect 0 env PW=correct-horse "$sluice" key generate --output k --passphrase-env PW
[ "$(stat -c %a k.key)" = 600 ] || die "the private key's mode is $(stat -c %a k.key)"
grep -q 'BEGIN ENCRYPTED PRIVATE KEY' k.key || die "the key is not encrypted"
expect 2 env PW=correct-horse "$sluice" key generate --output k --passphrase-env PW
expect 2 "$sluice" key generate --output k2 --passphrase-env UNSET_VARIABLE
expect 0 "$sluice" key generate --output k3 --unencrypted --algorithm ed25519
