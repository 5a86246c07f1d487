#!/bin/sh
# An image that an engine has in its own store is tested by its reference: nobody saves an archive by hand, nothing
# is pulled, and what the engine writes must be what it names.
#   store_image_test.sh SLUICE
. "$(dirname "$0")/../e2e/lib.sh"
. "$here/images.sh"
[ -x /bin/dash ] || { echo "SKIPPED: no /bin/dash"; exit 77; }
new_root
add /bin/dash
finish app '{"Entrypoint":["/bin/dash","-c","echo hi"],"Env":["PATH=/bin"]}'
config=$(sed 's/.*"config":{[^}]*"digest":"sha256:\([0-9a-f]*\)".*/\1/' "$work/app/blobs/sha256/$manifest")
cat >t.yaml <<'Y'
version: 1
tests:
  - {kind: file, name: has a shell, path: /bin/dash}
  - {kind: metadata, name: entrypoint, entrypoint: [/bin/dash, -c, echo hi]}
Y

# An archive as engines load it: of the layout's own configuration and layer.
mkdir load
layer=$(sed 's/.*"layers":\[{[^}]*"digest":"sha256:\([0-9a-f]*\)".*/\1/' "$work/app/blobs/sha256/$manifest")
cp "$work/app/blobs/sha256/$config" "load/$config.json"
cp "$work/app/blobs/sha256/$layer" load/layer.tar
printf '[{"Config":"%s.json","RepoTags":["localhost/sluice-store:1"],"Layers":["layer.tar"]}]' "$config" >load/manifest.json
tar -C load -cf load.tar manifest.json "$config.json" layer.tar

# An engine of our own making, which answers whatever the files beside it say: "lying" names another image than it writes.
mkdir lying
cat >lying/docker <<'S'
#!/bin/sh
case "$1 $2" in
  "image inspect") [ "$3" = app:1 ] || { echo "Error: No such image: $3" >&2; exit 1; }; cat "${0%/*}/inspect" ;;
  "save --output") cp "${0%/*}/archive" "$3" ;;
  *) echo "unexpected: $*" >&2; exit 9 ;;
esac
S
chmod +x lying/docker
cp load.tar lying/archive
asked() { env PATH="$work/lying:$PATH" "$sluice" test --spec t.yaml "$@"; }
printf '[{"Id":"sha256:%s","RepoDigests":["app@sha256:%s"]}]' "$config" "$manifest" >lying/inspect
expect 0 asked docker:app:1
has err "docker has app:1 as sha256:$config"
printf '[{"Id":"sha256:%064d"}]' 0 >lying/inspect
expect 3 asked docker:app:1
has err "sandbox.image-differs"
printf '{"Id":7}' >lying/inspect
expect 3 asked docker:app:1
has err "sandbox.inspect"
expect 2 asked docker:absent:1
has err "images are never pulled"
expect 2 asked docker:--help
has err "is no image reference"

tried=0
check() { # ENGINE: the image is in its store as localhost/sluice-store:1
  tried=$((tried + 1))
  expect 0 "$sluice" test --spec t.yaml "$1:localhost/sluice-store:1"
  has err "$1 has localhost/sluice-store:1 as sha256:$config"
  expect 0 "$sluice" image --files "$1:localhost/sluice-store:1"
  has out "/bin/dash"
  expect 2 "$sluice" test --spec t.yaml "$1:localhost/sluice-absent:1"
  has err "images are never pulled"
  expect 2 "$sluice" test --spec t.yaml "$1:localhost/sluice-store@sha256:$(printf %064d 0)"
  has err "sandbox.no-image"
  # With --engine a plain reference is that engine's own.
  cat >run.yaml <<'Y'
version: 1
tests:
  - {kind: command, name: speaks, entrypoint: true, stdout: {contains: [hi]}}
Y
  expect 0 "$sluice" test --engine "$1" --spec run.yaml localhost/sluice-store:1
}

if ! command -v podman >/dev/null; then
  echo "SKIPPED: podman is not installed"
else
  printf '[storage]\ndriver = "vfs"\nrunroot = "%s/run"\ngraphroot = "%s/store"\n' "$work" "$work" >storage.conf
  export CONTAINERS_STORAGE_CONF="$work/storage.conf"
  if podman load --input load.tar >loaded 2>&1; then
    check podman
    podman rmi --force localhost/sluice-store:1 >/dev/null 2>&1
  else
    echo "SKIPPED: podman load: $(tail -n 1 loaded)"
  fi
  unset CONTAINERS_STORAGE_CONF
fi

. "$here/daemon.sh"
trap 'end_daemon; rm -rf "$work"' EXIT
if start_dockerd "$work/dockerd"; then
  docker load --input load.tar >loaded 2>&1 || die "docker load: $(tail -n 1 loaded)"
  check docker
else
  echo "SKIPPED: docker: $problem"
fi
end_daemon
[ "$tried" -gt 0 ] || echo "SKIPPED: no engine with a store could be tried, only the double"
exit 0
