# Images made from files of this machine, for tests of containers: POSIX sh, no network, no root needed for the files.
#   new_root                      starts an image; its files go below $image_root
#   add PATH…                     copies files of the host with the libraries that their programs load
#   finish NAME CONFIG-JSON       writes the OCI layout $work/NAME; CONFIG-JSON is the "config" of the image
# The same files give the same image: one time, sorted names.

new_root() {
  image_root=$work/root keep_owners=""
  rm -rf "$image_root"
  mkdir -p "$image_root/etc" "$image_root/tmp" "$image_root/run" "$image_root/var"
  chmod 1777 "$image_root/tmp"
  printf 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/:/bin/false\nnobody:x:65534:65534::/:/bin/false\n' >"$image_root/etc/passwd"
  printf 'root:x:0:\napp:x:1000:\nnogroup:x:65534:\n' >"$image_root/etc/group"
}

# One file or folder as it is, and what links on the way lead to.
copy() {
  [ -e "$1" ] || return 1
  mkdir -p "$image_root$(dirname "$1")"
  cp -rL --preserve=mode "$1" "$image_root$(dirname "$1")/"
}

libraries() {
  ldd "$1" 2>/dev/null | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p'
}

add() {
  for path in "$@"; do
    copy "$path" || return 1
    [ -f "$path" ] || continue
    for library in $(libraries "$path"); do
      [ -e "$image_root$library" ] || copy "$library"
    done
  done
}

# Programs of a folder of modules, such as perl's or python's extensions, with their libraries.
add_tree() {
  copy "$1" || return 1
  find "$1" -name '*.so*' -type f | while read -r module; do
    for library in $(libraries "$module"); do [ -e "$image_root$library" ] || copy "$library"; done
  done
}

blob() { # FILE -> digest; moves it into the layout
  digest=$(sha256sum "$1" | cut -d' ' -f1)
  mv "$1" "$layout/blobs/sha256/$digest"
  printf '%s' "$digest"
}

finish() {
  layout=$work/$1
  rm -rf "$layout"
  mkdir -p "$layout/blobs/sha256"
  printf '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
  tar -C "$image_root" --sort=name --mtime=@0 $([ -n "$keep_owners" ] || echo --owner=0 --group=0) --numeric-owner --format=gnu -cf "$work/layer" .
  size=$(wc -c <"$work/layer")
  layer=$(blob "$work/layer")
  case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) arch=$(uname -m) ;; esac
  printf '{"architecture":"%s","os":"linux","config":%s,"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
    "$arch" "$2" "$layer" >"$work/config"
  config_size=$(wc -c <"$work/config")
  config=$(blob "$work/config")
  printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":%s},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:%s","size":%s}]}' \
    "$config" "$config_size" "$layer" "$size" >"$work/manifest"
  manifest_size=$(wc -c <"$work/manifest")
  manifest=$(blob "$work/manifest")
  printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%s}]}' \
    "$manifest" "$manifest_size" >"$layout/index.json"
}
