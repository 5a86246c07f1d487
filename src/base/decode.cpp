#include "base/decode.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/bytes.h"

namespace sluice::decode {
namespace {

std::string shown(std::string_view text) {
  return json::quote(excerpt(text));
}

// What a node is, for "expected …, found …".
std::string describe(const yaml::Node& node) {
  switch (node.kind) {
    case yaml::Kind::null:
      return "nothing";
    case yaml::Kind::sequence:
      return "a list";
    case yaml::Kind::mapping:
      return "a mapping";
    case yaml::Kind::scalar:
      break;
  }
  switch (yaml::core_type(node)) {
    case yaml::CoreType::boolean:
      return "the boolean " + node.text;
    case yaml::CoreType::integer:
    case yaml::CoreType::floating:
      return "the number " + shown(node.text);
    default:
      return "the text " + shown(node.text);
  }
}

Error wrong_type(const Document& document, const yaml::Node& node, std::string_view what,
                 const std::string& expected, std::string hint = {}) {
  return document.error(node, "config.type",
                        std::string(what) + " must be " + expected + ", found " + describe(node),
                        std::move(hint));
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 6> k_time_units{
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}, {"w", 604'800'000}}};
constexpr std::array<Unit, 8> k_size_units{{{"", 1},
                                            {"B", 1},
                                            {"KB", 1000},
                                            {"MB", 1'000'000},
                                            {"GB", 1'000'000'000},
                                            {"KiB", 1ULL << 10U},
                                            {"MiB", 1ULL << 20U},
                                            {"GiB", 1ULL << 30U}}};

// "64MiB" → 64 × factor. Nothing: not of the form DIGITS UNIT. Over `max`: the largest value.
template <std::size_t N>
std::optional<std::uint64_t> quantity(std::string_view text, const std::array<Unit, N>& units,
                                      std::uint64_t max) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0) return std::nullopt;
  const auto unit =
      std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == text.substr(digits); });
  if (unit == units.end()) return std::nullopt;
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + digits, number);
  if (parsed.ec != std::errc{} || number > max / unit->factor)
    return std::numeric_limits<std::uint64_t>::max();
  return number * unit->factor;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

// Edits (insert, delete, replace, swap of neighbours) between two short words.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before;
  std::vector<std::size_t> above(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::vector<std::size_t> row(b.size() + 1);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = std::move(above);
    above = std::move(row);
  }
  return above[b.size()];
}

}  // namespace

Error Document::error(const yaml::Node& node, std::string code, std::string message, std::string hint) const {
  Error error{ErrorKind::config, std::move(code), std::move(message), std::nullopt, std::move(hint), {}};
  error.where = lines_.place(std::string(name_), node.span.begin);
  return error;
}

Result<std::string> as_string(const Document& document, const yaml::Node& node, std::string_view what) {
  if (node.is_string()) return node.text;
  const std::string hint =
      node.kind == yaml::Kind::scalar ? "write it in quotes: " + json::quote(node.text) : "";
  return fail(wrong_type(document, node, what, "a text", hint));
}

Result<bool> as_bool(const Document& document, const yaml::Node& node, std::string_view what) {
  if (node.kind == yaml::Kind::scalar && yaml::core_type(node) == yaml::CoreType::boolean) {
    return node.text.front() == 't' || node.text.front() == 'T';
  }
  return fail(wrong_type(document, node, what, "true or false"));
}

Result<std::int64_t> as_int(const Document& document, const yaml::Node& node, std::string_view what,
                            std::int64_t min, std::int64_t max) {
  if (node.kind != yaml::Kind::scalar || yaml::core_type(node) != yaml::CoreType::integer) {
    return fail(wrong_type(document, node, what, "a whole number"));
  }
  const json::Value value = yaml::scalar_value(node);
  const std::int64_t* number = value.as_int();
  if (number != nullptr && *number >= min && *number <= max) return *number;
  return fail(document.error(node, "config.range",
                             std::string(what) + " must be from " + std::to_string(min) + " to " +
                                 std::to_string(max) + ", found " + node.text.substr(0, 100)));
}

Result<std::chrono::milliseconds> as_duration(const Document& document, const yaml::Node& node,
                                              std::string_view what) {
  constexpr auto k_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const auto value =
      node.kind == yaml::Kind::scalar ? quantity(node.text, k_time_units, k_max) : std::nullopt;
  if (!value) {
    return fail(wrong_type(document, node, what, "a duration with its unit",
                           "for example 250ms, 30s, 5m, 72h, 90d or 2w"));
  }
  if (*value > k_max) return fail(document.error(node, "config.range", std::string(what) + " is too long"));
  return std::chrono::milliseconds(static_cast<std::int64_t>(*value));
}

Result<std::uint64_t> as_size(const Document& document, const yaml::Node& node, std::string_view what) {
  constexpr std::uint64_t k_max = std::numeric_limits<std::uint64_t>::max() - 1;
  const auto value =
      node.kind == yaml::Kind::scalar ? quantity(node.text, k_size_units, k_max) : std::nullopt;
  if (!value) {
    return fail(
        wrong_type(document, node, what, "a size in bytes", "for example 4096, 512KiB, 64MiB, 10MB or 1GiB"));
  }
  if (*value > k_max) return fail(document.error(node, "config.range", std::string(what) + " is too large"));
  return *value;
}

Result<std::vector<std::string>> as_strings(const Document& document, const yaml::Node& node,
                                            std::string_view what) {
  if (node.kind != yaml::Kind::sequence) return fail(wrong_type(document, node, what, "a list of texts"));
  std::vector<std::string> out;
  for (const yaml::Node& item : node.items) {
    out.push_back(SLUICE_TRY(as_string(document, item, "each item of " + std::string(what))));
  }
  return out;
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t k_max_word = 100;  // the distance costs the product of both lengths
  if (word.empty() || word.size() > k_max_word) return {};
  const std::size_t tolerance = word.size() <= 3 ? 1 : word.size() <= 8 ? 2 : 3;
  std::size_t best = tolerance + 1;
  std::string found;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > k_max_word) continue;
    const std::size_t edits = distance(word, candidate);
    // A word that shares no letter in place with the candidate is no slip of it.
    if (edits < best && edits < std::max(word.size(), candidate.size())) {
      best = edits;
      found = candidate;
    }
  }
  return found;
}

Mapping::Mapping(const Document& document, const yaml::Node& node, std::string what)
    : document_(document), node_(node), what_(std::move(what)) {}

const yaml::Node* Mapping::get(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  const yaml::Node* member = node_.find(key);
  return member == nullptr || member->kind == yaml::Kind::null ? nullptr : member;
}

bool Mapping::has(std::string_view key) const {
  const yaml::Node* member = node_.find(key);
  return member != nullptr && member->kind != yaml::Kind::null;
}

Result<const yaml::Node*> Mapping::required(std::string_view key) {
  if (const yaml::Node* member = get(key)) return member;
  if (node_.kind != yaml::Kind::mapping) return fail(finish().error());
  // A required key that is missing often is an unknown key near by: then that is the better message.
  for (const yaml::Entry& entry : node_.entries) {
    if (std::find(known_.begin(), known_.end(), entry.key.text) != known_.end()) continue;
    if (nearest(entry.key.text, {std::string(key)}).empty()) continue;
    return fail(document_.error(entry.key, "config.missing-key",
                                what_ + " needs the key \"" + std::string(key) + "\"",
                                "is " + shown(entry.key.text) + " a slip of it?"));
  }
  return fail(
      document_.error(node_, "config.missing-key", what_ + " needs the key \"" + std::string(key) + "\""));
}

Result<std::string> Mapping::required_string(std::string_view key) {
  return as_string(document_, *SLUICE_TRY(required(key)), key);
}

Result<std::optional<std::string>> Mapping::optional_string(std::string_view key) {
  const yaml::Node* member = get(key);
  if (member == nullptr) return std::nullopt;
  return SLUICE_TRY(as_string(document_, *member, key));
}

Result<bool> Mapping::optional_bool(std::string_view key, bool fallback) {
  const yaml::Node* member = get(key);
  return member == nullptr ? fallback : as_bool(document_, *member, key);
}

Result<std::int64_t> Mapping::optional_int(std::string_view key, std::int64_t fallback, std::int64_t min,
                                           std::int64_t max) {
  const yaml::Node* member = get(key);
  return member == nullptr ? fallback : as_int(document_, *member, key, min, max);
}

Result<std::chrono::milliseconds> Mapping::optional_duration(std::string_view key,
                                                             std::chrono::milliseconds fallback) {
  const yaml::Node* member = get(key);
  return member == nullptr ? fallback : as_duration(document_, *member, key);
}

Result<std::vector<std::string>> Mapping::optional_strings(std::string_view key) {
  const yaml::Node* member = get(key);
  if (member == nullptr) return std::vector<std::string>{};
  return as_strings(document_, *member, key);
}

Result<std::size_t> Mapping::optional_choice(std::string_view key, const std::vector<std::string>& choices,
                                             std::size_t fallback) {
  const yaml::Node* member = get(key);
  if (member == nullptr) return fallback;
  // The text as written: a choice may be spelt like a number or boolean ("3.8").
  const auto found = std::find(choices.begin(), choices.end(), member->text);
  if (member->kind == yaml::Kind::scalar && found != choices.end()) {
    return static_cast<std::size_t>(found - choices.begin());
  }
  const std::string near = nearest(member->text, choices);
  return fail(document_.error(
      *member, "config.choice",
      std::string(key) + " must be one of " + joined(choices) + ", found " + describe(*member),
      near.empty() ? "" : "the nearest choice is \"" + near + "\""));
}

Status Mapping::finish() const {
  if (node_.kind != yaml::Kind::mapping) return fail(wrong_type(document_, node_, what_, "a mapping"));
  for (const yaml::Entry& entry : node_.entries) {
    if (std::find(known_.begin(), known_.end(), entry.key.text) != known_.end()) continue;
    const std::string near = nearest(entry.key.text, known_);
    return fail(document_.error(
        entry.key, "config.unknown-key", "unknown key " + shown(entry.key.text) + " in " + what_,
        near.empty() ? "known keys: " + joined(known_) : "the nearest known key is \"" + near + "\""));
  }
  return {};
}

}  // namespace sluice::decode
