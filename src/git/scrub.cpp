#include "base/scrub_url.h"
#include "git/source.h"

namespace sluice::git {

std::string scrub_remote(const std::string& url) {
  return scrub_url(url);
}

}  // namespace sluice::git
