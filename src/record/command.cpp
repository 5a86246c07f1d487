#include "record/command.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/file.h"

namespace sluice::record {
namespace {

constexpr std::array<int, 6> k_passed_on{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

// The signals that we wait for are blocked as long as this lives.
class Blocked {
 public:
  Blocked() {
    sigemptyset(&set_);
    for (const int signal : k_passed_on) sigaddset(&set_, signal);
    sigaddset(&set_, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
    // Started with SIGCHLD ignored, we would be told nothing of the command's end, not even its status.
    struct sigaction plain{};
    plain.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &plain, nullptr);
  }
  ~Blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  Blocked(const Blocked&) = delete;
  Blocked& operator=(const Blocked&) = delete;
  [[nodiscard]] const sigset_t& set() const { return set_; }
  [[nodiscard]] const sigset_t& before() const { return before_; }

 private:
  sigset_t set_{};
  sigset_t before_{};
};

// In the child, between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(char* const* argv, const sigset_t& mask, int report) {
  struct sigaction plain{};
  plain.sa_handler = SIG_DFL;
  sigaction(SIGPIPE, &plain, nullptr);  // we ignore it; the command expects it as it was
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  ::execvp(argv[0], argv);
  const int problem = errno;
  [[maybe_unused]] const ssize_t written = ::write(report, &problem, sizeof(problem));
  ::_exit(127);
}

std::chrono::milliseconds milliseconds(const timeval& time) {
  return std::chrono::milliseconds(std::int64_t{time.tv_sec} * 1000 + time.tv_usec / 1000);
}

// Waits for the child's end and passes signals on until then.
Result<int> wait_for(pid_t child, const sigset_t& set, rusage& usage) {
  while (true) {
    int status = 0;
    const pid_t ended = ::wait4(child, &status, WNOHANG, &usage);
    if (ended == child) return status;
    // Never a success by default: what the command's end was is then not known.
    if (ended < 0 && errno != EINTR) return fail_errno("record.wait", "cannot wait for the command", errno);
    siginfo_t info{};
    const int signal = ::sigwaitinfo(&set, &info);
    // The kernel's own come from the terminal, which sends them to the child, too.
    if (signal > 0 && signal != SIGCHLD && info.si_code != SI_KERNEL) ::kill(child, signal);
  }
}

tl::unexpected<Error> cannot_start(const std::string& program, int problem) {
  if (problem == ENOENT)
    return fail(ErrorKind::usage, "record.not-found", "there is no program \"" + program + "\"");
  return fail_errno("record.start", "cannot start \"" + program + "\"", problem);
}

}  // namespace

Result<CommandResult> run_command(const std::vector<std::string>& argv, const Clock& clock) {
  std::vector<std::string> copy = argv;
  std::vector<char*> pointers;
  for (std::string& argument : copy) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("record.start", "cannot make a pipe", errno);
  Fd read_end(ends[0]);
  Fd write_end(ends[1]);

  const Blocked blocked;
  CommandResult out;
  out.started = clock.now();
  const auto begin = clock.monotonic();
  const pid_t child = ::fork();
  if (child < 0) return fail_errno("record.start", "cannot fork", errno);
  if (child == 0) become(pointers.data(), blocked.before(), write_end.get());
  write_end.reset();
  int problem = 0;
  ssize_t told = 0;
  do {
    told = ::read(read_end.get(), &problem, sizeof(problem));
  } while (told < 0 && errno == EINTR);

  rusage usage{};
  const int status = SLUICE_TRY(wait_for(child, blocked.set(), usage));
  if (told == sizeof(problem)) return cannot_start(argv.front(), problem);
  out.finished = clock.now();
  out.duration = std::chrono::duration_cast<std::chrono::milliseconds>(clock.monotonic() - begin);
  if (WIFSIGNALED(status)) out.signal = WTERMSIG(status);
  if (WIFEXITED(status)) out.exit_code = WEXITSTATUS(status);
  out.user_time = milliseconds(usage.ru_utime);
  out.system_time = milliseconds(usage.ru_stime);
  out.max_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  out.blocks_in = static_cast<std::uint64_t>(usage.ru_inblock);
  out.blocks_out = static_cast<std::uint64_t>(usage.ru_oublock);
  return out;
}

std::string find_program(const std::string& name, const Environment& environment) {
  if (name.find('/') != std::string::npos) return ::access(name.c_str(), X_OK) == 0 ? name : std::string();
  const auto it = environment.find("PATH");
  const std::string path = it == environment.end() ? "/usr/local/bin:/usr/bin:/bin" : it->second;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string candidate = path.substr(begin, end - begin) + "/" + name;
    if (end > begin && ::access(candidate.c_str(), X_OK) == 0 && !is_directory(candidate)) return candidate;
    begin = end + 1;
  }
  return {};
}

}  // namespace sluice::record
