#!/bin/sh
# Set-up for the Makefile: Debian packages from cmake/apt-packages.txt, then third-party sources. Does nothing when all
# is there. SLUICE_NO_APT=1 leaves packages alone (for machines that are not Debian, or have no rights to install).
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
die() { echo "sluice set-up: $1" >&2; exit 3; }

if [ -z "${SLUICE_NO_APT:-}" ]; then
  command -v dpkg-query >/dev/null 2>&1 ||
    die "this is not Debian: install what cmake/apt-packages.txt lists and set SLUICE_NO_APT=1"
  missing=""
  last='/^# -- tests/,$d' # building needs nothing of that section
  [ "${1:-}" != tests ] || last=''
  for package in $(sed -e "$last" -e 's/#.*//' "$root/cmake/apt-packages.txt"); do
    [ "$package" = nodejs ] && command -v node >/dev/null 2>&1 && continue
    [ "$package" = npm ] && command -v npm >/dev/null 2>&1 && continue
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
  done
  if [ -n "$missing" ]; then
    sudo=""
    if [ "$(id -u)" != 0 ]; then
      command -v sudo >/dev/null 2>&1 || die "not root and no sudo; install as root:$missing"
      sudo="sudo"
    fi
    echo "sluice set-up: installing$missing"
    # The log goes beside the build; only its end is shown, and only on failure.
    mkdir -p "$root/build"
    if ! { $sudo apt-get update && $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends $missing; } >"$root/build/apt.log" 2>&1; then
      tail -n 5 "$root/build/apt.log" >&2
      die "apt-get failed (full log: build/apt.log)"
    fi
  fi
fi
"$root/cmake/fetch-third-party.sh"
# `setup.sh tests`: also the independent implementations that the interop tests compare with.
if [ "${1:-}" = tests ]; then
  "$root/cmake/fetch-npm.sh" "$root/tests/interop" "$root/build/interop" "${SLUICE_PREFETCHED:+$SLUICE_PREFETCHED/interop}"
fi
