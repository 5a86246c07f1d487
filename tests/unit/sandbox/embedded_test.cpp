// What a container is and is not allowed, by really running one. Each test runs in every tier that this
// machine has.
#include "sandbox/embedded.h"

#include <signal.h>
#include <sys/resource.h>

#include <chrono>
#include <string>

#include "support.h"

using namespace sluice;
using namespace sluice::sandbox;
using namespace sluice::sandbox::test;
using namespace std::chrono_literals;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("exit status and both outputs come back") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  const RunResult zero = bench.run({"echo", "hello", "world"});
  CHECK(zero.fault == StartFault::started);
  CHECK(zero.fault_message == "");
  CHECK(zero.exit_code == 0);
  CHECK(zero.out.text() == "hello world\n");
  CHECK(zero.err.text() == "");
  CHECK(bench.run({"exit", "42"}).exit_code == 42);
  CHECK(bench.run({"error", "oops"}).err.text() == "oops\n");
  const RunResult crashed = bench.run({"crash"});
  CHECK(crashed.signal == SIGSEGV);
  for (const std::string& line : zero.limits_missing) std::printf("missing: %s\n", line.c_str());
}

TEST_CASE("the program is PID 1 in its own namespaces, with nothing inherited") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  if (bench.tier() == Tier::chroot) SLUICE_SKIP("needs namespaces");
  CHECK(has(bench.run({"id"}).out.text(), "pid=1 "));
  CHECK(bench.run({"hostname"}).out.text() == "sluice\n");
  CHECK(bench.run({"stdin"}).out.text() == "read 0\n");
  CHECK(bench.run({"fds"}).out.text() == "0\n1\n2\n3\n");  // 3 is the listing itself
  RunSpec spec = bench.spec({"env"});
  spec.env = {{"PATH", "/bin"}, {"NAME", "with = sign"}};
  CHECK(bench.run(spec).out.text() == "PATH=/bin\nNAME=with = sign\n");
  CHECK(bench.run({"ls", "/proc/self/task"}).out.text() == "1\n");
  CHECK(bench.run({"dev-stdout"}).out.text() == "through the path\n");
}

TEST_CASE("no capability, no new privileges, a filter, and refused calls are refused") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  if (bench.tier() == Tier::chroot) SLUICE_SKIP("needs namespaces");
  for (const char* user : {"", "app"}) {
    RunSpec spec = bench.spec({"cat", "/proc/self/status"});
    spec.user = user;
    const std::string status = bench.run(spec).out.text();
    for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
      CHECK_MESSAGE(has(status, std::string(set) + ":\t0000000000000000"), status);
    }
    CHECK(has(status, "NoNewPrivs:\t1"));
    CHECK(has(status, "Seccomp:\t2"));
  }
  const std::string attack = bench.run({"attack"}).out.text();
  for (const char* call : {"unshare", "mount", "chroot", "setns", "bpf", "keyctl", "io_uring",
                           "clone-newuser", "vsock", "sethostname"}) {
    CHECK_MESSAGE(has(attack, std::string(call) + ": EPERM"), attack);
  }
  CHECK_MESSAGE(has(attack, "clone3: ENOSYS"), attack);
  CHECK_MESSAGE(has(attack, "newer: ENOSYS"), attack);
  CHECK_MESSAGE(!has(attack, "mknod: ok"), attack);
  CHECK_MESSAGE((has(attack, "core_pattern: EROFS") || has(attack, "core_pattern: EACCES")), attack);
  CHECK_MESSAGE(!has(attack, "sysrq: ok"), attack);
  CHECK_MESSAGE(!has(attack, "setuid: ok"), attack);
  CHECK(has(bench.run({"ptrace"}).out.text(), "ptrace: ok"));
}

#ifdef __x86_64__
TEST_CASE("the filter guards the calls of i386 and x32 too") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  const std::string text = bench.run({"i386"}).out.text();
  if (has(text, "getpid: ENOSYS") && bench.tier() != Tier::chroot)
    SLUICE_SKIP("no 32-bit calls in this kernel");
  if (bench.tier() == Tier::chroot) {
    CHECK_MESSAGE(has(text, "getpid: ENOSYS"), text);  // they would hide sockets
  } else {
    CHECK_MESSAGE(has(text, "getpid: ok"), text);
    CHECK_MESSAGE(has(text, "mount: EPERM"), text);
    CHECK_MESSAGE(has(text, "unshare: EPERM"), text);
    CHECK_MESSAGE(has(text, "bpf: EPERM"), text);
  }
  CHECK_MESSAGE(has(text, "clone3: ENOSYS"), text);
  CHECK_MESSAGE(has(text, "newer: ENOSYS"), text);
  CHECK_MESSAGE(has(text, "x32: ENOSYS"), text);
}
#endif

TEST_CASE("users come from the image's own files, by name and number") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  RunSpec spec = bench.spec({"id"});
  const bool mapped = bench.tier() == Tier::userns;
  spec.user = "app";
  CHECK(has(bench.run(spec).out.text(),
            mapped ? "uid=1000 gid=1001 groups=\n" : "uid=1000 gid=1001 groups=2000\n"));
  spec.user = "1000660000:0";
  CHECK(has(bench.run(spec).out.text(), "uid=1000660000 gid=0 groups=\n"));
  spec.user = "nobody-here";
  const auto refused = run(*bench.engine, *bench.image, spec);
  REQUIRE(!refused);
  CHECK(refused.error().code == "sandbox.user");
}

TEST_CASE("the root is read-only unless asked, and writes never reach the image") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  if (bench.tier() == Tier::chroot) SLUICE_SKIP("needs namespaces");
  CHECK(bench.run({"write", "/new"}).out.text() == "/new: EROFS\n");
  CHECK(bench.run({"write", "/tmp/new"}).out.text() == "/tmp/new: EROFS\n");
  CHECK(bench.run({"write", "/dev/shm/new"}).out.text() == "/dev/shm/new: ok\n");
  RunSpec spec = bench.spec({"write", "/new"});
  spec.read_only = false;
  CHECK(bench.run(spec).out.text() == "/new: ok\n");
  CHECK(!has(bench.run({"ls", "/"}).out.text(), "new"));
  spec = bench.spec({"write", "/var/cache/app/file"});
  spec.tmpfs = {{"/var/cache/app", 1 << 20}};
  CHECK(bench.run(spec).out.text() == "/var/cache/app/file: ok\n");
}

TEST_CASE("no network, or the loopback alone") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  if (bench.tier() == Tier::chroot) SLUICE_SKIP("needs namespaces");
  CHECK(bench.run({"tcp", "169.254.169.254", "80"}).out.text() == "connect: ENETUNREACH\n");
  CHECK(bench.run({"serve-self", "8080"}).out.text() == "connect: ENETUNREACH\n");
  RunSpec spec = bench.spec({"serve-self", "8080"});
  spec.network = Network::loopback;
  CHECK(bench.run(spec).out.text() == "connect: ok\n");
  spec = bench.spec({"tcp", "169.254.169.254", "80"});
  spec.network = Network::loopback;
  CHECK(bench.run(spec).out.text() == "connect: ENETUNREACH\n");
}

TEST_CASE("kernel state is masked and devices are the harmless six") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  if (bench.tier() == Tier::chroot) SLUICE_SKIP("needs namespaces");
  const std::string kcore = bench.run({"cat", "/proc/kcore"}).out.text();
  CHECK((kcore.empty() || kcore == "/proc/kcore: ENOENT\n"));
  CHECK(bench.run({"cat", "/proc/keys"}).out.text() == "");
  const std::string sysctl = bench.run({"write", "/proc/sys/vm/overcommit_memory"}).out.text();
  CHECK_MESSAGE((has(sysctl, "EROFS") || has(sysctl, "EACCES")), sysctl);
  std::string devices = bench.run({"ls", "/dev"}).out.text();
  std::size_t count = 0;
  for (const char c : devices) count += c == '\n' ? 1u : 0u;
  CHECK_MESSAGE(count == 11, devices);  // six nodes, four links, shm
  CHECK(bench.run({"write", "/dev/null"}).out.text() == "/dev/null: ok\n");
}

TEST_CASE("a program that ends neither by itself nor by TERM is killed at its deadline") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  for (const char* verb : {"ignore-term", "spin"}) {
    // PID 1 ignores what it does not handle; a program that is not PID 1 does not.
    if (bench.tier() == Tier::chroot && verb == std::string_view("spin")) continue;
    RunSpec spec = bench.spec({verb});
    spec.limits.time = 50ms;
    spec.grace = 50ms;
    const RunResult result = bench.run(spec);
    CHECK(result.timed_out);
    CHECK(result.killed);
    CHECK(result.signal == SIGKILL);
  }
  RunSpec spec = bench.spec({"catch"});
  spec.limits.time = 100ms;
  spec.stop_signal = SIGINT;
  const RunResult caught = bench.run(spec);
  CHECK(caught.timed_out);
  CHECK(!caught.killed);
  CHECK(caught.exit_code == 7);
  CHECK(caught.out.text() == "got signal 02\n");
}

TEST_CASE("a grandchild that holds the pipes ends with PID 1") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  RunSpec spec = bench.spec({"hold-pipe", "1000"});
  const RunResult result = bench.run(spec);
  CHECK(!result.timed_out);
  CHECK(result.exit_code == 0);
  CHECK(result.out.text() == "parent done\n");
  CHECK(bench.run({"close-output"}).exit_code == 0);
}

TEST_CASE("a gibibyte of output is counted in constant memory") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  RunSpec spec = bench.spec({"flood", std::to_string(1ull << 30)});
  spec.limits.time = 120s;
  const RunResult result = bench.run(spec);
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  CHECK(result.exit_code == 0);
  CHECK(result.out.total_bytes == 1ull << 30);
  CHECK(result.out.head.size() + result.out.tail.size() <= 512u << 10);
  CHECK(after.ru_maxrss - before.ru_maxrss < 8192);  // KiB
}

TEST_CASE("a fork bomb stops at the pids limit") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  RunSpec spec = bench.spec({"fork-bomb"});
  spec.limits.pids = 20;
  const RunResult result = bench.run(spec);
  if (lacks(result, "pids")) SLUICE_SKIP("no pids limit here");
  CHECK(result.out.text() == "made 19 then EAGAIN\n");
  CHECK(result.pids_exhausted);
}

TEST_CASE("a memory bomb is ended by the kernel and called by its name") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  RunSpec spec = bench.spec({"memory-bomb", "200"});
  spec.limits.memory_bytes = 64u << 20;
  const RunResult result = bench.run(spec);
  if (lacks(result, "memory")) SLUICE_SKIP("no memory limit here");
  CHECK(result.signal == SIGKILL);
  CHECK(result.out_of_memory);
  CHECK(!result.timed_out);
  CHECK(result.peaks.memory_bytes > 32u << 20);
  spec.limits.memory_bytes = 512u << 20;
  const RunResult fits = bench.run(spec);
  CHECK(fits.out.text() == "allocated\n");
  CHECK(!fits.out_of_memory);
  CHECK(fits.peaks.memory_bytes > 200u << 20);
}

TEST_CASE("a full disk is the container's own") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  if (bench.tier() == Tier::chroot) SLUICE_SKIP("needs namespaces");
  RunSpec spec = bench.spec({"fill", "/big"});
  spec.read_only = false;
  spec.limits.disk_bytes = 8u << 20;
  const RunResult root = bench.run(spec);
  CHECK_MESSAGE(has(root.out.text(), "then ENOSPC"), root.out.text());
  CHECK(std::stoull(root.out.text()) <= 8u << 20);
  spec = bench.spec({"fill", "/scratch/big"});
  spec.tmpfs = {{"/scratch", 2u << 20}};
  const RunResult tmpfs = bench.run(spec);
  CHECK(tmpfs.out.text() == "2097152 then ENOSPC\n");
}

TEST_CASE("a program that cannot start says why") {
  const Bench bench({}, [](int root) -> Status {
    SLUICE_CHECK(fill_plain(root));
    put_file(root, "text", "no program\n", 0755);
    put_file(root, "script", "#!/bin/sh\n", 0755);
    put_file(root, "plain", guest_bytes(), 0644);
    return Status{};
  });
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  const auto fault = [&](const std::string& program) {
    RunSpec spec;
    spec.argv = {program};
    return bench.run(spec);
  };
  CHECK(fault("/bin/sh").fault == StartFault::not_found);
  CHECK(fault("sh").fault == StartFault::not_found);
  CHECK(fault("/text").fault == StartFault::not_executable);
  CHECK(fault("/script").fault == StartFault::not_executable);
  CHECK(has(fault("/script").fault_message, "interpreter"));
  CHECK(fault("/plain").fault == StartFault::not_executable);
  RunSpec spec = bench.spec({"pwd"});
  spec.workdir = "/guest/below-a-file";
  CHECK(bench.run(spec).fault == StartFault::bad_workdir);
  spec.workdir = "/made/as/asked";
  CHECK(bench.run(spec).out.text() == "/made/as/asked\n");
  spec = {};
  spec.argv = {"guest", "echo", "by PATH"};
  spec.env = {{"PATH", "/nowhere:/"}};
  CHECK(bench.run(spec).out.text() == "by PATH\n");
}

TEST_CASE("an empty image runs nothing and says so") {
  const Bench bench({}, [](int) { return Status{}; });
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  CHECK(bench.run({"echo"}).fault == StartFault::not_found);
}

TEST_CASE("links in an image never lead out of it") {
  SUBCASE("/proc is a link to /") {
    const Bench bench({}, [](int root) -> Status {
      SLUICE_CHECK(fill_plain(root));
      put_link(root, "proc", "/");
      return Status{};
    });
    if (!bench.engine) SLUICE_SKIP(bench.problem);
    const RunResult result = bench.run({"ls", "/"});
    CHECK(result.fault == StartFault::bad_image);
    CHECK(has(result.fault_message, "/proc"));
  }
  SUBCASE("/dev is a link out") {
    const Bench bench({}, [](int root) -> Status {
      SLUICE_CHECK(fill_plain(root));
      put_link(root, "dev", "../../../../dev");
      return Status{};
    });
    if (!bench.engine) SLUICE_SKIP(bench.problem);
    CHECK(bench.run({"ls", "/"}).fault == StartFault::bad_image);
  }
  SUBCASE("/etc is a link to /, and its files are found there") {
    const Bench bench({}, [](int root) -> Status {
      put_file(root, "guest", guest_bytes(), 0755);
      put_link(root, "etc", "/");
      put_file(root, "passwd", "app:x:7:8::/:\n");
      return Status{};
    });
    if (!bench.engine) SLUICE_SKIP(bench.problem);
    RunSpec spec = bench.spec({"id"});
    spec.user = "app";
    CHECK(has(bench.run(spec).out.text(), "uid=7 gid=8"));
  }
  SUBCASE("/etc/passwd and a tmpfs place lead to absolute host paths") {
    const TempDirectory outside = TempDirectory::create().value();
    const Bench bench({}, [&](int root) -> Status {
      put_file(root, "guest", guest_bytes(), 0755);
      put_directory(root, "etc");
      put_link(root, "etc/passwd", "/etc/../etc/../../../etc/hostname");
      put_link(root, "escape", outside.path());
      put_link(root, "up", "../../../../../../../..");
      return Status{};
    });
    if (!bench.engine) SLUICE_SKIP(bench.problem);
    RunSpec spec = bench.spec({"write", "/escape/inside/file"});
    spec.tmpfs = {{"/escape/inside", 1 << 20}};
    const RunResult result = bench.run(spec);
    CHECK(!path_exists(outside.path() + "/inside"));
    // The link's target does not exist in the image, so there is no place for the tmpfs.
    CHECK(result.fault == StartFault::bad_image);
    CHECK(has(bench.run({"ls", "/up"}).out.text(), "guest"));
    spec = bench.spec({"id"});
    spec.user = "root";
    CHECK(!run(*bench.engine, *bench.image, spec));
  }
}

TEST_CASE("where overlays are refused the image is copied, and the result says so") {
  EmbeddedOptions options;
  options.force_copy = true;
  const Bench bench(options, [](int root) -> Status {
    SLUICE_CHECK(fill_plain(root));
    put_link(root, "link", "/guest");
    return Status{};
  });
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  RunSpec spec;
  spec.argv = {"/link", "stat", "/tmp"};
  const RunResult result = bench.run(spec);
  CHECK(result.out.text() == "41777 0:0\n");
  if (bench.tier() == Tier::chroot) SLUICE_SKIP("needs namespaces");
  CHECK(bench.run({"write", "/new"}).out.text() == "/new: EROFS\n");
  spec = bench.spec({"write", "/new"});
  spec.read_only = false;
  CHECK(bench.run(spec).out.text() == "/new: ok\n");
}

TEST_CASE("what may not be asked for is refused before anything runs") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  const auto refused = [&](auto change) {
    RunSpec spec = bench.spec({"id"});
    change(spec);
    const auto result = run(*bench.engine, *bench.image, spec);
    return !result && result.error().code == "sandbox.spec";
  };
  CHECK(refused([](RunSpec& s) { s.capabilities = 1ull << 21; }));  // CAP_SYS_ADMIN
  CHECK(refused([](RunSpec& s) { s.argv = {}; }));
  CHECK(refused([](RunSpec& s) { s.limits.time = 0ms; }));
  CHECK(refused([](RunSpec& s) { s.tmpfs = {{"relative", 1}}; }));
  CHECK(refused([](RunSpec& s) { s.tmpfs = {{"/", 1}}; }));
  CHECK(refused([](RunSpec& s) { s.argv.emplace_back("nul\0byte", 8); }));
  CHECK(refused([](RunSpec& s) { s.env = {{"A=B", "c"}}; }));
  CHECK(refused([](RunSpec& s) { s.workdir = "relative"; }));
}

TEST_CASE("capabilities that engines give by default can be kept, by root alone") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  if (bench.tier() == Tier::chroot) SLUICE_SKIP("needs /proc");
  RunSpec spec = bench.spec({"cat", "/proc/self/status"});
  spec.capabilities = 1;  // CAP_CHOWN
  CHECK(has(bench.run(spec).out.text(), "CapEff:\t0000000000000001"));
  spec.user = "app";
  CHECK(has(bench.run(spec).out.text(), "CapEff:\t0000000000000000"));
}

TEST_CASE("in a chroot there is less isolation, and each lack is named") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  if (bench.tier() != Tier::chroot) return;  // the same binary runs once for each tier
  const RunResult result = bench.run({"ls", "/"});
  CHECK(has(result.out.text(), "guest\n"));
  for (const char* lack : {"namespaces:", "signals:", "network:", "read-only root:", "disk:", "/proc:"}) {
    CHECK_MESSAGE(lacks(result, lack), lack);
  }
  CHECK(bench.run({"tcp", "127.0.0.1", "1"}).out.text() == "socket: EPERM\n");
  CHECK(has(bench.run({"attack"}).out.text(), "chroot: EPERM"));
  RunSpec spec = bench.spec({"write", "/new"});
  spec.user = "app";
  CHECK(bench.run(spec).out.text() == "/new: EACCES\n");
  spec = bench.spec({"fill", "/big"});
  spec.limits.disk_bytes = 1u << 20;
  CHECK(bench.run(spec).signal == SIGXFSZ);
  spec = bench.spec({"write", "/scratch/file"});
  spec.tmpfs = {{"/scratch", 1u << 20}};
  CHECK(bench.run(spec).out.text() == "/scratch/file: ok\n");
  // Nothing of one container is seen by the next.
  CHECK(!has(bench.run({"ls", "/"}).out.text(), "scratch"));
}
