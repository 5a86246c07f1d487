#!/bin/sh
# What observation costs, against an unobserved run and against strace, and whether the counts agree. Needs root,
# strace, perl, dpkg. Prints; decides nothing (times vary with the machine).
#   bench/observe.sh SLUICE [ROUNDS]
set -eu
sluice=$(realpath "$1")
rounds=${2:-5}
for tool in strace perl dpkg python3; do
  command -v "$tool" >/dev/null || { echo "install $tool" >&2; exit 3; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
exec python3 - "$sluice" "$work" "$rounds" <<'PY'
import gzip, hashlib, io, json, os, re, shutil, subprocess, sys, tarfile, time
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

for name in ["sh", "true", "find", "xargs", "stat", "perl", "dpkg", "dpkg-query", "apt-config"]:
    put(shutil.which(name) if name != "sh" else "/bin/sh")
perl = subprocess.run(["perl", "-e", 'print join("\n", grep { -d } @INC)'], capture_output=True, text=True).stdout
for folder in perl.split("\n"):
    if folder.startswith("/usr") and not os.path.exists(root + folder):
        shutil.copytree(folder, root + folder, symlinks=True, ignore_dangling_symlinks=True)
for folder in ["/var/lib/dpkg", "/etc/apt", "/etc/dpkg", "/usr/share/dpkg"]:
    shutil.copytree(folder, root + folder, symlinks=True)
for name in ["passwd", "group", "nsswitch.conf"]:
    shutil.copy2("/etc/" + name, root + "/etc/" + name)
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
config = {"architecture": "amd64", "os": "linux", "config": {"Env": ["PATH=/usr/bin:/bin"]},
          "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}
manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **blob(json.dumps(config).encode())},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **blob(layer)}]}
index = {"schemaVersion": 2, "manifests": [{"mediaType": manifest["mediaType"], **blob(json.dumps(manifest).encode())}]}
json.dump(index, open(work + "/image/index.json", "w"))
json.dump({"imageLayoutVersion": "1.0.0"}, open(work + "/image/oci-layout", "w"))

loads = {
    "find": "for i in 1 2; do find /data -type f | xargs stat >/dev/null; done",
    "exec": "i=0; while [ $i -lt 150 ]; do /usr/bin/true; i=$((i+1)); done",
    "perl": "i=0; while [ $i -lt 10 ]; do perl -MPOSIX -MFile::Find -e 1; i=$((i+1)); done",
    "dpkg": "i=0; while [ $i -lt 2 ]; do dpkg -l >/dev/null; apt-config dump >/dev/null; i=$((i+1)); done",
}
def inside(load, mode):
    spec = {"version": 1, "run": {"limits": {"time": "300s", "pids": 1000}},
            "tests": [{"kind": "command", "name": load, "command": ["/bin/sh", "-c", loads[load]]}]}
    json.dump(spec, open(work + "/spec.json", "w"))
    command = [sluice, "test", work + "/image", "--spec", work + "/spec.json", "--format", "junit"]
    if mode != "none":
        command += ["--observe", mode, "--trace", work + "/trace.json"]
    out = subprocess.run(command, capture_output=True, text=True)
    case = re.search(r'<testcase [^>]*time="([0-9.]+)"', out.stdout)
    assert case and "<failure" not in out.stdout and "<error" not in out.stdout, (out.stdout, out.stderr)
    return float(case.group(1))

def traced(load, options):
    begun = time.monotonic()
    out = subprocess.run(options + ["chroot", root, "/bin/sh", "-c", loads[load]], stdout=subprocess.DEVNULL,
                         stderr=subprocess.PIPE, text=True)
    return time.monotonic() - begun, out.stderr

print(f"{'load':6} {'plain s':>8} {'selected':>9} {'all':>6} {'strace -f':>10} {'all/strace':>11} {'events':>9} {'strace':>9}")
for load in loads:
    plain = min(inside(load, "none") for _ in range(rounds))
    selected = min(inside(load, "selected") for _ in range(rounds))
    every = min(inside(load, "all") for _ in range(rounds))
    events = json.load(open(work + "/trace.json"))["sluice_measured"]["events"]
    bare = min(traced(load, [])[0] for _ in range(rounds))
    strace = min(traced(load, ["strace", "-f", "-o", "/dev/null"])[0] for _ in range(max(1, rounds // 2)))
    counted = traced(load, ["strace", "-f", "-c", "-o", work + "/counts"])
    total = [line for line in open(work + "/counts") if line.rstrip().endswith("total")][0].split()
    calls = int(total[3])
    print(f"{load:6} {plain:8.3f} {selected / plain:8.2f}x {every / plain:5.2f}x {strace / bare:9.2f}x "
          f"{(every / plain) / (strace / bare):10.2f}x {events:9} {calls:9}", flush=True)
PY
