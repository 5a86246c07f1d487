#!/bin/sh
# What observation costs, as multiples of the same load unobserved: ours (selected calls, all calls) and strace's (the
# same calls, all calls), every one inside the same container with the same root, environment and limits. The load
# times itself in there, so that starting a container and a tracer is in none of the numbers; modes take turns, and
# the least time of each counts. COUNTS=1: also each call's number as we and as strace count it. LOADS="find exec":
# only those.
# Needs root, cc, strace, perl, dpkg, python3. Prints; decides nothing (times vary with the machine).
#   bench/observe.sh SLUICE [ROUNDS]
set -eu
sluice=$(realpath "$1")
rounds=${2:-2}
for tool in cc strace perl dpkg python3; do
  command -v "$tool" >/dev/null || { echo "install $tool" >&2; exit 3; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
cat >"$work/clock.c" <<'C'
// clock N PROGRAM [ARGUMENT…]: runs it N times without its output, prints the microseconds of each.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char** argv) {
  if (argc < 3) return 2;
  for (int i = 0; i < atoi(argv[1]); ++i) {
    struct timespec a, b;
    int status = 0;
    clock_gettime(CLOCK_MONOTONIC, &a);
    pid_t pid = fork();
    if (pid == 0) {
      dup2(open("/dev/null", O_WRONLY), 1);
      execv(argv[2], argv + 2);
      _exit(127);
    }
    waitpid(pid, &status, 0);
    clock_gettime(CLOCK_MONOTONIC, &b);
    if (status != 0) return 1;
    printf("%ld\n", (b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000);
  }
  return 0;
}
C
cc -O2 -static -o "$work/clock" "$work/clock.c"
python3 - "$sluice" "$work" "$rounds" <<'PY'
import collections, hashlib, io, json, os, re, shutil, subprocess, sys, tarfile
sluice, work, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
root = work + "/root"

def put(path):
    """A file of the host, with the libraries it needs, at the same place."""
    real = os.path.realpath(path)
    target = root + path
    if not os.path.exists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(real, target)
    out = subprocess.run(["ldd", real], capture_output=True, text=True).stdout
    for library in re.findall(r"(/\S+) \(0x", out):
        if not os.path.exists(root + library):
            os.makedirs(os.path.dirname(root + library), exist_ok=True)
            shutil.copy2(os.path.realpath(library), root + library)

for name in ["sh", "true", "find", "xargs", "stat", "perl", "dpkg", "dpkg-query", "apt-config", "strace"]:
    put(shutil.which(name) if name != "sh" else "/bin/sh")
perl = subprocess.run(["perl", "-e", 'print join("\n", grep { -d } @INC)'], capture_output=True, text=True).stdout
for folder in perl.split("\n"):
    if folder.startswith("/usr") and not os.path.exists(root + folder):
        shutil.copytree(folder, root + folder, symlinks=True, ignore_dangling_symlinks=True)
for folder in ["/etc/apt", "/etc/dpkg", "/usr/share/dpkg"]:
    shutil.copytree(folder, root + folder, symlinks=True)
os.makedirs(root + "/var/lib/dpkg/info")
for path in ["/var/lib/dpkg/status", "/var/lib/dpkg/info/format"]:
    shutil.copy2(path, root + path)
# What every Debian image has: without the cache each library is looked for in a dozen folders, without a time zone
# each time that is printed asks for it again.
for path in ["/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/ld.so.cache", "/etc/localtime"]:
    shutil.copy2(os.path.realpath(path), root + path)
shutil.copy2(work + "/clock", root + "/clock")
only = os.environ.get("LOADS", "").split()
for i in range(5330):
    folder = f"{root}/data/{i % 100}"
    os.makedirs(folder, exist_ok=True)
    open(f"{folder}/{i}", "w").close()
for folder in ["proc", "dev", "tmp"]:
    os.makedirs(f"{root}/{folder}", exist_ok=True)

def blob(data):
    digest = hashlib.sha256(data).hexdigest()
    with open(f"{work}/image/blobs/sha256/{digest}", "wb") as out:
        out.write(data)
    return {"digest": "sha256:" + digest, "size": len(data)}

os.makedirs(work + "/image/blobs/sha256")
tar = io.BytesIO()
with tarfile.open(fileobj=tar, mode="w") as archive:
    archive.add(root, arcname=".")
layer = tar.getvalue()
machine = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
config = {"architecture": machine, "os": "linux", "config": {"Env": ["PATH=/usr/bin:/bin"]},
          "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}
manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **blob(json.dumps(config).encode())},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **blob(layer)}]}
index = {"schemaVersion": 2, "manifests": [{"mediaType": manifest["mediaType"], **blob(json.dumps(manifest).encode())}]}
json.dump(index, open(work + "/image/index.json", "w"))
json.dump({"imageLayoutVersion": "1.0.0"}, open(work + "/image/oci-layout", "w"))

opens = "my $n = 20000; while ($n--) { open(my $f, '<', '/etc/passwd') or die; close $f }"
loads = {
    "find": "find /data -type f | xargs stat -c '%n %s'",
    # Asks for the names of owner and group, file by file: two opens each.
    "owners": "find /data -type f | xargs stat",
    "exec": "i=0; while [ $i -lt 150 ]; do /usr/bin/true; i=$((i+1)); done",
    "perl": "i=0; while [ $i -lt 15 ]; do perl -MPOSIX -MFile::Find -e 1; i=$((i+1)); done",
    "dpkg": "i=0; while [ $i -lt 4 ]; do dpkg -l; apt-config dump; i=$((i+1)); done",
    "opens": f'perl -e "{opens}"'.replace("$", "\\$"),
}
loads = {name: text for name, text in loads.items() if not only or name in only}
# In the order of the program's own list (src/sandbox/observe/call_policy.cpp).
selected = ("bind,capset,chmod,chown,connect,creat,execve,execveat,fchmodat,fchownat,lchown,link,linkat,listen,mkdir,"
            "mkdirat,mknod,mknodat,open,openat,openat2,ptrace,rename,renameat,renameat2,rmdir,sendmmsg,sendto,setgid,"
            "setgroups,setregid,setresgid,setresuid,setreuid,setuid,socket,symlink,symlinkat,truncate,unlink,unlinkat")
strace = {"strace selected": ["-f", "--seccomp-bpf", "-e", "trace=" + selected], "strace all": ["-f"]}
modes = ["none", "selected", "all", *strace]

def inside(argv, mode, name="load"):
    """What the program prints in a container of its own."""
    spec = {"version": 1, "run": {"limits": {"time": "300s", "pids": 1000}},
            "tests": [{"kind": "command", "name": name, "command": argv}]}
    json.dump(spec, open(work + "/spec.json", "w"))
    command = [sluice, "test", work + "/image", "--spec", work + "/spec.json", "--format", "json"]
    if mode in ("selected", "all"):
        command += ["--observe", mode, "--trace", work + "/trace.json"]
    out = subprocess.run(command, capture_output=True, text=True)
    report = json.loads(out.stdout)
    [test] = [case for case in report["tests"]["cases"] if case["name"] == name]
    assert test["status"] == "passed", (test, out.stderr)
    return test["output"]

def timed(load, mode):
    tracer = ["/usr/bin/strace", "-o", "/dev/null", *strace[mode]] if mode in strace else []
    turns = "2" if mode == "strace all" else "7"
    times = inside([*tracer, "/clock", turns, "/bin/sh", "-c", loads[load]], mode)
    return min(int(line) for line in times.split())

print(f"{'load':6} {'plain ms':>9} {'selected':>9} {'all':>9} {'strace sel.':>12} {'strace all':>11} {'all/strace':>11} {'added/strace':>13}")
for load in loads:
    best = collections.defaultdict(lambda: 1 << 60)
    for turn in range(rounds):
        for mode in modes:
            if mode == "strace all" and turn > 0: continue  # minutes of it
            best[mode] = min(best[mode], timed(load, mode))
    ratio = {mode: best[mode] / best["none"] for mode in modes}
    print(f"{load:6} {best['none'] / 1000:9.1f} {ratio['selected']:8.2f}x {ratio['all']:8.2f}x "
          f"{ratio['strace selected']:11.2f}x {ratio['strace all']:10.2f}x {best['all'] / best['strace all']:10.2f}x "
          f"{(best['all'] - best['none']) / (best['strace all'] - best['none']):12.2f}x", flush=True)

if os.environ.get("COUNTS"):
    # find and xargs share a pipe: how often they read and write it depends on who is faster.
    count = r"""|perl -ne 's/^\d+ +//; $c{$1}++ if /^(\w+)\(/; END { print "$_ $c{$_}\n" for sort keys %c }'"""
    print(f"\n{'load':6} {'ours':>9} {'strace':>9}  calls that differ (ours, strace's)")
    for load in loads:
        command = ["/bin/sh", "-c", f"({loads[load]}) >/dev/null"]
        inside(command, "all")
        ours = json.load(open(work + "/trace.json"))["sluice_measured"]["callCounts"]
        lines = inside(["/usr/bin/strace", "-f", "-o", count, *command], "none").split("\n")
        theirs = {name: int(number) for name, number in (line.split() for line in lines if line)}
        apart = {name: (ours.get(name, 0), theirs.get(name, 0)) for name in sorted(ours.keys() | theirs.keys())
                 if ours.get(name, 0) != theirs.get(name, 0)}
        print(f"{load:6} {sum(ours.values()):9} {sum(theirs.values()):9}  {apart or 'none'}", flush=True)
PY
