// Images with one planted sin each, and clean twins: every sin is found by its rule, nobody is accused of
// another. Built from the static program of tests/sandbox/planted.c and the host's own shells and
// interpreters.
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sandbox/observe/findings.h"
#include "support.h"

namespace sluice::sandbox::test {
namespace {

using Words = std::vector<std::string>;

struct Planted {
  std::string name;
  Words argv;
  std::string rule;  // empty: clean
  std::string user = "1000:0";
  bool writable = false;
  bool loopback = true;
  Words expect_exec = {};
  Words listen = {};
  Words connect = {};
  Words write = {};
  Words dns = {};
  Words volumes = {};
  Words tmpfs = {"/tmp"};
  std::uint32_t pids = 64;
  bool stop = false;             // stop it after a while
  bool only_namespaces = false;  // has no meaning in a chroot
  Words also = {};               // rules that speak of the same deed
};

std::string host_file(const std::string& path) {
  return read_file(path).value_or(std::string());
}

// Names of the image's programs; all are the planted one but the shells.
Status fill(int root, bool setuid) {
  static_cast<void>(fill_plain(root));
  const std::string planted = read_file(SLUICE_SANDBOX_PLANTED).value();
  put_file(root, "app", planted, 0755);
  for (const char* folder : {"bin", "usr", "usr/bin", "opt", "srv", "var", "var/log", "var/lib", "data",
                             "root", "root/.ssh", "home", "home/app", "run", "run/secrets"}) {
    put_directory(root, folder, 0777);
  }
  REQUIRE(::fchmodat(root, "etc", 0777, 0) == 0);
  for (const char* name :
       {"usr/bin/apt-get", "usr/bin/apk", "usr/bin/pip", "usr/bin/curl", "usr/bin/nc", "opt/tool"}) {
    put_file(root, name, planted, 0777);
  }
  put_file(root, "usr/bin/su", planted, setuid ? 04755 : 0755);
  if (setuid) REQUIRE(::fchmodat(root, "usr/bin/su", 04755, 0) == 0);
  const std::string busybox = host_file("/bin/busybox");
  if (!busybox.empty()) put_file(root, "bin/busybox", busybox, 0755);
  if (!busybox.empty()) put_link(root, "bin/sh", "busybox");
  put_file(root, "opt/start.sh", "#!/bin/sh\n/app hello\n/bin/busybox cat /etc/passwd >/dev/null\n", 0755);
  put_file(root, "etc/shadow", "root:*:1::::::\n", 0644);
  put_file(root, "etc/app.conf", "mode=plain\n", 0666);
  put_file(root, "root/.ssh/id_rsa", "key\n", 0644);
  put_file(root, "home/app/.netrc", "machine x\n", 0644);
  put_file(root, "run/secrets/token", "secret\n", 0644);
  put_file(root, "var/log/old.log", "old\n", 0666);
  put_file(root, "data/file", "data\n", 0666);
  return {};
}

std::vector<Planted> planted() {
  const auto write = [](std::string name, Words argv) {
    Planted planted{std::move(name), std::move(argv), "runtime.write-outside"};
    planted.writable = true;
    return planted;
  };
  std::vector<Planted> all{
      {"shell", {"/app", "exec", "/bin/sh", "-c", "true"}, "runtime.unexpected-shell"},
      {"shell in a script", {"/app", "exec", "/opt/start.sh"}, "runtime.unexpected-shell"},
      {"busybox shell", {"/app", "exec", "/bin/busybox", "sh", "-c", "true"}, "runtime.unexpected-shell"},
      {"apt", {"/app", "exec", "/usr/bin/apt-get", "hello"}, "runtime.package-manager"},
      {"apk", {"/app", "exec", "/usr/bin/apk", "hello"}, "runtime.package-manager"},
      {"pip from the start script", {"/bin/sh", "-c", "/usr/bin/pip hello; true"}, "runtime.package-manager"},
      {"curl", {"/app", "exec", "/usr/bin/curl", "hello"}, "runtime.downloader"},
      {"netcat", {"/app", "exec", "/usr/bin/nc", "hello"}, "runtime.downloader"},
      {"busybox wget", {"/app", "exec", "/bin/busybox", "wget", "--help"}, "runtime.downloader"},
      {"program not expected", {"/app", "exec", "/opt/tool", "hello"}, "runtime.undeclared-program"},
      {"dropped program", {"/app", "exec-copy", "/tmp/x"}, "runtime.program-not-in-image"},
      {"dropped and deleted program",
       {"/app", "exec-copy", "/tmp/x", "delete"},
       "runtime.program-not-in-image"},
      {"changed program", {"/app", "exec-copy", "/opt/tool"}, "runtime.program-not-in-image"},
      {"program in memory", {"/app", "exec-memory"}, "runtime.fileless-program"},
      write("configuration changed", {"/app", "append", "/etc/app.conf"}),
      write("file made", {"/app", "append", "/srv/new"}),
      write("file deleted", {"/app", "delete", "/var/log/old.log"}),
      write("file renamed", {"/app", "rename", "/data/file", "/data/other"}),
      write("directory made", {"/app", "mkdir", "/opt/cache"}),
      write("link made", {"/app", "symlink", "/opt/link"}),
      write("by a shell", {"/bin/sh", "-c", "echo x >/srv/new"}),
      {"write on a read-only root", {"/app", "append", "/etc/app.conf"}, "runtime.write-outside"},
      {"password hashes", {"/app", "read", "/etc/shadow"}, "runtime.secret-read"},
      {"private key", {"/app", "read", "/root/.ssh/id_rsa"}, "runtime.secret-read"},
      {"netrc", {"/app", "read", "/home/app/.netrc"}, "runtime.secret-read"},
      {"mounted secret by another way",
       {"/app", "read", "/etc/../run/./secrets//token"},
       "runtime.secret-read"},
      {"another process's environment", {"/app", "read-child-environment"}, "runtime.secret-read"},
      {"metadata by TCP", {"/app", "connect", "169.254.169.254", "80"}, "runtime.metadata-address"},
      {"metadata by UDP", {"/app", "send-to", "169.254.169.254", "80"}, "runtime.metadata-address"},
      {"metadata by IPv6", {"/app", "connect", "fd00:ec2::254", "80"}, "runtime.metadata-address"},
      {"metadata in IPv6's clothes",
       {"/app", "connect", "::ffff:169.254.169.254", "80"},
       "runtime.metadata-address"},
      {"metadata by name", {"/app", "ask-name", "metadata.google.internal"}, "runtime.metadata-address"},
      {"call home", {"/app", "connect", "203.0.113.7", "443"}, "runtime.undeclared-connect"},
      {"call home by UDP", {"/app", "send-to", "203.0.113.7", "9999"}, "runtime.undeclared-connect"},
      {"name looked up", {"/app", "ask-name", "a1b2c3.exfil.example"}, "runtime.undeclared-dns"},
      {"back door", {"/app", "listen", "4444"}, "runtime.undeclared-listen"},
      {"back door by UDP", {"/app", "listen-udp", "4444"}, "runtime.undeclared-listen"},
      {"setuid program", {"/app", "exec", "/usr/bin/su", "hello"}, "runtime.setuid-program"},
      {"becomes root", {"/app", "become", "0"}, "runtime.privilege-gain"},
      {"takes a capability", {"/app", "gain-capability"}, "runtime.privilege-gain"},
      {"ptrace", {"/app", "ptrace"}, "runtime.dangerous-call"},
      {"mount", {"/app", "mount"}, "runtime.dangerous-call"},
      {"unshare", {"/app", "unshare"}, "runtime.dangerous-call"},
      {"clone with a namespace", {"/app", "clone-namespace"}, "runtime.dangerous-call"},
      {"setns", {"/app", "setns"}, "runtime.dangerous-call"},
      {"another's memory", {"/app", "read-memory"}, "runtime.dangerous-call"},
      {"bpf", {"/app", "call", std::to_string(SYS_bpf)}, "runtime.dangerous-call"},
      {"keyring", {"/app", "call", std::to_string(SYS_keyctl)}, "runtime.dangerous-call"},
      {"module", {"/app", "call", std::to_string(SYS_init_module)}, "runtime.dangerous-call"},
      {"perf", {"/app", "call", std::to_string(SYS_perf_event_open)}, "runtime.dangerous-call"},
      {"userfaultfd", {"/app", "call", std::to_string(SYS_userfaultfd)}, "runtime.dangerous-call"},
      {"root", {"/app", "hello"}, "runtime.runs-as-root", "0"},
      {"ignores TERM", {"/app", "ignore-term"}, "runtime.ignores-stop"},
      {"no handler for TERM", {"/app", "no-handler"}, "runtime.ignores-stop"},
      {"zombies", {"/app", "zombies"}, "runtime.zombies"},
      {"too many processes", {"/app", "fork-many"}, "runtime.over-budget"},

      {"says hello", {"/app", "hello"}, ""},
      {"starts a program of the image", {"/app", "exec", "/opt/tool", "hello"}, ""},
      {"starts what is expected", {"/app", "exec", "/opt/tool", "hello"}, ""},
      {"expects its shell", {"/app", "exec", "/bin/sh", "-c", "true"}, ""},
      {"start script", {"/opt/start.sh"}, ""},
      {"shell with a pipe", {"/bin/sh", "-c", "/bin/busybox cat /etc/passwd | /bin/busybox wc -l"}, ""},
      {"reads its configuration", {"/app", "read", "/etc/app.conf"}, ""},
      {"reads its own environment", {"/app", "read", "/proc/self/environ"}, ""},
      {"looks for a secret that is not there", {"/app", "read", "/home/app/.aws/credentials"}, ""},
      {"writes to its tmpfs", {"/app", "append", "/tmp/x"}, ""},
      {"writes to its volume", {"/app", "append", "/data/file"}, ""},
      {"writes where it is expected to", {"/app", "append", "/var/lib/state.db"}, ""},
      {"listens on its port", {"/app", "listen", "8080"}, ""},
      {"talks to itself", {"/app", "talk-to-self", "8080"}, ""},
      {"connects where it may", {"/app", "connect", "203.0.113.7", "5432"}, ""},
      {"looks up what it may", {"/app", "ask-name", "db.example"}, ""},
      {"a client's own port", {"/app", "listen-udp", "0"}, ""},
      {"asks nscd", {"/app", "unix"}, ""},
      {"threads", {"/app", "threads"}, ""},
      {"reaps", {"/app", "reap"}, ""},
      {"busy signals", {"/app", "signals"}, ""},
      {"handles TERM", {"/app", "handle-term"}, ""},
      {"setuid program as its first", {"/usr/bin/apt-get", "hello"}, ""},
  };
  for (Planted& one : all) {
    if (one.name == "program not expected") one.expect_exec = {"/app"};
    if (one.name == "starts what is expected") one.expect_exec = {"/opt/*"};
    if (one.name == "expects its shell") one.expect_exec = {"/bin/busybox"};
    if (one.name == "changed program") {
      one.writable = true;
      one.write = {"/opt/tool"};
    }
    if (one.name == "writes to its volume") {
      one.writable = true;
      one.volumes = {"/data"};
    }
    if (one.name == "writes where it is expected to") {
      one.writable = true;
      one.write = {"/var/lib/*.db"};
    }
    if (one.argv.size() > 2 && one.argv[2] == "8080") one.listen = {"8080/tcp"};
    if (one.name == "connects where it may") one.connect = {"203.0.113.7:5432"};
    if (one.name == "looks up what it may") one.dns = {"*.example"};
    if (one.name == "looks up what it may") one.dns = {"db.example"};
    const std::string verb = one.argv.size() > 1 ? one.argv[1] : "";
    one.stop = one.name == "ignores TERM" || one.name == "no handler for TERM" || one.name == "handles TERM";
    one.only_namespaces = one.name == "no handler for TERM" || one.rule == "runtime.metadata-address" ||
                          one.rule.starts_with("runtime.undeclared-") || one.rule == "runtime.over-budget" ||
                          one.name == "another process's environment" || verb == "listen" ||
                          verb == "talk-to-self" || one.name == "write on a read-only root" ||
                          one.name == "changed program" || one.name == "reads its own environment";
    if (one.name == "program not expected") one.only_namespaces = false;
  }
  return all;
}

bool uses_busybox(const Planted& one) {
  return std::any_of(one.argv.begin(), one.argv.end(), [](const std::string& word) {
    return word.starts_with("/bin/") || word == "/opt/start.sh";
  });
}

std::string listed(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) text += "\n  " + finding.rule + ": " + finding.message;
  return text;
}

}  // namespace

TEST_CASE("every planted sin is found, and no clean twin is accused") {
  Bench bench({}, [](int root) { return fill(root, true); });
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  std::size_t sins = 0;
  std::size_t clean = 0;
  std::size_t skipped = 0;
  for (const Planted& one : planted()) {
    CAPTURE(one.name);
    const bool bare = bench.tier() == Tier::chroot;
    if ((bare && one.only_namespaces) || (uses_busybox(one) && host_file("/bin/busybox").empty())) {
      ++skipped;
      continue;
    }
    RunSpec spec;
    spec.argv = one.argv;
    spec.env = {{"PATH", "/usr/bin:/bin"}};
    spec.user = one.user;
    spec.observe = ObserveMode::selected;
    spec.read_only = !one.writable;
    spec.network = one.loopback && !bare ? Network::loopback : Network::none;
    for (const std::string& path : one.tmpfs) spec.tmpfs.push_back({path});
    spec.limits.pids = one.pids;
    spec.limits.time = std::chrono::milliseconds(one.stop ? 400 : 10'000);
    spec.grace = std::chrono::milliseconds(100);
    const RunResult result = bench.run(spec);
    REQUIRE(result.trace);
    CHECK_MESSAGE(result.trace->observed(), result.trace->reason);
    if (one.rule == "runtime.over-budget" && lacks(result, "pids")) {
      ++skipped;
      continue;
    }
    Declared declared;
    if (!one.expect_exec.empty()) declared.expect.exec = one.expect_exec;
    declared.expect.connect = one.connect;
    declared.expect.write = one.write;
    declared.expect.dns = one.dns;
    declared.ports = one.listen;
    declared.volumes = one.volumes;
    std::vector<Finding> findings = judge_run(spec, result, declared);
    // The tier maps one user, so that its programs are root's outside.
    const auto found =
        std::find_if(findings.begin(), findings.end(), [&](const Finding& f) { return f.rule == one.rule; });
    if (one.rule.empty()) {
      ++clean;
      CHECK_MESSAGE(findings.empty(), listed(findings));
    } else {
      ++sins;
      CHECK_MESSAGE(found != findings.end(), std::string(one.rule + listed(findings)));
      std::erase_if(findings, [&](const Finding& f) { return f.rule == one.rule; });
      CHECK_MESSAGE(findings.empty(), listed(findings));
    }
  }
  std::printf("planted: %zu sins, %zu clean, %zu skipped here\n", sins, clean, skipped);
  if (bench.tier() == Tier::root) {
    CHECK(sins + skipped >= 45);
    CHECK(clean >= 15);
  }
}

TEST_CASE("what was not observed is not judged as clean") {
  RunResult result;
  CHECK(judge_run({}, result, {}).empty());
  auto trace = std::make_shared<Trace>();
  trace->reason = "this kernel takes no call filters";
  result.trace = trace;
  CHECK(!trace->observed());
  CHECK(judge_run({}, result, {}).empty());
}

TEST_CASE("patterns of paths") {
  CHECK(matches_path("/srv", "/srv/a/b"));
  CHECK(matches_path("/srv/", "/srv"));
  CHECK(!matches_path("/srv", "/srvx"));
  CHECK(matches_path("/var/*.db", "/var/a.db"));
  CHECK(!matches_path("/var/*.db", "/var/a/b.db"));
  CHECK(matches_path("/var/**.db", "/var/a/b.db"));
  CHECK(matches_path("/", "/any"));
  CHECK(!matches_path("", "/any"));
}

TEST_CASE("every rule is whole, and the page lists exactly the rules") {
  const auto page = read_file(std::string(SLUICE_TEST_DATA) + "/../docs/runtime-rules.md");
  REQUIRE(page);
  std::size_t sections = 0;
  for (std::size_t at = page->find("\n## `runtime."); at != std::string::npos;
       at = page->find("\n## `runtime.", at + 1)) {
    ++sections;
  }
  CHECK(sections == runtime_rules().size());
  for (const RuleInfo& rule : runtime_rules()) {
    CHECK_MESSAGE(page->find("\n## `" + rule.id + "`") != std::string::npos, rule.id);
    CHECK(!rule.title.empty());
    CHECK(!rule.why.empty());
    CHECK(!rule.help.empty());
    CHECK(rule.cwe.size() == 1);
    for (const std::string& alias : rule.aliases)
      CHECK_MESSAGE(page->find(alias) != std::string::npos, alias);
  }
}

}  // namespace sluice::sandbox::test
