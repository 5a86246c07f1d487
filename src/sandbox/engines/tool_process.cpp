#include "sandbox/engines/tool_process.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace sluice::sandbox {
namespace {

enum class Step : int { none, mounts, tmpfs, folders, overlay, start };

struct Failure {  // sent through a pipe by the child
  Step step = Step::none;
  int error = 0;
};

// All that the child needs, made before the fork: it may only make system calls, for another thread may hold
// any lock of this process.
struct Prepared {
  std::vector<std::string> texts;
  std::vector<char*> argv;
  std::vector<char*> envp;
  std::string tmpfs_options;
  std::string overlay_options;
  std::string upper;
  std::string work;
  mode_t root_mode = 0755;
  uid_t root_uid = 0;
  gid_t root_gid = 0;
};

Prepared prepare(const ToolCommand& command) {
  Prepared out;
  out.texts.reserve(command.argv.size() + command.environment.size());
  for (const std::string& word : command.argv) out.texts.push_back(word);
  for (const auto& [name, value] : command.environment) out.texts.push_back(name + "=" + value);
  for (std::size_t i = 0; i < out.texts.size(); ++i) {
    (i < command.argv.size() ? out.argv : out.envp).push_back(out.texts[i].data());
  }
  out.argv.push_back(nullptr);
  out.envp.push_back(nullptr);
  if (!command.overlay) return out;
  const OverlaySetup& overlay = *command.overlay;
  out.tmpfs_options = "mode=0700";
  if (overlay.bytes != 0) out.tmpfs_options += ",size=" + std::to_string(overlay.bytes);
  out.upper = overlay.scratch + "/upper";
  out.work = overlay.scratch + "/work";
  out.overlay_options = "lowerdir=" + overlay.lower + ",upperdir=" + out.upper + ",workdir=" + out.work;
  struct stat st{};
  if (::stat(overlay.lower.c_str(), &st) == 0) {
    out.root_mode = st.st_mode & 07777;
    out.root_uid = st.st_uid;
    out.root_gid = st.st_gid;
  }
  return out;
}

[[noreturn]] void give_up(int report, Step step) {
  const Failure failure{step, errno};
  static_cast<void>(!::write(report, &failure, sizeof(failure)));
  ::_exit(127);
}

void make_overlay(const OverlaySetup& overlay, const Prepared& prepared, int report) {
  if (::unshare(CLONE_NEWNS) != 0) give_up(report, Step::mounts);
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) give_up(report, Step::mounts);
  if (::mount("tmpfs", overlay.scratch.c_str(), "tmpfs", MS_NOSUID | MS_NODEV,
              prepared.tmpfs_options.c_str()) != 0)
    give_up(report, Step::tmpfs);
  if (::mkdir(prepared.upper.c_str(), 0700) != 0 || ::mkdir(prepared.work.c_str(), 0700) != 0 ||
      ::chown(prepared.upper.c_str(), prepared.root_uid, prepared.root_gid) != 0 ||
      ::chmod(prepared.upper.c_str(), prepared.root_mode) != 0) {
    give_up(report, Step::folders);
  }
  if (::mount("overlay", overlay.merged.c_str(), "overlay", MS_NOSUID | MS_NODEV,
              prepared.overlay_options.c_str()) != 0)
    give_up(report, Step::overlay);
}

[[noreturn]] void become(const ToolCommand& command, const Prepared& prepared, int null, int out, int err,
                         int report) {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // A Ctrl-C at the terminal is for us to handle.
  static_cast<void>(::setsid());
  if (command.overlay) make_overlay(*command.overlay, prepared, report);
  if (::dup2(null, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(err, 2) < 0) give_up(report, Step::start);
  ::execve(command.program.c_str(), prepared.argv.data(), prepared.envp.data());
  give_up(report, Step::start);
}

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("sandbox.pipe", "cannot make a pipe", errno);
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

std::string_view name_of(Step step) {
  switch (step) {
    case Step::mounts:
      return "a mount namespace";
    case Step::tmpfs:
      return "a tmpfs";
    case Step::folders:
      return "the overlay's folders";
    case Step::overlay:
      return "an overlay";
    case Step::none:
    case Step::start:
      break;
  }
  return "the program";
}

}  // namespace

Result<ToolProcess> spawn_tool(const ToolCommand& command) {
  const Prepared prepared = prepare(command);
  Pipe out = SLUICE_TRY(make_pipe());
  Pipe err = SLUICE_TRY(make_pipe());
  Pipe report = SLUICE_TRY(make_pipe());
  const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null.valid()) return fail_errno("sandbox.tool", "cannot open /dev/null", errno);
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("sandbox.tool", "cannot start a process", errno);
  if (pid == 0) {
    become(command, prepared, null.get(), out.write.get(), err.write.get(), report.write.get());
  }
  ToolProcess process;
  process.pid = pid;
  report.write.reset();
  Failure failure;
  ssize_t size = 0;
  do {
    size = ::read(report.read.get(), &failure, sizeof(failure));
  } while (size < 0 && errno == EINTR);
  if (size != 0) {
    reap(process, true);
    return fail_errno(failure.step == Step::start ? "sandbox.tool" : "sandbox.overlay",
                      "cannot start " + command.program + ": " + std::string(name_of(failure.step)),
                      failure.error);
  }
  process.handle = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process.handle.valid()) {
    const int error = errno;
    reap(process, true);
    return fail_errno("sandbox.tool", "cannot watch a process", error);
  }
  for (const Fd* end : {&out.read, &err.read}) {
    static_cast<void>(::fcntl(end->get(), F_SETFL, O_NONBLOCK));
  }
  process.out = std::move(out.read);
  process.err = std::move(err.read);
  return process;
}

int reap(ToolProcess& process, bool kill_first) {
  if (process.pid <= 0) return 0;
  if (kill_first) ::kill(process.pid, SIGKILL);
  int status = 0;
  while (::waitpid(process.pid, &status, 0) < 0 && errno == EINTR) {
  }
  process.pid = -1;
  return status;
}

}  // namespace sluice::sandbox
