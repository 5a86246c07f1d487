#include "remote/reference.h"

#include <algorithm>

#include "base/bytes.h"

namespace sluice::remote {
namespace {

constexpr std::size_t k_max_host_bytes = 255;
constexpr std::size_t k_max_repository_bytes = 255;
constexpr std::size_t k_max_tag_bytes = 128;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_lower_alnum(char c) {
  return (c >= 'a' && c <= 'z') || is_digit(c);
}
constexpr bool is_alnum(char c) {
  return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

std::string_view without_scheme(std::string_view text) {
  for (const std::string_view scheme : {"oci://", "docker://"}) {
    if (text.starts_with(scheme)) return text.substr(scheme.size());
  }
  return text;
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > k_max_host_bytes) return false;
  if (host.starts_with('[')) {  // IPv6
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos || end < 3) return false;
    const std::string_view address = host.substr(1, end - 1);
    const std::string_view rest = host.substr(end + 1);
    return address.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos &&
           (rest.empty() || (rest.front() == ':' && is_port(rest.substr(1))));
  }
  const std::size_t colon = host.find(':');
  if (colon != std::string_view::npos && !is_port(host.substr(colon + 1))) return false;
  const std::string_view name = host.substr(0, colon);
  return !name.empty() && is_alnum(name.front()) && is_alnum(name.back()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_alnum(c) || c == '.' || c == '-'; });
}

// One part between slashes: lower-case letters and digits, joined by ".", "_", "__" or dashes.
bool is_component(std::string_view part) {
  if (part.empty() || !is_lower_alnum(part.front()) || !is_lower_alnum(part.back())) return false;
  for (std::size_t at = 0; at < part.size();) {
    if (is_lower_alnum(part[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (!is_lower_alnum(part[end])) ++end;
    const std::string_view joint = part.substr(at, end - at);
    if (joint != "." && joint != "_" && joint != "__" &&
        joint.find_first_not_of('-') != std::string_view::npos)
      return false;
    at = end;
  }
  return true;
}

bool is_repository(std::string_view text) {
  if (text.empty() || text.size() > k_max_repository_bytes) return false;
  while (true) {
    const std::size_t slash = text.find('/');
    if (!is_component(text.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

bool is_tag(std::string_view text) {
  if (text.empty() || text.size() > k_max_tag_bytes || text.front() == '.' || text.front() == '-')
    return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

tl::unexpected<Error> malformed(std::string_view text, const std::string& what) {
  return fail(ErrorKind::usage, "remote.reference",
              "\"" + std::string(excerpt(text)) + "\" is no image reference: " + what,
              "write it as registry.example.com/team/app@sha256:…");
}

}  // namespace

std::string Reference::wanted() const {
  if (digest) return digest->oci();
  return tag.empty() ? "latest" : tag;
}

std::string Reference::text() const {
  return name() + (tag.empty() ? "" : ":" + tag) + (digest ? "@" + digest->oci() : "");
}

Result<Reference> parse_reference(std::string_view text) {
  std::string_view rest = without_scheme(text);
  Reference out;
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos || !is_host(rest.substr(0, slash)))
    return malformed(text, "it does not start with a registry's host");
  out.host = std::string(rest.substr(0, slash));
  rest.remove_prefix(slash + 1);
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    auto digest = Digest::parse_oci(rest.substr(at + 1));
    if (!digest) return malformed(text, "what follows @ is no sha256 digest");
    out.digest = *digest;
    rest = rest.substr(0, at);
  }
  if (const std::size_t colon = rest.rfind(':'); colon != std::string_view::npos) {
    out.tag = std::string(rest.substr(colon + 1));
    if (!is_tag(out.tag)) return malformed(text, "its tag is malformed");
    rest = rest.substr(0, colon);
  }
  if (!is_repository(rest)) return malformed(text, "its repository name is malformed");
  out.repository = std::string(rest);
  return out;
}

bool looks_like_reference(std::string_view text) {
  const std::string_view rest = without_scheme(text);
  if (rest.size() != text.size()) return true;
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == rest.size()) return false;
  const std::string_view host = rest.substr(0, slash);
  const bool named = host.find_first_of(".:") != std::string_view::npos || host == "localhost";
  if (!named || host == "." || host == "..") return false;
  const auto reference = parse_reference(text);
  return reference && (reference->digest || !reference->tag.empty());
}

bool is_loopback(std::string_view host) {
  if (host.starts_with("[::1]")) return host.size() == 5 || host[5] == ':';
  const std::string_view name = host.substr(0, host.find(':'));
  if (name == "localhost") return true;
  if (!name.starts_with("127.")) return false;
  // Four numbers; "127.example.com" is a name like any other.
  return std::count(name.begin(), name.end(), '.') == 3 &&
         name.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace sluice::remote
