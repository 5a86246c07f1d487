#include "sandbox/json_path.h"

#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

constexpr std::size_t k_max_steps = 64;

const json::Value* step_into(const json::Value& value, const std::string& step) {
  if (const json::Object* object = value.as_object()) return object->find(step);
  const json::Array* array = value.as_array();
  const auto index = parse_u64(step);
  return array != nullptr && index && *index < array->size() ? &(*array)[*index] : nullptr;
}

}  // namespace

Result<JsonPath> JsonPath::parse(std::string_view text) {
  const auto bad = [&] {
    return fail(ErrorKind::config, "config.range", "\"" + std::string(text) + "\" is no path into JSON",
                "write it like items[0].name");
  };
  std::string_view rest = text;
  if (rest.starts_with('$')) rest.remove_prefix(1);
  JsonPath path;
  std::string step;
  bool open =
      !rest.empty() && rest[0] != '.' && rest[0] != '[';  // a step has begun and is not written down yet
  const auto close = [&] {
    if (open) path.steps_.push_back(std::move(step));
    step.clear();
    open = false;
  };
  while (!rest.empty()) {
    const char c = rest[0];
    rest.remove_prefix(1);
    if (c == '\\' && !rest.empty()) {
      step += rest[0];
      rest.remove_prefix(1);
    } else if (c == '.') {
      close();
      if (rest.empty() || rest[0] == '.' || rest[0] == '[') return bad();
      open = true;
    } else if (c == '[') {
      close();
      const std::size_t end = rest.find(']');
      if (end == std::string_view::npos || !parse_u64(rest.substr(0, end))) return bad();
      path.steps_.emplace_back(rest.substr(0, end));
      rest.remove_prefix(end + 1);
      if (!rest.empty() && rest[0] != '.' && rest[0] != '[') return bad();
    } else {
      if (!open) return bad();
      step += c;
    }
  }
  close();
  if (text.empty() || path.steps_.size() > k_max_steps) return bad();
  return path;
}

std::optional<std::string> JsonPath::read(const json::Value& document) const {
  const json::Value* value = &document;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const bool count = steps_[i] == "#" && i + 1 == steps_.size();
    if (const json::Array* array = value->as_array(); count && array != nullptr)
      return std::to_string(array->size());
    value = step_into(*value, steps_[i]);
    if (value == nullptr) return std::nullopt;
  }
  if (const std::string* text = value->as_string()) return *text;
  return json::write(*value);
}

}  // namespace sluice::sandbox
