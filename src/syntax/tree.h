// Tree: a syntax tree flattened once into arrays, in pre-order. All matching runs on these arrays.
//
// The tree-sitter tree is freed as soon as it is flattened: no node handle can dangle, skipping a subtree is
// an addition, and equality of subtrees is a comparison of hashes. A Tree owns everything but the source
// text, which must outlive it. Immutable after parse(); may be read from several threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/span.h"
#include "syntax/language.h"

namespace sluice::syntax {

using NodeId = std::uint32_t;
inline constexpr NodeId k_no_node = UINT32_MAX;

// Node flags.
inline constexpr std::uint8_t k_named = 1;       // a named node of the grammar (not punctuation)
inline constexpr std::uint8_t k_extra = 2;       // may appear anywhere: comments
inline constexpr std::uint8_t k_error = 4;       // an ERROR node
inline constexpr std::uint8_t k_missing = 8;     // inserted by error recovery, empty
inline constexpr std::uint8_t k_has_error = 16;  // itself or something below is an error

struct ParseLimits {
  std::chrono::milliseconds deadline{5'000};
  std::uint32_t max_nodes = 4'000'000;
  std::uint32_t max_depth = 5'000;
};

class Tree {
 public:
  // Number of nodes; node 0 is the root. A node's subtree is [id, subtree_end(id)).
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(kind_.size()); }
  [[nodiscard]] std::string_view source() const { return source_; }
  [[nodiscard]] const Language& language() const { return *language_; }

  [[nodiscard]] std::uint16_t kind(NodeId id) const { return kind_[id]; }  // the grammar's symbol id
  [[nodiscard]] std::uint16_t field(NodeId id) const {
    return field_[id];
  }  // field id in the parent, 0 = none
  [[nodiscard]] std::uint8_t flags(NodeId id) const { return flags_[id]; }
  [[nodiscard]] Span span(NodeId id) const { return span_[id]; }
  [[nodiscard]] NodeId parent(NodeId id) const { return parent_[id]; }  // k_no_node for the root
  [[nodiscard]] NodeId subtree_end(NodeId id) const { return end_[id]; }
  // Hash of the subtree's kinds and leaf texts, without comments and white space: equal subtrees have equal
  // hashes.
  [[nodiscard]] std::uint64_t hash(NodeId id) const { return hash_[id]; }
  [[nodiscard]] bool is_named(NodeId id) const { return (flags_[id] & k_named) != 0; }
  [[nodiscard]] bool is_leaf(NodeId id) const { return end_[id] == id + 1; }
  [[nodiscard]] bool has_error() const { return size() > 0 && (flags_[0] & k_has_error) != 0; }

  [[nodiscard]] std::string_view text(NodeId id) const { return span_[id].of(source_); }
  [[nodiscard]] std::string_view kind_name(NodeId id) const;
  [[nodiscard]] std::string_view field_name(NodeId id) const;  // "" if none

  // Children by walking: for (NodeId c = first_child(n); c != k_no_node; c = next_sibling(c)).
  [[nodiscard]] NodeId first_child(NodeId id) const { return end_[id] > id + 1 ? id + 1 : k_no_node; }
  [[nodiscard]] NodeId next_sibling(NodeId id) const {
    return parent_[id] != k_no_node && end_[id] < end_[parent_[id]] ? end_[id] : k_no_node;
  }
  [[nodiscard]] NodeId child_by_field(NodeId id, std::string_view field) const;  // first, or k_no_node
  [[nodiscard]] std::vector<NodeId> children(NodeId id) const;
  [[nodiscard]] std::vector<NodeId> named_children(NodeId id) const;  // without extras
  // Innermost node whose span contains `span`.
  [[nodiscard]] NodeId node_at(Span span) const;

  // The symbol id of a kind name of this language, 0 if it has none. `named` picks between "if" the token and
  // a rule.
  [[nodiscard]] std::uint16_t kind_id(std::string_view name, bool named = true) const;
  [[nodiscard]] std::uint16_t field_id(std::string_view name) const;

 private:
  friend class TreeBuilder;  // flatten.cpp
  std::string_view source_;
  const Language* language_ = nullptr;
  std::vector<std::uint16_t> kind_;
  std::vector<std::uint16_t> field_;
  std::vector<std::uint8_t> flags_;
  std::vector<Span> span_;
  std::vector<NodeId> parent_;
  std::vector<NodeId> end_;
  std::vector<std::uint64_t> hash_;
};

// RAII over a tree-sitter parser. Not thread-safe; one per thread, reused over files.
class Parser {
 public:
  Parser();
  ~Parser();
  Parser(Parser&&) noexcept;
  Parser& operator=(Parser&&) noexcept;

  // Parses `source`; with `ranges` (ascending, disjoint) only those bytes are seen, and every node keeps its
  // offset in `source`. Syntax errors are not failures: see Tree::has_error. Codes: syntax.language (ABI
  // refused), syntax.deadline, syntax.nodes, syntax.depth, syntax.size (over 4 GiB), syntax.failed.
  [[nodiscard]] Result<Tree> parse(const Language& language, std::string_view source,
                                   std::span<const Span> ranges = {}, const ParseLimits& limits = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Line by line: indent, "kind [begin-end)" with field and, for leaves, the text. For `sluice debug tree` and
// goldens.
[[nodiscard]] std::string print(const Tree& tree);

}  // namespace sluice::syntax
