#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "sandbox/observe/dns_query.h"
#include "sandbox/observe/recorder.h"
#include "sandbox/observe/redact.h"
#include "sandbox/observe/secret_paths.h"
#include "sandbox/text.h"
#include "support.h"

namespace sluice::sandbox::test {
namespace {

Status fill_planted(int root) {
  static_cast<void>(fill_plain(root));
  put_file(root, "app", read_file(SLUICE_SANDBOX_PLANTED).value(), 0755);
  put_file(root, "script", "#!/app hello\n", 0755);
  put_file(root, "etc/shadow", "root:*:1::::::\n", 0600);
  put_directory(root, "opt");
  put_file(root, "opt/tool", read_file(SLUICE_SANDBOX_PLANTED).value(), 0755);
  return {};
}

struct Watched {
  Bench bench{{}, fill_planted};

  [[nodiscard]] RunSpec spec(std::vector<std::string> arguments, ObserveMode mode) const {
    RunSpec spec;
    spec.argv = {"/app"};
    spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
    spec.observe = mode;
    spec.read_only = false;
    return spec;
  }
  [[nodiscard]] Trace trace(std::vector<std::string> arguments,
                            ObserveMode mode = ObserveMode::selected) const {
    const RunResult result = bench.run(spec(std::move(arguments), mode));
    REQUIRE(result.trace);
    CHECK_MESSAGE(result.trace->observed(), result.trace->reason);
    CHECK(result.trace->losses.unreadable == 0);
    return *result.trace;
  }
};

const SyscallSeen* call(const Trace& trace, const std::string& name) {
  for (const SyscallSeen& seen : trace.syscalls) {
    if (seen.name == name) return &seen;
  }
  return nullptr;
}
const ExecSeen* program(const Trace& trace, const std::string& path) {
  for (const ExecSeen& seen : trace.execs) {
    if (seen.path == path) return &seen;
  }
  return nullptr;
}
const FileSeen* file(const Trace& trace, const std::string& path) {
  for (const FileSeen& seen : trace.files) {
    if (seen.path == path) return &seen;
  }
  return nullptr;
}
bool changed(const Trace& trace, const std::string& path, bool deleted = false) {
  return std::find(trace.layer.begin(), trace.layer.end(), LayerChange{path, deleted}) != trace.layer.end();
}

constexpr const char* k_strace = "/usr/bin/strace";

// A program of this machine, if it is there, with the libraries that it needs, at the same places.
void put_program(int root, const std::string& path) {
  if (::access(path.c_str(), X_OK) != 0) return;
  std::vector<std::string> files = {path};
  FILE* const listed = ::popen(("ldd " + path + " 2>/dev/null").c_str(), "r");
  REQUIRE(listed != nullptr);
  std::array<char, 4096> line{};
  while (std::fgets(line.data(), line.size(), listed) != nullptr) {
    const std::string text(line.data());
    const std::size_t end = text.find(" (0x");
    const std::size_t begin = text.find('/');
    if (begin < end && end != std::string::npos) files.push_back(text.substr(begin, end - begin));
  }
  ::pclose(listed);
  for (const std::string& file : files) {
    const std::string target = file.substr(1);
    for (std::size_t slash = target.find('/'); slash != target.npos; slash = target.find('/', slash + 1)) {
      static_cast<void>(::mkdirat(root, target.substr(0, slash).c_str(), 0755));
    }
    put_file(root, target, read_file(file).value(), 0755);
  }
}

// From what `strace -f` prints: the calls that were begun, by name.
std::map<std::string, std::uint64_t> strace_counts(const std::string& text) {
  std::map<std::string, std::uint64_t> counts;
  for (std::string_view line : split(text, '\n')) {
    if (line.starts_with("[pid ")) line.remove_prefix(std::min(line.find("] ") + 2, line.size()));
    const std::size_t open = line.find('(');
    const bool call = open != line.npos && open != 0 &&
                      line.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == open;
    if (call) ++counts[std::string(line.substr(0, open))];
  }
  return counts;
}

}  // namespace

TEST_CASE("programs are seen with arguments, origin and digest") {
  const Watched watched;
  if (!watched.bench.engine) SLUICE_SKIP(watched.bench.problem);
  const Trace trace = watched.trace({"exec", "/opt/tool", "hello", "--password=hunter2"});
  REQUIRE(program(trace, "/app") != nullptr);
  CHECK(program(trace, "/app")->by.empty());
  const ExecSeen* tool = program(trace, "/opt/tool");
  REQUIRE(tool != nullptr);
  CHECK(tool->by == "/app");
  CHECK(tool->argv == std::vector<std::string>{"/opt/tool", "hello", "--password=[redacted]"});
  CHECK(tool->origin == Origin::image);
  CHECK(tool->sha256.size() == 64);
  CHECK(tool->sha256 == program(trace, "/app")->sha256);
  const Trace script = watched.trace({"exec", "/script"});
  REQUIRE(program(script, "/script") != nullptr);
  CHECK(program(script, "/app") != nullptr);
}

TEST_CASE("a program that was written at run time is told from the image's own") {
  const Watched watched;
  if (!watched.bench.engine) SLUICE_SKIP(watched.bench.problem);
  for (const std::string path : {"/tmp/x", "/opt/tool"}) {
    const Trace trace = watched.trace({"exec-copy", path});
    REQUIRE_MESSAGE(program(trace, path) != nullptr, path);
    CHECK(program(trace, path)->origin == Origin::written);
    CHECK(program(trace, path)->sha256.size() == 64);
    REQUIRE(file(trace, path) != nullptr);
    CHECK(file(trace, path)->written);
    CHECK(file(trace, path)->in_layer);
  }
  const Trace gone = watched.trace({"exec-copy", "/tmp/x", "delete"});
  REQUIRE(program(gone, "/tmp/x") != nullptr);
  CHECK(program(gone, "/tmp/x")->origin == Origin::written);
  CHECK(file(gone, "/tmp/x")->deleted);
  CHECK(!changed(gone, "/tmp/x"));
  const Trace memory = watched.trace({"exec-memory"});
  REQUIRE(program(memory, "memory") != nullptr);
  CHECK(program(memory, "memory")->origin == Origin::written);
}

TEST_CASE("a program that is replaced between two starts is seen as both") {
  const Watched watched;
  if (!watched.bench.engine) SLUICE_SKIP(watched.bench.problem);
  const Trace trace = watched.trace({"exec-changed", "/opt/tool"});
  std::vector<Origin> origins;
  for (const ExecSeen& seen : trace.execs) {
    if (seen.path != "/opt/tool") continue;
    origins.push_back(seen.origin);
    CHECK(seen.count == 1);
    CHECK(seen.sha256.size() == 64);
  }
  std::sort(origins.begin(), origins.end());
  CHECK(origins == std::vector<Origin>{Origin::image, Origin::written});
}

TEST_CASE("arguments of every length are read, up to the bounds") {
  const Watched watched;
  if (!watched.bench.engine) SLUICE_SKIP(watched.bench.problem);
  std::vector<std::string> arguments = {"exec", "/opt/tool", "hello", ""};
  for (const std::size_t size : {1u, 127u, 128u, 129u, 255u, 256u, 257u, 511u, 512u, 513u, 5000u}) {
    arguments.push_back(std::string(size, 'a'));
  }
  const Trace trace = watched.trace(arguments);
  REQUIRE(program(trace, "/opt/tool") != nullptr);
  const std::vector<std::string>& seen = program(trace, "/opt/tool")->argv;
  REQUIRE(seen.size() == arguments.size() - 1);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const std::string& given = arguments[i + 1];
    CHECK(seen[i] == (given.size() <= k_max_traced_arg ? given : given.substr(0, k_max_traced_arg) + "…"));
  }
  arguments.resize(4);
  arguments.resize(1 + k_max_traced_args, "b");
  const Trace full = watched.trace(arguments);
  REQUIRE(program(full, "/opt/tool") != nullptr);
  CHECK(program(full, "/opt/tool")->argv.size() == k_max_traced_args);
  CHECK(program(full, "/opt/tool")->argv.back() == "b");
  arguments.push_back("c");
  const Trace over = watched.trace(arguments);
  REQUIRE(program(over, "/opt/tool") != nullptr);
  const std::vector<std::string>& more = program(over, "/opt/tool")->argv;
  REQUIRE(more.size() == k_max_traced_args + 1);
  CHECK(more.back() == "…");
}

TEST_CASE("the writable layer tells what really changed") {
  const Watched watched;
  if (!watched.bench.engine) SLUICE_SKIP(watched.bench.problem);
  const Trace written = watched.trace({"append", "/etc/passwd"});
  CHECK(written.layer_listed);
  CHECK(changed(written, "/etc/passwd"));
  CHECK(file(written, "/etc/passwd")->in_layer);
  CHECK(written.layer.size() == 1);
  const Trace deleted = watched.trace({"delete", "/opt/tool"});
  CHECK(changed(deleted, "/opt/tool", true));
  CHECK(file(deleted, "/opt/tool")->deleted);
  const Trace nothing = watched.trace({"hello"});
  CHECK(nothing.layer.empty());
  CHECK(nothing.layer_listed);
}

TEST_CASE("network calls are seen with address, port and name") {
  const Watched watched;
  if (!watched.bench.engine) SLUICE_SKIP(watched.bench.problem);
  const auto has = [](const Trace& trace, NetworkKind kind, const std::string& address, std::uint16_t port) {
    return std::any_of(trace.network.begin(), trace.network.end(), [&](const NetworkSeen& seen) {
      return seen.kind == kind && seen.address == address && seen.port == port && seen.program == "/app";
    });
  };
  if (watched.bench.tier() == Tier::chroot) {
    // Sockets of the internet are refused there, and so end before any connection.
    const Trace refused = watched.trace({"connect", "203.0.113.7", "443"});
    REQUIRE(call(refused, "socket") != nullptr);
    CHECK(call(refused, "socket")->refused);
    return;
  }
  CHECK(has(watched.trace({"connect", "203.0.113.7", "443"}), NetworkKind::connect, "203.0.113.7", 443));
  CHECK(has(watched.trace({"connect", "2001:db8::1", "80"}), NetworkKind::connect, "2001:db8::1", 80));
  CHECK(has(watched.trace({"send-to", "169.254.169.254", "80"}), NetworkKind::send, "169.254.169.254", 80));
  CHECK(has(watched.trace({"listen-udp", "5353"}), NetworkKind::bind, "127.0.0.1", 5353));
  RunSpec spec = watched.spec({"talk-to-self", "8080"}, ObserveMode::selected);
  spec.network = Network::loopback;
  const RunResult self = watched.bench.run(spec);
  CHECK(self.exit_code == 0);
  CHECK(has(*self.trace, NetworkKind::listen, "127.0.0.1", 8080));
  CHECK(has(*self.trace, NetworkKind::connect, "127.0.0.1", 8080));
  spec = watched.spec({"ask-name", "Evil.Example.COM"}, ObserveMode::selected);
  spec.network = Network::loopback;
  const Trace asked = *watched.bench.run(spec).trace;
  CHECK(std::any_of(asked.network.begin(), asked.network.end(), [](const NetworkSeen& seen) {
    return seen.kind == NetworkKind::dns && seen.hostname == "evil.example.com";
  }));
}

TEST_CASE("refused calls are named, and stay refused") {
  const Watched watched;
  if (!watched.bench.engine) SLUICE_SKIP(watched.bench.problem);
  for (const ObserveMode mode : {ObserveMode::selected, ObserveMode::all}) {
    for (const auto& [verb, name] : std::vector<std::pair<std::string, std::string>>{
             {"mount", "mount"}, {"unshare", "unshare"}, {"clone-namespace", "clone"}, {"setns", "setns"}}) {
      const Trace trace = watched.trace({verb}, mode);
      REQUIRE_MESSAGE(call(trace, name) != nullptr, verb);
      CHECK(call(trace, name)->refused);
      CHECK(call(trace, name)->program == "/app");
    }
  }
  Bench plain;
  RunSpec attack = plain.spec({"attack"});
  const RunResult bare = plain.run(attack);
  attack.observe = ObserveMode::all;
  CHECK(plain.run(attack).out.head == bare.out.head);
}

TEST_CASE("all calls of a program are counted, and two runs give the same sets") {
  const Watched watched;
  if (!watched.bench.engine) SLUICE_SKIP(watched.bench.problem);
  const Trace first = watched.trace({"threads"}, ObserveMode::all);
  const Trace second = watched.trace({"threads"}, ObserveMode::all);
  CHECK(first.events > 20);
  REQUIRE(call(first, "execve") != nullptr);
  CHECK(call(first, "execve")->count == 1);
  CHECK(call(first, "exit_group")->count == 1);
  CHECK(call(first, "exit")->count == 8);
  const auto names = [](const Trace& trace) {
    std::vector<std::string> all;
    for (const SyscallSeen& seen : trace.syscalls) all.push_back(seen.name);
    return all;
  };
  const auto without_futex = [&](const Trace& trace) {
    auto all = names(trace);
    std::erase(all, "futex");  // only taken when threads really meet
    return all;
  };
  CHECK(without_futex(first) == without_futex(second));
}

TEST_CASE("each call is counted as often as strace counts it in the same container") {
  if (::access(k_strace, X_OK) != 0) SLUICE_SKIP("no strace");
  const Watched watched{Bench({}, [](int root) {
    static_cast<void>(fill_planted(root));
    for (const char* program : {k_strace, "/bin/sh", "/usr/bin/true", "/usr/bin/perl"})
      put_program(root, program);
    return Status{};
  })};
  if (!watched.bench.engine) SLUICE_SKIP(watched.bench.problem);
  const std::string starts = "i=0; while [ $i -lt 25 ]; do /usr/bin/true; i=$((i+1)); done; exec /app hello";
  std::vector<std::vector<std::string>> loads = {{"/app", "threads"}, {"/app", "append", "/opt/log"},
                                                 {"/app", "reap"},    {"/app", "mount"},
                                                 {"/app", "unshare"}, {"/app", "exec", "/opt/tool", "hello"},
                                                 {"/script"},         {"/bin/sh", "-c", starts}};
  if (::access("/usr/bin/perl", X_OK) == 0) {
    loads.push_back(
        {"/usr/bin/perl", "-e", "for (1..50) { my $p = fork; $p ? wait : exit } print `/app hello`"});
  }
  for (const std::vector<std::string>& load : loads) {
    CAPTURE(load.back());
    RunSpec spec = watched.spec({}, ObserveMode::all);
    spec.argv = load;
    const RunResult ours = watched.bench.run(spec);
    REQUIRE(ours.trace);
    CHECK(!ours.trace->losses.any());
    spec.observe = ObserveMode::none;
    spec.argv = {k_strace, "-f"};
    spec.argv.insert(spec.argv.end(), load.begin(), load.end());
    spec.head_bytes = 8u << 20;
    std::map<std::string, std::uint64_t> theirs = strace_counts(watched.bench.run(spec).err.head);
    CHECK(theirs["execve"] > 0);
    std::map<std::string, std::uint64_t> counted;
    for (const SyscallSeen& seen : ours.trace->syscalls) counted[seen.name] = seen.count;
    // Threads call it only when they really meet.
    theirs.erase("futex");
    counted.erase("futex");
    CHECK(counted == theirs);
  }
}

TEST_CASE("a profile refuses what it does not list, or names every miss in one run") {
  const Watched watched;
  if (!watched.bench.engine) SLUICE_SKIP(watched.bench.problem);
  const Trace learned = watched.trace({"append", "/opt/log"}, ObserveMode::all);
  SyscallProfile profile;
  for (const SyscallSeen& seen : learned.syscalls) profile.allowed.push_back(seen.name);
  RunSpec spec = watched.spec({"append", "/opt/log"}, ObserveMode::none);
  spec.syscalls = profile;
  const RunResult verified = watched.bench.run(spec);
  CHECK(verified.ok());
  CHECK(!verified.trace);
  std::erase(profile.allowed, "write");
  std::erase(profile.allowed, "close");
  profile.miss = SyscallProfile::Miss::record;
  spec.syscalls = profile;
  const RunResult recorded = watched.bench.run(spec);
  CHECK(recorded.ok());
  REQUIRE(recorded.trace);
  std::vector<std::string> missing;
  for (const SyscallSeen& seen : recorded.trace->syscalls) {
    if (seen.missing) missing.push_back(seen.name);
  }
  REQUIRE(missing.size() == 2);
  CHECK(missing[0] == "close");
  CHECK(missing[1] == "write");
  profile.miss = SyscallProfile::Miss::refuse;
  spec.syscalls = profile;
  CHECK(watched.bench.run(spec).trace == nullptr);
  spec.argv = {"/app", "hello"};
  CHECK(watched.bench.run(spec).out.head.empty());  // write is refused
  spec.syscalls->allowed.push_back("no_such_call");
  CHECK(!sandbox::run(*watched.bench.engine, *watched.bench.image, spec));
}

TEST_CASE("the first process: TERM and zombies") {
  const Watched watched;
  if (!watched.bench.engine) SLUICE_SKIP(watched.bench.problem);
  const auto stopped = [&](const std::string& verb) {
    RunSpec spec = watched.spec({verb}, ObserveMode::selected);
    spec.limits.time = std::chrono::milliseconds(600);
    spec.grace = std::chrono::milliseconds(200);
    return *watched.bench.run(spec).trace;
  };
  CHECK(stopped("ignore-term").init.ignored_stop);
  const Trace handled = stopped("handle-term");
  CHECK(!handled.init.ignored_stop);
  CHECK(handled.init.handles_term);
  if (watched.bench.tier() != Tier::chroot) CHECK(stopped("no-handler").init.ignored_stop);
  CHECK(watched.trace({"zombies"}).init.zombies == 5);
  CHECK(watched.trace({"reap"}).init.zombies == 0);
}

TEST_CASE("identity changes are seen, and attempts to gain are told from drops") {
  const Watched watched;
  if (!watched.bench.engine) SLUICE_SKIP(watched.bench.problem);
  RunSpec spec = watched.spec({"become", "0"}, ObserveMode::selected);
  spec.user = "1000:0";
  const Trace gain = *watched.bench.run(spec).trace;
  REQUIRE(gain.identity.size() == 1);
  CHECK(gain.identity[0].gain);
  CHECK(gain.init.uid == 1000);
  const Trace drop = watched.trace({"become", "1000"});
  REQUIRE(drop.identity.size() == 1);
  CHECK(!drop.identity[0].gain);
}

TEST_CASE("a program that is killed under the supervisor leaves no one waiting") {
  const Watched watched;
  if (!watched.bench.engine) SLUICE_SKIP(watched.bench.problem);
  for (int i = 0; i < 10; ++i) {
    RunSpec spec;
    spec.argv = {"/guest", "fork-bomb"};
    spec.observe = ObserveMode::all;
    spec.limits.pids = 30;
    spec.limits.time = std::chrono::milliseconds(5 + i * 7);
    spec.grace = std::chrono::milliseconds(1);
    const RunResult result = watched.bench.run(spec);
    CHECK(result.trace->observed());
  }
}

// A root that is no mount point, as in a build chroot.
TEST_CASE("in a chroot that is no mount point, root still gets namespaces") {
  if (tier_under_test() != Tier::root || ::geteuid() != 0) SLUICE_SKIP("needs root");
  const TempDirectory directory = TempDirectory::create().value();
  static_cast<void>(guest_bytes());
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const std::string root = directory.path() + "/root";
    const bool entered = ::unshare(CLONE_NEWNS) == 0 &&
                         ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         ::mkdir(root.c_str(), 0755) == 0 && ::mkdir((root + "/proc").c_str(), 0755) == 0 &&
                         ::mkdir((root + "/tmp").c_str(), 0755) == 0 &&
                         ::mount("proc", (root + "/proc").c_str(), "proc", 0, nullptr) == 0 &&
                         ::chroot(root.c_str()) == 0 && ::chdir("/") == 0;
    if (!entered) ::_exit(77);
    EmbeddedOptions options;
    options.state_root = "/tmp/state";
    auto engine = EmbeddedEngine::create(options);
    if (!engine) ::_exit(2);
    if ((*engine)->probe().tier != Tier::root) ::_exit(3);
    const auto image = (*engine)->prepare_directory(fill_plain);
    if (!image) ::_exit(4);
    RunSpec spec;
    spec.argv = {"/guest", "id"};
    spec.observe = ObserveMode::selected;
    const auto result = sandbox::run(**engine, **image, spec);
    if (!result) std::fprintf(stderr, "%s\n", to_string(result.error()).c_str());
    if (!result || result->out.head.find("pid=1 ") == std::string::npos || !result->trace->observed())
      ::_exit(5);
    spec.argv = {"/guest", "catch"};
    auto running = (*engine)->start(**image, spec);
    if (!running) ::_exit(6);
    {
      const std::jthread waiter([&] { static_cast<void>((*running)->wait()); });
      spec.argv = {"/guest", "id"};
      const auto inner = (*running)->exec(spec);
      const auto joined = inner ? (*inner)->wait() : Result<RunResult>(tl::unexpected(inner.error()));
      if (!joined) std::fprintf(stderr, "%s\n", to_string(joined.error()).c_str());
      if (joined && !joined->ok())
        std::fprintf(stderr, "%s %d %d\n", joined->fault_message.c_str(), joined->exit_code, joined->signal);
      static_cast<void>((*running)->signal(SIGKILL));
      if (!joined || !joined->ok()) ::_exit(7);
    }
    running->reset();
    engine->reset();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) SLUICE_SKIP("a chroot cannot be made here");
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("where the kernel makes no listener, ptrace sees the same") {
  const Watched notified;
  const Watched traced{Bench({.force_ptrace = true}, fill_planted)};
  if (!traced.bench.engine) SLUICE_SKIP(traced.bench.problem);
  for (const ObserveMode mode : {ObserveMode::selected, ObserveMode::all}) {
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"exec", "/opt/tool", "hello"},
                                               {"append", "/opt/log"},
                                               {"mount"},
                                               {"unshare"},
                                               {"threads"},
                                               {"reap"}}) {
      CAPTURE(arguments[0]);
      const RunResult result = traced.bench.run(traced.spec(arguments, mode));
      REQUIRE(result.trace);
      CHECK_MESSAGE(result.trace->observer == Observer::ptrace, result.trace->reason);
      const Trace other = notified.trace(arguments, mode);
      for (const SyscallSeen& seen : other.syscalls) {
        if (seen.name == "futex") continue;
        REQUIRE_MESSAGE(call(*result.trace, seen.name) != nullptr, seen.name);
        CHECK_MESSAGE(call(*result.trace, seen.name)->count == seen.count, seen.name);
        CHECK(call(*result.trace, seen.name)->refused == seen.refused);
      }
      CHECK(result.trace->execs.size() == other.execs.size());
      CHECK(result.trace->layer == other.layer);
    }
  }
}

TEST_CASE("a loopback that the tier cannot give is no failure of the program") {
  const Watched watched;
  if (!watched.bench.engine) SLUICE_SKIP(watched.bench.problem);
  RunSpec spec = watched.spec({"hello"}, ObserveMode::none);
  spec.network = Network::loopback;
  const auto result = sandbox::run(*watched.bench.engine, *watched.bench.image, spec);
  if (watched.bench.tier() == Tier::chroot) {
    REQUIRE(!result);
    CHECK(result.error().kind == ErrorKind::unsupported);
  } else {
    CHECK(result->ok());
  }
}

TEST_CASE("an image with 100,000 files in one directory runs, and its changes are found") {
  const Bench bench({}, [](int root) {
    static_cast<void>(fill_planted(root));
    put_directory(root, "many");
    for (int i = 0; i < 100'000; ++i) {
      const Fd fd(
          ::openat(root, ("many/" + std::to_string(i)).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
      REQUIRE(fd.valid());
    }
    return Status{};
  });
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  RunSpec spec;
  spec.argv = {"/app", "count-files", "/many"};
  spec.observe = ObserveMode::selected;
  spec.read_only = false;
  const RunResult counted = bench.run(spec);
  CHECK(counted.out.head == "100000\n");
  CHECK(counted.trace->layer.empty());
  spec.argv = {"/app", "delete", "/many/77777"};
  const RunResult deleted = bench.run(spec);
  CHECK(deleted.trace->layer == std::vector<LayerChange>{{"/many/77777", true}});
}

TEST_CASE("files over the bound are counted, never forgotten in silence") {
  Recorder recorder;
  DigestCache image("/");
  for (std::size_t i = 0; i < k_max_traced_files + 7; ++i) {
    recorder.file("/" + std::to_string(i), "/app", [](FileSeen& seen) { seen.read = true; });
  }
  const Trace trace = recorder.take({}, image);
  CHECK(trace.files.size() == k_max_traced_files);
  CHECK(trace.losses.files == 7);
  CHECK(trace.losses.any());
}

TEST_CASE("what several runs did together") {
  Trace one;
  one.mode = ObserveMode::selected;
  one.observer = Observer::notify;
  one.layer_listed = true;
  one.events = 1;
  FileSeen seen;
  seen.path = "/a";
  seen.read = true;
  seen.count = 1;
  one.files = {seen};
  Trace two = one;
  two.files[0].written = true;
  two.losses.vanished = 2;
  Trace all;
  merge(all, one);
  merge(all, two);
  REQUIRE(all.files.size() == 1);
  CHECK(all.files[0].written);
  CHECK(all.files[0].count == 2);
  CHECK(all.losses.vanished == 2);
  CHECK(all.observed());
  CHECK(!all.peak_memory_bytes);  // neither was measured
  one.peak_memory_bytes = 4096;
  merge(all, one);
  merge(all, two);
  CHECK(all.peak_memory_bytes == 4096u);
  CHECK(!all.peak_pids);
  Trace blind;
  blind.mode = ObserveMode::selected;
  blind.reason = "no";
  merge(all, blind);
  CHECK(!all.observed());  // one run that was not seen makes the whole not seen
}

TEST_CASE("secrets in arguments are taken out, the rest stays") {
  using Words = std::vector<std::string>;
  CHECK(redact({"mysql", "--password", "hunter2", "-h", "db"}) ==
        Words{"mysql", "--password", k_redacted, "-h", "db"});
  CHECK(redact({"curl", "https://user:pw@host/x"}) == Words{"curl", "https://[redacted]@host/x"});
  CHECK(redact({"curl", "-H", "Authorization: Bearer abc"}) ==
        Words{"curl", "-H", "Authorization:[redacted]"});
  CHECK(redact({"env", "API_TOKEN=abc", "MODE=x"}) == Words{"env", "API_TOKEN=[redacted]", "MODE=x"});
  CHECK(redact({"sh", "-c", "PGPASSWORD=x psql -c 'select 1'"}) ==
        Words{"sh", "-c", "PGPASSWORD=[redacted] psql -c 'select 1'"});
  CHECK(redact({"ls", "-la", "/a=b:c"}) == Words{"ls", "-la", "/a=b:c"});
  CHECK(redact({"x", "ghp_0123456789abcdefghijABCDEFGHIJ456789"}) == Words{"x", k_redacted});
}

TEST_CASE("DNS questions, whole and broken") {
  const std::string query(
      "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07"
      "Example\x00\x00\x01\x00\x01",
      29);
  CHECK(dns_question(query) == "www.example");
  for (std::size_t cut = 0; cut < query.size(); ++cut) CHECK(!dns_question(query.substr(0, cut)));
  CHECK(!dns_question(std::string(512, '\xff')));
}

TEST_CASE("paths of secrets") {
  CHECK(is_secret_path("/etc/shadow"));
  CHECK(is_secret_path("/home/app/.ssh/id_ed25519"));
  CHECK(is_secret_path("/run/secrets/token"));
  CHECK(is_secret_path("/proc/1/environ"));
  CHECK(!is_secret_path("/proc/self/environ"));
  CHECK(!is_secret_path("/etc/passwd"));
  CHECK(!is_secret_path("/home/app/.ssh/id_ed25519.pub"));
}

}  // namespace sluice::sandbox::test
