// The promise of the pool: whatever happens to a worker, the parent lives and every file has an outcome.
#include "scan/pool.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <map>
#include <ostream>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "base/file.h"

using namespace sluice;
using namespace sluice::scan;
using namespace std::chrono_literals;

namespace {

std::vector<Job> jobs_of(const std::vector<std::string>& names) {
  std::vector<Job> jobs;
  for (const std::string& name : names) {
    jobs.push_back({0, name, name.size(),
                    [name]() -> tl::expected<Input, Analysis> { return Input{"bytes of " + name}; },
                    [](std::string_view rule) { return rule == "known"; }});
  }
  return jobs;
}

[[noreturn]] void hang() {
  volatile bool forever = true;
  while (forever) {
  }
  std::abort();
}

// One finding that covers the file and whose message is the file.
Analysis echo(const Request& request) {
  Analysis out;
  checks::RawFinding finding;
  finding.rule = "known";
  finding.span = {0, static_cast<std::uint32_t>(request.bytes.size())};
  finding.message = request.bytes;
  out.findings.push_back(finding);
  return out;
}

// What became of each file: "ok", or the reason.
std::map<std::string, std::string> outcomes(const std::vector<std::string>& names, const Analyse& analyse,
                                            PoolOptions options = {}) {
  const std::vector<Job> jobs = jobs_of(names);
  std::map<std::string, std::string> out;
  const Status status = run_jobs(jobs, analyse, options, [&](std::size_t i, const Bytes&, Analysis analysis) {
    CHECK_FALSE(out.contains(names[i]));
    out[names[i]] = analysis.status == CoverageStatus::analysed ? "ok" : analysis.reason;
  });
  CHECK(status);
  return out;
}

// Runs `act` in the worker for a file between two good ones: the pool takes the longest first.
std::string fate(const std::function<void()>& act, PoolOptions options = {}) {
  const auto out = outcomes(
      {"the first one", "the bad one", "the last"},
      [&act](const Request& request) {
        if (request.path == "the bad one") act();
        return echo(request);
      },
      std::move(options));
  CHECK(out.at("the first one") == "ok");
  CHECK(out.at("the last") == "ok");
  return out.at("the bad one");
}

}  // namespace

TEST_CASE("each file has one outcome, with any number of workers") {
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) names.push_back("file" + std::to_string(i));
  for (const unsigned workers : {1U, 2U, 7U, 100U}) {
    PoolOptions options;
    options.workers = workers;
    std::size_t started = 0;
    options.on_start = [&started](pid_t) { ++started; };
    const auto out = outcomes(names, echo, options);
    CHECK(out.size() == names.size());
    for (const auto& [name, outcome] : out) CHECK(outcome == "ok");
    CHECK(started <= std::min<std::size_t>(workers, names.size()));
  }
}

TEST_CASE("no files need no worker") {
  PoolOptions options;
  options.on_start = [](pid_t) { FAIL("a worker was started"); };
  CHECK(outcomes({}, echo, options).empty());
}

TEST_CASE("a large file and a large answer pass") {
  std::vector<Job> jobs = jobs_of({"big"});
  jobs[0].read = [] { return Input{Bytes(20u << 20, 'x')}; };
  std::size_t findings = 0;
  const auto many = [](const Request& request) {
    Analysis out;
    const Analysis one = echo({0, 0, request.path, request.bytes.substr(0, 4000), Companion::unknown, {}});
    for (int i = 0; i < 5000; ++i) out.findings.push_back(one.findings[0]);
    return out;
  };
  CHECK(run_jobs(jobs, many, {}, [&](std::size_t, const Bytes& bytes, const Analysis& analysis) {
    CHECK(bytes.size() == 20u << 20);
    findings = analysis.findings.size();
  }));
  CHECK(findings == 5000);
}

TEST_CASE("a file that cannot be read keeps its reason") {
  std::vector<Job> jobs = jobs_of({"a"});
  jobs[0].read = []() -> tl::expected<Input, Analysis> { return tl::unexpected(Analysis::failed("gone")); };
  std::string reason;
  CHECK(run_jobs(jobs, echo, {}, [&](std::size_t, const Bytes&, const Analysis& a) { reason = a.reason; }));
  CHECK(reason == "gone");
}

TEST_CASE("a crash, an assertion, an exception, an exit: that file fails, the others do not") {
  CHECK(fate([] {
          std::raise(SIGSEGV);
        }).starts_with("the analyser crashed with signal 11 (Segmentation fault)"));
  CHECK(fate([] { std::abort(); }).starts_with("the analyser crashed with signal 6 (Aborted)"));
  CHECK(fate([] { throw std::runtime_error("oops"); }) == "the analyser failed: oops");
  CHECK(fate([] { _exit(3); }) == "the analyser exited with status 3");
  CHECK(fate([] {
          constexpr std::string_view words = "scanner.c:93: size > 1024 \x1b[31m\nmore";
          (void)!write(2, words.data(), words.size());
          std::abort();
        }) == "the analyser crashed with signal 6 (Aborted): scanner.c:93: size > 1024 ?[31m");
}

TEST_CASE("a worker that hangs is killed at the deadline") {
  PoolOptions options;
  options.deadline = 50ms;
  CHECK(fate([] { hang(); }, options) == "deadline of 50 ms exceeded");
}

TEST_CASE("a worker that is killed from outside fails its file and is replaced") {
  int started = 0;
  PoolOptions options;
  options.on_start = [&started](pid_t worker) {
    if (++started == 1) kill(worker, SIGKILL);
  };
  const auto out = outcomes({"aaa", "bb", "c"}, echo, options);  // the longest goes first
  CHECK(out.at("aaa") == "the worker was killed from outside (signal 9)");
  CHECK(out.at("bb") == "ok");
  CHECK(out.at("c") == "ok");
  CHECK(started == 2);
}

TEST_CASE("a worker that is stopped from outside is found by the deadline") {
  int started = 0;
  PoolOptions options;
  options.deadline = 100ms;
  options.on_start = [&started](pid_t worker) {
    if (++started == 1) kill(worker, SIGSTOP);
  };
  std::vector<Job> jobs = jobs_of({"a"});
  jobs[0].read = [] { return Input{Bytes(4u << 20, 'x')}; };  // more than a socket holds
  std::string reason;
  CHECK(run_jobs(jobs, echo, options,
                 [&](std::size_t, const Bytes&, const Analysis& a) { reason = a.reason; }));
  CHECK(reason == "deadline of 100 ms exceeded");
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

TEST_CASE("a worker that runs out of memory fails its file") {
  PoolOptions options;
  options.memory_bytes = 256u << 20;
  CHECK(fate(
            [] {
              std::string hog;
              while (true) hog.append(1u << 20, 'x');
            },
            options) == "out of memory");
  // The way of C code: a null pointer, a message, abort().
  CHECK(fate(
            [] {
              if (std::malloc(std::size_t{1} << 30) != nullptr) _exit(1);
              constexpr std::string_view words = "tree-sitter failed to allocate 1073741824 bytes";
              (void)!write(2, words.data(), words.size());
              std::abort();
            },
            options) == "out of memory");
}

TEST_CASE("a worker has every limit before it sees a file") {
  pid_t worker = 0;
  PoolOptions options;
  options.on_start = [&worker](pid_t pid) { worker = pid; };
  Bytes limits;
  CHECK(run_jobs(jobs_of({"a"}), echo, options, [&](std::size_t, const Bytes&, const Analysis&) {
    limits = read_file("/proc/" + std::to_string(worker) + "/limits").value_or("");
  }));
  const auto limit = [&limits](std::string_view name) {
    const std::size_t at = limits.find(name);
    if (at == Bytes::npos) return std::string("none");
    const std::size_t begin = limits.find_first_not_of(' ', at + name.size());
    return limits.substr(begin, limits.find(' ', begin) - begin);
  };
  CHECK(limit("Max address space") == std::to_string(options.memory_bytes));
  // For as many files as it may serve.
  CHECK(limit("Max cpu time") == std::to_string(k_files_per_worker * options.deadline / 1s + 1));
  CHECK(limit("Max file size") == "0");
  CHECK(limit("Max core file size") == "0");
  CHECK(limit("Max open files") == "0");
}

TEST_CASE("a worker's memory is never executable") {
  constexpr std::size_t size = 4096;
  const auto map = [](int protection) {
    return mmap(nullptr, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  };
  CHECK(fate([&] { _exit(map(PROT_READ | PROT_WRITE | PROT_EXEC) == MAP_FAILED ? 41 : 42); }) ==
        "the analyser exited with status 41");
  CHECK(fate([&] {
          void* const memory = map(PROT_READ | PROT_WRITE);
          _exit(memory != MAP_FAILED && mprotect(memory, size, PROT_READ | PROT_EXEC) != 0 ? 41 : 42);
        }) == "the analyser exited with status 41");
}

TEST_CASE("a worker cannot open, connect, execute or spawn") {
  const std::string forbidden = "the analyser made a forbidden system call";
  CHECK(fate([] { (void)!socket(AF_INET, SOCK_STREAM, 0); }) == forbidden);
  CHECK(fate([] { (void)fork(); }) == forbidden);
  CHECK(fate([] {
          char name[] = "/bin/true";
          char* argv[] = {name, nullptr};
          execv(name, argv);
        }) == forbidden);
  CHECK(fate([] { (void)unlink("/tmp/none"); }) == forbidden);
  CHECK(fate([] { kill(getppid(), 0); }) == forbidden);
  CHECK(fate([] { _exit(open("/etc/passwd", O_RDONLY) < 0 ? 41 : 42); }) ==
        "the analyser exited with status 41");
  CHECK(fate([] { _exit(open("/tmp/x", O_WRONLY | O_CREAT, 0600) < 0 ? 41 : 42); }) ==
        "the analyser exited with status 41");
}

#endif

TEST_CASE("a worker holds no descriptor but its own") {
  const int null = open("/dev/null", O_RDONLY);
  const int leaked = fcntl(null, F_DUPFD, 50);  // without O_CLOEXEC, as a careless library would
  CHECK(fate([leaked] {
          char byte = 0;
          _exit(read(leaked, &byte, 1) < 0 ? 41 : 42);
        }) == "the analyser exited with status 41");
  close(leaked);
  close(null);
}

TEST_CASE("an answer that is nonsense is refused, and its worker serves no other file") {
  const auto answer = [](std::string frame) {
    return fate([frame = std::move(frame)] {
      (void)!write(3, frame.data(), frame.size());
      hang();
    });
  };
  CHECK(answer(std::string("\x04\0\0\0junk", 8)) ==
        "a worker's answer is malformed: it answers another question");
  CHECK(answer("\xFF\xFF\xFF\xFF") == "a worker's answer is too long");
  CHECK(answer(encode_response(99, {})) == "a worker's answer is malformed: it answers another question");
  CHECK(answer(encode_response(1, {}) + "more") ==
        "a worker's answer is malformed: it says more than was asked");
  CHECK(outcomes({"a"}, [](const Request& request) {
          Analysis analysis = echo(request);
          analysis.findings[0].rule = "another";
          return analysis;
        }).at("a") == "a worker's answer is malformed: it names an unknown rule");
}
