// Digest's text forms; the hashing itself stands in src/attest/sha256.cpp.
#include "base/digest.h"

#include <algorithm>

namespace sluice {
namespace {

constexpr std::string_view k_prefix = "sha256:";

}  // namespace

Result<Digest> Digest::parse_oci(std::string_view text) {
  if (!text.starts_with(k_prefix)) {
    return fail(ErrorKind::invalid, "digest.algorithm",
                "not a sha256 digest: \"" + std::string(excerpt(text)) + "\"",
                "only sha256:<64 lower-case hex digits> is supported");
  }
  return parse_hex(text.substr(k_prefix.size()));
}

Result<Digest> Digest::parse_hex(std::string_view text) {
  std::array<std::uint8_t, 32> raw{};
  if (text.size() != raw.size() * 2) {
    return fail(ErrorKind::invalid, "digest.syntax",
                "a sha256 digest has 64 hex digits, not " + std::to_string(text.size()));
  }
  const Bytes bytes = SLUICE_TRY(from_hex(text));
  std::copy(bytes.begin(), bytes.end(), raw.begin());
  return Digest(raw);
}

std::string Digest::hex() const {
  return to_hex(BytesView(reinterpret_cast<const char*>(raw_.data()), raw_.size()));
}

std::string Digest::oci() const {
  return std::string(k_prefix) + hex();
}

}  // namespace sluice
