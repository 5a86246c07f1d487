// A path on the first line, a JSON document after it: no crash; "$" is the whole document.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json.h"
#include "sandbox/json_path.h"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  const auto path = sandbox::JsonPath::parse(text.substr(0, line));
  const auto document = json::parse(line == std::string_view::npos ? "[]" : text.substr(line + 1), "fuzz");
  if (!document) return 0;
  if (path) static_cast<void>(path->read(*document));
  const auto whole = sandbox::JsonPath::parse("$");
  if (!whole || !whole->read(*document)) std::abort();
  return 0;
}
