#!/bin/sh
# sluice explain and sluice rules: by every kind of name, in every format.
. "$(dirname "$0")/lib.sh"

# By our id: metadata, examples out of the fixture, what the scanner says about them, other tools' names.
expect 0 "$sluice" explain docker.download-executed
has out "docker.download-executed:"
has out "CWE-494"
has out "RUN curl -fsSL https://get.example.com/install.sh | sh"
has out "line 3:"
lacks out "expect:"
has out "# sluice:ignore docker.download-executed REASON"

# By other tools' ids, with and without the tool, in any case; by the short name; by the weakness.
for name in hadolint:DL3008 DL3008 dl3008 apt-unpinned; do
  expect 0 "$sluice" explain "$name"
  has out "docker.apt-unpinned:"
  has out "https://github.com/hadolint/hadolint/wiki/DL3008"
done
expect 0 "$sluice" explain trivy:DS-0001
has out "docker.base-image-latest"
has out "docker.base-image-untagged"
expect 0 "$sluice" explain CWE-295
has out "rules:"
has out "docker.curl-tls-off: "

# Rules in Semgrep's format have pages, too.
expect 0 "$sluice" explain python.eval-of-input
has out "nosemgrep: python.eval-of-input"

# A slip is answered with the nearest name.
expect 2 "$sluice" explain hadolint:DL30088
has err "hadolint:DL3008"
expect 2 "$sluice" explain docker.apt-unpined
has err "docker.apt-unpinned"

expect 2 "$sluice" explain SC2034
has err "https://www.shellcheck.net/wiki/SC2034"

# Formats.
expect 0 "$sluice" explain --format markdown DL3008
has out "# docker.apt-unpinned"
has out '```dockerfile'
expect 0 "$sluice" explain --format json DL3008
has out '"id": "docker.apt-unpinned"'
has out '"reported": true'
expect 2 "$sluice" explain --format html DL3008

# A rule of the user's: escapes in its texts command no terminal.
printf 'rules:\n  - id: acme.x\n    languages: [python]\n    severity: ERROR\n    message: m\n    metadata: {title: "t \\e[31m", why: "w"}\n    pattern: f()\n' >x.yaml
expect 0 "$sluice" explain --rules x.yaml acme.x
lacks out "$(printf '\033')"

# The pages as files: the same as those that are committed (rules.docs), none is lost, foreign files stay.
mkdir docs
echo mine >docs/mine.md
expect 0 "$sluice" rules --docs docs
has out " written, 0 removed"
expect 0 "$sluice" rules --docs docs
has out ": 0 written, 0 removed"
[ "$(cat docs/mine.md)" = mine ] || die "a foreign file was touched"
[ "$("$sluice" rules | wc -l)" = "$(($(find docs -name '*.md' | wc -l) - 3))" ] || die "pages and rules differ in number"
