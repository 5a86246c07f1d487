#!/bin/sh
# Every C++ file of ours is formatted as .clang-format says. Prints the files that are not.
set -eu
cd "$1"
format=$(command -v clang-format-19 || true)
[ -n "$format" ] || { echo "clang-format-19 is missing: apt-get install clang-format-19" >&2; exit 1; }
find src include tests bench examples \( -name '*.cpp' -o -name '*.h' \) -print | sort |
  xargs "$format" --dry-run -Werror
