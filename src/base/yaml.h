// YAML 1.2 view: an owned tree with byte spans, made by libfyaml (its only user is yaml.cpp).
//
// libfyaml's own alias resolving is never switched on (a 478-byte bomb ran 43 s): anchors are resolved here,
// by copying, within a budget. Duplicate keys, unknown anchors, recursion and over-long input are errors with
// line and column. JSON texts are accepted too, being YAML.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/span.h"

namespace sluice::yaml {

enum class Kind : std::uint8_t { null, scalar, sequence, mapping };
enum class Style : std::uint8_t { plain, single_quoted, double_quoted, literal, folded };

struct Entry;

struct Node {
  Kind kind = Kind::null;
  Style style = Style::plain;  // scalars only
  // In the text. Scalars: the content, without quotes or block header. Copies made by an alias: the alias,
  // with its "*". Empty scalars: an empty span behind the last token.
  Span span;
  std::string tag;          // explicit tag, its handle expanded ("tag:yaml.org,2002:str", "!Ref"), or empty
  std::string text;         // scalars: the value after unquoting and folding
  std::vector<Node> items;  // sequences
  std::vector<Entry> entries;  // mappings, in document order; keys unique

  [[nodiscard]] const Node* find(std::string_view key) const;  // null if absent or no mapping
  // Core schema of YAML 1.2 for plain scalars: null | bool | int | float | string.
  [[nodiscard]] bool is_string() const;
};

// The core schema of YAML 1.2. Quoted and block scalars, and those with a tag that is not of the core, are
// strings. Mappings and sequences have no core type: ask `kind` first.
enum class CoreType : std::uint8_t { null, boolean, integer, floating, string };
[[nodiscard]] CoreType core_type(const Node& scalar);

// True if a scalar event is null: plain and empty, `~` or `null`. The reader gives such nodes Kind::null.
[[nodiscard]] bool resolves_to_null(const Node& scalar);

// The value of a scalar as JSON. Numbers that JSON's types cannot hold (.inf, 1e400, 30 digits) stay text.
[[nodiscard]] json::Value scalar_value(const Node& scalar);

struct Entry {
  Node key;  // always a scalar or null
  Node value;
};

struct Limits {
  std::size_t bytes = 16u << 20;
  std::size_t depth = 64;
  std::size_t nodes = 500'000;          // in all documents, after aliases are copied
  std::size_t alias_nodes = 100'000;    // of them, made by aliases
  std::size_t alias_bytes = 16u << 20;  // of scalar text, made by aliases
};

// All documents of the text. Codes: yaml.syntax, yaml.duplicate-key, yaml.alias-budget, yaml.depth,
// yaml.size, yaml.unknown-anchor, yaml.recursion (an alias inside its own anchor), yaml.key (a key
// that is no scalar), yaml.utf8. Kind: config, or limit for a budget; a caller that reads others'
// files may want another kind. Merge keys (`<<`) are YAML 1.1 and have no meaning here: the key
// stays. One known gap of libfyaml 0.7: an empty item in a list that is not indented deeper than its
// key is refused as a syntax error (never misread).
[[nodiscard]] Result<std::vector<Node>> parse(std::string_view text, std::string_view name,
                                              const Limits& limits = {});

// Exactly one document; none gives a null node, more than one is an error (yaml.documents).
[[nodiscard]] Result<Node> parse_one(std::string_view text, std::string_view name, const Limits& limits = {});

// The node as JSON, plain scalars by the core schema; a non-string key becomes its text.
[[nodiscard]] json::Value to_json(const Node& node);

}  // namespace sluice::yaml
