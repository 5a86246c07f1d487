#include "sandbox/private_network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace sluice::sandbox {
namespace {

constexpr const char* k_interface = "eth0";
constexpr const char* k_far_end = "void0";
constexpr std::uint8_t k_prefix_bits = 24;
constexpr int k_tcp_backlog = 16;
// Two more SYNs, so that a connection that leads nowhere ends after 3 seconds in place of two minutes.
constexpr std::string_view k_syn_retries = "1";

tl::unexpected<Error> refused(const std::string& step) {
  return fail_errno("sandbox.setup", step, errno);
}

// One request of rtnetlink(7): a header, a fixed part, attributes.
class Request {
 public:
  template <typename Fixed>
  Request(std::uint16_t type, std::uint16_t flags, const Fixed& fixed) {
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    put(&header, sizeof(header));
    put(&fixed, sizeof(fixed));
  }

  void add(std::uint16_t type, std::string_view value) {
    const std::size_t at = open(type);
    put(value.data(), value.size());
    close(at);
  }
  template <typename Value>
  void add_value(std::uint16_t type, const Value& value) {
    add(type, {reinterpret_cast<const char*>(&value), sizeof(value)});
  }
  // Attributes that are added before close() are inside of this one.
  [[nodiscard]] std::size_t open(std::uint16_t type) {
    const std::size_t at = bytes_.size();
    const rtattr header{0, type};
    put(&header, sizeof(header));
    return at;
  }
  void close(std::size_t at) {
    const auto size = static_cast<unsigned short>(bytes_.size() - at);
    std::memcpy(bytes_.data() + at, &size, sizeof(size));  // rtattr::rta_len, without the padding
    bytes_.resize((bytes_.size() + 3) / 4 * 4);
  }
  // A fixed part in the middle of attributes, as veth's peer has it.
  void put(const void* data, std::size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
    bytes_.resize((bytes_.size() + 3) / 4 * 4);
  }

  // 0, or an errno.
  [[nodiscard]] int send(int socket) {
    const auto size = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(bytes_.data(), &size, sizeof(size));  // nlmsghdr::nlmsg_len
    if (::send(socket, bytes_.data(), bytes_.size(), 0) < 0) return errno;
    std::array<char, 4096> reply{};
    const ssize_t got = ::recv(socket, reply.data(), reply.size(), 0);
    if (got < 0) return errno;
    if (static_cast<std::size_t>(got) < sizeof(nlmsghdr) + sizeof(nlmsgerr)) return EPROTO;
    nlmsgerr answer{};
    std::memcpy(&answer, reply.data() + sizeof(nlmsghdr), sizeof(answer));
    return -answer.error;
  }

 private:
  std::string bytes_;
};

in_addr address_of(std::string_view text) {
  in_addr address{};
  static_cast<void>(::inet_pton(AF_INET, std::string(text).c_str(), &address));
  return address;
}

std::string_view with_nul(const char* text) {
  return {text, std::strlen(text) + 1};
}

int make_link(int socket, const char* kind) {
  Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  request.add(IFLA_IFNAME, with_nul(k_interface));
  const std::size_t info = request.open(IFLA_LINKINFO);
  request.add(IFLA_INFO_KIND, kind);
  if (std::string_view(kind) == "veth") {
    const std::size_t data = request.open(IFLA_INFO_DATA);
    const std::size_t peer = request.open(VETH_INFO_PEER);
    const ifinfomsg fixed{};
    request.put(&fixed, sizeof(fixed));
    request.add(IFLA_IFNAME, with_nul(k_far_end));
    request.close(peer);
    request.close(data);
  }
  request.close(info);
  return request.send(socket);
}

// Up, and without ARP: the far end answers nobody, and a packet is to be sent, and lost, at once.
int raise(int socket, const char* name) {
  ifinfomsg fixed{};
  fixed.ifi_index = static_cast<int>(::if_nametoindex(name));
  fixed.ifi_flags = IFF_UP | IFF_NOARP;
  fixed.ifi_change = IFF_UP | IFF_NOARP;
  return Request(RTM_NEWLINK, 0, fixed).send(socket);
}

int add_address(int socket, std::string_view text) {
  ifaddrmsg fixed{};
  fixed.ifa_family = AF_INET;
  fixed.ifa_prefixlen = k_prefix_bits;
  fixed.ifa_index = ::if_nametoindex(k_interface);
  const in_addr address = address_of(text);
  Request request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, fixed);
  request.add_value(IFA_LOCAL, address);
  request.add_value(IFA_ADDRESS, address);
  return request.send(socket);
}

int add_default_route(int socket) {
  rtmsg fixed{};
  fixed.rtm_family = AF_INET;
  fixed.rtm_table = RT_TABLE_MAIN;
  fixed.rtm_protocol = RTPROT_BOOT;
  fixed.rtm_scope = RT_SCOPE_UNIVERSE;
  fixed.rtm_type = RTN_UNICAST;
  Request request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, fixed);
  request.add_value(RTA_GATEWAY, address_of(k_private_gateway));
  request.add_value(RTA_PREFSRC, address_of(k_private_address));
  return request.send(socket);
}

// A dummy device where the kernel has them, else a pair whose other end nobody uses.
Status make_interface(int socket) {
  int error = make_link(socket, "dummy");
  const bool pair = error != 0;
  if (pair) error = make_link(socket, "veth");
  if (error == 0) error = raise(socket, k_interface);
  if (error == 0 && pair) error = raise(socket, k_far_end);
  if (error == 0) return {};
  errno = error;
  return refused("making an interface for the private network");
}

Result<Fd> resolver_socket(int type) {
  Fd socket(::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(k_dns_server_port);
  at.sin_addr = address_of(k_private_resolver);
  if (!socket.valid() || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof(at)) != 0 ||
      (type == SOCK_STREAM && ::listen(socket.get(), k_tcp_backlog) != 0)) {
    return refused("opening the DNS server's socket");
  }
  return socket;
}

}  // namespace

Result<ResolverSockets> make_private_network(std::vector<std::string>& missing) {
  const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket.valid()) return refused("opening a route socket");
  SLUICE_CHECK(make_interface(socket.get()));
  // In this order: the first address is the one that programs are known by.
  for (const std::string_view address : {k_private_address, k_private_resolver}) {
    errno = add_address(socket.get(), address);
    if (errno != 0) return refused("giving the private network an address");
  }
  errno = add_default_route(socket.get());
  if (errno != 0) return refused("giving the private network a default route");
  const Fd retries(::open("/proc/sys/net/ipv4/tcp_syn_retries", O_WRONLY | O_CLOEXEC));
  if (!retries.valid() || !write_all(retries.get(), k_syn_retries)) {
    missing.emplace_back("network: a connection that leads nowhere takes minutes to end, not seconds");
  }
  ResolverSockets sockets;
  sockets.udp = SLUICE_TRY(resolver_socket(SOCK_DGRAM));
  sockets.tcp = SLUICE_TRY(resolver_socket(SOCK_STREAM));
  return sockets;
}

std::string private_resolv_conf() {
  return "nameserver " + std::string(k_private_resolver) + "\noptions timeout:2 attempts:2\n";
}

}  // namespace sluice::sandbox
