#include "attest/digest_set.h"

#include <array>

namespace sluice::attest {
namespace {

struct KnownDigest {
  std::string_view name;
  std::size_t hex;        // length of the value
  std::size_t other_hex;  // second allowed length (git objects of SHA-256 repositories), or 0
  bool strong;
};

// in-toto's digest_set.md. Git's SHA-1 names are strong enough here: git refuses the known collisions, and a
// commit is what the policy names; a file known only by its plain sha1 is not.
constexpr std::array<KnownDigest, 17> k_known{{
    {"sha256", 64, 0, true},
    {"sha512", 128, 0, true},
    {"sha384", 96, 0, true},
    {"sha224", 56, 0, true},
    {"sha512_224", 56, 0, true},
    {"sha512_256", 64, 0, true},
    {"sha3_224", 56, 0, true},
    {"sha3_256", 64, 0, true},
    {"sha3_384", 96, 0, true},
    {"sha3_512", 128, 0, true},
    {"gitCommit", 40, 64, true},
    {"gitTree", 40, 64, true},
    {"gitBlob", 40, 64, true},
    {"gitTag", 40, 64, true},
    {"dirHash", 64, 0, true},
    {"sha1", 40, 0, false},
    {"md5", 32, 0, false},
}};

[[nodiscard]] const KnownDigest* known(std::string_view name) {
  for (const KnownDigest& row : k_known) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace

Status check_digest_set(const DigestSet& digests) {
  if (digests.empty()) return fail(ErrorKind::invalid, "attest.digest-empty", "there is no digest");
  for (const auto& [name, value] : digests) {
    const KnownDigest* row = known(name);
    const bool right = row == nullptr ? !name.empty() && !value.empty()
                                      : (value.size() == row->hex ||
                                         (row->other_hex != 0 && value.size() == row->other_hex)) &&
                                            value.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!right) {
      return fail(ErrorKind::invalid, "attest.digest-form",
                  "the " + name + " digest is not lower-case hex of the right length");
    }
  }
  return {};
}

DigestMatch compare(const DigestSet& expected, const DigestSet& claimed) {
  std::size_t equal = 0;
  std::size_t strong = 0;
  std::size_t different = 0;
  for (const auto& [name, value] : expected) {
    const KnownDigest* row = known(name);
    const auto other = claimed.find(name);
    if (row == nullptr || other == claimed.end()) continue;
    const bool same = other->second == value;
    equal += same ? 1 : 0;
    strong += same && row->strong ? 1 : 0;
    different += same ? 0 : 1;
  }
  if (equal > 0 && different > 0) return DigestMatch::mixed;
  if (different > 0) return DigestMatch::differs;
  if (strong > 0) return DigestMatch::agrees;
  return equal > 0 ? DigestMatch::weak : DigestMatch::none;
}

}  // namespace sluice::attest
