#!/bin/sh
# container-structure-test files of our own, with the verdicts that they must have, on images made from this machine's
# Debian files: ours are checked in each run; the peer's too where SLUICE_PEER_CST names its program and docker runs.
#   structure_test_differential.sh SLUICE
#   SLUICE_PEER_CST=…/container-structure-test structure_test_differential.sh SLUICE
# structure-tests/named/*: each test's name begins with its verdict: "pass", "fail", or "differs OURS PEER" for a row
# of the table in docs/formats/container-structure-test.md.
# structure-tests/whole/*: the file's name begins with it: pass-, fail-, refused- (the file cannot be read; the peer
# fails), differs-OURS-PEER-. "NAME.other.EXT" is run on the second image.
# structure-tests/goss/*: goss files, likewise; SLUICE_PEER_GOSS=…/goss runs them in a chroot of the first image.
set -u
sluice=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
cases=$here/structure-tests
skip() { echo "SKIPPED $1"; [ -n "${2:-}" ] && exit 77; }
[ "$(id -u)" = 0 ] || skip "structure tests: owners and devices of files need root" all
for program in bash printf id env; do
  command -v "$program" >/dev/null || skip "structure tests: $program is not installed" all
done
grep -q '^ID=debian' /etc/os-release || skip "structure tests: this machine is no Debian" all
work=/tmp/sluice-structure-$$
mkdir -m 700 "$work" || exit 1
. "$here/daemon.sh"
trap 'end_daemon; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
. "$here/images.sh"
cd "$work" || exit 1

programs() {
  for program in sh bash ls cat echo env id printf touch mkdir pwd sleep true false; do
    path=$(command -v "$program" 2>/dev/null)
    case $path in /*) ;; *) path=/usr/bin/$program ;; esac
    add "$path"
    mkdir -p "$image_root/bin"
    [ -e "$image_root/bin/$program" ] || cp "$image_root$path" "$image_root/bin/$program"
  done
  copy /etc/os-release
  copy /etc/debian_version
}

# Modes, owners, links and texts that the tests ask for.
new_root
keep_owners=yes
programs
chmod 755 "$image_root" "$image_root/etc"
mkdir -p "$image_root/opt/tools" "$image_root/srv/app" "$image_root/data"
printf '#!/bin/sh\necho tool ran\n' >"$image_root/opt/tools/tool"
chmod 755 "$image_root/opt/tools/tool"
perm=$image_root/perm
mkdir "$perm" "$perm/closed" "$perm/shared-folder"
file() { # PATH MODE [TEXT]
  printf '%s' "${3:-}" >"$1"
  chmod "$2" "$1"
}
file "$perm/plain" 644
file "$perm/with space" 644
file "$perm/st*r" 644
file "$perm/setuid" 4755
file "$perm/setgid" 2755
file "$perm/both" 6755
file "$perm/none" 0 secret
file "$perm/by-other" 641
file "$perm/empty" 644
file "$perm/closed/inside" 644
ln "$perm/setuid" "$perm/hard"
file "$perm/owned" 644
chown 12:34 "$perm/owned"
file "$perm/large" 644
chown 1000660000 "$perm/large"
chmod 700 "$perm/closed"
chmod 2775 "$perm/shared-folder"
mkfifo -m 644 "$perm/pipe"
mknod -m 666 "$perm/null" c 1 3 || skip "structure tests: no device can be made here" all
links=$image_root/links
mkdir "$links"
ln -s /etc/os-release "$links/absolute"
ln -s ../etc/os-release "$links/relative"
ln -s relative "$links/chain"
cp "$image_root/etc/os-release" "$links/target"
ln -s target "$links/neighbour"
ln -s /nope "$links/broken"
ln -s circle "$links/circle"
ln -s /etc "$links/folder"
ln -s ../etc "$links/up"
ln -s ../../../../../../etc "$links/out"
text=$image_root/text
mkdir "$text"
printf 'one\ntwo\nthree\n' >"$text/lines"
ln "$text/lines" "$text/hard"
printf 'one\r\ntwo\r\n' >"$text/dos"
printf 'gr\303\266\303\237e\n' >"$text/utf8"
printf 'a\000b' >"$text/nul"
{
  head -c 3000000 /dev/zero | tr '\0' x
  printf 'the end'
} >"$text/large"
# shellcheck disable=SC2016 # the name is meant
printf 'dollar' >"$text/\$FOO"
mkdir "$image_root/lic"
printf 'Permission is hereby granted' >"$image_root/lic/mit"
printf 'GNU AGPL version 3' >"$image_root/lic/agpl"
printf 'licensed as agpl-3' >"$image_root/lic/lower"
printf 'Do What You Want (WTFPL)' >"$image_root/lic/wtfpl"
doc=$image_root/usr/share/doc
for package in base-files bash libgnutls30; do
  mkdir -p "$doc/$package"
  printf 'GPL-2+\n' >"$doc/$package/copyright"
done
printf 'GNU AGPL\n' >"$doc/libgnutls30/copyright"
printf 'not a package\n' >"$doc/README"
ln -s bash "$doc/bash-builtins"
find "$image_root" -type d -name lib -exec chmod 755 {} +
fixture='{"Env":["PATH=/usr/sbin:/usr/bin:/sbin:/bin","FOO=foo","EMPTY=","EQUALS=a=b","lower=Case","ECHO=echo"],"Entrypoint":["/bin/echo","ep"],"Cmd":["a","b c"],"WorkingDir":"/srv/app","ExposedPorts":{"8080/tcp":{},"53/udp":{}},"Volumes":{"/data":{},"/with space":{}},"Labels":{"org.example.vendor":"ACME Inc.","built":"2026-01","blank":""}}'
finish fixture "$fixture"
if [ -n "${SLUICE_PEER_CST:-}${SLUICE_PEER_GOSS:-}" ]; then tar -C "$image_root" --numeric-owner -cf fixture.tar .; fi
new_root
programs
mkdir -p "$image_root/usr/share/doc/complete" "$image_root/usr/share/doc/lacking"
printf 'GPL-2+\n' >"$image_root/usr/share/doc/complete/copyright"
finish other '{"Cmd":["/bin/sh"],"User":"app","WorkingDir":"/"}'
if [ -n "${SLUICE_PEER_CST:-}" ]; then tar -C "$image_root" --numeric-owner -cf other.tar .; fi

checked=0
wrong=0
bad() {
  echo "WRONG: $*"
  wrong=$((wrong + 1))
}
# What a name says: verdict NAME ours|peer
verdict() {
  case $1 in
  "differs "* | differs-*)
    rest=${1#differs?}
    first=${rest%%[ -]*}
    rest=${rest#*[ -]}
    if [ "$2" = ours ]; then echo "$first"; else echo "${rest%%[ -]*}"; fi
    ;;
  *) echo "${1%%[ -]*}" ;;
  esac
}
# compare FILE WHO: lines "VERDICT NAME" from stdin
compare() {
  while read -r got name; do
    want=$(verdict "$name" "$2")
    [ "$got" = "$want" ] || echo "$1: $name: $2 says $got"
  done
}
image_of() { case $1 in *.other.*) echo other ;; *) echo fixture ;; esac }

cp "$cases/variables.env" .
export SLUICE_PEER_VALUE="from here"
unset SLUICE_PEER_UNSET
for path in "$cases"/named/*; do
  file=$(basename "$path")
  "$sluice" test --config "$path" fixture >out 2>err
  sed -n 's/^  passed  /pass /p; s/^  failed  /fail /p; s/^  error   /error /p; s/^  skipped /skipped /p' out >verdicts
  # A name over several lines is one line here.
  named=$(wc -l <verdicts)
  [ "$named" -gt 0 ] || bad "$file: nothing was judged: $(cat err)"
  checked=$((checked + named))
  compare "$file" ours <verdicts >differences
  while read -r line; do bad "$line"; done <differences
done
for path in "$cases"/whole/*; do
  file=$(basename "$path")
  "$sluice" test --config "$path" "$(image_of "$file")" >out 2>err
  case $? in 0) got=pass ;; 1) got=fail ;; 2 | 3) got=refused ;; *) got="exit $?" ;; esac
  want=$(verdict "$file" ours)
  checked=$((checked + 1))
  [ "$got" = "$want" ] || bad "$file: ours says $got: $(cat err) $(grep -A1 '^  [efs]' out)"
done
# A skipped item alone leaves exit status 4: what was not judged is not passed.
for path in "$cases"/goss/*; do
  file=$(basename "$path")
  "$sluice" test --goss "$path" fixture >out 2>err
  code=$?
  case $code in 0) got=pass ;; 1) got=fail ;; 2 | 3) got=refused ;; 4) grep -q 'the file says skip' out && got=pass ;; *) got="exit $code" ;; esac
  checked=$((checked + 1))
  [ "$got" = "$(verdict "$file" ours)" ] || bad "goss/$file: ours says $got: $(cat err) $(grep -A1 '^  [efs]' out)"
done
echo "$checked verdicts of ours, $wrong wrong"

goss() {
  [ -n "${SLUICE_PEER_GOSS:-}" ] || { skip "goss: SLUICE_PEER_GOSS names no goss"; return; }
  mkdir chroot && tar -C chroot -xf fixture.tar && cp "$SLUICE_PEER_GOSS" chroot/goss && mkdir -p chroot/dev
  for path in "$cases"/goss/*; do
    file=$(basename "$path")
    cp "$path" chroot/file.yaml
    chroot chroot /goss -g /file.yaml validate >out 2>&1
    code=$?
    case $(verdict "$file" peer) in pass) [ "$code" -eq 0 ] ;; *) [ "$code" -ne 0 ] ;; esac || bad "goss/$file: goss exits with $code: $(tail -n 5 out)"
  done
}
goss

peer() {
  [ -n "${SLUICE_PEER_CST:-}" ] || { skip "the peer: SLUICE_PEER_CST names no container-structure-test"; return; }
  start_dockerd "$work/dockerd" || { skip "the peer: $problem"; return; }
  docker import -c 'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin FOO=foo EMPTY= EQUALS=a=b lower=Case ECHO=echo' \
    -c 'ENTRYPOINT ["/bin/echo","ep"]' -c 'CMD ["a","b c"]' -c 'WORKDIR /srv/app' -c 'EXPOSE 8080 53/udp' \
    -c 'VOLUME ["/data","/with space"]' -c 'LABEL org.example.vendor="ACME Inc." built=2026-01 blank=""' \
    fixture.tar fixture:1 >/dev/null
  docker import -c 'CMD ["/bin/sh"]' -c 'USER app' -c 'WORKDIR /' other.tar other:1 >/dev/null
  theirs=0
  for path in "$cases"/named/* "$cases"/whole/*; do
    file=$(basename "$path")
    "$SLUICE_PEER_CST" test --no-color --image "$(image_of "$file"):1" --config "$path" >out 2>err
    code=$?
    case $path in
    */named/*)
      awk '/^=== RUN: / { name = substr($0, 10); sub(/^(Command|File Existence|File Content) Test: /, "", name) }
           /^--- PASS/ { print "pass " name } /^--- FAIL/ { print "fail " name }' out >verdicts
      theirs=$((theirs + $(wc -l <verdicts)))
      compare "$file" peer <verdicts >differences
      while read -r line; do bad "$line"; done <differences
      ;;
    *)
      want=$(verdict "$file" peer)
      theirs=$((theirs + 1))
      case $want in pass) [ "$code" -eq 0 ] ;; *) [ "$code" -ne 0 ] ;; esac || bad "$file: the peer exits with $code"
      ;;
    esac
  done
  echo "$theirs verdicts of the peer, $wrong wrong in all"
}
peer
[ "$wrong" -eq 0 ]
