#include "git/source.h"

namespace sluice::git {

std::string scrub_remote(const std::string& url) {
  std::string out = url;
  if (const std::size_t end = out.find_first_of("?#"); end != std::string::npos) out.resize(end);
  const std::size_t scheme = out.find("://");
  if (scheme != std::string::npos) {
    const std::size_t host = scheme + 3;
    const std::size_t path = out.find('/', host);
    // The last "@" before the path: a password may hold one itself.
    const std::size_t at = out.rfind('@', path == std::string::npos ? std::string::npos : path);
    if (at != std::string::npos && at >= host) out.erase(host, at + 1 - host);
    return out;
  }
  // scp form: [user[:secret]@]host:path, where the host holds no "/".
  const std::size_t slash = out.find('/');
  const std::size_t at = out.rfind('@', slash == std::string::npos ? std::string::npos : slash);
  if (at != std::string::npos && out.find(':', at) != std::string::npos) out.erase(0, at + 1);
  return out;
}

}  // namespace sluice::git
