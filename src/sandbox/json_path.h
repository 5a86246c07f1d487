// A path into a JSON document, for http tests: "status", "$.items[0].name", "items.0.name", "a\.b" (a key
// with a dot), "items.#" (how many). "$" alone is the whole document.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace sluice::sandbox {

class JsonPath {
 public:
  // Code: config.range.
  [[nodiscard]] static Result<JsonPath> parse(std::string_view text);
  // The value there as text: strings as they are, everything else as compact JSON. Nothing if it is not
  // there.
  [[nodiscard]] std::optional<std::string> read(const json::Value& document) const;

 private:
  std::vector<std::string> steps_;
};

}  // namespace sluice::sandbox
