#include "sandbox/launcher.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "sandbox/fd_passing.h"
#include "sandbox/launcher_process.h"

namespace sluice::sandbox {
namespace {

constexpr int k_handshake_ms = 20'000;
constexpr int k_shutdown_ms = 5'000;
constexpr int k_pipe_bytes = 1 << 20;  // a bigger pipe means fewer wake-ups for chatty programs

struct Pair {
  Fd ours;
  Fd theirs;
};

Result<Pair> socket_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail_errno("sandbox.socket", "cannot make a socket pair", errno);
  }
  return Pair{Fd(ends[0]), Fd(ends[1])};
}

Result<Pair> output_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("sandbox.pipe", "cannot make a pipe", errno);
  Pair pair{Fd(ends[0]), Fd(ends[1])};
  // Only our end: the program under test expects a blocking one.
  if (::fcntl(pair.ours.get(), F_SETFL, O_NONBLOCK) != 0)
    return fail_errno("sandbox.pipe", "cannot set a pipe", errno);
  static_cast<void>(::fcntl(pair.ours.get(), F_SETPIPE_SZ, k_pipe_bytes));
  return pair;
}

std::uint64_t launcher_namespaces(Tier tier) {
  switch (tier) {
    case Tier::root:
      return CLONE_NEWPID | CLONE_NEWNS;
    case Tier::userns:
      return CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS;
    case Tier::chroot:
    case Tier::none:
      break;
  }
  return 0;
}

struct Attempt {
  pid_t pid = -1;
  Fd socket;
  Handshake handshake;
};

// The launcher's word, or what kept it from speaking.
Handshake await_handshake(int socket) {
  Handshake failed;
  pollfd polled{socket, POLLIN, 0};
  int rc = 0;
  do {
    rc = ::poll(&polled, 1, k_handshake_ms);
  } while (rc < 0 && errno == EINTR);
  if (rc <= 0) {
    failed.problem = "the launcher does not answer";
    return failed;
  }
  const auto message = receive_message(socket, k_max_event_bytes);
  if (!message || message->bytes.empty()) {
    failed.problem = "the launcher ended at once";
    return failed;
  }
  auto handshake = decode_handshake(message->bytes);
  if (!handshake) {
    failed.problem = handshake.error().message;
    return failed;
  }
  return std::move(*handshake);
}

Result<Attempt> attempt(const RunDirectory& run, Tier tier) {
  Pair pair = SLUICE_TRY(socket_pair());
  LauncherProcess process;
  process.tier = tier;
  process.socket = pair.theirs.get();
  process.journal = run.journal_fd();
  process.lock = run.lock_fd();
  process.run_directory = run.path();
  process.outer_uid = ::geteuid();
  process.outer_gid = ::getegid();
  Attempt made;
  made.pid = static_cast<pid_t>(
      ::syscall(SYS_clone, launcher_namespaces(tier) | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (made.pid == 0) run_launcher(process);
  if (made.pid < 0) {
    made.handshake.problem = std::strerror(errno);
    return made;
  }
  pair.theirs.reset();
  made.socket = std::move(pair.ours);
  made.handshake = await_handshake(made.socket.get());
  if (!made.handshake.ready) {
    ::kill(made.pid, SIGKILL);
    ::waitpid(made.pid, nullptr, 0);
  }
  return made;
}

}  // namespace

Result<std::unique_ptr<Launcher>> Launcher::start(const RunDirectory& run, Tier strongest) {
  if (::mkdir((run.path() + "/mnt").c_str(), 0700) != 0 && errno != EEXIST) {
    return fail_errno("sandbox.state", "cannot make " + run.path() + "/mnt", errno);
  }
  std::string reasons;
  for (const Tier tier : {Tier::root, Tier::userns, Tier::chroot}) {
    if (tier > strongest) continue;
    std::string problem;
    if (tier == Tier::root && ::geteuid() != 0) {
      problem = "not run as root";
    } else {
      Attempt made = SLUICE_TRY(attempt(run, tier));
      if (made.handshake.ready) {
        return std::unique_ptr<Launcher>(new Launcher(tier, std::move(reasons), std::move(made.handshake),
                                                      made.pid, std::move(made.socket)));
      }
      problem = made.handshake.problem;
    }
    reasons += (reasons.empty() ? "" : "; ") + std::string(to_string(tier)) + ": " + problem;
  }
  return fail(
      ErrorKind::unsupported, "sandbox.unsupported", "no container can be run here: " + reasons,
      "run as root, or allow unprivileged user namespaces; `sluice doctor` shows what this machine can do");
}

Launcher::Launcher(Tier tier, std::string reason, Handshake handshake, pid_t pid, Fd socket)
    : tier_(tier),
      reason_(std::move(reason)),
      handshake_(std::move(handshake)),
      pid_(pid),
      socket_(std::move(socket)) {}

Launcher::~Launcher() {
  socket_.reset();  // it ends by itself, after the containers
  for (int waited = 0; waited < k_shutdown_ms; ++waited) {
    if (::waitpid(pid_, nullptr, WNOHANG) != 0) return;
    ::poll(nullptr, 0, 1);
  }
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

namespace {

Result<LaunchedContainer> send_launch(int socket, std::string_view word, const LaunchRequest& request) {
  Pair control = SLUICE_TRY(socket_pair());
  Pair out = SLUICE_TRY(output_pipe());
  Pair err = SLUICE_TRY(output_pipe());
  const Fd memory(::memfd_create("request", MFD_CLOEXEC));
  if (!memory.valid()) return fail_errno("sandbox.launch", "cannot make a memory file", errno);
  SLUICE_CHECK(write_all(memory.get(), encode(request)));
  if (::lseek(memory.get(), 0, SEEK_SET) != 0) return fail_errno("sandbox.launch", "cannot rewind", errno);
  SLUICE_CHECK(
      send_message(socket, word, {memory.get(), control.theirs.get(), out.theirs.get(), err.theirs.get()}));
  return LaunchedContainer{std::move(control.ours), std::move(out.ours), std::move(err.ours)};
}

}  // namespace

Result<LaunchedContainer> Launcher::launch(const LaunchRequest& request) {
  return send_launch(socket_.get(), "!", request);
}

Result<LaunchedContainer> launch_in(int container_control, const LaunchRequest& request) {
  Command command;
  command.kind = CommandKind::exec;
  return send_launch(container_control, encode(command), request);
}

void Launcher::end_session(const std::string& name) {
  // If it does not arrive the launcher is gone, and the layer with it.
  static_cast<void>(send_message(socket_.get(), std::string(k_end_session) + name, {}));
}

}  // namespace sluice::sandbox
