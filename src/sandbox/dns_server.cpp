#include "sandbox/dns_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <list>
#include <map>
#include <thread>
#include <utility>

namespace sluice::sandbox {
namespace {

constexpr std::size_t k_max_query_bytes = 65'535;
constexpr int k_datagrams_per_turn = 64;  // then the connections get their turn
constexpr int k_last_datagrams = 4'096;   // read at the end; a socket's buffer holds fewer

// A query over TCP is framed by its length (RFC 1035, section 4.2.2).
struct Connection {
  Fd socket;
  std::string in;
  std::string out;
};

class Server final : public DnsServer {
 public:
  Server(ResolverSockets sockets, Fd stop, const std::vector<DnsName>& names)
      : sockets_(std::move(sockets)), stop_(std::move(stop)), stub_(names), thread_([this] { serve(); }) {}
  ~Server() override { end(); }

  DnsLog finish() override {
    end();
    DnsLog log = std::move(log_);
    for (auto& [key, asked] : asked_) log.asked.push_back(std::move(asked));
    return log;
  }

 private:
  void end() {
    const std::uint64_t one = 1;
    // The counter of a fresh eventfd cannot be full.
    [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof(one));
    if (thread_.joinable()) thread_.join();
  }

  void serve() {
    while (true) {
      const bool room = connections_.size() < k_max_dns_connections;
      std::vector<pollfd> polled{{stop_.get(), POLLIN, 0},
                                 {sockets_.udp.get(), POLLIN, 0},
                                 {room ? sockets_.tcp.get() : -1, POLLIN, 0}};
      for (const Connection& connection : connections_) {
        polled.push_back(
            {connection.socket.get(), static_cast<short>(connection.out.empty() ? POLLIN : POLLOUT), 0});
      }
      if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) return;
      if (polled[0].revents != 0) break;
      if (polled[1].revents != 0) take_datagrams(k_datagrams_per_turn);
      std::size_t next = 3;
      std::erase_if(connections_,
                    [&](Connection& one) { return polled[next++].revents != 0 && !advance(one); });
      if (polled[2].revents != 0) take_connection();
    }
    take_datagrams(k_last_datagrams);
  }

  std::string answer(std::string_view query, bool udp) {
    const auto reply = stub_.reply(query, udp);
    if (!reply || reply->question.empty()) {
      ++log_.unreadable;
      return reply ? reply->bytes : std::string();
    }
    const auto key = std::pair(reply->question, udp);
    const auto found = asked_.find(key);
    if (found != asked_.end()) {
      ++found->second.count;
    } else if (asked_.size() < k_max_dns_asked) {
      asked_.emplace(key, DnsAsked{reply->question, udp, reply->known, 1});
    } else {
      ++log_.lost;
    }
    return reply->bytes;
  }

  void take_datagrams(int most) {
    for (int i = 0; i < most; ++i) {
      sockaddr_in from{};
      socklen_t size = sizeof(from);
      const ssize_t got = ::recvfrom(sockets_.udp.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT,
                                     reinterpret_cast<sockaddr*>(&from), &size);
      if (got < 0) return;
      const std::string bytes = answer({buffer_.data(), static_cast<std::size_t>(got)}, true);
      if (bytes.empty()) continue;
      // An asker that does not take its answer asks again.
      static_cast<void>(::sendto(sockets_.udp.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                 reinterpret_cast<const sockaddr*>(&from), size));
    }
  }

  void take_connection() {
    Fd socket(::accept4(sockets_.tcp.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket.valid()) connections_.push_back({std::move(socket), {}, {}});
  }

  // False once the connection is over.
  bool advance(Connection& one) {
    if (!one.out.empty()) {
      const ssize_t sent =
          ::send(one.socket.get(), one.out.data(), one.out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      one.out.erase(0, static_cast<std::size_t>(sent));
      return true;
    }
    const ssize_t got = ::recv(one.socket.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    one.in.append(buffer_.data(), static_cast<std::size_t>(got));
    while (one.in.size() >= 2) {
      const std::size_t length = (static_cast<std::size_t>(static_cast<unsigned char>(one.in[0])) << 8) |
                                 static_cast<unsigned char>(one.in[1]);
      if (one.in.size() < 2 + length) return true;
      const std::string bytes = answer(std::string_view(one.in).substr(2, length), false);
      one.in.erase(0, 2 + length);
      if (bytes.empty()) return false;  // no query: not worth a connection
      one.out += static_cast<char>(bytes.size() >> 8);
      one.out += static_cast<char>(bytes.size() & 0xff);
      one.out += bytes;
    }
    return true;
  }

  ResolverSockets sockets_;
  Fd stop_;
  DnsStub stub_;
  std::list<Connection> connections_;
  std::map<std::pair<std::string, bool>, DnsAsked> asked_;
  DnsLog log_;
  std::vector<char> buffer_ = std::vector<char>(k_max_query_bytes);
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace

Result<std::unique_ptr<DnsServer>> DnsServer::start(ResolverSockets sockets,
                                                    const std::vector<DnsName>& names) {
  Fd stop(::eventfd(0, EFD_CLOEXEC));
  if (!stop.valid()) return fail_errno("sandbox.network", "making an event", errno);
  return std::unique_ptr<DnsServer>(std::make_unique<Server>(std::move(sockets), std::move(stop), names));
}

}  // namespace sluice::sandbox
