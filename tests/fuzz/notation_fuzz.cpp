// Notation signatures in JWS. Input: a trusted root, a zero byte, an envelope. The image is one that no seed
// is about, so nothing may verify.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "attest/notation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto split = text.find('\0');
  const std::string_view envelope = split == std::string_view::npos ? text : text.substr(split + 1);
  if (const auto parsed = attest::parse_notation(envelope)) {
    if (parsed->certificates.empty() || parsed->signature.empty()) std::abort();
  }
  if (split == std::string_view::npos) return 0;
  const auto root = attest::parse_trusted_root(text.substr(0, split));
  if (!root) return 0;
  attest::NotationOptions options;
  options.image = sha256("an image that no seed is about");
  options.identity = "CN=Release,O=Acme,C=US";
  options.now = std::chrono::sys_seconds(std::chrono::seconds(1'769'342'400));
  if (attest::verify_notation(envelope, *root, options)) std::abort();
  return 0;
}
