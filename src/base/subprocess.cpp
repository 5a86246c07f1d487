// run_process: pipes, deadline and reaping over poll and a pidfd.
#include "base/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>

#include "base/file.h"
#include "base/launch.h"

namespace sluice {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// How long a pipe may stay open after the program has ended: what it wrote is read at once, so this only
// separates a grandchild that is about to end from one that stays.
constexpr milliseconds k_drain{250};
// After KILL the kernel needs a moment only; a process stuck in the kernel must not hold us for ever.
constexpr milliseconds k_kill_wait{10'000};

tl::unexpected<Error> start_error(std::string message) {
  return fail(ErrorKind::io, "process.start", std::move(message));
}

// A write to a pipe whose reader is gone must be EPIPE for us and no
// signal, whatever the program's own setting.
class SigpipeBlock {
 public:
  SigpipeBlock() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~SigpipeBlock() {
    if (::sigismember(&before_, SIGPIPE) == 0) {
      const timespec now{};
      while (::sigtimedwait(&pipe_, nullptr, &now) < 0 && errno == EINTR) {
      }
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeBlock(const SigpipeBlock&) = delete;
  SigpipeBlock& operator=(const SigpipeBlock&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
};

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("process.start", "cannot make a pipe", errno);
  Pipe pipe{Fd(ends[0]), Fd(ends[1])};
  for (Fd* end : {&pipe.read, &pipe.write}) {
    if (end->get() > 2) continue;  // 0 to 2 are the child's stdio
    *end = Fd(::fcntl(end->get(), F_DUPFD_CLOEXEC, 3));
    if (!end->valid()) return fail_errno("process.start", "cannot make a pipe", errno);
  }
  return pipe;
}

// A started program. Whatever happens, its group is killed and it is reaped.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    if (reaped_) return;
    kill_group(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Safe until reaped: a process that was not waited for keeps its id, and so its group's.
  void kill_group(int signal) const { ::kill(-pid_, signal); }

  void reap(ProcessResult& result) {
    int status = 0;
    rusage usage{};
    while (::wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    reaped_ = true;
    if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
    result.max_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  }

 private:
  pid_t pid_;
  bool reaped_ = false;
};

class Supervisor {
 public:
  Supervisor(const ProcessSpec& spec, const Child& child, Fd pidfd, Fd in, Fd out, Fd err,
             Clock::time_point start)
      : spec_(spec),
        child_(child),
        pidfd_(std::move(pidfd)),
        in_(std::move(in)),
        streams_{Stream{std::move(out), CaptureBuffer(spec.head_bytes, spec.tail_bytes)},
                 Stream{std::move(err), CaptureBuffer(spec.head_bytes, spec.tail_bytes)}},
        next_(start + spec.deadline) {}

  // Until the program has ended and its pipes are at their end or given up.
  Status run(ProcessResult& result) {
    feed();
    while (!(phase_ == Phase::ended && all_closed())) {
      const auto now = Clock::now();
      if (now >= next_) {
        if (phase_ == Phase::ended) break;
        SLUICE_CHECK(escalate(now, result));
        continue;
      }
      wait(next_ - now);
    }
    result.pipe_kept_open = !all_closed();
    child_.kill_group(SIGKILL);
    read_remains();
    result.out = streams_[0].capture.take();
    result.err = streams_[1].capture.take();
    return {};
  }

 private:
  enum class Phase { running, terminating, killed, ended };

  struct Stream {
    Fd fd;
    CaptureBuffer capture;
  };

  Status escalate(Clock::time_point now, ProcessResult& result) {
    switch (phase_) {
      case Phase::running:
        result.timed_out = true;
        child_.kill_group(SIGTERM);
        phase_ = Phase::terminating;
        next_ = now + spec_.grace;
        return {};
      case Phase::terminating:
        child_.kill_group(SIGKILL);
        phase_ = Phase::killed;
        next_ = now + k_kill_wait;
        return {};
      default:
        return fail(ErrorKind::tool, "process.stuck",
                    spec_.argv.front() + " did not end after it was killed");
    }
  }

  void wait(Clock::duration most) {
    std::array<pollfd, 4> polled{};
    polled[0] = {phase_ == Phase::ended ? -1 : pidfd_.get(), POLLIN, 0};
    polled[1] = {streams_[0].fd.get(), POLLIN, 0};
    polled[2] = {streams_[1].fd.get(), POLLIN, 0};
    polled[3] = {in_.get(), POLLOUT, 0};
    // Rounded up, or the last millisecond would be spent spinning.
    const auto timeout = std::chrono::ceil<milliseconds>(most).count();
    const auto clamped = static_cast<int>(std::min<std::int64_t>(timeout, 60'000));
    if (::poll(polled.data(), polled.size(), clamped) < 0) return;  // EINTR: the loop looks again
    if (polled[1].revents != 0) read_some(streams_[0]);
    if (polled[2].revents != 0) read_some(streams_[1]);
    if (polled[3].revents != 0) feed();
    if (polled[0].revents != 0) {
      phase_ = Phase::ended;
      next_ = Clock::now() + k_drain;
      in_.reset();
    }
  }

  // Bytes read; 0 when there is nothing now.
  std::size_t read_some(Stream& stream) {
    if (!stream.fd.valid()) return 0;
    const ssize_t got = ::read(stream.fd.get(), buffer_.data(), buffer_.size());
    if (got > 0) {
      stream.capture.append(std::string_view(buffer_.data(), static_cast<std::size_t>(got)));
      return static_cast<std::size_t>(got);
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) stream.fd.reset();
    return 0;
  }

  // What lies in the pipes already. Bounded: a writer outside the group could refill them for ever.
  void read_remains() {
    constexpr std::size_t k_largest_pipe = 1U << 20U;
    for (Stream& stream : streams_) {
      std::size_t total = 0;
      while (total < k_largest_pipe) {
        const std::size_t got = read_some(stream);
        if (got == 0) break;
        total += got;
      }
    }
  }

  void feed() {
    while (in_.valid()) {
      const std::string_view rest = std::string_view(spec_.input).substr(fed_);
      if (rest.empty()) return in_.reset();
      const ssize_t put = ::write(in_.get(), rest.data(), rest.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0 && errno == EAGAIN) return;
      if (put < 0) return in_.reset();  // EPIPE: the program does not want it, which is its right
      fed_ += static_cast<std::size_t>(put);
    }
  }

  [[nodiscard]] bool all_closed() const { return !streams_[0].fd.valid() && !streams_[1].fd.valid(); }

  const ProcessSpec& spec_;
  const Child& child_;
  Fd pidfd_;
  Fd in_;
  std::array<Stream, 2> streams_;
  Clock::time_point next_;  // when the phase is over
  Phase phase_ = Phase::running;
  std::size_t fed_ = 0;
  std::array<char, 64U << 10U> buffer_{};
};

bool is_program(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

// A name without "/" is looked up in the PATH of the environment given, else in ours. Empty entries of PATH,
// which mean the current directory, are passed over: what lies there may be what is judged.
Result<std::string> find_program(const ProcessSpec& spec) {
  const std::string& name = spec.argv.front();
  if (name.starts_with('/')) {
    if (path_exists(name)) return name;
    return fail(ErrorKind::not_found, "process.not-found", "no such program: " + name);
  }
  if (name.find('/') != std::string::npos) {
    return fail(ErrorKind::internal, "process.not-found", "not an absolute path: " + name);
  }
  const char* ours = std::getenv("PATH");
  std::string path = ours == nullptr ? "" : ours;
  for (const auto& [key, value] : spec.environment) {
    if (key == "PATH") path = value;
  }
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string folder = path.substr(begin, end - begin);
    begin = end + 1;
    if (folder.starts_with('/') && is_program(folder + "/" + name)) return folder + "/" + name;
  }
  return fail(ErrorKind::not_found, "process.not-found", "no program \"" + name + "\" in PATH",
              "install it, or name it by its absolute path");
}

Status check_spec(const ProcessSpec& spec) {
  const auto has_nul = [](const std::string& text) { return text.find('\0') != std::string::npos; };
  if (spec.argv.empty() || spec.argv.front().empty()) return start_error("no program was named");
  // The kernel would cut such a text short without a word.
  if (std::any_of(spec.argv.begin(), spec.argv.end(), has_nul) || has_nul(spec.working_directory)) {
    return start_error("an argument holds a NUL byte");
  }
  for (const auto& [key, value] : spec.environment) {
    if (key.empty() || key.find('=') != std::string::npos || has_nul(key) || has_nul(value)) {
      return start_error("not an environment variable: \"" + key + "\"");
    }
  }
  return {};
}

Result<pid_t> start(const ProcessSpec& spec, const Pipe& in, const Pipe& out, const Pipe& err) {
  LaunchPlan plan;
  plan.executable = SLUICE_TRY(find_program(spec));
  plan.arguments.assign(spec.argv.begin() + 1, spec.argv.end());
  for (const auto& [key, value] : spec.environment) plan.environment.push_back(key + "=" + value);
  plan.working_directory = spec.working_directory;
  plan.in = in.read.get();
  plan.out = out.write.get();
  plan.err = err.write.get();
  return launch(plan);
}

}  // namespace

Result<ProcessResult> run_process(const ProcessSpec& spec) {
  SLUICE_CHECK(check_spec(spec));
  Pipe in = SLUICE_TRY(make_pipe());
  Pipe out = SLUICE_TRY(make_pipe());
  Pipe err = SLUICE_TRY(make_pipe());
  for (const Fd* ours : {&in.write, &out.read, &err.read}) ::fcntl(ours->get(), F_SETFL, O_NONBLOCK);

  const SigpipeBlock no_sigpipe;
  const auto begin = Clock::now();
  const pid_t pid = SLUICE_TRY(start(spec, in, out, err));
  Child child(pid);
  in.read.reset();
  out.write.reset();
  err.write.reset();
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd.valid()) return fail_errno("process.start", "cannot watch a process (pidfd_open)", errno);

  ProcessResult result;
  Supervisor supervisor(spec, child, std::move(pidfd), std::move(in.write), std::move(out.read),
                        std::move(err.read), begin);
  SLUICE_CHECK(supervisor.run(result));
  child.reap(result);
  result.duration = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
  return result;
}

}  // namespace sluice
