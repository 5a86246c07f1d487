// Bundle verification from end to end. Input: a trusted root, a zero byte, a bundle. The artifact is one that
// no seed is about, so nothing may verify, however the two are mutated: that would be a forged signature or a
// lost check.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "attest/verify_bundle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto split = text.find('\0');
  sluice::attest::BundleOptions options;
  options.artifact = "an artifact that no seed is about";
  if (split == std::string_view::npos) {
    options.bundle = text;
    options.key_pem =
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
        "-----END PUBLIC KEY-----\n";
  } else {
    options.trusted_root = text.substr(0, split);
    options.bundle = text.substr(split + 1);
    options.certificate_identity = "https://ci.example.com/acme/app/.ci/build.yml@refs/heads/main";
    options.certificate_issuer = "https://issuer.example.com";
  }
  if (sluice::attest::verify_bundle(options)) std::abort();
  return 0;
}
