// CallReader, the calls that speak of the network.
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "sandbox/observe/call_reader.h"
#include "sandbox/observe/dns_query.h"
#include "sandbox/observe/socket_address.h"

namespace sluice::sandbox {
namespace {

constexpr std::size_t k_max_query = 512;
constexpr std::size_t k_max_messages = 8;  // of one sendmmsg; resolvers send two
constexpr std::uint16_t k_dns_port = 53;

// A copy of the process's socket, to ask what it is. Not valid where we may not (pidfd_getfd needs the right
// to trace).
Fd socket_of(pid_t group, int fd) {
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, group, 0)));
  if (!process.valid()) return Fd();
  return Fd(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), fd, 0)));
}

std::string protocol_of(const Fd& socket, int family) {
  if (family == AF_UNIX) return "unix";
  if (family == AF_NETLINK) return "netlink";
  if (family == AF_PACKET) return "packet";
  int type = 0;
  socklen_t size = sizeof(type);
  if (!socket.valid() || ::getsockopt(socket.get(), SOL_SOCKET, SO_TYPE, &type, &size) != 0) return "ip";
  return type == SOCK_STREAM ? "tcp" : type == SOCK_DGRAM ? "udp" : "raw";
}

std::optional<SocketAddress> own_address(const Fd& socket) {
  std::array<char, sizeof(sockaddr_storage)> bytes{};
  socklen_t size = bytes.size();
  if (!socket.valid() || ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(bytes.data()), &size) != 0) {
    return std::nullopt;
  }
  return decode_socket_address(std::string_view(bytes.data(), size));
}

}  // namespace

void CallReader::read_socket(const Call& call, const Known& known, const ProcessView& view) {
  Task& who = task(call.tid);
  if (who.group == 0) {
    const auto identity = view.identity();
    who.group = identity ? identity->group : call.tid;
  }
  const int fd = static_cast<int>(call.arguments[0]);
  NetworkSeen seen;
  seen.program = who.program;
  const Fd socket = socket_of(who.group, fd);
  std::optional<SocketAddress> address;
  if (known.kind == Kind::listen) {
    seen.kind = NetworkKind::listen;
    address = own_address(socket).value_or(SocketAddress{});
  } else {
    seen.kind = known.kind == Kind::bind ? NetworkKind::bind : NetworkKind::connect;
    const auto size = std::min<std::uint64_t>(call.arguments[2], sizeof(sockaddr_storage));
    address = decode_socket_address(view.bytes(call.arguments[1], size));
  }
  if (!address) return unreadable();
  if (address->family == AF_UNSPEC && known.kind == Kind::connect) return;  // undoes an earlier one
  seen.protocol = protocol_of(socket, address->family);
  seen.address = address->text;
  seen.port = address->port;
  if (known.kind == Kind::connect) {
    if (resolvers_.size() >= k_max_traced_network) resolvers_.clear();
    const std::pair key(who.group, fd);
    if (address->port == k_dns_port) {
      resolvers_.insert(key);
    } else {
      resolvers_.erase(key);
    }
  }
  pending_.emplace_back([this, seen] { recorder_.network(seen); });
}

void CallReader::read_query(const ProcessView& view, const Call& call, std::uint64_t buffer,
                            std::uint64_t size, std::uint64_t name, std::uint64_t name_size) {
  Task& who = task(call.tid);
  if (who.group == 0) {
    const auto identity = view.identity();
    who.group = identity ? identity->group : call.tid;
  }
  NetworkSeen seen;
  seen.program = who.program;
  const int fd = static_cast<int>(call.arguments[0]);
  bool to_resolver = resolvers_.contains({who.group, fd});
  if (name != 0) {
    const auto address =
        decode_socket_address(view.bytes(name, std::min<std::uint64_t>(name_size, sizeof(sockaddr_storage))));
    if (!address) return unreadable();
    if (address->family != AF_NETLINK) {
      seen.kind = NetworkKind::send;
      seen.protocol = protocol_of(socket_of(who.group, fd), address->family);
      seen.address = address->text;
      seen.port = address->port;
      pending_.emplace_back([this, seen] { recorder_.network(seen); });
    }
    to_resolver = address->port == k_dns_port;
  }
  if (!to_resolver || size > k_max_query) return;
  const auto question = dns_question(view.bytes(buffer, size));
  if (!question) return;
  NetworkSeen asked;
  asked.kind = NetworkKind::dns;
  asked.protocol = "udp";
  asked.hostname = *question;
  asked.program = who.program;
  pending_.emplace_back([this, asked] { recorder_.network(asked); });
}

// struct msghdr: name, its size, vector, its length, …
void CallReader::read_message(const Call& call, const ProcessView& view, std::uint64_t header) {
  const std::size_t width = view.pointer_size();
  const auto field = [&](std::size_t index) { return view.pointer(header + index * width); };
  const auto name = field(0);
  std::uint32_t name_size = 0;
  const auto vector = field(2);
  const auto count = field(3);
  if (!name || !vector || !count || !view.read(header + width, &name_size, sizeof(name_size)))
    return unreadable();
  if (*count == 0) return;
  const auto buffer = view.pointer(*vector);
  const auto size = view.pointer(*vector + width);
  if (!buffer || !size) return unreadable();
  read_query(view, call, *buffer, *size, *name, name_size);
}

void CallReader::read_send(const Call& call, const Known& known, const ProcessView& view) {
  if (known.plain == "sendto") {
    return read_query(view, call, call.arguments[1], call.arguments[2], call.arguments[4], call.arguments[5]);
  }
  if (known.plain == "sendmsg") return read_message(call, view, call.arguments[1]);
  const std::size_t stride = view.pointer_size() * 8;  // struct mmsghdr: a msghdr and a length, aligned
  const auto messages = std::min<std::uint64_t>(call.arguments[2], k_max_messages);
  for (std::uint64_t i = 0; i < messages; ++i) read_message(call, view, call.arguments[1] + i * stride);
}

}  // namespace sluice::sandbox
