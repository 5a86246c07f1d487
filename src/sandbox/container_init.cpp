#include "sandbox/container_init.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/file.h"
#include "base/result.h"
#include "sandbox/container_root.h"
#include "sandbox/fd_passing.h"
#include "sandbox/private_network.h"
#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

constexpr int k_close_range_cloexec = 4;  // CLOSE_RANGE_CLOEXEC of linux/close_range.h, which libc may lack
constexpr int k_setup_exit = 125;         // never seen by callers: an event says why
constexpr rlim_t k_soft_files = 1024;
constexpr rlim_t k_hard_files = 524'288;
constexpr std::string_view k_default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

tl::unexpected<Error> refused(const std::string& step) {
  return fail_errno("sandbox.setup", step, errno);
}

void send_event(int control, const Event& event) {
  const std::string bytes = encode(event);
  static_cast<void>(::send(control, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

void send_note(int control, std::string text) {
  Event event;
  event.kind = EventKind::note;
  event.text = std::move(text);
  send_event(control, event);
}

[[noreturn]] void give_up(const ContainerInit& init, const Error& error) {
  Event event;
  event.kind = EventKind::fault;
  event.text = error.message;
  if (error.code == "start.not-found") {
    event.fault = StartFault::not_found;
  } else if (error.code == "start.not-executable") {
    event.fault = StartFault::not_executable;
  } else if (error.code == "start.workdir") {
    event.fault = StartFault::bad_workdir;
  } else if (error.code == "start.image") {
    event.fault = StartFault::bad_image;
  } else {
    event.kind = EventKind::setup_failed;
  }
  send_event(init.control, event);
  static_cast<void>(!::write(init.running, "!", 1));
  ::_exit(k_setup_exit);
}

void join_cgroups(const ContainerInit& init) {
  for (const std::string& path : init.member_files) {
    const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (fd.valid() && ::write(fd.get(), "0", 1) == 1) continue;
    send_note(init.control, "cgroup: cannot join " + path + ": " + std::strerror(errno));
  }
}

void enter_cgroup_namespace(const ContainerInit& init) {
  if ((init.namespaces & CLONE_NEWCGROUP) != 0 && ::unshare(CLONE_NEWCGROUP) != 0) {
    send_note(init.control, std::string("cgroup namespace: ") + std::strerror(errno));
  }
}

Status raise_loopback() {
  const Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return refused("opening a socket for the loopback");
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (::ioctl(fd.get(), SIOCSIFFLAGS, &request) != 0) return refused("raising the loopback");
  return {};
}

// Its DNS server is not ours to be: it runs in `sluice`, on sockets that were made here.
Status open_private_network(int control, std::vector<std::string>& missing) {
  const ResolverSockets sockets = SLUICE_TRY(make_private_network(missing));
  Event event;
  event.kind = EventKind::resolver;
  return send_message(control, encode(event), {sockets.udp.get(), sockets.tcp.get()});
}

// Output pipes belong to the user who is to run, else /dev/stdout could not be opened by a path.
Status redirect(const ContainerInit& init) {
  const Identity& who = init.request->identity;
  for (const int fd : {init.out, init.err}) {
    if (init.tier == Tier::userns) break;  // one id: they are ours already
    if (::fchown(fd, who.uid, who.gid) != 0) return refused("giving the output to the user");
  }
  int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0) {
    // Without a device: an empty pipe reads as end of file too.
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return refused("making an empty input");
    ::close(ends[1]);
    null = ends[0];
  }
  if (::dup2(null, 0) < 0 || ::dup2(init.out, 1) < 0 || ::dup2(init.err, 2) < 0)
    return refused("redirecting");
  return {};
}

Status set_limit(int resource, rlim_t soft, rlim_t hard) {
  rlimit now{};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &now) != 0)
    return refused("reading a resource limit");
  const rlimit wanted{std::min(soft, now.rlim_max), std::min(hard, now.rlim_max)};
  if (::setrlimit(static_cast<__rlimit_resource>(resource), &wanted) != 0)
    return refused("setting a resource limit");
  return {};
}

Status set_limits(const ContainerInit& init) {
  SLUICE_CHECK(set_limit(RLIMIT_CORE, 0, 0));
  SLUICE_CHECK(set_limit(RLIMIT_NOFILE, k_soft_files, k_hard_files));
  // Without mounts of its own a container's disk has no end; this at least bounds each file.
  if (init.tier == Tier::chroot && init.request->limits.disk_bytes != 0) {
    SLUICE_CHECK(set_limit(RLIMIT_FSIZE, init.request->limits.disk_bytes, init.request->limits.disk_bytes));
  }
  if (init.pids_limited || init.request->limits.pids == 0) return {};
  return set_limit(RLIMIT_NPROC, init.request->limits.pids, init.request->limits.pids);
}

Status write_map(int proc_self, const char* name, const std::string& text) {
  const Fd fd(::openat(proc_self, name, O_WRONLY | O_CLOEXEC));
  if (!fd.valid() || !write_all(fd.get(), text)) return refused(std::string("writing ") + name);
  return {};
}

// In a user namespace of one id: a second one shows that id under the number asked for.
Status become_user_by_map(const Identity& who, int proc_self) {
  if (who.uid == 0 && who.gid == 0) return {};
  if (::unshare(CLONE_NEWUSER) != 0) return refused("making a user namespace for the user");
  // The descriptor shows the process as of its opening; setgroups was denied by the outer namespace for good.
  SLUICE_CHECK(write_map(proc_self, "uid_map", std::to_string(who.uid) + " 0 1\n"));
  return write_map(proc_self, "gid_map", std::to_string(who.gid) + " 0 1\n");
}

Status become_user(const Identity& who) {
  std::vector<gid_t> groups(who.groups.begin(), who.groups.end());
  if (::setgroups(groups.size(), groups.data()) != 0) return refused("setting groups");
  if (::setresgid(who.gid, who.gid, who.gid) != 0) return refused("setting the group");
  if (::setresuid(who.uid, who.uid, who.uid) != 0) return refused("setting the user");
  return {};
}

Status drop_bounding_set(std::uint64_t keep) {
  for (unsigned capability = 0; capability < 64; ++capability) {
    if (((keep >> capability) & 1) != 0) continue;
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
    if (errno == EINVAL) return {};  // past the last one that this kernel knows
    return refused("dropping capability " + std::to_string(capability));
  }
  return {};
}

Status drop_capabilities(std::uint64_t keep) {
  // May fail with EINVAL on kernels before 4.3, which have no ambient set.
  static_cast<void>(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  // A user but root loses them at exec, as with every engine; so only root is given any.
  if (::geteuid() == 0) {
    for (unsigned half = 0; half < 2; ++half) {
      const auto bits = static_cast<std::uint32_t>(keep >> (32 * half));
      data[half] = {bits, bits, bits};
    }
  }
  if (::syscall(SYS_capset, &header, data.data()) != 0) return refused("dropping capabilities");
  return {};
}

Status drop_rights(const ContainerInit& init, int proc_self) {
  const LaunchRequest& request = *init.request;
  if (init.tier == Tier::userns) SLUICE_CHECK(become_user_by_map(request.identity, proc_self));
  SLUICE_CHECK(drop_bounding_set(request.capabilities));
  if (init.tier != Tier::userns) SLUICE_CHECK(become_user(request.identity));
  SLUICE_CHECK(drop_capabilities(request.capabilities));
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("no_new_privs");
  return {};
}

// Returns the listener, if `flags` ask for one.
Result<int> load_program(std::string& filter, unsigned flags) {
  sock_fprog program{static_cast<unsigned short>(filter.size() / sizeof(sock_filter)),
                     reinterpret_cast<sock_filter*>(filter.data())};
  const long rc = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
  if (rc < 0) return refused("loading the call filter");
  return static_cast<int>(rc);
}

// The message that takes the listener to the supervisor, which cannot answer for it before it has arrived. So
// the filter lets this one message pass: sendmsg on this descriptor with this very structure, whose address
// no other program can know.
struct ListenerMessage {
  std::string bytes;
  iovec part{};
  msghdr header{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room{};

  explicit ListenerMessage(std::string text) : bytes(std::move(text)) {
    part = {bytes.data(), bytes.size()};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = room.data();
    header.msg_controllen = room.size();
    cmsghdr* const control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof(int));
  }
  ListenerMessage(const ListenerMessage&) = delete;
  ListenerMessage& operator=(const ListenerMessage&) = delete;
  void carry(int fd) { std::memcpy(CMSG_DATA(CMSG_FIRSTHDR(&header)), &fd, sizeof(fd)); }

  [[nodiscard]] std::string exception(int control) const {
    const auto at = reinterpret_cast<std::uintptr_t>(&header);
    const auto argument = [](unsigned index, bool high) {
      return static_cast<std::uint32_t>(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t) +
                                        (high ? 4 : 0));
    };
    const std::array<sock_filter, 9> code{{
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 7, SYS_sendmsg},
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, argument(0, false)},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 5, static_cast<std::uint32_t>(control)},
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, argument(1, false)},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, static_cast<std::uint32_t>(at)},
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, argument(1, true)},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, static_cast<std::uint32_t>(at >> 32)},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
    }};
    return std::string(reinterpret_cast<const char*>(code.data()), sizeof(code));
  }
};

void send_unobserved(int control, const std::string& why) {
  Event event;
  event.kind = EventKind::unobserved;
  event.text = why;
  send_event(control, event);
}

// True if a supervisor traces us.
bool ask_to_be_traced(int control) {
  std::array<int, 2> ends{};
  const Fd self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  if (!self.valid() || ::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  const Fd answer(ends[0]);
  Fd theirs(ends[1]);
  Event event;
  event.kind = EventKind::traceable;
  if (!send_message(control, encode(event), {self.get(), theirs.get()})) return false;
  theirs.reset();
  char byte = 0;
  ssize_t size = 0;
  do {
    size = ::read(answer.get(), &byte, 1);
  } while (size < 0 && errno == EINTR);
  return size == 1 && byte == 'y';
}

// True if a supervisor got the listener.
bool load_watched(std::string& filter, int control) {
  Event event;
  event.kind = EventKind::listener;
  ListenerMessage message(encode(event));
  std::string program = message.exception(control) + filter;
  // Linux 5.19: only a fatal signal interrupts a call that is being looked at, else a program with busy
  // signals would begin it again and again.
  constexpr unsigned k_wait_killable = 1u << 5;
  auto listener = load_program(program, SECCOMP_FILTER_FLAG_NEW_LISTENER | k_wait_killable);
  if (!listener) listener = load_program(program, SECCOMP_FILTER_FLAG_NEW_LISTENER);
  if (!listener) {
    send_unobserved(control, listener.error().message);  // unless ptrace can
    return false;
  }
  message.carry(*listener);
  // Nothing but this can be done before the supervisor answers. If it is gone we are about to be killed.
  static_cast<void>(::sendmsg(control, &message.header, MSG_NOSIGNAL));
  return true;
}

Status load_filter(LaunchRequest& request, int control) {
  if (request.filter.empty()) return {};
  if (request.watched && !request.by_ptrace && load_watched(request.filter, control)) return {};
  if (request.watched && ask_to_be_traced(control)) {
    const auto loaded = load_program(request.trace_filter, 0);
    if (!loaded) return tl::unexpected(loaded.error());
    return {};
  }
  const auto loaded = load_program(request.watched ? request.plain_filter : request.filter, 0);
  if (!loaded) return tl::unexpected(loaded.error());
  return {};
}

void reset_signals() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

std::vector<char*> c_strings(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string_view path_of(const std::vector<std::string>& env) {
  for (const std::string& entry : env) {
    if (entry.starts_with("PATH=")) return std::string_view(entry).substr(5);
  }
  return k_default_path;
}

Error exec_fault(const std::string& program, int errno_value) {
  Error error{ErrorKind::invalid, "start.not-executable", {}, std::nullopt, {}, {}};
  switch (errno_value) {
    case ENOENT:
      if (path_exists(program)) {
        error.message = program + " cannot be started: its interpreter or dynamic loader is not in the image";
      } else {
        error.code = "start.not-found";
        error.message = program + " is not in the image";
      }
      break;
    case ENOEXEC:
      error.message =
          program + " is no program for this machine: another architecture, or a script without #!";
      break;
    default:
      error.message = program + " cannot be started: " + std::strerror(errno_value);
  }
  return error;
}

// Where execvp(3) would look, from the first place that has the program: looking is done before the calls are
// watched.
std::vector<std::string> places_of(const LaunchRequest& request) {
  std::vector<std::string> places;
  for (const std::string_view directory : split(path_of(request.env), ':')) {
    std::string path = (directory.empty() ? "." : std::string(directory)) + "/" + request.argv[0];
    if (places.empty() && !path_exists(path)) continue;
    places.push_back(std::move(path));
  }
  return places;
}

// As execvp(3), but by the container's PATH and without handing scripts to a shell. Returns only with a
// fault.
Error exec_program(LaunchRequest& request, const std::vector<std::string>& places) {
  std::vector<char*> argv = c_strings(request.argv);
  std::vector<char*> env = c_strings(request.env);
  const std::string name = request.argv[0];
  if (name.find('/') != std::string::npos) {
    ::execve(name.c_str(), argv.data(), env.data());
    return exec_fault(name, errno);
  }
  int fault = ENOENT;
  for (const std::string& path : places) {
    ::execve(path.c_str(), argv.data(), env.data());
    if (errno == EACCES) fault = EACCES;
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) return exec_fault(path, errno);
    if (errno == ENOENT && path_exists(path)) return exec_fault(path, ENOENT);
  }
  if (fault == ENOENT) {
    return Error{ErrorKind::invalid,
                 "start.not-found",
                 "\"" + name + "\" is not in the PATH of the image",
                 std::nullopt,
                 {},
                 {}};
  }
  return exec_fault(name, fault);
}

bool is_over(int pidfd) {
  pollfd polled{pidfd, POLLIN, 0};
  return ::poll(&polled, 1, 0) > 0;
}

// What a program in a new container and one that joins it have in common.
Status become_ready(const ContainerInit& init, int proc_self) {
  SLUICE_CHECK(redirect(init));
  SLUICE_CHECK(set_limits(init));
  SLUICE_CHECK(drop_rights(init, proc_self));
  // Without a pid namespace this is what ends us with the launcher. After the change of user, which clears
  // it.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return refused("parent-death signal");
  if (is_over(init.launcher)) ::_exit(1);  // before the signal was asked for: it will never come
  const std::string workdir = init.request->workdir.empty() ? "/" : init.request->workdir;
  if (::chdir(workdir.c_str()) != 0) {
    return fail(ErrorKind::invalid, "start.workdir",
                "the working directory " + workdir + " cannot be entered: " + std::strerror(errno));
  }
  ::umask(022);
  return {};
}

Status prepare(const ContainerInit& init, int proc_self) {
  const LaunchRequest& request = *init.request;
  ::setsid();
  ::umask(0);
  join_cgroups(init);
  enter_cgroup_namespace(init);  // after joining, so that the container sees its own group as "/"
  if ((init.namespaces & CLONE_NEWUTS) != 0) {
    const std::string_view name = k_host_name;
    if (::sethostname(name.data(), name.size()) != 0) return refused("setting the host name");
  }
  if (request.loopback && (init.namespaces & CLONE_NEWNET) != 0) SLUICE_CHECK(raise_loopback());
  std::vector<std::string> missing;
  if (request.private_network) SLUICE_CHECK(open_private_network(init.control, missing));
  const Status entered = enter_root(request, init.tier, missing);
  for (std::string& note : missing) send_note(init.control, std::move(note));
  SLUICE_CHECK(entered);
  return become_ready(init, proc_self);
}

[[noreturn]] void run_program(LaunchRequest& request, const ContainerInit& init) {
  reset_signals();
  // Everything but the standard three closes at exec.
  if (::syscall(SYS_close_range, 3, ~0U, k_close_range_cloexec) != 0) {
    give_up(init, refused("closing descriptors").value());
  }
  const std::vector<std::string> places = places_of(request);
  if (const Status loaded = load_filter(request, init.control); !loaded) give_up(init, loaded.error());
  give_up(init, exec_program(request, places));
}

// Ends as the program did, so that the launcher sees its status.
[[noreturn]] void follow(pid_t program) {
  int status = 0;
  while (::waitpid(program, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) ::_exit(WEXITSTATUS(status));
  ::signal(WTERMSIG(status), SIG_DFL);
  ::kill(::getpid(), WTERMSIG(status));
  ::_exit(128 + WTERMSIG(status));
}

}  // namespace

void become_container(const ContainerInit& init) {
  LaunchRequest request = *init.request;
  ContainerInit own = init;
  own.request = &request;
  // /proc of the launcher, for the id maps: the container's own may be missing.
  const Fd proc_self(::open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (const Status prepared = prepare(own, proc_self.get()); !prepared) give_up(init, prepared.error());
  run_program(request, init);
}

void become_exec(const ContainerInit& init, int container_pidfd) {
  LaunchRequest request = *init.request;
  ContainerInit own = init;
  own.request = &request;
  reset_signals();
  join_cgroups(own);
  if (::setns(container_pidfd, static_cast<int>(init.namespaces)) != 0) {
    give_up(init, refused("joining the container").value());
  }
  const pid_t program = ::fork();  // a pid namespace is for children only
  if (program < 0) give_up(init, refused("forking").value());
  if (program > 0) {
    // Held open here, output would not end with the program.
    ::close(init.out);
    ::close(init.err);
    ::close(init.control);
    ::close(init.running);
    follow(program);
  }
  ::setsid();
  const Fd proc_self(::open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (const Status ready = become_ready(own, proc_self.get()); !ready) give_up(init, ready.error());
  run_program(request, init);
}

}  // namespace sluice::sandbox
