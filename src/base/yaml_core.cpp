// What a YAML scalar means: the core schema of YAML 1.2 (section 10.3), and the view as JSON.
#include <charconv>
#include <optional>

#include "base/yaml.h"

namespace sluice::yaml {
namespace {

constexpr std::string_view k_core_prefix = "tag:yaml.org,2002:";

bool digits(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

constexpr std::string_view k_decimal = "0123456789";

bool is_null_text(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

std::optional<bool> bool_of(std::string_view text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

bool is_int_text(std::string_view text) {
  if (text.starts_with("0o")) return digits(text.substr(2), "01234567");
  if (text.starts_with("0x")) return digits(text.substr(2), "0123456789abcdefABCDEF");
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return digits(text, k_decimal);
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_float_text(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const auto take_digits = [&] {
    const std::size_t end = std::min(text.find_first_not_of(k_decimal), text.size());
    text.remove_prefix(end);
    return end > 0;
  };
  bool some = take_digits();
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    some = take_digits() || some;
  }
  if (!some) return false;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    return digits(text, k_decimal);
  }
  return text.empty();
}

bool is_special_float(std::string_view text) {
  for (const std::string_view nan : {".nan", ".NaN", ".NAN"}) {
    if (text == nan) return true;
  }
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return text == ".inf" || text == ".Inf" || text == ".INF";
}

// Nothing if neither int64 nor uint64 holds it.
std::optional<json::Value> int_value(std::string_view text) {
  int base = 10;
  if (text.starts_with("0o") || text.starts_with("0x")) {
    base = text[1] == 'o' ? 8 : 16;
    text.remove_prefix(2);
  }
  if (text.starts_with('+')) text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  std::int64_t value = 0;
  if (std::from_chars(text.data(), end, value, base).ec == std::errc{}) return json::Value(value);
  std::uint64_t large = 0;
  if (!text.starts_with('-') && std::from_chars(text.data(), end, large, base).ec == std::errc{}) {
    return json::Value(large);
  }
  return std::nullopt;
}

std::optional<json::Value> float_value(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return json::Value(value);
}

}  // namespace

bool resolves_to_null(const Node& scalar) {
  if (scalar.tag == std::string(k_core_prefix) + "null") return true;
  return scalar.tag.empty() && scalar.style == Style::plain && is_null_text(scalar.text);
}

CoreType core_type(const Node& node) {
  if (node.kind == Kind::null) return CoreType::null;
  std::string_view tag = node.tag;
  const std::string_view text = node.text;
  if (tag.starts_with(k_core_prefix)) {
    tag.remove_prefix(k_core_prefix.size());
    if (tag == "bool" && bool_of(text)) return CoreType::boolean;
    if (tag == "int" && is_int_text(text)) return CoreType::integer;
    if (tag == "float" && (is_float_text(text) || is_special_float(text))) return CoreType::floating;
    return CoreType::string;
  }
  if (!tag.empty() || node.style != Style::plain) return CoreType::string;
  if (bool_of(text)) return CoreType::boolean;
  if (is_int_text(text)) return CoreType::integer;
  if (is_float_text(text) || is_special_float(text)) return CoreType::floating;
  return CoreType::string;
}

bool Node::is_string() const {
  return kind == Kind::scalar && core_type(*this) == CoreType::string;
}

const Node* Node::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key.text == key) return &entry.value;
  }
  return nullptr;
}

json::Value scalar_value(const Node& node) {
  std::optional<json::Value> value;
  switch (core_type(node)) {
    case CoreType::null:
      return {nullptr};
    case CoreType::boolean:
      return {bool_of(node.text).value_or(false)};
    case CoreType::integer:
      value = int_value(node.text);
      break;
    case CoreType::floating:
      value = float_value(node.text);
      break;
    case CoreType::string:
      break;
  }
  return value ? *std::move(value) : json::Value(node.text);
}

json::Value to_json(const Node& node) {
  if (node.kind == Kind::sequence) {
    json::Array items;
    items.reserve(node.items.size());
    for (const Node& item : node.items) items.push_back(to_json(item));
    return {std::move(items)};
  }
  if (node.kind == Kind::mapping) {
    json::Object object;
    object.members().reserve(node.entries.size());
    // Keys are known to be unique; Object::set would look for each.
    for (const Entry& entry : node.entries)
      object.members().push_back({entry.key.text, to_json(entry.value)});
    return {std::move(object)};
  }
  return scalar_value(node);
}

}  // namespace sluice::yaml
