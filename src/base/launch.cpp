// The only user of Boost.Process v2, for launching alone. What its
// 1.81 launcher gets wrong is put right here:
//  - closing descriptors, it compares each kept one with itself: those between 3 and its own pipe stay open;
//  - a child whose exec fails runs the parent's atexit handlers, and is left as a zombie;
//  - the process object kills its process when it goes out of scope.
#define BOOST_PROCESS_USE_STD_FS 1
#include "base/launch.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
// Inlined, Asio's reactor makes g++ 12 warn of null dereferences,
// though its headers are marked as a system's.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnull-dereference"
#include <boost/asio/io_context.hpp>
// Boost.Process forgets to include these three when it uses std::filesystem.
#include <boost/optional.hpp>
#include <boost/type_traits/decay.hpp>
#include <boost/type_traits/is_convertible.hpp>
// Only after them:
#include <boost/process/v2/posix/default_launcher.hpp>
#include <boost/process/v2/process.hpp>
#pragma GCC diagnostic pop
#include <sys/syscall.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>

namespace sluice {
namespace {

namespace bp = boost::process::v2;
using boost::system::error_code;

// All descriptors over stderr are to close at exec: Boost's own pipe must live until then.
int close_others_on_exec() {
  if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return 0;
  // Kernels before 5.11.
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
  const auto end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1U << 20U));
  for (int fd = 3; fd < end; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  return 0;
}

void default_signals() {
  // By the system call: glibc keeps 32 and 33 for itself, but whoever was started by posix_spawn (make does
  // it so) has them ignored. KILL and STOP refuse, rightly.
  constexpr std::size_t k_mask_bytes = 8;
  const std::array<unsigned long, 4> by_default{};  // struct kernel_sigaction: handler, flags, restorer, mask
  for (int signal = 1; signal < NSIG; ++signal) {
    ::syscall(SYS_rt_sigaction, signal, by_default.data(), nullptr, k_mask_bytes);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Boost's hooks. `on_exec_setup` runs in the child between fork and exec: system calls only.
struct Setup {
  const LaunchPlan& plan;
  pid_t parent;

  template <typename Launcher>
  error_code on_exec_setup(Launcher&, const std::filesystem::path&, const char* const*&) const {
    if (prepare()) return {};
    return {errno, boost::system::system_category()};
  }

  // Boost looks for the first form and calls the second. After a fork
  // of a threaded program only _exit is safe.
  template <typename Launcher>
  void on_exec_error(Launcher&, const error_code&, const std::filesystem::path&, const char* const*&,
                     const error_code&) const {
    ::_exit(127);
  }
  template <typename Launcher>
  void on_exec_error(Launcher&, const std::filesystem::path&, const char* const*&, const error_code&) const {
    ::_exit(127);
  }

 private:
  [[nodiscard]] bool prepare() const {
    if (::setsid() < 0) return false;
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
    if (::getppid() != parent) ::_exit(127);  // the parent died before the request
    default_signals();
    if (!plan.working_directory.empty() && ::chdir(plan.working_directory.c_str()) != 0) return false;
    if (::dup2(plan.in, 0) < 0 || ::dup2(plan.out, 1) < 0 || ::dup2(plan.err, 2) < 0) return false;
    return close_others_on_exec() == 0;
  }
};

// Were 0, 1 or 2 free, a pipe could land there and be overwritten by the child's stdio.
void fill_standard_descriptors() {
  int fd = 0;
  do {
    fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  } while (fd >= 0 && fd <= 2);
  if (fd > 2) ::close(fd);
}

}  // namespace

Result<pid_t> launch(const LaunchPlan& plan) {
  fill_standard_descriptors();
  std::vector<const char*> environment;
  for (const std::string& variable : plan.environment) environment.push_back(variable.c_str());
  environment.push_back(nullptr);

  bp::posix::default_launcher launcher;
  launcher.env = environment.data();
  error_code ec;
  try {
    boost::asio::io_context context;
    auto process = launcher(context.get_executor(), ec, std::filesystem::path(plan.executable),
                            plan.arguments, Setup{plan, ::getpid()});
    if (!ec) {
      const auto handle = process.detach();
      return launcher.pid;
    }
  } catch (const std::exception& error) {
    if (launcher.pid > 0) {
      ::kill(launcher.pid, SIGKILL);
      ::waitpid(launcher.pid, nullptr, 0);
    }
    return fail(ErrorKind::io, "process.start", "cannot start " + plan.executable + ": " + error.what());
  }
  if (launcher.pid > 0) ::waitpid(launcher.pid, nullptr, 0);
  const std::string where = plan.working_directory.empty() ? "" : " in " + plan.working_directory;
  return fail(ErrorKind::io, "process.start",
              "cannot start " + plan.executable + where + ": " + ec.message());
}

}  // namespace sluice
