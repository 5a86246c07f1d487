#include "remote/url.h"

#include <algorithm>

#include "base/bytes.h"

namespace sluice::remote {
namespace {

constexpr std::size_t k_max_url_bytes = 8192;

tl::unexpected<Error> malformed(std::string_view text) {
  return fail(ErrorKind::invalid, "remote.url",
              "the registry names no usable URL: " + std::string(excerpt(text)));
}

bool clean(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c != 0x7f; });
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  if (text.size() > k_max_url_bytes || !clean(text)) return malformed(text);
  Url out;
  const std::size_t at = text.find("://");
  if (at == std::string_view::npos) return malformed(text);
  out.scheme = std::string(text.substr(0, at));
  for (char& c : out.scheme) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (out.scheme != "http" && out.scheme != "https") return malformed(text);
  std::string_view rest = text.substr(at + 3);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t end = std::min(rest.find_first_of("/?\\"), rest.size());
  out.host = std::string(rest.substr(0, end));
  for (char& c : out.host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (out.host.empty() || out.host.find('@') != std::string::npos) return malformed(text);
  const std::string_view own_port = out.scheme == "https" ? ":443" : ":80";
  if (out.host.ends_with(own_port)) out.host.resize(out.host.size() - own_port.size());
  out.path = std::string(rest.substr(end));
  if (!out.path.starts_with('/')) out.path.insert(0, "/");
  return out;
}

Result<Url> resolve_url(const Url& base, std::string_view location) {
  if (location.starts_with("//")) return parse_url(base.scheme + ":" + std::string(location));
  if (location.starts_with('/')) return parse_url(base.origin() + std::string(location));
  return parse_url(location);
}

std::string escape_query(std::string_view text) {
  constexpr std::string_view k_hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', k_hex[byte >> 4U], k_hex[byte & 15U]};
    }
  }
  return out;
}

std::string with_query(std::string path, std::string_view name, std::string_view value) {
  path += path.find('?') == std::string::npos ? '?' : '&';
  return path + std::string(name) + "=" + escape_query(value);
}

}  // namespace sluice::remote
