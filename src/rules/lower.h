// Lowering: a syntax tree → a term tree, by a language table. The same for targets and patterns; in a pattern
// the placeholders that stand for metavariables and ellipses become the pattern roles.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/languages/table.h"
#include "rules/term.h"

namespace sluice::rules {

// What the placeholders of a pattern mean; null when a target is lowered.
class Placeholders {
 public:
  virtual ~Placeholders() = default;
  enum class What : std::uint8_t { nothing, ellipsis, metavariable, metalist, deep, typed };
  struct Meaning {
    What what = What::nothing;
    std::uint32_t variable = k_no_variable;
  };
  [[nodiscard]] virtual Meaning of(std::string_view identifier) const = 0;
  // The text as its author wrote it, placeholders undone.
  [[nodiscard]] virtual std::string restore(std::string_view text) const = 0;
  // The metavariable that this text names ("$X"), or k_no_variable.
  [[nodiscard]] virtual std::uint32_t variable(std::string_view text) const = 0;
};

class Lowering {
 public:
  Lowering(const syntax::Tree& tree, const LanguageTable& table, const Placeholders* placeholders,
           TermTree& out);
  Lowering(const Lowering&) = delete;
  Lowering& operator=(const Lowering&) = delete;
  ~Lowering() = default;

  // Lowers node `n`; yields no, one or several terms below the term that is open.
  void node(syntax::NodeId n, std::uint8_t flags = 0);

  // For hooks.
  void slot(syntax::NodeId n, std::string_view mode);  // exactly one term; n may be k_no_node
  void absent(Span at);
  void expression(syntax::NodeId n) { slot(n, ""); }
  void block(const std::vector<syntax::NodeId>& statements, Span span);
  void with_decorators(const std::vector<syntax::NodeId>& decorators, syntax::NodeId definition, Span span);
  [[nodiscard]] const syntax::Tree& tree() const { return tree_; }
  [[nodiscard]] TermTree& out() { return out_; }
  [[nodiscard]] std::vector<syntax::NodeId> named(syntax::NodeId n) const;  // children, without comments
  // The content of a string literal node, as it is written, without quotes.
  [[nodiscard]] std::string_view string_content(syntax::NodeId n) const;
  // A leaf of the pattern or target, with its placeholder meaning if it has one.
  void name(Span span, std::string_view text, std::uint8_t flags);
  void string(syntax::NodeId n, std::uint8_t flags);

 private:
  struct Slot {
    std::string_view fields;  // FIELD or FIELD|FIELD
    std::string_view mode;
  };
  struct Row {
    const KindRow* row = nullptr;  // null: plain
    std::vector<Slot> slots;
    Kind kind = 0;              // of the grammar's name
    bool is_statement = false;  // by the kind's name
  };
  static std::vector<Slot> parse_spec(std::string_view spec);
  [[nodiscard]] bool pattern_call(syntax::NodeId n, std::uint8_t flags);
  const Row& row(syntax::NodeId n);
  void emit(syntax::NodeId n, const Row& row, std::uint8_t flags);
  void slots(syntax::NodeId n, const Row& row, std::uint8_t flags);
  void plain(syntax::NodeId n, std::uint8_t flags);
  void list(syntax::NodeId n, Role role, std::uint8_t flags);
  void parameters(syntax::NodeId n);
  void parameter(syntax::NodeId n);
  void else_part(const std::vector<syntax::NodeId>& rest, std::size_t from, Span at);
  void decorators(syntax::NodeId n, Span at);
  void strings(syntax::NodeId n, std::uint8_t flags);
  void string_term(Span span, Span content, std::string_view text, std::uint8_t flags);
  void parts(syntax::NodeId n);
  void part(Span span, std::string_view text);
  [[nodiscard]] bool placeholder(Span span, std::string_view text, std::uint8_t flags);
  [[nodiscard]] std::vector<syntax::NodeId> select(syntax::NodeId n, std::string_view fields) const;

  const syntax::Tree& tree_;
  const LanguageTable& table_;
  const Placeholders* placeholders_;
  TermTree& out_;
  std::vector<Row> rows_;  // by symbol id
  std::vector<bool> row_known_;
  std::vector<syntax::NodeId> pending_decorators_;
  Span pending_span_;
  bool has_pending_ = false;
};

// The whole tree; the first term is the root block.
[[nodiscard]] TermTree lower(const syntax::Tree& tree, const LanguageTable& table,
                             const Placeholders* placeholders = nullptr);

}  // namespace sluice::rules
