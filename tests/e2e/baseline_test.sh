#!/bin/sh
# sluice scan --baseline, and files that git tracks though an ignore file names them.
. "$(dirname "$0")/lib.sh"
command -v git >/dev/null || exit 77
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
commit() { git -C repo add -A -f && git -C repo -c user.name=t -c user.email=t@example.com commit -qm x; }

git init -q repo
mkdir -p repo/src repo/build
printf 'import subprocess\nsubprocess.run(cmd, shell=True)\n' >repo/src/old.py
commit

# A report of an earlier run, as json and as sarif: what it holds is not new.
expect 1 "$sluice" scan --output json=base.json --output sarif=base.sarif repo
expect 0 "$sluice" scan --baseline base.json --format json repo
has out '"status": "existing"'
has out '"existing": 1'
expect 0 "$sluice" scan --baseline base.sarif repo
has out '0 findings, 1 in the baseline'
expect 0 "$sluice" scan --baseline base.json --format sarif repo
has out '"baselineState": "unchanged"'
lacks out '"suppressions"'

# A commit: what it had is not new, what came after is; for a folder, a file, and several paths.
printf 'import subprocess\nsubprocess.run(other, shell=True)\n' >repo/src/new.py
printf '\nsubprocess.run(third, shell=True)\n' >>repo/src/old.py
expect 1 "$sluice" scan --baseline HEAD --format json repo
[ "$(grep -c '"status": "new"' out)" = 2 ] || die "not two new findings"
[ "$(grep -c '"status": "existing"' out)" = 1 ] || die "not one old finding"
expect 1 "$sluice" scan --baseline HEAD repo/src/old.py
has out '1 finding (1 high), 1 in the baseline'
(cd repo && expect 1 "$sluice" scan --baseline HEAD src/old.py src/new.py) || exit 1
has out '2 findings (2 high), 1 in the baseline'
commit
expect 0 "$sluice" scan --baseline HEAD repo
expect 1 "$sluice" scan --baseline HEAD~1 repo
# Moving a line does not make it new.
printf 'import subprocess\n\n\nsubprocess.run(other, shell=True)\n' >repo/src/new.py
expect 0 "$sluice" scan --baseline HEAD repo

# What is no baseline is an error, never an empty one.
expect 2 "$sluice" scan --baseline no-such-thing repo
printf '{}' >empty.json
expect 2 "$sluice" scan --baseline empty.json repo
printf '{"schema":"sluice.report/v1","findings":[{}]}' >empty.json
expect 2 "$sluice" scan --baseline empty.json repo

# git's ignore files do not hide what is committed; they hide the rest.
printf 'build/\n*.gen.py\n' >repo/.gitignore
printf 'import subprocess\nsubprocess.run(a, shell=True)\n' >repo/build/in.py
printf 'import subprocess\nsubprocess.run(b, shell=True)\n' >repo/x.gen.py
expect 0 "$sluice" scan --baseline HEAD --format json repo
git -C repo add -f build/in.py x.gen.py
expect 1 "$sluice" scan --baseline HEAD --format json repo
has out '"build/in.py"'
has out '"x.gen.py"'
printf 'import subprocess\nsubprocess.run(c, shell=True)\n' >repo/build/untracked.py
"$sluice" scan --exit-zero --format json repo >out
lacks out 'untracked.py'
# A folder that the user names is scanned, ignored or not.
expect 1 "$sluice" scan --format json repo/build
has out '"untracked.py"'
