// Values of container-structure-test files, as Go's two readers take them. YAML 1.1: any scalar is a text,
// plain yes, no, on and off are booleans, 010 is eight. JSON (told by the file's name): every value has the
// type that it is written as.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/test_spec_parse.h"

namespace sluice::sandbox::structure_test {

// Codes of all: config.type, config.range, config.missing-key. An absent key gives an empty text or list.
[[nodiscard]] Result<std::string> text_of(const decode::Document& document, const yaml::Node& node,
                                          std::string_view what);
[[nodiscard]] Result<std::string> text_at(decode::Mapping& mapping, std::string_view key);
[[nodiscard]] Result<std::string> required_text(decode::Mapping& mapping, std::string_view key);  // not empty
[[nodiscard]] Result<bool> bool_at(decode::Mapping& mapping, std::string_view key, bool fallback);
[[nodiscard]] Result<std::int64_t> int_at(decode::Mapping& mapping, std::string_view key,
                                          std::int64_t fallback, std::int64_t min, std::int64_t max);
[[nodiscard]] Result<std::vector<std::string>> words_of(const decode::Document& document,
                                                        const yaml::Node& node, std::string_view what);
[[nodiscard]] Result<std::vector<std::string>> words_at(decode::Mapping& mapping, std::string_view key);
[[nodiscard]] Result<std::vector<std::string>> patterns_at(decode::Mapping& mapping, std::string_view key);
// [[program, argument…]]; none of them empty.
[[nodiscard]] Result<std::vector<std::vector<std::string>>> commands_at(decode::Mapping& mapping,
                                                                        std::string_view key);

// [{key, value, isRegex}]; a key is not empty, and with `whole` no value is either.
[[nodiscard]] Result<std::vector<ValueCheck>> values_at(decode::Mapping& mapping, std::string_view key,
                                                        bool whole = false);
[[nodiscard]] Result<EnvList> env_at(decode::Mapping& mapping, std::string_view key, bool whole = false);

// Calls `each` for the items of a list; absent is empty.
template <typename Each>
Status for_items(decode::Mapping& mapping, std::string_view key, Each each) {
  const yaml::Node* list = mapping.get(key);
  if (list == nullptr) return {};
  if (list->kind != yaml::Kind::sequence) {
    return fail(mapping.document().error(*list, "config.type", std::string(key) + " must be a list"));
  }
  for (const yaml::Node& item : list->items) SLUICE_CHECK(each(item));
  return {};
}

}  // namespace sluice::sandbox::structure_test
