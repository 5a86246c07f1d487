#include "sandbox/launcher_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <list>
#include <set>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "sandbox/cgroup.h"
#include "sandbox/container_init.h"
#include "sandbox/container_join.h"
#include "sandbox/container_root.h"
#include "sandbox/fd_passing.h"
#include "sandbox/observe/clean_path.h"
#include "sandbox/observe/layer_changes.h"
#include "sandbox/state.h"
#include "sandbox/text.h"
#include "sandbox/wire.h"

namespace sluice::sandbox {
namespace {

constexpr int k_retry_ms = 2;            // between attempts to remove a control group
constexpr int k_exit_attempts = 500;     // of them, when we end
constexpr int k_orphan_passes = 20'000;  // of killing what a container without a pid namespace left

constexpr int k_max_climb = 4096;  // directories between a chroot and the real root

struct Namespace {
  std::uint64_t flag;
  const char* name;
};
constexpr auto k_optional_namespaces = std::to_array<Namespace>(
    {{CLONE_NEWNET, "network"}, {CLONE_NEWIPC, "ipc"}, {CLONE_NEWUTS, "uts"}, {CLONE_NEWCGROUP, "cgroup"}});
constexpr std::uint64_t k_needed_namespaces = CLONE_NEWNS | CLONE_NEWPID;

struct Running {
  pid_t pid = -1;
  Fd pidfd;  // of a container; not of an exec
  Fd control;
  Fd setup;              // ends when the program has taken over; not valid after that
  bool started = false;  // only then may others join: before, its file system is still ours
  ContainerCgroups cgroups;
  bool pids_limited = false;
  std::string root;   // of the chroot tier: a directory to remove
  std::string layer;  // directory of the writable layer, to be listed at the end
  std::string lower;
  std::string session;            // to be ended with it
  std::set<std::string> ignored;  // of the layer: what we make ourselves
};

pid_t raw_clone(std::uint64_t flags) {
  return static_cast<pid_t>(::syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

bool namespaces_possible(std::uint64_t flags) {
  const pid_t pid = raw_clone(flags);
  if (pid == 0) ::_exit(0);
  if (pid < 0) return false;
  ::waitpid(pid, nullptr, 0);
  return true;
}

// All at once, else one by one, so that the usual case costs one fork.
std::uint64_t find_namespaces(std::vector<std::string>& missing) {
  std::uint64_t all = k_needed_namespaces;
  for (const Namespace& optional : k_optional_namespaces) all |= optional.flag;
  if (namespaces_possible(all)) return all;
  std::uint64_t found = k_needed_namespaces;
  for (const Namespace& optional : k_optional_namespaces) {
    if (namespaces_possible(k_needed_namespaces | optional.flag)) {
      found |= optional.flag;
    } else {
      missing.push_back(std::string(optional.name) + " namespace: " + std::strerror(errno));
    }
  }
  return found;
}

Status write_own_file(const char* path, const std::string& text) {
  const Fd fd(::open(path, O_WRONLY | O_CLOEXEC));
  if (!fd.valid() || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return fail_errno("sandbox.setup", std::string("writing ") + path, errno);
  }
  return {};
}

// In a chroot the root is an ordinary directory of some mount that we cannot name: no mount can be made
// private through it, and pivot_root refuses it. So, in this mount namespace of our own, we climb out to its
// real root, make everything private there, and make a mount of the chroot the root of the namespace. Binding
// at once, without the first half, could show up in the namespace that we came from; and who joins a
// container later starts from the real root.
Status root_becomes_mount(const std::string& run_directory) {
  const auto refused = [](const char* step) { return fail_errno("sandbox.setup", step, errno); };
  const Fd old_root(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!old_root.valid()) return refused("opening the root");
  // With the root below us, ".." is not held back by it.
  if (::chroot(run_directory.c_str()) != 0 || ::fchdir(old_root.get()) != 0)
    return refused("leaving the chroot");
  for (int step = 0; step < k_max_climb; ++step) {
    struct stat here{};
    struct stat above{};
    if (::stat(".", &here) != 0 || ::stat("..", &above) != 0 || ::chdir("..") != 0)
      return refused("climbing");
    if (here.st_ino == above.st_ino && here.st_dev == above.st_dev) break;
  }
  if (::chroot(".") != 0) return refused("entering the real root");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return refused("making the mounts private");
  constexpr unsigned long k_clone_all = 1 | 0x8000 | 0x1000;  // OPEN_TREE_CLONE, AT_RECURSIVE, AT_EMPTY_PATH
  constexpr unsigned k_by_descriptor = 0x4 | 0x40;  // MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_EMPTY_PATH
  const Fd tree(static_cast<int>(::syscall(SYS_open_tree, old_root.get(), "", k_clone_all | O_CLOEXEC)));
  if (!tree.valid()) return refused("taking a mount of the chroot");
  if (::syscall(SYS_move_mount, tree.get(), "", old_root.get(), "", k_by_descriptor) != 0) {
    return refused("mounting the chroot on itself");
  }
  if (::fchdir(tree.get()) != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0) return refused("pivot_root");
  if (::umount2(".", MNT_DETACH) != 0 || ::chdir("/") != 0) return refused("detaching the real root");
  return {};
}

Status make_mounts_private(const std::string& run_directory) {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0) return {};
  // Where a security module restricts user namespaces, they can be made, but this is what fails in them.
  if (errno != EINVAL) return fail_errno("sandbox.setup", "making the mounts private", errno);
  return root_becomes_mount(run_directory);
}

Status enter_tier(const LauncherProcess& process) {
  if (process.tier == Tier::userns) {
    // A process that changed its user is not its own master in /proc until it says so.
    if (::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0) return fail_errno("sandbox.setup", "dumpable", errno);
    SLUICE_CHECK(write_own_file("/proc/self/setgroups", "deny"));
    SLUICE_CHECK(write_own_file("/proc/self/uid_map", "0 " + std::to_string(process.outer_uid) + " 1\n"));
    SLUICE_CHECK(write_own_file("/proc/self/gid_map", "0 " + std::to_string(process.outer_gid) + " 1\n"));
  }
  if (process.tier == Tier::chroot) {
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
      return fail_errno("sandbox.setup", "subreaper", errno);
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(::chroot("/") == 0 ? 0 : errno);
    int status = 0;
    if (pid < 0 || ::waitpid(pid, &status, 0) != pid) return fail_errno("sandbox.setup", "fork", errno);
    if (WEXITSTATUS(status) != 0) return fail_errno("sandbox.setup", "chroot", WEXITSTATUS(status));
  } else {
    SLUICE_CHECK(make_mounts_private(process.run_directory));
  }
  if (::chdir(process.run_directory.c_str()) != 0) {
    return fail_errno("sandbox.setup", "entering " + process.run_directory, errno);
  }
  return {};
}

// Files and directories that enter_root makes, with the directories above them.
std::set<std::string> made_by_us(const LaunchRequest& request) {
  std::set<std::string> made{"/etc/hosts", "/etc/hostname"};
  if (request.private_network) made.insert("/etc/resolv.conf");
  const auto add = [&](std::string path) {
    while (path.size() > 1) {
      made.insert(path);
      path.erase(path.rfind('/'));
    }
  };
  add(clean_path(request.workdir));
  for (const Tmpfs& tmpfs : request.tmpfs) add(clean_path(tmpfs.path));
  for (const char* path :
       {"/etc", "/proc", "/dev", "/dev/shm", "/dev/null", "/dev/zero", "/dev/full", "/dev/random",
        "/dev/urandom", "/dev/tty", "/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr"}) {
    made.insert(path);
  }
  return made;
}

class Server {
 public:
  Server(const LauncherProcess& process, std::uint64_t namespaces, int signals)
      : process_(process),
        namespaces_(namespaces),
        signals_(signals),
        self_(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))),
        seats_(find_cgroup_seats()) {}

  [[noreturn]] void serve() {
    while (true) {
      std::vector<pollfd> polled{{process_.socket, POLLIN, 0}, {signals_, POLLIN, 0}};
      for (const Running& running : running_) {
        polled.push_back({running.control.get(), POLLIN, 0});
        polled.push_back({running.setup.get(), POLLIN, 0});
      }
      if (::poll(polled.data(), polled.size(), leaving_.empty() ? -1 : k_retry_ms) < 0 && errno != EINTR)
        shut_down();
      std::erase_if(leaving_, [](ContainerCgroups& cgroups) { return cgroups.remove(); });
      std::size_t next = 2;  // before anything is added or removed
      for (Running& running : running_) {
        const bool command = (polled[next].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
        const bool setup = (polled[next + 1].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
        next += 2;
        if (setup) take_setup(running);
        if (command) take_command(running);
      }
      running_.splice(running_.end(), added_);
      if ((polled[1].revents & POLLIN) != 0) reap();
      if ((polled[0].revents & POLLIN) != 0) take_request();
      if ((polled[0].revents & (POLLHUP | POLLERR)) != 0) shut_down();
    }
  }

 private:
  static void report(const Fd& control, const Event& event) {
    const std::string bytes = encode(event);
    static_cast<void>(::send(control.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }

  static void refuse(const Fd& control, std::string text) {
    Event event;
    event.kind = EventKind::setup_failed;
    event.text = std::move(text);
    report(control, event);
  }

  // The end of the pipe without a byte: exec has closed it, so the program runs in its own root and with its
  // own rights.
  static void take_setup(Running& running) {
    if (!running.setup.valid()) return;
    char byte = 0;
    const ssize_t size = ::read(running.setup.get(), &byte, 1);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    running.setup.reset();
    if (size != 0) return;
    running.started = true;
    Event event;
    event.kind = EventKind::started;
    report(running.control, event);
  }

  // The end of the stream means that nobody wants the container any more.
  void take_command(Running& running) {
    auto message = receive_message(running.control.get(), k_max_event_bytes);
    const auto command = message && !message->bytes.empty() ? decode_command(message->bytes)
                                                            : Result<Command>(tl::unexpected(Error{}));
    if (!command) {
      ::kill(running.pid, SIGKILL);
      return;
    }
    if (command->kind != CommandKind::signal && !running.started) return refuse_early(*command, message->fds);
    switch (command->kind) {
      case CommandKind::signal:
        ::kill(running.pid, command->number);
        break;
      case CommandKind::connect:
        if (message->fds.size() == 1 && raw_clone(0) == 0) {
          answer_connect(*command, running.pidfd.get(), namespaces_, message->fds[0].get());
        }
        break;
      case CommandKind::inspect:
        if (message->fds.size() == 1 && raw_clone(0) == 0) {
          answer_inspect(running.pidfd.get(), namespaces_, message->fds[0].get());
        }
        break;
      case CommandKind::exec:
        if (message->fds.size() == 4) exec_in(running, std::move(message->fds));
        break;
    }
  }

  static void refuse_early(const Command& command, const std::vector<Fd>& fds) {
    if (command.kind == CommandKind::exec && fds.size() == 4)
      return refuse(fds[1], "the container is not set up yet");
    if (fds.size() == 1) {
      static_cast<void>(
          send_message(fds[0].get(), encode(Answer{EAGAIN, "the container is not set up yet"}), {}));
    }
  }

  // Both ends close at exec; ours is the read end.
  static bool setup_pipe(Fd& ours, Fd& theirs) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return false;
    ours = Fd(ends[0]);
    theirs = Fd(ends[1]);
    return true;
  }

  // A second program in a running container. Its entry joins `added_`, for running_ is being walked.
  void exec_in(const Running& container, std::vector<Fd> fds) {
    const auto bytes = read_fd(fds[0].get(), "exec request");
    const auto request =
        bytes ? decode_request(*bytes) : Result<LaunchRequest>(tl::unexpected(bytes.error()));
    if (!request) return refuse(fds[1], request.error().message);
    if (process_.tier == Tier::chroot) return refuse(fds[1], "there are no namespaces to join");
    ContainerInit init;
    init.request = &*request;
    init.tier = process_.tier;
    init.namespaces = namespaces_;
    init.member_files = container.cgroups.member_files();
    init.pids_limited = container.pids_limited;
    init.launcher = self_.get();
    init.control = fds[1].get();
    init.out = fds[2].get();
    init.err = fds[3].get();
    Running running;
    Fd setup;
    if (!setup_pipe(running.setup, setup)) return refuse(fds[1], "cannot make a pipe");
    init.running = setup.get();
    const pid_t pid = raw_clone(0);
    if (pid == 0) become_exec(init, container.pidfd.get());
    if (pid < 0) return refuse(fds[1], std::string("cannot start a process: ") + std::strerror(errno));
    running.pid = pid;
    running.control = std::move(fds[1]);
    added_.push_back(std::move(running));
  }

  void take_request() {
    auto message = receive_message(process_.socket, k_max_event_bytes);
    if (!message || message->bytes.empty()) shut_down();
    if (message->bytes.starts_with(k_end_session)) {
      end_session(message->bytes.substr(k_end_session.size()));
      return;
    }
    if (message->fds.size() != 4) return;
    const Fd& control = message->fds[1];
    const auto bytes = read_fd(message->fds[0].get(), "launch request");
    const auto request =
        bytes ? decode_request(*bytes) : Result<LaunchRequest>(tl::unexpected(bytes.error()));
    if (!request) return refuse(control, request.error().message);
    start(*request, std::move(message->fds[1]), message->fds[2], message->fds[3]);
  }

  // The writable layer of a session is mounted here, so that it outlives the containers that use it.
  Status open_session(const LaunchRequest& request) {
    if (request.session.empty() || sessions_.contains(request.session)) return {};
    if (::mkdir(request.session.c_str(), 0700) != 0)
      return fail_errno("sandbox.setup", "making a session", errno);
    sessions_.insert(request.session);
    const std::uint64_t bytes = request.copy ? 0 : request.limits.disk_bytes;
    return make_layer(request.session, request.lower, bytes, process_.tier);
  }

  void end_session(const std::string& name) {
    if (sessions_.erase(name) == 0) return;
    if (process_.tier != Tier::chroot) static_cast<void>(::umount2(name.c_str(), MNT_DETACH));
    static_cast<void>(remove_private_tree(name));
  }

  void start(const LaunchRequest& request, Fd control, const Fd& out, const Fd& err) {
    if (const Status opened = open_session(request); !opened) return refuse(control, opened.error().message);
    std::vector<std::string> missing;
    ContainerCgroups cgroups(seats_, request.name, request.limits, process_.journal, missing);
    ContainerInit init;
    init.request = &request;
    init.tier = process_.tier;
    init.namespaces = namespaces_;
    init.member_files = cgroups.member_files();
    init.pids_limited = std::none_of(missing.begin(), missing.end(),
                                     [](const std::string& line) { return line.starts_with("pids:"); });
    init.launcher = self_.get();
    init.control = control.get();
    init.out = out.get();
    init.err = err.get();
    for (std::string& line : missing) {
      Event note;
      note.text = std::move(line);
      report(control, note);
    }
    Running running;
    Fd setup;
    if (!setup_pipe(running.setup, setup)) {
      leaving_.push_back(std::move(cgroups));
      return refuse(control, "cannot make a pipe");
    }
    init.running = setup.get();
    // The cgroup namespace is entered later, from inside the new group.
    const pid_t pid = raw_clone(namespaces_ & ~std::uint64_t{CLONE_NEWCGROUP});
    if (pid == 0) become_container(init);
    if (pid < 0) {
      refuse(control, std::string("cannot start a process: ") + std::strerror(errno));
      leaving_.push_back(std::move(cgroups));
      return;
    }
    const bool own_root = process_.tier == Tier::chroot && request.session.empty();
    running.pid = pid;
    running.pidfd = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    running.control = std::move(control);
    running.cgroups = std::move(cgroups);
    running.pids_limited = init.pids_limited;
    if (own_root) running.root = request.name + ".root";
    if (request.list_layer) {
      running.layer = own_root ? running.root : request.session;
      running.lower = request.lower;
      running.ignored = made_by_us(request);
    }
    if (request.ends_session) running.session = request.session;
    running_.push_back(std::move(running));
  }

  void reap() {
    std::array<signalfd_siginfo, 16> info{};
    // What was signalled does not matter: every child that has ended is reaped below.
    [[maybe_unused]] const ssize_t drained = ::read(signals_, info.data(), sizeof(info));
    int status = 0;
    rusage usage{};
    pid_t pid = 0;
    while ((pid = ::wait4(-1, &status, WNOHANG, &usage)) > 0) {
      const auto found =
          std::find_if(running_.begin(), running_.end(), [pid](const Running& r) { return r.pid == pid; });
      if (found == running_.end()) continue;  // an orphan of the chroot tier
      finish(*found, status, usage);
      running_.erase(found);
    }
  }

  void finish(Running& running, int status, const rusage& usage) {
    take_setup(running);  // a short program may have come and gone since the last look
    if (process_.tier == Tier::chroot) kill_orphans();
    const Fd layer = layer_report(running);
    if (!running.session.empty()) end_session(running.session);
    if (process_.tier == Tier::chroot) {
      if (!running.root.empty()) static_cast<void>(remove_private_tree(running.root));
    }
    Event event;
    event.kind = EventKind::exited;
    event.wait_status = status;
    const auto micros = [](const timeval& t) {
      return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
    };
    event.peaks.cpu = micros(usage.ru_utime) + micros(usage.ru_stime);
    running.cgroups.measure(event.peaks, event.out_of_memory, event.pids_exhausted);
    if (!running.cgroups.remove()) leaving_.push_back(std::move(running.cgroups));
    if (!layer.valid()) return report(running.control, event);
    static_cast<void>(send_message(running.control.get(), encode(event), {layer.get()}));
  }

  // A memory file with what the container left; not valid where it was not asked for or cannot be told.
  Fd layer_report(const Running& running) const {
    if (running.layer.empty()) return Fd();
    const Fd lower(::open(running.lower.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const bool copied = path_exists(running.layer + "/copied");
    const std::string place = running.layer + (copied ? "/root" : "/upper");
    const Fd top(::open(place.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    Fd memory(::memfd_create("layer", MFD_CLOEXEC));
    if (!lower.valid() || !top.valid() || !memory.valid()) return Fd();
    const LayerReport changes = copied ? changes_of_copy(top.get(), lower.get(), running.ignored)
                                       : changes_of_upper(top.get(), lower.get(), running.ignored);
    if (!write_all(memory.get(), encode(changes)) || ::lseek(memory.get(), 0, SEEK_SET) != 0) return Fd();
    return memory;
  }

  // Without a pid namespace the rest of a container outlives its first process and becomes our child. One
  // container runs at a time in that tier, so every child but a running first process is such a rest.
  void kill_orphans() {
    for (int pass = 0; pass < k_orphan_passes; ++pass) {
      const auto text = read_file("/proc/thread-self/children");
      bool any = false;
      for (const std::string_view word : split(text ? std::string_view(*text) : std::string_view{}, ' ')) {
        const auto pid = parse_u32(trim(word));
        if (!pid || *pid <= 1) continue;
        const auto child = static_cast<pid_t>(*pid);
        if (std::any_of(running_.begin(), running_.end(),
                        [child](const Running& r) { return r.pid == child; })) {
          continue;
        }
        any = true;
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
      }
      if (!any) return;
    }
  }

  [[noreturn]] void shut_down() {
    for (const Running& running : running_) ::kill(running.pid, SIGKILL);
    for (Running& running : running_) {
      ::waitpid(running.pid, nullptr, 0);
      leaving_.push_back(std::move(running.cgroups));
    }
    if (process_.tier == Tier::chroot) {
      running_.clear();
      kill_orphans();
    }
    for (int attempt = 0; attempt < k_exit_attempts && !leaving_.empty(); ++attempt) {
      std::erase_if(leaving_, [](ContainerCgroups& cgroups) { return cgroups.remove(); });
      if (!leaving_.empty()) ::poll(nullptr, 0, k_retry_ms);
    }
    ::_exit(0);
  }

  const LauncherProcess& process_;
  std::uint64_t namespaces_;
  int signals_;
  Fd self_;  // pidfd: a container that starts while we end sees that by it
  CgroupSeats seats_;
  std::list<Running> running_;
  std::list<Running> added_;
  std::set<std::string> sessions_;
  std::vector<ContainerCgroups> leaving_;  // their control groups are not free yet
};

// Signals meant for `sluice` (a terminal's Ctrl-C goes to the whole group) must not end us first.
int take_signals() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP}) ::signal(number, SIG_IGN);
  ::signal(SIGCHLD, SIG_DFL);
  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_SETMASK, &child, nullptr);
  return ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

// Nothing of the caller stays open but what we were given: a pipe of the caller's would otherwise never end.
void close_others(const LauncherProcess& process) {
  std::array<int, 3> keep{process.socket, process.journal, process.lock};
  std::sort(keep.begin(), keep.end());
  unsigned first = 3;
  for (const int fd : keep) {
    const auto number = static_cast<unsigned>(fd);
    if (number > first) static_cast<void>(::syscall(SYS_close_range, first, number - 1, 0));
    first = number + 1;
  }
  static_cast<void>(::syscall(SYS_close_range, first, ~0u, 0));
  const int null = ::open("/dev/null", O_RDWR);
  if (null < 0) return;
  for (const int fd : {0, 1, 2}) ::dup2(null, fd);
  if (null > 2) ::close(null);
}

}  // namespace

void run_launcher(const LauncherProcess& process) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  ::prctl(PR_SET_NAME, k_launcher_name.data(), 0, 0, 0);
  ::setsid();
  close_others(process);
  const int signals = take_signals();
  // /proc is still that of the outer pid namespace, and so is the number it gives us.
  std::array<char, 32> pid{};
  Status noted{};
  if (::readlink("/proc/self", pid.data(), pid.size() - 1) > 0) {
    noted = journal_append(process.journal, "launcher", pid.data());
  }
  Handshake handshake;
  if (!noted) {
    handshake.problem = noted.error().message;  // what is not noted is not cleaned up
  } else if (const Status entered = enter_tier(process); !entered) {
    handshake.problem = entered.error().message;
  } else {
    handshake.ready = true;
    if (process.tier != Tier::chroot) {
      handshake.namespaces = find_namespaces(handshake.missing);
    } else {
      handshake.missing.emplace_back("namespaces: none, isolation is that of our surroundings");
      handshake.missing.emplace_back("signals: a program that runs as root can signal processes around it");
    }
  }
  const std::string bytes = encode(handshake);
  if (::send(process.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0 || !handshake.ready) ::_exit(1);
  Server(process, handshake.namespaces, signals).serve();
}

}  // namespace sluice::sandbox
