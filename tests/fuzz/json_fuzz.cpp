// json::parse: no crash; what is read comes back the same from both writers; an error's place lies in the
// text.
#include <cstdint>
#include <cstdlib>

#include "base/json.h"
#include "base/span.h"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = json::parse(text, "f");
  if (!value) {
    const auto& where = value.error().where;
    if (!where || where->line < 1 || where->line > LineIndex(text).line_count()) std::abort();
    if (to_string(value.error()).empty()) std::abort();
    return 0;
  }
  for (const std::string& written : {json::write(*value), json::write_pretty(*value)}) {
    const auto again = json::parse(written, "f");
    if (!again || !(*again == *value)) std::abort();
  }
  return 0;
}
