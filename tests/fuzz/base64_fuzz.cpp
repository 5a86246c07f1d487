// Base64, hex and digests: coding comes back, and what is accepted is the one canonical form.
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/effects.h"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (from_base64(to_base64(text)).value() != text) std::abort();
  if (from_hex(to_hex(text)).value() != text) std::abort();
  if (const auto bytes = from_base64(text)) {
    if (to_base64(*bytes) != text) std::abort();
    if (from_base64(text, Base64::either).value() != *bytes) std::abort();
  }
  if (const auto bytes = from_hex(text); bytes && to_hex(*bytes) != text) std::abort();
  if (const auto digest = Digest::parse_oci(text); digest && digest->oci() != text) std::abort();
  if (const auto time = parse_time(text); time && parse_time(format_time(*time)).value_or(*time) != *time)
    std::abort();
  const std::size_t good = utf8_prefix(text);
  if (good > size || !is_utf8(text.substr(0, good)) || is_utf8(text) != (good == size)) std::abort();
  if (is_utf8(text) && !is_utf8(excerpt(text, size / 2))) std::abort();
  return 0;
}
