// Members of JSON objects as Go's decoder finds them: by name without regard to case. Every container runtime
// is written in Go, so {"User":"app","user":"root"} runs as root there while a case-sensitive reader sees
// "app". Two members that a runtime cannot tell apart are refused; one in an odd case is read as the runtime
// would.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace sluice::image {

// The name as Go's encoding/json folds it: ASCII to lower case, U+017F to "s", U+212A to "k".
[[nodiscard]] std::string fold_name(std::string_view name);

// A view of one object, which must outlive it. `what` names it in errors: "the image manifest".
// A member that is null counts as absent. Codes: image.json-case, image.json-type, image.json-missing.
class Folded {
 public:
  [[nodiscard]] static Result<Folded> of(const json::Value& value, std::string what);

  [[nodiscard]] const json::Value* find(std::string_view lower_case_name) const;

  // Absent gives the empty value; a wrong type is an error.
  [[nodiscard]] Result<std::string> text(std::string_view name) const;
  [[nodiscard]] Result<std::optional<std::int64_t>> integer(std::string_view name) const;
  [[nodiscard]] Result<bool> boolean(std::string_view name) const;
  [[nodiscard]] Result<std::optional<std::vector<std::string>>> texts(std::string_view name) const;
  [[nodiscard]] Result<std::map<std::string, std::string>> text_map(std::string_view name) const;
  // The keys of an object whose values mean nothing, sorted ("ExposedPorts": {"80/tcp": {}}).
  [[nodiscard]] Result<std::vector<std::string>> key_set(std::string_view name) const;
  [[nodiscard]] Result<const json::Array*> array(std::string_view name) const;      // null if absent
  [[nodiscard]] Result<std::optional<Folded>> object(std::string_view name) const;  // nothing if absent

  [[nodiscard]] const std::string& what() const { return what_; }
  [[nodiscard]] tl::unexpected<Error> wrong_type(std::string_view name, std::string_view wanted) const;

 private:
  explicit Folded(std::string what) : what_(std::move(what)) {}
  std::map<std::string, const json::Value*, std::less<>> members_;
  std::string what_;
};

}  // namespace sluice::image
