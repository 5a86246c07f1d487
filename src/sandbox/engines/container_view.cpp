#include "sandbox/engines/container_view.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <thread>

#include "sandbox/fd_passing.h"
#include "sandbox/observe/process_view.h"
#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

constexpr std::size_t k_max_table = 4u << 20;
constexpr std::size_t k_max_small = 16u << 10;
constexpr std::size_t k_max_processes = 4096;

std::string text_of(const std::string& path, std::size_t max) {
  auto text = read_file(path, max);
  return text ? std::move(*text) : std::string();
}

std::string link_of(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size() - 1);
  return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size)) : std::string();
}

// The process must be in another namespace than we are: else its number belongs to something else here.
Status check_elsewhere(pid_t pid, const char* kind) {
  const std::string theirs = link_of("/proc/" + std::to_string(pid) + "/ns/" + kind);
  if (!theirs.empty() && theirs != link_of(std::string("/proc/self/ns/") + kind)) return {};
  return fail(ErrorKind::unsupported, "sandbox.unsupported",
              "the container's processes cannot be seen from here: another user's, or on another machine");
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  int family = AF_UNSPEC;
};

Result<Address> address_of(const std::string& text, std::uint16_t port) {
  Address out;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
  if (::inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    out.size = sizeof(*v4);
    out.family = AF_INET;
  } else if (::inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    out.size = sizeof(*v6);
    out.family = AF_INET6;
  } else {
    return fail(ErrorKind::internal, "sandbox.address", "no address: " + text);
  }
  return out;
}

Result<Fd> connect_here(const Address& address, std::chrono::milliseconds timeout) {
  Fd socket(::socket(address.family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return fail_errno("sandbox.setup", "making a socket", errno);
  const timeval limit{timeout.count() / 1000, (timeout.count() % 1000) * 1000};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0) {
    const bool refused = errno == ECONNREFUSED || errno == ENETUNREACH;
    return fail_errno(refused ? "sandbox.refused-connection" : "sandbox.setup", "connecting", errno);
  }
  return socket;
}

// A thread enters the network namespace; the socket stays in it when the thread is gone.
Result<Fd> connect_as_guest(int name_space, const Address& address, std::chrono::milliseconds timeout) {
  if (::setns(name_space, CLONE_NEWNET) == 0) return connect_here(address, timeout);
  if (errno == EPERM)
    return fail(ErrorKind::unsupported, "sandbox.unsupported", "entering the network is not allowed");
  return fail_errno("sandbox.setup", "entering the container's network", errno);
}

// Without root the user namespace comes first, which a process with threads cannot enter: so a child does.
Result<Fd> connect_by_child(int pidfd, const Address& address, std::chrono::milliseconds timeout) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return fail_errno("sandbox.socket", "cannot make a socket pair", errno);
  const Fd ours(ends[0]);
  Fd theirs(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return fail_errno("sandbox.setup", "cannot start a process", errno);
  if (child == 0) {
    int answer = 0;
    Fd socket;
    if (::setns(pidfd, CLONE_NEWUSER) != 0 || ::setns(pidfd, CLONE_NEWNET) != 0) {
      answer = EPERM;
    } else if (auto made = connect_here(address, timeout); made) {
      socket = std::move(*made);
    } else {
      answer = made.error().code == "sandbox.refused-connection" ? ECONNREFUSED : EIO;
    }
    std::string text = std::to_string(answer);
    static_cast<void>(send_message(theirs.get(), text,
                                   socket.valid() ? std::vector<int>{socket.get()} : std::vector<int>{}));
    ::_exit(0);
  }
  theirs.reset();
  auto message = receive_message(ours.get(), 64);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (!message) return tl::unexpected(std::move(message.error()));
  if (message->fds.size() == 1) return std::move(message->fds[0]);
  const std::uint32_t error = parse_u32(message->bytes).value_or(EIO);
  if (error == ECONNREFUSED)
    return fail(ErrorKind::io, "sandbox.refused-connection", "connecting: nobody listens");
  if (error == EPERM) {
    return fail(ErrorKind::unsupported, "sandbox.unsupported",
                "entering the container's network is not allowed");
  }
  return fail(ErrorKind::io, "sandbox.setup", "connecting in the container failed");
}

ProcessInfo process_of(const std::string& folder) {
  ProcessInfo process;
  process.exe = link_of(folder + "/exe");
  const std::string cmdline = text_of(folder + "/cmdline", k_max_small);
  for (const std::string_view word : split(cmdline, '\0')) process.argv.emplace_back(word);
  const std::string status = text_of(folder + "/status", k_max_small);
  for (const std::string_view line : split(status, '\n')) {
    // The last number of NSpid is that of the innermost namespace.
    if (line.starts_with("NSpid:\t")) process.pid = parse_u32(line.substr(line.rfind('\t') + 1)).value_or(0);
    if (!line.starts_with("Uid:\t")) continue;
    const auto ids = split(line.substr(5), '\t');
    if (ids.size() > 1) process.uid = parse_u32(ids[1]).value_or(0);
  }
  process.uid = inner_id(process.uid, text_of(folder + "/uid_map", k_max_small));
  return process;
}

}  // namespace

Result<Fd> connect_in(pid_t pid, const std::string& address, std::uint16_t port,
                      std::chrono::milliseconds timeout) {
  const Address to = SLUICE_TRY(address_of(address, port));
  SLUICE_CHECK(check_elsewhere(pid, "net"));
  const Fd name_space(::open(("/proc/" + std::to_string(pid) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
  if (!name_space.valid()) return fail(ErrorKind::io, "sandbox.gone", "the container has ended");
  Result<Fd> connected = fail(ErrorKind::internal, "sandbox.setup", "no thread could be started");
  std::jthread([&] { connected = connect_as_guest(name_space.get(), to, timeout); }).join();
  if (connected || connected.error().code != "sandbox.unsupported") return connected;
  const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd.valid()) return fail(ErrorKind::io, "sandbox.gone", "the container has ended");
  return connect_by_child(pidfd.get(), to, timeout);
}

Result<Inspection> inspect_from_outside(pid_t pid) {
  SLUICE_CHECK(check_elsewhere(pid, "pid"));
  const std::string own = "/proc/" + std::to_string(pid);
  const std::string pids = link_of(own + "/ns/pid");
  Inspection seen;
  seen.tcp = text_of(own + "/net/tcp", k_max_table);
  seen.tcp6 = text_of(own + "/net/tcp6", k_max_table);
  seen.udp = text_of(own + "/net/udp", k_max_table);
  seen.udp6 = text_of(own + "/net/udp6", k_max_table);
  const Directory proc = SLUICE_TRY(Directory::open("/proc"));
  for (const DirectoryEntry& entry : SLUICE_TRY(proc.list())) {
    if (!parse_u32(entry.name) || link_of("/proc/" + entry.name + "/ns/pid") != pids) continue;
    if (seen.processes.size() == k_max_processes) break;
    seen.processes.push_back(process_of("/proc/" + entry.name));
  }
  std::sort(seen.processes.begin(), seen.processes.end(),
            [](const ProcessInfo& a, const ProcessInfo& b) { return a.pid < b.pid; });
  return seen;
}

bool runs_program(pid_t pid) {
  // runc's own set-up shows as "runc:[1:CHILD]", crun's as "crun" or, on newer kernels, by a number of a
  // descriptor until it executes the program.
  const std::string comm = text_of("/proc/" + std::to_string(pid) + "/comm", 64);
  const std::string_view name = trim(comm);
  return !name.empty() && !name.starts_with("runc:[") && name != "crun" && name != "exe";
}

}  // namespace sluice::sandbox
