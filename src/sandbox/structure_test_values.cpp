#include "sandbox/structure_test_values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace sluice::sandbox::structure_test {
namespace {

using decode::Document;
using decode::Mapping;
using yaml::Node;

bool is_json(const Document& document) {
  return document.name().ends_with(".json");
}

bool is_plain(const Node& node) {
  return node.kind == yaml::Kind::scalar && node.style == yaml::Style::plain;
}

std::optional<std::int64_t> whole_number(std::string_view digits, int base) {
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || digits[0] == '-' || error != std::errc{} || stop != digits.data() + digits.size())
    return std::nullopt;
  return value;
}

// "12", "-1", "0x1f", "0o17", "017" (octal), "0b11", "1_000".
std::optional<std::int64_t> yaml_number(std::string text) {
  std::erase(text, '_');
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  int base = 10;
  const auto prefixed = [&](std::string_view prefix, int of) {
    if (base != 10 || !digits.starts_with(prefix) || digits.size() == prefix.size()) return;
    digits.remove_prefix(prefix.size());
    base = of;
  };
  prefixed("0x", 16);
  prefixed("0o", 8);
  prefixed("0b", 2);
  prefixed("0", 8);
  const auto value = whole_number(digits, base);
  return value && negative ? -*value : value;
}

// "2.0" is taken for 2, as Go's reader of YAML takes any float for a whole number.
std::optional<std::int64_t> from_float(std::string_view text) {
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  constexpr double limit = 9e15;
  if (error != std::errc{} || stop != text.data() + text.size() || !(std::fabs(value) < limit))
    return std::nullopt;
  return static_cast<std::int64_t>(value);
}

std::optional<std::int64_t> json_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto value = whole_number(text.substr(negative ? 1 : 0), 10);
  return value && negative ? -*value : value;
}

std::optional<bool> truth(const Node& node, bool json) {
  if (!is_plain(node)) return std::nullopt;
  constexpr auto yes = std::to_array<std::string_view>(
      {"true", "True", "TRUE", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON"});
  constexpr auto no = std::to_array<std::string_view>(
      {"false", "False", "FALSE", "n", "N", "no", "No", "NO", "off", "Off", "OFF"});
  // JSON has the first of each only.
  const auto known = [&](const auto& words) {
    return std::find(words.begin(), json ? words.begin() + 1 : words.end(), node.text) !=
           (json ? words.begin() + 1 : words.end());
  };
  if (known(yes)) return true;
  if (known(no)) return false;
  return std::nullopt;
}

}  // namespace

Result<std::string> text_of(const Document& document, const Node& node, std::string_view what) {
  const bool text = node.kind == yaml::Kind::scalar && !(is_json(document) && is_plain(node));
  if (text) return node.text;
  return fail(document.error(node, "config.type", std::string(what) + " must be a text"));
}

Result<std::string> text_at(Mapping& mapping, std::string_view key) {
  const Node* node = mapping.get(key);
  return node == nullptr ? Result<std::string>(std::string()) : text_of(mapping.document(), *node, key);
}

Result<std::string> required_text(Mapping& mapping, std::string_view key) {
  const Node* node = SLUICE_TRY(mapping.required(key));
  std::string text = SLUICE_TRY(text_of(mapping.document(), *node, key));
  if (!text.empty()) return text;
  return fail(mapping.document().error(*node, "config.range", std::string(key) + " must not be empty"));
}

Result<bool> bool_at(Mapping& mapping, std::string_view key, bool fallback) {
  const Node* node = mapping.get(key);
  if (node == nullptr) return fallback;
  if (const auto value = truth(*node, is_json(mapping.document()))) return *value;
  return fail(mapping.document().error(*node, "config.type", std::string(key) + " must be true or false"));
}

Result<std::int64_t> int_at(Mapping& mapping, std::string_view key, std::int64_t fallback, std::int64_t min,
                            std::int64_t max) {
  const Node* node = mapping.get(key);
  if (node == nullptr) return fallback;
  std::optional<std::int64_t> value;
  if (is_plain(*node) && is_json(mapping.document())) {
    value = json_number(node->text);
  } else if (is_plain(*node)) {
    value = yaml_number(node->text);
    if (!value) value = from_float(node->text);
  }
  const Document& document = mapping.document();
  if (!value) return fail(document.error(*node, "config.type", std::string(key) + " must be a whole number"));
  if (*value >= min && *value <= max) return *value;
  return fail(
      document.error(*node, "config.range",
                     std::string(key) + " must be " + std::to_string(min) + " to " + std::to_string(max)));
}

Result<std::vector<std::string>> words_of(const Document& document, const Node& node, std::string_view what) {
  if (node.kind != yaml::Kind::sequence)
    return fail(document.error(node, "config.type", std::string(what) + " must be a list of texts"));
  std::vector<std::string> words;
  for (const Node& item : node.items) words.push_back(SLUICE_TRY(text_of(document, item, what)));
  return words;
}

Result<std::vector<std::string>> words_at(Mapping& mapping, std::string_view key) {
  const Node* node = mapping.get(key);
  return node == nullptr ? Result<std::vector<std::string>>(std::vector<std::string>{})
                         : words_of(mapping.document(), *node, key);
}

Result<std::vector<std::string>> patterns_at(Mapping& mapping, std::string_view key) {
  std::vector<std::string> patterns = SLUICE_TRY(words_at(mapping, key));
  for (const std::string& pattern : patterns) {
    if (pattern.size() <= k_max_pattern_bytes) continue;
    return fail(
        mapping.document().error(*mapping.get(key), "config.range",
                                 "a pattern has at most " + std::to_string(k_max_pattern_bytes) + " bytes"));
  }
  return patterns;
}

Result<std::vector<std::vector<std::string>>> commands_at(Mapping& mapping, std::string_view key) {
  std::vector<std::vector<std::string>> commands;
  const Status read = for_items(mapping, key, [&](const Node& item) -> Status {
    commands.push_back(SLUICE_TRY(words_of(mapping.document(), item, key)));
    if (!commands.back().empty()) return {};
    return fail(mapping.document().error(item, "config.range", std::string(key) + " has an empty command"));
  });
  SLUICE_CHECK(read);
  return commands;
}

Result<std::vector<ValueCheck>> values_at(Mapping& mapping, std::string_view key, bool whole) {
  std::vector<ValueCheck> values;
  const Document& document = mapping.document();
  const Status read = for_items(mapping, key, [&](const Node& item) -> Status {
    Mapping entry(document, item, std::string(key));
    ValueCheck value;
    value.key = SLUICE_TRY(required_text(entry, "key"));
    value.value = SLUICE_TRY(whole ? required_text(entry, "value") : text_at(entry, "value"));
    value.pattern = SLUICE_TRY(bool_at(entry, "isRegex", false));
    SLUICE_CHECK(entry.finish());
    values.push_back(std::move(value));
    return {};
  });
  SLUICE_CHECK(read);
  return values;
}

Result<EnvList> env_at(Mapping& mapping, std::string_view key, bool whole) {
  EnvList env;
  for (ValueCheck& value : SLUICE_TRY(values_at(mapping, key, whole))) {
    env.emplace_back(std::move(value.key), std::move(value.value));
  }
  return env;
}

}  // namespace sluice::sandbox::structure_test
