#!/bin/sh
# The whole gate on a real container image, twice: a bad commit that is denied, then the mended one that is allowed.
#
#   demo.sh SLUICE [FOLDER]      FOLDER (default build/demo) is made anew
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sluice=$(realpath "$1")
work=${2:-"$here/../../build/demo"}

say() { printf '\n\033[1m== %s\033[0m\n' "$1"; }
[ -z "${NO_COLOR:-}" ] && [ -t 1 ] || say() { printf '\n== %s\n' "$1"; }

rm -rf "$work"
mkdir -p "$work"
work=$(cd "$work" && pwd)
cd "$work"
git init -q -b main .
git config user.name demo
git config user.email demo@git.example
git remote add origin https://git.example/hello
cp "$here/sluice.yaml" "$here/sluice-test.yaml" .
printf '/out/\n/.sluice/\n/hello\n' >.gitignore

say "A signing key for the pipeline (encrypted; its passphrase lives in the environment)"
SLUICE_KEY_PASSPHRASE=$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')
export SLUICE_KEY_PASSPHRASE
"$sluice" key generate --output .sluice/keys/pipeline --passphrase-env SLUICE_KEY_PASSPHRASE

# commit FOLDER MESSAGE USER: takes the version's files, commits, compiles and assembles the image.
commit() {
  cp -r "$here/$1/." .
  git add -A
  git commit -q -m "$2"
  cc -O2 -static -o hello hello.c
  rm -rf out/root
  mkdir -p out/root
  cp hello out/root/hello
  chmod 0755 out/root/hello
  image=$("$here/build-image.sh" out/root out/image "$3" /hello)
  echo "commit $(git rev-parse --short HEAD), image $image"
}

say "The bad commit"
commit bad "Add hello" ""
status=0
"$sluice" gate --stage staging . || status=$?
[ "$status" = 1 ] || { echo "demo: expected the gate to deny (exit status 1), got $status" >&2; exit 1; }
echo "exit status $status: denied"

say "The mended commit"
commit good "Run unprivileged, drop the pid file and the shell" "10001:10001"
"$sluice" gate --stage staging --stage production . || { echo "demo: the mended commit was not allowed" >&2; exit 1; }

say "The evidence"
echo "It lies in $work/.sluice/evidence, an OCI image layout. Verify the signed verdict with:"
echo "  cd $work"
echo "  $sluice verify statement --evidence .sluice/evidence --key .sluice/keys/pipeline.pub --subject $image --type verdict"
"$sluice" verify statement --evidence .sluice/evidence --key .sluice/keys/pipeline.pub --subject "$image" --type verdict
