// Digest sets of in-toto (ResourceDescriptor.digest): which names are known, what a value must look like, and
// when two sets speak of the same thing.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::attest {

using DigestSet = std::map<std::string, std::string>;

// Known names must have lower-case hex of the right length; values of unknown names must be non-empty. Codes:
// attest.digest-empty (no digest at all), attest.digest-form (upper case, wrong length, not hex).
[[nodiscard]] Status check_digest_set(const DigestSet& digests);

enum class DigestMatch {
  none,     // no known name in common
  agrees,   // at least one known, strong name is in both and equal, and no known name differs
  weak,     // only broken hashes (md5, sha1) are in common, and they agree: proves nothing
  differs,  // every common known name differs
  mixed,    // one agrees, another differs: one of the two sets lies
};
[[nodiscard]] DigestMatch compare(const DigestSet& expected, const DigestSet& claimed);

}  // namespace sluice::attest
