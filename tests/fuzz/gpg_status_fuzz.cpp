// gpg's status lines, and the URIs of tokens. A good signature needs a line that says so, and none against
// it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "attest/openpgp.h"
#include "attest/pkcs11.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool good = sluice::attest::read_gpg_status(text).has_value();
  if (good && text.find("GOODSIG") == std::string_view::npos) std::abort();
  if (good && text.find("\n[GNUPG:] BADSIG ") != std::string_view::npos) std::abort();
  const auto uri = sluice::attest::parse_pkcs11_uri(text);
  if (uri && !uri->module.starts_with('/')) std::abort();
  return 0;
}
