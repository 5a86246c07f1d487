// Strict decoding of configuration: one reader for each mapping, that knows which keys were
// asked for. An unknown key is an error with line, column, the source line and the nearest
// known key; a wrong type says what was expected.
//
//   decode::Document doc{text, "sluice.yaml", root};
//   decode::Mapping m{doc, node, "stage"};
//   spec.name = SLUICE_TRY(m.required_string("name"));
//   spec.timeout = SLUICE_TRY(m.optional_duration("timeout", 30s));
//   SLUICE_CHECK(m.finish());               // every key must have been asked for
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/span.h"
#include "base/yaml.h"

namespace sluice::decode {

// The text a tree came from, for places in errors. Holds views: text and name must outlive it.
class Document {
 public:
  Document(std::string_view text, std::string_view name) : name_(name), lines_(text) {}
  [[nodiscard]] Error error(const yaml::Node& node, std::string code, std::string message,
                            std::string hint = {}) const;  // kind config
  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] LineColumn at(const yaml::Node& node) const { return lines_.at(node.span.begin); }

 private:
  std::string_view name_;
  LineIndex lines_;
};

// Scalars. Plain `yes`/`no` are strings (YAML 1.2). Codes: config.type, config.range, config.choice.
[[nodiscard]] Result<std::string> as_string(const Document&, const yaml::Node&, std::string_view what);
[[nodiscard]] Result<bool> as_bool(const Document&, const yaml::Node&, std::string_view what);
[[nodiscard]] Result<std::int64_t> as_int(const Document&, const yaml::Node&, std::string_view what,
                                          std::int64_t min = INT64_MIN, std::int64_t max = INT64_MAX);
// "250ms", "30s", "5m", "72h", "90d"; a bare number is refused, since its unit would be a guess.
[[nodiscard]] Result<std::chrono::milliseconds> as_duration(const Document&, const yaml::Node&,
                                                            std::string_view what);
// "64MiB", "1GiB", "10MB", "512KiB", "4096" (bytes).
[[nodiscard]] Result<std::uint64_t> as_size(const Document&, const yaml::Node&, std::string_view what);
[[nodiscard]] Result<std::vector<std::string>> as_strings(const Document&, const yaml::Node&,
                                                          std::string_view what);

// The candidate nearest to `word` by edit distance, if near enough to be a likely slip; else empty.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

class Mapping {
 public:
  // `what` names the thing for messages: "stage", "test 3". Fails at finish() if `node` is no mapping.
  Mapping(const Document& document, const yaml::Node& node, std::string what);

  // The raw member, noted as known; null if absent. A member that is YAML null counts as absent.
  [[nodiscard]] const yaml::Node* get(std::string_view key);
  [[nodiscard]] bool has(std::string_view key) const;

  [[nodiscard]] Result<const yaml::Node*> required(std::string_view key);  // code config.missing-key
  [[nodiscard]] Result<std::string> required_string(std::string_view key);
  [[nodiscard]] Result<std::optional<std::string>> optional_string(std::string_view key);
  [[nodiscard]] Result<bool> optional_bool(std::string_view key, bool fallback);
  [[nodiscard]] Result<std::int64_t> optional_int(std::string_view key, std::int64_t fallback,
                                                  std::int64_t min = INT64_MIN, std::int64_t max = INT64_MAX);
  [[nodiscard]] Result<std::chrono::milliseconds> optional_duration(std::string_view key,
                                                                    std::chrono::milliseconds fallback);
  [[nodiscard]] Result<std::vector<std::string>> optional_strings(std::string_view key);  // absent = empty
  // One of `choices`; index of the one chosen.
  [[nodiscard]] Result<std::size_t> optional_choice(std::string_view key,
                                                    const std::vector<std::string>& choices,
                                                    std::size_t fallback);

  // Fails if the node is no mapping (config.type) or has a key that nobody asked for (config.unknown-key).
  [[nodiscard]] Status finish() const;

  [[nodiscard]] const Document& document() const { return document_; }
  [[nodiscard]] const yaml::Node& node() const { return node_; }
  [[nodiscard]] const std::string& what() const { return what_; }

 private:
  const Document& document_;
  const yaml::Node& node_;
  std::string what_;
  std::vector<std::string> known_;
};

}  // namespace sluice::decode
