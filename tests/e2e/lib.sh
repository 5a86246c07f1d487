# Shared by the end-to-end tests: POSIX sh, one temporary folder a test, and checks that print what they saw.
# Usage in a test:  . "$(dirname "$0")/lib.sh" SLUICE_BINARY
set -eu
sluice=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset NO_COLOR GITHUB_ACTIONS GITLAB_CI JENKINS_HOME JENKINS_URL SOURCE_DATE_EPOCH 2>/dev/null || true

die() { echo "FAILED: $1" >&2; exit 1; }
# expect STATUS COMMAND…: runs it, keeps stdout and stderr in $work/out and $work/err, checks the exit status.
expect() {
  want=$1; shift
  got=0
  "$@" >"$work/out" 2>"$work/err" || got=$?
  [ "$got" = "$want" ] || { cat "$work/out" "$work/err" >&2; die "exit status $got, expected $want: $*"; }
}
has() { grep -qF -- "$2" "$work/$1" || { cat "$work/$1" >&2; die "no \"$2\" in $1"; }; }
lacks() { ! grep -qF -- "$2" "$work/$1" || { cat "$work/$1" >&2; die "unexpected \"$2\" in $1"; }; }
