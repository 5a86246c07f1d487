#include "sandbox/dns_stub.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "sandbox/observe/dns_query.h"

namespace sluice::sandbox {
namespace {

constexpr std::size_t k_header_bytes = 12;
constexpr std::uint16_t k_type_a = 1;
constexpr std::uint16_t k_type_aaaa = 28;
constexpr std::uint16_t k_type_any = 255;
constexpr std::uint16_t k_class_in = 1;
constexpr unsigned k_format_error = 1;
constexpr unsigned k_no_such_name = 3;
constexpr unsigned k_not_implemented = 4;
constexpr unsigned k_ttl_seconds = 1;

unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

std::uint16_t u16_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint16_t>((byte_at(text, at) << 8) | byte_at(text, at + 1));
}

void put_u16(std::string& out, std::size_t value) {
  out += static_cast<char>((value >> 8) & 0xff);
  out += static_cast<char>(value & 0xff);
}

// Where the question's type begins. dns_question has accepted the name: plain labels, whole, with type and
// class behind them.
std::size_t type_offset(std::string_view query) {
  std::size_t at = k_header_bytes;
  while (byte_at(query, at) != 0) at += byte_at(query, at) + 1;
  return at + 1;
}

// The id and the flags that the asker set, and an empty answer to one question, if `question` is given.
std::string header(std::string_view query, unsigned code, bool cut, bool question) {
  std::string out(query.substr(0, 2));
  const unsigned asked = u16_at(query, 2);
  // QR, the operation, AA, TC, RD as asked, RA, RCODE
  put_u16(out,
          0x8000u | (asked & 0x7800u) | 0x0400u | (cut ? 0x0200u : 0u) | (asked & 0x0100u) | 0x0080u | code);
  put_u16(out, question ? 1 : 0);
  out.append(6, '\0');  // counts of answers, authorities, more
  return out;
}

void put_record(std::string& out, std::uint16_t type, const std::string& address) {
  put_u16(out, 0xc000 | k_header_bytes);  // the name: as in the question
  put_u16(out, type);
  put_u16(out, k_class_in);
  put_u16(out, 0);
  put_u16(out, k_ttl_seconds);
  put_u16(out, address.size());
  out += address;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (out.ends_with('.')) out.pop_back();
  return out;
}

}  // namespace

DnsStub::DnsStub(const std::vector<DnsName>& names) {
  for (const DnsName& name : names) {
    Known known{lower(name.name), {}, {}};
    for (const std::string& address : name.addresses) {
      std::array<char, sizeof(in6_addr)> bytes{};
      if (::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) {
        known.v4.emplace_back(bytes.data(), sizeof(in_addr));
      } else if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) {
        known.v6.emplace_back(bytes.data(), sizeof(in6_addr));
      }
    }
    names_.push_back(std::move(known));
  }
  std::sort(names_.begin(), names_.end(), [](const Known& a, const Known& b) { return a.name < b.name; });
}

std::optional<DnsStub::Reply> DnsStub::reply(std::string_view query, bool udp) const {
  if (query.size() < k_header_bytes || (byte_at(query, 2) & 0x80) != 0) return std::nullopt;
  if ((byte_at(query, 2) & 0x78) != 0)
    return Reply{header(query, k_not_implemented, false, false), {}, 0, false};
  const auto name = dns_question(query);
  if (!name || u16_at(query, 4) != 1) return Reply{header(query, k_format_error, false, false), {}, 0, false};
  const std::size_t at = type_offset(query);
  Reply reply;
  reply.question = *name;
  reply.type = u16_at(query, at);
  const auto found =
      std::lower_bound(names_.begin(), names_.end(), *name,
                       [](const Known& known, const std::string& text) { return known.name < text; });
  reply.known = found != names_.end() && found->name == *name && u16_at(query, at + 2) == k_class_in;
  const std::string_view question = query.substr(k_header_bytes, at + 4 - k_header_bytes);
  std::string records;
  std::size_t count = 0;
  const auto add = [&](std::uint16_t type, const std::vector<std::string>& addresses) {
    if (reply.type != type && reply.type != k_type_any) return;
    for (const std::string& address : addresses) put_record(records, type, address);
    count += addresses.size();
  };
  if (reply.known) {
    add(k_type_a, found->v4);
    add(k_type_aaaa, found->v6);
  }
  const bool cut = udp && k_header_bytes + question.size() + records.size() > k_max_dns_udp_bytes;
  if (cut) {
    records.clear();
    count = 0;
  }
  reply.bytes = header(query, reply.known ? 0 : k_no_such_name, cut, true);
  reply.bytes[7] = static_cast<char>(count);  // at most twice k_max_dns_addresses
  reply.bytes += question;
  reply.bytes += records;
  return reply;
}

}  // namespace sluice::sandbox
