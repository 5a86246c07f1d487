#include "sandbox/goss/values.h"

#include <charconv>
#include <cmath>

#include "sandbox/text.h"

namespace sluice::sandbox::goss {

using json::Value;

std::string to_text(const Value& value) {
  if (value.as_string() != nullptr) return *value.as_string();
  const json::Array* list = value.as_array();
  if (list == nullptr) return json::write(value);
  std::string text;
  for (const Value& item : *list) {
    if (&item != &list->front()) text += '\n';
    text += item.as_string() != nullptr ? *item.as_string() : json::write(item);
  }
  return text;
}

std::optional<double> to_number(const Value& value) {
  if (const auto* number = value.as_int()) return static_cast<double>(*number);
  if (const auto* number = value.as_uint()) return static_cast<double>(*number);
  if (const auto* number = value.as_double()) return *number;
  if (value.as_string() == nullptr && value.as_array() == nullptr) return std::nullopt;
  const std::string whole = to_text(value);
  const std::string_view text = trim(whole);
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || stop != text.data() + text.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

Result<json::Array> to_list(const Value& value) {
  if (const auto* list = value.as_array()) return *list;
  if (value.as_string() == nullptr) return json::Array{value};
  json::Array lines;
  for (std::string_view line : split(*value.as_string(), '\n')) {
    if (lines.size() == k_max_lines)
      return fail(ErrorKind::limit, "sandbox.goss", "more than " + std::to_string(k_max_lines) + " lines");
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
  }
  return lines;
}

std::string literal_pattern(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '_' || byte >= 0x80;
    if (!plain) out += '\\';
    out += c;
  }
  return out;
}

LinePattern line_pattern(std::string_view text) {
  LinePattern out;
  if (text.starts_with('!')) {
    out.excluded = true;
    text.remove_prefix(1);
  }
  if (text.size() >= 2 && text.front() == '/' && text.back() == '/') {
    out.pattern = "(?m:" + std::string(text.substr(1, text.size() - 2)) + ")";
    return out;
  }
  if (text.starts_with("\\!") || text.starts_with("\\/")) text.remove_prefix(1);
  out.pattern = literal_pattern(text);
  return out;
}

}  // namespace sluice::sandbox::goss
