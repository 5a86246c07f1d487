// The drivers of outside engines: what they are asked for (pure), and each one that works on this machine,
// for real. One that does not is skipped, with the reason in the log.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "base/digest.h"
#include "image/image.h"
#include "image/unpack.h"
#include "image/write.h"
#include "sandbox/capabilities.h"
#include "sandbox/engines/leftovers.h"
#include "sandbox/engines/make_engine.h"
#include "sandbox/engines/store_image.h"
#include "sandbox/engines/tool_container.h"
#include "sandbox/engines/tool_engine.h"
#include "sandbox/engines/tool_runner.h"
#include "sandbox/engines/tool_spec.h"
#include "sandbox/harden/artefacts.h"
#include "sandbox/harden/calls.h"
#include "sandbox/state.h"
#include "sandbox/text.h"
#include "support.h"

using namespace sluice;
using namespace sluice::sandbox;
using namespace sluice::sandbox::test;

namespace {

bool has_pair(const std::vector<std::string>& argv, const std::string& option, const std::string& value) {
  for (std::size_t i = 0; i + 1 < argv.size(); ++i) {
    if (argv[i] == option && argv[i + 1] == value) return true;
  }
  return false;
}

bool has_word(const std::vector<std::string>& argv, const std::string& word) {
  return std::find(argv.begin(), argv.end(), word) != argv.end();
}

ToolSpec tool_spec() {
  ToolSpec spec;
  spec.run.argv = {"/bin/app", "--flag", "a b"};
  spec.run.env = {{"A", "1 2"}, {"B", "x=y"}};
  spec.run.workdir = "/srv";
  spec.run.tmpfs = {{"/run", 4096}};
  spec.run.limits.cpu_milli = 1250;
  spec.run.limits.pids = 20;
  spec.run.limits.memory_bytes = 1 << 20;
  spec.run.capabilities = *capability_by_name("NET_BIND_SERVICE");
  spec.identity = {1000, 1001, {7, 8}, "/home/app"};
  spec.name = "sluice-x-1";
  spec.rootfs = "/r";
  spec.image = "sluice-x-1:image";
  spec.bundle = "/b";
  spec.state = "/s";
  spec.pid_file = "/b/pid";
  spec.max_files = 100;
  spec.max_processes = 50;
  return spec;
}

}  // namespace

TEST_CASE("engines: names are known and nothing else is") {
  for (const char* name : {"embedded", "runc", "podman", "docker", "nerdctl"}) {
    const auto kind = parse_engine_kind(name);
    REQUIRE(kind);
    CHECK(to_string(*kind) == name);
  }
  CHECK_FALSE(parse_engine_kind("Docker"));
  CHECK_FALSE(parse_engine_kind(""));
  CHECK(tool_traits(EngineKind::embedded) == nullptr);
}

TEST_CASE("engines: every tool is asked for the same isolation, and never for more") {
  for (const ToolTraits& traits : k_tools) {
    if (traits.form == ToolForm::bundle) continue;
    CAPTURE(traits.name);
    const auto argv = run_arguments(traits, tool_spec());
    CHECK(argv[0] == traits.name);
    CHECK(has_pair(argv, "--network", "none"));
    CHECK(has_pair(argv, "--cap-drop", "ALL"));
    CHECK(has_pair(argv, "--cap-add", "NET_BIND_SERVICE"));
    CHECK(has_pair(argv, "--security-opt", "no-new-privileges"));
    CHECK(has_word(argv, "--read-only"));
    CHECK(has_pair(argv, "--user", "1000:1001"));
    CHECK(has_pair(argv, "--group-add", "8"));
    CHECK(has_pair(argv, "--workdir", "/srv"));
    CHECK(has_pair(argv, "--env", "A=1 2"));
    CHECK(has_pair(argv, "--memory", "1048576"));
    CHECK(has_pair(argv, "--memory-swap", "1048576"));
    CHECK(has_pair(argv, "--pids-limit", "20"));
    CHECK(has_pair(argv, "--cpus", "1.250"));
    CHECK(has_pair(argv, "--tmpfs", "/run:rw,exec,nosuid,nodev,mode=1777,size=4096"));
    CHECK(argv.back() == "a b");
    CHECK((traits.rootfs ? has_pair(argv, "--rootfs", "/r") : has_word(argv, "--pull=never")));
    for (const char* refused : {"--privileged", "--volume", "-v", "--mount", "--device", "--pid", "--ipc",
                                "--userns", "--cgroupns", "--pull=always", "--pull=missing"}) {
      CHECK_FALSE(has_word(argv, refused));
    }
    CHECK_FALSE(has_pair(argv, "--security-opt", "seccomp=unconfined"));
  }
}

TEST_CASE("engines: a bundle has namespaces, limits, masks, and no device or mount of the host") {
  const json::Value seccomp = seccomp_json(std::nullopt).value();
  const std::string text = json::write(bundle_config(tool_spec(), seccomp));
  for (const char* part :
       {R"("noNewPrivileges":true)", R"({"type":"network"})", R"({"type":"pid"})",
        R"("limit":1048576,"swap":1048576)", R"("quota":125000,"period":100000)",
        R"("uid":1000,"gid":1001,"additionalGids":[7,8])", R"("readonly":true)",
        R"("bounding":["CAP_NET_BIND_SERVICE"])", R"("/proc/kcore")", R"("args":["/bin/app","--flag","a b"])",
        R"("env":["A=1 2","B=x=y"])", R"("allow":false)"}) {
    CHECK_MESSAGE(text.find(part) != std::string::npos, part);
  }
  const std::string mounts = json::write(*bundle_config(tool_spec(), seccomp).find("mounts"));
  CHECK(mounts.find("bind") == std::string::npos);
  CHECK(mounts.find("\"source\":\"/") == std::string::npos);
}

TEST_CASE("engines: hostile specs are refused before a tool sees them") {
  const auto code = [](const std::function<void(RunSpec&)>& change) {
    RunSpec spec;
    spec.argv = {"/app"};
    change(spec);
    const Status status = check_tool_spec(spec, false);
    return status ? std::string("ok") : status.error().code;
  };
  CHECK(code([](RunSpec&) {}) == "ok");
  CHECK(code([](RunSpec& s) { s.argv.clear(); }) == "sandbox.spec");
  CHECK(code([](RunSpec& s) { s.argv.emplace_back("a\0b", 3); }) == "sandbox.spec");
  CHECK(code([](RunSpec& s) { s.env = {{"A=B", "c"}}; }) == "sandbox.spec");
  CHECK(code([](RunSpec& s) { s.workdir = "relative"; }) == "sandbox.spec");
  CHECK(code([](RunSpec& s) { s.tmpfs = {{"/a:exec", 1}}; }) == "sandbox.spec");
  CHECK(code([](RunSpec& s) { s.tmpfs = {{"/a,dev", 1}}; }) == "sandbox.spec");
  CHECK(code([](RunSpec& s) { s.capabilities = std::uint64_t{1} << 21; }) == "sandbox.spec");  // SYS_ADMIN
  CHECK(code([](RunSpec& s) { s.limits.time = std::chrono::milliseconds(0); }) == "sandbox.spec");
  CHECK(code([](RunSpec& s) { s.syscalls = SyscallProfile{{}, SyscallProfile::Miss::record}; }) ==
        "sandbox.unsupported");
}

TEST_CASE("engines: a call profile never allows what the default refuses") {
  const json::Value value =
      seccomp_json(SyscallProfile{{"read", "mount", "clone", "clone3"}, SyscallProfile::Miss::refuse})
          .value();
  const std::string text = json::write(value);
  CHECK(text.find(R"({"names":["read"],"action":"SCMP_ACT_ALLOW"})") != std::string::npos);
  CHECK(text.find(R"({"names":["mount"],"action":"SCMP_ACT_ERRNO","errnoRet":1})") != std::string::npos);
  CHECK(text.find(R"({"names":["clone3"],"action":"SCMP_ACT_ERRNO","errnoRet":38})") != std::string::npos);
  CHECK(text.find(R"("names":["clone"],"action":"SCMP_ACT_ALLOW","args")") != std::string::npos);
  CHECK(text.find(R"("defaultErrnoRet":1)") != std::string::npos);
  CHECK_FALSE(seccomp_json(SyscallProfile{{"no_such_call"}, SyscallProfile::Miss::refuse}));
}

TEST_CASE("engines: exit codes over 128 stand for a signal only if it can end a PID 1") {
  CHECK(signal_of(139, false) == SIGSEGV);
  CHECK(signal_of(137, true) == SIGKILL);
  CHECK(signal_of(137, false) == 0);
  CHECK(signal_of(143, true) == 0);
  CHECK(signal_of(0, true) == 0);
}

TEST_CASE("engines: what tools say of a program that did not start") {
  using enum StartFault;
  CHECK(
      fault_of(
          R"(runc create failed: unable to start container process: exec: "/x": stat /x: no such file or directory)") ==
      not_found);
  CHECK(fault_of(R"(unable to start container process: exec: "x": executable file not found in $PATH)") ==
        not_found);
  CHECK(fault_of(R"(unable to start container process: exec: "/etc": permission denied)") == not_executable);
  CHECK(fault_of("exec /script: no such file or directory") == not_executable);
  CHECK(fault_of("exec /data: exec format error") == not_executable);
  CHECK(fault_of(R"(workdir "/q" does not exist on container abc)") == bad_workdir);
  CHECK_FALSE(fault_of("cannot connect to the daemon"));
}

TEST_CASE("engines: the journal names what is left, and hostile lines name nothing") {
  const auto list = leftovers(
      "engine podman sluice-a-1\nimage docker sluice-a-2:image\nengine runc sluice-a-3\nengine-gone runc "
      "sluice-a-3\n"
      "engine docker ../../etc\nengine rm sluice-a-4\nengine podman --all\nengine podman sluice-a b\n"
      "engine podman sluice-A\ncgroup /sys/x\nengine podman sluice-half");
  REQUIRE(list.size() == 2);
  CHECK(list[0] == Leftover{false, EngineKind::podman, "sluice-a-1"});
  CHECK(list[1] == Leftover{true, EngineKind::docker, "sluice-a-2:image"});
}

TEST_CASE("engines: an image that the journal cannot name is not given to an engine") {
  const TempDirectory folder = TempDirectory::create().value();
  const std::string tool = folder.path() + "/docker";
  REQUIRE(write_file_atomic(tool,
                            "#!/bin/sh\n[ \"$1\" = info ] && echo '[]'\n[ \"$1\" = load ] && echo x "
                            ">\"${0%/*}/loaded\"\nexit 0\n"));
  REQUIRE(::chmod(tool.c_str(), 0755) == 0);
  const auto engine = make_engine(
      EngineKind::docker, {folder.path() + "/state", -1, {{"PATH", folder.path() + ":/bin:/usr/bin"}}});
  REQUIRE_MESSAGE(engine, engine.error().message);
  image::ImageSpec spec;
  spec.layers.push_back({{image::folder_spec("empty")}, {}, {}});
  REQUIRE(image::write_layout(folder.path() + "/image", spec));
  const auto opened = image::Image::open(folder.path() + "/image");
  REQUIRE(opened);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit none{0, before.rlim_max};
  ::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &none) == 0);  // as on a full disk
  const auto prepared = (*engine)->prepare(*opened);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  ::signal(SIGXFSZ, SIG_DFL);
  REQUIRE(!prepared);
  CHECK_MESSAGE(prepared.error().code == "sandbox.journal", to_string(prepared.error()));
  CHECK(!path_exists(folder.path() + "/loaded"));
}

TEST_CASE("engines: what they say of an image is checked, and only whole digests are taken") {
  const std::string a(64, 'a');
  const std::string b(64, 'b');
  const auto docker =
      parse_store_image(R"([{"Id":"sha256:)" + a + R"(","RepoDigests":["app@sha256:)" + b + R"("]}])");
  REQUIRE(docker);
  CHECK(docker->id.hex() == a);
  CHECK(docker->names.size() == 2);
  const auto podman = parse_store_image(R"([{"Id":")" + a + R"(","Digest":"sha256:)" + b + R"("}])");
  REQUIRE(podman);
  CHECK(podman->id.hex() == a);
  CHECK(podman->names.back().hex() == b);
  for (const std::string& text :
       {std::string("[]"), std::string("{}"), std::string("[7]"), R"([{"Id":"sha256:)" + a.substr(1) + "\"}]",
        R"([{"Id":"md5:)" + a + "\"}]", R"([{"Id":"sha256:)" + a + "\"},{}]", std::string("[{\"Id\":7}]")}) {
    const auto bad = parse_store_image(text);
    REQUIRE_MESSAGE(!bad, text);
    CHECK(bad.error().code == "sandbox.inspect");
  }
}

TEST_CASE("engines: an image of an engine's store is named by its scheme") {
  const auto named = [](const char* text) { return parse_store_reference(text); };
  REQUIRE(named("podman:localhost/app:1"));
  CHECK(named("podman:localhost/app:1")->kind == EngineKind::podman);
  CHECK(named("podman:localhost/app:1")->reference == "localhost/app:1");
  CHECK(named("containerd:app")->kind == EngineKind::nerdctl);
  for (const char* text :
       {"app:1", "docker:", "runc:app", "embedded:app", "localhost/app:1", "out/image", ""}) {
    CHECK_MESSAGE(!named(text), text);
  }
}

TEST_CASE("engines: a tool that is not on PATH is unsupported, and the message says so") {
  EngineOptions options;
  options.environment = {{"PATH", "/nowhere:relative::/proc"}};
  for (const EngineKind kind :
       {EngineKind::runc, EngineKind::podman, EngineKind::docker, EngineKind::nerdctl}) {
    const auto engine = make_engine(kind, options);
    REQUIRE_FALSE(engine);
    CHECK(engine.error().code == "sandbox.unsupported");
    CHECK(engine.error().message.find("not on PATH") != std::string::npos);
  }
}

namespace {

// One engine for real, with an image around the guest program.
struct RealBench {
  Tier strongest = tier_under_test();  // first: it may change who we are
  TempDirectory directory = TempDirectory::create().value();
  std::unique_ptr<Engine> engine;
  std::shared_ptr<PreparedImage> image;
  std::string problem;

  explicit RealBench(EngineKind kind) {
    const Environment environment = current_environment();
    const bool rootless = kind == EngineKind::runc && strongest == Tier::userns;
    if (!rootless && (strongest != Tier::root || ::geteuid() != 0)) {
      problem = "tried as root only";
      return;
    }
    auto made = make_engine(kind, {directory.path() + "/state", -1, environment});
    if (!made) {
      problem = made.error().message;
      return;
    }
    engine = std::move(*made);
    image::ImageSpec spec;
    image::LayerSpec layer;
    layer.files = {image::file_spec("guest", guest_bytes(), 0755),
                   image::folder_spec("etc"),
                   image::file_spec("etc/passwd", "root:x:0:0:root:/root:\napp:x:1000:1001::/home/app:\n"),
                   image::file_spec("etc/group", "root:x:0:\nextra:x:2000:app\n"),
                   image::file_spec("data", "no program", 0755),
                   image::file_spec("script", "#!/bin/nowhere\n", 0755),
                   image::file_spec("plain", "x", 0644),
                   image::folder_spec("tmp", 01777)};
    spec.layers.push_back(std::move(layer));
    spec.config.env = {"FROM_IMAGE=1"};
    REQUIRE(image::write_layout(directory.path() + "/image", spec));
    const auto opened = image::Image::open(directory.path() + "/image");
    REQUIRE(opened);
    auto prepared = engine->prepare(*opened);
    REQUIRE_MESSAGE(prepared, to_string(prepared.error()));
    image = std::move(*prepared);
  }

  [[nodiscard]] static RunSpec spec(std::vector<std::string> arguments) {
    RunSpec spec;
    spec.argv = {"/guest"};
    spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
    return spec;
  }

  [[nodiscard]] RunResult run(const RunSpec& spec) const {
    auto result = sandbox::run(*engine, *image, spec);
    REQUIRE_MESSAGE(result, to_string(result.error()));
    return std::move(*result);
  }
};

std::string said(const RunResult& result) {
  return std::string(trim(result.out.text() + result.err.text()));
}

void check_running(const RealBench& bench) {
  const RunResult echo = bench.run(RealBench::spec({"echo", "hello"}));
  CHECK(echo.ok());
  CHECK(echo.out.text() == "hello\n");
  CHECK(echo.err.text().empty());
  CHECK(bench.run(RealBench::spec({"exit", "7"})).exit_code == 7);
  CHECK(bench.run(RealBench::spec({"exit", "127"})).exit_code == 127);
  const RunResult crash = bench.run(RealBench::spec({"crash"}));
  CHECK(crash.signal == SIGSEGV);

  RunSpec user = RealBench::spec({"id"});
  user.user = "app";
  if (::geteuid() != 0) {
    const auto refused = run(*bench.engine, *bench.image, user);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "sandbox.unsupported");
    user.user = "";
  }
  user.workdir = "/made/here";
  const std::string who = said(bench.run(user));  // some list the first group among the others
  CHECK((who == "pid=1 uid=1000 gid=1001 groups=2000" || who == "pid=1 uid=1000 gid=1001 groups=1001,2000" ||
         ::geteuid() != 0));
  user.argv = {"/guest", "pwd"};
  const RunResult there = bench.run(user);
  CHECK_MESSAGE(there.out.text() == "/made/here\n", there.fault_message << there.err.text());

  RunSpec env = RealBench::spec({"env"});
  env.env = {{"A", "1 2"}, {"B", "x=y"}};
  const std::string variables = bench.run(env).out.text();
  CHECK(variables.find("A=1 2\n") != std::string::npos);
  CHECK(variables.find("B=x=y\n") != std::string::npos);
}

void check_faults(const RealBench& bench) {
  const auto fault = [&](std::vector<std::string> argv) {
    RunSpec spec;
    spec.argv = std::move(argv);
    const RunResult result = bench.run(spec);
    CAPTURE(result.fault_message);
    return result.fault;
  };
  CHECK(fault({"/nothing"}) == StartFault::not_found);
  CHECK(fault({"/plain"}) == StartFault::not_executable);
  CHECK(fault({"/data"}) == StartFault::not_executable);
  CHECK(fault({"/script"}) == StartFault::not_executable);
  RunSpec place = RealBench::spec({"pwd"});
  place.workdir = "/plain";
  CHECK(bench.run(place).fault != StartFault::started);
}

void check_isolation(const RealBench& bench) {
  CHECK(said(bench.run(RealBench::spec({"write", "/new"}))) == "/new: EROFS");
  RunSpec spec = RealBench::spec({"write", "/new"});
  spec.read_only = false;
  CHECK(said(bench.run(spec)) == "/new: ok");
  // What one container wrote is not there for the next.
  spec.argv = {"/guest", "cat", "/new"};
  CHECK(said(bench.run(spec)).find("ENOENT") != std::string::npos);
  spec = RealBench::spec({"write", "/scratch/x"});
  spec.tmpfs = {{"/scratch", 1 << 20}};
  CHECK(said(bench.run(spec)) == "/scratch/x: ok");
  const RunResult attack = bench.run(RealBench::spec({"attack"}));
  INFO(attack.out.text());
  // docker and podman have other opinions on sockets of virtual machines than we do.
  for (const std::string_view line : split(attack.out.text(), '\n')) {
    CHECK_MESSAGE((!line.ends_with(": ok") || line == "vsock: ok"), line);
  }
}

void check_limits(const RealBench& bench) {
  RunSpec spec = RealBench::spec({"memory-bomb", "200"});
  spec.limits.memory_bytes = 48u << 20;
  const RunResult bomb = bench.run(spec);
  // podman does not know why on a version 1 hierarchy, nerdctl never.
  const std::string engine = bench.engine->probe().name;
  const bool silent = (engine == "podman" || engine == "nerdctl") && bomb.exit_code == 128 + SIGKILL;
  CHECK((silent || (bomb.out_of_memory && bomb.signal == SIGKILL) || lacks(bomb, "limits")));

  spec = RealBench::spec({"flood", "8000000"});
  spec.head_bytes = 1000;
  spec.tail_bytes = 1000;
  const RunResult flood = bench.run(spec);
  CHECK(flood.out.total_bytes == 8'000'000);
  CHECK(flood.out.head.size() == 1000);

  spec = RealBench::spec({"ignore-term"});
  spec.limits.time = std::chrono::milliseconds(300);
  spec.grace = std::chrono::milliseconds(200);
  const RunResult ignored = bench.run(spec);
  CHECK(ignored.timed_out);
  CHECK(ignored.killed);
  CHECK(ignored.signal == SIGKILL);
  spec.argv = {"/guest", "catch"};
  spec.limits.time = std::chrono::milliseconds(300);
  spec.grace = std::chrono::seconds(20);
  const RunResult caught = bench.run(spec);
  CHECK(caught.timed_out);
  CHECK_FALSE(caught.killed);
}

void check_service(const RealBench& bench) {
  RunSpec spec = RealBench::spec({"http", "8080"});
  spec.network = Network::loopback;
  auto started = bench.engine->start(*bench.image, spec);
  REQUIRE_MESSAGE(started, to_string(started.error()));
  const std::unique_ptr<Container> container = std::move(*started);
  Result<RunResult> result = fail(ErrorKind::internal, "test", "not waited");
  std::jthread waiter([&] { result = container->wait(); });
  Result<Fd> socket = fail(ErrorKind::internal, "test", "not connected");
  for (int i = 0; i < 200 && !socket && !container->ended(); ++i) {
    socket = container->connect("127.0.0.1", 8080, std::chrono::seconds(1));
    if (!socket) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  CHECK_MESSAGE(socket, to_string(socket.error()));
  const auto nobody = container->connect("127.0.0.1", 9, std::chrono::seconds(1));
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().code == "sandbox.refused-connection");
  socket = fail(ErrorKind::internal, "test", "closed");

  const auto seen = container->inspect();
  REQUIRE_MESSAGE(seen, to_string(seen.error()));
  REQUIRE_FALSE(seen->processes.empty());
  CHECK(seen->processes[0].pid == 1);
  CHECK(seen->processes[0].exe.ends_with("/guest"));
  CHECK(seen->tcp.find(":1F90 ") != std::string::npos);

  RunSpec inner = RealBench::spec({"id"});
  if (::geteuid() == 0) inner.user = "1234:5";
  auto program = container->exec(inner);
  REQUIRE_MESSAGE(program, to_string(program.error()));
  const auto ran = (*program)->wait();
  REQUIRE_MESSAGE(ran, to_string(ran.error()));
  CHECK(ran->ok());
  CHECK(ran->out.text().find(::geteuid() == 0 ? "uid=1234 gid=5" : "uid=0 gid=0") != std::string::npos);
  inner.argv = {"/nothing"};
  program = container->exec(inner);
  REQUIRE(program);
  const auto missing = (*program)->wait();
  REQUIRE_MESSAGE(missing, to_string(missing.error()));
  CHECK(missing->fault == StartFault::not_found);

  CHECK(container->signal(SIGKILL));
  waiter.join();
  REQUIRE_MESSAGE(result, to_string(result.error()));
}

void check_session(const RealBench& bench) {
  auto session = bench.engine->session(bench.image);
  if (bench.engine->probe().name == "nerdctl") {  // its containers are gone when they have ended
    REQUIRE(!session);
    CHECK(session.error().code == "sandbox.unsupported");
    return;
  }
  REQUIRE_MESSAGE(session, to_string(session.error()));
  RunSpec spec = RealBench::spec({"write", "/kept"});
  spec.read_only = false;
  REQUIRE(said(run(*bench.engine, **session, spec).value()) == "/kept: ok");
  spec.argv = {"/guest", "cat", "/kept"};
  CHECK(said(run(*bench.engine, **session, spec).value()).empty());
  CHECK(said(bench.run(spec)).find("ENOENT") != std::string::npos);
}

// The profile reaches the container: without the call that the program makes it does not work, with it it
// does.
void check_profile(const RealBench& bench) {
  RunSpec spec = RealBench::spec({"mkdir", "/tmp/x"});
  spec.tmpfs = {{"/tmp", 1 << 20}};
  REQUIRE(said(bench.run(spec)) == "/tmp/x: ok");
  std::vector<std::string> allowed;
  for (const char* name : {"access",
                           "arch_prctl",
                           "brk",
                           "capget",
                           "capset",
                           "chdir",
                           "clock_gettime",
                           "close",
                           "epoll_ctl",
                           "epoll_pwait",
                           "execve",
                           "exit",
                           "exit_group",
                           "faccessat2",
                           "fchdir",
                           "fcntl",
                           "fstat",
                           "fstatfs",
                           "futex",
                           "getcwd",
                           "getdents64",
                           "getpid",
                           "getppid",
                           "getrandom",
                           "gettid",
                           "getuid",
                           "getgid",
                           "geteuid",
                           "getegid",
                           "ioctl",
                           "lseek",
                           "mmap",
                           "mprotect",
                           "mremap",
                           "munmap",
                           "nanosleep",
                           "newfstatat",
                           "openat",
                           "prctl",
                           "prlimit64",
                           "read",
                           "readlink",
                           "readlinkat",
                           "rseq",
                           "rt_sigaction",
                           "rt_sigprocmask",
                           "rt_sigreturn",
                           "sched_yield",
                           "set_robust_list",
                           "set_tid_address",
                           "setgid",
                           "setgroups",
                           "setuid",
                           "sigaltstack",
                           "statx",
                           "tgkill",
                           "uname",
                           "write",
                           "writev",
                           "pread64",
                           "madvise",
                           "statfs"}) {
    allowed.emplace_back(name);
  }
  spec.syscalls = SyscallProfile{allowed, SyscallProfile::Miss::refuse};
  const RunResult without = bench.run(spec);
  CHECK(without.fault == StartFault::started);
  CHECK(said(without) == "/tmp/x: EPERM");
  allowed.emplace_back("mkdir");
  allowed.emplace_back("mkdirat");
  spec.syscalls = SyscallProfile{allowed, SyscallProfile::Miss::refuse};
  const RunResult with = bench.run(spec);
  CHECK(said(with) == "/tmp/x: ok");
}

std::string names_of_calls(const Trace& trace) {
  std::string names;
  for (const SyscallSeen& seen : trace.syscalls) names += " " + seen.name;
  return names + " ";
}

// What the container does is seen, by the runtime's listener; and only that, not what the runtime does.
void check_observed(const RealBench& bench, EngineKind kind) {
  RunSpec spec = RealBench::spec({"mkdir", "/tmp/x"});
  spec.tmpfs = {{"/tmp", 1 << 20}};
  spec.observe = ObserveMode::selected;
  RunResult result = bench.run(spec);
  CHECK(said(result) == "/tmp/x: ok");
  REQUIRE(result.trace);
  if (!tool_traits(kind)->listener) {
    CHECK_FALSE(result.trace->observed());
    CHECK_FALSE(result.trace->reason.empty());
    return;
  }
  CHECK_MESSAGE(result.trace->observed(), result.trace->reason);
  CHECK(names_of_calls(*result.trace).find(" execve ") != std::string::npos);
  REQUIRE_FALSE(result.trace->execs.empty());
  CHECK(result.trace->execs.back().path == "/guest");
  CHECK(result.trace->execs.back().sha256 == sha256(guest_bytes()).hex());
  const auto made = std::find_if(result.trace->files.begin(), result.trace->files.end(),
                                 [](const FileSeen& seen) { return seen.path == "/tmp/x"; });
  REQUIRE(made != result.trace->files.end());
  CHECK(made->written);
  spec.observe = ObserveMode::all;
  result = bench.run(spec);
  REQUIRE(result.trace);
  INFO(names_of_calls(*result.trace));
  CHECK(names_of_calls(*result.trace).find(" mkdir ") != std::string::npos);
  CHECK(names_of_calls(*result.trace).find(" exit_group ") != std::string::npos);
  CHECK(names_of_calls(*result.trace).find(" epoll_") == std::string::npos);  // a runtime's own
  // What the default refuses stays refused.
  spec.argv = {"/guest", "attack"};
  result = bench.run(spec);
  CHECK(result.out.text().find("unshare: EPERM") != std::string::npos);
  CHECK(result.out.text().find("mount: EPERM") != std::string::npos);
}

// A container that is let go while it runs leaves nothing.
void check_dropped(const RealBench& bench) {
  auto started = bench.engine->start(*bench.image, RealBench::spec({"ignore-term"}));
  REQUIRE(started);
  REQUIRE((*started)->exec(RealBench::spec({"id"})));  // it runs
  const auto seen = (*started)->inspect();
  REQUIRE(seen);
  started = fail(ErrorKind::internal, "test", "dropped");
}

// A run that is killed leaves a container that the next start removes, by the journal.
void check_killed(const RealBench& bench, EngineKind kind) {
  const TempDirectory folder = TempDirectory::create().value();
  const std::string root = folder.path() + "/state";
  const Environment environment = current_environment();
  const pid_t child = ::fork();
  if (child == 0) {
    auto engine = make_engine(kind, {root, -1, environment});
    const auto image = image::Image::open(bench.directory.path() + "/image");
    if (!engine || !image) ::_exit(2);
    const auto prepared = (*engine)->prepare(*image);
    if (!prepared) ::_exit(3);
    RunSpec spec = RealBench::spec({"ignore-term"});
    spec.argv.emplace_back("of-" + folder.path());
    const auto container = (*engine)->start(**prepared, spec);
    if (!container || !(*container)->inspect()) ::_exit(4);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  const auto alive = [&] {
    std::size_t found = 0;
    const std::vector<DirectoryEntry> entries = Directory::open("/proc").value().list().value();
    for (const DirectoryEntry& entry : entries) {
      const auto words = read_file("/proc/" + entry.name + "/cmdline", 4096);
      if (words && words->starts_with("/guest") && words->find("of-" + folder.path()) != std::string::npos)
        ++found;
    }
    return found;
  };
  CHECK(alive() == 1);
  const auto garbage = collect_garbage(root);
  REQUIRE(garbage);
  CHECK(garbage->runs == 1);
  CHECK_MESSAGE(garbage->problems.empty(), (garbage->problems.empty() ? "" : garbage->problems[0]));
  CHECK(alive() == 0);
  const std::vector<DirectoryEntry> left = Directory::open(root).value().list().value();
  for (const DirectoryEntry& entry : left) CHECK(entry.name == "lock");
}

// The job is cancelled while a container runs.
void check_cancelled(EngineKind kind) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const Fd read_end(ends[0]);
  const Fd write_end(ends[1]);
  const TempDirectory folder = TempDirectory::create().value();
  auto engine = make_engine(kind, {folder.path() + "/state", read_end.get(), current_environment()});
  REQUIRE(engine);
  image::ImageSpec spec;
  spec.layers.push_back({{image::file_spec("guest", guest_bytes(), 0755)}, {}, {}});
  REQUIRE(image::write_layout(folder.path() + "/image", spec));
  const auto prepared = (*engine)->prepare(image::Image::open(folder.path() + "/image").value());
  REQUIRE(prepared);
  auto container = (*engine)->start(**prepared, RealBench::spec({"ignore-term"}));
  REQUIRE(container);
  REQUIRE((*container)->inspect());  // it runs
  REQUIRE(write_all(write_end.get(), "x"));
  const auto result = (*container)->wait();
  REQUIRE_FALSE(result);
  CHECK(result.error().code == "sandbox.cancelled");
}

void check_engine(EngineKind kind) {
  const RealBench bench(kind);
  if (!bench.engine) SLUICE_SKIP(std::string(to_string(kind)) + ": " + bench.problem);
  SUBCASE("programs, users, variables") {
    check_running(bench);
  }
  SUBCASE("faults") {
    check_faults(bench);
  }
  SUBCASE("isolation") {
    check_isolation(bench);
  }
  SUBCASE("limits") {
    check_limits(bench);
  }
  SUBCASE("service") {
    check_service(bench);
  }
  SUBCASE("session") {
    check_session(bench);
  }
  SUBCASE("profile") {
    check_profile(bench);
  }
  SUBCASE("observed") {
    check_observed(bench, kind);
  }
  SUBCASE("dropped") {
    check_dropped(bench);
  }
  SUBCASE("killed") {
    check_killed(bench, kind);
  }
  SUBCASE("cancelled") {
    check_cancelled(kind);
  }
}

}  // namespace

// What the loop learns with the embedded engine must hold where the image will really run.
TEST_CASE("engines: a profile learned by the embedded engine works under the others, and refuses the rest") {
  const Bench learner;
  if (!learner.engine) SLUICE_SKIP(learner.problem);
  RunSpec learn = learner.spec({"mkdir", "/tmp/x"});
  learn.tmpfs = {{"/tmp", 1 << 20}};
  learn.observe = ObserveMode::all;
  const RunResult learned = learner.run(learn);
  REQUIRE(learned.trace);
  if (!learned.trace->observed()) SLUICE_SKIP("not observed: " + learned.trace->reason);
  HardeningProfile profile;
  profile.calls = harden::learned_calls(*learned.trace);
  const std::vector<std::string> names = harden::names_of(profile.calls);
  REQUIRE(std::find(names.begin(), names.end(), "mkdir") != names.end());
  for (const EngineKind kind : {EngineKind::runc, EngineKind::podman, EngineKind::docker}) {
    const RealBench bench(kind);
    if (!bench.engine) {
      std::printf("SKIPPED: %s: %s\n", std::string(to_string(kind)).c_str(), bench.problem.c_str());
      continue;
    }
    CAPTURE(to_string(kind));
    RunSpec spec = learn;
    spec.observe = ObserveMode::none;
    spec.syscalls = SyscallProfile{names, SyscallProfile::Miss::refuse};
    CHECK(said(bench.run(spec)) == "/tmp/x: ok");
    spec.argv = {"/guest", "tcp", "127.0.0.1", "9"};  // nobody learned a socket
    CHECK(said(bench.run(spec)) == "socket: EPERM");
  }
}

// The very file that is handed to users.
TEST_CASE("engines: podman takes the generated file as it is") {
  const RealBench bench(EngineKind::podman);
  if (!bench.engine) SLUICE_SKIP("podman: " + bench.problem);
  const Bench learner;
  if (!learner.engine) SLUICE_SKIP(learner.problem);
  RunSpec learn = learner.spec({"mkdir", "/x"});
  learn.read_only = false;
  learn.observe = ObserveMode::all;
  const RunResult learned = learner.run(learn);
  REQUIRE(learned.trace);
  if (!learned.trace->observed()) SLUICE_SKIP("not observed: " + learned.trace->reason);
  HardeningProfile profile;
  profile.calls = harden::learned_calls(*learned.trace);
  const auto root = image::Image::open(bench.directory.path() + "/image");
  REQUIRE(root);
  ToolSpec spec;
  spec.run = learn;
  spec.name = "sluice-artefact-" + std::to_string(::getpid());
  spec.rootfs = bench.directory.path() + "/root";
  spec.pid_file = bench.directory.path() + "/pid";
  spec.seccomp_file = bench.directory.path() + "/seccomp.json";
  spec.max_files = 1024;
  spec.max_processes = 1024;
  REQUIRE(make_directories(spec.rootfs));
  REQUIRE(image::unpack(*root, Directory::open(spec.rootfs).value().fd()));
  REQUIRE(write_file_atomic(spec.seccomp_file, harden::seccomp_json(profile)));
  const ToolTraits& traits = *tool_traits(EngineKind::podman);
  const ToolRunner runner = ToolRunner::find(traits, current_environment()).value();
  const auto ran = runner.run(run_arguments(traits, spec));
  static_cast<void>(runner.run(remove_arguments(traits, "", spec.name)));
  REQUIRE(ran);
  CHECK_MESSAGE(ran->out.text() == "/x: ok\n", ran->err.text());
  spec.run.argv = {"/guest", "tcp", "127.0.0.1", "9"};
  const auto refused = runner.run(run_arguments(traits, spec));
  static_cast<void>(runner.run(remove_arguments(traits, "", spec.name)));
  REQUIRE(refused);
  CHECK(refused->out.text() == "socket: EPERM\n");
}

TEST_CASE("engines: runc runs containers as the embedded engine does") {
  check_engine(EngineKind::runc);
}
TEST_CASE("engines: podman runs containers as the embedded engine does") {
  check_engine(EngineKind::podman);
}
TEST_CASE("engines: docker runs containers as the embedded engine does") {
  check_engine(EngineKind::docker);
}
TEST_CASE("engines: nerdctl runs containers as the embedded engine does") {
  check_engine(EngineKind::nerdctl);
}
