// What a program under observation sends to a name server: no crash; a name that is reported is one that can
// be written into evidence, and no answer is taken for a question.
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sandbox/observe/dns_query.h"

using namespace sluice::sandbox;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto name = dns_question(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!name) return 0;
  if (name->empty() || name->size() > 253 || (data[2] & 0x80) != 0) std::abort();
  for (const char c : *name) {
    const auto u = static_cast<unsigned char>(c);
    const bool plain =
        std::islower(u) != 0 || std::isdigit(u) != 0 || c == '-' || c == '_' || c == '.' || c == '?';
    if (!plain) std::abort();
  }
  return 0;
}
