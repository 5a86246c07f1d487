#include "sandbox/container_join.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/file.h"
#include "sandbox/fd_passing.h"
#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

constexpr std::size_t k_max_table = 4u << 20;  // of one socket table
constexpr std::size_t k_max_cmdline = 16u << 10;
constexpr std::size_t k_max_processes = 4096;

[[noreturn]] void answer(int reply, int error, const std::string& step, int fd = -1) {
  Answer message{error, step};
  static_cast<void>(
      send_message(reply, encode(message), fd >= 0 ? std::vector<int>{fd} : std::vector<int>{}));
  ::_exit(0);
}

void join(int container_pidfd, std::uint64_t namespaces, int reply) {
  if (::setns(container_pidfd, static_cast<int>(namespaces)) != 0)
    answer(reply, errno, "joining the container");
}

// Reading /proc may meet a file that is gone by then: empty is what there is to say.
std::string text_of(const std::string& path, std::size_t max) {
  auto text = read_file(path, max);
  return text ? std::move(*text) : std::string();
}

// The number that the process itself sees: in a user namespace of its own we see the one that it is mapped
// to.
std::uint32_t inner_id(std::uint32_t outer, std::string_view map) {
  for (const std::string_view line : split(map, '\n')) {
    // inside, outside, count (user_namespaces(7))
    std::vector<std::uint32_t> numbers;
    for (const std::string_view word : split(line, ' ')) {
      if (const auto number = parse_u32(word)) numbers.push_back(*number);
    }
    if (numbers.size() != 3 || outer < numbers[1] || outer - numbers[1] >= numbers[2]) continue;
    return numbers[0] + (outer - numbers[1]);
  }
  return outer;
}

ProcessInfo process_of(const std::string& name, std::uint32_t pid) {
  ProcessInfo process;
  process.pid = pid;
  const std::string folder = "/proc/" + name;
  std::array<char, PATH_MAX> exe{};
  const ssize_t size = ::readlink((folder + "/exe").c_str(), exe.data(), exe.size());
  if (size > 0) process.exe.assign(exe.data(), static_cast<std::size_t>(size));
  const std::string cmdline = text_of(folder + "/cmdline", k_max_cmdline);
  for (const std::string_view word : split(cmdline, '\0')) process.argv.emplace_back(word);
  const std::string status = text_of(folder + "/status", k_max_cmdline);
  for (const std::string_view line : split(status, '\n')) {
    if (!line.starts_with("Uid:\t")) continue;
    const auto ids = split(line.substr(5), '\t');
    if (ids.size() > 1) process.uid = parse_u32(ids[1]).value_or(0);  // effective
  }
  process.uid = inner_id(process.uid, text_of(folder + "/uid_map", k_max_cmdline));
  return process;
}

Inspection look() {
  Inspection seen;
  seen.tcp = text_of("/proc/net/tcp", k_max_table);
  seen.tcp6 = text_of("/proc/net/tcp6", k_max_table);
  seen.udp = text_of("/proc/net/udp", k_max_table);
  seen.udp6 = text_of("/proc/net/udp6", k_max_table);
  const auto proc = Directory::open("/proc");
  if (!proc) return seen;
  const auto entries = proc->list();
  if (!entries) return seen;
  for (const DirectoryEntry& entry : *entries) {
    const auto pid = parse_u32(entry.name);
    if (!pid || static_cast<pid_t>(*pid) == ::getpid()) continue;
    if (seen.processes.size() == k_max_processes) break;
    seen.processes.push_back(process_of(entry.name, *pid));
  }
  std::sort(seen.processes.begin(), seen.processes.end(),
            [](const ProcessInfo& a, const ProcessInfo& b) { return a.pid < b.pid; });
  return seen;
}

}  // namespace

void answer_connect(const Command& command, int container_pidfd, std::uint64_t namespaces, int reply) {
  if ((namespaces & CLONE_NEWNET) == 0) answer(reply, EOPNOTSUPP, "there is no network namespace");
  join(container_pidfd, CLONE_NEWNET, reply);
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  const auto port = htons(static_cast<std::uint16_t>(command.number));
  v4.sin_family = AF_INET;
  v4.sin_port = port;
  v6.sin6_family = AF_INET6;
  v6.sin6_port = port;
  const bool is_v4 = ::inet_pton(AF_INET, command.address.c_str(), &v4.sin_addr) == 1;
  if (!is_v4 && ::inet_pton(AF_INET6, command.address.c_str(), &v6.sin6_addr) != 1)
    answer(reply, EINVAL, "address");
  const Fd socket(::socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) answer(reply, errno, "making a socket");
  const timeval limit{command.timeout.count() / 1000, (command.timeout.count() % 1000) * 1000};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  const auto* address =
      is_v4 ? reinterpret_cast<const sockaddr*>(&v4) : reinterpret_cast<const sockaddr*>(&v6);
  const socklen_t size = is_v4 ? sizeof(v4) : sizeof(v6);
  if (::connect(socket.get(), address, size) != 0) answer(reply, errno, "connecting");
  answer(reply, 0, {}, socket.get());
}

void answer_inspect(int container_pidfd, std::uint64_t namespaces, int reply) {
  if ((namespaces & CLONE_NEWPID) == 0) answer(reply, EOPNOTSUPP, "there is no pid namespace");
  join(container_pidfd, namespaces, reply);
  const pid_t inside = ::fork();  // a pid namespace is for children only
  if (inside != 0) {
    if (inside > 0) ::waitpid(inside, nullptr, 0);
    ::_exit(0);
  }
  const Fd memory(::memfd_create("inspection", MFD_CLOEXEC));
  if (!memory.valid()) answer(reply, errno, "making a memory file");
  if (!write_all(memory.get(), encode(look()))) answer(reply, EIO, "writing the answer");
  if (::lseek(memory.get(), 0, SEEK_SET) != 0) answer(reply, errno, "rewinding");
  answer(reply, 0, {}, memory.get());
}

}  // namespace sluice::sandbox
