#include "base/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <ostream>
#include <thread>

#include <doctest/doctest.h>

#include "base/file.h"

using namespace sluice;
using namespace std::chrono_literals;

namespace {

ProcessSpec spec_of(std::vector<std::string> argv) {
  ProcessSpec spec;
  spec.argv = std::move(argv);
  spec.environment = {{"PATH", "/usr/bin:/bin"}};
  return spec;
}

ProcessSpec shell(const std::string& script) {
  return spec_of({"/bin/sh", "-c", script});
}

ProcessResult run(const ProcessSpec& spec) {
  auto result = run_process(spec);
  if (!result) FAIL(to_string(result.error()));
  return result.value();
}

bool is_gone(pid_t pid) {
  const auto stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  // A zombie is as good as gone: who its new parent is, and when that reaps, is not ours.
  return !stat || stat->find(") Z ") != std::string::npos;
}

// No assertion rests on the time: it only bounds how long a failing test lasts.
bool gone_soon(pid_t pid) {
  for (int i = 0; i < 3000; ++i) {
    if (is_gone(pid)) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

// Runs `body` in a forked process; its exit status.
template <typename Body>
int in_child(const Body& body) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(body());
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

}  // namespace

TEST_CASE("process: output, error output and exit status") {
  const ProcessResult result = run(shell("echo out; echo err >&2; exit 7"));
  CHECK(result.exit_code == 7);
  CHECK(result.signal == 0);
  CHECK_FALSE(result.timed_out);
  CHECK_FALSE(result.pipe_kept_open);
  CHECK_FALSE(result.ok());
  CHECK(result.out.text() == "out\n");
  CHECK(result.err.text() == "err\n");
  CHECK(result.max_rss_bytes > 0);
  CHECK(run(shell("true")).ok());
}

TEST_CASE("process: death by a signal is told as such") {
  const ProcessResult result = run(shell("kill -SEGV $$"));
  CHECK(result.signal == SIGSEGV);
  CHECK_FALSE(result.ok());
}

TEST_CASE("process: arguments are passed as they are, without a shell") {
  const ProcessResult result = run(spec_of({"printf", "%s|", "a b", "$HOME", "*", "", "'\"\n", "\xff"}));
  CHECK(result.out.text() == "a b|$HOME|*||'\"\n|\xff|");
}

TEST_CASE("process: the environment is exactly the one given") {
  ProcessSpec spec = spec_of({"/usr/bin/env"});
  spec.environment = {{"B", "2"}, {"A", "x=y z"}, {"EMPTY", ""}};
  CHECK(run(spec).out.text() == "B=2\nA=x=y z\nEMPTY=\n");
  spec.environment = {};
  CHECK(run(spec).out.text().empty());
}

TEST_CASE("process: what cannot be started is an error, and leaves no zombie") {
  const TempDirectory dir = TempDirectory::create().value();
  REQUIRE(write_file_atomic(dir.path() + "/plain", "text", 0644).has_value());
  REQUIRE(write_file_atomic(dir.path() + "/garbage",
                            std::string("\x7f"
                                        "ELFxxxx"),
                            0755)
              .has_value());
  const auto code = [](const ProcessSpec& spec) {
    const auto result = run_process(spec);
    REQUIRE_FALSE(result.has_value());
    return result.error().code;
  };
  CHECK(code(spec_of({"no-such-program-at-all"})) == "process.not-found");
  CHECK(code(spec_of({"/no/such/program"})) == "process.not-found");
  CHECK(code(spec_of({"./relative"})) == "process.not-found");
  CHECK(code(spec_of({dir.path() + "/plain"})) == "process.start");
  CHECK(code(spec_of({dir.path() + "/garbage"})) == "process.start");
  CHECK(code(spec_of({dir.path()})) == "process.start");
  CHECK(code(spec_of({})) == "process.start");
  CHECK(code(spec_of({""})) == "process.start");
  CHECK(code(spec_of({"/bin/echo", std::string("a\0b", 3)})) == "process.start");
  ProcessSpec bad_directory = shell("true");
  bad_directory.working_directory = dir.path() + "/none";
  CHECK(code(bad_directory) == "process.start");
  ProcessSpec bad_variable = shell("true");
  bad_variable.environment = {{"A=B", "x"}};
  CHECK(code(bad_variable) == "process.start");
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
}

TEST_CASE(
    "process: PATH is the one given; its empty entries are not the "
    "current directory") {
  const TempDirectory dir = TempDirectory::create().value();
  REQUIRE(write_file_atomic(dir.path() + "/tool", "#!/bin/sh\necho found\n", 0755).has_value());
  ProcessSpec spec = spec_of({"tool"});
  spec.environment = {{"PATH", "/nonexistent:" + dir.path()}};
  CHECK(run(spec).out.text() == "found\n");
  spec.environment = {{"PATH", "::."}};
  spec.working_directory = dir.path();
  CHECK(run_process(spec).error().code == "process.not-found");
}

TEST_CASE("process: working directory") {
  const TempDirectory dir = TempDirectory::create().value();
  ProcessSpec spec = spec_of({"/bin/pwd", "-P"});
  spec.working_directory = dir.path();
  CHECK(run(spec).out.text() == dir.path() + "\n");
}

TEST_CASE("process: stdin is fed and closed, however much it is") {
  CHECK(run(spec_of({"cat"})).out.text().empty());
  ProcessSpec spec = spec_of({"wc", "-c"});
  spec.input = std::string(5'000'000, 'x');
  CHECK(run(spec).out.text() == "5000000\n");
  spec = spec_of({"cat"});  // reads and writes at once: neither pipe may block the other
  spec.input = std::string(3'000'000, 'y');
  CHECK(run(spec).out.total_bytes == 3'000'000);
}

TEST_CASE(
    "process: a program that does not read its input does not kill us by "
    "SIGPIPE") {
  CHECK(in_child([] {
          ::signal(SIGPIPE, SIG_DFL);
          ProcessSpec spec = spec_of({"/bin/sh", "-c", "exec <&-; echo done"});
          spec.input = std::string(10'000'000, 'x');
          const auto result = run_process(spec);
          // Nothing stays pending either: it would strike once it is unblocked.
          sigset_t pending;
          ::sigpending(&pending);
          return result && result->ok() && result->out.text() == "done\n" &&
                         ::sigismember(&pending, SIGPIPE) == 0
                     ? 0
                     : 1;
        }) == 0);
}

TEST_CASE(
    "process: 100 MB of output are counted, of which head and tail are "
    "kept in bounded memory") {
  ProcessSpec spec = shell("printf BEGIN; head -c 100000000 /dev/zero; printf END");
  spec.head_bytes = 1000;
  spec.tail_bytes = 1000;
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  const ProcessResult result = run(spec);
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  CHECK(result.ok());
  CHECK(result.out.total_bytes == 100'000'008);
  CHECK(result.out.head.size() == 1000);
  CHECK(result.out.tail.size() == 1000);
  CHECK(result.out.head.starts_with("BEGIN"));
  CHECK(result.out.tail.ends_with("END"));
  CHECK(result.out.truncated());
  CHECK(result.out.text().find("\n[99998008 bytes left out]\n") == 1000);
  CHECK(after.ru_maxrss - before.ru_maxrss < 20'000);  // KiB
}

TEST_CASE("process: the deadline ends the whole group by TERM") {
  ProcessSpec spec = shell("sleep 600 & sleep 600");
  spec.deadline = 100ms;
  const ProcessResult result = run(spec);
  CHECK(result.timed_out);
  CHECK(result.signal == SIGTERM);
  CHECK_FALSE(result.ok());
}

TEST_CASE(
    "process: one that ends itself on TERM keeps its exit status, yet is "
    "not ok") {
  ProcessSpec spec = shell("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done");
  spec.deadline = 500ms;
  spec.grace = 60s;
  const ProcessResult result = run(spec);
  CHECK(result.timed_out);
  CHECK(result.exit_code == 0);
  CHECK_FALSE(result.ok());
}

TEST_CASE("process: one that ignores TERM is killed, with its children") {
  ProcessSpec spec = shell(
      "trap '' TERM; sh -c 'trap \"\" TERM; echo $$; "
      "while :; do sleep 600; done' & wait; sleep 600");
  spec.deadline = 500ms;
  spec.grace = 100ms;
  const ProcessResult result = run(spec);
  CHECK(result.timed_out);
  CHECK(result.signal == SIGKILL);
  CHECK(gone_soon(std::stoi(result.out.text())));
}

TEST_CASE("process: a deadline is kept while output floods") {
  ProcessSpec spec = spec_of({"/usr/bin/yes"});
  spec.deadline = 200ms;
  const ProcessResult result = run(spec);
  CHECK(result.timed_out);
  CHECK(result.out.truncated());
}

TEST_CASE(
    "process: a grandchild that keeps the pipe does not hold us, and is "
    "killed") {
  const ProcessResult result = run(shell("sleep 600 & echo $!"));
  CHECK(result.exit_code == 0);
  CHECK(result.pipe_kept_open);
  CHECK_FALSE(result.timed_out);
  CHECK(gone_soon(std::stoi(result.out.text())));
}

TEST_CASE("process: a grandchild in a session of its own cannot hold us") {
  const ProcessResult result = run(shell("setsid sh -c 'echo $$; exec sleep 600' & sleep 0.1"));
  CHECK(result.pipe_kept_open);
  const pid_t escaped = std::stoi(result.out.text());
  CHECK_FALSE(is_gone(escaped));
  CHECK(::kill(escaped, SIGKILL) == 0);
}

TEST_CASE("process: a grandchild that floods the pipe after the end cannot hold us") {
  const ProcessResult result = run(shell("yes & exit 3"));
  CHECK(result.exit_code == 3);
  CHECK(result.pipe_kept_open);
}

TEST_CASE("process: what is left of the group dies, though it holds no pipe") {
  const ProcessResult result = run(shell("sleep 600 >/dev/null 2>&1 </dev/null & echo $!"));
  CHECK(result.ok());
  CHECK_FALSE(result.pipe_kept_open);
  CHECK(gone_soon(std::stoi(result.out.text())));
}

TEST_CASE("process: closing its output early is no end") {
  const ProcessResult result = run(shell("echo x; exec >&- 2>&-; sleep 0.1; exit 5"));
  CHECK(result.exit_code == 5);
  CHECK(result.out.text() == "x\n");
}

TEST_CASE("process: no descriptor is inherited but the three") {
  std::vector<Fd> open;
  for (int i = 0; i < 20; ++i) open.emplace_back(::open("/dev/null", O_RDONLY));  // not close-on-exec
  for (const int high : {100, 500}) open.emplace_back(::fcntl(open[0].get(), F_DUPFD, high));
  CHECK(run(spec_of({"/bin/ls", "/proc/self/fd"})).out.text() == "0\n1\n2\n3\n");  // 3 is that of ls itself
}

TEST_CASE("process: signals are as by default, whatever ours are") {
  CHECK(in_child([] {
          ::signal(SIGPIPE, SIG_IGN);
          ::signal(SIGINT, SIG_IGN);
          // What glibc keeps for itself is ignored in all that make starts.
          const std::array<unsigned long, 4> ignored{1};
          ::syscall(SYS_rt_sigaction, 33, ignored.data(), nullptr, 8);
          sigset_t all;
          ::sigfillset(&all);
          ::sigprocmask(SIG_BLOCK, &all, nullptr);
          const auto status = run_process(spec_of({"/bin/cat", "/proc/self/status"}));
          const std::string text = status ? status->out.text() : "";
          const bool none_blocked = text.find("SigBlk:\t0000000000000000") != std::string::npos;
          const bool none_ignored = text.find("SigIgn:\t0000000000000000") != std::string::npos;
          return none_blocked && none_ignored ? 0 : 1;
        }) == 0);
}

TEST_CASE("process: it works when our own standard descriptors are closed") {
  CHECK(in_child([] {
          for (const int fd : {0, 1, 2}) ::close(fd);
          ProcessSpec spec = shell("cat; echo err >&2");
          spec.input = "in";
          const auto result = run_process(spec);
          return result && result->ok() && result->out.text() == "in" && result->err.text() == "err\n" ? 0
                                                                                                       : 1;
        }) == 0);
  CHECK(in_child([] {
          for (const int fd : {0, 1, 2}) ::close(fd);
          const auto result = run_process(spec_of({"/usr/bin"}));
          return !result && result.error().code == "process.start" ? 0 : 1;
        }) == 0);
}

TEST_CASE("process: it dies with its parent") {
  const TempDirectory dir = TempDirectory::create().value();
  const std::string file = dir.path() + "/pid";
  const pid_t parent = ::fork();
  if (parent == 0) {
    static_cast<void>(
        run_process(shell("echo $$ > " + file + ".new; mv " + file + ".new " + file + "; exec sleep 600")));
    ::_exit(0);
  }
  for (int i = 0; i < 3000 && !path_exists(file); ++i) std::this_thread::sleep_for(10ms);
  const pid_t grandchild = std::stoi(read_file(file).value());
  CHECK_FALSE(is_gone(grandchild));
  REQUIRE(::kill(parent, SIGKILL) == 0);
  REQUIRE(::waitpid(parent, nullptr, 0) == parent);
  CHECK(gone_soon(grandchild));
}

TEST_CASE("process: several threads run programs at once") {
  std::vector<std::string> outputs(8);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      threads.emplace_back([&outputs, i] {
        for (int k = 0; k < 5; ++k) {
          ProcessSpec spec = spec_of({"cat"});
          spec.input = std::to_string(i);
          const auto result = run_process(spec);
          outputs[i] += result && result->ok() ? result->out.text() : "?";
        }
      });
    }
  }
  for (std::size_t i = 0; i < outputs.size(); ++i)
    CHECK(outputs[i] == std::string(5, static_cast<char>('0' + i)));
}

TEST_CASE(
    "capture: short streams are whole, long ones lose their middle, in "
    "any chunking") {
  for (const std::size_t chunk : {1U, 2U, 3U, 7U, 100U}) {
    CAPTURE(chunk);
    for (const std::size_t size : {0U, 3U, 5U, 9U, 10U, 11U, 26U}) {
      CAPTURE(size);
      const std::string text = std::string("abcdefghijklmnopqrstuvwxyz").substr(0, size);
      CaptureBuffer buffer(4, 6);
      for (std::size_t at = 0; at < size; at += chunk)
        buffer.append(std::string_view(text).substr(at, chunk));
      const Captured captured = buffer.take();
      CHECK(captured.total_bytes == size);
      CHECK(captured.truncated() == (size > 10));
      CHECK(captured.head == text.substr(0, 4));
      if (size <= 10) CHECK(captured.text() == text);
      if (size > 10) {
        CHECK(captured.text() ==
              "abcd\n[" + std::to_string(size - 10) + " bytes left out]\n" + text.substr(size - 6));
      }
    }
  }
}

TEST_CASE("capture: nothing may be asked for") {
  CaptureBuffer buffer(0, 0);
  buffer.append("abc");
  const Captured captured = buffer.take();
  CHECK(captured.total_bytes == 3);
  CHECK(captured.head.empty());
  CHECK(captured.tail.empty());
}
