#!/bin/sh
# sluice scan --fix: what is written and what is not, the diff of a dry run, data from a lock file, exit statuses.
. "$(dirname "$0")/lib.sh"

mkdir -p src
dockerfile() {
  printf 'FROM debian:12-slim\nMAINTAINER joe\nRUN apt-get update && apt-get install curl\nCMD ["curl"]\n' >"$1"
}
dockerfile src/Dockerfile
cp src/Dockerfile before

# A dry run: a diff that git applies, nothing written, the status of the files as they are.
expect 1 "$sluice" scan --fix --dry-run --profile all --fail-on low src
cp out fix.patch
has out '--- a/Dockerfile'
has out '+RUN apt-get update && apt-get install -y --no-install-recommends curl'
has err 'would fix Dockerfile:3 docker.apt-without-yes'
cmp src/Dockerfile before || die "a dry run wrote"
expect 2 "$sluice" scan --dry-run src
expect 2 "$sluice" scan --fix --dry-run --format json src
expect 1 "$sluice" scan --fix --dry-run --profile all --fail-on low --output sarif=r.sarif src
grep -q '"deletedRegion"' r.sarif || die "no fixes in SARIF"
grep -q '"startLine"' r.sarif || die "no lines in SARIF"
if command -v git >/dev/null; then
  git init -q applied && cp before applied/Dockerfile
  (cd applied && git apply ../fix.patch) || die "git apply refuses the diff"
fi

# Writing: the same bytes as the diff's, idempotent, the report is of what is left.
expect 0 "$sluice" scan --fix --profile all --only docker.apt-without-yes,docker.apt-recommends src
has err 'fixed 2 findings in 1 file'
has out '0 findings'
dockerfile src/Dockerfile
"$sluice" scan --fix --profile all --exit-zero src >/dev/null 2>&1
[ ! -d applied ] || cmp src/Dockerfile applied/Dockerfile || die "--fix writes something else than the diff says"
cp src/Dockerfile once
expect 0 "$sluice" scan --fix --profile all --exit-zero src
has err 'fixed 0 findings in 0 files'
cmp src/Dockerfile once || die "a second run changes the file"

# --only and the named paths are all that is touched.
dockerfile src/Dockerfile
dockerfile src/Other.dockerfile
expect 0 "$sluice" scan --fix --only docker.apt-without-yes --profile all src/Dockerfile
has err 'fixed 1 finding in 1 file'
cmp src/Other.dockerfile before || die "a file that was not named was changed"
grep -q MAINTAINER src/Dockerfile || die "--only was not respected"

# A finding with a reason to stay is left alone.
printf 'FROM debian:12-slim\n# sluice:ignore docker.maintainer-deprecated kept for a tool\nMAINTAINER joe\n' >src/Dockerfile
rm src/Other.dockerfile
expect 0 "$sluice" scan --fix --only docker.maintainer-deprecated --profile all src
grep -q '^MAINTAINER' src/Dockerfile || die "a suppressed finding was fixed"

# Data: never invented; a wrong lock file is an error before anything is written.
dockerfile src/Dockerfile
printf 'debian:12-slim sha256:short\n' >bad.lock
expect 2 "$sluice" scan --fix --fix-data bad.lock src
has err 'bad.lock:1'
cmp src/Dockerfile before || die "something was written in spite of an error"

# Rules' own fixes: fix and fix-regex, refused where the result does not parse.
mkdir py rules
printf 'rules:\n- id: t.a\n  languages: [python]\n  severity: ERROR\n  message: m\n  pattern: old(...)\n  fix-regex: {regex: old, replacement: new}\n- id: t.b\n  languages: [python]\n  severity: ERROR\n  message: m\n  pattern: bad($X)\n  fix: good($X\n' >rules/r.yaml
printf 'old(1)\nbad(2)\n' >py/a.py
expect 1 "$sluice" scan --fix --no-default-rules --rules rules py
has err 'not fixed a.py:2 t.b'
has err 'syntax errors'
[ "$(cat py/a.py)" = "$(printf 'new(1)\nbad(2)')" ] || die "wrong fixes of rules"

# A link is not written through.
dockerfile target
ln -s target link.dockerfile
expect 4 "$sluice" scan --fix --profile all --fail-on none link.dockerfile
has err 'symbolic link'
cmp target before || die "a link was written through"
