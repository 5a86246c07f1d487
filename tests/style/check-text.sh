#!/bin/sh
# Shell scripts parse; text files end with a newline and hold no trailing blanks, tabs of Makefiles aside.
set -eu
cd "$1"
bad=0
for script in $(find . -path ./build -prune -o -name '*.sh' -print) .ci/run; do
  case $(head -n 1 "$script") in
    *bash*) bash -n "$script" || bad=1 ;;
    *) sh -n "$script" || bad=1 ;;
  esac
done
for file in $(find src include cmake docs tests/unit -type f \( -name '*.cpp' -o -name '*.h' -o -name '*.md' -o -name '*.cmake' \)); do
  [ -z "$(tail -c 1 "$file")" ] || { echo "$file: no newline at the end" >&2; bad=1; }
done
exit $bad
