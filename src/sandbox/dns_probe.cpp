#include "sandbox/dns_probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>

#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t k_header_bytes = 12;
constexpr std::size_t k_max_name = 253;
constexpr std::size_t k_max_label = 63;
constexpr unsigned k_no_such_name = 3;  // RCODE

tl::unexpected<Error> bad(std::string_view what) {
  return fail(ErrorKind::invalid, "dns.syntax", "not a DNS answer: " + std::string(what));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// Reads a message front to back; every read says whether there was enough.
class Reader {
 public:
  explicit Reader(std::string_view message) : rest_(message) {}
  [[nodiscard]] bool skip(std::size_t count) {
    if (rest_.size() < count) return false;
    rest_.remove_prefix(count);
    return true;
  }
  [[nodiscard]] bool u16(unsigned& value) {
    if (rest_.size() < 2) return false;
    value = (static_cast<unsigned>(static_cast<unsigned char>(rest_[0])) << 8) |
            static_cast<unsigned char>(rest_[1]);
    rest_.remove_prefix(2);
    return true;
  }
  // Past a name. A pointer ends it, and where it leads does not matter here: no loop can arise.
  [[nodiscard]] bool skip_name() {
    while (!rest_.empty()) {
      const auto length = static_cast<unsigned char>(rest_[0]);
      if (length == 0) return skip(1);
      if ((length & 0xc0) == 0xc0) return skip(2);
      if ((length & 0xc0) != 0 || !skip(length + 1u)) return false;
    }
    return false;
  }
  [[nodiscard]] bool take(std::size_t count, std::string_view& bytes) {
    if (rest_.size() < count) return false;
    bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return true;
  }

 private:
  std::string_view rest_;
};

std::string address_text(DnsType type, std::string_view bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = type == DnsType::a ? AF_INET : AF_INET6;
  if (::inet_ntop(family, bytes.data(), text.data(), text.size()) == nullptr) return {};
  return text.data();
}

void put_u16(std::string& out, std::size_t value) {
  out += static_cast<char>((value >> 8) & 0xff);
  out += static_cast<char>(value & 0xff);
}

Status await(int socket, short events, Clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return fail(ErrorKind::io, "dns.timeout", "no answer in time");
    pollfd polled{socket, events, 0};
    const int rc = ::poll(&polled, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (rc > 0) return {};
    if (rc < 0 && errno != EINTR) return fail_errno("dns.io", "cannot wait for the server", errno);
  }
}

Status send_all(int socket, std::string_view bytes, Clock::time_point deadline) {
  while (!bytes.empty()) {
    SLUICE_CHECK(await(socket, POLLOUT, deadline));
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
      return fail_errno("dns.io", "sending the question", errno);
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<std::string> receive(int socket, std::size_t count, Clock::time_point deadline) {
  std::string bytes(count, '\0');
  std::size_t have = 0;
  while (have < count) {
    SLUICE_CHECK(await(socket, POLLIN, deadline));
    const ssize_t size = ::recv(socket, bytes.data() + have, count - have, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (size <= 0) return fail(ErrorKind::io, "dns.io", "the server closed the connection");
    have += static_cast<std::size_t>(size);
  }
  return bytes;
}

}  // namespace

bool is_host_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > k_max_name || name.ends_with('.')) return false;
  for (const std::string_view label : split(name, '.')) {
    const bool plain = std::all_of(label.begin(), label.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
             c == '_';
    });
    if (label.empty() || label.size() > k_max_label || !plain) return false;
  }
  return true;
}

bool is_address(const std::string& text) {
  std::array<char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

std::vector<std::string> hosts_lookup(std::string_view hosts, std::string_view name) {
  std::vector<std::string> addresses;
  const std::string wanted = lower(name);
  for (std::string_view line : split(hosts, '\n')) {
    line = line.substr(0, line.find('#'));
    std::string_view address;
    while (!(line = trim(line)).empty()) {
      const std::string_view word = line.substr(0, line.find_first_of(" \t"));
      line.remove_prefix(word.size());
      if (address.empty()) {
        address = word;
      } else if (lower(word) == wanted) {
        addresses.emplace_back(address);
        break;
      }
    }
  }
  if (addresses.empty() && wanted == "localhost") addresses = {"127.0.0.1", "::1"};
  return addresses;
}

std::string render_query(std::uint16_t id, const std::string& name, DnsType type) {
  std::string message;
  put_u16(message, id);
  put_u16(message, 0x0100);  // a standard query that asks for recursion
  for (const std::size_t count : {1u, 0u, 0u, 0u}) put_u16(message, count);
  for (const std::string_view label : split(name, '.')) {
    message += static_cast<char>(label.size());
    message += label;
  }
  message += '\0';
  put_u16(message, static_cast<std::size_t>(type));
  put_u16(message, 1);  // IN
  return message;
}

Result<std::vector<std::string>> parse_answer(std::string_view message, std::uint16_t id, DnsType type) {
  if (message.size() < k_header_bytes) return bad("too short");
  Reader reader(message);
  std::array<unsigned, 6> header{};
  for (unsigned& field : header) {
    if (!reader.u16(field)) return bad("too short");
  }
  if (header[0] != id) return bad("another question's");
  if ((header[1] & 0x8000) == 0) return bad("a question");
  const unsigned code = header[1] & 0xf;
  if (code == k_no_such_name) return std::vector<std::string>{};
  if (code != 0)
    return fail(ErrorKind::invalid, "dns.refused", "the server answers with code " + std::to_string(code));
  for (unsigned i = 0; i < header[2]; ++i) {
    if (!reader.skip_name() || !reader.skip(4)) return bad("a cut question");
  }
  std::vector<std::string> addresses;
  for (unsigned i = 0; i < header[3]; ++i) {
    unsigned kind = 0;
    unsigned length = 0;
    std::string_view data;
    if (!reader.skip_name() || !reader.u16(kind) || !reader.skip(6) || !reader.u16(length) ||
        !reader.take(length, data)) {
      return bad("a cut record");
    }
    const std::size_t expected = type == DnsType::a ? 4 : 16;
    if (kind == static_cast<unsigned>(type) && length == expected)
      addresses.push_back(address_text(type, data));
  }
  return addresses;
}

Result<std::vector<std::string>> dns_exchange(int socket, const std::string& name,
                                              std::chrono::milliseconds timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  std::vector<std::string> addresses;
  std::uint16_t id = 0x5155;  // one connection, one asker: nothing to guess
  for (const DnsType type : {DnsType::a, DnsType::aaaa}) {
    const std::string query = render_query(++id, name, type);
    std::string framed;
    put_u16(framed, query.size());
    SLUICE_CHECK(send_all(socket, framed + query, deadline));
    const std::string length = SLUICE_TRY(receive(socket, 2, deadline));
    const std::size_t size = (static_cast<std::size_t>(static_cast<unsigned char>(length[0])) << 8) |
                             static_cast<unsigned char>(length[1]);
    const std::string message = SLUICE_TRY(receive(socket, size, deadline));
    for (std::string& address : SLUICE_TRY(parse_answer(message, id, type)))
      addresses.push_back(std::move(address));
  }
  return addresses;
}

}  // namespace sluice::sandbox
