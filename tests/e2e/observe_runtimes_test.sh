#!/bin/sh
# Programs of many threads under observation: Go (whose scheduler interrupts its threads by signals), Node and Java. Each
# reads one file from eight threads, talks to itself over the loopback and starts itself again; it must work, and no
# call may be lost. Of those that are installed; exit status 77 if none is.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { echo "no python3"; exit 77; }
expect 0 "$sluice" doctor
grep -q 'tier.*none' "$work/out" && { echo "no containers here"; exit 77; }
threads=8
reads=100

cat >image.py <<'PY'
# image.py ROOT IMAGE: an OCI layout of one layer.
import hashlib, json, os, sys, tarfile
root, image = sys.argv[1:]
os.makedirs(image + "/blobs/sha256")
def blob(data):
    digest = hashlib.sha256(data).hexdigest()
    with open(f"{image}/blobs/sha256/{digest}", "wb") as out: out.write(data)
    return {"digest": "sha256:" + digest, "size": len(data)}
with tarfile.open(image + "/layer.tar", "w") as archive: archive.add(root, arcname=".")
layer = open(image + "/layer.tar", "rb").read()
os.remove(image + "/layer.tar")
machine = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
config = {"architecture": machine, "os": "linux", "config": {"User": "1000:1000", "ExposedPorts": {"8099/tcp": {}}, "Env": ["PATH=/usr/bin"]},
          "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}
kind = "application/vnd.oci.image."
manifest = {"schemaVersion": 2, "mediaType": kind + "manifest.v1+json",
            "config": {"mediaType": kind + "config.v1+json", **blob(json.dumps(config).encode())},
            "layers": [{"mediaType": kind + "layer.v1.tar", **blob(layer)}]}
entry = {"mediaType": manifest["mediaType"], **blob(json.dumps(manifest).encode())}
json.dump({"schemaVersion": 2, "manifests": [entry]}, open(image + "/index.json", "w"))
json.dump({"imageLayoutVersion": "1.0.0"}, open(image + "/oci-layout", "w"))
PY
cat >judge.py <<'PY'
# judge.py TRACE MODE PROGRAM PORT LEAST: what must be in the trace.
import json, sys
trace = json.load(open(sys.argv[1]))
mode, program, port, least = sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
assert trace["sluice_observed"], trace["sluice_reason"]
assert not any(trace["sluice_losses"].values()), trace["sluice_losses"]
log = trace["monitorLog"]
started = [p for p in log["process"] if p["processBinary"] == program]
assert len(started) >= 2, log["process"]
assert any("again" in p["arguments"] for p in started), started
assert any(f["uri"] == "file:///etc/app.conf" for f in log["fileAccess"]), "the file was not seen"
seen = {(n.get("ip"), n.get("port")) for n in log["network"]}
assert any(p == port for _, p in seen), seen
calls = trace["sluice_measured"]["callCounts"]
assert sum(calls.values()) == trace["sluice_measured"]["events"]
opens = sum(calls.get(name, 0) for name in ("open", "openat"))
assert least <= opens <= least + 4000, (opens, least)
if mode == "all": assert calls["futex"] > 0 and calls["clone"] > 0, calls
PY

libraries() { # PROGRAM…: what they need, into root/
  for file in "$@"; do
    ldd "$file" 2>/dev/null | sed -n 's|.* \(/[^ ]*\) (0x.*|\1|p; s|^[[:space:]]*\(/[^ ]*\) (0x.*|\1|p'
  done | sort -u | while read -r library; do
    mkdir -p "root$(dirname "$library")"
    cp -L "$library" "root$library"
  done
}
fresh_root() {
  rm -rf root image
  mkdir -p root/etc root/tmp root/usr/bin
  echo mode=plain >root/etc/app.conf
}
observed() { # NAME PROGRAM COMMAND: runs it in root/, watched by both sets
  python3 image.py root image
  printf 'version: 1\nrun: {network: loopback, tmpfs: [/tmp], limits: {time: 200s, memory: 1GiB, pids: 500}}\ntests:\n  - {kind: command, name: runs, command: [%s], stdout: {contains: ["all done"]}}\n' "$3" >spec.yaml
  for mode in selected all; do
    expect 0 "$sluice" test image --spec spec.yaml --observe $mode --trace trace.json
    has out 'runs'
    lacks out 'FAIL'
    python3 judge.py trace.json $mode "$2" 8099 $((threads * reads)) || die "$1, $mode: the trace"
  done
  echo "$1: observed"
  tried="$tried $1"
}
tried=

if command -v go >/dev/null; then
  fresh_root
  mkdir -p src
  cat >src/main.go <<'GO'
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
)

func main() {
	if len(os.Args) > 1 {
		return
	}
	var all sync.WaitGroup
	for i := 0; i < 8; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			sum := 0
			for j := 0; j < 100; j++ {
				if _, err := os.ReadFile("/etc/app.conf"); err != nil {
					panic(err)
				}
				for k := 0; k < 300000; k++ { // long enough to be interrupted now and then
					sum += k ^ j
				}
			}
			if sum == 1 {
				fmt.Println(sum)
			}
		}()
	}
	listener, err := net.Listen("tcp", "127.0.0.1:8099")
	if err != nil {
		panic(err)
	}
	go func() {
		connection, _ := listener.Accept()
		fmt.Fprint(connection, "hello")
		connection.Close()
	}()
	connection, err := net.Dial("tcp", "127.0.0.1:8099")
	if err != nil {
		panic(err)
	}
	if text, _ := io.ReadAll(connection); string(text) != "hello" {
		panic("no answer")
	}
	if err := exec.Command("/app", "again").Run(); err != nil {
		panic(err)
	}
	all.Wait()
	fmt.Println("all done")
}
GO
  printf 'module app\n\ngo 1.19\n' >src/go.mod
  if (cd src && HOME=$work GOCACHE=$work/gocache GOFLAGS=-mod=mod GOPROXY=off CGO_ENABLED=0 go build -o ../root/app . >../go.log 2>&1); then
    observed go /app /app
  else
    cat go.log; echo "skipped: go cannot build here"
  fi
  chmod -R u+w gocache 2>/dev/null || true
else
  echo "skipped: no go"
fi

if node=$(command -v node); then
  fresh_root
  cp -L "$node" root/usr/bin/node
  libraries "$node"
  cat >root/app.js <<'JS'
const fs = require('fs'), net = require('net');
const { spawnSync } = require('child_process');
const { Worker, isMainThread } = require('worker_threads');
if (process.argv[2] === 'again') process.exit(0);
if (!isMainThread) {
  for (let j = 0; j < 100; j++) fs.readFileSync('/etc/app.conf');
} else {
  const workers = Array.from({ length: 8 }, () => new Promise((ok, no) => {
    new Worker(__filename).on('exit', code => code === 0 ? ok() : no(new Error('worker ' + code))).on('error', no);
  }));
  const talk = new Promise((ok, no) => {
    const server = net.createServer(c => c.end('hello')).listen(8099, '127.0.0.1', () => {
      let text = '';
      net.connect(8099, '127.0.0.1').on('data', d => text += d).on('error', no)
        .on('close', () => { server.close(); text === 'hello' ? ok() : no(new Error(text)); });
    });
  });
  const child = spawnSync(process.execPath, ['/app.js', 'again']);
  if (child.status !== 0) throw child.error || new Error('child ' + child.status + child.stderr);
  Promise.all([...workers, talk]).then(() => console.log('all done'));
}
JS
  observed node /usr/bin/node '/usr/bin/node, /app.js'
else
  echo "skipped: no node"
fi

if command -v jlink >/dev/null && command -v javac >/dev/null; then
  fresh_root
  mkdir -p java
  cat >java/App.java <<'JAVA'
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class App {
  public static void main(String[] arguments) throws Exception {
    if (arguments.length > 0) return;
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Thread thread = new Thread(() -> {
        try {
          for (int j = 0; j < 100; j++) Files.readString(Path.of("/etc/app.conf"));
        } catch (Exception e) {
          e.printStackTrace();
          System.exit(1);
        }
      });
      thread.start();
      all.add(thread);
    }
    try (ServerSocket server = new ServerSocket(8099, 5, InetAddress.getByName("127.0.0.1"))) {
      Thread answering = new Thread(() -> {
        try (Socket socket = server.accept()) {
          socket.getOutputStream().write("hello".getBytes());
        } catch (Exception e) {
          e.printStackTrace();
        }
      });
      answering.start();
      try (Socket socket = new Socket("127.0.0.1", 8099)) {
        if (!new String(socket.getInputStream().readAllBytes()).equals("hello")) throw new Exception("no answer");
      }
      answering.join();
    }
    Process child = new ProcessBuilder("/jre/bin/java", "-cp", "/", "App", "again").inheritIO().start();
    if (child.waitFor() != 0) throw new Exception("child");
    for (Thread thread : all) thread.join();
    System.out.println("all done");
  }
}
JAVA
  if javac -d root java/App.java >java.log 2>&1 && jlink --add-modules java.base --strip-debug --output root/jre >>java.log 2>&1; then
    libraries root/jre/bin/java root/jre/lib/*.so root/jre/lib/server/*.so root/jre/lib/jspawnhelper
    rm -rf "root$PWD"
    observed java /jre/bin/java '/jre/bin/java, -cp, /, App'
  else
    cat java.log; echo "skipped: no Java runtime can be made here"
  fi
else
  echo "skipped: no javac and jlink"
fi

[ -n "$tried" ] || { echo "none of go, node and java is here"; exit 77; }
