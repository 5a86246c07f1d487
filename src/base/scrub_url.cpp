#include "base/scrub_url.h"

#include <algorithm>
#include <iterator>

namespace sluice {
namespace {

bool is_port(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char byte) { return byte >= '0' && byte <= '9'; });
}

bool is_name_byte(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

// "user:token@host/path" → "host/path". `rest` starts behind "//" and still has its query.
std::string without_user_info(std::string_view rest) {
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
    return std::string(rest.substr(at + 1));
  const std::size_t bracket = authority.rfind(']');  // of an IPv6 address, which holds colons itself
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos || is_port(authority.substr(colon + 1))) return std::string(rest);
  // A port that is no number is the start of a password with an unescaped "/", "?" or "#" in it.
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos)
    return std::string(rest.substr(at + 1));
  return std::string(rest.substr(0, colon)) + std::string(rest.substr(authority.size()));
}

// "user:secret@" at the start of any later part of the path: it looks like a second URL that was pasted on.
std::string without_inner_user_info(std::string path) {
  for (std::size_t begin = path.find('/'); begin != std::string::npos; begin = path.find('/', begin + 1)) {
    const std::string_view part =
        std::string_view(path).substr(begin + 1, path.find('/', begin + 1) - begin - 1);
    const std::size_t at = part.rfind('@');
    if (at != std::string_view::npos && part.find(':') < at) path.erase(begin + 1, at + 1);
  }
  return path;
}

// Everything before the last "@" of the host part in "[user[:secret]@]host:path".
std::string_view scp_without_user(std::string_view url) {
  const std::string_view head = url.substr(0, url.find('/'));
  const std::size_t at = head.rfind('@');
  if (at != std::string_view::npos && head.find(':', at) != std::string_view::npos) return url.substr(at + 1);
  return url;
}

std::string scrub_once(std::string_view url) {
  const std::size_t helper = url.find("::");
  const std::size_t slash = url.find('/');
  // "ext::…", but not an IPv6 address behind "//" or in brackets.
  if (helper != std::string_view::npos && helper < slash && url.find('[') > helper) {
    const std::string_view name = url.substr(0, helper);
    return (std::all_of(name.begin(), name.end(), is_name_byte) ? std::string(name) : "") + "::";
  }
  const std::size_t scheme = url.find("//");
  const bool is_url =
      scheme == 0 || (scheme != std::string_view::npos && url[scheme - 1] == ':' && scheme <= slash);
  std::string clean = is_url
                          ? std::string(url.substr(0, scheme + 2)) + without_user_info(url.substr(scheme + 2))
                          : std::string(scp_without_user(url));
  clean.resize(std::min(clean.size(), clean.find_first_of("?#")));
  return without_inner_user_info(std::move(clean));
}

}  // namespace

std::string scrub_url(std::string_view url) {
  std::string text;
  std::copy_if(url.begin(), url.end(), std::back_inserter(text),
               [](char byte) { return static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7f; });
  // What is left of a hostile URL may look like another URL with user info; each round makes it shorter.
  while (true) {
    std::string next = scrub_once(text);
    if (next == text) return text;
    text = std::move(next);
  }
}

}  // namespace sluice
